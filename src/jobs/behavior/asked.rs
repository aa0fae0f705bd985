//! Captions and merges by models: what the rules say stands in where a model gives no answer.
//!
//! Answers are kept by the inquiry as they come, so that a run that was stopped or killed asks nothing twice; captions and
//! segments are written whole once all are there.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use futures_util::{StreamExt, stream};
use serde::Serialize;

use super::work::Work;
use crate::behavior::bodies::Bodies;
use crate::behavior::clip_pictures::{ClipView, Place};
use crate::behavior::epochs::{self, Mend, Partition};
use crate::behavior::questions::Asker;
use crate::jobs::inquiry::{Counts, Inquiry, Terms, block_on};
use crate::jobs::pose::ModelOptions;
use crate::jobs::{JobError, open, prompts};
use crate::model::{AnimalId, BehaviorSource, Caption, Clip, RunId, Segment, SegmentKind, SegmentStatus};
use crate::recording::FrameSource;
use crate::store::Project;
use crate::vlm::Picture;
use crate::vlm::canvas::Levels;
use crate::vlm::http::Stop;

/// Frames from which the brightness of all pictures is taken.
const TYPICAL_FRAMES: u32 = 9;

/// What models were asked in a run.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AskedReport {
    /// What was asked, and what came of it.
    pub counts: Counts,
    /// Clips whose caption is the rules', since no usable answer came.
    pub by_rules: usize,
    /// What was put right in merges.
    pub mends: Vec<Mend>,
    /// Epochs that the rules merged.
    pub epochs_by_rules: usize,
}

