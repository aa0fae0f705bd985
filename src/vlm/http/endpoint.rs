//! Where a model is served: its address, its name, how many requests it takes at once, and the key, which nobody may see.

use std::fmt;
use std::net::IpAddr;

use reqwest::Url;
use thiserror::Error;

/// Requests that an endpoint gets at once where nobody says.
pub const CONCURRENCY: usize = 8;

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Regions, assignments, reconciliation.
    Pose,
    /// What an animal does in a clip.
    Caption,
    /// Clips to segments.
    Merge,
    /// Words to vectors.
    Embed,
}

impl Role {
    /// All, in the order in which they are listed.
    pub const ALL: [Self; 4] = [Self::Pose, Self::Caption, Self::Merge, Self::Embed];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pose => "pose",
            Self::Caption => "caption",
            Self::Merge => "merge",
            Self::Embed => "embed",
        }
    }
}

/// A key. It shows itself to nobody: neither `Debug` nor an error holds it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The variable of the environment that holds a key.
    pub const VARIABLE: &str = "BEHAVIORVLM_API_KEY";

    /// The key in `text`, without the white space around it; `None` where nothing is left.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// `text` with the key struck out wherever it stands: servers quote it in their complaints.
    pub fn redact(&self, text: &str) -> String {
        text.replace(&self.0, "…")
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// A model behind an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Base of the OpenAI-compatible paths, without a slash at its end: `http://127.0.0.1:8000/v1`.
    pub base_url: String,
    /// The model's name as the server knows it.
    pub model: String,
    /// The key, where one is needed.
    pub key: Option<Secret>,
    /// Requests at once, at least 1.
    pub concurrency: usize,
}

/// Why something names no endpoint. Nothing of the address is quoted, since keys have been seen in there.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum EndpointError {
    /// Not of the form.
    #[error("a model is named as ROLE=NAME@URL, for instance pose=Qwen/Qwen3.5-27B@http://127.0.0.1:8000")]
    Form,
    /// No such role.
    #[error("`{0}` is no role of a model; there are pose, caption, merge and embed")]
    Role(String),
    /// Not an address.
    #[error("the address of model `{model}` is not one: {reason}")]
    Url {
        /// The model.
        model: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A key in the address would end up in logs.
    #[error("the address of model `{model}` holds a key or a password; put the key into BEHAVIORVLM_API_KEY instead")]
    Credentials {
        /// The model.
        model: String,
    },
}

