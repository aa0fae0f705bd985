//! A raster as a JPEG file. Most of a picture is grey, so its colour is looked for and worked out only where there is some.
//!
//! The encoder's arithmetic for all processors is used, not its faster one for some: the same pixels give the same file on
//! every machine, so that a question is known by its pictures.

use jpeg_encoder::{ColorType, Encoder, EncodingError, ImageBuffer, JpegColorType, SamplingFactor, rgb_to_ycbcr};

use super::{Raster, Rgb};

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
    let mut file = Vec::with_capacity(raster.rgb.len() / 16);
    let mut encoder = Encoder::new(&mut file, QUALITY);
    let pixels = raster.rgb.as_chunks::<3>().0;
    if pixels.iter().all(is_gray) {
        let levels: Vec<u8> = pixels.iter().map(|pixel| pixel[1]).collect();
        encoder.encode(&levels, width, height, ColorType::Luma)?;
    } else {
        encoder.set_sampling_factor(SamplingFactor::F_2_2);
        encoder.encode_image(Rows { pixels, width, height })?;
    }
    Ok(file)
}

fn is_gray([red, green, blue]: &Rgb) -> bool {
    red == green && green == blue
}

/// Hands rows to the encoder, which takes colour from the upper left of four pixels.
struct Rows<'a> {
    pixels: &'a [Rgb],
    width: u16,
    height: u16,
}

impl Rows<'_> {
    fn row(&self, y: usize) -> &[Rgb] {
        let width = usize::from(self.width);
        &self.pixels[y * width..][..width]
    }

    /// Mean colour of four pixels whose upper left one is at an even place; at the picture's edge of those that there are.
    fn mean_color(&self, x: usize, y: usize) -> [u8; 2] {
        let mut sums = [0u32; 3];
        let mut count = 0;
        for row in [y, y + 1].into_iter().filter(|row| *row < usize::from(self.height)) {
            for pixel in self.row(row).iter().skip(x).take(2) {
                sums = [0, 1, 2].map(|part| sums[part] + u32::from(pixel[part]));
                count += 1;
            }
        }
        let [red, green, blue] = sums.map(|sum| ((sum + count / 2) / count) as u8);
        let (_, blueness, redness) = rgb_to_ycbcr(red, green, blue);
        [blueness, redness]
    }
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
        let row = self.row(y);
        let [brightness, blueness, redness, _] = buffers;
        let start = brightness.len();
        brightness.extend(row.iter().map(|pixel| pixel[1]));
        blueness.resize(start + row.len(), NEUTRAL);
        redness.resize(start + row.len(), NEUTRAL);
        for (x, pixel) in row.iter().enumerate().filter(|(_, pixel)| !is_gray(pixel)) {
            brightness[start + x] = rgb_to_ycbcr(pixel[0], pixel[1], pixel[2]).0;
        }
        if !y.is_multiple_of(2) {
            return;
        }
        let below = self.row((y + 1).min(usize::from(self.height) - 1));
        for (at, (four, under)) in row.chunks(2).zip(below.chunks(2)).enumerate() {
            if !four.iter().chain(under).all(is_gray) {
                let x = 2 * at;
                [blueness[start + x], redness[start + x]] = self.mean_color(x, y);
            }
        }
    }
}
