//! What is wrong with a recording or a project, and what to do. With `fix`, what is safe is done: a recording that moved is
//! found again by its content, a project of an older version is brought up to date.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::behavior::tables;
use super::{Job, JobError, open, seeds};
use crate::recording::Recording;
use crate::recording::doctor::{self, Finding, Severity};
use crate::store::{Project, RecordingInfo, RunState, StoreError};

/// How many folders deep a recording that moved is looked for, below the project's folder and the one above it.
const SEARCH_DEPTH: usize = 2;
/// Folders that are looked into, at most.
const SEARCH_FOLDERS: usize = 2000;

/// What was found, and what was mended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// What is wrong, errors first.
    pub findings: Vec<Finding>,
    /// What was done about it.
    pub fixed: Vec<String>,
}

impl Report {
    /// Whether anything cannot be worked on.
    pub fn has_error(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }
}

/// Examines a recording or a project.
///
/// # Errors
/// When the job is stopped, or a fix cannot be written. What is wrong with the path is a finding.
pub fn run(job: &Job<'_>, path: &Path, fix: bool) -> Result<Report, JobError> {
    let mut report = Report::default();
    if is_recording(path) {
        job.phase(format!("examine {}", path.display()), 0, "files");
        report.findings = doctor::examine(path);
        if let Ok(recording) = Recording::open(path) {
            let frames = recording.frame_count().unwrap_or_default();
            report.findings.extend(tables::examine(&recording, frames));
        }
    } else {
        project(job, path, fix, &mut report)?;
    }
    report.findings.sort_by_key(|finding| finding.severity);
    Ok(report)
}

/// A project is a file that is no manifest; whatever else stands there is looked at as a recording.
fn is_recording(path: &Path) -> bool {
    let is_manifest = path.extension().is_some_and(|extension| extension == "toml");
    let is_project = path.extension().is_some_and(|extension| extension == "bvlm");
    path.is_dir() || is_manifest || !(is_project || path.is_file())
}

fn finding(code: &'static str, severity: Severity, message: String, remedy: impl Into<String>) -> Finding {
    Finding { code, severity, camera: None, message, remedy: remedy.into() }
}

fn project(job: &Job<'_>, path: &Path, fix: bool, report: &mut Report) -> Result<(), JobError> {
    job.phase(format!("examine {}", path.display()), 0, "recordings");
    let Some(project) = open_project(path, fix, report)? else { return Ok(()) };
    if let Err(error) = project.check() {
        report.findings.push(finding(
            "project_damaged",
            Severity::Error,
            error.to_string(),
            format!("keep a copy, then: sqlite3 {} .recover | sqlite3 recovered.bvlm", path.display()),
        ));
        return Ok(());
    }
    if let Some(kind) = project.network_file_system() {
        report.findings.push(finding(
            "network_file_system",
            Severity::Warning,
            format!(
                "{} lies on a network file system ({kind}): it works with a rollback journal, which is slower",
                path.display()
            ),
            "move the project to a local disk while you work on it",
        ));
    }
    let recordings = project.recordings()?;
    if recordings.is_empty() {
        report.findings.push(finding(
            "no_recording",
            Severity::Warning,
            format!("{} holds no recording", path.display()),
            format!("add one: behaviorvlm new RECORDING {}", path.display()),
        ));
    }
    let mut moved = Vec::new();
    for info in &recordings {
        job.check()?;
        recording(&project, info, report, &mut moved)?;
    }
    drop(project);
    moved.into_iter().try_for_each(|info| find_moved(job, path, &info, fix, report))
}

fn open_project(path: &Path, fix: bool, report: &mut Report) -> Result<Option<Project>, JobError> {
    let opened = match Project::open_read_only(path) {
        Err(StoreError::OlderVersion { found, supported, .. }) if fix => {
            let project = Project::open(path)?;
            report.fixed.push(format!("brought {} from version {found} to {supported}", path.display()));
            Ok(project)
        }
        other => other,
    };
    match opened {
        Ok(project) => Ok(Some(project)),
        Err(error) => {
            let (code, severity, remedy) = match &error {
                StoreError::NotFound { .. } => ("project_missing", Severity::Error, "check the path"),
                StoreError::NewerVersion { .. } => ("project_newer", Severity::Error, "update behaviorvlm"),
                StoreError::OlderVersion { .. } => {
                    ("project_older", Severity::Warning, "run the doctor with --fix to bring it up to date")
                }
                StoreError::Corrupted { .. } => {
                    ("project_damaged", Severity::Error, "keep a copy of the file, then restore a backup")
                }
                StoreError::NotAProject { .. } => {
                    ("not_a_project", Severity::Error, "give a recording's folder or a .bvlm file")
                }
                _ => ("project_unreadable", Severity::Error, "check that the file may be read"),
            };
            report.findings.push(finding(code, severity, error.to_string(), remedy));
            Ok(None)
        }
    }
}

