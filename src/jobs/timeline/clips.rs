//! Clips that a person works on as such, as those of a cluster: what counts over their frames, and what is said of them there.

use std::collections::BTreeMap;
use std::ops::Range;

use super::{MachineLayer, Target, Timeline, TimelineAct};
use crate::behavior::edits::Stretch;
use crate::jobs::JobError;
use crate::model::{AnimalId, Segment, SegmentKind, SegmentStatus};

/// What counts over most of a clip's frames.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted<'a> {
    /// Of the segments that say so there, the one with the most frames of the clip.
    pub segment: &'a Segment,
    /// In how many of the clip's frames that label counts.
    pub frames: u32,
    /// What people did there: unreviewed where one of those segments is.
    pub status: SegmentStatus,
}

impl Timeline {
    /// What counts of an animal: the human layer, where people say anything of it, else the merge, else what was said of clips.
    pub fn counting(&self, animal: AnimalId) -> impl Iterator<Item = &Segment> {
        let human = self.human_of(animal);
        let machine = if human.is_empty() { self.machine(self.layer_that_counts()) } else { &[] };
        let machine = machine.iter().filter(move |segment| segment.animal == animal);
        human.iter().map(|placed| &placed.segment).chain(machine)
    }

    /// What counts over most of a range of an animal's frames; moments have no say.
    pub fn counted_over(&self, animal: AnimalId, frames: Range<u32>) -> Option<Counted<'_>> {
        // By label, so many frames in each piece.
        let mut labels: BTreeMap<&str, Vec<(u32, &Segment)>> = BTreeMap::new();
        for segment in self.counting(animal).filter(|segment| segment.kind == SegmentKind::State) {
            let shared = segment.stop_frame.min(frames.end).saturating_sub(segment.start_frame.max(frames.start));
            if shared > 0 {
                labels.entry(&segment.label).or_default().push((shared, segment));
            }
        }
        let frames_of = |pieces: &[(u32, &Segment)]| pieces.iter().map(|(shared, _)| shared).sum::<u32>();
        let pieces = labels.into_values().max_by_key(|pieces| frames_of(pieces))?;
        let frames = frames_of(&pieces);
        let (_, segment) = *pieces.iter().max_by_key(|(shared, _)| *shared)?;
        let is_open = pieces.iter().any(|(_, piece)| piece.status == SegmentStatus::Unreviewed);
        let status = if is_open { SegmentStatus::Unreviewed } else { segment.status };
        Some(Counted { segment, frames, status })
    }

    /// The machine's layer that counts where people say nothing.
    pub fn layer_that_counts(&self) -> MachineLayer {
        if self.merged.is_empty() { MachineLayer::Clips } else { MachineLayer::Merged }
    }

    /// What people say of an animal.
    pub fn human_of(&self, animal: AnimalId) -> &[crate::model::PlacedSegment] {
        let start = self.human.partition_point(|placed| placed.segment.animal < animal);
        let stop = self.human.partition_point(|placed| placed.segment.animal <= animal);
        &self.human[start..stop]
    }

    /// The stretches of clips. Each is with whom the segment is that counts there, or else with whom its caption says.
    pub(super) fn stretches(&self, of: &[Target]) -> Result<Vec<Stretch>, JobError> {
        let stretch = |target: &Target| {
            let clip = self.find(*target).ok_or(JobError::NoSuchSegment)?;
            let counted = self.counted_over(clip.animal, clip.frames());
            let with = |segment: &Segment| Some((segment.partner?, segment.role));
            Ok(Stretch {
                animal: clip.animal,
                partner: counted.and_then(|counted| with(counted.segment)).or_else(|| with(clip)),
                start_frame: clip.start_frame,
                stop_frame: clip.stop_frame,
            })
        };
        of.iter().map(stretch).collect()
    }
}

/// The clips that an act is about; none where it is about something else.
pub(super) fn clips_of(act: &TimelineAct) -> &[Target] {
    match act {
        TimelineAct::LabelClips { of, .. } | TimelineAct::AcceptClips(of) | TimelineAct::ClearClips(of) => of,
        _ => &[],
    }
}
