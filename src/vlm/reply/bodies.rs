//! Bodies as servers write them, shape by shape, and what a person reads in them. Run with `cargo test --lib vlm::reply`.

use serde_json::{Value, json};

use super::*;

/// What was read, in one line: the finish and the answer's words, or the error's kind with `retry` and `fatal`.
pub(super) fn outcome(read: Result<Said, ServerError>) -> String {
    match read {
        Ok(said) => format!("{:?}: {}", said.finish, said.answer_text()),
        Err(error) => {
            let kind = format!("{error:?}");
            let kind = kind.split([' ', '{']).next().unwrap_or_default();
            let marks = [(error.is_retryable(), " retry"), (error.is_fatal(), " fatal")];
            marks.into_iter().fold(kind.to_owned(), |line, (holds, mark)| if holds { line + mark } else { line })
        }
    }
}

#[track_caller]
fn check(status: u16, body: Value, expected: &str) {
    assert_eq!(outcome(read(status, &body.to_string())), expected, "{body}");
}

fn completion(message: Value, finish: &str) -> Value {
    let choice = json!({ "index": 0, "message": message, "finish_reason": finish });
    let usage = json!({ "prompt_tokens": 182, "total_tokens": 201, "completion_tokens": 19 });
    json!({ "id": "x", "object": "chat.completion", "model": "m", "choices": [choice], "usage": usage })
}

#[track_caller]
fn check_message(message: Value, finish: &str, expected: &str) {
    check(200, completion(message, finish), expected);
}

