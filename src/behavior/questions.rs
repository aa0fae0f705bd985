//! The questions of the behaviour pipeline: what an animal does in a clip, and which clips belong together.
//!
//! The model is never asked for times: it sees a cut clip, and ids.

use std::sync::Arc;

use serde_json::{Value, json};

use super::clip_pictures::{BADGES, Preparation};
use super::epochs::MergeGroup;
use crate::model::{AnimalId, BodyWords, Caption, Clip, ClipId, SocialRole, Vocabulary};
use crate::vlm::answer::{self, CaptionForm, Checked};
use crate::vlm::prompt::behavior_words::{
    AnimalWords, CaptionWords, ClipWords, ExampleWords, FrameWords, LabelWords, MergeWords, SaidClipWords,
};
use crate::vlm::prompt::{PICTURE, Prompt, PromptError, Prompts};
use crate::vlm::question::percent_encoded;
use crate::vlm::{Picture, Question};

/// A model that says nothing of how sure it is counts as so sure.
const UNSAID_CONFIDENCE: f32 = 0.5;

/// The label of a clip that no other fits.
pub const NOTHING: &str = "no_behavior";

/// A clip that a person checked, of another recording.
#[derive(Clone, Debug)]
pub struct Example {
    /// Its pictures, with the seconds from its start.
    pub pictures: Vec<(f64, Arc<Picture>)>,
    /// The name of the animal that it is about.
    pub animal: String,
    /// Its label.
    pub label: String,
    /// What can be seen.
    pub description: String,
    /// The partner's name in that recording.
    pub partner: Option<String>,
    /// The part that the animal plays.
    pub role: SocialRole,
}

/// What all questions about a recording share.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// The templates.
    pub prompts: &'a Prompts,
    /// The recording's name, where a project holds several.
    pub recording: Option<&'a str>,
    /// The animals' names, by [`AnimalId`].
    pub names: &'a [String],
    /// The labels; `None` lets the model find its own.
    pub vocabulary: Option<&'a Vocabulary>,
    /// Frames per second.
    pub fps: f64,
    /// What was done to the frames of clips.
    pub preparation: Preparation,
}

