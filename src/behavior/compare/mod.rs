//! Two accounts of the same frames, walked through where they differ: the frames behind a cell of the confusion matrix, and
//! all disagreements as a queue.
//!
//! A cell is that of [`Confusion`]: its stretches have as many frames together as it counts.

mod queue;

#[cfg(test)]
mod tests;

pub use queue::{DisagreementQueue, Order, QueuedStretch};

use std::collections::BTreeMap;
use std::ops::Range;

use crate::behavior::evaluation::{Confusion, Lanes, RecordingPair};
use crate::model::AnimalId;

/// A cell of the confusion matrix: positions in [`Confusion::labels`], of which the last is "none".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cell {
    /// What the one account says, which counts as true.
    pub truth: usize,
    /// What the other says.
    pub found: usize,
}

/// Frames of one lane that count in a cell, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Stretch {
    /// The position of the lane.
    pub lane: usize,
    /// The first frame.
    pub start_frame: u32,
    /// The frame after the last.
    pub stop_frame: u32,
    /// What the accounts say.
    pub cell: Cell,
}

/// Which recording and animal a lane is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LanePlace {
    /// The position of the recording.
    pub recording: usize,
    /// The animal; `None` where all of a recording count as one.
    pub animal: Option<AnimalId>,
}

impl Cell {
    /// Whether both accounts say the same.
    pub fn is_agreement(self) -> bool {
        self.truth == self.found
    }
}

impl Stretch {
    /// Its frames.
    pub fn frames(&self) -> Range<u32> {
        self.start_frame..self.stop_frame
    }
}

/// The frames of a cell, by lane and time.
pub fn stretches_of(lanes: &Lanes, cell: Cell) -> Vec<Stretch> {
    stretches(lanes, |other| other == cell)
}

/// All frames in which the accounts differ, by lane and time, then by label.
pub fn disagreements(lanes: &Lanes) -> Vec<Stretch> {
    stretches(lanes, |cell| !cell.is_agreement())
}

/// Which recordings and animals the lanes of a comparison are of, in their order.
pub fn lane_places(recordings: &[RecordingPair], union_of_animals: bool) -> Vec<LanePlace> {
    let of_recording = |(recording, pair): (usize, &RecordingPair)| -> Vec<LanePlace> {
        let place = |animal| LanePlace { recording, animal };
        match union_of_animals {
            true => pair.animals.first().map(|_| place(None)).into_iter().collect(),
            false => (0..pair.animals.len()).map(|animal| place(Some(AnimalId(animal as u8)))).collect(),
        }
    };
    recordings.iter().enumerate().flat_map(of_recording).collect()
}

fn stretches(lanes: &Lanes, is_wanted: impl Fn(Cell) -> bool) -> Vec<Stretch> {
    let mut all = Vec::new();
    for (lane, of_lane) in lanes.lanes.iter().enumerate() {
        // The cells of the frame before, and since when.
        let mut open: BTreeMap<Cell, u32> = BTreeMap::new();
        let mut here: BTreeMap<Cell, u32> = BTreeMap::new();
        for frame in 0..of_lane.frame_count() {
            Confusion::cells_at(of_lane, frame, |truth, found| {
                let cell = Cell { truth, found };
                if is_wanted(cell) {
                    here.insert(cell, open.get(&cell).copied().unwrap_or(frame as u32));
                }
            });
            close(&mut all, lane, &open, &here, frame as u32);
            std::mem::swap(&mut open, &mut here);
            here.clear();
        }
        close(&mut all, lane, &open, &here, of_lane.frame_count() as u32);
    }
    all.sort_unstable();
    all
}

/// Keeps the stretches that do not go on in this frame.
fn close(all: &mut Vec<Stretch>, lane: usize, open: &BTreeMap<Cell, u32>, here: &BTreeMap<Cell, u32>, stop_frame: u32) {
    let ended = open.iter().filter(|(cell, _)| !here.contains_key(cell));
    all.extend(ended.map(|(cell, start_frame)| Stretch { lane, start_frame: *start_frame, stop_frame, cell: *cell }));
}
