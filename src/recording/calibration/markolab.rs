//! markolab's calibration: the tables `intrinsics`, `extrinsics` and `distortion_coeffs`, each keyed by camera.
//!
//! Extrinsics are 3×4 [R|t] (or 4×4 with a last row 0 0 0 1) from the world to the camera, on undistorted normalised points.
//! Image sizes are not in the file.

use std::path::Path;

use nalgebra::{Matrix3, Vector3};
use toml::{Table, Value};

use super::{CalibrationError, CameraParameters, numbers, ordered, rows};

/// The cameras of a file: all that any of the tables names.
pub(super) fn cameras(path: &Path, root: &Table) -> Vec<Result<CameraParameters, CalibrationError>> {
    let table = |key: &str| root.get(key).and_then(Value::as_table);
    let mut names: Vec<&String> = Vec::new();
    for (name, _) in ["intrinsics", "extrinsics"].into_iter().filter_map(table).flat_map(ordered) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.into_iter().map(|name| camera(path, root, name)).collect()
}

fn camera(path: &Path, root: &Table, name: &str) -> Result<CameraParameters, CalibrationError> {
    let wrong = |key: &'static str, expected: &'static str| CalibrationError::Field {
        path: path.to_owned(),
        camera: name.to_owned(),
        key,
        expected,
    };
    let entry = |key: &str| root.get(key).and_then(|table| table.get(name));
    let matrix = entry("intrinsics").and_then(|value| rows(value, 3, 3));
    let matrix = matrix.ok_or_else(|| wrong("intrinsics", "three rows of three numbers"))?;
    let pose = entry("extrinsics").and_then(|value| rows(value, 3, 4).or_else(|| rows(value, 4, 4)));
    let pose = pose.ok_or_else(|| wrong("extrinsics", "three rows of four numbers, [R|t]"))?;
    let distortion = match entry("distortion_coeffs") {
        None => Vec::new(),
        Some(value) => numbers(value).ok_or_else(|| wrong("distortion_coeffs", "a list of numbers"))?,
    };
    let at = |row: usize, column: usize| pose[row * 4 + column];
    Ok(CameraParameters {
        name: name.to_owned(),
        size_px: None,
        matrix: Matrix3::from_row_slice(&matrix),
        distortion,
        fisheye: false,
        camera_from_world: Matrix3::from_fn(at),
        translation: Vector3::from_fn(|row, _| at(row, 3)),
    })
}
