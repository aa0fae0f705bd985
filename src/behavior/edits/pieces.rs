//! Segments that become more or fewer: cut in two, merged, and taken apart into their clips again.

use super::draft::{Draft, by_person};
use super::label::relabelled;
use super::{EditRefused, Overlap, Timeline, TimelineEdit};
use crate::model::{BehaviorSource, Caption, Clip, Segment, SegmentId, SegmentKind, SegmentStatus, SocialRole};

impl Timeline<'_> {
    /// Cuts a segment in two; the second begins at the frame.
    ///
    /// # Errors
    /// When it is not there, or the frame leaves one of the two empty.
    pub fn split(&self, id: SegmentId, at_frame: u32) -> Result<TimelineEdit, EditRefused> {
        let mut draft = Draft::around(self, id)?;
        let whole = draft.get(id)?.clone();
        let what = self.words_of(&whole);
        if at_frame <= whole.start_frame || at_frame >= whole.stop_frame {
            return Err(match whole.frames().len() {
                0 | 1 => EditRefused::TooShortToCut { what },
                _ => EditRefused::NotInside {
                    frame: at_frame,
                    what,
                    start_frame: whole.start_frame,
                    stop_frame: whole.stop_frame,
                },
            });
        }
        draft.set(id, draft.moved(&whole, whole.start_frame..at_frame));
        draft.add(draft.moved(&whole, at_frame..whole.stop_frame));
        Ok(draft.finish(format!("Split {what}")))
    }

    /// Makes one segment of several of a lane, and of the gaps between them. It has the partner, role, description and, unless
    /// a label is given, the label of the longest; with one, those of the longest that has it.
    ///
    /// # Errors
    /// When fewer than two are given, one is not there, they are of several lanes, another lies between, or the label is not
    /// in the vocabulary.
    pub fn merge(&self, ids: &[SegmentId], label: Option<&str>) -> Result<TimelineEdit, EditRefused> {
        let mut draft = Draft::of(self);
        let parts = parts_of(&draft, ids)?;
        let definition = label.map(|label| self.require_label(label)).transpose()?;
        let first = &parts[0];
        let is_asked = |part: &Segment| definition.is_none_or(|asked| asked.name == part.label);
        // The earlier of two that are as long.
        let longest = parts.iter().rev().max_by_key(|(_, part)| (is_asked(part), part.frames().len()));
        let model = longest.map_or(&first.1, |(_, part)| part);
        let mut merged = Segment {
            start_frame: first.1.start_frame,
            stop_frame: parts.iter().map(|(_, part)| part.stop_frame).fold(first.1.stop_frame, u32::max),
            clips: joined(parts.iter().map(|(_, part)| &part.clips)),
            modifiers: joined(parts.iter().map(|(_, part)| &part.modifiers)),
            ..by_person(model.clone())
        };
        if let Some(definition) = definition {
            merged = relabelled(&merged, definition)?;
        }
        let title = format!("Merge {} segments into {}", parts.len(), self.words_of(&merged));
        for (id, _) in &parts[1..] {
            draft.remove(*id);
        }
        draft.place(first.0, merged, Overlap::Refuse)?;
        Ok(draft.finish(title))
    }

    /// Takes a segment apart into the clips that lie in it, each with what was said of it, unreviewed. Clips without a caption
    /// keep the segment's label. The first and the last reach to the segment's own boundaries.
    ///
    /// # Errors
    /// When it is not there, is a moment, no clip of its animal lies in it, or a piece's label is of a group where another
    /// segment stands.
    pub fn unmerge(
        &self,
        id: SegmentId,
        clips: &[(Clip, Option<Caption>)],
        source: BehaviorSource,
    ) -> Result<TimelineEdit, EditRefused> {
        let mut draft = Draft::of(self);
        let whole = draft.get(id)?.clone();
        let title = format!("Take {} apart into clips", self.words_of(&whole));
        let is_within = |clip: &Clip| {
            clip.animal == whole.animal && clip.start_frame < whole.stop_frame && clip.stop_frame > whole.start_frame
        };
        let mut within: Vec<&(Clip, Option<Caption>)> = clips.iter().filter(|(clip, _)| is_within(clip)).collect();
        within.sort_by_key(|(clip, _)| clip.start_frame);
        if within.is_empty() || whole.kind == SegmentKind::Point {
            return Err(EditRefused::NoClips { what: self.words_of(&whole) });
        }
        draft.remove(id);
        let mut start_frame = whole.start_frame;
        for (at, (clip, caption)) in within.iter().enumerate() {
            let next = within.get(at + 1).map_or(whole.stop_frame, |(next, _)| next.start_frame);
            let stop_frame = next.clamp(start_frame, whole.stop_frame);
            if start_frame == stop_frame {
                continue;
            }
            let piece = piece_of(&whole, clip, caption.as_ref(), source);
            let piece = Segment { start_frame, stop_frame, ..piece };
            draft.require_free(&piece, None)?;
            if start_frame == whole.start_frame {
                draft.set(id, piece);
            } else {
                draft.add(piece);
            }
            start_frame = stop_frame;
        }
        Ok(draft.finish(title))
    }
}

/// The segments to merge, by time.
fn parts_of(draft: &Draft<'_>, ids: &[SegmentId]) -> Result<Vec<(SegmentId, Segment)>, EditRefused> {
    let mut parts = Vec::new();
    for id in ids {
        if parts.iter().all(|(other, _)| other != id) {
            parts.push((*id, draft.get(*id)?.clone()));
        }
    }
    match parts.len() {
        0 => return Err(EditRefused::NothingChosen),
        1 => return Err(EditRefused::OneChosen),
        _ => parts.sort_by_key(|(id, part)| (part.start_frame, *id)),
    }
    let (first, rest) = (&parts[0].1, &parts[1..]);
    let track = draft.track_of(first);
    if let Some((_, other)) =
        rest.iter().find(|(_, part)| draft.track_of(part) != track || part.kind == SegmentKind::Point)
    {
        let [what, other] = [first, other].map(|segment| draft.timeline.words_of(segment));
        return Err(EditRefused::DifferentLanes { what, other });
    }
    let stop_frame = rest.iter().map(|(_, part)| part.stop_frame).fold(first.stop_frame, u32::max);
    let all = draft.over(track, first.start_frame..stop_frame);
    match all.into_iter().find(|id| parts.iter().all(|(part, _)| part != id)) {
        Some(between) => Err(EditRefused::Between { other: draft.place_of(between) }),
        None => Ok(parts),
    }
}

/// What lists hold together, each once, in order.
fn joined<'s, T: Clone + PartialEq + 's>(lists: impl Iterator<Item = &'s Vec<T>>) -> Vec<T> {
    let mut all: Vec<T> = Vec::new();
    for item in lists.flatten() {
        if !all.contains(item) {
            all.push(item.clone());
        }
    }
    all
}

fn piece_of(whole: &Segment, clip: &Clip, caption: Option<&Caption>, source: BehaviorSource) -> Segment {
    let said = match caption {
        Some(caption) => Segment {
            label: caption.label.clone(),
            description: caption.description.clone(),
            partner: caption.partner,
            role: if caption.partner.is_some() { caption.role } else { SocialRole::None },
            confidence: Some(caption.confidence),
            ..whole.clone()
        },
        None => whole.clone(),
    };
    Segment { status: SegmentStatus::Unreviewed, source, modifiers: Vec::new(), clips: vec![clip.id], ..said }
}
