//! The review queue as it is shown: one row a frame, worst first, in an order that stays until "re-rank".

use serde::{Deserialize, Serialize};

use super::command::{QueueFilter, QueueStep};
use crate::model::{CameraId, KeypointId};
use crate::pose::ranking::{RankBy, Reasons};
use crate::store::FrameState;

/// What speaks loudest for looking at a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ReasonKind {
    /// Left and right on the wrong sides.
    Side,
    /// The assigner was unsure.
    Unsure,
    /// A large residual.
    Residual,
    /// Points that two views only see.
    TwoViews,
    /// A jump from the frames before.
    Jump,
    /// Bones of unusual length.
    Bones,
    /// Assigner and consensus disagree.
    Disagreement,
    /// Dots without a keypoint.
    FreeDots,
    /// Nothing stands out.
    Nothing,
}

impl ReasonKind {
    /// Those that a filter offers.
    pub const ALL: [Self; 8] = [
        Self::Side,
        Self::Unsure,
        Self::Residual,
        Self::TwoViews,
        Self::Jump,
        Self::Bones,
        Self::Disagreement,
        Self::FreeDots,
    ];

    /// In the annotator's words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Side => "Side flipped",
            Self::Unsure => "Unsure",
            Self::Residual => "Large residual",
            Self::TwoViews => "Two views only",
            Self::Jump => "Jump",
            Self::Bones => "Bone lengths",
            Self::Disagreement => "Stages disagree",
            Self::FreeDots => "Free dots",
            Self::Nothing => "Nothing stands out",
        }
    }

    /// Whether a frame has this reason at all, its loudest or not.
    pub fn holds(self, reasons: &Reasons) -> bool {
        let above = |value: Option<f64>, least: f64| value.is_some_and(|value| value > least);
        match self {
            Self::Side => above(reasons.side, 0.0),
            Self::Unsure => above(reasons.margin, 0.5),
            Self::Residual => above(reasons.residual_before, 3.0),
            Self::TwoViews => above(reasons.two_views, 0.0),
            Self::Jump => above(reasons.jump, 3.0),
            Self::Bones => above(reasons.bones, 12.0),
            Self::Disagreement => above(reasons.disagreement, 0.0),
            Self::FreeDots => above(reasons.unassigned, 3.0),
            Self::Nothing => true,
        }
    }

    /// The loudest reason of a frame.
    pub fn main(reasons: &Reasons) -> Self {
        Self::ALL.into_iter().find(|kind| kind.holds(reasons)).unwrap_or(Self::Nothing)
    }
}

/// A frame of the queue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QueueRow {
    /// The frame.
    pub frame: u32,
    /// The learnt chance that a label is wrong, 0 to 1.
    pub chance: f32,
    /// Largest residual over all labelled cameras, px; NaN where there is none.
    pub residual_px: f32,
    /// Everything that was measured.
    pub reasons: Reasons,
    /// What speaks loudest.
    pub reason: ReasonKind,
    /// The label with the largest residual.
    pub worst: Option<(CameraId, KeypointId)>,
    /// What a person decided.
    pub state: FrameState,
}

/// The queue with its filters.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    rows: Vec<QueueRow>,
    by: RankBy,
    filter: QueueFilter,
    threshold_px: f64,
    /// Positions in `rows` that the filters show.
    shown: Vec<u32>,
    /// By frame: position in `rows`, or `u32::MAX`.
    position_of: Vec<u32>,
    done: usize,
}

/// Residuals above this are worth a look unless somebody moves the threshold, px; 2.8 px is where a wrong dot at 1024 px width
/// begins to show.
pub const DEFAULT_THRESHOLD_PX: f64 = 2.8;

