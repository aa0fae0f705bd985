//! Triangulated points per frame.

use std::ops::Range;

use rusqlite::{Connection, params};

use super::chunks::{FrameIter, entry_of};
use super::codec;
use super::error::{Fault, StoreError};
use super::project::{Durability, Project};
use super::recordings::recording_by_id;
use super::summaries::{self, FrameSummary};
use crate::model::{FramePose, Point3, Point3d, RecordingId};

impl Project {
    /// The points of one frame, by keypoint.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn pose(&self, recording: RecordingId, frame: u32) -> Result<FramePose, StoreError> {
        let count = self.skeleton.len();
        self.read(|connection| {
            let mut found = poses_of(connection, recording, frame..frame.saturating_add(1), count)?;
            Ok(found.pop().map_or_else(|| FramePose::missing(count), |(_, pose)| pose))
        })
    }

    /// The points of the frames of a range that have any.
    ///
    /// # Errors
    /// What goes wrong comes with the frames.
    pub fn poses_in(&self, recording: RecordingId, range: Range<u32>) -> FrameIter<'_, FramePose> {
        let count = self.skeleton.len();
        FrameIter::new(range, move |chunk| self.read(|connection| poses_of(connection, recording, chunk, count)))
    }

    /// Replaces the points of a frame, and its reasons where they are given: what follows from an edit, computed again.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put_pose(
        &mut self,
        recording: RecordingId,
        frame: u32,
        pose: &FramePose,
        summary: Option<&FrameSummary>,
    ) -> Result<(), StoreError> {
        self.write(Durability::Process, |transaction| {
            write_pose(transaction, recording, frame, pose)?;
            match summary {
                Some(summary) => summaries::write_summary(transaction, recording, frame, summary.run, summary),
                None => Ok(()),
            }
        })
    }

    /// [`Project::put_pose`] for many frames, in one transaction: a gesture that reaches over a range.
    ///
    /// # Errors
    /// As there; nothing is kept then.
    pub fn put_corrected_poses(
        &mut self,
        recording: RecordingId,
        frames: &[(u32, FramePose, Option<FrameSummary>)],
    ) -> Result<(), StoreError> {
        self.write(Durability::Process, |transaction| {
            for (frame, pose, summary) in frames {
                write_pose(transaction, recording, *frame, pose)?;
                if let Some(summary) = summary {
                    summaries::write_summary(transaction, recording, *frame, summary.run, summary)?;
                }
            }
            Ok(())
        })
    }

    /// Replaces the points of many frames in one transaction, as an import does.
    ///
    /// # Errors
    /// When the recording does not have a frame, or the file cannot be written; nothing is kept then.
    pub fn put_poses(
        &mut self,
        recording: RecordingId,
        poses: impl IntoIterator<Item = (u32, FramePose)>,
    ) -> Result<(), StoreError> {
        let path = self.path.clone();
        self.write(Durability::Process, |transaction| {
            let info = recording_by_id(transaction, &path, recording)?;
            for (frame, pose) in poses {
                info.require_frame(frame)?;
                write_pose(transaction, recording, frame, &pose)?;
            }
            Ok(())
        })
    }

    /// The frames whose labels a person changed and whose points were not computed again since.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn stale_frames(&self, recording: RecordingId) -> Result<Vec<u32>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT frame FROM stale_frame WHERE recording = ?1 ORDER BY frame")?;
            let frames = statement.query_map([recording.0], |row| row.get(0))?;
            Ok(frames.collect::<Result<_, _>>()?)
        })
    }
}

fn poses_of(
    connection: &Connection,
    recording: RecordingId,
    range: Range<u32>,
    keypoint_count: usize,
) -> Result<Vec<(u32, FramePose)>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT frame, keypoint, x, y, z, error_px, views, source FROM point3d \
         WHERE recording = ?1 AND frame >= ?2 AND frame < ?3 ORDER BY frame, keypoint",
    )?;
    let mut rows = statement.query(params![recording.0, range.start, range.end])?;
    let mut found: Vec<(u32, FramePose)> = Vec::new();
    while let Some(row) = rows.next()? {
        let keypoint = usize::from(row.get::<_, u8>(1)?);
        let point = Point3d {
            position_in_world: Point3::new(row.get(2)?, row.get(3)?, row.get(4)?),
            error_px: row.get::<_, Option<f64>>(5)?.unwrap_or(f64::NAN),
            views: row.get(6)?,
            source: codec::source_of(row.get(7)?)?,
        };
        let pose = entry_of(&mut found, row.get(0)?, || FramePose::missing(keypoint_count));
        let slot = pose.and_then(|pose| pose.points.get_mut(keypoint));
        *slot.ok_or_else(|| Fault::Malformed(format!("a point of keypoint {keypoint}, which is not there")))? =
            Some(point);
    }
    Ok(found)
}

/// Replaces the points of a frame; a point that is not finite is a missing one.
pub(super) fn write_pose(
    connection: &Connection,
    recording: RecordingId,
    frame: u32,
    pose: &FramePose,
) -> Result<(), Fault> {
    connection
        .prepare_cached("DELETE FROM point3d WHERE recording = ?1 AND frame = ?2")?
        .execute(params![recording.0, frame])?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO point3d (recording, frame, keypoint, x, y, z, error_px, views, source) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    for (keypoint, point) in pose.points.iter().enumerate() {
        let Some(point) = point.filter(|point| point.position_in_world.iter().all(|value| value.is_finite())) else {
            continue;
        };
        let place = point.position_in_world;
        insert.execute(params![
            recording.0,
            frame,
            keypoint as i64,
            place.x,
            place.y,
            place.z,
            point.error_px,
            point.views,
            codec::source_code(point.source)
        ])?;
    }
    connection
        .prepare_cached("DELETE FROM stale_frame WHERE recording = ?1 AND frame = ?2")?
        .execute(params![recording.0, frame])?;
    Ok(())
}
