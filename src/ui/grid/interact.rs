//! The pointer in a view: which dot it is at, what a click, a drag, the wheel and the menu ask for.

use egui::{Modifiers, PointerButton, Pos2, Rect, Response, Role, Sense, Ui, Vec2, WidgetInfo};

use super::pane::{Pane, Sight};
use super::scene::{Mark, Scene};
use super::sight;
use super::{GridClick, GridDrag, GridMemory, GridResponse, GridUse};
use crate::app::session::Session;
use crate::app::view::Viewport;
use crate::app::{Command, Page};
use crate::jobs::labelling::Act;
use crate::model::{CameraId, CentroidNumber, KeypointId, Point2};
use crate::ui::ctx::ViewCtx;

/// The wheel has to turn so far for a zoom by e, in points.
const WHEEL_POINTS: f64 = 240.0;

/// Side of the place that a dot takes for those who find it by its name, in points.
const NODE_SIDE: f32 = 12.0;

/// Where the menu was opened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct MenuPlace {
    camera: CameraId,
    frame: u32,
    point_in_image: Point2,
    dot: Option<CentroidNumber>,
    keypoint: Option<KeypointId>,
}

/// A pane as the pointer finds it.
pub(super) struct At<'a> {
    pub pane: &'a Pane,
    pub seen: &'a Sight,
    pub scene: &'a Scene,
    /// The picture's place, without the header.
    pub picture: Rect,
}

/// What a click on a mark means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Meaning {
    /// Nothing but that the view becomes the active one.
    Nothing,
    /// The selected keypoint is this dot.
    Pick(CentroidNumber),
    /// The keypoint of the mark becomes the selected one.
    Select(KeypointId),
}

/// What a plain or shifted click on `mark` means. Seed frames are labelled from nothing, so every click labels there; in
/// review most dots have a keypoint already, so a click on one selects that, and Shift takes the dot away from it.
pub(super) fn meaning(grid_use: GridUse, page: Page, selected: KeypointId, mark: &Mark, shift: bool) -> Meaning {
    let labels = grid_use == GridUse::Label && matches!(page, Page::Seeds | Page::Review);
    let always = page == Page::Seeds || shift;
    let holder = mark.named.iter().map(|named| named.keypoint).find(|keypoint| *keypoint != selected);
    match (mark.number, holder) {
        _ if grid_use == GridUse::Detect => Meaning::Nothing,
        (Some(_), _) if mark.is(selected) => Meaning::Nothing,
        (Some(number), None) if labels => Meaning::Pick(number),
        (Some(number), Some(_)) if labels && always => Meaning::Pick(number),
        (_, Some(keypoint)) => Meaning::Select(keypoint),
        _ => Meaning::Nothing,
    }
}

