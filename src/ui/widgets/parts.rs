//! Parts of panels that are no controls, and sections that fold.

use egui::{Align, Align2, Layout, Painter, Rect, Response, Role, Sense, Stroke, Ui, Vec2, WidgetInfo, pos2, vec2};

use super::{ActionButton, caption, focus_ring_inside, text_at, text_corner};
use crate::store::FrameState;
use crate::ui::icons::{Icon, icon, paint_icon};
use crate::ui::theme::tokens::StateTokens;
use crate::ui::theme::{self, Appearance, Theme, Weight, figure_font, mono, sans};

/// How far a work is, `share` from 0 to 1. `name` is for screen readers; the words stand beside the bar.
pub fn progress_bar(ui: &mut Ui, name: &str, share: f32) -> Response {
    let theme = Theme::get();
    let palette = theme::palette(ui);
    let share = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
    let height = theme.space.unit;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    if ui.is_rect_visible(rect) {
        ui.painter().rect_filled(rect, theme.radius.mark, palette.control_track);
        let done = Rect::from_min_size(rect.min, vec2(rect.width() * share, height));
        ui.painter().rect_filled(done, theme.radius.mark, palette.accent);
    }
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ProgressIndicator, ui.is_enabled(), name);
        info.value = Some((f64::from(share) * 100.0).round());
        info
    });
    response
}

/// A live count: what it counts, the figure, and a note below it.
pub fn labelled_figure(ui: &mut Ui, label: &str, figure: &str, note: &str) -> Response {
    let theme = Theme::get();
    let palette = theme::palette(ui);
    let lines = [
        (label, caption(), palette.text_tertiary, theme.font.line_height.caption),
        (figure, figure_font(), palette.text, theme.font.line_height.figure),
        (note, caption(), palette.text_tertiary, theme.font.line_height.caption),
    ];
    let width = lines
        .iter()
        .map(|(text, font, colour, _)| ui.painter().layout_no_wrap((*text).to_owned(), font.clone(), *colour).size().x)
        .fold(0.0, f32::max);
    let height = lines.iter().map(|line| line.3).sum();
    let (rect, response) = ui.allocate_exact_size(vec2(width.ceil(), height), Sense::hover());
    let mut top = rect.top();
    for (text, font, colour, height) in lines {
        text_at(ui, pos2(rect.left(), top + height / 2.0), text, font, colour);
        top += height;
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{label}: {figure} {note}").trim()));
    response
}

/// The first line of a panel: its subject, an aside, and what `trailing` adds at the right end, from the right.
pub fn heading_row<R>(ui: &mut Ui, title: &str, aside: &str, trailing: impl FnOnce(&mut Ui) -> R) -> R {
    let theme = Theme::get();
    let palette = theme::palette(ui);
    let size = vec2(ui.available_width(), theme.size.tool_bar);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_size(size);
        let title = egui::RichText::new(title).font(sans(Weight::Strong, theme.font.heading)).color(palette.text);
        ui.label(title);
        if !aside.is_empty() {
            ui.label(egui::RichText::new(aside).color(palette.text_secondary));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), trailing).inner
    })
    .inner
}

/// A part of a panel that folds; it remembers whether it is open.
///
/// `title` is its name; `id_salt` tells it from others of that name.
pub fn section<R>(
    ui: &mut Ui,
    id_salt: &str,
    title: &str,
    open_at_first: bool,
    body: impl FnOnce(&mut Ui) -> R,
) -> Option<R> {
    let theme = Theme::get();
    let palette = theme::palette(ui);
    let id = ui.make_persistent_id(id_salt);
    let mut is_open = ui.data_mut(|data| *data.get_persisted_mut_or(id, open_at_first));
    let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), theme.size.control), Sense::hover());
    let response = ui.interact(row, id.with("header"), Sense::click());
    if response.clicked() {
        is_open = !is_open;
        ui.data_mut(|data| data.insert_persisted(id, is_open));
    }
    if ui.is_rect_visible(row) {
        if response.hovered() {
            ui.painter().rect_filled(row, theme.radius.mark, palette.raised);
        }
        let chevron = if is_open { Icon::ChevronDown } else { Icon::ChevronRight };
        let size = theme.size.icon_small;
        let place = Rect::from_min_size(pos2(row.left(), row.center().y - size / 2.0), Vec2::splat(size));
        paint_icon(ui.painter(), chevron, place, palette.text_secondary);
        let left = pos2(place.right() + theme.space.unit, row.center().y);
        text_at(ui, left, title, sans(Weight::Strong, theme.font.body), palette.text);
        focus_ring_inside(ui, row, &response);
    }
    response.widget_info(|| WidgetInfo::selected(Role::DisclosureTriangle, ui.is_enabled(), is_open, title));
    is_open.then(|| body(ui))
}

