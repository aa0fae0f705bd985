//! Integration tests: one binary, one module per concern.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails; its helpers are tests too")]

mod licences; // what the dependencies allow
mod tidy; // how the tree is laid out: layers, exclusive crates, headers, leftovers, Cargo.toml
