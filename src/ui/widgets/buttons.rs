//! Buttons with words: the page's one main action is filled and as wide as its panel, all others are outlined. The key that
//! does the same stands on them.

use std::sync::Arc;

use egui::{
    Color32, Galley, Painter, Pos2, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, Widget, WidgetInfo,
    pos2, vec2,
};

use super::{focus_ring, text_corner};
use crate::ui::icons::{Icon, paint_icon};
use crate::ui::theme::{self, Palette, Theme, Weight, mix, mono, sans};

/// A button with words, and perhaps an icon and a key.
#[derive(Clone, Copy, Debug)]
#[must_use = "a button shows when it is added to a `Ui`"]
pub struct ActionButton<'a> {
    text: &'a str,
    key: &'a str,
    icon: Option<Icon>,
    is_primary: bool,
    is_wide: bool,
    is_pressed: bool,
}

impl<'a> ActionButton<'a> {
    /// An outlined button as wide as its words. `text` is a verb with its object; it is also the accessible name.
    pub fn new(text: &'a str) -> Self {
        Self { text, key: "", icon: None, is_primary: false, is_wide: false, is_pressed: false }
    }

    /// The panel's main action: filled, and as wide as the panel.
    pub fn primary(text: &'a str) -> Self {
        Self { is_primary: true, is_wide: true, ..Self::new(text) }
    }

    /// Shows which key does the same.
    pub fn key(self, key: &'a str) -> Self {
        Self { key, ..self }
    }

    /// Puts an icon before the words.
    pub fn icon(self, icon: Icon) -> Self {
        Self { icon: Some(icon), ..self }
    }

    /// As wide as the room that is left, or as its words.
    pub fn wide(self, is_wide: bool) -> Self {
        Self { is_wide, ..self }
    }

    /// Shows whether what it switches is on.
    pub fn pressed(self, is_pressed: bool) -> Self {
        Self { is_pressed, ..self }
    }

    fn look(&self, palette: &Palette, response: &Response) -> Look {
        let is_down = response.is_pointer_button_down_on();
        // A main action that cannot be done is outlined, so that its words stay legible when all of it is faded.
        if self.is_primary && response.enabled() {
            let share = if is_down { 0.16 } else { 0.08 };
            let fill = if is_down || response.hovered() {
                mix(palette.accent, palette.on_accent, share)
            } else {
                palette.accent
            };
            Look { fill, outline: fill, text: palette.on_accent, key: palette.on_accent }
        } else if self.is_pressed {
            Look { fill: palette.accent_fill, outline: palette.accent, text: palette.text, key: palette.text_secondary }
        } else {
            let fill = if is_down || response.hovered() { palette.control_track } else { palette.control };
            Look { fill, outline: palette.line_strong, text: palette.text, key: palette.text_secondary }
        }
    }
}

struct Look {
    fill: Color32,
    outline: Color32,
    text: Color32,
    key: Color32,
}

impl Widget for ActionButton<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let theme = Theme::get();
        let palette = theme::palette(ui);
        let gap = 2.0 * theme.space.unit;
        let padding = 3.0 * theme.space.unit;
        let weight = if self.is_primary { Weight::Strong } else { Weight::Medium };
        let words = lay_out(ui.painter(), self.text, weight, theme.font.body);
        let key = (!self.key.is_empty()).then(|| KeyCap::new(ui.painter(), self.key));
        let icon_width = self.icon.map_or(0.0, |_| theme.size.icon + gap);
        let content = icon_width + words.size().x + key.as_ref().map_or(0.0, |key| key.size.x + gap);
        let natural = content + 2.0 * padding;
        let width = if self.is_wide { ui.available_width().max(natural) } else { natural };
        let (rect, response) = ui.allocate_exact_size(vec2(width, theme.size.control), Sense::click());
        if ui.is_rect_visible(rect) {
            // A main action that cannot be had now does not look like one.
            let look = Self { is_primary: self.is_primary && ui.is_enabled(), ..self }.look(palette, &response);
            let stroke = Stroke::new(theme.stroke.control, look.outline);
            ui.painter().rect(rect, theme.radius.control, look.fill, stroke, StrokeKind::Inside);
            let middle = rect.center().y;
            let mut x = rect.center().x - content / 2.0;
            if let Some(icon) = self.icon {
                let place = Rect::from_min_size(pos2(x, middle - theme.size.icon / 2.0), Vec2::splat(theme.size.icon));
                paint_icon(ui.painter(), icon, place, look.text);
                x += icon_width;
            }
            let words_width = words.size().x;
            let at = text_corner(ui.painter(), pos2(x + words_width / 2.0, middle), words.size());
            ui.painter().galley_with_override_text_color(at, words, look.text);
            if let Some(key) = key {
                key.paint(ui.painter(), pos2(x + words_width + gap, middle), look.key);
            }
            focus_ring(ui, rect, &response);
        }
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(Role::Button, ui.is_enabled(), self.text);
            info.selected = self.is_pressed.then_some(true);
            info
        });
        response
    }
}

