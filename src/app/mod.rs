//! The app without its picture: what is open, what is shown, what was asked for, and what came back from threads.
//!
//! Each painted frame, the window calls [`App::tick`] and [`App::drain`], hands every command that views sent to
//! [`App::handle`], and then draws from [`App::state`], which views only read. Nothing here blocks: the project belongs to the
//! keeper's thread, long jobs have threads of their own, pictures come from the frame service. Nothing here knows how
//! anything looks.

pub mod command;

pub mod ui_command;

pub mod keys;

pub mod view;

pub mod state;

pub mod session;

pub mod cursor;

pub mod overview;

pub mod series;

pub mod timeline;

pub mod queue;

pub mod insight;

pub mod guide;

pub mod settings;

pub mod model_choice;

pub mod event;

pub mod opening;

pub mod keeper;

pub mod task;

mod handle;

mod take;

mod label;

mod review;

mod work;

mod model;

pub mod why;

mod frame_store;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

pub use command::{Command, Dialog, Page};
pub use state::State;

use crate::jobs::frames::{FrameEvent, FrameService, Picture};
use event::{Event, Outbox};
use settings::Settings;

/// The app.
pub struct App {
    state: State,
    inbox: Receiver<Event>,
    outbox: Outbox,
    settings_path: Option<PathBuf>,
    /// Commands that follow from what came back, carried out with those of the views.
    pending: Vec<Command>,
    /// Questions to threads that are not answered yet, dialogs aside: for tests and benches that wait for them.
    open_questions: usize,
    /// Since when the overview is being read again.
    reading_overview: bool,
    overview_is_stale: bool,
    asking_insight: bool,
    /// What waits until the shown frame was looked at: proposals that were accepted before they were there.
    after_insight: Option<Command>,
    /// Whether the page is chosen by what is to be done, once the overview is there.
    page_is_open: bool,
    /// What follows once an edit of the timeline is kept.
    after_timeline: Option<timeline::TimelineCommand>,
    /// What waits for detector settings to be kept.
    after_detector: Option<Command>,
    /// When the overview was read last while a job ran, seconds.
    overview_secs: f64,
    /// Connection tests so far: an answer of an earlier one is dropped.
    checks_begun: u64,
    /// Readings and drawings of "why" so far, for the same reason.
    whys_begun: u64,
    /// Questions for searches so far, for the same reason: also those of projects that are closed.
    questions_begun: u64,
    /// The threads that put them, each of which holds the project open.
    asking: Vec<std::sync::Weak<()>>,
}

/// So often the overview is read again while a job changes frames, seconds.
const OVERVIEW_EVERY_SECS: f64 = 2.0;

impl App {
    /// An app with these settings, which are saved at `settings_path`; threads call `wake` when they have something to say.
    pub fn new(settings: Settings, settings_path: Option<PathBuf>, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        let (sender, inbox) = channel();
        Self {
            state: State::new(settings),
            inbox,
            outbox: Outbox::new(sender, wake),
            settings_path,
            pending: Vec::new(),
            open_questions: 0,
            reading_overview: false,
            overview_is_stale: false,
            asking_insight: false,
            after_insight: None,
            page_is_open: false,
            after_timeline: None,
            after_detector: None,
            overview_secs: 0.0,
            checks_begun: 0,
            whys_begun: 0,
            questions_begun: 0,
            asking: Vec::new(),
        }
    }

    /// What views show.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Notices that are to be shown now.
    pub fn take_notices(&mut self) -> Vec<state::Notice> {
        std::mem::take(&mut self.state.notices)
    }

    /// What makes pictures of the open recording.
    pub fn pictures(&self) -> Option<&Arc<FrameService>> {
        self.state.session.as_ref()?.pictures.as_ref()
    }

