//! The scoreboard: the figures of `eval behavior`, over all and of each label.

use egui::text::{LayoutJob, TextWrapping};
use egui::{Align, Align2, Layout, RichText, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::app::Command;
use crate::app::session::Session;
use crate::app::timeline::{CompareCommand, Layers, TimelineCommand};
use crate::behavior::evaluation::Evaluation;
use crate::jobs::behavior::accounts::{Account, Comparison};
use crate::model::vocabulary::in_words;
use crate::ui::ctx::ViewCtx;
use crate::ui::theme::{self, Theme, Weight, mono, sans};
use crate::ui::widgets::ActionButton;

/// Height of a row, points.
const ROW: f32 = 20.0;
/// Width of a column of figures.
const COLUMN: f32 = 46.0;

/// Draws all figures, and first what they leave out.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, result: &Comparison, layers: &Layers) {
    ui.spacing_mut().item_spacing.y = 2.0;
    left_out_ui(ui, ctx, session, result, layers);
    let evaluation = &result.evaluation;
    if evaluation.frames == 0 {
        ui.label("No animal was reviewed in both accounts, so there is nothing to count.");
        return;
    }
    for (name, figure, meaning) in overall(evaluation) {
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
        let palette = theme::palette(ui);
        let font = sans(Weight::Regular, Theme::get().font.body);
        ui.painter().text(rect.left_center(), Align2::LEFT_CENTER, name, font, palette.text_secondary);
        let font = mono(Weight::Medium, Theme::get().font.body);
        ui.painter().text(rect.right_center() - vec2(8.0, 0.0), Align2::RIGHT_CENTER, &figure, font, palette.text);
        response.widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, format!("{name}: {figure}")));
        response.on_hover_text(meaning);
    }
    ui.add_space(10.0);
    labels_ui(ui, evaluation);
}

/// The figures over all labels, with what each means.
fn overall(evaluation: &Evaluation) -> Vec<(&'static str, String, &'static str)> {
    let kappa = match (evaluation.kappa, evaluation.kappa_ci) {
        (Some(kappa), Some([low, high])) => format!("{kappa:.2} ({low:.2} to {high:.2})"),
        (kappa, _) => share(kappa),
    };
    let boundary = evaluation.boundary_ms.map_or("none".to_owned(), |ms| format!("{ms:.0} ms"));
    let at_half = evaluation.segment_f1.get("0.5").copied().flatten();
    vec![
        ("F1, mean of labels", share(evaluation.f1_macro), "Each label counts the same, however rare it is"),
        ("Kappa (95 % interval)", kappa, "Agreement beyond chance, with an interval from blocks of 5 s"),
        ("Frames that agree", share(evaluation.accuracy), "Share of frames that both call the same"),
        ("Segment F1", share(at_half), "Segments count as found where they overlap by half of their union"),
        ("Boundary error", boundary, "Median distance of starts and ends of segments that match"),
        ("Frames", evaluation.frames.to_string(), "Frames of all animals that were compared"),
    ]
}

/// F1, precision, recall and support of each label.
fn labels_ui(ui: &mut Ui, evaluation: &Evaluation) {
    let palette = theme::palette(ui);
    let heads = ["F1", "Prec.", "Recall", "Frames"];
    let caption = sans(Weight::Regular, Theme::get().font.caption);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let right = |at: usize| rect.right() - 8.0 - COLUMN * (heads.len() - 1 - at) as f32;
    ui.painter().text(rect.left_center(), Align2::LEFT_CENTER, "Label", caption.clone(), palette.text_tertiary);
    for (at, head) in heads.into_iter().enumerate() {
        let place = pos2(right(at), rect.center().y);
        ui.painter().text(place, Align2::RIGHT_CENTER, head, caption.clone(), palette.text_tertiary);
    }
    // Others may be of animals that are left out.
    let counted = evaluation.per_label.iter().filter(|(_, figures)| figures.support + figures.found > 0);
    for (label, figures) in counted {
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
        let texts = [share(figures.f1), share(figures.precision), share(figures.recall), figures.support.to_string()];
        let name = in_words(label);
        let words = sans(Weight::Medium, Theme::get().font.body);
        let first = right(0) - COLUMN + 6.0;
        let mut job = LayoutJob::simple_singleline(name.clone(), words, palette.text);
        job.wrap = TextWrapping::truncate_at_width(first - rect.left());
        let galley = ui.painter().layout_job(job);
        ui.painter().galley(pos2(rect.left(), rect.center().y - galley.size().y / 2.0), galley, palette.text);
        for (at, text) in texts.iter().enumerate() {
            let font = mono(Weight::Regular, Theme::get().font.body);
            let ink = if text == "none" { palette.text_tertiary } else { palette.text };
            let shown = if text == "none" { "–" } else { text };
            ui.painter().text(pos2(right(at), rect.center().y), Align2::RIGHT_CENTER, shown, font, ink);
        }
        let [f1, precision, recall, frames] = texts;
        let words = format!("{name}: F1 {f1}, precision {precision}, recall {recall}, {frames} frames");
        response.widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, &words));
        response.on_hover_text(words);
    }
}

/// Animals that do not count, and what can be done about those that only another annotator reviewed.
fn left_out_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, result: &Comparison, layers: &Layers) {
    let name = |animal: crate::model::AnimalId| layers.names.get(animal.index()).cloned().unwrap_or_default();
    let palette = theme::palette(ui);
    if !result.left_out.is_empty() {
        let names = result.left_out.iter().map(|animal| name(*animal)).collect::<Vec<_>>().join(", ");
        let verb = if result.left_out.len() == 1 { "is" } else { "are" };
        let words = format!("{names} {verb} left out: not reviewed in both.");
        ui.label(RichText::new(words).color(palette.warn));
    }
    if !matches!(result.theirs().account, Account::Project(_)) {
        return;
    }
    for animal in &result.only_theirs {
        let words = format!("Take {} from {}", name(*animal), result.theirs().account.words());
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.add_enabled_ui(session.read_only.is_none(), |ui| {
                if ui.add(ActionButton::new(&words)).clicked() {
                    ctx.send(Command::Timeline(TimelineCommand::Compare(CompareCommand::TakeAnimal(*animal))));
                }
            });
        });
    }
    ui.add_space(6.0);
}

fn share(value: Option<f64>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| format!("{value:.2}"))
}
