//! A reader of JSON that takes what models write instead of it, and notes each liberty. On strict JSON it takes none and reads
//! the same values.

use std::collections::BTreeSet;

use serde_json::{Map, Number, Value};

use super::Repair;

/// Why a value could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The text ended before the value did.
    End,
    /// Something else stands there.
    Syntax,
}

/// Deeper nesting is no answer; as `serde_json`.
const DEEPEST: usize = 127;

/// Reads one value from the start of a text.
#[derive(Debug)]
pub struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    has_key: bool,
    has_element: bool,
    repairs: BTreeSet<Repair>,
    duplicates: BTreeSet<String>,
}

impl<'a> Parser<'a> {
    /// At the start of a text.
    pub fn new(text: &'a str) -> Self {
        let (repairs, duplicates) = (BTreeSet::new(), BTreeSet::new());
        Self { text, at: 0, depth: 0, has_key: false, has_element: false, repairs, duplicates }
    }

    /// Bytes read.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Whether a key with its colon was read: brackets in prose do not get so far.
    pub fn has_key(&self) -> bool {
        self.has_key
    }

    /// Whether an element of a list with its comma was read.
    pub fn has_element(&self) -> bool {
        self.has_element
    }

    /// The liberties taken.
    pub fn repairs(&self) -> Vec<Repair> {
        self.repairs.iter().copied().collect()
    }

    /// Keys that stand twice in an object with different values.
    pub fn duplicates(&self) -> Vec<String> {
        self.duplicates.iter().cloned().collect()
    }

