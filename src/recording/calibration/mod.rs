//! Calibration files: Anipose TOML and markolab TOML, told apart by what they hold.
//!
//! Reading gives parameters as the file states them, one result per camera, so that a single bad camera is named and the
//! others still serve. A markolab file does not say how large the images are; the caller adds that from the images.

mod anipose;
mod markolab;

use std::path::{Path, PathBuf};

use nalgebra::{Matrix3, Vector3};
use thiserror::Error;
use toml::Value;

pub use self::anipose::write_anipose;
use super::rig_folder::name_parts;
use crate::geometry::{Camera, CameraError};

/// The two forms of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalibrationForm {
    /// One table per camera, as Anipose, Lightning Pose and sleap-anipose use.
    Anipose,
    /// Tables of intrinsics, extrinsics and distortion, keyed by camera.
    Markolab,
}

/// One camera as its file states it.
#[derive(Clone, Debug, PartialEq)]
pub struct CameraParameters {
    /// Its name.
    pub name: String,
    /// Image size, where the file states one.
    pub size_px: Option<[u32; 2]>,
    /// [[fx, skew, cx], [0, fy, cy], [0, 0, 1]], px.
    pub matrix: Matrix3<f64>,
    /// Coefficients in OpenCV's order.
    pub distortion: Vec<f64>,
    /// Whether the coefficients are those of OpenCV's fisheye model.
    pub fisheye: bool,
    /// R of R·X + t.
    pub camera_from_world: Matrix3<f64>,
    /// t of R·X + t, in the file's unit.
    pub translation: Vector3<f64>,
}

/// A calibration file that could be read.
#[derive(Clone, Debug)]
pub struct Calibration {
    /// Which form it has.
    pub form: CalibrationForm,
    /// Each camera, or what is wrong with its entry, in the order of their tables' names with numbers as numbers.
    pub cameras: Vec<Result<CameraParameters, CalibrationError>>,
}

/// Why a calibration cannot be used.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum CalibrationError {
    /// The file cannot be read.
    #[error("the calibration {path} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        reason: String,
    },
    /// The file is no TOML.
    #[error("the calibration {path} is not valid TOML, line {line}: {message}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// The file is TOML of another kind.
    #[error(
        "{path} is no calibration: it has neither tables [cam_0] … with a matrix (Anipose) nor the tables intrinsics and \
         extrinsics (markolab)"
    )]
    UnknownForm {
        /// The file.
        path: PathBuf,
    },
    /// A number is missing, or has another shape than it should.
    #[error("in the calibration {path}, camera \"{camera}\": {key} must be {expected}")]
    Field {
        /// The file.
        path: PathBuf,
        /// The camera, or its table.
        camera: String,
        /// The key.
        key: &'static str,
        /// What should stand there.
        expected: &'static str,
    },
    /// Two entries of one name.
    #[error("the calibration {path} has two cameras named \"{camera}\"; give each its own name")]
    Duplicate {
        /// The file.
        path: PathBuf,
        /// The name.
        camera: String,
    },
    /// The numbers are there and make no camera.
    #[error("in the calibration {path}: {source}")]
    Camera {
        /// The file.
        path: PathBuf,
        /// Which numbers.
        source: CameraError,
    },
}

impl CalibrationError {
    /// The camera whose entry is wrong, if it is one camera's.
    pub fn camera(&self) -> Option<&str> {
        match self {
            Self::Field { camera, .. } | Self::Duplicate { camera, .. } => Some(camera),
            Self::Unreadable { .. } | Self::Syntax { .. } | Self::UnknownForm { .. } | Self::Camera { .. } => None,
        }
    }
}

impl CameraParameters {
    /// The camera for images of this size; `size_px` counts where the file states none.
    ///
    /// # Errors
    /// When the numbers do not make a camera.
    pub fn camera(&self, size_px: [u32; 2]) -> Result<Camera, CameraError> {
        let size_px = self.size_px.unwrap_or(size_px);
        // Two further coefficients tilt the sensor; files write them as zeros.
        let distortion = match self.distortion[..] {
            [ref shorter @ .., 0.0, 0.0] if self.distortion.len() == 14 => shorter,
            ref all => all,
        };
        let pose = (self.camera_from_world, self.translation);
        Camera::new(self.name.clone(), size_px, self.matrix, distortion, self.fisheye, pose)
    }

    /// The image size that puts the principal point at its centre: a guess for files that state none.
    pub fn guessed_size_px(&self) -> [u32; 2] {
        let around = |center: f64| (2.0 * center + 1.0).round().clamp(1.0, 65_535.0) as u32;
        [around(self.matrix[(0, 2)]), around(self.matrix[(1, 2)])]
    }
}

