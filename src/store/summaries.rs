//! Why a frame stands where it stands in the review queue, and what a person decided about it.

use std::ops::Range;
use std::str::FromStr;

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::error::{Fault, StoreError};
use super::project::Project;
use crate::model::{CameraId, KeypointId, RecordingId, RunId};

/// What a person decided about a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrameState {
    /// Nobody has looked at it.
    #[default]
    Todo,
    /// Somebody changed a label.
    Fixed,
    /// Somebody found it right.
    Accepted,
    /// Somebody put it aside.
    Skipped,
}

const WORDS: [(FrameState, &str); 4] = [
    (FrameState::Todo, "todo"),
    (FrameState::Fixed, "fixed"),
    (FrameState::Accepted, "accepted"),
    (FrameState::Skipped, "skipped"),
];

impl FrameState {
    /// The word in tables and in the project file.
    pub fn as_str(self) -> &'static str {
        WORDS.iter().find(|(state, _)| *state == self).map_or("", |(_, word)| word)
    }
}

/// A word that names no state of a frame.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("\"{word}\" is no state of a frame; use todo, fixed, accepted or skipped")]
pub struct UnknownFrameState {
    /// The word.
    pub word: String,
}

impl FromStr for FrameState {
    type Err = UnknownFrameState;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let found = WORDS.iter().find(|(_, known)| *known == word);
        found.map(|(state, _)| *state).ok_or_else(|| UnknownFrameState { word: word.to_owned() })
    }
}

/// The reasons of one frame, one number each: larger is worse, except [`FrameSummary::margin`]. `None`: not measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FrameSummary {
    /// The frame.
    pub frame: u32,
    /// The run that measured it.
    pub run: Option<RunId>,
    /// What the queue is ordered by unless a reason is asked for: the chance that a label is wrong, or a stand-in.
    pub score: Option<f64>,
    /// Largest residual over all labelled cameras against the RANSAC point, before stage 4 changed anything, px.
    pub reprojection_px: Option<f64>,
    /// The same as a reason, before stage 4, px.
    pub residual_before: Option<f64>,
    /// The same after stage 4, px.
    pub residual_after: Option<f64>,
    /// Temporal jump.
    pub jump: Option<f64>,
    /// Deviation of bone lengths.
    pub bones: Option<f64>,
    /// Centroids that nobody or more than one keypoint wanted.
    pub unassigned: Option<f64>,
    /// Points that two views only have seen.
    pub two_views: Option<f64>,
    /// Disagreement between stages, or between model and geometry.
    pub disagreement: Option<f64>,
    /// Left and right on the wrong sides.
    pub side: Option<f64>,
    /// Margin to the second-best assignment; smaller is worse.
    pub margin: Option<f64>,
    /// The label with the largest residual; absent in frames that an older program measured last.
    pub worst: Option<(CameraId, KeypointId)>,
    /// What a person decided. Writing a summary leaves it as it is.
    pub state: FrameState,
}

impl Project {
    /// The reasons of all frames that have any, by frame.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn frame_summaries(&self, recording: RecordingId) -> Result<Vec<FrameSummary>, StoreError> {
        self.frame_summaries_in(recording, 0..u32::MAX)
    }

    /// The reasons of the frames of a range that have any, by frame.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn frame_summaries_in(
        &self,
        recording: RecordingId,
        range: Range<u32>,
    ) -> Result<Vec<FrameSummary>, StoreError> {
        self.read(|connection| {
            let (camera_count, keypoint_count) = self.label_size(connection, recording)?;
            let mut statement = connection.prepare_cached(
                "SELECT s.frame, s.run, score, reprojection_px, residual_before, residual_after, jump, bones, unassigned, \
                 two_views, disagreement, side, margin, state, worst_camera, worst_keypoint FROM frame_summary s \
                 LEFT JOIN frame_state t ON t.recording = s.recording AND t.frame = s.frame \
                 WHERE s.recording = ?1 AND s.frame >= ?2 AND s.frame < ?3 ORDER BY s.frame",
            )?;
            let mut rows = statement.query(params![recording.0, range.start, range.end])?;
            let mut summaries = Vec::new();
            while let Some(row) = rows.next()? {
                let state = row.get_ref(13)?.as_str_or_null().map_err(rusqlite::Error::from)?;
                summaries.push(FrameSummary {
                    frame: row.get(0)?,
                    run: row.get::<_, Option<i64>>(1)?.map(RunId),
                    score: row.get(2)?,
                    reprojection_px: row.get(3)?,
                    residual_before: row.get(4)?,
                    residual_after: row.get(5)?,
                    jump: row.get(6)?,
                    bones: row.get(7)?,
                    unassigned: row.get(8)?,
                    two_views: row.get(9)?,
                    disagreement: row.get(10)?,
                    side: row.get(11)?,
                    margin: row.get(12)?,
                    worst: worst_of(row, camera_count, keypoint_count)?,
                    state: state_of(state)?,
                });
            }
            Ok(summaries)
        })
    }

    /// What a person decided about a frame.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn frame_state(&self, recording: RecordingId, frame: u32) -> Result<FrameState, StoreError> {
        self.read(|connection| state_at(connection, recording, frame))
    }
}

