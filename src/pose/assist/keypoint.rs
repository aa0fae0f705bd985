//! Where one keypoint must be in every view: on a curve after one labelled view, at a point after two.

use crate::geometry::epipolar_curve;
use crate::model::{CameraId, CentroidNumber, KeypointId, Point2, Point3};

use super::anchor::anchor;
use super::proposals::{LabelledFrame, Proposal, frame_proposals};

/// What the labelled views of a keypoint say of the others.
#[derive(Clone, Debug, PartialEq)]
pub struct KeypointAssist {
    /// The keypoint.
    pub keypoint: KeypointId,
    /// What is known of its place.
    pub place: KnownPlace,
    /// By camera.
    pub views: Vec<ViewAssist>,
}

/// What is known of a keypoint's place in 3D.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum KnownPlace {
    /// No view shows it.
    Nowhere,
    /// One view shows it: it lies on a ray.
    Ray,
    /// Two views or more agree.
    Point {
        /// The place.
        position_in_world: Point3,
        /// How many views agree; two are unverified.
        views: usize,
    },
    /// Views show it and no two of them agree.
    Disagreement,
}

/// What is known of a keypoint in one view.
#[derive(Clone, Debug, PartialEq)]
pub struct ViewAssist {
    /// The view.
    pub camera: CameraId,
    /// The curves on which it must lie, as long as there is no point.
    pub curves: Vec<Curve>,
    /// Where the point appears.
    pub ghost: Option<Ghost>,
    /// What it could be here, where nobody has labelled it.
    pub proposal: Option<Proposal>,
}

/// Where a dot of another view can lie.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// The view whose label draws it.
    pub from: CameraId,
    /// The curve inside the picture, from near to far.
    pub points_in_image: Vec<Point2>,
    /// The free dots within τ of it, the nearest first, with their distance in px.
    pub near: Vec<(CentroidNumber, f64)>,
}

/// Where a point in 3D appears.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ghost {
    /// The place; it may be outside the picture.
    pub point_in_image: Point2,
    /// Whether it is inside.
    pub is_inside: bool,
}

/// What the labelled views of `keypoint` say of the others.
pub fn keypoint_assist(frame: &LabelledFrame<'_>, keypoint: KeypointId) -> KeypointAssist {
    let points = frame.labels.views_of(keypoint);
    let labelled = points.iter().flatten().count();
    let found = anchor(frame.rig, frame.labels, keypoint, frame.tau_px).map(|anchor| anchor.found);
    let place = match (labelled, &found) {
        (0, _) => KnownPlace::Nowhere,
        (1, _) => KnownPlace::Ray,
        (_, None) => KnownPlace::Disagreement,
        (_, Some(found)) => {
            KnownPlace::Point { position_in_world: found.position_in_world, views: found.inliers.len() }
        }
    };
    let proposals = if found.is_some() { frame_proposals(frame) } else { Vec::new() };
    let views = frame.rig.ids().map(|camera| {
        let target = frame.rig.camera(camera);
        let ghost = found.as_ref().and_then(|found| target.project(found.position_in_world));
        let curves = if found.is_some() { Vec::new() } else { curves(frame, &points, camera) };
        ViewAssist {
            camera,
            curves,
            ghost: ghost.map(|point| Ghost { point_in_image: point, is_inside: target.sees(point) }),
            proposal: proposals.iter().find(|found| found.camera == camera && found.keypoint == keypoint).copied(),
        }
    });
    KeypointAssist { keypoint, place, views: views.collect() }
}

fn curves(frame: &LabelledFrame<'_>, points: &[Option<Point2>], to: CameraId) -> Vec<Curve> {
    let others = frame.rig.ids().filter(|from| *from != to);
    let seen = others.filter_map(|from| Some((from, points.get(from.index()).copied().flatten()?)));
    let curve = |(from, point)| curve(frame, from, point, to);
    seen.map(curve).filter(|curve| !curve.points_in_image.is_empty()).collect()
}

/// The curve of one label in another view, with the free dots beside it.
pub(super) fn curve(frame: &LabelledFrame<'_>, from: CameraId, point: Point2, to: CameraId) -> Curve {
    let points_in_image = epipolar_curve(frame.rig, from, point, to);
    let dots = frame.dots(to);
    let free = dots.iter().filter(|dot| frame.labels.holder_of(to, dot.number).is_none());
    let mut near: Vec<(CentroidNumber, f64)> = free
        .map(|dot| (dot.number, distance_px(&points_in_image, dot.point_in_image)))
        .filter(|(_, distance_px)| *distance_px <= frame.tau_px)
        .collect();
    near.sort_by(|a, b| a.1.total_cmp(&b.1));
    Curve { from, points_in_image, near }
}

/// Distance of a point from a curve; infinite from none.
fn distance_px(curve: &[Point2], point: Point2) -> f64 {
    let to_segment = |pair: &[Point2]| {
        let along = pair[1] - pair[0];
        let squared = along.norm_squared();
        let share = if squared > 0.0 { ((point - pair[0]).dot(&along) / squared).clamp(0.0, 1.0) } else { 0.0 };
        (pair[0] + along * share - point).norm()
    };
    match curve {
        [only] => (only - point).norm(),
        _ => curve.windows(2).map(to_segment).fold(f64::INFINITY, f64::min),
    }
}
