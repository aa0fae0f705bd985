//! What a model server answers to a chat completion: the words that were said, or what is wrong, in one shape.
//!
//! Servers put the words in `content`, in `reasoning`, in `reasoning_content`, or behind `<think>…</think>`, and errors into five
//! shapes, some with status 200. All of that ends here: the rest of the program sees a [`Said`] or a [`ServerError`]. What the
//! words mean is the business of [`repair`](super::repair) and [`answer`](super::answer). Nothing here panics on foreign bytes.

mod error;
mod runaway;
mod stream;

use serde_json::{Map, Value};

pub use error::{ServerError, redact};
pub use runaway::{Runaway, runaway_in};
pub use stream::{Step, StreamReader};

/// Why a model stopped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Finish {
    /// It came to its end.
    Stop,
    /// The limit of tokens was reached: the words are cut off.
    Length,
    /// The server's filter held the words back.
    Filtered,
    /// Some other word of the server's.
    Other(String),
    /// Nothing was said of it.
    #[default]
    Unsaid,
}

/// Tokens that a question and its answer took, as the server counts; 0 where it does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the prompt, pictures included.
    pub prompt_tokens: u64,
    /// Tokens of the answer, thinking included.
    pub answer_tokens: u64,
}

/// What a model said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The words of the answer, as they came.
    pub text: String,
    /// What was thought before, where the server keeps it apart.
    pub reasoning: Option<String>,
    /// Why it stopped.
    pub finish: Finish,
    /// Tokens.
    pub usage: Usage,
}

impl Said {
    /// The words in which to look for the answer: the content without `<think>…</think>`, else the reasoning.
    ///
    /// Empty when there are none: a model that was cut off in its thoughts has not answered, whatever it drafted.
    pub fn answer_text(&self) -> &str {
        let (thought, said) = without_thoughts(&self.text);
        if !said.trim().is_empty() {
            return said;
        }
        if self.finish == Finish::Length {
            return "";
        }
        let thought = thought.or(self.reasoning.as_deref()).unwrap_or("");
        match without_thoughts(thought) {
            (_, said) if !said.trim().is_empty() => said,
            (inner, _) => inner.unwrap_or(""),
        }
    }

    /// Whether the words end in a loop or in whitespace without end.
    pub fn runaway(&self) -> Option<Runaway> {
        runaway_in(&self.text).or_else(|| self.reasoning.as_deref().and_then(runaway_in))
    }
}

/// What stands inside and after `<think>…</think>`. The opening tag may be missing, since some templates write it themselves.
fn without_thoughts(text: &str) -> (Option<&str>, &str) {
    const OPEN: &str = "<think>";
    const CLOSE: &str = "</think>";
    let trimmed = text.trim_start();
    if let Some(thinking) = trimmed.strip_prefix(OPEN) {
        return match thinking.split_once(CLOSE) {
            Some((thought, said)) => (Some(thought), said),
            None => (Some(thinking), ""),
        };
    }
    // A tag inside the strings of an answer is no tag.
    match trimmed.rsplit_once(CLOSE) {
        Some((thought, said)) if !trimmed.starts_with(['{', '[', '`']) => (Some(thought), said),
        _ => (None, text),
    }
}

/// Reads a whole body.
///
/// # Errors
/// [`ServerError`] for any status but 2xx, for an error inside a 200, and for a body that is no chat completion.
pub fn read(status: u16, body: &str) -> Result<Said, ServerError> {
    let value = parsed(status, body)?;
    let Some(choices) = value.get("choices").and_then(Value::as_array) else {
        return Err(ServerError::foreign(status, body));
    };
    let Some(choice) = choices.first() else { return Err(ServerError::Empty) };
    if let Some(error) = choice.get("error").filter(|error| !error.is_null()) {
        return Err(ServerError::from_error(status, error));
    }
    let mut said = Said { usage: usage_of(&value).unwrap_or_default(), ..Said::default() };
    match choice.get("message").and_then(Value::as_object) {
        Some(message) => said.add(message),
        None => said.text = words_of(choice.get("text")),
    }
    said.finish = finish_of(choice).unwrap_or_default();
    Ok(said)
}

impl Said {
    /// Adds the words of a message or of a piece of one.
    fn add(&mut self, message: &Map<String, Value>) {
        self.text.push_str(&words_of(message.get("content")));
        self.text.push_str(&words_of(message.get("refusal")));
        // Servers that write both fields write the same into both.
        let thought = [message.get("reasoning"), message.get("reasoning_content")]
            .into_iter()
            .map(words_of)
            .find(|words| !words.is_empty());
        if let Some(thought) = thought {
            self.reasoning.get_or_insert_default().push_str(&thought);
        }
    }
}

/// A served model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedModel {
    /// The name by which it is asked for.
    pub id: String,
    /// Tokens of prompt and answer together, where the server says so.
    pub context_tokens: Option<u64>,
}

/// Reads the list of models that `/v1/models` gives.
///
/// # Errors
/// As [`read`].
pub fn models(status: u16, body: &str) -> Result<Vec<ServedModel>, ServerError> {
    let value = parsed(status, body)?;
    let Some(listed) = value.get("data").and_then(Value::as_array) else {
        return Err(ServerError::foreign(status, body));
    };
    let model = |entry: &Value| {
        let id = entry.get("id")?.as_str()?.to_owned();
        let context = ["max_model_len", "context_length", "max_context_length"].map(|name| entry.get(name)?.as_u64());
        Some(ServedModel { id, context_tokens: context.into_iter().flatten().next() })
    };
    Ok(listed.iter().filter_map(model).collect())
}

/// The body as JSON, unless it is an error.
fn parsed(status: u16, body: &str) -> Result<Value, ServerError> {
    let value: Value = serde_json::from_str(body.trim_start_matches('\u{feff}')).unwrap_or(Value::Null);
    match ServerError::in_body(status, body, &value) {
        Some(error) => Err(error),
        None if value.is_null() => Err(ServerError::foreign(status, body)),
        None => Ok(value),
    }
}

/// Text, or the texts of a list of parts.
fn words_of(content: Option<&Value>) -> String {
    match content {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts.iter().filter_map(|part| part.get("text")?.as_str()).collect(),
        _ => String::new(),
    }
}

fn finish_of(choice: &Value) -> Option<Finish> {
    Some(match choice.get("finish_reason")?.as_str()? {
        "stop" => Finish::Stop,
        "length" => Finish::Length,
        "content_filter" => Finish::Filtered,
        other => Finish::Other(other.to_owned()),
    })
}

fn usage_of(value: &Value) -> Option<Usage> {
    let usage = value.get("usage")?.as_object()?;
    let count = |name: &str| usage.get(name).and_then(Value::as_u64).unwrap_or(0);
    Some(Usage { prompt_tokens: count("prompt_tokens"), answer_tokens: count("completion_tokens") })
}

#[cfg(test)]
mod bodies;
#[cfg(test)]
mod real_data;
#[cfg(test)]
mod tests;
