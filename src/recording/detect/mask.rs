//! Where the animal is: the mask of a reflectance picture, built in for recordings that bring none (paper §2.1 uses a
//! segmentation model; its masks come as files).
//!
//! The reflectance is compared with a background; of what differs, the parts that hold fluorescence are the animal. A
//! thin tail is part of it, so nothing is eroded: gaps are closed and small parts without dots are dropped instead.

use super::config::DetectConfig;
use super::error::{DetectError, check_size};
use super::noise::{median, robust_spread};
use super::plane::Plane;
use crate::model::{Crop, Point2};
use crate::recording::frame::GrayFrame;

/// Width, in cells, that the mask is made at; a tail of 5 px at 1024 px is still two cells wide.
const MASK_WIDTH: usize = 640;

/// A picture's animal, in square cells of `cell_px` pixels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    /// Pixels of a cell along each side.
    pub cell_px: usize,
    /// Cells across.
    pub width: usize,
    /// Cells down.
    pub height: usize,
    /// Whether each cell is animal, row by row.
    pub cells: Vec<bool>,
}

impl Mask {
    /// The mask that a file brings: every pixel that is not zero is animal.
    pub fn from_frame(frame: &GrayFrame) -> Self {
        let plane = Plane::from_frame(frame, 1);
        let cells = plane.data.iter().map(|value| *value > 0.0).collect();
        Self { cell_px: 1, width: plane.width, height: plane.height, cells }
    }

    /// Whether no cell is animal.
    pub fn is_empty(&self) -> bool {
        !self.cells.contains(&true)
    }

    /// Whether an image point lies on the animal.
    pub fn contains(&self, point_in_image: Point2) -> bool {
        self.cell_of(point_in_image).and_then(|index| self.cells.get(index)).is_some_and(|cell| *cell)
    }

    fn cell_of(&self, point_in_image: Point2) -> Option<usize> {
        let cell = |coordinate: f64, count: usize| {
            let place = ((coordinate + 0.5) / self.cell_px as f64).floor();
            (place >= 0.0 && place < count as f64).then_some(place as usize)
        };
        let (x, y) = (cell(point_in_image.x, self.width)?, cell(point_in_image.y, self.height)?);
        Some(y * self.width + x)
    }

    /// The tight box of the animal: first column, first row, columns and rows, px. `None` where there is none.
    pub fn bounds_px(&self) -> Option<[usize; 4]> {
        let rows = || self.cells.chunks_exact(self.width.max(1));
        let top = rows().position(|row| row.contains(&true))?;
        let bottom = rows().rposition(|row| row.contains(&true))?;
        let left = rows().filter_map(|row| row.iter().position(|cell| *cell)).min()?;
        let right = rows().filter_map(|row| row.iter().rposition(|cell| *cell)).max()?;
        let side = self.cell_px;
        Some([left * side, top * side, (right + 1 - left) * side, (bottom + 1 - top) * side])
    }
}

/// The crop of a mask: its tight box, padded on each side by [`DetectConfig::crop_padding_px`] plus
/// [`DetectConfig::crop_padding_share`] of the box's side; it may reach outside the image. `None` where nothing is animal.
pub fn crop_of(mask: &Mask, config: &DetectConfig) -> Option<Crop> {
    let [x, y, width, height] = mask.bounds_px()?;
    let padding = |side: usize| (config.crop_padding_px + config.crop_padding_share * side as f64).round() as i32;
    let (across, down) = (padding(width), padding(height));
    Some(Crop {
        x: x as i32 - across,
        y: y as i32 - down,
        width: (width as i32 + 2 * across).max(0) as u32,
        height: (height as i32 + 2 * down).max(0) as u32,
    })
}

/// What a camera's reflectance looks like without the animal, and how the animal differs from it.
#[derive(Clone, Debug)]
pub struct ReflectanceModel {
    size_px: [u32; 2],
    background: Plane,
    /// Difference to the background from which on a cell is animal, grey levels.
    threshold: f32,
    /// Which differences count: +1 brighter, −1 darker, 0 both.
    sign: f32,
}

/// A sampled reflectance picture with the places of the dots seen at that moment.
pub(super) struct ReflectanceSample {
    /// The picture, merged to cells.
    pub(super) cells: Plane,
    /// Where dots are, px.
    pub(super) dots_in_image: Vec<Point2>,
}

/// Pixels along each side of a cell at an image width.
pub(super) fn cell_px(width_px: u32) -> usize {
    (width_px as usize).div_ceil(MASK_WIDTH).max(1)
}

/// The percentile of the samples that is background for a bright animal: an animal may lie on a place for nine tenths of
/// the time. For a dark animal it is one minus this.
const BACKGROUND_PERCENTILE: f64 = 0.1;

