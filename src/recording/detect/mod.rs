//! Masks, crops and centroids: what a camera's pictures hold of the animal and its dots (paper §2.1).
//!
//! [`CameraDetector`] is the whole of it for one camera; [`find_centroids`] is the part that looks for dots. All of it is
//! deterministic and works on pictures in memory; only [`CameraDetector::prepare`] reads files. Which dot is which
//! keypoint is not known here.

pub mod config;

pub mod error;

pub mod camera;

pub mod centroids;

pub mod background;

pub mod band_pass;

pub mod mask;

mod motion;

mod candidates;

mod refine;

mod second_look;

mod fit;

mod noise;

mod filter;

mod plane;

mod trace;

mod click;

#[cfg(test)]
mod synthetic;

#[cfg(test)]
mod real_data;

pub use background::Background;
pub use camera::{CameraDetector, Examination, Moment, PrepareError, ViewDetection};
pub use centroids::find_centroids;
pub use click::{ClickedSpot, refine_click};
pub use config::{ConfigError, DetectConfig};
pub use error::DetectError;
pub use mask::{Mask, ReflectanceModel, animal_mask, crop_of};
pub use trace::{RejectedSpot, Rejection};
