//! One grey picture and the trait of everything that gives pictures by number.
//!
//! Grey levels are those that the file holds: nothing here stretches, shifts or gamma-corrects them. What a picture shows
//! (animal, dots, mask) is the reader's business.

use super::media::MediaError;

/// The grey levels of a picture, row by row from the top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrayPixels {
    /// Files of at most 8 bits: 0 to 255.
    U8(Vec<u8>),
    /// Files of more than 8 bits, as stored: a 10-bit video gives 0 to 1023.
    U16(Vec<u16>),
}

/// A grey picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrayFrame {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// `width` × `height` grey levels.
    pub pixels: GrayPixels,
}

impl GrayFrame {
    /// Pixels across and down.
    pub fn size_px(&self) -> [u32; 2] {
        [self.width, self.height]
    }

    /// The grey level of a pixel, or `None` outside the picture.
    pub fn level(&self, x: u32, y: u32) -> Option<u16> {
        if x >= self.width || y >= self.height {
            return None;
        }
        let index = y as usize * self.width as usize + x as usize;
        match &self.pixels {
            GrayPixels::U8(levels) => levels.get(index).map(|level| u16::from(*level)),
            GrayPixels::U16(levels) => levels.get(index).copied(),
        }
    }

    /// Whether more than 8 bits are stored per pixel.
    pub fn is_16_bit(&self) -> bool {
        matches!(self.pixels, GrayPixels::U16(_))
    }
}

/// A numbered row of pictures of one size: a video, an image sequence, or one channel of either.
///
/// Reading forward is cheap, also with small steps: a video keeps one decoder running. Reading backward or far ahead
/// positions that decoder anew.
pub trait FrameSource {
    /// How many pictures there are.
    ///
    /// # Errors
    /// When the file cannot be read, or a picture of a sequence is missing.
    fn frame_count(&mut self) -> Result<u32, MediaError>;

    /// Pixels across and down, as shown.
    fn size_px(&self) -> [u32; 2];

    /// The picture with this number, from 0 in presentation order.
    ///
    /// # Errors
    /// When there is no such picture, or it cannot be decoded. Later calls for other pictures still work.
    fn read(&mut self, frame: u32) -> Result<GrayFrame, MediaError>;
}
