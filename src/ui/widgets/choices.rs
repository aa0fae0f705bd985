//! Choices: one of a few (segmented, or below each other with words), on or off (chip), a number in a range (slider).

use egui::{
    EventFilter, Frame, Key, Label, Margin, Modifiers, Rect, Response, RichText, Role, Sense, Stroke, StrokeKind, Ui,
    UiBuilder, WidgetInfo, emath::Numeric, pos2, vec2,
};

use super::{focus_ring, focus_ring_inside, rounded_focus_ring, text_corner};
use crate::ui::theme::{self, Theme, Weight, sans};

/// One of a few options, side by side. Says which was asked for, if another than `chosen`.
///
/// `name` says what is chosen; it names the group. Tab reaches the chosen option, the arrow keys go on from there.
pub fn segmented<T: Copy + PartialEq>(ui: &mut Ui, name: &str, chosen: T, options: &[(T, &str)]) -> Option<T> {
    let builder = UiBuilder::new().accessibility_role(Role::RadioGroup);
    ui.scope_builder(builder, |ui| {
        ui.ctx().accesskit_node_builder(ui.unique_id(), |node| node.set_label(name));
        segments(ui, name, chosen, options)
    })
    .inner
}

fn segments<T: Copy + PartialEq>(ui: &mut Ui, name: &str, chosen: T, options: &[(T, &str)]) -> Option<T> {
    let theme = Theme::get();
    let palette = theme::palette(ui);
    let padding = 3.0 * theme.space.unit;
    let fonts = [sans(Weight::Medium, theme.font.body), sans(Weight::Strong, theme.font.body)];
    // Room for the bold words, so that nothing moves when the choice does.
    let words = |ui: &Ui, text: &str, is_chosen: bool| {
        ui.painter().layout_no_wrap(text.to_owned(), fonts[usize::from(is_chosen)].clone(), palette.text)
    };
    let widths: Vec<f32> =
        options.iter().map(|(_, text)| (words(ui, text, true).size().x + 2.0 * padding).ceil()).collect();
    let size = vec2(widths.iter().sum(), theme.size.control);
    let (whole, _) = ui.allocate_exact_size(size, Sense::hover());
    let outline = Stroke::new(theme.stroke.control, palette.line_strong);
    ui.painter().rect(whole, theme.radius.control, palette.control, outline, StrokeKind::Inside);

    let mut asked = None;
    let mut focused = None;
    let mut left = whole.left();
    let base = ui.scope_id().with(name);
    for (index, ((value, text), width)) in options.iter().zip(widths).enumerate() {
        let rect = Rect::from_min_size(pos2(left, whole.top()), vec2(width, whole.height()));
        left += width;
        let is_chosen = *value == chosen;
        let sense = if is_chosen { Sense::click() } else { Sense::CLICK };
        let response = ui.interact(rect, base.with(index), sense);
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, ui.is_enabled(), is_chosen, text));
        if is_chosen {
            ui.painter().rect_filled(rect.shrink(theme.stroke.control), theme.radius.control - 1, palette.accent_fill);
            let underline = Rect::from_min_max(
                pos2(rect.left() + 2.0, rect.bottom() - theme.stroke.selection),
                pos2(rect.right() - 2.0, rect.bottom()),
            );
            ui.painter().rect_filled(underline, 1, palette.accent);
        } else if response.hovered() {
            ui.painter().rect_filled(
                rect.shrink(theme.stroke.control),
                theme.radius.control - 1,
                palette.control_track,
            );
        }
        let colour = if is_chosen || response.hovered() { palette.text } else { palette.text_secondary };
        let galley = words(ui, text, is_chosen);
        let at = text_corner(ui.painter(), rect.center(), galley.size());
        ui.painter().galley_with_override_text_color(at, galley, colour);
        if response.clicked() && !is_chosen {
            asked = Some(index);
        }
        if response.has_focus() {
            focused = Some(index);
            focus_ring(ui, rect, &response);
        }
    }
    if let Some(index) = focused {
        asked = arrow_target(ui, base.with(index), index, options.len()).or(asked);
    }
    let index = asked?;
    if focused.is_some() {
        ui.memory_mut(|memory| memory.request_focus(base.with(index)));
    }
    Some(options[index].0)
}

/// The option that the arrow keys ask for.
fn arrow_target(ui: &Ui, id: egui::Id, index: usize, count: usize) -> Option<usize> {
    let filter = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
    ui.input_mut(|input| {
        let on = usize::from(input.consume_key(Modifiers::NONE, Key::ArrowRight));
        let back = usize::from(input.consume_key(Modifiers::NONE, Key::ArrowLeft));
        let target = (index + on).saturating_sub(back).min(count - 1);
        (target != index).then_some(target)
    })
}

