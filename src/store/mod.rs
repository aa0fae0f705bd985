//! The project file `NAME.bvlm`: one SQLite database that holds recordings, detections, labels, 3D points, runs and the
//! journal of what people did. The only module that knows SQLite.
//!
//! Invariants:
//! * A completed frame is one transaction, and so is a gesture together with its journal: a kill at any moment leaves the
//!   file at one of them, never between.
//! * No machine writes over a label that a person made. [`Project::put_machine_frame`] keeps such labels, and triggers in
//!   the file refuse whatever would not.
//! * One program writes at a time ([`StoreError::Locked`] names it); any number may read.
//! * A centroid's number, once given, means the same dot: detecting again never renumbers what a label names.
//!
//! It runs no pipeline and reads no media. It has no clock: whoever writes says when ([`now_unix_ms`] is there for them).

mod error;

mod schema;

mod lock;

mod project;

mod codec;

mod recordings;

mod detections;

mod redetect;

mod regions;

mod detector_settings;

mod centroid_edits;

mod labels;

mod poses;

mod machine;

mod summaries;

mod taken;

mod exchanges;

mod runs;

mod journal;

mod journal_apply;

mod journal_values;

mod seeds;

mod behavior;

mod segments;

mod examples;

mod chunks;

#[cfg(test)]
mod tests;

pub use centroid_edits::EditedView;
pub use chunks::FrameIter;
pub use detections::{StoredDetection, StoredViews};
pub use error::StoreError;
pub use examples::ExampleId;
pub use exchanges::ExchangePlace;
pub use journal::{FrameEdit, Gesture, GestureId, ItemEdit, UndoConflict, UndoReport};
pub use lock::Holder;
pub use machine::{ChangeRecord, MachineFrame, MachineOutcome};
pub use project::Project;
pub use recordings::{CameraInfo, NewRecording, RecordingInfo};
pub use regions::{MaskRegionId, StoredMaskRegion};
pub use runs::{RunInfo, RunState};
pub use seeds::SeedImport;
pub use summaries::{FrameState, FrameSummary, UnknownFrameState};

/// Milliseconds since the Unix epoch, now.
pub fn now_unix_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
