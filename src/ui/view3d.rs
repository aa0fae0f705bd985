//! The 3D view: the skeleton of the shown frame over a floor of known size, among the cameras, with the selected keypoint's
//! trail and, where a table was loaded, the true points beside. Painted line by line, far to near; no graphics card needed.

mod orbit;

mod scene;

use std::f64::consts::FRAC_PI_2;

use egui::{
    Align, Align2, Color32, Layout, Painter, PointerButton, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo,
    pos2, vec2,
};

use super::ctx::ViewCtx;
use super::icons::{Icon, icon_button};
use super::marks::{glyph, paint_glyph};
use super::theme::{self, Palette, Weight, mono, sans};
use super::widgets::{ActionButton, chip};
use crate::app::Command;
use crate::app::command::Browse;
use crate::app::session::Session;
use crate::model::KeypointId;
use orbit::{Lens, Level, Orbit, Vector, distance_for};
use scene::Rig;

/// What the 3D view remembers between frames.
pub(super) struct View3dMemory {
    rig: Option<Rig>,
    orbit: Option<Orbit>,
    /// Whether the eye goes along with the animal.
    follow: bool,
    /// Where the animal was when the eye was moved along last.
    followed: Option<Vector>,
    /// Whether the person chose how near the eye is: then nothing else does.
    is_own_distance: bool,
    /// The floor's height, and the revision of the points that it was found from.
    floor: Option<(Option<u64>, f64)>,
}

impl Default for View3dMemory {
    fn default() -> Self {
        Self { rig: None, orbit: None, follow: true, followed: None, is_own_distance: false, floor: None }
    }
}

impl View3dMemory {
    /// Forgets another recording's cameras and where one stood.
    pub(super) fn forget(&mut self) {
        *self = Self { follow: self.follow, ..Self::default() };
    }
}

/// Where the eye can be put at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stand {
    Animal,
    Cameras,
    Top,
    Front,
    Side,
}

impl Stand {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Animal, "Animal"),
        (Self::Cameras, "Cameras"),
        (Self::Top, "Top"),
        (Self::Front, "Front"),
        (Self::Side, "Side"),
    ];
}

/// Least radius of what is shown round an animal, mm.
const LEAST_RADIUS_MM: f64 = 40.0;

/// Draws the view into the room that is left.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, memory: &mut View3dMemory) {
    let points = scene::points_mm(session);
    let animal = scene::extent(points.iter().flatten().copied());
    let rig = memory.rig.get_or_insert_with(|| Rig::of(session));
    let level = rig.level;
    let mut orbit = memory.orbit.unwrap_or_else(|| stand(Stand::Animal, animal, rig, None));
    let asked = head_ui(ui, ctx, session, &mut memory.follow);
    if let Some(asked) = asked {
        orbit = stand(asked, animal, rig, Some(orbit));
        memory.is_own_distance = asked == Stand::Cameras;
    }
    if let Some((middle, _)) = animal {
        if memory.orbit.is_none() {
            memory.followed = Some(middle);
        }
        if let Some(before) = memory.followed.filter(|_| memory.follow && asked.is_none()) {
            orbit.target += middle - before;
        }
        memory.followed = Some(middle);
    }
    let truth = scene::truth_mm(session);
    let list_width = if truth.is_some() { 156.0 } else { 0.0 };
    let whole = ui.available_rect_before_wrap();
    let room = Rect::from_min_max(whole.min, pos2(whole.right() - list_width, whole.bottom()));
    let response = ui.interact(room, ui.make_persistent_id("3D view"), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "Skeleton in 3D"));
    let lens_of = |orbit: &Orbit| {
        let centre = [f64::from(room.center().x), f64::from(room.center().y)];
        orbit.lens(&level, centre, f64::from(room.height().min(room.width() * 0.8)))
    };
    memory.is_own_distance |= move_eye(ui, &response, &mut orbit, lens_of);
    let is_new = asked.is_some() || memory.orbit.is_none();
    if (memory.follow || is_new) && !memory.is_own_distance {
        fit(&mut orbit, &points, room.shrink(FIT_MARGIN), lens_of);
    }
    let lens = lens_of(&orbit);
    // Until an animal is there, every new frame may choose where to stand.
    memory.orbit = (animal.is_some() || asked.is_some() || response.dragged()).then_some(orbit);

    let series = session.series.loaded.as_ref();
    let revision = series.map(|series| series.revision);
    let floor = match memory.floor {
        Some((of, floor)) if of == revision && revision.is_some() => floor,
        _ => scene::floor_mm(series, points.len(), &points, level.up),
    };
    memory.floor = Some((revision, floor));

    let painter = ui.painter().with_clip_rect(room);
    let palette = theme::palette(ui);
    painter.rect_filled(room, 0, palette.window);
    let step = scene::grid_step_mm(orbit.distance_mm);
    paint_floor(&painter, palette, &lens, &level, orbit.target, floor, step);
    if let Some(rig) = &memory.rig {
        paint_cameras(ui, &painter, ctx, &lens, rig);
    }
    if let Some(series) = series {
        let trail = scene::trail(series, session.selection.keypoint, session.cursor.frame);
        let colour = keypoint_colour(ui, ctx, session.selection.keypoint);
        paint_trail(&painter, &lens, &trail, colour);
    }
    if let Some(truth) = &truth {
        paint_truth(&painter, palette, ctx, session, &lens, truth);
    }
    let seen = paint_skeleton(ui, &painter, ctx, session, &lens, &points);
    pick_ui(ctx, session, &response, &seen);
    let font = sans(Weight::Regular, ctx.theme.font.caption);
    let words = format!("squares of {step} mm");
    let corner = room.left_bottom() + vec2(ctx.theme.space.panel_padding, -8.0);
    painter.text(corner, Align2::LEFT_BOTTOM, words, font.clone(), palette.text_tertiary);
    if animal.is_none() {
        let words = "No points in this frame";
        painter.text(room.center(), Align2::CENTER_CENTER, words, font, palette.text_secondary);
    }
    if let Some(truth) = &truth {
        let list = Rect::from_min_max(pos2(room.right(), whole.top()), whole.max);
        truth_ui(ui, ctx, session, list, &points, truth);
    }
    ui.allocate_rect(whole, Sense::hover());
}

