//! A streamed answer: server-sent events, in pieces that end anywhere, put together to what was said.
//!
//! Usage comes in a chunk without choices, the end is `[DONE]`, an error may come at any moment, comments keep the line open, and
//! a server that does not know streams sends one plain body instead. Runaways are noticed while the stream runs.

use serde_json::Value;

use super::runaway::{Runaway, runaway_in};
use super::{Said, ServerError, finish_of, read, usage_of};

/// Where a stream stands after some bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// More is to come.
    More,
    /// `[DONE]` was read: [`StreamReader::finish`] gives what was said.
    Done,
    /// The model repeats itself or writes whitespace without end: drop the connection.
    Runaway(Runaway),
    /// The server reported an error.
    Failed(ServerError),
}

/// Puts together what a stream says.
#[derive(Debug, Default)]
pub struct StreamReader {
    /// Bytes of a line whose end has not come yet; the whole body where it is no stream.
    pending: Vec<u8>,
    /// Data of an event whose end has not come yet.
    data: String,
    /// The body is plain JSON.
    is_plain: Option<bool>,
    said: Said,
    saw_finish: bool,
    outcome: Option<Step>,
    /// Bytes said when runaways were looked for last.
    looked_at: usize,
}

/// The data of the last event.
const DONE: &str = "[DONE]";

/// Bytes said between two looks for runaways: a look takes some hundred thousand steps.
const LOOK_EVERY: usize = 512;

impl StreamReader {
    /// A stream from its first byte on; the status was 2xx.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in bytes as they come. Once it is anything but [`Step::More`], it stays so.
    pub fn push(&mut self, bytes: &[u8]) -> Step {
        if let Some(outcome) = &self.outcome {
            return outcome.clone();
        }
        self.pending.extend_from_slice(bytes);
        if self.is_plain.is_none() {
            let first = self.pending.iter().find(|byte| !byte.is_ascii_whitespace());
            self.is_plain = first.map(|first| matches!(first, b'{' | b'[' | b'<'));
        }
        if self.is_plain != Some(false) {
            return Step::More;
        }
        let lines_end = self.pending.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let lines: Vec<u8> = self.pending.drain(..lines_end).collect();
        for line in String::from_utf8_lossy(&lines).lines() {
            if let Some(outcome) = self.line(line) {
                self.outcome = Some(outcome.clone());
                return outcome;
            }
        }
        let runaway = self.look_for_runaway();
        self.outcome = runaway.map(Step::Runaway);
        self.outcome.clone().unwrap_or(Step::More)
    }

    /// What was said so far.
    pub fn said(&self) -> &Said {
        &self.said
    }

    /// What was said, once the body is at its end.
    ///
    /// # Errors
    /// What the server reported; [`ServerError::BrokenOff`] when the stream ended without saying that it did.
    pub fn finish(mut self) -> Result<Said, ServerError> {
        if self.is_plain == Some(true) {
            return read(200, &String::from_utf8_lossy(&self.pending));
        }
        if self.outcome.is_none() {
            // The last line may lack its end.
            self.outcome = match self.push(b"\n\n") {
                Step::More => None,
                outcome => Some(outcome),
            };
        }
        match self.outcome {
            Some(Step::Failed(error)) => Err(error),
            Some(Step::Done) => Ok(self.said),
            _ if self.saw_finish => Ok(self.said),
            // What ran away was dropped on purpose: its words are kept to be looked at.
            Some(Step::Runaway(_)) => Ok(self.said),
            _ => Err(ServerError::BrokenOff),
        }
    }

    /// One line without its end: part of an event, a comment, or the blank line that ends an event.
    fn line(&mut self, line: &str) -> Option<Step> {
        let line = line.trim_end_matches('\r');
        if line.is_empty() {
            return self.event();
        }
        let data = line.strip_prefix("data:")?;
        // Some servers leave out the blank line between events.
        let earlier = if is_whole(&self.data) { self.event() } else { None };
        if !self.data.is_empty() {
            self.data.push('\n');
        }
        self.data.push_str(data.strip_prefix(' ').unwrap_or(data));
        // Nothing follows the end: no need to wait for its blank line.
        if earlier.is_none() && self.data.trim() == DONE { self.event() } else { earlier }
    }

    /// The event whose data is complete.
    fn event(&mut self) -> Option<Step> {
        let data = std::mem::take(&mut self.data);
        let data = data.trim();
        if data.is_empty() {
            return None;
        }
        if data == DONE {
            return Some(Step::Done);
        }
        let Ok(value) = serde_json::from_str::<Value>(data) else {
            return Some(Step::Failed(ServerError::BrokenOff));
        };
        if let Some(error) = ServerError::in_body(200, data, &value) {
            return Some(Step::Failed(error));
        }
        self.chunk(&value)
    }

    fn chunk(&mut self, value: &Value) -> Option<Step> {
        if let Some(usage) = usage_of(value) {
            self.said.usage = usage;
        }
        let choice = value.get("choices").and_then(|choices| choices.get(0))?;
        if let Some(error) = choice.get("error").filter(|error| !error.is_null()) {
            return Some(Step::Failed(ServerError::from_error(200, error)));
        }
        let piece = choice.get("delta").or_else(|| choice.get("message"));
        if let Some(piece) = piece.and_then(Value::as_object) {
            self.said.add(piece);
        }
        if let Some(finish) = finish_of(choice) {
            self.said.finish = finish;
            self.saw_finish = true;
        }
        None
    }

    fn look_for_runaway(&mut self) -> Option<Runaway> {
        let reasoning = self.said.reasoning.as_deref().unwrap_or("");
        let length = self.said.text.len() + reasoning.len();
        if self.saw_finish || length < self.looked_at + LOOK_EVERY {
            return None;
        }
        self.looked_at = length;
        // What is being written now: thoughts come first.
        runaway_in(if self.said.text.is_empty() { reasoning } else { &self.said.text })
    }
}

fn is_whole(data: &str) -> bool {
    data.trim() == DONE || (!data.is_empty() && serde_json::from_str::<serde::de::IgnoredAny>(data).is_ok())
}
