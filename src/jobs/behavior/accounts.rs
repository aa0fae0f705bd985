//! Accounts of what the animals of a recording do, and two of them side by side: layers, other runs, the human layer of another
//! annotator's project, tables.
//!
//! Figures are those of `eval behavior`. An animal of which a person said nothing yet is not reviewed, which is not the same
//! as "does nothing": where one of two accounts is a person's, it is left out, and named.

use std::path::{Path, PathBuf};

use super::judge::read_truth;
use super::layer::{self, Layer};
use super::{BehaviorError, KIND, tell};
use crate::behavior::compare::{Stretch, disagreements};
use crate::behavior::evaluation::{Evaluation, EvaluationOptions, Interval, Lanes, RecordingPair, evaluate};
use crate::jobs::JobError;
use crate::model::{AnimalId, RunId, Segment, Vocabulary};
use crate::store::{Project, RecordingInfo};

/// Somebody's account of a recording.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Account {
    /// What people say in this project.
    Human,
    /// The merged segments of the latest run.
    Merged,
    /// What was said of the clips of the latest run.
    Captions,
    /// The merged segments of another run; what was said of its clips where it merged none.
    Run(RunId),
    /// What people say in another project of the same recording.
    Project(PathBuf),
    /// A table: rows of behaviour, or events of BORIS.
    Table(PathBuf),
}

/// An account with its segments.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Whose.
    pub account: Account,
    /// By animal and time. Those of other projects and tables belong to no clips.
    pub segments: Vec<Segment>,
}

/// Two accounts of a recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The one that counts as true.
    pub truth: Told,
    /// The one that is held against it.
    pub found: Told,
    /// Both frame by frame: a lane per animal, in the order of [`AnimalId`].
    pub lanes: Lanes,
    /// The figures.
    pub evaluation: Evaluation,
    /// Where they differ, by lane and time.
    pub disagreements: Vec<Stretch>,
    /// Animals that one of the accounts has nothing of, since nobody reviewed them there.
    pub left_out: Vec<AnimalId>,
    /// Animals that people say something of in the other account, and nothing in this project.
    pub only_theirs: Vec<AnimalId>,
}

impl Account {
    /// What it is called.
    pub fn words(&self) -> String {
        let file = |path: &Path| path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        match self {
            Self::Human => "Human layer".to_owned(),
            Self::Merged => "Merged layer".to_owned(),
            Self::Captions => "Captions of clips".to_owned(),
            Self::Run(run) => format!("Run {}", run.0),
            Self::Project(path) | Self::Table(path) => file(path),
        }
    }

    /// Whether gaps in it are frames that nobody reviewed rather than frames without behavior.
    fn is_by_people(&self) -> bool {
        matches!(self, Self::Human | Self::Project(_))
    }

    /// Reads it.
    ///
    /// # Errors
    /// When there is nothing in it, the file cannot be read, or it is not about this recording and its animals.
    pub fn read(&self, project: &Project, info: &RecordingInfo) -> Result<Told, JobError> {
        let segments = match self {
            // Also where it says nothing: that of another project may be taken over then.
            Self::Human => project.human_segments(info.id)?,
            Self::Merged => layer::segments(project, info, Layer::Merged)?,
            Self::Captions => layer::segments(project, info, Layer::Captions)?,
            Self::Run(run) => of_run(project, info, *run)?,
            Self::Project(path) => of_project(project, info, path)?,
            Self::Table(path) => of_table(project, info, path)?,
        };
        Ok(Told { account: self.clone(), segments })
    }
}

/// The accounts that a project itself holds: those with something in them, the latest run's layers before those of others.
///
/// # Errors
/// When the project cannot be read.
pub fn known(project: &Project, info: &RecordingInfo) -> Result<Vec<Account>, JobError> {
    let mut found = Vec::new();
    if !project.human_segments(info.id)?.is_empty() {
        found.push(Account::Human);
    }
    let shown = layer::shown_run(project, info)?.map(|run| run.id);
    for run in project.runs(info.id, KIND)?.into_iter().rev() {
        let (has_merged, has_captions) =
            (!project.merged_segments(run.id)?.is_empty(), !project.captions(run.id)?.is_empty());
        if Some(run.id) == shown {
            found.extend(has_merged.then_some(Account::Merged));
            found.extend(has_captions.then_some(Account::Captions));
        } else if has_merged || has_captions {
            found.push(Account::Run(run.id));
        }
    }
    Ok(found)
}

