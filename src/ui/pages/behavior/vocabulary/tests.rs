//! The vocabulary's view by label and key.

use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use crate::app::timeline::{BehaviorView, TimelineCommand};
use crate::app::{Command, Page};
use crate::model::vocabulary::Pattern;
use crate::model::{LabelDefinition, Segment, SegmentChange, SegmentId};
use crate::store::{Gesture, Project};
use crate::ui::pages::behavior::tests::described;
use crate::ui::shell::Shell;
use crate::ui::testing::{SmallProject, click, send, session, settle};

/// Two animals that were described, of the first of which a person said the same; its last segment bears a label of no list.
fn told() -> SmallProject {
    let small = described();
    let mut project = Project::open(&small.path).unwrap();
    let info = project.only_recording().unwrap();
    let run = project.latest_run(info.id, "behavior").unwrap().unwrap();
    let merged = project.merged_segments(run.id).unwrap();
    let mut changes: Vec<SegmentChange> = Vec::new();
    let mut id: SegmentId = project.next_segment_id().unwrap();
    for (segment, label) in merged.into_iter().zip(["huddle", "chasing_about"]) {
        let label = label.to_owned();
        changes.push(SegmentChange { id, before: None, after: Some(Segment { label, ..segment }) });
        id = id.next();
    }
    let gesture = Gesture { title: "Tell", annotator: "Ann", at_unix_ms: 3 };
    project.change_segments(info.id, &gesture, &changes).unwrap();
    small
}

fn window(small: &SmallProject) -> Harness<'static, Shell> {
    let mut harness = small.window(Page::Behavior);
    send(&mut harness, Command::Timeline(TimelineCommand::View(BehaviorView::Vocabulary)));
    settle(&mut harness);
    harness
}

fn label<'a>(harness: &'a Harness<'_, Shell>, name: &str) -> Option<&'a LabelDefinition> {
    session(harness).timeline.vocabulary.labels.iter().find(|label| label.name == name)
}

fn human(harness: &Harness<'_, Shell>) -> Vec<String> {
    let layers = session(harness).timeline.layers.as_ref().unwrap();
    layers.timeline.human.iter().map(|placed| placed.segment.label.clone()).collect()
}

/// Puts the cursor into a field and replaces what stands there.
fn type_over(harness: &mut Harness<'_, Shell>, role: Role, field: &str, text: &str) {
    harness.get_by_role_and_label(role, field).focus();
    harness.run_steps(2);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    harness.run_steps(2);
    harness.event(egui::Event::Text(text.to_owned()));
    harness.run_steps(2);
}

#[test]
fn a_rename_takes_its_segments_along_and_one_undo_takes_both_back() {
    let small = told();
    let mut harness = window(&small);
    click(&mut harness, "label huddle, key H, 1 segment");
    assert!(harness.query_by_label_contains("is given to 1 segment of people").is_some());
    type_over(&mut harness, Role::TextInput, "Name", "pile");
    assert_eq!(human(&harness), ["huddle", "chasing_about"], "typing is a draft");
    harness.key_press(egui::Key::Enter);
    settle(&mut harness);
    assert_eq!(human(&harness), ["pile", "chasing_about"]);
    assert_eq!(label(&harness, "pile").unwrap().synonyms, ["huddle"]);
    let merged = &session(&harness).timeline.layers.as_ref().unwrap().timeline.merged;
    assert_eq!(merged[0].label, "pile", "what machines said is called so too");
    assert!(
        harness
            .query_by_role_and_label(Role::TextInput, "Name")
            .is_some_and(|it| it.value().as_deref() == Some("pile"))
    );
    send(&mut harness, Command::Undo);
    settle(&mut harness);
    assert_eq!(human(&harness), ["huddle", "chasing_about"]);
    assert!(label(&harness, "pile").is_none() && label(&harness, "huddle").unwrap().synonyms.is_empty());
    let project = Project::open_read_only(&small.path).unwrap();
    assert_eq!(project.own_vocabulary().unwrap(), None);
}

