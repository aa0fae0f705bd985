//! The tables of `assets/theme.toml` as types. A key that is missing, misspelt or unknown is an error, so the file and these
//! types cannot drift apart. Lengths are points at 100 %, colours are opaque unless the file says otherwise.

use egui::Color32;
use serde::Deserialize;

use super::{colour, colours};
use crate::ui::icons::Icon;

/// Everything that fixes the look.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the tables are named and commented in the file")]
pub struct Theme {
    pub dark: Palette,
    pub light: Palette,
    pub heat: Heat,
    pub on_image: OnImage,
    pub regions: Regions,
    pub side: Sides,
    pub codes: std::collections::BTreeMap<String, String>,
    pub animals: Animals,
    pub behaviours: Behaviours,
    pub state: States,
    pub font: Fonts,
    pub space: Space,
    pub size: Size,
    pub shadow: Shadow,
    pub radius: Radius,
    pub stroke: Strokes,
    pub marker: Marker,
}

/// The colours of one appearance.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Palette {
    /// Behind panels, in text fields and empty lanes.
    #[serde(deserialize_with = "colour")]
    pub window: Color32,
    /// The ground of panels.
    #[serde(deserialize_with = "colour")]
    pub panel: Color32,
    /// Cards, hypotheses, captions; a hovered row.
    #[serde(deserialize_with = "colour")]
    pub raised: Color32,
    /// Buttons and fields that are chosen from.
    #[serde(deserialize_with = "colour")]
    pub control: Color32,
    /// The ground of sliders and progress bars.
    #[serde(deserialize_with = "colour")]
    pub control_track: Color32,
    /// Between panels and rows.
    #[serde(deserialize_with = "colour")]
    pub line: Color32,
    /// Round controls.
    #[serde(deserialize_with = "colour")]
    pub line_strong: Color32,
    /// The page's subject.
    #[serde(deserialize_with = "colour")]
    pub text: Color32,
    /// What stands beside it.
    #[serde(deserialize_with = "colour")]
    pub text_secondary: Color32,
    /// Captions and units.
    #[serde(deserialize_with = "colour")]
    pub text_tertiary: Color32,
    /// Selected, playing, proposed, main action; nothing else.
    #[serde(deserialize_with = "colour")]
    pub accent: Color32,
    /// Ground of the selected row.
    #[serde(deserialize_with = "colour")]
    pub accent_fill: Color32,
    /// Text on the accent.
    #[serde(deserialize_with = "colour")]
    pub on_accent: Color32,
    /// Over the threshold, missing, not saved.
    #[serde(deserialize_with = "colour")]
    pub error: Color32,
    /// Ground of a cell over the threshold.
    #[serde(deserialize_with = "colour")]
    pub error_fill: Color32,
    /// Text on the error colour.
    #[serde(deserialize_with = "colour")]
    pub on_error: Color32,
    /// Unverified, incomplete.
    #[serde(deserialize_with = "colour")]
    pub warn: Color32,
    /// Done.
    #[serde(deserialize_with = "colour")]
    pub ok: Color32,
    /// Quiet bars of plots.
    #[serde(deserialize_with = "colour")]
    pub bar: Color32,
    /// Steps of the heat strip, the quietest first.
    #[serde(deserialize_with = "colours")]
    pub heat: [Color32; 5],
}

/// A text colour of the palette by what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the colours are described in `Palette`")]
pub enum Ink {
    Text,
    TextSecondary,
    TextTertiary,
    Accent,
    Error,
    Warn,
    Ok,
}

impl Ink {
    /// Every text colour.
    pub const ALL: [Self; 7] =
        [Self::Text, Self::TextSecondary, Self::TextTertiary, Self::Accent, Self::Error, Self::Warn, Self::Ok];
}

impl Palette {
    /// The colour of that ink.
    pub fn ink(&self, ink: Ink) -> Color32 {
        match ink {
            Ink::Text => self.text,
            Ink::TextSecondary => self.text_secondary,
            Ink::TextTertiary => self.text_tertiary,
            Ink::Accent => self.accent,
            Ink::Error => self.error,
            Ink::Warn => self.warn,
            Ink::Ok => self.ok,
        }
    }
}

/// Where the heat steps begin.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heat {
    /// Lower bounds in px at an image width of 1024 px.
    pub bounds: [f64; 5],
}

