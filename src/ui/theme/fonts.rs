//! The fonts: Inter for words, JetBrains Mono for figures that are compared, egui's own for whatever those two lack.
//!
//! The files under `assets/fonts` are subsets (Latin, Greek, arrows, signs) of the static releases.

use std::sync::Arc;

use egui::{FontData, FontDefinitions, FontFamily, FontId};

use super::Theme;

/// How heavy text is. Weight carries the hierarchy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Most text.
    Regular,
    /// Buttons; figures.
    Medium,
    /// The page's subject and the selected thing.
    Strong,
}

const REGULAR: &str = "Inter-Regular";
const MEDIUM: &str = "Inter-Medium";
const STRONG: &str = "Inter-SemiBold";
const MONO: &str = "JetBrainsMono-Medium";
const MONO_STRONG: &str = "JetBrainsMono-Bold";

const FILES: [(&str, &[u8]); 5] = [
    (REGULAR, include_bytes!("../../../assets/fonts/Inter-Regular.ttf")),
    (MEDIUM, include_bytes!("../../../assets/fonts/Inter-Medium.ttf")),
    (STRONG, include_bytes!("../../../assets/fonts/Inter-SemiBold.ttf")),
    (MONO, include_bytes!("../../../assets/fonts/JetBrainsMono-Medium.ttf")),
    (MONO_STRONG, include_bytes!("../../../assets/fonts/JetBrainsMono-Bold.ttf")),
];

/// Words of that weight, `size` points high.
pub fn sans(weight: Weight, size: f32) -> FontId {
    let family = match weight {
        Weight::Regular => FontFamily::Proportional,
        Weight::Medium => FontFamily::Name(MEDIUM.into()),
        Weight::Strong => FontFamily::Name(STRONG.into()),
    };
    FontId::new(size, family)
}

/// Figures of that weight, `size` points high. There is no lighter one than medium.
pub fn mono(weight: Weight, size: f32) -> FontId {
    let family = match weight {
        Weight::Regular | Weight::Medium => FontFamily::Monospace,
        Weight::Strong => FontFamily::Name(MONO_STRONG.into()),
    };
    FontId::new(size, family)
}

/// The large figures of live counts.
pub fn figure_font() -> FontId {
    mono(Weight::Medium, Theme::get().font.figure)
}

/// Our fonts before egui's own.
pub(super) fn definitions() -> FontDefinitions {
    let mut definitions = FontDefinitions::default();
    for (name, bytes) in FILES {
        definitions.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    let fallback = |family: FontFamily| definitions.families.get(&family).cloned().unwrap_or_default();
    let (words, figures) = (fallback(FontFamily::Proportional), fallback(FontFamily::Monospace));
    let mut bind = |family: FontFamily, first: &[&str], rest: &[String]| {
        let names = first.iter().map(|name| (*name).to_owned()).chain(rest.iter().cloned()).collect();
        definitions.families.insert(family, names);
    };
    bind(FontFamily::Proportional, &[REGULAR], &words);
    bind(FontFamily::Name(MEDIUM.into()), &[MEDIUM], &words);
    bind(FontFamily::Name(STRONG.into()), &[STRONG], &words);
    bind(FontFamily::Monospace, &[MONO, REGULAR], &figures);
    bind(FontFamily::Name(MONO_STRONG.into()), &[MONO_STRONG, STRONG], &figures);
    definitions
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that the window's words and figures are made of, beside letters.
    const SIGNS: &str = "·–—…°²³µσταβ≤≥×±≈−→←↑↓✓△◇●⌘⌥⇧↵√∞„“”’";

    #[test]
    fn every_font_has_the_signs_or_a_fallback() {
        let mut fonts = egui::epaint::text::Fonts::new(egui::epaint::TextOptions::default(), definitions());
        let mut view = fonts.with_pixels_per_point(1.0);
        for font in [
            sans(Weight::Regular, 12.0),
            sans(Weight::Medium, 12.0),
            sans(Weight::Strong, 13.0),
            mono(Weight::Medium, 12.0),
            mono(Weight::Strong, 11.0),
        ] {
            let lacking: String = SIGNS.chars().filter(|sign| !view.has_glyph(&font, *sign)).collect();
            assert!(lacking.is_empty(), "{font:?} lacks {lacking}");
        }
    }

    #[test]
    fn figures_of_both_weights_are_equally_wide() {
        let mut fonts = egui::epaint::text::Fonts::new(egui::epaint::TextOptions::default(), definitions());
        let mut view = fonts.with_pixels_per_point(2.0);
        let width = view.glyph_width(&mono(Weight::Medium, 11.0), '0');
        for digit in '0'..='9' {
            assert!((view.glyph_width(&mono(Weight::Medium, 11.0), digit) - width).abs() < 1e-3);
            assert!((view.glyph_width(&mono(Weight::Strong, 11.0), digit) - width).abs() < 1e-3);
        }
    }

    /// How far the middle of a capital is below the middle of its line, in pixels.
    fn capital_below_middle_px(font: FontId, pixels_per_point: f32) -> f32 {
        let mut fonts = egui::epaint::text::Fonts::new(egui::epaint::TextOptions::default(), definitions());
        let mut view = fonts.with_pixels_per_point(pixels_per_point);
        let galley = view.layout_no_wrap("H".to_owned(), font, egui::Color32::PLACEHOLDER);
        let glyph = &galley.rows[0].row.glyphs[0];
        let middle = glyph.pos.y + glyph.uv_rect.offset.y + glyph.uv_rect.size.y / 2.0;
        (middle - galley.size().y / 2.0) * pixels_per_point
    }

    #[test]
    fn capitals_stand_in_the_middle_of_their_line() {
        for pixels_per_point in [1.0, 1.25, 1.5, 2.0] {
            for size in [11.0, 12.0, 13.0, 20.0] {
                for font in [sans(Weight::Regular, size), sans(Weight::Strong, size), mono(Weight::Medium, size)] {
                    let below = capital_below_middle_px(font.clone(), pixels_per_point);
                    assert!(below.abs() <= 1.0, "{font:?} at {pixels_per_point}: {below} px");
                }
            }
        }
    }

    #[test]
    fn the_files_stay_small() {
        for (name, bytes) in FILES {
            assert!(bytes.len() < 100_000, "{name} has {} bytes", bytes.len());
        }
    }
}
