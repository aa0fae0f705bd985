//! Labelling: from what a person clicked or typed to one act, carried out by the keeper.

use std::sync::Arc;

use super::App;
use super::command::{Command, Page, ProposalScope};
use super::event::{Acted, Event};
use super::guide::NextStep;
use super::insight::Insight;
use super::keeper::Desk;
use super::opening::history_of;
use super::session::{Session, Typing};
use super::state::Urgency;
use crate::jobs::labelling::{Act, FrameView, LabelSource, Outcome};
use crate::model::{CameraId, CentroidNumber, KeypointId, ViewSet};
use crate::pose::assist::{Proposal, ProposalReason};
use crate::store::now_unix_ms;

/// A number that could go on is taken after so long without a further digit, seconds.
pub(super) const TYPING_SECS: f64 = 0.7;

/// So many touched frames come back with an edit; beyond, all are read again as they are needed.
const FRAMES_WITH_AN_EDIT: usize = 32;

impl App {
    /// Asks the keeper for something; its event comes later.
    pub(super) fn ask(&mut self, question: impl FnOnce(&mut Desk) -> Event + Send + 'static) {
        let Some(session) = &self.state.session else { return };
        if session.keeper.ask(question) {
            self.open_questions += 1;
        } else {
            self.state.notify(Urgency::Error, "The project's thread has ended. Open the project again.");
        }
    }

    /// Does what a person asked for with labels; says whether it is under way.
    pub(super) fn label(&mut self, command: Command) -> bool {
        let Some(session) = &self.state.session else { return false };
        if let Some(reason) = &session.read_only {
            let text = format!("Nothing was changed: {reason}, so the project is open for reading only.");
            self.state.notify(Urgency::Error, text);
            return false;
        }
        let act = match act_of(session, &command) {
            Ok(act) => act,
            Err(Refusal::NotYet) => {
                self.after_insight = Some(command);
                self.discount_input();
                self.want_insight();
                return false;
            }
            Err(Refusal::Never(reason)) => {
                self.state.notify(Urgency::Info, reason);
                return false;
            }
        };
        let Some(who) = self.require_annotator(&command) else {
            self.discount_input();
            return false;
        };
        let Some(session) = &mut self.state.session else { return false };
        let frame = session.cursor.frame;
        let source = match self.state.page {
            Page::Seeds if session.seeds.frames.contains(&frame) => LabelSource::Seed,
            _ => LabelSource::Human,
        };
        session.saving += 1;
        session.typing = None;
        session.placing_freely = false;
        if let Command::NotVisible(camera) | Command::ClearLabel(camera) = command {
            session.selection.camera = Some(camera);
        }
        let labelled = session.selection.keypoint;
        session.labelled_last = Some(labelled);
        session.under_way.extend(placed_views(session, &command).map(|camera| (camera, labelled)));
        if self.state.page == Page::Seeds {
            self.advance_keypoint();
        }
        self.ask(move |desk| {
            let labelling = desk.labelling.clone();
            let outcome = labelling.act(&mut desk.project, &who, now_unix_ms(), source, &act);
            acted(desk, outcome.map(Some), frame, false)
        });
        true
    }

    /// Takes the last edit back, or does it again.
    pub(super) fn undo_or_redo(&mut self, redo: bool) {
        let Some(session) = &mut self.state.session else { return };
        if session.read_only.is_some() {
            return;
        }
        session.saving += 1;
        let frame = session.cursor.frame;
        self.ask(move |desk| {
            let labelling = desk.labelling.clone();
            let project = &mut desk.project;
            let outcome = if redo { labelling.redo(project) } else { labelling.undo(project) };
            match outcome {
                Ok(None) => Event::NothingToUndo { redo },
                other => acted(desk, other, frame, true),
            }
        });
    }

    /// Selects a keypoint, and asks what geometry says about it.
    pub(super) fn select_keypoint(&mut self, keypoint: KeypointId) {
        let Some(session) = &mut self.state.session else { return };
        if keypoint.index() < session.skeleton.len() && session.selection.keypoint != keypoint {
            session.selection.keypoint = keypoint;
            session.typing = None;
            self.want_insight();
        }
    }

    pub(super) fn step_keypoint(&mut self, by: i32) {
        let Some(session) = &self.state.session else { return };
        let count = session.skeleton.len() as i32;
        let next = (i32::from(session.selection.keypoint.0) + by).rem_euclid(count.max(1));
        self.select_keypoint(KeypointId(next as u8));
    }

