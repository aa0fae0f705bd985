//! What is decoded, within a budget of bytes.
//!
//! Everything belongs to a frame of a camera, and a frame has a rank: its place in the list of what is wanted, or none. Where
//! the budget is exceeded, what is not wanted goes first, the longest unused first; then what is wanted, the least urgent
//! first. Only the frame that is being worked on stays in any case, so that a budget too small for a frame still shows it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::area::Area;
use super::shades::{Shades, bytes_of};
use crate::recording::{Channel, GrayFrame};

/// Which of the planes of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Part {
    /// As recorded, with its reductions.
    Full(Channel),
    /// Reductions alone.
    Reduced(Channel),
    /// A part as recorded, with its reductions.
    Tiles(Channel, Area),
    /// Band-passed fluorescence of a part of the picture, `bin` × `bin` pixels merged.
    Band { bin: u32, area: Area },
}

impl Part {
    /// What of a channel's frame a picture is.
    pub(super) fn of(channel: Channel, shades: &Shades) -> Self {
        match (shades.finest_px(), shades.is_whole()) {
            (1, true) => Self::Full(channel),
            (1, false) => Self::Tiles(channel, shades.area()),
            _ => Self::Reduced(channel),
        }
    }

    /// Whether another part serves for nothing that this one does not serve for.
    fn replaces(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Full(channel), Self::Reduced(other) | Self::Tiles(other, _)) => channel == other,
            (Self::Tiles(channel, area), Self::Tiles(other, within)) => channel == other && area.contains(within),
            _ => self == other,
        }
    }
}

/// A frame of a camera.
pub(super) type View = (u8, u32);

/// A plane of a frame of a camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) view: View,
    pub(super) part: Part,
}

/// Something decoded or derived.
#[derive(Clone)]
pub(super) enum Plane {
    Shades(Arc<Shades>),
    Band(Arc<GrayFrame>),
}

impl Plane {
    fn bytes(&self) -> usize {
        // The bookkeeping of an entry, for tiny pictures.
        256 + match self {
            Self::Shades(shades) => shades.bytes(),
            Self::Band(plane) => bytes_of(plane),
        }
    }
}

struct Entry {
    plane: Plane,
    bytes: usize,
    place: Place,
}

/// The order in which entries go; the last goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    rank: u32,
    age: std::cmp::Reverse<u64>,
}

/// The rank of what nobody wants.
const UNWANTED: u32 = u32::MAX;

/// The cache.
pub(super) struct Cache {
    budget_bytes: usize,
    bytes: usize,
    most_bytes: usize,
    clock: u64,
    entries: BTreeMap<Key, Entry>,
    order: BTreeSet<(Place, Key)>,
    ranks: HashMap<View, u32>,
}

impl Cache {
    pub(super) fn new(budget_bytes: usize) -> Self {
        Self {
            budget_bytes,
            bytes: 0,
            most_bytes: 0,
            clock: 0,
            entries: BTreeMap::new(),
            order: BTreeSet::new(),
            ranks: HashMap::new(),
        }
    }

    /// Bytes held now.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Most bytes that were ever held.
    pub(super) fn most_bytes(&self) -> usize {
        self.most_bytes
    }

    pub(super) fn contains(&self, key: &Key) -> bool {
        self.entries.contains_key(key)
    }

    /// A plane that is there; it counts as used now.
    pub(super) fn get(&mut self, key: &Key) -> Option<Plane> {
        self.clock += 1;
        let entry = self.entries.get_mut(key)?;
        self.order.remove(&(entry.place, *key));
        entry.place.age = std::cmp::Reverse(self.clock);
        self.order.insert((entry.place, *key));
        Some(entry.plane.clone())
    }

    /// A plane that is there, without using it.
    pub(super) fn peek(&self, key: &Key) -> Option<&Plane> {
        self.entries.get(key).map(|entry| &entry.plane)
    }

    /// Ranks frames by their place in `views`; all others are not wanted any more.
    pub(super) fn rank(&mut self, views: impl Iterator<Item = View>) {
        let mut ranks = HashMap::new();
        for view in views {
            let next = ranks.len() as u32;
            ranks.entry(view).or_insert(next);
        }
        let before = std::mem::replace(&mut self.ranks, ranks);
        let touched: BTreeSet<View> = before.keys().chain(self.ranks.keys()).copied().collect();
        for view in touched {
            let rank = self.rank_of(view);
            let keys: Vec<Key> = self.keys_of(view).collect();
            for key in keys {
                if let Some(entry) = self.entries.get_mut(&key) {
                    self.order.remove(&(entry.place, key));
                    entry.place.rank = rank;
                    self.order.insert((entry.place, key));
                }
            }
        }
    }

    fn rank_of(&self, view: View) -> u32 {
        self.ranks.get(&view).copied().unwrap_or(UNWANTED)
    }

