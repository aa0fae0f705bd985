//! Numbers that describe what an animal does in a frame, from its keypoints: the rows that clusters are found in.
//!
//! Per animal and frame: distances between all parts, joint angles, parts and their velocities in the body's frame, movement of
//! the whole, the nearest two other animals, zones, and how the movement of the whole was over windows. All in body lengths
//! and seconds, so that recordings of other scale or frame rate compare. A value that cannot be measured is NaN.
//!
//! Rows are made for any range of frames, without what lies far outside it: memory does not grow with the recording.

mod window;

use std::ops::Range;

use ndarray::Array2;

use self::window::Window;
use super::bodies::{Bodies, angle, direction, distance, slope_at};
use super::pairs::{Pair, PairParts};
use super::zones::Zone;
use crate::model::skeleton::Role;

/// The lengths of the windows, s: 3, 11 and 21 frames at 30 frames per second.
const WINDOWS_SECS: [f64; 3] = [0.1, 0.367, 0.7];

/// How many others a row describes, the nearest first.
const OTHERS: usize = 2;

/// Velocities are slopes over this, s.
const SLOPE_SECS: f64 = 0.17;

/// Along these, each joint between two neighbours has an angle.
const SPINE: [Role; 7] =
    [Role::Nose, Role::Head, Role::BodyCentre, Role::BackRear, Role::TailBase, Role::TailMiddle, Role::TailTip];

/// The measurements of the whole that windows sum up.
const WHOLE: [&str; 7] = ["speed", "forward", "sideways", "turning", "extent", "stirring", "nearest_other"];

/// What is said of each other animal.
const OTHER: [&str; 11] = [
    "centres",
    "nearest",
    "nose_nose",
    "nose_tail",
    "nose_body",
    "bearing_sin",
    "bearing_cos",
    "alignment_sin",
    "alignment_cos",
    "approach",
    "its_speed",
];

/// Makes rows of features.
#[derive(Debug)]
pub struct KeypointFeatures<'a> {
    bodies: &'a Bodies,
    zones: &'a [Zone],
    pair_parts: PairParts,
    joints: Vec<[usize; 3]>,
    windows: Vec<Window>,
    reach: usize,
    names: Vec<String>,
}

impl<'a> KeypointFeatures<'a> {
    /// Features of these animals; zones are in the units of their tracks.
    pub fn new(bodies: &'a Bodies, zones: &'a [Zone]) -> Self {
        let spine: Vec<usize> = SPINE.into_iter().filter_map(|role| bodies.with_role(role)).collect();
        let joints = spine.windows(3).map(|joint| [joint[0], joint[1], joint[2]]).collect();
        let windows = WINDOWS_SECS.map(|secs| Window::of((secs * bodies.fps).round() as usize)).to_vec();
        let reach = ((SLOPE_SECS * bodies.fps - 1.0) / 2.0).round().max(1.0) as usize;
        let mut features =
            Self { bodies, zones, pair_parts: PairParts::of(bodies), joints, windows, reach, names: Vec::new() };
        features.names = features.make_names();
        features
    }

