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

    /// The edits by which a machine's labels take the place of those that stand, as far as no person made them: what moves is
    /// taken away first, so that dots are free for whom they go to. A dot that a person gave to a keypoint stays there.
    pub fn by_machine(before: &FrameLabels, after: &FrameLabels) -> Vec<Self> {
        let is_human = |label: Option<&Label>| label.is_some_and(Label::is_human);
        let (mut away, mut placed) = (Vec::new(), Vec::new());
        for camera in (0..before.camera_count() as u8).map(CameraId) {
            for keypoint in (0..before.keypoint_count() as u8).map(KeypointId) {
                let (old, new) = (before.get(camera, keypoint), after.get(camera, keypoint));
                let [was, is] = [old, new].map(|label| label.map(|label| label.placement));
                if is_human(old) || is_human(new) || was == is {
                    continue;
                }
                let holder = new.and_then(|label| before.holder_of(camera, label.placement.number()?));
                let is_free = holder.is_none_or(|holder| holder == keypoint || !is_human(before.get(camera, holder)));
                if let Some(old) = old {
                    away.push(Self { camera, keypoint, before: Some(old.clone()), after: None });
                }
                if let Some(new) = new.filter(|_| is_free) {
                    placed.push(Self { camera, keypoint, before: None, after: Some(new.clone()) });
                }
            }
        }
        away.append(&mut placed);
        away
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
    fn a_machine_exchanges_its_own_dots_and_takes_none_from_a_person() {
        let (camera, a, b, c) = (CameraId(0), KeypointId(0), KeypointId(1), KeypointId(2));
        let machine = |number: u16| {
            let provenance = Provenance { source: Source::Geometry, run: None, annotator: None, at_unix_ms: 0 };
            Label { provenance, ..label(number) }
        };
        let (mut labels, mut wanted) = (FrameLabels::empty(1, 3), FrameLabels::empty(1, 3));
        for (keypoint, was, is) in [(a, machine(1), machine(2)), (b, machine(2), machine(1)), (c, label(3), machine(4))]
        {
            labels.place(camera, keypoint, was);
            wanted.place(camera, keypoint, is);
        }
        let start = labels.clone();
        let edits = Edit::by_machine(&labels, &wanted);
        edits.iter().for_each(|edit| edit.apply(&mut labels).unwrap());
        let number =
            |labels: &FrameLabels, keypoint| labels.get(camera, keypoint).unwrap().placement.number().unwrap().0;
        assert_eq!([a, b, c].map(|keypoint| number(&labels, keypoint)), [2, 1, 3]);
        edits.iter().rev().for_each(|edit| edit.inverse().apply(&mut labels).unwrap());
        assert_eq!(labels, start);
        wanted.place(camera, a, machine(3));
        assert_eq!(
            Edit::by_machine(&start, &wanted).iter().filter(|edit| edit.keypoint == a && edit.after.is_some()).count(),
            0
        );
    }

    #[test]
    fn an_edit_on_a_changed_value_is_refused() {
        let mut labels = FrameLabels::empty(1, 2);
        let edit = Edit { camera: CameraId(0), keypoint: KeypointId(0), before: Some(label(1)), after: None };
        assert!(edit.apply(&mut labels).is_err());
    }
}
