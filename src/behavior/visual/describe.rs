//! The numbers that describe a patch: edges, changes, movement, each by cell.

use std::f32::consts::PI;

use super::patch::{PATCH_PX, Patches};
use super::{CELLS, ORIENTATIONS};

const CELL_PX: usize = PATCH_PX / CELLS;

/// Movement is looked for in pictures of half the size.
const FLOW_PX: usize = PATCH_PX / 2;
const FLOW_CELL_PX: usize = FLOW_PX / CELLS;
/// Farthest movement between two frames, pixels of those: a sixth of a patch, a quarter of a body.
const FLOW_REACH: i32 = 4;
/// Price of a pixel of movement in deviations per pixel of a cell: where nothing is seen, nothing moves.
const FLOW_PRICE: f32 = 0.03;

/// Appends edges, changes and movement of all cells, in the order of the columns.
pub(super) fn describe(patches: &Patches, fps: f32, values: &mut Vec<f32>) {
    values.extend(edges(&patches.now));
    values.extend(changes(&patches.now, &patches.before));
    values.extend(changes(&patches.now, &patches.slow));
    let flow = flow(&patches.now, &patches.before);
    let sides_per_sec = fps / FLOW_PX as f32;
    values.extend(flow.iter().map(|[along, _]| along * sides_per_sec));
    values.extend(flow.iter().map(|[_, across]| across * sides_per_sec));
}

/// Strength of edges by cell and direction; the squares of all sum to 1, or to 0 where there are none.
fn edges(patch: &[f32]) -> [f32; CELLS * CELLS * ORIENTATIONS] {
    let mut sums = [0.0; CELLS * CELLS * ORIENTATIONS];
    for y in 1..PATCH_PX - 1 {
        for x in 1..PATCH_PX - 1 {
            let at = y * PATCH_PX + x;
            let (across, down) = (patch[at + 1] - patch[at - 1], patch[at + PATCH_PX] - patch[at - PATCH_PX]);
            let strength = (across * across + down * down).sqrt();
            if strength <= 0.0 {
                continue;
            }
            // Two neighbouring directions share each edge.
            let direction = (turn_of(across, down) * ORIENTATIONS as f32).max(0.0);
            let first = direction as usize;
            let rest = direction - first as f32;
            let cell = (y / CELL_PX * CELLS + x / CELL_PX) * ORIENTATIONS;
            sums[cell + first % ORIENTATIONS] += strength * (1.0 - rest);
            sums[cell + (first + 1) % ORIENTATIONS] += strength * rest;
        }
    }
    let norm = sums.iter().map(|sum| sum * sum).sum::<f32>().sqrt();
    if norm > 0.0 {
        sums.iter_mut().for_each(|sum| *sum /= norm);
    }
    sums
}

/// The direction of a line in half turns, 0 to 1; good to a thousandth of a turn, and several times faster than the exact
/// one, which all pixels of all patches need.
fn turn_of(across: f32, down: f32) -> f32 {
    let (wide, high) = (across.abs(), down.abs());
    let ratio = wide.min(high) / wide.max(high);
    // The arc tangent from 0 to 1, in radians, to 0.004.
    let angle = ratio * (PI / 4.0 + 0.273 * (1.0 - ratio));
    let upright = if high > wide { PI / 2.0 - angle } else { angle };
    let turn = if (across < 0.0) != (down < 0.0) { PI - upright } else { upright };
    turn / PI
}

/// Mean absolute difference of two patches by cell.
fn changes(now: &[f32], then: &[f32]) -> [f32; CELLS * CELLS] {
    let mut sums = [0.0; CELLS * CELLS];
    for (row, (now, then)) in now.chunks_exact(PATCH_PX).zip(then.chunks_exact(PATCH_PX)).enumerate() {
        for (column, (now, then)) in now.chunks_exact(CELL_PX).zip(then.chunks_exact(CELL_PX)).enumerate() {
            let sum: f32 = now.iter().zip(then).map(|(now, then)| (now - then).abs()).sum();
            sums[row / CELL_PX * CELLS + column] += sum / (CELL_PX * CELL_PX) as f32;
        }
    }
    sums
}

