//! What a person can do to labels, and what comes of it: one gesture each, saved when it returns.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Labelling;
use super::follow::Touched;
use super::plan::Plan;
use crate::jobs::JobError;
use crate::model::{CameraId, CentroidNumber, DotRef, KeypointId, Placement, Point2, RecordingId, Source, ViewSet};
use crate::store::{FrameEdit, FrameState, Gesture, ItemEdit, Project, StoreError, UndoReport};

/// As whose label a person's label counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LabelSource {
    /// The label of a seed frame: the animal is learnt from it.
    Seed,
    /// A correction of any other frame.
    #[default]
    Human,
}

impl LabelSource {
    /// The provenance's word.
    pub fn source(self) -> Source {
        match self {
            Self::Seed => Source::Seed,
            Self::Human => Source::Human,
        }
    }
}

/// One thing that a person does.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// The keypoint is this dot. Another keypoint that held it loses it.
    Assign {
        /// The frame.
        frame: u32,
        /// The view.
        camera: CameraId,
        /// The keypoint.
        keypoint: KeypointId,
        /// The dot.
        number: CentroidNumber,
    },
    /// The keypoint is here, where no dot was found.
    Free {
        /// The frame.
        frame: u32,
        /// The view.
        camera: CameraId,
        /// The keypoint.
        keypoint: KeypointId,
        /// The place.
        point_in_image: Point2,
    },
    /// The keypoint cannot be seen in this view.
    Absent {
        /// The frame.
        frame: u32,
        /// The view.
        camera: CameraId,
        /// The keypoint.
        keypoint: KeypointId,
    },
    /// The keypoint cannot be seen in any view that has no label of it yet.
    AbsentElsewhere {
        /// The frame.
        frame: u32,
        /// The keypoint.
        keypoint: KeypointId,
    },
    /// Takes the label of one view away.
    Clear {
        /// The frame.
        frame: u32,
        /// The view.
        camera: CameraId,
        /// The keypoint.
        keypoint: KeypointId,
    },
    /// Takes the labels of a keypoint away in all views.
    ClearKeypoint {
        /// The frame.
        frame: u32,
        /// The keypoint.
        keypoint: KeypointId,
    },
    /// Moves a label; one on a dot becomes a free one.
    Nudge {
        /// The frame.
        frame: u32,
        /// The view.
        camera: CameraId,
        /// The keypoint.
        keypoint: KeypointId,
        /// By how much, to the right and down.
        by_px: [f64; 2],
    },
    /// Exchanges a keypoint and its mirror.
    SwapPair {
        /// The frames.
        frames: Range<u32>,
        /// The views.
        cameras: ViewSet,
        /// One of the two.
        keypoint: KeypointId,
    },
    /// Exchanges two keypoints in one view.
    SwapKeypoints {
        /// The frame.
        frame: u32,
        /// The view.
        camera: CameraId,
        /// One.
        a: KeypointId,
        /// The other.
        b: KeypointId,
    },
    /// Puts several labels at once: accepted proposals, an applied alternative. Without a placement the label is taken away.
    Place {
        /// The frame.
        frame: u32,
        /// What goes where.
        placements: Vec<(CameraId, KeypointId, Option<Placement>)>,
        /// What it is called: "Accept 12 proposals".
        title: String,
    },
    /// Adds a dot where the detector found none.
    AddCentroid {
        /// The frame.
        frame: u32,
        /// The view.
        camera: CameraId,
        /// The place.
        point_in_image: Point2,
    },
    /// Deletes a dot, and the label on it.
    DeleteCentroid {
        /// The frame.
        frame: u32,
        /// The view.
        camera: CameraId,
        /// The dot.
        number: CentroidNumber,
    },
    /// Decides about a frame. Accepting one that somebody fixed leaves it fixed.
    SetState {
        /// The frame.
        frame: u32,
        /// The decision.
        state: FrameState,
    },
}

/// What an act, an undo or a redo did.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The recording that it happened in.
    pub recording: RecordingId,
    /// What it is called: "Label ear_L in cam2".
    pub title: String,
    /// What a person should know of it: "Dot 7 was taken from hindpaw_L."
    pub note: Option<String>,
    /// The frames touched, ascending; the first is where to jump.
    pub frames: Vec<u32>,
    /// The view and keypoint to select there.
    pub place: Option<(CameraId, KeypointId)>,
    /// The dot that was added.
    pub added: Option<DotRef>,
    /// How many values changed; 0 where everything stood so already, and nothing is there to undo.
    pub changed: usize,
    /// What undo or redo left as it is, and why.
    pub conflicts: Vec<String>,
}

