//! A world point from views of which some are wrong: every pair of views proposes a point, the one that most views agree
//! with wins, and the views that agree are fitted together (stage 4, "RANSAC triangulation over camera subsets").
//!
//! All pairs are tried, so that the answer does not depend on chance. Agreement is a residual below τ in pixels; of
//! proposals with equally many agreeing views the one with the smaller truncated cost Σ min(e², τ²) wins. Which
//! observation to take instead of a wrong one is not asked here.

use super::camera::Sight;
use super::rig::Rig;
use super::triangulate::{Triangulation, gauss_newton, reprojection_errors, seen};
use crate::model::{CameraId, Point2, Point3, ViewSet};
use nalgebra::Vector3;

/// Rays of a pair are crossing where the squared sine of their angle is larger.
const PARALLEL: f64 = 1e-10;

/// How often the views that agree are taken again after a fit; they hardly ever change twice.
const MOST_FITS: usize = 4;

/// The point that the most views agree with to within `tau_px`, fitted to those views; `None` where no two agree.
pub fn ransac(rig: &Rig, points: &[Option<Point2>], tau_px: f64) -> Option<Triangulation> {
    let sights = Sights::of(rig, points);
    let best = best_proposal(sights.as_slice(), tau_px)?;
    fit_agreeing(rig, points, sights.views(best.agreeing), best.position, tau_px)
}

/// [`ransac`] of many points: `points` holds one row of `rig.len()` views per point.
pub fn ransac_many(rig: &Rig, points: &[Option<Point2>], tau_px: f64) -> Vec<Option<Triangulation>> {
    points.chunks(rig.len().max(1)).map(|row| ransac(rig, row, tau_px)).collect()
}

/// The observations of one point that have a direction, without gaps.
struct Sights {
    sights: [Option<Sight>; ViewSet::CAPACITY],
    cameras: [u8; ViewSet::CAPACITY],
    count: usize,
}

impl Sights {
    #[inline]
    fn of(rig: &Rig, points: &[Option<Point2>]) -> Self {
        let mut all = Self { sights: [None; ViewSet::CAPACITY], cameras: [0; ViewSet::CAPACITY], count: 0 };
        for (index, (camera, point)) in rig.cameras.iter().zip(points).take(ViewSet::CAPACITY).enumerate() {
            if let Some(sight) = seen(*point).and_then(|point| camera.sight(point)) {
                all.sights[all.count] = Some(sight);
                all.cameras[all.count] = index as u8;
                all.count += 1;
            }
        }
        all
    }

    fn as_slice(&self) -> &[Option<Sight>] {
        &self.sights[..self.count]
    }

    /// The cameras of a bit set over the sights.
    fn views(&self, agreeing: u32) -> ViewSet {
        (0..self.count).filter(|slot| agreeing >> slot & 1 == 1).map(|slot| CameraId(self.cameras[slot])).collect()
    }
}

#[derive(Clone, Copy)]
struct Proposal {
    position: Vector3<f64>,
    agreeing: u32,
    cost: f64,
}

fn best_proposal(sights: &[Option<Sight>], tau_px: f64) -> Option<Proposal> {
    let mut best: Option<Proposal> = None;
    let all = sights.len() as u32;
    for (index, first) in sights.iter().enumerate() {
        for second in &sights[index + 1..] {
            let (Some(first), Some(second)) = (first, second) else { continue };
            let Some(position) = crossing(first, second, tau_px) else { continue };
            let proposal = judge(sights, position, tau_px);
            let count = proposal.agreeing.count_ones();
            if count < 2 {
                continue;
            }
            let better = best.is_none_or(|best| {
                let best_count = best.agreeing.count_ones();
                count > best_count || (count == best_count && proposal.cost < best.cost)
            });
            if better {
                best = Some(proposal);
                // Nothing can have more, and whatever has as many is the same set of views.
                if count == all {
                    return best;
                }
            }
        }
    }
    best
}

/// The middle of the shortest bridge between two rays, unless they are parallel, meet behind a camera, or pass so far
/// from one another that neither view can agree.
#[inline]
fn crossing(first: &Sight, second: &Sight, tau_px: f64) -> Option<Vector3<f64>> {
    let base = second.origin - first.origin;
    let aa = first.direction.dot(&first.direction);
    let bb = second.direction.dot(&second.direction);
    let ab = first.direction.dot(&second.direction);
    let determinant = aa * bb - ab * ab;
    let is_crossing = determinant > PARALLEL * aa * bb;
    if !is_crossing {
        return None;
    }
    let (base_a, base_b) = (base.dot(&first.direction), base.dot(&second.direction));
    let scale = 1.0 / determinant;
    let depth_a = (base_a * bb - base_b * ab) * scale;
    let depth_b = (base_a * ab - base_b * aa) * scale;
    let is_ahead = depth_a > 0.0 && depth_b > 0.0;
    if !is_ahead {
        return None;
    }
    let gap = base + second.direction * depth_b - first.direction * depth_a;
    // Half the gap, seen from each camera, is at least that view's residual but for the lens's local scale.
    let too_wide = |sight: &Sight, depth: f64| {
        let reach = 3.0 * tau_px * depth;
        gap.norm_squared() * sight.focal_px * sight.focal_px > reach * reach
    };
    if too_wide(first, depth_a) || too_wide(second, depth_b) {
        return None;
    }
    Some(first.origin + first.direction * depth_a + gap * 0.5)
}

