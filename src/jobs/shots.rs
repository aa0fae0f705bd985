//! The pictures that a model is shown: each camera's view of the animal, always equally bright, with what was found in it.

use std::sync::Arc;

use super::JobError;
use crate::model::{CameraId, Centroid};
use crate::pose::stages::ViewShot;
use crate::recording::{Channel, FrameSource, GrayFrame, Recording};
use crate::store::{Project, RecordingInfo, StoredDetection};
use crate::vlm::canvas::{Levels, Shot};
use crate::vlm::sent::Area;

/// A camera's picture at a frame, with the part that holds the animal and its dots.
pub(super) struct FrameShot {
    /// The camera, as the project counts.
    pub camera: CameraId,
    /// The frame.
    pub frame: u32,
    name: Arc<str>,
    picture: GrayFrame,
    levels: Levels,
    crop: Area,
    centroids: Vec<Centroid>,
}

impl FrameShot {
    /// As the stages see it.
    pub fn view(&self) -> ViewShot<'_> {
        ViewShot {
            camera: self.camera,
            name: &self.name,
            frame: self.frame,
            shot: Shot { frame: &self.picture, levels: self.levels },
            crop: self.crop,
            centroids: &self.centroids,
        }
    }
}

/// One camera, opened.
pub(super) struct CameraShots {
    /// The camera, as the project counts.
    pub camera: CameraId,
    /// Its name.
    pub name: Arc<str>,
    source: Box<dyn FrameSource + Send>,
    levels: Levels,
}

impl CameraShots {
    /// Opens a camera. How bright it is shown is taken from the frames `typical`, once, so that exemplars and targets are equally
    /// bright whichever is read first; the error is a sentence without the camera's name.
    pub fn open(
        recording: &Recording,
        info: &RecordingInfo,
        camera: CameraId,
        typical: &[u32],
    ) -> Result<Self, String> {
        let name = &info.cameras[camera.index()].name;
        let media = recording.cameras.iter().find(|media| media.name == *name);
        let media = media.ok_or_else(|| "the recording does not know it any more".to_owned())?;
        // The animal is what is to be seen; the dots are drawn.
        let channel =
            [Channel::Reflectance, Channel::Fluorescence].into_iter().find_map(|channel| media.channel(channel));
        let channel = channel.ok_or_else(|| "it has no pictures".to_owned())?;
        let mut source = channel.open().map_err(|error| error.to_string())?;
        let pictures: Vec<GrayFrame> = typical.iter().filter_map(|frame| source.read(*frame).ok()).collect();
        let levels = Levels::robust(&pictures.iter().collect::<Vec<_>>());
        Ok(Self { camera, name: name.as_str().into(), source, levels })
    }

    /// The camera at a frame, of which `detection` was found.
    pub fn read(&mut self, frame: u32, detection: StoredDetection) -> Result<FrameShot, String> {
        let picture = self.source.read(frame).map_err(|error| error.to_string())?;
        let whole = Area { x: 0.0, y: 0.0, width: f64::from(picture.width), height: f64::from(picture.height) };
        Ok(FrameShot {
            camera: self.camera,
            frame,
            name: Arc::clone(&self.name),
            picture,
            levels: self.levels,
            crop: detection.crop.map_or(whole, Area::from),
            centroids: detection.centroids,
        })
    }
}

/// What was found in one view.
///
/// # Errors
/// When the project cannot be read.
pub(super) fn detection_of(
    project: &Project,
    info: &RecordingInfo,
    camera: CameraId,
    frame: u32,
) -> Result<Option<StoredDetection>, JobError> {
    Ok(project.detection(info.id, frame)?.into_iter().nth(camera.index()).flatten())
}
