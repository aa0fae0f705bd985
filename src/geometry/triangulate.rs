//! A world point from its places in several views: linear (DLT), then Gauss–Newton on pixel residuals through the lens.
//!
//! Observations come as one slice by camera id; a missing entry, a shorter slice and a point that is not finite all mean
//! "not seen". Nothing is allocated per point. Which views are right is not asked here: see [`mod@super::ransac`].

use nalgebra::{Matrix3, Vector3};

use super::rig::Rig;
use crate::model::{CameraId, Point2, Point3, ViewSet};

/// A length in pixels per camera id; not a number where nothing was observed, infinite where the camera cannot see the
/// point at all.
pub type ViewErrors = [f64; ViewSet::CAPACITY];

/// Below this share of the mean eigenvalue's cube a normal matrix counts as singular: rays closer than 1e-5 radians,
/// whose crossing no image measures.
const SINGULAR: f64 = 1e-10;

/// Gauss–Newton stops after a step that moves the projections by less; the next would move them by about its square.
const LAST_STEP_PX: f64 = 1e-3;

const MOST_STEPS: usize = 25;

const MOST_HALVINGS: usize = 20;

/// A triangulated point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Triangulation {
    /// Its place.
    pub position_in_world: Point3,
    /// Covariance of the place for independent noise of 1 px in each coordinate of the views used, unit of length².
    pub covariance: Matrix3<f64>,
    /// Distance between observed and projected point by camera id, also in views that were not used.
    pub residuals_px: ViewErrors,
    /// The views that it was made of.
    pub inliers: ViewSet,
}

impl Triangulation {
    /// Root mean square reprojection error over the views that made it, px.
    pub fn rms_px(&self) -> f64 {
        let sum: f64 = self.inliers.iter().map(|camera| self.residuals_px[camera.index()].powi(2)).sum();
        (sum / self.inliers.len() as f64).sqrt()
    }

    /// The largest residual over all observed views, used or not, px; not a number where there is none.
    pub fn largest_residual_px(&self) -> f64 {
        self.residuals_px.iter().copied().fold(f64::NAN, f64::max)
    }
}

/// The least-squares point of all given views in normalized coordinates (direct linear transform), or `None` where fewer
/// than two views cross.
pub fn dlt(rig: &Rig, points: &[Option<Point2>]) -> Option<Point3> {
    dlt_of(rig, points, observed(rig, points))
}

/// Gauss–Newton from `start` on the pixel residuals of `use_views`; `None` where fewer than two of them see the point or
/// their rays do not fix it.
pub fn refine(rig: &Rig, points: &[Option<Point2>], use_views: ViewSet, start: Point3) -> Option<Triangulation> {
    let fit = gauss_newton(rig, points, use_views, start)?;
    let residuals_px = reprojection_errors(rig, fit.position, points);
    Some(fit.with_residuals(residuals_px))
}

/// The point of all given views: [`dlt`], then [`refine`].
pub fn triangulate(rig: &Rig, points: &[Option<Point2>]) -> Option<Triangulation> {
    let views = observed(rig, points);
    refine(rig, points, views, dlt_of(rig, points, views)?)
}

/// How far each observation is from the point's projection.
pub fn reprojection_errors(rig: &Rig, position_in_world: Point3, points: &[Option<Point2>]) -> ViewErrors {
    let mut errors = [f64::NAN; ViewSet::CAPACITY];
    for ((error, camera), point) in errors.iter_mut().zip(&rig.cameras).zip(points) {
        if let Some(point) = seen(*point) {
            *error = camera.project(position_in_world).map_or(f64::INFINITY, |there| distance(there, point));
        }
    }
    errors
}

/// [`reprojection_errors`] of many points: `points` and the answer hold one row of `rig.len()` views per position.
pub fn reprojection_errors_many(rig: &Rig, positions: &[Option<Point3>], points: &[Option<Point2>]) -> Vec<f64> {
    let views = rig.len().max(1);
    let mut errors = Vec::with_capacity(points.len());
    for (position, row) in positions.iter().zip(points.chunks(views)) {
        errors.extend(rig.cameras.iter().zip(row).map(|(camera, point)| match (position, seen(*point)) {
            (Some(position), Some(point)) => {
                camera.project(*position).map_or(f64::INFINITY, |there| distance(there, point))
            }
            _ => f64::NAN,
        }));
    }
    errors
}

/// For each view of `use_views`, how far its observation is from the point that the other views make, px; not a number
/// where they make none. Large where a view disagrees with all others, which its own residual hides.
pub fn leave_one_out(rig: &Rig, points: &[Option<Point2>], use_views: ViewSet) -> ViewErrors {
    let mut errors = [f64::NAN; ViewSet::CAPACITY];
    let views = observed_among(rig, points, use_views);
    for camera in views.iter() {
        let others = views.without(camera);
        let fit = dlt_of(rig, points, others).and_then(|start| gauss_newton(rig, points, others, start));
        if let (Some(fit), Some(point)) = (fit, points[camera.index()]) {
            let there = rig.camera(camera).project(fit.position);
            errors[camera.index()] = there.map_or(f64::INFINITY, |there| distance(there, point));
        }
    }
    errors
}

