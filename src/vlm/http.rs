//! Asking model servers: OpenAI-compatible chat completions over HTTP, and whatever goes wrong with them.
//!
//! A [`Client`] has the endpoints of one role and gives each question to the least busy. What may pass is tried again after a
//! growing wait; a server that loads its model or asks to be left alone is waited for; a model that runs in circles is stopped
//! and asked once in another manner; an endpoint that is gone or refuses everybody is left out, and when none is left the caller
//! is told to pause ([`AskError::Gone`]). A question's answer is not judged here: see [`super::answer`].
//!
//! Each request has the headers `x-behaviorvlm-tag`, `x-behaviorvlm-view` where the question has a view, and an `x-request-id`
//! of its own. Redirects are not followed, so that pictures and keys reach the named host only; a host that is not this machine
//! needs leave. The caller owns the tokio runtime (one thread is enough; I/O and time enabled). Dropping a future, or throwing
//! [`Stop`], drops its request with the connection.

mod check;

mod embed;

mod endpoint;

mod kept_key;

mod limits;

mod pool;

mod refused;

mod stop;

mod tally;

mod trouble;

mod wire;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rand::RngExt;
use thiserror::Error;

use super::profile::Profile;
use super::question::{Manner, Question};
use super::reply::{Runaway, Said, ServerError};
pub use check::{Finding, Severity};
pub use endpoint::{CONCURRENCY, Endpoint, EndpointError, Role, Secret, is_local};
pub use kept_key::KeyringError;
pub use limits::Limits;
pub use pool::{EndpointState, Standing};
pub use stop::Stop;
pub use tally::Tally;
pub use trouble::{AskError, Out, Slow, Trouble};

use pool::{Pool, Turn};
use refused::{Refused, do_without};
use tally::Counting;
use trouble::Remedy;
use wire::{Reply, Request, Wire};

/// The wait before a server that loads its model is asked again.
const LOADING_WAIT: Duration = Duration::from_secs(2);

/// An answer, not yet judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// What the model said.
    pub said: Said,
    /// The endpoint that answered, as it shows itself.
    pub endpoint: String,
    /// The model that was named.
    pub model: String,
    /// The manner in which it was asked in the end.
    pub manner: Manner,
    /// `x-request-id` of the request that was answered.
    pub request_id: String,
    /// Requests before that one, and what became of them.
    pub retries: Vec<Retry>,
    /// From the first byte sent to the last byte read of the request that was answered, in milliseconds.
    pub millis: u64,
    /// By the profile's prices; `None` where the server counts no tokens or the profile has no prices.
    pub cost: Option<f64>,
}

/// A request that brought no answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// Its `x-request-id`.
    pub request_id: String,
    /// What went wrong.
    pub trouble: Trouble,
}

/// Why there is no client.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ClientError {
    /// Nothing to ask.
    #[error("No endpoint was given.")]
    NoEndpoint,
    /// Nobody allowed it.
    #[error(
        "Pictures would be sent to {host}, which is not this machine. Allow that with --allow-host {host}, or in the window."
    )]
    NeedsLeave {
        /// The host.
        host: String,
    },
    /// TLS or the address is not usable.
    #[error("{endpoint} cannot be asked from this machine ({reason}).")]
    Unusable {
        /// The endpoint.
        endpoint: String,
        /// The library's words.
        reason: String,
    },
}

/// Asks the endpoints of one role. Clones share everything.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    wires: Vec<Wire>,
    profile: Profile,
    limits: Limits,
    stop: Stop,
    pool: Pool,
    counting: Counting,
    refused: Mutex<Refused>,
}

/// What is left for a question after a trouble.
enum Next {
    /// Try again after this wait.
    Retry(Duration),
    /// No answer.
    Fail,
}

/// A question on its way to an answer.
struct Attempt<'a> {
    question: &'a Question,
    manner: Manner,
    began: Instant,
    retries: Vec<Retry>,
    /// Troubles at endpoints that are still believed in.
    tries: u32,
    slow: u32,
    waited: Duration,
    runaways: u32,
    avoided: Option<usize>,
    /// Whether the last request asked for a stream.
    streams: bool,
}

