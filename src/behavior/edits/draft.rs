//! A layer while an edit works on it: its segments by lane, and what changed.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use super::{EditRefused, Overlap, Timeline, TimelineEdit};
use crate::model::vocabulary::in_words;
use crate::model::{AnimalId, BehaviorSource, Segment, SegmentChange, SegmentId, SegmentKind, SegmentStatus};

/// Of the segments of a track one holds at a time: the states of a lane, or its moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Track<'a> {
    pub(super) animal: AnimalId,
    pub(super) group: &'a str,
    pub(super) kind: SegmentKind,
}

#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) timeline: Timeline<'a>,
    segments: BTreeMap<SegmentId, Cow<'a, Segment>>,
    /// What the layer had in rows that changed; `None` in new ones.
    before: BTreeMap<SegmentId, Option<&'a Segment>>,
    /// First frames and rows, by track.
    tracks: HashMap<Track<'a>, BTreeSet<(u32, SegmentId)>>,
    /// No segment is longer: how far to look back for one that reaches into a range.
    longest: u32,
    next_id: SegmentId,
}

impl<'a> Draft<'a> {
    pub(super) fn of(timeline: &Timeline<'a>) -> Self {
        Self::with(timeline, |_| true)
    }

    /// A draft of one animal, for edits that are shown at each frame while a hand moves: those of others are not looked at.
    pub(super) fn of_animal(timeline: &Timeline<'a>, animal: AnimalId) -> Self {
        Self::with(timeline, |segment| segment.animal == animal)
    }

    /// A draft of the animal of a segment.
    pub(super) fn around(timeline: &Timeline<'a>, id: SegmentId) -> Result<Self, EditRefused> {
        let placed = timeline.segments.iter().find(|placed| placed.id == id).ok_or(EditRefused::Gone { id })?;
        Ok(Self::of_animal(timeline, placed.segment.animal))
    }

    fn with(timeline: &Timeline<'a>, is_wanted: impl Fn(&Segment) -> bool) -> Self {
        let mut draft = Self {
            timeline: *timeline,
            segments: BTreeMap::new(),
            before: BTreeMap::new(),
            tracks: HashMap::new(),
            longest: 1,
            next_id: timeline.next_id,
        };
        for placed in timeline.segments.iter().filter(|placed| is_wanted(&placed.segment)) {
            draft.put(placed.id, Cow::Borrowed(&placed.segment));
        }
        draft
    }

    pub(super) fn get(&self, id: SegmentId) -> Result<&Segment, EditRefused> {
        self.segments.get(&id).map(Cow::as_ref).ok_or(EditRefused::Gone { id })
    }

    /// All segments, by row.
    pub(super) fn all(&self) -> impl Iterator<Item = (SegmentId, &Segment)> {
        self.segments.iter().map(|(id, segment)| (*id, segment.as_ref()))
    }