/// The views that hold a finite observation.
pub(super) fn observed(rig: &Rig, points: &[Option<Point2>]) -> ViewSet {
    rig.ids().filter(|camera| points.get(camera.index()).copied().and_then(seen).is_some()).collect()
}

fn observed_among(rig: &Rig, points: &[Option<Point2>], views: ViewSet) -> ViewSet {
    observed(rig, points).iter().filter(|camera| views.contains(*camera)).collect()
}

/// The observation, if it is one.
#[inline]
pub(super) fn seen(point: Option<Point2>) -> Option<Point2> {
    point.filter(|point| point.x.is_finite() && point.y.is_finite())
}

#[inline]
fn distance(a: Point2, b: Point2) -> f64 {
    ((a.x - b.x).powi(2) + (a.y - b.y).powi(2)).sqrt()
}

fn dlt_of(rig: &Rig, points: &[Option<Point2>], views: ViewSet) -> Option<Point3> {
    let mut normal = Normal::default();
    // Around the first camera's centre, so that a world with a far origin loses no digits.
    let mut around = None;
    for camera in views.iter() {
        let Some(sight) = seen(points[camera.index()]).and_then(|point| rig.camera(camera).sight(point)) else {
            continue;
        };
        let around = *around.get_or_insert(sight.origin);
        let offset = sight.origin - around;
        for row in sight.rows_px {
            normal.add(row.x, row.y, row.z, row.dot(&offset));
        }
    }
    let inverse = normal.inverse()?;
    Some(Point3::from(around? + normal.solution(&inverse)))
}

/// A point and what fixes it.
pub(super) struct Fit {
    pub position: Point3,
    pub covariance: Matrix3<f64>,
    pub views: ViewSet,
}

impl Fit {
    pub fn with_residuals(self, residuals_px: ViewErrors) -> Triangulation {
        let Self { position, covariance, views } = self;
        Triangulation { position_in_world: position, covariance, residuals_px, inliers: views }
    }
}

/// Minimizes the squared pixel residuals of the views that see `start`, halving steps that make it worse.
pub(super) fn gauss_newton(rig: &Rig, points: &[Option<Point2>], use_views: ViewSet, start: Point3) -> Option<Fit> {
    let mut here = linearize(rig, points, use_views, start);
    let views = here.views;
    if views.len() < 2 {
        return None;
    }
    let mut position = start;
    for _ in 0..MOST_STEPS {
        let inverse = here.normal.inverse()?;
        let mut step = here.normal.solution(&inverse);
        if here.normal.rhs.dot(&step) < LAST_STEP_PX * LAST_STEP_PX {
            return Some(Fit { position: position + step, covariance: full(&inverse), views });
        }
        let is_better = |there: &Linear| there.views == views && there.cost <= here.cost;
        let mut there = linearize(rig, points, views, position + step);
        for _ in 0..MOST_HALVINGS {
            if is_better(&there) {
                break;
            }
            step *= 0.5;
            there = linearize(rig, points, views, position + step);
        }
        if !is_better(&there) {
            break;
        }
        position += step;
        here = there;
    }
    Some(Fit { position, covariance: full(&here.normal.inverse()?), views })
}

struct Linear {
    normal: Normal,
    cost: f64,
    views: ViewSet,
}

/// Normal equations of the step from `position`, of the views that observed something and see the position.
#[inline]
fn linearize(rig: &Rig, points: &[Option<Point2>], among: ViewSet, position: Point3) -> Linear {
    let mut linear = Linear { normal: Normal::default(), cost: 0.0, views: ViewSet::EMPTY };
    for (index, (camera, point)) in rig.cameras.iter().zip(points).take(ViewSet::CAPACITY).enumerate() {
        let id = CameraId(index as u8);
        let Some(point) = point.filter(|_| among.contains(id)) else { continue };
        let Some((there, jacobian)) = camera.project_with_jacobian(position) else { continue };
        let (miss_x, miss_y) = (point.x - there.x, point.y - there.y);
        if !(miss_x.is_finite() && miss_y.is_finite()) {
            continue;
        }
        linear.views = linear.views.with(id);
        linear.cost += miss_x * miss_x + miss_y * miss_y;
        linear.normal.add(jacobian.m11, jacobian.m12, jacobian.m13, miss_x);
        linear.normal.add(jacobian.m21, jacobian.m22, jacobian.m23, miss_y);
    }
    linear
}

