//! The mouse's body: from a state of motion to joints, the places of the quantum dots, and the volume that hides them.
//!
//! Lengths are millimetres, z is up, the floor is z = 0. The trunk is a chain pelvis – middle – chest – head with yaw and
//! pitch per link; keypoints sit just under the skin of the volume that is also drawn and that also occludes. No time and no
//! randomness here: the same [`Stance`] gives the same body.

use std::f64::consts::PI;

use nalgebra::{Matrix3, Vector3};

use super::volume::{Blob, Tissue};
use crate::model::Point3;

/// How many keypoints the mouse has: those of the qd12 skeleton, in its order.
pub(super) const KEYPOINT_COUNT: usize = 12;

/// Keypoint positions in the qd12 skeleton; a test compares them with its names.
pub(super) mod keypoint {
    pub(in crate::demo) const EAR_LEFT: usize = 0;
    pub(in crate::demo) const EAR_RIGHT: usize = 1;
    pub(in crate::demo) const BACK_TOP: usize = 2;
    pub(in crate::demo) const BACK_MIDDLE: usize = 3;
    pub(in crate::demo) const BACK_BOTTOM: usize = 4;
    pub(in crate::demo) const FOREPAW_LEFT: usize = 5;
    pub(in crate::demo) const TAIL_BASE: usize = 9;
    pub(in crate::demo) const TAIL_MIDDLE: usize = 10;
    pub(in crate::demo) const TAIL_TIP: usize = 11;
}

/// Paws in the order of the skeleton: fore left, fore right, hind left, hind right.
pub(super) const PAW_COUNT: usize = 4;

const PELVIS_RADIUS: f64 = 14.0;
const MIDDLE_RADIUS: f64 = 16.0;
const CHEST_RADIUS: f64 = 11.6;
const HEAD_RADIUS: f64 = 10.0;
const PELVIS_TO_MIDDLE: f64 = 24.0;
const MIDDLE_TO_CHEST: f64 = 25.0;
const TAIL_LENGTH: f64 = 75.0;
const TAIL_LINKS: usize = 24;
/// Depth of a dot under the skin.
const DOT_DEPTH: f64 = 0.6;
/// Height of a paw's dot over the floor when the paw stands.
const PAW_HEIGHT: f64 = 3.0;

/// Everything that fixes the body at one moment. Angles are radians, relative to the link before.
#[derive(Clone, Debug)]
pub(super) struct Stance {
    /// The pelvis on the floor plan.
    pub(super) pelvis_xy: [f64; 2],
    /// Direction of the pelvis.
    pub(super) yaw: f64,
    /// Sideways bend of the spine over its length.
    pub(super) bend: f64,
    /// Upward bend of the back.
    pub(super) arch: f64,
    /// Up and down of the trunk in its gait.
    pub(super) bob_mm: f64,
    /// 0 on four paws, 1 fully reared.
    pub(super) rear: f64,
    /// 0 no grooming, 1 sitting and grooming.
    pub(super) groom: f64,
    /// Place within the grooming stroke.
    pub(super) groom_phase: f64,
    /// Head against chest: yaw, pitch, roll.
    pub(super) head: [f64; 3],
    /// Twitch of the left and right ear, mm forward.
    pub(super) ear_twitch_mm: [f64; 2],
    /// Direction of the tail's root and middle against the pelvis, and its curl towards the tip.
    pub(super) tail: [f64; 3],
    /// Lift of the tail's tip over the floor.
    pub(super) tail_lift_mm: f64,
    /// Paws on the floor plan, with lift.
    pub(super) paws: [Point3; PAW_COUNT],
    /// How far the skin slips over the trunk: along and across, for the three back keypoints.
    pub(super) skin_slip_mm: [[f64; 2]; 3],
}

/// The body at one moment.
#[derive(Clone, Debug)]
pub(super) struct Body {
    /// The quantum dots, by keypoint.
    pub(super) keypoints: [Point3; KEYPOINT_COUNT],
    /// The volume: blobs may overlap.
    pub(super) blobs: Vec<Blob>,
    /// Left and up of the trunk, which anchor the fur's texture.
    pub(super) left_and_up: [Vector3<f64>; 2],
}

/// A direction with its left and up.
#[derive(Clone, Copy, Debug)]
struct Frame {
    forward: Vector3<f64>,
    left: Vector3<f64>,
    up: Vector3<f64>,
}

