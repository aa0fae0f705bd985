//! The grid view by label and key, with pictures of a simulated recording that are made by threads.

use std::time::{Duration, Instant};

use egui::{Modifiers, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use super::super::tests::{described, human, press, timeline};
use super::*;
use crate::app::Page;
use crate::app::timeline::BehaviorView;
use crate::jobs::timeline::MachineLayer;
use crate::model::{Animal, AnimalId, BehaviorSource, Clip, ClipId, Segment, SegmentKind, SegmentStatus, SocialRole};
use crate::store::Project;
use crate::ui::shell::Shell;
use crate::ui::testing::{FRAMES, click, demo_project, draw, open, send, session, settle};

fn selected(harness: &Harness<'_, Shell>) -> usize {
    session(harness).timeline.selected.len()
}

#[test]
fn a_label_is_chosen_its_segments_selected_and_relabelled_as_one_edit() {
    let small = described();
    let mut harness = small.window(Page::Behavior);
    click(&mut harness, "Grid");
    click(&mut harness, "chase 1");
    press(&mut harness, egui::Key::R, Modifiers::NONE);
    assert_eq!(human(&harness), [], "nothing is selected yet, and nothing is painted");
    assert!(session(&harness).timeline.painting.is_none());
    press(&mut harness, egui::Key::A, Modifiers::COMMAND);
    assert_eq!(selected(&harness), 1);
    press(&mut harness, egui::Key::R, Modifiers::NONE);
    assert_eq!(human(&harness), [(0, 0..6, "huddle".to_owned()), (0, 6..FRAMES, "rearing".to_owned())]);
    assert_eq!(selected(&harness), 0);
    assert!(harness.query_by_label("No segment has this label any more. Choose another one above.").is_some());
    click(&mut harness, "rearing 2");
    press(&mut harness, egui::Key::Z, Modifiers::COMMAND);
    assert_eq!(human(&harness), []);
}

#[test]
fn clicks_select_enter_accepts_and_the_timeline_shows_what_is_selected() {
    let small = described();
    let mut harness = small.window(Page::Behavior);
    click(&mut harness, "Grid");
    click(&mut harness, "feeding 1");
    click(&mut harness, "feeding of A1 at 0.1 s for 0.1 s, unreviewed");
    assert_eq!(selected(&harness), 1);
    press(&mut harness, egui::Key::Enter, Modifiers::NONE);
    let accepted = timeline(&harness).human.iter().filter(|it| it.segment.status == SegmentStatus::Accepted);
    assert_eq!(accepted.map(|it| it.segment.label.as_str()).collect::<Vec<_>>(), ["feeding"]);
    click(&mut harness, "feeding of A1 at 0.1 s for 0.1 s, accepted");
    click(&mut harness, "Open in timeline");
    assert_eq!(session(&harness).timeline.view, BehaviorView::Timeline);
    assert_eq!(session(&harness).cursor.frame, 6);
}

/// The grid of the one cluster of the small project.
fn cluster(harness: &mut Harness<'_, Shell>) {
    click(harness, "Grid");
    click(harness, "Clusters");
    click(harness, "cluster 1 · 4");
}

#[test]
fn clips_of_a_cluster_get_a_label_in_one_step_that_undo_takes_back() {
    let small = described();
    let mut harness = small.window(Page::Behavior);
    cluster(&mut harness);
    press(&mut harness, egui::Key::R, Modifiers::NONE);
    assert_eq!(human(&harness), [], "nothing is selected yet");
    press(&mut harness, egui::Key::A, Modifiers::COMMAND);
    assert_eq!(selected(&harness), 4);
    press(&mut harness, egui::Key::R, Modifiers::NONE);
    let all = [(0, 0..FRAMES, "rearing".to_owned()), (1, 0..FRAMES, "rearing".to_owned())];
    assert_eq!(human(&harness), all, "clips that touch are one bout");
    assert_eq!(session(&harness).undo_title.as_deref(), Some("Label 4 clips as rearing"));
    assert_eq!(selected(&harness), 0);
    assert!(
        harness.query_by_label("rearing, caption huddle, clip of A0 at 0.0 s for 0.1 s, edited").is_some(),
        "what counts now, beside what was said"
    );
    press(&mut harness, egui::Key::Z, Modifiers::COMMAND);
    assert_eq!(human(&harness), []);
    assert!(harness.query_by_label("huddle, caption huddle, clip of A0 at 0.0 s for 0.1 s, unreviewed").is_some());
}

#[test]
fn one_clip_is_accepted_labelled_by_menu_or_cleared_and_others_stay() {
    let small = described();
    let mut harness = small.window(Page::Behavior);
    cluster(&mut harness);
    click(&mut harness, "huddle, caption huddle, clip of A0 at 0.0 s for 0.1 s, unreviewed");
    press(&mut harness, egui::Key::Enter, Modifiers::NONE);
    assert_eq!(human(&harness), [(0, 0..6, "huddle".to_owned()), (0, 6..FRAMES, "chase".to_owned())]);
    let status =
        |harness: &Harness<'_, Shell>| timeline(harness).human.iter().map(|it| it.segment.status).collect::<Vec<_>>();
    assert_eq!(status(&harness), [SegmentStatus::Accepted, SegmentStatus::Unreviewed]);
    click(&mut harness, "huddle, caption huddle, clip of A0 at 0.0 s for 0.1 s, accepted");
    click(&mut harness, "Label");
    click(&mut harness, "feeding E");
    assert_eq!(human(&harness)[0], (0, 0..6, "feeding".to_owned()));
    click(&mut harness, "feeding, caption huddle, clip of A0 at 0.0 s for 0.1 s, edited");
    click(&mut harness, "Clear labels");
    assert_eq!(human(&harness), [(0, 6..FRAMES, "chase".to_owned())]);
    assert!(harness.query_by_label("no label, caption huddle, clip of A0 at 0.0 s for 0.1 s, not labelled").is_some());
    assert_eq!(timeline(&harness).clips.len(), 4, "clips stay");
}

#[test]
fn all_of_a_cluster_is_selected_over_its_pages_and_single_clips_are_taken_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = with_pictures(folder.path(), 15, false);
    click(&mut harness, "Clusters");
    click(&mut harness, "cluster 0 · 30");
    click(&mut harness, "Select all 30");
    press(&mut harness, egui::Key::PageDown, Modifiers::NONE);
    assert_eq!(selected(&harness), 30, "turning pages keeps what is selected");
    assert!(harness.query_by_label("30 selected, 24 on other pages.").is_some());
    let last = timeline(&harness).said.iter().rfind(|clip| clip.animal == AnimalId(1)).unwrap().start_frame;
    let target = Target::Machine { layer: MachineLayer::Clips, animal: AnimalId(1), start_frame: last };
    send(&mut harness, Command::Timeline(TimelineCommand::Select(target, true)));
    press(&mut harness, egui::Key::H, Modifiers::NONE);
    let expected =
        [(0, 0..15, "huddle".to_owned()), (1, 0..14, "huddle".to_owned()), (1, 14..15, "rearing".to_owned())];
    assert_eq!(human(&harness), expected);
    press(&mut harness, egui::Key::Z, Modifiers::COMMAND);
    assert_eq!(human(&harness), []);
}

