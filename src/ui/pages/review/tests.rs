//! Reviewing as a person does it: by rows, keys and cards, on a small simulated recording that was solved.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use egui::{Key, Modifiers, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use tempfile::TempDir;

use crate::app::command::QueueFilter;
use crate::app::queue::ReasonKind;
use crate::app::session::Session;
use crate::app::settings::{Recent, Settings};
use crate::app::{App, Command, Page};
use crate::demo::{DemoConfig, Difficulty};
use crate::jobs::{CancelFlag, Job, demo};
use crate::model::{CameraId, FrameLabels, KeypointId, Placement};
use crate::store::{FrameState, FrameSummary, MachineFrame, Project, RecordingInfo};
use crate::ui::shell::Shell;
use crate::ui::testing::draw;

/// No answer takes longer, whatever else the machine does.
const PATIENCE: Duration = Duration::from_secs(120);

/// The frames with a fault, worst first: ears exchanged in one view, the same, an unsure one.
const FAULTY: [u32; 3] = [17, 24, 9];
const EARS: [KeypointId; 2] = [KeypointId(0), KeypointId(1)];

/// A solved recording of 40 frames, made once and copied for every test.
fn solved() -> &'static Path {
    static MADE: OnceLock<TempDir> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let folder = TempDir::new().unwrap();
        let config = DemoConfig { frames: 40, difficulty: Difficulty::Easy, ..DemoConfig::default() };
        let cancel = CancelFlag::default();
        let report = demo::run(&Job::new(&cancel, &|_| {}), folder.path(), &config, false).unwrap();
        let mut project = Project::open(&report.project).unwrap();
        let info = project.only_recording().unwrap();
        spoil(&mut project, &info);
        folder
    });
    made.path()
}

/// Lets the run have exchanged the ears in a view of two frames, and been unsure in a third.
fn spoil(project: &mut Project, info: &RecordingInfo) {
    let run = project.begin_run(info.id, "pose", "{\"fault\": 1}", 1).unwrap();
    let calm = |frame: u32| FrameSummary {
        frame,
        score: Some(0.05),
        residual_before: Some(0.5),
        residual_after: Some(0.5),
        ..FrameSummary::default()
    };
    for frame in 3..info.frame_count {
        let labels = project.labels(info.id, frame).unwrap();
        let (labels, summary) = match FAULTY.iter().position(|faulty| *faulty == frame) {
            Some(place @ (0 | 1)) => {
                let camera = view_of_both(&labels);
                let worst = Some((camera, EARS[1]));
                let (score, px) = ([Some(0.97), Some(0.91)][place], Some([89.2, 41.0][place]));
                let side = (place == 0).then_some(1.0);
                let summary =
                    FrameSummary { score, residual_after: px, residual_before: px, side, worst, ..calm(frame) };
                (exchanged(&labels, camera), summary)
            }
            Some(_) => (labels, FrameSummary { score: Some(0.6), margin: Some(1.9), ..calm(frame) }),
            None => (labels, calm(frame)),
        };
        let pose = project.pose(info.id, frame).unwrap();
        let result = MachineFrame { labels: &labels, pose: &pose, changes: &[], summary: &summary, checkpoints: &[] };
        project.put_machine_frame(info.id, frame, run, &result).unwrap();
    }
    project.finish_run(run, 2).unwrap();
}

/// The first view that shows both ears on dots.
fn view_of_both(labels: &FrameLabels) -> CameraId {
    let shows = |camera: &CameraId| {
        EARS.iter().all(|ear| labels.get(*camera, *ear).and_then(|label| label.placement.number()).is_some())
    };
    (0..6).map(CameraId).find(shows).expect("some view shows both ears")
}

fn exchanged(labels: &FrameLabels, camera: CameraId) -> FrameLabels {
    let mut labels = labels.clone();
    let [one, other] = EARS.map(|ear| labels.take(camera, ear).unwrap());
    labels.place(camera, EARS[0], other);
    labels.place(camera, EARS[1], one);
    labels
}

/// A project of its own, and the window on its review page.
fn window() -> (TempDir, PathBuf, Harness<'static, Shell>) {
    let folder = TempDir::new().unwrap();
    copy(solved(), folder.path());
    let project = folder.path().join("demo.bvlm");
    let harness = window_on(&project, Vec2::new(1600.0, 1000.0));
    (folder, project, harness)
}

