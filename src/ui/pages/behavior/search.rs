//! The field to search segments in, with the conditions as chips; taking one away searches with the rest.

use egui::{Key, RichText, TextEdit, Ui};

use crate::app::Command;
use crate::app::session::Session;
use crate::app::state::sentence;
use crate::app::timeline::{FoundSegments, TimelineCommand};
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
    let palette = theme::palette(ui);
    let search = session.timeline.search.as_ref();
    let query = search.map(|search| search.query.clone());
    if memory.taken != query {
        memory.text = query.clone().unwrap_or_default();
        memory.taken = query;
    }
    let send = |query: String| ctx.send(Command::Timeline(TimelineCommand::Search(query)));
    let small = sans(Weight::Regular, ctx.theme.font.caption);
    let name = ui.label(RichText::new("Search").font(small.clone()).color(palette.text_secondary));
    let edit = TextEdit::singleline(&mut memory.text).hint_text("chase after feeding within 2 s, Enter");
    let response = ui.add(edit.desired_width(f32::INFINITY).char_limit(400)).labelled_by(name.id);
    let is_pressed = |wanted: Key| {
        ui.input(|input| {
            let is_it =
                |event: &egui::Event| matches!(event, egui::Event::Key { key, pressed: true, .. } if *key == wanted);
            input.events.iter().any(is_it)
        })
    };
    if response.lost_focus() && is_pressed(Key::Enter) {
        send(memory.text.clone());
    }
    let Some(search) = search else { return };
    ui.add_space(4.0);
    match &search.found {
        None => drop(ui.label(RichText::new("Looking for them.").font(small).color(palette.text_secondary))),
        Some(Err(message)) => {
            ui.add(egui::Label::new(RichText::new(sentence(message.clone())).color(palette.warn)).wrap());
            if ui.add(ActionButton::new("Show all")).clicked() {
                send(String::new());
            }
        }
        Some(Ok(found)) => found_ui(ui, ctx, found, &send),
    }
    ui.add_space(6.0);
}

fn found_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, found: &FoundSegments, send: &dyn Fn(String)) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(4.0, 4.0);
        for (at, condition) in found.chips.iter().enumerate() {
            let words = format!("{} {} ×", condition.name, condition.value);
            if chip(ui, &words, true).on_hover_text("Search without it").clicked() {
                send(without(&found.chips, at));
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
