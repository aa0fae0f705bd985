//! Which part of a camera's image a picture shows, at which size, and how places of one become places of the other.
//!
//! Both directions, the header that servers' logs get, and its reader stand here and nowhere else. Pixels: (0, 0) is the centre
//! of the top-left pixel, so x_sent = (x − X + 0.5)·w/W − 0.5. A part may reach outside the image; pictures are padded there.

use std::fmt;
use std::num::ParseFloatError;

use thiserror::Error;

use crate::model::{CentroidNumber, Crop, Point2};

/// The sides of pictures are multiples of this: then Qwen2.5-VL's rounding to 28 and Qwen3-VL's to 32 change nothing.
pub const SIDE_STEP_PX: u32 = 224;

/// Least width and height of what a picture shows, image pixels: enlarging fewer shows nothing but blur.
const LEAST_SHOWN_PX: f64 = 64.0;

/// Coordinates of a part are kept to this fraction of a pixel, so that the header says them exactly.
const STEPS_PER_PX: f64 = 1000.0;

/// A rectangle of an image that need not fall on whole pixels: the pixels from column `x` on, `width` of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Where its first column's centre is: its left edge is half a pixel before.
    pub x: f64,
    /// Where its first row's centre is.
    pub y: f64,
    /// Image pixels across.
    pub width: f64,
    /// Image pixels down.
    pub height: f64,
}

impl From<Crop> for Area {
    fn from(crop: Crop) -> Self {
        let (width, height) = (f64::from(crop.width), f64::from(crop.height));
        Self { x: f64::from(crop.x), y: f64::from(crop.y), width, height }
    }
}

/// How large a picture should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Pixels that a picture should have: grounding wants at least about 1024 image tokens of 32 × 32.
    pub wanted_px: u32,
    /// Pixels that a picture must not exceed; one of 224 × 224 is always possible.
    pub most_px: u32,
    /// Pixels of the longest side that a picture must not exceed, 224 at least.
    pub longest_side_px: u32,
}

impl Default for Limits {
    /// About one megapixel, which is 1024 tokens of 32 × 32 (FACTS-vlm: what grounding wants at least).
    fn default() -> Self {
        Self { wanted_px: 1 << 20, most_px: 1_300_000, longest_side_px: 1568 }
    }
}

/// A part of an image and the size at which it is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sent {
    /// The part, in pixels of the camera's image.
    pub area_in_image: Area,
    /// Pixels across and down of the picture.
    pub size_px: [u32; 2],
}

/// A numbered place of the image, as the header has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NumberedPoint {
    /// The number.
    pub number: CentroidNumber,
    /// Its place.
    pub point_in_image: Point2,
}

/// What the header `x-behaviorvlm-view` says.
#[derive(Clone, Debug, PartialEq)]
pub struct ViewHeader {
    /// The part and the size.
    pub sent: Sent,
    /// The numbered places; none for regions.
    pub marks: Vec<NumberedPoint>,
}

impl Sent {
    /// Chooses the size whose shape fits the part best, then widens the part to exactly that shape: pixels stay square, and
    /// what is added is more of the image while there is some on that side or the other. Very long and very small parts are
    /// widened most.
    pub fn plan(wanted: Area, image_px: [u32; 2], limits: &Limits) -> Self {
        let least = |length: f64| if length.is_finite() { length.max(LEAST_SHOWN_PX) } else { LEAST_SHOWN_PX };
        let (width, height) = (least(wanted.width), least(wanted.height));
        let size_px = best_size(width / height, limits);
        let shape = f64::from(size_px[0]) / f64::from(size_px[1]);
        let (width, height) = if width / height < shape { (height * shape, height) } else { (width, width / shape) };
        let (width, height) = (in_steps(width), in_steps(height));
        let x = widened(wanted.x, wanted.width, width, image_px[0]);
        let y = widened(wanted.y, wanted.height, height, image_px[1]);
        Self { area_in_image: Area { x, y, width, height }, size_px }
    }

    /// Pixels of the picture per pixel of the image, across and down.
    pub fn scale(&self) -> [f64; 2] {
        let area = &self.area_in_image;
        [f64::from(self.size_px[0]) / area.width, f64::from(self.size_px[1]) / area.height]
    }

    /// Where a place of the image lies in the picture.
    pub fn to_sent(&self, point_in_image: Point2) -> Point2 {
        let (area, [across, down]) = (&self.area_in_image, self.scale());
        Point2::new((point_in_image.x - area.x + 0.5) * across - 0.5, (point_in_image.y - area.y + 0.5) * down - 0.5)
    }

    /// Where a place of the picture lies in the image.
    pub fn to_image(&self, point_in_sent: Point2) -> Point2 {
        let (area, [across, down]) = (&self.area_in_image, self.scale());
        Point2::new((point_in_sent.x + 0.5) / across + area.x - 0.5, (point_in_sent.y + 0.5) / down + area.y - 0.5)
    }

    /// Whether a place of the image lies on one of the picture's pixels, borders included.
    pub fn shows(&self, point_in_image: Point2) -> bool {
        let point = self.to_sent(point_in_image);
        let [width, height] = self.size_px.map(f64::from);
        point.x >= -0.5 && point.y >= -0.5 && point.x < width - 0.5 && point.y < height - 0.5
    }

    /// The header `x-behaviorvlm-view`: the part, the size, and the numbered places that the picture shows.
    pub fn header(&self, marks: &[NumberedPoint]) -> String {
        let marks = marks.iter().filter(|mark| self.shows(mark.point_in_image)).copied().collect();
        ViewHeader { sent: *self, marks }.to_string()
    }
}

