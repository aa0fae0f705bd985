//! Judges labels and points against ground truth, beside the floor: the same triangulation with true assignments of the
//! detected centroids. Frames that people labelled are left out.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::cameras::CameraMap;
use super::rank::reasons_of;
use super::tables::table_names;
use super::{Job, JobError, open, pose};
use crate::formats::tables::{poses_of_rows, read_points3d};
use crate::model::{FrameLabels, FramePose, Point3};
use crate::pose::evaluation::{Errors, Evaluation, JudgedFrame, has_human_label, ranking_quality};
use crate::pose::ranking::RankBy;
use crate::recording::Units;
use crate::store::Project;

/// How good a recording's labels and points are.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// The recording.
    pub recording: String,
    /// Over all keypoints.
    #[serde(flatten)]
    pub overall: Errors,
    /// Frames judged.
    pub frames: usize,
    /// Frames left out since a person labelled them.
    pub frames_by_people: usize,
    /// Frames of the truth that no run solved.
    pub frames_not_solved: usize,
    /// Of each keypoint.
    pub per_keypoint: PerKeypoint,
    /// How well the review queue finds the wrong frames.
    pub ranking: Ranking,
}

/// Errors by keypoint name, in the skeleton's order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PerKeypoint(pub Vec<(String, Errors)>);

impl Serialize for PerKeypoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, errors) in &self.0 {
            map.serialize_entry(name, errors)?;
        }
        map.end()
    }
}

/// The share of frames with a wrong label that the queue's head holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Ranking {
    /// Frames with a wrong label.
    pub wrong_frames: usize,
    /// Share of them in the first 5 %; absent where no frame is wrong.
    pub found_in_first_5_pct: Option<f64>,
    /// Share of them in the first 10 %.
    pub found_in_first_10_pct: Option<f64>,
}

/// Judges one recording.
///
/// # Errors
/// When the table does not fit, or no frame can be judged.
pub fn pose(job: &Job<'_>, project: &Project, recording_name: Option<&str>, truth: &Path) -> Result<Report, JobError> {
    let info = open::choose(project, recording_name)?;
    let recording = open::recording_of(project, &info)?;
    let cameras = CameraMap::new(&recording, &info)?;
    let truth_by_frame = read_truth(project, &info.name, truth)?;
    let mm_per_unit = Units::parse(&info.units).unwrap_or_default().to_mm();
    let tau_px = pose::tau_px(project, &info)?;
    let mut evaluation = Evaluation::new(&cameras.rig, project.skeleton(), tau_px, mm_per_unit);
    let mut report = Report { recording: info.name.clone(), ..Report::default() };
    let mut scores = BTreeMap::new();
    for summary in project.frame_summaries(info.id)? {
        scores.insert(summary.frame, reasons_of(&summary).score(RankBy::LikelyWrong));
    }

    job.phase(format!("judge {}", info.name), truth_by_frame.len() as u64, "frames");
    let keypoint_count = project.skeleton().len();
    for (done, (frame, points)) in truth_by_frame.iter().enumerate() {
        job.check()?;
        job.done(done as u64);
        let labels = project.labels(info.id, *frame)?;
        if has_human_label(&labels) {
            report.frames_by_people += 1;
            continue;
        }
        let points_found = project.pose(info.id, *frame)?;
        if !is_solved(&labels, &points_found) && !scores.contains_key(frame) {
            report.frames_not_solved += 1;
            continue;
        }
        let views = project.detection(info.id, *frame)?;
        let centroids = views.iter().any(Option::is_some).then(|| cameras.centroids(&views));
        let truth: Vec<Option<Point3>> =
            (0..keypoint_count).map(|index| points.get(index).copied().flatten()).collect();
        evaluation.add(&JudgedFrame {
            frame: *frame,
            truth: &truth,
            labels: &cameras.labels_for_rig(&labels),
            pose: &points_found,
            centroids: centroids.as_deref(),
        });
    }
    if evaluation.frames() == 0 {
        return Err(JobError::NothingToJudge { truth: truth.to_owned() });
    }
    report.overall = evaluation.overall();
    report.frames = evaluation.frames();
    let skeleton = project.skeleton();
    report.per_keypoint =
        PerKeypoint(skeleton.ids().map(|id| (skeleton.name_of(id).to_owned(), evaluation.of(id))).collect());
    report.ranking = rank(evaluation.wrong_frames(), &scores);
    Ok(report)
}

fn is_solved(labels: &FrameLabels, pose: &FramePose) -> bool {
    labels.iter().next().is_some() || pose.points.iter().any(Option::is_some)
}

fn rank(wrong_frames: &[(u32, bool)], scores: &BTreeMap<u32, f64>) -> Ranking {
    let score = |frame: &u32| scores.get(frame).copied().unwrap_or(f64::NEG_INFINITY);
    let mut ranked = wrong_frames.to_vec();
    ranked.sort_by(|a, b| score(&b.0).total_cmp(&score(&a.0)).then(a.0.cmp(&b.0)));
    let is_wrong: Vec<bool> = ranked.iter().map(|(_, wrong)| *wrong).collect();
    let (found_in_first_5_pct, found_in_first_10_pct) = ranking_quality(&is_wrong);
    let wrong_frames = is_wrong.iter().filter(|wrong| **wrong).count();
    Ranking { wrong_frames, found_in_first_5_pct, found_in_first_10_pct }
}

/// True places by frame and keypoint.
///
/// # Errors
/// When the table cannot be read, or names what the project does not have.
pub fn read_truth(
    project: &Project,
    recording: &str,
    truth: &Path,
) -> Result<BTreeMap<u32, Vec<Option<Point3>>>, JobError> {
    let names = table_names(project, Some(recording))?;
    let rows = read_points3d(truth, &names.context(project.skeleton()))?;
    let own = names.infos.iter().position(|info| info.name == recording);
    let poses = poses_of_rows(&rows, project.skeleton().len());
    let points = |pose: &FramePose| {
        pose.points.iter().map(|point| point.as_ref().map(|point| point.position_in_world)).collect::<Vec<_>>()
    };
    Ok(poses
        .iter()
        .filter(|((recording, _), _)| Some(*recording) == own)
        .map(|((_, frame), pose)| (*frame, points(pose)))
        .collect())
}
