//! Reading video frame by frame: each picture bears its number, so that a shifted, repeated or missing frame is seen.
//!
//! The videos are encoded on the spot by Debian's ffmpeg, which these tests need (apt install ffmpeg).

#![expect(clippy::unwrap_used, reason = "what fails in a helper fails its test")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use behaviorvlm::model::CameraId;
use behaviorvlm::recording::video::{VideoReader, count_by_decoding};
use behaviorvlm::recording::{Channel, FrameSource, GrayFrame, GrayPixels, MediaError, Recording, open_channel};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const WIDTH: u32 = 96;
const HEIGHT: u32 = 64;
/// Pixels across a bar of the code; larger than a block of any codec.
const BAR_PX: u32 = 8;
const BITS: u32 = 12;

/// A picture with `number` in black and white bars above, and below something that moves, so that encoders use B-frames.
fn barcode(number: u32) -> Vec<u8> {
    let mut pixels = Vec::with_capacity((WIDTH * HEIGHT) as usize);
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let bar = number >> (x / BAR_PX) & 1;
            let moving = 40 + (x * 2 + y + number * 3) % 160;
            pixels.push(if y < HEIGHT / 2 { 40 + bar * 160 } else { moving } as u8);
        }
    }
    pixels
}

/// The number in a picture of 8 bits.
fn number_in(frame: &GrayFrame) -> u32 {
    assert_eq!(frame.size_px(), [WIDTH, HEIGHT]);
    barcode_in(|x, y| frame.level(x, y).unwrap().into())
}

/// The number that the levels of a picture of 8 bits show.
pub(crate) fn barcode_in(level: impl Fn(u32, u32) -> u32) -> u32 {
    let bit = |bar: u32| u32::from(level(bar * BAR_PX + BAR_PX / 2, HEIGHT / 4) > 120);
    (0..BITS).map(|bar| bit(bar) << bar).sum()
}

pub(crate) fn ffmpeg(arguments: &[&str], input: &[u8]) {
    let mut child = Command::new("ffmpeg")
        .args(["-v", "error", "-y"])
        .args(arguments)
        .stdin(Stdio::piped())
        .spawn()
        .expect("these tests need ffmpeg: apt install ffmpeg");
    child.stdin.take().unwrap().write_all(input).unwrap();
    assert!(child.wait().unwrap().success(), "ffmpeg {arguments:?}");
}

/// Encodes `frames` barcodes; `options` stand before the output.
pub(crate) fn encode(path: &Path, frames: u32, options: &str) {
    let input: Vec<u8> = (0..frames).flat_map(barcode).collect();
    let size = format!("{WIDTH}x{HEIGHT}");
    let mut arguments = vec!["-f", "rawvideo", "-pix_fmt", "gray", "-s", &size, "-r", "30", "-i", "-"];
    arguments.extend(options.split(' '));
    arguments.push(path.to_str().unwrap());
    ffmpeg(&arguments, &input);
}

/// Filter and options that give each frame a time of its own.
const VARIABLE: &str = "-vf settb=1/90000,setpts=N*3000+mod(N*7\\,5)*500 -fps_mode passthrough -enc_time_base 1:90000";

/// Reads everything forward, then some frames in any order, then a step back and forward.
fn check(path: &Path, frames: u32) {
    let mut video = VideoReader::open(path).unwrap();
    assert_eq!(video.frame_count().unwrap(), frames, "{}", path.display());
    for frame in 0..frames {
        assert_eq!(number_in(&video.read(frame).unwrap()), frame, "{} forward", path.display());
    }
    assert!(matches!(video.read(frames), Err(MediaError::OutOfRange { .. })));
    let mut random = ChaCha8Rng::seed_from_u64(u64::from(frames));
    let mut wanted: Vec<u32> = (0..8).map(|_| random.random_range(0..frames)).collect();
    wanted.extend([frames - 1, 0, frames - 1, frames - 2, frames / 2, frames / 2 - 1, frames / 2 + 1]);
    for frame in wanted {
        assert_eq!(number_in(&video.read(frame).unwrap()), frame, "{} at random", path.display());
    }
    assert_eq!(count_by_decoding(path).unwrap(), frames);
}