fn window_on(project: &Path, size: Vec2) -> Harness<'static, Shell> {
    let mut settings = Settings { annotator: Some("Mira".to_owned()), ..Settings::default() };
    // It was open before, at the first frame.
    settings.remember(Recent { path: project.to_owned(), page: Page::Review, ..Recent::default() });
    window_with(settings, project, size)
}

fn window_with(settings: Settings, project: &Path, size: Vec2) -> Harness<'static, Shell> {
    let mut app = App::new(settings, None, Arc::new(|| {}));
    app.handle(Command::Open(project.to_owned()));
    assert!(app.settle(PATIENCE), "the project was not opened in time");
    app.handle(Command::GoTo(Page::Review));
    let mut harness = Harness::builder().with_size(size).build_ui_state(draw, Shell::new(app));
    settle(&mut harness);
    harness
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Lets commands reach the app, answers come back, and the window draw them.
fn settle(harness: &mut Harness<'_, Shell>) {
    for _ in 0..3 {
        harness.run_steps(2);
        assert!(harness.state_mut().app_mut().settle(PATIENCE), "no answer in time");
    }
    harness.run_steps(1);
}

fn session<'a>(harness: &'a Harness<'_, Shell>) -> &'a Session {
    harness.state().app().state().session.as_ref().unwrap()
}

fn send(harness: &mut Harness<'_, Shell>, command: Command) {
    harness.state_mut().app_mut().handle(command);
    settle(harness);
}

fn press(harness: &mut Harness<'_, Shell>, key: Key) {
    press_with(harness, Modifiers::NONE, key);
}

fn press_with(harness: &mut Harness<'_, Shell>, modifiers: Modifiers, key: Key) {
    harness.key_press_modifiers(modifiers, key);
    settle(harness);
}

fn shown(harness: &Harness<'_, Shell>) -> Vec<u32> {
    let queue = &session(harness).queue;
    (0..queue.shown_len()).map(|index| queue.shown(index).unwrap().frame).collect()
}

fn frame(harness: &Harness<'_, Shell>) -> u32 {
    session(harness).cursor.frame
}

fn state(harness: &Harness<'_, Shell>, frame: u32) -> FrameState {
    session(harness).queue.row_of(frame).unwrap().state
}

/// Goes to the worst frame.
fn to_the_worst(harness: &mut Harness<'_, Shell>) {
    send(harness, Command::Queue(crate::app::command::QueueStep::Row(0)));
    assert_eq!(frame(harness), FAULTY[0]);
}

#[test]
fn a_review_that_was_never_begun_begins_with_the_worst_and_comes_back_to_its_place() {
    let folder = TempDir::new().unwrap();
    copy(solved(), folder.path());
    let project = folder.path().join("demo.bvlm");
    let mut harness = window_with(Settings::default(), &project, Vec2::new(1600.0, 1000.0));
    assert_eq!(frame(&harness), FAULTY[0]);
    send(&mut harness, Command::GoTo(Page::Seeds));
    assert_ne!(frame(&harness), FAULTY[0]);
    send(&mut harness, Command::GoTo(Page::Review));
    assert_eq!(frame(&harness), FAULTY[0]);
}

#[test]
fn a_key_that_comes_before_the_frame_was_seen_decides_nothing() {
    let (_folder, _, mut harness) = window();
    to_the_worst(&mut harness);
    let key = |harness: &mut Harness<'_, Shell>| {
        harness.key_press(Key::Enter);
        harness.step();
    };
    assert!(session(&harness).is_seen(f64::INFINITY));
    harness.state_mut().app_mut().tick(0.0, false);
    key(&mut harness);
    assert_eq!((frame(&harness), state(&harness, 17)), (17, FrameState::Todo));
    settle(&mut harness);
    press(&mut harness, Key::Enter);
    assert_eq!((frame(&harness), state(&harness, 17)), (24, FrameState::Accepted));
}

#[test]
fn rows_say_what_is_wrong_and_lead_there() {
    let (_folder, _, mut harness) = window();
    assert_eq!(shown(&harness), FAULTY);
    let worst = session(&harness).queue.row_of(17).unwrap().worst.unwrap();
    let camera = session(&harness).camera_name(worst.0).to_owned();
    let name = format!("frame 17, ear_R, {camera}, Side flipped, 89.2 px, to do");
    harness.get_by_label(&name).click();
    settle(&mut harness);
    assert_eq!(frame(&harness), 17);
    assert_eq!(session(&harness).selection.keypoint, EARS[1]);
    assert_eq!(session(&harness).selection.camera, Some(worst.0));
    harness.get_by_label_contains("0 of 3 done");
    press(&mut harness, Key::PageDown);
    assert_eq!(frame(&harness), 24);
    press(&mut harness, Key::PageUp);
    assert_eq!(frame(&harness), 17);
}