/// One of a few options below each other, each with words on when to choose it.
pub fn explained_choices<T: Copy + PartialEq>(ui: &mut Ui, chosen: &mut T, options: &[(T, &str, &str)]) {
    let theme = Theme::get();
    let palette = theme::palette(ui);
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.spacing_mut().interact_size.y = 20.0;
        for (option, name, words) in options {
            let is_chosen = chosen == option;
            let visuals = &mut ui.visuals_mut().widgets;
            for state in [&mut visuals.inactive, &mut visuals.hovered, &mut visuals.active] {
                state.bg_stroke.width = theme.stroke.control;
                state.bg_stroke.color = if is_chosen { palette.accent } else { palette.text_tertiary };
                state.fg_stroke.color = palette.accent;
            }
            let weight = if is_chosen { Weight::Strong } else { Weight::Regular };
            let text = RichText::new(*name).font(sans(weight, theme.font.body)).color(palette.text);
            ui.radio_value(chosen, *option, text);
            let words = RichText::new(*words).size(theme.font.caption).color(palette.text_tertiary);
            let inset = Margin { left: INSET, ..Margin::ZERO };
            Frame::NONE.inner_margin(inset).show(ui, |ui| ui.add(Label::new(words).wrap()));
            ui.add_space(6.0);
        }
    });
}

/// Where the words of an option begin, right of its mark, points.
const INSET: i8 = 22;

/// The tab of a page: its word with `padding` points at both sides, and a line under it where it is the page that is shown.
pub fn page_tab(ui: &mut Ui, text: &str, is_on: bool, padding: f32) -> Response {
    let theme = Theme::get();
    let palette = theme::palette(ui);
    let galley = ui.painter().layout_no_wrap(
        text.to_owned(),
        sans(if is_on { Weight::Strong } else { Weight::Medium }, theme.font.heading),
        if is_on { palette.text } else { palette.text_secondary },
    );
    let size = vec2(galley.size().x + 2.0 * padding, ui.available_height());
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    if response.hovered() && !is_on {
        ui.painter().rect_filled(rect, theme.radius.control, palette.control);
    }
    let at = text_corner(ui.painter(), rect.center(), galley.size());
    ui.painter().galley(at, galley, palette.text);
    if is_on {
        let line = Rect::from_min_max(pos2(rect.left(), rect.bottom() - 2.0), rect.max);
        ui.painter().rect_filled(line, 0, palette.accent);
    }
    focus_ring_inside(ui, rect, &response);
    response.widget_info(|| WidgetInfo::selected(Role::Tab, ui.is_enabled(), is_on, text));
    response
}

/// A filter that is on or off.
pub fn chip(ui: &mut Ui, text: &str, is_on: bool) -> Response {
    let theme = Theme::get();
    let palette = theme::palette(ui);
    let font = sans(if is_on { Weight::Medium } else { Weight::Regular }, theme.font.caption);
    let galley = ui.painter().layout_no_wrap(text.to_owned(), font, palette.text);
    let size = vec2((galley.size().x + 4.0 * theme.space.unit).ceil(), 2.0 * f32::from(theme.radius.chip));
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    if ui.is_rect_visible(rect) {
        let (fill, outline) = match (is_on, response.hovered()) {
            (true, _) => (palette.accent_fill, palette.accent),
            (false, true) => (palette.control, palette.line_strong),
            (false, false) => (palette.panel, palette.line_strong),
        };
        let stroke = Stroke::new(theme.stroke.control, outline);
        ui.painter().rect(rect, theme.radius.chip, fill, stroke, StrokeKind::Inside);
        let colour = if is_on { palette.text } else { palette.text_secondary };
        let at = text_corner(ui.painter(), rect.center(), galley.size());
        ui.painter().galley_with_override_text_color(at, galley, colour);
        rounded_focus_ring(ui, rect, &response, theme.radius.chip);
    }
    response.widget_info(|| WidgetInfo::selected(Role::Button, ui.is_enabled(), is_on, text));
    response
}

/// A slider with its name before it and its figure behind it, which can be typed.
pub fn slider<N: Numeric>(
    ui: &mut Ui,
    name: &str,
    value: &mut N,
    range: std::ops::RangeInclusive<N>,
    decimals: usize,
) -> Response {
    slider_in_column(ui, name, value, range, decimals, 0.0)
}