#[test]
fn words_wherever_they_stand() {
    let answer = r#"{"ears": 1}"#;
    check_message(json!({ "content": answer, "reasoning": null }), "stop", r#"Stop: {"ears": 1}"#);
    check_message(json!({ "content": answer, "reasoning": "let me see" }), "stop", r#"Stop: {"ears": 1}"#);
    check_message(json!({ "content": null, "reasoning": answer }), "stop", r#"Stop: {"ears": 1}"#);
    check_message(json!({ "content": "", "reasoning_content": answer }), "stop", r#"Stop: {"ears": 1}"#);
    check_message(json!({ "content": "<think>hm {}</think>{\"ears\": 1}" }), "stop", r#"Stop: {"ears": 1}"#);
    check_message(json!({ "content": "\n<think>\n</think>\n\n{\"ears\": 1}" }), "stop", "Stop: \n\n{\"ears\": 1}");
    check_message(json!({ "content": "hm</think>{\"ears\": 1}" }), "stop", r#"Stop: {"ears": 1}"#);
    check_message(json!({ "content": "<think>{\"ears\": 1}</think>" }), "stop", r#"Stop: {"ears": 1}"#);
    check_message(json!({ "content": "<think>{\"ears\": 1}" }), "stop", r#"Stop: {"ears": 1}"#);
    check_message(json!({ "reasoning": "hm</think>{\"ears\": 1}" }), "stop", r#"Stop: {"ears": 1}"#);
    check_message(json!({ "content": [{ "type": "text", "text": answer }] }), "stop", r#"Stop: {"ears": 1}"#);
    check_message(json!({ "content": null, "refusal": "I cannot." }), "stop", "Stop: I cannot.");
    let quoting = r#"{"observation": "no </think> here", "ears": 1}"#;
    check_message(json!({ "content": quoting }), "stop", &format!("Stop: {quoting}"));
}

#[test]
fn thoughts_that_were_cut_off_are_no_answer() {
    check_message(json!({ "content": null, "reasoning": "perhaps {\"ears\": 1}" }), "length", "Length: ");
    check_message(json!({ "content": "<think>perhaps {\"ears\": 1}" }), "length", "Length: ");
    check_message(json!({ "content": "{\"ears\": 1", "reasoning": "hm" }), "length", "Length: {\"ears\": 1");
    check_message(json!({ "content": null }), "stop", "Stop: ");
}

#[test]
fn why_it_stopped_and_what_it_took() {
    let said = read(200, &completion(json!({ "content": "a" }), "stop").to_string()).unwrap();
    assert_eq!(said.usage, Usage { prompt_tokens: 182, answer_tokens: 19 });
    check_message(json!({ "content": "a" }), "content_filter", "Filtered: a");
    check_message(json!({ "content": "a" }), "tool_calls", "Other(\"tool_calls\"): a");
    check(200, json!({ "choices": [{ "message": { "content": "a" }, "finish_reason": null }] }), "Unsaid: a");
    check(200, json!({ "choices": [{ "text": "a", "finish_reason": "stop" }], "usage": null }), "Stop: a");
}

/// The five shapes of errors.
#[test]
fn errors_in_each_shape() {
    check(401, json!({ "error": { "message": "No key.", "type": "auth", "code": 401 } }), "Unauthorised fatal");
    check(401, json!({ "error": "Unauthorized" }), "Unauthorised fatal");
    let flat =
        json!({ "object": "error", "message": "The model `x` does not exist.", "type": "NotFoundError", "code": 404 });
    check(404, flat.clone(), "UnknownModel fatal");
    check(200, json!({ "error": { "message": "Provider returned error", "code": 502 } }), "Unavailable retry");
    check(
        402,
        json!({ "error": { "message": "This request requires more credits, or fewer max_tokens." } }),
        "CreditsGone fatal",
    );
    // The variations of them.
    check(404, json!([{ "error": { "message": "models/x is not found for API version v1" } }]), "UnknownModel fatal");
    check(200, json!({ "error": { "message": "slow down", "code": "429" } }), "RateLimited retry");
    check(200, json!({ "error": "something went wrong" }), "Other");
    check(422, json!({ "detail": [{ "loc": ["body"], "msg": "field required" }] }), "Unsupported fatal");
    check(400, json!({ "message": "n must be 1" }), "Unsupported fatal");
    let inside = json!({ "choices": [{ "error": { "message": "upstream", "code": 504 }, "finish_reason": "error" }] });
    check(200, inside, "Unavailable retry");
    check(200, json!({ "error": null, "choices": [{ "message": { "content": "a" } }] }), "Unsaid: a");
}

fn message(text: &str) -> Value {
    json!({ "error": { "message": text, "type": "BadRequestError", "param": null, "code": 400 } })
}

#[test]
fn refusals_by_their_words() {
    for (text, expected) in [
        (
            "This model's maximum context length is 32768 tokens. However, your prompt contains 40021.",
            "ContextTooSmall fatal",
        ),
        (
            "request (9021 tokens) exceeds the available context size (8192 tokens), try increasing it",
            "ContextTooSmall fatal",
        ),
        ("The input (70000 tokens) is longer than the model's context length (32768 tokens).", "ContextTooSmall fatal"),
        ("At most 8 image(s) may be provided in one prompt.", "TooManyPictures fatal"),
        ("At most 0 image(s) may be provided in one prompt.", "NoPictures fatal"),
        ("Qwen/Qwen3-Next-80B-A3B-Instruct is not a multimodal model", "NoPictures fatal"),
        (
            "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj",
            "NoPictures fatal",
        ),
        ("No endpoints found that support image input", "NoPictures fatal"),
        ("At most 1 video(s) may be provided in one prompt.", "Unsupported fatal"),
        ("multimodal preprocessing error: image decode error: The image format could not be determined", "BadPicture"),
        ("You can only use one kind of structured outputs constraint but multiple are specified.", "Unsupported fatal"),
        ("System message cannot contain images.", "Unsupported fatal"),
        ("Failed to buffer the request body: length limit exceeded", "TooLarge fatal"),
        ("foo/bar is not a valid model ID", "UnknownModel fatal"),
        ("API key not valid. Please pass a valid API key.", "Unauthorised fatal"),
    ] {
        check(400, message(text), expected);
    }
    check(404, json!({ "error": "model 'qwen9' not found" }), "UnknownModel fatal");
    check(500, message("multimodal preprocessing error: base64 decode error"), "BadPicture");
    check(500, message("EngineCore encountered an issue."), "Other");
    check(500, message("The model is overloaded. Try again later."), "Unavailable retry");
    check(413, message(""), "TooLarge fatal");
}

#[test]
fn what_passes_and_what_does_not() {
    for status in [408, 502, 503, 504] {
        check(status, message("x"), "Unavailable retry");
    }
    check(429, message("Rate limit reached"), "RateLimited retry");
    check(503, json!({ "error": { "message": "Loading model", "type": "unavailable_error" } }), "Loading retry");
    let quota = json!({ "error": { "message": "You exceeded your current quota", "code": "insufficient_quota" } });
    check(429, quota, "CreditsGone fatal");
    check(403, json!({ "error": { "message": "Forbidden" } }), "Unauthorised fatal");
    check(200, json!({ "choices": [] }), "Empty retry");
}

#[test]
fn bodies_that_are_no_json() {
    let check = |status: u16, body: &str, expected: &str| assert_eq!(outcome(read(status, body)), expected, "{body}");
    check(502, "<html><head><title>502 Bad Gateway</title></head></html>", "Unavailable retry");
    check(404, "404 page not found", "Foreign fatal");
    check(404, r#"{"detail":"Not Found"}"#, "Foreign fatal");
    check(200, "<!doctype html><p>Welcome</p>", "Foreign fatal");
    check(200, "Ollama is running", "Foreign fatal");
    check(200, r#"{"version":"0.33.0"}"#, "Foreign fatal");
    check(200, "", "Foreign fatal");
    check(200, "null", "Foreign fatal");
    check(401, "", "Unauthorised fatal");
    check(200, r#"{"choices":[{"message":{"content":"a"#, "Foreign fatal");
    check(301, "", "Other");
}

#[test]
fn errors_read_as_sentences() {
    let sentence = |status: u16, body: Value| read(status, &body.to_string()).unwrap_err().to_string();
    assert_eq!(
        sentence(400, message("At most 8 image(s) may be provided in one prompt.")),
        "The server does not take that many pictures in one question (At most 8 image(s) may be provided in one prompt). \
         Raise its limit (vLLM: --limit-mm-per-prompt), or ask with fewer exemplars."
    );
    assert_eq!(
        sentence(404, message("The model `nope` does not exist.")),
        "The server does not have this model (The model `nope` does not exist). Choose one of those that it lists, or load the \
         model there."
    );
    assert_eq!(
        read(502, "<html><body>\n<h1>502 Bad Gateway</h1>\n</body></html>").unwrap_err().to_string(),
        "The server cannot answer at the moment (status 502: 502 Bad Gateway). The question is put again in a while."
    );
    assert!(
        sentence(401, json!({})).contains("(nothing but the status 401)") || sentence(401, json!({})).contains("({})")
    );
    let long = sentence(500, message(&"word ".repeat(5000)));
    assert!(long.chars().count() < 300 && long.contains('…'), "{long}");
}

#[test]
fn no_key_is_shown() {
    let secrets = [
        "sk-proj-abc123DEF456ghi789",
        "hf_AbCdEfGhIjKlMnOp",
        "AIzaSyD-12345678901234567890",
        "0123456789abcdef0123456789abcdef",
        "550e8400-e29b-41d4-a716-446655440000",
        "sk-or-v1-*****************************f00d",
    ];
    for secret in secrets {
        let body =
            message(&format!("Incorrect API key provided: {secret}. You can find yours at https://example.org/keys."));
        let shown = read(401, &body.to_string()).unwrap_err().to_string();
        assert!(!shown.contains(secret) && shown.contains("provided: …"), "{shown}");
    }
    assert_eq!(redact("Authorization: Bearer short, then"), "Authorization: Bearer …, then");
    let harmless = "The model Qwen/Qwen3-Next-80B-A3B-Instruct-FP8 at http://127.0.0.1:8000/v1 has 32768 tokens";
    assert_eq!(redact(harmless), harmless);
}

#[test]
fn served_models() {
    let body = json!({ "object": "list", "data": [
        { "id": "Qwen/Qwen3.5-27B", "max_model_len": 32768 }, { "id": "b", "context_length": 8192 }, { "id": "c" }, 3
    ] });
    let model = |id: &str, context_tokens| ServedModel { id: id.to_owned(), context_tokens };
    let expected = [model("Qwen/Qwen3.5-27B", Some(32768)), model("b", Some(8192)), model("c", None)];
    assert_eq!(models(200, &body.to_string()).unwrap(), expected);
    assert!(models(401, r#"{"error":"Unauthorized"}"#).unwrap_err().is_fatal());
    assert!(matches!(models(200, "hello"), Err(ServerError::Foreign { .. })));
}