    /// The names of the columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    fn others(&self) -> usize {
        self.bodies.animals.len().saturating_sub(1).min(OTHERS)
    }

    fn make_names(&self) -> Vec<String> {
        let part = |at: usize| self.bodies.parts[at].name.as_str();
        let count = self.bodies.parts.len();
        let mut names = Vec::new();
        for a in 0..count {
            names.extend((a + 1..count).map(|b| format!("distance {} {}", part(a), part(b))));
        }
        for [a, b, c] in &self.joints {
            names.push(format!("angle {} {} {}", part(*a), part(*b), part(*c)));
        }
        for at in 0..count {
            names.extend(
                ["forward", "sideways", "velocity forward", "velocity sideways"]
                    .map(|what| format!("{} {what}", part(at))),
            );
        }
        names.extend(WHOLE.map(str::to_owned));
        for other in 1..=self.others() {
            names.extend(OTHER.map(|what| format!("other {other} {what}")));
        }
        names.extend(self.zones.iter().map(|zone| format!("zone {}", zone.name)));
        for window in &self.windows {
            for what in WHOLE {
                names.extend(window::STATISTICS.map(|statistic| format!("{what} {statistic} {}", window.frames())));
            }
        }
        names
    }

    /// The rows of one animal: one per frame.
    pub fn rows(&self, animal: usize, frames: Range<u32>) -> Array2<f32> {
        let mut rows = Array2::from_elem((frames.len(), self.names.len()), f32::NAN);
        let margin = self.windows.iter().map(Window::reach).max().unwrap_or_default();
        let wide = (frames.start as usize).saturating_sub(margin)
            ..(frames.end as usize + margin).min(self.bodies.frame_count as usize);
        let wholes: Vec<Whole> = wide.clone().map(|frame| self.whole(animal, frame)).collect();
        for (row, frame) in frames.map(|frame| frame as usize).enumerate() {
            if !self.bodies.animals[animal].is_seen(frame) {
                continue;
            }
            let mut values = Vec::with_capacity(self.names.len());
            self.shape(animal, frame, &mut values);
            let whole = &wholes[frame - wide.start];
            values.extend(whole.values);
            for slot in 0..self.others() {
                values.extend(
                    whole.others[slot]
                        .map_or([f32::NAN; OTHER.len()], |(other, pair)| self.said_of(other, &pair, frame)),
                );
            }
            let head = self.bodies.snout(animal, frame);
            let unit = self.bodies.animals[animal].length;
            values.extend(self.zones.iter().map(|zone| zone.distance(head) / unit));
            for window in &self.windows {
                for channel in 0..WHOLE.len() {
                    let at = frame - wide.start;
                    values.extend(window.statistics(at, wholes.len(), |at| wholes[at].values[channel]));
                }
            }
            rows.row_mut(row).iter_mut().zip(values).for_each(|(slot, value)| *slot = value);
        }
        rows
    }

    /// Distances, angles, and parts in the body's frame.
    fn shape(&self, animal: usize, frame: usize, values: &mut Vec<f32>) {
        let (body, points) = (&self.bodies.animals[animal], self.bodies.points(animal, frame));
        let unit = 1.0 / body.length;
        for (at, point) in points.iter().enumerate() {
            values.extend(points[at + 1..].iter().map(|other| distance(*point, *other) * unit));
        }
        for [a, b, c] in &self.joints {
            values.push(angle(direction(points[*a], points[*b]), direction(points[*b], points[*c])));
        }
        let (centre, [x, y]) = (body.centre[frame], body.heading[frame]);
        // Without a heading, what lies along the axes of the image says where the animal is turned, not what it does.
        let in_body = |vector: [f32; 2]| [vector[0] * x + vector[1] * y, vector[1] * x - vector[0] * y];
        for (part, point) in points.iter().enumerate() {
            let [forward, sideways] = in_body([point[0] - centre[0], point[1] - centre[1]]);
            let velocity = in_body(self.velocity(animal, part, frame));
            let per_sec = self.bodies.fps as f32 * unit;
            values.extend([forward * unit, sideways * unit, velocity[0] * per_sec, velocity[1] * per_sec]);
        }
    }

    /// The velocity of a part, units per frame.
    fn velocity(&self, animal: usize, part: usize, frame: usize) -> [f32; 2] {
        let parts = self.bodies.parts.len();
        let points = &self.bodies.animals[animal].points;
        let window = frame.saturating_sub(self.reach)..(frame + self.reach + 1).min(self.bodies.frame_count as usize);
        let track: [[f32; 2]; 16] = std::array::from_fn(|at| {
            let frame = window.start + at;
            if frame < window.end { points[frame * parts + part] } else { [f32::NAN; 2] }
        });
        if window.len() > track.len() {
            let track: Vec<[f32; 2]> = window.clone().map(|frame| points[frame * parts + part]).collect();
            return slope_at(&track, frame - window.start, self.reach);
        }
        slope_at(&track[..window.len()], frame - window.start, self.reach)
    }

    fn whole(&self, animal: usize, frame: usize) -> Whole {
        let body = &self.bodies.animals[animal];
        let ([x, y], [vx, vy]) = (body.heading[frame], body.velocity[frame]);
        let mut others: Vec<(usize, Pair)> = (0..self.bodies.animals.len())
            .filter(|other| *other != animal && self.bodies.animals[*other].is_seen(frame))
            .map(|other| (other, self.pair_parts.measure(self.bodies, animal, other, frame)))
            .collect();
        others.sort_by(|a, b| a.1.centres.total_cmp(&b.1.centres));
        Whole {
            values: [
                body.speed[frame],
                vx * x + vy * y,
                vy * x - vx * y,
                body.turning[frame],
                body.extent[frame],
                body.stirring[frame],
                others.first().map_or(f32::NAN, |(_, pair)| pair.nearest),
            ],
            others: std::array::from_fn(|slot| others.get(slot).copied()),
        }
    }

    fn said_of(&self, other: usize, pair: &Pair, frame: usize) -> [f32; OTHER.len()] {
        [
            pair.centres,
            pair.nearest,
            pair.nose_nose,
            pair.nose_tail,
            pair.nose_body,
            pair.bearing.sin(),
            pair.bearing.cos(),
            pair.alignment.sin(),
            pair.alignment.cos(),
            pair.approach,
            self.bodies.animals[other].speed[frame],
        ]
    }
}

