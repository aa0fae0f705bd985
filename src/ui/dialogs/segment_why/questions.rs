//! The questions about a segment's clips, asked and not asked, each with its answer and what it took.

use std::collections::HashMap;
use std::sync::Arc;

use egui::text::{LayoutJob, TextWrapping};
use egui::{Align, Label, Layout, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{button_ui, obstacle, send};
use crate::app::session::Session;
use crate::app::timeline::{TrialCommand, WhyOfSegment, WhyPane};
use crate::jobs::timeline::{AskedAbout, SegmentWhy};
use crate::model::vocabulary::in_words;
use crate::model::{BehaviorSource, ClipId, Segment};
use crate::ui::ctx::ViewCtx;
use crate::ui::theme::{self, Weight, mono, sans};
use crate::ui::widgets::{ActionButton, empty_state, focus_ring_inside, paint_row, section};
use crate::vlm::exchange::{Exchange, KeptPart};

/// Width of the list of questions, points.
const LIST: f32 = 240.0;
/// Height of a row of the list, points.
const ROW: f32 = 44.0;

/// What is remembered between frames.
#[derive(Default)]
pub(super) struct QuestionsMemory {
    chosen: usize,
    rows: Option<Rows>,
    sheet: Option<Sheet>,
}

/// The list, in words.
struct Rows {
    of: (Arc<SegmentWhy>, u64),
    rows: Vec<Row>,
}

/// A question, or a clip about which nothing was asked.
struct Row {
    title: String,
    said: String,
    /// What is kept of the clip, in words.
    kept: String,
    clip: Option<ClipId>,
    /// Where among what was asked.
    asked: Option<usize>,
}

/// A question's words.
struct Sheet {
    of: (Arc<SegmentWhy>, usize),
    figures: String,
    answer: String,
    /// What was said beside the caption.
    beside: Vec<String>,
    question: String,
}

/// Draws the list and the chosen question.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, why: &WhyOfSegment, memory: &mut QuestionsMemory) {
    let found = match &why.found {
        None => {
            let _ = empty_state(ui, "Reading what was asked.", None);
            return;
        }
        Some(Err(message)) => {
            let _ = empty_state(ui, message, None);
            return;
        }
        Some(Ok(found)) => found,
    };
    let revision = session.timeline.revision;
    let is_known = memory.rows.as_ref().is_some_and(|rows| Arc::ptr_eq(&rows.of.0, found) && rows.of.1 == revision);
    if !is_known {
        memory.rows = Some(Rows { of: (found.clone(), revision), rows: rows_of(session, why, found) });
    }
    let Some(Rows { rows, .. }) = &memory.rows else { return };
    if rows.is_empty() {
        let words = "No clip lies in this segment, so there is nothing that a model could be asked about it.";
        let _ = empty_state(ui, words, None);
        return;
    }
    memory.chosen = memory.chosen.min(rows.len() - 1);
    let height = ui.available_height();
    ui.horizontal_top(|ui| {
        ui.allocate_ui_with_layout(vec2(LIST, height), Layout::top_down(Align::Min), |ui| {
            let area = ScrollArea::vertical().id_salt("asked").auto_shrink(false);
            area.show_rows(ui, ROW, rows.len(), |ui, visible| {
                for at in visible {
                    if row_ui(ui, ctx, &rows[at], at == memory.chosen) {
                        memory.chosen = at;
                    }
                }
            });
        });
        ui.separator();
        ui.allocate_ui_with_layout(vec2(ui.available_width(), height), Layout::top_down(Align::Min), |ui| {
            let row = &rows[memory.chosen];
            actions_ui(ui, ctx, session, row);
            ui.add_space(4.0);
            let palette = theme::palette(ui);
            if !row.kept.is_empty() {
                ui.add(Label::new(RichText::new(&row.kept).color(palette.text)).wrap());
                ui.add_space(4.0);
            }
            let Some(at) = row.asked else {
                let words = "No model was asked about this clip.";
                ui.label(RichText::new(words).color(palette.text_secondary));
                return;
            };
            let is_known = |sheet: &&Sheet| Arc::ptr_eq(&sheet.of.0, found) && sheet.of.1 == at;
            if memory.sheet.as_ref().filter(is_known).is_none() {
                memory.sheet = Some(Sheet::of(found, at));
            }
            let Some(sheet) = &memory.sheet else { return };
            ScrollArea::vertical().id_salt("exchange").auto_shrink(false).show(ui, |ui| {
                sheet_ui(ui, ctx, sheet, &found.asked[at].exchange);
            });
        });
    });
}

