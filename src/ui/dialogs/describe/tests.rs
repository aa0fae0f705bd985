//! Describing with models as a person asks for it: the dialog, the run against a small server, its pauses and what comes of it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use egui::accesskit::Role;
use egui::{Key, Modifiers, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use image::GrayImage;
use tempfile::TempDir;

use crate::app::model_choice::ModelChoice;
use crate::app::settings::Settings;
use crate::app::task::TaskRequest;
use crate::app::timeline::TimelineCommand;
use crate::app::{App, Command, Dialog, Page, State};
use crate::jobs::{CancelFlag, Job, new};
use crate::model::{BehaviorSource, Segment};
use crate::store::Project;
use crate::ui::pages::behavior::tests::described;
use crate::ui::shell::Shell;
use crate::ui::testing::server::{ANSWERS, REFUSES, Server};
use crate::ui::testing::{PATIENCE, click, draw, send, settle};

/// Nearly five seconds of two mice, which run and rest by turns.
const FRAMES: u32 = 48;

/// Ahead of the middle of the body and aside of it, px.
const PARTS: [(&str, [f32; 2]); 6] = [
    ("nose", [12.0, 0.0]),
    ("left_ear", [8.0, -3.0]),
    ("right_ear", [8.0, 3.0]),
    ("neck", [5.0, 0.0]),
    ("center_back", [0.0, 0.0]),
    ("tail_base", [-9.0, 0.0]),
];

/// A project of that recording, with small pictures.
fn filmed(folder: &Path) -> PathBuf {
    let recording = folder.join("mice");
    std::fs::create_dir_all(recording.join("top")).unwrap();
    let manifest = "version = 1\nname = \"mice\"\nfps = 10.0\n[[cameras]]\nname = \"top\"\nreflectance = \
                    \"top/%06d.png\"\n[[animals]]\nname = \"A0\"\ntracks = \"tracks.csv\"\n[[animals]]\nname = \
                    \"A1\"\ntracks = \"tracks.csv\"\n";
    std::fs::write(recording.join("recording.toml"), manifest).unwrap();
    let mut table = "frame,camera,animal,keypoint,x,y\n".to_owned();
    for frame in 0..FRAMES {
        let runs = (frame / 20) % 2 == 0;
        for (name, y) in [("A0", 30.0), ("A1", 66.0)] {
            let step = (frame % 20) as f32 * 4.0;
            let x = 30.0 + if runs { step } else { 80.0 - step * 0.02 };
            for (part, [ahead, aside]) in PARTS {
                // Nothing stands quite still.
                let wobble = ((frame * 7 + ahead.abs() as u32 * 3) % 5) as f32 * 0.1;
                writeln!(table, "{frame},top,{name},{part},{:.2},{:.2}", x + ahead + wobble, y + aside).unwrap();
            }
        }
        let path = recording.join(format!("top/{frame:06}.png"));
        GrayImage::from_pixel(160, 96, image::Luma([200])).save(path).unwrap();
    }
    std::fs::write(recording.join("tracks.csv"), table).unwrap();
    let project = folder.join("mice.bvlm");
    let cancel = CancelFlag::default();
    new::run(&Job::new(&cancel, &|_| ()), &[recording], &project, None).unwrap();
    project
}

/// What the small model says of clips, and which it joins: each with its next.
fn says(question: &str) -> String {
    let ids: Vec<&str> = question.split("\\n").filter_map(|line| line.split_once(" (")).map(|(id, _)| id).collect();
    let is_clip = |id: &&&str| id.strip_prefix('c').is_some_and(|number| number.parse::<u32>().is_ok());
    let ids: Vec<&str> = ids.iter().filter(is_clip).copied().collect();
    if ids.is_empty() {
        let said = r#"{"observation": "o", "label": "rearing", "description": "It rears.", "partner": null, "role": "none", "confidence": 0.9}"#;
        return said.to_owned();
    }
    let segments: Vec<_> = ids
        .chunks(2)
        .map(|clips| serde_json::json!({"clips": clips, "label": "rearing", "description": "It rears twice."}))
        .collect();
    serde_json::json!({ "segments": segments }).to_string()
}

fn model(name: &str, address: &str) -> ModelChoice {
    ModelChoice { name: name.to_owned(), addresses: address.to_owned(), ..ModelChoice::default() }
}

/// The behaviour page of a project, with that model in the settings.
fn page(project: &Path, model: ModelChoice) -> Harness<'static, Shell> {
    let settings = Settings { annotator: Some("Ann".to_owned()), model, ..Settings::default() };
    let mut app = App::new(settings, None, Arc::new(|| {}));
    app.handle(Command::Open(project.to_owned()));
    assert!(app.settle(PATIENCE), "the project opens");
    app.handle(Command::GoTo(Page::Behavior));
    let builder = Harness::builder().with_size(vec2(1280.0, 1000.0)).with_max_steps(8);
    let mut window = builder.build_ui_state(draw, Shell::new(app));
    settle(&mut window);
    window
}

