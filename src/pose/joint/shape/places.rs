//! Where each keypoint stands in the body's frame.
//!
//! Coordinates are along the body, to the left and up, in world units. A keypoint is placed by the axes of its own half of
//! the spine where they are known, since a mouse bends; without them, by those of the whole spine.

use nalgebra::Vector3;

use super::sides::Side;
use super::spread::{Spread, saturating};
use super::{Body, PAIR_FLOOR, ShapeModel};
use crate::model::Point3;

/// A place: along the body, to the left, up.
pub(super) type Place = [Spread; 3];

/// Saturation of a place's penalty, nats.
const PLACE_CAP: f64 = 6.0;
/// Weight of places, which say partly the same as distances.
const PLACE_WEIGHT: f64 = 0.6;
/// Penalty of a keypoint of which nobody knows where it belongs, nats.
const UNKNOWN_PLACE: f64 = 4.0;
/// Penalty of one of a pair that stands across the midline, nats.
const LONE_SIDE_PENALTY: f64 = 3.0;

/// A first guess of a keypoint's place from one look at it. Its side is never unlearnt.
pub(super) fn guess_place(point: &Vector3<f64>, body_length: f64) -> Place {
    let share = [0.08, 0.05, 0.06];
    let mut place = [0, 1, 2].map(|axis| Spread::guess(point[axis], share[axis] * (body_length + 2.0 * point.norm())));
    place[1].drift = place[1].reach.min(0.5 * point.y.abs());
    place
}

/// Learns a place where it is not far from the usual one.
pub(super) fn learn_place(place: &mut Place, point: &Vector3<f64>, floor: f64) {
    for axis in 0..3 {
        if place[axis].strain(point[axis], floor) < 16.0 {
            place[axis].learn(point[axis]);
        }
    }
}

impl ShapeModel {
    /// Penalty of a keypoint's place in the body's frame, nats.
    pub fn place_penalty(&self, body: &Body, keypoint: usize, position: &Point3) -> f64 {
        let own = self.half_places[keypoint].as_ref();
        let (axes, place) = match own.and_then(|(half, place)| Some((body.half(*half)?, place))) {
            Some(found) => found,
            None => match &self.places[keypoint] {
                Some(place) => (&body.whole, place),
                None => return UNKNOWN_PLACE,
            },
        };
        let point = axes.body_from_world(position);
        let floor = PAIR_FLOOR * self.body_length;
        let squared: f64 = (0..3).map(|axis| place[axis].strain(point[axis], floor)).sum();
        let mut penalty = PLACE_WEIGHT * (saturating(squared, PLACE_CAP) - 1.5);
        let stands_alone =
            |side: &Side| side.hinge().is_none() && [side.left.index(), side.right.index()].contains(&keypoint);
        if self.sides.iter().any(stands_alone) {
            penalty += LONE_SIDE_PENALTY * (0.2 - point.y / place[1].mean).clamp(0.0, 1.0);
        }
        axes.trust * penalty
    }
}
