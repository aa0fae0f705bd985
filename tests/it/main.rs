//! Integration tests: one binary, one module per concern.

/// The project file: what it keeps, refuses, undoes and survives.
mod store;
