//! The bar, the plots and the 3D view in a window without a screen, worked by pointer, keys and screen reader.

use egui::accesskit::Role;
use egui::{Event, MouseWheelUnit, Pos2, TouchPhase, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use super::axis::Axis;
use super::{END, GUTTER};
use crate::app::ui_command::UiCommand;
use crate::app::{Command, Page};
use crate::model::{FramePose, Skeleton};
use crate::store::{CameraInfo, FrameSummary, NewRecording, Project};
use crate::ui::shell::Shell;
use crate::ui::testing::{PATIENCE, demo_project, draw, open};

const SIZE: [f32; 2] = [1280.0, 800.0];
const FRAMES: u32 = 40;

struct Window {
    harness: Harness<'static, Shell>,
    _folder: tempfile::TempDir,
}

impl Window {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut shell = open(&demo_project(folder.path(), FRAMES, false));
        shell.app_mut().handle(Command::GoTo(Page::Review));
        let fps = shell.app().state().session.as_ref().unwrap().info.fps;
        let harness = Harness::builder().with_size(SIZE).with_step_dt(1.0 / fps as f32).build_ui_state(draw, shell);
        let mut window = Self { harness, _folder: folder };
        window.settle();
        window
    }

    /// Some painted frames, and everything that they asked threads for.
    fn settle(&mut self) {
        self.harness.run_steps(4);
        assert!(self.harness.state_mut().app_mut().settle(PATIENCE));
        self.harness.run_steps(3);
    }

    fn frame(&self) -> u32 {
        self.harness.state().app().state().session.as_ref().unwrap().cursor.frame
    }

    fn show(&mut self, frame: u32) {
        self.harness.state_mut().app_mut().handle(Command::ShowFrame(frame));
        self.harness.run_steps(2);
    }

    fn axis() -> Axis {
        Axis::new(GUTTER, SIZE[0] - GUTTER - END, None, FRAMES)
    }

    /// The demo's true points.
    fn truth(&self) -> std::path::PathBuf {
        let session = self.harness.state().app().state().session.as_ref().unwrap();
        let folder = session.recording.as_ref().map(|recording| recording.root.clone()).unwrap();
        folder.join("truth/points3d.csv")
    }

    /// A place in the bar over a frame.
    fn over(&self, frame: u32) -> Pos2 {
        pos2(Self::axis().x_of(frame), self.harness.get_by_label("Frame slider").rect().top() + 30.0)
    }
}

#[test]
fn the_frame_slider_is_set_by_keys_and_by_screen_readers() {
    let mut window = Window::new();
    window.show(0);
    window.harness.get_by_label("Frame slider").focus();
    window.harness.run_steps(2);
    for (key, expected) in [
        (egui::Key::ArrowRight, 1),
        (egui::Key::ArrowRight, 2),
        (egui::Key::ArrowLeft, 1),
        (egui::Key::End, FRAMES - 1),
        (egui::Key::Home, 0),
    ] {
        window.harness.key_press(key);
        window.harness.run_steps(3);
        assert_eq!(window.frame(), expected, "{key:?}");
        assert!(window.harness.get_by_label("Frame slider").is_focused(), "{key:?} took the focus away");
    }
    window.harness.get_by_label("Frame slider").set_value_accesskit(17.2);
    window.harness.run_steps(3);
    assert_eq!(window.frame(), 17);
    window.harness.get_by_label("Frame slider").increment_accesskit();
    window.harness.run_steps(3);
    let slider = window.harness.get_by_role_and_label(Role::Slider, "Frame slider");
    let node = slider.accesskit_node();
    assert_eq!((node.numeric_value(), node.max_numeric_value()), (Some(18.0), Some(f64::from(FRAMES - 1))));
    window.harness.get_by_label("Frame slider").set_value_accesskit(1e12);
    window.harness.run_steps(3);
    assert_eq!(window.frame(), FRAMES - 1);
}

