//! What people do: gestures of edits, each `{target, before, after}`, written in the same transaction as the change, and
//! taken back or done again where the value is still the one that the gesture left.

use rusqlite::{Connection, OptionalExtension, params};

use super::error::{Fault, StoreError};
use super::journal_apply::{Names, annotator_row, apply, edits_of, write_edit};
use super::project::{Durability, Project};
use super::regions::{self, MaskRegionId, StoredMaskRegion};
use super::summaries::FrameState;
use super::{detections, labels, segments};
use crate::model::{
    CameraId, Centroid, CentroidNumber, CentroidOrigin, Edit, KeypointId, Point2, RecordingId, SegmentChange, Source,
    Vocabulary,
};

/// Row of a gesture in the project file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GestureId(pub i64);

/// Who does something, when, and what it is called in the undo list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gesture<'a> {
    /// What it is called: "Move ear_L in cam2".
    pub title: &'a str,
    /// The annotator's name; may not be empty.
    pub annotator: &'a str,
    /// Milliseconds since the Unix epoch.
    pub at_unix_ms: i64,
}

/// One edit of a gesture: where, and what.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameEdit {
    /// The recording.
    pub recording: RecordingId,
    /// The frame.
    pub frame: u32,
    /// What changes.
    pub item: ItemEdit,
}

/// What a person can change in a frame.
#[derive(Clone, Debug, PartialEq)]
pub enum ItemEdit {
    /// A label.
    Label(Edit),
    /// A centroid: added (`before` is `None`) or deleted (`after` is `None`).
    Centroid {
        /// The view.
        camera: CameraId,
        /// Its number.
        number: CentroidNumber,
        /// What stood there.
        before: Option<Centroid>,
        /// What stands there now.
        after: Option<Centroid>,
    },
    /// A mask region, which holds over more frames than the one that the edit stands at: its first.
    MaskRegion {
        /// Its row.
        id: MaskRegionId,
        /// What stood there.
        before: Option<StoredMaskRegion>,
        /// What stands there now.
        after: Option<StoredMaskRegion>,
    },
    /// A segment of the human layer; the edit stands at its first frame.
    Segment(SegmentChange),
    /// What labels of behaviour mean. It holds in the whole project, and the edit stands in no recording, at frame 0.
    Vocabulary {
        /// What it was; `None` is the built-in one.
        before: Option<Vocabulary>,
        /// What it is.
        after: Option<Vocabulary>,
    },
    /// The decision about the frame.
    State {
        /// What it was.
        before: FrameState,
        /// What it is.
        after: FrameState,
    },
}

impl ItemEdit {
    fn inverse(&self) -> Self {
        match self {
            Self::Label(edit) => Self::Label(edit.inverse()),
            Self::Centroid { camera, number, before, after } => {
                Self::Centroid { camera: *camera, number: *number, before: *after, after: *before }
            }
            Self::MaskRegion { id, before, after } => {
                Self::MaskRegion { id: *id, before: after.clone(), after: before.clone() }
            }
            Self::Segment(change) => Self::Segment(change.inverse()),
            Self::Vocabulary { before, after } => Self::Vocabulary { before: after.clone(), after: before.clone() },
            Self::State { before, after } => Self::State { before: *after, after: *before },
        }
    }
}

/// An edit that was not taken back or done again, since something else stands there now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UndoConflict {
    /// The recording.
    pub recording: RecordingId,
    /// The frame.
    pub frame: u32,
    /// What stands there, and who changed it: "ear_L in cam2 is now centroid 7, by stage4 of run 12".
    pub detail: String,
}

/// What undo or redo did.
#[derive(Clone, Debug, PartialEq)]
pub struct UndoReport {
    /// The gesture.
    pub gesture: GestureId,
    /// What it is called.
    pub title: String,
    /// The edits as they were applied now.
    pub applied: Vec<FrameEdit>,
    /// The edits that were left out, and why.
    pub conflicts: Vec<UndoConflict>,
}

/// The gesture that undo takes back.
const LAST_DONE: &str = "SELECT id, title FROM gesture WHERE state = 'done' ORDER BY id DESC LIMIT 1";
/// The gesture that redo does again.
const FIRST_UNDONE: &str = "SELECT id, title FROM gesture WHERE state = 'undone' ORDER BY id LIMIT 1";

