//! What geometry says about the shown frame and the selected keypoint: curves, ghosts, proposals, ways to mend it, and where
//! a click helps most. Computed by the keeper, for one frame as it was saved.

use std::sync::Arc;

use crate::jobs::labelling::{FrameView, Labelling};
use crate::model::{CameraId, KeypointId};
use crate::pose::assist::{Hypothesis, KeypointAssist, NextClick, Proposal};
use crate::store::Project;

/// What is computed beside a frame.
#[derive(Clone, Debug)]
pub struct Insight {
    /// The frame as it was.
    pub view: Arc<FrameView>,
    /// The keypoint.
    pub keypoint: KeypointId,
    /// What the other views say about the keypoint.
    pub assist: KeypointAssist,
    /// What is proposed for all keypoints.
    pub proposals: Vec<Proposal>,
    /// Ways to mend the keypoint, the best first.
    pub hypotheses: Vec<Hypothesis>,
    /// Where a click helps most.
    pub next_click: Option<NextClick>,
}

impl Insight {
    /// Computes it.
    pub fn of(
        labelling: &Labelling,
        project: &Project,
        view: Arc<FrameView>,
        keypoint: KeypointId,
        carried: &[Proposal],
    ) -> Self {
        let mut proposals = labelling.frame_proposals(&view);
        // What geometry says in this frame goes before what an earlier frame suggests.
        let taken: Vec<(CameraId, KeypointId)> =
            proposals.iter().map(|proposal| (proposal.camera, proposal.keypoint)).collect();
        let is_open = |proposal: &&Proposal| {
            !taken.contains(&(proposal.camera, proposal.keypoint))
                && view.labels.get(proposal.camera, proposal.keypoint).is_none_or(|label| !label.is_human())
                && proposal
                    .placement
                    .number()
                    .and_then(|number| view.labels.holder_of(proposal.camera, number))
                    .is_none_or(|holder| holder == proposal.keypoint)
        };
        proposals.extend(carried.iter().filter(is_open).copied());
        Self {
            assist: labelling.keypoint_assist(&view, keypoint),
            hypotheses: labelling.hypotheses(project, &view, keypoint).unwrap_or_default(),
            next_click: labelling.next_best_click(&view, Some(keypoint)),
            proposals,
            view,
            keypoint,
        }
    }

    /// What is proposed for the keypoint in a view.
    pub fn proposal_in(&self, camera: CameraId) -> Option<&Proposal> {
        self.proposals.iter().find(|proposal| proposal.camera == camera && proposal.keypoint == self.keypoint)
    }
}
