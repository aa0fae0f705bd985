//! What a run writes: one completed frame per transaction, never over a human label.

use std::collections::HashSet;
use std::ops::Range;

use rusqlite::{Connection, Row, params};

use super::codec;
use super::error::{Fault, StoreError};
use super::project::{Durability, Project};
use super::recordings::recording_by_id;
use super::summaries::{FrameSummary, write_summary};
use super::{poses, runs};
use crate::model::{CameraId, FrameLabels, FramePose, KeypointId, Label, Placement, RecordingId, RunId, Skeleton};

/// One correction that stage 4 made, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeRecord {
    /// The view.
    pub camera: CameraId,
    /// The keypoint.
    pub keypoint: KeypointId,
    /// Where it was; `None` where there was no label.
    pub before: Option<Placement>,
    /// Where it is now; `None` where the label was taken away.
    pub after: Option<Placement>,
    /// Reprojection error of the old place against the new point, px.
    pub error_before_px: Option<f64>,
    /// Reprojection error of the new place, px.
    pub error_after_px: Option<f64>,
    /// Why, in a person's words.
    pub reason: String,
}

impl ChangeRecord {
    /// The change in one line: "ear_L in cam2: 4 → 7, 18.2 → 0.6 px (lower cost over all views)".
    pub fn describe(&self, skeleton: &Skeleton, camera_name: &str) -> String {
        let place = |placement: &Option<Placement>| match placement {
            Some(Placement::Centroid { number, .. }) => number.0.to_string(),
            Some(Placement::Free { point_in_image }) => format!("({:.1}, {:.1})", point_in_image.x, point_in_image.y),
            Some(Placement::Absent) | None => "none".to_owned(),
        };
        let error = |error: Option<f64>| error.map_or_else(|| "–".to_owned(), |error| format!("{error:.1}"));
        let errors = match (self.error_before_px, self.error_after_px) {
            (None, None) => String::new(),
            (before, after) => format!(", {} → {} px", error(before), error(after)),
        };
        let reason = if self.reason.is_empty() { String::new() } else { format!(" ({})", self.reason) };
        let keypoint = skeleton.keypoints.get(self.keypoint.index()).map_or("?", |keypoint| keypoint.name.as_str());
        format!("{keypoint} in {camera_name}: {} → {}{errors}{reason}", place(&self.before), place(&self.after))
    }
}

/// A frame that a run completed.
#[derive(Clone, Copy, Debug)]
pub struct MachineFrame<'a> {
    /// All labels that the frame has now; human ones among them are not written again.
    pub labels: &'a FrameLabels,
    /// Its points.
    pub pose: &'a FramePose,
    /// What stage 4 changed.
    pub changes: &'a [ChangeRecord],
    /// Its reasons; `frame`, `run` and `state` in here are not looked at.
    pub summary: &'a FrameSummary,
    /// What the run needs to go on after this frame, each under its key.
    pub checkpoints: &'a [(&'a str, &'a [u8])],
}

/// What became of a frame's labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MachineOutcome {
    /// Labels written.
    pub written: usize,
    /// Human labels that stayed where the run had another opinion or the same one.
    pub kept_human: usize,
    /// Labels left out, since a human label holds their centroid.
    pub left_out: usize,
}

impl Project {
    /// Replaces what machines said about a frame, in one transaction with its points, changes, reasons and checkpoint.
    /// Human labels stay.
    ///
    /// # Errors
    /// When a place is no finite number, a camera or keypoint is not there, or the file cannot be written; nothing of the
    /// frame is kept then.
    pub fn put_machine_frame(
        &mut self,
        recording: RecordingId,
        frame: u32,
        run: RunId,
        result: &MachineFrame<'_>,
    ) -> Result<MachineOutcome, StoreError> {
        let (path, keypoint_count) = (self.path.clone(), self.skeleton.len());
        self.write(Durability::Process, |transaction| {
            let info = recording_by_id(transaction, &path, recording)?;
            info.require_frame(frame)?;
            let last = (result.labels.camera_count().max(1) - 1, result.labels.keypoint_count().max(1) - 1);
            let last = (u8::try_from(last.0).unwrap_or(u8::MAX), u8::try_from(last.1).unwrap_or(u8::MAX));
            info.require_slot(CameraId(last.0), KeypointId(last.1), keypoint_count)?;
            let outcome = replace_machine_labels(transaction, recording, frame, result.labels)?;
            write_findings(transaction, recording, frame, run, result)?;
            for (key, value) in result.checkpoints {
                runs::write_checkpoint(transaction, run, key, value)?;
            }
            Ok(outcome)
        })
    }