/// Puts two accounts side by side.
///
/// # Errors
/// When one of them cannot be read.
pub fn compare(
    project: &Project,
    info: &RecordingInfo,
    truth: &Account,
    found: &Account,
) -> Result<Comparison, JobError> {
    let (truth, found) = (truth.read(project, info)?, found.read(project, info)?);
    let names: Vec<String> = project.animals(info.id)?.into_iter().map(|animal| animal.name).collect();
    let animals: Vec<AnimalId> = (0..names.len()).map(|at| AnimalId(at as u8)).collect();
    let says_nothing = |told: &Told, animal| !told.segments.iter().any(|segment| segment.animal == animal);
    let is_open = |told: &Told, animal| told.account.is_by_people() && says_nothing(told, animal);
    let left_out: Vec<AnimalId> =
        animals.iter().copied().filter(|animal| is_open(&truth, *animal) || is_open(&found, *animal)).collect();
    let own = project.human_segments(info.id)?;
    let has_own = |animal: AnimalId| own.iter().any(|segment| segment.animal == animal);
    let is_theirs = |told: &Told, animal| matches!(told.account, Account::Project(_)) && !says_nothing(told, animal);
    let only_theirs = animals.iter().copied().filter(|animal| !has_own(*animal));
    let only_theirs = only_theirs.filter(|animal| is_theirs(&truth, *animal) || is_theirs(&found, *animal)).collect();
    let whole = 0..info.frame_count;
    let frames_of = |animal: &AnimalId| if left_out.contains(animal) { Vec::new() } else { vec![whole.clone()] };
    let reviewed = (!left_out.is_empty()).then(|| animals.iter().map(frames_of).collect());
    let pair = RecordingPair {
        name: info.name.clone(),
        fps: info.fps,
        frame_count: info.frame_count,
        animals: names,
        found: found.segments.iter().map(Interval::from).collect(),
        truth: truth.segments.iter().map(Interval::from).collect(),
        reviewed,
        scores: Vec::new(),
    };
    let options = EvaluationOptions::default();
    let lanes = Lanes::of(&[pair], &options);
    let evaluation = evaluate(&lanes, &options);
    let disagreements = disagreements(&lanes);
    Ok(Comparison { truth, found, lanes, evaluation, disagreements, left_out, only_theirs })
}

impl Comparison {
    /// The account that is not this project's human layer: what can be taken over. The one that counts as true where neither
    /// is.
    pub fn theirs(&self) -> &Told {
        if self.truth.account == Account::Human { &self.found } else { &self.truth }
    }

    /// What an account says of some frames of an animal, by time.
    pub fn said<'a>(told: &'a Told, animal: AnimalId, frames: &std::ops::Range<u32>) -> Vec<&'a Segment> {
        let is_there = |segment: &&Segment| {
            segment.animal == animal && segment.start_frame < frames.end && segment.stop_frame > frames.start
        };
        told.segments.iter().filter(is_there).collect()
    }
}

fn of_run(project: &Project, info: &RecordingInfo, run: RunId) -> Result<Vec<Segment>, JobError> {
    let merged = project.merged_segments(run)?;
    if !merged.is_empty() {
        return Ok(merged);
    }
    let said = project.captions(run)?;
    let clips = project.clips(run)?;
    let segment = |clip: &crate::model::Clip| {
        let at = said.binary_search_by_key(&clip.id, |(id, ..)| *id).ok()?;
        Some(layer::segment_of_clip(clip, Some((&said[at].1, said[at].2))))
    };
    let found: Vec<Segment> = clips.iter().filter_map(segment).collect();
    if found.is_empty() {
        return Err(nothing_said(&Account::Run(run), info));
    }
    Ok(found)
}

/// The human layer of another project, under this one's animals, which go by their names.
fn of_project(project: &Project, info: &RecordingInfo, path: &Path) -> Result<Vec<Segment>, JobError> {
    let other = Project::open_read_only(path)?;
    let theirs = other.recordings()?;
    let same = theirs.iter().find(|it| it.fingerprint == info.fingerprint);
    let same = same.or_else(|| theirs.iter().find(|it| it.name == info.name && it.frame_count == info.frame_count));
    let Some(same) = same else {
        let known = theirs.iter().map(|it| it.name.clone()).collect::<Vec<_>>().join(", ");
        return Err(
            BehaviorError::OtherRecording { project: path.to_owned(), recording: info.name.clone(), known }.into()
        );
    };
    let names: Vec<String> = project.animals(info.id)?.into_iter().map(|animal| animal.name).collect();
    let their_names: Vec<String> = other.animals(same.id)?.into_iter().map(|animal| animal.name).collect();
    let ours = |animal: AnimalId| -> Option<AnimalId> {
        let name = their_names.get(animal.index())?;
        names.iter().position(|own| own == name).map(|at| AnimalId(at as u8))
    };
    let mut found = Vec::new();
    for segment in other.human_segments(same.id)? {
        let Some(animal) = ours(segment.animal) else {
            let name = their_names.get(segment.animal.index()).cloned().unwrap_or_default();
            let known = names.join(", ");
            return Err(BehaviorError::UnknownAnimal { file: path.to_owned(), name, known }.into());
        };
        let stop_frame = segment.stop_frame.min(info.frame_count);
        if segment.start_frame < stop_frame {
            let partner = segment.partner.and_then(ours);
            found.push(Segment { animal, partner, stop_frame, clips: Vec::new(), ..segment });
        }
    }
    sorted(found).ok_or_else(|| nothing_said(&Account::Project(path.to_owned()), info))
}

fn of_table(project: &Project, info: &RecordingInfo, path: &Path) -> Result<Vec<Segment>, JobError> {
    let rows = read_truth(path, std::slice::from_ref(info))?;
    let names: Vec<String> = project.animals(info.id)?.into_iter().map(|animal| animal.name).collect();
    let vocabulary = Vocabulary::mouse();
    let found = rows.iter().map(|row| tell::segment_of(row, &names, &vocabulary, path));
    let found = found.collect::<Result<Vec<Segment>, JobError>>()?;
    sorted(found).ok_or_else(|| nothing_said(&Account::Table(path.to_owned()), info))
}

fn sorted(mut segments: Vec<Segment>) -> Option<Vec<Segment>> {
    segments.sort_by_key(|segment| (segment.animal, segment.start_frame));
    (!segments.is_empty()).then_some(segments)
}

fn nothing_said(account: &Account, info: &RecordingInfo) -> JobError {
    BehaviorError::NothingSaid { account: account.words(), recording: info.name.clone() }.into()
}

#[cfg(test)]
mod tests;
