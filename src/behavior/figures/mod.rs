//! Figures of what animals do: ethograms, time budgets, transitions, lengths of bouts, and groups side by side.
//!
//! A figure is plain numbers, which a window paints; [`Figure::to_svg`] draws it for a paper, [`Figure::to_csv`] writes its
//! numbers, one observation per row. Pure: the caller brings the segments and writes the files.
//!
//! Moments have a number and a place in time, but no length. Frames of which nobody said anything are "not yet reviewed": they
//! are shown as such and are no part of any share. Labels of different exclusive groups hold at the same time and are counted
//! apart.

mod budget;

mod comparison;

mod cut;

mod lengths;

mod page;

mod png;

mod raster;

mod table;

mod transitions;

#[cfg(test)]
mod tests;

pub use budget::{Budget, BudgetBar, BudgetMoments, BudgetPart, BudgetWhat};
pub use comparison::{Comparison, ComparisonPanel, GroupColumn, side_of};
pub use cut::within;
pub use lengths::{LengthPanel, Lengths};
pub use png::{PngError, to_png};
pub use raster::{Raster, RasterPiece, RasterRow};
pub use transitions::{TransitionMatrix, TransitionPlace, Transitions};

use super::drawing::{axis, colors};
use super::statistics::{AnimalRecord, Measure, NOT_SEEN};
use crate::model::Vocabulary;
use crate::model::vocabulary::Pattern;

/// What figures are made of.
#[derive(Clone, Copy, Debug)]
pub struct FigureInput<'a> {
    /// The animals with their segments of one layer.
    pub records: &'a [AnimalRecord],
    /// Order, colours, patterns and exclusive groups of the labels.
    pub vocabulary: &'a Vocabulary,
    /// The frame of the recordings that is the first of the records: not 0 where [`within`] cut them.
    pub first_frame: u32,
}

/// How a label looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelStyle {
    /// Its name.
    pub name: String,
    /// `#rrggbb`
    pub color: String,
    /// What it is filled with.
    pub pattern: Pattern,
}

/// A kind of figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FigureKind {
    /// What each animal does when.
    Raster,
    /// How much of its time each animal spends with what.
    Budget,
    /// What follows what.
    Transitions,
    /// How long bouts last.
    Lengths,
    /// How groups of subjects differ in a measure.
    Comparison(Measure),
}

impl FigureKind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Raster,
        Self::Budget,
        Self::Transitions,
        Self::Lengths,
        Self::Comparison(Measure::PctOfSeen),
        Self::Comparison(Measure::BoutsPerMin),
        Self::Comparison(Measure::MeanS),
        Self::Comparison(Measure::LatencyS),
    ];

    /// What its files are called.
    pub fn word(self) -> &'static str {
        match self {
            Self::Raster => "ethogram",
            Self::Budget => "time_budget",
            Self::Transitions => "transitions",
            Self::Lengths => "bout_lengths",
            Self::Comparison(Measure::PctOfSeen) => "groups_time",
            Self::Comparison(Measure::BoutsPerMin) => "groups_bouts",
            Self::Comparison(Measure::MeanS) => "groups_bout_length",
            Self::Comparison(Measure::LatencyS) => "groups_latency",
        }
    }
}

/// A figure.
#[derive(Clone, Debug, PartialEq)]
pub enum Figure {
    /// What each animal does when.
    Raster(Raster),
    /// How much of its time each animal spends with what.
    Budget(Budget),
    /// What follows what.
    Transitions(Transitions),
    /// How long bouts last.
    Lengths(Lengths),
    /// How groups of subjects differ.
    Comparison(Comparison),
}

impl Figure {
    /// Computes a figure. The seed is for tests of many subjects, whose deals are drawn.
    pub fn of(kind: FigureKind, input: &FigureInput<'_>, seed: u64) -> Self {
        match kind {
            FigureKind::Raster => Self::Raster(Raster::of(input)),
            FigureKind::Budget => Self::Budget(Budget::of(input)),
            FigureKind::Transitions => Self::Transitions(Transitions::of(input)),
            FigureKind::Lengths => Self::Lengths(Lengths::of(input)),
            FigureKind::Comparison(measure) => Self::Comparison(Comparison::of(input, measure, seed)),
        }
    }

    /// The drawing, on white, with its text as text. `title` stands over it.
    pub fn to_svg(&self, title: &str) -> String {
        match self {
            Self::Raster(it) => it.to_svg(title),
            Self::Budget(it) => it.to_svg(title),
            Self::Transitions(it) => it.to_svg(title),
            Self::Lengths(it) => it.to_svg(title),
            Self::Comparison(it) => it.to_svg(title),
        }
    }

    /// Its numbers: a header with units, then one observation per row.
    pub fn to_csv(&self) -> String {
        match self {
            Self::Raster(it) => it.to_csv(),
            Self::Budget(it) => it.to_csv(),
            Self::Transitions(it) => it.to_csv(),
            Self::Lengths(it) => it.to_csv(),
            Self::Comparison(it) => it.to_csv(),
        }
    }

    /// Of a comparison: the means with their intervals and the tests, which have other columns than the subjects.
    pub fn tests_csv(&self) -> Option<String> {
        match self {
            Self::Comparison(it) => Some(it.tests_csv()),
            _ => None,
        }
    }
}

/// Marks of time within a span, seconds, at least so far apart: where each stands, and its words.
pub fn time_marks(span_s: [f64; 2], least_s: f64) -> Vec<(f64, String)> {
    let [start, stop] = span_s;
    let step = axis::time_step(least_s);
    // The last mark may fall short of the end by the last digit.
    let marks = (start / step - 1e-9).ceil() as u64..=(stop / step + 1e-9).floor() as u64;
    marks.map(|mark| mark as f64 * step).map(|secs| (secs, axis::clock(secs, step))).collect()
}

/// Round marks from 0 to at least the most, about so many.
pub fn value_marks(most: f64, about: f64) -> Vec<f64> {
    let step = axis::nice(most / about);
    let count = (most / step - 1e-9).ceil().max(1.0) as u32;
    (0..=count).map(|mark| f64::from(mark) * step).collect()
}

/// The labels that occur, as they look, in the vocabulary's order.
fn styles(input: &FigureInput<'_>) -> Vec<LabelStyle> {
    let occurring = input.records.iter().flat_map(|record| &record.segments).map(|segment| segment.label.as_str());
    let names = colors::ordered(input.vocabulary, occurring);
    let colors = colors::of_labels(input.vocabulary, names.iter().copied());
    let style = |(name, color): (&str, String)| LabelStyle {
        color: if name == NOT_SEEN { page::NOT_SEEN_COLOR.to_owned() } else { color },
        pattern: input.vocabulary.find(name).map_or(Pattern::Plain, |label| label.pattern),
        name: name.to_owned(),
    };
    names.into_iter().zip(colors).map(style).collect()
}
