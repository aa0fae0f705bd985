//! What a step costs until the six pictures of the next frame are drawn, by the window's own frame service.
//!
//! Six cameras of 2048×1400 pixels, 8 and 16 bit, drawn at 640×450 from decoded frames: each mode whole, and a part four times
//! enlarged. Wall time is from `want` to the sixth picture, on all cores; CPU time is the whole process's. Then the same six
//! views at random frames of a prepared frame store, nothing decoded before, also parts and halves at other places of the
//! picture each time; its videos are encoded by ffmpeg.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use behaviorvlm::jobs::frames::store;
use behaviorvlm::jobs::frames::{FrameEvent, FrameService, Look, Mode, PictureSpec, PixelRect, Wanted};
use behaviorvlm::jobs::{CancelFlag, Job, JobEvent};
use behaviorvlm::model::{CameraId, RecordingId};
use behaviorvlm::recording::Recording;
use behaviorvlm::store::{CameraInfo, RecordingInfo};
use cpu_time::ProcessTime;

const SIZE_PX: [u32; 2] = [2048, 1400];
const PANE_PX: [u32; 2] = [640, 450];
const CAMERAS: u8 = 6;
const FRAMES: u32 = 8;
const STORED_FRAMES: u32 = 40;
/// Four times enlarged beside the whole picture.
const PART: PixelRect = PixelRect { x0: 900.0, y0: 500.0, x1: 1412.0, y1: 860.0 };
const ROUNDS: usize = 12;
const BUDGET_BYTES: usize = 2 << 30;

fn main() -> anyhow::Result<()> {
    for bits in [8, 16] {
        let folder = tempfile::tempdir()?;
        write_recording(folder.path(), bits)?;
        let recording = Recording::open(folder.path())?;
        for (name, mode) in [
            ("reflectance", Mode::Reflectance),
            ("fluorescence", Mode::Fluorescence),
            ("fused", Mode::Fused { mix: Mode::FUSED_MIX }),
        ] {
            for (region_name, region) in [("whole", PixelRect::whole(SIZE_PX)), ("a part", PART)] {
                let figures = measure(&recording, mode, region)?;
                println!("{bits:2} bit  {name:12}  {region_name:6}  {figures}");
            }
        }
    }
    random_frames_of_a_store()
}

/// Reads frames that are not in memory from the store of a video with one key frame.
fn random_frames_of_a_store() -> anyhow::Result<()> {
    let (folder, root) = (tempfile::tempdir()?, tempfile::tempdir()?);
    write_recording(folder.path(), 8)?;
    for channel in ["r", "f"] {
        let (pictures, video) = (folder.path().join(format!("{channel}%04d.png")), folder.path().join(channel));
        // The same few pictures over and over, since frames are compared by their cost only.
        let mut command = std::process::Command::new("ffmpeg");
        command.args(["-v", "error", "-f", "image2", "-framerate", "60", "-loop", "1", "-i"]).arg(pictures);
        command.args(["-frames:v", &STORED_FRAMES.to_string(), "-c:v", "libx264", "-preset", "ultrafast"]);
        command.args(["-pix_fmt", "yuv420p", "-g", "1000", "-f", "mp4"]);
        anyhow::ensure!(command.arg(&video).status()?.success(), "ffmpeg cannot encode {}", video.display());
    }
    let mut manifest = String::from("version = 1\nname = \"bench\"\nfps = 60.0\n");
    for camera in 0..CAMERAS {
        manifest.push_str(&format!("[[cameras]]\nname = \"cam{camera}\"\nreflectance = \"r\"\nfluorescence = \"f\"\n"));
    }
    std::fs::write(folder.path().join("recording.toml"), manifest)?;
    let recording = Recording::open(folder.path())?;
    let channels = store::plan(&recording, &info_of(&recording), root.path());
    let (cancel, listener) = (CancelFlag::default(), |_: JobEvent| {});
    let (wall, cpu) = (Instant::now(), ProcessTime::now());
    let done = store::prepare(&Job::new(&cancel, &listener), &channels)?;
    println!(
        "store   {} frames made, {:.0} ms CPU each, {:.0} ms wall each, {} KiB each",
        done.frames_done,
        cpu.elapsed().as_secs_f64() * 1e3 / done.frames_done as f64,
        wall.elapsed().as_secs_f64() * 1e3 / done.frames_done as f64,
        channels.first().map_or(0, |channel| channel.estimated_bytes / u64::from(channel.frames)) >> 10
    );
    for (name, mode) in [("reflectance", Mode::Reflectance), ("fused", Mode::Fused { mix: Mode::FUSED_MIX })] {
        let (whole, half) = (PixelRect::whole(SIZE_PX), SIZE_PX.map(|side| f64::from(side) / 2.0));
        let regions: [(&str, &dyn Fn(u32) -> PixelRect); 4] = [
            ("whole", &|_| whole),
            ("a part", &|_| PART),
            ("parts", &|step| somewhere([PART.width(), PART.height()], step)),
            ("halves", &|step| somewhere(half, step)),
        ];
        for (region_name, region) in regions {
            let window = Window::open(&recording, 64 << 20, Some(root.path().to_owned()))?;
            window.wait_for(specs(mode, region(0), 0, 0))?;
            let mut steps = Steps::default();
            for step in 1..STORED_FRAMES {
                steps.time(|| window.wait_for(specs(mode, region(step), step * 37 % STORED_FRAMES, 0)))?;
            }
            println!("store   {name:12}  {region_name:6}  {}", steps.figures());
        }
    }
    Ok(())
}

