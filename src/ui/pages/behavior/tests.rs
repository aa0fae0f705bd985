//! The behaviour page by label, key and pointer.

mod words;

use egui::{Modifiers, Pos2, Rect, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use crate::app::Page;
use crate::jobs::timeline::{MachineLayer, Target, Timeline};
use crate::model::{
    Animal, AnimalId, BehaviorSource, Caption, Clip, ClipId, Segment, SegmentKind, SegmentStatus, SocialRole,
};
use crate::store::Project;
use crate::ui::shell::Shell;
use crate::ui::testing::{FRAMES, SmallProject, click, session, settle};

/// A project whose two animals were described: each does one thing until frame 6, another from there.
pub(in crate::ui) fn described() -> SmallProject {
    let small = SmallProject::new();
    let mut project = Project::open(&small.path).unwrap();
    let info = project.only_recording().unwrap();
    let animal = |name: &str| Animal { name: name.to_owned(), color: None, is_identity_verified: true };
    project.set_animals(info.id, &[animal("A0"), animal("A1")]).unwrap();
    let run = project.begin_run(info.id, "behavior", "{}", 1).unwrap();
    let (mut clips, mut captions, mut merged) = (Vec::new(), Vec::new(), Vec::new());
    for (at, (animal, frames, label)) in
        [(0, [0, 6], "huddle"), (0, [6, FRAMES], "chase"), (1, [0, 6], "rearing"), (1, [6, FRAMES], "feeding")]
            .into_iter()
            .enumerate()
    {
        let id = ClipId(at as u32);
        let animal = AnimalId(animal);
        clips.push(Clip { id, animal, start_frame: frames[0], stop_frame: frames[1], cluster: Some(1) });
        let description = format!("It does {label}.");
        captions.push((
            id,
            Caption {
                label: label.to_owned(),
                description: description.clone(),
                partner: None,
                role: SocialRole::None,
                confidence: 0.75,
            },
            BehaviorSource::Rules,
        ));
        merged.push(Segment {
            animal,
            start_frame: frames[0],
            stop_frame: frames[1],
            kind: SegmentKind::State,
            label: label.to_owned(),
            description,
            partner: None,
            role: SocialRole::None,
            confidence: Some(0.75),
            status: SegmentStatus::Unreviewed,
            source: BehaviorSource::Rules,
            modifiers: Vec::new(),
            clips: vec![id],
        });
    }
    project.put_clips(run, &clips).unwrap();
    project.put_captions(run, &captions).unwrap();
    project.put_merged(run, &merged, 2).unwrap();
    small
}

pub(super) fn timeline<'a>(harness: &'a Harness<'_, Shell>) -> &'a Timeline {
    &session(harness).timeline.layers.as_ref().expect("the layers are there").timeline
}

pub(super) fn human(harness: &Harness<'_, Shell>) -> Vec<(u8, std::ops::Range<u32>, String)> {
    let placed = timeline(harness).human.iter();
    placed.map(|it| (it.segment.animal.0, it.segment.frames(), it.segment.label.clone())).collect()
}

pub(super) fn press(harness: &mut Harness<'_, Shell>, key: egui::Key, modifiers: Modifiers) {
    harness.key_press_modifiers(modifiers, key);
    settle(harness);
}

fn place_of(harness: &Harness<'_, Shell>, label: &str) -> Rect {
    harness.get_by_label_contains(label).rect()
}

fn drag(harness: &mut Harness<'_, Shell>, from: Pos2, to: Pos2) {
    harness.hover_at(from);
    harness.step();
    harness.drag_at(from);
    harness.step();
    harness.hover_at(from + (to - from) * 0.5);
    harness.step();
    harness.hover_at(to);
    harness.step();
    harness.drop_at(to);
    settle(harness);
}

#[test]
fn a_page_without_clips_says_how_to_get_them() {
    let small = SmallProject::new();
    let harness = small.window(Page::Behavior);
    assert!(harness.query_by_label("Cut and describe").is_some());
}

#[test]
fn a_label_key_takes_the_animals_layer_over_and_one_undo_takes_it_back() {
    let small = described();
    let mut harness = small.window(Page::Behavior);
    click(&mut harness, "huddle of A0 at frame 0. No partner named");
    let target = Target::Machine { layer: MachineLayer::Merged, animal: AnimalId(0), start_frame: 0 };
    assert_eq!(session(&harness).timeline.selected, [target]);
    press(&mut harness, egui::Key::R, Modifiers::NONE);
    assert_eq!(human(&harness), [(0, 0..6, "rearing".to_owned()), (0, 6..FRAMES, "chase".to_owned())]);
    press(&mut harness, egui::Key::Z, Modifiers::COMMAND);
    assert_eq!(human(&harness), []);
    press(&mut harness, egui::Key::Z, Modifiers::COMMAND | Modifiers::SHIFT);
    assert_eq!(human(&harness).len(), 2);
}

#[test]
fn an_edge_that_is_dragged_moves_once_and_shift_takes_the_neighbour_along() {
    let small = described();
    let mut harness = small.window(Page::Behavior);
    let first = place_of(&harness, "merged rearing of A1");
    let per_frame = first.width() / 6.0;
    let edge = first.right_center() - vec2(2.0, 0.0);
    drag(&mut harness, edge, edge - vec2(3.0 * per_frame, 0.0));
    assert_eq!(human(&harness), [(1, 0..3, "rearing".to_owned()), (1, 6..FRAMES, "feeding".to_owned())]);
    assert_eq!(session(&harness).undo_title.as_deref(), Some("Move end of rearing of A1"));
    let second = place_of(&harness, "human feeding of A1");
    let edge = second.left_center() + vec2(2.0, 0.0);
    drag(&mut harness, edge, edge - vec2(2.0 * per_frame, 0.0));
    assert_eq!(human(&harness)[1].1, 4..FRAMES);
}

#[test]
fn segments_are_cut_joined_accepted_and_deleted_by_key() {
    let small = described();
    let mut harness = small.window(Page::Behavior);
    click(&mut harness, "feeding of A1 at frame 6.");
    press(&mut harness, egui::Key::ArrowRight, Modifiers::NONE);
    press(&mut harness, egui::Key::S, Modifiers::SHIFT);
    assert_eq!(human(&harness).iter().map(|it| it.1.clone()).collect::<Vec<_>>(), [0..6, 6..7, 7..FRAMES]);
    press(&mut harness, egui::Key::M, Modifiers::SHIFT);
    assert_eq!(human(&harness).iter().map(|it| it.1.clone()).collect::<Vec<_>>(), [0..6, 6..FRAMES]);
    click(&mut harness, "rearing of A1 at frame 0.");
    press(&mut harness, egui::Key::Enter, Modifiers::NONE);
    let accepted = timeline(&harness).human.iter().filter(|it| it.segment.status == SegmentStatus::Accepted).count();
    assert_eq!(accepted, 1);
    let next = session(&harness).timeline.main().map(|(_, segment)| (segment.animal.0, segment.start_frame));
    assert_eq!(next, Some((0, 0)), "from the first of the list again, since all after it was looked at");
    press(&mut harness, egui::Key::Delete, Modifiers::NONE);
    let left: Vec<_> = human(&harness).into_iter().filter(|it| it.0 == 0).collect();
    assert_eq!(left, [(0, 6..FRAMES, "chase".to_owned())]);
}

#[test]
fn what_is_doubted_comes_before_what_is_earlier_and_keeps_its_place() {
    let small = described();
    let mut harness = small.window(Page::Behavior);
    let order = |harness: &Harness<'_, Shell>| -> Vec<(u8, u32, SegmentStatus)> {
        let order = session(harness).timeline.review_order();
        order.into_iter().map(|(_, it)| (it.animal.0, it.start_frame, it.status)).collect()
    };
    let open = SegmentStatus::Unreviewed;
    // What A0 does has no partner named; nothing speaks against what A1 does.
    let all = [(0, 0, open), (0, 6, open), (1, 0, open), (1, 6, open)];
    assert_eq!(order(&harness), all);
    press(&mut harness, egui::Key::Enter, Modifiers::NONE);
    press(&mut harness, egui::Key::Enter, Modifiers::NONE);
    let shown = session(&harness).timeline.main().map(|(_, it)| (it.animal.0, it.start_frame));
    assert_eq!(shown, Some((0, 6)), "not the earlier one of A1");
    press(&mut harness, egui::Key::Tab, Modifiers::SHIFT);
    let shown = session(&harness).timeline.main().map(|(_, it)| (it.animal.0, it.start_frame));
    assert_eq!(shown, Some((0, 0)), "back to the one that was accepted");
    let accepted = [(0, 0, SegmentStatus::Accepted), all[1], all[2], all[3]];
    assert_eq!(order(&harness), accepted);
    press(&mut harness, egui::Key::Z, Modifiers::COMMAND);
    assert_eq!(order(&harness), all);
    assert!(harness.query_by_label("Rank again").is_none());
}

