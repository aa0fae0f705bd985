//! Answers about behaviour: the caption of a clip, and groups of clips.
//!
//! A label that was not offered is never taken for one that was: it stays as it was written, and is a problem. A description
//! that does not end is cut.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::repair::json_in;
use super::fields::{Fields, Reading, same, shown};
use super::{Checked, Problem, unread};
use crate::model::{BodyWords, SocialRole};

/// Longer descriptions are cut, characters: four sentences are some 600.
const LONGEST_DESCRIPTION: usize = 1200;

/// Longer labels are none.
const LONGEST_LABEL: usize = 60;

/// More groups, or clips in one, are a loop.
const MOST_NAMED: usize = 2000;

/// More keywords are a loop.
const MOST_KEYWORDS: usize = 12;

/// What a caption may name.
#[derive(Clone, Copy, Debug)]
pub struct CaptionForm<'a> {
    /// The labels that were offered, none in an open vocabulary.
    pub labels: &'a [String],
    /// The animals that may be partners.
    pub others: &'a [String],
    /// Whether parts of the body are described one by one.
    pub is_open: bool,
}

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
    /// The body part by part, where that was asked for.
    pub body: Option<BodyWords>,
}

/// Reads a caption: `{"label": "…", "description": "…", "partner": "…" | null, "role": "…", "confidence": 0..1}`, in an open
/// vocabulary also `overall`, `head`, `limbs`, `torso` and `keywords`. `None` where the label or the description cannot be used.
pub fn caption(text: &str, form: &CaptionForm<'_>) -> Checked<Option<SaidCaption>> {
    let CaptionForm { labels, others, is_open } = *form;
    let mut names = ["label", "description", "partner", "role", "confidence"].map(str::to_owned).to_vec();
    if is_open {
        names.extend(BODY_KEYS.map(str::to_owned));
    }
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
    let body = is_open.then(|| body_of(&fields, &mut problems));
    let value = label.zip(description).map(|(label, description)| SaidCaption {
        label,
        description,
        partner,
        body,
        // A part in what nobody else takes part in is none.
        role: if partner.is_some() { role } else { SocialRole::None },
        confidence,
    });
    Checked { value, problems, observation: fields.observation(), repairs: fields.repairs }
}

/// The keys of [`BodyWords`].
const BODY_KEYS: [&str; 5] = ["overall", "head", "limbs", "torso", "keywords"];

