//! Models from the window: what was chosen, the leave to send pictures elsewhere, the connection test, and the estimate.

use super::App;
use super::command::{Command, Dialog, RunChoice};
use super::event::Event;
use super::model_choice::{ModelChoice, Wrong, is_allowed};
use super::state::{ModelCheck, RunEstimate, RunEstimateOf, Urgency};
use super::task::{TaskRequest, run_options};
use crate::jobs::pose::{self, Assigner, Estimate, ModelOptions};
use crate::jobs::{CancelFlag, Job, JobError};
use crate::vlm::http::{Finding, KeyringError, Secret};

impl App {
    /// Takes over how a model is to be asked. It is written to the settings with whatever is written next.
    pub(super) fn choose_model(&mut self, mut choice: ModelChoice) {
        if self.state.model == choice {
            return;
        }
        choice.read_profile();
        self.state.settings.model = choice.keepable(&self.state.settings.model);
        self.state.model = choice;
        self.stop_model_check();
    }

    /// Takes over how the language model is to be asked, in the same way.
    pub(super) fn choose_language_model(&mut self, mut choice: ModelChoice) {
        if self.state.language_model == choice {
            return;
        }
        choice.read_profile();
        self.state.settings.language_model = choice.keepable(&self.state.settings.language_model);
        self.state.language_model = choice;
        self.stop_model_check();
    }

    /// Solves frames, once everything that a model needs is known.
    pub(super) fn start_run(&mut self, choice: RunChoice) {
        if let Some(model) = self.model_for(choice.assigner, &Command::StartRun(choice.clone())) {
            self.start_task(TaskRequest::Run(choice, model.map(Box::new)));
        }
    }

    /// The model of a run, inside nothing where it asks none. `None` where the run cannot begin: a person was told why, or is
    /// asked for leave to send pictures, after which `command` is carried out.
    pub(super) fn model_for(&mut self, assigner: Assigner, command: &Command) -> Option<Option<ModelOptions>> {
        if !assigner.asks_model() {
            return Some(None);
        }
        self.state.model.read_profile();
        let found = self.usable(&self.state.model, assigner);
        self.checked(found, Dialog::SendPictures, command).map(Some)
    }

    /// The model that is asked about words alone: the language model or, where none is named, the vision-language model. `None`
    /// as in [`Self::model_for`].
    pub(super) fn language_model_for(&mut self, command: &Command) -> Option<ModelOptions> {
        self.state.model.read_profile();
        self.state.language_model.read_profile();
        let found = match self.state.language_model.name.trim() {
            "" => {
                self.usable(&self.state.model, Assigner::Vlm).map_err(|words| format!("No model is asked yet. {words}"))
            }
            _ => self
                .usable(&self.state.language_model, Assigner::Vlm)
                .map_err(|words| format!("The language model: {words}")),
        };
        self.checked(found, Dialog::SendWords, command)
    }

    /// How a model is asked and its hosts that are not this machine, or what keeps it from being asked.
    fn usable(&self, model: &ModelChoice, assigner: Assigner) -> Result<(ModelOptions, Vec<String>), String> {
        let options = model.options(assigner, self.state.key.secret(), &self.state.settings.allowed_hosts);
        let first = |problems: Vec<Wrong>| problems.into_iter().next().map(|wrong| wrong.words).unwrap_or_default();
        Ok((options.map_err(first)?, model.foreign_hosts()))
    }

    /// The same once all its hosts may be sent something; a person is told what is wrong, or asked for leave by `dialog`.
    fn checked(
        &mut self,
        found: Result<(ModelOptions, Vec<String>), String>,
        dialog: impl Fn(String) -> Dialog,
        command: &Command,
    ) -> Option<ModelOptions> {
        let (options, foreign) = match found {
            Ok(found) => found,
            Err(words) => {
                self.state.notify(Urgency::Warning, words);
                return None;
            }
        };
        let allowed = &self.state.settings.allowed_hosts;
        if let Some(host) = foreign.into_iter().find(|host| !is_allowed(allowed, host)) {
            self.state.held_back = Some(Box::new(command.clone()));
            // Where leave is asked for once more, what lies beneath is there already.
            self.state.beneath = self.state.dialog.replace(dialog(host)).or(self.state.beneath.take());
            return None;
        }
        self.save_settings();
        Some(options)
    }

    /// Something may be sent to a host; what waited for that is done now.
    pub(super) fn allow_host(&mut self, host: String) {
        if !is_allowed(&self.state.settings.allowed_hosts, &host) {
            self.change_settings(|settings| settings.allowed_hosts.push(host));
        }
        if matches!(self.state.dialog, Some(Dialog::SendPictures(_) | Dialog::SendWords(_))) {
            self.state.dialog = self.state.beneath.take();
            if let Some(command) = self.state.held_back.take() {
                self.handle(*command);
            }
        }
    }

