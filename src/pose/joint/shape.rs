//! What the animal looks like in 3D: distances between keypoints, which side is left, and where each keypoint stands in the
//! body's frame. Learnt from the seeds, then from solved frames that pass a strain gate.
//!
//! Lengths are in world units and every floor is a share of the body's length, so that calibrations in metres work too.
//! Body parts are found by role; a skeleton without spine roles or pairs has distances only.

use nalgebra::Vector3;
use serde::{Deserialize, Serialize};

use crate::model::{KeypointId, Point3, Role, Skeleton};

/// Positions of a frame's keypoints, by keypoint id.
pub type Positions = [Option<Point3>];

/// A first guess of a keypoint's place from one look at it. Its side is never unlearnt.
fn guess_place(point: &Vector3<f64>, body_length: f64) -> [Spread; 3] {
    let share = [0.08, 0.05, 0.06];
    let mut place = [0, 1, 2].map(|axis| Spread::guess(point[axis], share[axis] * (body_length + 2.0 * point.norm())));
    place[1].drift = place[1].reach.min(0.5 * point.y.abs());
    place
}

/// Learns a place where it is not far from the usual one.
fn learn_place(place: &mut [Spread; 3], point: &Vector3<f64>, floor: f64) {
    for axis in 0..3 {
        if place[axis].strain(point[axis], floor) < 16.0 {
            place[axis].learn(point[axis]);
        }
    }
}

/// A running mean and variance that starts from a guess and never stops adapting.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Spread {
    mean: f64,
    variance: f64,
    weight: f64,
    /// The guess, which the mean may not leave far behind: a keypoint that locked on to another's dots must not teach.
    anchor: f64,
    /// The guess's deviation, which bounds the variance.
    reach: f64,
    /// How far the mean may leave the guess.
    drift: f64,
}

impl Spread {
    /// How many observations a guess is worth.
    const PRIOR_WEIGHT: f64 = 12.0;
    /// After so many observations old ones fade: about five seconds at 60 frames/s.
    const MEMORY: f64 = 300.0;

    fn guess(mean: f64, deviation: f64) -> Self {
        Self {
            mean,
            variance: deviation * deviation,
            weight: Self::PRIOR_WEIGHT,
            anchor: mean,
            reach: deviation,
            drift: deviation,
        }
    }

    fn learn(&mut self, value: f64) {
        let difference = value - self.mean;
        self.weight = (self.weight + 1.0).min(Self::MEMORY);
        self.mean = (self.mean + difference / self.weight).clamp(self.anchor - self.drift, self.anchor + self.drift);
        self.variance += (difference * difference * (1.0 - 1.0 / self.weight) - self.variance) / self.weight;
        self.variance = self.variance.min(1.5 * self.reach * self.reach);
    }

    /// The squared deviation of a value in units of the variance, which is at least `floor` squared.
    fn strain(&self, value: f64, floor: f64) -> f64 {
        (value - self.mean).powi(2) / self.variance.max(floor * floor)
    }
}

/// Half a squared deviation that saturates at `cap` nats, so that one wrong keypoint cannot outvote the rest.
pub fn saturating(squared: f64, cap: f64) -> f64 {
    0.5 * squared / (1.0 + 0.5 * squared / cap)
}

/// The body's axes in the world, right-handed: forward × left = up.
#[derive(Clone, Copy, Debug)]
pub struct BodyFrame {
    /// Where the longitudinal coordinate is 0.
    pub origin: Point3,
    /// Towards the head.
    pub forward: Vector3<f64>,
    /// Towards the animal's left.
    pub left: Vector3<f64>,
    /// Towards its back.
    pub up: Vector3<f64>,
    /// 1 for an animal on its feet, falling to 0 as the spine stands upright and the sides can no longer be told.
    pub trust: f64,
}

impl Body {
    fn half(&self, half: Half) -> Option<&BodyFrame> {
        match half {
            Half::Front => self.front.as_ref(),
            Half::Rear => self.rear.as_ref(),
        }
    }
}

impl BodyFrame {
    /// A point in the body's frame: along, to the left, up.
    pub fn body_from_world(&self, point: &Point3) -> Vector3<f64> {
        let offset = point - self.origin;
        Vector3::new(offset.dot(&self.forward), offset.dot(&self.left), offset.dot(&self.up))
    }
}

/// The axes of a body whose spine bends: each keypoint is placed by those of its own half.
#[derive(Clone, Copy, Debug)]
pub struct Body {
    /// Along the whole spine; sides are judged by it.
    pub whole: BodyFrame,
    /// Along the front half.
    front: Option<BodyFrame>,
    /// Along the rear half.
    rear: Option<BodyFrame>,
}

/// The part of the spine whose axes place a keypoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Half {
    Front,
    Rear,
}

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
    places: Vec<Option<[Spread; 3]>>,
    /// Place in the frame of the keypoint's own half.
    half_places: Vec<Option<(Half, [Spread; 3])>>,
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

/// Saturation of a bone's penalty, nats.
const BONE_CAP: f64 = 8.0;
/// Saturation of any other distance's penalty, nats.
const PAIR_CAP: f64 = 4.0;
/// Weight of distances that are no bones: there are five times as many, and they are not independent.
const PAIR_WEIGHT: f64 = 0.35;
/// Saturation of a place's penalty, nats.
const PLACE_CAP: f64 = 6.0;
/// Weight of places, which say partly the same as distances.
const PLACE_WEIGHT: f64 = 0.6;
/// Penalty of a keypoint of which nobody knows where it belongs, nats.
const UNKNOWN_PLACE: f64 = 4.0;
/// Penalty of a pair whose sides are exchanged, nats.
const SIDE_PENALTY: f64 = 8.0;
/// Penalty of one of a pair that stands across the midline, nats.
const LONE_SIDE_PENALTY: f64 = 3.0;
/// Smallest deviation of a bone, as a share of the body's length: breathing skin and fit noise.
const BONE_FLOOR: f64 = 0.008;
/// Smallest deviation of another distance or a place.
const PAIR_FLOOR: f64 = 0.02;

