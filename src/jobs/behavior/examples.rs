//! The example bank of a project: filled from segments that a person verified, carried by files, shown beside clips.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::asked::Artist;
use super::sightings::Sightings;
use super::subjects::{self, Origin, Subjects};
use super::{BehaviorError, layer, pixels, read_text};
use crate::behavior::bodies::Bodies;
use crate::behavior::clip_pictures::ClipView;
use crate::behavior::clips::ClipLimits;
use crate::behavior::discovery::BoutMeasures;
use crate::behavior::examples::{Bank, Example, PickOptions, Selection, ShownExample, Target, from_file, to_file};
use crate::behavior::questions;
use crate::behavior::review::names_another_label;
use crate::behavior::rules::{Describer, Rules};
use crate::jobs::inquiry::block_on;
use crate::jobs::{Job, JobError, open, whole_file};
use crate::model::{AnimalId, Caption, Clip, ClipId, Segment, SegmentKind, Vocabulary};
use crate::recording;
use crate::store::{ExampleId, Project, RecordingInfo, now_unix_ms};
use crate::vlm::Profile;
use crate::vlm::http::Stop;

/// Examples of a label that one recording gives where nothing else is asked for.
pub const USUAL_PER_LABEL: usize = 12;

/// Pictures of an example: enough to see a movement, and a sixth of a clip's own.
pub const USUAL_PICTURES: usize = 4;

/// Words of an example's answer in tokens: five fields and two sentences.
const ANSWER_TOKENS: u64 = 90;

/// What is made examples of, and how they are shown.
#[derive(Clone, Debug)]
pub struct AddOptions<'a> {
    /// One recording of several; all of them where none is named.
    pub recording: Option<&'a str>,
    /// These labels alone; all where none is named.
    pub labels: &'a [String],
    /// Examples of a label from each recording, at most.
    pub per_label: usize,
    /// How their clips are shown.
    pub view: ClipView,
}

/// What is in a bank.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct BankReport {
    /// Examples.
    pub examples: usize,
    /// By label, in the order of the alphabet.
    pub labels: BTreeMap<String, usize>,
    /// By recording.
    pub recordings: BTreeMap<String, usize>,
    /// Pictures of all of them.
    pub pictures: usize,
    /// Tokens of a prompt that the mean example takes, as most models count.
    pub mean_tokens: u64,
    /// What was added now.
    pub added: usize,
    /// Of those, how many stand in the place of an earlier one of the same clip.
    pub replaced: usize,
    /// What was taken away now.
    pub removed: usize,
    /// Verified segments that became no examples, by reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub left_out: BTreeMap<&'static str, usize>,
}

/// What is in the bank.
///
/// # Errors
/// When the project cannot be read.
pub fn list(project: &Project) -> Result<BankReport, JobError> {
    let profile = Profile::for_model("");
    let mut report = BankReport::default();
    let mut tokens = 0;
    for (_, shown) in project.examples()? {
        report.examples += 1;
        report.pictures += shown.pictures.len();
        tokens += tokens_of(&shown, &profile);
        *report.labels.entry(shown.example.label).or_default() += 1;
        *report.recordings.entry(shown.example.recording).or_default() += 1;
    }
    report.mean_tokens = tokens / report.examples.max(1) as u64;
    Ok(report)
}

/// Makes examples of segments that a person accepted or edited. Each is a clip from the middle of its segment; of many with
/// one label, those are taken that are spread over the recording.
///
/// # Errors
/// When a recording has no pictures or cannot be read, or a number makes no sense; nothing is added then.
pub fn add(job: &Job<'_>, project: &mut Project, options: &AddOptions<'_>) -> Result<BankReport, JobError> {
    if options.per_label == 0 {
        return Err(BehaviorError::Number { what: "--per-label", allowed: "1 or more", found: 0.0 }.into());
    }
    let mut made = Vec::new();
    let mut left_out = BTreeMap::new();
    let mut verified = 0;
    let vocabulary = project.vocabulary()?;
    for mut info in open::choose_all(project, options.recording)? {
        job.check()?;
        let segments = project.verified_segments(info.id)?;
        verified += segments.len();
        let chosen = chosen(segments, options, &vocabulary, &mut left_out);
        if !chosen.is_empty() {
            made.extend(shown_of(job, project, &mut info, &chosen, options.view)?);
        }
    }
    if verified == 0 {
        return Err(BehaviorError::NothingVerified { project: project.path().to_owned() }.into());
    }
    let mut report = keep(project, made)?;
    report.left_out = left_out;
    Ok(report)
}

