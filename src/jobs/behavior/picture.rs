//! A picture of a timeline: lanes, and twelve segments with what they look like and say.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use image::ImageFormat;

use super::layer::{self, Layer};
use super::{pixels, subjects};
use crate::behavior::bodies::Bodies;
use crate::behavior::picture::{Scene, TimelinePicture};
use crate::jobs::{Job, JobError, open, whole_file};
use crate::store::Project;

/// Draws the timeline of a recording to a PNG file. Where the animal is in each picture comes from its tracks.
///
/// # Errors
/// When the recording has no timeline yet, or the file cannot be written.
pub fn draw(
    job: &Job<'_>,
    project: &mut Project,
    recording: Option<&str>,
    chosen: Option<Layer>,
    file: &Path,
) -> Result<(), JobError> {
    let mut info = open::choose(project, recording)?;
    let layer = chosen.map_or_else(|| layer::standing(project, &info), Ok)?;
    let segments = layer::segments(project, &info, layer)?;
    let animals: Vec<String> = project.animals(info.id)?.into_iter().map(|animal| animal.name).collect();
    let opened = open::recording_of(project, &info)?;
    let mut pictures = pixels::pictures(&opened)?;
    // A picture of where an animal is needs tracks in the pixels of the pictures.
    let subjects = subjects::load(job, project, &mut info, None)
        .ok()
        .filter(|subjects| !matches!(subjects.origin, super::Origin::Poses | super::Origin::Arena));
    let bodies = subjects.map(|subjects| Bodies::of(&subjects.tracks));
    let vocabulary = project.vocabulary()?;
    let picture = TimelinePicture {
        title: &info.name,
        animals: &animals,
        segments: &segments,
        vocabulary: &vocabulary,
        frame_count: info.frame_count,
        fps: info.fps,
    };
    let drawn = picture.render(|frame, animal| {
        let shown = pictures.as_mut()?.read(frame).ok()?;
        let body = bodies.as_ref().and_then(|bodies| bodies.animals.get(animal.index()));
        let focus = body.map(|body| (body.centre[frame as usize], body.length));
        Some(Scene { frame: shown, focus: focus.filter(|(centre, _)| centre[0].is_finite()) })
    });
    let failed = |error: image::ImageError| JobError::Io {
        action: "write",
        path: file.to_owned(),
        source: std::io::Error::other(error),
    };
    whole_file::write(file, |out: File| drawn.write_to(&mut BufWriter::new(out), ImageFormat::Png).map_err(failed))
}
