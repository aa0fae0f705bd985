//! What a person sees: egui widgets and painters that read the app's state and send commands.
//!
//! [`open`] opens the window. [`shell::Shell`] is the window without its frame, for tests and benches. Views read a
//! [`ctx::ViewCtx`] and change nothing but what they remember of their own scroll, zoom and open sections.

pub mod theme;

pub mod icons;

pub mod widgets;

pub mod marks;

pub mod pills;

pub mod ctx;

mod textures;

mod loops;

pub mod pictures;

mod input;

mod notices;

mod bars;

mod sides;

mod drop;

pub mod grid;

pub mod label_table;

pub mod time;

pub mod job_panel;

mod model_form;

mod plots;

mod view3d;

pub mod dialogs;

pub mod pages;

pub mod shell;

#[cfg(test)]
mod testing;

#[cfg(all(test, feature = "snapshots"))]
mod snapshots;

mod window;

pub use window::open;
