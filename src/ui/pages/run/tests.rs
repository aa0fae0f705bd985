//! The Run page as a person works it: the assigner, the model and its server, leave to send pictures, pauses and reports.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use egui::accesskit::{Role, Toggled};
use egui::{Key, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use tempfile::TempDir;

use crate::app::model_choice::ModelChoice;
use crate::app::settings::Settings;
use crate::app::task::TaskRequest;
use crate::app::{App, Command, Dialog, Page, State};
use crate::jobs::pose::{self, Ablation, Assigner, Options};
use crate::jobs::{CancelFlag, Job, JobError};
use crate::store::Project;
use crate::ui::shell::Shell;
use crate::ui::testing::server::{ANSWERS, KEEPS_SILENT, REFUSES, Server};
use crate::ui::testing::{PATIENCE, click, demo_project, draw, send, settle};

/// A choice of the small model at an address.
fn model(address: &str) -> ModelChoice {
    ModelChoice { name: "small/vlm".to_owned(), addresses: address.to_owned(), ..ModelChoice::default() }
}

/// The Run page of a project, with that model in the settings.
fn run_page(project: &Path, model: ModelChoice) -> Harness<'static, Shell> {
    let settings = Settings { annotator: Some("Mira".to_owned()), model, ..Settings::default() };
    let mut app = App::new(settings, None, Arc::new(|| {}));
    app.handle(Command::Open(project.to_owned()));
    assert!(app.settle(PATIENCE), "the project was not opened in time");
    app.handle(Command::GoTo(Page::Run));
    // High enough that the whole form is painted.
    let builder = Harness::builder().with_size(vec2(1280.0, 1600.0)).with_max_steps(8);
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

fn wait_for(window: &mut Harness<'_, Shell>, holds: impl Fn(&State) -> bool) {
    let start = Instant::now();
    while !holds(state(window)) {
        assert!(start.elapsed() < PATIENCE, "that took too long");
        window.step();
    }
    window.run_steps(3);
}

/// Whether a text stands anywhere in the window, visible or told to screen readers.
fn stands(window: &Harness<'_, Shell>, text: &str) -> bool {
    let nodes = window.query_all(egui_kittest::kittest::By::new().predicate(|_| true));
    nodes.into_iter().any(|node| {
        let node = node.accesskit_node();
        [node.label(), node.value(), node.placeholder().map(str::to_owned)]
            .into_iter()
            .flatten()
            .any(|words| words.contains(text))
    })
}

#[test]
fn a_model_is_named_before_a_run_asks_one() {
    let folder = TempDir::new().unwrap();
    let mut window = run_page(&demo_project(folder.path(), 5, false), ModelChoice::default());
    let chosen = |window: &Harness<'_, Shell>, name: &str| {
        window.get_by_role_and_label(Role::RadioButton, name).accesskit_node().toggled() == Some(Toggled::True)
    };
    assert!(chosen(&window, "Built-in geometry"));
    assert!(window.query_by_role_and_label(Role::TextInput, "Model").is_none());
    assert!(!window.get_by_label("Start the run").accesskit_node().is_disabled());

    window.get_by_role_and_label(Role::RadioButton, "Hybrid").click();
    settle(&mut window);
    window.get_by_label("Write the model's name, as its server knows it.");
    assert!(window.get_by_label("Start the run").accesskit_node().is_disabled());
    assert!(window.get_by_label("Test the connection").accesskit_node().is_disabled());
    type_into(&mut window, Role::TextInput, "Model", "Qwen/Qwen3-VL-8B");
    window.get_by_label("Write the address of the model's server.");
    window.get_by_value("By its name: Qwen3-VL");

    // What is wrong stands at the field and at the button.
    type_into(&mut window, Role::MultilineTextInput, "Address", "localhost");
    let wrong = "An address begins with http:// or https://, as http://127.0.0.1:8000.";
    assert_eq!(window.query_all_by_label(wrong).count(), 2);
    for _ in 0.."localhost".len() {
        window.key_press(Key::Backspace);
    }
    settle(&mut window);
    type_into(&mut window, Role::MultilineTextInput, "Address", "http://127.0.0.1:9");
    assert_eq!(window.query_all_by_label(wrong).count(), 0);
    assert!(!window.get_by_label("Start the run").accesskit_node().is_disabled());
    window.get_by_label_contains("cost unknown without prices.");

    click(&mut window, "Limits and prices");
    type_into(&mut window, Role::TextInput, "Pause after so many calls", "many");
    assert_eq!(window.query_all_by_label("Calls until the pause: write a number, or nothing.").count(), 2);
    assert!(window.get_by_label("Start the run").accesskit_node().is_disabled());
    for _ in 0.."many".len() {
        window.key_press(Key::Backspace);
    }
    settle(&mut window);
    type_into(&mut window, Role::TextInput, "Pause after so many calls", "40");
    type_into(&mut window, Role::TextInput, "Price of 1 M tokens sent", "0.5");
    window.get_by_label_contains("About ");
    assert!(window.query_by_label_contains("cost unknown without prices.").is_none());

    let kept = &state(&window).settings.model;
    assert_eq!((kept.name.as_str(), kept.budget.as_str()), ("Qwen/Qwen3-VL-8B", "40"));
    assert_eq!(kept.addresses, "http://127.0.0.1:9");
    // One choice is for one assigner alone.
    window.get_by_label("Sure labels asked about too, %");
    window.get_by_role_and_label(Role::RadioButton, "Model").click();
    settle(&mut window);
    assert!(window.query_by_label("Sure labels asked about too, %").is_none());
    click(&mut window, "All regions in one call");
    assert!(state(&window).model.regions_at_once);
    window.get_by_label_contains("At most ");
}