impl At<'_> {
    pub(super) fn ui(
        &self,
        ui: &mut Ui,
        ctx: &ViewCtx<'_>,
        session: &Session,
        memory: &mut GridMemory,
        response: &Response,
        found: &mut GridResponse,
    ) {
        let camera = self.pane.camera;
        let pointer = response.hover_pos().filter(|at| self.picture.contains(*at));
        let mark = pointer.filter(|_| self.seen.is_current).and_then(|at| self.scene.nearest(at));
        if response.hovered() {
            ctx.hover_view(camera, mark.and_then(|mark| mark.number));
            if let Some(keypoint) = mark.and_then(|mark| mark.keypoint().or(mark.proposed.map(|of| of.keypoint))) {
                ctx.hover_keypoint(keypoint);
            }
            if let Some(at) = pointer {
                found.hovered = Some(self.click(at, mark, Modifiers::NONE));
                self.wheel(ui, ctx, session, memory, at);
            }
        }
        self.drag(ui, ctx, session, memory, response, found);
        self.clicks(ui, ctx, session, response, mark, found);
        self.nodes(ui, ctx, session, found);
        self.menu(ctx, session, memory, response, mark, pointer);
        if let Some(mark) = mark.filter(|_| self.pane.grid_use != GridUse::Detect) {
            let words = tooltip(ctx, session, self.pane, mark);
            response.clone().on_hover_ui_at_pointer(|ui| {
                words.into_iter().for_each(|line| drop(ui.label(line)));
            });
        }
    }

    fn click(&self, at: Pos2, mark: Option<&Mark>, modifiers: Modifiers) -> GridClick {
        GridClick {
            camera: self.pane.camera,
            point_in_image: self.seen.map.image_from_screen(at),
            dot: mark.and_then(|mark| mark.number),
            modifiers,
        }
    }

    fn activate(&self, ctx: &ViewCtx<'_>, session: &Session) {
        if session.selection.camera != Some(self.pane.camera) {
            ctx.send(Command::SelectView(Some(self.pane.camera)));
        }
    }

    fn clicks(
        &self,
        ui: &Ui,
        ctx: &ViewCtx<'_>,
        session: &Session,
        response: &Response,
        mark: Option<&Mark>,
        found: &mut GridResponse,
    ) {
        let camera = self.pane.camera;
        let is_detect = self.pane.grid_use == GridUse::Detect;
        if response.secondary_clicked() {
            self.activate(ctx, session);
        }
        if response.double_clicked() && (mark.is_none() || self.pane.is_strip) && !is_detect {
            let is_large = session.grid.maximised == Some(camera);
            ctx.send(Command::Maximise((!is_large).then_some(camera)));
            return;
        }
        // The second click of a double one would label the next keypoint with the same dot.
        if !response.clicked() || response.double_clicked() || response.triple_clicked() {
            return;
        }
        self.activate(ctx, session);
        let inside = response.interact_pointer_pos().filter(|at| self.picture.contains(*at));
        let takes = self.seen.is_current && !self.pane.is_strip && self.pane.has_marks(session);
        let Some(at) = inside.filter(|_| takes) else { return };
        let modifiers = ui.input(|input| input.modifiers);
        if is_detect {
            found.clicks.push(self.click(at, mark, modifiers));
        } else if (modifiers.alt || session.placing_freely) && self.pane.grid_use == GridUse::Label {
            ctx.send(Command::PlaceFree(camera, self.seen.map.image_from_screen(at)));
        } else if let Some(mark) = mark {
            self.click_mark(ctx, session, mark, modifiers.shift);
        }
    }

    fn click_mark(&self, ctx: &ViewCtx<'_>, session: &Session, mark: &Mark, shift: bool) {
        match meaning(self.pane.grid_use, ctx.state.page, session.selection.keypoint, mark, shift) {
            Meaning::Pick(number) => ctx.send(Command::PickDot(self.pane.camera, number)),
            Meaning::Select(keypoint) => ctx.send(Command::SelectKeypoint(keypoint)),
            Meaning::Nothing => {}
        }
    }

    /// A node for every dot, so that it can be found and clicked by its name.
    fn nodes(&self, ui: &Ui, ctx: &ViewCtx<'_>, session: &Session, found: &mut GridResponse) {
        let camera = self.pane.camera;
        let base = ui.scope_id().with(("dot", camera.0));
        for mark in &self.scene.marks {
            let Some(CentroidNumber(number)) = mark.number.filter(|_| self.picture.contains(mark.at)) else { continue };
            let id = base.with(number);
            let place = Rect::from_center_size(mark.at, Vec2::splat(NODE_SIDE));
            // It only hovers: the pane takes the clicks, which go to the nearest dot.
            let response = ui.interact(place, id, Sense::hover());
            response.widget_info(|| {
                WidgetInfo::labeled(Role::Button, self.seen.is_current, mark_name(session, self.pane, mark))
            });
            ui.ctx().accesskit_node_builder(id, |node| node.add_action(egui::accesskit::Action::Click));
            let is_asked = ui.input(|input| input.has_accesskit_action_request(id, egui::accesskit::Action::Click));
            if is_asked && self.seen.is_current {
                self.activate(ctx, session);
                if self.pane.grid_use == GridUse::Detect {
                    found.clicks.push(self.click(mark.at, Some(mark), Modifiers::NONE));
                } else {
                    self.click_mark(ctx, session, mark, false);
                }
            }
        }
    }

    fn wheel(&self, ui: &Ui, ctx: &ViewCtx<'_>, session: &Session, memory: &mut GridMemory, at: Pos2) {
        if self.pane.is_strip {
            return;
        }
        let (turned, pinched) = ui.input(|input| (input.smooth_scroll_delta().y, input.zoom_delta()));
        let factor = (f64::from(turned) / WHEEL_POINTS).exp() * f64::from(pinched);
        if (factor - 1.0).abs() < 1e-6 {
            return;
        }
        if session.grid.linked_zoom {
            let old = memory.linked_factor.unwrap_or(1.0);
            memory.linked_factor = Some((old * factor).clamp(0.2, 8.0));
            ui.ctx().request_repaint();
        } else {
            let offset = at - self.picture.center();
            self.set(ctx, self.seen.wanted.zoomed(factor, [f64::from(offset.x), f64::from(offset.y)]));
        }
    }

    fn set(&self, ctx: &ViewCtx<'_>, viewport: Viewport) {
        ctx.send(Command::SetViewport(self.pane.camera, Some(viewport)));
    }

    fn drag(
        &self,
        ui: &Ui,
        ctx: &ViewCtx<'_>,
        session: &Session,
        memory: &mut GridMemory,
        response: &Response,
        found: &mut GridResponse,
    ) {
        if self.pane.is_strip {
            return;
        }
        let draws = memory.drags_draw && self.pane.grid_use == GridUse::Detect;
        let primary = PointerButton::Primary;
        if draws && (response.dragged_by(primary) || response.drag_stopped_by(primary)) {
            let origin = ui.input(|input| input.pointer.press_origin());
            let from = origin.or_else(|| Some(response.interact_pointer_pos()? - response.total_drag_delta()?));
            if let (Some(from), Some(to), true) = (from, response.interact_pointer_pos(), self.seen.is_current) {
                found.drag = Some(GridDrag {
                    camera: self.pane.camera,
                    from_in_image: self.seen.map.image_from_screen(from),
                    to_in_image: self.seen.map.image_from_screen(to),
                    is_done: response.drag_stopped_by(primary),
                });
            }
            return;
        }
        let moves = response.dragged_by(PointerButton::Middle) || (!draws && response.dragged_by(primary));
        let by = response.drag_delta();
        if !moves || by == Vec2::ZERO {
            return;
        }
        let by = [f64::from(by.x), f64::from(by.y)];
        if session.grid.linked_zoom {
            let pane = memory.panes.entry(self.pane.camera).or_default();
            pane.linked = pane.linked.map(|old| sight::Linked { viewport: old.viewport.panned(by), ..old });
        } else {
            self.set(ctx, self.seen.wanted.panned(by));
        }
    }

    fn menu(
        &self,
        ctx: &ViewCtx<'_>,
        session: &Session,
        memory: &mut GridMemory,
        response: &Response,
        mark: Option<&Mark>,
        pointer: Option<Pos2>,
    ) {
        let is_pages = self.pane.grid_use == GridUse::Detect && memory.own_dots;
        if matches!(self.pane.grid_use, GridUse::Look | GridUse::Watch)
            || is_pages
            || self.pane.is_strip
            || !self.pane.has_marks(session)
        {
            return;
        }
        if let (true, Some(at)) = (response.secondary_clicked(), pointer) {
            memory.menu = Some(MenuPlace {
                camera: self.pane.camera,
                frame: self.seen.frame,
                point_in_image: self.seen.map.image_from_screen(at),
                dot: mark.and_then(|mark| mark.number),
                keypoint: mark.and_then(Mark::keypoint),
            });
        }
        // A menu for another frame than the shown one would edit the wrong frame.
        let place = memory.menu.filter(|menu| menu.camera == self.pane.camera && menu.frame == session.cursor.frame);
        if let Some(place) = place.filter(|_| self.seen.is_current) {
            response.context_menu(|ui| menu_ui(ui, ctx, session, self.pane.grid_use, place));
        }
    }
}

