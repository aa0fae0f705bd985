//! Rows and checked fields of a plain table.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder, Terminator};

use super::{TableContext, TableError, TableRecording};
use crate::model::{CameraId, KeypointId, Skeleton};

/// A value in an error message is cut after so many characters.
const SHOWN_CHARACTERS: usize = 60;

/// The columns of a kind of table, by name.
pub(in crate::formats) struct Columns {
    /// Those that must be there.
    pub(in crate::formats) required: &'static [&'static str],
    /// Those that may be there.
    pub(in crate::formats) optional: &'static [&'static str],
}

/// One row, whose fields are asked for by the column's name.
pub(in crate::formats) struct Row<'a> {
    file: &'a Path,
    line: u64,
    record: &'a ByteRecord,
    /// Position of each known column, where the table has it.
    positions: &'a [(&'static str, usize)],
    names: Names<'a>,
}

/// What the names in a table mean; tables without keypoints have no skeleton.
#[derive(Clone, Copy)]
pub(in crate::formats) struct Names<'a> {
    pub(in crate::formats) skeleton: Option<&'a Skeleton>,
    pub(in crate::formats) recordings: &'a [TableRecording],
    pub(in crate::formats) default_recording: Option<usize>,
}

impl<'a> From<&TableContext<'a>> for Names<'a> {
    fn from(context: &TableContext<'a>) -> Self {
        Self {
            skeleton: Some(context.skeleton),
            recordings: context.recordings,
            default_recording: context.default_recording,
        }
    }
}

/// The line and the value of every row for which `parse` gives one, in the order of the file.
pub(in crate::formats) fn read<'a, T>(
    file: &Path,
    input: impl Read,
    names: impl Into<Names<'a>>,
    columns: &Columns,
    mut parse: impl FnMut(&Row<'_>) -> Result<Option<T>, TableError>,
) -> Result<Vec<(u64, T)>, TableError> {
    let names = names.into();
    let read_error = |error: csv::Error| TableError::Read { file: file.to_owned(), source: error.into() };
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        // With its default the reader counts a line too few after CR LF; the CR goes with the blanks around a field.
        .terminator(Terminator::Any(b'\n'))
        .from_reader(BufReader::new(input));
    let mut record = ByteRecord::new();
    if !reader.read_byte_record(&mut record).map_err(read_error)? {
        record.clear();
    }
    let positions = columns_of(file, &record, columns)?;
    let expected = record.len();
    let names_recording = positions.iter().any(|(name, _)| *name == "recording");
    if !names_recording && names.default_recording.is_none() {
        return Err(TableError::NoRecording { file: file.to_owned(), known: joined(names.recordings, |it| &it.name) });
    }
    let mut rows = Vec::new();
    while reader.read_byte_record(&mut record).map_err(read_error)? {
        let line = record.position().map_or(0, csv::Position::line);
        if record.iter().all(|field| field.trim_ascii().is_empty()) {
            continue;
        }
        if record.len() != expected {
            return Err(TableError::FieldCount { file: file.to_owned(), line, found: record.len(), expected });
        }
        let row = Row { file, line, record: &record, positions: &positions, names };
        if let Some(value) = parse(&row)? {
            rows.push((line, value));
        }
    }
    Ok(rows)
}

/// Opens a table for [`read`].
pub(in crate::formats) fn open(file: &Path) -> Result<File, TableError> {
    File::open(file).map_err(|source| TableError::Read { file: file.to_owned(), source })
}

