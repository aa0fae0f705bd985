//! Behaviour: from features to clips, captions and segments. Pure: no storage, no window, no model server.

mod shrunk;

pub mod blobs;

pub mod clips;

pub mod dec;

pub mod evaluation;

pub mod kmeans;

pub mod visual;

pub mod fused;

pub mod picture;
