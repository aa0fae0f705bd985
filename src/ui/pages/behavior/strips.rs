//! Strips under the lanes on the same time scale: what is measured of the animals, frame by frame, as many measures as are
//! chosen. Measures of one animal are shown of all, those of a pair of the chosen one and its partner.

mod bins;

mod chooser;

use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{
    Align2, Color32, Frame, Id, Mesh, Panel, PointerButton, Pos2, Rect, Role, ScrollArea, Sense, Shape, Stroke, Ui,
    WidgetInfo, pos2, scroll_area, vec2,
};

use self::bins::Binned;
use super::lanes::Lanes;
use crate::app::timeline::{Scene, SeriesOf, shown_measures};
use crate::behavior::measures::{Measure, MeasureWords, Peak};
use crate::model::AnimalId;
use crate::ui::theme::behavior::AnimalLook;
use crate::ui::theme::{self, Theme, Weight, mono, sans};

pub(super) use bins::StripsMemory;
pub(super) use chooser::ui as chooser_ui;

/// A strip is at least so high, points: three lines of words stand beside it.
const LEAST: f32 = 42.0;
/// So high it is where there is room.
const USUAL: f32 = 50.0;
/// Lanes keep so much.
const LANES_LEAST: f32 = 84.0;
/// Strips take at most such a share of the room unless somebody makes them higher.
const SHARE: f32 = 0.42;
/// Between two lines of words.
const LINE: f32 = 13.0;
/// From the strip's edges to its curves.
const MARGIN: f32 = 5.0;

/// Draws the strips into a panel at the bottom, as high as leaves the lanes usable; its edge can be dragged.
pub(super) fn panel_ui(ui: &mut Ui, lanes: &mut Lanes<'_>, scene: &Scene, memory: &mut StripsMemory) {
    let shown = shown_measures(&lanes.ctx.state.settings, scene);
    memory.keep(&shown);
    let room = ui.available_height();
    let most = room - LANES_LEAST;
    if shown.is_empty() || most < LEAST {
        return;
    }
    let count = shown.len() as f32;
    let usual = (USUAL * count).min(SHARE * room).clamp(LEAST, most);
    // Each number of strips has a height of its own, so that one more is seen at once.
    let panel = Panel::bottom(Id::unique(("strips", shown.len()))).default_size(usual).size_range(LEAST..=most);
    let frame = Frame::NONE.fill(theme::palette(ui).panel);
    panel.resizable(true).frame(frame).show(ui, |ui| {
        // So many that none is cut off; one scrolls to the others.
        let visible = (ui.available_height() / LEAST).floor().clamp(1.0, count);
        let each = ui.available_height() / visible;
        let area = ScrollArea::vertical().id_salt("strips").auto_shrink(false);
        // The wheel zooms.
        area.scroll_source(scroll_area::ScrollSource::SCROLL_BAR).show(ui, |ui| {
            for measure in shown {
                let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), each), Sense::hover());
                if ui.is_rect_visible(row) {
                    strip_ui(ui, lanes, scene, measure, row, memory);
                }
            }
        });
    });
}

fn strip_ui(ui: &Ui, lanes: &mut Lanes<'_>, scene: &Scene, measure: &Measure, row: Rect, memory: &mut StripsMemory) {
    let words = measure.words();
    let chosen = lanes.session.timeline.animal;
    let strips = &lanes.session.timeline.strips;
    let of = strips.series_of(measure, scene.bodies.animals.len(), chosen);
    let series: Option<Vec<_>> = of.iter().map(|of| strips.series(of).cloned()).collect();
    let plot = row.with_min_x(lanes.axis.left).with_max_x(lanes.axis.left + lanes.axis.width);
    let said = |frame: u32| -> Vec<String> {
        let values = series.iter().flatten().zip(&of);
        values.map(|(series, of)| format!("{} {}", who(lanes, of), words.value(series.at(frame)))).collect()
    };
    let frame = lanes.session.cursor.frame;
    let response = ui.interact(plot, ui.make_persistent_id(("strip", measure)), Sense::CLICK | Sense::DRAG);
    response.widget_info(|| {
        let values = if series.is_some() { said(frame).join(", ") } else { "being measured".to_owned() };
        WidgetInfo::labeled(Role::GraphicsObject, true, format!("{}: {values} in frame {frame}", measure.name()))
    });
    let drawn = series.as_ref().map(|series| memory.of(measure, &lanes.axis, series));
    let inner = plot.shrink2(vec2(0.0, MARGIN));
    let here = series.as_ref().and_then(|all| {
        let main = of.iter().position(|of| of.animal == chosen)?;
        Some(all[main].at(frame))
    });
    gutter(ui, lanes, row, measure, &of, here);
    match drawn {
        Some(drawn) => {
            ground(ui, inner, &words, drawn);
            let painter = ui.painter().with_clip_rect(plot.intersect(ui.clip_rect()));
            for (of, bins) in of.iter().zip(&drawn.bins) {
                let curve = Curve::of(ui, lanes, of.animal, inner, drawn);
                curve.paint(&painter, &words, bins);
            }
        }
        None => {
            let font = sans(Weight::Regular, Theme::get().font.caption);
            let ink = theme::palette(ui).text_tertiary;
            ui.painter().text(inner.left_center() + vec2(8.0, 0.0), Align2::LEFT_CENTER, "measuring", font, ink);
        }
    }
    let pointed = response.hover_pos().map(|at| lanes.axis.frame_at(at.x));
    let is_down = response.is_pointer_button_down_on() && ui.input(|input| input.pointer.primary_down());
    if let Some(at) = response.interact_pointer_pos().filter(|_| is_down || response.clicked()) {
        lanes.show(lanes.axis.frame_at(at.x));
    }
    if response.dragged_by(PointerButton::Middle) {
        lanes.axis = lanes.axis.panned(response.drag_delta().x);
    } else if let Some(frame) = pointed.filter(|_| !is_down) {
        let text = format!("{}\n{}\nframe {frame}", measure.name(), said(frame).join("\n"));
        response.on_hover_text_at_pointer(text);
    }
}

