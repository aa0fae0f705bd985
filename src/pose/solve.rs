//! From the dots of a chunk of frames to labels, 3D points, reasons: the assigner, then stage 4.
//!
//! Pure: the caller reads dots and writes answers. A chunk is a function of the [`Track`] before it and its inputs.

use thiserror::Error;

use super::claim::Claims;
use super::joint::candidates::{NO_DOT, Support};
use super::joint::evidence::{FrameEvidence, PinholeRig};
use super::joint::motion::{Memory, MotionModel};
use super::joint::shape::ShapeModel;
use super::joint::tracker::{Track, TrackedFrame, TrackerConfig, TrackerInput};
use super::joint::visibility::VisibilityModel;
use super::joint::votes::Votes;
use super::ranking::{self, Reasons};
use super::stage4::{self, Assignment, Change, Solver};
use crate::geometry::{self, Rig};
use crate::model::{
    CameraId, Centroid, FrameLabels, FramePose, KeypointId, Label, Point3, Provenance, RunId, Skeleton, Source,
};

/// What a run does, with every default.
#[derive(Clone, Debug, PartialEq)]
pub struct PoseConfig {
    /// Stage 4.
    pub solver: Solver,
    /// The joint solver's limits.
    pub tracker: TrackerConfig,
    /// Smallest τ_reproj, px at 1024 px width; it grows to four times the seeds' robust residual.
    pub tau_px: f64,
    /// What one view's agreeing label is worth, nats.
    pub vote_weight: f32,
    /// What all views' agreeing labels are worth together, nats: confusions are shared between views.
    pub vote_cap: f32,
    /// Frames that are committed together.
    pub chunk: usize,
    /// Frames beyond a chunk that are solved so that its last frame has a future.
    pub lookahead: usize,
}

impl Default for PoseConfig {
    fn default() -> Self {
        Self {
            solver: Solver::Joint,
            tracker: TrackerConfig::default(),
            tau_px: 3.0,
            vote_weight: 1.0,
            vote_cap: 3.0,
            chunk: 48,
            lookahead: 16,
        }
    }
}

/// A frame as it goes in.
#[derive(Clone, Debug, Default)]
pub struct FrameInput {
    /// Its index.
    pub frame: u32,
    /// Its dots, by camera.
    pub centroids: Vec<Vec<Centroid>>,
    /// Labels of which those by people are kept as they are.
    pub human: Option<FrameLabels>,
    /// Labels by an assigner other than the geometry.
    pub proposal: Option<FrameLabels>,
    /// What was said of some labels beside the assigner; without, the proposal itself is what votes.
    pub votes: Option<FrameLabels>,
}

/// A frame as it comes out.
#[derive(Clone, Debug, PartialEq)]
pub struct SolvedFrame {
    /// Its index.
    pub frame: u32,
    /// The labels, people's included.
    pub labels: FrameLabels,
    /// The 3D points.
    pub pose: FramePose,
    /// What stage 4 changed.
    pub changes: Vec<Change>,
    /// Why the frame may be wrong.
    pub reasons: Reasons,
    /// The label with the largest residual of all.
    pub worst: Option<(CameraId, KeypointId)>,
}

/// Why a run cannot start.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum PoseError {
    /// Fewer than two cameras.
    #[error("3D needs two calibrated cameras or more; this recording has {count}")]
    TooFewCameras {
        /// Cameras of the rig.
        count: usize,
    },
    /// Nothing to learn the animal from.
    #[error("no keypoint is labelled in two views of a seed frame; label seed frames first (seeds --import seeds.csv)")]
    NoSeeds,
}

/// A rig, an animal and a configuration: what every frame of a run shares.
pub struct PoseSolver {
    rig: Rig,
    pinhole: PinholeRig,
    skeleton: Skeleton,
    config: PoseConfig,
}

