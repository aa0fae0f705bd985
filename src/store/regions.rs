//! Mask regions: the areas of a camera's images in which dots do not count, over a range of frames.
//!
//! Nothing is written over when a region comes or goes: what it hides is computed whenever dots are read. Only machine
//! labels follow at once, in the same transaction: one whose dot is hidden becomes a free point where it is, and one whose
//! dot comes back takes its number again. A dot that a person placed, or that a human label names, is never hidden: what a
//! person said about one dot counts more than what was said about an area.

use std::ops::Range;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::detections::{self, StoredDetection, numbers_named};
use super::error::{Fault, StoreError};
use super::journal::{FrameEdit, Gesture, ItemEdit};
use super::journal_apply::{annotator_row, mark_stale};
use super::labels;
use super::project::Project;
use super::recordings::RecordingInfo;
use crate::model::{
    CameraId, Centroid, CentroidOrigin, KeypointId, MaskKind, MaskRegion, MaskShape, Point2, RecordingId, ViewMask,
};

/// Row of a mask region in the project file; never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MaskRegionId(pub i64);

/// A mask region, and who drew it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredMaskRegion {
    /// Its row.
    pub id: MaskRegionId,
    /// The region.
    pub region: MaskRegion,
    /// Who drew it or changed it last.
    pub annotator: String,
    /// When, milliseconds since the Unix epoch.
    pub at_unix_ms: i64,
}

impl Project {
    /// The mask regions of a recording, in the order in which they were drawn.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn mask_regions(&self, recording: RecordingId) -> Result<Vec<StoredMaskRegion>, StoreError> {
        self.read(|connection| stored_regions(connection, recording))
    }

    /// Adds a mask region; dots that were detected in its frames are hidden from now on.
    ///
    /// # Errors
    /// When the region encloses nothing or reaches outside the recording; and as [`Project::apply_gesture`].
    pub fn add_mask_region(
        &mut self,
        recording: RecordingId,
        region: &MaskRegion,
        gesture: &Gesture<'_>,
    ) -> Result<MaskRegionId, StoreError> {
        let id = self.next_mask_region_id()?;
        self.edit_mask_region(recording, id, None, Some(region), gesture)?;
        Ok(id)
    }

    /// Changes a mask region: its outline, frames, kind or camera.
    ///
    /// # Errors
    /// As [`Project::add_mask_region`]; also when there is no such region.
    pub fn change_mask_region(
        &mut self,
        recording: RecordingId,
        id: MaskRegionId,
        region: &MaskRegion,
        gesture: &Gesture<'_>,
    ) -> Result<(), StoreError> {
        let before = self.mask_region(recording, id)?;
        if before.region == *region {
            return Ok(());
        }
        self.edit_mask_region(recording, id, Some(before), Some(region), gesture)
    }

    /// Removes a mask region; the dots that it hid come back with their numbers.
    ///
    /// # Errors
    /// As [`Project::apply_gesture`]; also when there is no such region.
    pub fn remove_mask_region(
        &mut self,
        recording: RecordingId,
        id: MaskRegionId,
        gesture: &Gesture<'_>,
    ) -> Result<(), StoreError> {
        let before = self.mask_region(recording, id)?;
        self.edit_mask_region(recording, id, Some(before), None, gesture)
    }

    /// The dots that mask regions hide at a frame, by camera, each with the kind of region that hides it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn hidden_centroids(
        &self,
        recording: RecordingId,
        frame: u32,
    ) -> Result<Vec<Vec<(Centroid, MaskKind)>>, StoreError> {
        let camera_count = self.recording_by_id(recording)?.cameras.len();
        self.read(|connection| {
            let regions = regions_over(connection, recording, &(frame..frame.saturating_add(1)))?;
            let mut hidden = vec![Vec::new(); camera_count];
            for (index, hidden) in hidden.iter_mut().enumerate() {
                let camera = CameraId(index as u8);
                if let Some(mut view) = detections::view_at(connection, recording, frame, camera)? {
                    *hidden = hide(connection, recording, frame, camera, &mut view, &regions)?;
                }
            }
            Ok(hidden)
        })
    }

    /// The id that the next new region gets, for those who make a gesture of several edits themselves.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn next_mask_region_id(&self) -> Result<MaskRegionId, StoreError> {
        self.read(|connection| {
            let last = connection
                .query_row("SELECT seq FROM sqlite_sequence WHERE name = 'mask_region'", [], |row| row.get::<_, i64>(0))
                .optional()?;
            Ok(MaskRegionId(last.unwrap_or(0) + 1))
        })
    }

    fn mask_region(&self, recording: RecordingId, id: MaskRegionId) -> Result<StoredMaskRegion, StoreError> {
        let found = self.read(|connection| region_at(connection, recording, id))?;
        found.ok_or(StoreError::UnknownId { what: "mask region", id: id.0 })
    }

    fn edit_mask_region(
        &mut self,
        recording: RecordingId,
        id: MaskRegionId,
        before: Option<StoredMaskRegion>,
        after: Option<&MaskRegion>,
        gesture: &Gesture<'_>,
    ) -> Result<(), StoreError> {
        let (annotator, at_unix_ms) = (gesture.annotator.trim().to_owned(), gesture.at_unix_ms);
        let after = after.map(|region| StoredMaskRegion { id, region: region.clone(), annotator, at_unix_ms });
        let of = after.as_ref().or(before.as_ref()).map(|stored| stored.region.frames.start);
        let item = ItemEdit::MaskRegion { id, before, after };
        let edit = FrameEdit { recording, frame: of.unwrap_or_default(), item };
        self.apply_gesture(gesture, &[edit]).map(drop)
    }
}

