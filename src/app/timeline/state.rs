//! What the behaviour page shows: layers, tracks, what is selected, what is painted; and what can be asked for there.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::VocabularyState;
use super::ask::AskedSearch;
use super::clip_grid::{GridCommand, GridState};
use super::compare::{CompareCommand, CompareState};
use super::describe::{DescribeCommand, DescribeState};
use super::export::{PlanAsk, ShownPlan};
use super::figures::{FigureAsk, ShownFigure};
use super::order::{self, ReviewOrder};
use super::search::Search;
use super::strips::StripsState;
use super::trial::{TrialCommand, TrialState};
use crate::behavior::bodies::Bodies;
use crate::behavior::consistency::Checker;
use crate::behavior::discovery::{BoutMeasures, ForestOptions, novel_bouts};
use crate::behavior::edits::Edge;
use crate::behavior::measures::{Measure, Measures};
use crate::behavior::review::{ReviewInput, ReviewItem, ReviewOptions, ReviewReason, review_items};
use crate::behavior::rules::Rules;
use crate::behavior::zones::Zone;
use crate::jobs::timeline::{SegmentWhy, Target, Timeline, TimelineAct};
use crate::jobs::vocabulary::VocabularyAct;
use crate::model::{
    AnimalId, CameraId, Clip, ClipId, PlacedSegment, Segment, SegmentId, SegmentStatus, Tracks, Vocabulary,
};
use crate::store::RecordingInfo;

/// What is asked for on the behaviour page.
#[derive(Clone, Debug, PartialEq)]
pub enum TimelineCommand {
    /// Shows the recording in another way.
    View(BehaviorView),
    /// Tells what an export of it would write.
    PlanExport(Box<PlanAsk>),
    /// Computes a figure of it.
    ComputeFigure(Box<FigureAsk>),
    /// Selects a segment and shows its first frame, unless the shown frame is in it; with `add`, beside those that are selected.
    Select(Target, bool),
    /// Selects these and nothing else; the last is the main one.
    SelectAll(Vec<Target>),
    /// Lists the segments alone that a query means; all again where it is empty.
    Search(String),
    /// The same with some of the conditions of the search before.
    SearchWith(String),
    /// Has a model make a search of a question in plain words.
    AskSearch(String),
    /// Stops the asking.
    StopAsking,
    /// Replaces words or labels, in segments that a person saw listed.
    Replace(TimelineAct),
    /// That is kept.
    Replaced,
    /// Selects nothing.
    Deselect,
    /// Makes an animal the one that keys act on.
    ChooseAnimal(AnimalId),
    /// Turns to the animal so many rows further.
    StepAnimal(i32),
    /// The next segment of the animal, or the one before.
    StepSegment(i32),
    /// The next boundary in the animal's lane, or the one before.
    StepBoundary(i32),
    /// The next segment that nobody has looked at, of any animal: what there is a reason to doubt first.
    NextToReview,
    /// The segment before in the order of the list, looked at or not.
    PreviousInList,
    /// Puts what there is most reason to doubt first again.
    RankAgain,
    /// Does something to the timeline.
    Act(TimelineAct),
    /// Does something to the vocabulary, with the segments that follow.
    Vocabulary(VocabularyAct),
    /// Makes a file's vocabulary the project's.
    ImportVocabulary(PathBuf),
    /// Writes the vocabulary to a file.
    ExportVocabulary {
        /// The file.
        path: PathBuf,
        /// Whether one that is there is written over.
        replace: bool,
    },
    /// Gives the selected segments a label; with none, begins or ends painting with it.
    Label(String),
    /// Cuts the selected segment at the shown frame.
    SplitHere,
    /// Joins the selected segments, or the selected one with the next.
    MergeNext,
    /// The selected segment begins, or ends with, the shown frame.
    EdgeHere(Edge),
    /// Moves a boundary of the selected segment by frames.
    NudgeEdge(Edge, i32),
    /// Takes the selected segments away.
    DeleteSelected,
    /// Takes the selected segment apart into its clips.
    UnmergeSelected,
    /// The selected segments are right; goes on to the next that nobody has looked at.
    AcceptAndNext,
    /// Shows what models were asked about a segment.
    Why(Target),
    /// Something about asking again.
    Trial(TrialCommand),
    /// Begins or ends the audit, in which chance says what is looked at next.
    Audit(bool),
    /// Something in the grid view.
    Grid(GridCommand),
    /// Something in the compare view.
    Compare(CompareCommand),
    /// Whether playing stays within the selected segment.
    SetLooping(bool),
    /// The measures that are drawn under the lanes, by their ids, from now on.
    ShowStrips(Vec<String>),
    /// With whom the chosen animal is measured there; with its nearest where nobody is named.
    StripPartner(Option<AnimalId>),
    /// Cuts the recording into clips and describes them, by rules or by models.
    Describe(DescribeCommand),
}

