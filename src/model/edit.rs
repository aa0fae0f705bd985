//! Edits of labels as records `{target, before, after}`, so that each can be undone where nobody changed the value since.

use thiserror::Error;

use super::ids::{CameraId, KeypointId};
use super::label::{FrameLabels, Label};

/// One change of one label.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// The view.
    pub camera: CameraId,
    /// The keypoint.
    pub keypoint: KeypointId,
    /// The label that stood there.
    pub before: Option<Label>,
    /// The label that stands there now.
    pub after: Option<Label>,
}

/// An edit that cannot be applied, since the value is no longer the one that it starts from.
#[derive(Clone, Debug, Error, PartialEq)]
#[error("the label was changed since ({})", found.as_ref().map_or("removed", |label| label.source().as_str()))]
pub struct EditConflict {
    /// The view.
    pub camera: CameraId,
    /// The keypoint.
    pub keypoint: KeypointId,
    /// What stands there instead.
    pub found: Option<Label>,
}

impl Edit {
    /// The edit that takes this one back.
    #[must_use]
    pub fn inverse(&self) -> Self {
        Self { before: self.after.clone(), after: self.before.clone(), ..*self }
    }

    /// The edits that place `label`: the change itself, and before it the removal from the keypoint that held its centroid.
    pub fn placing(labels: &FrameLabels, camera: CameraId, keypoint: KeypointId, label: Label) -> Vec<Self> {
        let mut edits = Vec::new();
        let holder = label.placement.number().and_then(|number| labels.holder_of(camera, number));
        if let Some(holder) = holder.filter(|holder| *holder != keypoint) {
            edits.push(Self { camera, keypoint: holder, before: labels.get(camera, holder).cloned(), after: None });
        }
        edits.push(Self { camera, keypoint, before: labels.get(camera, keypoint).cloned(), after: Some(label) });
        edits
    }

    /// Applies the edit where the value still equals `before`.
    ///
    /// # Errors
    /// When something else stands there; the labels are then unchanged.
    pub fn apply(&self, labels: &mut FrameLabels) -> Result<(), EditConflict> {
        let found = labels.get(self.camera, self.keypoint);
        if found != self.before.as_ref() {
            return Err(EditConflict { camera: self.camera, keypoint: self.keypoint, found: found.cloned() });
        }
        match &self.after {
            Some(label) => drop(labels.place(self.camera, self.keypoint, label.clone())),
            None => drop(labels.take(self.camera, self.keypoint)),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Point2;
    use super::super::ids::CentroidNumber;
    use super::super::label::Placement;
    use super::super::provenance::{Provenance, Source};
    use super::*;

    fn label(number: u16) -> Label {
        let point_in_image = Point2::new(0.0, 0.0);
        Label {
            placement: Placement::Centroid { number: CentroidNumber(number), point_in_image },
            provenance: Provenance { source: Source::Human, run: None, annotator: None, at_unix_ms: 0 },
            margin: None,
        }
    }

    #[test]
    fn placing_and_undoing_restores_both_keypoints() {
        let (camera, a, b) = (CameraId(0), KeypointId(0), KeypointId(1));
        let mut labels = FrameLabels::empty(1, 2);
        labels.place(camera, a, label(7));
        let start = labels.clone();
        let edits = Edit::placing(&labels, camera, b, label(7));
        assert_eq!(edits.len(), 2);
        edits.iter().for_each(|edit| edit.apply(&mut labels).unwrap());
        assert_eq!(labels.holder_of(camera, CentroidNumber(7)), Some(b));
        edits.iter().rev().for_each(|edit| edit.inverse().apply(&mut labels).unwrap());
        assert_eq!(labels, start);
    }

    #[test]
    fn an_edit_on_a_changed_value_is_refused() {
        let mut labels = FrameLabels::empty(1, 2);
        let edit = Edit { camera: CameraId(0), keypoint: KeypointId(0), before: Some(label(1)), after: None };
        assert!(edit.apply(&mut labels).is_err());
    }
}
