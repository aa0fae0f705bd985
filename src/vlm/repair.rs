//! From a model's words to the JSON in them: strict JSON first, else repairs of syntax alone.
//!
//! Taken off or read as meant: code fences, prose around, trailing commas, comments, keys without quotes, Python's literals and
//! quotes, raw line breaks inside strings. Values are never changed, completed or made up: what is cut off stays unanswered, and
//! what stands there twice with different values is named. Input may be anything; depth is limited, nothing panics.

mod syntax;

use std::fmt;

use serde_json::{Map, Value};

use syntax::{Failure, Parser};

/// What was repaired on the way, for counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Repair {
    /// A code fence around.
    Fence,
    /// Words around.
    Prose,
    /// JSON inside a JSON string.
    Quoted,
    /// A comma before a closing bracket.
    TrailingComma,
    /// `None`, `True`, `False` or a tuple.
    PythonLiteral,
    /// A string in single quotes.
    SingleQuotes,
    /// A key without quotes.
    BareKey,
    /// A comment.
    Comment,
    /// A raw line break or tab, or a needless backslash, in a string.
    RawString,
    /// The same key twice, with the same value.
    RepeatedKey,
    /// Several objects: the last one is taken.
    SeveralObjects,
}

impl Repair {
    /// Its name, for counts.
    pub fn name(self) -> &'static str {
        match self {
            Repair::Fence => "fence",
            Repair::Prose => "prose",
            Repair::Quoted => "quoted",
            Repair::TrailingComma => "trailing_comma",
            Repair::PythonLiteral => "python_literal",
            Repair::SingleQuotes => "single_quotes",
            Repair::BareKey => "bare_key",
            Repair::Comment => "comment",
            Repair::RawString => "raw_string",
            Repair::RepeatedKey => "repeated_key",
            Repair::SeveralObjects => "several_objects",
        }
    }
}

/// JSON that was found in a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Found<T> {
    /// What it says. Of keys in [`duplicates`](Self::duplicates) it holds the last value.
    pub value: T,
    /// What was repaired, each kind once.
    pub repairs: Vec<Repair>,
    /// Keys that stand twice in one object, with different values.
    pub duplicates: Vec<String>,
}

/// Why no JSON was found. Each reads as a sentence to the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoJson {
    /// There are no words.
    Empty,
    /// There is no object in the words.
    NoObject,
    /// It breaks off.
    CutOff,
    /// Its syntax is broken.
    Broken {
        /// What stands at the break.
        near: String,
    },
    /// It is a list.
    List,
}

impl fmt::Display for NoJson {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoJson::Empty => formatter.write_str("The answer is empty."),
            NoJson::NoObject => formatter.write_str("There is no JSON object in the answer."),
            NoJson::CutOff => formatter.write_str("The JSON of the answer breaks off before its end."),
            NoJson::Broken { near } => write!(formatter, "The answer is not valid JSON near `{near}`."),
            NoJson::List => formatter.write_str("The answer is a list, not a JSON object."),
        }
    }
}

/// The object in a text.
///
/// # Errors
/// [`NoJson`] when there is none that is whole.
pub fn object_in(text: &str) -> Result<Found<Map<String, Value>>, NoJson> {
    let found = json_in(text)?;
    match found.value {
        Value::Object(value) => Ok(Found { value, repairs: found.repairs, duplicates: found.duplicates }),
        _ => Err(NoJson::List),
    }
}

/// The object, or else the list, in a text.
///
/// # Errors
/// [`NoJson`] when there is none that is whole.
pub fn json_in(text: &str) -> Result<Found<Value>, NoJson> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err(NoJson::Empty);
    }
    match serde_json::from_str(text) {
        Ok(value @ (Value::Object(_) | Value::Array(_))) => Ok(strict(text, value)),
        // Encoded twice: what is inside once more is no longer looked for.
        Ok(Value::String(inner)) => {
            let mut found = match serde_json::from_str(&inner) {
                Ok(value @ (Value::Object(_) | Value::Array(_))) => strict(&inner, value),
                _ => looked_for(&inner)?,
            };
            found.repairs.push(Repair::Quoted);
            Ok(found)
        }
        Ok(_) => Err(NoJson::NoObject),
        Err(_) => looked_for(text),
    }
}

/// Strict JSON keeps its values; it may still say a thing twice.
fn strict(text: &str, value: Value) -> Found<Value> {
    let mut parser = Parser::new(text);
    let _ = parser.value();
    Found { value, repairs: parser.repairs(), duplicates: parser.duplicates() }
}

/// A whole piece of JSON in a text, and where.
struct Candidate {
    found: Found<Value>,
    start: usize,
    end: usize,
}

fn looked_for(text: &str) -> Result<Found<Value>, NoJson> {
    let candidates = candidates(text)?;
    let is_full = |candidate: &&Candidate| match &candidate.found.value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(list) => !list.is_empty(),
        _ => false,
    };
    // Lists and empty brackets stand in prose too: they count only where there is nothing else.
    let objects: Vec<&Candidate> =
        candidates.iter().filter(|one| one.found.value.is_object()).filter(is_full).collect();
    let chosen = match objects.last() {
        Some(last) => last,
        None => candidates.iter().rfind(is_full).or(candidates.last()).ok_or(NoJson::NoObject)?,
    };
    let mut found = chosen.found.clone();
    if objects.iter().any(|other| other.found.value != found.value) {
        found.repairs.push(Repair::SeveralObjects);
    }
    let around = [&text[..chosen.start], &text[chosen.end..]];
    if around.iter().any(|part| part.contains("```")) {
        found.repairs.push(Repair::Fence);
    }
    // The word behind the opening fence names a language.
    let is_prose = |part: &str| {
        let words = part.replace("```json", " ").replace("```python", " ").replace("```", " ");
        !words.trim().is_empty()
    };
    if around.into_iter().any(is_prose) {
        found.repairs.push(Repair::Prose);
    }
    found.repairs.sort();
    Ok(found)
}

/// All whole objects and lists that are not inside another.
///
/// # Errors
/// When one began and did not come to its end: what stands before it was not the last word, and what stands inside it is a part.
fn candidates(text: &str) -> Result<Vec<Candidate>, NoJson> {
    let mut candidates = Vec::new();
    let mut from = 0;
    while let Some(offset) = text[from..].find(['{', '[']) {
        let start = from + offset;
        let mut parser = Parser::new(&text[start..]);
        let outcome = parser.value();
        let end = start + parser.at();
        match outcome {
            Ok(value) => {
                let found = Found { value, repairs: parser.repairs(), duplicates: parser.duplicates() };
                candidates.push(Candidate { found, start, end });
                from = end;
            }
            Err(Failure::End) if parser.has_key() || parser.has_element() => return Err(NoJson::CutOff),
            Err(Failure::Syntax) if parser.has_key() => return Err(NoJson::Broken { near: near(&text[end..]) }),
            Err(Failure::End) => from = start + 1,
            // Past what was read of it, so that its inside is not taken for the whole.
            Err(Failure::Syntax) => from = end.max(start + 1),
        }
    }
    Ok(candidates)
}

fn near(rest: &str) -> String {
    rest.chars().take(24).collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
