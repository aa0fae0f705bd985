//! Searching in what counts: a query, what it was understood as, and the segments that it means.

use std::sync::Arc;

use super::{AskedSearch, Layers};
use crate::app::App;
use crate::app::event::Event;
use crate::behavior::search::Chip;
use crate::jobs::behavior::BehaviorError;
use crate::jobs::behavior::search::search_in;
use crate::jobs::timeline::Target;
use crate::jobs::{CancelFlag, Job, JobError};
use crate::model::Segment;
use crate::store::{Project, RecordingInfo};

/// A search that is shown.
#[derive(Clone, Debug)]
pub struct Search {
    /// As it was typed, or as it is after a condition was taken away.
    pub query: String,
    /// What was found; `None` while it is looked for.
    pub found: Option<Result<Arc<FoundSegments>, String>>,
    /// Which search is waited for: what comes for earlier ones is dropped.
    pub(super) generation: u64,
}

/// The segments that a query means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundSegments {
    /// The conditions, all of which hold.
    pub chips: Vec<Chip>,
    /// The segments, by animal and time.
    pub targets: Vec<Target>,
}

impl App {
    /// Searches, or shows everything again where the query is empty. A question that is still asked, or that meant another
    /// query, is dropped.
    pub(super) fn search_timeline(&mut self, query: &str) {
        let Some(state) = self.state.session.as_mut().map(|session| &mut session.timeline) else { return };
        let is_answer = |asked: &AskedSearch| matches!(&asked.answer, Some(Ok(answer)) if answer == query.trim());
        if !state.asked.as_ref().is_some_and(is_answer) {
            state.asked = None;
        }
        self.search_with(query);
    }

    /// Searches with some of the conditions of the search before, which may be those of a question.
    pub(super) fn search_with(&mut self, query: &str) {
        let Some(state) = self.state.session.as_mut().map(|session| &mut session.timeline) else { return };
        let query = query.trim().to_owned();
        if query.is_empty() {
            state.asked = None;
        }
        state.searches += 1;
        state.search = (!query.is_empty()).then_some(Search { query, found: None, generation: state.searches });
        self.look_for();
    }

    /// Looks once more for what is searched for, after the timeline has changed.
    pub(super) fn search_again(&mut self) {
        let Some(state) = self.state.session.as_mut().map(|session| &mut session.timeline) else { return };
        let Some(search) = &mut state.search else { return };
        state.searches += 1;
        search.generation = state.searches;
        self.look_for();
    }

    pub(super) fn look_for(&mut self) {
        let Some(state) = self.state.session.as_ref().map(|session| &session.timeline) else { return };
        let (Some(search), Some(layers)) = (&state.search, &state.layers) else { return };
        let (query, generation, layers) = (search.query.clone(), search.generation, Arc::clone(layers));
        self.ask(move |desk| {
            let found = found(&mut desk.project, &desk.info, &layers, &query);
            Event::SegmentsFound(generation, found.map(Arc::new).map_err(|error| in_words(&error)))
        });
    }

    pub(in crate::app) fn take_found(&mut self, generation: u64, found: Result<Arc<FoundSegments>, String>) {
        let Some(state) = self.state.session.as_mut().map(|session| &mut session.timeline) else { return };
        if let Some(search) = state.search.as_mut().filter(|search| search.generation == generation) {
            search.found = Some(found);
        }
    }
}

/// What is wrong; the query itself stands in the field.
fn in_words(error: &JobError) -> String {
    match error {
        JobError::Behavior(BehaviorError::Query { source, .. }) => source.problem.to_string(),
        other => other.to_string(),
    }
}

fn found(project: &mut Project, info: &RecordingInfo, layers: &Layers, query: &str) -> Result<FoundSegments, JobError> {
    let (targets, segments): (Vec<Target>, Vec<Segment>) =
        layers.counted().into_iter().map(|(target, segment)| (target, segment.clone())).unzip();
    let cancel = CancelFlag::default();
    let (filter, hits) = search_in(&Job::new(&cancel, &|_| ()), project, info, query, &segments)?;
    Ok(FoundSegments { chips: filter.chips(), targets: hits.into_iter().map(|at| targets[at]).collect() })
}
