//! `recording.toml`: what belongs to a recording, in its author's words.
//!
//! Strict: a key that is not known here is an error that names the key, the file, the line and the keys that there are, since a
//! misspelt optional key would otherwise leave out a channel silently. Paths are relative to the manifest's folder. Nothing here
//! looks at the files that a manifest names.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;
use toml::Spanned;

use super::media::{ChannelSource, MediaPath};
use super::sequence::SequencePattern;
use super::{Animal, CameraMedia, Units};
use crate::model::ViewSet;

/// The file name that makes a folder a recording.
pub const MANIFEST_NAME: &str = "recording.toml";

/// The version of the manifest's format that is written and read.
const VERSION: i64 = 1;

/// Why a manifest cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ManifestError {
    /// The file cannot be read.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        reason: String,
    },
    /// The file does not say what it should.
    #[error("{path}, line {line}: {message}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong, and what should stand there.
        message: String,
    },
    /// The file was made for a later program.
    #[error("{path} has version = {version}, and this program reads version {VERSION}; use a newer program")]
    NewerVersion {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: i64,
    },
}

/// A manifest whose values are checked.
#[derive(Clone, Debug)]
pub(super) struct Manifest {
    pub(super) name: String,
    pub(super) fps: f64,
    pub(super) units: Units,
    pub(super) calibration: Option<PathBuf>,
    pub(super) fluorescence_lag_frames: f64,
    pub(super) subject: Option<String>,
    pub(super) session: Option<String>,
    pub(super) group: Option<String>,
    pub(super) cameras: Vec<CameraMedia>,
    pub(super) animals: Vec<Animal>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "version")]
    _version: i64,
    name: Spanned<String>,
    fps: Spanned<f64>,
    units: Option<Spanned<String>>,
    calibration: Option<Spanned<String>>,
    fluorescence_lag_frames: Option<Spanned<f64>>,
    subject: Option<String>,
    session: Option<String>,
    group: Option<String>,
    #[serde(default)]
    cameras: Vec<Spanned<FileCamera>>,
    #[serde(default)]
    animals: Vec<Spanned<FileAnimal>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileCamera {
    name: Spanned<String>,
    reflectance: Option<Spanned<String>>,
    fluorescence: Option<Spanned<String>>,
    interleaved: Option<Spanned<String>>,
    video: Option<Spanned<String>>,
    mask: Option<Spanned<String>>,
    mm_per_px: Option<Spanned<f64>>,
    #[serde(default)]
    zones: BTreeMap<String, Spanned<Vec<[f64; 2]>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileAnimal {
    name: Spanned<String>,
    colour: Option<Spanned<String>>,
    tracks: Option<Spanned<String>>,
    boxes: Option<Spanned<String>>,
    individual: Option<String>,
    scale: Option<Spanned<f64>>,
    swap_axes: Option<bool>,
    least_confidence: Option<Spanned<f64>>,
}

impl Manifest {
    /// Reads and checks a manifest.
    pub(super) fn read(path: &Path) -> Result<Self, ManifestError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| ManifestError::Unreadable { path: path.to_owned(), reason: error.to_string() })?;
        Self::parse(path, &text)
    }

    /// Checks the text of a manifest; `path` stands in errors, and its folder is where paths start.
    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, ManifestError> {
        let reader = Reader { path, text, folder: path.parent().unwrap_or(Path::new("")) };
        reader.check_version()?;
        let file: File = toml::from_str(text).map_err(|error| reader.syntax(&error))?;
        let fps = *file.fps.get_ref();
        if !(fps.is_finite() && fps > 0.0) {
            return Err(reader.invalid(file.fps.span(), "fps must be a positive number: timepoints per second"));
        }
        let units = match &file.units {
            None => Units::Mm,
            Some(word) => Units::parse(word.get_ref())
                .ok_or_else(|| reader.invalid(word.span(), "units must be \"mm\", \"cm\" or \"m\""))?,
        };
        let cameras = reader.cameras(&file)?;
        let lag = match &file.fluorescence_lag_frames {
            // Every second picture of a strobed camera: the dots are exposed half a timepoint after the animal.
            None if !cameras.is_empty() && cameras.iter().all(CameraMedia::is_interleaved) => 0.5,
            None => 0.0,
            Some(lag) if lag.get_ref().is_finite() && lag.get_ref().abs() <= 1000.0 => *lag.get_ref(),
            Some(lag) => {
                return Err(
                    reader.invalid(lag.span(), "fluorescence_lag_frames must be a number of frames, such as 0.5")
                );
            }
        };
        Ok(Self {
            name: reader.name(&file.name, "the recording")?,
            fps,
            units,
            calibration: file.calibration.as_ref().map(|path| reader.resolve(path)).transpose()?,
            fluorescence_lag_frames: lag,
            subject: file.subject.clone(),
            session: file.session.clone(),
            group: file.group.clone(),
            animals: reader.animals(&file)?,
            cameras,
        })
    }
}

