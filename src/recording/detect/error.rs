//! What can be wrong with the pictures given to the detector.

use thiserror::Error;

use crate::recording::frame::{GrayFrame, GrayPixels};

/// Why a picture cannot be searched.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum DetectError {
    /// The picture's buffer is shorter or longer than its size.
    #[error("the {channel} picture says {width}×{height} pixels but holds {found} grey levels; read it again")]
    Buffer {
        /// Which channel.
        channel: &'static str,
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
        /// Grey levels in the buffer.
        found: usize,
    },
    /// Two pictures that belong together have different sizes.
    #[error(
        "the {channel} picture has {}×{} pixels, but {}×{} were expected; check that all channels and frames of the \
         camera have one size",
        found[0], found[1], expected[0], expected[1]
    )]
    Size {
        /// Which channel.
        channel: &'static str,
        /// Its pixels across and down.
        found: [u32; 2],
        /// Those of the background or of the first picture.
        expected: [u32; 2],
    },
}

/// Refuses a picture whose buffer does not fit its size.
pub(super) fn check_buffer(frame: &GrayFrame, channel: &'static str) -> Result<(), DetectError> {
    let found = match &frame.pixels {
        GrayPixels::U8(levels) => levels.len(),
        GrayPixels::U16(levels) => levels.len(),
    };
    if found == frame.width as usize * frame.height as usize {
        return Ok(());
    }
    Err(DetectError::Buffer { channel, width: frame.width, height: frame.height, found })
}

/// Refuses a picture that is not of the expected size, or whose buffer does not fit its size.
pub(super) fn check_size(frame: &GrayFrame, expected: [u32; 2], channel: &'static str) -> Result<(), DetectError> {
    check_buffer(frame, channel)?;
    let found = frame.size_px();
    if found == expected { Ok(()) } else { Err(DetectError::Size { channel, found, expected }) }
}
