//! The frame store: copies of long-group videos from which any frame is read at once.
//!
//! A video whose key frames lie far apart must be decoded from the one before, which costs up to seconds per jump. The store
//! holds each frame twice, as JPEG: reduced to at most 1024 pixels across for six views at once, and at full resolution in
//! tiles for where a view is enlarged. It lies in the user's cache folder, is made by a job that can be stopped and goes on,
//! and can be deleted at any time.
//!
//! For looking at only: JPEG changes levels by a few steps, and of more than 8 bits it keeps 256 steps between the darkest and
//! the brightest level of the first frames, with room above. Detection never reads it.
//!
//! Invariants: a store belongs to the content of a video file (its size and ends), not to its name; a segment is there whole
//! or not at all; a frame that a segment does not hold is read from the video.

mod prepare;
mod segment;
mod stored;
#[cfg(test)]
pub(super) mod testing;

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

pub use self::prepare::{Prepared, StorableChannel, delete, plan, prepare};
pub(super) use self::stored::StoredVideo;

use crate::recording::fingerprint::file_fingerprint;
use crate::recording::{ChannelSource, MediaError, MediaPath};

/// The version of the folder's layout; another one is another folder.
const VERSION: u32 = 1;

/// Frames of a segment: what a kill loses at most.
const SEGMENT_FRAMES: u32 = 64;

/// Most pixels across of a reduced picture: panes of six views are about 700 device pixels wide.
const REDUCED_WIDTH_PX: u32 = 1024;

/// Pixels along a side of a full-resolution tile.
const TILE_PX: u32 = 512;

/// Where a user's frame stores lie; `None` where the system says of no cache folder.
pub fn default_root() -> Option<PathBuf> {
    etcetera::choose_base_strategy().ok().map(|folders| folders.cache_dir().join("behaviorvlm/frames"))
}

/// The folder of a video's store; `None` for image sequences, which need none.
fn folder_of(root: &Path, source: &ChannelSource) -> Result<Option<PathBuf>, MediaError> {
    let MediaPath::Video(path) = &source.path else { return Ok(None) };
    let mut hasher = blake3::Hasher::new();
    hasher.update(&VERSION.to_le_bytes());
    hasher.update(file_fingerprint(path)?.as_bytes());
    hasher.update(&source.interleaved.map_or(u32::MAX, |first| first).to_le_bytes());
    let key = hasher.finalize().to_hex();
    Ok(Some(root.join(&key.as_str()[..32])))
}

/// How often a picture is reduced by two for the store.
fn reductions(width_px: u32) -> u32 {
    let mut reductions = 0;
    while width_px.div_ceil(1 << reductions) > REDUCED_WIDTH_PX {
        reductions += 1;
    }
    reductions
}
