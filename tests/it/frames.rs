//! The window's frames from real files: videos read forward, backward and at random, every second picture of one, and the
//! frame store of long groups.
//!
//! The videos are encoded on the spot by ffmpeg; each picture bears its number.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use behaviorvlm::jobs::frames::store::{self, Prepared, StorableChannel};
use behaviorvlm::jobs::frames::{FrameEvent, FrameService, Look, Mode, Picture, PictureSpec, PixelRect, Wanted};
use behaviorvlm::jobs::{CancelFlag, Job, JobError, JobEvent};
use behaviorvlm::model::{CameraId, RecordingId};
use behaviorvlm::recording::Recording;
use behaviorvlm::store::{CameraInfo, RecordingInfo};

use crate::video::{barcode_in, encode, ffmpeg};

const SIZE_PX: [u32; 2] = [96, 64];
const BUDGET_BYTES: usize = 64 << 20;

struct Window {
    service: FrameService,
    woken: Receiver<()>,
}

impl Window {
    fn open(folder: &Path) -> Self {
        Self::with_store(folder, None)
    }

    fn with_store(folder: &Path, store_root: Option<PathBuf>) -> Self {
        let recording = Recording::open(folder).unwrap();
        let (sender, woken) = channel();
        let wake = Arc::new(move || {
            // The test may be over.
            let _ = sender.send(());
        });
        let service = FrameService::new(&recording, &info_of(&recording), BUDGET_BYTES, store_root, wake).unwrap();
        Self { service, woken }
    }

    /// What comes until every picture is there or told to be unreadable.
    fn show(&self, specs: &[PictureSpec], soon: &[(CameraId, u32)]) -> (Vec<Arc<Picture>>, Vec<FrameEvent>) {
        self.service.want(Wanted { now: specs.to_vec(), soon: soon.to_vec() });
        let (mut shown, mut others) = (Vec::new(), Vec::new());
        loop {
            for event in self.service.poll() {
                match event {
                    FrameEvent::Picture(picture) => shown.push(picture),
                    other => others.push(other),
                }
            }
            if shown.len() + others.len() >= specs.len() {
                return (shown, others);
            }
            self.woken.recv_timeout(Duration::from_secs(120)).expect("the service brings nothing");
        }
    }
}

fn info_of(recording: &Recording) -> RecordingInfo {
    let cameras = recording.cameras.iter();
    RecordingInfo {
        id: RecordingId(1),
        name: recording.name.clone(),
        path_in_project: String::new(),
        path: recording.root.clone(),
        fingerprint: String::new(),
        fps: recording.fps,
        frame_count: 0,
        units: "mm".to_owned(),
        fluorescence_lag_frames: 0.0,
        subject: None,
        session: None,
        group: None,
        cameras: cameras.map(|camera| CameraInfo { name: camera.name.clone(), size_px: SIZE_PX }).collect(),
    }
}

fn spec(camera: u8, frame: u32, mode: Mode) -> PictureSpec {
    let look = Look { mode, ..Look::default() };
    PictureSpec { camera: CameraId(camera), frame, look, region: PixelRect::whole(SIZE_PX), size_px: SIZE_PX }
}

fn number_in(picture: &Picture) -> u32 {
    let [width, _] = picture.size_px;
    barcode_in(|x, y| picture.rgba[((y * width + x) * 4) as usize].into())
}

fn manifest(folder: &Path, cameras: &str) {
    let text = format!("version = 1\nname = \"bars\"\nfps = 30.0\n{cameras}");
    std::fs::write(folder.join("recording.toml"), text).unwrap();
}

#[test]
fn a_video_is_shown_in_any_order() {
    let folder = tempfile::tempdir().unwrap();
    encode(&folder.path().join("a.mp4"), 300, "-c:v libx264 -pix_fmt yuv420p -g 250 -bf 3");
    encode(&folder.path().join("b.avi"), 280, "-c:v ffv1 -pix_fmt gray");
    manifest(
        folder.path(),
        "[[cameras]]\nname = \"a\"\nvideo = \"a.mp4\"\n[[cameras]]\nname = \"b\"\nreflectance = \"b.avi\"\n",
    );
    let window = Window::open(folder.path());
    let back = (200..230u32).rev();
    for frame in (0..20).chain([270, 3, 249, 250, 251]).chain(back) {
        let near = [frame + 1, frame.saturating_sub(1)];
        let soon = near.map(|frame| (CameraId(0), frame));
        let (shown, others) =
            window.show(&[spec(0, frame, Mode::Reflectance), spec(1, frame, Mode::Reflectance)], &soon);
        assert_eq!(shown.iter().map(|picture| number_in(picture)).collect::<Vec<u32>>(), [frame, frame]);
        assert_eq!(others, []);
    }
    // One camera is longer than the other.
    let (shown, others) = window.show(&[spec(0, 290, Mode::Reflectance), spec(1, 290, Mode::Reflectance)], &[]);
    assert_eq!(shown.len(), 1);
    assert!(
        matches!(&others[..], [FrameEvent::Unreadable { camera: CameraId(1), frame: 290, reason }]
            if reason.contains("has frames 0 to 279")),
        "{others:?}"
    );
}

