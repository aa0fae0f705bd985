//! Segmentations that someone else made: a syllable per frame, as keypoint-MoSeq, VAME and B-SOiD give, or change points.
//!
//! A table has a header row; columns may stand in any order and those that we do not know are ignored. A list without a header
//! is read too: one column, or a frame before it. What such programs call noise (a negative number) is no label.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use crate::behavior::clips::{Clip, ClipLimits, clips_of_labels};

/// What a list says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenKind {
    /// A label per frame: a column `syllable`, `label`, `motif`, `cluster`, `state` or `B-SOiD labels`; `frame` and `animal`
    /// may stand beside it. Without frames the first row is frame 0. With them an absent row means no label.
    Syllables,
    /// The frames at which something new begins, in a column `frame`; `animal` may stand beside it.
    ChangePoints,
}

/// A segmentation as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// What the labels are called in the list, in their order: numbers by size, then words. A clip's cluster is a position in
    /// here. Empty of change points: there each stretch is a cluster of its own.
    pub names: Vec<String>,
    /// One per animal, in the order of their names.
    pub tracks: Vec<GivenTrack>,
}

/// The segmentation of one animal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenTrack {
    /// Whose it is; `None` where the list does not say.
    pub animal: Option<String>,
    content: Content,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Content {
    /// A label per row, of consecutive frames from 0.
    Rows(Vec<Option<u16>>),
    /// Labels of single frames.
    Frames(BTreeMap<u32, Option<u16>>),
    Changes(BTreeSet<u32>),
}

/// What is wrong with a list, and where. Lines are counted from 1, the header included.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum GivenError {
    /// No column has one of the names.
    #[error("line 1: there is no column {expected}; there are {}", found.join(", "))]
    MissingColumn {
        /// What it may be called.
        expected: &'static str,
        /// What there is.
        found: Vec<String>,
    },
    /// A row is shorter or longer than the first, or no text.
    #[error("line {line}: {reason}")]
    Row {
        /// The line.
        line: u64,
        /// What the parser says.
        reason: String,
    },
    /// A field does not hold a frame.
    #[error("line {line}, column {column}: \"{value}\" is no frame number")]
    Frame {
        /// The line.
        line: u64,
        /// The column's name.
        column: String,
        /// The field.
        value: String,
    },
    /// A frame stands there twice.
    #[error("line {line}: frame {frame} has a label already")]
    Twice {
        /// The line.
        line: u64,
        /// The frame.
        frame: u32,
    },
    /// More different labels, or changes, than can be told apart.
    #[error("there are {found} different labels; at most {most} are understood")]
    TooMany {
        /// How many there are.
        found: usize,
        /// How many there may be.
        most: usize,
    },
    /// There is nothing after the header.
    #[error("the list is empty")]
    Empty,
    /// The list is of another recording, or of another frame rate.
    #[error("the list{} has {found} frames, the recording has {frame_count}", of_animal(animal.as_deref()))]
    FrameCount {
        /// Whose list.
        animal: Option<String>,
        /// Frames in the list: its rows, or the frame after its last.
        found: u64,
        /// Frames in the recording.
        frame_count: u32,
    },
}

fn of_animal(animal: Option<&str>) -> String {
    animal.map(|animal| format!(" of {animal}")).unwrap_or_default()
}

const LABEL_COLUMNS: [&str; 7] = ["syllable", "label", "motif", "cluster", "state", "b-soid labels", "labels"];
const FRAME_COLUMNS: [&str; 2] = ["frame", "frames"];
const ANIMAL_COLUMNS: [&str; 2] = ["animal", "individual"];

/// Labels, or stretches of one animal, at most: a cluster is a number of 16 bits.
const MOST_LABELS: usize = 65_000;

/// A row of a list as it stands there.
struct Row {
    line: u64,
    animal: Option<String>,
    frame: Option<u32>,
    label: String,
}

impl Given {
    /// Reads a list from the text of a CSV file.
    ///
    /// # Errors
    /// Where a column is missing or a row makes no sense; line and column are named.
    pub fn parse(kind: GivenKind, text: &str) -> Result<Self, GivenError> {
        let rows = read_rows(kind, text)?;
        if rows.is_empty() {
            return Err(GivenError::Empty);
        }
        match kind {
            GivenKind::Syllables => syllables(&rows),
            GivenKind::ChangePoints => change_points(&rows),
        }
    }

