//! One request on the wire, and its answer as far as the time and size limits let it come.

use std::borrow::Cow;
use std::error::Error;
use std::io;
use std::sync::Once;
use std::time::{Duration, Instant, SystemTime};

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Method, Response, Url, redirect};
use serde_json::{Map, Value};

use super::ClientError;
use super::endpoint::Endpoint;
use super::limits::Limits;
use super::trouble::{Slow, Trouble};
use crate::vlm::reply::{self, Runaway, Said, ServerError, Step, StreamReader};

/// Servers that close idle connections do so after 5 s at the earliest (uvicorn); a connection is not used after that.
const IDLE: Duration = Duration::from_secs(4);

/// What follows `[DONE]` is the end of the body: it is waited for so that the connection can be used again.
const LINGER: Duration = Duration::from_millis(50);

/// Longest answer to a small question about the server, in bytes.
const MOST_SMALL_BYTES: usize = 4 << 20;

/// What is sent.
pub(super) struct Request<'a> {
    /// `x-request-id`.
    pub(super) id: String,
    /// `x-behaviorvlm-tag`.
    pub(super) tag: &'a str,
    /// `x-behaviorvlm-view`.
    pub(super) view: Option<&'a str>,
    /// JSON.
    pub(super) body: Vec<u8>,
}

/// What came back.
pub(super) struct Reply {
    pub(super) result: Result<Said, Trouble>,
    /// How long the server wants to be left alone, where it says so.
    pub(super) retry_after: Option<Duration>,
}

/// An endpoint with its connections.
pub(super) struct Wire {
    pub(super) endpoint: Endpoint,
    client: reqwest::Client,
    host: String,
}