#[test]
fn a_description_is_a_draft_until_it_is_saved() {
    let small = described();
    let mut harness = small.window(Page::Behavior);
    click(&mut harness, "feeding of A1 at frame 6.");
    let field = |harness: &Harness<'_, Shell>| {
        harness.get_by_role_and_label(egui::accesskit::Role::MultilineTextInput, "Description").rect().center()
    };
    let at = field(&harness);
    harness.hover_at(at);
    harness.drag_at(at);
    harness.drop_at(at);
    harness.run_steps(2);
    harness.event(egui::Event::Text(" It eats.".to_owned()));
    settle(&mut harness);
    assert!(harness.query_by_label("Draft, not saved yet").is_some());
    assert_eq!(human(&harness), [], "nothing is written by typing");
    click(&mut harness, "Save");
    let saved = timeline(&harness).human.iter().find(|it| it.segment.label == "feeding").unwrap();
    assert!(saved.segment.description.contains("It eats."), "{}", saved.segment.description);
    assert!(harness.query_by_label("Draft, not saved yet").is_none());
}

#[test]
fn painting_begins_and_ends_with_a_labels_key() {
    let small = described();
    let mut harness = small.window(Page::Behavior);
    press(&mut harness, egui::Key::H, Modifiers::NONE);
    for _ in 0..3 {
        press(&mut harness, egui::Key::ArrowRight, Modifiers::NONE);
    }
    assert_eq!(human(&harness), [], "not before it ends");
    press(&mut harness, egui::Key::H, Modifiers::NONE);
    assert_eq!(human(&harness), [(0, 0..4, "huddle".to_owned())]);
}

