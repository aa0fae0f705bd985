//! A run over one recording: each step is stored whole before the next begins.

use std::path::Path;

use serde_json::json;

use super::asked::{Shown, Spent};
use super::cluster::{Cut, Source, numbered};
use super::examples::Showcase;
use super::options::{Options, Report, Segmenter, Through};
use super::pixels::{self, PixelRows};
use super::rows::{FeatureKind, FeatureRows, FusedRows, Matrix};
use super::subjects::{Origin, Subjects};
use super::{BehaviorError, KIND, read_bytes, read_text};
use crate::behavior::bodies::Bodies;
use crate::behavior::clips::{ClipLengths, ClipLimits};
use crate::behavior::features::KeypointFeatures;
use crate::behavior::given::Given;
use crate::behavior::rules::{Describer, Rules};
use crate::behavior::segmenter::{Method, Model, TrainReport};
use crate::behavior::visual::{PatchDescriber, Place, VisualFeatures, places_of_track};
use crate::jobs::{Job, JobError, open, prompts};
use crate::model::{Caption, Clip, Vocabulary};
use crate::store::{Project, RecordingInfo, RunInfo, RunState, now_unix_ms};
use crate::vlm::prompt::Prompt;

/// The kind of a training.
const TRAINING: &str = "behavior model";

/// Under this key a training keeps its model.
const MODEL: &str = "model";

/// A run over one recording.
pub(super) struct Work<'a> {
    pub job: &'a Job<'a>,
    pub info: &'a RecordingInfo,
    pub options: &'a Options<'a>,
    pub rules: &'a Rules,
    pub vocabulary: &'a Vocabulary,
    pub subjects: &'a Subjects,
    pub showcase: Option<&'a Showcase>,
    pub spent: &'a Spent,
}

