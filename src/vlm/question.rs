//! A question to a model: texts, pictures, and the form of the answer.

use std::sync::Arc;

use base64::Engine;
use serde_json::{Map, Value, json};

use super::profile::{JsonMode, Profile, Thinking, ThinkingSwitch};

/// A picture as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The JPEG file.
    pub jpeg: Vec<u8>,
    /// Pixels across and down.
    pub size_px: [u32; 2],
}

impl Picture {
    /// The content's hash, hexadecimal.
    pub fn hash(&self) -> String {
        blake3::hash(&self.jpeg).to_hex().to_string()
    }

    /// Its pixels as whoever gets it sees them: red, green, blue and opaque, row by row; `None` where it is no picture.
    pub fn rgba(&self) -> Option<Vec<u8>> {
        let decoded = image::load_from_memory_with_format(&self.jpeg, image::ImageFormat::Jpeg).ok()?;
        Some(decoded.into_rgba8().into_raw())
    }
}

/// A piece of the user's turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Words.
    Text(String),
    /// A picture; the text before it names it.
    Picture(Arc<Picture>),
}

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// What it is about, for logs: the header `x-behaviorvlm-tag`.
    pub tag: String,
    /// Where the target picture lies in the camera's image: the header `x-behaviorvlm-view`.
    pub view: Option<String>,
    /// The system's turn: words alone.
    pub system: String,
    /// The user's turn.
    pub parts: Vec<Part>,
    /// Name of the answer's form.
    pub schema_name: &'static str,
    /// JSON schema of the answer: an object with fixed keys.
    pub schema: Value,
    /// Version of the prompt that it was made from, for provenance.
    pub prompt_version: String,
    /// What it can be made from again, in the form of whoever asks; null where it is not to be.
    pub basis: Value,
    /// Which of several answers to the same question is asked for, from 0.
    pub sample: u32,
}

/// How a question is put, beyond what the profile says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// Without a schema: some servers write whitespace without end under one.
    pub without_schema: bool,
    /// Without thinking, whatever the profile says: after a loop.
    pub without_thinking: bool,
    /// Without `reasoning_effort`, which some servers refuse; the template's own switch is set in its place.
    pub without_effort: bool,
    /// Without `chat_template_kwargs`, which others refuse.
    pub without_template: bool,
    /// What was answered before and what is wrong with it: the one re-ask.
    pub correction: Option<Correction>,
}

/// What was wrong with the answer before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// The answer, as it came.
    pub said: String,
    /// The problem, as a sentence.
    pub problem: String,
}

impl Question {
    /// The pictures, in order.
    pub fn pictures(&self) -> impl Iterator<Item = &Arc<Picture>> {
        self.parts.iter().filter_map(|part| match part {
            Part::Picture(picture) => Some(picture),
            Part::Text(_) => None,
        })
    }

    /// Hash of all that decides the answer, so that an identical question is asked once: the words, the pictures, the model and
    /// how it is asked.
    pub fn key(&self, model: &str, profile: &Profile) -> String {
        let mut hasher = blake3::Hasher::new();
        let mut add = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        add(model.as_bytes());
        add(serde_json::to_string(&profile.without_prices()).unwrap_or_default().as_bytes());
        add(self.system.as_bytes());
        add(self.schema.to_string().as_bytes());
        for part in &self.parts {
            match part {
                Part::Text(text) => add(text.as_bytes()),
                Part::Picture(picture) => add(&picture.jpeg),
            }
        }
        if self.sample > 0 {
            add(&self.sample.to_le_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }

    /// The body of a chat completion.
    pub fn body(&self, model: &str, profile: &Profile, manner: &Manner, stream: bool) -> Value {
        let thinking = if manner.without_thinking { Thinking::Off } else { profile.thinking };
        let mut messages = vec![json!({ "role": "system", "content": self.system })];
        let mut parts: Vec<Value> = self.parts.iter().map(part_json).collect();
        match &manner.correction {
            // Servers refuse a turn without words.
            Some(correction) if correction.said.trim().is_empty() => {
                parts.push(json!({ "type": "text", "text": correction.problem }));
                messages.push(json!({ "role": "user", "content": parts }));
            }
            Some(correction) => {
                messages.push(json!({ "role": "user", "content": parts }));
                messages.push(json!({ "role": "assistant", "content": correction.said }));
                messages.push(json!({ "role": "user", "content": correction.problem }));
            }
            None => messages.push(json!({ "role": "user", "content": parts })),
        }
        let mut body = Map::new();
        body.insert("model".to_owned(), json!(model));
        body.insert("messages".to_owned(), Value::Array(messages));
        body.insert("max_tokens".to_owned(), json!(profile.max_tokens));
        let sampling = if thinking == Thinking::On { &profile.sampling_thinking } else { &profile.sampling_plain };
        let numbers = [
            ("temperature", sampling.temperature.map(|value| json!(value))),
            ("top_p", sampling.top_p.map(|value| json!(value))),
            ("top_k", sampling.top_k.map(|value| json!(value))),
        ];
        for (name, value) in numbers {
            if let Some(value) = value {
                body.insert(name.to_owned(), value);
            }
        }
        let switch = match profile.thinking_switch {
            ThinkingSwitch::Effort if manner.without_effort => ThinkingSwitch::Template,
            switch => switch,
        };
        match (switch, thinking) {
            (ThinkingSwitch::Template, Thinking::On | Thinking::Off) if !manner.without_template => {
                let wanted = json!({ "enable_thinking": thinking == Thinking::On });
                body.insert("chat_template_kwargs".to_owned(), wanted);
            }
            (ThinkingSwitch::Effort, Thinking::Off) => {
                body.insert("reasoning_effort".to_owned(), json!("none"));
            }
            _ => {}
        }
        match profile.json {
            _ if manner.without_schema => {}
            JsonMode::Schema => {
                let form = json!({ "name": self.schema_name, "schema": self.schema, "strict": true });
                body.insert("response_format".to_owned(), json!({ "type": "json_schema", "json_schema": form }));
            }
            JsonMode::Object => {
                body.insert("response_format".to_owned(), json!({ "type": "json_object" }));
            }
            JsonMode::Words => {}
        }
        if stream {
            body.insert("stream".to_owned(), json!(true));
            body.insert("stream_options".to_owned(), json!({ "include_usage": true }));
        }
        for (name, value) in &profile.extra_body {
            match value {
                // Some servers refuse fields that all others want.
                Value::Null => body.remove(name),
                _ => body.insert(name.clone(), value.clone()),
            };
        }
        Value::Object(body)
    }
}

/// A name as tags write it: whatever could part a tag is written in hexadecimal.
pub fn percent_encoded(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    name.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn part_json(part: &Part) -> Value {
    match part {
        Part::Text(text) => json!({ "type": "text", "text": text }),
        Part::Picture(picture) => {
            let data = base64::engine::general_purpose::STANDARD.encode(&picture.jpeg);
            json!({ "type": "image_url", "image_url": { "url": format!("data:image/jpeg;base64,{data}") } })
        }
    }
}