/// Refuses a region that encloses nothing, or that the recording has no camera or frames for.
pub(super) fn require(info: &RecordingInfo, stored: Option<&StoredMaskRegion>) -> Result<(), StoreError> {
    let Some(region) = stored.map(|stored| &stored.region) else { return Ok(()) };
    region.check()?;
    info.require_slot(region.camera, KeypointId(0), usize::MAX)?;
    info.require_frame(region.frames.end - 1)
}

/// Writes a region where the one that stands there is still `before`; otherwise returns false and changes nothing.
pub(super) fn apply(
    connection: &Connection,
    recording: RecordingId,
    id: MaskRegionId,
    before: Option<&StoredMaskRegion>,
    after: Option<&StoredMaskRegion>,
) -> Result<bool, Fault> {
    if region_at(connection, recording, id)?.as_ref() != before {
        return Ok(false);
    }
    connection.execute("DELETE FROM mask_region WHERE id = ?1", [id.0])?;
    if let Some(StoredMaskRegion { region, annotator, at_unix_ms, .. }) = after {
        let annotator = annotator_row(connection, annotator)?;
        let MaskRegion { camera, frames, kind, shape } = region;
        connection.execute(
            "INSERT INTO mask_region (id, recording, camera, start_frame, end_frame, kind, shape, annotator, at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                id.0,
                recording.0,
                camera.0,
                frames.start,
                frames.end,
                kind.as_str(),
                shape_text(shape)?,
                annotator,
                at_unix_ms
            ],
        )?;
    }
    for region in [before, after].into_iter().flatten().map(|stored| &stored.region) {
        follow_with_labels(connection, recording, region.camera, region.frames.clone())?;
    }
    Ok(true)
}

/// Takes the dots of a view out that regions hide, and returns them.
pub(super) fn hide(
    connection: &Connection,
    recording: RecordingId,
    frame: u32,
    camera: CameraId,
    view: &mut StoredDetection,
    regions: &[MaskRegion],
) -> Result<Vec<(Centroid, MaskKind)>, Fault> {
    let mask = ViewMask::of(regions, camera, frame);
    if !view.centroids.iter().any(|centroid| mask.hides_centroid(centroid).is_some()) {
        return Ok(Vec::new());
    }
    let named_by_human = numbers_named(connection, recording, frame, camera, true)?;
    let mut hidden = Vec::new();
    view.centroids.retain(|centroid| {
        let kind = mask.hides_centroid(centroid).filter(|_| !named_by_human.contains(&centroid.number.0));
        hidden.extend(kind.map(|kind| (*centroid, kind)));
        kind.is_none()
    });
    Ok(hidden)
}

/// The regions that hold over some of these frames.
pub(super) fn regions_over(
    connection: &Connection,
    recording: RecordingId,
    frames: &Range<u32>,
) -> Result<Vec<MaskRegion>, Fault> {
    let regions = stored_regions(connection, recording)?.into_iter().map(|stored| stored.region);
    Ok(regions.filter(|region| region.frames.start < frames.end && frames.start < region.frames.end).collect())
}

