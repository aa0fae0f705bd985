//! What the labels of one account are called in the other.
//!
//! Written as `chases=chase,follows=chase,other=` or as a TOML file of the same pairs. Several names may become one. A name that
//! becomes nothing is left out on both sides; `*=` leaves out every name that the map does not speak of.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

/// The names of found labels in the truth; without entries each keeps its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelMap {
    entries: BTreeMap<String, Option<String>>,
    drops_others: bool,
}

/// Why a map of labels cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum LabelMapError {
    /// A part of the text is no pair.
    #[error("\"{part}\" is no pair of labels; write found=true, or found= to leave a label out, separated by commas")]
    Syntax {
        /// The part.
        part: String,
    },
    /// The text is no TOML of pairs.
    #[error("not a map of labels: {reason}; each line is found = \"true\", or found = \"\" to leave a label out")]
    Toml {
        /// What the parser said.
        reason: String,
    },
    /// A label stands there twice.
    #[error("the label \"{label}\" is mapped twice; keep one of the two")]
    Double {
        /// The label.
        label: String,
    },
    /// Only leaving out can be said of all other labels.
    #[error("\"*\" stands for all other labels, which can only be left out (*=), not become \"{label}\"")]
    OthersBecome {
        /// What they should become.
        label: String,
    },
}

impl LabelMap {
    /// Reads `a=b,c=b,d=`.
    ///
    /// # Errors
    /// When a part is no pair, or a label stands there twice.
    pub fn parse(text: &str) -> Result<Self, LabelMapError> {
        let mut pairs = Vec::new();
        for part in text.split(',').filter(|part| !part.trim().is_empty()) {
            let pair = part.split_once('=').map(|(from, to)| (from.trim(), to.trim()));
            let (from, to) = pair
                .filter(|(from, _)| !from.is_empty())
                .ok_or_else(|| LabelMapError::Syntax { part: part.trim().to_owned() })?;
            pairs.push((from.to_owned(), to.to_owned()));
        }
        Self::of(pairs)
    }

    /// Reads a file of lines `found = "true"`.
    ///
    /// # Errors
    /// When the text is no TOML of that kind.
    pub fn from_toml(text: &str) -> Result<Self, LabelMapError> {
        let pairs: BTreeMap<String, String> =
            toml::from_str(text).map_err(|error| LabelMapError::Toml { reason: error.message().to_owned() })?;
        Self::of(pairs)
    }

    fn of(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, LabelMapError> {
        let mut map = Self::default();
        for (from, to) in pairs {
            if from == "*" {
                if !to.is_empty() {
                    return Err(LabelMapError::OthersBecome { label: to });
                }
                map.drops_others = true;
            } else if map.entries.insert(from.clone(), Some(to).filter(|to| !to.is_empty())).is_some() {
                return Err(LabelMapError::Double { label: from });
            }
        }
        Ok(map)
    }

    /// What a found label is called in the truth; `None` where it is left out.
    pub fn found<'a>(&'a self, label: &'a str) -> Option<&'a str> {
        match self.entries.get(label) {
            Some(to) => to.as_deref(),
            None if self.drops_others && !self.is_target(label) => None,
            None => Some(label),
        }
    }

    /// A true label; `None` where it is left out.
    pub fn truth<'a>(&'a self, label: &'a str) -> Option<&'a str> {
        let is_dropped = matches!(self.entries.get(label), Some(None)) || self.drops_others;
        (!is_dropped || self.is_target(label)).then_some(label)
    }

    fn is_target(&self, label: &str) -> bool {
        self.entries.values().flatten().any(|to| to == label)
    }

    /// The labels that found ones become.
    pub fn targets(&self) -> BTreeSet<&str> {
        self.entries.values().flatten().map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_become_one_and_some_nothing() {
        let map = LabelMap::parse("chases = chase, follows=chase,other=").unwrap();
        assert_eq!(map, LabelMap::from_toml("chases = \"chase\"\nfollows = \"chase\"\nother = \"\"\n").unwrap());
        assert_eq!(
            ["chases", "follows", "other", "rears"].map(|label| map.found(label)),
            [Some("chase"), Some("chase"), None, Some("rears")]
        );
        assert_eq!((map.truth("other"), map.truth("chase"), map.truth("rears")), (None, Some("chase"), Some("rears")));
        let only = LabelMap::parse("contact=interact,*=").unwrap();
        assert_eq!(
            (only.found("contact"), only.found("rears"), only.found("interact")),
            (Some("interact"), None, Some("interact"))
        );
        assert_eq!((only.truth("interact"), only.truth("mount")), (Some("interact"), None));
        assert_eq!(LabelMap::parse(""), Ok(LabelMap::default()));
    }

    #[test]
    fn what_is_no_map_is_said() {
        assert_eq!(LabelMap::parse("a=b,c"), Err(LabelMapError::Syntax { part: "c".to_owned() }));
        assert_eq!(LabelMap::parse("a=b,a=c"), Err(LabelMapError::Double { label: "a".to_owned() }));
        assert_eq!(LabelMap::parse("*=x"), Err(LabelMapError::OthersBecome { label: "x".to_owned() }));
        assert!(matches!(LabelMap::from_toml("a = 1"), Err(LabelMapError::Toml { .. })));
    }
}
