//! What a family of models wants: how it writes places, whether it thinks first, how it is sampled, what it costs.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::convention::Convention;

/// Whether a model thinks before it answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Thinking {
    /// Nothing is said of it.
    #[default]
    Unsaid,
    /// It is asked not to.
    Off,
    /// It is asked to.
    On,
}

/// How a request says whether to think.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThinkingSwitch {
    /// Not at all.
    #[default]
    None,
    /// `chat_template_kwargs: {"enable_thinking": …}` (Qwen's templates).
    Template,
    /// `reasoning_effort: "none"`, or nothing to think.
    Effort,
}

/// How the form of the answer is asked for, beside the words of the prompt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JsonMode {
    /// `response_format` with the schema.
    #[default]
    Schema,
    /// `response_format: {"type": "json_object"}`.
    Object,
    /// By words alone.
    Words,
}

/// Probabilities of the next token.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// Temperature; `None` leaves it to the server.
    pub temperature: Option<f32>,
    /// Nucleus.
    pub top_p: Option<f32>,
    /// Most likely tokens considered.
    pub top_k: Option<u32>,
}

/// What a family of models wants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// Its name, as it is chosen.
    pub name: String,
    /// How it writes places.
    pub convention: Convention,
    /// Whether it thinks first.
    pub thinking: Thinking,
    /// How that is said.
    pub thinking_switch: ThinkingSwitch,
    /// Sampling while thinking.
    pub sampling_thinking: Sampling,
    /// Sampling without thinking.
    pub sampling_plain: Sampling,
    /// How the answer's form is asked for.
    pub json: JsonMode,
    /// Whether it reads pictures.
    pub reads_pictures: bool,
    /// Most pictures of a request; `None` where nobody said.
    pub most_pictures: Option<u32>,
    /// Pixels of a side that make one image token.
    pub token_px: u32,
    /// Most tokens of an answer, thinking included.
    pub max_tokens: u32,
    /// Price of a million prompt tokens, in the currency of the user; `None` where nobody said.
    pub price_in: Option<f64>,
    /// Price of a million answered tokens.
    pub price_out: Option<f64>,
    /// Fields that are merged into each request last.
    pub extra_body: Map<String, Value>,
}