/// What the state of a frame is called.
pub fn state_word(state: FrameState) -> &'static str {
    match state {
        FrameState::Todo => "to do",
        FrameState::Fixed => "fixed",
        FrameState::Accepted => "accepted",
        FrameState::Skipped => "skipped",
    }
}

/// The sign of a frame's state, with the word as its name and tooltip.
pub fn state_sign(ui: &mut Ui, state: FrameState) -> Response {
    let theme = Theme::get();
    let StateTokens { colour, sign } = match state {
        FrameState::Todo => theme.state.todo,
        FrameState::Fixed => theme.state.fixed,
        FrameState::Accepted => theme.state.accepted,
        FrameState::Skipped => theme.state.skipped,
    };
    let response = icon(ui, sign, theme.size.icon, theme::palette(ui).ink(colour));
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, state_word(state)));
    response.on_hover_text(state_word(state))
}

/// The ground of a row of a table or list, before what stands on it.
pub fn paint_row(ui: &Ui, rect: Rect, is_selected: bool, is_hovered: bool) {
    let theme = Theme::get();
    let palette = theme::palette(ui);
    if is_selected {
        ui.painter().rect_filled(rect, 0, palette.accent_fill);
        let edge = Rect::from_min_size(rect.min, vec2(theme.stroke.selection, rect.height()));
        ui.painter().rect_filled(edge, 0, palette.accent);
    } else if is_hovered {
        ui.painter().rect_filled(rect, 0, palette.raised);
    }
}

/// What stands where nothing is yet: one sentence and, where there is one, the next step with its key (may be empty).
///
/// Both stand in the middle of the room that is left. The response is the button's.
pub fn empty_state(ui: &mut Ui, sentence: &str, next_step: Option<(&str, &str)>) -> Option<Response> {
    let theme = Theme::get();
    let colour = theme::palette(ui).text_secondary;
    let room = ui.available_size();
    let text = ui.painter().layout(
        sentence.to_owned(),
        sans(Weight::Regular, theme.font.body),
        colour,
        (room.x - 2.0 * theme.space.panel_padding).max(1.0),
    );
    let button = if next_step.is_some() { theme.space.panel_padding + theme.size.control } else { 0.0 };
    let above = ((room.y - text.size().y - button) / 2.0).max(0.0);
    ui.vertical_centered(|ui| {
        ui.add_space(above);
        ui.spacing_mut().item_spacing.y = theme.space.panel_padding;
        ui.label(egui::RichText::new(sentence).color(colour));
        next_step.map(|(text, key)| ui.add(ActionButton::new(text).key(key)))
    })
    .inner
}

/// What a badge in the header of a picture says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadgeKind {
    /// A figure or a state that asks for nothing.
    Quiet,
    /// Over the threshold.
    Error,
    /// Something is proposed, or in work.
    Accent,
    /// Done.
    Done,
}

/// Width of a badge whose text is so wide.
pub fn badge_width(text: f32, kind: BadgeKind) -> f32 {
    (text + sign_width(kind) + 3.0 * Theme::get().space.unit).ceil()
}

/// Room for the sign of a badge, if it has one.
fn sign_width(kind: BadgeKind) -> f32 {
    let theme = Theme::get();
    match kind {
        BadgeKind::Error | BadgeKind::Done => theme.size.icon_small + theme.space.unit,
        BadgeKind::Quiet | BadgeKind::Accent => 0.0,
    }
}

