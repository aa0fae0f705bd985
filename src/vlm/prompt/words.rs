//! What the pose prompts can say: the body's parts in words, the exemplars, the numbered places, what is still open.
//!
//! Each struct is a template's context; field names are what the templates write. Places are in the model's own units, so that
//! a prompt never speaks two languages.

use std::cmp::Ordering;

use serde::Serialize;

use crate::model::{KeypointId, Point2, RegionId, Role, Skeleton};
use crate::vlm::convention::{Convention, PixelBox};
use crate::vlm::sent::{NumberedPoint, Sent};

/// A part of the body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeypointWords {
    /// Its name.
    pub name: String,
    /// What it is, where the skeleton gives it a role: "the animal's own left ear"; empty elsewhere.
    pub meaning: String,
    /// The names of the parts that bones join it to.
    pub neighbours: Vec<String>,
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
    /// How a box is written.
    pub box_form: String,
    /// How the places of `numbers` are written.
    pub place_form: String,
    /// Pixels across and down of the target picture.
    pub size_px: [u32; 2],
    /// Whether all regions are asked for in one answer.
    pub all_at_once: bool,
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

impl PoseWords {
    /// What every question about a view says; the rest is empty.
    pub fn about(camera: &str, sent: &Sent, convention: Convention) -> Self {
        let place_form = match convention {
            Convention::Pixels => "in pixels of the picture from its top-left corner",
            Convention::Thousand | Convention::ThousandYx => {
                "x from 0 at the left edge of the picture to 1000 at the right, y from 0 at the top to 1000 at the bottom"
            }
        };
        Self {
            camera: camera.to_owned(),
            box_form: convention.words().to_owned(),
            place_form: place_form.to_owned(),
            size_px: sent.size_px,
            ..Self::default()
        }
    }

    /// Fills in conflicts, gaps and unused numbers from what was assigned and from the numbered places.
    #[must_use]
    pub fn with_assigned(mut self, assigned: Vec<PartialWords>) -> Self {
        let holders = |number: u16| {
            let holds = |part: &&PartialWords| part.numbers.contains(&number);
            assigned.iter().filter(holds).map(|part| part.keypoint.clone()).collect::<Vec<_>>()
        };
        for number in self.numbers.iter().map(|spot| spot.number) {
            let keypoints = holders(number);
            match keypoints.len() {
                0 => self.unused.push(number),
                1 => {}
                _ => self.conflicts.push(ConflictWords { number, keypoints }),
            }
        }
        let without = assigned.iter().filter(|part| part.numbers.is_empty());
        self.gaps = without.map(|part| part.keypoint.clone()).collect();
        self.assigned = assigned;
        self
    }
}

impl KeypointWords {
    /// What a skeleton says of a keypoint.
    pub fn of(skeleton: &Skeleton, keypoint: KeypointId) -> Self {
        let it = &skeleton.keypoints[keypoint.index()];
        let other_end = |bone: &[KeypointId; 2]| match *bone {
            [a, b] if a == keypoint => Some(b),
            [a, b] if b == keypoint => Some(a),
            _ => None,
        };
        let neighbours = skeleton.bones.iter().filter_map(other_end);
        Self {
            name: it.name.clone(),
            meaning: it.role.map_or("", meaning).to_owned(),
            neighbours: neighbours.map(|id| skeleton.name_of(id).to_owned()).collect(),
        }
    }
}

impl RegionWords {
    /// What a skeleton says of a region.
    pub fn of(skeleton: &Skeleton, region: RegionId) -> Self {
        let it = &skeleton.regions[region.index()];
        let keypoints = it.keypoints.iter().map(|keypoint| KeypointWords::of(skeleton, *keypoint));
        Self { name: it.name.clone(), keypoints: keypoints.collect() }
    }
}

fn meaning(role: Role) -> &'static str {
    match role {
        Role::Head => "the foremost place of the back, just behind the head",
        Role::Nose => "the tip of the snout",
        Role::EarLeft => "the animal's own left ear",
        Role::EarRight => "the animal's own right ear",
        Role::BodyCentre => "the middle of the back",
        Role::BackRear => "the rearmost place of the back, over the hips",
        Role::ForepawLeft => "the animal's own left front paw",
        Role::ForepawRight => "the animal's own right front paw",
        Role::HipLeft => "the left hip",
        Role::HipRight => "the right hip",
        Role::HindpawLeft => "the animal's own left hind paw",
        Role::HindpawRight => "the animal's own right hind paw",
        Role::TailBase => "where the tail begins",
        Role::TailMiddle => "the middle of the tail",
        Role::TailTip => "the end of the tail",
    }
}

/// The numbered places that a picture shows, as the prompt lists them.
pub fn numbers(points: &[NumberedPoint], sent: &Sent, convention: Convention) -> Vec<NumberWords> {
    let shown = points.iter().filter(|point| sent.shows(point.point_in_image));
    shown
        .map(|point| {
            let [x, y] = place(point.point_in_image, sent, convention);
            NumberWords { number: point.number.0, x, y }
        })
        .collect()
}

/// Where a place of the image is in the model's units, across and down.
pub fn place(point_in_image: Point2, sent: &Sent, convention: Convention) -> [i32; 2] {
    let [a, b, ..] = box_numbers([point_in_image; 2], sent, convention);
    match convention {
        Convention::Pixels | Convention::Thousand => [a, b],
        Convention::ThousandYx => [b, a],
    }
}

/// A box of the image as the model would write it, as far as the picture shows it; corners are low and high.
pub fn box_numbers(corners_in_image: [Point2; 2], sent: &Sent, convention: Convention) -> [i32; 4] {
    let [min, max] = corners_in_image.map(|corner| sent.to_sent(corner)).map(|corner| [corner.x, corner.y]);
    let shown = PixelBox { min, max }.clamped(sent.size_px);
    convention.from_sent(&shown, sent.size_px).map(|number| number.round().max(0.0) as i32)
}

/// "3 frames earlier", "1 frame later"; empty for the frame itself.
pub fn when(exemplar_frame: u32, target_frame: u32) -> String {
    let apart = exemplar_frame.abs_diff(target_frame);
    let frames = if apart == 1 { "frame" } else { "frames" };
    match exemplar_frame.cmp(&target_frame) {
        Ordering::Less => format!("{apart} {frames} earlier"),
        Ordering::Greater => format!("{apart} {frames} later"),
        Ordering::Equal => String::new(),
    }
}
