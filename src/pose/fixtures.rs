//! Frames that the unit tests of the pose pipeline share, from the demo's rig and animal.

use crate::demo::{DemoConfig, Difficulty, Scene};
use crate::model::{
    CameraId, Centroid, CentroidNumber, CentroidOrigin, FrameLabels, KeypointId, Label, Placement, Point2, Point3,
    Provenance, Source,
};

use super::solve::FrameInput;

/// An easy recording on a ring rig, in millimetres.
pub fn scene(camera_count: u8) -> Scene {
    let config = DemoConfig { frames: 40, difficulty: Difficulty::Easy, camera_count, ..DemoConfig::default() };
    Scene::new(&config).unwrap()
}

pub fn centroid(number: u16, point_in_image: Point2) -> Centroid {
    let number = CentroidNumber(number);
    Centroid { number, point_in_image, sigma_px: 1.5, peak: 100.0, snr: 50.0, origin: CentroidOrigin::Detected }
}

pub fn label(placement: Placement, source: Source) -> Label {
    Label { placement, provenance: Provenance { source, run: None, annotator: None, at_unix_ms: 0 }, margin: None }
}

/// A label on a centroid.
pub fn on(centroid: &Centroid, source: Source) -> Label {
    let Centroid { number, point_in_image, .. } = *centroid;
    label(Placement::Centroid { number, point_in_image }, source)
}

/// Exact projections of points, by camera; the n-th point's dot has number n + 1 in every view.
pub fn exact(scene: &Scene, points: &[Point3]) -> Vec<Vec<Centroid>> {
    let of = |camera: &crate::geometry::Camera| {
        let dot = |(index, point): (usize, &Point3)| Some(centroid(index as u16 + 1, camera.project(*point)?));
        points.iter().enumerate().filter_map(dot).collect()
    };
    scene.rig.cameras.iter().map(of).collect()
}

/// Labels that give every keypoint the dot with its number.
pub fn by_number(dots: &[Vec<Centroid>], keypoint_count: usize, source: Source) -> FrameLabels {
    let mut labels = FrameLabels::empty(dots.len(), keypoint_count);
    for (camera, dots) in dots.iter().enumerate() {
        for dot in dots.iter().filter(|dot| usize::from(dot.number.0) <= keypoint_count) {
            labels.place(CameraId(camera as u8), KeypointId(dot.number.0 as u8 - 1), on(dot, source));
        }
    }
    labels
}

/// What a detector reports of `frames` frames, and who is who; the first three frames are seeds.
pub fn recording(scene: &Scene, frames: u32) -> (Vec<FrameInput>, Vec<FrameLabels>) {
    let mut truths = Vec::new();
    let inputs = (0..frames).map(|frame| {
        let mut truth = FrameLabels::empty(scene.rig.len(), scene.skeleton.len());
        let mut centroids = Vec::new();
        for (camera, dots) in scene.dots(frame).iter().enumerate() {
            let found: Vec<Centroid> =
                dots.iter().zip(1..).map(|(dot, number)| centroid(number, dot.point_in_image)).collect();
            for (dot, found) in dots.iter().zip(&found) {
                if let Some(keypoint) = dot.keypoint {
                    truth.place(CameraId(camera as u8), keypoint, on(found, Source::Seed));
                }
            }
            centroids.push(found);
        }
        let human = (frame < 3).then(|| truth.clone());
        truths.push(truth);
        FrameInput { frame, centroids, human, proposal: None, votes: None }
    });
    (inputs.collect(), truths)
}
