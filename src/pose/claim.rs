//! From the joint solver's answer to labels: every dot to at most one keypoint, free dots to the keypoints near them, and
//! the 3D points refitted with the exact lens.
//!
//! The last part of stage 4's default solver. Dots that people gave to a keypoint are never taken from it. A keypoint that
//! fewer than two views see stays missing.

use super::joint::candidates::{self, NO_DOT, Support};
use super::joint::evidence::{FrameEvidence, PinholeRig};
use super::stage4::{self, Assignment};
use crate::geometry::{self, Rig};
use crate::model::{CameraId, FramePose, Point3, Point3d, Source, ViewSet};

/// Of τ, how far a dot may be from the point that all other views make: two dots that run into one stand off by more.
const LEFT_OUT_SHARE: f64 = 0.75;

/// A frame whose dots are claimed.
pub(super) struct Claims<'a> {
    pub(super) rig: &'a Rig,
    pub(super) pinhole: &'a PinholeRig,
    pub(super) evidence: &'a FrameEvidence,
    /// τ_reproj, px at 1024 px width.
    pub(super) tau_px: f64,
}

impl Claims<'_> {
    /// Gives every dot to at most one keypoint, the nearer one, lets keypoints take the free dots near them, and refits
    /// with the exact lens.
    pub(super) fn claim(&self, supports: &[Option<Support>]) -> (Assignment, FramePose) {
        let mut assignment: Assignment =
            supports.iter().map(|support| support.unwrap_or([NO_DOT; ViewSet::CAPACITY])).collect();
        let place = |support: &Support| {
            let rays = candidates::rays(self.evidence, support);
            self.pinhole.intersect(rays)
        };
        let mut places: Vec<Option<Point3>> = assignment.iter().map(place).collect();
        for camera in 0..self.evidence.views.len() {
            self.settle_shared(camera, &places, &mut assignment);
        }
        for (keypoint, support) in assignment.iter_mut().enumerate() {
            if support.iter().filter(|dot| **dot != NO_DOT).count() < 2 {
                *support = [NO_DOT; ViewSet::CAPACITY];
                places[keypoint] = None;
            } else {
                places[keypoint] = place(support);
            }
        }
        self.complete(&places, &mut assignment);
        let points = assignment.iter_mut().zip(&places).enumerate();
        let points = points.map(|(keypoint, (support, place))| self.refit(keypoint, support, (*place)?));
        let pose = FramePose { points: points.collect() };
        (assignment, pose)
    }

    /// The exact 3D point of a keypoint's dots. A dot that the other views do not bear out is given up, the worst first; a
    /// person's is kept. With three views, none can tell who is wrong: there the dot must stand off from the common fit.
    fn refit(&self, keypoint: usize, support: &mut Support, start: Point3) -> Option<Point3d> {
        let tau_px = self.tau_px * self.pinhole.widest();
        let points = stage4::points_of(self.evidence, support);
        let mut views: ViewSet =
            (0..points.len() as u8).map(CameraId).filter(|camera| points[camera.index()].is_some()).collect();
        let mut found = geometry::refine(self.rig, &points, views, start)?;
        while views.len() > 2 {
            let (errors, limit_px) = match views.len() {
                3 => (found.residuals_px, tau_px),
                _ => (geometry::leave_one_out(self.rig, &points, views), LEFT_OUT_SHARE * tau_px),
            };
            let worst = views
                .iter()
                .filter(|camera| self.evidence.lock(camera.index(), keypoint).is_none())
                .max_by(|a, b| errors[a.index()].total_cmp(&errors[b.index()]))
                .filter(|camera| errors[camera.index()] > limit_px);
            let Some(worst) = worst else { break };
            views = views.without(worst);
            support[worst.index()] = NO_DOT;
            found = geometry::refine(self.rig, &points, views, found.position_in_world)?;
        }
        Some(stage4::point3d(&found, Source::Geometry))
    }

    /// One view: a dot that several keypoints want stays with the one that people gave it to, else with the nearest.
    fn settle_shared(&self, camera: usize, places: &[Option<Point3>], assignment: &mut Assignment) {
        for dot in 0..self.evidence.views[camera].dots.len() as u8 {
            let claimants: Vec<usize> =
                (0..assignment.len()).filter(|keypoint| assignment[*keypoint][camera] == dot).collect();
            if claimants.len() < 2 {
                continue;
            }
            let distance = |keypoint: &usize| {
                let place = places[*keypoint].as_ref();
                let dot = &self.evidence.views[camera].dots[usize::from(dot)];
                place.and_then(|place| self.pinhole.residual(camera, dot, place)).unwrap_or(f64::INFINITY)
            };
            let nearest = claimants.iter().copied().min_by(|a, b| distance(a).total_cmp(&distance(b)));
            let winner = self.evidence.owner(camera, dot).or(nearest);
            for keypoint in claimants.into_iter().filter(|keypoint| Some(*keypoint) != winner) {
                assignment[keypoint][camera] = NO_DOT;
            }
        }
    }

    /// Free dots within half of τ go to the nearest keypoint that has none in their view.
    fn complete(&self, places: &[Option<Point3>], assignment: &mut Assignment) {
        for (camera, view) in self.evidence.views.iter().enumerate() {
            let mut pairs = Vec::new();
            for (keypoint, place) in places.iter().enumerate() {
                let Some(place) = place else { continue };
                if assignment[keypoint][camera] != NO_DOT || self.evidence.lock(camera, keypoint).is_some() {
                    continue;
                }
                for (dot, found) in view.dots.iter().enumerate() {
                    let taken = assignment.iter().any(|support| support[camera] == dot as u8);
                    let near = self.pinhole.residual(camera, found, place).filter(|px| *px < 0.5 * self.tau_px);
                    if let (false, Some(residual)) = (taken, near) {
                        pairs.push((residual, keypoint, dot as u8));
                    }
                }
            }
            pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
            for (_, keypoint, dot) in pairs {
                let taken = assignment.iter().any(|support| support[camera] == dot);
                if !taken && assignment[keypoint][camera] == NO_DOT {
                    assignment[keypoint][camera] = dot;
                }
            }
        }
    }
}
