//! One camera of a run that asks: its pictures, read one frame ahead, and its exemplars, each drawn once.

use std::sync::Arc;

use tokio::task::{JoinHandle, spawn_blocking};

use super::{Asking, Kit, Way, way_of};
use crate::jobs::JobError;
use crate::jobs::shots::{CameraShots, FrameShot, detection_of};
use crate::model::{CameraId, FrameLabels, RegionId};
use crate::pose::stages::{Exemplar, Target};
use crate::store::StoredDetection;

/// A camera with its pictures.
pub(super) struct Eye {
    /// As the solver counts.
    pub rig_camera: CameraId,
    /// As the project counts.
    pub camera: CameraId,
    /// `None` while a thread reads, and for a camera that cannot be shown.
    shots: Option<CameraShots>,
    /// The frame that is read now.
    ahead: Option<(u32, JoinHandle<Read>)>,
    /// What was shown last: the first to become an exemplar.
    last: Option<Arc<FrameShot>>,
    /// The exemplars that were drawn, oldest first.
    pub drawn: Vec<Drawn>,
}

/// A camera, read.
type Read = (CameraShots, Result<Ready, String>);

/// A completed frame as it is shown in one view.
pub(super) struct Drawn {
    pub frame: u32,
    pub shot: Arc<FrameShot>,
    pub labels: Arc<FrameLabels>,
    /// With the box of each region, by region; with all boxes where all are asked for at once.
    pub boxes: Vec<Arc<Exemplar>>,
    /// With the named dots of each region, by region.
    pub parts: Vec<Option<Arc<Exemplar>>>,
}

/// A frame ready to be asked about.
pub(super) struct Ready {
    pub shot: Arc<FrameShot>,
    /// The picture of stage 1, where that is asked.
    pub target: Option<Arc<Target>>,
}

