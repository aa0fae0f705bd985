//! What is in the timelines of a project that its vocabulary does not know, which bouts are unlike all others, and what each
//! subject and group does more than the rest.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use ndarray::Array2;
use serde::Serialize;

use super::layer::Layer;
use super::{BehaviorError, Origin, count, subjects};
use crate::behavior::bodies::Bodies;
use crate::behavior::discovery::{
    BoutMeasures, Cluster, Deviation, ForestOptions, Profile, UncoveredLabel, UncoveredWord, cluster, group_profiles,
    novel_bouts, subject_profiles, uncovered_labels, uncovered_words,
};
use crate::behavior::statistics::{AnimalRecord, NOT_SEEN};
use crate::behavior::tfidf::{SparseRow, TfIdf};
use crate::behavior::unknown_labels::{Proposal, UnknownLabels};
use crate::jobs::inquiry::block_on;
use crate::jobs::pose::ModelOptions;
use crate::jobs::{Job, JobError, open};
use crate::model::{AnimalId, Segment, Vocabulary};
use crate::store::Project;
use crate::vlm::http::{AskError, Stop};

mod text;

/// Captions that a word must stand in to be told of.
const LEAST_CAPTIONS: usize = 2;

/// Words that name a cluster.
const MOST_WORDS: usize = 5;

/// What is looked at, and how.
#[derive(Clone, Copy, Debug)]
pub struct DiscoverOptions<'a> {
    /// One recording of several.
    pub recording: Option<&'a str>,
    /// The layer; without it, what people said where they said anything, else merged.
    pub layer: Option<Layer>,
    /// A vocabulary file instead of the built-in one.
    pub vocabulary: Option<&'a Path>,
    /// Whose vectors say how alike captions are; without it, their words do.
    pub embedder: Option<&'a ModelOptions>,
    /// Clusters of captions.
    pub clusters: usize,
    /// Bouts and words that are listed.
    pub top: usize,
    /// Of all that is drawn.
    pub seed: u64,
}

/// What was discovered.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DiscoverReport {
    /// The layer of each recording.
    pub layers: Vec<(String, String)>,
    /// Captions of a kind, the largest kind first.
    pub clusters: Vec<CaptionCluster>,
    /// Captions without a word that says anything.
    pub captions_without_words: usize,
    /// Labels that the vocabulary does not have, with what they may mean.
    pub uncovered_labels: Vec<UnknownLabel>,
    /// Words that the vocabulary does not use.
    pub uncovered_words: Vec<UncoveredWord>,
    /// Bouts unlike all others, the most unlike first.
    pub novel: Vec<NovelPiece>,
    /// What each subject does.
    pub subjects: Vec<Profile>,
    /// What each group does, where there are several.
    pub groups: Vec<Profile>,
}

/// A piece of a timeline, with names.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Piece {
    /// The recording's name.
    pub recording: String,
    /// The animal's name.
    pub animal: String,
    /// The first frame.
    pub start_frame: u32,
    /// The frame after the last.
    pub stop_frame: u32,
    /// Its label.
    pub label: String,
    /// What was said of it.
    pub description: String,
}

/// Captions of a kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CaptionCluster {
    /// How many.
    pub size: usize,
    /// How alike they are, 0 to 1.
    pub likeness: f64,
    /// The words that they have more than others.
    pub words: Vec<String>,
    /// Their labels, the most frequent first.
    pub labels: Vec<(String, usize)>,
    /// The caption that stands for them.
    pub medoid: Piece,
    /// Captions unlike the rest.
    pub outliers: Vec<Piece>,
}

/// A label that is not in the vocabulary.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UnknownLabel {
    /// The label, and how much there is of it.
    #[serde(flatten)]
    pub label: UncoveredLabel,
    /// The longest piece with it.
    pub piece: Piece,
    /// What it may mean.
    pub proposals: Vec<Proposal>,
}

/// A bout unlike all others.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NovelPiece {
    /// Which.
    #[serde(flatten)]
    pub piece: Piece,
    /// From the isolation forest, 0 to 1: 0.5 is usual.
    pub score: f64,
    /// In what it is unlike the others.
    pub reasons: Vec<Deviation>,
}

