//! Icons as strokes of one width on a grid of 16 units, and the buttons that show nothing else.
//!
//! An icon alone has no words, so [`icon_button`] asks for a name for screen readers and tests, and shows it with its
//! shortcut as a tooltip. Icons take any size; they are drawn for 12 and 16 points.

mod strokes;

use egui::{Color32, Rect, Response, Sense, Ui, Vec2};
use serde::Deserialize;

pub use strokes::paint_icon;

use super::theme::{self, Theme};
use super::widgets::{focus_ring, named_tooltip};

/// A picture for a control or a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Icon {
    /// Start playing.
    Play,
    /// Stop playing.
    Pause,
    /// One frame back.
    StepBack,
    /// One frame on.
    Step,
    /// To the first frame.
    First,
    /// To the last frame.
    Last,
    /// Take back.
    Undo,
    /// Do again.
    Redo,
    /// Find a command.
    Search,
    /// Overlays are shown.
    Eye,
    /// Overlays are hidden.
    EyeOff,
    /// Linked zoom.
    Link,
    /// Maximise.
    Expand,
    /// Back to all views.
    Shrink,
    /// Warning or error.
    Warning,
    /// Done by hand.
    CheckBold,
    /// Accepted; saved.
    Check,
    /// To do.
    HollowCircle,
    /// Put aside.
    Skip,
    /// A seed, done.
    Diamond,
    /// A seed, open.
    HollowDiamond,
    /// Flagged, in lists of marks.
    HollowTriangle,
    /// Edited.
    Pencil,
    /// Not yet reviewed.
    DashedFrame,
    /// Proposed.
    QuestionAndDash,
    /// Exchange two labels.
    Swap,
    /// Reason: a jump in time.
    Jump,
    /// Reason: a bone's length.
    Bone,
    /// Reason: left and right are exchanged.
    SideFlipped,
    /// Reason: seen by two views only.
    TwoViews,
    /// Reason: a dot that nobody claims.
    FreeDot,
    /// Reason: two keypoints want one dot.
    WantedTwice,
    /// Open a folder.
    Folder,
    /// Settings.
    Gear,
    /// Close.
    Close,
    /// Add.
    Plus,
    /// Help.
    Question,
    /// Run again.
    Rerun,
    /// Opens a list below; a section that is open.
    ChevronDown,
    /// A section that is closed.
    ChevronRight,
    /// Goes back to the left, as a panel that folds.
    ChevronLeft,
    /// Something to know.
    Info,
}

impl Icon {
    /// Every icon.
    pub const ALL: [Self; 42] = [
        Self::Play,
        Self::Pause,
        Self::StepBack,
        Self::Step,
        Self::First,
        Self::Last,
        Self::Undo,
        Self::Redo,
        Self::Search,
        Self::Eye,
        Self::EyeOff,
        Self::Link,
        Self::Expand,
        Self::Shrink,
        Self::Warning,
        Self::CheckBold,
        Self::Check,
        Self::HollowCircle,
        Self::Skip,
        Self::Diamond,
        Self::HollowDiamond,
        Self::HollowTriangle,
        Self::Pencil,
        Self::DashedFrame,
        Self::QuestionAndDash,
        Self::Swap,
        Self::Jump,
        Self::Bone,
        Self::SideFlipped,
        Self::TwoViews,
        Self::FreeDot,
        Self::WantedTwice,
        Self::Folder,
        Self::Gear,
        Self::Close,
        Self::Plus,
        Self::Question,
        Self::Rerun,
        Self::ChevronDown,
        Self::ChevronRight,
        Self::ChevronLeft,
        Self::Info,
    ];
}

/// Shows an icon that is no control; `size` is its side in points.
pub fn icon(ui: &mut Ui, icon: Icon, size: f32, colour: Color32) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(size), Sense::hover());
    paint_icon(ui.painter(), icon, rect, colour);
    response
}

/// A button that shows an icon alone. `name` says what it does, `shortcut` (may be empty) which key does the same.
pub fn icon_button(ui: &mut Ui, icon: Icon, name: &str, shortcut: &str) -> Response {
    icon_toggle(ui, icon, name, shortcut, None)
}

/// An [`icon_button`] that shows whether what it switches is on, where `on` is given.
pub fn icon_toggle(ui: &mut Ui, icon: Icon, name: &str, shortcut: &str, on: Option<bool>) -> Response {
    let theme = Theme::get();
    let palette = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(theme.size.control), Sense::click());
    if ui.is_rect_visible(rect) {
        let radius = theme.radius.control;
        if response.hovered() || response.is_pointer_button_down_on() {
            ui.painter().rect_filled(rect, radius, palette.control);
        } else if on == Some(true) {
            ui.painter().rect_filled(rect, radius, palette.accent_fill);
        }
        let colour = match on {
            Some(true) => palette.accent,
            _ if response.hovered() => palette.text,
            _ => palette.text_secondary,
        };
        let place = Rect::from_center_size(rect.center(), Vec2::splat(theme.size.icon));
        paint_icon(ui.painter(), icon, place, colour);
        focus_ring(ui, rect, &response);
    }
    response.widget_info(|| {
        let mut info = egui::WidgetInfo::labeled(egui::Role::Button, ui.is_enabled(), name);
        info.selected = on;
        info
    });
    named_tooltip(response, name, shortcut)
}

#[cfg(test)]
mod tests {
    use egui::Painter;
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable as _;

    use super::*;

    #[test]
    fn icons_stay_in_their_square() {
        let harness = Harness::new_ui(|ui| {
            Theme::get().ensure(ui.ctx());
            for size in [12.0, 16.0] {
                for drawn in Icon::ALL {
                    let (rect, _) = ui.allocate_exact_size(Vec2::splat(size), Sense::hover());
                    let list = Painter::new(ui.ctx().clone(), ui.layer_id(), Rect::EVERYTHING);
                    let before =
                        ui.ctx().graphics(|layers| layers.get(ui.layer_id()).map_or(0, |l| l.all_entries().len()));
                    paint_icon(&list, drawn, rect, theme::palette(ui).text);
                    ui.ctx().graphics(|layers| {
                        let entries = layers.get(ui.layer_id()).expect("something was drawn").all_entries();
                        assert!(entries.len() > before, "{drawn:?} draws nothing");
                        for entry in entries.skip(before) {
                            let bounds = entry.shape.visual_bounding_rect();
                            assert!(rect.expand(1.0).contains_rect(bounds), "{drawn:?} at {size}: {bounds:?} {rect:?}");
                        }
                    });
                }
            }
        });
        drop(harness);
    }

    #[test]
    fn a_button_is_found_by_its_name_and_pressed_by_key() {
        let mut harness = Harness::new_ui_state(
            |ui, presses: &mut u32| {
                Theme::get().ensure(ui.ctx());
                *presses += u32::from(icon_button(ui, Icon::Undo, "Undo", "Ctrl Z").clicked());
            },
            0,
        );
        harness.get_by_label("Undo").click();
        harness.run();
        harness.get_by_label("Undo").focus();
        harness.run();
        harness.key_press(egui::Key::Enter);
        harness.run();
        assert_eq!(*harness.state(), 2);
    }
}
