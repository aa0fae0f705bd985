//! A part of a camera's image at the size at which it is sent: stretched in contrast, resized, flat where the image ends.
//!
//! Resizing goes along each axis apart: the mean over the pixels that fall together where it shrinks, Catmull-Rom where it grows.
//! Nothing is drawn here; see [`marks`](super::marks).

mod jpeg;

use serde::{Deserialize, Serialize};

use super::question::Picture;
use super::sent::Sent;
use crate::recording::histogram::Histogram;
use crate::recording::{GrayFrame, GrayPixels};

/// Share of the pixels that may be blacker than black.
const BLACK_SHARE: f64 = 0.005;
/// Share of the pixels that may be whiter than white: the animal is a few hundredths of a picture.
const WHITE_SHARE: f64 = 0.0005;
/// Grey levels between black and white at least, as a share of the brightest: an empty picture stays calm.
const LEAST_CONTRAST: f32 = 0.1;
/// How much farther white is than the brightest pixels: marks stay brighter than fur.
const HEADROOM: f32 = 1.12;

/// Red, green and blue.
pub type Rgb = [u8; 3];

/// The grey levels that are shown black and white.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Levels {
    /// This and what is below is black.
    pub black: f32,
    /// This and what is above is white.
    pub white: f32,
}

/// A camera's image and how bright it is shown.
#[derive(Clone, Copy, Debug)]
pub struct Shot<'a> {
    /// The image.
    pub frame: &'a GrayFrame,
    /// What is black and white.
    pub levels: Levels,
}

/// A picture that can be drawn on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raster {
    /// Red, green and blue, each row by row. Apart, since nearly all pixels are grey: what is equal is seen at once.
    pub planes: [Vec<u8>; 3],
    /// Pixels across and down.
    pub size_px: [u32; 2],
}

impl Levels {
    /// Pictures of 8 bits as they are.
    pub const EIGHT_BIT: Self = Self { black: 0.0, white: 255.0 };

    /// The levels between which nearly all pixels of some images lie. Take them once per camera, so that exemplars and targets
    /// are equally bright. Without images, or with black ones alone: [`Levels::EIGHT_BIT`].
    pub fn robust(frames: &[&GrayFrame]) -> Self {
        let levels = Histogram::of(frames.iter().copied());
        let (black, white) = (levels.level_above(BLACK_SHARE), levels.level_above(1.0 - WHITE_SHARE));
        if white <= 0.0 {
            return Self::EIGHT_BIT;
        }
        Self { black, white: black + (white - black).max(white * LEAST_CONTRAST) * HEADROOM }
    }

    /// Where a grey level lies between black and white, 0 to 255.
    fn shown(self, level: f32) -> f32 {
        let span = self.white - self.black;
        let share = if span > 0.0 { (level - self.black) / span } else { 0.0 };
        (share * 255.0).clamp(0.0, 255.0)
    }
}

impl Raster {
    /// The part of the image, resized, without marks. Beyond the image all is as bright as its border on average: a border that
    /// went on in streaks would look like more of the animal. An image without pixels gives a black picture.
    pub fn of(shot: &Shot<'_>, sent: &Sent) -> Self {
        let size_px = sent.size_px;
        let [width, height] = size_px.map(|side| side as usize);
        let frame = shot.frame;
        let area = &sent.area_in_image;
        let columns = Taps::new(area.x, area.width, width, frame.width as usize);
        let rows = Taps::new(area.y, area.height, height, frame.height as usize);
        let mut gray = vec![0u8; width * height];
        let pixels = frame.width as usize * frame.height as usize;
        match &frame.pixels {
            GrayPixels::U8(levels) if levels.len() == pixels && pixels > 0 => {
                let shown: Vec<f32> = (0..=255u8).map(|level| shot.levels.shown(f32::from(level))).collect();
                resize(levels, frame.width as usize, &columns, &rows, |level| shown[usize::from(level)], &mut gray);
            }
            GrayPixels::U16(levels) if levels.len() == pixels && pixels > 0 => {
                let show = |level: u16| shot.levels.shown(f32::from(level));
                resize(levels, frame.width as usize, &columns, &rows, show, &mut gray);
            }
            _ => {}
        }
        Self { planes: [gray.clone(), gray.clone(), gray], size_px }
    }

    /// The JPEG file.
    ///
    /// # Panics
    /// When a side has no pixels or more than 65,535, or the buffer is too short for its size; [`Sent::plan`] gives no such.
    pub fn jpeg(&self) -> Picture {
        let jpeg = jpeg::encode(self).expect("a picture has sides of 1 to 65,535 pixels");
        Picture { jpeg, size_px: self.size_px }
    }
}

/// The pixels of one axis that make each pixel of the resized axis, with equally many weights for each.
struct Taps {
    /// Weights per resized pixel.
    count: usize,
    /// The first pixel of each, inside the image.
    starts: Vec<usize>,
    /// `count` weights for each; what they lack to 1 lies outside the image.
    weights: Vec<f32>,
}

