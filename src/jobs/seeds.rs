//! Reads seed labels from a table: each snaps to the nearest centroid, else stays a free point.

use std::path::Path;

use serde::Serialize;

use super::tables::{self, table_names};
use super::{Job, JobError};
use crate::formats::tables::{labels_of_rows, read_seeds, snap_to_centroids};
use crate::model::{Centroid, FrameLabels, Provenance, Source};
use crate::store::{Gesture, Project, RecordingInfo, now_unix_ms};

/// Fewer seed frames than this are too few to learn a shape well.
pub const WANTED_SEED_FRAMES: usize = 3;

/// What an import of seeds did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The recording.
    pub recording: String,
    /// Frames of the table.
    pub frames: Vec<u32>,
    /// Labels of the table.
    pub labels: usize,
    /// Labels that became a centroid.
    pub snapped: usize,
    /// Labels that stayed free points.
    pub free: usize,
    /// Labels that are new or changed.
    pub changed: usize,
    /// Labels that stood there already.
    pub unchanged: usize,
    /// Seed labels of the same frames that the table no longer has.
    pub removed: usize,
    /// Seed frames that the recording has now.
    pub seed_frames: usize,
}

/// Makes the labels of a table seeds. Importing the same table again changes nothing.
///
/// # Errors
/// When the table does not fit the project, or the project cannot be written; nothing is changed then.
pub fn import(
    job: &Job<'_>,
    project: &mut Project,
    recording: Option<&str>,
    file: &Path,
    annotator: &str,
) -> Result<Vec<Report>, JobError> {
    let names = table_names(project, recording)?;
    let skeleton = project.skeleton().clone();
    let rows = read_seeds(file, &names.context(&skeleton))?;
    let camera_counts = names.camera_counts();
    let provenance =
        Provenance { source: Source::Seed, run: None, annotator: Some(annotator.into()), at_unix_ms: now_unix_ms() };
    let frames = labels_of_rows(&rows, &camera_counts, skeleton.len(), &provenance);
    let mut reports = Vec::new();
    for (index, info) in names.infos.iter().enumerate() {
        let of_recording = frames.iter().filter(|((position, _), _)| *position == index);
        let mut frames: Vec<(u32, FrameLabels)> =
            of_recording.map(|((_, frame), labels)| (*frame, labels.clone())).collect();
        if frames.is_empty() {
            continue;
        }
        tables::make_room(project, info, frames.iter().map(|(frame, _)| *frame).max())?;
        let mut report = Report { recording: info.name.clone(), ..Report::default() };
        let mut undetected = 0;
        for (frame, labels) in &mut frames {
            report.labels += labels.iter().count();
            report.frames.push(*frame);
            undetected += usize::from(!snap(project, info, *frame, labels, &mut report)?);
        }
        let title = format!("Import seeds of {} frames", frames.len());
        let gesture = Gesture { title: &title, annotator, at_unix_ms: now_unix_ms() };
        let done = project.import_seeds(info.id, &gesture, &frames)?;
        (report.changed, report.unchanged, report.removed) = (done.changed, done.unchanged, done.removed);
        report.seed_frames = project.seed_frames(info.id)?.len();
        if undetected > 0 {
            job.warn(format!(
                "{undetected} seed frames of \"{}\" have no centroids yet, so that their seeds stay free points; run detect, then \
                 import the seeds again",
                info.name
            ));
        }
        if let Some(warning) = too_few(&info.name, report.seed_frames) {
            job.warn(warning);
        }
        reports.push(report);
    }
    Ok(reports)
}

/// What it costs to have so few seed frames, if they are few.
pub fn too_few(name: &str, seed_frames: usize) -> Option<String> {
    (1..WANTED_SEED_FRAMES).contains(&seed_frames).then(|| {
        format!(
            "recording \"{name}\" has seeds on {seed_frames} of {WANTED_SEED_FRAMES} frames: it works, but the animal's shape and how it \
             moves are learnt from fewer postures, and keypoints that no seed shows in two views are missed until they are guessed from \
             their mirror image; label {WANTED_SEED_FRAMES} frames",
        )
    })
}

/// Snaps a frame's seeds; says whether the frame has been detected.
fn snap(
    project: &Project,
    info: &RecordingInfo,
    frame: u32,
    labels: &mut FrameLabels,
    report: &mut Report,
) -> Result<bool, JobError> {
    let views = project.detection(info.id, frame)?;
    let centroids: Vec<&[Centroid]> =
        views.iter().map(|view| view.as_ref().map_or(&[][..], |view| view.centroids.as_slice())).collect();
    let widths: Vec<u32> = info.cameras.iter().map(|camera| camera.size_px[0]).collect();
    let snapped = snap_to_centroids(labels, &centroids, &widths);
    report.snapped += snapped.snapped;
    report.free += snapped.free;
    Ok(views.iter().any(Option::is_some))
}
