//! What a pill looks like: number first, because it is typed, then the keypoint's code.

use std::sync::Arc;

use egui::emath::GuiRounding as _;
use egui::{Color32, Galley, Painter, Rect, Shape, Stroke, StrokeKind, Vec2, vec2};

use super::PlacedPill;
use crate::ui::marks;
use crate::ui::theme::{Theme, Weight, mono};
use crate::ui::widgets::text_corner;

/// How a pill stands out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PillLook {
    /// The keypoint's colour on pictures; that of free dots for a number alone.
    pub colour: Color32,
    /// Filled with its colour: a keypoint on the right.
    pub is_solid: bool,
    /// The keypoint that is worked on.
    pub is_selected: bool,
    /// Proposed, not yet labelled.
    pub is_proposed: bool,
    /// A person made this label, and the page also shows others.
    pub is_by_human: bool,
}

impl PillLook {
    /// The number of a dot that no keypoint has.
    pub fn free() -> Self {
        let colour = Theme::get().on_image.unassigned;
        Self { colour, is_solid: false, is_selected: false, is_proposed: false, is_by_human: false }
    }
}

/// What stands on a pill: `7`, `7 HR`, `8 HL+T1`, `HR` for a label without a dot, or `10 FR? 0.4` for a proposal at that many
/// px.
pub fn pill_text(number: Option<u16>, codes: &[&str], proposed_px: Option<f64>) -> String {
    let mut text = number.map_or_else(String::new, |number| number.to_string());
    if !codes.is_empty() {
        if !text.is_empty() {
            text.push(' ');
        }
        text += &codes.join("+");
    }
    if let Some(distance_px) = proposed_px {
        text += &format!("? {distance_px:.1}");
    }
    text
}

/// The size of the pill that holds `text`, with the underline of a human label where there is one.
pub fn pill_size(painter: &Painter, text: &str, look: &PillLook) -> Vec2 {
    let theme = Theme::get();
    let width = lay_out(painter, text).size().x + 2.0 * theme.space.unit;
    let height = theme.size.pill_height + if look.is_by_human { underline_height() } else { 0.0 };
    vec2(width.max(theme.size.pill_height).ceil(), height)
}

/// Paints a pill and its leader.
pub fn paint_pill(painter: &Painter, placed: &PlacedPill, text: &str, look: &PillLook) {
    let theme = Theme::get();
    let dark = theme.on_image.pill;
    marks::leader(painter, placed.dot, placed.rect, look.colour);
    let body = Rect::from_min_size(placed.rect.min, vec2(placed.rect.width(), theme.size.pill_height))
        .round_to_pixels(painter.pixels_per_point());
    let is_filled = look.is_solid && !look.is_proposed;
    let (fill, ink) = if is_filled { (look.colour, dark) } else { (dark, look.colour) };
    // The halo keeps a pill apart from a bright picture and from bones that end under it.
    painter.rect_filled(body.expand(theme.stroke.line), theme.radius.pill + 1, theme.on_image.halo);
    painter.rect_filled(body, theme.radius.pill, fill);
    if look.is_proposed {
        dashed_border(painter, body);
    } else if look.is_selected {
        let stroke = Stroke::new(theme.stroke.selection, theme.on_image.selected);
        painter.rect_stroke(body, theme.radius.pill, stroke, StrokeKind::Middle);
    } else {
        painter.rect_stroke(body, theme.radius.pill, Stroke::new(theme.stroke.line, look.colour), StrokeKind::Inside);
    }
    let galley = lay_out(painter, text);
    painter.galley_with_override_text_color(text_corner(painter, body.center(), galley.size()), galley, ink);
    if look.is_by_human {
        let width = theme.stroke.selection;
        let line =
            Rect::from_min_size(body.left_bottom() + vec2(0.0, underline_height() - width), vec2(body.width(), width));
        painter.rect_filled(line.expand(theme.stroke.line / 2.0), 0, theme.on_image.halo);
        painter.rect_filled(line, 0, theme.on_image.selected);
    }
}

fn underline_height() -> f32 {
    2.0 * Theme::get().stroke.selection
}

fn lay_out(painter: &Painter, text: &str) -> Arc<Galley> {
    let font = mono(Weight::Strong, Theme::get().font.caption);
    painter.layout_no_wrap(text.to_owned(), font, Color32::PLACEHOLDER)
}

fn dashed_border(painter: &Painter, body: Rect) {
    let theme = Theme::get();
    let line = body.shrink(theme.stroke.line / 2.0);
    let corners = [line.left_top(), line.right_top(), line.right_bottom(), line.left_bottom(), line.left_top()];
    let stroke = Stroke::new(theme.stroke.bone, theme.on_image.selected);
    let [dash, gap] = theme.stroke.ghost_dash;
    painter.extend(Shape::dashed_line(&corners, stroke, dash, gap));
}

#[cfg(test)]
mod tests {
    use egui::pos2;

    use super::*;

    #[test]
    fn the_number_comes_first() {
        assert_eq!(pill_text(Some(7), &["HR"], None), "7 HR");
        assert_eq!(pill_text(Some(8), &["HL", "T1"], None), "8 HL+T1");
        assert_eq!(pill_text(Some(10), &["FR"], Some(0.44)), "10 FR? 0.4");
        assert_eq!(pill_text(Some(9), &[], None), "9");
        assert_eq!(pill_text(None, &["HR"], None), "HR");
    }

    /// What a pill of that look paints, and the place that it asked for.
    fn painted(text: &str, look: PillLook) -> (Vec<Rect>, Rect) {
        let context = egui::Context::default();
        let mut place = Rect::NOTHING;
        let mut output = context.run_ui(egui::RawInput::default(), |ui| {
            Theme::get().ensure(ui.ctx());
            let size = pill_size(ui.painter(), text, &look);
            place = Rect::from_min_size(pos2(100.0, 100.0), size);
            // So near that there is no leader.
            paint_pill(ui.painter(), &PlacedPill { rect: place, dot: pos2(108.0, 92.0) }, text, &look);
        });
        output.textures_delta.clear();
        (output.shapes.iter().map(|clipped| clipped.shape.visual_bounding_rect()).collect(), place)
    }

    #[test]
    fn pills_stay_in_the_place_that_they_ask_for() {
        let free = PillLook::free();
        for look in [
            free,
            PillLook { is_solid: true, ..free },
            PillLook { is_selected: true, ..free },
            PillLook { is_proposed: true, ..free },
            PillLook { is_by_human: true, ..free },
        ] {
            for text in ["1", "7 HR", "10 FR? 12.4"] {
                let (shapes, place) = painted(text, look);
                assert!(shapes.len() >= 4, "{look:?}");
                for shape in shapes.iter().filter(|shape| shape.is_positive()) {
                    assert!(place.expand(2.0).contains_rect(*shape), "{look:?} {text}: {shape:?} {place:?}");
                }
            }
        }
        assert_eq!(painted("7 HR", free).1.height(), Theme::get().size.pill_height);
    }
}
