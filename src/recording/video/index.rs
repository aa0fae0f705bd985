//! The list of frames that a video shows, with exact presentation times.
//!
//! ffprobe lists the packets without decoding them, which takes seconds for an hour of video. In the codecs of
//! [`ONE_TO_ONE`] a packet is a picture, and packets that an edit list hides are marked; so the times of the other packets, in
//! order, are the frames. Where that does not hold for sure (a stream that begins between key frames, packets without a time,
//! times that repeat, another codec) the whole video is decoded once instead.
//!
//! A file that is cut off keeps the frames before which nothing can be missing: the packets that were lost have later decoding
//! times than all that are there, and a picture is never shown before it is decoded.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use super::super::media::MediaError;
use super::decoder;
use super::pixels::GrayOutput;
use super::tools::{self, Tools};

/// Codecs in which every packet is one picture.
const ONE_TO_ONE: [&str; 17] = [
    "h264", "hevc", "mpeg4", "mjpeg", "ffv1", "rawvideo", "png", "huffyuv", "ffvhuff", "utvideo", "prores", "dnxhd",
    "vp9", "av1", "jpeg2000", "mjpegb", "v210",
];

/// What a video's header says.
#[derive(Clone, Debug)]
pub(super) struct VideoHeader {
    pub(super) codec: String,
    /// As shown: a file that asks to be turned by 90° has its sides swapped.
    pub(super) size_px: [u32; 2],
    pub(super) output: GrayOutput,
    /// Seconds per tick of the presentation times.
    tick_secs: f64,
    /// Frames per second on average.
    pub(super) rate: Option<f64>,
    /// Pictures that the container claims to hold.
    promised: Option<u32>,
    /// Where ffmpeg counts seek positions from.
    start_secs: f64,
    container: String,
}

/// The frames of one video.
#[derive(Clone, Debug)]
pub struct VideoIndex {
    /// Presentation time of each frame in ticks, ascending; empty where times are missing and pictures are only counted.
    times: Vec<i64>,
    frame_count: u32,
    /// Frames from which decoding can begin, ascending.
    keyframes: Vec<u32>,
    tick_secs: f64,
    start_secs: f64,
    /// Packets in the file.
    pub packets: u32,
    /// Packets that an edit list hides.
    pub hidden: u32,
    /// Pictures that the container claims to hold, where it claims something.
    pub promised: Option<u32>,
    /// Whether the file ends before its header says so.
    pub is_cut_off: bool,
    /// Whether the whole video was decoded to make the list.
    pub is_decoded: bool,
}

impl VideoIndex {
    /// How many frames are shown.
    pub fn frame_count(&self) -> u32 {
        self.frame_count
    }

    /// When a frame is shown, seconds from the first one; `None` where the file has no times.
    pub fn time_secs(&self, frame: u32) -> Option<f64> {
        let first = *self.times.first()?;
        self.times.get(frame as usize).map(|time| (time - first) as f64 * self.tick_secs)
    }

    /// Whether any frame can be reached without decoding all before it.
    pub fn is_seekable(&self) -> bool {
        !self.times.is_empty()
    }

    /// The most frames that must be decoded to reach one: the longest way from a key frame to the last frame before the next.
    pub fn longest_group(&self) -> u32 {
        if !self.is_seekable() {
            return self.frame_count;
        }
        let starts = std::iter::once(0).chain(self.keyframes.iter().copied());
        let ends = self.keyframes.iter().copied().chain([self.frame_count]);
        starts.zip(ends).map(|(start, end)| end - start).max().unwrap_or(self.frame_count)
    }

    /// The frame that is shown at a time, or the `ordinal`-th one where there are no times.
    pub(super) fn number_of(&self, time: Option<i64>, ordinal: u32) -> Option<u32> {
        if self.times.is_empty() {
            return (ordinal < self.frame_count).then_some(ordinal);
        }
        self.times.binary_search(&time?).ok().map(|index| index as u32)
    }

    /// Where to position a decoder so that `frame` is the first one out: half a frame before it, since an exact time may be
    /// rounded to the wrong side. `None` is the beginning.
    pub(super) fn seek_secs(&self, frame: u32) -> Option<f64> {
        let index = frame as usize;
        let (before, at) = (self.times.get(index.checked_sub(1)?)?, self.times.get(index)?);
        self.keyframes.iter().any(|key| *key > 0 && *key <= frame).then(|| {
            let middle_secs = (*before as f64 + *at as f64) / 2.0 * self.tick_secs;
            middle_secs - self.start_secs
        })
    }

