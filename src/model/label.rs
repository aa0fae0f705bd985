//! Labels: which dot of a view is which keypoint.
//!
//! Invariant of [`FrameLabels`]: within one view a centroid belongs to at most one keypoint. [`FrameLabels::place`] keeps it
//! and says from whom a centroid was taken.

use super::Point2;
use super::ids::{CameraId, CentroidNumber, KeypointId};
use super::provenance::{Provenance, Source};

/// Where a keypoint is in one view.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Placement {
    /// It is this centroid.
    Centroid {
        /// The centroid's number in the view.
        number: CentroidNumber,
        /// The centroid's place.
        point_in_image: Point2,
    },
    /// It is here, where no centroid was found.
    Free {
        /// The place.
        point_in_image: Point2,
    },
    /// It cannot be seen in this view.
    Absent,
}

impl Placement {
    /// The place, unless the keypoint cannot be seen.
    pub fn point_in_image(&self) -> Option<Point2> {
        match *self {
            Self::Centroid { point_in_image, .. } | Self::Free { point_in_image } => Some(point_in_image),
            Self::Absent => None,
        }
    }

    /// The centroid's number, if it is one.
    pub fn number(&self) -> Option<CentroidNumber> {
        match *self {
            Self::Centroid { number, .. } => Some(number),
            Self::Free { .. } | Self::Absent => None,
        }
    }
}

/// A keypoint's place in one view, with who said so and how surely.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// The place.
    pub placement: Placement,
    /// Who said so.
    pub provenance: Provenance,
    /// How much worse the second-best joint assignment is, nats; absent where nobody measured it.
    pub margin: Option<f32>,
}

impl Label {
    /// Whether a person made it.
    pub fn is_human(&self) -> bool {
        self.provenance.source.is_human()
    }

    /// What made it.
    pub fn source(&self) -> Source {
        self.provenance.source
    }
}

/// The labels of one frame: per camera and keypoint a label, or nothing yet.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameLabels {
    keypoint_count: usize,
    labels: Vec<Option<Label>>,
}

impl FrameLabels {
    /// No labels yet, for that many cameras and keypoints.
    pub fn empty(camera_count: usize, keypoint_count: usize) -> Self {
        Self { keypoint_count, labels: vec![None; camera_count * keypoint_count] }
    }

    fn slot(&self, camera: CameraId, keypoint: KeypointId) -> usize {
        debug_assert!(keypoint.index() < self.keypoint_count, "keypoint outside the skeleton");
        camera.index() * self.keypoint_count + keypoint.index()
    }

    /// How many cameras there are.
    pub fn camera_count(&self) -> usize {
        self.labels.len().checked_div(self.keypoint_count).unwrap_or(0)
    }

    /// How many keypoints there are.
    pub fn keypoint_count(&self) -> usize {
        self.keypoint_count
    }

    /// The label of a keypoint in a view.
    pub fn get(&self, camera: CameraId, keypoint: KeypointId) -> Option<&Label> {
        self.labels[self.slot(camera, keypoint)].as_ref()
    }

    /// The place of a keypoint in a view, if it is labelled and can be seen.
    pub fn point_in_image(&self, camera: CameraId, keypoint: KeypointId) -> Option<Point2> {
        self.get(camera, keypoint).and_then(|label| label.placement.point_in_image())
    }

    /// The keypoint that holds a centroid.
    pub fn holder_of(&self, camera: CameraId, number: CentroidNumber) -> Option<KeypointId> {
        (0..self.keypoint_count as u8)
            .map(KeypointId)
            .find(|keypoint| self.get(camera, *keypoint).and_then(|label| label.placement.number()) == Some(number))
    }

    /// Puts a label, takes its centroid from any other keypoint of the view, and returns that keypoint with the label it
    /// loses.
    pub fn place(&mut self, camera: CameraId, keypoint: KeypointId, label: Label) -> Option<(KeypointId, Label)> {
        let taken = label
            .placement
            .number()
            .and_then(|number| self.holder_of(camera, number))
            .filter(|holder| *holder != keypoint)
            .and_then(|holder| self.take(camera, holder).map(|lost| (holder, lost)));
        let slot = self.slot(camera, keypoint);
        self.labels[slot] = Some(label);
        taken
    }

    /// Removes a label and returns it.
    pub fn take(&mut self, camera: CameraId, keypoint: KeypointId) -> Option<Label> {
        let slot = self.slot(camera, keypoint);
        self.labels[slot].take()
    }

    /// All labels, by camera, then keypoint.
    pub fn iter(&self) -> impl Iterator<Item = (CameraId, KeypointId, &Label)> {
        let keypoint_count = self.keypoint_count;
        self.labels.iter().enumerate().filter_map(move |(slot, label)| {
            let camera = CameraId((slot / keypoint_count) as u8);
            let keypoint = KeypointId((slot % keypoint_count) as u8);
            label.as_ref().map(|label| (camera, keypoint, label))
        })
    }

    /// The places of a keypoint in all views, by camera.
    pub fn views_of(&self, keypoint: KeypointId) -> Vec<Option<Point2>> {
        (0..self.camera_count() as u8).map(|camera| self.point_in_image(CameraId(camera), keypoint)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn centroid(number: u16) -> Label {
        Label {
            placement: Placement::Centroid {
                number: CentroidNumber(number),
                point_in_image: Point2::new(f64::from(number), 0.0),
            },
            provenance: Provenance { source: Source::Human, run: None, annotator: None, at_unix_ms: 0 },
            margin: None,
        }
    }

    #[test]
    fn a_centroid_has_one_keypoint_per_view() {
        let mut labels = FrameLabels::empty(2, 3);
        let (cam0, cam1) = (CameraId(0), CameraId(1));
        let (a, b) = (KeypointId(0), KeypointId(1));
        assert_eq!(labels.place(cam0, a, centroid(4)), None);
        assert_eq!(labels.place(cam1, b, centroid(4)), None, "numbers are local to a view");
        assert_eq!(labels.place(cam0, b, centroid(4)), Some((a, centroid(4))));
        assert_eq!(labels.holder_of(cam0, CentroidNumber(4)), Some(b));
        assert_eq!(labels.get(cam0, a), None);
        assert_eq!(labels.place(cam0, b, centroid(4)), None, "placing it again takes it from nobody");
        assert_eq!(labels.iter().count(), 2);
    }
}
