//! Takes in what threads have sent: one exhaustive match. What was shown before stays until something newer is there.

use std::path::PathBuf;
use std::sync::Arc;

use super::App;
use super::command::{Browse, Command, Dialog, Page, QueueFilter};
use super::cursor::Cursor;
use super::event::{Acted, Event, OpenProblem};
use super::keeper::{Desk, Keeper};
use super::opening::Opened;
use super::overview::row_of;
use super::queue::DEFAULT_THRESHOLD_PX;
use super::session::{Selection, Session};
use super::state::{Offer, Urgency, sentence};
use super::task::TaskKind;
use super::timeline::{CompareCommand, TimelineCommand};
use crate::jobs::frames::{FrameEvent, FrameService, store};
use crate::jobs::labelling::{Act, FrameView};
use crate::model::KeypointId;
use crate::store::FrameState;

/// Frames before and after the shown one whose labels are read early.
const NEIGHBOURS: u32 = 3;

/// So many seed frames, as the paper has it.
const SEED_FRAMES: u32 = 3;

impl App {
    pub(super) fn take(&mut self, event: Event) {
        match event {
            Event::Opened(result) => match *result {
                Ok(opened) => self.take_opened(opened),
                Err(problem) => self.take_problem(problem),
            },
            Event::Frame(result) => {
                self.open_questions -= 1;
                match result {
                    Ok(view) => self.take_frame(view),
                    Err(message) => self.state.notify(Urgency::Error, message),
                }
            }
            Event::Acted(result) => {
                self.open_questions -= 1;
                self.take_acted(result);
            }
            Event::NothingToUndo { redo } => {
                self.open_questions -= 1;
                if let Some(session) = &mut self.state.session {
                    session.saving = session.saving.saturating_sub(1);
                }
                self.want_insight();
                let what = if redo { "Nothing to redo." } else { "Nothing to undo." };
                self.state.notify(Urgency::Info, what);
            }
            Event::Insight(insight) => {
                self.open_questions -= 1;
                self.asking_insight = false;
                if let Some(session) = &mut self.state.session {
                    session.insight = Some(*insight);
                }
                self.want_insight();
                if self.state.session.as_ref().is_some_and(|session| session.insight().is_some())
                    && let Some(command) = self.after_insight.take()
                {
                    self.pending.push(command);
                }
            }
            Event::Overview(result) => self.take_overview(result),
            Event::Series(path, recording, result) => self.take_series(&path, recording, result),
            Event::Refreshed(history) => {
                self.open_questions -= 1;
                if let (Some(history), Some(session)) = (history, &mut self.state.session) {
                    session.undo_title = history.undo;
                    session.redo_title = history.redo;
                }
            }
            Event::Carried(frame, proposals) => {
                self.open_questions -= 1;
                if let Some(session) =
                    self.state.session.as_mut().filter(|session| session.seeds.carried_for == Some(frame))
                {
                    session.seeds.carried = proposals;
                    session.insight = None;
                }
                self.want_insight();
            }
            Event::SeedState(state) => {
                self.open_questions -= 1;
                if let Some(session) = &mut self.state.session {
                    session.seeds.checks = state.checks;
                    session.seeds.progress = state.progress;
                    session.unfinished = state.unfinished;
                }
                if self.state.page == Page::Seeds {
                    self.want_carried();
                }
            }
            Event::Job(TaskKind::FrameStore, event) => {
                if let Some(task) = &mut self.state.background {
                    task.note(event);
                }
            }
            Event::Job(kind, event) => {
                if let Some(job) = self.state.job.as_mut().filter(|job| job.request.kind() == kind) {
                    job.note(event);
                }
                self.overview_is_stale = true;
            }
            Event::KeptKey { host, kept, was_asked } => self.take_kept_key(host, kept, was_asked),
            Event::ModelChecked(generation, found) => self.take_model_check(generation, found),
            Event::Estimated(of, found) => {
                self.open_questions -= 1;
                self.take_estimate(&of, found);
            }
            Event::Why(generation, found) => self.take_why(generation, *found),
            Event::Sheet(generation, sheet) => self.take_sheet(generation, *sheet),
            Event::PromptKept(kept) => {
                self.open_questions -= 1;
                self.take_prompt(kept);
            }
            Event::Timeline(read) => {
                self.open_questions -= 1;
                self.take_layers(read);
            }
            Event::TimelineActed(acted) => {
                self.open_questions -= 1;
                self.take_timeline_acted(acted);
            }
            Event::ExamplesMade(made) => {
                self.open_questions -= 1;
                self.take_examples(made);
            }
            Event::SegmentsFound(generation, found) => {
                self.open_questions -= 1;
                self.take_found(generation, found);
            }
            Event::QuestionAnswered(generation, answer) => self.take_query(generation, answer),
            Event::Standing(recording, read) => self.take_standing(recording, *read),
            Event::DescribeEstimated(recording, found) => self.take_describe_estimate(recording, found),
            Event::SegmentWhy(segment, found) => {
                self.open_questions -= 1;
                let why = self.state.session.as_mut().and_then(|session| session.timeline.why.as_mut());
                if let Some(why) = why.filter(|why| why.segment == *segment) {
                    why.found = Some(found);
                }
            }
            Event::TrialBasis(basis) => {
                self.open_questions -= 1;
                self.take_trial_basis(basis);
            }
            Event::VocabularyCounted(counted) => {
                self.open_questions -= 1;
                self.take_uses(counted);
            }
            Event::VocabularyWritten(written) => {
                self.open_questions -= 1;
                self.take_vocabulary_written(written);
            }
            Event::Compared(compared) => self.take_compared(*compared),
            Event::ExportPlan(recording, plan) => self.take_export_plan(recording, *plan),
            Event::Figure(recording, shown) => self.take_figure(recording, *shown),
            Event::Scene(recording, read) => self.take_scene(recording, read),
            Event::Measured(scene, measured) => self.take_measured(&scene, measured),
            Event::JobEnded(kind, result) => self.take_job_end(kind, result),
            Event::StorePlan(fingerprint, channels) => self.take_store_plan(&fingerprint, channels),
            Event::Preview(camera, generation, result) => self.take_preview(camera, generation, *result),
            Event::Clicked(camera, frame, point_in_image) => {
                self.label(Command::Edit(Act::AddCentroid { frame, camera, point_in_image }));
            }
            Event::Detector(result) => {
                self.open_questions -= 1;
                self.take_detector(result);
            }
            Event::Truth(result) => match result {
                Ok((path, truth)) => {
                    if let Some(session) = &mut self.state.session {
                        session.truth = Some((path, truth));
                    }
                }
                Err(message) => self.state.notify(Urgency::Error, message),
            },
            Event::Browsed(browse, answer) => self.take_browsed(browse, answer),
            Event::Relocated(result) => {
                self.open_questions -= 1;
                match result {
                    Ok((path, recording)) => self.reopen(path, recording),
                    Err(message) => self.state.notify(Urgency::Error, message),
                }
            }
            Event::Examined(path, findings) => {
                if let Some(offer) = self.state.offer.as_mut().filter(|offer| offer.recording == path) {
                    offer.findings = Some(findings);
                }
            }
        }
    }

