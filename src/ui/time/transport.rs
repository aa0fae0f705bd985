//! The row above the bar: stepping and playing, the frame's number, the speed, what is opened above, and what marks mean.

use egui::{Align, ComboBox, Layout, RichText, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, vec2};

use super::{BarKind, Latest, TimeMemory};
use crate::app::cursor::SPEEDS;
use crate::app::session::Session;
use crate::app::ui_command::UiCommand;
use crate::app::{Command, Page};
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::{Icon, icon_button, icon_toggle, paint_icon};
use crate::ui::theme::tokens::StateTokens;
use crate::ui::theme::{self, Theme, Weight, mono, sans};
use crate::ui::widgets::{chip, focus_ring, named_tooltip};

pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, kind: BarKind, memory: &mut TimeMemory) {
    let size = vec2(ui.available_width(), ctx.theme.size.tool_bar);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_size(size);
        player_ui(ui, ctx, session);
        ui.add_space(3.0 * ctx.theme.space.unit);
        let plots =
            chip(ui, "Plots", memory.plots_open).on_hover_text("Residuals, positions and bone lengths over time");
        if plots.clicked() {
            memory.plots_open ^= true;
            memory.latest = Latest::Plots;
        }
        let view3d = chip(ui, "3D view", memory.view3d_open).on_hover_text("The skeleton among the cameras");
        if view3d.clicked() {
            memory.view3d_open ^= true;
            memory.latest = Latest::View3d;
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 2.0 * ctx.theme.space.unit;
            ui.add_space(2.0 * ctx.theme.space.unit);
            legend_ui(ui, ctx, session, kind);
        });
    });
    let bottom = ui.min_rect().bottom();
    ui.painter().hline(
        ui.max_rect().x_range(),
        bottom - 0.5,
        Stroke::new(ctx.theme.stroke.line, theme::palette(ui).line),
    );
}

/// Stepping and playing, the frame's number and the speed.
pub(in crate::ui) fn player_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session) {
    ui.spacing_mut().item_spacing.x = ctx.theme.space.unit;
    ui.add_space(ctx.theme.space.unit);
    buttons_ui(ui, ctx, session);
    ui.add_space(2.0 * ctx.theme.space.unit);
    frame_ui(ui, ctx, session);
    ui.add_space(ctx.theme.space.unit);
    speed_ui(ui, ctx, session);
}

fn buttons_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session) {
    let is_playing = session.cursor.is_playing();
    let mut button = |command: UiCommand, sign: Icon, name: &str| {
        if icon_button(ui, sign, name, &ctx.key_of(command)).clicked() {
            ctx.run(command);
        }
    };
    button(UiCommand::FirstFrame, Icon::First, "First frame");
    button(UiCommand::PreviousFrame, Icon::StepBack, "Previous frame");
    let (sign, name) = if is_playing { (Icon::Pause, "Stop") } else { (Icon::Play, "Play") };
    let on = is_playing.then_some(true);
    if icon_toggle(ui, sign, name, &ctx.key_of(UiCommand::TogglePlay), on).clicked() {
        ctx.run(UiCommand::TogglePlay);
    }
    let mut button = |command: UiCommand, sign: Icon, name: &str| {
        if icon_button(ui, sign, name, &ctx.key_of(command)).clicked() {
            ctx.run(command);
        }
    };
    button(UiCommand::NextFrame, Icon::Step, "Next frame");
    button(UiCommand::LastFrame, Icon::Last, "Last frame");
}

/// "17 / 59  0.283 s"; a click asks for another number.
fn frame_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session) {
    let palette = theme::palette(ui);
    let last = session.info.frame_count.saturating_sub(1);
    let frame = session.cursor.frame;
    let strong = mono(Weight::Strong, ctx.theme.font.heading);
    let quiet = mono(Weight::Medium, ctx.theme.font.body);
    let mut job = egui::text::LayoutJob::default();
    // As wide as the last frame's number, so that nothing moves while playing.
    let digits = last.max(1).ilog10() as usize + 1;
    job.append(&format!("{frame:>digits$}"), 0.0, egui::TextFormat::simple(strong, palette.text));
    job.append(&format!(" / {last}"), 0.0, egui::TextFormat::simple(quiet.clone(), palette.text_secondary));
    if let Some(secs) = seconds(session, frame) {
        let width = seconds(session, last).map_or(0, |longest| longest.len());
        job.append(&format!("{secs:>width$}"), 12.0, egui::TextFormat::simple(quiet, palette.text_secondary));
    }
    let galley = ui.painter().layout_job(job);
    let padding = 2.0 * ctx.theme.space.unit;
    let size = vec2(galley.size().x + 2.0 * padding, ctx.theme.size.control);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    if response.hovered() {
        ui.painter().rect_filled(rect, ctx.theme.radius.control, palette.control);
    }
    ui.painter().galley(rect.left_center() + vec2(padding, -galley.size().y / 2.0), galley, palette.text);
    focus_ring(ui, rect, &response);
    let name = format!("Frame {frame} of {last}");
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    if named_tooltip(response, "Go to frame…", &ctx.key_of(UiCommand::GoToFrame)).clicked() {
        ctx.run(UiCommand::GoToFrame);
    }
}

