//! Find and replace in descriptions.

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

impl WordSearch<'_> {
    /// Where the words stand in a text: bytes.
    pub fn found_in(&self, text: &str) -> Vec<std::ops::Range<usize>> {
        let mut found = Vec::new();
        let mut from = 0;
        if self.words.is_empty() {
            return found;
        }
        for (at, _) in text.char_indices() {
            if at < from {
                continue;
            }
            if let Some(length) = self.length_at(&text[at..])
                && (!self.whole_words || is_whole(text, at, at + length))
            {
                found.push(at..at + length);
                from = at + length;
            }
        }
        found
    }

    /// A text with other words instead; `None` where the words do not stand in it.
    pub fn replaced(&self, text: &str, by: &str) -> Option<String> {
        let found = self.found_in(text);
        let mut from = 0;
        let mut replaced = String::new();
        for range in &found {
            replaced.push_str(&text[from..range.start]);
            replaced.push_str(by);
            from = range.end;
        }
        replaced.push_str(&text[from..]);
        (!found.is_empty()).then_some(replaced)
    }

    /// Bytes of the text's beginning that are the words.
    fn length_at(&self, text: &str) -> Option<usize> {
        let mut rest = text.chars();
        for wanted in self.words.chars() {
            let there = rest.next()?;
            let is_same = there == wanted || !self.matches_case && there.to_lowercase().eq(wanted.to_lowercase());
            if !is_same {
                return None;
            }
        }
        Some(text.len() - rest.as_str().len())
    }
}

/// Whether no letter or digit goes on at either end.
fn is_whole(text: &str, start: usize, end: usize) -> bool {
    let goes_on = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
    !goes_on(text[..start].chars().next_back()) && !goes_on(text[end..].chars().next())
}

impl Timeline<'_> {
    /// Replaces words in the descriptions of all segments, or of those that are among `within`.
    ///
    /// # Errors
    /// When there is nothing to look for, or it is nowhere.
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
        let change = |segment: Segment| match search.replaced(&segment.description, by) {
            Some(description) => Segment { description, ..segment },
            None => segment,
        };
        self.described(&ids, change, |_| format!("Replace \"{}\" by \"{by}\" in descriptions", search.words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(words: &str, matches_case: bool, whole_words: bool, text: &str) -> Option<String> {
        WordSearch { words, matches_case, whole_words }.replaced(text, "X")
    }

    #[test]
    fn words_are_found_as_asked() {
        assert_eq!(replaced("ran", false, false, "Ran, orange, ran").as_deref(), Some("X, oXge, X"));
        assert_eq!(replaced("ran", false, true, "Ran, orange, ran").as_deref(), Some("X, orange, X"));
        assert_eq!(replaced("ran", true, true, "Ran, orange, ran").as_deref(), Some("Ran, orange, X"));
        assert_eq!(replaced("aa", false, false, "aaaaa").as_deref(), Some("XXa"));
        assert_eq!(replaced("ÄHNLICH", false, true, "Das ist ähnlich.").as_deref(), Some("Das ist X."));
        assert_eq!(replaced("i", false, false, "İi").as_deref(), Some("İX"), "a letter that grows as it becomes small");
        assert_eq!(replaced("", false, false, "text"), None);
        assert_eq!(replaced("longer than the text", false, false, "text"), None);
    }
}
