//! What a store keeps of a frame, and how it is read: the reduced picture where that is enough, else the tiles of the full one
//! that the wanted part touches.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ExtendedColorType, ImageFormat};
use serde::{Deserialize, Serialize};

use super::super::area::{Area, Extent};
use super::super::shades::{Shades, halved, halvings};
use super::super::work::{cut, paste};
use super::segment::{Pictures, Segment};
use super::{SEGMENT_FRAMES, TILE_PX, VERSION, folder_of, reductions};
use crate::recording::{ChannelSource, GrayFrame, GrayPixels, MediaError};

/// The file that says what a store holds.
const ABOUT: &str = "store.json";
/// Quality of the JPEG files, of 100: dots keep their shape to a grey level or two.
const JPEG_QUALITY: u8 = 92;

/// What a store holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct About {
    version: u32,
    /// Pixels across and down as recorded.
    pub(super) size_px: [u32; 2],
    /// Frames of the channel.
    pub(super) frames: u32,
    /// Of a video of more than 8 bits: the levels that 0 and 255 stand for; between them steps grow with the level, as noise
    /// does, so that dim dots keep their shape beside bright ones.
    coded: Option<[f32; 2]>,
}

impl About {
    /// Of a channel whose first frames are these.
    pub(super) fn new(size_px: [u32; 2], frames: u32, first_frames: &[GrayFrame]) -> Self {
        let levels = first_frames.iter().filter_map(|frame| match &frame.pixels {
            GrayPixels::U16(levels) => Some(levels),
            GrayPixels::U8(_) => None,
        });
        let mut ends: Option<[u16; 2]> = None;
        for level in levels.flatten() {
            let [low, high] = ends.unwrap_or([*level; 2]);
            ends = Some([low.min(*level), high.max(*level)]);
        }
        // Later frames may be brighter than the first.
        let coded = ends.map(|ends| ends.map(f32::from)).map(|[low, high]| [low, high + (high - low) / 2.0 + 1.0]);
        Self { version: VERSION, size_px, frames, coded }
    }

    pub(super) fn read(folder: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(folder.join(ABOUT)).ok()?;
        let about: Self = serde_json::from_str(&text).ok()?;
        let is_sane =
            about.version == VERSION && about.size_px.iter().all(|side| (1..=u32::from(u16::MAX)).contains(side));
        is_sane.then_some(about)
    }

    pub(super) fn write(&self, folder: &Path) -> std::io::Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        let mut file = tempfile::Builder::new().prefix(super::segment::PART_PREFIX).tempfile_in(folder)?;
        std::io::Write::write_all(&mut file, text.as_bytes())?;
        file.persist(folder.join(ABOUT)).map_err(|error| error.error)?;
        Ok(())
    }

    /// The tiles that an area touches, with their numbers; row by row.
    fn tiles_of(&self, area: Area) -> impl Iterator<Item = (usize, Area)> + use<> {
        let size_px = self.size_px;
        let across = size_px[0].div_ceil(TILE_PX);
        let columns = area.left / TILE_PX..area.right.div_ceil(TILE_PX);
        let rows = area.top / TILE_PX..area.bottom.div_ceil(TILE_PX);
        rows.flat_map(move |row| columns.clone().map(move |column| (row, column))).map(move |(row, column)| {
            let (left, top) = (column * TILE_PX, row * TILE_PX);
            let corner = Area { left, top, right: left + 1, bottom: top + 1 };
            ((row * across + column) as usize, corner.in_steps(TILE_PX, size_px))
        })
    }

    fn tiles(&self) -> impl Iterator<Item = (usize, Area)> + use<> {
        self.tiles_of(Area::whole(self.size_px))
    }

    /// The pictures that the store keeps of a frame: the reduced one, then tiles row by row.
    pub(super) fn encode(&self, frame: &GrayFrame) -> Option<Pictures> {
        if frame.size_px() != self.size_px {
            return None;
        }
        let mut reduced = None;
        for _ in 0..reductions(frame.width) {
            reduced = Some(halved(reduced.as_ref().unwrap_or(frame)));
        }
        let mut pictures = vec![jpeg(&self.coded(reduced.as_ref().unwrap_or(frame))?)?];
        let whole = self.coded(frame)?;
        for (_, tile) in self.tiles() {
            pictures.push(jpeg(&cut(&whole, tile.within(Area::whole(self.size_px))))?);
        }
        Some(pictures)
    }

    /// Pictures of a frame that cannot be decoded.
    pub(super) fn absent(&self) -> Pictures {
        vec![Vec::new(); 1 + self.tiles().count()]
    }

    /// The 8 bits that stand for a picture; `None` where it has another depth than the channel.
    fn coded(&self, frame: &GrayFrame) -> Option<GrayFrame> {
        let pixels = match (&frame.pixels, self.coded) {
            (GrayPixels::U8(levels), None) => levels.clone(),
            (GrayPixels::U16(levels), Some([low, high])) => {
                let share = |level: u16| ((f32::from(level) - low) / (high - low)).clamp(0.0, 1.0);
                let table: Vec<u8> = (0..=u16::MAX).map(|level| (share(level).sqrt() * 255.0 + 0.5) as u8).collect();
                levels.iter().map(|level| table[usize::from(*level)]).collect()
            }
            _ => return None,
        };
        Some(GrayFrame { width: frame.width, height: frame.height, pixels: GrayPixels::U8(pixels) })
    }

    /// The levels that the 8 bits of a picture of this size stand for.
    fn decoded(&self, [width, height]: [u32; 2], coded: Vec<u8>) -> GrayFrame {
        let pixels = match self.coded {
            None => GrayPixels::U8(coded),
            Some([low, high]) => {
                let level = |code: usize| low + (code as f32 / 255.0).powi(2) * (high - low) + 0.5;
                let table: [u16; 256] = std::array::from_fn(|code| level(code) as u16);
                GrayPixels::U16(coded.into_iter().map(|code| table[usize::from(code)]).collect())
            }
        };
        GrayFrame { width, height, pixels }
    }
}

