//! What clips show and which belong together, by rules or by models: each layer is stored whole, and what is there already stays.

use super::KIND;
use super::asked::{AskedReport, Shown, Wanted};
use super::options::{Contradiction, Report, Through};
use super::replay;
use super::subjects::Origin;
use super::work::{Work, lengths};
use crate::behavior::bodies::Bodies;
use crate::behavior::consistency::Checker;
use crate::behavior::examples::Selection;
use crate::behavior::merge::merge;
use crate::behavior::rules::Describer;
use crate::jobs::{JobError, open};
use crate::model::{BehaviorSource, Caption, Clip, ClipId, RunId, Segment, SocialRole};
use crate::store::{Project, RunState, now_unix_ms};

/// What is measured of a blob's ends is worth less than what is measured of keypoints.
const BLOB_CONFIDENCE: f32 = 0.5;

/// Under this key a run says whether a model owes it an answer about an epoch.
const LACKING: &str = "epochs without an answer";

impl Work<'_> {
    /// Goes on from clips that were cut elsewhere.
    pub(super) fn describe(&self, project: &mut Project, settings: &str, clips: &[Clip]) -> Result<Report, JobError> {
        project.set_animals(self.info.id, &self.subjects.animals)?;
        let run = project.begin_run(self.info.id, KIND, settings, now_unix_ms())?;
        project.put_clips(run, clips)?;
        let mut report = self.blank_report();
        report.clips = Some(lengths(clips, self.info.fps));
        self.say(project, run, &Bodies::of(&self.subjects.tracks), clips, &mut report)?;
        if self.options.through == Through::Merge {
            project.finish_run(run, now_unix_ms())?;
        } else {
            project.set_run_state(run, RunState::Stopped, now_unix_ms())?;
        }
        Ok(report)
    }

    /// The examples beside each clip that a model is asked about.
    pub(super) fn beside(
        &self,
        project: &Project,
        bodies: &Bodies,
        clips: &[Clip],
    ) -> Result<Vec<Selection>, JobError> {
        let Some((showcase, model)) = self.showcase.zip(self.options.caption_model) else { return Ok(Vec::new()) };
        let recording = open::recording_of(project, self.info)?;
        showcase.pick((&recording, self.info), self.subjects, bodies, clips, &model.profile)
    }

    /// Keeps what a run that asks was asked for, so that it can be done again from its answers.
    fn keep_record(&self, project: &mut Project, run: RunId, shown: Shown<'_>) -> Result<(), JobError> {
        let [caption, merge] =
            [self.options.caption_model, self.options.merge_model].map(|model| model.map(replay::Model::of));
        if caption.is_none() && merge.is_none() {
            return Ok(());
        }
        let record = replay::Record {
            through: self.options.through.as_str().to_owned(),
            align: self.options.align.map(|align| align.as_str().to_owned()),
            caption,
            merge,
            asking: self.options.asking.clone(),
            rules: self.rules.clone(),
            vocabulary: self.vocabulary.clone(),
            showcase: shown.showcase.map(|showcase| showcase.used(shown.beside)),
        };
        let record = serde_json::to_vec(&record).map_err(|error| JobError::Model { message: error.to_string() })?;
        Ok(project.put_checkpoint(run, replay::RECORD, &record)?)
    }

    /// Captions and, where they are wanted, merged segments.
    pub(super) fn say(
        &self,
        project: &mut Project,
        run: RunId,
        bodies: &Bodies,
        clips: &[Clip],
        report: &mut Report,
    ) -> Result<(), JobError> {
        let names: Vec<String> = self.subjects.animals.iter().map(|animal| animal.name.clone()).collect();
        let describer = Describer::new(bodies, &self.subjects.zones, self.rules, &names);
        let beside = self.beside(project, bodies, clips)?;
        let shown = Shown { showcase: self.showcase, beside: &beside };
        self.keep_record(project, run, shown)?;
        let captions = self.captions(project, run, bodies, &describer, (clips, shown), report)?;
        let said: Vec<(Clip, Caption)> =
            clips.iter().zip(captions).map(|(clip, (_, caption, _))| (*clip, caption)).collect();
        if self.options.through < Through::Merge {
            report.labels = frames_by_label(
                said.iter().map(|(clip, caption)| (caption.label.as_str(), clip.stop_frame - clip.start_frame)),
            );
            return Ok(());
        }
        let segments = self.segments(project, run, &describer, &said, report)?;
        report.segments = segments.len();
        report.labels = frames_by_label(
            segments.iter().map(|segment| (segment.label.as_str(), segment.stop_frame - segment.start_frame)),
        );
        let checker = Checker { animals: names.len(), vocabulary: self.vocabulary, bodies: Some((bodies, self.rules)) };
        let findings = checker.check(&segments).into_iter().map(|finding| {
            let segment = &segments[finding.segment];
            Contradiction {
                reason: finding.reason,
                animal: names[segment.animal.index()].clone(),
                start_frame: segment.start_frame,
                stop_frame: segment.stop_frame,
                label: segment.label.clone(),
            }
        });
        report.findings = findings.collect();
        Ok(())
    }

    /// The captions of a run, in the order of its clips: those that are there, and those that are made now. What a model gave no
    /// usable answer to is asked for again.
    fn captions(
        &self,
        project: &mut Project,
        run: RunId,
        bodies: &Bodies,
        describer: &Describer<'_>,
        (clips, shown): (&[Clip], Shown<'_>),
        report: &mut Report,
    ) -> Result<Vec<(ClipId, Caption, BehaviorSource)>, JobError> {
        let stored = project.captions(run)?;
        let is_whole = stored.len() == clips.len();
        let is_lacking = |at: usize| {
            let asks = self.options.caption_model.is_some_and(|model| !model.endpoints.is_empty());
            is_whole && asks && clips[at].cluster.is_some() && stored[at].2 == BehaviorSource::Rules
        };
        if is_whole && !(0..clips.len()).any(is_lacking) {
            return Ok(stored);
        }
        self.job.phase("captions", clips.len() as u64, "clips");
        let mut ruled = Vec::with_capacity(clips.len());
        for (done, clip) in clips.iter().enumerate() {
            self.job.check()?;
            ruled.push(self.caption(describer, clip));
            self.job.done(done as u64 + 1);
        }
        let Some(model) = self.options.caption_model else {
            let said = clips.iter().zip(ruled).map(|(clip, caption)| (clip.id, caption, BehaviorSource::Rules));
            let captions: Vec<_> = said.collect();
            project.put_captions(run, &captions)?;
            return Ok(captions);
        };
        let wanted = |at: usize| Wanted {
            clip: &clips[at],
            ruled: &ruled[at],
            examples: shown.at(at),
            is_asked_again: is_whole,
        };
        let places: Vec<usize> = (0..clips.len()).filter(|at| !is_whole || is_lacking(*at)).collect();
        let wanted: Vec<Wanted<'_>> = places.into_iter().map(wanted).collect();
        let found = self.captions_by_model(project, run, model, bodies, &wanted)?;
        let examples = shown.showcase.map(|showcase| showcase.report(shown.beside));
        report.asked.push(AskedReport { examples, ..found.report });
        if !is_whole {
            project.put_detailed_captions(run, &found.captions, &found.details)?;
            return Ok(found.captions);
        }
        // Segments stand on captions: they go only where a caption has changed.
        let new = |(_, _, source): &&(ClipId, Caption, BehaviorSource)| *source == BehaviorSource::Model;
        let changed: Vec<_> = found.captions.iter().filter(new).cloned().collect();
        if !changed.is_empty() {
            project.put_detailed_captions(run, &changed, &found.details)?;
        }
        Ok(project.captions(run)?)
    }

    /// The merged segments of a run: those that are there, or those that are made now. Epochs to which a model gave no usable
    /// answer are asked about again.
    fn segments(
        &self,
        project: &mut Project,
        run: RunId,
        describer: &Describer<'_>,
        said: &[(Clip, Caption)],
        report: &mut Report,
    ) -> Result<Vec<Segment>, JobError> {
        let stored = project.merged_segments(run)?;
        let is_asked_again = self.options.merge_model.is_some_and(|model| !model.endpoints.is_empty())
            && !stored.is_empty()
            && project.checkpoint(run, LACKING)?.is_some_and(|lacking| !lacking.is_empty());
        if !stored.is_empty() && !is_asked_again {
            return Ok(stored);
        }
        let by_rules = |clips: &[(Clip, Caption)]| merge(clips, self.info.fps, describer);
        let segments = match self.options.merge_model {
            Some(model) => {
                let (segments, asked) = self.merged_by_model(project, run, model, said, is_asked_again, by_rules)?;
                // Before the segments: a run that is killed in between makes them again.
                let lacking = if asked.by_rules > 0 { &b"epochs"[..] } else { &[] };
                project.put_checkpoint(run, LACKING, lacking)?;
                report.asked.push(asked);
                segments
            }
            None => said.chunk_by(|a, b| a.0.animal == b.0.animal).flat_map(by_rules).collect(),
        };
        if segments != stored {
            project.put_merged(run, &segments, now_unix_ms())?;
        }
        Ok(segments)
    }

    /// What the rules say of a clip. Of an arena they can say nothing; of a blob nothing surely.
    pub(super) fn caption(&self, describer: &Describer<'_>, clip: &Clip) -> Caption {
        match self.subjects.origin {
            Origin::Arena => Caption {
                label: "no_behavior".to_owned(),
                description: "No animal was told apart in the pictures.".to_owned(),
                partner: None,
                role: SocialRole::None,
                confidence: 0.0,
            },
            Origin::Blobs => {
                let caption = describer.describe(clip.animal, clip.frames());
                Caption { confidence: caption.confidence * BLOB_CONFIDENCE, ..caption }
            }
            Origin::Tables | Origin::Poses => describer.describe(clip.animal, clip.frames()),
        }
    }
}

fn frames_by_label<'a>(pieces: impl Iterator<Item = (&'a str, u32)>) -> Vec<(String, u64)> {
    let mut sums: Vec<(String, u64)> = Vec::new();
    for (label, frames) in pieces {
        match sums.iter_mut().find(|(known, _)| known == label) {
            Some((_, sum)) => *sum += u64::from(frames),
            None => sums.push((label.to_owned(), u64::from(frames))),
        }
    }
    sums.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    sums
}
