//! Why a job ended before its end, each in one sentence that says what is wrong, where, and what to do.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::behavior::BehaviorError;
use crate::behavior::edits::{EditRefused, VocabularyRefused};
use crate::demo::DemoError;
use crate::formats::tables::TableError;
use crate::model::frames::FrameRangeError;
use crate::model::skeleton::SkeletonError;
use crate::pose::solve::PoseError;
use crate::recording::{MediaError, RecordingError};
use crate::store::StoreError;

/// Why a job did not do what it was asked for.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum JobError {
    /// Somebody asked it to stop.
    #[error("stopped; run the same command to go on")]
    Stopped,
    /// From the project file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// From a recording.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// From pictures.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// From a table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// From the pose pipeline.
    #[error(transparent)]
    Pose(#[from] PoseError),
    /// From the demo.
    #[error(transparent)]
    Demo(#[from] DemoError),
    /// From the behaviour pipeline.
    #[error(transparent)]
    Behavior(#[from] BehaviorError),
    /// An edit of a timeline that is not possible.
    #[error(transparent)]
    Edit(#[from] EditRefused),
    /// A change of the vocabulary that is not possible.
    #[error(transparent)]
    Vocabulary(#[from] VocabularyRefused),
    /// A segment that is not in its layer any more.
    #[error("this segment is not there any more; the timeline was made anew")]
    NoSuchSegment,
    /// A range that does not fit.
    #[error(transparent)]
    Range(#[from] FrameRangeError),
    /// A skeleton file that cannot be used.
    #[error("{}: {source}", path.display())]
    Skeleton {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: SkeletonError,
    },
    /// The file system said no.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried: "read", "create", …
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A project is opened with another skeleton than its own.
    #[error("{} has the skeleton \"{own}\" already, which cannot be exchanged for \"{other}\"; leave --skeleton out, or make a new project", project.display())]
    OtherSkeleton {
        /// The project.
        project: PathBuf,
        /// Its skeleton's name.
        own: String,
        /// The name in the file.
        other: String,
    },
    /// A recording of that name is in the project and is another one.
    #[error("the project holds another recording named \"{name}\" (at {}); give the new one another name in its recording.toml", at.display())]
    OtherRecording {
        /// The name.
        name: String,
        /// Where the project's one lies.
        at: PathBuf,
    },
    /// A recording is not where the project knows it.
    #[error(
        "recording \"{name}\" is no longer at {}; put it back, or say where it went with: behaviorvlm new NEW_PLACE {}",
        path.display(), project.display()
    )]
    RecordingMoved {
        /// The recording.
        name: String,
        /// Where it was.
        path: PathBuf,
        /// The project.
        project: PathBuf,
    },
    /// A dot that is not there.
    #[error("{camera} has no dot {number} at frame {frame}; it has {count} dots")]
    NoSuchDot {
        /// The frame.
        frame: u32,
        /// The view.
        camera: String,
        /// The number asked for.
        number: u16,
        /// How many dots the view has.
        count: usize,
    },
    /// Nothing to detect in.
    #[error(
        "recording \"{name}\" has no fluorescence pictures to find dots in; labels made elsewhere are read with: \
         behaviorvlm import {} --format points2d FILE", project.display()
    )]
    NoPictures {
        /// The recording.
        name: String,
        /// The project.
        project: PathBuf,
    },
    /// No camera could be read at all.
    #[error("no camera of recording \"{name}\" can be read; the first reason: {first}")]
    NoCamera {
        /// The recording.
        name: String,
        /// The first camera's reason.
        first: String,
    },
    /// No calibrated camera.
    #[error("recording \"{name}\" has no calibrated cameras, and 3D needs two: {reason}")]
    NoRig {
        /// The recording.
        name: String,
        /// Why.
        reason: String,
    },
    /// No frame to work on.
    #[error(
        "recording \"{name}\" has no frames yet: it has no pictures, and no table was imported; import labels with: \
         behaviorvlm import {} --format points2d FILE", project.display()
    )]
    NoFrames {
        /// The recording.
        name: String,
        /// The project.
        project: PathBuf,
    },
    /// Frames without centroids.
    #[error(
        "{count} of frames {start}..{end} of recording \"{name}\" have no centroids yet (the first is frame {first}); find them \
         first with: behaviorvlm detect {}", project.display()
    )]
    NotDetected {
        /// The recording.
        name: String,
        /// First frame asked for.
        start: u32,
        /// End asked for, exclusive.
        end: u32,
        /// Frames without centroids.
        count: usize,
        /// The first of them.
        first: u32,
        /// The project.
        project: PathBuf,
    },
    /// Nothing tells the keypoints apart.
    #[error(
        "recording \"{name}\" has no seed frames, from which the animal is learnt; label three frames, then: behaviorvlm seeds {} \
         --import seeds.csv", project.display()
    )]
    NoSeeds {
        /// The recording.
        name: String,
        /// The project.
        project: PathBuf,
    },
    /// Nothing for the assigner "labels".
    #[error(
        "recording \"{name}\" has no imported 2D labels in frames {start}..{end}; read some with: behaviorvlm import {} --format \
         points2d FILE", project.display()
    )]
    NoImportedLabels {
        /// The recording.
        name: String,
        /// First frame asked for.
        start: u32,
        /// End asked for, exclusive.
        end: u32,
        /// The project.
        project: PathBuf,
    },
    /// Nothing solved yet.
    #[error("recording \"{name}\" has no solved frames yet; solve them first with: behaviorvlm pose {}", project.display())]
    NotSolved {
        /// The recording.
        name: String,
        /// The project.
        project: PathBuf,
    },
    /// Truth and labels have no frame in common.
    #[error("{} has no frame that was solved and that no person labelled; nothing can be judged", truth.display())]
    NothingToJudge {
        /// The file.
        truth: PathBuf,
    },
    /// A view that cannot be shown to a model.
    #[error("{camera}, frame {frame}, cannot be shown: {reason}")]
    Unseen {
        /// The camera.
        camera: String,
        /// The frame.
        frame: u32,
        /// Why.
        reason: String,
    },
    /// A prompt that cannot be used.
    #[error("{message}; mend the template, or remove it to use the program's own")]
    Prompt {
        /// File, line, and what is wrong there.
        message: String,
    },
    /// A run that asks a model, and none was named.
    #[error(
        "the assigner \"{assigner}\" asks a model, and none was named; name one with --model pose=NAME@URL, as \
         pose=Qwen/Qwen3.5-27B@http://127.0.0.1:8000"
    )]
    NoModel {
        /// The assigner.
        assigner: &'static str,
    },
    /// A model that cannot be asked as it was named.
    #[error("{message}")]
    Model {
        /// What is wrong, as a sentence.
        message: String,
    },
    /// No server is left.
    #[error(
        "the run paused. {why} What was answered is kept; run the same command to go on, also with another address of the same model"
    )]
    ModelGone {
        /// What is wrong with each, in sentences.
        why: String,
    },
    /// As many calls as were allowed.
    #[error(
        "the run paused after {calls} calls, as --budget says; what was answered is kept, and the same command goes on"
    )]
    BudgetSpent {
        /// Calls made.
        calls: u64,
    },
    /// A replay that needs what was not recorded.
    #[error(
        "no answer to {tag} is recorded: what is asked now differs from what was asked then (frames, seeds, prompts, pictures, \
         model or its profile)"
    )]
    NotRecorded {
        /// The question's tag.
        tag: String,
    },
    /// Exchanges of a recording of which no model was asked.
    #[error("no model was asked about recording \"{name}\" yet; ask one with: behaviorvlm pose {} --assigner vlm --model pose=NAME@URL", project.display())]
    NothingAsked {
        /// The recording.
        name: String,
        /// The project.
        project: PathBuf,
    },
    /// A file of exchanges that cannot be read.
    #[error("{}, line {line}: {reason}; the file is one that behaviorvlm exchanges export writes", path.display())]
    BadExchanges {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        reason: String,
    },
    /// A word that names no assigner.
    #[error("\"{word}\" is no assigner; use geometry, vlm, hybrid or labels")]
    UnknownAssigner {
        /// The word.
        word: String,
    },
    /// A word that names nothing that can be left out.
    #[error("\"{word}\" cannot be left out; --ablate takes refinement, regions, or both with a comma between")]
    UnknownAblation {
        /// The word.
        word: String,
    },
    /// A word that names no format.
    #[error("\"{word}\" is no format of this version; use points2d, points3d or seeds")]
    UnknownFormat {
        /// The word.
        word: String,
    },
    /// An export onto the project.
    #[error("{} is the project itself and is left as it is; choose another file for the table", path.display())]
    WouldOverwrite {
        /// The file.
        path: PathBuf,
    },
    /// An option that means nothing here.
    #[error("{option} has no meaning for {what}; leave it out")]
    Meaningless {
        /// The option.
        option: &'static str,
        /// Where.
        what: &'static str,
    },
    /// A folder that holds another demo.
    #[error("{} holds something else than this demo recording; choose another folder with --dir, or delete it", path.display())]
    OtherDemo {
        /// The folder.
        path: PathBuf,
    },
    /// A camera's checkpoint or another value of ours that cannot be read back.
    #[error("what the run stored to go on cannot be read ({reason}); start it anew with: behaviorvlm pose {} --again", project.display())]
    Checkpoint {
        /// What is wrong with it.
        reason: String,
        /// The project.
        project: PathBuf,
    },
}
