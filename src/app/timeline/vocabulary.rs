//! The vocabulary of the open project: what a person changes of it, files in and out, and what the timelines use of it.

use std::path::PathBuf;
use std::sync::Arc;

use super::{BehaviorView, TimelineCommand};
use crate::app::App;
use crate::app::command::Page;
use crate::app::event::Event;
use crate::app::state::Urgency;
use crate::jobs::JobError;
use crate::jobs::timeline::TimelineOutcome;
use crate::jobs::vocabulary::{self, VocabularyAct, VocabularyOutcome, VocabularyUse};

/// What the vocabulary's view shows beside the vocabulary.
#[derive(Default)]
pub struct VocabularyState {
    /// What the timelines use of it, once it was counted. It may be of the revision before while the next is counted.
    pub uses: Option<Arc<VocabularyUse>>,
    /// The path that was chosen in a dialog.
    pub browsed: Option<PathBuf>,
    /// A file that is there already and was not written over.
    pub would_replace: Option<PathBuf>,
    /// The revision of the layers that was counted last, or is being counted.
    counted: Option<u64>,
}

/// What became of a vocabulary that was to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VocabularyWritten {
    /// It stands in this file.
    Written(PathBuf),
    /// A file of that name is there; nothing was written.
    WouldReplace(PathBuf),
}

impl App {
    /// Counts what the timelines use of the vocabulary, where that is shown and not known.
    pub(super) fn refresh_uses(&mut self) {
        let is_shown = self.state.page == Page::Behavior;
        let Some(session) = self.state.session.as_mut().filter(|_| is_shown) else { return };
        let state = &mut session.timeline;
        let is_current = state.vocabulary_state.counted == Some(state.revision);
        if state.view != BehaviorView::Vocabulary || state.layers.is_none() || is_current {
            return;
        }
        state.vocabulary_state.counted = Some(state.revision);
        self.ask(|desk| {
            let counted = desk
                .project
                .vocabulary()
                .map_err(JobError::from)
                .and_then(|it| VocabularyUse::read(&desk.project, &it));
            Event::VocabularyCounted(counted.map(Arc::new).map_err(|error| error.to_string()))
        });
    }

    pub(in crate::app) fn take_uses(&mut self, counted: Result<Arc<VocabularyUse>, String>) {
        let Some(session) = &mut self.state.session else { return };
        match counted {
            Ok(uses) => session.timeline.vocabulary_state.uses = Some(uses),
            Err(message) => self.state.notify(Urgency::Warning, format!("Labels were not counted: {message}")),
        }
    }

    pub(super) fn change_vocabulary(&mut self, act: VocabularyAct) {
        let command = TimelineCommand::Vocabulary(act.clone());
        self.change_timeline(command, move |desk, who| {
            let outcome = vocabulary::act(&mut desk.project, who, &act)?;
            let note = (outcome.segments > 0).then(|| match outcome.segments {
                1 => format!("{}: 1 segment follows.", outcome.title),
                many => format!("{}: {many} segments follow.", outcome.title),
            });
            Ok((outcome_of(outcome), note))
        });
    }

    pub(super) fn import_vocabulary(&mut self, path: PathBuf) {
        let command = TimelineCommand::ImportVocabulary(path.clone());
        self.change_timeline(command, move |desk, who| {
            let outcome = vocabulary::import(&mut desk.project, &path, who)?;
            let note = match outcome.is_changed {
                true => format!("{}: done. Undo takes it back.", outcome.title),
                false => "The project has this vocabulary already.".to_owned(),
            };
            Ok((outcome_of(outcome), Some(note)))
        });
    }

    pub(super) fn export_vocabulary(&mut self, path: PathBuf, replace: bool) {
        self.ask(move |desk| {
            if path.exists() && !replace {
                return Event::VocabularyWritten(Ok(VocabularyWritten::WouldReplace(path)));
            }
            let written = vocabulary::export(&desk.project, &path);
            Event::VocabularyWritten(
                written.map(|()| VocabularyWritten::Written(path)).map_err(|error| error.to_string()),
            )
        });
    }

    pub(in crate::app) fn take_vocabulary_written(&mut self, written: Result<VocabularyWritten, String>) {
        let Some(session) = &mut self.state.session else { return };
        let state = &mut session.timeline.vocabulary_state;
        state.would_replace = None;
        match written {
            Ok(VocabularyWritten::WouldReplace(path)) => state.would_replace = Some(path),
            Ok(VocabularyWritten::Written(path)) => {
                self.state.notify(Urgency::Success, format!("Wrote the vocabulary to {}.", path.display()));
            }
            Err(message) => self.state.notify(Urgency::Error, message),
        }
    }
}

fn outcome_of(outcome: VocabularyOutcome) -> TimelineOutcome {
    TimelineOutcome { title: outcome.title, changed: outcome.segments, selected: None }
}
