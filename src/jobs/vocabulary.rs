//! The vocabulary of a project: changing it with the segments of all its recordings that follow, files in and out, and what
//! its timelines use of it.
//!
//! A segment never loses its label: one that the vocabulary lacks stays, and stands in the list of unknown labels.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use super::behavior::{BehaviorError, layer, read_text};
use super::{JobError, open, whole_file};
use crate::behavior::edits::{self, LabelField, VocabularyEdit, VocabularyRefused};
use crate::behavior::unknown_labels::{Proposal, UnknownLabels};
use crate::model::{LabelDefinition, RecordingId, RunId, SegmentChange, Vocabulary};
use crate::store::{Gesture, LabelUse, Project};

/// Descriptions that speak for what an unknown label may mean, at most.
const MOST_DESCRIPTIONS: u32 = 20;

/// What a person does to a vocabulary.
#[derive(Clone, Debug, PartialEq)]
pub enum VocabularyAct {
    /// Gives a label another name.
    Rename {
        /// Its name.
        label: String,
        /// The other.
        name: String,
    },
    /// Merges a label into another.
    Merge {
        /// It goes.
        label: String,
        /// It stays.
        into: String,
    },
    /// Changes one thing of a label.
    Set(String, LabelField),
    /// Adds a label as the last.
    Add(LabelDefinition),
    /// Takes a label out; its segments keep it.
    Remove(String),
    /// Moves a label so many places down, up where negative.
    Move(String, i32),
    /// A word that the vocabulary lacks means one of its labels.
    Synonym {
        /// The word.
        word: String,
        /// The label.
        label: String,
    },
    /// Gives people's segments with a word that the vocabulary lacks one of its labels.
    Relabel {
        /// The word.
        word: String,
        /// The label.
        label: String,
    },
    /// Puts another vocabulary in its place.
    Replace(Vocabulary),
}

impl VocabularyAct {
    fn edit(&self, before: &Vocabulary) -> Result<VocabularyEdit, VocabularyRefused> {
        match self {
            Self::Rename { label, name } => VocabularyEdit::rename(before, label, name),
            Self::Merge { label, into } => VocabularyEdit::merge(before, label, into),
            Self::Set(label, field) => VocabularyEdit::set(before, label, field.clone()),
            Self::Add(definition) => VocabularyEdit::add(before, definition.clone()),
            Self::Remove(label) => VocabularyEdit::remove(before, label),
            Self::Move(label, by) => VocabularyEdit::reorder(before, label, *by),
            Self::Synonym { word, label } => VocabularyEdit::add_synonym(before, word, label),
            Self::Relabel { word, label } => VocabularyEdit::relabel(before, word, label),
            Self::Replace(vocabulary) => VocabularyEdit::replace(vocabulary.clone()),
        }
    }
}

/// What an act did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VocabularyOutcome {
    /// What it is called.
    pub title: String,
    /// Whether the vocabulary is another one now.
    pub is_changed: bool,
    /// Segments that were changed, over all recordings.
    pub segments: usize,
}

/// Does what a person did, with what follows in all recordings, as one gesture; none where nothing changes.
///
/// # Errors
/// When the vocabulary refuses it, a timeline does, `who` is empty, or the project cannot be written: nothing is changed then.
pub fn act(
    project: &mut Project,
    (who, at_unix_ms): (&str, i64),
    act: &VocabularyAct,
) -> Result<VocabularyOutcome, JobError> {
    let before = project.vocabulary()?;
    let edit = act.edit(&before)?;
    let changes = follow(project, &before, &edit)?;
    let segments = changes.iter().map(|(_, changes)| changes.len()).sum();
    let outcome = VocabularyOutcome { title: edit.title, is_changed: edit.vocabulary != before, segments };
    if outcome.is_changed || segments > 0 {
        let gesture = Gesture { title: &outcome.title, annotator: who, at_unix_ms };
        project.change_vocabulary(&gesture, &edit.vocabulary, &changes)?;
    }
    Ok(outcome)
}

