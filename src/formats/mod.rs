//! Foreign formats, reading and writing side by side, one file or folder per format.
//!
//! What is read is checked, and what does not fit is named by file, line and column. Nothing here opens a project: rows come
//! out as the model's words, and whoever asked puts them there.

pub mod tables;

pub mod tracks;

pub mod behavior_table;

pub mod behavior_vectors;

pub mod boris;
