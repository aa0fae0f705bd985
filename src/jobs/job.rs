//! What every job shares: the cancel flag and the events that it sends to whoever watches.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::JobError;
use crate::vlm::http::Tally;

/// Set by whoever wants a job to stop; looked at between frames or chunks.
#[derive(Clone, Debug, Default)]
pub struct CancelFlag(Arc<AtomicBool>);

impl CancelFlag {
    /// Asks the job to stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether it was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// What a job says while it works.
#[derive(Clone, Debug, PartialEq)]
pub enum JobEvent {
    /// A part of the work begins, of `total` steps.
    Phase {
        /// What is done, as "detect".
        name: String,
        /// How many steps there are; 0 where nobody knows.
        total: u64,
        /// What a step is, as "frames".
        unit: &'static str,
    },
    /// So many steps of the phase are done.
    Done(u64),
    /// Good to know.
    Note(String),
    /// Results suffer, or something was left out.
    Warning(String),
    /// How the asking of a model stands.
    Asking(Box<Tally>),
}

/// A running job as the work sees it.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    cancel: &'a CancelFlag,
    listener: &'a (dyn Fn(JobEvent) + Sync),
}

impl<'a> Job<'a> {
    /// A job that `cancel` stops and `listener` watches.
    pub fn new(cancel: &'a CancelFlag, listener: &'a (dyn Fn(JobEvent) + Sync)) -> Self {
        Self { cancel, listener }
    }

    /// Begins a part of the work.
    pub fn phase(&self, name: impl Into<String>, total: u64, unit: &'static str) {
        (self.listener)(JobEvent::Phase { name: name.into(), total, unit });
    }

    /// Says that so many steps of the phase are done.
    pub fn done(&self, steps: u64) {
        (self.listener)(JobEvent::Done(steps));
    }

    /// Says something that is good to know.
    pub fn note(&self, message: impl Into<String>) {
        (self.listener)(JobEvent::Note(message.into()));
    }

    /// Says something that results suffer from.
    pub fn warn(&self, message: impl Into<String>) {
        (self.listener)(JobEvent::Warning(message.into()));
    }

    /// Says how the asking of a model stands.
    pub fn asking(&self, tally: Tally) {
        (self.listener)(JobEvent::Asking(Box::new(tally)));
    }

    /// Whether the job was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// Stops the job here if it was asked to: everything stored so far stays.
    ///
    /// # Errors
    /// [`JobError::Stopped`]
    pub fn check(&self) -> Result<(), JobError> {
        if self.is_cancelled() { Err(JobError::Stopped) } else { Ok(()) }
    }
}
