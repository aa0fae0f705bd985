//! The order in which one works: it stays put until one asks for a new one.

use std::collections::HashMap;

use super::reason::{ReviewItem, ReviewReason};
use crate::model::{SegmentId, SegmentStatus};

/// A segment in the queue.
#[derive(Clone, Debug, PartialEq)]
pub struct QueueEntry {
    /// The segment.
    pub id: SegmentId,
    /// Why it is here: what is known now, or why it came where nothing speaks against it any more.
    pub reasons: Vec<ReviewReason>,
    /// Whether a person accepted or edited it, or nothing speaks against it any more.
    pub is_done: bool,
}

/// The queue of one recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReviewQueue {
    entries: Vec<QueueEntry>,
}

impl ReviewQueue {
    /// A queue in the order of the items.
    pub fn of(items: &[ReviewItem]) -> Self {
        let entry = |item: &ReviewItem| QueueEntry { id: item.id, reasons: item.reasons.clone(), is_done: false };
        Self { entries: items.iter().map(entry).collect() }
    }

    /// Takes in what is known after an edit. All that was there keeps its place, segments that were deleted go, and new items
    /// come last. Items are those of [`super::review_items`] without reviewed segments.
    pub fn update(&mut self, items: &[ReviewItem], status: &HashMap<SegmentId, SegmentStatus>) {
        let mut new: HashMap<SegmentId, &ReviewItem> = items.iter().map(|item| (item.id, item)).collect();
        self.entries.retain(|entry| status.contains_key(&entry.id));
        for entry in &mut self.entries {
            let item = new.remove(&entry.id);
            let is_reviewed = status.get(&entry.id).is_some_and(|status| *status != SegmentStatus::Unreviewed);
            entry.is_done = is_reviewed || item.is_none();
            if let Some(item) = item {
                entry.reasons.clone_from(&item.reasons);
            }
        }
        let late: Vec<ReviewItem> = items.iter().filter(|item| new.contains_key(&item.id)).cloned().collect();
        self.entries.extend(Self::of(&late).entries);
    }

    /// All, in order.
    pub fn entries(&self) -> &[QueueEntry] {
        &self.entries
    }
}
