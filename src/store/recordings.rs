//! The recordings of a project: what they are called, where they lie, how many frames and which cameras they have.

use std::path::{Component, Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::error::{Fault, StoreError};
use super::project::{Durability, Project};
use crate::model::{CameraId, KeypointId, RecordingId};

/// A camera as a project knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CameraInfo {
    /// The name that the manifest and the calibration use.
    pub name: String,
    /// Width and height of its images, px.
    pub size_px: [u32; 2],
}

/// A recording that is to be added to a project.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRecording {
    /// Its name, unique in the project.
    pub name: String,
    /// Its folder or manifest, absolute or relative to the current folder; kept relative to the project.
    pub path: PathBuf,
    /// The hash of its content.
    pub fingerprint: String,
    /// Timepoints per second.
    pub fps: f64,
    /// Timepoints; 0 where neither images nor tables say.
    pub frame_count: u32,
    /// The calibration's unit of length: mm, cm or m.
    pub units: String,
    /// How many frames fluorescence is exposed after reflectance.
    pub fluorescence_lag_frames: f64,
    /// The animal.
    pub subject: Option<String>,
    /// The session.
    pub session: Option<String>,
    /// The experimental group.
    pub group: Option<String>,
    /// Cameras in the manifest's order; [`CameraId`] is a position in here.
    pub cameras: Vec<CameraInfo>,
}

/// A recording of a project.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordingInfo {
    /// Its row in the project.
    pub id: RecordingId,
    /// Its name, unique in the project.
    pub name: String,
    /// Its folder or manifest as the project keeps it: relative to the project's folder where that is possible.
    pub path_in_project: String,
    /// Its folder or manifest, with the project's folder before it. It may not be there any more.
    pub path: PathBuf,
    /// The hash of its content.
    pub fingerprint: String,
    /// Timepoints per second.
    pub fps: f64,
    /// Timepoints.
    pub frame_count: u32,
    /// The calibration's unit of length: mm, cm or m.
    pub units: String,
    /// How many frames fluorescence is exposed after reflectance.
    pub fluorescence_lag_frames: f64,
    /// The animal.
    pub subject: Option<String>,
    /// The session.
    pub session: Option<String>,
    /// The experimental group.
    pub group: Option<String>,
    /// Cameras; [`CameraId`] is a position in here.
    pub cameras: Vec<CameraInfo>,
}

impl RecordingInfo {
    /// The camera that bears `name`.
    pub fn find_camera(&self, name: &str) -> Option<CameraId> {
        let position = self.cameras.iter().position(|camera| camera.name == name)?;
        u8::try_from(position).ok().map(CameraId)
    }

    /// Refuses a frame that the recording does not have.
    ///
    /// # Errors
    /// [`StoreError::Outside`]
    pub fn require_frame(&self, frame: u32) -> Result<(), StoreError> {
        self.require("frame", frame, self.frame_count)
    }

    fn require(&self, what: &'static str, value: u32, count: u32) -> Result<(), StoreError> {
        if value < count {
            return Ok(());
        }
        Err(StoreError::Outside { what, value, recording: self.name.clone(), count })
    }

    /// Refuses a camera or keypoint that the recording does not have.
    pub(super) fn require_slot(
        &self,
        camera: CameraId,
        keypoint: KeypointId,
        keypoint_count: usize,
    ) -> Result<(), StoreError> {
        self.require("camera", camera.0.into(), self.cameras.len() as u32)?;
        self.require("keypoint", keypoint.0.into(), keypoint_count as u32)
    }
}

const COLUMNS: &str =
    "id, name, path, fingerprint, fps, frame_count, units, fluorescence_lag_frames, subject, session, group_name";