    /// Whether decoding can begin at a frame after `from`, up to `to`.
    pub(super) fn has_keyframe_between(&self, from: u32, to: u32) -> bool {
        let next = self.keyframes.partition_point(|key| *key <= from);
        self.is_seekable() && self.keyframes.get(next).is_some_and(|key| *key <= to)
    }

    /// Refuses a frame that is not there, and says why.
    pub(super) fn check(&self, path: &Path, frame: u32) -> Result<(), MediaError> {
        if frame < self.frame_count {
            return Ok(());
        }
        let path = path.to_owned();
        if self.is_cut_off {
            let promised = self.promised.map_or_else(|| "more".to_owned(), |promised| promised.to_string());
            return Err(MediaError::Truncated { path, readable: self.frame_count, promised });
        }
        Err(MediaError::OutOfRange { path, frame, frame_count: self.frame_count })
    }
}

/// What is known of one file; each part is found out once.
#[derive(Default)]
struct Known {
    header: Option<Arc<VideoHeader>>,
    index: Option<Arc<VideoIndex>>,
}

/// Files up to this size are listed when their header is asked for: that costs less than starting ffprobe twice.
const SMALL_BYTES: u64 = 32 << 20;

/// What this process knows of a file as it is now (a file that changes is another one), and how large that is.
fn known(path: &Path) -> Result<(Arc<Mutex<Known>>, u64), MediaError> {
    type Key = (PathBuf, u64, Option<SystemTime>);
    static FILES: OnceLock<Mutex<HashMap<Key, Arc<Mutex<Known>>>>> = OnceLock::new();

    tools::check_file(path)?;
    let metadata = std::fs::metadata(path).map_err(|error| MediaError::from_io(path, &error))?;
    let key = (path.to_owned(), metadata.len(), metadata.modified().ok());
    let mut files = FILES.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    Ok((Arc::clone(files.entry(key).or_default()), metadata.len()))
}

/// The frames of a file, listed at most once per process while the file stays as it is.
pub(super) fn index(path: &Path) -> Result<Arc<VideoIndex>, MediaError> {
    let (known, _) = known(path)?;
    // One file is listed by one thread; others that want it wait, and other files are not held up.
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    known.list(path).map(|(_, index)| index)
}

/// The header of a file, read at most once per process while the file stays as it is.
pub(super) fn header(path: &Path) -> Result<Arc<VideoHeader>, MediaError> {
    let (known, bytes) = known(path)?;
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(header) = &known.header {
        return Ok(Arc::clone(header));
    }
    if bytes <= SMALL_BYTES {
        return known.list(path).map(|(header, _)| header);
    }
    let header = Arc::new(probe(&Tools::default(), path, false)?.header(path)?);
    known.header = Some(Arc::clone(&header));
    Ok(header)
}

impl Known {
    fn list(&mut self, path: &Path) -> Result<(Arc<VideoHeader>, Arc<VideoIndex>), MediaError> {
        if let (Some(header), Some(index)) = (&self.header, &self.index) {
            return Ok((Arc::clone(header), Arc::clone(index)));
        }
        let (header, index) = build(path)?;
        let (header, index) = (Arc::new(header), Arc::new(index));
        (self.header, self.index) = (Some(Arc::clone(&header)), Some(Arc::clone(&index)));
        Ok((header, index))
    }
}

