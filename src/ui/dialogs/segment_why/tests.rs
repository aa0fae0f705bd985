//! The dialog by label, key and pointer: asking about what no model was asked about, and the answers of a made-up trial.

use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use crate::app::model_choice::ModelChoice;
use crate::app::settings::Settings;
use crate::app::timeline::{TimelineCommand, TrialCommand, WhyPane};
use crate::app::{Command, Dialog, Page};
use crate::jobs::behavior::AskedReport;
use crate::jobs::behavior::trial::{Said, TrialReport, TrialScore, TriedClip};
use crate::model::{BehaviorSource, Segment, SegmentStatus};
use crate::ui::pages::behavior::tests::described;
use crate::ui::shell::Shell;
use crate::ui::testing::{FRAMES, SmallProject, click, send, session, settle};

fn said(segment: &Segment, by: BehaviorSource) -> Said {
    Said {
        label: segment.label.clone(),
        description: segment.description.clone(),
        partner: None,
        confidence: segment.confidence.unwrap_or_default(),
        by,
    }
}

/// A trial of all four clips that gives the first and the last another label; people labelled the last.
fn made_up(harness: &Harness<'_, Shell>) -> TrialReport {
    let timeline = &session(harness).timeline.layers.as_ref().expect("the layers are there").timeline;
    let clips = timeline.clips.iter().zip(&timeline.said).map(|(clip, kept)| {
        let mut tried = kept.clone();
        (tried.source, tried.confidence) = (BehaviorSource::Model, Some(0.9));
        if [0, 3].contains(&clip.id.0) {
            (tried.label, tried.description) = ("grooming".to_owned(), "It licks its fur.".to_owned());
        }
        TriedClip {
            id: clip.id,
            clip: clip.id.to_string(),
            animal: timeline.animals[clip.animal.index()].name.clone(),
            start_frame: clip.start_frame,
            stop_frame: clip.stop_frame,
            human: (clip.id.0 == 3).then(|| "feeding".to_owned()),
            kept: Some(said(kept, BehaviorSource::Rules)),
            tried: Some(said(&tried, BehaviorSource::Model)),
            segment: Some(tried),
        }
    });
    TrialReport {
        recording: session(harness).info.name.clone(),
        clips: clips.collect(),
        kept: TrialScore { scored: 1, right: 1, f1_macro: Some(1.0) },
        tried: TrialScore { scored: 1, right: 0, f1_macro: Some(0.0) },
        alike: 2,
        asked: AskedReport::default(),
    }
}

fn opened(small: &SmallProject, segment: &str) -> Harness<'static, Shell> {
    let mut harness = small.window(Page::Behavior);
    click(&mut harness, segment);
    assert!(harness.query_by_label("Ask a model…").is_some());
    reopen(&mut harness);
    harness
}

/// What the button does, which may be below the window's edge.
fn reopen(harness: &mut Harness<'_, Shell>) {
    let (target, _) = session(harness).timeline.main().expect("a segment is selected");
    send(harness, Command::Timeline(TimelineCommand::Why(target)));
    assert_eq!(harness.state().app().state().dialog, Some(Dialog::SegmentWhy));
}

fn human(harness: &Harness<'_, Shell>) -> Vec<(u8, std::ops::Range<u32>, String)> {
    let placed = session(harness).timeline.layers.as_ref().expect("the layers are there").timeline.human.iter();
    placed.map(|it| (it.segment.animal.0, it.segment.frames(), it.segment.label.clone())).collect()
}