impl Taps {
    /// `start` is where the part's first pixel has its centre, `length` how many of the image's `pixels` are shown by `to`.
    fn new(start: f64, length: f64, to: usize, pixels: usize) -> Self {
        let step = length / to as f64;
        // Catmull-Rom reaches two pixels to both sides; the mean reaches half a step.
        let wanted = if step <= 1.0 { 4 } else { step.ceil() as usize + 1 };
        let count = wanted.min(pixels).max(1);
        let last_start = pixels.saturating_sub(count) as i64;
        let mut taps = Self { count, starts: Vec::with_capacity(to), weights: vec![0.0; count * to] };
        for (index, weights) in taps.weights.chunks_exact_mut(count).enumerate() {
            // Edges lie half a pixel before centres.
            let low = start - 0.5 + index as f64 * step;
            let middle = low + step / 2.0;
            let first = if step <= 1.0 { middle.floor() as i64 - 1 } else { (low + 0.5).floor() as i64 };
            let clamped = first.clamp(0, last_start);
            let mut sum = 0.0;
            for pixel in first..first + wanted as i64 {
                let weight = if step <= 1.0 {
                    catmull_rom(pixel as f64 - middle)
                } else {
                    let (left, right) = (pixel as f64 - 0.5, pixel as f64 + 0.5);
                    (right.min(low + step) - left.max(low)).max(0.0)
                } as f32;
                sum += weight;
                if (0..pixels as i64).contains(&pixel) {
                    weights[(pixel - clamped) as usize] = weight;
                }
            }
            weights.iter_mut().for_each(|weight| *weight /= sum);
            taps.starts.push(clamped as usize);
        }
        taps
    }
}

fn catmull_rom(distance: f64) -> f64 {
    let x = distance.abs();
    if x < 1.0 {
        (1.5 * x - 2.5) * x * x + 1.0
    } else if x < 2.0 {
        ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    } else {
        0.0
    }
}

/// Resizes along the rows, then down the columns, differences from the ground beyond the image, which thus are 0 there. A row
/// of the image is resized once, when it is first needed.
fn resize<T: Copy>(levels: &[T], stride: usize, columns: &Taps, rows: &Taps, show: impl Fn(T) -> f32, gray: &mut [u8]) {
    let width = columns.starts.len();
    let ground = border_mean(levels, stride, &show);
    let used_start = columns.starts.iter().copied().min().unwrap_or(0);
    let used_end = columns.starts.iter().copied().max().unwrap_or(0) + columns.count;
    let mut shown = vec![0.0f32; used_end - used_start];
    // As many resized rows as one pixel needs, by the image's row modulo their number.
    let mut kept = vec![0.0f32; width * rows.count];
    let mut kept_rows = vec![usize::MAX; rows.count];
    let mut sum = vec![0.0f32; width];
    let outputs = gray.chunks_exact_mut(width).zip(&rows.starts).zip(rows.weights.chunks_exact(rows.count));
    for ((output, start), weights) in outputs {
        for row in *start..start + rows.count {
            let slot = row % rows.count;
            if kept_rows[slot] != row {
                kept_rows[slot] = row;
                let line = &levels[row * stride..][used_start..used_end];
                shown.iter_mut().zip(line).for_each(|(shown, level)| *shown = show(*level) - ground);
                resize_row(&shown, used_start, columns, &mut kept[slot * width..][..width]);
            }
        }
        sum.fill(ground + 0.5);
        for (offset, weight) in weights.iter().enumerate() {
            let slot = (start + offset) % rows.count;
            let line = &kept[slot * width..][..width];
            sum.iter_mut().zip(line).for_each(|(sum, level)| *sum += weight * level);
        }
        for (pixel, sum) in output.iter_mut().zip(&sum) {
            // Conversion saturates at 0 and 255.
            *pixel = *sum as u8;
        }
    }
}

/// Mean of the first and last rows and columns.
fn border_mean<T: Copy>(levels: &[T], stride: usize, show: impl Fn(T) -> f32) -> f32 {
    let (first, last) = (levels.iter().take(stride), levels.iter().rev().take(stride));
    let (left, right) = (levels.iter().step_by(stride), levels.iter().rev().step_by(stride));
    let (mut sum, mut count) = (0.0, 0.0);
    for level in first.chain(last).chain(left).chain(right) {
        sum += show(*level);
        count += 1.0;
    }
    sum / count
}

fn resize_row(shown: &[f32], used_start: usize, columns: &Taps, resized: &mut [f32]) {
    if columns.count == 4 {
        let weights = columns.weights.as_chunks::<4>().0;
        for ((resized, start), weights) in resized.iter_mut().zip(&columns.starts).zip(weights) {
            let levels = shown[start - used_start..].first_chunk::<4>().unwrap_or(&[0.0; 4]);
            *resized = (0..4).map(|tap| levels[tap] * weights[tap]).sum();
        }
        return;
    }
    let weights = columns.weights.chunks_exact(columns.count);
    for ((resized, start), weights) in resized.iter_mut().zip(&columns.starts).zip(weights) {
        let levels = &shown[start - used_start..][..columns.count];
        *resized = levels.iter().zip(weights).map(|(level, weight)| level * weight).sum();
    }
}

#[cfg(test)]
mod tests;