#[test]
fn playing_follows_the_clock_and_stops() {
    let mut window = Window::new();
    window.show(5);
    window.harness.key_press(egui::Key::K);
    window.harness.run_steps(4);
    let begun = window.frame();
    window.harness.run_steps(12);
    let played = window.frame() - begun;
    assert!((11..=13).contains(&played), "{played} frames in 12 steps of a frame each");
    window.harness.get_by_label("Stop").click();
    window.harness.run_steps(2);
    let stopped = window.frame();
    window.harness.run_steps(10);
    assert_eq!(window.frame(), stopped);
    window.harness.get_by_label("Play").click();
    window.harness.run_steps(4);
    assert!(window.frame() > stopped);
    window.show(30);
    window.harness.run_steps(5);
    assert_eq!(window.frame(), 30, "going to a frame stops playing");
}

#[test]
fn pressing_and_dragging_in_the_bar_go_to_frames() {
    let mut window = Window::new();
    let (from, to) = (window.over(8), window.over(31));
    window.harness.drag_at(from);
    window.harness.run_steps(2);
    assert_eq!(window.frame(), 8, "at once, not at the release");
    window.harness.hover_at(window.over(20));
    window.harness.run_steps(2);
    assert_eq!(window.frame(), 20);
    window.harness.hover_at(to);
    window.harness.run_steps(2);
    window.harness.drop_at(to);
    window.harness.run_steps(3);
    assert_eq!(window.frame(), 31);
    window.harness.hover_at(window.over(3));
    window.harness.run_steps(2);
    assert_eq!(window.frame(), 31, "the button is up");
    let at = window.over(14);
    window.harness.hover_at(at);
    window.harness.run_steps(2);
    let button = |pressed| Event::PointerButton {
        pos: at,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: egui::Modifiers::NONE,
    };
    window.harness.input_mut().events.extend([button(true), button(false)]);
    window.harness.run_steps(3);
    assert_eq!(window.frame(), 14, "down and up within one painted frame");
}

#[test]
fn the_wheel_zooms_and_a_double_click_shows_everything() {
    let mut window = Window::new();
    window.show(20);
    assert!(window.harness.query_by_label("Part that is shown").is_none());
    let at = window.over(20);
    window.harness.hover_at(at);
    window.harness.run_steps(2);
    let wheel = Event::MouseWheel {
        unit: MouseWheelUnit::Point,
        delta: vec2(0.0, 160.0),
        phase: TouchPhase::Move,
        modifiers: egui::Modifiers::NONE,
        source: egui::MouseWheelSource::Unknown,
    };
    window.harness.event(wheel);
    window.harness.run_steps(30);
    assert!(window.harness.query_by_label("Part that is shown").is_some());
    assert_eq!(window.frame(), 20);
    // The frame under the pointer stayed, so its neighbour is now further away than before.
    let beside = pos2(Window::axis().x_of(21), at.y);
    window.harness.drag_at(beside);
    window.harness.run_steps(2);
    window.harness.drop_at(beside);
    window.harness.run_steps(2);
    assert_eq!(window.frame(), 20);
    // Long enough for the next two clicks to count from one.
    window.harness.run_steps(60);
    for _ in 0..2 {
        window.harness.drag_at(at);
        window.harness.drop_at(at);
    }
    window.harness.run_steps(4);
    assert!(window.harness.query_by_label("Part that is shown").is_none());
}

#[test]
fn a_click_in_a_plot_goes_to_its_frame() {
    let mut window = Window::new();
    window.harness.get_by_label("Plots").click();
    window.settle();
    assert!(window.harness.state().app().state().session.as_ref().unwrap().series.loaded.is_some());
    for (plot, frame) in [("Residuals over time", 12), ("Position over time", 33), ("Bone lengths over time", 0)] {
        let place = window.harness.get_by_label(plot).rect();
        let at = pos2(Window::axis().x_of(frame), place.center().y);
        assert!(place.contains(at), "{plot}");
        window.harness.hover_at(at);
        window.harness.run_steps(2);
        window.harness.drag_at(at);
        window.harness.drop_at(at);
        window.harness.run_steps(3);
        assert_eq!(window.frame(), frame, "{plot}");
    }
    window.harness.get_by_label("Position").click();
    window.harness.run_steps(2);
    assert!(window.harness.query_by_label("Position over time").is_none());
    assert!(window.harness.query_by_label("Residuals over time").is_some());
}

