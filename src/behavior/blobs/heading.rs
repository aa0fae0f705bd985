//! Which end of an animal's long axis is its head: animals rarely turn round within a frame, and walk forwards.

use std::f32::consts::PI;

use super::Blob;

/// Price of turning round between two frames, against the cosine of the turn.
const TURN_WEIGHT: f32 = 4.0;
/// A walk is measured from so many frames before to as many after: single steps are mostly noise.
const STEP_FRAMES: usize = 4;
/// Walks count from this share of the animal's length on; shorter ones are changes of posture.
const LEAST_WALK: f32 = 0.15;
/// Walks longer than this count no more: a jump of the track is none.
const MOST_WALK: f32 = 0.6;

/// The headings of least price: the cost of each frame is by how far the animal walks backwards, that of a pair of frames by
/// how much it turns.
pub(super) fn headings(blobs: &[Option<Blob>]) -> Vec<Option<f32>> {
    let mut costs = [0.0f32; 2];
    let mut before: Option<f32> = None;
    // For each frame in which it is seen and both ways round of the axis: the way round before.
    let mut came_from: Vec<[u8; 2]> = Vec::new();
    for (frame, blob) in blobs.iter().enumerate() {
        let Some(blob) = blob else { continue };
        // Keeping the way round is cheap where the axis hardly turned, and dear where it turned by nearly a half.
        let turn = before.map_or(0.0, |axis_rad| TURN_WEIGHT * (blob.axis_rad - axis_rad).cos());
        let mut next = [0.0; 2];
        let mut from = [0u8; 2];
        for way in 0..2 {
            let (kept, changed) = (costs[way] - turn, costs[1 - way] + turn);
            from[way] = if kept <= changed { way } else { 1 - way } as u8;
            next[way] = kept.min(changed);
        }
        let forward = forward_walk(blobs, frame, blob);
        costs = [next[0] - forward, next[1] + forward];
        let least = costs[0].min(costs[1]);
        costs = costs.map(|cost| cost - least);
        came_from.push(from);
        before = Some(blob.axis_rad);
    }
    let mut way = usize::from(costs[1] < costs[0]);
    let mut result = vec![None; blobs.len()];
    for (heading, blob) in result.iter_mut().zip(blobs).rev() {
        let Some(blob) = blob else { continue };
        let rad = if way == 1 { blob.axis_rad + PI } else { blob.axis_rad };
        *heading = Some(if rad > PI { rad - 2.0 * PI } else { rad });
        way = came_from.pop().map_or(way, |from| usize::from(from[way]));
    }
    result
}

/// How far an animal walks along its axis around a frame, in its lengths; 0 where it touches another, since its place is an
/// estimate there.
fn forward_walk(blobs: &[Option<Blob>], frame: usize, blob: &Blob) -> f32 {
    let at = |frame: usize| blobs.get(frame).copied().flatten().filter(|blob| !blob.is_merged);
    let ends = frame.checked_sub(STEP_FRAMES).and_then(at).zip(at(frame + STEP_FRAMES));
    let Some((start, end)) = ends.filter(|_| !blob.is_merged) else { return 0.0 };
    let walk = [end.center[0] - start.center[0], end.center[1] - start.center[1]];
    let (sine, cosine) = blob.axis_rad.sin_cos();
    let forward = (walk[0] * cosine + walk[1] * sine) / blob.axes_px[0].max(f32::MIN_POSITIVE);
    if forward.abs() < LEAST_WALK { 0.0 } else { forward.clamp(-MOST_WALK, MOST_WALK) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blob(center: [f32; 2], axis_rad: f32) -> Blob {
        Blob { center, bounds: [0.0; 4], axis_rad, axes_px: [40.0, 20.0], area_px: 600.0, is_merged: false }
    }

    #[test]
    fn the_head_is_where_it_walks_also_before_and_after() {
        // It rests, walks to the left, rests; its axis sways meanwhile, and it is not always seen.
        let seen: Vec<Option<Blob>> = (0..90)
            .map(|frame| {
                let walked = (frame as f32 - 30.0).clamp(0.0, 30.0);
                let blob = blob([200.0 - 2.0 * walked, 50.0], 0.1 * (frame as f32 * 0.7).sin());
                (frame % 7 != 3).then_some(blob)
            })
            .collect();
        for (frame, heading) in headings(&seen).into_iter().enumerate() {
            assert_eq!(heading.is_some(), frame % 7 != 3);
            assert!(heading.is_none_or(|heading| heading.cos() < -0.9), "{frame}: {heading:?}");
        }
    }

    #[test]
    fn a_turning_animal_keeps_its_head_where_the_axis_wraps() {
        let seen: Vec<Option<Blob>> = (0..200)
            .map(|frame| {
                let heading = frame as f32 * 0.06;
                let axis = (heading + PI / 2.0).rem_euclid(PI) - PI / 2.0;
                Some(blob([100.0 + 60.0 * heading.sin(), 100.0 - 60.0 * heading.cos()], axis))
            })
            .collect();
        for (frame, heading) in headings(&seen).into_iter().enumerate() {
            let truth = frame as f32 * 0.06;
            assert!((heading.unwrap() - truth).cos() > 0.95, "{frame}");
        }
        assert_eq!(headings(&[None, None]), [None, None]);
    }
}
