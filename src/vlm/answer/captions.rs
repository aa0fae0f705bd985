//! Answers about behaviour: the caption of a clip, and groups of clips.
//!
//! A label that was not offered is never taken for one that was: it stays as it was written, and is a problem. A description
//! that does not end is cut.

use serde_json::Value;

use super::super::repair::json_in;
use super::fields::{Fields, Reading, same, shown};
use super::{Checked, Problem, unread};
use crate::model::SocialRole;

/// Longer descriptions are cut, characters: four sentences are some 600.
const LONGEST_DESCRIPTION: usize = 1200;

/// Longer labels are none.
const LONGEST_LABEL: usize = 60;

/// More groups, or clips in one, are a loop.
const MOST_NAMED: usize = 2000;

/// What a model says of a clip.
#[derive(Clone, Debug, PartialEq)]
pub struct SaidCaption {
    /// One of the labels offered; with none offered, whatever was said.
    pub label: String,
    /// What can be seen.
    pub description: String,
    /// One of the other animals, as a position among those offered.
    pub partner: Option<usize>,
    /// The part that the focal animal plays.
    pub role: SocialRole,
    /// From 0 to 1; `None` where it was not said usably.
    pub confidence: Option<f32>,
}

/// Reads a caption: `{"label": "…", "description": "…", "partner": "…" | null, "role": "…", "confidence": 0..1}`. `None` where the
/// label or the description cannot be used. `labels` are those offered, none in an open vocabulary; `others` the animals that
/// may be partners.
pub fn caption(text: &str, labels: &[String], others: &[String]) -> Checked<Option<SaidCaption>> {
    let names = ["label", "description", "partner", "role", "confidence"].map(str::to_owned);
    let found = match json_in(text) {
        Ok(found) => found,
        Err(why) => return unread(None, why.into()),
    };
    let fields = match Fields::of(found, &names) {
        Ok(fields) => fields,
        Err(problem) => return unread(None, problem),
    };
    let mut problems = fields.strangers();
    let label = words_of(&fields, "label", &mut problems).and_then(|said| label_of(&said, labels, &mut problems));
    let description = words_of(&fields, "description", &mut problems).map(|said| cut(said, &mut problems));
    let partner = match fields.reading("partner", &mut problems) {
        Reading::Missing | Reading::None => None,
        Reading::Value(said) => one_of("partner", said, others, &mut problems),
    };
    let roles = [SocialRole::Actor, SocialRole::Recipient, SocialRole::Mutual, SocialRole::None];
    let role = match fields.reading("role", &mut problems) {
        Reading::Missing | Reading::None => SocialRole::None,
        Reading::Value(said) => {
            let words = roles.map(|role| role.as_str().to_owned());
            one_of("role", said, &words, &mut problems).map_or(SocialRole::None, |at| roles[at])
        }
    };
    let confidence = match fields.reading("confidence", &mut problems) {
        Reading::Missing | Reading::None => None,
        Reading::Value(said) => share_of(said, &mut problems),
    };
    let value = label.zip(description).map(|(label, description)| SaidCaption {
        label,
        description,
        partner,
        // A part in what nobody else takes part in is none.
        role: if partner.is_some() { role } else { SocialRole::None },
        confidence,
    });
    Checked { value, problems, observation: fields.observation(), repairs: fields.repairs }
}

/// Clips that a model put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaidGroup {
    /// The numbers of the clips, as it named them.
    pub clips: Vec<u32>,
    /// What they are.
    pub label: String,
    /// What can be seen in them.
    pub description: String,
}

/// Reads groups of clips: `{"segments": [{"clips": ["c0", "c1"], "label": "…", "description": "…"}]}`. Groups that cannot be used
/// are left out.
pub fn groups(text: &str, labels: &[String]) -> Checked<Vec<SaidGroup>> {
    let names = ["segments".to_owned()];
    let mut found = match json_in(text) {
        Ok(found) => found,
        Err(why) => return unread(Vec::new(), why.into()),
    };
    // The list alone is what was meant.
    if found.value.is_array() {
        found.value = serde_json::json!({ "segments": found.value });
    }
    let fields = match Fields::of(found, &names) {
        Ok(fields) => fields,
        Err(problem) => return unread(Vec::new(), problem),
    };
    let mut problems = fields.strangers();
    let mut groups = Vec::new();
    match fields.reading("segments", &mut problems) {
        Reading::Missing => {}
        Reading::Value(Value::Array(list)) if list.len() <= MOST_NAMED => {
            for said in list {
                groups.extend(group_of(said, labels, &mut problems));
            }
        }
        Reading::None => problems.push(Problem::MissingKey { key: "segments".to_owned() }),
        Reading::Value(said) => problems.push(Problem::wrong_type("segments", said, "a list of segments")),
    }
    Checked { value: groups, problems, observation: fields.observation(), repairs: fields.repairs }
}

