//! Long jobs from the window: starting, pausing, ending; trying detector settings; seed frames; true points to compare with.

use std::path::PathBuf;
use std::sync::Arc;

use super::App;
use super::command::{Command, Dialog, Page};
use super::event::{DetectorState, Event, SeedState, TaskEnd};
use super::opening::{history_of, open_labelling};
use super::session::SeedProgress;
use super::state::{LastJob, Urgency};
use super::task::{self, TaskContext, TaskKind, TaskOutcome, TaskRequest};
use crate::jobs::detect_preview::{PreviewError, PreviewResult};
use crate::jobs::labelling::Act;
use crate::jobs::pose::unfinished;
use crate::jobs::{JobError, evaluate};
use crate::model::{CameraId, MaskRegion, Placement, Point2};
use crate::recording::detect::DetectConfig;
use crate::store::{Gesture, Project, now_unix_ms};

impl App {
    /// Starts a job, unless one is running.
    pub(super) fn start_task(&mut self, request: TaskRequest) {
        if let Some(job) = &self.state.job {
            let text = format!("{} is still under way. Wait for it, or cancel it.", job.request.kind().words());
            return self.state.notify(Urgency::Info, text);
        }
        let needs_project =
            !matches!(request, TaskRequest::Demo(_) | TaskRequest::NewProject { .. } | TaskRequest::FrameStore(_));
        let mut context = TaskContext { project: None, info: None };
        if needs_project {
            let Some(session) = &self.state.session else { return };
            let writes = !matches!(request, TaskRequest::Export(_) | TaskRequest::Figure(_) | TaskRequest::Rerun(_));
            if let Some(reason) = session.read_only.as_ref().filter(|_| writes) {
                let text = format!("Not started: {reason}, so the project is open for reading only.");
                return self.state.notify(Urgency::Error, text);
            }
            match session.connection() {
                Ok(project) => context.project = Some(project),
                Err(error) => return self.state.notify(Urgency::Error, error.to_string()),
            }
            context.info = Some(session.info.clone());
        }
        self.state.paused = None;
        self.state.last_job = None;
        match request.kind() {
            TaskKind::Run => (self.state.last_report, self.state.last_asking) = (None, None),
            TaskKind::Behavior => self.state.last_asking = None,
            _ => {}
        }
        self.state.would_replace = None;
        match task::start(request, context, self.outbox.clone(), self.state.now_secs) {
            Ok(task) => self.state.job = Some(task),
            Err(error) => self.state.notify(Urgency::Error, format!("The system gives no more threads: {error}")),
        }
    }

    pub(super) fn pause_job(&mut self) {
        if let Some(job) = &mut self.state.job {
            job.pausing = job.request.is_resumable();
            job.cancel.cancel();
        }
    }

    /// Goes on with what was paused; a run that asks a model goes on with the one that is chosen now.
    pub(super) fn resume_job(&mut self) {
        let Some(mut request) = self.state.paused.clone() else { return };
        // "Again" was meant for the start: what is done since then stays done.
        match &mut request {
            TaskRequest::Detect { again, .. } => *again = false,
            TaskRequest::Run(choice, model) => {
                choice.again = false;
                let Some(chosen) = self.model_for(choice.assigner, &Command::ResumeJob) else { return };
                *model = chosen.map(Box::new);
            }
            TaskRequest::Behavior(request) => {
                let Some(renewed) = self.renewed_describe(request) else { return };
                **request = renewed;
            }
            // What was answered until the pause counts; asked once more each time, a limit of calls would never let it end.
            TaskRequest::Trial(trial) => trial.afresh = false,
            _ => {}
        }
        self.start_task(request);
    }

    pub(super) fn cancel_job(&mut self) {
        self.state.paused = None;
        if let Some(job) = &mut self.state.job {
            job.pausing = false;
            job.cancel.cancel();
        }
    }

