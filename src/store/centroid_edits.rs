//! The dots that people added and deleted.

use rusqlite::params;

use super::detections::{deleted_in, view_at};
use super::error::StoreError;
use super::journal::{FrameEdit, Gesture, ItemEdit};
use super::project::Project;
use super::redetect::SAME_DOT_PX;
use crate::model::{CameraId, Centroid, CentroidNumber, CentroidOrigin, Point2, RecordingId};

/// What people did to the dots of one view.
#[derive(Clone, Debug, PartialEq)]
pub struct EditedView {
    /// The frame.
    pub frame: u32,
    /// The camera.
    pub camera: CameraId,
    /// Dots that they added, by number.
    pub added: Vec<Centroid>,
    /// Dots that they deleted: the number, and where it was.
    pub deleted: Vec<(CentroidNumber, Point2)>,
}

impl Project {
    /// Adds a dot of which more is known than its place, and returns its number; `measured` says everything but that and
    /// the origin.
    ///
    /// # Errors
    /// When a dot of the view stands there already; and as [`Project::apply_gesture`].
    pub fn add_measured_centroid(
        &mut self,
        recording: RecordingId,
        frame: u32,
        camera: CameraId,
        measured: &Centroid,
        gesture: &Gesture<'_>,
    ) -> Result<CentroidNumber, StoreError> {
        let info = self.recording_by_id(recording)?;
        let width_px = info.cameras.get(camera.index()).map_or(1024, |camera| camera.size_px[0].max(1));
        let reach_px = SAME_DOT_PX * f64::from(width_px) / 1024.0;
        let views = self.detection(recording, frame)?;
        let dots = views.get(camera.index()).and_then(Option::as_ref).map_or(&[][..], |view| &view.centroids);
        let distance = |dot: &Centroid| (dot.point_in_image - measured.point_in_image).norm();
        if let Some(dot) = dots.iter().find(|dot| distance(dot) <= reach_px) {
            return Err(StoreError::CentroidThere { number: dot.number.0, frame });
        }
        let number = self.next_centroid_number(recording, frame, camera)?;
        let centroid = Centroid { number, origin: CentroidOrigin::Added, ..*measured };
        let item = ItemEdit::Centroid { camera, number, before: None, after: Some(centroid) };
        self.apply_gesture(gesture, &[FrameEdit { recording, frame, item }])?;
        Ok(number)
    }

    /// The views of a recording whose dots people added to or deleted from, by frame and camera.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn edited_views(&self, recording: RecordingId) -> Result<Vec<EditedView>, StoreError> {
        self.read(|connection| {
            // Whoever adds or deletes a dot leaves an edit; what stands there now is read, since edits are taken back.
            let mut statement = connection.prepare_cached(
                "SELECT DISTINCT frame, camera FROM edit WHERE recording = ?1 AND target = 'centroid' \
                 ORDER BY frame, camera",
            )?;
            let places = statement.query_map(params![recording.0], |row| Ok((row.get(0)?, CameraId(row.get(1)?))))?;
            let mut views = Vec::new();
            for place in places {
                let (frame, camera) = place?;
                let mut added = view_at(connection, recording, frame, camera)?.unwrap_or_default().centroids;
                added.retain(|centroid| centroid.origin == CentroidOrigin::Added);
                let deleted = deleted_in(connection, recording, frame, camera)?;
                if !added.is_empty() || !deleted.is_empty() {
                    views.push(EditedView { frame, camera, added, deleted });
                }
            }
            Ok(views)
        })
    }
}
