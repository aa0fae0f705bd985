//! How a model writes places in a picture, and how that maps to pixels of the picture that was sent.
//!
//! The convention is a setting of the model, never guessed from a reply. Pixels: (0, 0) is the centre of the top-left pixel, so
//! that a picture of W pixels reaches from −0.5 to W − 0.5.

use serde::{Deserialize, Serialize};

/// How a model writes boxes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Convention {
    /// `[x1, y1, x2, y2]` in pixels of the picture as the server processes it: sides rounded to multiples of 28 (Qwen2.5-VL).
    Pixels,
    /// `[x1, y1, x2, y2]`, 0 to 1000 over each side (Qwen3-VL, Qwen3.5).
    #[default]
    Thousand,
    /// `[y1, x1, y2, x2]`, 0 to 1000 over each side (Gemini).
    ThousandYx,
}

/// A box in pixels of the picture that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PixelBox {
    /// Left and top.
    pub min: [f64; 2],
    /// Right and bottom.
    pub max: [f64; 2],
}

impl PixelBox {
    /// Pixels across and down.
    pub fn size(&self) -> [f64; 2] {
        [self.max[0] - self.min[0], self.max[1] - self.min[1]]
    }

    /// Whether a place lies inside or on the edge.
    pub fn holds(&self, place: [f64; 2]) -> bool {
        (0..2).all(|axis| (self.min[axis]..=self.max[axis]).contains(&place[axis]))
    }

    /// The part that lies inside a picture of that size.
    pub fn clamped(&self, size_px: [u32; 2]) -> Self {
        let clamp = |corner: [f64; 2]| [0, 1].map(|axis| corner[axis].clamp(-0.5, f64::from(size_px[axis]) - 0.5));
        Self { min: clamp(self.min), max: clamp(self.max) }
    }
}

impl Convention {
    /// The box that four numbers mean, in pixels of the picture that was sent; beyond its edges and corners in either order.
    pub fn to_sent(self, numbers: [f64; 4], sent_px: [u32; 2]) -> PixelBox {
        let [first, second, third, fourth] = numbers;
        let (from, to) = match self {
            Convention::Pixels | Convention::Thousand => ([first, second], [third, fourth]),
            Convention::ThousandYx => ([second, first], [fourth, third]),
        };
        let (whole, shift) = (self.whole(sent_px), self.shift());
        let place =
            |place: [f64; 2]| [0, 1].map(|axis| (place[axis] + shift) * f64::from(sent_px[axis]) / whole[axis] - 0.5);
        PixelBox { min: place(from), max: place(to) }
    }

    /// The four numbers that a model would write for a box; [`to_sent`](Self::to_sent) back.
    pub fn from_sent(self, sent: &PixelBox, sent_px: [u32; 2]) -> [f64; 4] {
        let (whole, shift) = (self.whole(sent_px), self.shift());
        let place =
            |place: [f64; 2]| [0, 1].map(|axis| (place[axis] + 0.5) * whole[axis] / f64::from(sent_px[axis]) - shift);
        let ([x1, y1], [x2, y2]) = (place(sent.min), place(sent.max));
        match self {
            Convention::Pixels | Convention::Thousand => [x1, y1, x2, y2],
            Convention::ThousandYx => [y1, x1, y2, x2],
        }
    }

    /// The form of a box in the words of a prompt.
    pub fn words(self) -> &'static str {
        match self {
            Convention::Pixels => "[x1, y1, x2, y2] in pixels of the picture, from its top-left corner",
            Convention::Thousand => {
                "[x1, y1, x2, y2], where x runs from 0 at the left edge of the picture to 1000 at its right edge and y from 0 \
                 at the top to 1000 at the bottom"
            }
            Convention::ThousandYx => {
                "[y1, x1, y2, x2], where y runs from 0 at the top of the picture to 1000 at the bottom and x from 0 at its \
                 left edge to 1000 at its right edge"
            }
        }
    }

    /// Units of the convention over the whole picture, across and down.
    fn whole(self, sent_px: [u32; 2]) -> [f64; 2] {
        match self {
            Convention::Pixels => processed_px(sent_px).map(f64::from),
            Convention::Thousand | Convention::ThousandYx => [1000.0; 2],
        }
    }

    /// From the convention's origin to the picture's edge: pixels are counted from the centre of the first one.
    fn shift(self) -> f64 {
        match self {
            Convention::Pixels => 0.5,
            Convention::Thousand | Convention::ThousandYx => 0.0,
        }
    }
}

