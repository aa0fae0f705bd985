//! Behaviour vectors as a folder: a table for each recording, named by its subject and session.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::layer::Layer;
use super::tell::{self, TellFormat};
use crate::jobs::{Job, JobError, open};
use crate::store::{Project, RecordingInfo};

/// A table that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SessionTable {
    /// The recording.
    pub recording: String,
    /// Who was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// In which session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The file.
    pub path: PathBuf,
    /// Its rows: one for each frame and animal.
    pub rows: usize,
}

/// Writes a table of vectors for each chosen recording into a folder, which is made where it is not there.
///
/// # Errors
/// When a recording has no timeline yet, or a file cannot be written.
pub fn write(
    job: &Job<'_>,
    project: &Project,
    recording: Option<&str>,
    layer: Option<Layer>,
    folder: &Path,
) -> Result<Vec<SessionTable>, JobError> {
    let failed = |source| JobError::Io { action: "make", path: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut names = BTreeSet::new();
    let mut tables = Vec::new();
    for info in open::choose_all(project, recording)? {
        let path = folder.join(format!("{}.csv", name_of(&info, &mut names)));
        let told = tell::export(job, project, Some(&info.name), TellFormat::Vectors, layer, false, &path)?;
        let RecordingInfo { name, subject, session, .. } = info;
        tables.push(SessionTable { recording: name, subject, session, path, rows: told.rows });
    }
    Ok(tables)
}

/// `SUBJECT_SESSION`, the recording's name where neither is known, and both where that was given already.
fn name_of(info: &RecordingInfo, given: &mut BTreeSet<String>) -> String {
    let known: Vec<&str> = [&info.subject, &info.session].into_iter().flatten().map(String::as_str).collect();
    let plain = |text: &str| -> String {
        text.chars().map(|it| if it.is_alphanumeric() || "-.".contains(it) { it } else { '_' }).collect()
    };
    let own = plain(&info.name);
    let name = if known.is_empty() { own.clone() } else { plain(&known.join("_")) };
    // Names that differ in case alone are one file on some machines.
    let name = if given.contains(&name.to_lowercase()) { format!("{name}_{own}") } else { name };
    given.insert(name.to_lowercase());
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RecordingId;

    #[test]
    fn tables_are_named_by_subject_and_session_and_no_two_alike() {
        let info = |name: &str, subject: Option<&str>, session: Option<&str>| RecordingInfo {
            id: RecordingId(1),
            name: name.to_owned(),
            path: PathBuf::new(),
            path_in_project: String::new(),
            fingerprint: String::new(),
            fps: 30.0,
            frame_count: 1,
            units: "mm".to_owned(),
            fluorescence_lag_frames: 0.0,
            subject: subject.map(str::to_owned),
            session: session.map(str::to_owned),
            group: None,
            cameras: Vec::new(),
        };
        let mut given = BTreeSet::new();
        let mut name = |info: RecordingInfo| name_of(&info, &mut given);
        assert_eq!(name(info("r1", Some("m 1"), Some("day/1"))), "m_1_day_1");
        assert_eq!(name(info("r2", Some("M 1"), Some("day/1"))), "M_1_day_1_r2");
        assert_eq!(name(info("r3", None, None)), "r3");
        assert_eq!(name(info("r4", None, Some("day 2"))), "day_2");
    }
}
