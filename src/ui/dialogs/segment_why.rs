//! What models were asked about a segment, and asking: a question once more, or another prompt or model on a few clips, with the
//! answers beside what is kept.

mod answers;

mod questions;

mod trial;

#[cfg(test)]
mod tests;

use egui::{Label, RichText, Ui, Vec2, vec2};

use crate::app::Command;
use crate::app::task::TaskKind;
use crate::app::timeline::{TimelineCommand, TrialCommand, TrialState, WhyPane};
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::Icon;
use crate::ui::job_panel::{self, line_ui};
use crate::ui::theme::{self, Ink};
use crate::ui::widgets::{ActionButton, heading_row, segmented};

/// The dialog is at most so large, points.
const MOST: Vec2 = vec2(1140.0, 860.0);
/// And leaves so much of the window free, points.
const AROUND: Vec2 = vec2(80.0, 72.0);

/// What the dialog remembers between frames. What is typed is kept by the app.
#[derive(Default)]
pub(super) struct SegmentWhyMemory {
    questions: questions::QuestionsMemory,
    trial: trial::TrialMemory,
    answers: answers::AnswersMemory,
}

/// Draws the dialog's content.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, memory: &mut SegmentWhyMemory) {
    let Some(session) = ctx.session() else { return };
    let (Some(why), state) = (&session.timeline.why, &session.timeline.trial) else { return };
    let size = (ui.ctx().content_rect().size() - AROUND).min(MOST).max(vec2(320.0, 240.0));
    ui.set_min_size(size);
    ui.set_max_size(size);
    heading_row(ui, "What models were asked", &why.title, |ui| {
        if ui.add(ActionButton::new("Close").key("Esc")).clicked() {
            ctx.send(Command::Show(None));
        }
    });
    let mut panes = vec![(WhyPane::Questions, "Questions"), (WhyPane::Trial, "Try another prompt or model…")];
    if state.tried.is_some() {
        panes.push((WhyPane::Answers, "Answers of the trial"));
    }
    if let Some(pane) = segmented(ui, "Part of the dialog", state.pane, &panes) {
        send(ctx, TrialCommand::Show(pane));
    }
    if !job_panel::ui(ui, ctx, TaskKind::Trial)
        && let Some(last) = ctx.state.last_job_of(TaskKind::Trial).filter(|last| !last.went_well)
    {
        line_ui(ui, (Icon::Warning, Ink::Warn), &last.words);
    }
    ui.separator();
    match state.pane {
        WhyPane::Questions => questions::ui(ui, ctx, session, why, &mut memory.questions),
        WhyPane::Trial => trial::ui(ui, ctx, session, &mut memory.trial),
        WhyPane::Answers => answers::ui(ui, ctx, session, &mut memory.answers),
    }
}

fn send(ctx: &ViewCtx<'_>, command: TrialCommand) {
    ctx.send(Command::Timeline(TimelineCommand::Trial(command)));
}

/// What keeps everybody from asking now; nothing where it can be done.
fn obstacle(ctx: &ViewCtx<'_>, state: &TrialState) -> Option<String> {
    let session = ctx.session()?;
    if let Some(job) = &ctx.state.job {
        return Some(format!("{} is under way", job.request.kind().words()));
    }
    if let Some(reason) = &session.read_only {
        return Some(format!("The answers could not be kept: {reason}"));
    }
    match &state.basis {
        None => Some("The prompt is being read".to_owned()),
        Some(Err(message)) => Some(message.clone()),
        Some(Ok(_)) => None,
    }
}

/// A button that says on hover what it does, or why it cannot be pressed; says whether it was.
fn button_ui(ui: &mut Ui, button: ActionButton<'_>, obstacle: Option<&str>, hint: &str) -> bool {
    let response = ui.add_enabled_ui(obstacle.is_none(), |ui| ui.add(button)).inner;
    let response = response.on_hover_text(hint);
    response.on_disabled_hover_text(obstacle.unwrap_or_default()).clicked()
}

/// Quiet words that wrap.
fn note_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, words: &str) {
    let palette = theme::palette(ui);
    let words = RichText::new(words).size(ctx.theme.font.caption).color(palette.text_secondary);
    ui.add(Label::new(words).wrap());
}
