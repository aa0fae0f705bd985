//! The behaviour pipeline over a recording: tracks, features, a model of clusters, clips, captions, merged segments.
//!
//! Each step is stored whole before the next begins, so that a run that was stopped or killed goes on behind the last whole
//! step. What was trained is found again by its settings: other prices or limits cut new clips without training anew. Nothing
//! here touches what people said.

mod error;

mod subjects;

mod pixels;

mod rows;

mod cluster;

pub mod layer;

pub mod judge;

pub mod tell;

pub mod count;

pub mod picture;

use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Serialize;
use serde_json::json;

pub use self::error::BehaviorError;
pub use self::rows::FeatureKind;
pub use self::subjects::{Align, Origin, Subjects};

use self::cluster::{Cut, Source, numbered};
use self::pixels::PixelRows;
use self::rows::{FeatureRows, FusedRows, Matrix};
use super::{Job, JobError, open};
use crate::behavior::bodies::Bodies;
use crate::behavior::clips::{ClipLengths, ClipLimits};
use crate::behavior::consistency::{Checker, Reason};
use crate::behavior::dec::DecConfig;
use crate::behavior::features::KeypointFeatures;
use crate::behavior::given::{Given, GivenKind};
use crate::behavior::merge::merge;
use crate::behavior::rules::{Describer, Rules};
use crate::behavior::segmenter::{Method, Model, TrainReport};
use crate::behavior::visual::{Place, places_of_track};
use crate::model::{BehaviorSource, Caption, Clip, ClipId, RunId, Segment, SocialRole, Vocabulary};
use crate::store::{Project, RecordingInfo, RunInfo, RunState, now_unix_ms};

/// How far a run goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Through {
    /// Features, and the model of clusters.
    Features,
    /// Clips.
    Clips,
    /// What each clip shows.
    Captions,
    /// Merged segments.
    Merge,
}

impl FromStr for Through {
    type Err = BehaviorError;

    fn from_str(word: &str) -> Result<Self, BehaviorError> {
        match word {
            "features" => Ok(Self::Features),
            "clips" => Ok(Self::Clips),
            "captions" => Ok(Self::Captions),
            "merge" => Ok(Self::Merge),
            _ => Err(BehaviorError::Word {
                what: "--through",
                word: word.to_owned(),
                known: "features, clips, captions, merge",
            }),
        }
    }
}

/// What cuts the recording into clips.
#[derive(Clone, Debug, PartialEq)]
pub enum Segmenter {
    /// A model that is trained on the features.
    Trained(Method),
    /// A table: a syllable per frame, or change points.
    Given(PathBuf, GivenKind),
}

impl Segmenter {
    /// The segmenter of a word: `dec`, `dec-paper` (the published net), `kmeans`, or the path of a table of syllables or, with
    /// `changes:` before it, of change points.
    ///
    /// # Errors
    /// When it is no such word, and no file.
    pub fn parse(word: &str, clusters: usize, seed: u64) -> Result<Self, BehaviorError> {
        Ok(match word {
            "dec" => Self::Trained(Method::Dec(DecConfig { clusters, seed, ..DecConfig::default() })),
            "dec-paper" => Self::Trained(Method::Dec(DecConfig { clusters, seed, ..DecConfig::paper() })),
            "kmeans" => Self::Trained(Method::KMeans { clusters, starts: 20, seed }),
            _ => {
                let (path, kind) = match word.strip_prefix("changes:") {
                    Some(path) => (path, GivenKind::ChangePoints),
                    None => (word, GivenKind::Syllables),
                };
                if !Path::new(path).is_file() {
                    return Err(BehaviorError::Word {
                        what: "--segmenter",
                        word: word.to_owned(),
                        known: "dec, dec-paper, kmeans, the path of a table of syllables, changes: and the path of a table of change points",
                    });
                }
                Self::Given(PathBuf::from(path), kind)
            }
        })
    }
}

