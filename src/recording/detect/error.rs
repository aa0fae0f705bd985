//! What can be wrong with the pictures given to the detector.

use thiserror::Error;

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
