//! Carries commands out: one exhaustive match. What belongs to labelling, reviewing and long jobs stands in files of their own.

use std::path::PathBuf;

use etcetera::BaseStrategy;

use super::command::{Browse, Command, Dialog, Page};
use super::event::Event;
use super::opening;
use super::settings::Settings;
use super::state::Urgency;
use super::task::TaskRequest;
use super::timeline::{TimelineCommand, wait_until_let_go};
use super::{App, label};
use crate::jobs::dialogs;

impl App {
    /// Carries out what a person asked for.
    pub fn handle(&mut self, command: Command) {
        self.count_input(&command);
        match command {
            Command::Open(path) => self.open(path),
            Command::Browse(browse) => self.browse(browse),
            Command::NewProject { recordings, project, skeleton } => {
                self.start_task(TaskRequest::NewProject { recordings, project, skeleton });
            }
            Command::MakeDemo => self.make_demo(),
            Command::CloseProject => self.close_project(),
            Command::ForgetRecent(path) => {
                self.state.settings.forget(&path);
                self.save_settings();
            }
            Command::DismissOffer => {
                self.state.offer = None;
                self.state.open_problem = None;
            }
            Command::ChooseRecording(recording) => self.choose_recording(recording),
            Command::Relocate(path) => self.relocate(path),
            Command::GoTo(page) => self.go_to(page),

            Command::ShowFrame(frame) => self.with_cursor(|cursor| cursor.go_to(frame)),
            Command::Step(by) => self.with_cursor(|cursor| cursor.step(by)),
            Command::TogglePlay => {
                let now = self.state.now_secs;
                let fps = self.fps();
                self.with_cursor(|cursor| cursor.toggle_play(fps, now));
            }
            Command::SetSpeed(speed) => {
                let now = self.state.now_secs;
                let fps = self.fps();
                self.with_cursor(|cursor| cursor.set_speed(speed, fps, now));
            }
            Command::Timeline(command) => self.timeline(command),
            Command::WantSeries => self.with_session(|session| session.series.is_wanted = true),

            Command::SelectKeypoint(keypoint) => self.select_keypoint(keypoint),
            Command::StepKeypoint(by) => self.step_keypoint(by),
            Command::SelectView(camera) => {
                if let Some(session) = &mut self.state.session {
                    session.selection.camera = camera;
                }
            }
            Command::TypeDigit(camera, digit) => self.type_digit(camera, digit),
            Command::FinishTyping => self.finish_typing(),
            Command::Escape => self.escape(),

            Command::SetChannels(channels) => self.with_session(|session| session.channels = channels),
            Command::Maximise(camera) => self.with_session(|session| {
                session.grid.maximised = camera;
                session.selection.camera = camera.or(session.selection.camera);
            }),
            Command::SetViewport(camera, viewport) => self.with_session(|session| {
                match viewport {
                    Some(viewport) => session.grid.viewports.insert(camera, viewport),
                    None => session.grid.viewports.remove(&camera),
                };
            }),
            Command::ResetViewports => self.with_session(|session| {
                session.grid.viewports.clear();
                session.grid.linked_zoom = false;
            }),
            Command::SetLinkedZoom(linked) => self.with_session(|session| session.grid.linked_zoom = linked),
            Command::SetFollowCrop(follow) => self.with_session(|session| session.grid.follow_crop = follow),

            Command::PickDot(..)
            | Command::PlaceFree(..)
            | Command::NotVisible(_)
            | Command::NotVisibleElsewhere
            | Command::ClearLabel(_)
            | Command::Nudge(..)
            | Command::SwapSides { .. }
            | Command::AcceptProposals(_)
            | Command::ApplyHypothesis(_)
            | Command::Edit(_) => {
                self.label(command);
            }
            Command::PlaceFreely(on) => self.with_session(|session| session.placing_freely = on),
            Command::AddDot(camera, point) => self.add_dot(camera, point),
            Command::NextBestClick => self.next_best_click(),
            Command::Undo => self.undo_or_redo(false),
            Command::Redo => self.undo_or_redo(true),

            Command::ChooseSeedFrames(frames) => self.choose_seed_frames(frames),

            Command::SetFilter(filter) => self.with_session(|session| session.queue.set_filter(filter)),
            Command::OrderBy(by) => self.order_by(by),
            Command::SetThreshold(threshold_px) => {
                self.with_session(|session| {
                    session.threshold_is_chosen = true;
                    session.queue.set_threshold(threshold_px.max(0.0));
                });
            }
            Command::Rerank => self.rerank(),
            Command::Queue(step) => self.step_queue(step),
            Command::Decide(state) => self.decide(state),
            Command::PreviewRerun => self.preview_rerun(),
            Command::TakeRerun => self.take_rerun(),
            Command::DiscardRerun => self.discard_rerun(),

            Command::TryDetector(config) => self.try_detector(Some(config)),
            Command::KeepDetector => {
                self.keep_detector();
            }
            Command::ForgetDetectorTrial => self.try_detector(None),
            Command::PutRegion(..) | Command::RemoveRegion(_) => self.change_region(command),
            Command::StartDetect { frames, again } => self.start_detect(frames, again),

            Command::StartRun(choice) => self.start_run(choice),
            Command::ChooseModel(choice) => self.choose_model(*choice),
            Command::ChooseLanguageModel(choice) => self.choose_language_model(*choice),
            Command::EnterKey(key) => {
                self.state.key.entered = key;
                self.stop_model_check();
            }
            Command::KeepKey(host) => self.keep_key(host),
            Command::ForgetKeptKey(host) => self.forget_kept_key(host),
            Command::CheckModel(assigner) => self.check_model(assigner),
            Command::CheckLanguageModel => self.check_language_model(),
            Command::StopModelCheck => self.stop_model_check(),
            Command::AllowHost(host) => self.allow_host(host),
            Command::ForbidHost(host) => self.change_settings(|settings| {
                settings.allowed_hosts.retain(|allowed| !allowed.eq_ignore_ascii_case(&host));
            }),
            Command::EstimateRun(choice) => self.estimate_run(choice),
            Command::ShowWhy(camera, keypoint) => self.show_why(camera, keypoint),
            Command::TurnWhy(camera, keypoint) => self.turn_why(camera, keypoint),
            Command::ChooseStep(chosen) => self.choose_step(chosen),
            Command::AskAgain(again) => self.ask_again(again),
            Command::KeepPrompt(trial) => self.keep_prompt(trial),
            Command::PauseJob => self.pause_job(),
            Command::ResumeJob => self.resume_job(),
            Command::CancelJob => self.cancel_job(),

            Command::Export(choice) => self.start_task(TaskRequest::Export(choice)),
            Command::SaveFigure(choice) => self.start_task(TaskRequest::Figure(choice)),
            Command::LoadTruth(path) => self.load_truth(path),

            Command::SetAnnotator(name) => self.set_annotator(&name),
            Command::SetAppearance(appearance) => self.change_settings(|settings| settings.appearance = appearance),
            Command::SetScale(scale) => self.change_settings(|settings| {
                let (least, most) = (*Settings::SCALES.start(), *Settings::SCALES.end());
                settings.scale = ((scale * 10.0).round() / 10.0).clamp(least, most);
            }),
            Command::SetPictureBudget(bytes) => {
                self.change_settings(|settings| settings.picture_budget_bytes = bytes.max(64 * 1024 * 1024));
            }
            Command::RememberWindow(place) => self.change_settings(|settings| settings.window = Some(place)),
            Command::Show(None) if self.state.dialog == Some(Dialog::Rerun) => self.discard_rerun(),
            Command::Show(None) if self.state.beneath.is_some() => self.give_no_leave(),
            Command::Show(dialog) => {
                if dialog.is_none() {
                    self.state.held_back = None;
                    self.with_session(|session| session.why = None);
                    self.stop_describe_estimate();
                }
                self.state.beneath = None;
                self.state.dialog = dialog;
            }
            Command::PrepareFrames(yes) => self.prepare_frames(yes),
            Command::Quit => {
                self.remember_place();
                self.state.quit = true;
            }
        }
    }

