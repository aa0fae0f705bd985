//! The thread that keeps the open project: reads frames and writes edits, one after the other, in the order asked.
//!
//! What a person does is carried out here against what the project holds at that moment, never against what the window
//! happens to show. Each question is answered by exactly one [`Event`]; the number of open questions is what "Saving" shows.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use super::event::{Event, Outbox};
use crate::jobs::labelling::Labelling;
use crate::recording::Recording;
use crate::store::{Project, RecordingInfo};

/// What the keeper works on.
pub struct Desk {
    /// The project.
    pub project: Project,
    /// The recording that is shown.
    pub info: RecordingInfo,
    /// Its files, where they are there.
    pub recording: Option<Arc<Recording>>,
    /// Its cameras and the rules of labelling.
    pub labelling: Arc<Labelling>,
}

type Question = Box<dyn FnOnce(&mut Desk) -> Event + Send>;

/// The way to the keeper's thread, which ends when this is dropped and everything asked is done.
pub struct Keeper {
    questions: Option<Sender<Question>>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub fn start(mut desk: Desk, outbox: Outbox) -> std::io::Result<Self> {
        let (questions, inbox) = channel::<Question>();
        let thread = std::thread::Builder::new().name("keeper".to_owned()).spawn(move || {
            for question in inbox {
                outbox.send(question(&mut desk));
            }
        })?;
        Ok(Self { questions: Some(questions), thread: Some(thread) })
    }

    /// Asks for something to be done at the desk; its event comes later. Says whether the thread is still there.
    pub fn ask(&self, question: impl FnOnce(&mut Desk) -> Event + Send + 'static) -> bool {
        self.questions.as_ref().is_some_and(|questions| questions.send(Box::new(question)).is_ok())
    }
}

impl Drop for Keeper {
    /// Waits until everything that was asked is done: an edit that was made is never lost by closing the window.
    fn drop(&mut self) {
        self.questions = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