    pub(super) fn take_job_end(&mut self, kind: TaskKind, result: Result<Box<TaskOutcome>, TaskEnd>) {
        if kind == TaskKind::FrameStore {
            return self.take_store_end(result);
        }
        let Some(mut job) = self.state.job.take_if(|job| job.request.kind() == kind) else { return };
        if let Some(thread) = job.thread.take() {
            let _ = thread.join();
        }
        if matches!(kind, TaskKind::Run | TaskKind::Behavior) {
            self.state.last_asking = job.asking.take();
        }
        match result {
            Ok(outcome) => self.take_outcome(kind, *outcome),
            Err(TaskEnd::Paused(message)) => {
                self.job_ended(kind, false, message.clone());
                // The page of the job says it beside what can be done about it.
                let own_page = if kind == TaskKind::Behavior { Page::Behavior } else { Page::Run };
                if self.state.page != own_page {
                    self.state.notify(Urgency::Warning, message);
                }
                self.state.paused = Some(job.request);
            }
            Err(TaskEnd::Stopped) if job.pausing => {
                self.job_ended(kind, true, format!("{} is paused; nothing is lost.", kind.words()));
                self.state.paused = Some(job.request);
            }
            Err(TaskEnd::Stopped) => {
                self.job_ended(kind, true, format!("{} was cancelled; what was done stays.", kind.words()));
            }
            Err(TaskEnd::Failed(message)) => {
                self.job_ended(kind, false, message.clone());
                // Without a project the welcome page says it where it happened.
                if self.state.session.is_some() {
                    self.state.notify(Urgency::Error, message);
                }
                if kind == TaskKind::Rerun {
                    self.show(None);
                }
                if kind == TaskKind::Ask {
                    // What was answered before it failed.
                    self.read_why();
                }
            }
        }
        match kind {
            TaskKind::Detect | TaskKind::Run => self.read_everything_again(),
            // What is whole by now is shown, however it ended.
            TaskKind::Behavior => self.scene_changed(),
            // What was answered, also before it failed.
            TaskKind::Trial => self.read_segment_why(),
            _ => {}
        }
    }

    fn job_ended(&mut self, kind: TaskKind, went_well: bool, words: String) {
        self.state.last_job = Some(LastJob { kind, went_well, words });
    }

    fn take_outcome(&mut self, kind: TaskKind, outcome: TaskOutcome) {
        let text = match outcome {
            TaskOutcome::Detect(report) => {
                let views = if report.failed_views > 0 {
                    format!(", {} views failed", report.failed_views)
                } else {
                    String::new()
                };
                report.problems.iter().for_each(|problem| self.state.notify(Urgency::Warning, problem.clone()));
                format!("Found {} dots in {} frames{views}.", report.centroids, report.frames_done)
            }
            TaskOutcome::Run(report) => {
                let words = format!("Solved {} frames in {:.0} s.", report.frames_done, report.wall_s);
                self.state.last_report = Some(report);
                words
            }
            TaskOutcome::Rerun(preview) => {
                // Where the dialog is closed by now, nobody wants to know any more.
                if let Some(session) = self.state.session.as_mut().filter(|_| self.state.dialog == Some(Dialog::Rerun))
                {
                    session.rerun = Some(preview);
                }
                return;
            }
            TaskOutcome::Behavior(reports) => {
                let (urgency, words) = self.take_described(&reports);
                // Without pictures the tracks alone say how long a recording is, and the run has read them.
                let session = self.state.session.as_ref().filter(|session| session.info.frame_count == 0);
                if let Some((path, name)) = session.map(|session| (session.path.clone(), session.info.name.clone())) {
                    self.reopen(path, name);
                }
                self.job_ended(kind, true, words.clone());
                return self.state.notify(urgency, words);
            }
            TaskOutcome::Asked(counts) => {
                self.read_why();
                match (counts.calls - counts.reasks.min(counts.calls), counts.failed) {
                    (0, 0) => "Exactly this was asked before: its answer stands beside the others.".to_owned(),
                    (calls, 0) => format!("{calls} questions were answered. No label is changed by that."),
                    (calls, failed) => format!("Of {calls} questions, {failed} got no usable answer."),
                }
            }
            TaskOutcome::Trial(report) => self.take_trial(*report),
            TaskOutcome::RerunTaken(taken) => {
                let left = match taken.left {
                    0 => String::new(),
                    left => format!(" {left} were left, since somebody labelled there meanwhile."),
                };
                format!("{} frames took over what the re-run found.{left}", taken.frames)
            }
            TaskOutcome::Export { paths, rows, left_out } => {
                let file = paths.first().map(|path| path.display().to_string()).unwrap_or_default();
                let rest =
                    if left_out.is_empty() { String::new() } else { format!(" Left out: {}.", left_out.join(", ")) };
                format!("Wrote {rows} rows to {file}.{rest}")
            }
            TaskOutcome::Figure(paths) => {
                let files: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
                format!("Wrote {}.", files.join(" and "))
            }
            TaskOutcome::WouldReplace(path) => {
                self.state.would_replace = Some(path);
                return;
            }
            TaskOutcome::FrameStore(_) => return,
            TaskOutcome::Project(path) => {
                self.pending.push(Command::Open(path));
                return;
            }
        };
        self.job_ended(kind, true, text.clone());
        self.state.notify(Urgency::Success, text);
    }

