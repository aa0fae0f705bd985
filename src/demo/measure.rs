//! How hard a scene turned out to be, in numbers measured on it: so that "hard" means something.
//!
//! The floor is what triangulation reaches when every dot's identity is known: no assigner can be better on average.

use rayon::prelude::*;
use serde::Serialize;

use super::Scene;
use super::anatomy::KEYPOINT_COUNT;
use crate::geometry::triangulate;
use crate::model::{Point2, Point3};

/// Figures of a scene, over all its frames.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SceneFigures {
    /// Standard deviation of a bright spot's place per axis, px at 1024 px width.
    pub spot_noise_px: f64,
    /// Views in which a keypoint's dot is reported, on average.
    pub mean_views: f64,
    /// The same by keypoint, in the order of the skeleton.
    pub mean_views_by_keypoint: Vec<f64>,
    /// Share of keypoints and frames that fewer than two views report, %.
    pub under_two_views_pct: f64,
    /// Dots per view that are no keypoint's.
    pub strays_per_view: f64,
    /// Dots per view in which two keypoints touch.
    pub merged_per_view: f64,
    /// How fast keypoints move, mean, mm/s.
    pub speed_mean_mm_per_sec: f64,
    /// How fast keypoints move, 95th percentile, mm/s.
    pub speed_p95_mm_per_sec: f64,
    /// How far keypoints move from frame to frame, mean by keypoint, mm.
    pub step_mm_by_keypoint: Vec<f64>,
    /// Mean error of triangulating all reported dots with their true identities, mm.
    pub floor_mean_mm: f64,
    /// The same, median.
    pub floor_median_mm: f64,
    /// The same, 95th percentile.
    pub floor_p95_mm: f64,
}

/// What one frame adds.
struct FrameFigures {
    points: [Point3; KEYPOINT_COUNT],
    views: [usize; KEYPOINT_COUNT],
    strays: usize,
    merged: usize,
    errors_mm: Vec<f64>,
}

impl Scene {
    /// Measures the scene over all its frames, on all cores.
    pub fn measure(&self) -> SceneFigures {
        let frames: Vec<FrameFigures> =
            (0..self.config.frames).into_par_iter().map(|frame| self.measure_frame(frame)).collect();
        let frame_count = frames.len() as f64;
        let view_count = frame_count * self.rig.len() as f64;
        let mut errors: Vec<f64> = frames.iter().flat_map(|frame| frame.errors_mm.iter().copied()).collect();
        errors.sort_by(f64::total_cmp);
        let steps = |keypoint: usize| {
            frames.windows(2).map(move |pair| (pair[1].points[keypoint] - pair[0].points[keypoint]).norm())
        };
        let mut speeds: Vec<f64> =
            (0..KEYPOINT_COUNT).flat_map(steps).map(|millimetres| millimetres * self.config.fps).collect();
        speeds.sort_by(f64::total_cmp);
        let views =
            |keypoint: usize| frames.iter().map(|frame| frame.views[keypoint]).sum::<usize>() as f64 / frame_count;
        let under_two = frames.iter().flat_map(|frame| frame.views).filter(|views| *views < 2).count() as f64;
        let mean_views_by_keypoint: Vec<f64> = (0..KEYPOINT_COUNT).map(views).collect();
        SceneFigures {
            spot_noise_px: self.optics.figures.spot_noise_px,
            mean_views: mean(&mean_views_by_keypoint),
            mean_views_by_keypoint,
            under_two_views_pct: 100.0 * under_two / (frame_count * KEYPOINT_COUNT as f64),
            strays_per_view: frames.iter().map(|frame| frame.strays).sum::<usize>() as f64 / view_count,
            merged_per_view: frames.iter().map(|frame| frame.merged).sum::<usize>() as f64 / view_count,
            speed_mean_mm_per_sec: mean(&speeds),
            speed_p95_mm_per_sec: quantile(&speeds, 0.95),
            step_mm_by_keypoint: (0..KEYPOINT_COUNT)
                .map(|keypoint| mean(&steps(keypoint).collect::<Vec<_>>()))
                .collect(),
            floor_mean_mm: mean(&errors),
            floor_median_mm: quantile(&errors, 0.5),
            floor_p95_mm: quantile(&errors, 0.95),
        }
    }

    fn measure_frame(&self, frame: u32) -> FrameFigures {
        let points = self.points(frame);
        let dots = self.dots(frame);
        let mut seen: [Vec<Option<Point2>>; KEYPOINT_COUNT] = [const { Vec::new() }; KEYPOINT_COUNT];
        seen.iter_mut().for_each(|views| views.resize(self.rig.len(), None));
        for (camera, view) in dots.iter().enumerate() {
            for dot in view {
                if let Some(keypoint) = dot.keypoint {
                    seen[keypoint.index()][camera] = Some(dot.point_in_image);
                }
            }
        }
        let views = std::array::from_fn(|keypoint: usize| seen[keypoint].iter().flatten().count());
        let errors_mm = seen
            .iter()
            .zip(&points)
            .filter_map(|(views, truth)| Some((triangulate(&self.rig, views)?.position_in_world - truth).norm()))
            .collect();
        let all = || dots.iter().flatten();
        FrameFigures {
            points,
            views,
            strays: all().filter(|dot| dot.keypoint.is_none()).count(),
            merged: all().filter(|dot| dot.swallowed.is_some()).count(),
            errors_mm,
        }
    }
}

fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { f64::NAN } else { values.iter().sum::<f64>() / values.len() as f64 }
}

/// The value below which this share of sorted values lies.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * share).round() as usize).copied().unwrap_or(f64::NAN)
}
