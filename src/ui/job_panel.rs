//! A job that is running, paused or over: how far it is, what it said, and how to pause, cancel or go on.

use egui::{Label, RichText, ScrollArea, Ui};

use super::ctx::ViewCtx;
use super::icons::{Icon, icon};
use super::theme::{self, Ink, Weight, mono};
use super::widgets::{ActionButton, heading_row, progress_bar};
use crate::app::task::{Task, TaskKind};
use crate::app::ui_command::UiCommand;
use crate::app::{Command, Page};
use crate::jobs::words::duration;

/// Draws the job of a kind, running or paused; says whether there is one.
pub fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, kind: TaskKind) -> bool {
    let palette = theme::palette(ui);
    let is_other = |job: &&Task| job.request.kind() != kind;
    if let Some(other) = ctx.state.job.as_ref().filter(is_other) {
        let words = format!("{} is under way.", other.request.kind().words());
        ui.label(RichText::new(words).color(palette.text_secondary));
    }
    let job = ctx.state.job.as_ref().filter(|job| job.request.kind() == kind);
    let paused = ctx.state.paused.as_ref().filter(|request| request.kind() == kind);
    match (job, paused) {
        (Some(job), _) => {
            running_ui(ui, ctx, job);
            true
        }
        (None, Some(_)) => {
            ui.label(RichText::new("Paused. Nothing is lost.").color(palette.text));
            if let Some(reason) = ctx.state.last_job_of(kind).filter(|last| !last.went_well) {
                line_ui(ui, (Icon::Warning, Ink::Warn), &reason.words);
            }
            ui.horizontal(|ui| {
                let key = pause_key(ctx);
                if ui.add(ActionButton::new("Go on").icon(Icon::Play).key(&key)).clicked() {
                    ctx.send(Command::ResumeJob);
                }
                let leave = ui.add(ActionButton::new("Leave it"));
                if leave.on_hover_text("What was done stays").clicked() {
                    ctx.send(Command::CancelJob);
                }
            });
            true
        }
        (None, None) => false,
    }
}

/// The key that pauses and goes on, where it does so: elsewhere it may be that of a label.
fn pause_key(ctx: &ViewCtx<'_>) -> String {
    if ctx.state.page == Page::Run { ctx.key_of(UiCommand::PauseResume) } else { String::new() }
}

fn running_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, job: &Task) {
    let palette = theme::palette(ui);
    let (done, total) = job.steps;
    // Before its first phase a job reads what is there.
    let phase = if job.phase.is_empty() { job.request.kind().words() } else { job.phase.as_str() };
    ui.label(RichText::new(phase).color(palette.text));
    progress_bar(ui, job.request.kind().words(), if total == 0 { 0.0 } else { done as f32 / total as f32 });
    let elapsed_secs = (ctx.state.now_secs - job.started_secs).max(0.0);
    let mut words = if total == 0 { format!("{done} {}", job.unit) } else { format!("{done} of {total} {}", job.unit) };
    if done > 0 && total > done && elapsed_secs > 1.0 {
        words += &format!(" · about {} left", duration(elapsed_secs / done as f64 * (total - done) as f64));
    }
    ui.label(RichText::new(words).font(mono(Weight::Medium, ctx.theme.font.caption)).color(palette.text_secondary));
    ui.horizontal(|ui| {
        ui.add_enabled_ui(!job.cancel.is_cancelled(), |ui| {
            let key = pause_key(ctx);
            if job.request.is_resumable() && ui.add(ActionButton::new("Pause").icon(Icon::Pause).key(&key)).clicked() {
                ctx.send(Command::PauseJob);
            }
            let cancel = ui.add(ActionButton::new("Cancel"));
            if cancel.on_hover_text("What was done stays").clicked() {
                ctx.send(Command::CancelJob);
            }
        });
    });
}

/// What the job said, or how the last one ended.
pub fn messages_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, height: f32) {
    let palette = theme::palette(ui);
    heading_row(ui, "What happened", "", |_| {});
    ScrollArea::vertical().id_salt("job messages").max_height(height).auto_shrink([false, true]).show(ui, |ui| {
        // Why a run paused by itself stands above, beside what can be done about it.
        let is_said = |went_well: bool| ctx.state.paused.is_some() && !went_well;
        let last = ctx.state.last_job_of(TaskKind::Run).filter(|last| !is_said(last.went_well));
        if let Some(last) = last {
            line_ui(ui, if last.went_well { (Icon::Check, Ink::Ok) } else { (Icon::Warning, Ink::Error) }, &last.words);
        }
        for message in ctx.state.job.iter().flat_map(|job| job.messages.iter().rev()) {
            let sign = if message.is_warning { (Icon::Warning, Ink::Warn) } else { (Icon::Check, Ink::TextTertiary) };
            line_ui(ui, sign, &message.text);
        }
        if ctx.state.job.is_none() && ctx.state.last_job_of(TaskKind::Run).is_none() {
            ui.label(RichText::new("Nothing yet.").color(palette.text_tertiary));
        }
    });
}

/// A line with a sign before it.
pub(super) fn line_ui(ui: &mut Ui, (sign, ink): (Icon, Ink), words: &str) {
    let palette = theme::palette(ui);
    ui.horizontal_top(|ui| {
        icon(ui, sign, 16.0, palette.ink(ink));
        ui.add(Label::new(RichText::new(words).color(palette.text_secondary)).wrap());
    });
}