/// The button of the truth has words where the row is so wide, points.
const ROOM_FOR_WORDS: f32 = 520.0;

/// The row of buttons; says where to stand, if asked.
fn head_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, follow: &mut bool) -> Option<Stand> {
    let mut asked = None;
    let size = vec2(ui.available_width(), ctx.theme.size.tool_bar);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_size(size);
        ui.spacing_mut().item_spacing.x = ctx.theme.space.unit;
        ui.add_space(2.0 * ctx.theme.space.unit);
        let is_narrow = ui.available_width() < ROOM_FOR_WORDS;
        for (stand, words) in Stand::ALL {
            if ui.add(ActionButton::new(words)).on_hover_text("Look from here").clicked() {
                asked = Some(stand);
            }
        }
        ui.add_space(ctx.theme.space.unit);
        *follow ^= chip(ui, "Follow", *follow).on_hover_text("Go along with the animal").clicked();
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(2.0 * ctx.theme.space.unit);
            let words = if session.truth.is_some() { "Other truth…" } else { "Load truth…" };
            let button =
                if is_narrow { icon_button(ui, Icon::Folder, words, "") } else { ui.add(ActionButton::new(words)) };
            if button.on_hover_text("Show true points from a table (points3d.csv) beside").clicked() {
                ctx.send(Command::Browse(Browse::Truth));
            }
        });
    });
    asked
}

/// Where to stand.
fn stand(stand: Stand, animal: Option<(Vector, f64)>, rig: &Rig, now: Option<Orbit>) -> Orbit {
    // Nearer than fits: the eye then goes back until all is seen.
    let near = animal.map(|(middle, radius)| (middle, 0.4 * radius.max(LEAST_RADIUS_MM)));
    let all = rig.extent().map(|(middle, radius)| (near.map_or(middle, |(animal, _)| animal), 1.25 * radius));
    let (target, radius_mm) = match stand {
        Stand::Cameras => all.or(near),
        _ => near.or(all),
    }
    .unwrap_or((Vector::zeros(), 200.0));
    let distance_mm = match (stand, now) {
        // These only turn the eye.
        (Stand::Top | Stand::Front | Stand::Side, Some(now)) => now.distance_mm,
        _ => distance_for(radius_mm),
    };
    let (yaw, pitch) = match stand {
        Stand::Animal | Stand::Cameras => (-0.9, 0.5),
        Stand::Top => (-FRAC_PI_2, FRAC_PI_2),
        Stand::Front => (-FRAC_PI_2, 0.0),
        Stand::Side => (0.0, 0.0),
    };
    Orbit { target, yaw, pitch, distance_mm }
}

/// Room between the skeleton and the edges, for its signs and codes, points.
const FIT_MARGIN: f32 = 28.0;
/// One step of the eye away from an animal that does not fit, as a factor, and most steps.
const FIT_STEP: (f64, usize) = (0.94, 40);