    pub(super) fn track_of(&self, segment: &Segment) -> Track<'a> {
        Track { animal: segment.animal, group: self.timeline.vocabulary.group_of(&segment.label), kind: segment.kind }
    }

    /// Gives a row what it says, whatever else stands there.
    pub(super) fn set(&mut self, id: SegmentId, segment: Segment) {
        let before = self.take(id);
        self.before.entry(id).or_insert(before);
        self.put(id, Cow::Owned(segment));
    }

    pub(super) fn remove(&mut self, id: SegmentId) {
        let before = self.take(id);
        self.before.entry(id).or_insert(before);
    }

    /// A new segment, whatever else stands there.
    pub(super) fn add(&mut self, segment: Segment) -> SegmentId {
        let id = self.next_id;
        self.next_id = id.next();
        self.set(id, segment);
        id
    }

    /// Gives a row what it says, and others in its track room or a refusal.
    pub(super) fn place(&mut self, id: SegmentId, segment: Segment, over: Overlap) -> Result<(), EditRefused> {
        let (track, frames) = (self.track_of(&segment), segment.frames());
        match over {
            Overlap::Refuse => self.require_free(&segment, Some(id))?,
            Overlap::Overwrite => self.carve(track, frames, Some(id)),
        }
        self.set(id, segment);
        Ok(())
    }

    /// Refuses where others stand in a segment's place.
    pub(super) fn require_free(&self, segment: &Segment, except: Option<SegmentId>) -> Result<(), EditRefused> {
        let there = self.over(self.track_of(segment), segment.frames());
        match there.into_iter().find(|id| Some(*id) != except) {
            None => Ok(()),
            Some(other) => Err(EditRefused::Occupied {
                what: self.timeline.words_of(segment),
                start_frame: segment.start_frame,
                stop_frame: segment.stop_frame,
                other: self.place_of(other),
            }),
        }
    }

    /// Cuts what lies under a range of a track.
    pub(super) fn carve(&mut self, track: Track<'a>, frames: Range<u32>, except: Option<SegmentId>) {
        for id in self.over(track, frames.clone()).into_iter().filter(|id| Some(*id) != except) {
            let Ok(whole) = self.get(id).cloned() else { continue };
            let left = whole.start_frame..frames.start.max(whole.start_frame);
            let right = frames.end.min(whole.stop_frame)..whole.stop_frame;
            match (left.is_empty(), right.is_empty()) {
                (true, true) => self.remove(id),
                (false, true) => self.set(id, self.cut(&whole, left)),
                (true, false) => self.set(id, self.cut(&whole, right)),
                (false, false) => {
                    let right = self.cut(&whole, right);
                    self.set(id, self.cut(&whole, left));
                    self.add(right);
                }
            }
        }
    }

    /// Cuts what lies under a range of an animal, in all tracks.
    pub(super) fn carve_all(&mut self, animal: AnimalId, frames: Range<u32>) {
        for track in self.tracks_of(animal) {
            self.carve(track, frames.clone(), None);
        }
    }

    /// The tracks of an animal, so ordered that new rows are given in the same order each time.
    pub(super) fn tracks_of(&self, animal: AnimalId) -> Vec<Track<'a>> {
        let mut tracks: Vec<Track<'a>> = self.tracks.keys().filter(|track| track.animal == animal).copied().collect();
        tracks.sort_by_key(|track| (track.group, track.kind == SegmentKind::Point));
        tracks
    }

    /// A segment with other frames that nobody meant it to have.
    pub(super) fn cut(&self, segment: &Segment, frames: Range<u32>) -> Segment {
        Segment { status: changed_along(segment.status), ..self.with_frames(segment, frames) }
    }

    /// A segment with the frames that a person gave it.
    pub(super) fn moved(&self, segment: &Segment, frames: Range<u32>) -> Segment {
        by_person(self.with_frames(segment, frames))
    }

    fn with_frames(&self, segment: &Segment, frames: Range<u32>) -> Segment {
        let mut clips = segment.clips.clone();
        let known = self.timeline.clips;
        clips.retain(|id| {
            let clip = known.binary_search_by_key(id, |clip| clip.id).ok().map(|at| &known[at]);
            clip.is_none_or(|clip| clip.start_frame < frames.end && clip.stop_frame > frames.start)
        });
        Segment { start_frame: frames.start, stop_frame: frames.end, clips, ..segment.clone() }
    }

    /// The rows of a track that share a frame with a range, by time.
    pub(super) fn over(&self, track: Track<'a>, frames: Range<u32>) -> Vec<SegmentId> {
        let Some(rows) = self.tracks.get(&track).filter(|_| !frames.is_empty()) else { return Vec::new() };
        let from = (frames.start.saturating_sub(self.longest), SegmentId(i64::MIN));
        let near = rows.range(from..(frames.end, SegmentId(i64::MIN)));
        near.map(|(_, id)| *id).filter(|id| self.segments[id].stop_frame > frames.start).collect()
    }

    /// The last of a track that ends at a frame or before.
    pub(super) fn before(&self, track: Track<'a>, frame: u32) -> Option<(SegmentId, &Segment)> {
        let rows = self.tracks.get(&track)?.range(..(frame, SegmentId(i64::MIN)));
        let found = rows.rev().map(|(_, id)| (*id, self.segments[id].as_ref()));
        found.into_iter().find(|(_, segment)| segment.stop_frame <= frame)
    }

    /// The first of a track that begins at a frame or after.
    pub(super) fn after(&self, track: Track<'a>, frame: u32) -> Option<(SegmentId, &Segment)> {
        let (_, id) = self.tracks.get(&track)?.range((frame, SegmentId(i64::MIN))..).next()?;
        Some((*id, self.segments[id].as_ref()))
    }

    /// "huddle at 40..60"
    pub(super) fn place_of(&self, id: SegmentId) -> String {
        self.segments.get(&id).map_or_else(String::new, |segment| {
            format!("{} at {}..{}", in_words(&segment.label), segment.start_frame, segment.stop_frame)
        })
    }

    /// "chase of A0", or "3 segments".
    pub(super) fn words_of(&self, ids: &[SegmentId]) -> Result<String, EditRefused> {
        for id in ids {
            self.get(*id)?;
        }
        match ids {
            [] => Err(EditRefused::NothingChosen),
            [only] => Ok(self.timeline.words_of(self.get(*only)?)),
            _ => Ok(format!("{} segments", ids.len())),
        }
    }

    pub(super) fn finish(self, title: String) -> TimelineEdit {
        let changes = self.before.into_iter().filter_map(|(id, before)| {
            let after = self.segments.get(&id).map(Cow::as_ref);
            (before != after).then(|| SegmentChange { id, before: before.cloned(), after: after.cloned() })
        });
        TimelineEdit { title, changes: changes.collect() }
    }

    fn put(&mut self, id: SegmentId, segment: Cow<'a, Segment>) {
        self.longest = self.longest.max(segment.frames().len() as u32);
        self.tracks.entry(self.track_of(&segment)).or_default().insert((segment.start_frame, id));
        self.segments.insert(id, segment);
    }

    /// Takes a row out; what the layer has in it, where it was not changed yet.
    fn take(&mut self, id: SegmentId) -> Option<&'a Segment> {
        let segment = self.segments.remove(&id)?;
        if let Some(rows) = self.tracks.get_mut(&self.track_of(&segment)) {
            rows.remove(&(segment.start_frame, id));
        }
        match segment {
            Cow::Borrowed(segment) => Some(segment),
            Cow::Owned(_) => None,
        }
    }
}

/// What is said of a segment that an edit changed along with others, without a person having looked at it for that.
pub(super) fn changed_along(status: SegmentStatus) -> SegmentStatus {
    match status {
        SegmentStatus::Unreviewed => SegmentStatus::Unreviewed,
        SegmentStatus::Accepted | SegmentStatus::Edited => SegmentStatus::Edited,
    }
}

/// A segment whose label or frames are a person's.
pub(super) fn by_person(segment: Segment) -> Segment {
    Segment { status: SegmentStatus::Edited, source: BehaviorSource::Human, confidence: None, ..segment }
}
