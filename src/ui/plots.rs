//! Plots over time, on the scale of the time bar: residuals before and after the consensus, where the selected keypoint is, and how
//! long its bones are. A click goes to that frame.

pub(super) mod columns;

use egui::scroll_area::ScrollSource;
use egui::{Align2, Color32, CursorIcon, Rect, Role, ScrollArea, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};
use egui_plot::{Axis as PlotAxis, AxisHints, GridMark, HLine, Line, LineStyle, Plot, PlotPoints, Span, VLine};

use super::ctx::ViewCtx;
use super::marks::glyph;
use super::theme::{self, Theme, Weight, mono, sans};
use super::time::axis::Axis;
use super::time::zoom_by;
use super::widgets::{chip, empty_state};
use crate::app::Command;
use crate::app::series::Series;
use crate::app::session::Session;
use crate::model::{CameraId, KeypointId};
use columns::Run;

/// What plots remember between frames.
#[derive(Default)]
pub(super) struct PlotsMemory {
    /// Plots that were switched off, in the order of [`Topic::ALL`].
    hidden: [bool; 3],
    key: Option<Key>,
    panes: Vec<Pane>,
}

impl PlotsMemory {
    /// Forgets what was drawn of another recording.
    pub(super) fn forget(&mut self) {
        self.key = None;
        self.panes.clear();
    }
}

/// What a plot shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Topic {
    Residuals,
    Position,
    Bones,
}

impl Topic {
    const ALL: [Self; 3] = [Self::Residuals, Self::Position, Self::Bones];

    fn words(self) -> [&'static str; 2] {
        match self {
            Self::Residuals => ["Residuals", "px, log"],
            Self::Position => ["Position", "mm from the median"],
            Self::Bones => ["Bone lengths", "mm"],
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Residuals => "Residuals over time",
            Self::Position => "Position over time",
            Self::Bones => "Bone lengths over time",
        }
    }
}

/// Everything that the kept curves depend on.
#[derive(Clone, Debug, PartialEq)]
struct Key {
    series: Option<u64>,
    overview: Option<u64>,
    queue: usize,
    keypoint: KeypointId,
    axis: Axis,
    hidden: [bool; 3],
    is_dark: bool,
}

/// One plot.
struct Pane {
    topic: Topic,
    curves: Vec<Curve>,
    /// Least and greatest value that is shown.
    range: [f64; 2],
}

/// One line of a plot, with the range in which its values usually are.
struct Curve {
    name: String,
    colour: Color32,
    style: LineStyle,
    runs: Vec<Run>,
    usual: Option<[f64; 2]>,
}

/// Draws the plots into the room that is left; zooms `axis`, which the time bar shares.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, axis: &mut Axis, memory: &mut PlotsMemory) {
    head_ui(ui, ctx, session, memory);
    let key = Key {
        series: session.series.loaded.as_ref().map(|series| series.revision),
        overview: session.overview.as_ref().map(|overview| overview.revision),
        queue: session.queue.rows().len(),
        keypoint: session.selection.keypoint,
        axis: *axis,
        hidden: memory.hidden,
        is_dark: ui.visuals().dark_mode,
    };
    if memory.key.as_ref() != Some(&key) {
        memory.panes = panes(ui, ctx, session, &key);
        memory.key = Some(key);
    }
    if memory.panes.iter().all(|pane| pane.curves.is_empty()) {
        let sentence = match (&session.series.problem, session.series.is_loading || session.series.loaded.is_none()) {
            (Some(problem), _) => problem.as_str(),
            (None, true) => "Reading the points of all frames",
            (None, false) => "Nothing to plot yet. Run the recording, or choose a plot above.",
        };
        empty_state(ui, sentence, None);
        return;
    }
    let gap = ctx.theme.space.unit;
    ui.spacing_mut().item_spacing.y = gap;
    let height = (ui.available_height() - gap) / memory.panes.len().max(1) as f32 - gap;
    // The wheel zooms the time scale, so only the bar scrolls.
    let area = ScrollArea::vertical().id_salt("plots").scroll_source(ScrollSource::SCROLL_BAR).auto_shrink(false);
    area.min_scrolled_height(0.0).show(ui, |ui| {
        for pane in &memory.panes {
            pane_ui(ui, ctx, session, axis, pane, height.floor().max(LEAST_HEIGHT));
        }
    });
}

