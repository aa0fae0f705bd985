//! The compare view: which two accounts are held against each other, what came of it, and the disagreement that is shown.
//!
//! Accounts are read and compared on a thread of their own, anew whenever the timeline or the choice changed; until that is
//! done, what was found before stays.

use std::path::PathBuf;
use std::sync::Arc;

use super::{BehaviorView, TimelineCommand};
use crate::app::App;
use crate::app::command::{Command, Page};
use crate::app::event::Event;
use crate::app::state::Urgency;
use crate::behavior::compare::{Cell, DisagreementQueue, Order, Stretch, stretches_of};
use crate::jobs::behavior::accounts::{self, Account, Comparison};
use crate::jobs::timeline::TimelineAct;
use crate::model::{AnimalId, RecordingId};

/// Boundaries that are nearer than this are no disagreement to settle, seconds.
const LEAST_SECS: f64 = 0.2;

/// Which of the two accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountSide {
    /// The one that counts as true.
    Truth,
    /// The one that is held against it.
    Found,
}

/// What is asked for in the compare view.
#[derive(Clone, Debug, PartialEq)]
pub enum CompareCommand {
    /// Chooses an account.
    Choose(AccountSide, Account),
    /// Makes a file an account that can be chosen, and chooses it.
    ChooseFile(AccountSide, PathBuf),
    /// What counts as true becomes what is held against it, and the other way round.
    Exchange,
    /// Walks through the frames of a cell of the matrix; through all disagreements for nothing.
    Cell(Option<Cell>),
    /// In which order.
    Order(Order),
    /// Shows one of the list.
    Go(usize),
    /// The one so many places further.
    Step(i32),
    /// The next that is not settled.
    Next,
    /// Makes the human layer say what the other account says in the shown stretch.
    TakeTheirs,
    /// Takes all over that the other account says of an animal of which nobody said anything here.
    TakeAnimal(AnimalId),
    /// Shows the stretch in the timeline.
    OpenInTimeline,
}

/// What was compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComparedOf {
    recording: RecordingId,
    revision: u64,
    chosen: Option<(Account, Account)>,
}

/// What came of it.
#[derive(Debug)]
pub struct Compared {
    of: ComparedOf,
    /// The accounts that the project holds.
    known: Vec<Account>,
    /// Those that were compared; nothing where there are no two.
    chosen: Option<(Account, Account)>,
    result: Option<Result<Arc<Comparison>, String>>,
}

/// The state of the compare view.
#[derive(Debug, Default)]
pub struct CompareState {
    /// The accounts that can be chosen.
    pub accounts: Vec<Account>,
    /// What counts as true, and what is held against it.
    pub chosen: Option<(Account, Account)>,
    /// What was found.
    pub result: Option<Arc<Comparison>>,
    /// Why nothing was found.
    pub problem: Option<String>,
    /// The cell of the matrix that is walked through: what counts as true, and what is held against it.
    pub cell: Option<[String; 2]>,
    /// The labels of the list's stretches. It only grows, so that a label of which the last frame was settled keeps its name.
    pub labels: Vec<String>,
    /// In which order.
    pub order: Order,
    /// The stretches to walk through.
    pub queue: DisagreementQueue,
    /// The position of the one that is shown.
    pub at: Option<usize>,
    files: Vec<Account>,
    of: Option<ComparedOf>,
    pub(super) is_reading: bool,
}

impl CompareState {
    /// The stretch that is shown.
    pub fn stretch(&self) -> Option<Stretch> {
        Some(self.queue.entries().get(self.at?)?.stretch)
    }

    /// Whether accounts are being read.
    pub fn is_reading(&self) -> bool {
        self.is_reading
    }

    /// The stretches to walk through as they are now, under the labels of the list.
    fn stretches(&mut self) -> Vec<Stretch> {
        let Some(result) = self.result.clone() else { return Vec::new() };
        let labels = &result.evaluation.confusion.labels;
        let found = match &self.cell {
            None => result.disagreements.clone(),
            Some(names) => {
                let [truth, found] = names.each_ref().map(|name| labels.iter().position(|label| label == name));
                let cell = truth.zip(found).map(|(truth, found)| Cell { truth, found });
                cell.map_or_else(Vec::new, |cell| stretches_of(&result.lanes, cell))
            }
        };
        let mut in_list = |label: usize| {
            let known = self.labels.iter().position(|known| *known == labels[label]);
            known.unwrap_or_else(|| {
                self.labels.push(labels[label].clone());
                self.labels.len() - 1
            })
        };
        let mut renamed = |stretch: &Stretch| {
            let cell = Cell { truth: in_list(stretch.cell.truth), found: in_list(stretch.cell.found) };
            Stretch { cell, ..*stretch }
        };
        found.iter().map(&mut renamed).collect()
    }

