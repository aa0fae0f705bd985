//! Links pieces of foreground over time: where each animal should be now, which piece it is in, and its place there.

use super::components::{Component, Moments};
use super::ground::BlobModel;
use super::share::{Holder, counts};
use super::split::{Ellipse, bounds_of, split, spread_starts};
use super::{Blob, heading};
use crate::behavior::shrunk::Shrunk;
use crate::pose::assignment::assign;
use crate::recording::GrayFrame;

/// Share of its last step that an animal is expected to go on by.
const DAMPING: f32 = 0.6;
/// What it costs that an animal is nowhere: more than any way through a picture.
const NOWHERE: f64 = 1e6;

/// Follows the animals of a video, picture by picture.
#[derive(Clone, Debug)]
pub struct BlobTracker {
    model: BlobModel,
    animals: Vec<Followed>,
    /// Middles of the pieces of the picture before.
    centers_before: Vec<[f32; 2]>,
    /// By frame, then animal.
    blobs: Vec<Option<Blob>>,
}

/// Where the animals of a video are, as far as moving blobs tell.
#[derive(Clone, Debug, PartialEq)]
pub struct BlobTracks {
    /// How many animals there are.
    pub animal_count: usize,
    /// Frames that were looked at.
    pub frame_count: u32,
    blobs: Vec<Option<Blob>>,
}

/// An animal as it was when it was last seen, in pixels of the smaller picture.
#[derive(Clone, Copy, Debug)]
struct Followed {
    moments: Option<Moments>,
    step: [f32; 2],
    /// Whether that was in the picture before.
    is_seen: bool,
}

/// A place for an animal: a piece, and whether it holds others too.
struct Slot {
    piece: usize,
    is_shared: bool,
}

impl BlobTracker {
    /// Follows as many animals as the model says.
    pub fn new(model: BlobModel) -> Self {
        let animals = vec![Followed { moments: None, step: [0.0; 2], is_seen: false }; model.animal_count];
        Self { model, animals, centers_before: Vec::new(), blobs: Vec::new() }
    }

    /// Takes the next picture. In one of another size no animal is seen.
    pub fn push(&mut self, frame: &GrayFrame) {
        let found =
            self.model.pieces_of(frame).map_or_else(Vec::new, |(pieces, shrunk)| self.found_in(&pieces, &shrunk));
        self.blobs.extend((0..self.animals.len()).map(|animal| found.get(animal).copied().flatten()));
    }

    /// What was found.
    pub fn finish(self) -> BlobTracks {
        let animal_count = self.animals.len();
        BlobTracks { animal_count, frame_count: (self.blobs.len() / animal_count) as u32, blobs: self.blobs }
    }

    fn found_in(&mut self, pieces: &[Component], shrunk: &Shrunk) -> Vec<Option<Blob>> {
        let centers: Vec<[f32; 2]> = pieces.iter().map(|piece| piece.moments().mean).collect();
        let slots = self.slots(pieces, &centers);
        let columns = slots.len() + self.animals.len();
        let mut cost = vec![NOWHERE; self.animals.len() * columns];
        for (animal, costs) in self.animals.iter().zip(cost.chunks_exact_mut(columns)) {
            for (slot, cost) in slots.iter().zip(costs) {
                // An animal that was never seen may be anywhere.
                *cost = animal.expected().map_or(0.0, |place| match slot.is_shared {
                    true => f64::from(pieces[slot.piece].nearest(place).0),
                    false => f64::from(distance(place, centers[slot.piece])),
                });
            }
        }
        let column_of = assign(&cost, self.animals.len(), columns).column_of;
        let mut found: Vec<Option<(Ellipse, bool)>> = vec![None; self.animals.len()];
        for (at, piece) in pieces.iter().enumerate() {
            let is_here = |animal: &usize| slots.get(column_of[*animal]).is_some_and(|slot| slot.piece == at);
            let here: Vec<usize> = (0..self.animals.len()).filter(is_here).collect();
            for (animal, ellipse) in here.iter().zip(self.part(piece, &here)) {
                found[*animal] = Some((ellipse, here.len() > 1));
            }
        }
        self.centers_before = centers;
        for (animal, ellipse) in self.animals.iter_mut().zip(&found) {
            animal.see(ellipse.map(|(ellipse, _)| ellipse.moments));
        }
        found.into_iter().map(|found| found.map(|(ellipse, is_merged)| blob(&ellipse, is_merged, shrunk))).collect()
    }

