//! Stages 1 to 3 with a model: frame after frame, away from the seeds, each with the frames before it as exemplars.
//!
//! A sweep asks about a frame in all views at once, takes the answers through stage 4 with what is known so far, and shows the
//! result to the model with the next frames. What the model said is kept with the frame; once all frames were asked about, the
//! solver goes over them again, with what comes after each frame known too. Sweeps know nothing of one another and go side by side.

mod agreement;

mod estimate;

mod eye;

mod hybrid;

mod said;

mod settings;

mod view;

pub mod why;

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};

use self::agreement::Agreement;
pub use self::estimate::{Estimate, check_model, estimate};
use self::eye::Eye;
pub(super) use self::said::said_about;
use self::said::{Said, said_key};
pub use self::settings::{ModelOptions, profile_of_file};
use self::view::ViewAnswer;
use super::inputs::{Examples, Inputs};
use super::work::{Checkpoint, GEOMETRY_PASS, LAST_PASS, Pass, Work, broken, first_checkpoint, put};
use super::{Assigner, Options};
use crate::jobs::cameras::CameraMap;
use crate::jobs::inquiry::{Inquiry, Terms, block_on};
use crate::jobs::rank::{is_good, summary_of};
use crate::jobs::{Job, JobError, open, prompts};
use crate::model::{CameraId, Label, Skeleton};
use crate::pose::solve::{FrameInput, PoseConfig, PoseSolver, SolvedFrame, Stamp};
use crate::pose::stage4::Solver;
use crate::pose::stages::Stages;
use crate::pose::sweep::Sweep;
use crate::pose::window::{Completed, RollingWindow};
use crate::recording::Recording;
use crate::store::{Project, RecordingInfo, RunInfo};
use crate::vlm::convention::Convention;
use crate::vlm::http::Stop;
use crate::vlm::prompt::Prompts;
use crate::vlm::sent::Limits;

/// What all questions of a run share; threads that draw have it too.
pub(super) struct Kit {
    skeleton: Skeleton,
    prompts: Prompts,
    convention: Convention,
    /// The recording's name, as tags have it.
    name: Option<String>,
}

impl Kit {
    pub fn new(
        project: &Project,
        info: &RecordingInfo,
        prompts: Prompts,
        options: &ModelOptions,
    ) -> Result<Self, JobError> {
        let (skeleton, convention) = (project.skeleton().clone(), options.profile.convention);
        Ok(Self { skeleton, prompts, convention, name: open::name_in_tags(project, info)? })
    }

    fn stages(&self) -> Stages<'_> {
        Stages {
            skeleton: &self.skeleton,
            prompts: &self.prompts,
            convention: self.convention,
            limits: Limits::default(),
            recording: self.name.as_deref(),
        }
    }
}

/// How regions are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Not at all: one plain question per view.
    Plain,
    /// In one question per view.
    AtOnce,
    /// In a question each.
    OneByOne,
    /// Not at all, since the geometry knows them.
    Known,
}

impl Way {
    /// Whether stage 1 is asked, with a picture of the whole animal.
    fn asks_for_boxes(self) -> bool {
        matches!(self, Self::AtOnce | Self::OneByOne)
    }
}

fn way_of(options: &Options<'_>, model: &ModelOptions) -> Way {
    if options.assigner == Assigner::Hybrid {
        Way::Known
    } else if options.ablation.regions {
        Way::Plain
    } else if model.regions_at_once {
        Way::AtOnce
    } else {
        Way::OneByOne
    }
}

/// Where the asking of a sweep stands.
#[derive(Serialize, Deserialize)]
struct Asked {
    checkpoint: Checkpoint,
    window: RollingWindow,
}

/// A sweep that is asked about.
struct Begun {
    /// The key of its checkpoint.
    key: String,
    asked: Asked,
}

impl Begun {
    /// The frame that comes next.
    fn next(&self, sweep: &Sweep) -> Option<u32> {
        sweep.frames.get(self.asked.checkpoint.committed).copied()
    }
}

