//! The 3D point by which a keypoint's labels are judged.
//!
//! It is the RANSAC point over all labelled views. Where people labelled two views or more that agree with one another but
//! not with it, theirs is the point: a person's word outweighs any number of machine labels that make the same mistake.

use crate::geometry::{self, Rig, Triangulation};
use crate::model::{CameraId, FrameLabels, KeypointId, Point2, ViewSet};

/// The point of a keypoint, and whose word it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Anchor {
    /// The point, with the residuals of all labelled views.
    pub found: Triangulation,
    /// Whether people's views were put before a larger number of others.
    pub is_by_people: bool,
}

/// The point of a keypoint's labels; `None` where no two views agree to within `tau_px`, which is at the images' own width.
pub fn anchor(rig: &Rig, labels: &FrameLabels, keypoint: KeypointId, tau_px: f64) -> Option<Anchor> {
    let points = labels.views_of(keypoint);
    let all = geometry::ransac(rig, &points, tau_px);
    let human = human_views(labels, keypoint, &points);
    let agrees = |found: &Triangulation| human.iter().all(|camera| found.inliers.contains(camera));
    if human.len() < 2 || all.as_ref().is_some_and(agrees) {
        return all.map(|found| Anchor { found, is_by_people: false });
    }
    let theirs: Vec<Option<Point2>> =
        points.iter().enumerate().map(|(index, point)| point.filter(|_| human.contains(camera_at(index)))).collect();
    let by_people = || {
        let found = geometry::ransac(rig, &theirs, tau_px).filter(agrees)?;
        let errors = geometry::reprojection_errors(rig, found.position_in_world, &points);
        let agreeing = (0..points.len()).filter(|index| errors[*index] <= tau_px).map(camera_at).collect();
        geometry::refine(rig, &points, agreeing, found.position_in_world)
    };
    match by_people() {
        Some(found) => Some(Anchor { found, is_by_people: true }),
        None => all.map(|found| Anchor { found, is_by_people: false }),
    }
}

fn camera_at(index: usize) -> CameraId {
    CameraId(index as u8)
}

fn human_views(labels: &FrameLabels, keypoint: KeypointId, points: &[Option<Point2>]) -> ViewSet {
    let is_human = |camera: &CameraId| {
        points[camera.index()].is_some() && labels.get(*camera, keypoint).is_some_and(|label| label.is_human())
    };
    (0..points.len()).map(camera_at).filter(is_human).collect()
}

/// How far every label of a frame is from the point that its keypoint's labels make, px.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Residuals {
    keypoint_count: usize,
    /// By camera, then keypoint; nothing where nothing was measured.
    px: Vec<Option<f64>>,
}

impl Residuals {
    /// Nothing measured, for that many cameras and keypoints.
    pub fn unknown(camera_count: usize, keypoint_count: usize) -> Self {
        Self { keypoint_count, px: vec![None; camera_count * keypoint_count] }
    }

    /// The residual of a label, px; `None` where it is not labelled, or no second view is.
    pub fn get(&self, camera: CameraId, keypoint: KeypointId) -> Option<f64> {
        self.px.get(camera.index() * self.keypoint_count + keypoint.index()).copied().flatten()
    }

    /// Keeps a residual, px.
    pub fn set(&mut self, camera: CameraId, keypoint: KeypointId, px: f64) {
        if let Some(slot) = self.px.get_mut(camera.index() * self.keypoint_count + keypoint.index()) {
            *slot = (!px.is_nan()).then_some(px);
        }
    }

    /// All residuals, px, by camera, then keypoint.
    pub fn iter(&self) -> impl Iterator<Item = (CameraId, KeypointId, f64)> {
        let count = self.keypoint_count.max(1);
        let known = self.px.iter().enumerate().filter_map(|(slot, px)| Some((slot, (*px)?)));
        known.map(move |(slot, px)| (camera_at(slot / count), KeypointId((slot % count) as u8), px))
    }

    /// The largest residual of a view.
    pub fn worst_of_view(&self, camera: CameraId) -> Option<f64> {
        largest(self.iter().filter(|(at, _, _)| *at == camera).map(|(_, _, px)| px))
    }

    /// The largest residual of a keypoint over all views.
    pub fn worst_of(&self, keypoint: KeypointId) -> Option<f64> {
        largest(self.iter().filter(|(_, of, _)| *of == keypoint).map(|(_, _, px)| px))
    }

    /// The largest residual of the frame, and where it is.
    pub fn worst(&self) -> Option<(CameraId, KeypointId, f64)> {
        self.iter().max_by(|a, b| a.2.total_cmp(&b.2))
    }
}

fn largest(values: impl Iterator<Item = f64>) -> Option<f64> {
    values.reduce(f64::max)
}

/// The residuals of a frame's labels, each against its keypoint's [`anchor`], outliers included; where no two views agree,
/// against the point that fits all of them least badly.
pub fn residuals(rig: &Rig, labels: &FrameLabels, tau_px: f64) -> Residuals {
    let mut residuals = Residuals::unknown(labels.camera_count(), labels.keypoint_count());
    for keypoint in (0..labels.keypoint_count() as u8).map(KeypointId) {
        let points = labels.views_of(keypoint);
        if points.iter().flatten().count() < 2 {
            continue;
        }
        let found = anchor(rig, labels, keypoint, tau_px).map(|anchor| anchor.found);
        let Some(found) = found.or_else(|| geometry::triangulate(rig, &points)) else { continue };
        for (index, _) in points.iter().enumerate().filter(|(_, point)| point.is_some()) {
            residuals.set(camera_at(index), keypoint, found.residuals_px[index]);
        }
    }
    residuals
}
