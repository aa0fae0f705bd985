//! Figures as pictures, 300 pixels per inch where one unit of the drawing is 1/96 inch.
//!
//! The letters are those that are built in: a figure looks the same on every machine.

use std::sync::{Arc, OnceLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree};
use thiserror::Error;

use super::page::FAMILY;
use crate::vlm::pen;

/// Pixels per unit.
const SCALE: f32 = 300.0 / 96.0;

/// Larger pictures are drawn with fewer pixels per unit, pixels at the longer side.
const MOST_PX: f32 = 20_000.0;

/// Why a drawing has no picture.
#[derive(Debug, Error)]
pub enum PngError {
    /// It is no drawing.
    #[error("the figure cannot be drawn: {source}")]
    Svg {
        /// What the reader said.
        source: resvg::usvg::Error,
    },
    /// There is no room for its pixels, or they cannot be packed.
    #[error("the figure cannot be drawn as a picture: {reason}")]
    Picture {
        /// What is in the way.
        reason: String,
    },
}

/// Draws an SVG as a PNG file.
///
/// # Errors
/// When the text is no SVG, or the picture does not fit in memory.
pub fn to_png(svg: &str) -> Result<Vec<u8>, PngError> {
    static FONTS: OnceLock<Arc<Database>> = OnceLock::new();
    let fonts = FONTS.get_or_init(|| {
        let mut fonts = Database::new();
        pen::SANS_FACES.iter().for_each(|bytes| fonts.load_font_data(bytes.to_vec()));
        fonts.set_sans_serif_family(FAMILY);
        Arc::new(fonts)
    });
    let options = Options { fontdb: fonts.clone(), font_family: FAMILY.to_owned(), ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(|source| PngError::Svg { source })?;
    let size = tree.size();
    let scale = SCALE.min(MOST_PX / size.width().max(size.height()));
    let [width, height] = [size.width(), size.height()].map(|side| (side * scale).ceil() as u32);
    let failed = |reason: String| PngError::Picture { reason };
    let mut picture = Pixmap::new(width, height).ok_or_else(|| failed(format!("{width} by {height} pixels")))?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut picture.as_mut());
    picture.encode_png().map_err(|error| failed(error.to_string()))
}
