//! The matrix of transitions: how often one state follows directly on another. A state that begins anew is no transition.

use super::page::{HEAD, INK, MARGIN, Page, RULE, SMALL, TEXT, widest};
use super::{FigureInput, cut, styles, table};
use crate::behavior::statistics::{AnimalRecord, BudgetOptions, NOT_SEEN, followers};
use crate::model::vocabulary::in_words;

/// What follows what.
#[derive(Clone, Debug, PartialEq)]
pub struct Transitions {
    /// A matrix for each exclusive group of labels that has states.
    pub matrices: Vec<TransitionMatrix>,
    /// A state follows another if it begins at most so long after its end, seconds.
    pub most_gap_s: f64,
}

/// What follows what in one exclusive group, over all records.
#[derive(Clone, Debug, PartialEq)]
pub struct TransitionMatrix {
    /// The exclusive group; "" is the main one.
    pub label_group: String,
    /// The labels of rows and columns.
    pub labels: Vec<String>,
    /// How often the label of a row is followed by that of a column. The diagonal is 0: it is not counted.
    pub counts: Vec<Vec<usize>>,
    /// Where each of them is.
    pub places: Vec<TransitionPlace>,
}

/// Where one state follows another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransitionPlace {
    /// The row of what ends.
    pub from: usize,
    /// The column of what follows.
    pub to: usize,
    /// The recording.
    pub recording: String,
    /// The first frame of what follows, of the recording.
    pub frame: u32,
}

const CELL: [f64; 2] = [58.0, 34.0];
/// The colour of a full cell.
const FULL: [u8; 3] = [59, 47, 122];
/// Above this share white words are read better than dark ones.
const FULL_SHARE: f64 = 0.6;

impl TransitionMatrix {
    /// How often a label is followed by another.
    pub fn leaving(&self, from: usize) -> usize {
        self.counts[from].iter().sum()
    }

    /// The share of what follows `from` that `to` is; `None` where nothing follows, and on the diagonal.
    pub fn probability(&self, from: usize, to: usize) -> Option<f64> {
        let all = self.leaving(from);
        (from != to && all > 0).then(|| self.counts[from][to] as f64 / all as f64)
    }
}

impl Transitions {
    /// The transitions of all records together.
    pub fn of(input: &FigureInput<'_>) -> Self {
        let options = BudgetOptions::default();
        let names: Vec<String> = styles(input).into_iter().map(|style| style.name).collect();
        let matrix = |group: String| {
            let lanes = input.records.iter().map(|record| cut::states(&cut::lane(record, &group, input.vocabulary)));
            let lanes: Vec<AnimalRecord> = lanes.collect();
            let occurs = |name: &&String| lanes.iter().flat_map(|lane| &lane.segments).any(|it| it.label == **name);
            let labels: Vec<String> = names.iter().filter(|name| *name != NOT_SEEN).filter(occurs).cloned().collect();
            let place = |name: &str| labels.iter().position(|label| label == name);
            let mut counts = vec![vec![0; labels.len()]; labels.len()];
            let mut places = Vec::new();
            for lane in &lanes {
                for (from, to, frame) in followers(lane, &options) {
                    let (Some(from), Some(to)) = (place(from), place(to)) else { continue };
                    if from != to {
                        counts[from][to] += 1;
                        let (recording, frame) = (lane.recording.clone(), frame + input.first_frame);
                        places.push(TransitionPlace { from, to, recording, frame });
                    }
                }
            }
            TransitionMatrix { label_group: group, labels, counts, places }
        };
        let matrices = cut::groups(input).into_iter().map(matrix).filter(|matrix| !matrix.labels.is_empty()).collect();
        Self { matrices, most_gap_s: options.transition_gap_secs }
    }