#[test]
fn a_segment_of_the_rules_can_be_asked_about_and_what_is_typed_stays() {
    let small = described();
    let mut harness = opened(&small, "huddle of A0 at frame 0. No partner named");
    assert!(harness.query_by_label("c0: Not asked").is_some());
    assert!(harness.query_by_label_contains("Kept, by the built-in rules: huddle 0.75. It does huddle.").is_some());
    // Nobody to ask yet.
    assert!(harness.get_by_label("Ask about this clip").accesskit_node().is_disabled());
    click(&mut harness, "Try another prompt or model…");
    assert!(harness.query_by_label("Of this segment (1)").is_some());
    assert!(harness.query_by_label("1 clip, at most 1 question.").is_some());
    assert!(harness.get_by_label("Try it").accesskit_node().is_disabled());
    assert!(harness.query_by_label("Write the model's name, as its server knows it.").is_some());
    let type_in = |harness: &mut Harness<'_, Shell>, role: Role, field: &str, words: &str| {
        harness.get_by_role_and_label(role, field).focus();
        harness.run_steps(2);
        harness.get_by_role_and_label(role, field).type_text(words);
        settle(harness);
    };
    type_in(&mut harness, Role::TextInput, "Model", "fake/vlm-1");
    type_in(&mut harness, Role::MultilineTextInput, "Address", "http://127.0.0.1:1");
    assert!(!harness.get_by_label("Try it").accesskit_node().is_disabled());
    assert!(harness.query_by_label_contains("For this trial alone").is_some());
    assert_eq!(harness.state().app().state().model, ModelChoice::default(), "the settings stay as they are");
    let prompt = "The prompt in force (behavior/3_caption.md)";
    type_in(&mut harness, Role::MultilineTextInput, prompt, "Whatever I typed. ");
    click(&mut harness, "Close");
    reopen(&mut harness);
    click(&mut harness, "Try another prompt or model…");
    let draft = session(&harness).timeline.trial.draft.as_ref().unwrap();
    assert!(draft.prompt.contains("Whatever I typed."));
    assert_eq!(draft.model.name, "fake/vlm-1");
    assert!(harness.query_by_label("Another prompt (behavior/3_caption.md)").is_some());
    click(&mut harness, "Back to the prompt in force");
    assert!(harness.query_by_label(prompt).is_some());
    click(&mut harness, "Drawn of the recording (4)");
    assert!(harness.query_by_label("4 clips, at most 4 questions.").is_some());
}

#[test]
fn a_prompt_that_is_no_template_is_not_tried() {
    let small = described();
    let mut harness = opened(&small, "huddle of A0 at frame 0. No partner named");
    click(&mut harness, "Try another prompt or model…");
    let mut draft = session(&harness).timeline.trial.draft.clone().unwrap();
    draft.model = ModelChoice {
        name: "fake/vlm-1".to_owned(),
        addresses: "http://127.0.0.1:1".to_owned(),
        ..ModelChoice::default()
    };
    draft.prompt = "# System\nWithout a user's turn.\n".to_owned();
    let command = TrialCommand::Draft(Box::new(draft));
    send(&mut harness, Command::Timeline(TimelineCommand::Trial(command)));
    assert!(harness.query_by_label_contains("has no line \"# User\"").is_some());
    for button in ["Try it", "Use this prompt for all runs"] {
        assert!(harness.get_by_label(button).accesskit_node().is_disabled(), "{button}");
    }
}

#[test]
fn a_prompt_is_put_in_force_for_all_runs() {
    let small = described();
    let mut harness = opened(&small, "huddle of A0 at frame 0. No partner named");
    click(&mut harness, "Try another prompt or model…");
    let mut draft = session(&harness).timeline.trial.draft.clone().unwrap();
    draft.prompt = draft.prompt.replace("Describe {{ focal }}.", "Tell what {{ focal }} does.");
    let own = draft.prompt.clone();
    let command = TrialCommand::Draft(Box::new(draft));
    send(&mut harness, Command::Timeline(TimelineCommand::Trial(command)));
    click(&mut harness, "Use this prompt for all runs");
    let file = small.path.parent().unwrap().join("prompts/behavior/3_caption.md");
    assert_eq!(std::fs::read_to_string(file).unwrap(), own);
    assert_eq!(session(&harness).timeline.trial.in_force(), Some(own.as_str()));
    assert!(harness.query_by_label("The prompt in force (behavior/3_caption.md)").is_some());
    click(&mut harness, "Take the program's own");
    assert!(harness.query_by_label("Another prompt (behavior/3_caption.md)").is_some());
}

