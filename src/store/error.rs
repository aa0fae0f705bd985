//! What can go wrong with a project file, each in one sentence that says what is wrong, where, and what to do.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use thiserror::Error;

use super::lock::Holder;
use crate::model::MaskRegionError;
use crate::model::skeleton::SkeletonError;
use crate::recording::detect::ConfigError;

/// Why the project file cannot do what it was asked for.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// No file there.
    #[error("there is no project at {}; make one with: behaviorvlm new RECORDING {}", path.display(), path.display())]
    NotFound {
        /// The path asked for.
        path: PathBuf,
    },
    /// A file stands where the project should be made.
    #[error("{} exists already and is left as it is; choose another name, or move it away", path.display())]
    AlreadyExists {
        /// The path asked for.
        path: PathBuf,
    },
    /// A file that is no project.
    #[error("{} is not a behaviorvlm project: {reason}; give the .bvlm file of a project", path.display())]
    NotAProject {
        /// The file.
        path: PathBuf,
        /// What gives it away.
        reason: String,
    },
    /// A project that a later program wrote.
    #[error("{} was written by a newer behaviorvlm (project version {found}, this program knows up to {supported}); update behaviorvlm, the file was not touched", path.display())]
    NewerVersion {
        /// The project.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version that this program knows.
        supported: i64,
    },
    /// An older project that was opened for reading only.
    #[error("{} was written by an older behaviorvlm (project version {found}, now {supported}); open it once for writing to bring it up to date", path.display())]
    OlderVersion {
        /// The project.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The version it needs for reading.
        supported: i64,
    },
    /// A damaged project.
    #[error("{} is damaged ({detail}); keep a copy of it, then restore a backup, or recover what is readable with: sqlite3 {} .recover | sqlite3 recovered.bvlm", path.display(), path.display())]
    Corrupted {
        /// The project.
        path: PathBuf,
        /// What the check found.
        detail: String,
    },
    /// Another program writes to the project.
    #[error("{} is being written by {holder}; close it there first, or open the project read-only", path.display())]
    Locked {
        /// The project.
        path: PathBuf,
        /// Who holds it.
        holder: Holder,
    },
    /// The file system cannot lock files, so that two writers could not be kept apart.
    #[error("{} cannot be locked against a second writer ({source}); copy the project to a local disk", path.display())]
    CannotLock {
        /// The lock file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A write to a project that was opened for reading.
    #[error("{} is open for reading only; nothing was changed", path.display())]
    ReadOnly {
        /// The project.
        path: PathBuf,
    },
    /// A project that the system does not let us write to.
    #[error("{} cannot be written, the system protects it; change its permissions, or open it read-only", path.display())]
    WriteProtected {
        /// The project.
        path: PathBuf,
    },
    /// Somebody else held the file for longer than we wait.
    #[error("{} was busy for too long; try again", path.display())]
    Busy {
        /// The project.
        path: PathBuf,
    },
    /// No space left.
    #[error("there is no space left on the disk of {}: nothing was changed; free some space there, then do it again", path.display())]
    DiskFull {
        /// The project.
        path: PathBuf,
    },
    /// A name that no recording of the project bears.
    #[error("the project has no recording \"{name}\"; its recordings are: {known}")]
    UnknownRecording {
        /// The name asked for.
        name: String,
        /// All names, joined.
        known: String,
    },
    /// A recording has to be named.
    #[error("the project holds several recordings; choose one with --recording: {known}")]
    SeveralRecordings {
        /// All names, joined.
        known: String,
    },
    /// No recording in the project.
    #[error("{} holds no recording yet; add one with: behaviorvlm new RECORDING {}", path.display(), path.display())]
    NoRecording {
        /// The project.
        path: PathBuf,
    },
    /// Two recordings of the same name.
    #[error(
        "the project holds a recording named \"{name}\" already; give the new one another name in its recording.toml"
    )]
    DuplicateRecording {
        /// The name.
        name: String,
    },
    /// A row id that is not in this project.
    #[error("there is no {what} {id} in this project")]
    UnknownId {
        /// What kind of row.
        what: &'static str,
        /// The id.
        id: i64,
    },
    /// A frame, camera or keypoint that the recording does not have.
    #[error("{what} {value} is outside recording \"{recording}\", which has {count}")]
    Outside {
        /// "frame", "camera" or "keypoint".
        what: &'static str,
        /// The position asked for, from 0.
        value: u32,
        /// The recording.
        recording: String,
        /// How many there are.
        count: u32,
    },
    /// A place that is not a number.
    #[error("{what} at frame {frame} has a place that is not a finite number; nothing was saved")]
    NotFinite {
        /// What has it.
        what: String,
        /// The frame.
        frame: u32,
    },
    /// A mask region that cannot be used.
    #[error(transparent)]
    MaskRegion(#[from] MaskRegionError),
    /// Settings of the detector that cannot be used.
    #[error(transparent)]
    DetectConfig(#[from] ConfigError),
    /// A dot was to be added where one is.
    #[error("frame {frame}: centroid {number} stands there already; use that one")]
    CentroidThere {
        /// The dot's number.
        number: u16,
        /// The frame.
        frame: u32,
    },
    /// A recording whose files changed so much that what the project holds no longer fits.
    #[error("recording \"{name}\" {what}; what the project holds of it would no longer fit, add it under another name")]
    RecordingShrank {
        /// The recording.
        name: String,
        /// What is gone: "has lost camera cam2".
        what: String,
    },
    /// Segments were to be read where people's stand already.
    #[error("the human layer holds {segments} segments already; nothing was read, so that none of them is lost")]
    HumanLayerThere {
        /// How many there are.
        segments: u32,
    },
    /// Animals that people spoke of would become others.
    #[error(
        "the animals are {before}, and people's segments are of them; they cannot become {after}: give the animals their old names and order in recording.toml, or add the recording under another name"
    )]
    AnimalsInUse {
        /// Their names.
        before: String,
        /// The names that they would get.
        after: String,
    },
    /// A machine tried to touch what a person labelled.
    #[error("refused: {message}; nothing of this write was saved")]
    HumanLabel {
        /// Which rule was broken.
        message: String,
    },
    /// An edit without a name to it.
    #[error("an edit needs the annotator's name; give one with --annotator")]
    MissingAnnotator,
    /// An edit that starts from a value that is not there any more.
    #[error("the edit was not applied: {detail}")]
    EditConflict {
        /// What stands there instead, and since when.
        detail: String,
    },
    /// A skeleton inside the project that cannot be read.
    #[error("the skeleton inside {} is not valid: {source}", path.display())]
    Skeleton {
        /// The project.
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
    /// Anything else that the database says.
    #[error("the database of {} failed: {source}", path.display())]
    Database {
        /// The project.
        path: PathBuf,
        /// What it says.
        source: rusqlite::Error,
    },
}