#[test]
fn pictures_go_nowhere_unasked() {
    let folder = TempDir::new().unwrap();
    let mut window = run_page(&demo_project(folder.path(), 5, false), model("http://gpu.invalid:8000"));
    window.get_by_role_and_label(Role::RadioButton, "Model").click();
    settle(&mut window);
    window.get_by_label("You are asked before pictures go to gpu.invalid.");
    // Seed frames alone, so that nothing is asked even with leave.
    type_into(&mut window, Role::TextInput, "Frames", "0..3");
    window.get_by_label("No call is needed: all of these frames are seeds.");
    click(&mut window, "Start the run");
    window.get_by_label("Pictures of your recording will be sent to gpu.invalid.");
    assert_eq!(state(&window).dialog, Some(Dialog::SendPictures("gpu.invalid".to_owned())));
    assert!(state(&window).job.is_none() && state(&window).last_job.is_none());
    click(&mut window, "Do not send");
    assert!(state(&window).dialog.is_none() && state(&window).last_job.is_none());
    assert!(state(&window).settings.allowed_hosts.is_empty());

    click(&mut window, "Test the connection");
    window.get_by_label("Pictures of your recording will be sent to gpu.invalid.");
    window.key_press(Key::Escape);
    settle(&mut window);
    assert!(state(&window).model_check.is_none() && state(&window).held_back.is_none());

    click(&mut window, "Start the run");
    click(&mut window, "Send");
    let last = state(&window).last_job.as_ref().unwrap();
    assert!(last.went_well, "{}", last.words);
    assert_eq!(state(&window).settings.allowed_hosts, ["gpu.invalid"]);
    window.get_by_label("Pictures may be sent to gpu.invalid.");
    // The answer is remembered, and taken back on request.
    click(&mut window, "Take back");
    assert!(state(&window).settings.allowed_hosts.is_empty());
    window.get_by_label("You are asked before pictures go to gpu.invalid.");
}

#[test]
fn a_key_is_used_and_never_shown() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(ANSWERS);
    let mut window = run_page(&demo_project(folder.path(), 5, false), model(&server.address));
    window.get_by_role_and_label(Role::RadioButton, "Model").click();
    settle(&mut window);
    type_into(&mut window, Role::PasswordInput, "Key", "sk-secret");
    assert!(!stands(&window, "sk-secret"));
    assert!(stands(&window, "small/vlm") && stands(&window, "\u{2022}"), "the search sees what is in fields");
    click(&mut window, "Use it");
    window.get_by_label("Entered for this session; it is used for every address.");
    assert!(!stands(&window, "sk-secret"));
    let settings = serde_json::to_string(&state(&window).settings).unwrap();
    assert!(settings.contains("small/vlm") && !settings.contains("sk-secret"));

    click(&mut window, "Test the connection");
    let keys = server.keys.lock().unwrap().clone();
    assert!(!keys.is_empty() && keys.iter().all(|key| key == "Bearer sk-secret"), "{}", keys.len());
    window.get_by_label("small/vlm is served.");
    // It says `{}` to a picture that it was asked the color of.
    window.get_by_label("It may work; see below.");
    window.get_by_label_contains("May not work: It was shown a ");

    server.turn(REFUSES);
    click(&mut window, "Test the connection");
    window.get_by_label("It cannot be used like this.");
    window.get_by_label_contains("Does not work: ");
    // What was found was found with this key and model.
    click(&mut window, "Forget the key");
    assert!(state(&window).model_check.is_none() && state(&window).key.entered.is_none());
    assert!(window.query_by_label("It cannot be used like this.").is_none());
}