impl ReflectanceModel {
    /// Builds the model from samples of one size; `None` without samples.
    pub(super) fn from_samples(samples: &[ReflectanceSample], size_px: [u32; 2]) -> Option<Self> {
        let first = samples.first()?;
        let (width, height) = (first.cells.width, first.cells.height);
        if width == 0 || height == 0 {
            return None;
        }
        let cell = cell_px(size_px[0]);
        let around = median(&mut first.cells.data.clone()).unwrap_or(0.0);
        let mut at_dots: Vec<f32> = samples.iter().flat_map(|sample| levels_at(sample, cell)).collect();
        let animal = median(&mut at_dots);
        let (_, texture) = robust_spread(&mut first.cells.data.clone());
        let sign = match animal {
            Some(animal) if (animal - around).abs() > 3.0 * texture.max(1.0) => (animal - around).signum(),
            _ => 0.0,
        };
        let percentile = match sign {
            sign if sign > 0.0 => BACKGROUND_PERCENTILE,
            sign if sign < 0.0 => 1.0 - BACKGROUND_PERCENTILE,
            _ => 0.5,
        };
        let mut background = percentile_plane(samples, percentile);
        let (offset, noise) = spread_from(&samples[samples.len() / 2].cells, &background);
        background.data.iter_mut().for_each(|value| *value += offset);
        if let (Some(animal), true) = (animal, sign != 0.0) {
            clear_resting_animal(&mut background, samples, cell, around, animal, sign);
        }
        let contrast = animal.map_or(0.0, |animal| (animal - around).abs());
        let threshold = (4.0 * noise).max(0.2 * contrast).max(2.0);
        Some(Self { size_px, background, threshold, sign })
    }

    /// The size of the pictures that it was made of.
    pub fn size_px(&self) -> [u32; 2] {
        self.size_px
    }

    fn differs(&self, cells: &Plane) -> Vec<bool> {
        let pairs = cells.data.iter().zip(&self.background.data);
        if self.sign == 0.0 {
            pairs.map(|(value, background)| (value - background).abs() > self.threshold).collect()
        } else {
            pairs.map(|(value, background)| self.sign * (value - background) > self.threshold).collect()
        }
    }
}

/// The animal of a reflectance picture: what differs from the background and holds dots. Without dots, the largest part
/// that differs.
///
/// # Errors
/// When the picture's buffer does not fit its size, or its size is not the model's.
pub fn animal_mask(
    reflectance: &GrayFrame,
    model: &ReflectanceModel,
    dots_in_image: &[Point2],
) -> Result<Mask, DetectError> {
    check_size(reflectance, model.size_px, "reflectance")?;
    let cell = cell_px(model.size_px[0]);
    Ok(mask_of_cells(&Plane::from_frame(reflectance, cell), model, dots_in_image))
}

/// How far apart, in cells, parts of one animal may be: a tail seen edge-on breaks into pieces.
const GAP_CELLS: usize = 3;

/// Least area of a part of the animal, as a share of its largest part.
const LEAST_SHARE: f64 = 0.005;

pub(super) fn mask_of_cells(cells: &Plane, model: &ReflectanceModel, dots_in_image: &[Point2]) -> Mask {
    let (width, height) = (cells.width, cells.height);
    let raw = model.differs(cells);
    let grown = grow(&raw, width, height, GAP_CELLS);
    let (labels, count) = components(&grown, width, height);
    let mut areas = vec![0usize; count];
    for (label, cell) in labels.iter().zip(&raw) {
        if let (Some(label), true) = (label, cell) {
            areas[*label as usize] += 1;
        }
    }
    let mut mask = Mask { cell_px: cell_px(model.size_px[0]), width, height, cells: vec![false; width * height] };
    let mut holding = vec![false; count];
    for label in dots_in_image.iter().filter_map(|dot| labels[mask.cell_of(*dot)?]) {
        holding[label as usize] = true;
    }
    let candidates = |label: &usize| holding[*label] || !holding.contains(&true);
    let largest = (0..count).filter(candidates).max_by_key(|label| (areas[*label], usize::MAX - *label));
    let Some(largest) = largest else { return mask };
    let least = (LEAST_SHARE * areas[largest] as f64).max(4.0) as usize;
    let keep: Vec<bool> = (0..count).map(|label| label == largest || holding[label] && areas[label] >= least).collect();
    for ((cell, label), raw) in mask.cells.iter_mut().zip(&labels).zip(&raw) {
        *cell = *raw && label.is_some_and(|label| keep[label as usize]);
    }
    mask
}

/// The reflectance at the dots of a sample.
fn levels_at(sample: &ReflectanceSample, cell: usize) -> impl Iterator<Item = f32> {
    let place = move |coordinate: f64| (coordinate + 0.5) / cell as f64 - 0.5;
    sample.dots_in_image.iter().map(move |dot| sample.cells.sample(place(dot.x), place(dot.y)))
}