/// Shows a key or a combination, as `Ctrl K`. It is no control.
pub fn key_cap(ui: &mut Ui, key: &str) -> Response {
    let cap = KeyCap::new(ui.painter(), key);
    let (rect, response) = ui.allocate_exact_size(cap.size, Sense::hover());
    cap.paint(ui.painter(), rect.left_center(), theme::palette(ui).text_secondary);
    response
}

/// A key's name in a small frame, laid out.
struct KeyCap {
    text: Arc<Galley>,
    size: Vec2,
}

impl KeyCap {
    fn new(painter: &Painter, key: &str) -> Self {
        let theme = Theme::get();
        let font = mono(Weight::Medium, theme.font.caption);
        let text = painter.layout_no_wrap(key.to_owned(), font, Color32::PLACEHOLDER);
        let height = theme.size.pill_height + 2.0;
        let size = vec2((text.size().x + 2.5 * theme.space.unit).max(height), height);
        Self { text, size }
    }

    fn paint(self, painter: &Painter, left_middle: Pos2, colour: Color32) {
        let theme = Theme::get();
        let rect = Rect::from_min_size(left_middle - vec2(0.0, self.size.y / 2.0), self.size);
        let stroke = Stroke::new(theme.stroke.line, colour.gamma_multiply(0.6));
        painter.rect_stroke(rect, theme.radius.pill, stroke, StrokeKind::Inside);
        let at = text_corner(painter, rect.center(), self.text.size());
        painter.galley_with_override_text_color(at, self.text, colour);
    }
}

fn lay_out(painter: &Painter, text: &str, weight: Weight, size: f32) -> Arc<Galley> {
    painter.layout_no_wrap(text.to_owned(), sans(weight, size), Color32::PLACEHOLDER)
}

#[cfg(test)]
mod tests {
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable as _;

    use super::*;

    fn harness() -> Harness<'static, u32> {
        Harness::new_ui_state(
            |ui, presses: &mut u32| {
                Theme::get().ensure(ui.ctx());
                *presses += u32::from(ui.add(ActionButton::primary("Accept and next").key("Enter")).clicked());
                *presses += 10 * u32::from(ui.add(ActionButton::new("Skip").key("S").icon(Icon::Skip)).clicked());
                let closed = ui.add_enabled(false, ActionButton::new("Go to Run")).clicked();
                *presses += 100 * u32::from(closed);
            },
            0,
        )
    }

    #[test]
    fn buttons_are_pressed_by_pointer_and_key() {
        let mut harness = harness();
        harness.get_by_label("Accept and next").click();
        harness.run();
        assert_eq!(*harness.state(), 1);
        harness.get_by_label("Skip").focus();
        harness.run();
        harness.key_press(egui::Key::Space);
        harness.run();
        assert_eq!(*harness.state(), 11);
        harness.get_by_label("Go to Run").click();
        harness.run();
        assert_eq!(*harness.state(), 11);
    }

    #[test]
    fn the_main_action_is_as_wide_as_its_panel() {
        let harness = harness();
        let width = |label: &str| harness.get_by_label(label).rect().width();
        assert!(width("Accept and next") > 2.0 * width("Skip"));
        assert_eq!(harness.get_by_label("Skip").rect().height(), Theme::get().size.control);
    }
}
