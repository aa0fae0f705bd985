//! The work itself: reading frames, deriving planes, drawing pictures. No lock is held here.

use std::ops::Range as IndexRange;
use std::sync::Arc;

use super::cache::{Key, Part};
use super::compose::{self, Content, Layer};
use super::look::{Mode, Range};
use super::picture::{Picture, PictureSpec};
use super::shades::{Levels, Shades};
use super::state::Source;
use crate::recording::detect::DetectConfig;
use crate::recording::detect::band_pass::{band_pass, reach_px};
use crate::recording::{ChannelSource, FrameSource, GrayFrame, GrayPixels, MediaError};

/// An open channel.
pub(super) type Reader = Box<dyn FrameSource + Send>;

/// Frames from the first on that a channel's levels are measured in.
const LEVEL_FRAMES: u32 = 3;

/// Frames of a channel that are to be read.
pub(super) struct DecodeJob {
    pub(super) source: Source,
    pub(super) media: ChannelSource,
    /// `None` where the channel is not open yet.
    pub(super) reader: Option<Reader>,
    /// The frame that is wanted.
    pub(super) frame: u32,
    /// The frames to read: up to the wanted one, or none where only levels are missing.
    pub(super) frames: IndexRange<u32>,
    pub(super) levels: Option<Levels>,
    /// Whether the levels of band-passed pictures are needed.
    pub(super) with_band: bool,
}

/// What came of it.
pub(super) struct Decoded {
    pub(super) source: Source,
    pub(super) frame: u32,
    pub(super) reader: Option<Reader>,
    /// In the order in which they were read.
    pub(super) shades: Vec<(u32, Shades)>,
    pub(super) levels: Option<Levels>,
    /// Why nothing of the channel can be had.
    pub(super) missing: Option<String>,
    /// Why the wanted frame cannot be had.
    pub(super) unreadable: Option<String>,
}

impl Decoded {
    /// Of a decoder that failed without a word.
    pub(super) fn broken(source: Source, frame: u32) -> Self {
        let unreadable = Some(format!("the decoder failed at frame {frame}; the file may be damaged"));
        Self { source, frame, reader: None, shades: Vec::new(), levels: None, missing: None, unreadable }
    }
}

/// Reads frames, and measures levels where they are missing.
pub(super) fn decode(job: DecodeJob) -> Decoded {
    let DecodeJob { source, media, reader, frame, frames, levels, with_band } = job;
    let mut decoded =
        Decoded { source, frame, reader: None, shades: Vec::new(), levels: None, missing: None, unreadable: None };
    let opened = match reader {
        Some(reader) => Ok(reader),
        // The list of frames is made here: a file without one is missing, not a file of unreadable frames.
        None => media.open().and_then(|mut reader| reader.frame_count().map(|_| reader)),
    };
    let mut reader = match opened {
        Ok(reader) => reader,
        Err(error) => {
            decoded.missing = Some(error.to_string());
            return decoded;
        }
    };
    let lacks_band = with_band && levels.is_none_or(|levels| levels.band_white.is_none());
    let mut first_frames = Vec::new();
    if lacks_band {
        first_frames = read_first(&mut reader);
    }
    for number in frames {
        if first_frames.iter().any(|(first, _)| *first == number) {
            continue;
        }
        match read(&mut reader, number) {
            Ok(shades) => decoded.shades.push((number, shades)),
            Err(reason) if number == frame => decoded.unreadable = Some(reason),
            // On the way to the wanted frame; it is told when somebody wants it.
            Err(_) => {}
        }
    }
    let is_16_bit = decoded.shades.last().is_some_and(|(_, shades)| shades.is_16_bit());
    if levels.is_none() && is_16_bit && !lacks_band {
        first_frames = read_first(&mut reader);
    }
    if lacks_band || (levels.is_none() && is_16_bit) {
        let known = if first_frames.is_empty() { &decoded.shades } else { &first_frames };
        let pictures: Vec<&GrayFrame> = known.iter().map(|(_, shades)| shades.finest()).collect();
        decoded.levels = Some(Levels::of(source.1, &pictures, with_band));
    }
    // The wanted frame last, as the one that stays longest.
    first_frames.append(&mut decoded.shades);
    decoded.shades = first_frames;
    decoded.reader = Some(reader);
    decoded
}

fn read_first(reader: &mut Reader) -> Vec<(u32, Shades)> {
    (0..LEVEL_FRAMES).filter_map(|number| Some((number, read(reader, number).ok()?))).collect()
}

