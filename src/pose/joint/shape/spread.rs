//! A running mean and variance for what is learnt of the shape: one length, or one coordinate of a place.
//!
//! Invariant: the mean stays within `drift` of the guess and the variance within 1.5 × `reach`², so that a keypoint which
//! locked on to another's dots cannot teach the model its mistake.

use serde::{Deserialize, Serialize};

/// A running mean and variance that starts from a guess and never stops adapting.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Spread {
    pub(super) mean: f64,
    pub(super) variance: f64,
    weight: f64,
    /// The guess, which the mean may not leave far behind: a keypoint that locked on to another's dots must not teach.
    anchor: f64,
    /// The guess's deviation, which bounds the variance.
    pub(super) reach: f64,
    /// How far the mean may leave the guess.
    pub(super) drift: f64,
}

impl Spread {
    /// How many observations a guess is worth.
    const PRIOR_WEIGHT: f64 = 12.0;
    /// After so many observations old ones fade: about five seconds at 60 frames/s.
    const MEMORY: f64 = 300.0;

    pub(super) fn guess(mean: f64, deviation: f64) -> Self {
        Self {
            mean,
            variance: deviation * deviation,
            weight: Self::PRIOR_WEIGHT,
            anchor: mean,
            reach: deviation,
            drift: deviation,
        }
    }

    pub(super) fn learn(&mut self, value: f64) {
        let difference = value - self.mean;
        self.weight = (self.weight + 1.0).min(Self::MEMORY);
        self.mean = (self.mean + difference / self.weight).clamp(self.anchor - self.drift, self.anchor + self.drift);
        self.variance += (difference * difference * (1.0 - 1.0 / self.weight) - self.variance) / self.weight;
        self.variance = self.variance.min(1.5 * self.reach * self.reach);
    }

    /// The squared deviation of a value in units of the variance, which is at least `floor` squared.
    pub(super) fn strain(&self, value: f64, floor: f64) -> f64 {
        (value - self.mean).powi(2) / self.variance.max(floor * floor)
    }
}

/// Half a squared deviation that saturates at `cap` nats, so that one wrong keypoint cannot outvote the rest.
pub fn saturating(squared: f64, cap: f64) -> f64 {
    0.5 * squared / (1.0 + 0.5 * squared / cap)
}
