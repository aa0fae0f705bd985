//! Animals, clips, captions and segments.
//!
//! A run's clips, captions and merged segments are written whole, each in one transaction, so that a run that was killed has
//! all of a layer or none of it. The human layer is never written by a run.

use rusqlite::params;

use super::error::{Fault, StoreError};
use super::project::{Durability, Project};
use super::segments::{self, word};
use crate::model::{
    Animal, AnimalId, BehaviorSource, Caption, CaptionDetail, Clip, ClipId, RecordingId, RunId, Segment, SocialRole,
};

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
            for table in ["clip", "caption", "merged_segment"] {
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
            transaction.execute("DELETE FROM merged_segment WHERE run = ?1", [run.0])?;
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
    pub fn put_merged(&mut self, run: RunId, segments: &[Segment], at_unix_ms: i64) -> Result<(), StoreError> {
        self.write(Durability::Power, |transaction| {
            transaction.execute("DELETE FROM merged_segment WHERE run = ?1", [run.0])?;
            segments::insert_merged(transaction, run, segments, at_unix_ms)
        })
    }

    /// The merged segments of a run, by animal and time.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn merged_segments(&self, run: RunId) -> Result<Vec<Segment>, StoreError> {
        self.read(|connection| segments::merged_of(connection, run))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{SegmentKind, SegmentStatus, Skeleton};
    use crate::store::{CameraInfo, Gesture, NewRecording};

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
            modifiers: Vec::new(),
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
        project.put_merged(run, &[segment()], 5).unwrap();
        assert_eq!(project.merged_segments(run).unwrap(), [segment()]);
        assert!(project.human_segments(recording).unwrap().is_empty(), "a run writes no human layer");
        project.put_captions(run, &captions[..1]).unwrap();
        assert!(project.merged_segments(run).unwrap().is_empty());
        project.put_clips(run, &clips[..1]).unwrap();
        assert!(project.captions(run).unwrap().is_empty());
    }

    #[test]
    fn animals_that_people_spoke_of_stay() {
        let (_folder, mut project, recording) = project();
        project.set_animals(recording, &[animal("A0"), animal("A1")]).unwrap();
        let layer = [(recording, vec![segment()])];
        let gesture = Gesture { title: "Import", annotator: "Ann", at_unix_ms: 1 };
        project.import_segments(&layer, &gesture).unwrap();
        assert_eq!(project.human_segments(recording).unwrap(), [segment()]);
        let swapped = project.set_animals(recording, &[animal("A1"), animal("A0")]);
        assert!(matches!(swapped, Err(StoreError::AnimalsInUse { .. })));
        project.set_animals(recording, &[animal("A0"), animal("A1"), animal("A2")]).unwrap();
        assert_eq!(project.animals(recording).unwrap().len(), 3);
    }
}
