//! Another model or prompt beside what is kept, on chosen clips: nothing of the timeline changes, the answers stay in the project.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use serde_json::Value;

use super::asked::{AskedReport, Asking, Shown, Spent, Wanted};
use super::examples::Showcase;
use super::options::Options;
use super::subjects;
use super::work::Work;
use super::{BehaviorError, check, layer, rules_of, vocabulary_of};
use crate::behavior::bodies::Bodies;
use crate::behavior::rules::Describer;
use crate::jobs::timeline::Timeline;
use crate::jobs::{Job, JobError, open, prompts};
use crate::model::{BehaviorSource, Caption, Clip, ClipId, Segment, SegmentStatus};
use crate::store::{Project, RecordingInfo};
use crate::vlm::prompt::Prompt;

/// Clips that are tried where nothing else is asked for.
pub const USUAL_CLIPS: usize = 20;

/// What is tried, and on which clips.
#[derive(Clone, Debug)]
pub struct TrialOptions<'a> {
    /// The model and how it is asked; the recording.
    pub run: Options<'a>,
    /// These clips; where there are none, some that the seed draws.
    pub clips: &'a [ClipId],
    /// Of the drawn: those that are captioned so, or that people call so.
    pub label: Option<&'a str>,
    /// How many are drawn: those first that people labelled.
    pub count: usize,
    /// Of the draw.
    pub seed: u64,
}

/// What a trial found.
#[derive(Clone, Debug, Serialize)]
pub struct TrialReport {
    /// The recording.
    pub recording: String,
    /// Clip by clip.
    pub clips: Vec<TriedClip>,
    /// How the kept captions agree with people.
    pub kept: TrialScore,
    /// How the tried ones do.
    pub tried: TrialScore,
    /// Clips that both give the same label.
    pub alike: usize,
    /// What was asked.
    pub asked: AskedReport,
}

/// A clip and what is said of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TriedClip {
    /// Its id, as a number.
    #[serde(skip)]
    pub id: ClipId,
    /// Its id in words.
    pub clip: String,
    /// Whose it is.
    pub animal: String,
    /// Its first frame.
    pub start_frame: u32,
    /// The frame after its last.
    pub stop_frame: u32,
    /// What people say of most of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub human: Option<String>,
    /// What is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<Said>,
    /// What was said now; none where no usable answer came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tried: Option<Said>,
    /// The same as a segment of a timeline, to be taken over.
    #[serde(skip)]
    pub segment: Option<Segment>,
}

impl TriedClip {
    /// Whether the trial gives another label than what is kept.
    pub fn differs(&self) -> bool {
        let label = |said: &Option<Said>| said.as_ref().map(|said| said.label.clone());
        self.tried.is_some() && label(&self.kept) != label(&self.tried)
    }
}

/// A caption in a report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Said {
    /// The label.
    pub label: String,
    /// The words.
    pub description: String,
    /// The other animal that takes part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
    /// From 0 to 1.
    pub confidence: f32,
    /// Who says it.
    pub by: BehaviorSource,
}

/// What a trial begins with: how things are asked now.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialBasis {
    /// The prompt for captions that is in force.
    pub prompt: String,
    /// How the run that is shown asked about its clips, else as it is done where nothing else is asked for.
    pub asking: Asking,
    /// Whether that run showed examples of the project's bank.
    pub has_examples: bool,
    /// Examples in the bank.
    pub examples: usize,
}

/// What a trial of a recording begins with.
///
/// # Errors
/// When the project cannot be read, or a prompt of its own cannot be used.
pub fn basis(project: &Project, info: &RecordingInfo) -> Result<TrialBasis, JobError> {
    let settings = layer::shown_run(project, info)?.and_then(|run| serde_json::from_str(&run.config_json).ok());
    let settings: Value = settings.unwrap_or_default();
    Ok(TrialBasis {
        prompt: prompts::in_force(project)?.text(Prompt::Caption).to_owned(),
        asking: Asking::of_run(&settings).unwrap_or_default(),
        has_examples: settings.get("examples").is_some(),
        examples: project.examples()?.len(),
    })
}

