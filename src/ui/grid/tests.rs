//! The grid as a person uses it: dots found by name and clicked, on the pages where that labels and where it selects.

use egui::{Modifiers, PointerButton, Pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use tempfile::TempDir;

use super::{GridUse, ui};
use crate::app::session::Session;
use crate::app::view::ChannelChoice;
use crate::app::{Command, Page};
use crate::model::{CameraId, CentroidNumber, KeypointId};
use crate::ui::shell::Shell;
use crate::ui::testing::{PATIENCE, demo_project, open};

struct Stage<'a> {
    harness: Harness<'a, Shell>,
    _folder: TempDir,
}

impl Stage<'_> {
    fn new(page: Page, pictures: bool) -> Self {
        let folder = TempDir::new().unwrap();
        let project = demo_project(folder.path(), 4, pictures);
        Self::on(folder, &project, page)
    }

    fn on(folder: TempDir, project: &std::path::Path, page: Page) -> Self {
        let mut shell = open(project);
        shell.app_mut().handle(Command::GoTo(page));
        shell.app_mut().handle(Command::ShowFrame(0));
        shell.app_mut().settle(PATIENCE);
        let harness = Harness::builder().with_size(vec2(1500.0, 900.0)).with_max_steps(8).build_ui_state(
            |at, shell: &mut Shell| {
                shell.logic(at.ctx());
                shell.draw(at, |at, ctx, memory| ui(at, ctx, &mut memory.grid, GridUse::Label));
            },
            shell,
        );
        let mut stage = Self { harness, _folder: folder };
        stage.rest();
        stage
    }

    /// Lets everything that was asked for be done, and so much time pass that clicks stay apart.
    fn rest(&mut self) {
        self.harness.run_steps(2);
        assert!(self.harness.state_mut().app_mut().settle(PATIENCE));
        self.harness.run_steps(40);
    }

    fn send(&mut self, command: Command) {
        self.harness.state_mut().app_mut().handle(command);
        self.rest();
    }

    fn session(&self) -> &Session {
        self.harness.state().app().state().session.as_ref().unwrap()
    }

    fn number_of(&self, camera: CameraId, keypoint: KeypointId) -> Option<CentroidNumber> {
        self.session().view().unwrap().labels.get(camera, keypoint)?.placement.number()
    }

    /// A dot that a keypoint other than `not` has, and which.
    fn taken(&self, not: KeypointId) -> (CameraId, CentroidNumber, KeypointId) {
        let view = self.session().view().unwrap();
        let mut labels = view.labels.iter().filter(|(_, keypoint, _)| *keypoint != not);
        labels.find_map(|(camera, keypoint, label)| Some((camera, label.placement.number()?, keypoint))).unwrap()
    }

    fn name(&self, camera: CameraId, number: CentroidNumber, holder: KeypointId) -> String {
        let session = self.session();
        format!("dot {} in {}, {}", number.0, session.camera_name(camera), session.skeleton.name_of(holder))
    }

    fn press(&self, at: Pos2, pressed: bool) {
        let modifiers = Modifiers::NONE;
        self.harness.event(egui::Event::PointerButton { pos: at, button: PointerButton::Primary, pressed, modifiers });
    }
}

const EAR: KeypointId = KeypointId(0);

#[test]
fn on_seeds_a_click_labels_and_can_be_undone() {
    let mut stage = Stage::new(Page::Seeds, false);
    stage.send(Command::SelectKeypoint(EAR));
    let (camera, number, holder) = stage.taken(EAR);
    let before = stage.number_of(camera, EAR);
    let name = stage.name(camera, number, holder);
    stage.harness.get_by_label(&name).click();
    stage.rest();
    assert_eq!((stage.number_of(camera, EAR), stage.number_of(camera, holder)), (Some(number), None));
    assert_eq!(stage.session().selection.camera, Some(camera));
    stage.send(Command::Undo);
    assert_eq!((stage.number_of(camera, EAR), stage.number_of(camera, holder)), (before, Some(number)));
}

#[test]
fn a_double_click_labels_once() {
    let mut stage = Stage::new(Page::Seeds, false);
    let (camera, number, holder) = stage.taken(EAR);
    stage.send(Command::SelectKeypoint(EAR));
    let at = stage.harness.get_by_label(&stage.name(camera, number, holder)).rect().center();
    stage.harness.hover_at(at);
    for _ in 0..2 {
        stage.press(at, true);
        stage.press(at, false);
    }
    stage.rest();
    assert_eq!(stage.number_of(camera, EAR), Some(number));
    assert_eq!(stage.session().grid.maximised, None);
    stage.send(Command::Undo);
    assert_eq!(stage.number_of(camera, holder), Some(number), "one gesture, one undo");
}