    /// After a job changed many frames.
    fn read_everything_again(&mut self) {
        self.overview_is_stale = true;
        self.overview_secs = f64::NEG_INFINITY;
        if let Some(session) = &mut self.state.session {
            session.views.clear();
            session.asked.clear();
            session.insight = None;
        }
        self.ask(|desk| match open_labelling(&desk.project, &desk.info, desk.recording.as_deref()) {
            Ok(labelling) => {
                desk.labelling = Arc::new(labelling);
                Event::Refreshed(Some(history_of(&desk.project)))
            }
            Err(error) => Event::Frame(Err(error.to_string())),
        });
        self.want_seed_state();
        self.frame_changed();
    }

    pub(super) fn choose_seed_frames(&mut self, mut frames: Vec<u32>) {
        let Some(session) = &mut self.state.session else { return };
        frames.retain(|frame| *frame < session.info.frame_count);
        frames.sort_unstable();
        frames.dedup();
        if frames.is_empty() {
            return self.state.notify(Urgency::Info, "Choose at least one seed frame.");
        }
        session.seeds.frames = frames;
        self.state.dialog = None;
        self.want_seed_state();
        self.remember_place();
        self.frame_changed();
    }

    /// Asks how far the seed frames are.
    pub(super) fn want_seed_state(&mut self) {
        let Some(session) = &self.state.session else { return };
        let frames = session.seeds.frames.clone();
        self.ask(move |desk| {
            let views: Vec<_> =
                frames.iter().filter_map(|frame| desk.labelling.frame(&desk.project, *frame).ok()).collect();
            let progress = views.iter().map(|view| {
                let mut progress = SeedProgress {
                    all: view.labels.camera_count() * view.labels.keypoint_count(),
                    ..SeedProgress::default()
                };
                for (_, _, label) in view.labels.iter().filter(|(_, _, label)| label.is_human()) {
                    match label.placement {
                        Placement::Absent => progress.none += 1,
                        Placement::Centroid { .. } | Placement::Free { .. } => progress.dots += 1,
                    }
                }
                (view.frame, progress)
            });
            let checks = desk.labelling.seed_checks(&desk.project).unwrap_or_default();
            let unfinished = unfinished(&desk.project, &desk.info).ok().flatten();
            Event::SeedState(SeedState { progress: progress.collect(), checks, unfinished })
        });
    }

    /// Asks what the labels of another seed frame suggest for the shown one, where nothing is labelled there yet.
    pub(super) fn want_carried(&mut self) {
        let Some(session) = &self.state.session else { return };
        let frame = session.cursor.frame;
        let is_seed = session.seeds.frames.contains(&frame);
        if !is_seed || session.seeds.carried_for == Some(frame) || session.is_seed_done(frame) {
            return;
        }
        let progress = |frame: &u32| session.seeds.progress.get(frame).map_or(0, |progress| progress.dots);
        if !session.seeds.frames.iter().any(|other| *other != frame && progress(other) > 0) {
            return;
        }
        if let Some(session) = &mut self.state.session {
            session.seeds.carried_for = Some(frame);
            session.seeds.carried.clear();
        }
        self.ask(move |desk| {
            let view = desk.labelling.frame(&desk.project, frame);
            let proposals = view.and_then(|view| desk.labelling.carry_over(&desk.project, &view)).unwrap_or_default();
            Event::Carried(frame, proposals)
        });
    }

    /// Tries other detector settings on the shown frame; `None` goes back to the kept ones.
    pub(super) fn try_detector(&mut self, config: Option<DetectConfig>) {
        let Some(session) = &mut self.state.session else { return };
        let config = config.filter(|config| *config != session.detector);
        if let Some(Err(error)) = config.as_ref().map(DetectConfig::check) {
            return self.state.notify(Urgency::Warning, error.to_string());
        }
        session.trial.config = config;
        session.trial.found.clear();
        self.try_shown_frame();
    }

    /// Asks what the tried settings find in the shown frame, view by view.
    pub(super) fn try_shown_frame(&mut self) {
        let Some(session) = &mut self.state.session else { return };
        session.trial.generation += 1;
        session.trial.found.clear();
        let (Some(config), true) = (session.trial.config.clone(), self.state.page == Page::Detect) else {
            return;
        };
        let Some(preview) = session.preview() else { return };
        let (frame, generation) = (session.cursor.frame, session.trial.generation);
        session.trial.pending = session.info.cameras.len();
        let regions: Vec<MaskRegion> = session.regions.iter().map(|stored| stored.region.clone()).collect();
        let newest = preview.next_generation();
        let outbox = self.outbox.clone();
        let cameras: Vec<CameraId> = session.cameras().collect();
        self.spawn("preview", move || {
            for camera in cameras {
                let found = match preview.run(newest, camera, frame, &config, &regions) {
                    Err(PreviewError::Superseded) => return,
                    found => found.map_err(|error| error.to_string()),
                };
                outbox.send(Event::Preview(camera, generation, Box::new(found)));
            }
        });
    }

