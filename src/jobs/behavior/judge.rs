//! Compares a layer of the timeline with what is true, or with what somebody else said.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use super::BehaviorError;
use super::layer::{self, Layer};
use super::tell::{self, TellFormat};
use crate::behavior::evaluation::report::{self, ReportTexts};
use crate::behavior::evaluation::{Evaluation, EvaluationOptions, Interval, LabelMap, Lanes, RecordingPair, evaluate};
use crate::formats::behavior_table::{BehaviorRecording, BehaviorRow};
use crate::jobs::{Job, JobError, open, whole_file};
use crate::model::{AnimalId, FrameRange, Vocabulary};
use crate::store::{Project, RecordingInfo};

/// What is compared with what.
#[derive(Clone, Copy, Debug)]
pub struct JudgeOptions<'a> {
    /// One recording of several; all of them where none is named.
    pub recording: Option<&'a str>,
    /// The layer.
    pub layer: Layer,
    /// The table that is true.
    pub truth: &'a Path,
    /// What found labels are called in the truth: `chase=interact,contact=interact`, or the path of such a map as TOML.
    pub map: Option<&'a str>,
    /// Whether all animals of a recording count as one.
    pub union_of_animals: bool,
    /// Only these frames count.
    pub frames: FrameRange,
    /// Where a report with plots is written.
    pub html: Option<&'a Path>,
}

/// The animal of rows that are about the recording as a whole.
const WHOLE: &str = "";

/// Compares.
///
/// # Errors
/// When the layer is empty, the table cannot be read, or it names an animal that is not there.
pub fn judge(job: &Job<'_>, project: &Project, options: &JudgeOptions<'_>) -> Result<Evaluation, JobError> {
    let infos = open::choose_all(project, options.recording)?;
    let rows = read_truth(options.truth, &infos)?;
    let settings = EvaluationOptions {
        union_of_animals: options.union_of_animals,
        map: options.map.map(map_of).transpose()?.unwrap_or_default(),
        ..EvaluationOptions::default()
    };
    let vocabulary = project.vocabulary()?;
    let mut pairs = Vec::new();
    for (index, info) in infos.iter().enumerate() {
        job.check()?;
        let own: Vec<&BehaviorRow> = rows.iter().filter(|row| row.recording == index).collect();
        // A table need not be about each recording of a project.
        if own.is_empty() && infos.len() > 1 {
            job.note(format!("{}: nothing is said of recording \"{}\"", options.truth.display(), info.name));
            continue;
        }
        pairs.push(pair_of(project, info, (options, &vocabulary), &own)?);
    }
    let lanes = Lanes::of(&pairs, &settings);
    let evaluation = evaluate(&lanes, &settings);
    if let Some(path) = options.html {
        let texts = ReportTexts {
            title: format!(
                "Behavior of {}",
                infos.iter().map(|info| info.name.as_str()).collect::<Vec<_>>().join(", ")
            ),
            found: options.layer.as_str().to_owned(),
            truth: options.truth.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
            notes: Vec::new(),
        };
        let page = report::render(&lanes, &evaluation, &texts, &vocabulary);
        let io = |source| JobError::Io { action: "write", path: path.to_owned(), source };
        whole_file::write(path, |mut file: File| file.write_all(page.as_bytes()).map_err(io))?;
    }
    Ok(evaluation)
}

fn map_of(text: &str) -> Result<LabelMap, JobError> {
    let path = Path::new(text);
    let (map, what) = match path.is_file() {
        true => (LabelMap::from_toml(&super::read_text(path)?), text.to_owned()),
        false => (LabelMap::parse(text), "--map".to_owned()),
    };
    Ok(map.map_err(|source| BehaviorError::Map { what, source })?)
}

/// The recordings as tables of behaviour know them.
pub(super) fn table_recordings(infos: &[RecordingInfo]) -> Vec<BehaviorRecording> {
    let one = |info: &RecordingInfo| BehaviorRecording {
        name: info.name.clone(),
        frame_count: (info.frame_count > 0).then_some(info.frame_count),
        fps: info.fps,
    };
    infos.iter().map(one).collect()
}

/// The rows of the table, or the events of BORIS: its preamble and its columns are its own.
pub(super) fn read_truth(path: &Path, infos: &[RecordingInfo]) -> Result<Vec<BehaviorRow>, JobError> {
    let text = super::read_text(path)?;
    let is_boris = text.trim_start_matches('\u{feff}').starts_with("Observation id");
    tell::read_rows(path, if is_boris { TellFormat::Boris } else { TellFormat::Table }, infos)
}

/// The animal that a row is about.
pub(super) fn animal_of(name: &str, animals: &[String], path: &Path) -> Result<AnimalId, JobError> {
    let found = animals.iter().position(|animal| animal == name);
    found.map(|at| AnimalId(at as u8)).ok_or_else(|| {
        let known = animals.join(", ");
        BehaviorError::UnknownAnimal { file: path.to_owned(), name: name.to_owned(), known }.into()
    })
}

fn pair_of(
    project: &Project,
    info: &RecordingInfo,
    (options, vocabulary): (&JudgeOptions<'_>, &Vocabulary),
    rows: &[&BehaviorRow],
) -> Result<RecordingPair, JobError> {
    let found = layer::segments(project, info, options.layer)?;
    let animals: Vec<String> = project.animals(info.id)?.into_iter().map(|animal| animal.name).collect();
    let range = options.frames.within(info.frame_count)?;
    let cut = |mut interval: Interval| {
        interval.start_frame = interval.start_frame.max(range.start);
        interval.stop_frame = interval.stop_frame.min(range.end);
        (interval.start_frame < interval.stop_frame).then_some(interval)
    };
    let mut truth = Vec::new();
    for row in rows {
        let animal = if options.union_of_animals && row.animal == WHOLE {
            AnimalId(0)
        } else {
            animal_of(&row.animal, &animals, options.truth)?
        };
        // A map says itself what labels are called in the truth.
        let label = if options.map.is_some() { &row.label } else { vocabulary.name_of(&row.label) };
        let (start_frame, stop_frame, label) = (row.start_frame, row.stop_frame, label.to_owned());
        truth.extend(cut(Interval { animal, start_frame, stop_frame, label, confidence: None }));
    }
    Ok(RecordingPair {
        name: info.name.clone(),
        fps: info.fps,
        frame_count: info.frame_count,
        found: found.iter().map(Interval::from).filter_map(cut).collect(),
        truth,
        reviewed: (range.len() < info.frame_count as usize).then(|| vec![vec![range.clone()]; animals.len()]),
        scores: Vec::new(),
        animals,
    })
}
