//! Asking a model on behalf of a run: a question that the project has an answer to is not asked again, an answer is kept as soon
//! as it is there, and one that cannot be used is asked for once more with its problem quoted.
//!
//! All of it happens on one thread; answers that come together are written together.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::{Job, JobError};
use crate::model::{RecordingId, RunId};
use crate::store::{ExchangePlace, Project, StoreError, now_unix_ms};
use crate::vlm::answer::Checked;
use crate::vlm::exchange::Exchange;
use crate::vlm::http::{Answered, AskError, Client, Stop};
use crate::vlm::question::{Correction, Manner};
use crate::vlm::{Profile, Question};

/// What was asked, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Questions that were put to a model, those that quote a problem included.
    pub calls: u64,
    /// Questions that the project had the answer to.
    pub known: u64,
    /// Questions asked once more, since the first answer could not be used.
    pub reasks: u64,
    /// Questions that got no usable answer.
    pub failed: u64,
    /// What was wrong with answers, by name.
    pub problems: BTreeMap<String, u64>,
    /// Why no answer came, by name.
    pub unanswered: BTreeMap<String, u64>,
}

/// After so many questions in a row without an answer the run pauses.
const MOST_UNANSWERED: u32 = 24;

/// Asks for one run.
pub(super) struct Inquiry<'a> {
    project: RefCell<&'a mut Project>,
    /// `None` where only what was answered before counts.
    client: Option<Client>,
    model: String,
    profile: Profile,
    recording: RecordingId,
    run: Option<RunId>,
    budget: Option<u64>,
    spent: u64,
    afresh: bool,
    unwritten: RefCell<Vec<(ExchangePlace, Exchange)>>,
    /// Questions in a row that got no answer.
    unanswered_in_a_row: Cell<u32>,
    is_paused: Cell<bool>,
    counts: RefCell<Counts>,
}

/// Whom to ask, about what, and how often at most.
pub(super) struct Terms {
    /// Whom; `None` where only what was answered before counts.
    pub client: Option<Client>,
    /// The model's name: an answer of another one is another answer.
    pub model: String,
    /// How it is asked.
    pub profile: Profile,
    /// The recording.
    pub recording: RecordingId,
    /// The run.
    pub run: Option<RunId>,
    /// Most calls.
    pub budget: Option<u64>,
    /// Calls of them that were made already.
    pub spent: u64,
    /// Whether a question is asked even where the project has its answer.
    pub afresh: bool,
}

impl<'a> Inquiry<'a> {
    pub fn new(project: &'a mut Project, terms: Terms) -> Self {
        let Terms { client, model, profile, recording, run, budget, spent, afresh } = terms;
        Self {
            project: RefCell::new(project),
            client,
            model,
            profile,
            recording,
            run,
            budget,
            spent,
            afresh,
            unwritten: RefCell::default(),
            unanswered_in_a_row: Cell::default(),
            is_paused: Cell::default(),
            counts: RefCell::default(),
        }
    }

    /// The project, while nothing is asked.
    pub fn project<T>(&self, work: impl FnOnce(&mut Project) -> T) -> T {
        work(&mut self.project.borrow_mut())
    }

    /// What was asked so far.
    pub fn counts(&self) -> Counts {
        self.counts.borrow().clone()
    }

    /// Whether the run has to pause: nothing more needs to be drawn, and what is under way may come to its end.
    pub fn is_paused(&self) -> bool {
        self.is_paused.get()
    }

    /// Asks, and reads the answer with `read`. `Some` holds what of the answer can be used, be it all or a part; `None` means that
    /// no answer came.
    ///
    /// # Errors
    /// When the run has to pause: stopped, no server left, the budget spent, nothing recorded; or the project cannot be written.
    pub async fn ask<T>(
        &self,
        frame: u32,
        question: &Question,
        read: impl Fn(&str) -> Checked<T>,
    ) -> Result<Option<T>, JobError> {
        self.ask_as(frame, question, read, self.afresh).await
    }

