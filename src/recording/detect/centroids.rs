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
    let candidates = search.candidates();
    Ok(centroids_of(&search, candidates, crop, config))
}

/// Fits the candidates inside a crop and numbers them.
pub(super) fn centroids_of(
    search: &Search<'_>,
    mut candidates: Candidates,
    crop: Option<Crop>,
    config: &DetectConfig,
) -> Vec<Centroid> {
    if let Some(crop) = crop {
        // A candidate's place is good to about a pixel: those just outside may be fitted inside.
        let margin = 2.0 * search.scales.narrow_px;
        candidates.keep(|x, y| reaches(&crop, x, y, margin));
    }
    let mut found = refine(search, &candidates);
    if let Some(crop) = crop {
        found.retain(|found| crop.contains(Point2::new(found.spot.x, found.spot.y)));
    }
    found.sort_by(|a, b| b.snr.total_cmp(&a.snr));
    found.truncate(config.max_centroids.min(usize::from(u16::MAX)));
    numbered(found, search.scales.row_px)
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