    /// Goes to the keypoint and view where a click helps most; in a seed frame that is done, to the next one.
    pub(super) fn next_best_click(&mut self) {
        let Some(session) = &self.state.session else { return };
        if session.insight().is_none() {
            self.after_insight = Some(Command::NextBestClick);
            self.discount_input();
            return self.want_insight();
        }
        match session.next_step() {
            None => {}
            Some(NextStep::Click(next)) => self.go_to_label(next.camera, next.keypoint),
            Some(NextStep::Decide(camera, keypoint)) => self.go_to_label(camera, keypoint),
            Some(NextStep::AcceptAll(count)) => {
                let text = format!("What is left are {count} proposals. Look at them, then accept all.");
                self.state.notify(Urgency::Info, text);
            }
            Some(NextStep::Frame(frame)) if self.state.page == Page::Seeds => self.handle(Command::ShowFrame(frame)),
            Some(NextStep::Frame(_) | NextStep::Done) => {
                self.state.notify(Urgency::Info, "Every label of this frame is decided.");
            }
        }
    }

    fn go_to_label(&mut self, camera: CameraId, keypoint: KeypointId) {
        let Some(session) = &mut self.state.session else { return };
        session.selection.camera = Some(camera);
        if session.grid.maximised.is_some() {
            session.grid.maximised = Some(camera);
        }
        self.select_keypoint(keypoint);
    }

    /// After a label: goes on to the next keypoint that fewer than two views show, so that hands need not leave the dots.
    /// What is being saved counts: a fast hand must not label the keypoint that it has just left.
    fn advance_keypoint(&mut self) {
        let Some(session) = &self.state.session else { return };
        let Some(view) = session.view() else { return };
        let is_under_way = |camera: CameraId, keypoint| session.under_way.contains(&(camera, keypoint));
        let seen = |keypoint: KeypointId| {
            let is_seen = |camera: &CameraId| {
                view.labels.point_in_image(*camera, keypoint).is_some() || is_under_way(*camera, keypoint)
            };
            session.cameras().filter(is_seen).count()
        };
        let is_decided = |keypoint: KeypointId| {
            session
                .cameras()
                .all(|camera| view.labels.get(camera, keypoint).is_some() || is_under_way(camera, keypoint))
        };
        let at = session.selection.keypoint;
        if seen(at) < 2 && !is_decided(at) {
            return;
        }
        let count = session.skeleton.len() as u8;
        let next = (1..count)
            .map(|step| KeypointId((at.0 + step) % count))
            .find(|keypoint| seen(*keypoint) < 2 && !is_decided(*keypoint));
        if let Some(next) = next {
            self.select_keypoint(next);
        }
    }

    /// Counts what a person clicked or typed in the shown frame.
    pub(super) fn count_input(&mut self, command: &Command) {
        let is_input = matches!(
            command,
            Command::SelectKeypoint(_)
                | Command::StepKeypoint(_)
                | Command::TypeDigit(..)
                | Command::NextBestClick
                | Command::PickDot(..)
                | Command::PlaceFree(..)
                | Command::NotVisible(_)
                | Command::NotVisibleElsewhere
                | Command::ClearLabel(_)
                | Command::Nudge(..)
                | Command::SwapSides { .. }
                | Command::AcceptProposals(_)
                | Command::ApplyHypothesis(_)
                | Command::AddDot(..)
                | Command::Edit(_)
                | Command::Undo
                | Command::Redo
        );
        if let (true, Some(session)) = (is_input, &mut self.state.session) {
            session.seeds.clicks += 1;
            // What was held back belonged to what was selected then.
            self.after_insight = None;
        }
    }

    /// Takes an input back that comes again later by itself.
    fn discount_input(&mut self) {
        if let Some(session) = &mut self.state.session {
            session.seeds.clicks = session.seeds.clicks.saturating_sub(1);
        }
    }

    /// Says so where the views of a keypoint do not agree: the selection has gone on by then.
    pub(super) fn tell_of_disagreement(&mut self, outcome: &Outcome) {
        let Some(session) = &self.state.session else { return };
        let (Some((_, keypoint)), Some(view)) = (outcome.place, session.view()) else { return };
        if !session.labelling.has_rig() || outcome.frames != [view.frame] || self.state.page != Page::Seeds {
            return;
        }
        let is_seen = |camera: &CameraId| view.labels.point_in_image(*camera, keypoint).is_some();
        let seen: Vec<&str> = session.cameras().filter(is_seen).map(|camera| session.camera_name(camera)).collect();
        let limit_px = session.labelling.tau_at_width_px();
        if seen.len() >= 2 && view.residuals_px.worst_of(keypoint).is_none_or(|px| px > limit_px) {
            let name = session.skeleton.name_of(keypoint);
            let text = format!("{} do not agree on {name}: one of the dots is another keypoint.", seen.join(" and "));
            self.state.notify(Urgency::Warning, text);
        }
    }