impl Project {
    /// Does what a person did, with its journal, in one transaction that survives a power cut. A frame that gets a human
    /// label, or loses a label, is marked as fixed; its points become stale.
    ///
    /// # Errors
    /// When the annotator has no name, or a value is not the one that an edit starts from: nothing is changed then.
    pub fn apply_gesture(&mut self, gesture: &Gesture<'_>, edits: &[FrameEdit]) -> Result<GestureId, StoreError> {
        let mut all = edits.to_vec();
        let mut fixed: Vec<(RecordingId, u32)> =
            edits.iter().filter(|edit| is_correction(&edit.item)).map(|edit| (edit.recording, edit.frame)).collect();
        fixed.sort_unstable();
        fixed.dedup();
        for (recording, frame) in fixed {
            let before = self.frame_state(recording, frame)?;
            if before != FrameState::Fixed {
                let item = ItemEdit::State { before, after: FrameState::Fixed };
                all.push(FrameEdit { recording, frame, item });
            }
        }
        self.record_gesture(gesture, &all)
    }

    /// [`Project::apply_gesture`] for the labels of one frame.
    ///
    /// # Errors
    /// As there.
    pub fn apply_edits(
        &mut self,
        recording: RecordingId,
        frame: u32,
        gesture: &Gesture<'_>,
        edits: &[Edit],
    ) -> Result<GestureId, StoreError> {
        let edits: Vec<_> =
            edits.iter().map(|edit| FrameEdit { recording, frame, item: ItemEdit::Label(edit.clone()) }).collect();
        self.apply_gesture(gesture, &edits)
    }

    /// Keeps a person's decision about a frame.
    ///
    /// # Errors
    /// As [`Project::apply_gesture`].
    pub fn set_frame_state(
        &mut self,
        recording: RecordingId,
        frame: u32,
        gesture: &Gesture<'_>,
        state: FrameState,
    ) -> Result<(), StoreError> {
        let before = self.frame_state(recording, frame)?;
        if before != state {
            let item = ItemEdit::State { before, after: state };
            self.record_gesture(gesture, &[FrameEdit { recording, frame, item }])?;
        }
        Ok(())
    }

    /// Adds a centroid where the detector found none, and returns its number.
    ///
    /// # Errors
    /// As [`Project::apply_gesture`].
    pub fn add_centroid(
        &mut self,
        recording: RecordingId,
        frame: u32,
        camera: CameraId,
        point_in_image: Point2,
        gesture: &Gesture<'_>,
    ) -> Result<CentroidNumber, StoreError> {
        let number = self.next_centroid_number(recording, frame, camera)?;
        let centroid =
            Centroid { number, point_in_image, sigma_px: 0.0, peak: 0.0, snr: 0.0, origin: CentroidOrigin::Added };
        let item = ItemEdit::Centroid { camera, number, before: None, after: Some(centroid) };
        self.apply_gesture(gesture, &[FrameEdit { recording, frame, item }])?;
        Ok(number)
    }

    /// Deletes a centroid, together with the label that names it. The other numbers stay.
    ///
    /// # Errors
    /// As [`Project::apply_gesture`]; also when there is no such centroid.
    pub fn delete_centroid(
        &mut self,
        recording: RecordingId,
        frame: u32,
        camera: CameraId,
        number: CentroidNumber,
        gesture: &Gesture<'_>,
    ) -> Result<GestureId, StoreError> {
        let (before, held) = self.read(|connection| {
            let view = detections::view_at(connection, recording, frame, camera)?.unwrap_or_default();
            let before = view.centroids.into_iter().find(|centroid| centroid.number == number);
            let holder = labels::holder_of(connection, recording, frame, camera, number.0)?;
            let label = holder.map(|keypoint| labels::label_of(connection, recording, frame, camera, keypoint));
            Ok((before, holder.zip(label.transpose()?.flatten())))
        })?;
        let before = before.ok_or(StoreError::UnknownId { what: "centroid", id: number.0.into() })?;
        let label =
            held.map(|(keypoint, label)| ItemEdit::Label(Edit { camera, keypoint, before: Some(label), after: None }));
        let centroid = ItemEdit::Centroid { camera, number, before: Some(before), after: None };
        let edits: Vec<_> =
            label.into_iter().chain([centroid]).map(|item| FrameEdit { recording, frame, item }).collect();
        self.apply_gesture(gesture, &edits)
    }