fn encoded_and_checked(file: &str, frames: u32, options: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(file);
    encode(&path, frames, options);
    check(&path, frames);
}

macro_rules! codecs {
    ($($name:ident: $file:literal, $frames:literal, $options:expr;)*) => {
        $(#[test]
        fn $name() {
            encoded_and_checked($file, $frames, $options);
        })*
    };
}

codecs! {
    h264_every_frame_a_key: "a.mp4", 60, "-c:v libx264 -pix_fmt yuv420p -g 1";
    h264_group_of_12: "a.mp4", 60, "-c:v libx264 -pix_fmt yuv420p -g 12 -bf 3";
    h264_group_of_250: "a.mp4", 300, "-c:v libx264 -pix_fmt yuv420p -g 250 -bf 3";
    h264_open_groups_in_matroska: "a.mkv", 60, "-c:v libx264 -pix_fmt yuv420p -x264-params open-gop=1 -g 12 -bf 3";
    h264_without_key_frames: "a.mp4", 60, "-c:v libx264 -pix_fmt yuv420p -x264-params intra-refresh=1 -g 12";
    h264_variable_rate: "a.mp4", 60, &format!("{VARIABLE} -c:v libx264 -pix_fmt yuv420p -g 12 -bf 3");
    h264_variable_rate_in_matroska: "a.mkv", 60, &format!("{VARIABLE} -c:v libx264 -pix_fmt yuv420p -g 12 -bf 3");
    h264_b_frames_without_times_in_avi: "a.avi", 60, "-c:v libx264 -pix_fmt yuv420p -g 12 -bf 3";
    h264_in_a_transport_stream: "a.ts", 60, "-c:v libx264 -pix_fmt yuv420p -g 12 -bf 2";
    h264_bare: "a.h264", 60, "-c:v libx264 -pix_fmt yuv420p -g 12 -bf 2";
    hevc_every_frame_a_key: "a.mp4", 60, "-c:v libx265 -pix_fmt yuv420p -x265-params log-level=error:keyint=1";
    hevc_group_of_12: "a.mp4", 60, "-c:v libx265 -pix_fmt yuv420p -x265-params log-level=error:keyint=12:bframes=3";
    hevc_open_groups: "a.mp4", 60, "-c:v libx265 -pix_fmt yuv420p -x265-params log-level=error:keyint=12:open-gop=1:bframes=4";
    hevc_group_of_250: "a.mp4", 300, "-c:v libx265 -pix_fmt yuv420p -x265-params log-level=error:keyint=250:bframes=3";
    hevc_variable_rate: "a.mp4", 60, &format!("{VARIABLE} -c:v libx265 -pix_fmt yuv420p -x265-params log-level=error:keyint=12:bframes=3");
    mpeg4_with_b_frames: "a.mp4", 60, "-c:v mpeg4 -q:v 3 -g 12 -bf 2";
    mpeg4_in_avi: "a.avi", 60, "-c:v mpeg4 -q:v 3 -g 12";
    mpeg4_b_frames_without_times_in_avi: "a.avi", 60, "-c:v mpeg4 -q:v 3 -g 12 -bf 2";
    mjpeg_in_avi: "a.avi", 60, "-c:v mjpeg -q:v 3 -pix_fmt yuvj420p";
    mjpeg_variable_rate: "a.mkv", 60, &format!("{VARIABLE} -c:v mjpeg -q:v 3 -pix_fmt yuvj420p");
    ffv1_gray: "a.avi", 60, "-c:v ffv1 -pix_fmt gray";
    ffv1_variable_rate: "a.mkv", 60, &format!("{VARIABLE} -c:v ffv1 -pix_fmt gray");
}

#[test]
fn names_that_look_like_options_or_protocols_are_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("-cam 0:a%03d.mp4.avi");
    encode(&folder.path().join("a.avi"), 5, "-c:v ffv1 -pix_fmt gray");
    std::fs::rename(folder.path().join("a.avi"), &path).unwrap();
    check(&path, 5);
}

