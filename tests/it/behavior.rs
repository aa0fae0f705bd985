//! The behavior pipeline from the command line, on mice that follow a script and on real recordings.
#![expect(clippy::unwrap_used, reason = "the helpers of a test fail as the test does")]

/// Input that does not fit: one sentence each, and the project stays whole.
mod bad_input;
/// Tables out of a project and into another.
mod exchange;
/// Figures of timelines.
mod figures;
/// What the pipeline finds of a script, how it repeats itself, what it does not do twice.
mod found;
/// Killed at many moments; ignored, since it takes a minute.
mod kills;
/// Two recordings in one project.
mod many;
/// Captions and merges by models.
mod models;
/// Pictures where there are no tracks.
mod pictures;
/// Real mice; ignored where there are no data.
mod real;
/// The mice and their recordings.
mod script;
/// Searches, and what the vocabulary does not know.
mod sought;
/// The vocabulary of a project.
mod vocabulary;

use std::fs;
use std::path::{Path, PathBuf};

use behaviorvlm::model::{BehaviorSource, Caption, Clip, ClipId, Segment};
use behaviorvlm::store::Project;
use serde_json::Value;

use crate::cli::{failure, run, text};
use crate::fake_model::Watcher;

/// What a project holds of its only recording's latest run, and what people said.
#[derive(Clone, Debug, PartialEq)]
struct Layers {
    frames: u32,
    animals: Vec<String>,
    clips: Vec<Clip>,
    captions: Vec<(ClipId, Caption)>,
    /// Who says so, caption by caption.
    sources: Vec<BehaviorSource>,
    merged: Vec<Segment>,
    human: Vec<Segment>,
    model: Option<Vec<u8>>,
}

impl Layers {
    /// Those of a project with one recording.
    fn of(project: &Path) -> Self {
        Self::of_recording(project, None)
    }

    fn of_recording(project: &Path, name: Option<&str>) -> Self {
        let project = Project::open_read_only(project).unwrap();
        project.check().unwrap();
        let info = match name {
            Some(name) => project.recording(name).unwrap(),
            None => project.only_recording().unwrap(),
        };
        let run = project.latest_run(info.id, "behavior").unwrap().map(|run| run.id);
        let said = run.map(|run| project.captions(run).unwrap()).unwrap_or_default();
        let training = project.latest_run(info.id, "behavior model").unwrap();
        Self {
            frames: info.frame_count,
            animals: project.animals(info.id).unwrap().into_iter().map(|animal| animal.name).collect(),
            clips: run.map(|run| project.clips(run).unwrap()).unwrap_or_default(),
            sources: said.iter().map(|(.., source)| *source).collect(),
            captions: said.into_iter().map(|(clip, caption, _)| (clip, caption)).collect(),
            merged: run.map(|run| project.merged_segments(run).unwrap()).unwrap_or_default(),
            human: project.human_segments(info.id).unwrap(),
            model: training.and_then(|run| project.checkpoint(run.id, "model").unwrap()),
        }
    }

    /// Whether each layer is there whole or not at all: each frame of each animal once.
    fn check(&self) {
        let clips: Vec<_> =
            self.clips.iter().map(|clip| (clip.animal.index(), clip.start_frame, clip.stop_frame)).collect();
        let merged: Vec<_> = self.merged.iter().map(|it| (it.animal.index(), it.start_frame, it.stop_frame)).collect();
        for pieces in [clips, merged].into_iter().filter(|pieces| !pieces.is_empty()) {
            for animal in 0..self.animals.len() {
                let mut next = 0;
                for (_, start, stop) in pieces.iter().filter(|piece| piece.0 == animal) {
                    assert_eq!(*start, next, "a gap or an overlap in the track of animal {animal}");
                    assert!(stop > start);
                    next = *stop;
                }
                assert_eq!(next, self.frames, "the track of animal {animal} ends with the recording");
            }
        }
        let said: Vec<ClipId> = self.captions.iter().map(|(clip, _)| *clip).collect();
        let all: Vec<ClipId> = self.clips.iter().map(|clip| clip.id).collect();
        assert!(said.is_empty() || said == all, "some clips have a caption and some have none");
        let merged_clips = self.merged.iter().flat_map(|segment| &segment.clips).count();
        assert!(self.merged.is_empty() || merged_clips == self.clips.len(), "each clip is in one segment");
    }

