//! Opening projects and their recordings, and telling a recording that moved or changed.

use std::path::Path;

use super::JobError;
use crate::model::FrameRange;
use crate::model::Skeleton;
use crate::recording::{self, Channel, Recording};
use crate::store::{Project, RecordingInfo};

/// The recording of a project that `name` chooses; without a name, the only one.
///
/// # Errors
/// When there is none of that name, or several and no name.
pub fn choose(project: &Project, name: Option<&str>) -> Result<RecordingInfo, JobError> {
    Ok(match name {
        Some(name) => project.recording(name)?,
        None => project.only_recording()?,
    })
}

/// The recordings that a job works on: the chosen one, or all.
///
/// # Errors
/// When there is none of that name, or none at all.
pub fn choose_all(project: &Project, name: Option<&str>) -> Result<Vec<RecordingInfo>, JobError> {
    match name {
        Some(name) => Ok(vec![project.recording(name)?]),
        None => {
            let recordings = project.recordings()?;
            // Says that there is none in the words of the store.
            if recordings.is_empty() { Ok(vec![project.only_recording()?]) } else { Ok(recordings) }
        }
    }
}

/// A recording's name where a project holds several, so that logs of model servers tell them apart.
///
/// # Errors
/// When the project cannot be read.
pub fn name_in_tags(project: &Project, info: &RecordingInfo) -> Result<Option<String>, JobError> {
    Ok((project.recordings()?.len() > 1).then(|| info.name.clone()))
}

/// Opens the files of a project's recording.
///
/// # Errors
/// When it is no longer there, or its manifest or calibration cannot be used.
pub fn recording_of(project: &Project, info: &RecordingInfo) -> Result<Recording, JobError> {
    if !info.path.exists() {
        return Err(JobError::RecordingMoved {
            name: info.name.clone(),
            path: info.path.clone(),
            project: project.path().to_owned(),
        });
    }
    Ok(Recording::open(&info.path)?)
}

/// The frames of a recording that a range names.
///
/// # Errors
/// When the recording has none, or the range reaches outside.
pub fn frames_of(project: &Project, info: &RecordingInfo, range: FrameRange) -> Result<std::ops::Range<u32>, JobError> {
    if info.frame_count == 0 {
        return Err(JobError::NoFrames { name: info.name.clone(), project: project.path().to_owned() });
    }
    Ok(range.within(info.frame_count)?)
}

/// Whether a recording has pictures of any kind; one without is as long as its tables.
pub fn has_pictures(recording: &Recording) -> bool {
    recording.cameras.iter().any(|camera| camera.channels().next().is_some())
}

/// Whether any camera of a recording shows dots.
pub fn has_fluorescence(recording: &Recording) -> bool {
    recording.cameras.iter().any(|camera| camera.channel(Channel::Fluorescence).is_some())
}

/// The hash of what a recording holds, and what of it cannot be read: a camera with a missing file does not keep the
/// others from being known again.
pub fn fingerprint(recording: &Recording) -> (String, Vec<String>) {
    match recording::fingerprint(recording) {
        Ok(hash) => (hash.to_hex().to_string(), Vec::new()),
        Err(_) => {
            let mut readable = recording.clone();
            let mut problems = Vec::new();
            readable.cameras.retain(|camera| {
                let alone = Recording { cameras: vec![camera.clone()], ..recording.clone() };
                match recording::fingerprint(&alone) {
                    Ok(_) => true,
                    Err(error) => {
                        problems.push(format!("camera \"{}\": {error}", camera.name));
                        false
                    }
                }
            });
            let hash = recording::fingerprint(&readable).map(|hash| hash.to_hex().to_string()).unwrap_or_default();
            (hash, problems)
        }
    }
}

/// Reads a skeleton file.
///
/// # Errors
/// When it cannot be read, or what it says does not fit together.
pub fn read_skeleton(path: &Path) -> Result<Skeleton, JobError> {
    let text = std::fs::read_to_string(path).map_err(|source| JobError::Io {
        action: "read",
        path: path.to_owned(),
        source,
    })?;
    Skeleton::from_toml(&text).map_err(|source| JobError::Skeleton { path: path.to_owned(), source })
}

/// Whether two paths lead to the same file or folder.
pub fn is_same_file(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}