    /// Takes the latest gesture back, where its values still stand; `None` where nothing is left to take back.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn undo(&mut self) -> Result<Option<UndoReport>, StoreError> {
        self.step(LAST_DONE, "undone")
    }

    /// Does the gesture again that was taken back last; `None` where there is none.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn redo(&mut self) -> Result<Option<UndoReport>, StoreError> {
        self.step(FIRST_UNDONE, "done")
    }

    /// What [`Project::undo`] would take back.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn undo_title(&self) -> Result<Option<String>, StoreError> {
        self.title_of(LAST_DONE)
    }

    /// What [`Project::redo`] would do again.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn redo_title(&self) -> Result<Option<String>, StoreError> {
        self.title_of(FIRST_UNDONE)
    }

    fn title_of(&self, choice: &str) -> Result<Option<String>, StoreError> {
        self.read(|connection| Ok(connection.query_row(choice, [], |row| row.get(1)).optional()?))
    }

    fn step(&mut self, choice: &str, state: &str) -> Result<Option<UndoReport>, StoreError> {
        let names = Names::of(self)?;
        self.write(Durability::Power, |transaction| {
            let chosen = transaction.query_row(choice, [], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
            let Some((id, title)) = chosen else { return Ok(None) };
            let mut edits = edits_of(transaction, id)?;
            if state == "undone" {
                edits.reverse();
                edits.iter_mut().for_each(|edit| edit.item = edit.item.inverse());
            }
            let mut report = UndoReport { gesture: GestureId(id), title, applied: Vec::new(), conflicts: Vec::new() };
            transaction.execute("INSERT INTO open_gesture (gesture) VALUES (?1)", [id])?;
            for edit in edits {
                match apply(transaction, &names, &edit)? {
                    None => report.applied.push(edit),
                    Some(detail) => {
                        report.conflicts.push(UndoConflict { recording: edit.recording, frame: edit.frame, detail });
                    }
                }
            }
            transaction.execute("UPDATE gesture SET state = ?2 WHERE id = ?1", params![id, state])?;
            transaction.execute("DELETE FROM open_gesture", [])?;
            Ok(Some(report))
        })
    }

    /// Writes a gesture with exactly these edits.
    pub(super) fn record_gesture(
        &mut self,
        gesture: &Gesture<'_>,
        edits: &[FrameEdit],
    ) -> Result<GestureId, StoreError> {
        let names = Names::of(self)?;
        self.check_places(edits)?;
        self.write(Durability::Power, |transaction| write_gesture(transaction, &names, gesture, edits))
    }

    /// Refuses edits of frames, cameras or keypoints that are not there.
    pub(super) fn check_places(&self, edits: &[FrameEdit]) -> Result<(), StoreError> {
        let recordings = self.recordings()?;
        for edit in edits.iter().filter(|edit| !matches!(edit.item, ItemEdit::Vocabulary { .. })) {
            let id = edit.recording;
            let info = recordings.iter().find(|recording| recording.id == id);
            let info = info.ok_or(StoreError::UnknownId { what: "recording", id: id.0 })?;
            // How long a recording is may be known only once it was run.
            if info.frame_count > 0 || !matches!(edit.item, ItemEdit::Segment(_)) {
                info.require_frame(edit.frame)?;
            }
            match &edit.item {
                ItemEdit::Label(label) => info.require_slot(label.camera, label.keypoint, self.skeleton.len())?,
                ItemEdit::Centroid { camera, .. } => info.require_slot(*camera, KeypointId(0), self.skeleton.len())?,
                ItemEdit::MaskRegion { after, .. } => regions::require(info, after.as_ref())?,
                ItemEdit::Segment(change) => segments::require(self, info, change.after.as_ref())?,
                ItemEdit::Vocabulary { .. } | ItemEdit::State { .. } => {}
            }
        }
        Ok(())
    }
}

/// Applies the edits of a gesture and writes its journal, inside a write.
pub(super) fn write_gesture(
    connection: &Connection,
    names: &Names,
    gesture: &Gesture<'_>,
    edits: &[FrameEdit],
) -> Result<GestureId, Fault> {
    let annotator = gesture.annotator.trim();
    if annotator.is_empty() {
        return Err(StoreError::MissingAnnotator.into());
    }
    connection.execute("UPDATE gesture SET state = 'dropped' WHERE state = 'undone'", [])?;
    let annotator = annotator_row(connection, annotator)?;
    connection.execute(
        "INSERT INTO gesture (title, annotator, at, state) VALUES (?1, ?2, ?3, 'done')",
        params![gesture.title, annotator, gesture.at_unix_ms],
    )?;
    let id = connection.last_insert_rowid();
    connection.execute("INSERT INTO open_gesture (gesture) VALUES (?1)", [id])?;
    for (position, edit) in edits.iter().enumerate() {
        if let Some(detail) = apply(connection, names, edit)? {
            return Err(StoreError::EditConflict { detail }.into());
        }
        write_edit(connection, id, position, edit)?;
    }
    connection.execute("DELETE FROM open_gesture", [])?;
    Ok(GestureId(id))
}

/// Whether an edit corrects a frame, other than the making of a seed.
fn is_correction(item: &ItemEdit) -> bool {
    match item {
        ItemEdit::Label(Edit { before, after, .. }) => match after {
            Some(after) => after.source() == Source::Human,
            None => before.as_ref().is_none_or(|before| before.source() != Source::Seed),
        },
        ItemEdit::Centroid { .. }
        | ItemEdit::MaskRegion { .. }
        | ItemEdit::Segment(_)
        | ItemEdit::Vocabulary { .. }
        | ItemEdit::State { .. } => false,
    }
}