/// Goes so far away that all points lie in `room`.
fn fit(orbit: &mut Orbit, points: &[Option<Vector>], room: Rect, lens_of: impl Fn(&Orbit) -> Lens) {
    for _ in 0..FIT_STEP.1 {
        let lens = lens_of(orbit);
        let is_inside = |point: &Vector| lens.project(*point).is_some_and(|seen| room.contains(screen(seen.at)));
        if !room.is_positive() || points.iter().flatten().all(is_inside) {
            return;
        }
        orbit.zoom(FIT_STEP.0);
    }
}

/// Dragging turns, with shift or the middle button it pans; the wheel comes nearer. Says whether the eye's distance or its
/// target was changed.
fn move_eye(ui: &Ui, response: &egui::Response, orbit: &mut Orbit, lens_of: impl Fn(&Orbit) -> Lens) -> bool {
    let by = response.drag_delta();
    let by = [f64::from(by.x), f64::from(by.y)];
    let shift = ui.input(|input| input.modifiers.shift);
    if response.dragged_by(PointerButton::Middle) || response.dragged_by(PointerButton::Primary) && shift {
        let lens = lens_of(orbit);
        orbit.pan(&lens, by);
        return true;
    } else if response.dragged_by(PointerButton::Primary) {
        orbit.turn(by);
    }
    if response.hovered() {
        let (scroll, pinch) = ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta()));
        let factor = f64::from((scroll.y / 200.0).exp() * pinch);
        orbit.zoom(factor);
        return factor != 1.0;
    }
    false
}

fn keypoint_colour(ui: &Ui, ctx: &ViewCtx<'_>, keypoint: KeypointId) -> Color32 {
    ctx.look.keypoint(keypoint).in_list(theme::appearance_of(ui))
}

fn screen(at: [f32; 2]) -> Pos2 {
    pos2(at[0], at[1])
}

/// So many squares on each side of the middle.
const SQUARES: i32 = 8;

fn paint_floor(
    painter: &Painter,
    palette: &Palette,
    lens: &Lens,
    level: &Level,
    target: Vector,
    floor: f64,
    step: f64,
) {
    let middle = |along: Vector| (target.dot(&along) / step).round();
    let (forth, across) = (middle(level.forth), middle(level.across));
    let at = |i: f64, j: f64| level.forth * (i * step) + level.across * (j * step) + level.up * floor;
    let reach = f64::from(SQUARES);
    for line in -SQUARES..=SQUARES {
        let line = f64::from(line);
        let lines = [
            (at(forth + line, across - reach), at(forth + line, across + reach)),
            (at(forth - reach, across + line), at(forth + reach, across + line)),
        ];
        for (from, to) in lines {
            if let Some([from, to]) = lens.segment(from, to) {
                painter.line_segment([screen(from.at), screen(to.at)], Stroke::new(1.0, palette.line));
            }
        }
    }
}

/// Length of a camera's pyramid as a share of the rig's radius.
const FRUSTUM: f64 = 0.12;

fn paint_cameras(ui: &Ui, painter: &Painter, ctx: &ViewCtx<'_>, lens: &Lens, rig: &Rig) {
    let palette = theme::palette(ui);
    let length = rig.extent().map_or(50.0, |(_, radius)| FRUSTUM * radius);
    let line = |from: Vector, to: Vector, colour: Color32| {
        if let Some([from, to]) = lens.segment(from, to) {
            painter.line_segment([screen(from.at), screen(to.at)], Stroke::new(1.2, colour));
        }
    };
    let active = ctx.session().and_then(|session| session.selection.camera.map(|id| session.camera_name(id)));
    for frustum in &rig.frusta {
        let is_active = active == Some(frustum.name.as_str());
        let colour = if is_active { palette.accent } else { palette.text_tertiary };
        let corners = frustum.corners.map(|corner| frustum.centre + corner * length);
        for (index, corner) in corners.iter().enumerate() {
            line(frustum.centre, *corner, colour);
            line(*corner, corners[(index + 1) % 4], colour);
        }
        if let Some(seen) = lens.project(frustum.centre) {
            let font = sans(Weight::Medium, ctx.theme.font.caption);
            painter.text(screen(seen.at) + vec2(0.0, -6.0), Align2::CENTER_BOTTOM, &frustum.name, font, colour);
        }
    }
}