fn group_of(said: &Value, labels: &[String], problems: &mut Vec<Problem>) -> Option<SaidGroup> {
    let Some(map) = said.as_object() else {
        problems.push(Problem::wrong_type("segments", said, "a list of objects"));
        return None;
    };
    let text = |key: &str| map.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let mut clips = Vec::new();
    match map.get("clips") {
        Some(Value::Array(list)) => list.iter().for_each(|said| clips.extend(clips_of(said, problems))),
        Some(said @ (Value::String(_) | Value::Number(_))) => clips.extend(clips_of(said, problems)),
        _ => problems.push(Problem::MissingKey { key: "clips".to_owned() }),
    }
    let Some(label) = text("label") else {
        problems.push(Problem::MissingKey { key: "label".to_owned() });
        return None;
    };
    let label = label_of(label, labels, problems)?;
    let description = cut(text("description").unwrap_or_default().to_owned(), problems);
    (!clips.is_empty()).then_some(SaidGroup { clips, label, description })
}

/// `"c7"`, `"7"`, `7`, or a range `"c7-c9"`.
fn clips_of(said: &Value, problems: &mut Vec<Problem>) -> Vec<u32> {
    let number = |text: &str| text.trim().trim_start_matches(['c', 'C']).parse::<u32>().ok();
    let found = match said {
        Value::Number(number) => number.as_u64().and_then(|number| u32::try_from(number).ok()).map(|id| id..=id),
        Value::String(text) => match text.split_once(['-', '–']).or_else(|| text.split_once("..")) {
            Some((first, last)) => number(first).zip(number(last)).map(|(first, last)| first..=last),
            None => number(text).map(|id| id..=id),
        },
        _ => None,
    };
    match found {
        Some(range) if range.clone().count() <= MOST_NAMED => range.collect(),
        _ => {
            problems.push(Problem::wrong_type("clips", said, "the id of a clip, as \"c7\""));
            Vec::new()
        }
    }
}

fn words_of(fields: &Fields<'_>, key: &str, problems: &mut Vec<Problem>) -> Option<String> {
    match fields.reading(key, problems) {
        Reading::Missing => None,
        Reading::Value(Value::String(text)) => Some(text.trim().to_owned()),
        Reading::None => {
            problems.push(Problem::MissingKey { key: key.to_owned() });
            None
        }
        Reading::Value(said) => {
            problems.push(Problem::wrong_type(key, said, "words"));
            None
        }
    }
}

/// The label that was meant. One that was not offered is kept as it is, with a problem.
fn label_of(said: &str, labels: &[String], problems: &mut Vec<Problem>) -> Option<String> {
    if said.chars().count() > LONGEST_LABEL {
        problems.push(Problem::wrong_type("label", &Value::String(said.to_owned()), "a label of a few words"));
        return None;
    }
    if labels.is_empty() {
        return Some(said.to_owned());
    }
    let known = labels.iter().find(|label| *label == said).or_else(|| labels.iter().find(|label| same(label, said)));
    match known {
        Some(known) => Some(known.clone()),
        None => {
            let (key, said) = ("label".to_owned(), said.to_owned());
            problems.push(Problem::UnknownWord { key, said: shown(&said), allowed: labels.to_vec() });
            Some(said)
        }
    }
}

fn one_of(key: &str, said: &Value, words: &[String], problems: &mut Vec<Problem>) -> Option<usize> {
    let text = said.as_str().unwrap_or_default();
    let known = words.iter().position(|word| word == text).or_else(|| words.iter().position(|word| same(word, text)));
    if known.is_none() {
        let said = shown(&said.as_str().map_or_else(|| said.to_string(), str::to_owned));
        problems.push(Problem::UnknownWord { key: key.to_owned(), said, allowed: words.to_vec() });
    }
    known
}