/// What is asked of a run.
#[derive(Clone, Debug)]
pub struct Options<'a> {
    /// One recording of several; all of them where none is named.
    pub recording: Option<&'a str>,
    /// How far it goes.
    pub through: Through,
    /// What features are made of.
    pub features: FeatureKind,
    /// What cuts.
    pub segmenter: Segmenter,
    /// The price of a change of cluster, nats; `None` finds one that makes clips last.
    pub switch_cost: Option<f32>,
    /// Shortest and longest clip, s.
    pub lengths_secs: [f64; 2],
    /// A file of rules instead of the built-in ones.
    pub rules: Option<&'a Path>,
    /// A file of labels instead of the built-in ones.
    pub vocabulary: Option<&'a Path>,
    /// Which ends of tracks and recording belong together.
    pub align: Option<Align>,
    /// Cuts with the model of this recording instead of training one.
    pub model_of: Option<&'a str>,
    /// Begin anew, also where nothing changed.
    pub again: bool,
}

/// What a run did with one recording.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The recording.
    pub recording: String,
    /// Its frames.
    pub frames: u32,
    /// Its animals.
    pub animals: Vec<String>,
    /// What the training did, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub training: Option<TrainReport>,
    /// The price of a change that clips were cut with, nats, where they were cut now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub switch_cost: Option<f32>,
    /// How long the clips are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clips: Option<ClipLengths>,
    /// Merged segments.
    pub segments: usize,
    /// Frames by label over all animals, the most frequent first.
    pub labels: Vec<(String, u64)>,
    /// What contradicts itself: reasons to look.
    pub findings: Vec<Contradiction>,
    /// Whether all of it was there already.
    pub was_done: bool,
    /// Seconds that it took.
    pub wall_s: f64,
}

/// A segment that contradicts another, or itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Contradiction {
    /// What is wrong.
    pub reason: Reason,
    /// Whose segment.
    pub animal: String,
    /// Its first frame.
    pub start_frame: u32,
    /// The frame after its last.
    pub stop_frame: u32,
    /// Its label.
    pub label: String,
}

/// The kind of a run.
pub(super) const KIND: &str = "behavior";

/// The kind of a training.
const TRAINING: &str = "behavior model";

/// What is measured of a blob's ends is worth less than what is measured of keypoints.
const BLOB_CONFIDENCE: f32 = 0.5;

/// Under this key a training keeps its model.
const MODEL: &str = "model";

/// Under this key it keeps its report.
const REPORT: &str = "report";

/// Runs the pipeline over the chosen recordings.
///
/// # Errors
/// When a recording or a file cannot be used, or somebody asked to stop; what is stored stays.
pub fn run(job: &Job<'_>, project: &mut Project, options: &Options<'_>) -> Result<Vec<Report>, JobError> {
    check(options)?;
    let rules = rules_of(options.rules)?;
    let vocabulary = vocabulary_of(options.vocabulary)?;
    let recordings = open::choose_all(project, options.recording)?;
    let mut reports = Vec::new();
    for mut info in recordings {
        let begun = std::time::Instant::now();
        job.check()?;
        let subjects = subjects::load(job, project, &mut info, options.align)?;
        let work = Work { job, info: &info, options, rules: &rules, vocabulary: &vocabulary, subjects: &subjects };
        let mut report = work.run(project)?;
        report.wall_s = begun.elapsed().as_secs_f64();
        reports.push(report);
    }
    Ok(reports)
}

fn check(options: &Options<'_>) -> Result<(), BehaviorError> {
    let number = |what, allowed, found: f64, holds: bool| {
        if holds { Ok(()) } else { Err(BehaviorError::Number { what, allowed, found }) }
    };
    if let Some(cost) = options.switch_cost.map(f64::from) {
        number("--switch-cost", "0 or more", cost, (0.0..1e6).contains(&cost))?;
    }
    let [shortest, longest] = options.lengths_secs;
    number("--shortest", "a number of seconds above 0", shortest, shortest > 0.0 && shortest < 3600.0)?;
    number("--longest", "at least twice --shortest", longest, longest >= 2.0 * shortest && longest < 36_000.0)
}