/// The older, the fainter.
fn paint_trail(painter: &Painter, lens: &Lens, trail: &[Option<Vector>], colour: Color32) {
    for (index, pair) in trail.windows(2).enumerate() {
        let [Some(from), Some(to)] = pair else { continue };
        let share = (index + 1) as f32 / trail.len() as f32;
        if let Some([from, to]) = lens.segment(*from, *to) {
            let stroke = Stroke::new(1.5, colour.gamma_multiply(0.15 + 0.7 * share));
            painter.line_segment([screen(from.at), screen(to.at)], stroke);
        }
    }
}

/// A thin dashed skeleton.
fn paint_truth(
    painter: &Painter,
    palette: &Palette,
    ctx: &ViewCtx<'_>,
    session: &Session,
    lens: &Lens,
    truth: &[Option<Vector>],
) {
    let place = |id: KeypointId| truth.get(id.index()).copied().flatten();
    let stroke = Stroke::new(ctx.theme.stroke.line, palette.text_secondary);
    for [one, other] in &session.skeleton.bones {
        let (Some(from), Some(to)) = (place(*one), place(*other)) else { continue };
        if let Some([from, to]) = lens.segment(from, to) {
            painter.extend(Shape::dashed_line(&[screen(from.at), screen(to.at)], stroke, 3.0, 2.5));
        }
    }
    for seen in truth.iter().flatten().filter_map(|place| lens.project(*place)) {
        painter.circle_stroke(screen(seen.at), 3.0, stroke);
    }
}

/// Something of the skeleton, to be drawn far to near.
enum Piece {
    Bone([Pos2; 2], Color32),
    Keypoint(KeypointId, Pos2),
}

/// Size of a keypoint's sign, points.
const SIGN: f32 = 13.0;

/// Draws bones and keypoints; gives where the keypoints appear.
fn paint_skeleton(
    ui: &Ui,
    painter: &Painter,
    ctx: &ViewCtx<'_>,
    session: &Session,
    lens: &Lens,
    points: &[Option<Vector>],
) -> Vec<(KeypointId, Pos2)> {
    let place = |id: KeypointId| points.get(id.index()).copied().flatten();
    let mut pieces: Vec<(f64, Piece)> = Vec::new();
    for [one, other] in &session.skeleton.bones {
        let (Some(from), Some(to)) = (place(*one), place(*other)) else { continue };
        if let Some([from, to]) = lens.segment(from, to) {
            let ends = [screen(from.at), screen(to.at)];
            let depth_mm = (from.depth_mm + to.depth_mm) / 2.0;
            pieces.push((depth_mm, Piece::Bone(ends, keypoint_colour(ui, ctx, *other))));
        }
    }
    for id in session.skeleton.ids() {
        if let Some(seen) = place(id).and_then(|place| lens.project(place)) {
            // A keypoint lies before the bones that end in it.
            pieces.push((seen.depth_mm - 1.0, Piece::Keypoint(id, screen(seen.at))));
        }
    }
    pieces.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let palette = theme::palette(ui);
    let mut seen = Vec::new();
    for (_, piece) in pieces {
        match piece {
            Piece::Bone(ends, colour) => {
                painter.line_segment(ends, Stroke::new(ctx.theme.stroke.bone_halo, palette.window));
                painter.line_segment(ends, Stroke::new(ctx.theme.stroke.bone, colour));
            }
            Piece::Keypoint(id, at) => {
                let look = ctx.look.keypoint(id);
                painter.circle_filled(at, SIGN * 0.42, palette.window);
                let is_hovered = ctx.hover.keypoint == Some(id);
                let size = if is_hovered { SIGN * ctx.theme.marker.hover_scale } else { SIGN };
                let colour = keypoint_colour(ui, ctx, id);
                paint_glyph(painter, at, size, look.region.shape, colour, look.side.is_solid());
                if session.selection.keypoint == id {
                    painter.circle_stroke(at, SIGN * 0.75, Stroke::new(ctx.theme.stroke.selection, palette.text));
                }
                seen.push((id, at));
            }
        }
    }
    paint_codes(painter, palette, ctx, session, &seen);
    seen
}