#[test]
fn a_key_is_kept_in_the_keyring_and_found_there() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(ANSWERS);
    // Other tests ask servers at 127.0.0.1.
    let address = server.address.replace("127.0.0.1", "localhost");
    let mut window = run_page(&demo_project(folder.path(), 5, false), model(&address));
    window.get_by_role_and_label(Role::RadioButton, "Model").click();
    settle(&mut window);
    window.get_by_label_contains("None yet.");
    type_into(&mut window, Role::PasswordInput, "Key", "sk-secret");
    click(&mut window, "Use it");
    click(&mut window, "Keep it in the keyring for localhost");
    window.get_by_label("A key is in the keyring for localhost.");
    click(&mut window, "Forget the key");
    assert!(state(&window).key.entered.is_none());
    window.get_by_label("The one from the keyring is used for localhost.");
    click(&mut window, "Test the connection");
    window.get_by_label("small/vlm is served.");
    let keys = server.keys.lock().unwrap().split_off(0);
    assert!(!keys.is_empty() && keys.iter().all(|key| key == "Bearer sk-secret"), "{}", keys.len());
    assert!(!stands(&window, "sk-secret"));
    click(&mut window, "Take the key for localhost out of the keyring");
    window.get_by_label_contains("None yet.");
    click(&mut window, "Test the connection");
    window.get_by_label("small/vlm is served.");
    assert!(server.keys.lock().unwrap().is_empty());
}

#[test]
fn a_run_says_how_it_stands_why_it_paused_and_goes_on() {
    let folder = TempDir::new().unwrap();
    let project = demo_project(folder.path(), 5, true);
    let server = Server::start(REFUSES);
    let chosen = ModelChoice {
        regions_at_once: true,
        at_once: "3".to_owned(),
        price_in: "100".to_owned(),
        ..model(&server.address)
    };
    let mut window = run_page(&project, chosen.clone());
    window.get_by_role_and_label(Role::RadioButton, "Model").click();
    settle(&mut window);
    type_into(&mut window, Role::TextInput, "Frames", "3..5");
    click(&mut window, "Start the run");

    // Nobody is left to ask.
    let Some(TaskRequest::Run(choice, Some(options))) = &state(&window).paused else {
        panic!("it did not pause: {:?}", state(&window).last_job);
    };
    assert_eq!((choice.assigner, choice.frames.as_str()), (Assigner::Vlm, "3..5"));
    assert_eq!((options.name.as_str(), options.endpoints.len()), ("small/vlm", 1));
    assert_eq!((options.endpoints[0].concurrency, options.regions_at_once), (3, true));
    assert_eq!((options.profile.price_in, options.budget), (Some(100.0), None));
    let words = state(&window).last_job.as_ref().unwrap().words.clone();
    assert!(words.starts_with("The run paused. No server is left to ask. small/vlm at http://127.0.0.1:"), "{words}");
    window.get_by_label("Paused. Nothing is lost.");
    assert!(window.query_all_by_label(&words).count() >= 1, "beside the button, and as a notice");

    // Mended, it asks, and shows how that stands.
    server.turn(KEEPS_SILENT);
    window.get_by_label("Go on").click();
    wait_for(&mut window, |state| {
        let asking = state.job.as_ref().and_then(|job| job.asking.as_ref());
        asking.is_some_and(|tally| tally.in_flight == 3)
    });
    window.get_by_label_contains("In flight: 3 ");
    window.get_by_label("Answers: 0 0 repeated, 0 failed");
    window.get_by_label("Cost so far: 0.00");
    window.get_by_label("Pause").click();
    settle(&mut window);
    assert!(state(&window).paused.is_some(), "{:?}", state(&window).last_job);
    assert!(server.asked.load(Ordering::SeqCst) >= 3);

    // Another limit is taken over when it goes on.
    server.turn(ANSWERS);
    send(&mut window, Command::ChooseModel(Box::new(ModelChoice { budget: "4".to_owned(), ..chosen.clone() })));
    click(&mut window, "Go on");
    let said = "The run paused after 4 calls, as the limit says.";
    assert!(window.query_all_by_label_contains(said).count() >= 1);
    window.get_by_label("4 of 4");
    window.get_by_label_contains("Answers: 4 ");
    window.get_by_label("Cost so far: 0.60");
    drop(window);

    // The next day it is offered as what it is.
    let mut window = run_page(&project, ModelChoice::default());
    window.get_by_label("Its assigner: Model, asking small/vlm; write the address of its server below first.");
    assert!(window.get_by_label("Go on with it").accesskit_node().is_disabled());
    // It is asked for as it was, whatever stands in the form.
    let other = ModelChoice {
        name: "another".to_owned(),
        profile: Some("Gemini".to_owned()),
        regions_at_once: false,
        ..chosen.clone()
    };
    send(&mut window, Command::ChooseModel(Box::new(other)));
    window.get_by_label("Its assigner: Model, asking small/vlm.");
    click(&mut window, "Go on with it");
    assert_eq!(state(&window).model, chosen);
    let last = state(&window).last_job.as_ref().unwrap();
    assert!(last.went_well, "{}", last.words);
    let counts = state(&window).last_report.as_ref().unwrap().model.clone().unwrap();
    assert!(counts.known >= 4, "{counts:?}");
    window.get_by_label("What the model did");
    window.get_by_label_contains(" calls: 0 repeated, ");
    window.get_by_label_contains("Wrong in answers: missing key ");
}

