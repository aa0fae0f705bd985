//! The table of keypoints and cameras beside the grid: which dot each keypoint is in each view, and how well it fits.
//!
//! Seeds shows the key, the dot and what is proposed; Review shows dot and residual, or the residual alone where columns are
//! narrow. A click selects keypoint and view, the secondary button has what else can be said of a label. Only rows that can
//! be seen are laid out.

mod cell;

use egui::{Align2, Rect, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::ctx::ViewCtx;
use super::marks::paint_glyph;
use super::theme::{self, Theme, Weight, mono, sans};
use super::widgets::paint_row;
use crate::app::Command;
use crate::app::session::Session;
use crate::app::ui_command::KEYPOINT_KEYS;
use crate::jobs::labelling::FrameView;
use crate::model::{CameraId, KeypointId};
use cell::{Cell, cell_ui};

/// What the table is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableMode {
    /// Labelling: keys, dots, proposals.
    Seeds,
    /// Judging: dots and residuals.
    Review,
}

/// Where things stand in a row, points from its left edge.
#[derive(Clone, Copy, Debug)]
struct Columns {
    mode: TableMode,
    key: Option<f32>,
    glyph: f32,
    name: f32,
    /// The right end of the names, where the first camera begins.
    cameras: f32,
    camera_width: f32,
    row_height: f32,
}

impl Columns {
    fn new(mode: TableMode, width: f32, camera_count: usize, is_low: bool) -> Self {
        let size = &Theme::get().size;
        let seeds_row = if is_low { size.table_row } else { size.table_row_seeds };
        let (key, glyph, names, row_height) = match mode {
            TableMode::Seeds => (Some(8.0), 32.0, 130.0, seeds_row),
            TableMode::Review => (None, 12.0, 118.0, size.table_row),
        };
        let room = width - names - END_MARGIN;
        let camera_width = (room / camera_count.max(1) as f32).floor().clamp(22.0, 64.0);
        let cameras = width - END_MARGIN - camera_width * camera_count as f32;
        Self { mode, key, glyph, name: glyph + 20.0, cameras, camera_width, row_height }
    }

    fn camera(&self, row: Rect, index: usize) -> Rect {
        let left = row.left() + self.cameras + self.camera_width * index as f32;
        Rect::from_min_size(pos2(left, row.top()), vec2(self.camera_width, row.height()))
    }
}

/// Room between the last camera and the edge, in points.
const END_MARGIN: f32 = 7.0;

/// Windows lower than this have low rows, in points.
const LOW_WINDOW: f32 = 900.0;

/// Rows beyond so many scroll.
const MOST_ROWS: f32 = 16.0;

/// Draws the table as wide as the room and no higher than `most`, points; it takes no inner margin of its own.
pub fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, mode: TableMode, most: f32) {
    let Some(session) = ctx.session() else { return };
    let is_low = ui.ctx().viewport_rect().height() < LOW_WINDOW;
    // The bar of rows that scroll stands in the margin, so that columns and their heads stay in line.
    let columns = Columns::new(mode, ui.available_width(), session.info.cameras.len(), is_low);
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        head_ui(ui, session, &columns);
        let count = session.skeleton.len();
        let height = columns.row_height * (count as f32).min(MOST_ROWS);
        let height = height.min(most - columns.row_height).max(columns.row_height);
        let area = ScrollArea::vertical().id_salt("label table").max_height(height).min_scrolled_height(height);
        let area = area.auto_shrink([false, false]);
        area.show_viewport(ui, |ui, viewport| {
            ui.set_height(columns.row_height * count as f32);
            let (left, top, width) = (ui.max_rect().left(), ui.max_rect().top(), ui.available_width());
            let row_rect = |index: usize| {
                let at = pos2(left, top + columns.row_height * index as f32);
                Rect::from_min_size(at, vec2(width, columns.row_height))
            };
            follow_selection(ui, session, row_rect(session.selection.keypoint.index()));
            let first = (viewport.top() / columns.row_height).max(0.0) as usize;
            let last = ((viewport.bottom() / columns.row_height).ceil() as usize).min(count);
            let proposals: Vec<_> = session.proposals().collect();
            for keypoint in session.skeleton.ids().skip(first).take(last.saturating_sub(first)) {
                let row = Row { session, view: session.view(), proposals: &proposals, columns: &columns, keypoint };
                row.ui(ui, ctx, row_rect(keypoint.index()));
            }
        });
    });
}

/// Brings the selected row into sight once it is another one.
fn follow_selection(ui: &Ui, session: &Session, row: Rect) {
    let id = ui.make_persistent_id("selected row");
    let selected = session.selection.keypoint.0;
    let before = ui.data_mut(|data| data.get_temp::<u8>(id));
    if before != Some(selected) {
        ui.data_mut(|data| data.insert_temp(id, selected));
        ui.scroll_to_rect(row, None);
    }
}

fn head_ui(ui: &mut Ui, session: &Session, columns: &Columns) {
    let theme = Theme::get();
    let palette = theme::palette(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), columns.row_height), Sense::hover());
    let font = sans(Weight::Regular, theme.font.caption);
    let painter = ui.painter();
    let left = pos2(rect.left() + theme.space.panel_padding, rect.center().y);
    painter.text(left, Align2::LEFT_CENTER, "Keypoint", font.clone(), palette.text_secondary);
    let names: Vec<&str> = session.info.cameras.iter().map(|camera| camera.name.as_str()).collect();
    let shared = shared_prefix(&names);
    for (index, name) in names.iter().enumerate() {
        let place = columns.camera(rect, index);
        let lay_out = |text: &str| painter.layout_no_wrap(text.to_owned(), font.clone(), palette.text_secondary);
        let mut galley = lay_out(name);
        // Where names do not fit, what all of them share says least.
        if galley.size().x > place.width() - 4.0 {
            galley = lay_out(&name[shared..]);
        }
        let at = match columns.mode {
            TableMode::Seeds => place.center() - galley.size() / 2.0,
            TableMode::Review => {
                Align2::RIGHT_CENTER.anchor_size(place.right_center() - vec2(5.0, 0.0), galley.size()).min
            }
        };
        painter.with_clip_rect(place.intersect(ui.clip_rect())).galley(at, galley, palette.text_secondary);
        let response = ui.interact(place, ui.scope_id().with(("camera", index)), Sense::hover());
        response.on_hover_text(*name);
    }
    ui.painter().hline(rect.x_range(), rect.bottom(), Stroke::new(theme.stroke.line, palette.line));
}