/// Normal equations in three unknowns: the upper triangle xx xy xz yy yz zz, and the right side.
#[derive(Clone, Copy, Default)]
pub(super) struct Normal {
    upper: [f64; 6],
    rhs: Vector3<f64>,
}

impl Normal {
    #[inline]
    pub fn add(&mut self, x: f64, y: f64, z: f64, rhs: f64) {
        let terms = [x * x, x * y, x * z, y * y, y * z, z * z];
        for (sum, term) in self.upper.iter_mut().zip(terms) {
            *sum += term;
        }
        self.rhs.x += x * rhs;
        self.rhs.y += y * rhs;
        self.rhs.z += z * rhs;
    }

    /// The inverse's upper triangle by Cramer's rule, unless the matrix is singular.
    #[inline]
    pub fn inverse(&self) -> Option<[f64; 6]> {
        let [xx, xy, xz, yy, yz, zz] = self.upper;
        let cofactors = [yy * zz - yz * yz, xz * yz - xy * zz, xy * yz - xz * yy];
        let determinant = xx * cofactors[0] + xy * cofactors[1] + xz * cofactors[2];
        let mean = (xx + yy + zz) / 3.0;
        let is_regular = determinant > SINGULAR * mean * mean * mean && determinant.is_finite();
        if !is_regular {
            return None;
        }
        let scale = 1.0 / determinant;
        let [c0, c1, c2] = cofactors;
        let rest = [xx * zz - xz * xz, xy * xz - xx * yz, xx * yy - xy * xy];
        Some([c0 * scale, c1 * scale, c2 * scale, rest[0] * scale, rest[1] * scale, rest[2] * scale])
    }

    #[inline]
    pub fn solution(&self, inverse: &[f64; 6]) -> Vector3<f64> {
        let [xx, xy, xz, yy, yz, zz] = *inverse;
        let b = &self.rhs;
        Vector3::new(xx * b.x + xy * b.y + xz * b.z, xy * b.x + yy * b.y + yz * b.z, xz * b.x + yz * b.y + zz * b.z)
    }
}

