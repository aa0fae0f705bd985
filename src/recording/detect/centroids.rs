//! Centroids: the dots of a fluorescence picture, their places to a fraction of a pixel (paper §2.1).
//!
//! Maxima of the difference of Gaussians above a threshold set by false alarms, then a joint fit of Gaussians at full
//! resolution, then a second look at what the fit left over: touching dots that were fitted as one are split, faint
//! dots beside bright ones are found. Results depend on the picture and the settings only, not on threads.
//!
//! Reading order: spots are taken from top to bottom; a spot within [`DetectConfig::row_px`] of the first of a row
//! stands in that row; rows are read from left to right. Numbers start at 1.

use super::background::Background;
use super::candidates::{Candidates, Search};
use super::config::DetectConfig;
use super::error::DetectError;
use super::refine::Found;
use super::refine::refine;
use super::trace::{Rejection, Trace};
use crate::model::{Centroid, CentroidNumber, CentroidOrigin, Crop, Point2};
use crate::recording::frame::GrayFrame;

/// Finds the dots of a fluorescence picture: places in pixels of the full picture, numbered in reading order from 1.
///
/// Where a crop is given, only dots inside it are reported; the noise is still that of the whole picture.
///
/// # Errors
/// When the picture's buffer does not fit its size, or the background is of another size than the picture.
pub fn find_centroids(
    fluorescence: &GrayFrame,
    background: Option<&Background>,
    crop: Option<Crop>,
    config: &DetectConfig,
) -> Result<Vec<Centroid>, DetectError> {
    let search = Search::new(fluorescence, background, config)?;
    let candidates = search.candidates(&mut Trace::off());
    Ok(centroids_of(&search, candidates, crop, &mut Trace::off()))
}

/// Fits the candidates inside a crop and numbers them.
pub(super) fn centroids_of(
    search: &Search<'_>,
    mut candidates: Candidates,
    crop: Option<Crop>,
    trace: &mut Trace,
) -> Vec<Centroid> {
    let (config, scales) = (search.config, &search.scales);
    if let Some(crop) = crop {
        // A candidate's place is good to about a pixel: those just outside may be fitted inside.
        let margin = 2.0 * scales.narrow_px;
        for spot in candidates.keep(|x, y| reaches(&crop, x, y, margin)) {
            search.note(trace, &spot, Rejection::OutsideCrop);
        }
    }
    let mut found = refine(search, &candidates, trace);
    let mut reject = |found: &mut Vec<Found>, reason: Rejection, is_wanted: &dyn Fn(&Found) -> bool| {
        for spot in found.extract_if(.., |found| !is_wanted(found)) {
            search.note_found(trace, &spot, reason);
        }
    };
    if let Some(crop) = crop {
        let is_inside = |found: &Found| crop.contains(Point2::new(found.spot.x, found.spot.y));
        reject(&mut found, Rejection::OutsideCrop, &is_inside);
    }
    if let Some(smallest) = scales.smallest_px {
        reject(&mut found, Rejection::TooSmall, &|found| found.spot.sigma >= smallest);
    }
    if let Some(largest) = scales.largest_px {
        reject(&mut found, Rejection::TooLarge, &|found| found.spot.sigma <= largest);
    }
    found.sort_by(|a, b| b.snr.total_cmp(&a.snr));
    let most = config.max_centroids.min(usize::from(u16::MAX)).min(found.len());
    for surplus in found.drain(most..) {
        search.note_found(trace, &surplus, Rejection::Surplus);
    }
    numbered(found, scales.row_px)
}

fn reaches(crop: &Crop, x: f64, y: f64, margin: f64) -> bool {
    let point = crop.crop_from_image(Point2::new(x, y));
    point.x >= -margin
        && point.y >= -margin
        && point.x < f64::from(crop.width) + margin
        && point.y < f64::from(crop.height) + margin
}

/// Sorts in reading order and numbers from 1.
fn numbered(mut found: Vec<Found>, row_px: f64) -> Vec<Centroid> {
    found.sort_by(|a, b| a.spot.y.total_cmp(&b.spot.y).then(a.spot.x.total_cmp(&b.spot.x)));
    let mut start = 0;
    while start < found.len() {
        let top = found[start].spot.y;
        let in_row = found[start..].iter().take_while(|found| found.spot.y - top < row_px).count();
        found[start..start + in_row].sort_by(|a, b| a.spot.x.total_cmp(&b.spot.x));
        start += in_row;
    }
    let centroid = |(index, found): (usize, Found)| Centroid {
        number: CentroidNumber(index as u16 + 1),
        point_in_image: Point2::new(found.spot.x, found.spot.y),
        sigma_px: found.spot.sigma as f32,
        peak: found.spot.peak as f32,
        snr: found.snr as f32,
        origin: CentroidOrigin::Detected,
    };
    found.into_iter().enumerate().map(centroid).collect()
}

