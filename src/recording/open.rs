//! Opens a recording: finds its manifest or recognises a rig's folder, and ties its cameras to the calibration.
//!
//! A camera that the calibration does not have, or has wrong, is put last and warned about; the others make the rig. No
//! picture is read but the header of one per camera, and that only for calibrations without image sizes.

use std::path::Path;

use rayon::prelude::*;

use super::calibration::{Calibration, CameraParameters};
use super::manifest::{MANIFEST_NAME, Manifest};
use super::rig_folder::RigFolder;
use super::{CameraMedia, Recording, RecordingError, Units};
use crate::geometry::{Camera, Rig};

impl Recording {
    /// Opens a folder with a `recording.toml`, a manifest itself, or a rig's folder without one.
    ///
    /// # Errors
    /// When it is no recording, or its manifest or calibration cannot be used. Missing or broken pictures are no error here:
    /// [`examine`](super::doctor::examine) finds them, and so does whoever reads them.
    pub fn open(path: &Path) -> Result<Self, RecordingError> {
        let mut recording = Self::load(path)?;
        recording.calibrate()?;
        Ok(recording)
    }

    /// What [`Recording::open`] opens, before the calibration is looked at.
    pub(super) fn load(path: &Path) -> Result<Self, RecordingError> {
        if path.is_file() {
            return Self::from_manifest(path);
        }
        let manifest = path.join(MANIFEST_NAME);
        if manifest.is_file() {
            return Self::from_manifest(&manifest);
        }
        if !path.exists() {
            return Err(RecordingError::NotFound { path: path.to_owned() });
        }
        match RigFolder::recognise(path)? {
            Some(folder) => Self::from_rig_folder(folder),
            None => Err(RecordingError::NotARecording { path: path.to_owned() }),
        }
    }

    fn from_manifest(path: &Path) -> Result<Self, RecordingError> {
        let manifest = Manifest::read(path)?;
        Ok(Self {
            root: path.parent().unwrap_or(Path::new("")).to_owned(),
            manifest: Some(path.to_owned()),
            calibration: manifest.calibration,
            name: manifest.name,
            fps: manifest.fps,
            units: manifest.units,
            fluorescence_lag_frames: manifest.fluorescence_lag_frames,
            start_time: None,
            subject: manifest.subject,
            session: manifest.session,
            group: manifest.group,
            cameras: manifest.cameras,
            rig: None,
            animals: manifest.animals,
            warnings: Vec::new(),
        })
    }

    fn from_rig_folder(folder: RigFolder) -> Result<Self, RecordingError> {
        let fps = folder.fps()?;
        let name = folder.root.canonicalize().unwrap_or_else(|_| folder.root.clone());
        let name = name.file_name().map_or_else(|| "recording".to_owned(), |name| name.to_string_lossy().into_owned());
        Ok(Self {
            root: folder.root,
            manifest: None,
            calibration: folder.calibration,
            name,
            fps,
            units: Units::Mm,
            fluorescence_lag_frames: 0.0,
            start_time: folder.metadata.start_time,
            subject: folder.metadata.subject,
            session: None,
            group: None,
            cameras: folder.cameras,
            rig: None,
            animals: Vec::new(),
            warnings: Vec::new(),
        })
    }

    /// Reads the calibration and puts the cameras that it has first.
    fn calibrate(&mut self) -> Result<(), RecordingError> {
        let Some(path) = &self.calibration else { return Ok(()) };
        let calibration = Calibration::read(path)?;
        let media = std::mem::take(&mut self.cameras);
        let cameras: Vec<Result<Camera, String>> =
            media.par_iter().map(|media| calibrated(path, &calibration, media)).collect();
        let mut rig = Rig::default();
        let mut without = Vec::new();
        for (media, camera) in media.into_iter().zip(cameras) {
            match camera {
                Ok(camera) => {
                    rig.cameras.push(camera);
                    self.cameras.push(media);
                }
                Err(warning) => {
                    self.warnings.push(warning);
                    without.push(media);
                }
            }
        }
        self.cameras.extend(without);
        self.rig = (!rig.is_empty()).then_some(rig);
        Ok(())
    }
}

/// The calibrated camera of some pictures, or the sentence that says why there is none.
fn calibrated(path: &Path, calibration: &Calibration, media: &CameraMedia) -> Result<Camera, String> {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let Some(parameters) = calibration.find(&media.name) else {
        let broken = calibration.cameras.iter().filter_map(|camera| camera.as_ref().err());
        let broken = broken.into_iter().find(|error| error.camera() == Some(&media.name));
        return Err(match broken {
            Some(error) => format!("camera \"{}\" takes no part in 3D: {error}", media.name),
            None => format!(
                "camera \"{}\" takes no part in 3D: {file} has no such camera, only {}",
                media.name,
                listed(calibration.sound())
            ),
        });
    };
    let size_px = parameters.size_px.or_else(|| media.size_px()).unwrap_or_else(|| parameters.guessed_size_px());
    parameters
        .camera(size_px)
        .map_err(|error| format!("camera \"{}\" takes no part in 3D: {error} ({file})", media.name))
}

/// The names of cameras, quoted and joined.
fn listed<'a>(cameras: impl Iterator<Item = &'a CameraParameters>) -> String {
    let names: Vec<String> = cameras.map(|camera| format!("\"{}\"", camera.name)).collect();
    if names.is_empty() { "none at all".to_owned() } else { names.join(", ") }
}
