//! Which part of its image a view shows: it follows the animal calmly, or the selected keypoint, or what somebody set.
//!
//! Plain numbers. A view that follows moves only when the animal comes near its edge or has become much smaller or larger, so
//! that the picture stands still while one steps through frames.

use egui::{Pos2, Rect, pos2};

use crate::app::view::Viewport;
use crate::jobs::frames::{Look, PictureSpec, PixelRect};
use crate::model::{CameraId, Crop, KeypointId, Point2};

/// Shown round the animal's crop, as a share of it.
const MARGIN: f64 = 0.03;

/// This share of the crop, at each side, may leave the view before it moves; crops are padded by more than that.
const MAY_LEAVE: f64 = 0.05;

/// A view that follows is fitted anew when it would be so much larger or smaller.
const SCALES: std::ops::RangeInclusive<f64> = 0.72..=1.25;

/// How much larger than the whole animal the selected keypoint is shown in a linked zoom.
pub(super) const LINKED_ZOOM: f64 = 3.0;

/// In a linked zoom the keypoint may wander through this share of the pane before the picture moves.
const LINKED_REST: f64 = 0.3;

/// A view and the pane that it was fitted to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fitted {
    /// What is shown.
    pub viewport: Viewport,
    /// Size of the pane, in points.
    pub pane: [f64; 2],
    /// Whether it shows the animal, or else the whole image.
    pub is_animal: bool,
}

/// What a view shows that nobody zoomed: the animal's `crop` where there is one to follow, else the whole image.
/// A frame without a crop leaves the view as it was.
pub(super) fn follow(
    held: Option<Fitted>,
    crop: Option<Crop>,
    follows: bool,
    image: [u32; 2],
    pane: [f64; 2],
) -> Fitted {
    let held = held.filter(|held| held.pane == pane && (follows || !held.is_animal));
    if let (Some(crop), true) = (crop, follows) {
        let held = held.filter(|held| held.is_animal).map(|held| held.viewport);
        return Fitted { viewport: steady(held, crop, pane), pane, is_animal: true };
    }
    held.unwrap_or_else(|| {
        let whole = PixelRect::whole(image);
        let viewport = Viewport::fitting([whole.x0, whole.y0], [whole.x1, whole.y1], pane);
        Fitted { viewport, pane, is_animal: false }
    })
}

fn steady(held: Option<Viewport>, crop: Crop, pane: [f64; 2]) -> Viewport {
    let min = [f64::from(crop.x) - 0.5, f64::from(crop.y) - 0.5];
    let size = [f64::from(crop.width), f64::from(crop.height)];
    let grown = |by: f64| {
        let low = [min[0] - size[0] * by, min[1] - size[1] * by];
        (low, [low[0] + size[0] * (1.0 + 2.0 * by), low[1] + size[1] * (1.0 + 2.0 * by)])
    };
    let (low, high) = grown(MARGIN);
    let fresh = Viewport::fitting(low, high, pane);
    let (low, high) = grown(-MAY_LEAVE);
    let stays = |held: &Viewport| {
        let seen = visible(held, pane);
        let inside = low[0] >= seen.x0 && low[1] >= seen.y0 && high[0] <= seen.x1 && high[1] <= seen.y1;
        inside && SCALES.contains(&(held.points_per_px / fresh.points_per_px))
    };
    held.filter(stays).unwrap_or(fresh)
}

/// A view linked to a keypoint.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Linked {
    /// The keypoint.
    pub keypoint: KeypointId,
    /// Where it was when the view moved to it.
    pub point_in_image: Point2,
    /// What is shown; somebody may have moved it since.
    pub viewport: Viewport,
}

/// A view of a keypoint, `scale` points per pixel. It moves when the keypoint has left the middle since, not before, so that
/// small corrections and steps leave it in place.
pub(super) fn linked(held: Option<Linked>, keypoint: KeypointId, point: Point2, scale: f64, pane: [f64; 2]) -> Linked {
    let rests = |held: &Linked| {
        let moved = (point - held.point_in_image).norm() * scale;
        held.keypoint == keypoint && moved <= LINKED_REST * pane[0].min(pane[1]) / 2.0
    };
    match held.filter(rests) {
        Some(held) => Linked { viewport: Viewport { points_per_px: scale, ..held.viewport }, ..held },
        None => {
            let viewport = Viewport { centre_in_image: point, points_per_px: scale };
            Linked { keypoint, point_in_image: point, viewport }
        }
    }
}