#[test]
fn sixteen_bits_come_out_as_stored() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.avi");
    let level = |frame: u32, pixel: u32| (frame * 4099 + pixel * 37 + 5) as u16;
    let input: Vec<u8> = (0..20u32)
        .flat_map(|frame| (0..WIDTH * HEIGHT).flat_map(move |pixel| level(frame, pixel).to_le_bytes()))
        .collect();
    let size = format!("{WIDTH}x{HEIGHT}");
    let raw = ["-f", "rawvideo", "-pix_fmt", "gray16le", "-s", &size, "-r", "30", "-i", "-"];
    ffmpeg(&[&raw[..], &["-c:v", "ffv1", "-pix_fmt", "gray16le", path.to_str().unwrap()]].concat(), &input);
    let mut video = VideoReader::open(&path).unwrap();
    for frame in [0, 1, 2, 17, 3, 19, 0] {
        let expected = (0..WIDTH * HEIGHT).map(|pixel| level(frame, pixel)).collect();
        assert_eq!(video.read(frame).unwrap().pixels, GrayPixels::U16(expected), "frame {frame}");
    }
}

#[test]
fn luma_is_neither_stretched_nor_clipped() {
    let folder = tempfile::tempdir().unwrap();
    // A ramp over all 256 levels as the luma of a lossless video, in the range that its header calls limited.
    let ramp: Vec<u8> = (0..64 * 256u32).map(|pixel| (pixel % 256) as u8).collect();
    let chroma = vec![128u8; 2 * 64 * 256 / 4];
    for (codec, format) in [("ffv1", "yuv420p"), ("libx264", "yuv420p"), ("rawvideo", "nv12"), ("rawvideo", "yuyv422")]
    {
        let path = folder.path().join(format!("{codec}_{format}.mkv"));
        let raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "256x64", "-r", "30", "-i", "-"];
        let out = ["-c:v", codec, "-pix_fmt", format, "-color_range", "tv", path.to_str().unwrap()];
        let lossless: &[&str] = if codec == "libx264" { &["-qp", "0"] } else { &[] };
        ffmpeg(&[&raw[..], lossless, &out[..]].concat(), &[ramp.clone(), chroma.clone()].concat());
        let mut video = VideoReader::open(&path).unwrap();
        assert_eq!(video.read(0).unwrap().pixels, GrayPixels::U8(ramp.clone()), "{codec} {format}");
    }
}

#[test]
fn an_edit_list_hides_what_a_player_hides() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, cut) = (folder.path().join("whole.mp4"), folder.path().join("cut.mp4"));
    for (encoder, first) in
        [("-c:v libx264 -g 12 -bf 3", 15), ("-c:v libx265 -x265-params log-level=error:keyint=12", 15)]
    {
        encode(&whole, 60, &format!("{encoder} -pix_fmt yuv420p"));
        let (from, to) = (whole.to_str().unwrap(), cut.to_str().unwrap());
        ffmpeg(&["-ss", "0.5", "-i", from, "-c", "copy", to], &[]);
        let mut video = VideoReader::open(&cut).unwrap();
        let index = video.index().unwrap();
        assert!(index.hidden > 0, "the cut is expected to keep hidden pictures");
        let frames = video.frame_count().unwrap();
        assert_eq!(frames, 60 - first);
        for frame in (0..frames).chain([20, 3, 0, frames - 1]) {
            assert_eq!(number_in(&video.read(frame).unwrap()), frame + first);
        }
        assert_eq!(count_by_decoding(&cut).unwrap(), frames);
    }
}

#[test]
fn a_video_that_asks_to_be_turned_is_turned() {
    let folder = tempfile::tempdir().unwrap();
    let (flat, turned) = (folder.path().join("flat.mp4"), folder.path().join("turned.mp4"));
    encode(&flat, 12, "-c:v libx264 -pix_fmt yuv420p");
    let copy = ["-c", "copy", "-metadata:s:v", "rotate=90", turned.to_str().unwrap()];
    ffmpeg(&[&["-i", flat.to_str().unwrap()], &copy[..]].concat(), &[]);
    let mut video = VideoReader::open(&turned).unwrap();
    // Later releases of ffmpeg write no rotation this way.
    if video.size_px() == [HEIGHT, WIDTH] {
        assert_eq!(video.read(3).unwrap().size_px(), [HEIGHT, WIDTH]);
    } else {
        assert_eq!(number_in(&video.read(3).unwrap()), 3);
    }
}

