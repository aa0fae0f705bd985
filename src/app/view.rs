//! How views show a frame: channels, brightness, zoom. Plain numbers; drawing is done elsewhere.

use crate::jobs::frames::{Look, Mode};
use crate::model::Point2;

/// Which pictures are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChannelChoice {
    /// The animal.
    Reflectance,
    /// The dots.
    Fluorescence,
    /// Dots over the animal.
    #[default]
    Fused,
}

/// Which pictures are shown, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Channels {
    /// Which pictures.
    pub choice: ChannelChoice,
    /// The share of fluorescence where both are shown, 0 to 1; 0.85 as the paper has it.
    pub mix: f32,
    /// Added to the grey level, as a share of the range, −1 to 1.
    pub brightness: f32,
    /// Multiplies the distance from mid grey, 0.2 to 5.
    pub contrast: f32,
    /// Levels are raised to 1 / gamma, 0.2 to 5; above 1 lifts the shadows.
    pub gamma: f32,
}

impl Default for Channels {
    fn default() -> Self {
        Self { choice: ChannelChoice::Fused, mix: 0.85, brightness: 0.0, contrast: 1.0, gamma: 1.0 }
    }
}

impl Channels {
    /// The same for the frame service.
    pub fn look(&self) -> Look {
        let mode = match self.choice {
            ChannelChoice::Reflectance => Mode::Reflectance,
            ChannelChoice::Fluorescence => Mode::Fluorescence,
            ChannelChoice::Fused => Mode::Fused { mix: self.mix },
        };
        Look { mode, brightness: self.brightness, contrast: self.contrast, gamma: self.gamma }
    }
}

/// A part of an image that a view shows: what lies in the middle, and how large a pixel is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Viewport {
    /// The image point in the middle of the view, px.
    pub centre_in_image: Point2,
    /// Screen points per image pixel.
    pub points_per_px: f64,
}

/// Zoom limits, screen points per image pixel.
pub const ZOOM_RANGE: std::ops::RangeInclusive<f64> = 0.05..=40.0;

impl Viewport {
    /// The viewport that shows a box of an image in a pane, whole, with a small margin.
    pub fn fitting(min_in_image: [f64; 2], max_in_image: [f64; 2], pane_size: [f64; 2]) -> Self {
        let size = [(max_in_image[0] - min_in_image[0]).max(1.0), (max_in_image[1] - min_in_image[1]).max(1.0)];
        let points_per_px = (pane_size[0] / size[0]).min(pane_size[1] / size[1]);
        Self {
            centre_in_image: Point2::new(
                (min_in_image[0] + max_in_image[0]) / 2.0,
                (min_in_image[1] + max_in_image[1]) / 2.0,
            ),
            points_per_px: points_per_px.clamp(*ZOOM_RANGE.start(), *ZOOM_RANGE.end()),
        }
    }

    /// Zooms by a factor such that the image point under `at` (screen points from the pane's middle) stays there.
    #[must_use]
    pub fn zoomed(self, factor: f64, at: [f64; 2]) -> Self {
        let points_per_px = (self.points_per_px * factor).clamp(*ZOOM_RANGE.start(), *ZOOM_RANGE.end());
        let shift = 1.0 / self.points_per_px - 1.0 / points_per_px;
        let centre = self.centre_in_image;
        Self { centre_in_image: Point2::new(centre.x + at[0] * shift, centre.y + at[1] * shift), points_per_px }
    }

    /// Moves the picture by so many screen points.
    #[must_use]
    pub fn panned(self, by: [f64; 2]) -> Self {
        let centre = self.centre_in_image;
        let centre_in_image = Point2::new(centre.x - by[0] / self.points_per_px, centre.y - by[1] / self.points_per_px);
        Self { centre_in_image, ..self }
    }

    /// Where an image point lies, in screen points from the pane's middle.
    pub fn screen_from_image(&self, point_in_image: Point2) -> [f64; 2] {
        let offset = point_in_image - self.centre_in_image;
        [offset.x * self.points_per_px, offset.y * self.points_per_px]
    }

    /// The image point at so many screen points from the pane's middle.
    pub fn image_from_screen(&self, at: [f64; 2]) -> Point2 {
        Point2::new(
            self.centre_in_image.x + at[0] / self.points_per_px,
            self.centre_in_image.y + at[1] / self.points_per_px,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zooming_keeps_the_point_under_the_pointer() {
        let start = Viewport::fitting([100.0, 50.0], [300.0, 150.0], [400.0, 300.0]);
        assert_eq!(start.points_per_px, 2.0);
        let at = [-120.0, 45.0];
        let under = start.image_from_screen(at);
        let zoomed = start.zoomed(3.0, at).zoomed(0.4, at);
        assert!((zoomed.image_from_screen(at) - under).norm() < 1e-9);
        let far = start.zoomed(1e9, at);
        assert_eq!(far.points_per_px, *ZOOM_RANGE.end());
        assert!((far.image_from_screen(at) - under).norm() < 1e-9);
    }

    #[test]
    fn panning_and_mapping_are_inverse() {
        let start = Viewport::fitting([0.0, 0.0], [10.0, 10.0], [100.0, 200.0]).panned([13.0, -7.0]);
        let point = Point2::new(3.25, 8.5);
        assert!((start.image_from_screen(start.screen_from_image(point)) - point).norm() < 1e-12);
        let [x, y] = start.screen_from_image(Point2::new(5.0, 5.0));
        assert!((x - 13.0).abs() < 1e-9 && (y + 7.0).abs() < 1e-9);
    }
}
