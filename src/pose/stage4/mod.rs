//! Stage 4, consensus of all views in 3D, no model: from labels per view to 3D points and corrected labels, with the
//! reason of every change.
//!
//! Four solvers: `dlt` and `ransac` triangulate the labels as they are, `consensus` is the paper's, `joint`
//! ([`crate::pose::joint`]) is the default. Labels that people made are never changed.

pub mod consensus;

use std::fmt;
use std::str::FromStr;

use crate::geometry::{self, Rig, Triangulation};
use crate::model::{
    CameraId, FrameLabels, FramePose, KeypointId, Placement, Point2, Point3d, Skeleton, Source, ViewSet,
};

use super::joint::candidates::{NO_DOT, Support};
use super::joint::evidence::{FrameEvidence, ViewEvidence};

/// How stage 4 turns labels into 3D points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Solver {
    /// Linear triangulation over all labelled views, outliers included.
    Dlt,
    /// The largest set of views that agree.
    Ransac,
    /// The paper's: keep the agreeing views, correct the others.
    Consensus,
    /// All keypoints at once, with shape, side and time.
    #[default]
    Joint,
}

/// A word that names no solver.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("\"{word}\" is no solver; use dlt, ransac, consensus or joint")]
pub struct UnknownSolver {
    /// The word.
    pub word: String,
}

impl FromStr for Solver {
    type Err = UnknownSolver;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "dlt" => Ok(Self::Dlt),
            "ransac" => Ok(Self::Ransac),
            "consensus" => Ok(Self::Consensus),
            "joint" => Ok(Self::Joint),
            _ => Err(UnknownSolver { word: word.to_owned() }),
        }
    }
}

impl fmt::Display for Solver {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Dlt => "dlt",
            Self::Ransac => "ransac",
            Self::Consensus => "consensus",
            Self::Joint => "joint",
        })
    }
}

/// Dots by keypoint, then camera.
pub type Assignment = Vec<Support>;

/// One label that stage 4 changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The view.
    pub camera: CameraId,
    /// The keypoint.
    pub keypoint: KeypointId,
    /// What the assigner said.
    pub before: Placement,
    /// What stands there now.
    pub after: Placement,
    /// Distance of the old place from the projected point, px.
    pub error_before_px: Option<f64>,
    /// Distance of the new place from the projected point, px.
    pub error_after_px: Option<f64>,
}

impl Change {
    /// The reason in one line, as people read it: "ear_L in cam2: 4 → 7, 18.2 → 0.6 px".
    pub fn describe(&self, skeleton: &Skeleton, camera_name: &str) -> String {
        let place = |placement: &Placement| match placement {
            Placement::Centroid { number, .. } => number.0.to_string(),
            Placement::Free { .. } => "free point".to_owned(),
            Placement::Absent => "none".to_owned(),
        };
        let error = |error: Option<f64>| error.map_or("–".to_owned(), |error| format!("{error:.1}"));
        format!(
            "{} in {camera_name}: {} → {}, {} → {} px",
            skeleton.name_of(self.keypoint),
            place(&self.before),
            place(&self.after),
            error(self.error_before_px),
            error(self.error_after_px),
        )
    }
}

/// The dots that labels name, by keypoint, then camera.
pub fn assignment_of(evidence: &FrameEvidence, labels: &FrameLabels) -> Assignment {
    let mut assignment = vec![[NO_DOT; ViewSet::CAPACITY]; labels.keypoint_count()];
    for (camera, keypoint, label) in labels.iter() {
        let view = &evidence.views[camera.index()];
        let dot = match label.placement.number() {
            Some(number) => view.position_of(number),
            None => label.placement.point_in_image().and_then(|point| {
                view.dots.iter().position(|dot| dot.point_in_image == point).map(|index| index as u8)
            }),
        };
        assignment[keypoint.index()][camera.index()] = dot.unwrap_or(NO_DOT);
    }
    assignment
}

/// The image points of one keypoint's dots, by camera.
pub fn points_of(evidence: &FrameEvidence, support: &Support) -> Vec<Option<Point2>> {
    let point = |(camera, view): (usize, &ViewEvidence)| {
        view.dots.get(usize::from(support[camera])).map(|dot| dot.point_in_image)
    };
    evidence.views.iter().enumerate().map(point).collect()
}

/// The placement of one keypoint in one view.
pub fn placement(evidence: &FrameEvidence, camera: usize, dot: u8) -> Placement {
    evidence.views[camera].dots.get(usize::from(dot)).map_or(Placement::Absent, |dot| dot.placement())
}

/// A 3D point from the views of a triangulation.
pub fn point3d(found: &Triangulation, source: Source) -> Point3d {
    Point3d {
        position_in_world: found.position_in_world,
        error_px: found.rms_px(),
        views: found.inliers.len() as u8,
        source,
    }
}

/// Triangulates labels as they are: `dlt` over all views, or `ransac` within `tau_px`.
pub fn triangulated(
    rig: &Rig,
    evidence: &FrameEvidence,
    assignment: &Assignment,
    solver: Solver,
    tau_px: f64,
    source: Source,
) -> FramePose {
    let solve = |support: &Support| {
        let points = points_of(evidence, support);
        if solver != Solver::Dlt {
            return Some(point3d(&geometry::ransac(rig, &points, tau_px)?, source));
        }
        let position_in_world = geometry::dlt(rig, &points)?;
        let errors = geometry::reprojection_errors(rig, position_in_world, &points);
        let squares: Vec<f64> = errors.iter().filter(|error| error.is_finite()).map(|error| error * error).collect();
        let error_px = (squares.iter().sum::<f64>() / squares.len() as f64).sqrt();
        Some(Point3d { position_in_world, error_px, views: squares.len() as u8, source })
    };
    FramePose { points: assignment.iter().map(solve).collect() }
}

/// What changed between two assignments, with the distances to the points that the second one makes.
pub fn changes(
    rig: &Rig,
    evidence: &FrameEvidence,
    before: &Assignment,
    after: &Assignment,
    pose: &FramePose,
) -> Vec<Change> {
    let mut changes = Vec::new();
    for keypoint in (0..after.len() as u8).map(KeypointId) {
        let projected = |camera: usize| rig.cameras[camera].project(pose.position(keypoint)?);
        for camera in 0..evidence.views.len() {
            let (old, new) = (before[keypoint.index()][camera], after[keypoint.index()][camera]);
            if old == new {
                continue;
            }
            let (before, after) = (placement(evidence, camera, old), placement(evidence, camera, new));
            let error = |placement: &Placement| Some((placement.point_in_image()? - projected(camera)?).norm());
            changes.push(Change {
                camera: CameraId(camera as u8),
                keypoint,
                error_before_px: error(&before),
                error_after_px: error(&after),
                before,
                after,
            });
        }
    }
    changes
}
