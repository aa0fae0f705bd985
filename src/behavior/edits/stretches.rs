//! What a person says of many stretches at once, as of the clips of a cluster: of their frames and of no others. A machine's
//! segment that reaches beyond a stretch is cut there, and what lies outside stays unreviewed. Pieces that touch and say the same
//! become one again.

use std::ops::Range;

use super::draft::{Draft, Track};
use super::{Brush, EditRefused, Timeline, TimelineEdit};
use crate::model::vocabulary::in_words;
use crate::model::{AnimalId, Segment, SegmentId, SegmentKind, SegmentStatus, SocialRole};

/// A stretch of an animal, and whom it is with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stretch {
    /// The animal.
    pub animal: AnimalId,
    /// The other animal that takes part, and the part of this one, where what is said is of two.
    pub partner: Option<(AnimalId, SocialRole)>,
    /// First frame.
    pub start_frame: u32,
    /// Frame after the last.
    pub stop_frame: u32,
}

impl Stretch {
    /// The frames.
    pub fn frames(&self) -> Range<u32> {
        self.start_frame..self.stop_frame
    }
}

impl Timeline<'_> {
    /// Gives stretches a label, over all that lies there in the label's lane. What is unreviewed there and says so already is
    /// accepted; what a person has seen and says the same beside it becomes longer, so that it stays one bout.
    ///
    /// # Errors
    /// When there is no stretch, one has no frame, an animal or the label is not there, or the label is a moment.
    pub fn paint_all(&self, stretches: &[Stretch], label: &str) -> Result<TimelineEdit, EditRefused> {
        let definition = self.require_label(label)?;
        if definition.is_point {
            return Err(EditRefused::MomentLabel { label: in_words(&definition.name) });
        }
        let title = format!("Label {} as {}", clips_in_words(stretches), in_words(&definition.name));
        let mut draft = Draft::of(self);
        for stretch in self.joined(stretches, definition.is_social)? {
            let (partner, role) = stretch.partner.map_or((None, SocialRole::None), |(other, role)| (Some(other), role));
            let brush = Brush { label, partner, role };
            let painted = self.painted(stretch.animal, stretch.frames(), definition, brush, SegmentKind::State)?;
            paint(&mut draft, painted)?;
        }
        Ok(draft.finish(title))
    }

    /// Says that what the layer says of stretches is right.
    ///
    /// # Errors
    /// When there is no stretch, one has no frame, or an animal is not there.
    pub fn accept_all(&self, stretches: &[Stretch]) -> Result<TimelineEdit, EditRefused> {
        let mut draft = Draft::of(self);
        for stretch in self.joined(stretches, false)? {
            for track in draft.tracks_of(stretch.animal) {
                accept(&mut draft, track, &stretch.frames(), |_| true)?;
            }
        }
        Ok(draft.finish(format!("Accept {}", clips_in_words(stretches))))
    }

    /// Takes away what the layer says of stretches, states and moments: they are not reviewed then.
    ///
    /// # Errors
    /// When there is no stretch, one has no frame, or an animal is not there.
    pub fn clear_all(&self, stretches: &[Stretch]) -> Result<TimelineEdit, EditRefused> {
        let mut draft = Draft::of(self);
        for stretch in self.joined(stretches, false)? {
            draft.carve_all(stretch.animal, stretch.frames());
        }
        Ok(draft.finish(format!("Clear {}", clips_in_words(stretches))))
    }

    /// The stretches by animal and time; those that touch are one, where they are with the same animal or that has no say.
    fn joined(&self, stretches: &[Stretch], is_social: bool) -> Result<Vec<Stretch>, EditRefused> {
        let mut within = Vec::new();
        for stretch in stretches {
            self.require_animal(stretch.animal)?;
            let frames = self.within(stretch.frames())?;
            let partner = stretch.partner.filter(|_| is_social);
            within.push(Stretch { partner, start_frame: frames.start, stop_frame: frames.end, ..stretch.clone() });
        }
        if within.is_empty() {
            return Err(EditRefused::NothingChosen);
        }
        within.sort_by_key(|stretch| (stretch.animal, stretch.start_frame));
        let mut joined: Vec<Stretch> = Vec::new();
        for stretch in within {
            match joined.last_mut() {
                Some(last)
                    if (last.animal, last.partner) == (stretch.animal, stretch.partner)
                        && stretch.start_frame <= last.stop_frame =>
                {
                    last.stop_frame = last.stop_frame.max(stretch.stop_frame);
                }
                _ => joined.push(stretch),
            }
        }
        Ok(joined)
    }
}

