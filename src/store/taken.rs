//! Machine frames that a person takes: written as a gesture, so that they can be taken back.

use super::error::{Fault, StoreError};
use super::journal::{FrameEdit, Gesture, GestureId, ItemEdit, write_gesture};
use super::journal_apply::Names;
use super::machine::{MachineFrame, write_findings};
use super::project::{Durability, Project};
use crate::model::{Edit, RecordingId, RunId};

impl Project {
    /// Writes what a run found, since a person asked for it: in one transaction, with its journal. Labels by people stay, and
    /// so do labels that the run would not move. Undo brings the labels back; their points are computed anew then.
    ///
    /// # Errors
    /// As [`Project::put_machine_frame`] and [`Project::apply_gesture`]; nothing is changed then.
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
            let items = Edit::by_machine(&before, result.labels).into_iter().map(ItemEdit::Label);
            edits.extend(items.map(|item| FrameEdit { recording, frame: *frame, item }));
        }
        self.check_places(&edits)?;
        self.write(Durability::Power, |transaction| {
            let id = write_gesture(transaction, &names, gesture, &edits)?;
            for (frame, result) in frames {
                write_findings(transaction, recording, *frame, run, result)?;
            }
            Ok::<_, Fault>(id)
        })
    }
}
