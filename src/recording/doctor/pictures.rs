//! Examines the pictures: are they there, can they be decoded, do they fit each other?

use std::path::{Path, PathBuf};

use super::super::fingerprint::spread;
use super::super::media::{Channel, ChannelSource, MediaError, MediaPath};
use super::super::sequence::{ImageSequence, SequencePattern};
use super::super::video::{VideoReader, count_by_decoding};
use super::super::{CameraMedia, FrameSource, GrayFrame, GrayPixels, Recording};
use super::{Finding, Severity, media_code, media_remedy};

/// Videos up to this many pictures are decoded from end to end; longer ones at the beginning, in the middle and at the end.
const WHOLE_PICTURES: u32 = 2000;

/// Pictures that are decoded in each of those places.
const PLACE_PICTURES: u32 = 60;

/// Image files of a sequence whose size is looked at.
const SIZED_PICTURES: u64 = 500;

/// What a channel turned out to be.
pub(super) struct Examined {
    pub(super) camera: String,
    pub(super) channel: Channel,
    pub(super) frame_count: Option<u32>,
    pub(super) size_px: Option<[u32; 2]>,
    /// Timepoints per second that a video's header states.
    rate: Option<f64>,
    pub(super) findings: Vec<Finding>,
}

impl Examined {
    fn add(&mut self, code: &'static str, severity: Severity, message: String, remedy: &str) {
        let finding = Finding::new(code, severity, message, remedy).of(&self.camera);
        self.findings.push(finding);
    }

    fn fail(&mut self, error: &MediaError) {
        self.add(
            media_code(error),
            Severity::Error,
            format!("{}: {error}", self.channel.as_str()),
            media_remedy(error),
        );
    }
}

/// Examines one channel.
pub(super) fn examine(camera: &CameraMedia, channel: Channel) -> Examined {
    let mut examined = Examined {
        camera: camera.name.clone(),
        channel,
        frame_count: None,
        size_px: None,
        rate: None,
        findings: Vec::new(),
    };
    let Some(source) = camera.channel(channel) else { return examined };
    // The second channel of an interleaved video is the same file.
    let is_second = source.interleaved == Some(1);
    let result = match &source.path {
        _ if is_second => Ok(()),
        MediaPath::Video(path) => video(source, path, &mut examined),
        MediaPath::Sequence(pattern) => sequence(pattern),
    };
    let counted = result.and_then(|()| {
        if is_second {
            order_of_channels(camera, &mut examined)?;
        }
        let mut pictures = source.open()?;
        examined.size_px = Some(pictures.size_px());
        examined.frame_count = Some(pictures.frame_count()?);
        Ok(())
    });
    match counted {
        Err(error) if !is_second => examined.fail(&error),
        _ => {}
    }
    examined
}

/// Dots are few and their picture is dark; the animal's is lit. One picture lost at the start swaps the two.
fn order_of_channels(camera: &CameraMedia, examined: &mut Examined) -> Result<(), MediaError> {
    let (Some(even), Some(odd)) = (&camera.reflectance, &camera.fluorescence) else { return Ok(()) };
    let (mut even, mut odd) = (even.open()?, odd.open()?);
    let middle = even.frame_count()? / 2;
    let (even, odd) = (mean_level(&even.read(middle)?), mean_level(&odd.read(middle)?));
    if odd > even {
        let message = format!(
            "odd pictures (fluorescence) are brighter than even ones (reflectance): {odd:.1} against {even:.1}"
        );
        let remedy = "Look at both channels; if they are swapped, cut the first picture off the video.";
        examined.add("channels_swapped", Severity::Warning, message, remedy);
    }
    Ok(())
}

fn mean_level(picture: &GrayFrame) -> f64 {
    let (sum, count) = match &picture.pixels {
        GrayPixels::U8(levels) => (levels.iter().map(|level| u64::from(*level)).sum::<u64>(), levels.len()),
        GrayPixels::U16(levels) => (levels.iter().map(|level| u64::from(*level)).sum::<u64>(), levels.len()),
    };
    sum as f64 / count.max(1) as f64
}