/// A plot is not lower than this, points; where all do not fit, they scroll.
const LEAST_HEIGHT: f32 = 56.0;
/// At the top of a plot, above its curves, stands the legend.
const LEGEND: f32 = 18.0;
/// Between the figures at the left, points, and how many there are at most.
const TICKS_APART: f64 = 13.0;
const MOST_TICKS: usize = 5;

fn head_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, memory: &mut PlotsMemory) {
    let palette = theme::palette(ui);
    let keypoint = session.selection.keypoint;
    let size = vec2(ui.available_width(), ctx.theme.size.control);
    ui.allocate_ui_with_layout(size, egui::Layout::left_to_right(egui::Align::Center), |ui| {
        ui.set_min_size(size);
        ui.add_space(ctx.theme.space.panel_padding - ctx.theme.space.unit);
        let look = ctx.look.keypoint(keypoint);
        let colour = look.in_list(theme::appearance_of(ui));
        glyph(ui, look.region.shape, colour, look.side.is_solid(), ctx.theme.size.icon);
        let font = sans(Weight::Strong, ctx.theme.font.heading);
        ui.label(egui::RichText::new(session.skeleton.name_of(keypoint)).font(font).color(palette.text));
        ui.add_space(ctx.theme.space.panel_padding);
        for (topic, hidden) in Topic::ALL.into_iter().zip(&mut memory.hidden) {
            *hidden ^= chip(ui, topic.words()[0], !*hidden).clicked();
        }
        if session.series.is_loading {
            ui.label(egui::RichText::new("reading").color(palette.text_tertiary));
        }
    });
}

fn panes(ui: &Ui, ctx: &ViewCtx<'_>, session: &Session, key: &Key) -> Vec<Pane> {
    let mut found = Vec::new();
    for (topic, _) in Topic::ALL.into_iter().zip(key.hidden).filter(|(_, hidden)| !hidden) {
        let curves = match (topic, &session.series.loaded) {
            (Topic::Residuals, _) => residual_curves(ui, session, key),
            (Topic::Position, Some(series)) => position_curves(ui, series, key),
            (Topic::Bones, Some(series)) => bone_curves(ui, ctx, session, series, key),
            (_, None) => Vec::new(),
        };
        let range = range_of(&curves, topic, session);
        found.push(Pane { topic, curves, range });
    }
    found
}

/// As many columns as there are points on screen.
fn columns_of(key: &Key) -> usize {
    key.axis.width.max(1.0) as usize
}

fn residual_curves(ui: &Ui, session: &Session, key: &Key) -> Vec<Curve> {
    let palette = theme::palette(ui);
    let curve = |name: &str, colour, style, of: fn(&crate::pose::ranking::Reasons) -> Option<f64>| Curve {
        name: name.to_owned(),
        colour,
        style,
        usual: None,
        runs: columns::runs(key.axis.visible(), columns_of(key), |frame| {
            let px = session.queue.row_of(frame).and_then(|row| of(&row.reasons));
            px.filter(|px| *px > 0.0).map_or(f64::NAN, f64::log10)
        }),
    };
    let curves = vec![
        curve("before the consensus", palette.text_tertiary, LineStyle::Dashed { length: 5.0 }, |reasons| {
            reasons.residual_before
        }),
        curve("after", palette.text, LineStyle::Solid, |reasons| reasons.residual_after),
    ];
    curves.into_iter().filter(|curve| !curve.runs.is_empty()).collect()
}

