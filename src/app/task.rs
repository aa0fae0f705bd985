//! Long jobs, each on a named thread with its own connection to the project, a flag that stops it, and events on the way.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use super::command::{ExportChoice, RunChoice};
use super::event::{Event, Outbox, TaskEnd};
use super::timeline::{DescribeRequest, FigureChoice, TrialRequest};
use crate::behavior::examples::PickOptions;
use crate::demo::DemoConfig;
use crate::jobs::behavior::figures::{self, files_of};
use crate::jobs::behavior::tell::{self, TellFormat};
use crate::jobs::behavior::trial::{self, TrialOptions, TrialReport};
use crate::jobs::frames::store::{self, Prepared, StorableChannel};
use crate::jobs::inquiry::Counts;
use crate::jobs::pose::ModelOptions;
use crate::jobs::pose::preview::{self, Preview as RerunPreview};
use crate::jobs::pose::why::{self, Trial};
use crate::jobs::tables::{Filter, Format};
use crate::jobs::{self, CancelFlag, Job, JobError, JobEvent, behavior, detect, pose};
use crate::model::FrameRange;
use crate::pose::stages::Basis;
use crate::store::{Project, RecordingInfo};
use crate::vlm::http::Tally;
use crate::vlm::prompt::Prompt;

/// What kind of job it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaskKind {
    /// Finding dots.
    Detect,
    /// Solving frames.
    Run,
    /// Computing what a re-run would change.
    Rerun,
    /// Cutting and describing behaviour.
    Behavior,
    /// Asking a model about one frame once more.
    Ask,
    /// Asking a model about clips beside what is kept.
    Trial,
    /// Writing a table.
    Export,
    /// Making the demo.
    Demo,
    /// Making a project.
    NewProject,
    /// Preparing slow videos for quick steps.
    FrameStore,
}

impl TaskKind {
    /// What it is called while it works.
    pub fn words(self) -> &'static str {
        match self {
            Self::Detect => "Finding dots",
            Self::Run => "Solving frames",
            Self::Rerun => "Trying a re-run",
            Self::Behavior => "Describing behaviour",
            Self::Ask => "Asking again",
            Self::Trial => "Asking about clips",
            Self::Export => "Exporting",
            Self::Demo => "Making the demo",
            Self::NewProject => "Making the project",
            Self::FrameStore => "Preparing slow videos",
        }
    }
}

/// What is to be done.
#[derive(Clone)]
pub enum TaskRequest {
    /// Finds dots.
    Detect {
        /// `A..B`, or empty.
        frames: String,
        /// Whether frames that are done are done again.
        again: bool,
    },
    /// Solves frames, perhaps with a model.
    Run(RunChoice, Option<Box<ModelOptions>>),
    /// Computes what a re-run from a frame would change.
    Rerun(u32),
    /// Takes what a re-run found, in the name of an annotator.
    TakeRerun(Arc<RerunPreview>, String),
    /// Cuts the recording into clips, describes and merges them, perhaps with models.
    Behavior(Box<DescribeRequest>),
    /// Asks a model about one frame once more.
    Ask(Box<AskRequest>),
    /// Asks a model about clips beside what is kept.
    Trial(Box<TrialRequest>),
    /// Writes a table.
    Export(ExportChoice),
    /// Saves a figure.
    Figure(FigureChoice),
    /// Makes the demo in a folder.
    Demo(PathBuf),
    /// Makes the frame store of these channels.
    FrameStore(Vec<StorableChannel>),
    /// Makes a project.
    NewProject {
        /// Recordings.
        recordings: Vec<PathBuf>,
        /// The project file.
        project: PathBuf,
        /// Its skeleton.
        skeleton: Option<PathBuf>,
    },
}

/// What is asked once more.
#[derive(Clone)]
pub struct AskRequest {
    /// The frame.
    pub frame: u32,
    /// The prompt of the questions.
    pub prompt: Prompt,
    /// The one question that is asked; `None` for all of the prompt, in all views.
    pub one: Option<Basis>,
    /// Other words.
    pub trial: Option<Trial>,
    /// Whom.
    pub model: ModelOptions,
}