/// Colours on pictures, the same in both appearances.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnImage {
    /// Round the picture.
    #[serde(deserialize_with = "colour")]
    pub mat: Color32,
    /// A pane's header.
    #[serde(deserialize_with = "colour")]
    pub header: Color32,
    /// Below the header and between panes.
    #[serde(deserialize_with = "colour")]
    pub header_line: Color32,
    /// Under every marker, bone and leader.
    #[serde(deserialize_with = "colour")]
    pub halo: Color32,
    /// The ground of pills.
    #[serde(deserialize_with = "colour")]
    pub pill: Color32,
    /// Free dots and their numbers.
    #[serde(deserialize_with = "colour")]
    pub unassigned: Color32,
    /// The selected keypoint's ring and pill border.
    #[serde(deserialize_with = "colour")]
    pub selected: Color32,
    /// The reprojected point.
    #[serde(deserialize_with = "colour")]
    pub ghost: Color32,
    /// Epipolar curves.
    #[serde(deserialize_with = "colour")]
    pub epipolar: Color32,
    /// The ground of a header's badge.
    #[serde(deserialize_with = "colour")]
    pub badge: Color32,
    /// Its text.
    #[serde(deserialize_with = "colour")]
    pub badge_text: Color32,
}

/// The outline that tells a region where its hue cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the shapes")]
pub enum Shape {
    Triangle,
    Square,
    Circle,
    Diamond,
    Hexagon,
    Cross,
    TriangleDown,
    Bar,
}

/// How regions are told apart.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are the regions")]
pub struct Regions {
    pub ears: RegionTokens,
    pub back: RegionTokens,
    pub paws: RegionTokens,
    pub tail: RegionTokens,
    /// For regions of other names, in this order.
    pub spare: SpareRegions,
}

impl Regions {
    /// The region of that name, if it has a look of its own.
    pub fn find(&self, name: &str) -> Option<&RegionTokens> {
        match name {
            "ears" => Some(&self.ears),
            "back" => Some(&self.back),
            "paws" => Some(&self.paws),
            "tail" => Some(&self.tail),
            _ => None,
        }
    }

    /// Those with a look of their own.
    pub fn named(&self) -> [&RegionTokens; 4] {
        [&self.ears, &self.back, &self.paws, &self.tail]
    }
}

/// The look of one region.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionTokens {
    /// On pictures, and in lists of the dark appearance.
    #[serde(deserialize_with = "colour")]
    pub colour: Color32,
    /// In lists of the light appearance.
    #[serde(deserialize_with = "colour")]
    pub colour_light: Color32,
    /// Its outline.
    pub shape: Shape,
}

/// Looks for regions of other skeletons.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpareRegions {
    /// On pictures, and in lists of the dark appearance.
    #[serde(deserialize_with = "colours")]
    pub colours: [Color32; 4],
    /// Beside them.
    pub shapes: [Shape; 4],
}

/// Whether a glyph in a list is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum GlyphFill {
    Outline,
    Solid,
}

/// How left and right differ.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are the sides")]
pub struct Sides {
    pub left: GlyphFill,
    pub right: GlyphFill,
    pub midline: GlyphFill,
}

/// How animals differ from each other.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Animals {
    /// Of badges, trails and lines of plots.
    #[serde(deserialize_with = "colours")]
    pub colours: [Color32; 5],
    /// Of badges.
    pub shapes: [Shape; 5],
    /// Of lines of plots: lengths drawn and left out in turn, nothing for a solid line.
    pub dashes: [Vec<f32>; 5],
}

/// The ground of a behaviour label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the patterns")]
pub enum Pattern {
    Plain,
    Dots,
    Rising,
    Falling,
    Grid,
    Cross,
    Vertical,
    Horizontal,
}

/// Defaults for new behaviour labels.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Behaviours {
    /// Grounds under white text.
    #[serde(deserialize_with = "colours")]
    pub colours: [Color32; 8],
    /// Beside them.
    pub patterns: [Pattern; 8],
    /// From one line of a pattern to the next.
    pub pattern_pitch: f32,
    /// Of the machine's merged layer; the human layer is opaque.
    pub merged_opacity: f32,
}

