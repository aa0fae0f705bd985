//! A decoded picture with its reductions by two, and the grey levels that a channel is shown with.
//!
//! The reductions are made once, when a picture is decoded, so that drawing it small reads few pixels. A value of a reduction
//! is the mean of 2 × 2 values; an incomplete last row or column is the mean of what is there.

use super::area::Area;
use super::look::Range;
use crate::recording::detect::DetectConfig;
use crate::recording::detect::band_pass::band_pass;
use crate::recording::histogram::Histogram;
use crate::recording::{Channel, GrayFrame, GrayPixels};

/// Pictures are reduced while their longer side has at least this many pixels: six small panes are drawn from about 512.
const REDUCED_SIDE_PX: u32 = 1024;

/// A picture, or a part of one, at one or more resolutions.
#[derive(Debug)]
pub(super) struct Shades {
    /// Pixels across and down of the whole picture as it was recorded.
    size_px: [u32; 2],
    /// The part of it that is here.
    area: Area,
    /// How often the first of `levels` is reduced by two.
    first: u32,
    /// Each half as large as the one before.
    levels: Vec<GrayFrame>,
}

impl Shades {
    /// Reduces a decoded picture; `None` where its buffer does not fit its size.
    pub(super) fn new(frame: GrayFrame) -> Option<Self> {
        let size_px = frame.size_px();
        Self::reduced(frame, size_px, 0)
    }

    /// Takes a picture that was `first` times reduced by two before.
    pub(super) fn reduced(frame: GrayFrame, size_px: [u32; 2], first: u32) -> Option<Self> {
        let expected = size_px.map(|side| halvings(side, first));
        Self::of_size(frame, expected, Self { size_px, area: Area::whole(size_px), first, levels: Vec::new() })
    }

    /// Takes a part of a picture, in full resolution. Its edges are the picture's, or multiples of a power of two no less
    /// than the coarsest reduction, so that the reductions of the part are parts of the picture's.
    pub(super) fn part(frame: GrayFrame, area: Area, size_px: [u32; 2]) -> Option<Self> {
        Self::of_size(frame, area.size_px(), Self { size_px, area, first: 0, levels: Vec::new() })
    }

    fn of_size(frame: GrayFrame, expected_px: [u32; 2], mut shades: Self) -> Option<Self> {
        let values = frame.width as usize * frame.height as usize;
        let found = match &frame.pixels {
            GrayPixels::U8(levels) => levels.len(),
            GrayPixels::U16(levels) => levels.len(),
        };
        if found != values || values == 0 || frame.size_px() != expected_px {
            return None;
        }
        // A part has as many reductions as the whole, so that both are drawn from the same one.
        let mut side = halvings(shades.size_px[0].max(shades.size_px[1]), shades.first);
        shades.levels.push(frame);
        while let Some(last) = shades.levels.last().filter(|_| side >= REDUCED_SIDE_PX) {
            shades.levels.push(halved(last));
            side = side.div_ceil(2);
        }
        Some(shades)
    }

    /// Pixels across and down of the whole picture as recorded.
    pub(super) fn size_px(&self) -> [u32; 2] {
        self.size_px
    }

    /// The part of the picture that is here.
    pub(super) fn area(&self) -> Area {
        self.area
    }

    /// Whether all of the picture is here.
    pub(super) fn is_whole(&self) -> bool {
        self.area == Area::whole(self.size_px)
    }

    /// Whether more than 8 bits are stored per pixel.
    pub(super) fn is_16_bit(&self) -> bool {
        self.finest().is_16_bit()
    }

    /// The picture at its finest.
    pub(super) fn finest(&self) -> &GrayFrame {
        &self.levels[0]
    }

    /// Pixels, along a side, that a value of the finest resolution stands for.
    pub(super) fn finest_px(&self) -> u32 {
        1 << self.first
    }

    /// The coarsest resolution whose values stand for at most `shrinking` pixels along a side (else the finest), and that
    /// number of pixels.
    pub(super) fn at(&self, shrinking: f64) -> (&GrayFrame, u32) {
        let mut best = 0;
        while best + 1 < self.levels.len() && f64::from(1u32 << (self.first as usize + best + 1)) <= shrinking {
            best += 1;
        }
        (&self.levels[best], 1 << (self.first as usize + best))
    }

