//! The bar at the top: project, pages, search, undo, saved. What a narrow window has no room for folds, so that nothing is
//! painted over something else. The bar at the bottom is in `status.rs`.

mod status;

pub(super) use status::status_ui;

use egui::{Align, Frame, Label, Layout, Margin, Panel, RichText, Ui};

use super::ctx::ViewCtx;
use super::icons::{Icon, icon, icon_button};
use super::theme::{self, Ink, Weight, mono, sans};
use super::widgets::{ActionButton, page_tab};
use crate::app::session::Session;
use crate::app::ui_command::UiCommand;
use crate::app::{Command, Page};

/// The top bar.
pub(super) fn top_ui(ui: &mut Ui, ctx: &ViewCtx<'_>) {
    let Some(session) = ctx.session() else { return };
    let palette = theme::palette(ui);
    Panel::top("top bar")
        .exact_size(ctx.theme.size.top_bar)
        .frame(Frame::NONE.fill(palette.panel).inner_margin(Margin::symmetric(12, 0)))
        .show(ui, |ui| {
            ui.horizontal_centered(|ui| {
                let fold = Fold::of(ui, ctx, session);
                project_ui(ui, ctx, session, &fold);
                ui.add_space(2.0 * fold.padding - ui.spacing().item_spacing.x);
                ui.scope(|ui| {
                    ui.spacing_mut().item_spacing.x = 0.0;
                    pages_ui(ui, ctx, &fold);
                });
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    saved_ui(ui, session, fold.with_saved);
                    history_ui(ui, ctx, session);
                    let key = ctx.key_of(UiCommand::Palette);
                    let find = if fold.with_search {
                        ui.add(ActionButton::new("Find a command").icon(Icon::Search).key(&key))
                    } else {
                        icon_button(ui, Icon::Search, "Find a command", &key)
                    };
                    if find.clicked() {
                        ctx.run(UiCommand::Palette);
                    }
                });
            });
        });
}

/// What stands in the top bar itself. What a narrow window has no room for goes in this order: the words of the search, the
/// recording's name, room round the tabs, the word "Saved"; at last the tabs become a menu.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Fold {
    with_search: bool,
    with_recording: bool,
    with_saved: bool,
    /// At both sides of a tab's word.
    padding: f32,
    /// Room for the project's name.
    title: f32,
    as_menu: bool,
}

/// Widths of what stands in the top bar, points.
struct Widths {
    /// The words of the tabs, all together.
    tabs: f32,
    title: f32,
    recording: f32,
    saved: f32,
    search: f32,
    button: f32,
    gap: f32,
}

/// Least and greatest width of the project's name, points.
const TITLE: (f32, f32) = (56.0, 240.0);

impl Fold {
    fn of(ui: &Ui, ctx: &ViewCtx<'_>, session: &Session) -> Self {
        let font = &ctx.theme.font;
        let width = |text: &str, font: egui::FontId| text_width(ui, text, font);
        let body = || sans(Weight::Regular, font.body);
        let tab = |page: &Page| width(UiCommand::GoTo(*page).entry().text, sans(Weight::Strong, font.heading));
        let gap = ui.spacing().item_spacing.x;
        let key = width(&ctx.key_of(UiCommand::Palette), mono(Weight::Medium, font.caption));
        let recording = if session.recordings.len() > 1 {
            ui.spacing().combo_width + 2.0 * ui.spacing().button_padding.x
        } else {
            width(&session.info.name, body())
        };
        let widths = Widths {
            tabs: Page::ALL.iter().map(tab).sum(),
            title: width(&session.title(), sans(Weight::Strong, font.heading)),
            recording,
            saved: width(saved_words(session).2, body()),
            search: width("Find a command", sans(Weight::Medium, font.body)) + key + 72.0,
            button: ctx.theme.size.control,
            gap,
        };
        Self::choose(ui.available_width(), &widths)
    }

    fn choose(room: f32, widths: &Widths) -> Self {
        let all = Self {
            with_search: true,
            with_recording: true,
            with_saved: true,
            padding: 12.0,
            title: 0.0,
            as_menu: false,
        };
        let icon = Self { with_search: false, ..all };
        let alone = Self { with_recording: false, ..icon };
        let steps = [
            all,
            icon,
            Self { padding: 8.0, ..icon },
            alone,
            Self { padding: 8.0, ..alone },
            Self { padding: 8.0, with_saved: false, ..alone },
            Self { padding: 5.0, with_saved: false, ..alone },
            Self { as_menu: true, padding: 4.0, with_saved: false, ..alone },
        ];
        let with_title =
            |fold: &Self| Self { title: (room - fold.taken(widths)).min(widths.title).min(TITLE.1), ..*fold };
        let fits = |fold: &Self| {
            // The first steps are left before a name must be cut; the last ones when it is hardly to be read.
            let least = if fold.with_recording { widths.title.min(TITLE.1) } else { widths.title.min(TITLE.0) };
            fold.title >= least
        };
        let last = with_title(&steps[steps.len() - 1]);
        steps.iter().map(with_title).find(fits).unwrap_or(Self { title: last.title.max(0.0), ..last })
    }