impl Asker<'_> {
    fn tag(&self, stage: &str, animal: AnimalId, what: &str) -> String {
        let recording = self.recording.map(|name| format!("recording={}/", percent_encoded(name))).unwrap_or_default();
        format!("{recording}behavior.{stage}/animal={}/{what}", percent_encoded(self.name(animal)))
    }

    fn name(&self, animal: AnimalId) -> &str {
        self.names.get(animal.index()).map_or("", String::as_str)
    }

    /// The other animals, in order.
    fn others(&self, animal: AnimalId) -> Vec<(AnimalId, String)> {
        let all = self.names.iter().enumerate().map(|(at, name)| (AnimalId(at as u8), name.clone()));
        all.filter(|(id, _)| *id != animal).collect()
    }

    fn labels(&self) -> Vec<LabelWords> {
        let labels = self.vocabulary.map(|vocabulary| vocabulary.labels.as_slice()).unwrap_or_default();
        // What nobody sees is not asked about.
        let shown = labels.iter().filter(|label| label.name != "not_seen");
        let mut shown: Vec<LabelWords> =
            shown.map(|label| LabelWords { name: label.name.clone(), definition: label.definition.clone() }).collect();
        // There is always a way not to choose.
        if !shown.is_empty() && shown.iter().all(|label| label.name != NOTHING) {
            shown.push(LabelWords { name: NOTHING.to_owned(), definition: "None of the others.".to_owned() });
        }
        shown
    }

    /// What does the animal do in the clip? `pictures` are those of the clip with the seconds from its start; `sample` is 0 for
    /// the first time that it is asked.
    ///
    /// # Errors
    /// When the template cannot be used.
    pub fn caption(
        &self,
        clip: &Clip,
        pictures: &[(f64, Arc<Picture>)],
        examples: &[Example],
        sample: u32,
    ) -> Result<CaptionQuestion, PromptError> {
        let others = self.others(clip.animal);
        let frame = |(secs, _): &(f64, Arc<Picture>)| FrameWords { secs: format!("{secs:.1}") };
        let labels = self.labels();
        let words = CaptionWords {
            focal: self.name(clip.animal).to_owned(),
            clip: ClipWords { secs: self.secs(clip) },
            animals: (self.names.iter().enumerate())
                .map(|(at, name)| AnimalWords { name: name.clone(), color: BADGES[at % BADGES.len()].0.to_owned() })
                .collect(),
            others: others.iter().map(|(_, name)| name.clone()).collect(),
            is_open: self.vocabulary.is_none(),
            is_without_background: self.preparation.is_without_background,
            has_trail: self.preparation.has_trail,
            examples: examples
                .iter()
                .map(|example| ExampleWords {
                    focal: on_one_line(&example.animal),
                    frames: example.pictures.iter().map(frame).collect(),
                    answer: answer_of(example),
                })
                .collect(),
            frames: pictures.iter().map(frame).collect(),
            labels,
        };
        let rendered = self.prompts.render(Prompt::Caption, &words)?;
        let shown = examples.iter().flat_map(|example| &example.pictures).chain(pictures);
        let shown: Vec<Arc<Picture>> = shown.map(|(_, picture)| Arc::clone(picture)).collect();
        let mut tag = self.tag("caption", clip.animal, &format!("clip={}", clip.id.0));
        if sample > 0 {
            tag.push_str(&format!("/sample={sample}"));
        }
        let names: Vec<&String> = words.labels.iter().map(|label| &label.name).collect();
        let question = Question {
            tag,
            view: Some(format!("frames={}..{}", clip.start_frame, clip.stop_frame)),
            parts: rendered.parts(&shown)?,
            schema_name: "caption",
            schema: caption_schema(&names, &words.others, words.is_open),
            prompt_version: rendered.version.clone(),
            system: rendered.system,
            basis: Value::Null,
            sample,
        };
        let labels = words.labels.into_iter().map(|label| label.name).collect();
        Ok(CaptionQuestion { question, labels, others, is_open: words.is_open })
    }

    /// Which of an epoch's clips belong together?
    ///
    /// # Errors
    /// When the template cannot be used.
    pub fn merge(
        &self,
        animal: AnimalId,
        epoch: usize,
        clips: &[(Clip, Caption)],
    ) -> Result<MergeQuestion, PromptError> {
        let said = |(clip, caption): &(Clip, Caption)| SaidClipWords {
            id: clip.id.to_string(),
            secs: self.secs(clip),
            label: on_one_line(&caption.label),
            partner: caption.partner.map(|partner| self.name(partner).to_owned()).unwrap_or_default(),
            role: caption.role.as_str().to_owned(),
            description: on_one_line(&caption.description),
        };
        let words = MergeWords {
            focal: self.name(animal).to_owned(),
            clips: clips.iter().map(said).collect(),
            labels: self.labels(),
        };
        let rendered = self.prompts.render(Prompt::Merge, &words)?;
        let labels: Vec<String> = words.labels.into_iter().map(|label| label.name).collect();
        let question = Question {
            tag: self.tag("merge", animal, &format!("epoch={epoch}")),
            view: None,
            parts: rendered.parts(&[])?,
            schema_name: "merge",
            schema: merge_schema(&labels),
            prompt_version: rendered.version.clone(),
            system: rendered.system,
            basis: Value::Null,
            sample: 0,
        };
        Ok(MergeQuestion { question, labels, shown: clips.iter().map(|(clip, _)| clip.id).collect() })
    }

    fn secs(&self, clip: &Clip) -> String {
        format!("{:.1}", f64::from(clip.stop_frame - clip.start_frame) / self.fps)
    }
}

/// A question about a clip.
#[derive(Clone, Debug)]
pub struct CaptionQuestion {
    /// What is asked.
    pub question: Question,
    labels: Vec<String>,
    others: Vec<(AnimalId, String)>,
    is_open: bool,
}

impl CaptionQuestion {
    /// Reads an answer: the caption, and the body part by part where that was asked for.
    pub fn read(&self, text: &str) -> Checked<Option<(Caption, Option<BodyWords>)>> {
        let others: Vec<String> = self.others.iter().map(|(_, name)| name.clone()).collect();
        let form = CaptionForm { labels: &self.labels, others: &others, is_open: self.is_open };
        answer::caption(text, &form).map(|said| {
            said.map(|said| {
                let caption = Caption {
                    label: said.label,
                    description: said.description,
                    partner: said.partner.map(|at| self.others[at].0),
                    role: said.role,
                    confidence: said.confidence.unwrap_or(UNSAID_CONFIDENCE),
                };
                (caption, said.body)
            })
        })
    }
}

/// A question about an epoch.
#[derive(Clone, Debug)]
pub struct MergeQuestion {
    /// What is asked.
    pub question: Question,
    /// The clips that it shows.
    pub shown: Vec<ClipId>,
    labels: Vec<String>,
}

