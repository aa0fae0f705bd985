//! What follows from an edit at once: the 3D points of the frames that it touched, and the reasons that those points give.
//!
//! Only keypoints whose labels changed get a new point. Reasons that a run measured with what it had learnt (bones, sides)
//! move by the difference that the new points make, so that undo brings the old figures back; jump and disagreement are the
//! run's alone and stay. A frame that no run solved has no reasons and gets none.

use std::collections::{BTreeMap, HashMap};

use super::Labelling;
use crate::geometry::Rig;
use crate::jobs::JobError;
use crate::jobs::cameras::CameraMap;
use crate::jobs::rank::reasons_of;
use crate::model::{FrameLabels, FramePose, KeypointId, Point3, Point3d, Source};
use crate::pose::assist::{self, Anchor};
use crate::pose::joint::shape::ShapeModel;
use crate::pose::ranking::chance_wrong;
use crate::store::{FrameSummary, Project, StoredViews};

/// The keypoints of a frame whose labels changed; none where only its dots did.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Touched(u64);

impl Touched {
    pub fn add(&mut self, keypoint: KeypointId) {
        self.0 |= 1 << keypoint.0;
    }

    pub fn everything() -> Self {
        Self(u64::MAX)
    }

    fn contains(self, keypoint: KeypointId) -> bool {
        self.0 >> keypoint.0 & 1 == 1
    }
}

/// Frames that are read and written together.
const CHUNK: usize = 256;

/// Shape is learnt from at most so many seed frames, evenly spread.
const EXAMPLES: usize = 12;

impl Labelling {
    /// Computes what a kill left undone between a gesture and its points; says for how many frames.
    ///
    /// # Errors
    /// When the project cannot be read or written.
    pub fn catch_up(&self, project: &mut Project) -> Result<usize, JobError> {
        if self.cameras.is_none() || project.is_read_only() {
            return Ok(0);
        }
        let stale = project.stale_frames(self.info.id)?;
        self.follow(project, &stale.iter().map(|frame| (*frame, Touched::everything())).collect())?;
        Ok(stale.len())
    }

    /// Brings points and reasons of touched frames up to their labels.
    pub(super) fn follow(&self, project: &mut Project, touched: &BTreeMap<u32, Touched>) -> Result<(), JobError> {
        let Some(cameras) = &self.cameras else { return Ok(()) };
        if touched.is_empty() {
            return Ok(());
        }
        let shape = self.shape(project, cameras)?;
        let frames: Vec<(u32, Touched)> = touched.iter().map(|(frame, touched)| (*frame, *touched)).collect();
        for chunk in frames.chunks(CHUNK) {
            let followed = self.chunk(project, cameras, &shape, chunk)?;
            project.put_corrected_poses(self.info.id, &followed)?;
        }
        Ok(())
    }

    /// What the seeds say of the animal.
    pub(super) fn shape(&self, project: &Project, cameras: &CameraMap) -> Result<ShapeModel, JobError> {
        let seeds = project.seed_frames(self.info.id)?;
        let mut examples = Vec::new();
        for frame in seeds.iter().step_by(seeds.len().div_ceil(EXAMPLES).max(1)) {
            let labels = cameras.labels_for_rig(&project.labels(self.info.id, *frame)?);
            let point = |keypoint| Some(self.anchor(&cameras.rig, &labels, keypoint)?.found.position_in_world);
            examples.push(self.skeleton.ids().map(point).collect());
        }
        Ok(ShapeModel::from_examples(&self.skeleton, &examples))
    }

    pub(super) fn anchor(&self, rig: &Rig, labels: &FrameLabels, keypoint: KeypointId) -> Option<Anchor> {
        assist::anchor(rig, labels, keypoint, self.tau_at_width_px())
    }

    fn chunk(
        &self,
        project: &Project,
        cameras: &CameraMap,
        shape: &ShapeModel,
        frames: &[(u32, Touched)],
    ) -> Result<Vec<(u32, FramePose, Option<FrameSummary>)>, JobError> {
        let (Some((first, _)), Some((last, _))) = (frames.first(), frames.last()) else { return Ok(Vec::new()) };
        let (id, range) = (self.info.id, *first..last.saturating_add(1));
        let mut read = Read::default();
        let is_wanted = |frame: &u32| frames.binary_search_by_key(frame, |(frame, _)| *frame).is_ok();
        if range.len() <= 2 * frames.len() {
            for item in project.labels_in(id, range.clone())? {
                let (frame, labels) = item?;
                read.labels.insert(frame, labels);
            }
            for item in project.poses_in(id, range.clone()) {
                let (frame, pose) = item?;
                read.poses.insert(frame, pose);
            }
            for item in project.detections_in(id, range.clone())? {
                let (frame, views) = item?;
                read.views.insert(frame, views);
            }
            let summaries = project.frame_summaries_in(id, range)?.into_iter();
            read.summaries =
                summaries.filter(|found| is_wanted(&found.frame)).map(|found| (found.frame, found)).collect();
        } else {
            for (frame, _) in frames {
                read.labels.insert(*frame, project.labels(id, *frame)?);
                read.poses.insert(*frame, project.pose(id, *frame)?);
                read.views.insert(*frame, project.detection(id, *frame)?);
                let summary = project.frame_summaries_in(id, *frame..frame.saturating_add(1))?.pop();
                read.summaries.extend(summary.map(|found| (*frame, found)));
            }
        }
        Ok(frames.iter().map(|(frame, touched)| self.followed(cameras, shape, *frame, *touched, &mut read)).collect())
    }

