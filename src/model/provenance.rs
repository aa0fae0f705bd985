//! Who made a label, and when: seed, human, a stage, the geometry, a table.

use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ids::RunId;

/// What made a label or a 3D point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A human label of a seed frame.
    Seed,
    /// A human label of any other frame.
    Human,
    /// Stage 1, region boxes.
    Stage1,
    /// Stage 2, assignment inside regions.
    Stage2,
    /// Stage 3, reconciliation over a view.
    Stage3,
    /// Stage 4, consensus of all views in 3D.
    Stage4,
    /// The built-in geometry assigner.
    Geometry,
    /// Carried over from a neighbouring frame.
    Propagated,
    /// Read from a table.
    Imported,
}

/// The words of [`Source`] in tables and in the project file.
const WORDS: [(Source, &str); 9] = [
    (Source::Seed, "seed"),
    (Source::Human, "human"),
    (Source::Stage1, "stage1"),
    (Source::Stage2, "stage2"),
    (Source::Stage3, "stage3"),
    (Source::Stage4, "stage4"),
    (Source::Geometry, "geometry"),
    (Source::Propagated, "propagated"),
    (Source::Imported, "imported"),
];

impl Source {
    /// Whether a person made it, so that no machine may change it.
    pub fn is_human(self) -> bool {
        matches!(self, Self::Seed | Self::Human)
    }

    /// The word in tables and in the project file.
    pub fn as_str(self) -> &'static str {
        WORDS.iter().find(|(source, _)| *source == self).map_or("", |(_, word)| word)
    }
}

/// A word that names no source.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("\"{word}\" is no source of a label")]
pub struct UnknownSource {
    /// The word.
    pub word: String,
}

impl FromStr for Source {
    type Err = UnknownSource;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let found = WORDS.iter().find(|(_, known)| *known == word);
        found.map(|(source, _)| *source).ok_or_else(|| UnknownSource { word: word.to_owned() })
    }
}

/// Who made a label, in which run, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// What made it.
    pub source: Source,
    /// The run that made it, if a run did.
    pub run: Option<RunId>,
    /// The annotator's name, if a person did.
    pub annotator: Option<Arc<str>>,
    /// Milliseconds since the Unix epoch.
    pub at_unix_ms: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for (source, word) in WORDS {
            assert_eq!(source.as_str(), word);
            assert_eq!(word.parse(), Ok(source));
        }
        assert!("Human".parse::<Source>().is_err());
    }
}