fn video(source: &ChannelSource, path: &Path, examined: &mut Examined) -> Result<(), MediaError> {
    let mut video = VideoReader::open(path)?;
    let index = video.index()?;
    let shown = index.frame_count();
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if index.is_cut_off {
        let promised = index.promised.map_or_else(|| "more".to_owned(), |promised| promised.to_string());
        examined.fail(&MediaError::Truncated { path: path.to_owned(), readable: shown, promised });
    } else if index.hidden > 0 {
        let message = format!(
            "{file} has {} packets, of which its edit list hides {}: it shows {shown} frames",
            index.packets, index.hidden
        );
        let remedy = "Nothing, if other programs count as players do; those that ignore edit lists number the frames differently.";
        examined.add("packets_differ", Severity::Note, message, remedy);
    } else if index.packets != shown {
        let message = format!("{file} has {} packets and shows {shown} frames", index.packets);
        let remedy = "Check that the frames that it lacks are lacking in the other cameras too; encode it again from its source if not.";
        examined.add("packets_differ", Severity::Warning, message, remedy);
    }
    if !index.is_seekable() {
        let message = format!("{file} states no time for its pictures: going to a frame decodes all before it");
        let remedy =
            format!("Put the pictures into another container: ffmpeg -i {file} -c:v ffv1 {}", stem(&file) + ".mkv");
        examined.add("no_times", Severity::Warning, message, &remedy);
    }
    // Per timepoint: an interleaved video has two pictures for each.
    examined.rate = video.rate().map(|rate| if source.interleaved.is_some() { rate / 2.0 } else { rate });
    decode(path, shown, &mut video, examined)
}

fn stem(file: &str) -> String {
    file.rsplit_once('.').map_or(file, |(stem, _)| stem).to_owned()
}

/// Decodes what there is time for, and compares with the list of frames.
fn decode(path: &Path, shown: u32, video: &mut VideoReader, examined: &mut Examined) -> Result<(), MediaError> {
    if shown <= WHOLE_PICTURES {
        let decoded = count_by_decoding(path)?;
        if decoded < shown {
            let message = format!("{} lists {shown} frames, and {decoded} of them can be decoded", path.display());
            let remedy =
                "Copy the file again from its source; until then that camera is left out of the damaged frames.";
            examined.add("damaged_pictures", Severity::Error, message, remedy);
        }
        return Ok(());
    }
    let middle = shown / 2;
    for place in [0..PLACE_PICTURES, middle..middle + PLACE_PICTURES, shown - PLACE_PICTURES..shown] {
        for frame in place {
            video.read(frame)?;
        }
    }
    Ok(())
}

fn sequence(pattern: &SequencePattern) -> Result<(), MediaError> {
    let mut pictures = ImageSequence::open(pattern)?;
    let count = pictures.frame_count()?;
    for frame in [0, count / 2, count - 1] {
        pictures.read(frame)?;
    }
    let expected = pictures.size_px();
    let numbers = pattern.numbers()?;
    for number in spread(*numbers.start(), *numbers.end(), SIZED_PICTURES) {
        let path = pattern.file(number);
        let found = super::super::sequence::size_of(&path)?;
        if found != expected {
            return Err(MediaError::ImageSize { path, found, expected });
        }
    }
    Ok(())
}

/// Compares channels and cameras with each other.
pub(super) fn compare(recording: &Recording, examined: &[Examined], findings: &mut Vec<Finding>) {
    if examined.is_empty() && recording.cameras.iter().all(|camera| camera.channels().next().is_none()) {
        let message = "the recording has no pictures; labels and a calibration can be worked on without";
        let remedy =
            "Nothing, if that is meant; else add reflectance and fluorescence to the cameras in recording.toml.";
        findings.push(Finding::new("no_pictures", Severity::Note, message, remedy));
    }
    sizes_within_cameras(examined, findings);
    frame_counts(examined, findings);
    rates(recording, examined, findings);
    files_named_twice(recording, findings);
    let has_dots = |camera: &CameraMedia| camera.fluorescence.is_some();
    if recording.cameras.iter().any(has_dots) {
        for camera in recording.cameras.iter().filter(|camera| !has_dots(camera)) {
            let message = format!("camera \"{}\" has no fluorescence, and other cameras have", camera.name);
            let remedy = "Add its fluorescence in recording.toml; without it the camera sees no dots.";
            findings.push(Finding::new("no_fluorescence", Severity::Warning, message, remedy).of(&camera.name));
        }
    }
    for camera in &recording.cameras {
        let size_px = examined.iter().find(|channel| channel.camera == camera.name).and_then(|channel| channel.size_px);
        let Some([width, height]) = size_px else { continue };
        let is_outside = |corner: &[f64; 2]| {
            !(-0.5..=f64::from(width)).contains(&corner[0]) || !(-0.5..=f64::from(height)).contains(&corner[1])
        };
        for (name, _) in camera.zones.iter().filter(|(_, polygon)| polygon.iter().any(is_outside)) {
            let message = format!("the zone \"{name}\" reaches outside the images, which are {width}×{height} pixels");
            let remedy = "Give the zone's corners in pixels of this camera's images.";
            findings.push(Finding::new("zone_outside", Severity::Warning, message, remedy).of(&camera.name));
        }
    }
}

