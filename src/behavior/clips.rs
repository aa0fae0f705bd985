//! From a cluster per frame to clips: a path through the clusters that changes seldom and stays for a while, then long clips cut.
//!
//! Clustering alone flickers, since neighbouring frames are nearly alike and lie on both sides of a border. Of all paths that
//! keep each cluster for the shortest clip's frames, the one is taken that has the least sum of −log chance over all frames plus
//! a price for each change. Stretches in which an animal is not seen are clips of no cluster. Clips tile the frames exactly:
//! each frame is in one. Nothing here needs the model again, so price and limits can be tried at once.

mod runs;

#[cfg(test)]
mod tests;

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

pub use runs::clips_of_labels;
use runs::{Run, runs_of};

/// A piece of an animal's track.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clip {
    /// The first frame.
    pub start_frame: u32,
    /// The frame after the last.
    pub stop_frame: u32,
    /// The cluster; `None` where the animal is not seen.
    pub cluster: Option<u16>,
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
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClipLimits {
    /// The price of a change, nats: a change must make the frames after it so much likelier. Negative counts as 0.
    pub switch_cost: f32,
    /// No clip is shorter, frames, unless the recording is, or `longest_frames` is less than twice as long. The animal is
    /// neither lost nor found for a shorter time.
    pub shortest_frames: u32,
    /// A longer clip is cut into equal parts, frames. Clips without the animal stay whole.
    pub longest_frames: u32,
}

impl ClipLimits {
    /// The default price: with chances of 0.8 and 0.1 before and after, two to three frames of evidence.
    pub const SWITCH_COST: f32 = 5.0;
    /// The default shortest clip: mice hold a behaviour for a third to half a second at least.
    pub const SHORTEST_SECS: f64 = 0.4;
    /// The default longest clip: what a model can describe in one sentence.
    pub const LONGEST_SECS: f64 = 5.0;

    /// The defaults at a frame rate, frames per second; at least one frame, and the longest no shorter than twice the shortest.
    pub fn for_fps(fps: f64) -> Self {
        Self::from_secs(Self::SWITCH_COST, [Self::SHORTEST_SECS, Self::LONGEST_SECS], fps)
    }

    /// Limits in seconds, shortest and longest, at a frame rate.
    pub fn from_secs(switch_cost: f32, [shortest, longest]: [f64; 2], fps: f64) -> Self {
        let frames = |secs: f64| (secs * fps).round().clamp(1.0, f64::from(u32::MAX / 2)) as u32;
        let shortest_frames = frames(shortest);
        Self { switch_cost, shortest_frames, longest_frames: frames(longest).max(2 * shortest_frames) }
    }
}

/// Chances below this count as this: one certain frame does not outweigh all others.
const LEAST_CHANCE: f32 = 1e-6;

/// Cuts an animal's track into clips. `chances` has a row per frame and a column per cluster, each row summing to 1; `is_seen`
/// tells in which frames the animal is there, and chances of others count as nothing.
///
/// # Panics
/// Where both have different numbers of frames.
pub fn clips_of(chances: ArrayView2<'_, f32>, is_seen: &[bool], limits: &ClipLimits) -> Vec<Clip> {
    assert_eq!(chances.nrows(), is_seen.len(), "a row of chances per frame");
    let mut clips = Vec::new();
    for stretch in seen_stretches(is_seen, limits.shortest_frames) {
        let (start, stop) = (stretch.start as usize, stretch.stop as usize);
        if !stretch.value {
            clips.push(Clip { start_frame: stretch.start, stop_frame: stretch.stop, cluster: None });
            continue;
        }
        let frames = chances.slice_axis(ndarray::Axis(0), (start..stop).into());
        let path = sticky_path(frames, &is_seen[start..stop], limits.switch_cost, limits.shortest_frames);
        clips.extend(runs_of(&path).into_iter().map(|run| Clip {
            start_frame: stretch.start + run.start,
            stop_frame: stretch.start + run.stop,
            cluster: Some(run.value),
        }));
    }
    cut_long(&clips, limits.longest_frames)
}

/// Stretches with and without the animal, none shorter than `shortest` unless the recording is: first it is bridged where it is
/// lost for less, then given up where it is found for less.
fn seen_stretches(is_seen: &[bool], shortest: u32) -> Vec<Run<bool>> {
    let mut is_seen = is_seen.to_vec();
    for kind in [false, true] {
        let runs = runs_of(&is_seen);
        if runs.len() > 1 {
            for run in runs.iter().filter(|run| run.value == kind && run.stop - run.start < shortest) {
                is_seen[run.start as usize..run.stop as usize].fill(!kind);
            }
        }
    }
    runs_of(&is_seen)
}

/// A change of cluster came from the best path that ended `shortest` frames before; otherwise the cluster is kept.
const KEPT: u16 = u16::MAX;

