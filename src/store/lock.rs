//! One writer per project: an operating-system lock on `NAME.bvlm-lock`, which a killed process gives back by itself.
//!
//! The lock file stays on disk when its holder leaves: deleting it would let two programs hold "the" lock, each on another
//! file. Its text (process, host) is only what a second writer is told; the lock itself is the operating system's.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::error::StoreError;
use crate::platform;

/// Who holds a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    /// Its process id; absent where the lock file could not be read.
    pub process: Option<u32>,
    /// The machine that it runs on.
    pub host: Option<String>,
}

impl fmt::Display for Holder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.process, &self.host) {
            (Some(process), Some(host)) => write!(formatter, "another program (process {process} on {host})"),
            _ => formatter.write_str("another program"),
        }
    }
}

impl Holder {
    fn read(file: &mut File) -> Self {
        let mut text = String::new();
        // A mandatory lock (Windows) forbids reading; the refusal is then less specific.
        if file.seek(SeekFrom::Start(0)).and_then(|_| file.take(4096).read_to_string(&mut text)).is_err() {
            return Self::default();
        }
        let value = |key: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "))
                .map(|value| value.trim().to_owned())
        };
        Self { process: value("process").and_then(|text| text.parse().ok()), host: value("host") }
    }
}

/// The right to write to a project, held until dropped.
#[derive(Debug)]
pub(super) struct WriterLock {
    file: File,
}

impl WriterLock {
    /// Where the lock of a project lies.
    pub(super) fn path_for(project: &Path) -> PathBuf {
        let mut name = project.as_os_str().to_owned();
        name.push("-lock");
        PathBuf::from(name)
    }

    /// Takes the lock, or says who has it.
    pub(super) fn take(project: &Path) -> Result<Self, StoreError> {
        let path = Self::path_for(project);
        let io = |action| {
            let path = path.clone();
            move |source| StoreError::Io { action, path, source }
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(io("create the lock file"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Locked { path: project.to_owned(), holder: Holder::read(&mut file) });
            }
            Err(TryLockError::Error(source)) => return Err(StoreError::CannotLock { path, source }),
        }
        let text = format!("process = {}\nhost = {}\n", std::process::id(), platform::host_name());
        file.set_len(0).and_then(|()| file.write_all(text.as_bytes())).map_err(io("write the lock file"))?;
        Ok(Self { file })
    }
}

impl Drop for WriterLock {
    fn drop(&mut self) {
        // Nobody is left to tell: the text is only for a person, and closing the file frees the lock in any case.
        let _ = self.file.set_len(0);
        let _ = self.file.unlock();
    }
}
