//! The project's vocabulary: what its labels mean, changed only by gestures of the journal, together with the segments that a
//! change renames. And how often labels stand in its timelines.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::error::{Fault, StoreError};
use super::journal::{FrameEdit, Gesture, ItemEdit};
use super::project::Project;
use super::segments;
use crate::model::{RecordingId, RunId, SegmentChange, Vocabulary};

/// Where an edit of the vocabulary stands: in no recording, since it holds in all of them.
pub(super) const WHOLE_PROJECT: RecordingId = RecordingId(0);

/// How often a label stands in the timelines of a project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LabelUse {
    /// Segments of people.
    pub human: usize,
    /// Merged segments of the given runs, of animals of which people said nothing: elsewhere people's segments count instead.
    pub merged: usize,
    /// Captions of the given runs.
    pub captions: usize,
}

impl LabelUse {
    /// All together.
    pub fn all(self) -> usize {
        self.human + self.merged + self.captions
    }
}

impl std::ops::AddAssign for LabelUse {
    fn add_assign(&mut self, other: Self) {
        self.human += other.human;
        self.merged += other.merged;
        self.captions += other.captions;
    }
}

impl Project {
    /// What labels mean here: the project's own vocabulary, else the built-in one.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn vocabulary(&self) -> Result<Vocabulary, StoreError> {
        Ok(self.own_vocabulary()?.unwrap_or_else(Vocabulary::mouse))
    }

    /// The vocabulary that was given to the project.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn own_vocabulary(&self) -> Result<Option<Vocabulary>, StoreError> {
        self.read(stored)
    }

    /// Gives the project a vocabulary, and segments of people's layers the labels that follow from it, as one gesture.
    ///
    /// # Errors
    /// As [`Project::apply_gesture`].
    pub fn change_vocabulary(
        &mut self,
        gesture: &Gesture<'_>,
        after: &Vocabulary,
        changes: &[(RecordingId, Vec<SegmentChange>)],
    ) -> Result<(), StoreError> {
        let own = self.own_vocabulary()?;
        let mut edits = Vec::new();
        if own.clone().unwrap_or_else(Vocabulary::mouse) != *after {
            let item = ItemEdit::Vocabulary { before: own, after: Some(after.clone()) };
            edits.push(FrameEdit { recording: WHOLE_PROJECT, frame: 0, item });
        }
        for (recording, changes) in changes {
            edits.extend(changes.iter().map(|change| segments::edit_of(*recording, change.clone())));
        }
        self.record_gesture(gesture, &edits).map(drop)
    }

    /// How often each label stands in people's layers and in what these runs said.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn labels_in_use(&self, runs: &[RunId]) -> Result<BTreeMap<String, LabelUse>, StoreError> {
        self.read(|connection| {
            let mut uses: BTreeMap<String, LabelUse> = BTreeMap::new();
            let mut count = |from: &str, at: fn(&mut LabelUse) -> &mut usize| -> Result<(), Fault> {
                let sql = format!("SELECT label, count(*) FROM {from} GROUP BY label");
                let mut statement = connection.prepare_cached(&sql)?;
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    let count: u32 = row.get(1)?;
                    *at(uses.entry(row.get(0)?).or_default()) += count as usize;
                }
                Ok(())
            };
            count("human_segment", |it| &mut it.human)?;
            let among = among(runs);
            let merged = format!(
                "merged_segment AS merged JOIN run ON run.id = merged.run WHERE run.id IN ({among}) AND NOT EXISTS (SELECT 1 \
                 FROM human_segment AS said WHERE said.recording = run.recording AND said.animal = merged.animal)"
            );
            count(&merged, |it| &mut it.merged)?;
            count(&format!("caption WHERE run IN ({among})"), |it| &mut it.captions)?;
            Ok(uses)
        })
    }

    /// What was said where a label stands, at most so many descriptions of people's segments and as many of captions of these runs.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn descriptions_of(&self, label: &str, runs: &[RunId], most: u32) -> Result<Vec<String>, StoreError> {
        self.read(|connection| {
            let sql = format!(
                "SELECT * FROM (SELECT description FROM human_segment WHERE label = ?1 ORDER BY id LIMIT ?2) UNION ALL \
                 SELECT * FROM (SELECT description FROM caption WHERE label = ?1 AND run IN ({}) ORDER BY number LIMIT ?2)",
                among(runs)
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params![label, most])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(row.get(0)?);
            }
            Ok(found)
        })
    }
}

/// The numbers of runs, for a list of SQL.
fn among(runs: &[RunId]) -> String {
    runs.iter().map(|run| run.0.to_string()).collect::<Vec<_>>().join(", ")
}

fn stored(connection: &Connection) -> Result<Option<Vocabulary>, Fault> {
    let body: Option<String> =
        connection.query_row("SELECT body FROM vocabulary WHERE id = 1", [], |row| row.get(0)).optional()?;
    body.as_deref().map(from_text).transpose()
}

