//! What a family of models wants: how it writes places, whether it thinks first, how it is sampled, what it costs.
//!
//! The presets are where a user starts; each figure comes from the model's card or its own configuration, or is ours and says so.
//! No preset has a price: they change, and only the user knows what is paid.

mod own;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

pub use self::own::ProfileError;
use super::convention::Convention;
use super::reply::Usage;

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
    /// Fields that are merged into each request last; those that are null are taken out of it.
    pub extra_body: Map<String, Value>,
}

impl Sampling {
    /// As the server is set: vLLM and SGLang take the model's own `generation_config.json`.
    const SERVERS: Self = Self { temperature: None, top_p: None, top_k: None };
    /// Qwen3.5 and Qwen3-VL while thinking (model cards).
    const QWEN_THINKING: Self = Self { temperature: Some(1.0), top_p: Some(0.95), top_k: Some(20) };
    /// Qwen3.5, Qwen3-VL and Qwen3-Next without thinking (model cards).
    const QWEN_PLAIN: Self = Self { temperature: Some(0.7), top_p: Some(0.8), top_k: Some(20) };
}

/// Tokens of an answer without thinking: an object of twelve keys and a few sentences take some 400. Ours.
const SHORT_ANSWER: u32 = 2048;

/// Tokens of an answer after thinking, or of a long one. Ours.
const LONG_ANSWER: u32 = 8192;

impl Profile {
    /// All presets, the general one last.
    pub fn presets() -> Vec<Self> {
        let other = Self::other();
        // Thinks unless told not to. vLLM, SGLang, llama.cpp and Ollama all take `reasoning_effort`.
        let qwen35 = |name: &str| Self {
            name: name.to_owned(),
            thinking: Thinking::Off,
            thinking_switch: ThinkingSwitch::Effort,
            sampling_thinking: Sampling::QWEN_THINKING,
            sampling_plain: Sampling::QWEN_PLAIN,
            max_tokens: SHORT_ANSWER,
            ..Self::other()
        };
        let qwen3_vl = Self {
            name: "Qwen3-VL".to_owned(),
            sampling_thinking: Sampling::QWEN_THINKING,
            sampling_plain: Sampling::QWEN_PLAIN,
            max_tokens: SHORT_ANSWER,
            ..Self::other()
        };
        // A model of its own that always thinks: there is no switch.
        let qwen3_vl_thinking = Self {
            name: "Qwen3-VL Thinking".to_owned(),
            thinking: Thinking::On,
            max_tokens: LONG_ANSWER,
            ..qwen3_vl.clone()
        };
        // Its own configuration samples all but greedily.
        let qwen25_vl = Self {
            name: "Qwen2.5-VL".to_owned(),
            convention: Convention::Pixels,
            token_px: 28,
            max_tokens: SHORT_ANSWER,
            ..Self::other()
        };
        let qwen3_next = Self {
            name: "Qwen3-Next-80B-A3B".to_owned(),
            sampling_thinking: Sampling { temperature: Some(0.6), ..Sampling::QWEN_THINKING },
            sampling_plain: Sampling::QWEN_PLAIN,
            reads_pictures: false,
            most_pictures: Some(0),
            ..Self::other()
        };
        // A tile of 768 pixels is 258 tokens.
        let gemini =
            Self { name: "Gemini".to_owned(), convention: Convention::ThousandYx, token_px: 48, ..Self::other() };
        // Its servers refuse `max_tokens` and any sampling for models that think.
        let renamed = [("max_tokens", Value::Null), ("max_completion_tokens", json!(LONG_ANSWER))];
        let gpt = Self {
            name: "GPT".to_owned(),
            extra_body: renamed.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            ..Self::other()
        };
        vec![
            qwen35("Qwen3.5-27B"),
            qwen35("Qwen3.5-35B-A3B"),
            qwen3_vl,
            qwen3_vl_thinking,
            qwen25_vl,
            qwen3_next,
            gemini,
            gpt,
            other,
        ]
    }

    /// The preset of that name.
    pub fn preset(name: &str) -> Option<Self> {
        Self::presets().into_iter().find(|preset| preset.name == name)
    }

    /// The preset that fits a model's name, as servers spell it: `Qwen/Qwen3.5-27B-FP8`, `qwen2.5vl:7b`, `gemini-3-flash`.
    pub fn for_model(model: &str) -> Self {
        // `Qwen3_5-35B_A3B` and `qwen3.5:35b-a3b` are the same.
        let letters: String = model.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        let has = |part: &str| letters.contains(part);
        let is_gpt = || {
            let own = model.rsplit('/').next().unwrap_or(model).to_lowercase();
            ["gpt-", "chatgpt", "o1", "o3", "o4"].iter().any(|start| own.starts_with(start)) && !own.contains("oss")
        };
        let name = if has("qwen35") && has("35ba3b") {
            "Qwen3.5-35B-A3B"
        } else if has("qwen35") {
            "Qwen3.5-27B"
        } else if has("qwen3next") {
            "Qwen3-Next-80B-A3B"
        } else if has("qwen3vl") && has("thinking") {
            "Qwen3-VL Thinking"
        } else if has("qwen3vl") {
            "Qwen3-VL"
        } else if has("qwen25vl") {
            "Qwen2.5-VL"
        } else if has("gemini") {
            "Gemini"
        } else if is_gpt() {
            "GPT"
        } else {
            return Self::other();
        };
        Self::preset(name).unwrap_or_else(Self::other)
    }

