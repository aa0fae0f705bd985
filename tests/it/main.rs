//! Integration tests: one binary, one module per concern.

/// The project file: what it keeps, refuses, undoes and survives.
mod store;
/// The plain tables: from a file into a project and back.
mod tables;
