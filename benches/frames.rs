//! What a step costs until the six pictures of the next frame are drawn, by the window's own frame service.
//!
//! Six cameras of 2048×1400 pixels, 8 and 16 bit, drawn at 640×450 from decoded frames: each mode whole, and a part four times
//! enlarged. Wall time is from `want` to the sixth picture, on all cores; CPU time is the whole process's.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use behaviorvlm::jobs::frames::{FrameEvent, FrameService, Look, Mode, PictureSpec, PixelRect, Wanted};
use behaviorvlm::model::{CameraId, RecordingId};
use behaviorvlm::recording::Recording;
use behaviorvlm::store::{CameraInfo, RecordingInfo};
use cpu_time::ProcessTime;

const SIZE_PX: [u32; 2] = [2048, 1400];
const PANE_PX: [u32; 2] = [640, 450];
const CAMERAS: u8 = 6;
const FRAMES: u32 = 8;
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
            let whole = PixelRect::whole(SIZE_PX);
            let part = PixelRect { x0: 900.0, y0: 500.0, x1: 1412.0, y1: 860.0 };
            for (region_name, region) in [("whole", whole), ("a part", part)] {
                let figures = measure(&recording, mode, region)?;
                println!("{bits:2} bit  {name:12}  {region_name:6}  {figures}");
            }
        }
    }
    Ok(())
}

/// Steps through the frames, all of them decoded, and through the looks, so that each picture is drawn anew.
fn measure(recording: &Recording, mode: Mode, region: PixelRect) -> anyhow::Result<String> {
    let (sender, woken) = channel();
    let wake = Arc::new(move || {
        // The service outlives the receiver by a moment.
        let _ = sender.send(());
    });
    let service = FrameService::new(recording, &info_of(recording), BUDGET_BYTES, wake)?;
    let specs = |frame: u32, round: usize| -> Vec<PictureSpec> {
        let look = Look { mode, brightness: round as f32 * 1e-3, ..Look::default() };
        let spec = |camera| PictureSpec { camera: CameraId(camera), frame, look, region, size_px: PANE_PX };
        (0..CAMERAS).map(spec).collect()
    };
    for frame in 0..FRAMES {
        wait_for(&service, &woken, specs(frame, 0))?;
    }
    let (mut walls, mut cpus) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        for frame in 0..FRAMES {
            let (wall, cpu) = (Instant::now(), ProcessTime::now());
            wait_for(&service, &woken, specs(frame, round))?;
            walls.push(wall.elapsed().as_secs_f64() * 1e3);
            cpus.push(cpu.elapsed().as_secs_f64() * 1e3);
        }
    }
    let of = |values: &mut Vec<f64>, share: f64| {
        values.sort_by(f64::total_cmp);
        values[((values.len() - 1) as f64 * share) as usize]
    };
    Ok(format!(
        "wall {:6.2} ms median {:6.2} ms p95   CPU {:6.2} ms median   {:4} MiB held",
        of(&mut walls, 0.5),
        of(&mut walls, 0.95),
        of(&mut cpus, 0.5),
        service.memory_bytes() >> 20
    ))
}

fn wait_for(service: &FrameService, woken: &Receiver<()>, specs: Vec<PictureSpec>) -> anyhow::Result<()> {
    let mut open = specs.len();
    service.want(Wanted { now: specs, soon: Vec::new() });
    while open > 0 {
        woken.recv_timeout(Duration::from_secs(120)).context("the service brings nothing")?;
        open -= service.poll().iter().filter(|event| matches!(event, FrameEvent::Picture(_))).count();
    }
    Ok(())
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
            let level =
                |x: u32, y: u32| 40 + (x / 16 + y / 8 + frame * 3) % 150 + u32::from((x * 7 + y * 13) % 11 == 0) * 20;
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
