//! The connection test: what stands between this machine and an answer, in words.

use std::sync::Arc;
use std::time::Instant;

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};
use rand::RngExt;
use serde_json::json;

use super::limits::Limits;
use super::trouble::Trouble;
use super::wire::{Reply, Request, Wire};
use crate::vlm::Profile;
use crate::vlm::question::{Manner, Part, Picture, Question};
use crate::vlm::reply::{self, ServedModel, ServerError};

/// Side of the test picture: a multiple of every patch size in use.
const SIDE: u32 = 1024;
/// Its grain, grey levels: a picture without any would be a file without length.
const GRAIN: u8 = 24;

/// Pictures, their sides and the tokens of the words of a usual question, for judging the context.
const USUAL_PICTURES: u64 = 4;
const USUAL_PX: [u32; 2] = [1024, 1024];
const USUAL_WORDS: u64 = 2000;

const COLORS: [(&str, [u8; 3]); 3] = [("red", [214, 30, 30]), ("green", [24, 160, 48]), ("blue", [32, 64, 224])];

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// As it should be.
    Good,
    /// It may work.
    Warning,
    /// It will not work.
    Error,
}

/// Something that the connection test found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The endpoint, as it shows itself.
    pub endpoint: String,
    /// What it is about: `server`, `key`, `model`, `context`, `answer` or `pictures`.
    pub about: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What was found and what to do.
    pub sentence: String,
}

struct Findings<'a> {
    endpoint: String,
    profile: &'a Profile,
    found: Vec<Finding>,
}

pub(super) async fn check(wire: &Wire, profile: &Profile, limits: &Limits) -> Vec<Finding> {
    let mut findings = Findings { endpoint: wire.endpoint.to_string(), profile, found: Vec::new() };
    let listed = match wire.get("/models", limits).await {
        Err(trouble) => {
            findings.add("server", Severity::Error, trouble.to_string());
            return findings.found;
        }
        Ok((status, body)) => reply::models(status, &body),
    };
    match listed {
        Err(error @ ServerError::Unauthorised { .. }) => {
            findings.add("key", Severity::Error, error.to_string());
            return findings.found;
        }
        Err(error) => {
            let sentence = format!("The server does not list its models. {error}");
            findings.add("server", Severity::Warning, sentence);
        }
        Ok(listed) => {
            findings.add("server", Severity::Good, format!("{} answers.", wire.endpoint.base_url));
            findings.judge_models(&listed, &wire.endpoint.model);
        }
    }
    let (name, color) = COLORS[rand::rng().random_range(0..COLORS.len())];
    let question = match test_question(profile, color) {
        Ok(question) => question,
        Err(error) => {
            findings.add("answer", Severity::Error, format!("The test picture could not be made: {error}."));
            return findings.found;
        }
    };
    let mut form = (Manner::default(), limits.stream);
    let mut began;
    let result = loop {
        let body = question.body(&wire.endpoint.model, profile, &form.0, form.1).to_string().into_bytes();
        let request = Request { id: super::request_id(), tag: &question.tag, view: None, body };
        began = Instant::now();
        let Reply { result, .. } = wire.send(request, limits).await;
        // A run does without what is refused, so that is no reason against it.
        match &result {
            Err(trouble) if super::refused::do_without(profile, &mut form, trouble) => {}
            _ => break result,
        }
    };
    match result {
        Ok(said) => findings.judge_answer(said.answer_text(), name, began.elapsed().as_secs_f64()),
        Err(trouble) => findings.judge_trouble(&trouble),
    }
    findings.found
}

