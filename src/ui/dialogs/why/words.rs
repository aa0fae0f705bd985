//! Asking again: the same question, or with other words, one question or all of its kind in the frame.

use std::sync::LazyLock;

use egui::{Align, Label, Layout, RichText, ScrollArea, TextEdit, Ui};

use crate::app::Command;
use crate::app::command::AskAgain;
use crate::app::why::Asked;
use crate::jobs::pose::why::{Step, Trial};
use crate::model::FrameLabels;
use crate::ui::ctx::ViewCtx;
use crate::ui::theme::{self, Weight, mono};
use crate::ui::widgets::ActionButton;
use crate::vlm::prompt::{Prompt, Prompts};

/// The program's own prompts: not made anew in each painted frame.
static BUILT_IN: LazyLock<Prompts> = LazyLock::new(Prompts::built_in);

/// Height of the editor, points.
const EDITOR: f32 = 260.0;

/// The words that are being edited.
#[derive(Default)]
pub(super) struct WordsMemory {
    draft: Option<Trial>,
    /// Whether the editor was opened in this frame and wants the keyboard.
    is_new: bool,
}

/// Draws what can be done with a question.
pub(super) fn ui(
    ui: &mut Ui,
    ctx: &ViewCtx<'_>,
    asked: &Asked,
    step: &Step,
    labels: Option<&FrameLabels>,
    memory: &mut WordsMemory,
) {
    let palette = theme::palette(ui);
    let prompt = step.basis.prompt;
    let is_editing = memory.draft.as_ref().is_some_and(|draft| draft.prompt == prompt);
    ui.add_space(4.0);
    ui.horizontal(|ui| {
        let verb = if step.calls.is_empty() { "Ask this" } else { "Ask this again" };
        let name = ctx.state.model.name.trim();
        let whom = if name.is_empty() {
            "No model is chosen yet; see the Run page".to_owned()
        } else {
            format!("Asks {name}")
        };
        if ui.add(ActionButton::new(verb)).on_hover_text(whom).clicked() {
            ctx.send(Command::AskAgain(AskAgain { trial: None, in_all_views: false }));
        }
        let other = ui.add(ActionButton::new("Other words…").pressed(is_editing));
        if other.on_hover_text("Edit the prompt, and try it beside this answer").clicked() {
            let text = asked.prompts.text(prompt).to_owned();
            memory.draft = (!is_editing).then_some(Trial { prompt, text });
            memory.is_new = !is_editing;
        }
        let note = "A new answer changes no label; a run that asks the same takes the latest.";
        ui.label(RichText::new(note).size(ctx.theme.font.caption).color(palette.text_tertiary));
    });
    scores_ui(ui, ctx, asked, prompt, labels);
    if let Some(draft) = memory.draft.as_mut().filter(|draft| draft.prompt == prompt) {
        editor_ui(ui, ctx, asked, draft, std::mem::take(&mut memory.is_new));
    }
}

/// How far the answers to each version of the prompt are as the labels are, once there are two.
fn scores_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, asked: &Asked, prompt: Prompt, labels: Option<&FrameLabels>) {
    let Some(labels) = labels else { return };
    let scores = asked.why.scores(prompt, labels);
    if scores.len() < 2 {
        return;
    }
    let palette = theme::palette(ui);
    for score in scores {
        let views = if score.asked == 1 { "question" } else { "questions" };
        let failed = if score.failed > 0 { format!(", {} without an answer", score.failed) } else { String::new() };
        let said = match (prompt, score.all) {
            (Prompt::Regions, _) | (_, 0) => String::new(),
            (_, all) => format!(": {} of {all} as the labels are now", score.same),
        };
        let words = format!("{}, {} {views} of this frame{said}{failed}", score.version, score.asked);
        let font = mono(Weight::Medium, ctx.theme.font.caption);
        ui.label(RichText::new(words).font(font).color(palette.text_secondary));
    }
}

fn editor_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, asked: &Asked, draft: &mut Trial, is_new: bool) {
    let palette = theme::palette(ui);
    let in_force = asked.prompts.text(draft.prompt);
    let label = ui.label(RichText::new(format!("Prompt {}", draft.prompt.file())).color(palette.text));
    ScrollArea::vertical().id_salt("prompt").max_height(EDITOR).auto_shrink([false, true]).show(ui, |ui| {
        let field =
            TextEdit::multiline(&mut draft.text).font(mono(Weight::Medium, ctx.theme.font.body)).desired_rows(10);
        let field = ui.add(field.desired_width(f32::INFINITY)).labelled_by(label.id);
        if is_new {
            field.request_focus();
        }
    });
    let is_other = draft.text != in_force;
    ui.horizontal(|ui| {
        let ask = |in_all_views| Command::AskAgain(AskAgain { trial: Some(draft.clone()), in_all_views });
        ui.add_enabled_ui(is_other, |ui| {
            if ui.add(ActionButton::primary("Try on this question").wide(false)).clicked() {
                ctx.send(ask(false));
            }
            if ui.add(ActionButton::new("Try in all views")).on_hover_text("All such questions of this frame").clicked()
            {
                ctx.send(ask(true));
            }
        });
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_enabled_ui(is_other, |ui| {
                let keep = ui.add(ActionButton::new("Use for all runs"));
                if keep
                    .on_hover_text(
                        "Writes the prompt into the folder \"prompts\" beside the project, for all projects there",
                    )
                    .clicked()
                {
                    ctx.send(Command::KeepPrompt(draft.clone()));
                }
            });
        });
    });
    ui.horizontal(|ui| {
        ui.add_enabled_ui(is_other, |ui| {
            if ui.link("Back to the prompt in force").clicked() {
                draft.text = in_force.to_owned();
            }
        });
        let built_in = &BUILT_IN;
        if in_force != built_in.text(draft.prompt) && ui.link("Take the program's own").clicked() {
            draft.text = built_in.text(draft.prompt).to_owned();
        }
    });
    ui.add(
        Label::new(
            RichText::new(
                "“# System” and “# User” begin the two turns; {{ picture }} is the place of the next picture.",
            )
            .size(ctx.theme.font.caption)
            .color(palette.text_tertiary),
        )
        .wrap(),
    );
}
