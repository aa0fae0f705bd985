//! Integration tests: one binary, one module per concern.

mod mouse6cam;
mod recordings; // opening, image sequences, calibrations, the doctor, bad input
mod video; // every frame by its number, whatever the codec
