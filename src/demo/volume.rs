//! The volume of the body: overlapping ellipsoids that are drawn and that hide the dots behind them.

use nalgebra::{Matrix3, Vector3};

use crate::model::Point3;

/// What a part of the body looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tissue {
    /// Trunk and head.
    Fur,
    /// Ears, paws and tail.
    Skin,
    /// An eye.
    Eye,
}

/// An ellipsoid of the body.
#[derive(Clone, Debug)]
pub(super) struct Blob {
    /// Its centre.
    pub(super) center: Point3,
    /// `x` is inside where (x − centre)ᵀ · shape · (x − centre) ≤ 1, 1/mm².
    pub(super) shape: Matrix3<f64>,
    /// Its longest half axis, mm.
    pub(super) reach_mm: f64,
    /// What it looks like.
    pub(super) tissue: Tissue,
    /// Distance along the body at its centre, which anchors the fur's texture.
    pub(super) along_mm: f64,
    /// Unit vector along the body, in which that distance grows.
    pub(super) axis: Vector3<f64>,
    /// Whether light through it is dimmed; the thin ears let it pass.
    pub(super) opaque: bool,
}

impl Blob {
    pub(super) fn sphere(center: Point3, radius: f64, tissue: Tissue, along_mm: f64) -> Self {
        let shape = Matrix3::from_diagonal_element(1.0 / (radius * radius));
        Self { center, shape, reach_mm: radius, tissue, along_mm, axis: Vector3::x(), opaque: true }
    }

    /// An ellipsoid with a half length along an axis and a half width across it, mm.
    pub(super) fn bead(
        center: Point3,
        axis: &Vector3<f64>,
        [along, across]: [f64; 2],
        tissue: Tissue,
        along_mm: f64,
    ) -> Self {
        let unit = axis.try_normalize(1e-9).unwrap_or_else(Vector3::x);
        let across_shape = 1.0 / (across * across);
        let shape = Matrix3::from_diagonal_element(across_shape)
            + unit * unit.transpose() * (1.0 / (along * along) - across_shape);
        Self { center, shape, reach_mm: along.max(across), tissue, along_mm, axis: unit, opaque: true }
    }

    /// `axes` holds the half axes as columns, at right angles to one another.
    pub(super) fn ellipsoid(center: Point3, axes: &Matrix3<f64>, tissue: Tissue, along_mm: f64) -> Self {
        let lengths = [axes.column(0).norm(), axes.column(1).norm(), axes.column(2).norm()];
        let mut shape = Matrix3::zeros();
        for (index, length) in lengths.into_iter().enumerate() {
            let unit = axes.column(index) / length;
            shape += unit * unit.transpose() / (length * length);
        }
        let reach_mm = lengths.into_iter().fold(0.0, f64::max);
        let axis = axes.column(0) / lengths[0];
        Self { center, shape, reach_mm, tissue, along_mm, axis, opaque: true }
    }

    /// Where a ray enters and leaves, as distances from its origin; `None` where it misses or the blob lies behind.
    pub(super) fn crossing(&self, origin: &Point3, direction: &Vector3<f64>) -> Option<[f64; 2]> {
        let to_origin = origin - self.center;
        let closest = -to_origin.dot(direction);
        if closest < -self.reach_mm || to_origin.norm_squared() - closest * closest > self.reach_mm * self.reach_mm {
            return None;
        }
        let scaled = self.shape * direction;
        let a = direction.dot(&scaled);
        let b = to_origin.dot(&scaled);
        let c = to_origin.dot(&(self.shape * to_origin)) - 1.0;
        let discriminant = b * b - a * c;
        if discriminant <= 0.0 {
            return None;
        }
        let root = discriminant.sqrt();
        let leaves = (-b + root) / a;
        (leaves > 0.0).then(|| [((-b - root) / a).max(0.0), leaves])
    }
}

/// Length of a ray that lies inside opaque blobs, mm.
pub(super) fn depth_mm(blobs: &[Blob], origin: &Point3, direction: &Vector3<f64>) -> f64 {
    let mut crossings: Vec<[f64; 2]> =
        blobs.iter().filter(|blob| blob.opaque).filter_map(|blob| blob.crossing(origin, direction)).collect();
    crossings.sort_by(|a, b| a[0].total_cmp(&b[0]));
    let mut depth = 0.0;
    let mut reached = 0.0_f64;
    for [enters, leaves] in crossings {
        depth += (leaves - enters.max(reached)).max(0.0);
        reached = reached.max(leaves);
    }
    depth
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ray_through_a_blob_enters_and_leaves() {
        let blob = Blob::sphere(Point3::new(5.0, 0.0, 0.0), 2.0, Tissue::Fur, 0.0);
        let crossing = blob.crossing(&Point3::origin(), &Vector3::x()).unwrap();
        assert!((crossing[0] - 3.0).abs() < 1e-12 && (crossing[1] - 7.0).abs() < 1e-12);
        assert_eq!(blob.crossing(&Point3::new(8.0, 0.0, 0.0), &Vector3::x()), None);
    }

    #[test]
    fn overlapping_blobs_count_once() {
        let blob = |x: f64| Blob::sphere(Point3::new(x, 0.0, 0.0), 2.0, Tissue::Fur, 0.0);
        let depth = depth_mm(&[blob(7.0), blob(5.0), blob(20.0)], &Point3::origin(), &Vector3::x());
        assert!((depth - 10.0).abs() < 1e-12, "{depth}");
        let from_inside = depth_mm(&[blob(0.5)], &Point3::origin(), &Vector3::x());
        assert!((from_inside - 2.5).abs() < 1e-12, "{from_inside}");
    }

    #[test]
    fn beads_are_as_long_and_wide_as_said() {
        let bead = Blob::bead(Point3::origin(), &Vector3::y(), [4.0, 1.5], Tissue::Skin, 0.0);
        let leaves = |direction: Vector3<f64>| bead.crossing(&Point3::origin(), &direction).unwrap()[1];
        assert!((leaves(Vector3::y()) - 4.0).abs() < 1e-12);
        assert!((leaves(Vector3::z()) - 1.5).abs() < 1e-12);
    }
}
