//! One row of features from keypoints and pixels: both, balanced, and leaning on the pixels where keypoints cannot be
//! trusted, in the spirit of LookAgain.
//!
//! Each column is scaled by its median and spread, each block by its number of columns, so that neither dominates. A gate per
//! frame, 1 where keypoints are sound and 0 where they are not, then shares out the weight: squares of both weights sum to 1,
//! so that a frame without keypoints is not taken for a frame of which nothing is remarkable. A missing value counts as the
//! median; a row of which nothing is known stays NaN.

use ndarray::{Array1, Array2, ArrayView2, Axis};

use super::bodies::median;

/// Scaled values beyond this are cut: one jump does not outweigh all other columns.
const MOST_DEVIATIONS: f32 = 5.0;
/// Spread of a normal distribution against its median absolute deviation.
const SPREAD_OF_MAD: f32 = 1.4826;
/// Speeds count as a jump from so many deviations above the median on, beyond what the pixels moved; twice as many close
/// the gate.
const JUMP_DEVIATIONS: f32 = 4.0;
/// Confidences from this on are sound, those of half of it are none: trackers' usual cut.
const SOUND_CONFIDENCE: f32 = 0.6;
/// The gate closes for so many frames around each frame that closes it, since features look at their neighbours.
const SPREAD_FRAMES: usize = 2;

/// What tells whether the keypoints of one animal can be trusted, each by frame.
#[derive(Clone, Copy, Debug)]
pub struct KeypointEvidence<'a> {
    /// Share of the parts that are seen.
    pub seen_share: &'a [f32],
    /// Speed of the fastest part, in any unit; NaN where not known.
    pub fastest_part: &'a [f32],
    /// How much the pixels changed, in any unit; NaN where not known.
    pub change: &'a [f32],
    /// The lowest confidence of the parts, 0 to 1, where the tracker says one.
    pub confidence: Option<&'a [f32]>,
}

/// How far keypoints can be trusted in each frame, 0 to 1: the least of what their number, their speed against the pixels' and
/// their confidence allow.
///
/// # Panics
/// When the slices differ in length: a mistake of the caller.
pub fn keypoint_gate(evidence: &KeypointEvidence<'_>) -> Vec<f32> {
    let frames = evidence.seen_share.len();
    let lengths =
        [evidence.fastest_part.len(), evidence.change.len(), evidence.confidence.map_or(frames, <[f32]>::len)];
    assert!(lengths.iter().all(|length| *length == frames), "as many values of each kind as frames");
    let speeds = deviations(evidence.fastest_part);
    let changes = deviations(evidence.change);
    let own = |frame: usize| {
        let seen = evidence.seen_share[frame];
        let seen = if seen.is_finite() { seen.clamp(0.0, 1.0) } else { 0.0 };
        // What the pixels did as well is no jump. Where either is not known, nothing speaks against the keypoints.
        let beyond = speeds[frame] - changes[frame].max(0.0);
        let steady = if beyond.is_finite() { 2.0 - beyond / JUMP_DEVIATIONS } else { 1.0 };
        let confident = evidence.confidence.map_or(1.0, |values| {
            let confidence = values[frame];
            if confidence.is_finite() { 2.0 * confidence / SOUND_CONFIDENCE - 1.0 } else { 1.0 }
        });
        seen.min(steady).min(confident).clamp(0.0, 1.0)
    };
    let own: Vec<f32> = (0..frames).map(own).collect();
    let around = |frame: usize| &own[frame.saturating_sub(SPREAD_FRAMES)..(frame + SPREAD_FRAMES + 1).min(frames)];
    (0..frames).map(|frame| around(frame).iter().copied().fold(1.0, f32::min)).collect()
}

/// Robust deviations of positive values on a logarithmic scale, on which speeds are spread evenly.
fn deviations(values: &[f32]) -> Vec<f32> {
    let mut known: Vec<f32> = values.iter().copied().filter(|value| value.is_finite() && *value > 0.0).collect();
    let least = median(&mut known).map_or(f32::MIN_POSITIVE, |middle| 0.05 * middle);
    let logs: Vec<f32> = values.iter().map(|value| value.max(least).ln() + 0.0 * value).collect();
    let scale = ColumnScale::of(logs.iter().copied());
    logs.iter().map(|log| (log - scale.middle) / scale.spread).collect()
}

/// How both blocks are scaled; learnt once and applied to every recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Fusion {
    keypoints: Vec<ColumnScale>,
    visual: Vec<ColumnScale>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct ColumnScale {
    middle: f32,
    /// Infinite where the column never changes: it says nothing.
    spread: f32,
}