    fn least_frames(&self, fps: f64) -> u32 {
        // A cell shows all of its frames.
        if self.cell.is_some() { 1 } else { (LEAST_SECS * fps).round().max(1.0) as u32 }
    }

    /// Makes the list anew.
    fn line_up(&mut self, fps: f64) {
        self.queue = DisagreementQueue::of(&self.stretches(), self.least_frames(fps), self.order);
        self.at = None;
    }

    fn choose(&mut self, side: AccountSide, account: Account) {
        let (truth, found) = self.chosen.clone().unwrap_or((account.clone(), account.clone()));
        self.chosen = Some(match side {
            // Nothing is held against itself: the sides change places.
            AccountSide::Truth if account == found => (account, truth),
            AccountSide::Found if account == truth => (found, account),
            AccountSide::Truth => (account, found),
            AccountSide::Found => (truth, account),
        });
    }
}

/// The first two of the accounts, as long as nobody chose: people's counts as true.
fn usual(known: &[Account]) -> Option<(Account, Account)> {
    match known {
        [first, second, ..] => Some((first.clone(), second.clone())),
        _ => None,
    }
}

impl App {
    /// Compares, where the compare view is shown and what it shows is not of now.
    pub(in crate::app) fn refresh_compare(&mut self) {
        if self.state.page != Page::Behavior {
            return;
        }
        let Some(session) = &mut self.state.session else { return };
        let recording = session.info.id;
        let timeline = &mut session.timeline;
        if timeline.view != BehaviorView::Compare || timeline.layers.is_none() || timeline.compare.is_reading {
            return;
        }
        let state = &mut timeline.compare;
        let of = ComparedOf { recording, revision: timeline.revision, chosen: state.chosen.clone() };
        if state.of.as_ref() == Some(&of) {
            return;
        }
        state.is_reading = true;
        let (opened, info, outbox) = (session.connection(), session.info.clone(), self.outbox.clone());
        self.spawn("compare", move || {
            let known = opened.map_err(Into::into).and_then(|project| {
                let known = accounts::known(&project, &info)?;
                Ok((project, known))
            });
            let compared = match known {
                Ok((project, known)) => {
                    let chosen = of.chosen.clone().or_else(|| usual(&known));
                    let result = chosen.as_ref().map(|(truth, found)| {
                        let result = accounts::compare(&project, &info, truth, found);
                        result.map(Arc::new).map_err(|error| error.to_string())
                    });
                    Compared { of, known, chosen, result }
                }
                Err(error) => {
                    let error: crate::jobs::JobError = error;
                    let chosen = of.chosen.clone();
                    Compared { of, known: Vec::new(), chosen, result: Some(Err(error.to_string())) }
                }
            };
            outbox.send(Event::Compared(Box::new(compared)));
        });
    }

    pub(in crate::app) fn take_compared(&mut self, compared: Compared) {
        let Some(session) = &mut self.state.session else { return };
        let fps = session.info.fps;
        let state = &mut session.timeline.compare;
        state.is_reading = false;
        if compared.of.recording != session.info.id {
            return;
        }
        state.accounts = compared.known;
        state.accounts.extend(state.files.iter().cloned());
        if state.chosen != compared.of.chosen {
            // Somebody chose meanwhile: the next answer counts.
            return;
        }
        let was_chosen = std::mem::replace(&mut state.chosen, compared.chosen);
        state.of = Some(ComparedOf { chosen: state.chosen.clone(), ..compared.of });
        let (result, problem) = match compared.result {
            Some(Ok(result)) => (Some(result), None),
            Some(Err(problem)) => (None, Some(problem)),
            None => (None, None),
        };
        let sides = |result: &Option<Arc<Comparison>>| {
            result.as_ref().map(|it| (it.truth.account.clone(), it.found.account.clone()))
        };
        let goes_on = was_chosen.is_some() && sides(&state.result) == sides(&result);
        state.result = result;
        state.problem = problem;
        if goes_on {
            let (stretches, least) = (state.stretches(), state.least_frames(fps));
            state.queue.update(&stretches, least);
        } else {
            state.cell = None;
            state.line_up(fps);
        }
    }

