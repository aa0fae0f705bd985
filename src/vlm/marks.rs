//! Numbered and named dots and boxes on pictures that are sent: a thin ring at the dot, a label on a pill beside it, a line that
//! joins them.
//!
//! Exemplars and targets look the same. No label overlaps another, covers a dot or reaches outside; the same marks on the same
//! image give the same picture, on every machine. Colours only tell which label belongs to which dot.

mod layout;

pub use super::pen::Pill;
pub use layout::{Placed, layout};

use super::canvas::{Raster, Rgb, Shot};
use super::pen;
use super::sent::{NumberedPoint, Sent};
use crate::model::Point2;

/// Colours of rings and labels: bright on dark and on fur alike with the dark edge that all have, told apart also by readers
/// who see few hues.
const COLOURS: [Rgb; 6] =
    [[255, 214, 10], [64, 208, 255], [255, 146, 76], [126, 240, 120], [255, 134, 214], [190, 170, 255]];

/// Marks around a mark that must have other colours, if they had theirs before.
const NEAR_MARKS: usize = 3;

/// Under rings and lines, of letters and around pills.
const INK: Rgb = [11, 12, 14];

const RING_WIDTH_PX: f32 = 2.5;
const LEADER_WIDTH_PX: f32 = 2.0;
const BOX_WIDTH_PX: f32 = 3.0;
/// How far the dark edge reaches on both sides of a line.
const EDGE_PX: f32 = 1.5;
const EDGE_OPACITY: f32 = 0.75;
const CORNER_PX: f32 = 5.0;

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
    /// Numbered centroids, as targets have them.
    pub fn numbered(points: &[NumberedPoint]) -> Vec<Self> {
        coloured(points.iter().map(|point| (point.number.0.to_string(), point.point_in_image)))
    }

    /// Named centroids, as exemplars have them.
    pub fn named<N: AsRef<str>>(points: &[(N, Point2)]) -> Vec<Self> {
        coloured(points.iter().map(|(name, point)| (name.as_ref().to_owned(), *point)))
    }
}

/// Gives each mark the colour that comes next, or the first after it that none of the nearest marks before has.
fn coloured(labels: impl Iterator<Item = (String, Point2)>) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    for (index, (label, point_in_image)) in labels.enumerate() {
        let mut others: Vec<&Mark> = marks.iter().collect();
        let far = |mark: &Mark| (mark.point_in_image - point_in_image).norm();
        others.sort_by(|a, b| far(a).total_cmp(&far(b)));
        let near = &others[..others.len().min(NEAR_MARKS)];
        let is_free = |colour: &Rgb| near.iter().all(|mark| mark.colour != *colour);
        let colour = (index..index + COLOURS.len()).map(colour_of).find(is_free).unwrap_or(colour_of(index));
        marks.push(Mark { label, point_in_image, colour });
    }
    marks
}

fn colour_of(index: usize) -> Rgb {
    COLOURS[index % COLOURS.len()]
}

/// The part of the image with marks: the target of stages 2 and 3, and their exemplars. Dots that it does not show are left out.
pub fn draw_marks(shot: &Shot<'_>, sent: &Sent, marks: &[Mark]) -> Raster {
    let mut raster = Raster::of(shot, sent);
    let placed = layout(&raster, sent, marks);
    paint_marks(&mut raster, &placed, marks);
    raster
}

/// The part of the image with named boxes: an exemplar of stage 1. Corners are low and high, image pixels; a box is drawn as
/// far as the picture shows it.
pub fn draw_boxes(shot: &Shot<'_>, sent: &Sent, boxes: &[([Point2; 2], &str)]) -> Raster {
    add_boxes(Raster::of(shot, sent), sent, boxes)
}