/// Makes examples of chosen segments of a recording; those that nobody accepted or edited, and moments, are left out.
///
/// # Errors
/// When none is left, or the recording has no pictures; nothing is added then.
pub fn add_chosen(
    job: &Job<'_>,
    project: &mut Project,
    info: &RecordingInfo,
    chosen: &[Segment],
) -> Result<BankReport, JobError> {
    let is_meant = |(segment, _): &(Segment, String)| segment.kind == SegmentKind::State && chosen.contains(segment);
    let verified: Vec<_> = project.verified_segments(info.id)?.into_iter().filter(is_meant).collect();
    if verified.is_empty() {
        return Err(BehaviorError::NothingVerified { project: project.path().to_owned() }.into());
    }
    let view = ClipView { most_pictures: USUAL_PICTURES, ..ClipView::default() };
    let made = shown_of(job, project, &mut info.clone(), &verified, view)?;
    let mut report = keep(project, made)?;
    let left = chosen.len() - verified.len();
    report.left_out.extend((left > 0).then_some(("that nobody has accepted or edited", left)));
    Ok(report)
}

/// Makes examples of clips that lie within a segment that a person accepted or edited, with what that says; of many with one
/// label, those are taken that are spread over the recording.
///
/// # Errors
/// When none is left, or the recording has no pictures; nothing is added then.
pub fn add_clips(
    job: &Job<'_>,
    project: &mut Project,
    info: &RecordingInfo,
    clips: &[Segment],
) -> Result<BankReport, JobError> {
    let verified = project.verified_segments(info.id)?;
    let of_clip = |clip: &Segment| {
        let (segment, by) = verified.iter().find(|(segment, _)| {
            let is_around = segment.start_frame <= clip.start_frame && segment.stop_frame >= clip.stop_frame;
            segment.animal == clip.animal && segment.kind == SegmentKind::State && is_around
        })?;
        let (start_frame, stop_frame) = (clip.start_frame, clip.stop_frame);
        Some((Segment { start_frame, stop_frame, ..segment.clone() }, by.clone()))
    };
    let found: Vec<(Segment, String)> = clips.iter().filter_map(of_clip).collect();
    if found.is_empty() {
        return Err(BehaviorError::NothingVerified { project: project.path().to_owned() }.into());
    }
    let open = clips.len() - found.len();
    let view = ClipView { most_pictures: USUAL_PICTURES, ..ClipView::default() };
    let options = AddOptions { recording: None, labels: &[], per_label: USUAL_PER_LABEL, view };
    let mut left_out: BTreeMap<&'static str, usize> = BTreeMap::new();
    let found = chosen(found, &options, &project.vocabulary()?, &mut left_out);
    left_out.extend((open > 0).then_some(("that nobody has accepted or edited", open)));
    if found.is_empty() {
        return Ok(BankReport { left_out, ..list(project)? });
    }
    let made = shown_of(job, project, &mut info.clone(), &found, view)?;
    Ok(BankReport { left_out, ..keep(project, made)? })
}

/// Reads examples that another project wrote.
///
/// # Errors
/// When the file is none, or its examples were measured otherwise; nothing is added then.
pub fn import(project: &mut Project, path: &Path) -> Result<BankReport, JobError> {
    let made =
        from_file(&read_text(path)?).map_err(|source| BehaviorError::ExampleFile { path: path.to_owned(), source })?;
    keep(project, made)
}

