//! Everything that comes back from threads: one closed list, taken in by [`super::App::drain`].

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use super::command::Browse;
use super::insight::Insight;
use super::opening::Opened;
use super::overview::Overview;
use super::queue::QueueRow;
use super::series::Series;
use super::session::{SeedProgress, Truth};
use super::state::RunEstimateOf;
use super::task::{TaskKind, TaskOutcome};
use super::timeline::{
    Compared, FoundSegments, Layers, MeasuredSeries, Scene, ShownFigure, ShownPlan, TimelineActed, VocabularyWritten,
};
use super::why::{Asked, DrawnSheet};
use crate::jobs::JobEvent;
use crate::jobs::behavior::Standing;
use crate::jobs::behavior::examples::BankReport;
use crate::jobs::behavior::trial::TrialBasis;
use crate::jobs::detect_preview::PreviewResult;
use crate::jobs::frames::store::StorableChannel;
use crate::jobs::labelling::{FrameView, Outcome};
use crate::jobs::pose::{Estimate, Unfinished};
use crate::jobs::timeline::SegmentWhy;
use crate::jobs::vocabulary::VocabularyUse;
use crate::model::{CameraId, Point2, RecordingId, Segment};
use crate::pose::assist::{Proposal, SeedCheck};
use crate::recording::detect::DetectConfig;
use crate::recording::doctor::Finding;
use crate::store::StoredMaskRegion;
use crate::vlm::http::{Finding as ModelFinding, KeyringError};

/// What undo and redo would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// What undo would take back.
    pub undo: Option<String>,
    /// What redo would do again.
    pub redo: Option<String>,
}

/// What an edit led to.
#[derive(Clone, Debug)]
pub struct Acted {
    /// What it is called, which frames it touched, and what there is to say about it.
    pub outcome: Outcome,
    /// The touched frames that are shown or kept, as they are now.
    pub frames: Vec<Arc<FrameView>>,
    /// Whether more frames were touched than are listed.
    pub reload: bool,
    /// What undo and redo would do from here.
    pub history: History,
    /// Whether the window should go where it acted.
    pub jump: bool,
}

/// How far the seed frames are.
#[derive(Clone, Debug, Default)]
pub struct SeedState {
    /// By frame.
    pub progress: HashMap<u32, SeedProgress>,
    /// The check before the run.
    pub checks: Vec<SeedCheck>,
    /// The latest run, where it stopped early.
    pub unfinished: Option<Unfinished>,
}

/// What a recording's dots are found with.
#[derive(Clone, Debug, Default)]
pub struct DetectorState {
    /// Settings.
    pub config: DetectConfig,
    /// Regions that mask dots.
    pub regions: Vec<StoredMaskRegion>,
    /// What undo and redo would do.
    pub history: History,
}