#[test]
fn a_field_that_is_left_is_one_act_and_a_key_that_is_taken_is_refused() {
    let mut harness = window(&told());
    click(&mut harness, "label huddle, key H, 1 segment");
    type_over(&mut harness, Role::MultilineTextInput, "Definition", "They lie on each other.");
    let title = |harness: &Harness<'_, Shell>| session(harness).undo_title.clone();
    assert_eq!(title(&harness).as_deref(), Some("Tell"));
    click(&mut harness, "label chase, key C, 0 segments");
    assert_eq!(label(&harness, "huddle").unwrap().definition, "They lie on each other.");
    assert_eq!(title(&harness).as_deref(), Some("Set definition of huddle"));
    type_over(&mut harness, Role::TextInput, "Key", "h");
    harness.key_press(egui::Key::Enter);
    settle(&mut harness);
    assert_eq!(label(&harness, "chase").unwrap().key, Some('c'));
    assert_eq!(title(&harness).as_deref(), Some("Set definition of huddle"));
    click(&mut harness, "pattern dots");
    assert_eq!(label(&harness, "chase").unwrap().pattern, Pattern::Dots);
    click(&mut harness, "Move up");
    let labels = &session(&harness).timeline.vocabulary.labels;
    assert_eq!(labels[6].name, "chase", "one place further up");
}

#[test]
fn a_merge_and_a_deletion_say_what_they_do_and_lose_no_segment() {
    let mut harness = window(&told());
    click(&mut harness, "label huddle, key H, 1 segment");
    click(&mut harness, "Merge into …");
    assert!(harness.query_by_label("1 segment of people gets the name of").is_some());
    click(&mut harness, "chase");
    assert_eq!(human(&harness), ["chase", "chasing_about"]);
    assert!(label(&harness, "huddle").is_none());
    send(&mut harness, Command::Undo);
    settle(&mut harness);
    click(&mut harness, "label huddle, key H, 1 segment");
    click(&mut harness, "Delete label");
    assert!(harness.query_by_label_contains("Used by 1 segment of people.").is_some());
    click(&mut harness, "Delete it");
    assert_eq!(human(&harness), ["huddle", "chasing_about"]);
    let unknown = session(&harness).timeline.vocabulary_state.uses.clone().unwrap();
    let unknown: Vec<_> = unknown.unknown.iter().map(|it| it.label.clone()).collect();
    assert_eq!(unknown, ["huddle", "chasing_about"]);
}

#[test]
fn a_label_that_the_vocabulary_lacks_becomes_a_synonym_or_a_label() {
    let small = told();
    let mut harness = window(&small);
    assert!(harness.query_by_label("chasing about").is_some());
    click(&mut harness, "Is a synonym of …");
    click(&mut harness, "chase");
    assert_eq!(label(&harness, "chase").unwrap().synonyms, ["chasing_about"]);
    assert_eq!(human(&harness), ["huddle", "chase"]);
    assert!(harness.query_by_label("Every label in the timelines is in the vocabulary.").is_some());
    send(&mut harness, Command::Undo);
    settle(&mut harness);
    click(&mut harness, "Relabel as …");
    click(&mut harness, "chase");
    assert!(label(&harness, "chase").unwrap().synonyms.is_empty() && human(&harness)[1] == "chase");
    send(&mut harness, Command::Undo);
    settle(&mut harness);
    click(&mut harness, "Add as a label");
    assert!(label(&harness, "chasing_about").is_some());
    let name = harness.get_by_role_and_label(Role::TextInput, "Name").value();
    assert_eq!(name.as_deref(), Some("chasing_about"), "it is shown, to be defined");
}

#[test]
fn keys_of_the_timeline_do_nothing_where_it_is_not_shown() {
    let mut harness = window(&told());
    harness.key_press(egui::Key::R);
    settle(&mut harness);
    assert!(session(&harness).timeline.painting.is_none());
    send(&mut harness, Command::Timeline(TimelineCommand::View(BehaviorView::Timeline)));
    harness.key_press(egui::Key::R);
    settle(&mut harness);
    assert!(session(&harness).timeline.painting.is_some());
}

#[test]
fn a_file_that_is_there_is_not_written_over_unasked() {
    let small = told();
    let mut harness = window(&small);
    let file = small.path.with_extension("labels.toml");
    std::fs::write(&file, "mine").unwrap();
    click(&mut harness, "Export to file");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    click(&mut harness, "Import file");
    assert!(label(&harness, "huddle").is_some(), "what is no vocabulary changes nothing");
    click(&mut harness, "Replace the file");
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(written.contains("name = \"mouse\""), "{written}");
    std::fs::write(&file, written.replace("name = \"mouse\"", "name = \"ours\"")).unwrap();
    click(&mut harness, "Import file");
    assert_eq!(session(&harness).timeline.vocabulary.name, "ours");
}