#[test]
fn accept_and_skip_walk_the_queue_and_are_undone() {
    let (_folder, path, mut harness) = window();
    to_the_worst(&mut harness);
    harness.get_by_label("Accept and next").click();
    settle(&mut harness);
    assert_eq!((frame(&harness), state(&harness, 17)), (24, FrameState::Accepted));
    press(&mut harness, Key::S);
    assert_eq!((frame(&harness), state(&harness, 24)), (9, FrameState::Skipped));
    press(&mut harness, Key::Enter);
    assert_eq!((frame(&harness), state(&harness, 9)), (9, FrameState::Accepted), "nothing is left to go to");
    assert_eq!(shown(&harness), FAULTY, "what is decided stays until the queue is ranked");
    harness.get_by_label_contains("3 of 3 done");
    press_with(&mut harness, Modifiers::COMMAND, Key::Z);
    press_with(&mut harness, Modifiers::COMMAND, Key::Z);
    assert_eq!((frame(&harness), state(&harness, 24)), (24, FrameState::Todo));
    let project = Project::open_read_only(&path).unwrap();
    let id = project.only_recording().unwrap().id;
    assert_eq!(project.frame_state(id, 17).unwrap(), FrameState::Accepted);
    assert_eq!(project.frame_state(id, 9).unwrap(), FrameState::Todo);
    press_with(&mut harness, Modifiers::COMMAND, Key::R);
    assert_eq!(shown(&harness), [24, 9]);
}

#[test]
fn a_remedy_mends_the_frame_and_accepting_it_leaves_it_fixed() {
    let (_folder, _, mut harness) = window();
    to_the_worst(&mut harness);
    let words = session(&harness).hypotheses()[0].words.clone();
    assert!(words.starts_with("Swap ear_L and ear_R in "), "{words}");
    let before = session(&harness).view().unwrap().labels.clone();
    press_with(&mut harness, Modifiers::ALT, Key::Num1);
    let worst_px = session(&harness).view().unwrap().residuals_px.worst().unwrap().2;
    assert!(worst_px < 2.0, "{worst_px} px are left");
    assert_eq!(state(&harness, 17), FrameState::Fixed);
    assert_eq!(shown(&harness), FAULTY, "the order is frozen");
    let row = session(&harness).queue.row_of(17).unwrap();
    assert!(f64::from(row.residual_px) < 2.0 && row.chance < 0.5, "{row:?}");

    press_with(&mut harness, Modifiers::COMMAND, Key::Z);
    assert_eq!(session(&harness).view().unwrap().labels, before);
    assert_eq!(state(&harness, 17), FrameState::Todo);
    harness.get_by_label(&words).click();
    settle(&mut harness);
    assert_eq!(state(&harness, 17), FrameState::Fixed);
    press(&mut harness, Key::Enter);
    assert_eq!((frame(&harness), state(&harness, 17)), (24, FrameState::Fixed));
    press_with(&mut harness, Modifiers::COMMAND, Key::R);
    assert_eq!(shown(&harness), [24, 9]);
    send(&mut harness, Command::SetFilter(QueueFilter::default()));
    assert_eq!(shown(&harness), [24, 9, 17], "it is no longer the worst");
}

#[test]
fn chips_filter_by_state_reason_camera_and_keypoint() {
    let (_folder, _, mut harness) = window();
    harness.get_by_label("Any reason").click();
    harness.run_steps(2);
    harness.get_by_label("Side flipped").click();
    settle(&mut harness);
    assert_eq!(session(&harness).queue.filter().reason, Some(ReasonKind::Side));
    assert_eq!(shown(&harness), [17]);
    send(&mut harness, Command::SetFilter(QueueFilter { keypoint: Some(EARS[1]), ..QueueFilter::default() }));
    assert_eq!(shown(&harness), [17, 24], "known without reading the frames");
    let camera = session(&harness).queue.row_of(24).unwrap().worst.unwrap().0;
    send(&mut harness, Command::SetFilter(QueueFilter { camera: Some(camera), ..QueueFilter::default() }));
    assert!(shown(&harness).contains(&24) && !shown(&harness).contains(&9));
    send(&mut harness, Command::SetFilter(QueueFilter { states: vec![FrameState::Skipped], ..QueueFilter::default() }));
    assert_eq!(shown(&harness), [0u32; 0]);
    harness.get_by_label("No frame passes these filters.");
    harness.get_by_label("Show all frames").click();
    settle(&mut harness);
    assert_eq!(shown(&harness), FAULTY);
    harness.get_by_label("All 3");
}

