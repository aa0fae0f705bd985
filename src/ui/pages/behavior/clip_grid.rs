//! The grid view: all segments of a label, or the clips of a cluster, as small films of the animal's surroundings that begin
//! together. Films run at life's pace; one that lasts too long for that runs faster and says so, and one that is done holds its
//! last picture until all begin anew.

mod cell;

mod films;

use egui::{Align, CentralPanel, Frame, Layout, Margin, Panel, Rect, RichText, Ui, Vec2, vec2};

use self::films::Films;
use crate::app::Command;
use crate::app::session::Session;
use crate::app::timeline::{Gathered, GridCommand, Groups, Layers, PER_PAGE, TimelineCommand, groups, members};
use crate::app::ui_command::UiCommand;
use crate::jobs::timeline::Target;
use crate::model::vocabulary::in_words;
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::{Icon, icon_button};
use crate::ui::theme;
use crate::ui::theme::behavior::LabelLooks;
use crate::ui::widgets::{ActionButton, chip, empty_state, segmented};

/// Between two cells, points.
const GAP: f32 = 8.0;
/// Height of the words under a film.
const WORDS: f32 = 36.0;
/// A film is at most so wide: a larger one shows no more.
const WIDEST: f32 = 320.0;

/// What the view remembers between frames.
#[derive(Default)]
pub struct ClipGridMemory {
    /// Whether chips are those of clusters.
    shows_clusters: bool,
    key: Option<(u64, Option<Gathered>)>,
    labels: Groups,
    clusters: Groups,
    members: Vec<Target>,
    looks: LabelLooks,
    films: Films,
}

impl ClipGridMemory {
    /// Lets the pictures go.
    pub(super) fn forget(&mut self) {
        self.films = Films::default();
    }

    fn refresh(&mut self, session: &Session, layers: &Layers) {
        let key = (session.timeline.revision, session.timeline.grid.shows.clone());
        if self.key.as_ref() == Some(&key) {
            return;
        }
        [self.labels, self.clusters] = groups(layers);
        let shown = session.timeline.grid.shown(layers);
        self.members = shown.map(|shown| members(layers, &shown)).unwrap_or_default();
        self.key = Some(key);
    }
}

/// Draws the view.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, layers: &Layers, memory: &mut ClipGridMemory) {
    memory.refresh(session, layers);
    let palette = theme::palette(ui);
    let ground = Frame::NONE.fill(palette.panel).inner_margin(Margin::symmetric(12, 6));
    let shown = session.timeline.grid.shown(layers);
    Panel::top("grid chips").frame(ground).show(ui, |ui| chips_ui(ui, ctx, shown.as_ref(), memory));
    let pages = memory.members.len().div_ceil(PER_PAGE).max(1);
    let page = session.timeline.grid.page.min(pages - 1);
    Panel::bottom("grid foot").frame(ground).show(ui, |ui| {
        foot_ui(ui, ctx, session, (page, pages), shown.as_ref());
    });
    let middle = Frame::NONE.fill(palette.window).inner_margin(Margin::same(GAP as i8));
    CentralPanel::default().frame(middle).show(ui, |ui| {
        let on_page = memory.members.chunks(PER_PAGE).nth(page).unwrap_or_default();
        if on_page.is_empty() {
            let _ = empty_state(ui, "No segment has this label any more. Choose another one above.", None);
            return;
        }
        memory.looks.refresh(&session.timeline.vocabulary, theme::palette(ui).panel);
        let room = ui.available_rect_before_wrap();
        let (columns, side) = arrange(room.size(), on_page.len());
        memory.films.show(ui, session, layers, on_page, side);
        for (at, target) in on_page.iter().enumerate() {
            let Some(segment) = layers.timeline.find(*target) else { continue };
            let corner = vec2((at % columns) as f32 * (side + GAP), (at / columns) as f32 * (side + WORDS + GAP));
            let place = Rect::from_min_size(room.min + corner, vec2(side, side + WORDS));
            cell::ui(ui, ctx, session, layers, (at, *target, segment), place, &memory.looks, &memory.films);
        }
    });
}