/// "A0", or of a pair "A0 to A1".
fn who(lanes: &Lanes<'_>, of: &SeriesOf) -> String {
    let name = |animal: AnimalId| lanes.layers.names.get(animal.index()).map_or("", String::as_str);
    match of.partner {
        Some(partner) => format!("{} to {}", name(of.animal), name(partner)),
        None if of.measure.is_of_pair() => format!("{} to its nearest", name(of.animal)),
        None => name(of.animal).to_owned(),
    }
}

/// What is measured, of whom, and the value in the shown frame.
fn gutter(ui: &Ui, lanes: &Lanes<'_>, row: Rect, measure: &Measure, of: &[SeriesOf], here: Option<f32>) {
    let (palette, tokens, words) = (theme::palette(ui), Theme::get(), measure.words());
    let place = row.with_max_x(lanes.axis.left - 6.0);
    let id = ui.make_persistent_id(("strip words", measure));
    let unit = if words.unit.is_empty() { String::new() } else { format!(", in {}", words.unit) };
    let definition = format!("{}{unit}. {}", measure.name(), words.definition);
    ui.interact(place, id, Sense::hover()).on_hover_text(definition);
    let chosen = lanes.session.timeline.animal;
    let whose = of.iter().find(|of| of.animal == chosen).map(|of| who(lanes, of)).unwrap_or_default();
    let value = here.map_or(String::new(), |value| words.short_value(value));
    let caption = tokens.font.caption;
    let (name, figure) = (sans(Weight::Regular, caption), mono(Weight::Medium, caption));
    let name = (measure.name(), name.clone(), palette.text_secondary);
    let lines = match measure.is_of_pair() {
        true => vec![name.clone(), (whose, name.1, palette.text_secondary), (value, figure, palette.text)],
        false => vec![name, (format!("{whose} {value}"), figure, palette.text)],
    };
    let painter = ui.painter().with_clip_rect(row.intersect(ui.clip_rect()));
    let mut top = row.center().y - LINE * lines.len() as f32 / 2.0;
    for (text, font, ink) in lines {
        let mut job = LayoutJob::single_section(text, TextFormat::simple(font, ink));
        job.wrap = TextWrapping::truncate_at_width(place.right() - row.left() - 12.0);
        let galley = painter.layout_job(job);
        painter.galley(pos2(row.left() + 12.0, top + (LINE - galley.size().y) / 2.0), galley, ink);
        top += LINE;
    }
    ui.painter().hline(row.x_range(), row.bottom() - 0.5, Stroke::new(1.0, palette.line));
}

/// The line of zero, and the ends of the scale at the right.
fn ground(ui: &Ui, plot: Rect, words: &MeasureWords, drawn: &Binned) {
    let palette = theme::palette(ui);
    let font = mono(Weight::Regular, Theme::get().font.caption);
    let [low, high] = drawn.scale;
    let zero = y_of(plot, drawn.scale, 0.0);
    ui.painter().hline(plot.x_range(), zero, Stroke::new(1.0, palette.line_strong));
    let degrees = if words.short_unit == "°" { "°" } else { "" };
    let label = |value: f32, y: f32, align: Align2| {
        let at = pos2(plot.right() + 5.0, y);
        let text = if words.unit.is_empty() {
            if value > 0.5 { "yes" } else { "no" }.to_owned()
        } else {
            format!("{value}{degrees}")
        };
        ui.painter().text(at, align, text, font.clone(), palette.text_secondary);
    };
    label(high, plot.top() - 3.0, Align2::LEFT_TOP);
    label(low, plot.bottom() + 3.0, Align2::LEFT_BOTTOM);
    if low < 0.0 && zero - plot.top() > 1.5 * LINE && plot.bottom() - zero > 1.5 * LINE {
        label(0.0, zero, Align2::LEFT_CENTER);
    }
}

