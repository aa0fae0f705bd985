//! One file of a store: the pictures of some frames in a row, found by a table at its beginning.
//!
//! Layout, all numbers little-endian: the eight bytes [`MAGIC`], frames (u32), pictures per frame (u32), then for each frame
//! and picture its offset from the file's start (u64) and its bytes (u32), then the pictures. A picture of no bytes is one
//! that the video could not show. A file is written beside its place and moved there, so that it is whole or absent.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

const MAGIC: &[u8; 8] = b"BVFRAME1";
const HEADER_BYTES: usize = 16;
const ENTRY_BYTES: usize = 12;
/// Larger tables are damage.
const MOST_ENTRIES: usize = 1 << 20;

/// The pictures of one frame, in the store's order.
pub(super) type Pictures = Vec<Vec<u8>>;

/// Writes a segment; all frames have as many pictures as the first.
pub(super) fn write(path: &Path, frames: &[Pictures]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut file = tempfile::Builder::new().prefix(PART_PREFIX).tempfile_in(folder)?;
    let pictures = frames.first().map_or(0, Vec::len);
    let mut offset = (HEADER_BYTES + frames.len() * pictures * ENTRY_BYTES) as u64;
    let mut table = Vec::with_capacity(offset as usize);
    table.extend_from_slice(MAGIC);
    table.extend_from_slice(&(frames.len() as u32).to_le_bytes());
    table.extend_from_slice(&(pictures as u32).to_le_bytes());
    for picture in frames.iter().flatten() {
        table.extend_from_slice(&offset.to_le_bytes());
        table.extend_from_slice(&(picture.len() as u32).to_le_bytes());
        offset += picture.len() as u64;
    }
    file.write_all(&table)?;
    for picture in frames.iter().flatten() {
        file.write_all(picture)?;
    }
    // Moved only once it is on the disk: a power cut leaves no empty segment in place.
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// What the names of files begin with that are still being written.
pub(super) const PART_PREFIX: &str = ".part-";

/// An open segment.
pub(super) struct Segment {
    file: File,
    pictures: usize,
    table: Vec<(u64, u32)>,
}

impl Segment {
    /// Opens a segment and reads its table.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "not a segment of a frame store");
        let mut file = File::open(path)?;
        let bytes = file.metadata()?.len();
        let mut header = [0u8; HEADER_BYTES];
        file.read_exact(&mut header)?;
        let number = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let (frames, pictures) = (number(8) as usize, number(12) as usize);
        let entries = frames.checked_mul(pictures).filter(|entries| (1..=MOST_ENTRIES).contains(entries));
        let (true, Some(entries)) = (header.starts_with(MAGIC), entries) else { return Err(damaged()) };
        let mut table_bytes = vec![0u8; entries * ENTRY_BYTES];
        file.read_exact(&mut table_bytes)?;
        let (records, _) = table_bytes.as_chunks::<ENTRY_BYTES>();
        let entry = |record: &[u8; ENTRY_BYTES]| {
            let [a, b, c, d, e, f, g, h, i, j, k, l] = *record;
            (u64::from_le_bytes([a, b, c, d, e, f, g, h]), u32::from_le_bytes([i, j, k, l]))
        };
        let table: Vec<(u64, u32)> = records.iter().map(entry).collect();
        let is_inside = |entry: &(u64, u32)| entry.0.checked_add(u64::from(entry.1)).is_some_and(|end| end <= bytes);
        if table.iter().all(is_inside) { Ok(Self { file, pictures, table }) } else { Err(damaged()) }
    }

    /// The bytes of a picture of a frame; `None` where the segment has none.
    pub(super) fn picture(&mut self, frame: usize, picture: usize) -> Option<Vec<u8>> {
        if picture >= self.pictures {
            return None;
        }
        let (offset, length) = *self.table.get(frame * self.pictures + picture)?;
        if length == 0 {
            return None;
        }
        let mut bytes = vec![0u8; length as usize];
        self.file.seek(SeekFrom::Start(offset)).ok()?;
        self.file.read_exact(&mut bytes).ok()?;
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_give_back_what_was_put_in_and_refuse_damage() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("0.seg");
        let frames = vec![vec![vec![1, 2, 3], vec![4]], vec![Vec::new(), Vec::new()], vec![vec![5], vec![6, 7]]];
        write(&path, &frames).unwrap();
        let mut segment = Segment::open(&path).unwrap();
        assert_eq!(segment.picture(0, 0), Some(vec![1, 2, 3]));
        assert_eq!(segment.picture(2, 1), Some(vec![6, 7]));
        assert_eq!(segment.picture(1, 0), None);
        assert_eq!(segment.picture(0, 2), None);
        assert_eq!(segment.picture(3, 0), None);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");

        let whole = std::fs::read(&path).unwrap();
        for length in [0, 7, 15, 40, whole.len() - 1] {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert!(Segment::open(&path).is_err(), "{length} bytes of {}", whole.len());
        }
    }
}
