//! The look of the window: design tokens of `assets/theme.toml` as typed values, and their translation into egui's styles.
//!
//! The tokens are read once. No other file names a raw colour; whoever paints asks [`Theme::get`], [`palette`] or a
//! [`SkeletonLook`]. Lengths are points at 100 %: scaling is egui's zoom, so nothing is multiplied by hand.

pub mod behavior;
pub mod fonts;
pub mod skeleton;
pub mod tokens;

mod apply;
mod codes;

use std::sync::OnceLock;

use egui::Color32;
use serde::{Deserialize, Deserializer, de::Error};

pub use crate::app::settings::Appearance;
pub use fonts::{Weight, figure_font, mono, sans};
pub use skeleton::{KeypointLook, RegionLook, Side, SkeletonLook};
pub use tokens::{Ink, Palette, Shape, Theme};

/// The tint that leaves a picture's own colours as they are.
pub const UNTINTED: Color32 = Color32::WHITE;

/// Words on the ground of a behaviour's label, which is dark enough for them.
pub const INK_ON_LABEL: Color32 = Color32::WHITE;

const TOKENS: &str = include_str!("../../assets/theme.toml");

/// The appearance that `ui` is painted in.
pub fn appearance_of(ui: &egui::Ui) -> Appearance {
    if ui.visuals().dark_mode { Appearance::Dark } else { Appearance::Light }
}

impl Theme {
    /// The tokens that are built in.
    ///
    /// # Panics
    /// Never: a test reads the same file.
    pub fn get() -> &'static Self {
        static THEME: OnceLock<Theme> = OnceLock::new();
        THEME.get_or_init(|| toml::from_str(TOKENS).expect("the built-in theme is valid"))
    }

    /// The colours of one appearance.
    pub fn palette(&self, appearance: Appearance) -> &Palette {
        match appearance {
            Appearance::Dark => &self.dark,
            Appearance::Light => &self.light,
        }
    }

    /// Which of the five heat steps a residual falls in.
    ///
    /// `residual_px` is in pixels at an image width of 1024 px. What is not a number has no step.
    pub fn heat_step(&self, residual_px: f64) -> Option<usize> {
        if residual_px.is_nan() {
            return None;
        }
        Some(self.heat.bounds.iter().rposition(|bound| residual_px >= *bound).unwrap_or(0))
    }

    /// The colour of a residual in the heat strip; that of the empty ground where there is none.
    ///
    /// `residual_px` is in pixels at an image width of 1024 px.
    pub fn heat_colour(&self, appearance: Appearance, residual_px: f64) -> Color32 {
        let palette = self.palette(appearance);
        self.heat_step(residual_px).map_or(palette.window, |step| palette.heat[step])
    }
}

/// The colours that `ui` is painted with.
pub fn palette(ui: &egui::Ui) -> &'static Palette {
    Theme::get().palette(appearance_of(ui))
}

/// A colour between two: `share` 0 gives the first, 1 the second. The result is opaque.
pub fn mix(one: Color32, other: Color32, share: f32) -> Color32 {
    let between =
        |from: u8, to: u8| (f32::from(from) + (f32::from(to) - f32::from(from)) * share.clamp(0.0, 1.0)).round() as u8;
    Color32::from_rgb(between(one.r(), other.r()), between(one.g(), other.g()), between(one.b(), other.b()))
}

