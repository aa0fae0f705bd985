//! Behaviour: from features to clips, captions and segments. Pure: no storage, no window, no model server.

pub mod clips;

pub mod dec;

pub mod kmeans;

pub mod vectors;

pub mod story;

pub mod evaluation;

pub mod statistics;
