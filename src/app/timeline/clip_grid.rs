//! The grid view: which segments are shown together, page by page, and what is done to those that are selected.
//!
//! Selected segments are those of the timeline. The grid has a frame service of its own with a small cache, which lives as long
//! as the view is shown.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::{BehaviorView, Layers, TimelineCommand};
use crate::app::App;
use crate::app::command::Page;
use crate::app::event::Event;
use crate::app::state::Urgency;
use crate::jobs::behavior::examples::{self, BankReport};
use crate::jobs::frames::{FrameService, store};
use crate::jobs::timeline::{MachineLayer, Target, TimelineAct};
use crate::jobs::{CancelFlag, Job};
use crate::model::Segment;

/// So many segments are on a page.
pub const PER_PAGE: usize = 24;

/// Decoded frames of the grid take at most so much, bytes: each is needed once.
const BUDGET_BYTES: usize = 64 * 1024 * 1024;

/// Which segments are shown together.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Gathered {
    /// Those that count and have a label.
    Label(String),
    /// The clips of a cluster.
    Cluster(u16),
}

/// What is asked for in the grid view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GridCommand {
    /// Shows the segments of a label or the clips of a cluster.
    Show(Gathered),
    /// Turns pages.
    Turn(i32),
    /// Selects everything on the page, beside what is selected on other pages.
    SelectAll,
    /// Selects everything that is shown together, on all pages.
    SelectGroup,
    /// The selected segments are right, or what counts over the selected clips.
    Accept,
    /// Gives the selected segments a label, or the frames of the selected clips.
    Label(String),
    /// Takes the selected segments away, or what counts over the selected clips.
    Delete,
    /// Shows the selected segment in the timeline.
    OpenInTimeline,
    /// Keeps the selected segments or clips as examples for models.
    MakeExamples,
}

/// The state of the grid view.
#[derive(Default)]
pub struct GridState {
    /// What is shown; the label with the most segments until somebody chose.
    pub shows: Option<Gathered>,
    /// The page, from 0.
    pub page: usize,
    /// Makes the pictures, while the view is shown and the recording's files are there.
    pub pictures: Option<Arc<FrameService>>,
}

/// What can be shown together, with how many segments or clips that are.
pub type Groups = Vec<(Gathered, usize)>;

/// How many segments each label has, by falling count, and how many clips each cluster.
pub fn groups(layers: &Layers) -> [Groups; 2] {
    let mut labels: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, segment) in layers.counted() {
        *labels.entry(segment.label.as_str()).or_default() += 1;
    }
    let mut labels: Groups =
        labels.into_iter().map(|(label, count)| (Gathered::Label(label.to_owned()), count)).collect();
    labels.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let mut clusters: BTreeMap<u16, usize> = BTreeMap::new();
    for cluster in layers.timeline.clips.iter().filter_map(|clip| clip.cluster) {
        *clusters.entry(cluster).or_default() += 1;
    }
    [labels, clusters.into_iter().map(|(cluster, count)| (Gathered::Cluster(cluster), count)).collect()]
}

/// The segments that are shown together, by time.
pub fn members(layers: &Layers, shows: &Gathered) -> Vec<Target> {
    let mut found: Vec<(u32, Target)> = match shows {
        Gathered::Label(label) => {
            let of_label = layers.counted().into_iter().filter(|(_, segment)| segment.label == *label);
            of_label.map(|(target, segment)| (segment.start_frame, target)).collect()
        }
        Gathered::Cluster(cluster) => {
            let of_cluster = layers.timeline.clips.iter().filter(|clip| clip.cluster == Some(*cluster));
            let target = |clip: &crate::model::Clip| Target::Machine {
                layer: MachineLayer::Clips,
                animal: clip.animal,
                start_frame: clip.start_frame,
            };
            of_cluster.map(|clip| (clip.start_frame, target(clip))).collect()
        }
    };
    found.sort_unstable();
    found.into_iter().map(|(_, target)| target).collect()
}

impl GridState {
    /// What is shown.
    pub fn shown(&self, layers: &Layers) -> Option<Gathered> {
        self.shows.clone().or_else(|| groups(layers)[0].first().map(|(label, _)| label.clone()))
    }
}

