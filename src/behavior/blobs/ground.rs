//! What a video looks like without its animals, and what an animal looks like against it, from pictures spread through it.
//!
//! The ground of a pixel is not its median: where animals sleep, they are there most of the time. Where animals are darker
//! than the ground it is a high percentile, else a low one, so that an animal may rest at one place for nineteen twentieths
//! of the recording. Which of the two it is, is told by the pixels that an animal merely passes. An animal that never leaves its
//! place cannot be told from the ground.

use super::components::{Component, components, opened};
use crate::behavior::shrunk::Shrunk;
use crate::recording::GrayFrame;

/// Pictures that are looked at: their ranks are fine enough for a tenth, and their memory is 16 MB.
const SAMPLE_COUNT: u32 = 60;
/// With fewer, ranks mean nothing.
const LEAST_SAMPLES: usize = 5;
/// Longest side of the smaller picture, about: a mouse in a box is some 25 pixels long then.
const SIDE_PX: f32 = 256.0;
/// Share of the time that the ground must be seen at a pixel.
const GROUND_SHARE: f32 = 0.04;
/// A difference counts from so many standard deviations of noise on.
const NOISE_FACTOR: f32 = 6.0;
/// The least noise, as a share of the ground's range of levels: compressed video has flat areas without any.
const LEAST_NOISE: f32 = 0.005;
/// Share of the animals' usual contrast from which on a pixel is animal: shadows and mirror images are weaker.
const CONTRAST_SHARE: f32 = 0.4;
/// A piece of so much of one animal's area is none.
const LEAST_AREA: f32 = 0.15;
/// The smallest animal that can be told from grain, pixels of the smaller picture.
const LEAST_PIXELS: usize = 9;
/// A count of animals that fewer pictures show than this share is chance.
const LEAST_AGREEMENT: f32 = 0.2;
/// More are not told apart by blobs.
const MOST_ANIMALS: usize = 16;

/// The frames to learn from, spread evenly through a video.
pub fn sample_frames(frame_count: u32) -> Vec<u32> {
    let count = frame_count.min(SAMPLE_COUNT);
    (0..count).map(|at| ((u64::from(at) * 2 + 1) * u64::from(frame_count) / (2 * u64::from(count))) as u32).collect()
}

/// Pictures to learn from, kept small.
#[derive(Clone, Debug, Default)]
pub struct BlobSamples {
    pictures: Vec<Shrunk>,
}

/// How to find the animals of a video.
#[derive(Clone, Debug, PartialEq)]
pub struct BlobModel {
    /// Pixels of the picture along a side of one of the model's.
    factor: usize,
    ground: Ground,
    /// A pixel is animal where it differs by more than this, in the direction in which animals differ.
    threshold: f32,
    /// Whether thin structure is taken away first; animals that are only a few pixels wide would go with it.
    is_opened: bool,
    pub(super) animal_count: usize,
    /// Pixels of one animal.
    pub(super) area: f32,
    /// Variances of an animal's pixels along and across its long axis.
    pub(super) variances: [f32; 2],
}

/// The still picture behind the animals.
#[derive(Clone, Debug, PartialEq)]
struct Ground {
    picture: Shrunk,
    /// 1 where animals are darker, −1 where they are lighter.
    sign: f32,
}

impl BlobSamples {
    /// Takes a picture; of another size than the first, it is left out.
    pub fn push(&mut self, frame: &GrayFrame) {
        let longest = frame.width.max(frame.height) as f32;
        let shrunk = Shrunk::of(frame, (longest / SIDE_PX).round().max(1.0) as usize);
        if !shrunk.levels.is_empty() && self.pictures.first().is_none_or(|first| first.is_like(&shrunk)) {
            self.pictures.push(shrunk);
        }
    }

    /// Learns from the pictures. `animal_count` is how many animals there are, where somebody knows. `None` where nothing
    /// moves or pictures do not agree on a count.
    pub fn learn(&self, animal_count: Option<usize>) -> Option<BlobModel> {
        if self.pictures.len() < LEAST_SAMPLES || animal_count.is_some_and(|count| !(1..=MOST_ANIMALS).contains(&count))
        {
            return None;
        }
        let (ground, noise) = Ground::learn(&self.pictures)?;
        let mut model = BlobModel {
            factor: ground.picture.factor,
            threshold: NOISE_FACTOR * noise,
            ground,
            is_opened: true,
            animal_count: animal_count.unwrap_or(1),
            area: 0.0,
            variances: [1.0; 2],
        };
        model.raise_threshold(&self.pictures);
        let (open, closed) = (model.pieces(&self.pictures, true), model.pieces(&self.pictures, false));
        let total = |pieces: &[Vec<Component>]| pieces.iter().flatten().map(Component::area).sum::<f32>();
        model.is_opened = total(&open) >= 0.5 * total(&closed);
        let pieces = if model.is_opened { open } else { closed };
        model.animal_count = animal_count.or_else(|| count_of(&pieces))?;
        model.learn_shape(&pieces)?;
        Some(model)
    }
}

