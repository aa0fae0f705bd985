//! Finding the keys that were asked for in an object, however they are spelt or wrapped.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::super::repair::{Found, NoJson, Repair};
use super::Problem;

/// The key of the reasons.
pub const OBSERVATION: &str = "observation";

/// The fields of an answer.
#[derive(Debug)]
pub struct Fields<'a> {
    map: Map<String, Value>,
    names: &'a [String],
    duplicates: Vec<String>,
    outer_observation: Option<String>,
    /// What was repaired on the way here.
    pub repairs: Vec<Repair>,
}

/// What stands under a name.
#[derive(Debug)]
pub enum Reading<'a> {
    /// Nothing usable; the problem is noted.
    Missing,
    /// None, said in so many words.
    None,
    /// Something.
    Value(&'a Value),
}

impl<'a> Fields<'a> {
    /// The object with the fields of those names: the outermost, or the one inside it where that alone has any.
    ///
    /// # Errors
    /// When there is no such object.
    pub fn of(found: Found<Value>, names: &'a [String]) -> Result<Self, Problem> {
        let Found { value, repairs, duplicates } = found;
        let value = match value {
            Value::Array(list) if list.len() == 1 => list.into_iter().next().unwrap_or_default(),
            value => value,
        };
        let Value::Object(mut map) = value else { return Err(NoJson::List.into()) };
        let mut outer_observation = None;
        let has_any = |map: &Map<String, Value>| map.keys().any(|key| names.iter().any(|name| same(key, name)));
        if !has_any(&map) {
            let mut inner =
                map.iter().filter(|(_, value)| value.as_object().is_some_and(has_any)).map(|(key, _)| key.clone());
            if let (Some(key), None) = (inner.next(), inner.next()) {
                if duplicates.contains(&key) {
                    return Err(Problem::DuplicateKey { key });
                }
                outer_observation = words(map.get(OBSERVATION));
                if let Some(Value::Object(inner)) = map.remove(&key) {
                    map = inner;
                }
            }
        }
        Ok(Self { map, names, duplicates, outer_observation, repairs })
    }

    /// Keys that nobody asked for.
    pub fn strangers(&self) -> Vec<Problem> {
        let is_known = |key: &str| key == OBSERVATION || self.names.iter().any(|name| self.means(key, name));
        let strangers = self.map.keys().filter(|key| !is_known(key));
        strangers.map(|key| Problem::UnknownKey { key: shown(key) }).collect()
    }

    /// What stands under a name; problems are added to those given.
    pub fn reading(&self, name: &str, problems: &mut Vec<Problem>) -> Reading<'_> {
        let written: Vec<(&String, &Value)> = self.map.iter().filter(|(key, _)| self.means(key, name)).collect();
        let Some((key, value)) = written.iter().find(|(key, _)| *key == name).or(written.first()) else {
            problems.push(Problem::MissingKey { key: name.to_owned() });
            return Reading::Missing;
        };
        let is_double = written.iter().any(|(other, said)| said != value || self.duplicates.contains(*other));
        if is_double {
            problems.push(Problem::DuplicateKey { key: name.to_owned() });
            return Reading::Missing;
        }
        if *key != name {
            problems.push(Problem::Respelled { said: shown(key), key: name.to_owned() });
        }
        if is_none(value) { Reading::None } else { Reading::Value(value) }
    }

    /// The reasons given, if any.
    pub fn observation(&self) -> Option<String> {
        words(self.map.get(OBSERVATION)).or_else(|| self.outer_observation.clone())
    }

    /// Whether a key stands for a name: it is spelt so, or nearly so where no other name comes near.
    fn means(&self, key: &str, name: &str) -> bool {
        key == name
            || (same(key, name)
                && !self.names.iter().any(|other| other == key)
                && self.names.iter().filter(|other| same(key, other)).collect::<BTreeSet<_>>().len() == 1)
    }
}

/// Null, or a word for it.
pub fn is_none(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => matches!(text.trim().to_lowercase().as_str(), "" | "none" | "null" | "n/a"),
        _ => false,
    }
}

/// Whether two keys differ in nothing but case, spaces and punctuation.
pub fn same(one: &str, other: &str) -> bool {
    let letters = |text: &str| -> Vec<char> {
        text.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    one == other || (!letters(one).is_empty() && letters(one) == letters(other))
}

/// A key or value in a sentence: not too long.
pub fn shown(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    let start: String = text.chars().take(MOST - 1).collect();
    format!("{start}…")
}

pub fn words(value: Option<&Value>) -> Option<String> {
    let text = value?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
