//! Describing a recording from the window, by rules or by models: what is chosen, what that would ask, how it is started, gone on
//! with and told of.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::app::App;
use crate::app::command::{Command, Dialog};
use crate::app::event::Event;
use crate::app::model_choice::{ModelChoice, budget};
use crate::app::state::Urgency;
use crate::app::task::TaskRequest;
use crate::app::timeline::{TimelineCommand, TimelineState};
use crate::behavior::examples::PickOptions;
use crate::jobs::behavior::{self, Asking, Options, Report, Standing, Told};
use crate::jobs::pose::{Assigner, ModelOptions, ModelSettings};
use crate::jobs::words::{count, listed};
use crate::jobs::{CancelFlag, Job, JobError};
use crate::model::RecordingId;
use crate::vlm::Profile;

/// How a recording is to be described.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeChoice {
    /// Whether a vision-language model says what clips show; else the rules do.
    pub captions_by_model: bool,
    /// Whether a language model joins clips; else the rules do.
    pub merge_by_model: bool,
    /// How models are asked.
    pub asking: Asking,
    /// How examples are picked that stand beside clips; `None` shows none.
    pub examples: Option<PickOptions>,
    /// Whether it is cut and described anew although it is done.
    pub again: bool,
    /// Calls before it pauses, as typed; empty for no limit.
    pub budget: String,
}

impl DescribeChoice {
    /// Whether any model is asked.
    pub fn asks(&self) -> bool {
        self.captions_by_model || self.merge_by_model
    }

    /// What is wrong with the limit on calls.
    pub fn wrong_budget(&self) -> Option<&'static str> {
        let is_wrong = self.asks() && budget(&self.budget).is_err();
        is_wrong.then_some("Calls until the pause: write a number, or nothing.")
    }

    /// As a run was asked for.
    fn of(told: Option<&Told>, budget: String) -> Self {
        let Some(told) = told else { return Self { budget, ..Self::default() } };
        Self {
            captions_by_model: told.caption.is_some(),
            merge_by_model: told.merge.is_some(),
            asking: Asking { estimate_only: false, ..told.asking.clone() },
            examples: told.examples,
            again: false,
            budget,
        }
    }
}

/// What the job works from: a choice, and the models that it names.
#[derive(Clone)]
pub struct DescribeRequest {
    /// How.
    pub choice: DescribeChoice,
    /// Who says what clips show; the rules where it is nobody.
    pub caption_model: Option<ModelOptions>,
    /// Who joins clips; the rules where it is nobody.
    pub merge_model: Option<ModelOptions>,
}

impl DescribeRequest {
    /// The pipeline's options.
    pub fn options<'a>(&'a self, recording: &'a str) -> Options<'a> {
        Options {
            caption_model: self.caption_model.as_ref(),
            merge_model: self.merge_model.as_ref(),
            asking: self.choice.asking.clone(),
            examples: self.choice.examples.filter(|_| self.caption_model.is_some()),
            again: self.choice.again,
            ..Options::of(recording)
        }
    }
}

/// What can be asked for about describing.
#[derive(Clone, Debug, PartialEq)]
pub enum DescribeCommand {
    /// Shows the dialog.
    Open,
    /// This is chosen there now.
    Choose(Box<DescribeChoice>),
    /// Counts what the choice would ask, unless that is known.
    Estimate,
    /// Describes the recording so.
    Start(Box<DescribeChoice>),
    /// Goes on with the run that did not come to its end.
    GoOn,
}

/// What an estimate is about.
#[derive(Clone, Debug, PartialEq)]
pub struct EstimateOf {
    choice: DescribeChoice,
    models: [ModelChoice; 2],
    /// Of the layers.
    revision: u64,
}

impl EstimateOf {
    fn of(timeline: &TimelineState, models: [&ModelChoice; 2]) -> Self {
        // Neither changes what is asked, but for what is known by then.
        let choice = DescribeChoice { again: false, budget: String::new(), ..timeline.describe.choice.clone() };
        Self { choice, models: models.map(Clone::clone), revision: timeline.revision }
    }
}

/// What a run would ask.
pub struct DescribeEstimate {
    /// What it is about.
    pub of: EstimateOf,
    /// What it is, in sentences, or why it is not known; `None` while it is counted.
    pub found: Option<Result<Vec<String>, String>>,
    cancel: CancelFlag,
}

/// What is known about describing the open recording.
#[derive(Default)]
pub struct DescribeState {
    /// What is chosen.
    pub choice: DescribeChoice,
    /// Whether a person chose it; else it follows what the last run was asked for.
    is_chosen: bool,
    /// How the recording stands, once that was read.
    pub standing: Option<Arc<Standing>>,
    /// What the choice would ask.
    pub estimate: Option<DescribeEstimate>,
    /// What the last run asked, in sentences, where it came to its end and asked a model.
    pub report: Vec<String>,
    is_reading: bool,
}