/// The size to which Qwen2.5-VL's processor brings a picture: sides as multiples of 28, between 56² and 12,845,056 pixels
/// (`smart_resize` with the model's own `preprocessor_config.json`).
pub fn processed_px(sent_px: [u32; 2]) -> [u32; 2] {
    const FACTOR: f64 = 28.0;
    const FEWEST: f64 = 3136.0;
    const MOST: f64 = 12_845_056.0;
    let sides = sent_px.map(f64::from);
    let rounded = sides.map(|side| (side / FACTOR).round_ties_even().max(1.0) * FACTOR);
    let area = sides[0] * sides[1];
    let processed = if rounded[0] * rounded[1] > MOST {
        let shrink = (area / MOST).sqrt();
        sides.map(|side| ((side / shrink / FACTOR).floor() * FACTOR).max(FACTOR))
    } else if rounded[0] * rounded[1] < FEWEST && area > 0.0 {
        let grow = (FEWEST / area).sqrt();
        sides.map(|side| (side * grow / FACTOR).ceil() * FACTOR)
    } else {
        rounded
    };
    processed.map(|side| side as u32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Convention; 3] = [Convention::Pixels, Convention::Thousand, Convention::ThousandYx];

    #[test]
    fn the_whole_picture_in_each_convention() {
        let whole = PixelBox { min: [-0.5, -0.5], max: [1119.5, 895.5] };
        assert_eq!(Convention::Thousand.from_sent(&whole, [1120, 896]), [0.0, 0.0, 1000.0, 1000.0]);
        assert_eq!(Convention::ThousandYx.to_sent([0.0, 0.0, 1000.0, 1000.0], [1120, 896]), whole);
        assert_eq!(Convention::Pixels.to_sent([-0.5, -0.5, 1119.5, 895.5], [1120, 896]), whole);
    }

    #[test]
    fn gemini_writes_y_first() {
        let found = Convention::ThousandYx.to_sent([100.0, 200.0, 300.0, 400.0], [1000, 2000]);
        assert_eq!(found, PixelBox { min: [199.5, 199.5], max: [399.5, 599.5] });
    }

    #[test]
    fn pixels_are_those_of_the_processed_picture() {
        assert_eq!(processed_px([1120, 896]), [1120, 896]);
        assert_eq!(processed_px([1000, 700]), [1008, 700]); // 1000 / 28 = 35.7
        assert_eq!(processed_px([10, 10]), [56, 56]);
        assert_eq!(processed_px([28_000, 700]), [22_652, 560]);
        // The centre of a picture stays the centre.
        let centre = Convention::Pixels.to_sent([503.5, 349.5, 503.5, 349.5], [1000, 700]);
        assert!((centre.min[0] - 499.5).abs() < 1e-9 && (centre.min[1] - 349.5).abs() < 1e-9);
    }

    #[test]
    fn a_box_is_cut_at_the_edges() {
        let cut = PixelBox { min: [-7.0, 3.0], max: [f64::INFINITY, 200.0] }.clamped([100, 50]);
        assert_eq!(cut, PixelBox { min: [-0.5, 3.0], max: [99.5, 49.5] });
        assert!(cut.holds([99.5, 3.0]) && !cut.holds([50.0, 2.9]));
    }

    proptest! {
        #[test]
        fn numbers_come_back(
            corners in prop::array::uniform4(-50.0..3000.0), across in 1_u32..4000, down in 1_u32..4000, which in 0_usize..3
        ) {
            let sent = PixelBox { min: [corners[0], corners[1]], max: [corners[2], corners[3]] };
            let numbers = ALL[which].from_sent(&sent, [across, down]);
            let back = ALL[which].to_sent(numbers, [across, down]);
            for axis in 0..2 {
                prop_assert!((back.min[axis] - sent.min[axis]).abs() < 1e-6);
                prop_assert!((back.max[axis] - sent.max[axis]).abs() < 1e-6);
            }
        }
    }
}
