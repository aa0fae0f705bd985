//! Making, opening, checking and copying a project file.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::error::{Fault, StoreError};
use super::lock::WriterLock;
use super::{now_unix_ms, schema};
use crate::model::Skeleton;
use crate::platform;

/// Projects up to this size are checked page by page whenever they are opened; larger ones by [`Project::check`] only,
/// since reading a gigabyte takes seconds.
const QUICK_CHECK_AT_OPENING_BYTES: u64 = 16 * 1024 * 1024;

/// How long we wait for a reader to let go.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// What a commit must survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Durability {
    /// The death of the process: machine work, which can be done again.
    Process,
    /// A power cut too: what a person did or paid for.
    Power,
}

/// An open project file.
pub struct Project {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
    pub(super) skeleton: Skeleton,
    durability: Option<Durability>,
    network: Option<String>,
    lock: Option<Arc<WriterLock>>,
}

impl std::fmt::Debug for Project {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Project").field("path", &self.path).field("read_only", &self.is_read_only()).finish()
    }
}

impl Project {
    /// Makes an empty project for `skeleton` and opens it for writing. The file appears whole or not at all.
    ///
    /// # Errors
    /// When something stands at `path` already, or the file cannot be made or locked.
    pub fn create(path: &Path, skeleton: &Skeleton) -> Result<Self, StoreError> {
        if path.exists() {
            return Err(StoreError::AlreadyExists { path: path.to_owned() });
        }
        let folder = folder_of(path);
        // The name of the draft would only puzzle.
        let io = |error: std::io::Error| {
            let source = error.raw_os_error().map_or(error.kind().into(), std::io::Error::from_raw_os_error);
            StoreError::Io { action: "create a project in", path: folder.clone(), source }
        };
        let draft = tempfile::Builder::new().prefix(".new-").tempdir_in(&folder).map_err(io)?;
        let file = draft.path().join("new.bvlm");
        fill_new_file(&file, skeleton).map_err(|fault| fault.at(path))?;
        appear(&file, path)?;
        Self::open(path)
    }

