//! From a cluster per frame to clips: a path through the clusters that changes seldom, then limits of length.
//!
//! Clustering alone flickers, since neighbouring frames are nearly alike and lie on both sides of a border. The path has the
//! least sum of −log q over all frames plus a price for each change. Clips tile the frames exactly: each frame is in one.

use ndarray::ArrayView2;

/// A piece of a recording of one cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clip {
    /// The first frame.
    pub start_frame: u32,
    /// The frame after the last.
    pub stop_frame: u32,
    /// The cluster.
    pub cluster: usize,
}

impl Clip {
    /// Frames in it.
    pub fn len(&self) -> u32 {
        self.stop_frame - self.start_frame
    }

    /// Whether it has none: no clip of a tiling is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// How clips are cut.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClipLimits {
    /// The price of a change, nats: so much less likely has a frame to be in its old cluster to be worth one.
    pub switch_cost: f32,
    /// A shorter clip joins a neighbour, frames.
    pub shortest: u32,
    /// A longer clip is cut into equal parts, frames.
    pub longest: u32,
}

/// Chances below this count as this: one certain frame does not outweigh all others.
const LEAST_CHANCE: f32 = 1e-6;

/// Cuts a track into clips. `chances` has a row per frame and a column per cluster, each row summing to 1.
pub fn clips_of(chances: ArrayView2<'_, f32>, limits: &ClipLimits) -> Vec<Clip> {
    let path = sticky_path(chances, limits.switch_cost);
    let mut clips: Vec<Clip> = Vec::new();
    for (frame, cluster) in (0..).zip(path) {
        match clips.last_mut() {
            Some(last) if last.cluster == cluster => last.stop_frame = frame + 1,
            _ => clips.push(Clip { start_frame: frame, stop_frame: frame + 1, cluster }),
        }
    }
    join_short(&mut clips, chances, limits.shortest);
    cut_long(&clips, limits.longest)
}

/// The path of least cost: −log of each frame's chance, and `switch_cost` for each change.
pub fn sticky_path(chances: ArrayView2<'_, f32>, switch_cost: f32) -> Vec<usize> {
    let (frames, clusters) = chances.dim();
    if frames == 0 || clusters == 0 {
        return Vec::new();
    }
    let cost = |frame: usize, cluster: usize| -f64::from(chances[[frame, cluster]].max(LEAST_CHANCE)).ln();
    let mut costs: Vec<f64> = (0..clusters).map(|cluster| cost(0, cluster)).collect();
    // From which cluster the best path to each came, by frame.
    let mut came_from: Vec<u16> = Vec::with_capacity(frames * clusters);
    for frame in 1..frames {
        let (best, least) = least_of(&costs);
        let change = least + f64::from(switch_cost);
        for (cluster, before) in costs.iter_mut().enumerate() {
            let stays = *before <= change;
            came_from.push(if stays { cluster } else { best } as u16);
            *before = before.min(change) + cost(frame, cluster);
        }
    }
    let mut path = vec![least_of(&costs).0; frames];
    for frame in (1..frames).rev() {
        path[frame - 1] = usize::from(came_from[(frame - 1) * clusters + path[frame]]);
    }
    path
}

fn least_of(costs: &[f64]) -> (usize, f64) {
    let mut best = (0, f64::INFINITY);
    for (index, cost) in costs.iter().enumerate() {
        if *cost < best.1 {
            best = (index, *cost);
        }
    }
    best
}

/// Gives clips that are too short to the neighbour whose cluster explains their frames better, the shortest first.
fn join_short(clips: &mut Vec<Clip>, chances: ArrayView2<'_, f32>, shortest: u32) {
    let cost = |clip: &Clip, cluster: usize| -> f64 {
        let frames = clip.start_frame as usize..clip.stop_frame as usize;
        frames.map(|frame| -f64::from(chances[[frame, cluster]].max(LEAST_CHANCE)).ln()).sum()
    };
    while clips.len() > 1 {
        let short = clips.iter().enumerate().filter(|(_, clip)| clip.len() < shortest);
        let Some((at, clip)) = short.min_by_key(|(_, clip)| clip.len()).map(|(at, clip)| (at, *clip)) else { return };
        let neighbours = [at.checked_sub(1), Some(at + 1).filter(|next| *next < clips.len())];
        let best = neighbours
            .into_iter()
            .flatten()
            .min_by(|a, b| cost(&clip, clips[*a].cluster).total_cmp(&cost(&clip, clips[*b].cluster)));
        let Some(into) = best else { return };
        clips[into].start_frame = clips[into].start_frame.min(clip.start_frame);
        clips[into].stop_frame = clips[into].stop_frame.max(clip.stop_frame);
        clips.remove(at);
        clips.dedup_by(|next, before| {
            let is_same = next.cluster == before.cluster;
            if is_same {
                before.stop_frame = next.stop_frame;
            }
            is_same
        });
    }
}

