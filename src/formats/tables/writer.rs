//! Writing a plain table row by row.

use std::io::{self, Write};

use super::{TableContext, TableError};

/// A table that is being written; the column `recording` comes first where there are several recordings.
pub(super) struct TableWriter<'a, W: Write> {
    writer: csv::Writer<W>,
    context: TableContext<'a>,
    rows: usize,
}

impl<'a, W: Write> TableWriter<'a, W> {
    /// Writes the header.
    pub(super) fn new(out: W, context: TableContext<'a>, columns: &[&str]) -> Result<Self, TableError> {
        let mut table = Self { writer: csv::Writer::from_writer(out), context, rows: 0 };
        if table.names_recording() {
            table.field("recording")?;
        }
        for column in columns {
            table.field(column)?;
        }
        table.end_line()?;
        Ok(table)
    }

    fn names_recording(&self) -> bool {
        self.context.recordings.len() > 1
    }

    /// Writes a row.
    pub(super) fn row<const N: usize>(&mut self, recording: usize, fields: [String; N]) -> Result<(), TableError> {
        if self.names_recording() {
            let name = self.context.recordings.get(recording).map_or("", |recording| recording.name.as_str());
            self.field(name)?;
        }
        for field in fields {
            self.field(&field)?;
        }
        self.end_line()?;
        self.rows += 1;
        Ok(())
    }

    /// Ends the table and says how many rows it has.
    pub(super) fn finish(mut self) -> Result<usize, TableError> {
        self.writer.flush().map_err(|source| TableError::Write { source })?;
        Ok(self.rows)
    }

    /// The name of a camera.
    pub(super) fn camera(&self, recording: usize, camera: usize) -> String {
        let cameras = self.context.recordings.get(recording).map(|recording| &recording.cameras);
        cameras.and_then(|cameras| cameras.get(camera)).cloned().unwrap_or_default()
    }

    /// The name of a keypoint.
    pub(super) fn keypoint(&self, keypoint: usize) -> String {
        self.context.skeleton.keypoints.get(keypoint).map(|keypoint| keypoint.name.clone()).unwrap_or_default()
    }

    fn field(&mut self, field: &str) -> Result<(), TableError> {
        self.writer.write_field(field).map_err(write_error)
    }

    fn end_line(&mut self) -> Result<(), TableError> {
        self.writer.write_record(None::<&[u8]>).map_err(write_error)
    }
}

fn write_error(error: csv::Error) -> TableError {
    TableError::Write { source: io::Error::from(error) }
}

/// A number in the shortest form that reads back exactly.
pub(in crate::formats) fn number(value: f64) -> String {
    // Plain digits up to sizes that anybody would write out; beyond, an exponent.
    if value != 0.0 && !(1e-5..1e16).contains(&value.abs()) { format!("{value:e}") } else { value.to_string() }
}

/// A number that may be missing.
pub(super) fn optional_number(value: Option<f64>) -> String {
    value.filter(|value| value.is_finite()).map(number).unwrap_or_default()
}
