//! What is wrong, when a server does not answer: one sentence each that says what to do.
//!
//! Servers agree on neither shape nor status: a wrong key is 401, 403 or 400, a model that is not there 404 or 400, spent credits
//! 402 or 429. Their words are read where the status does not tell. Whatever of a message is shown is shortened and stripped of
//! what looks like a key.

use serde_json::Value;

/// What a server refuses or lacks. Messages inside are shortened and free of keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    /// No key, a wrong one, or one without the right.
    #[error(
        "The server refuses the key ({message}). Set BEHAVIORVLM_API_KEY, or the endpoint's key, to one that it knows."
    )]
    Unauthorised {
        /// The server's words.
        message: String,
    },
    /// The model is not served there.
    #[error(
        "The server does not have this model ({message}). Choose one of those that it lists, or load the model there."
    )]
    UnknownModel {
        /// The server's words.
        message: String,
    },
    /// Prompt and answer are longer than the server's context.
    #[error(
        "The question does not fit into the model's context ({message}). Start the server with a longer context, or ask with \
         fewer or smaller pictures or a lower limit of tokens."
    )]
    ContextTooSmall {
        /// The server's words.
        message: String,
    },
    /// More pictures than the server takes.
    #[error(
        "The server does not take that many pictures in one question ({message}). Raise its limit (vLLM: \
         --limit-mm-per-prompt), or ask with fewer exemplars."
    )]
    TooManyPictures {
        /// The most that it takes, where it says so.
        most: Option<u32>,
        /// The server's words.
        message: String,
    },
    /// The model reads text only.
    #[error("This model does not read pictures ({message}). Choose a vision-language model.")]
    NoPictures {
        /// The server's words.
        message: String,
    },
    /// The server cannot read a picture.
    #[error("The server could not read a picture of this question ({message}). Other questions may go through.")]
    BadPicture {
        /// The server's words.
        message: String,
    },
    /// Nothing left to pay with.
    #[error("The account's credits are used up ({message}). Add credits there, or go on with another endpoint.")]
    CreditsGone {
        /// The server's words.
        message: String,
    },
    /// Too many requests or tokens in a time.
    #[error("The server asks for fewer requests ({message}). Lower the concurrency if this goes on.")]
    RateLimited {
        /// The server's words.
        message: String,
    },
    /// The model is being loaded.
    #[error("The server is still loading the model ({message}). The question is put again in a while.")]
    Loading {
        /// The server's words.
        message: String,
    },
    /// The server, or one behind it, cannot answer at the moment.
    #[error(
        "The server cannot answer at the moment (status {status}: {message}). The question is put again in a while."
    )]
    Unavailable {
        /// HTTP status.
        status: u16,
        /// The server's words.
        message: String,
    },
    /// The request holds something that the server does not take from anyone.
    #[error(
        "The server does not take this form of question ({message}). Change the model's profile or its extra fields."
    )]
    Unsupported {
        /// The server's words.
        message: String,
    },
    /// More bytes than the server takes.
    #[error(
        "The question has more bytes than the server takes ({message}). Raise its limit, or ask with fewer or smaller pictures."
    )]
    TooLarge {
        /// The server's words.
        message: String,
    },
    /// What answers is no chat server, or the path is wrong.
    #[error(
        "What answers at this address is not an OpenAI-compatible chat server (status {status}: {message}). Check host, port \
         and path; the path usually ends in /v1."
    )]
    Foreign {
        /// HTTP status.
        status: u16,
        /// The body's first words.
        message: String,
    },
    /// A completion without a choice.
    #[error("The server sent a completion without an answer in it.")]
    Empty,
    /// A stream that ended before its end.
    #[error("The answer broke off before its end.")]
    BrokenOff,
    /// Anything else.
    #[error("The server reports an error (status {status}: {message}).")]
    Other {
        /// HTTP status.
        status: u16,
        /// The server's words.
        message: String,
    },
}

impl ServerError {
    /// Whether the same question may go through a little later.
    pub fn is_retryable(&self) -> bool {
        use ServerError::*;
        matches!(self, RateLimited { .. } | Loading { .. } | Unavailable { .. } | Empty | BrokenOff)
    }

    /// Whether every further question would meet it too: the run pauses, and someone has to change something.
    pub fn is_fatal(&self) -> bool {
        use ServerError::*;
        match self {
            Unauthorised { .. } | UnknownModel { .. } | ContextTooSmall { .. } | TooManyPictures { .. } => true,
            NoPictures { .. } | CreditsGone { .. } | Unsupported { .. } | TooLarge { .. } | Foreign { .. } => true,
            BadPicture { .. } | RateLimited { .. } | Loading { .. } | Unavailable { .. } => false,
            Empty | BrokenOff | Other { .. } => false,
        }
    }