impl Wire {
    pub(super) fn new(endpoint: Endpoint, limits: &Limits) -> Result<Self, ClientError> {
        install_tls();
        let fail = |reason: String| ClientError::Unusable { endpoint: endpoint.to_string(), reason };
        let url = Url::parse(&endpoint.base_url).map_err(|error| fail(error.to_string()))?;
        let mut builder = reqwest::Client::builder()
            .connect_timeout(limits.connect)
            .pool_idle_timeout(IDLE)
            .redirect(redirect::Policy::none())
            .tcp_nodelay(true)
            .user_agent(concat!("behaviorvlm/", env!("CARGO_PKG_VERSION")));
        if endpoint.is_local() {
            builder = builder.no_proxy();
        }
        if url.scheme() == "http" {
            // Without this, a machine that has no certificates could not even speak plain HTTP.
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build().map_err(|error| fail(words(&error)))?;
        let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
        let host = format!("{}{port}", url.host_str().unwrap_or_default());
        Ok(Self { endpoint, client, host })
    }

    /// Sends a chat completion and reads what comes back.
    pub(super) async fn send(&self, request: Request<'_>, limits: &Limits) -> Reply {
        let mut retry_after = None;
        let whole = tokio::time::timeout(limits.total, self.exchange(request, limits, &mut retry_after)).await;
        let result = whole.unwrap_or(Err(Trouble::Slow { what: Slow::Total, limit: limits.total }));
        Reply { result, retry_after }
    }

    /// The answer to a GET: status and body, without the key should it be quoted.
    pub(super) async fn get(&self, path: &str, limits: &Limits) -> Result<(u16, String), Trouble> {
        let limit = (limits.connect * 3).min(limits.first_byte);
        let whole = tokio::time::timeout(limit, self.small(Method::GET, path, None, (limits, MOST_SMALL_BYTES)));
        whole.await.unwrap_or(Err(Trouble::Slow { what: Slow::FirstByte, limit }))
    }

    /// The answer to JSON that is no chat completion: status and body, without the key should it be quoted.
    pub(super) async fn post(
        &self,
        path: &str,
        tag: &str,
        body: Vec<u8>,
        limits: &Limits,
    ) -> Result<(u16, String), Trouble> {
        let request = Request { id: super::request_id(), tag, view: None, body };
        let read = self.small(Method::POST, path, Some(request), (limits, limits.most_bytes));
        let slow = Trouble::Slow { what: Slow::FirstByte, limit: limits.first_byte };
        tokio::time::timeout(limits.first_byte, read).await.unwrap_or(Err(slow))
    }

    async fn small(
        &self,
        method: Method,
        path: &str,
        request: Option<Request<'_>>,
        (limits, most_bytes): (&Limits, usize),
    ) -> Result<(u16, String), Trouble> {
        let headers = self.headers(request.as_ref())?;
        let mut asking = self.client.request(method, format!("{}{path}", self.endpoint.base_url)).headers(headers);
        if let Some(request) = request {
            asking = asking.body(request.body);
        }
        let mut response = asking.send().await.map_err(|error| self.trouble(&error, limits))?;
        self.check_moved(&response)?;
        let status = response.status().as_u16();
        let mut bytes: Vec<u8> = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.trouble(&error, limits))? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > most_bytes {
                return Err(Trouble::TooLong { bytes: bytes.len() });
            }
        }
        Ok((status, String::from_utf8_lossy(&self.clean(&bytes)).into_owned()))
    }

    /// Whether the server takes requests at all.
    pub(super) async fn is_there(&self, limits: &Limits) -> bool {
        self.get("/models", limits).await.is_ok_and(|(status, _)| status < 500)
    }

    async fn exchange(
        &self,
        request: Request<'_>,
        limits: &Limits,
        retry_after: &mut Option<Duration>,
    ) -> Result<Said, Trouble> {
        let began = Instant::now();
        let first_byte = Trouble::Slow { what: Slow::FirstByte, limit: limits.first_byte };
        let headers = self.headers(Some(&request))?;
        let url = format!("{}/chat/completions", self.endpoint.base_url);
        let sending = self.client.request(Method::POST, url).headers(headers).body(request.body).send();
        let response = tokio::time::timeout(limits.first_byte, sending).await.map_err(|_| first_byte.clone())?;
        let mut response = response.map_err(|error| self.trouble(&error, limits))?;
        self.check_moved(&response)?;
        *retry_after = wait_asked(response.headers(), SystemTime::now());
        let status = response.status().as_u16();
        let is_stream = is_event_stream(&response) && response.status().is_success();
        let mut reader = StreamReader::new();
        let mut plain = Vec::new();
        let mut count = 0;
        loop {
            let (limit, slow) = if count == 0 {
                (limits.first_byte.saturating_sub(began.elapsed()), first_byte.clone())
            } else {
                (limits.between, Trouble::Slow { what: Slow::Between, limit: limits.between })
            };
            let chunk = match tokio::time::timeout(limit, response.chunk()).await.map_err(|_| slow)? {
                Ok(Some(chunk)) => chunk,
                Ok(None) => break,
                // What was said to its end is an answer, even if the connection broke right behind it.
                Err(error) if is_stream => return reader.finish().map_err(|_| self.trouble(&error, limits)),
                Err(error) => return Err(self.trouble(&error, limits)),
            };
            count += chunk.len();
            if count > limits.most_bytes {
                return Err(Trouble::TooLong { bytes: count });
            }
            let chunk = self.clean(&chunk);
            if !is_stream {
                plain.extend_from_slice(&chunk);
                continue;
            }
            match reader.push(&chunk) {
                Step::More => {}
                Step::Done => {
                    let _ = tokio::time::timeout(LINGER, response.chunk()).await;
                    break;
                }
                Step::Runaway(kind) => return whole_or_runaway(reader.said().clone(), kind),
                Step::Failed(error) => return Err(Trouble::Server(error)),
            }
        }
        let said = if is_stream { reader.finish() } else { read_plain(status, &plain) };
        let said = said.map_err(Trouble::Server)?;
        match said.runaway() {
            Some(kind) => whole_or_runaway(said, kind),
            None => Ok(said),
        }
    }

    fn headers(&self, request: Option<&Request<'_>>) -> Result<HeaderMap, Trouble> {
        let value = |text: &str| {
            // The value is not quoted: it may be the key.
            HeaderValue::from_str(text).map_err(|_| Trouble::Unsendable {
                reason: "a key, tag or view has characters that no header takes".into(),
            })
        };
        let mut headers = HeaderMap::new();
        if let Some(key) = &self.endpoint.key {
            let mut bearer = value(&format!("Bearer {}", key.expose()))?;
            bearer.set_sensitive(true);
            headers.insert(AUTHORIZATION, bearer);
        }
        if let Some(request) = request {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream, application/json"));
            headers.insert(HeaderName::from_static("x-request-id"), value(&request.id)?);
            headers.insert(HeaderName::from_static("x-behaviorvlm-tag"), value(request.tag)?);
            if let Some(view) = request.view {
                headers.insert(HeaderName::from_static("x-behaviorvlm-view"), value(view)?);
            }
        }
        Ok(headers)
    }

    fn check_moved(&self, response: &Response) -> Result<(), Trouble> {
        if !response.status().is_redirection() {
            return Ok(());
        }
        let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
        let to = to.and_then(|to| response.url().join(to).ok());
        // The query may hold a token.
        let shown = to.map(|to| format!("{}{}", to.origin().ascii_serialization(), to.path()));
        Err(Trouble::Moved { to: shown.unwrap_or_else(|| "another address, which it does not name".to_owned()) })
    }

    /// The bytes, with the key struck out should the server quote it.
    fn clean<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        match &self.endpoint.key {
            // What is shorter is no secret but a word for servers that want any, and stands in many an answer.
            Some(key)
                if key.expose().len() >= LEAST_KEY
                    && bytes.windows(key.expose().len()).any(|window| window == key.expose().as_bytes()) =>
            {
                Cow::Owned(key.redact(&String::from_utf8_lossy(bytes)).into_bytes())
            }
            _ => Cow::Borrowed(bytes),
        }
    }

    fn trouble(&self, error: &reqwest::Error, limits: &Limits) -> Trouble {
        let host = self.host.clone();
        let reason = words(error);
        if error.is_builder() {
            Trouble::Unsendable { reason }
        } else if let Some(reason) = tls_words(error) {
            Trouble::Tls { host, reason }
        } else if error.is_connect() && error.is_timeout() {
            Trouble::Slow { what: Slow::Connect, limit: limits.connect }
        } else if error.is_connect() && error.is_dns() {
            Trouble::NoHost { host: self.endpoint.host() }
        } else if error.is_connect() && reason.contains("tls handshake") {
            Trouble::Tls { host, reason }
        } else if error.is_connect() {
            Trouble::NoServer { host, reason }
        } else if chain(error).any(|error| error.to_string().starts_with("invalid HTTP")) {
            Trouble::NotHttp { host, reason }
        } else {
            Trouble::Lost { reason }
        }
    }
}