impl PoseSolver {
    /// Prepares a run; `examples` are the seed frames, or frames whose proposals are to be learnt from.
    ///
    /// # Errors
    /// With fewer than two cameras.
    pub fn new(rig: Rig, skeleton: Skeleton, mut config: PoseConfig, seeds: &[FrameInput]) -> Result<Self, PoseError> {
        if rig.len() < 2 {
            return Err(PoseError::TooFewCameras { count: rig.len() });
        }
        let pinhole = PinholeRig::new(&rig);
        let sigma_px = seed_residual(&rig, &pinhole, seeds);
        config.tau_px = config.tau_px.max(4.0 * sigma_px);
        config.tracker.candidates.tau_px = config.tau_px;
        config.tracker.candidates.sigma_px = config.tracker.candidates.sigma_px.max(sigma_px);
        Ok(Self { rig, pinhole, skeleton, config })
    }

    /// The configuration, τ_reproj as the seeds set it.
    pub fn config(&self) -> &PoseConfig {
        &self.config
    }

    /// What the seeds say of the animal's shape and, from the `prelude` that leads up to a sweep, of its motion.
    ///
    /// # Errors
    /// When no seed shows a keypoint in two views.
    pub fn track(&self, seeds: &[FrameInput], prelude: &[&FrameInput]) -> Result<Track, PoseError> {
        let examples: Vec<Vec<Option<Point3>>> = seeds.iter().map(|seed| self.labelled_points(seed)).collect();
        if !examples.iter().flatten().any(Option::is_some) {
            return Err(PoseError::NoSeeds);
        }
        let shape = ShapeModel::from_examples(&self.skeleton, &examples);
        let motion = MotionModel::new(self.skeleton.len(), shape.body_length());
        let mut visibility = VisibilityModel::new(self.skeleton.len(), self.rig.len());
        for labels in seeds.iter().filter_map(|seed| seed.human.as_ref().or(seed.proposal.as_ref())) {
            for keypoint in self.skeleton.ids() {
                let views = labels.views_of(keypoint).iter().flatten().count();
                visibility.learn(keypoint.index(), views, SEED_WEIGHT);
            }
        }
        let memory = vec![Memory::default(); self.skeleton.len()];
        let mut track = Track { shape, motion, visibility, memory };
        for input in prelude {
            for (memory, position) in track.memory.iter_mut().zip(self.labelled_points(input)) {
                *memory = memory.next(position);
            }
        }
        Ok(track)
    }

    /// The points that a frame's labels make: people's, or else its proposal's.
    fn labelled_points(&self, input: &FrameInput) -> Vec<Option<Point3>> {
        let Some(labels) = input.human.as_ref().or(input.proposal.as_ref()) else {
            return vec![None; self.skeleton.len()];
        };
        let point = |keypoint| {
            let points = labels.views_of(keypoint);
            let found = geometry::ransac(&self.rig, &points, self.tau_px())?;
            Some(found.position_in_world)
        };
        self.skeleton.ids().map(point).collect()
    }

    /// τ_reproj at the images' own width, px.
    fn tau_px(&self) -> f64 {
        self.config.tau_px * self.pinhole.widest()
    }

    /// Solves `inputs`, which follow one another in the direction of the sweep, and returns the first `commit` of them;
    /// `track` then stands behind those.
    pub fn solve(&self, track: &mut Track, inputs: &[FrameInput], commit: usize, stamp: Stamp) -> Vec<SolvedFrame> {
        let trackers: Vec<TrackerInput> = inputs.iter().map(|input| self.tracker_input(input)).collect();
        let tracked = self.config.tracker.solve(&self.pinhole, track, &trackers, commit);
        tracked
            .into_iter()
            .zip(inputs)
            .zip(&trackers)
            .map(|((tracked, input), tracker)| self.finish(input, &tracker.evidence, &tracked, track, stamp))
            .collect()
    }