impl Queue {
    /// A queue of these frames, ordered by `by`.
    pub fn new(mut rows: Vec<QueueRow>, by: RankBy, filter: QueueFilter, threshold_px: f64) -> Self {
        let score = |row: &QueueRow| match by {
            RankBy::LikelyWrong => f64::from(row.chance),
            other => row.reasons.score(other),
        };
        let mut keyed: Vec<(f64, QueueRow)> = rows.drain(..).map(|row| (score(&row), row)).collect();
        keyed.sort_by(|(a, one), (b, other)| b.total_cmp(a).then(one.frame.cmp(&other.frame)));
        let rows: Vec<QueueRow> = keyed.into_iter().map(|(_, row)| row).collect();
        let frames = rows.iter().map(|row| row.frame as usize + 1).max().unwrap_or(0);
        let mut position_of = vec![u32::MAX; frames];
        for (position, row) in rows.iter().enumerate() {
            position_of[row.frame as usize] = position as u32;
        }
        let mut queue = Self { rows, by, filter, threshold_px, shown: Vec::new(), position_of, done: 0 };
        queue.refresh();
        queue
    }

    fn refresh(&mut self) {
        let shows = |row: &QueueRow| {
            let is_worth = f64::from(row.residual_px) >= self.threshold_px
                || row.chance >= 0.5
                || row.reason != ReasonKind::Nothing;
            let filter = &self.filter;
            is_worth
                && (filter.states.is_empty() || filter.states.contains(&row.state))
                && filter.reason.is_none_or(|reason| reason.holds(&row.reasons))
                && filter.keypoint.is_none_or(|keypoint| row.worst.is_some_and(|(_, worst)| worst == keypoint))
                && filter.camera.is_none_or(|camera| row.worst.is_some_and(|(worst, _)| worst == camera))
        };
        self.shown = (0..self.rows.len() as u32).filter(|position| shows(&self.rows[*position as usize])).collect();
        self.done = self.rows.iter().filter(|row| row.state != FrameState::Todo).count();
    }

    /// What orders it.
    pub fn by(&self) -> RankBy {
        self.by
    }

    /// What it shows.
    pub fn filter(&self) -> &QueueFilter {
        &self.filter
    }

    /// The residual above which frames are worth a look, px.
    pub fn threshold_px(&self) -> f64 {
        self.threshold_px
    }

    /// All rows in their order, shown or not.
    pub fn rows(&self) -> &[QueueRow] {
        &self.rows
    }

    /// How many rows the filters show.
    pub fn shown_len(&self) -> usize {
        self.shown.len()
    }

    /// A shown row by its position.
    pub fn shown(&self, index: usize) -> Option<&QueueRow> {
        self.shown.get(index).map(|position| &self.rows[*position as usize])
    }

    /// How many frames somebody has decided about.
    pub fn done_len(&self) -> usize {
        self.done
    }

    /// Changes what is shown; the order stays.
    pub fn set_filter(&mut self, filter: QueueFilter) {
        self.filter = filter;
        self.refresh();
    }

    /// Changes the threshold; the order stays.
    pub fn set_threshold(&mut self, threshold_px: f64) {
        self.threshold_px = threshold_px;
        self.refresh();
    }

    /// The row of a frame.
    pub fn row_of(&self, frame: u32) -> Option<&QueueRow> {
        let position = *self.position_of.get(frame as usize)?;
        self.rows.get(position as usize)
    }

    /// The position of a frame among the shown rows.
    pub fn shown_position(&self, frame: u32) -> Option<usize> {
        let position = *self.position_of.get(frame as usize)?;
        self.shown.binary_search(&position).ok()
    }

    /// Replaces what is known of a frame. Its place stays, and it stays shown until the filters change, so that nothing
    /// jumps away under the hand.
    pub fn update(&mut self, frame: u32, change: impl FnOnce(&mut QueueRow)) {
        let Some(position) = self.position_of.get(frame as usize).map(|position| *position as usize) else { return };
        let Some(row) = self.rows.get_mut(position) else { return };
        let was_done = row.state != FrameState::Todo;
        change(row);
        match (was_done, row.state != FrameState::Todo) {
            (false, true) => self.done += 1,
            (true, false) => self.done -= 1,
            _ => {}
        }
    }

