//! Rows of segments, and the human layer: what people say of behaviour, written only by gestures of the journal.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

use super::error::{Fault, StoreError};
use super::journal::write_gesture;
use super::journal::{FrameEdit, Gesture, ItemEdit};
use super::journal_apply::Names;
use super::project::{Durability, Project};
use super::recordings::RecordingInfo;
use crate::model::{
    AnimalId, BehaviorSource, ClipId, PlacedSegment, RecordingId, RunId, Segment, SegmentChange, SegmentId,
    SegmentKind, SegmentStatus, SocialRole,
};

const COLUMNS: &str = "animal, start_frame, stop_frame, kind, label, description, partner, role, confidence, status, \
                       source, modifiers, clips";

impl Project {
    /// What people said of a recording, by animal and time.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn human_segments(&self, recording: RecordingId) -> Result<Vec<Segment>, StoreError> {
        Ok(self.human_layer(recording)?.into_iter().map(|placed| placed.segment).collect())
    }

    /// The same, with the rows that edits speak of.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn human_layer(&self, recording: RecordingId) -> Result<Vec<PlacedSegment>, StoreError> {
        self.read(|connection| {
            let sql = format!(
                "SELECT {COLUMNS}, id FROM human_segment WHERE recording = ?1 ORDER BY animal, start_frame, id"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query([recording.0])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(PlacedSegment { id: SegmentId(row.get(13)?), segment: segment_of(row)? });
            }
            Ok(found)
        })
    }

    /// The row that the next new segment of the human layer gets.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn next_segment_id(&self) -> Result<SegmentId, StoreError> {
        self.read(|connection| {
            let last = connection
                .query_row("SELECT seq FROM sqlite_sequence WHERE name = 'human_segment'", [], |row| row.get(0))
                .optional()?;
            Ok(SegmentId(last.unwrap_or(0)).next())
        })
    }

    /// Changes the human layer of a recording as one gesture.
    ///
    /// # Errors
    /// As [`Project::apply_gesture`].
    pub fn change_segments(
        &mut self,
        recording: RecordingId,
        gesture: &Gesture<'_>,
        changes: &[SegmentChange],
    ) -> Result<(), StoreError> {
        let edits: Vec<FrameEdit> = changes.iter().map(|change| edit_of(recording, change.clone())).collect();
        self.record_gesture(gesture, &edits).map(drop)
    }

    /// Reads segments that people made elsewhere into the human layer of recordings that have none yet: one gesture, all or
    /// nothing.
    ///
    /// # Errors
    /// When a recording has a human layer already, or the annotator has no name: nothing is changed then.
    pub fn import_segments(
        &mut self,
        recordings: &[(RecordingId, Vec<Segment>)],
        gesture: &Gesture<'_>,
    ) -> Result<(), StoreError> {
        let names = Names::of(self)?;
        let mut id = self.next_segment_id()?;
        let mut edits = Vec::new();
        for (recording, segments) in recordings {
            for segment in segments {
                edits.push(edit_of(*recording, SegmentChange { id, before: None, after: Some(segment.clone()) }));
                id = id.next();
            }
        }
        self.check_places(&edits)?;
        self.write(Durability::Power, |transaction| {
            for (recording, _) in recordings {
                let there: u32 = transaction.query_row(
                    "SELECT count(*) FROM human_segment WHERE recording = ?1",
                    [recording.0],
                    |row| row.get(0),
                )?;
                if there > 0 {
                    return Err(StoreError::HumanLayerThere { segments: there }.into());
                }
            }
            write_gesture(transaction, &names, gesture, &edits).map(drop)
        })
    }
}

pub(super) fn edit_of(recording: RecordingId, change: SegmentChange) -> FrameEdit {
    let of = change.after.as_ref().or(change.before.as_ref());
    let frame = of.map_or(0, |segment| segment.start_frame);
    FrameEdit { recording, frame, item: ItemEdit::Segment(change) }
}

/// Refuses a segment that lasts no frame, reaches outside its recording, or is of an animal that is not there.
pub(super) fn require(project: &Project, info: &RecordingInfo, segment: Option<&Segment>) -> Result<(), StoreError> {
    let Some(segment) = segment else { return Ok(()) };
    if info.frame_count > 0 {
        info.require_frame(segment.start_frame)?;
        info.require_frame(segment.stop_frame.saturating_sub(1).max(segment.start_frame))?;
    }
    let known = project.animals(info.id)?.len();
    let spoken_of = [Some(segment.animal), segment.partner];
    match spoken_of.into_iter().flatten().find(|animal| animal.index() >= known) {
        Some(animal) => Err(StoreError::UnknownId { what: "animal", id: animal.0.into() }),
        None => Ok(()),
    }
}

