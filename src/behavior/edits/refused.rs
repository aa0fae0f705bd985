//! Why an edit is not done: sentences that say what to do instead.

use thiserror::Error;

use crate::model::SegmentId;

/// Why an edit is not done. Nothing changed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum EditRefused {
    /// Its segment is not in the layer.
    #[error("the segment is no longer there; choose another")]
    Gone {
        /// Its row.
        id: SegmentId,
    },
    /// It was given no segment.
    #[error("no segment is chosen; choose at least one")]
    NothingChosen,
    /// A merge was given a single segment.
    #[error("only one segment is chosen; choose the ones to merge, next to each other")]
    OneChosen,
    /// A frame that the recording does not have.
    #[error("frame {frame} is outside of the recording; choose one from 0 to {}", frame_count.saturating_sub(1))]
    OutsideRecording {
        /// The frame.
        frame: u32,
        /// Frames of the recording.
        frame_count: u32,
    },
    /// A range without frames in the recording.
    #[error(
        "the range {start_frame}..{stop_frame} holds no frame of the recording; choose one that ends after it begins"
    )]
    EmptyRange {
        /// Its first frame.
        start_frame: u32,
        /// The frame after its last.
        stop_frame: u32,
    },
    /// A boundary cannot go further, since another segment is there.
    #[error("the {edge} of {what} cannot go further: {other} is there; move both boundaries together, or overwrite it")]
    NoRoom {
        /// "start" or "end"
        edge: &'static str,
        /// The segment: "chase of A0".
        what: String,
        /// What is there: "huddle at 40..60".
        other: String,
    },
    /// A boundary cannot go further, since the recording ends there.
    #[error("the {edge} of {what} is the {edge} of the recording")]
    AtRecordingEdge {
        /// "start" or "end"
        edge: &'static str,
        /// The segment.
        what: String,
    },
    /// A boundary cannot go further without leaving the segment empty.
    #[error("{what} has one frame left; delete it instead")]
    LastFrame {
        /// The segment.
        what: String,
    },
    /// The neighbour that moves along cannot become shorter.
    #[error("{other} has one frame left; delete it, or overwrite it")]
    NeighborLastFrame {
        /// The neighbour.
        other: String,
    },
    /// A moment has no boundaries.
    #[error("{what} is a moment and has no boundaries; move it as a whole")]
    MomentHasNoBoundary {
        /// The segment.
        what: String,
    },
    /// What lasts was to be moved as a moment.
    #[error("{what} lasts; move its boundaries")]
    NotAMoment {
        /// The segment.
        what: String,
    },
    /// A cut that leaves nothing on one side.
    #[error("frame {frame} is not inside of {what}; choose one from {} to {}", start_frame + 1, stop_frame.saturating_sub(1))]
    NotInside {
        /// The frame.
        frame: u32,
        /// The segment.
        what: String,
        /// Its first frame.
        start_frame: u32,
        /// The frame after its last.
        stop_frame: u32,
    },
    /// A segment that is too short to be cut.
    #[error("{what} has a single frame and cannot be cut")]
    TooShortToCut {
        /// The segment.
        what: String,
    },
    /// Others stand where a segment shall stand.
    #[error(
        "{what} cannot stand at {start_frame}..{stop_frame}: {other} excludes it; overwrite that, or move it first"
    )]
    Occupied {
        /// The segment.
        what: String,
        /// Its first frame.
        start_frame: u32,
        /// The frame after its last.
        stop_frame: u32,
        /// What is there: "huddle at 40..60".
        other: String,
    },
    /// A label that the vocabulary lacks.
    #[error("\"{label}\" is not in the vocabulary; add it there first")]
    NoSuchLabel {
        /// The label.
        label: String,
    },
    /// A label of moments for something that lasts.
    #[error("\"{label}\" is a moment and does not last; insert it at a frame")]
    MomentLabel {
        /// The label.
        label: String,
    },
    /// A label of what lasts for a moment.
    #[error("\"{label}\" lasts and is no moment; paint it over a range")]
    LastingLabel {
        /// The label.
        label: String,
    },
    /// An animal that the recording lacks.
    #[error("there is no animal {position}; the recording has {animals}")]
    NoSuchAnimal {
        /// Its position.
        position: usize,
        /// The names of those that there are.
        animals: String,
    },
    /// An animal is its own partner.
    #[error("{animal} cannot be its own partner; choose another animal")]
    OwnPartner {
        /// Its name.
        animal: String,
    },
    /// A copy to the animal that has it.
    #[error("{what} is that animal's already; choose another animal")]
    SameAnimal {
        /// The segment.
        what: String,
    },
    /// A merge over lanes.
    #[error("{what} and {other} are not in one lane; merge those of one animal and group")]
    DifferentLanes {
        /// A segment.
        what: String,
        /// Another.
        other: String,
    },
    /// A merge that leaves out what lies between.
    #[error("{other} lies between; choose it too, or delete it first")]
    Between {
        /// What lies between.
        other: String,
    },
    /// A merged segment whose clips are not known.
    #[error("no clip of a run lies in {what}; split it by hand")]
    NoClips {
        /// The segment.
        what: String,
    },
    /// A search without words.
    #[error("there is nothing to look for; write the words to replace")]
    NoWords,
    /// A search that finds nothing.
    #[error("\"{words}\" is nowhere in what was searched")]
    NothingFound {
        /// What was looked for.
        words: String,
    },
    /// What shall be put in its place stands there already.
    #[error("\"{words}\" stands there already, so nothing changes; write something else to put there")]
    NothingChanges {
        /// What should have been put there.
        words: String,
    },
}
