//! What stays in a camera's fluorescence while the animal is elsewhere: fixed reflections, scratches, glowing floor.

use super::error::DetectError;
use super::plane::Plane;
use crate::recording::frame::GrayFrame;

/// Fine static structure of a fluorescence channel, to subtract.
#[derive(Clone, Debug, PartialEq)]
pub struct Background {
    size_px: [u32; 2],
    excess: Plane,
}

impl Background {
    pub(super) fn check_size(&self, frame: &GrayFrame) -> Result<(), DetectError> {
        if self.size_px == frame.size_px() {
            return Ok(());
        }
        Err(DetectError::Size { channel: "fluorescence", found: frame.size_px(), expected: self.size_px })
    }

    pub(super) fn subtract_from(&self, merged: &mut Plane) {
        for (value, excess) in merged.data.iter_mut().zip(&self.excess.data) {
            *value -= excess;
        }
    }

    pub(super) fn excess_at(&self, x: f64, y: f64) -> f32 {
        self.excess.sample(x, y)
    }
}
