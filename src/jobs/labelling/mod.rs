//! Everything that happens when a person labels: what a frame shows, one act and what follows from it, undo and redo, and
//! the help that geometry gives.
//!
//! Invariants: an act is one gesture, saved when [`Labelling::act`] returns; the points and reasons of the frames that it
//! touched follow at once, and are caught up with ([`Labelling::catch_up`]) where a kill came between. Cameras are the
//! project's. Works without a calibration, then without 3D. Nothing here draws or waits: the caller has a thread for it.

mod acts;

mod plan;

mod follow;

mod help;

pub use acts::{Act, LabelSource, Outcome};

use super::cameras::CameraMap;
use super::{JobError, pose};
use crate::geometry::Camera;
use crate::model::{CameraId, RecordingId, Source};
use crate::model::{FrameLabels, FramePose, Skeleton};
use crate::pose::assist::{self, Residuals};
use crate::recording::Recording;
use crate::store::{ChangeRecord, FrameState, FrameSummary, Project, RecordingInfo, StoredViews};

/// A recording as a person labels it.
pub struct Labelling {
    info: RecordingInfo,
    /// Absent where fewer than two cameras are calibrated.
    cameras: Option<CameraMap>,
    skeleton: Skeleton,
    /// τ_reproj, px at 1024 px width.
    tau_px: f64,
}

/// Everything that is known of one frame.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameView {
    /// The recording.
    pub recording: RecordingId,
    /// The frame.
    pub frame: u32,
    /// Its dots and crops, by camera.
    pub views: StoredViews,
    /// Its labels.
    pub labels: FrameLabels,
    /// Its points.
    pub pose: FramePose,
    /// What stage 4 changed.
    pub changes: Vec<ChangeRecord>,
    /// Why it stands in the queue; absent where no run solved it.
    pub summary: Option<FrameSummary>,
    /// What a person decided.
    pub state: FrameState,
    /// How far each label is from its keypoint's point over all labelled cameras, outliers included.
    pub residuals_px: Residuals,
    /// Whether it is a seed frame.
    pub is_seed: bool,
}

impl Labelling {
    /// Prepares a recording whose files are open.
    ///
    /// # Errors
    /// When the project cannot be read.
    pub fn open(project: &Project, info: &RecordingInfo, recording: &Recording) -> Result<Self, JobError> {
        let cameras = CameraMap::new(recording, info).ok();
        let skeleton = project.skeleton().clone();
        Ok(Self { info: info.clone(), cameras, skeleton, tau_px: pose::tau_px(project, info)? })
    }

    /// Prepares a recording whose files are missing: nothing is said about 3D then.
    ///
    /// # Errors
    /// When the project cannot be read.
    pub fn without_files(project: &Project, info: &RecordingInfo) -> Result<Self, JobError> {
        let skeleton = project.skeleton().clone();
        Ok(Self { info: info.clone(), cameras: None, skeleton, tau_px: pose::tau_px(project, info)? })
    }

    /// The recording.
    pub fn info(&self) -> &RecordingInfo {
        &self.info
    }

    /// Whether there is a calibration, without which nothing is said about 3D.
    pub fn has_rig(&self) -> bool {
        self.cameras.is_some()
    }

    /// The calibrated cameras with their ids in the project, in the calibration's unit of length; none without a calibration.
    pub fn rig(&self) -> impl Iterator<Item = (CameraId, &Camera)> {
        let cameras = self
            .cameras
            .iter()
            .flat_map(|cameras| cameras.rig.ids().zip(&cameras.rig.cameras).map(move |found| (cameras, found)));
        cameras.map(|(cameras, (id, camera))| (cameras.project_id(id), camera))
    }

    /// τ_reproj, px at 1024 px width.
    pub fn tau_px(&self) -> f64 {
        self.tau_px
    }

    /// τ_reproj at the width of the widest image, px.
    pub fn tau_at_width_px(&self) -> f64 {
        let widest = self.info.cameras.iter().map(|camera| camera.size_px[0]).max().unwrap_or(1024);
        self.tau_px * f64::from(widest) / 1024.0
    }

    /// Takes over what a run found out since: its τ_reproj.
    ///
    /// # Errors
    /// When the project cannot be read.
    pub fn refresh(&mut self, project: &Project) -> Result<(), JobError> {
        self.tau_px = pose::tau_px(project, &self.info)?;
        Ok(())
    }

    /// Everything that is known of a frame.
    ///
    /// # Errors
    /// When the project cannot be read, or the recording does not have the frame.
    pub fn frame(&self, project: &Project, frame: u32) -> Result<FrameView, JobError> {
        self.info.require_frame(frame)?;
        let id = self.info.id;
        let labels = project.labels(id, frame)?;
        let is_seed = labels.iter().any(|(_, _, label)| label.source() == Source::Seed);
        Ok(FrameView {
            recording: id,
            frame,
            views: project.detection(id, frame)?,
            pose: project.pose(id, frame)?,
            changes: project.changes(id, frame)?,
            summary: project.frame_summaries_in(id, frame..frame.saturating_add(1))?.pop(),
            state: project.frame_state(id, frame)?,
            residuals_px: self.residuals(&labels),
            is_seed,
            labels,
        })
    }

    /// How far each label is from its keypoint's point, by project camera.
    fn residuals(&self, labels: &FrameLabels) -> Residuals {
        let mut found = Residuals::unknown(labels.camera_count(), labels.keypoint_count());
        if let Some(cameras) = &self.cameras {
            let residuals = assist::residuals(&cameras.rig, &cameras.labels_for_rig(labels), self.tau_at_width_px());
            for (camera, keypoint, px) in residuals.iter() {
                found.set(cameras.project_id(camera), keypoint, px);
            }
        }
        found
    }

    /// The name of a camera.
    fn camera_name(&self, camera: CameraId) -> &str {
        self.info.cameras.get(camera.index()).map_or("?", |camera| camera.name.as_str())
    }
}
