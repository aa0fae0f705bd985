//! The camera grid: all views of one frame, with what is known of them drawn over, and the clicks that label.
//!
//! `layout.rs` says where panes stand, `sight.rs` which part of its image each shows, `scene.rs` what lies over it, `overlay.rs`
//! paints that, `pane.rs` puts a pane together, `interact.rs` turns clicks into commands. What is drawn over a picture belongs
//! to the picture's own frame; while that is not the shown frame, clicks choose a view and do nothing else.

mod header;

mod interact;

mod layout;

mod overlay;

mod pane;

mod scene;

mod sight;

mod toolbar;

use std::collections::HashMap;
use std::path::PathBuf;

use egui::scroll_area::ScrollSource;
use egui::{Modifiers, Painter, Rect, ScrollArea, Ui, UiBuilder};

use super::ctx::ViewCtx;
use super::pills::PillCache;
use crate::app::session::Session;
use crate::app::view::Viewport;
use crate::jobs::frames::PictureSpec;
use crate::model::{CameraId, CentroidNumber, Point2, RecordingId};
pub use sight::PaneMap;

/// What the grid remembers between frames.
#[derive(Default)]
pub struct GridMemory {
    /// Whether everything over the pictures is hidden until it is switched on again.
    pub hide_overlays: bool,
    /// On pages that look for dots: whether dragging with the first button is the page's, as for drawing a region, rather than
    /// moving the picture. The middle button moves it always.
    pub drags_draw: bool,
    /// On pages that look for dots: whether the page paints the dots itself, and none are painted here.
    pub own_dots: bool,
    /// Where the views stood when they were drawn last.
    pub room: Option<Rect>,
    /// The active view when they were.
    active: Option<CameraId>,
    panes: HashMap<CameraId, PaneMemory>,
    owner: Option<(PathBuf, RecordingId)>,
    /// How much larger or smaller than usual a linked zoom is.
    linked_factor: Option<f64>,
    menu: Option<interact::MenuPlace>,
}

/// What is remembered of one view.
#[derive(Default)]
struct PaneMemory {
    /// Where the animal was when the view last moved.
    fitted: Option<sight::Fitted>,
    /// The same while views are linked.
    linked: Option<sight::Linked>,
    /// What is painted now: that of the picture that is there.
    painted: Option<Viewport>,
    /// The picture that was asked for last, and when, seconds.
    asked: Option<(PictureSpec, f64)>,
    pills: PillCache,
}

/// What clicks and overlays of a page's grid mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GridUse {
    /// Clicks label.
    Label,
    /// Clicks select what is labelled.
    Look,
    /// Nothing is labelled: the page paints what it has to say.
    Watch,
    /// Clicks add and delete dots and draw regions.
    Detect,
}

/// A click into a view's picture, of the shown frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GridClick {
    /// The view.
    pub camera: CameraId,
    /// The place.
    pub point_in_image: Point2,
    /// The dot there, if one is near enough.
    pub dot: Option<CentroidNumber>,
    /// Keys that were held.
    pub modifiers: Modifiers,
}

/// Dragging with the first button over a view's picture, of the shown frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GridDrag {
    /// The view.
    pub camera: CameraId,
    /// Where it began.
    pub from_in_image: Point2,
    /// Where the pointer is.
    pub to_in_image: Point2,
    /// Whether the button was let go.
    pub is_done: bool,
}

/// What happened in the grid beyond what it did by itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GridResponse {
    /// Clicks, on pages that look for dots.
    pub clicks: Vec<GridClick>,
    /// A drag, where the page draws.
    pub drag: Option<GridDrag>,
    /// What the pointer is over.
    pub hovered: Option<GridClick>,
}

/// A pane for what a page paints over it.
pub struct PaneHook<'a> {
    /// The view.
    pub camera: CameraId,
    /// Paints inside the picture's place.
    pub painter: &'a Painter,
    /// Where image points lie.
    pub map: PaneMap,
    /// The frame of the picture.
    pub frame: u32,
    /// Whether that is the shown frame.
    pub is_current: bool,
}

/// Draws all views into the room that is left.
pub fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, memory: &mut GridMemory, grid_use: GridUse) {
    ui_with(ui, ctx, memory, grid_use, &mut |_| {});
}

/// The same, with what a page paints over every picture, and with what was clicked and dragged.
pub fn ui_with(
    ui: &mut Ui,
    ctx: &ViewCtx<'_>,
    memory: &mut GridMemory,
    grid_use: GridUse,
    hook: &mut dyn FnMut(&PaneHook<'_>),
) -> GridResponse {
    let mut found = GridResponse::default();
    let Some(session) = ctx.session() else { return found };
    memory.forget_others(session);
    toolbar::ui(ui, ctx, memory, session);
    let room = ui.available_rect_before_wrap();
    ui.allocate_rect(room, egui::Sense::hover());
    if room.width() < 1.0 || room.height() < 1.0 {
        return found;
    }
    memory.room = Some(room);
    ui.painter().rect_filled(room, 0, ctx.theme.on_image.header_line);
    let cameras: Vec<CameraId> = session.cameras().collect();
    let maximised = session.grid.maximised.map(CameraId::index);
    let mut panes = |ui: &mut Ui, room: Rect| {
        for place in layout::arrange(room, cameras.len(), maximised, ui.pixels_per_point()) {
            let camera = cameras[place.index];
            let pane = pane::Pane { camera, rect: place.rect, is_strip: place.is_strip, grid_use };
            pane.ui(ui, ctx, session, memory, hook, &mut found);
            // Where not all are seen, the one that becomes active is brought in.
            let is_active = session.selection.camera == Some(camera);
            if is_active && memory.active != Some(camera) {
                ui.scroll_to_rect(place.rect, None);
            }
        }
        memory.active = session.selection.camera;
    };
    if layout::size_for(room.size(), cameras.len(), maximised.is_some()).y <= room.height() {
        panes(ui, room);
        return found;
    }
    // The wheel zooms pictures, so only the bar scrolls.
    let inside = UiBuilder::new().max_rect(room);
    ui.scope_builder(inside, |ui| {
        let area = ScrollArea::vertical().id_salt("views").scroll_source(ScrollSource::SCROLL_BAR).auto_shrink(false);
        area.show(ui, |ui| {
            let size = layout::size_for(ui.available_size(), cameras.len(), false);
            let (rect, _) = ui.allocate_exact_size(size, egui::Sense::hover());
            panes(ui, rect);
        });
    });
    found
}

impl GridMemory {
    /// Another recording's views are no views of this one.
    fn forget_others(&mut self, session: &Session) {
        let is_same = self.owner.as_ref().is_some_and(|(path, id)| *id == session.info.id && *path == session.path);
        if !is_same {
            *self = Self {
                owner: Some((session.path.clone(), session.info.id)),
                hide_overlays: self.hide_overlays,
                drags_draw: self.drags_draw,
                own_dots: self.own_dots,
                ..Self::default()
            };
        }
        if !session.grid.linked_zoom {
            self.linked_factor = None;
        }
    }
}

#[cfg(test)]
mod tests;