    fn with_session(&mut self, change: impl FnOnce(&mut super::session::Session)) {
        if let Some(session) = &mut self.state.session {
            change(session);
        }
    }

    fn with_cursor(&mut self, change: impl FnOnce(&mut super::cursor::Cursor)) {
        let Some(session) = &mut self.state.session else { return };
        let before = session.cursor.frame;
        change(&mut session.cursor);
        if session.cursor.frame != before {
            self.frame_changed();
        }
    }

    fn fps(&self) -> f64 {
        let fps = self.state.session.as_ref().map_or(0.0, |session| session.info.fps);
        if fps.is_finite() && fps > 0.0 { fps } else { 30.0 }
    }

    pub(super) fn change_settings(&mut self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.state.settings);
        self.save_settings();
    }

    fn set_annotator(&mut self, name: &str) {
        let name = name.trim();
        if name.is_empty() {
            return;
        }
        self.change_settings(|settings| settings.annotator = Some(name.to_owned()));
        self.state.dialog = None;
        if let Some(command) = self.state.held_back.take() {
            self.handle(*command);
        }
    }

    fn escape(&mut self) {
        if self.state.dialog == Some(Dialog::Rerun) {
            return self.discard_rerun();
        }
        if self.state.dialog.is_some() {
            return self.handle(Command::Show(None));
        }
        if self.state.page == Page::Behavior {
            self.timeline(TimelineCommand::Deselect);
        }
        self.with_session(|session| {
            if !std::mem::take(&mut session.placing_freely)
                && session.typing.take().is_none()
                && session.grid.maximised.take().is_none()
            {
                session.grid.linked_zoom = false;
            }
        });
    }

    fn go_to(&mut self, page: Page) {
        let is_after_run = self.state.page == Page::Run && page == Page::Review;
        let is_from_seeds = std::mem::replace(&mut self.state.page, page) == Page::Seeds;
        // What is proposed depends on the page.
        self.with_session(|session| session.insight = None);
        if is_after_run {
            self.begin_review();
        }
        match page {
            Page::Seeds => self.show_seed_frame(),
            // Back to where the review was left.
            Page::Review if is_from_seeds => self.with_session(|session| {
                if let Some(frame) = session.before_seeds.take() {
                    session.cursor.go_to(frame);
                }
            }),
            _ => {}
        }
        self.frame_changed();
        self.remember_place();
    }

    /// Shows the seed frame that is to be labelled, unless one is shown already.
    fn show_seed_frame(&mut self) {
        let Some(session) = &mut self.state.session else { return };
        if session.seeds.frames.contains(&session.cursor.frame) {
            return;
        }
        let is_open = |frame: &&u32| {
            session.seeds.progress.get(frame).is_none_or(|progress| progress.dots + progress.none < progress.all)
        };
        let first = session.seeds.frames.iter().find(is_open).or(session.seeds.frames.first());
        if let Some(frame) = first.copied() {
            session.before_seeds = Some(session.cursor.frame);
            session.cursor.go_to(frame);
        }
    }

    fn open(&mut self, path: PathBuf) {
        let path = std::path::absolute(&path).unwrap_or(path);
        if let Some(job) = &self.state.job {
            let text = format!(
                "{} is under way. Pause or cancel it before you open something else.",
                job.request.kind().words()
            );
            return self.state.notify(Urgency::Info, text);
        }
        // This window holds the lock of its own project: opening it again would find it taken.
        let is_open = |session: &super::session::Session| session.path == path && session.read_only.is_none();
        if self.state.session.as_ref().is_some_and(is_open) {
            return self.state.notify(Urgency::Info, "This project is open already.");
        }
        self.state.open_problem = None;
        self.state.opening = Some(path.clone());
        let remembered = self.state.settings.recent_of(&path).and_then(|recent| recent.recording.clone());
        // Those of a project that is still open are not told to stop, and hold another one.
        let asking = if self.state.session.is_none() { self.asking.clone() } else { Vec::new() };
        let outbox = self.outbox.clone();
        self.spawn("open", move || {
            wait_until_let_go(&asking);
            outbox.send(Event::Opened(Box::new(opening::open_path(&path, remembered.as_deref()))));
        });
    }

    /// Runs short work off the window's thread.
    pub(super) fn spawn(&mut self, name: &str, work: impl FnOnce() + Send + 'static) {
        if let Err(error) = std::thread::Builder::new().name(name.to_owned()).spawn(work) {
            self.state.opening = None;
            self.state.notify(Urgency::Error, format!("The system gives no more threads: {error}"));
        }
    }

    fn browse(&mut self, browse: Browse) {
        let outbox = self.outbox.clone();
        let purpose = match browse {
            Browse::Project => dialogs::Purpose::OpenProject,
            Browse::RecordingFolder | Browse::MovedRecording => dialogs::Purpose::Folder,
            Browse::NewProject => dialogs::Purpose::SaveProject,
            Browse::Export => dialogs::Purpose::SaveTable,
            Browse::Account(_) => dialogs::Purpose::OpenAccount,
            Browse::Figure => dialogs::Purpose::SaveFigure,
            Browse::Truth => dialogs::Purpose::OpenTable,
            Browse::Skeleton => dialogs::Purpose::OpenToml,
            Browse::OpenVocabulary => dialogs::Purpose::OpenVocabulary,
            Browse::SaveVocabulary => dialogs::Purpose::SaveVocabulary,
        };
        self.spawn("dialog", move || outbox.send(Event::Browsed(browse, dialogs::ask(purpose))));
    }

    fn make_demo(&mut self) {
        match demo_folder() {
            Some(folder) => {
                // The open project may be the demo itself, which cannot be made while it is open.
                if self.state.job.is_none() {
                    self.close_project();
                }
                self.start_task(TaskRequest::Demo(folder));
            }
            None => self.state.notify(Urgency::Error, "No folder for the demo: this user has no home folder."),
        }
    }

    pub(super) fn close_project(&mut self) {
        self.remember_place();
        if self.state.job.is_some() {
            self.cancel_job();
        }
        self.state.session = None;
        self.after_detector = None;
        self.state.paused = None;
        self.state.last_job = None;
        self.state.last_report = None;
        self.state.last_asking = None;
        self.state.estimate = None;
        self.state.dialog = None;
        self.state.beneath = None;
    }

    fn choose_recording(&mut self, recording: crate::model::RecordingId) {
        let Some(session) = &self.state.session else { return };
        if self.state.job.is_some() {
            self.state.notify(Urgency::Info, "A job is running. Pause it before you turn to another recording.");
            return;
        }
        if let Some(info) = session.recordings.iter().find(|info| info.id == recording) {
            let (path, name) = (session.path.clone(), info.name.clone());
            self.reopen(path, name);
        }
    }

    /// Opens a project again, with this recording: the keeper lets go of it first.
    pub(super) fn reopen(&mut self, path: PathBuf, recording: String) {
        self.remember_place();
        self.state.session = None;
        self.state.opening = Some(path.clone());
        let (outbox, asking) = (self.outbox.clone(), self.asking.clone());
        self.spawn("open", move || {
            wait_until_let_go(&asking);
            outbox.send(Event::Opened(Box::new(opening::open_path(&path, Some(&recording)))));
        });
    }

    fn relocate(&mut self, folder: PathBuf) {
        let Some(session) = &self.state.session else { return };
        let (project, name) = (session.path.clone(), session.info.name.clone());
        if session.read_only.is_some() {
            self.state.notify(Urgency::Error, "The project is open for reading only, so the new place is not kept.");
            return;
        }
        let id = session.info.id;
        self.ask(move |desk| {
            let kept = desk.project.relocate_recording(id, &folder);
            Event::Relocated(kept.map(|()| (project, name)).map_err(|error| error.to_string()))
        });
    }

    fn finish_typing(&mut self) {
        label::finish(self);
    }

    /// Asks for the annotator's name where nobody gave one, and keeps the command until then.
    pub(super) fn require_annotator(&mut self, command: &Command) -> Option<String> {
        if let Some(name) = &self.state.settings.annotator {
            return Some(name.clone());
        }
        self.state.held_back = Some(Box::new(command.clone()));
        self.state.dialog = Some(Dialog::Annotator);
        None
    }
}

/// Where the demo goes: the user's data folder, or what `BEHAVIORVLM_DEMO` names.
fn demo_folder() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("BEHAVIORVLM_DEMO") {
        return Some(PathBuf::from(path));
    }
    etcetera::choose_base_strategy().ok().map(|folders| folders.data_dir().join("behaviorvlm/demo"))
}
