//! Seed labels of a table, as one gesture.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::error::StoreError;
use super::journal::{FrameEdit, Gesture, GestureId, ItemEdit};
use super::project::Project;
use crate::model::{CameraId, Edit, FrameLabels, KeypointId, Label, Provenance, RecordingId, Source};

/// What an import of seeds did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeedImport {
    /// Labels that are new or changed.
    pub changed: usize,
    /// Labels that stood there already, exactly so.
    pub unchanged: usize,
    /// Seed labels of the same frames that the table no longer has.
    pub removed: usize,
    /// The gesture, unless nothing changed.
    pub gesture: Option<GestureId>,
}

impl Project {
    /// The seed labels by frame, without any other label of those frames: what [`Project::import_seeds`] takes.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn seed_labels(&self, recording: RecordingId) -> Result<Vec<(u32, FrameLabels)>, StoreError> {
        let mut frames = Vec::new();
        for frame in self.seed_frames(recording)? {
            let all = self.labels(recording, frame)?;
            let mut seeds = FrameLabels::empty(all.camera_count(), all.keypoint_count());
            for (camera, keypoint, label) in all.iter().filter(|(_, _, label)| label.source() == Source::Seed) {
                seeds.place(camera, keypoint, label.clone());
            }
            frames.push((frame, seeds));
        }
        Ok(frames)
    }

    /// Makes the labels of `frames` seeds: the table's rows replace the seed labels of its frames, and of other labels those
    /// that they name. One gesture, so that one undo takes all of it back; importing the same table again changes nothing.
    ///
    /// # Errors
    /// When the annotator has no name, or a frame, camera or keypoint is not there; nothing is changed then.
    pub fn import_seeds(
        &mut self,
        recording: RecordingId,
        gesture: &Gesture<'_>,
        frames: &[(u32, FrameLabels)],
    ) -> Result<SeedImport, StoreError> {
        let annotator: Arc<str> = Arc::from(gesture.annotator.trim());
        let mut report = SeedImport::default();
        let mut edits = Vec::new();
        for (frame, wanted) in frames {
            let mut current = self.labels(recording, *frame)?;
            let mut changes = Vec::new();
            let named: BTreeSet<_> = wanted.iter().map(|(camera, keypoint, _)| (camera, keypoint)).collect();
            let gone: Vec<_> = current
                .iter()
                .filter(|(camera, keypoint, label)| {
                    label.source() == Source::Seed && !named.contains(&(*camera, *keypoint))
                })
                .map(|(camera, keypoint, label)| removal(camera, keypoint, label))
                .collect();
            report.removed += gone.len();
            changes.extend(gone);
            // Whatever changes is taken away first: two seeds of a frame may exchange their centroids.
            let mut new = Vec::new();
            for (camera, keypoint, label) in wanted.iter() {
                let old = current.get(camera, keypoint);
                if old.is_some_and(|old| old.source() == Source::Seed && old.placement == label.placement) {
                    report.unchanged += 1;
                    continue;
                }
                report.changed += 1;
                changes.extend(old.map(|old| removal(camera, keypoint, old)));
                let provenance = Provenance {
                    source: Source::Seed,
                    run: None,
                    annotator: Some(Arc::clone(&annotator)),
                    at_unix_ms: gesture.at_unix_ms,
                };
                let label = Label { placement: label.placement, provenance, margin: None };
                new.push((camera, keypoint, label));
            }
            for edit in &changes {
                current.take(edit.camera, edit.keypoint);
            }
            for (camera, keypoint, label) in new {
                for edit in Edit::placing(&current, camera, keypoint, label.clone()) {
                    changes.push(edit);
                }
                current.place(camera, keypoint, label);
            }
            edits.extend(changes.into_iter().map(|edit| FrameEdit {
                recording,
                frame: *frame,
                item: ItemEdit::Label(edit),
            }));
        }
        if !edits.is_empty() {
            report.gesture = Some(self.record_gesture(gesture, &edits)?);
        }
        Ok(report)
    }
}

fn removal(camera: CameraId, keypoint: KeypointId, label: &Label) -> Edit {
    Edit { camera, keypoint, before: Some(label.clone()), after: None }
}