/// Looks for what the vocabulary does not know.
///
/// # Errors
/// When a recording has nothing in the layer.
pub fn discover(
    job: &Job<'_>,
    project: &mut Project,
    options: &DiscoverOptions<'_>,
) -> Result<DiscoverReport, JobError> {
    let number = |what, found: usize| BehaviorError::Number { what, allowed: "1 or more", found: found as f64 };
    if options.clusters == 0 {
        return Err(number("--clusters", options.clusters).into());
    }
    let vocabulary = super::vocabulary_of(options.vocabulary)?;
    let gathered = count::records(job, project, options.recording, options.layer)?;
    let mut pieces: Vec<(&AnimalRecord, &Segment)> = Vec::new();
    for record in &gathered.records {
        pieces.extend(record.segments.iter().map(|segment| (record, segment)));
    }
    let vectors = options.embedder.map(|model| embedded(job, &pieces, model)).transpose()?;
    let (clusters, captions_without_words) = clusters(&pieces, vectors, options);
    job.check()?;
    let mut words = uncovered_words(pieces.iter().map(|(_, it)| it.description.as_str()), &vocabulary, LEAST_CAPTIONS);
    words.truncate(options.top);
    let uncovered_labels = unknown_labels(&pieces, &vocabulary);
    let novel = novel(job, project, &gathered.records, options)?;
    Ok(DiscoverReport {
        clusters,
        captions_without_words,
        uncovered_labels,
        uncovered_words: words,
        novel,
        subjects: subject_profiles(&gathered.records),
        groups: group_profiles(&gathered.records),
        layers: gathered.layers,
    })
}

fn piece(record: &AnimalRecord, segment: &Segment) -> Piece {
    Piece {
        recording: record.recording.clone(),
        animal: record.animal.clone(),
        start_frame: segment.start_frame,
        stop_frame: segment.stop_frame,
        label: segment.label.clone(),
        description: segment.description.clone(),
    }
}

/// The descriptions as a model's vectors; those without words have none.
fn embedded(
    job: &Job<'_>,
    pieces: &[(&AnimalRecord, &Segment)],
    model: &ModelOptions,
) -> Result<Vec<SparseRow>, JobError> {
    let texts = || pieces.iter().map(|(_, segment)| segment.description.trim());
    // Machines say the same of many clips.
    let mut distinct: Vec<&str> = texts().filter(|text| !text.is_empty()).collect();
    distinct.sort_unstable();
    distinct.dedup();
    let stop = Stop::default();
    let Some(client) = model.client(&stop)? else { return Ok(vec![SparseRow::default(); pieces.len()]) };
    job.phase(format!("ask {} for vectors", model.name), 0, "texts");
    let vectors = block_on(job, &stop, Some(&client), async {
        client.embed(&distinct).await.map_err(|error| match error {
            AskError::Stopped => JobError::Stopped,
            other => JobError::ModelGone { why: other.to_string() },
        })
    })?;
    let row = |text: &str| distinct.binary_search(&text).ok().map(|at| SparseRow::unit(&vectors[at]));
    Ok(texts().map(|text| row(text).unwrap_or_default()).collect())
}

