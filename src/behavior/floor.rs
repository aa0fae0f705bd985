//! 3D points as tracks on the floor: where an animal is seen from straight above, and how high.
//!
//! The world's axes need not be the arena's. The floor is the plane in which the paws move, or all parts where there are no paws:
//! the direction in which they spread least is up, turned so that the paws are below the back, and x and y are as a camera
//! above would see them.

use nalgebra::{Matrix3, SymmetricEigen, Vector3};

use crate::model::skeleton::Role;
use crate::model::{AnimalTrack, FramePose, KeypointId, Skeleton};

const PAWS: [Role; 4] = [Role::ForepawLeft, Role::ForepawRight, Role::HindpawLeft, Role::HindpawRight];

/// The track of an animal from its poses, one per frame; `None` where fewer than three points are known in all.
pub fn track_from_poses(poses: &[FramePose], skeleton: &Skeleton) -> Option<AnimalTrack> {
    let all: Vec<Vector3<f64>> = coordinates(poses, &skeleton.ids().collect::<Vec<_>>()).collect();
    let of_paws: Vec<Vector3<f64>> = coordinates(poses, &with_roles(skeleton, &PAWS)).collect();
    let known = if of_paws.len() >= 3 { &of_paws } else { &all };
    if known.len() < 3 {
        return None;
    }
    let mean = known.iter().sum::<Vector3<f64>>() / known.len() as f64;
    let spread: Matrix3<f64> = known.iter().map(|point| (point - mean) * (point - mean).transpose()).sum();
    let eigen = SymmetricEigen::new(spread);
    let least = eigen.eigenvalues.imin();
    let mut up = eigen.eigenvectors.column(least).into_owned();
    if paws_above_back(poses, skeleton, &up) {
        up = -up;
    }
    // Seen from above, x to the right and y downwards: x × y points away from the viewer.
    let x = eigen.eigenvectors.column(eigen.eigenvalues.imax()).into_owned();
    let y = x.cross(&up);
    let floor = all.iter().map(|point| (point - mean).dot(&up)).fold(f64::INFINITY, f64::min);
    let count = skeleton.len();
    let mut track =
        AnimalTrack { points: vec![[f32::NAN; 2]; poses.len() * count], heights: vec![f32::NAN; poses.len() * count] };
    for (frame, pose) in poses.iter().enumerate() {
        for keypoint in skeleton.ids() {
            if let Some(point) = pose.position(keypoint) {
                let place = point.coords - mean;
                let at = frame * count + keypoint.index();
                track.points[at] = [place.dot(&x) as f32, place.dot(&y) as f32];
                track.heights[at] = (place.dot(&up) - floor) as f32;
            }
        }
    }
    Some(track)
}

fn with_roles(skeleton: &Skeleton, roles: &[Role]) -> Vec<KeypointId> {
    roles.iter().filter_map(|role| skeleton.with_role(*role)).collect()
}

fn coordinates(poses: &[FramePose], parts: &[KeypointId]) -> impl Iterator<Item = Vector3<f64>> {
    poses.iter().flat_map(|pose| parts.iter().filter_map(|part| pose.position(*part))).map(|point| point.coords)
}

/// Whether the paws lie on the side of the back to which `up` points.
fn paws_above_back(poses: &[FramePose], skeleton: &Skeleton, up: &Vector3<f64>) -> bool {
    let paws = with_roles(skeleton, &PAWS);
    let back = with_roles(skeleton, &[Role::Head, Role::BodyCentre, Role::BackRear]);
    let height = |pose: &FramePose, parts: &[KeypointId]| {
        let known: Vec<f64> =
            parts.iter().filter_map(|part| pose.position(*part)).map(|point| point.coords.dot(up)).collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    };
    let differences = poses.iter().filter_map(|pose| Some(height(pose, &paws)? - height(pose, &back)?));
    differences.sum::<f64>() > 0.0
}

#[cfg(test)]
mod tests {
    use nalgebra::Rotation3;

    use super::*;
    use crate::behavior::bodies::Bodies;
    use crate::model::{Part, Point3, Point3d, Source, Tracks};

    /// A mouse that walks a right-hand bend on a floor that is tilted in the world.
    fn poses() -> (Vec<FramePose>, Skeleton) {
        let skeleton = Skeleton::mabe12();
        let tilt = Rotation3::from_euler_angles(0.7, -1.1, 0.4);
        let along = [50.0, 40.0, 40.0, 30.0, 20.0, 20.0, 0.0, -30.0, -30.0, -50.0, -70.0, -90.0];
        let across = [0.0, -8.0, 8.0, 0.0, -15.0, 15.0, 0.0, -15.0, 15.0, 0.0, 0.0, 0.0];
        let height = [15.0, 25.0, 25.0, 25.0, 1.0, 1.0, 30.0, 1.0, 1.0, 15.0, 5.0, 2.0];
        let frames = (0..60).map(|frame| {
            // Seen from above with y to the north, a right-hand bend turns clockwise: the angle falls.
            let turn = -0.02 * f64::from(frame);
            let (sin, cos) = turn.sin_cos();
            let points = (0..12).map(|part| {
                let (a, s) = (along[part], -across[part]);
                let place = Vector3::new(a * cos - s * sin + 9.0 * f64::from(frame), a * sin + s * cos, height[part]);
                let position_in_world = Point3::from(tilt * place + Vector3::new(5.0, 900.0, -3.0));
                Some(Point3d { position_in_world, error_px: 0.1, views: 6, source: Source::Geometry })
            });
            FramePose { points: points.collect() }
        });
        (frames.collect(), skeleton)
    }

    #[test]
    fn a_tilted_world_is_seen_from_above() {
        let (poses, skeleton) = poses();
        let track = track_from_poses(&poses, &skeleton).unwrap();
        let part = |name: &str| skeleton.find(name).unwrap().index();
        let height = |name: &str| track.heights[30 * 12 + part(name)];
        assert!(height("center_back") > 28.0 && height("left_hindpaw") < 1.5, "{}", height("center_back"));
        let parts = skeleton.keypoints.iter().map(|keypoint| Part { name: keypoint.name.clone(), role: keypoint.role });
        let bodies = Bodies::of(&Tracks {
            frame_count: 60,
            fps: 30.0,
            parts: parts.collect(),
            animals: vec![track.clone()],
            mm_per_unit: Some(1.0),
        });
        // Clockwise, as the image of a camera above shows it, is positive.
        assert!((bodies.animals[0].turning[30] - 0.6).abs() < 0.02, "{}", bodies.animals[0].turning[30]);
        // The left ear is to the left of the way the animal goes, as seen from above with y downwards.
        let [nose, left, rear] = ["nose", "left_ear", "tail_base"].map(|name| track.points[30 * 12 + part(name)]);
        let (ahead, side) = ([nose[0] - rear[0], nose[1] - rear[1]], [left[0] - rear[0], left[1] - rear[1]]);
        assert!(ahead[0] * side[1] - ahead[1] * side[0] < 0.0);
    }

    #[test]
    fn poses_without_points_are_no_track() {
        let skeleton = Skeleton::qd12();
        assert_eq!(track_from_poses(&[FramePose::missing(12)], &skeleton), None);
    }
}
