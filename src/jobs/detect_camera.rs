//! One camera of a recording, opened for detection: its channels, checked against what the project knows of it.

use crate::model::CameraId;
use crate::recording::detect::Moment;
use crate::recording::{self, Channel, FrameSource, MediaError, Recording};
use crate::store::RecordingInfo;

/// A camera whose pictures are read.
pub(super) struct OpenCamera {
    /// Its name.
    pub(super) name: String,
    /// Its place in the recording.
    pub(super) in_recording: CameraId,
    /// Its place in the project.
    pub(super) in_project: CameraId,
    /// Its dots.
    pub(super) fluorescence: Box<dyn FrameSource + Send>,
    reflectance: Option<Box<dyn FrameSource + Send>>,
    mask: Option<Box<dyn FrameSource + Send>>,
}

impl OpenCamera {
    /// Opens a camera with fluorescence; the error is why it cannot be used.
    pub(super) fn new(recording: &Recording, info: &RecordingInfo, id: CameraId) -> Result<Self, String> {
        let name = recording.cameras[id.index()].name.clone();
        let in_project = info
            .find_camera(&name)
            .ok_or_else(|| "the project does not know it; it was added to the recording later".to_owned())?;
        let expected = info.cameras[in_project.index()].size_px;
        let open = |channel: Channel| {
            let mut source = recording::open_channel(recording, id, channel).map_err(|error| error.to_string())?;
            // Reads the index now, so that a file that cannot be read is known before the work begins.
            source.frame_count().map_err(|error| error.to_string())?;
            let found = source.size_px();
            // Nobody knew the size of a camera that is not calibrated and could not be read when it was added.
            if found == expected || expected == [0, 0] {
                return Ok(source);
            }
            Err(format!(
                "its {} is {}×{} pixels and its calibration is for {}×{}; give the calibration of these pictures",
                channel.as_str(),
                found[0],
                found[1],
                expected[0],
                expected[1]
            ))
        };
        let optional = |channel: Channel| {
            let is_there = recording.cameras[id.index()].channel(channel).is_some();
            is_there.then(|| open(channel)).transpose()
        };
        Ok(Self {
            fluorescence: open(Channel::Fluorescence)?,
            reflectance: optional(Channel::Reflectance)?,
            mask: optional(Channel::Mask)?,
            name,
            in_recording: id,
            in_project,
        })
    }

    /// The pictures of one frame.
    pub(super) fn read(&mut self, frame: u32) -> Result<Moment, MediaError> {
        let optional = |source: &mut Option<Box<dyn FrameSource + Send>>| {
            source.as_mut().map(|source| source.read(frame)).transpose()
        };
        Ok(Moment {
            fluorescence: self.fluorescence.read(frame)?,
            reflectance: optional(&mut self.reflectance)?,
            mask: optional(&mut self.mask)?,
        })
    }
}
