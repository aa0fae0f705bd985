//! Where animals are in the pictures that a model gets: tracks in pixels as they are, 3D points through the calibration.

use super::subjects::{Origin, Subjects, watching_camera};
use crate::behavior::bodies::{Bodies, Body};
use crate::behavior::clip_pictures::Place;
use crate::geometry::Camera;
use crate::jobs::JobError;
use crate::model::FramePose;
use crate::recording::Recording;
use crate::store::{Project, RecordingInfo};

/// Where each animal is in each frame, image pixels of the watching camera.
#[derive(Clone, Debug, Default)]
pub(super) struct Sightings {
    pub fps: f64,
    /// By animal, then frame; an animal without frames is nowhere.
    places: Vec<Vec<Option<Place>>>,
}

impl Sightings {
    /// Of the animals that tracks, boxes, blobs or 3D points show; of an arena, and of 3D points in a camera without a
    /// calibration, nobody is anywhere.
    pub fn of(
        project: &Project,
        recording: &Recording,
        info: &RecordingInfo,
        subjects: &Subjects,
        bodies: &Bodies,
    ) -> Result<Self, JobError> {
        let places = match subjects.origin {
            Origin::Arena => Vec::new(),
            Origin::Tables | Origin::Blobs => bodies.animals.iter().map(in_pixels).collect(),
            Origin::Poses => {
                let name = recording.cameras.get(watching_camera(recording).index()).map(|camera| camera.name.as_str());
                let rig = recording.rig.as_ref();
                let camera = rig.and_then(|rig| Some(rig.camera(rig.find(name?)?)));
                camera.map(|camera| projected(project, info, camera)).transpose()?.into_iter().collect()
            }
        };
        Ok(Self { fps: bodies.fps, places })
    }

    /// Where an animal is in a frame.
    pub fn place(&self, animal: usize, frame: u32) -> Option<Place> {
        *self.places.get(animal)?.get(frame as usize)?
    }

    /// Where all are, in the order of the names.
    pub fn places(&self, animals: usize, frame: u32) -> Vec<Option<Place>> {
        (0..animals).map(|animal| self.place(animal, frame)).collect()
    }
}

fn in_pixels(body: &Body) -> Vec<Option<Place>> {
    let place = |center: &[f32; 2]| center[0].is_finite().then_some(Place { center: *center, length: body.length });
    body.centre.iter().map(place).collect()
}

/// The one animal whose 3D points the project has, as the camera sees it.
fn projected(project: &Project, info: &RecordingInfo, camera: &Camera) -> Result<Vec<Option<Place>>, JobError> {
    let mut places = vec![None; info.frame_count as usize];
    let mut lengths = Vec::new();
    for item in project.poses_in(info.id, 0..info.frame_count) {
        let (frame, pose) = item?;
        let Some((center, length)) = seen_by(camera, project, &pose) else { continue };
        lengths.extend((length > 0.0).then_some(length));
        if let Some(slot) = places.get_mut(frame as usize) {
            *slot = Some(Place { center, length: 0.0 });
        }
    }
    // One length for all frames: the enlarged part keeps its scale.
    lengths.sort_unstable_by(f32::total_cmp);
    let Some(length) = lengths.get(lengths.len() / 2).copied() else { return Ok(Vec::new()) };
    places.iter_mut().flatten().for_each(|place| place.length = length);
    Ok(places)
}

/// The middle of a pose's points in the image, and how far its farthest are apart.
fn seen_by(camera: &Camera, project: &Project, pose: &FramePose) -> Option<([f32; 2], f32)> {
    let points = project.skeleton().ids().filter_map(|keypoint| camera.project(pose.position(keypoint)?));
    let points: Vec<[f32; 2]> = points.map(|point| [point.x as f32, point.y as f32]).collect();
    if points.is_empty() {
        return None;
    }
    let middle = [0, 1].map(|axis| points.iter().map(|point| point[axis]).sum::<f32>() / points.len() as f32);
    let apart = |one: &[f32; 2], other: &[f32; 2]| (one[0] - other[0]).hypot(one[1] - other[1]);
    let length = points.iter().flat_map(|one| points.iter().map(move |other| apart(one, other))).fold(0.0, f32::max);
    Some((middle, length))
}