impl Frame {
    fn new(yaw: f64, pitch: f64, roll: f64) -> Self {
        let (sin_yaw, cos_yaw) = yaw.sin_cos();
        let (sin_pitch, cos_pitch) = pitch.sin_cos();
        let (sin_roll, cos_roll) = roll.sin_cos();
        let forward = Vector3::new(cos_yaw * cos_pitch, sin_yaw * cos_pitch, sin_pitch);
        let level_left = Vector3::new(-sin_yaw, cos_yaw, 0.0);
        let level_up = Vector3::new(-cos_yaw * sin_pitch, -sin_yaw * sin_pitch, cos_pitch);
        Self {
            forward,
            left: level_left * cos_roll + level_up * sin_roll,
            up: level_up * cos_roll - level_left * sin_roll,
        }
    }

    fn offset(&self, forward: f64, left: f64, up: f64) -> Vector3<f64> {
        self.forward * forward + self.left * left + self.up * up
    }
}

/// The joints of the trunk and head.
#[derive(Clone, Copy, Debug)]
struct Trunk {
    pelvis: Point3,
    middle: Point3,
    chest: Point3,
    head: Point3,
    pelvis_frame: Frame,
    middle_frame: Frame,
    chest_frame: Frame,
    head_frame: Frame,
}

/// 0 below 0, 1 above 1, smooth between.
pub(super) fn smooth_step(x: f64) -> f64 {
    let x = x.clamp(0.0, 1.0);
    x * x * (3.0 - 2.0 * x)
}

impl Trunk {
    fn new(stance: &Stance) -> Self {
        let raise = smooth_step(stance.rear);
        let sit = smooth_step(stance.groom) * (1.0 - raise);
        let pelvis_pitch = raise * 0.95 + sit * 0.45 + 0.10 + stance.arch * 0.5;
        let chest_pitch = raise * 1.05 + sit * 0.30 - 0.13 - stance.arch * 0.6;
        let head_pitch = raise * 0.50 - sit * 0.75 - 0.10 + stance.head[1];
        let pelvis_frame = Frame::new(stance.yaw, pelvis_pitch, 0.0);
        let middle_frame = Frame::new(stance.yaw + 0.5 * stance.bend, 0.5 * (pelvis_pitch + chest_pitch), 0.0);
        let chest_frame = Frame::new(stance.yaw + stance.bend, chest_pitch, 0.0);
        let head_yaw = stance.yaw + stance.bend + stance.head[0];
        let head_frame = Frame::new(head_yaw, head_pitch, stance.head[2]);
        let neck_frame =
            Frame::new(stance.yaw + stance.bend + 0.5 * stance.head[0], 0.5 * (chest_pitch + head_pitch) + 0.12, 0.0);
        let pelvis = Point3::new(stance.pelvis_xy[0], stance.pelvis_xy[1], PELVIS_RADIUS + 1.5 + stance.bob_mm);
        let middle = pelvis + pelvis_frame.forward * PELVIS_TO_MIDDLE;
        let chest = middle + chest_frame.forward * MIDDLE_TO_CHEST;
        let head = chest + neck_frame.forward * 13.0 + head_frame.forward * 6.0;
        Self { pelvis, middle, chest, head, pelvis_frame, middle_frame, chest_frame, head_frame }
    }

    /// Where each paw stands at rest, on the floor plan.
    fn paw_homes(&self) -> [Point3; PAW_COUNT] {
        let on_floor = |joint: Point3, frame: &Frame, forward: f64, left: f64| {
            let level = Vector3::new(frame.left.y, -frame.left.x, 0.0);
            let place = joint + level * forward + frame.left * left;
            Point3::new(place.x, place.y, PAW_HEIGHT)
        };
        [
            on_floor(self.chest, &self.chest_frame, 6.0, 13.0),
            on_floor(self.chest, &self.chest_frame, 6.0, -13.0),
            on_floor(self.pelvis, &self.pelvis_frame, 7.0, 16.5),
            on_floor(self.pelvis, &self.pelvis_frame, 7.0, -16.5),
        ]
    }
}

/// Where each paw would stand at rest.
pub(super) fn paw_homes(stance: &Stance) -> [Point3; PAW_COUNT] {
    Trunk::new(stance).paw_homes()
}