    /// As [`Self::ask`]; where an earlier run has all the answers that one may give and they are not `enough`, it is asked as if
    /// nothing were known.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub async fn ask_until<T>(
        &self,
        frame: u32,
        question: &Question,
        read: impl Fn(&str) -> Checked<T>,
        enough: impl Fn(&T) -> bool,
    ) -> Result<Option<T>, JobError> {
        let is_given_up = self.client.is_some() && self.known_answer(question, &read)?.is_some_and(|it| !enough(&it));
        self.ask_as(frame, question, read, self.afresh || is_given_up).await
    }

    /// What the answers come to that the project has; `None` where it lacks one.
    fn known_answer<T>(&self, question: &Question, read: impl Fn(&str) -> Checked<T>) -> Result<Option<T>, JobError> {
        let key = question.key(&self.model, &self.profile);
        let project = self.project.borrow();
        let words = |attempt| -> Result<Option<String>, JobError> {
            Ok(project.answered_exchange(&key, attempt)?.and_then(|exchange| exchange.answer))
        };
        let Some(first) = words(0)?.map(|said| read(&said)) else { return Ok(None) };
        if first.is_usable() {
            return Ok(Some(first.value));
        }
        Ok(words(1)?.map(|said| better(first, read(&said))))
    }

    async fn ask_as<T>(
        &self,
        frame: u32,
        question: &Question,
        read: impl Fn(&str) -> Checked<T>,
        afresh: bool,
    ) -> Result<Option<T>, JobError> {
        let key = question.key(&self.model, &self.profile);
        let asked = Asked { frame, question, key: &key, afresh };
        let Some(said) = self.answer(&asked, Manner::default()).await? else { return Ok(None) };
        let first = read(&said);
        self.note(&first);
        let Some(problem) = first.correction() else { return Ok(Some(first.value)) };
        self.counts.borrow_mut().reasks += 1;
        let manner = Manner { correction: Some(Correction { said, problem }), ..Manner::default() };
        let Some(said) = self.answer(&asked, manner).await? else { return Ok(Some(first.value)) };
        let second = read(&said);
        self.note(&second);
        if !second.is_usable() {
            self.counts.borrow_mut().failed += 1;
        }
        Ok(Some(better(first, second)))
    }

    fn note<T>(&self, checked: &Checked<T>) {
        let mut counts = self.counts.borrow_mut();
        for problem in &checked.problems {
            *counts.problems.entry(problem.name().to_owned()).or_default() += 1;
        }
    }

    /// The words of an answer, from the project or from the model; `None` where none came.
    async fn answer(&self, asked: &Asked<'_>, manner: Manner) -> Result<Option<String>, JobError> {
        let answer = self.answer_once(asked, manner).await;
        if answer.is_err() {
            self.is_paused.set(true);
        }
        answer
    }

    async fn answer_once(&self, asked: &Asked<'_>, manner: Manner) -> Result<Option<String>, JobError> {
        let Asked { frame, question, key, afresh } = *asked;
        let attempt = u32::from(manner.correction.is_some());
        if !afresh && let Some(known) = self.project.borrow().answered_exchange(key, attempt)? {
            self.counts.borrow_mut().known += 1;
            return Ok(known.answer);
        }
        let Some(client) = &self.client else {
            if self.project.borrow().is_unanswered(key, attempt)? {
                self.counts.borrow_mut().failed += 1;
                return Ok(None);
            }
            return Err(JobError::NotRecorded { tag: question.tag.clone() });
        };
        {
            let mut counts = self.counts.borrow_mut();
            let calls = self.spent + counts.calls;
            if self.budget.is_some_and(|budget| calls >= budget) {
                return Err(JobError::BudgetSpent { calls });
            }
            counts.calls += 1;
        }
        let mut exchange = Exchange::asked(question, key.to_owned(), &self.model, &manner, now_unix_ms());
        let said = match client.ask(question, &manner).await {
            Ok(answered) => {
                self.unanswered_in_a_row.set(0);
                complete(&mut exchange, &answered);
                Some(answered.said.answer_text().to_owned())
            }
            Err(AskError::Stopped) => return Err(JobError::Stopped),
            Err(AskError::Gone(out)) => return Err(JobError::ModelGone { why: AskError::Gone(out).to_string() }),
            Err(error @ AskError::Failed { .. }) => {
                exchange.problems.push(error.to_string());
                let AskError::Failed { trouble, .. } = &error else { return Ok(None) };
                let mut counts = self.counts.borrow_mut();
                counts.failed += 1;
                *counts.unanswered.entry(trouble.name().to_owned()).or_default() += 1;
                self.unanswered_in_a_row.set(self.unanswered_in_a_row.get() + 1);
                None
            }
        };
        let last_problem = exchange.problems.last().cloned();
        let place = ExchangePlace { recording: self.recording, run: self.run, frame: Some(frame) };
        self.unwritten.borrow_mut().push((place, exchange));
        // All answers that came by now are written by whoever goes on first.
        tokio::task::yield_now().await;
        self.write()?;
        match last_problem {
            // Whatever it says, such a server answers nobody; a run that went on would end without a single answer.
            Some(why) if said.is_none() && self.unanswered_in_a_row.get() >= MOST_UNANSWERED => {
                let why = format!("The last {MOST_UNANSWERED} questions got no answer. {why}");
                Err(JobError::ModelGone { why })
            }
            _ => Ok(said),
        }
    }

    /// Writes what is not written yet; also to be called when the run ends early.
    pub fn write(&self) -> Result<(), StoreError> {
        let mut unwritten = self.unwritten.borrow_mut();
        if unwritten.is_empty() {
            return Ok(());
        }
        self.project.borrow_mut().put_exchanges(&unwritten)?;
        unwritten.clear();
        Ok(())
    }
}