/// A badge whose right edge is in the middle at `right_middle`; gives the place that it takes.
///
/// It stands on the header of a picture, so its colours are the dark ones in both appearances.
pub fn paint_badge(painter: &Painter, right_middle: egui::Pos2, text: &str, kind: BadgeKind) -> Rect {
    let theme = Theme::get();
    let palette = theme.palette(Appearance::Dark);
    let (fill, ink, sign) = match kind {
        BadgeKind::Quiet => (Some(theme.on_image.badge), theme.on_image.badge_text, None),
        BadgeKind::Error => (Some(palette.error), palette.on_error, Some(Icon::Warning)),
        BadgeKind::Accent => (Some(palette.accent), palette.on_accent, None),
        BadgeKind::Done => (None, palette.ok, Some(Icon::Check)),
    };
    let weight = if kind == BadgeKind::Error { Weight::Strong } else { Weight::Medium };
    let galley = painter.layout_no_wrap(text.to_owned(), mono(weight, theme.font.caption), ink);
    let unit = theme.space.unit;
    let sign_width = sign_width(kind);
    let size = vec2(badge_width(galley.size().x, kind), theme.size.pill_height);
    let rect = Align2::RIGHT_CENTER.anchor_size(right_middle, size);
    if let Some(fill) = fill {
        painter.rect(rect, theme.radius.pill, fill, Stroke::NONE, egui::StrokeKind::Inside);
    }
    let mut left = rect.left() + 1.5 * unit;
    if let Some(sign) = sign {
        let side = theme.size.icon_small;
        let place = Rect::from_min_size(pos2(left, rect.center().y - side / 2.0), Vec2::splat(side));
        paint_icon(painter, sign, place, ink);
        left += sign_width;
    }
    let at = text_corner(painter, pos2(left + galley.size().x / 2.0, rect.center().y), galley.size());
    painter.galley(at, galley, ink);
    rect
}

#[cfg(test)]
mod tests {
    use egui_kittest::Harness;
    use egui_kittest::kittest::{NodeT as _, Queryable as _};

    use super::*;

    #[test]
    fn a_section_folds_by_pointer_and_key() {
        let mut harness = Harness::new_ui(|ui| {
            Theme::get().ensure(ui.ctx());
            section(ui, "cameras", "Residual per camera", false, |ui| ui.label("cam0"));
        });
        assert!(harness.query_by_label("cam0").is_none());
        harness.get_by_label("Residual per camera").click();
        harness.run();
        assert!(harness.query_by_label("cam0").is_some());
        harness.get_by_label("Residual per camera").focus();
        harness.run();
        harness.key_press(egui::Key::Enter);
        harness.run();
        assert!(harness.query_by_label("cam0").is_none());
    }

    #[test]
    fn every_state_has_its_own_sign_and_word() {
        let states = [FrameState::Todo, FrameState::Fixed, FrameState::Accepted, FrameState::Skipped];
        let harness = Harness::new_ui(|ui| {
            Theme::get().ensure(ui.ctx());
            for state in states {
                state_sign(ui, state);
            }
        });
        for word in ["to do", "fixed", "accepted", "skipped"] {
            harness.get_by_label(word);
        }
        let state = &Theme::get().state;
        let mut signs = [state.todo, state.fixed, state.accepted, state.skipped].map(|of| of.sign).to_vec();
        signs.dedup();
        assert_eq!(signs.len(), 4);
    }

    #[test]
    fn an_empty_place_offers_one_step() {
        let mut harness = Harness::new_ui_state(
            |ui, presses: &mut u32| {
                Theme::get().ensure(ui.ctx());
                let step = empty_state(ui, "Label three frames first.", Some(("Go to Seeds", "2")));
                *presses += u32::from(step.is_some_and(|step| step.clicked()));
            },
            0,
        );
        harness.get_by_label("Label three frames first.");
        harness.get_by_label("Go to Seeds").click();
        harness.run();
        assert_eq!(*harness.state(), 1);
    }

    #[test]
    fn figures_and_progress_are_read_out() {
        let harness = Harness::new_ui(|ui| {
            Theme::get().ensure(ui.ctx());
            labelled_figure(ui, "Frames done", "23", "of 60");
            progress_bar(ui, "Frames done", 0.383);
            progress_bar(ui, "Nothing to do", f32::NAN);
        });
        harness.get_by_label("Frames done: 23 of 60");
        let bar = harness.get_by_role_and_label(Role::ProgressIndicator, "Frames done");
        assert_eq!(bar.accesskit_node().numeric_value(), Some(38.0));
        let empty = harness.get_by_label("Nothing to do");
        assert_eq!(empty.accesskit_node().numeric_value(), Some(0.0));
    }
}
