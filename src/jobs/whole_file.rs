//! Files that appear whole or not at all.

use std::fs::File;
use std::path::Path;

use super::JobError;

/// Writes a file with `write`, beside its place, and puts it there once it is whole; an earlier file stays until then. A pipe
/// or a terminal cannot be replaced, and is written to.
///
/// # Errors
/// When the file cannot be written, or `write` fails; an earlier file stays then.
pub(super) fn write<T>(path: &Path, write: impl FnOnce(File) -> Result<T, JobError>) -> Result<T, JobError> {
    let io = |source| JobError::Io { action: "write", path: path.to_owned(), source };
    if path.exists() && !path.is_file() {
        return write(File::options().write(true).open(path).map_err(io)?);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let drafts = tempfile::Builder::new().prefix(".export-").tempdir_in(folder).map_err(io)?;
    let draft = drafts.path().join("draft");
    let written = write(File::create(&draft).map_err(io)?)?;
    File::open(&draft).and_then(|file| file.sync_all()).map_err(io)?;
    std::fs::rename(&draft, path).map_err(io)?;
    Ok(written)
}