fn percentile_plane(samples: &[ReflectanceSample], percentile: f64) -> Plane {
    let mut plane = Plane::zeros(samples[0].cells.width, samples[0].cells.height);
    let rank = ((samples.len() - 1) as f64 * percentile).round() as usize;
    let mut values = Vec::with_capacity(samples.len());
    for (index, out) in plane.data.iter_mut().enumerate() {
        values.clear();
        values.extend(samples.iter().map(|sample| sample.cells.data[index]));
        *out = *values.select_nth_unstable_by(rank, f32::total_cmp).1;
    }
    plane
}

/// Median and robust deviation of a picture's difference to the background.
fn spread_from(cells: &Plane, background: &Plane) -> (f32, f32) {
    let differences = cells.data.iter().zip(&background.data).step_by(3);
    robust_spread(&mut differences.map(|(value, background)| value - background).collect::<Vec<f32>>())
}

/// Takes an animal that rested through the samples out of the background: parts as bright as the animal that hold dots
/// get the level of the surroundings.
fn clear_resting_animal(
    background: &mut Plane,
    samples: &[ReflectanceSample],
    cell: usize,
    around: f32,
    animal: f32,
    sign: f32,
) {
    let halfway = 0.5 * (around + animal);
    let bright: Vec<bool> = background.data.iter().map(|value| sign * (value - halfway) > 0.0).collect();
    let (labels, count) = components(&bright, background.width, background.height);
    let mut holding = vec![false; count];
    for dot in samples.iter().flat_map(|sample| &sample.dots_in_image) {
        let (x, y) = ((dot.x + 0.5) / cell as f64, (dot.y + 0.5) / cell as f64);
        let inside = x >= 0.0 && y >= 0.0 && (x as usize) < background.width && (y as usize) < background.height;
        if inside && let Some(label) = labels[y as usize * background.width + x as usize] {
            holding[label as usize] = true;
        }
    }
    let clear: Vec<bool> = labels.iter().map(|label| label.is_some_and(|label| holding[label as usize])).collect();
    // The rim of the animal is darker than halfway.
    for (value, clear) in background.data.iter_mut().zip(grow(&clear, background.width, background.height, GAP_CELLS)) {
        if clear {
            *value = around;
        }
    }
}

/// The cells within `reach` cells of a true one, along rows and columns.
pub(super) fn grow(cells: &[bool], width: usize, height: usize, reach: usize) -> Vec<bool> {
    let mut across = vec![false; cells.len()];
    for (row, out) in cells.chunks_exact(width.max(1)).zip(across.chunks_exact_mut(width.max(1))) {
        for (x, cell) in row.iter().enumerate() {
            if *cell {
                out[x.saturating_sub(reach)..(x + reach + 1).min(width)].fill(true);
            }
        }
    }
    let mut grown = vec![false; cells.len()];
    for y in 0..height {
        let rows = y.saturating_sub(reach)..(y + reach + 1).min(height);
        let out = &mut grown[y * width..(y + 1) * width];
        for row in rows {
            for (out, cell) in out.iter_mut().zip(&across[row * width..(row + 1) * width]) {
                *out |= *cell;
            }
        }
    }
    grown
}

