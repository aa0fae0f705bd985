//! A comparison as one page of HTML: both accounts over time, confusion, figures per label, segments, boundaries, agreement.
//!
//! The page needs nothing from elsewhere: styles and pictures are inside, there are no scripts. Whatever comes from files is
//! escaped. Colour never stands alone: names, numbers, shapes or tooltips say the same.

mod charts;

mod confusion;

mod raster;

#[cfg(test)]
mod tests;

use std::fmt::Write;

use super::{Evaluation, LabelFigures, Lanes};
use crate::behavior::drawing::colors;
use crate::behavior::drawing::svg::{escaped, signed};
use crate::model::Vocabulary;

const STYLE: &str = include_str!("../../../../assets/report/evaluation.css");

/// What a page says beside its figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportTexts {
    /// The heading.
    pub title: String,
    /// What is compared, as "merged by rules".
    pub found: String,
    /// What it is compared with, as "annotator Ada".
    pub truth: String,
    /// What a reader has to know, a sentence each.
    pub notes: Vec<String>,
}

/// The page. Labels have the colours of the vocabulary.
pub fn render(lanes: &Lanes, evaluation: &Evaluation, texts: &ReportTexts, vocabulary: &Vocabulary) -> String {
    let colors = colors::of_labels(vocabulary, lanes.labels.iter().map(String::as_str));
    let parts = [
        heading(lanes, evaluation, texts),
        tiles(evaluation),
        raster::section(lanes, &colors, texts),
        label_table(evaluation, &lanes.labels, &colors),
        charts::sections(evaluation),
    ];
    let title = escaped(&texts.title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{}</main>\n</body>\n</html>\n",
        parts.concat()
    )
}

/// A figure with three decimals; a dash where there is none.
pub(super) fn figure(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| signed(format!("{value:.3}")))
}

/// Seconds, or hours, minutes and seconds where there are many.
pub(super) fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..600 => format!("{whole}\u{a0}s"),
        600..3600 => format!("{}\u{a0}min {}\u{a0}s", whole / 60, whole % 60),
        _ => format!("{}\u{a0}h {}\u{a0}min", whole / 3600, whole / 60 % 60),
    }
}

/// Milliseconds, whole; a dash where there are none.
pub(super) fn milliseconds(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.0} ms"))
}

/// A count with thin spaces between thousands.
pub(super) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{2009}');
        }
        text.push(digit);
    }
    text
}

fn heading(lanes: &Lanes, evaluation: &Evaluation, texts: &ReportTexts) -> String {
    let seconds: f64 = lanes.lanes.iter().map(|lane| lane.frame_count() as f64 / lane.fps).sum();
    let unknown = match evaluation.unknown_frames {
        0 => "Frames that the truth leaves without a label count as “none”.".to_owned(),
        count => format!("{} frames that nobody reviewed are left out.", grouped(count)),
    };
    let mut text = format!(
        "<h1>{}</h1>\n<p>Found: {}. Truth: {}. {} frames in {}, {}. {unknown}</p>\n",
        escaped(&texts.title),
        escaped(&texts.found),
        escaped(&texts.truth),
        grouped(evaluation.frames),
        counted(lanes.lanes.len(), "lane"),
        duration(seconds),
    );
    for note in &texts.notes {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "<p>{}</p>", escaped(note));
    }
    text
}

/// "1 lane", "3 lanes".
pub(super) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn tiles(evaluation: &Evaluation) -> String {
    let labels = evaluation.per_label.values().filter(|figures| figures.f1.is_some()).count();
    let interval = evaluation.kappa_ci.map_or_else(
        || "kappa, no interval".to_owned(),
        |[low, high]| {
            format!("Cohen’s kappa, 95 % from {} to {}", signed(format!("{low:.2}")), signed(format!("{high:.2}")))
        },
    );
    let overlap = evaluation.boundary.least_overlap;
    let tiles = [
        (figure(evaluation.f1_macro), format!("F1, mean over {}", counted(labels, "label"))),
        (figure(evaluation.kappa), interval),
        (figure(evaluation.accuracy), "of frames have the same labels".to_owned()),
        (figure(evaluation.segment_f1["0.5"]), "F1 of segments that overlap by half".to_owned()),
        (
            evaluation.edit_score.map_or_else(|| "–".to_owned(), |score| format!("{score:.1}")),
            "edit score, of 100".to_owned(),
        ),
        (milliseconds(evaluation.boundary_ms), format!("median boundary error, overlap ≥ {overlap}")),
    ];
    let tile =
        |(value, words): (String, String)| format!("<div class=\"tile\"><b>{value}</b><span>{words}</span></div>\n");
    format!("<div class=\"tiles\">\n{}</div>\n", tiles.map(tile).concat())
}

/// The figures of each label, the most frequent first.
fn label_table(evaluation: &Evaluation, labels: &[String], colors: &[String]) -> String {
    let mut rows: Vec<(&String, &LabelFigures, &String)> = labels
        .iter()
        .zip(colors)
        .filter_map(|(label, color)| Some((label, evaluation.per_label.get(label)?, color)))
        .collect();
    rows.sort_by(|a, b| b.1.support.cmp(&a.1.support).then(b.1.found.cmp(&a.1.found)).then(a.0.cmp(b.0)));
    let mut body = String::new();
    for (label, figures, color) in &rows {
        let name = escaped(label);
        let bars = [figures.f1, figures.precision, figures.recall, figures.ap].map(bar).concat();
        let ap_mark = if figures.has_scores { "" } else { "*" };
        let numbers =
            [figures.mcc, figures.balanced_accuracy, figures.kappa].map(|value| cell(&figure(value))).concat();
        let _ = writeln!(
            body,
            "<tr><td title=\"{name}\"><span class=\"swatch\" style=\"background:{color}\"></span>{name}{ap_mark}</td>\
             {bars}{numbers}{}{}</tr>",
            cell(&grouped(figures.support)),
            cell(&grouped(figures.found)),
        );
    }
    if rows.is_empty() {
        body = "<tr><td class=\"none\" colspan=\"10\">Neither side has a label.</td></tr>\n".to_owned();
    }
    let has_mark = rows.iter().any(|(_, figures, _)| !figures.has_scores);
    let mark =
        if has_mark { " * Nothing said how sure it was: average precision is that of found or not." } else { "" };
    let head = [
        "label",
        "F1",
        "precision",
        "recall",
        "average precision",
        "MCC",
        "balanced accuracy",
        "kappa",
        "true frames",
        "found frames",
    ];
    let head = head.map(|name| format!("<th>{name}</th>")).concat();
    format!(
        "<section>\n<h2>Labels over frames</h2>\n<p>A dash means that there is nothing to divide by.{mark}</p>\n\
         <div class=\"wide\"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table></div>\n</section>\n"
    )
}

fn cell(text: &str) -> String {
    if text == "–" { format!("<td class=\"none\">{text}</td>") } else { format!("<td>{text}</td>") }
}

fn bar(value: Option<f64>) -> String {
    let Some(value) = value else { return cell("–") };
    let width = 100.0 * value.clamp(0.0, 1.0);
    format!("<td class=\"bar\"><i><b style=\"width:{width:.1}%\"></b></i>{value:.3}</td>")
}
