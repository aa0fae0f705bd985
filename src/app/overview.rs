//! What is known of all frames of a recording at once: for the time bar, the histogram and the queue.
//!
//! Read once from the project on a thread of its own, then kept up to date frame by frame.

use super::queue::{QueueRow, ReasonKind};
use crate::jobs::JobError;
use crate::jobs::labelling::FrameView;
use crate::jobs::rank::reasons_of;
use crate::pose::ranking::Reasons;
use crate::store::{FrameState, FrameSummary, Project, RecordingInfo};

/// What is known of one frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FrameMark {
    /// Largest residual over all labelled cameras, px; NaN where the frame is not solved.
    pub residual_px: f32,
    /// How many dots were found in all views, as of the last reading of all frames.
    pub dots: u16,
    /// Whether its dots were found.
    pub is_detected: bool,
    /// Whether it is a seed.
    pub is_seed: bool,
    /// Whether a person labelled in it.
    pub is_human: bool,
    /// What a person decided.
    pub state: FrameState,
}

/// All frames of a recording.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    /// By frame.
    pub marks: Vec<FrameMark>,
    /// Grows with every change, for whoever caches what is drawn from it.
    pub revision: u64,
    /// How many frames are detected, solved and decided about.
    pub counts: Counts,
    median: Option<f32>,
    /// The frame that a run finished last, where one is known to have gone on since the overview was read before.
    pub newest: Option<u32>,
}

/// How many frames there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Frames whose dots were found.
    pub detected: usize,
    /// Solved frames.
    pub solved: usize,
    /// Solved frames by decision: to do, fixed, accepted, skipped.
    states: [usize; 4],
}

impl Counts {
    fn of_marks(marks: &[FrameMark]) -> Self {
        let mut counts = Self::default();
        marks.iter().for_each(|mark| counts.add(mark, true));
        counts
    }

    /// Solved frames that somebody decided so about.
    pub fn of(&self, state: FrameState) -> usize {
        self.states[slot(state)]
    }

    fn add(&mut self, mark: &FrameMark, is_added: bool) {
        let change = |count: &mut usize| *count = if is_added { *count + 1 } else { *count - 1 };
        if mark.is_detected {
            change(&mut self.detected);
        }
        if !mark.residual_px.is_nan() {
            change(&mut self.solved);
            change(&mut self.states[slot(mark.state)]);
        }
    }
}

fn slot(state: FrameState) -> usize {
    match state {
        FrameState::Todo => 0,
        FrameState::Fixed => 1,
        FrameState::Accepted => 2,
        FrameState::Skipped => 3,
    }
}

impl Overview {
    /// Reads all frames; also gives the rows of the queue.
    ///
    /// # Errors
    /// When the project cannot be read.
    pub fn load(project: &Project, info: &RecordingInfo) -> Result<(Self, Vec<QueueRow>), JobError> {
        let empty = FrameMark { residual_px: f32::NAN, ..FrameMark::default() };
        let mut marks = vec![empty; info.frame_count as usize];
        let mut set = |frames: Vec<u32>, change: fn(&mut FrameMark)| {
            frames.into_iter().filter_map(|frame| marks.get_mut(frame as usize).map(change)).count();
        };
        set(project.detected_frames(info.id, None)?, |mark| mark.is_detected = true);
        set(project.seed_frames(info.id)?, |mark| mark.is_seed = true);
        set(project.human_frames(info.id)?, |mark| mark.is_human = true);
        for (frame, dots) in project.dot_counts(info.id)? {
            if let Some(mark) = marks.get_mut(frame as usize) {
                mark.dots = dots;
            }
        }
        let summaries = project.frame_summaries(info.id)?;
        let mut rows = Vec::with_capacity(summaries.len());
        for summary in &summaries {
            let Some(mark) = marks.get_mut(summary.frame as usize) else { continue };
            mark.residual_px = residual_of(summary);
            mark.state = summary.state;
            rows.push(row_of(summary, mark.is_seed));
        }
        let counts = Counts::of_marks(&marks);
        let mut residuals: Vec<f32> = marks.iter().map(|mark| mark.residual_px).filter(|px| !px.is_nan()).collect();
        let middle = residuals.len() / 2;
        let median = (middle < residuals.len()).then(|| *residuals.select_nth_unstable_by(middle, f32::total_cmp).1);
        Ok((Self { marks, revision: 0, counts, median, newest: None }, rows))
    }

    /// How many frames have dots.
    pub fn detected_len(&self) -> usize {
        self.counts.detected
    }

    /// How many frames are solved.
    pub fn solved_len(&self) -> usize {
        self.counts.solved
    }

    /// The median of the solved frames' residuals, px.
    pub fn median_residual_px(&self) -> Option<f32> {
        self.median
    }

    /// The seed frames, ascending.
    pub fn seed_frames(&self) -> impl Iterator<Item = u32> {
        (0..).zip(&self.marks).filter(|(_, mark)| mark.is_seed).map(|(frame, _)| frame)
    }

    /// Takes over what a frame is now.
    pub fn update(&mut self, view: &FrameView) {
        let Some(mark) = self.marks.get_mut(view.frame as usize) else { return };
        let was = *mark;
        mark.state = view.state;
        mark.is_seed = view.is_seed;
        mark.is_human = view.labels.iter().any(|(_, _, label)| label.is_human());
        mark.is_detected = view.views.iter().any(Option::is_some);
        mark.residual_px = view.summary.as_ref().map_or(f32::NAN, residual_of);
        let mark = *mark;
        self.counts.add(&was, false);
        self.counts.add(&mark, true);
        let is_same = FrameMark { residual_px: 0.0, ..was } == FrameMark { residual_px: 0.0, ..mark }
            && was.residual_px.to_bits() == mark.residual_px.to_bits();
        if !is_same {
            self.revision += 1;
        }
    }
}

/// The residual that a frame is shown with: as its labels are now, else as they were before stage 4.
fn residual_of(summary: &FrameSummary) -> f32 {
    summary.residual_after.or(summary.residual_before).map_or(f32::NAN, |residual| residual as f32)
}

/// The queue's row of a frame.
///
/// In a seed a person decided about every label: how sure a run was, or how far something moved, says nothing there.
pub fn row_of(summary: &FrameSummary, is_seed: bool) -> QueueRow {
    let all = reasons_of(summary);
    let Reasons { residual_before, residual_after, side, .. } = all;
    let reasons = if is_seed { Reasons { residual_before, residual_after, side, ..Reasons::default() } } else { all };
    let chance = summary.score.filter(|_| !is_seed).unwrap_or_else(|| reasons.likely_wrong());
    let reason = ReasonKind::Nothing;
    QueueRow {
        frame: summary.frame,
        chance: chance as f32,
        residual_px: residual_of(summary),
        reasons,
        reason,
        worst: summary.worst,
        state: summary.state,
    }
}