/// How many clips a draw can give: those in which the animal is seen, of a label where one is named.
pub fn can_be_drawn(timeline: &Timeline, label: Option<&str>) -> usize {
    let human: Vec<Segment> = timeline.human.iter().map(|placed| placed.segment.clone()).collect();
    let clips = timeline.clips.iter().zip(&timeline.captions).filter(|(clip, _)| clip.cluster.is_some());
    let is_meant = |(clip, caption): &(&Clip, &Option<Caption>)| {
        label.is_none_or(|label| {
            caption.as_ref().is_some_and(|caption| caption.label == label)
                || by_people(clip, &human).as_deref() == Some(label)
        })
    };
    clips.filter(is_meant).count()
}

/// Agreement with people.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TrialScore {
    /// Clips that people labelled and that have a caption.
    pub scored: usize,
    /// Of those, how many have the same label.
    pub right: usize,
    /// Macro F1 over the labels that people gave these clips; none without any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub f1_macro: Option<f64>,
}

/// Asks about clips of the run that is shown, with its own answers beside.
///
/// # Errors
/// When there are no clips, one is named that is not there, or the model cannot be asked.
pub fn run(job: &Job<'_>, project: &mut Project, options: &TrialOptions<'_>) -> Result<TrialReport, JobError> {
    check(&options.run)?;
    let Some(model) = options.run.caption_model else {
        let what = "a trial without --model caption=NAME@URL";
        return Err(JobError::Meaningless { option: "behavior trial", what });
    };
    let mut info = open::choose(project, options.run.recording)?;
    let nothing = || BehaviorError::NothingYet {
        recording: info.name.clone(),
        what: "clips",
        project: project.path().to_owned(),
    };
    let run = layer::shown_run(project, &info)?.ok_or_else(nothing)?;
    let all = project.clips(run.id)?;
    let vocabulary = vocabulary_of(project, None)?;
    // What was said before is called as it is now, and as the model will call it.
    let mut kept: BTreeMap<ClipId, (Caption, BehaviorSource)> =
        project.captions(run.id)?.into_iter().map(|(clip, caption, source)| (clip, (caption, source))).collect();
    kept.values_mut().for_each(|(caption, _)| layer::rename(&mut caption.label, &vocabulary));
    let mut human = project.human_segments(info.id)?;
    human.iter_mut().for_each(|segment| layer::rename(&mut segment.label, &vocabulary));
    let chosen = options.chosen(&all, &kept, &human, &info.name)?;
    let subjects = subjects::load(job, project, &mut info, options.run.align)?;
    let rules = rules_of(options.run.rules)?;
    let showcase = options.run.examples.map(|pick| Showcase::of(project, pick)).transpose()?;
    let showcase = showcase.map(|showcase| showcase.named_by(&vocabulary));
    let spent = Spent::default();
    let work = Work {
        job,
        info: &info,
        options: &options.run,
        rules: &rules,
        vocabulary: &vocabulary,
        subjects: &subjects,
        showcase: showcase.as_ref(),
        spent: &spent,
    };
    let bodies = Bodies::of(&subjects.tracks);
    let names: Vec<String> = subjects.animals.iter().map(|animal| animal.name.clone()).collect();
    let describer = Describer::new(&bodies, &subjects.zones, &rules, &names);
    let beside = work.beside(project, &bodies, &chosen)?;
    let shown = Shown { showcase: showcase.as_ref(), beside: &beside };
    let ruled: Vec<Caption> = chosen.iter().map(|clip| work.caption(&describer, clip)).collect();
    let wanted =
        |at: usize| Wanted { clip: &chosen[at], ruled: &ruled[at], examples: shown.at(at), is_asked_again: false };
    let wanted: Vec<Wanted<'_>> = (0..chosen.len()).map(wanted).collect();
    let found = work.captions_by_model(project, run.id, model, &bodies, &wanted)?;
    let tried = found.captions.iter().filter(|(.., source)| *source == BehaviorSource::Model);
    let tried: BTreeMap<ClipId, &Caption> = tried.map(|(clip, caption, _)| (*clip, caption)).collect();
    let clips: Vec<TriedClip> = chosen
        .iter()
        .map(|clip| TriedClip {
            id: clip.id,
            clip: clip.id.to_string(),
            animal: names[clip.animal.index()].clone(),
            start_frame: clip.start_frame,
            stop_frame: clip.stop_frame,
            human: by_people(clip, &human),
            kept: kept.get(&clip.id).map(|(caption, by)| Said::of(caption, *by, &names)),
            tried: tried.get(&clip.id).map(|caption| Said::of(caption, BehaviorSource::Model, &names)),
            segment: tried
                .get(&clip.id)
                .map(|caption| layer::segment_of_clip(clip, Some((caption, BehaviorSource::Model)))),
        })
        .collect();
    let label = |said: &Option<Said>| said.as_ref().map(|said| said.label.clone());
    let alike = clips.iter().filter(|it| it.tried.is_some() && !it.differs()).count();
    Ok(TrialReport {
        recording: info.name.clone(),
        kept: TrialScore::of(clips.iter().map(|it| (it.human.as_deref(), label(&it.kept)))),
        tried: TrialScore::of(clips.iter().map(|it| (it.human.as_deref(), label(&it.tried)))),
        alike,
        asked: AskedReport { examples: showcase.as_ref().map(|it| it.report(&beside)), ..found.report },
        clips,
    })
}

