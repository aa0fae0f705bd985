//! Which endpoint gets the next request: the least busy of those that are well. One that fails again and again is left out
//! (the circuit breaker) and tried with a single request after a rest; one that asks to be left alone is, for as long as it
//! says.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::limits::Limits;
use super::trouble::Out;

/// An endpoint with so many failures in a row gets one request at a time while others are well.
const DOUBTFUL: u32 = 3;

/// A rest grows up to so many times the first.
const MOST_RESTS: u32 = 10;

/// How an endpoint fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Well.
    Up,
    /// The last requests failed; so many in a row.
    Failing(u32),
    /// It asked to be left alone, or loads its model, in its words.
    Held(String),
    /// Left out, and why.
    Out(String),
}

/// An endpoint as the window shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointState {
    /// As it shows itself.
    pub endpoint: String,
    /// Requests that are on their way.
    pub in_flight: usize,
    /// Requests that it got so far.
    pub sent: u64,
    /// How it fares.
    pub standing: Standing,
}

pub(super) struct Pool {
    seats: Mutex<Vec<Seat>>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Seat {
    endpoint: String,
    concurrency: usize,
    in_flight: usize,
    sent: u64,
    failures: u32,
    row_began: Option<Instant>,
    last_failure: Option<Instant>,
    last_answer: Option<Instant>,
    refusals: u32,
    /// The questions that were refused in this row, at most as many as it takes to be certain.
    refused: Vec<String>,
    held: Option<(Instant, String)>,
    out: Option<Rest>,
    rests: u32,
}

#[derive(Debug)]
struct Rest {
    /// `None`: until someone sees to it.
    until: Option<Instant>,
    why: String,
}

#[derive(Debug, PartialEq, Eq)]
enum Choice {
    Seat(usize),
    /// For a change, or until then.
    Wait(Option<Instant>),
    Gone,
}

impl Seat {
    /// Requests that it may have at once; 0 while it is held or rests.
    fn capacity(&self, now: Instant, others_are_well: bool) -> usize {
        let rests = self.out.as_ref().is_some_and(|rest| rest.until.is_none_or(|until| until > now));
        let is_held = self.held.as_ref().is_some_and(|(until, _)| *until > now);
        if rests || is_held {
            0
        } else if self.out.is_some() || others_are_well && self.failures >= DOUBTFUL {
            1
        } else {
            self.concurrency
        }
    }

    /// When it may be asked again, where that is known.
    fn returns(&self, now: Instant) -> Option<Instant> {
        let rest = self.out.as_ref().and_then(|rest| rest.until);
        let held = self.held.as_ref().map(|(until, _)| *until);
        [rest, held].into_iter().flatten().filter(|until| *until > now).max()
    }

    fn standing(&self, now: Instant) -> Standing {
        match (&self.out, &self.held) {
            (Some(rest), _) => Standing::Out(rest.why.clone()),
            (None, Some((until, why))) if *until > now => Standing::Held(why.clone()),
            _ if self.failures > 0 => Standing::Failing(self.failures),
            _ => Standing::Up,
        }
    }
}

fn choose(seats: &[Seat], avoided: Option<usize>, now: Instant) -> Choice {
    let is_out = |seat: &Seat| seat.out.as_ref().is_some_and(|rest| rest.until.is_none_or(|until| until > now));
    if seats.iter().all(is_out) {
        return Choice::Gone;
    }
    let well = seats.iter().filter(|seat| seat.out.is_none() && seat.failures == 0).count();
    let free = seats.iter().enumerate().filter(|(_, seat)| seat.in_flight < seat.capacity(now, well > 0));
    let best = free.min_by(|(one_at, one), (other_at, other)| {
        let rank = |at: usize, seat: &Seat| (avoided == Some(at), seat.out.is_some(), seat.failures > 0);
        // in_flight / concurrency, compared without dividing.
        let (one_load, other_load) = (one.in_flight * other.concurrency, other.in_flight * one.concurrency);
        rank(*one_at, one).cmp(&rank(*other_at, other)).then(one_load.cmp(&other_load)).then(one.sent.cmp(&other.sent))
    });
    match best {
        Some((at, _)) => Choice::Seat(at),
        None => Choice::Wait(seats.iter().filter_map(|seat| seat.returns(now)).min()),
    }
}

impl Pool {
    /// Endpoints by name and by how many requests each takes at once.
    pub(super) fn new(endpoints: impl IntoIterator<Item = (String, usize)>) -> Self {
        let seats = endpoints.into_iter().map(|(endpoint, concurrency)| Seat {
            endpoint,
            concurrency: concurrency.max(1),
            ..Seat::default()
        });
        Self { seats: Mutex::new(seats.collect()), changed: Notify::new() }
    }

