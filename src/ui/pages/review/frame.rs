//! The right side: the shown frame, the table of its labels, the selected keypoint and what would mend it; at the foot what
//! a person decides.

use egui::{Align, Frame, Layout, Panel, RichText, ScrollArea, Ui};

use super::keypoint::About;
use super::remedies::{self, RemedyMemory};
use super::{keypoint, line, padded};
use crate::app::session::Session;
use crate::app::ui_command::UiCommand;
use crate::jobs::labelling::FrameView;
use crate::model::Source;
use crate::store::FrameState;
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::{Icon, icon_button};
use crate::ui::label_table::{self, TableMode};
use crate::ui::theme;
use crate::ui::widgets::{ActionButton, heading_row};

/// Draws it.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, memory: &mut RemedyMemory, is_narrow: bool) {
    let Some(session) = ctx.session() else { return };
    let palette = theme::palette(ui);
    ui.spacing_mut().item_spacing.y = 0.0;
    let view = session.view();
    let aside = view.map_or_else(|| "reading".to_owned(), |view| provenance(view));
    padded(ui, |ui| {
        let columns = if is_narrow { "px" } else { "dot · px" };
        heading_row(ui, &format!("Frame {}", session.cursor.frame), &aside, |ui| {
            ui.label(RichText::new(columns).size(ctx.theme.font.caption).color(palette.text_tertiary));
        });
    });
    line(ui);
    Panel::bottom("review foot").resizable(false).frame(Frame::NONE).show(ui, |ui| foot_ui(ui, ctx, is_narrow));
    let room = ui.available_height();
    let is_low = room < LOW;
    let about_room = About {
        with_bars: !is_narrow && !is_low,
        gap: if is_low { 4.0 } else { 8.0 },
        remedies: if is_narrow { 2 } else { 3 },
    };
    let mut about = |ui: &mut Ui| {
        if is_low {
            ui.spacing_mut().interact_size.y = 20.0;
        }
        if let Some(view) = view {
            keypoint::ui(ui, ctx, session, view, about_room);
            line(ui);
            remedies::ui(ui, ctx, session, memory, about_room);
        }
    };
    if room < SHARED_FROM {
        ScrollArea::vertical().id_salt("frame").auto_shrink(false).show(ui, |ui| {
            label_table::ui(ui, ctx, TableMode::Review, f32::INFINITY);
            line(ui);
            about(ui);
        });
        return;
    }
    let about_height = ABOUT[usize::from(is_low)];
    label_table::ui(ui, ctx, TableMode::Review, (room - about_height).max(TABLE_SHARE * room));
    line(ui);
    ScrollArea::vertical().id_salt("keypoint").auto_shrink(false).min_scrolled_height(0.0).show(ui, about);
}

/// Height of the selected keypoint with the two best remedies, which the table leaves to it; the second in a low panel.
const ABOUT: [f32; 2] = [212.0, 172.0];
/// Below this height things stand closer together.
const LOW: f32 = 520.0;
/// So much of the height is the table's at least.
const TABLE_SHARE: f32 = 0.42;
/// In a lower panel, table and keypoint scroll together.
const SHARED_FROM: f32 = 190.0;

/// Who made the frame's labels, in the annotator's words.
fn provenance(view: &FrameView) -> String {
    if view.is_seed {
        return "seed, by hand".to_owned();
    }
    let mut counts = [0usize; 3];
    for (_, _, label) in view.labels.iter() {
        let slot = match label.source() {
            Source::Seed | Source::Human => continue,
            Source::Geometry | Source::Stage4 | Source::Propagated => 0,
            Source::Imported => 1,
            Source::Stage1 | Source::Stage2 | Source::Stage3 => 2,
        };
        counts[slot] += 1;
    }
    let most = (0..3).max_by_key(|slot| (counts[*slot], std::cmp::Reverse(*slot))).filter(|slot| counts[*slot] > 0);
    let run = view.summary.as_ref().and_then(|summary| summary.run).map(|run| format!(", run {}", run.0));
    match most {
        Some(slot) => format!("{}{}", ["geometry", "imported", "model"][slot], run.unwrap_or_default()),
        None if view.labels.iter().next().is_some() => "by hand".to_owned(),
        None => "no labels".to_owned(),
    }
}

/// Accept, skip, re-run.
fn foot_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, is_narrow: bool) {
    ui.add_space(12.0);
    let is_fixed = ctx.session().and_then(Session::view).is_some_and(|view| view.state == FrameState::Fixed);
    padded(ui, |ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.set_height(ctx.theme.size.control);
            let (key, tooltip) = (ctx.key_of(UiCommand::Rerun), UiCommand::Rerun.entry().tooltip);
            ui.add_enabled_ui(UiCommand::Rerun.is_enabled(ctx.state), |ui| {
                let button = if is_narrow {
                    icon_button(ui, Icon::Rerun, "Re-run from here…", &key)
                } else {
                    ui.add(ActionButton::new("Re-run…")).on_hover_text(format!("{tooltip} ({key})"))
                };
                if button.clicked() {
                    ctx.run(UiCommand::Rerun);
                }
            });
            ui.add_enabled_ui(UiCommand::Skip.is_enabled(ctx.state), |ui| {
                let key = ctx.key_of(UiCommand::Skip);
                let button = ui.add(ActionButton::new("Skip").key(&key));
                if button.on_hover_text(UiCommand::Skip.entry().tooltip).clicked() {
                    ctx.run(UiCommand::Skip);
                }
            });
            ui.add_enabled_ui(UiCommand::AcceptAndNext.is_enabled(ctx.state), |ui| {
                let key = ctx.key_of(UiCommand::AcceptAndNext);
                let words = if is_fixed { "Done, next" } else { "Accept and next" };
                let button = ui.add(ActionButton::primary(words).key(&key));
                if button.on_hover_text(UiCommand::AcceptAndNext.entry().tooltip).clicked() {
                    ctx.run(UiCommand::AcceptAndNext);
                }
            });
        });
    });
    ui.add_space(12.0);
}
