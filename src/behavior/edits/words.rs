//! Find and replace in descriptions.

use std::ops::Range;

use super::draft::{Draft, changed_along};
use super::{EditRefused, Timeline, TimelineEdit};
use crate::model::{Segment, SegmentId};

/// Which words are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WordSearch<'a> {
    /// The words.
    pub words: &'a str,
    /// Whether "a" and "A" differ.
    pub matches_case: bool,
    /// Whether "ran" is not found in "orange".
    pub whole_words: bool,
}

/// A text in which words were replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replaced {
    /// The new text.
    pub text: String,
    /// Where the words stood in the old text: bytes.
    pub was_at: Vec<Range<usize>>,
    /// Where the others stand in the new one: bytes.
    pub is_at: Vec<Range<usize>>,
}

impl WordSearch<'_> {
    /// Where the words stand in a text: bytes, ascending; of places that overlap the first.
    pub fn found_in(&self, text: &str) -> Vec<Range<usize>> {
        let wanted: Vec<char> = self.words.chars().flat_map(|sign| self.compared(sign)).collect();
        let mut found: Vec<Range<usize>> = Vec::new();
        if wanted.is_empty() {
            return found;
        }
        for (at, _) in text.char_indices() {
            if found.last().is_some_and(|last| at < last.end) {
                continue;
            }
            let range = self.length_at(&text[at..], &wanted).map(|length| at..at + length);
            found.extend(range.filter(|range| !self.whole_words || is_whole(text, range)));
        }
        found
    }

    /// A text with other words instead; `None` where the words do not stand in it.
    pub fn replaced(&self, text: &str, by: &str) -> Option<Replaced> {
        let mut replaced = Replaced { was_at: self.found_in(text), ..Replaced::default() };
        let mut from = 0;
        for range in &replaced.was_at {
            replaced.text.push_str(&text[from..range.start]);
            let start = replaced.text.len();
            replaced.text.push_str(by);
            replaced.is_at.push(start..replaced.text.len());
            from = range.end;
        }
        replaced.text.push_str(&text[from..]);
        (!replaced.was_at.is_empty()).then_some(replaced)
    }

    /// Bytes of the text's beginning that are the words.
    fn length_at(&self, text: &str, wanted: &[char]) -> Option<usize> {
        let (mut left, mut rest) = (wanted.iter(), text.chars());
        while !left.as_slice().is_empty() {
            let there = rest.next()?;
            if !self.compared(there).all(|sign| left.next() == Some(&sign)) {
                return None;
            }
        }
        // An accent belongs to the letter before it.
        let rest = rest.as_str();
        (!rest.starts_with(is_accent)).then_some(text.len() - rest.len())
    }

    /// A letter as it is compared. Where case does not matter, the forms of a letter are one, like σ and ς, or ß and SS.
    fn compared(&self, letter: char) -> impl Iterator<Item = char> + use<> {
        let plain = match (self.matches_case, letter) {
            // A letter of its own, whose capital is the I of the other.
            (true, _) | (_, 'ı') => Some(letter),
            _ => letter.is_ascii().then(|| letter.to_ascii_lowercase()),
        };
        let folded =
            plain.is_none().then(|| letter.to_lowercase().flat_map(char::to_uppercase).flat_map(char::to_lowercase));
        plain.into_iter().chain(folded.into_iter().flatten())
    }
}

/// Whether the words do not go on at either end. Between a letter and a sign, or two signs, none goes on.
fn is_whole(text: &str, range: &Range<usize>) -> bool {
    let is_of_word = |sign: char| sign.is_alphanumeric() || sign == '_' || is_accent(sign);
    let goes_on = |at: usize| {
        let (before, after) = (text[..at].chars().next_back(), text[at..].chars().next());
        before.is_some_and(is_of_word) && after.is_some_and(is_of_word)
    };
    !goes_on(range.start) && !goes_on(range.end)
}

/// Whether it is drawn over the letter before it.
fn is_accent(sign: char) -> bool {
    matches!(sign, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}')
}

