//! Curves under the lanes on the same time scale: how fast each animal goes, and how far the chosen one is from its nearest.

use egui::{Align2, Pos2, Rect, Shape, Stroke, Ui, pos2};

use super::lanes::Lanes;
use super::paint;
use crate::app::timeline::Scene;
use crate::model::AnimalId;
use crate::ui::theme::behavior::AnimalLook;
use crate::ui::theme::{self, Theme, Weight, mono};
use crate::ui::time::axis::Span;

/// Height of both curves, points; lower than `LEAST` there are none.
pub(super) const HEIGHT: f32 = 84.0;
pub(super) const LEAST: f32 = 44.0;

/// The scales of speed and distance end at what is shown, within these, body lengths per second and body lengths.
const MOST: [[f32; 2]; 2] = [[2.0, 12.0], [2.0, 10.0]];

/// The largest of values that are known, within limits.
fn most_of<'a>(values: impl Iterator<Item = &'a f32>, [least, most]: [f32; 2]) -> f32 {
    values.copied().filter(|value| value.is_finite()).fold(least, f32::max).min(most)
}

/// What was worked out of the curves for a part of a recording.
#[derive(Default)]
pub(super) struct CurvesMemory {
    key: Option<(Span, u32, u64, AnimalId)>,
    speed: Vec<Vec<f32>>,
    distance: Vec<f32>,
}

/// Draws both.
pub(super) fn ui(ui: &mut Ui, lanes: &Lanes<'_>, scene: &Scene, memory: &mut CurvesMemory) {
    let room = ui.available_rect_before_wrap();
    ui.allocate_rect(room, egui::Sense::hover());
    memory.refresh(lanes, scene);
    let (top, bottom) = room.split_top_bottom_at_fraction(0.5);
    let plots = [top, bottom].map(|rect| {
        rect.with_min_x(lanes.axis.left).with_max_x(lanes.axis.left + lanes.axis.width).shrink2(egui::vec2(0.0, 3.0))
    });
    let animals = &lanes.layers.timeline.animals;
    let chosen = lanes.session.timeline.animal;
    let unit = "speed, body lengths/s";
    heading(ui, room.left(), plots[0], "speed", "body lengths/s");
    let fastest = most_of(memory.speed.iter().flatten(), MOST[0]);
    for (at, speeds) in memory.speed.iter().enumerate() {
        let id = AnimalId(at as u8);
        curve(ui, lanes, plots[0], speeds, fastest, AnimalLook::of(animals, id), id);
    }
    let name = lanes.layers.names.get(chosen.index()).map_or("", String::as_str);
    heading(ui, room.left(), plots[1], &format!("{name} to nearest"), "body lengths");
    curve(
        ui,
        lanes,
        plots[1],
        &memory.distance,
        most_of(memory.distance.iter(), MOST[1]),
        AnimalLook::of(animals, chosen),
        chosen,
    );
    let frame = lanes.session.cursor.frame as usize;
    let speed = scene.bodies.animals.get(chosen.index()).and_then(|body| body.speed.get(frame));
    let words = speed
        .filter(|speed| speed.is_finite())
        .map_or("speed unknown".to_owned(), |speed| format!("{name} {speed:.1} body lengths/s"));
    ui.interact(plots[0], ui.make_persistent_id(unit), egui::Sense::hover()).on_hover_text(words);
}

fn heading(ui: &Ui, left: f32, plot: Rect, first: &str, second: &str) {
    let palette = theme::palette(ui);
    ui.painter().hline(plot.x_range(), plot.bottom(), Stroke::new(1.0, palette.line));
    paint::gutter(ui, left + 12.0, plot.center().y - 6.0, first);
    let font = mono(Weight::Medium, Theme::get().font.caption - 1.0);
    ui.painter().text(
        pos2(left + 12.0, plot.center().y + 8.0),
        Align2::LEFT_CENTER,
        second,
        font,
        palette.text_tertiary,
    );
}

/// One line; gaps where nothing is known. Animals differ by dash as well as by colour.
fn curve(ui: &Ui, lanes: &Lanes<'_>, plot: Rect, values: &[f32], most: f32, look: AnimalLook, id: AnimalId) {
    let dashes = &Theme::get().animals.dashes;
    let dash = &dashes[id.index() % dashes.len()];
    let is_chosen = lanes.session.timeline.animal == id;
    let ink = theme::readable_on(theme::palette(ui).panel, look.color);
    let stroke = Stroke::new(if is_chosen { 1.8 } else { 1.0 }, ink);
    let mut line: Vec<Pos2> = Vec::new();
    let draw = |line: &mut Vec<Pos2>| {
        if line.len() > 1 {
            match dash.as_slice() {
                [] => drop(ui.painter().add(Shape::line(std::mem::take(line), stroke))),
                [on, off, ..] => ui.painter().extend(Shape::dashed_line(line, stroke, *on, *off)),
                [on] => ui.painter().extend(Shape::dashed_line(line, stroke, *on, *on)),
            }
        }
        line.clear();
    };
    let step = plot.width() / values.len().max(1) as f32;
    for (at, value) in values.iter().enumerate() {
        if !value.is_finite() {
            draw(&mut line);
            continue;
        }
        let x = plot.left() + (at as f32 + 0.5) * step;
        line.push(pos2(x, plot.bottom() - plot.height() * (value / most).clamp(0.0, 1.0)));
    }
    draw(&mut line);
}

impl CurvesMemory {
    fn refresh(&mut self, lanes: &Lanes<'_>, scene: &Scene) {
        let chosen = lanes.session.timeline.animal;
        let bins = (lanes.axis.width / 1.5).max(1.0) as u32;
        let key = (lanes.axis.span, bins, lanes.session.timeline.revision, chosen);
        if self.key == Some(key) {
            return;
        }
        self.key = Some(key);
        let frames_of = |bin: u32| {
            let at = |bin: u32| lanes.axis.span.start + lanes.axis.span.frames * f64::from(bin) / f64::from(bins);
            let start = at(bin).max(0.0) as usize;
            start..(at(bin + 1).ceil() as usize).max(start + 1).min(scene.bodies.frame_count as usize)
        };
        let most = |values: &dyn Fn(usize) -> f32, bin: u32| frames_of(bin).map(values).fold(f32::NAN, f32::max);
        let least = |values: &dyn Fn(usize) -> f32, bin: u32| frames_of(bin).map(values).fold(f32::NAN, f32::min);
        let bodies = &scene.bodies.animals;
        let speed_of = |at: usize| (0..bins).map(|bin| most(&|frame| bodies[at].speed[frame], bin)).collect();
        self.speed = (0..bodies.len()).map(speed_of).collect();
        let Some(own) = bodies.get(chosen.index()) else {
            self.distance.clear();
            return;
        };
        let nearest = |frame: usize| {
            let others = bodies.iter().enumerate().filter(|(at, _)| *at != chosen.index());
            let gap = |other: &crate::behavior::bodies::Body| {
                let [x, y] = [0, 1].map(|axis| own.centre[frame][axis] - other.centre[frame][axis]);
                x.hypot(y) / own.length
            };
            others.map(|(_, other)| gap(other)).fold(f32::NAN, f32::min)
        };
        self.distance = (0..bins).map(|bin| least(&nearest, bin)).collect();
    }
}
