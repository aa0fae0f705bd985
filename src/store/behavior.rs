//! Animals, clips, captions and segments.
//!
//! A run's clips, captions and merged segments are written whole, each in one transaction, so that a run that was killed has
//! all of a layer or none of it. The human layer is never written by a run.

use rusqlite::{Connection, Row, Statement, params};

use super::error::{Fault, StoreError};
use super::journal_apply::annotator_row;
use super::project::{Durability, Project};
use crate::model::{
    Animal, AnimalId, BehaviorSource, Caption, CaptionDetail, Clip, ClipId, RecordingId, RunId, Segment, SegmentKind,
    SegmentStatus, SocialRole,
};

const SEGMENT_COLUMNS: &str = "animal, start_frame, stop_frame, kind, label, description, partner, role, confidence, \
                               status, source, clips";

impl Project {
    /// Says which animals a recording has; those that it had before go. Animals of which people said something keep their
    /// names and places: more may follow them.
    ///
    /// # Errors
    /// When two have the same name, one that people spoke of would become another, or the file cannot be written.
    pub fn set_animals(&mut self, recording: RecordingId, animals: &[Animal]) -> Result<(), StoreError> {
        self.check_animals(recording, animals)?;
        self.write(Durability::Power, |transaction| {
            transaction.execute("DELETE FROM animal WHERE recording = ?1", [recording.0])?;
            for (position, animal) in animals.iter().enumerate() {
                transaction.execute(
                    "INSERT INTO animal (recording, position, name, color, verified) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![recording.0, position as i64, animal.name, animal.color, animal.is_identity_verified],
                )?;
            }
            Ok(())
        })
    }

    /// Whether a recording may get these animals.
    ///
    /// # Errors
    /// When one that people spoke of would become another, or the file cannot be read.
    pub fn check_animals(&self, recording: RecordingId, animals: &[Animal]) -> Result<(), StoreError> {
        let before = self.animals(recording)?;
        let is_kept = |(at, animal): (usize, &Animal)| animals.get(at).is_some_and(|new| new.name == animal.name);
        if !before.iter().enumerate().all(is_kept) && !self.human_segments(recording)?.is_empty() {
            let names = |animals: &[Animal]| animals.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(", ");
            return Err(StoreError::AnimalsInUse { before: names(&before), after: names(animals) });
        }
        Ok(())
    }

