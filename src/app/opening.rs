//! Opens a project off the window's thread: for writing where that is possible, else for reading, with the reason.

use std::path::Path;
use std::sync::Arc;

use super::event::{History, OpenProblem};
use crate::jobs::JobError;
use crate::jobs::labelling::Labelling;
use crate::jobs::open;
use crate::jobs::pose::{Unfinished, unfinished};
use crate::recording::Recording;
use crate::store::{Project, RecordingInfo, StoreError};

/// A project that was opened, with one of its recordings.
pub struct Opened {
    /// The project.
    pub project: Project,
    /// Why nothing can be changed; `None` where it can.
    pub read_only: Option<String>,
    /// All recordings.
    pub recordings: Vec<RecordingInfo>,
    /// The one that is shown.
    pub info: RecordingInfo,
    /// Its files, where they are there.
    pub recording: Option<Recording>,
    /// Its cameras and the rules of labelling.
    pub labelling: Arc<Labelling>,
    /// A further connection, from which jobs get theirs.
    pub spare: Project,
    /// What one should know: files that moved, calibrations that do not fit.
    pub problems: Vec<String>,
    /// What undo and redo would do.
    pub history: History,
    /// The latest run, where it stopped early.
    pub unfinished: Option<Unfinished>,
}

/// Opens what is at a path; `recording` is shown where the project has it, else its first.
///
/// # Errors
/// When it is a recording, which needs a project first, or cannot be opened at all.
pub fn open_path(path: &Path, recording: Option<&str>) -> Result<Opened, OpenProblem> {
    let is_manifest = path.file_name().is_some_and(|name| name == "recording.toml");
    if path.is_dir() || is_manifest {
        let folder = if is_manifest { path.parent().unwrap_or(path) } else { path };
        return Err(OpenProblem::IsRecording(folder.to_owned()));
    }
    if !path.exists() {
        let message = format!("Nothing is at {}. Check the path, or look for it with Open.", path.display());
        return Err(OpenProblem::Failed { path: path.to_owned(), message });
    }
    let failed = |error: JobError| OpenProblem::Failed { path: path.to_owned(), message: error.to_string() };
    let (project, read_only) = open_project(path).map_err(|error| failed(error.into()))?;
    with_recording(project, read_only, recording).map_err(failed)
}

/// Shows another recording of a project that is open.
///
/// # Errors
/// When the project cannot be read, or has no recording.
pub fn with_recording(
    project: Project,
    read_only: Option<String>,
    recording: Option<&str>,
) -> Result<Opened, JobError> {
    let recordings = project.recordings()?;
    let remembered = recording.and_then(|name| recordings.iter().find(|info| info.name == name));
    let info = match remembered.or(recordings.first()) {
        Some(info) => info.clone(),
        None => project.only_recording()?,
    };
    let mut problems = Vec::new();
    let recording = match open::recording_of(&project, &info) {
        Ok(recording) => {
            problems.extend(recording.warnings.iter().cloned());
            Some(recording)
        }
        Err(error) => {
            problems.push(error.to_string());
            None
        }
    };
    let mut project = project;
    let labelling = Arc::new(open_labelling(&project, &info, recording.as_ref())?);
    // What a kill left undone between a label and its point.
    labelling.catch_up(&mut project)?;
    let history = history_of(&project);
    let unfinished = unfinished(&project, &info)?;
    let spare = project.another()?;
    Ok(Opened { project, read_only, recordings, info, recording, labelling, spare, problems, history, unfinished })
}

/// The rules of labelling for a recording, whose files may be missing: then nothing is said about 3D.
///
/// # Errors
/// When the project cannot be read.
pub fn open_labelling(
    project: &Project,
    info: &RecordingInfo,
    recording: Option<&Recording>,
) -> Result<Labelling, JobError> {
    match recording {
        Some(recording) => Labelling::open(project, info, recording),
        None => Labelling::without_files(project, info),
    }
}

fn open_project(path: &Path) -> Result<(Project, Option<String>), StoreError> {
    use std::io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    let error = match Project::open(path) {
        Ok(project) => return Ok((project, None)),
        Err(error) => error,
    };
    let reason = match &error {
        StoreError::Locked { holder, .. } => format!("{holder} has it open"),
        StoreError::WriteProtected { .. } | StoreError::CannotLock { .. } => "the file is write-protected".to_owned(),
        StoreError::Io { source, .. } => match source.kind() {
            PermissionDenied | ReadOnlyFilesystem => "nothing may be written in its folder".to_owned(),
            StorageFull | QuotaExceeded => "the disk is full".to_owned(),
            _ => return Err(error),
        },
        _ => return Err(error),
    };
    // Where it cannot even be read, the first error says more.
    match Project::open_read_only(path) {
        Ok(project) => Ok((project, Some(reason))),
        Err(_) => Err(error),
    }
}

/// What undo and redo would do; a project that cannot say offers neither.
pub fn history_of(project: &Project) -> History {
    History { undo: project.undo_title().ok().flatten(), redo: project.redo_title().ok().flatten() }
}
