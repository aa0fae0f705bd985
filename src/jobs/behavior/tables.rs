//! Tracks from the tables that a manifest names.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::BehaviorError;
use super::subjects::{Align, Origin, Subjects, watching_camera, zones_of};
use crate::formats::tracks::{TrackReading, TrackTable, read_tracks};
use crate::jobs::{CancelFlag, Job, JobError, JobEvent};
use crate::model::{Animal, AnimalTrack, Part, Tracks};
use crate::recording::doctor::{Finding, Severity};
use crate::recording::{self, Recording};

/// Counts that differ by more than this need to be aligned by a person, s.
const MOMENT_SECS: f64 = 0.2;

/// Fewer points than this inside the picture, and other units or axes are proposed.
const FEWEST_INSIDE: f64 = 0.9;

/// What is wrong with the tracks of a recording of so many frames (0: nobody knows), and what to do.
pub(in crate::jobs) fn examine(recording: &Recording, frame_count: u32) -> Vec<Finding> {
    if !recording.animals.iter().any(|animal| animal.tracks.is_some() || animal.boxes.is_some()) {
        return Vec::new();
    }
    let finding = |severity, message: String, remedy: &str| Finding {
        code: "tracks",
        severity,
        camera: None,
        message,
        remedy: remedy.to_owned(),
    };
    let warnings = Mutex::new(Vec::new());
    let listener = |event| {
        if let JobEvent::Warning(message) = event {
            warnings.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(message);
        }
    };
    let read = from_tables(&Job::new(&CancelFlag::default(), &listener), recording, frame_count, None);
    let warnings = warnings.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let remedy = "look at the tracks over a frame: behaviorvlm behavior run PROJECT, then behaviorvlm behavior picture";
    let mut findings: Vec<Finding> =
        warnings.into_iter().map(|message| finding(Severity::Warning, message, remedy)).collect();
    if let Err(error) = read {
        let remedy = "mend the table, or what recording.toml says of it; labels and points do not depend on it";
        findings.push(finding(Severity::Error, error.to_string(), remedy));
    }
    findings
}

/// A table and what is known of the animals that it is for.
struct Source {
    path: PathBuf,
    animals: Vec<usize>,
}

/// The tracks of a recording of so many frames; where that is 0, the tables say how long it is, which comes with them.
pub(super) fn from_tables(
    job: &Job<'_>,
    recording: &Recording,
    frame_count: u32,
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
    let frame_count = if frame_count == 0 { longest } else { frame_count };
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
            let shift = shift_of(job, &path, table.frame_count, frame_count, recording.fps, align)?;
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
