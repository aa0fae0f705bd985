//! Reading a request as a strict server does: what is asked, and what is wrong with it.

use base64::Engine;
use serde_json::{Value, json};

use super::player::{Answer, Tag};
use super::truth::View;
use super::watcher::Watched;
use super::wire::Request;
use super::{FakeConfig, MODEL};

/// A question and what the model has to say to it.
pub struct Asked {
    /// Whether the answer is to be streamed.
    pub stream: bool,
    /// Whether a form of answer is asked for.
    pub has_schema: bool,
    /// Whether it is asked not to think.
    pub is_thinking_off: bool,
    /// Whether an earlier answer is quoted.
    pub is_reask: bool,
    /// The pictures, as files.
    pub pictures: Vec<Vec<u8>>,
    /// The words of the user's turn.
    pub words: String,
    /// What to say.
    pub answer: Result<Answer, Refusal>,
}

/// Why a request is not answered.
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// JSON.
    pub body: String,
    /// What is wrong with it, where a test should fail for it.
    pub complaint: Option<String>,
}

impl Refusal {
    fn new(status: u16, message: &str) -> Self {
        let error = json!({ "message": message, "type": "BadRequestError", "param": null, "code": status });
        Self { status, body: json!({ "error": error }).to_string(), complaint: None }
    }

    fn complaint(message: impl Into<String>) -> Self {
        let message = message.into();
        Self { complaint: Some(message.clone()), ..Self::new(400, &message) }
    }
}

impl Asked {
    /// Reads a request.
    pub fn read(request: &Request, config: &FakeConfig) -> Self {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let messages = body["messages"].as_array().cloned().unwrap_or_default();
        let pictures = pictures_of(&messages);
        let words = words_of(&messages);
        let answer = check_body(&body, &messages, config).and_then(|()| {
            let pictures = pictures.as_ref().map_err(|message| Refusal::complaint(message.clone()))?;
            answer(request, &body, pictures, &words, config)
        });
        Self {
            stream: body["stream"] == json!(true),
            has_schema: body.get("response_format").is_some(),
            is_thinking_off: body["chat_template_kwargs"]["enable_thinking"] == json!(false)
                || body["reasoning_effort"] == json!("none"),
            is_reask: messages.iter().any(|message| message["role"] == "assistant"),
            pictures: pictures.unwrap_or_default(),
            words,
            answer,
        }
    }

    /// As a model with 32 px patches counts pictures, and its words.
    pub fn prompt_tokens(&self) -> u64 {
        let patches =
            |jpeg: &Vec<u8>| size_of(jpeg).map_or(0, |size| size.map(|side| u64::from(side / 32)).iter().product());
        self.words.len() as u64 / 4 + self.pictures.iter().map(patches).sum::<u64>()
    }
}

/// What real servers refuse.
fn check_body(body: &Value, messages: &[Value], config: &FakeConfig) -> Result<(), Refusal> {
    if body["model"] != json!(MODEL) {
        let message = format!("The model `{}` does not exist.", body["model"].as_str().unwrap_or(""));
        return Err(Refusal::new(404, &message));
    }
    if messages.is_empty() {
        return Err(Refusal::complaint("messages cannot be empty"));
    }
    if body.get("stream_options").is_some() && body["stream"] != json!(true) {
        return Err(Refusal::complaint("stream_options without stream"));
    }
    if let Some(format) = body.get("response_format") {
        let is_object = format["type"] == "json_object";
        let is_schema = format["type"] == "json_schema"
            && format["json_schema"]["schema"].is_object()
            && format["json_schema"]["strict"].is_boolean();
        if !is_object && !is_schema {
            return Err(Refusal::complaint("a response_format that no server takes"));
        }
    }
    let system = messages.iter().filter(|message| message["role"] == "system");
    if system.flat_map(parts_of).any(|part| part["type"] == "image_url") {
        return Err(Refusal::complaint("System message cannot contain images."));
    }
    let count = messages.iter().flat_map(parts_of).filter(|part| part["type"] == "image_url").count();
    if count > 0 && config.most_pictures == 0 {
        return Err(Refusal::new(400, &format!("{MODEL} is not a multimodal model")));
    }
    if count > config.most_pictures {
        let message = format!("At most {} image(s) may be provided in one prompt.", config.most_pictures);
        return Err(Refusal::new(400, &message));
    }
    Ok(())
}