impl Client {
    /// A client of these endpoints. `allowed_hosts` are the hosts other than this machine that may be sent pictures.
    ///
    /// # Errors
    /// No endpoint, a host without leave, or no TLS on this machine.
    pub fn new(
        endpoints: Vec<Endpoint>,
        profile: Profile,
        limits: Limits,
        allowed_hosts: &[String],
        stop: Stop,
    ) -> Result<Self, ClientError> {
        if endpoints.is_empty() {
            return Err(ClientError::NoEndpoint);
        }
        for endpoint in &endpoints {
            let host = endpoint.host();
            if !is_local(&host) && !allowed_hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(&host)) {
                return Err(ClientError::NeedsLeave { host });
            }
        }
        let pool = Pool::new(endpoints.iter().map(|endpoint| (endpoint.to_string(), endpoint.concurrency)));
        let wires = endpoints.into_iter().map(|endpoint| Wire::new(endpoint, &limits)).collect::<Result<_, _>>()?;
        let counting = Counting::default();
        let refused = Mutex::default();
        Ok(Self(Arc::new(Inner { wires, profile, limits, stop, pool, counting, refused })))
    }

    /// Asks until there is an answer or no hope of one.
    ///
    /// # Errors
    /// See [`AskError`]; [`AskError::pauses`] tells those that would meet every question.
    pub async fn ask(&self, question: &Question, manner: &Manner) -> Result<Answered, AskError> {
        let inner = &*self.0;
        inner.counting.change(|tally| tally.asked += 1);
        let result = tokio::select! {
            biased;
            () = inner.stop.stopped() => Err(AskError::Stopped),
            result = inner.persist(question, manner) => result,
        };
        inner.counting.change(|tally| match &result {
            Ok(_) => tally.answered += 1,
            Err(AskError::Failed { .. }) => tally.failed += 1,
            Err(AskError::Stopped | AskError::Gone(_)) => {}
        });
        result
    }

    /// What was done so far.
    pub fn tally(&self) -> Tally {
        self.0.counting.tally()
    }

    /// How the endpoints fare.
    pub fn endpoints(&self) -> Vec<EndpointState> {
        self.0.pool.states()
    }

    /// Lets endpoints that were left out be asked again at once: someone has seen to them.
    pub fn revive(&self) {
        self.0.pool.revive();
    }

    /// The profile that it asks by.
    pub fn profile(&self) -> &Profile {
        &self.0.profile
    }

    /// Tries each endpoint with a small question: is it there, does it take the key, does it know the model, how long is its
    /// context, does it read pictures. What was found, in words; stops at what makes the rest pointless.
    pub async fn test(&self) -> Vec<Finding> {
        let inner = &*self.0;
        let mut found = Vec::new();
        for wire in &inner.wires {
            tokio::select! {
                biased;
                () = inner.stop.stopped() => break,
                findings = check::check(wire, &inner.profile, &inner.limits) => found.extend(findings),
            }
        }
        found
    }
}

impl Inner {
    async fn persist(&self, question: &Question, manner: &Manner) -> Result<Answered, AskError> {
        let mut attempt = Attempt {
            question,
            manner: manner.clone(),
            began: Instant::now(),
            retries: Vec::new(),
            tries: 0,
            slow: 0,
            waited: Duration::ZERO,
            runaways: 0,
            avoided: None,
            streams: false,
        };
        loop {
            let wait = match self.try_once(&mut attempt).await? {
                Ok(answered) => return Ok(answered),
                Err(wait) => wait,
            };
            if !wait.is_zero() {
                let _waiting = self.counting.while_held(|tally| &mut tally.waiting);
                tokio::time::sleep(wait).await;
            }
        }
    }

    /// One request: the answer, or how long to wait before the next.
    async fn try_once(&self, attempt: &mut Attempt<'_>) -> Result<Result<Answered, Duration>, AskError> {
        let waiting = self.counting.while_held(|tally| &mut tally.waiting);
        let turn = self.pool.turn(attempt.avoided).await.map_err(AskError::Gone)?;
        drop(waiting);
        let wire = &self.wires[turn.at];
        let refused = *self.refused();
        attempt.manner.without_schema |= refused.schema;
        attempt.manner.without_effort |= refused.effort;
        attempt.manner.without_template |= refused.template;
        let stream = self.limits.stream && !refused.stream;
        attempt.streams = stream;
        let body = attempt.question.body(&wire.endpoint.model, &self.profile, &attempt.manner, stream);
        let request = Request {
            id: request_id(),
            tag: &attempt.question.tag,
            view: attempt.question.view.as_deref(),
            body: body.to_string().into_bytes(),
        };
        if !attempt.retries.is_empty() {
            self.counting.change(|tally| tally.retried += 1);
        }
        let in_flight = self.counting.while_held(|tally| &mut tally.in_flight);
        let began = Instant::now();
        let id = request.id.clone();
        let Reply { result, retry_after } = wire.send(request, &self.limits).await;
        drop(in_flight);
        match result {
            Ok(said) => {
                turn.spoke(true);
                Ok(Ok(Answered {
                    cost: self.counting.meter(&said.usage, &self.profile),
                    said,
                    endpoint: wire.endpoint.to_string(),
                    model: wire.endpoint.model.clone(),
                    manner: attempt.manner.clone(),
                    request_id: id,
                    retries: std::mem::take(&mut attempt.retries),
                    millis: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
                }))
            }
            Err(trouble) => {
                self.counting.trouble(trouble.name());
                let next = self.next(attempt, &turn, &trouble, retry_after).await;
                attempt.avoided = Some(turn.at);
                attempt.retries.push(Retry { request_id: id, trouble: trouble.clone() });
                match next {
                    Next::Retry(wait) => Ok(Err(wait)),
                    Next::Fail => Err(AskError::Failed { trouble, tries: attempt.retries.len() as u32 }),
                }
            }
        }
    }

