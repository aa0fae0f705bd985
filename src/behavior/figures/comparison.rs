//! Groups of subjects side by side: each subject a point, the mean with its interval, and what tests say of each two groups.

use std::collections::BTreeSet;

use super::page::{FAINT_INK, HEAD, INK, MARGIN, Page, RULE, SMALL};
use super::{FigureInput, LabelStyle, cut, styles, table, value_marks};
use crate::behavior::statistics::{
    AnimalRecord, GroupComparison, Measure, NOT_SEEN, SubjectBudget, compare_groups, mean, mean_interval,
    subject_budgets,
};
use crate::model::vocabulary::in_words;

/// How groups of subjects differ in a measure.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// What is measured.
    pub measure: Measure,
    /// Per label.
    pub panels: Vec<ComparisonPanel>,
}

/// How groups of subjects differ in a label.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparisonPanel {
    /// The label.
    pub label: LabelStyle,
    /// The groups; one without a name where subjects have none.
    pub columns: Vec<GroupColumn>,
    /// Each two groups that both have subjects with a value.
    pub tests: Vec<GroupComparison>,
}

/// The subjects of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupColumn {
    /// The group.
    pub group: Option<String>,
    /// Each subject that has a value.
    pub subjects: Vec<(String, f64)>,
    /// Their mean; `None` without subjects.
    pub mean: Option<f64>,
    /// Where the mean of the population lies with 95 % confidence; `None` below two subjects.
    pub interval: Option<[f64; 2]>,
}

const COLUMNS: usize = 3;
const PANEL: [f64; 2] = [290.0, 232.0];
const PLOT: [f64; 2] = [226.0, 130.0];
/// Subjects of one value stand beside one another, at most so far from the middle.
const SPREAD: f64 = 16.0;

impl Comparison {
    /// Compares all groups in a measure. One subject is one observation: its recordings are put together.
    pub fn of(input: &FigureInput<'_>, measure: Measure, seed: u64) -> Self {
        let (labels, subjects) = budgets(input, measure);
        let names: Vec<String> = labels.iter().map(|label| label.name.clone()).collect();
        let tests = compare_groups(&subjects, &names, seed).into_iter().filter(|test| test.measure == measure);
        let tests: Vec<GroupComparison> = tests.collect();
        let groups: BTreeSet<Option<&String>> = subjects.iter().map(|subject| subject.group.as_ref()).collect();
        let panel = |(at, label): (usize, LabelStyle)| {
            let column = |group: &Option<&String>| {
                let own = subjects.iter().filter(|subject| subject.group.as_ref() == *group);
                let own = own.filter_map(|it| Some((it.subject.clone(), measure.of(&it.labels[at])?)));
                let own: Vec<(String, f64)> = own.collect();
                let values: Vec<f64> = own.iter().map(|(_, value)| *value).collect();
                let (mean, interval) = (mean(&values), mean_interval(&values));
                GroupColumn { group: group.cloned(), subjects: own, mean, interval }
            };
            let tests = tests.iter().filter(|test| test.label == label.name).cloned().collect();
            ComparisonPanel { label, columns: groups.iter().map(column).collect(), tests }
        };
        Self { measure, panels: labels.into_iter().enumerate().map(panel).collect() }
    }

