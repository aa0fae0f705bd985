//! Searches in timelines: "chase after feeding within 2 s".
//!
//! What is searched for is always a [`Filter`], a plain structure that is shown as it is understood. People write it in a small
//! language ([`parse`]), the window shows it as [`Chip`]s, and a model may be asked to fill in its JSON form ([`schema`],
//! [`read_answer`]); nothing of what they write is ever run. [`find`] evaluates it, in O(n log n) over n segments.
//!
//! # The language
//! A query is a row of conditions, all of which must hold; names of one condition are joined by `or` or a comma.
//!
//! | condition | holds for segments |
//! |---|---|
//! | `chase`, `oral genital contact or huddle`, `label:"chase"` | with one of the labels; synonyms, spaces and underscores are equal |
//! | `social`, `category:social` | whose label belongs to the category |
//! | `animal:A0`, `by A0` · `partner:A2`, `with A2`, `partner:none`, `partner:any` | of the animal · in which the other takes part |
//! | `role:actor` | in which the animal plays the part |
//! | `longer 1 s`, `shorter than 30 frames` | that last at least, at most so long |
//! | `after feeding within 2 s`, `before (…)`, `not after …` | that begin at most so long after the end of another, end so long before its start |
//! | `during (feeding animal:any)` | that share a frame with another |
//! | `in food`, `zone:food` | during at least half of which the animal is in the place |
//! | `"nose"`, `text:nose` | whose description, modifiers or label contain the words |
//! | `layer:merged` · `status:accepted`, `reviewed` | of the layer · that people so judged |
//! | `confidence above 0.8`, `confidence below 0.5` | at least, at most so sure |
//! | `recording:one`, `group:control` | of these recordings |
//!
//! The other segment of `after`, `before` and `during` is of the same animal, unless its own filter names one, or says
//! `animal:any` or `animal:partner`; it is written bare where only labels or an animal's name follow (`after feeding by A1`), else in parentheses.

mod error;

mod span;

mod filter;

mod lexicon;

mod words;

mod parse;

mod show;

mod json;

mod evaluate;

#[cfg(test)]
mod tests;

pub use error::{Place, Problem, SearchError, UnknownName};
pub use evaluate::{Hit, SearchedTimeline, Visit, find, visits};
pub use filter::{Filter, Partner, Relation, When, Whose};
pub use json::{AnswerError, read_answer, schema};
pub use lexicon::{Lexicon, NameKind};
pub use parse::parse;
pub use show::Chip;
pub use span::Span;
