//! Runs: what was computed with which settings, how far it came, and what it needs to go on.

use rusqlite::{Connection, Row, params};

use super::error::{Fault, StoreError};
use super::project::{Durability, Project};
use crate::model::{RecordingId, RunId};

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RunState {
    /// It is going on, or the program died in it.
    Running,
    /// It did all that it was asked for.
    Finished,
    /// A person stopped it; it can go on.
    Stopped,
    /// It gave up.
    Failed,
}

const WORDS: [(RunState, &str); 4] = [
    (RunState::Running, "running"),
    (RunState::Finished, "finished"),
    (RunState::Stopped, "stopped"),
    (RunState::Failed, "failed"),
];

impl RunState {
    /// The word in the project file.
    pub fn as_str(self) -> &'static str {
        WORDS.iter().find(|(state, _)| *state == self).map_or("", |(_, word)| word)
    }
}

/// A run of a pipeline over a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunInfo {
    /// Its row in the project.
    pub id: RunId,
    /// The recording.
    pub recording: RecordingId,
    /// What was run: "detect", "pose", …
    pub kind: String,
    /// The settings that decide its result, as JSON.
    pub config_json: String,
    /// The hash of the settings; equal settings have equal hashes.
    pub config_hash: String,
    /// When it began, milliseconds since the Unix epoch.
    pub started_unix_ms: i64,
    /// When it ended, if it did.
    pub finished_unix_ms: Option<i64>,
    /// How it stands.
    pub state: RunState,
}

const COLUMNS: &str = "id, recording, kind, config, config_hash, started, finished, state";

impl Project {
    /// The hash by which [`Project::find_run`] knows settings again.
    pub fn config_hash(config_json: &str) -> String {
        blake3::hash(config_json.as_bytes()).to_hex().to_string()
    }

    /// Begins a run with these settings.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn begin_run(
        &mut self,
        recording: RecordingId,
        kind: &str,
        config_json: &str,
        at_unix_ms: i64,
    ) -> Result<RunId, StoreError> {
        self.write(Durability::Power, |transaction| {
            transaction.execute(
                "INSERT INTO run (recording, kind, config, config_hash, started, state) VALUES (?1, ?2, ?3, ?4, ?5, 'running')",
                params![recording.0, kind, config_json, Self::config_hash(config_json), at_unix_ms],
            )?;
            Ok(RunId(transaction.last_insert_rowid()))
        })
    }

    /// The latest run of a kind with these settings, finished or not.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn find_run(
        &self,
        recording: RecordingId,
        kind: &str,
        config_hash: &str,
    ) -> Result<Option<RunInfo>, StoreError> {
        self.read(|connection| {
            one_run(
                connection,
                "recording = ?1 AND kind = ?2 AND config_hash = ?3",
                params![recording.0, kind, config_hash],
            )
        })
    }

    /// All runs of a kind, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn runs(&self, recording: RecordingId, kind: &str) -> Result<Vec<RunInfo>, StoreError> {
        self.read(|connection| {
            let sql = format!("SELECT {COLUMNS} FROM run WHERE recording = ?1 AND kind = ?2 ORDER BY id");
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params![recording.0, kind])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(run_at(row)?);
            }
            Ok(found)
        })
    }

    /// The latest run of a kind, whatever its settings.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn latest_run(&self, recording: RecordingId, kind: &str) -> Result<Option<RunInfo>, StoreError> {
        self.read(|connection| one_run(connection, "recording = ?1 AND kind = ?2", params![recording.0, kind]))
    }

    /// The run with this id.
    ///
    /// # Errors
    /// When there is none.
    pub fn run(&self, id: RunId) -> Result<RunInfo, StoreError> {
        self.read(|connection| {
            one_run(connection, "id = ?1", params![id.0])?
                .ok_or_else(|| StoreError::UnknownId { what: "run", id: id.0 }.into())
        })
    }

    /// Says how a run ended, or with [`RunState::Running`] that it goes on.
    ///
    /// # Errors
    /// When there is no such run.
    pub fn set_run_state(&mut self, id: RunId, state: RunState, at_unix_ms: i64) -> Result<(), StoreError> {
        let finished = (state != RunState::Running).then_some(at_unix_ms);
        self.write(Durability::Power, |transaction| {
            let rows = transaction.execute(
                "UPDATE run SET state = ?2, finished = ?3 WHERE id = ?1",
                params![id.0, state.as_str(), finished],
            )?;
            if rows == 0 { Err(StoreError::UnknownId { what: "run", id: id.0 }.into()) } else { Ok(()) }
        })
    }

    /// Says that a run did all that it was asked for.
    ///
    /// # Errors
    /// When there is no such run.
    pub fn finish_run(&mut self, id: RunId, at_unix_ms: i64) -> Result<(), StoreError> {
        self.set_run_state(id, RunState::Finished, at_unix_ms)
    }

    /// Keeps what a run needs to go on, over what it kept under `key` before.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put_checkpoint(&mut self, run: RunId, key: &str, value: &[u8]) -> Result<(), StoreError> {
        self.write(Durability::Process, |transaction| write_checkpoint(transaction, run, key, value))
    }

    /// What a run kept under `key`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn checkpoint(&self, run: RunId, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT value FROM checkpoint WHERE run = ?1 AND key = ?2")?;
            let mut rows = statement.query(params![run.0, key])?;
            Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
        })
    }

    /// Throws away what a run kept to go on.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn clear_checkpoints(&mut self, run: RunId) -> Result<(), StoreError> {
        self.write(Durability::Process, |transaction| {
            transaction.execute("DELETE FROM checkpoint WHERE run = ?1", [run.0])?;
            Ok(())
        })
    }
}

/// Keeps a checkpoint inside a write.
pub(super) fn write_checkpoint(connection: &Connection, run: RunId, key: &str, value: &[u8]) -> Result<(), Fault> {
    connection
        .prepare_cached(
            "INSERT INTO checkpoint (run, key, value) VALUES (?1, ?2, ?3) \
             ON CONFLICT (run, key) DO UPDATE SET value = excluded.value",
        )?
        .execute(params![run.0, key, value])?;
    Ok(())
}

fn one_run(connection: &Connection, condition: &str, values: impl rusqlite::Params) -> Result<Option<RunInfo>, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM run WHERE {condition} ORDER BY id DESC LIMIT 1");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(values)?;
    rows.next()?.map(run_at).transpose()
}

fn run_at(row: &Row<'_>) -> Result<RunInfo, Fault> {
    let word: String = row.get(7)?;
    let known = WORDS.iter().find(|(_, known)| *known == word);
    let state =
        known.map(|(state, _)| *state).ok_or_else(|| Fault::Malformed(format!("\"{word}\" is no state of a run")))?;
    Ok(RunInfo {
        id: RunId(row.get(0)?),
        recording: RecordingId(row.get(1)?),
        kind: row.get(2)?,
        config_json: row.get(3)?,
        config_hash: row.get(4)?,
        started_unix_ms: row.get(5)?,
        finished_unix_ms: row.get(6)?,
        state,
    })
}
