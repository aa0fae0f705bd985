//! What is wrong with a recording, and what to do about it.
//!
//! [`examine`] never fails: whatever stops it is itself a finding, and one bad camera does not hide the others. Every finding has
//! a `code` for scripts, the camera that it is about, what is wrong in one sentence, and a remedy. Nothing is changed on disk.
//! Short videos are decoded from end to end, long ones in three places (`pictures`); so a finding that is absent is no proof.

mod calibration;
mod pictures;

use std::path::Path;

use rayon::prelude::*;
use serde::Serialize;

use super::calibration::Calibration;
use super::manifest::ManifestError;
use super::media::{Channel, MediaError};
use super::video;
use super::{CameraMedia, MediaPath, Recording, RecordingError};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Something cannot be worked on, or would give wrong results.
    Error,
    /// Results would suffer, or something is probably not as meant.
    Warning,
    /// Good to know.
    Note,
}

impl Severity {
    /// The word that people and scripts read.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A stable word for scripts.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The camera that it is about; `None` for the recording.
    pub camera: Option<String>,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What to do.
    pub remedy: String,
}

impl Finding {
    fn new(code: &'static str, severity: Severity, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { code, severity, camera: None, message: message.into(), remedy: remedy.into() }
    }

    fn of(mut self, camera: &str) -> Self {
        self.camera = Some(camera.to_owned());
        self
    }
}

/// Examines the recording at a path: a folder with a manifest, a manifest, or a rig's folder.
pub fn examine(path: &Path) -> Vec<Finding> {
    match Recording::load(path) {
        Ok(recording) => examine_recording(&recording),
        Err(error) => vec![not_opened(&error)],
    }
}

/// Examines a recording that is open.
pub fn examine_recording(recording: &Recording) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_readable = ffmpeg(recording, &mut findings);
    let channels: Vec<(&CameraMedia, Channel)> = recording
        .cameras
        .iter()
        .flat_map(|camera| camera.channels().map(move |(channel, _)| (camera, channel)))
        .filter(|(camera, channel)| is_readable || !needs_ffmpeg(camera, *channel))
        .collect();
    let examined: Vec<pictures::Examined> =
        channels.par_iter().map(|(camera, channel)| pictures::examine(camera, *channel)).collect();
    pictures::compare(recording, &examined, &mut findings);
    tracks(recording, &mut findings);
    let parameters = match &recording.calibration {
        None => {
            findings.push(calibration::absent(recording));
            None
        }
        Some(path) => match Calibration::read(path) {
            Ok(calibration) => Some((path, calibration)),
            Err(error) => {
                let remedy = "Write the calibration again, or name the right file in recording.toml.";
                findings.push(Finding::new("calibration_unreadable", Severity::Error, error.to_string(), remedy));
                None
            }
        },
    };
    if let Some((path, parameters)) = parameters {
        calibration::examine(recording, path, &parameters, &examined, &mut findings);
    }
    findings.extend(examined.into_iter().flat_map(|channel| channel.findings));
    // The worst first; within that in the order in which they were found.
    findings.sort_by_key(|finding| finding.severity);
    findings
}

fn not_opened(error: &RecordingError) -> Finding {
    let (code, remedy) = match error {
        RecordingError::NotFound { .. } => ("missing_file", "Check the path."),
        RecordingError::NotARecording { .. } => {
            ("not_a_recording", "Write a recording.toml into the folder; the README shows a complete one.")
        }
        RecordingError::Unreadable { .. } => {
            ("unreadable_file", "Check the permissions, and whether the disk is there.")
        }
        RecordingError::Manifest(ManifestError::NewerVersion { .. }) => ("manifest_newer", "Install a newer version."),
        RecordingError::Manifest(_) => ("manifest_invalid", "Correct that line of recording.toml."),
        RecordingError::Calibration(_) => ("calibration_unreadable", "Write the calibration again."),
        RecordingError::TooManyCameras { .. } => ("too_many_cameras", "Split the recording into two folders."),
        RecordingError::SeveralCalibrations { .. } => ("several_calibrations", "Keep one calibration in the folder."),
        RecordingError::NoFps { .. } => ("no_fps", "Add metadata.toml with a line such as fps = 60.0."),
        RecordingError::Media(error) => {
            return Finding::new(media_code(error), Severity::Error, error.to_string(), media_remedy(error));
        }
    };
    Finding::new(code, Severity::Error, error.to_string(), remedy)
}

