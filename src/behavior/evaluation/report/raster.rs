//! Both accounts over time, above each other, with where they agree.
//!
//! A lane in which no frame has several labels is two strips in the labels' colours. Another has a row per label: the truth in
//! the upper half, what was found in the lower. Long lanes are drawn in columns of several frames.

use std::fmt::Write;

use super::super::lanes::{Lane, Lanes};
use super::{ReportTexts, counted};
use crate::behavior::drawing::axis::{clock, time_step};
use crate::behavior::drawing::svg::escaped;

/// Columns of a strip; a longer lane has several frames in one.
const MOST_COLUMNS: usize = 1600;

/// Lanes that are drawn; the figures are those of all.
const MOST_LANES: usize = 60;

/// Marks on a time axis, at most.
const MOST_TICKS: f64 = 9.0;

/// What a column of a strip shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    /// A label.
    Label(usize),
    /// Both have the same labels.
    Agree,
    /// They have not.
    Differ,
    /// Nobody reviewed it.
    Unknown,
}

pub(super) fn section(lanes: &Lanes, colors: &[String], texts: &ReportTexts) -> String {
    let mut body = String::new();
    for lane in lanes.lanes.iter().take(MOST_LANES) {
        body.push_str(&lane_rows(lane, &lanes.labels, colors));
    }
    if lanes.lanes.is_empty() {
        body.push_str("<p>There is no lane to show.</p>\n");
    } else if lanes.lanes.len() > MOST_LANES {
        let _ = writeln!(body, "<p>The first {MOST_LANES} of {} are shown.</p>", counted(lanes.lanes.len(), "lane"));
    }
    let mut legend: String = lanes.labels.iter().zip(colors).map(|(label, color)| swatch(label, color)).collect();
    legend.push_str("<span><span class=\"swatch agree\"></span>the same (thin)</span>");
    legend.push_str("<span><span class=\"swatch differ\"></span>differs (tall)</span>");
    if lanes.lanes.iter().any(|lane| lane.unknown_frames() > 0) {
        legend.push_str("<span><span class=\"swatch unknown\"></span>not reviewed</span>");
    }
    format!(
        "<section>\n<h2>Over time</h2>\n<p>Truth ({}) above, found ({}) below. Point at a piece to read its label and times.</p>\n\
         <div class=\"legend\">{legend}</div>\n{body}</section>\n",
        escaped(&texts.truth),
        escaped(&texts.found),
    )
}

fn swatch(label: &str, color: &str) -> String {
    format!("<span><span class=\"swatch\" style=\"background:{color}\"></span>{}</span>", escaped(label))
}

fn lane_rows(lane: &Lane, labels: &[String], colors: &[String]) -> String {
    let frame_count = lane.frame_count();
    let mut rows = format!("<h3>{}</h3>\n", escaped(&lane.name));
    if frame_count == 0 {
        return rows + &row("", "<div class=\"empty\">no frames</div>");
    }
    let holds = |side: &[Vec<bool>], frame: usize| (0..labels.len()).filter(|label| side[*label][frame]).count();
    let is_exclusive = (0..frame_count).all(|frame| holds(&lane.found, frame) <= 1 && holds(&lane.truth, frame) <= 1);
    let painter = Painter { lane, labels, colors };
    if is_exclusive {
        for (name, side) in [("truth", &lane.truth), ("found", &lane.found)] {
            let ink = painter.columns(|frame| (0..labels.len()).find(|label| side[*label][frame]).map(Ink::Label));
            rows.push_str(&row(name, &painter.strip_or_words(&ink, "nothing labelled")));
        }
    } else {
        let occurs = |label: &usize| lane.truth[*label].contains(&true) || lane.found[*label].contains(&true);
        for label in (0..labels.len()).filter(occurs) {
            let of = |side: &[bool]| painter.columns(|frame| side[frame].then_some(Ink::Label(label)));
            rows.push_str(&row(
                &escaped(&labels[label]),
                &painter.halves(&of(&lane.truth[label]), &of(&lane.found[label])),
            ));
        }
    }
    let agreement = painter.columns(|frame| {
        let differs = (0..labels.len()).any(|label| lane.found[label][frame] != lane.truth[label][frame]);
        match differs {
            true => Some(Ink::Differ),
            false => (holds(&lane.truth, frame) > 0).then_some(Ink::Agree),
        }
    });
    rows.push_str(&row("agreement", &painter.svg("strip thin", 10.0, &painter.pieces(&agreement, (0.0, 10.0)))));
    rows + &row("", &ticks(frame_count as f64 / lane.fps))
}

