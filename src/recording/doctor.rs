//! What is wrong with a recording, and what to do about it.

use std::path::Path;

use serde::Serialize;

use super::Recording;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Something cannot be worked on.
    Error,
    /// Results would suffer.
    Warning,
    /// Good to know.
    Note,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A stable word for scripts.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The camera that it is about.
    pub camera: Option<String>,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What to do.
    pub remedy: String,
}

/// Examines whatever is at a path.
pub fn examine(path: &Path) -> Vec<Finding> {
    match Recording::open(path) {
        Ok(_) => Vec::new(),
        Err(error) => vec![Finding {
            code: "not_a_recording",
            severity: Severity::Error,
            camera: None,
            message: error.to_string(),
            remedy: String::new(),
        }],
    }
}
