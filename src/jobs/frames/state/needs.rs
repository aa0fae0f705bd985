//! What a picture needs of which channels, and what of that is there already.

use std::sync::Arc;

use super::{Source, State};
use crate::jobs::frames::area::{Area, Extent};
use crate::jobs::frames::cache::{Key, Part, Plane, View};
use crate::jobs::frames::look::Mode;
use crate::jobs::frames::picture::{PictureSpec, PixelRect};
use crate::jobs::frames::shades::Shades;
use crate::jobs::frames::work::seen_by_band;
use crate::recording::Channel;
use crate::recording::detect::DetectConfig;

/// How a frame is to be shown, whichever it is.
#[derive(Clone, Copy)]
pub(super) struct Way {
    pub(super) mode: Mode,
    pub(super) shrinking: f64,
    pub(super) region: PixelRect,
}

impl Way {
    pub(super) fn of(spec: &PictureSpec) -> Self {
        Self { mode: spec.look.mode, shrinking: spec.shrinking(), region: spec.region }
    }
}

/// The channels that a picture is made of.
#[derive(Clone, Copy)]
pub(super) enum Sources {
    Single(Channel),
    Fused { base: Channel, dots: Channel },
}

/// What a picture still needs.
pub(super) enum Need {
    Decode { source: Source, with_band: bool, extent: Extent },
    Band(Key),
}

pub(super) enum Needs {
    Missing(Vec<Need>),
    Never,
}

impl State {
    /// The channels that show a camera in a mode; another one where the wanted one is absent.
    pub(super) fn sources(&self, camera: u8, mode: Mode) -> Option<Sources> {
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

    /// The plane of a channel that has so much of the picture, if it is there: rather the whole than a part.
    pub(super) fn plane_key(&self, view: View, channel: Channel, extent: &Extent) -> Option<Key> {
        let key_of = |part: Part| Key { view, part };
        let (full, reduced) = (key_of(Part::Full(channel)), key_of(Part::Reduced(channel)));
        if self.cache.contains(&full) {
            return Some(full);
        }
        let serves =
            |plane: &Plane| matches!(plane, Plane::Shades(shades) if f64::from(shades.finest_px()) <= extent.shrinking);
        if self.cache.peek(&reduced).is_some_and(serves) {
            return Some(reduced);
        }
        let wanted = extent.area?;
        self.cache
            .keys_of(view)
            .find(|key| matches!(key.part, Part::Tiles(of, area) if of == channel && area.contains(&wanted)))
    }

    /// The parts of a channel's picture that are there.
    pub(super) fn known_parts(&self, view: View, channel: Channel) -> Vec<Arc<Shades>> {
        let keys = self.cache.keys_of(view).filter(|key| matches!(key.part, Part::Tiles(of, _) if of == channel));
        let planes = keys.filter_map(|key| self.cache.peek(&key));
        planes
            .filter_map(|plane| if let Plane::Shades(shades) = plane { Some(Arc::clone(shades)) } else { None })
            .collect()
    }

    /// What must be there of a channel that is drawn as it is: what is seen, and what lies beside it for values in between.
    pub(super) fn seen(&self, view: View, channel: Channel, way: &Way) -> Extent {
        let size_px = self.channels.get(&(view.0, channel)).and_then(|state| state.size_px);
        let margin_px = way.shrinking.max(1.0);
        Extent { shrinking: way.shrinking, area: size_px.map(|size_px| Area::around(&way.region, margin_px, size_px)) }
    }

    /// What must be there of fluorescence for a band-passed plane.
    pub(super) fn seen_by_band(&self, key: &Key) -> Option<Extent> {
        let Part::Band { bin, area } = key.part else { return None };
        let size_px = self.channels.get(&(key.view.0, Channel::Fluorescence))?.size_px?;
        Some(Extent { shrinking: f64::from(bin), area: Some(seen_by_band(area, bin, size_px)) })
    }

    pub(super) fn needs(&self, view: View, way: &Way) -> Needs {
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
            let extent = if with_band {
                // How coarse it may be is not known before the picture's size is.
                key.and_then(|key| self.seen_by_band(&key)).unwrap_or(Extent::WHOLE)
            } else {
                self.seen(view, channel, way)
            };
            if lacks_levels || self.plane_key(view, channel, &extent).is_none() {
                needs.push(Need::Decode { source: (view.0, channel), with_band, extent });
            } else if let Some(key) = key.filter(|key| !self.cache.contains(key)) {
                needs.push(Need::Band(key));
            }
        }
        Needs::Missing(needs)
    }

    /// Which band-passed plane a way of showing needs: as coarse as the picture allows, and no more of it than is seen.
    pub(super) fn band_key(&self, view: View, channel: Channel, way: &Way) -> Option<Key> {
        /// Parts begin and end at multiples of this, so that panning a little needs nothing new.
        const STEP_VALUES: u32 = 64;
        let size_px = self.channels.get(&(view.0, channel))?.size_px?;
        let scales = DetectConfig::default().scales(size_px[0]);
        // The response is smooth over the pixels that the detector merges; only where it is enlarged are they seen.
        let mut bin = if way.shrinking >= 1.0 { scales.bin as u32 } else { 1 };
        // Merged pixels must not be larger than a dot's deviation, or dots would fade.
        while f64::from(2 * bin) <= way.shrinking && f64::from(2 * bin) <= 1.4 * scales.narrow_px {
            bin *= 2;
        }
        let area = Area::around(&way.region, 0.0, size_px).in_steps(STEP_VALUES * bin, size_px);
        Some(Key { view, part: Part::Band { bin, area } })
    }
}

pub(super) fn band_bytes(part: &Part) -> usize {
    match part {
        Part::Band { bin, area } => {
            area.size_px().iter().map(|side| side.div_ceil(*bin) as usize).product::<usize>() + 512
        }
        Part::Full(_) | Part::Reduced(_) | Part::Tiles(..) => 0,
    }
}