    /// What all but the project's name takes.
    fn taken(&self, widths: &Widths) -> f32 {
        let tabs = if self.as_menu { 124.0 } else { widths.tabs + 2.0 * self.padding * Page::ALL.len() as f32 };
        let left =
            widths.button + 2.0 * widths.gap + if self.with_recording { widths.recording + widths.gap } else { 0.0 };
        let search = if self.with_search { widths.search } else { widths.button };
        let saved = 16.0 + widths.gap + if self.with_saved { widths.saved + widths.gap } else { 0.0 };
        left + 2.0 * self.padding + tabs + search + 2.0 * (widths.button + widths.gap) + widths.gap + saved
    }
}

/// How wide a line of text is.
fn text_width(ui: &Ui, text: &str, font: egui::FontId) -> f32 {
    ui.painter().layout_no_wrap(text.to_owned(), font, egui::Color32::PLACEHOLDER).size().x
}

/// The pages as tabs, or as a menu.
fn pages_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, fold: &Fold) {
    let words = |page: Page| UiCommand::GoTo(page).entry().text;
    if !fold.as_menu {
        for page in Page::ALL {
            let command = UiCommand::GoTo(page);
            let tab = page_tab(ui, words(page), ctx.state.page == page, fold.padding);
            if tab.on_hover_text(tooltip(ctx, command)).clicked() {
                ctx.run(command);
            }
        }
        return;
    }
    let menu =
        egui::ComboBox::from_id_salt("page").width(100.0).selected_text(words(ctx.state.page)).show_ui(ui, |ui| {
            for page in Page::ALL {
                let choice = ui.selectable_label(ctx.state.page == page, words(page));
                if choice.on_hover_text(tooltip(ctx, UiCommand::GoTo(page))).clicked() {
                    ctx.run(UiCommand::GoTo(page));
                }
            }
        });
    menu.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, "Page"));
}

fn tooltip(ctx: &ViewCtx<'_>, command: UiCommand) -> String {
    let entry = command.entry();
    let words = if entry.tooltip.is_empty() { entry.text } else { entry.tooltip };
    match ctx.key_of(command) {
        key if key.is_empty() => words.to_owned(),
        key => format!("{words} ({key})"),
    }
}

fn project_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, fold: &Fold) {
    let palette = theme::palette(ui);
    let close = icon_button(ui, Icon::Folder, "Close the project", &ctx.key_of(UiCommand::CloseProject));
    if close.clicked() {
        ctx.send(Command::CloseProject);
    }
    let title = RichText::new(session.title()).font(sans(Weight::Strong, ctx.theme.font.heading)).color(palette.text);
    ui.scope(|ui| {
        ui.set_max_width(fold.title.ceil());
        let path = session.path.display();
        ui.add(Label::new(title).truncate()).on_hover_text(format!("{}\n{path}", session.info.name));
    });
    if !fold.with_recording {
        return;
    }
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

/// How it stands with saving: sign, colour, words.
fn saved_words(session: &Session) -> (Icon, Ink, &'static str) {
    match (&session.read_only, &session.not_saved, session.saving) {
        (Some(_), _, _) => (Icon::Eye, Ink::Warn, "Read only"),
        (None, Some(_), _) => (Icon::Warning, Ink::Error, "Not saved"),
        (None, None, 0) => (Icon::Check, Ink::Ok, "Saved"),
        (None, None, _) => (Icon::Pencil, Ink::TextSecondary, "Saving"),
    }
}

fn saved_ui(ui: &mut Ui, session: &Session, with_words: bool) {
    let palette = theme::palette(ui);
    let (sign, ink, words) = saved_words(session);
    let why = session.read_only.as_ref().or(session.not_saved.as_ref());
    let why = why.map_or("Every edit is in the project file as soon as it is made", |why| why.as_str());
    if with_words {
        ui.label(RichText::new(words).color(palette.ink(ink))).on_hover_text(why);
        icon(ui, sign, 16.0, palette.ink(ink));
    } else {
        let sign = icon(ui, sign, 16.0, palette.ink(ink));
        sign.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, words));
        sign.on_hover_text(format!("{words}. {why}"));
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTHS: Widths =
        Widths { tabs: 270.0, title: 70.0, recording: 50.0, saved: 36.0, search: 190.0, button: 28.0, gap: 8.0 };

    #[test]
    fn the_bar_never_takes_more_than_there_is() {
        for room in (320..1600).map(|room| room as f32) {
            let fold = Fold::choose(room, &WIDTHS);
            assert!(fold.taken(&WIDTHS) + fold.title <= room + 1e-3, "{room}: {fold:?}");
        }
    }

    #[test]
    fn tabs_stay_tabs_at_twice_the_size_of_a_small_screen() {
        let widest = Fold::choose(1256.0, &WIDTHS);
        assert!(widest.with_search && widest.with_recording && widest.title == WIDTHS.title);
        assert!(!Fold::choose(830.0, &WIDTHS).with_search);
        assert!(!Fold::choose(616.0, &WIDTHS).as_menu);
        assert!(Fold::choose(400.0, &WIDTHS).as_menu);
    }
}