    pub(super) fn to_svg(&self, title: &str) -> String {
        let words = self.matrices.iter().flat_map(|matrix| &matrix.labels).map(|label| in_words(label));
        let words: Vec<String> = words.collect();
        let names = widest(words.iter().map(String::as_str), TEXT);
        let left = MARGIN + 22.0 + names + 8.0;
        let rise = names * std::f64::consts::FRAC_1_SQRT_2 + 14.0;
        let columns = self.matrices.iter().map(|matrix| matrix.labels.len()).max().unwrap_or(0);
        let width = (left + CELL[0] * columns as f64 + rise + MARGIN).max(560.0);
        let mut page = Page::new(width, &[]);
        let mut y = HEAD;
        for matrix in &self.matrices {
            if self.matrices.len() > 1 {
                y += 14.0;
                page.strong([MARGIN, y], "start", &format!("Labels of {}", table::group_name(&matrix.label_group)));
            }
            let top = y + rise + 18.0;
            page.text([left + CELL[0] * matrix.labels.len() as f64 / 2.0, y + 14.0], "middle", "is followed by");
            page.upright([MARGIN + 10.0, top + CELL[1] * matrix.labels.len() as f64 / 2.0], "what ends");
            draw(&mut page, matrix, [left, top]);
            y = top + CELL[1] * matrix.labels.len() as f64 + 26.0;
        }
        if self.matrices.is_empty() {
            page.text([MARGIN, y + 16.0], "start", "No label, so nothing that follows another.");
            y += 40.0;
        } else {
            legend(&mut page, [left, y]);
            y += 44.0;
        }
        let words = format!("share of what follows, and how often; gaps of at most {} s", self.most_gap_s);
        page.finish(y + MARGIN, title, &words)
    }

    pub(super) fn to_csv(&self) -> String {
        let rows = self.matrices.iter().flat_map(|matrix| {
            let size = matrix.labels.len();
            let pairs = (0..size).flat_map(move |from| (0..size).map(move |to| (from, to)));
            pairs.filter(|(from, to)| from != to).map(move |(from, to)| {
                [
                    table::group_name(&matrix.label_group),
                    matrix.labels[from].clone(),
                    matrix.labels[to].clone(),
                    matrix.counts[from][to].to_string(),
                    table::number(matrix.probability(from, to)),
                ]
            })
        });
        table::csv(["label_group", "from", "to", "count", "probability"], rows)
    }
}

fn draw(page: &mut Page, matrix: &TransitionMatrix, [left, top]: [f64; 2]) {
    let size = matrix.labels.len() as f64;
    for at in 0..=matrix.labels.len() {
        let [x, y] = [left + CELL[0] * at as f64, top + CELL[1] * at as f64];
        page.line([x, top], [x, top + CELL[1] * size], RULE, 0.5);
        page.line([left, y], [left + CELL[0] * size, y], RULE, 0.5);
    }
    for (from, label) in matrix.labels.iter().enumerate() {
        let y = top + CELL[1] * from as f64;
        page.text([left - 8.0, y + CELL[1] / 2.0 + 4.0], "end", &in_words(label));
        page.slanted([left + CELL[0] * (from as f64 + 0.5), top - 8.0], &in_words(label));
        for (to, other) in matrix.labels.iter().enumerate() {
            let x = left + CELL[0] * to as f64;
            let place = [x + 0.5, y + 0.5, CELL[0] - 1.0, CELL[1] - 1.0];
            let Some(share) = matrix.probability(from, to) else {
                page.rect(place, "#f4f5f6", "");
                if from == to {
                    page.line([x + 6.0, y + CELL[1] - 6.0], [x + CELL[0] - 6.0, y + 6.0], RULE, 1.0);
                }
                continue;
            };
            let count = matrix.counts[from][to];
            let words = format!("{} is followed by {}: {count}×, {share:.3}", in_words(label), in_words(other));
            page.rect(place, &heat(share), &words);
            if count > 0 {
                let ink = if share > FULL_SHARE { "#ffffff" } else { INK };
                page.colored([x + CELL[0] / 2.0, y + 15.0], "middle", &format!("{share:.2}"), ink);
                page.colored([x + CELL[0] / 2.0, y + 28.0], "middle", &count.to_string(), ink);
            }
        }
    }
}

/// A key of the shades: light is seldom.
fn legend(page: &mut Page, [left, top]: [f64; 2]) {
    const STEPS: u32 = 20;
    for step in 0..STEPS {
        let fill = heat(f64::from(step) / f64::from(STEPS - 1));
        page.rect([left + 8.0 * f64::from(step), top, 8.2, 12.0], &fill, "");
    }
    let right = left + 8.0 * f64::from(STEPS);
    page.small([left, top + 26.0], "start", "0");
    page.small([right, top + 26.0], "end", "1");
    page.small([right + 12.0, top + 12.0 - (12.0 - SMALL) / 2.0 - 1.0], "start", "share of what follows");
}

/// From white to full: darker is more, also in grey.
fn heat(share: f64) -> String {
    let level = |full: u8| (255.0 + (f64::from(full) - 255.0) * share.clamp(0.0, 1.0)).round() as u8;
    let [red, green, blue] = FULL.map(level);
    format!("#{red:02x}{green:02x}{blue:02x}")
}
