//! A sheet of paper for figures: white ground, title, axes, legend with the colours and patterns of labels.
//!
//! Lengths are units of 1/96 inch. Whatever comes from files is escaped by the shapes of [`svg`].

use std::fmt::Write;

use super::LabelStyle;
use crate::behavior::drawing::svg::{self, escaped};
use crate::model::vocabulary::{Pattern, in_words};
use crate::vlm::pen::{Face, text_width};

/// The letters.
pub(super) const FAMILY: &str = "Inter";

pub(super) const INK: &str = "#18181b";
pub(super) const FAINT_INK: &str = "#52565e";
pub(super) const RULE: &str = "#d4d7dc";
/// Time in which an animal is not seen.
pub(super) const NOT_SEEN_COLOR: &str = "#dcdee2";

pub(super) const MARGIN: f64 = 24.0;
pub(super) const TEXT: f64 = 12.0;
pub(super) const SMALL: f64 = 11.0;
/// From the upper edge to the first thing under the title.
pub(super) const HEAD: f64 = 58.0;

const TITLE: f64 = 15.0;
const SWATCH: [f64; 2] = [16.0, 12.0];
const LEGEND_ROW: f64 = 20.0;

/// The lines of a pattern are so much darker than its ground.
const LINES_SHARE: f64 = 0.34;

/// A sheet that is being drawn on.
pub(super) struct Page {
    width: f64,
    body: String,
    styles: Vec<LabelStyle>,
}

/// How wide a line of text is.
pub(super) fn width_of(words: &str, size: f64) -> f64 {
    f64::from(text_width(Face::Sans, words, size as f32))
}

/// The widest of several lines.
pub(super) fn widest<'a>(words: impl IntoIterator<Item = &'a str>, size: f64) -> f64 {
    words.into_iter().map(|words| width_of(words, size)).fold(0.0, f64::max)
}

impl Page {
    /// A sheet whose labels look as given.
    pub(super) fn new(width: f64, styles: &[LabelStyle]) -> Self {
        Self { width, body: String::new(), styles: styles.to_vec() }
    }

    /// The fill of a label.
    pub(super) fn fill_of(&self, label: usize) -> String {
        match self.styles[label].pattern {
            Pattern::Plain => self.styles[label].color.clone(),
            _ => format!("url(#label-{label})"),
        }
    }

    /// A rectangle `[left, top, width, height]`; `words` are read by pointing at it.
    pub(super) fn rect(&mut self, [x, y, width, height]: [f64; 4], fill: &str, words: &str) {
        // Writing to a string cannot fail.
        let _ = write!(
            self.body,
            "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" fill=\"{fill}\""
        );
        self.body += &titled("rect", words);
    }

    /// Time that nobody reviewed: a dashed frame on white.
    pub(super) fn unreviewed(&mut self, [x, y, width, height]: [f64; 4], words: &str) {
        let (inner_width, inner_height) = ((width - 1.0).max(0.5), (height - 1.0).max(0.5));
        let _ = write!(
            self.body,
            "<rect x=\"{:.2}\" y=\"{:.2}\" width=\"{inner_width:.2}\" height=\"{inner_height:.2}\" fill=\"#ffffff\" \
             stroke=\"{FAINT_INK}\" stroke-width=\"0.75\" stroke-dasharray=\"3 2\"",
            x + 0.5,
            y + 0.5,
        );
        self.body += &titled("rect", words);
    }

    /// A moment: a diamond around a place.
    pub(super) fn diamond(&mut self, [x, y]: [f64; 2], radius: f64, fill: &str, words: &str) {
        let _ = write!(
            self.body,
            "<path d=\"M{x:.2} {:.2}l{radius} {radius}l-{radius} {radius}l-{radius} -{radius}z\" fill=\"{fill}\" stroke=\"#ffffff\" \
             stroke-width=\"1\"",
            y - radius
        );
        self.body += &titled("path", words);
    }

    pub(super) fn circle(&mut self, [x, y]: [f64; 2], radius: f64, style: &str, words: &str) {
        let _ = write!(self.body, "<circle cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"{radius}\" {style}");
        self.body += &titled("circle", words);
    }

    pub(super) fn line(&mut self, from: [f64; 2], to: [f64; 2], color: &str, width: f64) {
        self.body += &svg::line(&format!("stroke=\"{color}\" stroke-width=\"{width}\""), from, to);
    }

    pub(super) fn dashed(&mut self, from: [f64; 2], to: [f64; 2], color: &str) {
        self.body += &svg::line(&format!("stroke=\"{color}\" stroke-dasharray=\"4 3\""), from, to);
    }

    /// Words whose `anchor` (start, middle, end) stands at a place.
    pub(super) fn text(&mut self, at: [f64; 2], anchor: &str, words: &str) {
        self.body += &svg::text("", at, anchor, words);
    }

    pub(super) fn small(&mut self, at: [f64; 2], anchor: &str, words: &str) {
        self.body += &svg::text(&format!("font-size=\"{SMALL}\" fill=\"{FAINT_INK}\""), at, anchor, words);
    }

    pub(super) fn strong(&mut self, at: [f64; 2], anchor: &str, words: &str) {
        self.body += &svg::text("font-weight=\"600\"", at, anchor, words);
    }

    /// Words in white or another colour of their own.
    pub(super) fn colored(&mut self, at: [f64; 2], anchor: &str, words: &str, color: &str) {
        self.body += &svg::text(&format!("fill=\"{color}\""), at, anchor, words);
    }

    /// Words that read upwards along an axis, around a place.
    pub(super) fn upright(&mut self, [x, y]: [f64; 2], words: &str) {
        let turned = format!("transform=\"rotate(-90 {x:.1} {y:.1})\"");
        self.body += &svg::text(&turned, [x, y], "middle", words);
    }

