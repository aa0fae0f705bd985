//! Foreign formats, reading and writing side by side.
//!
//! One file per format. What is read is checked and named by file, line and column; nothing here opens a project.