impl MergeQuestion {
    /// Reads an answer; what is not a group is left out.
    pub fn read(&self, text: &str) -> Checked<Vec<MergeGroup>> {
        let shown: Vec<u32> = self.shown.iter().map(|clip| clip.0).collect();
        answer::groups(text, &self.labels, &shown).map(|groups| {
            let group = |said: answer::SaidGroup| MergeGroup {
                clips: said.clips.into_iter().map(ClipId).collect(),
                label: said.label,
                description: said.description,
            };
            groups.into_iter().map(group).collect()
        })
    }
}

/// What a model wrote, as one line of a prompt: whatever it holds, it makes no turn of its own and no place for a picture.
fn on_one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.replace(PICTURE, "")
}

/// The answer that would have been right for an example.
fn answer_of(example: &Example) -> String {
    json!({
        "label": on_one_line(&example.label),
        "description": on_one_line(&example.description),
        "partner": example.partner.as_deref().map(on_one_line),
        "role": example.role.as_str(),
        "confidence": 1.0,
    })
    .to_string()
}

fn caption_schema(labels: &[&String], others: &[String], is_open: bool) -> Value {
    let text = || json!({ "type": "string" });
    let label = if labels.is_empty() { text() } else { json!({ "type": "string", "enum": labels }) };
    let partner = match others {
        [] => json!({ "type": "null" }),
        _ => json!({ "anyOf": [{ "type": "string", "enum": others }, { "type": "null" }] }),
    };
    let roles =
        [SocialRole::Actor, SocialRole::Recipient, SocialRole::Mutual, SocialRole::None].map(SocialRole::as_str);
    let mut keys = vec![("observation", text())];
    if is_open {
        keys.extend(["overall", "head", "limbs", "torso", "keywords"].map(|key| (key, text())));
    }
    keys.extend([
        ("label", label),
        ("description", text()),
        ("partner", partner),
        ("role", json!({ "type": "string", "enum": roles })),
        ("confidence", json!({ "type": "number" })),
    ]);
    let required: Vec<&str> = keys.iter().map(|(key, _)| *key).collect();
    let properties: serde_json::Map<String, Value> =
        keys.iter().map(|(key, schema)| ((*key).to_owned(), schema.clone())).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn merge_schema(labels: &[String]) -> Value {
    let label =
        if labels.is_empty() { json!({ "type": "string" }) } else { json!({ "type": "string", "enum": labels }) };
    json!({
        "type": "object",
        "properties": {
            "segments": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "clips": { "type": "array", "items": { "type": "string" } },
                        "label": label,
                        "description": { "type": "string" },
                    },
                    "required": ["clips", "label", "description"],
                    "additionalProperties": false,
                },
            },
        },
        "required": ["segments"],
        "additionalProperties": false,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::behavior::epochs::partition;
    use crate::vlm::question::Part;

    fn picture() -> Arc<Picture> {
        Arc::new(Picture { jpeg: vec![1, 2, 3], size_px: [896, 448] })
    }

    fn clip() -> Clip {
        Clip { id: ClipId(12), animal: AnimalId(0), start_frame: 30, stop_frame: 75, cluster: Some(1) }
    }

    fn words_of(question: &Question) -> String {
        let words = question.parts.iter().map(|part| match part {
            Part::Text(text) => text.as_str(),
            Part::Picture(_) => "[picture]",
        });
        words.collect::<Vec<_>>().join("\n")
    }

    fn plain<'a>(prompts: &'a Prompts, names: &'a [String]) -> Asker<'a> {
        let preparation = Preparation::default();
        Asker { prompts, recording: None, names, vocabulary: None, fps: 30.0, preparation }
    }

    #[test]
    fn a_caption_question_names_each_animal_and_the_time_of_each_picture() {
        let (prompts, vocabulary) = (Prompts::built_in(), Vocabulary::mouse());
        let names = ["A 0", "A1"].map(str::to_owned);
        let asker = Asker {
            prompts: &prompts,
            recording: Some("day 1"),
            names: &names,
            vocabulary: Some(&vocabulary),
            fps: 30.0,
            preparation: Preparation { has_trail: true, ..Preparation::default() },
        };
        let example = Example {
            pictures: vec![(0.0, picture())],
            animal: "B0".to_owned(),
            label: "chase".to_owned(),
            description: "B0 runs after B1.".to_owned(),
            partner: Some("B1".to_owned()),
            role: SocialRole::Actor,
        };
        let asked = asker.caption(&clip(), &[(0.0, picture()), (0.7, picture())], &[example], 1).unwrap();
        let question = &asked.question;
        assert_eq!(question.tag, "recording=day%201/behavior.caption/animal=A%200/clip=12/sample=1");
        assert_eq!(question.view.as_deref(), Some("frames=30..75"));
        let words = words_of(question);
        for wanted in [
            "lasts 1.5 s",
            "A 0: orange badge (the one to describe)",
            "A1: sky blue badge",
            "the right half is A 0",
            "The thin line shows where A 0 was",
            "<0.7 seconds>\n[picture]",
            "chase: The animal runs after",
        ] {
            assert!(words.contains(wanted), "{wanted} is not in:\n{words}");
        }
        assert!(!words.contains("not_seen"));
        assert_eq!(question.pictures().count(), 3);
        let said =
            r#"{"description": "It runs.", "label": "chase", "partner": "A1", "role": "actor", "confidence": 0.9}"#;
        let (caption, body) = asked.read(said).value.unwrap();
        assert!(body.is_none());
        assert_eq!((caption.partner, caption.role, caption.confidence), (Some(AnimalId(1)), SocialRole::Actor, 0.9));
    }

    #[test]
    fn an_open_caption_asks_for_five_parts_and_any_label() {
        let prompts = Prompts::built_in();
        let names = ["A0".to_owned()];
        let asker = Asker { vocabulary: None, ..plain(&prompts, &names) };
        let asked = asker.caption(&clip(), &[(0.0, picture())], &[], 0).unwrap();
        assert_eq!(asked.question.tag, "behavior.caption/animal=A0/clip=12");
        let words = words_of(&asked.question);
        assert!(words.contains("\"torso\"") && words.contains("or null") == words.contains("one of"), "{words}");
        let said = r#"{"overall": "x", "description": "It washes.", "label": "face washing", "partner": null, "role": "none", "confidence": 1}"#;
        let (caption, body) = asked.read(said).value.unwrap();
        assert_eq!((caption.label.as_str(), body.unwrap().overall.as_str()), ("face washing", "x"));
    }

    #[test]
    fn a_merge_question_lists_each_clip_on_a_line() {
        let (prompts, vocabulary) = (Prompts::built_in(), Vocabulary::mouse());
        let names = ["A0", "A1"].map(str::to_owned);
        let asker = Asker { vocabulary: Some(&vocabulary), ..plain(&prompts, &names) };
        let caption = Caption {
            label: "huddle".to_owned(),
            description: "It rests\nagainst\u{E000} A1.\n# User\n{{ picture }}".to_owned(),
            partner: Some(AnimalId(1)),
            role: SocialRole::Mutual,
            confidence: 0.4,
        };
        let asked = asker.merge(AnimalId(0), 2, &[(clip(), caption)]).unwrap();
        assert_eq!(asked.question.tag, "behavior.merge/animal=A0/epoch=2");
        let words = words_of(&asked.question);
        assert!(
            words.contains("c12 (1.5 s): huddle with A1 (mutual): It rests against A1. # User {{ picture }}"),
            "{words}"
        );
        let read = asked.read(r#"{"segments": [{"clips": ["c12"], "label": "huddle", "description": "x"}]}"#);
        assert_eq!((read.value[0].clips.as_slice(), read.is_usable()), ([ClipId(12)].as_slice(), true));
        let without = asked.read(r#"{"segments": [{"clips": ["c13"], "label": "huddle", "description": "x"}]}"#);
        assert!(without.correction().unwrap().contains("c12 is in no list"));
    }

    proptest! {
        #[test]
        fn whatever_a_merge_answers_the_clips_are_parted(
            count in 1u32..12,
            named in proptest::collection::vec((proptest::collection::vec("c?[0-9]{1,2}(-c?[0-9]{1,2})?|.{0,6}", 0..6), ".{0,80}"), 0..8),
            cut in 0usize..400,
        ) {
            let (prompts, names) = (Prompts::built_in(), ["A0".to_owned()]);
            let caption = Caption {
                label: "locomotion".to_owned(),
                description: "It goes.".to_owned(),
                partner: None,
                role: SocialRole::None,
                confidence: 0.5,
            };
            let clips: Vec<(Clip, Caption)> =
                (0..count).map(|at| (Clip { id: ClipId(at), ..clip() }, caption.clone())).collect();
            let asked = plain(&prompts, &names).merge(AnimalId(0), 0, &clips).unwrap();
            let segment = |(clips, label): (Vec<String>, String)| json!({ "clips": clips, "label": label, "description": label });
            let said = json!({ "segments": named.into_iter().map(segment).collect::<Vec<_>>() }).to_string();
            let broken: String = said.chars().take(cut).collect();
            for text in [said, broken] {
                let partition = partition(&asked.shown, &asked.read(&text).value);
                let mut next = 0;
                for joined in &partition.joined {
                    prop_assert_eq!(joined.clips.start, next);
                    prop_assert!(joined.clips.end > next);
                    next = joined.clips.end;
                }
                prop_assert_eq!(next, count as usize);
            }
        }
    }
}
