//! The behaviour page: what is to be looked at on the left, the pictures in the middle, the selected segment on the right, and
//! below them the lanes with everything that machines and people say.

mod audit;

mod clip_grid;

mod compare;

mod describing;

mod drag;

mod figures;

mod inspector;

mod lanes;

mod list;

mod menu;

mod overlay;

mod paint;

mod rows;

mod search;

mod strips;

mod vocabulary;

use egui::{Align, CentralPanel, Frame, Layout, Panel, RichText, Ui, vec2};

use super::Memory;
use crate::app::Command;
use crate::app::session::Session;
use crate::app::timeline::{BehaviorView, Layers, TimelineCommand, painted_frames};
use crate::app::ui_command::UiCommand;
use crate::model::vocabulary::in_words;
use crate::ui::ctx::ViewCtx;
use crate::ui::grid::{self, GridMemory, GridUse};
use crate::ui::icons::{Icon, icon_toggle};
use crate::ui::sides::{Side, Sides};
use crate::ui::theme;
use crate::ui::time::player_ui;
use crate::ui::widgets::{chip, empty_state, segmented};

pub use clip_grid::ClipGridMemory;
pub use compare::CompareMemory;
pub use figures::FiguresMemory;
pub use inspector::InspectorMemory;
pub use lanes::LanesMemory;
pub use list::ListMemory;
pub use vocabulary::VocabularyMemory;

/// What the page remembers between frames.
#[derive(Default)]
pub struct BehaviorMemory {
    lanes: LanesMemory,
    inspector: InspectorMemory,
    list: ListMemory,
    vocabulary: VocabularyMemory,
    compare: CompareMemory,
    clip_grid: ClipGridMemory,
    figures: FiguresMemory,
}

/// Height of the lanes when the page is first shown, as a share of it.
const LANES_SHARE: f32 = 0.45;
/// Lanes and pictures are at least so high, points.
const LEAST: f32 = 160.0;

/// Draws the page.
pub fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, memory: &mut Memory) {
    let Some(session) = ctx.session() else { return };
    let ground = Frame::NONE.fill(theme::palette(ui).panel);
    let view = session.timeline.view;
    if BehaviorView::ALL.len() > 1 {
        Panel::top("behavior views").frame(ground.inner_margin(6)).show(ui, |ui| {
            ui.horizontal(|ui| {
                if let Some(view) = segmented(ui, "View", view, BehaviorView::ALL) {
                    ctx.send(Command::Timeline(TimelineCommand::View(view)));
                }
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| describing::again_ui(ui, ctx, session));
            });
        });
    }
    describing::strip_ui(ui, ctx);
    if view == BehaviorView::Vocabulary {
        memory.grid.room = vocabulary::ui(ui, ctx, session, &mut memory.behavior.vocabulary);
        return;
    }
    vocabulary::leave(ctx, session, &mut memory.behavior.vocabulary);
    let Some(layers) = session.timeline.layers.clone().filter(|layers| !layers.timeline.is_empty()) else {
        CentralPanel::default().frame(ground).show(ui, |ui| nothing_ui(ui, ctx, session));
        return;
    };
    if view != BehaviorView::Grid {
        memory.behavior.clip_grid.forget();
    }
    match view {
        BehaviorView::Timeline => timeline_ui(ui, ctx, session, &layers, memory),
        // It is there before there is any clip.
        BehaviorView::Vocabulary => {}
        BehaviorView::Grid => {
            memory.grid.room = Some(clip_grid::ui(ui, ctx, session, &layers, &mut memory.behavior.clip_grid));
        }
        BehaviorView::Compare => compare::ui(ui, ctx, session, &layers, memory),
        BehaviorView::Figures => figures::ui(ui, ctx, session, &layers, &mut memory.behavior.figures),
    }
}