#[cfg(test)]
mod tests {
    use super::super::synthetic::{Picture, spot};
    use super::*;
    use crate::recording::frame::GrayPixels;

    fn find(frame: &GrayFrame) -> Vec<Centroid> {
        find_centroids(frame, None, None, &DetectConfig::default()).unwrap()
    }

    fn distance(centroid: &Centroid, x: f64, y: f64) -> f64 {
        (centroid.point_in_image - Point2::new(x, y)).norm()
    }

    #[test]
    fn isolated_spots_are_found_without_bias_in_8_and_16_bit() {
        let mut offsets = Vec::new();
        for seed in 0..4u64 {
            let mut spots = Vec::new();
            for index in 0..20u32 {
                let (column, row) = (f64::from(index % 5), f64::from(index / 5));
                let shift = f64::from(index * 37 % 100 + seed as u32 * 11 % 100) / 100.0;
                spots.push(spot(70.0 + 110.0 * column + shift, 60.0 + 100.0 * row - shift, 40.0 + 5.0 * column, 1.6));
            }
            let picture = Picture { seed, ..Picture::dark(spots) };
            for frame in [picture.in_8_bit(), picture.in_16_bit()] {
                let found = find(&frame);
                assert_eq!(found.len(), 20);
                for (centroid, truth) in found.iter().zip(&picture.spots) {
                    let offset = centroid.point_in_image - Point2::new(truth.x, truth.y);
                    assert!(offset.norm() < 0.3, "{offset:?}");
                    assert!((centroid.sigma_px - 1.6).abs() < 0.25, "{}", centroid.sigma_px);
                    offsets.push(offset);
                }
            }
        }
        let count = offsets.len() as f64;
        let mean = offsets.iter().sum::<nalgebra::Vector2<f64>>() / count;
        let spread = (offsets.iter().map(|offset| offset.norm_squared()).sum::<f64>() / (2.0 * count)).sqrt();
        // The Cramér–Rao bound is √(2 / π) · noise / peak ≈ 0.024 px at these heights.
        assert!(mean.norm() < 0.01, "{mean:?}");
        assert!(spread < 0.035, "{spread}");
    }

    #[test]
    fn touching_spots_are_told_apart() {
        for separation in [1.5, 2.0, 2.5, 3.0] {
            for angle in [0.0f64, 0.7, 1.4, 2.2] {
                let sigma = 2.0;
                let (dx, dy) = (angle.cos() * separation * sigma / 2.0, angle.sin() * separation * sigma / 2.0);
                let pair = [(320.3 - dx, 240.6 - dy, 120.0), (320.3 + dx, 240.6 + dy, 90.0)];
                let spots = pair.iter().map(|(x, y, peak)| spot(*x, *y, *peak, sigma)).collect();
                let found = find(&Picture { noise: 1.0, ..Picture::dark(spots) }.in_8_bit());
                assert_eq!(found.len(), 2, "{separation} σ at {angle}");
                for (x, y, _) in pair {
                    let nearest = found.iter().map(|centroid| distance(centroid, x, y)).fold(f64::INFINITY, f64::min);
                    assert!(nearest < 0.25, "{separation} σ at {angle}: {nearest} px off");
                }
            }
        }
    }

    #[test]
    fn three_touching_spots_are_told_apart() {
        let triples = [
            [(300.0, 200.0, 100.0), (305.2, 200.5, 80.0), (310.4, 201.0, 120.0)],
            [(300.0, 200.0, 100.0), (305.4, 200.0, 90.0), (302.7, 204.7, 110.0)],
        ];
        for triple in triples {
            let spots = triple.iter().map(|(x, y, peak)| spot(*x, *y, *peak, 2.0)).collect();
            let found = find(&Picture { noise: 1.0, ..Picture::dark(spots) }.in_8_bit());
            assert_eq!(found.len(), 3, "{found:?}");
            for (x, y, _) in triple {
                assert!(found.iter().any(|centroid| distance(centroid, x, y) < 0.25), "({x}, {y}): {found:?}");
            }
        }
    }

    #[test]
    fn a_bright_single_spot_stays_single() {
        for seed in 0..8 {
            let picture = Picture { seed, ..Picture::dark(vec![spot(300.2, 200.7, 200.0, 2.2)]) };
            assert_eq!(find(&picture.in_8_bit()).len(), 1);
            assert_eq!(find(&picture.in_16_bit()).len(), 1);
        }
    }

