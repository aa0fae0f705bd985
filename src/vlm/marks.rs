//! Numbered and named dots and boxes on pictures that are sent: a thin ring at the dot, a label on a pill beside it, a line that
//! joins them.
//!
//! Exemplars and targets look the same. No label overlaps another, covers a dot or reaches outside; the same marks give the same
//! picture.

use super::canvas::{Raster, Rgb, Shot};
use super::sent::{NumberedPoint, Sent};
use crate::model::{CentroidNumber, Point2};

/// A dot and what is written beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// The number of a centroid or the name of a keypoint.
    pub label: String,
    /// The dot.
    pub point_in_image: Point2,
    /// Of ring, line and label.
    pub colour: Rgb,
}

impl Mark {
    /// A numbered centroid, as targets have it.
    pub fn numbered(_point: &NumberedPoint) -> Self {
        todo!()
    }

    /// A named centroid, as exemplars have it; `index` chooses the colour.
    pub fn named(_name: &str, _point_in_image: Point2, _index: usize) -> Self {
        todo!()
    }
}

/// A rectangle of the picture, in its pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pill {
    /// Left edge.
    pub x: f32,
    /// Upper edge.
    pub y: f32,
    /// Pixels across.
    pub width: f32,
    /// Pixels down.
    pub height: f32,
}

/// Where a mark is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// The mark's position in the list.
    pub mark: usize,
    /// The ring's centre, pixels of the picture.
    pub center: Point2,
    /// The ring's radius to the middle of its line, pixels of the picture.
    pub radius_px: f32,
    /// The label; `None` where there was no free place at all.
    pub pill: Option<Pill>,
    /// Height of the text, pixels of the picture.
    pub text_px: f32,
}

/// Where the marks that the picture shows are drawn; the same for the same marks.
pub fn layout(_sent: &Sent, _marks: &[Mark]) -> Vec<Placed> {
    let _ = CentroidNumber(1);
    todo!()
}

/// The part of the image with marks: the target of stages 2 and 3, and their exemplars.
pub fn draw_marks(_shot: &Shot<'_>, _sent: &Sent, _marks: &[Mark]) -> Raster {
    todo!()
}

/// The part of the image with a box and its name: an exemplar of stage 1. The corners are low and high, image pixels.
pub fn draw_box(_shot: &Shot<'_>, _sent: &Sent, _corners_in_image: [Point2; 2], _label: &str) -> Raster {
    todo!()
}

/// The same with several named boxes, for all regions in one question.
pub fn draw_boxes(_shot: &Shot<'_>, _sent: &Sent, _boxes: &[([Point2; 2], &str)]) -> Raster {
    todo!()
}
