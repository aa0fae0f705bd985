//! Areas of one camera's images in which dots do not count: a fixed reflection, or everything outside the arena.
//!
//! A person draws them, over a range of frames. What they hide is computed from them whenever dots are read; nothing is
//! deleted. Two arenas of one view are two compartments: a dot counts in either.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Point2;
use super::ids::CameraId;
use super::view::{Centroid, CentroidOrigin};

/// What a mask region says about the dots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaskKind {
    /// What lies inside is no dot: a fixed reflection.
    Reflection,
    /// Only what lies inside can be a dot.
    Arena,
}

impl MaskKind {
    /// The word in the project file and for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reflection => "reflection",
            Self::Arena => "arena",
        }
    }
}

/// The outline of a mask region, in pixels of the image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum MaskShape {
    /// The corners in order; the last is joined to the first. Where it crosses itself, inside is what an odd number of
    /// crossings leads to.
    Polygon(Vec<Point2>),
    /// A circle with what lies in it.
    Disc {
        /// Its centre.
        center: Point2,
        /// Its radius, px.
        radius_px: f64,
    },
}

impl MaskShape {
    /// Whether a point of the image lies inside.
    pub fn contains(&self, point_in_image: Point2) -> bool {
        match self {
            Self::Disc { center, radius_px } => (point_in_image - center).norm() <= *radius_px,
            Self::Polygon(corners) => {
                let next = corners.iter().cycle().skip(1);
                let crosses = |(a, b): &(&Point2, &Point2)| {
                    (a.y > point_in_image.y) != (b.y > point_in_image.y)
                        && point_in_image.x < a.x + (b.x - a.x) * (point_in_image.y - a.y) / (b.y - a.y)
                };
                corners.iter().zip(next).filter(crosses).count() % 2 == 1
            }
        }
    }
}

/// An area of one camera's images over a range of frames.
#[derive(Clone, Debug, PartialEq)]
pub struct MaskRegion {
    /// The camera.
    pub camera: CameraId,
    /// The frames, the end exclusive.
    pub frames: Range<u32>,
    /// What it says about the dots.
    pub kind: MaskKind,
    /// Its outline.
    pub shape: MaskShape,
}

/// Most corners of a polygon: a hand draws far fewer.
pub const MOST_CORNERS: usize = 10_000;

/// Why a mask region cannot be used.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum MaskRegionError {
    /// A polygon that encloses nothing, or far too many corners.
    #[error("a polygon of {corners} corners cannot be a mask; it needs 3 to {MOST_CORNERS}")]
    Corners {
        /// How many it has.
        corners: usize,
    },
    /// A disc without a size.
    #[error("a disc of radius {radius_px} px cannot be a mask; the radius must be larger than 0")]
    Radius {
        /// Its radius, px.
        radius_px: f64,
    },
    /// A corner or centre that is no place.
    #[error("the mask has a corner or centre that is not a finite number; draw it again")]
    NotFinite,
    /// No frames.
    #[error("the mask holds over no frame: {start}..{end}; the end is exclusive and must be larger than the start")]
    NoFrames {
        /// The first frame.
        start: u32,
        /// The end, exclusive.
        end: u32,
    },
}

impl MaskRegion {
    /// Refuses what encloses nothing or holds over no frame.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn check(&self) -> Result<(), MaskRegionError> {
        if self.frames.is_empty() {
            return Err(MaskRegionError::NoFrames { start: self.frames.start, end: self.frames.end });
        }
        let is_finite = |point: &Point2| point.x.is_finite() && point.y.is_finite();
        match &self.shape {
            MaskShape::Polygon(corners) if !(3..=MOST_CORNERS).contains(&corners.len()) => {
                Err(MaskRegionError::Corners { corners: corners.len() })
            }
            MaskShape::Polygon(corners) if !corners.iter().all(is_finite) => Err(MaskRegionError::NotFinite),
            MaskShape::Disc { center, radius_px } if !is_finite(center) || !radius_px.is_finite() => {
                Err(MaskRegionError::NotFinite)
            }
            MaskShape::Disc { radius_px, .. } if *radius_px <= 0.0 => {
                Err(MaskRegionError::Radius { radius_px: *radius_px })
            }
            _ => Ok(()),
        }
    }

    /// Whether it holds in a view.
    pub fn holds_in(&self, camera: CameraId, frame: u32) -> bool {
        self.camera == camera && self.frames.contains(&frame)
    }
}

/// The mask regions that hold in one view.
#[derive(Clone, Debug, Default)]
pub struct ViewMask<'a> {
    reflections: Vec<&'a MaskShape>,
    arenas: Vec<&'a MaskShape>,
}