/// Pictures above lanes, with what is to be looked at and what is selected at their sides.
fn timeline_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, layers: &Layers, memory: &mut Memory) {
    let ground = Frame::NONE.fill(theme::palette(ui).panel);
    let room = ui.available_height();
    let lanes = Panel::bottom("lanes").resizable(true).default_size(room * LANES_SHARE).frame(ground);
    lanes.size_range(LEAST..=(room - LEAST).max(LEAST + 1.0)).show(ui, |ui| {
        ui.set_min_size(ui.available_size());
        bar_ui(ui, ctx, session, layers, &mut memory.behavior);
        lanes::ui(ui, ctx, session, layers, &mut memory.behavior.lanes);
    });
    let sizes = &ctx.theme.size;
    let is_narrow = ui.ctx().content_rect().width() < sizes.narrow_below;
    let widths = match is_narrow {
        true => [sizes.panel.left_narrow, sizes.panel.right_narrow],
        false => [sizes.panel.left_wide, sizes.panel.right_wide],
    };
    let sides = Sides::new(ui.available_width(), widths, memory.sides);
    let behavior = &mut memory.behavior;
    sides.show(ui, &mut memory.sides, (Side::Left, "segments", "Segments"), |ui| {
        list::ui(ui, ctx, session, layers, &mut behavior.list);
    });
    sides.show(ui, &mut memory.sides, (Side::Right, "segment", "Segment"), |ui| {
        inspector::ui(ui, ctx, session, layers, &mut behavior.inspector);
    });
    CentralPanel::default().frame(Frame::NONE).show(ui, |ui| pictures_ui(ui, ctx, session, layers, &mut memory.grid));
}

/// The pictures of the shown frame, with the animals over them.
fn pictures_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, layers: &Layers, memory: &mut GridMemory) {
    // Where the animals come from dots, the dots are shown.
    let is_watched = session.timeline.scene.as_ref().is_some_and(|scene| scene.is_in_pixels);
    let grid_use = if is_watched { GridUse::Watch } else { GridUse::Look };
    grid::ui_with(ui, ctx, memory, grid_use, &mut |pane| {
        if let Some(scene) = &session.timeline.scene {
            overlay::paint(pane, session, layers, scene);
        }
    });
}

/// What stands here before there are clips.
fn nothing_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session) {
    if describing::is_under_way(ctx) {
        let _ = empty_state(ui, "Segments come here as soon as all of them are there.", None);
        return;
    }
    if let Some(problem) = &session.timeline.problem {
        let _ = empty_state(ui, problem, None);
        return;
    }
    if session.timeline.layers.is_none() {
        let _ = empty_state(ui, "Reading the timeline.", None);
        return;
    }
    describing::begin_ui(ui, ctx);
}

/// The row over the lanes: playing, looping, what is shown, what is painted.
fn bar_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, layers: &Layers, memory: &mut BehaviorMemory) {
    let size = vec2(ui.available_width(), ctx.theme.size.tool_bar);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_size(size);
        player_ui(ui, ctx, session);
        ui.add_space(8.0);
        let is_looping = session.timeline.is_looping;
        let key = ctx.key_of(UiCommand::LoopSegment);
        if icon_toggle(ui, Icon::Rerun, "Loop the segment", &key, Some(is_looping)).clicked() {
            ctx.run(UiCommand::LoopSegment);
        }
        let clips = chip(ui, "Clips", memory.lanes.shows_clips);
        if clips.on_hover_text("Clips and what was said of each").clicked() {
            memory.lanes.shows_clips ^= true;
        }
        strips::chooser_ui(ui, ctx, session, layers);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(12.0);
            let palette = theme::palette(ui);
            if let Some(painting) = &session.timeline.painting {
                let frames = painted_frames(painting, session.cursor.frame);
                let name = layers.names.get(painting.animal.index()).map_or("", String::as_str);
                let words = format!(
                    "Painting {} of {name}, {} to {}. The same key ends it, Esc drops it.",
                    in_words(&painting.label),
                    frames.start,
                    frames.end - 1
                );
                ui.label(RichText::new(words).color(palette.accent));
                return;
            }
            let drafts = memory.inspector.draft_count();
            let words = match drafts {
                0 => "Drag an edge · Shift moves the neighbour too · Alt leaves it · wheel zooms".to_owned(),
                1 => "1 draft is not saved".to_owned(),
                many => format!("{many} drafts are not saved"),
            };
            let ink = if drafts > 0 { palette.warn } else { palette.text_tertiary };
            let galley = ui.painter().layout_no_wrap(words.clone(), egui::FontId::default(), ink);
            // Words that do not fit are left out, never cut.
            if galley.size().x + 24.0 <= ui.available_width() {
                ui.label(RichText::new(words).color(ink));
            }
        });
    });
}

#[cfg(test)]
pub(in crate::ui) mod tests;