    /// Throws away what machines said about the frames of a range. Human labels, imported labels and decisions stay; frames
    /// with human labels become stale.
    ///
    /// # Errors
    /// When the file cannot be written; nothing is thrown away then.
    pub fn clear_machine_frames(&mut self, recording: RecordingId, range: Range<u32>) -> Result<(), StoreError> {
        self.write(Durability::Process, |transaction| {
            let values = params![recording.0, range.start, range.end];
            let here = "WHERE recording = ?1 AND frame >= ?2 AND frame < ?3";
            transaction.execute(&format!("DELETE FROM label {here} AND source NOT IN (0, 1)"), values)?;
            for table in ["point3d", "change", "frame_summary"] {
                transaction.execute(&format!("DELETE FROM {table} {here}"), values)?;
            }
            transaction.execute(
                &format!(
                    "INSERT OR IGNORE INTO stale_frame (recording, frame) SELECT DISTINCT recording, frame FROM label {here} \
                     AND source IN (0, 1)"
                ),
                values,
            )?;
            Ok(())
        })
    }

    /// The frames that a run completed, ascending.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn completed_frames(&self, recording: RecordingId, run: RunId) -> Result<Vec<u32>, StoreError> {
        self.read(|connection| {
            let mut statement = connection
                .prepare_cached("SELECT frame FROM frame_summary WHERE recording = ?1 AND run = ?2 ORDER BY frame")?;
            let frames = statement.query_map(params![recording.0, run.0], |row| row.get(0))?;
            Ok(frames.collect::<Result<_, _>>()?)
        })
    }

    /// What stage 4 changed in a frame, in the order in which it did.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn changes(&self, recording: RecordingId, frame: u32) -> Result<Vec<ChangeRecord>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT camera, keypoint, before_kind, before_number, before_x, before_y, after_kind, after_number, \
                 after_x, after_y, error_before_px, error_after_px, reason FROM change \
                 WHERE recording = ?1 AND frame = ?2 ORDER BY position",
            )?;
            let mut rows = statement.query(params![recording.0, frame])?;
            let mut changes = Vec::new();
            while let Some(row) = rows.next()? {
                changes.push(ChangeRecord {
                    camera: CameraId(row.get(0)?),
                    keypoint: KeypointId(row.get(1)?),
                    before: placement_at(row, 2)?,
                    after: placement_at(row, 6)?,
                    error_before_px: row.get(10)?,
                    error_after_px: row.get(11)?,
                    reason: row.get(12)?,
                });
            }
            Ok(changes)
        })
    }
}

fn placement_at(row: &Row<'_>, first: usize) -> Result<Option<Placement>, Fault> {
    let kind: Option<i64> = row.get(first)?;
    let columns = (row.get(first + 1)?, row.get(first + 2)?, row.get(first + 3)?);
    Ok(kind.map(|_| codec::placement_of(columns)))
}

