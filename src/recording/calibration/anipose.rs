//! Anipose's calibration.toml, read and written.
//!
//! Every table but `metadata` is a camera, whatever it is called; `name` names the camera (default: its table's name).
//! `rotation` is a Rodrigues vector and, with `translation`, leads from the world to the camera. Tables may stand in any
//! order: names, not positions, tie cameras to a recording.

use std::path::Path;

use nalgebra::{Matrix3, Rotation3, UnitQuaternion, Vector3};
use serde::Serialize;
use toml::{Table, Value};

use super::{CalibrationError, CameraParameters, number, numbers, ordered, rows};
use crate::geometry::Camera;

/// The cameras of a file.
pub(super) fn cameras(path: &Path, root: &Table) -> Vec<Result<CameraParameters, CalibrationError>> {
    ordered(root)
        .into_iter()
        .filter(|(key, _)| *key != "metadata")
        .filter_map(|(key, value)| value.as_table().map(|table| camera(path, key, table)))
        .collect()
}

fn camera(path: &Path, key: &str, table: &Table) -> Result<CameraParameters, CalibrationError> {
    let name = table.get("name").and_then(Value::as_str).unwrap_or(key).to_owned();
    let wrong = |key: &'static str, expected: &'static str| CalibrationError::Field {
        path: path.to_owned(),
        camera: name.clone(),
        key,
        expected,
    };
    let size_px = match table.get("size") {
        None => None,
        Some(value) => Some(size(value).ok_or_else(|| wrong("size", "[width, height] in whole pixels"))?),
    };
    let matrix = table.get("matrix").and_then(|value| rows(value, 3, 3));
    let matrix = matrix.ok_or_else(|| wrong("matrix", "three rows of three numbers"))?;
    let distortion = match table.get("distortions") {
        None => Vec::new(),
        Some(value) => numbers(value).ok_or_else(|| wrong("distortions", "a list of numbers"))?,
    };
    let vector = |key: &'static str| {
        let vector = table.get(key).and_then(numbers).filter(|vector| vector.len() == 3);
        vector.map(Vector3::from_vec).ok_or_else(|| wrong(key, "a list of three numbers"))
    };
    let fisheye = match table.get("fisheye") {
        None => false,
        Some(value) => value.as_bool().ok_or_else(|| wrong("fisheye", "true or false"))?,
    };
    Ok(CameraParameters {
        size_px,
        matrix: Matrix3::from_row_slice(&matrix),
        distortion,
        fisheye,
        camera_from_world: Rotation3::from_scaled_axis(vector("rotation")?).into_inner(),
        translation: vector("translation")?,
        name,
    })
}

fn size(value: &Value) -> Option<[u32; 2]> {
    let [width, height] = value.as_array()?.as_slice() else { return None };
    // Some writers store sizes as floats.
    let pixels = |value: &Value| number(value).filter(|size| size.fract() == 0.0 && (1.0..=65_535.0).contains(size));
    Some([pixels(width)? as u32, pixels(height)? as u32])
}

#[derive(Serialize)]
struct CameraTable<'a> {
    name: &'a str,
    size: [u32; 2],
    matrix: [[f64; 3]; 3],
    distortions: &'a [f64],
    rotation: [f64; 3],
    translation: [f64; 3],
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    fisheye: bool,
}

/// Cameras as the text of an Anipose calibration.toml.
///
/// Tables are called `cam_00`, `cam_01` … with as many digits as needed, since Anipose reads them in the order of their
/// names.
pub fn write_anipose(cameras: &[Camera]) -> String {
    let digits = cameras.len().saturating_sub(1).max(1).ilog10() as usize + 1;
    let mut text = String::new();
    for (index, camera) in cameras.iter().enumerate() {
        let rotation = Rotation3::from_matrix_unchecked(*camera.rotation());
        // By way of a quaternion, which keeps its axis near half a turn.
        let rotation = UnitQuaternion::from_rotation_matrix(&rotation).scaled_axis();
        let matrix = camera.matrix();
        let table = CameraTable {
            name: camera.name(),
            size: camera.size_px(),
            matrix: std::array::from_fn(|row| std::array::from_fn(|column| matrix[(row, column)])),
            distortions: camera.distortion(),
            rotation: rotation.into(),
            translation: (*camera.translation()).into(),
            fisheye: camera.is_fisheye(),
        };
        let body = toml::to_string(&table).unwrap_or_default();
        text.push_str(&format!("[cam_{index:0digits$}]\n{body}\n"));
    }
    text.push_str("[metadata]\n");
    text
}
