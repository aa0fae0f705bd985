//! Asking a model again about clips: the question as it is, or another prompt or model on a few clips beside what is kept. What was
//! typed stays until the project is closed; nothing of the timeline changes until somebody takes an answer over.

use std::sync::Arc;

use super::{TimelineCommand, WhyOfSegment};
use crate::app::App;
use crate::app::command::{Command, Dialog};
use crate::app::event::Event;
use crate::app::model_choice::ModelChoice;
use crate::app::state::Urgency;
use crate::app::task::TaskRequest;
use crate::jobs::behavior::Asking;
use crate::jobs::behavior::trial::{self, TrialBasis, TrialReport, USUAL_CLIPS, can_be_drawn};
use crate::jobs::pose::why::Trial;
use crate::jobs::pose::{Assigner, ModelOptions};
use crate::jobs::timeline::{self, Target, TimelineAct};
use crate::model::vocabulary::in_words;
use crate::model::{ClipId, Segment};
use crate::vlm::prompt::Prompt;

/// What the dialog about a segment shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhyPane {
    /// What was asked.
    #[default]
    Questions,
    /// What is tried.
    Trial,
    /// What was answered then.
    Answers,
}

/// Which clips a trial asks about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TrialScope {
    /// Those of the selected segments.
    #[default]
    Selected,
    /// Some that chance draws of those with the segment's label.
    Label,
    /// Some that chance draws of the recording.
    Recording,
}

/// What is tried, as it was typed so far.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialDraft {
    /// The prompt's words.
    pub prompt: String,
    /// The model; the settings stay as they are.
    pub model: ModelChoice,
    /// Which clips.
    pub scope: TrialScope,
    /// So many are drawn, where chance draws.
    pub count: usize,
    /// Of the draw.
    pub seed: u64,
    /// Answers about each clip.
    pub samples: u32,
    /// Whether examples of the bank are shown beside the clips.
    pub has_examples: bool,
    /// Whether it is asked also where the project has the answer.
    pub afresh: bool,
}

/// What is asked for there.
#[derive(Clone, Debug, PartialEq)]
pub enum TrialCommand {
    /// Turns to another part of the dialog.
    Show(WhyPane),
    /// Takes in what was typed.
    Draft(Box<TrialDraft>),
    /// Asks about a clip again, as a run would now.
    AskAgain(ClipId),
    /// Asks as the draft says.
    Start,
    /// Writes the trial's answers about these clips into the human layer.
    Take(Vec<ClipId>),
    /// Puts the draft's prompt in force for all runs.
    KeepPrompt,
    /// Closes the dialog and shows a clip in the timeline.
    Look(ClipId),
}

/// What a trial asked, and what came of it.
#[derive(Clone, Debug)]
pub struct Tried {
    /// Grows with every trial, for whoever caches what is drawn.
    pub number: u64,
    /// What it was, in words.
    pub title: String,
    /// Clip by clip.
    pub report: TrialReport,
}

/// A trial that is chosen, running, or done.
#[derive(Debug, Default)]
pub struct TrialState {
    /// What the dialog shows.
    pub pane: WhyPane,
    /// How things are asked now; `None` while that is read.
    pub basis: Option<Result<Arc<TrialBasis>, String>>,
    /// What is tried, once the basis is there.
    pub draft: Option<TrialDraft>,
    /// What is wrong with the draft's prompt.
    pub wrong_prompt: Option<String>,
    /// The clips of the segments that were selected when the dialog opened, in which their animals are seen.
    pub clips: Vec<ClipId>,
    /// How many segments those are.
    pub segments: usize,
    /// The label of the segment that the dialog is about.
    pub label: String,
    /// So many clips can be drawn of that label, and of the recording.
    pub drawable: [usize; 2],
    /// The latest trial that came to its end.
    pub tried: Option<Arc<Tried>>,
    /// The settings' model when the draft took it over.
    model_then: ModelChoice,
    trials: u64,
    /// What the running trial is, in words, and what was shown when it began.
    title: String,
    pane_then: WhyPane,
}

