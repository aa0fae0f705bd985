//! What an export of the timeline would write, told on a thread of its own before anything is written.

use std::sync::Arc;

use super::App;
use crate::app::event::Event;
use crate::jobs::behavior::tell::{self, TellFormat, TellPlan};
use crate::jobs::{CancelFlag, Job, JobError};
use crate::model::RecordingId;
use crate::model::timeline::TimelineLayer;

/// Which export is asked about.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanAsk {
    /// The format.
    pub format: TellFormat,
    /// The layer; `None` for what people said where they said anything, else the merge.
    pub layer: Option<TimelineLayer>,
    /// Leaves out what nobody reviewed.
    pub reviewed_only: bool,
    /// Every recording of the project, or the current one.
    pub all_recordings: bool,
    /// What the answer depends on: the reading of the timeline, what undo would take back, whether a job runs.
    pub of: (u64, Option<String>, bool),
}

/// What an export would write.
#[derive(Clone, Debug)]
pub struct ShownPlan {
    /// What was asked.
    pub ask: PlanAsk,
    /// What would be written, or why nothing can be.
    pub found: Result<TellPlan, String>,
}

impl App {
    /// Tells what an export would write, unless that is being told.
    pub(super) fn plan_export(&mut self, ask: PlanAsk) {
        let Some(session) = self.state.session.as_mut().filter(|session| !session.timeline.is_planning) else { return };
        session.timeline.is_planning = true;
        let (opened, info, outbox) = (session.connection(), session.info.clone(), self.outbox.clone());
        self.spawn("export plan", move || {
            let cancel = CancelFlag::default();
            let found = opened.map_err(JobError::from).and_then(|project| {
                let only = (!ask.all_recordings).then_some(info.name.as_str());
                let job = Job::new(&cancel, &|_| ());
                tell::plan(&job, &project, only, ask.format, ask.layer, ask.reviewed_only)
            });
            let found = found.map_err(|error| error.to_string());
            outbox.send(Event::ExportPlan(info.id, Box::new(ShownPlan { ask, found })));
        });
    }

    pub(in crate::app) fn take_export_plan(&mut self, recording: RecordingId, plan: ShownPlan) {
        let Some(session) = self.state.session.as_mut().filter(|session| session.info.id == recording) else { return };
        session.timeline.is_planning = false;
        session.timeline.export_plan = Some(Arc::new(plan));
    }
}
