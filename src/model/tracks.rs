//! Where the parts of each animal are in each frame, seen from above.
//!
//! A missing point is a pair of NaN, never 0: whoever reads a table decides what means missing there. The parts bear the
//! names of the table that they came from, and roles by which features find them. Coordinates are in the pixels of one
//! camera, or in the calibration's unit on the floor where they come from 3D points, with the height beside them.

use super::part_names::role_of;
use super::skeleton::Role;

/// An animal of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Animal {
    /// Its name, as tables and descriptions write it.
    pub name: String,
    /// `#rrggbb`, where the manifest says one.
    pub color: Option<String>,
    /// Whether a person or a tracker says that it is the same animal throughout; blobs that were linked over time are not.
    pub is_identity_verified: bool,
}

/// A tracked part of the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name in the table.
    pub name: String,
    /// What it is, where its name tells.
    pub role: Option<Role>,
}

impl Part {
    /// A part whose role is guessed from its name.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), role: role_of(name) }
    }
}

/// The track of one animal.
#[derive(Clone, Debug, PartialEq)]
pub struct AnimalTrack {
    /// Points by frame, then part: x and y; NaN where missing.
    pub points: Vec<[f32; 2]>,
    /// Height above the floor by frame, then part, in the unit of the points; empty where nothing is known about heights.
    pub heights: Vec<f32>,
}

impl AnimalTrack {
    /// A track on which nothing is seen.
    pub fn missing(frame_count: u32, part_count: usize) -> Self {
        Self { points: vec![[f32::NAN; 2]; frame_count as usize * part_count], heights: Vec::new() }
    }
}

/// The tracks of all animals of a recording, which have the same parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Tracks {
    /// Frames of each track.
    pub frame_count: u32,
    /// Frames per second.
    pub fps: f64,
    /// The parts; points stand in this order.
    pub parts: Vec<Part>,
    /// One track per animal, in the order of the recording's animals.
    pub animals: Vec<AnimalTrack>,
    /// Millimetres in one unit of the points, where known.
    pub mm_per_unit: Option<f64>,
}

impl Tracks {
    /// The points of one animal's parts in one frame.
    pub fn points(&self, animal: usize, frame: u32) -> &[[f32; 2]] {
        let start = frame as usize * self.parts.len();
        &self.animals[animal].points[start..start + self.parts.len()]
    }

    /// The first part that plays a role.
    pub fn with_role(&self, role: Role) -> Option<usize> {
        self.parts.iter().position(|part| part.role == Some(role))
    }
}