/// So many sweeps are asked about at once. Each has all cameras open.
const SWEEPS_AT_ONCE: usize = 4;

/// Under this key a run keeps where the asking of a sweep stands.
pub(super) fn asked_key(sweep: usize) -> String {
    format!("asked {sweep}")
}

/// Asks about the frames of a run.
pub(super) struct Asking<'a> {
    pub job: &'a Job<'a>,
    pub recording: &'a Recording,
    pub info: &'a RecordingInfo,
    pub cameras: &'a CameraMap,
    pub solver: &'a PoseSolver,
    pub run: &'a RunInfo,
    pub options: &'a Options<'a>,
    pub model: &'a ModelOptions,
    pub inquiry: &'a Inquiry<'a>,
    pub kit: Arc<Kit>,
    pub examples: &'a Examples,
    /// Cameras of which was said that they cannot be shown.
    pub told: RefCell<Vec<CameraId>>,
    /// Frames, of a hybrid run questions, that are behind it.
    pub done: Cell<u64>,
    /// Whether one of several sweeps cannot go on: then the others end with their frames.
    pub is_halted: Cell<bool>,
}

impl Work<'_> {
    /// Asks a model, and solves with what it says.
    pub(super) fn with_model(
        &mut self,
        model: &ModelOptions,
        solver: &PoseSolver,
        sweeps: &[Sweep],
    ) -> Result<(), JobError> {
        let stop = Stop::default();
        let client = model.client(&stop)?;
        let prompts = prompts::in_force(self.project)?;
        if self.options.assigner == Assigner::Hybrid {
            let geometry = Pass { solver, assigner: Assigner::Geometry, name: GEOMETRY_PASS, is_last: false };
            self.pass(geometry, sweeps)?;
        }
        let terms = Terms {
            client: client.clone(),
            model: model.name.clone(),
            profile: model.profile.clone(),
            recording: self.info.id,
            run: Some(self.run.id),
            budget: model.budget,
            spent: 0,
            afresh: false,
        };
        let kit = Arc::new(Kit::new(self.project, self.info, prompts, model)?);
        let inquiry = Inquiry::new(&mut *self.project, terms);
        let asking = Asking {
            job: self.job,
            recording: self.recording,
            info: self.info,
            cameras: self.cameras,
            solver,
            run: self.run,
            options: self.options,
            model,
            inquiry: &inquiry,
            kit,
            examples: self.examples,
            told: RefCell::default(),
            done: Cell::default(),
            is_halted: Cell::default(),
        };
        let result = block_on(self.job, &stop, client.as_ref(), async {
            let stored = asking.inquiry.project(|project| project.checkpoint(self.run.id, agreement::KEY))?;
            if let Some(bytes) = stored {
                return serde_json::from_slice(&bytes).map_err(|error| asking.broken(&error));
            }
            let agreement = match self.options.assigner {
                Assigner::Hybrid => asking.unsure(sweeps).await?,
                _ => asking.sweeps(sweeps).await?,
            };
            let bytes = serde_json::to_vec(&agreement).map_err(|error| asking.broken(&error))?;
            asking.inquiry.project(|project| project.put_checkpoint(self.run.id, agreement::KEY, &bytes))?;
            Ok(agreement)
        });
        // What came in while others failed is kept too.
        let written = inquiry.write();
        let counts = inquiry.counts();
        let report = &mut self.report;
        (report.calls, report.failed_calls) = (counts.calls, counts.failed);
        if let Some(client) = &client {
            let tally = client.tally();
            report.retries = tally.retried;
            report.cost = (tally.cost > 0.0).then_some(tally.cost);
        }
        report.model = Some(counts);
        let agreement: Agreement = result?;
        written?;
        report.agreement = agreement.share();
        let usual = solver.config();
        let config = PoseConfig { vote_weight: agreement.vote_weight(usual.vote_weight), ..usual.clone() };
        let weighted =
            PoseSolver::new(self.cameras.rig.clone(), self.project.skeleton().clone(), config, &self.examples.frames)?;
        let last = Pass { solver: &weighted, assigner: self.options.assigner, name: LAST_PASS, is_last: true };
        self.pass(last, sweeps)
    }
}