/// What can be done with the chosen question.
fn actions_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, row: &Row) {
    let palette = theme::palette(ui);
    let state = &session.timeline.trial;
    let name = ctx.state.model.name.trim();
    ui.horizontal_wrapped(|ui| {
        let verb = if row.asked.is_some() { "Ask again" } else { "Ask about this clip" };
        let obstacle = match row.clip {
            None => Some("Joining is asked again with the whole run; choose a question about a clip".to_owned()),
            Some(_) => obstacle(ctx, state).or_else(|| {
                name.is_empty()
                    .then(|| "No model is chosen yet; see the Run page, or try one on these clips".to_owned())
            }),
        };
        let samples = state.basis.as_ref().and_then(|basis| basis.as_ref().ok()).map_or(1, |it| it.asking.samples);
        let times = if samples > 1 { format!(" {samples} times, as the run did,") } else { String::new() };
        let hint = format!("Asks {name}{times} about this clip with the prompt in force, whatever was answered before");
        if button_ui(ui, ActionButton::new(verb), obstacle.as_deref(), &hint)
            && let Some(clip) = row.clip
        {
            send(ctx, TrialCommand::AskAgain(clip));
        }
        let count = match state.segments {
            1 => "On this segment's clips, or on some that chance draws".to_owned(),
            count => format!("On the clips of the {count} selected segments, or on some that chance draws"),
        };
        if ui.link("Try another prompt or model").on_hover_text(count).clicked() {
            send(ctx, TrialCommand::Show(WhyPane::Trial));
        }
        let note = "An answer changes nothing of the timeline until it is taken over.";
        ui.label(RichText::new(note).size(ctx.theme.font.caption).color(palette.text_tertiary));
    });
}

fn rows_of(session: &Session, why: &WhyOfSegment, found: &SegmentWhy) -> Vec<Row> {
    let mut times: HashMap<(Option<ClipId>, u32, u32), usize> = HashMap::new();
    let layers = session.timeline.layers.as_ref();
    let kept = |clip: Option<ClipId>| {
        let timeline = layers.map(|layers| &layers.timeline);
        let said = timeline.and_then(|it| it.said.iter().find(|said| said.clips.first().copied() == clip));
        said.map(kept_words).unwrap_or_default()
    };
    let asked = found.asked.iter().enumerate().map(|(at, asked)| {
        let time = times.entry((asked.clip, asked.sample, asked.exchange.attempt)).or_default();
        *time += 1;
        Row {
            title: title_of(asked, *time),
            said: said_of(&asked.exchange),
            kept: kept(asked.clip),
            clip: asked.clip,
            asked: Some(at),
        }
    });
    let mut rows: Vec<Row> = asked.collect();
    if let Some(layers) = layers {
        let is_asked = |clip: ClipId| found.asked.iter().any(|asked| asked.clip == Some(clip));
        let own = layers.timeline.clips_of(&why.segment);
        let open = own.filter(|clip| clip.cluster.is_some() && !is_asked(clip.id));
        rows.extend(open.map(|clip| Row {
            title: clip.id.to_string(),
            said: "Not asked".to_owned(),
            kept: kept(Some(clip.id)),
            clip: Some(clip.id),
            asked: None,
        }));
    }
    rows.sort_by_key(|row| (row.clip.is_none(), row.clip));
    rows
}

/// What is kept of a clip, and who says it.
fn kept_words(said: &Segment) -> String {
    let Some(sure) = said.confidence else { return String::new() };
    let by = if said.source == BehaviorSource::Model { "a model" } else { "the built-in rules" };
    format!("Kept, by {by}: {} {sure:.2}. {}", in_words(&said.label), said.description)
}

/// What a question is about; `time` counts how often it was asked, from 1.
fn title_of(asked: &AskedAbout, time: usize) -> String {
    let what = match asked.clip {
        None => "Joining the clips".to_owned(),
        Some(clip) if asked.sample > 0 => format!("{clip}, answer {}", asked.sample + 1),
        Some(clip) => clip.to_string(),
    };
    let corrected = if asked.exchange.attempt > 0 { ", after a correction" } else { "" };
    let again = match time {
        1 => String::new(),
        _ if asked.clip.is_none() => format!(" ({time})"),
        2 => ", asked again".to_owned(),
        _ => format!(", asked again ({})", time - 1),
    };
    format!("{what}{again}{corrected}")
}

