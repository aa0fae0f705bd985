//! Why a label is where it is: what a model was asked about a view, what it saw and said, stage by stage, and what stage 4 made of
//! it. Each question can be asked once more, and with other words, and every answer stays beside the ones before.
//!
//! Pictures are not kept: they are drawn again from the recording and from what the question was made from, and their hashes
//! tell whether they are still what was sent. An answer that a person asked for changes no label by itself: a run that comes to
//! the same question takes the latest answer.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use super::{ModelOptions, block_on};
use crate::jobs::gallery::questions_about;
use crate::jobs::inquiry::{Counts, Inquiry, Terms};
use crate::jobs::shots::{CameraShots, FrameShot, detection_of};
use crate::jobs::{Job, JobError, open, prompts};
use crate::model::{CameraId, FrameLabels, KeypointId, Placement, Skeleton};
use crate::pose::stages::{Basis, Reading, Stages};
use crate::recording::Recording;
use crate::store::{ChangeRecord, ExchangePlace, Project, RecordingInfo};
use crate::vlm::Question;
use crate::vlm::answer::Checked;
use crate::vlm::convention::Convention;
use crate::vlm::exchange::{Exchange, KeptPart};
use crate::vlm::http::Stop;
use crate::vlm::prompt::{Prompt, Prompts};
use crate::vlm::question::Part;
use crate::vlm::sent::{Limits, ViewHeader};

/// What was asked about a frame, and what stage 4 changed there.
#[derive(Clone, Debug, PartialEq)]
pub struct Why {
    /// The frame.
    pub frame: u32,
    /// By view and in the order of the stages. Of the view that was asked for and about which no model was asked: what it would
    /// be asked.
    pub steps: Vec<Step>,
    /// Why there is nothing to ask about that view; `None` where there is.
    pub nothing: Option<String>,
    /// What stage 4 changed.
    pub changes: Vec<ChangeRecord>,
}

/// One question of a stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What it is about, for logs.
    pub tag: String,
    /// What its latest question was made from.
    pub basis: Basis,
    /// Each time that it was asked, the latest last; empty where it was not.
    pub calls: Vec<Call>,
}

/// One time that a question was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Where it belongs: a run's, or a person's.
    pub place: ExchangePlace,
    /// The question and the answer.
    pub exchange: Exchange,
    /// What the answer says; `None` where none came.
    pub reading: Option<Checked<Reading>>,
}

/// How far the answers to one version of a prompt are as the labels are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    /// The version.
    pub version: String,
    /// Dots and nones that are as the labels are.
    pub same: usize,
    /// Dots and nones that were answered.
    pub all: usize,
    /// Questions.
    pub asked: usize,
    /// Those without an answer.
    pub failed: usize,
    at_unix_ms: i64,
}

/// A question as the model saw it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// The system's turn.
    pub system: String,
    /// The user's turn.
    pub parts: Vec<Part>,
    /// Pictures that differ from those that were sent, or cannot be drawn any more: dots were found again since, or the
    /// recording has changed.
    pub changed_pictures: usize,
}

/// Other words to try a question with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// The prompt that they stand for.
    pub prompt: Prompt,
    /// The template.
    pub text: String,
}

