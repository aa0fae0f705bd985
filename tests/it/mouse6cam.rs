//! The geometry kernel on a real mouse: six calibrated cameras with skew and distortion, 22 keypoints, 81 timepoints, whose
//! 2D labels are the exact projections of the 3D ones.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use behaviorvlm::geometry::{Camera, Rig, Triangulation, leave_one_out, ransac, triangulate};
use behaviorvlm::model::{CameraId, Point2, Point3};
use nalgebra::{Matrix3, Rotation3, Vector3};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::Deserialize;

const NOISE_PX: f64 = 0.5;

fn folder() -> PathBuf {
    let data = std::env::var_os("BEHAVIORVLM_DATA").expect("BEHAVIORVLM_DATA names the folder of the data sets");
    Path::new(&data).join("mouse6cam_labels")
}

/// One keypoint of one timepoint, where the labels have it.
struct Sample {
    world: Point3,
    points: Vec<Option<Point2>>,
}

#[derive(Deserialize)]
struct CalibrationTable {
    name: String,
    size: [u32; 2],
    matrix: [[f64; 3]; 3],
    distortions: Vec<f64>,
    rotation: [f64; 3],
    translation: [f64; 3],
}

fn read_rig() -> Result<Rig> {
    let text = std::fs::read_to_string(folder().join("mouse1_calibration.toml"))?;
    let tables: BTreeMap<String, toml::Value> = toml::from_str(&text)?;
    let mut cameras = Vec::new();
    for (_, table) in tables.into_iter().filter(|(key, _)| key.starts_with("cam")) {
        let table: CalibrationTable = table.try_into()?;
        let matrix = Matrix3::from_row_slice(table.matrix.as_flattened());
        let pose = (*Rotation3::new(Vector3::from(table.rotation)).matrix(), Vector3::from(table.translation));
        cameras.push(Camera::new(table.name, table.size, matrix, &table.distortions, false, pose)?);
    }
    Ok(Rig::new(cameras)?)
}

fn read_samples(rig: &Rig) -> Result<Vec<Sample>> {
    let mut samples = BTreeMap::new();
    let mut table = csv::Reader::from_path(folder().join("mouse1_labels3d.csv"))?;
    for row in table.deserialize() {
        let (frame, keypoint, x, y, z): (u32, String, f64, f64, f64) = row?;
        samples.insert((frame, keypoint), Sample { world: Point3::new(x, y, z), points: vec![None; rig.len()] });
    }
    let mut table = csv::Reader::from_path(folder().join("mouse1_labels2d.csv"))?;
    for row in table.deserialize() {
        let (frame, camera, keypoint, x, y): (u32, String, String, f64, f64) = row?;
        let camera = rig.find(&camera).with_context(|| format!("no camera \"{camera}\""))?;
        let sample = samples.get_mut(&(frame, keypoint)).context("a 2D label without its 3D one")?;
        sample.points[camera.index()] = Some(Point2::new(x, y));
    }
    // Keypoints that nobody could label stand there as "nan".
    let is_labelled = |sample: &Sample| sample.world.iter().all(|coordinate| coordinate.is_finite());
    Ok(samples.into_values().filter(is_labelled).collect())
}

fn read() -> Result<(Rig, Vec<Sample>)> {
    let rig = read_rig()?;
    let samples = read_samples(&rig)?;
    assert_eq!(rig.len(), 6);
    assert!(samples.len() > 1700);
    Ok((rig, samples))
}

#[test]
#[ignore = "needs BEHAVIORVLM_DATA"]
fn labels_are_projections_and_triangulate_back() -> Result<()> {
    let (rig, samples) = read()?;
    let (mut farthest_px, mut farthest_mm, mut compared) = (0.0f64, 0.0f64, 0);
    for sample in &samples {
        for (camera, point) in rig.cameras.iter().zip(&sample.points) {
            if let Some(point) = point {
                let there = camera.project(sample.world).context("a labelled point has a projection")?;
                farthest_px = farthest_px.max((there - point).norm());
                compared += 1;
            }
        }
        let found = triangulate(&rig, &sample.points).context("exact labels triangulate")?;
        farthest_mm = farthest_mm.max((found.position_in_world - sample.world).norm());
        let errors = leave_one_out(&rig, &sample.points, found.inliers);
        assert!(found.inliers.iter().all(|camera| errors[camera.index()] < 0.02));
    }
    println!(
        "{compared} projections: at most {farthest_px:.1e} px off; triangulated: at most {farthest_mm:.1e} mm off"
    );
    assert!(farthest_px < 0.01 && farthest_mm < 0.01);
    Ok(())
}