fn y_of(plot: Rect, [low, high]: [f32; 2], value: f32) -> f32 {
    plot.bottom() - plot.height() * ((value - low) / (high - low)).clamp(0.0, 1.0)
}

/// How the curve of an animal is drawn. Animals differ by dash as well as by colour.
struct Curve<'a> {
    plot: Rect,
    drawn: &'a Binned,
    stroke: Stroke,
    dash: &'a [f32],
    /// Screen place of the first bin's middle, and from one to the next.
    places: [f32; 2],
}

impl<'a> Curve<'a> {
    fn of(ui: &Ui, lanes: &Lanes<'_>, animal: AnimalId, plot: Rect, drawn: &'a Binned) -> Self {
        let dashes = &Theme::get().animals.dashes;
        let look = AnimalLook::of(&lanes.layers.timeline.animals, animal);
        let is_chosen = lanes.session.timeline.animal == animal;
        let ink = theme::readable_on(theme::palette(ui).panel, look.color);
        let place = |at: f64| lanes.axis.x_of_edge((drawn.first as f64 + at + 0.5) * drawn.frames);
        Self {
            plot,
            drawn,
            stroke: Stroke::new(if is_chosen { 1.8 } else { 1.0 }, ink),
            dash: &dashes[animal.index() % dashes.len()],
            places: [place(0.0), place(1.0) - place(0.0)],
        }
    }

    /// Gaps stay where nothing is known.
    fn paint(&self, painter: &egui::Painter, words: &MeasureWords, bins: &[[f32; 2]]) {
        let is_known = |bin: &[f32; 2]| bin[0].is_finite();
        let mut at = 0;
        for run in bins.chunk_by(|a, b| is_known(a) == is_known(b)) {
            if is_known(&run[0]) {
                match words.peak {
                    _ if words.unit.is_empty() => self.paint_yes(painter, run, at),
                    Peak::Most => self.paint_line(painter, run.iter().map(|bin| bin[1]), at),
                    Peak::Least => self.paint_line(painter, run.iter().map(|bin| bin[0]), at),
                    Peak::Both => self.paint_band(painter, run, at),
                }
            }
            at += run.len();
        }
    }

    fn point(&self, at: usize, value: f32) -> Pos2 {
        pos2(self.places[0] + at as f32 * self.places[1], y_of(self.plot, self.drawn.scale, value))
    }

    fn paint_line(&self, painter: &egui::Painter, values: impl Iterator<Item = f32>, first: usize) {
        let line: Vec<Pos2> = (first..).zip(values).map(|(at, value)| self.point(at, value)).collect();
        match (line.as_slice(), self.dash) {
            ([], _) => {}
            // A frame alone is a dot.
            ([only], _) => drop(painter.circle_filled(*only, 1.5, self.stroke.color)),
            (_, []) => drop(painter.add(Shape::line(line, self.stroke))),
            (_, [on, off, ..]) => painter.extend(Shape::dashed_line(&line, self.stroke, *on, *off)),
            (_, [on]) => painter.extend(Shape::dashed_line(&line, self.stroke, *on, *on)),
        }
    }

    /// Between the smallest and the largest where a place on the screen has several frames.
    fn paint_band(&self, painter: &egui::Painter, run: &[[f32; 2]], first: usize) {
        self.paint_line(painter, run.iter().map(|bin| bin[1]), first);
        if run.iter().all(|[least, most]| least == most) {
            return;
        }
        self.paint_line(painter, run.iter().map(|bin| bin[0]), first);
        let mut band = Mesh::default();
        let ink = self.faint(0.3);
        for (at, [least, most]) in (first..).zip(run) {
            let next = band.vertices.len() as u32;
            band.colored_vertex(self.point(at, *most), ink);
            band.colored_vertex(self.point(at, *least), ink);
            if next > 0 {
                band.add_triangle(next - 2, next - 1, next);
                band.add_triangle(next - 1, next, next + 1);
            }
        }
        painter.add(band);
    }

    /// Bars where it is so, on a line where it is known.
    fn paint_yes(&self, painter: &egui::Painter, run: &[[f32; 2]], first: usize) {
        let half = self.places[1] / 2.0;
        let [left, right] = [self.point(first, 0.0), self.point(first + run.len() - 1, 0.0)];
        painter.hline(left.x - half..=right.x + half, left.y, self.stroke);
        let mut at = first;
        for part in run.chunk_by(|a, b| (a[1] > 0.5) == (b[1] > 0.5)) {
            if part[0][1] > 0.5 {
                let top_left = self.point(at, 1.0) - vec2(half, 0.0);
                let bottom_right = self.point(at + part.len() - 1, 0.0) + vec2(half.max(0.5), 0.0);
                painter.rect_filled(Rect::from_min_max(top_left, bottom_right), 0, self.faint(0.75));
            }
            at += part.len();
        }
    }

    fn faint(&self, share: f32) -> Color32 {
        self.stroke.color.gamma_multiply(share)
    }
}

#[cfg(test)]
mod tests;