    /// Adds a dot at the spot that was clicked, or at the click itself where no spot is.
    pub(super) fn add_dot(&mut self, camera: CameraId, point_in_image: Point2) {
        let Some(session) = &mut self.state.session else { return };
        let (frame, config) = (session.cursor.frame, session.detector.clone());
        let Some(preview) = session.preview() else {
            return self.pending.push(Command::Edit(Act::AddCentroid { frame, camera, point_in_image }));
        };
        let outbox = self.outbox.clone();
        self.spawn("click", move || {
            let spot = preview.refine_click(camera, frame, point_in_image, &config);
            let place = spot.map_or(point_in_image, |spot| spot.point_in_image);
            outbox.send(Event::Clicked(camera, frame, place));
        });
    }

    pub(super) fn take_preview(&mut self, camera: CameraId, generation: u64, result: Result<PreviewResult, String>) {
        let Some(session) = &mut self.state.session else { return };
        if session.trial.generation == generation {
            session.trial.pending = session.trial.pending.saturating_sub(1);
            session.trial.found.insert(camera, result);
        }
    }

    /// Finds dots, with the settings that are being tried where there are any: they are kept first.
    pub(super) fn start_detect(&mut self, frames: String, again: bool) {
        if self.keep_detector() {
            self.after_detector = Some(Command::StartDetect { frames, again });
        } else {
            self.start_task(TaskRequest::Detect { frames, again });
        }
    }

    /// Keeps the settings that are being tried; says whether there are any that are being kept now.
    pub(super) fn keep_detector(&mut self) -> bool {
        let Some(session) = &self.state.session else { return false };
        let Some(config) = session.trial.config.clone() else { return false };
        if session.read_only.is_some() {
            self.state.notify(Urgency::Error, "The project is open for reading only.");
            return false;
        }
        self.ask(move |desk| {
            let kept = desk.project.set_detect_config(desk.info.id, &config);
            Event::Detector(kept.map(|()| detector_state(&desk.project, desk)).map_err(|error| error.to_string()))
        });
        true
    }

    /// Adds, changes or removes a region that masks dots.
    pub(super) fn change_region(&mut self, command: Command) {
        if self.state.session.as_ref().is_none_or(|session| session.read_only.is_some()) {
            return self.state.notify(Urgency::Error, "The project is open for reading only.");
        }
        let Some(who) = self.require_annotator(&command) else { return };
        self.ask(move |desk| {
            let gesture = |title| Gesture { title, annotator: &who, at_unix_ms: now_unix_ms() };
            let (project, recording) = (&mut desk.project, desk.info.id);
            let changed = match &command {
                Command::PutRegion(None, region) => {
                    project.add_mask_region(recording, region, &gesture("Mask a region")).map(drop)
                }
                Command::PutRegion(Some(id), region) => {
                    project.change_mask_region(recording, *id, region, &gesture("Change a mask"))
                }
                Command::RemoveRegion(id) => project.remove_mask_region(recording, *id, &gesture("Remove a mask")),
                _ => Ok(()),
            };
            Event::Detector(changed.map(|()| detector_state(&desk.project, desk)).map_err(|error| error.to_string()))
        });
    }

    pub(super) fn take_detector(&mut self, result: Result<DetectorState, String>) {
        let Some(session) = &mut self.state.session else { return };
        match result {
            Ok(state) => {
                session.detector = state.config;
                session.regions = state.regions;
                session.undo_title = state.history.undo;
                session.redo_title = state.history.redo;
                session.trial.config = None;
                session.trial.found.clear();
                session.views.clear();
                session.asked.clear();
                self.overview_is_stale = true;
                self.frame_changed();
                if let Some(command) = self.after_detector.take() {
                    self.handle(command);
                }
            }
            Err(message) => {
                self.after_detector = None;
                self.state.notify(Urgency::Error, message);
            }
        }
    }

    pub(super) fn load_truth(&mut self, path: PathBuf) {
        let Some(session) = &self.state.session else { return };
        let info = session.info.clone();
        let project = session.connection().map_err(JobError::from);
        let outbox = self.outbox.clone();
        self.spawn("truth", move || {
            let read = project.and_then(|project| evaluate::read_truth(&project, &info.name, &path));
            let truth = read.map(|truth| (path, Arc::new(truth))).map_err(|error| error.to_string());
            outbox.send(Event::Truth(truth));
        });
    }
}

fn detector_state(project: &Project, desk: &super::keeper::Desk) -> DetectorState {
    DetectorState {
        config: project.detect_config(desk.info.id).ok().flatten().unwrap_or_default(),
        regions: project.mask_regions(desk.info.id).unwrap_or_default(),
        history: history_of(project),
    }
}
