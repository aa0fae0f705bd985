//! How noisy a filtered picture is, and from which height on a maximum is no noise.

use super::plane::Plane;
use crate::recording::frame::{GrayFrame, GrayPixels};

/// Standard deviation of normal noise over its median absolute deviation.
const DEVIATION_OF_MAD: f32 = 1.4826;

/// Median and robust standard deviation; both zero for no values. Leaves the absolute differences to the median in
/// `values`, reordered.
pub(super) fn robust_spread(values: &mut [f32]) -> (f32, f32) {
    let Some(middle) = median(values) else { return (0.0, 0.0) };
    values.iter_mut().for_each(|value| *value = (*value - middle).abs());
    (middle, DEVIATION_OF_MAD * median(values).unwrap_or(0.0))
}

/// The upper median. Reorders `values`.
pub(super) fn median(values: &mut [f32]) -> Option<f32> {
    let half = values.len() / 2;
    (!values.is_empty()).then(|| *values.select_nth_unstable_by(half, f32::total_cmp).1)
}

/// The share of a filtered picture's values that is noise for certain: dots cover a few tenths of a percent.
const NOISE_SHARE: f64 = 0.95;

/// Normal noise stays within this many standard deviations in [`NOISE_SHARE`] of the cases.
const DEVIATIONS_OF_SHARE: f32 = 1.96;

/// Standard deviation of a filtered picture's noise, from about every `stride`-th value of every `stride`-th row.
///
/// The larger one of two estimates: from the median of the absolute values, and from their 95th percentile. They agree on
/// normal noise; compressed video is flat in most blocks and full of rubble in others, which only the second one sees.
pub(super) fn noise_of_plane(plane: &Plane, stride: usize) -> f32 {
    let mut values = Vec::with_capacity(plane.data.len() / (stride * stride) + plane.width);
    for y in (stride / 2..plane.height).step_by(stride) {
        // The start shifts from row to row, so that the blocks of a video codec are not always met at the same place.
        values.extend(plane.row(y).iter().skip(y / stride % stride).step_by(stride));
    }
    if values.is_empty() {
        values.extend_from_slice(&plane.data);
    }
    let (_, deviation) = robust_spread(&mut values);
    let rank = (values.len() as f64 * NOISE_SHARE) as usize;
    // The robust spread left the absolute differences to the median behind.
    let far = if rank < values.len() { *values.select_nth_unstable_by(rank, f32::total_cmp).1 } else { 0.0 };
    deviation.max(far / DEVIATIONS_OF_SHARE)
}

/// The height, in standard deviations, which smoothed white noise exceeds in `false_alarms` maxima per image.
///
/// The expected number of maxima above u of a Gaussian field (Adler, *The Geometry of Random Fields*, 1981) is
/// area · √det Λ · (2π)^−3/2 · u · exp(−u²/2), where Λ = 1 / (2σ²) for white noise under a Gaussian of deviation σ.
pub(super) fn threshold_in_deviations(area_px: f64, narrow_px: f64, false_alarms: f64) -> f64 {
    let density = area_px.max(1.0) / (2.0 * narrow_px * narrow_px) / std::f64::consts::TAU.powf(1.5);
    let target = (density / false_alarms.max(1e-12)).ln();
    // The fixed point of u = √(2 (ln(density / false alarms) + ln u)) is reached in a few rounds.
    let mut height = 3.0f64;
    for _ in 0..20 {
        height = (2.0 * (target + height.max(1.0).ln())).max(9.0).sqrt();
    }
    height
}

/// The difference between neighbouring grey levels that the picture can hold: 1 for most, 16 for 12 bits stored in the
/// upper part of 16. The greatest common divisor of its grey levels, from a sample of them.
pub(super) fn quantisation_step(frame: &GrayFrame) -> f32 {
    match &frame.pixels {
        GrayPixels::U8(levels) => common_divisor(levels),
        GrayPixels::U16(levels) => common_divisor(levels),
    }
}

fn common_divisor<T: Copy + Into<u32>>(levels: &[T]) -> f32 {
    // A prime stride visits all columns.
    let mut divisor = 0u32;
    for level in levels.iter().step_by(37) {
        let (mut a, mut b) = (divisor, (*level).into());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        divisor = a;
        if divisor == 1 {
            break;
        }
    }
    divisor.max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_of_known_values() {
        let mut values: Vec<f32> = (0..101).map(|value| value as f32).collect();
        let (middle, spread) = robust_spread(&mut values);
        assert_eq!(middle, 50.0);
        assert!((spread - 25.0 * 1.4826).abs() < 1e-3);
        assert_eq!(robust_spread(&mut []), (0.0, 0.0));
    }

    #[test]
    fn the_threshold_grows_with_the_image_and_with_caution() {
        let height = threshold_in_deviations(2048.0 * 1400.0, 3.0, 0.01);
        assert!((5.2..6.2).contains(&height), "{height}");
        assert!(threshold_in_deviations(640.0 * 438.0, 3.0, 0.01) < height);
        assert!(threshold_in_deviations(2048.0 * 1400.0, 3.0, 0.0001) > height);
        assert!(threshold_in_deviations(0.0, 3.0, 0.01) >= 3.0);
    }

    #[test]
    fn rubble_in_some_blocks_counts_as_noise() {
        let mut plane = Plane::zeros(160, 160);
        assert_eq!(noise_of_plane(&plane, 4), 0.0);
        for y in 0..160 {
            for x in 0..160 {
                let rubble = (x * 7 + y * 13) % 11;
                plane.row_mut(y)[x] = if x % 80 < 10 { rubble as f32 - 5.0 } else { 0.0 };
            }
        }
        let noise = noise_of_plane(&plane, 4);
        assert!((1.0..5.0).contains(&noise), "{noise}");
        assert_eq!(noise_of_plane(&Plane::zeros(0, 0), 4), 0.0);
        assert_eq!(noise_of_plane(&Plane::zeros(1, 1), 4), 0.0);
    }

    #[test]
    fn the_step_of_shifted_levels_is_found() {
        let levels = (0..1000u16).map(|value| value % 50 * 160).collect();
        let frame = GrayFrame { width: 100, height: 10, pixels: GrayPixels::U16(levels) };
        assert_eq!(quantisation_step(&frame), 160.0);
        let zeros = GrayFrame { width: 10, height: 10, pixels: GrayPixels::U8(vec![0; 100]) };
        assert_eq!(quantisation_step(&zeros), 1.0);
    }
}
