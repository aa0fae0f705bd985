//! The help sheet: every key, by where it applies.

use egui::{Grid, RichText, ScrollArea, Ui};

use crate::app::ui_command::{Entry, HELD, Scope, TABLE};
use crate::app::{Command, Page};
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::{Icon, icon_button};
use crate::ui::theme::{self, Weight, sans};
use crate::ui::widgets::{heading_row, key_cap};

/// What the sheet remembers between frames.
#[derive(Default)]
pub(super) struct HelpMemory {}

/// Where keys apply, in the order of the sheet.
const GROUPS: [(&str, &[Scope]); 5] = [
    ("Everywhere", &[Scope::Everywhere]),
    ("In a project", &[Scope::Project]),
    ("Labelling", &[Scope::Labelling, Scope::On(Page::Seeds)]),
    ("Review", &[Scope::On(Page::Review)]),
    ("Run", &[Scope::On(Page::Run)]),
];

/// Draws the sheet.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, _memory: &mut HelpMemory) {
    ui.set_width((ui.ctx().viewport_rect().width() - 96.0).min(980.0));
    heading_row(ui, "Keys", "everything can be done by key", |ui| {
        if icon_button(ui, Icon::Close, "Close the keys", "Esc").clicked() {
            ctx.send(Command::Show(None));
        }
    });
    let height = ui.ctx().viewport_rect().height() - 160.0;
    ScrollArea::vertical().max_height(height).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            for (title, scopes) in GROUPS {
                let rows: Vec<&Entry> =
                    TABLE.iter().filter(|entry| scopes.contains(&entry.scope) && entry.shortcut.is_some()).collect();
                let keys = rows.iter().map(|entry| {
                    let key = entry.shortcut.map(|shortcut| shortcut.to_string()).unwrap_or_default();
                    (key, entry.text)
                });
                group_ui(ui, ctx, title, keys.collect());
            }
            group_ui(
                ui,
                ctx,
                "Mouse and held keys",
                HELD.iter().map(|(key, text)| ((*key).to_owned(), *text)).collect(),
            );
        });
    });
}

fn group_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, title: &str, rows: Vec<(String, &str)>) {
    let palette = theme::palette(ui);
    ui.vertical(|ui| {
        ui.set_width(300.0);
        ui.add_space(8.0);
        ui.label(RichText::new(title).font(sans(Weight::Strong, ctx.theme.font.body)).color(palette.text));
        Grid::new(("keys", title)).num_columns(2).spacing([12.0, 4.0]).show(ui, |ui| {
            for (key, text) in rows {
                key_cap(ui, &key);
                ui.add(egui::Label::new(RichText::new(text).color(palette.text_secondary)).wrap());
                ui.end_row();
            }
        });
    });
}