    /// Bytes of memory.
    pub(super) fn bytes(&self) -> usize {
        self.levels.iter().map(bytes_of).sum()
    }
}

/// Bytes of a picture.
pub(super) fn bytes_of(frame: &GrayFrame) -> usize {
    match &frame.pixels {
        GrayPixels::U8(levels) => levels.len(),
        GrayPixels::U16(levels) => levels.len() * 2,
    }
}

/// A length after so many halvings, each rounded up.
pub(super) fn halvings(length: u32, count: u32) -> u32 {
    (0..count).fold(length, |length, _| length.div_ceil(2))
}

/// A picture of half the size, rounded up.
pub(super) fn halved(frame: &GrayFrame) -> GrayFrame {
    let (width, height) = (frame.width as usize, frame.height as usize);
    let pixels = match &frame.pixels {
        GrayPixels::U8(levels) => GrayPixels::U8(halved_levels(levels, width, height, |level| level as u8)),
        GrayPixels::U16(levels) => GrayPixels::U16(halved_levels(levels, width, height, |level| level as u16)),
    };
    GrayFrame { width: frame.width.div_ceil(2), height: frame.height.div_ceil(2), pixels }
}

fn halved_levels<T: Copy + Into<u32>>(levels: &[T], width: usize, height: usize, from: impl Fn(u32) -> T) -> Vec<T> {
    let mut halved = Vec::with_capacity(width.div_ceil(2) * height.div_ceil(2));
    for rows in levels.chunks(2 * width) {
        let (upper, lower) = rows.split_at(width);
        // The last row of an odd number stands for both.
        let lower = if lower.is_empty() { upper } else { lower };
        let (upper_pairs, upper_rest) = upper.as_chunks::<2>();
        let (lower_pairs, lower_rest) = lower.as_chunks::<2>();
        halved.extend(upper_pairs.iter().zip(lower_pairs).map(|(a, b)| {
            let sum: u32 = a[0].into() + a[1].into() + b[0].into() + b[1].into();
            from((sum + 2) / 4)
        }));
        halved.extend(upper_rest.iter().zip(lower_rest).map(|(a, b)| {
            let sum: u32 = (*a).into() + (*b).into();
            from(sum.div_ceil(2))
        }));
    }
    halved
}

/// What black, white and a dot's full colour stand for in a channel: the same for all of its frames, so that nothing flickers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Levels {
    /// Of the picture as it is.
    pub(super) range: Range,
    /// The band-passed level that has the colour map's last colour, as a share of the way from black to white; `None` where
    /// nobody has asked yet.
    pub(super) band_white: Option<f32>,
}

/// Share of the pixels that may be blacker than black.
const BLACK_SHARE: f64 = 0.005;
/// Share of the pixels that may be whiter than white, where the animal is shown.
const WHITE_SHARE: f64 = 0.002;
/// The same for dots, which are a few hundred of some million pixels: half of their pixels or so are white.
const WHITE_SHARE_OF_DOTS: f64 = 0.0001;
/// The least full colour of dots, in robust deviations of the filtered picture: a picture without dots stays dark.
const BAND_WHITE_DEVIATIONS: f32 = 10.0;
/// The same as a share of the way from black to white: three times what the detector takes for a dot at the least.
const BAND_WHITE_LEAST: f32 = 9.0 / 255.0;

impl Levels {
    /// The levels of a channel after its first frames. Pictures of 8 bits are shown as they are.
    pub(super) fn of(channel: Channel, first_frames: &[&GrayFrame], with_band: bool) -> Self {
        let white_share = if channel == Channel::Fluorescence { WHITE_SHARE_OF_DOTS } else { WHITE_SHARE };
        let range = robust_range(first_frames, white_share).unwrap_or(Range::EIGHT_BIT);
        let band_white = with_band.then(|| {
            let first = first_frames.first();
            first.map_or(0.0, |frame| band_white(frame) / range_of(frame, range).span()).max(BAND_WHITE_LEAST)
        });
        Self { range, band_white }
    }