    /// One slot per animal that a piece holds.
    fn slots(&self, pieces: &[Component], centers: &[[f32; 2]]) -> Vec<Slot> {
        let length = 4.0 * self.model.variances[0].sqrt();
        let holder = |(piece, center): (&Component, &[f32; 2])| {
            let steps = self.centers_before.iter().map(|before| distance(*before, *center) / length);
            let step = steps.min_by(f32::total_cmp).unwrap_or(0.0);
            Holder { area: piece.area() / self.model.area, expected: 0, step }
        };
        let mut holders: Vec<Holder> = pieces.iter().zip(centers).map(holder).collect();
        for place in self.animals.iter().filter(|animal| animal.is_seen).filter_map(Followed::expected) {
            let near = (0..pieces.len()).map(|piece| (pieces[piece].nearest(place).0, piece));
            let near = near.filter(|(far, _)| *far <= 0.5 * length);
            if let Some((_, piece)) = near.min_by(|a, b| a.0.total_cmp(&b.0)) {
                holders[piece].expected += 1;
            }
        }
        let held = counts(&holders, self.animals.len());
        let slots = held
            .iter()
            .enumerate()
            .flat_map(|(piece, count)| (0..*count).map(move |_| Slot { piece, is_shared: *count > 1 }));
        slots.collect()
    }

    /// The ellipses of the animals of one piece.
    fn part(&self, piece: &Component, animals: &[usize]) -> Vec<Ellipse> {
        match animals {
            [] => Vec::new(),
            [_] => {
                let moments = piece.moments();
                let bounds = bounds_of(piece.pixels.iter().copied(), moments.mean);
                vec![Ellipse { moments, area: piece.area(), bounds }]
            }
            _ => {
                let unknown = spread_starts(piece, animals.len(), self.model.variances);
                let starts = animals.iter().zip(unknown).map(|(animal, unknown)| {
                    let animal = &self.animals[*animal];
                    let known = animal.moments.zip(animal.expected());
                    known.map_or(unknown, |(moments, place)| Moments { mean: piece.nearest(place).1, ..moments })
                });
                let starts: Vec<Moments> = starts.collect();
                split(piece, &starts, self.model.variances)
            }
        }
    }
}

impl Followed {
    /// Where it should be now.
    fn expected(&self) -> Option<[f32; 2]> {
        let [x, y] = self.moments?.mean;
        Some([x + DAMPING * self.step[0], y + DAMPING * self.step[1]])
    }

    fn see(&mut self, now: Option<Moments>) {
        self.step = match (self.moments, now) {
            (Some(before), Some(now)) => [now.mean[0] - before.mean[0], now.mean[1] - before.mean[1]],
            _ => [0.0; 2],
        };
        self.is_seen = now.is_some();
        self.moments = now.or(self.moments);
    }
}

fn distance(a: [f32; 2], b: [f32; 2]) -> f32 {
    ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)).sqrt()
}

/// An ellipse in pixels of the picture.
fn blob(ellipse: &Ellipse, is_merged: bool, shrunk: &Shrunk) -> Blob {
    let factor = shrunk.factor as f32;
    let (variances, axis_rad) = ellipse.moments.axes();
    let [left, top, right, low] = ellipse.bounds;
    let [x, y] = shrunk.to_image([left - 0.5, top - 0.5]);
    Blob {
        center: shrunk.to_image(ellipse.moments.mean),
        bounds: [x, y, (right - left + 1.0) * factor, (low - top + 1.0) * factor],
        axis_rad,
        axes_px: variances.map(|variance| 4.0 * variance.sqrt() * factor),
        area_px: ellipse.area * factor * factor,
        is_merged,
    }
}

impl BlobTracks {
    /// An animal in a frame; `None` where it is not seen.
    pub fn blob(&self, animal: usize, frame: u32) -> Option<&Blob> {
        self.blobs.get(frame as usize * self.animal_count + animal)?.as_ref()
    }

    /// Where an animal heads in each frame, radians from x towards y: the end of its long axis towards which it walks.
    pub fn headings_rad(&self, animal: usize) -> Vec<Option<f32>> {
        let seen: Vec<Option<Blob>> = (0..self.frame_count).map(|frame| self.blob(animal, frame).copied()).collect();
        heading::headings(&seen)
    }
}
