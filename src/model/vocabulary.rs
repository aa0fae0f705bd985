//! The labels that behaviour is described with: names, definitions, colours. A file that labs write and share.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::ids::AnimalId;
use super::timeline::Segment;

/// What a social label asks of the partner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reciprocity {
    /// Nothing: it may not even know.
    #[default]
    Unaware,
    /// It is with this animal as well, and one is the actor, the other the recipient.
    Directed,
    /// It is with this animal as well.
    Mutual,
}

/// What a label's segments are filled with, so that colour is not all that tells them apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pattern {
    /// Colour alone.
    #[default]
    Plain,
    /// Slanted lines, upwards to the right.
    Stripes,
    /// Slanted lines, downwards to the right.
    Backstripes,
    /// Slanted lines both ways.
    Crosshatch,
    /// Upright lines.
    Bars,
    /// Level lines.
    Lines,
    /// Dots.
    Dots,
}

impl Pattern {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 7] =
        [Self::Plain, Self::Stripes, Self::Backstripes, Self::Crosshatch, Self::Bars, Self::Lines, Self::Dots];
}

/// A label and what it means.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelDefinition {
    /// Its name, as tables write it.
    pub name: String,
    /// What it belongs to, as "social".
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub category: String,
    /// Of the labels of a group an animal has one at a time; "" is the main group.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// Whether it is a moment of one frame, and does not last.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_point: bool,
    /// Whether another animal takes part.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_social: bool,
    /// What the other animal's own timeline has to say.
    #[serde(default, skip_serializing_if = "is_default")]
    pub reciprocity: Reciprocity,
    /// Whether it cannot be without touch.
    #[serde(default, skip_serializing_if = "is_false")]
    pub needs_touch: bool,
    /// What counts as it.
    pub definition: String,
    /// What counts although one may doubt it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub inclusion: String,
    /// What does not count although it looks like it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub exclusion: String,
    /// The key that gives it: a letter or digit. A capital is the same key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<char>,
    /// `#rrggbb`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// What its segments are filled with.
    #[serde(default, skip_serializing_if = "is_default")]
    pub pattern: Pattern,
    /// Other names that mean the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub synonyms: Vec<String>,
}

fn is_false(value: &bool) -> bool {
    !value
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// A row of the timeline: of the states of a lane one holds at a time.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lane {
    /// Whose it is.
    pub animal: AnimalId,
    /// The exclusive group of its labels; "" is the main one.
    pub group: String,
}

/// A list of labels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vocabulary {
    /// Its name.
    pub name: String,
    /// The labels, in the order in which they are shown.
    pub labels: Vec<LabelDefinition>,
}

/// Why a vocabulary cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum VocabularyError {
    /// The text is no vocabulary.
    #[error("line {line}: {reason}; a vocabulary has a name and tables [[labels]] with name and definition")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// What the parser said.
        reason: String,
    },
    /// Two labels share a name.
    #[error("two labels or synonyms are called \"{name}\"; each name must mean one label")]
    Double {
        /// The name.
        name: String,
    },
    /// A label has no name.
    #[error("a label has an empty name")]
    Unnamed,
    /// Two labels share a key.
    #[error("the key \"{key}\" gives \"{first}\" and \"{second}\"; each key must give one label")]
    DoubleKey {
        /// The key.
        key: char,
        /// The label that has it.
        first: String,
        /// The other.
        second: String,
    },
    /// A key that is no letter and no digit.
    #[error("\"{key}\" cannot be the key of \"{label}\"; a key is a letter or a digit")]
    BadKey {
        /// The key.
        key: char,
        /// The label.
        label: String,
    },
}

impl Vocabulary {
    /// What a mouse does, seen from above.
    ///
    /// # Panics
    /// Never: the built-in file is read by a test.
    pub fn mouse() -> Self {
        Self::from_toml(include_str!("../../assets/vocabularies/mouse.toml")).expect("the built-in vocabulary is valid")
    }