fn state<'a>(window: &'a Harness<'_, Shell>) -> &'a State {
    window.state().app().state()
}

fn type_into(window: &mut Harness<'_, Shell>, role: Role, label: &str, text: &str) {
    window.get_by_role_and_label(role, label).focus();
    window.run_steps(2);
    window.get_by_role_and_label(role, label).type_text(text);
    settle(window);
}

fn is_disabled(window: &Harness<'_, Shell>, label: &str) -> bool {
    window.get_by_label(label).accesskit_node().is_disabled()
}

/// Who said what each clip of the latest run shows, and its joined segments.
fn said(project: &Path) -> (Vec<BehaviorSource>, Vec<Segment>) {
    let project = Project::open_read_only(project).unwrap();
    let info = project.only_recording().unwrap();
    let run = project.latest_run(info.id, "behavior").unwrap().unwrap().id;
    let sources = project.captions(run).unwrap().into_iter().map(|(.., source)| source).collect();
    (sources, project.merged_segments(run).unwrap())
}

fn last_words(window: &Harness<'_, Shell>) -> String {
    state(window).last_job.as_ref().map(|last| last.words.clone()).unwrap_or_default()
}

#[test]
fn the_dialog_says_what_is_there_and_what_is_lacking() {
    let small = described();
    let mut window = small.window(Page::Behavior);
    click(&mut window, "Describe again…");
    assert_eq!(state(&window).dialog, Some(Dialog::Describe));
    let there = "There are 4 clips: captioned by the built-in rules; joined to 4 segments by the built-in rules.";
    window.get_by_label(there);
    window.get_by_label_contains("What people say is never changed by this.");
    window.get_by_label_contains("No model is asked: nothing is sent anywhere");
    assert!(!is_disabled(&window, "Describe the recording"));
    assert!(window.query_by_label("Answers per clip").is_none());

    click(&mut window, "Captions by a vision-language model");
    assert!(is_disabled(&window, "Show examples beside clips"));
    window.get_by_label("The bank is empty. In the Grid, segments that people found right are kept as examples.");
    window.get_by_label("Write the model's name, as its server knows it.");
    assert!(is_disabled(&window, "Describe the recording"));
    type_into(&mut window, Role::TextInput, "Model", "small/vlm");
    type_into(&mut window, Role::MultilineTextInput, "Address", "http://127.0.0.1:9");
    assert!(!is_disabled(&window, "Describe the recording"));

    // One model for both, unless another is named.
    click(&mut window, "Joined by a language model");
    window.get_by_label("Without a name the vision-language model is asked: small/vlm.");
    assert!(window.query_by_label("Its address").is_none() && !is_disabled(&window, "Describe the recording"));
    type_into(&mut window, Role::TextInput, "Language model", "small/llm");
    window.get_by_label("The language model: Write the address of the model's server.");
    assert!(is_disabled(&window, "Describe the recording"));
    type_into(&mut window, Role::MultilineTextInput, "Its address", "http://llm.invalid:8001");
    window.get_by_label("You are asked before descriptions go to llm.invalid.");
    assert!(!is_disabled(&window, "Describe the recording"));

    type_into(&mut window, Role::TextInput, "Pause after so many calls", "x");
    window.get_by_label("Calls until the pause: write a number, or nothing.");
    assert!(is_disabled(&window, "Describe the recording"));
    window.key_press(Key::Backspace);
    settle(&mut window);
    let kept = &state(&window).settings;
    assert_eq!((kept.model.name.as_str(), kept.language_model.name.as_str()), ("small/vlm", "small/llm"));
    assert_eq!(kept.language_model.addresses, "http://llm.invalid:8001");

    // Nothing goes to another machine unasked, and a person who declines is where they were.
    window.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    settle(&mut window);
    window.get_by_label("Labels and descriptions of your recording will be sent to llm.invalid, and no pictures.");
    click(&mut window, "Do not send");
    assert_eq!(state(&window).dialog, Some(Dialog::Describe));
    assert!(state(&window).held_back.is_none() && state(&window).job.is_none() && state(&window).last_job.is_none());
    assert!(state(&window).settings.allowed_hosts.is_empty());
    window.key_press(Key::Escape);
    settle(&mut window);
    assert_eq!(state(&window).dialog, None);
    // What was chosen is there when it opens again.
    click(&mut window, "Describe again…");
    window.get_by_label("Without a name the vision-language model is asked: small/vlm.");
}

#[test]
fn a_project_that_is_only_read_is_not_described() {
    let small = described();
    let _writer = Project::open(&small.path).unwrap();
    let window = small.window(Page::Behavior);
    assert!(state(&window).session.as_ref().unwrap().read_only.is_some());
    assert!(is_disabled(&window, "Describe again…"));
}

