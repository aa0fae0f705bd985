//! What the workers share: what is wanted, what is decoded, what is in work, and what to do next.
//!
//! There is no queue of jobs. A worker that is free looks at the list of what is wanted as it is now and takes the first
//! thing that brings its first open picture nearer; so nothing that is not wanted any more is begun. What is finished late
//! goes into the cache, and a picture that is not wanted any more goes nowhere.
//!
//! Invariants: a channel is read by one worker at a time; a picture is delivered once for as long as it stays wanted; a
//! camera's frame is reported unreadable once.

mod needs;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

use self::needs::{Need, Needs, Sources, Way, band_bytes};
use super::cache::{Cache, Key, Part, Plane, View};
use super::look::Mode;
use super::picture::{FrameEvent, Picture, PictureSpec, PixelRect, Wanted};
use super::shades::{Levels, Shades};
use super::work::{BandJob, DecodeJob, Decoded, Layers, Missing, PaintJob, Reader};
use crate::model::CameraId;
use crate::recording::{Channel, ChannelSource, GrayFrame};

/// A channel of a camera.
pub(super) type Source = (u8, Channel);

/// Frames that are read at once when going backward: a video's decoder is positioned anew for each step back, which costs more
/// than these frames.
const BACKWARD_RUN: u32 = 8;
/// Farther back is a jump.
const BACKWARD_STEP_MOST: u32 = 32;

/// Where a wanted picture stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Open,
    Painting,
    Delivered,
    Failed,
}

struct Slot {
    spec: PictureSpec,
    progress: Progress,
}

/// What is known of a channel.
pub(super) struct ChannelState {
    pub(super) source: ChannelSource,
    reader: Option<Reader>,
    is_busy: bool,
    is_missing: bool,
    size_px: Option<[u32; 2]>,
    is_16_bit: Option<bool>,
    levels: Option<Levels>,
    last_read: Option<u32>,
    unreadable: HashSet<u32>,
}

impl ChannelState {
    pub(super) fn new(source: ChannelSource) -> Self {
        Self {
            source,
            reader: None,
            is_busy: false,
            is_missing: false,
            size_px: None,
            is_16_bit: None,
            levels: None,
            last_read: None,
            unreadable: HashSet::new(),
        }
    }

    /// Bytes of a decoded frame with its reductions, at most.
    fn frame_bytes(&self) -> usize {
        let [width, height] = self.size_px.unwrap_or([0, 0]).map(|side| side as usize);
        let depth = if self.is_16_bit == Some(false) { 1 } else { 2 };
        (width + 2) * (height + 2) * depth * 4 / 3 + 512
    }

    fn is_video(&self) -> bool {
        matches!(self.source.path, crate::recording::MediaPath::Video(_))
    }
}

/// The shared state; all of it stands behind one lock, which nobody holds while working.
pub(super) struct State {
    pub(super) channels: BTreeMap<Source, ChannelState>,
    cache: Cache,
    now: Vec<Slot>,
    soon: Vec<View>,
    /// How each camera was shown last; frames that are decoded ahead are made ready for the same.
    ways: HashMap<u8, Vec<Way>>,
    bands_in_work: HashSet<Key>,
    reported: HashSet<View>,
    events: VecDeque<FrameEvent>,
    /// Where frame stores lie.
    store_root: Option<PathBuf>,
    pub(super) is_stopped: bool,
}

impl State {
    pub(super) fn new(
        channels: BTreeMap<Source, ChannelState>,
        budget_bytes: usize,
        store_root: Option<PathBuf>,
    ) -> Self {
        Self {
            channels,
            cache: Cache::new(budget_bytes),
            now: Vec::new(),
            soon: Vec::new(),
            ways: HashMap::new(),
            bands_in_work: HashSet::new(),
            reported: HashSet::new(),
            events: VecDeque::new(),
            store_root,
            is_stopped: false,
        }
    }

    /// Replaces what is wanted. What was delivered of it before stays delivered.
    pub(super) fn want(&mut self, wanted: Wanted) {
        let before: HashMap<PictureSpec, Progress> =
            self.now.drain(..).map(|slot| (slot.spec, slot.progress)).collect();
        let mut seen = HashSet::new();
        for spec in wanted.now.into_iter().filter(|spec| seen.insert(*spec)) {
            let progress = before.get(&spec).copied().unwrap_or(Progress::Open);
            self.now.push(Slot { spec, progress });
        }
        let is_wanted = |event: &FrameEvent| match event {
            FrameEvent::Picture(picture) => seen.contains(&picture.spec),
            _ => true,
        };
        self.events.retain(is_wanted);
        let mut ways: HashMap<u8, Vec<Way>> = HashMap::new();
        for slot in &self.now {
            ways.entry(slot.spec.camera.0).or_default().push(Way::of(&slot.spec));
        }
        self.ways.extend(ways);
        self.soon = wanted.soon.into_iter().map(|(camera, frame)| (camera.0, frame)).collect();
        let views = self.now.iter().map(|slot| view_of(&slot.spec)).chain(self.soon.iter().copied());
        self.cache.rank(views);
    }

