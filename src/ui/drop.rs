//! Where to drop what is held over the window, on every page.

use egui::{Align2, Id, LayerId, Order, Stroke, StrokeKind, Ui};

use super::theme::{self, Theme, Weight, sans};

/// Draws the target while something is held over the window.
pub(super) fn target_ui(ui: &Ui, is_open: bool) {
    if ui.input(|input| input.raw.hovered_files.is_empty()) {
        return;
    }
    let theme = Theme::get();
    let palette = theme::palette(ui);
    let rect = ui.ctx().viewport_rect().shrink(2.0 * theme.space.unit);
    let painter = ui.ctx().layer_painter(LayerId::new(Order::Foreground, Id::unique("drop target")));
    // Nearly opaque, so that the words can be read over pictures.
    painter.rect_filled(rect, theme.radius.control, palette.window.gamma_multiply(0.85));
    let stroke = Stroke::new(theme.stroke.selection, palette.accent);
    painter.rect(rect, theme.radius.control, palette.accent_fill, stroke, StrokeKind::Inside);
    let words =
        if is_open { "Drop to open it in place of this project" } else { "Drop a project or a recording to open it" };
    let font = sans(Weight::Strong, theme.font.figure);
    painter.text(rect.center(), Align2::CENTER_CENTER, words, font, palette.text);
}
