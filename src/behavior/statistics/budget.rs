//! Time, bouts, latency and transitions of one animal in one recording.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Serialize;

use super::numbers::{mean, median, standard_deviation};
use crate::model::{AnimalId, Segment, SegmentKind};

/// The label of frames in which an animal is not seen.
pub const NOT_SEEN: &str = "not_seen";

/// One animal in one recording.
#[derive(Clone, Debug, PartialEq)]
pub struct AnimalRecord {
    /// The recording's name.
    pub recording: String,
    /// The animal's name there.
    pub animal: String,
    /// Who it is, over recordings.
    pub subject: String,
    /// The experimental group, where there is one.
    pub group: Option<String>,
    /// Frames per second.
    pub fps: f64,
    /// Frames of the recording.
    pub frame_count: u32,
    /// The names of the recording's animals, by [`AnimalId`].
    pub animals: Vec<String>,
    /// Its segments, of one layer.
    pub segments: Vec<Segment>,
    /// The frames that are not counted since nobody said anything of them, as [`Self::gaps`]; none where a frame without a
    /// segment means that nothing happens.
    pub unreviewed: Vec<Range<u32>>,
}

/// What counts as following.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BudgetOptions {
    /// A bout follows another if it starts at most so long after its end, seconds. Longer gaps are not known to be direct.
    pub transition_gap_secs: f64,
}

impl Default for BudgetOptions {
    fn default() -> Self {
        Self { transition_gap_secs: 1.0 }
    }
}

/// How much of a label there is.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LabelBudget {
    /// The label.
    pub label: String,
    /// The other animal; `None` where it does not matter who.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
    /// Seconds of it.
    pub time_s: f64,
    /// Share of the time in which the animal is seen and reviewed, per cent.
    pub pct_of_seen: Option<f64>,
    /// How often it begins.
    pub bouts: usize,
    /// Bouts per minute in which the animal is seen and reviewed.
    pub bouts_per_min: Option<f64>,
    /// Mean length of a bout, seconds.
    pub mean_s: Option<f64>,
    /// Median length of a bout, seconds.
    pub median_s: Option<f64>,
    /// Standard deviation of the lengths, seconds.
    pub sd_s: Option<f64>,
    /// From the recording's start to the first bout, seconds.
    pub latency_s: Option<f64>,
}

/// How often one label follows another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Transition {
    /// What ends.
    pub from: String,
    /// What follows.
    pub to: String,
    /// How often.
    pub count: usize,
    /// Share of what follows `from`.
    pub probability: f64,
}

/// A run of frames, `[start, stop)`.
pub(in crate::behavior) type Bout = (u32, u32);

impl AnimalRecord {
    /// Seconds in which the animal is seen and somebody says what it does: all but those of the label "not_seen" and those that
    /// nobody reviewed.
    pub fn seen_s(&self) -> f64 {
        let hidden = self.segments.iter().filter(|segment| segment.label == NOT_SEEN).map(Segment::frames);
        let left_out = self.joined(hidden.chain(self.unreviewed.iter().cloned()).map(|frames| (frames, false)));
        let left_out: u32 = left_out.iter().map(|(start, stop)| stop - start).sum();
        f64::from(self.frame_count - left_out) / self.fps
    }

    /// The runs of frames that no segment covers.
    pub fn gaps(&self) -> Vec<Range<u32>> {
        let covered = self.joined(self.segments.iter().map(|segment| (segment.frames(), false)));
        let starts = std::iter::once(0).chain(covered.iter().map(|(_, stop)| *stop));
        let stops = covered.iter().map(|(start, _)| *start).chain([self.frame_count]);
        starts.zip(stops).filter(|(start, stop)| start < stop).map(|(start, stop)| start..stop).collect()
    }

    /// The runs of frames that any of the chosen segments covers. A moment is a run of its own beside another.
    pub(in crate::behavior) fn bouts(&self, is_chosen: impl Fn(&Segment) -> bool) -> Vec<Bout> {
        let chosen = self.segments.iter().filter(|segment| is_chosen(segment));
        self.joined(chosen.map(|segment| (segment.frames(), segment.kind == SegmentKind::Point)))
    }

    /// Runs of frames within the recording, joined where they overlap, and where they touch unless both are moments.
    fn joined(&self, spans: impl Iterator<Item = (Range<u32>, bool)>) -> Vec<Bout> {
        let cut = spans.map(|(frames, is_point)| (frames.start, frames.end.min(self.frame_count), is_point));
        let mut spans: Vec<(u32, u32, bool)> = cut.filter(|(start, stop, _)| start < stop).collect();
        spans.sort_unstable();
        let mut runs: Vec<(u32, u32, bool)> = Vec::new();
        for (start, stop, is_point) in spans {
            match runs.last_mut().filter(|last| start < last.1 || (start == last.1 && !(is_point && last.2))) {
                Some(last) => *last = (last.0, last.1.max(stop), last.2 && is_point),
                None => runs.push((start, stop, is_point)),
            }
        }
        runs.into_iter().map(|(start, stop, _)| (start, stop)).collect()
    }