/// A frame's time from the start, or nothing where the recording has no rate.
pub(super) fn seconds(session: &Session, frame: u32) -> Option<String> {
    let fps = session.info.fps;
    (fps.is_finite() && fps > 0.0).then(|| format!("{:.3} s", f64::from(frame) / fps))
}

fn speed_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session) {
    let words = |speed: f32| format!("{speed}×");
    let menu =
        ComboBox::from_id_salt("speed").width(56.0).selected_text(words(session.cursor.speed)).show_ui(ui, |ui| {
            for speed in SPEEDS {
                if ui.selectable_label(session.cursor.speed == speed, words(speed)).clicked() {
                    ctx.send(Command::SetSpeed(speed));
                }
            }
        });
    let name = format!("Speed {}", words(session.cursor.speed));
    menu.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, &name));
    menu.response.on_hover_text("How fast to play");
}

/// What the marks and bars mean, from the right, where there is room for all of it.
fn legend_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, kind: BarKind) {
    let palette = theme::palette(ui);
    let states = &ctx.theme.state;
    let mut entries: Vec<(String, Sign)> = Vec::new();
    let mut sign = |tokens: StateTokens, words: &str| entries.push((words.to_owned(), Sign::Icon(tokens)));
    match (kind, ctx.state.page) {
        (BarKind::Residuals, Page::Seeds) => {
            sign(states.seed_open, "Seed, open");
            sign(states.seed, "Seed, done");
        }
        (BarKind::Residuals, _) => {
            sign(states.flagged, "Flagged");
            sign(states.fixed, "Fixed by hand");
            sign(states.seed, "Seed");
        }
        (BarKind::Dots, _) => {
            sign(states.seed_open, "Seed, open");
            sign(states.seed, "Seed, done");
        }
        (BarKind::Progress, _) => {
            sign(states.flagged, "Flagged so far");
            sign(states.seed, "Seed");
            let solved = session.overview.as_ref().map_or(0, |overview| overview.solved_len());
            entries.push(("To do".to_owned(), Sign::Ground(palette.control)));
            entries.push((format!("Done {solved}"), Sign::Ground(done_colour(ui))));
        }
    }
    let gap = ui.spacing().item_spacing.x;
    let width = |(words, _): &(String, Sign)| {
        let font = sans(Weight::Regular, ctx.theme.font.caption);
        let words = ui.painter().layout_no_wrap(words.clone(), font, palette.text).size().x;
        words + ctx.theme.size.icon_small + ctx.theme.space.unit + 2.0 * gap
    };
    if entries.iter().map(width).sum::<f32>() <= ui.available_width() {
        for (words, sign) in entries {
            entry_ui(ui, &words, sign);
        }
    }
}

/// What stands before the words of an entry.
enum Sign {
    Icon(StateTokens),
    Ground(egui::Color32),
}

/// The ground of frames that are solved.
pub(super) fn done_colour(ui: &Ui) -> egui::Color32 {
    let palette = theme::palette(ui);
    theme::mix(palette.panel, palette.accent, 0.6)
}

fn entry_ui(ui: &mut Ui, words: &str, sign: Sign) {
    let theme = Theme::get();
    let palette = theme::palette(ui);
    ui.add_space(theme.space.unit);
    let font = sans(Weight::Regular, theme.font.caption);
    ui.label(RichText::new(words).font(font).color(palette.text_secondary));
    let (place, _) = ui.allocate_exact_size(Vec2::splat(theme.size.icon_small), Sense::hover());
    match sign {
        Sign::Icon(tokens) => paint_icon(ui.painter(), tokens.sign, place, palette.ink(tokens.colour)),
        Sign::Ground(colour) => {
            let line = Stroke::new(theme.stroke.line, palette.line_strong);
            ui.painter().rect(place, theme.radius.mark, colour, line, StrokeKind::Inside);
        }
    }
}