fn parts_of(message: &Value) -> impl Iterator<Item = &Value> {
    message["content"].as_array().into_iter().flatten()
}

fn pictures_of(messages: &[Value]) -> Result<Vec<Vec<u8>>, String> {
    let parts = messages.iter().flat_map(parts_of).filter(|part| part["type"] == "image_url");
    let picture = |part: &Value| {
        let url = part["image_url"]["url"].as_str().unwrap_or("");
        let data = url.strip_prefix("data:image/jpeg;base64,").ok_or("a picture that is no JPEG inside the request")?;
        base64::engine::general_purpose::STANDARD.decode(data).map_err(|error| error.to_string())
    };
    parts.map(picture).collect()
}

/// The texts of the first turn of the user, one below the other.
fn words_of(messages: &[Value]) -> String {
    let user = messages.iter().find(|message| message["role"] == "user");
    let texts = user.into_iter().flat_map(parts_of).filter_map(|part| part["text"].as_str());
    texts.collect::<Vec<_>>().join("\n")
}

fn size_of(jpeg: &[u8]) -> Option<[u32; 2]> {
    let reader = image::ImageReader::new(std::io::Cursor::new(jpeg)).with_guessed_format().ok()?;
    reader.into_dimensions().ok().map(|(width, height)| [width, height])
}

fn answer(
    request: &Request,
    body: &Value,
    pictures: &[Vec<u8>],
    words: &str,
    config: &FakeConfig,
) -> Result<Answer, Refusal> {
    let header = |name: &str| request.headers.get(name).map(String::as_str);
    if header("x-request-id").is_none_or(|id| id.len() < 8) {
        return Err(Refusal::complaint("a request without x-request-id"));
    }
    let tag = header("x-behaviorvlm-tag").ok_or_else(|| Refusal::complaint("a request without a tag"))?;
    if tag == "test" {
        return Ok(vec![("color".to_owned(), json!(if config.sees { color_of(pictures) } else { "red" }))]);
    }
    if tag.contains("behavior.") {
        let properties = &body["response_format"]["json_schema"]["schema"]["properties"];
        let usual = ["observation", "label", "description", "partner", "role", "confidence"];
        let keys = match properties.as_object() {
            Some(properties) => properties.keys().cloned().collect(),
            None => usual.map(str::to_owned).to_vec(),
        };
        let sizes: Vec<[u32; 2]> = pictures.iter().filter_map(|jpeg| size_of(jpeg)).collect();
        let asked = Watched { tag, view: header("x-behaviorvlm-view"), words, pictures: sizes, keys };
        return config.watcher.answer(&asked).map_err(Refusal::complaint);
    }
    let view = header("x-behaviorvlm-view").ok_or_else(|| Refusal::complaint(format!("{tag} has no view")))?;
    let view = View::parse(view).map_err(Refusal::complaint)?;
    if let Some(target) = pictures.last() {
        let size = size_of(target);
        if size.map(|sides| sides.map(f64::from)) != Some(view.sent) {
            return Err(Refusal::complaint(format!("{tag}: the last picture is {size:?}, not {:?}", view.sent)));
        }
    }
    let tag = Tag::parse(tag).map_err(Refusal::complaint)?;
    config.player.answer(&tag, &view).map_err(Refusal::complaint)
}

/// The color that the last picture shows; without one, a guess.
fn color_of(pictures: &[Vec<u8>]) -> &'static str {
    let Some(picture) = pictures.last().and_then(|jpeg| image::load_from_memory(jpeg).ok()) else { return "red" };
    let pixels = picture.to_rgb8();
    let sums = pixels.pixels().fold([0_u64; 3], |sums, pixel| [0, 1, 2].map(|at| sums[at] + u64::from(pixel.0[at])));
    let brightest = (0..3).max_by_key(|at| sums[*at]).unwrap_or(0);
    ["red", "green", "blue"][brightest]
}