impl StoreError {
    /// Whether the same call may succeed later without anybody changing anything.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Locked { .. })
    }
}

/// An error below the public interface: it does not know the project's path yet.
#[derive(Debug)]
pub(super) enum Fault {
    /// From SQLite.
    Sqlite(rusqlite::Error),
    /// Complete already.
    Store(StoreError),
    /// A value in the file that no version of this program writes.
    Malformed(String),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Fault {
    /// The public error, now that the path is known.
    pub(super) fn at(self, path: &Path) -> StoreError {
        match self {
            Self::Store(error) => error,
            Self::Malformed(detail) => StoreError::Corrupted { path: path.to_owned(), detail },
            Self::Sqlite(error) => explain(error, path),
        }
    }
}

fn explain(error: rusqlite::Error, path: &Path) -> StoreError {
    let path = path.to_owned();
    match &error {
        rusqlite::Error::SqliteFailure(failure, message) => match failure.code {
            ErrorCode::NotADatabase => StoreError::NotAProject {
                path,
                reason: "it is no SQLite database, or its first bytes are damaged".to_owned(),
            },
            ErrorCode::DatabaseCorrupt => {
                StoreError::Corrupted { path, detail: message.clone().unwrap_or_else(|| error.to_string()) }
            }
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Busy { path },
            ErrorCode::DiskFull => StoreError::DiskFull { path },
            // The index of the write-ahead log could not grow, for which a full disk is the only reason.
            _ if failure.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE => StoreError::DiskFull { path },
            ErrorCode::ReadOnly => StoreError::ReadOnly { path },
            _ if failure.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_TRIGGER => {
                StoreError::HumanLabel { message: message.clone().unwrap_or_default() }
            }
            _ => StoreError::Database { path, source: error },
        },
        rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::InvalidColumnType(..) => StoreError::Corrupted { path, detail: error.to_string() },
        _ => StoreError::Database { path, source: error },
    }
}
