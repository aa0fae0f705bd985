//! A measurement over a window of frames around one: mean, median, standard deviation, least and most of what is known.

/// What a window gives, in order.
pub(super) const STATISTICS: [&str; 5] = ["mean", "median", "sd", "min", "max"];

/// A window of an odd number of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    reach: usize,
}

impl Window {
    /// The window of about so many frames, three at least.
    pub(super) fn of(frames: usize) -> Self {
        Self { reach: (frames / 2).max(1) }
    }

    /// Frames on either side.
    pub(super) fn reach(&self) -> usize {
        self.reach
    }

    /// Frames in all.
    pub(super) fn frames(&self) -> usize {
        2 * self.reach + 1
    }

    /// The statistics around `at` of `count` values; NaN where none is known.
    pub(super) fn statistics(&self, at: usize, count: usize, value: impl Fn(usize) -> f32) -> [f32; 5] {
        let mut known: Vec<f32> = Vec::with_capacity(self.frames());
        let window = at.saturating_sub(self.reach)..(at + self.reach + 1).min(count);
        known.extend(window.map(value).filter(|value| value.is_finite()));
        if known.is_empty() {
            return [f32::NAN; 5];
        }
        let mean = known.iter().sum::<f32>() / known.len() as f32;
        let variance = known.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / known.len() as f32;
        known.sort_unstable_by(f32::total_cmp);
        [mean, known[known.len() / 2], variance.sqrt(), known[0], known[known.len() - 1]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_are_of_what_is_known_in_the_window() {
        let values = [9.0, 1.0, f32::NAN, 3.0, 5.0, 100.0];
        let window = Window::of(5);
        let found = window.statistics(2, values.len(), |at| values[at]);
        assert_eq!(found[..2], [4.5, 5.0]);
        assert!((found[2] - 8.75_f32.sqrt()).abs() < 1e-5, "{}", found[2]);
        assert_eq!(found[3..], [1.0, 9.0]);
        let edge = window.statistics(5, values.len(), |at| values[at]);
        assert_eq!(edge[3..], [3.0, 100.0]);
        assert!(Window::of(1).statistics(2, 3, |_| f32::NAN)[0].is_nan());
    }
}