/// Which views agree with a place, and the truncated cost over all.
#[inline]
fn judge(sights: &[Option<Sight>], position: Vector3<f64>, tau_px: f64) -> Proposal {
    let tau_squared = tau_px * tau_px;
    let mut proposal = Proposal { position, agreeing: 0, cost: 0.0 };
    for (slot, sight) in sights.iter().enumerate() {
        let Some(sight) = sight else { continue };
        let away = position - sight.origin;
        let depth = sight.depth_row.dot(&away);
        let (x, y) = (sight.rows_px[0].dot(&away), sight.rows_px[1].dot(&away));
        let squared = (x * x + y * y) / (depth * depth);
        if squared < tau_squared && depth > 0.0 {
            proposal.agreeing |= 1 << slot;
            proposal.cost += squared;
        } else {
            proposal.cost += tau_squared;
        }
    }
    proposal
}

/// Fits the agreeing views through the lens and takes the views that agree with the fit, until they stay the same.
fn fit_agreeing(
    rig: &Rig,
    points: &[Option<Point2>],
    mut views: ViewSet,
    position: Vector3<f64>,
    tau_px: f64,
) -> Option<Triangulation> {
    let mut start = Point3::from(position);
    let mut last = None;
    for _ in 0..MOST_FITS {
        let fit = gauss_newton(rig, points, views, start)?;
        let residuals_px = reprojection_errors(rig, fit.position, points);
        start = fit.position;
        let triangulation = fit.with_residuals(residuals_px);
        let agreeing: ViewSet = rig.ids().filter(|camera| residuals_px[camera.index()] < tau_px).collect();
        if agreeing == triangulation.inliers {
            return Some(triangulation);
        }
        if agreeing.len() < 2 {
            break;
        }
        last = Some(triangulation);
        views = agreeing;
    }
    last
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::test_rigs::{LENSES, ring};
    use super::*;

    proptest! {
        #[test]
        fn two_wrong_views_of_six_are_left_out(lens in 0..LENSES.len(), x in -100.0..100.0f64, y in -100.0..100.0f64, z in -60.0..60.0f64,
            wrong in proptest::sample::subsequence(vec![0usize, 1, 2, 3, 4, 5], 0..=2), turn in 0.0..6.0f64, far in 30.0..80.0f64) {
            let rig = ring(6, LENSES[lens]);
            let world = Point3::new(x, y, z);
            let mut points: Vec<_> = rig.cameras.iter().map(|camera| camera.project(world)).collect();
            for (order, view) in wrong.iter().enumerate() {
                let angle = turn + order as f64 * 2.0;
                if let Some(point) = &mut points[*view] {
                    *point = Point2::new(point.x + far * angle.cos(), point.y + far * angle.sin());
                }
            }
            let expected: ViewSet = rig.ids().filter(|id| points[id.index()].is_some() && !wrong.contains(&id.index())).collect();
            if expected.len() >= 4 {
                let found = ransac(&rig, &points, 3.0).unwrap();
                prop_assert_eq!(found.inliers, expected);
                prop_assert!((found.position_in_world - world).norm() < 1e-7);
                prop_assert!(wrong.iter().all(|view| points[*view].is_none() || found.residuals_px[*view] > 20.0));
            }
        }

        #[test]
        fn nothing_panics(pixels in proptest::collection::vec(proptest::option::of((proptest::num::f64::ANY, proptest::num::f64::ANY)), 0..8), tau in proptest::num::f64::ANY) {
            let points: Vec<_> = pixels.iter().map(|pixel| pixel.map(|(x, y)| Point2::new(x, y))).collect();
            for lens in LENSES {
                let rig = ring(6, lens);
                if let Some(found) = ransac(&rig, &points, tau) {
                    prop_assert!(found.inliers.len() >= 2);
                    prop_assert!(found.position_in_world.iter().all(|coordinate| coordinate.is_finite()));
                }
                ransac_many(&rig, &points, tau);
            }
        }
    }

    #[test]
    fn views_that_do_not_cross_give_nothing() {
        let mut rig = ring(3, LENSES[1]);
        let world = Point3::new(10.0, 0.0, 0.0);
        let points: Vec<_> = rig.cameras.iter().map(|camera| camera.project(world)).collect();
        assert!(ransac(&rig, &points, 3.0).is_some());
        assert!(ransac(&rig, &points, 0.0).is_none());
        assert!(ransac(&rig, &points, f64::NAN).is_none());
        assert!(ransac(&rig, &points, -3.0).is_none());
        assert!(ransac(&rig, &points[..1], 3.0).is_none());
        assert!(ransac(&Rig::default(), &points, 3.0).is_none());
        let apart = [points[0], points[1].map(|point| Point2::new(point.x, point.y + 50.0)), None];
        assert!(ransac(&rig, &apart, 3.0).is_none());
        rig.cameras[1] = rig.cameras[0].clone();
        rig.cameras[2] = rig.cameras[0].clone();
        assert!(ransac(&rig, &[points[0]; 3], 3.0).is_none(), "one ray seen three times");
        assert!(ransac(&rig, &points, 3.0).is_none(), "three rays of one centre");
    }
}