/// What is missing stays empty: nothing is built on it, so that it is not worth a second question.
fn body_of(fields: &Fields<'_>, problems: &mut Vec<Problem>) -> BodyWords {
    let mut text = |key: &str| match fields.reading(key, &mut Vec::new()) {
        Reading::Value(Value::String(text)) => cut(on_one_line(text), problems),
        Reading::Value(Value::Array(list)) => {
            let words: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
            cut(on_one_line(&words.join(", ")), problems)
        }
        _ => String::new(),
    };
    let [overall, head, limbs, torso, keywords] = BODY_KEYS.map(&mut text);
    let keywords = keywords.split([',', ';']).map(str::trim).filter(|word| !word.is_empty());
    BodyWords { overall, head, limbs, torso, keywords: keywords.take(MOST_KEYWORDS).map(str::to_owned).collect() }
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
/// are left out. `shown` are the clips that were shown, in order: where the groups do not part them, that is a problem.
pub fn groups(text: &str, labels: &[String], shown: &[u32]) -> Checked<Vec<SaidGroup>> {
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
    if !groups.is_empty() {
        problems.extend(partition_problems(&groups, shown));
    }
    Checked { value: groups, problems, observation: fields.observation(), repairs: fields.repairs }
}

/// What keeps groups from parting the clips that were shown.
fn partition_problems(groups: &[SaidGroup], shown: &[u32]) -> Vec<Problem> {
    let place: BTreeMap<u32, usize> = shown.iter().enumerate().map(|(at, clip)| (*clip, at)).collect();
    let mut owners: BTreeMap<usize, usize> = BTreeMap::new();
    let (mut twice, mut strange) = (BTreeSet::new(), BTreeSet::new());
    for (group, said) in groups.iter().enumerate() {
        for clip in &said.clips {
            match place.get(clip) {
                None => {
                    strange.insert(*clip);
                }
                Some(at) if owners.contains_key(at) => {
                    twice.insert(*clip);
                }
                Some(at) => {
                    owners.insert(*at, group);
                }
            }
        }
    }
    let left: Vec<u32> =
        shown.iter().enumerate().filter(|(at, _)| !owners.contains_key(at)).map(|(_, clip)| *clip).collect();
    let mut ended = BTreeSet::new();
    let mut scattered = Vec::new();
    let mut last = None;
    for (at, group) in owners {
        if last != Some(group) && !ended.insert(group) {
            scattered.push(shown[at]);
        }
        last = Some(group);
    }
    let found = [
        (left, (|clips| Problem::LeftOut { clips }) as fn(Vec<u32>) -> Problem),
        (twice.into_iter().collect(), |clips| Problem::NamedTwice { clips }),
        (strange.into_iter().collect(), |clips| Problem::NotShown { clips }),
        (scattered, |clips| Problem::OutOfOrder { clips }),
    ];
    found.into_iter().filter(|(clips, _)| !clips.is_empty()).map(|(clips, problem)| problem(clips)).collect()
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
    let others: Vec<u32> = cited(&description).filter(|clip| !clips.contains(clip)).collect();
    if !others.is_empty() && !clips.is_empty() {
        problems.push(Problem::CitesOthers { clips: others });
    }
    (!clips.is_empty()).then_some(SaidGroup { clips, label, description })
}

/// The clips that a text names, as `c7`.
fn cited(text: &str) -> impl Iterator<Item = u32> {
    let words = text.split(|it: char| !it.is_ascii_alphanumeric());
    words.filter_map(|word| word.strip_prefix('c')?.parse().ok())
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

fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The label that was meant. One that was not offered is kept as it is, with a problem.
fn label_of(said: &str, labels: &[String], problems: &mut Vec<Problem>) -> Option<String> {
    let said = &on_one_line(said);
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
            problems.push(Problem::UnknownWord {
                key: "label".to_owned(),
                said: shown(said),
                allowed: labels.to_vec(),
            });
            Some(said.clone())
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
        let (labels, others) = (words(&["chase", "no_behavior"]), words(&["A1", "A2"]));
        caption(text, &CaptionForm { labels: &labels, others: &others, is_open: false })
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
        let found = groups(text, &words(&["chase", "no_behavior"]), &[0, 1, 2, 3, 4, 5]);
        let clips: Vec<&[u32]> = found.value.iter().map(|group| group.clips.as_slice()).collect();
        assert_eq!(clips, [&[0, 1, 2][..], &[3, 4, 5]]);
        assert_eq!(found.value[1].label, "no_behavior");
        assert!(!found.is_usable(), "a group without clips lacks them");
        assert!(groups(r#"[{"clips": ["c0"], "label": "chase", "description": ""}]"#, &[], &[0]).is_usable());
        assert!(groups(r#"{"segments": "all"}"#, &[], &[0]).value.is_empty());
        let endless = r#"{"segments": [{"clips": ["c0-c4000000000"], "label": "x", "description": ""}]}"#;
        assert!(groups(endless, &[], &[0]).value.is_empty());
    }

    #[test]
    fn groups_that_do_not_part_the_clips_are_asked_about() {
        let problems = |said: &[&[&str]]| {
            let group = |clips: &&[&str]| serde_json::json!({ "clips": clips, "label": "x", "description": "" });
            let said = serde_json::json!({ "segments": said.iter().map(group).collect::<Vec<_>>() });
            groups(&said.to_string(), &[], &[4, 5, 6, 7]).problems
        };
        assert_eq!(problems(&[&["c4", "c5"], &["c6", "c7"]]), []);
        let wrong = problems(&[&["c4", "c7", "c4"], &["c5", "c99"]]);
        let expected = [
            Problem::LeftOut { clips: vec![6] },
            Problem::NamedTwice { clips: vec![4] },
            Problem::NotShown { clips: vec![99] },
            Problem::OutOfOrder { clips: vec![7] },
        ];
        assert_eq!(wrong, expected);
        assert_eq!(wrong[0].to_string(), "c6 is in no list.");
    }

    #[test]
    fn an_open_caption_has_the_body_part_by_part() {
        let others = words(&["A1"]);
        let form = CaptionForm { labels: &[], others: &others, is_open: true };
        let text = r#"{"overall": "It washes\nits face.", "head": "down", "limbs": "both forepaws at the nose", "torso": "curled", "keywords": "washing, sitting,", "description": "It washes.", "label": "face washing", "partner": null, "role": "none", "confidence": 1}"#;
        let found = caption(text, &form);
        assert_eq!(found.problems, []);
        let said = found.value.unwrap();
        let body = said.body.unwrap();
        assert_eq!((said.label.as_str(), body.overall.as_str()), ("face washing", "It washes its face."));
        assert_eq!(body.keywords, ["washing", "sitting"]);
        let bare = caption(
            r#"{"label": "x", "description": "y", "partner": null, "role": "none", "confidence": 1, "keywords": ["a", "b"]}"#,
            &form,
        );
        assert!(bare.is_usable(), "what is missing of the body is not worth a question");
        assert_eq!(bare.value.unwrap().body.unwrap().keywords, ["a", "b"]);
    }
}
