//! What people do: gestures of edits, each `{target, before, after}`, written in the same transaction as the change, and
//! taken back or done again where the value is still the one that the gesture left.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::error::{Fault, StoreError};
use super::journal_values::{centroid_from, centroid_text, label_from, label_text};
use super::project::{Durability, Project};
use super::summaries::{self, FrameState};
use super::{codec, detections, labels, machine};
use crate::model::{
    CameraId, Centroid, CentroidNumber, CentroidOrigin, Edit, KeypointId, Label, Point2, RecordingId, Source,
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
        self.step("SELECT id, title FROM gesture WHERE state = 'done' ORDER BY id DESC LIMIT 1", "undone")
    }

    /// Does the gesture again that was taken back last; `None` where there is none.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn redo(&mut self) -> Result<Option<UndoReport>, StoreError> {
        self.step("SELECT id, title FROM gesture WHERE state = 'undone' ORDER BY id LIMIT 1", "done")
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
        let annotator = gesture.annotator.trim();
        if annotator.is_empty() {
            return Err(StoreError::MissingAnnotator);
        }
        let names = Names::of(self)?;
        self.check_places(edits)?;
        self.write(Durability::Power, |transaction| {
            transaction.execute("UPDATE gesture SET state = 'dropped' WHERE state = 'undone'", [])?;
            let annotator = annotator_row(transaction, annotator)?;
            transaction.execute(
                "INSERT INTO gesture (title, annotator, at, state) VALUES (?1, ?2, ?3, 'done')",
                params![gesture.title, annotator, gesture.at_unix_ms],
            )?;
            let id = transaction.last_insert_rowid();
            transaction.execute("INSERT INTO open_gesture (gesture) VALUES (?1)", [id])?;
            for (position, edit) in edits.iter().enumerate() {
                if let Some(detail) = apply(transaction, &names, edit)? {
                    return Err(StoreError::EditConflict { detail }.into());
                }
                write_edit(transaction, id, position, edit)?;
            }
            transaction.execute("DELETE FROM open_gesture", [])?;
            Ok(GestureId(id))
        })
    }

    /// Refuses edits of frames, cameras or keypoints that are not there.
    fn check_places(&self, edits: &[FrameEdit]) -> Result<(), StoreError> {
        let recordings = self.recordings()?;
        for edit in edits {
            let id = edit.recording;
            let info = recordings.iter().find(|recording| recording.id == id);
            let info = info.ok_or(StoreError::UnknownId { what: "recording", id: id.0 })?;
            info.require_frame(edit.frame)?;
            match &edit.item {
                ItemEdit::Label(label) => info.require_slot(label.camera, label.keypoint, self.skeleton.len())?,
                ItemEdit::Centroid { camera, .. } => info.require_slot(*camera, KeypointId(0), self.skeleton.len())?,
                ItemEdit::State { .. } => {}
            }
        }
        Ok(())
    }
}

/// Whether an edit corrects a frame, other than the making of a seed.
fn is_correction(item: &ItemEdit) -> bool {
    match item {
        ItemEdit::Label(edit) => edit.after.as_ref().is_none_or(|label| label.source() == Source::Human),
        ItemEdit::Centroid { .. } | ItemEdit::State { .. } => false,
    }
}

/// Names for telling a person what stands where.
struct Names {
    keypoints: Vec<String>,
    cameras: Vec<(RecordingId, Vec<String>)>,
}

impl Names {
    fn of(project: &Project) -> Result<Self, StoreError> {
        let cameras = project.recordings()?.into_iter();
        Ok(Self {
            keypoints: project.skeleton.keypoints.iter().map(|keypoint| keypoint.name.clone()).collect(),
            cameras: cameras
                .map(|info| (info.id, info.cameras.into_iter().map(|camera| camera.name).collect()))
                .collect(),
        })
    }

