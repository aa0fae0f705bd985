//! The plain tables: `points3d.csv`, `points2d.csv` and seeds, long form, with a header row.
//!
//! An absent row, an empty field and `nan` all mean missing; we write no row. Columns may stand in any order, columns that we
//! do not know are ignored, and a first column `recording` tells several recordings apart. Numbers are written in the
//! shortest form that reads back exactly.

pub(in crate::formats) mod reader;

pub(in crate::formats) mod writer;

mod points3d;

mod points2d;

mod snap;

#[cfg(test)]
mod tests;

pub use points2d::{Point2dRow, Points2dWriter, labels_of_rows, read_points2d, read_seeds, rows_of_labels};
pub use points3d::{Point3dRow, Points3dWriter, poses_of_rows, read_points3d, rows_of_pose};
pub use snap::{Contested, SNAP_PX, SnapReport, snap_to_centroids};

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::model::Skeleton;
use crate::store::RecordingInfo;

/// What a table may name in one recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableRecording {
    /// The recording's name.
    pub name: String,
    /// Its cameras; a [`crate::model::CameraId`] is a position in here.
    pub cameras: Vec<String>,
    /// How many frames it has; `None` where the table itself is all that there is.
    pub frame_count: Option<u32>,
}

impl From<&RecordingInfo> for TableRecording {
    fn from(info: &RecordingInfo) -> Self {
        Self {
            name: info.name.clone(),
            cameras: info.cameras.iter().map(|camera| camera.name.clone()).collect(),
            frame_count: (info.frame_count > 0).then_some(info.frame_count),
        }
    }
}

/// What the names in a table mean.
#[derive(Clone, Copy, Debug)]
pub struct TableContext<'a> {
    /// The keypoints; aliases are understood.
    pub skeleton: &'a Skeleton,
    /// The recordings; rows name them by position in here.
    pub recordings: &'a [TableRecording],
    /// The recording of a table without the column `recording`; `None` where one has to be named.
    pub default_recording: Option<usize>,
}

impl<'a> TableContext<'a> {
    /// The names of a skeleton and some recordings; the only recording, if it is the only one, need not be named.
    pub fn new(skeleton: &'a Skeleton, recordings: &'a [TableRecording]) -> Self {
        Self { skeleton, recordings, default_recording: (recordings.len() == 1).then_some(0) }
    }
}

/// What is wrong with a table, and where.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TableError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write the table: {source}")]
    Write {
        /// What the system says.
        source: io::Error,
    },
    /// No header row with this column.
    #[error("{}: there is no column \"{column}\"; the first line must name the columns {expected}, and it is: {found}", file.display())]
    MissingColumn {
        /// The file.
        file: PathBuf,
        /// The column.
        column: &'static str,
        /// All columns that a table of this kind needs.
        expected: String,
        /// The first line.
        found: String,
    },
    /// Two columns of the same name.
    #[error("{}: the column \"{column}\" stands there twice; rename or delete one", file.display())]
    DoubleColumn {
        /// The file.
        file: PathBuf,
        /// The column.
        column: &'static str,
    },
    /// A row that is longer or shorter than the header.
    #[error("{}, line {line}: {found} fields, where the first line has {expected}", file.display())]
    FieldCount {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: u64,
        /// Fields in the row.
        found: usize,
        /// Fields in the header.
        expected: usize,
    },
    /// A value that does not fit its column.
    #[error("{}, line {line}, column {column}: \"{value}\" is not {allowed}", file.display())]
    Value {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The column.
        column: &'static str,
        /// What stands there.
        value: String,
        /// What may stand there.
        allowed: String,
    },
    /// A row that begins or ends something that another row should end or begin.
    #[error("{}, line {line}: {what}", file.display())]
    Unpaired {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is missing.
        what: String,
    },
    /// Two rows for the same thing.
    #[error("{}, line {line}: {what} stands in line {first_line} already; keep one of the two", file.display())]
    DoubleRow {
        /// The file.
        file: PathBuf,
        /// The later line, from 1.
        line: u64,
        /// The earlier line, from 1.
        first_line: u64,
        /// What both are about.
        what: String,
    },
    /// A table that does not say which of several recordings it is about.
    #[error("{}: the table has no column \"recording\" and the project holds several; choose one with --recording: {known}", file.display())]
    NoRecording {
        /// The file.
        file: PathBuf,
        /// All names, joined.
        known: String,
    },
}