fn recording(
    project: &Project,
    info: &RecordingInfo,
    report: &mut Report,
    moved: &mut Vec<RecordingInfo>,
) -> Result<(), JobError> {
    let name = &info.name;
    progress_findings(project, info, report)?;
    if !info.path.exists() {
        moved.push(info.clone());
        return Ok(());
    }
    let recording = match Recording::open(&info.path) {
        Ok(recording) => recording,
        Err(error) => {
            report.findings.push(finding(
                "recording_unusable",
                Severity::Error,
                format!("recording \"{name}\": {error}"),
                "mend the file that the message names; labels and points in the project are untouched",
            ));
            return Ok(());
        }
    };
    let of_tracks = tables::examine(&recording, info.frame_count);
    report.findings.extend(doctor::examine_recording(&recording).into_iter().chain(of_tracks).map(|mut finding| {
        finding.message = format!("recording \"{name}\": {}", finding.message);
        finding
    }));
    let (fingerprint, _) = open::fingerprint(&recording);
    if fingerprint != info.fingerprint {
        report.findings.push(finding(
            "recording_changed",
            Severity::Warning,
            format!("recording \"{name}\" is not what it was when it was added: a file of it has changed"),
            "if its pictures changed, detect again: behaviorvlm detect PROJECT --again; labels keep the numbers in use",
        ));
    }
    let unknown = recording.cameras.iter().filter(|camera| info.find_camera(&camera.name).is_none());
    for camera in unknown {
        report.findings.push(Finding {
            camera: Some(camera.name.clone()),
            ..finding(
                "camera_unknown",
                Severity::Warning,
                format!("recording \"{name}\" has a camera \"{}\" that it had not when it was added", camera.name),
                "make a new project to use it",
            )
        });
    }
    Ok(())
}

/// How far a recording's work is: seeds, detection, runs that did not end.
fn progress_findings(project: &Project, info: &RecordingInfo, report: &mut Report) -> Result<(), JobError> {
    let name = &info.name;
    for found in seeds::shortcomings(project, info)? {
        report.findings.push(finding(found.code, Severity::Warning, found.message, found.remedy));
    }
    if project.seed_frames(info.id)?.is_empty() {
        report.findings.push(finding(
            "no_seeds",
            Severity::Note,
            format!("recording \"{name}\" has no seed frames"),
            "label three frames, then: behaviorvlm seeds PROJECT --import seeds.csv",
        ));
    }
    for kind in ["detect", "pose", "behavior"] {
        let latest = project.latest_run(info.id, kind)?;
        if latest.is_some_and(|run| run.state != RunState::Finished) {
            report.findings.push(finding(
                "unfinished_run",
                Severity::Note,
                format!("the last {kind} run of recording \"{name}\" did not end; what it did is kept"),
                match kind {
                    "behavior" => "run behaviorvlm behavior run again, it goes on where it stopped".to_owned(),
                    _ => format!("run behaviorvlm {kind} again, it goes on where it stopped"),
                },
            ));
        }
    }
    let stale = project.stale_frames(info.id)?.len();
    if stale > 0 {
        report.findings.push(finding(
            "stale_frames",
            Severity::Note,
            format!("{stale} frames of recording \"{name}\" have labels that changed after their points were computed"),
            "run behaviorvlm pose again",
        ));
    }
    Ok(())
}

/// Looks near the project for a recording that is not where it was.
fn find_moved(
    job: &Job<'_>,
    path: &Path,
    info: &RecordingInfo,
    fix: bool,
    report: &mut Report,
) -> Result<(), JobError> {
    let message = format!("recording \"{}\" is no longer at {}", info.name, info.path.display());
    let Some(found) = search(job, path, info)? else {
        report.findings.push(finding(
            "recording_missing",
            Severity::Error,
            message,
            format!("put it back, or say where it is: behaviorvlm new NEW_PLACE {}", path.display()),
        ));
        return Ok(());
    };
    if fix {
        Project::open(path)?.relocate_recording(info.id, &found)?;
        report.fixed.push(format!("{message}; found it by its content at {}", found.display()));
    } else {
        report.findings.push(finding(
            "recording_moved",
            Severity::Error,
            format!("{message}; it seems to be at {}", found.display()),
            format!("behaviorvlm doctor {} --fix takes it from there", path.display()),
        ));
    }
    Ok(())
}

fn search(job: &Job<'_>, project: &Path, info: &RecordingInfo) -> Result<Option<PathBuf>, JobError> {
    let absolute = std::path::absolute(project).unwrap_or_else(|_| project.to_owned());
    let folders = absolute.ancestors().skip(1).take(2).map(Path::to_owned);
    let mut queue: std::collections::VecDeque<(PathBuf, usize)> = folders.map(|folder| (folder, 0)).collect();
    let mut seen = 0;
    while let Some((folder, depth)) = queue.pop_front() {
        job.check()?;
        seen += 1;
        if seen > SEARCH_FOLDERS {
            break;
        }
        if let Ok(recording) = Recording::open(&folder)
            && recording.name == info.name
            && open::fingerprint(&recording).0 == info.fingerprint
        {
            return Ok(Some(folder));
        }
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        if depth < SEARCH_DEPTH {
            let mut below: Vec<PathBuf> =
                entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
            below.sort();
            queue.extend(below.into_iter().map(|folder| (folder, depth + 1)));
        }
    }
    Ok(None)
}