impl DescribeState {
    /// Whether something is being read or counted.
    pub fn is_busy(&self) -> bool {
        self.is_reading || self.estimate.as_ref().is_some_and(|estimate| estimate.found.is_none())
    }
}

impl App {
    pub(super) fn describe(&mut self, command: DescribeCommand) {
        match command {
            DescribeCommand::Open => {
                self.read_standing();
                self.state.dialog = Some(Dialog::Describe);
            }
            DescribeCommand::Choose(choice) => {
                if let Some(session) = &mut self.state.session {
                    session.timeline.describe.choice = *choice;
                    session.timeline.describe.is_chosen = true;
                }
            }
            DescribeCommand::Estimate => self.estimate_describe(),
            DescribeCommand::Start(choice) => self.start_describe(*choice),
            DescribeCommand::GoOn => self.go_on_describing(),
        }
    }

    /// Reads how the recording stands.
    pub(super) fn read_standing(&mut self) {
        let Some(session) = &mut self.state.session else { return };
        if std::mem::replace(&mut session.timeline.describe.is_reading, true) {
            return;
        }
        let (opened, info, outbox) = (session.connection(), session.info.clone(), self.outbox.clone());
        self.spawn("standing", move || {
            let read = opened.map_err(JobError::from).and_then(|project| Standing::read(&project, &info));
            outbox.send(Event::Standing(info.id, Box::new(read.map_err(|error| error.to_string()))));
        });
    }

    pub(in crate::app) fn take_standing(&mut self, recording: RecordingId, read: Result<Standing, String>) {
        let Some(session) = self.state.session.as_mut().filter(|session| session.info.id == recording) else { return };
        let state = &mut session.timeline.describe;
        state.is_reading = false;
        match read {
            Ok(standing) => {
                if !state.is_chosen {
                    let told = standing.unfinished.as_ref().map_or(&standing.told, |run| &run.told);
                    state.choice = DescribeChoice::of(told.as_ref(), state.choice.budget.clone());
                }
                state.standing = Some(Arc::new(standing));
            }
            Err(message) => self.state.notify(Urgency::Warning, message),
        }
    }

    /// The request of a choice. `None` where it cannot begin: a person was told why, or is asked for leave to send something
    /// elsewhere, after which `command` is carried out.
    fn describe_request(&mut self, choice: DescribeChoice, command: &Command) -> Option<DescribeRequest> {
        if let Some(words) = choice.wrong_budget() {
            self.state.notify(Urgency::Warning, words);
            return None;
        }
        let most_calls = budget(&choice.budget).ok().flatten();
        let mut request = DescribeRequest { choice, caption_model: None, merge_model: None };
        if request.choice.captions_by_model {
            request.caption_model = Some(self.model_for(Assigner::Vlm, command)??);
        }
        if request.choice.merge_by_model {
            request.merge_model = Some(self.language_model_for(command)?);
        }
        for model in request.caption_model.iter_mut().chain(&mut request.merge_model) {
            model.budget = most_calls;
        }
        Some(request)
    }

    fn start_describe(&mut self, choice: DescribeChoice) {
        let command = Command::Timeline(TimelineCommand::Describe(DescribeCommand::Start(Box::new(choice.clone()))));
        let Some(request) = self.describe_request(choice, &command) else { return };
        self.stop_describe_estimate();
        if self.state.dialog == Some(Dialog::Describe) {
            self.state.dialog = None;
        }
        if let Some(session) = &mut self.state.session {
            // "Again" is meant once.
            session.timeline.describe.choice.again = false;
            session.timeline.describe.report.clear();
        }
        self.start_task(TaskRequest::Behavior(Box::new(request)));
    }

    /// The same request with the models that are chosen now, to go on with it.
    pub(in crate::app) fn renewed_describe(&mut self, request: &DescribeRequest) -> Option<DescribeRequest> {
        self.describe_request(DescribeChoice { again: false, ..request.choice.clone() }, &Command::ResumeJob)
    }

    fn go_on_describing(&mut self) {
        let Some(state) = self.state.session.as_ref().map(|session| &session.timeline.describe) else { return };
        let Some(run) = state.standing.as_ref().and_then(|standing| standing.unfinished.clone()) else { return };
        let choice = DescribeChoice::of(run.told.as_ref(), state.choice.budget.clone());
        if let Some(told) = run.told {
            self.restore_models(told);
        }
        self.describe(DescribeCommand::Choose(Box::new(choice.clone())));
        if self.state.dialog.is_none() && choice.asks() && self.describe_problem(&choice).is_some() {
            // What is lacking is written there.
            return self.describe(DescribeCommand::Open);
        }
        self.start_describe(choice);
    }

