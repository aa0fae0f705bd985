//! What was answered, each time that a question was asked, side by side.

use egui::{Frame, Label, RichText, ScrollArea, Ui, vec2};

use super::said_of;
use crate::app::Command;
use crate::app::session::Session;
use crate::app::why::Chosen;
use crate::jobs::pose::why::{Call, Step};
use crate::model::{FrameLabels, Placement};
use crate::pose::stages::Reading;
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::Icon;
use crate::ui::job_panel::line_ui;
use crate::ui::pages::review::placement_words;
use crate::ui::theme::{self, Ink, Weight, mono, sans};
use crate::ui::widgets::{chip, section};

/// Width of an answer, points.
const CARD: f32 = 300.0;

/// Draws the answers to a question, the latest last.
pub(super) fn ui(
    ui: &mut Ui,
    ctx: &ViewCtx<'_>,
    session: &Session,
    step: &Step,
    shown: Option<&Call>,
    labels: Option<&FrameLabels>,
) {
    if step.calls.is_empty() {
        let palette = theme::palette(ui);
        ui.label(RichText::new("Nobody was asked this yet.").color(palette.text_secondary));
        return;
    }
    ScrollArea::horizontal().id_salt("answers").auto_shrink([false, true]).show(ui, |ui| {
        ui.horizontal_top(|ui| {
            let runs = |upto: usize| step.calls[..=upto].iter().filter(|call| call.place.run.is_none()).count();
            for (index, call) in step.calls.iter().enumerate() {
                let title = match call.place.run {
                    Some(run) => format!("Run {}", run.0),
                    None => format!("Asked again, {}", runs(index)),
                };
                let is_shown = shown.is_some_and(|shown| std::ptr::eq(shown, call));
                ui.push_id(index, |ui| {
                    ui.vertical(|ui| card_ui(ui, ctx, session, (step, call), (&title, is_shown, index), labels));
                });
            }
        });
    });
}

fn card_ui(
    ui: &mut Ui,
    ctx: &ViewCtx<'_>,
    session: &Session,
    (step, call): (&Step, &Call),
    (title, is_shown, index): (&str, bool, usize),
    labels: Option<&FrameLabels>,
) {
    let palette = theme::palette(ui);
    let caption = |text: &str| RichText::new(text).size(ctx.theme.font.caption).color(palette.text_tertiary);
    let frame = Frame::NONE.fill(palette.window).corner_radius(ctx.theme.radius.control).inner_margin(10.0);
    frame.show(ui, |ui| {
        ui.set_width(CARD);
        let exchange = &call.exchange;
        ui.horizontal(|ui| {
            if chip(ui, title, is_shown).on_hover_text("Show what the model saw then").clicked() {
                ctx.send(Command::ChooseStep(Chosen { tag: step.tag.clone(), call: Some(index) }));
            }
            ui.label(caption(&exchange.prompt_version));
        });
        ui.label(caption(&exchange.model));
        reading_ui(ui, ctx, session, step, call, labels);
        if let Some(observation) = call.reading.as_ref().and_then(|reading| reading.observation.as_ref()) {
            ui.add(Label::new(RichText::new(format!("“{observation}”")).color(palette.text_secondary)).wrap());
        }
        for problem in call.reading.iter().flat_map(|reading| &reading.problems) {
            line_ui(ui, (Icon::Warning, Ink::Warn), &problem.to_string());
        }
        for problem in &exchange.problems {
            line_ui(ui, (Icon::Warning, Ink::Warn), problem);
        }
        ui.label(caption(&figures(call)));
        let whole = |ui: &mut Ui, name: &str, text: &str| {
            section(ui, name, name, false, |ui| {
                let text = RichText::new(text).font(mono(Weight::Medium, ctx.theme.font.caption));
                ui.add(Label::new(text.color(palette.text_secondary)).wrap().selectable(true));
            });
        };
        if let Some(answer) = &exchange.answer {
            whole(ui, "The answer itself", answer);
        }
        if let Some(reasoning) = &exchange.reasoning {
            whole(ui, "What it thought", reasoning);
        }
    });
}

/// What the answer says, beside the labels as they are.
fn reading_ui(
    ui: &mut Ui,
    ctx: &ViewCtx<'_>,
    session: &Session,
    step: &Step,
    call: &Call,
    labels: Option<&FrameLabels>,
) {
    let palette = theme::palette(ui);
    let strong = sans(Weight::Medium, ctx.theme.font.body);
    let Some(Reading::Numbers(numbers)) = call.reading.as_ref().map(|reading| &reading.value) else {
        ui.label(RichText::new(said_of(call, &session.skeleton)).font(strong).color(palette.text));
        return;
    };
    if numbers.is_empty() {
        ui.label(RichText::new("Nothing of it can be used.").color(palette.text));
    }
    ui.spacing_mut().item_spacing = vec2(12.0, 4.0);
    ui.horizontal_wrapped(|ui| {
        for (keypoint, number) in numbers {
            let name = session.skeleton.name_of(*keypoint);
            let said = number.map_or_else(|| "none".to_owned(), |number| number.0.to_string());
            let label = labels.and_then(|labels| labels.get(step.basis.camera, *keypoint));
            let is_same = match number {
                Some(number) => label.is_some_and(|label| label.placement.number() == Some(*number)),
                None => label.is_some_and(|label| label.placement == Placement::Absent),
            };
            let (words, colour) = if is_same || labels.is_none() {
                (format!("{name} {said}"), palette.text)
            } else {
                let now = placement_words(label.map(|label| label.placement));
                (format!("{name} {said}, now {now}"), palette.warn)
            };
            ui.label(RichText::new(words).font(strong.clone()).color(colour));
        }
    });
}

/// What it took.
fn figures(call: &Call) -> String {
    let exchange = &call.exchange;
    let mut words = vec![format!("{:.1} s", exchange.millis as f64 / 1000.0)];
    if let (Some(prompt), Some(answer)) = (exchange.prompt_tokens, exchange.answer_tokens) {
        words.push(format!("{prompt} + {answer} tokens"));
    }
    if let Some(cost) = exchange.cost {
        words.push(format!("{cost:.4}"));
    }
    if exchange.attempt > 0 {
        words.push("after a correction".to_owned());
    }
    words.join(" · ")
}
