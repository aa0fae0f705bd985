//! How good labels and 3D points are against ground truth, beside the floor: the same triangulation with the true identity
//! of every detected dot.
//!
//! Seed frames and frames that people labelled are the caller's to leave out. Errors are over points that are there, in
//! millimetres whatever the calibration's unit.

use serde::Serialize;

use crate::geometry::{self, Rig};
use crate::model::{CameraId, Centroid, FrameLabels, FramePose, KeypointId, Point2, Point3, Skeleton, Source};

/// A label is wrong when it is farther than this from the keypoint's true projection, px at 1024 px width.
pub const IDENTITY_TOLERANCE_PX: f64 = 3.0;

/// Errors over a set of points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Errors {
    /// Mean, mm; absent without points.
    pub mean_mm: Option<f64>,
    /// Median, mm.
    pub median_mm: Option<f64>,
    /// 95th percentile, mm.
    pub p95_mm: Option<f64>,
    /// Mean of the floor, mm; absent without centroids.
    pub floor_mean_mm: Option<f64>,
    /// Share of labelled (view, keypoint) that are wrong, percent.
    pub identity_error_pct: Option<f64>,
    /// Share of true points that are missing, percent.
    pub missing_pct: Option<f64>,
    /// Share of true points that the floor misses too, percent; absent without centroids.
    pub floor_missing_pct: Option<f64>,
}

/// What one frame adds.
#[derive(Clone, Debug, Default, PartialEq)]
struct Tally {
    errors_mm: Vec<f64>,
    floor_mm: Vec<f64>,
    labels: usize,
    wrong: usize,
    truths: usize,
    floor_truths: usize,
}

/// Collects frames.
pub struct Evaluation<'a> {
    rig: &'a Rig,
    tau_px: f64,
    mm_per_unit: f64,
    tallies: Vec<Tally>,
    frames: usize,
    wrong_frames: Vec<(u32, bool)>,
}

/// A frame to judge.
pub struct JudgedFrame<'a> {
    /// Its index.
    pub frame: u32,
    /// True places by keypoint; absent where the truth has none.
    pub truth: &'a [Option<Point3>],
    /// The labels to judge.
    pub labels: &'a FrameLabels,
    /// The points to judge.
    pub pose: &'a FramePose,
    /// Detected dots by camera, for the floor; absent where there are none.
    pub centroids: Option<&'a [Vec<Centroid>]>,
}

impl<'a> Evaluation<'a> {
    /// Starts a count. `tau_px` is the floor's inlier threshold at 1024 px width, `mm_per_unit` the calibration's unit.
    pub fn new(rig: &'a Rig, skeleton: &Skeleton, tau_px: f64, mm_per_unit: f64) -> Self {
        let tallies = vec![Tally::default(); skeleton.len()];
        Self { rig, tau_px, mm_per_unit, tallies, frames: 0, wrong_frames: Vec::new() }
    }

    /// Judges a frame.
    pub fn add(&mut self, judged: &JudgedFrame<'_>) {
        self.frames += 1;
        let mut is_wrong = false;
        let projections: Vec<Vec<Option<Point2>>> = self
            .rig
            .cameras
            .iter()
            .map(|camera| judged.truth.iter().map(|truth| camera.project((*truth)?)).collect())
            .collect();
        for (camera, keypoint, label) in judged.labels.iter() {
            let (Some(point), Some(truth)) =
                (label.placement.point_in_image(), projections[camera.index()][keypoint.index()])
            else {
                continue;
            };
            let wrong = (point - truth).norm() > self.tolerance_px(camera);
            self.tallies[keypoint.index()].labels += 1;
            self.tallies[keypoint.index()].wrong += usize::from(wrong);
            is_wrong |= wrong;
        }
        self.wrong_frames.push((judged.frame, is_wrong));
        let floor = judged.centroids.map(|centroids| self.floor(&projections, centroids));
        for (index, truth) in judged.truth.iter().enumerate() {
            let Some(truth) = truth else { continue };
            let tally = &mut self.tallies[index];
            tally.truths += 1;
            if let Some(position) = judged.pose.position(KeypointId(index as u8)) {
                tally.errors_mm.push((position - truth).norm() * self.mm_per_unit);
            }
            if let Some(floor) = &floor {
                tally.floor_truths += 1;
                if let Some(position) = floor[index] {
                    tally.floor_mm.push((position - truth).norm() * self.mm_per_unit);
                }
            }
        }
    }

