//! Which examples are shown beside a clip.

use serde::{Deserialize, Serialize};

use super::{Bank, Example, ExampleError};

/// The clip that a model is asked about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target<'a> {
    /// Its recording's name.
    pub recording: &'a str,
    /// Hashes of the recording's pictures and tracks, without the manifest's names; one in common with an example is enough.
    pub fingerprints: &'a [String],
    /// Who is recorded.
    pub subject: Option<&'a str>,
    /// In which session.
    pub session: Option<&'a str>,
    /// What is measured of the clip, as of the bank's examples.
    pub features: &'a [f32],
}

/// How many examples, and which may never be shown. Three labels with two examples each and two near misses are what fits
/// beside a clip of twelve pictures without the examples being most of the prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PickOptions {
    /// Labels that are shown by their nearest examples.
    pub labels: usize,
    /// Examples of each.
    pub per_label: usize,
    /// Nearest examples of other labels, one each.
    pub near_misses: usize,
    /// Whether examples of the same session are left out.
    pub leaves_out_session: bool,
    /// Whether examples of the same subject are left out.
    pub leaves_out_subject: bool,
    /// Tokens of all examples, at most.
    pub most_tokens: Option<u64>,
}

impl Default for PickOptions {
    fn default() -> Self {
        Self {
            labels: 3,
            per_label: 2,
            near_misses: 2,
            leaves_out_session: false,
            leaves_out_subject: false,
            most_tokens: None,
        }
    }
}

/// An example that is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Picked {
    /// Its position in the bank.
    pub example: usize,
    /// Mean squared difference of the features, in variances of the bank; infinite where nothing can be compared.
    pub distance: f64,
    /// Whether it stands for a label that is near, but not among the nearest.
    pub is_near_miss: bool,
}

/// What is shown, and what it costs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// The examples, in the order of importance: the nearest of each label, near misses, the next of each label.
    pub picked: Vec<Picked>,
    /// Tokens of all of them.
    pub tokens: u64,
    /// Examples that might have told the answer and were left out.
    pub left_out: usize,
    /// Examples that would have been shown, were there more tokens.
    pub too_costly: usize,
}

impl Bank {
    /// The examples to show beside a clip; `tokens` says what the example at a
    /// position costs. Never one of the same recording, by fingerprint or by
    /// name, nor one with the very same features, which is a copy of the clip.
    ///
    /// # Errors
    /// When the clip was measured otherwise than the examples.
    pub fn pick(
        &self,
        target: &Target<'_>,
        options: &PickOptions,
        tokens: impl Fn(usize) -> u64,
    ) -> Result<Selection, ExampleError> {
        let (expected, found) = (self.examples.first().map_or(0, |first| first.features.len()), target.features.len());
        if !self.examples.is_empty() && expected != found {
            return Err(ExampleError::Features { what: "the clip".to_owned(), expected, found });
        }
        let (leaking, open): (Vec<usize>, Vec<usize>) =
            (0..self.examples.len()).partition(|at| leaks(&self.examples[*at], target, options));
        let variances = self.variances();
        let mut near: Vec<(f64, usize)> = open
            .into_iter()
            .map(|at| (distance(&self.examples[at].features, target.features, &variances), at))
            .collect();
        near.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        let mut selection = Selection { left_out: leaking.len(), ..Selection::default() };
        for picked in self.by_importance(&near, options) {
            let cost = tokens(picked.example);
            let total = selection.tokens.saturating_add(cost);
            if options.most_tokens.is_some_and(|most| total > most) {
                selection.too_costly += 1;
                continue;
            }
            selection.tokens = total;
            selection.picked.push(picked);
        }
        Ok(selection)
    }

    /// From examples by distance to those that are shown.
    fn by_importance(&self, near: &[(f64, usize)], options: &PickOptions) -> Vec<Picked> {
        // By label, in the order of the nearest of each.
        let mut by_label: Vec<(&str, Vec<(f64, usize)>)> = Vec::new();
        for (distance, at) in near {
            let example = &self.examples[*at];
            match by_label.iter_mut().find(|(label, _)| *label == example.label) {
                Some((_, own)) if own.iter().any(|(_, kept)| overlaps(&self.examples[*kept], example)) => {}
                Some((_, own)) => own.push((*distance, *at)),
                None => by_label.push((&example.label, vec![(*distance, *at)])),
            }
        }
        let picked = |(distance, example): (f64, usize), is_near_miss| Picked { example, distance, is_near_miss };
        let (shown, others) = by_label.split_at(options.labels.min(by_label.len()));
        let of_rank = |rank: usize| shown.iter().filter_map(move |(_, own)| own.get(rank)).copied();
        let mut found: Vec<Picked> = Vec::new();
        if options.per_label > 0 {
            found.extend(of_rank(0).map(|near| picked(near, false)));
        }
        found.extend(others.iter().take(options.near_misses).map(|(_, own)| picked(own[0], true)));
        for rank in 1..options.per_label {
            found.extend(of_rank(rank).map(|near| picked(near, false)));
        }
        found
    }

    /// The variance of each feature over the bank.
    fn variances(&self) -> Vec<f64> {
        let columns = self.examples.first().map_or(0, |first| first.features.len());
        let variance = |column: usize| {
            let values = self.examples.iter().map(|example| f64::from(example.features[column]));
            let known: Vec<f64> = values.filter(|value| value.is_finite()).collect();
            let mean = known.iter().sum::<f64>() / known.len().max(1) as f64;
            known.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / known.len().max(1) as f64
        };
        (0..columns).map(variance).collect()
    }
}

/// Whether an example might tell what the clip shows.
fn leaks(example: &Example, target: &Target<'_>, options: &PickOptions) -> bool {
    let is_same = |one: Option<&str>, other: Option<&str>| one.is_some() && one == other;
    let [subject, session] = [&example.subject, &example.session].map(|name| name.as_deref());
    // Sessions of subjects that are known to differ may bear the same name.
    let may_be_same_subject = subject.is_none() || target.subject.is_none() || subject == target.subject;
    example.is_of_same_content(target.fingerprints)
        || example.recording == target.recording
        || (options.leaves_out_session && is_same(session, target.session) && may_be_same_subject)
        || (options.leaves_out_subject && is_same(subject, target.subject))
        || is_copy(&example.features, target.features)
}

/// Whether two clips are measured equal to the bit, in something that was measured.
fn is_copy(one: &[f32], other: &[f32]) -> bool {
    let is_equal = |(a, b): (&f32, &f32)| a == b || (a.is_nan() && b.is_nan());
    one.iter().any(|value| value.is_finite() && *value != 0.0) && one.iter().zip(other).all(is_equal)
}

/// Whether two examples show some of the same frames.
fn overlaps(one: &Example, other: &Example) -> bool {
    one.is_of_same_content(&other.fingerprints)
        && one.start_frame < other.stop_frame
        && other.start_frame < one.stop_frame
}

/// Mean squared difference of the features that both have, in variances; features that do not vary say nothing.
fn distance(one: &[f32], other: &[f32], variances: &[f64]) -> f64 {
    let (mut sum, mut count) = (0.0, 0_u32);
    for ((a, b), variance) in one.iter().zip(other).zip(variances) {
        if a.is_finite() && b.is_finite() && *variance > 0.0 {
            sum += (f64::from(*a) - f64::from(*b)).powi(2) / variance;
            count += 1;
        }
    }
    if count > 0 { sum / f64::from(count) } else { f64::INFINITY }
}
