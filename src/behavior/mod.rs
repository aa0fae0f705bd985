//! Behaviour: from features to clips, captions and segments. Pure: no storage, no window, no model server.

pub mod scale;

pub mod kmeans;

pub mod dec;

pub mod segmenter;

pub mod given;

pub mod clips;

pub mod evaluation;
