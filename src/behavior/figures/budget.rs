//! The time budget: a bar per animal, its time parted into what it does, what is out of sight and what nobody reviewed.

use super::page::{HEAD, MARGIN, Page, TEXT, widest, width_of};
use super::{FigureInput, LabelStyle, cut, styles, table};
use crate::behavior::statistics::{AnimalRecord, NOT_SEEN};
use crate::model::SegmentKind;
use crate::model::vocabulary::in_words;

/// How much of its time each animal spends with what.
#[derive(Clone, Debug, PartialEq)]
pub struct Budget {
    /// The labels that occur.
    pub labels: Vec<LabelStyle>,
    /// A bar per animal and exclusive group.
    pub bars: Vec<BudgetBar>,
}

/// What an animal's time is spent with, of one exclusive group.
#[derive(Clone, Debug, PartialEq)]
pub struct BudgetBar {
    /// What the bar is called.
    pub name: String,
    /// The recording.
    pub recording: String,
    /// The animal.
    pub animal: String,
    /// Who it is, over recordings.
    pub subject: String,
    /// The experimental group.
    pub group: Option<String>,
    /// The exclusive group of the labels; "" is the main one.
    pub label_group: String,
    /// All of the time, seconds.
    pub total_s: f64,
    /// The time that is seen and has a label, seconds.
    pub labelled_s: f64,
    /// What it is spent with, in the order of the labels; what nobody reviewed is the last. Parts without time are left out.
    pub parts: Vec<BudgetPart>,
    /// How often there are moments.
    pub moments: Vec<BudgetMoments>,
}

/// What a part of a bar is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetWhat {
    /// A label, by its place among [`Budget::labels`].
    Label(usize),
    /// The animal is not seen; the label by its place.
    NotSeen(usize),
    /// Nobody said anything.
    NotReviewed,
}

/// A part of a bar.
#[derive(Clone, Debug, PartialEq)]
pub struct BudgetPart {
    /// What it is.
    pub what: BudgetWhat,
    /// Seconds.
    pub time_s: f64,
    /// Share of all of the time, per cent.
    pub pct_of_all: f64,
    /// Share of the time that is seen and has a label, per cent; `None` for what is not.
    pub pct_of_labelled: Option<f64>,
    /// How often it begins.
    pub bouts: usize,
}

/// How often there is a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct BudgetMoments {
    /// The place of the label among [`Budget::labels`].
    pub label: usize,
    /// How often.
    pub count: usize,
    /// Per minute that is seen and has a label; `None` where there is none.
    pub per_min: Option<f64>,
}

const ROW: f64 = 26.0;
const GAP: f64 = 8.0;
const WIDTH: f64 = 960.0;

impl Budget {
    /// The time budget of all records.
    pub fn of(input: &FigureInput<'_>) -> Self {
        let labels = styles(input);
        let groups = cut::groups(input);
        let mut bars = Vec::new();
        for record in input.records {
            for group in &groups {
                let name = cut::name_of(input.records, record);
                let lane = cut::lane(record, group, input.vocabulary);
                bars.push(BudgetBar {
                    name: if group.is_empty() { name } else { format!("{name} {}", in_words(group)) },
                    label_group: group.clone(),
                    ..bar(&lane, &labels)
                });
            }
        }
        Self { labels, bars }
    }

    /// What a part is called.
    pub fn words_of(&self, what: BudgetWhat) -> String {
        match what {
            BudgetWhat::Label(at) | BudgetWhat::NotSeen(at) => in_words(&self.labels[at].name),
            BudgetWhat::NotReviewed => "not yet reviewed".to_owned(),
        }
    }

