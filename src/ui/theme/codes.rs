//! Short codes of keypoints for pills: two or three characters, unique within a skeleton, the same on every run.
//!
//! Names that the tokens know keep the tokens' code. Others are read word by word: a word for the side gives the last
//! letter (`left_hindpaw` is `HL`), the rest gives its initials or its first letters. Mirrored keypoints get codes that
//! differ in the side's letter alone wherever both are free.

use std::collections::{BTreeMap, HashSet};

use super::Side;
use crate::model::{KeypointId, Skeleton};

/// The code of every keypoint in the skeleton's order.
pub(super) fn codes(skeleton: &Skeleton, known: &BTreeMap<String, String>) -> Vec<String> {
    let mut codes: Vec<Option<String>> = vec![None; skeleton.len()];
    let mut taken = HashSet::new();
    for id in skeleton.ids() {
        if let Some(code) = known.get(skeleton.name_of(id))
            && taken.insert(code.clone())
        {
            codes[id.index()] = Some(code.clone());
        }
    }
    for id in skeleton.ids() {
        if codes[id.index()].is_some() {
            continue;
        }
        let mirror = skeleton.keypoints[id.index()].pair.filter(|pair| codes[pair.index()].is_none() && *pair != id);
        let stem = mirror.and_then(|mirror| paired_codes(skeleton, id, mirror, &taken));
        match (stem, mirror) {
            (Some([own, other]), Some(mirror)) => {
                taken.extend([own.clone(), other.clone()]);
                codes[id.index()] = Some(own);
                codes[mirror.index()] = Some(other);
            }
            _ => {
                let code = single_code(skeleton.name_of(id), &taken);
                taken.insert(code.clone());
                codes[id.index()] = Some(code);
            }
        }
    }
    codes.into_iter().flatten().collect()
}

/// The side that a name speaks of, if one of its words does.
pub(super) fn side_in_name(name: &str) -> Option<Side> {
    split(name).1
}

fn paired_codes(
    skeleton: &Skeleton,
    id: KeypointId,
    mirror: KeypointId,
    taken: &HashSet<String>,
) -> Option<[String; 2]> {
    let (words, side) = split(skeleton.name_of(id));
    let (_, other) = split(skeleton.name_of(mirror));
    let letters = match (side?, other?) {
        (Side::Left, Side::Right) => ['L', 'R'],
        (Side::Right, Side::Left) => ['R', 'L'],
        _ => return None,
    };
    let free = |codes: &[String; 2]| codes.iter().all(|code| !taken.contains(code));
    stems(&words).into_iter().map(|stem| letters.map(|letter| format!("{stem}{letter}"))).find(free)
}

fn single_code(name: &str, taken: &HashSet<String>) -> String {
    let (words, side) = split(name);
    let candidates: Vec<String> = match side {
        Some(side) => {
            let letter = if side == Side::Left { 'L' } else { 'R' };
            stems(&words).into_iter().map(|stem| format!("{stem}{letter}")).collect()
        }
        None => whole_codes(&words),
    };
    let initial = words.first().and_then(|word| word.chars().next()).filter(char::is_ascii_alphabetic).unwrap_or('K');
    // A skeleton has at most 64 keypoints, so a number is always free.
    let numbered = (1..100).map(|number| format!("{initial}{number}"));
    candidates.into_iter().chain(numbered).find(|code| !taken.contains(code)).unwrap_or_else(|| "K".to_owned())
}

/// What may stand before the letter of a side: one letter, then two.
fn stems(words: &[String]) -> Vec<String> {
    let mut stems: Vec<String> = Vec::new();
    let Some(first) = words.first().filter(|first| first.starts_with(|next: char| next.is_ascii_alphabetic())) else {
        return stems;
    };
    let initial = &first[..1];
    stems.push(initial.to_owned());
    stems.extend(words.iter().skip(1).map(|word| format!("{initial}{}", &word[..1])));
    stems.extend(first.chars().skip(1).map(|second| format!("{initial}{second}")));
    stems
}

