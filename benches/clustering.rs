//! Deep embedded clustering as long as a user waits for it: one epoch of the paper's net (128-500-500-2000-10, batches of 256,
//! 5,400 rows), autoencoder and then divergence with the target of all rows, on one thread and on two; and the workstation's
//! net from features to chances, 5,400 frames of three animals.
//!
//! Prints CPU time of all threads and wall time (smallest of the repetitions). Where `BEHAVIORVLM_PYTHON` names an interpreter
//! with jax and scikit-learn and `BEHAVIORVLM_PEERS` the folder that holds `bench_dec.py`, that runs next, on one processor: on a
//! shared machine only the ratio means anything.
//!
//! Where `BEHAVIORVLM_CLUSTERS` names a folder of data, it labels those instead: `tests/reference/compare_clusters.py` asks so.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use behaviorvlm::behavior::clips::{ClipLimits, sticky_path};
use behaviorvlm::behavior::dec::{DecConfig, train};
use behaviorvlm::behavior::segmenter::{Method, Rows, train as train_segmenter};
use cpu_time::ProcessTime;
use ndarray::{Array2, ArrayView1};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use rayon::{ThreadPool, ThreadPoolBuilder};

const FRAMES: usize = 1800;
const ANIMALS: usize = 3;
const COLUMNS: usize = 128;
const REPETITIONS: usize = 3;

fn main() -> Result<()> {
    if let Some(folder) = std::env::var_os("BEHAVIORVLM_CLUSTERS") {
        return label_files(Path::new(&folder));
    }
    let data = poses(FRAMES * ANIMALS);
    let groups: Vec<usize> = (0..data.nrows()).map(|row| row / FRAMES).collect();
    let paper = DecConfig { layer_epochs: 0, autoencoder_epochs: 0, cluster_epochs: 0, ..DecConfig::paper() };
    let whole = DecConfig { starts: 1, settled_share: 0.0, ..paper };
    let pools = [pool(1)?, pool(2)?];
    println!("one epoch of 128-500-500-2000-10, 5400 rows, s        CPU    wall (smallest of {REPETITIONS})");
    for (name, epochs) in [("autoencoder", [1, 0]), ("divergence", [0, 1])] {
        let mut walls = Vec::new();
        for pool in &pools {
            // What an epoch adds: two more epochs less none, halved.
            let config = |count: usize| DecConfig {
                autoencoder_epochs: epochs[0] * count,
                cluster_epochs: epochs[1] * count,
                ..whole.clone()
            };
            let time = |count| least(|| pool.install(|| train(data.view(), &groups, &config(count), &mut |_, _| true)));
            let (none, two) = (time(0), time(2));
            let times = [two[0] - none[0], two[1] - none[1]].map(|time| time.as_secs_f64() / 2.0);
            println!(
                "{name:12} {} threads                             {:7.3} {:7.3}",
                pool.current_num_threads(),
                times[0],
                times[1]
            );
            walls.push(times[1]);
        }
        println!("{name:12} two threads are {:.2} × faster", walls[0] / walls[1]);
    }
    workstation(&pools[1])?;
    peer()
}

fn workstation(pool: &ThreadPool) -> Result<()> {
    let frames = 5400;
    let data = poses(frames * ANIMALS);
    let groups: Vec<usize> = (0..data.nrows()).map(|row| row / frames).collect();
    let is_missing = vec![false; data.nrows()];
    let rows = Rows { features: data.view(), groups: &groups, is_missing: &is_missing };
    for (name, method) in [
        ("DEC 32-128-10", Method::Dec(DecConfig::default())),
        ("k-means", Method::KMeans { clusters: 10, starts: 20, seed: 1 }),
    ] {
        let (cpu, wall) = (ProcessTime::now(), Instant::now());
        let (model, _) = pool
            .install(|| train_segmenter(&method, &rows, &mut |_, _| true))?
            .context("nobody stopped the training")?;
        let chances = pool.install(|| model.chances(data.view()))?;
        println!(
            "{name}, {} rows × {COLUMNS}, features to chances, two threads: {:.2} s CPU, {:.2} s wall",
            chances.nrows(),
            cpu.elapsed().as_secs_f64(),
            wall.elapsed().as_secs_f64()
        );
    }
    Ok(())
}

fn pool(threads: usize) -> Result<ThreadPool> {
    Ok(ThreadPoolBuilder::new().num_threads(threads).build()?)
}