    /// The track of an animal: the one that bears its name, or the only one where the list names none.
    pub fn track(&self, animal: &str) -> Option<&GivenTrack> {
        self.tracks.iter().find(|track| track.animal.as_deref().is_none_or(|name| name == animal))
    }
}

impl GivenTrack {
    /// A label for each frame of a recording with so many frames; `None` where the list has none.
    ///
    /// # Errors
    /// Where the list has another number of rows, or goes beyond the recording.
    pub fn labels(&self, frame_count: u32) -> Result<Vec<Option<u16>>, GivenError> {
        let mismatch = |found| GivenError::FrameCount { animal: self.animal.clone(), found, frame_count };
        let check_last = |last: Option<&u32>| match last {
            Some(last) if *last >= frame_count => Err(mismatch(u64::from(*last) + 1)),
            _ => Ok(()),
        };
        match &self.content {
            Content::Rows(rows) if rows.len() == frame_count as usize => Ok(rows.clone()),
            Content::Rows(rows) => Err(mismatch(rows.len() as u64)),
            Content::Frames(frames) => {
                check_last(frames.keys().next_back())?;
                Ok((0..frame_count).map(|frame| frames.get(&frame).copied().flatten()).collect())
            }
            Content::Changes(changes) => {
                check_last(changes.last())?;
                let mut stretch = 0;
                let mut label = |frame: u32| {
                    stretch += u16::from(frame > 0 && changes.contains(&frame));
                    Some(stretch)
                };
                Ok((0..frame_count).map(&mut label).collect())
            }
        }
    }

    /// Clips of a recording with so many frames: the list's own stretches within the limits of length.
    ///
    /// # Errors
    /// As [`Self::labels`].
    pub fn clips(&self, frame_count: u32, limits: &ClipLimits) -> Result<Vec<Clip>, GivenError> {
        Ok(clips_of_labels(&self.labels(frame_count)?, limits))
    }
}

/// Where the columns are.
struct Columns {
    animal: Option<usize>,
    frame: Option<usize>,
    label: Option<usize>,
    has_header: bool,
}

impl Columns {
    fn of(kind: GivenKind, first: &csv::StringRecord) -> Result<Self, GivenError> {
        let is_number = |field: &str| field.parse::<f64>().is_ok();
        if first.iter().all(is_number) && first.len() <= 2 {
            let last = first.len() - 1;
            return Ok(match kind {
                GivenKind::Syllables => {
                    Self { animal: None, frame: (last > 0).then_some(0), label: Some(last), has_header: false }
                }
                GivenKind::ChangePoints => Self { animal: None, frame: Some(0), label: None, has_header: false },
            });
        }
        let find = |names: &[&str]| {
            names.iter().find_map(|name| first.iter().position(|field| field.eq_ignore_ascii_case(name)))
        };
        let columns = Self {
            animal: find(&ANIMAL_COLUMNS),
            frame: find(&FRAME_COLUMNS),
            label: find(&LABEL_COLUMNS),
            has_header: true,
        };
        let missing =
            |expected| GivenError::MissingColumn { expected, found: first.iter().map(str::to_owned).collect() };
        match kind {
            GivenKind::Syllables if columns.label.is_none() => Err(missing("syllable, label or motif")),
            GivenKind::ChangePoints if columns.frame.is_none() => Err(missing("frame")),
            _ => Ok(columns),
        }
    }
}

fn read_rows(kind: GivenKind, text: &str) -> Result<Vec<Row>, GivenError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .trim(csv::Trim::All)
        // With its default the reader counts a line too few after CR LF; the CR goes with the blanks around a field.
        .terminator(csv::Terminator::Any(b'\n'))
        .from_reader(text.as_bytes());
    let (mut rows, mut columns, mut names) = (Vec::new(), None, Vec::new());
    for record in reader.records() {
        let record = record.map_err(|error| GivenError::Row {
            line: error.position().map_or(1, csv::Position::line),
            reason: match error.kind() {
                csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                    format!("{len} fields, where the first row has {expected_len}")
                }
                _ => error.to_string(),
            },
        })?;
        if columns.is_none() {
            let found = Columns::of(kind, &record)?;
            let has_header = found.has_header;
            columns = Some(found);
            if has_header {
                names = record.iter().map(str::to_owned).collect();
                continue;
            }
        }
        let Some(columns) = &columns else { continue };
        rows.push(read_row(&record, columns, &names)?);
    }
    Ok(rows)
}

