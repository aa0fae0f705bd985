//! What keeps behaviour from being found, and what to do.

use std::path::PathBuf;

use thiserror::Error;

use crate::behavior::evaluation::LabelMapError;
use crate::behavior::examples::{BankFileError, ExampleError};
use crate::behavior::figures::PngError;
use crate::behavior::given::GivenError;
use crate::behavior::rules::RulesError;
use crate::behavior::search::SearchError;
use crate::behavior::segmenter::{ModelError, SegmenterError};
use crate::behavior::visual::EncoderError;
use crate::formats::tracks::TracksError;
use crate::model::VocabularyError;

/// Why a behaviour job did not do what it was asked for.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BehaviorError {
    /// From a table of tracks.
    #[error(transparent)]
    Tracks(#[from] TracksError),
    /// From clustering.
    #[error("recording \"{recording}\": {source}")]
    Segmenter {
        /// The recording.
        recording: String,
        /// What is wrong.
        source: SegmenterError,
    },
    /// A stored model that cannot be read.
    #[error("the model of recording \"{recording}\" cannot be used ({source}); run with --again to train a new one")]
    Model {
        /// The recording.
        recording: String,
        /// What is wrong with it.
        source: ModelError,
    },
    /// A rules file that cannot be used.
    #[error("{}, {source}", path.display())]
    Rules {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: RulesError,
    },
    /// A vocabulary that cannot be used.
    #[error("{}: {source}", path.display())]
    Vocabulary {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: VocabularyError,
    },
    /// A figure that cannot be drawn.
    #[error(transparent)]
    Figure(#[from] PngError),
    /// A word that is not one of those that are known.
    #[error("{what} \"{word}\" is not known; it is one of {known}")]
    Word {
        /// The option.
        what: &'static str,
        /// What was given.
        word: String,
        /// What may be given.
        known: &'static str,
    },
    /// A number that makes no sense.
    #[error("{what} must be {allowed}, not {found}")]
    Number {
        /// The option.
        what: &'static str,
        /// What it may be.
        allowed: &'static str,
        /// What was given.
        found: f64,
    },
    /// A clip that is not there.
    #[error("recording \"{recording}\" has no clip {clip}; its {count} clips begin with c0")]
    NoSuchClip {
        /// The clip.
        clip: String,
        /// The recording.
        recording: String,
        /// How many it has.
        count: usize,
    },
    /// No clip to try something on.
    #[error("no clip of recording \"{recording}\" has that label, with people or in its captions")]
    NothingToTry {
        /// The recording.
        recording: String,
    },
    /// A question that did not become a search.
    #[error("{model} made no search of the question. {why} Ask in other words, or search with a query")]
    NoFilter {
        /// The model.
        model: String,
        /// Why, as a sentence.
        why: String,
    },
    /// From the example bank.
    #[error("the example bank: {0}; examples that another version measured have to be made again")]
    Examples(ExampleError),
    /// A file of examples that cannot be used.
    #[error("{}: {source}", path.display())]
    ExampleFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: BankFileError,
    },
    /// A bank that has no such examples.
    #[error(
        "{} has no such examples; make some of reviewed segments (behaviorvlm behavior examples add PROJECT), or import a bank",
        project.display()
    )]
    NoExamples {
        /// The project.
        project: PathBuf,
    },
    /// Nothing to make examples of.
    #[error(
        "nobody has accepted or edited a segment of {} yet; examples are made of those alone (review some in the window, or import a reviewed table)",
        project.display()
    )]
    NothingVerified {
        /// The project.
        project: PathBuf,
    },
    /// Nobody to look at.
    #[error(
        "recording \"{recording}\" has no tracks, no boxes, no 3D points and no pictures: nothing shows where an animal is; add [[animals]] with tracks to its recording.toml"
    )]
    NoSubjects {
        /// The recording.
        recording: String,
    },
    /// Pixels are asked for and there are none.
    #[error("recording \"{recording}\" has no pictures to take features from; use --features keypoints")]
    NoPictures {
        /// The recording.
        recording: String,
    },
    /// A model is to describe clips of which there are no pictures.
    #[error(
        "recording \"{recording}\" has no pictures to show to a model; without --model caption=… the rules describe its clips"
    )]
    NothingToShow {
        /// The recording.
        recording: String,
    },
    /// Recorded clips that do not fit the recording.
    #[error("the recorded clips are not of this recording: \"{recording}\" has {animals} animals and {frames} frames")]
    OtherClips {
        /// The recording.
        recording: String,
        /// Its animals.
        animals: usize,
        /// Its frames.
        frames: u32,
    },
    /// An image encoder that cannot be used.
    #[error("the image encoder of --features cannot be used: {0}")]
    Encoder(#[from] EncoderError),
    /// An image encoder is asked for where there is no runtime for it.
    #[error("this program was built without image encoders; build it with: cargo build --release --features onnx")]
    NoEncoders,
    /// An animal that the table does not know.
    #[error("{}: there is no animal \"{wanted}\" in it, only {known}; say which is {animal} with individual = \"…\" in {}", file.display(), manifest.display())]
    NoIndividual {
        /// The animal of the manifest.
        animal: String,
        /// The name looked for.
        wanted: String,
        /// The table.
        file: PathBuf,
        /// The names in it.
        known: String,
        /// The recording's folder.
        manifest: PathBuf,
    },
    /// Tracks of another length.
    #[error(
        "{file} has {tracked} frames and the recording {frames}: are they of the same session? If so, say which ends belong together with --align start or --align end"
    )]
    Lengths {
        /// The table.
        file: String,
        /// Its frames.
        tracked: u32,
        /// The recording's.
        frames: u32,
    },
    /// A given segmentation that cannot be used.
    #[error("{}: {source}", path.display())]
    Given {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: GivenError,
    },
    /// A given segmentation without an animal.
    #[error("{}: nothing is said of the animal \"{animal}\", only of {known}", path.display())]
    NotGiven {
        /// The animal.
        animal: String,
        /// The file.
        path: PathBuf,
        /// The animals that it knows.
        known: String,
    },
    /// A table of features that cannot be used.
    #[error("{}: {message}", file.display())]
    Matrix {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A format that cannot be written.
    #[error("{format} is only read; write --format behavior, vectors, vectors-multi or story")]
    OnlyRead {
        /// The format.
        format: &'static str,
    },
    /// A format that cannot be read.
    #[error("{format} is only written; timelines are read from --format behavior or boris")]
    OnlyWritten {
        /// The format.
        format: &'static str,
    },
    /// A map of labels that cannot be used.
    #[error("{what}: {source}")]
    Map {
        /// The option or the file.
        what: String,
        /// What is wrong with it.
        source: LabelMapError,
    },
    /// A table about an animal that the recording does not have.
    #[error("{}: the recording has no animal \"{name}\", only {known}", file.display())]
    UnknownAnimal {
        /// The table.
        file: PathBuf,
        /// The name in it.
        name: String,
        /// The recording's animals.
        known: String,
    },
    /// A search that cannot be understood.
    #[error("the search cannot be understood:\n{}", source.pointed(query).trim_end())]
    Query {
        /// What was searched for.
        query: String,
        /// Where and what.
        source: SearchError,
    },
    /// Nothing was run yet.
    #[error("recording \"{recording}\" has no {what} yet; begin with: behaviorvlm behavior run {}", project.display())]
    NothingYet {
        /// The recording.
        recording: String,
        /// What is missing: "clips", "segments".
        what: &'static str,
        /// The project.
        project: PathBuf,
    },
    /// An account that is empty.
    #[error("{account} says nothing of recording \"{recording}\"")]
    NothingSaid {
        /// Whose account.
        account: String,
        /// The recording.
        recording: String,
    },
    /// Another project that is of other recordings.
    #[error(
        "{} has no recording with the content or the name and length of \"{recording}\"; it has {known}",
        project.display()
    )]
    OtherRecording {
        /// The other project.
        project: PathBuf,
        /// The recording that is shown.
        recording: String,
        /// The recordings of the other project.
        known: String,
    },
}