    /// What is there of a frame.
    pub(super) fn keys_of(&self, view: View) -> impl Iterator<Item = Key> + '_ {
        let first = Key { view, part: Part::Full(Channel::Reflectance) };
        self.entries.range(first..).map(|(key, _)| *key).take_while(move |key| key.view == view)
    }

    /// Whether so many bytes of a frame would stay if they were put in now.
    pub(super) fn would_keep(&self, view: View, bytes: usize) -> bool {
        if self.bytes + bytes <= self.budget_bytes {
            return true;
        }
        let rank = self.rank_of(view);
        let worse = self.order.iter().rev().take_while(|(place, _)| place.rank > rank);
        let mut room = self.budget_bytes.saturating_sub(self.bytes);
        worse.filter_map(|(_, key)| self.entries.get(key)).any(|entry| {
            room += entry.bytes;
            room >= bytes
        }) && bytes <= self.budget_bytes
    }

    /// Whether so many bytes fit without anything going.
    pub(super) fn has_room(&self, bytes: usize) -> bool {
        self.bytes + bytes <= self.budget_bytes
    }

    /// Puts a plane in, in place of those that it replaces, and lets others go, perhaps this one; never one of `kept`.
    pub(super) fn put(&mut self, key: Key, plane: Plane, kept: Option<View>) {
        let replaced: Vec<Key> = self.keys_of(key.view).filter(|old| key.part.replaces(&old.part)).collect();
        for old in replaced {
            self.remove(&old);
        }
        self.clock += 1;
        let place = Place { rank: self.rank_of(key.view), age: std::cmp::Reverse(self.clock) };
        let bytes = plane.bytes();
        self.bytes += bytes;
        self.entries.insert(key, Entry { plane, bytes, place });
        self.order.insert((place, key));
        self.trim(kept);
        self.most_bytes = self.most_bytes.max(self.bytes);
    }

    /// Lets go what is above the budget, but nothing of `kept`.
    pub(super) fn trim(&mut self, kept: Option<View>) {
        while self.bytes > self.budget_bytes {
            let victim = self.order.iter().rev().map(|(_, key)| *key).find(|key| Some(key.view) != kept);
            let Some(victim) = victim else { break };
            self.remove(&victim);
        }
    }

    fn remove(&mut self, key: &Key) {
        if let Some(entry) = self.entries.remove(key) {
            self.order.remove(&(entry.place, *key));
            self.bytes -= entry.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::GrayPixels;

    fn key(camera: u8, frame: u32) -> Key {
        Key { view: (camera, frame), part: Part::Full(Channel::Reflectance) }
    }

    /// 1000 bytes with bookkeeping.
    fn plane() -> Plane {
        let frame = GrayFrame { width: 744, height: 1, pixels: GrayPixels::U8(vec![0; 744]) };
        Plane::Shades(Arc::new(Shades::new(frame).unwrap()))
    }

    const PLENTY: usize = 1 << 30;

    fn cache(budget_bytes: usize, frames: &[u32]) -> Cache {
        let mut cache = Cache::new(budget_bytes);
        for frame in frames {
            cache.put(key(0, *frame), plane(), None);
        }
        cache
    }

    fn held(cache: &Cache) -> Vec<u32> {
        cache.entries.keys().map(|key| key.view.1).collect()
    }

    #[test]
    fn the_longest_unused_goes_first() {
        let mut cache = cache(3000, &[1, 2, 3]);
        cache.get(&key(0, 1));
        cache.put(key(0, 4), plane(), None);
        assert_eq!(held(&cache), [1, 3, 4]);
        assert_eq!(cache.bytes(), 3000);
    }

    #[test]
    fn what_is_wanted_stays_and_the_least_urgent_goes_before_the_urgent() {
        let mut cache = cache(3000, &[1, 2, 3]);
        cache.rank([(0, 1), (0, 2), (0, 9), (0, 3)].into_iter());
        cache.put(key(0, 4), plane(), None);
        assert_eq!(held(&cache), [1, 2, 3], "an unwanted one does not push out a wanted one");
        assert!(cache.would_keep((0, 9), 1000) && !cache.would_keep((0, 9), 1001));
        assert!(!cache.would_keep((0, 5), 1000));
        cache.put(key(0, 9), plane(), None);
        assert_eq!(held(&cache), [1, 2, 9]);
        cache.rank(std::iter::empty());
        cache.put(key(0, 5), plane(), None);
        assert_eq!(held(&cache), [2, 5, 9]);
    }

    #[test]
    fn the_frame_in_work_stays_whatever_the_budget() {
        let mut cache = cache(500, &[]);
        cache.put(key(0, 7), plane(), Some((0, 7)));
        assert_eq!(held(&cache), [7]);
        cache.put(key(0, 8), plane(), Some((0, 8)));
        assert_eq!(held(&cache), [8]);
        assert_eq!(cache.most_bytes(), 1000, "what is above the budget is what is in work");
    }

    #[test]
    fn a_part_goes_when_more_of_the_same_channel_comes() {
        let mut cache = cache(PLENTY, &[]);
        let area = |left: u32, right: u32| Area { left, top: 0, right, bottom: 1 };
        let part = |frame: GrayFrame, area: Area| Plane::Shades(Arc::new(Shades::part(frame, area, [744, 1]).unwrap()));
        let line = |width: u32| GrayFrame { width, height: 1, pixels: GrayPixels::U8(vec![0; width as usize]) };
        for (channel, area) in [
            (Channel::Fluorescence, area(0, 100)),
            (Channel::Reflectance, area(0, 100)),
            (Channel::Reflectance, area(100, 300)),
            (Channel::Reflectance, area(0, 200)),
        ] {
            let key = Key { view: (0, 1), part: Part::Tiles(channel, area) };
            cache.put(key, part(line(area.size_px()[0]), area), None);
        }
        let parts = |cache: &Cache| cache.keys_of((0, 1)).map(|key| key.part).collect::<Vec<Part>>();
        let (dots, animal) = (Channel::Fluorescence, Channel::Reflectance);
        let left = Part::Tiles(dots, area(0, 100));
        assert_eq!(parts(&cache), [Part::Tiles(animal, area(0, 200)), Part::Tiles(animal, area(100, 300)), left]);
        assert_eq!(cache.bytes(), 3 * 256 + 200 + 200 + 100);
        cache.put(key(0, 1), plane(), None);
        assert_eq!(parts(&cache), [Part::Full(animal), left]);
        assert_eq!(cache.bytes(), 1000 + 256 + 100);
    }
}