/// Writes the bank with its pictures.
///
/// # Errors
/// When it is empty, or the file cannot be written; an earlier file stays then.
pub fn export(project: &Project, path: &Path) -> Result<BankReport, JobError> {
    if open::is_same_file(project.path(), path) {
        return Err(JobError::WouldOverwrite { path: path.to_owned() });
    }
    let all: Vec<ShownExample> = project.examples()?.into_iter().map(|(_, shown)| shown).collect();
    if all.is_empty() {
        return Err(BehaviorError::NoExamples { project: project.path().to_owned() }.into());
    }
    let text = to_file(&all).map_err(|error| JobError::Model { message: error.to_string() })?;
    let failed = |source| JobError::Io { action: "write", path: path.to_owned(), source };
    whole_file::write(path, |mut file| std::io::Write::write_all(&mut file, text.as_bytes()).map_err(failed))?;
    list(project)
}

/// Takes examples away: those of a label, of a recording, or all.
///
/// # Errors
/// When there are none such.
pub fn remove(project: &mut Project, label: Option<&str>, recording: Option<&str>) -> Result<BankReport, JobError> {
    let is_meant = |example: &Example| {
        label.is_none_or(|label| example.label == label) && recording.is_none_or(|name| example.recording == name)
    };
    let all = project.examples()?;
    let gone: Vec<ExampleId> = all.iter().filter(|(_, it)| is_meant(&it.example)).map(|(id, _)| *id).collect();
    if gone.is_empty() {
        return Err(BehaviorError::NoExamples { project: project.path().to_owned() }.into());
    }
    project.change_examples(&gone, &[], now_unix_ms())?;
    Ok(BankReport { removed: gone.len(), ..list(project)? })
}

/// Adds examples to the bank; one of the same clip gives way.
fn keep(project: &mut Project, made: Vec<ShownExample>) -> Result<BankReport, JobError> {
    let known = project.examples()?;
    let is_replaced = |old: &Example| made.iter().any(|new| new.example.is_of_same_clip(old));
    let gone: Vec<ExampleId> = known.iter().filter(|(_, it)| is_replaced(&it.example)).map(|(id, _)| *id).collect();
    // The bank says whether they belong together.
    let kept = known.into_iter().filter(|(id, _)| !gone.contains(id)).map(|(_, shown)| shown.example);
    let mut bank = Bank::try_from(kept.collect::<Vec<_>>()).map_err(BehaviorError::Examples)?;
    made.iter().try_for_each(|shown| bank.add(shown.example.clone())).map_err(BehaviorError::Examples)?;
    project.change_examples(&gone, &made, now_unix_ms())?;
    Ok(BankReport { added: made.len(), replaced: gone.len(), ..list(project)? })
}

/// The segments that become examples, with who verified them.
fn chosen(
    segments: Vec<(Segment, String)>,
    options: &AddOptions<'_>,
    vocabulary: &Vocabulary,
    left_out: &mut BTreeMap<&'static str, usize>,
) -> Vec<(Segment, String)> {
    let mut by_label: BTreeMap<String, Vec<(Segment, String)>> = BTreeMap::new();
    for (segment, by) in segments {
        let reason = if segment.kind == SegmentKind::Point {
            Some("moments of one frame")
        } else if !options.labels.is_empty() && !options.labels.contains(&segment.label) {
            Some("of labels that were not named")
        } else if names_another_label(vocabulary, &segment).is_some() {
            Some("described as something else")
        } else {
            None
        };
        match reason {
            Some(reason) => *left_out.entry(reason).or_default() += 1,
            None => by_label.entry(segment.label.clone()).or_default().push((segment, by)),
        }
    }
    let mut found = Vec::new();
    for (_, mut own) in by_label {
        own.sort_by_key(|(segment, _)| (segment.start_frame, segment.animal));
        let (count, wanted) = (own.len(), options.per_label.min(own.len()));
        if wanted < count {
            *left_out.entry("more than are wanted of their label").or_default() += count - wanted;
        }
        let is_taken = |at: usize| (at * wanted / count) != ((at + 1) * wanted / count);
        found.extend(own.into_iter().enumerate().filter(|(at, _)| is_taken(*at)).map(|(_, it)| it));
    }
    found
}

/// The frames of a segment that are shown: all, or the middle of a long one.
fn middle(segment: &Segment, fps: f64) -> [u32; 2] {
    let length = segment.stop_frame - segment.start_frame;
    let most = ((ClipLimits::LONGEST_SECS * fps) as u32).max(1);
    let start_frame = segment.start_frame + length.saturating_sub(most) / 2;
    [start_frame, start_frame + length.min(most)]
}