fn position_curves(ui: &Ui, series: &Series, key: &Key) -> Vec<Curve> {
    let track = series.track_mm(key.keypoint);
    let theme = Theme::get();
    let is_dark = theme::appearance_of(ui) == theme::Appearance::Dark;
    let regions = &theme.regions;
    let colours = [regions.ears, regions.paws, regions.tail]
        .map(|region| if is_dark { region.colour } else { region.colour_light });
    let styles = [LineStyle::Solid, LineStyle::Dashed { length: 6.0 }, LineStyle::Dotted { spacing: 4.0 }];
    let mut curves = Vec::new();
    for (axis, name) in ["x", "y", "z"].into_iter().enumerate() {
        let Some((middle, _)) = columns::robust(track.len(), |frame| f64::from(track[frame][axis])) else { continue };
        let runs = columns::runs(key.axis.visible(), columns_of(key), |frame| {
            track.get(frame as usize).map_or(f64::NAN, |place| f64::from(place[axis]) - middle)
        });
        curves.push(Curve { name: name.to_owned(), colour: colours[axis], style: styles[axis], runs, usual: None });
    }
    curves
}

/// So many robust standard deviations on both sides are usual.
const USUAL: f64 = 3.0;

fn bone_curves(ui: &Ui, ctx: &ViewCtx<'_>, session: &Session, series: &Series, key: &Key) -> Vec<Curve> {
    let appearance = theme::appearance_of(ui);
    let styles = [LineStyle::Solid, LineStyle::Dashed { length: 6.0 }, LineStyle::Dotted { spacing: 4.0 }];
    let bones = session.skeleton.bones.iter().filter(|bone| bone.contains(&key.keypoint));
    let mut curves = Vec::new();
    for (index, [one, other]) in bones.enumerate() {
        let (from, to) = (series.track_mm(*one), series.track_mm(*other));
        let length = |frame: usize| match (from.get(frame), to.get(frame)) {
            (Some(from), Some(to)) => (0..3).map(|axis| f64::from(from[axis] - to[axis]).powi(2)).sum::<f64>().sqrt(),
            _ => f64::NAN,
        };
        let Some((middle, spread)) = columns::robust(from.len(), length) else { continue };
        let far = if *one == key.keypoint { *other } else { *one };
        curves.push(Curve {
            name: format!("to {}, usually {middle:.1} mm", session.skeleton.name_of(far)),
            colour: ctx.look.keypoint(far).in_list(appearance),
            style: styles[index % styles.len()],
            runs: columns::runs(key.axis.visible(), columns_of(key), |frame| length(frame as usize)),
            usual: Some([middle - USUAL * spread, middle + USUAL * spread]),
        });
    }
    curves
}

fn range_of(curves: &[Curve], topic: Topic, session: &Session) -> [f64; 2] {
    let values = curves.iter().flat_map(|curve| {
        let points = curve.runs.iter().flatten().map(|point| point[1]);
        points.chain(curve.usual.into_iter().flatten())
    });
    let threshold = session.queue.threshold_px().log10();
    let threshold = (topic == Topic::Residuals && threshold.is_finite()).then_some(threshold);
    let (least, most) = values
        .chain(threshold)
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| (least.min(value), most.max(value)));
    if least > most {
        return [0.0, 1.0];
    }
    let margin = ((most - least) * 0.08).max(0.05);
    [least - margin, most + margin]
}

