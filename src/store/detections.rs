//! Centroids and crops per view. A view that was detected again keeps the numbers in use (`redetect.rs`); dots that mask
//! regions hide are kept and not given out (`regions.rs`).

use std::collections::BTreeMap;
use std::ops::Range;

use rusqlite::{Connection, Row, params};

use super::chunks::{FrameIter, entry_of};
use super::codec;
use super::error::{Fault, StoreError};
use super::project::{Durability, Project};
use super::recordings::recording_by_id;
use super::redetect::{self, KnownView};
use super::regions;
use crate::model::{CameraId, Centroid, CentroidNumber, CentroidOrigin, Crop, Point2, RecordingId, RunId};

/// What the detector found in one view.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StoredDetection {
    /// The box around the animal, if one was found.
    pub crop: Option<Crop>,
    /// The dots, by number.
    pub centroids: Vec<Centroid>,
}

/// What was found at one frame, by camera; `None` for a camera without a detection.
pub type StoredViews = Vec<Option<StoredDetection>>;

impl Project {
    /// Keeps what the detector found at one frame, by camera; `None` for a camera that could not be read, whose earlier
    /// detection then stays. Numbers in use stay: see [`super`].
    ///
    /// # Errors
    /// When the recording does not have the frame, or the file cannot be written.
    pub fn put_detection(
        &mut self,
        recording: RecordingId,
        frame: u32,
        run: Option<RunId>,
        views: &[Option<StoredDetection>],
    ) -> Result<(), StoreError> {
        let path = self.path.clone();
        self.write(Durability::Process, |transaction| {
            let earlier = views_at(transaction, recording, frame)?;
            let info = if earlier.is_empty() { None } else { Some(recording_by_id(transaction, &path, recording)?) };
            for (position, view) in views.iter().enumerate() {
                let Some(view) = view else { continue };
                let camera =
                    CameraId(u8::try_from(position).map_err(|_| Fault::Malformed("too many cameras".to_owned()))?);
                let width_px =
                    info.as_ref().and_then(|info| info.cameras.get(position)).map_or(1024, |camera| camera.size_px[0]);
                match earlier.get(&camera) {
                    None => write_view(transaction, recording, frame, camera, view.crop, &view.centroids)?,
                    Some(old) => {
                        let merged = merge_view(transaction, recording, frame, camera, old, &view.centroids, width_px)?;
                        write_view(transaction, recording, frame, camera, view.crop, &merged)?;
                        release_lost_numbers(transaction, recording, frame, camera, &merged)?;
                    }
                }
            }
            transaction
                .prepare_cached(
                    "INSERT INTO detected (recording, frame, run) VALUES (?1, ?2, ?3) \
                     ON CONFLICT (recording, frame) DO UPDATE SET run = excluded.run",
                )?
                .execute(params![recording.0, frame, run.map(|run| run.0)])?;
            Ok(())
        })
    }

    /// What was found at one frame, by camera, less what mask regions hide; `None` for a camera without a detection.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn detection(&self, recording: RecordingId, frame: u32) -> Result<StoredViews, StoreError> {
        self.read(|connection| {
            let camera_count = recording_by_id(connection, &self.path, recording)?.cameras.len();
            let mut found = detections_of(connection, recording, frame..frame.saturating_add(1), camera_count)?;
            Ok(found.pop().map_or_else(|| vec![None; camera_count], |(_, views)| views))
        })
    }

    /// What was found at the frames of a range, frame by frame, less what mask regions hide.
    ///
    /// # Errors
    /// When there is no such recording; what goes wrong later comes with the frames.
    pub fn detections_in(
        &self,
        recording: RecordingId,
        range: Range<u32>,
    ) -> Result<FrameIter<'_, StoredViews>, StoreError> {
        let camera_count = self.recording_by_id(recording)?.cameras.len();
        Ok(FrameIter::new(range, move |chunk| {
            self.read(|connection| detections_of(connection, recording, chunk, camera_count))
        }))
    }

    /// The frames that were detected, ascending: in `run`, or in any run.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn detected_frames(&self, recording: RecordingId, run: Option<RunId>) -> Result<Vec<u32>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT frame FROM detected WHERE recording = ?1 AND (?2 IS NULL OR run = ?2) ORDER BY frame",
            )?;
            let frames = statement.query_map(params![recording.0, run.map(|run| run.0)], |row| row.get(0))?;
            Ok(frames.collect::<Result<_, _>>()?)
        })
    }

    /// How many dots were found at each detected frame over all views, those that mask regions hide included; ascending. Reads
    /// the lengths of lists, not the lists.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn dot_counts(&self, recording: RecordingId) -> Result<Vec<(u32, u16)>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT frame, SUM((length(centroids) - 1) / ?2) FROM detection WHERE recording = ?1 GROUP BY frame ORDER BY frame",
            )?;
            let counts = statement.query_map(params![recording.0, codec::CENTROID_BYTES as i64], |row| {
                Ok((row.get(0)?, row.get::<_, i64>(1)?.clamp(0, i64::from(u16::MAX)) as u16))
            })?;
            Ok(counts.collect::<Result<_, _>>()?)
        })
    }

    /// The number that a centroid added to a view gets: one above all that were ever given there.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn next_centroid_number(
        &self,
        recording: RecordingId,
        frame: u32,
        camera: CameraId,
    ) -> Result<CentroidNumber, StoreError> {
        self.read(|connection| {
            let view = view_at(connection, recording, frame, camera)?.unwrap_or_default();
            let here = view.centroids.iter().map(|centroid| centroid.number.0).max().unwrap_or(0);
            let deleted = deleted_in(connection, recording, frame, camera)?;
            let named = numbers_named(connection, recording, frame, camera, false)?;
            let used = deleted.iter().map(|(number, _)| number.0).chain(named).chain([here]).max().unwrap_or(0);
            used.checked_add(1)
                .map(CentroidNumber)
                .ok_or_else(|| Fault::Malformed("all centroid numbers of a view are used".to_owned()))
        })
    }
}

