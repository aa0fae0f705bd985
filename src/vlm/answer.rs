//! From a model's words to a typed answer: what of it can be used, and what is wrong with it, by name.
//!
//! Nothing is guessed: a value that is not what was asked for is left out, and a number that was not offered never comes back.
//! Each problem reads as a sentence, so that the one re-ask can quote it. The forms are those of the design: a box or none,
//! boxes by name, numbers by name; reasons come first, under `observation`.

mod boxes;
mod captions;
mod fields;
mod problem;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

pub use boxes::{axes_look_swapped, boxed, boxes};
pub use captions::{CaptionForm, SaidCaption, SaidGroup, caption, groups};
use fields::{Fields, Reading};
pub use problem::Problem;

use super::repair::{Repair, json_in};

/// An answer that was looked through.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked<T> {
    /// What can be used of it.
    pub value: T,
    /// What is wrong with it, in the order of the keys asked for.
    pub problems: Vec<Problem>,
    /// What was repaired of its syntax.
    pub repairs: Vec<Repair>,
    /// The reasons given.
    pub observation: Option<String>,
}

impl<T> Checked<T> {
    /// Whether it can be used as it is; else it is worth asking once more.
    pub fn is_usable(&self) -> bool {
        !self.problems.iter().any(Problem::needs_reask)
    }

    /// The same with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Checked<U> {
        let Self { value, problems, repairs, observation } = self;
        Checked { value: change(value), problems, repairs, observation }
    }

    /// What to tell the model when it is asked once more; `None` when there is no need.
    pub fn correction(&self) -> Option<String> {
        /// More would bury the first.
        const MOST: usize = 6;
        let wrong: Vec<String> =
            self.problems.iter().filter(|problem| problem.needs_reask()).take(MOST).map(Problem::to_string).collect();
        (!wrong.is_empty()).then(|| {
            format!(
                "Your answer cannot be used. {} Answer again with the JSON object alone, nothing around it.",
                wrong.join(" ")
            )
        })
    }
}

/// Reads which number each name got: `{"observation": "…", "<name>": <number> | null, …}`.
///
/// The map holds each name that was answered usably: a number of `allowed`, or none. Names with a problem are absent from it,
/// among them all that want the same number.
pub fn numbers(text: &str, names: &[String], allowed: &[u16]) -> Checked<BTreeMap<String, Option<u16>>> {
    let mut value = BTreeMap::new();
    let found = match json_in(text) {
        Ok(found) => found,
        Err(why) => return unread(value, why.into()),
    };
    let fields = match Fields::of(found, names) {
        Ok(fields) => fields,
        Err(problem) => return unread(value, problem),
    };
    let mut problems = fields.strangers();
    for name in names {
        let number = match fields.reading(name, &mut problems) {
            Reading::Missing => continue,
            Reading::None => None,
            Reading::Value(said) => match number_of(name, said, allowed) {
                Ok(number) => Some(number),
                Err(problem) => {
                    problems.push(problem);
                    continue;
                }
            },
        };
        value.insert(name.clone(), number);
    }
    for number in value.values().flatten().copied().collect::<BTreeSet<u16>>() {
        let keys: Vec<String> = names.iter().filter(|name| value.get(*name) == Some(&Some(number))).cloned().collect();
        if keys.len() > 1 {
            value.retain(|_, held| *held != Some(number));
            problems.push(Problem::SameNumberTwice { number, keys });
        }
    }
    Checked { value, problems, observation: fields.observation(), repairs: fields.repairs }
}

/// An answer of which nothing can be used.
fn unread<T>(value: T, problem: Problem) -> Checked<T> {
    Checked { value, problems: vec![problem], repairs: Vec::new(), observation: None }
}

/// A whole number, also as `3.0`, `"3"` or `"#3"`.
fn number_of(key: &str, said: &Value, allowed: &[u16]) -> Result<u16, Problem> {
    let whole = match said {
        Value::Number(number) => number.as_f64().filter(|number| number.fract() == 0.0),
        Value::String(text) => {
            let digits = text.trim().trim_start_matches('#');
            digits
                .parse::<u16>()
                .ok()
                .filter(|_| digits.starts_with(|first: char| first.is_ascii_digit()))
                .map(f64::from)
        }
        _ => None,
    };
    let Some(whole) = whole else { return Err(Problem::wrong_type(key, said, "a dot's number or null")) };
    allowed.iter().copied().find(|number| f64::from(*number) == whole).ok_or_else(|| Problem::UnknownNumber {
        key: key.to_owned(),
        number: whole,
        allowed: allowed.to_vec(),
    })
}

#[cfg(test)]
mod tests;