/// What follows in people's layers.
fn follow(
    project: &Project,
    before: &Vocabulary,
    edit: &VocabularyEdit,
) -> Result<Vec<(RecordingId, Vec<SegmentChange>)>, JobError> {
    let mut changes = Vec::new();
    for info in project.recordings()? {
        let human = project.human_layer(info.id)?;
        if human.is_empty() {
            continue;
        }
        let animals: Vec<String> = project.animals(info.id)?.into_iter().map(|animal| animal.name).collect();
        let timeline = edits::Timeline {
            segments: &human,
            vocabulary: before,
            animals: &animals,
            frame_count: info.frame_count,
            next_id: project.next_segment_id()?,
            // Nothing is cut, so that no segment has to know its clips.
            clips: &[],
        };
        let follows = edit.follow(&timeline)?;
        if !follows.changes.is_empty() {
            changes.push((info.id, follows.changes));
        }
    }
    Ok(changes)
}

/// Reads and checks a vocabulary file.
///
/// # Errors
/// When it cannot be read, or is no vocabulary; the words name the file.
pub fn read(path: &Path) -> Result<Vocabulary, JobError> {
    let text = read_text(path)?;
    Ok(Vocabulary::from_toml(&text).map_err(|source| BehaviorError::Vocabulary { path: path.to_owned(), source })?)
}

/// Makes a file's vocabulary the project's.
///
/// # Errors
/// As [`read`] and [`act`]; nothing is changed then.
pub fn import(project: &mut Project, path: &Path, who: (&str, i64)) -> Result<VocabularyOutcome, JobError> {
    act(project, who, &VocabularyAct::Replace(read(path)?))
}

/// Writes the project's vocabulary to a file, which appears whole or not at all.
///
/// # Errors
/// When the project cannot be read, or the file cannot be written.
pub fn export(project: &Project, path: &Path) -> Result<(), JobError> {
    if open::is_same_file(project.path(), path) {
        return Err(JobError::WouldOverwrite { path: path.to_owned() });
    }
    let text = project.vocabulary()?.to_toml();
    let io = |source| JobError::Io { action: "write", path: path.to_owned(), source };
    whole_file::write(path, |mut file| file.write_all(text.as_bytes()).map_err(io))
}

/// What the timelines of a project use of its vocabulary.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VocabularyUse {
    /// How often each label and synonym stands in them; those that stand nowhere are left out.
    pub names: BTreeMap<String, LabelUse>,
    /// Labels that stand in them and that the vocabulary lacks, the commonest first.
    pub unknown: Vec<UnknownUse>,
}

/// A label that the vocabulary lacks.
#[derive(Clone, Debug, PartialEq)]
pub struct UnknownUse {
    /// The label.
    pub label: String,
    /// How often it stands there.
    pub uses: LabelUse,
    /// What it may mean, the likeliest first.
    pub proposals: Vec<Proposal>,
}

impl VocabularyUse {
    /// Counts over all recordings: people's layers, and of machines what each recording's latest run said.
    ///
    /// # Errors
    /// When the project cannot be read.
    pub fn read(project: &Project, vocabulary: &Vocabulary) -> Result<Self, JobError> {
        let mut runs: Vec<RunId> = Vec::new();
        for info in project.recordings()? {
            runs.extend(layer::shown_run(project, &info)?.map(|run| run.id));
        }
        let names = project.labels_in_use(&runs)?;
        let known = UnknownLabels::new(vocabulary);
        let mut unknown = Vec::new();
        for (label, uses) in names.iter().filter(|(label, _)| vocabulary.find(label).is_none()) {
            let descriptions = project.descriptions_of(label, &runs, MOST_DESCRIPTIONS)?;
            let proposals = known.proposals(label, descriptions.iter().map(String::as_str));
            unknown.push(UnknownUse { label: label.clone(), uses: *uses, proposals });
        }
        unknown.sort_by_key(|it| std::cmp::Reverse(it.uses.all()));
        Ok(Self { names, unknown })
    }

    /// How often a label stands in the timelines, under its name or a synonym.
    pub fn of(&self, label: &LabelDefinition) -> LabelUse {
        let mut all = LabelUse::default();
        let names = std::iter::once(&label.name).chain(&label.synonyms);
        names.filter_map(|name| self.names.get(name)).for_each(|uses| all += *uses);
        all
    }

    /// People's segments that bear exactly this name: those that a rename or a merge changes.
    pub fn named(&self, label: &str) -> usize {
        self.names.get(label).map_or(0, |uses| uses.human)
    }
}
