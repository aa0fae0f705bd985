//! A raster as a JPEG file. Most of a picture is grey, so its colour is looked for and worked out only where there is some.
//!
//! The encoder's arithmetic for all processors is used, not its faster one for some: the same pixels give the same file on
//! every machine, so that a question is known by its pictures.

use std::ops::Range;

use jpeg_encoder::{ColorType, Encoder, EncodingError, ImageBuffer, JpegColorType, SamplingFactor, rgb_to_ycbcr};

use super::Raster;

/// Quality of the files.
const QUALITY: u8 = 90;

/// No colour.
const NEUTRAL: u8 = 128;

/// The file: of one component where nothing is coloured, else with colour at half the resolution, where it costs little and
/// lines keep their edges in brightness.
///
/// # Errors
/// When a side has no pixels or more than 65,535.
pub(super) fn encode(raster: &Raster) -> Result<Vec<u8>, EncodingError> {
    let side = |side: u32| u16::try_from(side).unwrap_or(0);
    let [width, height] = raster.size_px.map(side);
    let [red, green, blue] = &raster.planes;
    let mut file = Vec::with_capacity(green.len() / 8);
    let mut encoder = Encoder::new(&mut file, QUALITY);
    if red == green && green == blue {
        encoder.encode(green, width, height, ColorType::Luma)?;
    } else {
        encoder.set_sampling_factor(SamplingFactor::F_2_2);
        encoder.encode_image(Rows { planes: &raster.planes, width, height })?;
    }
    Ok(file)
}

/// Pixels that are looked at together: nearly always all of them are grey.
const STRETCH: usize = 32;

/// Hands rows to the encoder, which takes colour from the upper left of four pixels.
struct Rows<'a> {
    planes: &'a [Vec<u8>; 3],
    width: u16,
    height: u16,
}

impl Rows<'_> {
    /// Red, green and blue of a row.
    fn row(&self, y: usize) -> [&[u8]; 3] {
        let width = usize::from(self.width);
        [0, 1, 2].map(|part| &self.planes[part][y * width..][..width])
    }

    /// Mean colour of four pixels whose upper left one is at an even place; at the picture's edge of those that there are.
    fn mean_color(&self, x: usize, y: usize) -> [u8; 2] {
        let mut sums = [0u32; 3];
        let mut count = 0;
        for row in [y, y + 1].into_iter().filter(|row| *row < usize::from(self.height)) {
            let pair = x..usize::from(self.width).min(x + 2);
            count += pair.len() as u32;
            for (sum, part) in sums.iter_mut().zip(self.row(row)) {
                *sum += part[pair.clone()].iter().map(|level| u32::from(*level)).sum::<u32>();
            }
        }
        let [red, green, blue] = sums.map(|sum| ((sum + count / 2) / count) as u8);
        let (_, blueness, redness) = rgb_to_ycbcr(red, green, blue);
        [blueness, redness]
    }
}

fn is_gray([red, green, blue]: [&[u8]; 3], stretch: &Range<usize>) -> bool {
    red[stretch.clone()] == green[stretch.clone()] && green[stretch.clone()] == blue[stretch.clone()]
}

impl ImageBuffer for Rows<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Ycbcr
    }

    fn width(&self) -> u16 {
        self.width
    }

    fn height(&self) -> u16 {
        self.height
    }

    fn fill_buffers(&self, y: u16, buffers: &mut [Vec<u8>; 4]) {
        let y = usize::from(y);
        let row @ [red, green, blue] = self.row(y);
        let below = self.row((y + 1).min(usize::from(self.height) - 1));
        let [brightness, blueness, redness, _] = buffers;
        let start = brightness.len();
        brightness.extend_from_slice(green);
        blueness.resize(start + green.len(), NEUTRAL);
        redness.resize(start + green.len(), NEUTRAL);
        for left in (0..green.len()).step_by(STRETCH) {
            let stretch = left..green.len().min(left + STRETCH);
            let is_coloured = !is_gray(row, &stretch);
            if is_coloured {
                for x in stretch.clone() {
                    brightness[start + x] = rgb_to_ycbcr(red[x], green[x], blue[x]).0;
                }
            }
            if y.is_multiple_of(2) && (is_coloured || !is_gray(below, &stretch)) {
                for x in stretch.step_by(2) {
                    [blueness[start + x], redness[start + x]] = self.mean_color(x, y);
                }
            }
        }
    }
}