impl Asking<'_> {
    /// Opens a camera.
    pub(super) fn eye(&self, rig_camera: CameraId) -> Eye {
        let camera = self.cameras.project_id(rig_camera);
        let opened = CameraShots::open(self.recording, self.info, camera, &self.examples.start_frames);
        let shots = opened.map_err(|reason| self.tell(camera, &reason)).ok();
        Eye { rig_camera, camera, shots, ahead: None, last: None, drawn: Vec::new() }
    }

    /// Begins to read the frame that comes next, while answers are waited for.
    pub(super) fn read_ahead(&self, eye: &mut Eye, next: Option<u32>) -> Result<(), JobError> {
        let Some(next) = next else { return Ok(()) };
        let Some(detection) = self.detected(eye.camera, next)? else { return Ok(()) };
        if let Some(shots) = eye.shots.take() {
            eye.ahead = Some((next, spawn_blocking(self.reading(shots, next, detection))));
        }
        Ok(())
    }

    fn detected(&self, camera: CameraId, frame: u32) -> Result<Option<StoredDetection>, JobError> {
        self.inquiry.project(|project| detection_of(project, self.info, camera, frame))
    }

    /// Reading and drawing a target, for a thread.
    fn reading(
        &self,
        mut shots: CameraShots,
        frame: u32,
        detection: StoredDetection,
    ) -> impl FnOnce() -> Read + Send + use<> {
        let (kit, has_target) = (Arc::clone(&self.kit), way_of(self.options, self.model).asks_for_boxes());
        move || {
            let read = shots.read(frame, detection);
            let read = read.map(|shot| {
                let target = has_target.then(|| Arc::new(kit.stages().target(&shot.view())));
                Ready { shot: Arc::new(shot), target }
            });
            (shots, read)
        }
    }

    /// Reads a frame; `None` where it cannot be shown.
    pub(super) async fn read(&self, eye: &mut Eye, frame: u32) -> Result<Option<Ready>, JobError> {
        let mut found = None;
        if let Some((ahead, reading)) = eye.ahead.take() {
            let (shots, read) = joined(reading.await);
            eye.shots = Some(shots);
            found = (ahead == frame).then_some(read);
        }
        let read = match (found, eye.shots.take()) {
            (Some(read), shots) => {
                eye.shots = shots;
                read
            }
            (None, None) => return Ok(None),
            (None, Some(shots)) => {
                let Some(detection) = self.detected(eye.camera, frame)? else {
                    eye.shots = Some(shots);
                    return Ok(None);
                };
                let (shots, read) = joined(spawn_blocking(self.reading(shots, frame, detection)).await);
                eye.shots = Some(shots);
                read
            }
        };
        Ok(read.map_err(|reason| self.tell(eye.camera, &format!("frame {frame} cannot be read ({reason})"))).ok())
    }

    /// Draws the exemplars that a camera lacks, with their boxes; those that are no longer shown are let go.
    pub(super) async fn exemplars(&self, eye: &mut Eye, wanted: &[(u32, Arc<FrameLabels>)]) -> Result<(), JobError> {
        eye.drawn.retain(|drawn| wanted.iter().any(|(frame, _)| *frame == drawn.frame));
        for (frame, labels) in wanted {
            if eye.drawn.iter().any(|drawn| drawn.frame == *frame) {
                continue;
            }
            let shot = match eye.last.take().filter(|last| last.frame == *frame) {
                Some(last) => last,
                None => match self.read(eye, *frame).await? {
                    Some(ready) => ready.shot,
                    None => continue,
                },
            };
            let boxes = self.draw_boxes(&shot, labels).await;
            let parts = vec![None; self.kit.skeleton.regions.len()];
            eye.drawn.push(Drawn { frame: *frame, shot, labels: Arc::clone(labels), boxes, parts });
        }
        let place = |drawn: &Drawn| wanted.iter().position(|(frame, _)| *frame == drawn.frame);
        eye.drawn.sort_by_key(place);
        Ok(())
    }

    async fn draw_boxes(&self, shot: &Arc<FrameShot>, labels: &Arc<FrameLabels>) -> Vec<Arc<Exemplar>> {
        let (kit, shot, labels) = (Arc::clone(&self.kit), Arc::clone(shot), Arc::clone(labels));
        let way = way_of(self.options, self.model);
        let drawing = spawn_blocking(move || {
            let (stages, view) = (kit.stages(), shot.view());
            match way {
                Way::Known => Vec::new(),
                Way::Plain => vec![Arc::new(stages.exemplar_of_all(&view, &labels))],
                Way::AtOnce => vec![Arc::new(stages.exemplar_of_regions(&view, &labels))],
                Way::OneByOne => stages.exemplar_of_each_region(&view, &labels).into_iter().map(Arc::new).collect(),
            }
        });
        joined(drawing.await)
    }

    /// Draws the named dots of a region.
    pub(super) fn draw_parts(&self, drawn: &Drawn, region: RegionId) -> impl Future<Output = Drawing> + use<> {
        let (kit, shot, labels) = (Arc::clone(&self.kit), Arc::clone(&drawn.shot), Arc::clone(&drawn.labels));
        async move { spawn_blocking(move || kit.stages().exemplar_of_parts(&shot.view(), &labels, region)).await }
    }
}

/// A picture that a thread drew.
type Drawing = Result<Exemplar, tokio::task::JoinError>;

impl Eye {
    /// Remembers what was shown, since it is the next exemplar.
    pub fn remember(&mut self, shot: Arc<FrameShot>) {
        self.last = Some(shot);
    }
}

impl Kit {
    pub(super) fn regions(&self) -> impl Iterator<Item = RegionId> + use<> {
        (0..self.skeleton.regions.len() as u8).map(RegionId)
    }
}

/// What a thread made; its panic goes on here.
pub(super) fn joined<T>(result: Result<T, tokio::task::JoinError>) -> T {
    match result {
        Ok(made) => made,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Nothing aborts these threads while the runtime lives.
            Err(error) => panic!("a drawing thread was cancelled: {error}"),
        },
    }
}
