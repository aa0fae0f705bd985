//! Exchanges with models: kept as soon as an answer is there, found again by their content.

use rusqlite::{OptionalExtension, params};

use super::error::{Fault, StoreError};
use super::project::{Durability, Project};
use crate::model::{RecordingId, RunId};
use crate::vlm::exchange::Exchange;

/// Where an exchange belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExchangePlace {
    /// The recording.
    pub recording: RecordingId,
    /// The run that asked; `None` where a person did, or a file was read.
    pub run: Option<RunId>,
    /// The frame.
    pub frame: Option<u32>,
}

impl Project {
    /// Keeps an exchange.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put_exchange(&mut self, place: ExchangePlace, exchange: &Exchange) -> Result<(), StoreError> {
        let body = serde_json::to_string(exchange);
        self.write(Durability::Power, |transaction| {
            let body = body.map_err(|error| Fault::Malformed(error.to_string()))?;
            transaction
                .prepare_cached(
                    "INSERT INTO exchange (recording, run, frame, tag, key, attempt, answered, body) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                )?
                .execute(params![
                    place.recording.0,
                    place.run.map(|run| run.0),
                    place.frame,
                    exchange.tag,
                    exchange.key,
                    exchange.attempt,
                    exchange.is_answered(),
                    body
                ])?;
            Ok(())
        })
    }

    /// The latest answer to exactly this question, whichever run asked it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn answered_exchange(&self, key: &str, attempt: u32) -> Result<Option<Exchange>, StoreError> {
        self.read(|connection| {
            let body: Option<String> = connection
                .prepare_cached(
                    "SELECT body FROM exchange WHERE key = ?1 AND attempt = ?2 AND answered = 1 ORDER BY id DESC LIMIT 1",
                )?
                .query_row(params![key, attempt], |row| row.get(0))
                .optional()?;
            body.as_deref().map(exchange_of).transpose()
        })
    }

    /// All exchanges about a frame, in the order in which they came.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn exchanges_of_frame(&self, recording: RecordingId, frame: u32) -> Result<Vec<Exchange>, StoreError> {
        self.read(|connection| {
            let mut statement = connection
                .prepare_cached("SELECT body FROM exchange WHERE recording = ?1 AND frame = ?2 ORDER BY id")?;
            let mut rows = statement.query(params![recording.0, frame])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(exchange_of(&row.get::<_, String>(0)?)?);
            }
            Ok(found)
        })
    }

    /// Calls `each` with every exchange of a recording and its frame, in the order in which they came.
    ///
    /// # Errors
    /// When the file cannot be read, or `each` fails.
    pub fn each_exchange<E: From<StoreError>>(
        &self,
        recording: RecordingId,
        mut each: impl FnMut(Option<u32>, Exchange) -> Result<(), E>,
    ) -> Result<(), E> {
        let ids: Vec<i64> = self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT id FROM exchange WHERE recording = ?1 ORDER BY id")?;
            let ids = statement.query_map([recording.0], |row| row.get(0))?;
            Ok(ids.collect::<Result<_, _>>()?)
        })?;
        for id in ids {
            let (frame, exchange) = self.read(|connection| {
                let (frame, body): (Option<u32>, String) = connection
                    .prepare_cached("SELECT frame, body FROM exchange WHERE id = ?1")?
                    .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
                Ok((frame, exchange_of(&body)?))
            })?;
            each(frame, exchange)?;
        }
        Ok(())
    }
}

fn exchange_of(body: &str) -> Result<Exchange, Fault> {
    serde_json::from_str(body).map_err(|error| Fault::Malformed(format!("an exchange with a model: {error}")))
}
