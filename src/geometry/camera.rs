//! One calibrated camera: from the world to pixels and back to rays.
//!
//! A camera is checked when it is made, so that projecting never divides by a focal length of zero or inverts a matrix
//! that is no rotation. It holds nothing about files or frames.

use nalgebra::{Matrix2x3, Matrix3, Vector2, Vector3};
use thiserror::Error;

use super::distortion::Distortion;
use crate::model::{Point2, Point3};

/// How far RᵀR may be from the identity: calibration files round to six digits and more.
const ROTATION_TOLERANCE: f64 = 1e-3;

/// A half-line from a camera's centre through a pixel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ray {
    /// The camera's centre, in the world.
    pub origin: Point3,
    /// Unit vector in the world, away from the camera.
    pub direction: Vector3<f64>,
}

/// Why numbers do not make a camera.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum CameraError {
    /// The image has no pixels.
    #[error("camera \"{camera}\" has an image size of {width}×{height} px; give the size of its images")]
    Size {
        /// The camera.
        camera: String,
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// The camera matrix has not the form fx s cx / 0 fy cy / 0 0 1.
    #[error("the camera matrix of \"{camera}\" must read [[fx, skew, cx], [0, fy, cy], [0, 0, 1]] with positive focal lengths{}",
        if *transposed { "; it looks transposed, as MATLAB stores it" } else { "" })]
    Matrix {
        /// The camera.
        camera: String,
        /// Whether it would have that form if transposed.
        transposed: bool,
    },
    /// The distortion fits no model.
    #[error("camera \"{camera}\" has {count} distortion coefficients; {}, all of them finite",
        if *fisheye { "a fisheye lens has 4" } else { "OpenCV's lenses have 4, 5, 8 or 12 (k1 k2 p1 p2 k3 k4 k5 k6 s1 s2 s3 s4)" })]
    Distortion {
        /// The camera.
        camera: String,
        /// How many there are.
        count: usize,
        /// Whether the lens is said to be a fisheye.
        fisheye: bool,
    },
    /// The rotation is none.
    #[error("the rotation of camera \"{camera}\" is no rotation matrix (camera from world, determinant +1)")]
    Rotation {
        /// The camera.
        camera: String,
    },
    /// The translation is not finite.
    #[error("the translation of camera \"{camera}\" is not finite")]
    Translation {
        /// The camera.
        camera: String,
    },
}

/// A calibrated camera.
#[derive(Clone, Debug, PartialEq)]
pub struct Camera {
    name: String,
    size_px: [u32; 2],
    matrix: Matrix3<f64>,
    lens: Distortion,
    camera_from_world: Matrix3<f64>,
    translation: Vector3<f64>,
    world_from_camera: Matrix3<f64>,
    center_in_world: Point3,
}

impl Camera {
    /// A camera from OpenCV's numbers: `matrix` is [[fx, skew, cx], [0, fy, cy], [0, 0, 1]] in pixels, `distortion` the
    /// coefficients in OpenCV's order (none, 4, 5, 8 or 12; 4 on the angle for a `fisheye`), `camera_from_world` the R and
    /// t of R·X + t, in the unit that the world shall have.
    ///
    /// # Errors
    /// When the numbers do not make a camera, naming which.
    pub fn new(
        name: String,
        size_px: [u32; 2],
        matrix: Matrix3<f64>,
        distortion: &[f64],
        fisheye: bool,
        camera_from_world: (Matrix3<f64>, Vector3<f64>),
    ) -> Result<Self, CameraError> {
        let [width, height] = size_px;
        if width == 0 || height == 0 {
            return Err(CameraError::Size { camera: name, width, height });
        }
        if !is_camera_matrix(&matrix) {
            return Err(CameraError::Matrix { camera: name, transposed: is_camera_matrix(&matrix.transpose()) });
        }
        let Some(lens) = Distortion::new(distortion, fisheye) else {
            return Err(CameraError::Distortion { camera: name, count: distortion.len(), fisheye });
        };
        let (rotation, translation) = camera_from_world;
        let defect = (rotation.transpose() * rotation - Matrix3::identity()).abs().max();
        let inverse = rotation.try_inverse().filter(|_| defect < ROTATION_TOLERANCE && rotation.determinant() > 0.0);
        let Some(world_from_camera) = inverse else {
            return Err(CameraError::Rotation { camera: name });
        };
        let center = world_from_camera * -translation;
        if !center.iter().all(|coordinate| coordinate.is_finite()) {
            return Err(CameraError::Translation { camera: name });
        }
        Ok(Self {
            name,
            size_px,
            matrix,
            lens,
            camera_from_world: rotation,
            translation,
            world_from_camera,
            center_in_world: Point3::from(center),
        })
    }