impl TaskRequest {
    /// What kind of job it is.
    pub fn kind(&self) -> TaskKind {
        match self {
            Self::Detect { .. } => TaskKind::Detect,
            Self::Run(..) | Self::TakeRerun(..) => TaskKind::Run,
            Self::Rerun(_) => TaskKind::Rerun,
            Self::Behavior(_) => TaskKind::Behavior,
            Self::Ask(_) => TaskKind::Ask,
            Self::Trial(_) => TaskKind::Trial,
            Self::Export(_) | Self::Figure(_) => TaskKind::Export,
            Self::Demo(_) => TaskKind::Demo,
            Self::NewProject { .. } => TaskKind::NewProject,
            Self::FrameStore(_) => TaskKind::FrameStore,
        }
    }

    /// The models that it asks on the way, for which it can be paused.
    pub fn models(&self) -> Vec<&ModelOptions> {
        match self {
            Self::Run(_, model) => model.as_deref().into_iter().collect(),
            Self::Behavior(request) => request.caption_model.iter().chain(&request.merge_model).collect(),
            _ => Vec::new(),
        }
    }

    fn models_mut(&mut self) -> Vec<&mut ModelOptions> {
        match self {
            Self::Run(_, model) => model.as_deref_mut().into_iter().collect(),
            Self::Behavior(request) => request.caption_model.iter_mut().chain(&mut request.merge_model).collect(),
            Self::Trial(request) => vec![&mut request.model],
            _ => Vec::new(),
        }
    }

    /// Whether it goes on where it stopped when it is asked for again.
    pub fn is_resumable(&self) -> bool {
        matches!(self, Self::Detect { .. } | Self::Run(..) | Self::Behavior(_) | Self::Demo(_))
    }
}

/// What came of a job.
#[derive(Clone)]
pub enum TaskOutcome {
    /// Dots were found.
    Detect(detect::Report),
    /// Frames were solved.
    Run(Box<pose::Report>),
    /// What a re-run would change.
    Rerun(Arc<RerunPreview>),
    /// Behaviour was described.
    Behavior(Vec<behavior::Report>),
    /// A model was asked once more.
    Asked(Counts),
    /// A model was asked about clips.
    Trial(Box<TrialReport>),
    /// A re-run was taken.
    RerunTaken(preview::Taken),
    /// Tables were written.
    Export {
        /// The files.
        paths: Vec<PathBuf>,
        /// Rows written.
        rows: usize,
        /// What was left out, in words.
        left_out: Vec<String>,
    },
    /// A figure was saved in these files.
    Figure(Vec<PathBuf>),
    /// Nothing was written: a file is there already.
    WouldReplace(PathBuf),
    /// A project is there to be opened.
    Project(PathBuf),
    /// Slow videos are prepared.
    FrameStore(Prepared),
}

/// A running job.
pub struct Task {
    /// What it does.
    pub request: TaskRequest,
    /// Stops it.
    pub cancel: CancelFlag,
    /// Joined when the app ends.
    pub thread: Option<JoinHandle<()>>,
    /// The phase, as the job calls it.
    pub phase: String,
    /// Steps done and steps in all; 0 in all where nobody knows.
    pub steps: (u64, u64),
    /// What a step is.
    pub unit: &'static str,
    /// What it had to say, the latest last.
    pub messages: Vec<TaskMessage>,
    /// How the asking of models stands, where any is asked.
    pub asking: Option<Tally>,
    /// The part of that which models asked that are done with: those before the one that is asked now.
    asked_before: Tally,
    /// When it began, seconds of the app's clock.
    pub started_secs: f64,
    /// Whether it was asked to stop so that it can go on later.
    pub pausing: bool,
}

/// Something that a job said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskMessage {
    /// Whether results suffer from it.
    pub is_warning: bool,
    /// The words.
    pub text: String,
}

impl Task {
    /// Takes in what the job says.
    pub fn note(&mut self, event: JobEvent) {
        match event {
            JobEvent::Phase { name, total, unit } => {
                // There, each phase in which something is asked has a client of its own.
                if self.request.kind() == TaskKind::Behavior {
                    self.asked_before = self.asking.clone().unwrap_or_default();
                }
                self.phase = name;
                self.steps = (0, total);
                self.unit = unit;
            }
            JobEvent::Done(steps) => self.steps.0 = steps,
            JobEvent::Asking(tally) => self.asking = Some(self.asked_before.plus(&tally)),
            JobEvent::Note(text) => self.messages.push(TaskMessage { is_warning: false, text }),
            JobEvent::Warning(text) => self.messages.push(TaskMessage { is_warning: true, text }),
        }
    }
}