    /// What is measured, with its unit.
    pub fn words(&self) -> &'static str {
        match self.measure {
            Measure::PctOfSeen => "share of the labelled time, %",
            Measure::BoutsPerMin => "bouts per labelled minute",
            Measure::MeanS => "mean length of a bout, s",
            Measure::LatencyS => "time until the first bout, s",
        }
    }

    fn column(&self) -> &'static str {
        match self.measure {
            Measure::PctOfSeen => "share_of_labelled_time_pct",
            Measure::BoutsPerMin => "bouts_per_labelled_min",
            Measure::MeanS => "mean_bout_length_s",
            Measure::LatencyS => "latency_s",
        }
    }

    pub(super) fn to_svg(&self, title: &str) -> String {
        let mut page = Page::new(2.0 * MARGIN + PANEL[0] * COLUMNS as f64, &[]);
        for (at, panel) in self.panels.iter().enumerate() {
            let [column, row] = [at % COLUMNS, at / COLUMNS].map(|it| it as f64);
            self.draw(&mut page, panel, [MARGIN + PANEL[0] * column, HEAD + 6.0 + PANEL[1] * row]);
        }
        let rows = self.panels.len().div_ceil(COLUMNS).max(1) as f64;
        if self.panels.is_empty() {
            page.text([MARGIN, HEAD + 16.0], "start", "No label to compare.");
        }
        let words = "points are subjects, bars their mean with its 95 % interval (Student's t); p by permutation, after Holm's correction";
        page.finish(HEAD + 6.0 + PANEL[1] * rows + MARGIN, title, words)
    }

    fn draw(&self, page: &mut Page, panel: &ComparisonPanel, [left, top]: [f64; 2]) {
        let x = left + 44.0;
        page.strong([x, top + 10.0], "start", &in_words(&panel.label.name));
        for (at, test) in panel.tests.iter().take(2).enumerate() {
            let pair = if panel.tests.len() > 1 { format!("{}: ", test.groups.join(" – ")) } else { String::new() };
            page.small([x, top + 25.0 + 14.0 * at as f64], "start", &(pair + &test.words()));
        }
        if panel.tests.len() > 2 {
            page.small([x + PLOT[0], top + 10.0], "end", "all tests are in the table");
        }
        let (upper, base) = (top + 50.0, top + 50.0 + PLOT[1]);
        let reach = panel
            .columns
            .iter()
            .flat_map(|it| it.subjects.iter().map(|(_, value)| *value).chain(it.interval.map(|it| it[1])));
        let most = reach.fold(0.0, f64::max);
        let marks = value_marks(most, 4.0);
        let highest = marks.last().copied().unwrap_or(1.0);
        let y_of = |value: f64| base - value.max(0.0) / highest * PLOT[1];
        let marks: Vec<(f64, String)> =
            marks.into_iter().map(|value| (y_of(value), table::number(Some(value)))).collect();
        for (y, _) in &marks {
            page.line([x, *y], [x + PLOT[0], *y], RULE, 0.75);
        }
        page.axis_left(x, [upper, base], &marks);
        page.line([x, base], [x + PLOT[0], base], INK, 1.0);
        page.upright([left + 6.0, (upper + base) / 2.0], self.words());
        let width = PLOT[0] / panel.columns.len().max(1) as f64;
        for (at, column) in panel.columns.iter().enumerate() {
            let middle = x + width * (at as f64 + 0.5);
            let name = column.name(panel.columns.len() == 1);
            page.text([middle, base + 16.0], "middle", name);
            page.small([middle, base + 30.0], "middle", &format!("n = {}", column.subjects.len()));
            for (place, (subject, value)) in column.subjects.iter().enumerate() {
                let style = format!("fill=\"{}\" fill-opacity=\"0.85\" stroke=\"#ffffff\"", panel.label.color);
                page.circle(
                    [middle + SPREAD * side_of(place), y_of(*value)],
                    4.0,
                    &style,
                    &format!("{subject}: {value:.3}"),
                );
            }
            if let Some(mean) = column.mean {
                let half = (0.3 * width).min(26.0);
                page.line([middle - half, y_of(mean)], [middle + half, y_of(mean)], INK, 2.0);
            }
            if let Some([low, high]) = column.interval {
                page.line([middle, y_of(low)], [middle, y_of(high)], INK, 1.25);
                for value in [low, high].into_iter().filter(|value| *value >= 0.0) {
                    page.line([middle - 5.0, y_of(value)], [middle + 5.0, y_of(value)], INK, 1.25);
                }
            }
            if column.subjects.is_empty() {
                page.colored([middle, base - SMALL], "middle", "none", FAINT_INK);
            }
        }
    }

    pub(super) fn to_csv(&self) -> String {
        let rows = self.panels.iter().flat_map(|panel| {
            panel.columns.iter().flat_map(move |column| {
                column.subjects.iter().map(move |(subject, value)| {
                    let group = column.group.clone().unwrap_or_default();
                    [panel.label.name.clone(), group, subject.clone(), table::number(Some(*value))]
                })
            })
        });
        table::csv(["label", "group", "subject", self.column()], rows)
    }

    pub(super) fn tests_csv(&self) -> String {
        let rows = self.panels.iter().flat_map(|panel| {
            let number = table::number;
            panel.tests.iter().map(move |test| {
                let of = |group: &String| panel.columns.iter().find(|column| column.group.as_ref() == Some(group));
                let mean = |group: &String| number(of(group).and_then(|column| column.mean));
                let end = |group: &String, at: usize| number(of(group).and_then(|it| it.interval).map(|ends| ends[at]));
                let [one, other] = &test.groups;
                [
                    test.label.clone(),
                    self.column().to_owned(),
                    one.clone(),
                    other.clone(),
                    test.n[0].to_string(),
                    test.n[1].to_string(),
                    mean(one),
                    end(one, 0),
                    end(one, 1),
                    mean(other),
                    end(other, 0),
                    end(other, 1),
                    number(Some(test.difference)),
                    number(Some(test.permutation.p)),
                    number(Some(test.p_permutation_holm)),
                    number(Some(test.mann_whitney.u)),
                    number(Some(test.mann_whitney.p)),
                    number(Some(test.p_mann_whitney_holm)),
                    number(Some(test.cliffs_delta)),
                    number(test.hedges_g),
                    test.note.clone().unwrap_or_default(),
                ]
            })
        });
        let header = [
            "label",
            "measure",
            "group_1",
            "group_2",
            "n_1",
            "n_2",
            "mean_1",
            "ci95_low_1",
            "ci95_high_1",
            "mean_2",
            "ci95_low_2",
            "ci95_high_2",
            "difference",
            "p_permutation",
            "p_permutation_holm",
            "mann_whitney_u",
            "p_mann_whitney",
            "p_mann_whitney_holm",
            "cliffs_delta",
            "hedges_g",
            "note",
        ];
        table::csv(header, rows)
    }
}