    fn take_opened(&mut self, opened: Opened) {
        self.state.opening = None;
        self.state.offer = None;
        let path = opened.project.path().to_owned();
        let remembered = self.state.settings.recent_of(&path).cloned();
        let remembered_here = remembered.filter(|recent| recent.recording.as_deref() == Some(&opened.info.name));
        let Opened { project, read_only, recordings, info, recording, labelling, spare, problems, history, unfinished } =
            opened;
        let recording = recording.map(Arc::new);
        let skeleton = Arc::new(project.skeleton().clone());
        let detector = project.detect_config(info.id).ok().flatten().unwrap_or_default();
        let regions = project.mask_regions(info.id).unwrap_or_default();
        let budget = self.state.settings.picture_budget_bytes as usize;
        let waker = self.outbox.waker();
        let pictures = recording
            .as_ref()
            .map(|recording| FrameService::new(recording, &info, budget, store::default_root(), waker));
        let pictures = match pictures.transpose() {
            Ok(pictures) => pictures.map(Arc::new),
            Err(error) => {
                return self.state.notify(Urgency::Error, format!("The system gives no more threads: {error}"));
            }
        };
        let desk = Desk { project, info: info.clone(), recording: recording.clone(), labelling: labelling.clone() };
        let keeper = match Keeper::start(desk, self.outbox.clone()) {
            Ok(keeper) => keeper,
            Err(error) => {
                self.state.notify(Urgency::Error, format!("The system gives no more threads: {error}"));
                return;
            }
        };
        let mut cursor = Cursor::new(info.frame_count);
        let mut seeds = super::session::Seeds::default();
        let mut threshold_px = None;
        if let Some(recent) = &remembered_here {
            cursor.go_to(recent.frame);
            seeds.frames.clone_from(&recent.seed_frames);
            threshold_px = recent.threshold_px;
        }
        seeds.frames.retain(|frame| *frame < info.frame_count);
        problems.iter().for_each(|problem| self.state.notify(Urgency::Warning, problem.clone()));
        let mut session = Session {
            path,
            read_only,
            recordings,
            info,
            recording,
            spare,
            preview: None,
            problems,
            skeleton,
            labelling,
            pictures,
            keeper,
            cursor,
            views: Default::default(),
            overview: None,
            series: Default::default(),
            timeline: Default::default(),
            queue: Default::default(),
            selection: Selection { keypoint: KeypointId(0), camera: None },
            labelled_last: None,
            placing_freely: false,
            under_way: Vec::new(),
            typing: None,
            channels: Default::default(),
            grid: super::session::Grid { follow_crop: true, ..Default::default() },
            insight: None,
            seeds,
            unfinished,
            detector,
            regions,
            trial: Default::default(),
            rerun: None,
            why: None,
            seen: None,
            before_seeds: None,
            threshold_is_chosen: threshold_px.is_some(),
            truth: None,
            undo_title: history.undo,
            redo_title: history.redo,
            saving: 0,
            not_saved: None,
            asked: Default::default(),
            storable: Vec::new(),
            broken_views: Default::default(),
            unreadable: Default::default(),
        };
        session.queue.set_threshold(threshold_px.unwrap_or(DEFAULT_THRESHOLD_PX));
        session.queue.set_filter(QueueFilter { states: vec![FrameState::Todo], ..QueueFilter::default() });
        self.state.session = Some(session);
        self.open_questions = 0;
        self.asking_insight = false;
        self.after_insight = None;
        self.reading_overview = false;
        self.overview_is_stale = true;
        self.state.page = remembered_here.map_or(Page::Seeds, |recent| recent.page);
        self.page_is_open = self.state.settings.recent_of(&self.session_path()).is_none();
        self.frame_changed();
        self.remember_place();
        self.plan_store();
    }

