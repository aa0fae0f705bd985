//! A bout in a few numbers that people can read: how long, how fast, how much it turns, how near the next animal is.

use std::ops::Range;

use ndarray::Array2;

use crate::behavior::bodies::{Bodies, distance};
use crate::behavior::pairs::PairParts;
use crate::model::AnimalId;

/// The measures, in the order of the columns.
const NAMES: [&str; 13] = [
    "duration (s)",
    "mean speed (body lengths/s)",
    "top speed (body lengths/s)",
    "distance gone (body lengths)",
    "straightness",
    "net turn (rad)",
    "turning (rad/s)",
    "body extent (body lengths)",
    "change of extent (body lengths)",
    "movement of the parts (body lengths/s)",
    "nearest other, mean (body lengths)",
    "nearest other, least (body lengths)",
    "coming nearer (body lengths/s)",
];

/// Measures bouts.
#[derive(Debug)]
pub struct BoutMeasures<'a> {
    bodies: &'a Bodies,
    pairs: PairParts,
}

impl<'a> BoutMeasures<'a> {
    /// Of these animals.
    pub fn new(bodies: &'a Bodies) -> Self {
        Self { bodies, pairs: PairParts::of(bodies) }
    }

    /// The names of the columns.
    pub fn names() -> &'static [&'static str] {
        &NAMES
    }

    /// A row per bout; NaN where something cannot be measured.
    pub fn rows(&self, bouts: &[(AnimalId, Range<u32>)]) -> Array2<f32> {
        let mut rows = Array2::from_elem((bouts.len(), NAMES.len()), f32::NAN);
        for (mut row, (animal, frames)) in rows.rows_mut().into_iter().zip(bouts) {
            row.iter_mut().zip(self.row(*animal, frames)).for_each(|(slot, value)| *slot = value);
        }
        rows
    }

    fn row(&self, animal: AnimalId, frames: &Range<u32>) -> [f32; NAMES.len()] {
        let fps = self.bodies.fps as f32;
        let body = &self.bodies.animals[animal.index()];
        let frames =
            frames.start.min(self.bodies.frame_count) as usize..frames.end.min(self.bodies.frame_count) as usize;
        let secs = frames.len() as f32 / fps;
        let seen: Vec<usize> = frames.filter(|frame| body.is_seen(*frame)).collect();
        let values =
            |of: &[f32]| seen.iter().map(|frame| of[*frame]).filter(|value| value.is_finite()).collect::<Vec<_>>();
        let speed = values(&body.speed);
        let turning = values(&body.turning);
        let extent = values(&body.extent);
        let gone = seen.windows(2).filter(|pair| pair[1] == pair[0] + 1);
        let gone: f32 =
            gone.map(|pair| distance(body.centre[pair[0]], body.centre[pair[1]])).sum::<f32>() / body.length;
        let ends = [seen.first(), seen.last()].map(|frame| frame.map_or([f32::NAN; 2], |frame| body.centre[*frame]));
        let straight = distance(ends[0], ends[1]) / body.length;
        let near: Vec<f32> =
            seen.iter().map(|frame| self.nearest(animal.index(), *frame)).filter(|it| it.is_finite()).collect();
        let nearer =
            near.first().zip(near.last()).map_or(f32::NAN, |(first, last)| (first - last) / secs.max(1.0 / fps));
        [
            secs,
            mean(&speed),
            most(&speed),
            gone,
            if gone > 0.1 { straight / gone } else { f32::NAN },
            turning.iter().sum::<f32>().abs() / fps,
            mean(&turning.iter().map(|value| value.abs()).collect::<Vec<_>>()),
            mean(&extent),
            most(&extent) - least(&extent),
            mean(&values(&body.stirring)),
            mean(&near),
            least(&near),
            nearer,
        ]
    }

    /// From the nearest part of an animal to that of the nearest other, body lengths; NaN without another.
    fn nearest(&self, animal: usize, frame: usize) -> f32 {
        let others = (0..self.bodies.animals.len()).filter(|other| *other != animal);
        let gaps = others.map(|other| self.pairs.measure(self.bodies, animal, other, frame).nearest);
        gaps.filter(|gap| gap.is_finite()).fold(f32::NAN, f32::min)
    }
}

fn mean(values: &[f32]) -> f32 {
    if values.is_empty() { f32::NAN } else { values.iter().sum::<f32>() / values.len() as f32 }
}

fn most(values: &[f32]) -> f32 {
    values.iter().copied().fold(f32::NAN, f32::max)
}

fn least(values: &[f32]) -> f32 {
    values.iter().copied().fold(f32::NAN, f32::min)
}