impl Fusion {
    /// Learns medians and spreads. Both matrices have a row per frame, NaN where a value is missing.
    pub fn fit(keypoints: ArrayView2<'_, f32>, visual: ArrayView2<'_, f32>) -> Self {
        let scales = |block: ArrayView2<'_, f32>| {
            block.columns().into_iter().map(|column| ColumnScale::of(column.iter().copied())).collect()
        };
        Self { keypoints: scales(keypoints), visual: scales(visual) }
    }

    /// Rows with the columns of both blocks, keypoints first. `gate` is 1 where keypoints are sound and 0 where they are not.
    ///
    /// # Panics
    /// When the blocks and the gate differ in length, or a block has other columns than what was learnt.
    pub fn apply(&self, keypoints: ArrayView2<'_, f32>, visual: ArrayView2<'_, f32>, gate: &[f32]) -> Array2<f32> {
        assert_eq!([keypoints.nrows(), visual.nrows()], [gate.len(); 2], "a gate for every row of both blocks");
        let first = scaled(&self.keypoints, keypoints);
        let second = scaled(&self.visual, visual);
        let columns = self.keypoints.len() + self.visual.len();
        let mut rows = Array2::from_elem((gate.len(), columns), f32::NAN);
        for (frame, mut row) in rows.rows_mut().into_iter().enumerate() {
            let gate = if gate[frame].is_finite() { gate[frame].clamp(0.0, 1.0) } else { 0.0 };
            let (for_keypoints, for_visual) = match (&first[frame], &second[frame]) {
                (None, None) => continue,
                (Some(_), None) => (1.0, 0.0),
                (None, Some(_)) => (0.0, 1.0),
                (Some(_), Some(_)) => ((gate / 2.0).sqrt(), (1.0 - gate / 2.0).sqrt()),
            };
            let blocks = row.view_mut().split_at(Axis(0), self.keypoints.len());
            for (mut slot, (values, weight)) in
                [blocks.0, blocks.1].into_iter().zip([(&first[frame], for_keypoints), (&second[frame], for_visual)])
            {
                slot.fill(0.0);
                values.iter().for_each(|values| slot.scaled_add(weight, values));
            }
        }
        rows
    }
}

/// The rows of a block in deviations, shared by its columns; `None` for a row without any value.
fn scaled(scales: &[ColumnScale], block: ArrayView2<'_, f32>) -> Vec<Option<Array1<f32>>> {
    assert_eq!(scales.len(), block.ncols(), "the columns that were learnt");
    let telling = scales.iter().filter(|scale| scale.spread.is_finite()).count().max(1);
    let share = 1.0 / (telling as f32).sqrt();
    let row = |values: ndarray::ArrayView1<'_, f32>| {
        values.iter().any(|value| value.is_finite()).then(|| {
            let value = |(value, scale): (&f32, &ColumnScale)| {
                let deviations = (value - scale.middle) / scale.spread;
                if deviations.is_finite() { share * deviations.clamp(-MOST_DEVIATIONS, MOST_DEVIATIONS) } else { 0.0 }
            };
            values.iter().zip(scales).map(value).collect()
        })
    };
    block.rows().into_iter().map(row).collect()
}

