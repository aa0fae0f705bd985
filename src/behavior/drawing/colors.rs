//! The order and the colours of labels: those of the vocabulary first, then others by name in colours of their own.

use std::collections::BTreeSet;

use crate::model::Vocabulary;
use crate::vlm::canvas::Rgb;

/// Labels that the vocabulary has no colour for get these in turn (Tol's muted and light palettes).
pub(in crate::behavior) const OTHER_COLORS: [&str; 14] = [
    "#cc6677", "#4477aa", "#999933", "#44aa99", "#aa4499", "#ddaa33", "#332288", "#ee8866", "#117733", "#88ccee",
    "#882255", "#bbcc33", "#77aadd", "#aa7744",
];

/// The labels that occur, each once, in the vocabulary's order, then others by name.
pub(in crate::behavior) fn ordered<'a>(
    vocabulary: &'a Vocabulary,
    occurring: impl IntoIterator<Item = &'a str>,
) -> Vec<&'a str> {
    let mut others: BTreeSet<&str> = occurring.into_iter().collect();
    let known = vocabulary.labels.iter().map(|label| label.name.as_str());
    let mut labels: Vec<&str> = known.filter(|name| others.remove(name)).collect();
    labels.extend(others);
    labels
}

/// A colour per label: `#rrggbb`, whatever the vocabulary says.
pub(in crate::behavior) fn of_labels<'a>(
    vocabulary: &Vocabulary,
    labels: impl IntoIterator<Item = &'a str>,
) -> Vec<String> {
    let mut others = OTHER_COLORS.iter().cycle();
    let mut color_of = |label: &str| {
        let known =
            vocabulary.find(label).and_then(|known| known.color.clone()).filter(|color| rgb_of(color).is_some());
        known.unwrap_or_else(|| others.next().map_or_else(String::new, |color| (*color).to_owned()))
    };
    labels.into_iter().map(&mut color_of).collect()
}

/// What `#rrggbb` means.
pub(in crate::behavior) fn rgb_of(text: &str) -> Option<Rgb> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
    Some([part(0)?, part(2)?, part(4)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_stand_in_the_vocabularys_order_and_others_behind_them() {
        let vocabulary = Vocabulary::mouse();
        let labels = ordered(&vocabulary, ["zoom", "locomotion", "and", "stationary", "zoom"]);
        assert_eq!(labels, ["stationary", "locomotion", "and", "zoom"]);
        let colors = of_labels(&vocabulary, labels);
        assert_eq!(colors, ["#8c8c8c", "#56b4e9", OTHER_COLORS[0], OTHER_COLORS[1]]);
        assert_eq!([rgb_of("#01ff10"), rgb_of("#1f10"), rgb_of("#+1ff10")], [Some([1, 255, 16]), None, None]);
    }
}