impl TimelineCommand {
    /// Whether a key alone does it to what is selected or shown, and it changes the timeline.
    pub(super) fn is_of_key(&self) -> bool {
        matches!(
            self,
            Self::Label(_)
                | Self::SplitHere
                | Self::MergeNext
                | Self::EdgeHere(_)
                | Self::NudgeEdge(..)
                | Self::DeleteSelected
                | Self::UnmergeSelected
                | Self::AcceptAndNext
        )
    }
}

/// The ways in which the behaviour page shows a recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BehaviorView {
    /// Pictures above lanes.
    #[default]
    Timeline,
    /// The segments of a label as small films, side by side.
    Grid,
    /// Two accounts against each other.
    Compare,
    /// The labels and what they mean.
    Vocabulary,
    /// Figures and their numbers.
    Figures,
}

impl BehaviorView {
    /// What a command means in this view, where keys of the timeline have something to say there; nothing where not.
    pub(super) fn meaning(self, command: TimelineCommand) -> Option<TimelineCommand> {
        use TimelineCommand as Asked;
        match (self, command) {
            (Self::Compare, Asked::StepSegment(by)) => Some(Asked::Compare(CompareCommand::Step(by))),
            (Self::Compare, Asked::PreviousInList) => Some(Asked::Compare(CompareCommand::Step(-1))),
            (Self::Compare, Asked::NextToReview) => Some(Asked::Compare(CompareCommand::Next)),
            (Self::Grid, Asked::StepSegment(by)) => Some(Asked::Grid(GridCommand::Turn(by))),
            (Self::Grid, Asked::AcceptAndNext) => Some(Asked::Grid(GridCommand::Accept)),
            (Self::Grid, Asked::Label(label)) => Some(Asked::Grid(GridCommand::Label(label))),
            (Self::Grid, Asked::DeleteSelected) => Some(Asked::Grid(GridCommand::Delete)),
            // Without lanes nobody sees where these would act.
            (
                Self::Grid,
                Asked::NextToReview
                | Asked::PreviousInList
                | Asked::SplitHere
                | Asked::MergeNext
                | Asked::EdgeHere(_)
                | Asked::NudgeEdge(..)
                | Asked::UnmergeSelected,
            ) => None,
            (Self::Grid, command) => Some(command),
            (_, Asked::Grid(_)) => None,
            // What is selected in the lanes cannot be seen there, so no key changes it.
            (Self::Compare | Self::Figures | Self::Vocabulary, command) if command.is_of_key() => None,
            (_, command) => Some(command),
        }
    }

    /// All, with the words that they are called by.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::Timeline, "Timeline"),
        (Self::Grid, "Grid"),
        (Self::Compare, "Compare"),
        (Self::Figures, "Figures"),
        (Self::Vocabulary, "Vocabulary"),
    ];
}

/// What was read of a recording's timeline.
#[derive(Debug)]
pub struct Layers {
    /// The layers.
    pub timeline: Timeline,
    /// The names of the animals.
    pub names: Vec<String>,
    /// What labels mean.
    pub vocabulary: Arc<Vocabulary>,
    /// Why segments that count should be looked at, the weightiest first; each is called by its key.
    pub(super) items: Vec<ReviewItem>,
    /// The keys of segments that count.
    keys: HashMap<Target, SegmentId>,
    /// And back, with the place among `items`, where there is one.
    keyed: HashMap<SegmentId, (Target, Option<usize>)>,
}

