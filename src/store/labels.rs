//! Reading labels, and the labels that a foreign tool made.

use std::ops::Range;

use rusqlite::{Connection, params};

use super::chunks::{FrameIter, entry_of};
use super::codec;
use super::error::{Fault, StoreError};
use super::project::{Durability, Project};
use super::recordings::recording_by_id;
use crate::model::{CameraId, FrameLabels, KeypointId, Label, Placement, Point2, Provenance, RecordingId, Source};

impl Project {
    /// The labels of one frame.
    ///
    /// # Errors
    /// When there is no such recording, or the file cannot be read.
    pub fn labels(&self, recording: RecordingId, frame: u32) -> Result<FrameLabels, StoreError> {
        self.read(|connection| {
            let size = self.label_size(connection, recording)?;
            let mut found = labels_of(connection, recording, frame..frame.saturating_add(1), size)?;
            Ok(found.pop().map_or_else(|| FrameLabels::empty(size.0, size.1), |(_, labels)| labels))
        })
    }

    /// The labels of the frames of a range that have any.
    ///
    /// # Errors
    /// When there is no such recording; what goes wrong later comes with the frames.
    pub fn labels_in(
        &self,
        recording: RecordingId,
        range: Range<u32>,
    ) -> Result<FrameIter<'_, FrameLabels>, StoreError> {
        let size = self.read(|connection| self.label_size(connection, recording))?;
        Ok(FrameIter::new(range, move |chunk| self.read(|connection| labels_of(connection, recording, chunk, size))))
    }

    /// The frames with a seed label, ascending.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn seed_frames(&self, recording: RecordingId) -> Result<Vec<u32>, StoreError> {
        self.frames_with(recording, "source = 0")
    }

    /// The frames with a label that a person made, seeds included, ascending.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn human_frames(&self, recording: RecordingId) -> Result<Vec<u32>, StoreError> {
        self.frames_with(recording, "source IN (0, 1)")
    }

    fn frames_with(&self, recording: RecordingId, condition: &str) -> Result<Vec<u32>, StoreError> {
        self.read(|connection| {
            // The second condition is the partial index's own, without which SQLite does not use it.
            let mut statement = connection.prepare_cached(&format!(
                "SELECT DISTINCT frame FROM label WHERE recording = ?1 AND {condition} AND source IN (0, 1) ORDER BY frame"
            ))?;
            let frames = statement.query_map([recording.0], |row| row.get(0))?;
            Ok(frames.collect::<Result<_, _>>()?)
        })
    }

    /// Keeps the labels that a foreign tool gave one frame, for runs that start from them, and shows them where no person
    /// has labelled. Returns how many human labels stayed instead.
    ///
    /// # Errors
    /// When a place is no finite number, or the file cannot be written.
    pub fn put_imported_labels(
        &mut self,
        recording: RecordingId,
        frames: impl IntoIterator<Item = (u32, FrameLabels)>,
        at_unix_ms: i64,
    ) -> Result<usize, StoreError> {
        let path = self.path.clone();
        let keypoint_count = self.skeleton.len();
        self.write(Durability::Power, |transaction| {
            let info = recording_by_id(transaction, &path, recording)?;
            let mut kept = 0;
            for (frame, labels) in frames {
                info.require_frame(frame)?;
                for (camera, keypoint, label) in labels.iter() {
                    info.require_slot(camera, keypoint, keypoint_count)?;
                    codec::require_finite(label, frame, || format!("keypoint {} in camera {}", keypoint.0, camera.0))?;
                    put_imported(transaction, recording, frame, camera, keypoint, label, at_unix_ms)?;
                    kept += usize::from(!show_imported(
                        transaction,
                        recording,
                        frame,
                        camera,
                        keypoint,
                        label,
                        at_unix_ms,
                    )?);
                }
            }
            Ok(kept)
        })
    }

    /// The imported labels of the frames of a range that have any, as they were imported.
    ///
    /// # Errors
    /// When there is no such recording; what goes wrong later comes with the frames.
    pub fn imported_labels_in(
        &self,
        recording: RecordingId,
        range: Range<u32>,
    ) -> Result<FrameIter<'_, FrameLabels>, StoreError> {
        let size = self.read(|connection| self.label_size(connection, recording))?;
        Ok(FrameIter::new(range, move |chunk| self.read(|connection| imported_of(connection, recording, chunk, size))))
    }

    pub(super) fn label_size(&self, connection: &Connection, recording: RecordingId) -> Result<(usize, usize), Fault> {
        Ok((recording_by_id(connection, &self.path, recording)?.cameras.len(), self.skeleton.len()))
    }
}

/// The labels of the frames of a range, for so many cameras and keypoints.
pub(super) fn labels_of(
    connection: &Connection,
    recording: RecordingId,
    range: Range<u32>,
    size: (usize, usize),
) -> Result<Vec<(u32, FrameLabels)>, Fault> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {} FROM label LEFT JOIN annotator ON annotator.id = label.annotator \
         WHERE recording = ?1 AND frame >= ?2 AND frame < ?3 ORDER BY frame, camera, keypoint",
        codec::LABEL_COLUMNS
    ))?;
    let mut rows = statement.query(params![recording.0, range.start, range.end])?;
    let mut found: Vec<(u32, FrameLabels)> = Vec::new();
    while let Some(row) = rows.next()? {
        let (frame, camera, keypoint, label) = codec::label_at(row)?;
        require_inside(camera, keypoint, size)?;
        if let Some(labels) = entry_of(&mut found, frame, || FrameLabels::empty(size.0, size.1)) {
            labels.place(camera, keypoint, label);
        }
    }
    Ok(found)
}

