//! How far one account of behaviour is another: per frame, per segment, and beyond chance.
//!
//! An account is segments `[start, stop)` with a label; a frame may hold several. Figures are those of the field: precision,
//! recall, F1, average precision, Matthews correlation and balanced accuracy of each label over frames; F1 of segments that
//! overlap by at least a share of their union, the edit score and the distance of boundaries (Lea et al. 2017); Cohen's kappa
//! with an interval from blocks of frames.
//!
//! A frame that the truth leaves without a label counts as "none", unless the caller names the frames that were reviewed:
//! then the others are left out of every figure.

mod agreement;

mod frames;

mod label_map;

mod lanes;

pub mod report;

mod segments;

#[cfg(test)]
mod tests;

pub use agreement::{kappa, kappa_interval};
pub use frames::{Confusion, Counts, LabelFigures, average_precision};
pub use label_map::{LabelMap, LabelMapError};
pub use lanes::{Interval, Lane, Lanes, RecordingPair};
pub use segments::{BoundaryErrors, Piece, SegmentCounts, edit_score, match_pieces};

use std::collections::BTreeMap;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use self::frames::Scored;
use crate::behavior::statistics::{mean, median};

/// The overlaps at which F1 of segments is reported by name.
pub const NAMED_OVERLAPS: [(&str, f64); 4] = [("0.1", 0.1), ("0.25", 0.25), ("0.5", 0.5), ("0.75", 0.75)];

/// Steps of the curve of F1 over overlap: 0.05, 0.10, … 0.95.
const CURVE_STEPS: u32 = 19;

/// What is compared, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluationOptions {
    /// Whether all animals of a recording count as one: a label holds where any of them has it. Frame labels of MABe are for
    /// the trio.
    pub union_of_animals: bool,
    /// What the found labels are called in the truth.
    pub map: LabelMap,
    /// Boundaries are compared between segments that overlap by at least this share of their union. Low, since a higher share
    /// leaves out the boundaries that are far off.
    pub boundary_overlap: f64,
    /// The length of the blocks that kappa's interval draws, seconds: as long as the longest clip, so that what lasts together
    /// is drawn together.
    pub block_secs: f64,
    /// How many draws kappa's interval takes.
    pub draws: usize,
    /// The seed of those.
    pub seed: u64,
}

impl Default for EvaluationOptions {
    fn default() -> Self {
        Self {
            union_of_animals: false,
            map: LabelMap::default(),
            boundary_overlap: 0.25,
            block_secs: 5.0,
            draws: 1000,
            seed: 0,
        }
    }
}

/// All figures of a comparison; `None` where there is nothing to divide by. Scripts rely on the names and order of the first
/// seven.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// Mean F1 over the labels that at least one frame has, in the truth or in what was found.
    pub f1_macro: Option<f64>,
    /// The figures of each label.
    pub per_label: BTreeMap<String, LabelFigures>,
    /// Cohen's kappa; a category is the set of labels of a frame, and the empty set is one of them.
    pub kappa: Option<f64>,
    /// The middle 95 % of kappa over draws of blocks.
    pub kappa_ci: Option<[f64; 2]>,
    /// F1 of segments by the least overlap.
    pub segment_f1: BTreeMap<&'static str, Option<f64>>,
    /// From 0 to 100: how far the order of labels is the same, mean over lanes.
    pub edit_score: Option<f64>,
    /// Median distance of starts and stops of matched segments, milliseconds.
    pub boundary_ms: Option<f64>,
    /// More about boundaries.
    pub boundary: BoundaryFigures,
    /// F1 over all labels and frames together.
    pub f1_micro: Option<f64>,
    /// Share of frames whose sets of labels are the same.
    pub accuracy: Option<f64>,
    /// Frames that were compared.
    pub frames: u64,
    /// Frames left out since nobody reviewed them.
    pub unknown_frames: u64,
    /// True labels (rows) against found labels (columns), frames.
    pub confusion: Confusion,
    /// Right, found and true segments by the least overlap.
    pub segment_counts: BTreeMap<&'static str, SegmentCounts>,
    /// F1 of segments over the least overlap, from 0.05 to 0.95.
    pub segment_f1_curve: Vec<(f64, Option<f64>)>,
}