    /// The shown row that a step leads to, from the frame that is shown now. "Next" passes over frames that are decided.
    pub fn after(&self, frame: u32, step: QueueStep) -> Option<u32> {
        // Where a frame that is not shown would stand.
        let place = self.position_of.get(frame as usize).copied().filter(|position| *position != u32::MAX);
        let (start, is_there) = match place.map(|position| self.shown.binary_search(&position)) {
            Some(Ok(index)) => (index, true),
            Some(Err(index)) => (index, false),
            None => (0, false),
        };
        let row = |index: usize| self.shown(index);
        match step {
            QueueStep::Row(index) => row(index).map(|row| row.frame),
            QueueStep::Next => {
                let first = if is_there { start + 1 } else { start };
                let mut later = (first..self.shown.len()).chain(0..first.min(self.shown.len()));
                later.find_map(|index| {
                    row(index).filter(|row| row.state == FrameState::Todo && row.frame != frame).map(|row| row.frame)
                })
            }
            QueueStep::Previous => start.checked_sub(1).and_then(row).map(|row| row.frame),
        }
    }

    /// The frames that come next, for fetching their pictures early.
    pub fn upcoming(&self, frame: u32, count: usize) -> Vec<u32> {
        let mut frames = Vec::new();
        let mut at = frame;
        while frames.len() < count {
            match self.after(at, QueueStep::Next) {
                Some(next) if next != frame && !frames.contains(&next) => {
                    frames.push(next);
                    at = next;
                }
                _ => break,
            }
        }
        frames
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(frame: u32, chance: f32, residual_px: f32, state: FrameState) -> QueueRow {
        let reasons = Reasons { residual_before: Some(f64::from(residual_px)), ..Reasons::default() };
        let worst = Some((CameraId(frame as u8 % 2), KeypointId(0)));
        QueueRow { frame, chance, residual_px, reasons, reason: ReasonKind::main(&reasons), worst, state }
    }

    fn queue() -> Queue {
        let rows = vec![
            row(0, 0.1, 0.5, FrameState::Todo),
            row(1, 0.9, 40.0, FrameState::Todo),
            row(2, 0.6, 3.5, FrameState::Accepted),
            row(3, 0.7, 5.0, FrameState::Todo),
            row(4, 0.2, 4.0, FrameState::Todo),
        ];
        Queue::new(rows, RankBy::LikelyWrong, QueueFilter::default(), DEFAULT_THRESHOLD_PX)
    }

    fn shown(queue: &Queue) -> Vec<u32> {
        (0..queue.shown_len()).map(|index| queue.shown(index).unwrap().frame).collect()
    }

    #[test]
    fn worst_first_and_only_what_is_worth_a_look() {
        let mut queue = queue();
        assert_eq!(shown(&queue), [1, 3, 2, 4]);
        queue.set_threshold(0.1);
        assert_eq!(shown(&queue), [1, 3, 2, 4, 0]);
        let filter =
            QueueFilter { states: vec![FrameState::Todo], camera: Some(CameraId(1)), ..QueueFilter::default() };
        queue.set_filter(filter);
        assert_eq!(shown(&queue), [1, 3]);
        let by_residual = Queue::new(queue.rows().to_vec(), RankBy::Reprojection, QueueFilter::default(), 2.8);
        assert_eq!(shown(&by_residual), [1, 3, 4, 2]);
    }

    #[test]
    fn the_order_stays_and_next_passes_over_what_is_done() {
        let mut queue = queue();
        assert_eq!(queue.after(1, QueueStep::Next), Some(3));
        assert_eq!(queue.after(3, QueueStep::Next), Some(4));
        assert_eq!(queue.after(4, QueueStep::Next), Some(1), "it begins again at the top");
        assert_eq!(queue.after(2, QueueStep::Previous), Some(3));
        assert_eq!(queue.after(1, QueueStep::Previous), None);
        queue.update(3, |row| row.state = FrameState::Fixed);
        assert_eq!((shown(&queue), queue.done_len()), (vec![1, 3, 2, 4], 2));
        assert_eq!(queue.after(1, QueueStep::Next), Some(4));
        assert_eq!(queue.upcoming(1, 5), [4]);
        queue.update(1, |row| row.state = FrameState::Fixed);
        queue.update(4, |row| row.state = FrameState::Skipped);
        assert_eq!(queue.after(4, QueueStep::Next), None);
        assert_eq!(queue.after(77, QueueStep::Row(0)), Some(1));
    }
}
