//! The grid as a person uses it.
