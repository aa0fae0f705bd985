//! The queue, the overview that it is made from, and re-runs from a corrected frame.

use super::App;
use super::OVERVIEW_EVERY_SECS;
use super::command::{Command, Dialog, Page, QueueStep};
use super::event::Event;
use super::overview::{FrameMark, Overview};
use super::queue::{QueueRow, first_threshold_px};
use super::series::Series;
use super::state::Urgency;
use super::task::{TaskKind, TaskRequest};
use crate::jobs::labelling::Act;
use crate::model::RecordingId;
use crate::pose::ranking::RankBy;
use crate::store::FrameState;

/// So often the points of all frames are read again while a job changes frames, seconds.
const SERIES_EVERY_SECS: f64 = 10.0;

impl App {
    /// Reads the overview again where it is out of date: at once, or now and then while a job changes frames.
    pub(super) fn refresh_overview(&mut self) {
        let is_due = self.state.job.is_none() || self.state.now_secs - self.overview_secs >= OVERVIEW_EVERY_SECS;
        if !self.overview_is_stale || self.reading_overview || !is_due || self.state.session.is_none() {
            return;
        }
        self.overview_is_stale = false;
        self.reading_overview = true;
        self.overview_secs = self.state.now_secs;
        let outbox = self.outbox.clone();
        // The keeper only opens a connection; reading all frames takes a thread of its own, so that edits do not wait.
        self.ask(move |desk| {
            let opened = desk.project.another();
            let info = desk.info.clone();
            let spawned = std::thread::Builder::new().name("overview".to_owned()).spawn(move || {
                let loaded = opened.map_err(Into::into).and_then(|project| Overview::load(&project, &info));
                outbox.send(Event::Overview(loaded.map(Box::new).map_err(|error| error.to_string())));
            });
            match spawned {
                Ok(_) => Event::Refreshed(None),
                Err(error) => Event::Frame(Err(format!("The system gives no more threads: {error}"))),
            }
        });
    }

    pub(super) fn take_overview(&mut self, result: Result<Box<(Overview, Vec<QueueRow>)>, String>) {
        self.reading_overview = false;
        let (mut overview, rows) = match result {
            Ok(loaded) => *loaded,
            Err(message) => return self.state.notify(Urgency::Error, message),
        };
        let Some(session) = &mut self.state.session else { return };
        if overview.marks.len() != session.info.frame_count as usize {
            return;
        }
        let is_first = session.overview.is_none();
        if let Some(old) = &session.overview {
            overview.revision = old.revision + 1;
            // The last frame that has a residual now and had none, or another one, before.
            let differs = |(_, (new, old)): &(usize, (&FrameMark, &FrameMark))| {
                !new.residual_px.is_nan() && new.residual_px.to_bits() != old.residual_px.to_bits()
            };
            let mut pairs = overview.marks.iter().zip(&old.marks).enumerate();
            overview.newest = pairs.rfind(differs).map(|(frame, _)| frame as u32);
        }
        session.overview = Some(overview);
        session.series.is_stale = true;
        let is_new = session.queue.rows().len() != rows.len();
        if is_first || is_new {
            session.queue = session.queue.refilled(&rows);
            if !session.threshold_is_chosen {
                session.queue.set_threshold(first_threshold_px(&rows));
            }
        } else {
            // The order stays until somebody asks for another; what is known of each frame does not.
            for row in rows {
                session.queue.update(row.frame, |old| *old = QueueRow { worst: row.worst.or(old.worst), ..row });
            }
        }
        if is_first {
            self.default_seed_frames();
            if std::mem::take(&mut self.page_is_open) {
                self.first_page();
                if self.state.page == Page::Review {
                    self.step_queue(QueueStep::Row(0));
                }
            }
            self.want_seed_state();
            self.frame_changed();
        }
    }

    /// Whether the points of all frames are being read, or are about to be.
    pub(super) fn is_reading_series(&self) -> bool {
        self.state.session.as_ref().is_some_and(|session| session.series.is_loading)
    }

    /// Reads the points of all frames where something shows them and they are out of date: at once, or now and then while a
    /// job changes frames.
    pub(super) fn refresh_series(&mut self) {
        let (now_secs, is_busy) = (self.state.now_secs, self.state.job.is_some());
        let Some(session) = &mut self.state.session else { return };
        let series = &mut session.series;
        let is_due = !is_busy || now_secs - series.read_secs >= SERIES_EVERY_SECS;
        let is_out_of_date = series.is_stale || (series.loaded.is_none() && series.problem.is_none());
        if !(series.is_wanted && is_out_of_date && is_due) || series.is_loading {
            return;
        }
        series.is_loading = true;
        series.is_stale = false;
        series.problem = None;
        series.read_secs = now_secs;
        let (opened, path, info) = (session.connection(), session.path.clone(), session.info.clone());
        let outbox = self.outbox.clone();
        self.spawn("series", move || {
            let loaded = opened.map_err(Into::into).and_then(|project| Series::load(&project, &info));
            outbox.send(Event::Series(path, info.id, loaded.map(Box::new).map_err(|error| error.to_string())));
        });
    }

