//! How long, how often and how much: the limits of a client, each with the reason of its default, and the waits between tries.

use std::time::Duration;

/// Limits of a client.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Until a connection stands. A machine that is there answers within a second; a VPN may take a few.
    pub connect: Duration,
    /// From the request to the first byte of the answer. A full vLLM queues requests for minutes.
    pub first_byte: Duration,
    /// Between two pieces of an answer that is streamed. A model that writes writes several times a second.
    pub between: Duration,
    /// For all of one try. 4096 tokens at 10 a second take 7 minutes.
    pub total: Duration,
    /// Tries of one question, where something is wrong that may pass.
    pub tries: u32,
    /// Tries of one question that ran into a time limit: each costs minutes.
    pub slow_tries: u32,
    /// Wait before the second try; it doubles from try to try, and half of it is left to chance.
    pub back_off: Duration,
    /// The longest of those waits.
    pub back_off_most: Duration,
    /// How long a question waits, in all, for a server that loads its model or that asks to be left alone.
    pub patience: Duration,
    /// Failures in a row after which an endpoint is left out; those of requests sent together count once.
    pub failures: u32,
    /// And how long the row has to last: a server that restarts is back within seconds.
    pub failing: Duration,
    /// Refusals in a row that would meet every question (a wrong key, no such model, spent credits) before an endpoint that
    /// has answered already is believed; one that has not is believed at once. Gateways refuse by mistake at times.
    pub refusals: u32,
    /// How long it is left out before one request tries it again.
    pub rest: Duration,
    /// Largest answer in bytes. 100,000 tokens with their envelopes are some 25 MB.
    pub most_bytes: usize,
    /// Whether answers are streamed, so that a model that runs in circles is stopped early.
    pub stream: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(300),
            between: Duration::from_secs(120),
            total: Duration::from_secs(900),
            tries: 6,
            slow_tries: 2,
            back_off: Duration::from_millis(500),
            back_off_most: Duration::from_secs(20),
            patience: Duration::from_secs(600),
            failures: 5,
            failing: Duration::from_secs(10),
            refusals: 3,
            rest: Duration::from_secs(30),
            most_bytes: 32 << 20,
            stream: true,
        }
    }
}

impl Limits {
    /// The wait after try number `tried` (1 is the first), `chance` in 0..1.
    pub(super) fn wait_after(&self, tried: u32, chance: f64) -> Duration {
        let doubled = self.back_off.saturating_mul(1 << tried.saturating_sub(1).min(16));
        doubled.min(self.back_off_most).mul_f64(0.5 + 0.5 * chance.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_and_half_is_chance() {
        let limits = Limits::default();
        assert_eq!(limits.wait_after(1, 1.0), Duration::from_millis(500));
        assert_eq!(limits.wait_after(1, 0.0), Duration::from_millis(250));
        assert_eq!(limits.wait_after(3, 1.0), Duration::from_secs(2));
        assert_eq!(limits.wait_after(u32::MAX, 1.0), limits.back_off_most);
    }
}
