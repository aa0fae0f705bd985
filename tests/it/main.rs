//! Integration tests: one binary, one module per concern.

mod recordings; // opening, image sequences, calibrations, the doctor, bad input
mod video; // every frame by its number, whatever the codec
mod mouse6cam;