/// A part of this size at another place of the picture with each step.
fn somewhere(size_px: [f64; 2], step: u32) -> PixelRect {
    let place = |index: usize, factor: u32| {
        f64::from(step * factor % 1000) / 1000.0 * (f64::from(SIZE_PX[index]) - size_px[index])
    };
    let (x0, y0) = (place(0, 379), place(1, 617));
    PixelRect { x0, y0, x1: x0 + size_px[0], y1: y0 + size_px[1] }
}

/// Steps through the frames, all of them decoded, and through the looks, so that each picture is drawn anew.
fn measure(recording: &Recording, mode: Mode, region: PixelRect) -> anyhow::Result<String> {
    let window = Window::open(recording, BUDGET_BYTES, None)?;
    for frame in 0..FRAMES {
        window.wait_for(specs(mode, region, frame, 0))?;
    }
    let mut steps = Steps::default();
    for round in 1..=ROUNDS {
        for frame in 0..FRAMES {
            steps.time(|| window.wait_for(specs(mode, region, frame, round)))?;
        }
    }
    Ok(format!("{}   {:4} MiB held", steps.figures(), window.service.memory_bytes() >> 20))
}

fn specs(mode: Mode, region: PixelRect, frame: u32, round: usize) -> Vec<PictureSpec> {
    let look = Look { mode, brightness: round as f32 * 1e-3, ..Look::default() };
    let spec = |camera| PictureSpec { camera: CameraId(camera), frame, look, region, size_px: PANE_PX };
    (0..CAMERAS).map(spec).collect()
}

/// Times of steps, ms.
#[derive(Default)]
struct Steps {
    walls: Vec<f64>,
    cpus: Vec<f64>,
}

impl Steps {
    fn time(&mut self, step: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
        let (wall, cpu) = (Instant::now(), ProcessTime::now());
        step()?;
        self.walls.push(wall.elapsed().as_secs_f64() * 1e3);
        self.cpus.push(cpu.elapsed().as_secs_f64() * 1e3);
        Ok(())
    }

    fn figures(&mut self) -> String {
        let of = |values: &mut Vec<f64>, share: f64| {
            values.sort_by(f64::total_cmp);
            values[((values.len() - 1) as f64 * share) as usize]
        };
        format!(
            "wall {:6.2} ms median {:6.2} ms p95   CPU {:6.2} ms median {:6.2} ms p95",
            of(&mut self.walls, 0.5),
            of(&mut self.walls, 0.95),
            of(&mut self.cpus, 0.5),
            of(&mut self.cpus, 0.95),
        )
    }
}

/// Whoever shows the pictures.
struct Window {
    service: FrameService,
    woken: Receiver<()>,
}

impl Window {
    fn open(recording: &Recording, budget_bytes: usize, store_root: Option<PathBuf>) -> anyhow::Result<Self> {
        let (sender, woken) = channel();
        let wake = Arc::new(move || {
            // The service outlives the receiver by a moment.
            let _ = sender.send(());
        });
        let service = FrameService::new(recording, &info_of(recording), budget_bytes, store_root, wake)?;
        Ok(Self { service, woken })
    }

    fn wait_for(&self, specs: Vec<PictureSpec>) -> anyhow::Result<()> {
        let mut open = specs.len();
        self.service.want(Wanted { now: specs, soon: Vec::new() });
        while open > 0 {
            self.woken.recv_timeout(Duration::from_secs(120)).context("the service brings nothing")?;
            open -= self.service.poll().iter().filter(|event| matches!(event, FrameEvent::Picture(_))).count();
        }
        Ok(())
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
        frame_count: FRAMES,
        units: "mm".to_owned(),
        fluorescence_lag_frames: 0.0,
        subject: None,
        session: None,
        group: None,
        cameras: cameras.map(|camera| CameraInfo { name: camera.name.clone(), size_px: SIZE_PX }).collect(),
    }
}

/// Writes image sequences; all cameras share the files, which are read apart all the same.
fn write_recording(folder: &Path, bits: u32) -> anyhow::Result<()> {
    let mut manifest = String::from("version = 1\nname = \"bench\"\nfps = 60.0\n");
    for camera in 0..CAMERAS {
        manifest.push_str(&format!(
            "[[cameras]]\nname = \"cam{camera}\"\nreflectance = \"r%04d.png\"\nfluorescence = \"f%04d.png\"\n"
        ));
    }
    std::fs::write(folder.join("recording.toml"), manifest)?;
    let [width, height] = SIZE_PX;
    for frame in 0..FRAMES {
        for channel in ["r", "f"] {
            let path = folder.join(format!("{channel}{frame:04}.png"));
            let speckle = |x: u32, y: u32| u32::from((x * 7 + y * 13).is_multiple_of(11)) * 20;
            let level = |x: u32, y: u32| 40 + (x / 16 + y / 8 + frame * 3) % 150 + speckle(x, y);
            if bits == 8 {
                image::GrayImage::from_fn(width, height, |x, y| image::Luma([level(x, y) as u8])).save(path)?;
            } else {
                let picture: image::ImageBuffer<image::Luma<u16>, Vec<u16>> =
                    image::ImageBuffer::from_fn(width, height, |x, y| image::Luma([level(x, y) as u16 * 200]));
                picture.save(path)?;
            }
        }
    }
    Ok(())
}
