//! Animals as moving blobs, for a video of which nobody tracked anything: found against a still ground, parted where they
//! touch, linked over time.
//!
//! Two passes. [`BlobSamples`] gets some sixty pictures spread through the video and learns the ground, whether animals
//! are darker or lighter than it, how large one is and how many there are. [`BlobTracker`] then gets every picture in order and keeps nothing of it but the tracks. Who is who is *not verified*: after animals touched, tracks may have
//! changed places. Where nothing moves, or the count of animals is anybody's guess, there is no model, and callers take the
//! whole picture as one subject.

mod components;
mod ground;
mod heading;
mod share;
mod split;
mod track;

pub use ground::{BlobModel, BlobSamples, sample_frames};
pub use track::{BlobTracker, BlobTracks};

/// An animal in one frame, in pixels of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Blob {
    /// The middle of its area.
    pub center: [f32; 2],
    /// Left and upper edge, width and height of the box around it.
    pub bounds: [f32; 4],
    /// The direction of its long axis, from −π/2 to π/2, from x towards y; which end is the head is not in it.
    pub axis_rad: f32,
    /// Length and width of the ellipse with its moments: four standard deviations along and across the axis.
    pub axes_px: [f32; 2],
    /// Its area.
    pub area_px: f32,
    /// Whether it touched another, so that area, axis and place are estimates.
    pub is_merged: bool,
}

#[cfg(test)]
mod tests;