fn jpeg(frame: &GrayFrame) -> Option<Vec<u8>> {
    let GrayPixels::U8(levels) = &frame.pixels else { return None };
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
    encoder.encode(levels, frame.width, frame.height, ExtendedColorType::L8).ok()?;
    Some(bytes)
}

/// The values of a picture that must be of this size.
fn from_jpeg(bytes: &[u8], size_px: [u32; 2]) -> Option<Vec<u8>> {
    match image::load_from_memory_with_format(bytes, ImageFormat::Jpeg).ok()? {
        DynamicImage::ImageLuma8(picture) if picture.dimensions() == (size_px[0], size_px[1]) => {
            Some(picture.into_raw())
        }
        _ => None,
    }
}

/// The file of a segment.
pub(super) fn segment_path(folder: &Path, segment: u32) -> PathBuf {
    folder.join(format!("{segment:08}.seg"))
}

/// The store of one channel, which may not be complete yet, or not there at all.
pub(in super::super) struct StoredVideo {
    folder: PathBuf,
    about: Option<About>,
    open: Option<(u32, Segment)>,
}

impl StoredVideo {
    /// Looks where a channel's store lies; `None` for channels that need none.
    ///
    /// # Errors
    /// When the video itself cannot be read.
    pub(in super::super) fn find(root: &Path, source: &ChannelSource) -> Result<Option<Self>, MediaError> {
        let folder = folder_of(root, source)?;
        Ok(folder.map(|folder| Self { about: About::read(&folder), folder, open: None }))
    }

    /// Whether anything of the store was made.
    pub(in super::super) fn is_begun(&self) -> bool {
        self.about.is_some()
    }

    /// Whether a frame may be read from here: its segment is there.
    pub(in super::super) fn holds(&mut self, frame: u32) -> bool {
        self.segment_of(frame).is_some()
    }

    /// As much of a frame as is wanted, or more: reduced where so much shrinking allows it, else the tiles that the part
    /// touches at full resolution. Tiles that one of `known`, parts of this very frame, shows are taken from there. `None`
    /// where the store does not hold it.
    pub(in super::super) fn read(&mut self, frame: u32, extent: &Extent, known: &[Arc<Shades>]) -> Option<Shades> {
        let segment = self.segment_of(frame)?;
        let about = self.about.clone()?;
        let reductions = reductions(about.size_px[0]);
        let (_, file) = self.open.as_mut().filter(|(open, _)| *open == segment)?;
        let index = (frame % SEGMENT_FRAMES) as usize;
        if reductions == 0 || f64::from(1u32 << reductions) <= extent.shrinking {
            let reduced_px = about.size_px.map(|side| halvings(side, reductions));
            let coded = from_jpeg(&file.picture(index, 0)?, reduced_px)?;
            return Shades::reduced(about.decoded(reduced_px, coded), about.size_px, reductions);
        }
        let whole = Area::whole(about.size_px);
        let wanted = extent.area.filter(|area| whole.contains(area)).unwrap_or(whole);
        let area = wanted.in_steps(TILE_PX, about.size_px);
        let values = area.size_px().iter().map(|side| *side as usize).product();
        let mut plane = about.decoded(area.size_px(), vec![0; values]);
        for (number, tile) in about.tiles_of(area) {
            let levels = match known.iter().find(|known| known.finest_px() == 1 && known.area().contains(&tile)) {
                Some(known) => cut(known.finest(), tile.within(known.area())),
                None => about.decoded(tile.size_px(), from_jpeg(&file.picture(index, 1 + number)?, tile.size_px())?),
            };
            paste(&levels, &mut plane, tile.within(area))?;
        }
        Shades::part(plane, area, about.size_px)
    }

    /// The segment of a frame, opened.
    fn segment_of(&mut self, frame: u32) -> Option<u32> {
        if self.about.is_none() {
            // It may have been begun since.
            self.about = About::read(&self.folder);
        }
        let segment = frame / SEGMENT_FRAMES;
        self.about.as_ref().filter(|about| frame < about.frames)?;
        if self.open.as_ref().is_none_or(|(open, _)| *open != segment) {
            self.open = Some((segment, Segment::open(&segment_path(&self.folder, segment)).ok()?));
        }
        Some(segment)
    }
}