/// What ffprobe printed.
struct Probe {
    packets: Vec<Packet>,
    stream: Option<HashMap<String, String>>,
    format: HashMap<String, String>,
    complaints: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
struct Packet {
    time: Option<i64>,
    decoding_time: Option<i64>,
    is_key: bool,
    is_hidden: bool,
}

const STREAM_FIELDS: &str = "stream=codec_name,pix_fmt,width,height,time_base,nb_frames,avg_frame_rate,r_frame_rate:\
    stream_side_data=rotation:stream_tags=rotate:format=format_name,start_time";

fn probe(tools: &Tools, path: &Path, with_packets: bool) -> Result<Probe, MediaError> {
    let entries = if with_packets { format!("{STREAM_FIELDS}:packet=pts,dts,flags") } else { STREAM_FIELDS.to_owned() };
    let mut arguments: Vec<OsString> = [
        "-v",
        "warning",
        "-protocol_whitelist",
        "file",
        "-select_streams",
        "V:0",
        "-of",
        "compact=nokey=0:escape=none",
    ]
    .map(OsString::from)
    .to_vec();
    arguments.extend(["-show_entries".into(), entries.into(), "-i".into(), tools::input_argument(path)]);
    let output = tools::run(&tools.ffprobe, &arguments, path)?;
    let text = String::from_utf8_lossy(&output.stdout);
    let complaints: Vec<String> = String::from_utf8_lossy(&output.stderr).lines().map(str::to_owned).collect();
    if !output.status.success() {
        return Err(MediaError::Unreadable { path: path.to_owned(), reason: reason_of(&complaints) });
    }
    let mut probe = Probe { packets: Vec::new(), stream: None, format: HashMap::new(), complaints };
    for line in text.lines() {
        if let Some(fields) = line.strip_prefix("packet|") {
            probe.packets.push(packet(fields));
        } else if let Some(fields) = line.strip_prefix("stream|") {
            probe.stream = Some(pairs(fields));
        } else if let Some(fields) = line.strip_prefix("format|") {
            probe.format = pairs(fields);
        }
    }
    Ok(probe)
}

fn reason_of(complaints: &[String]) -> String {
    let said = |words: &str| complaints.iter().any(|line| line.contains(words));
    if said("misdetection possible") {
        return "it is not a video".to_owned();
    }
    if said("moov atom not found") || said("error reading header") {
        return "it is cut off, or was still being written: its table of contents is missing; copy it again".to_owned();
    }
    match tools::complaint(complaints) {
        words if words.is_empty() => "it is not a video that ffmpeg knows".to_owned(),
        words => format!("it is not a video that ffmpeg can read ({words})"),
    }
}

fn pairs(fields: &str) -> HashMap<String, String> {
    let pairs = fields.split('|').filter_map(|field| field.split_once('='));
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn packet(fields: &str) -> Packet {
    let mut packet = Packet { time: None, decoding_time: None, is_key: false, is_hidden: false };
    for (key, value) in fields.split('|').filter_map(|field| field.split_once('=')) {
        match key {
            "pts" => packet.time = value.parse().ok(),
            "dts" => packet.decoding_time = value.parse().ok(),
            "flags" => (packet.is_key, packet.is_hidden) = (value.contains('K'), value.contains('D')),
            _ => {}
        }
    }
    packet
}

impl Probe {
    fn header(&self, path: &Path) -> Result<VideoHeader, MediaError> {
        let unreadable = |reason: &str| MediaError::Unreadable { path: path.to_owned(), reason: reason.to_owned() };
        let stream = self.stream.as_ref().ok_or_else(|| unreadable("it holds no video"))?;
        let text = |key: &str| stream.get(key).map(String::as_str).unwrap_or_default();
        let number = |key: &str| text(key).parse::<u32>().ok().filter(|number| *number > 0);
        let (Some(width), Some(height)) = (number("width"), number("height")) else {
            return Err(unreadable("it does not say how large its pictures are"));
        };
        let rotation = stream
            .iter()
            .find(|(key, _)| key.ends_with("rotation") || key.ends_with("rotate"))
            .and_then(|(_, value)| value.parse::<f64>().ok())
            .unwrap_or(0.0);
        let is_on_its_side = (rotation / 90.0).round().rem_euclid(2.0) == 1.0;
        let codec = text("codec_name").to_owned();
        if codec.is_empty() || codec == "unknown" || text("pix_fmt").is_empty() || text("pix_fmt") == "unknown" {
            return Err(unreadable("its codec is unknown to ffmpeg, or it is damaged"));
        }
        Ok(VideoHeader {
            size_px: if is_on_its_side { [height, width] } else { [width, height] },
            output: GrayOutput::of(text("pix_fmt")),
            tick_secs: ratio(text("time_base")).ok_or_else(|| unreadable("it states no time base"))?,
            rate: ratio(text("avg_frame_rate")).or_else(|| ratio(text("r_frame_rate"))),
            promised: number("nb_frames"),
            start_secs: self.format.get("start_time").and_then(|text| text.parse().ok()).unwrap_or(0.0),
            container: self.format.get("format_name").cloned().unwrap_or_default(),
            codec,
        })
    }

    /// Whether the file ends in the middle of a packet, or before one that its table of contents lists.
    fn ends_early(&self, header: &VideoHeader) -> bool {
        let signs = ["partial file", "ended prematurely", "Truncating packet"];
        let said = |sign: &str| self.complaints.iter().any(|line| line.contains(sign));
        // In a transport stream this is about a packet anywhere that was lost on its way.
        let is_stream = header.container.contains("mpegts");
        signs.into_iter().any(said) || (said("Packet corrupt") && !is_stream)
    }

    /// Whether there are fewer packets than the header says. An edit list in MP4 leaves packets out on purpose; AVI has none.
    fn lacks_packets(&self, header: &VideoHeader) -> bool {
        header.container.contains("avi")
            && header.promised.is_some_and(|promised| promised as usize > self.packets.len())
    }

    /// Whether the packets tell the frames for sure.
    fn is_plain(&self, header: &VideoHeader) -> bool {
        let Some(first) = self.packets.first() else { return false };
        let mut times: Vec<i64> = self.packets.iter().filter_map(|packet| packet.time).collect();
        let all = times.len() == self.packets.len();
        times.sort_unstable();
        let unique = times.windows(2).all(|pair| pair[0] < pair[1]);
        // Pictures before the first key frame, in either order, need others that are not there.
        let begins = first.is_key && first.time == times.first().copied();
        ONE_TO_ONE.contains(&header.codec.as_str()) && all && unique && begins
    }
}

fn ratio(text: &str) -> Option<f64> {
    let (numerator, denominator) = text.split_once('/')?;
    let ratio = numerator.parse::<f64>().ok()? / denominator.parse::<f64>().ok()?;
    (ratio.is_finite() && ratio > 0.0).then_some(ratio)
}

fn build(path: &Path) -> Result<(VideoHeader, VideoIndex), MediaError> {
    let probe = probe(&Tools::default(), path, true)?;
    let header = probe.header(path)?;
    let ends_early = probe.ends_early(&header);
    let is_cut_off = ends_early || probe.lacks_packets(&header);
    let hidden = probe.packets.iter().filter(|packet| packet.is_hidden).count() as u32;
    let mut index = VideoIndex {
        times: Vec::new(),
        frame_count: 0,
        keyframes: Vec::new(),
        tick_secs: header.tick_secs,
        start_secs: header.start_secs,
        packets: u32::try_from(probe.packets.len()).unwrap_or(u32::MAX),
        hidden,
        promised: header.promised,
        is_cut_off,
        is_decoded: false,
    };
    if probe.is_plain(&header) {
        index.list_packets(&probe.packets, ends_early);
    } else {
        index.list_decoded(&decoder::shown_times(path)?, probe.packets.iter().all(|packet| packet.time.is_some()));
    }
    if index.frame_count == 0 {
        let reason = if is_cut_off { "it is cut off before the first picture" } else { "it holds no picture" };
        return Err(MediaError::Unreadable { path: path.to_owned(), reason: reason.to_owned() });
    }
    Ok((header, index))
}

impl VideoIndex {
    fn list_packets(&mut self, packets: &[Packet], ends_early: bool) {
        // The last packet of such a file may itself be cut.
        let whole = if ends_early { &packets[..packets.len() - 1] } else { packets };
        let last_decoding_time = whole.iter().filter_map(|packet| packet.decoding_time).max();
        let mut shown: Vec<(i64, bool)> = whole
            .iter()
            .filter(|packet| !packet.is_hidden)
            .filter_map(|packet| packet.time.map(|time| (time, packet.is_key)))
            .filter(|(time, _)| !ends_early || last_decoding_time.is_none_or(|last| *time <= last))
            .collect();
        shown.sort_unstable();
        self.keyframes = (0..).zip(&shown).filter(|(_, (_, is_key))| *is_key).map(|(frame, _)| frame).collect();
        self.times = shown.into_iter().map(|(time, _)| time).collect();
        self.frame_count = self.times.len() as u32;
    }

    fn list_decoded(&mut self, shown: &[decoder::Shown], are_packets_timed: bool) {
        self.is_decoded = true;
        self.frame_count = shown.len() as u32;
        let times: Vec<i64> = shown.iter().filter_map(|shown| shown.time).collect();
        // Without times in the file, ffmpeg guesses them, and guesses otherwise after a seek.
        if are_packets_timed && times.len() == shown.len() && times.windows(2).all(|pair| pair[0] < pair[1]) {
            self.keyframes = (0..).zip(shown).filter(|(_, shown)| shown.is_key).map(|(frame, _)| frame).collect();
            self.times = times;
        }
    }
}