#[test]
fn answers_stand_beside_what_is_kept_and_are_taken_over_in_one_act() {
    let small = described();
    let mut harness = opened(&small, "rearing of A1 at frame 0.");
    let report = made_up(&harness);
    harness.state_mut().app_mut().take_trial(report);
    settle(&mut harness);
    assert_eq!(session(&harness).timeline.trial.pane, WhyPane::Answers);
    let rows: Vec<String> = harness
        .query_all_by_role(Role::ListItem)
        .filter_map(|node| node.accesskit_node().label())
        .filter(|label| label.contains("trial"))
        .collect();
    let first = "c0 of A0, frames 0 to 5: kept huddle 0.75, trial grooming 0.90, people –; differs";
    let second = "c3 of A1, frames 6 to 11: kept feeding 0.75, trial grooming 0.90, people feeding; differs";
    assert_eq!(rows.len(), 4, "{rows:?}");
    assert_eq!((rows[0].as_str(), rows[1].as_str()), (first, second), "those first that differ");
    assert!(harness.query_by_label_contains("kept 1 of 1 (macro F1 1.00), trial 0 of 1").is_some());
    // A click shows the clip's frame behind.
    click(&mut harness, second);
    assert_eq!(session(&harness).cursor.frame, 6);
    assert!(harness.query_by_label("It licks its fur.").is_some());

    // What people labelled is not among "all".
    let before = session(&harness).timeline.layers.as_ref().unwrap().timeline.clone();
    click(&mut harness, "Take over the one that differs");
    assert_eq!(human(&harness), [(0, 0..6, "grooming".to_owned()), (0, 6..FRAMES, "chase".to_owned())]);
    let after = &session(&harness).timeline.layers.as_ref().unwrap().timeline;
    assert_eq!((&after.clips, &after.said, &after.merged), (&before.clips, &before.said, &before.merged));
    let laid = &after.human[0].segment;
    assert_eq!((laid.description.as_str(), laid.status), ("It licks its fur.", SegmentStatus::Accepted));
    assert_eq!(session(&harness).undo_title.as_deref(), Some("Take over grooming of A0, 0..6"));
    let taken = "c0 of A0, frames 0 to 5: kept huddle 0.75, trial grooming 0.90, people –; taken over";
    assert!(harness.query_by_label(taken).is_some());
    assert!(harness.get_by_label("Take over all that differ").accesskit_node().is_disabled());
    // One by one it can be.
    click(&mut harness, "Take over");
    assert_eq!(human(&harness)[2..], [(1, 0..6, "rearing".to_owned()), (1, 6..FRAMES, "grooming".to_owned())]);
    send(&mut harness, Command::Undo);
    send(&mut harness, Command::Undo);
    assert_eq!(human(&harness), []);
    assert!(harness.query_by_label(first).is_some());

    click(&mut harness, "Show in the timeline");
    assert_eq!(harness.state().app().state().dialog, None);
    reopen(&mut harness);
    click(&mut harness, "Answers of the trial");
    assert!(harness.query_by_label(first).is_some(), "the answers are here again");
}

#[test]
fn taking_over_asks_for_a_name_first_and_comes_back() {
    let small = described();
    let mut harness = small.window_with(Settings::default(), Page::Behavior);
    click(&mut harness, "rearing of A1 at frame 0.");
    reopen(&mut harness);
    let report = made_up(&harness);
    harness.state_mut().app_mut().take_trial(report);
    settle(&mut harness);
    click(&mut harness, "Take over the one that differs");
    assert_eq!(harness.state().app().state().dialog, Some(Dialog::Annotator));
    send(&mut harness, Command::SetAnnotator("Ann".to_owned()));
    assert_eq!(human(&harness)[0], (0, 0..6, "grooming".to_owned()));
    assert_eq!(harness.state().app().state().dialog, Some(Dialog::SegmentWhy));
}
