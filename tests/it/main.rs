//! Integration tests: one binary, one module per concern.

mod demo;
mod mouse6cam;
mod video;

mod demo;
/// The project file: what it keeps, refuses, undoes and survives.
mod store;
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails; its helpers are tests too")]

mod licences; // what the dependencies allow
mod tidy; // how the tree is laid out: layers, exclusive crates, headers, leftovers, Cargo.toml
