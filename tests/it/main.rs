//! Integration tests: one binary, one module per concern.

mod demo;
mod mouse6cam;
mod video;

mod demo;