impl Body {
    /// The body of a stance.
    pub(super) fn new(stance: &Stance) -> Self {
        let trunk = Trunk::new(stance);
        let paws = paws(stance, &trunk);
        let tail = tail_curve(stance, &trunk);
        let mut keypoints = [Point3::origin(); KEYPOINT_COUNT];
        place_head_and_back(stance, &trunk, &mut keypoints);
        keypoints[keypoint::FOREPAW_LEFT..keypoint::FOREPAW_LEFT + PAW_COUNT].copy_from_slice(&paws);
        keypoints[keypoint::TAIL_BASE] = tail[0] + Vector3::z() * 2.0;
        keypoints[keypoint::TAIL_MIDDLE] = tail[TAIL_LINKS / 2] + Vector3::z() * (tail_radius(0.5) - DOT_DEPTH);
        keypoints[keypoint::TAIL_TIP] = tail[TAIL_LINKS] + Vector3::z() * (tail_radius(1.0) - DOT_DEPTH);
        let mut blobs = Vec::with_capacity(100);
        add_trunk(&trunk, &mut blobs);
        add_head(&trunk, &keypoints, &mut blobs);
        add_legs(&trunk, &paws, &mut blobs);
        for (link, center) in tail.iter().enumerate() {
            let radius = tail_radius(link as f64 / TAIL_LINKS as f64);
            let axis = tail[(link + 1).min(TAIL_LINKS)] - tail[link.saturating_sub(1)];
            let along_mm = -10.0 - 3.0 * link as f64;
            blobs.push(Blob::bead(*center, &axis, [5.0, radius], Tissue::Skin, along_mm));
        }
        let frame = &trunk.middle_frame;
        Self { keypoints, blobs, left_and_up: [frame.left, frame.up] }
    }
}

impl Body {
    /// The middle of the trunk.
    pub(super) fn middle(&self) -> Point3 {
        let [top, bottom] = [keypoint::BACK_TOP, keypoint::BACK_BOTTOM].map(|index| self.keypoints[index]);
        nalgebra::center(&top, &bottom) - Vector3::z() * CHEST_RADIUS
    }
}

fn place_head_and_back(stance: &Stance, trunk: &Trunk, keypoints: &mut [Point3; KEYPOINT_COUNT]) {
    for (index, side) in [(keypoint::EAR_LEFT, 1.0), (keypoint::EAR_RIGHT, -1.0)] {
        let twitch = stance.ear_twitch_mm[index];
        keypoints[index] = trunk.head + trunk.head_frame.offset(-3.0 + twitch, side * 8.4, 9.5);
    }
    let backs = [
        (keypoint::BACK_TOP, trunk.chest, trunk.chest_frame, CHEST_RADIUS),
        (keypoint::BACK_MIDDLE, trunk.middle, trunk.middle_frame, MIDDLE_RADIUS),
        (keypoint::BACK_BOTTOM, trunk.pelvis, trunk.pelvis_frame, PELVIS_RADIUS),
    ];
    for ((index, joint, frame, radius), [along, across]) in backs.into_iter().zip(stance.skin_slip_mm) {
        keypoints[index] = joint + frame.offset(along, across, radius - DOT_DEPTH);
    }
}

/// The paws: on the floor, before the chest when reared, at the snout when grooming.
fn paws(stance: &Stance, trunk: &Trunk) -> [Point3; PAW_COUNT] {
    let raise = smooth_step((stance.rear - 0.15) / 0.6);
    let groom = smooth_step((stance.groom - 0.2) / 0.6) * (1.0 - raise);
    let (stroke_sin, stroke_cos) = stance.groom_phase.sin_cos();
    let mut paws = stance.paws;
    for (index, side) in [(0, 1.0), (1, -1.0)] {
        let dangling = trunk.chest + trunk.chest_frame.offset(7.0, side * 8.0, -13.0);
        let at_snout = trunk.head
            + trunk.head_frame.offset(9.0 + 4.0 * stroke_cos, side * (6.5 + 1.5 * stroke_sin), -5.0 + 4.5 * stroke_sin);
        let standing = paws[index].coords;
        let place = standing * (1.0 - raise - groom) + dangling.coords * raise + at_snout.coords * groom;
        paws[index] = Point3::from(place);
        paws[index].z = paws[index].z.max(PAW_HEIGHT);
    }
    paws
}

fn tail_radius(along: f64) -> f64 {
    2.4 - 1.3 * along
}

