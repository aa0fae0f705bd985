//! The window's frames from real files: videos read forward, backward and at random, and every second picture of one.
//!
//! The videos are encoded on the spot by ffmpeg; each picture bears its number.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use behaviorvlm::jobs::frames::{FrameEvent, FrameService, Look, Mode, Picture, PictureSpec, PixelRect, Wanted};
use behaviorvlm::model::{CameraId, RecordingId};
use behaviorvlm::recording::Recording;
use behaviorvlm::store::{CameraInfo, RecordingInfo};

use crate::video::{barcode_in, encode};

const SIZE_PX: [u32; 2] = [96, 64];
const BUDGET_BYTES: usize = 64 << 20;

struct Window {
    service: FrameService,
    woken: Receiver<()>,
}

impl Window {
    fn open(folder: &Path) -> Self {
        let recording = Recording::open(folder).unwrap();
        let (sender, woken) = channel();
        let wake = Arc::new(move || {
            // The test may be over.
            let _ = sender.send(());
        });
        Self { service: FrameService::new(&recording, &info_of(&recording), BUDGET_BYTES, wake).unwrap(), woken }
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