    /// Whether each judged frame has a wrong label, in the order of judging.
    pub fn wrong_frames(&self) -> &[(u32, bool)] {
        &self.wrong_frames
    }

    /// How many frames were judged.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// Over all keypoints.
    pub fn overall(&self) -> Errors {
        summarize(self.tallies.iter())
    }

    /// Of one keypoint.
    pub fn of(&self, keypoint: KeypointId) -> Errors {
        summarize(self.tallies.get(keypoint.index()).into_iter())
    }

    fn tolerance_px(&self, camera: CameraId) -> f64 {
        IDENTITY_TOLERANCE_PX * f64::from(self.rig.camera(camera).size_px()[0]) / 1024.0
    }

    /// The points that the detected dots make when everyone knows which is which.
    fn floor(&self, projections: &[Vec<Option<Point2>>], centroids: &[Vec<Centroid>]) -> Vec<Option<Point3>> {
        let keypoint_count = self.tallies.len();
        let mut points: Vec<Vec<Option<Point2>>> = vec![vec![None; projections.len()]; keypoint_count];
        for (camera, (projected, dots)) in projections.iter().zip(centroids).enumerate() {
            let tolerance = self.tolerance_px(CameraId(camera as u8));
            let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
            for (keypoint, truth) in projected.iter().enumerate() {
                let Some(truth) = truth else { continue };
                for (dot, centroid) in dots.iter().enumerate() {
                    let distance = (centroid.point_in_image - truth).norm();
                    if distance <= tolerance {
                        pairs.push((distance, keypoint, dot));
                    }
                }
            }
            // The nearest pairs first: each dot belongs to one keypoint.
            pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
            let mut taken = vec![false; dots.len()];
            for (_, keypoint, dot) in pairs {
                if !taken[dot] && points[keypoint][camera].is_none() {
                    taken[dot] = true;
                    points[keypoint][camera] = Some(dots[dot].point_in_image);
                }
            }
        }
        let scale = self.rig.cameras.iter().map(|camera| f64::from(camera.size_px()[0]) / 1024.0).fold(0.0, f64::max);
        points
            .iter()
            .map(|points| geometry::ransac(self.rig, points, self.tau_px * scale).map(|found| found.position_in_world))
            .collect()
    }
}

/// The share of frames with a wrong label that a ranking shows first.
pub fn ranking_quality(ranked_wrong: &[bool]) -> (Option<f64>, Option<f64>) {
    use super::ranking::found_in_first;
    (found_in_first(ranked_wrong, 0.05), found_in_first(ranked_wrong, 0.10))
}

/// Whether a label was made by a person, so that its frame is not judged.
pub fn has_human_label(labels: &FrameLabels) -> bool {
    labels.iter().any(|(_, _, label)| matches!(label.source(), Source::Seed | Source::Human))
}

