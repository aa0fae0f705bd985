//! The calibrated cameras of a recording as the solver counts them, beside the cameras as the project counts them.
//!
//! A project keeps the cameras in the order in which they stood when the recording was added. A calibration that was mended
//! or broken since changes which of them have a rig; labels keep their camera by name.

use super::JobError;
use crate::geometry::Rig;
use crate::model::{CameraId, Centroid, FrameLabels, KeypointId};
use crate::recording::Recording;
use crate::store::{RecordingInfo, StoredViews};

/// The rig, and which project camera each of its cameras is.
#[derive(Clone, Debug)]
pub(super) struct CameraMap {
    /// The calibrated cameras, in the project's order.
    pub rig: Rig,
    /// By rig camera.
    project_ids: Vec<CameraId>,
    project_count: usize,
}

impl CameraMap {
    /// Matches a project's cameras with the calibration, by name.
    pub fn new(recording: &Recording, info: &RecordingInfo) -> Result<Self, JobError> {
        let mut rig = Rig::default();
        let mut project_ids = Vec::new();
        for (index, camera) in info.cameras.iter().enumerate() {
            let calibrated = recording.rig.as_ref().and_then(|rig| Some(rig.camera(rig.find(&camera.name)?)));
            if let Some(calibrated) = calibrated {
                rig.cameras.push(calibrated.clone());
                project_ids.push(CameraId(index as u8));
            }
        }
        if rig.len() < 2 {
            let reason = match recording.warnings.first() {
                Some(warning) => warning.clone(),
                None => "its manifest names no calibration, or no camera of it; see behaviorvlm doctor".to_owned(),
            };
            return Err(JobError::NoRig { name: info.name.clone(), reason });
        }
        Ok(Self { rig, project_ids, project_count: info.cameras.len() })
    }

    /// Labels as the solver counts cameras.
    pub fn labels_for_rig(&self, labels: &FrameLabels) -> FrameLabels {
        let mut found = FrameLabels::empty(self.rig.len(), labels.keypoint_count());
        for (camera, keypoint, label) in labels.iter() {
            if let Some(index) = self.project_ids.iter().position(|id| *id == camera) {
                found.place(CameraId(index as u8), keypoint, label.clone());
            }
        }
        found
    }

    /// Labels as the project counts cameras.
    pub fn labels_for_project(&self, labels: &FrameLabels) -> FrameLabels {
        let mut found = FrameLabels::empty(self.project_count, labels.keypoint_count());
        for (camera, keypoint, label) in labels.iter() {
            found.place(self.project_id(camera), keypoint, label.clone());
        }
        found
    }

    /// The project's camera that a rig camera is.
    pub fn project_id(&self, camera: CameraId) -> CameraId {
        self.project_ids[camera.index()]
    }

    /// A label's place as the project counts cameras.
    pub fn project_label(&self, label: Option<(CameraId, KeypointId)>) -> Option<(CameraId, KeypointId)> {
        label.map(|(camera, keypoint)| (self.project_id(camera), keypoint))
    }

    /// The dots of a frame by rig camera; none where a camera was not detected.
    pub fn centroids(&self, views: &StoredViews) -> Vec<Vec<Centroid>> {
        let of = |id: &CameraId| {
            let view = views.get(id.index()).and_then(Option::as_ref);
            view.map(|view| view.centroids.clone()).unwrap_or_default()
        };
        self.project_ids.iter().map(of).collect()
    }
}