#[test]
fn a_run_that_the_window_cannot_ask_for_is_left_to_the_command_line() {
    let folder = TempDir::new().unwrap();
    let path = demo_project(folder.path(), 5, true);
    let server = Server::start(REFUSES);
    let asked = model(&server.address);
    let options = asked.options(Assigner::Vlm, None, &[]).unwrap();
    let ablation = Ablation { regions: true, ..Ablation::default() };
    let options = Options { assigner: Assigner::Vlm, model: Some(&options), ablation, ..Options::default() };
    let cancel = CancelFlag::default();
    let paused = pose::run(&Job::new(&cancel, &|_| ()), &mut Project::open(&path).unwrap(), &options);
    assert!(matches!(paused, Err(JobError::ModelGone { .. })), "{paused:?}");

    let window = run_page(&path, asked);
    window.get_by_label_contains("Go on with it on the command line, with --ablate regions.");
    assert!(window.get_by_label("Go on with it").accesskit_node().is_disabled());
}

#[test]
fn what_a_model_sees_can_be_looked_at_before_it_is_asked() {
    let folder = TempDir::new().unwrap();
    let project = demo_project(folder.path(), 6, true);
    let mut window = run_page(&project, model("http://127.0.0.1:9"));
    window.get_by_role_and_label(Role::RadioButton, "Model").click();
    settle(&mut window);
    click(&mut window, "What the model sees…");
    assert!(stands(&window, "What a model sees"));
    assert!(stands(&window, "No model was asked about this view"));
    assert!(stands(&window, "1  Where: ears: Not asked"));
    assert!(stands(&window, "Picture 2, "), "an exemplar and the target at least");

    // Another view, and another question there.
    click(&mut window, "cam3");
    click(&mut window, "3  The whole view: Not asked");
    let why = state(&window).session.as_ref().unwrap().why.as_ref().unwrap();
    assert_eq!((why.camera.0, why.chosen.as_ref().map(|chosen| chosen.tag.contains("reconcile"))), (3, Some(true)));

    // Words that are no template are refused where one stands, and nothing is lost.
    click(&mut window, "Other words…");
    window.get_by_label("Prompt pose/3_reconcile.md");
    type_into(&mut window, Role::MultilineTextInput, "Prompt pose/3_reconcile.md", "{{ nonsense ");
    click(&mut window, "Use for all runs");
    assert!(stands(&window, "Prompt pose/3_reconcile.md"), "the editor stays");
    assert!(!folder.path().join("demo/prompts").exists());
    window.key_press(Key::Escape);
    settle(&mut window);
    assert!(state(&window).session.as_ref().unwrap().why.is_none());
}
