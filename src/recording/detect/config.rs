//! The detector's settings. Lengths are given at 2048 px image width and scaled with the width, so that one setting
//! serves cameras of different resolution.

/// Image width at which the lengths of [`DetectConfig`] are given.
pub const REFERENCE_WIDTH_PX: f64 = 2048.0;

/// Settings of masks, crops and centroids.
#[derive(Clone, Debug, PartialEq)]
pub struct DetectConfig {
    /// Standard deviation of the narrow Gaussian, px at 2048 px width: 3, about that of a quantum dot seen through skin
    /// (spots are 2 to 5 px there).
    pub narrow_sigma_px: f64,
    /// Smallest narrow Gaussian of any image, px: 1; below it the filter follows single noisy pixels.
    pub narrow_sigma_min_px: f64,
    /// Standard deviation of the wide Gaussian, px at 2048 px width: 20, wider than any dot and narrower than the glow of
    /// the body.
    pub wide_sigma_px: f64,
    /// Smallest wide Gaussian of any image, px: 6, six times the smallest narrow one.
    pub wide_sigma_min_px: f64,
    /// Expected false spots per full image of pure noise: 0.01. Together with the image size it sets the threshold
    /// (about 5.6 standard deviations of the filtered noise at 2048×1400).
    pub false_alarms_per_image: f64,
    /// Least height of a spot in the filtered image, steps of the image's quantisation: 3, which is a dot of six grey
    /// levels. It holds where the background is so flat that its deviation is zero, and keeps out compression
    /// rubble: 2, 3 and 4 steps find the same dots of the simulated recordings, with 1.5, 1.0 and 0.8 false spots per view.
    pub floor_steps: f64,
    /// Least height of a spot over the robust deviation of the filtered image around it: 7. It rejects the rubble that video
    /// compression leaves in and behind a moving animal; 9 loses dots of the simulated recordings, 5 doubles the false
    /// spots.
    pub local_contrast: f64,
    /// Most spots of one view: 200; a dozen are expected, and more is an image that is no fluorescence.
    pub max_centroids: usize,
    /// Height of a row of the reading order, px at 2048 px width: 24. Spots whose heights differ by less stand in one row.
    pub row_px: f64,
    /// Padding of the crop, px: 16, on each side.
    pub crop_padding_px: f64,
    /// Padding of the crop as a share of the box's side, on each side: 0.05.
    pub crop_padding_share: f64,
    /// Pictures sampled for the backgrounds: 24, which brings the noise of a median to a quarter of one picture's.
    pub background_samples: u32,
    /// Least number of sampled pictures in which the animal was elsewhere, for a pixel's background to be known: 4.
    pub background_min_samples: usize,
    /// Low percentile of the fluorescence background over those pictures: 0.25, below the median so that a dot that
    /// strayed out of the mask now and then is not taken for background.
    pub background_percentile: f64,
}

impl Default for DetectConfig {
    fn default() -> Self {
        Self {
            narrow_sigma_px: 3.0,
            narrow_sigma_min_px: 1.0,
            wide_sigma_px: 20.0,
            wide_sigma_min_px: 6.0,
            false_alarms_per_image: 0.01,
            floor_steps: 3.0,
            local_contrast: 7.0,
            max_centroids: 200,
            row_px: 24.0,
            crop_padding_px: 16.0,
            crop_padding_share: 0.05,
            background_samples: 24,
            background_min_samples: 4,
            background_percentile: 0.25,
        }
    }
}

/// A [`DetectConfig`] at one image width, in that image's pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scales {
    /// Standard deviation of the narrow Gaussian, px.
    pub narrow_px: f64,
    /// Standard deviation of the wide Gaussian, px.
    pub wide_px: f64,
    /// Side of the square of pixels that the detector merges into one, a power of two.
    pub bin: usize,
    /// Height of a row of the reading order, px.
    pub row_px: f64,
}

/// Narrow sigma, in merged pixels, that merging must leave: below it the filter's response depends on where in the
/// merged pixel a spot stands.
const LEAST_MERGED_SIGMA: f64 = 1.3;

impl DetectConfig {
    /// The lengths at an image width.
    pub fn scales(&self, width_px: u32) -> Scales {
        let scale = f64::from(width_px.max(1)) / REFERENCE_WIDTH_PX;
        let narrow_px = (self.narrow_sigma_px * scale).max(self.narrow_sigma_min_px).max(0.5);
        let wide_px = (self.wide_sigma_px * scale).max(self.wide_sigma_min_px).max(2.0 * narrow_px);
        let mut bin = 1;
        while bin < 4 && narrow_px >= LEAST_MERGED_SIGMA * (2 * bin) as f64 {
            bin *= 2;
        }
        Scales { narrow_px, wide_px, bin, row_px: (self.row_px * scale).max(1.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_follow_the_width() {
        let config = DetectConfig::default();
        let full = config.scales(2048);
        assert_eq!((full.narrow_px, full.wide_px, full.bin), (3.0, 20.0, 2));
        let half = config.scales(1024);
        assert_eq!((half.narrow_px, half.wide_px, half.bin), (1.5, 10.0, 1));
        let small = config.scales(300);
        assert_eq!((small.narrow_px, small.wide_px, small.bin), (1.0, 6.0, 1));
        assert_eq!(config.scales(0).bin, 1);
    }
}
