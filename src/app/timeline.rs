//! The behaviour page: what a person does there, carried out by the keeper in order; the layers come back with the answer, so
//! that what is shown is what is kept.

mod ask;

mod audit;

mod clip_grid;

mod compare;

pub mod describe;

mod export;

mod figures;

mod order;

mod replace;

mod search;

mod state;

mod strips;

mod trial;

mod vocabulary;

pub(super) use ask::wait_until_let_go;
pub use ask::{AskedSearch, NoQuery, why_no_asker};
pub use audit::{Audit, Verdict};
pub use clip_grid::{Gathered, GridCommand, GridState, Groups, PER_PAGE, groups, members};
pub use compare::{AccountSide, CompareCommand, CompareState, Compared};
pub use describe::{DescribeChoice, DescribeCommand, DescribeRequest, DescribeState};
pub use export::{PlanAsk, ShownPlan};
pub use figures::{FigureAsk, FigureChoice, FoundFigure, ShownFigure};
pub use replace::{ReplaceAsk, ReplaceScope, ReplaceWhat, Replacement, in_scope, replacements, taken_over};
pub use search::{FoundSegments, Search};
pub use state::{BehaviorView, Layers, Painting, Scene, TimelineCommand, TimelineState, WhyOfSegment};
pub use strips::{MeasuredSeries, SeriesOf, StripsState, shown_measures};
pub use trial::{TrialCommand, TrialDraft, TrialRequest, TrialScope, TrialState, Tried, WhyPane};
pub use vocabulary::{VocabularyState, VocabularyWritten};

use std::ops::Range;
use std::sync::Arc;

use super::App;
use super::command::{Command, Page};
use super::event::{Event, History};
use super::keeper::Desk;
use super::opening::history_of;
use super::session::Session;
use super::state::Urgency;
use crate::behavior::bodies::Bodies;
use crate::behavior::edits::{Edge, Neighbor};
use crate::jobs::behavior::{self, Origin};
use crate::jobs::timeline::{self, Target, Timeline, TimelineAct, TimelineOutcome};
use crate::jobs::{CancelFlag, Job, JobError};
use crate::model::{AnimalId, RecordingId, SocialRole, Vocabulary};
use crate::store::now_unix_ms;

/// A segment that is looped is shown with so much before and after it, seconds.
const LOOP_PADDING_SECS: f64 = 0.5;

impl App {
    /// Reads what the behaviour page shows, where it is shown and not at hand.
    pub(super) fn refresh_timeline(&mut self) {
        if self.state.page != Page::Behavior {
            return;
        }
        let Some(session) = &mut self.state.session else { return };
        let state = &mut session.timeline;
        let is_wanted = state.is_stale || (state.layers.is_none() && state.problem.is_none());
        if !is_wanted || state.is_reading {
            return self.refresh_uses();
        }
        state.is_reading = true;
        state.is_stale = false;
        state.problem = None;
        let (vocabulary, scene) = (state.vocabulary.clone(), state.scene.clone());
        self.ask(move |desk| {
            let read = read_layers(desk, &vocabulary, scene.as_deref());
            Event::Timeline(read.map_err(|error| error.to_string()))
        });
        self.ask_scene();
        self.read_standing();
    }

    /// Reads where the animals are, once.
    fn ask_scene(&mut self) {
        let Some(session) = &mut self.state.session else { return };
        if std::mem::replace(&mut session.timeline.scene_is_asked, true) {
            return;
        }
        session.timeline.is_reading_scene = true;
        let (opened, info, outbox) = (session.connection(), session.info.clone(), self.outbox.clone());
        self.spawn("tracks", move || {
            let cancel = CancelFlag::default();
            let read = opened.map_err(Into::into).and_then(|project| {
                let known = behavior::known(&Job::new(&cancel, &|_| ()), &project, &info)?;
                let camera =
                    crate::jobs::open::recording_of(&project, &info).map(|it| behavior::watching_camera(&it))?;
                let clips = Timeline::read(&project, &info)?.clips;
                Ok(known.map(|subjects| {
                    let bodies = Bodies::of(&subjects.tracks);
                    let novelty = Scene::novelty_of(&bodies, &clips);
                    let is_in_pixels = matches!(subjects.origin, Origin::Tables | Origin::Blobs);
                    let zones = subjects.zones;
                    let measures = Scene::measures_of(&bodies, &zones);
                    Scene { bodies, tracks: subjects.tracks, is_in_pixels, camera, novelty, zones, measures }
                }))
            });
            let read = read.map(|scene| scene.map(Arc::new));
            outbox.send(Event::Scene(info.id, read.map_err(|error: JobError| error.to_string())));
        });
    }

