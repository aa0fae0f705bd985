//! The help sheet: every key, by where it applies.

use egui::{Align, Label, Layout, RichText, ScrollArea, Ui, vec2};

use crate::app::ui_command::{Entry, HELD, Scope, TABLE};
use crate::app::{Command, Page};
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::{Icon, icon_button};
use crate::ui::theme::{self, Weight, sans};
use crate::ui::widgets::{heading_row, key_cap};

/// What the sheet remembers between frames.
#[derive(Default)]
pub(super) struct HelpMemory {}

/// Where keys apply: the columns of the sheet.
const COLUMNS: [&[(&str, &[Scope])]; 4] = [
    &[("Everywhere", &[Scope::Everywhere]), ("In a project", &[Scope::Project])],
    &[("Labelling", &[Scope::Labelling, Scope::On(Page::Seeds)])],
    &[("Review", &[Scope::On(Page::Review)]), ("Run", &[Scope::On(Page::Run)])],
    &[("Behaviour", &[Scope::On(Page::Behavior)])],
];

/// Height of a row, points: a key cap with a little room.
const ROW_HEIGHT: f32 = 18.0;
/// Room between rows, points.
const ROW_GAP: f32 = 3.0;
/// Least width of a column, points: a narrow window has fewer.
const COLUMN_WIDTH: f32 = 240.0;
/// Width of the keys, points.
const KEY_WIDTH: f32 = 100.0;

/// Draws the sheet.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, _memory: &mut HelpMemory) {
    let room = ui.ctx().viewport_rect().size();
    ui.set_width((room.x - 96.0).min(1040.0));
    heading_row(ui, "Keys", "everything can be done by key", |ui| {
        if icon_button(ui, Icon::Close, "Close the keys", "Esc").clicked() {
            ctx.send(Command::Show(None));
        }
    });
    let height = room.y - 128.0;
    ScrollArea::vertical().max_height(height).min_scrolled_height(height).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = ROW_GAP;
        ui.spacing_mut().interact_size.y = ROW_HEIGHT;
        let count = ((ui.available_width() / COLUMN_WIDTH) as usize).clamp(1, COLUMNS.len());
        ui.columns(count, |columns| {
            for (index, groups) in COLUMNS.into_iter().enumerate() {
                let ui = &mut columns[index * count / COLUMNS.len()];
                for (title, scopes) in groups {
                    let in_scope = TABLE.iter().filter(|entry| scopes.contains(&entry.scope));
                    let key = |entry: &Entry| entry.shortcut.map(|key| key.to_string()).unwrap_or_default();
                    let rows = in_scope.map(|entry| (key(entry), entry.text));
                    // The run's settings are the page's, so its start is no row of the table.
                    let start = (*title == "Run").then(|| ("Ctrl Enter".to_owned(), "Start the run"));
                    let rows = start.into_iter().chain(rows);
                    group_ui(ui, ctx, title, rows.collect());
                }
            }
            if let Some(last) = columns.last_mut() {
                let rows = HELD.iter().map(|(key, text)| ((*key).to_owned(), *text));
                group_ui(last, ctx, "Mouse and held keys", rows.collect());
            }
        });
    });
}

fn group_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, title: &str, rows: Vec<(String, &str)>) {
    let palette = theme::palette(ui);
    ui.add_space(6.0);
    ui.label(RichText::new(title).font(sans(Weight::Strong, ctx.theme.font.body)).color(palette.text));
    for (key, text) in rows {
        ui.horizontal(|ui| {
            ui.allocate_ui_with_layout(vec2(KEY_WIDTH, ROW_HEIGHT), Layout::right_to_left(Align::Center), |ui| {
                ui.set_min_width(KEY_WIDTH);
                if !key.is_empty() {
                    key_cap(ui, &key);
                }
            });
            ui.add(Label::new(RichText::new(text).color(palette.text_secondary)).wrap());
        });
    }
}
