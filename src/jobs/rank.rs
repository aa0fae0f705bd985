//! The review queue: which frames a person should look at first, from the reasons that the runs stored.

use serde::Serialize;

use super::JobError;
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

/// The frames of the recordings, worst first; ties by recording and frame.
///
/// # Errors
/// When nothing is solved yet, or the project cannot be read.
pub fn run(project: &Project, recordings: &[RecordingInfo], by: RankBy) -> Result<Vec<RankedFrame>, JobError> {
    let mut queue = Vec::new();
    for info in recordings {
        let summaries = project.frame_summaries(info.id)?;
        queue.extend(summaries.into_iter().map(|summary| {
            let reasons = reasons_of(&summary);
            (reasons.score(by), info, summary.frame, reasons, summary.state)
        }));
    }
    if queue.is_empty() {
        let name = recordings.first().map(|info| info.name.clone()).unwrap_or_default();
        return Err(JobError::NotSolved { name, project: project.path().to_owned() });
    }
    queue.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.id.cmp(&b.1.id)).then(a.2.cmp(&b.2)));
    let ranked = queue.into_iter().map(|(score, info, frame, reasons, state)| RankedFrame {
        recording: info.name.clone(),
        frame,
        score,
        reprojection_px: reasons.residual_before,
        reasons,
        state,
    });
    Ok(ranked.collect())
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
pub fn summary_of(frame: u32, reasons: &Reasons) -> FrameSummary {
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
        state: FrameState::Todo,
    }
}

/// The reason that speaks loudest for a frame, in a person's words, beside what the other frames are like.
pub fn main_reason(reasons: &Reasons) -> String {
    let said = |value: Option<f64>| value.unwrap_or(0.0);
    let mut words = Vec::new();
    if said(reasons.side) > 0.0 {
        words.push(format!("{:.0} pairs on the wrong sides", said(reasons.side)));
    }
    if said(reasons.margin) > 0.5 {
        words.push(format!("about {:.1} keypoints unsure", said(reasons.margin)));
    }
    if said(reasons.residual_before) > 3.0 {
        words.push(format!("residual {:.1} px", said(reasons.residual_before)));
    }
    if said(reasons.two_views) > 0.0 {
        words.push(format!("{:.0} points seen by two views only", said(reasons.two_views)));
    }
    if said(reasons.jump) > 3.0 {
        words.push(format!("jump {:.1}", said(reasons.jump)));
    }
    if words.is_empty() {
        words.push(format!("bones {:.1}", said(reasons.bones)));
    }
    words.truncate(3);
    words.join(", ")
}
