//! Tuning the detector: what the preview shows is what is stored, settings stay with the recording, and a finished run knows
//! when its dots changed.
#![expect(clippy::unwrap_used, reason = "the helpers of a test fail as the test does")]

use std::path::Path;

use behaviorvlm::demo::{DemoConfig, Scene, WriteOptions};
use behaviorvlm::jobs::detect_preview::{Preview, PreviewError};
use behaviorvlm::jobs::{CancelFlag, Job, JobError, detect, new, pose};
use behaviorvlm::model::{CameraId, Centroid, CentroidNumber, MaskKind, MaskRegion, MaskShape, Point2};
use behaviorvlm::recording::Recording;
use behaviorvlm::recording::detect::{DetectConfig, Rejection};
use behaviorvlm::store::{Gesture, Project, RecordingInfo};
use tempfile::TempDir;

use crate::cli::{failure, json, small_recording, solved_project, text};

const ANN: Gesture<'static> = Gesture { title: "Tune", annotator: "Ann", at_unix_ms: 3 };

fn done<T>(work: impl FnOnce(&Job<'_>) -> Result<T, JobError>) -> T {
    work(&Job::new(&CancelFlag::default(), &|_| ())).unwrap()
}

/// A project of the small recording, detected with these settings.
fn detected(folder: &Path, config: &DetectConfig) -> (Project, RecordingInfo) {
    let path = folder.join("p.bvlm");
    done(|job| new::run(job, &[small_recording().to_owned()], &path, None));
    let mut project = Project::open(&path).unwrap();
    let info = project.only_recording().unwrap();
    project.set_detect_config(info.id, config).unwrap();
    done(|job| detect::run(job, &mut project, &detect::Options::default()));
    (project, info)
}

/// The left half of a camera's pictures, as a reflection.
fn left_half(info: &RecordingInfo, camera: CameraId) -> MaskRegion {
    let [width, height] = info.cameras[camera.index()].size_px.map(f64::from);
    let corners = [[-1.0, -1.0], [width / 2.0, -1.0], [width / 2.0, height], [-1.0, height]];
    let shape = MaskShape::Polygon(corners.iter().map(|[x, y]| Point2::new(*x, *y)).collect());
    MaskRegion { camera, frames: 0..info.frame_count, kind: MaskKind::Reflection, shape }
}

#[test]
fn the_preview_is_what_the_job_stores() {
    let usual = DetectConfig::default();
    let settings = [
        usual.clone(),
        DetectConfig { sensitivity: 2.0, narrow_sigma_px: 4.5, ..usual.clone() },
        DetectConfig { largest_sigma_px: Some(6.0), dots_within_crop: false, ..usual.clone() },
    ];
    let mut counts = Vec::new();
    let preview = {
        let folder = TempDir::new().unwrap();
        let (_, info) = detected(folder.path(), &usual);
        Preview::open(Recording::open(small_recording()).unwrap(), info)
    };
    for config in &settings {
        let folder = TempDir::new().unwrap();
        let (mut project, info) = detected(folder.path(), config);
        let region = left_half(&info, CameraId(1));
        project.add_mask_region(info.id, &region, &ANN).unwrap();
        let mut dots = 0;
        let generation = preview.next_generation();
        for frame in [0, 5, 11] {
            let stored = project.detection(info.id, frame).unwrap();
            for (index, view) in stored.iter().enumerate() {
                let (camera, view) = (CameraId(index as u8), view.as_ref().unwrap());
                let regions = std::slice::from_ref(&region);
                let seen = preview.run(generation, camera, frame, config, regions).unwrap();
                assert_eq!((seen.crop, &seen.centroids), (view.crop, &view.centroids), "camera {index}, frame {frame}");
                let masked = seen.rejected.iter().filter(|spot| spot.reason == Rejection::Masked(MaskKind::Reflection));
                let hidden = project.hidden_centroids(info.id, frame).unwrap()[index].len();
                assert_eq!(masked.count(), hidden, "camera {index}, frame {frame}");
                assert!(index == 1 || hidden == 0);
                dots += view.centroids.len();
            }
        }
        counts.push(dots);
    }
    assert!(counts[0] > 0 && counts[0] != counts[1], "{counts:?}");
    assert!((0..6).all(|camera| preview.is_prepared(CameraId(camera))));
}

#[test]
fn what_is_not_wanted_any_more_ends_and_what_cannot_be_says_why() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("p.bvlm");
    done(|job| new::run(job, &[small_recording().to_owned()], &path, None));
    let project = Project::open(&path).unwrap();
    let preview = Preview::open(Recording::open(small_recording()).unwrap(), project.only_recording().unwrap());
    let config = DetectConfig::default();
    let old = preview.next_generation();
    let newest = preview.next_generation();
    let run = |generation, camera: u8, frame, config: &DetectConfig| {
        preview.run(generation, CameraId(camera), frame, config, &[]).map(drop)
    };
    assert!(matches!(run(old, 0, 0, &config), Err(PreviewError::Superseded)));
    assert!(!preview.is_prepared(CameraId(0)), "nothing was learnt for it");
    run(newest, 0, 0, &config).unwrap();
    let error = run(newest, 0, 0, &DetectConfig { sensitivity: f64::NAN, ..config.clone() }).unwrap_err();
    assert_eq!(error.to_string(), "the detector's sensitivity is NaN; it must be from 0.2 to 2");
    let error = run(newest, 0, 99, &config).unwrap_err().to_string();
    assert!(error.contains("camera \"cam0\""), "{error}");
    run(newest, 0, 3, &config).unwrap();
    assert!(run(newest, 9, 0, &config).is_err());
}

