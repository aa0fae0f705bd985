//! What one camera sees at one frame: centroids and the crop around the animal.

use serde::{Deserialize, Serialize};

use super::Point2;
use super::ids::CentroidNumber;

/// Where a centroid came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CentroidOrigin {
    /// The detector found it.
    Detected,
    /// A person placed it.
    Added,
}

/// A detected dot: its place is known to a fraction of a pixel, its identity is not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Centroid {
    /// Its number, local to the view.
    pub number: CentroidNumber,
    /// Its place.
    pub point_in_image: Point2,
    /// Standard deviation of the fitted spot, px.
    pub sigma_px: f32,
    /// Height of the fitted spot above its surroundings, grey levels of the fluorescence image.
    pub peak: f32,
    /// Peak over the standard deviation of the noise.
    pub snr: f32,
    /// Who found it.
    pub origin: CentroidOrigin,
}

/// A rectangle of an image, in whole pixels; it may reach outside the image, where pictures are padded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crop {
    /// Column of its top-left pixel.
    pub x: i32,
    /// Row of its top-left pixel.
    pub y: i32,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

impl Crop {
    /// Where an image point lies in the crop.
    pub fn crop_from_image(&self, point_in_image: Point2) -> Point2 {
        Point2::new(point_in_image.x - f64::from(self.x), point_in_image.y - f64::from(self.y))
    }

    /// Where a crop point lies in the image.
    pub fn image_from_crop(&self, point_in_crop: Point2) -> Point2 {
        Point2::new(point_in_crop.x + f64::from(self.x), point_in_crop.y + f64::from(self.y))
    }

    /// Whether a point lies on one of the crop's pixels, borders included.
    pub fn contains(&self, point_in_image: Point2) -> bool {
        let point = self.crop_from_image(point_in_image);
        point.x >= -0.5
            && point.y >= -0.5
            && point.x < f64::from(self.width) - 0.5
            && point.y < f64::from(self.height) - 0.5
    }
}

/// Where a point lies after its picture was resized from `from_px` to `to_px` pixels along one side: pixel centres are
/// whole numbers, so x maps to (x + 0.5)·s − 0.5.
pub fn resized(coordinate: f64, from_px: u32, to_px: u32) -> f64 {
    (coordinate + 0.5) * f64::from(to_px) / f64::from(from_px) - 0.5
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn crops_and_sizes_round_trip(x in -500.0..3000.0f64, y in -500.0..3000.0f64, cx in -50..500i32, cy in -50..500i32, w in 1u32..4000, to in 1u32..4000) {
            let crop = Crop { x: cx, y: cy, width: w, height: w };
            let point = Point2::new(x, y);
            let back = crop.image_from_crop(crop.crop_from_image(point));
            prop_assert!((back - point).norm() < 1e-9);
            prop_assert!((resized(resized(x, w, to), to, w) - x).abs() < 1e-6);
        }
    }

    #[test]
    fn halving_keeps_the_outer_edges() {
        assert_eq!(resized(-0.5, 640, 320), -0.5);
        assert_eq!(resized(639.5, 640, 320), 319.5);
    }
}