/// What a job asks about clips.
#[derive(Clone)]
pub struct TrialRequest {
    /// These clips; none where chance draws.
    pub clips: Vec<ClipId>,
    /// Of the drawn: those with this label.
    pub label: Option<String>,
    /// How many are drawn.
    pub count: usize,
    /// Of the draw.
    pub seed: u64,
    /// Other words than the prompt in force.
    pub prompt: Option<String>,
    /// How it is asked.
    pub asking: Asking,
    /// Whether examples of the bank are shown.
    pub has_examples: bool,
    /// Whether it is asked also where the project has the answer.
    pub afresh: bool,
    /// Whom.
    pub model: ModelOptions,
}

impl TrialState {
    /// Clips that the draft asks about.
    pub fn clip_count(&self) -> usize {
        let Some(draft) = &self.draft else { return 0 };
        match draft.scope {
            TrialScope::Selected => self.clips.len(),
            TrialScope::Label => draft.count.min(self.drawable[0]),
            TrialScope::Recording => draft.count.min(self.drawable[1]),
        }
    }

    /// The prompt that is in force.
    pub fn in_force(&self) -> Option<&str> {
        Some(&self.basis.as_ref()?.as_ref().ok()?.prompt)
    }

    /// Begins a draft, or goes on with the one that is there; what nobody changed in it follows what it was taken from.
    fn take_basis(&mut self, basis: Arc<TrialBasis>, model: &ModelChoice) {
        let before = self.in_force().map(str::to_owned);
        let fresh = TrialDraft {
            prompt: basis.prompt.clone(),
            model: model.clone(),
            scope: if self.clips.is_empty() { TrialScope::Label } else { TrialScope::Selected },
            count: USUAL_CLIPS,
            seed: 1,
            samples: basis.asking.samples,
            has_examples: basis.has_examples && basis.examples > 0,
            afresh: false,
        };
        let draft = self.draft.get_or_insert(fresh);
        if before.is_some_and(|before| before == draft.prompt) {
            draft.prompt.clone_from(&basis.prompt);
        }
        if draft.model == self.model_then {
            draft.model.clone_from(model);
        }
        if draft.scope == TrialScope::Selected && self.clips.is_empty() {
            draft.scope = TrialScope::Label;
        }
        self.model_then = model.clone();
        self.basis = Some(Ok(basis));
    }
}

impl App {
    /// Opens the dialog about a segment: what was asked about its clips, and what can be asked.
    pub(super) fn show_segment_why(&mut self, target: Target) {
        let Some(state) = self.state.session.as_mut().map(|session| &mut session.timeline) else { return };
        let Some(layers) = state.layers.clone() else { return };
        let timeline = &layers.timeline;
        let Some(segment) = timeline.find(target).cloned() else { return };
        let name = layers.names.get(segment.animal.index()).map_or("", String::as_str);
        let (first, last) = (segment.start_frame, segment.stop_frame - 1);
        let title = format!("{name}, {}, frames {first} to {last}", in_words(&segment.label));
        let chosen: Vec<Target> = match state.selected.contains(&target) {
            true => state.selected.clone(),
            false => vec![target],
        };
        let chosen: Vec<&Segment> = chosen.iter().filter_map(|target| timeline.find(*target)).collect();
        let clips = chosen.iter().flat_map(|segment| timeline.clips_of(segment));
        let mut clips: Vec<ClipId> = clips.filter(|clip| clip.cluster.is_some()).map(|clip| clip.id).collect();
        clips.sort_unstable();
        clips.dedup();
        let trial = &mut state.trial;
        trial.segments = chosen.len();
        trial.drawable = [can_be_drawn(timeline, Some(&segment.label)), can_be_drawn(timeline, None)];
        trial.clips = clips;
        trial.label.clone_from(&segment.label);
        trial.pane = WhyPane::Questions;
        state.why = Some(WhyOfSegment { title, segment, found: None });
        self.state.dialog = Some(Dialog::SegmentWhy);
        self.read_segment_why();
        self.read_trial_basis();
    }