    /// A model of which nothing is known: boxes over 1000 as most write them, everything else as the server is set.
    fn other() -> Self {
        Self {
            name: "Other".to_owned(),
            convention: Convention::Thousand,
            thinking: Thinking::Unsaid,
            thinking_switch: ThinkingSwitch::None,
            sampling_thinking: Sampling::SERVERS,
            sampling_plain: Sampling::SERVERS,
            json: JsonMode::Schema,
            reads_pictures: true,
            most_pictures: None,
            token_px: 32,
            max_tokens: LONG_ANSWER,
            price_in: None,
            price_out: None,
            extra_body: Map::new(),
        }
    }

    /// What of it decides an answer: all but the prices.
    #[must_use]
    pub fn without_prices(&self) -> Self {
        Self { price_in: None, price_out: None, ..self.clone() }
    }

    /// Tokens that a picture takes, about.
    pub fn picture_tokens(&self, size_px: [u32; 2]) -> u64 {
        size_px.map(|side| u64::from(side.div_ceil(self.token_px.max(1)))).into_iter().product()
    }

    /// What tokens cost, in the currency of the prices; `None` where neither price is known.
    pub fn cost(&self, usage: Usage) -> Option<f64> {
        if self.price_in.is_none() && self.price_out.is_none() {
            return None;
        }
        let of = |tokens: u64, price: Option<f64>| tokens as f64 * price.unwrap_or(0.0) / 1e6;
        Some(of(usage.prompt_tokens, self.price_in) + of(usage.answer_tokens, self.price_out))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::question::{Manner, Question};
    use super::*;

    #[track_caller]
    fn check(model: &str, preset: &str) {
        assert_eq!(Profile::for_model(model).name, preset, "{model}");
    }

    #[test]
    fn models_as_servers_spell_them() {
        for (model, preset) in [
            ("Qwen/Qwen3.5-27B", "Qwen3.5-27B"),
            ("qwen3.5:27b", "Qwen3.5-27B"),
            ("Qwen/Qwen3.5-27B-FP8", "Qwen3.5-27B"),
            ("qwen3.5:35b-a3b", "Qwen3.5-35B-A3B"),
            ("Qwen/Qwen3.5-35B-A3B", "Qwen3.5-35B-A3B"),
            ("Qwen3_5-35B_A3B-Q4_K_M.gguf", "Qwen3.5-35B-A3B"),
            ("qwen/qwen3-vl-30b-a3b-instruct", "Qwen3-VL"),
            ("Qwen/Qwen3-VL-8B-Thinking", "Qwen3-VL Thinking"),
            ("qwen2.5vl:7b", "Qwen2.5-VL"),
            ("Qwen/Qwen2.5-VL-72B-Instruct-AWQ", "Qwen2.5-VL"),
            ("Qwen/Qwen3-Next-80B-A3B-Instruct", "Qwen3-Next-80B-A3B"),
            ("google/gemini-3-flash", "Gemini"),
            ("gpt-5.1", "GPT"),
            ("openai/o4-mini", "GPT"),
            ("openai/gpt-oss-120b", "Other"),
            ("InternVL3-38B", "Other"),
            ("Qwen/Qwen2-VL-7B-Instruct", "Other"), // writes over 1000, unlike 2.5
            ("", "Other"),
        ] {
            check(model, preset);
        }
    }

    #[test]
    fn presets_have_names_of_their_own_and_last() {
        let presets = Profile::presets();
        let names: BTreeSet<&str> = presets.iter().map(|preset| preset.name.as_str()).collect();
        assert_eq!(names.len(), presets.len());
        for preset in presets {
            let kept: Profile = serde_json::from_str(&serde_json::to_string(&preset).unwrap()).unwrap();
            assert_eq!(kept, preset);
            assert_eq!(Profile::preset(&preset.name), Some(preset));
        }
    }

    #[test]
    fn what_is_sent_is_what_servers_take() {
        let question = Question {
            tag: String::new(),
            view: None,
            system: "s".to_owned(),
            parts: Vec::new(),
            schema_name: "form",
            schema: json!({ "type": "object" }),
            prompt_version: String::new(),
            basis: Value::Null,
            sample: 0,
        };
        let body = |model: &str| question.body(model, &Profile::for_model(model), &Manner::default(), false);
        let qwen = body("Qwen/Qwen3.5-27B");
        assert_eq!((&qwen["reasoning_effort"], &qwen["top_k"]), (&json!("none"), &json!(20)));
        assert_eq!(qwen["response_format"]["json_schema"]["strict"], json!(true));
        let gpt = body("gpt-5.1");
        for absent in ["max_tokens", "temperature", "top_k", "reasoning_effort"] {
            assert!(gpt.get(absent).is_none(), "{absent}");
        }
        assert_eq!(gpt["max_completion_tokens"], json!(8192));
        assert_eq!(body("gemini-3-flash")["max_tokens"], json!(8192));
    }

    #[test]
    fn pictures_and_prices() {
        let mut profile = Profile::for_model("Qwen/Qwen3.5-27B");
        assert_eq!(profile.picture_tokens([1120, 896]), 35 * 28);
        let usage = Usage { prompt_tokens: 2_000_000, answer_tokens: 500_000 };
        assert_eq!(profile.cost(usage), None);
        profile.price_in = Some(0.3);
        profile.price_out = Some(2.0);
        assert!((profile.cost(usage).unwrap() - 1.6).abs() < 1e-12);
    }
}