/// Writes the keypoints' codes beside them, the hovered and the selected one first, then the nearest. One that would lie on
/// another code or on a keypoint is left out; it shows when the pointer is there.
fn paint_codes(
    painter: &Painter,
    palette: &Palette,
    ctx: &ViewCtx<'_>,
    session: &Session,
    seen: &[(KeypointId, Pos2)],
) {
    let mut order: Vec<_> = seen.iter().rev().copied().collect();
    let rank = |id: KeypointId| match id {
        id if ctx.hover.keypoint == Some(id) => 0,
        id if session.selection.keypoint == id => 1,
        _ => 2,
    };
    order.sort_by_key(|(id, _)| rank(*id));
    let mut taken: Vec<Rect> = Vec::new();
    for (id, at) in order {
        let rank = rank(id);
        let colour = if rank == 0 { palette.text } else { palette.text_secondary };
        let font = mono(Weight::Medium, ctx.theme.font.caption);
        let galley = painter.layout_no_wrap(ctx.look.keypoint(id).code.clone(), font, colour);
        let places = [
            (Align2::LEFT_BOTTOM, vec2(0.8, -0.3)),
            (Align2::RIGHT_BOTTOM, vec2(-0.8, -0.3)),
            (Align2::LEFT_TOP, vec2(0.8, 0.3)),
            (Align2::RIGHT_TOP, vec2(-0.8, 0.3)),
        ]
        .map(|(anchor, by)| anchor.anchor_size(at + SIGN * by, galley.size()));
        let is_free = |place: &Rect| {
            let others = seen.iter().filter(|(other, _)| *other != id);
            painter.clip_rect().contains_rect(*place)
                && taken.iter().all(|other| !other.intersects(*place))
                && others.into_iter().all(|(_, other)| place.distance_to_pos(*other) > SIGN * 0.4)
        };
        let free = places.into_iter().find(is_free);
        if let Some(place) = free.or((rank < 2).then_some(places[0])) {
            painter.galley(place.min, galley, colour);
            taken.push(place.expand(1.0));
        }
    }
}

/// A keypoint under the pointer lights up everywhere; a click selects it.
fn pick_ui(ctx: &ViewCtx<'_>, session: &Session, response: &egui::Response, seen: &[(KeypointId, Pos2)]) {
    let Some(at) = response.hover_pos().filter(|_| !response.dragged()) else { return };
    let near = seen.iter().map(|(id, place)| (id, place.distance(at))).filter(|(_, distance)| *distance < 10.0);
    let Some((keypoint, _)) = near.min_by(|(_, a), (_, b)| a.total_cmp(b)) else { return };
    ctx.hover_keypoint(*keypoint);
    let name = session.skeleton.name_of(*keypoint);
    egui::Tooltip::for_widget(response).at_pointer().gap(12.0).show(|ui| ui.label(name));
    if response.clicked() {
        ctx.send(Command::SelectKeypoint(*keypoint));
    }
}

/// How far each keypoint is from where it truly is.
fn truth_ui(
    ui: &mut Ui,
    ctx: &ViewCtx<'_>,
    session: &Session,
    room: Rect,
    points: &[Option<Vector>],
    truth: &[Option<Vector>],
) {
    let palette = theme::palette(ui);
    let error = |id: KeypointId| Some((points.get(id.index())?.as_ref()? - truth.get(id.index())?.as_ref()?).norm());
    let errors: Vec<f64> = session.skeleton.ids().filter_map(error).collect();
    let builder = egui::UiBuilder::new().max_rect(room.shrink2(vec2(8.0, 0.0)));
    ui.scope_builder(builder, |ui| {
        egui::ScrollArea::vertical().id_salt("truth").show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            let mean = match errors.len() {
                0 => "no point to compare".to_owned(),
                count => format!("{:.2} mm on the mean", errors.iter().sum::<f64>() / count as f64),
            };
            ui.label(egui::RichText::new("Off the truth").font(sans(Weight::Strong, ctx.theme.font.body)));
            ui.label(egui::RichText::new(mean).color(palette.text_secondary));
            for id in session.skeleton.ids() {
                error_row(ui, ctx, session, id, error(id));
            }
        });
    });
}

fn error_row(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, id: KeypointId, error_mm: Option<f64>) {
    let palette = theme::palette(ui);
    let size = vec2(ui.available_width(), 18.0);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_size(size);
        ui.spacing_mut().item_spacing.x = ctx.theme.space.unit;
        let look = ctx.look.keypoint(id);
        let colour = keypoint_colour(ui, ctx, id);
        glyph(ui, look.region.shape, colour, look.side.is_solid(), ctx.theme.size.icon_small);
        let is_selected = session.selection.keypoint == id;
        let colour = if is_selected { palette.text } else { palette.text_secondary };
        ui.label(egui::RichText::new(session.skeleton.name_of(id)).color(colour));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let words = error_mm.map_or("–".to_owned(), |mm| format!("{mm:.1}"));
            ui.label(egui::RichText::new(words).font(mono(Weight::Medium, ctx.theme.font.body)).color(colour));
        });
    });
}
