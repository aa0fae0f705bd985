//! What goes into a run, frame by frame: dots, people's labels, imported labels, and the frames that the animal is learnt from.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Assigner;
use super::model::said_about;
use crate::formats::tables::snap_to_centroids;
use crate::jobs::JobError;
use crate::jobs::cameras::CameraMap;
use crate::model::{Centroid, FrameLabels, RunId, Source};
use crate::pose::solve::FrameInput;
use crate::store::{Project, RecordingInfo};

/// Without seeds, the animal is learnt from so many imported frames, evenly spread.
const EXAMPLE_FRAMES: usize = 60;

/// Where inputs come from.
pub(super) struct Inputs<'a> {
    pub project: &'a Project,
    pub info: &'a RecordingInfo,
    pub cameras: &'a CameraMap,
    pub assigner: Assigner,
    /// The run whose model's words count.
    pub said_by: Option<RunId>,
}

/// The frames that the animal is learnt from.
pub(super) struct Examples {
    /// The frames with their labels.
    pub frames: Vec<FrameInput>,
    /// Where sweeps start, ascending.
    pub start_frames: Vec<u32>,
}

impl Inputs<'_> {
    /// Refuses frames that nothing is known about.
    pub fn require(&self, frames: &Range<u32>) -> Result<(), JobError> {
        let (name, project) = (self.info.name.clone(), self.project.path().to_owned());
        match self.assigner {
            Assigner::Labels => match self.project.imported_labels_in(self.info.id, frames.clone())?.next() {
                Some(found) => found.map(|_| ()).map_err(JobError::from),
                None => Err(JobError::NoImportedLabels { name, start: frames.start, end: frames.end, project }),
            },
            Assigner::Geometry | Assigner::Vlm | Assigner::Hybrid => {
                let detected = self.project.detected_frames(self.info.id, None)?;
                let mut missing = frames.clone().filter(|frame| detected.binary_search(frame).is_err());
                let Some(first) = missing.next() else { return Ok(()) };
                let count = missing.count() + 1;
                Err(JobError::NotDetected { name, start: frames.start, end: frames.end, count, first, project })
            }
        }
    }

    /// The seed frames, or without any, imported frames.
    pub fn examples(&self, frames: &Range<u32>) -> Result<Examples, JobError> {
        let seed_frames = self.project.seed_frames(self.info.id)?;
        if !seed_frames.is_empty() {
            let mut inputs = Vec::new();
            for frame in &seed_frames {
                inputs.extend(self.of(&[*frame])?);
            }
            return Ok(Examples { frames: inputs, start_frames: seed_frames });
        }
        if self.assigner != Assigner::Labels {
            let (name, project) = (self.info.name.clone(), self.project.path().to_owned());
            return Err(JobError::NoSeeds { name, project });
        }
        let labelled = self
            .project
            .imported_labels_in(self.info.id, frames.clone())?
            .map(|item| item.map(|(frame, _)| frame))
            .collect::<Result<Vec<u32>, _>>()?;
        let step = labelled.len().div_ceil(EXAMPLE_FRAMES).max(1);
        let mut inputs = Vec::new();
        for frame in labelled.iter().step_by(step) {
            inputs.extend(self.of(&[*frame])?);
        }
        let start_frames = labelled.first().copied().into_iter().collect();
        Ok(Examples { frames: inputs, start_frames })
    }

    /// Frames that follow one another, forward or backward.
    pub fn of(&self, frames: &[u32]) -> Result<Vec<FrameInput>, JobError> {
        let (Some(first), Some(last)) = (frames.iter().min(), frames.iter().max()) else { return Ok(Vec::new()) };
        let range = *first..last + 1;
        let mut found: BTreeMap<u32, FrameInput> = frames
            .iter()
            .map(|frame| {
                let centroids = vec![Vec::new(); self.cameras.rig.len()];
                (*frame, FrameInput { frame: *frame, centroids, human: None, ..FrameInput::default() })
            })
            .collect();
        for item in self.project.detections_in(self.info.id, range.clone())? {
            let (frame, views) = item?;
            if let Some(input) = found.get_mut(&frame) {
                input.centroids = self.cameras.centroids(&views);
            }
        }
        for item in self.project.labels_in(self.info.id, range.clone())? {
            let (frame, labels) = item?;
            if let Some(input) = found.get_mut(&frame) {
                input.human = self.human_labels(&labels, &input.centroids);
            }
        }
        if self.assigner == Assigner::Labels {
            for item in self.project.imported_labels_in(self.info.id, range)? {
                let (frame, labels) = item?;
                if let Some(input) = found.get_mut(&frame) {
                    input.proposal = Some(self.cameras.labels_for_rig(&labels));
                }
            }
        }
        if let (true, Some(run)) = (self.assigner.asks_model(), self.said_by) {
            for (frame, input) in &mut found {
                let said = said_about(self.project, self.info, run, *frame)?;
                let said = said.map(|labels| self.cameras.labels_for_rig(&labels));
                match self.assigner {
                    Assigner::Hybrid => input.votes = said,
                    _ => input.proposal = said,
                }
            }
        }
        Ok(frames.iter().filter_map(|frame| found.remove(frame)).collect())
    }

    /// What people said of a frame. A seed that was read before its frame was detected means the dot beside it.
    fn human_labels(&self, labels: &FrameLabels, centroids: &[Vec<Centroid>]) -> Option<FrameLabels> {
        let mut human = self.cameras.labels_for_rig(labels);
        let machine: Vec<_> = human
            .iter()
            .filter(|(_, _, label)| !label.is_human())
            .map(|(camera, keypoint, _)| (camera, keypoint))
            .collect();
        for (camera, keypoint) in machine {
            human.take(camera, keypoint);
        }
        human.iter().next()?;
        if human.iter().any(|(_, _, label)| label.source() == Source::Seed) {
            let views: Vec<&[Centroid]> = centroids.iter().map(Vec::as_slice).collect();
            let widths: Vec<u32> = self.cameras.rig.cameras.iter().map(|camera| camera.size_px()[0]).collect();
            snap_to_centroids(&mut human, &views, &widths);
        }
        Some(human)
    }
}
