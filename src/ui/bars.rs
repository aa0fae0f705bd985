//! The bar at the top (project, pages, search, undo, saved) and the one at the bottom (who, what is going on, the next key).

use egui::{Align, Frame, Label, Layout, Margin, Panel, RichText, Ui};

use super::ctx::ViewCtx;
use super::icons::{Icon, icon, icon_button};
use super::theme::{self, Ink, Weight, mono, sans};
use super::widgets::{ActionButton, page_tab};
use crate::app::session::Session;
use crate::app::ui_command::UiCommand;
use crate::app::{Command, Dialog, Page};

/// The top bar.
pub(super) fn top_ui(ui: &mut Ui, ctx: &ViewCtx<'_>) {
    let Some(session) = ctx.session() else { return };
    let palette = theme::palette(ui);
    Panel::top("top bar")
        .exact_size(ctx.theme.size.top_bar)
        .frame(Frame::NONE.fill(palette.panel).inner_margin(Margin::symmetric(12, 0)))
        .show(ui, |ui| {
            ui.horizontal_centered(|ui| {
                project_ui(ui, ctx, session);
                ui.add_space(16.0);
                for page in Page::ALL {
                    let command = UiCommand::GoTo(page);
                    let tab = page_tab(ui, command.entry().text, ctx.state.page == page);
                    if tab.on_hover_text(tooltip(ctx, command)).clicked() {
                        ctx.run(command);
                    }
                }
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    saved_ui(ui, session);
                    history_ui(ui, ctx, session);
                    let key = ctx.key_of(UiCommand::Palette);
                    if ui.add(ActionButton::new("Find a command").icon(Icon::Search).key(&key)).clicked() {
                        ctx.run(UiCommand::Palette);
                    }
                });
            });
        });
}

fn tooltip(ctx: &ViewCtx<'_>, command: UiCommand) -> String {
    let entry = command.entry();
    let words = if entry.tooltip.is_empty() { entry.text } else { entry.tooltip };
    match ctx.key_of(command) {
        key if key.is_empty() => words.to_owned(),
        key => format!("{words} ({key})"),
    }
}

fn project_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session) {
    let palette = theme::palette(ui);
    let close = icon_button(ui, Icon::Folder, "Close the project", &ctx.key_of(UiCommand::CloseProject));
    if close.clicked() {
        ctx.send(Command::CloseProject);
    }
    let title = RichText::new(session.title()).font(sans(Weight::Strong, ctx.theme.font.heading)).color(palette.text);
    ui.add(Label::new(title).truncate()).on_hover_text(session.path.display().to_string());
    if session.recordings.len() > 1 {
        egui::ComboBox::from_id_salt("recording").selected_text(session.info.name.as_str()).show_ui(ui, |ui| {
            for info in &session.recordings {
                if ui.selectable_label(info.id == session.info.id, info.name.as_str()).clicked() {
                    ctx.send(Command::ChooseRecording(info.id));
                }
            }
        });
    } else {
        ui.label(RichText::new(session.info.name.as_str()).color(palette.text_tertiary));
    }
}

fn history_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session) {
    let buttons = [
        (UiCommand::Redo, Icon::Redo, "Redo", &session.redo_title),
        (UiCommand::Undo, Icon::Undo, "Undo", &session.undo_title),
    ];
    for (command, sign, word, title) in buttons {
        let name = title
            .as_ref()
            .map_or_else(|| format!("Nothing to {}", word.to_lowercase()), |title| format!("{word}: {title}"));
        let button =
            ui.add_enabled_ui(command.is_enabled(ctx.state), |ui| icon_button(ui, sign, &name, &ctx.key_of(command)));
        if button.inner.clicked() {
            ctx.run(command);
        }
    }
}

fn saved_ui(ui: &mut Ui, session: &Session) {
    let palette = theme::palette(ui);
    let (sign, ink, words) = match (&session.read_only, &session.not_saved, session.saving) {
        (Some(_), _, _) => (Icon::Eye, Ink::Warn, "Read only"),
        (None, Some(_), _) => (Icon::Warning, Ink::Error, "Not saved"),
        (None, None, 0) => (Icon::Check, Ink::Ok, "Saved"),
        (None, None, _) => (Icon::Pencil, Ink::TextSecondary, "Saving"),
    };
    let label = ui.label(RichText::new(words).color(palette.ink(ink)));
    icon(ui, sign, 16.0, palette.ink(ink));
    let why = session.read_only.as_ref().or(session.not_saved.as_ref());
    label.on_hover_text(why.map_or("Every edit is in the project file as soon as it is made", |why| why.as_str()));
}

