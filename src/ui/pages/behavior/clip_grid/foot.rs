//! The foot of the grid: pages and selecting at the left, what can be done with what is selected at the right.

use egui::{Align, Layout, Popup, RichText, ScrollArea, Ui, vec2};

use super::ClipGridMemory;
use crate::app::Command;
use crate::app::session::Session;
use crate::app::timeline::{GridCommand, PER_PAGE, TimelineCommand};
use crate::app::ui_command::UiCommand;
use crate::model::vocabulary::in_words;
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::{Icon, icon_button};
use crate::ui::theme;
use crate::ui::widgets::ActionButton;

/// Height of a row of the label menu, points.
const ROW: f32 = 22.0;

/// What may be done, in the words of segments or of clips.
struct Doing<'a> {
    ctx: &'a ViewCtx<'a>,
    is_of_clips: bool,
    /// How many are selected.
    selected: usize,
    /// Why nothing can be changed.
    refused: Option<String>,
}

pub(super) fn ui(
    ui: &mut Ui,
    ctx: &ViewCtx<'_>,
    session: &Session,
    memory: &ClipGridMemory,
    (page, pages): (usize, usize),
    is_of_clips: bool,
) {
    // What is selected in the lanes and not shown here is not meant.
    let selected = session.timeline.selected.iter().filter(|target| memory.shown.contains(target));
    let (selected, members) = (selected.count(), memory.members.len());
    let on_page = memory.members.chunks(PER_PAGE).nth(page).unwrap_or_default();
    let here = on_page.iter().filter(|target| session.timeline.selected.contains(target)).count();
    let refused = if let Some(reason) = &session.read_only {
        Some(format!("The project is open for reading only: {reason}."))
    } else {
        (selected == 0).then(|| "Nothing is selected.".to_owned())
    };
    let doing = Doing { ctx, is_of_clips, selected, refused };
    let size = vec2(ui.available_width(), ctx.theme.size.control);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        let keys = [UiCommand::PreviousSegment, UiCommand::NextSegment].map(|command| ctx.key_of(command));
        if icon_button(ui, Icon::ChevronLeft, "Page before", &keys[0]).clicked() {
            doing.send(GridCommand::Turn(-1));
        }
        ui.label(format!("Page {} of {pages}", page + 1));
        if icon_button(ui, Icon::ChevronRight, "Next page", &keys[1]).clicked() {
            doing.send(GridCommand::Turn(1));
        }
        ui.add_space(8.0);
        let key = ctx.key_of(UiCommand::SelectAllSegments);
        if ui.add(ActionButton::new("Select page").key(&key)).clicked() {
            doing.send(GridCommand::SelectAll);
        }
        if pages > 1 {
            let words = if is_of_clips { "All clips of the cluster" } else { "All segments of the label" };
            let button = ui.add(ActionButton::new(&format!("Select all {members}")));
            if button.on_hover_text(format!("{words}, on all pages. Ctrl takes single ones out again.")).clicked() {
                doing.send(GridCommand::SelectGroup);
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            doing.acts_ui(ui, session);
            let words = match (selected, selected - here) {
                (0, _) => "Click selects, Ctrl or Shift adds.".to_owned(),
                (count, 0) => format!("{count} selected. A label's key labels them."),
                (count, elsewhere) => format!("{count} selected, {elsewhere} on other pages."),
            };
            let ink = theme::palette(ui).text_secondary;
            let galley = ui.painter().layout_no_wrap(words.clone(), egui::FontId::default(), ink);
            // Words that do not fit are left out, never cut.
            if galley.size().x + 24.0 <= ui.available_width() {
                ui.label(RichText::new(words).color(ink));
            }
        });
    });
}

impl Doing<'_> {
    fn send(&self, command: GridCommand) {
        self.ctx.send(Command::Timeline(TimelineCommand::Grid(command)));
    }

    /// A button that says on hover what it does, or why it cannot be used.
    fn button(&self, ui: &mut Ui, button: ActionButton<'_>, words: &str) -> egui::Response {
        ui.add_enabled_ui(self.refused.is_none(), |ui| ui.add(button))
            .inner
            .on_hover_text(words)
            .on_disabled_hover_text(self.refused.as_deref().unwrap_or_default())
    }

    fn acts_ui(&self, ui: &mut Ui, session: &Session) {
        let noun = if self.is_of_clips { "clip" } else { "segment" };
        let accept = match self.selected {
            0 => "Accept".to_owned(),
            1 => format!("Accept 1 {noun}"),
            many => format!("Accept {many} {noun}s"),
        };
        // By clips or by segments.
        let either = |clips: &'static str, segments: &'static str| if self.is_of_clips { clips } else { segments };
        let words = either(
            "What counts over these clips is right. Frames beyond them stay unreviewed",
            "These segments are right",
        );
        let button = ActionButton::primary(&accept).wide(false).key("Enter");
        if self.button(ui, button, words).clicked() {
            self.send(GridCommand::Accept);
        }
        let label = self.button(
            ui,
            ActionButton::new("Label"),
            either(
                "Gives the frames of these clips a label, all in one step; a label's key does the same",
                "Gives these segments a label, all in one step; a label's key does the same",
            ),
        );
        self.label_menu_ui(&label, session);
        let key = self.ctx.key_of(UiCommand::DeleteSegment);
        let words = either(
            "Takes away what counts over these clips: nothing is said of their frames then. The clips themselves stay",
            "Takes these segments away: nothing is said of their frames then",
        );
        let button = ActionButton::new(either("Clear labels", "Delete"));
        if self.button(ui, button.key(&key), words).clicked() {
            self.send(GridCommand::Delete);
        }
        let words = either(
            "Clips within accepted and edited segments are shown to models beside clips of other recordings",
            "Accepted and edited segments are shown to models beside clips of other recordings",
        );
        if self.button(ui, ActionButton::new("Keep as examples"), words).clicked() {
            self.send(GridCommand::MakeExamples);
        }
        let open = ui.add_enabled_ui(self.selected > 0, |ui| ui.add(ActionButton::new("Open in timeline"))).inner;
        if open.on_disabled_hover_text("Nothing is selected.").clicked() {
            self.send(GridCommand::OpenInTimeline);
        }
    }

    fn label_menu_ui(&self, button: &egui::Response, session: &Session) {
        Popup::menu(button).show(|ui| {
            ui.set_min_width(196.0);
            ui.spacing_mut().interact_size.y = ROW;
            ui.spacing_mut().item_spacing.y = 2.0;
            ScrollArea::vertical().max_height((ui.ctx().content_rect().height() - 160.0).max(200.0)).show(ui, |ui| {
                for label in &session.timeline.vocabulary.labels {
                    let is_possible = !(self.is_of_clips && label.is_point);
                    let mut item = egui::Button::new(in_words(&label.name));
                    if let Some(key) = label.key {
                        item = item.shortcut_text(key.to_uppercase().to_string());
                    }
                    let item = ui.add_enabled(is_possible, item);
                    if item.on_disabled_hover_text("A moment has one frame; a clip lasts.").clicked() {
                        self.send(GridCommand::Label(label.name.clone()));
                    }
                }
            });
        });
    }
}
