//! Changes of the vocabulary, with what follows from them in a timeline; and the labels that the vocabulary lacks.
//!
//! A label that is renamed or merged into another stays as a synonym, so that machine layers and tables that still use it are
//! understood. In the human layer its segments get the new name: nobody judged them anew, so that who said it, how sure it was
//! and whether it was reviewed stay.

use std::collections::BTreeMap;

use thiserror::Error;

use super::draft::Draft;
use super::label::relabelled;
use super::{EditRefused, Timeline, TimelineEdit};
use crate::model::vocabulary::{Pattern, Reciprocity, in_words};
use crate::model::{Caption, LabelDefinition, Segment, SegmentId, SegmentKind, Vocabulary, VocabularyError};

/// A change of the vocabulary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VocabularyEdit {
    /// What it is called in the list of what can be undone.
    pub title: String,
    /// The vocabulary after it.
    pub vocabulary: Vocabulary,
    /// The label that segments have, and the one that they get.
    pub renamed: Option<(String, String)>,
}

/// What a label means or looks like, one thing of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LabelField {
    /// What counts as it.
    Definition(String),
    /// What counts although one may doubt it.
    Inclusion(String),
    /// What does not count although it looks like it.
    Exclusion(String),
    /// What it belongs to.
    Category(String),
    /// Of the labels of which group an animal has one at a time.
    Group(String),
    /// The key that gives it.
    Key(Option<char>),
    /// `#rrggbb`
    Color(Option<String>),
    /// What its segments are filled with.
    Pattern(Pattern),
    /// Whether it is a moment.
    IsPoint(bool),
    /// Whether another animal takes part.
    IsSocial(bool),
    /// What the other animal's timeline has to say.
    Reciprocity(Reciprocity),
    /// Whether it cannot be without touch.
    NeedsTouch(bool),
    /// Other names that mean the same.
    Synonyms(Vec<String>),
}

impl LabelField {
    /// What it is called.
    fn words(&self) -> &'static str {
        match self {
            Self::Definition(_) => "definition",
            Self::Inclusion(_) => "inclusion",
            Self::Exclusion(_) => "exclusion",
            Self::Category(_) => "category",
            Self::Group(_) => "group",
            Self::Key(_) => "key",
            Self::Color(_) => "color",
            Self::Pattern(_) => "pattern",
            Self::IsPoint(_) => "kind",
            Self::IsSocial(_) => "social part",
            Self::Reciprocity(_) => "reciprocity",
            Self::NeedsTouch(_) => "need of touch",
            Self::Synonyms(_) => "synonyms",
        }
    }

    fn put(self, label: &mut LabelDefinition) {
        match self {
            Self::Definition(text) => label.definition = text,
            Self::Inclusion(text) => label.inclusion = text,
            Self::Exclusion(text) => label.exclusion = text,
            Self::Category(text) => label.category = text,
            Self::Group(text) => label.group = text,
            Self::Key(key) => label.key = key,
            Self::Color(color) => label.color = color,
            Self::Pattern(pattern) => label.pattern = pattern,
            Self::IsPoint(is_point) => label.is_point = is_point,
            Self::IsSocial(is_social) => label.is_social = is_social,
            Self::Reciprocity(reciprocity) => label.reciprocity = reciprocity,
            Self::NeedsTouch(needs_touch) => label.needs_touch = needs_touch,
            Self::Synonyms(synonyms) => label.synonyms = synonyms,
        }
    }
}

/// Why a vocabulary is not changed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum VocabularyRefused {
    /// A label that is not there.
    #[error("the vocabulary has no label \"{label}\"; choose another")]
    NoSuchLabel {
        /// The label.
        label: String,
    },
    /// A label would be merged into itself.
    #[error("\"{label}\" cannot be merged into itself; choose another label")]
    Same {
        /// The label.
        label: String,
    },
    /// What it would be is no vocabulary.
    #[error("{0}; choose another")]
    Invalid(#[from] VocabularyError),
}

/// A label that segments or captions have and the vocabulary lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnknownLabel {
    /// The label.
    pub label: String,
    /// Segments that have it.
    pub segments: usize,
    /// Captions of clips that have it.
    pub captions: usize,
}

