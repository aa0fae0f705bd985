//! What the workers share: what is wanted, what is decoded, what is in work, and what to do next.
//!
//! There is no queue of jobs. A worker that is free looks at the list of what is wanted as it is now and takes the first
//! thing that brings its first open picture nearer; so nothing that is not wanted any more is begun. What is finished late
//! goes into the cache, and a picture that is not wanted any more goes nowhere.
//!
//! Invariants: a channel is read by one worker at a time; a picture is delivered once for as long as it stays wanted; a
//! camera's frame is reported unreadable once.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

use super::cache::{Cache, Key, Part, Plane, View};
use super::look::Mode;
use super::picture::{FrameEvent, Picture, PictureSpec, PixelRect, Wanted};
use super::shades::{Levels, Shades};
use super::work::{BandJob, DecodeJob, Decoded, Layers, PaintJob, Reader};
use crate::model::CameraId;
use crate::recording::detect::DetectConfig;
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

/// How a frame is to be shown, whichever it is.
#[derive(Clone, Copy)]
struct Way {
    mode: Mode,
    shrinking: f64,
    region: PixelRect,
}

impl Way {
    fn of(spec: &PictureSpec) -> Self {
        Self { mode: spec.look.mode, shrinking: spec.shrinking(), region: spec.region }
    }
}

/// The channels that a picture is made of.
#[derive(Clone, Copy)]
enum Sources {
    Single(Channel),
    Fused { base: Channel, dots: Channel },
}

/// What a picture still needs.
enum Need {
    Decode { source: Source, with_band: bool, shrinking: f64 },
    Band(Key),
}

enum Needs {
    Missing(Vec<Need>),
    Never,
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

    /// The channels that show a camera in a mode; another one where the wanted one is absent.
    fn sources(&self, camera: u8, mode: Mode) -> Option<Sources> {
        let is_there = |channel: Channel| self.channels.get(&(camera, channel)).is_some_and(|state| !state.is_missing);
        let first = |order: [Channel; 3]| order.into_iter().find(|channel| is_there(*channel)).map(Sources::Single);
        let (reflectance, fluorescence) = (Channel::Reflectance, Channel::Fluorescence);
        match mode {
            Mode::Fused { .. } if is_there(reflectance) && is_there(fluorescence) => {
                Some(Sources::Fused { base: reflectance, dots: fluorescence })
            }
            Mode::Reflectance | Mode::Fused { .. } => first([reflectance, Channel::Video, fluorescence]),
            Mode::Fluorescence => first([fluorescence, Channel::Video, reflectance]),
        }
    }

    /// The plane of a channel that serves for so much shrinking, if it is there.
    fn plane_key(&self, view: View, channel: Channel, shrinking: f64) -> Option<Key> {
        let reduced = Key { view, part: Part::Reduced(channel) };
        let full = Key { view, part: Part::Full(channel) };
        let serves =
            |plane: &Plane| matches!(plane, Plane::Shades(shades) if f64::from(shades.finest_px()) <= shrinking);
        if self.cache.contains(&full) {
            return Some(full);
        }
        self.cache.peek(&reduced).is_some_and(serves).then_some(reduced)
    }

    fn needs(&self, view: View, way: &Way) -> Needs {
        let Some(sources) = self.sources(view.0, way.mode) else { return Needs::Never };
        let (channels, dots) = match sources {
            Sources::Single(channel) => (vec![channel], None),
            Sources::Fused { base, dots } => (vec![base, dots], Some(dots)),
        };
        let mut needs = Vec::new();
        for channel in channels {
            let Some(state) = self.channels.get(&(view.0, channel)) else { return Needs::Never };
            if state.unreadable.contains(&view.1) {
                return Needs::Never;
            }
            let with_band = dots == Some(channel);
            let lacks_levels = with_band && state.levels.is_none_or(|levels| levels.band_white.is_none());
            let key = if with_band { self.band_key(view, channel, way) } else { None };
            let shrinking = match key.map(|key| key.part) {
                Some(Part::Band { bin, .. }) => f64::from(bin),
                // How coarse it may be is not known before the picture's size is.
                _ if with_band => 1.0,
                _ => way.shrinking,
            };
            if lacks_levels || self.plane_key(view, channel, shrinking).is_none() {
                needs.push(Need::Decode { source: (view.0, channel), with_band, shrinking });
            } else if let Some(key) = key.filter(|key| !self.cache.contains(key)) {
                needs.push(Need::Band(key));
            }
        }
        Needs::Missing(needs)
    }

    /// Which band-passed plane a way of showing needs: as coarse as the picture allows, and no more of it than is seen.
    fn band_key(&self, view: View, channel: Channel, way: &Way) -> Option<Key> {
        /// Parts begin and end at multiples of this, so that panning a little needs nothing new.
        const TILE_VALUES: f64 = 128.0;
        let [width, height] = self.channels.get(&(view.0, channel))?.size_px?;
        let narrow_px = DetectConfig::default().scales(width).narrow_px;
        let mut bin = 1u32;
        // Merged pixels must not be larger than a dot's deviation, or dots would fade.
        while f64::from(2 * bin) <= way.shrinking && f64::from(2 * bin) <= 1.4 * narrow_px {
            bin *= 2;
        }
        let tile = TILE_VALUES * f64::from(bin);
        let below = |edge: f64, length: u32| ((((edge + 0.5) / tile).floor() * tile).max(0.0) as u32).min(length);
        let above = |edge: f64, length: u32| ((((edge + 0.5) / tile).ceil() * tile).max(0.0) as u32).min(length);
        let region = &way.region;
        let (left, top) = (below(region.x0, width), below(region.y0, height));
        let (right, bottom) = (above(region.x1, width), above(region.y1, height));
        // A part that lies outside is one tile at the border, so that there is something to draw nothing from.
        let (left, top) = (left.min(width.saturating_sub(1)), top.min(height.saturating_sub(1)));
        let (right, bottom) = (right.max(left + 1), bottom.max(top + 1));
        Some(Key { view, part: Part::Band { bin, left, top, right, bottom } })
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
                let Need::Decode { source, with_band, shrinking } = need else { continue };
                let Some(state) = self.channels.get(&source).filter(|state| !state.is_busy) else { continue };
                if Some(view) == first || self.cache.would_keep(view, state.frame_bytes()) {
                    found = Some((view, source, with_band, shrinking));
                    break 'ways;
                }
            }
        }
        let (view, source, with_band, shrinking) = found?;
        let is_there = self.plane_key(view, source.1, shrinking).is_some();
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
            shrinking,
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
        if let Some(reason) = missing {
            state.is_missing = true;
            let path = state.source.path.path();
            self.events.push_back(FrameEvent::CameraMissing {
                camera: CameraId(source.0),
                channel: source.1,
                path,
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
            let part = if picture.finest_px() > 1 { Part::Reduced(source.1) } else { Part::Full(source.1) };
            let key = Key { view: (source.0, frame), part };
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
        let Part::Band { bin, .. } = key.part else { return None };
        let plane = self.plane_key(key.view, channel, f64::from(bin))?;
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
        let key = self.plane_key(view, base, way.shrinking)?;
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

fn band_bytes(part: &Part) -> usize {
    match part {
        Part::Band { bin, left, top, right, bottom } => {
            ((right - left).div_ceil(*bin) as usize) * ((bottom - top).div_ceil(*bin) as usize) + 512
        }
        Part::Full(_) | Part::Reduced(_) => 0,
    }
}
