//! The search for a command: everything of the command table, by a few letters of its name.

use egui::{Key, Label, RichText, ScrollArea, TextEdit, Ui, vec2};

use crate::app::ui_command::{Entry, Scope, TABLE};
use crate::app::{Command, Page, State};
use crate::ui::ctx::ViewCtx;
use crate::ui::theme;
use crate::ui::widgets::{key_cap, paint_row};

/// Height of the list, points.
const LIST_HEIGHT: f32 = 360.0;
/// Height of the field and of the room round field and list, which a low window leaves.
const AROUND_LIST: f32 = 112.0;

/// What the search remembers between frames.
#[derive(Default)]
pub(super) struct PaletteMemory {
    text: String,
    chosen: usize,
    has_focus: bool,
}

/// Draws the search.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, memory: &mut PaletteMemory) {
    ui.set_width(480.0);
    let field = TextEdit::singleline(&mut memory.text).hint_text("Find a command").desired_width(f32::INFINITY);
    let field = ui.add(field);
    field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Find a command"));
    if !std::mem::replace(&mut memory.has_focus, true) {
        field.request_focus();
    }
    if field.changed() {
        memory.chosen = 0;
    }
    let found = matches(&memory.text, ctx.state);
    let (up, down, enter) = ui.input(|input| {
        (input.key_pressed(Key::ArrowUp), input.key_pressed(Key::ArrowDown), input.key_pressed(Key::Enter))
    });
    let last = found.len().saturating_sub(1);
    let moved = up || down;
    memory.chosen = (memory.chosen + usize::from(down)).min(last).saturating_sub(usize::from(up));
    let mut run = found.get(memory.chosen).copied().filter(|_| enter);
    if found.is_empty() {
        ui.label(format!("Nothing is called \"{}\".", memory.text));
    }
    let height = LIST_HEIGHT.min(ui.ctx().content_rect().height() - AROUND_LIST);
    ScrollArea::vertical().max_height(height).min_scrolled_height(height).show(ui, |ui| {
        for (index, entry) in found.iter().enumerate() {
            let response = row_ui(ui, ctx, entry, index == memory.chosen);
            if index == memory.chosen && moved {
                response.scroll_to_me(None);
            }
            if response.clicked() {
                run = Some(entry);
            }
        }
    });
    if let Some(entry) = run.filter(|entry| entry.command.is_enabled(ctx.state)) {
        ctx.send(Command::Show(None));
        ctx.run(entry.command);
    } else if enter && !found.is_empty() {
        field.request_focus();
    }
}

fn row_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, entry: &Entry, is_chosen: bool) -> egui::Response {
    let palette = theme::palette(ui);
    let is_enabled = entry.command.is_enabled(ctx.state);
    let size = vec2(ui.available_width(), ctx.theme.size.control);
    let (rect, response) = ui.allocate_exact_size(size, egui::Sense::click());
    paint_row(ui, rect, is_chosen, response.hovered());
    let mut row = ui.new_child(egui::UiBuilder::new().max_rect(rect.shrink2(vec2(8.0, 0.0))));
    // The key first, from the right: the note takes what is left and is cut there.
    row.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
        if let Some(shortcut) = entry.shortcut {
            key_cap(ui, &shortcut.to_string());
        }
        ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
            let ink = if is_enabled { palette.text } else { palette.text_tertiary };
            ui.label(RichText::new(entry.text).color(ink));
            let note = if is_enabled { entry.tooltip.to_owned() } else { why_not(entry, ctx.state) };
            let note = RichText::new(note).size(ctx.theme.font.caption).color(palette.text_tertiary);
            ui.add(Label::new(note).truncate());
        });
    });
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, is_enabled, is_chosen, entry.text));
    response
}

/// Why a command cannot be used now.
fn why_not(entry: &Entry, state: &State) -> String {
    match entry.scope {
        _ if state.session.is_none() => "Open a project first".to_owned(),
        Scope::On(page) if state.page != page => format!("On the page {}", page.title()),
        Scope::Labelling if !matches!(state.page, Page::Seeds | Page::Review) => "On Seeds and Review".to_owned(),
        _ if state.session.as_ref().is_some_and(|session| session.read_only.is_some()) => {
            "The project is open for reading only".to_owned()
        }
        _ => "Nothing to do here now".to_owned(),
    }
}

/// Rows whose letters hold those of `text` in order, the best first: what begins a word counts most.
fn matches(text: &str, state: &State) -> Vec<&'static Entry> {
    let mut found: Vec<(i32, usize, &Entry)> =
        TABLE.iter().enumerate().filter_map(|(index, entry)| Some((score(text, entry.text)?, index, entry))).collect();
    found.sort_by_key(|(score, index, entry)| (!entry.command.is_enabled(state), -score, *index));
    found.into_iter().map(|(_, _, entry)| entry).collect()
}

/// How well letters fit a name; `None` where they do not.
fn score(text: &str, name: &str) -> Option<i32> {
    let name: Vec<char> = name.to_lowercase().chars().collect();
    let (mut at, mut score) = (0, 0);
    for sign in text.to_lowercase().chars().filter(|sign| !sign.is_whitespace()) {
        let step = name[at..].iter().position(|other| *other == sign)?;
        let place = at + step;
        let begins_word = place == 0 || name[place - 1] == ' ';
        score += if step == 0 && at > 0 { 3 } else { 0 } + if begins_word { 4 } else { 0 } - step.min(5) as i32;
        at = place + 1;
    }
    Some(score)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::settings::Settings;

    #[test]
    fn a_few_letters_find_the_command() {
        let state = State::new(Settings::default());
        let first = |text: &str| matches(text, &state)[0].text;
        assert_eq!(first("demo"), "Try the demo");
        assert_eq!(first("und"), "Undo");
        assert_eq!(first("swap all"), "Swap left and right in all views");
        assert!(matches("qqq", &state).is_empty());
        assert_eq!(matches("", &state).len(), TABLE.len());
    }
}
