//! The review queue as it is shown: one row a frame, worst first, in an order that stays until "re-rank".
//!
//! What filters look at is kept apart in a few bytes a frame, so that moving the threshold over 100,000 frames stays smooth.

mod reason;

pub use reason::{LARGE_RESIDUAL_PX, ReasonKind, Usual};

use super::command::{QueueFilter, QueueStep};
use crate::model::{CameraId, KeypointId};
use crate::pose::ranking::{RankBy, Reasons};
use crate::store::FrameState;

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
    /// What speaks loudest; the queue works it out, since it knows what is usual.
    pub reason: ReasonKind,
    /// The label with the largest residual.
    pub worst: Option<(CameraId, KeypointId)>,
    /// What a person decided.
    pub state: FrameState,
}

/// What filters look at.
#[derive(Clone, Copy, Debug)]
struct Key {
    residual_px: f32,
    chance: f32,
    reasons: u8,
    worst: Option<(CameraId, KeypointId)>,
    state: FrameState,
    /// Whether it is among those that are counted: all filters but that of the states let it pass.
    is_counted: bool,
}

/// How many frames there are of each state, of those that all other filters let pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// By state, in the order of [`FrameState`].
    by_state: [usize; 4],
}

impl Counts {
    /// Frames in a state.
    pub fn of(&self, state: FrameState) -> usize {
        self.by_state[state as usize]
    }

    /// All frames.
    pub fn all(&self) -> usize {
        self.by_state.iter().sum()
    }

    /// Frames that somebody has decided about.
    pub fn done(&self) -> usize {
        self.all() - self.of(FrameState::Todo)
    }
}

/// The queue with its filters.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    rows: Vec<QueueRow>,
    keys: Vec<Key>,
    usual: Usual,
    by: RankBy,
    filter: QueueFilter,
    threshold_px: f64,
    /// Positions in `rows` that the filters show.
    shown: Vec<u32>,
    /// By frame: position in `rows`, or `u32::MAX`.
    position_of: Vec<u32>,
    counts: Counts,
    /// Frames that somebody has decided about, whatever the filters.
    decided: usize,
    /// Grows whenever rows or what is shown of them change.
    revision: u64,
}

/// Residuals above this are worth a look unless somebody moves the threshold, px; 2.8 px is where a wrong dot at 1024 px width
/// begins to show.
pub const DEFAULT_THRESHOLD_PX: f64 = 2.8;

/// At least this share of the frames is worth a look, however good the recording is.
const LEAST_SHARE: f64 = 0.05;

/// Residuals below this are noise, whatever their share, px.
const NOISE_PX: f64 = 1.0;

/// The threshold that a queue begins with, px: [`DEFAULT_THRESHOLD_PX`], or less where fewer than one frame in twenty would
/// be above it and what is left is more than noise.
pub fn first_threshold_px(rows: &[QueueRow]) -> f64 {
    let mut residuals: Vec<f32> = rows.iter().map(|row| row.residual_px).filter(|px| px.is_finite()).collect();
    residuals.sort_unstable_by(f32::total_cmp);
    let least = (residuals.len() as f64 * LEAST_SHARE).ceil() as usize;
    let Some(px) = residuals.len().checked_sub(least).and_then(|index| residuals.get(index)) else {
        return DEFAULT_THRESHOLD_PX;
    };
    // To a tenth, as it is shown, and downwards, so that the frame itself is above.
    ((f64::from(*px) * 10.0).floor() / 10.0).clamp(NOISE_PX, DEFAULT_THRESHOLD_PX)
}

/// A frame is worth a look where a wrong label is more likely than not, whatever its residual.
const LIKELY: f32 = 0.5;

impl Queue {
    /// A queue of these frames, ordered by `by`.
    pub fn new(rows: &[QueueRow], by: RankBy, filter: QueueFilter, threshold_px: f64) -> Self {
        let score = |row: &QueueRow| match by {
            RankBy::LikelyWrong => f64::from(row.chance),
            other => row.reasons.score(other),
        };
        let mut order: Vec<(f64, u32, u32)> =
            (0..).zip(rows).map(|(index, row)| (score(row), row.frame, index)).collect();
        order.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let usual = Usual::of(rows.iter().map(|row| &row.reasons));
        let rows: Vec<QueueRow> = order.into_iter().map(|(_, _, index)| named(rows[index as usize], &usual)).collect();
        let keys = rows.iter().map(|row| key_of(row, &usual)).collect();
        let frames = rows.iter().map(|row| row.frame as usize + 1).max().unwrap_or(0);
        let mut position_of = vec![u32::MAX; frames];
        for (position, row) in (0..).zip(&rows) {
            position_of[row.frame as usize] = position;
        }
        let decided = rows.iter().filter(|row| row.state != FrameState::Todo).count();
        let empty = Self::default();
        let mut queue = Self { rows, keys, usual, by, filter, threshold_px, position_of, decided, ..empty };
        queue.refresh();
        queue
    }

    /// The same frames in another order, or in the same with what is known of them now.
    pub fn ranked(&self, by: RankBy) -> Self {
        Self { revision: self.revision + 1, ..Self::new(&self.rows, by, self.filter.clone(), self.threshold_px) }
    }