fn replace_machine_labels(
    connection: &Connection,
    recording: RecordingId,
    frame: u32,
    labels: &FrameLabels,
) -> Result<MachineOutcome, Fault> {
    let mut outcome = MachineOutcome::default();
    let (mut human_slots, mut human_dots) = (HashSet::new(), HashSet::new());
    {
        let mut statement = connection.prepare_cached(
            "SELECT camera, keypoint, number FROM label WHERE recording = ?1 AND frame = ?2 AND source IN (0, 1)",
        )?;
        let mut rows = statement.query(params![recording.0, frame])?;
        while let Some(row) = rows.next()? {
            let camera = CameraId(row.get(0)?);
            human_slots.insert((camera, KeypointId(row.get(1)?)));
            if let Some(number) = row.get::<_, Option<u16>>(2)? {
                human_dots.insert((camera, number));
            }
        }
    }
    connection
        .prepare_cached("DELETE FROM label WHERE recording = ?1 AND frame = ?2 AND source NOT IN (0, 1)")?
        .execute(params![recording.0, frame])?;
    for (camera, keypoint, label) in labels.iter() {
        if human_slots.contains(&(camera, keypoint)) {
            outcome.kept_human += 1;
        } else if label.placement.number().is_some_and(|number| human_dots.contains(&(camera, number.0))) {
            outcome.left_out += 1;
        } else if label.is_human() {
            // A person's label that is not in the file was taken back while the run was going on.
            outcome.left_out += 1;
        } else {
            insert_label(connection, recording, frame, camera, keypoint, label, None)?;
            outcome.written += 1;
        }
    }
    Ok(outcome)
}

/// Inserts a label where none stands; the annotator's row is given for a human one.
pub(super) fn insert_label(
    connection: &Connection,
    recording: RecordingId,
    frame: u32,
    camera: CameraId,
    keypoint: KeypointId,
    label: &Label,
    annotator: Option<i64>,
) -> Result<(), Fault> {
    codec::require_finite(label, frame, || format!("keypoint {} in camera {}", keypoint.0, camera.0))?;
    let (number, x, y) = codec::placement_columns(&label.placement);
    connection
        .prepare_cached(
            "INSERT INTO label (recording, frame, camera, keypoint, number, x, y, source, run, annotator, at, margin) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(params![
            recording.0,
            frame,
            camera.0,
            keypoint.0,
            number,
            x,
            y,
            codec::source_code(label.source()),
            label.provenance.run.map(|run| run.0),
            annotator,
            label.provenance.at_unix_ms,
            codec::finite_margin(label.margin).map(f64::from)
        ])?;
    Ok(())
}

/// Replaces what goes with a frame's labels: points, changes and reasons.
pub(super) fn write_findings(
    connection: &Connection,
    recording: RecordingId,
    frame: u32,
    run: RunId,
    result: &MachineFrame<'_>,
) -> Result<(), Fault> {
    poses::write_pose(connection, recording, frame, result.pose)?;
    replace_changes(connection, recording, frame, run, result.changes)?;
    write_summary(connection, recording, frame, Some(run), result.summary)
}

fn replace_changes(
    connection: &Connection,
    recording: RecordingId,
    frame: u32,
    run: RunId,
    changes: &[ChangeRecord],
) -> Result<(), Fault> {
    connection
        .prepare_cached("DELETE FROM change WHERE recording = ?1 AND frame = ?2")?
        .execute(params![recording.0, frame])?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO change (recording, frame, position, run, camera, keypoint, before_kind, before_number, before_x, \
         before_y, after_kind, after_number, after_x, after_y, error_before_px, error_after_px, reason) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
    )?;
    for (position, change) in changes.iter().enumerate() {
        let columns =
            |placement: &Option<Placement>| placement.as_ref().map_or((None, None, None), codec::placement_columns);
        let (before, after) = (columns(&change.before), columns(&change.after));
        insert.execute(params![
            recording.0,
            frame,
            position as i64,
            run.0,
            change.camera.0,
            change.keypoint.0,
            change.before.as_ref().map(codec::placement_kind),
            before.0,
            before.1,
            before.2,
            change.after.as_ref().map(codec::placement_kind),
            after.0,
            after.1,
            after.2,
            change.error_before_px,
            change.error_after_px,
            change.reason
        ])?;
    }
    Ok(())
}
