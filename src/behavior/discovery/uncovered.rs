//! Labels and words that no entry of the vocabulary covers.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::behavior::names::normalized;
use crate::behavior::tfidf::{stem, words_of};
use crate::model::Vocabulary;

/// A label that no vocabulary entry has, under its name or a synonym.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UncoveredLabel {
    /// As it is most often written.
    pub label: String,
    /// How often it stands.
    pub count: usize,
    /// Seconds of it.
    pub time_s: f64,
    /// Position of the longest piece with it.
    pub example: usize,
}

/// A word of captions that the vocabulary never uses.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UncoveredWord {
    /// As it is most often written.
    pub word: String,
    /// Captions that have it.
    pub count: usize,
    /// Position of the first of them.
    pub example: usize,
}

/// The labels of pieces, each with its seconds, that the vocabulary does not know; the most time first. Case, spaces, `_` and
/// `-` make no difference.
pub fn uncovered_labels<'a>(
    pieces: impl IntoIterator<Item = (&'a str, f64)>,
    vocabulary: &Vocabulary,
) -> Vec<UncoveredLabel> {
    let names = vocabulary.labels.iter().flat_map(|label| std::iter::once(&label.name).chain(&label.synonyms));
    let known: BTreeSet<String> = names.map(|name| normalized(name)).collect();
    let mut found: BTreeMap<String, (UncoveredLabel, f64, BTreeMap<&str, usize>)> = BTreeMap::new();
    for (at, (label, secs)) in pieces.into_iter().enumerate() {
        let name = normalized(label);
        if known.contains(&name) {
            continue;
        }
        let fresh = UncoveredLabel { label: String::new(), count: 0, time_s: 0.0, example: at };
        let (entry, longest, forms) = found.entry(name).or_insert((fresh, f64::NEG_INFINITY, BTreeMap::new()));
        entry.count += 1;
        entry.time_s += secs;
        if secs > *longest {
            (entry.example, *longest) = (at, secs);
        }
        *forms.entry(label).or_default() += 1;
    }
    let named = |(mut entry, _, forms): (UncoveredLabel, f64, BTreeMap<&str, usize>)| {
        entry.label = usual(&forms);
        entry
    };
    let mut labels: Vec<UncoveredLabel> = found.into_values().map(named).collect();
    labels.sort_by(|one, other| other.time_s.total_cmp(&one.time_s).then_with(|| one.label.cmp(&other.label)));
    labels
}

/// The words of captions that stand in no name, synonym or definition of the vocabulary, in any of their forms; the most
/// frequent first, those of fewer than `least` captions left out.
pub fn uncovered_words<'a>(
    captions: impl IntoIterator<Item = &'a str>,
    vocabulary: &Vocabulary,
    least: usize,
) -> Vec<UncoveredWord> {
    let texts = vocabulary.labels.iter().flat_map(|label| {
        [&label.name, &label.definition, &label.inclusion, &label.category].into_iter().chain(&label.synonyms)
    });
    let known: BTreeSet<String> = texts.flat_map(|text| words_of(text)).map(|word| stem(&word)).collect();
    let mut found: BTreeMap<String, (usize, usize, BTreeMap<String, usize>)> = BTreeMap::new();
    for (at, caption) in captions.into_iter().enumerate() {
        let mut words: Vec<(String, String)> = words_of(caption).map(|word| (stem(&word), word)).collect();
        words.sort();
        words.dedup_by(|one, other| one.0 == other.0);
        for (stem, word) in words.into_iter().filter(|(stem, _)| !known.contains(stem)) {
            let (count, _, forms) = found.entry(stem).or_insert((0, at, BTreeMap::new()));
            *count += 1;
            *forms.entry(word).or_default() += 1;
        }
    }
    let often = found.into_values().filter(|(count, ..)| *count >= least);
    let mut words: Vec<UncoveredWord> =
        often.map(|(count, example, forms)| UncoveredWord { word: usual(&forms), count, example }).collect();
    words.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.word.cmp(&other.word)));
    words
}

/// The form that is written most often, the first of several.
fn usual<T: AsRef<str> + Ord>(forms: &BTreeMap<T, usize>) -> String {
    let most = forms.iter().max_by(|one, other| one.1.cmp(other.1).then_with(|| other.0.cmp(one.0)));
    most.map(|(form, _)| form.as_ref().to_owned()).unwrap_or_default()
}
