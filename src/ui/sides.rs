//! The panels left and right of the views. Where a window has no room for them and for views that one can work in, each
//! stands folded in a rail at its edge; a click on the rail opens one and folds the other.
//!
//! What is folded follows from the window's width and from what was opened last, so a window that grows shows everything.

use egui::epaint::TextShape;
use egui::{Frame, Panel, Rect, Role, Sense, Ui, Vec2, WidgetInfo, pos2};

use super::icons::{Icon, paint_icon};
use super::theme::{self, Theme, Weight, sans};
use super::widgets::focus_ring_inside;

/// Width of a rail, points.
const RAIL: f32 = 28.0;
/// The views have at least this width while both panels are open, points.
const VIEWS_LEAST: f32 = 440.0;

/// A side of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Left of the views.
    Left,
    /// Right of them.
    Right,
}

/// How a panel stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It always stands there.
    Fixed,
    /// Only its rail is there.
    Folded,
    /// It stands beside its rail, which folds it again.
    Unfolded,
}

/// What was opened last, where not all is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SidesMemory {
    /// Nothing: what the page shows at first. Inside, nothing: all was folded.
    opened: Option<Option<Side>>,
}

/// The panels of a page: how wide each is when it is open, 0 for none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sides {
    places: [Place; 2],
    widths: [f32; 2],
}

impl Sides {
    /// How the panels stand in a window of that width.
    pub(super) fn new(window: f32, widths: [f32; 2], memory: SidesMemory) -> Self {
        let [left, right] = widths;
        if window - left - right >= VIEWS_LEAST {
            return Self { places: [Place::Fixed; 2], widths };
        }
        let rails = RAIL * widths.iter().filter(|width| **width > 0.0).count() as f32;
        let at_first = if right == 0.0 {
            Some(Side::Left)
        } else {
            (window - rails - right >= VIEWS_LEAST).then_some(Side::Right)
        };
        let opened = memory.opened.unwrap_or(at_first);
        let place = |side: Side| if opened == Some(side) { Place::Unfolded } else { Place::Folded };
        Self { places: [place(Side::Left), place(Side::Right)], widths }
    }

    /// Draws a panel, or its rail. `title` says what is in it.
    pub(super) fn show(
        &self,
        ui: &mut Ui,
        memory: &mut SidesMemory,
        (side, id, title): (Side, &'static str, &str),
        body: impl FnOnce(&mut Ui),
    ) {
        let place = self.places[side as usize];
        let ground = Frame::NONE.fill(theme::palette(ui).panel);
        let panel = |id: (&'static str, &'static str)| match side {
            Side::Left => Panel::left(id),
            Side::Right => Panel::right(id),
        };
        if place != Place::Fixed {
            let rail = panel((id, "rail")).exact_size(RAIL).resizable(false).frame(ground);
            if rail.show(ui, |ui| rail_ui(ui, side, title, place == Place::Unfolded)).inner {
                memory.opened = Some((place == Place::Folded).then_some(side));
            }
        }
        if place != Place::Folded {
            let panel = panel((id, "body")).exact_size(self.widths[side as usize]).resizable(false).frame(ground);
            panel.show(ui, |ui| {
                // Nothing that is too wide may reach over the views.
                ui.set_clip_rect(ui.clip_rect().intersect(ui.max_rect()));
                body(ui);
            });
        }
    }
}

/// Draws a rail; says whether it was clicked.
fn rail_ui(ui: &mut Ui, side: Side, title: &str, is_open: bool) -> bool {
    let theme = Theme::get();
    let palette = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::click());
    let name = format!("{} {title}", if is_open { "Fold" } else { "Open" });
    response.widget_info(|| WidgetInfo::selected(Role::DisclosureTriangle, ui.is_enabled(), is_open, &name));
    if response.hovered() {
        ui.painter().rect_filled(rect, 0, palette.control);
    }
    let colour = if response.hovered() { palette.text } else { palette.text_secondary };
    let size = theme.size.icon;
    let top = pos2(rect.center().x, rect.top() + theme.size.tool_bar / 2.0);
    let sign = if (side == Side::Left) == is_open { Icon::ChevronLeft } else { Icon::ChevronRight };
    paint_icon(ui.painter(), sign, Rect::from_center_size(top, Vec2::splat(size)), colour);
    let galley =
        ui.painter().layout_no_wrap(title.to_owned(), sans(Weight::Strong, theme.font.body), palette.text_secondary);
    // Read from below, the words begin under the sign.
    let begin = pos2(rect.center().x - galley.size().y / 2.0, rect.top() + theme.size.tool_bar + galley.size().x);
    let words = TextShape::new(begin, galley, colour).with_angle(-std::f32::consts::FRAC_PI_2);
    ui.painter().add(words.with_override_text_color(colour));
    focus_ring_inside(ui, rect, &response);
    let clicked = response.clicked();
    response.on_hover_text(name);
    clicked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(window: f32, widths: [f32; 2], opened: Option<Option<Side>>) -> [Place; 2] {
        Sides::new(window, widths, SidesMemory { opened }).places
    }

    #[test]
    fn panels_fold_before_the_views_become_small() {
        let review = [216.0, 352.0];
        assert_eq!(places(1280.0, review, None), [Place::Fixed; 2]);
        assert_eq!(places(853.0, review, None), [Place::Folded, Place::Unfolded]);
        assert_eq!(places(640.0, review, None), [Place::Folded; 2]);
        for window in (480..2000).map(|width| width as f32) {
            let stand = places(window, review, None);
            let taken: f32 = stand
                .iter()
                .zip(review)
                .map(|(place, width)| match place {
                    Place::Fixed => width,
                    Place::Folded => RAIL,
                    Place::Unfolded => RAIL + width,
                })
                .sum();
            assert!(window - taken >= VIEWS_LEAST.min(window - 2.0 * RAIL), "{window}");
        }
    }

    #[test]
    fn one_that_is_opened_folds_the_other() {
        let review = [216.0, 352.0];
        assert_eq!(places(853.0, review, Some(Some(Side::Left))), [Place::Unfolded, Place::Folded]);
        assert_eq!(places(853.0, review, Some(None)), [Place::Folded; 2]);
        assert_eq!(places(1280.0, review, Some(None)), [Place::Fixed; 2], "a window that grows shows everything");
        assert_eq!(places(640.0, [300.0, 0.0], None)[0], Place::Unfolded, "what a page is for stands open");
    }
}
