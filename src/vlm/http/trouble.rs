//! What can go wrong with one request, and what is left of it for a question.

use std::fmt;
use std::time::Duration;

use thiserror::Error;

use crate::vlm::reply::{Runaway, ServerError};

/// Why one request brought no answer. Each shows itself as sentences that say what is wrong and what to do.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Trouble {
    /// The server said so.
    #[error("{0}")]
    Server(ServerError),
    /// The model ran in circles and was stopped.
    #[error("{0} It was stopped.")]
    Runaway(Runaway),
    /// The host's name leads nowhere.
    #[error("No machine named {host} was found. Check the address, and the network or VPN.")]
    NoHost {
        /// The name.
        host: String,
    },
    /// Nobody takes the connection.
    #[error("{host} takes no connection ({reason}). Check that the server runs, and its port.")]
    NoServer {
        /// Host and port.
        host: String,
        /// The system's words.
        reason: String,
    },
    /// No secure connection.
    #[error("There is no secure connection to {host} ({reason}). {}", tls_remedy(.reason))]
    Tls {
        /// Host and port.
        host: String,
        /// The library's words.
        reason: String,
    },
    /// What answers does not speak HTTP.
    #[error("What answers at {host} does not speak HTTP ({reason}). Check the port, and whether it wants https://.")]
    NotHttp {
        /// Host and port.
        host: String,
        /// The library's words.
        reason: String,
    },
    /// The connection broke.
    #[error("The connection broke before the answer was complete ({reason}).")]
    Lost {
        /// The system's words.
        reason: String,
    },
    /// It took too long.
    #[error(
        "There was no answer in time: {what} took longer than {} s. The server may be overloaded, or the limit too short.",
        .limit.as_secs_f64()
    )]
    Slow {
        /// Which part.
        what: Slow,
        /// The limit that was passed.
        limit: Duration,
    },
    /// The answer does not end.
    #[error("The answer was stopped after {bytes} bytes: none is that long.")]
    TooLong {
        /// What had come by then.
        bytes: usize,
    },
    /// It is somewhere else; pictures are not sent after it, and neither is the key.
    #[error("The server sends requests on to {to}. If that is right, give that address for the model.")]
    Moved {
        /// Where to, without anything that may be secret.
        to: String,
    },
    /// What is sent cannot be sent.
    #[error("The request could not be made ({reason}).")]
    Unsendable {
        /// Why.
        reason: String,
    },
}

/// What took too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slow {
    /// Making the connection.
    Connect,
    /// Waiting for the answer to begin.
    FirstByte,
    /// Waiting for the answer to go on.
    Between,
    /// All of it.
    Total,
}

impl fmt::Display for Slow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Connect => "connecting",
            Self::FirstByte => "waiting for the answer to begin",
            Self::Between => "a pause within the answer",
            Self::Total => "the whole answer",
        })
    }
}

/// What to do about a trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// It may pass: try again after a while.
    Again,
    /// It may pass, but finding out takes minutes.
    AgainOnce,
    /// The server wants to be left alone for a while, and is well otherwise.
    Wait,
    /// Ask in another manner.
    Otherwise(Runaway),
    /// This question gets no answer here, another may.
    GiveUp,
    /// The same for every question: leave the endpoint out.
    LeaveOut,
}

