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
        shortcomings(project, info)?.iter().for_each(|shortcoming| job.warn(shortcoming.warning()));
        reports.push(report);
    }
    Ok(reports)
}

/// What the seeds of a recording leave to be guessed: too few frames, keypoints that none of them shows in two views.
/// Nothing without seeds.
///
/// # Errors
/// When the project cannot be read.
pub fn shortcomings(project: &Project, info: &RecordingInfo) -> Result<Vec<Shortcoming>, JobError> {
    let (name, seed_frames) = (&info.name, project.seed_frames(info.id)?);
    let mut found = Vec::new();
    if (1..WANTED_SEED_FRAMES).contains(&seed_frames.len()) {
        let count = seed_frames.len();
        let message = format!(
            "recording \"{name}\" has seeds on {count} of {WANTED_SEED_FRAMES} frames: it works, but shape and motion are learnt from \
             {}, and other postures are recognised less surely",
            if count == 1 { "one posture" } else { "two postures" }
        );
        let remedy = format!("label {WANTED_SEED_FRAMES} frames, best of different postures");
        found.push(Shortcoming { code: "few_seeds", message, remedy });
    }
    let skeleton = project.skeleton();
    let mut most_views = vec![0; skeleton.len()];
    for frame in &seed_frames {
        let labels = project.labels(info.id, *frame)?;
        for (most, keypoint) in most_views.iter_mut().zip(skeleton.ids()) {
            *most = labels.views_of(keypoint).iter().flatten().count().max(*most);
        }
    }
    let unseen: Vec<&str> =
        skeleton.ids().zip(most_views).filter(|(_, most)| *most < 2).map(|(id, _)| skeleton.name_of(id)).collect();
    if !seed_frames.is_empty() && !unseen.is_empty() {
        let message = format!(
            "no seed frame of recording \"{name}\" shows {} in two views, so that their place on the body is guessed from their mirror \
             image, or learnt late",
            unseen.join(", ")
        );
        let remedy = "label a frame in which two cameras see them".to_owned();
        found.push(Shortcoming { code: "unseen_keypoints", message, remedy });
    }
    Ok(found)
}

/// Something that the seeds do not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortcoming {
    /// A stable word for scripts.
    pub code: &'static str,
    /// What it is and what it costs.
    pub message: String,
    /// What to do.
    pub remedy: String,
}

impl Shortcoming {
    /// Both in one sentence.
    pub fn warning(&self) -> String {
        format!("{}; {}", self.message, self.remedy)
    }
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
