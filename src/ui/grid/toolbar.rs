//! The bar above the grid: which pictures, how bright, and what all views do together.

use egui::{Align, Frame, Label, Layout, Margin, Panel, RichText, Role, Sense, Ui, WidgetInfo, vec2};

use super::GridMemory;
use crate::app::Command;
use crate::app::session::Session;
use crate::app::ui_command::UiCommand;
use crate::app::view::{ChannelChoice, Channels};
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::{Icon, icon_button, icon_toggle, paint_icon};
use crate::ui::theme::{self, Weight, sans};
use crate::ui::widgets::{ActionButton, focus_ring, key_cap, segmented, slider, slider_in_column};

/// The bar has a slider where it is so wide, in points.
const ROOM_FOR_SLIDER: f32 = 560.0;
/// Pictures are chosen side by side where it is so wide, and from a menu where it is not.
const ROOM_FOR_CHANNELS: f32 = 400.0;

/// What stands in the bar itself.
#[derive(Clone, Copy)]
struct Fold {
    /// Whether switches have words.
    is_wide: bool,
    /// Whether there is a slider.
    with_slider: bool,
}

/// Draws the bar.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, memory: &mut GridMemory, session: &Session) {
    let palette = theme::palette(ui);
    let is_wide = ui.ctx().content_rect().width() >= ctx.theme.size.narrow_below;
    Panel::top("grid tools")
        .exact_size(ctx.theme.size.tool_bar)
        .frame(Frame::NONE.fill(palette.panel).inner_margin(Margin::symmetric(8, 0)))
        .show(ui, |ui| {
            ui.horizontal_centered(|ui| {
                let with_slider = ui.available_width() >= ROOM_FOR_SLIDER;
                channels_ui(ui, ctx, session, with_slider);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    views_ui(ui, ctx, memory, session, Fold { is_wide, with_slider });
                });
            });
        });
}

fn channels_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, with_slider: bool) {
    let channels = session.channels;
    let options = [
        (ChannelChoice::Reflectance, "Reflectance"),
        (ChannelChoice::Fluorescence, "Fluorescence"),
        (ChannelChoice::Fused, "Fused"),
    ];
    // Where there is one picture, none is chosen.
    let asked = if !session.has_dots() {
        None
    } else if ui.available_width() >= ROOM_FOR_CHANNELS {
        segmented(ui, "Pictures", channels.choice, &options)
    } else {
        channels_menu(ui, channels.choice, &options)
    };
    if let Some(choice) = asked {
        ctx.send(Command::SetChannels(Channels { choice, ..channels }));
    }
    ui.add_space(ctx.theme.space.unit);
    let mut changed = channels;
    // One slider stands in the bar: the one that is used most with these pictures.
    match channels.choice {
        _ if !with_slider => {}
        ChannelChoice::Fused if session.has_dots() => drop(slider(ui, "Mix", &mut changed.mix, 0.0..=1.0, 2)),
        _ => drop(slider(ui, "Gamma", &mut changed.gamma, 0.2..=5.0, 1)),
    }
    if changed != channels {
        ctx.send(Command::SetChannels(changed));
    }
}

/// The same choice in a menu.
fn channels_menu(ui: &mut Ui, chosen: ChannelChoice, options: &[(ChannelChoice, &str)]) -> Option<ChannelChoice> {
    let mut asked = None;
    let name = options.iter().find(|(option, _)| *option == chosen).map_or("", |(_, name)| name);
    let menu = egui::ComboBox::from_id_salt("pictures").width(104.0).selected_text(name).show_ui(ui, |ui| {
        for (option, name) in options {
            if ui.selectable_label(*option == chosen, *name).clicked() {
                asked = Some(*option);
            }
        }
    });
    menu.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, ui.is_enabled(), format!("Pictures: {name}")));
    asked.filter(|asked| *asked != chosen)
}

