//! How a picture looks: which channels, and brightness, contrast and gamma by lookup tables.
//!
//! A look never changes what is stored or detected. Two looks are equal when their numbers are, bit by bit, so that a look can
//! be part of a key.

use std::hash::{Hash, Hasher};

/// Entries of a table for pictures of more than 8 bits: finer than what a screen shows at any contrast in use.
const FINE_ENTRIES: usize = 4096;

/// Which channels of a camera are shown, and how.
#[derive(Clone, Copy, Debug, Default)]
pub enum Mode {
    /// The animal.
    #[default]
    Reflectance,
    /// The dots, grey.
    Fluorescence,
    /// The band-passed dots in colours over the animal.
    Fused {
        /// The share of the colours, 0 to 1; the animal has the rest. The paper's figure has 0.85.
        mix: f32,
    },
}

impl Mode {
    /// The share of the colours that the paper shows.
    pub const FUSED_MIX: f32 = 0.85;

    fn bits(self) -> (u8, u32) {
        match self {
            Self::Reflectance => (0, 0),
            Self::Fluorescence => (1, 0),
            Self::Fused { mix } => (2, mix.to_bits()),
        }
    }
}

/// Mode and grey levels of a picture.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Which channels.
    pub mode: Mode,
    /// Added to all levels, as a share of the range from black to white: −1 to 1, neutral 0.
    pub brightness: f32,
    /// Levels are spread by this factor around middle grey, neutral 1.
    pub contrast: f32,
    /// Levels are raised to 1 / gamma after that: above 1 lightens the shadows, neutral 1.
    pub gamma: f32,
}

impl Default for Look {
    /// Reflectance as it is stored.
    fn default() -> Self {
        Self { mode: Mode::Reflectance, brightness: 0.0, contrast: 1.0, gamma: 1.0 }
    }
}

impl Look {
    fn bits(&self) -> ((u8, u32), [u32; 3]) {
        (self.mode.bits(), [self.brightness, self.contrast, self.gamma].map(f32::to_bits))
    }

    /// What becomes of a level from 0 (black) to 1 (white).
    fn shown(&self, level: f32) -> f32 {
        let spread = (level - 0.5) * self.contrast + 0.5 + self.brightness;
        let clamped = spread.clamp(0.0, 1.0);
        let neutral = self.gamma == 1.0 || !(self.gamma.is_finite() && self.gamma > 0.0);
        if neutral { clamped } else { clamped.powf(1.0 / self.gamma) }
    }
}

impl PartialEq for Look {
    fn eq(&self, other: &Self) -> bool {
        self.bits() == other.bits()
    }
}

impl Eq for Look {}

impl Hash for Look {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bits().hash(state);
    }
}

/// Grey levels that black and white stand for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Range {
    pub(super) black: f32,
    pub(super) white: f32,
}

impl Range {
    /// Pictures of 8 bits are shown as they are.
    pub(super) const EIGHT_BIT: Self = Self { black: 0.0, white: 255.0 };

    /// Levels from black to white.
    pub(super) fn span(self) -> f32 {
        (self.white - self.black).max(1.0)
    }
}

/// A lookup table from grey levels to what the screen shows, 0 to 255.
pub(super) struct Lut {
    shown: Vec<u8>,
    black: f32,
    entries_per_level: f32,
}

impl Lut {
    /// The table of a look; for [`Range::EIGHT_BIT`] one entry per level.
    pub(super) fn new(look: &Look, range: Range) -> Self {
        let entries = if range == Range::EIGHT_BIT { 256 } else { FINE_ENTRIES };
        let last = (entries - 1) as f32;
        let shown = (0..entries).map(|entry| (look.shown(entry as f32 / last) * 255.0 + 0.5) as u8).collect();
        Self { shown, black: range.black, entries_per_level: last / (range.white - range.black).max(1e-6) }
    }

    /// The same table for a share of the light.
    pub(super) fn scaled(mut self, share: f32) -> Self {
        for shown in &mut self.shown {
            *shown = (f32::from(*shown) * share) as u8;
        }
        self
    }

    /// What a level becomes.
    pub(super) fn at(&self, level: f32) -> u8 {
        let entry = ((level - self.black) * self.entries_per_level + 0.5) as usize;
        self.shown.get(entry).or(self.shown.last()).copied().unwrap_or(0)
    }
}

/// The colour map turbo, as red, green and blue from 0 to 255 for 256 steps.
///
/// Polynomials of degree 5 fitted to it by its author: A. Mikhailov, "Turbo, an improved rainbow colormap for visualization",
/// Google AI Blog, 2019 (Apache-2.0).
pub(super) fn turbo() -> [[u8; 3]; 256] {
    const RED: [f32; 6] = [0.135_721_38, 4.615_392_6, -42.660_324, 132.131_08, -152.942_4, 59.286_38];
    const GREEN: [f32; 6] = [0.091_402_61, 2.194_188_4, 4.842_966_6, -14.185_033, 4.277_298_6, 2.829_566];
    const BLUE: [f32; 6] = [0.106_673_3, 12.641_946, -60.582_048, 110.362_77, -89.903_11, 27.348_25];
    let value = |factors: &[f32; 6], x: f32| factors.iter().rev().fold(0.0, |sum, factor| sum * x + factor);
    std::array::from_fn(|step| {
        let x = step as f32 / 255.0;
        [RED, GREEN, BLUE].map(|factors| (value(&factors, x).clamp(0.0, 1.0) * 255.0 + 0.5) as u8)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neutral_looks_keep_8_bit_levels() {
        let lut = Lut::new(&Look::default(), Range::EIGHT_BIT);
        for level in 0..=255u8 {
            assert_eq!(lut.at(f32::from(level)), level);
        }
        assert_eq!((lut.at(-9.0), lut.at(900.0)), (0, 255));
    }

    #[test]
    fn a_range_is_spread_over_the_screen() {
        let lut = Lut::new(&Look::default(), Range { black: 1000.0, white: 3000.0 });
        assert_eq!([500.0, 1000.0, 2001.0, 3000.0, 65535.0].map(|level| lut.at(level)), [0, 0, 128, 255, 255]);
    }

    #[test]
    fn brightness_contrast_and_gamma_do_what_they_say() {
        let at = |look: Look, level: f32| Lut::new(&look, Range::EIGHT_BIT).at(level);
        assert_eq!(at(Look { brightness: 0.2, ..Look::default() }, 100.0), 151);
        assert_eq!(at(Look { contrast: 2.0, ..Look::default() }, 96.0), 65);
        assert_eq!(at(Look { gamma: 2.0, ..Look::default() }, 64.0), 128);
        assert_eq!(at(Look { gamma: 0.0, ..Look::default() }, 64.0), 64, "no gamma is none");
    }

    #[test]
    fn turbo_goes_from_blue_over_green_to_red() {
        let colours = turbo();
        let near = |step: usize, wanted: [u8; 3]| {
            let far = colours[step].iter().zip(wanted).map(|(a, b)| a.abs_diff(b)).max();
            assert!(far <= Some(32), "{step}: {:?}, not {wanted:?}", colours[step]);
        };
        // Of the table that the polynomials were fitted to; they are farthest from it at its dark ends.
        near(0, [48, 18, 59]);
        near(64, [40, 187, 235]);
        near(128, [164, 252, 60]);
        near(192, [251, 126, 33]);
        near(255, [122, 4, 3]);
    }
}
