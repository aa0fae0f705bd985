//! What the animal looks like in 3D: distances between keypoints, which side is left, and where each keypoint stands in the
//! body's frame. Learnt from the seeds, then from solved frames that pass a strain gate, which is the caller's.
//!
//! Lengths are in world units and every floor is a share of the body's length, so that calibrations in metres work too.
//! Body parts are found by role; a skeleton without spine roles or pairs has distances only. Penalties are nats. The caps,
//! weights and floors were chosen on simulated recordings.

mod spread;

mod body;

mod places;

mod distances;

mod sides;

pub use body::{Body, BodyFrame};
pub use distances::DistancePenalty;
pub use sides::Side;

use nalgebra::Vector3;
use serde::{Deserialize, Serialize};

use crate::model::{KeypointId, Point3, Skeleton};
use body::Half;
use places::{Place, guess_place, learn_place};
use spread::Spread;

/// Positions of a frame's keypoints, by keypoint id.
pub type Positions = [Option<Point3>];

/// The learnt shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShapeModel {
    keypoint_count: usize,
    /// Upper triangle, row by row; absent where the seeds never show both.
    distances: Vec<Option<Spread>>,
    bones: Vec<bool>,
    /// Longitudinal coordinate of spine keypoints.
    spine: Vec<(KeypointId, f64)>,
    up_in_world: Option<Vector3<f64>>,
    sides: Vec<Side>,
    /// Place in the frame of the whole body, by keypoint.
    places: Vec<Option<Place>>,
    /// Place in the frame of the keypoint's own half.
    half_places: Vec<Option<(Half, Place)>>,
    body_length: f64,
}

/// Penalties of a whole frame, nats.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Strain {
    /// Of distances between keypoints.
    pub distances: f64,
    /// Of bones alone: the sum of |z| over bones, no saturation.
    pub bones_z: f64,
    /// Of places in the body's frame.
    pub places: f64,
    /// Of left and right.
    pub sides: f64,
    /// How many bones were seen.
    pub bone_count: usize,
}

/// Smallest deviation of a bone, as a share of the body's length: breathing skin and fit noise.
const BONE_FLOOR: f64 = 0.008;
/// Smallest deviation of another distance or a place.
const PAIR_FLOOR: f64 = 0.02;

impl ShapeModel {
    /// Learns from example frames, seeds as a rule. Keypoints that no example shows have no say until solved frames do.
    pub fn from_examples(skeleton: &Skeleton, examples: &[Vec<Option<Point3>>]) -> Self {
        let keypoint_count = skeleton.len();
        let mut bones = vec![false; keypoint_count * keypoint_count];
        for [a, b] in &skeleton.bones {
            bones[a.index() * keypoint_count + b.index()] = true;
            bones[b.index() * keypoint_count + a.index()] = true;
        }
        let mut model = Self {
            keypoint_count,
            distances: vec![None; keypoint_count * keypoint_count],
            bones,
            spine: Vec::new(),
            up_in_world: None,
            sides: Vec::new(),
            places: vec![None; keypoint_count],
            half_places: vec![None; keypoint_count],
            body_length: 0.0,
        };
        model.measure_body(examples);
        model.measure_spine(skeleton, examples);
        model.measure_up(skeleton, examples);
        for example in examples {
            model.guess(example);
        }
        model.mirror(&skeleton.pairs());
        model.pair_up(&skeleton.pairs());
        for _ in 0..3 {
            examples.iter().for_each(|example| model.learn(example));
        }
        model
    }

    /// The longest distance that the examples show, without the tail's: a scale for floors and for motion.
    pub fn body_length(&self) -> f64 {
        self.body_length
    }

    /// Spine keypoints, front to back.
    pub fn spine(&self) -> impl Iterator<Item = KeypointId> {
        self.spine.iter().map(|(keypoint, _)| *keypoint)
    }

    /// Pairs whose sides are known.
    pub fn sides(&self) -> &[Side] {
        &self.sides
    }

    fn measure_body(&mut self, examples: &[Vec<Option<Point3>>]) {
        let mut lengths: Vec<f64> = examples
            .iter()
            .flat_map(|example| {
                let seen: Vec<_> = example.iter().flatten().collect();
                (0..seen.len())
                    .flat_map(move |i| (0..i).map(move |j| (i, j)))
                    .map(move |(i, j)| (seen[i] - seen[j]).norm())
                    .collect::<Vec<_>>()
            })
            .collect();
        lengths.sort_by(f64::total_cmp);
        // The median of all distances times 1.6 is close to the trunk's length in mice and does not follow the tail.
        self.body_length = lengths.get(lengths.len() / 2).map_or(0.0, |median| median * 1.6);
    }