impl Labelling {
    /// Does what a person did, saves it as one gesture, and lets points and reasons follow.
    ///
    /// # Errors
    /// When `who` is empty, when a frame, view, keypoint or dot is not there, or when the project cannot be written: nothing
    /// is changed then.
    pub fn act(
        &self,
        project: &mut Project,
        who: &str,
        at_unix_ms: i64,
        source: LabelSource,
        act: &Act,
    ) -> Result<Outcome, JobError> {
        let plan = Plan::of(self, project, who, at_unix_ms, source, act)?;
        let mut outcome = Outcome {
            recording: self.info.id,
            title: plan.title,
            note: plan.note,
            frames: plan.frames,
            place: plan.place,
            added: plan.added,
            changed: plan.edits.len(),
            conflicts: Vec::new(),
        };
        if !plan.edits.is_empty() {
            let gesture = Gesture { title: &outcome.title, annotator: who, at_unix_ms };
            project.apply_gesture(&gesture, &plan.edits)?;
            self.follow_edits(project, &plan.edits, &mut outcome);
        }
        Ok(outcome)
    }

    /// Takes the latest gesture back; `None` where there is none.
    ///
    /// # Errors
    /// When the project cannot be written: nothing is changed then.
    pub fn undo(&self, project: &mut Project) -> Result<Option<Outcome>, JobError> {
        let report = project.undo()?;
        Ok(report.map(|report| self.outcome_of(project, report, "Taken back")))
    }

    /// Does the gesture again that was taken back last; `None` where there is none.
    ///
    /// # Errors
    /// When the project cannot be written: nothing is changed then.
    pub fn redo(&self, project: &mut Project) -> Result<Option<Outcome>, JobError> {
        let report = project.redo()?;
        Ok(report.map(|report| self.outcome_of(project, report, "Done again")))
    }

    fn outcome_of(&self, project: &mut Project, report: UndoReport, verb: &str) -> Outcome {
        // What holds in the whole project stands at no frame.
        let placed = || report.applied.iter().filter(|edit| !matches!(edit.item, ItemEdit::Vocabulary { .. }));
        let recording = placed().next().map_or(self.info.id, |edit| edit.recording);
        let mut frames: Vec<u32> = placed().map(|edit| edit.frame).collect();
        frames.extend(report.conflicts.iter().map(|conflict| conflict.frame));
        frames.sort_unstable();
        frames.dedup();
        let first = frames.first().copied();
        // The label that a gesture is about is the one that it gives, not the one that it takes from somebody else.
        let place = |wanted: &dyn Fn(&FrameEdit) -> bool| {
            let mut edits = report.applied.iter().filter(|edit| Some(edit.frame) == first && wanted(edit));
            edits.find_map(|edit| match &edit.item {
                ItemEdit::Label(label) => Some((label.camera, label.keypoint)),
                _ => None,
            })
        };
        let gives = |edit: &FrameEdit| matches!(&edit.item, ItemEdit::Label(label) if label.after.is_some());
        // What reaches beyond the shown frame is said, since it cannot all be seen.
        let note = (frames.len() > 1)
            .then(|| format!("{verb}: {}, {} changes in {} frames.", report.title, report.applied.len(), frames.len()));
        let mut outcome = Outcome {
            recording,
            title: report.title.clone(),
            note,
            place: place(&gives).or_else(|| place(&|_| true)),
            frames,
            added: None,
            changed: report.applied.len(),
            conflicts: report.conflicts.iter().map(|conflict| conflict.detail.clone()).collect(),
        };
        self.follow_edits(project, &report.applied, &mut outcome);
        outcome
    }

    /// Points and reasons after edits. The edits are saved by now: what goes wrong here is only told.
    fn follow_edits(&self, project: &mut Project, edits: &[FrameEdit], outcome: &mut Outcome) {
        let mut touched: BTreeMap<u32, Touched> = BTreeMap::new();
        for edit in edits.iter().filter(|edit| edit.recording == self.info.id) {
            match &edit.item {
                ItemEdit::Label(label) => touched.entry(edit.frame).or_default().add(label.keypoint),
                ItemEdit::Centroid { .. } => drop(touched.entry(edit.frame).or_default()),
                ItemEdit::State { .. }
                | ItemEdit::MaskRegion { .. }
                | ItemEdit::Segment(_)
                | ItemEdit::Vocabulary { .. } => {}
            }
        }
        if let Err(error) = self.follow(project, &touched) {
            let told = match error {
                JobError::Store(StoreError::DiskFull { .. }) => {
                    "The labels are saved; their 3D points follow once the disk has space.".to_owned()
                }
                error => format!("The labels are saved, their 3D points are not yet: {error}."),
            };
            outcome.note = Some(outcome.note.take().map_or(told.clone(), |note| format!("{note} {told}")));
        }
    }
}
