//! Rings, lines, rounded boxes and words on a raster, with soft edges.
//!
//! Pixels: (0, 0) is the centre of the top-left pixel. What reaches outside the raster is cut off.

use std::sync::OnceLock;

use ab_glyph::{Font, FontRef, Glyph, GlyphId, PxScale, ScaleFont};

use super::canvas::{Raster, Rgb};

/// A set of letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    /// Of one width, in which 1, l and I, 0 and O differ: names and numbers that models read.
    Mono,
    /// For sentences that people read.
    Sans,
    /// For headings that people read.
    SansStrong,
}

const MONO: &[u8] = include_bytes!("../../assets/fonts/JetBrainsMono-Bold.ttf");
const SANS: &[u8] = include_bytes!("../../assets/fonts/Inter-Regular.ttf");
const SANS_STRONG: &[u8] = include_bytes!("../../assets/fonts/Inter-SemiBold.ttf");

/// The files of [`Face::Sans`] and [`Face::SansStrong`], for drawings whose text stays text.
pub(crate) const SANS_FACES: [&[u8]; 2] = [SANS, SANS_STRONG];

/// Stands for letters that the font does not have.
const UNKNOWN_LETTER: char = '?';

/// A rectangle of a picture between edges, in its pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pill {
    /// Left edge.
    pub x: f32,
    /// Upper edge.
    pub y: f32,
    /// Pixels across.
    pub width: f32,
    /// Pixels down.
    pub height: f32,
}

impl Pill {
    /// Whether two come nearer than `gap_px`.
    pub fn touches(&self, other: &Self, gap_px: f32) -> bool {
        self.x < other.x + other.width + gap_px
            && other.x < self.x + self.width + gap_px
            && self.y < other.y + other.height + gap_px
            && other.y < self.y + self.height + gap_px
    }

    /// The point of it that is nearest to a point.
    pub fn nearest(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        [x.clamp(self.x, self.x + self.width), y.clamp(self.y, self.y + self.height)]
    }

    /// Whether it lies in a picture, `margin_px` from its edges.
    pub fn is_within(&self, size_px: [u32; 2], margin_px: f32) -> bool {
        let [width, height] = size_px.map(|side| side as f32 - 0.5 - margin_px);
        let least = margin_px - 0.5;
        self.x >= least && self.y >= least && self.x + self.width <= width && self.y + self.height <= height
    }
}

/// Draws a circle's line of some width.
pub(crate) fn ring(raster: &mut Raster, [x, y]: [f32; 2], radius_px: f32, width_px: f32, colour: Rgb, opacity: f32) {
    let reach = radius_px + width_px / 2.0 + 1.0;
    cover(raster, [x - reach, y - reach], [x + reach, y + reach], colour, opacity, |at_x, at_y| {
        let distance = length(at_x - x, at_y - y);
        width_px / 2.0 + 0.5 - (distance - radius_px).abs()
    });
}

/// Draws a line with round ends.
pub(crate) fn line(raster: &mut Raster, ends: [[f32; 2]; 2], width_px: f32, colour: Rgb, opacity: f32) {
    let [[x0, y0], [x1, y1]] = ends;
    let reach = width_px / 2.0 + 1.0;
    let low = [x0.min(x1) - reach, y0.min(y1) - reach];
    let high = [x0.max(x1) + reach, y0.max(y1) + reach];
    cover(raster, low, high, colour, opacity, |x, y| width_px / 2.0 + 0.5 - distance_to([x, y], ends));
}

/// Fills a box with rounded corners.
pub(crate) fn fill(raster: &mut Raster, pill: &Pill, corner_px: f32, colour: Rgb, opacity: f32) {
    let high = [pill.x + pill.width + 1.0, pill.y + pill.height + 1.0];
    cover(raster, [pill.x - 1.0, pill.y - 1.0], high, colour, opacity, |x, y| {
        0.5 - edge_distance([x, y], pill, corner_px)
    });
}

/// How wide a line of text is in [`Face::Mono`], and how high its capitals are, at a size of its em square.
pub(crate) fn text_size(text: &str, em_px: f32) -> [f32; 2] {
    [text_width(Face::Mono, text, em_px), em_px * CAPITALS]
}

/// How wide a line of text is at a size of its em square.
pub(crate) fn text_width(face: Face, text: &str, em_px: f32) -> f32 {
    let font = font(face);
    let scaled = font.as_scaled(scale(font, em_px));
    text.chars().map(|letter| scaled.h_advance(glyph_of(font, letter))).sum()
}

/// Writes a line of text in [`Face::Mono`]; `x` is its left edge, `baseline` where its letters stand.
pub(crate) fn write(raster: &mut Raster, text: &str, at: [f32; 2], em_px: f32, colour: Rgb) {
    write_in(Face::Mono, raster, text, at, em_px, colour);
}

