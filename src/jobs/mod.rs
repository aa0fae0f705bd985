//! Long work: runs the pipelines over the project file, says how far it is, stops where nothing is lost, and goes on there.
//!
//! Every job takes a [`Job`], which carries the cancel flag and where events go; the command line and the window differ only
//! in who listens. What a job has stored stays stored: a job that was stopped or killed is called again and goes on. Nothing
//! here draws.

pub mod job;

pub mod words;

mod error;

pub mod open;

mod cameras;

pub mod new;

mod shots;

mod whole_file;

pub mod prompts;

mod exemplars;

pub mod inquiry;

pub mod exchanges;

mod detect_camera;

pub mod detect;

pub mod detect_preview;

pub mod seeds;

pub mod pose;

pub mod behavior;

pub mod timeline;

pub mod vocabulary;

pub mod labelling;

pub mod gallery;

pub mod rank;

pub mod evaluate;

pub mod tables;

pub mod doctor;

pub mod demo;

pub mod frames;

pub mod clip_loops;

pub mod dialogs;

pub use error::JobError;
pub use job::{CancelFlag, Job, JobEvent};
