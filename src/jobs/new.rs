//! Makes a project, or adds recordings to one; a recording that moved is found again by its content.

use std::path::{Path, PathBuf};

use super::open::{self, read_skeleton};
use super::{Job, JobError};
use crate::model::{CameraId, Skeleton};
use crate::recording::Recording;
use crate::store::{CameraInfo, NewRecording, Project, RecordingInfo};

/// What became of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is new in the project.
    Added,
    /// It was there already.
    Known,
    /// It was there already, at another place.
    Relocated,
}

impl Outcome {
    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Known => "known",
            Self::Relocated => "relocated",
        }
    }
}

/// Makes `project` unless it is there, and adds the recordings. Nothing is made when a recording cannot be opened.
///
/// # Errors
/// When a recording, the skeleton or the project cannot be used.
pub fn run(
    job: &Job<'_>,
    recordings: &[PathBuf],
    project: &Path,
    skeleton: Option<&Path>,
) -> Result<Vec<(RecordingInfo, Outcome)>, JobError> {
    let skeleton = skeleton.map(read_skeleton).transpose()?;
    job.phase("open", recordings.len() as u64, "recordings");
    let mut opened = Vec::new();
    for (index, path) in recordings.iter().enumerate() {
        job.check()?;
        let recording = Recording::open(path)?;
        let frame_count = recording.frame_count()?;
        recording.warnings.iter().for_each(|warning| job.warn(warning.clone()));
        opened.push((path, recording, frame_count));
        job.done(index as u64 + 1);
    }
    let mut project = open_or_create(project, skeleton.as_ref())?;
    let mut outcomes = Vec::new();
    for (path, recording, frame_count) in opened {
        let (fingerprint, problems) = open::fingerprint(&recording);
        problems.into_iter().for_each(|problem| job.warn(problem));
        outcomes.push(add(&mut project, path, &recording, frame_count, fingerprint)?);
    }
    Ok(outcomes)
}

fn open_or_create(path: &Path, skeleton: Option<&Skeleton>) -> Result<Project, JobError> {
    if !path.exists() {
        let standard = Skeleton::qd12();
        return Ok(Project::create(path, skeleton.unwrap_or(&standard))?);
    }
    let project = Project::open(path)?;
    match skeleton {
        Some(other) if other != project.skeleton() => Err(JobError::OtherSkeleton {
            project: path.to_owned(),
            own: project.skeleton().name.clone(),
            other: other.name.clone(),
        }),
        _ => Ok(project),
    }
}

fn add(
    project: &mut Project,
    path: &Path,
    recording: &Recording,
    frame_count: u32,
    fingerprint: String,
) -> Result<(RecordingInfo, Outcome), JobError> {
    let known = project.recordings()?.into_iter().find(|known| known.name == recording.name);
    if let Some(known) = known {
        let is_same_place = open::is_same_file(&known.path, path);
        if known.fingerprint != fingerprint && !is_same_place {
            return Err(JobError::OtherRecording { name: known.name, at: known.path });
        }
        if is_same_place {
            return Ok((known, Outcome::Known));
        }
        project.relocate_recording(known.id, path)?;
        return Ok((project.recording_by_id(known.id)?, Outcome::Relocated));
    }
    let size_px = |index: usize| recording.size_px(CameraId(index as u8)).unwrap_or([0, 0]);
    let cameras = recording.cameras.iter().enumerate();
    let new = NewRecording {
        name: recording.name.clone(),
        path: path.to_owned(),
        fingerprint,
        fps: recording.fps,
        frame_count,
        units: recording.units.as_str().to_owned(),
        fluorescence_lag_frames: recording.fluorescence_lag_frames,
        subject: recording.subject.clone(),
        session: recording.session.clone(),
        group: recording.group.clone(),
        cameras: cameras
            .map(|(index, camera)| CameraInfo { name: camera.name.clone(), size_px: size_px(index) })
            .collect(),
    };
    let id = project.add_recording(&new)?;
    Ok((project.recording_by_id(id)?, Outcome::Added))
}
