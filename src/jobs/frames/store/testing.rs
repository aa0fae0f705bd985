//! Stores for tests, made of pictures without a video.

use std::path::Path;

use super::stored::{About, segment_path};
use super::{folder_of, segment};
use crate::recording::{ChannelSource, GrayFrame};

/// Writes the store of a video that need not be one, of at most one segment of frames.
pub(in super::super) fn write(root: &Path, source: &ChannelSource, frames: &[GrayFrame]) {
    let folder = folder_of(root, source).unwrap().unwrap();
    std::fs::create_dir_all(&folder).unwrap();
    let about = About::new(frames[0].size_px(), frames.len() as u32, &frames[..1]);
    about.write(&folder).unwrap();
    let pictures: Vec<segment::Pictures> = frames.iter().map(|frame| about.encode(frame).unwrap()).collect();
    segment::write(&segment_path(&folder, 0), &pictures).unwrap();
}

/// Makes one of the tiles of a frame, counted row by row, a picture that does not decode.
pub(in super::super) fn damage(root: &Path, source: &ChannelSource, frame: usize, tile: usize) {
    let path = segment_path(&folder_of(root, source).unwrap().unwrap(), 0);
    let mut bytes = std::fs::read(&path).unwrap();
    let number =
        |at: usize, length: usize| (0..length).fold(0, |sum, byte| sum | usize::from(bytes[at + byte]) << (8 * byte));
    // The table, as segment.rs describes it.
    let entry = 16 + (frame * number(12, 4) + 1 + tile) * 12;
    let (offset, length) = (number(entry, 8), number(entry + 8, 4));
    bytes[offset..offset + length].fill(0);
    // In place, so that those see it who have the file open.
    std::fs::write(&path, bytes).unwrap();
}
