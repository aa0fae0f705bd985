//! The paper's stage 4 (§2.1, "cross-view consensus"): triangulate each keypoint by RANSAC, keep the cameras that agree,
//! and let the others choose again: a dot near the projection, the dot of another keypoint, or none.
//!
//! A hypothesis costs Σ min(e², τ²); "none" costs 0.8 τ² where a fitting dot is in sight. An untruncated mean would reward
//! dropping views: it prefers none over the right dot in half of all cases. Conflicts over a dot are settled for all
//! keypoints of a view at once, by optimal assignment.

use crate::geometry::{self, Rig};
use crate::model::{CameraId, FramePose, Source};

use super::super::assignment::assign;
use super::super::joint::candidates::NO_DOT;
use super::super::joint::evidence::FrameEvidence;
use super::{Assignment, point3d, points_of};

/// The price of "none" where a fitting dot is in sight, as a share of τ².
const NONE_SHARE: f64 = 0.8;
/// The target cameras choose anew until nothing changes, at most so often.
const ROUNDS: usize = 4;

/// Corrects the labels of a frame; `tau_px` is at the images' own width.
pub fn solve(rig: &Rig, evidence: &FrameEvidence, start: &Assignment, tau_px: f64) -> (Assignment, FramePose) {
    let mut assignment = start.clone();
    for _ in 0..ROUNDS {
        let points: Vec<_> =
            assignment.iter().map(|support| geometry::ransac(rig, &points_of(evidence, support), tau_px)).collect();
        let mut next = assignment.clone();
        for camera in 0..rig.cameras.len() {
            choose(rig, evidence, &points, camera, tau_px, &mut next);
        }
        if next == assignment {
            break;
        }
        assignment = next;
    }
    let pose = assignment.iter().map(|support| {
        let found = geometry::ransac(rig, &points_of(evidence, support), tau_px)?;
        Some(point3d(&found, Source::Stage4))
    });
    let pose = FramePose { points: pose.collect() };
    (assignment, pose)
}

/// Lets every keypoint for which a camera is a target choose its dot there, all at once.
fn choose(
    rig: &Rig,
    evidence: &FrameEvidence,
    points: &[Option<geometry::Triangulation>],
    camera: usize,
    tau_px: f64,
    assignment: &mut Assignment,
) {
    let id = CameraId(camera as u8);
    let dots = &evidence.views[camera].dots;
    // A keypoint without a 3D point has nothing to choose by: it keeps its dot unless a better founded one claims it.
    let mut targets = Vec::new();
    let mut fixed = vec![false; dots.len()];
    for (keypoint, point) in points.iter().enumerate() {
        let is_human = evidence.lock(camera, keypoint).is_some();
        let agrees = point.as_ref().is_some_and(|point| point.inliers.contains(id));
        match point {
            Some(point) if !is_human && !agrees => targets.push((keypoint, point.position_in_world)),
            _ => {
                if let Some(fixed) =
                    fixed.get_mut(usize::from(assignment[keypoint][camera])).filter(|_| is_human || agrees)
                {
                    *fixed = true;
                }
            }
        }
    }
    if targets.is_empty() {
        return;
    }
    let truncated = tau_px * tau_px;
    let columns = dots.len() + targets.len();
    let mut cost = vec![2.0 * truncated; targets.len() * columns];
    for (row, (_, position)) in targets.iter().enumerate() {
        let projected = rig.cameras[camera].project(*position);
        let mut fits = false;
        for (column, dot) in dots.iter().enumerate().filter(|(column, _)| !fixed[*column]) {
            if let Some(projected) = projected {
                let squared = (projected - dot.point_in_image).norm_squared();
                fits |= squared < truncated;
                cost[row * columns + column] = squared.min(truncated);
            }
        }
        cost[row * columns + dots.len() + row] = if fits { NONE_SHARE * truncated } else { 0.0 };
    }
    let chosen = assign(&cost, targets.len(), columns).column_of;
    for ((keypoint, _), column) in targets.iter().zip(&chosen) {
        assignment[*keypoint][camera] = NO_DOT;
        if *column < dots.len() {
            for (other, support) in assignment.iter_mut().enumerate() {
                if support[camera] == *column as u8 && evidence.lock(camera, other).is_none() {
                    support[camera] = NO_DOT;
                }
            }
            assignment[*keypoint][camera] = *column as u8;
        }
    }
}
