//! A part of a camera's image at the size at which it is sent: stretched in contrast, resized, padded by its border.
//!
//! Resizing goes along each axis apart: the mean over the pixels that fall together where it shrinks, Catmull-Rom where it grows.
//! Nothing is drawn here; see [`marks`](super::marks).

use super::question::Picture;
use super::sent::Sent;
use crate::recording::{GrayFrame, GrayPixels};

/// Quality of the JPEG files.
const JPEG_QUALITY: u8 = 90;

/// Red, green and blue.
pub type Rgb = [u8; 3];

/// The grey levels that are shown black and white.
#[derive(Clone, Copy, Debug, PartialEq)]
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
    /// Red, green and blue of each pixel, row by row.
    pub rgb: Vec<u8>,
    /// Pixels across and down.
    pub size_px: [u32; 2],
}

impl Levels {
    /// Pictures of 8 bits as they are.
    pub const EIGHT_BIT: Self = Self { black: 0.0, white: 255.0 };

    /// The levels between which nearly all pixels of some images lie; take them once per camera, so that nothing flickers.
    pub fn robust(_frames: &[&GrayFrame]) -> Self {
        todo!()
    }
}

impl Raster {
    /// The part of the image, resized, without marks.
    pub fn of(_shot: &Shot<'_>, _sent: &Sent) -> Self {
        let _ = (GrayPixels::U8(Vec::new()), JPEG_QUALITY);
        todo!()
    }

    /// The JPEG file.
    pub fn jpeg(&self) -> Picture {
        todo!()
    }
}
