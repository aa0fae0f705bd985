//! What was nearly a dot, and why it is none: for a person who tunes the detector.
//!
//! The detector itself takes no notice of it: with and without a trace it finds the same dots.

use crate::model::{MaskKind, Point2};

/// Why a spot is no dot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rejection {
    /// It is lower than the threshold.
    BelowThreshold,
    /// It does not stand out from what is around it.
    LowContrast,
    /// Fitted, it is too low or too uncertain.
    Faint,
    /// It is narrower than the smallest dot.
    TooSmall,
    /// It is wider than the largest dot.
    TooLarge,
    /// It lies outside the crop around the animal.
    OutsideCrop,
    /// There are more dots than a view may have, and it is among the faintest.
    Surplus,
    /// A mask that a person drew hides it.
    Masked(MaskKind),
}

/// A spot that is no dot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RejectedSpot {
    /// Its place.
    pub point_in_image: Point2,
    /// Its height in the filtered picture over the threshold there.
    pub strength: f64,
    /// Why it is no dot.
    pub reason: Rejection,
}

/// Most rejected spots that are told of, strongest first.
pub const MOST_REJECTED: usize = 300;

/// Collects rejected spots where somebody wants to know.
#[derive(Debug, Default)]
pub(super) struct Trace(Option<Vec<RejectedSpot>>);

impl Trace {
    /// One that collects nothing.
    pub(super) fn off() -> Self {
        Self(None)
    }

    /// One that collects.
    pub(super) fn on() -> Self {
        Self(Some(Vec::new()))
    }

    /// Whether it collects.
    pub(super) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Notes a spot.
    pub(super) fn note(&mut self, point_in_image: Point2, strength: f64, reason: Rejection) {
        if let Some(rejected) = &mut self.0 {
            rejected.push(RejectedSpot { point_in_image, strength, reason });
        }
    }

    /// The rejected spots, strongest first; of several within `apart_px` the strongest, and none so near to a dot.
    pub(super) fn rejected(self, dots: &[Point2], apart_px: f64) -> Vec<RejectedSpot> {
        let mut rejected = self.0.unwrap_or_default();
        rejected.sort_by(|a, b| b.strength.total_cmp(&a.strength));
        let mut kept: Vec<RejectedSpot> = Vec::new();
        for spot in rejected {
            let near = |point: &Point2| (spot.point_in_image - point).norm() < apart_px;
            if kept.len() < MOST_REJECTED
                && !dots.iter().any(near)
                && !kept.iter().any(|kept| near(&kept.point_in_image))
            {
                kept.push(spot);
            }
        }
        kept
    }
}
