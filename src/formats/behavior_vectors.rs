//! Behavior vectors as tables: `[recording,]video,subject,frame,label,confidence`, or a column of 0 and 1 per label.
//!
//! Each subject has exactly as many rows as its recording has frames. An empty label means that nobody labelled the frame.

use std::io::{self, Write};

use super::tables::TableError;
use crate::behavior::vectors::{FrameLabel, LabelMatrix};

/// Whose rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VectorSubject<'a> {
    /// The recording, where the table holds several.
    pub recording: Option<&'a str>,
    /// The video.
    pub video: &'a str,
    /// The animal.
    pub subject: &'a str,
}

/// Writes tables of one kind, subject by subject.
pub struct VectorWriter<W: Write> {
    writer: csv::Writer<W>,
    names_recording: bool,
}

impl<W: Write> VectorWriter<W> {
    /// Begins a table of one label per frame.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn exclusive(out: W, names_recording: bool) -> Result<Self, TableError> {
        Self::begin(out, names_recording, &["label".to_owned()])
    }

    /// Begins a table with a column per label.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn multi_label(out: W, names_recording: bool, labels: &[String]) -> Result<Self, TableError> {
        Self::begin(out, names_recording, labels)
    }

    fn begin(out: W, names_recording: bool, columns: &[String]) -> Result<Self, TableError> {
        let mut table = Self { writer: csv::Writer::from_writer(out), names_recording };
        let head = ["recording", "video", "subject", "frame"];
        let head = head[usize::from(!names_recording)..].iter().copied();
        table.record(head.chain(columns.iter().map(String::as_str)).chain(["confidence"]))?;
        Ok(table)
    }

    /// Writes the rows of a subject, one label each.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write_exclusive(
        &mut self,
        subject: VectorSubject<'_>,
        rows: &[Option<FrameLabel<'_>>],
    ) -> Result<(), TableError> {
        for (frame, row) in rows.iter().enumerate() {
            let confidence = shown(row.and_then(|row| row.confidence));
            self.row(subject, frame, [row.map_or("", |row| row.label)], &confidence)?;
        }
        Ok(())
    }

    /// Writes the rows of a subject, a 0 or 1 per label; the labels are those of the header.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write_multi_label(&mut self, subject: VectorSubject<'_>, matrix: &LabelMatrix) -> Result<(), TableError> {
        for (frame, (holds, confidence)) in matrix.holds.iter().zip(&matrix.confidence).enumerate() {
            let columns = holds.iter().map(|holds| if *holds { "1" } else { "0" });
            self.row(subject, frame, columns, &shown(*confidence))?;
        }
        Ok(())
    }

    /// Ends the table.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self) -> Result<(), TableError> {
        self.writer.flush().map_err(|source| TableError::Write { source })
    }

    fn row<'a>(
        &mut self,
        subject: VectorSubject<'_>,
        frame: usize,
        columns: impl IntoIterator<Item = &'a str>,
        confidence: &str,
    ) -> Result<(), TableError> {
        let frame = frame.to_string();
        let head = [subject.recording.unwrap_or_default(), subject.video, subject.subject, &frame];
        for field in head.into_iter().skip(usize::from(!self.names_recording)) {
            self.writer.write_field(field).map_err(write_error)?;
        }
        for field in columns {
            self.writer.write_field(field).map_err(write_error)?;
        }
        self.record([confidence].into_iter())
    }

    fn record<'a>(&mut self, fields: impl Iterator<Item = &'a str>) -> Result<(), TableError> {
        self.writer.write_record(fields).map_err(write_error)
    }
}

fn write_error(error: csv::Error) -> TableError {
    TableError::Write { source: io::Error::from(error) }
}

fn shown(confidence: Option<f32>) -> String {
    confidence.map_or_else(String::new, |confidence| confidence.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBJECT: VectorSubject<'_> = VectorSubject { recording: Some("r1"), video: "top.mp4", subject: "A0" };

    #[test]
    fn each_frame_has_a_row() {
        let mut text = Vec::new();
        let mut table = VectorWriter::exclusive(&mut text, false).unwrap();
        table
            .write_exclusive(SUBJECT, &[None, Some(FrameLabel { label: "run, fast", confidence: Some(0.25) })])
            .unwrap();
        table.finish().unwrap();
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "video,subject,frame,label,confidence\ntop.mp4,A0,0,,\ntop.mp4,A0,1,\"run, fast\",0.25\n"
        );
    }

    #[test]
    fn each_label_has_a_column() {
        let labels = vec!["a".to_owned(), "b".to_owned()];
        let matrix = LabelMatrix {
            labels: labels.clone(),
            holds: vec![vec![true, false], vec![false, false]],
            confidence: vec![Some(1.0), None],
        };
        let mut text = Vec::new();
        let mut table = VectorWriter::multi_label(&mut text, true, &labels).unwrap();
        table.write_multi_label(SUBJECT, &matrix).unwrap();
        table.finish().unwrap();
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "recording,video,subject,frame,a,b,confidence\nr1,top.mp4,A0,0,1,0,1\nr1,top.mp4,A0,1,0,0,\n"
        );
    }
}