/// From 0 to 1; numbers to 100 are per cent.
fn share_of(said: &Value, problems: &mut Vec<Problem>) -> Option<f32> {
    let text = said.as_str().map(|text| text.trim().trim_end_matches('%'));
    let number = said.as_f64().or_else(|| text.and_then(|text| text.parse().ok()));
    match number {
        Some(share) if (0.0..=1.0).contains(&share) => Some(share as f32),
        Some(percent) if (0.0..=100.0).contains(&percent) => Some((percent / 100.0) as f32),
        _ => {
            problems.push(Problem::wrong_type("confidence", said, "a number from 0 to 1"));
            None
        }
    }
}

fn cut(text: String, problems: &mut Vec<Problem>) -> String {
    if text.chars().count() <= LONGEST_DESCRIPTION {
        return text;
    }
    problems.push(Problem::CutShort { key: "description".to_owned() });
    let mut start: String = text.chars().take(LONGEST_DESCRIPTION - 1).collect();
    start.push('…');
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(list: &[&str]) -> Vec<String> {
        list.iter().map(|word| (*word).to_owned()).collect()
    }

    fn read(text: &str) -> Checked<Option<SaidCaption>> {
        caption(text, &words(&["chase", "no_behavior"]), &words(&["A1", "A2"]))
    }

    #[test]
    fn a_caption_is_read_with_its_partner_and_role() {
        let text = r#"{"label": "Chase", "description": "A0 runs after A2.", "partner": "A2", "role": "actor", "confidence": 0.8}"#;
        let found = read(text);
        assert!(found.is_usable(), "{:?}", found.problems);
        let said = found.value.unwrap();
        assert_eq!((said.label.as_str(), said.partner, said.role), ("chase", Some(1), SocialRole::Actor));
        assert_eq!(said.confidence, Some(0.8));
        let alone = read(
            r#"{"label": "no_behavior", "description": "It rests.", "partner": null, "role": "actor", "confidence": "85%"}"#,
        );
        let alone = alone.value.unwrap();
        assert_eq!((alone.role, alone.confidence), (SocialRole::None, Some(0.85)));
    }

    #[test]
    fn what_was_not_offered_is_a_problem_that_is_asked_about() {
        let label =
            read(r#"{"label": "flying", "description": "x", "partner": null, "role": "none", "confidence": 1}"#);
        assert!(!label.is_usable());
        assert_eq!(label.value.as_ref().unwrap().label, "flying", "it goes to the inbox as it is");
        assert!(label.correction().unwrap().contains("\"chase\""));
        let partner = read(
            r#"{"label": "chase", "description": "x", "partner": "green mouse", "role": "actor", "confidence": 1}"#,
        );
        assert!(!partner.is_usable() && partner.value.unwrap().partner.is_none());
        let loud =
            read(r#"{"label": "chase", "description": "x", "partner": null, "role": "none", "confidence": 400}"#);
        assert_eq!(loud.value.unwrap().confidence, None);
        let none = read(r#"{"label": null, "description": "x", "partner": null, "role": "none", "confidence": 1}"#);
        assert!(none.value.is_none() && !none.is_usable());
    }

    #[test]
    fn an_endless_description_is_cut() {
        let text = serde_json::json!({ "label": "chase", "description": "a ".repeat(5000), "partner": null, "role": "none", "confidence": 1 });
        let found = read(&text.to_string());
        assert!(found.is_usable(), "it is cut, not asked for again");
        assert_eq!(found.value.unwrap().description.chars().count(), LONGEST_DESCRIPTION);
    }

    #[test]
    fn groups_are_read_however_clips_are_named() {
        let text = r#"{"segments": [{"clips": ["c0", 1, "2"], "label": "chase", "description": "x"}, {"clips": "c3-c5", "label": "no behavior", "description": "y"}, {"clips": [], "label": "chase", "description": "z"}, {"label": "chase"}]}"#;
        let found = groups(text, &words(&["chase", "no_behavior"]));
        let clips: Vec<&[u32]> = found.value.iter().map(|group| group.clips.as_slice()).collect();
        assert_eq!(clips, [&[0, 1, 2][..], &[3, 4, 5]]);
        assert_eq!(found.value[1].label, "no_behavior");
        assert!(!found.is_usable(), "a group without clips lacks them");
        assert!(groups(r#"[{"clips": ["c0"], "label": "chase", "description": ""}]"#, &[]).is_usable());
        assert!(groups(r#"{"segments": "all"}"#, &[]).value.is_empty());
        assert!(
            groups(r#"{"segments": [{"clips": ["c0-c4000000000"], "label": "x", "description": ""}]}"#, &[])
                .value
                .is_empty()
        );
    }
}
