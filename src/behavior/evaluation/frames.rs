//! Figures of labels over frames.

use std::ops::Add;

use serde::Serialize;

use super::agreement;
use super::lanes::{Lane, Lanes};

/// Counts of one label over frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// In both.
    pub both: u64,
    /// Found, and not true.
    pub found_only: u64,
    /// True, and not found.
    pub true_only: u64,
    /// In neither.
    pub neither: u64,
}

/// The figures of one label over frames; `None` where there is nothing to divide by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct LabelFigures {
    /// 2·both / (found + true).
    pub f1: Option<f64>,
    /// Share of the found that is true.
    pub precision: Option<f64>,
    /// Share of the true that is found.
    pub recall: Option<f64>,
    /// Average precision over falling scores; of found or not where nothing gave scores.
    pub ap: Option<f64>,
    /// Matthews correlation.
    pub mcc: Option<f64>,
    /// Frames that truly have it.
    pub support: u64,
    /// Frames that were found to have it.
    pub found: u64,
    /// Mean of the recall of having it and of not having it.
    pub balanced_accuracy: Option<f64>,
    /// Cohen's kappa of having it or not.
    pub kappa: Option<f64>,
    /// Whether average precision is that of scores, not of found or not.
    pub has_scores: bool,
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            both: self.both + other.both,
            found_only: self.found_only + other.found_only,
            true_only: self.true_only + other.true_only,
            neither: self.neither + other.neither,
        }
    }
}

impl Counts {
    /// 2·both / (found + true).
    pub fn f1(self) -> Option<f64> {
        share(2 * self.both, 2 * self.both + self.found_only + self.true_only)
    }

    /// Share of the found that is true.
    pub fn precision(self) -> Option<f64> {
        share(self.both, self.both + self.found_only)
    }

    /// Share of the true that is found.
    pub fn recall(self) -> Option<f64> {
        share(self.both, self.both + self.true_only)
    }

    /// Mean of the recall of having it and of not having it.
    pub fn balanced_accuracy(self) -> Option<f64> {
        Some((self.recall()? + share(self.neither, self.neither + self.found_only)?) / 2.0)
    }

    /// Matthews correlation.
    pub fn mcc(self) -> Option<f64> {
        let [both, found_only, true_only, neither] =
            [self.both, self.found_only, self.true_only, self.neither].map(|count| count as f64);
        let product = (both + found_only) * (both + true_only) * (neither + found_only) * (neither + true_only);
        (product > 0.0).then(|| (both * neither - found_only * true_only) / product.sqrt())
    }

