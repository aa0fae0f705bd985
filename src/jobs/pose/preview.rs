//! "Re-run from here": solves the frames on both sides of a corrected frame again, in memory, and says what would change;
//! taking it writes those frames as one run.
//!
//! The corrected frame counts as a seed: all its labels are believed, since a person looked at it. The re-run goes forward and
//! backward up to the next frame that a person labelled or accepted, and ends where so many frames in a row stay as they are
//! that what follows would too. Frames that no run solved are not begun here. Nothing is written before [`take`].

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::{Value, json};

use super::Assigner;
use super::inputs::Inputs;
use super::work::{NEAR_FRAMES, record};
use crate::jobs::cameras::CameraMap;
use crate::jobs::rank::{is_good, summary_of};
use crate::jobs::{Job, JobError, open};
use crate::model::{CameraId, FrameLabels, KeypointId, Label, Placement, Provenance, Source};
use crate::pose::assist;
use crate::pose::joint::tracker::Track;
use crate::pose::solve::{FrameInput, PoseConfig, PoseSolver, SolvedFrame, Stamp};
use crate::pose::stage4::Solver;
use crate::store::{
    ChangeRecord, FrameState, FrameSummary, Gesture, MachineFrame, Project, RecordingInfo, now_unix_ms,
};

/// What a re-run would change.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The corrected frame.
    pub from: u32,
    /// The frames that were looked at, the corrected one among them.
    pub frames: Range<u32>,
    /// The frames that would change, ascending.
    pub changed: Vec<FrameChange>,
    recording: String,
    solver: Solver,
    solved: Vec<SolvedFrame>,
    cameras: CameraMap,
}

/// A frame that a re-run would change.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameChange {
    /// The frame.
    pub frame: u32,
    /// The labels, by camera and keypoint.
    pub labels: Vec<LabelChange>,
    /// The largest residual over all labelled cameras as it stands, px.
    pub worst_before_px: Option<f64>,
    /// The same afterwards, px.
    pub worst_after_px: Option<f64>,
    /// The learnt chance that a label is wrong, as it stands.
    pub score_before: Option<f64>,
    /// The same afterwards.
    pub score_after: f64,
}

/// A label that a re-run would change.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelChange {
    /// The view.
    pub camera: CameraId,
    /// The keypoint.
    pub keypoint: KeypointId,
    /// Where it is; `None` without a label.
    pub before: Option<Placement>,
    /// Where it would be.
    pub after: Option<Placement>,
    /// Its residual as it stands, px.
    pub residual_before_px: Option<f64>,
    /// Its residual afterwards, px.
    pub residual_after_px: Option<f64>,
}

/// What taking a re-run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Frames written.
    pub frames: usize,
    /// Labels written in them.
    pub labels: usize,
    /// Frames left as they are, since a person labelled or decided about them meanwhile.
    pub left: usize,
}

impl Preview {
    /// How many labels would change.
    pub fn label_count(&self) -> usize {
        self.changed.iter().map(|frame| frame.labels.len()).sum()
    }
}

/// After so many frames in a row without a change, the re-run has joined what stands.
const SETTLED: u32 = 16;

/// Good frames around the corrected one from which the animal's shape is learnt beside the seeds.
const COMPANIONS: usize = 24;

/// Solves again around `frame`, writing nothing.
///
/// # Errors
/// When the recording has no calibration, when no view pair of the frame or of a seed is labelled, when the project cannot be
/// read, or when the job is stopped.
pub fn preview(job: &Job<'_>, project: &Project, recording: Option<&str>, frame: u32) -> Result<Preview, JobError> {
    let info = open::choose(project, recording)?;
    info.require_frame(frame)?;
    let cameras = CameraMap::new(&open::recording_of(project, &info)?, &info)?;
    let (assigner, solver) = latest_options(project, &info)?;
    let summaries = project.frame_summaries(info.id)?;
    let frames = reach(project, &info, &summaries, frame)?;
    let said_by = project.latest_run(info.id, "pose")?.map(|run| run.id);
    let inputs = Inputs { project, info: &info, cameras: &cameras, assigner, said_by };
    let examples = examples(&inputs, &summaries, frame)?;
    let config = PoseConfig { solver, ..PoseConfig::default() };
    let pose = PoseSolver::new(cameras.rig.clone(), project.skeleton().clone(), config, &examples)?;
    job.phase(format!("solve {} again from frame {frame}", info.name), frames.len() as u64 - 1, "frames");

    let mut rerun = Rerun { job, inputs: &inputs, pose: &pose, summaries: &summaries, done: 0, found: Vec::new() };
    let after = rerun.sweep(&examples, frame, (frame + 1..frames.end).collect())?;
    let before = rerun.sweep(&examples, frame, (frames.start..frame).rev().collect())?;
    let mut found = rerun.found;
    found.sort_by_key(|(change, _)| change.frame);
    let (changed, solved) = found.into_iter().unzip();
    let frames = frame - before..frame + after + 1;
    Ok(Preview { from: frame, frames, changed, recording: info.name.clone(), solver, solved, cameras })
}

