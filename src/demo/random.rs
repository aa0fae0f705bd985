//! Randomness that depends on the seed and on what is asked, never on the order of asking: a frame can be made alone, on any
//! thread, and is the same as in a run over all frames.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What a stream of random numbers is for, so that two uses never share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Cameras of the rig.
    Rig,
    /// The animal's decisions: walk, pause, rear, groom.
    Behavior,
    /// Smooth movements of one joint.
    Joint,
    /// How bright each keypoint's dot is.
    DotBrightness,
    /// Where a dot appears in a view, beside its projection.
    SpotPlace,
    /// What a detector adds to it.
    Detection,
    /// Stray reflections.
    Strays,
    /// Pixels of backgrounds, fur and noise.
    Pixels,
}

/// Mixes 64 bits so that neighbouring inputs give unrelated outputs (the finaliser of SplitMix64).
pub(super) fn mix(mut bits: u64) -> u64 {
    bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

fn key(seed: u64, purpose: Purpose, indices: &[u64]) -> u64 {
    indices.iter().fold(mix(seed ^ mix(purpose as u64)), |key, index| mix(key ^ mix(*index)))
}

/// The random numbers of one purpose and place, for instance of one frame and camera.
pub(super) fn stream(seed: u64, purpose: Purpose, indices: &[u64]) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(key(seed, purpose, indices))
}

/// A smooth random function of time with mean 0 and standard deviation 1.
///
/// A cubic B-spline over independent normal values at equidistant knots: twice continuously differentiable, and its
/// derivative has the standard deviation 1.18 / knot distance.
#[derive(Clone, Copy, Debug)]
pub(super) struct SmoothNoise {
    key: u64,
    knots_per_second: f64,
}

impl SmoothNoise {
    /// The function number `index` of a seed, whose knots are `knot_secs` apart.
    pub(super) fn new(seed: u64, index: u64, knot_secs: f64) -> Self {
        Self { key: key(seed, Purpose::Joint, &[index]), knots_per_second: 1.0 / knot_secs }
    }

    /// Its value at a time.
    pub(super) fn at(&self, time_secs: f64) -> f64 {
        /// One over the root of the mean of the sum of squared B-spline weights, 151/315.
        const TO_UNIT_VARIANCE: f64 = 1.444_339;
        let place = time_secs * self.knots_per_second;
        let knot = place.floor();
        let x = place - knot;
        let (x2, x3) = (x * x, x * x * x);
        let weights = [
            (1.0 - 3.0 * x + 3.0 * x2 - x3) / 6.0,
            (4.0 - 6.0 * x2 + 3.0 * x3) / 6.0,
            (1.0 + 3.0 * x + 3.0 * x2 - 3.0 * x3) / 6.0,
            x3 / 6.0,
        ];
        let first = knot as i64 - 1;
        let sum: f64 = (0..4).map(|offset| weights[offset] * self.knot_value(first + offset as i64)).sum();
        sum * TO_UNIT_VARIANCE
    }

    /// A nearly normal value: the sum of four uniform ones, scaled to variance 1.
    fn knot_value(&self, knot: i64) -> f64 {
        const TO_UNIT_VARIANCE: f64 = 1.732_050_8;
        let bits = mix(self.key ^ mix(knot as u64));
        let uniform = |shift: u32| ((bits >> shift) & 0xffff) as f64 / 65536.0 - 0.499_992_4;
        (uniform(0) + uniform(16) + uniform(32) + uniform(48)) * TO_UNIT_VARIANCE
    }
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;

    #[test]
    fn streams_depend_on_seed_purpose_and_place() {
        let first = |seed, purpose, indices: &[u64]| stream(seed, purpose, indices).random::<u64>();
        let reference = first(1, Purpose::Rig, &[2, 3]);
        assert_eq!(reference, first(1, Purpose::Rig, &[2, 3]));
        assert_ne!(reference, first(2, Purpose::Rig, &[2, 3]));
        assert_ne!(reference, first(1, Purpose::Strays, &[2, 3]));
        assert_ne!(reference, first(1, Purpose::Rig, &[3, 2]));
    }

    #[test]
    fn smooth_noise_has_unit_variance_and_the_stated_slope() {
        let noise = SmoothNoise::new(5, 0, 0.1);
        let step = 0.001;
        let values: Vec<f64> = (0..200_000).map(|index| noise.at(f64::from(index) * step)).collect();
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
        let slope = values.windows(2).map(|pair| ((pair[1] - pair[0]) / step).powi(2)).sum::<f64>() / count;
        assert!(mean.abs() < 0.1, "mean {mean}");
        assert!((variance - 1.0).abs() < 0.15, "variance {variance}");
        assert!((slope.sqrt() - 11.8).abs() < 1.2, "slope {}", slope.sqrt());
    }
}