/// Where the animals are, for drawing over the picture and for curves.
#[derive(Debug)]
pub struct Scene {
    /// The points, in the pixels of `camera`.
    pub tracks: Tracks,
    /// What is measured of them.
    pub bodies: Bodies,
    /// Whether points are pixels of a picture; else they are places on the floor, and nothing is drawn.
    pub is_in_pixels: bool,
    /// The camera that they were tracked in.
    pub camera: CameraId,
    /// How unlike the others each clip is, 0 to 1: 0.5 is usual.
    pub novelty: HashMap<ClipId, f32>,
    /// Named places, in the units of the tracks.
    pub zones: Vec<Zone>,
    /// All measures, each with the reason why this recording does not have it, where it does not.
    pub measures: Vec<(Measure, Option<&'static str>)>,
}

impl Scene {
    /// Which measures there are of these animals.
    pub(super) fn measures_of(bodies: &Bodies, zones: &[Zone]) -> Vec<(Measure, Option<&'static str>)> {
        let measures = Measures::new(bodies, zones);
        let with_reason = |measure: Measure| {
            let why_not = measures.why_not(&measure);
            (measure, why_not)
        };
        Measure::all(zones).into_iter().map(with_reason).collect()
    }

    /// Measures the clips by the isolation forest. The same clips have the same scores.
    pub(super) fn novelty_of(bodies: &Bodies, clips: &[Clip]) -> HashMap<ClipId, f32> {
        let seen = clips.iter().filter(|clip| clip.cluster.is_some() && clip.animal.index() < bodies.animals.len());
        let seen: Vec<&Clip> = seen.collect();
        if seen.is_empty() {
            return HashMap::new();
        }
        let bouts: Vec<_> = seen.iter().map(|clip| (clip.animal, clip.frames())).collect();
        let rows = BoutMeasures::new(bodies).rows(&bouts);
        let found = novel_bouts(rows.view(), BoutMeasures::names(), &ForestOptions::default());
        found.into_iter().map(|bout| (seen[bout.bout].id, bout.score as f32)).collect()
    }
}

/// A stretch that is being painted while the recording plays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Painting {
    /// With this label.
    pub label: String,
    /// Of this animal.
    pub animal: AnimalId,
    /// From this frame on.
    pub from_frame: u32,
}

/// What models were asked about a segment.
#[derive(Clone, Debug)]
pub struct WhyOfSegment {
    /// The segment in words.
    pub title: String,
    /// The segment itself, as it was then.
    pub segment: Segment,
    /// The questions; `None` while they are read.
    pub found: Option<Result<Arc<SegmentWhy>, String>>,
}

/// The state of the behaviour page.
pub struct TimelineState {
    /// How the page shows the recording.
    pub view: BehaviorView,
    /// The layers, once they were read.
    pub layers: Option<Arc<Layers>>,
    /// Why they could not be read.
    pub problem: Option<String>,
    /// Grows with every reading, for whoever caches what is drawn.
    pub revision: u64,
    /// What labels mean.
    pub vocabulary: Arc<Vocabulary>,
    /// What its view shows beside it.
    pub vocabulary_state: VocabularyState,
    /// Where the animals are, where that is known.
    pub scene: Option<Arc<Scene>>,
    /// What is selected; the last is the main one.
    pub selected: Vec<Target>,
    /// The animal that keys act on.
    pub animal: AnimalId,
    /// Whether playing stays within the selected segment.
    pub is_looping: bool,
    /// What is painted now.
    pub painting: Option<Painting>,
    /// The segment that is asked about.
    pub why: Option<WhyOfSegment>,
    /// What is asked again, and otherwise.
    pub trial: TrialState,
    /// What is searched for.
    pub search: Option<Search>,
    /// The question that the search is of, or that a model is asked now.
    pub asked: Option<AskedSearch>,
    /// Searches so far.
    pub(super) searches: u64,
    /// In which order segments are looked at.
    pub(super) order: ReviewOrder,
    /// Whether chance says what is looked at next.
    pub is_auditing: bool,
    /// The grid view.
    pub grid: GridState,
    /// The strips under the lanes.
    pub strips: StripsState,
    /// The compare view.
    pub compare: CompareState,
    /// What is known about describing it.
    pub describe: DescribeState,
    /// The figure that was computed last.
    pub figure: Option<Arc<ShownFigure>>,
    pub(super) is_computing: bool,
    /// What an export would write, as it was told last.
    pub export_plan: Option<Arc<ShownPlan>>,
    pub(super) is_planning: bool,
    pub(super) is_reading: bool,
    pub(super) is_stale: bool,
    pub(super) scene_is_asked: bool,
    pub(super) is_reading_scene: bool,
}