fn full(upper: &[f64; 6]) -> Matrix3<f64> {
    let [xx, xy, xz, yy, yz, zz] = *upper;
    Matrix3::new(xx, xy, xz, xy, yy, yz, xz, yz, zz)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::test_rigs::{LENSES, ring};
    use super::*;

    fn seen_by(rig: &Rig, world: Point3) -> Vec<Option<Point2>> {
        rig.cameras.iter().map(|camera| camera.project(world)).collect()
    }

    proptest! {
        #[test]
        fn exact_projections_give_the_point_back(lens in 0..LENSES.len(), x in -120.0..120.0f64, y in -120.0..120.0f64, z in -80.0..80.0f64, hidden in 0..64u8) {
            let rig = ring(6, LENSES[lens]);
            let world = Point3::new(x, y, z);
            let mut points = seen_by(&rig, world);
            for (index, point) in points.iter_mut().enumerate() {
                if hidden >> index & 1 == 1 {
                    *point = None;
                }
            }
            if points.iter().flatten().count() >= 2 {
                prop_assert!((dlt(&rig, &points).unwrap() - world).norm() < 1e-6);
                let found = triangulate(&rig, &points).unwrap();
                prop_assert!((found.position_in_world - world).norm() < 1e-8);
                prop_assert!(found.rms_px() < 1e-7 && found.largest_residual_px() < 1e-7);
                prop_assert_eq!(found.inliers, observed(&rig, &points));
            } else {
                prop_assert!(triangulate(&rig, &points).is_none());
            }
        }
    }

    #[test]
    fn a_far_start_is_refined_all_the_same() {
        for lens in LENSES {
            let rig = ring(6, lens);
            let world = Point3::new(30.0, -20.0, 10.0);
            let points = seen_by(&rig, world);
            let views = observed(&rig, &points);
            let found = refine(&rig, &points, views, Point3::new(-40.0, 60.0, 40.0)).unwrap();
            assert!((found.position_in_world - world).norm() < 1e-7, "{lens:?}");
        }
    }

    #[test]
    fn covariance_is_that_of_repeated_measurements() {
        let rig = ring(3, LENSES[1]);
        let world = Point3::new(40.0, 20.0, -10.0);
        let exact = seen_by(&rig, world);
        let covariance = triangulate(&rig, &exact).unwrap().covariance;
        // Moving one coordinate by δ moves the answer by its column of the pseudo-inverse; their squares add up.
        let mut measured = Matrix3::zeros();
        for slot in 0..3 {
            for axis in 0..2 {
                let mut moved = exact.clone();
                moved[slot].as_mut().unwrap()[axis] += 0.01;
                let shift = (triangulate(&rig, &moved).unwrap().position_in_world - world) / 0.01;
                measured += shift * shift.transpose();
            }
        }
        assert!((measured - covariance).norm() < 1e-3 * covariance.norm(), "{measured} {covariance}");
    }

    #[test]
    fn refinement_lowers_the_cost_of_noisy_views() {
        let rig = ring(4, LENSES[2]);
        let world = Point3::new(60.0, -30.0, 20.0);
        let shifts = [[3.0, -2.0], [-4.0, 1.0], [2.0, 5.0], [-1.0, -3.0]];
        let points: Vec<_> = seen_by(&rig, world)
            .into_iter()
            .zip(shifts)
            .map(|(point, [x, y])| point.map(|point| Point2::new(point.x + x, point.y + y)))
            .collect();
        let cost = |position| reprojection_errors(&rig, position, &points)[..4].iter().map(|e| e * e).sum::<f64>();
        let best = triangulate(&rig, &points).unwrap();
        assert!(cost(best.position_in_world) <= cost(dlt(&rig, &points).unwrap()));
        for axis in 0..3 {
            for step in [-0.01, 0.01] {
                let mut moved = best.position_in_world;
                moved[axis] += step;
                assert!(cost(moved) > cost(best.position_in_world));
            }
        }
        let sum: f64 = best.residuals_px[..4].iter().map(|e| e * e).sum();
        assert!((sum - cost(best.position_in_world)).abs() < 1e-12);
        assert!(best.residuals_px[4..].iter().all(|error| error.is_nan()));
    }

    #[test]
    fn degenerate_views_give_nothing() {
        let mut rig = ring(2, LENSES[1]);
        rig.cameras[1] = rig.cameras[0].clone();
        let world = Point3::new(10.0, 5.0, 0.0);
        let twice = seen_by(&rig, world);
        assert_eq!(dlt(&rig, &twice), None, "one ray seen twice");
        assert!(triangulate(&rig, &twice).is_none());
        let all = ViewSet::from_iter(rig.ids());
        assert!(refine(&rig, &twice, all, world).is_none());
        let apart = [twice[0], twice[0].map(|point| Point2::new(point.x + 40.0, point.y - 10.0))];
        assert!(triangulate(&rig, &apart).is_none(), "two rays of one centre");

        let rig = ring(3, LENSES[1]);
        let broken = [Some(Point2::new(f64::NAN, 3.0)), Some(Point2::new(f64::INFINITY, 3.0)), seen_by(&rig, world)[2]];
        assert!(triangulate(&rig, &broken).is_none());
        assert!(leave_one_out(&rig, &broken, all).iter().all(|error| error.is_nan()));
        assert!(triangulate(&rig, &[]).is_none());
        assert!(triangulate(&Rig::default(), &broken).is_none());
        assert!(reprojection_errors_many(&Rig::default(), &[Some(world)], &broken).is_empty());
        let points = seen_by(&rig, world);
        let nowhere = Point3::new(f64::NAN, 0.0, 0.0);
        assert!(refine(&rig, &points, ViewSet::from_iter(rig.ids()), nowhere).is_none());
        assert_eq!(reprojection_errors(&rig, nowhere, &points)[0], f64::INFINITY);
        let beyond = ViewSet::EMPTY.with(CameraId(9)).with(CameraId(12));
        assert!(refine(&rig, &points, beyond, world).is_none(), "views that the rig has not");
    }

    #[test]
    fn leaving_one_out_unmasks_it() {
        let rig = ring(6, LENSES[1]);
        let world = Point3::new(25.0, -15.0, 5.0);
        let mut points = seen_by(&rig, world);
        points[4].as_mut().unwrap().x += 12.0;
        points[1] = None;
        let errors = leave_one_out(&rig, &points, ViewSet::from_iter(rig.ids()));
        assert!((errors[4] - 12.0).abs() < 1e-6);
        assert!(errors[1].is_nan());
        assert!(errors[0] > 0.1 && errors[0] < 12.0);
    }

    #[test]
    fn many_errors_are_the_errors_of_each() {
        let rig = ring(4, LENSES[3]);
        let positions = [Some(Point3::new(1.0, 2.0, 3.0)), None, Some(Point3::new(-20.0, 9.0, 30.0))];
        let points: Vec<_> = (0..12).map(|i| (i != 9).then(|| Point2::new(500.0 + f64::from(i), 480.0))).collect();
        let errors = reprojection_errors_many(&rig, &positions, &points);
        assert_eq!(errors.len(), 12);
        for (row, position) in positions.iter().enumerate() {
            for view in 0..4 {
                let error = errors[row * 4 + view];
                match position.filter(|_| row * 4 + view != 9) {
                    Some(position) => assert_eq!(error, reprojection_errors(&rig, position, &points[row * 4..])[view]),
                    None => assert!(error.is_nan()),
                }
            }
        }
    }
}
