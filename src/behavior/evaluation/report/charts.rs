//! Curves and bars: F1 of segments over overlap, errors of boundaries, kappa with its interval.

use std::fmt::Write;

use super::super::{BoundaryErrors, Evaluation, NAMED_OVERLAPS};
use super::{confusion, counted, figure, milliseconds};
use crate::behavior::drawing::axis::nice;
use crate::behavior::drawing::svg::{self, signed};
use crate::behavior::statistics::quantile;

/// The size of a chart, px.
const WIDTH: f64 = 460.0;
const HEIGHT: f64 = 250.0;

/// Where the plot begins and ends inside a chart, px.
const LEFT: f64 = 42.0;
const RIGHT: f64 = 446.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 210.0;

/// Bars on either side of no error.
const BARS_PER_SIDE: i64 = 10;

/// The narrowest bar, milliseconds.
const LEAST_STEP_MS: f64 = 1.0;

/// The share of errors that the bars inside show; the outermost hold the rest.
const SHOWN_SHARE: f64 = 0.95;

pub(super) fn sections(evaluation: &Evaluation) -> String {
    // Beside a matrix of the page's width kappa would stand alone in its row.
    let class = if confusion::is_wide(&evaluation.confusion) { " class=\"full\"" } else { "" };
    let kappa = kappa(evaluation).replacen("<section>", &format!("<section{class}>"), 1);
    let parts = [confusion::section(&evaluation.confusion), segments(evaluation), boundaries(evaluation), kappa];
    format!("<div class=\"charts\">\n{}</div>\n", parts.concat())
}

fn section(title: &str, words: &str, picture: &str) -> String {
    format!("<section>\n<h2>{title}</h2>\n<p>{words}</p>\n{picture}</section>\n")
}

fn picture(name: &str, height: f64, content: &str) -> String {
    format!(
        "<svg width=\"100%\" style=\"max-width:560px\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{name}\">{content}</svg>\n"
    )
}

fn label(x: f64, y: f64, anchor: &str, words: &str) -> String {
    svg::text("", [x, y], anchor, words)
}

fn line(class: &str, from: [f64; 2], to: [f64; 2]) -> String {
    svg::line(&format!("class=\"{class}\""), from, to)
}

fn segments(evaluation: &Evaluation) -> String {
    let counts = evaluation.segment_counts["0.5"];
    let words = format!(
        "{} found, {} true; at an overlap of half, {} are right.",
        counted(counts.found, "segment"),
        counts.truth,
        counts.right
    );
    let (x, y) = (|share: f64| LEFT + share * (RIGHT - LEFT), |f1: f64| BOTTOM - f1 * (BOTTOM - TOP));
    let mut content = String::new();
    for step in 0..=4 {
        let share = f64::from(step) / 4.0;
        content += &line("grid", [LEFT, y(share)], [RIGHT, y(share)]);
        content += &label(LEFT - 6.0, y(share) + 4.0, "end", &share.to_string());
        content += &label(x(share), BOTTOM + 16.0, "middle", &share.to_string());
    }
    content += &label((LEFT + RIGHT) / 2.0, HEIGHT - 6.0, "middle", "least overlap (intersection over union)");
    let curve: Vec<String> = evaluation
        .segment_f1_curve
        .iter()
        .filter_map(|(least, f1)| f1.map(|f1| format!("{:.1},{:.1}", x(*least), y(f1))))
        .collect();
    if curve.is_empty() {
        return section("F1 of segments", "Neither side has a segment.", "");
    }
    let _ = write!(content, "<polyline class=\"curve\" points=\"{}\"/>", curve.join(" "));
    for (name, least) in NAMED_OVERLAPS {
        let Some(f1) = evaluation.segment_f1[name] else { continue };
        let _ = write!(
            content,
            "<circle class=\"dot\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\"><title>{name}: {f1:.3}</title></circle>",
            x(least),
            y(f1)
        );
        // Above the curve where there is room, else below it.
        let above = if f1 > 0.93 { 18.0 } else { -9.0 };
        let _ = write!(
            content,
            "<text class=\"strong\" x=\"{:.1}\" y=\"{:.1}\">{f1:.2}</text>",
            x(least) + 4.0,
            y(f1) + above
        );
    }
    section("F1 of segments", &words, &picture("F1 of segments over the least overlap", HEIGHT, &content))
}

fn boundaries(evaluation: &Evaluation) -> String {
    let boundary = &evaluation.boundary;
    let errors = &boundary.errors;
    if errors.start_ms.is_empty() && errors.stop_ms.is_empty() {
        return section("Boundaries", "No two segments of one label overlap enough to compare their ends.", "");
    }
    let words = format!(
        "Found minus true in {}. Median distance of starts {}, of stops {}; mean {} and {}.",
        counted(boundary.matched, "matched segment"),
        milliseconds(boundary.start_median_ms),
        milliseconds(boundary.stop_median_ms),
        milliseconds(boundary.start_mean_ms),
        milliseconds(boundary.stop_mean_ms),
    );
    let legend = "<div class=\"legend\"><span><span class=\"swatch first\"></span>starts (upwards)</span>\
                  <span><span class=\"swatch second\"></span>stops (downwards)</span></div>\n";
    let content = histogram(errors);
    section("Boundaries", &words, &(legend.to_owned() + &picture("Errors of boundaries", HEIGHT, &content)))
}

