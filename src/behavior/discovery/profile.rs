//! What each subject and group does, and what more or less than the others: in numbers and in words.
//!
//! Words name differences, not significance; `statistics` tests groups.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::behavior::statistics::{AnimalRecord, LabelBudget, SubjectBudget, mean, subject_budgets};

/// Labels that are named first, at most.
const MOST_NAMED: usize = 3;

/// Differences that are named on each side, at most.
const MOST_DIFFERENCES: usize = 3;

/// A difference is named from so many percentage points on, and where one share is so many times the other.
const LEAST_POINTS: f64 = 2.0;
const LEAST_RATIO: f64 = 1.5;

/// How much of a label, beside the others.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelShare {
    /// The label.
    pub label: String,
    /// Share of the time in which the subject is seen, per cent; of a group, the mean over its subjects.
    pub pct_of_seen: f64,
    /// The same of the other subjects or groups, in the mean; `None` where there are none.
    pub others_pct: Option<f64>,
    /// Bouts per minute seen.
    pub bouts_per_min: f64,
    /// Mean length of a bout, s.
    pub mean_s: Option<f64>,
}

/// What a subject or a group does.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Profile {
    /// Who.
    pub name: String,
    /// The subject's group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Subjects in it; 1 for a subject.
    pub subjects: usize,
    /// Seconds in which it is seen.
    pub seen_s: f64,
    /// By label, the most time first; labels that nobody shows are left out.
    pub labels: Vec<LabelShare>,
    /// The same in sentences.
    pub words: String,
}

/// A profile of each subject, beside all other subjects.
pub fn subject_profiles(records: &[AnimalRecord]) -> Vec<Profile> {
    let labels = labels_of(records);
    let subjects = subject_budgets(records, &labels);
    (0..subjects.len())
        .map(|at| {
            let others: Vec<&SubjectBudget> =
                subjects.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, subject)| subject).collect();
            let subject = &subjects[at];
            let named = Named { name: &subject.subject, group: subject.group.clone(), others: "the other subjects" };
            profile(&named, &[subject], &others, &labels)
        })
        .collect()
}

/// A profile of each group, beside all other groups; empty where there is only one.
pub fn group_profiles(records: &[AnimalRecord]) -> Vec<Profile> {
    let labels = labels_of(records);
    let subjects = subject_budgets(records, &labels);
    let mut groups: BTreeMap<&str, Vec<&SubjectBudget>> = BTreeMap::new();
    for subject in &subjects {
        if let Some(group) = &subject.group {
            groups.entry(group).or_default().push(subject);
        }
    }
    if groups.len() < 2 {
        return Vec::new();
    }
    let of_group = |name: &&str| {
        let others: Vec<&SubjectBudget> =
            groups.iter().filter(|(other, _)| *other != name).flat_map(|(_, own)| own.iter().copied()).collect();
        profile(&Named { name, group: None, others: "the other groups" }, &groups[name], &others, &labels)
    };
    groups.keys().map(of_group).collect()
}

/// The labels that stand anywhere, by name.
fn labels_of(records: &[AnimalRecord]) -> Vec<String> {
    let mut labels: Vec<String> =
        records.iter().flat_map(|record| &record.segments).map(|segment| segment.label.clone()).collect();
    labels.sort();
    labels.dedup();
    labels
}

/// Who a profile is of, and how those beside it are called.
struct Named<'a> {
    name: &'a str,
    group: Option<String>,
    others: &'static str,
}

fn profile(named: &Named<'_>, own: &[&SubjectBudget], others: &[&SubjectBudget], labels: &[String]) -> Profile {
    let mean_of = |subjects: &[&SubjectBudget], at: usize, value: fn(&LabelBudget) -> Option<f64>| {
        mean(&subjects.iter().filter_map(|subject| value(&subject.labels[at])).collect::<Vec<_>>())
    };
    let share = |at: usize| {
        Some(LabelShare {
            label: labels[at].clone(),
            pct_of_seen: mean_of(own, at, |budget| budget.pct_of_seen)?,
            others_pct: mean_of(others, at, |budget| budget.pct_of_seen),
            bouts_per_min: mean_of(own, at, |budget| budget.bouts_per_min)?,
            mean_s: mean_of(own, at, |budget| budget.mean_s),
        })
    };
    let mut shares: Vec<LabelShare> = (0..labels.len()).filter_map(share).collect();
    shares
        .sort_by(|one, other| other.pct_of_seen.total_cmp(&one.pct_of_seen).then_with(|| one.label.cmp(&other.label)));
    let seen_s = own.iter().map(|subject| subject.seen_s).sum();
    let words = words(named, own.len(), seen_s, &shares);
    Profile {
        name: named.name.to_owned(),
        group: named.group.clone(),
        subjects: own.len(),
        seen_s,
        labels: shares,
        words,
    }
}

fn words(named: &Named<'_>, subjects: usize, seen_s: f64, shares: &[LabelShare]) -> String {
    let name = named.name;
    let group = named.group.as_ref().map(|group| format!(" ({group})")).unwrap_or_default();
    let who = if subjects > 1 { format!("{name}, {subjects} subjects,") } else { format!("{name}{group}") };
    if shares.iter().all(|share| share.pct_of_seen <= 0.0) {
        return format!("{who} is seen for {seen_s:.0} s and has no labelled behavior.");
    }
    let most = shares.iter().filter(|share| share.pct_of_seen > 0.0).take(MOST_NAMED);
    let most: Vec<String> =
        most.map(|share| format!("{} ({})", plain(&share.label), percent(share.pct_of_seen))).collect();
    let mut text = format!("{who} is seen for {seen_s:.0} s. Most of that time: {}.", listed(&most));
    let is_clear = |more: f64, less: f64| more - less >= LEAST_POINTS && more >= LEAST_RATIO * less;
    let beside = |share: &LabelShare| {
        let others = share.others_pct.unwrap_or(0.0);
        format!("{} ({} against {})", plain(&share.label), percent(share.pct_of_seen), percent(others))
    };
    let differing = |is_more: bool| -> Vec<String> {
        let mut found: Vec<&LabelShare> = shares
            .iter()
            .filter(|share| {
                share.others_pct.is_some_and(|others| match is_more {
                    true => is_clear(share.pct_of_seen, others),
                    false => is_clear(others, share.pct_of_seen),
                })
            })
            .collect();
        let points = |share: &LabelShare| (share.pct_of_seen - share.others_pct.unwrap_or(0.0)).abs();
        found.sort_by(|one, other| points(other).total_cmp(&points(one)));
        found.into_iter().take(MOST_DIFFERENCES).map(beside).collect()
    };
    for (side, found) in [("More", differing(true)), ("Less", differing(false))] {
        if !found.is_empty() {
            text.push_str(&format!(" {side} than {}: {}.", named.others, listed(&found)));
        }
    }
    text
}

fn plain(label: &str) -> String {
    label.replace('_', " ")
}

fn percent(share: f64) -> String {
    if share > 0.0 && share < 9.95 { format!("{share:.1} %") } else { format!("{share:.0} %") }
}

/// "a", "a and b", "a, b and c".
fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