    /// Opens a project for writing, brings an older one up to date, and keeps other writers out until it is dropped.
    ///
    /// # Errors
    /// When it is missing, no project, damaged, of a newer version, or another program writes to it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        examine_header(path)?;
        let lock = Arc::new(WriterLock::take(path)?);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let at = |fault: Fault| fault.at(path);
        let mut connection = connect(path, flags).map_err(at)?;
        check_identity(&connection, path)?;
        if connection.is_readonly("main").map_err(|error| at(error.into()))? {
            return Err(StoreError::WriteProtected { path: path.to_owned() });
        }
        let network = platform::network_file_system(path);
        set_journal(&connection, network.is_some()).map_err(at)?;
        check_small_file(&connection, path)?;
        schema::migrate(&mut connection, schema::STEPS).map_err(|error| at(error.into()))?;
        Self::finish_opening(connection, path, network, Some(lock))
    }

    /// Opens a project for reading, also while another program writes to it.
    ///
    /// # Errors
    /// When it is missing, no project, damaged, or of another version.
    pub fn open_read_only(path: &Path) -> Result<Self, StoreError> {
        examine_header(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = connect(path, flags)
            .and_then(|connection| {
                schema::version_of(&connection)?;
                Ok(connection)
            })
            .or_else(|fault| connect_immutable(path, flags, fault))
            .map_err(|fault| fault.at(path))?;
        let found = check_identity(&connection, path)?;
        if found < schema::current_version() {
            let supported = schema::current_version();
            return Err(StoreError::OlderVersion { path: path.to_owned(), found, supported });
        }
        check_small_file(&connection, path)?;
        Self::finish_opening(connection, path, platform::network_file_system(path), None)
    }

    /// A further connection to the same file, for another thread of this program: it may write where this one may, and
    /// other programs stay out until the last of them is dropped. Writes of two connections wait for one another.
    ///
    /// # Errors
    /// When the file is gone or cannot be opened again.
    pub fn another(&self) -> Result<Self, StoreError> {
        let Some(lock) = &self.lock else { return Self::open_read_only(&self.path) };
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = connect(&self.path, flags).map_err(|fault| fault.at(&self.path))?;
        check_identity(&connection, &self.path)?;
        Ok(Self {
            connection,
            path: self.path.clone(),
            skeleton: self.skeleton.clone(),
            durability: None,
            network: self.network.clone(),
            lock: Some(Arc::clone(lock)),
        })
    }

    fn finish_opening(
        connection: Connection,
        path: &Path,
        network: Option<String>,
        lock: Option<Arc<WriterLock>>,
    ) -> Result<Self, StoreError> {
        let text: String = connection
            .query_row("SELECT value FROM meta WHERE key = 'skeleton'", [], |row| row.get(0))
            .map_err(|error| Fault::from(error).at(path))?;
        let skeleton =
            Skeleton::from_toml(&text).map_err(|source| StoreError::Skeleton { path: path.to_owned(), source })?;
        Ok(Self { connection, path: path.to_owned(), skeleton, durability: None, network, lock })
    }

    /// Where the project file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The skeleton that all its recordings are labelled with.
    pub fn skeleton(&self) -> &Skeleton {
        &self.skeleton
    }

    /// Whether it was opened for reading.
    pub fn is_read_only(&self) -> bool {
        self.lock.is_none()
    }

    /// The kind of network file system that the project lies on, for the doctor: it then works with a rollback journal,
    /// which is slower, since the write-ahead log needs memory that no network gives.
    pub fn network_file_system(&self) -> Option<&str> {
        self.network.as_deref()
    }

    /// A number that grows with every change made through this `Project`: what was computed from the project stays valid
    /// while the number stays.
    pub fn revision(&self) -> u64 {
        self.connection.total_changes()
    }

    /// Reads every page and every reference of the file.
    ///
    /// # Errors
    /// Names the first things that are damaged.
    pub fn check(&self) -> Result<(), StoreError> {
        quick_check(&self.connection, &self.path)?;
        let broken: i64 = self.read(|connection| {
            Ok(connection.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0))?)
        })?;
        if broken > 0 {
            let detail = format!("{broken} rows refer to rows that are gone");
            return Err(StoreError::Corrupted { path: self.path.clone(), detail });
        }
        Ok(())
    }

    /// Writes a consistent copy of the project as it is now; the copy appears whole or not at all.
    ///
    /// # Errors
    /// When a file stands at `copy` already, or it cannot be written.
    pub fn backup(&self, copy: &Path) -> Result<(), StoreError> {
        if copy.exists() {
            return Err(StoreError::AlreadyExists { path: copy.to_owned() });
        }
        let folder = folder_of(copy);
        let io = |source| StoreError::Io { action: "write a copy in", path: folder.clone(), source };
        let draft = tempfile::Builder::new().prefix(".copy-").suffix(".bvlm").tempdir_in(&folder).map_err(io)?;
        let file = draft.path().join("copy.bvlm");
        self.read(|connection| Ok(connection.execute("VACUUM INTO ?1", [file.to_string_lossy()])?))?;
        appear(&file, copy)
    }

    /// Runs a read; the error gets the project's path.
    pub(super) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, StoreError> {
        work(&self.connection).map_err(|fault| fault.at(&self.path))
    }

    /// Runs a write as one transaction: all of it is kept, or nothing.
    pub(super) fn write<T>(
        &mut self,
        durability: Durability,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        if self.is_read_only() {
            return Err(StoreError::ReadOnly { path: self.path.clone() });
        }
        let outcome = self.transact(durability, work);
        outcome.map_err(|fault| fault.at(&self.path))
    }

    fn transact<T>(
        &mut self,
        durability: Durability,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        if self.durability != Some(durability) {
            // A rollback journal is safe only with FULL; in the write-ahead log NORMAL can lose commits, never consistency.
            let full = durability == Durability::Power || self.network.is_some();
            self.connection.pragma_update(None, "synchronous", if full { "FULL" } else { "NORMAL" })?;
            self.durability = Some(durability);
        }
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = work(&transaction)?;
        transaction.commit()?;
        Ok(value)
    }
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Gives a finished file its name, unless something bears it already.
fn appear(draft: &Path, path: &Path) -> Result<(), StoreError> {
    let io = |source| StoreError::Io { action: "write", path: path.to_owned(), source };
    File::options().read(true).write(true).open(draft).and_then(|file| file.sync_all()).map_err(io)?;
    let draft = tempfile::TempPath::try_from_path(draft).map_err(io)?;
    draft.persist_noclobber(path).map_err(|error| match error.error.kind() {
        std::io::ErrorKind::AlreadyExists => StoreError::AlreadyExists { path: path.to_owned() },
        _ => io(error.error),
    })?;
    // The name survives a power cut only once the folder is written too; some systems cannot open a folder.
    let _ = File::open(folder_of(path)).and_then(|folder| folder.sync_all());
    Ok(())
}

fn fill_new_file(path: &Path, skeleton: &Skeleton) -> Result<(), Fault> {
    let mut connection = Connection::open(path)?;
    connection.pragma_update(None, "application_id", schema::APPLICATION_ID)?;
    schema::migrate(&mut connection, schema::STEPS)?;
    let facts = [
        ("skeleton", skeleton.to_toml()),
        ("created_by", concat!("behaviorvlm ", env!("CARGO_PKG_VERSION")).to_owned()),
        ("created_at", now_unix_ms().to_string()),
    ];
    for (key, value) in facts {
        connection.execute("INSERT INTO meta (key, value) VALUES (?1, ?2)", [key, value.as_str()])?;
    }
    connection.close().map_err(|(_, error)| error)?;
    Ok(())
}

