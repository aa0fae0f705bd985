//! How long bouts last: a histogram per label, all on one scale of time.
//!
//! Moments have no length. A bout that begins or ends at the edge of the record, or where nobody reviewed, is counted as long as
//! it is known.

use super::page::{FAINT_INK, HEAD, INK, MARGIN, Page};
use super::{FigureInput, LabelStyle, cut, styles, table};
use crate::behavior::drawing::axis::nice;
use crate::behavior::statistics::{NOT_SEEN, mean, median, quantile};
use crate::model::vocabulary::in_words;

/// How long bouts last.
#[derive(Clone, Debug, PartialEq)]
pub struct Lengths {
    /// The width of a bin, seconds. The first begins at 0; a bin holds its lower edge.
    pub step_s: f64,
    /// Whether the last bin holds all that is longer.
    pub is_last_open: bool,
    /// A histogram per label, all with as many bins.
    pub panels: Vec<LengthPanel>,
}

/// How long the bouts of a label last.
#[derive(Clone, Debug, PartialEq)]
pub struct LengthPanel {
    /// The label.
    pub label: LabelStyle,
    /// Bouts by bin.
    pub counts: Vec<usize>,
    /// All bouts.
    pub bouts: usize,
    /// Their mean length, seconds.
    pub mean_s: f64,
    /// Their median length, seconds.
    pub median_s: f64,
    /// The longest, seconds.
    pub longest_s: f64,
}

/// The bins hold this share of the bouts; one more holds the rest.
const SHOWN_SHARE: f64 = 0.95;
/// Bins up to there.
const BINS: f64 = 15.0;

const COLUMNS: usize = 3;
const PANEL: [f64; 2] = [290.0, 150.0];
const PLOT: [f64; 2] = [236.0, 84.0];

impl Lengths {
    /// The bouts of all records together.
    pub fn of(input: &FigureInput<'_>) -> Self {
        let states: Vec<_> = input.records.iter().map(cut::states).collect();
        let of_label = |style: &LabelStyle| -> Vec<f64> {
            let lengths = states.iter().flat_map(|record| {
                let bouts = record.bouts(|segment| segment.label == style.name);
                bouts.into_iter().map(|(start, stop)| f64::from(stop - start) / record.fps)
            });
            lengths.collect()
        };
        let labels = styles(input).into_iter().filter(|style| style.name != NOT_SEEN);
        let found: Vec<(LabelStyle, Vec<f64>)> =
            labels.map(|style| (style.clone(), of_label(&style))).filter(|(_, lengths)| !lengths.is_empty()).collect();
        let mut all: Vec<f64> = found.iter().flat_map(|(_, lengths)| lengths).copied().collect();
        all.sort_by(f64::total_cmp);
        let (shown, longest) = (quantile(&all, SHOWN_SHARE).unwrap_or(0.0), all.last().copied().unwrap_or(0.0));
        let step_s = nice(shown / BINS);
        // A length at an edge counts above it, whatever its last digit.
        let bin_of = |length: f64| (length / step_s + 1e-9).floor() as usize;
        let whole = bin_of(shown) + 1;
        let is_last_open = bin_of(longest) >= whole;
        let bins = if all.is_empty() { 0 } else { whole + usize::from(is_last_open) };
        let panel = |(label, lengths): (LabelStyle, Vec<f64>)| {
            let mut counts = vec![0; bins];
            lengths.iter().for_each(|length| counts[bin_of(*length).min(bins - 1)] += 1);
            LengthPanel {
                label,
                counts,
                bouts: lengths.len(),
                mean_s: mean(&lengths).unwrap_or_default(),
                median_s: median(&lengths).unwrap_or_default(),
                longest_s: lengths.iter().copied().fold(0.0, f64::max),
            }
        };
        Self { step_s, is_last_open, panels: found.into_iter().map(panel).collect() }
    }

    /// The edges of a bin, seconds; the last may have no upper one.
    pub fn edges_s(&self, bin: usize) -> (f64, Option<f64>) {
        let is_open = self.is_last_open && self.panels.iter().any(|panel| bin + 1 == panel.counts.len());
        (bin as f64 * self.step_s, (!is_open).then_some((bin + 1) as f64 * self.step_s))
    }