impl Default for TimelineState {
    fn default() -> Self {
        Self {
            view: BehaviorView::default(),
            layers: None,
            problem: None,
            revision: 0,
            vocabulary: Arc::new(Vocabulary::mouse()),
            vocabulary_state: VocabularyState::default(),
            scene: None,
            selected: Vec::new(),
            animal: AnimalId(0),
            is_looping: false,
            painting: None,
            why: None,
            trial: TrialState::default(),
            search: None,
            asked: None,
            searches: 0,
            order: ReviewOrder::default(),
            is_auditing: false,
            grid: GridState::default(),
            strips: StripsState::default(),
            compare: CompareState::default(),
            describe: DescribeState::default(),
            figure: None,
            is_computing: false,
            export_plan: None,
            is_planning: false,
            is_reading: false,
            is_stale: false,
            scene_is_asked: false,
            is_reading_scene: false,
        }
    }
}

impl TimelineState {
    /// The segment that is selected last.
    pub fn main(&self) -> Option<(Target, &Segment)> {
        let target = *self.selected.last()?;
        Some((target, self.layers.as_ref()?.timeline.find(target)?))
    }

    /// The lane of an animal that keys step through: what people say, with what machines say where they said nothing.
    pub fn lane(&self, animal: AnimalId) -> Vec<(Target, &Segment)> {
        let Some(layers) = &self.layers else { return Vec::new() };
        layers.lane(animal)
    }

    /// Whether layers or tracks are being read.
    pub fn is_busy(&self) -> bool {
        let is_asking = self.asked.as_ref().is_some_and(AskedSearch::is_pending);
        let is_reading = self.is_reading || self.is_reading_scene || self.compare.is_reading;
        is_asking
            || is_reading
            || self.strips.is_measuring()
            || self.is_computing
            || self.is_planning
            || self.describe.is_busy()
    }

    /// Whether it is being worked out what an export would write.
    pub fn is_planning(&self) -> bool {
        self.is_planning
    }

    /// Whether a figure is being computed.
    pub fn is_computing(&self) -> bool {
        self.is_computing
    }
}

impl Layers {
    pub(super) fn new(
        timeline: Timeline,
        vocabulary: Arc<Vocabulary>,
        scene: Option<&Scene>,
        info: &RecordingInfo,
    ) -> Self {
        let names = timeline.names();
        let (items, keys, keyed) = (Vec::new(), HashMap::new(), HashMap::new());
        let mut layers = Self { timeline, names, vocabulary, items, keys, keyed };
        let counted = layers.counted();
        let ids = order::keys(counted.iter().copied());
        let keys: HashMap<Target, SegmentId> =
            counted.iter().zip(&ids).map(|((target, _), id)| (*target, *id)).collect();
        layers.items = layers.reasons(&counted, &ids, scene, info);
        let place: HashMap<SegmentId, usize> = layers.items.iter().zip(0..).map(|(item, at)| (item.id, at)).collect();
        layers.keyed = keys.iter().map(|(target, id)| (*id, (*target, place.get(id).copied()))).collect();
        layers.keys = keys;
        layers
    }

    /// Those of a timeline without tracks, 10 frames a second.
    #[cfg(test)]
    pub(super) fn alone(timeline: Timeline, frame_count: u32) -> Self {
        let info = RecordingInfo {
            id: crate::model::RecordingId(1),
            name: "r".to_owned(),
            path_in_project: String::new(),
            path: Default::default(),
            fingerprint: String::new(),
            fps: 10.0,
            frame_count,
            units: "mm".to_owned(),
            fluorescence_lag_frames: 0.0,
            subject: None,
            session: None,
            group: None,
            cameras: Vec::new(),
        };
        Self::new(timeline, Arc::new(Vocabulary::mouse()), None, &info)
    }