    /// Whether the rules alone said all of it.
    fn is_by_rules(&self) -> bool {
        let sources = self.merged.iter().map(|segment| &segment.source).chain(&self.sources);
        sources.into_iter().all(|source| *source == BehaviorSource::Rules)
    }

    /// Without what the settings alone decide.
    fn shown(&self) -> (&[Clip], &[(ClipId, Caption)], &[Segment]) {
        (&self.clips, &self.captions, &self.merged)
    }

    /// Frames of an animal that the merge gives a label.
    fn frames_of(&self, animal: &str, label: &str) -> u32 {
        let animal = self.animals.iter().position(|name| name == animal).unwrap();
        let own = self.merged.iter().filter(|it| it.animal.index() == animal && it.label == label);
        own.map(|segment| segment.stop_frame - segment.start_frame).sum()
    }

    /// The mean length of clips in which an animal is seen, s.
    fn mean_clip_secs(&self, fps: f64) -> f64 {
        let seen: Vec<f64> =
            self.clips.iter().filter(|it| it.cluster.is_some()).map(|it| it.frames().len() as f64 / fps).collect();
        seen.iter().sum::<f64>() / seen.len() as f64
    }
}

/// A project for a window: three real mice where there are data, else mice that follow a script.
pub fn project_to_watch(folder: &Path) -> PathBuf {
    if std::env::var_os("BEHAVIORVLM_DATA").is_some() {
        return real::three_mice(folder, true);
    }
    let recording = script::recording(folder, "scripted", &script::Film::long());
    let project = folder.join("scripted.bvlm");
    new_project(&[&recording], &project);
    // Without pictures only the tracks say how long a recording is.
    behave(&project, &["--through", "features"]);
    project
}

/// A project of a short film of two mice that nobody has described, and what is true of it.
pub fn film_to_describe(folder: &Path) -> (PathBuf, Watcher) {
    let film = script::Film::short();
    let project = folder.join("film.bvlm");
    new_project(&[&script::filmed(folder, "film", &film)], &project);
    (project, film.doing(&script::SHORT_TRUTH))
}

/// Makes a project of recordings.
pub fn new_project(recordings: &[&Path], project: &Path) {
    let mut arguments = vec!["new"];
    arguments.extend(recordings.iter().copied().map(text));
    arguments.extend([text(project), "--json"]);
    let output = run(&arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Runs the pipeline, which must succeed; its report of each recording, and what it said on the way.
fn behave_all(project: &Path, options: &[&str]) -> (Vec<Value>, String) {
    let mut arguments = vec!["behavior", "run", text(project), "--json"];
    arguments.extend(options);
    let output = run(&arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    (serde_json::from_slice(&output.stdout).unwrap(), said)
}

/// [`behave_all`] with a project of one recording.
fn behave(project: &Path, options: &[&str]) -> (Value, String) {
    let (mut reports, said) = behave_all(project, options);
    assert_eq!(reports.len(), 1);
    (reports.remove(0), said)
}

/// Runs the pipeline, which must be refused with one sentence and change nothing; returns the sentence.
fn refused(project: &Path, options: &[&str]) -> String {
    let mut before = Layers::of(project);
    let mut arguments = vec!["behavior", "run", text(project)];
    arguments.extend(options);
    let sentence = failure(&arguments);
    let after = Layers::of(project);
    if before.frames == 0 {
        // How long a recording without pictures is, its tracks say.
        before.frames = after.frames;
    }
    assert_eq!(after, before, "{options:?}");
    is_healthy(project);
    sentence
}

/// The doctor finds no error but in the tables of tracks, which lie outside the project.
fn is_healthy(project: &Path) {
    let output = run(&["doctor", text(project), "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let errors = findings.iter().filter(|finding| finding["severity"] == "error");
    let others: Vec<_> = errors.filter(|finding| finding["code"] != "tracks").collect();
    assert!(others.is_empty(), "{others:?}");
}

pub fn exported(project: &Path, format: &str, options: &[&str]) -> String {
    let file = project.with_extension(format!("{format}.txt"));
    let mut arguments = vec!["export", text(project), "--format", format, text(&file), "--json"];
    arguments.extend(options);
    let output = run(&arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read_to_string(file).unwrap()
}

fn names(sentence: &str, things: &[&str]) {
    for thing in things {
        assert!(sentence.contains(thing), "\"{thing}\" is not in: {sentence}");
    }
}
