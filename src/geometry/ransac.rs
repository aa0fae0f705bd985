//! A world point from views of which some are wrong: every pair of views proposes a point, the one that most views agree
//! with wins, and the views that agree are fitted together (stage 4, "RANSAC triangulation over camera subsets").
//!
//! All pairs are tried, so that the answer does not depend on chance. Agreement is a residual below τ in pixels; of
//! proposals with equally many agreeing views the one with the smaller truncated cost Σ min(e², τ²) wins. A pair that all
//! other views contradict must agree within τ/2. Which observation to take instead of a wrong one is not asked here.

use nalgebra::Vector3;

use super::camera::Sight;
use super::rig::Rig;
use super::triangulate::{Normal, Triangulation, gauss_newton, reprojection_errors, seen};
use crate::model::{CameraId, Point2, Point3, ViewSet};

/// Rays of a pair are crossing where the squared sine of their angle is larger.
const PARALLEL: f64 = 1e-10;

/// Two rays miss each other in one coordinate only, so wrong views agree by chance in proportion to the tolerance. A pair
/// without a third view, against the word of others, gets this share of τ. On 48,000 simulated points with 15 % wrong views
/// and τ ten times the noise it drops chance pairs, some 50 mm off, and not one point that was right.
const CONTRADICTED_SHARE: f64 = 0.5;

/// How often the views that agree are taken again after a fit; they hardly ever change twice.
const MOST_FITS: usize = 4;

/// The point that the most views agree with to within `tau_px`, fitted to those views. `None` where no two views agree, and
/// where only two do, not even to within half of `tau_px`, while others see something else.
pub fn ransac(rig: &Rig, points: &[Option<Point2>], tau_px: f64) -> Option<Triangulation> {
    Sights::default().ransac(rig, points, tau_px)
}

/// [`ransac`] of many points: `points` holds one row of `rig.len()` views per point.
pub fn ransac_many(rig: &Rig, points: &[Option<Point2>], tau_px: f64) -> Vec<Option<Triangulation>> {
    let mut sights = Sights::default();
    points.chunks(rig.len().max(1)).map(|row| sights.ransac(rig, row, tau_px)).collect()
}

/// The observations of one point that have a direction, without gaps; kept from point to point.
#[derive(Default)]
struct Sights {
    sights: [Sight; ViewSet::CAPACITY],
    cameras: [u8; ViewSet::CAPACITY],
    count: usize,
}

impl Sights {
    fn ransac(&mut self, rig: &Rig, points: &[Option<Point2>], tau_px: f64) -> Option<Triangulation> {
        self.take(rig, points);
        let sights = &self.sights[..self.count];
        let best = best_proposal(sights, tau_px)?;
        let position = polished(sights, &best);
        fit_agreeing(rig, points, self.views(best.agreeing), position, tau_px)
    }

    #[inline]
    fn take(&mut self, rig: &Rig, points: &[Option<Point2>]) {
        self.count = 0;
        for (index, (camera, point)) in rig.cameras.iter().zip(points).take(ViewSet::CAPACITY).enumerate() {
            if let Some(sight) = seen(*point).and_then(|point| camera.sight(point)) {
                self.sights[self.count] = sight;
                self.cameras[self.count] = index as u8;
                self.count += 1;
            }
        }
    }

    /// The cameras of a bit set over the sights.
    fn views(&self, agreeing: u32) -> ViewSet {
        (0..self.count).filter(|slot| agreeing >> slot & 1 == 1).map(|slot| CameraId(self.cameras[slot])).collect()
    }
}

#[derive(Clone, Copy)]
struct Proposal {
    position: Vector3<f64>,
    /// Bit set over the sights.
    agreeing: u32,
    /// Σ e² of the agreeing views, px². The truncated cost over all views has τ² more for each of the others, so between
    /// proposals with equally many agreeing views both say the same.
    cost: f64,
}

impl Proposal {
    fn count(&self) -> u32 {
        self.agreeing.count_ones()
    }

    fn is_better_than(&self, other: &Self) -> bool {
        self.count() > other.count() || (self.count() == other.count() && self.cost < other.cost)
    }
}

