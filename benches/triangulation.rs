//! Triangulation with outliers, and reprojection errors, as long as a user waits for them: 500 timepoints × 12 keypoints
//! × 6 cameras with distortion, 0.5 px noise, 15 % wrong, 10 % missing, on one thread.
//!
//! Prints CPU time (smallest and median of the repetitions) and accuracy beside the oracle that knows which views are
//! right. Where `BEHAVIORVLM_PYTHON` names an interpreter with numba and OpenCV and `BEHAVIORVLM_PEERS` the folder that
//! holds `bench_triang.py`, its single-threaded numba RANSAC and `cv2.projectPoints` run in turn with ours, on the same
//! observations: on a shared machine only the ratio means anything.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use behaviorvlm::geometry::{Camera, Rig, Triangulation, ransac_many, refine, reprojection_errors_many, triangulate};
use behaviorvlm::model::{Point2, Point3, ViewSet};
use cpu_time::ThreadTime;
use nalgebra::{Matrix3, Vector3};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

const SIZE_PX: [u32; 2] = [2048, 1400];
const FRAMES: usize = 500;
const KEYPOINTS: usize = 12;
const CAMERAS: usize = 6;
const POINTS: usize = FRAMES * KEYPOINTS;
const TAU_PX: f64 = 5.0;
const REPETITIONS: usize = 25;
const SEEDS: u64 = 8;

fn main() -> Result<()> {
    let recording = Recording::simulated(0)?;
    let mut peer = Peer::start(&recording)?;
    let (mut ours, mut reprojection) = (Vec::new(), Vec::new());
    let (mut theirs, mut their_reprojection) = (Vec::new(), Vec::new());
    let truth: Vec<_> = recording.truth.iter().copied().map(Some).collect();
    for _ in 0..REPETITIONS {
        ours.push(cpu_time(|| ransac_many(&recording.rig, &recording.points, TAU_PX)));
        reprojection.push(cpu_time(|| reprojection_errors_many(&recording.rig, &truth, &recording.points)));
        if let Some(peer) = &mut peer {
            theirs.push(peer.time("ransac")?);
            their_reprojection.push(peer.time("reprojection")?);
        }
    }
    println!("CPU time of {POINTS} points × {CAMERAS} cameras, ms (smallest, median of {REPETITIONS})");
    print_times("RANSAC with undistortion", &mut ours, &mut theirs);
    print_times("reprojection errors", &mut reprojection, &mut their_reprojection);

    println!("\naccuracy, mm          median    oracle     mean      p99   > 2 mm  missing  precision  recall");
    let mut means = [0.0; 2];
    for seed in 0..SEEDS {
        let recording = Recording::simulated(seed)?;
        let found = ransac_many(&recording.rig, &recording.points, TAU_PX);
        let accuracy = recording.accuracy(&found);
        means[0] += accuracy.mean / SEEDS as f64;
        means[1] += accuracy.missing as f64 / SEEDS as f64;
        println!("ours, seed {seed}          {accuracy}");
    }
    println!("mean over seeds {:.4} mm, {:.1} missing", means[0], means[1]);
    match &mut peer {
        Some(peer) => println!("peer, seed 0          {}", peer.ask("accuracy")?),
        None => println!("no peer: BEHAVIORVLM_PYTHON and BEHAVIORVLM_PEERS are not set"),
    }
    Ok(())
}

fn cpu_time<T>(work: impl Fn() -> T) -> Duration {
    let start = ThreadTime::now();
    let result = std::hint::black_box(work());
    let elapsed = start.elapsed();
    drop(result);
    elapsed
}

fn print_times(work: &str, ours: &mut [Duration], theirs: &mut [Duration]) {
    let summary = |times: &mut [Duration]| {
        times.sort();
        [times[0], times[times.len() / 2]].map(|time| time.as_secs_f64() * 1e3)
    };
    let [least, median] = summary(ours);
    print!("{work:26} ours {least:7.3} {median:7.3}");
    if theirs.is_empty() {
        println!();
    } else {
        let [their_least, their_median] = summary(theirs);
        println!(
            "   peer {their_least:7.3} {their_median:7.3}   ours/peer {:.2} {:.2}",
            least / their_least,
            median / their_median
        );
    }
}

