//! "Why": what a model was asked about a view and what it said, shown question by question; asking again, and trying other words.

use std::sync::Arc;

use super::App;
use super::command::{AskAgain, Command, Dialog};
use super::event::Event;
use super::state::Urgency;
use super::task::{AskRequest, TaskRequest};
use crate::jobs::pose::Assigner;
use crate::jobs::pose::why::{self, Call, Sheet, Step, Trial, Why};
use crate::jobs::{JobError, prompts};
use crate::model::{CameraId, KeypointId};
use crate::vlm::Part;
use crate::vlm::convention::Convention;
use crate::vlm::prompt::Prompts;

/// What is shown of the questions about a view.
pub struct WhyState {
    /// The frame.
    pub frame: u32,
    /// The view.
    pub camera: CameraId,
    /// The keypoint whose label is explained; `None` for all of the view.
    pub keypoint: Option<KeypointId>,
    /// The questions; `None` while they are read.
    pub found: Option<Result<Arc<Asked>, String>>,
    /// Whether they are being read, perhaps once more.
    pub is_reading: bool,
    /// The question that is looked at.
    pub chosen: Option<Chosen>,
    /// What the model saw of it; `None` while it is drawn.
    pub sheet: Option<Result<Arc<DrawnSheet>, String>>,
    /// Which reading, and which drawing, is waited for: what comes for earlier ones is dropped.
    generation: u64,
}

/// The questions about a frame, and the prompts in force.
#[derive(Debug)]
pub struct Asked {
    /// The questions.
    pub why: Why,
    /// The prompts.
    pub prompts: Prompts,
}

/// A question, and which time that it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// What the question is about, for logs.
    pub tag: String,
    /// Which of its calls; `None` for the latest.
    pub call: Option<usize>,
}

/// A question as the model saw it, ready to be painted.
#[derive(Clone, Debug, PartialEq)]
pub struct DrawnSheet {
    /// The system's turn.
    pub system: String,
    /// The user's turn.
    pub parts: Vec<DrawnPart>,
    /// Pictures that are no longer as they were sent.
    pub changed_pictures: usize,
}

/// A piece of the user's turn.
#[derive(Clone, Debug, PartialEq)]
pub enum DrawnPart {
    /// Words.
    Text(String),
    /// A picture: red, green, blue and opaque, row by row.
    Picture {
        /// Pixels across and down.
        size_px: [u32; 2],
        /// Four bytes for each.
        rgba: Vec<u8>,
    },
}

impl WhyState {
    /// The steps that are listed.
    pub fn steps<'a>(&'a self, asked: &'a Asked, skeleton: &'a crate::model::Skeleton) -> Vec<&'a Step> {
        asked.why.steps_of(self.camera, self.keypoint, skeleton).collect()
    }

    /// The chosen question and the call of it that is looked at, where it was asked.
    pub fn chosen_step<'a>(&self, asked: &'a Asked) -> Option<(&'a Step, Option<&'a Call>)> {
        let chosen = self.chosen.as_ref()?;
        let step = asked.why.steps.iter().find(|step| step.tag == chosen.tag)?;
        Some((step, chosen.call.map_or(step.calls.last(), |call| step.calls.get(call))))
    }
}

impl App {
    /// Shows what a model was asked about a view of the shown frame.
    pub(super) fn show_why(&mut self, camera: CameraId, keypoint: Option<KeypointId>) {
        let Some(session) = &mut self.state.session else { return };
        let frame = session.cursor.frame;
        session.why = Some(WhyState {
            frame,
            camera,
            keypoint,
            found: None,
            is_reading: true,
            chosen: None,
            sheet: None,
            generation: 0,
        });
        self.state.dialog = Some(Dialog::Why);
        self.read_why();
    }

    /// Turns to another view, or from one keypoint's questions to all.
    pub(super) fn turn_why(&mut self, camera: CameraId, keypoint: Option<KeypointId>) {
        let Some(why) = self.state.session.as_mut().and_then(|session| session.why.as_mut()) else { return };
        if why.camera != camera {
            why.chosen = None;
        }
        (why.camera, why.keypoint) = (camera, keypoint);
        self.read_why();
    }

    /// Reads the questions, and what was answered by now.
    pub(super) fn read_why(&mut self) {
        self.whys_begun += 1;
        let generation = self.whys_begun;
        let convention = self.convention();
        let Some(session) = &mut self.state.session else { return };
        let Some(state) = &mut session.why else { return };
        (state.generation, state.is_reading) = (generation, true);
        let (frame, camera) = (state.frame, state.camera);
        let info = session.info.clone();
        let project = session.connection().map_err(JobError::from);
        let outbox = self.outbox.clone();
        self.spawn("why", move || {
            let found = project.and_then(|project| {
                let why = why::why(&project, &info, frame, camera, convention)?;
                Ok(Asked { why, prompts: prompts::in_force(&project)? })
            });
            outbox.send(Event::Why(generation, Box::new(found.map_err(|error| error.to_string()))));
        });
    }

