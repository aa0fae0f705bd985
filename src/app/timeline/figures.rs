//! Figures of the timeline: computed on a thread of their own, from what the page shows or from all recordings of the project.
//! While a figure is computed, the last one stays.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use super::{App, Layers};
use crate::app::event::Event;
use crate::app::state::Urgency;
use crate::behavior::figures::{Figure, FigureInput, FigureKind, within};
use crate::behavior::statistics::AnimalRecord;
use crate::jobs::behavior::count::record_of;
use crate::jobs::behavior::figures::{self, FigureFormat};
use crate::jobs::{CancelFlag, Job, JobError};
use crate::model::timeline::TimelineLayer;
use crate::model::{AnimalId, Segment, SegmentStatus, Vocabulary};
use crate::store::{Project, RecordingInfo};

/// Of tests of many subjects, whose deals are drawn: as on the command line.
const SEED: u64 = 1;

/// Which figure is wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct FigureAsk {
    /// The kind.
    pub kind: FigureKind,
    /// The layer; `None` for what counts.
    pub layer: Option<TimelineLayer>,
    /// The animals that are left out, by name.
    pub left_out: Vec<String>,
    /// A stretch of the recording; `None` for all of it.
    pub frames: Option<Range<u32>>,
    /// All recordings of the project, in place of the one that is shown.
    pub all_recordings: bool,
    /// The reading of the timeline that it is of.
    pub revision: u64,
}

/// A figure that was computed.
#[derive(Clone, Debug)]
pub struct ShownFigure {
    /// What was wanted.
    pub ask: FigureAsk,
    /// The figure, or why there is none.
    pub found: Result<FoundFigure, String>,
}

/// A figure and what it is of.
#[derive(Clone, Debug)]
pub struct FoundFigure {
    /// The figure.
    pub figure: Arc<Figure>,
    /// What stands over it.
    pub title: String,
    /// Its segments that nobody reviewed, and all.
    pub unreviewed: (usize, usize),
}

/// A figure that is to be saved.
#[derive(Clone, Debug, PartialEq)]
pub struct FigureChoice {
    /// The figure.
    pub figure: Arc<Figure>,
    /// What stands over it.
    pub title: String,
    /// As what.
    pub format: FigureFormat,
    /// Where to.
    pub path: PathBuf,
    /// Whether files that are there are replaced.
    pub replace: bool,
}

impl App {
    /// Computes a figure, unless one is being computed.
    pub(super) fn compute_figure(&mut self, ask: FigureAsk) {
        let Some(session) = &mut self.state.session else { return };
        let Some(layers) = session.timeline.layers.clone().filter(|_| !session.timeline.is_computing) else { return };
        session.timeline.is_computing = true;
        let (info, vocabulary, outbox) =
            (session.info.clone(), session.timeline.vocabulary.clone(), self.outbox.clone());
        let opened = ask.all_recordings.then(|| session.connection());
        self.spawn("figure", move || {
            let found = match opened {
                None => Ok(compute(&ask, &info, &vocabulary, layers.records(&info, ask.layer))),
                Some(Ok(project)) => of_all(&ask, &info, &vocabulary, &project).map_err(|error| error.to_string()),
                Some(Err(error)) => Err(error.to_string()),
            };
            outbox.send(Event::Figure(info.id, Box::new(ShownFigure { ask, found })));
        });
    }

    pub(in crate::app) fn take_figure(&mut self, recording: crate::model::RecordingId, shown: ShownFigure) {
        let Some(session) = self.state.session.as_mut().filter(|session| session.info.id == recording) else { return };
        session.timeline.is_computing = false;
        if let Err(message) = &shown.found {
            self.state.notify(Urgency::Warning, format!("There is no figure: {message}"));
        }
        if let Some(session) = &mut self.state.session {
            session.timeline.figure = Some(Arc::new(shown));
        }
    }
}

fn of_all(
    ask: &FigureAsk,
    info: &RecordingInfo,
    vocabulary: &Vocabulary,
    project: &Project,
) -> Result<FoundFigure, JobError> {
    let cancel = CancelFlag::default();
    let records = figures::records(&Job::new(&cancel, &|_| ()), project, None, ask.layer)?;
    Ok(compute(ask, info, vocabulary, records))
}

fn compute(
    ask: &FigureAsk,
    info: &RecordingInfo,
    vocabulary: &Vocabulary,
    mut records: Vec<AnimalRecord>,
) -> FoundFigure {
    records.retain(|record| !ask.left_out.contains(&record.animal));
    if let Some(frames) = &ask.frames {
        records = records.iter().map(|record| within(record, frames.clone())).collect();
    }
    let first_frame = ask.frames.as_ref().map_or(0, |frames| frames.start);
    let input = FigureInput { records: &records, vocabulary, first_frame };
    let figure = Arc::new(Figure::of(ask.kind, &input, SEED));
    let segments = || records.iter().flat_map(|record| &record.segments);
    let unreviewed = segments().filter(|segment| segment.status == SegmentStatus::Unreviewed).count();
    FoundFigure { figure, title: title_of(ask, info, &records), unreviewed: (unreviewed, segments().count()) }
}

/// "mice3, what counts, frames 100 to 899"
fn title_of(ask: &FigureAsk, info: &RecordingInfo, records: &[AnimalRecord]) -> String {
    let mut recordings: Vec<&str> = records.iter().map(|record| record.recording.as_str()).collect();
    recordings.dedup();
    let name = match recordings.len() {
        0 | 1 => info.name.clone(),
        many => format!("{many} recordings"),
    };
    let layer = ask.layer.map_or("what counts".to_owned(), |layer| format!("{} layer", layer.as_str()));
    let stretch =
        ask.frames.as_ref().map_or(String::new(), |it| format!(", frames {} to {}", it.start, it.end.max(1) - 1));
    format!("{name}, {layer}{stretch}")
}

impl Layers {
    /// The animals with their segments of a layer; with none, what counts of each. Clips are those with what was said of them.
    pub fn records(&self, info: &RecordingInfo, layer: Option<TimelineLayer>) -> Vec<AnimalRecord> {
        let of_animal = |at: usize| {
            let id = AnimalId(at as u8);
            let own = |segments: &[Segment]| segments.iter().filter(|it| it.animal == id).cloned().collect();
            let segments = match layer {
                None => self.lane(id).into_iter().map(|(_, segment)| segment.clone()).collect(),
                Some(TimelineLayer::Human) => self.human_of(id).iter().map(|placed| placed.segment.clone()).collect(),
                Some(TimelineLayer::Merged) => own(&self.timeline.merged),
                Some(TimelineLayer::Clips | TimelineLayer::Captions) => own(&self.timeline.said),
            };
            record_of(info, &self.names, at, segments)
        };
        (0..self.names.len()).map(of_animal).collect()
    }
}