/// Observations by point, then camera, with what is true of them.
struct Recording {
    rig: Rig,
    truth: Vec<Point3>,
    points: Vec<Option<Point2>>,
    is_wrong: Vec<bool>,
}

struct Accuracy {
    median: f64,
    oracle_median: f64,
    mean: f64,
    p99: f64,
    beyond_2mm: f64,
    missing: usize,
    precision: f64,
    recall: f64,
}

impl std::fmt::Display for Accuracy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { median, oracle_median, mean, p99, beyond_2mm, missing, precision, recall } = self;
        write!(
            f,
            "{median:8.4}  {oracle_median:8.4} {mean:8.4} {p99:8.4} {beyond_2mm:8.5} {missing:8} {precision:10.5} {recall:7.5}"
        )
    }
}

impl Recording {
    fn simulated(seed: u64) -> Result<Self> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let rig = Rig::new((0..CAMERAS).map(|index| camera(index, &mut random)).collect::<Result<_>>()?)?;
        let truth = body(&mut random);
        let mut points = vec![None; POINTS * CAMERAS];
        let mut is_wrong = vec![false; POINTS * CAMERAS];
        for (view, camera) in rig.cameras.iter().enumerate() {
            for point in 0..POINTS {
                let draw: f64 = random.random();
                if draw > 0.9 {
                    continue;
                }
                is_wrong[point * CAMERAS + view] = draw < 0.15;
                let stray = draw < 0.15 && random.random_bool(0.5);
                let other = (point % KEYPOINTS + random.random_range(1..KEYPOINTS)) % KEYPOINTS;
                let shown = if draw < 0.15 && !stray { point - point % KEYPOINTS + other } else { point };
                let mut place = camera.project(truth[shown]).context("the body is before every camera")?;
                place.x += 0.5 * normal(&mut random);
                place.y += 0.5 * normal(&mut random);
                if stray {
                    let turn = std::f64::consts::TAU * random.random::<f64>();
                    let far = 30.0 + 300.0 * random.random::<f64>();
                    place.x += far * turn.cos();
                    place.y += far * turn.sin();
                }
                points[point * CAMERAS + view] = Some(place);
            }
        }
        Ok(Self { rig, truth, points, is_wrong })
    }

    fn accuracy(&self, found: &[Option<Triangulation>]) -> Accuracy {
        let mut errors = Vec::new();
        let (mut rejected, mut rejected_wrong, mut wrong) = (0.0, 0.0, 0.0);
        for (point, found) in found.iter().enumerate() {
            errors.extend(found.map(|found| (found.position_in_world - self.truth[point]).norm()));
            let inliers = found.map_or(ViewSet::EMPTY, |found| found.inliers);
            for camera in self.rig.ids() {
                let slot = point * CAMERAS + camera.index();
                let is_rejected = self.points[slot].is_some() && !inliers.contains(camera);
                rejected += f64::from(u8::from(is_rejected));
                wrong += f64::from(u8::from(self.is_wrong[slot]));
                rejected_wrong += f64::from(u8::from(is_rejected && self.is_wrong[slot]));
            }
        }
        errors.sort_by(f64::total_cmp);
        let count = errors.len() as f64;
        Accuracy {
            median: errors[errors.len() / 2],
            oracle_median: self.oracle_median(),
            mean: errors.iter().sum::<f64>() / count,
            p99: errors[errors.len() * 99 / 100],
            beyond_2mm: errors.iter().filter(|error| **error > 2.0).count() as f64 / count,
            missing: found.len() - errors.len(),
            precision: rejected_wrong / rejected,
            recall: rejected_wrong / wrong,
        }
    }

    /// The median error of a triangulation that is told which views are right.
    fn oracle_median(&self) -> f64 {
        let mut errors: Vec<_> = (0..POINTS)
            .filter_map(|point| {
                let row: Vec<_> = (point * CAMERAS..(point + 1) * CAMERAS)
                    .map(|slot| self.points[slot].filter(|_| !self.is_wrong[slot]))
                    .collect();
                let found = triangulate(&self.rig, &row)?;
                let found = refine(&self.rig, &row, found.inliers, found.position_in_world)?;
                Some((found.position_in_world - self.truth[point]).norm())
            })
            .collect();
        errors.sort_by(f64::total_cmp);
        errors[errors.len() / 2]
    }
}