/// Codes of a name without a side: initials, then the first word's letters.
fn whole_codes(words: &[String]) -> Vec<String> {
    let mut codes: Vec<String> = Vec::new();
    let Some(first) = words.first().filter(|first| first.starts_with(|next: char| next.is_ascii_alphabetic())) else {
        return codes;
    };
    let initial = &first[..1];
    if let Some(last) = words.iter().skip(1).next_back() {
        codes.push(format!("{initial}{}", &last[..1]));
        codes.extend(last.chars().skip(1).map(|second| format!("{initial}{}{second}", &last[..1])));
    }
    codes.extend(first.chars().skip(1).map(|second| format!("{initial}{second}")));
    codes
}

/// The words of a name in capitals, without what is no ASCII letter or digit, and without the one that names a side.
fn split(name: &str) -> (Vec<String>, Option<Side>) {
    let mut words: Vec<String> = vec![String::new()];
    let mut earlier = ' ';
    for next in name.chars() {
        let begins = next.is_ascii_uppercase() && earlier.is_ascii_lowercase()
            || next.is_ascii_digit() && earlier.is_ascii_alphabetic();
        if begins || !next.is_ascii_alphanumeric() {
            words.push(String::new());
        }
        if next.is_ascii_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(next.to_ascii_uppercase());
        }
        earlier = next;
    }
    words.retain(|word| !word.is_empty());
    let side_of = |word: &String| match word.as_str() {
        "L" | "LEFT" => Some(Side::Left),
        "R" | "RIGHT" => Some(Side::Right),
        _ => None,
    };
    let side = words.iter().find_map(side_of);
    if words.len() > 1 {
        words.retain(|word| side_of(word).is_none());
    }
    (words, side)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ui::theme::Theme;

    fn codes_of(names: &[String]) -> Vec<String> {
        let quoted = |name: &String| toml::Value::String(name.clone());
        let keypoints: String = names.iter().map(|name| format!("[[keypoints]]\nname = {}\n", quoted(name))).collect();
        codes(&Skeleton::from_toml(&format!("name='x'\n{keypoints}")).unwrap(), &Theme::get().codes)
    }

    fn check(names: &str, expected: &str) {
        let names: Vec<String> = names.split(' ').map(str::to_owned).collect();
        assert_eq!(codes_of(&names).join(" "), expected);
    }

    #[test]
    fn names_are_read_as_people_mean_them() {
        check("nose neck left_hip right_hip", "NO NE HL HR");
        check("leftKnee RightKnee tail1 tail2", "KL KR T1 T2");
        check("hand_L head_L", "HL HEL");
        check("spine_upper spine_under spine_upside", "SU SUN SUP");
        check("ear_L schnauze ear_R", "EL SC ER");
        check("鼻 耳 1st", "K1 K2 K3");
        check("left right", "LL RR");
    }

    #[test]
    fn mirrored_keypoints_differ_in_the_side_alone() {
        let codes = codes(&Skeleton::mabe12(), &Theme::get().codes);
        assert_eq!(codes.join(" "), "NO EL ER NE FL FR CB HL HR T1 T2 T3");
        let text = "name='x'\n[[keypoints]]\nname='head_L'\n[[keypoints]]\nname='hand_L'\npair='hand_R'\n\
                    [[keypoints]]\nname='hand_R'\npair='hand_L'";
        let skeleton = Skeleton::from_toml(text).unwrap();
        assert_eq!(super::codes(&skeleton, &BTreeMap::new()).join(" "), "HL HAL HAR");
    }

    proptest! {
        #[test]
        fn codes_are_short_and_unique(names in prop::collection::hash_set("[a-cL_R1]{1,6}|.{1,4}", 1..=64)) {
            let names: Vec<String> = names.into_iter().filter(|name| !name.contains(char::is_control)).collect();
            prop_assume!(!names.is_empty());
            let codes = codes_of(&names);
            prop_assert_eq!(codes.len(), names.len());
            prop_assert!(codes.iter().all(|code| (2..=3).contains(&code.len())), "{:?}", codes);
            prop_assert!(codes.iter().all(|code| code.starts_with(|next: char| next.is_ascii_uppercase())));
            prop_assert_eq!(codes.iter().collect::<HashSet<_>>().len(), codes.len());
            prop_assert_eq!(&codes, &codes_of(&names));
        }
    }
}
