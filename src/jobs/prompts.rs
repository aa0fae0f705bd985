//! The prompts in force for a project: the program's, and a project's own in the folder `prompts` beside its file.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::{JobError, whole_file};
use crate::store::Project;
use crate::vlm::prompt::{Prompt, PromptError, Prompts};

impl From<PromptError> for JobError {
    fn from(error: PromptError) -> Self {
        Self::Prompt { message: error.to_string() }
    }
}

/// The prompts that runs of a project take.
///
/// # Errors
/// When one of the project's own cannot be used.
pub fn in_force(project: &Project) -> Result<Prompts, JobError> {
    let folder = folder_of(project);
    if folder.is_dir() { Ok(Prompts::with_folder(&folder)?) } else { Ok(Prompts::built_in()) }
}

/// Puts a prompt in force for a project, in place of the program's; says in which file it stands.
///
/// # Errors
/// When the text is no template, or the file cannot be written; what was in force stays then.
pub fn keep(project: &Project, prompt: Prompt, text: &str) -> Result<PathBuf, JobError> {
    let path = folder_of(project).join(prompt.file());
    Prompts::built_in().replace(prompt, &path.display().to_string(), text)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let failed = |action: &'static str, path: &Path| {
        let path = path.to_owned();
        move |source| JobError::Io { action, path, source }
    };
    std::fs::create_dir_all(folder).map_err(failed("make", folder))?;
    whole_file::write(&path, |mut file| file.write_all(text.as_bytes()).map_err(failed("write", &path)))?;
    Ok(path)
}

fn folder_of(project: &Project) -> PathBuf {
    project.path().parent().unwrap_or(Path::new("")).join("prompts")
}
