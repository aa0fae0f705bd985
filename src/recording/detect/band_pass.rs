//! The detector's filter as a picture: what of a fluorescence picture is as small as a dot.
//!
//! For looking at only: the detector itself works on its own planes, with the background subtracted. It shares the filter and
//! the lengths, so that what lights up is what the detector sees.

use super::config::DetectConfig;
use super::filter::difference_of_gaussians;
use super::plane::Plane;
use crate::recording::frame::GrayFrame;

/// A picture filtered by the detector's difference of Gaussians.
#[derive(Clone, Debug, PartialEq)]
pub struct BandPass {
    /// Values across.
    pub width: usize,
    /// Values down.
    pub height: usize,
    /// Narrow minus wide blur in grey levels of the picture, row by row; below zero beside bright things.
    pub response: Vec<f32>,
}

/// Filters a picture, or a part of one, with `bin` × `bin` pixels merged into one value (1 keeps all). Values of `part` may
/// stand for `value_px` × `value_px` pixels already, of which `bin` is a multiple.
///
/// `image_width_px` is the width of the whole picture, with which the filter's lengths scale. A part should reach three wide
/// deviations ([`reach_px`]) beyond what is wanted of it: beyond its border its outermost pixels are repeated.
pub fn band_pass(
    part: &GrayFrame,
    value_px: usize,
    image_width_px: u32,
    bin: usize,
    config: &DetectConfig,
) -> BandPass {
    let scales = config.scales(image_width_px);
    let bin = bin.max(1);
    let plane = Plane::from_frame(part, (bin / value_px.max(1)).max(1));
    let filtered = difference_of_gaussians(&plane, scales.narrow_px, scales.wide_px, bin);
    let Plane { width, height, data } = filtered.response;
    BandPass { width, height, response: data }
}

/// How far around a pixel the filter looks, px of a picture of this width.
pub fn reach_px(image_width_px: u32, config: &DetectConfig) -> u32 {
    (3.0 * config.scales(image_width_px).wide_px).ceil() as u32
}

#[cfg(test)]
mod tests {
    use super::super::synthetic::{Picture, spot};
    use super::*;

    #[test]
    fn dots_light_up_at_their_place_and_the_level_does_not_count() {
        let config = DetectConfig::default();
        let picture = Picture { noise: 0.5, ..Picture::dark(vec![spot(200.0, 120.0, 90.0, 2.0)]) };
        for bin in [1, 2] {
            let found = band_pass(&picture.in_8_bit(), 1, 640, bin, &config);
            let brightest = (0..found.response.len()).max_by(|a, b| found.response[*a].total_cmp(&found.response[*b]));
            let index = brightest.unwrap();
            let (x, y) = (index % found.width * bin, index / found.width * bin);
            assert!(x.abs_diff(200) <= bin && y.abs_diff(120) <= bin, "{x}, {y}");
            let mean = found.response.iter().sum::<f32>() / found.response.len() as f32;
            assert!(mean.abs() < 0.5, "{mean}");
        }
    }
}