    /// A turn at an endpoint, rather not at `avoided`. Waits for it.
    ///
    /// # Errors
    /// All endpoints are left out.
    pub(super) async fn turn(&self, avoided: Option<usize>) -> Result<Turn<'_>, Vec<Out>> {
        loop {
            let changed = self.changed.notified();
            let now = Instant::now();
            let until = {
                let mut seats = self.lock();
                match choose(&seats, avoided, now) {
                    Choice::Seat(at) => {
                        seats[at].in_flight += 1;
                        seats[at].sent += 1;
                        return Ok(Turn { pool: self, at, began: now });
                    }
                    Choice::Wait(until) => until,
                    Choice::Gone => return Err(outs(&seats)),
                }
            };
            match until {
                None => changed.await,
                Some(until) => {
                    let _ = tokio::time::timeout_at(until.into(), changed).await;
                }
            }
        }
    }

    /// Lets all endpoints be asked again at once.
    pub(super) fn revive(&self) {
        for seat in self.lock().iter_mut() {
            (seat.out, seat.held, seat.row_began) = (None, None, None);
            (seat.failures, seat.rests, seat.refusals) = (0, 0, 0);
            seat.refused.clear();
        }
        self.changed.notify_waiters();
    }

    pub(super) fn states(&self) -> Vec<EndpointState> {
        let now = Instant::now();
        let state = |seat: &Seat| EndpointState {
            endpoint: seat.endpoint.clone(),
            in_flight: seat.in_flight,
            sent: seat.sent,
            standing: seat.standing(now),
        };
        self.lock().iter().map(state).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Seat>> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn outs(seats: &[Seat]) -> Vec<Out> {
    let why = |seat: &Seat| seat.out.as_ref().map_or_else(String::new, |rest| rest.why.clone());
    seats.iter().map(|seat| Out { endpoint: seat.endpoint.clone(), why: why(seat) }).collect()
}

/// The right to have one request at an endpoint, until it is dropped.
pub(super) struct Turn<'a> {
    pool: &'a Pool,
    /// Which endpoint.
    pub(super) at: usize,
    began: Instant,
}

impl Turn<'_> {
    /// The endpoint is there and said something; `is_answer` if that was an answer.
    pub(super) fn spoke(&self, is_answer: bool) {
        let was_well = self.change(|seat, now| {
            let was_well = seat.failures == 0 && seat.out.is_none();
            (seat.failures, seat.rests, seat.row_began, seat.out) = (0, 0, None, None);
            if is_answer {
                (seat.last_answer, seat.refusals) = (Some(now), 0);
                seat.refused.clear();
            }
            was_well
        });
        if !was_well {
            self.pool.changed.notify_waiters();
        }
    }

    /// It failed in a way that may pass.
    pub(super) fn failed(&self, why: &str, limits: &Limits) {
        let began = self.began;
        let is_out = self.change(|seat, now| {
            // Requests that were on their way together fail together; that is one failure.
            let is_new = seat.last_failure.is_none_or(|last| began >= last);
            if is_new {
                seat.failures = seat.failures.saturating_add(1);
                seat.last_failure = Some(now);
            }
            let row_began = *seat.row_began.get_or_insert(now);
            let has_failed = seat.failures >= limits.failures && now - row_began >= limits.failing;
            let is_out = is_new && (has_failed || seat.out.is_some());
            if is_out {
                rest(seat, now, why, limits);
            }
            is_out
        });
        if is_out {
            self.pool.changed.notify_waiters();
        }
    }

    /// It is well, but wants to be left alone for a while.
    pub(super) fn hold(&self, wait: Duration, why: &str) {
        self.change(|seat, now| {
            let until = seat.held.as_ref().map_or(now, |(until, _)| *until).max(now + wait);
            seat.held = Some((until, why.to_owned()));
        });
        self.pool.changed.notify_waiters();
    }

    /// It refused in a way that would meet every question; left out once that is certain. Whether it is. Where the question
    /// itself may be to blame, it is certain once so many questions in a row were refused, however often each was sent.
    pub(super) fn refused(&self, why: &str, limits: &Limits, question: Option<&String>) -> bool {
        let is_certain = self.change(|seat, _| {
            match question {
                Some(question) if seat.refused.contains(question) => {}
                Some(question) => {
                    seat.refused.push(question.clone());
                    seat.refusals = seat.refusals.saturating_add(1);
                }
                None => seat.refusals = seat.refusals.saturating_add(1),
            }
            (seat.last_answer.is_none() && question.is_none()) || seat.refusals >= limits.refusals
        });
        if is_certain {
            self.leave_out(why, None);
        }
        is_certain
    }

    /// It is left out: for `Limits::rest`, or until someone sees to it.
    pub(super) fn leave_out(&self, why: &str, passing: Option<&Limits>) {
        self.change(|seat, now| match passing {
            Some(limits) => rest(seat, now, why, limits),
            None => seat.out = Some(Rest { until: None, why: why.to_owned() }),
        });
        self.pool.changed.notify_waiters();
    }

    /// Whether the endpoint ever answered anybody.
    pub(super) fn has_answered(&self) -> bool {
        self.change(|seat, _| seat.last_answer.is_some())
    }

    /// Whether the endpoint answered anybody since then.
    pub(super) fn has_answered_since(&self, since: Instant) -> bool {
        self.change(|seat, _| seat.last_answer.is_some_and(|last| last >= since))
    }

