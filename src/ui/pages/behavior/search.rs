//! The field to search segments in, by a query or by a question in plain words that a model makes a query of. What was understood
//! stands below it as chips; taking one away searches with the rest.

use egui::{Key, Label, Response, RichText, TextEdit, Ui};

use crate::app::session::Session;
use crate::app::state::sentence;
use crate::app::timeline::{AskedSearch, FoundSegments, NoQuery, TimelineCommand, why_no_asker};
use crate::app::ui_command::UiCommand;
use crate::app::{Command, Page};
use crate::behavior::search::Chip;
use crate::ui::ctx::ViewCtx;
use crate::ui::theme::{self, Weight, sans};
use crate::ui::widgets::{ActionButton, chip};

/// What the field remembers between frames.
#[derive(Default)]
pub(super) struct SearchMemory {
    text: String,
    /// The query that the text was taken over from.
    taken: Option<String>,
}

/// Draws the field and, under it, what was understood.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, memory: &mut SearchMemory) {
    let search = session.timeline.search.as_ref();
    let asked = session.timeline.asked.as_ref();
    let query = search.map(|search| search.query.clone());
    if memory.taken != query {
        memory.text = query.clone().unwrap_or_default();
        memory.taken = query;
    }
    let send = |command: TimelineCommand| ctx.send(Command::Timeline(command));
    let name = ui.label(caption(ui, ctx, "Search"));
    let edit = TextEdit::singleline(&mut memory.text).hint_text("chase after feeding within 2 s, Enter");
    let response = ui.add(edit.desired_width(f32::INFINITY).char_limit(400)).labelled_by(name.id);
    if response.changed() && asked.is_some_and(AskedSearch::is_pending) {
        // Something else is wanted now.
        send(TimelineCommand::StopAsking);
    }
    if response.lost_focus() && is_entered(ui, false) {
        send(TimelineCommand::Search(memory.text.clone()));
    }
    let is_in_field = response.has_focus() || response.lost_focus();
    let is_asked_by_key = is_in_field && is_entered(ui, true);
    ui.add_space(4.0);
    controls_ui(ui, ctx, &memory.text, is_asked_by_key);
    if let Some(asked) = asked {
        ui.add_space(4.0);
        asked_ui(ui, ctx, asked);
    }
    // Why its words are no query is of no interest once they were asked as a question.
    let is_question = |query: &str| asked.is_some_and(|asked| asked.question == query.trim());
    if let Some(search) = search {
        ui.add_space(4.0);
        match &search.found {
            None => drop(ui.label(caption(ui, ctx, "Looking for them."))),
            Some(Err(message)) => unread_ui(ui, ctx, message, &search.query, is_question(&search.query)),
            Some(Ok(found)) => found_ui(ui, ctx, found),
        }
    }
    ui.add_space(6.0);
}

/// Whether Enter was pressed, alone or with Control.
fn is_entered(ui: &Ui, with_command: bool) -> bool {
    ui.input(|input| {
        input.events.iter().any(|event| {
            matches!(event, egui::Event::Key { key: Key::Enter, pressed: true, modifiers, .. }
                if modifiers.command == with_command)
        })
    })
}

fn caption(ui: &Ui, ctx: &ViewCtx<'_>, words: &str) -> RichText {
    let font = sans(Weight::Regular, ctx.theme.font.caption);
    RichText::new(words).font(font).color(theme::palette(ui).text_secondary)
}

/// The button that asks a model, and the one that replaces.
fn controls_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, text: &str, is_asked_by_key: bool) {
    let asker = why_no_asker(ctx.state);
    let why_not = match &asker {
        Some(NoQuery { words, needs_model: false }) => Some(words.clone()),
        _ if text.trim().is_empty() => Some("Write a question in the field first.".to_owned()),
        _ => None,
    };
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        let button = ui.add_enabled(why_not.is_none(), ActionButton::new("Ask a model"));
        let hint = match &asker {
            Some(missing) => missing.words.clone(),
            None => format!(
                "{} makes a search of a question in plain words, as: which mouse chases right after it fed? (Ctrl Enter)",
                ctx.state.model.name.trim()
            ),
        };
        let button = button.on_hover_text(hint);
        let button = match &why_not {
            Some(words) => button.on_disabled_hover_text(words),
            None => button,
        };
        if button.clicked() || (is_asked_by_key && why_not.is_none()) {
            ctx.send(Command::Timeline(TimelineCommand::AskSearch(text.to_owned())));
        }
        replace_ui(ui, ctx);
    });
}

