//! A recording's fingerprint: what tells that a recording that moved is still the same one.
//!
//! Hashed are the manifest, the calibration, and of each media file its size and its two ends; so hours of video take
//! milliseconds, and a path does not matter. A change inside a file that leaves its size and its ends alone is not seen.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use super::media::MediaPath;
use super::{MediaError, Recording};

/// Bytes that are hashed at each end of a file.
const END_BYTES: u64 = 64 * 1024;

/// Pictures of a sequence that are hashed, evenly spread, first and last included.
const SAMPLED_PICTURES: u64 = 16;

/// The hash of what a recording holds.
///
/// # Errors
/// When a file that the recording names cannot be read.
pub fn fingerprint(recording: &Recording) -> Result<blake3::Hash, MediaError> {
    let mut hasher = blake3::Hasher::new();
    for file in [&recording.manifest, &recording.calibration].into_iter().flatten() {
        let text = std::fs::read(file).map_err(|error| MediaError::from_io(file, &error))?;
        hasher.update(&(text.len() as u64).to_le_bytes()).update(&text);
    }
    for camera in &recording.cameras {
        field(&mut hasher, camera.name.as_bytes());
        for (channel, source) in camera.channels() {
            field(&mut hasher, channel.as_str().as_bytes());
            hash_media(&mut hasher, &source.path)?;
        }
    }
    Ok(hasher.finalize())
}

/// A hash of the pictures of each channel and of each table of tracks, whatever names the manifest gives: a copy under another
/// name, or of some of the cameras, shares at least one.
///
/// # Errors
/// When a file that the recording names cannot be read.
pub fn content_fingerprints(recording: &Recording) -> Result<Vec<blake3::Hash>, MediaError> {
    let mut hashes = Vec::new();
    for (_, source) in recording.cameras.iter().flat_map(|camera| camera.channels()) {
        let mut hasher = blake3::Hasher::new();
        hash_media(&mut hasher, &source.path)?;
        hashes.push(hasher.finalize());
    }
    let tables = recording.animals.iter().flat_map(|animal| animal.tracks.iter().chain(&animal.boxes));
    for path in tables {
        hashes.push(file_fingerprint(path)?);
    }
    hashes.sort_unstable_by_key(|hash| *hash.as_bytes());
    hashes.dedup();
    Ok(hashes)
}

fn hash_media(hasher: &mut blake3::Hasher, media: &MediaPath) -> Result<(), MediaError> {
    match media {
        MediaPath::Video(path) => hash_ends(hasher, path),
        MediaPath::Sequence(pattern) => {
            let numbers = pattern.numbers()?;
            let (first, last) = (*numbers.start(), *numbers.end());
            hasher.update(&first.to_le_bytes()).update(&last.to_le_bytes());
            for number in spread(first, last, SAMPLED_PICTURES) {
                hash_ends(hasher, &pattern.file(number))?;
            }
            Ok(())
        }
    }
}

/// The hash of one file's size and ends.
///
/// # Errors
/// When the file cannot be read.
pub fn file_fingerprint(path: &Path) -> Result<blake3::Hash, MediaError> {
    let mut hasher = blake3::Hasher::new();
    hash_ends(&mut hasher, path)?;
    Ok(hasher.finalize())
}

/// At most `count` (two or more) numbers from `first` to `last`, evenly spread, both ends included.
pub(super) fn spread(first: u64, last: u64, count: u64) -> impl Iterator<Item = u64> {
    let steps = last.saturating_sub(first).min(count.max(2) - 1);
    (0..=steps).map(move |step| first + ((last - first) as u128 * u128::from(step) / u128::from(steps.max(1))) as u64)
}

fn field(hasher: &mut blake3::Hasher, bytes: &[u8]) {
    hasher.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
}

fn hash_ends(hasher: &mut blake3::Hasher, path: &Path) -> Result<(), MediaError> {
    let mut read = || -> io::Result<()> {
        let mut file = File::open(path)?;
        let bytes = file.metadata()?.len();
        hasher.update(&bytes.to_le_bytes());
        let mut end = Vec::new();
        file.by_ref().take(END_BYTES).read_to_end(&mut end)?;
        if bytes > END_BYTES {
            file.seek(SeekFrom::Start(bytes.saturating_sub(END_BYTES).max(END_BYTES)))?;
            file.take(END_BYTES).read_to_end(&mut end)?;
        }
        hasher.update(&end);
        Ok(())
    };
    read().map_err(|error| MediaError::from_io(path, &error))
}
