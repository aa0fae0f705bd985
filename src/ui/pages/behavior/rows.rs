//! Which rows of lanes there are and where each stands: per animal its clips, what was said of them, the merge, and one row
//! per exclusive group of what people say.

use std::ops::Range;

use super::LanesMemory;
use crate::app::timeline::Layers;
use crate::jobs::timeline::{MachineLayer, Target};
use crate::model::{AnimalId, Segment, Vocabulary};
use crate::ui::theme::Theme;

/// Between two rows of an animal, points.
const GAP: f32 = 3.0;
/// Between two animals.
const BETWEEN: f32 = 10.0;

/// What a row shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RowKind {
    /// Clips by their clusters.
    Clips,
    /// What was said of clips.
    Captions,
    /// Merged segments.
    Merged,
    /// What people say, in one exclusive group.
    Human(String),
}

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub animal: AnimalId,
    pub kind: RowKind,
    /// From the top of the first row, points.
    pub top: f32,
    pub height: f32,
    /// Whether the animal's name stands here.
    pub is_first: bool,
}

impl RowKind {
    /// Its name at the left.
    pub(super) fn words(&self) -> &str {
        match self {
            Self::Clips => "clips",
            Self::Captions => "captions",
            Self::Merged => "merged",
            Self::Human(group) if group.is_empty() => "human",
            Self::Human(group) => group,
        }
    }
}

/// All rows, and how high they are together, points.
pub(super) fn rows(layers: &Layers, vocabulary: &Vocabulary, memory: &LanesMemory) -> (Vec<Row>, f32) {
    let heights = &Theme::get().size.lane;
    let mut rows: Vec<Row> = Vec::new();
    let mut top = 0.0;
    for animal in (0..layers.names.len()).map(|at| AnimalId(at as u8)) {
        let is_folded = memory.folded.contains(&animal);
        let mut is_first = true;
        let mut add = |kind: RowKind, height: f32| {
            rows.push(Row { animal, kind, top, height, is_first });
            top += height + GAP;
            is_first = false;
        };
        if !is_folded {
            if memory.shows_clips {
                add(RowKind::Clips, heights.clips);
                add(RowKind::Captions, heights.captions);
            }
            add(RowKind::Merged, heights.merged);
        }
        for group in vocabulary.groups() {
            add(RowKind::Human(group.to_owned()), heights.human);
        }
        top += BETWEEN;
    }
    (rows, top)
}

/// The segments of a row that have frames in a range, by time.
pub(super) fn segments_in<'a>(
    layers: &'a Layers,
    vocabulary: &'a Vocabulary,
    row: &'a Row,
    frames: Range<u32>,
) -> Box<dyn Iterator<Item = (Target, &'a Segment)> + 'a> {
    let animal = row.animal;
    let machine = |layer: MachineLayer| {
        let all = layers.timeline.machine(layer);
        let start = all.partition_point(|it| (it.animal, it.stop_frame) <= (animal, frames.start));
        let stop = all.partition_point(|it| (it.animal, it.start_frame) < (animal, frames.end));
        let shown = &all[start..stop.max(start)];
        shown.iter().map(move |it| (Target::Machine { layer, animal, start_frame: it.start_frame }, it))
    };
    match &row.kind {
        RowKind::Clips | RowKind::Captions => Box::new(machine(MachineLayer::Clips)),
        RowKind::Merged => Box::new(machine(MachineLayer::Merged)),
        RowKind::Human(group) => {
            let all = layers.human_of(animal);
            // Moments may lie over states, so that stops are not in order.
            let stop = all.partition_point(|placed| placed.segment.start_frame < frames.end);
            let is_here = move |segment: &Segment| {
                segment.stop_frame > frames.start && vocabulary.group_of(&segment.label) == group
            };
            let shown = all[..stop].iter().filter(move |placed| is_here(&placed.segment));
            Box::new(shown.map(|placed| (Target::Human(placed.id), &placed.segment)))
        }
    }
}