    pub(super) fn take_series(
        &mut self,
        path: &std::path::Path,
        recording: RecordingId,
        result: Result<Box<Series>, String>,
    ) {
        let Some(session) = &mut self.state.session else { return };
        if session.info.id != recording || session.path != path {
            return;
        }
        let series = &mut session.series;
        series.is_loading = false;
        match result {
            Ok(loaded) => series.take(*loaded),
            Err(message) => {
                series.problem = Some(message.clone());
                self.state.notify(Urgency::Error, message);
            }
        }
    }

    pub(super) fn order_by(&mut self, by: RankBy) {
        let Some(session) = &mut self.state.session else { return };
        session.queue = session.queue.ranked(by);
    }

    pub(super) fn rerank(&mut self) {
        let Some(by) = self.state.session.as_ref().map(|session| session.queue.by()) else { return };
        self.order_by(by);
        self.overview_is_stale = true;
    }

    pub(super) fn step_queue(&mut self, step: QueueStep) {
        let Some(session) = &mut self.state.session else { return };
        let Some(frame) = session.queue.after(session.cursor.frame, step) else {
            if step == QueueStep::NextToDo {
                self.state
                    .notify(Urgency::Success, "Every frame of the queue is decided. Lower the threshold or export.");
            }
            return;
        };
        session.cursor.go_to(frame);
        if let Some((camera, keypoint)) = session.queue.row_of(frame).and_then(|row| row.worst) {
            session.selection.camera = Some(camera);
            session.selection.keypoint = keypoint;
        }
        self.frame_changed();
        self.remember_place_later();
    }

    /// After a run: shows the worst frame, unless one of the queue is shown already.
    pub(super) fn begin_review(&mut self) {
        let Some(session) = &self.state.session else { return };
        if session.queue.shown_len() > 0 && session.queue.shown_position(session.cursor.frame).is_none() {
            self.step_queue(QueueStep::Row(0));
        }
    }

    pub(super) fn preview_rerun(&mut self) {
        let Some(session) = &mut self.state.session else { return };
        session.rerun = None;
        let frame = session.cursor.frame;
        self.start_task(TaskRequest::Rerun(frame));
        if self.state.job.as_ref().is_some_and(|job| job.request.kind() == TaskKind::Rerun) {
            self.show(Some(Dialog::Rerun));
        }
    }

    /// Leaves everything as it is, also while the re-run is still being tried.
    pub(super) fn discard_rerun(&mut self) {
        if let Some(session) = &mut self.state.session {
            session.rerun = None;
        }
        if self.state.job.as_ref().is_some_and(|job| job.request.kind() == TaskKind::Rerun) {
            self.cancel_job();
        }
        if self.state.dialog == Some(Dialog::Rerun) {
            self.show(None);
        }
    }

    /// Decides about the shown frame, and goes to the next. What a person fixed and then accepts stays fixed: the keeper sees
    /// to that, since only it knows whether an edit is still on its way.
    pub(super) fn decide(&mut self, state: FrameState) {
        let Some(session) = &self.state.session else { return };
        let frame = session.cursor.frame;
        if !self.label(Command::Edit(Act::SetState { frame, state })) {
            return;
        }
        if let Some(session) = &mut self.state.session {
            // Until the answer comes, the next step must not lead back here.
            session.queue.update(frame, |row| {
                if row.state != FrameState::Fixed || state != FrameState::Accepted {
                    row.state = state;
                }
            });
        }
        self.step_queue(QueueStep::NextToDo);
    }

    pub(super) fn take_rerun(&mut self) {
        let Some(who) = self.require_annotator(&Command::TakeRerun) else { return };
        let Some(preview) = self.state.session.as_mut().and_then(|session| session.rerun.take()) else { return };
        self.show(None);
        self.start_task(TaskRequest::TakeRerun(preview, who));
    }

    /// After a step in the queue the place is remembered, but the file is written when the page changes or the window closes.
    fn remember_place_later(&mut self) {
        let Some(session) = &self.state.session else { return };
        let (path, frame, page) = (session.path.clone(), session.cursor.frame, self.state.page);
        if let Some(recent) = self.state.settings.recent.iter_mut().find(|recent| recent.path == path) {
            recent.frame = frame;
            recent.page = if page == Page::Behavior { recent.page } else { page };
        }
    }
}
