//! Records cut to a stretch of time, and parted by exclusive group.

use std::ops::Range;

use super::FigureInput;
use crate::behavior::statistics::{AnimalRecord, NOT_SEEN};
use crate::model::{Segment, SegmentKind, Vocabulary};

/// A record cut to a stretch of frames, which count from its start then. What reaches over an end is cut there.
#[must_use]
pub fn within(record: &AnimalRecord, frames: Range<u32>) -> AnimalRecord {
    let stop = frames.end.min(record.frame_count);
    let start = frames.start.min(stop);
    let cut = |part: Range<u32>| part.start.clamp(start, stop) - start..part.end.clamp(start, stop) - start;
    let segments = record.segments.iter().map(|segment| {
        let Range { start: start_frame, end: stop_frame } = cut(segment.frames());
        Segment { start_frame, stop_frame, ..segment.clone() }
    });
    AnimalRecord {
        frame_count: stop - start,
        segments: segments.filter(|segment| !segment.frames().is_empty()).collect(),
        unreviewed: record.unreviewed.iter().cloned().map(cut).filter(|frames| !frames.is_empty()).collect(),
        ..record.clone()
    }
}

/// The exclusive groups that have labels here, in the vocabulary's order; the main one where there is none.
pub(super) fn groups(input: &FigureInput<'_>) -> Vec<String> {
    let segments = || input.records.iter().flat_map(|record| &record.segments);
    let occurs =
        |group: &&str| segments().any(|it| it.label != NOT_SEEN && input.vocabulary.group_of(&it.label) == *group);
    let found: Vec<String> = input.vocabulary.groups().into_iter().filter(occurs).map(str::to_owned).collect();
    if found.is_empty() { vec![String::new()] } else { found }
}

/// What a record says in one exclusive group. Time out of sight counts in all of them; time that no state of the group covers is
/// not reviewed. A group of moments alone is as much reviewed as the others are.
pub(super) fn lane(record: &AnimalRecord, group: &str, vocabulary: &Vocabulary) -> AnimalRecord {
    let is_own = |segment: &&Segment| segment.label == NOT_SEEN || vocabulary.group_of(&segment.label) == group;
    let own: Vec<Segment> = record.segments.iter().filter(is_own).cloned().collect();
    let is_state = |segment: &&Segment| segment.kind == SegmentKind::State;
    let has_state = own.iter().filter(|segment| segment.label != NOT_SEEN).any(|segment| is_state(&segment));
    let has_moment = own.iter().any(|segment| segment.kind == SegmentKind::Point);
    let states = own.iter().filter(is_state).cloned().collect();
    let unreviewed = match has_moment && !has_state {
        true => record.gaps(),
        false => AnimalRecord { segments: states, ..record.clone() }.gaps(),
    };
    AnimalRecord { segments: own, unreviewed, ..record.clone() }
}

/// The same without moments.
pub(super) fn states(lane: &AnimalRecord) -> AnimalRecord {
    let is_state = |segment: &&Segment| segment.kind == SegmentKind::State;
    AnimalRecord { segments: lane.segments.iter().filter(is_state).cloned().collect(), ..lane.clone() }
}

/// Whether a label is of moments: each of its segments is one.
pub(super) fn is_moment(input: &FigureInput<'_>, label: &str) -> bool {
    let segments = input.records.iter().flat_map(|record| &record.segments);
    let mut own = segments.filter(|segment| segment.label == label).peekable();
    own.peek().is_some() && own.all(|segment| segment.kind == SegmentKind::Point)
}

/// A record as figures name it: the animal, with the recording where there are several.
pub(super) fn name_of(records: &[AnimalRecord], record: &AnimalRecord) -> String {
    let is_alone = records.iter().all(|other| other.recording == record.recording);
    if is_alone { record.animal.clone() } else { format!("{} {}", record.recording, record.animal) }
}
