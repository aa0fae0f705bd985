//! For tests of the window: small simulated projects, opened as a person would, without a screen.

pub mod server;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use egui::vec2;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use tempfile::TempDir;

use super::shell::Shell;
use crate::app::session::Session;
use crate::app::settings::Settings;
use crate::app::{App, Command, Page};
use crate::demo::{DemoConfig, Difficulty, Scene, WriteOptions};
use crate::jobs::{CancelFlag, Job, demo, new};
use crate::model::{
    CameraId, Centroid, CentroidNumber, CentroidOrigin, FrameLabels, KeypointId, Label, Placement, Provenance, Source,
};
use crate::store::{Project, StoredDetection};

/// No answer takes longer, whatever else the machine does.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);

/// Makes a labelled and solved recording of six cameras in `folder`, with or without pictures; gives the project.
pub(super) fn demo_project(folder: &Path, frames: u32, pictures: bool) -> PathBuf {
    let size_px = if pictures { [320, 220] } else { [1024, 700] };
    let config = DemoConfig { frames, size_px, difficulty: Difficulty::Easy, ..DemoConfig::default() };
    let cancel = CancelFlag::default();
    demo::run(&Job::new(&cancel, &|_| {}), &folder.join("demo"), &config, pictures).unwrap().project
}

/// A window on a project, once everything is read. `Mira` labels.
pub(super) fn open(project: &Path) -> Shell {
    let settings = Settings { annotator: Some("Mira".to_owned()), ..Settings::default() };
    let mut app = App::new(settings, None, Arc::new(|| {}));
    app.handle(Command::Open(project.to_owned()));
    assert!(app.settle(PATIENCE), "the project was not opened in time");
    assert!(app.state().session.is_some(), "{:?}", app.state().open_problem);
    Shell::new(app)
}

/// By view and keypoint: the dot; nothing where it cannot be seen.
pub type Truth = BTreeMap<(CameraId, KeypointId), CentroidNumber>;

/// A project without pictures, in a folder that goes with it, whose dots come straight from the imaging model.
pub struct SmallProject {
    folder: TempDir,
    /// The project file.
    pub path: PathBuf,
    /// By frame.
    pub truths: Vec<Truth>,
}

/// How many frames it has.
pub const FRAMES: u32 = 12;

impl SmallProject {
    /// Makes one whose dots were found and that nobody has labelled.
    pub fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let scene = Scene::new(&DemoConfig { frames: FRAMES, ..DemoConfig::default() }).expect("a valid scene");
        let recording = folder.path().join("recording");
        let options = WriteOptions { pictures: false, ..WriteOptions::default() };
        scene.write_while(&recording, options, &|_| true).expect("the recording is written");
        let path = folder.path().join("small.bvlm");
        let cancel = CancelFlag::default();
        let made = new::run(&Job::new(&cancel, &|_| ()), &[recording], &path, None);
        let (info, _) = made.expect("the project is made").remove(0);
        let mut project = Project::open(&path).expect("the project opens");
        project.set_frame_count(info.id, FRAMES).expect("the frames are counted");
        let mut truths = Vec::new();
        for frame in 0..FRAMES {
            let (views, truth) = dots_of(&scene, frame);
            project.put_detection(info.id, frame, None, &views).expect("dots are stored");
            truths.push(truth);
        }
        Self { folder, path, truths }
    }

    /// Gives a keypoint a label as a table has it, at the place of a dot.
    pub fn import_label(&self, frame: u32, camera: CameraId, keypoint: KeypointId, number: CentroidNumber) {
        let mut project = Project::open(&self.path).expect("the project opens");
        let info = project.only_recording().expect("it has one recording");
        let views = project.detection(info.id, frame).expect("the frame was detected");
        let dots = views[camera.index()].iter().flat_map(|view| &view.centroids);
        let dot = dots.into_iter().find(|dot| dot.number == number).expect("the dot is there");
        let placement = Placement::Centroid { number, point_in_image: dot.point_in_image };
        let provenance = Provenance { source: Source::Imported, run: None, annotator: None, at_unix_ms: 0 };
        let mut labels = FrameLabels::empty(info.cameras.len(), project.skeleton().len());
        labels.place(camera, keypoint, Label { placement, provenance, margin: None });
        project.put_imported_labels(info.id, [(frame, labels)], 0).expect("the label is stored");
    }

    /// Opens the window on a page, with an annotator.
    pub fn window(&self, page: Page) -> Harness<'static, Shell> {
        let settings = Settings { annotator: Some("Ann".to_owned()), ..Settings::default() };
        self.window_with(settings, page)
    }

    /// Opens the window on a page, with other settings, which are not kept.
    pub fn window_with(&self, settings: Settings, page: Page) -> Harness<'static, Shell> {
        assert!(self.folder.path().exists());
        let mut app = App::new(settings, None, Arc::new(|| ()));
        app.handle(Command::Open(self.path.clone()));
        assert!(app.settle(PATIENCE), "the project opens");
        app.handle(Command::GoTo(page));
        let mut harness = Harness::builder().with_size(vec2(1600.0, 1000.0)).build_ui_state(draw, Shell::new(app));
        settle(&mut harness);
        harness
    }
}

fn dots_of(scene: &Scene, frame: u32) -> (Vec<Option<StoredDetection>>, Truth) {
    let mut truth = Truth::new();
    let mut views = Vec::new();
    for (camera, dots) in (0..).map(CameraId).zip(scene.dots(frame)) {
        let centroids = dots.iter().zip(1..).map(|(dot, number)| Centroid {
            number: CentroidNumber(number),
            point_in_image: dot.point_in_image,
            sigma_px: dot.sigma_px as f32,
            peak: dot.peak as f32,
            snr: dot.peak as f32,
            origin: CentroidOrigin::Detected,
        });
        views.push(Some(StoredDetection { crop: scene.crop(frame, camera), centroids: centroids.collect() }));
        for (dot, number) in dots.iter().zip(1..) {
            if let Some(keypoint) = dot.keypoint {
                truth.insert((camera, keypoint), CentroidNumber(number));
            }
        }
    }
    (views, truth)
}

/// Draws a frame as the window does.
pub fn draw(ui: &mut egui::Ui, shell: &mut Shell) {
    shell.logic(ui.ctx());
    shell.ui(ui);
}

/// Draws frames and waits for threads until nothing is under way.
pub fn settle(harness: &mut Harness<'_, Shell>) {
    for _ in 0..3 {
        // A click comes with the first, and is answered with the second.
        harness.run_steps(2);
        assert!(harness.state_mut().app_mut().settle(PATIENCE), "the threads answer");
    }
    harness.step();
}

/// Asks the app for something, as a view would, and waits for it.
pub fn send(harness: &mut Harness<'_, Shell>, command: Command) {
    harness.state_mut().app_mut().handle(command);
    settle(harness);
}

/// Clicks what bears this name, and waits for what that does.
pub fn click(harness: &mut Harness<'_, Shell>, label: &str) {
    harness.get_by_label(label).click();
    settle(harness);
}

/// The open project.
pub fn session<'a>(harness: &'a Harness<'_, Shell>) -> &'a Session {
    harness.state().app().state().session.as_ref().expect("a project is open")
}

/// The dot that a keypoint has in a view of the shown frame.
pub fn dot_of(harness: &Harness<'_, Shell>, camera: u8, keypoint: u8) -> Option<u16> {
    let label = session(harness).view()?.labels.get(CameraId(camera), KeypointId(keypoint))?;
    Some(label.placement.number()?.0)
}
