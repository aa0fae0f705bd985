//! Playing a model that watches behavior: what an animal does in a clip, and which clips belong together.
//!
//! Captions come from what is true of each frame, merges from the captions in the question: neighbours that say the same belong
//! together. Chance comes from the seed and the tag, so that another sample of a question may err where the first does not.

use rand::RngExt;
use serde_json::{Value, json};

use super::player::{Answer, dice, percent_decoded};

/// What an animal does in a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doing {
    /// A label.
    pub label: String,
    /// With whom.
    pub partner: Option<String>,
    /// As whom.
    pub role: &'static str,
}

/// What the model knows and how it errs.
#[derive(Clone, Debug, Default)]
pub struct Watcher {
    /// The animals.
    pub names: Vec<String>,
    /// By animal and frame.
    pub doing: Vec<Vec<Doing>>,
    /// The share of captions with a label of another frame.
    pub confused: f64,
    /// Whether an example with the right label keeps it from that.
    pub learns: bool,
    /// What it makes of a question in plain words.
    pub filter: Value,
    /// Of all chance.
    pub seed: u64,
}

/// A question about behavior, as a server sees it.
pub struct Watched<'a> {
    /// `x-behaviorvlm-tag`.
    pub tag: &'a str,
    /// `x-behaviorvlm-view`.
    pub view: Option<&'a str>,
    /// All words of the user's turn.
    pub words: &'a str,
    /// The sizes of the pictures.
    pub pictures: Vec<[u32; 2]>,
    /// The keys of the answer, as its schema has them.
    pub keys: Vec<String>,
}

/// A tag taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BehaviorTag {
    /// `behavior.caption` or `behavior.merge`.
    pub stage: String,
    /// Whose clip or epoch.
    pub animal: String,
    /// The clip's number.
    pub clip: Option<u32>,
    /// The epoch's.
    pub epoch: Option<u32>,
    /// Which of several answers.
    pub sample: u32,
}

impl BehaviorTag {
    /// Reads `behavior.caption/animal=A0/clip=12/sample=1`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut tag = Self::default();
        let number = |value: &str| value.parse::<u32>().map_err(|_| format!("a number in tag {text}"));
        for part in text.split('/') {
            match part.split_once('=') {
                None => tag.stage = part.to_owned(),
                Some(("animal", animal)) => tag.animal = percent_decoded(animal),
                Some(("clip", clip)) => tag.clip = Some(number(clip)?),
                Some(("epoch", epoch)) => tag.epoch = Some(number(epoch)?),
                Some(("sample", sample)) => tag.sample = number(sample)?,
                Some(("recording", _)) => {}
                Some((name, _)) => return Err(format!("`{name}` in tag {text}")),
            }
        }
        Ok(tag)
    }
}

impl Watcher {
    /// What the model says; an error is a complaint.
    pub fn answer(&self, asked: &Watched<'_>) -> Result<Answer, String> {
        if asked.tag == "behavior.ask" {
            let filter = self.filter.as_object().ok_or("nothing is known of questions")?;
            return Ok(filter.iter().map(|(key, value)| (key.clone(), value.clone())).collect());
        }
        let tag = BehaviorTag::parse(asked.tag)?;
        let animal = self.names.iter().position(|name| *name == tag.animal);
        let animal = animal.ok_or_else(|| format!("no animal of {}", asked.tag))?;
        match (tag.stage.as_str(), tag.clip, tag.epoch) {
            ("behavior.caption", Some(_), None) => self.caption(asked, animal),
            ("behavior.merge", None, Some(_)) => merge(asked),
            _ => Err(format!("nothing is known of {}", asked.tag)),
        }
    }

    fn caption(&self, asked: &Watched<'_>, animal: usize) -> Result<Answer, String> {
        let frames = asked.view.and_then(|view| view.strip_prefix("frames=")).and_then(|range| range.split_once(".."));
        let frames = frames.and_then(|(start, stop)| Some(start.parse::<usize>().ok()?..stop.parse().ok()?));
        let frames = frames.ok_or_else(|| format!("{} has the view {:?}", asked.tag, asked.view))?;
        let stamps = asked.words.matches(" seconds>").count();
        if asked.pictures.is_empty() || stamps != asked.pictures.len() {
            return Err(format!("{}: {stamps} times for {} pictures", asked.tag, asked.pictures.len()));
        }
        if asked.pictures.iter().any(|size| *size != [896, 448]) {
            return Err(format!("{}: pictures of {:?}", asked.tag, asked.pictures));
        }
        let all = &self.doing[animal];
        let own = all.get(frames.clone()).ok_or_else(|| format!("no frames {frames:?}"))?;
        let mut dice = dice(self.seed, &["caption", asked.tag]);
        let usual = own.iter().max_by_key(|one| own.iter().filter(|other| other == one).count()).unwrap();
        let is_confused = dice.random_bool(self.confused) && !(self.learns && is_taught(asked.words, &usual.label));
        let doing = if is_confused { &all[dice.random_range(0..all.len())] } else { usual };
        let name = &self.names[animal];
        let with = doing.partner.as_ref().map(|partner| format!(" with {partner}")).unwrap_or_default();
        let text = |what: &str| json!(format!("{what} of {name}: {}{with}.", doing.label));
        let mut answer = Vec::new();
        for key in &asked.keys {
            let value = match key.as_str() {
                "label" => json!(doing.label),
                "partner" => json!(doing.partner),
                "role" => json!(doing.role),
                "confidence" => json!(0.9),
                "keywords" => json!(format!("{}, mouse", doing.label)),
                other => text(other),
            };
            answer.push((key.clone(), value));
        }
        Ok(answer)
    }
}

/// Whether an example in the question has the label.
fn is_taught(words: &str, label: &str) -> bool {
    let answers = words.lines().filter_map(|line| line.strip_prefix("Answer: "));
    let mut answers = answers.filter_map(|answer| serde_json::from_str::<Value>(answer).ok());
    answers.any(|answer| answer["label"] == label)
}

/// Puts clips that say the same together.
fn merge(asked: &Watched<'_>) -> Result<Answer, String> {
    if asked.view.is_some() || !asked.pictures.is_empty() {
        return Err(format!("{} has pictures or a view", asked.tag));
    }
    let mut groups: Vec<(Vec<&str>, &str)> = Vec::new();
    for line in asked.words.lines() {
        let Some((id, rest)) = line.split_once(" (").filter(|(id, _)| is_clip(id)) else { continue };
        let said = rest.split_once("): ").and_then(|(_, said)| said.split_once(": "));
        let (said, _) = said.ok_or_else(|| format!("{}: a clip without words: {line}", asked.tag))?;
        match groups.last_mut() {
            Some((clips, last)) if *last == said => clips.push(id),
            _ => groups.push((vec![id], said)),
        }
    }
    if groups.is_empty() {
        return Err(format!("{}: no clips", asked.tag));
    }
    let segment = |(clips, said): (Vec<&str>, &str)| {
        let label = said.split(" with ").next().unwrap_or(said);
        json!({ "clips": clips, "label": label, "description": format!("It shows {said} ({}).", clips[0]) })
    };
    let segments: Vec<Value> = groups.into_iter().map(segment).collect();
    Ok(vec![("segments".to_owned(), json!(segments))])
}

fn is_clip(word: &str) -> bool {
    word.strip_prefix('c').is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}