impl Why {
    /// The steps of a view; where a keypoint is given, those that its label rests on: its region's and the whole view's.
    pub fn steps_of<'a>(
        &'a self,
        camera: CameraId,
        keypoint: Option<KeypointId>,
        skeleton: &'a Skeleton,
    ) -> impl Iterator<Item = &'a Step> {
        let of_region = move |step: &&Step| {
            let region = step.basis.region.and_then(|region| skeleton.regions.get(region.index()));
            let holds = |keypoint| region.is_none_or(|region| region.keypoints.contains(&keypoint));
            step.basis.camera == camera && keypoint.is_none_or(holds)
        };
        self.steps.iter().filter(of_region)
    }

    /// Whether a model was asked about a view.
    pub fn was_asked(&self, camera: CameraId) -> bool {
        self.steps.iter().any(|step| step.basis.camera == camera && !step.calls.is_empty())
    }

    /// Of all views: for each version of a prompt that was asked, how many of the latest answers' dots and nones are as the
    /// labels are now, and of how many. The version that was asked first stands first.
    pub fn scores(&self, prompt: Prompt, labels: &FrameLabels) -> Vec<Score> {
        let mut scores: Vec<Score> = Vec::new();
        for step in self.steps.iter().filter(|step| step.basis.prompt == prompt) {
            let mut seen: Vec<&str> = Vec::new();
            for call in step.calls.iter().rev() {
                let version = call.exchange.prompt_version.as_str();
                if seen.contains(&version) {
                    continue;
                }
                seen.push(version);
                let (same, all) = call.agreement(step.basis.camera, labels).unwrap_or_default();
                let (asked, failed) = (1, usize::from(call.exchange.answer.is_none()));
                let at_unix_ms = call.exchange.at_unix_ms;
                match scores.iter_mut().find(|score| score.version == version) {
                    Some(score) => {
                        score.same += same;
                        score.all += all;
                        score.asked += asked;
                        score.failed += failed;
                        score.at_unix_ms = score.at_unix_ms.min(at_unix_ms);
                    }
                    None => scores.push(Score { version: version.to_owned(), same, all, asked, failed, at_unix_ms }),
                }
            }
        }
        scores.sort_by_key(|score| score.at_unix_ms);
        scores
    }
}

impl Call {
    /// Of the answer's dots and nones, how many are as the labels are now, and how many there are; `None` for boxes and where
    /// nothing usable was said.
    pub fn agreement(&self, camera: CameraId, labels: &FrameLabels) -> Option<(usize, usize)> {
        let Reading::Numbers(numbers) = &self.reading.as_ref()?.value else { return None };
        let is_same = |(keypoint, number): &(&KeypointId, &Option<_>)| {
            let placement = labels.get(camera, **keypoint).map(|label| label.placement);
            match number {
                Some(number) => placement.and_then(|placement| placement.number()) == Some(*number),
                None => placement == Some(Placement::Absent),
            }
        };
        (!numbers.is_empty()).then(|| (numbers.iter().filter(is_same).count(), numbers.len()))
    }
}

/// What was asked about a frame; of the view `camera`, where nothing was, what would be asked now of a model that writes places
/// like `convention`.
///
/// # Errors
/// When the project or the recording cannot be read.
pub fn why(
    project: &Project,
    info: &RecordingInfo,
    frame: u32,
    camera: CameraId,
    convention: Convention,
) -> Result<Why, JobError> {
    let mut steps = asked(project, info, frame)?;
    let mut nothing = None;
    if steps.iter().all(|step| step.basis.camera != camera) {
        match unasked(project, info, frame, camera, convention)? {
            Ok(more) => steps.extend(more),
            Err(reason) => nothing = Some(reason),
        }
    }
    // Region by region, then the whole view.
    steps.sort_by_key(|step| {
        let Basis { camera, region, prompt, .. } = step.basis;
        (camera, region.is_none() && prompt != Prompt::Regions, region, prompt)
    });
    Ok(Why { frame, steps, nothing, changes: project.changes(info.id, frame)? })
}

/// The questions that were asked about a frame, each with all its answers.
fn asked(project: &Project, info: &RecordingInfo, frame: u32) -> Result<Vec<Step>, JobError> {
    let mut steps: Vec<Step> = Vec::new();
    for (place, exchange) in project.exchanges_of_frame(info.id, frame)? {
        let Some(basis) = Basis::from_json(&exchange.basis) else { continue };
        let call = Call { place, reading: reading(project.skeleton(), &basis, &exchange), exchange };
        match steps.iter_mut().find(|step| step.tag == call.exchange.tag) {
            Some(step) => {
                step.basis = basis;
                step.calls.push(call);
            }
            None => steps.push(Step { tag: call.exchange.tag.clone(), basis, calls: vec![call] }),
        }
    }
    Ok(steps)
}

