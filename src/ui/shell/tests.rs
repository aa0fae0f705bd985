//! The window as a person meets it: welcome, a run with its pauses, export, dialogs and notices.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use egui::accesskit::Role;
use egui::{Key, Modifiers, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use tempfile::TempDir;

use super::Shell;
use crate::app::settings::{Appearance, Recent, Settings};
use crate::app::ui_command::TABLE;
use crate::app::{App, Command, Dialog, Page, State};
use crate::jobs::labelling::Act;
use crate::store::FrameState;
use crate::ui::testing::{PATIENCE, demo_project, draw, open};

/// Seconds of the window's clock from one painted frame to the next.
const STEP_SECS: f32 = 0.5;

fn window(shell: Shell) -> Harness<'static, Shell> {
    let mut window = Harness::builder()
        .with_size(vec2(1280.0, 800.0))
        .with_max_steps(8)
        .with_step_dt(STEP_SECS)
        .build_ui_state(draw, shell);
    rest(&mut window);
    window
}

fn empty_window(settings: Settings) -> Harness<'static, Shell> {
    window(Shell::new(App::new(settings, None, Arc::new(|| {}))))
}

/// Lets everything that was asked for be done.
fn rest(window: &mut Harness<'_, Shell>) {
    window.run_steps(2);
    assert!(window.state_mut().app_mut().settle(PATIENCE));
    window.run_steps(3);
}

fn click(window: &mut Harness<'_, Shell>, label: &str) {
    window.get_by_label(label).click();
    rest(window);
}

fn send(window: &mut Harness<'_, Shell>, command: Command) {
    window.state_mut().app_mut().handle(command);
    rest(window);
}

fn type_into(window: &mut Harness<'_, Shell>, label: &str, text: &str) {
    window.get_by_role_and_label(Role::TextInput, label).focus();
    window.run_steps(2);
    window.get_by_role_and_label(Role::TextInput, label).type_text(text);
    window.run_steps(2);
}

fn state<'a>(window: &'a Harness<'_, Shell>) -> &'a State {
    window.state().app().state()
}

/// Paints until something holds.
fn wait_for(window: &mut Harness<'_, Shell>, holds: impl Fn(&State) -> bool) {
    let start = Instant::now();
    while !holds(state(window)) {
        assert!(start.elapsed() < PATIENCE, "that took too long");
        window.step();
    }
    window.run_steps(3);
}

fn recent(path: &str) -> Recent {
    Recent {
        path: PathBuf::from(path),
        opened_unix_ms: 0,
        recording: Some("session4".to_owned()),
        page: Page::Review,
        frame: 17,
        seed_frames: Vec::new(),
        threshold_px: None,
    }
}

#[test]
fn welcome_lists_projects_and_says_why_a_path_is_none() {
    let settings =
        Settings { recent: vec![recent("/data/mouse.bvlm"), recent("/data/rat.bvlm")], ..Settings::default() };
    let mut window = empty_window(settings);
    assert_eq!(window.get_all_by_label("session4, Review frame 17, in /data").count(), 2);
    click(&mut window, "Remove rat.bvlm from the list");
    assert!(window.query_by_label("rat.bvlm").is_none());
    window.get_by_label("mouse.bvlm");
    type_into(&mut window, "Or type the path of a project or recording, or drop it on the window", "/nowhere/x.bvlm");
    click(&mut window, "Open");
    window.get_by_label("Nothing is at /nowhere/x.bvlm. Check the path, or look for it with Open.");
}

