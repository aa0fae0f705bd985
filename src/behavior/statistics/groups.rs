//! Groups of subjects, and whether they differ.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::budget::{AnimalRecord, LabelBudget, label_budgets};
use super::numbers::{mean, median, standard_deviation};
use super::significance::{
    MannWhitney, Permutation, cliffs_delta, hedges_g, holm, least_possible_p, mann_whitney, permutation_test,
};

/// A difference is called one where p after correction is below this.
pub const SIGNIFICANT_P: f64 = 0.05;

/// What is compared between groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Share of the time in which the animal is seen.
    PctOfSeen,
    /// How often it begins, per minute seen.
    BoutsPerMin,
    /// Mean length of a bout.
    MeanS,
    /// From the start to the first bout.
    LatencyS,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::PctOfSeen, Self::BoutsPerMin, Self::MeanS, Self::LatencyS];

    /// The value of a budget; `None` where the label never occurs and the measure asks how it occurs.
    pub fn of(self, budget: &LabelBudget) -> Option<f64> {
        match self {
            Self::PctOfSeen => budget.pct_of_seen,
            Self::BoutsPerMin => budget.bouts_per_min,
            Self::MeanS => budget.mean_s,
            Self::LatencyS => budget.latency_s,
        }
    }
}

/// What one subject does, over all of its recordings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SubjectBudget {
    /// Who it is.
    pub subject: String,
    /// Its group.
    pub group: Option<String>,
    /// Recordings that were put together.
    pub recordings: usize,
    /// Seconds in which it is seen and somebody says what it does.
    pub seen_s: f64,
    /// By label.
    pub labels: Vec<LabelBudget>,
}

/// What the subjects of a group do.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupSummary {
    /// The group; `None` for subjects without one.
    pub group: Option<String>,
    /// The label.
    pub label: String,
    /// What is measured.
    pub measure: Measure,
    /// Subjects that have a value.
    pub n: usize,
    /// Their mean.
    pub mean: Option<f64>,
    /// Their median.
    pub median: Option<f64>,
    /// Their standard deviation.
    pub sd: Option<f64>,
}

/// Two groups beside one another in one measure of one label.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupComparison {
    /// The label.
    pub label: String,
    /// What is measured.
    pub measure: Measure,
    /// The two groups.
    pub groups: [String; 2],
    /// Subjects of each that have a value.
    pub n: [usize; 2],
    /// Mean of the first minus mean of the second.
    pub difference: f64,
    /// By dealing the subjects to the groups anew.
    pub permutation: Permutation,
    /// By ranks.
    pub mann_whitney: MannWhitney,
    /// The permutation's p after Holm's correction over all labels and pairs of groups of this measure.
    pub p_permutation_holm: f64,
    /// The rank test's p after the same correction.
    pub p_mann_whitney_holm: f64,
    /// −1 to 1.
    pub cliffs_delta: f64,
    /// In standard deviations.
    pub hedges_g: Option<f64>,
    /// What limits the comparison, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl GroupComparison {
    /// "p = 0.030, Cliff's δ = 0.80": the permutation's p after correction.
    pub fn words(&self) -> String {
        let p = self.p_permutation_holm;
        let p = if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {p:.3}") };
        let delta = format!("{:.2}", self.cliffs_delta).replace('-', "\u{2212}");
        format!("{p}, Cliff's δ = {delta}")
    }
}

/// Puts the recordings of each subject together: times, bouts and time seen are summed; the latency is the mean over the
/// recordings in which the label occurs. A subject is known by name and group.
pub fn subject_budgets(records: &[AnimalRecord], labels: &[String]) -> Vec<SubjectBudget> {
    let mut of_subjects: BTreeMap<(Option<&str>, &str), Vec<&AnimalRecord>> = BTreeMap::new();
    for record in records {
        of_subjects.entry((record.group.as_deref(), &record.subject)).or_default().push(record);
    }
    let joined = |((group, subject), records): ((Option<&str>, &str), Vec<&AnimalRecord>)| {
        let seen_s: f64 = records.iter().map(|record| record.seen_s()).sum();
        let budgets: Vec<Vec<LabelBudget>> = records.iter().map(|record| label_budgets(record, labels)).collect();
        let of_label = |at: usize| {
            let label = &labels[at];
            let parts: Vec<&LabelBudget> = budgets.iter().map(|budgets| &budgets[at]).collect();
            let lengths: Vec<f64> = records.iter().flat_map(|record| lengths_s(record, label)).collect();
            join(label, seen_s, &parts, &lengths)
        };
        SubjectBudget {
            subject: subject.to_owned(),
            group: group.map(str::to_owned),
            recordings: records.len(),
            seen_s,
            labels: (0..labels.len()).map(of_label).collect(),
        }
    };
    of_subjects.into_iter().map(joined).collect()
}

fn lengths_s(record: &AnimalRecord, label: &str) -> Vec<f64> {
    let bouts = record.bouts(|segment| segment.label == label);
    bouts.into_iter().map(|(start, stop)| f64::from(stop - start) / record.fps).collect()
}

