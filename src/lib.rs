//! behaviorvlm labels multi-view quantum-dot recordings of mice, following BehaviorVLM (arXiv 2603.12176) with a human in
//! the loop. A module may use only the modules listed above it; `tests/it/tidy.rs` holds the list.

pub mod model;

pub mod geometry;

pub mod platform;

pub mod recording;

pub mod demo;

pub mod vlm;

pub mod pose;

pub mod behavior;

pub mod store;

pub mod formats;

pub mod jobs;

pub mod cli;

pub mod app;

pub mod ui;