    fn budget(&self, label: &str, partner: Option<String>, bouts: &[Bout]) -> LabelBudget {
        let seen_s = self.seen_s();
        let lengths: Vec<f64> = bouts.iter().map(|(start, stop)| f64::from(stop - start) / self.fps).collect();
        let time_s = bouts.iter().map(|(start, stop)| stop - start).sum::<u32>();
        let time_s = f64::from(time_s) / self.fps;
        let is_seen = seen_s > 0.0 && label != NOT_SEEN;
        LabelBudget {
            label: label.to_owned(),
            partner,
            time_s,
            pct_of_seen: is_seen.then(|| 100.0 * time_s / seen_s),
            bouts: bouts.len(),
            bouts_per_min: is_seen.then(|| bouts.len() as f64 * 60.0 / seen_s),
            mean_s: mean(&lengths),
            median_s: median(&lengths),
            sd_s: standard_deviation(&lengths),
            latency_s: bouts.first().map(|(start, _)| f64::from(*start) / self.fps),
        }
    }
}

/// The budget of each of `labels`, whoever takes part; those that never occur are there with zeros.
pub fn label_budgets(record: &AnimalRecord, labels: &[String]) -> Vec<LabelBudget> {
    let budget = |label: &String| record.budget(label, None, &record.bouts(|segment| segment.label == *label));
    labels.iter().map(budget).collect()
}

/// The budget of each label with each partner, where there is any.
pub fn pair_budgets(record: &AnimalRecord) -> Vec<LabelBudget> {
    let mut pairs: Vec<(AnimalId, &str)> =
        record.segments.iter().filter_map(|segment| Some((segment.partner?, segment.label.as_str()))).collect();
    pairs.sort_unstable();
    pairs.dedup();
    let name_of = |animal: AnimalId| {
        let known = record.animals.get(animal.index()).cloned();
        known.unwrap_or_else(|| format!("animal {}", animal.0))
    };
    let budget = |(partner, label): (AnimalId, &str)| {
        let bouts = record.bouts(|segment| segment.label == label && segment.partner == Some(partner));
        record.budget(label, Some(name_of(partner)), &bouts)
    };
    pairs.into_iter().map(budget).collect()
}

/// How often each label follows each, over all records, by the labels' names. A gap or time out of sight is no transition.
pub fn transitions<'a>(
    records: impl IntoIterator<Item = &'a AnimalRecord>,
    options: &BudgetOptions,
) -> Vec<Transition> {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut leaving: BTreeMap<&str, usize> = BTreeMap::new();
    for record in records {
        for (from, to, _) in followers(record, options) {
            *counts.entry((from, to)).or_default() += 1;
            *leaving.entry(from).or_default() += 1;
        }
    }
    counts
        .into_iter()
        .map(|((from, to), count)| Transition {
            from: from.to_owned(),
            to: to.to_owned(),
            count,
            probability: count as f64 / leaving[from] as f64,
        })
        .collect()
}

/// Each label that ends, what follows it, and the frame at which that begins.
pub(in crate::behavior) fn followers<'a>(
    record: &'a AnimalRecord,
    options: &BudgetOptions,
) -> Vec<(&'a str, &'a str, u32)> {
    let bouts = ordered_bouts(record);
    let follows = |pair: &[(&'a str, Bout)]| {
        let ((from, (_, stop)), (to, (start, _))) = (pair[0], pair[1]);
        let gap_s = (f64::from(start) - f64::from(stop)) / record.fps;
        let is_direct = gap_s <= options.transition_gap_secs && from != NOT_SEEN && to != NOT_SEEN;
        is_direct.then_some((from, to, start))
    };
    bouts.windows(2).filter_map(follows).collect()
}

/// All bouts of a record in the order of their starts.
fn ordered_bouts(record: &AnimalRecord) -> Vec<(&str, Bout)> {
    let mut labels: Vec<&str> = record.segments.iter().map(|segment| segment.label.as_str()).collect();
    labels.sort_unstable();
    labels.dedup();
    let of_label =
        |label| record.bouts(move |segment| segment.label == label).into_iter().map(move |bout| (label, bout));
    let mut bouts: Vec<(&str, Bout)> = labels.into_iter().flat_map(of_label).collect();
    bouts.sort_by_key(|(label, bout)| (*bout, *label));
    bouts
}