fn rules_of(path: Option<&Path>) -> Result<Rules, JobError> {
    let Some(path) = path else { return Ok(Rules::mouse()) };
    let text = read_text(path)?;
    Ok(Rules::from_toml(&text).map_err(|source| BehaviorError::Rules { path: path.to_owned(), source })?)
}

fn vocabulary_of(path: Option<&Path>) -> Result<Vocabulary, JobError> {
    let Some(path) = path else { return Ok(Vocabulary::mouse()) };
    let text = read_text(path)?;
    Ok(Vocabulary::from_toml(&text).map_err(|source| BehaviorError::Vocabulary { path: path.to_owned(), source })?)
}

pub(super) fn read_text(path: &Path) -> Result<String, JobError> {
    std::fs::read_to_string(path).map_err(|source| JobError::Io { action: "read", path: path.to_owned(), source })
}

/// A run over one recording.
struct Work<'a> {
    job: &'a Job<'a>,
    info: &'a RecordingInfo,
    options: &'a Options<'a>,
    rules: &'a Rules,
    vocabulary: &'a Vocabulary,
    subjects: &'a Subjects,
}

impl Work<'_> {
    fn run(&self, project: &mut Project) -> Result<Report, JobError> {
        let (settings, training) = self.settings()?;
        let (run, was_done) = self.begin(project, &settings)?;
        let bodies = Bodies::of(&self.subjects.tracks);
        let mut report = Report {
            recording: self.info.name.clone(),
            frames: bodies.frame_count,
            animals: self.subjects.animals.iter().map(|animal| animal.name.clone()).collect(),
            training: None,
            switch_cost: None,
            clips: None,
            segments: 0,
            labels: Vec::new(),
            findings: Vec::new(),
            was_done,
            wall_s: 0.0,
        };
        project.set_animals(self.info.id, &self.subjects.animals)?;
        let mut clips = project.clips(run.id)?;
        if clips.is_empty() {
            clips = match &training {
                Some((method, settings)) => {
                    let features = self.features(project, &bodies)?;
                    let is_seen = self.seen(&bodies, &features)?;
                    let source = Source {
                        features: &features,
                        is_seen: &is_seen,
                        frame_count: bodies.frame_count,
                        fps: bodies.fps,
                        recording: &self.info.name,
                    };
                    let (model, trained) = self.model(project, &source, method, settings)?;
                    report.training = trained;
                    if self.options.through == Through::Features {
                        return Ok(report);
                    }
                    let (clips, cost) = source.clips(self.job, &model, &self.cut())?;
                    report.switch_cost = Some(cost);
                    clips
                }
                None => self.given()?,
            };
            project.put_clips(run.id, &clips)?;
        }
        report.clips = Some(lengths(&clips, self.info.fps));
        if self.options.through >= Through::Captions {
            self.say(project, run.id, &bodies, &clips, &mut report)?;
        }
        if self.options.through == Through::Merge {
            project.finish_run(run.id, now_unix_ms())?;
        } else {
            project.set_run_state(run.id, RunState::Stopped, now_unix_ms())?;
        }
        Ok(report)
    }

    /// The features that are asked for; blobs and arenas have more to say in their pixels than in three points.
    fn features<'b>(&'b self, project: &Project, bodies: &'b Bodies) -> Result<FeatureRows<'b>, JobError> {
        let has_points = self.subjects.tracks.parts.len() > 1 && self.subjects.origin != Origin::Arena;
        let kind = match &self.options.features {
            FeatureKind::Auto if has_points => FeatureKind::Keypoints,
            FeatureKind::Auto => FeatureKind::Pixels,
            other => other.clone(),
        };
        let names: Vec<String> = self.subjects.animals.iter().map(|animal| animal.name.clone()).collect();
        Ok(match kind {
            FeatureKind::Auto | FeatureKind::Keypoints => {
                FeatureRows::Keypoints(KeypointFeatures::new(bodies, &self.subjects.zones))
            }
            FeatureKind::Matrix(path) => FeatureRows::Matrix(Matrix::read(&path, &names, bodies.frame_count)?),
            FeatureKind::Pixels => FeatureRows::Pixels(self.pixels(project, bodies)?),
            FeatureKind::Fused => {
                let keypoints = KeypointFeatures::new(bodies, &self.subjects.zones);
                let pixels = self.pixels(project, bodies)?;
                FeatureRows::Fused(Box::new(FusedRows::new(bodies, keypoints, pixels)?))
            }
        })
    }

    /// Features of the pixels around each animal.
    fn pixels(&self, project: &Project, bodies: &Bodies) -> Result<PixelRows, JobError> {
        let recording = open::recording_of(project, self.info)?;
        let Some(mut pictures) = pixels::pictures(&recording)? else {
            return Err(BehaviorError::NoPictures { recording: self.info.name.clone() }.into());
        };
        let tracks = &self.subjects.tracks;
        let places: Vec<Vec<Option<Place>>> = match self.subjects.origin {
            Origin::Poses => return Err(BehaviorError::NoPictures { recording: self.info.name.clone() }.into()),
            Origin::Arena => vec![vec![Some(Place::whole(pictures.size_px())); bodies.frame_count as usize]],
            Origin::Tables | Origin::Blobs => {
                (0..tracks.animals.len()).map(|animal| places_of_track(tracks, animal)).collect()
            }
        };
        PixelRows::measure(self.job, pictures.as_mut(), bodies.fps, &places, project.path())
    }

    /// In which frames each animal is there.
    fn seen(&self, bodies: &Bodies, features: &FeatureRows<'_>) -> Result<Vec<Vec<bool>>, JobError> {
        let frames = bodies.frame_count;
        let of_animal = |animal: usize| -> Result<Vec<bool>, JobError> {
            // A matrix of the user's may know an animal that no track shows.
            if let FeatureRows::Matrix(_) = features {
                let rows = features.rows(animal, 0..frames)?;
                return Ok(rows.rows().into_iter().map(|row| row.iter().any(|value| value.is_finite())).collect());
            }
            Ok((0..frames as usize).map(|frame| bodies.animals[animal].is_seen(frame)).collect())
        };
        (0..bodies.animals.len()).map(of_animal).collect()
    }

    fn cut(&self) -> Cut {
        Cut { switch_cost: self.options.switch_cost, lengths_secs: self.options.lengths_secs }
    }

    /// What decides the result, and what decides the model.
    fn settings(&self) -> Result<(String, Option<(Method, String)>), JobError> {
        let version = env!("CARGO_PKG_VERSION");
        let input = json!({ "version": version, "tracks": self.subjects.fingerprint, "zones": format!("{:?}", self.subjects.zones), "align": format!("{:?}", self.options.align), "features": self.feature_settings()? });
        let training = match &self.options.segmenter {
            Segmenter::Trained(method) => {
                Some((method.clone(), json!({ "input": input, "method": method }).to_string()))
            }
            Segmenter::Given(..) => None,
        };
        let cut = match &self.options.segmenter {
            Segmenter::Trained(method) => json!(method),
            Segmenter::Given(path, kind) => {
                json!([format!("{kind:?}"), blake3::hash(read_text(path)?.as_bytes()).to_hex().to_string()])
            }
        };
        let settings = json!({
            "input": input,
            "segmenter": cut,
            "model_of": self.options.model_of,
            "switch_cost": self.options.switch_cost,
            "lengths_secs": self.options.lengths_secs,
            "rules": blake3::hash(format!("{:?}", self.rules).as_bytes()).to_hex().to_string(),
            "vocabulary": blake3::hash(format!("{:?}", self.vocabulary).as_bytes()).to_hex().to_string(),
        });
        Ok((settings.to_string(), training))
    }

    /// What features are asked for, a matrix by its content.
    fn feature_settings(&self) -> Result<String, JobError> {
        Ok(match &self.options.features {
            FeatureKind::Matrix(path) => blake3::hash(read_text(path)?.as_bytes()).to_hex().to_string(),
            other => format!("{other:?}"),
        })
    }

    /// The run to go on with, or a new one; and whether it has nothing left to do.
    fn begin(&self, project: &mut Project, settings: &str) -> Result<(RunInfo, bool), JobError> {
        let known = project.find_run(self.info.id, KIND, &Project::config_hash(settings))?;
        // An earlier run with these settings counts only where no other came after it: the latest is what is shown.
        let latest = project.latest_run(self.info.id, KIND)?.map(|run| run.id);
        if let Some(run) = known.filter(|run| !self.options.again && Some(run.id) == latest) {
            let is_done = run.state == RunState::Finished;
            if !is_done {
                project.set_run_state(run.id, RunState::Running, now_unix_ms())?;
            }
            return Ok((run, is_done));
        }
        let id = project.begin_run(self.info.id, KIND, settings, now_unix_ms())?;
        Ok((project.run(id)?, false))
    }

    /// The model that cuts: that of another recording, a known one, or one that is trained now.
    fn model(
        &self,
        project: &mut Project,
        source: &Source<'_>,
        method: &Method,
        settings: &str,
    ) -> Result<(Model, Option<TrainReport>), JobError> {
        let read = |bytes: &[u8], recording: &str| {
            Model::from_bytes(bytes).map_err(|source| BehaviorError::Model { recording: recording.to_owned(), source })
        };
        if let Some(name) = self.options.model_of {
            let other = project.recording(name)?;
            let run = project.latest_run(other.id, TRAINING)?;
            let bytes = run.map(|run| project.checkpoint(run.id, MODEL)).transpose()?.flatten();
            let Some(bytes) = bytes else {
                let project = project.path().to_owned();
                return Err(BehaviorError::NothingYet { recording: name.to_owned(), what: "model", project }.into());
            };
            return Ok((read(&bytes, name)?, None));
        }
        let known = project.find_run(self.info.id, TRAINING, &Project::config_hash(settings))?;
        let finished = known.filter(|run| run.state == RunState::Finished && !self.options.again);
        let bytes = finished.map(|run| project.checkpoint(run.id, MODEL)).transpose()?.flatten();
        if let Some(bytes) = bytes {
            return Ok((read(&bytes, &self.info.name)?, None));
        }
        let run = project.begin_run(self.info.id, TRAINING, settings, now_unix_ms())?;
        let (model, trained) = source.train(self.job, method)?;
        project.put_checkpoint(run, MODEL, &model.to_bytes())?;
        project.put_checkpoint(run, REPORT, &serde_json::to_vec(&trained).unwrap_or_default())?;
        project.finish_run(run, now_unix_ms())?;
        Ok((model, Some(trained)))
    }

    /// Clips of a table of syllables or change points.
    fn given(&self) -> Result<Vec<Clip>, JobError> {
        let Segmenter::Given(path, kind) = &self.options.segmenter else { return Ok(Vec::new()) };
        let text = read_text(path)?;
        let invalid = |source| BehaviorError::Given { path: path.clone(), source };
        let given = Given::parse(*kind, &text).map_err(invalid)?;
        let limits = ClipLimits::from_secs(0.0, self.options.lengths_secs, self.info.fps);
        let mut found = Vec::new();
        for (index, animal) in self.subjects.animals.iter().enumerate() {
            let Some(track) = given.track(&animal.name) else {
                let known = given.tracks.iter().map(|track| track.animal.clone().unwrap_or_default());
                let known = known.collect::<Vec<_>>().join(", ");
                return Err(BehaviorError::NotGiven { animal: animal.name.clone(), path: path.clone(), known }.into());
            };
            let clips = track.clips(self.info.frame_count, &limits).map_err(invalid)?;
            found.extend(numbered(clips, index, found.len()));
        }
        Ok(found)
    }

    /// Captions and, where they are wanted, merged segments.
    fn say(
        &self,
        project: &mut Project,
        run: RunId,
        bodies: &Bodies,
        clips: &[Clip],
        report: &mut Report,
    ) -> Result<(), JobError> {
        let names: Vec<String> = self.subjects.animals.iter().map(|animal| animal.name.clone()).collect();
        let describer = Describer::new(bodies, &self.subjects.zones, self.rules, &names);
        let mut captions = project.captions(run)?;
        if captions.len() != clips.len() {
            self.job.phase("captions", clips.len() as u64, "clips");
            captions = Vec::with_capacity(clips.len());
            for (done, clip) in clips.iter().enumerate() {
                self.job.check()?;
                captions.push((clip.id, self.caption(&describer, clip)));
                self.job.done(done as u64 + 1);
            }
            project.put_captions(run, BehaviorSource::Rules, &captions)?;
        }
        if self.options.through < Through::Merge {
            report.labels = frames_by_label(
                clips
                    .iter()
                    .zip(&captions)
                    .map(|(clip, (_, caption))| (caption.label.as_str(), clip.stop_frame - clip.start_frame)),
            );
            return Ok(());
        }
        let mut segments = project.merged_segments(run)?;
        if segments.is_empty() {
            segments = self.merged(clips, &captions, &describer);
            project.put_merged(self.info.id, run, &segments, now_unix_ms())?;
        }
        report.segments = segments.len();
        report.labels = frames_by_label(
            segments.iter().map(|segment| (segment.label.as_str(), segment.stop_frame - segment.start_frame)),
        );
        let checker = Checker { animals: names.len(), vocabulary: self.vocabulary, bodies: Some((bodies, self.rules)) };
        let findings = checker.check(&segments).into_iter().map(|finding| {
            let segment = &segments[finding.segment];
            Contradiction {
                reason: finding.reason,
                animal: names[segment.animal.index()].clone(),
                start_frame: segment.start_frame,
                stop_frame: segment.stop_frame,
                label: segment.label.clone(),
            }
        });
        report.findings = findings.collect();
        Ok(())
    }

    /// What the rules say of a clip. Of an arena they can say nothing; of a blob nothing surely.
    fn caption(&self, describer: &Describer<'_>, clip: &Clip) -> Caption {
        match self.subjects.origin {
            Origin::Arena => Caption {
                label: "no_behavior".to_owned(),
                description: "No animal was told apart in the pictures.".to_owned(),
                partner: None,
                role: SocialRole::None,
                confidence: 0.0,
            },
            Origin::Blobs => {
                let caption = describer.describe(clip.animal, clip.frames());
                Caption { confidence: caption.confidence * BLOB_CONFIDENCE, ..caption }
            }
            Origin::Tables | Origin::Poses => describer.describe(clip.animal, clip.frames()),
        }
    }

    fn merged(&self, clips: &[Clip], captions: &[(ClipId, Caption)], describer: &Describer<'_>) -> Vec<Segment> {
        let pairs: Vec<(Clip, Caption)> =
            clips.iter().zip(captions).map(|(clip, (_, caption))| (*clip, caption.clone())).collect();
        let by_animal = pairs.chunk_by(|a, b| a.0.animal == b.0.animal);
        by_animal.flat_map(|of_animal| merge(of_animal, self.info.fps, describer)).collect()
    }
}

/// How long clips are, whatever animal they are of.
fn lengths(clips: &[Clip], fps: f64) -> ClipLengths {
    let clips: Vec<crate::behavior::clips::Clip> = clips
        .iter()
        .map(|clip| crate::behavior::clips::Clip {
            start_frame: clip.start_frame,
            stop_frame: clip.stop_frame,
            cluster: clip.cluster,
        })
        .collect();
    ClipLengths::of(&clips, fps)
}

fn frames_by_label<'a>(pieces: impl Iterator<Item = (&'a str, u32)>) -> Vec<(String, u64)> {
    let mut sums: Vec<(String, u64)> = Vec::new();
    for (label, frames) in pieces {
        match sums.iter_mut().find(|(known, _)| known == label) {
            Some((_, sum)) => *sum += u64::from(frames),
            None => sums.push((label.to_owned(), u64::from(frames))),
        }
    }
    sums.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    sums
}
