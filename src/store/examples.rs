//! The example bank: clips that a person verified, with their pictures.

use std::sync::Arc;

use rusqlite::params;

use super::error::{Fault, StoreError};
use super::project::{Durability, Project};
use crate::behavior::examples::ShownExample;
use crate::model::{RecordingId, Segment, SegmentStatus};
use crate::vlm::Picture;

/// Row of an example in the project file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExampleId(pub i64);

impl Project {
    /// The examples, in the order in which they were added.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn examples(&self) -> Result<Vec<(ExampleId, ShownExample)>, StoreError> {
        self.read(|connection| {
            let mut bodies = connection.prepare_cached("SELECT id, body FROM example ORDER BY id")?;
            let mut pictures = connection.prepare_cached(
                "SELECT secs, width, height, jpeg FROM example_picture WHERE example = ?1 ORDER BY position",
            )?;
            let mut rows = bodies.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let (id, body): (i64, String) = (row.get(0)?, row.get(1)?);
                let example = serde_json::from_str(&body).map_err(|error| Fault::Malformed(error.to_string()))?;
                let pictures = pictures.query_map([id], |row| {
                    Ok((row.get(0)?, Arc::new(Picture { size_px: [row.get(1)?, row.get(2)?], jpeg: row.get(3)? })))
                })?;
                found.push((ExampleId(id), ShownExample { example, pictures: pictures.collect::<Result<_, _>>()? }));
            }
            Ok(found)
        })
    }

    /// Takes examples away and adds others, all or nothing.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn change_examples(
        &mut self,
        removed: &[ExampleId],
        added: &[ShownExample],
        at_unix_ms: i64,
    ) -> Result<(), StoreError> {
        self.write(Durability::Power, |transaction| {
            for id in removed {
                transaction.execute("DELETE FROM example WHERE id = ?1", [id.0])?;
            }
            let mut insert = transaction.prepare_cached("INSERT INTO example (body, at) VALUES (?1, ?2)")?;
            let mut insert_picture = transaction.prepare_cached(
                "INSERT INTO example_picture (example, position, secs, width, height, jpeg) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            for shown in added {
                let body = serde_json::to_string(&shown.example).map_err(|error| Fault::Malformed(error.to_string()))?;
                let id = insert.insert(params![body, at_unix_ms])?;
                for (position, (secs, picture)) in shown.pictures.iter().enumerate() {
                    let [width, height] = picture.size_px;
                    insert_picture.execute(params![id, position as i64, secs, width, height, picture.jpeg])?;
                }
            }
            Ok(())
        })
    }

    /// The segments of the human layer that a person looked at, each with who wrote it last.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn verified_segments(&self, recording: RecordingId) -> Result<Vec<(Segment, String)>, StoreError> {
        let placed = self.human_layer(recording)?;
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT annotator.name FROM human_segment JOIN annotator ON annotator.id = human_segment.annotator \
                 WHERE human_segment.id = ?1",
            )?;
            let verified = placed.into_iter().filter(|placed| placed.segment.status != SegmentStatus::Unreviewed);
            verified.map(|placed| Ok((placed.segment, statement.query_row([placed.id.0], |row| row.get(0))?))).collect()
        })
    }
}
