//! Which part of a picture, in whole pixels.

use std::ops::Range as IndexRange;

use super::picture::PixelRect;

/// A rectangle of whole pixels of a camera's picture, the right and bottom edges exclusive. It is never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Area {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) right: u32,
    pub(super) bottom: u32,
}

impl Area {
    /// All of a picture.
    pub(super) fn whole(size_px: [u32; 2]) -> Self {
        Self { left: 0, top: 0, right: size_px[0], bottom: size_px[1] }
    }

    /// The pixels that a region and `margin_px` around it touch, as far as the picture reaches. Of a region outside the
    /// picture it is a pixel of the border, so that there is something to draw nothing from.
    pub(super) fn around(region: &PixelRect, margin_px: f64, size_px: [u32; 2]) -> Self {
        // Half a pixel from centres to edges. Casts saturate.
        let below = |edge: f64, length: u32| ((edge + 0.5 - margin_px).floor() as u32).min(length.saturating_sub(1));
        let above = |edge: f64, length: u32| ((edge + 0.5 + margin_px).ceil() as u32).min(length);
        let (left, top) = (below(region.x0, size_px[0]), below(region.y0, size_px[1]));
        let (right, bottom) = (above(region.x1, size_px[0]), above(region.y1, size_px[1]));
        Self { left, top, right: right.max(left + 1), bottom: bottom.max(top + 1) }
    }

    /// With so many pixels more on each side, as far as the picture reaches.
    pub(super) fn grown(self, by_px: u32, size_px: [u32; 2]) -> Self {
        Self {
            left: self.left.saturating_sub(by_px),
            top: self.top.saturating_sub(by_px),
            right: self.right.saturating_add(by_px).min(size_px[0]),
            bottom: self.bottom.saturating_add(by_px).min(size_px[1]),
        }
    }

    /// Out to edges that are multiples of `step_px`, or the picture's.
    pub(super) fn in_steps(self, step_px: u32, size_px: [u32; 2]) -> Self {
        let below = |edge: u32| edge / step_px * step_px;
        let above = |edge: u32, length: u32| edge.div_ceil(step_px).saturating_mul(step_px).min(length);
        Self {
            left: below(self.left),
            top: below(self.top),
            right: above(self.right, size_px[0]),
            bottom: above(self.bottom, size_px[1]),
        }
    }

    /// Whether all of another rectangle lies in it.
    pub(super) fn contains(&self, other: &Self) -> bool {
        self.left <= other.left && self.top <= other.top && self.right >= other.right && self.bottom >= other.bottom
    }

    /// The columns and rows that it takes in another rectangle, which contains it.
    pub(super) fn within(&self, other: Self) -> [IndexRange<u32>; 2] {
        [self.left - other.left..self.right - other.left, self.top - other.top..self.bottom - other.top]
    }

    /// Pixels across and down.
    pub(super) fn size_px(&self) -> [u32; 2] {
        [self.right - self.left, self.bottom - self.top]
    }
}

/// What of a picture must be there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Extent {
    /// Pixels, along a side, that a value may stand for at most.
    pub(super) shrinking: f64,
    /// The part; `None` for all of it.
    pub(super) area: Option<Area>,
}

impl Extent {
    /// All of it as recorded.
    pub(super) const WHOLE: Self = Self { shrinking: 1.0, area: None };
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE_PX: [u32; 2] = [1300, 700];

    fn area(left: u32, top: u32, right: u32, bottom: u32) -> Area {
        Area { left, top, right, bottom }
    }

    fn rect(x0: f64, y0: f64, x1: f64, y1: f64) -> PixelRect {
        PixelRect { x0, y0, x1, y1 }
    }

    #[test]
    fn an_area_holds_every_pixel_that_a_region_touches() {
        assert_eq!(Area::around(&PixelRect::whole(SIZE_PX), 0.0, SIZE_PX), Area::whole(SIZE_PX));
        assert_eq!(Area::around(&rect(9.5, 19.5, 19.5, 29.5), 0.0, SIZE_PX), area(10, 20, 20, 30));
        assert_eq!(Area::around(&rect(9.4, 19.6, 19.4, 29.6), 0.0, SIZE_PX), area(9, 20, 20, 31));
        assert_eq!(Area::around(&rect(9.5, 0.5, 19.5, 699.0), 1.0, SIZE_PX), area(9, 0, 21, 700));
    }

    #[test]
    fn outside_the_picture_a_pixel_of_the_border_is_left() {
        let at = |x0: f64, y0: f64| Area::around(&rect(x0, y0, x0 + 50.0, y0 + 50.0), 1.0, SIZE_PX);
        assert_eq!(at(-900.0, 9000.0), area(0, 699, 1, 700));
        assert_eq!(at(1e18, -1e18), area(1299, 0, 1300, 1));
        let nowhere = Area::around(&rect(f64::NAN, 30.0, f64::NAN, 10.0), 1.0, SIZE_PX);
        assert!(Area::whole(SIZE_PX).contains(&nowhere));
        let grown = at(1e18, -1e18).grown(60, SIZE_PX);
        assert_eq!((grown, grown.in_steps(512, SIZE_PX)), (area(1239, 0, 1300, 61), area(1024, 0, 1300, 512)));
    }
}