    /// What a trouble means for the endpoint and for the question.
    async fn next(
        &self,
        attempt: &mut Attempt<'_>,
        turn: &Turn<'_>,
        trouble: &Trouble,
        retry_after: Option<Duration>,
    ) -> Next {
        let limits = &self.limits;
        let why = trouble.to_string();
        match trouble.remedy() {
            Remedy::GiveUp => {
                turn.spoke(false);
                Next::Fail
            }
            Remedy::Otherwise(kind) => {
                turn.spoke(true);
                self.counting.change(|tally| tally.unmetered += 1);
                attempt.runaways += 1;
                match kind {
                    Runaway::Whitespace => attempt.manner.without_schema = true,
                    Runaway::Loop => attempt.manner.without_thinking = true,
                }
                if attempt.runaways > 1 { Next::Fail } else { Next::Retry(Duration::ZERO) }
            }
            Remedy::Wait => {
                turn.spoke(false);
                let wait = retry_after.unwrap_or_else(|| self.patient_wait(attempt, trouble));
                attempt.waited += wait;
                if attempt.waited > limits.patience {
                    turn.leave_out(&why, Some(limits));
                    attempt.waited = Duration::ZERO;
                    return Next::Retry(Duration::ZERO);
                }
                if retry_after.is_some() || is_loading(trouble) {
                    // Holding does not sleep: the pool wakes those who wait for their turn, each with a wait of its own.
                    turn.hold(wait, &why);
                    return Next::Retry(Duration::ZERO);
                }
                Next::Retry(wait)
            }
            Remedy::LeaveOut if self.adapts(attempt, trouble) => {
                turn.spoke(false);
                Next::Retry(Duration::ZERO)
            }
            Remedy::LeaveOut => {
                let is_longer = attempt.manner.correction.is_some() || turn.has_answered();
                let question = trouble.is_of_question(is_longer).then_some(&attempt.question.tag);
                if turn.refused(&why, limits, question) {
                    (attempt.tries, attempt.slow) = (0, 0);
                    return Next::Retry(Duration::ZERO);
                }
                self.again(attempt, turn, &why).await
            }
            Remedy::AgainOnce => {
                turn.failed(&why, limits);
                attempt.slow += 1;
                if attempt.slow >= limits.slow_tries {
                    attempt.tries = limits.tries;
                }
                self.again(attempt, turn, &why).await
            }
            Remedy::Again => {
                turn.failed(&why, limits);
                let wait = self.again(attempt, turn, &why).await;
                match (wait, retry_after) {
                    (Next::Retry(wait), Some(asked)) => Next::Retry(wait.max(asked.min(limits.patience))),
                    (next, _) => next,
                }
            }
        }
    }

    /// Once more after a wait, unless that has been enough: then either the server is there, and this question fails, or it is
    /// left out, and the question goes elsewhere.
    async fn again(&self, attempt: &mut Attempt<'_>, turn: &Turn<'_>, why: &str) -> Next {
        attempt.tries = attempt.tries.saturating_add(1);
        if attempt.tries < self.limits.tries {
            return Next::Retry(self.limits.wait_after(attempt.tries, rand::rng().random()));
        }
        if turn.has_answered_since(attempt.began) || self.wires[turn.at].is_there(&self.limits).await {
            return Next::Fail;
        }
        turn.leave_out(why, Some(&self.limits));
        (attempt.tries, attempt.slow) = (0, 0);
        Next::Retry(Duration::ZERO)
    }

    fn patient_wait(&self, attempt: &Attempt<'_>, trouble: &Trouble) -> Duration {
        let times = u32::try_from(attempt.retries.len() + 1).unwrap_or(u32::MAX);
        let wait = self.limits.wait_after(times, rand::rng().random());
        if is_loading(trouble) { wait.min(LOADING_WAIT) } else { wait }
    }

    /// What servers refused by now.
    fn refused(&self) -> MutexGuard<'_, Refused> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a form of request that the server refuses can be done without. Each question that was sent with it is sent once
    /// more without: many are on their way when the first is refused.
    fn adapts(&self, attempt: &Attempt<'_>, trouble: &Trouble) -> bool {
        let mut form = (attempt.manner.clone(), attempt.streams);
        let adapts = do_without(&self.profile, &mut form, trouble);
        if adapts {
            let (manner, streams) = form;
            let mut refused = self.refused();
            refused.stream |= attempt.streams && !streams;
            refused.schema |= manner.without_schema && !attempt.manner.without_schema;
            refused.effort |= manner.without_effort;
            refused.template |= manner.without_template;
        }
        adapts
    }
}

fn is_loading(trouble: &Trouble) -> bool {
    matches!(trouble, Trouble::Server(ServerError::Loading { .. }))
}

/// Unique without a clock or a counter that would start anew with the next run.
fn request_id() -> String {
    format!("bvlm-{:032x}", rand::rng().random::<u128>())
}
