//! The figures with a small chart per label: how long bouts last, and groups of subjects side by side.

use egui::{Color32, RichText, Ui, vec2};
use egui_plot::{
    AxisHints, Bar, BarChart, GridMark, HoverPosition, Line, MarkerShape, Plot, PlotPoints, Points, VLine,
};

use super::Painting;
use crate::behavior::figures::{Comparison, ComparisonPanel, LengthPanel, Lengths, side_of, value_marks};
use crate::model::vocabulary::in_words;
use crate::ui::theme::{self, Theme, Weight, mono};

/// Size of a chart, points.
const CHART: [f32; 2] = [330.0, 190.0];
/// Subjects of one value stand beside one another, at most so far from the middle.
const SPREAD: f64 = 0.16;

/// Draws a histogram per label.
pub(super) fn lengths_ui(ui: &mut Ui, painting: &Painting<'_>, lengths: &Lengths) {
    let palette = theme::palette(ui);
    if lengths.panels.is_empty() {
        ui.label(RichText::new("No bout of any label.").color(palette.text_secondary));
        return;
    }
    let open = if lengths.is_last_open { " The last bin holds all that lasts longer." } else { "" };
    let words = format!("Bins of {} s. The line is the median.{open}", lengths.step_s);
    ui.label(RichText::new(words).color(palette.text_secondary));
    grid_ui(ui, lengths.panels.len(), |ui, at| histogram_ui(ui, painting, lengths, &lengths.panels[at]));
}

fn histogram_ui(ui: &mut Ui, painting: &Painting<'_>, lengths: &Lengths, panel: &LengthPanel) {
    let palette = theme::palette(ui);
    let words = format!("{} bouts, median {:.2} s, longest {:.1} s", panel.bouts, panel.median_s, panel.longest_s);
    heading_ui(ui, &in_words(&panel.label.name), &words);
    let fill = readable(ui, painting, &panel.label.name);
    let bars = panel.counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(bin, count)| {
        let middle = (bin as f64 + 0.5) * lengths.step_s;
        Bar::new(middle, *count as f64).width(0.92 * lengths.step_s).fill(fill).name(lengths.words_of(bin))
    });
    let chart = BarChart::new(in_words(&panel.label.name), bars.collect())
        .element_formatter(Box::new(|bar, _| format!("{}: {} bouts", bar.name, bar.value)));
    let end = panel.counts.len() as f64 * lengths.step_s;
    let axes = [axis(ui, AxisHints::new_x(), "length of a bout, s"), axis(ui, AxisHints::new_y(), "bouts")];
    let most = panel.counts.iter().max().copied().unwrap_or(1) as f64;
    let ticks = [marks(value_marks(end, 6.0), end), marks(value_marks(most, most.clamp(1.0, 3.0)), 1.15 * most)];
    chart_of(ui, &panel.label.name, axes, ticks).show(ui, |plot| {
        plot.set_plot_bounds_x(0.0..=end);
        plot.set_plot_bounds_y(0.0..=1.15 * most);
        plot.bar_chart(chart);
        if panel.median_s < end {
            plot.vline(VLine::new("median", panel.median_s).color(palette.text).allow_hover(false));
        }
    });
}

/// Draws a chart of the groups per label.
pub(super) fn comparison_ui(ui: &mut Ui, painting: &Painting<'_>, comparison: &Comparison) {
    let palette = theme::palette(ui);
    if comparison.panels.is_empty() {
        ui.label(RichText::new("No label to compare.").color(palette.text_secondary));
        return;
    }
    let has_groups = comparison.panels.iter().any(|panel| panel.columns.len() > 1);
    let mut words =
        "Points are subjects, bars their mean with its 95 % interval. p by permutation, corrected after Holm."
            .to_owned();
    if !has_groups {
        words += " The recordings name no two groups, so nothing is tested.";
    }
    ui.label(RichText::new(words).color(palette.text_secondary));
    grid_ui(ui, comparison.panels.len(), |ui, at| groups_ui(ui, painting, comparison, &comparison.panels[at]));
}