impl Asking<'_> {
    /// Asks about all frames, and says how far the geometry, where it is sure, agrees with the answers.
    async fn sweeps(&self, sweeps: &[Sweep]) -> Result<Agreement, JobError> {
        let frames: usize = sweeps.iter().map(|sweep| sweep.frames.len()).sum();
        self.job.phase(format!("ask {} about {}", self.model.name, self.info.name), frames as u64, "frames");
        let mut begun = Vec::new();
        for (index, sweep) in sweeps.iter().enumerate() {
            begun.push((sweep, self.begin(index, sweep).await?));
        }
        let asked = stream::iter(begun).map(|(sweep, begun)| self.sweep(sweep, begun)).buffer_unordered(SWEEPS_AT_ONCE);
        // All come to an end, also where one fails: what they have asked is answered, and kept.
        asked.collect::<Vec<_>>().await.into_iter().collect::<Result<(), JobError>>()?;
        self.inquiry.project(|project| {
            let mut agreement = Agreement::default();
            if self.options.solver() != Solver::Joint {
                // The others take the labels as they are, or know nothing of a margin.
                return Ok(agreement);
            }
            for frame in sweeps.iter().flat_map(|sweep| &sweep.frames) {
                let Some(said) = said_about(project, self.info, self.run.id, *frame)? else { continue };
                let labels = project.labels(self.info.id, *frame)?;
                for (camera, keypoint, label) in said.iter() {
                    agreement.compare(label, labels.get(camera, keypoint));
                }
            }
            Ok(agreement)
        })
    }

    /// Reads where a sweep stands, and solves the seed that it starts from: nobody is asked about it, but all sweeps show seeds
    /// to the model. Only what all sweeps begin with and what a sweep itself completed may stand in its exemplars, so that it
    /// makes no difference which sweep is ahead of which.
    async fn begin(&self, index: usize, sweep: &Sweep) -> Result<Begun, JobError> {
        let key = asked_key(index);
        let stored = self.inquiry.project(|project| project.checkpoint(self.run.id, &key))?;
        let asked = match stored {
            Some(bytes) => serde_json::from_slice::<Asked>(&bytes).map_err(|error| self.broken(&error))?,
            None => {
                let first = sweep.frames.first().copied().unwrap_or_default();
                Asked {
                    checkpoint: first_checkpoint(self.solver, sweep, &self.examples.frames)?,
                    window: RollingWindow::from_seeds(&self.examples.start_frames, first),
                }
            }
        };
        self.done.set(self.done.get() + asked.checkpoint.committed as u64);
        let mut begun = Begun { key, asked };
        while let Some(seed) = begun.next(sweep).filter(|frame| self.is_seed(*frame)) {
            self.frame(&mut begun, &mut [], seed, None).await?;
        }
        Ok(begun)
    }

    /// Asks about the frames that a sweep lacks.
    ///
    /// # Errors
    /// When the run has to pause. What was answered by then is kept.
    async fn sweep(&self, sweep: &Sweep, mut begun: Begun) -> Result<(), JobError> {
        let result = self.rest_of(sweep, &mut begun).await;
        if result.is_err() {
            self.is_halted.set(true);
        }
        result
    }

    async fn rest_of(&self, sweep: &Sweep, begun: &mut Begun) -> Result<(), JobError> {
        if begun.next(sweep).is_none() || self.is_halted.get() {
            return Ok(());
        }
        let mut eyes: Vec<Eye> = self.cameras.rig.ids().map(|camera| self.eye(camera)).collect();
        while let Some(frame) = begun.next(sweep).filter(|_| !self.is_halted.get()) {
            self.job.check()?;
            let following = sweep.frames.get(begun.asked.checkpoint.committed + 1).copied();
            self.frame(begun, &mut eyes, frame, following).await?;
        }
        Ok(())
    }

    fn is_seed(&self, frame: u32) -> bool {
        self.examples.start_frames.contains(&frame)
    }

    /// Asks about one frame, solves it with what is known so far, and keeps both.
    async fn frame(
        &self,
        Begun { key, asked }: &mut Begun,
        eyes: &mut [Eye],
        frame: u32,
        next: Option<u32>,
    ) -> Result<(), JobError> {
        let mut exemplars = Vec::new();
        for exemplar in asked.window.exemplars(frame) {
            let labels = self.inquiry.project(|project| project.labels(self.info.id, exemplar))?;
            exemplars.push((exemplar, Arc::new(labels)));
        }
        let mut input = self.inquiry.project(|project| self.inputs(project).of(&[frame]))?;
        // What a person did not label in a seed frame cannot be seen.
        let wanted = |eye: &Eye| !self.is_seed(frame) && !self.is_labelled_by_people(input.first(), eye.rig_camera);
        let views = eyes.iter_mut().filter(|eye| wanted(eye));
        let answers = join_all(views.map(|eye| self.view(eye, frame, next, &exemplars))).await;
        let mut said = Vec::new();
        for answer in answers {
            let (camera, answer): (CameraId, ViewAnswer) = answer?;
            let rows = answer.into_iter();
            said.extend(rows.map(|(keypoint, (number, source))| Said { camera, keypoint, number, source }));
        }
        let said = serde_json::to_vec(&said).map_err(|error| self.broken(&error))?;
        self.inquiry.project(|project| project.put_checkpoint(self.run.id, &said_key(frame), &said))?;
        input = self.inquiry.project(|project| self.inputs(project).of(&[frame]))?;
        let stamp = Stamp { run: Some(self.run.id), at_unix_ms: self.run.started_unix_ms };
        for solved in self.solver.solve(&mut asked.checkpoint.track, &input, 1, stamp) {
            let summary = summary_of(solved.frame, &solved.reasons, self.cameras.project_label(solved.worst));
            asked.window.complete(Completed { frame, is_good: is_good(&summary) });
            asked.checkpoint.committed += 1;
            let state = serde_json::to_vec(asked).map_err(|error| self.broken(&error))?;
            self.keep(&solved, &[(key, &state)])?;
        }
        self.done.set(self.done.get() + 1);
        self.job.done(self.done.get());
        Ok(())
    }

    fn keep(&self, solved: &SolvedFrame, checkpoints: &[(&str, &[u8])]) -> Result<(), JobError> {
        self.inquiry.project(|project| {
            put(project, self.info, self.cameras, self.options.solver(), self.run.id, solved, checkpoints)
        })?;
        Ok(())
    }

    fn inputs<'p>(&'p self, project: &'p Project) -> Inputs<'p> {
        let (info, cameras) = (self.info, self.cameras);
        Inputs { project, info, cameras, assigner: self.options.assigner, said_by: Some(self.run.id) }
    }

    /// Whether people said of every keypoint of a view where it is: then there is nothing to ask.
    fn is_labelled_by_people(&self, input: Option<&FrameInput>, camera: CameraId) -> bool {
        let human = input.and_then(|input| input.human.as_ref());
        human.is_some_and(|human| {
            self.kit.skeleton.ids().all(|keypoint| human.get(camera, keypoint).is_some_and(Label::is_human))
        })
    }

    fn broken(&self, error: &serde_json::Error) -> JobError {
        self.inquiry.project(|project| broken(project, error))
    }

    /// Says once per camera why it cannot be shown.
    fn tell(&self, camera: CameraId, reason: &str) {
        let mut told = self.told.borrow_mut();
        if !told.contains(&camera) {
            told.push(camera);
            self.job
                .warn(format!("{}: not shown to the model, since {reason}", self.info.cameras[camera.index()].name));
        }
    }
}
