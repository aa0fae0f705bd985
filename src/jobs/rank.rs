//! The review queue: which frames a person should look at first, from the reasons that the runs stored.

use serde::Serialize;

use super::JobError;
use crate::model::{CameraId, KeypointId};
use crate::pose::ranking::{RankBy, Reasons};
use crate::store::{FrameState, FrameSummary, Project, RecordingInfo};

/// A frame of the queue.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RankedFrame {
    /// The recording.
    pub recording: String,
    /// The frame.
    pub frame: u32,
    /// What orders the queue, larger is worse.
    pub score: f64,
    /// Largest residual over all labelled cameras, before stage 4, px.
    pub reprojection_px: Option<f64>,
    /// Why.
    pub reasons: Reasons,
    /// What a person decided.
    pub state: FrameState,
}

/// The frames of a recording, worst first; the earlier one of two that are as bad.
///
/// # Errors
/// When nothing is solved yet, or the project cannot be read.
pub fn run(project: &Project, info: &RecordingInfo, by: RankBy) -> Result<Vec<RankedFrame>, JobError> {
    let summaries = project.frame_summaries(info.id)?;
    if summaries.is_empty() {
        return Err(JobError::NotSolved { name: info.name.clone(), project: project.path().to_owned() });
    }
    let ranked = summaries.iter().map(|summary| {
        let reasons = reasons_of(summary);
        RankedFrame {
            recording: info.name.clone(),
            frame: summary.frame,
            score: reasons.score(by),
            reprojection_px: reasons.residual_before,
            reasons,
            state: summary.state,
        }
    });
    let mut queue: Vec<RankedFrame> = ranked.collect();
    queue.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.frame.cmp(&b.frame)));
    Ok(queue)
}

/// A frame is good where a wrong label in it is less likely than this.
const GOOD_SCORE: f64 = 0.2;

/// The quality gate: whether a solved frame may serve as an example of the animal.
pub(super) fn is_good(summary: &FrameSummary) -> bool {
    summary.score.is_some_and(|score| score < GOOD_SCORE) && summary.side.unwrap_or(0.0) == 0.0
}

/// The reasons of a stored frame.
pub fn reasons_of(summary: &FrameSummary) -> Reasons {
    Reasons {
        residual_before: summary.residual_before,
        residual_after: summary.residual_after,
        jump: summary.jump,
        bones: summary.bones,
        unassigned: summary.unassigned,
        two_views: summary.two_views,
        disagreement: summary.disagreement,
        side: summary.side,
        margin: summary.margin,
    }
}

/// The stored form of a frame's reasons.
///
/// `worst` is the label with the largest residual, by project camera.
pub fn summary_of(frame: u32, reasons: &Reasons, worst: Option<(CameraId, KeypointId)>) -> FrameSummary {
    FrameSummary {
        frame,
        run: None,
        score: Some(reasons.likely_wrong()),
        reprojection_px: reasons.residual_before,
        residual_before: reasons.residual_before,
        residual_after: reasons.residual_after,
        jump: reasons.jump,
        bones: reasons.bones,
        unassigned: reasons.unassigned,
        two_views: reasons.two_views,
        disagreement: reasons.disagreement,
        side: reasons.side,
        margin: reasons.margin,
        worst,
        state: FrameState::Todo,
    }
}

/// What speaks loudest for looking at a frame, in a person's words.
pub fn main_reason(reasons: &Reasons) -> String {
    let said = |value: Option<f64>, least: f64| value.filter(|value| *value > least);
    let counted = |count: f64, one: &str, many: &str| format!("{count:.0} {}", if count < 1.5 { one } else { many });
    let mut words = Vec::new();
    if let Some(count) = said(reasons.side, 0.0) {
        words.push(counted(count, "pair on the wrong sides", "pairs on the wrong sides"));
    }
    if let Some(unsure) = said(reasons.margin, 0.5) {
        words.push(format!("unsure of about {}", counted(unsure, "keypoint", "keypoints")));
    }
    if let Some(residual_px) = said(reasons.residual_before, 3.0) {
        words.push(format!("residual {residual_px:.1} px"));
    }
    if let Some(count) = said(reasons.two_views, 0.0) {
        words.push(counted(count, "point seen by two views only", "points seen by two views only"));
    }
    if let Some(jump) = said(reasons.jump, 3.0) {
        words.push(format!("jump of {jump:.1} times the usual"));
    }
    if let (true, Some(strain)) = (words.is_empty(), reasons.bones) {
        words.push(format!("bones {strain:.1} deviations off in sum"));
    }
    words.truncate(3);
    words.join(", ")
}