    /// Another model, or one that is asked in another way, would begin the run anew.
    fn restore_models(&mut self, told: Told) {
        if let Some((name, profile)) = told.caption {
            self.choose_model(restored(&self.state.model, name, profile));
        }
        let Some((name, profile)) = told.merge else { return };
        let is_asked_anyway = |model: &ModelChoice| model.name.trim() == name && same(&model.profile(), &profile);
        let is_the_first = is_asked_anyway(&self.state.model);
        let own = &self.state.language_model;
        if is_asked_anyway(own) || (own.name.trim().is_empty() && is_the_first) {
            return;
        }
        let choice = match is_the_first {
            true => ModelChoice::default(),
            false => restored(own, name, profile),
        };
        self.choose_language_model(choice);
    }

    /// What keeps a choice from being started, as far as models are concerned.
    fn describe_problem(&self, choice: &DescribeChoice) -> Option<String> {
        self.state.describe_problem(choice)
    }

    fn estimate_describe(&mut self) {
        let Some(session) = &mut self.state.session else { return };
        let of = EstimateOf::of(&session.timeline, [&self.state.model, &self.state.language_model]);
        let choice = of.choice.clone();
        let state = &mut session.timeline.describe;
        if let Some(estimate) = &state.estimate {
            if estimate.of != of {
                // The next one begins when this one has ended.
                estimate.cancel.cancel();
            }
            if estimate.of == of || estimate.found.is_none() {
                return;
            }
        }
        let asked = |wanted: bool, model: &ModelChoice| {
            wanted.then(|| model.options(Assigner::Vlm, None, &[])).transpose().ok()
        };
        let own = &self.state.language_model;
        let language = if own.name.trim().is_empty() { &self.state.model } else { own };
        let caption_model = asked(choice.captions_by_model, &self.state.model);
        let merge_model = asked(choice.merge_by_model, language);
        let (Some(caption_model), Some(merge_model)) = (caption_model, merge_model) else { return };
        let cancel = CancelFlag::default();
        state.estimate = Some(DescribeEstimate { of, found: None, cancel: cancel.clone() });
        let mut request = DescribeRequest { choice, caption_model, merge_model };
        request.choice.asking.estimate_only = true;
        let (opened, info, outbox) = (session.connection(), session.info.clone(), self.outbox.clone());
        self.spawn("describe estimate", move || {
            let job = Job::new(&cancel, &|_| ());
            let found = opened.map_err(JobError::from).and_then(|mut project| {
                let reports = behavior::run(&job, &mut project, &request.options(&info.name))?;
                Ok(estimate_words(&reports, &request))
            });
            outbox.send(Event::DescribeEstimated(info.id, found.map_err(|error| error.to_string())));
        });
    }

    pub(in crate::app) fn take_describe_estimate(&mut self, of: RecordingId, found: Result<Vec<String>, String>) {
        let Some(session) = self.state.session.as_mut().filter(|session| session.info.id == of) else { return };
        let state = &mut session.timeline.describe;
        let Some(mut estimate) = state.estimate.take() else { return };
        if !estimate.cancel.is_cancelled() {
            estimate.found = Some(found);
            state.estimate = Some(estimate);
        }
    }

    /// Stops counting: nobody looks any more.
    pub(in crate::app) fn stop_describe_estimate(&mut self) {
        let state = self.state.session.as_mut().map(|session| &mut session.timeline.describe);
        if let Some(estimate) = state.and_then(|state| state.estimate.as_ref()).filter(|it| it.found.is_none()) {
            estimate.cancel.cancel();
        }
    }

    /// Takes in what a run did; gives its sentences and how urgent they are.
    pub(in crate::app) fn take_described(&mut self, reports: &[Report]) -> (Urgency, String) {
        let lines: Vec<String> = reports.iter().flat_map(report_lines).collect();
        let fell_back = reports.iter().flat_map(|report| &report.asked).any(|asked| asked.by_rules > 0);
        let clips: usize = reports.iter().filter_map(|it| it.clips.as_ref()).map(|clips| clips.count).sum();
        let segments: usize = reports.iter().map(|report| report.segments).sum();
        let mut words = if reports.iter().all(|report| report.was_done && report.asked.is_empty()) {
            format!("All of it was there already: {clips} clips, {segments} segments.")
        } else {
            format!("Cut {clips} clips and made {segments} segments of them.")
        };
        for line in &lines {
            words += " ";
            words += line;
        }
        if let Some(session) = &mut self.state.session {
            session.timeline.describe.report = lines;
        }
        (if fell_back { Urgency::Warning } else { Urgency::Success }, words)
    }
}

