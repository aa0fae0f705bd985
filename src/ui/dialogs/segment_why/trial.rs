//! Trying another prompt or model on a few clips: the prompt's words, whom to ask, which clips, and what it takes.

use std::sync::LazyLock;

use egui::{Align, Checkbox, DragValue, Layout, RichText, ScrollArea, TextEdit, Ui, vec2};

use super::{button_ui, note_ui, obstacle, send};
use crate::app::model_choice::{ModelChoice, ModelField, is_allowed};
use crate::app::session::Session;
use crate::app::timeline::{TrialCommand, TrialDraft, TrialScope, TrialState};
use crate::jobs::behavior::Asking;
use crate::jobs::behavior::trial::TrialBasis;
use crate::jobs::pose::Assigner;
use crate::model::vocabulary::in_words;
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::Icon;
use crate::ui::job_panel::line_ui;
use crate::ui::theme::{self, Ink, Weight, mono};
use crate::ui::widgets::{ActionButton, empty_state};
use crate::vlm::prompt::{Prompt, Prompts};

/// The program's own prompts: not made anew in each painted frame.
static BUILT_IN: LazyLock<Prompts> = LazyLock::new(Prompts::built_in);

/// Width of the choices beside the prompt, points.
const SIDE: f32 = 330.0;
/// Where the dialog is narrower, the choices stand above the prompt, points.
const WIDE: f32 = 720.0;
/// No more clips are drawn at once.
const MOST_CLIPS: usize = 2000;

/// What is remembered between frames.
#[derive(Default)]
pub(super) struct TrialMemory {
    draft: Option<TrialDraft>,
}

/// Draws the choices.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, memory: &mut TrialMemory) {
    let state = &session.timeline.trial;
    let basis = match &state.basis {
        None => {
            let _ = empty_state(ui, "Reading the prompt.", None);
            return;
        }
        Some(Err(message)) => {
            let _ = empty_state(ui, message, None);
            return;
        }
        Some(Ok(basis)) => basis,
    };
    if memory.draft != state.draft {
        memory.draft.clone_from(&state.draft);
    }
    let Some(draft) = &mut memory.draft else { return };
    if ui.available_width() < WIDE {
        ScrollArea::vertical().id_salt("trial").auto_shrink(false).show(ui, |ui| {
            choices_ui(ui, ctx, state, basis, draft);
            ui.add_space(8.0);
            prompt_ui(ui, ctx, session, basis, draft, 240.0);
        });
    } else {
        let (width, height) = (ui.available_width(), ui.available_height());
        ui.horizontal_top(|ui| {
            let down = Layout::top_down(Align::Min);
            ui.allocate_ui_with_layout(vec2(width - SIDE - 24.0, height), down, |ui| {
                prompt_ui(ui, ctx, session, basis, draft, height - 96.0);
            });
            ui.separator();
            ui.allocate_ui_with_layout(vec2(SIDE, height), down, |ui| {
                ScrollArea::vertical().id_salt("trial choices").auto_shrink(false).show(ui, |ui| {
                    choices_ui(ui, ctx, state, basis, draft);
                });
            });
        });
    }
    if memory.draft != state.draft
        && let Some(draft) = &memory.draft
    {
        send(ctx, TrialCommand::Draft(Box::new(draft.clone())));
    }
}

/// The prompt's words, and what can be done with them.
fn prompt_ui(
    ui: &mut Ui,
    ctx: &ViewCtx<'_>,
    session: &Session,
    basis: &TrialBasis,
    draft: &mut TrialDraft,
    height: f32,
) {
    let palette = theme::palette(ui);
    let is_other = draft.prompt != basis.prompt;
    let name = if is_other { "Another prompt" } else { "The prompt in force" };
    let label = ui.label(RichText::new(format!("{name} ({})", Prompt::Caption.file())).color(palette.text));
    let wrong = session.timeline.trial.wrong_prompt.as_deref();
    let room = (height - if wrong.is_some() { 40.0 } else { 0.0 }).max(120.0);
    ScrollArea::vertical().id_salt("trial prompt").max_height(room).auto_shrink([false, true]).show(ui, |ui| {
        let font = mono(Weight::Medium, ctx.theme.font.caption);
        let field = TextEdit::multiline(&mut draft.prompt).font(font).desired_rows(12);
        ui.add(field.desired_width(f32::INFINITY)).labelled_by(label.id);
    });
    if let Some(wrong) = wrong {
        line_ui(ui, (Icon::Warning, Ink::Warn), wrong);
    }
    ui.horizontal_wrapped(|ui| {
        let obstacle = if !is_other {
            Some("This prompt is in force already".to_owned())
        } else if wrong.is_some() {
            Some("The prompt cannot be used as it is".to_owned())
        } else {
            session.read_only.as_ref().map(|reason| format!("Nothing can be written: {reason}"))
        };
        let hint = "Writes the prompt into the folder \"prompts\" beside the project, for all projects there";
        let keep = ActionButton::new("Use this prompt for all runs");
        if button_ui(ui, keep, obstacle.as_deref(), hint) {
            send(ctx, TrialCommand::KeepPrompt);
        }
        if is_other && ui.link("Back to the prompt in force").clicked() {
            draft.prompt.clone_from(&basis.prompt);
        }
        let own = BUILT_IN.text(Prompt::Caption);
        if draft.prompt != own && basis.prompt != own && ui.link("Take the program's own").clicked() {
            draft.prompt = own.to_owned();
        }
    });
    note_ui(ui, ctx, "“# System” and “# User” begin the two turns; {{ picture }} is the place of the next picture.");
}

