//! What a model said about a frame, as a run keeps it and as the solver takes it.

use serde::{Deserialize, Serialize};

use crate::jobs::JobError;
use crate::jobs::pose::work::broken;
use crate::model::{CameraId, CentroidNumber, FrameLabels, KeypointId, Label, Placement, Provenance, RunId, Source};
use crate::store::{Project, RecordingInfo};

/// One label that a model gave.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Said {
    /// The camera, as the project counts.
    pub camera: CameraId,
    /// The keypoint.
    pub keypoint: KeypointId,
    /// The dot; `None` where it cannot be seen.
    pub number: Option<CentroidNumber>,
    /// The stage that said it.
    pub source: Source,
}

/// Under this key a run keeps what the model said about a frame.
pub(super) fn said_key(frame: u32) -> String {
    format!("said {frame}")
}

/// What a run's model said about a frame, as labels on the dots that the frame has now; `None` where it was not asked.
pub(in crate::jobs::pose) fn said_about(
    project: &Project,
    info: &RecordingInfo,
    run: RunId,
    frame: u32,
) -> Result<Option<FrameLabels>, JobError> {
    let Some(bytes) = project.checkpoint(run, &said_key(frame))? else { return Ok(None) };
    let said: Vec<Said> = serde_json::from_slice(&bytes).map_err(|error| broken(project, &error))?;
    let views = project.detection(info.id, frame)?;
    let mut labels = FrameLabels::empty(info.cameras.len(), project.skeleton().len());
    for said in said {
        let placement = match said.number {
            None => Placement::Absent,
            Some(number) => {
                let view = views.get(said.camera.index()).and_then(Option::as_ref);
                let dot = view.and_then(|view| view.centroids.iter().find(|dot| dot.number == number));
                // A person may have deleted it since.
                let Some(dot) = dot else { continue };
                Placement::Centroid { number, point_in_image: dot.point_in_image }
            }
        };
        let provenance = Provenance { source: said.source, run: Some(run), annotator: None, at_unix_ms: 0 };
        labels.place(said.camera, said.keypoint, Label { placement, provenance, margin: None });
    }
    Ok(Some(labels))
}
