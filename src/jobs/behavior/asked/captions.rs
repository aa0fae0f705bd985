//! What each clip shows, asked of a model.

use std::cell::Cell;
use std::sync::Arc;

use futures_util::future::join_all;
use futures_util::{StreamExt, stream};

use super::artist::{Artist, Drawn};
use super::{AskedReport, Disagreement, Kit, Load};
use crate::behavior::bodies::Bodies;
use crate::behavior::examples::Selection;
use crate::behavior::questions::{Asker, Example};
use crate::behavior::samples;
use crate::jobs::JobError;
use crate::jobs::behavior::examples::Showcase;
use crate::jobs::behavior::sightings::Sightings;
use crate::jobs::behavior::work::Work;
use crate::jobs::behavior::{BehaviorError, pixels};
use crate::jobs::inquiry::{Inquiry, block_on};
use crate::jobs::open;
use crate::jobs::pose::ModelOptions;
use crate::model::{BehaviorSource, BodyWords, Caption, CaptionDetail, Clip, ClipId, RunId};
use crate::store::Project;
use crate::vlm::Picture;

/// Tokens of an answer: two to four sentences and five fields.
const ANSWER_TOKENS: u64 = 150;

/// Tokens of what an open vocabulary asks for beside it.
const OPEN_TOKENS: u64 = 120;

/// So many questions tell how long all are.
const LOOKED_AT: usize = 24;

/// What is there of a run's clips once all were asked about.
pub(in crate::jobs::behavior) struct Captioned {
    /// In the order of the clips.
    pub captions: Vec<(ClipId, Caption, BehaviorSource)>,
    /// What was said beside them.
    pub details: Vec<(ClipId, CaptionDetail)>,
    /// What was asked.
    pub report: AskedReport,
}

/// A clip, what the rules say of it, the examples beside it, and whether an earlier run asked about it in vain.
#[derive(Clone, Copy)]
pub(in crate::jobs::behavior) struct Wanted<'a> {
    pub clip: &'a Clip,
    pub ruled: &'a Caption,
    pub examples: Option<&'a Selection>,
    pub is_asked_again: bool,
}

/// The examples beside each clip, in the order of the clips; none where there is no bank.
#[derive(Clone, Copy, Default)]
pub(in crate::jobs::behavior) struct Shown<'a> {
    pub showcase: Option<&'a Showcase>,
    pub beside: &'a [Selection],
}

impl Shown<'_> {
    /// Beside the clip at a position.
    pub fn at(&self, clip: usize) -> Option<&Selection> {
        self.beside.get(clip)
    }
}

