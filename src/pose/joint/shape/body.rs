//! The body's own axes, from its spine and the direction that was up while the seeds were labelled.
//!
//! Body parts are found by role. A skeleton with fewer than two spine roles, or whose examples never show both of a pair,
//! has no body frame: sides and places then have no say.

use nalgebra::Vector3;
use serde::{Deserialize, Serialize};

use super::{Positions, ShapeModel};
use crate::model::{KeypointId, Point3, Role, Skeleton};

/// The body's axes in the world, right-handed: forward × left = up.
#[derive(Clone, Copy, Debug)]
pub struct BodyFrame {
    /// Where the longitudinal coordinate is 0.
    pub origin: Point3,
    /// Towards the head.
    pub forward: Vector3<f64>,
    /// Towards the animal's left.
    pub left: Vector3<f64>,
    /// Towards its back.
    pub up: Vector3<f64>,
    /// 1 for an animal on its feet, falling to 0 as the spine stands upright and the sides can no longer be told.
    pub trust: f64,
}

impl BodyFrame {
    /// A point in the body's frame: along, to the left, up.
    pub fn body_from_world(&self, point: &Point3) -> Vector3<f64> {
        let offset = point - self.origin;
        Vector3::new(offset.dot(&self.forward), offset.dot(&self.left), offset.dot(&self.up))
    }
}

/// The axes of a body whose spine bends: each keypoint is placed by those of its own half.
#[derive(Clone, Copy, Debug)]
pub struct Body {
    /// Along the whole spine; sides are judged by it.
    pub whole: BodyFrame,
    /// Along the front half.
    front: Option<BodyFrame>,
    /// Along the rear half.
    rear: Option<BodyFrame>,
}

impl Body {
    pub(super) fn half(&self, half: Half) -> Option<&BodyFrame> {
        match half {
            Half::Front => self.front.as_ref(),
            Half::Rear => self.rear.as_ref(),
        }
    }
}

/// The part of the spine whose axes place a keypoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Half {
    Front,
    Rear,
}

/// The spine from front to back, as far as a skeleton names it.
const SPINE: [Role; 4] = [Role::Head, Role::BodyCentre, Role::BackRear, Role::TailBase];

impl ShapeModel {
    pub(super) fn measure_spine(&mut self, skeleton: &Skeleton, examples: &[Vec<Option<Point3>>]) {
        let parts: Vec<KeypointId> = SPINE.iter().filter_map(|role| skeleton.with_role(*role)).collect();
        let Some((front, rest)) = parts.split_first() else { return };
        let Some(rear) = rest.last() else { return };
        let mut sums = vec![(0.0, 0.0); parts.len()];
        for example in examples {
            let (Some(head), Some(tail)) = (example[front.index()], example[rear.index()]) else { continue };
            let axis = (head - tail).normalize();
            let middle = nalgebra::center(&head, &tail);
            for (sum, part) in sums.iter_mut().zip(&parts) {
                if let Some(position) = example[part.index()] {
                    sum.0 += (position - middle).dot(&axis);
                    sum.1 += 1.0;
                }
            }
        }
        let seen = parts.iter().zip(&sums).filter(|(_, sum)| sum.1 > 0.0);
        self.spine = seen.map(|(part, sum)| (*part, sum.0 / sum.1)).collect();
    }

    pub(super) fn measure_up(&mut self, skeleton: &Skeleton, examples: &[Vec<Option<Point3>>]) {
        let mut up = Vector3::zeros();
        for example in examples {
            let Some((_, forward)) = self.axis(example) else { continue };
            for [left, right] in skeleton.pairs() {
                if let (Some(left), Some(right)) = (example[left.index()], example[right.index()]) {
                    up += forward.cross(&(left - right));
                }
            }
        }
        self.up_in_world = up.try_normalize(1e-9);
    }

    /// The middle of the seen spine and the direction to the head.
    pub(super) fn axis(&self, frame: &Positions) -> Option<(Point3, Vector3<f64>)> {
        self.axis_of(&self.spine, frame)
    }

    fn axis_of(&self, spine: &[(KeypointId, f64)], frame: &Positions) -> Option<(Point3, Vector3<f64>)> {
        let seen = || spine.iter().filter_map(|(part, along)| Some((frame[part.index()]?, *along)));
        let count = seen().count();
        if count < 2 {
            return None;
        }
        let share = 1.0 / count as f64;
        let middle = seen().fold(Vector3::zeros(), |sum, (position, _)| sum + position.coords * share);
        let mean_along: f64 = seen().map(|(_, along)| along * share).sum();
        let sum = seen()
            .fold(Vector3::zeros(), |sum, (position, along)| sum + (position.coords - middle) * (along - mean_along));
        let spread: f64 = seen().map(|(_, along)| (along - mean_along).powi(2)).sum();
        if spread < (0.05 * self.body_length).powi(2) {
            return None;
        }
        let forward = sum.try_normalize(1e-9)?;
        Some((Point3::from(middle - forward * mean_along), forward))
    }

    /// The body's axes; none with fewer than two spine keypoints, or when sides were never seen.
    pub fn body(&self, frame: &Positions) -> Option<Body> {
        let whole = self.frame_along(&self.spine, frame)?;
        let middle = self.spine.len() / 2;
        let front = self.frame_along(&self.spine[..middle], frame);
        let rear = self.frame_along(&self.spine[middle - 1..], frame);
        Some(Body { whole, front, rear })
    }

    fn frame_along(&self, spine: &[(KeypointId, f64)], frame: &Positions) -> Option<BodyFrame> {
        let (origin, forward) = self.axis_of(spine, frame)?;
        let upright = self.up_in_world? - forward * self.up_in_world?.dot(&forward);
        let trust = ((upright.norm() - 0.1) / 0.3).clamp(0.0, 1.0);
        let up = upright.try_normalize(1e-6)?;
        Some(BodyFrame { origin, forward, left: up.cross(&forward), up, trust })
    }
}
