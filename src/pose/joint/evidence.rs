//! One frame as the joint search sees it: the dots of every view, on which rays they lie, and which of them people have
//! already named.
//!
//! A label that a person placed where no centroid was found stands here as a dot without a number, so that everything
//! downstream treats both alike.

use nalgebra::{Matrix3, Vector2, Vector3};

use crate::geometry::{Camera, Rig};
use crate::model::{CameraId, Centroid, CentroidNumber, FrameLabels, KeypointId, Placement, Point2, Point3};

/// A dot of one view.
#[derive(Clone, Debug)]
pub struct Dot {
    /// Its number; a free point has none.
    pub number: Option<CentroidNumber>,
    /// Its place.
    pub point_in_image: Point2,
    /// Its place on the ideal image plane at distance 1.
    pub normalized: Vector2<f64>,
}

impl Dot {
    /// The placement of a label on this dot.
    pub fn placement(&self) -> Placement {
        match self.number {
            Some(number) => Placement::Centroid { number, point_in_image: self.point_in_image },
            None => Placement::Free { point_in_image: self.point_in_image },
        }
    }
}

/// What is fixed about a keypoint in one view because a person said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// It is this dot, by position in [`ViewEvidence::dots`].
    Dot(u8),
    /// It cannot be seen.
    Absent,
}

/// The dots of one view.
#[derive(Clone, Debug, Default)]
pub struct ViewEvidence {
    /// At most [`MAX_DOTS`], by number; free points follow.
    pub dots: Vec<Dot>,
    /// By keypoint.
    pub locks: Vec<Option<Lock>>,
}

/// How many dots of a view are considered; the brightest ones where there are more.
pub const MAX_DOTS: usize = 64;

/// The dots of all views of one frame.
#[derive(Clone, Debug, Default)]
pub struct FrameEvidence {
    /// By camera.
    pub views: Vec<ViewEvidence>,
}

impl FrameEvidence {
    /// Collects the centroids of a frame and the labels of its people.
    ///
    /// `centroids` is by camera; `human` may hold labels of any source, of which only those by people lock.
    pub fn new(rig: &Rig, centroids: &[Vec<Centroid>], keypoint_count: usize, human: Option<&FrameLabels>) -> Self {
        let views = rig.cameras.iter().enumerate().map(|(index, camera)| {
            let mut view = ViewEvidence { dots: Vec::new(), locks: vec![None; keypoint_count] };
            let seen = centroids.get(index).map_or(&[][..], Vec::as_slice);
            for centroid in brightest(seen) {
                if let Some(normalized) = camera.undistort(centroid.point_in_image) {
                    let number = Some(centroid.number);
                    view.dots.push(Dot { number, point_in_image: centroid.point_in_image, normalized });
                }
            }
            for keypoint in (0..keypoint_count as u8).map(KeypointId) {
                let label = human.and_then(|labels| labels.get(CameraId(index as u8), keypoint));
                if let Some(label) = label.filter(|label| label.is_human()) {
                    view.locks[keypoint.index()] = view.locked(camera, &label.placement);
                }
            }
            view
        });
        Self { views: views.collect() }
    }

    /// Adds the free points of labels as dots, so that an assigner's points can be chosen like centroids.
    pub fn add_points(&mut self, rig: &Rig, labels: &FrameLabels) {
        for (camera, _, label) in labels.iter() {
            let Placement::Free { point_in_image } = label.placement else { continue };
            let dots = &mut self.views[camera.index()].dots;
            let is_new = !dots.iter().any(|dot| dot.point_in_image == point_in_image);
            if let (true, Some(normalized)) = (is_new, rig.camera(camera).undistort(point_in_image)) {
                dots.push(Dot { number: None, point_in_image, normalized });
            }
        }
    }

    /// Whether a person labelled anything in this frame.
    pub fn has_locks(&self) -> bool {
        self.views.iter().any(|view| view.locks.iter().any(Option::is_some))
    }

    /// What a person said of a keypoint in a view.
    pub fn lock(&self, camera: usize, keypoint: usize) -> Option<Lock> {
        self.views[camera].locks.get(keypoint).copied().flatten()
    }

    /// The keypoint to which a person gave a dot.
    pub fn owner(&self, camera: usize, dot: u8) -> Option<usize> {
        self.views[camera].locks.iter().position(|lock| *lock == Some(Lock::Dot(dot)))
    }
}

impl ViewEvidence {
    fn locked(&mut self, camera: &Camera, placement: &Placement) -> Option<Lock> {
        let Some(point_in_image) = placement.point_in_image() else { return Some(Lock::Absent) };
        let number = placement.number();
        let known = self.dots.iter().position(|dot| number.is_some() && dot.number == number);
        let index = match known {
            Some(index) => index,
            None => {
                let normalized = camera.undistort(point_in_image)?;
                self.dots.push(Dot { number, point_in_image, normalized });
                self.dots.len() - 1
            }
        };
        u8::try_from(index).ok().map(Lock::Dot)
    }

    /// The position of a dot by number.
    pub fn position_of(&self, number: CentroidNumber) -> Option<u8> {
        self.dots.iter().position(|dot| dot.number == Some(number)).map(|index| index as u8)
    }
}

/// The centroids of a view, without the faintest where there are more than [`MAX_DOTS`]; order is kept.
fn brightest(centroids: &[Centroid]) -> Vec<Centroid> {
    let mut kept = centroids.to_vec();
    if kept.len() > MAX_DOTS {
        kept.sort_by(|a, b| b.snr.total_cmp(&a.snr));
        kept.truncate(MAX_DOTS);
        kept.sort_by_key(|centroid| centroid.number);
    }
    kept
}