fn rates(recording: &Recording, examined: &[Examined], findings: &mut Vec<Finding>) {
    let differs = |rate: &f64| (rate / recording.fps - 1.0).abs() > 0.01;
    let rates: Vec<f64> = examined.iter().filter_map(|channel| channel.rate).filter(differs).collect();
    if let Some(rate) = rates.first() {
        let (count, fps) = (rates.len(), recording.fps);
        let message =
            format!("the headers of {count} videos say {rate:.2} timepoints/s, and the recording says {fps:.2}");
        let remedy = "Nothing, if fps is the rate at which the cameras were triggered; speeds are computed from it.";
        findings.push(Finding::new("rate_differs", Severity::Note, message, remedy));
    }
}

fn files_named_twice(recording: &Recording, findings: &mut Vec<Finding>) {
    let mut named: Vec<(&str, Channel, PathBuf)> = Vec::new();
    for camera in &recording.cameras {
        for (channel, source) in camera.channels().filter(|(_, source)| source.interleaved != Some(1)) {
            let path = source.path.path();
            if let Some((other, other_channel, _)) = named.iter().find(|(_, _, earlier)| *earlier == path) {
                let (this, other_channel) = (channel.as_str(), other_channel.as_str());
                let message = format!("{this} is the same file as {other_channel} of camera \"{other}\"");
                let remedy = "Name each channel's own file in recording.toml.";
                findings.push(Finding::new("file_named_twice", Severity::Warning, message, remedy).of(&camera.name));
            }
            named.push((&camera.name, channel, path));
        }
    }
}

fn sizes_within_cameras(examined: &[Examined], findings: &mut Vec<Finding>) {
    for (index, channel) in examined.iter().enumerate() {
        let first = examined[..index].iter().find(|first| first.camera == channel.camera && first.size_px.is_some());
        let Some(first) = first else { continue };
        if let (Some([w, h]), Some([first_w, first_h])) = (channel.size_px, first.size_px)
            && (w, h) != (first_w, first_h)
        {
            let (this, other) = (channel.channel.as_str(), first.channel.as_str());
            let message = format!("{this} has {w}×{h} pixels and {other} has {first_w}×{first_h}");
            let remedy = "All channels of a camera must show the same pixels: record or export them in one size.";
            findings.push(Finding::new("channel_sizes_differ", Severity::Error, message, remedy).of(&channel.camera));
        }
    }
}

/// A difference of one picture is where the recording was stopped; a larger one means lost pictures, and shifted frames.
fn frame_counts(examined: &[Examined], findings: &mut Vec<Finding>) {
    let counted = || examined.iter().filter_map(|channel| channel.frame_count.map(|count| (channel, count)));
    let pictures = || counted().filter(|(channel, _)| channel.channel != Channel::Mask);
    // What most channels have is taken as right.
    let Some(usual) = pictures()
        .map(|(_, count)| count)
        .max_by_key(|usual| (pictures().filter(|(_, count)| count == usual).count(), *usual))
    else {
        return;
    };
    for (channel, count) in counted().filter(|(_, count)| *count != usual) {
        let name = channel.channel.as_str();
        let is_mask = channel.channel == Channel::Mask;
        let severity = match usual.abs_diff(count) {
            _ if is_mask => Severity::Warning,
            1 => Severity::Warning,
            _ => Severity::Error,
        };
        let message = format!("{name} has {count} frames, and most channels have {usual}");
        let remedy = if is_mask {
            "Frames without a mask are masked from the pictures; make masks for all frames if that is not enough."
        } else {
            "Check whether the camera lost pictures: after a lost one all later frames are out of step. If it only stopped earlier, nothing is to be done."
        };
        findings.push(Finding::new("frame_counts_differ", severity, message, remedy).of(&channel.camera));
    }
}
