//! Talking to vision-language models over HTTP: what is asked, in which form, what comes back, and what of it can be used.
//!
//! Nothing here knows what a stage is for: a [`Question`] has texts, pictures and the form of its answer; an answer is a
//! checked object or a list of problems. Whatever a server promises, every answer is validated here.

pub mod convention;

pub mod profile;

pub mod question;

pub mod sent;

pub mod canvas;

pub(crate) mod pen;

pub mod marks;

pub mod prompt;

pub mod reply;

pub mod repair;

pub mod answer;

pub mod exchange;

pub mod http;

pub use canvas::{Levels, Raster, Shot};
pub use marks::Mark;
pub use profile::Profile;
pub use prompt::{Prompt, Prompts};
pub use question::{Part, Picture, Question};
pub use sent::{Area, Limits, NumberedPoint, Sent};