    pub(super) fn compare(&mut self, command: CompareCommand) {
        let Some(session) = &mut self.state.session else { return };
        let fps = session.info.fps;
        let state = &mut session.timeline.compare;
        match command {
            CompareCommand::Choose(side, account) => state.choose(side, account),
            CompareCommand::ChooseFile(side, path) => {
                let is_project = path.extension().is_some_and(|extension| extension == "bvlm");
                let account = if is_project { Account::Project(path) } else { Account::Table(path) };
                if !state.files.contains(&account) {
                    state.files.push(account.clone());
                    state.accounts.push(account.clone());
                }
                state.choose(side, account);
            }
            CompareCommand::Exchange => {
                state.chosen = state.chosen.take().map(|(truth, found)| (found, truth));
            }
            CompareCommand::Cell(cell) => {
                let names = state.result.as_ref().map(|result| &result.evaluation.confusion.labels);
                let name = |at: usize| names.and_then(|names| names.get(at)).cloned().unwrap_or_default();
                state.cell = cell.map(|cell| [name(cell.truth), name(cell.found)]);
                state.line_up(fps);
                if cell.is_some() {
                    self.compare(CompareCommand::Step(1));
                }
            }
            CompareCommand::Order(order) => {
                state.order = order;
                state.line_up(fps);
            }
            CompareCommand::Go(at) => {
                state.at = Some(at);
                if let Some(stretch) = state.stretch() {
                    session.timeline.animal = AnimalId(stretch.lane as u8);
                    self.handle(Command::ShowFrame(stretch.start_frame));
                }
            }
            CompareCommand::Step(by) => {
                let count = state.queue.entries().len();
                let next = match state.at {
                    Some(at) => at.checked_add_signed(by as isize).filter(|at| *at < count),
                    None => (count > 0).then_some(0),
                };
                if let Some(next) = next {
                    self.compare(CompareCommand::Go(next));
                }
            }
            CompareCommand::Next => match state.queue.next(state.at) {
                Some(next) => self.compare(CompareCommand::Go(next)),
                None => self.state.notify(Urgency::Success, "No other disagreement is left in this list."),
            },
            CompareCommand::TakeTheirs => self.take_theirs(),
            CompareCommand::TakeAnimal(animal) => {
                let frames = 0..session.info.frame_count;
                if let Some(result) = &state.result {
                    let theirs = Arc::new(result.theirs().segments.clone());
                    self.act_on_timeline(TimelineAct::Adopt { animal, frames, theirs });
                }
            }
            CompareCommand::OpenInTimeline => self.open_in_timeline(),
        }
    }

    fn take_theirs(&mut self) {
        let Some(session) = &self.state.session else { return };
        let state = &session.timeline.compare;
        let (Some(result), Some(stretch)) = (&state.result, state.stretch()) else { return };
        let (animal, frames) = (AnimalId(stretch.lane as u8), stretch.frames());
        let theirs = Comparison::said(result.theirs(), animal, &frames).into_iter().cloned().collect();
        self.after_timeline = Some(TimelineCommand::Compare(CompareCommand::Next));
        self.act_on_timeline(TimelineAct::Adopt { animal, frames, theirs: Arc::new(theirs) });
    }

    /// Selects what counts at the stretch's first frame and goes to the lanes.
    fn open_in_timeline(&mut self) {
        let Some(session) = &mut self.state.session else { return };
        let timeline = &mut session.timeline;
        let Some(stretch) = timeline.compare.stretch() else { return };
        let animal = AnimalId(stretch.lane as u8);
        let here = timeline.lane(animal).into_iter().find(|(_, it)| it.frames().contains(&stretch.start_frame));
        let here = here.map(|(target, _)| target);
        timeline.selected = here.into_iter().collect();
        timeline.animal = animal;
        timeline.view = BehaviorView::Timeline;
        self.handle(Command::ShowFrame(stretch.start_frame));
    }
}