    fn session_path(&self) -> PathBuf {
        self.state.session.as_ref().map(|session| session.path.clone()).unwrap_or_default()
    }

    fn take_problem(&mut self, problem: OpenProblem) {
        self.state.opening = None;
        match problem {
            // The welcome page has a place for it; over an open project it is a notice.
            OpenProblem::Failed { message, .. } if self.state.session.is_some() => {
                self.state.notify(Urgency::Error, message);
            }
            OpenProblem::Failed { path, message } => self.state.open_problem = Some((path, sentence(message))),
            OpenProblem::IsRecording(folder) => self.offer_project(folder),
        }
    }

    /// Opens the project beside a recording, or offers to make one.
    fn offer_project(&mut self, folder: PathBuf) {
        let name = folder.file_name().map_or_else(|| "project".to_owned(), |name| name.to_string_lossy().into_owned());
        let project = folder.parent().unwrap_or(&folder).join(format!("{name}.bvlm"));
        if project.exists() {
            self.pending.push(Command::Open(project));
            return;
        }
        // The offer stands on the welcome page; everything in the open project is saved.
        self.close_project();
        self.state.offer = Some(Offer { recording: folder.clone(), project, skeleton: None, findings: None });
        let outbox = self.outbox.clone();
        self.spawn("doctor", move || {
            let findings = crate::recording::doctor::examine(&folder);
            outbox.send(Event::Examined(folder, findings));
        });
    }

    fn take_browsed(&mut self, browse: Browse, answer: Result<Option<PathBuf>, String>) {
        let path = match answer {
            Ok(Some(path)) => path,
            Ok(None) => return,
            Err(message) => return self.state.notify(Urgency::Warning, message),
        };
        match browse {
            Browse::Project | Browse::RecordingFolder => self.pending.push(Command::Open(path)),
            Browse::MovedRecording => self.pending.push(Command::Relocate(path)),
            Browse::Truth => self.pending.push(Command::LoadTruth(path)),
            Browse::NewProject => {
                if let Some(offer) = &mut self.state.offer {
                    offer.project = path;
                }
            }
            Browse::Skeleton => {
                if let Some(offer) = &mut self.state.offer {
                    offer.skeleton = Some(path);
                }
            }
            Browse::Export => self.state.export_path = Some(path),
            Browse::OpenVocabulary | Browse::SaveVocabulary => {
                if let Some(session) = &mut self.state.session {
                    session.timeline.vocabulary_state.browsed = Some(path);
                }
            }
            Browse::Account(side) => {
                let chosen = CompareCommand::ChooseFile(side, path);
                self.pending.push(Command::Timeline(TimelineCommand::Compare(chosen)));
            }
            Browse::Figure => self.state.figure_path = Some(path),
        }
    }