/// Writes a vocabulary where the one that is there is still the one that the change starts from; otherwise says so.
pub(super) fn apply(
    connection: &Connection,
    before: Option<&Vocabulary>,
    after: Option<&Vocabulary>,
) -> Result<Option<String>, Fault> {
    if stored(connection)?.as_ref() != before {
        return Ok(Some("the vocabulary was changed since".to_owned()));
    }
    match after {
        Some(after) => connection.execute(
            "INSERT INTO vocabulary (id, body) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            [after.to_toml()],
        )?,
        None => connection.execute("DELETE FROM vocabulary", [])?,
    };
    Ok(None)
}

/// The vocabulary of a text of the file.
pub(super) fn from_text(text: &str) -> Result<Vocabulary, Fault> {
    Vocabulary::from_toml(text).map_err(|error| Fault::Malformed(format!("the vocabulary: {error}")))
}

#[cfg(test)]
mod tests {
    use super::super::segments::tests::{gesture, project, segment};
    use super::*;
    use crate::model::{AnimalId, PlacedSegment, Segment};
    use crate::store::project::Durability;

    /// The built-in vocabulary with "chase" under another name, and the segment that bears it.
    fn renamed() -> (Vocabulary, Segment) {
        let mut vocabulary = Vocabulary::mouse();
        for label in vocabulary.labels.iter_mut().filter(|label| label.name == "chase") {
            label.name = "pursuit".to_owned();
            label.synonyms.push("chase".to_owned());
        }
        (vocabulary, Segment { label: "pursuit".to_owned(), ..segment([0, 40]) })
    }

    #[test]
    fn a_rename_goes_back_and_forth_with_its_segments_also_after_opening_again() {
        let (folder, mut project, recording) = project();
        let path = folder.path().join("p.bvlm");
        let id = project.next_segment_id().unwrap();
        let made = SegmentChange { id, before: None, after: Some(segment([0, 40])) };
        project.change_segments(recording, &gesture("Make"), &[made]).unwrap();
        let (after, moved) = renamed();
        let change = SegmentChange { id, before: Some(segment([0, 40])), after: Some(moved.clone()) };
        project.change_vocabulary(&gesture("Rename"), &after, &[(recording, vec![change])]).unwrap();
        drop(project);
        let mut project = Project::open(&path).unwrap();
        assert_eq!(
            (project.vocabulary().unwrap(), project.own_vocabulary().unwrap()),
            (after.clone(), Some(after.clone()))
        );
        assert_eq!(project.human_layer(recording).unwrap(), [PlacedSegment { id, segment: moved.clone() }]);
        let report = project.undo().unwrap().unwrap();
        assert_eq!((report.title.as_str(), report.applied.len(), report.conflicts.len()), ("Rename", 2, 0));
        assert_eq!(project.own_vocabulary().unwrap(), None, "the built-in one again, not a copy");
        assert_eq!(project.human_segments(recording).unwrap(), [segment([0, 40])]);
        drop(project);
        let mut project = Project::open(&path).unwrap();
        project.redo().unwrap();
        assert_eq!((project.vocabulary().unwrap(), project.human_segments(recording).unwrap()), (after, vec![moved]));
        project.check().unwrap();
    }

    #[test]
    fn only_a_gesture_writes_it_and_only_over_what_it_starts_from() {
        let (_folder, mut project, _) = project();
        let (after, _) = renamed();
        let nobody = Gesture { annotator: " ", ..gesture("Rename") };
        assert!(matches!(project.change_vocabulary(&nobody, &after, &[]), Err(StoreError::MissingAnnotator)));
        let stale = ItemEdit::Vocabulary { before: Some(after.clone()), after: Some(Vocabulary::mouse()) };
        let stale =
            project.apply_gesture(&gesture("x"), &[FrameEdit { recording: WHOLE_PROJECT, frame: 0, item: stale }]);
        assert!(stale.unwrap_err().to_string().contains("the vocabulary was changed since"));
        let behind = project.write(Durability::Power, |transaction| {
            Ok(transaction.execute("INSERT INTO vocabulary (id, body) VALUES (1, 'name = \"x\"\nlabels = []')", [])?)
        });
        assert!(behind.is_err(), "only a gesture may write");
        assert_eq!(project.own_vocabulary().unwrap(), None);
    }

    #[test]
    fn labels_are_counted_with_what_was_said_of_them() {
        let (_folder, mut project, recording) = project();
        let id = project.next_segment_id().unwrap();
        let make = |id, frames| SegmentChange { id, before: None, after: Some(segment(frames)) };
        project.change_segments(recording, &gesture("Make"), &[make(id, [0, 40]), make(id.next(), [40, 50])]).unwrap();
        let run = project.begin_run(recording, "behavior", "{}", 1).unwrap();
        let merged = Segment { label: "huddle".to_owned(), ..segment([0, 100]) };
        let of_other = Segment { animal: AnimalId(0), partner: None, ..merged.clone() };
        project.put_merged(run, &[of_other, merged], 2).unwrap();
        let uses = project.labels_in_use(&[run]).unwrap();
        assert_eq!(uses["chase"], LabelUse { human: 2, merged: 0, captions: 0 });
        // People said something of the second animal, so that only the first one's merge counts.
        assert_eq!((uses["huddle"].merged, project.labels_in_use(&[]).unwrap().contains_key("huddle")), (1, false));
        assert_eq!(project.descriptions_of("chase", &[run], 1).unwrap(), [segment([0, 1]).description]);
    }
}
