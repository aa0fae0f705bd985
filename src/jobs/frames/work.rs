//! The work itself: reading frames, deriving planes, drawing pictures. No lock is held here.

use std::ops::Range as IndexRange;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::area::{Area, Extent};
use super::cache::{Key, Part};
use super::compose::{self, Content, Layer};
use super::look::{Mode, Range};
use super::picture::{Picture, PictureSpec};
use super::shades::{Levels, Shades};
use super::state::Source;
use super::store::StoredVideo;
use crate::recording::detect::DetectConfig;
use crate::recording::detect::band_pass::{band_pass, reach_px};
use crate::recording::{ChannelSource, FrameSource, GrayFrame, GrayPixels, MediaError};

/// An open channel: its frame store, where one was made, and the pictures themselves, opened when they are needed.
pub(super) struct Reader {
    media: ChannelSource,
    stored: Option<StoredVideo>,
    source: Option<Box<dyn FrameSource + Send>>,
}

impl Reader {
    fn open(media: ChannelSource, store_root: Option<&Path>) -> Result<Self, MediaError> {
        let stored = store_root.map(|root| StoredVideo::find(root, &media)).transpose()?.flatten();
        let mut reader = Self { media, stored, source: None };
        if !reader.stored.as_ref().is_some_and(StoredVideo::is_begun) {
            // The list of frames is made here: a file without one is missing, not a file of unreadable frames.
            reader.source()?.frame_count()?;
        }
        Ok(reader)
    }

    fn source(&mut self) -> Result<&mut Box<dyn FrameSource + Send>, MediaError> {
        let source = match self.source.take() {
            Some(source) => source,
            None => self.media.open()?,
        };
        Ok(self.source.insert(source))
    }

    fn is_stored(&mut self, number: u32) -> bool {
        self.stored.as_mut().is_some_and(|stored| stored.holds(number))
    }

    /// Reads a frame: as much as is wanted of it, or more. `known` are parts of it that were read before.
    fn read(&mut self, number: u32, extent: &Extent, known: &[Arc<Shades>]) -> Result<Shades, String> {
        if let Some(shades) = self.stored.as_mut().and_then(|stored| stored.read(number, extent, known)) {
            return Ok(shades);
        }
        let source = self.source().map_err(|error| error.to_string())?;
        let frame = match source.read(number) {
            // A process that was ended from outside says nothing about the file.
            Err(MediaError::FfmpegFailed { .. }) => source.read(number),
            other => other,
        };
        let frame = frame.map_err(|error| error.to_string())?;
        Shades::new(frame).ok_or_else(|| format!("frame {number} is empty or shorter than its size says"))
    }

    /// Whole frames to measure levels in: the first ones, or else the wanted one.
    fn read_first(&mut self, wanted: u32) -> Vec<(u32, Shades)> {
        let mut read = |number: u32| Some((number, self.read(number, &Extent::WHOLE, &[]).ok()?));
        let first: Vec<(u32, Shades)> = (0..LEVEL_FRAMES).filter_map(&mut read).collect();
        if first.is_empty() { read(wanted).into_iter().collect() } else { first }
    }
}

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
    /// What is needed of them: where a store has the frame, a reduction may do, or a part.
    pub(super) extent: Extent,
    /// Parts of the wanted frame that are there.
    pub(super) known: Vec<Arc<Shades>>,
    /// Where frame stores lie.
    pub(super) store_root: Option<PathBuf>,
    pub(super) levels: Option<Levels>,
    /// Whether the levels of band-passed pictures are needed.
    pub(super) with_band: bool,
}