impl App {
    /// Has a frame service for the grid exactly while that is shown.
    pub(in crate::app) fn refresh_clip_grid(&mut self) {
        let is_page = self.state.page == Page::Behavior;
        let Some(session) = &mut self.state.session else { return };
        let timeline = &mut session.timeline;
        let is_shown = is_page && timeline.view == BehaviorView::Grid;
        if !is_shown {
            timeline.grid.pictures = None;
            return;
        }
        let Some(recording) = session.recording.as_ref().filter(|_| timeline.grid.pictures.is_none()) else { return };
        let waker = self.outbox.waker();
        match FrameService::new(recording, &session.info, BUDGET_BYTES, store::default_root(), waker) {
            Ok(service) => timeline.grid.pictures = Some(Arc::new(service)),
            Err(error) => {
                timeline.view = BehaviorView::Timeline;
                self.state.notify(Urgency::Error, format!("The system gives no more threads: {error}"));
            }
        }
    }

    pub(super) fn clip_grid(&mut self, command: GridCommand) {
        let Some(session) = &mut self.state.session else { return };
        let state = &mut session.timeline;
        let Some(layers) = state.layers.clone() else { return };
        let Some(shows) = state.grid.shown(&layers) else { return };
        let is_of_clips = matches!(shows, Gathered::Cluster(_));
        // What is selected in the lanes and not shown here is not meant.
        let shown: HashSet<Target> = members(&layers, &shows).into_iter().collect();
        let of: Vec<Target> = state.selected.iter().copied().filter(|target| shown.contains(target)).collect();
        let act = match command {
            GridCommand::Show(shows) => {
                state.grid.shows = Some(shows);
                state.grid.page = 0;
                state.selected.clear();
                return;
            }
            GridCommand::Turn(by) => {
                let pages = shown.len().div_ceil(PER_PAGE);
                state.grid.page = state.grid.page.saturating_add_signed(by as isize).min(pages.saturating_sub(1));
                return;
            }
            GridCommand::SelectAll => {
                let all = members(&layers, &shows);
                let page = all.chunks(PER_PAGE).nth(state.grid.page).unwrap_or_default();
                let others = of.into_iter().filter(|target| !page.contains(target));
                state.selected = others.chain(page.iter().copied()).collect();
                return;
            }
            GridCommand::SelectGroup => {
                state.selected = members(&layers, &shows);
                return;
            }
            GridCommand::OpenInTimeline => {
                if !of.is_empty() {
                    state.selected = of;
                    state.view = BehaviorView::Timeline;
                    self.show_selected();
                }
                return;
            }
            _ if of.is_empty() => {
                let words = "Select something first: click a film, or Ctrl A for all of the page.";
                return self.state.notify(Urgency::Info, words);
            }
            GridCommand::MakeExamples => return self.make_examples(&of, is_of_clips),
            GridCommand::Accept if is_of_clips => TimelineAct::AcceptClips(of),
            GridCommand::Label(label) if is_of_clips => TimelineAct::LabelClips { of, label },
            GridCommand::Delete if is_of_clips => TimelineAct::ClearClips(of),
            GridCommand::Accept => TimelineAct::Accept(of),
            GridCommand::Label(label) => TimelineAct::Relabel { of, label },
            GridCommand::Delete => TimelineAct::Delete(of),
        };
        self.after_timeline = Some(TimelineCommand::Deselect);
        self.act_on_timeline(act);
    }

    /// Draws and keeps segments as examples, or clips with what counts there; those that nobody looked at are left out.
    fn make_examples(&mut self, of: &[Target], is_of_clips: bool) {
        let Some(state) = self.state.session.as_ref().map(|session| &session.timeline) else { return };
        let Some(layers) = &state.layers else { return };
        let segments: Vec<Segment> = of.iter().filter_map(|target| layers.timeline.find(*target).cloned()).collect();
        self.ask(move |desk| {
            let cancel = CancelFlag::default();
            let job = Job::new(&cancel, &|_| ());
            let made = match is_of_clips {
                true => examples::add_clips(&job, &mut desk.project, &desk.info, &segments),
                false => examples::add_chosen(&job, &mut desk.project, &desk.info, &segments),
            };
            Event::ExamplesMade(made.map(Box::new).map_err(|error| error.to_string()))
        });
    }

    pub(in crate::app) fn take_examples(&mut self, made: Result<Box<BankReport>, String>) {
        match made {
            Err(message) => self.state.notify(Urgency::Error, message),
            Ok(report) => {
                let (added, all) = (report.added, report.examples);
                let kept =
                    if added == 1 { "1 example is kept".to_owned() } else { format!("{added} examples are kept") };
                let left: Vec<String> =
                    report.left_out.iter().map(|(reason, count)| format!(" Left out: {count} {reason}.")).collect();
                let words = format!("{kept}, {all} in all: behavior run --examples shows them.{}", left.concat());
                self.state.notify(Urgency::Info, words);
            }
        }
    }
}