fn pane_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, axis: &mut Axis, pane: &Pane, height: f32) {
    let palette = theme::palette(ui);
    let left = ui.max_rect().left();
    let font = mono(Weight::Medium, ctx.theme.font.caption);
    let is_log = pane.topic == Topic::Residuals;
    let hints = AxisHints::new_y()
        .min_thickness(axis.left - left)
        .tick_label_font(font.clone())
        .tick_label_color(palette.text_secondary)
        .formatter(move |mark, _| if is_log { log_label(mark.value) } else { plain_label(mark.value, mark.step_size) })
        .label_spacing(egui::Rangef::new(0.0, 1.0));
    // Room for the legend, which no curve enters.
    let range = with_legend(pane.range, height);
    let marks = marks(pane.range, height, is_log);
    let plot = Plot::new(pane.topic.name())
        .custom_y_axes(vec![hints])
        .show_axes([false, true])
        .show_grid([false, true])
        .show_x(false)
        .show_y(false)
        .grid_color(palette.text_tertiary)
        .show_crosshair(false)
        .allow_zoom(false)
        .allow_drag(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        .set_margin_fraction(vec2(0.0, 0.0))
        .y_grid_spacer(move |_| marks.clone())
        .width(axis.left - left + axis.width)
        .height(height)
        .sense(Sense::click_and_drag());
    let shown = plot.show(ui, |plot| {
        plot.set_auto_bounds(false);
        // The time bar's frame f covers f to f + 1; a curve's point stands in the middle.
        plot.set_plot_bounds_x(axis.span.start - 0.5..=axis.span.start + axis.span.frames - 0.5);
        plot.set_plot_bounds_y(range[0]..=range[1]);
        for curve in &pane.curves {
            if let Some([least, most]) = curve.usual {
                let fill = curve.colour.gamma_multiply(0.12);
                plot.span(Span::new("", least..=most).axis(PlotAxis::Y).fill(fill).border_width(0.0));
            }
        }
        if is_log {
            let stroke = Stroke::new(1.0, palette.text_secondary);
            let threshold = session.queue.threshold_px().log10();
            plot.hline(
                HLine::new("", threshold).stroke(stroke).style(LineStyle::Dashed { length: 4.0 }).allow_hover(false),
            );
        }
        let frame = f64::from(session.cursor.frame);
        plot.vline(VLine::new("", frame).stroke(Stroke::new(2.0, palette.accent)).allow_hover(false));
        for curve in &pane.curves {
            for run in &curve.runs {
                plot.line(curve_line(curve, run));
            }
        }
    });
    let room = *shown.transform.frame();
    gutter_ui(ui, ctx, pane.topic, left, room);
    legend_ui(ui, pane, room);
    let response = shown.response.on_hover_cursor(CursorIcon::Crosshair);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, pane.topic.name()));
    input_ui(ui, ctx, session, axis, &response);
    if let Some(at) = response.hover_pos().filter(|_| !response.dragged()) {
        let frame = axis.frame_at(at.x);
        egui::Tooltip::for_widget(&response).at_pointer().gap(12.0).show(|ui| {
            ui.style_mut().wrap_mode = Some(egui::TextWrapMode::Extend);
            ui.strong(format!("Frame {frame}"));
            for words in values_at(session, pane, frame) {
                ui.label(words);
            }
        });
    }
}

/// The range with room above it for the legend, in a plot of that height.
fn with_legend([least, most]: [f64; 2], height: f32) -> [f64; 2] {
    let share = f64::from((LEGEND / height).min(0.5));
    [least, least + (most - least) / (1.0 - share)]
}

/// Round values for the figures at the left: as many as stand apart, and no more than five.
fn marks([least, most]: [f64; 2], height: f32, is_log: bool) -> Vec<GridMark> {
    let points_per_unit = f64::from((height - LEGEND).max(1.0)) / (most - least).max(f64::MIN_POSITIVE);
    let is_legible = |values: &Vec<f64>| {
        let mut pairs = values.windows(2);
        values.len() <= MOST_TICKS && pairs.all(|pair| (pair[1] - pair[0]) * points_per_unit >= TICKS_APART)
    };
    // The finest ladder that is not too fine.
    if is_log {
        let ladders: [&[f64]; 4] = [&[1.0, 1.5, 2.0, 3.0, 5.0, 7.0], &[1.0, 2.0, 5.0], &[1.0, 3.0], &[1.0]];
        let values = ladders.map(|digits| {
            let px = (-2..4).flat_map(|power| digits.iter().map(move |digit| digit * 10f64.powi(power)));
            px.map(f64::log10).filter(|value| (least..=most).contains(value)).collect::<Vec<_>>()
        });
        let found = values.into_iter().find(is_legible).unwrap_or_default();
        return found.into_iter().map(|value| GridMark { value, step_size: 1.0 }).collect();
    }
    let finest = 10f64.powf(((most - least) / 100.0).log10().floor());
    if !finest.is_normal() || !finest.is_sign_positive() {
        return Vec::new();
    }
    let steps = (0..4).flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * finest * 10f64.powi(power)));
    for step in steps {
        let first = (least / step).ceil() as i64;
        let values = (first..).map(|index| index as f64 * step).take_while(|value| *value <= most);
        let values: Vec<f64> = values.take(MOST_TICKS + 1).collect();
        if is_legible(&values) {
            return values.into_iter().map(|value| GridMark { value, step_size: step }).collect();
        }
    }
    Vec::new()
}

