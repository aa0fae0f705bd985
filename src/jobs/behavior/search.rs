//! Searches in the timelines of a project: the query, what it was understood as, and the segments that it means.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use super::layer::{self, Layer};
use super::{BehaviorError, Origin, subjects};
use crate::behavior::bodies::Bodies;
use crate::behavior::search::{
    Chip, Filter, Lexicon, NameKind, Place, Problem, SearchError, SearchedTimeline, Visit, find, parse, visits,
};
use crate::jobs::{Job, JobError, open};
use crate::model::{AnimalId, Segment};
use crate::store::{Project, RecordingInfo};

/// What is searched, and where.
#[derive(Clone, Copy, Debug)]
pub struct SearchOptions<'a> {
    /// The query.
    pub query: &'a str,
    /// One recording of several.
    pub recording: Option<&'a str>,
    /// The layer, where the query names none.
    pub layer: Option<Layer>,
    /// A vocabulary file instead of the project's.
    pub vocabulary: Option<&'a Path>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SearchReport {
    /// What was understood, as a query.
    pub query: String,
    /// The same in parts.
    pub chips: Vec<Chip>,
    /// The same as a structure.
    pub filter: Filter,
    /// The layer of each recording.
    pub layers: Vec<(String, String)>,
    /// Segments that were searched.
    pub searched: usize,
    /// Segments that were found, by recording, then as the layer has them: by animal and time.
    pub segments: Vec<FoundSegment>,
}

/// A segment that was found, with names instead of numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FoundSegment {
    /// The recording's name.
    pub recording: String,
    /// The animal's name.
    pub animal: String,
    /// What it does.
    pub label: String,
    /// Who else takes part.
    pub partner: Option<String>,
    /// The part that the animal plays.
    pub role: &'static str,
    /// The first frame.
    pub start_frame: u32,
    /// The frame after the last.
    pub stop_frame: u32,
    /// The first frame's time, s.
    pub start_s: f64,
    /// How long it lasts, s.
    pub duration_s: f64,
    /// From 0 to 1.
    pub confidence: Option<f32>,
    /// What people did with it.
    pub status: &'static str,
    /// What can be seen.
    pub description: String,
}

/// A recording with the layer that is searched.
struct Searched {
    info: RecordingInfo,
    animals: Vec<String>,
    layer: Layer,
    segments: Vec<Segment>,
    visits: Vec<Visit>,
}

/// Searches a layer of the recordings. Places are looked up in the tracks, and only where the query asks for any.
///
/// # Errors
/// When the query cannot be understood, or a recording has nothing in that layer.
pub fn search(job: &Job<'_>, project: &mut Project, options: &SearchOptions<'_>) -> Result<SearchReport, JobError> {
    let infos = open::choose_all(project, options.recording)?;
    let lexicon = lexicon(project, &infos, options.vocabulary)?;
    let invalid = |source| BehaviorError::Query { query: options.query.to_owned(), source };
    let filter = parse(options.query, &lexicon).map_err(invalid)?;
    let layer = layer_of(&filter, options.layer).map_err(invalid)?;
    let mut searched = Vec::new();
    for info in infos {
        job.check()?;
        let layer = layer.map_or_else(|| layer::standing(project, &info), Ok)?;
        let segments = layer::segments(project, &info, layer)?;
        let visits = if filter.asks_for_places() { visits_of(job, project, &info)? } else { Vec::new() };
        searched.push(Searched { animals: animals_of(project, &info)?, info, layer, segments, visits });
    }
    let timelines: Vec<SearchedTimeline<'_>> = searched
        .iter()
        .map(|it| SearchedTimeline {
            recording: &it.info.name,
            group: it.info.group.as_deref(),
            fps: it.info.fps,
            animals: &it.animals,
            segments: &it.segments,
            visits: &it.visits,
        })
        .collect();
    let hits = find(&filter, &timelines, &lexicon);
    Ok(SearchReport {
        query: filter.to_string(),
        chips: filter.chips(),
        layers: searched.iter().map(|it| (it.info.name.clone(), it.layer.as_str().to_owned())).collect(),
        searched: searched.iter().map(|it| it.segments.len()).sum(),
        segments: hits.iter().map(|hit| found(&searched[hit.timeline], hit.segment)).collect(),
        filter,
    })
}

/// The positions of the segments of one recording that a query means, and what it was understood as: whatever layer they are of.
///
/// # Errors
/// When the query cannot be understood, or names a layer.
pub fn search_in(
    job: &Job<'_>,
    project: &mut Project,
    info: &RecordingInfo,
    query: &str,
    segments: &[Segment],
) -> Result<(Filter, Vec<usize>), JobError> {
    let lexicon = lexicon(project, std::slice::from_ref(info), None)?;
    let filter = parse(query, &lexicon).map_err(|source| BehaviorError::Query { query: query.to_owned(), source })?;
    if filter.layer.is_some() {
        return Err(JobError::Meaningless { option: "layer:", what: "a search in what counts" });
    }
    let visits = if filter.asks_for_places() { visits_of(job, project, info)? } else { Vec::new() };
    let animals = animals_of(project, info)?;
    let timeline = SearchedTimeline {
        recording: &info.name,
        group: info.group.as_deref(),
        fps: info.fps,
        animals: &animals,
        segments,
        visits: &visits,
    };
    let hits = find(&filter, &[timeline], &lexicon).into_iter().map(|hit| hit.segment).collect();
    Ok((filter, hits))
}

