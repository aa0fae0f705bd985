//! Machine frames that a person takes: written as a gesture, so that they can be taken back.

use super::error::{Fault, StoreError};
use super::journal::{FrameEdit, Gesture, GestureId, ItemEdit, write_gesture};
use super::journal_apply::Names;
use super::machine::{MachineFrame, replace_changes};
use super::poses;
use super::project::{Durability, Project};
use super::summaries::write_summary;
use crate::model::{CameraId, Edit, FrameLabels, KeypointId, Label, RecordingId, RunId};

impl Project {
    /// Writes what a run found, since a person asked for it: in one transaction, with its journal. Labels by people stay, and
    /// so do labels that the run would not move. Undo brings the labels back; their points are computed anew then.
    ///
    /// # Errors
    /// As [`Project::put_machine_frames`] and [`Project::apply_gesture`]; nothing is changed then.
    pub fn take_machine_frames(
        &mut self,
        recording: RecordingId,
        run: RunId,
        frames: &[(u32, MachineFrame<'_>)],
        gesture: &Gesture<'_>,
    ) -> Result<GestureId, StoreError> {
        let names = Names::of(self)?;
        let mut edits = Vec::new();
        for (frame, result) in frames {
            let before = self.labels(recording, *frame)?;
            let items = moved(&before, result.labels).into_iter().map(ItemEdit::Label);
            edits.extend(items.map(|item| FrameEdit { recording, frame: *frame, item }));
        }
        self.check_places(&edits)?;
        self.write(Durability::Power, |transaction| {
            let id = write_gesture(transaction, &names, gesture, &edits)?;
            for (frame, result) in frames {
                poses::write_pose(transaction, recording, *frame, result.pose)?;
                replace_changes(transaction, recording, *frame, run, result.changes)?;
                write_summary(transaction, recording, *frame, Some(run), result.summary)?;
            }
            Ok::<_, Fault>(id)
        })
    }
}

/// The edits from one frame's labels to another's: what moves is taken away first, so that dots are free for whom they go to.
fn moved(before: &FrameLabels, after: &FrameLabels) -> Vec<Edit> {
    let is_kept = |label: Option<&Label>| label.is_some_and(Label::is_human);
    let (mut away, mut placed) = (Vec::new(), Vec::new());
    for camera in (0..before.camera_count() as u8).map(CameraId) {
        for keypoint in (0..before.keypoint_count() as u8).map(KeypointId) {
            let (old, new) = (before.get(camera, keypoint), after.get(camera, keypoint));
            if is_kept(old) || is_kept(new) || old.map(|label| label.placement) == new.map(|label| label.placement) {
                continue;
            }
            // A dot that a person gave to another keypoint stays there.
            let holder = new.and_then(|label| before.holder_of(camera, label.placement.number()?));
            let is_free = holder.is_none_or(|holder| holder == keypoint || !is_kept(before.get(camera, holder)));
            if let Some(old) = old {
                away.push(Edit { camera, keypoint, before: Some(old.clone()), after: None });
            }
            if let Some(new) = new.filter(|_| is_free) {
                placed.push(Edit { camera, keypoint, before: None, after: Some(new.clone()) });
            }
        }
    }
    away.append(&mut placed);
    away
}