#[test]
fn the_3d_view_turns_and_selects() {
    let mut window = Window::new();
    window.harness.get_by_label("3D view").click();
    window.settle();
    let place = window.harness.get_by_label("Skeleton in 3D").rect();
    assert!(place.width() > 300.0 && place.height() > 100.0);
    let middle = place.center();
    window.harness.drag_at(middle);
    window.harness.run_steps(2);
    window.harness.hover_at(middle + vec2(60.0, 25.0));
    window.harness.run_steps(2);
    window.harness.drop_at(middle + vec2(60.0, 25.0));
    window.harness.run_steps(2);
    for stand in ["Cameras", "Top", "Front", "Side", "Animal"] {
        window.harness.get_by_label(stand).click();
        window.harness.run_steps(2);
    }
    window.harness.key_press(egui::Key::ArrowRight);
    window.harness.run_steps(3);
    assert!(window.harness.query_by_label("Off the truth").is_none());
    let truth = window.truth();
    window.harness.state_mut().app_mut().handle(Command::LoadTruth(truth));
    let end = std::time::Instant::now() + PATIENCE;
    while window.harness.query_by_label("Off the truth").is_none() {
        assert!(std::time::Instant::now() < end, "the table was not read in time");
        window.harness.run_steps(2);
    }
    assert!(window.harness.query_by_label_contains("mm on the mean").is_some());
    window.harness.get_by_label("3D view").click();
    window.harness.run_steps(3);
    assert!(window.harness.query_by_label("Skeleton in 3D").is_none());
}

/// The processor time of painted frames over 100,000 frames, in this build.
#[test]
fn a_painted_frame_of_a_long_recording_costs_no_more_than_of_a_short_one() {
    let folder = tempfile::tempdir().unwrap();
    let painted = |frames: u32| {
        let shell = open(&long_project(&folder.path().join(format!("{frames}.bvlm")), frames));
        let mut harness = Harness::builder().with_size(SIZE).build_ui_state(draw, shell);
        harness.state_mut().app_mut().handle(Command::GoTo(Page::Run));
        harness.run_steps(5);
        let marks = harness.state().app().state().session.as_ref().unwrap().overview.as_ref().unwrap().solved_len();
        assert_eq!((marks, harness.get_by_label("Frame slider").rect().width() > 1000.0), (frames as usize, true));
        let start = cpu_time::ThreadTime::now();
        harness.run_steps(30);
        start.elapsed().as_secs_f64() / 30.0 * 1e3
    };
    let (short_ms, long_ms) = (painted(300), painted(100_000));
    println!("{short_ms:.2} ms with 300 frames, {long_ms:.2} ms with 100,000");
    assert!(long_ms < 2.0 * short_ms + 0.4, "{short_ms} ms, then {long_ms} ms");
}

/// A project of many solved frames, without pictures, dots or points.
fn long_project(path: &std::path::Path, frames: u32) -> std::path::PathBuf {
    let mut project = Project::create(path, &Skeleton::qd12()).unwrap();
    let recording = project
        .add_recording(&NewRecording {
            name: "long".to_owned(),
            path: path.parent().unwrap().to_owned(),
            fingerprint: String::new(),
            fps: 60.0,
            frame_count: frames,
            units: "mm".to_owned(),
            fluorescence_lag_frames: 0.5,
            subject: None,
            session: None,
            group: None,
            cameras: vec![CameraInfo { name: "cam0".to_owned(), size_px: [1024, 700] }],
        })
        .unwrap();
    let missing = FramePose::missing(12);
    let summary_of = |frame: u32| FrameSummary {
        frame,
        residual_after: Some(0.5 + f64::from(frame % 97) * 0.03),
        ..FrameSummary::default()
    };
    let solved: Vec<_> = (0..frames).map(|frame| (frame, missing.clone(), Some(summary_of(frame)))).collect();
    project.put_corrected_poses(recording, &solved).unwrap();
    path.to_owned()
}

#[test]
fn the_frame_number_opens_the_way_to_another() {
    let mut window = Window::new();
    window.show(7);
    window.harness.get_by_label("Frame 7 of 39").click();
    window.harness.run_steps(3);
    let dialog = &window.harness.state().app().state().dialog;
    assert_eq!(*dialog, Some(crate::app::Dialog::GoToFrame), "{:?}", UiCommand::GoToFrame.entry());
}
