//! The frame store of slow videos: offered once per recording, made beside everything else, declined for good if one likes.

use super::App;
use super::event::{Event, TaskEnd};
use super::state::Urgency;
use super::task::{self, TaskContext, TaskOutcome, TaskRequest};
use crate::jobs::frames::store::{self, StorableChannel};

impl App {
    /// Asks what a store of the open recording would take, unless somebody declined it.
    pub(super) fn plan_store(&mut self) {
        let Some(session) = &self.state.session else { return };
        let (Some(recording), Some(root)) = (session.recording.clone(), store::default_root()) else { return };
        let info = session.info.clone();
        if self.state.settings.declined_stores.contains(&info.fingerprint) {
            return;
        }
        let outbox = self.outbox.clone();
        self.spawn("store plan", move || {
            let mut channels = store::plan(&recording, &info, &root);
            channels.retain(|channel| channel.is_worthwhile && channel.frames_done < channel.frames);
            outbox.send(Event::StorePlan(info.fingerprint, channels));
        });
    }

    pub(super) fn take_store_plan(&mut self, fingerprint: &str, channels: Vec<StorableChannel>) {
        let Some(session) = &mut self.state.session else { return };
        if session.info.fingerprint == fingerprint {
            // One that was begun goes on by itself: somebody wanted it.
            let was_begun = channels.iter().any(|channel| channel.frames_done > 0);
            session.storable = channels;
            if was_begun {
                self.prepare_frames(true);
            }
        }
    }

    /// Makes the store that was offered, or never offers it again.
    pub(super) fn prepare_frames(&mut self, yes: bool) {
        let Some(session) = &mut self.state.session else { return };
        let channels = std::mem::take(&mut session.storable);
        if !yes {
            let fingerprint = session.info.fingerprint.clone();
            if let Some(task) = &self.state.background {
                task.cancel.cancel();
            }
            self.state.settings.declined_stores.push(fingerprint);
            return self.save_settings();
        }
        if self.state.background.is_some() || channels.is_empty() {
            return;
        }
        let context = TaskContext { project: None, info: None };
        let started_secs = self.state.now_secs;
        match task::start(TaskRequest::FrameStore(channels), context, self.outbox.clone(), started_secs) {
            Ok(task) => self.state.background = Some(task),
            Err(error) => self.state.notify(Urgency::Error, format!("The system gives no more threads: {error}")),
        }
    }

    pub(super) fn take_store_end(&mut self, result: Result<Box<TaskOutcome>, TaskEnd>) {
        self.state.background = None;
        match result.map(|outcome| *outcome) {
            Ok(TaskOutcome::FrameStore(prepared)) => {
                for problem in prepared.problems {
                    self.state.notify(Urgency::Warning, problem);
                }
            }
            Err(TaskEnd::Failed(message) | TaskEnd::Paused(message)) => self.state.notify(Urgency::Warning, message),
            Ok(_) | Err(TaskEnd::Stopped) => {}
        }
    }
}
