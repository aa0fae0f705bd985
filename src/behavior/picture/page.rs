//! A page to draw on, and the sizes and colours that all its parts share.

use image::RgbImage;

use crate::vlm::canvas::{Raster, Rgb};
use crate::vlm::pen::{self, Face, Pill};

/// Pixels across.
pub(super) const WIDTH_PX: u32 = 1600;
/// Pixels that stay blank at all sides.
pub(super) const MARGIN_PX: f32 = 48.0;

pub(super) const PAPER: Rgb = [255, 255, 255];
pub(super) const INK: Rgb = [24, 26, 30];
pub(super) const FAINT_INK: Rgb = [96, 100, 108];
pub(super) const RULE: Rgb = [222, 224, 228];
/// Where nothing is said of an animal.
pub(super) const EMPTY: Rgb = [243, 244, 246];

pub(super) const TITLE_PX: f32 = 34.0;
pub(super) const HEADING_PX: f32 = 22.0;
pub(super) const TEXT_PX: f32 = 19.0;
pub(super) const SMALL_PX: f32 = 17.0;

/// The page.
pub(super) struct Page {
    pub(super) raster: Raster,
}

impl Page {
    pub(super) fn blank(height_px: f32) -> Self {
        let size_px = [WIDTH_PX, height_px.ceil().max(1.0) as u32];
        let pixels = size_px[0] as usize * size_px[1] as usize;
        Self { raster: Raster { planes: PAPER.map(|level| vec![level; pixels]), size_px } }
    }

    /// Fills a box whose edges are given.
    pub(super) fn fill(&mut self, [x, y, width, height]: [f32; 4], corner_px: f32, colour: Rgb) {
        // Edges of pixels lie half a pixel before their centres.
        let pill = Pill { x: x - 0.5, y: y - 0.5, width, height };
        pen::fill(&mut self.raster, &pill, corner_px, colour, 1.0);
    }

    /// Writes a line whose letters stand on `baseline`, and says how wide it is.
    pub(super) fn write(&mut self, face: Face, text: &str, at: [f32; 2], em_px: f32, colour: Rgb) -> f32 {
        pen::write_in(face, &mut self.raster, text, at, em_px, colour);
        pen::text_width(face, text, em_px)
    }

    /// Writes a line around a place, in dark or light letters, whichever is read better on a colour.
    pub(super) fn write_on(&mut self, face: Face, text: &str, [x, y]: [f32; 2], em_px: f32, ground: Rgb) {
        let width = pen::text_width(face, text, em_px);
        self.write(face, text, [x - width / 2.0, y + 0.36 * em_px], em_px, ink_on(ground));
    }

    /// Puts a picture so that its upper left corner is at a pixel.
    pub(super) fn put(&mut self, picture: &Raster, [x, y]: [u32; 2]) {
        let [width, height] = self.raster.size_px;
        let across = picture.size_px[0].min(width.saturating_sub(x)) as usize;
        for row in 0..picture.size_px[1].min(height.saturating_sub(y)) {
            let to = (y + row) as usize * width as usize + x as usize;
            let from = row as usize * picture.size_px[0] as usize;
            for (plane, shown) in self.raster.planes.iter_mut().zip(&picture.planes) {
                plane[to..to + across].copy_from_slice(&shown[from..from + across]);
            }
        }
    }

    pub(super) fn into_image(self) -> RgbImage {
        let Raster { planes: [red, green, blue], size_px: [width, height] } = self.raster;
        RgbImage::from_fn(width, height, |x, y| {
            let at = y as usize * width as usize + x as usize;
            image::Rgb([red[at], green[at], blue[at]])
        })
    }
}

/// Dark or light letters for a ground.
fn ink_on(ground: Rgb) -> Rgb {
    let [red, green, blue] = ground.map(f32::from);
    if 0.299 * red + 0.587 * green + 0.114 * blue > 130.0 { INK } else { PAPER }
}

/// Breaks text into lines of at most a width; the last of too many lines ends in an ellipsis.
pub(super) fn wrapped(face: Face, text: &str, em_px: f32, width_px: f32, most_lines: usize) -> Vec<String> {
    let fits = |line: &str| pen::text_width(face, line, em_px) <= width_px;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if fits(&format!("{line} {word}")) => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    let is_cut = lines.len() > most_lines;
    lines.truncate(most_lines);
    for line in &mut lines {
        shorten(line, "", fits);
    }
    if let Some(last) = lines.last_mut().filter(|_| is_cut) {
        shorten(last, "…", fits);
    }
    lines
}

/// Cuts letters off a line until it fits with an ending.
fn shorten(line: &mut String, ending: &str, fits: impl Fn(&str) -> bool) {
    while !line.is_empty() && !fits(&format!("{line}{ending}")) {
        line.pop();
    }
    line.push_str(ending);
}
