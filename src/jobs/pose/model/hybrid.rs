//! Hybrid: the geometry goes first, and the model is asked about the regions that it is unsure of, in the views that show them
//! best; and, to learn how far it can be believed, about a small share of those that the geometry is sure of.
//!
//! Each question is one of stage 2: where a region is, the geometry knows.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream;
use serde::{Deserialize, Serialize};

use super::Asking;
use super::agreement::{Agreement, SURE};
use super::eye::Eye;
use super::said::{Said, said_about, said_key};
use crate::jobs::JobError;
use crate::jobs::exemplars::window_before;
use crate::model::{CameraId, FrameLabels, Label, RegionId, Source};
use crate::pose::ranking::chance_wrong;
use crate::pose::stages::{AssignmentSoFar, NumberQuestion};
use crate::pose::sweep::Sweep;
use crate::store::{FrameSummary, Project};

/// A region is asked about where a label in it is wrong with more than this chance.
const UNSURE: f64 = 0.12;

/// Views in which an unsure region is asked about.
const VIEWS: usize = 3;

/// Under this key a run keeps what is to be asked.
const TARGETS: &str = "targets";

/// A region in one view of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Target {
    frame: u32,
    camera: CameraId,
    region: RegionId,
    /// Whether the geometry is sure, and the question is about the model.
    is_audit: bool,
}

/// What the model said of a target.
type Answer = (Target, AssignmentSoFar);