#[test]
fn a_click_beside_a_dot_means_it_and_a_deleted_one_can_be_placed_again() {
    let folder = TempDir::new().unwrap();
    let config = DetectConfig::default();
    let (mut project, info) = detected(folder.path(), &config);
    let preview = Preview::open(Recording::open(small_recording()).unwrap(), info.clone());
    let camera = CameraId(0);
    let dots = project.detection(info.id, 0).unwrap()[0].clone().unwrap().centroids;
    let alone = |dot: &&Centroid| {
        dots.iter().all(|other| other == *dot || (other.point_in_image - dot.point_in_image).norm() > 12.0)
    };
    let dot = *dots.iter().filter(alone).max_by(|a, b| a.snr.total_cmp(&b.snr)).unwrap();
    project.delete_centroid(info.id, 0, camera, dot.number, &ANN).unwrap();
    let click = dot.point_in_image + nalgebra::Vector2::new(1.0, -0.7);
    let spot = preview.refine_click(camera, 0, click, &config).unwrap();
    assert!(spot.is_snapped && (spot.point_in_image - dot.point_in_image).norm() < 0.3, "{spot:?} for {dot:?}");
    let measured = Centroid {
        point_in_image: spot.point_in_image,
        sigma_px: spot.sigma_px,
        peak: spot.peak,
        snr: spot.snr,
        ..dot
    };
    let number = project.add_measured_centroid(info.id, 0, camera, &measured, &ANN).unwrap();
    assert_eq!(number, CentroidNumber(dots.len() as u16 + 1));
    // Detecting again brings neither the deleted one back nor a double of the new one.
    let again = detect::Options { again: true, ..detect::Options::default() };
    done(|job| detect::run(job, &mut project, &again));
    let now = project.detection(info.id, 0).unwrap()[0].clone().unwrap().centroids;
    assert_eq!(now.len(), dots.len());
    assert!(now.iter().any(|dot| dot.number == number) && now.iter().all(|now| now.number != dot.number));
}

