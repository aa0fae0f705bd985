//! What may be done to the frames of a clip before a model sees them: more contrast, no background, the way that the animal
//! came. None of it is done unless it is asked for: what helps one model confuses another.

use serde::{Deserialize, Serialize};

use super::Place;
use crate::recording::histogram::Histogram;
use crate::recording::{GrayFrame, GrayPixels};
use crate::vlm::canvas::Levels;

/// With more contrast, this share of the pixels is black, and as many are white.
const SATURATED: f64 = 0.02;

/// A pixel is background where it differs from it by less than this share of the levels that are shown.
const BACKGROUND_SHARE: f32 = 0.06;

/// So near to the middle of an animal, body lengths, all stays: one that sleeps looks like background.
const KEPT_BL: f32 = 0.75;

/// With fewer frames nobody knows what is background.
const LEAST_FRAMES: usize = 5;

/// What is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preparation {
    /// Dark is darker, and light is lighter.
    pub has_contrast: bool,
    /// What never moves is flat.
    pub is_without_background: bool,
    /// A line shows where the focal animal was in the last second.
    pub has_trail: bool,
}

impl Preparation {
    /// How bright pictures are shown, from frames spread over the recording.
    pub fn levels(self, frames: &[GrayFrame]) -> Levels {
        let usual = Levels::robust(&frames.iter().collect::<Vec<_>>());
        let counts = Histogram::of(frames);
        let (black, white) = (counts.level_above(SATURATED), counts.level_above(1.0 - SATURATED));
        if self.has_contrast && white > black { Levels { black, white } } else { usual }
    }
}

/// What a recording shows where nothing moves.
#[derive(Clone, Debug)]
pub struct Backdrop {
    levels: Vec<u16>,
    flat: u16,
    tolerance: f32,
}

impl Backdrop {
    /// The median of frames spread over the recording; `None` of few frames, or of frames of several sizes.
    pub fn of(frames: &[GrayFrame], shown: Levels) -> Option<Self> {
        let all: Vec<Vec<u16>> = frames.iter().map(levels_of).collect();
        let count = all.first()?.len();
        if all.len() < LEAST_FRAMES || count == 0 || all.iter().any(|levels| levels.len() != count) {
            return None;
        }
        let median = |mut values: Vec<u16>| {
            let middle = values.len() / 2;
            *values.select_nth_unstable(middle).1
        };
        let levels: Vec<u16> = (0..count).map(|at| median(all.iter().map(|levels| levels[at]).collect())).collect();
        let flat = median(levels.clone());
        Some(Self { levels, flat, tolerance: BACKGROUND_SHARE * (shown.white - shown.black) })
    }

    /// A frame with a flat background; one of another size stays as it is. `places` are those of the animals: around them nothing
    /// is taken out.
    pub fn removed_from(&self, frame: &GrayFrame, places: &[Option<Place>]) -> GrayFrame {
        let found = levels_of(frame);
        if found.len() != self.levels.len() {
            return frame.clone();
        }
        let width = frame.width.max(1) as usize;
        let is_near = |at: usize| {
            let [x, y] = [(at % width) as f32, (at / width) as f32];
            let near = |place: &Place| (place.center[0] - x).hypot(place.center[1] - y) <= KEPT_BL * place.length;
            places.iter().flatten().any(near)
        };
        let kept = found.into_iter().zip(&self.levels).enumerate().map(|(at, (level, ground))| {
            let differs = f32::from(level.abs_diff(*ground)) >= self.tolerance;
            if differs || is_near(at) { level } else { self.flat }
        });
        let pixels = match &frame.pixels {
            GrayPixels::U8(_) => GrayPixels::U8(kept.map(|level| u8::try_from(level).unwrap_or(u8::MAX)).collect()),
            GrayPixels::U16(_) => GrayPixels::U16(kept.collect()),
        };
        GrayFrame { pixels, ..frame.clone() }
    }
}

fn levels_of(frame: &GrayFrame) -> Vec<u16> {
    match &frame.pixels {
        GrayPixels::U8(levels) => levels.iter().map(|level| u16::from(*level)).collect(),
        GrayPixels::U16(levels) => levels.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A striped floor with a dark spot that wanders.
    fn frames(count: u8) -> Vec<GrayFrame> {
        let of = |at: u8| {
            let mut levels: Vec<u8> = (0..100).map(|pixel| if pixel % 10 < 5 { 180 } else { 220 }).collect();
            levels[usize::from(at) * 7] = 30;
            GrayFrame { width: 10, height: 10, pixels: GrayPixels::U8(levels) }
        };
        (0..count).map(of).collect()
    }

    #[test]
    fn what_never_moves_is_flat_and_what_moves_stays() {
        let frames = frames(9);
        let backdrop = Backdrop::of(&frames, Levels::EIGHT_BIT).unwrap();
        let GrayPixels::U8(levels) = backdrop.removed_from(&frames[3], &[]).pixels else {
            panic!("8 bits stay 8 bits")
        };
        assert_eq!(levels[21], 30);
        assert!(levels.iter().enumerate().all(|(at, level)| at == 21 || *level == levels[0]), "{levels:?}");
        let asleep = Place { center: [5.0, 5.0], length: 4.0 };
        let GrayPixels::U8(kept) = backdrop.removed_from(&frames[3], &[None, Some(asleep)]).pixels else { panic!() };
        assert_eq!((kept[54], kept[56], kept[2]), (180, 220, levels[0]), "around an animal all stays");
        assert!(Backdrop::of(&frames[..4], Levels::EIGHT_BIT).is_none());
        let small = GrayFrame { width: 1, height: 1, pixels: GrayPixels::U8(vec![9]) };
        assert_eq!(backdrop.removed_from(&small, &[]), small);
    }

    #[test]
    fn more_contrast_leaves_fewer_levels_between_black_and_white() {
        let frames = frames(3);
        let [usual, strong] =
            [false, true].map(|has_contrast| Preparation { has_contrast, ..Preparation::default() }.levels(&frames));
        assert_eq!((strong.black, strong.white), (180.0, 220.0));
        assert!(usual.black <= strong.black && usual.white > strong.white);
    }
}