#[test]
fn both_channels_of_an_interleaved_video_count_timepoints() {
    let folder = tempfile::tempdir().unwrap();
    encode(&folder.path().join("a.avi"), 40, "-c:v ffv1 -pix_fmt gray");
    manifest(folder.path(), "[[cameras]]\nname = \"a\"\ninterleaved = \"a.avi\"\n");
    let window = Window::open(folder.path());
    for frame in [0, 1, 7, 19, 4] {
        let (shown, _) = window.show(&[spec(0, frame, Mode::Reflectance), spec(0, frame, Mode::Fluorescence)], &[]);
        let mut numbers: Vec<u32> = shown.iter().map(|picture| number_in(picture)).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, [2 * frame, 2 * frame + 1]);
    }
}

fn planned(folder: &Path, root: &Path) -> Vec<StorableChannel> {
    let recording = Recording::open(folder).unwrap();
    store::plan(&recording, &info_of(&recording), root)
}

/// Prepares, and stops after so many frames.
fn prepared(channels: &[StorableChannel], stop_after: u64) -> Result<Prepared, JobError> {
    let cancel = CancelFlag::default();
    let listener = |event: JobEvent| {
        if matches!(event, JobEvent::Done(frames) if frames >= stop_after) {
            cancel.cancel();
        }
    };
    store::prepare(&Job::new(&cancel, &listener), channels)
}

/// The segments of the only store under a root, in order.
fn segments(root: &Path) -> Vec<PathBuf> {
    let folders = std::fs::read_dir(root).unwrap().map(|folder| folder.unwrap().path()).filter(|path| path.is_dir());
    let files = folders.flat_map(|folder| std::fs::read_dir(folder).unwrap()).map(|file| file.unwrap().path());
    let mut segments: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|end| end == "seg")).collect();
    segments.sort();
    segments
}

