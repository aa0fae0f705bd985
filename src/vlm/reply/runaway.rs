//! Whether a model has run away: it repeats itself, or writes whitespace, until its limit of tokens.
//!
//! Only the end of a text is looked at, so that a stream can be stopped while it runs. Answers of the forms asked for here never
//! repeat a piece many times; lists in which only the numbers change may be long before they count.

use std::collections::HashSet;
use std::fmt;

/// How a model runs away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runaway {
    /// The same words over and over: ask again without thinking.
    Loop,
    /// Whitespace without end, as some servers write under a schema: ask again without one.
    Whitespace,
}

impl fmt::Display for Runaway {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Runaway::Loop => "The model repeats itself without end.",
            Runaway::Whitespace => "The model writes whitespace without end.",
        })
    }
}

/// Bytes of the end that are looked at.
const WINDOW: usize = 8192;

/// More whitespace in a row than any layout of an answer has.
const MOST_WHITESPACE: usize = 256;

/// A piece counts as repeated from so many bytes and so many times on. Six paragraphs, or four that are long.
const EXACT: [(usize, usize); 2] = [(600, 6), (2400, 4)];

/// The same where only the numbers change: thirty dots may be gone through, one by one, for several keypoints.
const BUT_FOR_NUMBERS: (usize, usize) = (4000, 40);

/// The words of a piece (n-gram), the fewest words judged, and the share of pieces that are new in ordinary prose by far.
const GRAM_WORDS: usize = 6;
const FEWEST_WORDS: usize = 400;
const LEAST_NEW_SHARE: f64 = 0.2;

/// Whether a text ends in a loop or in whitespace without end.
pub fn runaway_in(text: &str) -> Option<Runaway> {
    let blank = text.chars().rev().take_while(|character| character.is_whitespace()).take(MOST_WHITESPACE).count();
    if blank >= MOST_WHITESPACE {
        return Some(Runaway::Whitespace);
    }
    let mut start = text.len().saturating_sub(WINDOW);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let end = &text[start..];
    let repeats = EXACT.iter().any(|least| repeats_at_end(end.bytes().rev(), *least))
        || repeats_at_end(without_numbers(end).into_iter().rev(), BUT_FOR_NUMBERS)
        || says_little_new(end);
    repeats.then_some(Runaway::Loop)
}

/// Whether a suffix of at least so many bytes is a piece repeated at least so many times. The bytes come last first, so that the
/// suffixes of the text are prefixes; the failure function of Knuth, Morris and Pratt gives the shortest period of each.
fn repeats_at_end(bytes: impl Iterator<Item = u8>, (least_bytes, least_times): (usize, usize)) -> bool {
    let bytes: Vec<u8> = bytes.collect();
    let mut border = vec![0_usize; bytes.len()];
    for index in 1..bytes.len() {
        let mut length = border[index - 1];
        while length > 0 && bytes[length] != bytes[index] {
            length = border[length - 1];
        }
        border[index] = length + usize::from(bytes[length] == bytes[index]);
        let period = index + 1 - border[index];
        if index + 1 >= least_bytes && (index + 1) / period >= least_times {
            return true;
        }
    }
    false
}

/// The bytes with each number as one zero.
fn without_numbers(text: &str) -> Vec<u8> {
    let mut bytes: Vec<u8> = text.bytes().map(|byte| if byte.is_ascii_digit() { b'0' } else { byte }).collect();
    bytes.dedup_by(|one, other| *one == b'0' && *other == b'0');
    bytes
}

/// Whether nearly all runs of six words were there before.
fn says_little_new(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.len() < FEWEST_WORDS {
        return false;
    }
    let grams = words.windows(GRAM_WORDS);
    let total = grams.len();
    let new = grams.collect::<HashSet<_>>().len();
    (new as f64) < LEAST_NEW_SHARE * total as f64
}
