//! One running ffmpeg that writes grey pictures into a pipe and names the presentation time of each.
//!
//! Pictures come through standard output as raw bytes; their times come through standard error, where the filter `showinfo`
//! logs one line per picture before the picture is written. Two threads empty the pipes, so that decoding runs while a picture
//! is worked on; at most [`AHEAD_PICTURES`] pictures wait. Dropping a decoder ends its process and waits for it: none outlives
//! its reader, and none stays behind as a zombie.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use super::super::frame::{GrayFrame, GrayPixels};
use super::super::media::MediaError;
use super::index::VideoHeader;
use super::tools::{self, Tools};

/// Pictures that wait decoded while another one is worked on.
const AHEAD_PICTURES: usize = 1;

/// Threads of one ffmpeg: each decodes a picture ahead, which is wasted at every jump, and a recording has a dozen videos.
const MOST_THREADS: usize = 4;

/// Complaints of ffmpeg that are kept.
const KEPT_LINES: usize = 12;

/// A decoded picture with what identifies it.
pub(super) struct Picture {
    /// Presentation time in ticks; `None` where the file has none.
    pub(super) pts: Option<i64>,
    /// How many pictures this decoder gave before.
    pub(super) ordinal: u32,
    pub(super) frame: GrayFrame,
}

/// What `showinfo` says about one picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) time: Option<i64>,
    pub(super) is_key: bool,
    size_px: [u32; 2],
}

/// A running ffmpeg.
pub(super) struct Decoder {
    path: PathBuf,
    child: Child,
    pictures: Option<Receiver<Vec<u8>>>,
    shown: Option<Receiver<Shown>>,
    complaints: Arc<Mutex<Vec<String>>>,
    threads: Vec<JoinHandle<()>>,
    size_px: [u32; 2],
    bytes_per_pixel: usize,
    given: u32,
    last: Option<(Option<i64>, u32)>,
}

impl Decoder {
    /// Starts ffmpeg at `seek_secs` after the file's start, or at its first picture.
    pub(super) fn start(path: &Path, header: &VideoHeader, seek_secs: Option<f64>) -> Result<Self, MediaError> {
        let tools = Tools::default();
        let mut filter = header.output.filter.map(|filter| format!("{filter},")).unwrap_or_default();
        filter.push_str("showinfo=checksum=0");
        let mut arguments = input_arguments(&tools, path, seek_secs);
        arguments.extend(["-vf", &filter, "-c:v", "rawvideo", "-pix_fmt", header.output.format].map(OsString::from));
        arguments.extend(["-f", "rawvideo", "pipe:1"].map(OsString::from));

        let mut child = tools::command(&tools.ffmpeg)
            .args(&arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| tools::start_error(&tools.ffmpeg, path, &error))?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let [width, height] = header.size_px;
        let bytes = width as usize * height as usize * header.output.bytes;
        let (picture_sender, pictures) = sync_channel(AHEAD_PICTURES);
        let (shown_sender, shown) = channel();
        let complaints = Arc::<Mutex<Vec<String>>>::default();
        let kept = Arc::clone(&complaints);
        let threads = vec![
            std::thread::spawn(move || stdout.into_iter().for_each(|pipe| pump_pictures(pipe, bytes, &picture_sender))),
            std::thread::spawn(move || stderr.into_iter().for_each(|pipe| pump_log(pipe, &shown_sender, &kept))),
        ];
        Ok(Self {
            path: path.to_owned(),
            child,
            pictures: Some(pictures),
            shown: Some(shown),
            complaints,
            threads,
            size_px: header.size_px,
            bytes_per_pixel: header.output.bytes,
            given: 0,
            last: None,
        })
    }

    /// The next picture, or `None` after the last.
    pub(super) fn next(&mut self) -> Result<Option<Picture>, MediaError> {
        let (Some(pictures), Some(shown)) = (&self.pictures, &self.shown) else { return Ok(None) };
        let Ok(bytes) = pictures.recv() else { return Ok(None) };
        let unreadable = |reason: String| MediaError::Unreadable { path: self.path.clone(), reason };
        let Ok(shown) = shown.recv() else {
            return Err(unreadable("ffmpeg gave a picture without its time".to_owned()));
        };
        if shown.size_px != self.size_px {
            return Err(MediaError::ImageSize {
                path: self.path.clone(),
                found: shown.size_px,
                expected: self.size_px,
            });
        }
        let ordinal = self.given;
        self.given += 1;
        self.last = Some((shown.time, ordinal));
        let [width, height] = self.size_px;
        let pixels = match self.bytes_per_pixel {
            1 => GrayPixels::U8(bytes),
            _ => GrayPixels::U16(bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect()),
        };
        Ok(Some(Picture { pts: shown.time, ordinal, frame: GrayFrame { width, height, pixels } }))
    }

    /// Time and ordinal of the picture that was given last.
    pub(super) fn last_pts(&self) -> Option<(Option<i64>, u32)> {
        self.last
    }

    /// Whether the process was ended from outside; asked after its last picture.
    pub(super) fn was_killed(&mut self) -> bool {
        self.child.wait().is_ok_and(|status| status.code().is_none())
    }