/// The spine from front to back, as far as a skeleton names it.
const SPINE: [Role; 4] = [Role::Head, Role::BodyCentre, Role::BackRear, Role::TailBase];

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

    fn measure_spine(&mut self, skeleton: &Skeleton, examples: &[Vec<Option<Point3>>]) {
        let parts: Vec<KeypointId> = SPINE.iter().filter_map(|role| skeleton.with_role(*role)).collect();
        let Some((front, rest)) = parts.split_first() else { return };
        let Some(rear) = rest.last() else { return };
        let mut sums = vec![(0.0, 0.0); parts.len()];
        for example in examples {
            let (Some(head), Some(tail)) = (example[front.index()], example[rear.index()]) else { continue };
            let axis = (head - tail).normalize();
            let middle = nalgebra::center(&head, &tail);
            for (sum, part) in sums.iter_mut().zip(&parts) {
                if let Some(position) = example[part.index()] {
                    sum.0 += (position - middle).dot(&axis);
                    sum.1 += 1.0;
                }
            }
        }
        let seen = parts.iter().zip(&sums).filter(|(_, sum)| sum.1 > 0.0);
        self.spine = seen.map(|(part, sum)| (*part, sum.0 / sum.1)).collect();
    }

    fn measure_up(&mut self, skeleton: &Skeleton, examples: &[Vec<Option<Point3>>]) {
        let mut up = Vector3::zeros();
        for example in examples {
            let Some((_, forward)) = self.axis(example) else { continue };
            for [left, right] in skeleton.pairs() {
                if let (Some(left), Some(right)) = (example[left.index()], example[right.index()]) {
                    up += forward.cross(&(left - right));
                }
            }
        }
        self.up_in_world = up.try_normalize(1e-9);
    }

    /// Which keypoints come in pairs whose sides are known.
    fn pair_up(&mut self, pairs: &[[KeypointId; 2]]) {
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
        let mirrored =
            |place: &[Spread; 3]| guess_place(&Vector3::new(place[0].mean, -place[1].mean, place[2].mean), length);
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
        for keypoint in 0..self.keypoint_count {
            let Some(position) = example[keypoint] else { continue };
            let point = body.whole.body_from_world(&position);
            self.places[keypoint].get_or_insert_with(|| guess_place(&point, length));
            let half = if point.x > middle { Half::Front } else { Half::Rear };
            if let (None, Some(frame)) = (&self.half_places[keypoint], body.half(half)) {
                self.half_places[keypoint] = Some((half, guess_place(&frame.body_from_world(&position), length)));
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

    /// The middle of the seen spine and the direction to the head.
    fn axis(&self, frame: &Positions) -> Option<(Point3, Vector3<f64>)> {
        self.axis_of(&self.spine, frame)
    }

    fn axis_of(&self, spine: &[(KeypointId, f64)], frame: &Positions) -> Option<(Point3, Vector3<f64>)> {
        let seen = || spine.iter().filter_map(|(part, along)| Some((frame[part.index()]?, *along)));
        let count = seen().count();
        if count < 2 {
            return None;
        }
        let share = 1.0 / count as f64;
        let middle = seen().fold(Vector3::zeros(), |sum, (position, _)| sum + position.coords * share);
        let mean_along: f64 = seen().map(|(_, along)| along * share).sum();
        let sum = seen()
            .fold(Vector3::zeros(), |sum, (position, along)| sum + (position.coords - middle) * (along - mean_along));
        let spread: f64 = seen().map(|(_, along)| (along - mean_along).powi(2)).sum();
        if spread < (0.05 * self.body_length).powi(2) {
            return None;
        }
        let forward = sum.try_normalize(1e-9)?;
        Some((Point3::from(middle - forward * mean_along), forward))
    }

    /// The body's axes; none with fewer than two spine keypoints, or when sides were never seen.
    pub fn body(&self, frame: &Positions) -> Option<Body> {
        let whole = self.frame_along(&self.spine, frame)?;
        let middle = self.spine.len() / 2;
        let front = self.frame_along(&self.spine[..middle], frame);
        let rear = self.frame_along(&self.spine[middle - 1..], frame);
        Some(Body { whole, front, rear })
    }

    fn frame_along(&self, spine: &[(KeypointId, f64)], frame: &Positions) -> Option<BodyFrame> {
        let (origin, forward) = self.axis_of(spine, frame)?;
        let upright = self.up_in_world? - forward * self.up_in_world?.dot(&forward);
        let trust = ((upright.norm() - 0.1) / 0.3).clamp(0.0, 1.0);
        let up = upright.try_normalize(1e-6)?;
        Some(BodyFrame { origin, forward, left: up.cross(&forward), up, trust })
    }

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
            |side: &Side| side.hinge.is_none() && [side.left.index(), side.right.index()].contains(&keypoint);
        if self.sides.iter().any(stands_alone) {
            penalty += LONE_SIDE_PENALTY * (0.2 - point.y / place[1].mean).clamp(0.0, 1.0);
        }
        axes.trust * penalty
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
