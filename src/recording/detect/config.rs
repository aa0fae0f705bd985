//! The detector's settings. Lengths are given at 2048 px image width and scaled with the width, so that one setting
//! serves cameras of different resolution.
//!
//! A person tunes five of them: sensitivity, spot size, smallest and largest spot, and whether the crop restricts the dots.
//! What a camera's pictures hold apart from the animal is learnt without those five ([`DetectConfig::for_backgrounds`]), so
//! that a change of them is seen at once and learns nothing anew.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Image width at which the lengths of [`DetectConfig`] are given.
pub const REFERENCE_WIDTH_PX: f64 = 2048.0;

/// Settings of masks, crops and centroids. Its keys are those of the project file; a key that is missing there has its
/// default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DetectConfig {
    /// How readily something is taken for a dot: 1; every threshold is divided by it, so 2 finds dots half as high.
    pub sensitivity: f64,
    /// Standard deviation of the narrow Gaussian, px at 2048 px width: 3, about that of a quantum dot seen through skin
    /// (spots are 2 to 5 px there).
    pub narrow_sigma_px: f64,
    /// Least standard deviation of a dot, px at 2048 px width; none by default: the fit has limits of its own.
    pub smallest_sigma_px: Option<f64>,
    /// Largest standard deviation of a dot, px at 2048 px width; none by default: the fit drops what is wider than 0.7 of
    /// the wide Gaussian.
    pub largest_sigma_px: Option<f64>,
    /// Whether only dots inside the animal's crop count: yes.
    pub dots_within_crop: bool,
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
            sensitivity: 1.0,
            narrow_sigma_px: 3.0,
            smallest_sigma_px: None,
            largest_sigma_px: None,
            dots_within_crop: true,
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
    /// Least standard deviation of a dot, px.
    pub smallest_px: Option<f64>,
    /// Largest standard deviation of a dot, px.
    pub largest_px: Option<f64>,
}

/// Narrow sigma, in merged pixels, that merging must leave: below it the filter's response depends on where in the
/// merged pixel a spot stands.
const LEAST_MERGED_SIGMA: f64 = 1.3;

/// A setting that the detector cannot work with.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum ConfigError {
    /// A value outside its range.
    #[error("the detector's {field} is {value}; it must be from {least} to {most}")]
    OutOfRange {
        /// The setting, as in the project file.
        field: &'static str,
        /// Its value.
        value: f64,
        /// The least value allowed.
        least: f64,
        /// The largest value allowed.
        most: f64,
    },
    /// No size is left for a dot.
    #[error(
        "the detector's smallest_sigma_px is {smallest} and its largest_sigma_px is {largest}; the smallest must be below the \
         largest"
    )]
    NoSize {
        /// Least standard deviation of a dot, px.
        smallest: f64,
        /// Largest one, px.
        largest: f64,
    },
}

impl DetectConfig {
    /// Range of [`DetectConfig::sensitivity`]: beyond, noise is found by the hundred and takes
    /// seconds to fit.
    pub const SENSITIVITY_RANGE: [f64; 2] = [0.2, 2.0];
    /// Range of [`DetectConfig::narrow_sigma_px`].
    pub const NARROW_SIGMA_RANGE_PX: [f64; 2] = [0.5, 12.0];
    /// Range of [`DetectConfig::smallest_sigma_px`] and [`DetectConfig::largest_sigma_px`].
    pub const SPOT_SIGMA_RANGE_PX: [f64; 2] = [0.0, 40.0];