#[test]
fn a_frame_store_is_made_in_parts_used_as_it_grows_and_deleted() {
    let (folder, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    encode(&folder.path().join("long.mp4"), 200, "-c:v libx264 -pix_fmt yuv420p -g 150 -bf 3");
    encode(&folder.path().join("short.mp4"), 30, "-c:v libx264 -pix_fmt yuv420p -g 12");
    manifest(
        folder.path(),
        "[[cameras]]\nname = \"a\"\nvideo = \"long.mp4\"\n[[cameras]]\nname = \"b\"\nvideo = \"short.mp4\"\n",
    );
    let plan = planned(folder.path(), root.path());
    let told: Vec<(u32, u32, bool)> =
        plan.iter().map(|channel| (channel.frames, channel.longest_group, channel.is_worthwhile)).collect();
    assert_eq!(told, [(200, 150, true), (30, 12, false)]);
    assert_eq!((plan[0].frames_done, plan[0].bytes_on_disk), (0, 0));

    let long = &plan[..1];
    assert!(matches!(prepared(long, 64), Err(JobError::Stopped)));
    assert_eq!(planned(folder.path(), root.path())[0].frames_done, 64);
    let window = Window::with_store(folder.path(), Some(root.path().to_owned()));
    let number = |frame: u32| {
        let (shown, others) = window.show(&[spec(0, frame, Mode::Reflectance)], &[]);
        assert_eq!(others, []);
        number_in(&shown[0])
    };
    assert_eq!((number(3), number(150)), (3, 150), "from the store, and from the video where it does not reach");

    let done = prepared(long, u64::MAX).unwrap();
    assert_eq!((done.frames_done, done.frames_skipped, done.frames_absent), (136, 64, 0));
    assert_eq!(done.problems, Vec::<String>::new());
    let again = prepared(long, u64::MAX).unwrap();
    assert_eq!((again.frames_done, again.frames_skipped), (0, 200));
    let now = &planned(folder.path(), root.path())[0];
    assert_eq!(now.frames_done, 200);
    let ratio = now.bytes_on_disk as f64 / now.estimated_bytes as f64;
    assert!((0.7..1.4).contains(&ratio), "{} bytes, {} estimated", now.bytes_on_disk, now.estimated_bytes);
    for frame in [199, 64, 63, 128, 127, 2] {
        assert_eq!(number(frame), frame);
    }

    // Segments that are exchanged show that it is the store which is read.
    let paths = segments(root.path());
    assert_eq!(paths.len(), 4);
    let aside = root.path().join("aside");
    std::fs::rename(&paths[0], &aside).unwrap();
    std::fs::rename(&paths[1], &paths[0]).unwrap();
    std::fs::rename(&aside, &paths[1]).unwrap();
    let other = Window::with_store(folder.path(), Some(root.path().to_owned()));
    let (shown, _) = other.show(&[spec(0, 5, Mode::Reflectance)], &[]);
    assert_eq!(number_in(&shown[0]), 69);

    // A damaged segment is not believed.
    std::fs::write(&paths[2], b"BVFRAME1 and then nothing of use").unwrap();
    let (shown, _) = other.show(&[spec(0, 130, Mode::Reflectance)], &[]);
    assert_eq!(number_in(&shown[0]), 130);

    store::delete(long).unwrap();
    let (shown, _) = Window::with_store(folder.path(), Some(root.path().to_owned()))
        .show(&[spec(0, 5, Mode::Reflectance), spec(1, 7, Mode::Reflectance)], &[]);
    assert_eq!(shown.len(), 2);
    assert_eq!(planned(folder.path(), root.path())[0].bytes_on_disk, 0);
}

/// Overwrites a tile of a frame, counted row by row, in a segment.
fn damage_tile(path: &Path, frame: usize, tile: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    let number =
        |at: usize, length: usize| (0..length).fold(0, |sum, byte| sum | usize::from(bytes[at + byte]) << (8 * byte));
    let entry = 16 + (frame * number(12, 4) + 1 + tile) * 12;
    let (offset, length) = (number(entry, 8), number(entry + 8, 4));
    bytes[offset..offset + length].fill(0);
    std::fs::write(path, bytes).unwrap();
}

/// Mean and largest difference of two pictures.
fn difference(a: &Picture, b: &Picture) -> (f64, u8) {
    assert_eq!((a.spec, a.rgba.len()), (b.spec, b.rgba.len()));
    let far: Vec<u8> = a.rgba.iter().zip(&b.rgba).map(|(a, b)| a.abs_diff(*b)).collect();
    let mean = far.iter().map(|far| f64::from(*far)).sum::<f64>() / far.len() as f64;
    (mean, far.into_iter().max().unwrap_or(0))
}

#[test]
fn a_store_shows_what_its_video_shows_whole_enlarged_and_fused() {
    let (folder, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (width, height) = (1300u32, 700u32);
    // A dot that moves over a slope, 16 bit; the animal is a slope alone.
    let level = |frame: u32, x: u32, y: u32, dot: f64| {
        let (x, y) = (f64::from(x), f64::from(y));
        let square = (x - 700.3 - 3.0 * f64::from(frame)).powi(2) + (y - 300.0).powi(2);
        (2000.0 + x + y + dot * (-square / 18.0).exp()) as u16
    };
    for (name, dot) in [("r.mkv", 0.0), ("f.mkv", 20_000.0)] {
        let pixels = |frame: u32| (0..height).flat_map(move |y| (0..width).map(move |x| level(frame, x, y, dot)));
        let input: Vec<u8> = (0..5).flat_map(|frame| pixels(frame).flat_map(u16::to_le_bytes)).collect();
        let size = format!("{width}x{height}");
        let path = folder.path().join(name);
        let arguments = ["-f", "rawvideo", "-pix_fmt", "gray16le", "-s", &size, "-r", "30", "-i", "-", "-c:v", "ffv1"];
        ffmpeg(&[&arguments[..], &[path.to_str().unwrap()]].concat(), &input);
    }
    manifest(folder.path(), "[[cameras]]\nname = \"a\"\nreflectance = \"r.mkv\"\nfluorescence = \"f.mkv\"\n");
    prepared(&planned(folder.path(), root.path()), u64::MAX).unwrap();

    let whole = PixelRect::whole([width, height]);
    let part = PixelRect { x0: 640.0, y0: 240.0, x1: 800.0, y1: 360.0 };
    let specs: Vec<PictureSpec> = [Mode::Reflectance, Mode::Fluorescence, Mode::Fused { mix: 0.85 }]
        .into_iter()
        .flat_map(|mode| [whole, part].map(|region| PictureSpec { region, size_px: [320, 240], ..spec(0, 4, mode) }))
        .collect();
    let shown = |store_root: Option<PathBuf>| {
        let (mut shown, others) = Window::with_store(folder.path(), store_root).show(&specs, &[]);
        assert_eq!(others, []);
        shown.sort_by_key(|picture| specs.iter().position(|spec| *spec == picture.spec));
        shown
    };
    let videos = shown(None);
    let check = |is_damaged: bool| {
        for (video, stored) in videos.iter().zip(shown(Some(root.path().to_owned()))) {
            let (mean, most) = difference(video, &stored);
            // On the flank of a dot the colours change by many times what the level does.
            let most_allowed = if matches!(video.spec.look.mode, Mode::Fused { .. }) { 60 } else { 24 };
            assert!(mean < 2.0 && most < most_allowed, "{:?}: {mean:.2}, {most}, {is_damaged}", video.spec);
            assert!(most > 0 || is_damaged, "JPEG is not exact; was it read from the store? {:?}", video.spec);
        }
    };
    check(false);
    // The video stands in for a tile of the part that does not decode.
    for path in segments(root.path()) {
        damage_tile(&path, 4, 1);
    }
    check(true);
}