    /// Other frames under the same filters.
    pub fn refilled(&self, rows: &[QueueRow]) -> Self {
        Self { revision: self.revision + 1, ..Self::new(rows, self.by, self.filter.clone(), self.threshold_px) }
    }

    fn refresh(&mut self) {
        let (filter, threshold_px) = (&self.filter, self.threshold_px as f32);
        let reason = filter.reason.map_or(u8::MAX, ReasonKind::bit);
        let counts = |key: &Key| {
            // What somebody has decided about stays part of the work, however good it is by now.
            let is_worth = key.state != FrameState::Todo
                || key.residual_px >= threshold_px
                || key.chance >= LIKELY
                || key.reasons != 0;
            is_worth
                && (filter.reason.is_none() || key.reasons & reason != 0)
                && filter.keypoint.is_none_or(|keypoint| key.worst.is_some_and(|(_, worst)| worst == keypoint))
                && filter.camera.is_none_or(|camera| key.worst.is_some_and(|(worst, _)| worst == camera))
        };
        let mut by_state = [0; 4];
        self.shown.clear();
        for (position, key) in (0..).zip(&mut self.keys) {
            key.is_counted = counts(key);
            if key.is_counted {
                by_state[key.state as usize] += 1;
                if filter.states.is_empty() || filter.states.contains(&key.state) {
                    self.shown.push(position);
                }
            }
        }
        self.counts = Counts { by_state };
        self.revision += 1;
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

    /// Grows with every change, for whoever caches what is drawn from it.
    pub fn revision(&self) -> u64 {
        self.revision
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

    /// How many frames of each state there are, of those that all other filters let pass.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// How many frames somebody has decided about, whatever the filters.
    pub fn decided_len(&self) -> usize {
        self.decided
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
        self.rows.get(self.position(frame)?)
    }

    fn position(&self, frame: u32) -> Option<usize> {
        self.position_of
            .get(frame as usize)
            .filter(|position| **position != u32::MAX)
            .map(|position| *position as usize)
    }

    /// The position of a frame among the shown rows.
    pub fn shown_position(&self, frame: u32) -> Option<usize> {
        self.shown.binary_search(&(self.position(frame)? as u32)).ok()
    }

    /// Replaces what is known of a frame. Its place stays, and it stays shown until the filters change, so that nothing
    /// jumps away under the hand.
    pub fn update(&mut self, frame: u32, change: impl FnOnce(&mut QueueRow)) {
        let Some(position) = self.position(frame) else { return };
        let row = &mut self.rows[position];
        let was = *row;
        change(row);
        *row = named(*row, &self.usual);
        let old = self.keys[position];
        self.keys[position] = Key { is_counted: old.is_counted, ..key_of(row, &self.usual) };
        if old.is_counted {
            self.counts.by_state[old.state as usize] -= 1;
            self.counts.by_state[row.state as usize] += 1;
        }
        self.decided =
            self.decided + usize::from(row.state != FrameState::Todo) - usize::from(was.state != FrameState::Todo);
        if was != *row {
            self.revision += 1;
        }
    }

    /// The shown row that a step leads to, from the frame that is shown now.
    pub fn after(&self, frame: u32, step: QueueStep) -> Option<u32> {
        // Where a frame that is not shown would stand.
        let (start, is_there) = match self.position(frame).map(|position| self.shown.binary_search(&(position as u32)))
        {
            Some(Ok(index)) => (index, true),
            Some(Err(index)) => (index, false),
            None => (0, false),
        };
        let later = if is_there { start + 1 } else { start };
        let frame_at = |index: usize| self.shown(index).map(|row| row.frame);
        match step {
            QueueStep::Row(index) => frame_at(index),
            // From a frame that the queue does not show and that stands below all of it, it begins at the top.
            QueueStep::Next => frame_at(later).or_else(|| frame_at(0).filter(|_| !is_there)),
            QueueStep::Previous => start.checked_sub(1).and_then(frame_at),
            QueueStep::NextToDo => {
                let mut round = self.shown.iter().skip(later).chain(self.shown.iter().take(later));
                let is_open = |position: &&u32| self.keys[**position as usize].state == FrameState::Todo;
                let frame_of = |position: &u32| self.rows[*position as usize].frame;
                round.find(|position| is_open(position) && frame_of(position) != frame).map(frame_of)
            }
        }
    }

    /// The frames that come next, for fetching their pictures early.
    pub fn upcoming(&self, frame: u32, count: usize) -> Vec<u32> {
        let mut frames = Vec::new();
        let mut at = frame;
        while frames.len() < count {
            match self.after(at, QueueStep::NextToDo) {
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

fn named(row: QueueRow, usual: &Usual) -> QueueRow {
    QueueRow { reason: ReasonKind::main(&row.reasons, usual), ..row }
}

fn key_of(row: &QueueRow, usual: &Usual) -> Key {
    Key {
        residual_px: row.residual_px,
        chance: row.chance,
        reasons: ReasonKind::all_of(&row.reasons, usual),
        worst: row.worst,
        state: row.state,
        is_counted: false,
    }
}

#[cfg(test)]
mod tests;