    /// The error of a response, in whichever shape; `None` when it is none.
    pub(super) fn in_body(status: u16, body: &str, value: &Value) -> Option<Self> {
        // Google wraps the object into a list.
        let value = value.as_array().and_then(|list| list.first()).unwrap_or(value);
        if let Some(error) = value.get("error").filter(|error| !error.is_null()) {
            return Some(Self::from_error(status, error));
        }
        let flat = value.get("object").and_then(Value::as_str) == Some("error");
        if !flat && (200..300).contains(&status) {
            return None;
        }
        if value.get("message").or_else(|| value.get("detail")).is_some() {
            return Some(Self::from_error(status, value));
        }
        Some(Self::from_words(status, "", &plain_words(body)))
    }

    /// An `error` field: an object with a message, or a string.
    pub(super) fn from_error(status: u16, error: &Value) -> Self {
        let message = ["message", "detail", "error"].iter().find_map(|name| error.get(*name));
        let message = match message.unwrap_or(error) {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let code = error.get("code").unwrap_or(&Value::Null);
        let code_number = code.as_u64().or_else(|| code.as_str()?.parse().ok());
        let code_status =
            code_number.and_then(|code| u16::try_from(code).ok()).filter(|code| (400..600).contains(code));
        // An error inside a 200 tells its true status by its code, if at all.
        let status = if (200..300).contains(&status) { code_status.unwrap_or(status) } else { status };
        let kinds = [error.get("code"), error.get("type"), error.get("status")];
        let kinds: Vec<&str> = kinds.into_iter().flatten().filter_map(Value::as_str).collect();
        Self::from_words(status, &kinds.join(" "), &message)
    }

    /// What a status and the server's words mean together. `kinds` are the codes and types beside the message.
    fn from_words(status: u16, kinds: &str, words: &str) -> Self {
        let message = shortened(words, status);
        let all = format!("{kinds} {words}").to_lowercase();
        let says = |any: &[&str]| any.iter().any(|part| all.contains(part));
        // Google says of a limit per minute that the quota is exceeded.
        let is_quota = status != 429 && says(&["exceeded your current quota"]);
        if status == 402 || is_quota || says(CREDITS_GONE) {
            return Self::CreditsGone { message };
        }
        if matches!(status, 401 | 403) || says(WRONG_KEY) {
            return Self::Unauthorised { message };
        }
        if status == 503 && says(LOADING) {
            return Self::Loading { message };
        }
        match status {
            429 => return Self::RateLimited { message },
            408 | 502 | 503 | 504 | 529 => return Self::Unavailable { status, message },
            _ => {}
        }
        if says(CONTEXT_TOO_SMALL) {
            return Self::ContextTooSmall { message };
        }
        let most = most_pictures(&all);
        if most == Some(0) || says(TEXT_ONLY) {
            return Self::NoPictures { message };
        }
        if most.is_some() || says(TOO_MANY_PICTURES) {
            return Self::TooManyPictures { most, message };
        }
        if says(BAD_PICTURE) {
            return Self::BadPicture { message };
        }
        if status == 413 || says(TOO_LARGE) {
            return Self::TooLarge { message };
        }
        if says(UNKNOWN_MODEL) || (all.contains("model") && says(&["not found", "does not exist", "not exist"])) {
            return Self::UnknownModel { message };
        }
        match status {
            404 | 405 => Self::Foreign { status, message },
            _ if says(BUSY) => Self::Unavailable { status, message },
            400 | 415 | 422 | 501 => Self::Unsupported { message },
            _ => Self::Other { status, message },
        }
    }

    /// A body that is no chat completion.
    pub(super) fn foreign(status: u16, body: &str) -> Self {
        Self::Foreign { status, message: shortened(&plain_words(body), status) }
    }
}

// The words of vLLM, SGLang, llama.cpp, Ollama, LM Studio, OpenAI, Google, Anthropic and OpenRouter, in lower case.
const CREDITS_GONE: &[&str] = &[
    "insufficient_quota",
    "requires more credits",
    "insufficient credits",
    "credit balance",
    "insufficient balance",
    "billing_hard_limit",
];
const WRONG_KEY: &[&str] = &[
    "invalid_api_key",
    "incorrect api key",
    "invalid api key",
    "api key not valid",
    "no auth credentials",
    "authentication_error",
];
const LOADING: &[&str] =
    &["loading model", "model is loading", "currently loading", "still loading", "model is not ready"];
const CONTEXT_TOO_SMALL: &[&str] = &[
    "maximum context length",
    "context_length_exceeded",
    "exceed_context_size",
    "available context size",
    "model's context length",
    "maximum model length",
    "exceeds the context window",
    "exceeds the maximum number of tokens",
    "prompt is too long",
    "input is too long",
    "longer than the context length",
    "exceeds context length",
];
const TEXT_ONLY: &[&str] = &[
    "is not a multimodal model",
    "image input is not supported",
    "support image input",
    "does not support image",
    "doesn't support image",
    "does not support vision",
    "not support multimodal",
    "image_url is only supported by certain models",
    "unknown variant `image_url`",
    "missing data required for image input",
];
const TOO_MANY_PICTURES: &[&str] = &["too many images", "too many image", "maximum number of images"];
const BAD_PICTURE: &[&str] = &[
    "multimodal preprocessing error",
    "image decode error",
    "cannot identify image",
    "failed to decode image",
    "failed to load image",
    "could not process image",
    "unable to process input image",
    "unsupported image",
    "invalid image",
    "invalid_image",
];
const TOO_LARGE: &[&str] = &[
    "length limit exceeded",
    "entity too large",
    "payload too large",
    "request too large",
    "body too large",
    "request_too_large",
];
const UNKNOWN_MODEL: &[&str] =
    &["model_not_found", "unknown model", "not a valid model", "no such model", "invalid model name"];
const BUSY: &[&str] = &["overloaded", "temporarily", "timed out", "timeout", "try again later", "at capacity"];

/// The limit in `At most 8 image(s) may be provided in one prompt.`
fn most_pictures(words: &str) -> Option<u32> {
    let (_, rest) = words.split_once("at most ")?;
    let (number, rest) = rest.split_once(' ')?;
    rest.starts_with("image").then(|| number.parse().ok()).flatten()
}

/// Text without the tags of a page.
fn plain_words(body: &str) -> String {
    let mut words = String::new();
    let mut in_tag = false;
    for character in body.chars().take(4000) {
        match character {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                words.push(' ');
            }
            _ if in_tag => {}
            _ => words.push(character),
        }
    }
    words
}