impl Asking<'_> {
    /// Asks about what the geometry is unsure of, and about a share of the rest.
    pub(super) async fn unsure(&self, sweeps: &[Sweep]) -> Result<Agreement, JobError> {
        let targets = self.targets(sweeps)?;
        self.job.phase(format!("ask {} about {}", self.model.name, self.info.name), targets.len() as u64, "questions");
        let answers = self.ask_all(&targets).await?;
        let mut said: BTreeMap<u32, Vec<Said>> = BTreeMap::new();
        for (target, numbers) in &answers {
            let rows = numbers.iter().map(|(keypoint, number)| Said {
                camera: target.camera,
                keypoint: *keypoint,
                number: *number,
                source: Source::Stage2,
            });
            said.entry(target.frame).or_default().extend(rows);
        }
        self.inquiry.project(|project| -> Result<(), JobError> {
            for (frame, rows) in &said {
                let rows = serde_json::to_vec(rows).map_err(|error| super::broken(project, &error))?;
                project.put_checkpoint(self.run.id, &said_key(*frame), &rows)?;
            }
            Ok(())
        })?;
        self.inquiry.project(|project| self.audited(project, &targets))
    }

    /// How far the model agrees where the geometry is sure.
    fn audited(&self, project: &Project, targets: &[Target]) -> Result<Agreement, JobError> {
        let mut agreement = Agreement::default();
        for target in targets.iter().filter(|target| target.is_audit) {
            let Some(said) = said_about(project, self.info, self.run.id, target.frame)? else { continue };
            let labels = project.labels(self.info.id, target.frame)?;
            for keypoint in &self.kit.skeleton.regions[target.region.index()].keypoints {
                if let Some(said) = said.get(target.camera, *keypoint) {
                    agreement.compare(said, labels.get(target.camera, *keypoint));
                }
            }
        }
        Ok(agreement)
    }

    /// What is to be asked, by camera, then frame; decided once per run.
    fn targets(&self, sweeps: &[Sweep]) -> Result<Vec<Target>, JobError> {
        if let Some(stored) = self.inquiry.project(|project| project.checkpoint(self.run.id, TARGETS))? {
            return serde_json::from_slice(&stored).map_err(|error| self.broken(&error));
        }
        let mut targets = Vec::new();
        for frame in sweeps.iter().flat_map(|sweep| &sweep.frames) {
            let labels = self.inquiry.project(|project| project.labels(self.info.id, *frame))?;
            for region in self.kit.regions() {
                targets.extend(self.targets_of(*frame, &labels, region));
            }
        }
        targets.sort_by_key(|target| (target.camera, target.frame, target.region));
        let bytes = serde_json::to_vec(&targets).map_err(|error| self.broken(&error))?;
        self.inquiry.project(|project| project.put_checkpoint(self.run.id, TARGETS, &bytes))?;
        Ok(targets)
    }

    /// The views in which a region is asked about.
    fn targets_of(&self, frame: u32, labels: &FrameLabels, region: RegionId) -> Vec<Target> {
        let keypoints = &self.kit.skeleton.regions[region.index()].keypoints;
        let of_machine = |camera: CameraId| {
            let labels = keypoints.iter().filter_map(move |keypoint| labels.get(camera, *keypoint));
            labels.filter(|label| !label.is_human())
        };
        let cameras: Vec<CameraId> = self.cameras.rig.ids().map(|camera| self.cameras.project_id(camera)).collect();
        let margins = cameras.iter().flat_map(|camera| of_machine(*camera)).filter_map(|label| label.margin);
        let doubt = margins.map(chance_wrong).fold(0.0, f64::max);
        let seen = |camera: &CameraId| of_machine(*camera).filter(|label| is_on_a_dot(label)).count();
        let mut views: Vec<CameraId> = cameras.into_iter().filter(|camera| seen(camera) > 0).collect();
        let is_audit = doubt < SURE;
        if is_audit {
            views.retain(|camera| self.is_audited(frame, *camera, region));
        } else if doubt > UNSURE {
            views.sort_by_key(|camera| std::cmp::Reverse(seen(camera)));
            views.truncate(VIEWS);
        } else {
            views.clear();
        }
        views.into_iter().map(|camera| Target { frame, camera, region, is_audit }).collect()
    }

    /// Whether chance, which is the same in every run, picks a view of a region to look at the model.
    fn is_audited(&self, frame: u32, camera: CameraId, region: RegionId) -> bool {
        let name = format!("{} {frame} {} {}", self.info.name, camera.0, region.0);
        let bytes = *blake3::hash(name.as_bytes()).as_bytes();
        let draw = u64::from_le_bytes(bytes[..8].try_into().unwrap_or_default()) as f64 / u64::MAX as f64;
        draw * 100.0 < self.model.audit_pct
    }

    /// Asks about all targets, many at once; those whose picture cannot be read are left out.
    async fn ask_all(&self, targets: &[Target]) -> Result<Vec<Answer>, JobError> {
        let summaries = self.inquiry.project(|project| project.frame_summaries(self.info.id))?;
        let of_cameras = self.cameras.rig.ids().map(|rig_camera| {
            let camera = self.cameras.project_id(rig_camera);
            // They are sorted by camera.
            let start = targets.partition_point(|target| target.camera < camera);
            let end = targets.partition_point(|target| target.camera <= camera);
            self.ask_camera(rig_camera, &targets[start..end], &summaries)
        });
        let mut answers = Vec::new();
        for of_camera in join_all(of_cameras).await {
            answers.extend(of_camera?);
        }
        Ok(answers)
    }

    /// Asks about the targets of one camera: questions are drawn one after the other, and answered side by side.
    async fn ask_camera(
        &self,
        camera: CameraId,
        targets: &[Target],
        summaries: &[FrameSummary],
    ) -> Result<Vec<Answer>, JobError> {
        if targets.is_empty() {
            return Ok(Vec::new());
        }
        let frames: Vec<&[Target]> = targets.chunk_by(|a, b| a.frame == b.frame).collect();
        let at_once: usize = self.model.endpoints.iter().map(|endpoint| endpoint.concurrency).sum();
        let drawn = stream::unfold((self.eye(camera), 0), |(mut eye, position)| {
            let frames = &frames;
            async move {
                let targets = *frames.get(position)?;
                let next = frames.get(position + 1).map(|targets| targets[0].frame);
                let questions = self.questions(&mut eye, targets, next, summaries).await;
                Some((questions, (eye, position + 1)))
            }
        });
        let asked = drawn.map(|questions| async {
            let asks = questions?.into_iter().map(|(target, question)| async move {
                let answer = self.inquiry.ask(target.frame, &question.question, |text| question.read(text)).await?;
                self.done.set(self.done.get() + 1);
                self.job.done(self.done.get());
                Ok((target, answer.unwrap_or_default()))
            });
            join_all(asks).await.into_iter().collect::<Result<Vec<Answer>, JobError>>()
        });
        let results: Vec<Result<Vec<Answer>, JobError>> = asked.buffer_unordered(at_once.max(1)).collect().await;
        let mut answers = Vec::new();
        for result in results {
            answers.extend(result?);
        }
        Ok(answers)
    }

    /// Draws the questions about one view: all targets are of one frame.
    async fn questions(
        &self,
        eye: &mut Eye,
        targets: &[Target],
        next: Option<u32>,
        summaries: &[FrameSummary],
    ) -> Result<Vec<(Target, NumberQuestion)>, JobError> {
        self.job.check()?;
        if self.inquiry.is_paused() {
            return Ok(Vec::new());
        }
        let Some(Target { frame, .. }) = targets.first().copied() else { return Ok(Vec::new()) };
        let mut exemplars = Vec::new();
        for exemplar in window_before(&self.examples.start_frames, summaries, frame).exemplars(frame) {
            let labels = self.inquiry.project(|project| project.labels(self.info.id, exemplar))?;
            exemplars.push((exemplar, Arc::new(labels)));
        }
        self.exemplars(eye, &exemplars).await?;
        let Some(ready) = self.read(eye, frame).await? else { return Ok(Vec::new()) };
        self.read_ahead(eye, next)?;
        let labels = self.inquiry.project(|project| project.labels(self.info.id, frame))?;
        let mut questions = Vec::new();
        for target in targets.iter().copied() {
            let Some(corners) = self.kit.stages().box_of(&labels, target.camera, target.region) else { continue };
            let shown = self.parts(&eye.drawn, target.region).await;
            for (drawn, exemplar) in eye.drawn.iter_mut().zip(&shown) {
                drawn.parts[target.region.index()] = Some(Arc::clone(exemplar));
            }
            let question = self.parts_question(&ready.shot, target.region, corners, shown).await?;
            questions.extend(question.map(|question| (target, question)));
        }
        Ok(questions)
    }
}

fn is_on_a_dot(label: &Label) -> bool {
    label.placement.number().is_some()
}
