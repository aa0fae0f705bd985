//! Bouts unlike all others, and in what they are.

use ndarray::ArrayView2;
use serde::Serialize;

use super::forest::{ForestOptions, isolation_scores};
use crate::behavior::bodies::median;

/// Reasons that are told of a bout, at most.
const MOST_REASONS: usize = 3;

/// A measure is told of if it is so many robust deviations from the middle, or the farthest of all.
const FAR: f32 = 2.5;

/// Of a normal distribution: standard deviation over median absolute deviation.
const DEVIATION_BY_MEDIAN: f32 = 1.4826;

/// A bout and how unlike the others it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NovelBout {
    /// Its row.
    pub bout: usize,
    /// From the isolation forest, 0 to 1: 0.5 is usual.
    pub score: f64,
    /// In what it is unlike the others, the farthest first.
    pub reasons: Vec<Deviation>,
}

/// A measure that is far from what is usual.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Deviation {
    /// What is measured.
    pub measure: String,
    /// What it is here.
    pub value: f32,
    /// The median of all bouts.
    pub usual: f32,
    /// Robust standard deviations between the two; below 0 where it is less than usual.
    pub deviations: f32,
}

/// All bouts, the most unlike first: a row per bout, a named column per measure.
pub fn novel_bouts(rows: ArrayView2<'_, f32>, names: &[&str], options: &ForestOptions) -> Vec<NovelBout> {
    let scales: Vec<(f32, f32)> = rows.columns().into_iter().map(|column| scale(column.iter().copied())).collect();
    let reasons = |bout: usize| {
        let measures = rows.row(bout).into_iter().copied().zip(&scales).zip(names);
        let far = measures.filter(|((value, (_, spread)), _)| value.is_finite() && *spread > 0.0);
        let mut found: Vec<Deviation> = far
            .map(|((value, (usual, spread)), name)| Deviation {
                measure: (*name).to_owned(),
                value,
                usual: *usual,
                deviations: (value - usual) / spread,
            })
            .collect();
        found.sort_by(|one, other| other.deviations.abs().total_cmp(&one.deviations.abs()));
        let told = found.iter().take_while(|deviation| deviation.deviations.abs() >= FAR).count();
        found.truncate(told.clamp(1, MOST_REASONS));
        found
    };
    let scores = isolation_scores(rows, options);
    let mut bouts: Vec<NovelBout> =
        scores.into_iter().enumerate().map(|(bout, score)| NovelBout { bout, score, reasons: reasons(bout) }).collect();
    bouts.sort_by(|one, other| other.score.total_cmp(&one.score).then(one.bout.cmp(&other.bout)));
    bouts
}

/// Median and robust standard deviation of the finite values.
fn scale(values: impl Iterator<Item = f32>) -> (f32, f32) {
    let mut known: Vec<f32> = values.filter(|value| value.is_finite()).collect();
    let Some(middle) = median(&mut known) else { return (0.0, 0.0) };
    let mut away: Vec<f32> = known.iter().map(|value| (value - middle).abs()).collect();
    (middle, DEVIATION_BY_MEDIAN * median(&mut away).unwrap_or(0.0))
}
