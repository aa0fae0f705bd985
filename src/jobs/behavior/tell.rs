//! Timelines out of and into the project: the plain table, behavior vectors, stories, BORIS.

mod plan;

pub use plan::{PlannedLane, TellPlan, plan};

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::str::FromStr;

use serde::Serialize;

use super::BehaviorError;
use super::judge::{animal_of, table_recordings};
use super::layer::{self, Layer};
use crate::behavior::story::{StoryOf, StoryOptions, story};
use crate::behavior::vectors;
use crate::formats::behavior_table::{BehaviorRow, read_behavior, write_behavior};
use crate::formats::behavior_vectors::{VectorSubject, VectorWriter};
use crate::formats::boris::read_boris;
use crate::jobs::{Job, JobError, open, whole_file};
use crate::model::{
    Animal, AnimalId, BehaviorSource, RecordingId, Segment, SegmentKind, SegmentStatus, SocialRole, Vocabulary,
};
use crate::recording;
use crate::store::{Gesture, Project, RecordingInfo, now_unix_ms};

/// Formats of timelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TellFormat {
    /// `video,animal,target,label,start_frame,stop_frame,description`
    Table,
    /// A row per frame and subject, with one label.
    Vectors,
    /// A row per frame and subject, with a column per label.
    VectorsMulti,
    /// Sentences.
    Story,
    /// Events of BORIS, which are only read.
    Boris,
}

impl FromStr for TellFormat {
    type Err = JobError;

    fn from_str(word: &str) -> Result<Self, JobError> {
        match word {
            "behavior" => Ok(Self::Table),
            "vectors" => Ok(Self::Vectors),
            "vectors-multi" => Ok(Self::VectorsMulti),
            "story" => Ok(Self::Story),
            "boris" => Ok(Self::Boris),
            _ => Err(JobError::UnknownFormat { word: word.to_owned() }),
        }
    }
}

/// What an export wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TellReport {
    /// Rows of a table; of a story, its animals.
    pub rows: usize,
    /// Segments that they tell of.
    pub segments: usize,
    /// Of those, how many nobody reviewed.
    pub unreviewed: usize,
    /// Segments left out since nobody reviewed them.
    pub left_out_unreviewed: usize,
    /// The layer of each recording.
    pub layers: Vec<(String, String)>,
}

/// The timeline of one recording.
struct Timeline {
    info: RecordingInfo,
    /// What the table calls its video.
    video: String,
    animals: Vec<String>,
    segments: Vec<Segment>,
}

/// Writes the timelines of recordings. The file appears whole or not at all.
///
/// # Errors
/// When a recording has no timeline yet, or the file cannot be written.
pub fn export(
    job: &Job<'_>,
    project: &Project,
    recording: Option<&str>,
    format: TellFormat,
    chosen: Option<Layer>,
    reviewed_only: bool,
    file: &Path,
) -> Result<TellReport, JobError> {
    if format == TellFormat::Boris {
        return Err(BehaviorError::OnlyRead { format: "boris" }.into());
    }
    if open::is_same_file(project.path(), file) {
        return Err(JobError::WouldOverwrite { path: file.to_owned() });
    }
    let (mut report, timelines) = gather(job, project, recording, chosen, reviewed_only)?;
    whole_file::write(file, |out: File| write_to(&mut report, &timelines, format, BufWriter::new(out), file))?;
    Ok(report)
}

/// The timelines of recordings, with what is left out and what nobody reviewed counted.
fn gather(
    job: &Job<'_>,
    project: &Project,
    recording: Option<&str>,
    chosen: Option<Layer>,
    reviewed_only: bool,
) -> Result<(TellReport, Vec<Timeline>), JobError> {
    let mut report = TellReport::default();
    let mut timelines = Vec::new();
    for info in open::choose_all(project, recording)? {
        job.check()?;
        let layer = chosen.map_or_else(|| layer::standing(project, &info), Ok)?;
        let mut segments = layer::segments(project, &info, layer)?;
        if reviewed_only {
            let before = segments.len();
            segments.retain(is_reviewed);
            report.left_out_unreviewed += before - segments.len();
        }
        report.segments += segments.len();
        report.unreviewed += segments.iter().filter(|segment| !is_reviewed(segment)).count();
        report.layers.push((info.name.clone(), layer.as_str().to_owned()));
        let animals = project.animals(info.id)?.into_iter().map(|animal| animal.name).collect();
        timelines.push(Timeline { video: video_name(project, &info), info, animals, segments });
    }
    Ok((report, timelines))
}

