//! How many pixels have each grey level, of one picture or of several.

use super::frame::{GrayFrame, GrayPixels};

/// Counts of grey levels, 0 to 65,535.
#[derive(Clone, Debug)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

impl Histogram {
    /// Counts the pixels of all these pictures.
    pub fn of<'a>(frames: impl IntoIterator<Item = &'a GrayFrame>) -> Self {
        let mut counts = vec![0u64; 1 << 16];
        for frame in frames {
            match &frame.pixels {
                GrayPixels::U8(levels) => levels.iter().for_each(|level| counts[usize::from(*level)] += 1),
                GrayPixels::U16(levels) => levels.iter().for_each(|level| counts[usize::from(*level)] += 1),
            }
        }
        let total = counts.iter().sum();
        Self { counts, total }
    }

    /// Whether there was no pixel.
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// The level that this share of the pixels, 0 to less than 1, lies below; 0 without pixels.
    pub fn level_above(&self, share: f64) -> f32 {
        let wanted = (self.total as f64 * share) as u64;
        let mut below = 0;
        let is_reached = |count: &u64| {
            below += *count;
            below > wanted
        };
        self.counts.iter().position(is_reached).unwrap_or(0) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_the_pixels_lie_below() {
        let narrow = GrayFrame { width: 4, height: 1, pixels: GrayPixels::U8(vec![3, 3, 5, 9]) };
        let deep = GrayFrame { width: 1, height: 1, pixels: GrayPixels::U16(vec![60_000]) };
        let both = Histogram::of([&narrow, &deep]);
        assert_eq!([0.0, 0.39, 0.41, 0.61, 0.81].map(|share| both.level_above(share)), [3.0, 3.0, 5.0, 9.0, 60_000.0]);
        let none = Histogram::of([]);
        assert!(none.is_empty() && !both.is_empty());
        assert_eq!(none.level_above(0.5), 0.0);
    }
}