/// The part of the image that a pane of that size shows.
pub(super) fn visible(viewport: &Viewport, pane: [f64; 2]) -> PixelRect {
    let half = pane.map(|side| side / 2.0 / viewport.points_per_px);
    let centre = viewport.centre_in_image;
    PixelRect { x0: centre.x - half[0], y0: centre.y - half[1], x1: centre.x + half[0], y1: centre.y + half[1] }
}

/// Keeps the middle of a view inside its image, and the image from becoming smaller than half of what fits.
pub(super) fn limited(viewport: Viewport, image: [u32; 2], pane: [f64; 2]) -> Viewport {
    let whole = PixelRect::whole(image);
    let least = Viewport::fitting([whole.x0, whole.y0], [whole.x1, whole.y1], pane).points_per_px / 2.0;
    let centre = viewport.centre_in_image;
    Viewport {
        centre_in_image: Point2::new(centre.x.clamp(whole.x0, whole.x1), centre.y.clamp(whole.y0, whole.y1)),
        points_per_px: viewport.points_per_px.max(least),
    }
}

/// The picture that fills a pane: its size is that of the pane in device pixels, and the region follows from that, so the
/// same view always asks for the same picture.
pub(super) fn spec_of(
    camera: CameraId,
    frame: u32,
    look: Look,
    viewport: &Viewport,
    pane: Rect,
    pixels_per_point: f32,
) -> PictureSpec {
    let pixels = |length: f32| ((length * pixels_per_point).round() as u32).clamp(1, PictureSpec::MOST_PX);
    let size_px = [pixels(pane.width()), pixels(pane.height())];
    let points = size_px.map(|side| f64::from(side) / f64::from(pixels_per_point));
    PictureSpec { camera, frame, look, region: visible(viewport, points), size_px }
}

/// How a pane maps image points to the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PaneMap {
    /// Where the picture stands, without the header, in points on screen.
    pub rect: Rect,
    /// What it shows.
    pub viewport: Viewport,
}

impl PaneMap {
    /// Where an image point lies on screen.
    pub fn screen_from_image(&self, point_in_image: Point2) -> Pos2 {
        let [x, y] = self.viewport.screen_from_image(point_in_image);
        let middle = self.rect.center();
        pos2(middle.x + x as f32, middle.y + y as f32)
    }

    /// The image point at a place on screen.
    pub fn image_from_screen(&self, at: Pos2) -> Point2 {
        let middle = self.rect.center();
        self.viewport.image_from_screen([f64::from(at.x - middle.x), f64::from(at.y - middle.y)])
    }

    /// Where a part of the image lies on screen.
    pub fn rect_on_screen(&self, region: &PixelRect) -> Rect {
        let corner = |x: f64, y: f64| self.screen_from_image(Point2::new(x, y));
        Rect::from_min_max(corner(region.x0, region.y0), corner(region.x1, region.y1))
    }
}

#[cfg(test)]
mod tests {
    use egui::vec2;

    use super::*;

    const IMAGE: [u32; 2] = [1024, 700];
    const PANE: [f64; 2] = [312.0, 336.0];

    fn crop(x: i32, width: u32) -> Option<Crop> {
        Some(Crop { x, y: 200, width, height: 150 })
    }

    #[test]
    fn the_picture_stands_still_while_the_animal_moves_a_little() {
        let first = follow(None, crop(300, 250), true, IMAGE, PANE);
        let mut held = first;
        for (x, width) in [(301, 250), (305, 246), (296, 255), (308, 250), (300, 240)] {
            held = follow(Some(held), crop(x, width), true, IMAGE, PANE);
            assert_eq!(held, first, "x {x}, width {width}");
        }
        let moved = follow(Some(held), crop(340, 250), true, IMAGE, PANE);
        assert_ne!(moved, first);
        let seen = visible(&moved.viewport, PANE);
        assert!(seen.x0 <= 340.0 && seen.x1 >= 589.0, "the whole animal is seen again: {seen:?}");
        let grown = follow(Some(held), crop(200, 450), true, IMAGE, PANE);
        assert!(grown.viewport.points_per_px < first.viewport.points_per_px);
        let small = follow(Some(held), crop(380, 120), true, IMAGE, PANE);
        assert!(small.viewport.points_per_px > first.viewport.points_per_px);
    }

