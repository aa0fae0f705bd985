//! SVG and HTML as text: what is escaped, and the few shapes that pictures are made of.
//!
//! Lengths are in the user units of the picture, which are pixels where it is shown at its own size.

/// Text that stands between tags or in an attribute.
pub(in crate::behavior) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // Control characters are not allowed in HTML, however written.
            character if character.is_control() => safe.push(' '),
            character => safe.push(character),
        }
    }
    safe
}

/// A number with a proper minus, as long as a plus.
pub(in crate::behavior) fn signed(number: String) -> String {
    number.replace('-', "\u{2212}")
}

/// Words at a place; `style` is attributes that follow, `anchor` says which end of the words stands there.
pub(in crate::behavior) fn text(style: &str, [x, y]: [f64; 2], anchor: &str, words: &str) -> String {
    let space = if style.is_empty() { "" } else { " " };
    format!("<text{space}{style} x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>", escaped(words))
}

/// A line between two places.
pub(in crate::behavior) fn line(style: &str, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2]) -> String {
    format!("<line {style} x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>")
}
