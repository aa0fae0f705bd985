//! What the model saw: the words and pictures in the order in which it got them.

use std::sync::Arc;

use egui::{Image, Label, RichText, Ui, load::SizedTexture, vec2};

use crate::app::why::{DrawnPart, DrawnSheet};
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::Icon;
use crate::ui::job_panel::line_ui;
use crate::ui::textures::Texture;
use crate::ui::theme::{self, Ink, Weight, sans};
use crate::ui::widgets::section;

/// Pictures are shown at most so wide, points.
const PICTURE: f32 = 560.0;

/// The textures of the shown sheet.
#[derive(Default)]
pub(super) struct SheetMemory {
    of: Option<Arc<DrawnSheet>>,
    textures: Vec<Texture>,
}

/// Draws the sheet; `was_sent` tells what was sent from what would be.
pub(super) fn ui(
    ui: &mut Ui,
    ctx: &ViewCtx<'_>,
    sheet: Option<&Result<Arc<DrawnSheet>, String>>,
    was_sent: bool,
    memory: &mut SheetMemory,
) {
    let palette = theme::palette(ui);
    let title = if was_sent { "What the model saw" } else { "What the model would see" };
    ui.label(RichText::new(title).font(sans(Weight::Strong, ctx.theme.font.heading)).color(palette.text));
    let sheet = match sheet {
        None => {
            ui.label(RichText::new("Drawing its pictures.").color(palette.text_secondary));
            return;
        }
        Some(Err(message)) => return line_ui(ui, (Icon::Warning, Ink::Warn), message),
        Some(Ok(sheet)) => sheet,
    };
    if !memory.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, sheet)) {
        let pictures = sheet.parts.iter().filter_map(|part| match part {
            DrawnPart::Picture { size_px, rgba } => Some(Texture::of_sent(ui.ctx(), *size_px, rgba)),
            DrawnPart::Text(_) => None,
        });
        memory.textures = pictures.collect();
        memory.of = Some(Arc::clone(sheet));
    }
    if sheet.changed_pictures > 0 {
        let words = "The dots or the recording changed since: these pictures are as they would be drawn now.";
        line_ui(ui, (Icon::Warning, Ink::Warn), words);
    }
    let text = |ui: &mut Ui, words: &str| {
        ui.add(Label::new(RichText::new(words).color(palette.text_secondary)).wrap().selectable(true));
    };
    section(ui, "system", "What it is told about its task", false, |ui| text(ui, &sheet.system));
    let mut textures = memory.textures.iter();
    let mut number = 0;
    for part in &sheet.parts {
        match part {
            DrawnPart::Text(words) => text(ui, words),
            DrawnPart::Picture { size_px, .. } => {
                let Some(texture) = textures.next() else { continue };
                number += 1;
                let width = ui.available_width().min(PICTURE).min(size_px[0] as f32);
                let size = vec2(width, width * size_px[1] as f32 / size_px[0].max(1) as f32);
                let name = format!("Picture {number}, {} × {} px", size_px[0], size_px[1]);
                ui.add(Image::new(SizedTexture::new(texture.id(), size)).alt_text(&name)).on_hover_text(name);
            }
        }
    }
}
