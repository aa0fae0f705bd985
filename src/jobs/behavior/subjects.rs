//! Who is in a recording and where: the tracks of its manifest, else the 3D points of the project, else what moves in its
//! masks or pictures, else the arena as a whole.
//!
//! The recording's frames are the measure: tracks that are shorter or longer are fitted to them, with a warning, and where
//! they differ by more than a moment, only if it is said which end fits.

use std::str::FromStr;

use super::{BehaviorError, pixels, tables};
use crate::behavior::floor;
use crate::behavior::zones::Zone;
use crate::jobs::{Job, JobError, open};
use crate::model::{Animal, AnimalTrack, CameraId, Part, Tracks};
use crate::recording::{CameraMedia, Channel, FrameSource, Recording};
use crate::store::{Project, RecordingInfo, now_unix_ms};

/// The animals of a recording with their tracks.
#[derive(Clone, Debug)]
pub struct Subjects {
    /// Who.
    pub animals: Vec<Animal>,
    /// Where.
    pub tracks: Tracks,
    /// Named places, in the units of the tracks.
    pub zones: Vec<Zone>,
    /// What the tracks were read from: equal for equal content.
    pub fingerprint: String,
    /// What they were made of.
    pub origin: Origin,
}

/// What tracks were made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Tables that the manifest names.
    Tables,
    /// The project's 3D points.
    Poses,
    /// Moving blobs, whose identity nobody verified.
    Blobs,
    /// Nothing: the recording as a whole stands for its animals.
    Arena,
}

/// Which frame of a recording belongs to which of its tracks, where there are fewer of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// The first frames belong together.
    Start,
    /// The last frames belong together.
    End,
}

impl Align {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::End => "end",
        }
    }
}

impl FromStr for Align {
    type Err = BehaviorError;

    fn from_str(word: &str) -> Result<Self, BehaviorError> {
        match word {
            "start" => Ok(Self::Start),
            "end" => Ok(Self::End),
            _ => Err(BehaviorError::Word { what: "--align", word: word.to_owned(), known: "start, end" }),
        }
    }
}

/// Reads who is where.
pub(super) fn load(
    job: &Job<'_>,
    project: &mut Project,
    info: &mut RecordingInfo,
    align: Option<Align>,
) -> Result<Subjects, JobError> {
    let recording = open::recording_of(project, info)?;
    let has_tracks = recording.animals.iter().any(|animal| animal.tracks.is_some() || animal.boxes.is_some());
    if has_tracks {
        // Without pictures a table may make the recording longer.
        if info.frame_count == 0 || !open::has_pictures(&recording) {
            let (subjects, longest) = tables::from_tables(job, &recording, 0, align)?;
            if longest > info.frame_count {
                project.set_frame_count(info.id, longest)?;
                info.frame_count = longest;
            }
            if longest == info.frame_count {
                return Ok(subjects);
            }
        }
        return Ok(tables::from_tables(job, &recording, info.frame_count, align)?.0);
    }
    if let Some(subjects) = from_poses(project, &recording, info)? {
        return Ok(subjects);
    }
    let source = match pixels::masks(&recording)? {
        Some(masks) => Some(masks),
        None => pixels::pictures(&recording)?,
    };
    let Some(mut pictures) = source else {
        return Err(BehaviorError::NoSubjects { recording: info.name.clone() }.into());
    };
    from_pictures(job, project, &recording, info, pictures.as_mut())
}