    /// Reads and checks a vocabulary.
    ///
    /// # Errors
    /// When the text is no vocabulary, or a name means two labels.
    pub fn from_toml(text: &str) -> Result<Self, VocabularyError> {
        let found: Self = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start).min(text.len());
            let line = text.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count() + 1;
            VocabularyError::Syntax { line, reason: error.message().to_owned() }
        })?;
        found.check()?;
        Ok(found)
    }

    /// Whether each name and each key means one label.
    ///
    /// # Errors
    /// When one does not, or cannot be one.
    pub fn check(&self) -> Result<(), VocabularyError> {
        let mut names: HashSet<&str> = HashSet::new();
        let mut keys: HashMap<char, &str> = HashMap::new();
        for label in &self.labels {
            for name in std::iter::once(&label.name).chain(&label.synonyms) {
                if name.trim().is_empty() {
                    return Err(VocabularyError::Unnamed);
                }
                if !names.insert(name) {
                    return Err(VocabularyError::Double { name: name.clone() });
                }
            }
            let Some(key) = label.key else { continue };
            if !key.is_alphanumeric() {
                return Err(VocabularyError::BadKey { key, label: label.name.clone() });
            }
            if let Some(first) = keys.insert(lower(key), &label.name) {
                let (first, second) = (first.to_owned(), label.name.clone());
                return Err(VocabularyError::DoubleKey { key, first, second });
            }
        }
        Ok(())
    }

    /// The file that is read back as this vocabulary.
    ///
    /// # Panics
    /// Never: what a vocabulary holds can be written.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a vocabulary is tables of text")
    }

    /// The label that a name or a synonym means.
    pub fn find(&self, name: &str) -> Option<&LabelDefinition> {
        self.labels.iter().find(|label| label.name == name || label.synonyms.iter().any(|synonym| synonym == name))
    }

    /// The name of the label that a name or a synonym means; labels that are not known keep theirs.
    pub fn name_of<'a>(&'a self, name: &'a str) -> &'a str {
        self.find(name).map_or(name, |label| &label.name)
    }

    /// The same labels without keys, colours and patterns, which change nothing of what is said.
    #[must_use]
    pub fn without_looks(&self) -> Self {
        let plain = |label: &LabelDefinition| LabelDefinition {
            key: None,
            color: None,
            pattern: Pattern::Plain,
            ..label.clone()
        };
        Self { name: self.name.clone(), labels: self.labels.iter().map(plain).collect() }
    }

    /// The label that a key gives.
    pub fn of_key(&self, key: char) -> Option<&LabelDefinition> {
        self.labels.iter().find(|label| label.key.map(lower) == Some(lower(key)))
    }

    /// The exclusive group of a label; labels that are not known are of the main one.
    pub fn group_of(&self, name: &str) -> &str {
        self.find(name).map_or("", |label| &label.group)
    }

    /// The lane of a segment.
    pub fn lane_of(&self, segment: &Segment) -> Lane {
        Lane { animal: segment.animal, group: self.group_of(&segment.label).to_owned() }
    }

    /// The exclusive groups in the order of the labels; the main one is the first.
    pub fn groups(&self) -> Vec<&str> {
        let mut groups = vec![""];
        for label in &self.labels {
            if !groups.contains(&label.group.as_str()) {
                groups.push(&label.group);
            }
        }
        groups
    }

    /// Whether another animal takes part in a label; labels that are not known have none.
    pub fn is_social(&self, name: &str) -> bool {
        self.find(name).is_some_and(|label| label.is_social)
    }
}

/// A label as people read it: `oral_ear_contact` is "oral ear contact".
pub fn in_words(label: &str) -> String {
    label.replace('_', " ")
}

/// A key as it is compared.
fn lower(key: char) -> char {
    key.to_lowercase().next().unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_vocabulary_is_valid() {
        let mouse = Vocabulary::mouse();
        assert!(mouse.is_social("chase") && !mouse.is_social("locomotion"));
        assert!(mouse.labels.iter().all(|label| label.definition.ends_with('.') && label.color.is_some()));
    }

    #[test]
    fn a_name_that_means_two_labels_is_refused() {
        let text = "name = \"x\"\n[[labels]]\nname = \"a\"\ndefinition = \"A.\"\n[[labels]]\nname = \"b\"\ndefinition = \"B.\"\nsynonyms = [\"a\"]\n";
        assert_eq!(Vocabulary::from_toml(text), Err(VocabularyError::Double { name: "a".to_owned() }));
        assert!(matches!(Vocabulary::from_toml("name = 1"), Err(VocabularyError::Syntax { .. })));
    }

    #[test]
    fn what_is_written_reads_back() {
        let mut vocabulary = Vocabulary::mouse();
        assert_eq!(Vocabulary::from_toml(&vocabulary.to_toml()), Ok(vocabulary.clone()));
        let label = &mut vocabulary.labels[0];
        label.group = "posture".to_owned();
        label.inclusion = "Also with \"quotes\",\nand on two lines.".to_owned();
        label.exclusion = "Not asleep.".to_owned();
        (label.pattern, label.is_point, label.key) = (Pattern::Crosshatch, true, Some('ß'));
        label.synonyms = vec!["still".to_owned()];
        assert_eq!(Vocabulary::from_toml(&vocabulary.to_toml()), Ok(vocabulary.clone()));
        assert_eq!(vocabulary.groups(), ["", "posture"]);
        assert_eq!((vocabulary.group_of("still"), vocabulary.group_of("of no list")), ("posture", ""));
    }

    #[test]
    fn a_key_gives_one_label() {
        let mut vocabulary = Vocabulary::mouse();
        let name = |vocabulary: &Vocabulary, key| vocabulary.of_key(key).map(|label| label.name.clone());
        assert_eq!(
            [name(&vocabulary, 'c'), name(&vocabulary, 'C')],
            [Some("chase".to_owned()), Some("chase".to_owned())]
        );
        assert_eq!(name(&vocabulary, '-'), None);
        vocabulary.labels[0].key = Some('C');
        assert_eq!(
            vocabulary.check().unwrap_err().to_string(),
            "the key \"c\" gives \"stationary\" and \"chase\"; each key must give one label"
        );
        vocabulary.labels[0].key = Some(' ');
        assert!(matches!(vocabulary.check(), Err(VocabularyError::BadKey { key: ' ', .. })));
    }
}