impl Timeline<'_> {
    /// Replaces words in the descriptions of all segments, or of those that are among `within`. Those that nobody has looked at
    /// are to be looked at still.
    ///
    /// # Errors
    /// When there is nothing to look for, it is nowhere, or it is written like that everywhere.
    pub fn replace_words(
        &self,
        search: WordSearch<'_>,
        by: &str,
        within: Option<&[SegmentId]>,
    ) -> Result<TimelineEdit, EditRefused> {
        if search.words.is_empty() {
            return Err(EditRefused::NoWords);
        }
        let candidates = self.segments.iter().filter(|placed| within.is_none_or(|ids| ids.contains(&placed.id)));
        let found = candidates.filter(|placed| !search.found_in(&placed.segment.description).is_empty());
        let ids: Vec<SegmentId> = found.map(|placed| placed.id).collect();
        if ids.is_empty() {
            return Err(EditRefused::NothingFound { words: search.words.to_owned() });
        }
        let mut draft = Draft::of(self);
        for id in ids {
            let segment = draft.get(id)?.clone();
            let replaced = search.replaced(&segment.description, by).map(|replaced| replaced.text);
            if let Some(description) = replaced.filter(|text| *text != segment.description) {
                draft.set(id, Segment { description, status: changed_along(segment.status), ..segment });
            }
        }
        let title = match by.is_empty() {
            true => format!("Take \"{}\" out of descriptions", search.words),
            false => format!("Replace \"{}\" by \"{by}\" in descriptions", search.words),
        };
        let edit = draft.finish(title);
        match edit.changes.is_empty() {
            true => Err(EditRefused::NothingChanges { words: by.to_owned() }),
            false => Ok(edit),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn replaced(words: &str, matches_case: bool, whole_words: bool, text: &str) -> Option<String> {
        WordSearch { words, matches_case, whole_words }.replaced(text, "X").map(|replaced| replaced.text)
    }

    #[test]
    fn words_are_found_as_asked() {
        assert_eq!(replaced("ran", false, false, "Ran, orange, ran").as_deref(), Some("X, oXge, X"));
        assert_eq!(replaced("ran", false, true, "Ran, orange, ran").as_deref(), Some("X, orange, X"));
        assert_eq!(replaced("ran", true, true, "Ran, orange, ran").as_deref(), Some("Ran, orange, X"));
        assert_eq!(replaced("", false, false, "text"), None);
        assert_eq!(replaced("longer than the text", false, false, "text"), None);
    }

    #[test]
    fn of_places_that_overlap_the_first_counts() {
        assert_eq!(replaced("aa", false, false, "aaaaa").as_deref(), Some("XXa"));
        assert_eq!(replaced("a b a", false, true, "a b a b a").as_deref(), Some("X b a"));
        // A place that does not count hides none that does.
        assert_eq!(replaced("a a", false, true, "aa a a").as_deref(), Some("aa X"));
    }

    #[test]
    fn whole_words_end_at_any_sign() {
        let whole = |words: &str, text: &str| replaced(words, false, true, text);
        assert_eq!(whole("A0", "A0's nose, (A0), A0.A0-A0: A01").as_deref(), Some("X's nose, (X), X.X-X: A01"));
        assert_eq!(
            whole("nose", "nose_tip noses \u{201c}nose\u{201d}").as_deref(),
            Some("nose_tip noses \u{201c}X\u{201d}")
        );
        assert_eq!(whole("(still)", "It is(still)there").as_deref(), Some("It isXthere"));
        assert_eq!(whole("3 s", "3 s, 13 s, 3 sec").as_deref(), Some("X, 13 s, 3 sec"));
    }

    #[test]
    fn the_forms_of_a_letter_are_one_where_case_does_not_matter() {
        let found = |words: &str, text: &str| replaced(words, false, false, text);
        assert_eq!(replaced("ÄHNLICH", false, true, "Das ist ähnlich.").as_deref(), Some("Das ist X."));
        assert_eq!(found("STRASSE", "straße").as_deref(), Some("X"));
        assert_eq!(found("ΟΔΟΣ", "οδός οδος").as_deref(), Some("οδός X"));
        assert_eq!(found("i", "İi").as_deref(), Some("İX"), "a letter that grows as it becomes small");
        assert_eq!(found("s", "ß"), None, "half a letter");
        assert_eq!(found("i", "ı"), None);
        assert_eq!(found("e", "e\u{301}").as_deref(), None, "an accent belongs to its letter");
        assert_eq!(replaced("ß", true, false, "SS ß").as_deref(), Some("SS X"));
    }

    proptest! {
        #[test]
        fn only_what_matches_is_touched(
            text in "[aAbß İ.é_]{0,24}",
            words in "[aAbs .]{1,3}",
            by in "[abX ]{0,4}",
            matches_case: bool,
            whole_words: bool,
        ) {
            let search = WordSearch { words: &words, matches_case, whole_words };
            let found = search.found_in(&text);
            prop_assert!(found.windows(2).all(|pair| pair[0].end <= pair[1].start));
            let Some(replaced) = search.replaced(&text, &by) else {
                prop_assert!(found.is_empty());
                return Ok(());
            };
            prop_assert_eq!(&replaced.was_at, &found);
            let (mut old, mut new) = (0, 0);
            for (was, is) in found.iter().zip(&replaced.is_at) {
                prop_assert_eq!(&text[old..was.start], &replaced.text[new..is.start]);
                prop_assert_eq!(&replaced.text[is.clone()], by.as_str());
                let there = &text[was.clone()];
                let is_same = if matches_case { there == words } else { there.to_uppercase() == words.to_uppercase() };
                prop_assert!(is_same, "{:?} is not {:?}", there, words);
                (old, new) = (was.end, is.end);
            }
            prop_assert_eq!(&text[old..], &replaced.text[new..]);
        }
    }
}