/// Draws and measures the clips of a recording.
fn shown_of(
    job: &Job<'_>,
    project: &mut Project,
    info: &mut RecordingInfo,
    chosen: &[(Segment, String)],
    view: ClipView,
) -> Result<Vec<ShownExample>, JobError> {
    let subjects = subjects::load(job, project, info, None)?;
    let recording = open::recording_of(project, info)?;
    let Some(source) = pixels::pictures(&recording)? else {
        return Err(BehaviorError::NothingToShow { recording: info.name.clone() }.into());
    };
    let names: Vec<String> = project.animals(info.id)?.into_iter().map(|animal| animal.name).collect();
    let bodies = Bodies::of(&subjects.tracks);
    let seen = Sightings::of(project, &recording, info, &subjects, &bodies)?;
    let clip = |segment: &Segment| {
        let [start_frame, stop_frame] = middle(segment, info.fps);
        Clip { id: ClipId(0), animal: segment.animal, start_frame, stop_frame, cluster: None }
    };
    let clips: Vec<Clip> = chosen.iter().map(|(segment, _)| clip(segment)).collect();
    let features = features(&subjects, &bodies, &clips);
    let rules = Rules::mouse();
    let describer = Describer::new(&bodies, &subjects.zones, &rules, &names);
    let prints = fingerprints(&recording)?;
    let artist = Artist::new(source, info.frame_count, view, names.clone());
    job.phase(format!("show examples of {}", info.name), clips.len() as u64, "clips");
    let mut made = Vec::new();
    for (at, ((segment, by), clip)) in chosen.iter().zip(&clips).enumerate() {
        job.check()?;
        let pictures = block_on(job, &Stop::default(), None, artist.draw(&seen, clip))?;
        let name = |animal: AnimalId| names.get(animal.index()).cloned().unwrap_or_default();
        let description = match segment.description.trim() {
            "" => describer.sentence(clip.animal, clip.frames(), &caption_of(segment)),
            words => words.to_owned(),
        };
        let example = Example {
            recording: info.name.clone(),
            fingerprints: prints.clone(),
            subject: info.subject.clone(),
            session: info.session.clone(),
            animal: name(segment.animal),
            start_frame: clip.start_frame,
            stop_frame: clip.stop_frame,
            label: segment.label.clone(),
            partner: segment.partner.map(name),
            role: segment.role,
            description,
            features: features[at].clone(),
            verified_by: by.clone(),
        };
        made.push(ShownExample { example, pictures });
        job.done(at as u64 + 1);
    }
    Ok(made)
}

fn caption_of(segment: &Segment) -> Caption {
    Caption {
        label: segment.label.clone(),
        description: segment.description.clone(),
        partner: segment.partner,
        role: segment.role,
        confidence: 1.0,
    }
}

/// What is measured of clips, for finding examples that are near; of an arena nothing is.
fn features(subjects: &Subjects, bodies: &Bodies, clips: &[Clip]) -> Vec<Vec<f32>> {
    if subjects.origin == Origin::Arena {
        return vec![vec![f32::NAN; BoutMeasures::names().len()]; clips.len()];
    }
    let bouts: Vec<_> = clips.iter().map(|clip| (clip.animal, clip.frames())).collect();
    BoutMeasures::new(bodies).rows(&bouts).rows().into_iter().map(|row| row.to_vec()).collect()
}

fn fingerprints(recording: &recording::Recording) -> Result<Vec<String>, JobError> {
    let prints = recording::content_fingerprints(recording)?;
    Ok(prints.into_iter().map(|print| print.to_hex().to_string()).collect())
}

fn tokens_of(shown: &ShownExample, profile: &Profile) -> u64 {
    ANSWER_TOKENS + shown.pictures.iter().map(|(_, picture)| profile.picture_tokens(picture.size_px)).sum::<u64>()
}

/// The examples of a run, and how they are picked: kept with the run, so that it can be done again from its answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Showcase {
    /// Examples that were shown beside no clip may have lost their pictures.
    shown: Vec<ShownExample>,
    options: PickOptions,
}