impl Endpoint {
    /// The model at that address, which gets `/v1` where it has no path; no key, and [`CONCURRENCY`] requests at once.
    ///
    /// # Errors
    /// The address is none, is not http, or holds a key.
    pub fn new(model: &str, url: &str) -> Result<Self, EndpointError> {
        let fail = |reason: String| EndpointError::Url { model: model.to_owned(), reason };
        let url = Url::parse(url.trim()).map_err(|error| fail(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(fail("it must begin with http:// or https://".to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
            return Err(EndpointError::Credentials { model: model.to_owned() });
        }
        let path = url.path().trim_end_matches('/');
        let path = path.strip_suffix("/chat/completions").unwrap_or(path);
        let path = if path.is_empty() { "/v1" } else { path };
        let base_url = format!("{}{path}", url.origin().ascii_serialization());
        Ok(Self { base_url, model: model.to_owned(), key: None, concurrency: CONCURRENCY })
    }

    /// `ROLE=NAME@URL`, split at the last `@` before `http`: names hold `@` and `=` at times.
    ///
    /// # Errors
    /// Not of that form, no such role, or no address.
    pub fn parse(text: &str) -> Result<(Role, Self), EndpointError> {
        let (role, rest) = text.split_once('=').ok_or(EndpointError::Form)?;
        let at = rest.rfind("@http").ok_or(EndpointError::Form)?;
        let (model, url) = (&rest[..at], &rest[at + 1..]);
        if model.is_empty() {
            return Err(EndpointError::Form);
        }
        let role = Role::ALL
            .into_iter()
            .find(|known| known.name() == role)
            .ok_or_else(|| EndpointError::Role(role.to_owned()))?;
        Ok((role, Self::new(model, url)?))
    }

    /// The machine's name or number, without port.
    pub fn host(&self) -> String {
        let url = Url::parse(&self.base_url).ok();
        url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Whether it is on this machine, see [`is_local`].
    pub fn is_local(&self) -> bool {
        is_local(&self.host())
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} at {}", self.model, self.base_url)
    }
}

/// Whether a host is this machine for certain, so that pictures sent to it stay here. Names that a resolver or a hosts file
/// may lead elsewhere count as elsewhere.
pub fn is_local(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase();
    if host == "localhost" || host.ends_with(".localhost") {
        return true;
    }
    host.parse::<IpAddr>().is_ok_and(|address| {
        let address = address.to_canonical();
        address.is_loopback() || address.is_unspecified()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_split_at_the_last_at_before_http() {
        let check = |text: &str, role: Role, model: &str, url: &str| {
            let (found, endpoint) = Endpoint::parse(text).unwrap();
            assert_eq!((found, endpoint.model.as_str(), endpoint.base_url.as_str()), (role, model, url), "{text}");
        };
        check(
            "pose=Qwen/Qwen3.5-27B@http://127.0.0.1:8000",
            Role::Pose,
            "Qwen/Qwen3.5-27B",
            "http://127.0.0.1:8000/v1",
        );
        check("merge=a@http@https://x.org/", Role::Merge, "a@http", "https://x.org/v1");
        check("caption=m=1@b@http://x/openai/v2/", Role::Caption, "m=1@b", "http://x/openai/v2");
        check("embed=e@http://[::1]:9/v1/chat/completions", Role::Embed, "e", "http://[::1]:9/v1");
        check("pose=m@HTTP://x".replace("HTTP", "http").as_str(), Role::Pose, "m", "http://x/v1");
    }

    #[test]
    fn what_is_no_endpoint_is_said_without_quoting_a_key() {
        let said = |text: &str| Endpoint::parse(text).unwrap_err().to_string();
        assert!(said("pose:m@http://x").contains("ROLE=NAME@URL"));
        assert!(said("pose=http://x").contains("ROLE=NAME@URL"));
        assert!(said("pose=@http://x").contains("ROLE=NAME@URL"));
        assert!(said("poses=m@http://x").contains("`poses` is no role"));
        assert!(said("pose=m@http://").contains("is not one"));
        assert!(said("pose=m@httpx://h").contains("http://"));
        for text in ["pose=m@https://me:sk-123@x.org", "pose=m@https://x.org/v1?key=sk-123"] {
            let sentence = said(text);
            assert!(!sentence.contains("sk-123"), "{sentence}");
            assert!(sentence.contains("BEHAVIORVLM_API_KEY"), "{sentence}");
        }
    }

    #[test]
    fn this_machine_is_told_from_others() {
        for host in ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]", "0.0.0.0"] {
            assert!(is_local(host), "{host}");
        }
        for host in
            ["example.org", "10.0.0.1", "192.168.1.4", "localhost.example.org", "mylocalhost", "2001:db8::1", ""]
        {
            assert!(!is_local(host), "{host}");
        }
        assert!(is_local("::ffff:127.0.0.1"));
    }

    #[test]
    fn a_key_is_never_shown() {
        let mut endpoint = Endpoint::new("m", "http://x").unwrap();
        endpoint.key = Secret::new(" sk-12345\n");
        assert!(!format!("{endpoint:?} {endpoint}").contains("12345"));
        let key = endpoint.key.unwrap();
        assert_eq!(key.redact("Incorrect key sk-12345 given"), "Incorrect key … given");
        assert_eq!(Secret::new(" \n"), None);
    }
}
