//! Describes the pixels around each animal with a network of the user's instead of the built-in numbers.
//!
//! A patch lies as that of the built-in description does and has as many pixels as the network wants. Grey is repeated over
//! three channels. A row says how one picture looks: what moved is not in it.

use ndarray::Array2;
use rayon::prelude::*;

use super::onnx::Network;
use super::patch::levels;
use super::{ChannelScale, EncoderError, PatchDescriber, Place};
use crate::behavior::shrunk::Shrunk;
use crate::recording::{GrayFrame, GrayPixels};

/// A network that describes patches.
#[derive(Debug)]
pub struct Encoder {
    network: Network,
    /// Mean and deviation by channel.
    scale: Vec<[f32; 2]>,
    factor: usize,
}

impl Encoder {
    /// From the bytes of an ONNX file, for patches of about `patch_px` pixels a side.
    ///
    /// # Errors
    /// When the bytes are no network that turns one picture into a row of numbers, or the scale does not fit it.
    pub fn from_bytes(bytes: &[u8], scale: &ChannelScale, patch_px: f32) -> Result<Self, EncoderError> {
        let network = Network::from_bytes(bytes)?;
        let scale = scale.of_channels(network.input.channels)?;
        let side_px = network.input.height.max(network.input.width) as f32;
        // The smaller picture has about one pixel per pixel of a patch.
        let factor = (patch_px / side_px).round().max(1.0) as usize;
        Ok(Self { network, scale, factor })
    }

    /// A patch in the order of the network's input.
    fn input(&self, place: &Place, picture: &Shrunk, white: f32) -> Vec<f32> {
        let shape = self.network.input;
        let [patch] = levels(place, [picture], [shape.width, shape.height]);
        let scaled = |level: &f32, [mean, sd]: [f32; 2]| (level / white - mean) / sd;
        if shape.channels_last {
            patch.iter().flat_map(|level| self.scale.iter().map(move |scale| scaled(level, *scale))).collect()
        } else {
            self.scale.iter().flat_map(|scale| patch.iter().map(move |level| scaled(level, *scale))).collect()
        }
    }
}

impl PatchDescriber for Encoder {
    fn names(&self) -> Vec<String> {
        (0..self.network.outputs).map(|at| format!("encoder_{at}")).collect()
    }

    /// The network's numbers for each place, NaN where there is none.
    fn describe(&mut self, frame: &GrayFrame, places: &[Option<Place>]) -> Result<Array2<f32>, EncoderError> {
        let picture = Shrunk::of(frame, self.factor);
        let white = match frame.pixels {
            GrayPixels::U8(_) => f32::from(u8::MAX),
            GrayPixels::U16(_) => f32::from(u16::MAX),
        };
        let row = |place: &Option<Place>| {
            let place = place.as_ref().filter(|place| place.is_finite() && !picture.levels.is_empty());
            place.map(|place| self.network.run(self.input(place, &picture, white))).transpose()
        };
        let found = places.par_iter().map(row).collect::<Result<Vec<_>, _>>()?;
        let mut rows = Array2::from_elem((places.len(), self.network.outputs), f32::NAN);
        for (found, mut row) in found.into_iter().zip(rows.rows_mut()) {
            row.iter_mut().zip(found.into_iter().flatten()).for_each(|(slot, value)| *slot = value);
        }
        Ok(rows)
    }
}

#[cfg(test)]
mod onnx_tests;