impl Work<'_> {
    /// What asking for the captions of clips will take.
    pub(in crate::jobs::behavior) fn captions_load(
        &self,
        project: &Project,
        model: &ModelOptions,
        clips: &[Clip],
        shown: Shown<'_>,
    ) -> Result<AskedReport, JobError> {
        let kit = self.kit(project, model)?;
        let clips: Vec<_> = clips.iter().enumerate().map(|(at, clip)| (clip, shown.at(at))).collect();
        let estimated = self.estimated(project, &kit, &clips)?;
        let mut report =
            AskedReport { about: "captions", model: model.name.clone(), estimated, ..AskedReport::default() };
        report.examples = shown.showcase.map(|showcase| showcase.report(shown.beside));
        self.per_minute(&mut report);
        Ok(report)
    }

    fn estimated(
        &self,
        project: &Project,
        kit: &Kit<'_>,
        clips: &[(&Clip, Option<&Selection>)],
    ) -> Result<Load, JobError> {
        let asking = &self.options.asking;
        let seen: Vec<_> = clips.iter().filter(|(clip, _)| clip.cluster.is_some()).collect();
        let size_px = asking.view.size_px();
        let blank = Arc::new(Picture { jpeg: Vec::new(), size_px });
        let asker = self.asker(kit);
        let looked_at = seen.iter().step_by(seen.len().div_ceil(LOOKED_AT).max(1));
        let questions: Result<Vec<_>, JobError> = looked_at
            .map(|(clip, beside)| {
                let frames = asking.view.frames(clip.frames(), self.info.fps);
                let pictures: Drawn = frames.iter().map(|_| (0.0, Arc::clone(&blank))).collect();
                Ok(asker.caption(clip, &pictures, &self.examples(*beside), 0)?.question)
            })
            .collect();
        let calls = seen.len() as u64 * u64::from(asking.samples);
        let answer_tokens = ANSWER_TOKENS + if asking.is_open { OPEN_TOKENS } else { 0 };
        Load::of(project, kit.model, &questions?, calls, answer_tokens)
    }

    /// Asks a model for the caption of each clip in which the animal is seen.
    pub(in crate::jobs::behavior) fn captions_by_model(
        &self,
        project: &mut Project,
        run: RunId,
        model: &ModelOptions,
        bodies: &Bodies,
        wanted: &[Wanted<'_>],
    ) -> Result<Captioned, JobError> {
        let kit = self.kit(project, model)?;
        let clips: Vec<_> = wanted.iter().map(|wanted| (wanted.clip, wanted.examples)).collect();
        let mut report = AskedReport {
            about: "captions",
            estimated: self.estimated(project, &kit, &clips)?,
            asked_about: wanted.iter().filter(|wanted| wanted.clip.cluster.is_some()).count(),
            ..AskedReport::default()
        };
        let recording = open::recording_of(project, self.info)?;
        let Some(source) = pixels::pictures(&recording)? else {
            return Err(BehaviorError::NothingToShow { recording: self.info.name.clone() }.into());
        };
        self.job.note(format!("captions: at most {}", report.estimated.words(Some(&model.profile))));
        let seen = Sightings::of(project, &recording, self.info, self.subjects, bodies)?;
        let artist = Artist::new(source, self.info.frame_count, self.options.asking.view, kit.names.clone());
        let inquiry = self.inquiry(project, run, &kit);
        let asked =
            CaptionAsking { inquiry: &inquiry, work: self, asker: self.asker(&kit), artist: &artist, seen: &seen };
        self.job.phase(format!("ask {} about {}", model.name, self.info.name), clips.len() as u64, "clips");
        let done = Cell::new(0_u64);
        let answers = block_on(self.job, &kit.stop, kit.client.as_ref(), async {
            let each = wanted.iter().map(|wanted| async {
                let answer = asked.about(wanted).await;
                done.set(done.get() + 1);
                self.job.done(done.get());
                answer
            });
            // In the order of the clips, so that frames are read forward.
            let answers: Vec<Result<Answers, JobError>> = stream::iter(each).buffered(kit.at_once()).collect().await;
            answers.into_iter().collect::<Result<Vec<_>, _>>()
        });
        let written = inquiry.write();
        self.tally(&mut report, &kit, inquiry.counts());
        let answers = answers?;
        written?;
        Ok(self.captioned(wanted, answers, report))
    }

    /// Examples as a question takes them.
    fn examples(&self, beside: Option<&Selection>) -> Vec<Example> {
        self.showcase.zip(beside).map(|(showcase, beside)| showcase.examples(beside)).unwrap_or_default()
    }

    fn captioned(&self, wanted: &[Wanted<'_>], answers: Vec<Answers>, mut report: AskedReport) -> Captioned {
        let (mut captions, mut details) = (Vec::new(), Vec::new());
        let mut unread = None;
        for (Wanted { clip, ruled, .. }, answers) in wanted.iter().zip(answers) {
            unread = unread.or(answers.unread);
            match samples::combined(answers.said) {
                Some((caption, detail)) => {
                    self.note_label(&mut report, &caption.label);
                    if let Some((_, agreement)) = detail.majority().filter(|(_, share)| *share < 1.0) {
                        report.disagreements.push(Disagreement {
                            clip: clip.id.to_string(),
                            animal: self.subjects.animals[clip.animal.index()].name.clone(),
                            start_frame: clip.start_frame,
                            stop_frame: clip.stop_frame,
                            agreement,
                            labels: detail.samples.iter().map(|sample| sample.label.clone()).collect(),
                        });
                    }
                    captions.push((clip.id, caption, BehaviorSource::Model));
                    details.push((clip.id, detail));
                }
                None => {
                    report.by_rules += usize::from(clip.cluster.is_some());
                    captions.push((clip.id, (*ruled).clone(), BehaviorSource::Rules));
                }
            }
        }
        if let Some(why) = unread {
            self.job.warn(format!("clips that cannot be shown are described by the rules: {why}"));
        }
        Captioned { captions, details, report }
    }
}

/// What was said of a clip.
#[derive(Default)]
struct Answers {
    said: Vec<(Caption, Option<BodyWords>)>,
    /// Why it could not be shown.
    unread: Option<String>,
}

/// What asking for captions needs.
struct CaptionAsking<'a> {
    inquiry: &'a Inquiry<'a>,
    work: &'a Work<'a>,
    asker: Asker<'a>,
    artist: &'a Artist,
    seen: &'a Sightings,
}

impl CaptionAsking<'_> {
    async fn about(&self, wanted: &Wanted<'_>) -> Result<Answers, JobError> {
        let clip = wanted.clip;
        if clip.cluster.is_none() || self.inquiry.is_paused() {
            return Ok(Answers::default());
        }
        let pictures = match self.artist.draw(self.seen, clip).await {
            Ok(pictures) => pictures,
            Err(error) => return Ok(Answers { unread: Some(error.to_string()), ..Answers::default() }),
        };
        let examples = self.work.examples(wanted.examples);
        let samples = 0..self.work.options.asking.samples;
        let samples = samples.map(|sample| self.sample(wanted, (&pictures, &examples), sample));
        let said = join_all(samples).await.into_iter().collect::<Result<Vec<_>, _>>()?;
        Ok(Answers { said: said.into_iter().flatten().collect(), unread: None })
    }

    async fn sample(
        &self,
        wanted: &Wanted<'_>,
        (pictures, examples): (&Drawn, &[Example]),
        sample: u32,
    ) -> Result<Option<(Caption, Option<BodyWords>)>, JobError> {
        let asked = self.asker.caption(wanted.clip, pictures, examples, sample)?;
        let (frame, read) = (wanted.clip.start_frame, |text: &str| asked.read(text));
        let said = if wanted.is_asked_again {
            self.inquiry.ask_until(frame, &asked.question, read, Option::is_some).await
        } else {
            self.inquiry.ask(frame, &asked.question, read).await
        };
        Ok(said?.flatten())
    }
}
