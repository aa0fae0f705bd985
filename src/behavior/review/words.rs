//! Whether a description speaks of another label than the segment's own.
//!
//! Words are compared by their stems, so that "chases" and "chasing" name "chase", and longer names first, so that "oral ear
//! contact" does not name "contact". What a sentence denies is not understood: "does not chase" names "chase".

use std::collections::HashSet;

use crate::model::{BehaviorSource, Segment, Vocabulary};

/// The names and synonyms of labels as stems, the longest first.
#[derive(Debug)]
pub(super) struct LabelNames<'a> {
    names: Vec<(Vec<String>, &'a str)>,
}

/// The label that a segment's description names in the place of its own, if any.
pub fn names_another_label(vocabulary: &Vocabulary, segment: &Segment) -> Option<String> {
    LabelNames::of(vocabulary).at_odds(segment)
}

impl<'a> LabelNames<'a> {
    pub(super) fn of(vocabulary: &'a Vocabulary) -> Self {
        let of_label = vocabulary.labels.iter().flat_map(|label| {
            let names = std::iter::once(&label.name).chain(&label.synonyms);
            names.map(|name| (stems(name), label.name.as_str()))
        });
        let mut names: Vec<_> = of_label.filter(|(stems, _)| !stems.is_empty()).collect();
        names.sort_by_key(|(stems, _)| std::cmp::Reverse(stems.len()));
        Self { names }
    }

    /// The first other label that the description names, where it does not name its own. The rules' own sentences are made
    /// from the label and are not asked.
    pub(super) fn at_odds(&self, segment: &Segment) -> Option<String> {
        if segment.source == BehaviorSource::Rules {
            return None;
        }
        let own = self.names.iter().find(|(name, label)| *label == segment.label || *name == stems(&segment.label));
        let own = own.map_or(segment.label.as_str(), |(_, label)| label);
        let named = self.named(&segment.description);
        if named.contains(&own) { None } else { named.first().map(|label| (*label).to_owned()) }
    }

    /// The labels that a text names, in its order, each once.
    fn named(&self, text: &str) -> Vec<&'a str> {
        let words = stems(text);
        let mut named = Vec::new();
        let mut seen = HashSet::new();
        let mut at = 0;
        while at < words.len() {
            match self.names.iter().find(|(name, _)| words[at..].starts_with(name)) {
                Some((name, label)) => {
                    if seen.insert(*label) {
                        named.push(*label);
                    }
                    at += name.len();
                }
                None => at += 1,
            }
        }
        named
    }
}

fn stems(text: &str) -> Vec<String> {
    let words = text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| stem(&word.to_lowercase()).to_owned()).collect()
}

/// A word without the endings of English verbs and plurals; three letters stay.
fn stem(word: &str) -> &str {
    for ending in ["ing", "ed", "es", "s", "e"] {
        if let Some(stem) = word.strip_suffix(ending).filter(|stem| stem.chars().count() >= 3) {
            return stem;
        }
    }
    word
}
