//! The pose pipeline: from numbered dots to identified keypoints in 3D, and which frames a person should look at first.
//!
//! Pure computation: no storage, no clock, no drawing. [`solve`] is the way in.

pub mod assignment;

pub mod window;

pub mod sweep;

pub mod joint;

pub mod stages;

pub mod stage4;

pub mod ranking;

pub mod assist;

mod claim;

#[cfg(test)]
mod fixtures;

pub mod solve;

pub mod evaluation;
