//! Who is in a recording and where: the tracks of its manifest, else the 3D points of the project, else what moves in its
//! masks or pictures, else the arena as a whole.
//!
//! The recording's frames are the measure: tracks that are shorter or longer are fitted to them, with a warning, and where
//! they differ by more than a moment, only if it is said which end fits.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::{BehaviorError, pixels};
use crate::behavior::floor;
use crate::behavior::zones::Zone;
use crate::formats::tracks::{TrackReading, TrackTable, read_tracks};
use crate::jobs::{Job, JobError, open};
use crate::model::{Animal, AnimalTrack, CameraId, Part, Tracks};
use crate::recording::{self, CameraMedia, Channel, FrameSource, Recording};
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

/// Counts that differ by more than this need to be aligned by a person, s.
const MOMENT_SECS: f64 = 0.2;

/// Fewer points than this inside the picture, and other units or axes are proposed.
const FEWEST_INSIDE: f64 = 0.9;

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
        let (subjects, count) = from_tables(job, &recording, info, align)?;
        if info.frame_count == 0 {
            project.set_frame_count(info.id, count)?;
            info.frame_count = count;
        }
        return Ok(subjects);
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

fn zones_of(media: &CameraMedia) -> Vec<Zone> {
    let zone = |(name, corners): (&String, &Vec<[f64; 2]>)| Zone {
        name: name.clone(),
        corners: corners.iter().map(|[x, y]| [*x as f32, *y as f32]).collect(),
    };
    media.zones.iter().map(zone).collect()
}

/// The camera that behaviour is watched with: the first plain one, else the first.
pub(super) fn watching_camera(recording: &Recording) -> CameraId {
    let plain = recording.cameras.iter().position(|camera| camera.video.is_some());
    CameraId(plain.unwrap_or(0) as u8)
}

/// A table and what is known of the animals that it is for.
struct Source {
    path: PathBuf,
    animals: Vec<usize>,
}

fn from_tables(
    job: &Job<'_>,
    recording: &Recording,
    info: &RecordingInfo,
    align: Option<Align>,
) -> Result<(Subjects, u32), JobError> {
    let camera = watching_camera(recording);
    let media = &recording.cameras[camera.index()];
    let mut sources: Vec<Source> = Vec::new();
    for (index, animal) in recording.animals.iter().enumerate() {
        let Some(path) = animal.tracks.as_ref().or(animal.boxes.as_ref()) else { continue };
        match sources.iter_mut().find(|source| source.path == *path) {
            Some(source) => source.animals.push(index),
            None => sources.push(Source { path: path.clone(), animals: vec![index] }),
        }
    }
    let mut fingerprint = blake3::Hasher::new();
    let mut tables: BTreeMap<usize, (TrackTable, usize)> = BTreeMap::new();
    for source in &sources {
        let bytes = std::fs::read(&source.path).map_err(|error| JobError::Io {
            action: "read",
            path: source.path.clone(),
            source: error,
        })?;
        fingerprint.update(&bytes);
        for index in &source.animals {
            let animal = &recording.animals[*index];
            let reading = TrackReading { camera: &media.name, least_confidence: animal.least_confidence as f32 };
            let table = read_tracks(&source.path, &reading).map_err(BehaviorError::Tracks)?;
            if table.zeros > 0 && *index == source.animals[0] {
                let count = table.zeros;
                job.note(format!("{}: {count} pairs of zeros are read as missing points", source.path.display()));
            }
            let individual = individual_of(&table, &source.path, animal, recording, source)?;
            tables.insert(*index, (table, individual));
            // Not the path: a recording that moved is the same.
            let recording::Animal { name, individual, scale, swap_axes, least_confidence, .. } = animal;
            let read = format!("{name:?} {individual:?} {scale} {swap_axes} {least_confidence}");
            fingerprint.update(read.as_bytes());
        }
    }
    let longest = tables.values().map(|(table, _)| table.frame_count).max().unwrap_or_default();
    let frame_count = if info.frame_count == 0 { longest } else { info.frame_count };
    let mut parts: Vec<String> = Vec::new();
    for (table, _) in tables.values() {
        for part in &table.parts {
            if !parts.contains(part) {
                parts.push(part.clone());
            }
        }
    }
    let mut animals = Vec::new();
    let mut found = Vec::new();
    for (index, animal) in recording.animals.iter().enumerate() {
        let mut track = AnimalTrack::missing(frame_count, parts.len());
        if let Some((table, individual)) = tables.get(&index) {
            let path = animal.tracks.as_ref().or(animal.boxes.as_ref()).cloned().unwrap_or_default();
            let shift = shift_of(job, &path, table.frame_count, frame_count, info.fps, align)?;
            let places: Vec<usize> =
                table.parts.iter().filter_map(|part| parts.iter().position(|known| known == part)).collect();
            let points = table.points_of(*individual);
            for frame in frames_that_fit(table.frame_count, frame_count, shift) {
                let target = (i64::from(frame) + shift) as usize * parts.len();
                for (part, place) in places.iter().enumerate() {
                    let [x, y] = points[frame as usize * table.parts.len() + part];
                    let [x, y] = if animal.swap_axes { [y, x] } else { [x, y] };
                    track.points[target + place] = [x * animal.scale as f32, y * animal.scale as f32];
                }
            }
        }
        animals.push(Animal { name: animal.name.clone(), color: animal.colour.clone(), is_identity_verified: true });
        found.push(track);
    }
    let size = recording.size_px(camera);
    if let Some(size) = size {
        warn_of_units(job, &found, size);
    }
    let tracks = Tracks {
        frame_count,
        fps: recording.fps,
        parts: parts.iter().map(|name| Part::named(name)).collect(),
        animals: found,
        mm_per_unit: media.mm_per_px,
    };
    let (zones, fingerprint) = (zones_of(media), fingerprint.finalize().to_hex().to_string());
    Ok((Subjects { animals, tracks, zones, fingerprint, origin: Origin::Tables }, longest))
}