/// Writes what a preview found, as one run and as one gesture of the annotator `who`, which can be undone. Labels by people
/// stay, and so do whole frames that a person touched since.
///
/// # Errors
/// When `who` is empty or the project cannot be written: nothing is changed then.
pub fn take(project: &mut Project, preview: &Preview, who: &str) -> Result<Taken, JobError> {
    let info = project.recording(&preview.recording)?;
    let mut taken = Taken::default();
    let mut frames = Vec::new();
    for (change, solved) in preview.changed.iter().zip(&preview.solved) {
        if is_touched(project, &info, preview, change, solved)? {
            taken.left += 1;
            continue;
        }
        let records: Vec<ChangeRecord> =
            solved.changes.iter().map(|change| record(&preview.cameras, preview.solver, change)).collect();
        frames.push((solved, records));
        taken.labels += change.labels.len();
    }
    taken.frames = frames.len();
    if frames.is_empty() {
        return Ok(taken);
    }
    let settings = json!({ "from": preview.from, "frames": [preview.frames.start, preview.frames.end] }).to_string();
    let at_unix_ms = now_unix_ms();
    let run = project.begin_run(info.id, KIND, &settings, at_unix_ms)?;
    let kept: Vec<(FrameLabels, FrameSummary)> = frames
        .iter()
        .map(|(solved, _)| {
            let labels = preview.cameras.labels_for_project(&solved.labels);
            let worst = preview.cameras.project_label(solved.worst);
            let summary = summary_of(solved.frame, &solved.reasons, worst);
            (stamped(labels, Stamp { run: Some(run), at_unix_ms }), summary)
        })
        .collect();
    let rows: Vec<(u32, MachineFrame<'_>)> = frames
        .iter()
        .zip(&kept)
        .map(|((solved, changes), (labels, summary))| {
            (solved.frame, MachineFrame { labels, pose: &solved.pose, changes, summary, checkpoints: &[] })
        })
        .collect();
    let plural = if rows.len() == 1 { "" } else { "s" };
    let title = format!("Take {} frame{plural} of the re-run from frame {}", rows.len(), preview.from);
    project.take_machine_frames(info.id, run, &rows, &Gesture { title: &title, annotator: who, at_unix_ms })?;
    project.finish_run(run, now_unix_ms())?;
    Ok(taken)
}

/// Runs of this kind are known as no solving of the whole recording.
const KIND: &str = "pose from a frame";

/// Whether a person labelled a frame or decided about it since it was looked at.
fn is_touched(
    project: &Project,
    info: &RecordingInfo,
    preview: &Preview,
    change: &FrameChange,
    solved: &SolvedFrame,
) -> Result<bool, JobError> {
    if is_decided(project.frame_state(info.id, change.frame)?) {
        return Ok(true);
    }
    let now = preview.cameras.labels_for_rig(&project.labels(info.id, change.frame)?);
    let human = |labels: &FrameLabels| -> Vec<(CameraId, KeypointId, Placement)> {
        let of_people = labels.iter().filter(|(_, _, label)| label.is_human());
        of_people.map(|(camera, keypoint, label)| (camera, keypoint, label.placement)).collect()
    };
    Ok(human(&now) != human(&solved.labels))
}

fn is_decided(state: FrameState) -> bool {
    matches!(state, FrameState::Fixed | FrameState::Accepted)
}

/// The machine's labels with their run and time.
fn stamped(labels: FrameLabels, stamp: Stamp) -> FrameLabels {
    let mut found = FrameLabels::empty(labels.camera_count(), labels.keypoint_count());
    for (camera, keypoint, label) in labels.iter() {
        let mut label = label.clone();
        if !label.is_human() {
            label.provenance.run = stamp.run;
            label.provenance.at_unix_ms = stamp.at_unix_ms;
        }
        found.place(camera, keypoint, label);
    }
    found
}

/// What the latest run was asked for.
fn latest_options(project: &Project, info: &RecordingInfo) -> Result<(Assigner, Solver), JobError> {
    let latest = project.latest_run(info.id, "pose")?;
    let settings: Value = latest.and_then(|run| serde_json::from_str(&run.config_json).ok()).unwrap_or(Value::Null);
    let word = |key: &str| settings.get(key).and_then(Value::as_str);
    let assigner = word("assigner").and_then(|word| word.parse().ok()).unwrap_or_default();
    let solver = word("solver").and_then(|word| word.parse().ok()).unwrap_or_default();
    Ok((assigner, solver))
}

/// The frames around `frame` that were solved and that no person labelled or decided about.
fn reach(
    project: &Project,
    info: &RecordingInfo,
    summaries: &[FrameSummary],
    frame: u32,
) -> Result<Range<u32>, JobError> {
    let human: BTreeSet<u32> = project.human_frames(info.id)?.into_iter().collect();
    let solved = |frame: u32| {
        let found = summaries.binary_search_by_key(&frame, |summary| summary.frame).ok();
        found.is_some_and(|index| !is_decided(summaries[index].state))
    };
    let is_open = |frame: &u32| !human.contains(frame) && solved(*frame);
    let end = (frame + 1..info.frame_count).find(|frame| !is_open(frame)).unwrap_or(info.frame_count);
    let start = (0..frame).rev().find(|frame| !is_open(frame)).map_or(0, |closed| closed + 1);
    Ok(start..end)
}

/// The frames to learn from: people's, the corrected one with all its labels, and good ones around it.
fn examples(inputs: &Inputs<'_>, summaries: &[FrameSummary], frame: u32) -> Result<Vec<FrameInput>, JobError> {
    let mut examples = Vec::new();
    for seed in inputs.project.seed_frames(inputs.info.id)?.into_iter().filter(|seed| *seed != frame) {
        examples.extend(inputs.of(&[seed])?);
    }
    let mut corrected = inputs.of(&[frame])?;
    for input in &mut corrected {
        let labels = inputs.cameras.labels_for_rig(&inputs.project.labels(inputs.info.id, frame)?);
        input.human = Some(believed(&labels));
        input.proposal = None;
    }
    examples.append(&mut corrected);
    let mut good: Vec<u32> = summaries.iter().filter(|summary| is_good(summary)).map(|summary| summary.frame).collect();
    good.retain(|good| !examples.iter().any(|example| example.frame == *good));
    good.sort_by_key(|good| good.abs_diff(frame));
    for good in good.into_iter().take(COMPANIONS) {
        let labels = inputs.cameras.labels_for_rig(&inputs.project.labels(inputs.info.id, good)?);
        let centroids = vec![Vec::new(); inputs.cameras.rig.len()];
        examples.push(FrameInput {
            frame: good,
            centroids,
            human: None,
            proposal: Some(labels),
            ..FrameInput::default()
        });
    }
    Ok(examples)
}

/// The labels of a frame that a person looked at, all as a person's.
fn believed(labels: &FrameLabels) -> FrameLabels {
    let mut found = FrameLabels::empty(labels.camera_count(), labels.keypoint_count());
    for (camera, keypoint, label) in labels.iter() {
        let provenance = Provenance { source: Source::Human, ..label.provenance.clone() };
        found.place(camera, keypoint, Label { provenance, ..label.clone() });
    }
    found
}

/// What both directions share.
struct Rerun<'a> {
    job: &'a Job<'a>,
    inputs: &'a Inputs<'a>,
    pose: &'a PoseSolver,
    summaries: &'a [FrameSummary],
    done: u64,
    found: Vec<(FrameChange, SolvedFrame)>,
}