    fn tracker_input(&self, input: &FrameInput) -> TrackerInput {
        let mut evidence = FrameEvidence::new(&self.rig, &input.centroids, self.skeleton.len(), input.human.as_ref());
        if let Some(proposal) = &input.proposal {
            evidence.add_points(&self.rig, proposal);
        }
        let votes = input.votes.as_ref().or(input.proposal.as_ref());
        let votes = votes.map(|labels| Votes::new(&evidence, labels, self.config.vote_weight, self.config.vote_cap));
        TrackerInput { evidence, votes }
    }

    /// Stage 4 on one frame, its labels and its reasons.
    fn finish(
        &self,
        input: &FrameInput,
        evidence: &FrameEvidence,
        tracked: &TrackedFrame,
        track: &Track,
        stamp: Stamp,
    ) -> SolvedFrame {
        let filtered = || self.claims(evidence).claim(&tracked.filtered).0;
        let before = match &input.proposal {
            Some(proposal) => stage4::assignment_of(evidence, proposal),
            None => filtered(),
        };
        let tau_px = self.tau_px();
        let (after, pose) = match self.config.solver {
            Solver::Joint => {
                let supports: Vec<Option<Support>> =
                    tracked.keypoints.iter().map(|keypoint| keypoint.as_ref().map(|found| found.support)).collect();
                self.claims(evidence).claim(&supports)
            }
            Solver::Consensus => stage4::consensus::solve(&self.rig, evidence, &before, tau_px),
            solver => {
                let pose = stage4::triangulated(&self.rig, evidence, &before, solver, tau_px, Source::Stage4);
                (before.clone(), pose)
            }
        };
        let changes = stage4::changes(&self.rig, evidence, &before, &after, &pose);
        let labels = self.labels(input, evidence, tracked, &before, &after, stamp);
        let (was, is) = (self.worst(evidence, &before), self.worst(evidence, &after));
        let reasons = Reasons {
            residual_before: was.map(|worst| worst.px),
            residual_after: is.map(|worst| worst.px),
            ..self.reasons(evidence, tracked, track, &before, &after, &pose)
        };
        let worst = is.map(|worst| (worst.camera, worst.keypoint));
        SolvedFrame { frame: input.frame, labels, pose, changes, reasons, worst }
    }

    fn claims<'a>(&'a self, evidence: &'a FrameEvidence) -> Claims<'a> {
        Claims { rig: &self.rig, pinhole: &self.pinhole, evidence, tau_px: self.config.tau_px }
    }

    fn labels(
        &self,
        input: &FrameInput,
        evidence: &FrameEvidence,
        tracked: &TrackedFrame,
        before: &Assignment,
        after: &Assignment,
        stamp: Stamp,
    ) -> FrameLabels {
        // What a proposal says nothing of is as its other labels are; what one without labels says, the geometry does.
        let proposed = input.proposal.as_ref().and_then(|proposal| proposal.iter().next());
        let usual = proposed.map_or(Source::Geometry, |(_, _, label)| label.source());
        let mut labels = FrameLabels::empty(self.rig.len(), self.skeleton.len());
        for keypoint in self.skeleton.ids() {
            for camera in self.rig.ids() {
                let human = input.human.as_ref().and_then(|human| human.get(camera, keypoint));
                if let Some(human) = human.filter(|label| label.is_human()) {
                    labels.place(camera, keypoint, human.clone());
                    continue;
                }
                let (old, new) = (before[keypoint.index()][camera.index()], after[keypoint.index()][camera.index()]);
                let proposed = input.proposal.as_ref().and_then(|proposal| proposal.get(camera, keypoint));
                let source = if old == new { proposed.map_or(usual, Label::source) } else { Source::Stage4 };
                let label = Label {
                    placement: stage4::placement(evidence, camera.index(), new),
                    provenance: stamp.provenance(source),
                    margin: Some(tracked.margin(keypoint)),
                };
                labels.place(camera, keypoint, label);
            }
        }
        labels
    }

