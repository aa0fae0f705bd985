//! One view: header, picture, what lies over it, and why there is no picture.

use egui::{Painter, Rect, Sense, Stroke, StrokeKind, Ui, UiBuilder, pos2};

use super::overlay::{self, Show};
use super::scene::Scene;
use super::sight::{self, PaneMap};
use super::{GridMemory, GridResponse, GridUse, PaneHook, PaneMemory, header, interact};
use crate::app::command::Browse;
use crate::app::session::Session;
use crate::app::view::Viewport;
use crate::app::{Command, Page};
use crate::jobs::frames::PictureSpec;
use crate::jobs::labelling::FrameView;
use crate::model::{CameraId, Crop, Point2};
use crate::ui::ctx::ViewCtx;
use crate::ui::theme::{self, Appearance, Weight, mono};
use crate::ui::widgets::empty_state;

/// A picture of a view that moves is asked for this often, seconds.
const ASK_EVERY_SECS: f64 = 0.05;

/// One view of the grid.
pub(super) struct Pane {
    pub camera: CameraId,
    pub rect: Rect,
    pub is_strip: bool,
    pub grid_use: GridUse,
}

/// What a pane shows, worked out before anything is painted.
pub(super) struct Sight {
    /// The frame that is shown: that of the picture.
    pub frame: u32,
    /// Whether clicks are about the shown frame.
    pub is_current: bool,
    /// What would be shown with the wanted picture: zooming goes on from it.
    pub wanted: Viewport,
    /// Where image points lie now.
    pub map: PaneMap,
}