/// What the examples of a run came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ExamplesReport {
    /// Examples in the bank.
    pub in_bank: usize,
    /// Clips that were shown with any.
    pub clips: usize,
    /// Examples beside a clip, in the mean.
    pub mean_per_clip: f64,
    /// Their tokens beside a clip, in the mean.
    pub mean_tokens_per_clip: u64,
    /// Examples that might have told an answer and were never shown: those of the recording itself and its copies.
    pub left_out: usize,
}

impl Showcase {
    /// The bank of a project.
    pub fn of(project: &Project, options: PickOptions) -> Result<Self, JobError> {
        let shown: Vec<ShownExample> = project.examples()?.into_iter().map(|(_, shown)| shown).collect();
        if shown.is_empty() {
            return Err(BehaviorError::NoExamples { project: project.path().to_owned() }.into());
        }
        Ok(Self { shown, options })
    }

    /// Calls labels as the vocabulary does now.
    pub fn named_by(mut self, vocabulary: &Vocabulary) -> Self {
        self.shown.iter_mut().for_each(|shown| layer::rename(&mut shown.example.label, vocabulary));
        self
    }

    /// Tells it from others.
    pub fn hash(&self) -> Result<String, JobError> {
        let bytes = serde_json::to_vec(self).map_err(|error| JobError::Model { message: error.to_string() })?;
        Ok(blake3::hash(&bytes).to_hex().to_string())
    }

    /// The examples to show beside each clip.
    pub fn pick(
        &self,
        (recording, info): (&recording::Recording, &RecordingInfo),
        subjects: &Subjects,
        bodies: &Bodies,
        clips: &[Clip],
        profile: &Profile,
    ) -> Result<Vec<Selection>, JobError> {
        let examples: Vec<Example> = self.shown.iter().map(|shown| shown.example.clone()).collect();
        let bank = Bank::try_from(examples).map_err(BehaviorError::Examples)?;
        let prints = fingerprints(recording)?;
        let costs: Vec<u64> = self.shown.iter().map(|shown| tokens_of(shown, profile)).collect();
        let picked = features(subjects, bodies, clips).into_iter().map(|features| {
            let target = Target {
                recording: &info.name,
                fingerprints: &prints,
                subject: info.subject.as_deref(),
                session: info.session.as_deref(),
                features: &features,
            };
            bank.pick(&target, &self.options, |at| costs[at])
        });
        Ok(picked.collect::<Result<_, _>>().map_err(BehaviorError::Examples)?)
    }

    /// Examples as a question takes them.
    pub fn examples(&self, selection: &Selection) -> Vec<questions::Example> {
        let example = |at: usize| {
            let ShownExample { example, pictures } = &self.shown[at];
            questions::Example {
                pictures: pictures.clone(),
                animal: example.animal.clone(),
                label: example.label.clone(),
                description: example.description.clone(),
                partner: example.partner.clone(),
                role: example.role,
            }
        };
        selection.picked.iter().map(|picked| example(picked.example)).collect()
    }

    /// Itself with the pictures of those alone that were picked.
    pub fn used(&self, selections: &[Selection]) -> Self {
        let mut used = self.clone();
        for (at, shown) in used.shown.iter_mut().enumerate() {
            if !selections.iter().any(|selection| selection.picked.iter().any(|picked| picked.example == at)) {
                shown.pictures.clear();
            }
        }
        used
    }

    /// What was shown.
    pub fn report(&self, selections: &[Selection]) -> ExamplesReport {
        let clips = selections.iter().filter(|selection| !selection.picked.is_empty()).count();
        let mean = |sum: u64| sum as f64 / selections.len().max(1) as f64;
        ExamplesReport {
            in_bank: self.shown.len(),
            clips,
            mean_per_clip: mean(selections.iter().map(|it| it.picked.len() as u64).sum()),
            mean_tokens_per_clip: mean(selections.iter().map(|it| it.tokens).sum()).round() as u64,
            left_out: selections.iter().map(|it| it.left_out).max().unwrap_or_default(),
        }
    }
}