/// What a job works on besides its request.
pub struct TaskContext {
    /// A connection of its own; `None` for jobs that make projects.
    pub project: Option<Project>,
    /// The recording.
    pub info: Option<RecordingInfo>,
}

/// Starts a job on a thread of its own.
///
/// # Errors
/// When the system has no thread to give.
pub fn start(
    request: TaskRequest,
    mut context: TaskContext,
    outbox: Outbox,
    started_secs: f64,
) -> std::io::Result<Task> {
    let cancel = CancelFlag::default();
    let (flag, mut work) = (cancel.clone(), request.clone());
    let kind = request.kind();
    let thread = std::thread::Builder::new().name(format!("job {kind:?}").to_lowercase()).spawn(move || {
        let listener = {
            let outbox = outbox.clone();
            move |event| outbox.send(Event::Job(kind, event))
        };
        let listener = std::sync::Mutex::new(listener);
        let tell = move |event| {
            let tell = listener.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            tell(event);
        };
        for (host, kept) in work.models_mut().into_iter().flat_map(ModelOptions::take_kept_keys) {
            outbox.send(Event::KeptKey { host, kept, was_asked: false });
        }
        let job = Job::new(&flag, &tell);
        let result = match carry_out(&job, &work, &mut context) {
            Ok(outcome) => Ok(Box::new(outcome)),
            Err(error) => Err(end_of(&error)),
        };
        drop(context);
        outbox.send(Event::JobEnded(kind, result));
    })?;
    Ok(Task {
        request,
        cancel,
        thread: Some(thread),
        phase: String::new(),
        steps: (0, 0),
        unit: "",
        messages: Vec::new(),
        asking: None,
        asked_before: Tally::default(),
        started_secs,
        pausing: false,
    })
}

/// What an error means for a job. Two kinds are pauses, each said in the words of the window.
fn end_of(error: &JobError) -> TaskEnd {
    match error {
        JobError::Stopped => TaskEnd::Stopped,
        JobError::ModelGone { why } => TaskEnd::Paused(format!("The run paused. {why} What was answered is kept.")),
        JobError::BudgetSpent { calls } => TaskEnd::Paused(format!(
            "The run paused after {calls} calls, as the limit says. What was answered is kept. Going on allows as many again."
        )),
        error => TaskEnd::Failed(error.to_string()),
    }
}

/// What is solved, and how.
pub(super) fn run_options<'a>(
    choice: &RunChoice,
    recording: &'a str,
    model: Option<&'a ModelOptions>,
) -> Result<pose::Options<'a>, JobError> {
    Ok(pose::Options {
        recording: Some(recording),
        frames: range(&choice.frames)?,
        assigner: choice.assigner,
        solver: choice.solver,
        model,
        again: choice.again,
        ..pose::Options::default()
    })
}

fn range(text: &str) -> Result<FrameRange, JobError> {
    if text.trim().is_empty() { Ok(FrameRange::default()) } else { Ok(text.trim().parse()?) }
}

fn carry_out(job: &Job<'_>, request: &TaskRequest, context: &mut TaskContext) -> Result<TaskOutcome, JobError> {
    match request {
        TaskRequest::Demo(folder) => {
            let report = jobs::demo::run(job, folder, &DemoConfig::default(), true)?;
            return Ok(TaskOutcome::Project(report.project));
        }
        TaskRequest::NewProject { recordings, project, skeleton } => {
            jobs::new::run(job, recordings, project, skeleton.as_deref())?;
            return Ok(TaskOutcome::Project(project.clone()));
        }
        TaskRequest::FrameStore(channels) => {
            return Ok(TaskOutcome::FrameStore(store::prepare(job, channels)?));
        }
        _ => {}
    }
    let (Some(project), Some(info)) = (context.project.as_mut(), context.info.as_ref()) else {
        return Err(JobError::Stopped);
    };
    match request {
        TaskRequest::Detect { frames, again } => {
            let options = detect::Options {
                recording: Some(&info.name),
                frames: range(frames)?,
                again: *again,
                sensitivity: None,
            };
            Ok(TaskOutcome::Detect(detect::run(job, project, &options)?))
        }
        TaskRequest::Run(choice, model) => {
            let options = run_options(choice, &info.name, model.as_deref())?;
            Ok(TaskOutcome::Run(Box::new(pose::run(job, project, &options)?)))
        }
        TaskRequest::Rerun(frame) => {
            let found = preview::preview(job, project, Some(&info.name), *frame)?;
            Ok(TaskOutcome::Rerun(Arc::new(found)))
        }
        TaskRequest::Behavior(request) => {
            Ok(TaskOutcome::Behavior(behavior::run(job, project, &request.options(&info.name))?))
        }
        TaskRequest::Ask(request) => {
            let AskRequest { frame, prompt, one, trial, model } = &**request;
            let bases = match one {
                Some(basis) => vec![basis.clone()],
                None => why::bases_of(project, info, *frame, *prompt, model.profile.convention)?,
            };
            Ok(TaskOutcome::Asked(why::ask(job, project, info, *frame, &bases, trial.as_ref(), model)?))
        }
        TaskRequest::Trial(request) => Ok(TaskOutcome::Trial(Box::new(try_clips(job, project, info, request)?))),
        TaskRequest::TakeRerun(preview, who) => Ok(TaskOutcome::RerunTaken(preview::take(project, preview, who)?)),
        TaskRequest::Export(choice) => export(job, project, info, choice),
        TaskRequest::Figure(choice) => save_figure(project, choice),
        TaskRequest::Demo(_) | TaskRequest::NewProject { .. } | TaskRequest::FrameStore(_) => Err(JobError::Stopped),
    }
}