fn summarize<'t>(tallies: impl Iterator<Item = &'t Tally>) -> Errors {
    let mut sum = Tally::default();
    for tally in tallies {
        sum.errors_mm.extend(&tally.errors_mm);
        sum.floor_mm.extend(&tally.floor_mm);
        sum.labels += tally.labels;
        sum.wrong += tally.wrong;
        sum.truths += tally.truths;
        sum.floor_truths += tally.floor_truths;
    }
    sum.errors_mm.sort_by(f64::total_cmp);
    let mean = |values: &[f64]| (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
    let share = |part: usize, whole: usize| (whole > 0).then(|| 100.0 * part as f64 / whole as f64);
    Errors {
        mean_mm: mean(&sum.errors_mm),
        median_mm: quantile(&sum.errors_mm, 0.5),
        p95_mm: quantile(&sum.errors_mm, 0.95),
        floor_mean_mm: mean(&sum.floor_mm),
        identity_error_pct: share(sum.wrong, sum.labels),
        missing_pct: share(sum.truths - sum.errors_mm.len(), sum.truths),
        floor_missing_pct: share(sum.floor_truths - sum.floor_mm.len(), sum.floor_truths),
    }
}

/// A quantile of ascending values, linear between neighbours.
fn quantile(ascending: &[f64], share: f64) -> Option<f64> {
    let last = ascending.len().checked_sub(1)?;
    let place = share * last as f64;
    let (below, above) = (ascending[place.floor() as usize], ascending[place.ceil() as usize]);
    Some(below + (above - below) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Placement, Point3d};
    use crate::pose::fixtures::{by_number, exact, label, scene};

    fn pose(points: &[Option<Point3>]) -> FramePose {
        let point = |position: &Option<Point3>| {
            Some(Point3d { position_in_world: (*position)?, error_px: 0.1, views: 6, source: Source::Geometry })
        };
        FramePose { points: points.iter().map(point).collect() }
    }

    #[test]
    fn known_errors_come_out_in_millimetres_whatever_the_unit() {
        let scene = scene(6);
        let truth: Vec<_> = scene.points(0).into_iter().map(Some).collect();
        let dots = exact(&scene, &scene.points(0));
        let mut found = truth.clone();
        found[0] = found[0].map(|point| point + nalgebra::Vector3::new(0.0, 0.012, 0.0));
        found[1] = None;
        let labels = by_number(&dots, 12, Source::Geometry);
        let pose = pose(&found);
        let frame = JudgedFrame { frame: 7, truth: &truth, labels: &labels, pose: &pose, centroids: Some(&dots) };
        let mut evaluation = Evaluation::new(&scene.rig, &scene.skeleton, 3.0, 1000.0);
        evaluation.add(&frame);
        let (first, second, all) = (evaluation.of(KeypointId(0)), evaluation.of(KeypointId(1)), evaluation.overall());
        assert!((first.mean_mm.unwrap() - 12.0).abs() < 1e-9);
        assert_eq!((second.mean_mm, second.missing_pct), (None, Some(100.0)));
        assert!((all.mean_mm.unwrap() - 12.0 / 11.0).abs() < 1e-9 && all.median_mm == Some(0.0));
        assert!(all.floor_mean_mm.unwrap() < 1e-3 && all.floor_missing_pct == Some(0.0));
        assert_eq!(all.identity_error_pct, Some(0.0));
        assert_eq!((evaluation.frames(), evaluation.wrong_frames()), (1, &[(7, false)][..]));
    }

    #[test]
    fn the_tolerance_of_identity_grows_with_the_image() {
        for (width, offset_px, is_wrong) in
            [(1024, 2.9, false), (1024, 3.1, true), (2048, 5.9, false), (2048, 6.1, true)]
        {
            let config = crate::demo::DemoConfig { size_px: [width, width / 2], ..Default::default() };
            let scene = crate::demo::Scene::new(&config).unwrap();
            let truth: Vec<_> = scene.points(0).into_iter().map(Some).collect();
            let mut labels = FrameLabels::empty(6, 12);
            let mut place = scene.rig.cameras[1].project(scene.points(0)[3]).unwrap();
            place.x += offset_px;
            let free = Placement::Free { point_in_image: place };
            labels.place(CameraId(1), KeypointId(3), label(free, Source::Geometry));
            let pose = FramePose::missing(12);
            let mut evaluation = Evaluation::new(&scene.rig, &scene.skeleton, 3.0, 1.0);
            evaluation.add(&JudgedFrame { frame: 0, truth: &truth, labels: &labels, pose: &pose, centroids: None });
            assert_eq!(evaluation.wrong_frames(), [(0, is_wrong)], "{offset_px} px at {width} px");
            let all = evaluation.overall();
            assert_eq!((all.floor_mean_mm, all.floor_missing_pct, all.missing_pct), (None, None, Some(100.0)));
        }
    }

    #[test]
    fn quantiles_lie_between_neighbours() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.5), Some(2.0));
        assert_eq!(quantile(&[1.0, 3.0], 0.95), Some(2.9));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
