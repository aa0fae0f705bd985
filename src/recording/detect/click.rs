//! A dot where a person clicked: the spot nearest to the click, fitted as the detector fits, or the click itself.
//!
//! Whoever clicks has seen something, so a spot counts here that is too low for the detector, or of another size.

use super::background::Background;
use super::candidates::Search;
use super::config::DetectConfig;
use super::error::DetectError;
use super::noise::median;
use super::refine::{USUAL_WIDTH, refine};
use super::trace::Trace;
use crate::model::Point2;
use crate::recording::frame::GrayFrame;

/// A click this near to a spot means the spot, px at 1024 px image width: as near as an imported point has to be.
pub const SNAP_PX: f64 = 6.0;

/// Thresholds are divided by this: a spot of a third of the usual height, about two deviations of the filtered noise, is
/// no dot for a machine and one for a person who points at it.
const EXTRA_SENSITIVITY: f64 = 3.0;

/// What stands where a person clicked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClickedSpot {
    /// The fitted centre of the spot, or the click.
    pub point_in_image: Point2,
    /// Standard deviation of the spot, px; without a spot, that of a usual dot.
    pub sigma_px: f32,
    /// Height of the spot above its surroundings, grey levels; without a spot, that of the picture at the click.
    pub peak: f32,
    /// The height over the noise of a pixel around it.
    pub snr: f32,
    /// Whether there is a spot.
    pub is_snapped: bool,
}

/// Finds the spot that a click means: the nearest one within 6 px at 1024 px width. Without any, the click is kept and what
/// stands there is measured.
///
/// # Errors
/// When the picture's buffer does not fit its size, or the background is of another size than the picture.
pub fn refine_click(
    fluorescence: &GrayFrame,
    background: Option<&Background>,
    click_in_image: Point2,
    config: &DetectConfig,
) -> Result<ClickedSpot, DetectError> {
    let config = DetectConfig {
        sensitivity: config.sensitivity * EXTRA_SENSITIVITY,
        smallest_sigma_px: None,
        largest_sigma_px: None,
        ..config.clone()
    };
    let search = Search::new(fluorescence, background, &config)?;
    let reach_px = SNAP_PX * f64::from(fluorescence.width) / 1024.0;
    let distance = |x: f64, y: f64| (Point2::new(x, y) - click_in_image).norm();
    // Neighbours are fitted too, so that the flank of a bright dot is not taken for the spot.
    let mut candidates = search.candidates(&mut Trace::off());
    candidates.keep(|x, y| distance(x, y) < reach_px + 2.0 * search.scales.wide_px);
    let found = refine(&search, &candidates, &mut Trace::off());
    let nearest = found
        .iter()
        .map(|found| (distance(found.spot.x, found.spot.y), found))
        .filter(|(distance, _)| *distance <= reach_px)
        .min_by(|a, b| a.0.total_cmp(&b.0));
    Ok(match nearest {
        Some((_, found)) => ClickedSpot {
            point_in_image: Point2::new(found.spot.x, found.spot.y),
            sigma_px: found.spot.sigma as f32,
            peak: found.spot.peak as f32,
            snr: found.snr as f32,
            is_snapped: true,
        },
        None => search.measured_at(click_in_image),
    })
}

impl Search<'_> {
    /// What stands at a place that is no spot: the median over the core of a usual dot, above the wide blur.
    fn measured_at(&self, point_in_image: Point2) -> ClickedSpot {
        let sigma = USUAL_WIDTH * self.scales.narrow_px;
        let span = |centre: f64, count: u32| {
            let last = f64::from(count.saturating_sub(1));
            let first = (centre - sigma).ceil().clamp(0.0, last) as usize;
            first..(centre + sigma).floor().clamp(0.0, last) as usize + 1
        };
        let mut heights = Vec::new();
        for y in span(point_in_image.y, self.frame.height) {
            for x in span(point_in_image.x, self.frame.width) {
                let place = Point2::new(x as f64, y as f64);
                if (place - point_in_image).norm() <= sigma && self.frame.width > 0 && self.frame.height > 0 {
                    let (mx, my) = (self.merged_from_picture(place.x), self.merged_from_picture(place.y));
                    heights.push(self.level(x, y) - self.filtered.surroundings.sample(mx, my));
                }
            }
        }
        let peak = median(&mut heights).unwrap_or(0.0).max(0.0);
        let (sigma_px, snr) = (sigma as f32, peak / self.pixel_noise.max(f32::MIN_POSITIVE));
        ClickedSpot { point_in_image, sigma_px, peak, snr, is_snapped: false }
    }
}

#[cfg(test)]
mod tests {
    use super::super::synthetic::{Picture, spot};
    use super::*;
    use crate::recording::frame::GrayPixels;

    fn click(picture: &GrayFrame, x: f64, y: f64) -> ClickedSpot {
        refine_click(picture, None, Point2::new(x, y), &DetectConfig::default()).unwrap()
    }

    #[test]
    fn a_click_beside_a_spot_means_its_centre() {
        // 6 px at 1024 px are 3.75 px here.
        let picture = Picture::dark(vec![spot(300.3, 200.6, 80.0, 1.8)]).in_8_bit();
        for (dx, dy) in [(0.0, 0.0), (3.0, 0.0), (-2.0, 2.0), (0.0, -3.0)] {
            let found = click(&picture, 300.3 + dx, 200.6 + dy);
            assert!(found.is_snapped);
            assert!((found.point_in_image - Point2::new(300.3, 200.6)).norm() < 0.15, "{found:?}");
            assert!((found.sigma_px - 1.8).abs() < 0.2 && (found.peak - 80.0).abs() < 8.0 && found.snr > 20.0);
        }
        let far = click(&picture, 306.0, 200.6);
        assert!(!far.is_snapped && far.point_in_image == Point2::new(306.0, 200.6), "{far:?}");
    }

    #[test]
    fn a_spot_that_is_too_faint_for_the_detector_can_be_pointed_at() {
        let picture = Picture::dark(vec![spot(300.3, 200.6, 3.5, 1.8)]).in_8_bit();
        let detected = super::super::find_centroids(&picture, None, None, &DetectConfig::default()).unwrap();
        assert_eq!(detected, Vec::new());
        let found = click(&picture, 302.0, 199.0);
        assert!(found.is_snapped && (found.point_in_image - Point2::new(300.3, 200.6)).norm() < 0.8, "{found:?}");
    }

    #[test]
    fn of_two_spots_the_nearer_one_is_meant() {
        let picture = Picture::dark(vec![spot(300.0, 200.0, 150.0, 1.8), spot(305.0, 200.0, 40.0, 1.8)]).in_8_bit();
        let found = click(&picture, 304.0, 200.5);
        assert!((found.point_in_image - Point2::new(305.0, 200.0)).norm() < 0.4, "{found:?}");
    }

    #[test]
    fn where_there_is_nothing_the_click_stays() {
        let picture = Picture { noise: 0.0, ..Picture::dark(Vec::new()) }.in_8_bit();
        let found = click(&picture, 100.25, 50.75);
        assert!(!found.is_snapped && found.point_in_image == Point2::new(100.25, 50.75));
        assert!(found.peak < 0.5 && found.snr.is_finite() && found.sigma_px > 1.0, "{found:?}");
        for (x, y) in [(-50.0, 10.0), (1e9, 1e9)] {
            assert!(!click(&picture, x, y).is_snapped);
        }
        let empty = GrayFrame { width: 0, height: 0, pixels: GrayPixels::U8(Vec::new()) };
        assert!(!click(&empty, 3.0, 3.0).is_snapped);
    }
}