/// Writes a segment where the one that stands there is still the one that the change starts from; otherwise says what stands
/// there.
pub(super) fn apply(
    connection: &Connection,
    recording: RecordingId,
    change: &SegmentChange,
) -> Result<Option<String>, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM human_segment WHERE id = ?1 AND recording = ?2");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([change.id.0, recording.0])?;
    let found = rows.next()?.map(segment_of).transpose()?;
    if found != change.before {
        return Ok(Some(match found {
            Some(found) => format!(
                "the segment at frames {}..{} is now \"{}\" at {}..{}",
                change.before.as_ref().map_or(0, |it| it.start_frame),
                change.before.as_ref().map_or(0, |it| it.stop_frame),
                found.label,
                found.start_frame,
                found.stop_frame
            ),
            None => "the segment was deleted since".to_owned(),
        }));
    }
    drop(rows);
    connection.prepare_cached("DELETE FROM human_segment WHERE id = ?1")?.execute([change.id.0])?;
    if let Some(segment) = &change.after {
        let sql = format!(
            "INSERT INTO human_segment ({COLUMNS}, id, recording, annotator, at) \
             SELECT {}, gesture.annotator, gesture.at FROM gesture JOIN open_gesture ON open_gesture.gesture = gesture.id",
            places(15)
        );
        let mut values = values_of(segment)?;
        values.extend([Value::from(change.id.0), Value::from(recording.0)]);
        connection.prepare_cached(&sql)?.execute(params_from_iter(values))?;
    }
    Ok(None)
}

/// Writes the merged segments of a run.
pub(super) fn insert_merged(
    connection: &Connection,
    run: RunId,
    segments: &[Segment],
    at_unix_ms: i64,
) -> Result<(), Fault> {
    let sql = format!("INSERT INTO merged_segment ({COLUMNS}, run, at) VALUES ({})", places(15));
    let mut insert = connection.prepare_cached(&sql)?;
    for segment in segments {
        let mut values = values_of(segment)?;
        values.extend([Value::from(run.0), Value::from(at_unix_ms)]);
        insert.execute(params_from_iter(values))?;
    }
    Ok(())
}

/// The merged segments of a run, by animal and time.
pub(super) fn merged_of(connection: &Connection, run: RunId) -> Result<Vec<Segment>, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM merged_segment WHERE run = ?1 ORDER BY animal, start_frame, id");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([run.0])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(segment_of(row)?);
    }
    Ok(found)
}

/// `?1, ?2, …`, so many.
fn places(count: usize) -> String {
    (1..=count).map(|at| format!("?{at}")).collect::<Vec<_>>().join(", ")
}

/// The values of [`COLUMNS`].
fn values_of(segment: &Segment) -> Result<Vec<Value>, Fault> {
    let json = |result: serde_json::Result<String>| result.map_err(|error| Fault::Malformed(error.to_string()));
    let clips: Vec<u32> = segment.clips.iter().map(|clip| clip.0).collect();
    Ok(vec![
        i64::from(segment.animal.0).into(),
        i64::from(segment.start_frame).into(),
        i64::from(segment.stop_frame).into(),
        segment.kind.as_str().to_owned().into(),
        segment.label.clone().into(),
        segment.description.clone().into(),
        segment.partner.map(|partner| i64::from(partner.0)).into(),
        segment.role.as_str().to_owned().into(),
        segment.confidence.map(f64::from).into(),
        segment.status.as_str().to_owned().into(),
        segment.source.as_str().to_owned().into(),
        json(serde_json::to_string(&segment.modifiers))?.into(),
        json(serde_json::to_string(&clips))?.into(),
    ])
}

fn segment_of(row: &Row<'_>) -> Result<Segment, Fault> {
    let list = |column: usize| -> Result<String, Fault> { Ok(row.get(column)?) };
    let malformed = |error: serde_json::Error| Fault::Malformed(error.to_string());
    let clips: Vec<u32> = serde_json::from_str(&list(12)?).map_err(malformed)?;
    Ok(Segment {
        animal: AnimalId(row.get(0)?),
        start_frame: row.get(1)?,
        stop_frame: row.get(2)?,
        kind: word(row, 3, SegmentKind::parse)?,
        label: row.get(4)?,
        description: row.get(5)?,
        partner: row.get::<_, Option<u8>>(6)?.map(AnimalId),
        role: word(row, 7, SocialRole::parse)?,
        confidence: row.get(8)?,
        status: word(row, 9, SegmentStatus::parse)?,
        source: word(row, 10, BehaviorSource::parse)?,
        modifiers: serde_json::from_str(&list(11)?).map_err(malformed)?,
        clips: clips.into_iter().map(ClipId).collect(),
    })
}

