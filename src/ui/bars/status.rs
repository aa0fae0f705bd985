//! The bar at the bottom: who labels, what is going on, the next key to know. Where there is no room for all of it, the hint
//! goes first, then the middle words, then what explains an offer; buttons go last.

use egui::{Align, FontId, Frame, Layout, Margin, Panel, RichText, Ui};

use super::text_width;
use crate::app::ui_command::UiCommand;
use crate::app::{Command, Dialog, Page};
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::{Icon, icon_button};
use crate::ui::theme::{self, Weight, mono, sans};

/// What stands between the annotator and the help button.
struct Parts {
    activity: String,
    store: Option<Store>,
    hint: String,
}

/// What is said of slow videos, and what can be done: words of a button, and what it asks for.
struct Store {
    words: String,
    buttons: Vec<(&'static str, bool)>,
}

/// The status bar.
pub(in crate::ui) fn status_ui(ui: &mut Ui, ctx: &ViewCtx<'_>) {
    let palette = theme::palette(ui);
    Panel::bottom("status bar")
        .exact_size(ctx.theme.size.status_bar)
        .frame(Frame::NONE.fill(palette.panel).inner_margin(Margin::symmetric(12, 0)))
        .show(ui, |ui| ui.horizontal_centered(|ui| line_ui(ui, ctx)));
}

fn line_ui(ui: &mut Ui, ctx: &ViewCtx<'_>) {
    let palette = theme::palette(ui);
    let small = |text: &str| RichText::new(text).size(ctx.theme.font.caption).color(palette.text_secondary);
    let who = ctx.state.settings.annotator.as_deref().unwrap_or("nobody yet");
    let name = ui.add(egui::Button::new(small(&format!("Annotator: {who}"))).frame(false));
    if name.on_hover_text("Click to change the name").clicked() {
        ctx.send(Command::Show(Some(Dialog::Annotator)));
    }
    let typing = ctx.session().and_then(|session| session.typing.as_ref());
    let typing = typing.map(|typing| format!("dot {}", typing.digits));
    let gap = ui.spacing().item_spacing.x;
    let strong = mono(Weight::Strong, ctx.theme.font.body);
    let end = ctx.theme.size.control
        + gap
        + typing.as_ref().map_or(0.0, |typing| text_width(ui, typing, strong.clone()) + gap);
    let parts = Parts::of(ctx).fitting(ui, ui.available_width() - end);
    if !parts.activity.is_empty() {
        ui.separator();
        ui.label(small(&parts.activity));
    }
    if let Some(store) = &parts.store {
        ui.separator();
        ui.label(small(&store.words));
        for (words, wanted) in &store.buttons {
            if ui.add(egui::Button::new(small(words)).small()).clicked() {
                ctx.send(Command::PrepareFrames(*wanted));
            }
        }
    }
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        if icon_button(ui, Icon::Question, "Keys", &ctx.key_of(UiCommand::Help)).clicked() {
            ctx.run(UiCommand::Help);
        }
        if !parts.hint.is_empty() {
            ui.label(small(&parts.hint));
        }
        if let Some(typing) = typing {
            ui.label(RichText::new(typing).font(strong).color(palette.accent));
        }
    });
}

impl Parts {
    fn of(ctx: &ViewCtx<'_>) -> Self {
        Self { activity: activity(ctx), store: Store::of(ctx), hint: next_key(ctx) }
    }

    /// What of it fits into `room` points.
    fn fitting(mut self, ui: &Ui, room: f32) -> Self {
        let theme = theme::Theme::get();
        let font = sans(Weight::Regular, theme.font.caption);
        let gap = ui.spacing().item_spacing.x;
        let too_wide = |parts: &Self| parts.width(ui, &font, gap) > room;
        if too_wide(&self) {
            self.hint.clear();
        }
        if too_wide(&self) {
            self.activity.clear();
        }
        if too_wide(&self)
            && let Some(store) = self.store.as_mut().filter(|store| store.buttons.len() > 1)
        {
            "Slow videos:".clone_into(&mut store.words);
        }
        if too_wide(&self) {
            self.store = None;
        }
        self
    }

    fn width(&self, ui: &Ui, font: &FontId, gap: f32) -> f32 {
        let text = |words: &str| if words.is_empty() { 0.0 } else { text_width(ui, words, font.clone()) + gap };
        let padding = 2.0 * ui.spacing().button_padding.x + gap;
        let separator = 6.0 + gap;
        let store = self.store.as_ref().map_or(0.0, |store| {
            let buttons = store.buttons.iter().map(|(words, _)| text_width(ui, words, font.clone()) + padding);
            separator + text(&store.words) + buttons.sum::<f32>()
        });
        let activity = if self.activity.is_empty() { 0.0 } else { separator + text(&self.activity) };
        // Hint and middle are told apart by room between them.
        activity + store + if self.hint.is_empty() { 0.0 } else { text(&self.hint) + 4.0 * gap }
    }
}

impl Store {
    /// Offers to prepare slow videos, and says how far that is.
    fn of(ctx: &ViewCtx<'_>) -> Option<Self> {
        let session = ctx.session()?;
        if let Some(task) = &ctx.state.background {
            let (done, all) = task.steps;
            let words = format!("{}: {done} of {all} {}", task.request.kind().words(), task.unit);
            return Some(Self { words, buttons: vec![("Stop preparing", false)] });
        }
        if session.storable.is_empty() {
            return None;
        }
        let bytes: u64 = session.storable.iter().map(|channel| channel.estimated_bytes).sum();
        let words = format!("Stepping through these videos is slow. A frame store takes {:.1} GB.", bytes as f64 / 1e9);
        Some(Self { words, buttons: vec![("Prepare", true), ("Not for this recording", false)] })
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
