//! Examines a calibration: does it name the cameras, does it fit the images, can it be right?

use std::path::Path;

use nalgebra::Matrix3;

use super::super::Recording;
use super::super::calibration::{Calibration, CameraParameters};
use super::pictures::Examined;
use super::{Finding, Severity};

/// How far RᵀR may be from the identity in a file that states numbers to single precision.
const ROTATION_DEFECT: f64 = 1e-5;

/// Focal lengths, in image widths, that lenses have.
const FOCAL_WIDTHS: std::ops::RangeInclusive<f64> = 0.2..=30.0;

/// Distances between the outermost two cameras that rigs around a small animal have, mm.
const RIG_MM: std::ops::RangeInclusive<f64> = 20.0..=20_000.0;

/// The finding of a recording without calibration.
pub(super) fn absent(recording: &Recording) -> Finding {
    let has_dots = recording.cameras.iter().any(|camera| camera.fluorescence.is_some());
    let severity = if has_dots { Severity::Warning } else { Severity::Note };
    let message = "the recording has no calibration: points in space cannot be computed";
    let remedy = "Add calibration = \"calibration.toml\" to recording.toml (Anipose's or markolab's file), if there are several cameras.";
    Finding::new("no_calibration", severity, message, remedy)
}

/// Examines a calibration that could be read.
pub(super) fn examine(
    recording: &Recording,
    path: &Path,
    calibration: &Calibration,
    examined: &[Examined],
    findings: &mut Vec<Finding>,
) {
    for error in calibration.cameras.iter().filter_map(|camera| camera.as_ref().err()) {
        let remedy = "Correct that entry of the calibration; until then the camera takes no part in 3D.";
        let finding = Finding::new("calibration_invalid", Severity::Error, error.to_string(), remedy);
        findings.push(Finding { camera: error.camera().map(str::to_owned), ..finding });
    }
    names(recording, path, calibration, findings);
    for parameters in calibration.sound() {
        let size_px =
            examined.iter().find(|channel| channel.camera == parameters.name).and_then(|channel| channel.size_px);
        camera(path, parameters, size_px, findings);
    }
    repeated(path, calibration, findings);
    unit(recording, calibration, findings);
}

/// Cameras that only the manifest or only the calibration knows.
fn names(recording: &Recording, path: &Path, calibration: &Calibration, findings: &mut Vec<Finding>) {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let known: Vec<String> = calibration.sound().map(|camera| format!("\"{}\"", camera.name)).collect();
    for camera in recording.cameras.iter().filter(|camera| calibration.find(&camera.name).is_none()) {
        if calibration
            .cameras
            .iter()
            .any(|entry| entry.as_ref().is_err_and(|error| error.camera() == Some(&camera.name)))
        {
            continue;
        }
        let severity = if camera.video.is_some() { Severity::Note } else { Severity::Error };
        let message = format!("{file} has no camera \"{}\", only {}", camera.name, known.join(", "));
        let remedy =
            "Use the calibration's name in recording.toml, or calibrate the camera; until then it takes no part in 3D.";
        findings.push(Finding::new("camera_not_calibrated", severity, message, remedy).of(&camera.name));
    }
    for camera in calibration.sound().filter(|camera| recording.find(&camera.name).is_none()) {
        let message = format!("camera \"{}\" is in {file}, and not in the recording", camera.name);
        let remedy = "Add it to recording.toml if it recorded; else nothing.";
        findings.push(Finding::new("camera_not_recorded", Severity::Note, message, remedy).of(&camera.name));
    }
}