/// Starts upwards, stops downwards; the middle bar holds no error.
fn histogram(errors: &BoundaryErrors) -> String {
    let mut sizes: Vec<f64> = errors.start_ms.iter().chain(&errors.stop_ms).map(|error| error.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let step = nice((quantile(&sizes, SHOWN_SHARE).unwrap_or(0.0) / (BARS_PER_SIDE as f64 - 0.5)).max(LEAST_STEP_MS));
    let bar_of = |error: &f64| ((error / step).round() as i64).clamp(-BARS_PER_SIDE, BARS_PER_SIDE);
    let count = |errors: &[f64], bar: i64| errors.iter().filter(|error| bar_of(error) == bar).count();
    let bars = -BARS_PER_SIDE..=BARS_PER_SIDE;
    let highest = bars.clone().map(|bar| count(&errors.start_ms, bar).max(count(&errors.stop_ms, bar))).max();
    let highest = highest.unwrap_or(1).max(1) as f64;
    let middle = (TOP + BOTTOM) / 2.0;
    let width = (RIGHT - LEFT) / (2.0 * BARS_PER_SIDE as f64 + 1.0);
    let x = |bar: i64| LEFT + width * (bar + BARS_PER_SIDE) as f64;
    let mut content = String::new();
    for bar in bars {
        for (class, errors, up) in [("first", &errors.start_ms, true), ("second", &errors.stop_ms, false)] {
            let found = count(errors, bar);
            let height = found as f64 / highest * (middle - TOP);
            if found > 0 {
                let y = if up { middle - height } else { middle };
                let _ = write!(
                    content,
                    "<rect class=\"{class}\" x=\"{:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{height:.1}\"><title>{found} about {:.0} ms</title></rect>",
                    x(bar) + 1.0,
                    width - 2.0,
                    bar as f64 * step,
                );
            }
        }
        if bar % 5 == 0 {
            let more = if bar == BARS_PER_SIDE {
                "≥ "
            } else if bar == -BARS_PER_SIDE {
                "≤ "
            } else {
                ""
            };
            let anchor = if bar == BARS_PER_SIDE {
                "end"
            } else if bar == -BARS_PER_SIDE {
                "start"
            } else {
                "middle"
            };
            let at = match anchor {
                "end" => RIGHT,
                "start" => LEFT,
                _ => x(bar) + width / 2.0,
            };
            content +=
                &label(at, BOTTOM + 16.0, anchor, &(more.to_owned() + &signed(format!("{:.0}", bar as f64 * step))));
        }
    }
    content += &line("axis", [LEFT, middle], [RIGHT, middle]);
    for y in [TOP, BOTTOM] {
        content += &line("grid", [LEFT, y], [RIGHT, y]);
        content += &label(LEFT - 6.0, y + 4.0, "end", &format!("{highest:.0}"));
    }
    content += &label(LEFT - 6.0, middle + 4.0, "end", "0");
    content + &label((LEFT + RIGHT) / 2.0, HEIGHT - 6.0, "middle", "error, ms (later than the truth to the right)")
}

fn kappa(evaluation: &Evaluation) -> String {
    const MIDDLE: f64 = 34.0;
    let Some(kappa) = evaluation.kappa else {
        return section("Agreement beyond chance", "Kappa is not defined: both always say the same one thing.", "");
    };
    let interval = evaluation.kappa_ci.map_or_else(String::new, |[low, high]| {
        format!(
            " In 95 % of draws of whole blocks of frames it is between {} and {}.",
            figure(Some(low)),
            figure(Some(high))
        )
    });
    let least = if evaluation.kappa_ci.map_or(kappa, |[low, _]| low.min(kappa)) < 0.0 { -1.0 } else { 0.0 };
    let x = |value: f64| LEFT + (value - least) / (1.0 - least) * (RIGHT - LEFT);
    let mut content = String::new();
    for step in 0..=4 {
        let value = least + f64::from(step) / 4.0 * (1.0 - least);
        content += &line("grid", [x(value), MIDDLE - 20.0], [x(value), MIDDLE + 20.0]);
        content += &label(x(value), MIDDLE + 36.0, "middle", &signed(value.to_string()));
    }
    content += &line("axis", [LEFT, MIDDLE], [RIGHT, MIDDLE]);
    if let Some([low, high]) = evaluation.kappa_ci {
        content += &line("span", [x(low), MIDDLE], [x(high), MIDDLE]);
    }
    let _ = write!(content, "<circle class=\"dot\" cx=\"{:.1}\" cy=\"{MIDDLE}\" r=\"6\"/>", x(kappa));
    let words = format!("Cohen’s kappa is {}: 0 is chance, 1 is full agreement.{interval}", figure(Some(kappa)));
    section("Agreement beyond chance", &words, &picture("Cohen's kappa with its interval", MIDDLE + 44.0, &content))
}