/// One label, inside a read or a write.
pub(super) fn label_of(
    connection: &Connection,
    recording: RecordingId,
    frame: u32,
    camera: CameraId,
    keypoint: KeypointId,
) -> Result<Option<Label>, Fault> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {} FROM label LEFT JOIN annotator ON annotator.id = label.annotator \
         WHERE recording = ?1 AND frame = ?2 AND camera = ?3 AND keypoint = ?4",
        codec::LABEL_COLUMNS
    ))?;
    let mut rows = statement.query(params![recording.0, frame, camera.0, keypoint.0])?;
    Ok(rows.next()?.map(codec::label_at).transpose()?.map(|(_, _, _, label)| label))
}

/// The keypoint of a view that holds a centroid, inside a read or a write.
pub(super) fn holder_of(
    connection: &Connection,
    recording: RecordingId,
    frame: u32,
    camera: CameraId,
    number: u16,
) -> Result<Option<KeypointId>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT keypoint FROM label WHERE recording = ?1 AND frame = ?2 AND camera = ?3 AND number = ?4",
    )?;
    let mut rows = statement.query(params![recording.0, frame, camera.0, number])?;
    Ok(rows.next()?.map(|row| row.get(0)).transpose()?.map(KeypointId))
}

fn require_inside(camera: CameraId, keypoint: KeypointId, size: (usize, usize)) -> Result<(), Fault> {
    if camera.index() < size.0 && keypoint.index() < size.1 {
        return Ok(());
    }
    Err(Fault::Malformed(format!("a label of camera {} and keypoint {}, which are not there", camera.0, keypoint.0)))
}

fn put_imported(
    connection: &Connection,
    recording: RecordingId,
    frame: u32,
    camera: CameraId,
    keypoint: KeypointId,
    label: &Label,
    at_unix_ms: i64,
) -> Result<(), Fault> {
    let point = label.placement.point_in_image();
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO imported_label (recording, frame, camera, keypoint, x, y, at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            recording.0,
            frame,
            camera.0,
            keypoint.0,
            point.map(|point| point.x),
            point.map(|point| point.y),
            at_unix_ms
        ])?;
    Ok(())
}

/// Puts an imported label where no human one stands; says whether it did.
fn show_imported(
    connection: &Connection,
    recording: RecordingId,
    frame: u32,
    camera: CameraId,
    keypoint: KeypointId,
    label: &Label,
    at_unix_ms: i64,
) -> Result<bool, Fault> {
    let point = label.placement.point_in_image();
    connection
        .prepare_cached(
            "DELETE FROM label WHERE recording = ?1 AND frame = ?2 AND camera = ?3 AND keypoint = ?4 \
             AND source NOT IN (0, 1)",
        )?
        .execute(params![recording.0, frame, camera.0, keypoint.0])?;
    let rows = connection
        .prepare_cached(
            "INSERT INTO label (recording, frame, camera, keypoint, x, y, source, at) \
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE NOT EXISTS (SELECT 1 FROM label \
             WHERE recording = ?1 AND frame = ?2 AND camera = ?3 AND keypoint = ?4)",
        )?
        .execute(params![
            recording.0,
            frame,
            camera.0,
            keypoint.0,
            point.map(|point| point.x),
            point.map(|point| point.y),
            codec::source_code(Source::Imported),
            at_unix_ms
        ])?;
    Ok(rows > 0)
}

fn imported_of(
    connection: &Connection,
    recording: RecordingId,
    range: Range<u32>,
    size: (usize, usize),
) -> Result<Vec<(u32, FrameLabels)>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT frame, camera, keypoint, x, y, at FROM imported_label \
         WHERE recording = ?1 AND frame >= ?2 AND frame < ?3 ORDER BY frame, camera, keypoint",
    )?;
    let mut rows = statement.query(params![recording.0, range.start, range.end])?;
    let mut found: Vec<(u32, FrameLabels)> = Vec::new();
    while let Some(row) = rows.next()? {
        let (camera, keypoint) = (CameraId(row.get(1)?), KeypointId(row.get(2)?));
        require_inside(camera, keypoint, size)?;
        let (x, y): (Option<f64>, Option<f64>) = (row.get(3)?, row.get(4)?);
        let placement =
            x.zip(y).map_or(Placement::Absent, |(x, y)| Placement::Free { point_in_image: Point2::new(x, y) });
        let provenance = Provenance { source: Source::Imported, run: None, annotator: None, at_unix_ms: row.get(5)? };
        if let Some(labels) = entry_of(&mut found, row.get(0)?, || FrameLabels::empty(size.0, size.1)) {
            labels.place(camera, keypoint, Label { placement, provenance, margin: None });
        }
    }
    Ok(found)
}
