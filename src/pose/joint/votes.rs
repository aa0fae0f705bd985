//! What labels from elsewhere, a model's or a table's, say for a candidate: votes with a weight, not verdicts.
//!
//! A model that confuses two keypoints does so in several views at once, so the votes of a frame are not independent: their
//! sum saturates.

use super::candidates::{NO_DOT, Support};
use super::evidence::FrameEvidence;
use crate::model::{CameraId, FrameLabels, KeypointId, ViewSet};

/// Which dot each view's label gives to each keypoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Votes {
    /// By keypoint, then camera; [`NO_DOT`] without a vote.
    dots: Vec<Support>,
    weight: f32,
    cap: f32,
}

impl Votes {
    /// Reads the labels of a frame. `weight` is what one view's agreement is worth and `cap` what all together are, nats.
    pub fn new(evidence: &FrameEvidence, labels: &FrameLabels, weight: f32, cap: f32) -> Self {
        let mut dots = vec![[NO_DOT; ViewSet::CAPACITY]; labels.keypoint_count()];
        for (camera, keypoint, label) in labels.iter() {
            let view = &evidence.views[camera.index()];
            let position = match label.placement.number() {
                Some(number) => view.position_of(number),
                None => label.placement.point_in_image().and_then(|point| {
                    view.dots.iter().position(|dot| dot.point_in_image == point).map(|index| index as u8)
                }),
            };
            dots[keypoint.index()][camera.index()] = position.unwrap_or(NO_DOT);
        }
        Self { dots, weight, cap }
    }

    /// The vote for a keypoint in a view.
    pub fn dot(&self, camera: CameraId, keypoint: KeypointId) -> Option<u8> {
        Some(self.dots[keypoint.index()][camera.index()]).filter(|dot| *dot != NO_DOT)
    }

    /// The energy that the votes add to a candidate for a keypoint: at most 0, at least −cap.
    pub fn energy(&self, keypoint: usize, support: &Support) -> f32 {
        let agreeing =
            self.dots[keypoint].iter().zip(support).filter(|(vote, dot)| **vote != NO_DOT && vote == dot).count();
        -(self.weight * agreeing as f32).min(self.cap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Source;
    use crate::pose::fixtures::{by_number, exact, scene};

    #[test]
    fn agreement_counts_until_it_saturates() {
        let scene = scene(6);
        let dots = exact(&scene, &scene.points(0)[2..4]);
        let labels = by_number(&dots, 2, Source::Imported);
        let evidence = FrameEvidence::new(&scene.rig, &dots, 2, None);
        let votes = Votes::new(&evidence, &labels, 1.0, 3.0);
        let of = |views: usize, dot: u8| {
            let mut support = [NO_DOT; ViewSet::CAPACITY];
            support[..views].fill(dot);
            votes.energy(1, &support)
        };
        assert_eq!(votes.dot(CameraId(0), KeypointId(1)), Some(1));
        assert_eq!([of(0, 1), of(2, 1), of(3, 1), of(6, 1), of(6, 0)], [0.0, -2.0, -3.0, -3.0, 0.0]);
    }
}