/// Writes a line of text; `x` is its left edge, `baseline` where its letters stand.
pub(crate) fn write_in(face: Face, raster: &mut Raster, text: &str, [x, baseline]: [f32; 2], em_px: f32, colour: Rgb) {
    let font = font(face);
    let scale = scale(font, em_px);
    let scaled = font.as_scaled(scale);
    // Outlines count from the corner of the first pixel.
    let mut pen = x + 0.5;
    for letter in text.chars() {
        let id = glyph_of(font, letter);
        let glyph = Glyph { id, scale, position: ab_glyph::point(pen, baseline + 0.5) };
        pen += scaled.h_advance(id);
        let Some(outline) = scaled.outline_glyph(glyph) else { continue };
        let corner = outline.px_bounds().min;
        outline.draw(|across, down, coverage| {
            blend(raster, corner.x as i64 + i64::from(across), corner.y as i64 + i64::from(down), colour, coverage);
        });
    }
}

/// Height of capitals and figures in em squares.
const CAPITALS: f32 = 0.73;

fn font(face: Face) -> &'static FontRef<'static> {
    static READ: [OnceLock<FontRef<'static>>; 3] = [const { OnceLock::new() }; 3];
    let (read, bytes) = match face {
        Face::Mono => (&READ[0], MONO),
        Face::Sans => (&READ[1], SANS),
        Face::SansStrong => (&READ[2], SANS_STRONG),
    };
    read.get_or_init(|| FontRef::try_from_slice(bytes).expect("the built-in fonts are valid"))
}

/// The font's own measure of height, from lowest to highest letter, for an em square of so many pixels.
fn scale(font: &FontRef<'_>, em_px: f32) -> PxScale {
    let em_units = font.units_per_em().unwrap_or(1000.0);
    PxScale::from(em_px * font.height_unscaled() / em_units)
}

fn glyph_of(font: &FontRef<'_>, letter: char) -> GlyphId {
    let known = font.glyph_id(letter);
    if known.0 == 0 { font.glyph_id(UNKNOWN_LETTER) } else { known }
}

/// Blends a colour into each pixel between two corners by how far inside a shape it is, in pixels: all from 1, none below 0.
fn cover(
    raster: &mut Raster,
    low: [f32; 2],
    high: [f32; 2],
    colour: Rgb,
    opacity: f32,
    inside_px: impl Fn(f32, f32) -> f32,
) {
    let [width, height] = raster.size_px.map(|side| side as f32);
    // Conversion saturates, also for what is no number.
    let range = |from: f32, to: f32, side: f32| from.floor().max(0.0) as i64..(to.ceil() + 1.0).clamp(0.0, side) as i64;
    for y in range(low[1], high[1], height) {
        for x in range(low[0], high[0], width) {
            let inside = inside_px(x as f32, y as f32);
            if inside > 0.0 {
                blend(raster, x, y, colour, inside.min(1.0) * opacity);
            }
        }
    }
}

fn blend(raster: &mut Raster, x: i64, y: i64, colour: Rgb, share: f32) {
    let [width, height] = raster.size_px.map(i64::from);
    if !(0..width).contains(&x) || !(0..height).contains(&y) {
        return;
    }
    let at = (y * width + x) as usize;
    for (plane, wanted) in raster.planes.iter_mut().zip(colour) {
        let Some(value) = plane.get_mut(at) else { return };
        let (from, to) = (f32::from(*value), f32::from(wanted));
        *value = (from + (to - from) * share + 0.5) as u8;
    }
}

/// The length of a step. Square roots are the same on every machine, which the library's `hypot` need not be.
pub(crate) fn length(across: f32, down: f32) -> f32 {
    (across * across + down * down).sqrt()
}

/// How far a point is from a line between two ends.
pub(crate) fn distance_to([x, y]: [f32; 2], [[x0, y0], [x1, y1]]: [[f32; 2]; 2]) -> f32 {
    let (along_x, along_y) = (x1 - x0, y1 - y0);
    let squared = along_x * along_x + along_y * along_y;
    let share = if squared > 0.0 { ((x - x0) * along_x + (y - y0) * along_y) / squared } else { 0.0 };
    let share = share.clamp(0.0, 1.0);
    length(x - x0 - share * along_x, y - y0 - share * along_y)
}

/// How far a point is from the edge of a rounded box; negative inside.
fn edge_distance([x, y]: [f32; 2], pill: &Pill, corner_px: f32) -> f32 {
    let corner = corner_px.min(pill.width / 2.0).min(pill.height / 2.0);
    let across = (x - pill.x - pill.width / 2.0).abs() - pill.width / 2.0 + corner;
    let down = (y - pill.y - pill.height / 2.0).abs() - pill.height / 2.0 + corner;
    length(across.max(0.0), down.max(0.0)) + across.max(down).min(0.0) - corner
}
