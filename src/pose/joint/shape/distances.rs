//! Distances between keypoints: bones, which hardly change, and all other pairs, which say less each.
//!
//! Penalties saturate, so that one wrong keypoint cannot outvote the rest, and are 0 for the usual deviation, so that being
//! seen is worth nothing in itself.

use super::{BONE_FLOOR, PAIR_FLOOR, ShapeModel};

/// Saturation of a bone's penalty, nats.
const BONE_CAP: f64 = 8.0;
/// Saturation of any other distance's penalty, nats.
const PAIR_CAP: f64 = 4.0;
/// Weight of distances that are no bones: there are five times as many, and they are not independent.
const PAIR_WEIGHT: f64 = 0.35;

/// The penalty of one distance, ready for the inner loop.
#[derive(Clone, Copy, Debug)]
pub struct DistancePenalty {
    mean: f32,
    inverse_variance: f32,
    cap: f32,
    weight: f32,
}

impl DistancePenalty {
    /// Whether the distance was ever seen.
    pub fn is_known(&self) -> bool {
        self.weight > 0.0
    }

    /// The penalty, nats; 0 for the usual deviation, so that being seen is worth nothing in itself.
    #[inline]
    pub fn of(&self, distance: f32) -> f32 {
        let difference = distance - self.mean;
        let squared = difference * difference * self.inverse_variance;
        self.weight * (0.5 * squared / (1.0 + 0.5 * squared / self.cap) - 0.5)
    }
}

impl ShapeModel {
    /// Penalty of the distance between two keypoints, nats; 0 where it was never seen.
    pub fn distance_penalty(&self, k: usize, l: usize) -> DistancePenalty {
        let (k, l) = (k.min(l), k.max(l));
        let slot = k * self.keypoint_count + l;
        let (cap, weight, floor) =
            if self.bones[slot] { (BONE_CAP, 1.0, BONE_FLOOR) } else { (PAIR_CAP, PAIR_WEIGHT, PAIR_FLOOR) };
        match self.distances[slot] {
            Some(spread) => {
                let variance = spread.variance.max((floor * self.body_length).powi(2));
                DistancePenalty {
                    mean: spread.mean as f32,
                    inverse_variance: (1.0 / variance) as f32,
                    cap: cap as f32,
                    weight: weight as f32,
                }
            }
            None => DistancePenalty { mean: 0.0, inverse_variance: 0.0, cap: 1.0, weight: 0.0 },
        }
    }
}
