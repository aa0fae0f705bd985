//! Everything that can be asked of the app. Views send these; [`super::App::handle`] alone carries them out.

use std::ops::Range;
use std::path::PathBuf;

use super::model_choice::ModelChoice;
use super::settings::{Appearance, WindowPlace};
use super::timeline::{AccountSide, FigureChoice, TimelineCommand};
use super::view::{Channels, Viewport};
use super::why::Chosen;
use crate::jobs::labelling::Act;
use crate::jobs::pose::Assigner;
use crate::jobs::pose::why::Trial;
use crate::model::timeline::TimelineLayer;
use crate::model::{CameraId, CentroidNumber, KeypointId, MaskRegion, Point2, RecordingId};
use crate::pose::ranking::RankBy;
use crate::pose::stage4::Solver;
use crate::recording::detect::DetectConfig;
use crate::store::{FrameState, MaskRegionId};
use crate::vlm::http::Secret;

/// A page of an open project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Page {
    /// Find the dots.
    Detect,
    /// Label seed frames.
    #[default]
    Seeds,
    /// Solve.
    Run,
    /// Correct the worst frames.
    Review,
    /// Segments of behaviour.
    Behavior,
    /// Write results.
    Export,
}

impl Page {
    /// All pages, in the order of the top bar.
    pub const ALL: [Self; 6] = [Self::Detect, Self::Seeds, Self::Run, Self::Review, Self::Behavior, Self::Export];

    /// The word on its tab.
    pub fn title(self) -> &'static str {
        match self {
            Self::Detect => "Detect",
            Self::Seeds => "Seeds",
            Self::Run => "Run",
            Self::Review => "Review",
            Self::Behavior => "Behavior",
            Self::Export => "Export",
        }
    }
}

/// What a native file dialog is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Browse {
    /// A project file or a recording to open.
    Project,
    /// A folder that holds a recording.
    RecordingFolder,
    /// Where a new project goes.
    NewProject,
    /// Where the current recording went.
    MovedRecording,
    /// Where an export is written.
    Export,
    /// Where a figure is saved.
    Figure,
    /// A table with true 3D points.
    Truth,
    /// A skeleton file.
    Skeleton,
    /// A vocabulary to read.
    OpenVocabulary,
    /// Where the vocabulary is written.
    SaveVocabulary,
    /// Another annotator's project or a table of behavior, to compare with.
    Account(AccountSide),
}

/// A dialog over the page.
#[derive(Clone, Debug, PartialEq)]
pub enum Dialog {
    /// All keys.
    Help,
    /// Search for a command.
    Palette,
    /// Who labels; asked at the first edit, which then follows.
    Annotator,
    /// Choose seed frames.
    SeedFrames,
    /// Go to a frame by its number.
    GoToFrame,
    /// Swap left and right over a range of frames.
    SwapRange,
    /// What a re-run would change.
    Rerun,
    /// What a model was asked about a view, and what it said.
    Why,
    /// What models were asked about a segment, and what they said.
    SegmentWhy,
    /// Find and replace in descriptions and labels.
    Replace,
    /// Settings.
    Settings,
    /// May pictures be sent to this host; asked before the first ones go there, and what waits for it then follows.
    SendPictures(String),
    /// The same, where words about the recording are sent and no pictures.
    SendWords(String),
    /// How the recording is described, by rules or by models.
    Describe,
}

/// How a question is asked once more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskAgain {
    /// Other words to try, in place of the prompt in force.
    pub trial: Option<Trial>,
    /// Whether all questions of its prompt about the frame are asked, in all views.
    pub in_all_views: bool,
}

/// Which proposals are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProposalScope {
    /// Those of the selected keypoint.
    Keypoint,
    /// All of the frame.
    Frame,
    /// All of the frame, also dots so faint that they may only glow through the body.
    FrameWithFaint,
}

/// Where in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueStep {
    /// The next frame that the filters show.
    Next,
    /// The next one that nobody has decided about, from the top again after the last.
    NextToDo,
    /// The one before.
    Previous,
    /// This row of the filtered queue.
    Row(usize),
}