/// How far each cell moved since `before`, along and across, in pixels of half the size: the shift under which it looks most
/// as before.
fn flow(now: &[f32], before: &[f32]) -> [[f32; 2]; CELLS * CELLS] {
    let (now, before) = (halved(now), halved(before));
    let mut moved = [[0.0; 2]; CELLS * CELLS];
    for (cell, moved) in moved.iter_mut().enumerate() {
        let [top, left] = [cell / CELLS, cell % CELLS].map(|at| at * FLOW_CELL_PX);
        let cost = |along: i32, across: i32| -> Option<f32> {
            // What moved by so much was before where it came from.
            let [row, column] = [(top as i32 - across), (left as i32 - along)];
            let most = (FLOW_PX - FLOW_CELL_PX) as i32;
            if row < 0 || column < 0 || row > most || column > most {
                return None;
            }
            let mut sum = 0.0;
            for line in 0..FLOW_CELL_PX {
                let here = &now[(top + line) * FLOW_PX + left..][..FLOW_CELL_PX];
                let there = &before[(row as usize + line) * FLOW_PX + column as usize..][..FLOW_CELL_PX];
                sum += here.iter().zip(there).map(|(here, there)| (here - there).abs()).sum::<f32>();
            }
            Some(
                sum / (FLOW_CELL_PX * FLOW_CELL_PX) as f32
                    + FLOW_PRICE * ((along * along + across * across) as f32).sqrt(),
            )
        };
        let mut best = (f32::INFINITY, 0, 0);
        for across in -FLOW_REACH..=FLOW_REACH {
            for along in -FLOW_REACH..=FLOW_REACH {
                if let Some(found) = cost(along, across).filter(|found| *found < best.0) {
                    best = (found, along, across);
                }
            }
        }
        let (least, along, across) = best;
        if (along, across) != (0, 0) {
            let along_part = vertex(cost(along - 1, across), least, cost(along + 1, across));
            let across_part = vertex(cost(along, across - 1), least, cost(along, across + 1));
            *moved = [along as f32 + along_part, across as f32 + across_part];
        }
    }
    moved
}

/// Where the parabola through three costs has its lowest point, in steps from the middle one.
fn vertex(low: Option<f32>, middle: f32, high: Option<f32>) -> f32 {
    let Some((low, high)) = low.zip(high) else { return 0.0 };
    let bend = low + high - 2.0 * middle;
    if bend > 0.0 { (0.5 * (low - high) / bend).clamp(-0.5, 0.5) } else { 0.0 }
}

fn halved(patch: &[f32]) -> Vec<f32> {
    let mut small = Vec::with_capacity(FLOW_PX * FLOW_PX);
    for rows in patch.chunks_exact(2 * PATCH_PX) {
        let (upper, lower) = rows.split_at(PATCH_PX);
        let pairs = upper.chunks_exact(2).zip(lower.chunks_exact(2));
        small.extend(pairs.map(|(upper, lower)| 0.25 * (upper[0] + upper[1] + lower[0] + lower[1])));
    }
    small
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_are_those_of_the_arc_tangent() {
        for step in 0..360 {
            let angle = (step as f32 + 0.5).to_radians();
            let expected = (angle / PI).rem_euclid(1.0);
            let far = (turn_of(angle.cos(), angle.sin()) - expected).abs();
            assert!(far.min(1.0 - far) < 2e-3, "{step}");
        }
    }

    #[test]
    fn stripes_fill_the_direction_across_them() {
        let patch: Vec<f32> = (0..PATCH_PX * PATCH_PX).map(|at| ((at % PATCH_PX) as f32 * 0.6).sin()).collect();
        let found = edges(&patch);
        for cell in found.chunks_exact(ORIENTATIONS) {
            assert!(cell[0] > 0.2 && cell[1..].iter().all(|other| *other < 1e-3), "{cell:?}");
        }
        assert!((found.iter().map(|value| value * value).sum::<f32>() - 1.0).abs() < 1e-5);
        assert_eq!(edges(&vec![0.0; PATCH_PX * PATCH_PX]), [0.0; CELLS * CELLS * ORIENTATIONS]);
    }

    #[test]
    fn a_shifted_pattern_moves_by_its_shift() {
        let level = |x: f32, y: f32| (x * 0.5).sin() + (y * 0.37 + 1.0).cos() + (x * 0.21 + y * 0.3).sin();
        let shown = |shift: [f32; 2]| -> Vec<f32> {
            let places = (0..PATCH_PX * PATCH_PX).map(|at| ((at % PATCH_PX) as f32, (at / PATCH_PX) as f32));
            places.map(|(x, y)| level(x - shift[0], y - shift[1])).collect()
        };
        let moved = flow(&shown([5.0, -3.0]), &shown([0.0, 0.0]));
        for cell in [5, 6, 9, 10] {
            let [along, across] = moved[cell];
            assert!((along - 2.5).abs() < 0.4 && (across + 1.5).abs() < 0.4, "{cell}: {along} {across}");
        }
        assert_eq!(flow(&shown([0.0, 0.0]), &shown([0.0, 0.0])), [[0.0; 2]; CELLS * CELLS]);
    }
}