    /// The name that the calibration gives it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Width and height of its images.
    pub fn size_px(&self) -> [u32; 2] {
        self.size_px
    }

    /// [[fx, skew, cx], [0, fy, cy], [0, 0, 1]], px.
    pub fn matrix(&self) -> &Matrix3<f64> {
        &self.matrix
    }

    /// The distortion coefficients as they were given.
    pub fn distortion(&self) -> &[f64] {
        self.lens.coefficients()
    }

    /// Whether the lens is OpenCV's fisheye model.
    pub fn is_fisheye(&self) -> bool {
        self.lens.is_fisheye()
    }

    /// R of camera = R·world + t.
    pub fn rotation(&self) -> &Matrix3<f64> {
        &self.camera_from_world
    }

    /// t of camera = R·world + t.
    pub fn translation(&self) -> &Vector3<f64> {
        &self.translation
    }

    /// Where the camera stands.
    pub fn center_in_world(&self) -> Point3 {
        self.center_in_world
    }

    /// Mean of fx and fy, px.
    pub fn focal_px(&self) -> f64 {
        0.5 * (self.matrix.m11 + self.matrix.m22)
    }

    /// Whether a point lies on one of the image's pixels, borders included.
    pub fn sees(&self, point_in_image: Point2) -> bool {
        let [width, height] = self.size_px.map(f64::from);
        let (x, y) = (point_in_image.x, point_in_image.y);
        x >= -0.5 && y >= -0.5 && x < width - 0.5 && y < height - 0.5
    }

    /// Where a world point appears; `None` where it is behind the camera, not finite, or so far off the axis that the
    /// distortion model has folded over. The point may lie outside the image.
    #[inline]
    pub fn project(&self, point_in_world: Point3) -> Option<Point2> {
        let [x, y, _] = self.normalized(point_in_world)?;
        let distorted = self.lens.distort_in_range(x, y)?;
        let point = self.pixel(distorted.x, distorted.y);
        (point.x.is_finite() && point.y.is_finite()).then_some(point)
    }

    /// The same with its derivative over the world point, px per unit of length.
    #[inline(always)]
    pub fn project_with_jacobian(&self, point_in_world: Point3) -> Option<(Point2, Matrix2x3<f64>)> {
        let [x, y, depth] = self.normalized(point_in_world)?;
        let distorted = self.lens.distort_in_range(x, y)?;
        let point = self.pixel(distorted.x, distorted.y);
        if !(point.x.is_finite() && point.y.is_finite()) {
            return None;
        }
        let [across, down] = self.rows_at(x, y, &self.px_per_normalized(&distorted.jacobian));
        let per_depth = 1.0 / depth;
        let jacobian = Matrix2x3::new(across.x, across.y, across.z, down.x, down.y, down.z) * per_depth;
        Some((point, jacobian))
    }

    /// Ideal pinhole coordinates (x/z, y/z) of a pixel, exact to 1e-9; `None` for points that no direction in the
    /// distortion model's range maps to.
    pub fn undistort(&self, point_in_image: Point2) -> Option<Vector2<f64>> {
        let [x, y] = self.behind_lens(point_in_image);
        self.lens.undistort(x, y).map(|ideal| Vector2::new(ideal.x, ideal.y))
    }

    /// The pixel of ideal pinhole coordinates, whether in the distortion model's range or not.
    pub fn distort(&self, normalized: Vector2<f64>) -> Point2 {
        let [x, y] = self.lens.distort(normalized.x, normalized.y);
        self.pixel(x, y)
    }

    /// The half-line of world points that appear at a pixel.
    pub fn ray(&self, point_in_image: Point2) -> Option<Ray> {
        let ideal = self.undistort(point_in_image)?;
        let direction = (self.world_from_camera * Vector3::new(ideal.x, ideal.y, 1.0)).normalize();
        Some(Ray { origin: self.center_in_world, direction })
    }

