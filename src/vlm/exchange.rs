//! One question and what came of it, as it is kept, shown, exported and replayed.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::question::{Manner, Part, Question};

/// A piece of a question as it is kept: words whole, pictures by their content's hash. Pictures are drawn again from the
/// recording; the hash tells whether they are still the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptPart {
    /// Words.
    Text(String),
    /// A picture.
    Picture {
        /// Hash of the JPEG file, hexadecimal.
        hash: String,
        /// Pixels across and down.
        size_px: [u32; 2],
    },
}

/// A question that was put to a model, and the answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// Hash of all that decides the answer ([`Question::key`]).
    pub key: String,
    /// 0 for the question, 1 for the one re-ask.
    pub attempt: u32,
    /// What it is about.
    pub tag: String,
    /// Where the target picture lies in the camera's image.
    pub view: Option<String>,
    /// The model.
    pub model: String,
    /// Version of the prompt.
    pub prompt_version: String,
    /// The system's turn.
    pub system: String,
    /// The user's turn.
    pub parts: Vec<KeptPart>,
    /// What the question can be made from again ([`Question::basis`]).
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub basis: Value,
    /// What the re-ask said was wrong with the answer before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correction: Option<String>,
    /// The answer's text; `None` where none came.
    pub answer: Option<String>,
    /// What the model thought, where the server says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<String>,
    /// Names of what was wrong with the answer, or why none came, in one sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
    /// Tokens of the question, as the server counted them.
    pub prompt_tokens: Option<u32>,
    /// Tokens of the answer, thinking included.
    pub answer_tokens: Option<u32>,
    /// From the request to the whole answer, ms.
    pub millis: u64,
    /// In the currency of the profile's prices.
    pub cost: Option<f64>,
    /// The header `x-request-id` of the request that was answered.
    pub request_id: String,
    /// When, milliseconds since the Unix epoch.
    pub at_unix_ms: i64,
}

impl Exchange {
    /// A question without its answer yet.
    pub fn asked(question: &Question, key: String, model: &str, manner: &Manner, at_unix_ms: i64) -> Self {
        let parts = question.parts.iter().map(|part| match part {
            Part::Text(text) => KeptPart::Text(text.clone()),
            Part::Picture(picture) => KeptPart::Picture { hash: picture.hash(), size_px: picture.size_px },
        });
        Self {
            key,
            attempt: u32::from(manner.correction.is_some()),
            tag: question.tag.clone(),
            view: question.view.clone(),
            model: model.to_owned(),
            prompt_version: question.prompt_version.clone(),
            system: question.system.clone(),
            parts: parts.collect(),
            basis: question.basis.clone(),
            correction: manner.correction.as_ref().map(|correction| correction.problem.clone()),
            answer: None,
            reasoning: None,
            problems: Vec::new(),
            prompt_tokens: None,
            answer_tokens: None,
            millis: 0,
            cost: None,
            request_id: String::new(),
            at_unix_ms,
        }
    }

    /// Whether a model answered: such an exchange is never paid for again.
    pub fn is_answered(&self) -> bool {
        self.answer.is_some()
    }
}