fn write_to(
    report: &mut TellReport,
    timelines: &[Timeline],
    format: TellFormat,
    out: impl Write,
    file: &Path,
) -> Result<(), JobError> {
    match format {
        TellFormat::Story => write_story(report, timelines, out, file),
        TellFormat::Table => write_table(report, timelines, out),
        TellFormat::Vectors | TellFormat::VectorsMulti => write_vectors(report, timelines, out, format),
        TellFormat::Boris => Err(BehaviorError::OnlyRead { format: "boris" }.into()),
    }
}

fn is_reviewed(segment: &Segment) -> bool {
    segment.status != SegmentStatus::Unreviewed
}

/// The file name of the video that behaviour is watched in; the recording's name where there is none.
fn video_name(project: &Project, info: &RecordingInfo) -> String {
    let name = open::recording_of(project, info).ok().and_then(|recording| {
        let camera = recording.cameras.get(super::subjects::watching_camera(&recording).index())?;
        let path = camera.video.as_ref()?.path.path();
        Some(path.file_name()?.to_string_lossy().into_owned())
    });
    name.unwrap_or_else(|| info.name.clone())
}

fn write_table(report: &mut TellReport, timelines: &[Timeline], out: impl Write) -> Result<(), JobError> {
    let mut rows = Vec::new();
    for (recording, timeline) in timelines.iter().enumerate() {
        let name = |animal: AnimalId| timeline.animals.get(animal.index()).cloned().unwrap_or_default();
        rows.extend(timeline.segments.iter().map(|segment| BehaviorRow {
            recording,
            video: timeline.video.clone(),
            animal: name(segment.animal),
            target: segment.partner.map(name),
            label: segment.label.clone(),
            start_frame: segment.start_frame,
            stop_frame: segment.stop_frame,
            description: segment.description.clone(),
        }));
    }
    let infos: Vec<RecordingInfo> = timelines.iter().map(|timeline| timeline.info.clone()).collect();
    report.rows = write_behavior(out, &table_recordings(&infos), &rows)?;
    Ok(())
}

fn write_vectors(
    report: &mut TellReport,
    timelines: &[Timeline],
    out: impl Write,
    format: TellFormat,
) -> Result<(), JobError> {
    let names_recording = timelines.len() > 1;
    let labels = vectors::labels_of(timelines.iter().flat_map(|timeline| &timeline.segments));
    let is_multi = format == TellFormat::VectorsMulti;
    let mut writer = match is_multi {
        true => VectorWriter::multi_label(out, names_recording, &labels)?,
        false => VectorWriter::exclusive(out, names_recording)?,
    };
    for timeline in timelines {
        for (index, animal) in timeline.animals.iter().enumerate() {
            let own: Vec<Segment> =
                timeline.segments.iter().filter(|segment| segment.animal.index() == index).cloned().collect();
            let recording = names_recording.then_some(timeline.info.name.as_str());
            let subject = VectorSubject { recording, video: &timeline.video, subject: animal };
            let frames = timeline.info.frame_count;
            if is_multi {
                writer.write_multi_label(subject, &vectors::multi_label(&own, &labels, frames))?;
            } else {
                writer.write_exclusive(subject, &vectors::exclusive(&own, frames))?;
            }
            report.rows += frames as usize;
        }
    }
    Ok(writer.finish()?)
}

fn write_story(
    report: &mut TellReport,
    timelines: &[Timeline],
    mut out: impl Write,
    path: &Path,
) -> Result<(), JobError> {
    // Where nobody reviewed anything, once is enough.
    let is_all_new = report.unreviewed == report.segments;
    let options = StoryOptions { marks_unreviewed: !is_all_new, ..StoryOptions::default() };
    let mut text = String::new();
    if is_all_new {
        text.push_str("Nobody reviewed this yet.\n\n");
    }
    for timeline in timelines {
        let of = StoryOf { animals: &timeline.animals, frame_count: timeline.info.frame_count, fps: timeline.info.fps };
        if timelines.len() > 1 {
            text.push_str(&format!("# {}\n\n", timeline.info.name));
        }
        text.push_str(story(&timeline.segments, of, &options).trim_end());
        text.push('\n');
        report.rows += timeline.animals.len();
    }
    let io = |source| JobError::Io { action: "write", path: path.to_owned(), source };
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(io)
}

/// What an import read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReadReport {
    /// Segments read, by recording.
    pub segments: Vec<(String, usize)>,
    /// Labels that the project's vocabulary does not know.
    pub unknown_labels: Vec<String>,
}

