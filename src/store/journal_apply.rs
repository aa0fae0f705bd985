//! The journal's inside: applying one edit where its value still stands, and its row in the file.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::error::{Fault, StoreError};
use super::journal::{FrameEdit, ItemEdit};
use super::journal_values::{
    centroid_from, centroid_text, label_from, label_text, mask_region_from, mask_region_text, segment_from,
    segment_text,
};
use super::project::Project;
use super::regions::{self, MaskRegionId, StoredMaskRegion};
use super::{codec, detections, labels, machine, segments, summaries, vocabulary};
use crate::model::{
    CameraId, Centroid, CentroidNumber, Edit, KeypointId, Label, RecordingId, Segment, SegmentChange, SegmentId,
    Vocabulary,
};

/// Names for telling a person what stands where.
pub(super) struct Names {
    keypoints: Vec<String>,
    cameras: Vec<(RecordingId, Vec<String>)>,
}

impl Names {
    /// The names of a project.
    pub(super) fn of(project: &Project) -> Result<Self, StoreError> {
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
pub(super) fn apply(connection: &Connection, names: &Names, edit: &FrameEdit) -> Result<Option<String>, Fault> {
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
            mark_stale(connection, recording, frame)?;
            Ok(None)
        }
        ItemEdit::MaskRegion { id, before, after } => {
            if regions::apply(connection, recording, *id, before.as_ref(), after.as_ref())? {
                return Ok(None);
            }
            let camera = before.as_ref().or(after.as_ref()).map(|stored| stored.region.camera);
            let camera = camera.map_or("?", |camera| names.camera(recording, camera));
            Ok(Some(format!("the mask from frame {frame} on in {camera} was changed since")))
        }
        ItemEdit::Segment(change) => segments::apply(connection, recording, change),
        ItemEdit::Vocabulary { before, after } => vocabulary::apply(connection, before.as_ref(), after.as_ref()),
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
    mark_stale(connection, recording, frame)?;
    Ok(None)
}

/// Says that the points of a frame are older than its labels.
pub(super) fn mark_stale(connection: &Connection, recording: RecordingId, frame: u32) -> Result<(), Fault> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO stale_frame (recording, frame) VALUES (?1, ?2)")?
        .execute(params![recording.0, frame])?;
    Ok(())
}

/// Whether two labels are the same as the file keeps them.
fn same_label(found: Option<&Label>, expected: Option<&Label>) -> bool {
    let kept = |label: &Label| {
        let mut label = Label { margin: codec::finite_margin(label.margin), ..label.clone() };
        label.provenance.annotator = label.provenance.annotator.map(|name| name.trim().into());
        label
    };
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
pub(super) fn annotator_row(connection: &Connection, name: &str) -> Result<i64, Fault> {
    let mut find = connection.prepare_cached("SELECT id FROM annotator WHERE name = ?1")?;
    if let Some(id) = find.query_row([name], |row| row.get(0)).optional()? {
        return Ok(id);
    }
    connection.execute("INSERT INTO annotator (name) VALUES (?1)", [name])?;
    Ok(connection.last_insert_rowid())
}

/// Writes an edit into the journal.
pub(super) fn write_edit(
    connection: &Connection,
    gesture: i64,
    position: usize,
    edit: &FrameEdit,
) -> Result<(), Fault> {
    let (target, camera, item, before, after) = match &edit.item {
        ItemEdit::Label(label) => {
            let text = |label: &Option<Label>| label.as_ref().map(label_text).transpose();
            (
                "label",
                Some(label.camera.0),
                Some(i64::from(label.keypoint.0)),
                text(&label.before)?,
                text(&label.after)?,
            )
        }
        ItemEdit::Centroid { camera, number, before, after } => {
            let text = |centroid: &Option<Centroid>| centroid.as_ref().map(centroid_text).transpose();
            ("centroid", Some(camera.0), Some(i64::from(number.0)), text(before)?, text(after)?)
        }
        ItemEdit::MaskRegion { id, before, after } => {
            let text = |stored: &Option<StoredMaskRegion>| stored.as_ref().map(mask_region_text).transpose();
            let camera = after.as_ref().or(before.as_ref()).map(|stored| stored.region.camera.0);
            ("mask_region", camera, Some(id.0), text(before)?, text(after)?)
        }
        ItemEdit::Segment(SegmentChange { id, before, after }) => {
            let text = |segment: &Option<Segment>| segment.as_ref().map(segment_text).transpose();
            ("segment", None, Some(id.0), text(before)?, text(after)?)
        }
        ItemEdit::Vocabulary { before, after } => {
            let text = |vocabulary: &Option<Vocabulary>| vocabulary.as_ref().map(Vocabulary::to_toml);
            ("vocabulary", None, None, text(before), text(after))
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

/// The edits of a gesture, in order.
pub(super) fn edits_of(connection: &Connection, gesture: i64) -> Result<Vec<FrameEdit>, Fault> {
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
        "mask_region" => {
            let id = MaskRegionId(row.get(4)?);
            let region = |text: Option<String>| text.as_deref().map(|text| mask_region_from(id, text)).transpose();
            Ok(ItemEdit::MaskRegion { id, before: region(before)?, after: region(after)? })
        }
        "segment" => {
            let segment = |text: Option<String>| text.as_deref().map(segment_from).transpose();
            let id = SegmentId(row.get(4)?);
            Ok(ItemEdit::Segment(SegmentChange { id, before: segment(before)?, after: segment(after)? }))
        }
        "vocabulary" => {
            let vocabulary = |text: Option<String>| text.as_deref().map(vocabulary::from_text).transpose();
            Ok(ItemEdit::Vocabulary { before: vocabulary(before)?, after: vocabulary(after)? })
        }
        "state" => {
            let state = |text: Option<String>| summaries::state_of(text.as_deref());
            Ok(ItemEdit::State { before: state(before)?, after: state(after)? })
        }
        other => Err(Fault::Malformed(format!("\"{other}\" is no target of an edit"))),
    }
}