/// The path of least cost: −log of the chance in each frame that `is_known`, and `switch_cost` for each change, among those that
/// keep each cluster for at least `shortest` frames; one cluster where there are fewer frames.
pub fn sticky_path(chances: ArrayView2<'_, f32>, is_known: &[bool], switch_cost: f32, shortest: u32) -> Vec<u16> {
    let (frames, clusters) = chances.dim();
    if frames == 0 || clusters == 0 {
        return vec![0; frames];
    }
    let shortest = (shortest.max(1) as usize).min(frames);
    let switch_cost = f64::from(switch_cost.max(0.0));
    // Sums of costs before each frame.
    let mut sums = vec![0.0_f64; (frames + 1) * clusters];
    for (frame, row) in chances.rows().into_iter().enumerate() {
        for (cluster, chance) in row.iter().enumerate() {
            let cost = if is_known[frame] { -f64::from(chance.max(LEAST_CHANCE)).ln() } else { 0.0 };
            sums[(frame + 1) * clusters + cluster] = sums[frame * clusters + cluster] + cost;
        }
    }
    let cost = |from: usize, to: usize, cluster: usize| sums[to * clusters + cluster] - sums[from * clusters + cluster];

    // Of the paths that end before a frame: the cluster of the cheapest, and its cost.
    let mut cheapest = vec![(0_u16, f64::INFINITY); frames + 1];
    let mut costs: Vec<f64> = (0..clusters).map(|cluster| cost(0, shortest, cluster)).collect();
    cheapest[shortest] = least_of(&costs);
    let mut came_from = vec![KEPT; (frames + 1) * clusters];
    for end in shortest + 1..=frames {
        let (before, least) = cheapest[end - shortest];
        for (cluster, kept) in costs.iter_mut().enumerate() {
            *kept += cost(end - 1, end, cluster);
            let changed = least + switch_cost + cost(end - shortest, end, cluster);
            if changed < *kept && usize::from(before) != cluster {
                *kept = changed;
                came_from[end * clusters + cluster] = before;
            }
        }
        cheapest[end] = least_of(&costs);
    }

    let mut path = vec![0_u16; frames];
    let (mut cluster, mut end) = (cheapest[frames].0, frames);
    while end > 0 {
        let before = came_from[end * clusters + usize::from(cluster)];
        let start = if before == KEPT && end > shortest { end - 1 } else { end - shortest };
        path[start..end].fill(cluster);
        end = start;
        cluster = if before == KEPT { cluster } else { before };
    }
    path
}

fn least_of(costs: &[f64]) -> (u16, f64) {
    let mut best = (0, f64::INFINITY);
    for (index, cost) in (0..).zip(costs) {
        if *cost < best.1 {
            best = (index, *cost);
        }
    }
    best
}

/// Cuts clips that are too long into parts of equal length, as nearly as frames allow.
fn cut_long(clips: &[Clip], longest: u32) -> Vec<Clip> {
    let mut cut = Vec::with_capacity(clips.len());
    for clip in clips {
        let parts = if clip.cluster.is_some() { clip.len().div_ceil(longest.max(1)).max(1) } else { 1 };
        let edge = |part: u32| clip.start_frame + (u64::from(clip.len()) * u64::from(part) / u64::from(parts)) as u32;
        cut.extend((0..parts).map(|part| Clip { start_frame: edge(part), stop_frame: edge(part + 1), ..*clip }));
    }
    cut
}

/// How long clips are.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClipLengths {
    /// Clips with the animal.
    pub count: usize,
    /// Their mean length, s; 0 of none.
    pub mean_secs: f64,
    /// Their median length, s; 0 of none.
    pub median_secs: f64,
    /// How many are shorter than half a second, than one, and so on, each less those before: bins of [`Self::BIN_SECS`].
    pub bins: Vec<usize>,
    /// Time without the animal, s.
    pub unseen_secs: f64,
}

impl ClipLengths {
    /// Width of a bin, s.
    pub const BIN_SECS: f64 = 0.5;

    /// Of clips at a frame rate, frames per second; of several animals, all together.
    pub fn of<'a>(clips: impl IntoIterator<Item = &'a Clip>, fps: f64) -> Self {
        let (seen, unseen): (Vec<&Clip>, Vec<&Clip>) = clips.into_iter().partition(|clip| clip.cluster.is_some());
        let secs = |clip: &&Clip| f64::from(clip.len()) / fps;
        let mut lengths: Vec<f64> = seen.iter().map(secs).collect();
        lengths.sort_by(f64::total_cmp);
        let middle = lengths.len() / 2;
        let median_secs = match lengths.len() {
            0 => 0.0,
            count if count.is_multiple_of(2) => (lengths[middle - 1] + lengths[middle]) / 2.0,
            _ => lengths[middle],
        };
        let bin = |secs: f64| (secs / Self::BIN_SECS) as usize;
        let mut bins = vec![0; lengths.last().map_or(0, |longest| bin(*longest) + 1)];
        lengths.iter().for_each(|secs| bins[bin(*secs)] += 1);
        Self {
            count: lengths.len(),
            mean_secs: lengths.iter().sum::<f64>() / lengths.len().max(1) as f64,
            median_secs,
            bins,
            unseen_secs: unseen.iter().map(secs).sum(),
        }
    }
}