fn try_clips(
    job: &Job<'_>,
    project: &mut Project,
    info: &RecordingInfo,
    request: &TrialRequest,
) -> Result<TrialReport, JobError> {
    let options = TrialOptions {
        run: behavior::Options {
            caption_model: Some(&request.model),
            caption_words: request.prompt.as_deref(),
            asking: request.asking.clone(),
            examples: request.has_examples.then(PickOptions::default),
            afresh: request.afresh,
            ..behavior::Options::of(&info.name)
        },
        clips: &request.clips,
        label: request.label.as_deref(),
        count: request.count,
        seed: request.seed,
    };
    let clips = if request.clips.is_empty() { request.count } else { request.clips.len() };
    job.phase("read the recording".to_owned(), clips as u64, "clips");
    trial::run(job, project, &options)
}

fn save_figure(project: &Project, choice: &FigureChoice) -> Result<TaskOutcome, JobError> {
    let files = files_of(&choice.figure, choice.format, &choice.path);
    if let Some(there) = files.iter().find(|file| file.exists() && !choice.replace) {
        return Ok(TaskOutcome::WouldReplace(there.clone()));
    }
    Ok(TaskOutcome::Figure(figures::save(project, &choice.figure, &choice.title, choice.format, &choice.path)?))
}

fn export(
    job: &Job<'_>,
    project: &Project,
    info: &RecordingInfo,
    choice: &ExportChoice,
) -> Result<TaskOutcome, JobError> {
    if choice.path.exists() && !choice.replace {
        return Ok(TaskOutcome::WouldReplace(choice.path.clone()));
    }
    if let Ok(format) = choice.format.parse::<TellFormat>() {
        return export_timeline(job, project, info, choice, format);
    }
    let format: Format = choice.format.parse()?;
    let filter = Filter { max_error_px: choice.max_error_px, reviewed_only: choice.reviewed_only };
    let only = (!choice.all_recordings).then_some(info.name.as_str());
    let path: &Path = &choice.path;
    let report = jobs::tables::export(job, project, only, format, filter, path)?;
    let mut left_out = Vec::new();
    if report.left_out_by_error > 0 {
        left_out.push(format!("{} rows with a larger error", report.left_out_by_error));
    }
    if report.left_out_unreviewed > 0 {
        left_out.push(format!("{} rows of frames that nobody has reviewed", report.left_out_unreviewed));
    }
    Ok(TaskOutcome::Export { paths: vec![choice.path.clone()], rows: report.rows, left_out })
}

fn export_timeline(
    job: &Job<'_>,
    project: &Project,
    info: &RecordingInfo,
    choice: &ExportChoice,
    format: TellFormat,
) -> Result<TaskOutcome, JobError> {
    let only = (!choice.all_recordings).then_some(info.name.as_str());
    let report = tell::export(job, project, only, format, choice.layer, choice.reviewed_only, &choice.path)?;
    let left_out = report.left_out_unreviewed;
    let left_out = (left_out > 0).then(|| format!("{left_out} segments that nobody has reviewed"));
    Ok(TaskOutcome::Export {
        paths: vec![choice.path.clone()],
        rows: report.rows,
        left_out: left_out.into_iter().collect(),
    })
}