    /// The animals of a recording; an [`AnimalId`] is a position in here.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn animals(&self, recording: RecordingId) -> Result<Vec<Animal>, StoreError> {
        self.read(|connection| {
            let mut statement = connection
                .prepare_cached("SELECT name, color, verified FROM animal WHERE recording = ?1 ORDER BY position")?;
            let rows = statement.query_map([recording.0], |row| {
                Ok(Animal { name: row.get(0)?, color: row.get(1)?, is_identity_verified: row.get(2)? })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Writes the clips of a run instead of those that it had, and throws away what was said of those.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put_clips(&mut self, run: RunId, clips: &[Clip]) -> Result<(), StoreError> {
        self.write(Durability::Power, |transaction| {
            for table in ["clip", "caption", "segment"] {
                transaction.execute(&format!("DELETE FROM {table} WHERE run = ?1"), [run.0])?;
            }
            let mut insert = transaction.prepare_cached(
                "INSERT INTO clip (run, number, animal, start_frame, stop_frame, cluster) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            for clip in clips {
                let (id, animal) = (clip.id.0, clip.animal.0);
                insert.execute(params![run.0, id, animal, clip.start_frame, clip.stop_frame, clip.cluster])?;
            }
            Ok(())
        })
    }

    /// The clips of a run, by number.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn clips(&self, run: RunId) -> Result<Vec<Clip>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT number, animal, start_frame, stop_frame, cluster FROM clip WHERE run = ?1 ORDER BY number",
            )?;
            let rows = statement.query_map([run.0], |row| {
                Ok(Clip {
                    id: ClipId(row.get(0)?),
                    animal: AnimalId(row.get(1)?),
                    start_frame: row.get(2)?,
                    stop_frame: row.get(3)?,
                    cluster: row.get(4)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Writes what was said of clips of a run, over what was said of them before; segments that were made of those go.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put_captions(
        &mut self,
        run: RunId,
        captions: &[(ClipId, Caption, BehaviorSource)],
    ) -> Result<(), StoreError> {
        self.put_detailed_captions(run, captions, &[])
    }

    /// As [`Self::put_captions`], with what was said beside them.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put_detailed_captions(
        &mut self,
        run: RunId,
        captions: &[(ClipId, Caption, BehaviorSource)],
        details: &[(ClipId, CaptionDetail)],
    ) -> Result<(), StoreError> {
        self.write(Durability::Power, |transaction| {
            transaction.execute("DELETE FROM segment WHERE run = ?1", [run.0])?;
            let mut insert = transaction.prepare_cached(
                "INSERT OR REPLACE INTO caption (run, number, label, description, partner, role, confidence, source) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?;
            for (clip, caption, source) in captions {
                insert.execute(params![
                    run.0,
                    clip.0,
                    caption.label,
                    caption.description,
                    caption.partner.map(|partner| partner.0),
                    caption.role.as_str(),
                    caption.confidence,
                    source.as_str()
                ])?;
            }
            let mut update =
                transaction.prepare_cached("UPDATE caption SET detail = ?3 WHERE run = ?1 AND number = ?2")?;
            for (clip, detail) in details.iter().filter(|(_, detail)| !detail.is_empty()) {
                let detail = serde_json::to_string(detail).map_err(|error| Fault::Malformed(error.to_string()))?;
                update.execute(params![run.0, clip.0, detail])?;
            }
            Ok(())
        })
    }

    /// What was said of clips beside their captions, by number; clips of which nothing was are left out.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn caption_details(&self, run: RunId) -> Result<Vec<(ClipId, CaptionDetail)>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT number, detail FROM caption WHERE run = ?1 AND detail IS NOT NULL ORDER BY number",
            )?;
            let mut rows = statement.query([run.0])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let detail: String = row.get(1)?;
                let detail = serde_json::from_str(&detail).map_err(|error| Fault::Malformed(error.to_string()))?;
                found.push((ClipId(row.get(0)?), detail));
            }
            Ok(found)
        })
    }

    /// What was said of the clips of a run, and by whom, by number.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn captions(&self, run: RunId) -> Result<Vec<(ClipId, Caption, BehaviorSource)>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT number, label, description, partner, role, confidence, source FROM caption WHERE run = ?1 ORDER BY number",
            )?;
            let mut rows = statement.query([run.0])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let caption = Caption {
                    label: row.get(1)?,
                    description: row.get(2)?,
                    partner: row.get::<_, Option<u8>>(3)?.map(AnimalId),
                    role: word(row, 4, SocialRole::parse)?,
                    confidence: row.get(5)?,
                };
                found.push((ClipId(row.get(0)?), caption, word(row, 6, BehaviorSource::parse)?));
            }
            Ok(found)
        })
    }

    /// Writes the merged segments of a run instead of those that it had.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put_merged(
        &mut self,
        recording: RecordingId,
        run: RunId,
        segments: &[Segment],
        at_unix_ms: i64,
    ) -> Result<(), StoreError> {
        self.write(Durability::Power, |transaction| {
            transaction.execute("DELETE FROM segment WHERE run = ?1", [run.0])?;
            let mut insert = insert_segment(transaction)?;
            for segment in segments {
                write_segment(&mut insert, recording, Some(run), segment, None, at_unix_ms)?;
            }
            Ok(())
        })
    }

    /// The merged segments of a run, by animal and time.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn merged_segments(&self, run: RunId) -> Result<Vec<Segment>, StoreError> {
        self.read(|connection| segments_where(connection, "layer = 'merged' AND run = ?1", run.0))
    }

    /// What people said of a recording, by animal and time.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn human_segments(&self, recording: RecordingId) -> Result<Vec<Segment>, StoreError> {
        self.read(|connection| segments_where(connection, "layer = 'human' AND recording = ?1", recording.0))
    }

    /// Reads segments that people made elsewhere into the human layer of recordings that have none yet, all or nothing.
    ///
    /// # Errors
    /// When a recording has a human layer already, or the annotator has no name: nothing is changed then.
    pub fn import_segments(
        &mut self,
        recordings: &[(RecordingId, Vec<Segment>)],
        annotator: &str,
        at_unix_ms: i64,
    ) -> Result<(), StoreError> {
        let annotator = annotator.trim();
        if annotator.is_empty() {
            return Err(StoreError::MissingAnnotator);
        }
        self.write(Durability::Power, |transaction| {
            let annotator = annotator_row(transaction, annotator)?;
            for (recording, segments) in recordings {
                let there: u32 = transaction.query_row(
                    "SELECT count(*) FROM segment WHERE layer = 'human' AND recording = ?1",
                    [recording.0],
                    |row| row.get(0),
                )?;
                if there > 0 {
                    return Err(StoreError::HumanLayerThere { segments: there }.into());
                }
                let mut insert = insert_segment(transaction)?;
                for segment in segments {
                    write_segment(&mut insert, *recording, None, segment, Some(annotator), at_unix_ms)?;
                }
            }
            Ok(())
        })
    }
}