fn detections_of(
    connection: &Connection,
    recording: RecordingId,
    range: Range<u32>,
    camera_count: usize,
) -> Result<Vec<(u32, StoredViews)>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT frame, camera, crop_x, crop_y, crop_width, crop_height, centroids FROM detection \
         WHERE recording = ?1 AND frame >= ?2 AND frame < ?3 ORDER BY frame, camera",
    )?;
    let masks = regions::regions_over(connection, recording, &range)?;
    let mut rows = statement.query(params![recording.0, range.start, range.end])?;
    let mut found: Vec<(u32, StoredViews)> = Vec::new();
    while let Some(row) = rows.next()? {
        let (frame, id) = (row.get(0)?, CameraId(row.get(1)?));
        let camera = id.index();
        let mut view = detection_at(row)?;
        regions::hide(connection, recording, frame, id, &mut view, &masks)?;
        let slot = entry_of(&mut found, frame, || vec![None; camera_count]).and_then(|views| views.get_mut(camera));
        *slot.ok_or_else(|| Fault::Malformed(format!("a detection of camera {camera}, which is not there")))? =
            Some(view);
    }
    Ok(found)
}

fn views_at(
    connection: &Connection,
    recording: RecordingId,
    frame: u32,
) -> Result<BTreeMap<CameraId, StoredDetection>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT frame, camera, crop_x, crop_y, crop_width, crop_height, centroids FROM detection \
         WHERE recording = ?1 AND frame = ?2",
    )?;
    let mut rows = statement.query(params![recording.0, frame])?;
    let mut views = BTreeMap::new();
    while let Some(row) = rows.next()? {
        views.insert(CameraId(row.get(1)?), detection_at(row)?);
    }
    Ok(views)
}

/// One view's detection, inside a read or a write.
pub(super) fn view_at(
    connection: &Connection,
    recording: RecordingId,
    frame: u32,
    camera: CameraId,
) -> Result<Option<StoredDetection>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT frame, camera, crop_x, crop_y, crop_width, crop_height, centroids FROM detection \
         WHERE recording = ?1 AND frame = ?2 AND camera = ?3",
    )?;
    let mut rows = statement.query(params![recording.0, frame, camera.0])?;
    rows.next()?.map(detection_at).transpose()
}

fn detection_at(row: &Row<'_>) -> Result<StoredDetection, Fault> {
    let x: Option<i32> = row.get(2)?;
    let crop = match x {
        Some(x) => Some(Crop { x, y: row.get(3)?, width: row.get(4)?, height: row.get(5)? }),
        None => None,
    };
    let bytes: Vec<u8> = row.get(6)?;
    Ok(StoredDetection { crop, centroids: codec::decode_centroids(&bytes)? })
}