    fn followed(
        &self,
        cameras: &CameraMap,
        shape: &ShapeModel,
        frame: u32,
        touched: Touched,
        read: &mut Read,
    ) -> (u32, FramePose, Option<FrameSummary>) {
        let empty = || FrameLabels::empty(self.info.cameras.len(), self.skeleton.len());
        let labels = read.labels.remove(&frame).unwrap_or_else(empty);
        let labels = cameras.labels_for_rig(&labels);
        let before = read.poses.remove(&frame).unwrap_or_else(|| FramePose::missing(self.skeleton.len()));
        let points = self.skeleton.ids().map(|keypoint| {
            let old = before.points.get(keypoint.index()).copied().flatten();
            if touched.contains(keypoint) { self.point(cameras, &labels, keypoint, old) } else { old }
        });
        let after = FramePose { points: points.collect() };
        let summary = read.summaries.remove(&frame).map(|old| {
            let dots = read.views.remove(&frame).map_or(0, |views| dots_in(cameras, &views));
            self.summary(cameras, shape, &labels, dots, (&before, &after), old)
        });
        (frame, after, summary)
    }

    fn point(
        &self,
        cameras: &CameraMap,
        labels: &FrameLabels,
        keypoint: KeypointId,
        old: Option<Point3d>,
    ) -> Option<Point3d> {
        let found = self.anchor(&cameras.rig, labels, keypoint)?.found;
        let sources: Vec<Source> =
            found.inliers.iter().filter_map(|camera| Some(labels.get(camera, keypoint)?.source())).collect();
        let said = [Source::Human, Source::Seed].into_iter().find(|source| sources.contains(source));
        let source = said.or_else(|| sources.first().copied()).or(old.map(|old| old.source))?;
        Some(crate::pose::stage4::point3d(&found, source))
    }

    fn summary(
        &self,
        cameras: &CameraMap,
        shape: &ShapeModel,
        labels: &FrameLabels,
        dots: usize,
        (before, after): (&FramePose, &FramePose),
        old: FrameSummary,
    ) -> FrameSummary {
        let positions = |pose: &FramePose| -> Vec<Option<Point3>> {
            self.skeleton.ids().map(|keypoint| pose.position(keypoint)).collect()
        };
        let (was, is) = (positions(before), positions(after));
        let moved = |value: Option<f64>, by: f64| value.map(|value| (value + by).max(0.0));
        let bones = shape.strain(&is).bones_z - shape.strain(&was).bones_z;
        let side = shape.flipped_sides(&is) as f64 - shape.flipped_sides(&was) as f64;
        let residuals = assist::residuals(&cameras.rig, labels, self.tau_at_width_px());
        let given = labels.iter().filter(|(_, _, label)| label.placement.point_in_image().is_some()).count();
        let unsure = |keypoint: KeypointId| {
            after.points[keypoint.index()]?;
            let all: Vec<_> = cameras.rig.ids().filter_map(|camera| labels.get(camera, keypoint)).collect();
            if all.iter().any(|label| label.is_human()) {
                return None;
            }
            all.iter().filter_map(|label| label.margin).reduce(f32::min).map(chance_wrong)
        };
        let worst = residuals.worst().filter(|(_, _, px)| px.is_finite());
        let mut summary = FrameSummary {
            residual_after: worst.map(|(_, _, px)| px),
            worst: cameras.project_label(worst.map(|(camera, keypoint, _)| (camera, keypoint))),
            bones: moved(old.bones, bones),
            side: moved(old.side, side),
            unassigned: Some(dots.saturating_sub(given) as f64),
            two_views: Some(after.points.iter().flatten().filter(|point| point.views == 2).count() as f64),
            margin: Some(self.skeleton.ids().filter_map(unsure).sum()),
            ..old
        };
        summary.score = Some(reasons_of(&summary).likely_wrong());
        summary
    }
}

/// What is known of the frames of a chunk.
#[derive(Default)]
struct Read {
    labels: HashMap<u32, FrameLabels>,
    poses: HashMap<u32, FramePose>,
    views: HashMap<u32, StoredViews>,
    summaries: HashMap<u32, FrameSummary>,
}

fn dots_in(cameras: &CameraMap, views: &StoredViews) -> usize {
    cameras.centroids(views).iter().map(Vec::len).sum()
}
