//! The values of a measure over a recording, with the extremes of blocks of frames, so that what is drawn of an hour costs as
//! much as what is drawn of a second.

use std::ops::Range;

/// A block holds so many of the next smaller ones.
const FACTOR: usize = 8;

/// Values by frame, and their extremes by blocks.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    values: Vec<f32>,
    /// By level, the smallest and the largest value of each block that is whole; NaN where nothing is known. Blocks of the first
    /// level hold `FACTOR` frames.
    levels: Vec<Vec<[f32; 2]>>,
}

impl Series {
    /// Works the blocks out.
    pub fn new(values: Vec<f32>) -> Self {
        let mut levels: Vec<Vec<[f32; 2]>> = Vec::new();
        let first = values.chunks_exact(FACTOR);
        let mut next: Vec<[f32; 2]> =
            first.map(|block| block.iter().fold(UNKNOWN, |it, value| wider(it, [*value; 2]))).collect();
        while !next.is_empty() {
            let blocks = next.chunks_exact(FACTOR);
            let larger = blocks.map(|block| block.iter().copied().fold(UNKNOWN, wider)).collect();
            levels.push(std::mem::replace(&mut next, larger));
        }
        Self { values, levels }
    }

    /// The value of a frame; NaN where it is not known.
    pub fn at(&self, frame: u32) -> f32 {
        self.values.get(frame as usize).copied().unwrap_or(f32::NAN)
    }

    /// The smallest and the largest value of a range of frames; NaN where nothing is known.
    pub fn extremes(&self, frames: Range<usize>) -> [f32; 2] {
        let (mut from, end) = (frames.start, frames.end.min(self.values.len()));
        let mut found = UNKNOWN;
        while from < end {
            // The largest block that begins here and lies within.
            let (mut step, mut level) = (1, None);
            while from.is_multiple_of(step * FACTOR) && from + step * FACTOR <= end {
                step *= FACTOR;
                level = Some(level.map_or(0, |level: usize| level + 1));
            }
            let here = match level {
                Some(level) => self.levels[level][from / step],
                None => [self.values[from]; 2],
            };
            found = wider(found, here);
            from += step;
        }
        found
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        self.values.len() * size_of::<f32>() + self.levels.iter().map(|level| level.len() * 8).sum::<usize>()
    }
}

const UNKNOWN: [f32; 2] = [f32::NAN; 2];

/// The smallest and the largest of both; what is not a number has no say.
fn wider(a: [f32; 2], b: [f32; 2]) -> [f32; 2] {
    [a[0].min(b[0]), a[1].max(b[1])]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn blocks_say_what_their_frames_say(
            values in prop::collection::vec(prop_oneof![9 => -9.0_f32..9.0, 1 => Just(f32::NAN)], 0..1400),
            start in 0_usize..1400,
            length in 0_usize..1400,
        ) {
            let series = Series::new(values.clone());
            let within = start.min(values.len())..(start + length).min(values.len());
            let known = values[within].iter().filter(|value| value.is_finite());
            let expected = known.fold(UNKNOWN, |it, value| wider(it, [*value; 2]));
            let found = series.extremes(start..start + length);
            prop_assert!(found == expected || (found[0].is_nan() && expected[0].is_nan()), "{found:?} {expected:?}");
        }
    }
}
