//! Controls and parts of panels that egui does not have, or not as the tokens ask: buttons that show their key, segmented
//! choices, chips, badges, figures, headings, rows.
//!
//! Every control has a name that screen readers and tests find it by, can be focused and worked by key, and then shows a ring.
//! None of them changes state: each says what was asked for.

mod buttons;
mod choices;
mod parts;

pub use buttons::{ActionButton, key_cap};
pub use choices::{chip, explained_choices, page_tab, segmented, slider, slider_in_column};
pub use parts::{
    BadgeKind, badge_width, empty_state, heading_row, labelled_figure, paint_badge, paint_row, progress_bar, section,
    state_sign, state_word,
};

use egui::{Color32, FontId, Painter, Pos2, Rect, Response, Stroke, StrokeKind, Ui, Vec2, pos2, vec2};

use super::theme::{self, Theme, Weight, sans};

/// The ring of keyboard focus: outside the control, where nothing of it is covered.
pub fn focus_ring(ui: &Ui, rect: Rect, response: &Response) {
    rounded_focus_ring(ui, rect, response, Theme::get().radius.control);
}

/// [`focus_ring`] of a control with corners of that radius.
fn rounded_focus_ring(ui: &Ui, rect: Rect, response: &Response, radius: u8) {
    if response.has_focus() {
        let theme = Theme::get();
        let stroke = Stroke::new(theme.stroke.selection, theme::palette(ui).accent);
        let gap = theme.space.unit / 2.0;
        ui.painter().rect_stroke(rect.expand(gap), radius + gap as u8, stroke, StrokeKind::Outside);
    }
}

/// The ring of keyboard focus for what touches its neighbours: inside.
pub fn focus_ring_inside(ui: &Ui, rect: Rect, response: &Response) {
    if response.has_focus() {
        let theme = Theme::get();
        let stroke = Stroke::new(theme.stroke.selection, theme::palette(ui).accent);
        ui.painter().rect_stroke(rect, theme.radius.mark, stroke, StrokeKind::Inside);
    }
}

/// A tooltip of what a control does and which key does the same; `shortcut` may be empty.
pub fn named_tooltip(response: Response, name: &str, shortcut: &str) -> Response {
    response.on_hover_ui(|ui| {
        ui.horizontal(|ui| {
            ui.label(name);
            if !shortcut.is_empty() {
                key_cap(ui, shortcut);
            }
        });
    })
}

/// Where a line of text of that size begins so that its capitals stand in the middle round `centre`.
///
/// A bitmap of a glyph begins with a row that is hardly covered, so half pixels go up, not to the nearest.
pub(super) fn text_corner(painter: &Painter, centre: Pos2, size: Vec2) -> Pos2 {
    let corner = centre - size / 2.0;
    let pixels_per_point = painter.pixels_per_point();
    pos2(corner.x, (corner.y * pixels_per_point + 0.2).floor() / pixels_per_point)
}

/// One line of text whose middle is at the height of `left_middle`; gives where it ends.
fn text_at(ui: &Ui, left_middle: Pos2, text: &str, font: FontId, colour: Color32) -> f32 {
    let galley = ui.painter().layout_no_wrap(text.to_owned(), font, colour);
    let at = text_corner(ui.painter(), left_middle + vec2(galley.size().x / 2.0, 0.0), galley.size());
    let right = at.x + galley.size().x;
    ui.painter().galley(at, galley, colour);
    right
}

/// The caption font.
fn caption() -> FontId {
    sans(Weight::Regular, Theme::get().font.caption)
}