/// A run of one frame is drawn as a short dash, since a line needs two points.
fn curve_line<'a>(curve: &'a Curve, run: &Run) -> Line<'a> {
    let points = match run.as_slice() {
        [[frame, value]] => vec![[frame - 0.3, *value], [frame + 0.3, *value]],
        points => points.to_vec(),
    };
    Line::new("", PlotPoints::from(points)).color(curve.colour).width(1.5).style(curve.style).allow_hover(false)
}

fn log_label(value: f64) -> String {
    let px = 10f64.powf(value);
    let decimals = if px >= 9.5 { 0 } else { 1 + usize::from(px < 0.95) };
    format!("{px:.decimals$}")
}

fn plain_label(value: f64, step: f64) -> String {
    let decimals = (-step.log10()).ceil().clamp(0.0, 3.0) as usize;
    format!("{value:.decimals$}")
}

/// What a plot shows, left of it.
fn gutter_ui(ui: &Ui, ctx: &ViewCtx<'_>, topic: Topic, left: f32, room: Rect) {
    let palette = theme::palette(ui);
    let font = sans(Weight::Regular, ctx.theme.font.caption);
    let x = left + ctx.theme.space.panel_padding;
    let [first, second] = topic.words();
    let lines = second
        .split_once(" from ")
        .map_or(vec![second.to_owned()], |(unit, rest)| vec![format!("{unit} from"), rest.to_owned()]);
    let mut y = room.top() + 8.0;
    ui.painter().text(pos2(x, y), Align2::LEFT_CENTER, first, font.clone(), palette.text_secondary);
    for line in lines {
        y += ctx.theme.font.line_height.caption - 2.0;
        ui.painter().text(pos2(x, y), Align2::LEFT_CENTER, line, font.clone(), palette.text_tertiary);
    }
}

/// The names of the curves, each behind a piece of its line, in the upper right corner.
fn legend_ui(ui: &Ui, pane: &Pane, room: Rect) {
    let theme = Theme::get();
    let palette = theme::palette(ui);
    let mut right = room.right() - 8.0;
    let y = room.top() + LEGEND / 2.0;
    for curve in pane.curves.iter().rev() {
        let font = sans(Weight::Regular, theme.font.caption);
        let galley = ui.painter().layout_no_wrap(curve.name.clone(), font, palette.text_secondary);
        let width = galley.size().x + 24.0;
        if right - width < room.left() {
            return;
        }
        let sample = [pos2(right - width, y), pos2(right - width + 18.0, y)];
        let stroke = Stroke::new(1.5, curve.colour);
        match curve.style {
            LineStyle::Solid => {
                ui.painter().line_segment(sample, stroke);
            }
            LineStyle::Dashed { .. } => {
                ui.painter().extend(Shape::dashed_line(&sample, stroke, 5.0, 3.0));
            }
            LineStyle::Dotted { .. } => {
                ui.painter().extend(Shape::dotted_line(&sample, curve.colour, 4.0, 1.0));
            }
        }
        ui.painter().galley(pos2(right - galley.size().x, y - galley.size().y / 2.0), galley, palette.text_secondary);
        right -= width + 12.0;
    }
}