/// The tail's middle line, from its root to its tip: a smooth curve that sinks to the floor and may lift its tip.
fn tail_curve(stance: &Stance, trunk: &Trunk) -> [Point3; TAIL_LINKS + 1] {
    let raise = smooth_step(stance.rear);
    let level_back = Vector3::new(-stance.yaw.cos(), -stance.yaw.sin(), 0.0);
    let root_height = 13.5 - 8.0 * raise + stance.bob_mm;
    let root = Point3::new(trunk.pelvis.x, trunk.pelvis.y, root_height) + level_back * (17.0 - 4.0 * raise);
    let mut curve = [root; TAIL_LINKS + 1];
    let link = TAIL_LENGTH / TAIL_LINKS as f64;
    let [at_root, at_middle, curl] = stance.tail;
    for index in 1..=TAIL_LINKS {
        let along = (index as f64 - 0.5) / TAIL_LINKS as f64;
        let angle = at_root + (at_middle - at_root) * smooth_step(along * 1.6) + curl * along * along;
        let yaw = stance.yaw + PI + angle;
        let end = index as f64 / TAIL_LINKS as f64;
        let height = 4.0 + (root_height - 4.0) * (1.0 - smooth_step(end * 1.7)) + stance.tail_lift_mm * end.powi(3);
        let rise = height.max(tail_radius(end) + 0.3) - curve[index - 1].z;
        let run = (link * link - rise * rise).max(0.04 * link * link).sqrt();
        curve[index] = curve[index - 1] + Vector3::new(yaw.cos() * run, yaw.sin() * run, rise);
    }
    curve
}

fn add_trunk(trunk: &Trunk, blobs: &mut Vec<Blob>) {
    let rump = trunk.pelvis - trunk.pelvis_frame.forward * 8.0;
    let neck = trunk.chest + (trunk.head - trunk.chest) * 0.5;
    let stations = [
        (rump, 10.0),
        (trunk.pelvis, PELVIS_RADIUS),
        (trunk.middle, MIDDLE_RADIUS),
        (trunk.chest, CHEST_RADIUS),
        (neck, 10.2),
        (trunk.head, HEAD_RADIUS),
    ];
    let mut along = 0.0;
    for index in 0..stations.len() - 1 {
        let at = |offset: isize| {
            let station = (index as isize + offset).clamp(0, stations.len() as isize - 1) as usize;
            stations[station]
        };
        let ((before, before_radius), (start, start_radius)) = (at(-1), at(0));
        let ((end, end_radius), (after, after_radius)) = (at(1), at(2));
        let length = (end - start).norm();
        let steps = (length / 2.5).ceil().max(1.0) as usize;
        for step in 0..steps {
            let x = step as f64 / steps as f64;
            let center = Point3::from(catmull_rom([before.coords, start.coords, end.coords, after.coords], x));
            let radius = catmull_rom(
                [before_radius, start_radius, end_radius, after_radius].map(|r| Vector3::new(r, 0.0, 0.0)),
                x,
            )
            .x;
            // The axis turns evenly from station to station, so that fur has no seams there.
            let axis = (end - before).normalize() * (1.0 - x) + (after - start).normalize() * x;
            let bead = if index == 0 { [radius; 2] } else { [1.2 * radius, radius] };
            blobs.push(Blob::bead(center, &axis, bead, Tissue::Fur, along + length * x));
        }
        along += length;
    }
}

fn catmull_rom(points: [Vector3<f64>; 4], x: f64) -> Vector3<f64> {
    let [before, start, end, after] = points;
    let tangent_start = (end - before) * 0.5;
    let tangent_end = (after - start) * 0.5;
    let (x2, x3) = (x * x, x * x * x);
    start * (2.0 * x3 - 3.0 * x2 + 1.0)
        + tangent_start * (x3 - 2.0 * x2 + x)
        + end * (3.0 * x2 - 2.0 * x3)
        + tangent_end * (x3 - x2)
}

fn add_head(trunk: &Trunk, keypoints: &[Point3; KEYPOINT_COUNT], blobs: &mut Vec<Blob>) {
    let frame = &trunk.head_frame;
    for step in 0..=12 {
        let x = f64::from(step) / 12.0;
        let center = trunk.head + frame.offset(15.0 * x, 0.0, -2.5 * x * x);
        let radius = HEAD_RADIUS - 6.8 * x.powf(0.9);
        let axis = frame.offset(1.0, 0.0, -0.33 * x);
        blobs.push(Blob::bead(center, &axis, [1.35 * radius, radius], Tissue::Fur, 85.0 + 15.0 * x));
    }
    for side in [1.0, -1.0] {
        let ear = keypoints[if side > 0.0 { keypoint::EAR_LEFT } else { keypoint::EAR_RIGHT }];
        let outward = (frame.left * side * 0.75 + frame.up * 0.66).normalize();
        let face = (frame.forward * 0.85 + frame.left * side * 0.45 - frame.up * 0.25).normalize();
        let face = (face - outward * face.dot(&outward)).normalize();
        let axes = Matrix3::from_columns(&[outward * 6.2, outward.cross(&face) * 5.2, face * 1.1]);
        blobs.push(Blob { opaque: false, ..Blob::ellipsoid(ear + outward * 0.5, &axes, Tissue::Skin, 80.0) });
        let eye = trunk.head + frame.offset(8.4, side * 6.3, 3.1);
        blobs.push(Blob::sphere(eye, 1.8, Tissue::Eye, 90.0));
    }
}