impl VocabularyEdit {
    /// Gives a label another name; the old one becomes a synonym.
    ///
    /// # Errors
    /// When it is not there, or the name means another label.
    pub fn rename(vocabulary: &Vocabulary, label: &str, name: &str) -> Result<Self, VocabularyRefused> {
        let name = name.trim();
        let title = format!("Rename {} to {}", in_words(label), in_words(name));
        let mut after = vocabulary.clone();
        let definition = definition_of(&mut after, label)?;
        let before = std::mem::replace(&mut definition.name, name.to_owned());
        definition.synonyms.retain(|synonym| synonym != name);
        if before != name {
            definition.synonyms.push(before.clone());
        }
        let renamed = Some((before, name.to_owned())).filter(|(before, name)| before != name);
        Self::checked(title, after, renamed)
    }

    /// Merges a label into another, which gets its name and synonyms as synonyms and stays as it was otherwise.
    ///
    /// # Errors
    /// When one is not there, or they are the same.
    pub fn merge(vocabulary: &Vocabulary, label: &str, into: &str) -> Result<Self, VocabularyRefused> {
        let mut after = vocabulary.clone();
        if label == into {
            return Err(VocabularyRefused::Same { label: label.to_owned() });
        }
        let gone = definition_of(&mut after, label)?.clone();
        after.labels.retain(|definition| definition.name != label);
        let kept = definition_of(&mut after, into)?;
        kept.synonyms.extend([gone.name].into_iter().chain(gone.synonyms));
        let title = format!("Merge {} into {}", in_words(label), in_words(into));
        Self::checked(title, after, Some((label.to_owned(), into.to_owned())))
    }

    /// Says that a word that the vocabulary lacks means one of its labels.
    ///
    /// # Errors
    /// When the label is not there, or the word means one already.
    pub fn add_synonym(vocabulary: &Vocabulary, word: &str, label: &str) -> Result<Self, VocabularyRefused> {
        let mut after = vocabulary.clone();
        definition_of(&mut after, label)?.synonyms.push(word.to_owned());
        let title = format!("Let {} mean {}", in_words(word), in_words(label));
        Self::checked(title, after, Some((word.to_owned(), label.to_owned())))
    }

    /// Adds a label as the last.
    ///
    /// # Errors
    /// When its name or key is another's.
    pub fn add(vocabulary: &Vocabulary, definition: LabelDefinition) -> Result<Self, VocabularyRefused> {
        let title = format!("Add {}", in_words(&definition.name));
        let mut after = vocabulary.clone();
        after.labels.push(definition);
        Self::checked(title, after, None)
    }

    /// Changes what a label means and how it looks. Its name stays: [`VocabularyEdit::rename`] changes that.
    ///
    /// # Errors
    /// When it is not there, or a synonym or its key is another's.
    pub fn define(vocabulary: &Vocabulary, definition: LabelDefinition) -> Result<Self, VocabularyRefused> {
        let title = format!("Define {}", in_words(&definition.name));
        let mut after = vocabulary.clone();
        let place = definition_of(&mut after, &definition.name)?;
        *place = definition;
        Self::checked(title, after, None)
    }

    /// Changes one thing of a label.
    ///
    /// # Errors
    /// When it is not there, or a synonym or its key is another's.
    pub fn set(vocabulary: &Vocabulary, label: &str, field: LabelField) -> Result<Self, VocabularyRefused> {
        let title = format!("Set {} of {}", field.words(), in_words(label));
        let mut after = vocabulary.clone();
        field.put(definition_of(&mut after, label)?);
        Self::checked(title, after, None)
    }

    /// Moves a label so many places down in the list, up where negative; it stops at the ends.
    ///
    /// # Errors
    /// When it is not there.
    pub fn reorder(vocabulary: &Vocabulary, label: &str, by: i32) -> Result<Self, VocabularyRefused> {
        let mut after = vocabulary.clone();
        definition_of(&mut after, label)?;
        let from = after.labels.iter().position(|definition| definition.name == label).unwrap_or_default();
        let to = from.saturating_add_signed(by as isize).min(after.labels.len() - 1);
        let moved = after.labels.remove(from);
        after.labels.insert(to, moved);
        let title = format!("Move {} {}", in_words(label), if by < 0 { "up" } else { "down" });
        Self::checked(title, after, None)
    }