/// The layer that both the query and the option may name, but only one of them.
fn layer_of(filter: &Filter, option: Option<Layer>) -> Result<Option<Layer>, SearchError> {
    match (filter.layer, option) {
        (Some(said), Some(chosen)) if said != chosen => Err(SearchError {
            place: Place::Key("layer"),
            problem: Problem::Twice { what: "the layer", instead: "say it in the query or with --layer" },
        }),
        (said, chosen) => Ok(said.or(chosen)),
    }
}

/// The names that a query may use: those of the vocabulary and of the recordings, whatever layer they stand in.
pub(super) fn lexicon(
    project: &Project,
    infos: &[RecordingInfo],
    vocabulary: Option<&Path>,
) -> Result<Lexicon, JobError> {
    let mut lexicon = Lexicon::new(&super::vocabulary_of(project, vocabulary)?);
    for info in infos {
        lexicon.add(NameKind::Recording, &info.name);
        info.group.iter().for_each(|group| lexicon.add(NameKind::Group, group));
        animals_of(project, info)?.iter().for_each(|animal| lexicon.add(NameKind::Animal, animal));
        for layer in [Layer::Human, Layer::Merged, Layer::Captions, Layer::Clips] {
            match layer::segments(project, info, layer) {
                Ok(segments) => segments.iter().for_each(|segment| lexicon.add(NameKind::Label, &segment.label)),
                Err(JobError::Behavior(BehaviorError::NothingYet { .. })) => {}
                Err(error) => return Err(error),
            }
        }
        // Without its manifest a recording can be searched, but for places.
        if let Ok(recording) = open::recording_of(project, info) {
            let zones = &recording.cameras[subjects::watching_camera(&recording).index()].zones;
            zones.keys().for_each(|zone| lexicon.add(NameKind::Zone, zone));
        }
    }
    Ok(lexicon)
}

fn animals_of(project: &Project, info: &RecordingInfo) -> Result<Vec<String>, JobError> {
    Ok(project.animals(info.id)?.into_iter().map(|animal| animal.name).collect())
}

/// When the heads of the animals are in the places of the recording.
fn visits_of(job: &Job<'_>, project: &mut Project, info: &RecordingInfo) -> Result<Vec<Visit>, JobError> {
    let subjects = subjects::load(job, project, &mut info.clone(), None)?;
    if subjects.origin == Origin::Arena {
        return Ok(Vec::new());
    }
    let bodies = Bodies::of(&subjects.tracks);
    let frames = bodies.frame_count as usize;
    let mut found = Vec::new();
    for animal in 0..bodies.animals.len() {
        for zone in &subjects.zones {
            let is_inside = (0..frames).map(|frame| zone.distance(bodies.snout(animal, frame)) <= 0.0);
            found.extend(visits(AnimalId(animal as u8), &zone.name, is_inside));
        }
    }
    Ok(found)
}

fn found(searched: &Searched, at: usize) -> FoundSegment {
    let segment = &searched.segments[at];
    let name = |animal: AnimalId| searched.animals.get(animal.index()).cloned().unwrap_or_default();
    let fps = searched.info.fps;
    FoundSegment {
        recording: searched.info.name.clone(),
        animal: name(segment.animal),
        label: segment.label.clone(),
        partner: segment.partner.map(name),
        role: segment.role.as_str(),
        start_frame: segment.start_frame,
        stop_frame: segment.stop_frame,
        start_s: f64::from(segment.start_frame) / fps,
        duration_s: f64::from(segment.stop_frame - segment.start_frame) / fps,
        confidence: segment.confidence,
        status: segment.status.as_str(),
        description: segment.description.clone(),
    }
}

impl SearchReport {
    /// What was understood, and a line per segment.
    pub fn to_text(&self) -> String {
        let shown = if self.query.is_empty() { "everything" } else { &self.query };
        let mut text = format!("{shown}: {} of {} segments\n", self.segments.len(), self.searched);
        let names_recording = self.layers.len() > 1;
        for it in &self.segments {
            let recording = if names_recording { format!("{} ", it.recording) } else { String::new() };
            let partner = it.partner.as_ref().map(|partner| format!(" with {partner}")).unwrap_or_default();
            let _ = writeln!(
                text,
                "{recording}{} {}..{} ({:.1} s, {:.1} s long) {}{partner}: {}",
                it.animal, it.start_frame, it.stop_frame, it.start_s, it.duration_s, it.label, it.description
            );
        }
        text
    }
}
