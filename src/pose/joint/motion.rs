//! Where a keypoint should be, from where it was: constant velocity, faded as far as the recording's own motion asks for,
//! with a heavy-tailed penalty, since mice jump.
//!
//! The Student-t tail is what keeps a jump from being explained by another keypoint's dots; with a Gaussian the errors of a
//! prototype were four times as large.

use nalgebra::Vector3;
use serde::{Deserialize, Serialize};

use crate::model::Point3;

/// What is remembered of one keypoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// Where it was seen last.
    pub position: Option<Point3>,
    /// Its displacement per frame there, where it was seen twice running.
    pub velocity: Option<Vector3<f64>>,
    /// Frames since.
    pub age: u16,
}

impl Memory {
    /// What is remembered one frame on, when the keypoint is seen at `position` or not seen.
    #[must_use]
    pub fn next(&self, position: Option<Point3>) -> Self {
        match (position, self.position) {
            (Some(now), Some(before)) => {
                let steps = f64::from(self.age + 1);
                Self { position: Some(now), velocity: Some((now - before) / steps), age: 0 }
            }
            (Some(now), None) => Self { position: Some(now), velocity: None, age: 0 },
            (None, _) => Self { age: self.age.saturating_add(1), ..*self },
        }
    }
}

/// How the animal moves, learnt from what was solved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MotionModel {
    /// Typical distance between prediction and truth, world units, by keypoint.
    scales: Vec<f64>,
    /// Sums that give the share of a velocity that lasts into the next frame.
    lasting: f64,
    total: f64,
    floor: f64,
}

/// Degrees of freedom of the tail.
const TAIL: f64 = 3.0;
/// Most that motion can say against a candidate, nats.
pub const MOTION_CAP: f64 = 6.0;
/// What a keypoint costs that nobody knows where to expect, nats.
pub const UNEXPECTED: f64 = 2.0;
/// After so many unseen frames the last place says nothing.
const FORGOTTEN: u16 = 12;
/// Share of a new observation in a running scale.
const LEARNING_RATE: f64 = 0.04;

impl MotionModel {
    /// A model for an animal of a given length, before any motion was seen.
    pub fn new(keypoint_count: usize, body_length: f64) -> Self {
        Self { scales: vec![0.03 * body_length; keypoint_count], lasting: 0.5, total: 1.0, floor: 0.004 * body_length }
    }

    /// The share of a velocity that lasts.
    fn persistence(&self) -> f64 {
        (self.lasting / self.total).clamp(0.0, 1.0)
    }

    /// Where a keypoint should be, and how far from there it may be, world units; none where nobody knows.
    pub fn predict(&self, keypoint: usize, memory: &Memory) -> Option<(Point3, f64)> {
        let position = memory.position.filter(|_| memory.age < FORGOTTEN)?;
        let steps = f64::from(memory.age + 1);
        let persistence = self.persistence();
        // The velocity fades by the same share in each unseen frame.
        let reach: f64 = (1..=memory.age + 1).map(|step| persistence.powi(i32::from(step))).sum();
        let drift = memory.velocity.map_or(Vector3::zeros(), |velocity| velocity * reach);
        let unsure = if memory.velocity.is_some() { 1.0 } else { 2.0 };
        Some((position + drift, self.scales[keypoint] * steps * unsure))
    }

    /// Penalty of a place, nats.
    pub fn penalty(&self, expected: Option<(Point3, f64)>, position: &Point3) -> f64 {
        match expected {
            Some((expected, scale)) => {
                let squared = (position - expected).norm_squared() / (TAIL * scale * scale);
                (0.5 * (TAIL + 3.0) * squared.ln_1p()).min(MOTION_CAP)
            }
            None => UNEXPECTED,
        }
    }

    /// Learns from a keypoint that was seen three frames running.
    pub fn learn(&mut self, keypoint: usize, memory: &Memory, position: &Point3) {
        let (Some(before), Some(velocity), 0) = (memory.position, memory.velocity, memory.age) else { return };
        let displacement = position - before;
        self.lasting = 0.995 * self.lasting + displacement.dot(&velocity);
        self.total = 0.995 * self.total + velocity.norm_squared();
        let missed = (displacement - velocity * self.persistence()).norm();
        let scale = &mut self.scales[keypoint];
        // One wild jump must not make everything plausible; the root of the mean square remembers the swings of a paw
        // through its stances.
        let bounded = missed.min(6.0 * *scale);
        *scale = (*scale * *scale + LEARNING_RATE * (bounded * bounded - *scale * *scale)).sqrt().max(self.floor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_velocity_is_a_displacement_per_frame_and_age_counts_gaps() {
        let memory = Memory::default().next(Some(Point3::origin()));
        assert_eq!((memory.velocity, memory.age), (None, 0));
        let gone = memory.next(None).next(None);
        assert_eq!((gone.position, gone.age), (Some(Point3::origin()), 2));
        let back = gone.next(Some(Point3::new(6.0, 0.0, 0.0)));
        assert_eq!((back.velocity, back.age), (Some(Vector3::new(2.0, 0.0, 0.0)), 0));
    }

    #[test]
    fn predictions_follow_what_lasts_widen_with_age_and_are_forgotten() {
        let mut model = MotionModel::new(1, 100.0);
        let mut memory = Memory::default();
        for step in 0..400 {
            let here = Point3::new(f64::from(step), 0.0, 0.0);
            model.learn(0, &memory, &here);
            memory = memory.next(Some(here));
        }
        let (next, scale) = model.predict(0, &memory).unwrap();
        assert!((next.x - 400.0).abs() < 0.05 && scale < 1.0, "steady motion is expected to go on: {next} ± {scale}");
        let (_, later) = model.predict(0, &memory.next(None)).unwrap();
        assert!(later > 1.9 * scale);
        let long_gone = (0..FORGOTTEN).fold(memory, |memory, _| memory.next(None));
        assert_eq!(model.predict(0, &long_gone), None);
    }

    #[test]
    fn penalties_grow_and_are_capped() {
        let model = MotionModel::new(1, 100.0);
        let expected = Some((Point3::origin(), 1.0));
        let at = |x: f64| model.penalty(expected, &Point3::new(x, 0.0, 0.0));
        assert_eq!(at(0.0), 0.0);
        assert!(at(1.0) < at(2.0) && at(2.0) < MOTION_CAP);
        assert_eq!(at(1e6), MOTION_CAP);
        assert_eq!(model.penalty(None, &Point3::origin()), UNEXPECTED);
    }
}