fn best_proposal(sights: &[Sight], tau_px: f64) -> Option<Proposal> {
    let mut best: Option<Proposal> = None;
    let all = sights.len() as u32;
    let contradicted_cost = 2.0 * (CONTRADICTED_SHARE * tau_px).powi(2);
    for (index, first) in sights.iter().enumerate() {
        for second in &sights[index + 1..] {
            let Some(position) = crossing(first, second, tau_px) else { continue };
            let proposal = judge(sights, position, tau_px);
            let is_enough = match proposal.count() {
                0 | 1 => false,
                2 => all == 2 || proposal.cost < contradicted_cost,
                _ => true,
            };
            if is_enough && best.is_none_or(|best| proposal.is_better_than(&best)) {
                best = Some(proposal);
                // Nothing can have more, and whatever has as many is the same set of views.
                if proposal.count() == all {
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
    let aa = first.squared_length;
    let bb = second.squared_length;
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
    let is_too_wide = |sight: &Sight, depth: f64| {
        let reach = 3.0 * tau_px * depth;
        gap.norm_squared() * sight.focal_px * sight.focal_px > reach * reach
    };
    if is_too_wide(first, depth_a) || is_too_wide(second, depth_b) {
        return None;
    }
    Some(first.origin + first.direction * depth_a + gap * 0.5)
}

/// Which views agree with a place, and how well.
#[inline]
fn judge(sights: &[Sight], position: Vector3<f64>, tau_px: f64) -> Proposal {
    let tau_squared = tau_px * tau_px;
    let mut proposal = Proposal { position, agreeing: 0, cost: 0.0 };
    for (slot, sight) in sights.iter().enumerate() {
        let away = position - sight.origin;
        let depth = sight.depth_row.dot(&away);
        let (x, y) = (sight.rows_px[0].dot(&away), sight.rows_px[1].dot(&away));
        let squared = (x * x + y * y) / (depth * depth);
        let agrees = squared < tau_squared && depth > 0.0;
        proposal.agreeing |= u32::from(agrees) << slot;
        proposal.cost += if agrees { squared } else { 0.0 };
    }
    proposal
}

/// One Gauss–Newton step of a proposal over its agreeing views, with the lens as it is at the observations: what is left
/// for the fit through the lens is a small fraction of a pixel.
#[inline]
fn polished(sights: &[Sight], proposal: &Proposal) -> Point3 {
    let mut normal = Normal::default();
    for (slot, sight) in sights.iter().enumerate() {
        if proposal.agreeing >> slot & 1 == 0 {
            continue;
        }
        let away = proposal.position - sight.origin;
        let per_depth = 1.0 / sight.depth_row.dot(&away);
        for row in &sight.rows_px {
            let residual = row.dot(&away) * per_depth;
            let slope = (row - sight.depth_row * residual) * per_depth;
            normal.add(slope.x, slope.y, slope.z, -residual);
        }
    }
    let step = normal.inverse().map_or_else(Vector3::zeros, |inverse| normal.solution(&inverse));
    Point3::from(proposal.position + step)
}

/// Fits the agreeing views through the lens and takes the views that agree with the fit, until they stay the same.
fn fit_agreeing(
    rig: &Rig,
    points: &[Option<Point2>],
    mut views: ViewSet,
    mut position: Point3,
    tau_px: f64,
) -> Option<Triangulation> {
    let mut last = None;
    for _ in 0..MOST_FITS {
        let fit = gauss_newton(rig, points, views, position)?;
        let residuals_px = reprojection_errors(rig, fit.position, points);
        position = fit.position;
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
    use nalgebra::Vector2;
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
    fn a_pair_that_others_contradict_must_agree_well() {
        let rig = ring(4, LENSES[1]);
        let world = Point3::new(10.0, 0.0, 0.0);
        let mut points: Vec<_> = rig.cameras.iter().map(|camera| camera.project(world)).collect();
        let moved = |point: Option<Point2>, by: [f64; 2]| point.map(|point| point + Vector2::from(by));
        points[2] = moved(points[2], [90.0, 70.0]);
        points[3] = None;
        let both = ViewSet::from_iter([CameraId(0), CameraId(1)]);
        assert_eq!(ransac(&rig, &points, 3.0).unwrap().inliers, both);
        // Off the epipolar line by 4 px, each view is left with about 2 px.
        points[0] = moved(points[0], [0.0, 4.0]);
        assert!(ransac(&rig, &points, 3.0).is_none());
        points[2] = None;
        assert_eq!(ransac(&rig, &points, 3.0).unwrap().inliers, both, "nobody contradicts");
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