impl Trouble {
    /// A short name, for counting.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Server(error) => server_error_name(error),
            Self::Runaway(Runaway::Loop) => "loop",
            Self::Runaway(Runaway::Whitespace) => "whitespace",
            Self::NoHost { .. } => "no host",
            Self::NoServer { .. } => "no server",
            Self::Tls { .. } => "tls",
            Self::NotHttp { .. } => "not http",
            Self::Lost { .. } => "connection lost",
            Self::Slow { .. } => "too slow",
            Self::TooLong { .. } => "too long",
            Self::Moved { .. } => "moved",
            Self::Unsendable { .. } => "unsendable",
        }
    }

    /// Whether another question may fare better at the same server: its words may be what is refused, and where others were
    /// answered or it quotes an answer, its length.
    pub(super) fn is_of_question(&self, is_longer: bool) -> bool {
        use ServerError::{ContextTooSmall, TooLarge, Unsupported};
        match self {
            Self::Server(Unsupported { .. }) => true,
            Self::Server(ContextTooSmall { .. } | TooLarge { .. }) => is_longer,
            _ => false,
        }
    }

    pub(super) fn remedy(&self) -> Remedy {
        match self {
            Self::Server(ServerError::RateLimited { .. } | ServerError::Loading { .. }) => Remedy::Wait,
            Self::Server(error) if error.is_fatal() => Remedy::LeaveOut,
            Self::Server(error) if error.is_retryable() => Remedy::Again,
            Self::Server(_) | Self::Unsendable { .. } => Remedy::GiveUp,
            Self::Runaway(kind) => Remedy::Otherwise(*kind),
            Self::NoHost { .. } | Self::NoServer { .. } | Self::Lost { .. } => Remedy::Again,
            Self::Slow { what: Slow::Connect, .. } => Remedy::Again,
            Self::Slow { .. } | Self::TooLong { .. } => Remedy::AgainOnce,
            Self::Tls { .. } | Self::NotHttp { .. } | Self::Moved { .. } => Remedy::LeaveOut,
        }
    }
}

fn server_error_name(error: &ServerError) -> &'static str {
    match error {
        ServerError::Unauthorised { .. } => "unauthorised",
        ServerError::UnknownModel { .. } => "unknown model",
        ServerError::ContextTooSmall { .. } => "context too small",
        ServerError::TooManyPictures { .. } => "too many pictures",
        ServerError::NoPictures { .. } => "reads no pictures",
        ServerError::BadPicture { .. } => "bad picture",
        ServerError::CreditsGone { .. } => "credits gone",
        ServerError::RateLimited { .. } => "rate limited",
        ServerError::Loading { .. } => "loading",
        ServerError::Unavailable { .. } => "unavailable",
        ServerError::Unsupported { .. } => "unsupported",
        ServerError::TooLarge { .. } => "too large",
        ServerError::Foreign { .. } => "no chat server",
        ServerError::Empty => "empty",
        ServerError::BrokenOff => "broken off",
        ServerError::Other { .. } => "server error",
    }
}

fn tls_remedy(reason: &str) -> &'static str {
    if ["InvalidContentType", "corrupt message", "handshake eof"].iter().any(|words| reason.contains(words)) {
        "If the server speaks plain HTTP, write http:// instead of https://."
    } else {
        "Check that its certificate is valid for this name, and that this machine trusts who issued it."
    }
}

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum AskError {
    /// It was stopped from outside.
    #[error("Stopped.")]
    Stopped,
    /// No endpoint is left to ask: the run pauses.
    #[error("No server is left to ask. {}", .0.iter().map(Out::to_string).collect::<Vec<_>>().join(" "))]
    Gone(Vec<Out>),
    /// This question alone has no answer; the run goes on without it.
    #[error("{trouble}{}", tries_words(*.tries))]
    Failed {
        /// What went wrong last.
        trouble: Trouble,
        /// Requests that were made.
        tries: u32,
    },
}

impl AskError {
    /// Whether other questions will fare the same, so that a run has to pause.
    pub fn pauses(&self) -> bool {
        matches!(self, Self::Stopped | Self::Gone(_))
    }
}

fn tries_words(tries: u32) -> String {
    if tries > 1 { format!(" This after {tries} tries.") } else { String::new() }
}

/// An endpoint that is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Out {
    /// The endpoint, as it shows itself.
    pub endpoint: String,
    /// What is wrong with it, as a sentence.
    pub why: String,
}

impl fmt::Display for Out {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.endpoint, self.why)
    }
}