#[test]
fn a_recording_alone_is_offered_a_project() {
    let folder = TempDir::new().unwrap();
    let recording = demo_project(folder.path(), 3, true).with_file_name("recording");
    let mut window = empty_window(Settings::default());
    send(&mut window, Command::Open(recording.clone()));
    wait_for(&mut window, |state| state.offer.as_ref().is_some_and(|offer| offer.findings.is_some()));
    let findings = state(&window).offer.as_ref().unwrap().findings.clone().unwrap();
    for finding in &findings {
        window.get_all_by_label(&finding.remedy).next().unwrap();
    }
    assert!(!findings.is_empty() || window.query_by_label("Nothing is wrong with the recording.").is_some());
    click(&mut window, "Make the project");
    let session = state(&window).session.as_ref().unwrap();
    assert_eq!(session.path, recording.with_extension("bvlm"));
    assert!(state(&window).title().starts_with("recording.bvlm ("), "{}", state(&window).title());
    // From here on it is found beside the recording.
    drop(window);
    let mut window = empty_window(Settings::default());
    send(&mut window, Command::Open(recording));
    wait_for(&mut window, |state| state.session.is_some());
}

#[test]
fn a_command_is_found_and_run() {
    let mut window = empty_window(Settings::default());
    window.key_press_modifiers(Modifiers::COMMAND, Key::K);
    rest(&mut window);
    type_into(&mut window, "Find a command", "dark or");
    window.key_press(Key::Enter);
    rest(&mut window);
    assert_eq!(state(&window).settings.appearance, Appearance::Light);
    assert_eq!(state(&window).dialog, None);
}

#[test]
fn the_help_sheet_has_every_command() {
    let mut window = empty_window(Settings::default());
    window.key_press(Key::F1);
    rest(&mut window);
    assert_eq!(state(&window).dialog, Some(Dialog::Help));
    for entry in TABLE {
        assert!(window.query_all_by_label(entry.text).next().is_some(), "{} is not on the sheet", entry.text);
    }
    window.key_press(Key::Escape);
    rest(&mut window);
    assert_eq!(state(&window).dialog, None);
}

#[test]
fn settings_apply_at_once() {
    let mut window = empty_window(Settings::default());
    send(&mut window, Command::Show(Some(Dialog::Settings)));
    click(&mut window, "Light");
    assert_eq!(state(&window).settings.appearance, Appearance::Light);
    assert!(!window.ctx.global_style().visuals.dark_mode);
    type_into(&mut window, "Annotator", "Ada");
    window.key_press(Key::Enter);
    rest(&mut window);
    assert_eq!(state(&window).settings.annotator.as_deref(), Some("Ada"));
    assert_eq!(state(&window).dialog, Some(Dialog::Settings), "the settings stay open");
    click(&mut window, "Close the settings");
    window.key_press_modifiers(Modifiers::COMMAND, Key::Equals);
    rest(&mut window);
    assert_eq!(state(&window).settings.scale, 1.1);
    assert_eq!(window.ctx.zoom_factor(), 1.1);
}

#[test]
fn keys_close_the_project_and_the_window() {
    let folder = TempDir::new().unwrap();
    let mut window = window(open(&demo_project(folder.path(), 3, false)));
    window.key_press_modifiers(Modifiers::COMMAND, Key::W);
    rest(&mut window);
    assert!(state(&window).session.is_none());
    window.get_by_label("demo.bvlm");
    assert!(!state(&window).quit);
    window.key_press_modifiers(Modifiers::COMMAND, Key::Q);
    rest(&mut window);
    assert!(state(&window).quit);
}

