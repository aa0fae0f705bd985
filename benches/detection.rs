//! Time and quality of centroid detection on one 2048×1400 picture, 8 and 16 bit, one thread.
//!
//! Twelve pictures per bit depth, each with twelve blurred spots of 2 to 5 px on a gradient, a body's glow and shot noise.
//! With BEHAVIORVLM_PYTHON (an interpreter with numpy, scipy and opencv) and BEHAVIORVLM_PEERS (a folder with
//! `bench_spots.py`) the OpenCV peer runs on the same pictures in the same run.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use behaviorvlm::recording::GrayFrame;
use behaviorvlm::recording::GrayPixels;
use behaviorvlm::recording::detect::{DetectConfig, find_centroids};
use cpu_time::ThreadTime;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, Normal};
use serde_json::Value;

const WIDTH: usize = 2048;
const HEIGHT: usize = 1400;
const SPOTS: usize = 12;
const PICTURES: u64 = 12;
const REPETITIONS: usize = 5;
/// A spot farther than this from every true one is false, px.
const TOLERANCE_PX: f64 = 4.0;

struct Picture {
    frame: GrayFrame,
    truth: Vec<[f64; 2]>,
}

fn main() -> anyhow::Result<()> {
    let config = DetectConfig::default();
    for bits in [8, 16] {
        let pictures: Vec<Picture> = (0..PICTURES).map(|seed| picture(100 + seed, bits)).collect();
        let ours = measure(&pictures, |frame| {
            let centroids = find_centroids(frame, None, None, &config).unwrap_or_default();
            centroids.iter().map(|found| [found.point_in_image.x, found.point_in_image.y]).collect()
        });
        println!("{bits:2} bit  ours    {ours}");
        match peer(&pictures) {
            Ok(Some(theirs)) => {
                let ratio = theirs.cpu_min_ms / ours.cpu_min_ms;
                let ratio_of_medians = theirs.cpu_median_ms / ours.cpu_median_ms;
                println!("{bits:2} bit  OpenCV  {theirs}");
                println!("{bits:2} bit  OpenCV over ours: {ratio:.2} (min), {ratio_of_medians:.2} (median)");
            }
            Ok(None) => println!("{bits:2} bit  OpenCV  not run: set BEHAVIORVLM_PYTHON and BEHAVIORVLM_PEERS"),
            Err(error) => println!("{bits:2} bit  OpenCV  failed: {error:#}"),
        }
    }
    Ok(())
}

/// What a detector does with the pictures.
struct Figures {
    cpu_min_ms: f64,
    cpu_median_ms: f64,
    recall: f64,
    precision: f64,
    error_median_px: f64,
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "CPU {:6.2} ms min {:6.2} ms median  recall {:.4}  precision {:.4}  median error {:.4} px",
            self.cpu_min_ms, self.cpu_median_ms, self.recall, self.precision, self.error_median_px
        )
    }
}

fn measure(pictures: &[Picture], detect: impl Fn(&GrayFrame) -> Vec<[f64; 2]>) -> Figures {
    let mut times = Vec::new();
    let mut found = Vec::new();
    for picture in pictures {
        detect(&picture.frame);
        for _ in 0..REPETITIONS {
            let start = ThreadTime::now();
            let spots = detect(&picture.frame);
            times.push(start.elapsed().as_secs_f64() * 1e3);
            if times.len() % REPETITIONS == 0 {
                found.push(spots);
            }
        }
    }
    figures(pictures, times, &found)
}

fn figures(pictures: &[Picture], mut times: Vec<f64>, found: &[Vec<[f64; 2]>]) -> Figures {
    times.sort_by(f64::total_cmp);
    let (mut hits, mut wanted, mut given) = (0usize, 0usize, 0usize);
    let mut errors = Vec::new();
    for (picture, found) in pictures.iter().zip(found) {
        wanted += picture.truth.len();
        given += found.len();
        let mut free: Vec<&[f64; 2]> = found.iter().collect();
        for truth in &picture.truth {
            let distance = |spot: &[f64; 2]| (spot[0] - truth[0]).hypot(spot[1] - truth[1]);
            let nearest = (0..free.len()).min_by(|a, b| distance(free[*a]).total_cmp(&distance(free[*b])));
            if let Some(index) = nearest.filter(|index| distance(free[*index]) < TOLERANCE_PX) {
                errors.push(distance(free.swap_remove(index)));
                hits += 1;
            }
        }
    }
    errors.sort_by(f64::total_cmp);
    Figures {
        cpu_min_ms: times.first().copied().unwrap_or(f64::NAN),
        cpu_median_ms: times.get(times.len() / 2).copied().unwrap_or(f64::NAN),
        recall: hits as f64 / wanted.max(1) as f64,
        precision: hits as f64 / given.max(1) as f64,
        error_median_px: errors.get(errors.len() / 2).copied().unwrap_or(f64::NAN),
    }
}

