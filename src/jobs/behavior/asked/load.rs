//! What asking takes: before it is done, estimated from the questions themselves, and after it.

use serde::Serialize;

use crate::jobs::JobError;
use crate::jobs::pose::ModelOptions;
use crate::jobs::words::{count, duration, rough};
use crate::store::Project;
use crate::vlm::question::Part;
use crate::vlm::reply::Usage;
use crate::vlm::{Profile, Question};

/// Characters of a token, in English and JSON.
const TOKEN_CHARACTERS: f64 = 4.0;

/// What asking takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Load {
    /// Questions.
    pub calls: u64,
    /// Tokens of the questions, pictures included.
    pub prompt_tokens: u64,
    /// Tokens of the answers, without thinking where it is not yet known.
    pub answer_tokens: u64,
    /// Seconds; estimated from the pace of the latest calls of this model, `None` where the project has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secs: Option<f64>,
}

impl Load {
    /// As many questions like those shown, each with an answer of so many tokens.
    pub(super) fn of(
        project: &Project,
        model: &ModelOptions,
        like: &[Question],
        calls: u64,
        answer_tokens: u64,
    ) -> Result<Self, JobError> {
        let sum: u64 = like.iter().map(|question| tokens_of(question, &model.profile)).sum();
        let slots: usize = model.endpoints.iter().map(|endpoint| endpoint.concurrency).sum();
        let pace = project.mean_millis(&model.name)?.filter(|_| slots > 0);
        Ok(Self {
            calls,
            prompt_tokens: (sum as f64 * calls as f64 / like.len().max(1) as f64).round() as u64,
            answer_tokens: calls * answer_tokens,
            secs: pace.map(|millis| calls as f64 * millis / 1e3 / slots as f64),
        })
    }

    /// The same per minute.
    pub(super) fn per(self, minutes: f64) -> Self {
        let each = |sum: u64| if minutes > 0.0 { (sum as f64 / minutes).round() as u64 } else { 0 };
        Self {
            calls: each(self.calls),
            prompt_tokens: each(self.prompt_tokens),
            answer_tokens: each(self.answer_tokens),
            secs: self.secs.filter(|_| minutes > 0.0).map(|secs| secs / minutes),
        }
    }

    /// It in words, with its cost by the prices of a profile.
    pub fn words(self, profile: Option<&Profile>) -> String {
        let questions = if self.calls == 1 { "question" } else { "questions" };
        let (sent, back) = (rough(self.prompt_tokens), rough(self.answer_tokens));
        let usage = Usage { prompt_tokens: self.prompt_tokens, answer_tokens: self.answer_tokens };
        let cost = profile.and_then(|profile| profile.cost(usage));
        let cost = cost.map(|cost| format!(", cost {cost:.2}")).unwrap_or_default();
        let time = self.secs.map(|secs| format!(", {}", duration(secs))).unwrap_or_default();
        format!("{} {questions}, {sent} tokens sent, {back} back{time}{cost}", count(self.calls))
    }
}

fn tokens_of(question: &Question, profile: &Profile) -> u64 {
    let words = |text: &str| (text.chars().count() as f64 / TOKEN_CHARACTERS).ceil() as u64;
    let parts = question.parts.iter().map(|part| match part {
        Part::Text(text) => words(text),
        Part::Picture(picture) => profile.picture_tokens(picture.size_px),
    });
    words(&question.system) + parts.sum::<u64>()
}