/// Why a channel cannot be read at all.
pub(super) struct Missing {
    /// Whether its file is not there.
    pub(super) is_gone: bool,
    /// Why, and what to do.
    pub(super) reason: String,
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
    pub(super) missing: Option<Missing>,
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
    let DecodeJob { source, media, reader, frame, mut frames, extent, known, store_root, levels, with_band } = job;
    let mut decoded =
        Decoded { source, frame, reader: None, shades: Vec::new(), levels: None, missing: None, unreadable: None };
    let opened = match reader {
        Some(reader) => Ok(reader),
        None => Reader::open(media, store_root.as_deref()),
    };
    let mut reader = match opened {
        Ok(reader) => reader,
        Err(error) => {
            let is_gone = matches!(error, MediaError::NotFound { .. });
            decoded.missing = Some(Missing { is_gone, reason: error.to_string() });
            return decoded;
        }
    };
    let lacks_band = with_band && levels.is_none_or(|levels| levels.band_white.is_none());
    let mut first_frames = Vec::new();
    if lacks_band {
        first_frames = reader.read_first(frame);
    }
    if !frames.is_empty() && reader.is_stored(frame) {
        frames = frame..frame.saturating_add(1);
    }
    for number in frames {
        if first_frames.iter().any(|(first, _)| *first == number) {
            continue;
        }
        let known = if number == frame { known.as_slice() } else { &[] };
        match reader.read(number, &extent, known) {
            Ok(shades) => decoded.shades.push((number, shades)),
            Err(reason) if number == frame => decoded.unreadable = Some(reason),
            // On the way to the wanted frame; it is told when somebody wants it.
            Err(_) => {}
        }
    }
    let is_16_bit = decoded.shades.iter().any(|(_, shades)| shades.is_16_bit());
    if levels.is_none() && is_16_bit && !lacks_band {
        first_frames = reader.read_first(frame);
    }
    if lacks_band || (levels.is_none() && is_16_bit) {
        let pictures: Vec<&GrayFrame> = first_frames.iter().map(|(_, shades)| shades.finest()).collect();
        decoded.levels = Some(Levels::of(source.1, &pictures, with_band));
    }
    // The wanted frame last, as the one that stays longest.
    first_frames.append(&mut decoded.shades);
    decoded.shades = first_frames;
    decoded.reader = Some(reader);
    decoded
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
    let Area { left, top, .. } = layers.base.area();
    let base = Layer { plane, origin_px: [left, top], value_px, image_px: layers.base.size_px() };
    let content = match (&layers.dots, spec.look.mode) {
        (Some((plane, Part::Band { bin, area }, image_px)), Mode::Fused { mix }) => {
            let dots = Layer { plane, origin_px: [area.left, area.top], value_px: *bin, image_px: *image_px };
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

/// What the filter looks at for a part of a picture: beyond it by its reach, in whole merged pixels.
pub(super) fn seen_by_band(area: Area, bin: u32, image_px: [u32; 2]) -> Area {
    area.grown(reach_px(image_px[0], &DetectConfig::default()).next_multiple_of(bin), image_px)
}

/// Filters a part of a picture, as 8 bits: what is darker than its surroundings is 0.
pub(super) fn band(job: &BandJob) -> GrayFrame {
    let Part::Band { bin, area } = job.key.part else {
        return GrayFrame { width: 0, height: 0, pixels: GrayPixels::U8(Vec::new()) };
    };
    let config = DetectConfig::default();
    let picture = &job.picture;
    let (image_px, value_px) = (picture.size_px(), picture.finest_px());
    let seen = seen_by_band(area, bin, image_px);
    // In values of the plane; a last one may be incomplete.
    let values = seen.within(picture.area()).map(|side| side.start / value_px..side.end.div_ceil(value_px));
    let part = cut(picture.finest(), values);
    let filtered = band_pass(&part, value_px as usize, image_px[0], bin as usize, &config);
    let (skip_x, skip_y) = (((area.left - seen.left) / bin) as usize, ((area.top - seen.top) / bin) as usize);
    let [width, height] = area.size_px().map(|side| side.div_ceil(bin) as usize);
    let scale = 255.0 / job.white.max(1e-3);
    let mut levels = Vec::with_capacity(width * height);
    for row in filtered.response.chunks_exact(filtered.width.max(1)).skip(skip_y).take(height) {
        levels.extend(row.iter().skip(skip_x).take(width).map(|value| (value * scale + 0.5) as u8));
    }
    GrayFrame { width: width as u32, height: height as u32, pixels: GrayPixels::U8(levels) }
}

/// A part of a picture.
pub(super) fn cut(frame: &GrayFrame, [columns, rows]: [IndexRange<u32>; 2]) -> GrayFrame {
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

/// Copies a part of a picture, of this many columns and rows, into its place; `None` where the depths differ.
pub(super) fn paste(part: &GrayFrame, frame: &mut GrayFrame, [columns, rows]: [IndexRange<u32>; 2]) -> Option<()> {
    fn copy<T: Copy>(part: &[T], levels: &mut [T], stride: usize, columns: &IndexRange<u32>, rows: &IndexRange<u32>) {
        let lines = levels.chunks_exact_mut(stride.max(1)).skip(rows.start as usize).take(rows.len());
        for (line, part_line) in lines.zip(part.chunks_exact(columns.len().max(1))) {
            line[columns.start as usize..columns.end as usize].copy_from_slice(part_line);
        }
    }
    let stride = frame.width as usize;
    match (&part.pixels, &mut frame.pixels) {
        (GrayPixels::U8(part), GrayPixels::U8(levels)) => copy(part, levels, stride, &columns, &rows),
        (GrayPixels::U16(part), GrayPixels::U16(levels)) => copy(part, levels, stride, &columns, &rows),
        _ => return None,
    }
    Some(())
}
