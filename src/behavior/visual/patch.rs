//! Cuts the same patch out of pictures of one size: the present one and earlier ones.

use super::Place;
use crate::behavior::shrunk::Shrunk;

/// Pixels along a side of a patch.
pub(super) const PATCH_PX: usize = 48;

/// The least standard deviation of a patch, grey levels: an empty floor is not stretched to noise.
const LEAST_SPREAD: f32 = 4.0;

/// One place in three pictures, by rows; brightness has mean 0 and deviation 1 in the present one, and is changed alike in
/// the others.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Patches {
    pub(super) now: Vec<f32>,
    pub(super) before: Vec<f32>,
    pub(super) slow: Vec<f32>,
}

impl Patches {
    /// Cuts a place out of pictures of one size that are not empty: the present one, the one before, and an older one.
    pub(super) fn cut(place: &Place, pictures: [&Shrunk; 3]) -> Self {
        let mut cut = levels(place, pictures, [PATCH_PX; 2]);
        let count = (PATCH_PX * PATCH_PX) as f32;
        let mean = cut[0].iter().sum::<f32>() / count;
        let variance = cut[0].iter().map(|level| (level - mean).powi(2)).sum::<f32>() / count;
        let scale = 1.0 / variance.sqrt().max(LEAST_SPREAD);
        cut.iter_mut().flatten().for_each(|level| *level = (*level - mean) * scale);
        let [now, before, slow] = cut;
        Self { now, before, slow }
    }
}

/// Grey levels of one place in pictures of one size that are not empty, by rows of so many pixels across and down.
pub(super) fn levels<const PICTURES: usize>(
    place: &Place,
    pictures: [&Shrunk; PICTURES],
    [columns, rows]: [usize; 2],
) -> [Vec<f32>; PICTURES] {
    let mut cut = [(); PICTURES].map(|()| Vec::with_capacity(columns * rows));
    let Some(first) = pictures.first() else { return cut };
    let step = [place.size_px[0] / (first.factor * columns) as f32, place.size_px[1] / (first.factor * rows) as f32];
    let (sine, cosine) = place.heading_rad.unwrap_or(0.0).sin_cos();
    let [x, y] = first.to_shrunk(place.center);
    let middle = [columns, rows].map(|side| (side as f32 - 1.0) / 2.0);
    for row in 0..rows {
        let across = (row as f32 - middle[1]) * step[1];
        let start = [x - across * sine, y + across * cosine];
        for column in 0..columns {
            let along = (column as f32 - middle[0]) * step[0];
            let at = Between::new(first, start[0] + along * cosine, start[1] + along * sine);
            cut.iter_mut().zip(pictures).for_each(|(cut, picture)| cut.push(at.level(picture)));
        }
    }
    cut
}

/// A place between four pixels; beyond the edge the picture goes on as at the edge.
struct Between {
    corner: usize,
    right: usize,
    below: usize,
    across: f32,
    down: f32,
}

impl Between {
    fn new(picture: &Shrunk, x: f32, y: f32) -> Self {
        let (x, y) = (x.clamp(0.0, (picture.width - 1) as f32), y.clamp(0.0, (picture.height - 1) as f32));
        let (left, top) = (x as usize, y as usize);
        Self {
            corner: top * picture.width + left,
            right: usize::from(left + 1 < picture.width),
            below: if top + 1 < picture.height { picture.width } else { 0 },
            across: x - left as f32,
            down: y - top as f32,
        }
    }

    fn level(&self, picture: &Shrunk) -> f32 {
        let at = |step: usize| picture.levels[self.corner + step];
        let upper = at(0) + (at(self.right) - at(0)) * self.across;
        let lower = at(self.below) + (at(self.below + self.right) - at(self.below)) * self.across;
        upper + (lower - upper) * self.down
    }
}
