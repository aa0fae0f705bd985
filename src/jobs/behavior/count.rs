//! Statistics of timelines: time budgets, bouts, transitions, and how groups of subjects differ.

use super::layer::{self, Layer};
use crate::behavior::statistics::{AnimalRecord, BudgetOptions, StatisticsReport, report};
use crate::jobs::{Job, JobError, open};
use crate::model::Segment;
use crate::store::{Project, RecordingInfo};

/// Counts what is in a layer of the recordings.
///
/// Several animals of one recording are one subject each, named by recording; where the manifest names the recording's subject
/// and there is one animal, it is that subject, whatever recording it is in.
///
/// # Errors
/// When a recording has nothing in that layer.
pub fn count(
    job: &Job<'_>,
    project: &Project,
    recording: Option<&str>,
    chosen: Option<Layer>,
    seed: u64,
) -> Result<StatisticsReport, JobError> {
    let counted = records(job, project, recording, chosen)?;
    Ok(report(&counted.records, &BudgetOptions::default(), seed))
}

/// The animals of recordings with their segments of a layer.
pub(super) struct LayerRecords {
    pub(super) records: Vec<AnimalRecord>,
    /// The layer of each recording, by name.
    pub(super) layers: Vec<(String, String)>,
}

/// The animals of the recordings with their segments.
pub(super) fn records(
    job: &Job<'_>,
    project: &Project,
    recording: Option<&str>,
    chosen: Option<Layer>,
) -> Result<LayerRecords, JobError> {
    let (mut records, mut layers) = (Vec::new(), Vec::new());
    for info in open::choose_all(project, recording)? {
        job.check()?;
        let layer = chosen.map_or_else(|| layer::standing(project, &info), Ok)?;
        let segments = layer::segments(project, &info, layer)?;
        layers.push((info.name.clone(), layer.as_str().to_owned()));
        let animals: Vec<String> = project.animals(info.id)?.into_iter().map(|animal| animal.name).collect();
        for index in 0..animals.len() {
            let own = segments.iter().filter(|segment| segment.animal.index() == index).cloned().collect();
            records.push(record_of(&info, &animals, index, own));
        }
    }
    Ok(LayerRecords { records, layers })
}

/// An animal of a recording with its segments. What none of them covers nobody reviewed.
pub fn record_of(info: &RecordingInfo, animals: &[String], index: usize, segments: Vec<Segment>) -> AnimalRecord {
    let animal = &animals[index];
    let subject = match (&info.subject, animals.len()) {
        (Some(subject), 1) => subject.clone(),
        (Some(subject), _) => format!("{subject} {animal}"),
        (None, _) => format!("{} {animal}", info.name),
    };
    let mut record = AnimalRecord {
        recording: info.name.clone(),
        animal: animal.clone(),
        subject,
        group: info.group.clone(),
        fps: info.fps,
        frame_count: info.frame_count,
        animals: animals.to_vec(),
        segments,
        unreviewed: Vec::new(),
    };
    record.unreviewed = record.gaps();
    record
}