/// "a clip", or "24 clips".
fn clips_in_words(stretches: &[Stretch]) -> String {
    match stretches.len() {
        1 => "a clip".to_owned(),
        many => format!("{many} clips"),
    }
}

fn paint(draft: &mut Draft<'_>, painted: Segment) -> Result<(), EditRefused> {
    let (track, frames) = (draft.track_of(&painted), painted.frames());
    let is_same = |segment: &Segment| {
        (&segment.label, segment.partner, segment.role) == (&painted.label, painted.partner, painted.role)
    };
    accept(draft, track, &frames, is_same)?;
    // Those beside it as well.
    let around = frames.start.saturating_sub(1)..frames.end.saturating_add(1);
    let mut same: Vec<(SegmentId, Segment)> = Vec::new();
    for id in draft.over(track, around) {
        let segment = draft.get(id)?;
        if is_same(segment) && segment.status != SegmentStatus::Unreviewed {
            same.push((id, segment.clone()));
        }
    }
    let Some((first, model)) = same.first().cloned() else {
        draft.carve(track, frames, None);
        draft.add(painted);
        return Ok(());
    };
    if same.iter().any(|(_, segment)| segment.start_frame <= frames.start && segment.stop_frame >= frames.end) {
        return Ok(());
    }
    let start_frame = frames.start.min(model.start_frame);
    let stop_frame = same.iter().map(|(_, segment)| segment.stop_frame).fold(frames.end, u32::max);
    same[1..].iter().for_each(|(id, _)| draft.remove(*id));
    draft.carve(track, start_frame..stop_frame, Some(first));
    draft.set(first, draft.moved(&model, start_frame..stop_frame));
    Ok(())
}

/// Accepts what of a track lies in a range, where nobody has looked at it and `is_meant` says so.
fn accept<'a>(
    draft: &mut Draft<'a>,
    track: Track<'a>,
    frames: &Range<u32>,
    is_meant: impl Fn(&Segment) -> bool,
) -> Result<(), EditRefused> {
    for id in draft.over(track, frames.clone()) {
        // An earlier piece may have become one with it.
        let Ok(whole) = draft.get(id).cloned() else { continue };
        if whole.status != SegmentStatus::Unreviewed || !is_meant(&whole) {
            continue;
        }
        let inside = whole.start_frame.max(frames.start)..whole.stop_frame.min(frames.end);
        let after = inside.end..whole.stop_frame;
        if !after.is_empty() {
            draft.add(draft.cut(&whole, after));
        }
        let accepted = Segment { status: SegmentStatus::Accepted, ..draft.cut(&whole, inside.clone()) };
        let before = whole.start_frame..inside.start;
        let row = if before.is_empty() {
            draft.set(id, accepted);
            id
        } else {
            draft.set(id, draft.cut(&whole, before));
            draft.add(accepted)
        };
        rejoin(draft, track, row)?;
    }
    Ok(())
}

/// Joins a segment with those beside it that say the same in all, as pieces of one segment do.
fn rejoin<'a>(draft: &mut Draft<'a>, track: Track<'a>, row: SegmentId) -> Result<(), EditRefused> {
    let piece = draft.get(row)?.clone();
    if piece.kind == SegmentKind::Point {
        return Ok(());
    }
    let around = piece.start_frame.saturating_sub(1)..piece.stop_frame.saturating_add(1);
    let mut whole = piece.clone();
    for other in draft.over(track, around).into_iter().filter(|other| *other != row) {
        let beside = draft.get(other)?.clone();
        let as_piece = Segment {
            start_frame: piece.start_frame,
            stop_frame: piece.stop_frame,
            clips: piece.clips.clone(),
            ..beside.clone()
        };
        if as_piece == piece {
            whole.start_frame = whole.start_frame.min(beside.start_frame);
            whole.stop_frame = whole.stop_frame.max(beside.stop_frame);
            whole.clips.extend(beside.clips);
            draft.remove(other);
        }
    }
    whole.clips.sort_unstable();
    whole.clips.dedup();
    draft.set(row, whole);
    Ok(())
}