/// What every check needs to say where something is wrong.
struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    folder: &'a Path,
}

impl Reader<'_> {
    fn invalid(&self, span: Range<usize>, message: impl Into<String>) -> ManifestError {
        let line = line_of(self.text, Some(span));
        ManifestError::Invalid { path: self.path.to_owned(), line, message: message.into() }
    }

    fn syntax(&self, error: &toml::de::Error) -> ManifestError {
        let line = line_of(self.text, error.span());
        ManifestError::Invalid { path: self.path.to_owned(), line, message: reworded(error.message()) }
    }

    /// Before anything else: a later version may have keys that would be unknown here.
    fn check_version(&self) -> Result<(), ManifestError> {
        #[derive(Deserialize)]
        struct Versioned {
            version: Option<Spanned<i64>>,
        }
        let file: Versioned = toml::from_str(self.text).map_err(|error| self.syntax(&error))?;
        match file.version {
            Some(version) if *version.get_ref() > VERSION => {
                Err(ManifestError::NewerVersion { path: self.path.to_owned(), version: *version.get_ref() })
            }
            Some(version) if *version.get_ref() < VERSION => {
                Err(self.invalid(version.span(), format!("version must be {VERSION}")))
            }
            Some(_) => Ok(()),
            None => Err(self.invalid(0..0, format!("the key version is missing; write version = {VERSION}"))),
        }
    }

    fn name(&self, name: &Spanned<String>, whose: &str) -> Result<String, ManifestError> {
        let text = name.get_ref();
        if text.trim().is_empty() || text.chars().any(char::is_control) {
            return Err(self.invalid(name.span(), format!("the name of {whose} must be a word of one line")));
        }
        Ok(text.clone())
    }

    fn resolve(&self, path: &Spanned<String>) -> Result<PathBuf, ManifestError> {
        let text = path.get_ref();
        if text.trim().is_empty() {
            return Err(self.invalid(path.span(), "the path is empty; leave the key out where there is no file"));
        }
        // Manifests that were written on Windows are read elsewhere.
        Ok(self.folder.join(text.replace('\\', "/")))
    }

    fn media(&self, path: &Spanned<String>) -> Result<MediaPath, ManifestError> {
        let resolved = self.resolve(path)?;
        if let Some(pattern) = SequencePattern::parse(&resolved) {
            return Ok(MediaPath::Sequence(pattern));
        }
        let extension =
            resolved.extension().and_then(|extension| extension.to_str()).unwrap_or_default().to_lowercase();
        if ["png", "tif", "tiff", "jpg", "jpeg"].contains(&extension.as_str()) {
            let message = format!(
                "{} is a single picture; an image sequence has its number as %06d in the file name, such as \"folder/%06d.{extension}\"",
                path.get_ref()
            );
            return Err(self.invalid(path.span(), message));
        }
        Ok(MediaPath::Video(resolved))
    }

    fn positive(&self, number: Option<&Spanned<f64>>, key: &str) -> Result<Option<f64>, ManifestError> {
        match number {
            Some(number) if !(number.get_ref().is_finite() && *number.get_ref() > 0.0) => {
                Err(self.invalid(number.span(), format!("{key} must be a positive number")))
            }
            other => Ok(other.map(|number| *number.get_ref())),
        }
    }

    fn cameras(&self, file: &File) -> Result<Vec<CameraMedia>, ManifestError> {
        let mut cameras: Vec<CameraMedia> = Vec::new();
        if file.cameras.is_empty() {
            let message = "there is no camera; add a table [[cameras]] with a name for each";
            return Err(self.invalid(file.name.span(), message));
        }
        for entry in &file.cameras {
            if cameras.len() == ViewSet::CAPACITY {
                let message =
                    format!("there are {} cameras; at most {} are possible", file.cameras.len(), ViewSet::CAPACITY);
                return Err(self.invalid(entry.span(), message));
            }
            let camera = self.camera(entry.get_ref())?;
            if cameras.iter().any(|earlier| earlier.name == camera.name) {
                let message = format!("there are two cameras named \"{}\"; give each its own name", camera.name);
                return Err(self.invalid(entry.get_ref().name.span(), message));
            }
            cameras.push(camera);
        }
        Ok(cameras)
    }

    fn camera(&self, entry: &FileCamera) -> Result<CameraMedia, ManifestError> {
        let channel = |path: &Option<Spanned<String>>| {
            let path = path.as_ref().map(|path| self.media(path)).transpose()?;
            Ok(path.map(|path| ChannelSource { path, interleaved: None }))
        };
        let mut camera = CameraMedia {
            name: self.name(&entry.name, "a camera")?,
            reflectance: channel(&entry.reflectance)?,
            fluorescence: channel(&entry.fluorescence)?,
            mask: channel(&entry.mask)?,
            video: channel(&entry.video)?,
            mm_per_px: self.positive(entry.mm_per_px.as_ref(), "mm_per_px")?,
            zones: BTreeMap::new(),
        };
        let has_channels = camera.reflectance.is_some() || camera.fluorescence.is_some();
        if let Some(path) = &entry.interleaved {
            if has_channels || camera.video.is_some() {
                let message =
                    "interleaved stands instead of reflectance, fluorescence and video; keep one or the other";
                return Err(self.invalid(path.span(), message));
            }
            let path = self.media(path)?;
            camera.reflectance = Some(ChannelSource { path: path.clone(), interleaved: Some(0) });
            camera.fluorescence = Some(ChannelSource { path, interleaved: Some(1) });
        }
        if let Some(video) = entry.video.as_ref().filter(|_| has_channels) {
            let message =
                "video is for a plain camera; a camera with reflectance or fluorescence has no video beside them";
            return Err(self.invalid(video.span(), message));
        }
        for (name, polygon) in &entry.zones {
            let corners = polygon.get_ref();
            if corners.len() < 3 || !corners.iter().flatten().all(|coordinate| coordinate.is_finite()) {
                let message =
                    format!("the zone \"{name}\" must be a polygon of three or more corners [x, y] in image pixels");
                return Err(self.invalid(polygon.span(), message));
            }
            camera.zones.insert(name.clone(), corners.clone());
        }
        Ok(camera)
    }

    fn animals(&self, file: &File) -> Result<Vec<Animal>, ManifestError> {
        let mut animals: Vec<Animal> = Vec::new();
        for entry in &file.animals {
            let entry = entry.get_ref();
            let name = self.name(&entry.name, "an animal")?;
            if animals.iter().any(|earlier| earlier.name == name) {
                let message = format!("there are two animals named \"{name}\"; give each its own name");
                return Err(self.invalid(entry.name.span(), message));
            }
            if let Some(colour) = entry.colour.as_ref().filter(|colour| !is_colour(colour.get_ref())) {
                return Err(self.invalid(colour.span(), "colour must be written as \"#rrggbb\", such as \"#e69f00\""));
            }
            let path = |path: &Option<Spanned<String>>| path.as_ref().map(|path| self.resolve(path)).transpose();
            animals.push(Animal {
                name,
                colour: entry.colour.as_ref().map(|colour| colour.get_ref().clone()),
                tracks: path(&entry.tracks)?,
                boxes: path(&entry.boxes)?,
                individual: entry.individual.clone(),
                scale: self.positive(entry.scale.as_ref(), "scale")?.unwrap_or(1.0),
                swap_axes: entry.swap_axes.unwrap_or(false),
                least_confidence: match &entry.least_confidence {
                    None => 0.0,
                    Some(least) if (0.0..=1.0).contains(least.get_ref()) => *least.get_ref(),
                    Some(least) => {
                        let message = "least_confidence must be a number from 0 to 1, such as 0.6";
                        return Err(self.invalid(least.span(), message));
                    }
                },
            });
        }
        Ok(animals)
    }
}

fn is_colour(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|digits| digits.len() == 6 && digits.chars().all(|digit| digit.is_ascii_hexdigit()))
}

/// The line, from 1, in which a span begins; 1 where there is none.
pub(super) fn line_of(text: &str, span: Option<Range<usize>>) -> usize {
    let start = span.map_or(0, |span| span.start).min(text.len());
    text.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count() + 1
}

/// A parser's message as one sentence.
pub(super) fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// serde's words in ours: what is wrong first, then what there is.
fn reworded(message: &str) -> String {
    let message = one_line(message);
    if let Some(rest) = message.strip_prefix("unknown field `")
        && let Some((key, known)) = rest.split_once('`')
    {
        let known = known.trim_start_matches(", expected one of ").trim_start_matches(", expected ").replace('`', "");
        return format!("unknown key \"{key}\"; the keys here are {known}");
    }
    if let Some(key) = message.strip_prefix("missing field `") {
        return format!("the key {} is missing", key.trim_end_matches('`'));
    }
    message.replace('`', "\"")
}
