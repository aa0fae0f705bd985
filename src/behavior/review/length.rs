//! How long segments of a label usually last.
//!
//! Lengths are compared as logarithms, by median and median absolute deviation: bouts of behaviour are skewed to the right, and
//! the segments that are looked for must not move the bound that finds them.

use std::collections::HashMap;

use super::reason::{ReviewInput, ReviewReason};
use crate::behavior::statistics::median;
use crate::model::{PlacedSegment, Segment, SegmentKind};

/// The MAD of normal numbers times this is their standard deviation.
const SD_PER_MAD: f64 = 1.4826;

/// A label whose segments are all nearly as long still varies so much: a quarter, since boundaries are not exact.
const LEAST_SD: f64 = 0.25;

/// Median and deviation of the logarithm of frames, by label.
#[derive(Debug)]
pub(super) struct UsualLengths<'a>(HashMap<&'a str, [f64; 2]>);

impl<'a> UsualLengths<'a> {
    pub(super) fn of(segments: &'a [PlacedSegment], least_of_label: usize) -> Self {
        let mut lengths: HashMap<&str, Vec<f64>> = HashMap::new();
        for segment in segments.iter().map(|placed| &placed.segment) {
            if segment.kind == SegmentKind::State && !segment.frames().is_empty() {
                lengths.entry(&segment.label).or_default().push(log_frames(segment));
            }
        }
        let usual = lengths.into_iter().filter(|(_, all)| all.len() >= least_of_label).filter_map(|(label, all)| {
            let middle = median(&all)?;
            let deviations: Vec<f64> = all.iter().map(|length| (length - middle).abs()).collect();
            Some((label, [middle, (SD_PER_MAD * median(&deviations)?).max(LEAST_SD)]))
        });
        Self(usual.collect())
    }

    /// Whether a segment is unusual. One that the recording's start or end cuts off may be as short as it likes.
    pub(super) fn reason(&self, segment: &Segment, input: &ReviewInput<'_>, bound: f64) -> Option<ReviewReason> {
        let [middle, deviation] = self.0.get(segment.label.as_str()).filter(|_| segment.kind == SegmentKind::State)?;
        let score = (log_frames(segment) - middle) / deviation;
        let is_cut_off = segment.start_frame == 0 || segment.stop_frame >= input.frame_count;
        let secs = segment.frames().len() as f64 / input.fps;
        let usual_secs = middle.exp() / input.fps;
        match score {
            score if score > bound => Some(ReviewReason::TooLong { secs, usual_secs }),
            score if score < -bound && !is_cut_off => Some(ReviewReason::TooShort { secs, usual_secs }),
            _ => None,
        }
    }
}

fn log_frames(segment: &Segment) -> f64 {
    (segment.frames().len() as f64).ln()
}
