//! The labels that behaviour is described with: names, definitions, colours. A file that labs write and share.

use serde::{Deserialize, Serialize};
use thiserror::Error;

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

/// A label and what it means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelDefinition {
    /// Its name, as tables write it.
    pub name: String,
    /// What counts as it.
    pub definition: String,
    /// What it belongs to, as "social".
    #[serde(default)]
    pub category: String,
    /// Whether another animal takes part.
    #[serde(default)]
    pub is_social: bool,
    /// What the other animal's own timeline has to say.
    #[serde(default)]
    pub reciprocity: Reciprocity,
    /// Whether it cannot be without touch.
    #[serde(default)]
    pub needs_touch: bool,
    /// `#rrggbb`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// Other names that mean the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub synonyms: Vec<String>,
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
        let mut names: Vec<&str> = Vec::new();
        for label in &found.labels {
            for name in std::iter::once(&label.name).chain(&label.synonyms) {
                if name.trim().is_empty() {
                    return Err(VocabularyError::Unnamed);
                }
                if names.contains(&name.as_str()) {
                    return Err(VocabularyError::Double { name: name.clone() });
                }
                names.push(name);
            }
        }
        Ok(found)
    }

    /// The label that a name or a synonym means.
    pub fn find(&self, name: &str) -> Option<&LabelDefinition> {
        self.labels.iter().find(|label| label.name == name || label.synonyms.iter().any(|synonym| synonym == name))
    }

    /// Whether another animal takes part in a label; labels that are not known have none.
    pub fn is_social(&self, name: &str) -> bool {
        self.find(name).is_some_and(|label| label.is_social)
    }
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
}
