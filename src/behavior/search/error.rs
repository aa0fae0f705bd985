//! Why a query, or a model's answer, is no filter: where, what, and what could stand there.

use std::fmt;

use super::lexicon::{Lexicon, NameKind};

/// Names that a sentence lists at most.
const MOST_LISTED: usize = 12;

/// Where a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At a letter of the query, from 0, and so many letters from there.
    Query {
        /// The first letter.
        at: usize,
        /// Letters.
        length: usize,
    },
    /// Under a key of the JSON form.
    Key(&'static str),
}

/// Why a query is no filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchError {
    /// Where.
    pub place: Place,
    /// What.
    pub problem: Problem,
}

/// What is wrong with a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// There is nothing.
    Empty,
    /// A name that is not known.
    UnknownName(Box<UnknownName>),
    /// A name of another kind stands alone.
    OtherKind {
        /// The name.
        written: String,
        /// What it is.
        kind: NameKind,
        /// How to say it.
        instead: String,
    },
    /// A key that is not known.
    UnknownKey {
        /// The key.
        written: String,
        /// The nearest known.
        nearest: Option<String>,
        /// The known ones.
        known: &'static str,
    },
    /// A word that is not one of a few.
    UnknownWord {
        /// What it says.
        what: &'static str,
        /// The word.
        written: String,
        /// The words that are possible.
        known: &'static str,
    },
    /// Something else belongs here.
    Expected {
        /// What belongs here.
        what: &'static str,
        /// What stands here; nothing at the query's end.
        found: String,
    },
    /// A condition that can be said once is said twice.
    Twice {
        /// The condition.
        what: &'static str,
        /// How several values of it are said.
        instead: &'static str,
    },
    /// The shortest length is longer than the longest, or the least confidence above the most.
    Impossible {
        /// What no segment can be.
        what: &'static str,
    },
    /// Quotes or parentheses that do not end.
    Unclosed {
        /// What opens.
        what: char,
    },
    /// Parentheses in parentheses, too many.
    TooDeep,
    /// A condition that only the whole query can have.
    OnlyOutside {
        /// The condition.
        what: &'static str,
    },
}

/// A name that is not known, and what may be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName {
    /// What it should be the name of; several where it stands alone.
    pub kinds: Vec<NameKind>,
    /// The word or words.
    pub written: String,
    /// The nearest known name.
    pub nearest: Option<String>,
    /// The known names, the first of them.
    pub known: Vec<String>,
    /// How many more there are.
    pub more: usize,
}

impl SearchError {
    pub(super) fn at(at: usize, length: usize, problem: Problem) -> Self {
        Self { place: Place::Query { at, length }, problem }
    }

    /// The query with a line of carets under what is wrong.
    pub fn pointed(&self, query: &str) -> String {
        let Place::Query { at, length } = self.place else { return format!("{self}\n") };
        let line: String = query.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        format!("{line}\n{}{}\n{self}\n", " ".repeat(at), "^".repeat(length.max(1)))
    }
}

/// A name that is not known, with what could be meant.
pub(super) fn unknown_name(kinds: &[NameKind], written: &str, lexicon: &Lexicon) -> Problem {
    let near = kinds.iter().filter_map(|kind| lexicon.nearest(*kind, written)).min_by_key(|(_, edits)| *edits);
    let names = kinds.iter().flat_map(|kind| lexicon.names(*kind));
    let all = names.clone().count();
    Problem::UnknownName(Box::new(UnknownName {
        kinds: kinds.to_vec(),
        written: written.to_owned(),
        nearest: near.map(|(name, _)| name.to_owned()),
        known: names.take(MOST_LISTED).cloned().collect(),
        more: all.saturating_sub(MOST_LISTED),
    }))
}

impl fmt::Display for SearchError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::Query { at, .. } => write!(formatter, "letter {}: {}", at + 1, self.problem),
            Place::Key(key) => write!(formatter, "\"{key}\": {}", self.problem),
        }
    }
}

impl std::error::Error for SearchError {}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => {
                formatter.write_str("nothing is searched for; write a label, as in: chase after feeding within 2 s")
            }
            Self::UnknownName(unknown) => unknown.fmt(formatter),
            Self::OtherKind { written, kind, instead } => {
                let article = if *kind == NameKind::Animal { "an" } else { "a" };
                write!(formatter, "\"{written}\" is the name of {article} {kind}; write {instead}")
            }
            Self::UnknownKey { written, nearest: Some(nearest), .. } => {
                write!(formatter, "there is no condition \"{written}:\"; did you mean \"{nearest}:\"?")
            }
            Self::UnknownKey { written, nearest: None, known } => {
                write!(formatter, "there is no condition \"{written}:\"; there are {known}")
            }
            Self::UnknownWord { what, written, known } => {
                write!(formatter, "\"{written}\" is no {what}; it is one of {known}")
            }
            Self::Expected { what, found } if found.is_empty() => {
                write!(formatter, "here the query ends, and {what} is missing")
            }
            Self::Expected { what, found } => write!(formatter, "{what} belongs here, not \"{found}\""),
            Self::Twice { what, instead } => write!(formatter, "{what} is said twice; {instead}"),
            Self::Impossible { what } => write!(formatter, "no segment can be {what}"),
            Self::Unclosed { what } => write!(formatter, "what opens with {what} does not close"),
            Self::TooDeep => formatter.write_str("parentheses are nested too deeply"),
            Self::OnlyOutside { what } => {
                write!(formatter, "{what} is said of the whole search, outside of after, before and during")
            }
        }
    }
}

impl fmt::Display for UnknownName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds: Vec<String> = self.kinds.iter().map(NameKind::to_string).collect();
        write!(formatter, "there is no {} \"{}\"", kinds.join(" or "), self.written)?;
        if let Some(nearest) = &self.nearest {
            return write!(formatter, "; did you mean \"{nearest}\"?");
        }
        let known = self.known.join(", ");
        match (self.known.is_empty(), self.more) {
            (true, _) => write!(formatter, ": none is known here"),
            (false, 0) => write!(formatter, "; there are {known}"),
            (false, more) => write!(formatter, "; there are {known}, and {more} more"),
        }
    }
}