    /// Takes the events that there are.
    pub(super) fn take_events(&mut self) -> Vec<FrameEvent> {
        self.events.drain(..).collect()
    }

    /// Bytes of the cache, and of pictures that nobody has taken yet.
    pub(super) fn bytes(&self) -> usize {
        let waiting = self.events.iter().map(|event| match event {
            FrameEvent::Picture(picture) => picture.rgba.len(),
            _ => 0,
        });
        self.cache.bytes() + waiting.sum::<usize>()
    }

    /// The most bytes that the cache ever held.
    pub(super) fn most_bytes(&self) -> usize {
        self.cache.most_bytes()
    }

    /// Whether a frame can be drawn, as its camera was shown last, without decoding anything.
    pub(super) fn is_ready(&self, view: View) -> bool {
        let is_ready = |way: &Way| matches!(self.needs(view, way), Needs::Missing(needs) if needs.is_empty());
        self.ways_of(view.0).iter().all(is_ready)
    }

    fn ways_of(&self, camera: u8) -> &[Way] {
        /// Of a camera that was not shown yet: its whole picture, small.
        const UNSEEN: &[Way] = &[Way {
            mode: Mode::Reflectance,
            shrinking: f64::INFINITY,
            region: PixelRect { x0: -0.5, y0: -0.5, x1: 1e6, y1: 1e6 },
        }];
        self.ways.get(&camera).map_or(UNSEEN, Vec::as_slice)
    }

    fn first_open(&self) -> Option<View> {
        let is_open = |slot: &&Slot| matches!(slot.progress, Progress::Open | Progress::Painting);
        self.now.iter().find(is_open).map(|slot| view_of(&slot.spec))
    }