#[test]
fn a_stream_that_begins_between_key_frames_counts_what_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, cut) = (folder.path().join("whole.mp4"), folder.path().join("cut.mkv"));
    encode(&whole, 60, "-c:v libx264 -g 12 -bf 3 -pix_fmt yuv420p");
    ffmpeg(
        &["-i", whole.to_str().unwrap(), "-c", "copy", "-bsf:v", "noise=drop=lt(n\\,5)", cut.to_str().unwrap()],
        &[],
    );
    let mut video = VideoReader::open(&cut).unwrap();
    let frames = video.frame_count().unwrap();
    assert_eq!(frames, count_by_decoding(&cut).unwrap());
    assert!(frames < video.index().unwrap().packets);
    let mut forward = Vec::new();
    for frame in 0..frames {
        forward.push(number_in(&video.read(frame).unwrap()));
    }
    assert!(forward.is_sorted() && forward.last() == Some(&59));
    for frame in [frames - 1, 10, 25, 24, 0] {
        assert_eq!(number_in(&video.read(frame).unwrap()), forward[frame as usize]);
    }
}

#[test]
fn a_damaged_picture_never_shifts_those_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.avi");
    encode(&path, 40, "-c:v ffv1 -level 3 -g 1 -slicecrc 1 -slices 4 -pix_fmt gray");
    // Without any slice that can be decoded, the decoder leaves a picture out.
    let mut bytes = std::fs::read(&path).unwrap();
    let pictures = bytes.windows(4).position(|word| word == b"movi").unwrap();
    let chunks: Vec<usize> = (pictures..bytes.len() - 8).filter(|at| &bytes[*at..*at + 4] == b"00dc").collect();
    let start = chunks[20] + 8;
    bytes[start..start + 40].fill(0xff);
    std::fs::write(&path, bytes).unwrap();
    let mut video = VideoReader::open(&path).unwrap();
    assert_eq!(video.frame_count().unwrap(), 40);
    for frame in (0..40).chain([30, 21, 19]) {
        match video.read(frame) {
            Ok(picture) if frame != 20 => assert_eq!(number_in(&picture), frame),
            Ok(_) => {}
            Err(error) => {
                assert_eq!(frame, 20, "{error}");
                assert!(matches!(error, MediaError::Damaged { frame: 20, .. }), "{error}");
            }
        }
    }
}

/// Reads all that a damaged file lists. Whatever comes is of the right size or an error, and nothing hangs or panics.
fn survives(path: &Path) {
    let Ok(mut video) = VideoReader::open(path) else { return };
    let size_px = video.size_px();
    let Ok(frames) = video.frame_count() else { return };
    for frame in (0..frames.min(40)).chain([frames / 2, frames.saturating_sub(1)]) {
        match video.read(frame) {
            Ok(picture) => assert_eq!(picture.size_px(), size_px),
            Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
        }
    }
}

#[test]
fn files_with_wrong_bytes_give_pictures_or_errors() {
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        ("a.mp4", "-c:v libx264 -g 12 -bf 3 -pix_fmt yuv420p"),
        ("a.avi", "-c:v ffv1 -pix_fmt gray"),
        ("b.avi", "-c:v mpeg4 -g 12"),
        ("a.mkv", "-c:v libx265 -x265-params log-level=error -pix_fmt yuv420p"),
    ];
    let mut random = ChaCha8Rng::seed_from_u64(7);
    for (file, options) in cases {
        let path = folder.path().join(file);
        encode(&path, 20, options);
        let sound = std::fs::read(&path).unwrap();
        for _ in 0..3 {
            let mut bytes = sound.clone();
            for _ in 0..random.random_range(1..30) {
                let at = random.random_range(0..bytes.len());
                bytes[at] = random.random();
            }
            std::fs::write(&path, bytes).unwrap();
            survives(&path);
        }
    }
}