fn add_legs(trunk: &Trunk, paws: &[Point3; PAW_COUNT], blobs: &mut Vec<Blob>) {
    let roots = [
        (trunk.chest + trunk.chest_frame.offset(-1.0, 6.5, -5.0), 5.0),
        (trunk.chest + trunk.chest_frame.offset(-1.0, -6.5, -5.0), 5.0),
        (trunk.pelvis + trunk.pelvis_frame.offset(0.0, 8.0, -4.0), 7.5),
        (trunk.pelvis + trunk.pelvis_frame.offset(0.0, -8.0, -4.0), 7.5),
    ];
    let level = Vector3::new(trunk.middle_frame.forward.x, trunk.middle_frame.forward.y, 0.0);
    let level = level.try_normalize(1e-6).unwrap_or_else(Vector3::x);
    let side = Vector3::z().cross(&level);
    for ((root, root_radius), paw) in roots.into_iter().zip(paws) {
        // The dot is on the back of the foot; the leg ends behind it, at the heel.
        let foot = *paw - Vector3::z() * 1.3;
        let heel = foot - level * 3.0;
        for step in 0..=12 {
            let x = f64::from(step) / 12.0;
            let radius = root_radius + (1.7 - root_radius) * x.powf(0.7);
            let center = root + (heel - root) * x;
            let tissue = if x < 0.75 { Tissue::Fur } else { Tissue::Skin };
            blobs.push(Blob::bead(center, &(heel - root), [radius.max(3.0), radius], tissue, 200.0 + 15.0 * x));
        }
        let axes = Matrix3::from_columns(&[level * 4.4, side * 2.4, Vector3::z() * 1.7]);
        blobs.push(Blob::ellipsoid(foot, &axes, Tissue::Skin, 210.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Skeleton;

    pub(crate) fn resting() -> Stance {
        Stance {
            pelvis_xy: [0.0, 0.0],
            yaw: 0.0,
            bend: 0.0,
            arch: 0.0,
            bob_mm: 0.0,
            rear: 0.0,
            groom: 0.0,
            groom_phase: 0.0,
            head: [0.0; 3],
            ear_twitch_mm: [0.0; 2],
            tail: [0.0; 3],
            tail_lift_mm: 0.0,
            paws: [Point3::origin(); PAW_COUNT],
            skin_slip_mm: [[0.0; 2]; 3],
        }
    }

    #[test]
    fn positions_follow_the_skeletons_names() {
        let skeleton = Skeleton::qd12();
        assert_eq!(skeleton.len(), KEYPOINT_COUNT);
        for (index, name) in [
            (keypoint::EAR_LEFT, "ear_L"),
            (keypoint::EAR_RIGHT, "ear_R"),
            (keypoint::BACK_TOP, "back_top"),
            (keypoint::BACK_MIDDLE, "back_middle"),
            (keypoint::BACK_BOTTOM, "back_bottom"),
            (keypoint::FOREPAW_LEFT, "forepaw_L"),
            (keypoint::FOREPAW_LEFT + 1, "forepaw_R"),
            (keypoint::FOREPAW_LEFT + 2, "hindpaw_L"),
            (keypoint::FOREPAW_LEFT + 3, "hindpaw_R"),
            (keypoint::TAIL_BASE, "tail_base"),
            (keypoint::TAIL_MIDDLE, "tail_middle"),
            (keypoint::TAIL_TIP, "tail_tip"),
        ] {
            assert_eq!(skeleton.keypoints[index].name, name);
        }
    }

    #[test]
    fn a_resting_mouse_has_a_mouses_size_and_sides() {
        let mut stance = resting();
        stance.paws = paw_homes(&stance);
        let body = Body::new(&stance);
        let point = |index: usize| body.keypoints[index];
        assert!(point(keypoint::EAR_LEFT).y > point(keypoint::EAR_RIGHT).y, "left is +y when facing +x");
        assert!(point(keypoint::EAR_LEFT).x > point(keypoint::TAIL_BASE).x + 60.0);
        let tail = (point(keypoint::TAIL_TIP) - point(keypoint::TAIL_BASE)).norm();
        assert!((65.0..80.0).contains(&tail), "tail {tail}");
        assert!(body.keypoints.iter().all(|point| point.z > 0.5 && point.z < 40.0));
    }
}