/// Sorts rows by `key` and refuses two with the same one.
pub(in crate::formats) fn sorted_unique<T, K: Ord>(
    file: &Path,
    mut rows: Vec<(u64, T)>,
    key: impl Fn(&T) -> K,
    what: impl Fn(&T) -> String,
) -> Result<Vec<T>, TableError> {
    rows.sort_by(|a, b| key(&a.1).cmp(&key(&b.1)).then(a.0.cmp(&b.0)));
    let double = rows.windows(2).filter(|pair| key(&pair[0].1) == key(&pair[1].1)).min_by_key(|pair| pair[1].0);
    if let Some([first, second]) = double {
        return Err(TableError::DoubleRow {
            file: file.to_owned(),
            line: second.0,
            first_line: first.0,
            what: what(&second.1),
        });
    }
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

fn columns_of(file: &Path, header: &ByteRecord, columns: &Columns) -> Result<Vec<(&'static str, usize)>, TableError> {
    let names: Vec<String> = header
        .iter()
        .map(|field| String::from_utf8_lossy(field).trim_start_matches('\u{feff}').trim().to_ascii_lowercase())
        .collect();
    let mut positions = Vec::new();
    for column in columns.required.iter().chain(columns.optional).chain(&["recording"]).copied() {
        let mut found =
            names.iter().enumerate().filter(|(_, name)| name.as_str() == column).map(|(position, _)| position);
        let first = found.next();
        if found.next().is_some() {
            return Err(TableError::DoubleColumn { file: file.to_owned(), column });
        }
        match first {
            Some(position) => positions.push((column, position)),
            None if columns.required.contains(&column) => {
                let found = if names.is_empty() { "(the file is empty)".to_owned() } else { shown(&names.join(",")) };
                return Err(TableError::MissingColumn {
                    file: file.to_owned(),
                    column,
                    expected: columns.required.join(","),
                    found,
                });
            }
            None => {}
        }
    }
    Ok(positions)
}

impl<'a> Row<'a> {
    /// The field of a column without the blanks around it; `None` where the table has no such column.
    fn field(&self, column: &'static str) -> Result<Option<&'a str>, TableError> {
        let position = self.positions.iter().find(|(name, _)| *name == column).map(|(_, position)| *position);
        let Some(bytes) = position.and_then(|position| self.record.get(position)) else { return Ok(None) };
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Some(text.trim())),
            Err(_) => Err(self.bad(column, &String::from_utf8_lossy(bytes), "UTF-8 text".to_owned())),
        }
    }

    /// The error that names this row, a column and what may stand there.
    pub(in crate::formats) fn bad(&self, column: &'static str, value: &str, allowed: String) -> TableError {
        TableError::Value { file: self.file.to_owned(), line: self.line, column, value: shown(value), allowed }
    }

    /// The recording that the row is about, by position.
    pub(in crate::formats) fn recording(&self) -> Result<usize, TableError> {
        let Some(name) = self.field("recording")? else { return Ok(self.names.default_recording.unwrap_or(0)) };
        let recordings = self.names.recordings;
        let found = recordings.iter().position(|recording| recording.name == name);
        found.ok_or_else(|| {
            self.bad(
                "recording",
                name,
                format!("a recording of the project; it holds {}", joined(recordings, |it| &it.name)),
            )
        })
    }

    /// Whether the table has a column.
    pub(in crate::formats) fn has(&self, column: &'static str) -> bool {
        self.positions.iter().any(|(name, _)| *name == column)
    }

    /// The columns that the table has, of those that were asked for.
    pub(in crate::formats) fn known_columns(&self) -> String {
        self.positions.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(",")
    }

    /// A whole number; `None` where it is missing.
    pub(in crate::formats) fn whole(&self, column: &'static str) -> Result<Option<u32>, TableError> {
        let Some(text) = self.present(column)? else { return Ok(None) };
        let number = whole_number(text).and_then(|number| u32::try_from(number).ok());
        number.map(Some).ok_or_else(|| self.bad(column, text, "a whole number from 0".to_owned()))
    }

    /// The frame, which the recording has.
    pub(in crate::formats) fn frame(&self, recording: usize) -> Result<u32, TableError> {
        let text = self.field("frame")?.unwrap_or_default();
        let frame_count = self.names.recordings.get(recording).and_then(|recording| recording.frame_count);
        let frame = whole_number(text).and_then(|frame| u32::try_from(frame).ok());
        frame.filter(|frame| *frame < frame_count.unwrap_or(u32::MAX)).ok_or_else(|| {
            let allowed = match frame_count {
                Some(0) => "a frame of the recording, which has none".to_owned(),
                Some(count) => format!("a frame of the recording, which has frames 0 to {}", count - 1),
                None => "a frame, a whole number from 0".to_owned(),
            };
            self.bad("frame", text, allowed)
        })
    }

    /// The camera, which the recording has.
    pub(in crate::formats) fn camera(&self, recording: usize) -> Result<CameraId, TableError> {
        let name = self.field("camera")?.unwrap_or_default();
        let cameras = self.names.recordings.get(recording).map_or(&[][..], |recording| &recording.cameras);
        let found = cameras.iter().position(|camera| camera == name).and_then(|position| u8::try_from(position).ok());
        found.map(CameraId).ok_or_else(|| {
            self.bad("camera", name, format!("a camera of the recording; it has {}", cameras.join(", ")))
        })
    }

    /// The keypoint, by its name or an alias.
    pub(in crate::formats) fn keypoint(&self) -> Result<KeypointId, TableError> {
        let name = self.field("keypoint")?.unwrap_or_default();
        let skeleton = self.names.skeleton;
        skeleton.and_then(|skeleton| skeleton.find(name)).ok_or_else(|| {
            let known = skeleton.map_or_else(String::new, |it| joined(&it.keypoints, |keypoint| &keypoint.name));
            self.bad("keypoint", name, format!("a keypoint of the skeleton; it has {known}"))
        })
    }

    /// A number; `None` where it is missing.
    pub(in crate::formats) fn number(&self, column: &'static str) -> Result<Option<f64>, TableError> {
        let text = self.field(column)?.unwrap_or_default();
        if text.is_empty() {
            return Ok(None);
        }
        match text.parse::<f64>() {
            Ok(number) if number.is_nan() => Ok(None),
            Ok(number) if number.is_finite() => Ok(Some(number)),
            _ => Err(self.bad(
                column,
                text,
                "a number (with a point, not a comma); leave it empty where it is missing".to_owned(),
            )),
        }
    }

    /// A count; `None` where it is missing.
    pub(in crate::formats) fn count(&self, column: &'static str) -> Result<Option<u8>, TableError> {
        let Some(text) = self.present(column)? else { return Ok(None) };
        let count = whole_number(text).and_then(|count| u8::try_from(count).ok());
        count.map(Some).ok_or_else(|| self.bad(column, text, "a count from 0 to 255".to_owned()))
    }

    /// Yes or no; `None` where it is missing.
    pub(in crate::formats) fn flag(&self, column: &'static str) -> Result<Option<bool>, TableError> {
        let Some(text) = self.present(column)? else { return Ok(None) };
        match text.to_ascii_lowercase().as_str() {
            "1" | "1.0" | "true" => Ok(Some(true)),
            "0" | "0.0" | "false" => Ok(Some(false)),
            _ => Err(self.bad(column, text, "0 or 1".to_owned())),
        }
    }

    /// A field that is there and says something.
    pub(in crate::formats) fn present(&self, column: &'static str) -> Result<Option<&'a str>, TableError> {
        Ok(self.field(column)?.filter(|text| !text.is_empty() && !text.eq_ignore_ascii_case("nan")))
    }
}

/// A whole number, also in the form "17.0" that tools write who count in decimals.
fn whole_number(text: &str) -> Option<u64> {
    let digits = match text.split_once('.') {
        Some((digits, zeros)) if zeros.bytes().all(|byte| byte == b'0') => digits,
        Some(_) => return None,
        None => text,
    };
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

fn shown(value: &str) -> String {
    let mut text: String = value.chars().take(SHOWN_CHARACTERS).collect();
    if value.chars().nth(SHOWN_CHARACTERS).is_some() {
        text.push('…');
    }
    text
}

fn joined<T>(items: &[T], name: impl Fn(&T) -> &String) -> String {
    items.iter().map(|item| name(item).as_str()).collect::<Vec<_>>().join(", ")
}

/// The name of a recording in front of what a row is about, where there are several.
pub(in crate::formats) fn of_recording(recordings: &[TableRecording], recording: usize) -> String {
    match recordings.get(recording) {
        Some(known) if recordings.len() > 1 => format!("{}, ", known.name),
        _ => String::new(),
    }
}
