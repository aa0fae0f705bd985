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

/// So many answers tell the pace of a model.
const PACE_OF: u32 = 200;

/// They are sought among so many, whichever model gave them.
const PACE_WITHIN: u32 = 2000;

impl Project {
    /// Keeps exchanges, all in one transaction: answers that came together cost one write.
    ///
    /// # Errors
    /// When the file cannot be written; none is kept then.
    pub fn put_exchanges(&mut self, exchanges: &[(ExchangePlace, Exchange)]) -> Result<(), StoreError> {
        self.write(Durability::Power, |transaction| {
            let mut insert = transaction.prepare_cached(
                "INSERT INTO exchange (recording, run, frame, tag, key, attempt, answered, body) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?;
            for (place, exchange) in exchanges {
                let body = serde_json::to_string(exchange).map_err(|error| Fault::Malformed(error.to_string()))?;
                insert.execute(params![
                    place.recording.0,
                    place.run.map(|run| run.0),
                    place.frame,
                    exchange.tag,
                    exchange.key,
                    exchange.attempt,
                    exchange.is_answered(),
                    body
                ])?;
            }
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

    /// Whether exactly this question was asked and got no answer.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn is_unanswered(&self, key: &str, attempt: u32) -> Result<bool, StoreError> {
        self.read(|connection| {
            // Without an index: only a replay asks, and only where an answer is missing.
            let count: u32 = connection
                .prepare_cached("SELECT count(*) FROM exchange WHERE key = ?1 AND attempt = ?2 AND answered = 0")?
                .query_row(params![key, attempt], |row| row.get(0))?;
            Ok(count > 0)
        })
    }

    /// How long the latest answers of a model took to come, ms, on average; `None` where it gave none lately.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn mean_millis(&self, model: &str) -> Result<Option<f64>, StoreError> {
        self.read(|connection| {
            // The search is bounded, however many answers another model gave.
            let mean = connection
                .prepare_cached(
                    "SELECT avg(millis) FROM (SELECT json_extract(body, '$.millis') AS millis FROM \
                     (SELECT id, body FROM exchange WHERE answered = 1 ORDER BY id DESC LIMIT ?2) \
                     WHERE json_extract(body, '$.model') = ?1 ORDER BY id DESC LIMIT ?3)",
                )?
                .query_row(params![model, PACE_WITHIN, PACE_OF], |row| row.get(0))?;
            Ok(mean)
        })
    }

    /// All exchanges about a frame, in the order in which they came.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn exchanges_of_frame(
        &self,
        recording: RecordingId,
        frame: u32,
    ) -> Result<Vec<(ExchangePlace, Exchange)>, StoreError> {
        self.read(|connection| {
            let mut statement = connection
                .prepare_cached("SELECT run, body FROM exchange WHERE recording = ?1 AND frame = ?2 ORDER BY id")?;
            let mut rows = statement.query(params![recording.0, frame])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let run = row.get::<_, Option<i64>>(0)?.map(RunId);
                let place = ExchangePlace { recording, run, frame: Some(frame) };
                found.push((place, exchange_of(&row.get::<_, String>(1)?)?));
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
        let mut last = 0;
        loop {
            // One at a time: no read stands open while `each` works, and memory stays flat.
            let next: Option<(i64, Option<u32>, String)> = self.read(|connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT id, frame, body FROM exchange WHERE recording = ?1 AND id > ?2 ORDER BY id LIMIT 1",
                )?;
                let row = statement
                    .query_row(params![recording.0, last], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                    .optional()?;
                Ok(row)
            })?;
            let Some((id, frame, body)) = next else { return Ok(()) };
            last = id;
            let exchange = self.read(|_| exchange_of(&body))?;
            each(frame, exchange)?;
        }
    }
}

fn exchange_of(body: &str) -> Result<Exchange, Fault> {
    serde_json::from_str(body).map_err(|error| Fault::Malformed(format!("an exchange with a model: {error}")))
}