/// The questions that would be asked about a view now; or why there are none.
fn unasked(
    project: &Project,
    info: &RecordingInfo,
    frame: u32,
    camera: CameraId,
    convention: Convention,
) -> Result<Result<Vec<Step>, String>, JobError> {
    let questions = questions_about(project, info, frame, camera, convention)?;
    let step = |question: Question| {
        let basis = Basis::from_json(&question.basis)?;
        Some(Step { tag: question.tag, basis, calls: Vec::new() })
    };
    Ok(questions.map(|questions| questions.into_iter().filter_map(step).collect()))
}

fn reading(skeleton: &Skeleton, basis: &Basis, exchange: &Exchange) -> Option<Checked<Reading>> {
    let header = ViewHeader::parse(exchange.view.as_deref()?).ok()?;
    Some(basis.read(skeleton, &header, exchange.answer.as_deref()?))
}

/// What the questions of a prompt about a frame are made from, in all views: as they were asked last, and where a view was not
/// asked, as they would be.
///
/// # Errors
/// When the project or the recording cannot be read.
pub fn bases_of(
    project: &Project,
    info: &RecordingInfo,
    frame: u32,
    prompt: Prompt,
    convention: Convention,
) -> Result<Vec<Basis>, JobError> {
    let mut steps = asked(project, info, frame)?;
    for camera in (0..info.cameras.len() as u8).map(CameraId) {
        if steps.iter().all(|step| step.basis.camera != camera) {
            steps.extend(unasked(project, info, frame, camera, convention)?.unwrap_or_default());
        }
    }
    let bases = steps.into_iter().map(|step| step.basis).filter(|basis| basis.prompt == prompt).collect();
    Ok(bases)
}

/// The question of a step as the model saw it at one of its calls, or as it would see it now.
///
/// # Errors
/// When the project or the recording cannot be read, or a template cannot be used.
pub fn sheet(
    project: &Project,
    info: &RecordingInfo,
    frame: u32,
    step: &Step,
    call: Option<&Call>,
) -> Result<Sheet, JobError> {
    let prompts = prompts::in_force(project)?;
    let basis = call.and_then(|call| Basis::from_json(&call.exchange.basis)).unwrap_or_else(|| step.basis.clone());
    let mut album = Album::new(project, info)?;
    let question = album.question(&prompts, frame, &basis)?;
    let Some(call) = call else {
        let Some(question) = question else {
            return Ok(Sheet { system: String::new(), parts: Vec::new(), changed_pictures: 0 });
        };
        return Ok(Sheet { system: question.system, parts: question.parts, changed_pictures: 0 });
    };
    let mut drawn = question.iter().flat_map(Question::pictures);
    let mut changed_pictures = 0;
    let parts = call.exchange.parts.iter().filter_map(|part| match part {
        KeptPart::Text(text) => Some(Part::Text(text.clone())),
        KeptPart::Picture { hash, .. } => {
            let picture = drawn.next();
            changed_pictures += usize::from(picture.is_none_or(|picture| picture.hash() != *hash));
            picture.cloned().map(Part::Picture)
        }
    });
    let parts = parts.collect();
    Ok(Sheet { system: call.exchange.system.clone(), parts, changed_pictures })
}