impl Findings<'_> {
    fn add(&mut self, about: &'static str, severity: Severity, sentence: String) {
        self.found.push(Finding { endpoint: self.endpoint.clone(), about, severity, sentence });
    }

    fn judge_models(&mut self, listed: &[ServedModel], wanted: &str) {
        // Google lists its models as in a folder.
        let plain = |name: &str| name.trim_start_matches("models/").to_owned();
        let Some(model) = listed.iter().find(|model| plain(&model.id) == plain(wanted)) else {
            let names: Vec<&str> = listed.iter().map(|model| model.id.as_str()).take(5).collect();
            let more = if listed.len() > names.len() { ", …" } else { "" };
            let sentence = format!("The server does not list {wanted}; it lists {}{more}.", names.join(", "));
            self.add("model", Severity::Warning, sentence);
            return;
        };
        self.add("model", Severity::Good, format!("{wanted} is served."));
        let Some(context) = model.context_tokens else { return };
        let pictures = if self.profile.reads_pictures { USUAL_PICTURES } else { 0 };
        let need = pictures * self.profile.picture_tokens(USUAL_PX) + USUAL_WORDS + u64::from(self.profile.max_tokens);
        let (severity, judged) = if context < need {
            (Severity::Error, "start the server with a longer one, or lower the limit of tokens of the profile")
        } else {
            (Severity::Good, "that fits")
        };
        let pictures = if pictures > 0 { format!("{pictures} pictures and ") } else { String::new() };
        let sentence = format!(
            "The context is {context} tokens; a question of {pictures}an answer of up to {} take about {need}: {judged}.",
            self.profile.max_tokens
        );
        self.add("context", severity, sentence);
    }

    fn judge_answer(&mut self, said: &str, expected: &str, secs: f64) {
        self.add("answer", Severity::Good, format!("It answered in {secs:.1} s."));
        if !self.profile.reads_pictures {
            return;
        }
        let said = said.to_lowercase();
        let named: Vec<&str> = COLORS.iter().map(|(name, _)| *name).filter(|name| said.contains(name)).collect();
        if named == [expected] {
            self.add("pictures", Severity::Good, "It reads pictures.".to_owned());
        } else {
            let shown: String = said.chars().take(80).collect();
            let sentence = format!(
                "It was shown a {expected} picture and said “{shown}”. Perhaps it, or a gateway before it, answers without seeing."
            );
            self.add("pictures", Severity::Warning, sentence);
        }
    }

    fn judge_trouble(&mut self, trouble: &Trouble) {
        let about = match trouble {
            Trouble::Server(ServerError::Unauthorised { .. } | ServerError::CreditsGone { .. }) => "key",
            Trouble::Server(ServerError::UnknownModel { .. }) => "model",
            Trouble::Server(ServerError::ContextTooSmall { .. }) => "context",
            Trouble::Server(
                ServerError::NoPictures { .. } | ServerError::BadPicture { .. } | ServerError::TooManyPictures { .. },
            ) => "pictures",
            _ => "answer",
        };
        let severity = match trouble {
            Trouble::Server(error) if error.is_retryable() => Severity::Warning,
            Trouble::Runaway(_) => Severity::Warning,
            _ => Severity::Error,
        };
        self.add(about, severity, trouble.to_string());
    }
}

/// "Which color is this?", or without pictures, which color grass is not.
fn test_question(profile: &Profile, color: [u8; 3]) -> Result<Question, image::ImageError> {
    let names = COLORS.map(|(name, _)| name);
    let mut parts = Vec::new();
    if profile.reads_pictures {
        // As many and as large as a run's, so that limits of either kind are met here and not there.
        let grain: Vec<u8> = (0..SIDE * SIDE).map(|_| rand::rng().random_range(0..GRAIN)).collect();
        let pixels: Vec<u8> = grain.iter().flat_map(|grain| color.map(|level| level.saturating_sub(*grain))).collect();
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, 90).write_image(&pixels, SIDE, SIDE, ExtendedColorType::Rgb8)?;
        let picture = Arc::new(Picture { jpeg, size_px: [SIDE, SIDE] });
        for number in 1..=USUAL_PICTURES {
            parts.push(Part::Text(format!("Picture {number}:")));
            parts.push(Part::Picture(Arc::clone(&picture)));
        }
        let names = names.join(", ");
        parts.push(Part::Text(format!(
            "All are of one color. Which is it: {names}? Answer {{\"color\": \"…\", \"number\": null}}."
        )));
    } else {
        parts.push(Part::Text(format!(
            "Name one of {}. Answer {{\"color\": \"…\", \"number\": null}}.",
            names.join(", ")
        )));
    }
    Ok(Question {
        tag: "test".to_owned(),
        view: None,
        system: "You answer with one JSON object and nothing else.".to_owned(),
        parts,
        schema_name: "color",
        schema: json!({
            "type": "object",
            "properties": {
                "color": { "type": "string" },
                "number": { "anyOf": [{ "type": "integer" }, { "type": "null" }] },
            },
            "required": ["color", "number"],
            "additionalProperties": false,
        }),
        prompt_version: String::new(),
        basis: serde_json::Value::Null,
        sample: 0,
    })
}