impl TrialOptions<'_> {
    /// The clips that are tried, in the order of their ids.
    fn chosen(
        &self,
        all: &[Clip],
        kept: &BTreeMap<ClipId, (Caption, BehaviorSource)>,
        human: &[Segment],
        recording: &str,
    ) -> Result<Vec<Clip>, BehaviorError> {
        let find = |id: &ClipId| {
            let clip = all.iter().find(|clip| clip.id == *id).copied();
            clip.ok_or_else(|| BehaviorError::NoSuchClip {
                clip: id.to_string(),
                recording: recording.to_owned(),
                count: all.len(),
            })
        };
        if !self.clips.is_empty() {
            let mut named: Vec<Clip> = self.clips.iter().map(find).collect::<Result<_, _>>()?;
            named.sort_by_key(|clip| clip.id);
            named.dedup();
            return Ok(named);
        }
        let is_called = |clip: &Clip, people: &Option<String>| {
            self.label.is_none_or(|label| {
                people.as_deref() == Some(label)
                    || kept.get(&clip.id).is_some_and(|(caption, _)| caption.label == label)
            })
        };
        let seen = all.iter().filter(|clip| clip.cluster.is_some()).map(|clip| (*clip, by_people(clip, human)));
        let mut drawn: Vec<(Clip, Option<String>)> = seen.filter(|(clip, people)| is_called(clip, people)).collect();
        if drawn.is_empty() {
            return Err(BehaviorError::NothingToTry { recording: recording.to_owned() });
        }
        drawn.shuffle(&mut ChaCha8Rng::seed_from_u64(self.seed));
        drawn.sort_by_key(|(_, people)| people.is_none());
        let mut drawn: Vec<Clip> = drawn.into_iter().take(self.count).map(|(clip, _)| clip).collect();
        drawn.sort_by_key(|clip| clip.id);
        Ok(drawn)
    }
}

impl Said {
    fn of(caption: &Caption, by: BehaviorSource, names: &[String]) -> Self {
        Self {
            label: caption.label.clone(),
            description: caption.description.clone(),
            partner: caption.partner.and_then(|partner| names.get(partner.index()).cloned()),
            confidence: caption.confidence,
            by,
        }
    }
}

