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
    if !(determinant > PARALLEL * aa * bb) {
        return None;
    }
    let (base_a, base_b) = (base.dot(&first.direction), base.dot(&second.direction));
    let scale = 1.0 / determinant;
    let depth_a = (base_a * bb - base_b * ab) * scale;
    let depth_b = (base_a * ab - base_b * aa) * scale;
    if !(depth_a > 0.0 && depth_b > 0.0) {
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
