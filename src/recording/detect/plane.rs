//! A picture in `f32`, in pixels or merged pixels, as the filters work on it.
//!
//! Coordinates of a merged picture follow the same rule as all resizing here: pixel centres are whole numbers.

use crate::recording::frame::{GrayFrame, GrayPixels};

/// Rows of `f32` grey levels.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Plane {
    /// Values across.
    pub(super) width: usize,
    /// Values down.
    pub(super) height: usize,
    /// Row by row from the top.
    pub(super) data: Vec<f32>,
}

impl Plane {
    /// A plane of zeros.
    pub(super) fn zeros(width: usize, height: usize) -> Self {
        Self { width, height, data: vec![0.0; width * height] }
    }

    /// One row.
    pub(super) fn row(&self, y: usize) -> &[f32] {
        &self.data[y * self.width..(y + 1) * self.width]
    }

    /// One row, to write.
    pub(super) fn row_mut(&mut self, y: usize) -> &mut [f32] {
        &mut self.data[y * self.width..(y + 1) * self.width]
    }

    /// The value of a pixel that must lie inside.
    pub(super) fn at(&self, x: usize, y: usize) -> f32 {
        self.data[y * self.width + x]
    }

    /// The value at a place between pixels, bilinear, the border's values beyond the border.
    pub(super) fn sample(&self, x: f64, y: f64) -> f32 {
        if self.width == 0 || self.height == 0 {
            return 0.0;
        }
        let x = x.clamp(0.0, (self.width - 1) as f64);
        let y = y.clamp(0.0, (self.height - 1) as f64);
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = ((left + 1).min(self.width - 1), (top + 1).min(self.height - 1));
        let (u, v) = ((x - left as f64) as f32, (y - top as f64) as f32);
        let upper = self.at(left, top) * (1.0 - u) + self.at(right, top) * u;
        let lower = self.at(left, bottom) * (1.0 - u) + self.at(right, bottom) * u;
        upper * (1.0 - v) + lower * v
    }

    /// The plane of the means of `factor` × `factor` pixels; an incomplete last row or column is a mean of what is there.
    pub(super) fn merged(&self, factor: usize) -> Self {
        let mut merged = Self::zeros(self.width.div_ceil(factor), self.height.div_ceil(factor));
        let mut sums = vec![0.0f32; self.width];
        for y in 0..merged.height {
            let rows = y * factor..((y + 1) * factor).min(self.height);
            let row_count = rows.len();
            sums.fill(0.0);
            for row in rows {
                for (sum, value) in sums.iter_mut().zip(self.row(row)) {
                    *sum += value;
                }
            }
            for (mean, block) in merged.row_mut(y).iter_mut().zip(sums.chunks(factor)) {
                *mean = block.iter().sum::<f32>() / (block.len() * row_count) as f32;
            }
        }
        merged
    }

    /// The grey levels of a picture, `bin` × `bin` pixels merged into their mean.
    pub(super) fn from_frame(frame: &GrayFrame, bin: usize) -> Self {
        let (width, height) = (frame.width as usize, frame.height as usize);
        match &frame.pixels {
            GrayPixels::U8(levels) => merge_levels(levels, width, height, bin),
            GrayPixels::U16(levels) => merge_levels(levels, width, height, bin),
        }
    }
}

/// Merges the pixels of a picture whose buffer may be shorter than its size says; what is missing is zero.
fn merge_levels<T: Copy + Into<u32>>(levels: &[T], width: usize, height: usize, bin: usize) -> Plane {
    let mut plane = Plane::zeros(width.div_ceil(bin.max(1)), height.div_ceil(bin.max(1)));
    if width == 0 {
        return plane;
    }
    let mut sums = vec![0u32; width];
    let rows: Vec<&[T]> = levels.chunks_exact(width).take(height).collect();
    for (y, group) in rows.chunks(bin.max(1)).enumerate() {
        let out = plane.row_mut(y);
        match group {
            [row] if bin <= 1 => {
                for (value, level) in out.iter_mut().zip(*row) {
                    *value = to_f32(*level);
                }
            }
            [upper, lower] if bin == 2 && width.is_multiple_of(2) => {
                let pairs = upper.as_chunks::<2>().0.iter().zip(lower.as_chunks::<2>().0);
                for (value, (a, b)) in out.iter_mut().zip(pairs) {
                    let sum = a[0].into() + a[1].into() + b[0].into() + b[1].into();
                    *value = sum as i32 as f32 * 0.25;
                }
            }
            _ => {
                sums.fill(0);
                for row in group {
                    for (sum, level) in sums.iter_mut().zip(*row) {
                        *sum += (*level).into();
                    }
                }
                for (value, block) in out.iter_mut().zip(sums.chunks(bin)) {
                    *value = block.iter().sum::<u32>() as f32 / (block.len() * group.len()) as f32;
                }
            }
        }
    }
    plane
}

/// Signed conversion, which is the one that processors do in wide registers.
fn to_f32<T: Into<u32>>(level: T) -> f32 {
    level.into() as i32 as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(width: u32, height: u32, levels: Vec<u16>) -> GrayFrame {
        GrayFrame { width, height, pixels: GrayPixels::U16(levels) }
    }

    #[test]
    fn merging_takes_means_also_at_odd_borders() {
        let plane = Plane::from_frame(&frame(3, 3, vec![1, 2, 3, 4, 5, 6, 7, 8, 9]), 2);
        assert_eq!((plane.width, plane.height), (2, 2));
        assert_eq!(plane.data, vec![3.0, 4.5, 7.5, 9.0]);
        let even = Plane::from_frame(&frame(4, 2, vec![1, 2, 3, 4, 5, 6, 7, 8]), 2);
        assert_eq!(even.data, vec![3.5, 5.5]);
        assert_eq!(Plane::from_frame(&frame(3, 3, vec![1, 2, 3, 4, 5, 6, 7, 8, 9]), 1).merged(2), plane);
    }

    #[test]
    fn a_short_buffer_reads_as_zeros() {
        let plane = Plane::from_frame(&frame(2, 2, vec![5, 6, 7]), 1);
        assert_eq!(plane.data, vec![5.0, 6.0, 0.0, 0.0]);
        assert_eq!(Plane::from_frame(&frame(0, 0, vec![]), 2).data.len(), 0);
    }

    #[test]
    fn sampling_is_bilinear_and_stays_inside() {
        let plane = Plane { width: 2, height: 2, data: vec![0.0, 2.0, 4.0, 6.0] };
        assert_eq!(plane.sample(0.5, 0.5), 3.0);
        assert_eq!(plane.sample(-3.0, 9.0), 4.0);
    }
}