impl Pane {
    pub(super) fn ui(
        &self,
        ui: &mut Ui,
        ctx: &ViewCtx<'_>,
        session: &Session,
        memory: &mut GridMemory,
        hook: &mut dyn FnMut(&PaneHook<'_>),
        found: &mut GridResponse,
    ) {
        let header =
            Rect::from_min_max(self.rect.min, pos2(self.rect.right(), self.rect.top() + ctx.theme.size.pane_header));
        let picture = Rect::from_min_max(pos2(self.rect.left(), header.bottom()), self.rect.max);
        if picture.height() < 1.0 || picture.width() < 1.0 {
            return;
        }
        let response = ui.interact(self.rect, ui.scope_id().with(("view", self.camera.0)), Sense::click_and_drag());
        response.widget_info(|| {
            egui::WidgetInfo::labeled(egui::Role::Image, true, format!("View {}", session.camera_name(self.camera)))
        });
        let painter = ui.painter().with_clip_rect(picture.intersect(ui.clip_rect()));
        painter.rect_filled(picture, 0, ctx.theme.on_image.mat);
        let seen = self.look(ui, ctx, session, memory, picture);
        self.paint_picture(ctx, session, &painter, &seen.map);
        let scene = self.scene(ctx, session, memory, &seen);
        let pane_memory = memory.panes.entry(self.camera).or_default();
        let is_hidden = memory.hide_overlays || ctx.held.hide_overlays;
        if !is_hidden {
            if !(self.grid_use == GridUse::Detect && memory.own_dots) {
                let show = self.show(ctx, session);
                overlay::paint(&painter, &scene, &show, &mut pane_memory.pills, picture);
            }
            let pane = PaneHook {
                camera: self.camera,
                painter: &painter,
                map: seen.map,
                frame: seen.frame,
                is_current: seen.is_current,
            };
            hook(&pane);
        }
        let at = interact::At { pane: self, seen: &seen, scene: &scene, picture };
        at.ui(ui, ctx, session, memory, &response, found);
        self.paint_typing(ctx, session, &painter, picture);
        self.missing_ui(ui, ctx, session, picture);
        let badge = header::badge_of(ctx, session, self.grid_use, self.camera);
        header::ui(ui, ctx, session, self.camera, &badge, header);
        self.paint_outline(ui, ctx, session);
    }

    /// Decides which frame and which part of it is shown, and asks for its picture.
    fn look(&self, ui: &Ui, ctx: &ViewCtx<'_>, session: &Session, memory: &mut GridMemory, picture: Rect) -> Sight {
        let shown_frame = session.cursor.frame;
        let last = session.cursor.frame_count.saturating_sub(1);
        let blink = ctx.held.blink.unwrap_or(0);
        let frame = (i64::from(shown_frame) + blink).clamp(0, i64::from(last)) as u32;
        let wanted = self.wanted(session, memory, picture);
        let pane_memory = memory.panes.entry(self.camera).or_default();
        let spec = sight::spec_of(self.camera, frame, session.channels.look(), &wanted, picture, ui.pixels_per_point());
        self.ask(ui, ctx, pane_memory, spec);
        let is_unreadable = session.unreadable.contains_key(&(self.camera, frame));
        let there =
            ctx.pictures.of(self.camera).filter(|_| !is_unreadable && session.why_no_picture(self.camera).is_none());
        let frame_there = there.map_or(frame, |shown| shown.spec.frame);
        // The old picture stays where it is until the new one is there: both move together.
        let viewport = match pane_memory.painted {
            Some(painted) if frame_there != frame && !self.is_zoomed_by_hand(session) => painted,
            _ => wanted,
        };
        pane_memory.painted = Some(viewport);
        Sight {
            frame: frame_there,
            is_current: frame_there == shown_frame,
            wanted,
            map: PaneMap { rect: picture, viewport },
        }
    }

    fn is_zoomed_by_hand(&self, session: &Session) -> bool {
        session.grid.viewports.contains_key(&self.camera)
    }

    /// What the view should show: the linked keypoint, what somebody set, the animal, or everything.
    fn wanted(&self, session: &Session, memory: &mut GridMemory, picture: Rect) -> Viewport {
        let pane = [f64::from(picture.width()), f64::from(picture.height())];
        let image = session.info.cameras.get(self.camera.index()).map_or([1, 1], |camera| camera.size_px);
        let linked_factor = memory.linked_factor.unwrap_or(1.0);
        let pane_memory = memory.panes.entry(self.camera).or_default();
        // While one blinks, the shown frame's crop is followed all the same: nothing but the animal should move.
        let crop = session.view().and_then(|view| crop_of(view, self.camera));
        let fitted = sight::follow(pane_memory.fitted, crop, session.grid.follow_crop, image, pane);
        pane_memory.fitted = Some(fitted);
        if session.grid.linked_zoom {
            let keypoint = session.selection.keypoint;
            let scale = fitted.viewport.points_per_px * sight::LINKED_ZOOM * linked_factor;
            pane_memory.linked = self
                .linked_point(session)
                .map(|point| sight::linked(pane_memory.linked, keypoint, point, scale, pane))
                .or(pane_memory.linked.filter(|held| held.keypoint == keypoint));
            // A view that knows nothing of the keypoint shows the animal.
            let viewport = pane_memory.linked.map_or(fitted.viewport, |held| held.viewport);
            return sight::limited(viewport, image, pane);
        }
        pane_memory.linked = None;
        match session.grid.viewports.get(&self.camera) {
            Some(viewport) if !self.is_strip => sight::limited(*viewport, image, pane),
            _ => fitted.viewport,
        }
    }

    /// Where the selected keypoint is in this view: its label, else where the other views or the run's point say.
    fn linked_point(&self, session: &Session) -> Option<Point2> {
        let view = session.view()?;
        let keypoint = session.selection.keypoint;
        if let Some(point) = view.labels.point_in_image(self.camera, keypoint) {
            return Some(point);
        }
        let insight = session.insight()?;
        let proposed = insight.proposal_in(self.camera).and_then(|proposal| proposal.placement.point_in_image());
        let ghost = || {
            let seen = insight.assist.views.iter().find(|seen| seen.camera == self.camera)?;
            seen.ghost.filter(|ghost| ghost.is_inside).map(|ghost| ghost.point_in_image)
        };
        proposed.or_else(ghost)
    }

    /// Asks for a picture; while the view moves, only now and then.
    fn ask(&self, ui: &Ui, ctx: &ViewCtx<'_>, memory: &mut PaneMemory, spec: PictureSpec) {
        let now = ctx.state.now_secs;
        let moves_only = |old: &PictureSpec| {
            old.frame == spec.frame && old.look == spec.look && old.size_px == spec.size_px && old.region != spec.region
        };
        match memory.asked {
            Some((old, at)) if moves_only(&old) && (0.0..ASK_EVERY_SECS).contains(&(now - at)) => {
                ctx.want(old);
                ui.ctx().request_repaint_after(std::time::Duration::from_secs_f64(ASK_EVERY_SECS));
            }
            Some((old, _)) if old == spec => ctx.want(spec),
            _ => {
                memory.asked = Some((spec, now));
                ctx.want(spec);
            }
        }
    }

    fn paint_picture(&self, ctx: &ViewCtx<'_>, session: &Session, painter: &Painter, map: &PaneMap) {
        let is_unreadable = session.unreadable.contains_key(&(self.camera, session.cursor.frame));
        if session.why_no_picture(self.camera).is_some() || is_unreadable {
            return;
        }
        if let Some(shown) = ctx.pictures.of(self.camera) {
            let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            painter.image(shown.texture(), map.rect_on_screen(&shown.region), whole, theme::UNTINTED);
        }
    }

    fn scene(&self, ctx: &ViewCtx<'_>, session: &Session, memory: &GridMemory, seen: &Sight) -> Scene {
        let Some(view) = session.views.get(seen.frame).filter(|_| self.has_marks(session)) else {
            return Scene::default();
        };
        match self.grid_use {
            GridUse::Watch => Scene::default(),
            GridUse::Detect if memory.own_dots => Scene::default(),
            GridUse::Detect => Scene::of_dots(view, self.camera, &seen.map),
            GridUse::Label | GridUse::Look => {
                let mut scene = Scene::of_labels(session, view, self.camera, &seen.map);
                let is_labelling = matches!(ctx.state.page, Page::Seeds | Page::Review);
                if let (Some(insight), true, true) = (session.insight(), seen.is_current, is_labelling) {
                    scene.add_help(&insight.proposals, &insight.assist, self.camera, &seen.map);
                }
                scene
            }
        }
    }

    fn show<'a>(&self, ctx: &ViewCtx<'a>, session: &Session) -> Show<'a> {
        Show {
            camera: self.camera,
            look: ctx.look,
            selected: (self.grid_use != GridUse::Detect).then_some(session.selection.keypoint),
            hover: ctx.hover,
            marks_human: ctx.state.page != Page::Seeds,
            with_pills: !self.is_strip,
        }
    }

    /// The number as it is typed.
    fn paint_typing(&self, ctx: &ViewCtx<'_>, session: &Session, painter: &Painter, picture: Rect) {
        let Some(typing) = session.typing.as_ref().filter(|typing| typing.camera == self.camera) else { return };
        let palette = ctx.theme.palette(Appearance::Dark);
        let font = mono(Weight::Strong, ctx.theme.font.figure);
        let galley = painter.layout_no_wrap(typing.digits.clone(), font, palette.on_accent);
        let at = picture.left_top() + egui::vec2(8.0, 8.0);
        let ground = Rect::from_min_size(at, galley.size() + egui::vec2(16.0, 4.0));
        painter.rect_filled(ground, ctx.theme.radius.control, palette.accent);
        painter.galley(at + egui::vec2(8.0, 2.0), galley, palette.on_accent);
    }

    /// What stands in place of a picture that ought to be there, and whether its file can be looked for.
    fn missing(&self, session: &Session) -> Option<(String, bool)> {
        let frame = session.cursor.frame;
        let why = session.why_no_picture(self.camera).filter(|_| !self.never_had_one(session));
        let unreadable = session.unreadable.contains_key(&(self.camera, frame));
        why.map(|why| (why.to_owned(), true)).or(unreadable.then(|| (format!("Frame {frame} cannot be read"), false)))
    }

    /// Whether the recording has labels alone in this view, so that nothing is amiss.
    fn never_had_one(&self, session: &Session) -> bool {
        let broken = session.broken_views.keys().any(|(camera, _)| *camera == self.camera);
        session.recording.is_some() && session.why_no_picture(self.camera).is_some() && !broken
    }

    /// Whether labels are shown and can be changed here: not while words stand in place of the picture.
    pub(super) fn has_marks(&self, session: &Session) -> bool {
        self.missing(session).is_none()
    }

    /// Says why there is no picture, and what to do.
    fn missing_ui(&self, ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, picture: Rect) {
        let Some((sentence, can_find)) = self.missing(session) else { return };
        let builder = UiBuilder::new().max_rect(picture).id_salt(("missing", self.camera.0));
        ui.scope_builder(builder, |ui| {
            ui.set_clip_rect(picture.intersect(ui.clip_rect()));
            // Pictures stay on black in the light appearance too, and what stands in their place as well.
            ui.set_style(ui.ctx().style_of(egui::Theme::Dark));
            let step = (can_find && !self.is_strip).then_some(("Find it…", ""));
            if empty_state(ui, &sentence, step).is_some_and(|button| button.clicked()) {
                ctx.send(Command::Browse(Browse::MovedRecording));
            }
        });
    }

    fn paint_outline(&self, ui: &Ui, ctx: &ViewCtx<'_>, session: &Session) {
        if session.selection.camera == Some(self.camera) {
            let stroke = Stroke::new(ctx.theme.stroke.selection, ctx.theme.palette(Appearance::Dark).accent);
            ui.painter().rect_stroke(self.rect, 0, stroke, StrokeKind::Inside);
        }
    }
}

fn crop_of(view: &FrameView, camera: CameraId) -> Option<Crop> {
    view.views.get(camera.index())?.as_ref()?.crop
}