fn groups_ui(ui: &mut Ui, painting: &Painting<'_>, comparison: &Comparison, panel: &ComparisonPanel) {
    let palette = theme::palette(ui);
    let tests: Vec<String> = panel.tests.iter().map(|test| test.words()).collect();
    let words = if panel.tests.len() > 1 { format!("{} tests", tests.len()) } else { tests.join("") };
    let heading = heading_ui(ui, &in_words(&panel.label.name), &words);
    let lines = panel.tests.iter().map(|test| format!("{}: {}", test.groups.join(" – "), test.words()));
    let notes = panel.tests.iter().filter_map(|test| test.note.clone());
    let hover: Vec<String> = lines.chain(notes).collect();
    if !hover.is_empty() {
        heading.on_hover_text(hover.join("\n"));
    }
    let fill = readable(ui, painting, &panel.label.name);
    let is_alone = panel.columns.len() == 1;
    let names: Vec<String> = panel.columns.iter().map(|column| column.name(is_alone).to_owned()).collect();
    let shown = names.clone();
    let bottom = AxisHints::new_x().formatter(move |mark: GridMark, _| {
        let at = mark.value.round();
        let is_whole = (mark.value - at).abs() < 1e-6 && at >= 0.0;
        shown.get(at as usize).filter(|_| is_whole).cloned().unwrap_or_default()
    });
    let axes = [axis(ui, bottom, ""), axis(ui, AxisHints::new_y(), comparison.words())];
    let count = panel.columns.len();
    let columns = panel.columns.clone();
    let formatter = move |position: &HoverPosition<'_>| match position {
        HoverPosition::NearDataPoint { plot_name, index, .. } => {
            let column = columns.iter().find(|column| column.name(is_alone) == *plot_name)?;
            let (subject, value) = column.subjects.get(*index)?;
            Some(format!("{subject}: {value:.3}"))
        }
        HoverPosition::Elsewhere { .. } => None,
    };
    let reach = panel
        .columns
        .iter()
        .flat_map(|it| it.subjects.iter().map(|(_, value)| *value).chain(it.interval.map(|it| it[1])));
    let most = reach.fold(0.0, f64::max);
    let values = value_marks(most, 4.0);
    let highest = values.last().copied().unwrap_or(1.0);
    let ticks = [marks((0..count).map(|at| at as f64).collect(), count as f64), marks(values, highest)];
    chart_of(ui, &panel.label.name, axes, ticks).label_formatter(formatter).show(ui, |plot| {
        plot.set_plot_bounds_x(-0.6..=count as f64 - 0.4);
        // Points at 0 and at the highest mark are whole.
        plot.set_plot_bounds_y(-0.06 * highest..=1.06 * highest);
        for (at, column) in panel.columns.iter().enumerate() {
            let middle = at as f64;
            let mut line = |from: [f64; 2], to: [f64; 2], width: f32| {
                plot.line(Line::new("", vec![from, to]).color(palette.text).width(width).allow_hover(false));
            };
            if let Some([low, high]) = column.interval {
                line([middle, low.max(0.0)], [middle, high], 1.25);
            }
            if let Some(mean) = column.mean {
                line([middle - 0.22, mean], [middle + 0.22, mean], 2.5);
            }
            let place = |(at, (_, value)): (usize, &(String, f64))| [middle + SPREAD * side_of(at), *value];
            let points: PlotPoints<'_> = column.subjects.iter().enumerate().map(place).collect();
            plot.points(Points::new(names[at].clone(), points).color(fill).radius(4.5).shape(MarkerShape::Circle));
        }
    });
    let means = panel.columns.iter().map(|column| {
        let mean = column.mean.map_or("–".to_owned(), |mean| format!("{mean:.2}"));
        let interval = column.interval.map_or(String::new(), |[low, high]| format!(" ({low:.2} to {high:.2})"));
        format!("{}: {mean}{interval}, n = {}", column.name(is_alone), column.subjects.len())
    });
    let means: Vec<String> = means.collect();
    ui.label(
        RichText::new(means.join("\n"))
            .font(mono(Weight::Medium, Theme::get().font.caption))
            .color(palette.text_secondary),
    );
}

/// Charts side by side, as many as there is room for.
fn grid_ui(ui: &mut Ui, count: usize, mut chart: impl FnMut(&mut Ui, usize)) {
    ui.add_space(8.0);
    let columns = ((ui.available_width() / (CHART[0] + 24.0)) as usize).clamp(1, count.max(1));
    egui::Grid::new("charts").num_columns(columns).spacing(vec2(24.0, 20.0)).show(ui, |ui| {
        for at in 0..count {
            ui.vertical(|ui| {
                ui.set_width(CHART[0]);
                chart(ui, at);
            });
            if at % columns == columns - 1 {
                ui.end_row();
            }
        }
    });
}

fn heading_ui(ui: &mut Ui, name: &str, words: &str) -> egui::Response {
    let palette = theme::palette(ui);
    ui.horizontal(|ui| {
        ui.label(RichText::new(name).strong().color(palette.text));
        ui.label(RichText::new(words).color(palette.text_secondary));
    })
    .response
}

fn axis<'a>(ui: &Ui, hints: AxisHints<'a>, words: &str) -> AxisHints<'a> {
    let palette = theme::palette(ui);
    let caption = Theme::get().font.caption;
    let hints = hints
        .tick_label_font(mono(Weight::Medium, caption))
        .tick_label_color(palette.text_secondary)
        // All marks are given, and all are to be read.
        .label_spacing(egui::Rangef::new(0.0, 1.0));
    if words.is_empty() { hints } else { hints.label(RichText::new(words).size(caption).color(palette.text_secondary)) }
}

/// Marks on an axis, evenly apart, up to its end.
fn marks(values: Vec<f64>, end: f64) -> Vec<GridMark> {
    let step_size = values.get(1).map_or(1.0, |second| second - values[0]);
    values.into_iter().filter(|value| *value <= end).map(|value| GridMark { value, step_size }).collect()
}

/// A chart that stays as it is: it is looked at, not moved about in.
fn chart_of<'a>(
    ui: &Ui,
    name: &str,
    [bottom, left]: [AxisHints<'a>; 2],
    [across, upwards]: [Vec<GridMark>; 2],
) -> Plot<'a> {
    Plot::new(("figure chart", name))
        .custom_x_axes(vec![bottom])
        .custom_y_axes(vec![left])
        .x_grid_spacer(move |_| across.clone())
        .y_grid_spacer(move |_| upwards.clone())
        .width(CHART[0])
        .height(CHART[1])
        .show_x(false)
        .show_y(false)
        .show_grid([false, true])
        .grid_color(theme::palette(ui).line)
        .show_crosshair(false)
        .allow_zoom(false)
        .allow_drag(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_axis_zoom_drag(false)
        .allow_double_click_reset(false)
        .set_margin_fraction(vec2(0.0, 0.0))
}

/// The colour of a label as it is seen on the panel.
fn readable(ui: &Ui, painting: &Painting<'_>, label: &str) -> Color32 {
    theme::readable_on(theme::palette(ui).panel, painting.looks.of(label, false).ground)
}
