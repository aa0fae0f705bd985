//! The compare view by label and key: another annotator's project, its disagreements, and what is taken over.

use egui::Modifiers;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use super::super::tests::{described, human, press, timeline};
use crate::app::timeline::{AccountSide, BehaviorView, CompareCommand, TimelineCommand};
use crate::app::{Command, Page};
use crate::jobs::behavior::accounts::Account;
use crate::jobs::timeline::{TimelineAct, act};
use crate::model::{AnimalId, SegmentStatus, SocialRole, Vocabulary};
use crate::store::Project;
use crate::ui::shell::Shell;
use crate::ui::testing::{FRAMES, SmallProject, click, send, session};

/// Gives a project's human layer segments: of an animal, from a frame to another.
fn say(path: &std::path::Path, what: &[(u8, std::ops::Range<u32>, &str)]) {
    let mut project = Project::open(path).unwrap();
    let info = project.only_recording().unwrap();
    for (animal, frames, label) in what {
        let (animal, label) = (AnimalId(*animal), (*label).to_owned());
        let paint = TimelineAct::Paint { animal, frames: frames.clone(), label, partner: None, role: SocialRole::None };
        act(&mut project, &info, &Vocabulary::mouse(), ("Bo", 1), &paint).unwrap();
    }
}

fn asked(harness: &mut Harness<'_, Shell>, command: CompareCommand) {
    send(harness, Command::Timeline(TimelineCommand::Compare(command)));
}

/// A window that compares the human layer with another annotator's project, which calls all of A0 something else
/// and has reviewed A1 as well.
fn against_another(small: &SmallProject) -> Harness<'static, Shell> {
    let other = small.path.with_file_name("other.bvlm");
    let project = Project::open(&small.path).unwrap();
    project.backup(&other).unwrap();
    drop(project);
    say(&small.path, &[(0, 0..FRAMES, "huddle")]);
    say(&other, &[(0, 0..FRAMES, "chase"), (1, 0..FRAMES, "rearing")]);
    let mut harness = small.window(Page::Behavior);
    click(&mut harness, "Compare");
    asked(&mut harness, CompareCommand::ChooseFile(AccountSide::Found, other));
    harness
}

#[test]
fn two_layers_are_compared_and_a_cell_is_walked_through() {
    let small = described();
    say(&small.path, &[(0, 0..6, "huddle"), (0, 6..FRAMES, "feeding")]);
    let mut harness = small.window(Page::Behavior);
    click(&mut harness, "Compare");
    let state = &session(&harness).timeline.compare;
    assert_eq!(state.chosen, Some((Account::Human, Account::Merged)));
    assert!(harness.query_by_label("Frames that agree: 0.50").is_some());
    assert!(harness.query_by_label("huddle: F1 1.00, precision 1.00, recall 1.00, 6 frames").is_some());
    assert!(harness.query_by_label("A1 is left out: not reviewed in both.").is_some());
    click(&mut harness, "6 frames: Human layer says feeding, Merged layer says chase");
    assert_eq!(session(&harness).cursor.frame, 6);
    assert!(harness.query_by_label("1 of 1 · frames 6 to 11").is_some());
    click(&mut harness, "Open in timeline");
    assert_eq!(session(&harness).timeline.view, BehaviorView::Timeline);
    assert_eq!(session(&harness).timeline.main().map(|(_, it)| it.label.as_str()), Some("feeding"));
}

#[test]
fn a_disagreement_with_another_annotator_is_taken_over_and_settled_and_undone() {
    let small = described();
    let mut harness = against_another(&small);
    assert_eq!(session(&harness).timeline.compare.queue.left(), 1);
    press(&mut harness, egui::Key::Tab, Modifiers::NONE);
    assert_eq!(session(&harness).timeline.compare.at, Some(0));
    click(&mut harness, "Take over from other.bvlm");
    assert_eq!(human(&harness), [(0, 0..FRAMES, "chase".to_owned())]);
    let state = &session(&harness).timeline.compare;
    assert_eq!((state.queue.left(), state.queue.entries().len()), (0, 1), "it stays in the list as settled");
    assert!(harness.query_by_label("huddle / chase, A0 · frame 0, 0.2 s, settled").is_some());
    press(&mut harness, egui::Key::Z, Modifiers::COMMAND);
    assert_eq!(human(&harness), [(0, 0..FRAMES, "huddle".to_owned())]);
    assert_eq!(session(&harness).timeline.compare.queue.left(), 1);
}

#[test]
fn an_animal_that_only_the_other_annotator_reviewed_is_taken_whole() {
    let small = described();
    let mut harness = against_another(&small);
    click(&mut harness, "Take A1 from other.bvlm");
    assert_eq!(human(&harness)[1], (1, 0..FRAMES, "rearing".to_owned()));
    assert_eq!(timeline(&harness).human[1].segment.status, SegmentStatus::Accepted);
    assert!(harness.query_by_label("Take A1 from other.bvlm").is_none());
}

#[test]
fn keys_of_the_timeline_change_nothing_here() {
    let small = described();
    let mut harness = against_another(&small);
    let before = human(&harness);
    for key in [egui::Key::R, egui::Key::Delete, egui::Key::Enter] {
        press(&mut harness, key, Modifiers::NONE);
    }
    assert_eq!(human(&harness), before);
    assert!(session(&harness).timeline.painting.is_none());
}