impl<'a> ViewMask<'a> {
    /// Chooses among regions those that hold in a view.
    pub fn of(regions: impl IntoIterator<Item = &'a MaskRegion>, camera: CameraId, frame: u32) -> Self {
        let mut mask = Self::default();
        for region in regions.into_iter().filter(|region| region.holds_in(camera, frame)) {
            match region.kind {
                MaskKind::Reflection => mask.reflections.push(&region.shape),
                MaskKind::Arena => mask.arenas.push(&region.shape),
            }
        }
        mask
    }

    /// Whether it hides nothing.
    pub fn is_empty(&self) -> bool {
        self.reflections.is_empty() && self.arenas.is_empty()
    }

    /// Which kind of region hides a place of the image, if any does.
    pub fn hides(&self, point_in_image: Point2) -> Option<MaskKind> {
        if self.reflections.iter().any(|shape| shape.contains(point_in_image)) {
            return Some(MaskKind::Reflection);
        }
        let is_outside = !self.arenas.is_empty() && !self.arenas.iter().any(|shape| shape.contains(point_in_image));
        is_outside.then_some(MaskKind::Arena)
    }

    /// The same for a centroid: one that a person placed counts wherever it is.
    pub fn hides_centroid(&self, centroid: &Centroid) -> Option<MaskKind> {
        if centroid.origin == CentroidOrigin::Added { None } else { self.hides(centroid.point_in_image) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn polygon(corners: &[[f64; 2]]) -> MaskShape {
        MaskShape::Polygon(corners.iter().map(|[x, y]| Point2::new(*x, *y)).collect())
    }

    fn region(kind: MaskKind, shape: MaskShape) -> MaskRegion {
        MaskRegion { camera: CameraId(1), frames: 10..20, kind, shape }
    }

    #[test]
    fn a_notch_of_a_polygon_is_outside() {
        let shape = polygon(&[[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [5.0, 2.0], [0.0, 10.0]]);
        assert!(shape.contains(Point2::new(1.0, 5.0)) && shape.contains(Point2::new(9.0, 5.0)));
        assert!(!shape.contains(Point2::new(5.0, 5.0)) && !shape.contains(Point2::new(11.0, 1.0)));
        assert!(!shape.contains(Point2::new(f64::NAN, 1.0)));
    }

    #[test]
    fn reflections_hide_inside_and_arenas_outside_of_all_of_them() {
        let disc = |x: f64| MaskShape::Disc { center: Point2::new(x, 0.0), radius_px: 5.0 };
        let regions = [
            region(MaskKind::Arena, disc(0.0)),
            region(MaskKind::Arena, disc(100.0)),
            region(MaskKind::Reflection, disc(103.0)),
        ];
        let mask = ViewMask::of(&regions, CameraId(1), 19);
        let hidden = |x: f64| mask.hides(Point2::new(x, 0.0));
        assert_eq!([hidden(0.0), hidden(97.0)], [None, None]);
        assert_eq!([hidden(50.0), hidden(99.0)], [Some(MaskKind::Arena), Some(MaskKind::Reflection)]);
        for (camera, frame) in [(1, 9), (1, 20), (0, 15)] {
            assert!(ViewMask::of(&regions, CameraId(camera), frame).is_empty());
        }
    }

    #[test]
    fn what_encloses_nothing_is_refused() {
        let line = polygon(&[[0.0, 0.0], [1.0, 1.0]]);
        assert_eq!(region(MaskKind::Arena, line).check(), Err(MaskRegionError::Corners { corners: 2 }));
        let disc = |radius_px| MaskShape::Disc { center: Point2::origin(), radius_px };
        assert_eq!(
            region(MaskKind::Arena, disc(0.0)).check().unwrap_err().to_string(),
            "a disc of radius 0 px cannot be a mask; the radius must be larger than 0"
        );
        assert_eq!(region(MaskKind::Arena, disc(f64::NAN)).check(), Err(MaskRegionError::NotFinite));
        assert_eq!(region(MaskKind::Arena, disc(2.0)).check(), Ok(()));
        let empty = MaskRegion { frames: 5..5, ..region(MaskKind::Arena, disc(2.0)) };
        assert_eq!(empty.check(), Err(MaskRegionError::NoFrames { start: 5, end: 5 }));
    }

    proptest! {
        #[test]
        fn shapes_come_back_from_text_exactly(corners in prop::collection::vec((-1e4..1e4f64, -1e4..1e4f64), 3..20), radius_px in 0.1..1e3f64) {
            let points: Vec<Point2> = corners.iter().map(|(x, y)| Point2::new(*x, *y)).collect();
            for shape in [MaskShape::Disc { center: points[0], radius_px }, MaskShape::Polygon(points)] {
                let text = serde_json::to_string(&shape).unwrap();
                prop_assert_eq!(serde_json::from_str::<MaskShape>(&text).unwrap(), shape);
            }
        }
    }
}