#[test]
fn the_threshold_moves_by_key_and_the_arrows_step_no_frame() {
    let (_folder, _, mut harness) = window();
    to_the_worst(&mut harness);
    harness.get_by_label("Residual threshold").focus();
    harness.run_steps(2);
    press(&mut harness, Key::ArrowRight);
    press(&mut harness, Key::ArrowUp);
    let threshold_px = |harness: &Harness<'_, Shell>| session(harness).queue.threshold_px();
    assert!((threshold_px(&harness) - 3.0).abs() < 1e-9, "{}", threshold_px(&harness));
    assert_eq!(frame(&harness), 17);
    for _ in 0..26 {
        press(&mut harness, Key::ArrowLeft);
    }
    assert!((threshold_px(&harness) - 0.4).abs() < 1e-9, "{}", threshold_px(&harness));
    assert!(shown(&harness).len() > 30, "all frames have half a pixel");
    let slider = harness.get_by_label("Residual threshold");
    assert!((slider.accesskit_node().numeric_value().unwrap() - 0.4).abs() < 1e-9);
}

#[test]
fn a_rerun_changes_nothing_until_it_is_taken() {
    let (_folder, path, mut harness) = window();
    to_the_worst(&mut harness);
    press_with(&mut harness, Modifiers::ALT, Key::Num1);
    let labels = |frame: u32| {
        let project = Project::open_read_only(&path).unwrap();
        project.labels(project.only_recording().unwrap().id, frame).unwrap()
    };
    let (human, faulty) = (labels(17), labels(24));
    harness.get_by_label("Re-run…").click();
    settle(&mut harness);
    let preview = session(&harness).rerun.clone().expect("the re-run was tried");
    assert!(preview.changed.iter().any(|change| change.frame == 24), "{:?}", preview.changed);
    assert_eq!(labels(24), faulty, "nothing is written yet");
    let row = preview.changed.iter().find(|change| change.frame == 24).unwrap();
    let words = |count: usize| if count == 1 { "1 label".to_owned() } else { format!("{count} labels") };
    harness.get_by_label(&format!("frame 24, {} changed", words(row.labels.len()))).click();
    harness.run_steps(2);
    let view = session(&harness).camera_name(view_of_both(&faulty)).to_owned();
    let number = faulty.get(view_of_both(&faulty), EARS[0]).unwrap().placement.number().unwrap().0;
    harness.get_by_label_contains(&format!("ear_L in {view}: {number} → "));

    press(&mut harness, Key::Escape);
    assert!(session(&harness).rerun.is_none() && harness.state().app().state().dialog.is_none());
    assert_eq!(labels(24), faulty);
    press_with(&mut harness, Modifiers::COMMAND | Modifiers::SHIFT, Key::R);
    let count = session(&harness).rerun.as_ref().unwrap().changed.len();
    let plural = if count == 1 { "frame" } else { "frames" };
    harness.get_by_label(&format!("Take {count} changed {plural}")).click();
    settle(&mut harness);
    let mended = labels(24);
    let right = exchanged(&faulty, view_of_both(&faulty));
    let camera = view_of_both(&faulty);
    for ear in EARS {
        let number = |labels: &FrameLabels| {
            labels.get(camera, ear).map(|label| label.placement).and_then(|placement: Placement| placement.number())
        };
        assert_eq!(number(&mended), number(&right));
    }
    assert_eq!(labels(17), human, "what people labelled stays");
}

#[test]
fn a_project_without_solved_frames_leads_to_the_run_page() {
    let folder = TempDir::new().unwrap();
    copy(solved(), folder.path());
    let fresh = folder.path().join("fresh.bvlm");
    let cancel = CancelFlag::default();
    let recording = folder.path().join("recording");
    crate::jobs::new::run(&Job::new(&cancel, &|_| {}), &[recording], &fresh, None).unwrap();
    let mut harness = window_on(&fresh, Vec2::new(1280.0, 800.0));
    harness.get_by_label("No frame is solved yet.");
    harness.get_by_label("Go to Run").click();
    settle(&mut harness);
    assert_eq!(harness.state().app().state().page, Page::Run);
}