/// Numbers of one camera.
fn camera(path: &Path, parameters: &CameraParameters, image_px: Option<[u32; 2]>, findings: &mut Vec<Finding>) {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let mut add = |code, severity, message: String, remedy: &str| {
        findings.push(Finding::new(code, severity, message, remedy).of(&parameters.name));
    };
    let size_px = image_px.or(parameters.size_px).unwrap_or_else(|| parameters.guessed_size_px());
    if let Err(error) = parameters.camera(size_px) {
        let remedy = "Correct that entry of the calibration; until then the camera takes no part in 3D.";
        add("calibration_invalid", Severity::Error, format!("{file}: {error}"), remedy);
        return;
    }
    if let (Some([width, height]), Some([calibrated_width, calibrated_height])) = (image_px, parameters.size_px)
        && (width, height) != (calibrated_width, calibrated_height)
    {
        let message = format!(
            "the images are {width}×{height} pixels, and {file} was made for {calibrated_width}×{calibrated_height}"
        );
        let remedy = "Use the calibration of this image size, or images of the calibrated size: cropped or scaled images do not fit.";
        add("image_size_differs", Severity::Error, message, remedy);
    }
    let [width, height] = size_px.map(f64::from);
    let matrix = &parameters.matrix;
    let (center_x, center_y) = (matrix[(0, 2)], matrix[(1, 2)]);
    if !(0.0..=width).contains(&center_x) || !(0.0..=height).contains(&center_y) {
        let message =
            format!("the principal point ({center_x:.0}, {center_y:.0}) lies outside the {width}×{height} image");
        let remedy = "Check that the calibration was made with images of this size and crop, and that its matrix is not transposed.";
        add("principal_point_outside", Severity::Warning, message, remedy);
    }
    let focal_px = (matrix[(0, 0)] + matrix[(1, 1)]) / 2.0;
    if !FOCAL_WIDTHS.contains(&(focal_px / width)) || (matrix[(0, 0)] / matrix[(1, 1)] - 1.0).abs() > 0.2 {
        let message = format!(
            "focal lengths of {:.1} and {:.1} px are unusual for images {width} px wide",
            matrix[(0, 0)],
            matrix[(1, 1)]
        );
        let remedy = "Check the calibration; a bad one often shows in the focal lengths first.";
        add("focal_length_unusual", Severity::Warning, message, remedy);
    }
    let rotation = &parameters.camera_from_world;
    let defect = (rotation.transpose() * rotation - Matrix3::identity()).abs().max();
    if defect > ROTATION_DEFECT {
        let message = format!("the rotation in {file} is not orthonormal (RᵀR is off by {defect:.0e})");
        let remedy = "Write the calibration again with all digits; triangulated points are off by about that share.";
        add("rotation_not_orthonormal", Severity::Warning, message, remedy);
    }
}

/// Two cameras cannot stand at one place: a file that says so has one of them wrong.
fn repeated(path: &Path, calibration: &Calibration, findings: &mut Vec<Finding>) {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let cameras: Vec<&CameraParameters> = calibration.sound().collect();
    for (index, camera) in cameras.iter().enumerate() {
        let same_pose = |other: &&&CameraParameters| {
            other.camera_from_world == camera.camera_from_world && other.translation == camera.translation
        };
        let Some(other) = cameras[..index].iter().find(same_pose) else { continue };
        let what = if other.matrix == camera.matrix { "all numbers" } else { "rotation and translation" };
        let message =
            format!("\"{}\" and \"{}\" have {what} in common in {file}: one of them is wrong", other.name, camera.name);
        let remedy = "Calibrate again, or find the right numbers of the wrong one; the reprojection errors of labels show which it is.";
        findings.push(Finding::new("cameras_identical", Severity::Error, message, remedy).of(&camera.name));
    }
}

/// A calibration in metres that is read as millimetres makes every error look a thousand times too small.
fn unit(recording: &Recording, calibration: &Calibration, findings: &mut Vec<Finding>) {
    let centers: Vec<_> =
        calibration.sound().map(|camera| -camera.camera_from_world.transpose() * camera.translation).collect();
    let distances = centers.iter().flat_map(|one| centers.iter().map(move |other| (one - other).norm()));
    let largest = distances.fold(0.0, f64::max);
    let largest_mm = largest * recording.units.to_mm();
    if largest > 0.0 && !RIG_MM.contains(&largest_mm) {
        let units = recording.units.as_str();
        let message = format!("in {units} the outermost cameras would stand {largest_mm:.3} mm apart");
        let remedy = "Set units in recording.toml to the calibration's unit: \"mm\", \"cm\" or \"m\".";
        findings.push(Finding::new("units_unlikely", Severity::Warning, message, remedy));
    }
}