/// [`draw_boxes`] on a picture that is there already.
pub fn add_boxes(mut raster: Raster, sent: &Sent, boxes: &[([Point2; 2], &str)]) -> Raster {
    let edges: Vec<Pill> = boxes.iter().map(|(corners, _)| edges_in(sent, *corners)).collect();
    for (index, edges) in edges.iter().enumerate() {
        frame(&mut raster, edges, colour_of(index));
    }
    let mut labels: Vec<Pill> = Vec::new();
    for (index, ((_, name), edges)) in boxes.iter().zip(&edges).enumerate() {
        let size = layout::pill_size(name, layout::TEXT_PX);
        let pill = layout::beside_box(edges, size, &labels, raster.size_px);
        write_pill(&mut raster, &pill, name, layout::TEXT_PX, colour_of(index));
        labels.push(pill);
    }
    raster
}

/// A box in the picture, cut off where the picture ends so that its line is seen.
fn edges_in(sent: &Sent, corners_in_image: [Point2; 2]) -> Pill {
    let [a, b] = corners_in_image.map(|corner| sent.to_sent(corner));
    let inset = f64::from(BOX_WIDTH_PX / 2.0 + EDGE_PX);
    let clamped = |value: f64, side: u32| value.clamp(inset - 0.5, f64::from(side) - 0.5 - inset) as f32;
    let [width, height] = sent.size_px;
    let (x0, x1) = (clamped(a.x.min(b.x), width), clamped(a.x.max(b.x), width));
    let (y0, y1) = (clamped(a.y.min(b.y), height), clamped(a.y.max(b.y), height));
    Pill { x: x0, y: y0, width: x1 - x0, height: y1 - y0 }
}

fn frame(raster: &mut Raster, edges: &Pill, colour: Rgb) {
    let (left, top) = (edges.x, edges.y);
    let (right, bottom) = (left + edges.width, top + edges.height);
    let corners = [[left, top], [right, top], [right, bottom], [left, bottom]];
    let sides = [0, 1, 2, 3].map(|at| [corners[at], corners[(at + 1) % 4]]);
    for side in sides {
        pen::line(raster, side, BOX_WIDTH_PX + 2.0 * EDGE_PX, INK, EDGE_OPACITY);
    }
    for side in sides {
        pen::line(raster, side, BOX_WIDTH_PX, colour, 1.0);
    }
}

/// First what is dark, then what is bright, so that no ring is broken by a neighbour's edge.
fn paint_marks(raster: &mut Raster, placed: &[Placed], marks: &[Mark]) {
    for mark in placed {
        if let Some(leader) = mark.leader() {
            pen::line(raster, leader, LEADER_WIDTH_PX + 2.0 * EDGE_PX, INK, EDGE_OPACITY);
        }
        pen::ring(raster, mark.center, mark.radius_px, RING_WIDTH_PX + 2.0 * EDGE_PX, INK, EDGE_OPACITY);
    }
    for mark in placed {
        if let Some(leader) = mark.leader() {
            pen::line(raster, leader, LEADER_WIDTH_PX, marks[mark.mark].colour, 1.0);
        }
    }
    for mark in placed {
        pen::ring(raster, mark.center, mark.radius_px, RING_WIDTH_PX, marks[mark.mark].colour, 1.0);
    }
    for placed in placed {
        let mark = &marks[placed.mark];
        if let Some(pill) = &placed.pill {
            write_pill(raster, pill, &mark.label, placed.text_px, mark.colour);
        }
    }
}

fn write_pill(raster: &mut Raster, pill: &Pill, text: &str, text_px: f32, colour: Rgb) {
    let inner = Pill {
        x: pill.x + EDGE_PX,
        y: pill.y + EDGE_PX,
        width: pill.width - 2.0 * EDGE_PX,
        height: pill.height - 2.0 * EDGE_PX,
    };
    pen::fill(raster, pill, CORNER_PX + EDGE_PX, INK, EDGE_OPACITY);
    pen::fill(raster, &inner, CORNER_PX, colour, 1.0);
    let [width, height] = pen::text_size(text, text_px);
    let left = pill.x + (pill.width - width) / 2.0;
    let baseline = pill.y + (pill.height + height) / 2.0;
    pen::write(raster, text, [left, baseline], text_px, INK);
}

#[cfg(test)]
mod tests;