    pub(super) fn take_layers(&mut self, read: Result<Arc<Layers>, String>) {
        let Some(session) = &mut self.state.session else { return };
        let state = &mut session.timeline;
        state.is_reading = false;
        match read {
            Ok(layers) => {
                state.selected.retain(|target| layers.timeline.find(*target).is_some());
                if state.animal.index() >= layers.names.len() {
                    state.animal = AnimalId(0);
                }
                state.vocabulary = layers.vocabulary.clone();
                state.order.take(&layers, state.scene.as_deref());
                state.layers = Some(layers);
                state.revision += 1;
                self.search_again();
            }
            Err(message) => {
                state.problem = Some(message.clone());
                self.state.notify(Urgency::Error, message);
            }
        }
    }

    pub(super) fn take_scene(&mut self, recording: RecordingId, read: Result<Option<Arc<Scene>>, String>) {
        let Some(session) = self.state.session.as_mut().filter(|session| session.info.id == recording) else { return };
        session.timeline.is_reading_scene = false;
        match read {
            Ok(scene) => {
                session.timeline.scene = scene;
                // What contradicts the tracks is known only now.
                session.timeline.is_stale = true;
            }
            Err(message) => self.state.notify(Urgency::Warning, format!("The tracks are not shown: {message}")),
        }
    }

    /// After something else changed the timeline: a run, an import, undo.
    pub(super) fn timeline_changed(&mut self) {
        if let Some(session) = &mut self.state.session {
            session.timeline.is_stale = true;
        }
    }

    /// After a run, which may have found animals in the pictures.
    pub(super) fn scene_changed(&mut self) {
        if let Some(session) = &mut self.state.session {
            session.timeline.scene_is_asked = false;
            session.timeline.is_stale = true;
        }
    }