/// The label with the largest residual; one that the recording cannot have makes the file malformed.
fn worst_of(
    row: &rusqlite::Row<'_>,
    camera_count: usize,
    keypoint_count: usize,
) -> Result<Option<(CameraId, KeypointId)>, Fault> {
    let (camera, keypoint): (Option<u8>, Option<u8>) = (row.get(14)?, row.get(15)?);
    let (Some(camera), Some(keypoint)) = (camera, keypoint) else { return Ok(None) };
    if usize::from(camera) >= camera_count || usize::from(keypoint) >= keypoint_count {
        let reason =
            format!("the worst label of a frame is keypoint {keypoint} of camera {camera}, which is not there");
        return Err(Fault::Malformed(reason));
    }
    Ok(Some((CameraId(camera), KeypointId(keypoint))))
}

/// The state of a word; no word is "todo".
pub(super) fn state_of(word: Option<&str>) -> Result<FrameState, Fault> {
    let state = word.map_or(Ok(FrameState::Todo), str::parse);
    state.map_err(|error: UnknownFrameState| Fault::Malformed(error.to_string()))
}

/// The state of a frame, inside a read or a write.
pub(super) fn state_at(connection: &Connection, recording: RecordingId, frame: u32) -> Result<FrameState, Fault> {
    let mut statement =
        connection.prepare_cached("SELECT state FROM frame_state WHERE recording = ?1 AND frame = ?2")?;
    let mut rows = statement.query(params![recording.0, frame])?;
    let word: Option<String> = rows.next()?.map(|row| row.get(0)).transpose()?;
    state_of(word.as_deref())
}

/// Sets the state of a frame; a person did it.
pub(super) fn set_state(
    connection: &Connection,
    recording: RecordingId,
    frame: u32,
    state: FrameState,
) -> Result<(), Fault> {
    if state == FrameState::Todo {
        connection
            .prepare_cached("DELETE FROM frame_state WHERE recording = ?1 AND frame = ?2")?
            .execute(params![recording.0, frame])?;
        return Ok(());
    }
    connection
        .prepare_cached("INSERT OR REPLACE INTO frame_state (recording, frame, state) VALUES (?1, ?2, ?3)")?
        .execute(params![recording.0, frame, state.as_str()])?;
    Ok(())
}

/// Replaces the reasons of a frame.
pub(super) fn write_summary(
    connection: &Connection,
    recording: RecordingId,
    frame: u32,
    run: Option<RunId>,
    summary: &FrameSummary,
) -> Result<(), Fault> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO frame_summary (recording, frame, run, score, reprojection_px, residual_before, \
             residual_after, jump, bones, unassigned, two_views, disagreement, side, margin, \
             worst_camera, worst_keypoint) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?
        .execute(params![
            recording.0,
            frame,
            run.map(|run| run.0),
            summary.score,
            summary.reprojection_px,
            summary.residual_before,
            summary.residual_after,
            summary.jump,
            summary.bones,
            summary.unassigned,
            summary.two_views,
            summary.disagreement,
            summary.side,
            summary.margin,
            summary.worst.map(|(camera, _)| camera.0),
            summary.worst.map(|(_, keypoint)| keypoint.0)
        ])?;
    Ok(())
}