/// Reads a timeline into the human layer of recordings that have none yet.
///
/// # Errors
/// When the table does not fit, or people's segments are there already; nothing is changed then.
pub fn import(
    job: &Job<'_>,
    project: &mut Project,
    recording: Option<&str>,
    format: TellFormat,
    file: &Path,
    annotator: &str,
) -> Result<ReadReport, JobError> {
    let infos = open::choose_all(project, recording)?;
    let rows = read_rows(file, format, &infos)?;
    let vocabulary = project.vocabulary()?;
    let mut report = ReadReport::default();
    let mut layers: Vec<(RecordingId, Vec<Segment>)> = Vec::new();
    let mut newly_known: Vec<(RecordingId, Vec<Animal>)> = Vec::new();
    for (index, info) in infos.iter().enumerate() {
        job.check()?;
        let own: Vec<&BehaviorRow> = rows.iter().filter(|row| row.recording == index).collect();
        if own.is_empty() {
            continue;
        }
        let mut known = project.animals(info.id)?;
        if known.is_empty() {
            known = animals_to_be(project, info, &own);
            newly_known.push((info.id, known.clone()));
        }
        let animals: Vec<String> = known.into_iter().map(|animal| animal.name).collect();
        let segments: Result<Vec<Segment>, JobError> =
            own.iter().map(|row| segment_of(row, &animals, &vocabulary, file)).collect();
        let segments = segments?;
        for segment in segments.iter().filter(|segment| vocabulary.find(&segment.label).is_none()) {
            if !report.unknown_labels.contains(&segment.label) {
                report.unknown_labels.push(segment.label.clone());
            }
        }
        report.segments.push((info.name.clone(), segments.len()));
        layers.push((info.id, segments));
    }
    // Before the segments, which are numbered by them.
    for (recording, animals) in &newly_known {
        project.set_animals(*recording, animals)?;
    }
    let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
    let title = format!("Import the segments of {name}");
    let imported = project.import_segments(&layers, &Gesture { title: &title, annotator, at_unix_ms: now_unix_ms() });
    if imported.is_err() {
        for (recording, _) in &newly_known {
            project.set_animals(*recording, &[])?;
        }
    }
    imported?;
    Ok(report)
}

/// The rows of a table of either format.
pub(super) fn read_rows(
    file: &Path,
    format: TellFormat,
    infos: &[RecordingInfo],
) -> Result<Vec<BehaviorRow>, JobError> {
    let recordings = table_recordings(infos);
    Ok(match format {
        TellFormat::Table => read_behavior(file, &recordings)?,
        TellFormat::Boris => read_boris(file, &recordings)?,
        TellFormat::Vectors | TellFormat::VectorsMulti => {
            return Err(BehaviorError::OnlyWritten { format: "vectors" }.into());
        }
        TellFormat::Story => return Err(BehaviorError::OnlyWritten { format: "story" }.into()),
    })
}

/// The animals of a recording that the pipeline did not run over yet, in the order in which it will number them: those of the
/// manifest; where it names none, or cannot be read, those of the table.
fn animals_to_be(project: &Project, info: &RecordingInfo, rows: &[&BehaviorRow]) -> Vec<Animal> {
    let named = open::recording_of(project, info).map(|recording| recording.animals).unwrap_or_default();
    if !named.is_empty() {
        let animal = |it: recording::Animal| Animal { name: it.name, color: it.colour, is_identity_verified: true };
        return named.into_iter().map(animal).collect();
    }
    let mut names: Vec<&String> = Vec::new();
    for name in rows.iter().flat_map(|row| std::iter::once(&row.animal).chain(&row.target)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.into_iter().map(|name| Animal { name: name.clone(), color: None, is_identity_verified: true }).collect()
}

pub(super) fn segment_of(
    row: &BehaviorRow,
    animals: &[String],
    vocabulary: &Vocabulary,
    file: &Path,
) -> Result<Segment, JobError> {
    let partner = row.target.as_ref().map(|name| animal_of(name, animals, file)).transpose()?;
    let is_mutual = vocabulary
        .find(&row.label)
        .is_some_and(|label| label.reciprocity == crate::model::vocabulary::Reciprocity::Mutual);
    Ok(Segment {
        animal: animal_of(&row.animal, animals, file)?,
        start_frame: row.start_frame,
        stop_frame: row.stop_frame,
        kind: if row.stop_frame - row.start_frame == 1 { SegmentKind::Point } else { SegmentKind::State },
        label: row.label.clone(),
        description: row.description.clone(),
        partner,
        role: match partner {
            None => SocialRole::None,
            Some(_) if is_mutual => SocialRole::Mutual,
            Some(_) => SocialRole::Actor,
        },
        confidence: None,
        status: SegmentStatus::Accepted,
        source: BehaviorSource::Imported,
        modifiers: Vec::new(),
        clips: Vec::new(),
    })
}