/// Who is where, as far as it is known without looking at pictures: for showing it. Tracks that do not fit the recording begin
/// with it.
///
/// # Errors
/// When a table or the project cannot be read.
pub fn known(job: &Job<'_>, project: &Project, info: &RecordingInfo) -> Result<Option<Subjects>, JobError> {
    let recording = open::recording_of(project, info)?;
    if recording.animals.iter().any(|animal| animal.tracks.is_some() || animal.boxes.is_some()) {
        return Ok(Some(tables::from_tables(job, &recording, info.frame_count, Some(Align::Start))?.0));
    }
    if let Some(subjects) = from_poses(project, &recording, info)? {
        return Ok(Some(subjects));
    }
    let media = recording.cameras.get(watching_camera(&recording).index());
    let Some((media, run)) = media.zip(project.latest_run(info.id, BLOBS)?) else { return Ok(None) };
    let kept = project.checkpoint(run.id, TRACKS)?.and_then(|bytes| tracks_from_bytes(&bytes, info, media.mm_per_px));
    let Some(Some(tracks)) = kept else { return Ok(None) };
    let animals = project.animals(info.id)?;
    let (zones, fingerprint) = (zones_of(media), info.fingerprint.clone());
    Ok(Some(Subjects { animals, tracks, zones, fingerprint, origin: Origin::Blobs }))
}

/// The kind of a run that finds animals in pictures.
const BLOBS: &str = "behavior animals";

/// Under this key it keeps their tracks.
const TRACKS: &str = "tracks";

/// Moving blobs, found once and kept in the project; where nothing moves or no count of them holds, the arena.
fn from_pictures(
    job: &Job<'_>,
    project: &mut Project,
    recording: &Recording,
    info: &RecordingInfo,
    pictures: &mut dyn FrameSource,
) -> Result<Subjects, JobError> {
    let camera = watching_camera(recording);
    let media = &recording.cameras[camera.index()];
    let named = &recording.animals;
    let count = (!named.is_empty()).then_some(named.len());
    let settings = format!("{} {} {} {count:?}", env!("CARGO_PKG_VERSION"), info.fingerprint, media.name);
    let known = project.find_run(info.id, BLOBS, &Project::config_hash(&settings))?;
    let kept = known.map(|run| project.checkpoint(run.id, TRACKS)).transpose()?.flatten();
    let kept: Option<Option<Tracks>> = kept.and_then(|bytes| tracks_from_bytes(&bytes, info, media.mm_per_px));
    let found = match kept {
        Some(found) => found,
        None => {
            let run = project.begin_run(info.id, BLOBS, &settings, now_unix_ms())?;
            let found = pixels::blobs(job, pictures, info.frame_count, count)?;
            let tracks = found.map(|blobs| pixels::tracks_of_blobs(&blobs, info.fps, media.mm_per_px));
            project.put_checkpoint(run, TRACKS, &tracks_to_bytes(tracks.as_ref()))?;
            project.finish_run(run, now_unix_ms())?;
            tracks
        }
    };
    let zones = zones_of(media);
    let fingerprint = info.fingerprint.clone();
    let Some(tracks) = found else {
        job.warn(format!(
            "recording \"{}\": no animals could be told apart in the pictures, so the arena as a whole is looked at",
            info.name
        ));
        let [width, height] = pictures.size_px();
        let animal = Animal { name: "arena".to_owned(), color: None, is_identity_verified: false };
        let middle = [width as f32 / 2.0, height as f32 / 2.0];
        let track = AnimalTrack { points: vec![middle; info.frame_count as usize], heights: Vec::new() };
        let tracks = Tracks {
            frame_count: info.frame_count,
            fps: info.fps,
            parts: vec![Part { name: "arena".to_owned(), role: None }],
            animals: vec![track],
            mm_per_unit: None,
        };
        return Ok(Subjects { animals: vec![animal], tracks, zones, fingerprint, origin: Origin::Arena });
    };
    job.warn(format!(
        "recording \"{}\" has no tracks: {} moving blobs stand for its animals; which is which is not verified",
        info.name,
        tracks.animals.len()
    ));
    let name = |at: usize| named.get(at).map_or_else(|| format!("A{at}"), |animal| animal.name.clone());
    let animals = (0..tracks.animals.len()).map(|at| Animal {
        name: name(at),
        color: named.get(at).and_then(|animal| animal.colour.clone()),
        is_identity_verified: false,
    });
    Ok(Subjects { animals: animals.collect(), tracks, zones, fingerprint, origin: Origin::Blobs })
}

