//! Draws a part of a picture at a wanted size: the mean over the pixels that fall together where it shrinks, between pixels
//! linearly where it grows, and plain squares from fourfold on, so that pixels are seen as such.
//!
//! Positions are worked out along each axis apart, as weights of the values that make a device pixel; they are counted from
//! the picture's edge, so that a part of a plane is drawn as the whole would be, bit by bit. A device pixel whose centre lies
//! outside the camera's picture is transparent.

use std::ops::Range as IndexRange;

use super::look::{Look, Lut, Range, turbo};
use super::picture::{Picture, PictureSpec};
use crate::recording::{GrayFrame, GrayPixels};

/// Values that a device pixel must be smaller than, along a side, to be drawn as a square.
const SQUARES_BELOW: f64 = 0.25;

/// A plane of grey levels and where it lies in the camera's picture.
#[derive(Clone, Copy)]
pub(super) struct Layer<'a> {
    pub(super) plane: &'a GrayFrame,
    /// Pixels left of and above the plane's first value: multiples of `value_px`.
    pub(super) origin_px: [u32; 2],
    /// Pixels, along a side, that a value stands for.
    pub(super) value_px: u32,
    /// Pixels across and down of the camera's picture.
    pub(super) image_px: [u32; 2],
}

/// What a picture is made of.
pub(super) enum Content<'a> {
    /// Grey levels.
    Gray(Layer<'a>, Range),
    /// Coloured dots over grey levels.
    Fused {
        base: Layer<'a>,
        range: Range,
        dots: Layer<'a>,
        /// The share of the dots.
        mix: f32,
    },
}

/// Draws a picture.
pub(super) fn paint(spec: &PictureSpec, content: &Content<'_>) -> Picture {
    let size_px = spec.drawn_size_px();
    let mut rgba = vec![0u8; size_px[0] as usize * size_px[1] as usize * 4];
    if spec.region.is_valid() {
        let row_bytes = size_px[0] as usize * 4;
        match content {
            Content::Gray(layer, range) => paint_gray(spec, layer, &Lut::new(&spec.look, *range), &mut rgba, row_bytes),
            Content::Fused { base, range, dots, mix } => {
                let mix = if mix.is_finite() { mix.clamp(0.0, 1.0) } else { 0.0 };
                let share = Lut::new(&spec.look, *range).scaled(1.0 - mix);
                paint_gray(spec, base, &share, &mut rgba, row_bytes);
                add_dots(spec, dots, mix, &mut rgba, row_bytes);
            }
        }
    }
    Picture { spec: *spec, region: spec.region, rgba, size_px }
}

fn paint_gray(spec: &PictureSpec, layer: &Layer<'_>, lut: &Lut, rgba: &mut [u8], row_bytes: usize) {
    resample(spec, layer, |row, columns, levels| {
        let bytes = &mut rgba[row * row_bytes..][columns.start * 4..columns.end * 4];
        for (pixel, level) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(levels) {
            let grey = lut.at(*level);
            *pixel = [grey, grey, grey, 255];
        }
    });
}

fn add_dots(spec: &PictureSpec, layer: &Layer<'_>, mix: f32, rgba: &mut [u8], row_bytes: usize) {
    let colours = turbo();
    let lut = Lut::new(&Look { mode: spec.look.mode, ..spec.look }, Range::EIGHT_BIT);
    let shares: Vec<[u8; 3]> = (0..=255u8)
        .map(|level| colours[usize::from(lut.at(f32::from(level)))].map(|value| (f32::from(value) * mix + 0.5) as u8))
        .collect();
    resample(spec, layer, |row, columns, levels| {
        let bytes = &mut rgba[row * row_bytes..][columns.start * 4..columns.end * 4];
        for (pixel, level) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(levels) {
            let [red, green, blue] = shares[usize::from((*level + 0.5) as u8)];
            *pixel = [pixel[0].saturating_add(red), pixel[1].saturating_add(green), pixel[2].saturating_add(blue), 255];
        }
    });
}

/// Calls `finish` with each row of device pixels that lies in the picture, its columns, and their levels.
fn resample(spec: &PictureSpec, layer: &Layer<'_>, finish: impl FnMut(usize, IndexRange<usize>, &[f32])) {
    let size_px = spec.drawn_size_px();
    let value_px = f64::from(layer.value_px);
    let plane_size = [layer.plane.width, layer.plane.height];
    let axis = |index: usize, start: f64, length: f64| {
        let first = (layer.origin_px[index] / layer.value_px.max(1)) as usize;
        Axis::new(&Span {
            // Half a pixel from centres to edges.
            start: (start + 0.5) / value_px,
            step: length / f64::from(size_px[index]) / value_px,
            count: size_px[index] as usize,
            values: first..first + plane_size[index] as usize,
            image: f64::from(layer.image_px[index]) / value_px,
        })
    };
    let columns = axis(0, spec.region.x0, spec.region.width());
    let rows = axis(1, spec.region.y0, spec.region.height());
    match &layer.plane.pixels {
        GrayPixels::U8(levels) => resample_levels(levels, plane_size[0] as usize, &columns, &rows, finish),
        GrayPixels::U16(levels) => resample_levels(levels, plane_size[0] as usize, &columns, &rows, finish),
    }
}