/// What the review queue shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueueFilter {
    /// Only frames in these states; empty: any.
    pub states: Vec<FrameState>,
    /// Only frames with this reason.
    pub reason: Option<super::queue::ReasonKind>,
    /// Only frames whose worst label is of this keypoint.
    pub keypoint: Option<KeypointId>,
    /// Only frames whose worst label is in this camera.
    pub camera: Option<CameraId>,
}

/// How a run is to be made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunChoice {
    /// The frames, as typed.
    pub frames: String,
    /// What stage 4 does.
    pub solver: Solver,
    /// Who says which dot is which.
    pub assigner: Assigner,
    /// Whether finished work is done again.
    pub again: bool,
}

/// What is exported.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportChoice {
    /// Which table.
    pub format: String,
    /// Where to.
    pub path: PathBuf,
    /// Whether a file that is there is replaced.
    pub replace: bool,
    /// Leaves out points with a larger error, px.
    pub max_error_px: Option<f64>,
    /// Leaves out frames that nobody has reviewed.
    pub reviewed_only: bool,
    /// Every recording of the project, or the current one.
    pub all_recordings: bool,
    /// Of timelines: the layer; `None` for what people said where they said anything, else the merge.
    pub layer: Option<TimelineLayer>,
}

/// Something that the app is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Opens a project, or a recording, for which the way to a project is then offered.
    Open(PathBuf),
    /// Shows a native dialog; its answer comes as another command.
    Browse(Browse),
    /// Makes a project for recordings and opens it.
    NewProject {
        /// Recording folders.
        recordings: Vec<PathBuf>,
        /// The new project file.
        project: PathBuf,
        /// A skeleton file, or the mouse with 12 dots.
        skeleton: Option<PathBuf>,
    },
    /// Makes the demo recording and opens it.
    MakeDemo,
    /// Back to the welcome page.
    CloseProject,
    /// Takes a project off the list of recent ones.
    ForgetRecent(PathBuf),
    /// Drops the recording that a new project was offered for.
    DismissOffer,
    /// Works on another recording of the project.
    ChooseRecording(RecordingId),
    /// Says where the current recording's files are now.
    Relocate(PathBuf),
    /// Turns to a page.
    GoTo(Page),

    /// Shows a frame.
    ShowFrame(u32),
    /// Steps by frames.
    Step(i64),
    /// Begins or ends playing.
    TogglePlay,
    /// How fast to play, 1 is the recording's own speed.
    SetSpeed(f32),
    /// Reads the points of all frames, and keeps them up to date from then on.
    WantSeries,

    /// Something on the behaviour page.
    Timeline(TimelineCommand),

    /// Selects a keypoint.
    SelectKeypoint(KeypointId),
    /// Selects the keypoint so many rows further.
    StepKeypoint(i32),
    /// Makes a view the active one.
    SelectView(Option<CameraId>),
    /// A digit of a dot's number, typed in a view.
    TypeDigit(CameraId, u8),
    /// Takes the number as typed so far.
    FinishTyping,
    /// Forgets what was typed, or closes what is open.
    Escape,

    /// Which pictures are shown, and how.
    SetChannels(Channels),
    /// Shows one view large, or all.
    Maximise(Option<CameraId>),
    /// Zooms and pans a view; `None` shows the animal again.
    SetViewport(CameraId, Option<Viewport>),
    /// Shows every view whole or as it was set.
    ResetViewports,
    /// Whether all views are zoomed to the selected keypoint.
    SetLinkedZoom(bool),
    /// Whether views follow the animal's crop.
    SetFollowCrop(bool),

    /// The selected keypoint is this dot.
    PickDot(CameraId, CentroidNumber),
    /// The selected keypoint is here, where no dot is.
    PlaceFree(CameraId, Point2),
    /// The selected keypoint cannot be seen in this view.
    NotVisible(CameraId),
    /// The selected keypoint cannot be seen in any view where it is not labelled yet.
    NotVisibleElsewhere,
    /// Takes the selected keypoint's label away in this view.
    ClearLabel(CameraId),
    /// Moves the selected keypoint's label in this view, px.
    Nudge(CameraId, [f64; 2]),
    /// Swaps the selected keypoint with its mirror image.
    SwapSides {
        /// In this view, or in all.
        camera: Option<CameraId>,
        /// The frames; `None` is the shown one.
        frames: Option<Range<u32>>,
    },
    /// Takes what is proposed.
    AcceptProposals(ProposalScope),
    /// Takes one of the ways to mend the selected keypoint, from 0.
    ApplyHypothesis(usize),
    /// Whether the next click in a view places a free point.
    PlaceFreely(bool),
    /// Goes to where a click helps most; in a frame that is done, to the next seed frame.
    NextBestClick,
    /// Any other edit.
    Edit(Act),
    /// Adds a dot where the detector found none.
    AddDot(CameraId, Point2),
    /// Takes the last edit back.
    Undo,
    /// Does it again.
    Redo,

    /// The seed frames that are to be labelled.
    ChooseSeedFrames(Vec<u32>),

    /// What the queue shows.
    SetFilter(QueueFilter),
    /// What the queue is ordered by.
    OrderBy(RankBy),
    /// Residuals above this are worth a look, px.
    SetThreshold(f64),
    /// Orders the queue anew.
    Rerank,
    /// Goes to a frame of the queue.
    Queue(QueueStep),
    /// Decides about the shown frame, and goes to the next.
    Decide(FrameState),
    /// Computes what a run from the shown frame on would change.
    PreviewRerun,
    /// Takes what the re-run found.
    TakeRerun,
    /// Leaves everything as it is.
    DiscardRerun,

    /// Detector settings that are tried on the shown frame.
    TryDetector(DetectConfig),
    /// Keeps the tried settings for the recording.
    KeepDetector,
    /// Back to the kept settings.
    ForgetDetectorTrial,
    /// Adds a region that masks dots, or changes one.
    PutRegion(Option<MaskRegionId>, MaskRegion),
    /// Removes a region.
    RemoveRegion(MaskRegionId),
    /// Finds the dots of frames, as typed.
    StartDetect {
        /// `A..B`, or empty for all.
        frames: String,
        /// Whether frames that are done are done again.
        again: bool,
    },

    /// Solves frames.
    StartRun(RunChoice),
    /// How a model is asked, from now on.
    ChooseModel(Box<ModelChoice>),
    /// The same of the model that is asked about words alone.
    ChooseLanguageModel(Box<ModelChoice>),
    /// The key of model servers for this session; `None` goes back to the environment's.
    EnterKey(Option<Secret>),
    /// Keeps the entered key in the keyring, for this host.
    KeepKey(String),
    /// Takes the key for this host out of the keyring.
    ForgetKeptKey(String),
    /// Tries whether the chosen model can be asked, for a run with this assigner.
    CheckModel(Assigner),
    /// Tries whether the language model can be asked.
    CheckLanguageModel,
    /// Stops that, or forgets what it found.
    StopModelCheck,
    /// Pictures, and words about them, may be sent to this host.
    AllowHost(String),
    /// They may not any more.
    ForbidHost(String),
    /// Counts what a run would ask a model.
    EstimateRun(RunChoice),
    /// Shows what a model was asked about a view of the shown frame, for one keypoint or all.
    ShowWhy(CameraId, Option<KeypointId>),
    /// Turns to another view there, or to all keypoints.
    TurnWhy(CameraId, Option<KeypointId>),
    /// Turns to a question there.
    ChooseStep(Chosen),
    /// Asks that question once more.
    AskAgain(AskAgain),
    /// Puts a prompt in force for the project.
    KeepPrompt(Trial),
    /// Stops the running job where nothing is lost.
    PauseJob,
    /// Goes on with what was paused.
    ResumeJob,
    /// Stops the running job for good.
    CancelJob,

    /// Writes a table.
    Export(ExportChoice),
    /// Saves a figure.
    SaveFigure(FigureChoice),
    /// Loads true 3D points to show beside.
    LoadTruth(PathBuf),

    /// Who labels.
    SetAnnotator(String),
    /// Dark or light.
    SetAppearance(Appearance),
    /// How large everything is, 1 to 2.
    SetScale(f32),
    /// Bytes of decoded pictures that may be kept.
    SetPictureBudget(u64),
    /// Where the window was when it closed.
    RememberWindow(WindowPlace),
    /// Opens or closes a dialog.
    Show(Option<Dialog>),
    /// Makes the frame store that is offered for slow videos, or declines it for good.
    PrepareFrames(bool),
    /// Ends the program.
    Quit,
}
