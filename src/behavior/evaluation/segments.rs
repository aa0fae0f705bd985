//! Figures of segments (Lea et al. 2017): which are right, whether their order is, and how far their ends are off.
//!
//! A segment is a run of frames of one label, so that neighbours of the same label are one. Frames that nobody reviewed end a
//! run. "None" is no segment.

use std::collections::BTreeMap;

use serde::Serialize;

use super::lanes::{Lane, Lanes};
use crate::behavior::statistics::mean;

/// A run of frames of one label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Position of the label in [`Lanes::labels`].
    pub label: usize,
    /// The first frame.
    pub start_frame: u32,
    /// The frame after the last.
    pub stop_frame: u32,
}

/// The segments of one lane, in the order of their starts.
#[derive(Clone, Debug, Default)]
pub(super) struct LanePieces {
    found: Vec<Piece>,
    truth: Vec<Piece>,
}

/// Segments that are right, found and true.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SegmentCounts {
    /// Found segments that are right.
    pub right: usize,
    /// Found segments.
    pub found: usize,
    /// True segments.
    pub truth: usize,
}

/// How far the ends of matched segments are off: found minus true, milliseconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BoundaryErrors {
    /// Matched segments.
    pub matched: usize,
    /// Of the starts.
    pub start_ms: Vec<f64>,
    /// Of the stops.
    pub stop_ms: Vec<f64>,
}

impl SegmentCounts {
    /// 2·right / (found + true); `None` without any segment.
    pub fn f1(self) -> Option<f64> {
        let all = self.found + self.truth;
        (all > 0).then(|| 2.0 * self.right as f64 / all as f64)
    }
}

/// The segments of each lane.
pub(super) fn pieces_of(lanes: &Lanes) -> Vec<LanePieces> {
    let runs = |lane: &Lane, side: &[Vec<bool>]| {
        let mut pieces: Vec<Piece> =
            side.iter().enumerate().flat_map(|(label, frames)| runs_of(label, frames, &lane.known)).collect();
        pieces.sort_by_key(|piece| (piece.start_frame, piece.stop_frame, piece.label));
        pieces
    };
    lanes
        .lanes
        .iter()
        .map(|lane| LanePieces { found: runs(lane, &lane.found), truth: runs(lane, &lane.truth) })
        .collect()
}

fn runs_of(label: usize, frames: &[bool], known: &[bool]) -> Vec<Piece> {
    let holds: Vec<bool> = frames.iter().zip(known).map(|(holds, is_known)| *holds && *is_known).collect();
    let mut start_frame = 0;
    let mut pieces = Vec::new();
    for run in holds.chunk_by(|a, b| a == b) {
        let stop_frame = start_frame + run.len() as u32;
        if run[0] {
            pieces.push(Piece { label, start_frame, stop_frame });
        }
        start_frame = stop_frame;
    }
    pieces
}

/// Segments that are right where an overlap of `least` is asked for, over all lanes.
pub(super) fn count(lanes: &[LanePieces], least: f64) -> SegmentCounts {
    lanes.iter().fold(SegmentCounts::default(), |counts, lane| SegmentCounts {
        right: counts.right + match_pieces(&lane.found, &lane.truth, least).len(),
        found: counts.found + lane.found.len(),
        truth: counts.truth + lane.truth.len(),
    })
}

/// Found segments that are right, each with its true one, by position. In order, each takes the true segment of its label that
/// it overlaps most, the first of equals; it is right where they overlap by at least `least` of their union and no other took
/// that one before. Both sides are in the order of their starts, and no two of one label overlap.
pub fn match_pieces(found: &[Piece], truth: &[Piece], least: f64) -> Vec<(usize, usize)> {
    let mut of_labels: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, piece) in truth.iter().enumerate() {
        of_labels.entry(piece.label).or_default().push(at);
    }
    let mut is_taken = vec![false; truth.len()];
    let mut matched = Vec::new();
    for (at, piece) in found.iter().enumerate() {
        let same = of_labels.get(&piece.label).map_or(&[][..], Vec::as_slice);
        let first = same.partition_point(|candidate| truth[*candidate].stop_frame <= piece.start_frame);
        let mut best: Option<(usize, f64)> = None;
        for candidate in same[first..].iter().take_while(|candidate| truth[**candidate].start_frame < piece.stop_frame)
        {
            let share = overlap(piece, &truth[*candidate]);
            if share > best.map_or(0.0, |(_, most)| most) {
                best = Some((*candidate, share));
            }
        }
        if let Some((taken, _)) = best.filter(|(candidate, share)| *share >= least && !is_taken[*candidate]) {
            is_taken[taken] = true;
            matched.push((at, taken));
        }
    }
    matched
}

/// Frames of both over frames of either.
fn overlap(a: &Piece, b: &Piece) -> f64 {
    let both = a.stop_frame.min(b.stop_frame).saturating_sub(a.start_frame.max(b.start_frame));
    let either = (a.stop_frame - a.start_frame) + (b.stop_frame - b.start_frame) - both;
    if either == 0 { 0.0 } else { f64::from(both) / f64::from(either) }
}

/// Mean of [`edit_score`] over the lanes that have a segment.
pub(super) fn mean_edit_score(lanes: &[LanePieces]) -> Option<f64> {
    let order = |pieces: &[Piece]| pieces.iter().map(|piece| piece.label).collect::<Vec<_>>();
    let scores: Vec<f64> =
        lanes.iter().filter_map(|lane| edit_score(&order(&lane.found), &order(&lane.truth))).collect();
    mean(&scores)
}

/// 100 · (1 − edits / longer): how far two orders of labels are the same, however long each lasts. `None` where both are empty.
pub fn edit_score(found: &[usize], truth: &[usize]) -> Option<f64> {
    let longer = found.len().max(truth.len());
    let mut before: Vec<usize> = (0..=truth.len()).collect();
    for (row, label) in found.iter().enumerate() {
        let mut now = vec![row + 1; truth.len() + 1];
        for (column, other) in truth.iter().enumerate() {
            let changed = before[column] + usize::from(label != other);
            now[column + 1] = changed.min(before[column + 1] + 1).min(now[column] + 1);
        }
        before = now;
    }
    (longer > 0).then(|| 100.0 * (1.0 - before[truth.len()] as f64 / longer as f64))
}

/// How far the ends of matched segments are off. An end that both have at the edge of what is known was set by nobody and is
/// left out.
pub(super) fn boundary_errors(lanes: &Lanes, pieces: &[LanePieces], least: f64) -> BoundaryErrors {
    let mut errors = BoundaryErrors::default();
    for (lane, pieces) in lanes.lanes.iter().zip(pieces) {
        let is_known =
            |frame: Option<u32>| frame.is_some_and(|frame| lane.known.get(frame as usize).copied().unwrap_or(false));
        let difference_ms = |found: u32, truth: u32| (f64::from(found) - f64::from(truth)) * 1000.0 / lane.fps;
        for (found, truth) in match_pieces(&pieces.found, &pieces.truth, least) {
            let (found, truth) = (pieces.found[found], pieces.truth[truth]);
            errors.matched += 1;
            if found.start_frame != truth.start_frame || is_known(found.start_frame.checked_sub(1)) {
                errors.start_ms.push(difference_ms(found.start_frame, truth.start_frame));
            }
            if found.stop_frame != truth.stop_frame || is_known(Some(found.stop_frame)) {
                errors.stop_ms.push(difference_ms(found.stop_frame, truth.stop_frame));
            }
        }
    }
    errors
}