fn menu_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, grid_use: GridUse, place: MenuPlace) {
    let camera = place.camera;
    let name = session.camera_name(camera);
    if grid_use == GridUse::Label {
        match place.dot {
            Some(number) => {
                ui.menu_button(format!("Label dot {} as", number.0), |ui| {
                    regions_ui(ui, ctx, session, Command::PickDot(camera, number));
                });
            }
            None => {
                ui.menu_button("Label this place as", |ui| {
                    regions_ui(ui, ctx, session, Command::PlaceFree(camera, place.point_in_image));
                });
            }
        }
        ui.separator();
        let keypoint = place.keypoint.unwrap_or(session.selection.keypoint);
        let word = session.skeleton.name_of(keypoint);
        let on_keypoint = |command: Command| {
            ctx.send(Command::SelectKeypoint(keypoint));
            ctx.send(command);
        };
        if ui.button(format!("{word} is not visible in {name}")).clicked() {
            on_keypoint(Command::NotVisible(camera));
        }
        if ui.button(format!("Clear {word} in {name}")).clicked() {
            on_keypoint(Command::ClearLabel(camera));
        }
        if let Some(mirror) = session.skeleton.keypoints[keypoint.index()].pair {
            let mirror = session.skeleton.name_of(mirror);
            if ui.button(format!("Swap {word} and {mirror} in {name}")).clicked() {
                on_keypoint(Command::SwapSides { camera: Some(camera), frames: None });
            }
        }
        ui.separator();
    }
    match place.dot {
        Some(number) => {
            if ui.button(format!("Delete dot {}", number.0)).clicked() {
                ctx.send(Command::Edit(Act::DeleteCentroid { frame: place.frame, camera, number }));
            }
        }
        None => {
            if ui.button("Add a dot here").clicked() {
                ctx.send(Command::AddDot(camera, place.point_in_image));
            }
        }
    }
    if session.grid.viewports.contains_key(&camera) && ui.button(format!("Show the animal in {name}")).clicked() {
        ctx.send(Command::SetViewport(camera, None));
    }
}

