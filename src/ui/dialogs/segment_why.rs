//! What models were asked about a segment: question by question, with what each answered and what it took.

use egui::{Align, Label, Layout, RichText, Role, ScrollArea, Sense, Ui, Vec2, WidgetInfo, vec2};

use crate::app::timeline::WhyOfSegment;
use crate::jobs::timeline::{AskedAbout, SegmentWhy};
use crate::model::vocabulary::in_words;
use crate::ui::ctx::ViewCtx;
use crate::ui::theme::{self, Weight, mono, sans};
use crate::ui::widgets::{empty_state, heading_row, paint_row, section};
use crate::vlm::exchange::{Exchange, KeptPart};

/// The dialog is at most so large, points.
const MOST: Vec2 = vec2(1100.0, 820.0);
/// And leaves so much of the window free, points.
const AROUND: Vec2 = vec2(80.0, 96.0);
/// Width of the list of questions, points.
const LIST: f32 = 220.0;
/// Height of a row of the list, points.
const ROW: f32 = 44.0;

/// What the dialog remembers between frames.
#[derive(Default)]
pub(super) struct SegmentWhyMemory {
    chosen: usize,
}

/// Draws the dialog's content.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, memory: &mut SegmentWhyMemory) {
    let Some(WhyOfSegment { title, found }) = ctx.session().and_then(|session| session.timeline.why.as_ref()) else {
        return;
    };
    let size = (ui.ctx().content_rect().size() - AROUND).min(MOST).max(vec2(320.0, 240.0));
    ui.set_min_size(size);
    ui.set_max_size(size);
    heading_row(ui, "What models were asked", title, |_| {});
    ui.separator();
    let why = match found {
        None => {
            let _ = empty_state(ui, "Reading what was asked.", None);
            return;
        }
        Some(Err(message)) => {
            let _ = empty_state(ui, message, None);
            return;
        }
        Some(Ok(why)) => why,
    };
    if why.asked.is_empty() {
        let _ = empty_state(ui, "No model was asked about this segment: the built-in rules say what it is.", None);
        return;
    }
    memory.chosen = memory.chosen.min(why.asked.len() - 1);
    let height = ui.available_height();
    ui.horizontal_top(|ui| {
        ui.allocate_ui_with_layout(vec2(LIST, height), Layout::top_down(Align::Min), |ui| {
            ScrollArea::vertical().id_salt("asked").auto_shrink(false).show_rows(
                ui,
                ROW,
                why.asked.len(),
                |ui, rows| {
                    for at in rows {
                        if row_ui(ui, ctx, &why.asked[at], at == memory.chosen) {
                            memory.chosen = at;
                        }
                    }
                },
            );
        });
        ui.separator();
        ui.allocate_ui_with_layout(vec2(ui.available_width(), height), Layout::top_down(Align::Min), |ui| {
            ScrollArea::vertical().id_salt("exchange").auto_shrink(false).show(ui, |ui| {
                exchange_ui(ui, ctx, why, &why.asked[memory.chosen]);
            });
        });
    });
}

fn title_of(asked: &AskedAbout) -> String {
    let again = if asked.exchange.attempt > 0 { ", asked again" } else { "" };
    match asked.clip {
        None => format!("Joining the clips{again}"),
        Some(clip) if asked.sample > 0 => format!("{clip}, answer {}{again}", asked.sample + 1),
        Some(clip) => format!("{clip}{again}"),
    }
}

/// The label that an answer gives, as far as it is read at a glance.
fn said_of(exchange: &Exchange) -> String {
    let answer = exchange.answer.as_deref().unwrap_or_default();
    let value: Option<serde_json::Value> = serde_json::from_str(answer).ok();
    let label = value.as_ref().and_then(|value| value["label"].as_str()).map(in_words);
    label.unwrap_or_else(|| if answer.is_empty() { "no answer".to_owned() } else { exchange.model.clone() })
}

