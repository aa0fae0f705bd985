//! Pictures of known spots for tests.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};

use super::fit::Spot;
use crate::recording::frame::{GrayFrame, GrayPixels};

/// A picture to draw.
#[derive(Clone, Debug)]
pub(super) struct Picture {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Grey level of the background.
    pub(super) level: f64,
    /// Standard deviation of a pixel's noise.
    pub(super) noise: f64,
    pub(super) spots: Vec<Spot>,
    pub(super) seed: u64,
}

impl Picture {
    /// A dark picture, 640×480.
    pub(super) fn dark(spots: Vec<Spot>) -> Self {
        Self { width: 640, height: 480, level: 12.0, noise: 1.5, spots, seed: 7 }
    }

    fn levels(&self, scale: f64, highest: f64) -> Vec<f64> {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        let normal = Normal::new(0.0, self.noise).expect("the noise of a test picture is not negative");
        let mut levels = Vec::with_capacity((self.width * self.height) as usize);
        for y in 0..self.height {
            for x in 0..self.width {
                let spots: f64 = self.spots.iter().map(|spot| spot.at(f64::from(x), f64::from(y))).sum();
                let value = self.level + spots + normal.sample(&mut random);
                levels.push((value * scale).round().clamp(0.0, highest));
            }
        }
        levels
    }

    /// Drawn in 8 bits.
    pub(super) fn in_8_bit(&self) -> GrayFrame {
        let levels = self.levels(1.0, 255.0).into_iter().map(|level| level as u8).collect();
        GrayFrame { width: self.width, height: self.height, pixels: GrayPixels::U8(levels) }
    }

    /// Drawn in 16 bits, 160 times as bright.
    pub(super) fn in_16_bit(&self) -> GrayFrame {
        let levels = self.levels(160.0, 65535.0).into_iter().map(|level| level as u16).collect();
        GrayFrame { width: self.width, height: self.height, pixels: GrayPixels::U16(levels) }
    }
}

/// A spot.
pub(super) fn spot(x: f64, y: f64, peak: f64, sigma: f64) -> Spot {
    Spot { x, y, peak, sigma }
}