/// All keypoints by region; choosing one selects it and sends `then`.
fn regions_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, then: Command) {
    for region in &session.skeleton.regions {
        ui.menu_button(region.name.as_str(), |ui| {
            for keypoint in &region.keypoints {
                if ui.button(session.skeleton.name_of(*keypoint)).clicked() {
                    ctx.send(Command::SelectKeypoint(*keypoint));
                    ctx.send(then.clone());
                }
            }
        });
    }
}

/// What a dot is called by those who find it by name: "dot 7 in cam2, hindpaw_R".
fn mark_name(session: &Session, pane: &Pane, mark: &Mark) -> String {
    let number = mark.number.map_or(0, |number| number.0);
    let mut name = format!("dot {number} in {}", session.camera_name(pane.camera));
    for named in &mark.named {
        name += ", ";
        name += session.skeleton.name_of(named.keypoint);
    }
    name
}

/// What is known of a mark, and what a click does.
fn tooltip(ctx: &ViewCtx<'_>, session: &Session, pane: &Pane, mark: &Mark) -> Vec<String> {
    let mut lines = Vec::new();
    let selected = session.skeleton.name_of(session.selection.keypoint);
    if let Some(number) = mark.number {
        lines.push(match mark.named.is_empty() {
            true => format!("Dot {}, free", number.0),
            false => format!("Dot {}", number.0),
        });
    }
    if let Some(view) = session.view() {
        for named in &mark.named {
            let name = session.skeleton.name_of(named.keypoint);
            let who = view.labels.get(pane.camera, named.keypoint).map(|label| match &label.provenance.annotator {
                Some(annotator) => format!("labelled by {annotator}"),
                None => match label.provenance.run {
                    Some(run) => format!("{}, run {}", label.source().as_str(), run.0),
                    None => label.source().as_str().to_owned(),
                },
            });
            let residual = view.residuals_px.get(pane.camera, named.keypoint).map(|px| format!("{px:.1} px"));
            let parts = [Some(name.to_owned()), who, residual];
            lines.push(parts.into_iter().flatten().collect::<Vec<_>>().join(", "));
        }
    }
    if let Some(proposed) = mark.proposed {
        lines.push(format!("Proposed as {}", session.skeleton.name_of(proposed.keypoint)));
    }
    match meaning(pane.grid_use, ctx.state.page, session.selection.keypoint, mark, false) {
        Meaning::Pick(_) => lines.push(format!("Click: this is {selected}")),
        Meaning::Select(keypoint) => {
            lines.push(format!("Click: select {}", session.skeleton.name_of(keypoint)));
            if mark.number.is_some() && pane.grid_use == GridUse::Label {
                lines.push(format!("Shift click or type its number: this is {selected}"));
            }
        }
        Meaning::Nothing => {}
    }
    lines
}