    /// How often there are moments in a bar, as "jump ×3".
    pub fn moments_of(&self, bar: &BudgetBar) -> String {
        let one = |it: &BudgetMoments| format!("{} ×{}", in_words(&self.labels[it.label].name), it.count);
        bar.moments.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn to_svg(&self, title: &str) -> String {
        let mut page = Page::new(WIDTH, &self.labels);
        let left = MARGIN + widest(self.bars.iter().map(|bar| bar.name.as_str()), TEXT).min(220.0) + 10.0;
        let moments: Vec<String> = self.bars.iter().map(|bar| self.moments_of(bar)).collect();
        let beside = widest(moments.iter().map(String::as_str), TEXT).max(width_of("9999.9 s", TEXT));
        let right = WIDTH - MARGIN - beside - 10.0;
        // Labels that overlap count each: a bar may be longer than its time.
        let most = self.bars.iter().map(|bar| bar.parts.iter().map(|part| part.pct_of_all).sum::<f64>());
        let most = most.fold(100.0, f64::max);
        let x_of = |pct: f64| left + pct / most * (right - left);
        let has_gaps = self.bars.iter().flat_map(|bar| &bar.parts).any(|part| part.what == BudgetWhat::NotReviewed);
        let mut y = page.legend([MARGIN, HEAD], &self.legend(), has_gaps) + 6.0;
        for (bar, moments) in self.bars.iter().zip(&moments) {
            page.text([left - 10.0, y + ROW / 2.0 + 4.0], "end", &bar.name);
            let mut from = 0.0;
            for part in &bar.parts {
                let place = [x_of(from), y, x_of(from + part.pct_of_all) - x_of(from), ROW];
                let words = format!(
                    "{}, {}, {:.2} s, {:.1} %",
                    self.words_of(part.what),
                    bar.name,
                    part.time_s,
                    part.pct_of_all
                );
                match part.what {
                    BudgetWhat::Label(label) | BudgetWhat::NotSeen(label) => {
                        let fill = page.fill_of(label);
                        page.rect(place, &fill, &words);
                    }
                    BudgetWhat::NotReviewed => page.unreviewed(place, &words),
                }
                from += part.pct_of_all;
            }
            let beside = if moments.is_empty() { format!("{:.1} s", bar.total_s) } else { moments.clone() };
            page.small([right + 10.0, y + ROW / 2.0 + 4.0], "start", &beside);
            y += ROW + GAP;
        }
        let marks: Vec<(f64, String)> = (0..=(most / 20.0) as u32)
            .map(|mark| f64::from(20 * mark))
            .map(|pct| (x_of(pct), format!("{pct:.0}")))
            .collect();
        page.axis_below([left, right], y, &marks, "share of the time, %");
        let words = "moments have a number and no length; shares of the labelled time are in the table";
        page.finish(y + 45.0 + MARGIN, title, words)
    }

    fn legend(&self) -> Vec<(usize, bool)> {
        let parts = || self.bars.iter().flat_map(|bar| &bar.parts);
        let is_there = |label: usize| {
            parts().any(|part| [BudgetWhat::Label(label), BudgetWhat::NotSeen(label)].contains(&part.what))
        };
        (0..self.labels.len()).filter(|label| is_there(*label)).map(|label| (label, false)).collect()
    }

    pub(super) fn to_csv(&self) -> String {
        let rows = self.bars.iter().flat_map(|bar| {
            let line = |kind: &str, label: &str, numbers: [String; 6]| {
                let [time, all, reviewed, count, per_min, total] = numbers;
                [
                    bar.recording.clone(),
                    bar.animal.clone(),
                    bar.subject.clone(),
                    bar.group.clone().unwrap_or_default(),
                    table::group_name(&bar.label_group),
                    kind.to_owned(),
                    label.to_owned(),
                    time,
                    all,
                    reviewed,
                    count,
                    per_min,
                    total,
                ]
            };
            let number = table::number;
            let parts = bar.parts.iter().map(move |part| {
                let (kind, label) = match part.what {
                    BudgetWhat::Label(at) => ("state", self.labels[at].name.as_str()),
                    BudgetWhat::NotSeen(_) => (NOT_SEEN, ""),
                    BudgetWhat::NotReviewed => ("not_reviewed", ""),
                };
                let is_label = matches!(part.what, BudgetWhat::Label(_));
                let per_min = (is_label && bar.labelled_s > 0.0).then(|| part.bouts as f64 * 60.0 / bar.labelled_s);
                line(
                    kind,
                    label,
                    [
                        number(Some(part.time_s)),
                        number(Some(part.pct_of_all)),
                        number(part.pct_of_labelled),
                        part.bouts.to_string(),
                        number(per_min),
                        number(Some(bar.total_s)),
                    ],
                )
            });
            let moments = bar.moments.iter().map(move |it| {
                let [nothing, total] = [String::new(), number(Some(bar.total_s))];
                let numbers =
                    [nothing.clone(), nothing.clone(), nothing, it.count.to_string(), number(it.per_min), total];
                line("point", &self.labels[it.label].name, numbers)
            });
            parts.chain(moments)
        });
        let header = [
            "recording",
            "animal",
            "subject",
            "group",
            "label_group",
            "kind",
            "label",
            "time_s",
            "share_of_time_pct",
            "share_of_labelled_time_pct",
            "bouts",
            "bouts_per_labelled_min",
            "all_time_s",
        ];
        table::csv(header, rows)
    }
}

fn bar(lane: &AnimalRecord, labels: &[LabelStyle]) -> BudgetBar {
    let states = cut::states(lane);
    let total_s = f64::from(lane.frame_count) / lane.fps;
    let labelled_s = lane.seen_s();
    let share = |time_s: f64, of_s: f64| if of_s > 0.0 { 100.0 * time_s / of_s } else { 0.0 };
    let mut parts = Vec::new();
    let mut moments = Vec::new();
    for (at, label) in labels.iter().enumerate() {
        let bouts = states.bouts(|segment| segment.label == label.name);
        let time_s = bouts.iter().map(|(start, stop)| f64::from(stop - start)).sum::<f64>() / lane.fps;
        if !bouts.is_empty() {
            let is_hidden = label.name == NOT_SEEN;
            parts.push(BudgetPart {
                what: if is_hidden { BudgetWhat::NotSeen(at) } else { BudgetWhat::Label(at) },
                time_s,
                pct_of_all: share(time_s, total_s),
                pct_of_labelled: (!is_hidden && labelled_s > 0.0).then(|| share(time_s, labelled_s)),
                bouts: bouts.len(),
            });
        }
        let is_own =
            |segment: &&crate::model::Segment| segment.kind == SegmentKind::Point && segment.label == label.name;
        let count = lane.segments.iter().filter(is_own).count();
        if count > 0 {
            let per_min = (labelled_s > 0.0).then(|| count as f64 * 60.0 / labelled_s);
            moments.push(BudgetMoments { label: at, count, per_min });
        }
    }
    // Out of sight comes after what is done, and what nobody reviewed at last.
    parts.sort_by_key(|part| matches!(part.what, BudgetWhat::NotSeen(_)));
    let unreviewed: u32 = lane.unreviewed.iter().map(|frames| frames.end - frames.start).sum();
    if unreviewed > 0 {
        let time_s = f64::from(unreviewed) / lane.fps;
        parts.push(BudgetPart {
            what: BudgetWhat::NotReviewed,
            time_s,
            pct_of_all: share(time_s, total_s),
            pct_of_labelled: None,
            bouts: lane.unreviewed.len(),
        });
    }
    BudgetBar {
        name: lane.animal.clone(),
        recording: lane.recording.clone(),
        animal: lane.animal.clone(),
        subject: lane.subject.clone(),
        group: lane.group.clone(),
        label_group: String::new(),
        total_s,
        labelled_s,
        parts,
        moments,
    }
}