    /// Nothing is sent, and nothing is done that waited for it.
    pub(super) fn give_no_leave(&mut self) {
        self.state.held_back = None;
        self.state.dialog = self.state.beneath.take();
    }

    /// Tries whether the chosen model can be asked.
    pub(super) fn check_model(&mut self, assigner: Assigner) {
        let options = self.model_for(assigner, &Command::CheckModel(assigner)).flatten();
        self.begin_check(options, false);
    }

    /// Tries whether the language model can be asked; it is shown no picture.
    pub(super) fn check_language_model(&mut self) {
        let options = self.language_model_for(&Command::CheckLanguageModel).map(|mut options| {
            options.profile.reads_pictures = false;
            options
        });
        self.begin_check(options, true);
    }

    fn begin_check(&mut self, options: Option<ModelOptions>, is_of_language: bool) {
        let Some(mut options) = options else { return };
        self.stop_model_check();
        self.checks_begun += 1;
        let generation = self.checks_begun;
        let cancel = CancelFlag::default();
        self.state.model_check = Some(ModelCheck { cancel: cancel.clone(), generation, is_of_language, found: None });
        let outbox = self.outbox.clone();
        self.spawn("model check", move || {
            for (host, kept) in options.take_kept_keys() {
                outbox.send(Event::KeptKey { host, kept, was_asked: false });
            }
            let found = pose::check_model(&Job::new(&cancel, &|_| ()), &options);
            let found = match found {
                Err(JobError::Stopped) => return,
                found => found.map_err(|error| error.to_string()),
            };
            outbox.send(Event::ModelChecked(generation, found));
        });
    }

    /// Keeps the entered key in the keyring. That may wait for a person who unlocks it.
    pub(super) fn keep_key(&mut self, host: String) {
        let Some(key) = self.state.key.entered.clone().filter(|_| !self.state.key.is_waiting) else { return };
        self.state.key.is_waiting = true;
        let outbox = self.outbox.clone();
        self.spawn("keyring", move || {
            let kept = key.keep_for(&host).map(|()| true);
            outbox.send(Event::KeptKey { host, kept, was_asked: true });
        });
    }

    /// Takes a key out of the keyring.
    pub(super) fn forget_kept_key(&mut self, host: String) {
        if std::mem::replace(&mut self.state.key.is_waiting, true) {
            return;
        }
        self.stop_model_check();
        let outbox = self.outbox.clone();
        self.spawn("keyring", move || {
            let kept = Secret::forget_for(&host).map(|_| false);
            outbox.send(Event::KeptKey { host, kept, was_asked: true });
        });
    }

    pub(super) fn take_kept_key(&mut self, host: String, kept: Result<bool, KeyringError>, was_asked: bool) {
        self.state.key.is_waiting &= !was_asked;
        match kept {
            Ok(is_kept) => {
                self.state.key.kept.insert(host, is_kept);
            }
            // Nobody need have a keyring.
            Err(KeyringError::Absent { .. }) if !was_asked => {}
            Err(error) => self.state.notify(Urgency::Warning, error.to_string()),
        }
    }

    /// Stops the connection test, and forgets what the last one found.
    pub(super) fn stop_model_check(&mut self) {
        if let Some(check) = self.state.model_check.take() {
            check.cancel.cancel();
        }
    }

    pub(super) fn take_model_check(&mut self, generation: u64, found: Result<Vec<Finding>, String>) {
        if let Some(check) = self.state.model_check.as_mut().filter(|check| check.generation == generation) {
            check.found = Some(found);
        }
    }

    /// Counts what a run would ask, unless that is known or being counted.
    pub(super) fn estimate_run(&mut self, choice: RunChoice) {
        let Some(session) = &self.state.session else { return };
        let revision = session.overview.as_ref().map_or(0, |overview| overview.revision);
        let of = RunEstimateOf { choice, model: self.state.model.clone(), revision };
        if self.state.estimate.as_ref().is_some_and(|estimate| estimate.of == of) {
            return;
        }
        let options = self.state.model.options(of.choice.assigner, None, &[]);
        // What was counted before stays until the new count is there.
        let found = self.state.estimate.take().and_then(|estimate| estimate.found).filter(|_| options.is_ok());
        self.state.estimate = Some(RunEstimate { of: of.clone(), found });
        let Ok(options) = options else { return };
        self.ask(move |desk| {
            let found = run_options(&of.choice, &desk.info.name, Some(&options));
            let found = found.and_then(|options| pose::estimate(&desk.project, &options));
            Event::Estimated(Box::new(of), found.map_err(|error| error.to_string()))
        });
    }

    pub(super) fn take_estimate(&mut self, of: &RunEstimateOf, found: Result<Estimate, String>) {
        if let Some(estimate) = self.state.estimate.as_mut().filter(|estimate| estimate.of == *of) {
            estimate.found = Some(found);
        }
    }
}