    /// Refuses values that the detector cannot work with.
    ///
    /// # Errors
    /// Names the first such field, its value and what is allowed.
    pub fn check(&self) -> Result<(), ConfigError> {
        let spot = |size: Option<f64>| size.unwrap_or(Self::SPOT_SIGMA_RANGE_PX[0]);
        let ranges = [
            ("sensitivity", self.sensitivity, Self::SENSITIVITY_RANGE),
            ("narrow_sigma_px", self.narrow_sigma_px, Self::NARROW_SIGMA_RANGE_PX),
            ("smallest_sigma_px", spot(self.smallest_sigma_px), Self::SPOT_SIGMA_RANGE_PX),
            ("largest_sigma_px", spot(self.largest_sigma_px), Self::SPOT_SIGMA_RANGE_PX),
            ("narrow_sigma_min_px", self.narrow_sigma_min_px, [0.5, 12.0]),
            ("wide_sigma_px", self.wide_sigma_px, [2.0, 200.0]),
            ("wide_sigma_min_px", self.wide_sigma_min_px, [1.0, 100.0]),
            ("false_alarms_per_image", self.false_alarms_per_image, [1e-9, 1e3]),
            ("floor_steps", self.floor_steps, [0.0, 1e3]),
            ("local_contrast", self.local_contrast, [0.0, 1e3]),
            ("max_centroids", self.max_centroids as f64, [1.0, f64::from(u16::MAX)]),
            ("row_px", self.row_px, [1.0, 500.0]),
            ("crop_padding_px", self.crop_padding_px, [0.0, 1e3]),
            ("crop_padding_share", self.crop_padding_share, [0.0, 2.0]),
            ("background_samples", f64::from(self.background_samples), [1.0, 200.0]),
            ("background_min_samples", self.background_min_samples as f64, [1.0, 200.0]),
            ("background_percentile", self.background_percentile, [0.0, 1.0]),
        ];
        for (field, value, [least, most]) in ranges {
            if !(least..=most).contains(&value) {
                return Err(ConfigError::OutOfRange { field, value, least, most });
            }
        }
        match (self.smallest_sigma_px, self.largest_sigma_px) {
            (Some(smallest), Some(largest)) if smallest >= largest => Err(ConfigError::NoSize { smallest, largest }),
            _ => Ok(()),
        }
    }

    /// The settings that backgrounds are learnt with: these, with what a person tunes at its default.
    #[must_use]
    pub fn for_backgrounds(&self) -> Self {
        let Self { sensitivity, narrow_sigma_px, smallest_sigma_px, largest_sigma_px, dots_within_crop, .. } =
            Self::default();
        Self { sensitivity, narrow_sigma_px, smallest_sigma_px, largest_sigma_px, dots_within_crop, ..self.clone() }
    }

    /// [`DetectConfig::local_contrast`] at this sensitivity.
    pub(super) fn least_contrast(&self) -> f32 {
        (self.local_contrast / self.sensitivity) as f32
    }

    /// The lengths at an image width.
    pub fn scales(&self, width_px: u32) -> Scales {
        let scale = f64::from(width_px.max(1)) / REFERENCE_WIDTH_PX;
        let narrow_px = (self.narrow_sigma_px * scale).max(self.narrow_sigma_min_px).max(0.5);
        let wide_px = (self.wide_sigma_px * scale).max(self.wide_sigma_min_px).max(2.0 * narrow_px);
        let mut bin = 1;
        while bin < 4 && narrow_px >= LEAST_MERGED_SIGMA * (2 * bin) as f64 {
            bin *= 2;
        }
        Scales {
            narrow_px,
            wide_px,
            bin,
            row_px: (self.row_px * scale).max(1.0),
            smallest_px: self.smallest_sigma_px.map(|sigma| sigma * scale),
            largest_px: self.largest_sigma_px.map(|sigma| sigma * scale),
        }
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

    #[test]
    fn values_out_of_range_are_named() {
        assert_eq!(DetectConfig::default().check(), Ok(()));
        let loud = DetectConfig { sensitivity: 9.0, ..DetectConfig::default() };
        assert_eq!(loud.check().unwrap_err().to_string(), "the detector's sensitivity is 9; it must be from 0.2 to 2");
        for value in [f64::NAN, f64::INFINITY, -1.0] {
            let config = DetectConfig { largest_sigma_px: Some(value), ..DetectConfig::default() };
            assert!(
                matches!(config.check(), Err(ConfigError::OutOfRange { field: "largest_sigma_px", .. })),
                "{value}"
            );
        }
        let none_left =
            DetectConfig { smallest_sigma_px: Some(4.0), largest_sigma_px: Some(4.0), ..DetectConfig::default() };
        assert_eq!(none_left.check(), Err(ConfigError::NoSize { smallest: 4.0, largest: 4.0 }));
    }

    #[test]
    fn keys_that_are_missing_have_their_default_and_unknown_ones_are_refused() {
        let read = |text: &str| serde_json::from_str::<DetectConfig>(text);
        assert_eq!(read("{}").unwrap(), DetectConfig::default());
        let tuned = DetectConfig { sensitivity: 1.7, largest_sigma_px: Some(6.5), ..DetectConfig::default() };
        assert_eq!(read(r#"{"sensitivity": 1.7, "largest_sigma_px": 6.5}"#).unwrap(), tuned);
        assert_eq!(read(&serde_json::to_string(&tuned).unwrap()).unwrap(), tuned);
        assert_eq!(tuned.for_backgrounds(), DetectConfig::default());
        assert!(read(r#"{"sensitivty": 1.7}"#).is_err());
    }
}
