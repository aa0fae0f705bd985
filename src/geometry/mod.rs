//! Cameras and what several of them say about a point: projection through lens distortion, triangulation, RANSAC.
//!
//! Coordinates. `camera_from_world` maps a world point X to R·X + t in the camera's frame, x to the right, y down, z along
//! the view. *Normalized* coordinates are (x/z, y/z) of an ideal pinhole; lens distortion acts on them, and the camera
//! matrix makes pixels of the result, with (0, 0) at the centre of the top-left pixel, as OpenCV has it.
//!
//! Everything here is pure and answers `None` where geometry has no answer: a point behind the camera, rays that do not
//! cross, a number that is not finite. Nothing here reads files, knows keypoints, or adjusts the calibration.

pub mod distortion;

pub mod camera;

pub mod rig;

pub mod triangulate;

pub mod ransac;

pub mod epipolar;

pub use camera::{Camera, CameraError, Ray};
pub use distortion::Distortion;
pub use epipolar::epipolar_curve;
pub use ransac::{ransac, ransac_many};
pub use rig::{Rig, RigError};
pub use triangulate::{
    Triangulation, ViewErrors, dlt, leave_one_out, refine, reprojection_errors, reprojection_errors_many, triangulate,
};

#[cfg(test)]
mod test_rigs;

#[cfg(test)]
mod camera_tests;
