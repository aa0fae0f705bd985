//! For tests of the window: a small simulated project, opened as a person would, without a screen.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::shell::Shell;
use crate::app::settings::Settings;
use crate::app::{App, Command};
use crate::demo::{DemoConfig, Difficulty};
use crate::jobs::{CancelFlag, Job, demo};

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
