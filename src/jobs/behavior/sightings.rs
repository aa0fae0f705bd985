//! Where animals are in the pictures that a model gets: tracks in pixels as they are, 3D points through the calibration.

use super::subjects::{Origin, Subjects, watching_camera};
use crate::behavior::bodies::{Bodies, Body};
use crate::behavior::clip_pictures::Place;
use crate::geometry::Camera;
use crate::jobs::JobError;
use crate::model::{AnimalTrack, Tracks};
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
                camera.map(|camera| projected(project, info, subjects, camera)).transpose()?.into_iter().collect()
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
fn projected(
    project: &Project,
    info: &RecordingInfo,
    subjects: &Subjects,
    camera: &Camera,
) -> Result<Vec<Option<Place>>, JobError> {
    let parts = subjects.tracks.parts.clone();
    let mut points = vec![[f32::NAN; 2]; info.frame_count as usize * parts.len()];
    for item in project.poses_in(info.id, 0..info.frame_count) {
        let (frame, pose) = item?;
        for keypoint in project.skeleton().ids() {
            let seen = pose.position(keypoint).and_then(|place| camera.project(place));
            let slot = points.get_mut(frame as usize * parts.len() + keypoint.index());
            if let (Some(seen), Some(slot)) = (seen, slot) {
                *slot = [seen.x as f32, seen.y as f32];
            }
        }
    }
    let animals = vec![AnimalTrack { points, heights: Vec::new() }];
    let tracks = Tracks { frame_count: info.frame_count, fps: subjects.tracks.fps, parts, animals, mm_per_unit: None };
    Ok(Bodies::of(&tracks).animals.iter().flat_map(in_pixels).collect())
}
