//! Which end of an animal's long axis is its head: animals rarely turn round within a frame, and walk forwards.

use std::f32::consts::PI;

/// Price of turning round between two frames, against the cosine of the turn.
const TURN_WEIGHT: f32 = 4.0;
/// Steps count from this share of the animal's length on, per frame.
const LEAST_STEP: f32 = 0.02;
/// Steps longer than this count no more: a jump of the track is no walk.
const MOST_STEP: f32 = 0.15;

/// The headings of least price: the cost of each frame is by how much the animal moves backwards, that of a pair of frames
/// by how much it turns. `axes_rad`, `centers` and `lengths` have a row per frame, `None` where the animal is not seen.
pub(super) fn headings(seen: &[Option<([f32; 2], f32, f32)>]) -> Vec<Option<f32>> {
    let mut result = vec![None; seen.len()];
    let frames: Vec<usize> = (0..seen.len()).filter(|frame| seen[*frame].is_some()).collect();
    let Some((center, axis, length)) = frames.first().and_then(|frame| seen[*frame]) else { return result };
    let mut before = (center, axis, length);
    let mut costs = [0.0f32; 2];
    // For each seen frame but the first and both ways round: from which way of the frame before.
    let mut came_from: Vec<[u8; 2]> = Vec::with_capacity(frames.len());
    for frame in &frames[1..] {
        let Some(now) = seen[*frame] else { continue };
        let turn = TURN_WEIGHT * (now.1 - before.1).cos();
        // Keeping the way round costs little where the axis hardly turned, and much where it turned by nearly a half.
        let (keep, change) = (costs, [costs[1], costs[0]]);
        let mut next = [0.0; 2];
        let mut from = [0u8; 2];
        for way in 0..2 {
            let (kept, changed) = (keep[way] - turn, change[way] + turn);
            from[way] = if kept <= changed { way } else { 1 - way } as u8;
            next[way] = kept.min(changed);
        }
        let step = [now.0[0] - before.0[0], now.0[1] - before.0[1]];
        let heading = [now.1.cos(), now.1.sin()];
        let forward = (step[0] * heading[0] + step[1] * heading[1]) / now.2.max(f32::MIN_POSITIVE);
        if forward.abs() > LEAST_STEP {
            // In units of a clear step of a tenth of the length.
            let push = forward.clamp(-MOST_STEP, MOST_STEP) / 0.1;
            next[0] -= push;
            next[1] += push;
        }
        let least = next[0].min(next[1]);
        costs = next.map(|cost| cost - least);
        came_from.push(from);
        before = now;
    }
    let mut way = usize::from(costs[1] < costs[0]);
    for (at, frame) in frames.iter().enumerate().rev() {
        if let Some((_, axis, _)) = seen[*frame] {
            let heading = if way == 1 { axis + PI } else { axis };
            result[*frame] = Some(if heading > PI { heading - 2.0 * PI } else { heading });
        }
        if at > 0 {
            way = usize::from(came_from[at - 1][way]);
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_is_where_it_walks_also_before_and_after() {
        // It rests, walks to the left, rests; the axis flips from one end of its range to the other meanwhile.
        let seen: Vec<Option<([f32; 2], f32, f32)>> = (0..90)
            .map(|frame| {
                let walked = (frame as f32 - 30.0).clamp(0.0, 30.0);
                let axis = if frame % 7 == 3 { None } else { Some(0.1 * (frame as f32 * 0.7).sin()) };
                axis.map(|axis| ([200.0 - 2.0 * walked, 50.0], axis, 40.0))
            })
            .collect();
        for (frame, heading) in headings(&seen).into_iter().enumerate() {
            assert_eq!(heading.is_some(), frame % 7 != 3);
            assert!(heading.is_none_or(|heading| heading.cos() < -0.9), "{frame}: {heading:?}");
        }
    }

    #[test]
    fn a_turning_animal_keeps_its_head_where_the_axis_wraps() {
        let seen: Vec<Option<([f32; 2], f32, f32)>> = (0..200)
            .map(|frame| {
                let heading = frame as f32 * 0.06;
                let axis = (heading + PI / 2.0).rem_euclid(PI) - PI / 2.0;
                let center = [100.0 + 60.0 * heading.sin(), 100.0 - 60.0 * heading.cos()];
                Some((center, axis, 40.0))
            })
            .collect();
        for (frame, heading) in headings(&seen).into_iter().enumerate() {
            let truth = frame as f32 * 0.06;
            assert!((heading.unwrap() - truth).cos() > 0.95, "{frame}");
        }
        assert_eq!(headings(&[None, None]), [None, None]);
    }
}