    fn camera(&self, recording: RecordingId, camera: CameraId) -> &str {
        let cameras = self.cameras.iter().find(|(id, _)| *id == recording);
        cameras.and_then(|(_, names)| names.get(camera.index())).map_or("?", String::as_str)
    }

    fn keypoint(&self, keypoint: KeypointId) -> &str {
        self.keypoints.get(keypoint.index()).map_or("?", String::as_str)
    }
}

/// Applies an edit where the value still equals `before`; otherwise says what stands there, and changes nothing.
fn apply(connection: &Connection, names: &Names, edit: &FrameEdit) -> Result<Option<String>, Fault> {
    let (recording, frame) = (edit.recording, edit.frame);
    match &edit.item {
        ItemEdit::Label(label) => apply_label(connection, names, recording, frame, label),
        ItemEdit::Centroid { camera, number, before, after } => {
            let view = detections::view_at(connection, recording, frame, *camera)?.unwrap_or_default();
            let found = view.centroids.iter().find(|centroid| centroid.number == *number);
            if found != before.as_ref() {
                let now = if found.is_some() { "was detected anew" } else { "is gone" };
                return Ok(Some(format!(
                    "frame {frame}: centroid {} in {} {now}",
                    number.0,
                    names.camera(recording, *camera)
                )));
            }
            detections::set_centroid(connection, recording, frame, *camera, *number, after.as_ref())?;
            Ok(None)
        }
        ItemEdit::State { before, after } => {
            let found = summaries::state_at(connection, recording, frame)?;
            if found != *before {
                return Ok(Some(format!("frame {frame} is {} by now", found.as_str())));
            }
            summaries::set_state(connection, recording, frame, *after)?;
            Ok(None)
        }
    }
}

fn apply_label(
    connection: &Connection,
    names: &Names,
    recording: RecordingId,
    frame: u32,
    edit: &Edit,
) -> Result<Option<String>, Fault> {
    let (camera, keypoint) = (edit.camera, edit.keypoint);
    let place = || format!("frame {frame}: {} in {}", names.keypoint(keypoint), names.camera(recording, camera));
    let found = labels::label_of(connection, recording, frame, camera, keypoint)?;
    if !same_label(found.as_ref(), edit.before.as_ref()) {
        return Ok(Some(format!("{} is now {}", place(), described(found.as_ref()))));
    }
    let wanted = edit.after.as_ref().and_then(|label| label.placement.number());
    if let Some(number) = wanted {
        let holder = labels::holder_of(connection, recording, frame, camera, number.0)?;
        if let Some(holder) = holder.filter(|holder| *holder != keypoint) {
            return Ok(Some(format!("{}: centroid {} belongs to {} now", place(), number.0, names.keypoint(holder))));
        }
    }
    connection
        .prepare_cached("DELETE FROM label WHERE recording = ?1 AND frame = ?2 AND camera = ?3 AND keypoint = ?4")?
        .execute(params![recording.0, frame, camera.0, keypoint.0])?;
    if let Some(label) = &edit.after {
        let annotator = match label.provenance.annotator.as_deref().map(str::trim) {
            Some(name) if !name.is_empty() => Some(annotator_row(connection, name)?),
            _ if label.is_human() => return Err(StoreError::MissingAnnotator.into()),
            _ => None,
        };
        machine::insert_label(connection, recording, frame, camera, keypoint, label, annotator)?;
    }
    connection
        .prepare_cached("INSERT OR IGNORE INTO stale_frame (recording, frame) VALUES (?1, ?2)")?
        .execute(params![recording.0, frame])?;
    Ok(None)
}

/// Whether two labels are the same as the file keeps them.
fn same_label(found: Option<&Label>, expected: Option<&Label>) -> bool {
    let kept = |label: &Label| Label { margin: codec::finite_margin(label.margin), ..label.clone() };
    found.map(kept) == expected.map(kept)
}