/// Says why nothing can be changed, under the top bar.
pub(super) fn read_only_ui(ui: &mut Ui, ctx: &ViewCtx<'_>) {
    let Some(session) = ctx.session() else { return };
    let Some(reason) = &session.read_only else { return };
    let palette = theme::palette(ui);
    Panel::top("read only")
        .exact_size(ctx.theme.size.tool_bar)
        .frame(Frame::NONE.fill(palette.raised).inner_margin(Margin::symmetric(12, 0)))
        .show(ui, |ui| {
            ui.horizontal_centered(|ui| {
                icon(ui, Icon::Eye, ctx.theme.size.icon, palette.ink(Ink::Warn));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let again = ui.add(ActionButton::new("Try again"));
                    if again.on_hover_text("Open the project once more, for writing where that is possible").clicked() {
                        ctx.send(Command::Open(session.path.clone()));
                    }
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        let words = format!("Read only: {reason}. You can look, but not label.");
                        ui.add(Label::new(RichText::new(words).color(palette.text)).truncate());
                    });
                });
            });
        });
}

/// The status bar.
pub(super) fn status_ui(ui: &mut Ui, ctx: &ViewCtx<'_>) {
    let palette = theme::palette(ui);
    Panel::bottom("status bar")
        .exact_size(ctx.theme.size.status_bar)
        .frame(Frame::NONE.fill(palette.panel).inner_margin(Margin::symmetric(12, 0)))
        .show(ui, |ui| {
            ui.horizontal_centered(|ui| {
                let small =
                    |text: String| RichText::new(text).size(ctx.theme.font.caption).color(palette.text_secondary);
                let who = ctx.state.settings.annotator.as_deref().unwrap_or("nobody yet");
                let name = ui.add(egui::Button::new(small(format!("Annotator: {who}"))).frame(false));
                if name.on_hover_text("Click to change the name").clicked() {
                    ctx.send(Command::Show(Some(Dialog::Annotator)));
                }
                let activity = activity(ctx);
                if !activity.is_empty() {
                    ui.separator();
                    ui.label(small(activity));
                }
                store_ui(ui, ctx);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if icon_button(ui, Icon::Question, "Keys", &ctx.key_of(UiCommand::Help)).clicked() {
                        ctx.run(UiCommand::Help);
                    }
                    ui.label(small(next_key(ctx)));
                    if let Some(typing) = ctx.session().and_then(|session| session.typing.as_ref()) {
                        let digits = RichText::new(format!("dot {}", typing.digits));
                        ui.label(digits.font(mono(Weight::Strong, ctx.theme.font.body)).color(palette.accent));
                    }
                });
            });
        });
}

/// Offers to prepare slow videos, and says how far that is.
fn store_ui(ui: &mut Ui, ctx: &ViewCtx<'_>) {
    let Some(session) = ctx.session() else { return };
    let palette = theme::palette(ui);
    let small = |text: String| RichText::new(text).size(ctx.theme.font.caption).color(palette.text_secondary);
    if let Some(task) = &ctx.state.background {
        ui.separator();
        ui.label(small(format!("{}: {} of {} {}", task.request.kind().words(), task.steps.0, task.steps.1, task.unit)));
        if ui.add(egui::Button::new(small("Stop preparing".to_owned())).small()).clicked() {
            ctx.send(Command::PrepareFrames(false));
        }
    } else if !session.storable.is_empty() {
        let bytes: u64 = session.storable.iter().map(|channel| channel.estimated_bytes).sum();
        ui.separator();
        ui.label(small(format!(
            "Stepping through these videos is slow. A frame store takes {:.1} GB.",
            bytes as f64 / 1e9
        )));
        if ui.add(egui::Button::new(small("Prepare".to_owned())).small()).clicked() {
            ctx.send(Command::PrepareFrames(true));
        }
        if ui.add(egui::Button::new(small("Not for this recording".to_owned())).small()).clicked() {
            ctx.send(Command::PrepareFrames(false));
        }
    }
}

/// What is going on.
fn activity(ctx: &ViewCtx<'_>) -> String {
    let Some(session) = ctx.session() else { return String::new() };
    if let Some(job) = &ctx.state.job {
        let steps = match job.steps {
            (done, 0) => format!("{done}"),
            (done, total) => format!("{done} of {total}"),
        };
        return format!("{}: {steps} {}", job.request.kind().words(), job.unit);
    }
    let keypoint = session.skeleton.name_of(session.selection.keypoint);
    match ctx.state.page {
        Page::Seeds => format!("Label {keypoint}: pick a dot in any view"),
        Page::Review => format!("{keypoint} is selected"),
        // These pages say themselves how their last job ended.
        Page::Detect | Page::Run | Page::Export | Page::Behavior => String::new(),
    }
}

/// The next key to know.
fn next_key(ctx: &ViewCtx<'_>) -> String {
    let key = |command: UiCommand| ctx.key_of(command);
    match ctx.state.page {
        Page::Seeds => format!(
            "Click a dot or type its number · {} accepts proposals · {} for keys",
            key(UiCommand::AcceptKeypoint),
            key(UiCommand::Help)
        ),
        Page::Review => format!(
            "{} accepts and goes on · {} skips · {} for keys",
            key(UiCommand::AcceptAndNext),
            key(UiCommand::Skip),
            key(UiCommand::Help)
        ),
        _ => format!("{} finds any command · {} for keys", key(UiCommand::Palette), key(UiCommand::Help)),
    }
}
