//! What the window shows: read by views, changed only by [`super::App`].

use std::path::PathBuf;

use super::command::{Command, Dialog, Page, RunChoice};
use super::model_choice::{ModelChoice, ModelKey};
use super::session::Session;
use super::settings::Settings;
use super::task::{Task, TaskKind, TaskRequest};
use super::timeline::TrialDraft;
use crate::jobs::CancelFlag;
use crate::jobs::pose::{Estimate, Report};
use crate::recording::doctor::Finding;
use crate::vlm::http::{Finding as ModelFinding, Tally};

/// How urgent a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// Good to know; goes away by itself.
    Info,
    /// Done.
    Success,
    /// Results suffer.
    Warning,
    /// Something was not done; stays until it is closed.
    Error,
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastJob {
    /// What it was.
    pub kind: TaskKind,
    /// Whether it did what it was asked for, or was stopped by a person.
    pub went_well: bool,
    /// What came of it, in one sentence.
    pub words: String,
}

/// A try whether the chosen model can be asked.
pub struct ModelCheck {
    /// Stops it.
    pub cancel: CancelFlag,
    /// Which one it is.
    pub generation: u64,
    /// Whether it is of the language model.
    pub is_of_language: bool,
    /// What was found; `None` while it goes on.
    pub found: Option<Result<Vec<ModelFinding>, String>>,
}

/// What an estimate is about.
#[derive(Clone, Debug, PartialEq)]
pub struct RunEstimateOf {
    /// The run.
    pub choice: RunChoice,
    /// The model.
    pub model: ModelChoice,
    /// The revision of what is known of all frames.
    pub revision: u64,
}

/// What a run would ask a model.
#[derive(Clone, Debug, PartialEq)]
pub struct RunEstimate {
    /// What it is about.
    pub of: RunEstimateOf,
    /// The count, perhaps still the one before; `None` where there is none yet.
    pub found: Option<Result<Estimate, String>>,
}

/// Something to tell the annotator, shown once.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// How urgent it is.
    pub urgency: Urgency,
    /// What happened, and what to do.
    pub text: String,
}

/// A recording for which a new project is offered.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// The recording.
    pub recording: PathBuf,
    /// Where the project would go.
    pub project: PathBuf,
    /// Another skeleton than the mouse with 12 dots.
    pub skeleton: Option<PathBuf>,
    /// What is wrong with the recording; `None` while it is examined.
    pub findings: Option<Vec<Finding>>,
}

/// Everything that views may read.
pub struct State {
    /// The page.
    pub page: Page,
    /// The open project; `None` shows the welcome page.
    pub session: Option<Session>,
    /// A path that is being opened.
    pub opening: Option<PathBuf>,
    /// A recording that needs a project.
    pub offer: Option<Offer>,
    /// Why the last path was not opened.
    pub open_problem: Option<(PathBuf, String)>,
    /// What is remembered.
    pub settings: Settings,
    /// A dialog over the page.
    pub dialog: Option<Dialog>,
    /// What a dialog for the annotator's name, or for leave to send something, holds back.
    pub held_back: Option<Box<Command>>,
    /// The dialog that was open when leave to send something was asked for, and is open again after that.
    pub beneath: Option<Dialog>,
    /// Jobs that change or read the project at length; one at a time.
    pub job: Option<Task>,
    /// A job that goes on beside the others and changes no project.
    pub background: Option<Task>,
    /// A job that was paused.
    pub paused: Option<TaskRequest>,
    /// How the last job ended.
    pub last_job: Option<LastJob>,
    /// What the last run did, where it came to its end.
    pub last_report: Option<Box<Report>>,
    /// How the asking of the last run stood when it ended.
    pub last_asking: Option<Tally>,
    /// Which model is asked, and how.
    pub model: ModelChoice,
    /// The model that is asked about words alone; one without a name stands for `model`.
    pub language_model: ModelChoice,
    /// The key of their servers.
    pub key: ModelKey,
    /// Whether a model can be asked, where that was tried.
    pub model_check: Option<ModelCheck>,
    /// What the run that is being chosen would ask a model.
    pub estimate: Option<RunEstimate>,
    /// What was typed for a trial of a model on clips, and in which project: it outlasts turning to another recording.
    pub trial_draft: Option<(PathBuf, TrialDraft)>,
    /// A file that an export would replace; it asks before it does.
    pub would_replace: Option<PathBuf>,
    /// A path chosen for an export.
    pub export_path: Option<PathBuf>,
    /// A path chosen for a figure.
    pub figure_path: Option<PathBuf>,
    /// Notices that nobody has shown yet.
    pub notices: Vec<Notice>,
    /// Seconds of the app's clock, as of the last call of [`super::App::tick`].
    pub now_secs: f64,
    /// Whether the window should close.
    pub quit: bool,
}

/// A message as a person reads it: errors of the library begin in lower case and have no full stop.
pub fn sentence(text: impl Into<String>) -> String {
    let mut text = text.into();
    let first_word = text.split_whitespace().next().unwrap_or_default();
    if first_word.chars().all(|sign| sign.is_ascii_lowercase()) {
        text.get_mut(..1).map(str::make_ascii_uppercase);
    }
    if !text.ends_with(['.', '?', ':', '\n']) {
        text.push('.');
    }
    text
}

impl State {
    /// How the last job ended, if it was of this kind.
    pub fn last_job_of(&self, kind: TaskKind) -> Option<&LastJob> {
        self.last_job.as_ref().filter(|last| last.kind == kind)
    }
}

impl State {
    /// The start.
    pub fn new(settings: Settings) -> Self {
        let mut model = settings.model.clone();
        model.read_profile();
        let mut language_model = settings.language_model.clone();
        language_model.read_profile();
        Self {
            page: Page::default(),
            session: None,
            opening: None,
            offer: None,
            open_problem: None,
            dialog: None,
            held_back: None,
            beneath: None,
            job: None,
            background: None,
            paused: None,
            last_job: None,
            last_report: None,
            last_asking: None,
            model,
            language_model,
            key: ModelKey::of_environment(),
            model_check: None,
            estimate: None,
            settings,
            trial_draft: None,
            would_replace: None,
            export_path: None,
            figure_path: None,
            notices: Vec::new(),
            now_secs: 0.0,
            quit: false,
        }
    }

    /// What stands on the window's frame.
    pub fn title(&self) -> String {
        match &self.session {
            Some(session) => format!("{} ({}) – behaviorvlm", session.title(), session.info.name),
            None => "behaviorvlm".to_owned(),
        }
    }

    /// Tells the annotator something.
    pub fn notify(&mut self, urgency: Urgency, text: impl Into<String>) {
        let notice = Notice { urgency, text: sentence(text.into()) };
        if self.notices.last() != Some(&notice) {
            self.notices.push(notice);
        }
    }
}