#[test]
fn a_cut_off_video_says_how_much_of_it_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        ("a.mp4", "-c:v libx264 -g 12 -bf 3 -pix_fmt yuv420p -movflags +faststart"),
        ("a.avi", "-c:v ffv1 -pix_fmt gray"),
        ("a.mkv", "-c:v libx264 -g 12 -bf 3 -pix_fmt yuv420p"),
        ("b.avi", "-c:v mjpeg -pix_fmt yuvj420p"),
    ];
    for (file, options) in cases {
        let path = folder.path().join(file);
        encode(&path, 60, options);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() * 6 / 10]).unwrap();
        let mut video = VideoReader::open(&path).unwrap();
        let frames = video.frame_count().unwrap();
        assert!((5..60).contains(&frames), "{file}: {frames}");
        for frame in (0..frames).chain([frames / 2, frames - 1]) {
            assert_eq!(number_in(&video.read(frame).unwrap()), frame, "{file}");
        }
        let error = video.read(frames).unwrap_err();
        assert!(matches!(error, MediaError::Truncated { readable, .. } if readable == frames), "{file}: {error}");
        assert!(error.to_string().contains(&format!("{frames} can be read")), "{error}");
    }
    let path = folder.path().join("late.mp4");
    encode(&path, 60, "-c:v libx264 -pix_fmt yuv420p");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let error = VideoReader::open(&path).err().unwrap().to_string();
    assert!(error.contains("copy it again"), "{error}");
}

#[test]
fn what_is_no_video_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let problem = |path: PathBuf| VideoReader::open(&path).err().unwrap().to_string();
    assert!(problem(folder.path().join("none.mp4")).contains("does not exist"));
    assert!(problem(folder.path().to_owned()).contains("is a folder"));
    assert!(problem(write("empty.mp4", b"")).contains("is empty"));
    let text = problem(write("text.mp4", b"this is no video"));
    assert!(text.contains("not a video"), "{text}");
}

#[test]
fn interleaved_pictures_are_two_channels() {
    let folder = tempfile::tempdir().unwrap();
    encode(&folder.path().join("cam0.mp4"), 41, "-c:v libx264 -g 12 -bf 3 -pix_fmt yuv420p");
    let manifest = "version = 1\nname = 'x'\nfps = 15\n[[cameras]]\nname = 'cam0'\ninterleaved = 'cam0.mp4'\n";
    std::fs::write(folder.path().join("recording.toml"), manifest).unwrap();
    let recording = Recording::open(folder.path()).unwrap();
    assert_eq!(recording.frame_count().unwrap(), 20);
    assert_eq!(recording.fluorescence_lag_frames, 0.5);
    for (channel, first) in [(Channel::Reflectance, 0), (Channel::Fluorescence, 1)] {
        let mut source = open_channel(&recording, CameraId(0), channel).unwrap();
        for frame in (0..20).chain([7, 19, 0]) {
            assert_eq!(number_in(&source.read(frame).unwrap()), 2 * frame + first);
        }
        assert!(source.read(20).is_err());
    }
}

/// Processes named ffmpeg whose parent is this one.
#[cfg(target_os = "linux")]
fn children() -> usize {
    let is_ours = |entry: std::fs::DirEntry| {
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let (name, rest) = stat.rsplit_once(')').unwrap_or_default();
        let parent = rest.split_whitespace().nth(1).unwrap_or_default();
        name.contains("(ff") && parent == std::process::id().to_string()
    };
    std::fs::read_dir("/proc").unwrap().flatten().map(is_ours).filter(|ours| *ours).count()
}

#[test]
#[cfg(target_os = "linux")]
fn no_process_outlives_its_reader() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mp4");
    encode(&path, 300, "-c:v libx264 -g 12 -bf 3 -pix_fmt yuv420p");
    let before = children();
    let mut readers: Vec<VideoReader> = (0..4).map(|_| VideoReader::open(&path).unwrap()).collect();
    for (frame, reader) in (10..).zip(&mut readers) {
        for frame in [frame, frame + 100, frame] {
            assert_eq!(number_in(&reader.read(frame).unwrap()), frame);
        }
    }
    drop(readers);
    // Other tests of the same process may have started theirs meanwhile; under a process per test none can be left.
    if std::env::var_os("NEXTEST").is_some() {
        assert_eq!(children(), before);
    }
}