impl Work<'_> {
    /// Asks a model for the caption of each clip in which the animal is seen. `ruled` are the rules' captions, in the order of the
    /// clips.
    pub(super) fn captions_by_model(
        &self,
        project: &mut Project,
        run: RunId,
        model: &ModelOptions,
        bodies: &Bodies,
        clips: &[Clip],
        ruled: Vec<Caption>,
    ) -> Result<(Vec<(Caption, BehaviorSource)>, AskedReport), JobError> {
        let stop = Stop::default();
        let client = model.client(&stop)?;
        let prompts = prompts::in_force(project)?;
        let recording = open::recording_of(project, self.info)?;
        let name = open::name_in_tags(project, self.info)?;
        let Some(mut source) = super::pixels::pictures(&recording)? else {
            return Err(super::BehaviorError::NoPictures { recording: self.info.name.clone() }.into());
        };
        let levels = levels_of(source.as_mut(), self.info.frame_count);
        let names: Vec<String> = self.subjects.animals.iter().map(|animal| animal.name.clone()).collect();
        let asker = Asker {
            prompts: &prompts,
            recording: name.as_deref(),
            names: &names,
            vocabulary: Some(self.vocabulary),
            fps: self.info.fps,
        };
        let terms = self.terms(run, model, client.clone());
        let inquiry = Inquiry::new(project, terms);
        let view = ClipView::default();
        let source = RefCell::new(source);
        let done = Cell::new(0_u64);
        self.job.phase(format!("ask {} about {}", model.name, self.info.name), clips.len() as u64, "clips");
        let ask = |clip: &Clip| {
            let (inquiry, asker, source, clip) = (&inquiry, &asker, &source, *clip);
            let names = &names;
            let done = &done;
            async move {
                if clip.cluster.is_none() || inquiry.is_paused() {
                    return Ok(None);
                }
                let pictures = pictures_of(&view, &mut **source.borrow_mut(), levels, names, bodies, &clip)?;
                let asked = asker.caption(&clip, &pictures, &[], 0).map_err(JobError::from)?;
                let caption = inquiry.ask(clip.start_frame, &asked.question, |text| asked.read(text)).await?;
                done.set(done.get() + 1);
                self.job.done(done.get());
                Ok::<_, JobError>(caption.flatten())
            }
        };
        let at_once = model.endpoints.iter().map(|endpoint| endpoint.concurrency).sum::<usize>().max(1);
        let result = block_on(self.job, &stop, client.as_ref(), async {
            // In the order of the clips, so that frames are read forward.
            let answers: Vec<Result<Option<Caption>, JobError>> =
                stream::iter(clips.iter().map(ask)).buffered(at_once).collect().await;
            answers.into_iter().collect::<Result<Vec<_>, _>>()
        });
        let written = inquiry.write();
        let mut report = AskedReport { counts: inquiry.counts(), ..AskedReport::default() };
        let answers = result?;
        written?;
        let captions = answers.into_iter().zip(ruled).zip(clips).map(|((answer, rule), clip)| match answer {
            Some(caption) => (caption, BehaviorSource::Model),
            None => {
                report.by_rules += usize::from(clip.cluster.is_some());
                (rule, BehaviorSource::Rules)
            }
        });
        let captions = captions.collect();
        Ok((captions, report))
    }

    /// Asks a model which clips belong together, epoch by epoch; `by_rules` merges the clips of an epoch that got no usable
    /// answer.
    pub(super) fn merged_by_model(
        &self,
        project: &mut Project,
        run: RunId,
        model: &ModelOptions,
        clips: &[(Clip, Caption)],
        by_rules: impl Fn(&[(Clip, Caption)]) -> Vec<Segment>,
    ) -> Result<(Vec<Segment>, AskedReport), JobError> {
        let stop = Stop::default();
        let client = model.client(&stop)?;
        let prompts = prompts::in_force(project)?;
        let name = open::name_in_tags(project, self.info)?;
        let names: Vec<String> = self.subjects.animals.iter().map(|animal| animal.name.clone()).collect();
        let asker = Asker {
            prompts: &prompts,
            recording: name.as_deref(),
            names: &names,
            vocabulary: Some(self.vocabulary),
            fps: self.info.fps,
        };
        let inquiry = Inquiry::new(project, self.terms(run, model, client.clone()));
        let mut report = AskedReport::default();
        let mut segments = Vec::new();
        for of_animal in clips.chunk_by(|a, b| a.0.animal == b.0.animal) {
            let plain: Vec<Clip> = of_animal.iter().map(|(clip, _)| *clip).collect();
            let still: Vec<bool> = of_animal.iter().map(|(_, caption)| caption.label == "stationary").collect();
            let parts = epochs::epochs(&plain, &still, self.info.fps);
            let animal = plain.first().map_or(AnimalId(0), |clip| clip.animal);
            self.job.phase(format!("merge {}", names[animal.index()]), parts.len() as u64, "epochs");
            let questions: Result<Vec<_>, JobError> = parts
                .iter()
                .enumerate()
                .map(|(at, epoch)| Ok(asker.merge(animal, at, &of_animal[epoch.shown.clone()])?))
                .collect();
            let questions = questions?;
            let ask = |(question, epoch): (&crate::behavior::questions::MergeQuestion, &epochs::Epoch)| {
                let (inquiry, frame, question) = (&inquiry, plain[epoch.own.start].start_frame, question.clone());
                async move { inquiry.ask(frame, &question.question, |text| question.read(text)).await }
            };
            let at_once = model.endpoints.iter().map(|endpoint| endpoint.concurrency).sum::<usize>().max(1);
            let answers = block_on(self.job, &stop, client.as_ref(), async {
                let answers: Vec<_> =
                    stream::iter(questions.iter().zip(&parts).map(ask)).buffered(at_once).collect().await;
                answers.into_iter().collect::<Result<Vec<_>, JobError>>()
            });
            inquiry.write()?;
            let answers = answers?;
            let mut partitions: Vec<Partition> = Vec::new();
            for (epoch, groups) in parts.iter().zip(&answers) {
                let ids: Vec<_> = plain[epoch.shown.clone()].iter().map(|clip| clip.id).collect();
                let groups = groups.as_deref().unwrap_or_default();
                let partition = epochs::partition(&ids, groups);
                report.mends.extend(&partition.mends);
                partitions.push(partition);
            }
            let group = |(epoch, group): (usize, usize)| answers[epoch].as_ref().and_then(|groups| groups.get(group));
            let same = |a: (usize, usize), b: (usize, usize)| match (group(a), group(b)) {
                (Some(a), Some(b)) => a.label == b.label,
                _ => false,
            };
            for (range, said) in epochs::stitched(&parts, &partitions, same) {
                let own = &of_animal[range];
                let usable = said.filter(|(epoch, _)| !partitions[*epoch].is_hopeless).and_then(group);
                match usable {
                    Some(group) => segments.extend(segment_of(own, &group.label, &group.description)),
                    None => segments.extend(by_rules(own)),
                }
            }
            report.epochs_by_rules += partitions.iter().filter(|partition| partition.is_hopeless).count();
        }
        report.counts = inquiry.counts();
        Ok((segments, report))
    }

    fn terms(&self, run: RunId, model: &ModelOptions, client: Option<crate::vlm::http::Client>) -> Terms {
        Terms {
            client,
            model: model.name.clone(),
            profile: model.profile.clone(),
            recording: self.info.id,
            run: Some(run),
            budget: model.budget,
            afresh: false,
        }
    }
}