/// How far from the middle of its group the point of a subject stands, −1 to 1: in turn left and right of the interval, always
/// the same way.
pub fn side_of(place: usize) -> f64 {
    [-1.0, 0.5, 1.0, -0.5][place % 4]
}

impl GroupColumn {
    /// What it is called; `is_alone` where there is no other.
    pub fn name(&self, is_alone: bool) -> &str {
        self.group.as_deref().unwrap_or(if is_alone { "all subjects" } else { "no group" })
    }
}

/// The labels and what each subject does of them, each label within the reviewed time of its exclusive group. Moments have no
/// share and no length.
fn budgets(input: &FigureInput<'_>, measure: Measure) -> (Vec<LabelStyle>, Vec<SubjectBudget>) {
    let styles: Vec<LabelStyle> = styles(input).into_iter().filter(|style| style.name != NOT_SEEN).collect();
    let mut labels: Vec<LabelStyle> = Vec::new();
    let mut subjects: Vec<SubjectBudget> = Vec::new();
    for group in cut::groups(input) {
        let is_own = |style: &&LabelStyle| {
            let needs_no_length = !matches!(measure, Measure::PctOfSeen | Measure::MeanS);
            input.vocabulary.group_of(&style.name) == group && (needs_no_length || !cut::is_moment(input, &style.name))
        };
        let own: Vec<LabelStyle> = styles.iter().filter(is_own).cloned().collect();
        let names: Vec<String> = own.iter().map(|style| style.name.clone()).collect();
        let lanes = input.records.iter().map(|record| cut::lane(record, &group, input.vocabulary));
        let found = subject_budgets(&lanes.collect::<Vec<AnimalRecord>>(), &names);
        labels.extend(own);
        // The subjects are the same in each group, in the same order.
        match subjects.is_empty() {
            true => subjects = found,
            false => subjects.iter_mut().zip(found).for_each(|(all, found)| all.labels.extend(found.labels)),
        }
    }
    (labels, subjects)
}