impl Project {
    /// Adds a recording.
    ///
    /// # Errors
    /// When one of that name is there already.
    pub fn add_recording(&mut self, new: &NewRecording) -> Result<RecordingId, StoreError> {
        let path = path_from_project(&self.path, &new.path);
        self.write(Durability::Power, |transaction| {
            let taken: Option<i64> = transaction
                .query_row("SELECT id FROM recording WHERE name = ?1", [&new.name], |row| row.get(0))
                .optional()?;
            if taken.is_some() {
                return Err(StoreError::DuplicateRecording { name: new.name.clone() }.into());
            }
            transaction.execute(
                "INSERT INTO recording (name, path, fingerprint, fps, frame_count, units, fluorescence_lag_frames, subject, \
                 session, group_name) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                params![
                    new.name,
                    path,
                    new.fingerprint,
                    new.fps,
                    new.frame_count,
                    new.units,
                    new.fluorescence_lag_frames,
                    new.subject,
                    new.session,
                    new.group
                ],
            )?;
            let id = transaction.last_insert_rowid();
            for (position, camera) in new.cameras.iter().enumerate() {
                transaction.execute(
                    "INSERT INTO camera (recording, position, name, width_px, height_px) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![id, position as i64, camera.name, camera.size_px[0], camera.size_px[1]],
                )?;
            }
            Ok(RecordingId(id))
        })
    }

    /// All recordings, in the order in which they were added.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn recordings(&self) -> Result<Vec<RecordingInfo>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM recording ORDER BY id"))?;
            let mut rows = statement.query([])?;
            let mut recordings = Vec::new();
            while let Some(row) = rows.next()? {
                recordings.push(recording_at(connection, &self.path, row)?);
            }
            Ok(recordings)
        })
    }

    /// The recording that bears `name`.
    ///
    /// # Errors
    /// When none does; the error lists those that are there.
    pub fn recording(&self, name: &str) -> Result<RecordingInfo, StoreError> {
        let recordings = self.recordings()?;
        let known = joined_names(&recordings);
        let found = recordings.into_iter().find(|recording| recording.name == name);
        found.ok_or_else(|| StoreError::UnknownRecording { name: name.to_owned(), known })
    }

    /// The recording with this id.
    ///
    /// # Errors
    /// When there is none.
    pub fn recording_by_id(&self, id: RecordingId) -> Result<RecordingInfo, StoreError> {
        self.read(|connection| recording_by_id(connection, &self.path, id))
    }

    /// The project's only recording.
    ///
    /// # Errors
    /// When there is none, or when there are several; the error lists them.
    pub fn only_recording(&self) -> Result<RecordingInfo, StoreError> {
        let mut recordings = self.recordings()?;
        match (recordings.pop(), recordings.is_empty()) {
            (Some(recording), true) => Ok(recording),
            (Some(last), false) => {
                recordings.push(last);
                Err(StoreError::SeveralRecordings { known: joined_names(&recordings) })
            }
            (None, _) => Err(StoreError::NoRecording { path: self.path.clone() }),
        }
    }

    /// Says where a recording is now. The caller compares fingerprints.
    ///
    /// # Errors
    /// When there is no such recording.
    pub fn relocate_recording(&mut self, id: RecordingId, path: &Path) -> Result<(), StoreError> {
        let path = path_from_project(&self.path, path);
        self.write(Durability::Power, |transaction| {
            let rows = transaction.execute("UPDATE recording SET path = ?2 WHERE id = ?1", params![id.0, path])?;
            if rows == 0 { Err(StoreError::UnknownId { what: "recording", id: id.0 }.into()) } else { Ok(()) }
        })
    }

    /// Takes over what a recording's files say by now: fingerprint, rate, frames, units, lag, and its cameras' sizes; cameras
    /// that are new come after the known ones. Its name, place, subject, session and group stay.
    ///
    /// # Errors
    /// When there is no such recording, or a camera or frame is gone that the project holds something of: nothing is changed
    /// then.
    pub fn refresh_recording(&mut self, id: RecordingId, new: &NewRecording) -> Result<(), StoreError> {
        let info = self.recording_by_id(id)?;
        let shrank = |what: String| StoreError::RecordingShrank { name: info.name.clone(), what };
        if let Some(gone) = info.cameras.iter().find(|known| !new.cameras.iter().any(|new| new.name == known.name)) {
            return Err(shrank(format!("has lost camera {}", gone.name)));
        }
        self.write(Durability::Power, |transaction| {
            if let Some(frame) = last_frame_in_use(transaction, id)?.filter(|frame| *frame >= new.frame_count) {
                let what = format!("has {} frames by now and had something at frame {frame}", new.frame_count);
                return Err(shrank(what).into());
            }
            transaction.execute(
                "UPDATE recording SET fingerprint = ?2, fps = ?3, frame_count = ?4, units = ?5, \
                 fluorescence_lag_frames = ?6 WHERE id = ?1",
                params![id.0, new.fingerprint, new.fps, new.frame_count, new.units, new.fluorescence_lag_frames],
            )?;
            let mut next = info.cameras.len();
            for camera in &new.cameras {
                let position = info.find_camera(&camera.name).map_or(next, CameraId::index);
                next += usize::from(position == next);
                transaction.execute(
                    "INSERT INTO camera (recording, position, name, width_px, height_px) VALUES (?1, ?2, ?3, ?4, ?5) \
                     ON CONFLICT (recording, position) DO UPDATE SET width_px = excluded.width_px, \
                     height_px = excluded.height_px",
                    params![id.0, position as i64, camera.name, camera.size_px[0], camera.size_px[1]],
                )?;
            }
            Ok(())
        })
    }

    /// Changes how many frames a recording has, for one that has tables only and got more of them.
    ///
    /// # Errors
    /// When there is no such recording.
    pub fn set_frame_count(&mut self, id: RecordingId, frame_count: u32) -> Result<(), StoreError> {
        self.write(Durability::Power, |transaction| {
            let rows = transaction
                .execute("UPDATE recording SET frame_count = ?2 WHERE id = ?1", params![id.0, frame_count])?;
            if rows == 0 { Err(StoreError::UnknownId { what: "recording", id: id.0 }.into()) } else { Ok(()) }
        })
    }

    /// Changes what is known about the animal and the session.
    ///
    /// # Errors
    /// When there is no such recording.
    pub fn describe_recording(
        &mut self,
        id: RecordingId,
        subject: Option<&str>,
        session: Option<&str>,
        group: Option<&str>,
    ) -> Result<(), StoreError> {
        self.write(Durability::Power, |transaction| {
            let rows = transaction.execute(
                "UPDATE recording SET subject = ?2, session = ?3, group_name = ?4 WHERE id = ?1",
                params![id.0, subject, session, group],
            )?;
            if rows == 0 { Err(StoreError::UnknownId { what: "recording", id: id.0 }.into()) } else { Ok(()) }
        })
    }
}