/// One line of at most 200 characters without keys; something to read even when the server said nothing.
fn shortened(words: &str, status: u16) -> String {
    const MOST: usize = 200;
    // What is cut away anyway need not be looked through.
    let start: String = words.chars().take(8 * MOST).collect();
    let line = redact(&start).split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line.trim_end_matches('.');
    if line.is_empty() {
        return format!("nothing but the status {status}");
    }
    if line.chars().count() <= MOST {
        return line.to_owned();
    }
    let cut: String = line.chars().take(MOST - 1).collect();
    format!("{}…", cut.trim_end())
}

/// The text without what looks like a key, a token or encoded data. A key that is known is better taken out by its value, before.
pub fn redact(text: &str) -> String {
    let is_inner = |character: char| character.is_ascii_alphanumeric() || "-_+=*".contains(character);
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    let mut after_bearer = false;
    while let Some(first) = rest.chars().next() {
        let length = rest.find(|character| !is_inner(character)).unwrap_or(rest.len());
        if length == 0 {
            after_bearer &= first.is_whitespace();
            clean.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let (word, after) = rest.split_at(length);
        if after_bearer || is_secret(word) {
            clean.push('…');
        } else {
            clean.push_str(word);
        }
        after_bearer = word.eq_ignore_ascii_case("bearer");
        rest = after;
    }
    clean
}

/// Known beginnings of keys, UUIDs, and long runs in which letters and digits mix.
fn is_secret(word: &str) -> bool {
    const BEGINNINGS: [&str; 14] =
        ["sk-", "sk_", "pk-", "rk-", "gsk_", "hf_", "AIza", "xai-", "r8_", "nvapi-", "ya29", "eyJ", "ghp_", "tgp_v1_"];
    if word.len() >= 8 && BEGINNINGS.iter().any(|beginning| word.starts_with(beginning)) {
        return true;
    }
    let is_uuid = word.len() == 36 && word.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
    let run = |part: &str| {
        part.len() >= 20
            && part.bytes().any(|byte| byte.is_ascii_digit())
            && part.bytes().any(|byte| byte.is_ascii_alphabetic())
    };
    is_uuid || word.split(['-', '_']).any(run)
}