    /// The shown frame, the page or the labels changed: asks for what is not at hand.
    pub(super) fn frame_changed(&mut self) {
        let Some(session) = &mut self.state.session else { return };
        session.typing = None;
        let shown = session.cursor.frame;
        if session.seeds.clicks_for != Some(shown) {
            session.seeds.clicks_for = Some(shown);
            session.seeds.clicks = 0;
            session.labelled_last = None;
            session.placing_freely = false;
            session.under_way.clear();
            self.after_insight = None;
        }
        self.ask_frame(shown);
        self.want_insight();
        self.try_shown_frame();
        if self.state.page == Page::Seeds {
            self.want_carried();
        }
    }

    /// Asks for the labels of a frame, unless they are at hand or asked for.
    pub(super) fn ask_frame(&mut self, frame: u32) {
        let Some(session) = &mut self.state.session else { return };
        let is_there = frame < session.info.frame_count && session.views.get(frame).is_none();
        if is_there && session.asked.insert(frame) {
            self.ask(move |desk| {
                let view = desk.labelling.frame(&desk.project, frame);
                Event::Frame(view.map(Arc::new).map_err(|error| error.to_string()))
            });
        }
    }

    fn take_frame(&mut self, view: Arc<FrameView>) {
        let Some(session) = &mut self.state.session else { return };
        let frame = view.frame;
        session.asked.remove(&frame);
        if view.recording != session.info.id {
            return;
        }
        if let Some(overview) = &mut session.overview {
            overview.update(&view);
        }
        session.series.put(&view);
        update_queue(session, &view);
        session.views.insert(view);
        if frame == session.cursor.frame {
            self.want_insight();
            self.ask_neighbours();
        }
    }

    /// Labels of the frames that are likely to be shown next.
    fn ask_neighbours(&mut self) {
        let Some(session) = &self.state.session else { return };
        let shown = session.cursor.frame;
        let near = shown.saturating_sub(NEIGHBOURS)..shown.saturating_add(NEIGHBOURS + 1);
        let mut wanted: Vec<u32> = near.collect();
        if self.state.page == Page::Review {
            wanted.extend(session.queue.upcoming(shown, NEIGHBOURS as usize));
        }
        wanted.into_iter().for_each(|frame| self.ask_frame(frame));
    }

    fn take_acted(&mut self, result: Result<Box<Acted>, String>) {
        let Some(session) = &mut self.state.session else { return };
        session.saving = session.saving.saturating_sub(1);
        if session.saving == 0 {
            session.under_way.clear();
        }
        let acted = match result {
            Ok(acted) => *acted,
            Err(message) => {
                session.not_saved = Some(message.clone());
                // What was shown before the answer came is not so.
                self.overview_is_stale = true;
                self.state.notify(Urgency::Error, message);
                self.want_insight();
                return;
            }
        };
        session.not_saved = None;
        let is_outdated = session.rerun.take().is_some();
        session.undo_title = acted.history.undo;
        session.redo_title = acted.history.redo;
        let was_here = acted.outcome.recording == session.info.id;
        if acted.reload {
            session.views.clear();
            session.asked.clear();
            self.overview_is_stale = true;
        }
        acted.frames.into_iter().for_each(|view| self.take_frame(view));
        if is_outdated {
            self.discard_rerun();
            self.state.notify(Urgency::Info, "A label changed meanwhile, so the re-run was not taken. Try it again.");
        }
        if let Some(note) = &acted.outcome.note {
            self.state.notify(Urgency::Info, note.clone());
        }
        acted.outcome.conflicts.iter().for_each(|conflict| self.state.notify(Urgency::Warning, conflict.clone()));
        if acted.jump {
            self.timeline_changed();
        }
        if acted.jump && was_here {
            self.jump_to(acted.outcome.frames.first().copied(), acted.outcome.place);
        } else if acted.jump {
            self.state.notify(Urgency::Info, format!("{}: in another recording", acted.outcome.title));
        }
        self.tell_of_disagreement(&acted.outcome);
        self.forget_carried(&acted.outcome.frames);
        self.want_seed_state();
        self.frame_changed();
    }