/// The last frame that anything but a mask region is known about.
fn last_frame_in_use(connection: &Connection, id: RecordingId) -> Result<Option<u32>, Fault> {
    let mut last = None;
    for table in ["label", "detected", "imported_label", "point3d", "frame_state"] {
        let sql = format!("SELECT max(frame) FROM {table} WHERE recording = ?1");
        last = last.max(connection.query_row(&sql, [id.0], |row| row.get::<_, Option<u32>>(0))?);
    }
    Ok(last)
}

fn joined_names(recordings: &[RecordingInfo]) -> String {
    recordings.iter().map(|recording| recording.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// The recording with this id, inside a read or a write.
pub(super) fn recording_by_id(
    connection: &Connection,
    project: &Path,
    id: RecordingId,
) -> Result<RecordingInfo, Fault> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM recording WHERE id = ?1"))?;
    let mut rows = statement.query([id.0])?;
    match rows.next()? {
        Some(row) => recording_at(connection, project, row),
        None => Err(StoreError::UnknownId { what: "recording", id: id.0 }.into()),
    }
}

fn recording_at(connection: &Connection, project: &Path, row: &Row<'_>) -> Result<RecordingInfo, Fault> {
    let id: i64 = row.get(0)?;
    let path_in_project: String = row.get(2)?;
    let mut statement = connection
        .prepare_cached("SELECT name, width_px, height_px FROM camera WHERE recording = ?1 ORDER BY position")?;
    let cameras = statement
        .query_map([id], |row| Ok(CameraInfo { name: row.get(0)?, size_px: [row.get(1)?, row.get(2)?] }))?
        .collect::<Result<Vec<_>, _>>()?;
    Ok(RecordingInfo {
        id: RecordingId(id),
        name: row.get(1)?,
        path: project.parent().unwrap_or(Path::new("")).join(&path_in_project),
        path_in_project,
        fingerprint: row.get(3)?,
        fps: row.get(4)?,
        frame_count: row.get(5)?,
        units: row.get(6)?,
        fluorescence_lag_frames: row.get(7)?,
        subject: row.get(8)?,
        session: row.get(9)?,
        group: row.get(10)?,
        cameras,
    })
}

/// `path` as seen from the project's folder, with `/` on every system; absolute where no relative path leads there.
fn path_from_project(project: &Path, path: &Path) -> String {
    let folder = project.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let resolve =
        |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned());
    let (folder, path) = (resolve(folder), resolve(path));
    let from: Vec<_> = folder.components().collect();
    let to: Vec<_> = path.components().collect();
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    if shared == 0 || matches!(to.get(shared), Some(Component::Prefix(_) | Component::RootDir)) {
        return path.to_string_lossy().into_owned();
    }
    let up = std::iter::repeat_n("..".to_owned(), from.len() - shared);
    let down = to[shared..].iter().map(|part| part.as_os_str().to_string_lossy().into_owned());
    let relative = up.chain(down).collect::<Vec<_>>().join("/");
    if relative.is_empty() { ".".to_owned() } else { relative }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_kept_relative_to_the_project() {
        let relative = |project: &str, path: &str| path_from_project(Path::new(project), Path::new(path));
        assert_eq!(relative("/none/lab/p.bvlm", "/none/lab/day1"), "day1");
        assert_eq!(relative("/none/lab/p.bvlm", "/none/data/day1"), "../data/day1");
        assert_eq!(relative("/none/lab/p.bvlm", "/none/lab"), ".");
    }
}