/// Whom to ask, about what, and how often.
fn choices_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, state: &TrialState, basis: &TrialBasis, draft: &mut TrialDraft) {
    let palette = theme::palette(ui);
    let problems = draft.model.problems(Assigner::Vlm);
    let words_of = |field: ModelField| {
        problems.iter().filter(move |wrong| wrong.field == field && !wrong.is_missing).map(|wrong| &wrong.words)
    };
    let name = ui.label("Model");
    let before = draft.model.name.clone();
    ui.add(TextEdit::singleline(&mut draft.model.name).hint_text("Qwen/Qwen3.5-27B").desired_width(f32::INFINITY))
        .labelled_by(name.id);
    if draft.model.name != before {
        follow_profile(&mut draft.model, &ctx.state.model);
    }
    let address = ui.label("Address");
    let rows = draft.model.addresses.lines().count().max(1);
    let field = TextEdit::multiline(&mut draft.model.addresses).hint_text("http://127.0.0.1:8000").desired_rows(rows);
    ui.add(field.desired_width(f32::INFINITY)).labelled_by(address.id);
    for words in words_of(ModelField::Addresses).chain(words_of(ModelField::Profile)) {
        line_ui(ui, (Icon::Warning, Ink::Warn), words);
    }
    for host in draft.model.foreign_hosts() {
        let words = match is_allowed(&ctx.state.settings.allowed_hosts, &host) {
            true => format!("Pictures may be sent to {host}."),
            false => format!("You are asked before pictures go to {host}."),
        };
        note_ui(ui, ctx, &words);
    }
    if draft.model.name != ctx.state.model.name || draft.model.addresses != ctx.state.model.addresses {
        note_ui(ui, ctx, "For this trial alone; the Run page keeps its model.");
        if ui.link("Back to the model of the Run page").clicked() {
            draft.model.clone_from(&ctx.state.model);
        }
    }

    ui.add_space(10.0);
    ui.label(RichText::new("Clips").color(palette.text));
    let segments = match state.segments {
        1 => format!("Of this segment ({})", state.clips.len()),
        count => format!("Of the {count} selected segments ({})", state.clips.len()),
    };
    let [of_label, of_all] = state.drawable;
    let choices = [
        (TrialScope::Selected, segments, state.clips.len(), "The animal is seen in none of its clips"),
        (TrialScope::Label, format!("Drawn of {} ({of_label})", in_words(&state.label)), of_label, "No clip has it"),
        (TrialScope::Recording, format!("Drawn of the recording ({of_all})"), of_all, "There are no clips"),
    ];
    for (scope, words, count, reason) in choices {
        ui.add_enabled_ui(count > 0, |ui| {
            let radio = ui.radio(draft.scope == scope, words);
            if radio.on_disabled_hover_text(reason).clicked() {
                draft.scope = scope;
            }
        });
    }
    if draft.scope != TrialScope::Selected {
        ui.horizontal(|ui| {
            let label = ui.label("Draw at most");
            let most = of_all.clamp(1, MOST_CLIPS);
            ui.add(DragValue::new(&mut draft.count).range(1..=most)).labelled_by(label.id);
            ui.label("clips");
            let again = ui.link("Draw others").on_hover_text("The same number draws the same clips");
            if again.clicked() {
                draft.seed += 1;
            }
        });
        note_ui(ui, ctx, "Those first that people labelled, so that both can be scored.");
    }
    ui.add_space(6.0);
    ui.horizontal(|ui| {
        let label = ui.label("Answers about each clip");
        ui.add(DragValue::new(&mut draft.samples).range(1..=Asking::MOST_SAMPLES)).labelled_by(label.id);
    });
    let words = format!("Show examples of the bank ({})", basis.examples);
    let examples = ui.add_enabled(basis.examples > 0, Checkbox::new(&mut draft.has_examples, words));
    examples.on_disabled_hover_text("The project has no examples yet; make some of accepted segments in the grid view");
    ui.checkbox(&mut draft.afresh, "Ask also what was asked before")
        .on_hover_text("Else an answer that the project has to the very same question is taken as it is");
    start_ui(ui, ctx, state, draft, problems.first().map(|wrong| wrong.words.as_str()));
}

/// What it takes, and the button that begins it.
fn start_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, state: &TrialState, draft: &TrialDraft, problem: Option<&str>) {
    ui.add_space(10.0);
    let clips = state.clip_count();
    let questions = clips as u64 * u64::from(draft.samples);
    let plural = |count: u64, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let most = if draft.afresh { "" } else { "at most " };
    let words = format!("{}, {most}{}.", plural(clips as u64, "clip"), plural(questions, "question"));
    ui.label(words);
    let nothing = (clips == 0).then_some("There is no clip to ask about");
    let wrong = state.wrong_prompt.as_ref().map(|_| "The prompt cannot be used as it is");
    let obstacle = obstacle(ctx, state).or_else(|| problem.or(nothing).or(wrong).map(str::to_owned));
    let hint = "Asks, and shows the answers beside what is kept; the timeline stays as it is";
    if button_ui(ui, ActionButton::primary("Try it"), obstacle.as_deref(), hint) {
        send(ctx, TrialCommand::Start);
    }
    if let Some(obstacle) = &obstacle {
        note_ui(ui, ctx, &crate::app::state::sentence(obstacle.as_str()));
    }
}

/// Another model is asked as its own name suggests; the settings' as they say.
fn follow_profile(model: &mut ModelChoice, settings: &ModelChoice) {
    if model.name.trim() == settings.name.trim() {
        model.profile.clone_from(&settings.profile);
        model.own_profile.clone_from(&settings.own_profile);
        model.read_profile.clone_from(&settings.read_profile);
    } else {
        (model.profile, model.own_profile, model.read_profile) = (None, None, None);
    }
}