    /// What is wanted and not there yet, in order.
    fn open_ways(&self) -> impl Iterator<Item = (View, Way)> + '_ {
        let open = self.now.iter().filter(|slot| slot.progress == Progress::Open);
        let now = open.map(|slot| (view_of(&slot.spec), Way::of(&slot.spec)));
        let soon = self.soon.iter().flat_map(|view| self.ways_of(view.0).iter().map(|way| (*view, *way)));
        now.chain(soon)
    }

    /// The next frame to decode. Its channel is lent to the caller until [`State::finish_decode`].
    pub(super) fn next_decode(&mut self) -> Option<DecodeJob> {
        let first = self.first_open();
        let mut found = None;
        'ways: for (view, way) in self.open_ways() {
            let Needs::Missing(needs) = self.needs(view, &way) else { continue };
            for need in needs {
                let Need::Decode { source, with_band, extent } = need else { continue };
                let Some(state) = self.channels.get(&source).filter(|state| !state.is_busy) else { continue };
                if Some(view) == first || self.cache.would_keep(view, state.frame_bytes()) {
                    found = Some((view, source, with_band, extent));
                    break 'ways;
                }
            }
        }
        let (view, source, with_band, extent) = found?;
        let is_there = self.plane_key(view, source.1, &extent).is_some();
        let known = self.known_parts(view, source.1);
        let cache = &self.cache;
        let state = self.channels.get_mut(&source)?;
        let frame = view.1;
        let is_step_back = state.is_video()
            && state.last_read.is_some_and(|last| frame < last && last - frame <= BACKWARD_STEP_MOST)
            && cache.has_room(state.frame_bytes() * BACKWARD_RUN as usize);
        let first_frame = if is_step_back { frame.saturating_sub(BACKWARD_RUN - 1) } else { frame };
        state.is_busy = true;
        Some(DecodeJob {
            source,
            media: state.source.clone(),
            reader: state.reader.take(),
            frame,
            frames: if is_there { 0..0 } else { first_frame..frame.saturating_add(1) },
            extent,
            known,
            store_root: self.store_root.clone(),
            levels: state.levels,
            with_band,
        })
    }

    /// Takes what a worker has decoded. Returns whether there is something to tell.
    pub(super) fn finish_decode(&mut self, decoded: Decoded) -> bool {
        let Decoded { source, frame, reader, shades, levels, missing, unreadable } = decoded;
        let events_before = self.events.len();
        let kept = self.first_open();
        let Some(state) = self.channels.get_mut(&source) else { return false };
        state.is_busy = false;
        state.reader = reader;
        state.levels = levels.or(state.levels);
        if let Some((last, picture)) = shades.last() {
            state.last_read = Some(*last);
            state.size_px = Some(picture.size_px());
            state.is_16_bit = Some(state.is_16_bit == Some(true) || picture.is_16_bit());
        }
        if let Some(Missing { is_gone, reason }) = missing {
            state.is_missing = true;
            let path = state.source.path.path();
            self.events.push_back(FrameEvent::CameraMissing {
                camera: CameraId(source.0),
                channel: source.1,
                path,
                is_gone,
                reason,
            });
        }
        if let Some(reason) = unreadable {
            state.unreadable.insert(frame);
            if self.reported.insert((source.0, frame)) {
                self.events.push_back(FrameEvent::Unreadable { camera: CameraId(source.0), frame, reason });
            }
        }
        for (frame, picture) in shades {
            let key = Key { view: (source.0, frame), part: Part::of(source.1, &picture) };
            self.cache.put(key, Plane::Shades(Arc::new(picture)), kept);
        }
        self.events.len() > events_before
    }

    /// The next picture to draw, or plane to derive.
    pub(super) fn next_paint(&mut self) -> Option<PaintJob> {
        for index in 0..self.now.len() {
            if self.now[index].progress != Progress::Open {
                continue;
            }
            let spec = self.now[index].spec;
            match self.needs(view_of(&spec), &Way::of(&spec)) {
                Needs::Never => self.now[index].progress = Progress::Failed,
                Needs::Missing(needs) if needs.is_empty() => {
                    let Some(layers) = self.layers(&spec) else { continue };
                    self.now[index].progress = Progress::Painting;
                    return Some(PaintJob::Paint { spec, layers });
                }
                Needs::Missing(needs) => {
                    if let Some(job) = self.band_among(&needs) {
                        return Some(job);
                    }
                }
            }
        }
        let soon: Vec<(View, Way)> =
            self.soon.iter().flat_map(|view| self.ways_of(view.0).iter().map(|way| (*view, *way))).collect();
        soon.into_iter().find_map(|(view, way)| match self.needs(view, &way) {
            Needs::Missing(mut needs) => {
                needs.retain(
                    |need| matches!(need, Need::Band(key) if self.cache.would_keep(key.view, band_bytes(&key.part))),
                );
                self.band_among(&needs)
            }
            Needs::Never => None,
        })
    }

    fn band_among(&mut self, needs: &[Need]) -> Option<PaintJob> {
        let key = needs.iter().find_map(|need| match need {
            Need::Band(key) if !self.bands_in_work.contains(key) => Some(*key),
            _ => None,
        })?;
        let channel = Channel::Fluorescence;
        let plane = self.plane_key(key.view, channel, &self.seen_by_band(&key)?)?;
        let picture = self.shades(&plane)?;
        let levels = self.channels.get(&(key.view.0, channel))?.levels?;
        self.bands_in_work.insert(key);
        let white = levels.band_white_of(picture.finest());
        Some(PaintJob::Band(BandJob { key, picture, white }))
    }

    fn shades(&mut self, key: &Key) -> Option<Arc<Shades>> {
        match self.cache.get(key) {
            Some(Plane::Shades(shades)) => Some(shades),
            _ => None,
        }
    }

    /// What a picture is made of, once all of it is there.
    fn layers(&mut self, spec: &PictureSpec) -> Option<Layers> {
        let view = view_of(spec);
        let way = Way::of(spec);
        let sources = self.sources(view.0, way.mode)?;
        let (base, dots) = match sources {
            Sources::Single(channel) => (channel, None),
            Sources::Fused { base, dots } => (base, Some(dots)),
        };
        let key = self.plane_key(view, base, &self.seen(view, base, &way))?;
        let levels = self.channels.get(&(view.0, base))?.levels;
        let base = self.shades(&key)?;
        let range = Levels::range_of(levels.as_ref(), base.finest());
        let dots = match dots {
            None => None,
            Some(dots) => {
                let key = self.band_key(view, dots, &way)?;
                let image_px = self.channels.get(&(view.0, dots))?.size_px?;
                let Some(Plane::Band(plane)) = self.cache.get(&key) else { return None };
                Some((plane, key.part, image_px))
            }
        };
        Some(Layers { base, range, dots })
    }

    /// Takes a derived plane.
    pub(super) fn finish_band(&mut self, key: Key, plane: GrayFrame) {
        self.bands_in_work.remove(&key);
        let kept = self.first_open();
        self.cache.put(key, Plane::Band(Arc::new(plane)), kept);
    }

    /// Takes a picture that was drawn. Returns whether it is still wanted.
    pub(super) fn finish_paint(&mut self, picture: Picture) -> bool {
        let is_it = |slot: &&mut Slot| slot.spec == picture.spec && slot.progress != Progress::Delivered;
        let Some(slot) = self.now.iter_mut().find(is_it) else { return false };
        slot.progress = Progress::Delivered;
        self.cache.trim(self.first_open());
        self.events.push_back(FrameEvent::Picture(Arc::new(picture)));
        true
    }
}

fn view_of(spec: &PictureSpec) -> View {
    (spec.camera.0, spec.frame)
}