    #[test]
    fn a_faint_spot_beside_a_bright_one_is_found() {
        let picture = Picture::dark(vec![spot(300.0, 200.0, 200.0, 2.0), spot(310.0, 203.0, 30.0, 2.0)]);
        let found = find(&picture.in_8_bit());
        assert_eq!(found.len(), 2);
        assert!(distance(&found[1], 310.0, 203.0) < 0.3, "{found:?}");
    }

    #[test]
    fn quantised_darkness_holds_no_spot() {
        for level in [0, 1] {
            let mut levels = vec![0u8; 640 * 480];
            // A few single steps are what a camera's dark picture is made of.
            for index in (0..levels.len()).step_by(1009) {
                levels[index] = level;
            }
            assert_eq!(find(&GrayFrame { width: 640, height: 480, pixels: GrayPixels::U8(levels) }), Vec::new());
        }
        let pure_noise = Picture { noise: 4.0, ..Picture::dark(Vec::new()) };
        assert_eq!(find(&pure_noise.in_8_bit()), Vec::new());
        assert_eq!(find(&pure_noise.in_16_bit()), Vec::new());
    }

    #[test]
    fn saturated_spots_keep_their_place() {
        let picture = Picture::dark(vec![spot(200.3, 150.8, 900.0, 2.5), spot(400.0, 300.5, 60.0, 2.0)]);
        let found = find(&picture.in_8_bit());
        assert_eq!(found.len(), 2);
        assert!(distance(&found[0], 200.3, 150.8) < 0.1, "{found:?}");
        assert!(found[0].peak > 400.0, "the height is that of the whole spot: {}", found[0].peak);
    }

    #[test]
    fn spots_at_the_border_are_found() {
        let places = [(0.4, 100.0), (639.0, 200.3), (300.0, 0.6), (320.2, 478.8), (1.0, 1.0)];
        let picture = Picture::dark(places.iter().map(|(x, y)| spot(*x, *y, 80.0, 1.8)).collect());
        let found = find(&picture.in_8_bit());
        assert_eq!(found.len(), places.len(), "{found:?}");
        for (x, y) in places {
            assert!(found.iter().any(|centroid| distance(centroid, x, y) < 0.5), "({x}, {y}): {found:?}");
        }
    }

    #[test]
    fn tiny_and_empty_pictures_hold_nothing() {
        for (width, height) in [(0, 0), (1, 1), (1, 9), (5, 2)] {
            for level in [0, 255] {
                let levels = vec![level; (width * height) as usize];
                assert_eq!(find(&GrayFrame { width, height, pixels: GrayPixels::U8(levels) }), Vec::new());
            }
        }
    }

    #[test]
    fn a_buffer_of_another_length_is_refused() {
        let frame = GrayFrame { width: 4, height: 4, pixels: GrayPixels::U8(vec![0; 15]) };
        let error = find_centroids(&frame, None, None, &DetectConfig::default()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the fluorescence picture says 4×4 pixels but holds 15 grey levels; read it again"
        );
    }

    #[test]
    fn a_crop_keeps_what_is_inside_and_numbers_it() {
        let picture = Picture::dark(vec![spot(100.0, 100.0, 80.0, 2.0), spot(300.0, 200.0, 80.0, 2.0)]);
        let crop = Crop { x: 250, y: 150, width: 100, height: 100 };
        let found = find_centroids(&picture.in_8_bit(), None, Some(crop), &DetectConfig::default()).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].number, CentroidNumber(1));
        assert!(distance(&found[0], 300.0, 200.0) < 0.2);
    }

    #[test]
    fn numbers_run_in_rows_from_left_to_right() {
        let places = [(400.0, 102.0), (100.0, 104.0), (250.0, 99.0), (90.0, 180.0), (500.0, 177.0)];
        let picture = Picture::dark(places.iter().map(|(x, y)| spot(*x, *y, 80.0, 2.0)).collect());
        let found = find(&picture.in_8_bit());
        let columns: Vec<i64> = found.iter().map(|centroid| centroid.point_in_image.x.round() as i64).collect();
        assert_eq!(columns, [100, 250, 400, 90, 500]);
        assert!(found.iter().enumerate().all(|(index, found)| usize::from(found.number.0) == index + 1));
    }

    #[test]
    fn a_picture_full_of_texture_ends_and_is_bounded() {
        let levels = (0..512 * 384u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8 / 2 * 2).collect();
        let frame = GrayFrame { width: 512, height: 384, pixels: GrayPixels::U8(levels) };
        let found = find(&frame);
        assert!(found.len() <= DetectConfig::default().max_centroids);
        assert!(found.iter().all(|found| found.point_in_image.x.is_finite() && found.sigma_px.is_finite()));
    }
}