fn read(reader: &mut Reader, number: u32) -> Result<Shades, String> {
    let frame = match reader.read(number) {
        // A process that was ended from outside says nothing about the file.
        Err(MediaError::FfmpegFailed { .. }) => reader.read(number),
        other => other,
    };
    let frame = frame.map_err(|error| error.to_string())?;
    Shades::new(frame).ok_or_else(|| format!("frame {number} is empty or shorter than its size says"))
}

/// Something for a painter.
pub(super) enum PaintJob {
    /// A picture to draw.
    Paint { spec: PictureSpec, layers: Layers },
    /// A plane to derive.
    Band(BandJob),
}

/// The planes of a picture.
pub(super) struct Layers {
    pub(super) base: Arc<Shades>,
    pub(super) range: Range,
    /// Band-passed fluorescence, the part that it covers, and the size of that camera's fluorescence pictures.
    pub(super) dots: Option<(Arc<GrayFrame>, Part, [u32; 2])>,
}

/// Draws a picture.
pub(super) fn paint(spec: &PictureSpec, layers: &Layers) -> Picture {
    let (plane, value_px) = layers.base.at(spec.shrinking());
    let base = Layer { plane, origin_px: [0, 0], value_px, image_px: layers.base.size_px() };
    let content = match (&layers.dots, spec.look.mode) {
        (Some((plane, Part::Band { bin, left, top, .. }, image_px)), Mode::Fused { mix }) => {
            let dots = Layer { plane, origin_px: [*left, *top], value_px: *bin, image_px: *image_px };
            Content::Fused { base, range: layers.range, dots, mix }
        }
        _ => Content::Gray(base, layers.range),
    };
    compose::paint(spec, &content)
}

/// Fluorescence to filter.
pub(super) struct BandJob {
    pub(super) key: Key,
    pub(super) picture: Arc<Shades>,
    /// The filtered level that becomes 255.
    pub(super) white: f32,
}

/// Filters a part of a picture, as 8 bits: what is darker than its surroundings is 0.
pub(super) fn band(job: &BandJob) -> GrayFrame {
    let Part::Band { bin, left, top, right, bottom } = job.key.part else {
        return GrayFrame { width: 0, height: 0, pixels: GrayPixels::U8(Vec::new()) };
    };
    let config = DetectConfig::default();
    let frame = job.picture.finest();
    // Beyond the part by the filter's reach, in whole merged pixels.
    let margin = reach_px(frame.width, &config).next_multiple_of(bin);
    let (from_x, from_y) = (left.saturating_sub(margin), top.saturating_sub(margin));
    let (to_x, to_y) = ((right + margin).min(frame.width), (bottom + margin).min(frame.height));
    let filtered = band_pass(&cut(frame, from_x..to_x, from_y..to_y), frame.width, bin as usize, &config);
    let (skip_x, skip_y) = (((left - from_x) / bin) as usize, ((top - from_y) / bin) as usize);
    let (width, height) = ((right - left).div_ceil(bin) as usize, (bottom - top).div_ceil(bin) as usize);
    let scale = 255.0 / job.white.max(1e-3);
    let mut levels = Vec::with_capacity(width * height);
    for row in filtered.response.chunks_exact(filtered.width.max(1)).skip(skip_y).take(height) {
        levels.extend(row.iter().skip(skip_x).take(width).map(|value| (value * scale + 0.5) as u8));
    }
    GrayFrame { width: width as u32, height: height as u32, pixels: GrayPixels::U8(levels) }
}

/// A part of a picture.
fn cut(frame: &GrayFrame, columns: IndexRange<u32>, rows: IndexRange<u32>) -> GrayFrame {
    fn part<T: Copy>(levels: &[T], stride: usize, columns: &IndexRange<u32>, rows: &IndexRange<u32>) -> Vec<T> {
        let lines = levels.chunks_exact(stride.max(1)).skip(rows.start as usize).take(rows.len());
        lines.flat_map(|line| &line[columns.start as usize..columns.end as usize]).copied().collect()
    }
    let stride = frame.width as usize;
    let pixels = match &frame.pixels {
        GrayPixels::U8(levels) => GrayPixels::U8(part(levels, stride, &columns, &rows)),
        GrayPixels::U16(levels) => GrayPixels::U16(part(levels, stride, &columns, &rows)),
    };
    GrayFrame { width: columns.len() as u32, height: rows.len() as u32, pixels }
}
