//! A grey picture made smaller by a whole factor: each pixel is the mean of a square of pixels.
//!
//! Pixels: (0, 0) is the centre of the top-left pixel, so a place x of the picture is (x + 0.5) / factor − 0.5 in the
//! smaller one. What is left over at the right and the lower edge is cut off.

use crate::recording::{GrayFrame, GrayPixels};

/// A smaller picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Shrunk {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Pixels of the picture along a side of one pixel.
    pub factor: usize,
    /// Mean grey levels, row by row.
    pub levels: Vec<f32>,
}

impl Shrunk {
    /// Makes a picture smaller. Where the factor is larger than a side, or the picture has too few levels for its size,
    /// nothing is left.
    pub fn of(frame: &GrayFrame, factor: usize) -> Self {
        let factor = factor.max(1);
        let (width, height) = (frame.width as usize, frame.height as usize);
        let levels = match &frame.pixels {
            GrayPixels::U8(levels) if levels.len() == width * height => means(levels, width, factor),
            GrayPixels::U16(levels) if levels.len() == width * height => means(levels, width, factor),
            _ => return Self { width: 0, height: 0, factor, levels: Vec::new() },
        };
        let (width, height) = (width / factor, height / factor);
        Self { width, height: if width == 0 { 0 } else { height }, factor, levels }
    }

    /// Where a place of the picture lies in this one.
    pub fn to_shrunk(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let factor = self.factor as f32;
        [(x + 0.5) / factor - 0.5, (y + 0.5) / factor - 0.5]
    }

    /// Where a place of this one lies in the picture.
    pub fn to_image(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let factor = self.factor as f32;
        [(x + 0.5) * factor - 0.5, (y + 0.5) * factor - 0.5]
    }

    /// Whether two have equally many pixels.
    pub fn is_like(&self, other: &Self) -> bool {
        (self.width, self.height, self.factor) == (other.width, other.height, other.factor)
    }
}

fn means<T: Copy + Into<f32>>(levels: &[T], stride: usize, factor: usize) -> Vec<f32> {
    let width = stride / factor;
    let height = levels.len().checked_div(stride).unwrap_or(0) / factor;
    if width == 0 {
        return Vec::new();
    }
    let share = 1.0 / (factor * factor) as f32;
    let mut sums = vec![0.0f32; width * height];
    for (row, sums) in sums.chunks_exact_mut(width).enumerate() {
        for line in levels[row * factor * stride..].chunks_exact(stride).take(factor) {
            for (sum, square) in sums.iter_mut().zip(line.chunks_exact(factor)) {
                *sum += square.iter().map(|level| (*level).into()).sum::<f32>();
            }
        }
        sums.iter_mut().for_each(|sum| *sum *= share);
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_become_their_means_and_places_go_there_and_back() {
        let pixels = GrayPixels::U8(vec![0, 2, 10, 10, 9, 4, 6, 10, 10, 9, 7, 7, 7, 7, 7]);
        let shrunk = Shrunk::of(&GrayFrame { width: 5, height: 3, pixels }, 2);
        assert_eq!((shrunk.width, shrunk.height), (2, 1));
        assert_eq!(shrunk.levels, [3.0, 10.0]);
        assert_eq!(shrunk.to_shrunk([0.5, 0.5]), [0.0, 0.0]);
        assert_eq!(shrunk.to_image(shrunk.to_shrunk([3.0, 1.25])), [3.0, 1.25]);
    }

    #[test]
    fn deep_pictures_keep_their_levels_and_broken_ones_are_empty() {
        let deep = GrayFrame { width: 2, height: 2, pixels: GrayPixels::U16(vec![1000, 2000, 3000, 4000]) };
        assert_eq!(Shrunk::of(&deep, 2).levels, [2500.0]);
        assert!(Shrunk::of(&deep, 3).levels.is_empty());
        let broken = GrayFrame { width: 2, height: 2, pixels: GrayPixels::U8(vec![1]) };
        assert!(Shrunk::of(&broken, 1).levels.is_empty());
    }
}