fn row(name: &str, content: &str) -> String {
    format!("<div class=\"row\"><span title=\"{name}\">{name}</span>{content}</div>\n")
}

struct Painter<'a> {
    lane: &'a Lane,
    labels: &'a [String],
    colors: &'a [String],
}

impl Painter<'_> {
    /// What most frames of each column show; frames that nobody reviewed show that.
    fn columns(&self, ink: impl Fn(usize) -> Option<Ink>) -> Vec<Option<Ink>> {
        let frame_count = self.lane.frame_count();
        let columns = frame_count.min(MOST_COLUMNS);
        let shown = |frame: usize| if self.lane.known[frame] { ink(frame) } else { Some(Ink::Unknown) };
        let of_column = |column: usize| {
            let mut counts: Vec<(Option<Ink>, usize)> = Vec::new();
            for frame in column * frame_count / columns..(column + 1) * frame_count / columns {
                let ink = shown(frame);
                match counts.iter_mut().find(|(known, _)| *known == ink) {
                    Some((_, count)) => *count += 1,
                    None => counts.push((ink, 1)),
                }
            }
            counts.into_iter().max_by_key(|(_, count)| *count).and_then(|(ink, _)| ink)
        };
        (0..columns).map(of_column).collect()
    }

    fn strip_or_words(&self, columns: &[Option<Ink>], words: &str) -> String {
        if columns.iter().all(Option::is_none) {
            return format!("<div class=\"empty\">{words}</div>");
        }
        self.svg("strip", 18.0, &self.pieces(columns, (0.0, 18.0)))
    }

    fn halves(&self, truth: &[Option<Ink>], found: &[Option<Ink>]) -> String {
        let pieces = self.pieces(truth, (0.0, 9.5)) + &self.pieces(found, (10.5, 9.5));
        self.svg("strip two", 20.0, &pieces)
    }

    fn svg(&self, class: &str, height: f64, pieces: &str) -> String {
        let columns = self.lane.frame_count().min(MOST_COLUMNS);
        format!(
            "<svg class=\"{class}\" viewBox=\"0 0 {columns} {height}\" preserveAspectRatio=\"none\" \
             shape-rendering=\"crispEdges\" role=\"img\">{pieces}</svg>"
        )
    }

    /// A rectangle per run of columns, `(y, height)`.
    fn pieces(&self, columns: &[Option<Ink>], (y, height): (f64, f64)) -> String {
        let mut text = String::new();
        let mut start = 0;
        for run in columns.chunk_by(|a, b| a == b) {
            let stop = start + run.len();
            if let Some(ink) = run[0] {
                let (paint, words) = self.paint(ink);
                // What agrees is a thin line and what differs is tall: colour alone would not tell everybody.
                let (y, height) = if ink == Ink::Agree { (y + height * 0.4, height * 0.2) } else { (y, height) };
                let seconds =
                    |column: usize| (column * self.lane.frame_count()) as f64 / columns.len() as f64 / self.lane.fps;
                let _ = write!(
                    text,
                    "<rect x=\"{start}\" y=\"{y}\" width=\"{}\" height=\"{height}\" {paint}>\
                     <title>{words}, {:.2} to {:.2} s</title></rect>",
                    stop - start,
                    seconds(start),
                    seconds(stop),
                );
            }
            start = stop;
        }
        text
    }

    fn paint(&self, ink: Ink) -> (String, String) {
        match ink {
            Ink::Label(label) => (format!("fill=\"{}\"", self.colors[label]), escaped(&self.labels[label])),
            Ink::Agree => ("class=\"agree\"".to_owned(), "the same".to_owned()),
            Ink::Differ => ("class=\"differ\"".to_owned(), "differs".to_owned()),
            Ink::Unknown => ("class=\"unknown\"".to_owned(), "not reviewed".to_owned()),
        }
    }
}

/// A time axis of so many seconds.
fn ticks(length_s: f64) -> String {
    let step = time_step(length_s / MOST_TICKS);
    let mut marks = String::new();
    let mut at = 0.0;
    // A mark at the very end would reach beyond the strip.
    while at < length_s * 0.97 {
        let _ = write!(marks, "<i style=\"left:{:.3}%\">{}</i>", 100.0 * at / length_s, clock(at, step));
        at += step;
    }
    format!("<div class=\"ticks\">{marks}</div>")
}