/// Clusters of the descriptions, and how many say nothing. `vectors` say how alike they are, else their words.
fn clusters(
    pieces: &[(&AnimalRecord, &Segment)],
    vectors: Option<Vec<SparseRow>>,
    options: &DiscoverOptions<'_>,
) -> (Vec<CaptionCluster>, usize) {
    let texts = || pieces.iter().map(|(_, segment)| segment.description.as_str());
    let learnt = TfIdf::fit(texts());
    let words: Vec<SparseRow> = texts().map(|text| learnt.row(text)).collect();
    let found = cluster(vectors.as_ref().unwrap_or(&words), options.clusters, options.seed);
    let named = |at: &usize| piece(pieces[*at].0, pieces[*at].1);
    let described = |group: &Cluster| {
        let mut labels: BTreeMap<&str, usize> = BTreeMap::new();
        group.members.iter().for_each(|at| *labels.entry(&pieces[*at].1.label).or_default() += 1);
        let mut labels: Vec<(String, usize)> =
            labels.into_iter().map(|(label, count)| (label.to_owned(), count)).collect();
        labels.sort_by_key(|(_, count)| usize::MAX - count);
        CaptionCluster {
            size: group.members.len(),
            likeness: group.likeness,
            words: heaviest(&words, group).map(|column| learnt.words()[column as usize].clone()).collect(),
            labels,
            medoid: named(&group.medoid),
            outliers: group.outliers.iter().map(named).collect(),
        }
    };
    (found.clusters.iter().map(described).collect(), found.unplaced.len())
}

/// The words that weigh most in a cluster.
fn heaviest(words: &[SparseRow], group: &Cluster) -> impl Iterator<Item = u32> + use<> {
    let mut sums: BTreeMap<u32, f32> = BTreeMap::new();
    for (column, weight) in group.members.iter().flat_map(|at| words[*at].entries()) {
        *sums.entry(*column).or_default() += weight;
    }
    let mut sums: Vec<(u32, f32)> = sums.into_iter().collect();
    sums.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    sums.into_iter().take(MOST_WORDS).map(|(column, _)| column)
}

fn unknown_labels(pieces: &[(&AnimalRecord, &Segment)], vocabulary: &Vocabulary) -> Vec<UnknownLabel> {
    let secs =
        |record: &AnimalRecord, segment: &Segment| f64::from(segment.stop_frame - segment.start_frame) / record.fps;
    let labels = pieces.iter().map(|(record, segment)| (segment.label.as_str(), secs(record, segment)));
    let known = UnknownLabels::new(vocabulary);
    let proposed = |label: UncoveredLabel| {
        let (record, segment) = pieces[label.example];
        let proposals = known.proposals(&label.label, [segment.description.as_str()]);
        UnknownLabel { piece: piece(record, segment), proposals, label }
    };
    uncovered_labels(labels, vocabulary).into_iter().map(proposed).collect()
}

/// The bouts unlike all others, as far as there are tracks to measure them by.
fn novel(
    job: &Job<'_>,
    project: &mut Project,
    records: &[AnimalRecord],
    options: &DiscoverOptions<'_>,
) -> Result<Vec<NovelPiece>, JobError> {
    let mut bouts: Vec<Piece> = Vec::new();
    let mut rows: Vec<f32> = Vec::new();
    for mut info in open::choose_all(project, options.recording)? {
        job.check()?;
        let subjects = match subjects::load(job, project, &mut info, None) {
            Ok(subjects) if subjects.origin != Origin::Arena => subjects,
            Ok(_) => continue,
            Err(JobError::Stopped) => return Err(JobError::Stopped),
            Err(error) => {
                job.warn(format!("recording \"{}\": its bouts are not measured, since {error}", info.name));
                continue;
            }
        };
        let bodies = Bodies::of(&subjects.tracks);
        let mut own: Vec<(AnimalId, Range<u32>)> = Vec::new();
        for record in records.iter().filter(|record| record.recording == info.name) {
            let is_measured = |it: &&Segment| it.label != NOT_SEEN && it.animal.index() < bodies.animals.len();
            for segment in record.segments.iter().filter(is_measured) {
                own.push((segment.animal, segment.frames()));
                bouts.push(piece(record, segment));
            }
        }
        rows.extend(BoutMeasures::new(&bodies).rows(&own));
    }
    let names = BoutMeasures::names();
    let rows = Array2::from_shape_fn((bouts.len(), names.len()), |(row, column)| rows[row * names.len() + column]);
    let forest = ForestOptions { seed: options.seed, ..ForestOptions::default() };
    let found = novel_bouts(rows.view(), names, &forest).into_iter().take(options.top);
    Ok(found.map(|it| NovelPiece { piece: bouts[it.bout].clone(), score: it.score, reasons: it.reasons }).collect())
}