    #[test]
    fn without_an_animal_the_view_stays_or_shows_everything() {
        let animal = follow(None, crop(300, 250), true, IMAGE, PANE);
        assert_eq!(follow(Some(animal), None, true, IMAGE, PANE), animal);
        let whole = follow(Some(animal), crop(300, 250), false, IMAGE, PANE);
        let seen = visible(&whole.viewport, PANE);
        assert!(seen.x0 <= -0.5 && seen.x1 >= 1023.5, "{seen:?}");
        assert_eq!(follow(Some(whole), None, true, IMAGE, PANE), whole);
        assert!(follow(Some(whole), crop(300, 250), true, IMAGE, PANE).is_animal);
        let resized = follow(Some(animal), None, true, IMAGE, [600.0, 500.0]);
        assert_eq!(resized.pane, [600.0, 500.0]);
    }

    #[test]
    fn a_linked_view_moves_only_when_the_keypoint_leaves_the_middle() {
        let at = |held, x: f64, scale| linked(held, KeypointId(3), Point2::new(x, 300.0), scale, PANE);
        let first = at(None, 400.0, 3.0);
        assert_eq!(first.viewport.centre_in_image, Point2::new(400.0, 300.0));
        assert_eq!(at(Some(first), 412.0, 3.0), first);
        assert_eq!(at(Some(first), 430.0, 3.0).viewport.centre_in_image.x, 430.0);
        assert_eq!(at(Some(first), 400.0, 4.0).viewport.points_per_px, 4.0);
        let moved = Linked { viewport: first.viewport.panned([90.0, 0.0]), ..first };
        assert_eq!(at(Some(moved), 405.0, 3.0), moved, "it stays where somebody put it");
        let other = linked(Some(first), KeypointId(4), Point2::new(401.0, 300.0), 3.0, PANE);
        assert_eq!(other.viewport.centre_in_image.x, 401.0);
    }

    #[test]
    fn the_same_view_asks_for_the_same_picture() {
        let viewport = follow(None, crop(300, 251), true, IMAGE, PANE).viewport;
        let pane = Rect::from_min_size(pos2(100.0, 100.0), vec2(312.0, 336.0));
        let spec = |pane, scale| spec_of(CameraId(2), 17, Look::default(), &viewport, pane, scale);
        let jitter = Rect::from_min_size(pos2(100.0, 100.0), vec2(312.000_03, 335.999_97));
        assert_eq!(spec(pane, 1.0), spec(jitter, 1.0));
        assert_eq!(spec(pane, 1.5).size_px, [468, 504]);
        let region = spec(pane, 2.0).region;
        assert!((region.width() / region.height() - 312.0 / 336.0).abs() < 1e-9);
        let map = PaneMap { rect: pane, viewport };
        let painted = map.rect_on_screen(&region);
        assert!((painted.min - pane.min).length() < 1e-3 && (painted.max - pane.max).length() < 1e-3);
    }

    #[test]
    fn one_cannot_lose_the_picture() {
        let lost = Viewport { centre_in_image: Point2::new(-900.0, 5000.0), points_per_px: 0.05 };
        let found = limited(lost, IMAGE, PANE);
        assert_eq!((found.centre_in_image.x, found.centre_in_image.y), (-0.5, 699.5));
        assert!(found.points_per_px > 0.1);
        let fine = Viewport { centre_in_image: Point2::new(5.0, 5.0), points_per_px: 2.0 };
        assert_eq!(limited(fine, IMAGE, PANE), fine);
    }

    #[test]
    fn screen_and_image_are_inverse() {
        let rect = Rect::from_min_size(pos2(50.0, 60.0), vec2(312.0, 336.0));
        let viewport = Viewport { centre_in_image: Point2::new(321.5, 77.25), points_per_px: 1.75 };
        let map = PaneMap { rect, viewport };
        let point = Point2::new(300.0, 100.0);
        assert!((map.image_from_screen(map.screen_from_image(point)) - point).norm() < 1e-4);
    }
}