    /// x/z, y/z and z in the camera's frame, for points before the camera.
    #[inline]
    fn normalized(&self, point: Point3) -> Option<[f64; 3]> {
        let (r, t) = (&self.camera_from_world, &self.translation);
        let depth = r.m31 * point.x + r.m32 * point.y + r.m33 * point.z + t.z;
        let is_ahead = depth > 0.0;
        if !is_ahead {
            return None;
        }
        let per_depth = 1.0 / depth;
        let x = r.m11 * point.x + r.m12 * point.y + r.m13 * point.z + t.x;
        let y = r.m21 * point.x + r.m22 * point.y + r.m23 * point.z + t.y;
        Some([x * per_depth, y * per_depth, depth])
    }

    #[inline]
    fn pixel(&self, x: f64, y: f64) -> Point2 {
        let k = &self.matrix;
        Point2::new(k.m11 * x + k.m12 * y + k.m13, k.m22 * y + k.m23)
    }

    /// Normalized coordinates behind the lens, from a pixel.
    #[inline]
    fn behind_lens(&self, point: Point2) -> [f64; 2] {
        let k = &self.matrix;
        let y = (point.y - k.m23) / k.m22;
        [(point.x - k.m13 - k.m12 * y) / k.m11, y]
    }

    #[inline]
    fn px_per_normalized(&self, lens: &[[f64; 2]; 2]) -> [[f64; 2]; 2] {
        let k = &self.matrix;
        let [[xx, xy], [yx, yy]] = *lens;
        [[k.m11 * xx + k.m12 * yx, k.m11 * xy + k.m12 * yy], [k.m22 * yx, k.m22 * yy]]
    }

    /// Rows m such that m·(X − centre)/depth is the displacement in px from normalized (`x`, `y`), to first order.
    #[inline]
    fn rows_at(&self, x: f64, y: f64, px: &[[f64; 2]; 2]) -> [Vector3<f64>; 2] {
        let r = &self.camera_from_world;
        let across = Vector3::new(r.m11 - x * r.m31, r.m12 - x * r.m32, r.m13 - x * r.m33);
        let down = Vector3::new(r.m21 - y * r.m31, r.m22 - y * r.m32, r.m23 - y * r.m33);
        [across * px[0][0] + down * px[0][1], across * px[1][0] + down * px[1][1]]
    }

    /// What triangulation needs of one observed pixel, or `None` where it has no direction.
    #[inline(always)]
    pub(super) fn sight(&self, point_in_image: Point2) -> Option<Sight> {
        let [x, y] = self.behind_lens(point_in_image);
        let ideal = self.lens.undistort(x, y)?;
        let w = &self.world_from_camera;
        let direction = Vector3::new(
            w.m11 * ideal.x + w.m12 * ideal.y + w.m13,
            w.m21 * ideal.x + w.m22 * ideal.y + w.m23,
            w.m31 * ideal.x + w.m32 * ideal.y + w.m33,
        );
        let rows_px = self.rows_at(ideal.x, ideal.y, &self.px_per_normalized(&ideal.jacobian));
        let r = &self.camera_from_world;
        Some(Sight {
            origin: self.center_in_world.coords,
            direction,
            squared_length: direction.norm_squared(),
            rows_px,
            depth_row: Vector3::new(r.m31, r.m32, r.m33),
            focal_px: self.focal_px(),
        })
    }
}

/// One observation, ready for hypotheses: the residual of X is rows·(X − origin)/(depth_row·(X − origin)) px, exact but
/// for the change of the lens between X's place and the observed one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sight {
    pub origin: Vector3<f64>,
    /// One unit of depth long.
    pub direction: Vector3<f64>,
    pub squared_length: f64,
    pub rows_px: [Vector3<f64>; 2],
    pub depth_row: Vector3<f64>,
    pub focal_px: f64,
}

fn is_camera_matrix(matrix: &Matrix3<f64>) -> bool {
    matrix.iter().all(|entry| entry.is_finite())
        && matrix.m11 > 0.0
        && matrix.m22 > 0.0
        && [matrix.m21, matrix.m31, matrix.m32] == [0.0; 3]
        && matrix.m33 == 1.0
}