impl TrialScore {
    /// Of what people say and what a caption says.
    fn of<'a>(pairs: impl Iterator<Item = (Option<&'a str>, Option<String>)>) -> Self {
        let both: Vec<(&str, String)> = pairs.filter_map(|(human, said)| Some((human?, said?))).collect();
        let mut counts: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
        for (human, _) in &both {
            counts.entry(human).or_default();
        }
        for (human, said) in &both {
            let is_right = human == said;
            counts.entry(human).and_modify(|it| it[if is_right { 0 } else { 2 }] += 1);
            if !is_right {
                counts.entry(said.as_str()).and_modify(|it| it[1] += 1);
            }
        }
        let f1 = |[right, extra, missed]: &[usize; 3]| 2.0 * *right as f64 / (2 * right + extra + missed).max(1) as f64;
        let f1_macro = (!counts.is_empty()).then(|| counts.values().map(f1).sum::<f64>() / counts.len() as f64);
        Self { scored: both.len(), right: both.iter().filter(|(human, said)| human == said).count(), f1_macro }
    }
}

/// The label of most of the clip's frames in the segments that people looked at; none where they say nothing of most of it.
fn by_people(clip: &Clip, human: &[Segment]) -> Option<String> {
    let own = human.iter().filter(|it| it.animal == clip.animal && it.status != SegmentStatus::Unreviewed);
    let mut frames: BTreeMap<&str, u32> = BTreeMap::new();
    for segment in own {
        let shared = segment.stop_frame.min(clip.stop_frame).saturating_sub(segment.start_frame.max(clip.start_frame));
        *frames.entry(&segment.label).or_default() += shared;
    }
    let (label, most) = frames.into_iter().max_by_key(|(_, frames)| *frames)?;
    (2 * most > clip.stop_frame - clip.start_frame).then(|| label.to_owned())
}

impl TrialReport {
    /// The figures, and a line per clip on which the two differ or people say otherwise.
    pub fn to_text(&self) -> String {
        let mut text =
            format!("{} clips of {}; {} with the same label\n", self.clips.len(), self.recording, self.alike);
        for (name, score) in [("kept ", &self.kept), ("tried", &self.tried)] {
            let f1 = score.f1_macro.map_or_else(String::new, |f1| format!(", macro F1 {f1:.3}"));
            let _ = match score.scored {
                0 => writeln!(text, "{name}: no clip that people labelled"),
                scored => writeln!(text, "{name}: {} of {scored} as people say{f1}", score.right),
            };
        }
        let word = |said: &Option<Said>| said.as_ref().map_or("nothing".to_owned(), |said| said.label.clone());
        for it in &self.clips {
            let people = it.human.as_ref().map(|human| format!(", people: {human}")).unwrap_or_default();
            let _ = writeln!(
                text,
                "  {:>5} {} {}..{}: kept {}, tried {}{people}",
                it.clip,
                it.animal,
                it.start_frame,
                it.stop_frame,
                word(&it.kept),
                word(&it.tried)
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_count_what_people_labelled_alone() {
        let pairs = [
            (Some("chase"), Some("chase")),
            (Some("chase"), Some("huddle")),
            (Some("huddle"), Some("huddle")),
            (Some("huddle"), Some("a word of no list")),
            (None, Some("chase")),
            (Some("chase"), None),
        ];
        let score = TrialScore::of(pairs.into_iter().map(|(human, said)| (human, said.map(str::to_owned))));
        assert_eq!((score.scored, score.right), (4, 2));
        // Chase: 1 right, 1 missed. Huddle: 1 right, 1 extra, 1 missed.
        assert_eq!(score.f1_macro, Some((2.0 / 3.0 + 0.5) / 2.0));
        assert_eq!(TrialScore::of(std::iter::empty()), TrialScore::default());
    }
}
