//! Integration tests: one binary, one module per concern.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails; its helpers are tests too")]

/// The behavior pipeline: scripted mice, bad input, kills, real recordings.
mod behavior;
/// The built program from end to end.
mod cli;
/// Bad input, one clear sentence each.
mod cli_bad_input;
/// The synthetic recording: the same for the same seed, and its truth lies on its pictures.
mod demo;
/// Tuning the detector: preview, settings, clicks, and runs that know when dots changed.
mod detection;
/// Figures of behavior against an independent implementation.
mod evaluation;
/// A model server that knows the truth, errs and fails as it is told to.
mod fake_model;
/// The window's frames from real files, in any order.
mod frames;
/// What a model would see of a frame, as files.
mod gallery;
/// Jobs that are stopped and go on.
mod jobs;
/// Killed at random moments, nothing is lost; ignored, since it takes minutes.
mod kill;
/// Labelling by simulated people: clicks and keys with help and without, undo, swaps over a range.
mod labelling;
/// Projects of many frames; ignored, since it takes a minute to make them.
mod large;
/// What the dependencies allow.
mod licences;
/// Areas in which dots do not count, and dots that people add and delete.
mod mask_regions;
/// Runs that ask a model, stage by stage: what is asked, what comes of it, pausing, replaying, failures.
mod model_run;
/// Asking model servers: every failure that they are known for, cancelling, several at once, the connection test.
mod model_server;
/// The geometry kernel on a real mouse and its published calibration.
mod mouse6cam;
/// The README agrees with the program.
mod readme;
/// From real videos to figures beside the floor.
mod real_data;
/// Opening recordings, image sequences, calibrations, the doctor, bad input.
mod recordings;
/// The project file: what it keeps, refuses, undoes and survives.
mod store;
/// The plain tables: round trips, and errors that name line, column and what is allowed.
mod tables;
/// How the tree is laid out: layers, exclusive crates, headers, leftovers, Cargo.toml.
mod tidy;
/// Every frame of a video by its index, whatever the codec.
mod video;
/// The real window under Xvfb, with real clicks and keys; ignored, since it needs a screen.
mod window;
