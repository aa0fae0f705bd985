//! The help of geometry ([`crate::pose::assist`]) by project camera, over what the project holds.
//!
//! Without a calibration there is none: lists are empty, and a keypoint's place is unknown.

use super::{FrameView, Labelling};
use crate::jobs::JobError;
use crate::jobs::cameras::CameraMap;
use crate::jobs::seeds::WANTED_SEED_FRAMES;
use crate::model::{CameraId, Centroid, FrameLabels, KeypointId};
use crate::pose::assist::{
    self, Hypothesis, KeypointAssist, KnownPlace, LabelledFrame, NextClick, Proposal, SeedCheck,
};
use crate::pose::solve::FrameInput;
use crate::store::Project;

/// A frame by rig camera.
struct RigFrame<'a> {
    cameras: &'a CameraMap,
    centroids: Vec<Vec<Centroid>>,
    labels: FrameLabels,
    tau_px: f64,
}

impl RigFrame<'_> {
    fn frame(&self) -> LabelledFrame<'_> {
        LabelledFrame { rig: &self.cameras.rig, centroids: &self.centroids, labels: &self.labels, tau_px: self.tau_px }
    }

    fn proposal(&self, found: Proposal) -> Proposal {
        Proposal { camera: self.cameras.project_id(found.camera), ..found }
    }
}

impl Labelling {
    fn rig_frame(&self, view: &FrameView) -> Option<RigFrame<'_>> {
        let cameras = self.cameras.as_ref()?;
        Some(RigFrame {
            cameras,
            centroids: cameras.centroids(&view.views),
            labels: cameras.labels_for_rig(&view.labels),
            tau_px: self.tau_at_width_px(),
        })
    }

    /// Where a keypoint must be in every view: curves after one labelled view, a ghost and a proposed dot after two. One
    /// entry per calibrated camera.
    pub fn keypoint_assist(&self, view: &FrameView, keypoint: KeypointId) -> KeypointAssist {
        let Some(frame) = self.rig_frame(view) else {
            return KeypointAssist { keypoint, place: KnownPlace::Nowhere, views: Vec::new() };
        };
        let mut found = assist::keypoint_assist(&frame.frame(), keypoint);
        let project_id = |camera: CameraId| frame.cameras.project_id(camera);
        for view in &mut found.views {
            view.camera = project_id(view.camera);
            view.curves.iter_mut().for_each(|curve| curve.from = project_id(curve.from));
            view.proposal = view.proposal.map(|proposal| frame.proposal(proposal));
        }
        found
    }

    /// Proposals for every keypoint that two views agree on, in the views that lack it, by keypoint and camera.
    pub fn frame_proposals(&self, view: &FrameView) -> Vec<Proposal> {
        let Some(frame) = self.rig_frame(view) else { return Vec::new() };
        assist::frame_proposals(&frame.frame()).into_iter().map(|found| frame.proposal(found)).collect()
    }

    /// The click that helps most; `selected` is the keypoint that the person is at.
    pub fn next_best_click(&self, view: &FrameView, selected: Option<KeypointId>) -> Option<NextClick> {
        let frame = self.rig_frame(view)?;
        let found = assist::next_best_click(&frame.frame(), &self.skeleton, selected)?;
        Some(NextClick { camera: frame.cameras.project_id(found.camera), ..found })
    }

    /// What the other seed frames say of this one: proposals for all that nobody has labelled in it.
    ///
    /// # Errors
    /// When the project cannot be read.
    pub fn carry_over(&self, project: &Project, view: &FrameView) -> Result<Vec<Proposal>, JobError> {
        let Some(frame) = self.rig_frame(view) else { return Ok(Vec::new()) };
        let mut seeds = Vec::new();
        for seed in project.seed_frames(self.info.id)? {
            let centroids = frame.cameras.centroids(&project.detection(self.info.id, seed)?);
            let human = Some(people_only(frame.cameras.labels_for_rig(&project.labels(self.info.id, seed)?)));
            seeds.push(FrameInput { frame: seed, centroids, human, proposal: None, votes: None });
        }
        let target = FrameInput {
            frame: view.frame,
            centroids: frame.centroids.clone(),
            human: Some(people_only(frame.labels.clone())),
            proposal: None,
            votes: None,
        };
        let found = assist::carry_over(&frame.cameras.rig, &self.skeleton, &seeds, &target);
        Ok(found.into_iter().map(|found| frame.proposal(found)).collect())
    }
}

/// Checks and alternatives.
impl Labelling {
    /// What is to be looked at before a run: enough frames, two views of every keypoint, small residuals, sides.
    ///
    /// # Errors
    /// When the project cannot be read.
    pub fn seed_checks(&self, project: &Project) -> Result<Vec<SeedCheck>, JobError> {
        let Some(cameras) = &self.cameras else { return Ok(Vec::new()) };
        let mut frames = Vec::new();
        for frame in project.seed_frames(self.info.id)? {
            frames.push((frame, people_only(cameras.labels_for_rig(&project.labels(self.info.id, frame)?))));
        }
        let tau_px = self.tau_at_width_px();
        let mut checks = assist::seed_checks(&cameras.rig, &self.skeleton, &frames, tau_px, WANTED_SEED_FRAMES);
        for place in checks.iter_mut().filter_map(|check| check.place.as_mut()) {
            place.camera = place.camera.map(|camera| cameras.project_id(camera));
        }
        Ok(checks)
    }

    /// What else a keypoint could be, best first, "keep as it is" among them: apply one with [`Act::Place`].
    ///
    /// [`Act::Place`]: super::Act::Place
    ///
    /// # Errors
    /// When the project cannot be read.
    pub fn hypotheses(
        &self,
        project: &Project,
        view: &FrameView,
        keypoint: KeypointId,
    ) -> Result<Vec<Hypothesis>, JobError> {
        let Some(frame) = self.rig_frame(view) else { return Ok(Vec::new()) };
        let shape = self.shape(project, frame.cameras)?;
        let mut found = assist::hypotheses(&frame.frame(), &self.skeleton, Some(&shape), keypoint);
        for (camera, _, _) in found.iter_mut().flat_map(|found| &mut found.placements) {
            *camera = frame.cameras.project_id(*camera);
        }
        Ok(found)
    }
}

/// The labels that people made.
pub(super) fn people_only(mut labels: FrameLabels) -> FrameLabels {
    let machine: Vec<_> = labels
        .iter()
        .filter(|(_, _, label)| !label.is_human())
        .map(|(camera, keypoint, _)| (camera, keypoint))
        .collect();
    machine.into_iter().for_each(|(camera, keypoint)| drop(labels.take(camera, keypoint)));
    labels
}