/// The side counts, in steps of 224, that fit a shape best near the wanted number of pixels.
fn best_size(shape: f64, limits: &Limits) -> [u32; 2] {
    let most_steps = (limits.longest_side_px / SIDE_STEP_PX).max(1);
    let step_area = f64::from(SIDE_STEP_PX).powi(2);
    let most = (f64::from(limits.most_px) / step_area).max(1.0);
    let wanted = (f64::from(limits.wanted_px) / step_area).clamp(1.0, most);
    let mut best = ([1, 1], f64::INFINITY);
    for across in 1..=most_steps {
        for down in 1..=most_steps {
            let steps = f64::from(across * down);
            if steps > most {
                continue;
            }
            // Padding wastes tokens as much as too large a picture does; a long thin picture shows little around the part.
            let padding = (f64::from(across) / f64::from(down) / shape).ln().abs();
            let size = (steps / wanted).ln().abs();
            let length = (f64::from(across) / f64::from(down)).ln().abs();
            let cost = padding + size + 0.1 * length;
            if cost < best.1 {
                best = ([across, down], cost);
            }
        }
    }
    best.0.map(|steps| steps * SIDE_STEP_PX)
}

/// The start of a length that was widened about its middle, moved so that it stays in the image as far as the wanted part does.
fn widened(start: f64, length: f64, to: f64, image_px: u32) -> f64 {
    let start = if start.is_finite() { start } else { 0.0 };
    let length = if length.is_finite() { length.max(0.0) } else { 0.0 };
    let centred = start - (to - length) / 2.0;
    let (from_image_start, from_image_end) = (0.0, f64::from(image_px) - to);
    let inside = if from_image_start <= from_image_end {
        centred.clamp(from_image_start, from_image_end)
    } else {
        centred.clamp(from_image_end, from_image_start)
    };
    // The wanted part stays in, also where it reaches outside the image.
    in_steps(inside.clamp((start + length - to).min(start), start))
}

fn in_steps(value: f64) -> f64 {
    (value * STEPS_PER_PX).round() / STEPS_PER_PX
}

impl fmt::Display for ViewHeader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Sent { area_in_image: area, size_px } = &self.sent;
        let [x, y, width, height] = [area.x, area.y, area.width, area.height].map(in_steps);
        write!(formatter, "crop={x},{y},{width},{height};sent={},{}", size_px[0], size_px[1])?;
        for (index, mark) in self.marks.iter().enumerate() {
            formatter.write_str(if index == 0 { ";marks=" } else { "|" })?;
            let (x, y) = (in_steps(mark.point_in_image.x), in_steps(mark.point_in_image.y));
            write!(formatter, "{}:{x},{y}", mark.number.0)?;
        }
        Ok(())
    }
}

/// Why a text is no such header.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ViewHeaderError {
    /// A key is missing.
    #[error("the view header has no \"{key}\"")]
    Missing {
        /// The key.
        key: &'static str,
    },
    /// A value that cannot be read.
    #[error("the view header's \"{key}\" is \"{value}\", which is not {expected}")]
    Value {
        /// The key.
        key: &'static str,
        /// What stands there.
        value: String,
        /// What should.
        expected: &'static str,
    },
}

impl ViewHeader {
    /// Reads a header. Unknown keys are passed over; without marks there are none.
    ///
    /// # Errors
    /// Names the key that is missing or cannot be read.
    pub fn parse(text: &str) -> Result<Self, ViewHeaderError> {
        let value_of = |key: &'static str| {
            let mut values = text.split(';').filter_map(|entry| entry.trim().split_once('='));
            values.find(|(name, _)| *name == key).map(|(_, value)| value)
        };
        let wrong = |key: &'static str, expected: &'static str| {
            let value = value_of(key).unwrap_or_default().to_owned();
            move || ViewHeaderError::Value { key, value, expected }
        };
        let crop = value_of("crop").ok_or(ViewHeaderError::Missing { key: "crop" })?;
        let crop_wrong = wrong("crop", "x,y,width,height");
        let [x, y, width, height] = match numbers(crop) {
            Some(values @ [_, _, width, height]) if width > 0.0 && height > 0.0 => values,
            _ => return Err(crop_wrong()),
        };
        let size = value_of("sent").ok_or(ViewHeaderError::Missing { key: "sent" })?;
        let sent_wrong = wrong("sent", "width,height in whole pixels");
        let size_px = match numbers(size) {
            Some(sides @ [_, _]) if sides.iter().all(|side| side.fract() == 0.0 && (1.0..65536.0).contains(side)) => {
                sides.map(|side| side as u32)
            }
            _ => return Err(sent_wrong()),
        };
        let marks = value_of("marks").unwrap_or_default();
        let marks_wrong = wrong("marks", "number:x,y|number:x,y");
        let marks: Option<Vec<NumberedPoint>> = marks.split('|').filter(|mark| !mark.is_empty()).map(mark).collect();
        let marks = marks.ok_or_else(marks_wrong)?;
        Ok(Self { sent: Sent { area_in_image: Area { x, y, width, height }, size_px }, marks })
    }
}

fn mark(text: &str) -> Option<NumberedPoint> {
    let (number, point) = text.split_once(':')?;
    let [x, y] = numbers(point)?;
    Some(NumberedPoint { number: CentroidNumber(number.trim().parse().ok()?), point_in_image: Point2::new(x, y) })
}

fn numbers<const N: usize>(text: &str) -> Option<[f64; N]> {
    let values: Result<Vec<f64>, ParseFloatError> = text.split(',').map(|value| value.trim().parse()).collect();
    let values: [f64; N] = values.ok()?.try_into().ok()?;
    values.iter().all(|value| value.is_finite()).then_some(values)
}

#[cfg(test)]
mod tests;