/// Says what is wrong with a file before SQLite may touch it, or leave files beside it.
fn examine_header(path: &Path) -> Result<(), StoreError> {
    let io = |source| StoreError::Io { action: "read", path: path.to_owned(), source };
    let not = |reason: &str| Err(StoreError::NotAProject { path: path.to_owned(), reason: reason.to_owned() });
    match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(StoreError::NotFound { path: path.to_owned() });
        }
        Err(error) => return Err(io(error)),
        Ok(metadata) if metadata.is_dir() => return not("it is a folder"),
        Ok(metadata) if metadata.len() == 0 => return not("it is empty"),
        Ok(_) => {}
    }
    let mut header = Vec::new();
    File::open(path).and_then(|file| file.take(100).read_to_end(&mut header)).map_err(io)?;
    if header.len() < 100 || !header.starts_with(b"SQLite format 3\0") {
        return not("it is no SQLite database, or its first bytes are damaged");
    }
    Ok(())
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, Fault> {
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(128);
    connection.pragma_update(None, "cache_size", -64_000)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // A log that one large gesture made long does not stay so.
    let _limit: i64 = connection.query_row("PRAGMA journal_size_limit = 67108864", [], |row| row.get(0))?;
    // Nothing that a damaged or hostile file brings along may run as part of its schema.
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(connection)
}

/// A folder that we may not write to cannot hold the write-ahead log's index; without a log the file alone is complete.
fn connect_immutable(path: &Path, flags: OpenFlags, fault: Fault) -> Result<Connection, Fault> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let log_is_empty = fs::metadata(log).map_or(true, |metadata| metadata.len() == 0);
    let Fault::Sqlite(error) = &fault else { return Err(fault) };
    let cannot_open =
        matches!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::ReadOnly));
    if !cannot_open || !log_is_empty {
        return Err(fault);
    }
    let Ok(absolute) = std::path::absolute(path) else { return Err(fault) };
    let escaped = absolute.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    connect(Path::new(&format!("file:{escaped}?immutable=1")), flags | OpenFlags::SQLITE_OPEN_URI)
}

/// The version of the file, if it is a project that this program knows.
fn check_identity(connection: &Connection, path: &Path) -> Result<i64, StoreError> {
    let at = |error: rusqlite::Error| Fault::from(error).at(path);
    let application: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0)).map_err(at)?;
    let found = schema::version_of(connection).map_err(at)?;
    if application != schema::APPLICATION_ID {
        let reason = "it is a database of another program".to_owned();
        return Err(StoreError::NotAProject { path: path.to_owned(), reason });
    }
    let supported = schema::current_version();
    if found > supported {
        return Err(StoreError::NewerVersion { path: path.to_owned(), found, supported });
    }
    if found < 1 {
        let detail = format!("its version is {found}");
        return Err(StoreError::Corrupted { path: path.to_owned(), detail });
    }
    Ok(found)
}

fn set_journal(connection: &Connection, on_network: bool) -> Result<(), Fault> {
    let wanted = if on_network { "DELETE" } else { "WAL" };
    // The answer may be the old mode where a reader holds the file; both modes are safe on a local disk.
    let _mode: String = connection.query_row(&format!("PRAGMA journal_mode = {wanted}"), [], |row| row.get(0))?;
    Ok(())
}

fn check_small_file(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let bytes = fs::metadata(path).map_or(0, |metadata| metadata.len());
    if bytes <= QUICK_CHECK_AT_OPENING_BYTES { quick_check(connection, path) } else { Ok(()) }
}

fn quick_check(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let verdict: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| Fault::from(error).at(path))?;
    if verdict == "ok" {
        return Ok(());
    }
    Err(StoreError::Corrupted { path: path.to_owned(), detail: verdict.replace('\n', "; ") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_nobody_may_write_to_can_still_be_read() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("50% of what#?.bvlm");
        drop(Project::create(&path, &Skeleton::qd12()).unwrap());
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let cannot_open = || Fault::Sqlite(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(14), None));
        let connection = connect_immutable(&path, flags, cannot_open()).unwrap();
        assert_eq!(schema::version_of(&connection).unwrap(), schema::current_version());
        fs::write(folder.path().join("50% of what#?.bvlm-wal"), b"not empty").unwrap();
        assert!(connect_immutable(&path, flags, cannot_open()).is_err(), "a log that cannot be read would be left out");
    }

    #[test]
    fn a_rollback_journal_serves_network_file_systems() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("p.bvlm");
        drop(Project::create(&path, &Skeleton::qd12()).unwrap());
        let mode = |connection: &Connection| -> String {
            connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap()
        };
        let connection = Connection::open(&path).unwrap();
        assert_eq!(mode(&connection), "wal");
        set_journal(&connection, true).unwrap();
        assert_eq!(mode(&connection), "delete");
        drop(connection);
        assert_eq!(mode(&Project::open(&path).unwrap().connection), "wal");
    }
}
