//! Which dots are too faint to be called visible.
//!
//! A quantum dot on the far side of the animal still glows through it a little. People call such a keypoint hidden, so it is
//! proposed as not visible, and the faint dot is named beside it. On two simulated recordings that were made apart from this
//! program, dots of hidden keypoints had 0.13 to 0.4 (once 0.51) of the frame's median signal-to-noise ratio; of the visible
//! ones 1.4 % had less than 0.4.

use crate::model::Centroid;

/// Below this share of the median signal-to-noise ratio a dot is faint.
const FAINT_SHARE: f32 = 0.4;
/// With fewer labelled dots nobody knows what is usual.
const LEAST_DOTS: usize = 6;

/// The signal-to-noise ratio below which a frame's dots are faint.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct FaintLimit(f32);

impl FaintLimit {
    /// Learns what is usual from the dots of a frame that are keypoints.
    pub fn of<'a>(dots: impl Iterator<Item = &'a Centroid>) -> Self {
        // A dot that a person added was never measured.
        let mut ratios: Vec<f32> = dots.map(|dot| dot.snr).filter(|snr| *snr > 0.0).collect();
        ratios.sort_by(f32::total_cmp);
        let median = ratios.get(ratios.len() / 2).copied().filter(|_| ratios.len() >= LEAST_DOTS);
        Self(FAINT_SHARE * median.unwrap_or(0.0))
    }

    /// Whether a dot is faint.
    pub fn is_faint(self, dot: &Centroid) -> bool {
        dot.snr > 0.0 && dot.snr < self.0
    }
}