#[test]
fn a_run_is_paused_found_again_and_goes_on_to_the_end() {
    const FRAMES: u32 = 200;
    let folder = TempDir::new().unwrap();
    let project = demo_project(folder.path(), FRAMES, false);
    let mut window = window(open(&project));
    send(&mut window, Command::GoTo(Page::Run));
    window.get_by_label(&format!("All {FRAMES} frames, solved already."));
    type_into(&mut window, "Frames", "10..900");
    window.get_by_label(&format!("The recording ends with frame {}.", FRAMES - 1));
    assert!(window.get_by_label("Start the run").accesskit_node().is_disabled());
    for _ in 0.."10..900".len() {
        window.key_press(Key::Backspace);
    }
    window.run_steps(2);
    click(&mut window, "Do finished frames again");
    window.get_by_label("Start the run").click();
    wait_for(&mut window, |state| state.job.as_ref().is_some_and(|job| job.steps.0 > 0));
    window.get_by_label("Pause").click();
    rest(&mut window);
    assert!(state(&window).paused.is_some(), "the run ended before it was paused: {:?}", state(&window).last_job);
    window.get_by_label("Paused. Nothing is lost.");
    drop(window);

    let mut window = self::window(open(&project));
    send(&mut window, Command::GoTo(Page::Run));
    let done = state(&window).session.as_ref().unwrap().unfinished.as_ref().unwrap().done;
    assert!(0 < done && done < FRAMES, "{done}");
    window.get_by_label(&format!("The last run stopped after {done} of {FRAMES} frames."));
    click(&mut window, "Go on with it");
    let session = state(&window).session.as_ref().unwrap();
    assert_eq!(session.unfinished, None);
    let last = state(&window).last_job.clone().unwrap();
    let (went_well, words) = (last.went_well, last.words);
    assert!(went_well && words.starts_with(&format!("Solved {} frames", FRAMES - done)), "{words}");
}

#[test]
fn an_export_replaces_nothing_unasked_and_says_what_is_left_out() {
    let folder = TempDir::new().unwrap();
    let project = demo_project(folder.path(), 8, false);
    let mut window = window(open(&project));
    send(&mut window, Command::GoTo(Page::Export));
    let name = state(&window).session.as_ref().unwrap().info.name.clone();
    let file = project.with_file_name(format!("{name}_points3d.csv"));
    std::fs::write(&file, "mine").unwrap();
    click(&mut window, "Write the file");
    window.get_by_label("A file of that name is there. Nothing is written yet.");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    click(&mut window, "Replace the file");
    let all = rows(&file);
    assert!(all > 8, "{all}");

    send(&mut window, Command::Edit(Act::SetState { frame: 5, state: FrameState::Accepted }));
    std::fs::remove_file(&file).unwrap();
    click(&mut window, "Reviewed frames only");
    window.get_by_label_contains("that nobody has reviewed are left out.");
    click(&mut window, "Write the file");
    let reviewed = rows(&file);
    assert!(0 < reviewed && reviewed < all, "{reviewed} of {all}");
    let words = state(&window).last_job.clone().unwrap().words;
    assert!(
        words.contains(&format!("Left out: {} rows of frames that nobody has reviewed", all - reviewed)),
        "{words}"
    );
}

/// Rows of a table without its header.
fn rows(path: &Path) -> usize {
    std::fs::read_to_string(path).unwrap().lines().count() - 1
}

#[test]
fn notices_go_by_themselves_and_errors_when_they_are_closed() {
    let folder = TempDir::new().unwrap();
    let project = demo_project(folder.path(), 3, false);
    let mut window = window(open(&project));
    send(&mut window, Command::Open(project));
    window.get_by_label("This project is open already.");
    send(&mut window, Command::Open(PathBuf::from("/nowhere/x.bvlm")));
    let error = "Nothing is at /nowhere/x.bvlm. Check the path, or look for it with Open.";
    window.get_by_label(error);
    window.run_steps((60.0 / STEP_SECS) as usize);
    assert!(window.query_by_label("This project is open already.").is_none());
    window.get_by_label(error);
    click(&mut window, "Close the notice");
    assert!(window.query_by_label(error).is_none());
}

#[test]
fn a_project_that_is_open_elsewhere_can_be_looked_at() {
    let folder = TempDir::new().unwrap();
    let project = demo_project(folder.path(), 3, false);
    let first = open(&project);
    let mut window = window(open(&project));
    let id = std::process::id();
    let banner = window.get_by_label_contains("You can look, but not label.").value().unwrap_or_default();
    assert!(banner.starts_with(&format!("Read only: another program (process {id} on ")), "{banner}");
    send(&mut window, Command::GoTo(Page::Run));
    assert!(window.get_by_label("Start the run").accesskit_node().is_disabled());
    drop(first);
    click(&mut window, "Try again");
    assert_eq!(state(&window).session.as_ref().unwrap().read_only, None);
}
