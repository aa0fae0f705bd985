//! Which clips belong together, asked of a model.

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};

use super::{AskedReport, Kit, Load};
use crate::behavior::epochs::{self, Epoch, MergeGroup, Partition, Piece};
use crate::behavior::questions::MergeQuestion;
use crate::jobs::JobError;
use crate::jobs::behavior::work::Work;
use crate::jobs::inquiry::block_on;
use crate::jobs::pose::ModelOptions;
use crate::model::{BehaviorSource, Caption, Clip, RunId, Segment, SegmentKind, SegmentStatus, SocialRole, Vocabulary};
use crate::store::Project;
use crate::vlm::Question;

/// Tokens of an answer for each clip: its id, and its share of a label and a description.
const CLIP_TOKENS: u64 = 25;

/// Labels of clips in which hardly anything moves.
const STILL: [&str; 2] = ["stationary", "huddle"];

/// Neighbouring clips of one animal that are asked about, or of which nothing is asked.
struct Stretch<'a> {
    clips: &'a [(Clip, Caption)],
    /// None where the rules merge it.
    epochs: Vec<Epoch>,
    /// The question of its first epoch.
    first: usize,
}

/// All that is asked for a merge.
struct Plan<'a> {
    stretches: Vec<Stretch<'a>>,
    /// One per epoch, with the frame at which it begins.
    questions: Vec<(u32, MergeQuestion)>,
}

impl Work<'_> {
    /// What asking for the merge of clips will take.
    pub(in crate::jobs::behavior) fn merge_load(
        &self,
        project: &Project,
        model: &ModelOptions,
        clips: &[(Clip, Caption)],
    ) -> Result<AskedReport, JobError> {
        let kit = self.kit(project, model)?;
        let estimated = self.merge_estimate(project, &kit, &self.plan(&kit, clips)?)?;
        let mut report = AskedReport { about: "merge", model: model.name.clone(), estimated, ..AskedReport::default() };
        self.per_minute(&mut report);
        Ok(report)
    }

    fn merge_estimate(&self, project: &Project, kit: &Kit<'_>, plan: &Plan<'_>) -> Result<Load, JobError> {
        let questions: Vec<Question> = plan.questions.iter().map(|(_, asked)| asked.question.clone()).collect();
        let shown: usize = plan.questions.iter().map(|(_, asked)| asked.shown.len()).sum();
        let calls = questions.len() as u64;
        Load::of(project, kit.model, &questions, calls, (shown as u64 * CLIP_TOKENS).div_ceil(calls.max(1)))
    }

    /// Parts the clips of each animal into epochs. What is not seen is not asked about, and neither is a clip on its own.
    fn plan<'c>(&self, kit: &Kit<'_>, clips: &'c [(Clip, Caption)]) -> Result<Plan<'c>, JobError> {
        let asker = self.asker(kit);
        let mut plan = Plan { stretches: Vec::new(), questions: Vec::new() };
        for of_animal in clips.chunk_by(|a, b| a.0.animal == b.0.animal) {
            let mut epoch_number = 0;
            for stretch in of_animal.chunk_by(|a, b| a.0.cluster.is_some() == b.0.cluster.is_some()) {
                let plain: Vec<Clip> = stretch.iter().map(|(clip, _)| *clip).collect();
                let still: Vec<bool> =
                    stretch.iter().map(|(_, caption)| STILL.contains(&caption.label.as_str())).collect();
                let is_asked = plain.len() > 1 && plain[0].cluster.is_some();
                let epochs = if is_asked { epochs::epochs(&plain, &still, self.info.fps) } else { Vec::new() };
                let first = plan.questions.len();
                for epoch in &epochs {
                    let shown = &stretch[epoch.shown.clone()];
                    let question = asker.merge(plain[0].animal, epoch_number, shown)?;
                    plan.questions.push((plain[epoch.own.start].start_frame, question));
                    epoch_number += 1;
                }
                plan.stretches.push(Stretch { clips: stretch, epochs, first });
            }
        }
        Ok(plan)
    }

    /// Asks a model which clips belong together, epoch by epoch; `by_rules` merges clips of which no usable answer tells. With
    /// `asks_again`, epochs that an earlier run asked about in vain are asked about again.
    pub(in crate::jobs::behavior) fn merged_by_model(
        &self,
        project: &mut Project,
        run: RunId,
        model: &ModelOptions,
        clips: &[(Clip, Caption)],
        asks_again: bool,
        by_rules: impl Fn(&[(Clip, Caption)]) -> Vec<Segment>,
    ) -> Result<(Vec<Segment>, AskedReport), JobError> {
        let kit = self.kit(project, model)?;
        let plan = self.plan(&kit, clips)?;
        let estimated = self.merge_estimate(project, &kit, &plan)?;
        let asked_about = plan.questions.len();
        let mut report = AskedReport { about: "merge", estimated, asked_about, ..AskedReport::default() };
        self.job.note(format!("merge: at most {}", estimated.words(Some(&model.profile))));
        self.job.phase(format!("merge {}", self.info.name), plan.questions.len() as u64, "epochs");
        let inquiry = self.inquiry(project, run, &kit);
        let done = std::cell::Cell::new(0_u64);
        let answers = block_on(self.job, &kit.stop, kit.client.as_ref(), async {
            let each = plan.questions.iter().map(|(frame, asked)| async {
                let (question, read) = (&asked.question, |text: &str| asked.read(text));
                let enough = |groups: &Vec<MergeGroup>| !epochs::partition(&asked.shown, groups).is_hopeless;
                let said = if asks_again {
                    inquiry.ask_until(*frame, question, read, enough).await
                } else {
                    inquiry.ask(*frame, question, read).await
                };
                done.set(done.get() + 1);
                self.job.done(done.get());
                said
            });
            let answers: Vec<_> = stream::iter(each).buffered(kit.at_once()).collect().await;
            answers.into_iter().collect::<Result<Vec<_>, JobError>>()
        });
        let written = inquiry.write();
        self.tally(&mut report, &kit, inquiry.counts());
        let answers: Vec<Vec<MergeGroup>> = answers?.into_iter().map(Option::unwrap_or_default).collect();
        written?;
        let segments = self.joined(&plan, &answers, &mut report, by_rules);
        Ok((segments, report))
    }

    /// The segments that answers make of all stretches.
    fn joined(
        &self,
        plan: &Plan<'_>,
        answers: &[Vec<MergeGroup>],
        report: &mut AskedReport,
        by_rules: impl Fn(&[(Clip, Caption)]) -> Vec<Segment>,
    ) -> Vec<Segment> {
        let mut segments = Vec::new();
        for Stretch { clips, epochs, first } in &plan.stretches {
            if epochs.is_empty() {
                segments.extend(by_rules(clips));
                continue;
            }
            let own = &answers[*first..*first + epochs.len()];
            let asked = &plan.questions[*first..*first + epochs.len()];
            let partitions: Vec<Partition> =
                asked.iter().zip(own).map(|((_, asked), groups)| epochs::partition(&asked.shown, groups)).collect();
            for partition in &partitions {
                report.by_rules += usize::from(partition.is_hopeless);
                report.mends.extend(partition.mends.iter().filter(|_| !partition.is_hopeless));
            }
            let group = |(epoch, group): (usize, usize)| &own[epoch][group];
            let same = |one, other| group(one).label == group(other).label;
            for Piece { clips: range, said } in epochs::stitched(epochs, &partitions, same) {
                let groups: Vec<&MergeGroup> = said.into_iter().map(group).collect();
                match segment_of(&clips[range.clone()], &groups, self.vocabulary) {
                    Some(segment) => {
                        self.note_label(report, &segment.label);
                        segments.push(segment);
                    }
                    None => segments.extend(by_rules(&clips[range])),
                }
            }
        }
        segments
    }
}

