//! What goes wrong with real model servers, for the fake one to do on purpose.

/// A failure of a server, its gateway, or the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// 401 `{"error":"Unauthorized"}`.
    Unauthorised,
    /// 404 with an error object.
    UnknownModel,
    /// 400, the flat shape: `{"object":"error","message":…}`.
    ContextTooSmall,
    /// 400 "At most 2 image(s)".
    TooManyPictures,
    /// 400 of a model that reads text only.
    TextOnly,
    /// 402.
    CreditsGone,
    /// 500 "multimodal preprocessing error".
    BadPicture,
    /// 500 of any kind.
    ServerError,
    /// 400 of a server that takes no `response_format`.
    NoSchema,
    /// 200 with an error inside: the gateway's upstream is overloaded.
    ErrorInOk,
    /// 429 with `Retry-After`.
    RateLimited,
    /// 429 without.
    RateLimitedSilently,
    /// 503 "Loading model".
    Loading,
    /// 408.
    RequestTimeout,
    /// 502, a page.
    BadGateway,
    /// 503.
    Unavailable,
    /// 504.
    GatewayTimeout,
    /// The connection is closed before anything was said.
    ResetEarly,
    /// The connection is closed within the body.
    ResetLate,
    /// The first byte takes long.
    SlowStart,
    /// The answer stops in the middle, and the connection stays.
    Stall,
    /// The body goes on and on, without repeating itself.
    Endless,
    /// 307 to somewhere else.
    Moved,
    /// Something that is not HTTP.
    NotHttp,
    /// 200 with a page.
    Page,
    /// 200 without a choice.
    NoChoice,
    /// The stream ends properly before the model has finished.
    CutStream,
    /// `content: null`, and all of it in `reasoning`.
    ReasoningOnly,
    /// The same in `reasoning_content`.
    ReasoningContent,
    /// `<think>…</think>` before the answer.
    InlineThink,
    /// White space without end, under a schema only.
    Whitespace,
    /// The same words without end, while thinking only.
    Loop,
    /// The answer within a code fence.
    Fences,
    /// A comma before the last brace.
    TrailingComma,
    /// Words around the answer.
    Prose,
    /// `None`, `True`, single quotes.
    PythonLiterals,
    /// One number for two keypoints.
    SameNumberTwice,
    /// A number that no mark has; a box outside the picture.
    UnknownNumber,
    /// The limit of tokens is reached within the answer.
    CutOff,
    /// A clip in no group.
    DroppedClip,
    /// A clip in two groups.
    RepeatedClip,
    /// A clip that was not shown.
    InventedClip,
    /// Clips that do not follow one another in one group.
    ReorderedClips,
    /// A label in another language.
    ForeignLabel,
    /// A label that was not offered.
    UnknownLabel,
    /// A description without end.
    EndlessDescription,
    /// A description that repeats what somebody wrote into the cage to give orders.
    Orders,
}

impl Fault {
    /// Failures that pass, or that leave something to read, so that a run goes on through them.
    pub const PASSING: [Self; 29] = [
        Self::BadPicture,
        Self::ServerError,
        Self::ErrorInOk,
        Self::RateLimited,
        Self::RateLimitedSilently,
        Self::Loading,
        Self::RequestTimeout,
        Self::BadGateway,
        Self::Unavailable,
        Self::GatewayTimeout,
        Self::ResetEarly,
        Self::ResetLate,
        Self::SlowStart,
        Self::Stall,
        Self::Endless,
        Self::NoChoice,
        Self::CutStream,
        Self::ReasoningOnly,
        Self::ReasoningContent,
        Self::InlineThink,
        Self::Whitespace,
        Self::Loop,
        Self::Fences,
        Self::TrailingComma,
        Self::Prose,
        Self::PythonLiterals,
        Self::SameNumberTwice,
        Self::UnknownNumber,
        Self::CutOff,
    ];

    /// What goes wrong with answers about behavior beside those.
    pub const OF_BEHAVIOR: [Self; 8] = [
        Self::DroppedClip,
        Self::RepeatedClip,
        Self::InventedClip,
        Self::ReorderedClips,
        Self::ForeignLabel,
        Self::UnknownLabel,
        Self::EndlessDescription,
        Self::Orders,
    ];

    /// Status, further header and body of those that refuse; `None` for the others.
    pub fn refusal(self) -> Option<(u16, String, String)> {
        let object = |message: &str, kind: &str, code: &str| {
            format!(r#"{{"error":{{"message":"{message}","type":"{kind}","param":null,"code":{code}}}}}"#)
        };
        let plain = |status: u16, body: String| Some((status, String::new(), body));
        match self {
            Self::Unauthorised => plain(401, r#"{"error":"Unauthorized"}"#.to_owned()),
            Self::UnknownModel => plain(404, object("The model `nope` does not exist.", "NotFoundError", "404")),
            Self::ContextTooSmall => plain(
                400,
                r#"{"object":"error","message":"This model's maximum context length is 2048 tokens.","type":"BadRequestError","param":null,"code":400}"#
                    .to_owned(),
            ),
            Self::TooManyPictures => {
                plain(400, object("At most 2 image(s) may be provided in one prompt.", "BadRequestError", "400"))
            }
            Self::TextOnly => plain(400, object("text-only is not a multimodal model", "BadRequestError", "400")),
            Self::CreditsGone => {
                plain(402, r#"{"error":{"message":"This request requires more credits, or fewer max_tokens."}}"#.to_owned())
            }
            Self::BadPicture => {
                let message = "failed to submit chat request: multimodal preprocessing error: image decode error";
                plain(500, object(message, "InternalServerError", "500"))
            }
            Self::ServerError => plain(500, object("list index out of range", "InternalServerError", "500")),
            Self::NoSchema => plain(400, object("response_format is not supported", "BadRequestError", "400")),
            Self::ErrorInOk => plain(200, object("Provider is overloaded", "upstream", r#""502""#)),
            Self::RateLimited => {
                let retry = "retry-after: 0.05\r\n".to_owned();
                Some((429, retry, object("Rate limit reached", "rate_limit_error", r#""rate_limit_exceeded""#)))
            }
            Self::RateLimitedSilently => plain(429, object("Too many requests", "rate_limit_error", "429")),
            Self::Loading => plain(503, object("Loading model", "unavailable_error", "503")),
            Self::RequestTimeout => plain(408, object("Request timeout", "timeout", "408")),
            Self::BadGateway => plain(502, "<html><body><h1>502 Bad Gateway</h1></body></html>".to_owned()),
            Self::Unavailable => plain(503, object("no healthy upstream", "unavailable", "503")),
            Self::GatewayTimeout => plain(504, String::new()),
            Self::Moved => Some((307, "location: http://example.org/v1/x?token=sk-secret-1\r\n".to_owned(), String::new())),
            Self::Page => plain(200, "<html><body><h1>It works!</h1></body></html>".to_owned()),
            Self::NoChoice => plain(200, r#"{"id":"x","object":"chat.completion","choices":[]}"#.to_owned()),
            _ => None,
        }
    }
}