    /// After an edit of another frame, what it suggests for the shown one is worked out anew.
    pub(super) fn forget_carried(&mut self, frames: &[u32]) {
        if let Some(session) = &mut self.state.session
            && frames.iter().any(|frame| session.seeds.carried_for != Some(*frame))
        {
            session.seeds.carried_for = None;
        }
    }

    /// Asks what geometry says about the shown frame and the selected keypoint, unless that is known or asked already.
    pub(super) fn want_insight(&mut self) {
        let Some(session) = &self.state.session else { return };
        // An edit that is being saved changes what geometry says; its answer asks again.
        if self.asking_insight || session.saving > 0 || session.insight().is_some() {
            return;
        }
        let Some(view) = session.view().cloned() else { return };
        let keypoint = session.selection.keypoint;
        let carried = if self.state.page == Page::Seeds { suggested(session, &view) } else { Vec::new() };
        self.asking_insight = true;
        self.ask(move |desk| {
            Event::Insight(Box::new(Insight::of(&desk.labelling, &desk.project, view, keypoint, &carried)))
        });
    }

    /// A digit of a dot's number. The number is taken at once where no dot's number goes on from it.
    pub(super) fn type_digit(&mut self, camera: CameraId, digit: u8) {
        let now = self.state.now_secs;
        let Some(session) = &mut self.state.session else { return };
        session.selection.camera = Some(camera);
        let mut typing = match session.typing.take() {
            Some(typing) if typing.camera == camera => typing,
            _ => Typing { camera, digits: String::new(), at_secs: now },
        };
        typing.digits.push(char::from(b'0' + digit.min(9)));
        typing.at_secs = now;
        let numbers = numbers_in(session, camera);
        let goes_on = numbers.iter().any(|number| {
            let number = number.to_string();
            number.len() > typing.digits.len() && number.starts_with(&typing.digits)
        });
        let is_one = typing.digits.parse().is_ok_and(|number: u16| numbers.contains(&number));
        let digits = typing.digits.clone();
        if goes_on {
            session.typing = Some(typing);
        } else if is_one {
            session.typing = Some(typing);
            finish(self);
        } else {
            let name = session.camera_name(camera).to_owned();
            self.state.notify(Urgency::Info, format!("{name} has no dot {digits}."));
        }
    }

    /// Takes a number that nobody went on typing.
    pub(super) fn finish_late_typing(&mut self) {
        let now = self.state.now_secs;
        let typing = self.state.session.as_ref().and_then(|session| session.typing.as_ref());
        if typing.is_some_and(|typing| now - typing.at_secs >= TYPING_SECS) {
            finish(self);
        }
    }
}

/// Takes the number as it was typed.
pub(super) fn finish(app: &mut App) {
    let Some(session) = &mut app.state.session else { return };
    let Some(typing) = session.typing.take() else { return };
    let number: Option<u16> = typing.digits.parse().ok();
    if let Some(number) = number.filter(|number| numbers_in(session, typing.camera).contains(number)) {
        app.label(Command::PickDot(typing.camera, CentroidNumber(number)));
    }
}

fn numbers_in(session: &Session, camera: CameraId) -> Vec<u16> {
    let view = session.view().and_then(|view| view.views.get(camera.index())?.as_ref());
    view.map(|view| view.centroids.iter().map(|centroid| centroid.number.0).collect()).unwrap_or_default()
}

/// What other frames and the computer say of a seed frame, for a person to accept.
fn suggested(session: &Session, view: &FrameView) -> Vec<Proposal> {
    if !session.seeds.frames.contains(&view.frame) {
        return Vec::new();
    }
    let by_machine = view.labels.iter().filter(|(_, _, label)| !label.is_human());
    let mut found: Vec<Proposal> = by_machine
        .map(|(camera, keypoint, label)| Proposal {
            camera,
            keypoint,
            placement: label.placement,
            distance_px: None,
            margin: label.margin,
            reason: ProposalReason::CarriedOver,
        })
        .collect();
    if session.seeds.carried_for == Some(view.frame) {
        let is_open = |proposal: &&Proposal| view.labels.get(proposal.camera, proposal.keypoint).is_none();
        found.extend(session.seeds.carried.iter().filter(is_open).copied());
    }
    found
}

/// Why a command is no act.
enum Refusal {
    /// The frame is still being looked at.
    NotYet,
    /// The words say why.
    Never(String),
}