#[test]
fn settings_stay_with_the_recording_and_other_ones_detect_anew() {
    let folder = TempDir::new().unwrap();
    let (project, info) = detected(folder.path(), &DetectConfig::default());
    assert_eq!(project.detect_config(info.id).unwrap(), None);
    drop(project);
    let path = folder.path().join("p.bvlm");
    let path = text(&path);
    let sentence = failure(&["detect", path, "--sensitivity", "9"]);
    assert!(sentence.contains("the detector's sensitivity is 9; it must be from 0.2 to 2"), "{sentence}");
    assert_eq!(json(&["detect", path, "--json"])["frames_done"], 0);
    assert_eq!(json(&["detect", path, "--sensitivity", "1.6", "--json"])["frames_done"], 12);
    assert_eq!(json(&["detect", path, "--json"])["frames_done"], 0, "the project keeps it");
    let project = Project::open(Path::new(path)).unwrap();
    let kept = DetectConfig { sensitivity: 1.6, ..DetectConfig::default() };
    assert_eq!(project.detect_config(info.id).unwrap(), Some(kept));
    drop(project);
    assert_eq!(json(&["detect", path, "--sensitivity", "1", "--json"])["frames_done"], 12);
    assert_eq!(Project::open(Path::new(path)).unwrap().detect_config(info.id).unwrap(), None);
}

#[test]
fn masks_and_changed_dots_make_a_finished_run_old() {
    let folder = TempDir::new().unwrap();
    let path = solved_project(folder.path());
    let mut project = Project::open(&path).unwrap();
    let info = project.only_recording().unwrap();
    let solve = |project: &mut Project| done(|job| pose::run(job, project, &pose::Options::default())).frames_done;
    assert_eq!(solve(&mut project), 0, "it is solved");
    let camera = CameraId(2);
    let last = info.frame_count - 1;

    let region = left_half(&info, camera);
    let id = project.add_mask_region(info.id, &region, &ANN).unwrap();
    assert_eq!(solve(&mut project), info.frame_count);
    assert_eq!(solve(&mut project), 0);
    // No machine label names a dot that it could not see.
    for frame in 0..info.frame_count {
        let dots = project.detection(info.id, frame).unwrap()[camera.index()].clone().unwrap().centroids;
        let labels = project.labels(info.id, frame).unwrap();
        for (_, keypoint, label) in labels.iter().filter(|(at, _, label)| *at == camera && !label.is_human()) {
            let number = label.placement.number();
            assert!(number.is_none_or(|number| dots.iter().any(|dot| dot.number == number)), "{frame}: {keypoint:?}");
        }
    }
    project.remove_mask_region(info.id, id, &ANN).unwrap();
    assert_eq!(solve(&mut project), info.frame_count);

    let dot = project.detection(info.id, last).unwrap()[2].clone().unwrap().centroids[0];
    project.delete_centroid(info.id, last, camera, dot.number, &ANN).unwrap();
    assert_eq!(solve(&mut project), info.frame_count);
    assert_eq!(solve(&mut project), 0);
    project.add_measured_centroid(info.id, last, camera, &dot, &ANN).unwrap();
    assert_eq!(solve(&mut project), info.frame_count);
    assert_eq!(solve(&mut project), 0);
}

/// How long a moved slider takes; told, and bounded above.
#[test]
#[ignore = "tells a time"]
fn a_preview_of_a_large_view_is_quick() {
    let folder = TempDir::new().unwrap();
    let demo = DemoConfig { frames: 6, size_px: [2048, 1400], ..DemoConfig::default() };
    let (recording, path) = (folder.path().join("large"), folder.path().join("p.bvlm"));
    Scene::new(&demo).unwrap().write(&recording, WriteOptions::default(), &|_| ()).unwrap();
    done(|job| new::run(job, std::slice::from_ref(&recording), &path, None));
    let info = Project::open(&path).unwrap().only_recording().unwrap();
    let preview = Preview::open(Recording::open(&recording).unwrap(), info);
    let generation = preview.next_generation();
    for sensitivity in [1.0, 0.5, 1.5, 2.0] {
        for narrow_sigma_px in [3.0, 1.5, 6.0] {
            let config = DetectConfig { sensitivity, narrow_sigma_px, ..DetectConfig::default() };
            let seen = preview.run(generation, CameraId(0), 3, &config, &[]).unwrap();
            let (dots, rejected, read_ms, ms) =
                (seen.centroids.len(), seen.rejected.len(), seen.read_ms, seen.detect_ms);
            println!(
                "sensitivity {sensitivity}, σ {narrow_sigma_px}: {dots} dots, {rejected} rejected, {read_ms:.0} ms to read, {ms:.0} ms to detect"
            );
            assert!(seen.detect_ms < 1000.0);
        }
    }
}
