//! The behaviour pipeline: from tracks and pixels to short clips, to what each shows, to a described timeline.
//!
//! [`bodies`] measures each animal, [`features`] makes rows of numbers of that, [`dec`] finds clusters and [`clips`] cuts.
//! [`rules`] say what a clip shows where no model does, [`merge`] joins clips, [`consistency`] finds what contradicts itself.
//! [`edits`] are what people change of it, [`review`] and [`compare`] say where they should look.
//! [`statistics`] count what animals do, [`figures`] draw it.
//! Pure: no file, no clock, no storage.

mod shrunk;

mod drawing;

pub mod blobs;

pub mod floor;

pub mod bodies;

pub mod pairs;

pub mod zones;

pub mod features;

pub mod visual;

pub mod fused;

pub mod rules;

pub mod measures;

pub mod merge;

pub mod clip_pictures;

pub mod epochs;

pub mod questions;

pub mod samples;

pub mod consistency;

pub mod edits;

pub mod review;

pub mod scale;

pub mod kmeans;

pub mod dec;

pub mod segmenter;

pub mod given;

pub mod clips;

pub mod vectors;

pub mod story;

mod names;

pub mod tfidf;

pub mod unknown_labels;

pub mod examples;

pub mod search;

pub mod evaluation;

pub mod compare;

pub mod statistics;

pub mod figures;

pub mod discovery;

pub mod picture;
