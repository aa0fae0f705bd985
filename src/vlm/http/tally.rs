//! What a client has done so far, readable at any time and from any thread.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::vlm::Profile;
use crate::vlm::reply::Usage;

/// Counts of a client.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Questions that came in.
    pub asked: u64,
    /// Requests that are on their way now.
    pub in_flight: u64,
    /// Questions that wait now, for their turn or before another try.
    pub waiting: u64,
    /// Questions that have their answer.
    pub answered: u64,
    /// Requests beyond the first of a question.
    pub retried: u64,
    /// Questions without an answer; neither stopped ones nor those that found no server.
    pub failed: u64,
    /// Tokens that were sent, as far as servers told.
    pub tokens_in: u64,
    /// Tokens that came back.
    pub tokens_out: u64,
    /// Requests whose tokens nobody told: answers without usage, and those that were broken off.
    pub unmetered: u64,
    /// What the told tokens cost by the profile's prices; 0 where it has none.
    pub cost: f64,
    /// What went wrong, by name, request by request.
    pub troubles: BTreeMap<&'static str, u64>,
}

impl Tally {
    /// The counts of two clients together.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let mut troubles = self.troubles.clone();
        for (name, times) in &other.troubles {
            *troubles.entry(name).or_default() += times;
        }
        Self {
            asked: self.asked + other.asked,
            in_flight: self.in_flight + other.in_flight,
            waiting: self.waiting + other.waiting,
            answered: self.answered + other.answered,
            retried: self.retried + other.retried,
            failed: self.failed + other.failed,
            tokens_in: self.tokens_in + other.tokens_in,
            tokens_out: self.tokens_out + other.tokens_out,
            unmetered: self.unmetered + other.unmetered,
            cost: self.cost + other.cost,
            troubles,
        }
    }
}

/// The counts while they change.
#[derive(Clone, Debug, Default)]
pub(super) struct Counting(Arc<Mutex<Tally>>);

impl Counting {
    pub(super) fn tally(&self) -> Tally {
        self.lock().clone()
    }

    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Tally) -> T) -> T {
        change(&mut self.lock())
    }

    /// Counts one more of what `field` names until the guard is dropped, however that comes about.
    pub(super) fn while_held(&self, field: fn(&mut Tally) -> &mut u64) -> Held {
        self.change(|tally| *field(tally) += 1);
        Held { counting: self.clone(), field }
    }

    pub(super) fn trouble(&self, name: &'static str) {
        self.change(|tally| *tally.troubles.entry(name).or_default() += 1);
    }

    /// Adds what an answer took and returns its cost, `None` where tokens or prices are unknown.
    pub(super) fn meter(&self, usage: &Usage, profile: &Profile) -> Option<f64> {
        self.change(|tally| {
            if *usage == Usage::default() {
                tally.unmetered += 1;
                return None;
            }
            tally.tokens_in += usage.prompt_tokens;
            tally.tokens_out += usage.answer_tokens;
            let cost = profile.cost(*usage);
            tally.cost += cost.unwrap_or(0.0);
            cost
        })
    }

    fn lock(&self) -> MutexGuard<'_, Tally> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// See [`Counting::while_held`].
pub(super) struct Held {
    counting: Counting,
    field: fn(&mut Tally) -> &mut u64,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.counting.change(|tally| {
            let count = (self.field)(tally);
            *count = count.saturating_sub(1);
        });
    }
}