/// Which of a table's animals is meant: by the manifest's word, by its name, or as the only one.
fn individual_of(
    table: &TrackTable,
    path: &Path,
    animal: &recording::Animal,
    recording: &Recording,
    source: &Source,
) -> Result<usize, JobError> {
    let wanted = animal.individual.as_deref().unwrap_or(&animal.name);
    if let Some(found) = table.individuals.iter().position(|name| name == wanted) {
        return Ok(found);
    }
    if animal.individual.is_none() && table.individuals.len() == 1 && source.animals.len() == 1 {
        return Ok(0);
    }
    Err(BehaviorError::NoIndividual {
        animal: animal.name.clone(),
        wanted: wanted.to_owned(),
        file: path.to_owned(),
        known: table.individuals.join(", "),
        manifest: recording.root.clone(),
    }
    .into())
}

/// By how much the table's frames are moved to be the recording's.
fn shift_of(
    job: &Job<'_>,
    path: &Path,
    tracked: u32,
    frames: u32,
    fps: f64,
    align: Option<Align>,
) -> Result<i64, JobError> {
    let difference = i64::from(frames) - i64::from(tracked);
    if difference == 0 {
        return Ok(0);
    }
    let is_moment = difference.abs() as f64 <= (MOMENT_SECS * fps).max(2.0);
    let path = path.display();
    match align {
        None if !is_moment => Err(BehaviorError::Lengths { file: path.to_string(), tracked, frames }.into()),
        _ => {
            let what = if difference > 0 { "frames without a track" } else { "rows that are left out" };
            let (end, other) = if align == Some(Align::End) { ("begin", "start") } else { ("end", "end") };
            job.warn(format!(
                "{path} has {tracked} frames and the recording {frames}: the {} {what} are at the {end}; choose the other \
                 end with --align {}",
                difference.abs(),
                if other == "start" { "start" } else { "end" }
            ));
            Ok(if align == Some(Align::End) { difference } else { 0 })
        }
    }
}

/// The table's frames that the recording has once they are moved.
fn frames_that_fit(tracked: u32, frames: u32, shift: i64) -> Range<u32> {
    let first = (-shift).max(0) as u32;
    let end = (i64::from(frames) - shift).clamp(0, i64::from(tracked)) as u32;
    first.min(end)..end
}

/// Says so where points lie outside the picture, and what would bring them in.
fn warn_of_units(job: &Job<'_>, tracks: &[AnimalTrack], [width, height]: [u32; 2]) {
    let share = |change: &dyn Fn([f32; 2]) -> [f32; 2]| {
        let known = tracks.iter().flat_map(|track| &track.points).filter(|point| point[0].is_finite());
        let (mut all, mut inside) = (0_u32, 0_u32);
        for point in known {
            let [x, y] = change(*point);
            all += 1;
            // A part may leave the picture by a little.
            let [w, h] = [width as f32, height as f32];
            inside += u32::from((-0.05 * w..1.05 * w).contains(&x) && (-0.05 * h..1.05 * h).contains(&y));
        }
        f64::from(inside) / f64::from(all.max(1))
    };
    let as_it_is = share(&|point| point);
    let swapped = share(&|[x, y]| [y, x]);
    if as_it_is < FEWEST_INSIDE {
        let hint = if swapped >= FEWEST_INSIDE {
            "with the axes exchanged they do: write swap_axes = true beside the animal's tracks".to_owned()
        } else {
            "write scale = … beside the animal's tracks where they are in other units than the camera's pixels"
                .to_owned()
        };
        job.warn(format!(
            "only {:.0} % of the tracked points lie inside the picture of {width} × {height} px; {hint}",
            100.0 * as_it_is
        ));
    }
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