    pub(super) fn timeline(&mut self, command: TimelineCommand) {
        let Some(session) = &mut self.state.session else { return };
        let frame = session.cursor.frame;
        let state = &mut session.timeline;
        let Some(command) = state.view.meaning(command) else { return };
        match command {
            TimelineCommand::View(view) => state.view = view,
            TimelineCommand::Vocabulary(act) => self.change_vocabulary(act),
            TimelineCommand::ImportVocabulary(path) => self.import_vocabulary(path),
            TimelineCommand::ExportVocabulary { path, replace } => self.export_vocabulary(path, replace),
            TimelineCommand::PlanExport(ask) => self.plan_export(*ask),
            TimelineCommand::ComputeFigure(ask) => self.compute_figure(*ask),
            TimelineCommand::Select(target, add) => {
                if !add {
                    state.selected.clear();
                }
                if let Some(at) = state.selected.iter().position(|other| *other == target) {
                    state.selected.remove(at);
                } else {
                    state.selected.push(target);
                }
                self.show_selected();
            }
            TimelineCommand::SelectAll(targets) => state.selected = targets,
            TimelineCommand::Search(query) => self.search_timeline(&query),
            TimelineCommand::SearchWith(query) => self.search_with(&query),
            TimelineCommand::AskSearch(question) => self.ask_search(&question),
            TimelineCommand::StopAsking => self.stop_asking(),
            TimelineCommand::Replace(act) => self.replace_in_timeline(act),
            TimelineCommand::Replaced => self.replaced(),
            TimelineCommand::Why(target) => self.show_segment_why(target),
            TimelineCommand::Trial(command) => self.trial(command),
            TimelineCommand::Deselect => {
                state.selected.clear();
                state.painting = None;
            }
            TimelineCommand::ChooseAnimal(animal) => state.animal = animal,
            TimelineCommand::StepAnimal(by) => {
                let count = state.layers.as_ref().map_or(0, |layers| layers.names.len()) as i32;
                if count > 0 {
                    state.animal = AnimalId((i32::from(state.animal.0) + by).rem_euclid(count) as u8);
                    let here = state.lane(state.animal).into_iter().find(|(_, it)| it.frames().contains(&frame));
                    state.selected = here.map(|(target, _)| target).into_iter().collect();
                }
            }
            TimelineCommand::StepSegment(by) => self.step_segment(by),
            TimelineCommand::StepBoundary(by) => self.step_boundary(by),
            TimelineCommand::NextToReview => self.next_to_review(),
            TimelineCommand::PreviousInList => self.previous_in_list(),
            TimelineCommand::RankAgain => {
                if let Some(layers) = state.layers.clone() {
                    state.order.rank(&layers);
                    state.revision += 1;
                }
            }
            TimelineCommand::Act(act) => self.act_on_timeline(act),
            TimelineCommand::Label(label) => self.label_timeline(label),
            TimelineCommand::SplitHere => {
                if let Some((of, _)) = state.main() {
                    self.act_on_timeline(TimelineAct::Split { of, at_frame: frame });
                }
            }
            TimelineCommand::MergeNext => self.merge_next(),
            TimelineCommand::EdgeHere(edge) => {
                let to_frame = if edge == Edge::Stop { frame + 1 } else { frame };
                if let Some((of, _)) = state.main() {
                    self.act_on_timeline(TimelineAct::MoveBoundary {
                        of,
                        edge,
                        to_frame,
                        neighbor: Neighbor::Together,
                    });
                }
            }
            TimelineCommand::NudgeEdge(edge, by_frames) => {
                if let Some((of, _)) = state.main() {
                    self.act_on_timeline(TimelineAct::Nudge { of, edge, by_frames, neighbor: Neighbor::Together });
                }
            }
            TimelineCommand::DeleteSelected => {
                let of = state.selected.clone();
                if !of.is_empty() {
                    self.act_on_timeline(TimelineAct::Delete(of));
                }
            }
            TimelineCommand::UnmergeSelected => {
                if let Some((of, _)) = state.main() {
                    self.act_on_timeline(TimelineAct::Unmerge(of));
                }
            }
            TimelineCommand::AcceptAndNext => {
                let of = state.selected.clone();
                if of.is_empty() {
                    return self.next_to_review();
                }
                self.after_timeline = Some(TimelineCommand::NextToReview);
                self.act_on_timeline(TimelineAct::Accept(of));
            }
            TimelineCommand::Audit(on) => {
                state.is_auditing = on;
                if on {
                    self.next_to_review();
                }
            }
            TimelineCommand::Grid(command) => self.clip_grid(command),
            TimelineCommand::Compare(command) => self.compare(command),
            TimelineCommand::SetLooping(on) => state.is_looping = on,
            TimelineCommand::Describe(command) => self.describe(command),
            TimelineCommand::ShowStrips(ids) => self.change_settings(|settings| settings.strips = ids),
            TimelineCommand::StripPartner(partner) => state.strips.partner = partner,
        }
    }

    /// Shows the selected segment.
    fn show_selected(&mut self) {
        let Some(session) = &mut self.state.session else { return };
        let Some((frames, animal)) = session.timeline.main().map(|(_, it)| (it.frames(), it.animal)) else { return };
        session.timeline.animal = animal;
        if !frames.contains(&session.cursor.frame) {
            self.handle(Command::ShowFrame(frames.start));
        }
    }

    fn step_segment(&mut self, by: i32) {
        let Some(session) = &mut self.state.session else { return };
        let (state, frame) = (&session.timeline, session.cursor.frame);
        let lane = state.lane(state.animal);
        let main = state.main().filter(|(_, segment)| segment.animal == state.animal).map(|(target, _)| target);
        let at = main.and_then(|main| lane.iter().position(|(target, _)| *target == main));
        let next = match at {
            Some(at) => at.checked_add_signed(by as isize),
            None if by > 0 => Some(lane.partition_point(|(_, segment)| segment.start_frame < frame)),
            None => lane.partition_point(|(_, segment)| segment.start_frame < frame).checked_sub(1),
        };
        if let Some((target, segment)) = next.and_then(|next| lane.get(next)) {
            let (target, start_frame) = (*target, segment.start_frame);
            session.timeline.selected = vec![target];
            self.handle(Command::ShowFrame(start_frame));
        }
    }