fn resample_levels<T: Copy + Into<f32>>(
    levels: &[T],
    stride: usize,
    columns: &Axis,
    rows: &Axis,
    mut finish: impl FnMut(usize, IndexRange<usize>, &[f32]),
) {
    let Some(used) = columns.used() else { return };
    let mut mixed = vec![0.0f32; used.len()];
    let mut out = vec![0.0f32; columns.taps.len()];
    for (row, tap) in (rows.first..).zip(&rows.taps) {
        let line = |value: usize| &levels[(tap.start + value) * stride..][used.clone()];
        let weights = rows.weights_of(tap);
        let Some((first, others)) = weights.split_first() else { continue };
        for (mixed, level) in mixed.iter_mut().zip(line(0)) {
            *mixed = first * (*level).into();
        }
        for (value, weight) in others.iter().enumerate() {
            for (mixed, level) in mixed.iter_mut().zip(line(value + 1)) {
                *mixed += weight * (*level).into();
            }
        }
        for (out, tap) in out.iter_mut().zip(&columns.taps) {
            let start = tap.start - used.start;
            let weights = columns.weights_of(tap);
            *out = mixed[start..start + weights.len()].iter().zip(weights).map(|(level, weight)| level * weight).sum();
        }
        finish(row, columns.first..columns.first + out.len(), &out);
    }
}

/// One axis of a region over one axis of a plane.
struct Span {
    /// Edge of the first device pixel, in values from the picture's first edge.
    start: f64,
    /// Values per device pixel.
    step: f64,
    /// Device pixels.
    count: usize,
    /// Values of the plane, counted from the picture's first edge.
    values: IndexRange<usize>,
    /// Values of the camera's picture.
    image: f64,
}

/// Which values make each device pixel along an axis, and with what weight.
struct Axis {
    /// The first device pixel inside the picture.
    first: usize,
    /// One entry per device pixel from there.
    taps: Vec<Tap>,
    weights: Vec<f32>,
}

struct Tap {
    /// The first value, counted from the plane's first.
    start: usize,
    /// Its weights in the list.
    weights: IndexRange<usize>,
}

impl Axis {
    fn new(span: &Span) -> Self {
        let mut axis = Self { first: 0, taps: Vec::with_capacity(span.count), weights: Vec::new() };
        for pixel in 0..span.count {
            let left = span.start + pixel as f64 * span.step;
            let centre = left + span.step / 2.0;
            let is_inside = centre >= 0.0 && centre < span.image;
            if is_inside && !span.values.is_empty() {
                if axis.taps.is_empty() {
                    axis.first = pixel;
                }
                axis.push(span, left, centre);
            }
        }
        axis
    }

    fn push(&mut self, span: &Span, left: f64, centre: f64) {
        let (first, end) = (span.values.start, span.values.end);
        let last = end - 1;
        let nearest = |value: f64| (value as usize).clamp(first, last);
        let before = self.weights.len();
        let start = if span.step > 1.0 {
            let from = left.clamp(first as f64, last as f64);
            let to = (left + span.step).clamp(first as f64, end as f64);
            let start = nearest(from);
            let end = (to.ceil() as usize).clamp(start + 1, end);
            let overlap = |value: usize| (to.min(value as f64 + 1.0) - from.max(value as f64)).max(0.0);
            let total: f64 = (start..end).map(overlap).sum();
            if total > 0.0 {
                self.weights.extend((start..end).map(|value| (overlap(value) / total) as f32));
            } else {
                self.weights.push(1.0);
            }
            start
        } else if span.step <= SQUARES_BELOW {
            self.weights.push(1.0);
            nearest(centre)
        } else {
            let place = (centre - 0.5).clamp(first as f64, last as f64);
            let start = nearest(place);
            let share = (place - start as f64) as f32;
            self.weights.push(1.0 - share);
            if start < last {
                self.weights.push(share);
            }
            start
        };
        self.taps.push(Tap { start: start - first, weights: before..self.weights.len() });
    }

    fn weights_of(&self, tap: &Tap) -> &[f32] {
        &self.weights[tap.weights.clone()]
    }

    /// The values that any device pixel needs; taps are in ascending order.
    fn used(&self) -> Option<IndexRange<usize>> {
        let (first, last) = (self.taps.first()?, self.taps.last()?);
        // An earlier device pixel may reach as far as the last one, never farther.
        let end = self.taps.iter().rev().take(2).map(|tap| tap.start + tap.weights.len()).max();
        Some(first.start..end.unwrap_or(last.start + 1))
    }
}

#[cfg(test)]
mod tests;