    /// Reads what models were asked about the segment, once more after each trial.
    pub(in crate::app) fn read_segment_why(&mut self) {
        let why = self.state.session.as_ref().and_then(|session| session.timeline.why.as_ref());
        let Some(segment) = why.map(|why| why.segment.clone()) else { return };
        self.ask(move |desk| {
            let found = timeline::why(&desk.project, &desk.info, &segment);
            Event::SegmentWhy(Box::new(segment), found.map(Arc::new).map_err(|error| error.to_string()))
        });
    }

    /// Reads what a trial begins with, where a dialog needs it.
    pub(in crate::app) fn read_trial_basis(&mut self) {
        if self.state.session.as_ref().is_none_or(|session| session.timeline.why.is_none()) {
            return;
        }
        self.ask(|desk| {
            let basis = trial::basis(&desk.project, &desk.info);
            Event::TrialBasis(basis.map(Arc::new).map_err(|error| error.to_string()))
        });
    }

    pub(in crate::app) fn take_trial_basis(&mut self, basis: Result<Arc<TrialBasis>, String>) {
        let Some(session) = &mut self.state.session else { return };
        let trial = &mut session.timeline.trial;
        if trial.draft.is_none() {
            let typed = self.state.trial_draft.as_ref().filter(|(project, _)| *project == session.path);
            trial.draft = typed.map(|(_, draft)| draft.clone());
        }
        match basis {
            Ok(basis) => trial.take_basis(basis, &self.state.model),
            Err(message) => trial.basis = Some(Err(message)),
        }
    }

    pub(super) fn trial(&mut self, command: TrialCommand) {
        let Some(session) = &mut self.state.session else { return };
        let state = &mut session.timeline.trial;
        match command {
            TrialCommand::Show(pane) => state.pane = pane,
            TrialCommand::Draft(draft) => {
                let mut prompts = crate::vlm::prompt::Prompts::built_in();
                let read = prompts.replace(Prompt::Caption, "This prompt", &draft.prompt);
                state.wrong_prompt = read.err().map(|error| error.to_string());
                self.state.trial_draft = Some((session.path.clone(), (*draft).clone()));
                state.draft = Some(*draft);
            }
            TrialCommand::AskAgain(clip) => self.ask_again_about(clip),
            TrialCommand::Start => self.start_trial(),
            TrialCommand::Take(clips) => self.take_tried(clips),
            TrialCommand::KeepPrompt => {
                if let Some(draft) = &state.draft {
                    let trial = Trial { prompt: Prompt::Caption, text: draft.prompt.clone() };
                    self.keep_prompt(trial);
                }
            }
            TrialCommand::Look(clip) => {
                let clips = session.timeline.layers.as_ref().map(|layers| &layers.timeline.clips);
                let found = clips.and_then(|clips| clips.iter().find(|other| other.id == clip)).copied();
                if let Some(clip) = found {
                    session.timeline.animal = clip.animal;
                    self.handle(Command::Show(None));
                    self.handle(Command::ShowFrame(clip.start_frame));
                }
            }
        }
    }

    fn ask_again_about(&mut self, clip: ClipId) {
        let command = TimelineCommand::Trial(TrialCommand::AskAgain(clip));
        let Some(Some(model)) = self.model_for(Assigner::Vlm, &Command::Timeline(command)) else { return };
        // After leave to send pictures was given.
        self.state.dialog = Some(Dialog::SegmentWhy);
        let Some(session) = &self.state.session else { return };
        let Some(Ok(basis)) = &session.timeline.trial.basis else { return };
        let request = TrialRequest {
            clips: vec![clip],
            label: None,
            count: 1,
            seed: 1,
            prompt: None,
            asking: basis.asking.clone(),
            has_examples: basis.has_examples && basis.examples > 0,
            afresh: true,
            model,
        };
        let title = format!("{clip}, asked again of {}", request.model.name);
        self.run_trial(request, title);
    }

