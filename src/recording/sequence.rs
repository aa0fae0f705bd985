//! Image sequences: numbered PNG, TIFF and JPEG files as frames.
//!
//! `%06d` in a file name is the number, padded with zeros to six digits (`%d`: not padded). Frame 0 is the file with the
//! smallest number that exists, and every number after it must exist up to the last one: a hole would shift all frames after
//! it, so it is an error that names the missing file. Grey levels are taken as stored; colour becomes grey by the weights of
//! ITU-R BT.709, which keep grey pixels exactly as they are.

use std::io;
use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageReader};

use super::frame::{FrameSource, GrayFrame, GrayPixels};
use super::media::MediaError;

/// A file name with one number in it, in its folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequencePattern {
    folder: PathBuf,
    prefix: String,
    /// Digits that the number is padded to with zeros.
    digits: usize,
    padded: bool,
    suffix: String,
}

impl SequencePattern {
    /// The pattern in the last part of a path, or `None` where that names a single file.
    pub fn parse(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let (prefix, rest) = name.split_once('%')?;
        let (width, suffix) = rest.split_once('d')?;
        if !width.chars().all(|digit| digit.is_ascii_digit()) || width.len() > 2 {
            return None;
        }
        let padded = width.starts_with('0');
        // "%6d" would pad with blanks, which nobody has in file names: it is read as "%06d".
        let digits = width.parse().unwrap_or(1);
        Some(Self {
            folder: path.parent().unwrap_or(Path::new("")).to_owned(),
            prefix: prefix.to_owned(),
            digits,
            padded: padded || !width.is_empty(),
            suffix: suffix.to_owned(),
        })
    }

    /// The pattern as a path, as it was written.
    pub fn path(&self) -> PathBuf {
        let number = if self.padded { format!("%0{}d", self.digits) } else { "%d".to_owned() };
        self.folder.join(format!("{}{number}{}", self.prefix, self.suffix))
    }

    /// The folder that holds the files.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file with this number.
    pub fn file(&self, number: u64) -> PathBuf {
        self.folder.join(self.file_name(number))
    }

    fn file_name(&self, number: u64) -> String {
        let digits = if self.padded { self.digits } else { 1 };
        format!("{}{number:0digits$}{}", self.prefix, self.suffix)
    }

    /// The number in a file name that the pattern writes exactly so.
    fn number_of(&self, name: &str) -> Option<u64> {
        let digits = name.strip_prefix(&self.prefix)?.strip_suffix(&self.suffix)?;
        let number = digits.parse().ok()?;
        (self.file_name(number) == name).then_some(number)
    }

    /// The numbers of the first and the last file.
    ///
    /// # Errors
    /// When no file matches, or one between the first and the last is missing.
    pub fn numbers(&self) -> Result<std::ops::RangeInclusive<u64>, MediaError> {
        let entries = std::fs::read_dir(&self.folder).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => MediaError::NotFound { path: self.folder.clone() },
            _ => MediaError::from_io(&self.folder, &error),
        })?;
        let mut numbers = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| MediaError::from_io(&self.folder, &error))?;
            numbers.extend(entry.file_name().to_str().and_then(|name| self.number_of(name)));
        }
        numbers.sort_unstable();
        let (Some(first), Some(last)) = (numbers.first(), numbers.last()) else {
            return Err(MediaError::EmptySequence { pattern: self.path() });
        };
        if let Some(gap) = numbers.windows(2).find(|pair| pair[1] != pair[0] + 1) {
            return Err(MediaError::SequenceGap { missing: self.file(gap[0] + 1), present: self.file(gap[1]) });
        }
        Ok(*first..=*last)
    }
}

/// An open image sequence.
pub struct ImageSequence {
    pattern: SequencePattern,
    first: u64,
    frame_count: u32,
    size_px: [u32; 2],
}

impl ImageSequence {
    /// Lists the files and reads the size of the first one.
    ///
    /// # Errors
    /// When no file matches, one in between is missing, or the first cannot be read.
    pub fn open(pattern: &SequencePattern) -> Result<Self, MediaError> {
        let numbers = pattern.numbers()?;
        let first = *numbers.start();
        let count = numbers.end() - first + 1;
        let size_px = size_of(&pattern.file(first))?;
        Ok(Self { pattern: pattern.clone(), first, frame_count: u32::try_from(count).unwrap_or(u32::MAX), size_px })
    }
}

impl FrameSource for ImageSequence {
    fn frame_count(&mut self) -> Result<u32, MediaError> {
        Ok(self.frame_count)
    }

    fn size_px(&self) -> [u32; 2] {
        self.size_px
    }

    fn read(&mut self, frame: u32) -> Result<GrayFrame, MediaError> {
        if frame >= self.frame_count {
            let (path, frame_count) = (self.pattern.path(), self.frame_count);
            return Err(MediaError::OutOfRange { path, frame, frame_count });
        }
        let path = self.pattern.file(self.first + u64::from(frame));
        let picture = read_image(&path)?;
        if picture.size_px() != self.size_px {
            return Err(MediaError::ImageSize { path, found: picture.size_px(), expected: self.size_px });
        }
        Ok(picture)
    }
}

/// Pixels across and down of an image file, from its header.
pub(super) fn size_of(path: &Path) -> Result<[u32; 2], MediaError> {
    let (width, height) = reader(path)?.into_dimensions().map_err(|error| unreadable(path, &error))?;
    Ok([width, height])
}

/// Reads one PNG, TIFF or JPEG file as grey levels.
///
/// # Errors
/// When the file is missing, damaged, or of a kind without grey levels from 0 (floating point).
pub fn read_image(path: &Path) -> Result<GrayFrame, MediaError> {
    let image = reader(path)?.decode().map_err(|error| unreadable(path, &error))?;
    let (width, height) = (image.width(), image.height());
    let pixels = match image {
        DynamicImage::ImageLuma8(image) => GrayPixels::U8(image.into_raw()),
        DynamicImage::ImageLuma16(image) => GrayPixels::U16(image.into_raw()),
        DynamicImage::ImageLumaA16(_) | DynamicImage::ImageRgb16(_) | DynamicImage::ImageRgba16(_) => {
            GrayPixels::U16(image.into_luma16().into_raw())
        }
        DynamicImage::ImageRgb32F(_) | DynamicImage::ImageRgba32F(_) => {
            let reason = "it holds floating-point levels; store it with 8 or 16 bits".to_owned();
            return Err(MediaError::Unreadable { path: path.to_owned(), reason });
        }
        image => GrayPixels::U8(image.into_luma8().into_raw()),
    };
    Ok(GrayFrame { width, height, pixels })
}

fn reader(path: &Path) -> Result<ImageReader<io::BufReader<std::fs::File>>, MediaError> {
    let file = std::fs::File::open(path).map_err(|error| MediaError::from_io(path, &error))?;
    // By content, not by name: a JPEG that is called .png is still a JPEG.
    ImageReader::new(io::BufReader::with_capacity(1 << 16, file))
        .with_guessed_format()
        .map_err(|error| MediaError::from_io(path, &error))
}

fn unreadable(path: &Path, error: &image::ImageError) -> MediaError {
    MediaError::Unreadable { path: path.to_owned(), reason: error.to_string() }
}
