//! Left and right: which keypoints come in pairs, and what it costs to stand the wrong way round.
//!
//! A pair is judged across the body, or, where it stands off from a spine keypoint as ears do from the head, around that
//! keypoint: ears turn with the head, and a turned head is no exchange. Reprojection errors cannot see an exchange that all
//! views share; on simulated recordings the sign of a pair found all of them.

use serde::{Deserialize, Serialize};

use super::spread::Spread;
use super::{Body, Positions, ShapeModel};
use crate::model::{KeypointId, Point3};

/// A mirrored pair whose left one is known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Side {
    /// The left keypoint.
    pub left: KeypointId,
    /// The right keypoint.
    pub right: KeypointId,
    /// Their usual distance across the body.
    width: f64,
    /// For a pair in front of or behind a spine keypoint, as ears are: that keypoint, around which the pair turns with
    /// the head, and twice the signed area of the three from above.
    hinge: Option<(KeypointId, f64)>,
}

impl Side {
    /// Where the pair's hinge is in a frame.
    pub fn hinge_in(&self, frame: &Positions) -> Option<Point3> {
        self.hinge.and_then(|(keypoint, _)| frame[keypoint.index()])
    }

    /// The keypoint of the pair's hinge.
    pub fn hinge(&self) -> Option<KeypointId> {
        self.hinge.map(|(keypoint, _)| keypoint)
    }
}

/// Penalty of a pair whose sides are exchanged, nats.
const SIDE_PENALTY: f64 = 8.0;

impl ShapeModel {
    /// Which keypoints come in pairs whose sides are known.
    pub(super) fn pair_up(&mut self, pairs: &[[KeypointId; 2]]) {
        for [left, right] in pairs {
            if let (Some(a), Some(b)) = (&self.places[left.index()], &self.places[right.index()]) {
                let width = a[1].mean - b[1].mean;
                if width > 0.02 * self.body_length {
                    let hinge = self.hinge(a, b, width);
                    self.sides.push(Side { left: *left, right: *right, width, hinge });
                }
            }
        }
    }

    /// The nearest spine keypoint, where the pair stands off from it along the body and at its height.
    fn hinge(&self, left: &[Spread; 3], right: &[Spread; 3], width: f64) -> Option<(KeypointId, f64)> {
        let middle = |axis: usize| 0.5 * (left[axis].mean + right[axis].mean);
        let offset = |keypoint: KeypointId| {
            let place = self.places[keypoint.index()].as_ref()?;
            Some((keypoint, middle(0) - place[0].mean, middle(2) - place[2].mean))
        };
        let places = self.spine.iter().filter_map(|(keypoint, _)| offset(*keypoint));
        let (keypoint, along, up) = places.min_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))?;
        // From above, (left − hinge) × (right − hinge) is −width × offset.
        (along.abs() > 0.3 * width && up.abs() < along.abs()).then_some((keypoint, -width * along))
    }

    /// How much a pair stands the right way round: 1 as usual, negative for exchanged sides.
    fn sidedness(side: &Side, body: &Body, [left, right]: [&Point3; 2], hinge: Option<Point3>) -> f64 {
        match side.hinge.zip(hinge) {
            Some(((_, area), hinge)) => (left - hinge).cross(&(right - hinge)).dot(&body.whole.up) / area,
            None => (left - right).dot(&body.whole.left) / side.width,
        }
    }

    /// Penalty of a pair that stands the wrong way round, nats. `hinge` is the place of [`Side::hinge`], if it is seen.
    pub fn side_penalty(&self, side: &Side, body: &Body, pair: [&Point3; 2], hinge: Option<Point3>) -> f64 {
        SIDE_PENALTY * body.whole.trust * (0.3 - Self::sidedness(side, body, pair, hinge)).clamp(0.0, 1.0)
    }

    /// How many pairs stand the wrong way round in an animal whose sides can be told.
    pub fn flipped_sides(&self, frame: &Positions) -> usize {
        let Some(body) = self.body(frame).filter(|body| body.whole.trust > 0.3) else { return 0 };
        let flipped = self.sides.iter().filter(|side| {
            let pair = frame[side.left.index()].zip(frame[side.right.index()]);
            pair.is_some_and(|(left, right)| Self::sidedness(side, &body, [&left, &right], side.hinge_in(frame)) < 0.0)
        });
        flipped.count()
    }
}
