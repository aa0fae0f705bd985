//! Searching by a question in plain words: a model makes a query of it, which is searched for as if it had been typed.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::{Search, TimelineCommand};
use crate::app::App;
use crate::app::State;
use crate::app::command::Command;
use crate::app::event::Event;
use crate::app::state::sentence;
use crate::jobs::behavior::ask::query_of;
use crate::jobs::pose::Assigner;
use crate::jobs::{CancelFlag, Job, JobError};

/// A question, and what became of it. Who drops it stops the asking.
pub struct AskedSearch {
    /// As it was asked.
    pub question: String,
    /// Who is asked.
    pub model: String,
    /// The query that the model made of it, or why there is none; `None` while it is asked.
    pub answer: Option<Result<String, NoQuery>>,
    cancel: CancelFlag,
    generation: u64,
}

/// Why a question did not become a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoQuery {
    /// What is wrong, and what to do.
    pub words: String,
    /// Whether a model has to be chosen first.
    pub needs_model: bool,
}

impl Drop for AskedSearch {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

impl AskedSearch {
    /// Whether the answer is waited for.
    pub fn is_pending(&self) -> bool {
        self.answer.is_none()
    }
}

/// Why nobody can be asked now, with what to do.
pub fn why_no_asker(state: &State) -> Option<NoQuery> {
    if state.session.as_ref().is_some_and(|session| session.read_only.is_some()) {
        let words = "The project is open for reading only, and what a model answers is kept in it.".to_owned();
        return Some(NoQuery { words, needs_model: false });
    }
    let own = &state.language_model;
    let is_own = !own.name.trim().is_empty();
    let wrong = if is_own { own } else { &state.model }.problems(Assigner::Vlm).into_iter().next()?;
    let words = match (wrong.is_missing, is_own) {
        (true, false) => {
            "No model is chosen yet. Choose Model or Hybrid on the Run page and write its name and address.".to_owned()
        }
        (_, false) => format!("The model cannot be asked as it is chosen on the Run page. {}", wrong.words),
        (_, true) => {
            format!("The language model cannot be asked as it is chosen where clips are described. {}", wrong.words)
        }
    };
    Some(NoQuery { words, needs_model: true })
}

/// Waits until threads that were told to stop asking have let go of their project, so that it can be opened to be written.
pub(in crate::app) fn wait_until_let_go(asking: &[Weak<()>]) {
    let end = Instant::now() + Duration::from_secs(5);
    while asking.iter().any(|thread| thread.strong_count() > 0) && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Why there is no answer. The command line speaks of runs, which go on.
fn in_words(error: &JobError) -> String {
    match error {
        JobError::ModelGone { why } => {
            format!("{why} Ask again once that is mended, or choose another model.")
        }
        JobError::BudgetSpent { calls } => {
            format!("The limit of {calls} calls is too low for this question. Raise it and ask again.")
        }
        other => sentence(other.to_string()),
    }
}

impl App {
    /// Has a model make a query of a question. What is shown stays until the answer is there.
    pub(super) fn ask_search(&mut self, question: &str) {
        let question = question.trim().to_owned();
        if question.is_empty() || self.state.session.is_none() {
            return;
        }
        self.questions_begun += 1;
        let generation = self.questions_begun;
        let cancel = CancelFlag::default();
        let mut asked = AskedSearch {
            question: question.clone(),
            model: String::new(),
            answer: None,
            cancel: cancel.clone(),
            generation,
        };
        if let Some(why) = why_no_asker(&self.state) {
            asked.answer = Some(Err(why));
            return self.put_question(asked);
        }
        let command = Command::Timeline(TimelineCommand::AskSearch(question.clone()));
        let Some(mut model) = self.language_model_for(&command) else { return };
        asked.model.clone_from(&model.name);
        let Some(session) = &self.state.session else { return };
        let (opened, info, outbox) = (session.connection(), session.info.clone(), self.outbox.clone());
        self.put_question(asked);
        let token = Arc::new(());
        self.asking.retain(|asking| asking.strong_count() > 0);
        self.asking.push(Arc::downgrade(&token));
        self.spawn("ask for a search", move || {
            // Gone when the thread has let go of the project.
            let _token = token;
            for (host, kept) in model.take_kept_keys() {
                outbox.send(Event::KeptKey { host, kept, was_asked: false });
            }
            let asked = opened.map_err(JobError::from).and_then(|mut project| {
                let job = Job::new(&cancel, &|_| ());
                query_of(&job, &mut project, &question, &model, Some(&info.name), None)
            });
            let asked = match asked {
                Err(JobError::Stopped) => return,
                asked => asked.map_err(|error| in_words(&error)),
            };
            outbox.send(Event::QuestionAnswered(generation, asked));
        });
    }

    fn put_question(&mut self, asked: AskedSearch) {
        if let Some(session) = &mut self.state.session {
            session.timeline.asked = Some(asked);
        }
    }

    /// Stops the asking; the question stays where it was written.
    pub(super) fn stop_asking(&mut self) {
        if let Some(session) = &mut self.state.session {
            session.timeline.asked = None;
        }
    }

    /// Searches for what a model made of a question, unless something else was searched for or asked since.
    pub(in crate::app) fn take_query(&mut self, generation: u64, answer: Result<String, String>) {
        let Some(state) = self.state.session.as_mut().map(|session| &mut session.timeline) else { return };
        let is_waited_for = |asked: &&mut AskedSearch| asked.generation == generation && asked.is_pending();
        let Some(asked) = state.asked.as_mut().filter(is_waited_for) else { return };
        let no_query = |words: String| NoQuery { words, needs_model: false };
        let answer = match answer {
            Ok(query) if query.trim().is_empty() => Err(no_query(format!(
                "{} found nothing to search for in the question. Name labels, animals, places or times.",
                asked.model
            ))),
            answer => answer.map_err(no_query),
        };
        asked.answer = Some(answer.clone());
        if let Ok(query) = answer {
            state.searches += 1;
            state.search = Some(Search { query, found: None, generation: state.searches });
            self.look_for();
        }
    }
}