/// Lets machine labels follow what the regions hide now.
fn follow_with_labels(
    connection: &Connection,
    recording: RecordingId,
    camera: CameraId,
    frames: Range<u32>,
) -> Result<(), Fault> {
    let regions = regions_over(connection, recording, &frames)?;
    let mut select = connection.prepare_cached(
        "SELECT keypoint, number, x, y FROM label WHERE recording = ?1 AND frame = ?2 AND camera = ?3 \
         AND x IS NOT NULL AND source NOT IN (0, 1)",
    )?;
    let mut update = connection.prepare_cached(
        "UPDATE label SET number = ?5 WHERE recording = ?1 AND frame = ?2 AND camera = ?3 AND keypoint = ?4",
    )?;
    for frame in frames {
        let mask = ViewMask::of(&regions, camera, frame);
        let mut rows = select.query(params![recording.0, frame, camera.0])?;
        let mut changes: Vec<(u8, Option<u16>)> = Vec::new();
        while let Some(row) = rows.next()? {
            let (number, point): (Option<u16>, _) = (row.get(1)?, Point2::new(row.get(2)?, row.get(3)?));
            let is_hidden = mask.hides(point).is_some();
            // A label that keeps what it has is all that most frames hold.
            if number.is_some() == is_hidden {
                let centroid = centroid_of(connection, recording, frame, camera, number, point)?;
                match (number, centroid) {
                    (Some(_), Some(centroid)) if centroid.origin == CentroidOrigin::Added => {}
                    (Some(_), _) => changes.push((row.get(0)?, None)),
                    (None, Some(centroid)) => changes.push((row.get(0)?, Some(centroid.number.0))),
                    (None, None) => {}
                }
            }
        }
        for (keypoint, number) in &changes {
            let is_held = match number {
                Some(number) => labels::holder_of(connection, recording, frame, camera, *number)?.is_some(),
                None => false,
            };
            if !is_held {
                update.execute(params![recording.0, frame, camera.0, keypoint, number])?;
            }
        }
        if !changes.is_empty() {
            mark_stale(connection, recording, frame)?;
        }
    }
    Ok(())
}

/// The centroid of a number; without one, the centroid that stands exactly at a place.
fn centroid_of(
    connection: &Connection,
    recording: RecordingId,
    frame: u32,
    camera: CameraId,
    number: Option<u16>,
    point: Point2,
) -> Result<Option<Centroid>, Fault> {
    let view = detections::view_at(connection, recording, frame, camera)?.unwrap_or_default();
    Ok(view.centroids.into_iter().find(|centroid| match number {
        Some(number) => centroid.number.0 == number,
        None => centroid.point_in_image == point,
    }))
}

fn stored_regions(connection: &Connection, recording: RecordingId) -> Result<Vec<StoredMaskRegion>, Fault> {
    let mut statement = connection.prepare_cached(&format!("{SELECT} WHERE recording = ?1 ORDER BY mask_region.id"))?;
    let mut rows = statement.query([recording.0])?;
    let mut regions = Vec::new();
    while let Some(row) = rows.next()? {
        regions.push(stored_at(row)?);
    }
    Ok(regions)
}

fn region_at(
    connection: &Connection,
    recording: RecordingId,
    id: MaskRegionId,
) -> Result<Option<StoredMaskRegion>, Fault> {
    let mut statement = connection.prepare_cached(&format!("{SELECT} WHERE recording = ?1 AND mask_region.id = ?2"))?;
    let mut rows = statement.query([recording.0, id.0])?;
    rows.next()?.map(stored_at).transpose()
}

const SELECT: &str = "SELECT mask_region.id, camera, start_frame, end_frame, kind, shape, annotator.name, at \
                      FROM mask_region JOIN annotator ON annotator.id = mask_region.annotator";

fn stored_at(row: &Row<'_>) -> Result<StoredMaskRegion, Fault> {
    let (kind, shape): (String, String) = (row.get(4)?, row.get(5)?);
    let known = [MaskKind::Reflection, MaskKind::Arena].into_iter().find(|known| known.as_str() == kind);
    let kind = known.ok_or_else(|| Fault::Malformed(format!("\"{kind}\" is no kind of a mask region")))?;
    let shape = serde_json::from_str(&shape).map_err(|error| Fault::Malformed(format!("a mask region: {error}")))?;
    let region = MaskRegion { camera: CameraId(row.get(1)?), frames: row.get(2)?..row.get(3)?, kind, shape };
    Ok(StoredMaskRegion { id: MaskRegionId(row.get(0)?), region, annotator: row.get(6)?, at_unix_ms: row.get(7)? })
}

fn shape_text(shape: &MaskShape) -> Result<String, Fault> {
    serde_json::to_string(shape).map_err(|error| Fault::Malformed(error.to_string()))
}