/// Bytes of the shortest key that is struck out of what servers say.
const LEAST_KEY: usize = 8;

/// An answer that is complete before its tail of white space is one; anything else that ran away is none.
fn whole_or_runaway(said: Said, kind: Runaway) -> Result<Said, Trouble> {
    let is_whole = serde_json::from_str::<Map<String, Value>>(said.text.trim()).is_ok();
    if kind == Runaway::Whitespace && is_whole { Ok(said) } else { Err(Trouble::Runaway(kind)) }
}

/// Reads a body that was not announced as a stream.
fn read_plain(status: u16, body: &[u8]) -> Result<Said, ServerError> {
    let text = String::from_utf8_lossy(body);
    let start = text.trim_start();
    let is_success = (200..300).contains(&status);
    if is_success && start.starts_with("data:") {
        let mut reader = StreamReader::new();
        return match reader.push(body) {
            Step::Failed(error) => Err(error),
            _ => reader.finish(),
        };
    }
    let is_cut = || serde_json::from_str::<Value>(start).is_err_and(|error| error.is_eof());
    if is_success && start.starts_with('{') && is_cut() {
        return Err(ServerError::BrokenOff);
    }
    reply::read(status, &text)
}

fn is_event_stream(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    kind.to_ascii_lowercase().starts_with("text/event-stream")
}