impl BlobModel {
    /// How many animals there are.
    pub fn animal_count(&self) -> usize {
        self.animal_count
    }

    /// The pieces of a picture that may be animals, in pixels of the smaller picture, which comes with them; `None` where
    /// the picture has another size than those that were learnt from.
    pub(super) fn pieces_of(&self, frame: &GrayFrame) -> Option<(Vec<Component>, Shrunk)> {
        let shrunk = Shrunk::of(frame, self.factor);
        if !shrunk.is_like(&self.ground.picture) {
            return None;
        }
        let least_area = (self.area * LEAST_AREA).ceil() as usize;
        Some((self.pieces_in(&shrunk, self.is_opened, least_area), shrunk))
    }

    fn pieces_in(&self, picture: &Shrunk, is_opened: bool, least_area: usize) -> Vec<Component> {
        let difference = self.ground.difference(picture);
        let mask: Vec<bool> = difference.iter().map(|value| *value > self.threshold).collect();
        let mask = if is_opened { opened(&mask, picture.width) } else { mask };
        components(&mask, picture.width, least_area)
    }

    fn pieces(&self, pictures: &[Shrunk], is_opened: bool) -> Vec<Vec<Component>> {
        pictures.iter().map(|picture| self.pieces_in(picture, is_opened, LEAST_PIXELS)).collect()
    }

    /// Sets the threshold between the ground and what animals usually differ by: the contrast on whose both sides lies half
    /// of the sum of all squared differences. Wide faint shadows have little of it.
    fn raise_threshold(&mut self, pictures: &[Shrunk]) {
        let mut contrasts = Vec::new();
        for picture in pictures {
            contrasts.extend(self.ground.difference(picture).into_iter().filter(|value| *value > self.threshold));
        }
        contrasts.sort_unstable_by(f32::total_cmp);
        let total: f64 = contrasts.iter().map(|contrast| f64::from(contrast * contrast)).sum();
        let mut below = 0.0;
        let half = contrasts.iter().find(|contrast| {
            below += f64::from(**contrast * **contrast);
            below >= total / 2.0
        });
        self.threshold = self.threshold.max(CONTRAST_SHARE * half.copied().unwrap_or(0.0));
    }

    /// Learns how large one animal is, from the pictures in which each is apart, else from the whole area.
    fn learn_shape(&mut self, pieces: &[Vec<Component>]) -> Option<()> {
        let count = self.animal_count;
        let total = |pieces: &[Component]| pieces.iter().map(Component::area).sum::<f32>();
        let mut shares: Vec<f32> =
            pieces.iter().map(|pieces| total(pieces) / count as f32).filter(|share| *share > 0.0).collect();
        // Of animals that lie over each other less is seen, hence more than the median.
        let guess = quantile(&mut shares, 0.7)?;
        let is_one = |piece: &&Component| (0.5..1.6).contains(&(piece.area() / guess));
        let singles: Vec<&Component> = pieces.iter().flatten().filter(is_one).collect();
        let mut areas: Vec<f32> = singles.iter().map(|piece| piece.area()).collect();
        self.area = quantile(&mut areas, 0.5).unwrap_or(guess);
        let variances: Vec<[f32; 2]> = singles.iter().map(|piece| piece.moments().axes().0).collect();
        let round = self.area / (4.0 * std::f32::consts::PI);
        for (axis, variance) in self.variances.iter_mut().enumerate() {
            let mut along: Vec<f32> = variances.iter().map(|both| both[axis]).collect();
            *variance = quantile(&mut along, 0.5).unwrap_or(round);
        }
        (self.area >= LEAST_PIXELS as f32).then_some(())
    }
}

