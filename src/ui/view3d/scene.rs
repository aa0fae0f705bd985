//! What the 3D view shows: the floor, cameras, the skeleton, where a keypoint was, and true points beside. In millimetres.

use super::orbit::{Level, Vector};
use crate::app::series::{Series, mm_per_unit};
use crate::app::session::Session;
use crate::geometry::Camera;
use crate::model::{KeypointId, Point2, Point3};

/// Frames of a trail.
pub const TRAIL_FRAMES: u32 = 60;

/// A camera as it is drawn.
pub struct Frustum {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub centre: Vector,
    /// Unit directions through the corners of its image, in order round it.
    pub corners: [Vector; 4],
}

/// What does not change with the frame.
pub struct Rig {
    /// The calibrated cameras.
    pub frusta: Vec<Frustum>,
    /// Which way is up: as the cameras' images have it on the mean.
    pub level: Level,
}

impl Rig {
    /// The cameras of a recording.
    pub fn of(session: &Session) -> Self {
        let mm = mm_per_unit(&session.info.units);
        let mut up = Vector::zeros();
        let mut frusta = Vec::new();
        for (id, camera) in session.labelling.rig() {
            // The image's rows run downwards.
            up -= camera.rotation().row(1).transpose();
            if let Some(corners) = corners_of(camera) {
                let centre = camera.center_in_world().coords * mm;
                frusta.push(Frustum { name: session.camera_name(id).to_owned(), centre, corners });
            }
        }
        Self { frusta, level: Level::from_up(up) }
    }

    /// The middle of all cameras and the greatest distance of one from it, mm.
    pub fn extent(&self) -> Option<(Vector, f64)> {
        extent(self.frusta.iter().map(|frustum| frustum.centre))
    }
}

/// Directions through an image's corners; the lens may not reach them, then those of points further in are taken.
fn corners_of(camera: &Camera) -> Option<[Vector; 4]> {
    let [width, height] = camera.size_px().map(f64::from);
    let at = |x: f64, y: f64| {
        [1.0, 0.8, 0.6].into_iter().find_map(|share| {
            let inward = |corner: f64, size: f64| size / 2.0 + (corner - 0.5) * size * share - 0.5;
            Some(camera.ray(Point2::new(inward(x, width), inward(y, height)))?.direction)
        })
    };
    Some([at(0.0, 0.0)?, at(1.0, 0.0)?, at(1.0, 1.0)?, at(0.0, 1.0)?])
}

/// The shown frame's points, mm.
pub fn points_mm(session: &Session) -> Vec<Option<Vector>> {
    let mm = mm_per_unit(&session.info.units);
    let Some(view) = session.view() else { return vec![None; session.skeleton.len()] };
    session.skeleton.ids().map(|id| view.pose.position(id).map(|place| place.coords * mm)).collect()
}

/// The shown frame's true points, mm, where a table was loaded and has the frame.
pub fn truth_mm(session: &Session) -> Option<Vec<Option<Vector>>> {
    let mm = mm_per_unit(&session.info.units);
    let (_, table) = session.truth.as_ref()?;
    let points: &Vec<Option<Point3>> = table.get(&session.cursor.frame)?;
    Some(points.iter().map(|place| place.map(|place| place.coords * mm)).collect())
}

/// The middle of places and the greatest distance from it.
pub fn extent(places: impl Iterator<Item = Vector> + Clone) -> Option<(Vector, f64)> {
    let count = places.clone().count();
    if count == 0 {
        return None;
    }
    let middle = places.clone().sum::<Vector>() / count as f64;
    Some((middle, places.map(|place| (place - middle).norm()).fold(0.0, f64::max)))
}

/// Where a keypoint was in the frames up to `frame`, the oldest first; nothing where it has no point.
pub fn trail(series: &Series, keypoint: KeypointId, frame: u32) -> Vec<Option<Vector>> {
    let first = frame.saturating_sub(TRAIL_FRAMES);
    let vector = |place: [f32; 3]| Vector::from(place.map(f64::from));
    (first..=frame).map(|frame| series.point_mm(keypoint, frame).map(vector)).collect()
}

/// How high the floor is along `up`: below nearly all points of the recording, else below those of the frame.
pub fn floor_mm(series: Option<&Series>, keypoints: usize, points: &[Option<Vector>], up: Vector) -> f64 {
    let mut heights: Vec<f64> = Vec::new();
    if let Some(series) = series {
        let step = series.frame_count().div_ceil(2000).max(1);
        for keypoint in 0..keypoints {
            let track = series.track_mm(KeypointId(keypoint as u8));
            let places = track.iter().step_by(step).filter(|place| place[0].is_finite());
            heights.extend(places.map(|place| Vector::from(place.map(f64::from)).dot(&up)));
        }
    }
    if heights.is_empty() {
        heights.extend(points.iter().flatten().map(|place| place.dot(&up)));
    }
    if heights.is_empty() {
        return 0.0;
    }
    let low = heights.len() / 200;
    *heights.select_nth_unstable_by(low, f64::total_cmp).1
}

/// A round distance between the lines of the floor for an eye so far away, mm.
pub fn grid_step_mm(distance_mm: f64) -> f64 {
    let least = (distance_mm / 12.0).max(1.0);
    let power = 10f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|digit| digit * power).find(|step| *step >= least).unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FramePose, Point3d, Source};

    fn series() -> Series {
        let mut series = Series::empty(2, 1000, "mm");
        for frame in 0..1000 {
            let point = |z: f64| {
                Some(Point3d {
                    position_in_world: Point3::new(f64::from(frame), 0.0, z),
                    error_px: 0.1,
                    views: 3,
                    source: Source::Geometry,
                })
            };
            // One wild point far below the floor.
            let low = if frame == 500 { -900.0 } else { 4.0 };
            series.put(frame, &FramePose { points: vec![point(low), (frame % 2 == 0).then(|| point(30.0)).flatten()] });
        }
        series
    }

    #[test]
    fn the_floor_lies_under_the_paws_and_not_under_a_wild_point() {
        assert_eq!(floor_mm(Some(&series()), 2, &[], Vector::z()), 4.0);
        let points = [Some(Vector::new(0.0, 0.0, 7.0)), None, Some(Vector::new(0.0, 0.0, 9.0))];
        assert_eq!(floor_mm(None, 3, &points, Vector::z()), 7.0);
        assert_eq!(floor_mm(None, 3, &[None], Vector::z()), 0.0);
    }

    #[test]
    fn trails_end_at_the_frame_and_have_gaps() {
        let found = trail(&series(), KeypointId(1), 100);
        assert_eq!(found.len(), 61);
        assert_eq!(found.last().unwrap().unwrap().x, 100.0);
        assert!(found[59].is_none());
        assert_eq!(trail(&series(), KeypointId(0), 2).len(), 3);
    }

    #[test]
    fn floor_lines_are_round() {
        for (distance, step) in [(300.0, 50.0), (100.0, 10.0), (2400.0, 200.0), (15.0, 2.0), (50_000.0, 5000.0)] {
            assert_eq!(grid_step_mm(distance), step, "{distance}");
        }
    }
}
