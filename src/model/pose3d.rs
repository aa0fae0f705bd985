//! Triangulated keypoints of one frame.

use super::Point3;
use super::ids::KeypointId;
use super::provenance::Source;

/// A keypoint in the world, seen by two views or more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point3d {
    /// Its place, in the calibration's unit.
    pub position_in_world: Point3,
    /// Root mean square reprojection error over the views that made it, px.
    pub error_px: f64,
    /// How many views made it; two are unverified.
    pub views: u8,
    /// What made it.
    pub source: Source,
}

/// The keypoints of one frame; a keypoint that fewer than two views see is missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FramePose {
    /// By keypoint id.
    pub points: Vec<Option<Point3d>>,
}

impl FramePose {
    /// A frame with no point yet.
    pub fn missing(keypoint_count: usize) -> Self {
        Self { points: vec![None; keypoint_count] }
    }

    /// The place of a keypoint.
    pub fn position(&self, keypoint: KeypointId) -> Option<Point3> {
        self.points.get(keypoint.index()).copied().flatten().map(|point| point.position_in_world)
    }
}
