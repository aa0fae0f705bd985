//! "Re-run from here": what would change if the shown frame were an example, before anything is changed.
//!
//! First a bar with the job's progress, then the frames that would change, each with its labels in words. Nothing is written
//! until a person takes it; labels by people stay in any case.

use egui::{Align, Layout, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::app::Command;
use crate::app::session::Session;
use crate::app::task::TaskKind;
use crate::jobs::pose::preview::{FrameChange, Preview};
use crate::ui::ctx::ViewCtx;
use crate::ui::pages::review::placement_words;
use crate::ui::theme::{self, Weight, mono, sans};
use crate::ui::widgets::{ActionButton, paint_row, progress_bar};

/// Width of the dialog, points.
const WIDTH: f32 = 560.0;
/// Height of the table of frames and of the words about one of them, points.
const HEIGHTS: [f32; 2] = [220.0, 110.0];
/// Right ends of the columns, points from the left.
const COLUMNS: [(&str, f32); 4] =
    [("Frame", 70.0), ("Labels changed", 190.0), ("Worst residual, px", 360.0), ("Chance wrong", 536.0)];

/// The same, as far as the window is high enough.
fn heights(ui: &Ui) -> [f32; 2] {
    let room = (ui.ctx().content_rect().height() - AROUND).max(60.0);
    HEIGHTS.map(|height| height.min(height / HEIGHTS.iter().sum::<f32>() * room))
}

/// Height of everything but the two lists, points.
const AROUND: f32 = 220.0;

/// Draws the dialog's content.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>) {
    let Some(session) = ctx.session() else { return };
    ui.set_width(WIDTH);
    match &session.rerun {
        Some(preview) => preview_ui(ui, ctx, session, preview),
        None => progress_ui(ui, ctx, session),
    }
}

fn title_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, text: String) {
    let palette = theme::palette(ui);
    ui.label(RichText::new(text).font(sans(Weight::Strong, ctx.theme.font.heading)).color(palette.text));
}

fn progress_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session) {
    let palette = theme::palette(ui);
    title_ui(ui, ctx, format!("Re-run from frame {}", session.cursor.frame));
    let job = ctx.state.job.as_ref().filter(|job| job.request.kind() == TaskKind::Rerun);
    ui.label(
        RichText::new("The frames around it are solved again. Nothing is changed yet.").color(palette.text_secondary),
    );
    let (done, total) = job.map_or((0, 0), |job| job.steps);
    progress_bar(ui, "Re-run", done as f32 / total.max(1) as f32);
    ui.horizontal(|ui| {
        let words = match total {
            0 => "Reading labels and dots".to_owned(),
            total => format!("{done} of at most {total} frames"),
        };
        ui.label(RichText::new(words).color(palette.text_secondary));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.add(ActionButton::new("Cancel").key("Esc")).clicked() {
                ctx.send(Command::DiscardRerun);
            }
        });
    });
}

fn preview_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, preview: &Preview) {
    let palette = theme::palette(ui);
    title_ui(ui, ctx, format!("Re-run from frame {}", preview.from));
    let quiet = |text: String| RichText::new(text).color(palette.text_secondary);
    if preview.changed.is_empty() {
        ui.label(quiet(format!("Nothing would change in the {} frames around it.", preview.frames.len())));
        if ui.add(ActionButton::new("Close").key("Esc")).clicked() {
            ctx.send(Command::DiscardRerun);
        }
        return;
    }
    let (frames, labels) = (preview.changed.len(), counted(preview.label_count(), "label"));
    let looked_at = preview.frames.len();
    ui.label(quiet(format!("Of {looked_at} frames, {frames} would change: {labels}. Labels by people stay.")));
    let chosen_id = ui.scope_id().with(("chosen", preview.from));
    let chosen: usize = ui.data(|data| data.get_temp(chosen_id)).unwrap_or(0);
    let chosen = chosen.min(preview.changed.len() - 1);
    if let Some(picked) = frames_ui(ui, ctx, preview, chosen) {
        ui.data_mut(|data| data.insert_temp(chosen_id, picked));
    }
    labels_ui(ui, ctx, session, &preview.changed[chosen]);
    ui.separator();
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.set_height(ctx.theme.size.control);
        if ui.add(ActionButton::new("Leave everything as it is").key("Esc")).clicked() {
            ctx.send(Command::DiscardRerun);
        }
        let words = format!("Take {} changed {}", preview.changed.len(), plural(preview.changed.len(), "frame"));
        ui.add_enabled_ui(session.read_only.is_none(), |ui| {
            if ui.add(ActionButton::primary(&words)).clicked() {
                ctx.send(Command::TakeRerun);
            }
        });
    });
}