    fn step_boundary(&mut self, by: i32) {
        let Some(session) = &self.state.session else { return };
        let (state, frame) = (&session.timeline, session.cursor.frame);
        let mut edges: Vec<u32> =
            state.lane(state.animal).iter().flat_map(|(_, it)| [it.start_frame, it.stop_frame]).collect();
        edges.sort_unstable();
        let next = match by > 0 {
            true => edges.into_iter().find(|edge| *edge > frame),
            false => edges.into_iter().rev().find(|edge| *edge < frame),
        };
        if let Some(next) = next {
            self.handle(Command::ShowFrame(next));
        }
    }

    /// The next segment that nobody has looked at, in the order of the list, from the start again.
    fn next_to_review(&mut self) {
        let Some(session) = &mut self.state.session else { return };
        let state = &session.timeline;
        let Some(layers) = &state.layers else { return };
        if state.is_auditing {
            return match Audit::of(layers).next() {
                Some(next) => {
                    session.timeline.selected = vec![next];
                    self.show_selected();
                }
                None => self.state.notify(Urgency::Success, "Every segment was judged."),
            };
        }
        let Some((target, _)) = state.next_open(state.main().map(|(target, _)| target)) else {
            let words = match state.search {
                Some(_) => "Every segment that was searched for was looked at.",
                None => "Every segment was looked at.",
            };
            return self.state.notify(Urgency::Success, words);
        };
        session.timeline.selected = vec![target];
        self.show_selected();
    }

    fn previous_in_list(&mut self) {
        let Some(session) = &mut self.state.session else { return };
        let state = &session.timeline;
        let order: Vec<Target> = match &state.layers {
            Some(layers) if state.is_auditing => {
                let audit = Audit::of(layers);
                audit.order[..audit.order.len().min(audit.judged + 1)].iter().map(|(target, _)| *target).collect()
            }
            _ => state.review_order().into_iter().map(|(target, _)| target).collect(),
        };
        let main = state.main().map(|(target, _)| target);
        let at = order.iter().position(|target| Some(*target) == main);
        if let Some(before) = at.and_then(|at| order.get(at.checked_sub(1)?)) {
            session.timeline.selected = vec![*before];
            self.show_selected();
        }
    }

    fn merge_next(&mut self) {
        let Some(session) = &self.state.session else { return };
        let state = &session.timeline;
        let Some((main, segment)) = state.main() else { return };
        let mut of = state.selected.clone();
        if of.len() < 2 {
            let lane = state.lane(segment.animal);
            let at = lane.iter().position(|(target, _)| *target == main);
            match at.and_then(|at| lane.get(at + 1)) {
                Some((next, _)) => of.push(*next),
                None => return self.state.notify(Urgency::Info, "No segment follows that could be joined."),
            }
        }
        self.act_on_timeline(TimelineAct::Merge(of));
    }

    fn label_timeline(&mut self, label: String) {
        let Some(session) = &mut self.state.session else { return };
        let (frame, is_playing) = (session.cursor.frame, session.cursor.is_playing());
        let state = &mut session.timeline;
        if let Some(painting) = state.painting.take() {
            let frames = painted_frames(&painting, frame);
            if painting.label != label {
                let animal = state.animal;
                state.painting = Some(Painting { label, animal, from_frame: frame + 1 });
            }
            return self.paint(painting.animal, frames, painting.label);
        }
        if !state.selected.is_empty() && (!is_playing || state.is_auditing) {
            let of = state.selected.clone();
            if state.is_auditing {
                self.after_timeline = Some(TimelineCommand::NextToReview);
            }
            return self.act_on_timeline(TimelineAct::Relabel { of, label });
        }
        let animal = state.animal;
        if state.vocabulary.find(&label).is_some_and(|label| label.is_point) {
            return self.paint(animal, frame..frame + 1, label);
        }
        state.selected.clear();
        state.painting = Some(Painting { label, animal, from_frame: frame });
    }

    fn paint(&mut self, animal: AnimalId, frames: Range<u32>, label: String) {
        let act = TimelineAct::Paint { animal, frames, label, partner: None, role: SocialRole::None };
        self.act_on_timeline(act);
    }

    fn act_on_timeline(&mut self, act: TimelineAct) {
        let command = TimelineCommand::Act(act.clone());
        self.change_timeline(command, move |desk, who| {
            let vocabulary = desk.project.vocabulary()?;
            Ok((timeline::act(&mut desk.project, &desk.info, &vocabulary, who, &act)?, None))
        });
    }

