//! The names that a query may use: labels with their synonyms, categories, animals, places, recordings and groups.

use std::collections::HashMap;
use std::fmt;

use crate::behavior::names::{nearest, normalized};
use crate::model::Vocabulary;

/// What a name is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NameKind {
    /// Of a label.
    Label,
    /// Of a category of labels.
    Category,
    /// Of an animal.
    Animal,
    /// Of a place.
    Zone,
    /// Of a recording.
    Recording,
    /// Of an experimental group.
    Group,
}

impl fmt::Display for NameKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Label => "label",
            Self::Category => "category",
            Self::Animal => "animal",
            Self::Zone => "place",
            Self::Recording => "recording",
            Self::Group => "group",
        })
    }
}

/// The known names of one kind.
#[derive(Clone, Debug, Default)]
struct Names {
    /// As they are shown, in the order in which they became known.
    shown: Vec<String>,
    /// From what a person may write to the shown name.
    meant: HashMap<String, usize>,
}

impl Names {
    fn add(&mut self, name: &str) -> usize {
        if let Some(at) = self.shown.iter().position(|known| known == name) {
            return at;
        }
        self.shown.push(name.to_owned());
        let at = self.shown.len() - 1;
        self.meant.entry(normalized(name)).or_insert(at);
        at
    }
}

/// All names that a query may use.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    labels: Names,
    categories: Names,
    animals: Names,
    zones: Names,
    recordings: Names,
    groups: Names,
    category_of: HashMap<String, String>,
}

impl Lexicon {
    /// The labels, synonyms and categories of a vocabulary.
    pub fn new(vocabulary: &Vocabulary) -> Self {
        let mut lexicon = Self::default();
        for label in &vocabulary.labels {
            lexicon.labels.add(&label.name);
            if !label.category.is_empty() {
                lexicon.categories.add(&label.category);
                lexicon.category_of.insert(label.name.clone(), label.category.clone());
            }
        }
        // A label's own name goes before another's synonym.
        for label in &vocabulary.labels {
            let at = lexicon.labels.add(&label.name);
            for synonym in &label.synonyms {
                lexicon.labels.meant.entry(normalized(synonym)).or_insert(at);
            }
        }
        lexicon
    }

    /// Makes a name known: a label that is no synonym of a known one, an animal, a place, a recording, a group.
    pub fn add(&mut self, kind: NameKind, name: &str) {
        if kind == NameKind::Label && self.labels.meant.contains_key(&normalized(name)) {
            return;
        }
        match kind {
            NameKind::Label => self.labels.add(name),
            NameKind::Category => self.categories.add(name),
            NameKind::Animal => self.animals.add(name),
            NameKind::Zone => self.zones.add(name),
            NameKind::Recording => self.recordings.add(name),
            NameKind::Group => self.groups.add(name),
        };
    }

    /// The names of a kind, as they are shown.
    pub fn names(&self, kind: NameKind) -> &[String] {
        &self.of(kind).shown
    }

    /// The shown name that a written one means: the same letters, else equal but for case, spaces, `_` and `-`, else a synonym.
    pub fn find(&self, kind: NameKind, written: &str) -> Option<&str> {
        let names = self.of(kind);
        if let Some(same) = names.shown.iter().find(|name| *name == written) {
            return Some(same);
        }
        names.meant.get(&normalized(written)).map(|at| names.shown[*at].as_str())
    }

    /// The known name that is nearest to a written one, with the edits between them.
    pub fn nearest(&self, kind: NameKind, written: &str) -> Option<(&str, usize)> {
        let names = self.of(kind);
        let by_name = nearest(written, names.shown.iter().map(String::as_str));
        let by_synonym = nearest(written, names.meant.keys().map(String::as_str));
        let by_synonym = by_synonym.map(|(name, edits)| (names.shown[names.meant[name]].as_str(), edits));
        by_name.into_iter().chain(by_synonym).min_by_key(|(name, edits)| (*edits, *name))
    }

    /// The category of a label, by its shown name.
    pub fn category_of(&self, label: &str) -> Option<&str> {
        self.category_of.get(label).map(String::as_str)
    }

    fn of(&self, kind: NameKind) -> &Names {
        match kind {
            NameKind::Label => &self.labels,
            NameKind::Category => &self.categories,
            NameKind::Animal => &self.animals,
            NameKind::Zone => &self.zones,
            NameKind::Recording => &self.recordings,
            NameKind::Group => &self.groups,
        }
    }
}