fn plural(count: usize, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

fn counted(count: usize, word: &str) -> String {
    format!("{count} {}", plural(count, word))
}

/// The frames; gives the one that was picked.
fn frames_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, preview: &Preview, chosen: usize) -> Option<usize> {
    let palette = theme::palette(ui);
    let caption = sans(Weight::Regular, ctx.theme.font.caption);
    let height = ctx.theme.size.table_row;
    let (head, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    for (name, right) in COLUMNS {
        let at = pos2(head.left() + right, head.center().y);
        ui.painter().text(at, egui::Align2::RIGHT_CENTER, name, caption.clone(), palette.text_tertiary);
    }
    let mut picked = None;
    ui.spacing_mut().item_spacing.y = 0.0;
    let area = ScrollArea::vertical().id_salt("re-run frames").max_height(heights(ui)[0]).auto_shrink([false, true]);
    area.show_rows(ui, height, preview.changed.len(), |ui, visible| {
        for index in visible {
            let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
            let change = &preview.changed[index];
            let response = ui.interact(rect, ui.scope_id().with(("re-run row", index)), Sense::CLICK);
            let name = format!("frame {}, {} changed", change.frame, counted(change.labels.len(), "label"));
            response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, index == chosen, &name));
            paint_row(ui, rect, index == chosen, response.hovered());
            let font = mono(Weight::Medium, ctx.theme.font.body);
            for (text, (_, right)) in cells(change).into_iter().zip(COLUMNS) {
                let at = pos2(rect.left() + right, rect.center().y);
                ui.painter().text(at, egui::Align2::RIGHT_CENTER, text, font.clone(), palette.text);
            }
            if response.clicked() {
                picked = Some(index);
            }
        }
    });
    ui.spacing_mut().item_spacing.y = ctx.theme.space.row_gap;
    picked
}

fn cells(change: &FrameChange) -> [String; 4] {
    let px = |px: Option<f64>| px.filter(|px| px.is_finite()).map_or_else(|| "–".to_owned(), |px| format!("{px:.1}"));
    let before = change.score_before.map_or_else(|| "–".to_owned(), |score| format!("{score:.2}"));
    [
        change.frame.to_string(),
        change.labels.len().to_string(),
        format!("{:>5} → {:>5}", px(change.worst_before_px), px(change.worst_after_px)),
        format!("{before} → {:.2}", change.score_after),
    ]
}

/// What would change in one frame.
fn labels_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, change: &FrameChange) {
    let palette = theme::palette(ui);
    ui.label(RichText::new(format!("Frame {}", change.frame)).color(palette.text));
    let area = ScrollArea::vertical().id_salt("re-run labels").max_height(heights(ui)[1]).auto_shrink([false, true]);
    let height = ctx.theme.font.line_height.body;
    ui.spacing_mut().item_spacing.y = 0.0;
    area.show_rows(ui, height, change.labels.len(), |ui, visible| {
        for label in &change.labels[visible] {
            let words = format!(
                "{} in {}: {} → {}",
                session.skeleton.name_of(label.keypoint),
                session.camera_name(label.camera),
                placement_words(label.before),
                placement_words(label.after)
            );
            ui.label(RichText::new(words).color(palette.text_secondary));
        }
    });
    ui.spacing_mut().item_spacing.y = ctx.theme.space.row_gap;
}