    fn change<T>(&self, change: impl FnOnce(&mut Seat, Instant) -> T) -> T {
        change(&mut self.pool.lock()[self.at], Instant::now())
    }
}

fn rest(seat: &mut Seat, now: Instant, why: &str, limits: &Limits) {
    seat.rests = (seat.rests + 1).min(MOST_RESTS);
    seat.out = Some(Rest { until: Some(now + limits.rest * seat.rests), why: why.to_owned() });
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.change(|seat, _| seat.in_flight = seat.in_flight.saturating_sub(1));
        self.pool.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seat(concurrency: usize, in_flight: usize, sent: u64) -> Seat {
        Seat { concurrency, in_flight, sent, ..Seat::default() }
    }

    fn out(until: Option<Instant>) -> Seat {
        Seat { out: Some(Rest { until, why: "gone".to_owned() }), ..seat(4, 0, 0) }
    }

    #[test]
    fn the_least_busy_is_asked_first() {
        let now = Instant::now();
        assert_eq!(choose(&[seat(4, 2, 0), seat(8, 3, 9)], None, now), Choice::Seat(1));
        assert_eq!(choose(&[seat(4, 0, 7), seat(4, 0, 6)], None, now), Choice::Seat(1));
        assert_eq!(choose(&[seat(2, 2, 0), seat(1, 1, 0)], None, now), Choice::Wait(None));
        assert_eq!(choose(&[seat(4, 0, 0), seat(4, 3, 0)], Some(0), now), Choice::Seat(1));
        assert_eq!(choose(&[seat(4, 0, 0)], Some(0), now), Choice::Seat(0));
    }

    #[test]
    fn one_that_fails_is_asked_last_and_one_request_at_a_time() {
        let now = Instant::now();
        let failing = |in_flight| Seat { failures: 3, ..seat(4, in_flight, 0) };
        assert_eq!(choose(&[failing(0), seat(4, 3, 0)], None, now), Choice::Seat(1));
        assert_eq!(choose(&[failing(0), seat(4, 4, 0)], None, now), Choice::Seat(0));
        assert_eq!(choose(&[failing(1), seat(4, 4, 0)], None, now), Choice::Wait(None));
        assert_eq!(choose(&[failing(3)], None, now), Choice::Seat(0), "alone, it is not slowed down");
    }

    #[test]
    fn one_that_rests_is_left_out_and_then_tried_once() {
        let now = Instant::now();
        let later = now + Duration::from_secs(1);
        assert_eq!(choose(&[out(Some(later)), out(None)], None, now), Choice::Gone);
        assert_eq!(choose(&[out(Some(later)), seat(1, 1, 0)], None, now), Choice::Wait(Some(later)));
        assert_eq!(choose(&[out(Some(now))], None, now), Choice::Seat(0));
        let probed = Seat { in_flight: 1, ..out(Some(now)) };
        assert_eq!(choose(&[probed], None, now), Choice::Wait(None));
    }

    #[test]
    fn a_row_of_failures_counts_those_sent_together_once() {
        let limits = Limits { failures: 2, failing: Duration::ZERO, ..Limits::default() };
        let pool = Pool::new([("a".to_owned(), 8)]);
        let turn = || match choose(&pool.lock(), None, Instant::now()) {
            Choice::Seat(at) => Turn { pool: &pool, at, began: Instant::now() },
            other => panic!("{other:?}"),
        };
        let together: Vec<Turn<'_>> = (0..8).map(|_| turn()).collect();
        together.iter().for_each(|turn| turn.failed("reset", &limits));
        assert_eq!(pool.states()[0].standing, Standing::Failing(1));
        turn().failed("refused", &limits);
        assert_eq!(pool.states()[0].standing, Standing::Out("refused".to_owned()));
        assert_eq!(choose(&pool.lock(), None, Instant::now()), Choice::Gone);
        pool.revive();
        turn().spoke(true);
        assert_eq!(pool.states()[0].standing, Standing::Up);
    }
    #[test]
    fn one_question_that_is_refused_again_and_again_speaks_against_itself() {
        let limits = Limits { refusals: 3, ..Limits::default() };
        let pool = Pool::new([("a".to_owned(), 8)]);
        let turn = || Turn { pool: &pool, at: 0, began: Instant::now() };
        let question = |number: u32| format!("question {number}");
        assert!((0..9).all(|_| !turn().refused("400", &limits, Some(&question(1)))));
        assert!(!turn().refused("400", &limits, Some(&question(2))));
        turn().spoke(true);
        // Only a row of different ones, without an answer between, is the server's.
        assert!((1..3).all(|number| !turn().refused("400", &limits, Some(&question(number)))));
        assert!(turn().refused("400", &limits, Some(&question(3))));
        pool.revive();
        assert!(!turn().refused("wrong key", &limits, None), "it has answered");
        let fresh = Pool::new([("b".to_owned(), 8)]);
        assert!(Turn { pool: &fresh, at: 0, began: Instant::now() }.refused("wrong key", &limits, None));
    }
}