    /// The pictures that came since the last call. What else the frame service has to tell goes into the state.
    pub fn take_pictures(&mut self) -> Vec<Arc<Picture>> {
        let Some(service) = self.pictures() else { return Vec::new() };
        let mut pictures = Vec::new();
        for event in service.poll() {
            match event {
                FrameEvent::Picture(picture) => pictures.push(picture),
                other => self.take_trouble(other),
            }
        }
        pictures
    }

    /// Moves the app's clock and what depends on it: playing, a number that was typed. `pictures_are_there` says whether
    /// all views show the frame that they should. Returns the seconds after which it wants to be called again, where it does.
    pub fn tick(&mut self, now_secs: f64, pictures_are_there: bool) -> Option<f64> {
        self.state.now_secs = now_secs;
        self.finish_late_typing();
        let session = self.state.session.as_mut()?;
        if session.cursor.advance(now_secs, pictures_are_there) {
            self.frame_changed();
        }
        self.keep_looping();
        let session = self.state.session.as_mut()?;
        let frame = session.cursor.frame;
        if !pictures_are_there || session.view().is_none() {
            session.seen = None;
        } else if session.seen.is_none_or(|(seen, _)| seen != frame) {
            session.seen = Some((frame, now_secs));
        }
        let looked = session.seen.map(|(_, since)| since + session::LOOK_SECS - now_secs).filter(|secs| *secs > 0.0);
        let typing = session.typing.as_ref().map(|typing| (typing.at_secs + label::TYPING_SECS - now_secs).max(0.0));
        let playing = session.cursor.next_due_secs(now_secs).filter(|_| pictures_are_there);
        [typing, playing, looked].into_iter().flatten().min_by(f64::total_cmp)
    }

    /// Takes in everything that threads have sent, and carries out what follows from it.
    pub fn drain(&mut self) {
        while let Ok(event) = self.inbox.try_recv() {
            self.take(event);
        }
        for command in std::mem::take(&mut self.pending) {
            self.handle(command);
        }
        self.refresh_overview();
        self.refresh_series();
        self.refresh_timeline();
        self.refresh_compare();
        self.refresh_clip_grid();
        self.refresh_strips();
    }

    /// Waits until every question is answered and no job runs, and takes the answers in; says whether that came before
    /// `limit`. For tests, benches and scripts: the window never waits.
    pub fn settle(&mut self, limit: Duration) -> bool {
        let end = std::time::Instant::now() + limit;
        loop {
            self.drain();
            let is_idle = self.open_questions == 0 && self.state.job.is_none() && self.state.opening.is_none();
            let is_reading = self.reading_overview || self.is_reading_series();
            let is_checking = self.state.model_check.as_ref().is_some_and(|check| check.found.is_none());
            let is_checking = is_checking || self.state.key.is_waiting;
            let is_explaining =
                self.state.session.as_ref().is_some_and(|it| it.is_explaining() || it.timeline.is_busy());
            if is_idle && !is_reading && !is_checking && !is_explaining && self.pending.is_empty() {
                return true;
            }
            let left = end.saturating_duration_since(std::time::Instant::now());
            match self.inbox.recv_timeout(left) {
                Ok(event) => self.take(event),
                Err(_) => return false,
            }
        }
    }

    /// Keeps the settings; a failure is told once.
    fn save_settings(&mut self) {
        let Some(path) = &self.settings_path else { return };
        if let Err(error) = self.state.settings.save(path) {
            let text = format!("The settings could not be written to {}: {error}", path.display());
            self.state.notify(state::Urgency::Warning, text);
        }
    }

    /// Puts where one is in the open project on top of the recent ones.
    pub fn remember_place(&mut self) {
        let Some(session) = &self.state.session else { return };
        let recent = settings::Recent {
            path: session.path.clone(),
            opened_unix_ms: crate::store::now_unix_ms(),
            recording: Some(session.info.name.clone()),
            page: self.state.page,
            frame: session.cursor.frame,
            seed_frames: session.seeds.frames.clone(),
            threshold_px: session.threshold_is_chosen.then(|| session.queue.threshold_px()),
        };
        self.state.settings.remember(recent);
        self.save_settings();
    }
}