/// Asks questions about a frame once more: the same, or with other words. Every answer is kept beside the ones before.
///
/// # Errors
/// When a template cannot be used, no picture can be drawn, the model cannot be asked, or the job is stopped. What was answered by
/// then is kept.
pub fn ask(
    job: &Job<'_>,
    project: &mut Project,
    info: &RecordingInfo,
    frame: u32,
    bases: &[Basis],
    trial: Option<&Trial>,
    model: &ModelOptions,
) -> Result<Counts, JobError> {
    let mut prompts = prompts::in_force(project)?;
    if let Some(trial) = trial {
        prompts.replace(trial.prompt, "the prompt that is tried", &trial.text)?;
    }
    job.phase(format!("draw what is asked about {}, frame {frame}", info.name), bases.len() as u64, "questions");
    let mut questions = Vec::new();
    {
        let mut album = Album::new(project, info)?;
        for (basis, done) in bases.iter().zip(1..) {
            job.check()?;
            let basis = Basis { convention: model.profile.convention, ..basis.clone() };
            questions.extend(album.question(&prompts, frame, &basis)?.map(|question| (basis, question)));
            job.done(done);
        }
    }
    let skeleton = project.skeleton().clone();
    let stop = Stop::default();
    let client = model.client(&stop)?;
    let terms = Terms {
        client: client.clone(),
        model: model.name.clone(),
        profile: model.profile.clone(),
        recording: info.id,
        run: None,
        budget: model.budget,
        spent: 0,
        // With the same words the same answer is nobody's wish.
        afresh: trial.is_none(),
    };
    job.phase(format!("ask {} about frame {frame}", model.name), questions.len() as u64, "questions");
    let inquiry = Inquiry::new(project, terms);
    let result = block_on(job, &stop, client.as_ref(), async {
        let asked = questions.iter().map(|(basis, question)| async {
            let header = question.view.as_deref().and_then(|view| ViewHeader::parse(view).ok());
            let Some(header) = header else { return Ok(()) };
            inquiry.ask(frame, question, |text| basis.read(&skeleton, &header, text)).await.map(drop)
        });
        join_all(asked).await.into_iter().collect::<Result<(), JobError>>()
    });
    inquiry.write()?;
    result.map(|()| inquiry.counts())
}

/// The views that questions show, each read once.
struct Album<'a> {
    project: &'a Project,
    info: &'a RecordingInfo,
    recording: Recording,
    /// The recording's name, as tags have it.
    name: Option<String>,
    cameras: BTreeMap<CameraId, CameraShots>,
    shots: BTreeMap<(CameraId, u32), FrameShot>,
}

impl<'a> Album<'a> {
    fn new(project: &'a Project, info: &'a RecordingInfo) -> Result<Self, JobError> {
        let recording = open::recording_of(project, info)?;
        let name = open::name_in_tags(project, info)?;
        Ok(Self { project, info, recording, name, cameras: BTreeMap::new(), shots: BTreeMap::new() })
    }

    /// Reads a view unless it is there.
    fn open(&mut self, camera: CameraId, frame: u32) -> Result<(), JobError> {
        if self.shots.contains_key(&(camera, frame)) {
            return Ok(());
        }
        let unseen = |reason: String| JobError::Unseen {
            camera: self.info.cameras.get(camera.index()).map_or_else(String::new, |camera| camera.name.clone()),
            frame,
            reason,
        };
        let Some(detection) = detection_of(self.project, self.info, camera, frame)? else {
            return Err(unseen("no dots were looked for there".to_owned()));
        };
        let opened = match self.cameras.remove(&camera) {
            Some(opened) => Ok(opened),
            // How bright its pictures are stands in the basis.
            None => CameraShots::open(&self.recording, self.info, camera, &[]),
        };
        let mut opened = opened.map_err(unseen)?;
        let shot = opened.read(frame, detection);
        self.cameras.insert(camera, opened);
        self.shots.insert((camera, frame), shot.map_err(unseen)?);
        Ok(())
    }

    /// A question, made again.
    fn question(&mut self, prompts: &Prompts, frame: u32, basis: &Basis) -> Result<Option<Question>, JobError> {
        let camera = basis.camera;
        for frame in basis.exemplars.iter().map(|shown| shown.frame).chain([frame]) {
            self.open(camera, frame)?;
        }
        let stages = Stages {
            skeleton: self.project.skeleton(),
            prompts,
            convention: basis.convention,
            limits: Limits::default(),
            recording: self.name.as_deref(),
        };
        let exemplars: Vec<_> = basis.exemplars.iter().map(|shown| self.shots[&(camera, shown.frame)].view()).collect();
        Ok(stages.again(basis, &self.shots[&(camera, frame)].view(), &exemplars)?)
    }
}