    fn start_trial(&mut self) {
        let Some(session) = &self.state.session else { return };
        let state = &session.timeline.trial;
        let (Some(draft), Some(Ok(basis))) = (state.draft.clone(), state.basis.clone()) else { return };
        if state.clip_count() == 0 {
            return self.state.notify(Urgency::Info, "There is no clip to ask about.");
        }
        // The checks are those of the settings' model, which stays what it is.
        let kept = std::mem::replace(&mut self.state.model, draft.model.clone());
        let command = Command::Timeline(TimelineCommand::Trial(TrialCommand::Start));
        let model = self.model_for(Assigner::Vlm, &command);
        self.state.model = kept;
        let Some(Some(model)) = model else { return };
        self.state.dialog = Some(Dialog::SegmentWhy);
        let Some(session) = &self.state.session else { return };
        let state = &session.timeline.trial;
        let (clips, label) = match draft.scope {
            TrialScope::Selected => (state.clips.clone(), None),
            TrialScope::Label => (Vec::new(), Some(state.label.clone())),
            TrialScope::Recording => (Vec::new(), None),
        };
        let is_other = draft.prompt != basis.prompt;
        let words = if is_other { "another prompt" } else { "the prompt in force" };
        let title = format!("{} with {words}", model.name);
        let request = TrialRequest {
            clips,
            label,
            count: draft.count,
            seed: draft.seed,
            prompt: is_other.then_some(draft.prompt),
            asking: Asking { samples: draft.samples, ..basis.asking.clone() },
            has_examples: draft.has_examples && basis.examples > 0,
            afresh: draft.afresh,
            model,
        };
        self.run_trial(request, title);
    }

    fn run_trial(&mut self, request: TrialRequest, title: String) {
        if self.state.job.is_none()
            && let Some(session) = &mut self.state.session
        {
            let state = &mut session.timeline.trial;
            (state.title, state.pane_then) = (title, state.pane);
        }
        self.start_task(TaskRequest::Trial(Box::new(request)));
    }

    /// Shows what a trial found; in words, what that is.
    pub(crate) fn take_trial(&mut self, report: TrialReport) -> String {
        let (all, asked) = (report.clips.len(), report.asked.counts.calls);
        let unanswered = report.clips.iter().filter(|clip| clip.tried.is_none()).count();
        let differ = report.clips.iter().filter(|clip| clip.differs()).count();
        if let Some(session) = &mut self.state.session {
            let state = &mut session.timeline.trial;
            state.trials += 1;
            let title = std::mem::take(&mut state.title);
            state.tried = Some(Arc::new(Tried { number: state.trials, title, report }));
            // Whoever turned to something else meanwhile is left at it.
            if state.pane == state.pane_then {
                state.pane = WhyPane::Answers;
            }
        }
        let clips = if all == 1 { "clip" } else { "clips" };
        let known = if asked == 0 { " All of it was asked before." } else { "" };
        let lost = if unanswered > 0 { format!(" {unanswered} got no usable answer.") } else { String::new() };
        format!("The trial gives {differ} of {all} {clips} another label.{lost}{known} The timeline is as it was.")
    }

    fn take_tried(&mut self, clips: Vec<ClipId>) {
        let Some(session) = &self.state.session else { return };
        let Some(tried) = &session.timeline.trial.tried else { return };
        let meant = tried.report.clips.iter().filter(|it| clips.contains(&it.id));
        let act = TimelineAct::Lay(Arc::new(meant.filter_map(|it| it.segment.clone()).collect()));
        self.change_timeline(TimelineCommand::Trial(TrialCommand::Take(clips)), move |desk, who| {
            let vocabulary = desk.project.vocabulary()?;
            Ok((timeline::act(&mut desk.project, &desk.info, &vocabulary, who, &act)?, None))
        });
        // After a name was given.
        self.state.dialog.get_or_insert(Dialog::SegmentWhy);
    }
}