fn read_row(record: &csv::StringRecord, columns: &Columns, names: &[String]) -> Result<Row, GivenError> {
    let line = record.position().map_or(1, csv::Position::line);
    let field = |column: Option<usize>| column.and_then(|column| record.get(column));
    let frame = match (columns.frame, field(columns.frame)) {
        (Some(column), Some(value)) => Some(frame_of(value).ok_or_else(|| GivenError::Frame {
            line,
            column: names.get(column).cloned().unwrap_or_else(|| (column + 1).to_string()),
            value: value.to_owned(),
        })?),
        _ => None,
    };
    let label = field(columns.label).unwrap_or_default().to_owned();
    Ok(Row { line, animal: field(columns.animal).map(str::to_owned), frame, label })
}

/// A frame number; other programs write whole numbers with a decimal point, too.
fn frame_of(value: &str) -> Option<u32> {
    whole_number(value).and_then(|number| u32::try_from(number).ok()).filter(|frame| *frame < u32::MAX)
}

fn whole_number(value: &str) -> Option<i64> {
    let number = value.parse::<f64>().ok().filter(|number| number.fract() == 0.0 && number.abs() < 1e15)?;
    Some(number as i64)
}

/// What a label is called: `None` of an empty field, `nan` and negative numbers; `3.0` is `3`.
fn name_of(label: &str) -> Option<String> {
    match whole_number(label) {
        Some(number) if number < 0 => None,
        Some(number) => Some(number.to_string()),
        None if label.is_empty() || label.eq_ignore_ascii_case("nan") => None,
        None => Some(label.to_owned()),
    }
}

fn syllables(rows: &[Row]) -> Result<Given, GivenError> {
    let distinct: BTreeSet<(u64, String)> = rows
        .iter()
        .filter_map(|row| name_of(&row.label))
        .map(|name| (name.parse().unwrap_or(u64::MAX), name))
        .collect();
    if distinct.len() > MOST_LABELS {
        return Err(GivenError::TooMany { found: distinct.len(), most: MOST_LABELS });
    }
    let names: Vec<String> = distinct.into_iter().map(|(_, name)| name).collect();
    let positions: BTreeMap<&str, u16> = names.iter().map(String::as_str).zip(0..).collect();
    let mut tracks: BTreeMap<Option<String>, Content> = BTreeMap::new();
    for row in rows {
        let label = name_of(&row.label).and_then(|name| positions.get(name.as_str()).copied());
        let empty = || if row.frame.is_some() { Content::Frames(BTreeMap::new()) } else { Content::Rows(Vec::new()) };
        match (tracks.entry(row.animal.clone()).or_insert_with(empty), row.frame) {
            (Content::Frames(frames), Some(frame)) => {
                let before = frames.insert(frame, label);
                before.map_or(Ok(()), |_| Err(GivenError::Twice { line: row.line, frame }))?;
            }
            (Content::Rows(labels), _) => labels.push(label),
            _ => {}
        }
    }
    Ok(Given { names, tracks: tracks_of(tracks) })
}

fn change_points(rows: &[Row]) -> Result<Given, GivenError> {
    let mut tracks: BTreeMap<Option<String>, BTreeSet<u32>> = BTreeMap::new();
    for row in rows {
        tracks.entry(row.animal.clone()).or_default().extend(row.frame);
    }
    if let Some(found) = tracks.values().map(BTreeSet::len).max().filter(|found| *found >= MOST_LABELS) {
        return Err(GivenError::TooMany { found, most: MOST_LABELS });
    }
    let tracks = tracks.into_iter().map(|(animal, changes)| (animal, Content::Changes(changes))).collect();
    Ok(Given { names: Vec::new(), tracks: tracks_of(tracks) })
}

fn tracks_of(tracks: BTreeMap<Option<String>, Content>) -> Vec<GivenTrack> {
    tracks.into_iter().map(|(animal, content)| GivenTrack { animal, content }).collect()
}
