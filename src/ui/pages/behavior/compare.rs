//! The compare view: two accounts and how far they agree on the left, the confusion matrix in the middle over the pictures of
//! the stretch that is walked through, and the list of stretches on the right.

mod figures;

mod list;

mod matrix;

mod strip;

use egui::{CentralPanel, Frame, Margin, Panel, RichText, ScrollArea, Ui};

use super::pictures_ui;
use crate::app::Command;
use crate::app::command::Browse;
use crate::app::session::Session;
use crate::app::timeline::{AccountSide, CompareCommand, Layers, TimelineCommand};
use crate::jobs::behavior::accounts::Account;
use crate::ui::ctx::ViewCtx;
use crate::ui::pages::Memory;
use crate::ui::theme;
use crate::ui::theme::behavior::LabelLooks;
use crate::ui::widgets::{ActionButton, empty_state};

/// What the view remembers between frames.
#[derive(Default)]
pub struct CompareMemory {
    looks: LabelLooks,
    path: String,
}

/// Widths of the panels at the sides where the window is narrow and where not, points.
const LEFT: [f32; 2] = [308.0, 380.0];
const RIGHT: [f32; 2] = [256.0, 320.0];
/// Width of the names before the accounts.
const NAMES: f32 = 96.0;
/// Height of pictures and strip when the view is first shown, as a share of it.
const PICTURES_SHARE: f32 = 0.46;
/// Pictures and matrix are at least so high, points.
const LEAST: f32 = 180.0;

/// Draws the view.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, layers: &Layers, memory: &mut Memory) {
    let ground = Frame::NONE.fill(theme::palette(ui).panel);
    let is_wide = ui.ctx().content_rect().width() >= ctx.theme.size.narrow_below;
    let padded = ground.inner_margin(Margin::symmetric(ctx.theme.space.panel_padding as i8, 8));
    let width = |widths: [f32; 2]| widths[usize::from(is_wide)];
    let state = &session.timeline.compare;
    Panel::left("compare left").exact_size(width(LEFT)).resizable(false).frame(padded).show(ui, |ui| {
        accounts_ui(ui, ctx, session, &mut memory.behavior.compare.path);
        ui.add_space(8.0);
        if let Some(result) = &state.result {
            let area = ScrollArea::vertical().id_salt("figures").auto_shrink(false);
            area.show(ui, |ui| figures::ui(ui, ctx, session, result, layers));
        }
    });
    let Some(result) = &state.result else {
        CentralPanel::default().frame(ground).show(ui, |ui| {
            let words = match &state.problem {
                Some(problem) => problem.as_str(),
                None if state.is_reading() => "Comparing.",
                None => "There is only one account of this recording. Choose a project or a table to compare with.",
            };
            let _ = empty_state(ui, words, None);
        });
        return;
    };
    Panel::right("compare right").exact_size(width(RIGHT)).resizable(false).frame(ground).show(ui, |ui| {
        list::ui(ui, ctx, session, result);
    });
    let mut looks = std::mem::take(&mut memory.behavior.compare.looks);
    looks.refresh(&session.timeline.vocabulary, theme::palette(ui).panel);
    let room = ui.available_height();
    if let Some(stretch) = state.stretch() {
        let below = Panel::bottom("compare below").resizable(true).default_size(room * PICTURES_SHARE).frame(ground);
        below.size_range(LEAST..=(room - LEAST).max(LEAST + 1.0)).show(ui, |ui| {
            strip::ui(ui, ctx, session, result, stretch, &looks);
            pictures_ui(ui, ctx, session, layers, &mut memory.grid);
        });
    }
    memory.behavior.compare.looks = looks;
    CentralPanel::default().frame(padded).show(ui, |ui| matrix::ui(ui, ctx, session, result));
}

/// The two accounts that are compared.
fn accounts_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, path: &mut String) {
    let state = &session.timeline.compare;
    let send = |command| ctx.send(Command::Timeline(TimelineCommand::Compare(command)));
    let (truth, found) = match &state.chosen {
        Some((truth, found)) => (Some(truth), Some(found)),
        None => (None, None),
    };
    for (side, name, chosen) in
        [(AccountSide::Truth, "Counts as true", truth), (AccountSide::Found, "Against it", found)]
    {
        ui.horizontal(|ui| {
            let palette = theme::palette(ui);
            let label = ui.label(RichText::new(name).color(palette.text_secondary));
            ui.add_space((NAMES - label.rect.width()).max(0.0));
            let words = chosen.map_or_else(|| "Choose…".to_owned(), Account::words);
            let menu = egui::ComboBox::from_id_salt(("account", name))
                .width(ui.available_width() - 8.0)
                .truncate()
                .selected_text(words)
                .show_ui(ui, |ui| {
                    for account in &state.accounts {
                        if ui.selectable_label(chosen == Some(account), account.words()).clicked() {
                            send(CompareCommand::Choose(side, account.clone()));
                        }
                    }
                    ui.separator();
                    if ui.selectable_label(false, "Project or table…").clicked() {
                        ctx.send(Command::Browse(Browse::Account(side)));
                    }
                });
            menu.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, name));
        });
    }
    let field =
        egui::TextEdit::singleline(path).hint_text("Path of a project or table, Enter").desired_width(f32::INFINITY);
    let field = ui.add(field);
    field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Path of a project or table"));
    let is_entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
    if is_entered && !path.trim().is_empty() {
        send(CompareCommand::ChooseFile(AccountSide::Found, std::path::PathBuf::from(path.trim())));
        path.clear();
    }
    ui.horizontal(|ui| {
        ui.add_enabled_ui(state.chosen.is_some(), |ui| {
            if ui.add(ActionButton::new("Exchange the sides")).clicked() {
                send(CompareCommand::Exchange);
            }
        });
        if state.is_reading() {
            ui.label(RichText::new("comparing").color(theme::palette(ui).text_tertiary));
        }
    });
}

#[cfg(test)]
mod tests;
