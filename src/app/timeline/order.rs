//! The order in which segments are looked at: those that there is a reason to doubt, the weightiest first, then the rest by
//! time. It stays while one works, so that nothing moves under one's hand: what an edit gives a reason to doubt comes last, and
//! what was looked at keeps its place.

use std::collections::{HashMap, HashSet};

use super::{Layers, Scene, TimelineState};
use crate::behavior::review::{ReviewItem, ReviewQueue};
use crate::jobs::timeline::Target;
use crate::model::{RunId, Segment, SegmentId, SegmentStatus};

/// Segments that no clip tells apart are numbered from here on.
const WITHOUT_CLIP: i64 = 1 << 48;

/// Calls segments by what stays the same when a person's layer becomes a copy of a machine's, and when edges or labels change:
/// by their animal and first clip, or else by their row.
pub(super) fn keys<'a>(segments: impl IntoIterator<Item = (Target, &'a Segment)>) -> Vec<SegmentId> {
    let mut taken = HashSet::new();
    let key = |(target, segment): (Target, &Segment)| {
        let animal = i64::from(segment.animal.0) << 33;
        let mut key = match (segment.clips.first(), target) {
            (Some(clip), _) => animal + i64::from(clip.0),
            (None, Target::Human(row)) => WITHOUT_CLIP + row.0,
            (None, Target::Machine { start_frame, .. }) => 2 * WITHOUT_CLIP + animal + i64::from(start_frame),
        };
        while !taken.insert(key) {
            // Both parts of a segment that was cut may have the same clip.
            key += 4 * WITHOUT_CLIP;
        }
        SegmentId(key)
    };
    segments.into_iter().map(key).collect()
}

/// The order as it was made and has grown since.
#[derive(Debug, Default)]
pub(super) struct ReviewOrder {
    queue: ReviewQueue,
    /// The run that machines' segments are of, and whether tracks were known: with others, reasons are others.
    basis: Option<(Option<RunId>, bool)>,
}

impl ReviewOrder {
    /// Takes in what is known after an edit, or begins anew where that is not what was judged before.
    pub(super) fn take(&mut self, layers: &Layers, scene: Option<&Scene>) {
        let basis = (layers.timeline.run, scene.is_some());
        if self.basis != Some(basis) {
            self.basis = Some(basis);
            return self.rank(layers);
        }
        let statuses =
            layers.counted().into_iter().filter_map(|(target, it)| Some((layers.key_of(target)?, it.status)));
        let statuses: HashMap<SegmentId, SegmentStatus> = statuses.collect();
        self.queue.update(&layers.items, &statuses);
    }

    /// Puts the weightiest first again.
    pub(super) fn rank(&mut self, layers: &Layers) {
        self.queue = ReviewQueue::of(&layers.items);
    }

    /// Whether what is left would stand in another order, were it ranked now.
    fn is_outdated(&self, layers: &Layers) -> bool {
        let open = self.queue.entries().iter().filter(|entry| !entry.is_done).map(|entry| entry.id);
        !open.eq(layers.items.iter().map(|item: &ReviewItem| item.id))
    }
}

impl TimelineState {
    /// All segments that count in the order in which they are looked at, those that were looked at too; those alone that a search
    /// found, where something is searched for.
    pub fn review_order(&self) -> Vec<(Target, &Segment)> {
        let Some(layers) = &self.layers else { return Vec::new() };
        let queued: Vec<Target> =
            self.order.queue.entries().iter().filter_map(|entry| layers.target_of(entry.id)).collect();
        let is_queued: HashSet<Target> = queued.iter().copied().collect();
        let counted: HashMap<Target, &Segment> = layers.counted().into_iter().collect();
        let mut rest: Vec<(Target, &Segment)> = counted
            .iter()
            .filter(|(target, _)| !is_queued.contains(target))
            .map(|(target, it)| (*target, *it))
            .collect();
        rest.sort_by_key(|(target, segment)| (segment.start_frame, segment.animal, *target));
        let queued = queued.into_iter().filter_map(|target| Some((target, *counted.get(&target)?)));
        let mut order: Vec<(Target, &Segment)> = queued.chain(rest).collect();
        if let Some(found) = self.search.as_ref().and_then(|search| search.found.as_ref()?.as_ref().ok()) {
            let found: HashSet<Target> = found.targets.iter().copied().collect();
            order.retain(|(target, _)| found.contains(target));
        }
        order
    }

    /// The next of them that nobody has looked at, after a segment and from the beginning again.
    pub(super) fn next_open(&self, after: Option<Target>) -> Option<(Target, &Segment)> {
        let order = self.review_order();
        let from = order.iter().position(|(target, _)| Some(*target) == after).map_or(0, |at| at + 1);
        let (before, rest) = order.split_at(from);
        let open = |(_, segment): &&(Target, &Segment)| segment.status == SegmentStatus::Unreviewed;
        rest.iter().chain(before).find(open).copied()
    }

    /// Whether the order is no longer that of the reasons, since these have changed while one worked.
    pub fn is_order_outdated(&self) -> bool {
        self.layers.as_ref().is_some_and(|layers| self.order.is_outdated(layers))
    }
}

#[cfg(test)]
mod tests {
    use super::super::audit::tests::{layers_of, segment};
    use super::*;

    /// Three segments that a machine is as sure of as said.
    fn said(confidence: [f32; 3]) -> Vec<Segment> {
        let segments = (0..).zip(confidence);
        let one = |(at, confidence)| Segment {
            label: "feeding".to_owned(),
            confidence: Some(confidence),
            ..segment(at, SegmentStatus::Unreviewed)
        };
        segments.map(one).collect()
    }

    fn starts(state: &TimelineState) -> Vec<u32> {
        state.review_order().into_iter().map(|(_, segment)| segment.start_frame / 10).collect()
    }

    fn take(state: &mut TimelineState, layers: Layers) {
        state.order.take(&layers, None);
        state.layers = Some(layers.into());
    }

    #[test]
    fn the_order_outlives_the_first_touch_and_new_reasons_come_last_until_it_is_ranked_again() {
        let mut state = TimelineState::default();
        take(&mut state, layers_of(said([0.9, 0.3, 0.2]), &[]));
        assert_eq!(starts(&state), [2, 1, 0]);
        // A person has taken the layer over and accepted one; something now speaks most of all against the first.
        let mut human = said([0.1, 0.3, 0.2]);
        human[2].status = SegmentStatus::Accepted;
        take(&mut state, layers_of(said([0.9, 0.3, 0.2]), &human));
        assert_eq!(starts(&state), [2, 1, 0]);
        assert!(state.review_order().iter().all(|(target, _)| matches!(target, Target::Human(_))));
        let after = |state: &TimelineState, at: usize| {
            let target = state.review_order()[at].0;
            state.next_open(Some(target)).map(|(_, segment)| segment.start_frame / 10)
        };
        assert_eq!([after(&state, 0), after(&state, 1), after(&state, 2)], [Some(1), Some(0), Some(1)]);
        assert!(state.is_order_outdated());
        let layers = state.layers.clone().unwrap();
        state.order.rank(&layers);
        assert!(!state.is_order_outdated());
        assert_eq!(starts(&state), [0, 1, 2]);
    }

    #[test]
    fn another_run_is_ranked_anew() {
        let mut state = TimelineState::default();
        take(&mut state, layers_of(said([0.9, 0.3, 0.2]), &[]));
        let mut other = layers_of(said([0.1, 0.3, 0.2]), &[]);
        other.timeline.run = Some(RunId(2));
        take(&mut state, other);
        assert_eq!(starts(&state), [0, 2, 1]);
    }
}
