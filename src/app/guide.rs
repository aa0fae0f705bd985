//! Where a person is led on the Seeds page: what is proposed, what to click next, which frame comes then.
//!
//! Everything is read from what is shown; nothing is computed that takes time.

use super::session::{SeedProgress, Session};
use crate::model::{CameraId, KeypointId, Placement};
use crate::pose::assist::{CheckKind, CheckPlace, NextClick, Proposal, SeedCheck};

/// What to do next in the seed frames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// A click here helps most.
    Click(NextClick),
    /// Everything open is proposed: so many labels.
    AcceptAll(usize),
    /// This label is open, and nothing is known of it.
    Decide(CameraId, KeypointId),
    /// The shown frame is done; this seed frame is not.
    Frame(u32),
    /// All seed frames are done.
    Done,
}

impl Session {
    /// What is proposed in the shown frame where nobody has labelled; also while it is being looked at anew.
    pub fn proposals(&self) -> impl Iterator<Item = &Proposal> {
        let view = self.view();
        let insight = self.insight.as_ref().filter(|insight| {
            view.is_some_and(|view| view.frame == insight.view.frame && view.recording == insight.view.recording)
        });
        let all = insight.map_or(&[][..], |insight| &insight.proposals);
        all.iter().filter(move |proposal| {
            view.is_some_and(|view| {
                let taken = proposal.placement.number().and_then(|dot| view.labels.holder_of(proposal.camera, dot));
                view.labels.get(proposal.camera, proposal.keypoint).is_none_or(|label| !label.is_human())
                    && taken.is_none_or(|holder| holder == proposal.keypoint)
            })
        })
    }

    /// The keypoint whose proposals the next key takes, and how many there are: the selected one's, or, since labelling goes
    /// on by itself, those of the one that was labelled last.
    pub fn keypoint_to_accept(&self) -> Option<(KeypointId, usize)> {
        let count = |keypoint| self.proposals().filter(|proposal| proposal.keypoint == keypoint).count();
        let candidates = [Some(self.selection.keypoint), self.labelled_last];
        candidates.into_iter().flatten().map(|keypoint| (keypoint, count(keypoint))).find(|(_, count)| *count > 0)
    }

    /// How far the shown frame is; in a seed frame only people's labels count.
    pub fn frame_progress(&self) -> SeedProgress {
        let Some(view) = self.view() else { return SeedProgress::default() };
        let mut progress =
            SeedProgress { all: view.labels.camera_count() * view.labels.keypoint_count(), ..SeedProgress::default() };
        let is_seed = self.seeds.frames.contains(&view.frame);
        for (_, _, label) in view.labels.iter().filter(|(_, _, label)| label.is_human() || !is_seed) {
            match label.placement {
                Placement::Absent => progress.none += 1,
                Placement::Centroid { .. } | Placement::Free { .. } => progress.dots += 1,
            }
        }
        progress
    }

    /// Whether every label of a seed frame is decided.
    pub fn is_seed_done(&self, frame: u32) -> bool {
        self.seeds.progress.get(&frame).is_some_and(SeedProgress::is_done)
    }

    /// What to do next; `None` while the frame is being read.
    pub fn next_step(&self) -> Option<NextStep> {
        let view = self.view()?;
        let insight = self.insight.as_ref().filter(|insight| insight.view.frame == view.frame)?;
        if let Some(next) = &insight.next_click {
            return Some(NextStep::Click(next.clone()));
        }
        let proposed = self.proposals().count();
        if proposed > 0 {
            return Some(NextStep::AcceptAll(proposed));
        }
        let is_seed = self.seeds.frames.contains(&view.frame);
        let is_undecided = |camera, keypoint| {
            let label = view.labels.get(camera, keypoint);
            label.is_none_or(|label| is_seed && !label.is_human())
        };
        let mut places = self.skeleton.ids().flat_map(|keypoint| self.cameras().map(move |camera| (camera, keypoint)));
        if let Some((camera, keypoint)) = places.find(|(camera, keypoint)| is_undecided(*camera, *keypoint)) {
            return Some(NextStep::Decide(camera, keypoint));
        }
        let is_open = |frame: &&u32| **frame != view.frame && !self.is_seed_done(**frame);
        let after = self.seeds.frames.iter().filter(|frame| **frame > view.frame).find(is_open);
        let next = after.or_else(|| self.seeds.frames.iter().find(is_open));
        Some(next.map_or(NextStep::Done, |frame| NextStep::Frame(*frame)))
    }

    /// Where to look for a check that is not met.
    pub fn place_of_check(&self, check: &SeedCheck) -> Option<CheckPlace> {
        if check.is_met {
            return None;
        }
        if check.kind == CheckKind::Frames {
            let frame = self.seeds.frames.iter().copied().find(|frame| !self.is_seed_done(*frame))?;
            return Some(CheckPlace { frame, keypoint: None, camera: None });
        }
        check.place
    }
}

impl SeedProgress {
    /// Whether every label is decided.
    pub fn is_done(&self) -> bool {
        self.all > 0 && self.dots + self.none >= self.all
    }

    /// The share that is decided, 0 to 1.
    pub fn share(&self) -> f32 {
        (self.dots + self.none) as f32 / self.all.max(1) as f32
    }
}
