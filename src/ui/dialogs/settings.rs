//! The settings: who labels, how it looks, how much memory pictures may take.

use egui::{RichText, TextEdit, Ui};

use crate::app::Command;
use crate::app::settings::{Appearance, Settings};
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::{Icon, icon_button};
use crate::ui::theme;
use crate::ui::widgets::{heading_row, segmented, slider};

/// What the dialog remembers between frames.
#[derive(Default)]
pub(super) struct SettingsMemory {
    annotator: Option<String>,
    scale_percent: Option<u32>,
    budget_mb: Option<u64>,
}

/// Draws the settings.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, memory: &mut SettingsMemory) {
    let settings = &ctx.state.settings;
    let palette = theme::palette(ui);
    ui.set_width(440.0);
    heading_row(ui, "Settings", "", |ui| {
        if icon_button(ui, Icon::Close, "Close the settings", "Esc").clicked() {
            ctx.send(Command::Show(None));
        }
    });
    ui.add_space(8.0);
    let name = memory.annotator.get_or_insert_with(|| settings.annotator.clone().unwrap_or_default());
    let label = ui.label("Annotator");
    let field =
        ui.add(TextEdit::singleline(name).hint_text("Your name").desired_width(f32::INFINITY)).labelled_by(label.id);
    if field.lost_focus() && !name.trim().is_empty() && settings.annotator.as_deref() != Some(name.trim()) {
        ctx.send(Command::SetAnnotator(name.clone()));
        ctx.send(Command::Show(Some(crate::app::Dialog::Settings)));
    }
    ui.label(
        RichText::new("Your name stands at every label that you make.")
            .size(ctx.theme.font.caption)
            .color(palette.text_tertiary),
    );
    ui.add_space(8.0);
    ui.label("Appearance");
    let options = [(Appearance::Dark, "Dark"), (Appearance::Light, "Light")];
    if let Some(appearance) = segmented(ui, "Appearance", settings.appearance, &options) {
        ctx.send(Command::SetAppearance(appearance));
    }
    ui.add_space(8.0);
    let (least, most) = (*Settings::SCALES.start() * 100.0, *Settings::SCALES.end() * 100.0);
    let percent = memory.scale_percent.get_or_insert((settings.scale * 100.0).round() as u32);
    let size = slider(ui, "Size, %", percent, least as u32..=most as u32, 0);
    // Everything grows under the pointer, so the size changes when the handle is let go.
    if size.drag_stopped() || (size.changed() && !size.dragged()) {
        ctx.send(Command::SetScale(*percent as f32 / 100.0));
    }
    ui.add_space(8.0);
    let budget = memory.budget_mb.get_or_insert(settings.picture_budget_bytes / (1024 * 1024));
    let field = slider(ui, "Pictures kept, MB", budget, 128..=8192, 0);
    if field.drag_stopped() || (field.changed() && !field.dragged()) {
        ctx.send(Command::SetPictureBudget(*budget * 1024 * 1024));
    }
    let note = "Memory for pictures at hand. Takes effect when a project is opened.";
    ui.label(RichText::new(note).size(ctx.theme.font.caption).color(palette.text_tertiary));
}