fn normal(random: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(random)
}

/// One of six cameras in a ring of 600 mm, 30° up, none of them built quite like the next.
fn camera(index: usize, random: &mut ChaCha8Rng) -> Result<Camera> {
    let focal_px = 2200.0 + 60.0 * normal(random);
    let center = SIZE_PX.map(|size| f64::from(size) / 2.0 + 8.0 * normal(random));
    let matrix = Matrix3::new(focal_px, 0.0, center[0], 0.0, focal_px * 1.001, center[1], 0.0, 0.0, 1.0);
    let k1 = -0.18 + 0.01 * normal(random);
    let distortion = [k1, 0.06, 5e-4 * normal(random), 5e-4 * normal(random), 0.0];
    let turn = std::f64::consts::TAU * index as f64 / CAMERAS as f64 + 0.1 * normal(random);
    let up = (30.0 + 8.0 * normal(random)).to_radians();
    let from = 600.0 * Vector3::new(turn.cos() * up.cos(), turn.sin() * up.cos(), up.sin());
    let ahead = -from.normalize();
    let right = ahead.cross(&Vector3::z()).normalize();
    let down = ahead.cross(&right);
    let rotation = Matrix3::from_rows(&[right.transpose(), down.transpose(), ahead.transpose()]);
    Ok(Camera::new(format!("cam{index}"), SIZE_PX, matrix, &distortion, false, (rotation, -rotation * from))?)
}

/// A rigid body that walks and turns, in mm.
fn body(random: &mut ChaCha8Rng) -> Vec<Point3> {
    let mut place = || Vector3::new(30.0 * normal(random), 10.0 * normal(random), 8.0 * normal(random));
    let keypoints: Vec<_> = (0..KEYPOINTS).map(|_| place()).collect();
    (0..FRAMES)
        .flat_map(|frame| {
            let secs = frame as f64 / 30.0;
            let center =
                Point3::new(90.0 * (0.5 * secs).sin(), 60.0 * (0.37 * secs).cos(), 20.0 + 3.0 * (2.0 * secs).sin());
            let (sin, cos) = (0.8 * secs).sin_cos();
            let turn = Matrix3::new(cos, -sin, 0.0, sin, cos, 0.0, 0.0, 0.0, 1.0);
            keypoints.iter().map(move |place| center + turn * place).collect::<Vec<_>>()
        })
        .collect()
}

/// A Python process that holds the same observations and runs the peer when asked.
struct Peer {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Holds the observations as long as the process may read them.
    _folder: tempfile::TempDir,
}

const DRIVER: &str = r#"
import json, os, sys, time
os.chdir(sys.argv[1]); sys.path.insert(0, sys.argv[2])
import cv2, numpy as np
cv2.setNumThreads(1)
import bench_triang as B
rig = json.load(open("rig.json"))
B.D = dict(K=[np.array(c["matrix"]) for c in rig], d=[np.array(c["distortion"]) for c in rig])
B.obs = np.fromfile("points.f64").reshape(B.N, B.C, 2).transpose(1, 0, 2).copy()
B.X = np.fromfile("truth.f64").reshape(B.N, 3)
B.wrong = np.fromfile("wrong.u8", np.uint8).reshape(B.N, B.C).T.astype(bool)
B.miss = ~np.isfinite(B.obs[..., 0])
R = [np.array(c["rotation"]) for c in rig]; t = [np.array(c["translation"]) for c in rig]
rv = [cv2.Rodrigues(r)[0] for r in R]
B.Pm = np.stack([np.c_[r, s] for r, s in zip(R, t)]); B.fpx = np.array([k[0, 0] for k in B.D["K"]])
ransac = B.nb(B.k_seq)
def reprojection():
    return np.stack([np.linalg.norm(cv2.projectPoints(B.X, rv[c], t[c], B.D["K"][c], B.D["d"][c])[0][:, 0] - B.obs[c], axis=1) for c in range(B.C)])