impl ColumnScale {
    /// The median and the spread around it; where more than half of the values are alike, the standard deviation.
    fn of(values: impl Iterator<Item = f32>) -> Self {
        let mut known: Vec<f32> = values.filter(|value| value.is_finite()).collect();
        let Some(middle) = median(&mut known) else { return Self { middle: 0.0, spread: f32::INFINITY } };
        let mut away: Vec<f32> = known.iter().map(|value| (value - middle).abs()).collect();
        let mut spread = SPREAD_OF_MAD * median(&mut away).unwrap_or(0.0);
        if spread <= 0.0 {
            spread = (away.iter().map(|away| away * away).sum::<f32>() / away.len() as f32).sqrt();
        }
        Self { middle, spread: if spread > 0.0 { spread } else { f32::INFINITY } }
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// Two behaviours that both blocks tell apart, in turns of 20 frames; keypoints in few large columns, pixels in many.
    fn blocks(frames: usize) -> (Array2<f32>, Array2<f32>) {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let mut noise = move || random.random_range(-1.0..1.0f32);
        let state = |frame: usize| if (frame / 20).is_multiple_of(2) { -2.0 } else { 2.0 };
        let keypoints = Array2::from_shape_fn((frames, 4), |(frame, _)| 100.0 * (state(frame) + noise()));
        let visual = Array2::from_shape_fn((frames, 40), |(frame, column)| {
            state(frame) * if column % 2 == 0 { 0.1 } else { -0.1 } + 0.1 * noise()
        });
        (keypoints, visual)
    }

    fn distance(rows: &Array2<f32>, a: usize, b: usize) -> f32 {
        (&rows.row(a) - &rows.row(b)).mapv(|value| value * value).sum().sqrt()
    }

    #[test]
    fn blocks_weigh_alike_whatever_their_units_and_columns() {
        let (keypoints, visual) = blocks(200);
        let rows = Fusion::fit(keypoints.view(), visual.view()).apply(keypoints.view(), visual.view(), &[1.0; 200]);
        let energy = |columns: std::ops::Range<usize>| -> f32 {
            rows.rows().into_iter().map(|row| columns.clone().map(|column| row[column].powi(2)).sum::<f32>()).sum()
        };
        let ratio = energy(0..4) / energy(4..44);
        assert!((0.7..1.4).contains(&ratio), "{ratio}");
    }

    #[test]
    fn where_keypoints_are_corrupted_rows_follow_the_pixels() {
        let (sound, visual) = blocks(200);
        let fusion = Fusion::fit(sound.view(), visual.view());
        let mut keypoints = sound.clone();
        let mut gate = vec![1.0; 200];
        gate[100..120].fill(0.0);
        // The keypoints of frames 100 to 119 say the other behaviour, loudly.
        for frame in 100..120 {
            keypoints.row_mut(frame).fill(-900.0);
        }
        let gated = fusion.apply(keypoints.view(), visual.view(), &gate);
        let open = fusion.apply(keypoints.view(), visual.view(), &[1.0; 200]);
        // Frames 60 to 79 are of the same behaviour as 100 to 119, frames 40 to 59 of the other.
        let is_right = |rows: &Array2<f32>, frame: usize| {
            let mean = |other: usize| (0..20).map(|at| distance(rows, frame, other + at)).sum::<f32>();
            mean(60) < mean(40)
        };
        assert!((100..120).all(|frame| is_right(&gated, frame)), "by the pixels");
        assert!((100..120).all(|frame| !is_right(&open, frame)), "without a gate by the corrupted keypoints");
        assert!(gated.row(110).iter().take(4).all(|value| *value == 0.0));
    }

    #[test]
    fn missing_values_stay_out_and_unknown_rows_unknown() {
        let (mut keypoints, mut visual) = blocks(60);
        let fusion = Fusion::fit(keypoints.view(), visual.view());
        keypoints[[5, 2]] = f32::NAN;
        keypoints.row_mut(6).fill(f32::NAN);
        visual.row_mut(7).fill(f32::NAN);
        keypoints.row_mut(8).fill(f32::NAN);
        visual.row_mut(8).fill(f32::NAN);
        let rows = fusion.apply(keypoints.view(), visual.view(), &[f32::NAN; 60]);
        assert!((0..60).all(|frame| rows.row(frame).iter().all(|value| value.is_finite() != (frame == 8))));
        assert!(rows.row(6).iter().take(4).all(|value| *value == 0.0));
        assert!(rows.row(7).iter().skip(4).all(|value| *value == 0.0) && rows[[7, 0]] != 0.0, "keypoints alone");
        let constant = Array2::from_elem((3, 2), 4.0);
        let alike = Fusion::fit(constant.view(), constant.view()).apply(constant.view(), constant.view(), &[1.0; 3]);
        assert!(alike.iter().all(|value| *value == 0.0));
    }

    #[test]
    fn the_gate_closes_on_gaps_jumps_and_doubts_but_not_on_a_run() {
        let mut random = ChaCha8Rng::seed_from_u64(9);
        let frames = 300;
        let mut seen_share = vec![1.0; frames];
        let mut fastest_part: Vec<f32> = (0..frames).map(|_| random.random_range(0.5..2.0)).collect();
        let mut change: Vec<f32> = (0..frames).map(|_| random.random_range(0.05..0.2)).collect();
        let mut confidence = vec![0.9; frames];
        seen_share[50] = 0.25;
        fastest_part[100] = 60.0; // A jump: the pixels stay calm.
        (fastest_part[150], change[150]) = (60.0, 6.0); // A leap that is seen.
        confidence[200] = 0.3;
        fastest_part[250] = f32::NAN;
        let evidence = KeypointEvidence {
            seen_share: &seen_share,
            fastest_part: &fastest_part,
            change: &change,
            confidence: Some(&confidence),
        };
        let gate = keypoint_gate(&evidence);
        assert_eq!([gate[50], gate[52], gate[53]], [0.25, 0.25, 1.0]);
        assert_eq!([gate[100], gate[99], gate[200]], [0.0; 3]);
        assert_eq!([gate[150], gate[250], gate[10]], [1.0; 3]);
    }
}