#[test]
fn in_review_a_click_selects_and_shift_takes() {
    let mut stage = Stage::new(Page::Review, false);
    stage.send(Command::SelectKeypoint(EAR));
    let (camera, number, holder) = stage.taken(EAR);
    let name = stage.name(camera, number, holder);
    stage.harness.get_by_label(&name).click();
    stage.rest();
    assert_eq!(stage.session().selection.keypoint, holder);
    assert_eq!(stage.number_of(camera, holder), Some(number));
    assert!(stage.session().undo_title.as_ref().is_none_or(|title| !title.contains("Label")));
    stage.send(Command::SelectKeypoint(EAR));
    stage.harness.get_by_label(&name).click_modifiers(Modifiers::SHIFT);
    stage.rest();
    assert_eq!((stage.number_of(camera, EAR), stage.number_of(camera, holder)), (Some(number), None));
}

#[test]
fn alt_click_places_a_label_where_no_dot_is() {
    let mut stage = Stage::new(Page::Seeds, false);
    stage.send(Command::SelectKeypoint(EAR));
    let view = stage.harness.get_by_label("View cam3").rect();
    let at = view.left_top() + vec2(30.0, 60.0);
    stage.harness.hover_at(at);
    stage.harness.event_modifiers(
        egui::Event::PointerButton {
            pos: at,
            button: PointerButton::Primary,
            pressed: true,
            modifiers: Modifiers::ALT,
        },
        Modifiers::ALT,
    );
    stage.harness.event_modifiers(
        egui::Event::PointerButton {
            pos: at,
            button: PointerButton::Primary,
            pressed: false,
            modifiers: Modifiers::ALT,
        },
        Modifiers::ALT,
    );
    stage.rest();
    let label = stage.session().view().unwrap().labels.get(CameraId(3), EAR).cloned().unwrap();
    assert!(matches!(label.placement, crate::model::Placement::Free { .. }), "{label:?}");
    assert!(label.is_human());
}

#[test]
fn one_view_can_be_shown_large_and_zoomed() {
    let mut stage = Stage::new(Page::Review, false);
    let small = stage.harness.get_by_label("View cam2").rect();
    stage.harness.get_by_label("Show cam2 large").click();
    stage.rest();
    assert_eq!(stage.session().grid.maximised, Some(CameraId(2)));
    let large = stage.harness.get_by_label("View cam2").rect();
    assert!(large.width() > 2.0 * small.width());
    assert!((stage.harness.get_by_label("View cam0").rect().height() - 120.0).abs() < 1.0);
    stage.harness.hover_at(large.center());
    stage.harness.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Line,
        delta: vec2(0.0, 3.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
        modifiers: Modifiers::NONE,
    });
    stage.rest();
    assert!(stage.session().grid.viewports.contains_key(&CameraId(2)));
    stage.send(Command::ResetViewports);
    assert!(stage.session().grid.viewports.is_empty());
    stage.harness.get_by_label("Fluorescence").click();
    stage.rest();
    assert_eq!(stage.session().channels.choice, ChannelChoice::Fluorescence);
}

#[test]
fn a_click_into_an_older_frames_picture_labels_nothing() {
    let mut stage = Stage::new(Page::Seeds, true);
    stage.send(Command::SelectKeypoint(EAR));
    for _ in 0..200 {
        stage.rest();
        if stage.harness.state().pictures_are_there() {
            break;
        }
        std::thread::yield_now();
    }
    assert!(stage.harness.state().pictures_are_there());
    let (camera, number, holder) = stage.taken(EAR);
    let at = stage.harness.get_by_label(&stage.name(camera, number, holder)).rect().center();
    let undo = stage.session().undo_title.clone();
    stage.harness.hover_at(at);
    stage.press(at, true);
    stage.harness.step();
    // The frame changes between press and release: its picture cannot have come, for nobody has asked for it yet.
    stage.harness.state_mut().app_mut().handle(Command::ShowFrame(1));
    stage.press(at, false);
    stage.harness.step();
    stage.rest();
    assert_eq!(stage.session().cursor.frame, 1);
    assert_eq!(stage.session().undo_title, undo, "nothing was labelled");
    assert_eq!(stage.session().selection.camera, Some(camera), "the view is the active one");
}

#[test]
fn a_camera_whose_files_are_gone_says_so_and_the_rest_works() {
    let folder = TempDir::new().unwrap();
    let project = demo_project(folder.path(), 4, true);
    let recording = folder.path().join("demo/recording");
    let gone = std::fs::read_dir(&recording).unwrap().map(|entry| entry.unwrap().path());
    let gone: Vec<_> = gone.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("cam3")).collect();
    assert!(!gone.is_empty());
    for path in gone {
        if path.is_dir() { std::fs::remove_dir_all(path).unwrap() } else { std::fs::remove_file(path).unwrap() }
    }
    let mut stage = Stage::on(folder, &project, Page::Review);
    for _ in 0..200 {
        stage.rest();
        if stage.session().why_no_picture(CameraId(3)).is_some() && stage.harness.state().pictures_are_there() {
            break;
        }
    }
    assert!(stage.harness.query_by_label("Find it…").is_some());
    assert!(stage.harness.query_all_by_label_contains("in cam3").next().is_none(), "no dots where no picture is");
    assert!(stage.harness.query_all_by_label_contains("in cam2").next().is_some());
}