/// Writes one view's detection over what stood there.
pub(super) fn write_view(
    connection: &Connection,
    recording: RecordingId,
    frame: u32,
    camera: CameraId,
    crop: Option<Crop>,
    centroids: &[Centroid],
) -> Result<(), Fault> {
    let finite = |centroid: &&Centroid| centroid.point_in_image.x.is_finite() && centroid.point_in_image.y.is_finite();
    if let Some(bad) = centroids.iter().find(|centroid| !finite(centroid)) {
        let what = format!("centroid {} of camera {}", bad.number.0, camera.0);
        return Err(StoreError::NotFinite { what, frame }.into());
    }
    connection
        .prepare_cached(
            "INSERT INTO detection (recording, frame, camera, crop_x, crop_y, crop_width, crop_height, centroids) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (recording, frame, camera) DO UPDATE SET \
             crop_x = excluded.crop_x, crop_y = excluded.crop_y, crop_width = excluded.crop_width, \
             crop_height = excluded.crop_height, centroids = excluded.centroids",
        )?
        .execute(params![
            recording.0,
            frame,
            camera.0,
            crop.map(|crop| crop.x),
            crop.map(|crop| crop.y),
            crop.map(|crop| crop.width),
            crop.map(|crop| crop.height),
            codec::encode_centroids(centroids)
        ])?;
    Ok(())
}

fn merge_view(
    connection: &Connection,
    recording: RecordingId,
    frame: u32,
    camera: CameraId,
    old: &StoredDetection,
    found: &[Centroid],
    width_px: u32,
) -> Result<Vec<Centroid>, Fault> {
    let deleted = deleted_in(connection, recording, frame, camera)?;
    let known = KnownView {
        centroids: &old.centroids,
        deleted: &deleted,
        named_by_human: numbers_named(connection, recording, frame, camera, true)?.into_iter().collect(),
        named: numbers_named(connection, recording, frame, camera, false)?.into_iter().collect(),
    };
    Ok(redetect::merge(&known, found, width_px))
}

/// The centroids of a view that people deleted.
pub(super) fn deleted_in(
    connection: &Connection,
    recording: RecordingId,
    frame: u32,
    camera: CameraId,
) -> Result<Vec<(CentroidNumber, Point2)>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT number, x, y FROM deleted_centroid WHERE recording = ?1 AND frame = ?2 AND camera = ?3",
    )?;
    let rows = statement.query_map(params![recording.0, frame, camera.0], |row| {
        Ok((CentroidNumber(row.get(0)?), Point2::new(row.get(1)?, row.get(2)?)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The numbers that labels of a view name: all labels, or those by people.
pub(super) fn numbers_named(
    connection: &Connection,
    recording: RecordingId,
    frame: u32,
    camera: CameraId,
    by_human: bool,
) -> Result<Vec<u16>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT number FROM label WHERE recording = ?1 AND frame = ?2 AND camera = ?3 AND number IS NOT NULL \
         AND (NOT ?4 OR source IN (0, 1))",
    )?;
    let rows = statement.query_map(params![recording.0, frame, camera.0, by_human], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A machine label whose dot the detector no longer finds stays where it is, as a free point.
fn release_lost_numbers(
    connection: &Connection,
    recording: RecordingId,
    frame: u32,
    camera: CameraId,
    centroids: &[Centroid],
) -> Result<(), Fault> {
    for number in numbers_named(connection, recording, frame, camera, false)? {
        if centroids.iter().any(|centroid| centroid.number.0 == number) {
            continue;
        }
        connection
            .prepare_cached(
                "UPDATE label SET number = NULL WHERE recording = ?1 AND frame = ?2 AND camera = ?3 AND number = ?4 \
                 AND source NOT IN (0, 1)",
            )?
            .execute(params![recording.0, frame, camera.0, number])?;
    }
    Ok(())
}

/// Puts a centroid into a view's list, or takes it out; a person did it.
pub(super) fn set_centroid(
    connection: &Connection,
    recording: RecordingId,
    frame: u32,
    camera: CameraId,
    number: CentroidNumber,
    value: Option<&Centroid>,
) -> Result<(), Fault> {
    let mut view = view_at(connection, recording, frame, camera)?.unwrap_or_default();
    let old = view.centroids.iter().position(|centroid| centroid.number == number).map(|at| view.centroids.remove(at));
    let place = params![recording.0, frame, camera.0, number.0];
    match (value, old) {
        (Some(centroid), _) => {
            view.centroids.push(*centroid);
            view.centroids.sort_by_key(|centroid| centroid.number);
            connection
                .prepare_cached(
                    "DELETE FROM deleted_centroid WHERE recording = ?1 AND frame = ?2 AND camera = ?3 AND number = ?4",
                )?
                .execute(place)?;
        }
        // One that a person had added leaves no trace: the detector may find a dot there one day.
        (None, Some(old)) if old.origin == CentroidOrigin::Added => {}
        (None, Some(old)) => {
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO deleted_centroid (recording, frame, camera, number, x, y) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![recording.0, frame, camera.0, number.0, old.point_in_image.x, old.point_in_image.y])?;
        }
        (None, None) => return Ok(()),
    }
    write_view(connection, recording, frame, camera, view.crop, &view.centroids)
}