#[test]
fn models_caption_and_join_and_what_people_say_stays() {
    let folder = TempDir::new().unwrap();
    let path = filmed(folder.path());
    let server = Server::answering(ANSWERS, says);
    let mut window = page(&path, model("small/vlm", &server.address));
    click(&mut window, "Cut and describe");
    let (sources, by_rules) = said(&path);
    assert!(sources.len() >= 4 && sources.iter().all(|source| *source == BehaviorSource::Rules), "{sources:?}");

    // A person's segments.
    let animal = state(&window).session.as_ref().unwrap().timeline.layers.as_ref().unwrap().counted()[0].0;
    send(&mut window, Command::Timeline(TimelineCommand::Select(animal, false)));
    send(&mut window, Command::Timeline(TimelineCommand::Label("huddle".to_owned())));
    let human = |path: &Path| {
        let project = Project::open_read_only(path).unwrap();
        project.human_segments(project.only_recording().unwrap().id).unwrap()
    };
    let before = human(&path);
    assert!(!before.is_empty());

    // The estimate asks nothing.
    click(&mut window, "Describe again…");
    window.get_by_label_contains(" stay as they are. Clips, captions and joined segments of machines are replaced.");
    click(&mut window, "Captions by a vision-language model");
    click(&mut window, "Joined by a language model");
    let clips = sources.len();
    window.get_by_label_contains(&format!("Captions: at most {clips} questions, "));
    window.get_by_label_contains("Joining: at most 2 questions, ");
    assert_eq!(server.asked.load(Ordering::SeqCst), 0);

    // The same clips, said by models.
    window.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    settle(&mut window);
    assert_eq!(state(&window).dialog, None);
    let words = last_words(&window);
    assert!(words.contains(&format!("small/vlm captioned {clips} clips.")), "{words}");
    assert!(words.contains("small/vlm joined the clips."), "{words}");
    let (sources, merged) = said(&path);
    assert_eq!((sources.len(), server.asked.load(Ordering::SeqCst)), (clips, clips + 2));
    assert!(sources.iter().all(|source| *source == BehaviorSource::Model));
    assert!(merged.iter().all(|it| it.source == BehaviorSource::Model && it.label == "rearing") && merged != by_rules);
    assert_eq!(human(&path), before);
    click(&mut window, "Describe again…");
    window.get_by_label_contains(&format!("There are {clips} clips: captioned by small/vlm; joined to "));
}

#[test]
fn a_run_that_pauses_hides_nothing_and_goes_on_also_after_a_restart() {
    let folder = TempDir::new().unwrap();
    let path = filmed(folder.path());
    let server = Server::answering(REFUSES, |question| {
        // One in two clips gets no usable answer.
        if question.len() % 2 == 0 { "{}".to_owned() } else { says(question) }
    });
    let mut window = page(&path, model("small/vlm", &server.address));
    click(&mut window, "With a model…");
    window.get_by_label("Nothing is described yet: the recording is cut into clips first.");
    click(&mut window, "Captions by a vision-language model");
    window.get_by_label("Estimate what it asks");
    window.key_press(Key::Escape);
    settle(&mut window);
    click(&mut window, "Cut and describe");
    let (_, by_rules) = said(&path);
    click(&mut window, "Describe again…");
    click(&mut window, "Captions by a vision-language model");
    click(&mut window, "Describe the recording");

    // The server refuses: what was there is shown still, and the page says what to do.
    let Some(TaskRequest::Behavior(request)) = &state(&window).paused else { panic!("{}", last_words(&window)) };
    assert!(request.caption_model.is_some() && request.merge_model.is_none());
    window.get_by_label("Paused. Nothing is lost.");
    window.get_by_label_contains("The run paused. No server is left to ask.");
    let shown = state(&window).session.as_ref().unwrap().timeline.layers.clone().unwrap();
    assert_eq!(shown.timeline.merged, by_rules);
    server.turn(ANSWERS);
    let choice = state(&window).session.as_ref().unwrap().timeline.describe.choice.clone();
    click(&mut window, "Change the choices or the model…");
    window.get_by_label("The same choices go on where it paused; others begin anew.");
    type_into(&mut window, Role::TextInput, "Pause after so many calls", "2");
    click(&mut window, "Describe the recording");
    assert!(last_words(&window).starts_with("The run paused after 2 calls, as the limit says."));
    window.get_by_label("2 of 2");
    drop(window);

    // The next day.
    let mut window = page(&path, ModelChoice { name: "another".to_owned(), ..model("small/vlm", &server.address) });
    click(&mut window, "Go on describing…");
    window.get_by_label("The last run, asking small/vlm, did not come to its end. What it was answered is kept.");
    click(&mut window, "Go on with it");
    let words = last_words(&window);
    assert_eq!(state(&window).model.name, "small/vlm", "{words}");
    assert_eq!(choice.asking, state(&window).session.as_ref().unwrap().timeline.describe.choice.asking);
    let (sources, merged) = said(&path);
    let stood_in = sources.iter().filter(|source| **source == BehaviorSource::Rules).count();
    assert!(!merged.is_empty() && words.contains(&format!("small/vlm captioned {} clip", sources.len() - stood_in)));
    assert_eq!(stood_in > 0, words.contains("described by the rules (wrong in answers: "), "{words}");
    assert!(window.query_by_label("Describe again…").is_some());
}
