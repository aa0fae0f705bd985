//! When two names mean the same, and which name was meant: what search, the vocabulary's inbox and discovery compare by.

/// A name as it is compared: small letters, words apart by one space; `_` and `-` are spaces.
pub fn normalized(name: &str) -> String {
    let small = name.to_lowercase();
    let words: Vec<&str> =
        small.split(|letter: char| letter.is_whitespace() || letter == '_' || letter == '-').collect();
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// How many letters must be put in, taken out, changed, or swapped with their neighbour, to make one text the other.
pub fn edit_distance(one: &str, other: &str) -> usize {
    let [one, other]: [Vec<char>; 2] = [one, other].map(|text| text.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (row, letter) in one.iter().enumerate() {
        let mut next = vec![row + 1];
        for (column, its) in other.iter().enumerate() {
            let changed = last[column] + usize::from(letter != its);
            let mut least = changed.min(last[column + 1] + 1).min(next[column] + 1);
            let is_swapped = row > 0 && column > 0 && *letter == other[column - 1] && one[row - 1] == *its;
            if is_swapped {
                least = least.min(before[column - 1] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut last, next);
    }
    last[other.len()]
}

/// Edits up to which a name can be a slip for another: one in three letters.
pub fn most_edits(name: &str) -> usize {
    (name.chars().count() / 3).max(1)
}

/// The known name that is nearest to a written one, with the edits between them; the first of several. `None` where none is so
/// near that it can have been meant.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<(&'a str, usize)> {
    let written = normalized(written);
    let with_edits = known.into_iter().map(|name| (name, edit_distance(&written, &normalized(name))));
    with_edits.filter(|(_, edits)| *edits <= most_edits(&written)).min_by_key(|(_, edits)| *edits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn underscores_hyphens_and_cases_do_not_matter() {
        for name in ["oral_genital_contact", "Oral-genital  contact", " ORAL genital_contact "] {
            assert_eq!(normalized(name), "oral genital contact");
        }
        assert_eq!(normalized(" _ "), "");
    }

    #[test]
    fn edits_are_counted_by_hand() {
        let known = [
            ("", "", 0),
            ("chase", "chase", 0),
            ("chaze", "chase", 1),
            ("hcase", "chase", 1),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
        ];
        for (one, other, edits) in known {
            assert_eq!((edit_distance(one, other), edit_distance(other, one)), (edits, edits), "{one} {other}");
        }
        assert_eq!(edit_distance("Frühling", "Fruhling"), 1, "letters, not bytes");
    }

    #[test]
    fn only_a_slip_is_taken_for_another_name() {
        let known = ["chase", "feeding", "oral_genital_contact"];
        assert_eq!(nearest("chaes", known), Some(("chase", 1)));
        assert_eq!(nearest("oral genitl contact", known), Some(("oral_genital_contact", 1)));
        assert_eq!(nearest("grooming", known), None);
        assert_eq!(nearest("x", []), None);
    }
}