    /// What the frame service could not read: told once, and shown in the view.
    pub(super) fn take_trouble(&mut self, event: FrameEvent) {
        let Some(session) = &mut self.state.session else { return };
        match event {
            FrameEvent::Unreadable { camera, frame, reason } => {
                let is_first = !session.unreadable.keys().any(|(other, _)| *other == camera);
                let camera_name = session.camera_name(camera).to_owned();
                session.unreadable.insert((camera, frame), reason);
                // The file is likely to have more of them: one notice is enough, the views say the rest.
                if is_first {
                    let text = format!(
                        "{camera_name}: frame {frame} cannot be read; it is marked and left out, and so are others like it. \
                         If the file was copied, copy it again."
                    );
                    self.state.notify(Urgency::Warning, text);
                }
            }
            FrameEvent::CameraMissing { camera, channel, path, is_gone, reason } => {
                let root = session.recording.as_ref().map(|recording| recording.root.as_path());
                let inner = root.filter(|_| is_gone).and_then(|root| path.strip_prefix(root).ok());
                let reason = match inner {
                    Some(inner) => {
                        format!("{} is not there. Put it back, or correct recording.toml.", inner.display())
                    }
                    None => reason,
                };
                let is_first = !session.broken_views.keys().any(|(other, _)| *other == camera);
                let text = format!("{}: {reason}", session.camera_name(camera));
                session.broken_views.insert((camera, channel), reason);
                if is_first {
                    self.state.notify(Urgency::Warning, text);
                }
            }
            FrameEvent::Picture(_) => {}
        }
    }

    /// Shows where an undo or redo acted.
    fn jump_to(&mut self, frame: Option<u32>, place: Option<(crate::model::CameraId, KeypointId)>) {
        let Some(session) = &mut self.state.session else { return };
        if let Some(frame) = frame {
            session.cursor.go_to(frame);
        }
        if let Some((camera, keypoint)) = place {
            session.selection = Selection { keypoint, camera: Some(camera) };
        }
    }

    /// Decides which page a project opens on that was never open: the first one where something is to be done.
    pub(super) fn first_page(&mut self) {
        let Some(session) = &self.state.session else { return };
        let Some(overview) = &session.overview else { return };
        self.state.page = if overview.solved_len() > overview.seed_frames().count() {
            Page::Review
        } else if overview.detected_len() == 0 && session.recording.is_some() {
            Page::Detect
        } else if overview.seed_frames().count() < SEED_FRAMES as usize {
            Page::Seeds
        } else {
            Page::Run
        };
    }

    /// The first three frames, or those that are seeds already, where nobody chose others.
    pub(super) fn default_seed_frames(&mut self) {
        let Some(session) = &mut self.state.session else { return };
        let Some(overview) = &session.overview else { return };
        if session.seeds.frames.is_empty() {
            let mut frames: Vec<u32> = overview.seed_frames().collect();
            let more = (0..session.info.frame_count).filter(|frame| !frames.contains(frame));
            let missing: Vec<u32> = more.take((SEED_FRAMES as usize).saturating_sub(frames.len())).collect();
            frames.extend(missing);
            frames.sort_unstable();
            session.seeds.frames = frames;
        }
    }

    /// Shows a dialog, or closes it.
    pub(super) fn show(&mut self, dialog: Option<Dialog>) {
        self.state.dialog = dialog;
    }
}

/// Takes what a frame is now over into its row; a row that is new to the queue waits for the next ranking.
fn update_queue(session: &mut Session, view: &FrameView) {
    let Some(summary) = &view.summary else { return };
    let mut fresh = row_of(summary, view.is_seed);
    fresh.worst = worst_label(view).or(fresh.worst);
    fresh.state = view.state;
    session.queue.update(view.frame, |row| *row = fresh);
}

/// The label with the largest residual.
fn worst_label(view: &FrameView) -> Option<(crate::model::CameraId, KeypointId)> {
    let found = view.residuals_px.iter().max_by(|(_, _, a), (_, _, b)| a.total_cmp(b));
    found.map(|(camera, keypoint, _)| (camera, keypoint))
}