impl Calibration {
    /// Reads a file of either form.
    ///
    /// # Errors
    /// When the file cannot be read, is no TOML, or holds no cameras. What is wrong with single cameras stands in
    /// [`Calibration::cameras`].
    pub fn read(path: &Path) -> Result<Self, CalibrationError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| CalibrationError::Unreadable { path: path.to_owned(), reason: error.to_string() })?;
        Self::parse(path, &text)
    }

    /// Reads the text of a file; `path` stands in the errors.
    ///
    /// # Errors
    /// As [`Calibration::read`].
    pub fn parse(path: &Path, text: &str) -> Result<Self, CalibrationError> {
        let root: toml::Table = toml::from_str(text).map_err(|error| CalibrationError::Syntax {
            path: path.to_owned(),
            line: super::manifest::line_of(text, error.span()),
            message: super::manifest::one_line(error.message()),
        })?;
        let Some(form) = form_of(&root) else { return Err(CalibrationError::UnknownForm { path: path.to_owned() }) };
        let cameras = match form {
            CalibrationForm::Anipose => anipose::cameras(path, &root),
            CalibrationForm::Markolab => markolab::cameras(path, &root),
        };
        Ok(Self { form, cameras: without_duplicates(path, cameras) })
    }

    /// The cameras whose entries are sound.
    pub fn sound(&self) -> impl Iterator<Item = &CameraParameters> {
        self.cameras.iter().flatten()
    }

    /// The camera with this name, if its entry is sound.
    pub fn find(&self, name: &str) -> Option<&CameraParameters> {
        self.sound().find(|camera| camera.name == name)
    }
}

/// Reads all cameras of a file of either form. Image sizes that the file does not state are guessed from the principal
/// point.
///
/// # Errors
/// Names the first thing in the file that does not fit.
pub fn read(path: &Path) -> Result<Vec<Camera>, CalibrationError> {
    let calibration = Calibration::read(path)?;
    let camera = |parameters: Result<CameraParameters, CalibrationError>| {
        let parameters = parameters?;
        let size_px = parameters.guessed_size_px();
        parameters.camera(size_px).map_err(|source| CalibrationError::Camera { path: path.to_owned(), source })
    };
    calibration.cameras.into_iter().map(camera).collect()
}

/// The keys of a table in an order that does not depend on the file's: cam_10 after cam_9.
fn ordered(table: &toml::Table) -> Vec<(&String, &Value)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_cached_key(|(key, _)| name_parts(key));
    entries
}

/// Whether a text is a calibration of either form.
pub fn is_calibration(text: &str) -> bool {
    toml::from_str(text).is_ok_and(|root: toml::Table| form_of(&root).is_some())
}

fn form_of(root: &toml::Table) -> Option<CalibrationForm> {
    let is_table = |key: &str| root.get(key).is_some_and(Value::is_table);
    if is_table("intrinsics") && is_table("extrinsics") {
        return Some(CalibrationForm::Markolab);
    }
    let has_matrix = |value: &Value| value.as_table().is_some_and(|table| table.contains_key("matrix"));
    root.values().any(has_matrix).then_some(CalibrationForm::Anipose)
}

fn without_duplicates(
    path: &Path,
    mut cameras: Vec<Result<CameraParameters, CalibrationError>>,
) -> Vec<Result<CameraParameters, CalibrationError>> {
    for index in 1..cameras.len() {
        let (earlier, later) = cameras.split_at_mut(index);
        let Ok(camera) = &later[0] else { continue };
        if earlier.iter().flatten().any(|known| known.name == camera.name) {
            let camera = camera.name.clone();
            later[0] = Err(CalibrationError::Duplicate { path: path.to_owned(), camera });
        }
    }
    cameras
}

/// A TOML number, whole or not.
fn number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|number| number as f64))
}

/// A list of numbers, also one that is nested in lists of one, as numpy writes columns.
fn numbers(value: &Value) -> Option<Vec<f64>> {
    let flat = |item: &Value| match item.as_array().map(Vec::as_slice) {
        Some([single]) => number(single),
        Some(_) => None,
        None => number(item),
    };
    match value.as_array()?.as_slice() {
        // A single row in a list.
        [Value::Array(row)] if row.len() != 1 => row.iter().map(number).collect(),
        items => items.iter().map(flat).collect(),
    }
}

/// `rows` lists of `columns` numbers each, row by row.
fn rows(value: &Value, rows: usize, columns: usize) -> Option<Vec<f64>> {
    let lists = value.as_array().filter(|lists| lists.len() == rows)?;
    let mut all = Vec::with_capacity(rows * columns);
    for list in lists {
        let list = list.as_array().filter(|list| list.len() == columns)?;
        all.extend(list.iter().map(number).collect::<Option<Vec<_>>>()?);
    }
    Some(all)
}