/// The least CPU and wall times.
fn least<T>(work: impl Fn() -> T) -> [Duration; 2] {
    let mut times = [Duration::MAX; 2];
    for _ in 0..REPETITIONS {
        let (cpu, wall) = (ProcessTime::now(), Instant::now());
        std::hint::black_box(work());
        times = [times[0].min(cpu.elapsed()), times[1].min(wall.elapsed())];
    }
    times
}

/// Bouts of 45 frames of ten states, bent into 128 features: the peer's data.
fn poses(rows: usize) -> Array2<f32> {
    let mut random = ChaCha8Rng::seed_from_u64(0);
    let mut normal = |spread: f64| -> f64 {
        let value: f64 = StandardNormal.sample(&mut random);
        spread * value
    };
    let middles = Array2::from_shape_simple_fn((10, 10), || normal(2.0));
    let bend = Array2::from_shape_simple_fn((10, COLUMNS), || normal(0.4));
    let states: Vec<usize> = (0..rows.div_ceil(45)).map(|_| (normal(1e3).abs() as usize) % 10).collect();
    let codes = Array2::from_shape_fn((rows, 10), |(row, axis)| middles[[states[row / 45], axis]] + normal(0.6));
    codes.dot(&bend).mapv(|value| (value.tanh() + normal(0.1)) as f32)
}

/// Labels each `NAME.ROWSxCOLUMNS.CLUSTERS.f32` of a folder in every way there is, one label per line in a file beside it.
fn label_files(folder: &Path) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).context("a name that is no text")?;
        let Some(stem) = name.strip_suffix(".f32") else { continue };
        let [_, shape, clusters] = stem.split('.').collect::<Vec<_>>()[..] else { bail!("{name}: no shape") };
        let (rows, columns) = shape.split_once('x').context("no shape")?;
        let (clusters, shape) = (clusters.parse()?, (rows.parse()?, columns.parse()?));
        let bytes = std::fs::read(&path)?;
        let numbers = bytes.as_chunks::<4>().0.iter().map(|number| f32::from_le_bytes(*number)).collect();
        let features = Array2::from_shape_vec(shape, numbers)?;
        let (groups, is_missing) = (vec![0; shape.0], vec![false; shape.0]);
        let rows = Rows { features: features.view(), groups: &groups, is_missing: &is_missing };
        let write = |method: &str, labels: &mut dyn Iterator<Item = String>| {
            std::fs::write(folder.join(format!("{stem}.{method}")), labels.collect::<Vec<_>>().join("\n"))
        };
        for (method, config) in [
            ("DEC", Method::Dec(DecConfig { clusters, ..DecConfig::default() })),
            ("paper's net", Method::Dec(DecConfig { clusters, ..DecConfig::paper() })),
            ("k-means", Method::KMeans { clusters, starts: 20, seed: 1 }),
        ] {
            if method == "paper's net" && std::env::var_os("BEHAVIORVLM_PAPER").is_none() {
                continue;
            }
            let (model, report) =
                train_segmenter(&config, &rows, &mut |_, _| true)?.context("nobody stopped the training")?;
            let chances = model.chances(features.view())?;
            let best = |row: ArrayView1<'_, f32>| (0..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b]));
            write(method, &mut chances.rows().into_iter().filter_map(best).map(|label| label.to_string()))?;
            let path = sticky_path(chances.view(), &vec![true; shape.0], ClipLimits::SWITCH_COST, 12);
            write(&format!("{method}, sticky"), &mut path.iter().map(u16::to_string))?;
            let passes = report.dec.map_or(0, |dec| dec.changes.len());
            println!("{stem} {method}: {passes} passes, sizes {:?}", report.sizes);
        }
    }
    Ok(())
}

fn peer() -> Result<()> {
    let (Some(python), Some(peers)) = (std::env::var_os("BEHAVIORVLM_PYTHON"), std::env::var_os("BEHAVIORVLM_PEERS"))
    else {
        println!("no peer: BEHAVIORVLM_PYTHON and BEHAVIORVLM_PEERS are not set");
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let output = Command::new(python)
        .args(["bench_dec.py", "1"])
        .current_dir(peers)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PERF_OUT", folder.path())
        .output()
        .context("BEHAVIORVLM_PYTHON does not start")?;
    print!("peer, one thread:\n{}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}
