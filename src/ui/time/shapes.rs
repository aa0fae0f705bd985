//! Where the parts of the bar lie, and its bars and cells as shapes, which are kept until something changes.

use egui::{Rect, Shape, Ui, pos2, vec2};

use super::BarKind;
use super::axis::Axis;
use super::bins::Bins;
use super::transport::done_colour;
use crate::app::session::Session;
use crate::ui::ctx::ViewCtx;
use crate::ui::theme;

/// Everything that the kept shapes depend on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Key {
    pub(super) revision: u64,
    pub(super) axis: Axis,
    pub(super) room: Rect,
    pub(super) kind: BarKind,
    pub(super) threshold_px: f32,
    pub(super) open_seeds: Vec<u32>,
    pub(super) is_dark: bool,
    pub(super) pixels_per_point: f32,
}

/// Where the parts of the bar lie.
pub(super) struct Rows {
    pub(super) bars: Rect,
    pub(super) heat: Option<Rect>,
    pub(super) marks: f32,
    pub(super) numbers: f32,
    pub(super) map: Option<Rect>,
}

/// Height of a row of marks or numbers, of the heat strip, and of the map of the whole recording.
pub(super) const ROW: f32 = 20.0;
pub(super) const HEAT: f32 = 16.0;
pub(super) const MAP: f32 = 8.0;

/// A lower bar has no heat strip: the bars say the same.
const HEAT_FROM: f32 = 80.0;

impl Rows {
    pub(super) fn new(room: Rect, kind: BarKind, is_zoomed: bool) -> Self {
        let mut bottom = room.bottom() - 4.0;
        let mut take = |height: f32| {
            bottom -= height;
            Rect::from_min_max(pos2(room.left(), bottom), pos2(room.right(), bottom + height))
        };
        let map = is_zoomed.then(|| take(MAP));
        let numbers = take(ROW).center().y;
        let marks = take(ROW).center().y;
        let is_low = room.height() < HEAT_FROM;
        let heat = (kind == BarKind::Residuals && !is_low).then(|| take(HEAT));
        let [above, below] = if is_low { [4.0, 0.0] } else { [8.0, 4.0] };
        let bars = Rect::from_min_max(pos2(room.left(), room.top() + above), pos2(room.right(), bottom - below));
        Self { bars, heat, marks, numbers, map }
    }
}

/// Residuals at the foot and at the top of the plot, px at 1024 px width; the scale between is logarithmic.
pub(super) const RESIDUALS_PX: (f32, f32) = (0.25, 30.0);

/// Pixels at 1024 px width in a pixel of the widest view.
pub(super) fn scale(session: &Session) -> f32 {
    let widest = session.info.cameras.iter().map(|camera| camera.size_px[0]).max().unwrap_or(1024);
    1024.0 / widest.max(1) as f32
}

/// How high a residual stands in the plot, 0 to 1.
pub(super) fn height_of(residual_at_1024_px: f32) -> f32 {
    let (least, most) = RESIDUALS_PX;
    ((residual_at_1024_px / least).ln() / (most / least).ln()).clamp(0.0, 1.0)
}

/// Bars and heat strip.
pub(super) fn shapes(ui: &Ui, ctx: &ViewCtx<'_>, session: &Session, bins: &Bins, key: &Key, rows: &Rows) -> Vec<Shape> {
    let palette = theme::palette(ui);
    let appearance = theme::appearance_of(ui);
    let most_dots = most_dots(session) as f32;
    let scale = scale(session);
    let mut drawing = Drawing::new(ui, key, bins.per_bin);
    for bin in &bins.bins {
        let edges = (bin.first, bin.frames);
        match key.kind {
            BarKind::Residuals => {
                if !bin.worst_px.is_nan() {
                    let colour = if bin.is_flagged {
                        palette.error
                    } else if bin.worst_px > key.threshold_px {
                        palette.text_tertiary
                    } else {
                        palette.bar
                    };
                    drawing.bar(edges, rows.bars, height_of(bin.worst_px * scale).max(0.03), colour);
                }
                if let Some(heat) = rows.heat {
                    let colour = ctx.theme.heat_colour(appearance, f64::from(bin.worst_px * scale));
                    drawing.cell(edges, heat.shrink2(vec2(0.0, 1.0)), colour);
                }
            }
            BarKind::Dots if bin.dots > 0 => {
                let colour = if bin.is_seed { palette.text_tertiary } else { palette.bar };
                drawing.bar(edges, rows.bars, f32::from(bin.dots) / most_dots, colour);
            }
            BarKind::Dots => {}
            BarKind::Progress => {
                drawing.cell(edges, rows.bars, palette.control);
                if bin.solved > 0 {
                    drawing.bar(edges, rows.bars, bin.solved as f32 / bin.frames as f32, done_colour(ui));
                }
            }
        }
    }
    drawing.finish()
}

