//! Integration tests: one binary, one module per concern.

mod demo;
mod mouse6cam;
mod video;

mod demo;
/// The project file: what it keeps, refuses, undoes and survives.
mod store;