    /// How the chosen model writes places, for questions that were not asked yet.
    fn convention(&self) -> Convention {
        let model = self.state.model.options(Assigner::Vlm, None, &[]);
        model.map(|model| model.profile.convention).unwrap_or_default()
    }

    pub(super) fn take_why(&mut self, generation: u64, found: Result<Asked, String>) {
        let Some(session) = &mut self.state.session else { return };
        let Some(state) = session.why.as_mut().filter(|state| state.generation == generation) else { return };
        state.is_reading = false;
        let found = found.map(Arc::new);
        state.found = Some(found.clone());
        let Ok(asked) = found else { return };
        let tags: Vec<&str> = state.steps(&asked, &session.skeleton).iter().map(|step| step.tag.as_str()).collect();
        let stays = state.chosen.as_ref().is_some_and(|chosen| tags.contains(&chosen.tag.as_str()));
        if !stays {
            // What was decided last explains a label best; what was not asked is read from its beginning.
            let first = if asked.why.was_asked(state.camera) { tags.last() } else { tags.first() };
            state.chosen = first.map(|tag| Chosen { tag: (*tag).to_owned(), call: None });
        }
        self.draw_sheet();
    }

    /// Turns to a question.
    pub(super) fn choose_step(&mut self, chosen: Chosen) {
        let Some(why) = self.state.session.as_mut().and_then(|session| session.why.as_mut()) else { return };
        why.chosen = Some(chosen);
        self.draw_sheet();
    }

    /// Draws what the model saw of the chosen question.
    fn draw_sheet(&mut self) {
        self.whys_begun += 1;
        let generation = self.whys_begun;
        let Some(session) = &mut self.state.session else { return };
        let Some(state) = &mut session.why else { return };
        let Some(Ok(asked)) = state.found.clone() else { return };
        let Some((step, call)) = state.chosen_step(&asked) else { return };
        let (step, call) = (step.clone(), call.cloned());
        state.generation = generation;
        state.sheet = None;
        let (frame, info) = (state.frame, session.info.clone());
        let project = session.connection().map_err(JobError::from);
        let outbox = self.outbox.clone();
        self.spawn("sheet", move || {
            let sheet = project.and_then(|project| why::sheet(&project, &info, frame, &step, call.as_ref()));
            let sheet = sheet.map(drawn).map_err(|error| error.to_string());
            outbox.send(Event::Sheet(generation, Box::new(sheet)));
        });
    }

    pub(super) fn take_sheet(&mut self, generation: u64, sheet: Result<DrawnSheet, String>) {
        let state = self.state.session.as_mut().and_then(|session| session.why.as_mut());
        if let Some(state) = state.filter(|state| state.generation == generation) {
            state.sheet = Some(sheet.map(Arc::new));
        }
    }

    /// Asks the chosen question again, or all of its prompt in the frame, with the model that is chosen on the Run page.
    pub(super) fn ask_again(&mut self, again: AskAgain) {
        let Some(Some(model)) = self.model_for(Assigner::Vlm, &Command::AskAgain(again.clone())) else { return };
        // After leave to send pictures was given.
        self.state.dialog = Some(Dialog::Why);
        let Some(state) = self.state.session.as_ref().and_then(|session| session.why.as_ref()) else { return };
        let Some(Ok(asked)) = &state.found else { return };
        let Some((step, _)) = state.chosen_step(asked) else { return };
        let request = AskRequest {
            frame: state.frame,
            prompt: step.basis.prompt,
            one: (!again.in_all_views).then(|| step.basis.clone()),
            trial: again.trial,
            model,
        };
        self.start_task(TaskRequest::Ask(Box::new(request)));
    }

    /// Puts a prompt in force for the project.
    pub(super) fn keep_prompt(&mut self, trial: Trial) {
        self.ask(move |desk| {
            Event::PromptKept(
                prompts::keep(&desk.project, trial.prompt, &trial.text).map_err(|error| error.to_string()),
            )
        });
    }

    pub(super) fn take_prompt(&mut self, kept: Result<std::path::PathBuf, String>) {
        match kept {
            Ok(path) => {
                self.state.notify(Urgency::Success, format!("From now on runs take the prompt in {}.", path.display()));
                self.read_why();
                self.read_trial_basis();
            }
            Err(message) => self.state.notify(Urgency::Error, message),
        }
    }
}

fn drawn(sheet: Sheet) -> DrawnSheet {
    let parts = sheet.parts.into_iter().filter_map(|part| match part {
        Part::Text(text) => Some(DrawnPart::Text(text)),
        Part::Picture(picture) => Some(DrawnPart::Picture { size_px: picture.size_px, rgba: picture.rgba()? }),
    });
    DrawnSheet { system: sheet.system, parts: parts.collect(), changed_pictures: sheet.changed_pictures }
}