/// The points of blobs' tracks as bytes: how many animals, then x and y by animal, frame, part.
fn tracks_to_bytes(tracks: Option<&Tracks>) -> Vec<u8> {
    let animals = tracks.map(|tracks| tracks.animals.as_slice()).unwrap_or_default();
    let mut bytes = vec![animals.len() as u8];
    for value in animals.iter().flat_map(|track| &track.points).flatten() {
        bytes.extend(value.to_le_bytes());
    }
    bytes
}

/// What [`tracks_to_bytes`] wrote; `None` where it is of another length than the recording.
fn tracks_from_bytes(bytes: &[u8], info: &RecordingInfo, mm_per_px: Option<f64>) -> Option<Option<Tracks>> {
    let (count, values) = bytes.split_first()?;
    let empty = pixels::blank_tracks(usize::from(*count), info.frame_count, info.fps, mm_per_px);
    if *count == 0 {
        return Some(None);
    }
    let per_animal = info.frame_count as usize * empty.parts.len();
    if values.len() != usize::from(*count) * per_animal * 8 {
        return None;
    }
    let value = |at: usize| f32::from_le_bytes([values[at], values[at + 1], values[at + 2], values[at + 3]]);
    let track = |animal: usize| AnimalTrack {
        points: (0..per_animal).map(|at| (animal * per_animal + at) * 8).map(|at| [value(at), value(at + 4)]).collect(),
        heights: Vec::new(),
    };
    Some(Some(Tracks { animals: (0..usize::from(*count)).map(track).collect(), ..empty }))
}

/// The named places of a camera.
pub(super) fn zones_of(media: &CameraMedia) -> Vec<Zone> {
    let zone = |(name, corners): (&String, &Vec<[f64; 2]>)| Zone {
        name: name.clone(),
        corners: corners.iter().map(|[x, y]| [*x as f32, *y as f32]).collect(),
    };
    media.zones.iter().map(zone).collect()
}

/// The camera that behaviour is watched with: the first plain one, else the first.
pub fn watching_camera(recording: &Recording) -> CameraId {
    let plain = recording.cameras.iter().position(|camera| camera.video.is_some());
    CameraId(plain.unwrap_or(0) as u8)
}

/// The animal whose 3D points the project holds, seen from above.
fn from_poses(project: &Project, recording: &Recording, info: &RecordingInfo) -> Result<Option<Subjects>, JobError> {
    let mut poses = vec![crate::model::FramePose::missing(project.skeleton().len()); info.frame_count as usize];
    let mut hasher = blake3::Hasher::new();
    for item in project.poses_in(info.id, 0..info.frame_count) {
        let (frame, pose) = item?;
        for keypoint in project.skeleton().ids() {
            let place = pose.position(keypoint);
            hasher.update(format!("{frame} {} {place:?}", keypoint.0).as_bytes());
        }
        if let Some(slot) = poses.get_mut(frame as usize) {
            *slot = pose;
        }
    }
    let Some(track) = floor::track_from_poses(&poses, project.skeleton()) else { return Ok(None) };
    let named = recording.animals.first();
    let animal = Animal {
        name: named.map_or_else(|| "A0".to_owned(), |animal| animal.name.clone()),
        color: named.and_then(|animal| animal.colour.clone()),
        is_identity_verified: true,
    };
    let keypoints = &project.skeleton().keypoints;
    let tracks = Tracks {
        frame_count: info.frame_count,
        fps: recording.fps,
        parts: keypoints.iter().map(|it| Part { name: it.name.clone(), role: it.role }).collect(),
        animals: vec![track],
        mm_per_unit: Some(recording.units.to_mm()),
    };
    let fingerprint = hasher.finalize().to_hex().to_string();
    Ok(Some(Subjects { animals: vec![animal], tracks, zones: Vec::new(), fingerprint, origin: Origin::Poses }))
}

/// Whether a recording has a plain video or reflectance to look at.
pub(super) fn picture_channel(recording: &Recording, camera: CameraId) -> Option<Channel> {
    let media = recording.cameras.get(camera.index())?;
    [Channel::Video, Channel::Reflectance].into_iter().find(|channel| media.channel(*channel).is_some())
}
