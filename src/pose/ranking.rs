//! Which frame a person should look at first. Reasons are kept apart, each with its own unit, and shown; the default order
//! is a learnt chance that some label of the frame is wrong.
//!
//! Never by the mean error of inliers: on simulated labels that ranks no better than chance.

use serde::{Deserialize, Serialize};

/// Why a frame may be wrong. A reason that could not be measured is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reasons {
    /// (a) Largest residual of any labelled camera against the RANSAC point, before stage 4 changed anything, px.
    pub residual_before: Option<f64>,
    /// (a) The same with the final labels, px.
    pub residual_after: Option<f64>,
    /// (b) Largest distance of a keypoint from where its motion led, over what is usual for it.
    pub jump: Option<f64>,
    /// (c) Sum over bones of how many deviations their length is from the usual.
    pub bones: Option<f64>,
    /// (d) Dots that nobody was given, and dots that two keypoints wanted.
    pub unassigned: Option<f64>,
    /// (e) Points that two views only see.
    pub two_views: Option<f64>,
    /// (f) Labels on which assigner and stage 4 disagree.
    pub disagreement: Option<f64>,
    /// (g) Pairs whose left one stands on the right.
    pub side: Option<f64>,
    /// Sum over the seen keypoints of the chance that each is another, by its margin ([`chance_wrong`]).
    pub margin: Option<f64>,
}

/// The keys by which a queue can be ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RankBy {
    /// The learnt chance that a label is wrong.
    #[default]
    LikelyWrong,
    /// Largest residual over all labelled cameras, before stage 4.
    Reprojection,
    /// Largest residual with the final labels.
    ResidualAfter,
    /// Bone lengths.
    Bones,
    /// Sides.
    Side,
    /// Temporal jump.
    Jump,
    /// Unsure keypoints.
    Margin,
    /// Assigner against stage 4.
    Disagreement,
    /// Dots without a keypoint.
    Unassigned,
    /// Points of two views.
    TwoViews,
}

const KEYS: [(RankBy, &str); 10] = [
    (RankBy::LikelyWrong, "likely-wrong"),
    (RankBy::Reprojection, "reprojection"),
    (RankBy::ResidualAfter, "residual-after"),
    (RankBy::Bones, "bones"),
    (RankBy::Side, "side"),
    (RankBy::Jump, "jump"),
    (RankBy::Margin, "margin"),
    (RankBy::Disagreement, "disagreement"),
    (RankBy::Unassigned, "unassigned"),
    (RankBy::TwoViews, "two-views"),
];

/// A word that names no order.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("\"{word}\" is no order of the queue; use {}", KEYS.map(|(_, word)| word).join(", "))]
pub struct UnknownRanking {
    /// The word.
    pub word: String,
}

impl std::str::FromStr for RankBy {
    type Err = UnknownRanking;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let found = KEYS.iter().find(|(_, known)| *known == word);
        found.map(|(key, _)| *key).ok_or_else(|| UnknownRanking { word: word.to_owned() })
    }
}

/// Weights of the learnt chance: intercept, then one per feature of [`features`].
///
/// Fitted by logistic regression (`cargo bench --bench ranking`) on 18 simulated recordings of 300 frames, both rigs, with
/// weights below zero held at zero. On 18 others the worst 5 % / 10 % of the frames held 29 / 42 % of those with a wrong
/// label; by margin alone 26 / 42 %, by disagreement 20 / 26 %, by side 12 / 14 %, by residual 4 / 10 %.
pub const WEIGHTS: [f64; 10] = [-3.72, 0.13, 0.14, 0.0, 0.0, 0.24, 0.09, 0.24, 1.13, 3.70];

/// The chance that a keypoint with this margin is another, margin in nats.
///
/// A smooth curve through what was measured on simulated recordings: 52 % below 2, 27 % from 2 to 5, 14 % from 5 to 10, 5 %
/// from 10 to 20.
pub fn chance_wrong(margin: f32) -> f64 {
    0.6 * (-f64::from(margin) / 5.0).exp()
}

/// What the learnt chance is computed from: reasons, tamed so that one large value does not decide alone.
pub fn features(reasons: &Reasons) -> [f64; 9] {
    let tamed = |reason: Option<f64>| reason.filter(|value| value.is_finite()).unwrap_or(0.0).max(0.0).ln_1p();
    [
        tamed(reasons.residual_before),
        tamed(reasons.residual_after),
        tamed(reasons.jump),
        tamed(reasons.bones),
        tamed(reasons.unassigned),
        tamed(reasons.two_views),
        tamed(reasons.disagreement),
        tamed(reasons.side),
        tamed(reasons.margin),
    ]
}

impl Reasons {
    /// The learnt chance that a label of the frame is wrong, 0 to 1.
    pub fn likely_wrong(&self) -> f64 {
        let sum =
            WEIGHTS[0] + features(self).iter().zip(&WEIGHTS[1..]).map(|(value, weight)| value * weight).sum::<f64>();
        1.0 / (1.0 + (-sum).exp())
    }

    /// The value that orders the queue, larger is worse; 0 where the reason is absent.
    pub fn score(&self, by: RankBy) -> f64 {
        let reason = match by {
            RankBy::LikelyWrong => return self.likely_wrong(),
            RankBy::Reprojection => self.residual_before,
            RankBy::ResidualAfter => self.residual_after,
            RankBy::Bones => self.bones,
            RankBy::Side => self.side,
            RankBy::Jump => self.jump,
            RankBy::Margin => self.margin,
            RankBy::Disagreement => self.disagreement,
            RankBy::Unassigned => self.unassigned,
            RankBy::TwoViews => self.two_views,
        };
        reason.unwrap_or(0.0)
    }
}

/// The share of the worst items that the first `share` of a ranking holds. `is_wrong` is in ranked order, worst first.
pub fn found_in_first(is_wrong: &[bool], share: f64) -> Option<f64> {
    let total = is_wrong.iter().filter(|wrong| **wrong).count();
    let first = (is_wrong.len() as f64 * share).ceil() as usize;
    let found = is_wrong.iter().take(first).filter(|wrong| **wrong).count();
    (total > 0).then(|| found as f64 / total as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_understood() {
        for (key, word) in KEYS {
            assert_eq!(word.parse(), Ok(key));
        }
        assert!("worst".parse::<RankBy>().unwrap_err().to_string().contains("likely-wrong"));
    }

    #[test]
    fn a_flipped_side_and_unsure_keypoints_raise_the_chance() {
        let calm = Reasons { side: Some(0.0), margin: Some(0.0), ..Reasons::default() };
        let flipped = Reasons { side: Some(1.0), ..calm };
        let unsure = Reasons { margin: Some(3.0), ..calm };
        assert!(flipped.likely_wrong() > calm.likely_wrong());
        assert!(unsure.likely_wrong() > calm.likely_wrong());
    }

    #[test]
    fn the_first_tenth_is_counted_upwards() {
        let mut wrong = vec![false; 20];
        wrong[0] = true;
        wrong[10] = true;
        assert_eq!(found_in_first(&wrong, 0.1), Some(0.5));
        assert_eq!(found_in_first(&[false; 4], 0.5), None);
    }
}
