//! How many views usually see each keypoint: ears nearly all, paws two or three, some often none. A dot that six views see
//! is hardly a paw, however well it stands there.

use serde::{Deserialize, Serialize};

use crate::model::ViewSet;

/// Counts of frames by keypoint and number of views; fewer than two views count as none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VisibilityModel {
    counts: Vec<Vec<f64>>,
}

/// Every number of views is as good as seen so often before the first frame.
const PRIOR: f64 = 0.6;
/// After so many frames old ones fade.
const MEMORY: f64 = 240.0;
/// A count speaks for its neighbours too, with this weight: one view more or less is chance.
const NEIGHBOR: f64 = 0.4;
/// Most that visibility can say for or against a keypoint, nats.
const CAP: f64 = 3.0;

impl VisibilityModel {
    /// Nothing known yet, for that many keypoints and cameras.
    pub fn new(keypoint_count: usize, camera_count: usize) -> Self {
        Self { counts: vec![vec![PRIOR; camera_count.min(ViewSet::CAPACITY) + 1]; keypoint_count] }
    }

    fn bin(&self, keypoint: usize, views: usize) -> usize {
        if views < 2 { 0 } else { views.min(self.counts[keypoint].len() - 1) }
    }

    /// Adds a frame in which so many views saw a keypoint.
    pub fn learn(&mut self, keypoint: usize, views: usize, weight: f64) {
        let bin = self.bin(keypoint, views);
        let counts = &mut self.counts[keypoint];
        counts[bin] += weight;
        for neighbor in [bin.wrapping_sub(1), bin + 1] {
            // "None" is not a neighbour of two views: bin 1 stays empty.
            if bin != 0 && neighbor >= 2 && neighbor < counts.len() {
                counts[neighbor] += weight * NEIGHBOR;
            }
        }
        let total: f64 = counts.iter().sum();
        if total > MEMORY {
            counts.iter_mut().for_each(|count| *count *= MEMORY / total);
        }
    }

    /// Energy of a keypoint being seen by so many views, nats: 0 for a number that is as likely as any.
    pub fn energy(&self, keypoint: usize, views: usize) -> f32 {
        let counts = &self.counts[keypoint];
        let bins = (counts.len() - 1) as f64;
        let total = counts.iter().sum::<f64>() - counts[1] + PRIOR * bins;
        let share = (counts[self.bin(keypoint, views)] + PRIOR) / total;
        (-(share * bins).ln()).clamp(-CAP, CAP) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_often_seen_keypoint_is_missed_dearly_and_a_hidden_one_is_not() {
        let mut model = VisibilityModel::new(2, 6);
        assert!(model.energy(0, 0).abs() < 1e-6 && model.energy(0, 6).abs() < 1e-6);
        for _ in 0..50 {
            model.learn(0, 6, 1.0);
            model.learn(1, 0, 1.0);
        }
        assert!(model.energy(0, 0) > 2.2 && model.energy(0, 6) < -0.5 && model.energy(0, 5) < model.energy(0, 2));
        assert!(model.energy(1, 0) < -1.0 && model.energy(1, 6) > 2.0);
    }
}