/// Pressing and dragging go to frames; the wheel zooms the time scale.
fn input_ui(ui: &Ui, ctx: &ViewCtx<'_>, session: &Session, axis: &mut Axis, response: &egui::Response) {
    let is_down = response.is_pointer_button_down_on() && ui.input(|input| input.pointer.primary_down());
    if let Some(at) = response.interact_pointer_pos().filter(|_| is_down || response.clicked()) {
        let frame = axis.frame_at(at.x);
        if frame != session.cursor.frame {
            ctx.send(Command::ShowFrame(frame));
        }
    }
    if response.dragged_by(egui::PointerButton::Middle) {
        *axis = axis.panned(response.drag_delta().x);
    }
    if let Some(at) = response.hover_pos() {
        let (scroll, pinch) = ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta()));
        zoom_by(axis, at.x, scroll, pinch);
    }
}

/// The values of a frame in words.
fn values_at(session: &Session, pane: &Pane, frame: u32) -> Vec<String> {
    let series = session.series.loaded.as_ref();
    let selected = session.selection.keypoint;
    match pane.topic {
        Topic::Residuals => {
            let Some(row) = session.queue.row_of(frame) else { return vec!["not solved".to_owned()] };
            let px = |value: Option<f64>| value.map_or("none".to_owned(), |px| format!("{px:.1} px"));
            let mut lines = vec![
                format!("before the consensus: {}", px(row.reasons.residual_before)),
                format!("after: {}", px(row.reasons.residual_after)),
            ];
            if let Some((camera, keypoint)) = row.worst {
                lines.push(worst_words(session, camera, keypoint));
            }
            lines
        }
        Topic::Position => match series.and_then(|series| series.point_mm(selected, frame)) {
            Some([x, y, z]) => vec![format!("x {x:.1}, y {y:.1}, z {z:.1} mm")],
            None => vec!["no point".to_owned()],
        },
        Topic::Bones => {
            let bones = session.skeleton.bones.iter().filter(|bone| bone.contains(&selected));
            let length = |[one, other]: &[KeypointId; 2]| {
                let (from, to) = (series?.point_mm(*one, frame)?, series?.point_mm(*other, frame)?);
                let length = (0..3).map(|axis| (from[axis] - to[axis]).powi(2)).sum::<f32>().sqrt();
                let far = if *one == selected { *other } else { *one };
                Some(format!("to {}: {length:.1} mm", session.skeleton.name_of(far)))
            };
            bones.filter_map(length).collect()
        }
    }
}

fn worst_words(session: &Session, camera: CameraId, keypoint: KeypointId) -> String {
    format!("worst: {} in {}", session.skeleton.name_of(keypoint), session.camera_name(camera))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plots_have_a_few_round_figures_that_stand_apart() {
        let ranges = [[-3.0, 12.0], [0.0, 1.0], [13.2, 17.9], [-0.4, 0.4], [880.0, 2300.0]];
        for height in [56.0, 70.0, 110.0, 300.0] {
            let room = f64::from(height - LEGEND);
            let log = [[-0.3, 0.5], [-0.1, 1.6], [0.0, 2.0]].map(|range| (range, true));
            for (range, is_log) in ranges.map(|range| (range, false)).into_iter().chain(log) {
                let marks = marks(range, height, is_log);
                let least = if height >= 100.0 { 3 } else { 1 };
                assert!((least..=MOST_TICKS).contains(&marks.len()), "{range:?} at {height}: {marks:?}");
                for pair in marks.windows(2) {
                    let apart = (pair[1].value - pair[0].value) / (range[1] - range[0]) * room;
                    assert!(apart >= TICKS_APART - 1e-9, "{range:?} at {height}: {apart}");
                }
            }
        }
        assert!(marks([f64::NAN, 1.0], 80.0, false).is_empty());
    }

    #[test]
    fn curves_stay_below_the_legend() {
        let [least, most] = with_legend([2.0, 4.0], 72.0);
        let share = (4.0 - least) / (most - least);
        assert!((share - f64::from((72.0 - LEGEND) / 72.0)).abs() < 1e-6);
    }
}