fn insert_segment(connection: &Connection) -> Result<rusqlite::CachedStatement<'_>, Fault> {
    Ok(connection.prepare_cached(&format!(
        "INSERT INTO segment (recording, layer, run, annotator, at, {SEGMENT_COLUMNS}) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)"
    ))?)
}

fn write_segment(
    insert: &mut Statement<'_>,
    recording: RecordingId,
    run: Option<RunId>,
    segment: &Segment,
    annotator: Option<i64>,
    at_unix_ms: i64,
) -> Result<(), Fault> {
    let clips: Vec<u32> = segment.clips.iter().map(|clip| clip.0).collect();
    insert.execute(params![
        recording.0,
        if run.is_some() { "merged" } else { "human" },
        run.map(|run| run.0),
        annotator,
        at_unix_ms,
        segment.animal.0,
        segment.start_frame,
        segment.stop_frame,
        segment.kind.as_str(),
        segment.label,
        segment.description,
        segment.partner.map(|partner| partner.0),
        segment.role.as_str(),
        segment.confidence,
        segment.status.as_str(),
        segment.source.as_str(),
        serde_json::to_string(&clips).map_err(|error| Fault::Malformed(error.to_string()))?,
    ])?;
    Ok(())
}

fn segments_where(connection: &Connection, condition: &str, id: i64) -> Result<Vec<Segment>, Fault> {
    let sql = format!("SELECT {SEGMENT_COLUMNS} FROM segment WHERE {condition} ORDER BY animal, start_frame, id");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([id])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let clips: String = row.get(11)?;
        let clips: Vec<u32> = serde_json::from_str(&clips).map_err(|error| Fault::Malformed(error.to_string()))?;
        found.push(Segment {
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
            clips: clips.into_iter().map(ClipId).collect(),
        });
    }
    Ok(found)
}