    /// What black and white stand for in a plane of this channel.
    pub(super) fn range_of(levels: Option<&Self>, frame: &GrayFrame) -> Range {
        range_of(frame, levels.map_or(Range::EIGHT_BIT, |levels| levels.range))
    }

    /// The band-passed level of a plane that has the last colour.
    pub(super) fn band_white_of(&self, frame: &GrayFrame) -> f32 {
        self.band_white.unwrap_or(BAND_WHITE_LEAST) * range_of(frame, self.range).span()
    }
}

fn range_of(frame: &GrayFrame, range: Range) -> Range {
    if frame.is_16_bit() { range } else { Range::EIGHT_BIT }
}

/// Black and white of pictures of more than 8 bits; `None` where all have 8.
fn robust_range(frames: &[&GrayFrame], white_share: f64) -> Option<Range> {
    let levels = Histogram::of(frames.iter().copied().filter(|frame| frame.is_16_bit()));
    if levels.is_empty() {
        return None;
    }
    let (black, white) = (levels.level_above(BLACK_SHARE), levels.level_above(1.0 - white_share));
    Some(Range { black, white: white.max(black + 16.0) })
}

fn band_white(frame: &GrayFrame) -> f32 {
    let config = DetectConfig::default();
    let bin = config.scales(frame.width).bin;
    let mut response = band_pass(frame, 1, frame.width, bin, &config).response;
    if response.is_empty() {
        return 0.0;
    }
    let last = response.len() - 1;
    let mut quantile = |share: f64| *response.select_nth_unstable_by((last as f64 * share) as usize, f32::total_cmp).1;
    let bright = quantile(1.0 - WHITE_SHARE_OF_DOTS);
    // Half the distance between the quartiles of a normal distribution is 0.6745 deviations.
    let deviation = (quantile(0.75) - quantile(0.25)) / 2.0 / 0.6745;
    bright.max(BAND_WHITE_DEVIATIONS * deviation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reductions_are_means_also_at_odd_borders() {
        let frame = GrayFrame { width: 3, height: 3, pixels: GrayPixels::U8(vec![0, 4, 9, 4, 8, 11, 20, 30, 40]) };
        let half = halved(&frame);
        assert_eq!((half.width, half.height), (2, 2));
        assert_eq!(half.pixels, GrayPixels::U8(vec![4, 10, 25, 40]));
    }

    #[test]
    fn the_coarsest_sufficient_resolution_is_taken() {
        let frame = GrayFrame { width: 2048, height: 16, pixels: GrayPixels::U8(vec![7; 2048 * 16]) };
        let shades = Shades::new(frame).unwrap();
        let taken = |shrinking: f64| (shades.at(shrinking).0.width, shades.at(shrinking).1);
        assert_eq!(taken(0.3), (2048, 1));
        assert_eq!(taken(1.99), (2048, 1));
        assert_eq!(taken(2.0), (1024, 2));
        assert_eq!(taken(40.0), (512, 4));
        assert_eq!(shades.bytes(), 2048 * 16 + 1024 * 8 + 512 * 4);
    }

    #[test]
    fn a_buffer_of_another_size_is_refused() {
        assert!(Shades::new(GrayFrame { width: 3, height: 2, pixels: GrayPixels::U8(vec![0; 5]) }).is_none());
        assert!(Shades::new(GrayFrame { width: 0, height: 0, pixels: GrayPixels::U8(Vec::new()) }).is_none());
    }

    #[test]
    fn sixteen_bits_are_ranged_by_most_of_their_pixels() {
        let mut levels: Vec<u16> = (0..10_000).map(|index| 2000 + index % 1000).collect();
        levels[17] = 65_535;
        levels[18] = 0;
        let frame = GrayFrame { width: 100, height: 100, pixels: GrayPixels::U16(levels) };
        let Range { black, white } = Levels::of(Channel::Reflectance, &[&frame], false).range;
        assert!((2000.0..2010.0).contains(&black) && (2990.0..3001.0).contains(&white), "{black} to {white}");
    }
}