/// The cameras as the inner loops want them: ideal pinhole, residuals in pixels by the mean focal length.
#[derive(Clone, Debug)]
pub struct PinholeRig {
    /// World to camera, by camera.
    pub rotation: Vec<Matrix3<f64>>,
    /// World to camera, by camera.
    pub translation: Vec<Vector3<f64>>,
    /// Pixels per unit of the ideal image plane, by camera.
    pub focal_px: Vec<f64>,
    /// Image width over 1024 px, by camera: what the thresholds of the paper are multiplied by.
    pub scale: Vec<f64>,
}

impl PinholeRig {
    /// Prepares a rig.
    pub fn new(rig: &Rig) -> Self {
        let cameras = &rig.cameras;
        Self {
            rotation: cameras.iter().map(|camera| *camera.rotation()).collect(),
            translation: cameras.iter().map(|camera| *camera.translation()).collect(),
            focal_px: cameras.iter().map(|camera| camera.focal_px()).collect(),
            scale: cameras.iter().map(|camera| f64::from(camera.size_px()[0]) / 1024.0).collect(),
        }
    }

    /// How many cameras there are.
    pub fn len(&self) -> usize {
        self.rotation.len()
    }

    /// Whether there is no camera.
    pub fn is_empty(&self) -> bool {
        self.rotation.is_empty()
    }

    /// The largest [`PinholeRig::scale`]: thresholds that all views share are stated for the widest image.
    pub fn widest(&self) -> f64 {
        self.scale.iter().fold(0.0f64, |a, b| a.max(*b))
    }

    /// Where a point lies on a camera's ideal image plane; none behind the camera.
    pub fn project(&self, camera: usize, point_in_world: &Point3) -> Option<Vector2<f64>> {
        let point = self.rotation[camera] * point_in_world.coords + self.translation[camera];
        (point.z > 1e-9).then(|| Vector2::new(point.x / point.z, point.y / point.z))
    }

    /// The distance between a dot and a projected point, in units of a 1024 px wide image.
    pub fn residual(&self, camera: usize, dot: &Dot, point_in_world: &Point3) -> Option<f64> {
        let projected = self.project(camera, point_in_world)?;
        Some((projected - dot.normalized).norm() * self.focal_px[camera] / self.scale[camera])
    }

    /// Least squares over the rays of some dots, given as (camera, dot); none when they do not meet.
    pub fn intersect<'a>(&self, rays: impl Iterator<Item = (usize, &'a Dot)>) -> Option<Point3> {
        let (mut normal, mut right, mut count) = (Matrix3::zeros(), Vector3::zeros(), 0);
        for (camera, dot) in rays {
            let (r, t) = (&self.rotation[camera], &self.translation[camera]);
            let weight = self.focal_px[camera] / self.scale[camera];
            for axis in 0..2 {
                let u = dot.normalized[axis];
                let row = (r.row(2) * u - r.row(axis)).transpose() * weight;
                let value = (t[axis] - u * t[2]) * weight;
                normal += row * row.transpose();
                right += row * value;
            }
            count += 1;
        }
        if count < 2 {
            return None;
        }
        let inverse = normal.try_inverse()?;
        let point = inverse * right;
        point.iter().all(|value| value.is_finite()).then(|| Point3::from(point))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Source;
    use crate::pose::fixtures::{centroid, label, on, scene};

    #[test]
    fn people_lock_and_machines_do_not() {
        let scene = scene(4);
        let dots = vec![vec![centroid(7, Point2::new(500.0, 300.0))]];
        let mut labels = FrameLabels::empty(4, 3);
        let camera = CameraId(0);
        labels.place(camera, KeypointId(0), on(&dots[0][0], Source::Human));
        labels.place(camera, KeypointId(1), label(Placement::Absent, Source::Seed));
        labels.place(camera, KeypointId(2), label(Placement::Absent, Source::Geometry));
        let evidence = FrameEvidence::new(&scene.rig, &dots, 3, Some(&labels));
        assert_eq!(evidence.lock(0, 0), Some(Lock::Dot(0)));
        assert_eq!(evidence.lock(0, 1), Some(Lock::Absent));
        assert_eq!((evidence.lock(0, 2), evidence.lock(1, 0)), (None, None));
        assert_eq!((evidence.owner(0, 0), evidence.has_locks()), (Some(0), true));
        assert!(!FrameEvidence::new(&scene.rig, &dots, 3, None).has_locks());
    }

    #[test]
    fn free_points_become_dots() {
        let scene = scene(4);
        let point_in_image = Point2::new(400.0, 200.0);
        let mut labels = FrameLabels::empty(4, 1);
        labels.place(CameraId(1), KeypointId(0), label(Placement::Free { point_in_image }, Source::Human));
        let mut evidence = FrameEvidence::new(&scene.rig, &[], 1, Some(&labels));
        assert_eq!(evidence.lock(1, 0), Some(Lock::Dot(0)));
        assert_eq!(evidence.views[1].dots[0].placement(), Placement::Free { point_in_image });
        evidence.add_points(&scene.rig, &labels);
        assert_eq!(evidence.views[1].dots.len(), 1, "one place is one dot");
    }

    #[test]
    fn the_brightest_are_kept_in_their_order() {
        let scene = scene(4);
        let many: Vec<Centroid> = (1..=MAX_DOTS as u16 + 5)
            .map(|number| Centroid {
                snr: if number <= 5 { 1.0 } else { 9.0 },
                ..centroid(number, Point2::new(f64::from(number) * 10.0, 300.0))
            })
            .collect();
        let evidence = FrameEvidence::new(&scene.rig, &[many], 1, None);
        let kept: Vec<u16> = evidence.views[0].dots.iter().filter_map(|dot| dot.number.map(|n| n.0)).collect();
        assert_eq!(kept, (6..=MAX_DOTS as u16 + 5).collect::<Vec<_>>());
    }
}