    fn reasons(
        &self,
        evidence: &FrameEvidence,
        tracked: &TrackedFrame,
        track: &Track,
        before: &Assignment,
        after: &Assignment,
        pose: &FramePose,
    ) -> Reasons {
        let positions: Vec<Option<Point3>> = self.skeleton.ids().map(|keypoint| pose.position(keypoint)).collect();
        let strain = track.shape.strain(&positions);
        let dots: usize = evidence.views.iter().map(|view| view.dots.len()).sum();
        let given = after.iter().flatten().filter(|dot| **dot != NO_DOT).count();
        let differing =
            before.iter().flatten().zip(after.iter().flatten()).filter(|(before, after)| before != after).count();
        let seen = self.skeleton.ids().filter(|keypoint| tracked.keypoints[keypoint.index()].is_some());
        let unsure: f64 = seen.map(|keypoint| ranking::chance_wrong(tracked.margin(keypoint))).sum();
        Reasons {
            jump: tracked.jump,
            bones: Some(strain.bones_z),
            unassigned: Some(dots.saturating_sub(given) as f64),
            two_views: Some(pose.points.iter().flatten().filter(|point| point.views == 2).count() as f64),
            disagreement: Some(differing as f64),
            side: Some(track.shape.flipped_sides(&positions) as f64),
            margin: Some(unsure),
            ..Reasons::default()
        }
    }

    /// The largest residual of an assignment against the RANSAC points, outliers included, and its label.
    fn worst(&self, evidence: &FrameEvidence, assignment: &Assignment) -> Option<WorstLabel> {
        let of = |(keypoint, support): (KeypointId, &Support)| {
            let found = geometry::ransac(&self.rig, &stage4::points_of(evidence, support), self.tau_px())?;
            let residuals = self.rig.ids().map(|camera| (camera, found.residuals_px[camera.index()]));
            let (camera, px) = residuals.filter(|(_, px)| px.is_finite()).max_by(|a, b| a.1.total_cmp(&b.1))?;
            Some(WorstLabel { camera, keypoint, px })
        };
        self.skeleton.ids().zip(assignment).filter_map(of).max_by(|a, b| a.px.total_cmp(&b.px))
    }
}

/// A label and its residual.
#[derive(Clone, Copy)]
struct WorstLabel {
    camera: CameraId,
    keypoint: KeypointId,
    px: f64,
}

/// How many solved frames a seed counts for in what is usually seen: a person looked at it.
const SEED_WEIGHT: f64 = 2.0;

/// The run and the time that labels bear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// The run.
    pub run: Option<RunId>,
    /// Milliseconds since the Unix epoch.
    pub at_unix_ms: i64,
}

impl Stamp {
    fn provenance(self, source: Source) -> Provenance {
        Provenance { source, run: self.run, annotator: None, at_unix_ms: self.at_unix_ms }
    }
}

/// The deviation of people's labels from the points that they make, px at 1024 px width: robust, 0 without seeds.
fn seed_residual(rig: &Rig, pinhole: &PinholeRig, seeds: &[FrameInput]) -> f64 {
    let mut residuals = Vec::new();
    for labels in seeds.iter().filter_map(|seed| seed.human.as_ref()) {
        for keypoint in (0..labels.keypoint_count() as u8).map(KeypointId) {
            let Some(found) = geometry::triangulate(rig, &labels.views_of(keypoint)) else { continue };
            let scaled =
                found.inliers.iter().map(|camera| found.residuals_px[camera.index()] / pinhole.scale[camera.index()]);
            residuals.extend(scaled);
        }
    }
    residuals.sort_by(f64::total_cmp);
    // The median of a two-dimensional normal's length is 1.177 deviations.
    residuals.get(residuals.len() / 2).map_or(0.0, |median| median / 1.177)
}

#[cfg(test)]
mod tests;
