//! All statistics together, for programs and as plain text.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde::Serialize;

use super::budget::{AnimalRecord, BudgetOptions, LabelBudget, Transition, label_budgets, pair_budgets, transitions};
use super::groups::{
    GroupComparison, GroupSummary, Measure, SubjectBudget, compare_groups, group_summaries, subject_budgets,
};

/// What one animal does in one recording.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AnimalReport {
    /// The recording.
    pub recording: String,
    /// The animal.
    pub animal: String,
    /// Who it is, over recordings.
    pub subject: String,
    /// Its group.
    pub group: Option<String>,
    /// Seconds in which it is seen and somebody says what it does.
    pub seen_s: f64,
    /// By label.
    pub labels: Vec<LabelBudget>,
    /// By label and partner.
    pub pairs: Vec<LabelBudget>,
    /// What follows what.
    pub transitions: Vec<Transition>,
}

/// What follows what in a group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupTransitions {
    /// The group; `None` for animals without one.
    pub group: Option<String>,
    /// What follows what.
    pub transitions: Vec<Transition>,
}

/// All statistics.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StatisticsReport {
    /// By recording and animal.
    pub animals: Vec<AnimalReport>,
    /// By subject, its recordings put together.
    pub subjects: Vec<SubjectBudget>,
    /// By group, label and measure.
    pub groups: Vec<GroupSummary>,
    /// By group.
    pub group_transitions: Vec<GroupTransitions>,
    /// Between groups.
    pub comparisons: Vec<GroupComparison>,
}

/// Computes everything from the segments of one layer. `seed` is for tests of many subjects, whose deals are drawn.
pub fn report(records: &[AnimalRecord], options: &BudgetOptions, seed: u64) -> StatisticsReport {
    let labels: BTreeSet<&String> =
        records.iter().flat_map(|record| record.segments.iter().map(|segment| &segment.label)).collect();
    let labels: Vec<String> = labels.into_iter().cloned().collect();
    let subjects = subject_budgets(records, &labels);
    let of_animal = |record: &AnimalRecord| AnimalReport {
        recording: record.recording.clone(),
        animal: record.animal.clone(),
        subject: record.subject.clone(),
        group: record.group.clone(),
        seen_s: record.seen_s(),
        labels: label_budgets(record, &labels),
        pairs: pair_budgets(record),
        transitions: transitions([record], options),
    };
    let groups: BTreeSet<Option<&String>> = records.iter().map(|record| record.group.as_ref()).collect();
    let of_group = |group: Option<&String>| GroupTransitions {
        group: group.cloned(),
        transitions: transitions(records.iter().filter(|record| record.group.as_ref() == group), options),
    };
    StatisticsReport {
        animals: records.iter().map(of_animal).collect(),
        groups: group_summaries(&subjects, &labels),
        group_transitions: groups.into_iter().map(of_group).collect(),
        comparisons: compare_groups(&subjects, &labels, seed),
        subjects,
    }
}

impl StatisticsReport {
    /// The report for people who read a terminal: budgets, then pairs, then differences.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for animal in &self.animals {
            let seen = number(Some(animal.seen_s), 1);
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}, {}: seen for {seen} s", animal.recording, animal.animal);
            let rows = animal.labels.iter().filter(|budget| budget.bouts > 0).map(budget_row).collect::<Vec<_>>();
            text.push_str(&text_table(&BUDGET_HEADER, &rows));
            let pairs = animal.pairs.iter().map(budget_row).collect::<Vec<_>>();
            if !pairs.is_empty() {
                text.push_str(&text_table(&BUDGET_HEADER, &pairs));
            }
            text.push('\n');
        }
        if !self.comparisons.is_empty() {
            text.push_str(&text_table(
                &COMPARISON_HEADER,
                &self.comparisons.iter().map(comparison_row).collect::<Vec<_>>(),
            ));
        }
        text
    }
}

const BUDGET_HEADER: [&str; 9] =
    ["label", "with", "time s", "% seen", "bouts", "mean s", "median s", "sd s", "latency s"];

fn budget_row(budget: &LabelBudget) -> Vec<String> {
    vec![
        budget.label.clone(),
        budget.partner.clone().unwrap_or_default(),
        number(Some(budget.time_s), 1),
        number(budget.pct_of_seen, 1),
        budget.bouts.to_string(),
        number(budget.mean_s, 2),
        number(budget.median_s, 2),
        number(budget.sd_s, 2),
        number(budget.latency_s, 1),
    ]
}

const COMPARISON_HEADER: [&str; 9] =
    ["label", "measure", "groups", "n", "difference", "p", "p corrected", "Cliff's delta", "note"];

fn comparison_row(comparison: &GroupComparison) -> Vec<String> {
    let measure = match comparison.measure {
        Measure::PctOfSeen => "% seen",
        Measure::BoutsPerMin => "bouts per min",
        Measure::MeanS => "mean s",
        Measure::LatencyS => "latency s",
    };
    vec![
        comparison.label.clone(),
        measure.to_owned(),
        comparison.groups.join(" - "),
        format!("{} / {}", comparison.n[0], comparison.n[1]),
        number(Some(comparison.difference), 2),
        number(Some(comparison.permutation.p), 4),
        number(Some(comparison.p_permutation_holm), 4),
        number(Some(comparison.cliffs_delta), 2),
        comparison.note.clone().unwrap_or_default(),
    ]
}

fn number(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.decimals$}"))
}

/// Rows under a header in columns of equal width; columns of numbers are aligned at the right.
pub fn text_table(header: &[&str], rows: &[Vec<String>]) -> String {
    let cell = |row: &'_ [String], column: usize| row.get(column).cloned().unwrap_or_default();
    let is_number = |text: &str| text == "-" || text.is_empty() || text.parse::<f64>().is_ok();
    let columns: Vec<(usize, bool)> = (0..header.len())
        .map(|column| {
            let widths = rows.iter().map(|row| cell(row, column).chars().count());
            let width = widths.max().unwrap_or(0).max(header[column].chars().count());
            let numeric = rows.iter().all(|row| is_number(&cell(row, column)))
                && rows.iter().any(|row| !cell(row, column).is_empty());
            (width, numeric)
        })
        .collect();
    let line = |cells: Vec<String>| {
        let padded: Vec<String> = cells
            .iter()
            .zip(&columns)
            .map(
                |(cell, (width, numeric))| if *numeric { format!("{cell:>width$}") } else { format!("{cell:<width$}") },
            )
            .collect();
        format!("{}\n", padded.join("  ").trim_end())
    };
    let head = line(header.iter().map(|name| (*name).to_owned()).collect());
    let rule = line(columns.iter().map(|(width, _)| "-".repeat(*width)).collect());
    let body = rows.iter().map(|row| line((0..header.len()).map(|column| cell(row, column)).collect()));
    head + &rule + &body.collect::<String>()
}