/// A label in words: what it is, and who made it.
fn described(label: Option<&Label>) -> String {
    let Some(label) = label else { return "without a label".to_owned() };
    let what = match label.placement.number() {
        Some(number) => format!("centroid {}", number.0),
        None if label.placement.point_in_image().is_some() => "a free point".to_owned(),
        None => "marked as not visible".to_owned(),
    };
    let provenance = &label.provenance;
    match (&provenance.annotator, provenance.run) {
        (Some(annotator), _) => format!("{what}, by {annotator}"),
        (None, Some(run)) => format!("{what}, by {} of run {}", provenance.source.as_str(), run.0),
        (None, None) => format!("{what}, by {}", provenance.source.as_str()),
    }
}

/// The row of an annotator, made where it is not there yet.
fn annotator_row(connection: &Connection, name: &str) -> Result<i64, Fault> {
    let mut find = connection.prepare_cached("SELECT id FROM annotator WHERE name = ?1")?;
    if let Some(id) = find.query_row([name], |row| row.get(0)).optional()? {
        return Ok(id);
    }
    connection.execute("INSERT INTO annotator (name) VALUES (?1)", [name])?;
    Ok(connection.last_insert_rowid())
}

fn write_edit(connection: &Connection, gesture: i64, position: usize, edit: &FrameEdit) -> Result<(), Fault> {
    let (target, camera, item, before, after) = match &edit.item {
        ItemEdit::Label(label) => {
            let text = |label: &Option<Label>| label.as_ref().map(label_text).transpose();
            (
                "label",
                Some(label.camera.0),
                Some(u16::from(label.keypoint.0)),
                text(&label.before)?,
                text(&label.after)?,
            )
        }
        ItemEdit::Centroid { camera, number, before, after } => {
            let text = |centroid: &Option<Centroid>| centroid.as_ref().map(centroid_text).transpose();
            ("centroid", Some(camera.0), Some(number.0), text(before)?, text(after)?)
        }
        ItemEdit::State { before, after } => {
            ("state", None, None, Some(before.as_str().to_owned()), Some(after.as_str().to_owned()))
        }
    };
    connection
        .prepare_cached(
            "INSERT INTO edit (gesture, position, recording, frame, target, camera, item, before, after) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            gesture,
            position as i64,
            edit.recording.0,
            edit.frame,
            target,
            camera,
            item,
            before,
            after
        ])?;
    Ok(())
}

fn edits_of(connection: &Connection, gesture: i64) -> Result<Vec<FrameEdit>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT recording, frame, target, camera, item, before, after FROM edit WHERE gesture = ?1 ORDER BY position",
    )?;
    let mut rows = statement.query([gesture])?;
    let mut edits = Vec::new();
    while let Some(row) = rows.next()? {
        edits.push(FrameEdit { recording: RecordingId(row.get(0)?), frame: row.get(1)?, item: item_at(row)? });
    }
    Ok(edits)
}

fn item_at(row: &Row<'_>) -> Result<ItemEdit, Fault> {
    let target: String = row.get(2)?;
    let (before, after): (Option<String>, Option<String>) = (row.get(5)?, row.get(6)?);
    match target.as_str() {
        "label" => {
            let label = |text: Option<String>| text.as_deref().map(label_from).transpose();
            let (camera, keypoint) = (CameraId(row.get(3)?), KeypointId(row.get(4)?));
            Ok(ItemEdit::Label(Edit { camera, keypoint, before: label(before)?, after: label(after)? }))
        }
        "centroid" => {
            let centroid = |text: Option<String>| text.as_deref().map(centroid_from).transpose();
            let (camera, number) = (CameraId(row.get(3)?), CentroidNumber(row.get(4)?));
            Ok(ItemEdit::Centroid { camera, number, before: centroid(before)?, after: centroid(after)? })
        }
        "state" => {
            let state = |text: Option<String>| summaries::state_of(text.as_deref());
            Ok(ItemEdit::State { before: state(before)?, after: state(after)? })
        }
        other => Err(Fault::Malformed(format!("\"{other}\" is no target of an edit"))),
    }
}