/// How many columns there are and how wide a film is, so that films are as large as they can be.
fn arrange(room: Vec2, count: usize) -> (usize, f32) {
    let side_of = |columns: usize| {
        let rows = count.div_ceil(columns);
        let width = (room.x + GAP) / columns as f32 - GAP;
        let height = (room.y + GAP) / rows as f32 - GAP - WORDS;
        width.min(height)
    };
    let best = (1..=count.max(1)).max_by(|a, b| side_of(*a).total_cmp(&side_of(*b))).unwrap_or(1);
    (best, side_of(best).clamp(48.0, WIDEST).floor())
}

/// The labels or clusters to choose from, each with its count.
fn chips_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, shown: Option<&Gathered>, memory: &mut ClipGridMemory) {
    ui.horizontal_wrapped(|ui| {
        let options = [(false, "Labels"), (true, "Clusters")];
        if let Some(clusters) = segmented(ui, "What films are gathered by", memory.shows_clusters, &options) {
            memory.shows_clusters = clusters;
        }
        ui.add_space(8.0);
        let groups = if memory.shows_clusters { &memory.clusters } else { &memory.labels };
        for (gathered, count) in groups {
            let words = match gathered {
                Gathered::Label(label) => format!("{} {count}", in_words(label)),
                Gathered::Cluster(cluster) => format!("cluster {cluster} · {count}"),
            };
            if chip(ui, &words, shown == Some(gathered)).clicked() {
                ctx.send(Command::Timeline(TimelineCommand::Grid(GridCommand::Show(gathered.clone()))));
            }
        }
    });
}

/// Pages at the left, what can be done at the right.
fn foot_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, (page, pages): (usize, usize), shown: Option<&Gathered>) {
    let send = |command| ctx.send(Command::Timeline(TimelineCommand::Grid(command)));
    let selected = session.timeline.selected.len();
    let size = vec2(ui.available_width(), ctx.theme.size.control);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        let keys = [UiCommand::PreviousSegment, UiCommand::NextSegment].map(|command| ctx.key_of(command));
        if icon_button(ui, Icon::ChevronLeft, "Page before", &keys[0]).clicked() {
            send(GridCommand::Turn(-1));
        }
        ui.label(format!("Page {} of {pages}", page + 1));
        if icon_button(ui, Icon::ChevronRight, "Next page", &keys[1]).clicked() {
            send(GridCommand::Turn(1));
        }
        ui.add_space(8.0);
        if ui.add(ActionButton::new("Select all").key(&ctx.key_of(UiCommand::SelectAllSegments))).clicked() {
            send(GridCommand::SelectAll);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let is_editable = matches!(shown, Some(Gathered::Label(_))) && session.read_only.is_none();
            ui.add_enabled_ui(selected > 0 && is_editable, |ui| {
                let words = match selected {
                    0 => "Accept".to_owned(),
                    1 => "Accept 1 segment".to_owned(),
                    many => format!("Accept {many} segments"),
                };
                let accept = ActionButton::primary(&words).wide(false).key("Enter");
                if ui.add(accept).clicked() {
                    send(GridCommand::Accept);
                }
                if ui.add(ActionButton::new("Delete").key(&ctx.key_of(UiCommand::DeleteSegment))).clicked() {
                    send(GridCommand::Delete);
                }
            });
            ui.add_enabled_ui(selected > 0 && is_editable, |ui| {
                let button = ui.add(ActionButton::new("Keep as examples"));
                let words = "Accepted and edited segments are shown to models beside clips of other recordings";
                if button.on_hover_text(words).clicked() {
                    send(GridCommand::MakeExamples);
                }
            });
            ui.add_enabled_ui(selected > 0, |ui| {
                if ui.add(ActionButton::new("Open in timeline")).clicked() {
                    send(GridCommand::OpenInTimeline);
                }
            });
            let words = match (is_editable, selected) {
                (false, _) => "Clips of a cluster are only looked at.".to_owned(),
                (true, 0) => "Click selects, Ctrl or Shift adds. A label's key relabels what is selected.".to_owned(),
                (true, count) => format!("{count} selected. A label's key relabels them."),
            };
            let galley =
                ui.painter().layout_no_wrap(words.clone(), egui::FontId::default(), theme::palette(ui).text_secondary);
            // Words that do not fit are left out, never cut.
            if galley.size().x + 24.0 <= ui.available_width() {
                ui.label(RichText::new(words).color(theme::palette(ui).text_secondary));
            }
        });
    });
}

#[cfg(test)]
mod tests;