    /// First guesses from one example, for what no earlier example showed.
    fn guess(&mut self, example: &Positions) {
        let length = self.body_length;
        for k in 0..self.keypoint_count {
            for l in k + 1..self.keypoint_count {
                let slot = k * self.keypoint_count + l;
                if let (None, Some(a), Some(b)) = (self.distances[slot], example[k], example[l]) {
                    let distance = (a - b).norm();
                    let deviation = if self.bones[slot] {
                        0.08 * distance + 0.012 * length
                    } else {
                        0.15 * distance + 0.03 * length
                    };
                    self.distances[slot] = Some(Spread::guess(distance, deviation));
                }
            }
        }
        let Some(body) = self.body(example) else { return };
        let middle = self.spine.iter().map(|(_, along)| along).sum::<f64>() / self.spine.len().max(1) as f64;
        for (keypoint, position) in example.iter().enumerate() {
            let Some(position) = position else { continue };
            let point = body.whole.body_from_world(position);
            self.places[keypoint].get_or_insert_with(|| guess_place(&point, length));
            let half = if point.x > middle { Half::Front } else { Half::Rear };
            if let (None, Some(frame)) = (&self.half_places[keypoint], body.half(half)) {
                self.half_places[keypoint] = Some((half, guess_place(&frame.body_from_world(position), length)));
            }
        }
    }

    /// Learns from a solved frame. The caller decides whether the frame is good enough.
    pub fn learn(&mut self, frame: &Positions) {
        self.guess(frame);
        for k in 0..self.keypoint_count {
            for l in k + 1..self.keypoint_count {
                if let (Some(spread), Some(a), Some(b)) =
                    (&mut self.distances[k * self.keypoint_count + l], frame[k], frame[l])
                {
                    let distance = (a - b).norm();
                    if spread.strain(distance, PAIR_FLOOR * self.body_length) < 16.0 {
                        spread.learn(distance);
                    }
                }
            }
        }
        let Some(body) = self.body(frame).filter(|body| body.whole.trust > 0.5) else { return };
        let floor = PAIR_FLOOR * self.body_length;
        for (keypoint, position) in frame.iter().enumerate() {
            let Some(position) = position else { continue };
            if let Some(place) = &mut self.places[keypoint] {
                learn_place(place, &body.whole.body_from_world(position), floor);
            }
            if let Some((half, place)) = &mut self.half_places[keypoint]
                && let Some(axes) = body.half(*half)
            {
                learn_place(place, &axes.body_from_world(position), floor);
            }
        }
    }

    /// What no example shows of one side is guessed from the other.
    fn mirror(&mut self, pairs: &[[KeypointId; 2]]) {
        let other = |keypoint: usize| {
            let pair = pairs.iter().find(|pair| pair.iter().any(|side| side.index() == keypoint));
            pair.map_or(keypoint, |[left, right]| left.index() + right.index() - keypoint)
        };
        let known = self.distances.clone();
        for k in 0..self.keypoint_count {
            for l in k + 1..self.keypoint_count {
                let (a, b) = (other(k).min(other(l)), other(k).max(other(l)));
                let slot = &mut self.distances[k * self.keypoint_count + l];
                if let (None, Some(mirrored)) = (&slot, known[a * self.keypoint_count + b]) {
                    *slot = Some(Spread::guess(mirrored.mean, 1.3 * mirrored.variance.sqrt()));
                }
            }
        }
        let length = self.body_length;
        let mirrored = |place: &Place| guess_place(&Vector3::new(place[0].mean, -place[1].mean, place[2].mean), length);
        for keypoint in (0..self.keypoint_count).filter(|keypoint| other(*keypoint) != *keypoint) {
            if self.places[keypoint].is_none() {
                self.places[keypoint] = self.places[other(keypoint)].as_ref().map(mirrored);
            }
            if self.half_places[keypoint].is_none() {
                let half = self.half_places[other(keypoint)].as_ref();
                self.half_places[keypoint] = half.map(|(half, place)| (*half, mirrored(place)));
            }
        }
    }

    /// All penalties of a solved frame.
    pub fn strain(&self, frame: &Positions) -> Strain {
        let mut strain = Strain::default();
        for k in 0..self.keypoint_count {
            for l in k + 1..self.keypoint_count {
                if let (Some(a), Some(b)) = (frame[k], frame[l]) {
                    let distance = (a - b).norm();
                    let slot = k * self.keypoint_count + l;
                    strain.distances += f64::from(self.distance_penalty(k, l).of(distance as f32));
                    if self.bones[slot]
                        && let Some(spread) = &self.distances[slot]
                    {
                        strain.bones_z += spread.strain(distance, BONE_FLOOR * self.body_length).sqrt();
                        strain.bone_count += 1;
                    }
                }
            }
        }
        if let Some(body) = self.body(frame) {
            for (keypoint, position) in frame.iter().enumerate() {
                if let Some(position) = position {
                    strain.places += self.place_penalty(&body, keypoint, position);
                }
            }
            for side in &self.sides {
                if let (Some(left), Some(right)) = (frame[side.left.index()], frame[side.right.index()]) {
                    strain.sides += self.side_penalty(side, &body, [&left, &right], side.hinge_in(frame));
                }
            }
        }
        strain
    }
}

#[cfg(test)]
mod tests;