    /// The next value.
    ///
    /// # Errors
    /// [`Failure`], with [`at`](Self::at) where it was noticed.
    pub fn value(&mut self) -> Result<Value, Failure> {
        self.space()?;
        match self.peek().ok_or(Failure::End)? {
            '{' => self.nested(Self::object),
            '[' => self.nested(|parser| parser.list(']')),
            '(' => {
                self.repairs.insert(Repair::PythonLiteral);
                self.nested(|parser| parser.list(')'))
            }
            '"' | '\'' => self.string().map(Value::String),
            '-' | '0'..='9' => self.number(),
            _ => self.word(),
        }
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Result<Value, Failure>) -> Result<Value, Failure> {
        if self.depth >= DEEPEST {
            return Err(Failure::Syntax);
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn object(&mut self) -> Result<Value, Failure> {
        self.take();
        let mut map = Map::new();
        loop {
            self.space()?;
            if self.peek() == Some('}') {
                self.take();
                if !map.is_empty() {
                    self.repairs.insert(Repair::TrailingComma);
                }
                return Ok(Value::Object(map));
            }
            let key = self.key()?;
            self.space()?;
            self.expect(':')?;
            self.has_key = true;
            let value = self.value()?;
            match map.get(&key) {
                Some(before) if *before == value => {
                    self.repairs.insert(Repair::RepeatedKey);
                }
                Some(_) => {
                    self.duplicates.insert(key.clone());
                }
                None => {}
            }
            map.insert(key, value);
            if self.ends('}')? {
                return Ok(Value::Object(map));
            }
        }
    }

    fn list(&mut self, close: char) -> Result<Value, Failure> {
        self.take();
        let mut list = Vec::new();
        loop {
            self.space()?;
            if self.peek() == Some(close) {
                self.take();
                // Python writes a tuple of one with a comma.
                if !list.is_empty() && close == ']' {
                    self.repairs.insert(Repair::TrailingComma);
                }
                return Ok(Value::Array(list));
            }
            list.push(self.value()?);
            if self.ends(close)? {
                return Ok(Value::Array(list));
            }
            self.has_element = true;
        }
    }

    /// After an element: whether the bracket closes; else a comma was taken.
    fn ends(&mut self, close: char) -> Result<bool, Failure> {
        self.space()?;
        if self.peek() == Some(close) {
            self.take();
            return Ok(true);
        }
        self.expect(',').map(|()| false)
    }

    fn key(&mut self) -> Result<String, Failure> {
        if let Some('"' | '\'') = self.peek() {
            return self.string();
        }
        let word = self.letters();
        if word.is_empty() || word.starts_with(|first: char| first.is_ascii_digit()) {
            return Err(if self.peek().is_none() { Failure::End } else { Failure::Syntax });
        }
        self.at += word.len();
        self.repairs.insert(Repair::BareKey);
        Ok(word.to_owned())
    }

    fn string(&mut self) -> Result<String, Failure> {
        let start = self.at;
        let quote = self.take().unwrap_or('"');
        let mut is_escaped = false;
        loop {
            let Some(character) = self.take() else { return Err(Failure::End) };
            match character {
                _ if is_escaped => is_escaped = false,
                '\\' => is_escaped = true,
                _ if character == quote => break,
                _ => {}
            }
        }
        let written = &self.text[start..self.at];
        if quote == '"'
            && let Ok(string) = serde_json::from_str(written)
        {
            return Ok(string);
        }
        let (proper, is_raw) = in_double_quotes(&written[1..written.len() - 1]);
        let Ok(string) = serde_json::from_str(&proper) else {
            self.at = start;
            return Err(Failure::Syntax);
        };
        if quote == '\'' {
            self.repairs.insert(Repair::SingleQuotes);
        }
        if is_raw || quote == '"' {
            self.repairs.insert(Repair::RawString);
        }
        Ok(string)
    }

    fn number(&mut self) -> Result<Value, Failure> {
        let rest = &self.text[self.at..];
        let is_part = |character: char| character.is_ascii_digit() || "+-.eE".contains(character);
        let length = rest.find(|character| !is_part(character)).unwrap_or(rest.len());
        match serde_json::from_str::<Number>(&rest[..length]) {
            Ok(number) => {
                self.at += length;
                Ok(Value::Number(number))
            }
            Err(_) if length == rest.len() => Err(Failure::End),
            Err(_) => Err(Failure::Syntax),
        }
    }

    fn word(&mut self) -> Result<Value, Failure> {
        let word = self.letters();
        let (value, is_python) = match word {
            "null" => (Value::Null, false),
            "true" => (Value::Bool(true), false),
            "false" => (Value::Bool(false), false),
            "None" => (Value::Null, true),
            "True" => (Value::Bool(true), true),
            "False" => (Value::Bool(false), true),
            _ if !word.is_empty() && self.at + word.len() == self.text.len() => return Err(Failure::End),
            _ => return Err(Failure::Syntax),
        };
        if is_python {
            self.repairs.insert(Repair::PythonLiteral);
        }
        self.at += word.len();
        Ok(value)
    }

    /// Letters, digits and underscores from here on.
    fn letters(&self) -> &'a str {
        let rest = &self.text[self.at..];
        let is_part = |character: char| character.is_alphanumeric() || character == '_';
        &rest[..rest.find(|character| !is_part(character)).unwrap_or(rest.len())]
    }

    /// Whitespace and comments.
    fn space(&mut self) -> Result<(), Failure> {
        loop {
            let rest = &self.text[self.at..];
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            let length = if trimmed.starts_with("//") {
                trimmed.find('\n').unwrap_or(trimmed.len())
            } else if trimmed.starts_with("/*") {
                trimmed.find("*/").ok_or(Failure::End)? + 2
            } else {
                return Ok(());
            };
            self.repairs.insert(Repair::Comment);
            self.at += length;
        }
    }

    fn expect(&mut self, wanted: char) -> Result<(), Failure> {
        match self.peek() {
            Some(character) if character == wanted => {
                self.take();
                Ok(())
            }
            Some(_) => Err(Failure::Syntax),
            None => Err(Failure::End),
        }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.at += character.len_utf8();
        Some(character)
    }
}

/// The inside of a string as a proper JSON string, and whether it held what needs no quotes to be wrong.
fn in_double_quotes(inside: &str) -> (String, bool) {
    let mut proper = String::with_capacity(inside.len() + 2);
    let mut is_raw = false;
    proper.push('"');
    let mut characters = inside.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('\'') => proper.push('\''),
                Some(escaped) => proper.extend(['\\', escaped]),
                None => proper.push('\\'),
            },
            '"' => proper.push_str("\\\""),
            control if control < ' ' => {
                is_raw = true;
                proper.push_str(&format!("\\u{:04x}", u32::from(control)));
            }
            other => proper.push(other),
        }
    }
    proper.push('"');
    (proper, is_raw)
}