/// Something that happened off the window's thread.
pub enum Event {
    /// A project is open, or why not.
    Opened(Box<Result<Opened, OpenProblem>>),
    /// A frame was read.
    Frame(Result<Arc<FrameView>, String>),
    /// An edit is saved, or was refused; the words say why.
    Acted(Result<Box<Acted>, String>),
    /// Nothing was there to undo or redo.
    NothingToUndo {
        /// Whether it was redo.
        redo: bool,
    },
    /// What other seed frames say of a frame.
    Carried(u32, Vec<Proposal>),
    /// How far the seed frames are.
    SeedState(SeedState),
    /// Detector settings and regions were changed.
    Detector(Result<DetectorState, String>),
    /// True points were read from a file.
    Truth(Result<(PathBuf, Arc<Truth>), String>),
    /// What geometry says of the selected keypoint.
    Insight(Box<Insight>),
    /// All frames were read.
    Overview(Result<Box<(Overview, Vec<QueueRow>)>, String>),
    /// The points of all frames of a recording were read.
    Series(PathBuf, RecordingId, Result<Box<Series>, String>),
    /// What was asked for was done; what undo and redo would do now, where that may have changed.
    Refreshed(Option<History>),
    /// What a frame store of the recording with this fingerprint would take.
    StorePlan(String, Vec<StorableChannel>),
    /// Whether the keyring has a key for a host, or why nobody knows, which is said where a person asked for something.
    KeptKey {
        /// The host.
        host: String,
        /// Whether it has one.
        kept: Result<bool, KeyringError>,
        /// Whether a person wanted something of the keyring.
        was_asked: bool,
    },
    /// What the connection test of that number found.
    ModelChecked(u64, Result<Vec<ModelFinding>, String>),
    /// What a run would ask a model.
    Estimated(Box<RunEstimateOf>, Result<Estimate, String>),
    /// The questions about a frame, for the reading of that number.
    Why(u64, Box<Result<Asked, String>>),
    /// What a model saw, for the drawing of that number.
    Sheet(u64, Box<Result<DrawnSheet, String>>),
    /// A prompt is in force, from this file.
    PromptKept(Result<PathBuf, String>),
    /// The layers of the timeline, as they are.
    Timeline(Result<Arc<Layers>, String>),
    /// What an export of a recording's timeline would write.
    ExportPlan(RecordingId, Box<ShownPlan>),
    /// A figure of a recording's timeline.
    Figure(RecordingId, Box<ShownFigure>),
    /// An edit of the timeline is saved, or was refused; the words say why.
    TimelineActed(Result<Box<TimelineActed>, String>),
    /// Segments were to be kept as examples.
    ExamplesMade(Result<Box<BankReport>, String>),
    /// The segments that a search means.
    SegmentsFound(u64, Result<Arc<FoundSegments>, String>),
    /// What a model made of the question of that number.
    QuestionAnswered(u64, Result<String, String>),
    /// How a recording stands before it is described again.
    Standing(RecordingId, Box<Result<Standing, String>>),
    /// What describing a recording would ask, in sentences.
    DescribeEstimated(RecordingId, Result<Vec<String>, String>),
    /// What models were asked about this segment.
    SegmentWhy(Box<Segment>, Result<Arc<SegmentWhy>, String>),
    /// What a trial of other words or models begins with.
    TrialBasis(Result<Arc<TrialBasis>, String>),
    /// What the timelines use of the vocabulary.
    VocabularyCounted(Result<Arc<VocabularyUse>, String>),
    /// The vocabulary was to be written to a file.
    VocabularyWritten(Result<VocabularyWritten, String>),
    /// Two accounts of the timeline were compared.
    Compared(Box<Compared>),
    /// Where the animals of a recording are.
    Scene(RecordingId, Result<Option<Arc<Scene>>, String>),
    /// What is drawn under the lanes was measured.
    Measured(Arc<Scene>, MeasuredSeries),
    /// A job says something.
    Job(TaskKind, JobEvent),
    /// A job ended.
    JobEnded(TaskKind, Result<Box<TaskOutcome>, TaskEnd>),
    /// What the detector finds with settings that are tried.
    Preview(CameraId, u64, Box<Result<PreviewResult, String>>),
    /// Where a click that adds a dot led to: the view, the frame, and the spot there or the click itself.
    Clicked(CameraId, u32, Point2),
    /// A person chose a path in a native dialog, or closed it.
    Browsed(Browse, Result<Option<PathBuf>, String>),
    /// A recording has a new place: the project and the recording, to be opened again.
    Relocated(Result<(PathBuf, String), String>),
    /// What the doctor found in a recording that a project is offered for.
    Examined(PathBuf, Vec<Finding>),
}

/// Why a job ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskEnd {
    /// It was asked to.
    Stopped,
    /// It cannot go on as things are, and can once they are mended; the words say why.
    Paused(String),
    /// Something went wrong; the words say what, where, and what to do.
    Failed(String),
}

/// Why a path could not be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenProblem {
    /// It is a recording, which needs a project first.
    IsRecording(PathBuf),
    /// Something is wrong with it.
    Failed {
        /// The path.
        path: PathBuf,
        /// What, and what to do.
        message: String,
    },
}

/// Where threads send events; each wakes the window.
#[derive(Clone)]
pub struct Outbox {
    sender: Sender<Event>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Outbox {
    /// An outbox into `sender` that calls `wake` after each event.
    pub fn new(sender: Sender<Event>, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        Self { sender, wake }
    }

    /// Sends an event; after the app is gone, nobody needs it.
    pub fn send(&self, event: Event) {
        let _ = self.sender.send(event);
        (self.wake)();
    }

    /// What wakes the window.
    pub fn waker(&self) -> Arc<dyn Fn() + Send + Sync> {
        self.wake.clone()
    }
}