    /// Has the keeper do something as one gesture, and shows what came of it; asks for the annotator's name first, where nobody
    /// gave one.
    fn change_timeline(
        &mut self,
        command: TimelineCommand,
        work: impl FnOnce(&mut Desk, (&str, i64)) -> Result<(TimelineOutcome, Option<String>), JobError> + Send + 'static,
    ) {
        let Some(session) = &self.state.session else { return };
        if let Some(reason) = &session.read_only {
            let text = format!("Nothing was changed: {reason}, so the project is open for reading only.");
            return self.state.notify(Urgency::Error, text);
        }
        let Some(who) = self.require_annotator(&Command::Timeline(command)) else { return };
        let Some(session) = &mut self.state.session else { return };
        session.saving += 1;
        let vocabulary = session.timeline.vocabulary.clone();
        let scene = session.timeline.scene.clone();
        self.ask(move |desk| {
            let done = work(desk, (&who, now_unix_ms()));
            let read = done.and_then(|done| Ok((done, read_layers(desk, &vocabulary, scene.as_deref())?)));
            let read = read.map(|((outcome, note), layers)| TimelineActed {
                outcome,
                note,
                layers,
                history: history_of(&desk.project),
            });
            Event::TimelineActed(read.map(Box::new).map_err(|error| error.to_string()))
        });
    }

    pub(super) fn take_timeline_acted(&mut self, acted: Result<Box<TimelineActed>, String>) {
        let then = self.after_timeline.take();
        let Some(session) = &mut self.state.session else { return };
        session.saving = session.saving.saturating_sub(1);
        let acted = match acted {
            Ok(acted) => *acted,
            Err(message) => {
                session.timeline.is_stale = true;
                return self.state.notify(Urgency::Warning, message);
            }
        };
        session.not_saved = None;
        session.undo_title = acted.history.undo;
        session.redo_title = acted.history.redo;
        if let Some(id) = acted.outcome.selected {
            session.timeline.selected = vec![Target::Human(id)];
        }
        self.take_layers(Ok(acted.layers));
        if let Some(note) = acted.note {
            self.state.notify(Urgency::Info, note);
        }
        if let Some(command) = then {
            self.timeline(command);
        }
    }

    /// Keeps playing within the selected segment while it is looped.
    pub(super) fn keep_looping(&mut self) {
        let (now_secs, page) = (self.state.now_secs, self.state.page);
        let Some(session) = &mut self.state.session else { return };
        if page != Page::Behavior || !session.timeline.is_looping || !session.cursor.is_playing() {
            return;
        }
        let Some(range) = loop_range(session) else { return };
        if !range.contains(&session.cursor.frame) {
            let fps = session.info.fps;
            session.cursor.play_from(range.start, fps, now_secs);
            self.frame_changed();
        }
    }
}

/// What an edit of the timeline led to.
#[derive(Debug)]
pub struct TimelineActed {
    /// What it did.
    pub outcome: TimelineOutcome,
    /// What there is to say about it.
    pub note: Option<String>,
    /// The layers as they are now.
    pub layers: Arc<Layers>,
    /// What undo and redo would do from here.
    pub history: History,
}

/// The layers as the project holds them; the vocabulary that is known stays the same one where it says the same.
fn read_layers(desk: &Desk, known: &Arc<Vocabulary>, scene: Option<&Scene>) -> Result<Arc<Layers>, JobError> {
    let timeline = Timeline::read(&desk.project, &desk.info)?;
    let found = desk.project.vocabulary()?;
    let vocabulary = if found == **known { known.clone() } else { Arc::new(found) };
    Ok(Arc::new(Layers::new(timeline, vocabulary, scene, &desk.info)))
}

/// The frames that a painted stretch has when it ends with a frame, in whatever direction.
pub fn painted_frames(painting: &Painting, frame: u32) -> Range<u32> {
    painting.from_frame.min(frame)..painting.from_frame.max(frame) + 1
}

/// The frames that are played while the selected segment is looped.
pub fn loop_range(session: &Session) -> Option<Range<u32>> {
    let (_, segment) = session.timeline.main()?;
    let padding = (LOOP_PADDING_SECS * session.info.fps.max(1.0)).round() as u32;
    let stop = segment.stop_frame.saturating_add(padding).min(session.info.frame_count.saturating_sub(1));
    Some(segment.start_frame.saturating_sub(padding)..stop)
}