fn replace_ui(ui: &mut Ui, ctx: &ViewCtx<'_>) -> Response {
    let is_enabled = UiCommand::Replace.is_enabled(ctx.state);
    let entry = UiCommand::Replace.entry();
    let button = ui.add_enabled(is_enabled, ActionButton::new("Replace…"));
    let button = button.on_hover_text(format!("{} ({})", entry.tooltip, ctx.key_of(UiCommand::Replace)));
    if button.clicked() {
        ctx.run(UiCommand::Replace);
    }
    button.on_disabled_hover_text("The project is open for reading only.")
}

/// The question that was asked, and how that stands.
fn asked_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, asked: &AskedSearch) {
    let palette = theme::palette(ui);
    match &asked.answer {
        None => {
            ui.horizontal_wrapped(|ui| {
                ui.label(caption(ui, ctx, &format!("Asking {}.", asked.model)));
                if ui.add(ActionButton::new("Cancel")).on_hover_text("The question stays in the field").clicked() {
                    ctx.send(Command::Timeline(TimelineCommand::StopAsking));
                }
            });
        }
        Some(Ok(_)) => {
            let words = caption(ui, ctx, &format!("You asked: {}", asked.question));
            ui.add(Label::new(words).wrap()).on_hover_text(format!("{} made this search of it", asked.model));
        }
        Some(Err(why)) => {
            ui.add(Label::new(RichText::new(&why.words).color(palette.warn)).wrap());
            if why.needs_model && ui.add(ActionButton::new("Go to Run")).clicked() {
                ctx.send(Command::GoTo(Page::Run));
            }
        }
    }
}

/// What is wrong with a query, and what can be done with it.
fn unread_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, message: &str, query: &str, was_asked: bool) {
    if !was_asked {
        let words = RichText::new(sentence(message)).color(theme::palette(ui).warn);
        ui.add(Label::new(words).wrap());
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        if ui.add(ActionButton::new("Show all")).clicked() {
            ctx.send(Command::Timeline(TimelineCommand::Search(String::new())));
        }
        let cannot = why_no_asker(ctx.state).is_some_and(|why| !why.needs_model);
        if !was_asked && !cannot {
            let button = ui.add(ActionButton::new("Ask a model instead"));
            if button.on_hover_text("Takes the words as a question").clicked() {
                ctx.send(Command::Timeline(TimelineCommand::AskSearch(query.to_owned())));
            }
        }
    });
}

fn found_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, found: &FoundSegments) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(4.0, 4.0);
        // Rows as high as the chips.
        ui.spacing_mut().interact_size.y = 0.0;
        for (at, condition) in found.chips.iter().enumerate() {
            let words = format!("{} {} ×", condition.name, condition.value);
            if chip(ui, &words, true).on_hover_text("Search without it").clicked() {
                ctx.send(Command::Timeline(TimelineCommand::SearchWith(without(&found.chips, at))));
            }
        }
    });
    ui.add_space(4.0);
    let count = found.targets.len();
    ui.horizontal(|ui| {
        let words = if count == 1 { "1 segment".to_owned() } else { format!("{count} segments") };
        ui.label(words);
        let select = ui.add_enabled_ui(count > 0, |ui| ui.add(ActionButton::new("Select them"))).inner;
        if select.on_hover_text("A label's key then relabels all of them at once").clicked() {
            ctx.send(Command::Timeline(TimelineCommand::SelectAll(found.targets.clone())));
        }
    });
}

/// The query of all conditions but one.
fn without(chips: &[Chip], left_out: usize) -> String {
    let kept = chips.iter().enumerate().filter(|(at, _)| *at != left_out);
    kept.map(|(_, condition)| condition.query.as_str()).collect::<Vec<_>>().join(" ")
}