/// A question as it is asked.
struct Asked<'a> {
    frame: u32,
    question: &'a Question,
    /// Under which its answers are kept.
    key: &'a str,
    /// Whether what the project knows does not count.
    afresh: bool,
}

/// What two answers come to. A second one that is worse does not take away what the first one gave.
fn better<T>(first: Checked<T>, second: Checked<T>) -> T {
    if second.is_usable() || second.problems.len() < first.problems.len() { second.value } else { first.value }
}

/// Runs what asks, and stops all requests as soon as the job is stopped.
pub(super) fn block_on<T>(
    job: &Job<'_>,
    stop: &Stop,
    client: Option<&Client>,
    work: impl Future<Output = Result<T, JobError>>,
) -> Result<T, JobError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        // No more than can work: they draw in the order in which they are asked to.
        .max_blocking_threads(std::thread::available_parallelism().map_or(2, usize::from))
        .build()
        .map_err(|error| JobError::Model { message: format!("no request can be made from this machine ({error})") })?;
    let tell = || {
        if let Some(client) = client {
            job.asking(client.tally());
        }
    };
    let watch = async {
        loop {
            if job.is_cancelled() {
                stop.stop();
            }
            tell();
            tokio::time::sleep(WATCH_EVERY).await;
        }
    };
    let result = runtime.block_on(async {
        tokio::select! {
            result = work => result,
            () = watch => Err(JobError::Stopped),
        }
    });
    tell();
    result
}

/// How often is looked whether the job was stopped.
const WATCH_EVERY: Duration = Duration::from_millis(100);

fn complete(exchange: &mut Exchange, answered: &Answered) {
    let said = &answered.said;
    exchange.answer = Some(said.answer_text().to_owned());
    exchange.reasoning = said.reasoning.clone();
    exchange.problems = answered.retries.iter().map(|retry| retry.trouble.to_string()).collect();
    exchange.prompt_tokens = u32::try_from(said.usage.prompt_tokens).ok().filter(|tokens| *tokens > 0);
    exchange.answer_tokens = u32::try_from(said.usage.answer_tokens).ok().filter(|tokens| *tokens > 0);
    exchange.millis = answered.millis;
    exchange.cost = answered.cost;
    exchange.request_id.clone_from(&answered.request_id);
}
