//! A world point from its places in several views: linear (DLT), then Gauss–Newton on pixel residuals through the lens.
//!
//! Observations come as one slice by camera id; a missing entry, a shorter slice and a point that is not finite all mean
//! "not seen". Nothing is allocated per point. Which views are right is not asked here: see [`super::ransac`].

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
    let views: ViewSet = observed_among(rig, points, use_views)
        .iter()
        .filter(|camera| rig.camera(*camera).project(start).is_some())
        .collect();
    if views.len() < 2 {
        return None;
    }
    let mut position = start;
    let mut here = linearize(rig, points, views, position)?;
    for _ in 0..MOST_STEPS {
        let inverse = here.normal.inverse()?;
        let mut step = here.normal.solution(&inverse);
        let predicted = here.normal.rhs.dot(&step);
        if predicted < LAST_STEP_PX * LAST_STEP_PX {
            let covariance = full(&inverse);
            return Some(Fit { position: position + step, covariance, views });
        }
        let mut there = linearize(rig, points, views, position + step);
        for _ in 0..20 {
            if there.as_ref().is_some_and(|there| there.cost <= here.cost) {
                break;
            }
            step *= 0.5;
            there = linearize(rig, points, views, position + step);
        }
        match there {
            Some(there) if there.cost <= here.cost => {
                position += step;
                here = there;
            }
            _ => break,
        }
    }
    let covariance = full(&here.normal.inverse()?);
    Some(Fit { position, covariance, views })
}

struct Linear {
    normal: Normal,
    cost: f64,
}

/// Normal equations of the step from `position`; `None` where a view does not see it.
#[inline]
fn linearize(rig: &Rig, points: &[Option<Point2>], views: ViewSet, position: Point3) -> Option<Linear> {
    let mut normal = Normal::default();
    let mut cost = 0.0;
    for (index, (camera, point)) in rig.cameras.iter().zip(points).take(ViewSet::CAPACITY).enumerate() {
        let (true, Some(point)) = (views.contains(CameraId(index as u8)), point) else { continue };
        let (there, jacobian) = camera.project_with_jacobian(position)?;
        let (miss_x, miss_y) = (point.x - there.x, point.y - there.y);
        cost += miss_x * miss_x + miss_y * miss_y;
        normal.add(jacobian.m11, jacobian.m12, jacobian.m13, miss_x);
        normal.add(jacobian.m21, jacobian.m22, jacobian.m23, miss_y);
    }
    Some(Linear { normal, cost })
}

/// Normal equations in three unknowns: the upper triangle xx xy xz yy yz zz, and the right side.
#[derive(Clone, Copy, Default)]
struct Normal {
    upper: [f64; 6],
    rhs: Vector3<f64>,
}

impl Normal {
    #[inline]
    fn add(&mut self, x: f64, y: f64, z: f64, rhs: f64) {
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
    fn inverse(&self) -> Option<[f64; 6]> {
        let [xx, xy, xz, yy, yz, zz] = self.upper;
        let cofactors = [yy * zz - yz * yz, xz * yz - xy * zz, xy * yz - xz * yy];
        let determinant = xx * cofactors[0] + xy * cofactors[1] + xz * cofactors[2];
        let mean = (xx + yy + zz) / 3.0;
        if !(determinant > SINGULAR * mean * mean * mean) || !determinant.is_finite() {
            return None;
        }
        let scale = 1.0 / determinant;
        let [c0, c1, c2] = cofactors;
        let rest = [xx * zz - xz * xz, xy * xz - xx * yz, xx * yy - xy * xy];
        Some([c0 * scale, c1 * scale, c2 * scale, rest[0] * scale, rest[1] * scale, rest[2] * scale])
    }

    #[inline]
    fn solution(&self, inverse: &[f64; 6]) -> Vector3<f64> {
        let [xx, xy, xz, yy, yz, zz] = *inverse;
        let b = &self.rhs;
        Vector3::new(xx * b.x + xy * b.y + xz * b.z, xy * b.x + yy * b.y + yz * b.z, xz * b.x + yz * b.y + zz * b.z)
    }
}

fn full(upper: &[f64; 6]) -> Matrix3<f64> {
    let [xx, xy, xz, yy, yz, zz] = *upper;
    Matrix3::new(xx, xy, xz, xy, yy, yz, xz, yz, zz)
}