/// From the right.
fn views_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, memory: &mut GridMemory, session: &Session, fold: Fold) {
    let is_large = session.grid.maximised.is_some();
    let (sign, name) =
        if is_large { (Icon::Shrink, "Show all views") } else { (Icon::Expand, "Show the active view large") };
    ui.add_enabled_ui(is_large || session.selection.camera.is_some(), |ui| {
        if icon_button(ui, sign, name, &ctx.key_of(UiCommand::ToggleMaximise)).clicked() {
            ctx.run(UiCommand::ToggleMaximise);
        }
    });
    more_ui(ui, ctx, memory, session, fold);
    let linked = session.grid.linked_zoom;
    let key = ctx.key_of(UiCommand::ToggleLinkedZoom);
    if toggle(ui, Icon::Link, "Linked zoom", "Zoom all views to the selected keypoint", &key, linked, fold.is_wide) {
        ctx.run(UiCommand::ToggleLinkedZoom);
    }
    if fold.is_wide {
        let sign = if memory.hide_overlays { Icon::EyeOff } else { Icon::Eye };
        let words = "Show the pictures alone; Space does so while held";
        if toggle(ui, sign, "Hide overlays", words, "Space", memory.hide_overlays, true) {
            memory.hide_overlays = !memory.hide_overlays;
        }
    }
}

/// Everything that is not needed at all times.
fn more_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, memory: &mut GridMemory, session: &Session, fold: Fold) {
    let button = icon_button(ui, Icon::Gear, "Brightness and views", "");
    egui::Popup::menu(&button).close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside).show(|ui| {
        ui.set_width(248.0);
        let channels = session.channels;
        let mut changed = channels;
        level_ui(ui, "Brightness", &mut changed.brightness, -1.0..=1.0);
        level_ui(ui, "Contrast", &mut changed.contrast, 0.2..=5.0);
        level_ui(ui, "Gamma", &mut changed.gamma, 0.2..=5.0);
        if channels.choice == ChannelChoice::Fused && !fold.with_slider {
            level_ui(ui, "Mix", &mut changed.mix, 0.0..=1.0);
        }
        if ui.add(ActionButton::new("Reset the picture")).clicked() {
            changed = Channels { choice: channels.choice, ..Channels::default() };
        }
        if changed != channels {
            ctx.send(Command::SetChannels(changed));
        }
        ui.separator();
        let mut follows = session.grid.follow_crop;
        if ui.checkbox(&mut follows, "Follow the animal").changed() {
            ctx.send(Command::SetFollowCrop(follows));
        }
        if !fold.is_wide {
            ui.horizontal(|ui| {
                ui.checkbox(&mut memory.hide_overlays, "Hide overlays");
                key_cap(ui, "Space");
            });
        }
        let key = ctx.key_of(UiCommand::ResetZoom);
        if ui.add(ActionButton::new("Undo all zooming").key(&key)).clicked() {
            ctx.run(UiCommand::ResetZoom);
        }
    });
}

/// A slider in a column of them.
fn level_ui(ui: &mut Ui, name: &str, value: &mut f32, range: std::ops::RangeInclusive<f32>) {
    slider_in_column(ui, name, value, range, 2, 64.0);
}

/// A switch without an outline: icon, words and key where there is room, or else the icon alone.
fn toggle(ui: &mut Ui, sign: Icon, name: &str, words: &str, key: &str, is_on: bool, is_wide: bool) -> bool {
    if !is_wide {
        return icon_toggle(ui, sign, name, key, Some(is_on)).clicked();
    }
    let theme = theme::Theme::get();
    let palette = theme::palette(ui);
    let colour = if is_on { palette.accent } else { palette.text_secondary };
    let galley = ui.painter().layout_no_wrap(name.to_owned(), sans(Weight::Medium, theme.font.body), palette.text);
    let gap = theme.space.unit * 2.0;
    let size = vec2(theme.size.icon + galley.size().x + 3.0 * gap, theme.size.control);
    let shows_key = key.len() > 1;
    if shows_key {
        key_cap(ui, key);
    }
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    if response.hovered() {
        ui.painter().rect_filled(rect, theme.radius.control, palette.control);
    }
    let icon = egui::Rect::from_min_size(
        egui::pos2(rect.left() + gap, rect.center().y - theme.size.icon / 2.0),
        egui::Vec2::splat(theme.size.icon),
    );
    paint_icon(ui.painter(), sign, icon, colour);
    let ink = if is_on { palette.accent } else { palette.text };
    let at = egui::pos2(icon.right() + gap, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley_with_override_text_color(at, galley, ink);
    focus_ring(ui, rect, &response);
    response.widget_info(|| WidgetInfo::selected(Role::Button, ui.is_enabled(), is_on, name));
    let clicked = response.clicked();
    response.on_hover_ui(|ui| {
        ui.horizontal(|ui| {
            ui.add(Label::new(RichText::new(words)).extend());
            if !key.is_empty() {
                key_cap(ui, key);
            }
        });
    });
    clicked
}