/// Clips that a model joined, as a segment: partner and role are those of most of its frames among clips of that label.
fn segment_of(clips: &[(Clip, Caption)], label: &str, description: &str) -> Option<Segment> {
    let (first, last) = (clips.first()?, clips.last()?);
    let length = |clip: &Clip| f64::from(clip.stop_frame - clip.start_frame);
    let alike: Vec<&(Clip, Caption)> = clips.iter().filter(|(_, caption)| caption.label == label).collect();
    let asked = if alike.is_empty() { clips.iter().collect() } else { alike };
    let weight = |caption: &Caption| -> f64 {
        let same = asked.iter().filter(|(_, other)| (other.partner, other.role) == (caption.partner, caption.role));
        same.map(|(clip, _)| length(clip)).sum()
    };
    let (_, usual) = asked.iter().max_by(|a, b| weight(&a.1).total_cmp(&weight(&b.1)))?;
    let frames: f64 = clips.iter().map(|(clip, _)| length(clip)).sum();
    let sure: f64 = clips.iter().map(|(clip, caption)| length(clip) * f64::from(caption.confidence)).sum();
    Some(Segment {
        animal: first.0.animal,
        start_frame: first.0.start_frame,
        stop_frame: last.0.stop_frame,
        kind: SegmentKind::State,
        label: label.to_owned(),
        description: description.to_owned(),
        partner: usual.partner,
        role: usual.role,
        confidence: Some((sure / frames.max(1.0)) as f32),
        status: SegmentStatus::Unreviewed,
        source: BehaviorSource::Model,
        clips: clips.iter().map(|(clip, _)| clip.id).collect(),
    })
}

/// How bright the pictures are shown, from frames spread over the recording.
fn levels_of(source: &mut dyn FrameSource, frame_count: u32) -> Levels {
    let frames = (0..TYPICAL_FRAMES).map(|at| frame_count * at / TYPICAL_FRAMES);
    let shown: Vec<_> = frames.filter_map(|frame| source.read(frame).ok()).collect();
    Levels::robust(&shown.iter().collect::<Vec<_>>())
}

/// The pictures of a clip, with the seconds from its start.
fn pictures_of(
    view: &ClipView,
    source: &mut dyn FrameSource,
    levels: Levels,
    names: &[String],
    bodies: &Bodies,
    clip: &Clip,
) -> Result<Vec<(f64, Arc<Picture>)>, JobError> {
    let mut pictures = Vec::new();
    for frame in view.frames(clip.frames(), bodies.fps) {
        let places: Vec<Option<Place>> = bodies
            .animals
            .iter()
            .map(|body| {
                let center = body.centre[frame as usize];
                center[0].is_finite().then_some(Place { center, length: body.length })
            })
            .collect();
        let shown = source.read(frame)?;
        let picture = view.picture(&shown, levels, names, &places, clip.animal.index());
        pictures.push((f64::from(frame - clip.start_frame) / bodies.fps, Arc::new(picture)));
    }
    Ok(pictures)
}