/// An animal as a whole in one frame.
struct Whole {
    values: [f32; WHOLE.len()],
    others: [Option<(usize, Pair)>; OTHERS],
}

#[cfg(test)]
mod tests {
    use ndarray::Axis;

    use super::*;
    use crate::model::{AnimalTrack, Part, Tracks};
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn wandering(frames: u32, animals: usize, seed: u64) -> Tracks {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let parts: Vec<Part> =
            ["nose", "left ear", "right ear", "neck", "center back", "tail base", "tail tip"].map(Part::named).to_vec();
        let along = [50.0, 40.0, 40.0, 30.0, 0.0, -50.0, -90.0];
        let across = [0.0, -8.0, 8.0, 0.0, 0.0, 0.0, 5.0];
        let track = |rng: &mut ChaCha8Rng| {
            let (mut place, mut heading) = ([rng.random_range(0.0..400.0), rng.random_range(0.0..400.0)], 0.0_f32);
            let mut points = Vec::new();
            for _ in 0..frames {
                heading += rng.random_range(-0.2..0.2);
                let speed = rng.random_range(0.0..8.0);
                place = [place[0] + speed * heading.cos(), place[1] + speed * heading.sin()];
                for (x, y) in along.into_iter().zip(across) {
                    let (c, s) = (heading.cos(), heading.sin());
                    points.push([place[0] + x * c - y * s, place[1] + x * s + y * c]);
                }
            }
            AnimalTrack { points, heights: Vec::new() }
        };
        let animals = (0..animals).map(|_| track(&mut rng)).collect();
        Tracks { frame_count: frames, fps: 30.0, parts, animals, mm_per_unit: None }
    }

    /// All points turned, moved and made larger.
    fn seen_otherwise(tracks: &Tracks) -> Tracks {
        let (c, s) = (0.6_f32, 0.8_f32);
        let mut other = tracks.clone();
        for track in &mut other.animals {
            for [x, y] in &mut track.points {
                [*x, *y] = [2.5 * (c * *x - s * *y) + 70.0, 2.5 * (s * *x + c * *y) - 30.0];
            }
        }
        other
    }

    #[test]
    fn features_do_not_depend_on_place_direction_or_scale() {
        let tracks = wandering(60, 3, 5);
        let (one, other) = (Bodies::of(&tracks), Bodies::of(&seen_otherwise(&tracks)));
        let (one, other) = (KeypointFeatures::new(&one, &[]), KeypointFeatures::new(&other, &[]));
        for animal in 0..3 {
            let (a, b) = (one.rows(animal, 0..60), other.rows(animal, 0..60));
            for ((at, a), b) in a.indexed_iter().zip(&b) {
                let name = &one.names()[at.1];
                assert!(a.is_finite() && (a - b).abs() < 2e-3 * (1.0 + a.abs()), "{name} in frame {}: {a} {b}", at.0);
            }
        }
    }

    #[test]
    fn a_part_of_the_rows_is_what_all_rows_hold_there() {
        let bodies = Bodies::of(&wandering(90, 2, 6));
        let features = KeypointFeatures::new(&bodies, &[]);
        let (all, part) = (features.rows(1, 0..90), features.rows(1, 33..58));
        assert_eq!(all.slice_axis(Axis(0), ndarray::Slice::from(33..58)), part);
        assert_eq!(features.names().len(), all.ncols());
        // 21 distances, 3 angles, 4 × 7 of parts, 7, 11 of one other, no zone, 3 windows of 7 × 5.
        assert_eq!(all.ncols(), 21 + 3 + 28 + 7 + 11 + 105);
    }

    #[test]
    fn a_frame_without_the_animal_has_no_numbers_and_others_stand_in() {
        let mut tracks = wandering(90, 3, 7);
        tracks.animals[0].points[30 * 7..70 * 7].fill([f32::NAN; 2]);
        let bodies = Bodies::of(&tracks);
        let zones = [Zone { name: "food".to_owned(), corners: vec![[0.0, 0.0], [9.0, 0.0], [9.0, 9.0]] }];
        let features = KeypointFeatures::new(&bodies, &zones);
        let absent = features.rows(0, 30..70);
        assert!(absent.iter().all(|value| value.is_nan()));
        let name = |wanted: &str| features.names().iter().position(|name| name == wanted).unwrap();
        let second = features.rows(1, 50..51);
        assert!(second[[0, name("other 1 centres")]].is_finite() && second[[0, name("other 2 centres")]].is_nan());
        assert!(second[[0, name("zone food")]].is_finite());
    }
}
