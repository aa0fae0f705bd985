//! The pose pipeline.

pub mod assignment;

pub mod joint;

pub mod stage4;
