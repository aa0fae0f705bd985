//! What is on disk and what is seen in it: pictures, masks, crops and centroids.

pub mod frame;

pub mod detect;

pub use frame::{GrayFrame, GrayPixels};