/// The sign and colour of a state.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateTokens {
    /// Its colour.
    pub colour: Ink,
    /// Its sign.
    pub sign: Icon,
}

/// States of frames and segments.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are the states")]
pub struct States {
    pub todo: StateTokens,
    pub fixed: StateTokens,
    pub accepted: StateTokens,
    pub skipped: StateTokens,
    pub flagged: StateTokens,
    pub seed: StateTokens,
    pub seed_open: StateTokens,
    pub edited: StateTokens,
    pub unreviewed: StateTokens,
    pub proposed: StateTokens,
}

/// Families and sizes of type.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fonts {
    /// For words.
    pub ui: String,
    /// For figures that are compared.
    pub numbers: String,
    /// The smallest size anywhere.
    pub caption: f32,
    /// Most text.
    pub body: f32,
    /// Headings of panels.
    pub heading: f32,
    /// Live counts.
    pub figure: f32,
    /// Heights of lines.
    pub line_height: LineHeights,
}

/// Heights of lines of text.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are those of `Fonts`")]
pub struct LineHeights {
    pub caption: f32,
    pub body: f32,
    pub heading: f32,
    pub figure: f32,
}

/// Distances.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Space {
    /// All lengths are multiples of it.
    pub unit: f32,
    /// The distances in use.
    pub steps: [f32; 6],
    /// Between a panel's edge and what is in it.
    pub panel_padding: f32,
    /// Between rows.
    pub row_gap: f32,
}

/// Heights and widths of parts of the window.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are the parts")]
pub struct Size {
    pub top_bar: f32,
    pub tool_bar: f32,
    pub status_bar: f32,
    pub pane_header: f32,
    pub control: f32,
    pub table_row: f32,
    pub table_row_seeds: f32,
    pub queue_row: f32,
    pub icon: f32,
    pub icon_small: f32,
    pub pill_height: f32,
    pub lane: Lanes,
    pub time_bar: TimeBar,
    pub panel: Panels,
    /// The width of the window below which panels take their narrow width.
    pub narrow_below: f32,
}

/// Heights of the lanes of a behaviour timeline.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are the lanes")]
pub struct Lanes {
    pub clips: f32,
    pub captions: f32,
    pub merged: f32,
    pub human: f32,
    pub animal: f32,
}

/// Heights of the time bar.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are the pages or widths")]
pub struct TimeBar {
    pub wide: f32,
    pub narrow: f32,
    pub seeds: f32,
    pub run: f32,
}

/// Widths of the panels beside the grid.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are the panels")]
pub struct Panels {
    pub left_wide: f32,
    pub left_narrow: f32,
    pub right_wide: f32,
    pub right_narrow: f32,
    pub run_left: f32,
    pub run_right: f32,
}

/// Under menus and toasts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shadow {
    /// Right and down.
    pub offset: [i8; 2],
    /// Its softness.
    pub blur: u8,
    /// With transparency.
    #[serde(deserialize_with = "colour")]
    pub colour: Color32,
}

/// Radii of corners.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are the parts")]
pub struct Radius {
    pub mark: u8,
    pub pill: u8,
    pub control: u8,
    pub chip: u8,
}

/// Widths and dashes of lines.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are the lines")]
pub struct Strokes {
    pub line: f32,
    pub control: f32,
    pub selection: f32,
    pub marker: f32,
    pub marker_halo: f32,
    pub bone: f32,
    pub bone_halo: f32,
    pub leader: f32,
    pub leader_halo: f32,
    pub epipolar: f32,
    pub epipolar_dash: [f32; 2],
    pub ghost: f32,
    pub ghost_dash: [f32; 2],
    pub icon: f32,
}

/// Marks on pictures, in points on screen at every zoom.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Marker {
    /// Of a region's shape.
    pub radius: f32,
    /// Of the ring round a free dot.
    pub ring_radius: f32,
    /// Of the ring round the selected keypoint.
    pub selected_ring_radius: f32,
    /// Of the reprojected point's shape.
    pub ghost_radius: f32,
    /// No pill is nearer than this to any dot.
    pub pill_clearance: f32,
    /// From a dot to the middle of its pill, nearest first.
    pub pill_distances: [f32; 8],
    /// From the middle of a marker to where its bones stop.
    pub bone_gap: f32,
    /// How much larger a hovered marker is.
    pub hover_scale: f32,
}