/// What a word of a column means.
fn word<T>(row: &Row<'_>, column: usize, parse: impl Fn(&str) -> Option<T>) -> Result<T, Fault> {
    let word: String = row.get(column)?;
    parse(&word).ok_or_else(|| Fault::Malformed(format!("\"{word}\" is no word of a segment or caption")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Skeleton;
    use crate::store::{CameraInfo, NewRecording};

    fn project() -> (tempfile::TempDir, Project, RecordingId) {
        let folder = tempfile::tempdir().unwrap();
        let mut project = Project::create(&folder.path().join("p.bvlm"), &Skeleton::mabe12()).unwrap();
        let id = project.add_recording(&NewRecording {
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
        });
        let id = id.unwrap();
        (folder, project, id)
    }

    fn animal(name: &str) -> Animal {
        Animal { name: name.to_owned(), color: Some("#112233".to_owned()), is_identity_verified: false }
    }

    fn clip(id: u32, frames: [u32; 2], cluster: Option<u16>) -> Clip {
        Clip { id: ClipId(id), animal: AnimalId(1), start_frame: frames[0], stop_frame: frames[1], cluster }
    }

    fn caption() -> Caption {
        Caption {
            label: "chase".to_owned(),
            description: "A1 runs after A0.".to_owned(),
            partner: Some(AnimalId(0)),
            role: SocialRole::Actor,
            confidence: 0.75,
        }
    }

    fn segment() -> Segment {
        Segment {
            animal: AnimalId(1),
            start_frame: 0,
            stop_frame: 100,
            kind: SegmentKind::State,
            label: "chase".to_owned(),
            description: "A1 runs after A0.".to_owned(),
            partner: Some(AnimalId(0)),
            role: SocialRole::Actor,
            confidence: Some(0.5),
            status: SegmentStatus::Accepted,
            source: BehaviorSource::Imported,
            clips: vec![ClipId(0), ClipId(1)],
        }
    }

    #[test]
    fn each_layer_reads_back_and_a_new_one_below_takes_the_ones_above_away() {
        let (_folder, mut project, recording) = project();
        project.set_animals(recording, &[animal("A0"), animal("A1")]).unwrap();
        assert_eq!(project.animals(recording).unwrap(), [animal("A0"), animal("A1")]);
        let run = project.begin_run(recording, "behavior", "{}", 1).unwrap();
        let clips = [clip(0, [0, 40], Some(3)), clip(1, [40, 100], None)];
        project.put_clips(run, &clips).unwrap();
        assert_eq!(project.clips(run).unwrap(), clips);
        let captions = [(ClipId(0), caption(), BehaviorSource::Model), (ClipId(1), caption(), BehaviorSource::Rules)];
        project.put_captions(run, &captions).unwrap();
        assert_eq!(project.captions(run).unwrap(), captions);
        assert_eq!(project.caption_details(run).unwrap(), []);
        let detail = CaptionDetail { samples: vec![caption(), caption()], body: None };
        let details = [(ClipId(0), CaptionDetail::default()), (ClipId(1), detail)];
        project.put_detailed_captions(run, &captions, &details).unwrap();
        assert_eq!(project.captions(run).unwrap(), captions);
        assert_eq!(project.caption_details(run).unwrap(), details[1..]);
        project.put_merged(recording, run, &[segment()], 5).unwrap();
        assert_eq!(project.merged_segments(run).unwrap(), [segment()]);
        assert!(project.human_segments(recording).unwrap().is_empty(), "a run writes no human layer");
        project.put_captions(run, &captions[..1]).unwrap();
        assert!(project.merged_segments(run).unwrap().is_empty());
        project.put_clips(run, &clips[..1]).unwrap();
        assert!(project.captions(run).unwrap().is_empty());
    }

    #[test]
    fn what_people_said_is_not_read_over_and_keeps_its_animals() {
        let (_folder, mut project, recording) = project();
        project.set_animals(recording, &[animal("A0"), animal("A1")]).unwrap();
        let layer = [(recording, vec![segment()])];
        assert!(matches!(project.import_segments(&layer, " ", 1), Err(StoreError::MissingAnnotator)));
        project.import_segments(&layer, "Ann", 1).unwrap();
        let again = project.import_segments(&layer, "Ann", 2);
        assert!(matches!(again, Err(StoreError::HumanLayerThere { segments: 1 })));
        assert_eq!(project.human_segments(recording).unwrap(), [segment()]);
        let swapped = project.set_animals(recording, &[animal("A1"), animal("A0")]);
        assert!(matches!(swapped, Err(StoreError::AnimalsInUse { .. })));
        project.set_animals(recording, &[animal("A0"), animal("A1"), animal("A2")]).unwrap();
        assert_eq!(project.animals(recording).unwrap().len(), 3);
    }
}
