//! Features from the pixels around each animal: a square patch that lies along its body, described by the directions of its
//! edges, by what changed in it, and by where its parts move.
//!
//! The patch is 48 × 48 pixels whatever the camera, 1.6 body lengths along each side, with the head to the right where the
//! heading is known, and of standard brightness. Changes and movement are against earlier pictures at the *same* place, so
//! they show the animal's own way as well as its limbs. A recording in which no animals are found is one patch. Pictures
//! stream: a third of a second of them is kept, and nothing else.
//!
//! With the feature `onnx`, an `Encoder` gives the same patch to a network instead.

mod describe;
#[cfg(feature = "onnx")]
mod encoder;
mod error;
#[cfg(feature = "onnx")]
mod onnx;
mod patch;
mod places;
#[cfg(all(test, feature = "onnx"))]
pub(crate) mod test_networks;

#[cfg(feature = "onnx")]
pub use encoder::Encoder;
pub use error::EncoderError;
pub use places::{Place, places_of_blobs, places_of_track};

use std::collections::VecDeque;

use ndarray::Array2;

use self::patch::{PATCH_PX, Patches};
use super::shrunk::Shrunk;
use crate::recording::GrayFrame;

/// How far back the slower of the two changes is measured: a step of a walking mouse takes about that long.
const SLOW_SECS: f64 = 0.3;

/// Cells of a patch along a side.
const CELLS: usize = 4;
/// Directions of edges that are told apart; an edge and its opposite are one.
const ORIENTATIONS: usize = 8;

/// What makes a row of numbers of the pixels around an animal.
pub trait PatchDescriber {
    /// The names of the columns.
    fn names(&self) -> Vec<String>;

    /// Describes the next picture: a row per place, NaN where there is none.
    ///
    /// # Errors
    /// When a network fails.
    fn describe(&mut self, frame: &GrayFrame, places: &[Option<Place>]) -> Result<Array2<f32>, EncoderError>;
}

/// How brightness from 0 (black) to 1 (white) becomes what a network was trained on: less the mean, in deviations, by channel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChannelScale {
    /// Empty: that of ImageNet for three channels, else 0.
    pub mean: Vec<f32>,
    /// Empty: that of ImageNet for three channels, else 1.
    pub sd: Vec<f32>,
}

impl ChannelScale {
    /// Red, green and blue over all pictures of ImageNet, as torchvision gives them.
    const IMAGENET: [[f32; 2]; 3] = [[0.485, 0.229], [0.456, 0.224], [0.406, 0.225]];

    /// Mean and deviation of each channel.
    ///
    /// # Errors
    /// When there are others than one per channel, or a deviation is not above 0.
    pub fn of_channels(&self, channels: usize) -> Result<Vec<[f32; 2]>, EncoderError> {
        let fits = |given: &[f32]| given.is_empty() || given.len() == channels;
        let are_usable = self.mean.iter().chain(&self.sd).all(|value| value.is_finite());
        if !fits(&self.mean) || !fits(&self.sd) || !are_usable || self.sd.iter().any(|sd| *sd <= 0.0) {
            return Err(EncoderError::Scale { channels });
        }
        let known = |channel: usize| if channels == 3 { Self::IMAGENET[channel] } else { [0.0, 1.0] };
        let of_channel = |channel: usize| {
            let [mean, sd] = known(channel);
            [self.mean.get(channel).copied().unwrap_or(mean), self.sd.get(channel).copied().unwrap_or(sd)]
        };
        Ok((0..channels).map(of_channel).collect())
    }
}

/// Describes the pixels around animals, picture by picture.
#[derive(Clone, Debug)]
pub struct VisualFeatures {
    fps: f64,
    factor: usize,
    slow_frames: usize,
    /// Pictures before the next, the last one at the back.
    past: VecDeque<Shrunk>,
}

impl VisualFeatures {
    /// For patches of about `patch_px` pixels a side and so many frames per second.
    pub fn new(patch_px: f32, fps: f64) -> Self {
        // The smaller picture has about one pixel per pixel of a patch.
        let factor = (patch_px / PATCH_PX as f32).round().max(1.0) as usize;
        let slow_frames = (SLOW_SECS * fps).round().max(1.0) as usize;
        Self { fps, factor, slow_frames, past: VecDeque::new() }
    }

    /// The names of the columns. Rows of cells go from the animal's left to its right, columns of cells from tail to head.
    pub fn columns() -> Vec<String> {
        let cells: Vec<String> =
            (0..CELLS).flat_map(|row| (0..CELLS).map(move |column| format!("r{row}c{column}"))).collect();
        let edges = cells.iter().flat_map(|cell| (0..ORIENTATIONS).map(move |at| format!("edges_{cell}_o{at}")));
        let named = |what: &'static str| cells.iter().map(move |cell| format!("{what}_{cell}"));
        edges
            .chain(named("change"))
            .chain(named("slow_change"))
            .chain(named("flow_along"))
            .chain(named("flow_across"))
            .chain(["area".to_owned()])
            .collect()
    }

    /// The columns whose mean is how much the patch changed since the frame before.
    pub fn change_columns() -> std::ops::Range<usize> {
        let start = CELLS * CELLS * ORIENTATIONS;
        start..start + CELLS * CELLS
    }

    /// Describes the next picture: a row per place, NaN where there is none.
    ///
    /// Edges are shares of the patch's edges; changes are in standard deviations of the patch's brightness; flow is in sides
    /// of the patch per second, along towards the head, across towards the animal's right; the area is a share of the patch,
    /// NaN where nobody knows it. Against the first picture nothing changed, and the slower change is against the oldest one
    /// that there is.
    pub fn push(&mut self, frame: &GrayFrame, places: &[Option<Place>]) -> Array2<f32> {
        let now = Shrunk::of(frame, self.factor);
        if self.past.front().is_some_and(|first| !first.is_like(&now)) {
            self.past.clear();
        }
        let mut rows = Array2::from_elem((places.len(), row_length()), f32::NAN);
        if !now.levels.is_empty() {
            let before = self.past.back().unwrap_or(&now);
            let slow = self.past.front().unwrap_or(&now);
            for (place, mut row) in places.iter().zip(rows.rows_mut()) {
                let Some(place) = place.as_ref().filter(|place| place.is_finite()) else { continue };
                let patches = Patches::cut(place, [&now, before, slow]);
                let mut values = Vec::with_capacity(row_length());
                describe::describe(&patches, self.fps as f32, &mut values);
                let [along, across] = place.size_px;
                values.push(place.area_px.map_or(f32::NAN, |area_px| area_px / (along * across)));
                row.iter_mut().zip(values).for_each(|(slot, value)| *slot = value);
            }
        }
        self.past.push_back(now);
        while self.past.len() > self.slow_frames {
            self.past.pop_front();
        }
        rows
    }
}

impl PatchDescriber for VisualFeatures {
    fn names(&self) -> Vec<String> {
        Self::columns()
    }

    fn describe(&mut self, frame: &GrayFrame, places: &[Option<Place>]) -> Result<Array2<f32>, EncoderError> {
        Ok(self.push(frame, places))
    }
}

fn row_length() -> usize {
    CELLS * CELLS * (ORIENTATIONS + 4) + 1
}

#[cfg(test)]
mod tests;