/// Clips that a model joined, as a segment; `None` where it says nothing. Partner and role are those of most of its frames among
/// clips of that label.
fn segment_of(clips: &[(Clip, Caption)], said: &[&MergeGroup], vocabulary: &Vocabulary) -> Option<Segment> {
    let (first, last) = (clips.first()?, clips.last()?);
    let label = &said.first()?.label;
    let length = |clip: &Clip| f64::from(clip.stop_frame - clip.start_frame);
    let alike: Vec<&(Clip, Caption)> = clips.iter().filter(|(_, caption)| caption.label == *label).collect();
    let asked = if alike.is_empty() { clips.iter().collect() } else { alike };
    let weight = |caption: &Caption| -> f64 {
        let same = asked.iter().filter(|(_, other)| (other.partner, other.role) == (caption.partner, caption.role));
        same.map(|(clip, _)| length(clip)).sum()
    };
    // Of equal ones the first.
    let (_, usual) = asked.iter().rev().max_by(|a, b| weight(&a.1).total_cmp(&weight(&b.1)))?;
    let is_alone = vocabulary.find(label).is_some_and(|known| !known.is_social);
    let frames: f64 = clips.iter().map(|(clip, _)| length(clip)).sum();
    let sure: f64 = clips.iter().map(|(clip, caption)| length(clip) * f64::from(caption.confidence)).sum();
    let mut told = BTreeSet::new();
    let words = said.iter().map(|group| group.description.as_str()).filter(|words| told.insert(*words));
    Some(Segment {
        animal: first.0.animal,
        start_frame: first.0.start_frame,
        stop_frame: last.0.stop_frame,
        kind: SegmentKind::State,
        label: label.clone(),
        description: words.collect::<Vec<_>>().join(" ").trim().to_owned(),
        partner: usual.partner.filter(|_| !is_alone),
        role: if is_alone { SocialRole::None } else { usual.role },
        confidence: Some((sure / frames.max(1.0)) as f32),
        status: SegmentStatus::Unreviewed,
        source: BehaviorSource::Model,
        modifiers: Vec::new(),
        clips: clips.iter().map(|(clip, _)| clip.id).collect(),
    })
}