    pub(super) fn to_svg(&self, title: &str) -> String {
        let styles: Vec<LabelStyle> = self.panels.iter().map(|panel| panel.label.clone()).collect();
        let mut page = Page::new(2.0 * MARGIN + PANEL[0] * COLUMNS as f64, &styles);
        for at in 0..self.panels.len() {
            let [column, row] = [at % COLUMNS, at / COLUMNS].map(|it| it as f64);
            self.draw(&mut page, at, [MARGIN + PANEL[0] * column, HEAD + 6.0 + PANEL[1] * row]);
        }
        let rows = self.panels.len().div_ceil(COLUMNS).max(1) as f64;
        if self.panels.is_empty() {
            page.text([MARGIN, HEAD + 16.0], "start", "No bout of any label.");
        }
        let open = if self.is_last_open { "; the last bin holds all that lasts longer" } else { "" };
        let words = format!("bins of {} s{open}; the dashed line is the median", table::number(Some(self.step_s)));
        page.finish(HEAD + 6.0 + PANEL[1] * rows + MARGIN, title, &words)
    }

    fn draw(&self, page: &mut Page, at: usize, [left, top]: [f64; 2]) {
        let panel = &self.panels[at];
        let (x, base) = (left + 34.0, top + 22.0 + PLOT[1]);
        page.strong([x, top + 10.0], "start", &in_words(&panel.label.name));
        let words = format!("n = {}, median {:.2} s", panel.bouts, panel.median_s);
        page.small([x + PLOT[0], top + 10.0], "end", &words);
        let most = panel.counts.iter().copied().max().unwrap_or(0).max(1);
        let step = nice(most as f64 / 3.0).max(1.0);
        let highest = (most as f64 / step).ceil() * step;
        let y_of = |count: f64| base - count / highest * PLOT[1];
        let width = PLOT[0] / panel.counts.len().max(1) as f64;
        for (bin, count) in panel.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let y = y_of(*count as f64);
            let words = format!("{}: {count}", self.words_of(bin));
            let fill = page.fill_of(at);
            page.rect([x + width * bin as f64 + 0.5, y, (width - 1.0).max(0.5), base - y], &fill, &words);
        }
        let end = panel.counts.len() as f64 * self.step_s;
        let x_of = |secs: f64| x + secs / end * PLOT[0];
        if panel.median_s < end {
            page.dashed([x_of(panel.median_s), top + 20.0], [x_of(panel.median_s), base], INK);
        }
        let marks = (0..=(highest / step) as u32).map(|mark| f64::from(mark) * step);
        page.axis_left(
            x,
            [top + 22.0, base],
            &marks.map(|count| (y_of(count), format!("{count:.0}"))).collect::<Vec<_>>(),
        );
        let step = nice(end / 5.0);
        let marks = (0..=(end / step + 1e-9) as u32).map(|mark| f64::from(mark) * step);
        let marks: Vec<(f64, String)> = marks.map(|secs| (x_of(secs), table::number(Some(secs)))).collect();
        page.line([x, base], [x + PLOT[0], base], INK, 1.0);
        for (x, mark) in marks {
            page.line([x, base], [x, base + 4.0], INK, 1.0);
            page.small([x, base + 16.0], "middle", &mark);
        }
        page.colored([x + PLOT[0] / 2.0, base + 30.0], "middle", "length of a bout, s", FAINT_INK);
        page.upright([left + 6.0, (top + 22.0 + base) / 2.0], "bouts");
    }

    /// "1 to 1.5 s"
    pub fn words_of(&self, bin: usize) -> String {
        let (from, to) = self.edges_s(bin);
        let from = table::number(Some(from));
        to.map_or_else(|| format!("{from} s and longer"), |to| format!("{from} to {} s", table::number(Some(to))))
    }

    pub(super) fn to_csv(&self) -> String {
        let rows = self.panels.iter().flat_map(|panel| {
            panel.counts.iter().enumerate().map(|(bin, count)| {
                let (from, to) = self.edges_s(bin);
                [
                    panel.label.name.clone(),
                    table::number(Some(from)),
                    table::number(to),
                    count.to_string(),
                    panel.bouts.to_string(),
                    table::number(Some(panel.mean_s)),
                    table::number(Some(panel.median_s)),
                    table::number(Some(panel.longest_s)),
                ]
            })
        });
        let header = ["label", "from_s", "to_s", "bouts", "all_bouts", "mean_length_s", "median_length_s", "longest_s"];
        table::csv(header, rows)
    }
}