impl Ground {
    /// The ground and its noise, grey levels; `None` where nothing differs from it.
    fn learn(pictures: &[Shrunk]) -> Option<(Self, f32)> {
        let first = pictures.first()?;
        let offsets = brightness(pictures);
        let mut extremes = Vec::with_capacity(first.levels.len());
        let mut spreads = Vec::with_capacity(first.levels.len());
        let mut values = vec![0.0; pictures.len()];
        for pixel in 0..first.levels.len() {
            for (value, (picture, offset)) in values.iter_mut().zip(pictures.iter().zip(&offsets)) {
                *value = picture.levels[pixel] - offset;
            }
            values.sort_unstable_by(f32::total_cmp);
            let at = |share: f32| values[((values.len() - 1) as f32 * share).round() as usize];
            extremes.push([at(0.0), at(GROUND_SHARE), at(0.5), at(1.0 - GROUND_SHARE), at(1.0)]);
            // Of a normal distribution the middle half is 1.349 standard deviations wide.
            spreads.push((at(0.75) - at(0.25)) / 1.349);
        }
        let mut levels: Vec<f32> = extremes.iter().map(|ranks| ranks[2]).collect();
        let range = quantile(&mut levels, 0.99)? - quantile(&mut levels, 0.01)?;
        let noise = quantile(&mut spreads, 0.5)?.max(LEAST_NOISE * range).max(f32::MIN_POSITIVE);
        let clear = |difference: f32| if difference > NOISE_FACTOR * noise { difference } else { 0.0 };
        let darker: f32 = extremes.iter().map(|ranks| clear(ranks[2] - ranks[0])).sum();
        let lighter: f32 = extremes.iter().map(|ranks| clear(ranks[4] - ranks[2])).sum();
        if darker == 0.0 && lighter == 0.0 {
            return None;
        }
        let (sign, rank) = if darker >= lighter { (1.0, 3) } else { (-1.0, 1) };
        let levels = extremes.iter().map(|ranks| ranks[rank]).collect();
        Some((Self { picture: Shrunk { levels, ..first.clone() }, sign }, noise))
    }

    /// How much each pixel is on the animals' side of the ground, after a change of the light as a whole is taken out.
    fn difference(&self, picture: &Shrunk) -> Vec<f32> {
        let pairs = self.picture.levels.iter().zip(&picture.levels);
        let mut difference: Vec<f32> = pairs.map(|(ground, level)| (ground - level) * self.sign).collect();
        let mut some: Vec<f32> = difference.iter().step_by(PIXELS_PER_OFFSET).copied().collect();
        let offset = quantile(&mut some, 0.5).unwrap_or(0.0);
        difference.iter_mut().for_each(|value| *value -= offset);
        difference
    }
}

/// The light as a whole is taken from one in so many pixels.
const PIXELS_PER_OFFSET: usize = 17;

/// How much brighter each picture is than the first, over the pixels' median.
fn brightness(pictures: &[Shrunk]) -> Vec<f32> {
    let Some(first) = pictures.first() else { return Vec::new() };
    let offset = |picture: &Shrunk| {
        let pairs = picture.levels.iter().zip(&first.levels).step_by(PIXELS_PER_OFFSET);
        let mut differences: Vec<f32> = pairs.map(|(level, before)| level - before).collect();
        quantile(&mut differences, 0.5).unwrap_or(0.0)
    };
    pictures.iter().map(offset).collect()
}

/// The count of animals: the largest that enough pictures show, since animals that lie together look like fewer, and little
/// looks like more. First pieces are counted, then animals in them, given what one measures.
fn count_of(pieces: &[Vec<Component>]) -> Option<usize> {
    let mut largest: Vec<f32> =
        pieces.iter().filter_map(|pieces| pieces.iter().map(Component::area).max_by(f32::total_cmp)).collect();
    let least = 0.25 * quantile(&mut largest, 0.5)?;
    let areas: Vec<Vec<f32>> = pieces
        .iter()
        .map(|pieces| pieces.iter().map(Component::area).filter(|area| *area >= least).collect())
        .collect();
    let apart = largest_frequent(areas.iter().map(Vec::len))?;
    let mut alone: Vec<f32> = areas.iter().filter(|areas| areas.len() == apart).flatten().copied().collect();
    let one = quantile(&mut alone, 0.5)?;
    let animals = |areas: &Vec<f32>| areas.iter().map(|area| (area / one).round().max(1.0) as usize).sum::<usize>();
    let count = largest_frequent(areas.iter().map(animals))?;
    (count <= MOST_ANIMALS).then_some(count)
}

/// The largest count above 0 that enough pictures show.
fn largest_frequent(counts: impl Iterator<Item = usize>) -> Option<usize> {
    let counts: Vec<usize> = counts.collect();
    let least = LEAST_AGREEMENT * counts.len() as f32;
    let shown = |count: usize| counts.iter().filter(|other| **other == count).count() as f32;
    counts.iter().copied().filter(|count| *count > 0 && shown(*count) >= least).max()
}

/// The value below which a share of the values lies; their order is lost.
pub(super) fn quantile(values: &mut [f32], share: f32) -> Option<f32> {
    let last = values.len().checked_sub(1)?;
    let (_, value, _) = values.select_nth_unstable_by((last as f32 * share).round() as usize, f32::total_cmp);
    Some(*value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sampled_frames_are_spread_and_exist() {
        assert_eq!(sample_frames(0), [0; 0]);
        assert_eq!(sample_frames(3), [0, 1, 2]);
        let frames = sample_frames(1801);
        assert_eq!((frames.len(), frames[0], frames[59]), (60, 15, 1785));
    }
}
