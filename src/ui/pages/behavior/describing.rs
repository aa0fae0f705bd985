//! How a recording is described from the page: the two ways to begin, the way to do it once more, and the job while it works or
//! is paused.

use egui::{Align, Frame, Label, Layout, Panel, RichText, Ui, vec2};

use crate::app::Command;
use crate::app::session::Session;
use crate::app::task::TaskKind;
use crate::app::timeline::{DescribeCommand, TimelineCommand};
use crate::ui::ctx::ViewCtx;
use crate::ui::job_panel;
use crate::ui::pages::run::counts;
use crate::ui::theme::{self, Weight, sans};
use crate::ui::widgets::ActionButton;

/// Width of the job's progress and buttons, points.
const PROGRESS: f32 = 400.0;

fn send(ctx: &ViewCtx<'_>, command: DescribeCommand) {
    ctx.send(Command::Timeline(TimelineCommand::Describe(command)));
}

/// Whether the recording is being described, or that is paused.
pub(super) fn is_under_way(ctx: &ViewCtx<'_>) -> bool {
    let running = ctx.state.job.as_ref().map(|job| &job.request);
    running.into_iter().chain(&ctx.state.paused).any(|request| request.kind() == TaskKind::Behavior)
}

/// Why describing cannot begin now.
pub(super) fn why_not(ctx: &ViewCtx<'_>, session: &Session) -> Option<&'static str> {
    if session.read_only.is_some() {
        return Some("The project is open for reading only.");
    }
    if ctx.state.job.is_some() {
        return Some("Another job is under way.");
    }
    session.recording.is_none().then_some("The recording's files are not there. Find them on the page Detect.")
}

/// What stands where nothing is described yet.
pub(super) fn begin_ui(ui: &mut Ui, ctx: &ViewCtx<'_>) {
    let Some(session) = ctx.session() else { return };
    let reason = why_not(ctx, session);
    let words =
        "No clips yet. The recording is cut into clips of 1 to 5 s, and each is described from what is measured.";
    let (palette, theme) = (theme::palette(ui), ctx.theme);
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() / 2.0 - theme.size.control).max(0.0));
        let font = sans(Weight::Regular, theme.font.body);
        ui.add(Label::new(RichText::new(words).font(font).color(palette.text_secondary)).wrap());
        ui.add_space(theme.space.panel_padding);
        let (gap, widths) = (ui.spacing().item_spacing.x, [150.0, 150.0]);
        let size = vec2(widths.iter().sum::<f32>() + gap, theme.size.control);
        ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
            ui.add_enabled_ui(reason.is_none(), |ui| {
                for (at, name) in ["Cut and describe", "With a model…"].into_iter().enumerate() {
                    let button = ActionButton::new(name).wide(true);
                    let place = |ui: &mut Ui| ui.add(button);
                    let size = vec2(widths[at], theme.size.control);
                    let clicked = ui.allocate_ui_with_layout(size, Layout::top_down(Align::Center), place).inner;
                    let clicked = clicked.on_disabled_hover_text(reason.unwrap_or_default()).clicked();
                    if clicked && at == 0 {
                        send(ctx, DescribeCommand::Start(Box::default()));
                    } else if clicked {
                        send(ctx, DescribeCommand::Open);
                    }
                }
            });
        });
    });
}

/// The way to describe it once more, at the right of the views.
pub(super) fn again_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session) {
    let has_clips = session.timeline.layers.as_ref().is_some_and(|layers| !layers.timeline.clips.is_empty());
    if !has_clips || is_under_way(ctx) {
        return;
    }
    let standing = session.timeline.describe.standing.as_ref();
    let is_unfinished = standing.is_some_and(|standing| standing.unfinished.is_some());
    let reason = why_not(ctx, session);
    let name = if is_unfinished { "Go on describing…" } else { "Describe again…" };
    let button = ui.add_enabled_ui(reason.is_none(), |ui| ui.add(ActionButton::new(name))).inner;
    let button = button.on_disabled_hover_text(reason.unwrap_or_default());
    if button.on_hover_text("By rules or by models. What people say stays as it is.").clicked() {
        send(ctx, DescribeCommand::Open);
    }
}

/// The job over the page, while it works or is paused.
pub(super) fn strip_ui(ui: &mut Ui, ctx: &ViewCtx<'_>) {
    if !is_under_way(ctx) {
        return;
    }
    let palette = theme::palette(ui);
    let ground = Frame::NONE.fill(palette.raised).inner_margin(egui::Margin::symmetric(12, 8));
    Panel::top("describing").resizable(false).frame(ground).show(ui, |ui| {
        ui.horizontal_top(|ui| {
            ui.vertical(|ui| {
                ui.set_max_width(PROGRESS);
                ui.set_min_width(PROGRESS);
                job_panel::ui(ui, ctx, TaskKind::Behavior);
                if ctx.state.job.is_none() {
                    let change = ui.link("Change the choices or the model…");
                    if change.on_hover_text("The same choices go on where it paused").clicked() {
                        send(ctx, DescribeCommand::Open);
                    }
                }
            });
            ui.add_space(24.0);
            ui.vertical(|ui| said_ui(ui, ctx));
        });
    });
}

/// What is asked, how that stands, and what was said last.
fn said_ui(ui: &mut Ui, ctx: &ViewCtx<'_>) {
    let palette = theme::palette(ui);
    let job = ctx.state.job.as_ref().filter(|job| job.request.kind() == TaskKind::Behavior);
    if let Some((tally, request)) = counts::asking_of(ctx.state, job, TaskKind::Behavior) {
        ui.horizontal(|ui| counts::asking_ui(ui, tally, request));
        ui.scope(|ui| {
            ui.set_max_width(PROGRESS);
            counts::budget_ui(ui, ctx, tally, request);
        });
        counts::troubles_ui(ui, tally);
    }
    if let Some(last) = job.and_then(|job| job.messages.last()) {
        let ink = if last.is_warning { palette.warn } else { palette.text_tertiary };
        ui.add(Label::new(RichText::new(&last.text).size(ctx.theme.font.caption).color(ink)).truncate());
    }
}