fn join(label: &str, seen_s: f64, parts: &[&LabelBudget], lengths: &[f64]) -> LabelBudget {
    let time_s: f64 = parts.iter().map(|part| part.time_s).sum();
    let latencies: Vec<f64> = parts.iter().filter_map(|part| part.latency_s).collect();
    let is_seen = parts.iter().any(|part| part.pct_of_seen.is_some());
    LabelBudget {
        label: label.to_owned(),
        partner: None,
        time_s,
        pct_of_seen: is_seen.then(|| 100.0 * time_s / seen_s),
        bouts: lengths.len(),
        bouts_per_min: is_seen.then(|| lengths.len() as f64 * 60.0 / seen_s),
        mean_s: mean(lengths),
        median_s: median(lengths),
        sd_s: standard_deviation(lengths),
        latency_s: mean(&latencies),
    }
}

/// Each measure of each label over the subjects of each group.
pub fn group_summaries(subjects: &[SubjectBudget], labels: &[String]) -> Vec<GroupSummary> {
    let groups: BTreeSet<Option<&str>> = subjects.iter().map(|subject| subject.group.as_deref()).collect();
    let mut summaries = Vec::new();
    for group in groups {
        for (at, label) in labels.iter().enumerate() {
            for measure in Measure::ALL {
                let values = values_of(subjects, group, at, measure);
                summaries.push(GroupSummary {
                    group: group.map(str::to_owned),
                    label: label.clone(),
                    measure,
                    n: values.len(),
                    mean: mean(&values),
                    median: median(&values),
                    sd: standard_deviation(&values),
                });
            }
        }
    }
    summaries
}

fn values_of(subjects: &[SubjectBudget], group: Option<&str>, label: usize, measure: Measure) -> Vec<f64> {
    let of_group = subjects.iter().filter(|subject| subject.group.as_deref() == group);
    of_group.filter_map(|subject| measure.of(&subject.labels[label])).collect()
}

/// Compares each two groups in each measure of each label. A comparison without a value on one side is left out.
pub fn compare_groups(subjects: &[SubjectBudget], labels: &[String], seed: u64) -> Vec<GroupComparison> {
    let groups: BTreeSet<&str> = subjects.iter().filter_map(|subject| subject.group.as_deref()).collect();
    let groups: Vec<&str> = groups.into_iter().collect();
    let mut comparisons = Vec::new();
    for measure in Measure::ALL {
        let mut of_measure = Vec::new();
        for (at, label) in labels.iter().enumerate() {
            for (rank, one) in groups.iter().enumerate() {
                for other in &groups[rank + 1..] {
                    let values = [one, other].map(|group| values_of(subjects, Some(group), at, measure));
                    of_measure.extend(compare(label, measure, [one, other], &values, seed));
                }
            }
        }
        correct(&mut of_measure);
        comparisons.append(&mut of_measure);
    }
    comparisons
}

fn compare(
    label: &str,
    measure: Measure,
    groups: [&str; 2],
    [one, other]: &[Vec<f64>; 2],
    seed: u64,
) -> Option<GroupComparison> {
    let permutation = permutation_test(one, other, seed)?;
    let mann_whitney = mann_whitney(one, other)?;
    Some(GroupComparison {
        label: label.to_owned(),
        measure,
        groups: groups.map(str::to_owned),
        n: [one.len(), other.len()],
        difference: mean(one)? - mean(other)?,
        permutation,
        mann_whitney,
        p_permutation_holm: permutation.p,
        p_mann_whitney_holm: mann_whitney.p,
        cliffs_delta: cliffs_delta(one, other)?,
        hedges_g: hedges_g(one, other),
        note: None,
    })
}

/// Corrects for as many tests as there are, and says where the groups are too small to find anything.
fn correct(comparisons: &mut [GroupComparison]) {
    let by_permutation = holm(&comparisons.iter().map(|it| it.permutation.p).collect::<Vec<_>>());
    let by_ranks = holm(&comparisons.iter().map(|it| it.mann_whitney.p).collect::<Vec<_>>());
    let tests = comparisons.len();
    for ((comparison, permutation), ranks) in comparisons.iter_mut().zip(by_permutation).zip(by_ranks) {
        comparison.p_permutation_holm = permutation;
        comparison.p_mann_whitney_holm = ranks;
        let [one, other] = comparison.n;
        let least = least_possible_p(one, other);
        let sizes = format!("{one} against {other} subjects");
        if least >= SIGNIFICANT_P {
            comparison.note = Some(format!("{sizes} cannot reach p < {SIGNIFICANT_P}; the least is {least:.2}"));
        } else if least * tests as f64 >= SIGNIFICANT_P {
            let corrected = (least * tests as f64).min(1.0);
            comparison.note = Some(format!(
                "{sizes} cannot reach p < {SIGNIFICANT_P} after correction for {tests} tests, unless others differ as \
                 clearly; the least is {corrected:.2}"
            ));
        }
    }
}