fn row_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, asked: &AskedAbout, is_chosen: bool) -> bool {
    let palette = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    paint_row(ui, rect, is_chosen, response.hovered());
    let (title, said) = (title_of(asked), said_of(&asked.exchange));
    let corner = rect.left_top() + vec2(8.0, 5.0);
    let painter = ui.painter().with_clip_rect(rect);
    let align = egui::Align2::LEFT_TOP;
    painter.text(corner, align, &title, sans(Weight::Strong, ctx.theme.font.body), palette.text);
    let below = corner + vec2(0.0, 18.0);
    painter.text(below, align, &said, sans(Weight::Regular, ctx.theme.font.caption), palette.text_secondary);
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, is_chosen, format!("{title}: {said}")));
    response.clicked()
}

fn exchange_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, why: &SegmentWhy, asked: &AskedAbout) {
    let palette = theme::palette(ui);
    let exchange = &asked.exchange;
    let secondary = |words: String| RichText::new(words).color(palette.text_secondary);
    ui.label(secondary(figures(exchange)));
    for problem in &exchange.problems {
        ui.add(Label::new(RichText::new(problem).color(palette.warn)).wrap());
    }
    ui.add_space(6.0);
    let answer = exchange.answer.as_deref().map_or_else(|| "No answer came.".to_owned(), tidy);
    let font = mono(Weight::Medium, ctx.theme.font.caption);
    ui.add(Label::new(RichText::new(answer).font(font).color(palette.text)).wrap().selectable(true));
    let detail = why.details.iter().find(|(clip, _)| Some(*clip) == asked.clip).map(|(_, detail)| detail);
    if let Some((label, share)) = detail.and_then(|detail| Some((detail, detail.majority()?))).map(|(detail, usual)| {
        (
            format!("{} answers", detail.samples.len()),
            format!("{} ({:.0} %)", in_words(&usual.0.label), 100.0 * usual.1),
        )
    }) {
        ui.add_space(6.0);
        ui.label(secondary(format!("Of {label}, most say {share}.")));
    }
    if let Some(body) = detail.and_then(|detail| detail.body.as_ref()) {
        ui.add_space(6.0);
        let parts = [("Overall", &body.overall), ("Head", &body.head), ("Limbs", &body.limbs), ("Torso", &body.torso)];
        for (name, words) in parts.into_iter().filter(|(_, words)| !words.is_empty()) {
            ui.add(Label::new(secondary(format!("{name}: {words}"))).wrap());
        }
        if !body.keywords.is_empty() {
            ui.label(secondary(format!("Keywords: {}", body.keywords.join(", "))));
        }
    }
    ui.add_space(10.0);
    let text = |ui: &mut Ui, words: &str| {
        ui.add(Label::new(secondary(words.to_owned())).wrap().selectable(true));
    };
    if let Some(correction) = &exchange.correction {
        section(ui, "correction", "What was wrong with the answer before", true, |ui| text(ui, correction));
    }
    if let Some(reasoning) = &exchange.reasoning {
        section(ui, "reasoning", "What it thought", false, |ui| text(ui, reasoning));
    }
    section(ui, "question", "What it was asked", true, |ui| text(ui, &words_of(exchange)));
    section(ui, "system", "What it is told about its task", false, |ui| text(ui, &exchange.system));
}

/// The question's words, with a line where each picture stands.
fn words_of(exchange: &Exchange) -> String {
    let mut number = 0;
    let parts = exchange.parts.iter().map(|part| match part {
        KeptPart::Text(words) => words.trim().to_owned(),
        KeptPart::Picture { size_px: [width, height], .. } => {
            number += 1;
            format!("[picture {number}, {width} × {height} px]")
        }
    });
    parts.collect::<Vec<_>>().join("\n")
}

/// JSON with a line per key; other words as they are.
fn tidy(answer: &str) -> String {
    let value = serde_json::from_str::<serde_json::Value>(answer).ok();
    value.and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or_else(|| answer.to_owned())
}

/// Who answered, and what it took.
fn figures(exchange: &Exchange) -> String {
    let mut words = vec![exchange.model.clone(), format!("prompt {}", exchange.prompt_version)];
    words.push(format!("{:.1} s", exchange.millis as f64 / 1000.0));
    if let (Some(prompt), Some(answer)) = (exchange.prompt_tokens, exchange.answer_tokens) {
        words.push(format!("{prompt} + {answer} tokens"));
    }
    if let Some(cost) = exchange.cost {
        words.push(format!("cost {cost:.4}"));
    }
    words.join(" · ")
}