/// The label that an answer gives, as far as it is read at a glance, and whose answer it is.
fn said_of(exchange: &Exchange) -> String {
    let answer = exchange.answer.as_deref().unwrap_or_default();
    let value: Option<serde_json::Value> = serde_json::from_str(answer).ok();
    let label = value.as_ref().and_then(|value| value["label"].as_str()).map(in_words);
    match label {
        Some(label) => format!("{label}, by {}", exchange.model),
        None if answer.is_empty() => format!("no answer, of {}", exchange.model),
        None => exchange.model.clone(),
    }
}

fn row_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, row: &Row, is_chosen: bool) -> bool {
    let palette = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    paint_row(ui, rect, is_chosen, response.hovered());
    let line = |text: &str, font, colour| {
        let mut job = LayoutJob::simple_singleline(text.to_owned(), font, colour);
        job.wrap = TextWrapping::truncate_at_width(rect.width() - 16.0);
        ui.painter().layout_job(job)
    };
    let title = line(&row.title, sans(Weight::Strong, ctx.theme.font.body), palette.text);
    let said = line(&row.said, sans(Weight::Regular, ctx.theme.font.caption), palette.text_secondary);
    let left = rect.left() + 8.0;
    ui.painter().galley(pos2(left, rect.top() + 5.0), title, palette.text);
    ui.painter().galley(pos2(left, rect.top() + 24.0), said, palette.text_secondary);
    focus_ring_inside(ui, rect, &response);
    response
        .widget_info(|| WidgetInfo::selected(Role::ListItem, true, is_chosen, format!("{}: {}", row.title, row.said)));
    response.clicked()
}

impl Sheet {
    fn of(why: &Arc<SegmentWhy>, at: usize) -> Self {
        let asked = &why.asked[at];
        let exchange = &asked.exchange;
        let mut beside = Vec::new();
        let detail = why.details.iter().find(|(clip, _)| Some(*clip) == asked.clip).map(|(_, detail)| detail);
        if let Some((detail, (usual, share))) = detail.and_then(|detail| Some((detail, detail.majority()?))) {
            let label = in_words(&usual.label);
            beside.push(format!("Of {} answers, most say {label} ({:.0} %).", detail.samples.len(), 100.0 * share));
        }
        if let Some(body) = detail.and_then(|detail| detail.body.as_ref()) {
            let parts =
                [("Overall", &body.overall), ("Head", &body.head), ("Limbs", &body.limbs), ("Torso", &body.torso)];
            let said = parts.into_iter().filter(|(_, words)| !words.is_empty());
            beside.extend(said.map(|(name, words)| format!("{name}: {words}")));
            if !body.keywords.is_empty() {
                beside.push(format!("Keywords: {}", body.keywords.join(", ")));
            }
        }
        Self {
            of: (why.clone(), at),
            figures: figures(exchange),
            answer: exchange.answer.as_deref().map_or_else(|| "No answer came.".to_owned(), tidy),
            beside,
            question: words_of(exchange),
        }
    }
}

fn sheet_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, sheet: &Sheet, exchange: &Exchange) {
    let palette = theme::palette(ui);
    let secondary = |words: &str| RichText::new(words).color(palette.text_secondary);
    ui.add(Label::new(secondary(&sheet.figures)).wrap());
    for problem in &exchange.problems {
        ui.add(Label::new(RichText::new(problem).color(palette.warn)).wrap());
    }
    ui.add_space(6.0);
    let font = mono(Weight::Medium, ctx.theme.font.caption);
    ui.add(Label::new(RichText::new(&sheet.answer).font(font).color(palette.text)).wrap().selectable(true));
    if !sheet.beside.is_empty() {
        ui.add_space(6.0);
    }
    for words in &sheet.beside {
        ui.add(Label::new(secondary(words)).wrap());
    }
    ui.add_space(10.0);
    let text = |ui: &mut Ui, words: &str| {
        ui.add(Label::new(secondary(words)).wrap().selectable(true));
    };
    if let Some(correction) = &exchange.correction {
        section(ui, "correction", "What was wrong with the answer before", true, |ui| text(ui, correction));
    }
    if let Some(reasoning) = &exchange.reasoning {
        section(ui, "reasoning", "What it thought", false, |ui| text(ui, reasoning));
    }
    section(ui, "question", "What it was asked", true, |ui| text(ui, &sheet.question));
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
