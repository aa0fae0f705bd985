//! Tracks of animals: the plain table, boxes, and the tables of DeepLabCut. Which one a file is, its first line tells.
//!
//! A pair of zeros is a missing point, as in public data sets, and is counted; so is a point whose confidence is below the
//! limit. A frame without a row is missing for every part. Pixels are as the file has them: scale and exchange of axes are
//! for whoever knows the pictures.

mod deeplabcut;

mod plain;

#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// The part that a table of boxes has: the middle of each box.
pub const BOX_PART: &str = "centroid";

/// What a table of tracks holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrackTable {
    /// The animals' names; one empty name where the table knows only one animal.
    pub individuals: Vec<String>,
    /// The parts' names.
    pub parts: Vec<String>,
    /// Frames: one more than the last that the table names.
    pub frame_count: u32,
    /// x and y by individual, frame, part; NaN where missing.
    pub points: Vec<[f32; 2]>,
    /// Pairs of zeros that were read as missing.
    pub zeros: usize,
    /// Points that were left out since their confidence is below the limit.
    pub unsure: usize,
}

impl TrackTable {
    /// The points of one individual: by frame, then part.
    pub fn points_of(&self, individual: usize) -> &[[f32; 2]] {
        let length = self.frame_count as usize * self.parts.len();
        &self.points[individual * length..(individual + 1) * length]
    }
}

/// How a table is read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrackReading<'a> {
    /// The camera whose pixels are wanted, where the table names cameras.
    pub camera: &'a str,
    /// Points with less confidence are missing, from 0 to 1.
    pub least_confidence: f32,
}

/// Why a table of tracks cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TracksError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The first line is that of no format that is known.
    #[error("{}: these are no tracks that can be read; a table begins with frame,camera,animal,keypoint,x,y, with frame,camera,animal,x,y,w,h or, from DeepLabCut, with scorer; its first line is: {found}", file.display())]
    Unknown {
        /// The file.
        file: PathBuf,
        /// The first line.
        found: String,
    },
    /// A value that does not fit its column.
    #[error("{}, line {line}, column {column}: \"{value}\" is not {allowed}", file.display())]
    Value {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The column.
        column: String,
        /// What stands there.
        value: String,
        /// What may stand there.
        allowed: &'static str,
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
    /// A header that does not fit together.
    #[error("{}: {message}", file.display())]
    Header {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// No row is about the camera.
    #[error("{}: no row is about the camera \"{camera}\"; the table's cameras are {known}", file.display())]
    NoCamera {
        /// The file.
        file: PathBuf,
        /// The camera asked for.
        camera: String,
        /// Those that are there.
        known: String,
    },
    /// The table has no row.
    #[error("{}: the table holds no point", file.display())]
    Empty {
        /// The file.
        file: PathBuf,
    },
}

/// Frames beyond this are a slip in the table, not a recording: 100 hours at 100 frames per second.
const MOST_FRAMES: u32 = 36_000_000;

/// Reads a table of tracks.
///
/// # Errors
/// When the file cannot be read, is of no known format, or a value does not fit.
pub fn read_tracks(file: &Path, reading: &TrackReading<'_>) -> Result<TrackTable, TracksError> {
    let bytes = fs::read(file).map_err(|source| TracksError::Read { file: file.to_owned(), source })?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim_start_matches('\u{feff}');
    let first = text.lines().next().unwrap_or_default();
    let names: Vec<String> = first.split(',').map(|name| name.trim().to_ascii_lowercase()).collect();
    let has = |name: &str| names.iter().any(|known| known == name);
    let table = if names[0] == "scorer" {
        deeplabcut::read(file, text, reading)?
    } else if has("frame") && has("x") && has("y") && (has("keypoint") || (has("w") && has("h"))) {
        plain::read(file, text, &names, reading)?
    } else {
        let found: String = first.chars().take(80).collect();
        return Err(TracksError::Unknown { file: file.to_owned(), found });
    };
    if table.frame_count == 0 || table.parts.is_empty() {
        return Err(TracksError::Empty { file: file.to_owned() });
    }
    Ok(table)
}

/// Rows of a CSV text from the second line on, each with its line.
struct Rows<'a> {
    file: &'a Path,
    reader: csv::Reader<&'a [u8]>,
    record: csv::StringRecord,
    expected: usize,
}

impl<'a> Rows<'a> {
    fn new(file: &'a Path, text: &'a str) -> Self {
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .terminator(csv::Terminator::Any(b'\n'))
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        Self { file, reader, record: csv::StringRecord::new(), expected: 0 }
    }

    /// The next row that is not empty, and its line; the first one says how many fields there are.
    fn next(&mut self) -> Result<Option<(u64, &csv::StringRecord)>, TracksError> {
        loop {
            let more = self.reader.read_record(&mut self.record).map_err(|error| TracksError::Header {
                file: self.file.to_owned(),
                message: format!("this is no table: {error}"),
            })?;
            if !more {
                return Ok(None);
            }
            if self.record.iter().any(|field| !field.is_empty()) {
                break;
            }
        }
        let line = self.record.position().map_or(0, csv::Position::line);
        if self.expected == 0 {
            self.expected = self.record.len();
        }
        if self.record.len() != self.expected {
            let (found, expected) = (self.record.len(), self.expected);
            return Err(TracksError::FieldCount { file: self.file.to_owned(), line, found, expected });
        }
        Ok(Some((line, &self.record)))
    }
}

/// A frame's number.
fn frame_of(file: &Path, line: u64, value: &str) -> Result<u32, TracksError> {
    let whole = value.parse().ok().or_else(|| {
        let number: f64 = value.parse().ok()?;
        (number.fract() == 0.0 && (0.0..f64::from(MOST_FRAMES)).contains(&number)).then_some(number as u32)
    });
    whole.filter(|frame| *frame < MOST_FRAMES).ok_or_else(|| TracksError::Value {
        file: file.to_owned(),
        line,
        column: "frame".to_owned(),
        value: value.to_owned(),
        allowed: "a frame's number, counted from 0",
    })
}

/// A coordinate or confidence; an empty field and `nan` are missing.
fn number_of(file: &Path, line: u64, column: &str, value: &str) -> Result<f32, TracksError> {
    if value.is_empty() || value.eq_ignore_ascii_case("nan") {
        return Ok(f32::NAN);
    }
    value.parse().ok().filter(|number: &f32| number.is_finite()).ok_or_else(|| TracksError::Value {
        file: file.to_owned(),
        line,
        column: column.to_owned(),
        value: value.to_owned(),
        allowed: "a number",
    })
}

/// The position of a name, which is added where it is new.
fn position(names: &mut Vec<String>, name: &str) -> usize {
    names.iter().position(|known| known == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    })
}

impl TrackTable {
    /// A point as it counts: missing where it is a pair of zeros, or not sure enough.
    fn checked(&mut self, point: [f32; 2], confidence: f32, least: f32) -> [f32; 2] {
        let is_there = point.iter().all(|value| value.is_finite());
        if is_there && point == [0.0, 0.0] {
            self.zeros += 1;
        } else if is_there && confidence < least {
            self.unsure += 1;
        } else if is_there {
            return point;
        }
        [f32::NAN; 2]
    }
}