/// Says once, not for each camera, that videos cannot be read.
fn ffmpeg(recording: &Recording, findings: &mut Vec<Finding>) -> bool {
    let videos = recording.cameras.iter().flat_map(CameraMedia::channels);
    let videos = videos.filter(|(_, source)| matches!(source.path, MediaPath::Video(_))).count();
    if videos == 0 || video::is_ffmpeg_installed() {
        return true;
    }
    let message = format!("ffmpeg and ffprobe are not installed, and {videos} channels of the recording are videos");
    let remedy = "Install them (Debian, Ubuntu: apt install ffmpeg), or store the recording as image sequences.";
    findings.push(Finding::new("ffmpeg_missing", Severity::Error, message, remedy));
    false
}

fn needs_ffmpeg(camera: &CameraMedia, channel: Channel) -> bool {
    camera.channel(channel).is_some_and(|source| matches!(source.path, MediaPath::Video(_)))
}

/// Files of an animal are only looked for here; who imports them says whether they can be read.
fn tracks(recording: &Recording, findings: &mut Vec<Finding>) {
    for animal in &recording.animals {
        for path in [&animal.tracks, &animal.boxes].into_iter().flatten().filter(|path| !path.exists()) {
            let message = format!("{} of animal \"{}\" does not exist", path.display(), animal.name);
            let remedy = "Check the path in recording.toml, which is relative to its folder.";
            findings.push(Finding::new("missing_file", Severity::Error, message, remedy));
        }
    }
}

fn media_code(error: &MediaError) -> &'static str {
    match error {
        MediaError::NoChannel { .. } => "no_channel",
        MediaError::FfmpegMissing { .. } => "ffmpeg_missing",
        MediaError::FfmpegFailed { .. } => "ffmpeg_failed",
        MediaError::NotFound { .. } => "missing_file",
        MediaError::Unreadable { .. } => "unreadable_file",
        MediaError::EmptySequence { .. } => "empty_sequence",
        MediaError::SequenceGap { .. } => "sequence_gap",
        MediaError::ImageSize { .. } => "image_size_changes",
        MediaError::OutOfRange { .. } => "out_of_range",
        MediaError::Truncated { .. } => "video_cut_off",
        MediaError::Damaged { .. } => "damaged_pictures",
    }
}

fn media_remedy(error: &MediaError) -> &'static str {
    match error {
        MediaError::NoChannel { .. } => "Add the channel to recording.toml.",
        MediaError::FfmpegMissing { .. } => "Install ffmpeg (Debian, Ubuntu: apt install ffmpeg).",
        MediaError::FfmpegFailed { .. } => "Check that ffmpeg runs in a terminal; install it again if it does not.",
        MediaError::NotFound { .. } => {
            "Restore the file, or correct its path in recording.toml, which is relative to its folder."
        }
        MediaError::Unreadable { .. } => {
            "Copy the file again from its source; if it does not play there either, leave the camera out."
        }
        MediaError::EmptySequence { .. } => {
            "Correct the pattern in recording.toml: %06d is the number in the file name."
        }
        MediaError::SequenceGap { .. } => {
            "Restore the missing file; if it is lost, put a copy of its neighbour in its place."
        }
        MediaError::ImageSize { .. } => "Restore the picture in its own size.",
        MediaError::OutOfRange { .. } => "Ask for a frame that the recording has.",
        MediaError::Truncated { .. } => {
            "Copy the file again from its source; until then its later frames are left out."
        }
        MediaError::Damaged { .. } => {
            "Copy the file again from its source; until then that camera is left out of these frames."
        }
    }
}