/// Cuts clips that are too long into parts of equal length, as nearly as frames allow.
fn cut_long(clips: &[Clip], longest: u32) -> Vec<Clip> {
    let longest = longest.max(1);
    let mut cut = Vec::with_capacity(clips.len());
    for clip in clips {
        let parts = clip.len().div_ceil(longest).max(1);
        let edge = |part: u32| clip.start_frame + (u64::from(clip.len()) * u64::from(part) / u64::from(parts)) as u32;
        cut.extend((0..parts).map(|part| Clip { start_frame: edge(part), stop_frame: edge(part + 1), ..*clip }));
    }
    cut
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use proptest::prelude::*;

    use super::*;

    /// Chances that favour one cluster per frame by so much.
    fn favouring(labels: &[usize], clusters: usize, most: f32) -> Array2<f32> {
        let rest = (1.0 - most) / (clusters as f32 - 1.0);
        Array2::from_shape_fn(
            (labels.len(), clusters),
            |(frame, cluster)| {
                if labels[frame] == cluster { most } else { rest }
            },
        )
    }

    #[test]
    fn a_flicker_is_no_change_and_a_lasting_one_is() {
        let mut labels = vec![0; 40];
        labels[17] = 1;
        labels[25..40].fill(2);
        let chances = favouring(&labels, 3, 0.8);
        let limits = ClipLimits { switch_cost: 4.0, shortest: 1, longest: 1000 };
        let clip = |start_frame, stop_frame, cluster| Clip { start_frame, stop_frame, cluster };
        assert_eq!(clips_of(chances.view(), &limits), [clip(0, 25, 0), clip(25, 40, 2)]);
        let free = ClipLimits { switch_cost: 0.0, ..limits };
        assert_eq!(clips_of(chances.view(), &free).len(), 4);
    }

    #[test]
    fn short_clips_join_the_neighbour_that_explains_them() {
        let mut labels = vec![0; 20];
        labels[10..12].fill(1);
        labels[12..].fill(2);
        let mut chances = favouring(&labels, 3, 0.9);
        // The short clip's second choice is cluster 2.
        for frame in 10..12 {
            chances[[frame, 2]] = 0.08;
            chances[[frame, 0]] = 0.02;
        }
        let limits = ClipLimits { switch_cost: 0.0, shortest: 5, longest: 6 };
        let found: Vec<(u32, u32)> =
            clips_of(chances.view(), &limits).iter().map(|clip| (clip.start_frame, clip.stop_frame)).collect();
        assert_eq!(found, [(0, 5), (5, 10), (10, 15), (15, 20)], "two clips of 10 frames, each cut in two");
    }

    #[test]
    fn the_path_costs_least_of_all_paths() {
        let chances = Array2::from_shape_vec((5, 2), vec![0.9, 0.1, 0.4, 0.6, 0.45, 0.55, 0.2, 0.8, 0.7, 0.3]).unwrap();
        let cost = |path: &[usize], switch: f64| -> f64 {
            let changes = path.windows(2).filter(|pair| pair[0] != pair[1]).count() as f64;
            let frames = path.iter().enumerate().map(|(frame, cluster)| -f64::from(chances[[frame, *cluster]]).ln());
            changes * switch + frames.sum::<f64>()
        };
        for switch in [0.0, 0.3, 1.0, 5.0] {
            let found = cost(&sticky_path(chances.view(), switch), f64::from(switch));
            let least = (0..32_usize)
                .map(|bits| cost(&(0..5).map(|frame| bits >> frame & 1).collect::<Vec<_>>(), f64::from(switch)))
                .fold(f64::INFINITY, f64::min);
            assert!((found - least).abs() < 1e-5, "{switch}: {found} {least}");
        }
    }

    proptest! {
        #[test]
        fn clips_tile_the_frames_within_their_limits(
            values in proptest::collection::vec(0.0f32..1.0, 0..600),
            switch_cost in 0.0f32..6.0,
            shortest in 0u32..30,
            longest in 0u32..80,
        ) {
            let frames = values.len() / 3;
            let mut chances = Array2::from_shape_vec((frames, 3), values[..frames * 3].to_vec()).unwrap();
            for mut row in chances.rows_mut() {
                let sum = row.sum() + 1e-3;
                row.mapv_inplace(|value| (value + 1e-3 / 3.0) / sum);
            }
            let clips = clips_of(chances.view(), &ClipLimits { switch_cost, shortest, longest });
            let mut next = 0;
            for clip in &clips {
                prop_assert_eq!(clip.start_frame, next);
                prop_assert!(!clip.is_empty() && clip.len() <= longest.max(1));
                next = clip.stop_frame;
            }
            prop_assert_eq!(next as usize, frames);
            if clips.len() > 1 && longest >= 2 * shortest.max(1) {
                prop_assert!(clips.iter().all(|clip| clip.len() >= shortest), "{:?}", clips);
            }
        }
    }
}