impl Work<'_> {
    /// Goes as far as is asked for.
    pub(super) fn run(&self, project: &mut Project) -> Result<Report, JobError> {
        let (settings, training) = self.settings(project)?;
        project.check_animals(self.info.id, &self.subjects.animals)?;
        if self.options.asking.estimate_only {
            return self.estimate(project, &settings, training.as_ref());
        }
        let known = self.known(project, &settings)?;
        let was_done = known.as_ref().is_some_and(|run| run.state == RunState::Finished);
        let bodies = Bodies::of(&self.subjects.tracks);
        let mut report = self.blank_report();
        report.was_done = was_done;
        let run = match known {
            Some(run) => {
                project.set_animals(self.info.id, &self.subjects.animals)?;
                run.id
            }
            None => {
                let training = training.as_ref().map(|(method, settings)| (method, settings.as_str()));
                let clips = match self.cut_before(project, &settings)? {
                    Some(clips) => Some(clips),
                    None => self.cut_anew(project, &bodies, training, &mut report)?,
                };
                let Some(clips) = clips else { return Ok(report) };
                // Only now: what an earlier run found is shown until there is something to put in its place.
                project.set_animals(self.info.id, &self.subjects.animals)?;
                let run = project.begin_run(self.info.id, KIND, &settings, now_unix_ms())?;
                project.put_clips(run, &clips)?;
                run
            }
        };
        let clips = project.clips(run)?;
        report.clips = Some(lengths(&clips, self.info.fps));
        if self.options.through >= Through::Captions {
            self.say(project, run, &bodies, &clips, &mut report)?;
        }
        if self.options.through == Through::Merge {
            project.finish_run(run, now_unix_ms())?;
        } else if !was_done {
            project.set_run_state(run, RunState::Stopped, now_unix_ms())?;
        }
        Ok(report)
    }

    pub(super) fn blank_report(&self) -> Report {
        Report {
            recording: self.info.name.clone(),
            frames: self.subjects.tracks.frame_count,
            animals: self.subjects.animals.iter().map(|animal| animal.name.clone()).collect(),
            ..Report::default()
        }
    }

    /// What models would be asked. What is found on the way there is thrown away but for a model that was trained: the run that
    /// is shown stays.
    fn estimate(
        &self,
        project: &mut Project,
        settings: &str,
        training: Option<&(Method, String)>,
    ) -> Result<Report, JobError> {
        let bodies = Bodies::of(&self.subjects.tracks);
        let mut report = self.blank_report();
        let known = project.find_run(self.info.id, KIND, &Project::config_hash(settings))?;
        let stored = known.map(|run| project.clips(run.id)).transpose()?.filter(|clips| !clips.is_empty());
        let training = training.map(|(method, settings)| (method, settings.as_str()));
        let clips = match stored.map_or_else(|| self.cut_before(project, settings), |clips| Ok(Some(clips)))? {
            Some(clips) => Some(clips),
            None => self.cut_anew(project, &bodies, training, &mut report)?,
        };
        let Some(clips) = clips else { return Ok(report) };
        report.clips = Some(lengths(&clips, self.info.fps));
        if let Some(model) = self.options.caption_model.filter(|_| self.options.through >= Through::Captions) {
            let beside = self.beside(project, &bodies, &clips)?;
            let shown = Shown { showcase: self.showcase, beside: &beside };
            report.asked.push(self.captions_load(project, model, &clips, shown)?);
        }
        if let Some(model) = self.options.merge_model.filter(|_| self.options.through == Through::Merge) {
            let names: Vec<String> = self.subjects.animals.iter().map(|animal| animal.name.clone()).collect();
            let describer = Describer::new(&bodies, &self.subjects.zones, self.rules, &names);
            // What the rules say is about as long as what a model will say.
            let ruled: Vec<(Clip, Caption)> =
                clips.iter().map(|clip| (*clip, self.caption(&describer, clip))).collect();
            report.asked.push(self.merge_load(project, model, &ruled)?);
        }
        Ok(report)
    }

    /// The clips of the latest run, where that was cut as this one is and differs only in what is said of clips.
    fn cut_before(&self, project: &Project, settings: &str) -> Result<Option<Vec<Clip>>, JobError> {
        if self.options.again || self.options.through == Through::Features {
            return Ok(None);
        }
        let Some(run) = project.latest_run(self.info.id, KIND)? else { return Ok(None) };
        if cutting_part(&run.config_json).is_none() || cutting_part(&run.config_json) != cutting_part(settings) {
            return Ok(None);
        }
        Ok(Some(project.clips(run.id)?).filter(|clips| !clips.is_empty()))
    }

    /// Clips of a model or of a table; `None` where only the model is asked for.
    fn cut_anew(
        &self,
        project: &mut Project,
        bodies: &Bodies,
        training: Option<(&Method, &str)>,
        report: &mut Report,
    ) -> Result<Option<Vec<Clip>>, JobError> {
        let Some((method, settings)) = training else { return Ok(Some(self.given()?)) };
        let features = self.features(project, bodies)?;
        let is_seen = self.seen(bodies, &features)?;
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
            return Ok(None);
        }
        let (clips, cost) = source.clips(self.job, &model, &self.cut())?;
        report.switch_cost = Some(cost);
        Ok(Some(clips))
    }

    /// The features that are asked for; blobs and arenas have more to say in their pixels than in three points.
    fn features<'b>(&'b self, project: &Project, bodies: &'b Bodies) -> Result<FeatureRows<'b>, JobError> {
        let kind = match &self.options.features {
            FeatureKind::Auto if self.has_more_in_pixels(project)? => FeatureKind::Pixels,
            FeatureKind::Auto => FeatureKind::Keypoints,
            other => other.clone(),
        };
        let names: Vec<String> = self.subjects.animals.iter().map(|animal| animal.name.clone()).collect();
        Ok(match kind {
            FeatureKind::Auto | FeatureKind::Keypoints => {
                FeatureRows::Keypoints(KeypointFeatures::new(bodies, &self.subjects.zones))
            }
            FeatureKind::Matrix(path) => FeatureRows::Matrix(Matrix::read(&path, &names, bodies.frame_count)?),
            FeatureKind::Pixels => FeatureRows::Pixels(self.pixels(project, bodies, None)?),
            FeatureKind::Encoder(path) => FeatureRows::Pixels(self.pixels(project, bodies, Some(&path))?),
            FeatureKind::Fused => {
                let keypoints = KeypointFeatures::new(bodies, &self.subjects.zones);
                let pixels = self.pixels(project, bodies, None)?;
                FeatureRows::Fused(Box::new(FusedRows::new(bodies, keypoints, pixels)?))
            }
        })
    }

    /// Whether pixels tell more than the tracks: of an arena, and of boxes of which there are pictures.
    fn has_more_in_pixels(&self, project: &Project) -> Result<bool, JobError> {
        let is_point = self.subjects.tracks.parts.len() == 1;
        Ok(match self.subjects.origin {
            Origin::Arena => true,
            Origin::Tables if is_point => pixels::pictures(&open::recording_of(project, self.info)?)?.is_some(),
            _ => false,
        })
    }

    /// Features of the pixels around each animal: those of an encoder, or the built-in ones.
    fn pixels(&self, project: &Project, bodies: &Bodies, encoder: Option<&Path>) -> Result<PixelRows, JobError> {
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
        let patch_px = pixels::patch_px(&places);
        let mut describer: Box<dyn PatchDescriber> = match encoder {
            Some(path) => pixels::encoder(path, &self.options.channel_scale, patch_px)?,
            None => Box::new(VisualFeatures::new(patch_px, bodies.fps)),
        };
        PixelRows::measure(self.job, pictures.as_mut(), describer.as_mut(), &places, project.path())
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
    fn settings(&self, project: &Project) -> Result<(String, Option<(Method, String)>), JobError> {
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
        let model_of = match self.options.model_of {
            // A model that was trained anew since is another one.
            Some(name) => project.latest_run(project.recording(name)?.id, TRAINING)?.map(|run| (name, run.id.0)),
            None => None,
        };
        let mut settings = json!({
            "input": input,
            "segmenter": cut,
            "model_of": model_of,
            "switch_cost": self.options.switch_cost,
            "lengths_secs": self.options.lengths_secs,
            "rules": blake3::hash(format!("{:?}", self.rules).as_bytes()).to_hex().to_string(),
            "vocabulary": blake3::hash(format!("{:?}", self.vocabulary.without_looks()).as_bytes()).to_hex().to_string(),
        });
        let prompts = prompts::in_force(project)?;
        let models = [
            ("caption_model", self.options.caption_model, Prompt::Caption),
            ("merge_model", self.options.merge_model, Prompt::Merge),
        ];
        for (key, model, prompt) in models {
            if let Some(model) = model {
                settings[key] = json!([model.name, model.profile.without_prices(), prompts.version(prompt)]);
            }
        }
        let asking = &self.options.asking;
        if self.options.caption_model.is_some() {
            settings["asking"] = json!([asking.samples, asking.is_open, format!("{:?}", asking.view)]);
            if let Some(showcase) = self.showcase {
                settings["examples"] = json!(showcase.hash()?);
            }
        }
        Ok((settings.to_string(), training))
    }

    /// What features are asked for, a file by its content.
    fn feature_settings(&self) -> Result<String, JobError> {
        Ok(match &self.options.features {
            FeatureKind::Matrix(path) => blake3::hash(&read_bytes(path)?).to_hex().to_string(),
            FeatureKind::Encoder(path) => {
                format!("{} {:?}", blake3::hash(&read_bytes(path)?).to_hex(), self.options.channel_scale)
            }
            other => format!("{other:?}"),
        })
    }

    /// The run to go on with: the latest, where it was made with these settings and has clips.
    fn known(&self, project: &mut Project, settings: &str) -> Result<Option<RunInfo>, JobError> {
        if self.options.again {
            return Ok(None);
        }
        let known = project.find_run(self.info.id, KIND, &Project::config_hash(settings))?;
        // An earlier run with these settings counts only where no other came after it: the latest is what is shown.
        let latest = project.latest_run(self.info.id, KIND)?.map(|run| run.id);
        let Some(run) = known.filter(|run| Some(run.id) == latest) else { return Ok(None) };
        if project.clips(run.id)?.is_empty() {
            return Ok(None);
        }
        if run.state != RunState::Finished {
            project.set_run_state(run.id, RunState::Running, now_unix_ms())?;
        }
        Ok(Some(run))
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
        let (model, trained) = source.train(self.job, method)?;
        let run = project.begin_run(self.info.id, TRAINING, settings, now_unix_ms())?;
        project.put_checkpoint(run, MODEL, &model.to_bytes())?;
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
}

/// The settings that decide where clips begin and end.
fn cutting_part(settings: &str) -> Option<serde_json::Map<String, serde_json::Value>> {
    let mut settings: serde_json::Map<_, _> = serde_json::from_str(settings).ok()?;
    for of_words in ["rules", "vocabulary", "caption_model", "merge_model", "asking", "examples"] {
        settings.remove(of_words);
    }
    Some(settings)
}

/// How long clips are, whatever animal they are of.
pub(super) fn lengths(clips: &[Clip], fps: f64) -> ClipLengths {
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
