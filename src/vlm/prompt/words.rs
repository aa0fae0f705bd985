//! What the pose prompts can say: the body's parts in words, the exemplars, the numbered places, what is still open.
//!
//! Each struct is a template's context; field names are what the templates write. Places are in the model's own units, so that
//! a prompt never speaks two languages.

use serde::Serialize;

use crate::model::{CentroidNumber, KeypointId, Point2, RegionId, Skeleton};
use crate::vlm::convention::Convention;
use crate::vlm::sent::{NumberedPoint, Sent};

/// A part of the body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeypointWords {
    /// Its name.
    pub name: String,
    /// What it is, where the skeleton gives it a role: "the animal's own left ear"; empty elsewhere.
    pub meaning: String,
    /// Its region.
    pub region: String,
    /// The names of the parts that bones join it to.
    pub neighbours: Vec<String>,
    /// The name of its mirror image; empty without one.
    pub mirror: String,
}

/// A region of the body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RegionWords {
    /// Its name.
    pub name: String,
    /// Its keypoints.
    pub keypoints: Vec<KeypointWords>,
}

/// An exemplar: one picture before the target's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ExemplarWords {
    /// How far it is from the target: "3 frames earlier".
    pub when: String,
    /// The keypoints, or regions, that are marked in it.
    pub shown: Vec<String>,
    /// Those that are not.
    pub hidden: Vec<String>,
    /// The answer that would have been right, as JSON without the observation; empty where the template needs none.
    pub answer: String,
}

/// A numbered place in the target, in the model's units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct NumberWords {
    /// The number.
    pub number: u16,
    /// Across.
    pub x: i32,
    /// Down.
    pub y: i32,
}

/// What the earlier stage said of a keypoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartialWords {
    /// The keypoint.
    pub keypoint: String,
    /// The numbers that it was given; empty for none.
    pub numbers: Vec<u16>,
}

/// A number that several keypoints were given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConflictWords {
    /// The number.
    pub number: u16,
    /// The keypoints.
    pub keypoints: Vec<String>,
}

/// All that a pose prompt can say. What a prompt does not need is left empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PoseWords {
    /// The camera's name.
    pub camera: String,
    /// How the model writes places.
    pub convention: Convention,
    /// Pixels across and down of the target picture.
    pub size_px: [u32; 2],
    /// The regions that are asked for: one for a region's question, else all.
    pub regions: Vec<RegionWords>,
    /// The keypoints that are asked for, in order.
    pub keypoints: Vec<KeypointWords>,
    /// The pictures before the target's.
    pub exemplars: Vec<ExemplarWords>,
    /// The numbered places of the target.
    pub numbers: Vec<NumberWords>,
    /// What was assigned so far.
    pub assigned: Vec<PartialWords>,
    /// Numbers that several keypoints have.
    pub conflicts: Vec<ConflictWords>,
    /// Keypoints without a number.
    pub gaps: Vec<String>,
    /// Numbers that no keypoint has.
    pub unused: Vec<u16>,
}

impl KeypointWords {
    /// What a skeleton says of a keypoint.
    pub fn of(_skeleton: &Skeleton, _keypoint: KeypointId) -> Self {
        todo!()
    }
}

impl RegionWords {
    /// What a skeleton says of a region.
    pub fn of(_skeleton: &Skeleton, _region: RegionId) -> Self {
        todo!()
    }
}

/// Where a place of the picture is in the model's units, across and down.
pub fn place(_point_in_sent: Point2, _sent: &Sent, _convention: Convention) -> [i32; 2] {
    todo!()
}

/// The numbered places as the prompt lists them.
pub fn numbers(_points: &[NumberedPoint], _sent: &Sent, _convention: Convention) -> Vec<NumberWords> {
    let _ = CentroidNumber(1);
    todo!()
}

/// "3 frames earlier", "1 frame later".
pub fn when(_exemplar_frame: u32, _target_frame: u32) -> String {
    todo!()
}
