//! The folder of a quantum-dot rig, recognised without a manifest.
//!
//! `_proc/{camera}-reflectance.avi` and `_proc/{camera}-fluorescence.avi` are the channels; a calibration is found by its
//! content, whatever its name; `metadata.toml` may state fps, start_time and user_input.subject.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::calibration;
use super::manifest::{line_of, one_line};
use super::media::{ChannelSource, MediaPath};
use super::video::VideoReader;
use super::{CameraMedia, RecordingError};
use crate::model::ViewSet;

/// What such a folder holds.
#[derive(Debug)]
pub(super) struct RigFolder {
    pub(super) root: PathBuf,
    pub(super) cameras: Vec<CameraMedia>,
    pub(super) calibration: Option<PathBuf>,
    pub(super) metadata: Metadata,
}

/// What `metadata.toml` says.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    pub(super) fps: Option<f64>,
    pub(super) start_time: Option<String>,
    pub(super) subject: Option<String>,
}

impl RigFolder {
    /// Looks at a folder, or at its `_proc` folder; `None` where it is no rig's.
    pub(super) fn recognise(folder: &Path) -> Result<Option<Self>, RecordingError> {
        let root = match folder.file_name() {
            Some(name) if name == "_proc" => folder.parent().unwrap_or(Path::new("..")),
            _ => folder,
        };
        let mut cameras = BTreeMap::<(Vec<NamePart>, String), CameraMedia>::new();
        for path in files_of(&root.join("_proc"))? {
            let Some((name, channel)) = path.file_name().and_then(|name| name.to_str()).and_then(channel_of) else {
                continue;
            };
            let camera = cameras.entry((name_parts(name), name.to_owned())).or_insert_with(|| CameraMedia::named(name));
            let source = Some(ChannelSource { path: MediaPath::Video(path.clone()), interleaved: None });
            match channel {
                RigChannel::Reflectance => camera.reflectance = source,
                RigChannel::Fluorescence => camera.fluorescence = source,
            }
        }
        if cameras.is_empty() {
            return Ok(None);
        }
        if cameras.len() > ViewSet::CAPACITY {
            return Err(RecordingError::TooManyCameras { path: root.to_owned(), count: cameras.len() });
        }
        let calibration = find_calibration(root)?;
        let metadata = Metadata::read(&root.join("metadata.toml"))?;
        Ok(Some(Self { root: root.to_owned(), cameras: cameras.into_values().collect(), calibration, metadata }))
    }

    /// Timepoints per second: the metadata's, else the first video's.
    pub(super) fn fps(&self) -> Result<f64, RecordingError> {
        if let Some(fps) = self.metadata.fps {
            return Ok(fps);
        }
        let sources = self.cameras.iter().flat_map(|camera| [&camera.reflectance, &camera.fluorescence]).flatten();
        let mut first_error = None;
        for source in sources {
            match VideoReader::open(&source.path.path()) {
                Ok(video) => {
                    if let Some(rate) = video.rate() {
                        return Ok(rate);
                    }
                }
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        Err(first_error.map_or(RecordingError::NoFps { folder: self.root.clone() }, RecordingError::Media))
    }
}

enum RigChannel {
    Reflectance,
    Fluorescence,
}

/// The camera and the channel in a file's name.
fn channel_of(name: &str) -> Option<(&str, RigChannel)> {
    let stem = name.strip_suffix(".avi")?;
    let reflectance = stem.strip_suffix("-reflectance").map(|camera| (camera, RigChannel::Reflectance));
    let found =
        reflectance.or_else(|| stem.strip_suffix("-fluorescence").map(|camera| (camera, RigChannel::Fluorescence)));
    found.filter(|(camera, _)| !camera.is_empty())
}

/// A piece of a name: digits compare as numbers, so that cam10 follows cam9.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum NamePart {
    Number(u64),
    Text(String),
}

/// A name cut for comparing.
pub(super) fn name_parts(name: &str) -> Vec<NamePart> {
    let mut parts = Vec::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let is_digit = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != is_digit).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        parts.push(match part.parse() {
            Ok(number) if is_digit => NamePart::Number(number),
            _ => NamePart::Text(part.to_owned()),
        });
        rest = after;
    }
    parts
}

/// The files of a folder in the order of their names; none where there is no folder.
fn files_of(folder: &Path) -> Result<Vec<PathBuf>, RecordingError> {
    let unreadable =
        |error: std::io::Error| RecordingError::Unreadable { path: folder.to_owned(), reason: error.to_string() };
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        files.push(entry.map_err(unreadable)?.path());
    }
    files.sort();
    Ok(files)
}

/// The one file of the folder that is a calibration.
fn find_calibration(root: &Path) -> Result<Option<PathBuf>, RecordingError> {
    for folder in [root.to_owned(), root.join("_proc")] {
        let mut found: Vec<PathBuf> = files_of(&folder)?
            .into_iter()
            .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
            .filter(|path| std::fs::read_to_string(path).is_ok_and(|text| calibration::is_calibration(&text)))
            .collect();
        match found.len() {
            0 => {}
            1 => return Ok(found.pop()),
            _ => {
                return Err(RecordingError::SeveralCalibrations {
                    first: found.swap_remove(0),
                    second: found.swap_remove(0),
                });
            }
        }
    }
    Ok(None)
}

impl Metadata {
    fn read(path: &Path) -> Result<Self, RecordingError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(RecordingError::Unreadable { path: path.to_owned(), reason: error.to_string() }),
        };
        let table: toml::Table = toml::from_str(&text).map_err(|error| RecordingError::Unreadable {
            path: path.to_owned(),
            reason: format!("line {}: {}", line_of(&text, error.span()), one_line(error.message())),
        })?;
        let number = |value: &toml::Value| value.as_float().or_else(|| value.as_integer().map(|number| number as f64));
        let text_of = |value: &toml::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Ok(Self {
            fps: table.get("fps").and_then(number).filter(|fps| fps.is_finite() && *fps > 0.0),
            start_time: table.get("start_time").map(text_of),
            subject: table.get("user_input").and_then(|table| table.get("subject")).map(text_of),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cameras_are_in_the_order_of_their_numbers() {
        let mut names = ["cam10", "cam9", "cam1", "back"];
        names.sort_by_key(|name| name_parts(name));
        assert_eq!(names, ["back", "cam1", "cam9", "cam10"]);
    }

    #[test]
    fn channels_stand_in_file_names() {
        assert!(matches!(channel_of("cam-1-reflectance.avi"), Some(("cam-1", RigChannel::Reflectance))));
        assert!(matches!(channel_of("cam0-fluorescence.avi"), Some(("cam0", RigChannel::Fluorescence))));
        assert!(channel_of("cam0-depth.avi").is_none());
        assert!(channel_of("-reflectance.avi").is_none());
    }
}
