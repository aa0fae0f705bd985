//! Two animals frame by frame: how far apart, which parts touch, who is ahead of whom.
//!
//! Lengths are in body lengths, the mean of both animals'. Values of a pair are as the first animal sees the second.

use super::bodies::{Bodies, angle, direction, distance};
use crate::model::skeleton::Role;

/// What one animal has to do with another in one frame; NaN where it cannot be measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// Between their middles, body lengths.
    pub centres: f32,
    /// Between their nearest parts, tails' middles and ends left out, body lengths.
    pub nearest: f32,
    /// Nose to nose, body lengths.
    pub nose_nose: f32,
    /// This one's nose to the other's tail base, body lengths.
    pub nose_tail: f32,
    /// This one's nose to the other's nearer ear, body lengths.
    pub nose_ear: f32,
    /// This one's nose to the nearest part of the other, tail's middle and end left out, body lengths.
    pub nose_body: f32,
    /// From where this one's head points to where the other is, rad.
    pub bearing: f32,
    /// From this one's heading to the other's, rad.
    pub alignment: f32,
    /// How fast this one comes nearer by its own movement, body lengths per second.
    pub approach: f32,
}

/// Which parts have a say in contact.
#[derive(Clone, Debug)]
pub struct PairParts {
    touching: Vec<usize>,
    nose: Option<usize>,
    tail_base: Option<usize>,
    ears: Vec<usize>,
}

impl PairParts {
    /// The parts of these bodies.
    pub fn of(bodies: &Bodies) -> Self {
        let is_tail = |role: Option<Role>| matches!(role, Some(Role::TailMiddle | Role::TailTip));
        let touching = bodies.parts.iter().enumerate().filter(|(_, part)| !is_tail(part.role)).map(|(at, _)| at);
        Self {
            touching: touching.collect(),
            nose: bodies.with_role(Role::Nose),
            tail_base: bodies.with_role(Role::TailBase),
            ears: [Role::EarLeft, Role::EarRight].into_iter().filter_map(|role| bodies.with_role(role)).collect(),
        }
    }

    /// Measures two animals in one frame.
    pub fn measure(&self, bodies: &Bodies, animal: usize, other: usize, frame: usize) -> Pair {
        let (own, its) = (bodies.points(animal, frame), bodies.points(other, frame));
        let [a, b] = [animal, other].map(|animal| &bodies.animals[animal]);
        let unit = (a.length + b.length) / 2.0;
        let between = |own_part: Option<usize>, its_part: Option<usize>| match (own_part, its_part) {
            (Some(x), Some(y)) => distance(own[x], its[y]) / unit,
            _ => f32::NAN,
        };
        let mut nearest = f32::INFINITY;
        let mut nose_body = f32::INFINITY;
        for x in &self.touching {
            let mut from_here = f32::INFINITY;
            for y in &self.touching {
                let [dx, dy] = [own[*x][0] - its[*y][0], own[*x][1] - its[*y][1]];
                // NaN is not smaller.
                let square = dx * dx + dy * dy;
                if square < from_here {
                    from_here = square;
                }
            }
            nearest = nearest.min(from_here);
            if self.nose == Some(*x) {
                nose_body = from_here;
            }
        }
        let length = |square: f32| if square.is_finite() { square.sqrt() / unit } else { f32::NAN };
        let towards = direction(a.centre[frame], b.centre[frame]);
        let ears = self.ears.iter().map(|ear| between(self.nose, Some(*ear)));
        Pair {
            centres: distance(a.centre[frame], b.centre[frame]) / unit,
            nearest: length(nearest),
            nose_nose: between(self.nose, self.nose),
            nose_tail: between(self.nose, self.tail_base),
            nose_ear: ears.fold(f32::NAN, f32::min),
            nose_body: length(nose_body),
            bearing: angle(a.facing[frame], direction(bodies.snout(animal, frame), b.centre[frame])),
            alignment: angle(a.heading[frame], b.heading[frame]),
            approach: a.velocity[frame][0] * towards[0] + a.velocity[frame][1] * towards[1],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AnimalTrack, Part, Tracks};

    #[test]
    fn one_behind_the_other_is_seen_ahead() {
        let parts: Vec<Part> =
            ["nose", "left ear", "right ear", "neck", "center back", "tail base"].map(Part::named).to_vec();
        let offsets = [[50.0, 0.0], [40.0, -8.0], [40.0, 8.0], [30.0, 0.0], [0.0, 0.0], [-50.0, 0.0]];
        let track = |start: f32| {
            let points = (0..20).flat_map(|frame| offsets.map(|[x, y]| [start + x + frame as f32 * 5.0, y]));
            AnimalTrack { points: points.collect(), heights: Vec::new() }
        };
        // The second is 120 units ahead: its tail base 20 before the first one's nose.
        let animals = vec![track(0.0), track(120.0)];
        let bodies = Bodies::of(&Tracks { frame_count: 20, fps: 30.0, parts, animals, mm_per_unit: None });
        let parts = PairParts::of(&bodies);
        let ahead = parts.measure(&bodies, 0, 1, 10);
        assert!((ahead.centres - 1.2).abs() < 1e-5 && (ahead.nearest - 0.2).abs() < 1e-5);
        assert!((ahead.nose_tail - 0.2).abs() < 1e-5 && (ahead.nose_nose - 1.2).abs() < 1e-5);
        assert!((ahead.nose_body - 0.2).abs() < 1e-5);
        assert!(ahead.bearing.abs() < 1e-5 && ahead.alignment.abs() < 1e-5);
        assert!((ahead.approach - 1.5).abs() < 1e-3, "{}", ahead.approach);
        let behind = parts.measure(&bodies, 1, 0, 10);
        assert!((behind.bearing.abs() - std::f32::consts::PI).abs() < 1e-5);
        assert!((behind.approach + 1.5).abs() < 1e-3 && (behind.nose_tail - 2.2).abs() < 1e-5);
        assert!((behind.nose_body - 1.2).abs() < 1e-5);
    }
}