/// How many bytes all names begin with alike, leaving something of each.
fn shared_prefix(names: &[&str]) -> usize {
    let Some((first, rest)) = names.split_first() else { return 0 };
    let alike = |name: &&str| first.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
    let shortest = names.iter().map(|name| name.len()).min().unwrap_or(0);
    let mut shared = rest.iter().map(alike).min().unwrap_or(0).min(shortest.saturating_sub(1));
    while !names.iter().all(|name| name.is_char_boundary(shared)) {
        shared -= 1;
    }
    shared
}

/// One keypoint.
struct Row<'a> {
    session: &'a Session,
    view: Option<&'a std::sync::Arc<FrameView>>,
    proposals: &'a [&'a crate::pose::assist::Proposal],
    columns: &'a Columns,
    keypoint: KeypointId,
}

impl Row<'_> {
    fn ui(&self, ui: &mut Ui, ctx: &ViewCtx<'_>, rect: Rect) {
        let theme = Theme::get();
        let palette = theme::palette(ui);
        let is_selected = self.session.selection.keypoint == self.keypoint;
        let is_under_pointer = ui.rect_contains_pointer(rect);
        if is_under_pointer {
            ctx.hover_keypoint(self.keypoint);
        }
        paint_row(ui, rect, is_selected, is_under_pointer || ctx.hover.keypoint == Some(self.keypoint));
        let line = Stroke::new(theme.stroke.line, palette.line);
        ui.painter().hline(rect.x_range(), rect.bottom(), line);
        self.name_ui(ui, ctx, rect, is_selected);
        for camera in self.session.cameras() {
            let place = self.columns.camera(rect, camera.index());
            ui.painter().vline(place.left(), place.y_range(), line);
            cell_ui(ui, ctx, self, camera, place);
        }
    }

    fn name_ui(&self, ui: &mut Ui, ctx: &ViewCtx<'_>, row: Rect, is_selected: bool) {
        let theme = Theme::get();
        let palette = theme::palette(ui);
        let columns = self.columns;
        let name = self.session.skeleton.name_of(self.keypoint);
        let key = KEYPOINT_KEYS.get(self.keypoint.index());
        let place = Rect::from_min_max(row.min, pos2(row.left() + columns.cameras, row.bottom()));
        let response = ui.interact(place, ui.scope_id().with(("keypoint", self.keypoint.0)), Sense::CLICK);
        response.widget_info(|| WidgetInfo::selected(egui::Role::Button, ui.is_enabled(), is_selected, name));
        if response.clicked() {
            ctx.send(Command::SelectKeypoint(self.keypoint));
        }
        let middle = row.center().y;
        let painter = ui.painter().with_clip_rect(place.intersect(ui.clip_rect()));
        if let (Some(left), Some(key)) = (columns.key, key) {
            let cap = Rect::from_center_size(pos2(row.left() + left + 9.0, middle), vec2(18.0, 18.0));
            let stroke = Stroke::new(theme.stroke.line, palette.line_strong);
            painter.rect(cap, theme.radius.pill, palette.control, stroke, egui::StrokeKind::Inside);
            let font = mono(Weight::Medium, theme.font.caption);
            painter.text(cap.center(), Align2::CENTER_CENTER, key, font, palette.text_secondary);
        }
        let look = ctx.look.keypoint(self.keypoint);
        let size = theme.size.icon;
        let colour = look.in_list(theme::appearance_of(ui));
        let centre = pos2(row.left() + columns.glyph + size / 2.0, middle);
        paint_glyph(&painter, centre, size, look.region.shape, colour, look.side.is_solid());
        let weight = if is_selected { Weight::Strong } else { Weight::Regular };
        let left = pos2(row.left() + columns.name, middle);
        painter.text(left, Align2::LEFT_CENTER, name, sans(weight, theme.font.body), palette.text);
        let hint = |key: &char| format!("{name} ({key})");
        response.on_hover_text(key.map_or_else(|| name.to_owned(), hint));
    }

    fn cell(&self, camera: CameraId) -> Cell {
        Cell::of(self.view.map(|view| &**view), self.proposals, self.columns.mode, camera, self.keypoint)
    }
}

/// Says what the signs of the Seeds table mean.
pub fn legend_ui(ui: &mut Ui) {
    let theme = Theme::get();
    let palette = theme::palette(ui);
    let font = mono(Weight::Medium, theme.font.caption);
    let signs = [
        ("7", palette.text, "labelled"),
        ("9?", palette.accent, "proposed"),
        ("none", palette.text_secondary, "not visible"),
        ("·", palette.text_tertiary, "to do"),
    ];
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = theme.space.unit;
        for (sign, colour, words) in signs {
            ui.label(egui::RichText::new(sign).font(font.clone()).color(colour));
            ui.label(egui::RichText::new(words).size(theme.font.caption).color(palette.text_secondary));
            ui.add_space(2.0 * theme.space.unit);
        }
    });
}