/// What became of outliers planted in `wrong_views` views of each sample.
struct Planted {
    rejected_share: f64,
    kept_share: f64,
    missing: usize,
    errors_mm: Vec<f64>,
}

fn plant(rig: &Rig, samples: &[Sample], wrong_views: usize, seed: u64) -> Planted {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let tau_px = 3.0 * f64::from(rig.cameras[0].size_px()[0]) / 1024.0;
    let mut planted = Planted { rejected_share: 0.0, kept_share: 0.0, missing: 0, errors_mm: Vec::new() };
    let (mut wrong_count, mut right_count) = (0.0, 0.0);
    for sample in samples {
        let mut points = sample.points.clone();
        for point in points.iter_mut().flatten() {
            for coordinate in point.coords.iter_mut() {
                let draw: f64 = StandardNormal.sample(&mut random);
                *coordinate += NOISE_PX * draw;
            }
        }
        let mut wrong = Vec::new();
        while wrong.len() < wrong_views {
            let view = random.random_range(0..rig.len());
            if let (false, Some(point)) = (wrong.contains(&view), &mut points[view]) {
                let (sin, cos) = random.random_range(0.0..std::f64::consts::TAU).sin_cos();
                let far = random.random_range(30.0..80.0);
                *point = Point2::new(point.x + far * cos, point.y + far * sin);
                wrong.push(view);
            }
        }
        let found: Option<Triangulation> = ransac(rig, &points, tau_px);
        planted.missing += usize::from(found.is_none());
        planted.errors_mm.extend(found.map(|found| (found.position_in_world - sample.world).norm()));
        for view in (0..rig.len()).filter(|view| points[*view].is_some()) {
            let is_inlier = found.is_some_and(|found| found.inliers.contains(CameraId(view as u8)));
            if wrong.contains(&view) {
                wrong_count += 1.0;
                planted.rejected_share += f64::from(u8::from(!is_inlier));
            } else {
                right_count += 1.0;
                planted.kept_share += f64::from(u8::from(is_inlier));
            }
        }
    }
    planted.rejected_share /= wrong_count;
    planted.kept_share /= right_count;
    planted.errors_mm.sort_by(f64::total_cmp);
    planted
}

#[test]
#[ignore = "needs BEHAVIORVLM_DATA"]
fn planted_outliers_are_rejected() -> Result<()> {
    let (rig, samples) = read()?;
    for wrong_views in 1..=3 {
        for seed in 0..3 {
            let planted = plant(&rig, &samples, wrong_views, seed);
            let count = planted.errors_mm.len();
            let median = planted.errors_mm[count / 2];
            println!(
                "{wrong_views} wrong of 6, seed {seed}: {:.2} % of the wrong rejected, {:.2} % of the right kept, median \
                 {median:.4} mm, mean {:.4}, p99 {:.4}, largest {:.2}, {} missing",
                planted.rejected_share * 100.0,
                planted.kept_share * 100.0,
                planted.errors_mm.iter().sum::<f64>() / count as f64,
                planted.errors_mm[count * 99 / 100],
                planted.errors_mm[count - 1],
                planted.missing,
            );
            assert!(planted.rejected_share >= 0.99, "{wrong_views} wrong views, seed {seed}");
            assert!(median <= 0.12, "{wrong_views} wrong views, seed {seed}");
            assert!(planted.kept_share >= 0.99 && planted.missing == 0, "{wrong_views} wrong views, seed {seed}");
        }
    }
    Ok(())
}