/// As many dots as there can be labels, or more where more were found.
pub(super) fn most_dots(session: &Session) -> u16 {
    let all = session.info.cameras.len() * session.skeleton.len();
    let found = session.overview.iter().flat_map(|overview| &overview.marks).map(|mark| mark.dots).max().unwrap_or(0);
    found.max(all.min(usize::from(u16::MAX)) as u16).max(1)
}

/// Rectangles that stand on whole pixels: one mesh where they are narrow, rounded ones where they are few.
pub(super) struct Drawing {
    axis: Axis,
    pixels_per_point: f32,
    gap: f32,
    radius: u8,
    mesh: egui::Mesh,
    shapes: Vec<Shape>,
}

impl Drawing {
    fn new(ui: &Ui, key: &Key, per_bin: u32) -> Self {
        let width = key.axis.frame_width() * per_bin as f32;
        let gap = if width < 4.0 { 0.0 } else { (width * 0.16).clamp(1.0, 4.0) };
        let radius = if width >= 10.0 { theme::Theme::get().radius.mark } else { 0 };
        let mesh = egui::Mesh::default();
        Self { axis: key.axis, pixels_per_point: ui.pixels_per_point(), gap, radius, mesh, shapes: Vec::new() }
    }

    /// The left and right edge of frames, cut at the ends of the bar.
    fn edges(&self, (first, frames): (u32, u32), gap: f32) -> Option<(f32, f32)> {
        let snap = |x: f32| (x * self.pixels_per_point).round() / self.pixels_per_point;
        let (left_end, right_end) = (self.axis.left, self.axis.left + self.axis.width);
        let left = snap((self.axis.x_of_edge(f64::from(first)) + gap / 2.0).clamp(left_end, right_end));
        let end = f64::from(first) + f64::from(frames);
        let right = snap((self.axis.x_of_edge(end) - gap / 2.0).clamp(left_end, right_end));
        (right > left).then_some((left, right))
    }

    fn bar(&mut self, frames: (u32, u32), room: Rect, share: f32, colour: egui::Color32) {
        let Some((left, right)) = self.edges(frames, self.gap) else { return };
        let top = room.bottom() - room.height() * share.clamp(0.0, 1.0);
        self.push(Rect::from_min_max(pos2(left, top), pos2(right, room.bottom())), colour);
    }

    fn cell(&mut self, frames: (u32, u32), room: Rect, colour: egui::Color32) {
        let gap = if self.gap > 0.0 { 1.0 } else { 0.0 };
        let Some((left, right)) = self.edges(frames, gap) else { return };
        self.push(Rect::from_x_y_ranges(left..=right, room.y_range()), colour);
    }

    fn push(&mut self, rect: Rect, colour: egui::Color32) {
        if self.radius > 0 {
            self.shapes.push(Shape::rect_filled(rect, self.radius, colour));
        } else {
            self.mesh.add_colored_rect(rect, colour);
        }
    }

    fn finish(mut self) -> Vec<Shape> {
        if !self.mesh.is_empty() {
            self.shapes.push(Shape::mesh(self.mesh));
        }
        self.shapes
    }
}