/// The views in which a command gives the selected keypoint a place.
fn placed_views(session: &Session, command: &Command) -> impl Iterator<Item = CameraId> + use<> {
    let cameras: Vec<CameraId> = match command {
        Command::PickDot(camera, _) | Command::PlaceFree(camera, _) => vec![*camera],
        // All are decided then, whether or not they show it.
        Command::NotVisibleElsewhere => session.cameras().collect(),
        _ => Vec::new(),
    };
    cameras.into_iter()
}

/// The act that a command asks for, or why there is none.
fn act_of(session: &Session, command: &Command) -> Result<Act, Refusal> {
    let (frame, keypoint) = (session.cursor.frame, session.selection.keypoint);
    let insight = || session.insight().ok_or(Refusal::NotYet);
    let never = |words: &str| Refusal::Never(words.to_owned());
    Ok(match command {
        Command::PickDot(camera, number) => Act::Assign { frame, camera: *camera, keypoint, number: *number },
        Command::PlaceFree(camera, point) => Act::Free { frame, camera: *camera, keypoint, point_in_image: *point },
        Command::NotVisible(camera) => Act::Absent { frame, camera: *camera, keypoint },
        Command::NotVisibleElsewhere => Act::AbsentElsewhere { frame, keypoint },
        Command::ClearLabel(camera) => Act::Clear { frame, camera: *camera, keypoint },
        Command::Nudge(camera, by_px) => Act::Nudge { frame, camera: *camera, keypoint, by_px: *by_px },
        Command::SwapSides { camera, frames } => {
            let cameras: ViewSet = match camera {
                Some(camera) => std::iter::once(*camera).collect(),
                None => session.cameras().collect(),
            };
            Act::SwapPair { frames: frames.clone().unwrap_or(frame..frame + 1), cameras, keypoint }
        }
        Command::AcceptProposals(scope) => {
            insight()?;
            let of = session.keypoint_to_accept().map(|(keypoint, _)| keypoint);
            let wanted = session.proposals().filter(|proposal| match scope {
                ProposalScope::Keypoint => Some(proposal.keypoint) == of,
                ProposalScope::Frame | ProposalScope::FrameWithFaint => true,
            });
            let faint = *scope == ProposalScope::FrameWithFaint;
            let placements: Vec<_> = wanted
                .map(|proposal| if faint { proposal.with_faint_dot() } else { *proposal })
                .map(|proposal| (proposal.camera, proposal.keypoint, Some(proposal.placement)))
                .collect();
            if placements.is_empty() {
                return Err(never(match scope {
                    ProposalScope::Keypoint => "Nothing is proposed: label the keypoint in two views first.",
                    ProposalScope::Frame | ProposalScope::FrameWithFaint => {
                        "Nothing is proposed: label keypoints in two views first."
                    }
                }));
            }
            let title = match placements.len() {
                1 => "Accept 1 proposal".to_owned(),
                many => format!("Accept {many} proposals"),
            };
            Act::Place { frame, placements, title }
        }
        Command::ApplyHypothesis(index) => {
            let chosen = insight()?.hypotheses.get(*index).ok_or_else(|| never("There is no such remedy."))?;
            if chosen.placements.is_empty() {
                return Err(never("That keeps everything as it is. Accept the frame to go on."));
            }
            Act::Place { frame, placements: chosen.placements.clone(), title: chosen.words.clone() }
        }
        Command::Edit(act) => act.clone(),
        _ => return Err(never("That is no edit.")),
    })
}

/// What an edit led to, with the frames that it touched as they are now.
fn acted(desk: &mut Desk, outcome: Result<Option<Outcome>, crate::jobs::JobError>, shown: u32, jump: bool) -> Event {
    let outcome = match outcome {
        Ok(Some(outcome)) => outcome,
        Ok(None) => return Event::NothingToUndo { redo: false },
        Err(error) => return Event::Acted(Err(error.to_string())),
    };
    let reload = outcome.frames.len() > FRAMES_WITH_AN_EDIT;
    let mut wanted: Vec<u32> = outcome.frames.iter().copied().take(FRAMES_WITH_AN_EDIT).collect();
    if outcome.frames.contains(&shown) && !wanted.contains(&shown) {
        wanted.push(shown);
    }
    let is_here = outcome.recording == desk.info.id;
    let read = |frame: u32| desk.labelling.frame(&desk.project, frame).ok().map(Arc::new);
    let frames = if is_here { wanted.into_iter().filter_map(read).collect() } else { Vec::new() };
    Event::Acted(Ok(Box::new(Acted { outcome, frames, reload, history: history_of(&desk.project), jump })))
}