    /// Cohen's kappa of having it or not.
    pub fn kappa(self) -> Option<f64> {
        let (found, truth) = (self.both + self.found_only, self.both + self.true_only);
        let all = truth + self.found_only + self.neither;
        agreement::beyond_chance(self.both + self.neither, all, &[(found, truth), (all - found, all - truth)])
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Known frames of one label over all lanes.
pub(super) struct Scored {
    found: Vec<bool>,
    truth: Vec<bool>,
    scores: Option<Vec<f64>>,
}

impl Scored {
    pub(super) fn of(lanes: &Lanes, label: usize) -> Self {
        let known = |values: fn(&Lane, usize) -> &[bool]| -> Vec<bool> {
            lanes.lanes.iter().flat_map(|lane| only_known(lane, values(lane, label))).copied().collect()
        };
        let has_scores = lanes.lanes.iter().any(|lane| lane.scores[label].is_some());
        let mut scores = Vec::new();
        for lane in lanes.lanes.iter().filter(|_| has_scores) {
            match &lane.scores[label] {
                Some(values) => scores.extend(only_known(lane, values).map(|score| f64::from(*score))),
                None => scores.extend(only_known(lane, &lane.found[label]).map(|found| f64::from(u8::from(*found)))),
            }
        }
        Self {
            found: known(|lane, label| &lane.found[label]),
            truth: known(|lane, label| &lane.truth[label]),
            scores: has_scores.then_some(scores),
        }
    }

    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for (found, truth) in self.found.iter().zip(&self.truth) {
            match (found, truth) {
                (true, true) => counts.both += 1,
                (true, false) => counts.found_only += 1,
                (false, true) => counts.true_only += 1,
                (false, false) => counts.neither += 1,
            }
        }
        counts
    }

    pub(super) fn figures(&self, counts: Counts) -> LabelFigures {
        let ap = match &self.scores {
            Some(scores) => average_precision(scores, &self.truth),
            None => average_precision_of_found(counts),
        };
        LabelFigures {
            f1: counts.f1(),
            precision: counts.precision(),
            recall: counts.recall(),
            ap,
            mcc: counts.mcc(),
            support: counts.both + counts.true_only,
            found: counts.both + counts.found_only,
            balanced_accuracy: counts.balanced_accuracy(),
            kappa: counts.kappa(),
            has_scores: self.scores.is_some(),
        }
    }
}

/// The values of a lane's frames whose truth is known.
pub(super) fn only_known<'a, T>(lane: &'a Lane, values: &'a [T]) -> impl Iterator<Item = &'a T> {
    values.iter().zip(&lane.known).filter(|(_, is_known)| **is_known).map(|(value, _)| value)
}

/// Area under precision over recall, by steps: the sum over the true, in the order of falling scores, of the precision there.
/// Equal scores count together. `None` where nothing is true.
pub fn average_precision(scores: &[f64], is_true: &[bool]) -> Option<f64> {
    let all = is_true.iter().filter(|is_true| **is_true).count();
    if all == 0 {
        return None;
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
    let (mut seen, mut hits, mut sum) = (0, 0, 0.0);
    for group in order.chunk_by(|a, b| scores[*a] == scores[*b]) {
        let new = group.iter().filter(|at| is_true[**at]).count();
        seen += group.len();
        hits += new;
        sum += new as f64 * hits as f64 / seen as f64;
    }
    Some(sum / all as f64)
}

/// [`average_precision`] where the score is 1 for found and 0 else.
fn average_precision_of_found(counts: Counts) -> Option<f64> {
    let truth = counts.both + counts.true_only;
    let all = truth + counts.found_only + counts.neither;
    let of_found = counts.precision().unwrap_or(0.0) * counts.both as f64;
    let of_rest = counts.true_only as f64 * truth as f64 / all.max(1) as f64;
    (truth > 0).then(|| (of_found + of_rest) / truth as f64)
}

/// True labels against found labels.
///
/// A frame with one label or none on each side counts once. Where it has several, those in both count on the diagonal, and
/// each that is only true counts against each that is only found, or against "none" where there is no such.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Confusion {
    /// The labels of rows and columns; the last is "none".
    pub labels: Vec<String>,
    /// Frames: by true label, then found label.
    pub frames: Vec<Vec<u64>>,
}

impl Confusion {
    /// Counts all known frames.
    pub fn of(lanes: &Lanes) -> Self {
        let none = lanes.labels.len();
        let mut frames = vec![vec![0; none + 1]; none + 1];
        for lane in &lanes.lanes {
            for frame in 0..lane.frame_count() {
                Self::cells_at(lane, frame, |truth, found| frames[truth][found] += 1);
            }
        }
        let labels = lanes.labels.iter().cloned().chain([NONE.to_owned()]).collect();
        Self { labels, frames }
    }

    /// The cells that a frame counts in, by true label and found label; none where nobody reviewed it.
    pub fn cells_at(lane: &Lane, frame: usize, mut count: impl FnMut(usize, usize)) {
        if !lane.known[frame] {
            return;
        }
        let none = lane.found.len();
        let sides = |label: &usize| (lane.found[*label][frame], lane.truth[*label][frame]);
        let with = |side: (bool, bool)| (0..none).filter(move |label| sides(label) == side);
        let mut is_labelled = false;
        for label in with((true, true)) {
            count(label, label);
            is_labelled = true;
        }
        for truth in with((false, true)) {
            let mut found = with((true, false)).peekable();
            if found.peek().is_none() {
                count(truth, none);
            }
            found.for_each(|found| count(truth, found));
            is_labelled = true;
        }
        if with((false, true)).next().is_none() {
            for found in with((true, false)) {
                count(none, found);
                is_labelled = true;
            }
        }
        if !is_labelled {
            count(none, none);
        }
    }
}

/// What a frame without a label is called.
pub(super) const NONE: &str = "none";