/// The contrast ratio of WCAG 2 between two opaque colours: 1 for the same, 21 for black on white.
pub fn contrast(one: Color32, other: Color32) -> f64 {
    let linear = |channel: u8| {
        let value = f64::from(channel) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    let luminance = |of: Color32| 0.2126 * linear(of.r()) + 0.7152 * linear(of.g()) + 0.0722 * linear(of.b());
    let (a, b) = (luminance(one), luminance(other));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// A colour so much nearer to black: `share` 0 leaves it, 1 is black.
pub fn darkened(colour: Color32, share: f32) -> Color32 {
    mix(colour, Color32::BLACK, share)
}

/// A colour as thin lines and words have it on a ground: moved away from the ground where it would hardly be seen.
pub fn readable_on(ground: Color32, colour: Color32) -> Color32 {
    legible_on(ground, colour, 3.0)
}

/// `colour`, moved towards the far end from `ground` until text in it reaches `ratio` on that ground.
fn legible_on(ground: Color32, colour: Color32, ratio: f64) -> Color32 {
    let end = if contrast(ground, Color32::WHITE) > contrast(ground, Color32::BLACK) {
        Color32::WHITE
    } else {
        Color32::BLACK
    };
    (0..=20)
        .map(|step| mix(colour, end, step as f32 / 20.0))
        .find(|candidate| contrast(*candidate, ground) >= ratio)
        .unwrap_or(end)
}

/// `#rrggbb` or `#rrggbbaa`.
fn parse_colour(text: &str) -> Option<Color32> {
    Color32::from_hex(text).ok().filter(|_| matches!(text.len(), 7 | 9))
}

fn colour<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Color32, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_colour(&text).ok_or_else(|| D::Error::custom(format!("\"{text}\" is no colour of the form #rrggbb")))
}

fn colours<'de, D: Deserializer<'de>, const N: usize>(deserializer: D) -> Result<[Color32; N], D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let read: Option<Vec<Color32>> = texts.iter().map(|text| parse_colour(text)).collect();
    let read = read.ok_or_else(|| D::Error::custom("a colour of the list is not of the form #rrggbb"))?;
    let count = read.len();
    read.try_into().map_err(|_| D::Error::custom(format!("{count} colours stand where {N} are needed")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_appearances_have_the_same_keys() {
        let table: toml::Table = toml::from_str(TOKENS).unwrap();
        let keys = |name: &str| table[name].as_table().unwrap().keys().cloned().collect::<Vec<_>>();
        assert!(keys("dark").len() > 15);
        assert_eq!(keys("dark"), keys("light"));
    }

    #[test]
    fn text_is_legible_on_every_surface() {
        let theme = Theme::get();
        for (name, palette, floor) in [("dark", &theme.dark, 4.9), ("light", &theme.light, 4.7)] {
            let surfaces = [
                palette.window,
                palette.panel,
                palette.raised,
                palette.control,
                palette.accent_fill,
                palette.error_fill,
            ];
            for ink in Ink::ALL {
                for surface in surfaces {
                    let ratio = contrast(palette.ink(ink), surface);
                    assert!(ratio >= floor - 0.005, "{name}: {ink:?} on {surface:?} is {ratio:.2}:1");
                }
            }
            assert!(contrast(palette.on_accent, palette.accent) >= 7.0, "{name}");
            assert!(contrast(palette.on_error, palette.error) >= 6.5, "{name}");
        }
    }

    #[test]
    fn pills_are_legible_filled_and_hollow() {
        let theme = Theme::get();
        let hues = theme.regions.named().into_iter().map(|region| region.colour).chain(theme.regions.spare.colours);
        for hue in hues.chain([theme.on_image.unassigned]) {
            assert!(contrast(hue, theme.on_image.pill) >= 4.5, "{hue:?}");
        }
        assert!(contrast(theme.on_image.badge_text, theme.on_image.badge) >= 7.0);
        for behaviour in theme.behaviours.colours {
            assert!(contrast(behaviour, Color32::WHITE) >= 5.9 - 0.05, "{behaviour:?}");
        }
    }

    #[test]
    fn heat_runs_one_way_in_lightness() {
        let theme = Theme::get();
        for palette in [&theme.dark, &theme.light] {
            let ratios: Vec<f64> = palette.heat.iter().map(|step| contrast(*step, palette.heat[0])).collect();
            assert!(ratios.is_sorted_by(|a, b| a < b), "{ratios:?}");
        }
        let steps: Vec<_> = [-1.0, 0.0, 1.19, 1.2, 5.0, 9.9, 10.0, f64::INFINITY].map(|px| theme.heat_step(px)).into();
        assert_eq!(steps, [0, 0, 0, 1, 3, 3, 4, 4].map(Some));
        assert_eq!(theme.heat_step(f64::NAN), None);
        assert_eq!(theme.heat_colour(Appearance::Light, f64::NAN), theme.light.window);
    }

    #[test]
    fn contrast_is_that_of_the_guideline() {
        assert!((contrast(Color32::BLACK, Color32::WHITE) - 21.0).abs() < 1e-9);
        assert!((contrast(Color32::from_gray(0x77), Color32::WHITE) - 4.48).abs() < 0.005);
    }

    #[test]
    fn a_token_that_nothing_reads_is_refused() {
        let misspelt = TOKENS.replacen("panel = ", "pannel = ", 1);
        assert!(toml::from_str::<Theme>(&misspelt).is_err());
        assert!(toml::from_str::<Theme>(&TOKENS.replacen("#0e1013", "0e1013", 1)).is_err());
    }
}
