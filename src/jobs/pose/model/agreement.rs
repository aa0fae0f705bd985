//! How far a model can be believed, measured where the geometry is sure.

use serde::{Deserialize, Serialize};

use crate::model::Label;
use crate::pose::ranking::chance_wrong;

/// The geometry is sure of a label that is wrong with less than this chance.
pub(super) const SURE: f64 = 0.05;

/// So many other dots could be named for a keypoint of a region, as a rule.
const OTHER_DOTS: f64 = 3.0;

/// What one view's word can weigh at most, nats: a model that is always right where the geometry is sure may still err where
/// it is not.
const MOST_WEIGHT: f64 = 1.5;

/// Fewer labels say nothing.
const LEAST_LABELS: u32 = 20;

/// Under this key a run keeps it: the last pass writes over the labels that it was measured on.
pub(super) const KEY: &str = "agreement";

/// Labels that a model gave, beside the geometry's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Agreement {
    agreeing: u32,
    total: u32,
}

impl Agreement {
    /// Counts a model's label where it names a dot and the geometry is sure of its own label.
    pub fn compare(&mut self, said: &Label, label: Option<&Label>) {
        let Some(label) = label.filter(|label| !label.is_human()) else { return };
        let is_sure = label.margin.is_some_and(|margin| chance_wrong(margin) < SURE);
        if let (true, Some(number)) = (is_sure, said.placement.number()) {
            self.total += 1;
            self.agreeing += u32::from(label.placement.number() == Some(number));
        }
    }

    /// The share that agrees; `None` without anything compared.
    pub fn share(&self) -> Option<f64> {
        (self.total > 0).then(|| f64::from(self.agreeing) / f64::from(self.total))
    }

    /// What one view's word is worth, nats; `usual` where too little was compared.
    pub fn vote_weight(&self, usual: f32) -> f32 {
        if self.total < LEAST_LABELS {
            return usual;
        }
        // A label more on either side keeps a small sample from being certain.
        let right = (f64::from(self.agreeing) + 1.0) / (f64::from(self.total) + 2.0);
        (right * OTHER_DOTS / (1.0 - right)).ln().clamp(0.0, MOST_WEIGHT) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_weighs_what_it_is_right() {
        let weight = |agreeing: u32, total: u32| Agreement { agreeing, total }.vote_weight(0.9);
        assert_eq!(weight(5, 5), 0.9, "too few to tell");
        assert_eq!(weight(1000, 1000), 1.5);
        assert!(weight(25, 100) < 0.1, "no better than chance among four dots");
        assert!((0.9..1.2).contains(&weight(50, 100)));
        assert_eq!(weight(0, 100), 0.0);
    }
}