work = dict(ransac=ransac, reprojection=reprojection)
ransac(); reprojection()
print("ready", flush=True)
for line in sys.stdin:
    name = line.strip()
    if name == "accuracy":
        Y, inliers = ransac(); a = B.acc(Y); f = B.f1(inliers)
        print("%8.4f         - %8.4f %8.4f %8.5f %8d %10.5f %7.5f" % (a["err_med"], a["err_mean"], a["err_p99"], a["frac_gt2mm"], a["nan"], f["outlier_prec"], f["outlier_rec"]), flush=True)
    else:
        start = time.process_time(); work[name](); print(time.process_time() - start, flush=True)
"#;

impl Peer {
    fn start(recording: &Recording) -> Result<Option<Self>> {
        let (Some(python), Some(peers)) =
            (std::env::var_os("BEHAVIORVLM_PYTHON"), std::env::var_os("BEHAVIORVLM_PEERS"))
        else {
            return Ok(None);
        };
        let folder = tempfile::tempdir()?;
        write_recording(recording, folder.path())?;
        let mut process = Command::new(&python)
            .arg("-c")
            .arg(DRIVER)
            .arg(folder.path())
            .arg(Path::new(&peers).canonicalize().context("BEHAVIORVLM_PEERS names no folder")?)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("BEHAVIORVLM_PYTHON does not start")?;
        let questions = process.stdin.take().context("the peer has no input")?;
        let answers = BufReader::new(process.stdout.take().context("the peer has no output")?);
        let mut peer = Self { process, questions, answers, _folder: folder };
        if peer.answer()? != "ready" {
            bail!("the peer did not get ready");
        }
        Ok(Some(peer))
    }

    fn answer(&mut self) -> Result<String> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    fn ask(&mut self, question: &str) -> Result<String> {
        writeln!(self.questions, "{question}")?;
        self.questions.flush()?;
        self.answer()
    }

    fn time(&mut self, work: &str) -> Result<Duration> {
        let answer = self.ask(work)?;
        Ok(Duration::from_secs_f64(answer.parse().with_context(|| format!("the peer answered \"{answer}\""))?))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn write_recording(recording: &Recording, folder: &Path) -> Result<()> {
    let rows = |matrix: &Matrix3<f64>| -> Vec<Vec<f64>> {
        matrix.row_iter().map(|row| row.iter().copied().collect()).collect()
    };
    let cameras: Vec<_> = recording
        .rig
        .cameras
        .iter()
        .map(|camera| {
            serde_json::json!({
                "matrix": rows(camera.matrix()),
                "distortion": camera.distortion(),
                "rotation": rows(camera.rotation()),
                "translation": camera.translation().as_slice(),
            })
        })
        .collect();
    std::fs::write(folder.join("rig.json"), serde_json::to_vec(&cameras)?)?;
    let bytes = |numbers: &mut dyn Iterator<Item = f64>| numbers.flat_map(f64::to_le_bytes).collect::<Vec<_>>();
    let mut points = recording.points.iter().flat_map(|point| point.map_or([f64::NAN; 2], |point| [point.x, point.y]));
    std::fs::write(folder.join("points.f64"), bytes(&mut points))?;
    let mut truth = recording.truth.iter().flat_map(|point| [point.x, point.y, point.z]);
    std::fs::write(folder.join("truth.f64"), bytes(&mut truth))?;
    let wrong: Vec<_> = recording.is_wrong.iter().map(|wrong| u8::from(*wrong)).collect();
    std::fs::write(folder.join("wrong.u8"), wrong)?;
    Ok(())
}
