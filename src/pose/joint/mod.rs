//! The joint solver: all keypoints of a frame at once, in 3D, with shape, side and time.
//!
//! The geometry assigner is this solver on dots alone; stage 4's default solver is this solver with a model's labels as
//! votes. The layers, from below: [`evidence`] (dots and locks of a frame), [`candidates`] (places that dots agree on),
//! [`shape`], [`motion`] and
//! [`visibility`] (what is learnt), [`votes`], [`search`] (one frame), [`tracker`] (many frames).

pub mod evidence;

pub mod candidates;

pub mod shape;

pub mod motion;

pub mod visibility;

pub mod votes;

pub mod search;

mod scene;

pub mod tracker;