    fn reasons(
        &self,
        counted: &[(Target, &Segment)],
        ids: &[SegmentId],
        scene: Option<&Scene>,
        info: &RecordingInfo,
    ) -> Vec<ReviewItem> {
        let vocabulary = &self.vocabulary;
        let segments: Vec<Segment> = counted.iter().map(|(_, segment)| (*segment).clone()).collect();
        let rules = Rules::mouse();
        let bodies = scene.map(|scene| (&scene.bodies, &rules));
        let findings = Checker { animals: self.names.len(), vocabulary, bodies }.check(&segments);
        let placed = segments.into_iter().zip(ids).map(|(segment, id)| PlacedSegment { id: *id, segment });
        let placed: Vec<PlacedSegment> = placed.collect();
        // A segment is as sure as the clip of which a model's answers agree least.
        let agreement = placed.iter().filter_map(|placed| {
            let shares = placed.segment.clips.iter().filter_map(|clip| self.timeline.agreement.get(clip));
            Some((placed.id, shares.copied().min_by(f32::total_cmp)?))
        });
        let agreement: HashMap<SegmentId, f32> = agreement.collect();
        // And as unlike the others as the clip of it that is most so.
        let novelty = placed.iter().filter_map(|placed| {
            let scores = placed.segment.clips.iter().filter_map(|clip| scene?.novelty.get(clip));
            Some((placed.id, scores.copied().max_by(f32::total_cmp)?))
        });
        let novelty: HashMap<SegmentId, f32> = novelty.collect();
        let input = ReviewInput {
            segments: &placed,
            vocabulary,
            findings: &findings,
            agreement: &agreement,
            novelty: &novelty,
            fps: info.fps,
            frame_count: info.frame_count,
        };
        review_items(&input, &ReviewOptions::default())
    }

    /// What a segment that counts is called while one works.
    pub(super) fn key_of(&self, target: Target) -> Option<SegmentId> {
        self.keys.get(&target).copied()
    }

    /// The segment of a key, as it can be pointed at now.
    pub(super) fn target_of(&self, key: SegmentId) -> Option<Target> {
        self.keyed.get(&key).map(|(target, _)| *target)
    }

    /// Why a segment should be looked at.
    pub fn reasons_of(&self, target: Target) -> &[ReviewReason] {
        let place = self.key_of(target).and_then(|key| self.keyed.get(&key)?.1);
        place.map_or(&[], |at| &self.items[at].reasons)
    }

    /// What counts of all animals, by animal and time.
    pub fn counted(&self) -> Vec<(Target, &Segment)> {
        (0..self.names.len()).flat_map(|animal| self.lane(AnimalId(animal as u8))).collect()
    }

    /// What counts of an animal, by time: what people say, where they say anything of it, else what the merge says.
    pub fn lane(&self, animal: AnimalId) -> Vec<(Target, &Segment)> {
        let human = self.human_of(animal);
        if !human.is_empty() {
            return human.iter().map(|placed| (Target::Human(placed.id), &placed.segment)).collect();
        }
        self.machine_lane(animal)
    }

    /// What machines say of an animal, by time: merged segments, or the clips where nothing was merged.
    pub fn machine_lane(&self, animal: AnimalId) -> Vec<(Target, &Segment)> {
        let layer = self.timeline.layer_that_counts();
        let of_animal = self.timeline.machine(layer).iter().filter(|segment| segment.animal == animal);
        let target = |segment: &Segment| Target::Machine { layer, animal, start_frame: segment.start_frame };
        of_animal.map(|segment| (target(segment), segment)).collect()
    }

    /// What people say of an animal.
    pub fn human_of(&self, animal: AnimalId) -> &[PlacedSegment] {
        self.timeline.human_of(animal)
    }

    /// Segments that count, and how many of them a person has looked at.
    pub fn reviewed(&self) -> (usize, usize) {
        let counted = self.counted();
        let done = counted.iter().filter(|(_, segment)| segment.status != SegmentStatus::Unreviewed).count();
        (done, counted.len())
    }
}