    /// What ffmpeg has complained about.
    pub(super) fn complaint(&self) -> String {
        tools::complaint(&self.complaints.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // Without receivers both threads end at their next line or picture; without the process their pipes end.
        self.pictures = None;
        self.shown = None;
        // The process may have ended by itself, and there is nobody to tell.
        let _ = self.child.kill();
        let _ = self.child.wait();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// Options up to the choice of the stream: the same for listing frames and for decoding them, so that both see the same.
fn input_arguments(tools: &Tools, path: &Path, seek_secs: Option<f64>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> =
        ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "repeat+level+info", "-protocol_whitelist", "file,pipe"]
            .map(OsString::from)
            .to_vec();
    let threads = std::thread::available_parallelism().map_or(1, |cores| cores.get().min(MOST_THREADS));
    arguments.extend(["-threads".into(), threads.to_string().into()]);
    if let Some(secs) = seek_secs {
        arguments.extend(["-ss".into(), format!("{secs:.6}").into()]);
    }
    // Times as stored, so that they can be looked up in the index.
    arguments.extend(["-copyts".into(), "-i".into(), tools::input_argument(path)]);
    arguments.extend(["-map", "0:V:0", tools::passthrough_option(tools), "passthrough"].map(OsString::from));
    arguments
}

/// Decodes a whole video and lists what it shows.
pub(super) fn shown_times(path: &Path) -> Result<Vec<Shown>, MediaError> {
    let tools = Tools::default();
    tools::check_file(path)?;
    let mut arguments = input_arguments(&tools, path, None);
    arguments.extend(["-vf", "showinfo=checksum=0", "-f", "null", "-"].map(OsString::from));
    let mut child = tools::command(&tools.ffmpeg)
        .args(&arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| tools::start_error(&tools.ffmpeg, path, &error))?;
    let (sender, receiver) = channel();
    let complaints = Mutex::default();
    child.stderr.take().into_iter().for_each(|pipe| pump_log(pipe, &sender, &complaints));
    drop(sender);
    let shown: Vec<Shown> = receiver.into_iter().collect();
    let status = child.wait().map_err(|error| MediaError::from_io(path, &error))?;
    if !status.success() && shown.is_empty() {
        let reason = tools::complaint(&complaints.lock().unwrap_or_else(PoisonError::into_inner));
        return Err(MediaError::Unreadable { path: path.to_owned(), reason });
    }
    Ok(shown)
}

fn pump_pictures(mut pipe: ChildStdout, bytes: usize, pictures: &SyncSender<Vec<u8>>) {
    loop {
        let mut picture = Vec::with_capacity(bytes);
        match pipe.by_ref().take(bytes as u64).read_to_end(&mut picture) {
            Ok(read) if read == bytes => {}
            // The end, or a picture that ffmpeg could not finish.
            Ok(_) | Err(_) => return,
        }
        if pictures.send(picture).is_err() {
            return;
        }
    }
}

fn pump_log(pipe: ChildStderr, shown: &Sender<Shown>, complaints: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(pipe);
    let mut line = Vec::new();
    loop {
        line.clear();
        match lines.read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line);
        if let Some(info) = parse_showinfo(&text) {
            // A receiver that is gone means that the process is being ended; the pipe is still emptied until then.
            let _ = shown.send(info);
        } else if ["[error]", "[fatal]", "[panic]"].iter().any(|level| text.contains(level)) {
            let mut kept = complaints.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() == KEPT_LINES {
                kept.remove(0);
            }
            kept.push(text.trim_end().to_owned());
        }
    }
}

/// Reads a line such as "[Parsed_showinfo_1 @ 0x55eabf7e1bc0] [info] n:   0 pts:  15360 … s:64x48 i:P iskey:0 type:B".
fn parse_showinfo(line: &str) -> Option<Shown> {
    let (source, rest) = line.split_once("] ")?;
    if !source.starts_with("[Parsed_showinfo_") {
        return None;
    }
    let fields = rest.strip_prefix("[info] ").unwrap_or(rest).strip_prefix("n:")?;
    let value = |key: &str| {
        let start = fields.find(key)? + key.len();
        fields[start..].split_whitespace().next()
    };
    let (width, height) = value(" s:")?.split_once('x')?;
    Some(Shown {
        time: value(" pts:")?.parse().ok(),
        is_key: value(" iskey:")? == "1",
        size_px: [width.parse().ok()?, height.parse().ok()?],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn showinfo_lines_of_two_generations_are_read() {
        let old = "[Parsed_showinfo_1 @ 0x55eabf7e1bc0] [info] n:   0 pts:  15360 pts_time:1       pos:     1495 fmt:gray \
                   sar:0/1 s:64x48 i:P iskey:0 type:B \n";
        assert_eq!(parse_showinfo(old), Some(Shown { time: Some(15360), is_key: false, size_px: [64, 48] }));
        let new = "[Parsed_showinfo_0 @ 0x6000] [info] n:  12 pts:NOPTS pts_time:NOPTS duration:   512 duration_time:0.03 \
                   fmt:yuv420p cl:left sar:1/1 s:1280x1024 i:P iskey:1 type:I ";
        assert_eq!(parse_showinfo(new), Some(Shown { time: None, is_key: true, size_px: [1280, 1024] }));
        assert_eq!(parse_showinfo("[Parsed_showinfo_1 @ 0x5] [info] color_range:unknown"), None);
        assert_eq!(parse_showinfo("[info] Stream mapping:"), None);
    }
}