/// Parts that hang together, diagonals included: the part of each true cell, numbered in reading order, and their count.
fn components(cells: &[bool], width: usize, height: usize) -> (Vec<Option<u32>>, usize) {
    let mut labels: Vec<Option<u32>> = vec![None; cells.len()];
    let mut count = 0u32;
    let mut open = Vec::new();
    for start in 0..cells.len() {
        if !cells[start] || labels[start].is_some() {
            continue;
        }
        labels[start] = Some(count);
        open.push(start);
        while let Some(index) = open.pop() {
            let (x, y) = (index % width, index / width);
            for row in y.saturating_sub(1)..(y + 2).min(height) {
                for column in x.saturating_sub(1)..(x + 2).min(width) {
                    let next = row * width + column;
                    if cells[next] && labels[next].is_none() {
                        labels[next] = Some(count);
                        open.push(next);
                    }
                }
            }
        }
        count += 1;
    }
    (labels, count as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::frame::GrayPixels;

    const SIZE: [u32; 2] = [320, 200];

    /// A reflectance picture: an ellipse of a body with a thin tail to its right, at a place, on a textured floor.
    fn reflectance(x: f64, y: f64, floor: u8, fur: u8) -> GrayFrame {
        let level = |index: u32| {
            let (column, row) = (f64::from(index % SIZE[0]), f64::from(index / SIZE[0]));
            let texture = (index.wrapping_mul(2_654_435_761) >> 29) as u8;
            let body = ((column - x) / 30.0).powi(2) + ((row - y) / 16.0).powi(2) < 1.0;
            let tail = (row - y).abs() < 2.0 && column > x && column < x + 80.0;
            if body || tail { fur - texture } else { floor + texture }
        };
        GrayFrame {
            width: SIZE[0],
            height: SIZE[1],
            pixels: GrayPixels::U8((0..SIZE[0] * SIZE[1]).map(level).collect()),
        }
    }

    fn dots(x: f64, y: f64) -> Vec<Point2> {
        vec![
            Point2::new(x - 20.0, y),
            Point2::new(x, y + 5.0),
            Point2::new(x + 15.0, y - 4.0),
            Point2::new(x + 75.0, y),
        ]
    }

    fn model(places: &[[f64; 2]], floor: u8, fur: u8) -> ReflectanceModel {
        let samples: Vec<ReflectanceSample> = places
            .iter()
            .map(|[x, y]| ReflectanceSample {
                cells: Plane::from_frame(&reflectance(*x, *y, floor, fur), cell_px(SIZE[0])),
                dots_in_image: dots(*x, *y),
            })
            .collect();
        ReflectanceModel::from_samples(&samples, SIZE).unwrap()
    }

    fn bounds_at(model: &ReflectanceModel, x: f64, y: f64, floor: u8, fur: u8) -> [usize; 4] {
        animal_mask(&reflectance(x, y, floor, fur), model, &dots(x, y)).unwrap().bounds_px().unwrap()
    }

    fn close(found: [usize; 4], expected: [usize; 4]) {
        for (found, expected) in found.into_iter().zip(expected) {
            assert!(found.abs_diff(expected) <= 3, "{found:?} for {expected:?}");
        }
    }

    #[test]
    fn bright_and_dark_animals_are_found_with_their_tail() {
        let places = [[60.0, 40.0], [120.0, 60.0], [180.0, 120.0], [200.0, 60.0], [80.0, 150.0], [160.0, 90.0]];
        for (floor, fur) in [(30, 150), (180, 60)] {
            let model = model(&places, floor, fur);
            close(bounds_at(&model, 100.0, 100.0, floor, fur), [70, 84, 110, 32]);
        }
    }

    #[test]
    fn an_animal_that_never_moves_is_found() {
        let model = model(&[[100.0, 100.0]; 8], 30, 150);
        close(bounds_at(&model, 100.0, 100.0, 30, 150), [70, 84, 110, 32]);
    }

    #[test]
    fn what_holds_no_dots_is_left_out() {
        let places = [[60.0, 40.0], [120.0, 60.0], [180.0, 120.0], [200.0, 60.0], [80.0, 150.0], [160.0, 90.0]];
        let model = model(&places, 30, 150);
        let mut frame = reflectance(100.0, 100.0, 30, 150);
        if let GrayPixels::U8(levels) = &mut frame.pixels {
            // A hand at the border.
            for row in 0..40 {
                levels[row * 320 + 270..row * 320 + 320].fill(140);
            }
        }
        close(animal_mask(&frame, &model, &dots(100.0, 100.0)).unwrap().bounds_px().unwrap(), [70, 84, 110, 32]);
    }

    #[test]
    fn crops_are_padded_by_16_px_and_a_twentieth() {
        let mut mask = Mask { cell_px: 1, width: 300, height: 200, cells: vec![false; 300 * 200] };
        assert_eq!(crop_of(&mask, &DetectConfig::default()), None);
        for row in 50..90 {
            mask.cells[row * 300 + 5..row * 300 + 105].fill(true);
        }
        let crop = crop_of(&mask, &DetectConfig::default());
        assert_eq!(crop, Some(Crop { x: -16, y: 32, width: 142, height: 76 }));
        assert!(mask.contains(Point2::new(5.0, 50.0)) && !mask.contains(Point2::new(4.0, 50.0)));
        assert!(!mask.contains(Point2::new(-9.0, 50.0)) && !mask.contains(Point2::new(f64::NAN, 50.0)));
    }

    #[test]
    fn a_given_mask_is_whatever_is_not_zero() {
        let mut levels = vec![0u8; 12];
        levels[5] = 1;
        levels[6] = 255;
        let mask = Mask::from_frame(&GrayFrame { width: 4, height: 3, pixels: GrayPixels::U8(levels) });
        assert_eq!(mask.bounds_px(), Some([1, 1, 2, 1]));
    }

    #[test]
    fn parts_hang_together_over_corners() {
        let cells = [true, false, false, false, true, false, false, false, false, false, false, true];
        let (labels, count) = components(&cells, 4, 3);
        assert_eq!((count, labels[0], labels[4], labels[11]), (2, Some(0), Some(0), Some(1)));
    }
}