/// The same, where several stand below each other: their names take at least `name_width` points.
pub fn slider_in_column<N: Numeric>(
    ui: &mut Ui,
    name: &str,
    value: &mut N,
    range: std::ops::RangeInclusive<N>,
    decimals: usize,
    name_width: f32,
) -> Response {
    let theme = Theme::get();
    let palette = theme::palette(ui);
    ui.horizontal(|ui| {
        let label = ui.label(RichText::new(name).color(palette.text_secondary));
        ui.add_space((name_width - label.rect.width()).max(0.0));
        let handle = ui.scope(|ui| {
            // The handle is as high as a control; a small one is exact.
            ui.spacing_mut().interact_size.y = theme.size.icon;
            ui.spacing_mut().slider_width = 20.0 * theme.space.unit;
            ui.visuals_mut().selection.bg_fill = palette.accent;
            let widgets = &mut ui.visuals_mut().widgets;
            for state in [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active] {
                state.bg_fill = palette.line_strong;
                state.fg_stroke.color = palette.text;
            }
            widgets.inactive.bg_fill = palette.control_track;
            ui.add(egui::Slider::new(value, range.clone()).show_value(false)).labelled_by(label.id)
        });
        let handle = handle.inner;
        focus_ring(ui, handle.rect, &handle);
        ui.visuals_mut().widgets.inactive.bg_stroke = Stroke::NONE;
        ui.visuals_mut().widgets.inactive.weak_bg_fill = palette.panel;
        let speed = (range.end().to_f64() - range.start().to_f64()) / 100.0;
        let figure = egui::DragValue::new(value).range(range).fixed_decimals(decimals).speed(speed);
        handle | ui.add(figure).labelled_by(label.id)
    })
    .inner
}

#[cfg(test)]
mod tests {
    use egui_kittest::Harness;
    use egui_kittest::kittest::{NodeT as _, Queryable as _};

    use super::*;

    #[test]
    fn a_segmented_choice_follows_clicks_and_arrows() {
        let options = [(1, "Reflectance"), (2, "Fluorescence"), (3, "Fused")];
        let mut harness = Harness::new_ui_state(
            |ui, chosen: &mut i32| {
                Theme::get().ensure(ui.ctx());
                if let Some(asked) = segmented(ui, "Picture", *chosen, &options) {
                    *chosen = asked;
                }
            },
            1,
        );
        harness.get_by_label("Fused").click();
        harness.run();
        assert_eq!(*harness.state(), 3);
        harness.get_by_label("Fused").focus();
        harness.run();
        harness.key_press(Key::ArrowRight);
        harness.run();
        assert_eq!(*harness.state(), 3);
        for expected in [2, 1, 1] {
            harness.key_press(Key::ArrowLeft);
            harness.run();
            assert_eq!(*harness.state(), expected);
        }
        harness.key_press(Key::ArrowRight);
        harness.run();
        assert_eq!(*harness.state(), 2, "the focus went along");
    }

    #[test]
    fn the_group_has_a_name_and_tab_stops_once() {
        let mut harness = Harness::new_ui_state(
            |ui, presses: &mut u32| {
                Theme::get().ensure(ui.ctx());
                segmented(ui, "Picture", 2, &[(1, "Reflectance"), (2, "Fluorescence"), (3, "Fused")]);
                *presses += u32::from(ui.button("After").clicked());
            },
            0,
        );
        assert!(harness.query_by_role_and_label(Role::RadioGroup, "Picture").is_some());
        harness.key_press(Key::Tab);
        harness.run();
        assert!(harness.get_by_label("Fluorescence").is_focused());
        harness.key_press(Key::Tab);
        harness.run();
        assert!(harness.get_by_label("After").is_focused());
    }

    #[test]
    fn a_chip_tells_its_state() {
        let mut harness = Harness::new_ui_state(
            |ui, is_on: &mut bool| {
                Theme::get().ensure(ui.ctx());
                if chip(ui, "Any camera", *is_on).clicked() {
                    *is_on = !*is_on;
                }
            },
            false,
        );
        harness.get_by_label("Any camera").click();
        harness.run();
        assert!(*harness.state());
        let node = harness.get_by_label("Any camera");
        assert_eq!(node.accesskit_node().toggled(), Some(egui::accesskit::Toggled::True));
    }

    #[test]
    fn a_slider_is_found_by_its_name() {
        let mut harness = Harness::new_ui_state(
            |ui, mix: &mut f32| {
                Theme::get().ensure(ui.ctx());
                slider(ui, "Mix", mix, 0.0..=1.0, 2);
            },
            0.85,
        );
        harness.get_by_role_and_label(Role::Slider, "Mix").focus();
        harness.run();
        harness.key_press(Key::ArrowLeft);
        harness.run();
        assert!(*harness.state() < 0.85);
    }
}
