//! Cuts the same patch out of the present picture and earlier ones.

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
        let [now, before, slow] = pictures;
        let step = place.size_px.map(|side| side / (now.factor * PATCH_PX) as f32);
        let (sine, cosine) = place.heading_rad.unwrap_or(0.0).sin_cos();
        let [x, y] = now.to_shrunk(place.center);
        let middle = (PATCH_PX as f32 - 1.0) / 2.0;
        let mut cut = [(); 3].map(|()| Vec::with_capacity(PATCH_PX * PATCH_PX));
        for row in 0..PATCH_PX {
            let across = (row as f32 - middle) * step[1];
            let start = [x - across * sine, y + across * cosine];
            for column in 0..PATCH_PX {
                let along = (column as f32 - middle) * step[0];
                let at = Between::new(now, start[0] + along * cosine, start[1] + along * sine);
                cut[0].push(at.level(now));
                cut[1].push(at.level(before));
                cut[2].push(at.level(slow));
            }
        }
        let count = (PATCH_PX * PATCH_PX) as f32;
        let mean = cut[0].iter().sum::<f32>() / count;
        let variance = cut[0].iter().map(|level| (level - mean).powi(2)).sum::<f32>() / count;
        let scale = 1.0 / variance.sqrt().max(LEAST_SPREAD);
        cut.iter_mut().flatten().for_each(|level| *level = (*level - mean) * scale);
        let [now, before, slow] = cut;
        Self { now, before, slow }
    }
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