/// How long the server wants to be left alone: `retry-after-ms`, or `Retry-After` as seconds or as a date.
fn wait_asked(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let seconds = |text: &str| text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    if let Some(wait) = text(HeaderName::from_static("retry-after-ms")).and_then(seconds) {
        return Some(wait / 1000);
    }
    let text = text(RETRY_AFTER)?;
    seconds(text).or_else(|| Some(http_date(text)?.duration_since(now).unwrap_or_default()))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`, the only form of date that servers are to write.
fn http_date(text: &str) -> Option<SystemTime> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (_, date) = text.split_once(", ")?;
    let mut parts = date.split(' ');
    let day: u64 = parts.next()?.parse().ok()?;
    let month_name = parts.next()?;
    let month = MONTHS.iter().position(|month| *month == month_name)? as u64;
    let year: u64 = parts.next()?.parse().ok().filter(|year| (1970..10_000).contains(year))?;
    let mut clock = parts.next()?.split(':').map(|part| part.parse::<u64>().ok());
    let (hours, minutes, secs) = (clock.next()??, clock.next()??, clock.next()??);
    // Days from 1 March 0000 on, in years that begin with March, so that leap days come last.
    let (years, months) = if month < 2 { (year - 1, month + 10) } else { (year, month - 2) };
    let days = years * 365 + years / 4 - years / 100 + years / 400 + (months * 153 + 2) / 5 + day.checked_sub(1)?;
    let since_1970 = days.checked_sub(719_468)? * 86_400 + hours * 3600 + minutes * 60 + secs;
    Some(SystemTime::UNIX_EPOCH + Duration::from_secs(since_1970))
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| (*error).source())
}

/// The innermost cause: the outer ones say "error sending request" and quote the address.
fn words(error: &reqwest::Error) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}

/// What TLS has to say, where it is to blame.
fn tls_words(error: &reqwest::Error) -> Option<String> {
    let of = |error: &(dyn Error + 'static)| {
        let inside = error.downcast_ref::<io::Error>().and_then(|error| error.get_ref());
        let found = inside.and_then(|inside| inside.downcast_ref::<rustls::Error>());
        found.or_else(|| error.downcast_ref::<rustls::Error>()).map(ToString::to_string)
    };
    chain(error).find_map(of)
}

/// reqwest comes without a TLS provider of its own; this one builds without cmake.
fn install_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error means that one is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_that_servers_ask_for_are_understood() {
        let now = http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(now.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs(), 784_111_777);
        let leap = http_date("Thu, 29 Feb 2024 00:00:00 GMT").unwrap();
        assert_eq!(leap.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs(), 1_709_164_800);
        let check = |name: &'static str, value: &'static str, expected: Option<u64>| {
            let headers = HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static(value))]);
            assert_eq!(wait_asked(&headers, now), expected.map(Duration::from_millis), "{name}: {value}");
        };
        check("retry-after", "2", Some(2000));
        check("retry-after", " 0.5", Some(500));
        check("retry-after-ms", "250", Some(250));
        check("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT", Some(30_000));
        check("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT", Some(0));
        for nonsense in ["", "-3", "soon", "NaN", "1e300", "Sun, 00 Nov 1994 08:00:00 GMT", "Sun, 06 Nov"] {
            check("retry-after", nonsense, None);
        }
    }

    #[test]
    fn bodies_that_are_cut_or_mislabelled_are_told_from_foreign_ones() {
        assert_eq!(read_plain(200, br#"{"choices": [{"mess"#), Err(ServerError::BrokenOff));
        let streamed = b"data: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\ndata: [DONE]\n\n";
        assert_eq!(read_plain(200, streamed).unwrap().text, "hi");
        assert!(matches!(read_plain(200, b"<html>It works!</html>"), Err(ServerError::Foreign { .. })));
    }
}