/// A picture as the peer's script makes them, from another generator.
fn picture(seed: u64, bits: u32) -> Picture {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let normal = Normal::new(0.0f64, 1.0).expect("a unit normal distribution is valid");
    let centre = [random.random_range(500.0..WIDTH as f64 - 500.0), random.random_range(400.0..HEIGHT as f64 - 400.0)];
    let mut truth: Vec<[f64; 2]> = Vec::new();
    while truth.len() < SPOTS {
        let x = centre[0] + 170.0 * normal.sample(&mut random);
        let y = centre[1] + 110.0 * normal.sample(&mut random);
        let inside = x > 40.0 && x < WIDTH as f64 - 40.0 && y > 40.0 && y < HEIGHT as f64 - 40.0;
        if inside && truth.iter().all(|other| (x - other[0]).hypot(y - other[1]) > 28.0) {
            truth.push([x, y]);
        }
    }
    let mut image = vec![0.0f64; WIDTH * HEIGHT];
    for (index, value) in image.iter_mut().enumerate() {
        let (x, y) = ((index % WIDTH) as f64, (index / WIDTH) as f64);
        let glow = ((x - centre[0]) / 320.0).powi(2) + ((y - centre[1]) / 200.0).powi(2);
        *value = 14.0 + 22.0 * x / WIDTH as f64 + 10.0 * y / HEIGHT as f64 + 22.0 * (-glow).exp();
    }
    for [x, y] in &truth {
        let sigma: f64 = random.random_range(2.0..5.0);
        let height: f64 = random.random_range(18.0..150.0);
        for row in (*y as usize).saturating_sub(30)..(*y as usize + 31).min(HEIGHT) {
            for column in (*x as usize).saturating_sub(30)..(*x as usize + 31).min(WIDTH) {
                let square = (column as f64 - x).powi(2) + (row as f64 - y).powi(2);
                image[row * WIDTH + column] += height * (-square / (2.0 * sigma * sigma)).exp();
            }
        }
    }
    for value in &mut image {
        *value += normal.sample(&mut random) * (1.5f64 * 1.5 + 0.06 * *value).sqrt();
    }
    let pixels = if bits == 8 {
        GrayPixels::U8(image.iter().map(|value| value.round().clamp(0.0, 255.0) as u8).collect())
    } else {
        GrayPixels::U16(image.iter().map(|value| (value * 160.0).round().clamp(0.0, 65535.0) as u16).collect())
    };
    Picture { frame: GrayFrame { width: WIDTH as u32, height: HEIGHT as u32, pixels }, truth }
}

/// Runs the peer's detector on each picture and prints times and places as one line of JSON.
const DRIVER: &str = r#"
import json, sys
sys.path.insert(0, sys.argv[1])
import cv2
import bench_spots
from common import cpu_now
cv2.setNumThreads(1)
times, found = [], []
for path in sys.argv[3:]:
    image = cv2.imread(path, cv2.IMREAD_UNCHANGED)
    spots = bench_spots.det_cv_bg(image)
    for _ in range(int(sys.argv[2])):
        start = cpu_now()
        spots = bench_spots.det_cv_bg(image)
        times.append((cpu_now() - start) * 1e3)
    found.append([[float(x), float(y)] for x, y in spots])
print(json.dumps({"times": times, "found": found}))
"#;

/// The peer's figures, or `None` where it is not asked for.
fn peer(pictures: &[Picture]) -> anyhow::Result<Option<Figures>> {
    let (Some(python), Some(peers)) = (std::env::var_os("BEHAVIORVLM_PYTHON"), std::env::var_os("BEHAVIORVLM_PEERS"))
    else {
        return Ok(None);
    };
    let folder = tempfile::tempdir()?;
    let mut paths = Vec::new();
    for (index, picture) in pictures.iter().enumerate() {
        let path = folder.path().join(format!("{index:02}.png"));
        write_png(&picture.frame, &path)?;
        paths.push(path);
    }
    let mut child = Command::new(python)
        .arg("-")
        .arg(peers)
        .arg(REPETITIONS.to_string())
        .args(&paths)
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("the interpreter of BEHAVIORVLM_PYTHON does not start")?;
    child.stdin.take().context("the interpreter takes no input")?.write_all(DRIVER.as_bytes())?;
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "the peer's script ended with {}", output.status);
    let reply: Value = serde_json::from_slice(&output.stdout)?;
    let times: Vec<f64> = serde_json::from_value(reply["times"].clone())?;
    let found: Vec<Vec<[f64; 2]>> = serde_json::from_value(reply["found"].clone())?;
    Ok(Some(figures(pictures, times, &found)))
}

fn write_png(frame: &GrayFrame, path: &Path) -> anyhow::Result<()> {
    match &frame.pixels {
        GrayPixels::U8(levels) => image::save_buffer(path, levels, frame.width, frame.height, image::ColorType::L8)?,
        GrayPixels::U16(levels) => {
            let buffer: image::ImageBuffer<image::Luma<u16>, _> =
                image::ImageBuffer::from_raw(frame.width, frame.height, levels.clone()).context("picture too small")?;
            buffer.save(path)?;
        }
    }
    Ok(())
}