impl Rerun<'_> {
    /// Solves `frames`, which lead away from the corrected one, until nothing changes any more; says how many were looked at.
    fn sweep(&mut self, examples: &[FrameInput], from: u32, frames: Vec<u32>) -> Result<u32, JobError> {
        let Some(first) = frames.first() else { return Ok(0) };
        let mut track = self.first_track(examples, from, *first > from)?;
        let (chunk, lookahead) = (self.pose.config().chunk, self.pose.config().lookahead);
        let (mut inputs, mut at, mut unchanged): (Vec<FrameInput>, usize, u32) = (Vec::new(), 0, 0);
        while at < frames.len() {
            self.job.check()?;
            let end = (at + chunk + lookahead).min(frames.len());
            inputs.extend(self.inputs.of(&frames[at + inputs.len()..end])?);
            let commit = chunk.min(inputs.len());
            let solved = self.pose.solve(&mut track, &inputs, commit, Stamp::default());
            inputs.drain(..solved.len());
            for frame in solved {
                at += 1;
                match self.compare(&frame)? {
                    Some(change) => {
                        unchanged = 0;
                        self.found.push((change, frame));
                    }
                    None => unchanged += 1,
                }
                if unchanged == SETTLED {
                    return Ok(at as u32);
                }
            }
            self.job.done(self.done + at as u64);
        }
        self.done += at as u64;
        Ok(at as u32)
    }

    /// What is known behind the corrected frame; people's frames right before it tell how the animal moved into it.
    fn first_track(&self, examples: &[FrameInput], from: u32, is_forward: bool) -> Result<Track, JobError> {
        let is_behind = |frame: u32| if is_forward { frame < from } else { frame > from };
        let mut prelude: Vec<&FrameInput> = examples
            .iter()
            .filter(|input| {
                input.human.is_some() && is_behind(input.frame) && input.frame.abs_diff(from) <= NEAR_FRAMES
            })
            .collect();
        prelude.sort_by_key(|input| std::cmp::Reverse(input.frame.abs_diff(from)));
        prelude.extend(examples.iter().find(|input| input.frame == from));
        Ok(self.pose.track(examples, &prelude)?)
    }

    /// How a solved frame differs from what stands; `None` where no label does.
    fn compare(&self, solved: &SolvedFrame) -> Result<Option<FrameChange>, JobError> {
        let cameras = self.inputs.cameras;
        let stands = self.inputs.project.labels(self.inputs.info.id, solved.frame)?;
        let stands = cameras.labels_for_rig(&stands);
        let placement =
            |labels: &FrameLabels, camera, keypoint| labels.get(camera, keypoint).map(|label: &Label| label.placement);
        let mut differing = Vec::new();
        for camera in cameras.rig.ids() {
            for keypoint in (0..stands.keypoint_count() as u8).map(KeypointId) {
                let [before, after] = [&stands, &solved.labels].map(|labels| placement(labels, camera, keypoint));
                if before != after {
                    differing.push((camera, keypoint, before, after));
                }
            }
        }
        if differing.is_empty() {
            return Ok(None);
        }
        let tau_px = self.tau_at_width_px();
        let [before, after] = [&stands, &solved.labels].map(|labels| assist::residuals(&cameras.rig, labels, tau_px));
        let labels = differing.into_iter().map(|(camera, keypoint, was, is)| LabelChange {
            camera: cameras.project_id(camera),
            keypoint,
            before: was,
            after: is,
            residual_before_px: before.get(camera, keypoint),
            residual_after_px: after.get(camera, keypoint),
        });
        let stored = self.summaries.binary_search_by_key(&solved.frame, |summary| summary.frame).ok();
        Ok(Some(FrameChange {
            frame: solved.frame,
            labels: labels.collect(),
            worst_before_px: before.worst().map(|worst| worst.2),
            worst_after_px: after.worst().map(|worst| worst.2),
            score_before: stored.and_then(|index| self.summaries[index].score),
            score_after: solved.reasons.likely_wrong(),
        }))
    }

    fn tau_at_width_px(&self) -> f64 {
        let widest = self.inputs.cameras.rig.cameras.iter().map(|camera| camera.size_px()[0]).max().unwrap_or(1024);
        self.pose.config().tau_px * f64::from(widest) / 1024.0
    }
}