/// A window on the grid of a simulated recording, with pictures or without: 30 segments of one label, two in each stretch of
/// frames.
fn with_pictures(folder: &std::path::Path, frames: u32, pictures: bool) -> Harness<'static, Shell> {
    let path = demo_project(folder, frames, pictures);
    let mut project = Project::open(&path).unwrap();
    let info = project.only_recording().unwrap();
    let animal = |at: usize| Animal { name: format!("A{at}"), color: None, is_identity_verified: true };
    project.set_animals(info.id, &[animal(0), animal(1)]).unwrap();
    let run = project.begin_run(info.id, "behavior", "{}", 1).unwrap();
    let (mut clips, mut merged) = (Vec::new(), Vec::new());
    for at in 0..30 {
        let start_frame = (at / 2) * (frames / 15);
        let animal = AnimalId((at % 2) as u8);
        let stop_frame = start_frame + frames / 15;
        clips.push(Clip { id: ClipId(at), animal, start_frame, stop_frame, cluster: Some(0) });
        merged.push(Segment {
            animal,
            start_frame,
            stop_frame,
            kind: SegmentKind::State,
            label: "rearing".to_owned(),
            description: String::new(),
            partner: None,
            role: SocialRole::None,
            confidence: None,
            status: SegmentStatus::Unreviewed,
            source: BehaviorSource::Rules,
            modifiers: Vec::new(),
            clips: vec![ClipId(at)],
        });
    }
    merged.sort_by_key(|segment| (segment.animal, segment.start_frame));
    project.put_clips(run, &clips).unwrap();
    project.put_merged(run, &merged, 2).unwrap();
    drop(project);
    let mut harness = Harness::builder().with_size(vec2(1600.0, 1000.0)).build_ui_state(draw, open(&path));
    send(&mut harness, Command::GoTo(Page::Behavior));
    click(&mut harness, "Grid");
    harness
}

/// Draws until all pictures of the page are here.
fn wait_for_pictures(harness: &mut Harness<'_, Shell>) -> (usize, usize) {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        harness.step();
        let progress = harness.state().memory().behavior.clip_grid.films.progress();
        if (progress.1 > 0 && progress.0 == progress.1) || Instant::now() > end {
            return progress;
        }
        std::thread::yield_now();
    }
}

#[test]
fn pages_hold_24_films_whose_pictures_go_when_they_are_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = with_pictures(folder.path(), 15, true);
    assert!(harness.query_by_label("Page 1 of 2").is_some());
    assert_eq!(wait_for_pictures(&mut harness), (12, 12), "24 segments of a frame, two of each");
    press(&mut harness, egui::Key::PageDown, Modifiers::NONE);
    assert!(harness.query_by_label("Page 2 of 2").is_some());
    assert_eq!(wait_for_pictures(&mut harness), (3, 3));
    assert!(session(&harness).timeline.grid.pictures.is_some());
    click(&mut harness, "Timeline");
    settle(&mut harness);
    assert!(session(&harness).timeline.grid.pictures.is_none());
    assert_eq!(harness.state().memory().behavior.clip_grid.films.progress(), (0, 0));
}

/// How long the window's thread works for a painted frame with 24 films; without rasterising.
#[test]
#[ignore = "a figure, not a check"]
fn figure_of_a_page_of_films() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = with_pictures(folder.path(), 45, true);
    wait_for_pictures(&mut harness);
    let (frames, begun) = (100, cpu_time::ThreadTime::now());
    (0..frames).for_each(|_| harness.step());
    let each = begun.elapsed() / frames;
    println!("24 films: {:.2} ms a painted frame", each.as_secs_f64() * 1e3);
}