/// How far the boundaries of matched segments are apart.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct BoundaryFigures {
    /// Segments that overlap by at least this share of their union are matched.
    pub least_overlap: f64,
    /// Matched segments.
    pub matched: usize,
    /// Median distance of starts, milliseconds.
    pub start_median_ms: Option<f64>,
    /// Mean distance of starts, milliseconds.
    pub start_mean_ms: Option<f64>,
    /// Median distance of stops, milliseconds.
    pub stop_median_ms: Option<f64>,
    /// Mean distance of stops, milliseconds.
    pub stop_mean_ms: Option<f64>,
    /// Mean distance of both, milliseconds.
    pub mean_ms: Option<f64>,
    /// Found minus true, milliseconds: each start and stop.
    #[serde(skip)]
    pub errors: BoundaryErrors,
}

/// Compares two accounts of the same recordings.
pub fn evaluate(lanes: &Lanes, options: &EvaluationOptions) -> Evaluation {
    let confusion = Confusion::of(lanes);
    let mut per_label = BTreeMap::new();
    let mut total = Counts::default();
    for (label, name) in lanes.labels.iter().enumerate() {
        let scored = Scored::of(lanes, label);
        let counts = scored.counts();
        total = total + counts;
        per_label.insert(name.clone(), scored.figures(counts));
    }
    let f1s: Vec<f64> = per_label.values().filter_map(|figures| figures.f1).collect();
    let categories = agreement::categories_of(lanes);
    let blocks: Vec<usize> =
        lanes.lanes.iter().map(|lane| ((options.block_secs * lane.fps).round() as usize).max(1)).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
    let pieces = segments::pieces_of(lanes);
    let counts_at = |least: f64| segments::count(&pieces, least);
    let segment_counts: BTreeMap<_, _> =
        NAMED_OVERLAPS.iter().map(|(name, least)| (*name, counts_at(*least))).collect();
    let boundary = boundary_figures(lanes, &pieces, options.boundary_overlap);
    let frames = categories.iter().map(|pairs| pairs.len() as u64).sum();
    let same = categories.iter().flatten().filter(|(found, truth)| found == truth).count();
    let all_errors: Vec<f64> =
        boundary.errors.start_ms.iter().chain(&boundary.errors.stop_ms).map(|error| error.abs()).collect();
    Evaluation {
        f1_macro: mean(&f1s),
        per_label,
        kappa: kappa(&categories),
        kappa_ci: kappa_interval(&categories, &blocks, options.draws, &mut rng),
        segment_f1: segment_counts.iter().map(|(name, counts)| (*name, counts.f1())).collect(),
        edit_score: segments::mean_edit_score(&pieces),
        boundary_ms: median(&all_errors),
        boundary,
        f1_micro: total.f1(),
        accuracy: (frames > 0).then(|| same as f64 / frames as f64),
        frames,
        unknown_frames: lanes.lanes.iter().map(Lane::unknown_frames).sum(),
        confusion,
        segment_counts,
        segment_f1_curve: (1..=CURVE_STEPS)
            .map(|step| f64::from(step) / f64::from(CURVE_STEPS + 1))
            .map(|least| (least, counts_at(least).f1()))
            .collect(),
    }
}

fn boundary_figures(lanes: &Lanes, pieces: &[segments::LanePieces], least_overlap: f64) -> BoundaryFigures {
    let errors = segments::boundary_errors(lanes, pieces, least_overlap);
    let distances = |errors: &[f64]| -> Vec<f64> { errors.iter().map(|error| error.abs()).collect() };
    let (starts, stops) = (distances(&errors.start_ms), distances(&errors.stop_ms));
    let both: Vec<f64> = starts.iter().chain(&stops).copied().collect();
    BoundaryFigures {
        least_overlap,
        matched: errors.matched,
        start_median_ms: median(&starts),
        start_mean_ms: mean(&starts),
        stop_median_ms: median(&stops),
        stop_mean_ms: mean(&stops),
        mean_ms: mean(&both),
        errors,
    }
}