    /// Gives segments of a label that the vocabulary lacks one that it has. The vocabulary stays.
    ///
    /// # Errors
    /// When it lacks the other too, or has the first.
    pub fn relabel(vocabulary: &Vocabulary, word: &str, label: &str) -> Result<Self, VocabularyRefused> {
        let after = vocabulary.clone();
        if after.find(word).is_some() {
            return Err(VocabularyRefused::Same { label: word.to_owned() });
        }
        let to = after.find(label).ok_or_else(|| VocabularyRefused::NoSuchLabel { label: label.to_owned() })?;
        let renamed = Some((word.to_owned(), to.name.clone()));
        Self::checked(format!("Relabel {} as {}", in_words(word), in_words(label)), after, renamed)
    }

    /// Puts another vocabulary in the place of this one. Segments keep their labels, which may be unknown then.
    ///
    /// # Errors
    /// When the other is none.
    pub fn replace(vocabulary: Vocabulary) -> Result<Self, VocabularyRefused> {
        Self::checked(format!("Import the vocabulary {}", vocabulary.name), vocabulary, None)
    }

    /// Takes a label out. Its segments keep it, and it is unknown then.
    ///
    /// # Errors
    /// When it is not there.
    pub fn remove(vocabulary: &Vocabulary, label: &str) -> Result<Self, VocabularyRefused> {
        let mut after = vocabulary.clone();
        definition_of(&mut after, label)?;
        after.labels.retain(|definition| definition.name != label);
        Self::checked(format!("Remove {}", in_words(label)), after, None)
    }

    /// What follows in the timeline of a recording, which is given with the vocabulary that it has before.
    ///
    /// # Errors
    /// When labels that are of one group then have segments over each other, or one that lasts would be a moment.
    pub fn follow(&self, before: &Timeline<'_>) -> Result<TimelineEdit, EditRefused> {
        let timeline = Timeline { vocabulary: &self.vocabulary, ..*before };
        let mut draft = Draft::of(&timeline);
        let mut moved: Vec<SegmentId> = Vec::new();
        for placed in before.segments {
            let segment = &placed.segment;
            let renamed = self.renamed.as_ref().filter(|(from, _)| *from == segment.label);
            let label = renamed.map_or(&segment.label, |(_, to)| to);
            let Some(definition) = self.vocabulary.find(label) else { continue };
            if renamed.is_some() {
                draft.set(placed.id, relabelled(segment, definition)?);
            }
            let is_moment = segment.kind == SegmentKind::Point;
            if definition.is_point != is_moment && before.vocabulary.find(&segment.label).is_some() {
                relabelled(segment, definition)?;
            }
            if before.vocabulary.group_of(&segment.label) != definition.group {
                moved.push(placed.id);
            }
        }
        for id in moved {
            draft.require_free(draft.get(id)?, Some(id))?;
        }
        Ok(draft.finish(self.title.clone()))
    }

    fn checked(
        title: String,
        vocabulary: Vocabulary,
        renamed: Option<(String, String)>,
    ) -> Result<Self, VocabularyRefused> {
        vocabulary.check()?;
        Ok(Self { title, vocabulary, renamed })
    }
}

/// The labels that the vocabulary lacks, the commonest first.
pub fn unknown_labels<'a>(
    vocabulary: &Vocabulary,
    segments: impl IntoIterator<Item = &'a Segment>,
    captions: impl IntoIterator<Item = &'a Caption>,
) -> Vec<UnknownLabel> {
    let mut counts: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    for segment in segments {
        counts.entry(&segment.label).or_default()[0] += 1;
    }
    for caption in captions {
        counts.entry(&caption.label).or_default()[1] += 1;
    }
    let unknown = counts.into_iter().filter(|(label, _)| vocabulary.find(label).is_none());
    let mut unknown: Vec<UnknownLabel> = unknown
        .map(|(label, [segments, captions])| UnknownLabel { label: label.to_owned(), segments, captions })
        .collect();
    unknown.sort_by_key(|entry| std::cmp::Reverse(entry.segments + entry.captions));
    unknown
}

fn definition_of<'v>(
    vocabulary: &'v mut Vocabulary,
    label: &str,
) -> Result<&'v mut LabelDefinition, VocabularyRefused> {
    let found = vocabulary.labels.iter_mut().find(|definition| definition.name == label);
    found.ok_or_else(|| VocabularyRefused::NoSuchLabel { label: label.to_owned() })
}
