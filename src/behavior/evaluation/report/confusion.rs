//! The confusion matrix as a heat map with numbers.

use std::fmt::Write;

use super::super::frames::Confusion;
use super::grouped;
use crate::behavior::drawing::svg::escaped;

/// Names are cut after so many characters; the tooltip has the whole.
const NAME_CHARACTERS: usize = 24;

/// About the width of a character of a name, px.
const CHARACTER_PX: f64 = 6.4;

/// The height of a row, px.
const CELL_PX: f64 = 34.0;

/// The width of a column, px: five digits fit.
const COLUMN_PX: f64 = 46.0;

/// From these shares on the number of a cell has the colour that is read on a full one: in dark pages, and in light ones.
const FULL_SHARES: [f64; 2] = [0.6, 0.7];

/// With more labels the matrix has a row of the page for itself.
const MOST_BESIDE: usize = 8;

pub(super) fn section(confusion: &Confusion) -> String {
    let size = confusion.labels.len();
    let row_sum = |row: usize| confusion.frames[row].iter().sum::<u64>();
    let column_sum = |column: usize| confusion.frames.iter().map(|row| row[column]).sum::<u64>();
    let shown: Vec<usize> = (0..size).filter(|at| row_sum(*at) + column_sum(*at) > 0).collect();
    let class = if is_wide(confusion) { " class=\"full\"" } else { "" };
    let picture =
        if shown.is_empty() { "<p>There is no frame to show.</p>\n".to_owned() } else { map(confusion, &shown) };
    format!(
        "<section{class}>\n<h2>Confusion</h2>\n<p>Rows are true labels, columns found ones; numbers are frames, the depth is their share of \
         the row. Where a frame has several labels, those that both have stand on the diagonal.</p>\n{picture}</section>\n"
    )
}

/// Whether the matrix takes the page's width.
pub(super) fn is_wide(confusion: &Confusion) -> bool {
    confusion.labels.len() > MOST_BESIDE
}

fn map(confusion: &Confusion, shown: &[usize]) -> String {
    let names: Vec<String> = shown.iter().map(|at| cut(&confusion.labels[*at])).collect();
    let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0) as f64 * CHARACTER_PX;
    let left = longest + 12.0;
    // Names above the columns are slanted by 45°.
    let top = longest * std::f64::consts::FRAC_1_SQRT_2 + 18.0;
    let (width, height) = (left + COLUMN_PX * shown.len() as f64 + top, top + CELL_PX * shown.len() as f64 + 4.0);
    let mut cells = String::new();
    for (row, truth) in shown.iter().enumerate() {
        let total: u64 = confusion.frames[*truth].iter().sum();
        let y = top + CELL_PX * row as f64;
        let middle = y + CELL_PX / 2.0 + 4.0;
        let _ = write!(
            cells,
            "<text x=\"{:.1}\" y=\"{middle:.1}\" text-anchor=\"end\">{}</text>",
            left - 8.0,
            escaped(&names[row])
        );
        for (column, found) in shown.iter().enumerate() {
            let count = confusion.frames[*truth][*found];
            let share = if total > 0 { count as f64 / total as f64 } else { 0.0 };
            let x = left + COLUMN_PX * column as f64;
            let class = match FULL_SHARES.iter().filter(|full| share > **full).count() {
                0 => "strong",
                1 => "middle",
                _ => "on",
            };
            let number = if count > 0 { short(count) } else { String::new() };
            let _ = write!(
                cells,
                "<g><title>true {}, found {}: {} frames, {:.1} % of the row</title>\
                 <rect class=\"cell heat-ground\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{COLUMN_PX}\" height=\"{CELL_PX}\"/>\
                 <rect class=\"cell heat\" fill-opacity=\"{share:.3}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{COLUMN_PX}\" height=\"{CELL_PX}\"/>\
                 <text class=\"{class}\" x=\"{:.1}\" y=\"{middle:.1}\" text-anchor=\"middle\">{number}</text></g>",
                escaped(&confusion.labels[*truth]),
                escaped(&confusion.labels[*found]),
                grouped(count),
                100.0 * share,
                x + COLUMN_PX / 2.0,
            );
        }
    }
    for (column, name) in names.iter().enumerate() {
        let (x, y) = (left + COLUMN_PX * (column as f64 + 0.5), top - 8.0);
        let _ = write!(cells, "<text transform=\"translate({x:.1} {y:.1}) rotate(-45)\">{}</text>", escaped(name));
    }
    format!(
        "<div class=\"wide\"><svg width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         role=\"img\" aria-label=\"Confusion matrix\">{cells}</svg></div>\n"
    )
}

fn cut(name: &str) -> String {
    let mut text: String = name.chars().take(NAME_CHARACTERS).collect();
    if name.chars().nth(NAME_CHARACTERS).is_some() {
        text.push('…');
    }
    text
}

/// A count in at most five characters.
pub(super) fn short(count: u64) -> String {
    let in_units = |unit: f64, letter: char| {
        let value = count as f64 / unit;
        if value < 9.95 { format!("{value:.1}{letter}") } else { format!("{value:.0}{letter}") }
    };
    match count {
        0..10_000 => count.to_string(),
        10_000..999_500 => in_units(1e3, 'k'),
        _ => in_units(1e6, 'M'),
    }
}