impl crate::app::State {
    /// Whether what the choice would ask is known or being counted.
    pub fn is_describe_estimated(&self) -> bool {
        let Some(timeline) = self.session.as_ref().map(|session| &session.timeline) else { return true };
        let of = EstimateOf::of(timeline, [&self.model, &self.language_model]);
        timeline.describe.estimate.as_ref().is_some_and(|estimate| estimate.of == of)
    }

    /// What keeps a choice from being started, as far as models are concerned.
    pub fn describe_problem(&self, choice: &DescribeChoice) -> Option<String> {
        let first = |model: &ModelChoice| model.problems(Assigner::Vlm).into_iter().next().map(|wrong| wrong.words);
        let own = Some(&self.language_model).filter(|model| !model.name.trim().is_empty());
        let asks_first = choice.captions_by_model || (choice.merge_by_model && own.is_none());
        let of_first = asks_first.then(|| first(&self.model)).flatten();
        let of_own = own.filter(|_| choice.merge_by_model).and_then(first);
        of_first
            .or(of_own.map(|words| format!("The language model: {words}")))
            .or(choice.wrong_budget().map(str::to_owned))
    }
}

fn same(one: &Profile, other: &Profile) -> bool {
    one.without_prices() == other.without_prices()
}

/// A choice with name and profile as they were for a run.
fn restored(choice: &ModelChoice, name: String, profile: Profile) -> ModelChoice {
    let settings = ModelSettings {
        name,
        profile,
        prompts: Vec::new(),
        regions_at_once: choice.regions_at_once,
        without_regions: false,
        audit_pct: 0.0,
    };
    ModelChoice { audit_pct: choice.audit_pct.clone(), ..choice.restored(&settings) }
}

/// What would be asked, a sentence for each layer.
fn estimate_words(reports: &[Report], request: &DescribeRequest) -> Vec<String> {
    let asked = reports.iter().flat_map(|report| &report.asked);
    let each = asked.map(|asked| {
        let (what, model) = match asked.about {
            "merge" => ("Joining", &request.merge_model),
            _ => ("Captions", &request.caption_model),
        };
        let profile = model.as_ref().map(|model| &model.profile);
        let has_prices = profile.is_some_and(|profile| profile.price_in.or(profile.price_out).is_some());
        let cost = if has_prices { "" } else { ", cost unknown without prices" };
        format!("{what}: at most {}{cost}.", asked.estimated.words(profile))
    });
    each.collect()
}

/// What a run asked and what came of it, a sentence or two for each layer.
fn report_lines(report: &Report) -> Vec<String> {
    let lines = report.asked.iter().map(|asked| {
        let counts = &asked.counts;
        let mut words = match asked.about {
            "merge" => format!("{} joined the clips", asked.model),
            _ => {
                let captioned = asked.asked_about.saturating_sub(asked.by_rules) as u64;
                let clips = if captioned == 1 { "clip" } else { "clips" };
                format!("{} captioned {} {clips}", asked.model, count(captioned))
            }
        };
        if asked.by_rules > 0 {
            let (what, were) = match (asked.about, asked.by_rules) {
                ("merge", 1) => ("epoch", "was"),
                ("merge", _) => ("epochs", "were"),
                (_, 1) => ("clip", "was"),
                _ => ("clips", "were"),
            };
            let done = if asked.about == "merge" { "joined" } else { "described" };
            words += &format!("; {} {what} {were} {done} by the rules", count(asked.by_rules as u64));
            let reasons = reasons(&counts.unanswered, &counts.problems);
            if !reasons.is_empty() {
                words += &format!(" ({reasons})");
            }
            words += ". The same choices ask about that again.";
        } else {
            words += ".";
        }
        if let Some(cost) = asked.cost {
            words += &format!(" It cost {cost:.2}.");
        }
        words
    });
    lines.collect()
}

/// Why answers did not come or could not be used.
fn reasons(unanswered: &BTreeMap<String, u64>, problems: &BTreeMap<String, u64>) -> String {
    let named = |map: &BTreeMap<String, u64>| listed(map.iter().map(|(name, times)| (name.as_str(), *times)));
    let mut reasons = Vec::new();
    if !unanswered.is_empty() {
        reasons.push(format!("no answer: {}", named(unanswered)));
    }
    if !problems.is_empty() {
        reasons.push(format!("wrong in answers: {}", named(problems)));
    }
    reasons.join("; ")
}