#[test]
fn a_search_lists_what_it_means_and_all_of_it_is_relabelled_at_once() {
    let small = described();
    let mut harness = small.window(Page::Behavior);
    let search = |harness: &mut Harness<'_, Shell>, query: &str| {
        harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Search").focus();
        harness.run_steps(2);
        harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Search").type_text(query);
        harness.run_steps(2);
        harness.key_press(egui::Key::Enter);
        settle(harness);
    };
    search(&mut harness, "by A0");
    assert!(harness.query_by_label_contains("rearing of A1 at frame").is_none());
    assert!(harness.query_by_label_contains("huddle of A0 at frame").is_some());
    click(&mut harness, "Select them");
    press(&mut harness, egui::Key::R, Modifiers::NONE);
    assert_eq!(human(&harness), [(0, 0..6, "rearing".to_owned()), (0, 6..FRAMES, "rearing".to_owned())]);
    press(&mut harness, egui::Key::Z, Modifiers::COMMAND);
    assert_eq!(human(&harness), []);
    // Without its one condition everything is there again; what cannot be understood is said.
    click(&mut harness, "animal A0 ×");
    assert!(harness.query_by_label_contains("rearing of A1 at frame").is_some());
    search(&mut harness, "flying");
    assert!(harness.query_by_label_contains("flying").is_some());
    click(&mut harness, "Show all");
    assert!(harness.query_by_label_contains("rearing of A1 at frame").is_some());
}