    /// Words that rise from a place.
    pub(super) fn slanted(&mut self, [x, y]: [f64; 2], words: &str) {
        let turned = format!("transform=\"rotate(-45 {x:.1} {y:.1})\"");
        self.body += &svg::text(&turned, [x, y], "start", words);
    }

    /// The labels, what is "not yet reviewed" where that occurs, and moments, from a place to the right edge; gives the lower edge.
    pub(super) fn legend(&mut self, [left, top]: [f64; 2], labels: &[(usize, bool)], has_gaps: bool) -> f64 {
        let (mut x, mut y) = (left, top);
        let mut entries: Vec<(Option<(usize, bool)>, String)> = labels
            .iter()
            .map(|(label, is_point)| (Some((*label, *is_point)), in_words(&self.styles[*label].name)))
            .collect();
        if has_gaps {
            entries.push((None, "not yet reviewed".to_owned()));
        }
        for (label, words) in &entries {
            let width = SWATCH[0] + 6.0 + width_of(words, TEXT) + 18.0;
            if x > left && x + width > self.width - MARGIN {
                (x, y) = (left, y + LEGEND_ROW);
            }
            match label {
                Some((label, true)) => self.diamond([x + 8.0, y + 6.0], 6.0, &self.styles[*label].color.clone(), ""),
                Some((label, false)) => {
                    let fill = self.fill_of(*label);
                    self.rect([x, y, SWATCH[0], SWATCH[1]], &fill, "");
                }
                None => self.unreviewed([x, y, SWATCH[0], SWATCH[1]], ""),
            }
            self.text([x + SWATCH[0] + 6.0, y + 10.5], "start", words);
            x += width;
        }
        if entries.is_empty() { top } else { y + LEGEND_ROW }
    }

    /// A level axis with marks `(place, words)`, and what it measures under it.
    pub(super) fn axis_below(&mut self, [left, right]: [f64; 2], y: f64, marks: &[(f64, String)], words: &str) {
        self.line([left, y], [right, y], INK, 1.0);
        for (x, mark) in marks {
            self.line([*x, y], [*x, y + 4.0], INK, 1.0);
            self.small([*x, y + 16.0], "middle", mark);
        }
        self.text([(left + right) / 2.0, y + 34.0], "middle", words);
    }

    /// An upright axis with marks `(place, words)`.
    pub(super) fn axis_left(&mut self, x: f64, [top, bottom]: [f64; 2], marks: &[(f64, String)]) {
        self.line([x, top], [x, bottom], INK, 1.0);
        for (y, mark) in marks {
            self.line([x - 4.0, *y], [x, *y], INK, 1.0);
            self.small([x - 7.0, y + 4.0], "end", mark);
        }
    }

    /// The drawing, so high.
    pub(super) fn finish(self, height: f64, title: &str, words: &str) -> String {
        let Self { width, body, styles } = self;
        let patterns: String = styles.iter().enumerate().map(|(at, style)| pattern(at, style)).collect();
        let head = svg::text(&format!("font-size=\"{TITLE}\" font-weight=\"600\""), [MARGIN, 30.0], "start", title)
            + &svg::text(&format!("font-size=\"{SMALL}\" fill=\"{FAINT_INK}\""), [MARGIN, 46.0], "start", words);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" \
             font-family=\"{FAMILY}, Helvetica, Arial, sans-serif\" font-size=\"{TEXT}\" fill=\"{INK}\">\n<title>{}</title>\n\
             <defs>{patterns}</defs>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{head}\n{body}\n</svg>\n",
            escaped(title)
        )
    }
}

/// The end of a shape, with words that are read by pointing at it.
fn titled(shape: &str, words: &str) -> String {
    if words.is_empty() { "/>".to_owned() } else { format!("><title>{}</title></{shape}>\n", escaped(words)) }
}

/// The fill of a label with a pattern; nothing for plain ones.
fn pattern(at: usize, style: &LabelStyle) -> String {
    let lines = darker(&style.color);
    let stroke = |path: &str| format!("<path d=\"{path}\" stroke=\"{lines}\" stroke-width=\"1.4\" fill=\"none\"/>");
    // The lines reach over the tile, so that their ends meet those of the next.
    let (rising, falling) = ("M-2 2l4 -4M0 8l8 -8M6 10l4 -4", "M-2 6l4 4M0 0l8 8M6 -2l4 4");
    let drawn = match style.pattern {
        Pattern::Plain => return String::new(),
        Pattern::Stripes => stroke(rising),
        Pattern::Backstripes => stroke(falling),
        Pattern::Crosshatch => stroke(rising) + &stroke(falling),
        Pattern::Bars => stroke("M4 0v8"),
        Pattern::Lines => stroke("M0 2h8M0 6h8"),
        Pattern::Dots => format!(
            "<circle cx=\"2\" cy=\"2\" r=\"1.2\" fill=\"{lines}\"/><circle cx=\"6\" cy=\"6\" r=\"1.2\" fill=\"{lines}\"/>"
        ),
    };
    format!(
        "<pattern id=\"label-{at}\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\"><rect width=\"8\" height=\"8\" \
         fill=\"{}\"/>{drawn}</pattern>",
        style.color
    )
}

fn darker(color: &str) -> String {
    let rgb = crate::behavior::drawing::colors::rgb_of(color).unwrap_or_default();
    let [red, green, blue] = rgb.map(|level| (f64::from(level) * (1.0 - LINES_SHARE)) as u8);
    format!("#{red:02x}{green:02x}{blue:02x}")
}
