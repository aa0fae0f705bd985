//! Walking over the frames of a range with bounded memory.

use std::ops::Range;
use std::vec;

use super::error::StoreError;

/// Frames fetched at once. A read transaction is open only while a chunk is fetched, so that a long walk never holds up
/// the write-ahead log.
const CHUNK_FRAMES: u32 = 256;

type Fetch<'a, T> = Box<dyn FnMut(Range<u32>) -> Result<Vec<(u32, T)>, StoreError> + 'a>;

/// The frames of a range that have something, in ascending order, as `(frame, what it has)`. Ends after the first error.
pub struct FrameIter<'a, T> {
    fetch: Fetch<'a, T>,
    remaining: Range<u32>,
    chunk: vec::IntoIter<(u32, T)>,
}

impl<'a, T> FrameIter<'a, T> {
    pub(super) fn new(
        range: Range<u32>,
        fetch: impl FnMut(Range<u32>) -> Result<Vec<(u32, T)>, StoreError> + 'a,
    ) -> Self {
        Self { fetch: Box::new(fetch), remaining: range, chunk: Vec::new().into_iter() }
    }
}

impl<T> Iterator for FrameIter<'_, T> {
    type Item = Result<(u32, T), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.chunk.next() {
                return Some(Ok(item));
            }
            if self.remaining.is_empty() {
                return None;
            }
            let end = self.remaining.start.saturating_add(CHUNK_FRAMES).min(self.remaining.end);
            let next = std::mem::replace(&mut self.remaining.start, end)..end;
            match (self.fetch)(next) {
                Ok(items) => self.chunk = items.into_iter(),
                Err(error) => {
                    self.remaining.start = self.remaining.end;
                    return Some(Err(error));
                }
            }
        }
    }
}

/// Adds `item` to the entry of `frame`, which rows sorted by frame make the last one, or to a new entry.
pub(super) fn entry_of<T>(items: &mut Vec<(u32, T)>, frame: u32, empty: impl FnOnce() -> T) -> Option<&mut T> {
    if items.last().is_none_or(|(last, _)| *last != frame) {
        items.push((frame, empty()));
    }
    items.last_mut().map(|(_, item)| item)
}