/// What a word of a column means.
pub(super) fn word<T>(row: &Row<'_>, column: usize, parse: impl Fn(&str) -> Option<T>) -> Result<T, Fault> {
    let word: String = row.get(column)?;
    parse(&word).ok_or_else(|| Fault::Malformed(format!("\"{word}\" is no word of a segment or caption")))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::{Animal, Skeleton};
    use crate::store::{CameraInfo, NewRecording};

    pub(in crate::store) fn project() -> (tempfile::TempDir, Project, RecordingId) {
        let folder = tempfile::tempdir().unwrap();
        let mut project = Project::create(&folder.path().join("p.bvlm"), &Skeleton::mabe12()).unwrap();
        let id = project
            .add_recording(&NewRecording {
                name: "r".to_owned(),
                path: folder.path().to_owned(),
                fingerprint: "x".to_owned(),
                fps: 30.0,
                frame_count: 100,
                units: "mm".to_owned(),
                fluorescence_lag_frames: 0.0,
                subject: None,
                session: None,
                group: None,
                cameras: vec![CameraInfo { name: "top".to_owned(), size_px: [10, 10] }],
            })
            .unwrap();
        let animal = |name: &str| Animal { name: name.to_owned(), color: None, is_identity_verified: true };
        project.set_animals(id, &[animal("A0"), animal("A1")]).unwrap();
        (folder, project, id)
    }

    pub(in crate::store) fn segment(frames: [u32; 2]) -> Segment {
        Segment {
            animal: AnimalId(1),
            start_frame: frames[0],
            stop_frame: frames[1],
            kind: SegmentKind::State,
            label: "chase".to_owned(),
            description: "A1 runs \"after\" A0.".to_owned(),
            partner: Some(AnimalId(0)),
            role: SocialRole::Actor,
            confidence: Some(0.1),
            status: SegmentStatus::Accepted,
            source: BehaviorSource::Human,
            modifiers: vec!["fast".to_owned()],
            clips: vec![ClipId(3)],
        }
    }

    pub(in crate::store) fn gesture(title: &'static str) -> Gesture<'static> {
        Gesture { title, annotator: "Ann", at_unix_ms: 7 }
    }

    fn change(id: SegmentId, before: Option<[u32; 2]>, after: Option<[u32; 2]>) -> SegmentChange {
        SegmentChange { id, before: before.map(segment), after: after.map(segment) }
    }

    #[test]
    fn changes_are_undone_and_done_again_with_their_rows() {
        let (_folder, mut project, recording) = project();
        let first = project.next_segment_id().unwrap();
        let two = [change(first, None, Some([0, 40])), change(first.next(), None, Some([40, 100]))];
        project.change_segments(recording, &gesture("Copy"), &two).unwrap();
        let moved = [change(first, Some([0, 40]), Some([0, 30])), change(first.next(), Some([40, 100]), None)];
        project.change_segments(recording, &gesture("Move"), &moved).unwrap();
        let layer = project.human_layer(recording).unwrap();
        assert_eq!(layer, [PlacedSegment { id: first, segment: segment([0, 30]) }]);
        assert_eq!(project.next_segment_id().unwrap(), first.next().next(), "a row is never given twice");
        let report = project.undo().unwrap().unwrap();
        assert_eq!((report.title.as_str(), report.applied.len(), report.conflicts.len()), ("Move", 2, 0));
        assert_eq!(project.human_segments(recording).unwrap(), [segment([0, 40]), segment([40, 100])]);
        project.undo().unwrap();
        assert!(project.human_layer(recording).unwrap().is_empty());
        project.redo().unwrap();
        project.redo().unwrap();
        assert_eq!(project.human_layer(recording).unwrap(), layer);
    }

    #[test]
    fn a_change_of_what_stands_there_no_more_is_refused() {
        let (_folder, mut project, recording) = project();
        let id = project.next_segment_id().unwrap();
        project.change_segments(recording, &gesture("Make"), &[change(id, None, Some([0, 40]))]).unwrap();
        let stale = project.change_segments(recording, &gesture("Move"), &[change(id, Some([0, 41]), Some([0, 50]))]);
        assert!(stale.unwrap_err().to_string().contains("is now \"chase\" at 0..40"));
        let outside =
            project.change_segments(recording, &gesture("Move"), &[change(id, Some([0, 40]), Some([0, 101]))]);
        assert!(matches!(outside, Err(StoreError::Outside { .. })));
        let mut stranger = change(id.next(), None, Some([50, 60]));
        stranger.after.iter_mut().for_each(|it| it.partner = Some(AnimalId(2)));
        let stranger = project.change_segments(recording, &gesture("Make"), &[stranger]);
        assert!(matches!(stranger, Err(StoreError::UnknownId { what: "animal", id: 2 })));
        assert_eq!(project.human_segments(recording).unwrap(), [segment([0, 40])]);
        let behind = project.write(Durability::Power, |transaction| {
            Ok(transaction.execute("UPDATE human_segment SET label = 'x'", [])?)
        });
        assert!(behind.is_err(), "only a gesture may write");
    }

    #[test]
    fn what_was_imported_is_not_read_over_and_can_be_undone() {
        let (_folder, mut project, recording) = project();
        let layer = [(recording, vec![segment([0, 40])])];
        let nobody = Gesture { annotator: " ", ..gesture("Import") };
        assert!(matches!(project.import_segments(&layer, &nobody), Err(StoreError::MissingAnnotator)));
        project.import_segments(&layer, &gesture("Import")).unwrap();
        let again = project.import_segments(&layer, &gesture("Import"));
        assert!(matches!(again, Err(StoreError::HumanLayerThere { segments: 1 })));
        project.undo().unwrap();
        assert!(project.human_segments(recording).unwrap().is_empty());
    }
}
