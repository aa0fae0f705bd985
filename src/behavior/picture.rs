//! A picture of a run to look through: the timeline of each animal, and beside it what twelve of its segments look like and
//! say.
//!
//! Pure: the caller brings the pictures of the video, one at a time, and writes the file. The same run gives the same picture.

mod cards;
mod choice;
mod lanes;
mod page;

use image::RgbImage;

pub use choice::chosen;

use self::page::Page;
use crate::behavior::drawing::colors::{self, OTHER_COLORS, rgb_of};
use crate::model::AnimalId;
use crate::model::timeline::Segment;
use crate::model::vocabulary::{Vocabulary, in_words};
use crate::recording::GrayFrame;
use crate::vlm::canvas::Rgb;

/// How many segments are shown with a picture of the video.
const SHOWN_SEGMENTS: usize = 12;

/// What a picture shows.
#[derive(Clone, Copy, Debug)]
pub struct TimelinePicture<'a> {
    /// The heading.
    pub title: &'a str,
    /// Names of the animals, by id.
    pub animals: &'a [String],
    /// The segments of all animals, of one layer.
    pub segments: &'a [Segment],
    /// Colours and order of the labels.
    pub vocabulary: &'a Vocabulary,
    /// Frames of the recording.
    pub frame_count: u32,
    /// Frames per second.
    pub fps: f64,
}

/// A picture of the video and where the animal is in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// The picture.
    pub frame: GrayFrame,
    /// Where the animal is and how long its body, pixels; `None` shows the whole picture without a mark.
    pub focus: Option<([f32; 2], f32)>,
}

impl TimelinePicture<'_> {
    /// Draws the picture. `scene` gives a frame of the video for an animal, or none where it cannot be had; it is asked once
    /// for each shown segment, in the order of time.
    pub fn render(&self, mut scene: impl FnMut(u32, AnimalId) -> Option<Scene>) -> RgbImage {
        let chosen = chosen(self.segments, SHOWN_SEGMENTS);
        let lanes = lanes::Lanes::plan(self);
        let height_px = lanes.height_px() + cards::height_px(chosen.len());
        let mut page = Page::blank(height_px);
        lanes.draw(self, &chosen, &mut page);
        for (at, segment) in chosen.iter().enumerate() {
            let segment = &self.segments[*segment];
            let middle = segment.start_frame + segment.stop_frame.saturating_sub(segment.start_frame) / 2;
            let scene = scene(middle, segment.animal);
            cards::draw(self, at, segment, scene.as_ref(), lanes.height_px(), &mut page);
        }
        page.into_image()
    }

    /// The labels that occur, in the vocabulary's order, then others by name.
    fn labels(&self) -> Vec<&str> {
        colors::ordered(self.vocabulary, self.segments.iter().map(|segment| segment.label.as_str()))
    }

    fn colour_of(&self, label: &str) -> Rgb {
        let given = self.vocabulary.find(label).and_then(|known| known.color.as_deref()).and_then(rgb_of);
        given.unwrap_or_else(|| {
            let at = self.labels().iter().position(|other| *other == label).unwrap_or(0);
            rgb_of(OTHER_COLORS[at % OTHER_COLORS.len()]).unwrap_or_default()
        })
    }

    fn name_of(&self, animal: AnimalId) -> String {
        self.animals.get(usize::from(animal.0)).cloned().unwrap_or_else(|| format!("A{}", animal.0))
    }

    fn secs(&self, frame: u32) -> f64 {
        if self.fps > 0.0 { f64::from(frame) / self.fps } else { f64::from(frame) }
    }
}

#[cfg(test)]
mod tests;
