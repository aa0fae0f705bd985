//! Pictures where there are no tracks: moving blobs, or the arena as a whole.

use std::fs;
use std::path::{Path, PathBuf};

use behaviorvlm::store::Project;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tempfile::TempDir;

use super::script::Manifest;
use super::{Layers, behave, is_healthy, names, new_project};
use crate::cli::{run, text};
use crate::video::ffmpeg;

const WIDTH: u32 = 320;
const HEIGHT: u32 = 240;
const FRAMES: u32 = 300;

/// Where the middles of two ellipses are and where they point, rad.
fn places(frame: u32) -> [([f32; 2], f32); 2] {
    let angle = frame as f32 / 30.0 * 1.5;
    // The second stays for a while and then runs on.
    let along = (frame as f32 / 30.0 * 0.9).min(4.0) + (frame.saturating_sub(220)) as f32 / 30.0 * 1.2;
    [
        ([90.0 + 50.0 * angle.cos(), 90.0 + 50.0 * angle.sin()], angle + std::f32::consts::FRAC_PI_2),
        ([230.0 + 40.0 * along.cos(), 150.0 + 40.0 * along.sin()], along + std::f32::consts::FRAC_PI_2),
    ]
}

/// A light floor with noise, and dark ellipses on it.
fn picture(frame: u32, has_animals: bool, random: &mut ChaCha8Rng) -> Vec<u8> {
    let animals = places(frame);
    let mut pixels = Vec::with_capacity((WIDTH * HEIGHT) as usize);
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let is_animal = has_animals
                && animals.iter().any(|([cx, cy], heading)| {
                    let [dx, dy] = [x as f32 - cx, y as f32 - cy];
                    let (sin, cos) = heading.sin_cos();
                    let [ahead, aside] = [cos * dx + sin * dy, cos * dy - sin * dx];
                    (ahead / 18.0).powi(2) + (aside / 8.0).powi(2) < 1.0
                });
            let level: u8 = if is_animal { 50 } else { 190 };
            pixels.push(level + random.random_range(0..6));
        }
    }
    pixels
}

/// A recording of a video alone, and the project of it.
fn filmed(folder: &Path, has_animals: bool) -> PathBuf {
    let recording = folder.join("film");
    Manifest { name: "film", camera: "video = \"top.mp4\"", animals: [].into() }.write(&recording);
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let still = picture(0, false, &mut random);
    let input: Vec<u8> = (0..FRAMES)
        .flat_map(|frame| if has_animals { picture(frame, true, &mut random) } else { still.clone() })
        .collect();
    let (size, video) = (format!("{WIDTH}x{HEIGHT}"), recording.join("top.mp4"));
    let raw = ["-f", "rawvideo", "-pix_fmt", "gray", "-s", &size, "-r", "30", "-i", "-"];
    let coded = ["-c:v", "libx264", "-crf", "12", "-pix_fmt", "yuv420p", text(&video)];
    ffmpeg(&[&raw[..], &coded].concat(), &input);
    let project = folder.join("film.bvlm");
    new_project(&[&recording], &project);
    project
}

#[test]
fn two_moving_blobs_are_animals_that_nobody_verified() {
    let folder = TempDir::new().unwrap();
    let project = filmed(folder.path(), true);
    let (report, said) = behave(&project, &["--segmenter", "kmeans", "--clusters", "4"]);
    names(&said, &["no tracks", "2 moving blobs", "not verified"]);
    assert_eq!(report["animals"], serde_json::json!(["A0", "A1"]));
    let layers = Layers::of(&project);
    layers.check();
    assert_eq!(layers.frames, FRAMES);
    {
        let project = Project::open_read_only(&project).unwrap();
        let info = project.only_recording().unwrap();
        assert!(project.animals(info.id).unwrap().iter().all(|animal| !animal.is_identity_verified));
    }
    // One goes round all the time, the other rests in between: one of them moves more.
    let moving = ["A0", "A1"].map(|animal| layers.frames_of(animal, "locomotion"));
    println!("{moving:?} frames of locomotion; {}", report["labels"]);
    assert!(moving.iter().max().unwrap() > &150, "{moving:?}");
    assert!(layers.captions.iter().all(|(_, caption)| caption.confidence <= 0.5));
    // Found once: the second run does not look for them again, and nothing is done twice.
    let (again, _) = behave(&project, &["--segmenter", "kmeans", "--clusters", "4"]);
    assert_eq!(again["was_done"], true);
    let (keypoints, _) = behave(&project, &["--segmenter", "kmeans", "--clusters", "4", "--features", "keypoints"]);
    assert!(keypoints["training"].is_object());
    let (fused, _) = behave(&project, &["--segmenter", "kmeans", "--clusters", "4", "--features", "fused"]);
    assert!(fused["training"]["columns"].as_u64() > keypoints["training"]["columns"].as_u64());
    Layers::of(&project).check();
    is_healthy(&project);
}

#[test]
fn where_nothing_moves_the_arena_is_the_subject() {
    let folder = TempDir::new().unwrap();
    let project = filmed(folder.path(), false);
    let (report, said) = behave(&project, &["--segmenter", "kmeans", "--clusters", "4"]);
    names(&said, &["no animals could be told apart", "arena as a whole"]);
    assert_eq!(report["animals"], serde_json::json!(["arena"]));
    let layers = Layers::of(&project);
    layers.check();
    assert_eq!(layers.frames_of("arena", "no_behavior"), FRAMES);
    is_healthy(&project);
}

#[test]
fn a_video_that_cannot_be_read_is_named() {
    let folder = TempDir::new().unwrap();
    let project = filmed(folder.path(), true);
    let video = folder.path().join("film/top.mp4");
    let whole = fs::read(&video).unwrap();
    fs::write(&video, &whole[..whole.len() / 2]).unwrap();
    let output = run(&["behavior", "run", text(&project)]);
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    names(&said, &["error: ", "top"]);
    assert!(!said.contains("panicked"), "{said}");
    fs::write(&video, whole).unwrap();
    behave(&project, &["--segmenter", "kmeans", "--clusters", "4"]);
    Layers::of(&project).check();
}

/// A mouse that only 3D points show is marked and enlarged in the pictures that a model gets: its badge stands over the middle of
/// the right half in each.
#[test]
fn an_animal_of_3d_points_is_marked_in_pictures() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path().join("demo");
    run(&["demo", "--dir", text(&dir), "--frames", "20", "--size", "320x240", "--difficulty", "easy", "--headless"]);
    let project = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path());
    let project = project.into_iter().find(|path| path.extension().is_some_and(|it| it == "bvlm")).unwrap();
    let recording = Project::open_read_only(&project).unwrap().only_recording().unwrap().name;
    let table = folder.path().join("people.csv");
    let row = format!("video,animal,target,label,start_frame,stop_frame\n{recording},A0,,locomotion,2,18\n");
    fs::write(&table, row).unwrap();
    run(&["import", text(&project), "--format", "behavior", text(&table)]);
    run(&["behavior", "examples", "add", text(&project)]);
    let examples = Project::open_read_only(&project).unwrap().examples().unwrap();
    assert_eq!(examples[0].1.pictures.len(), 3, "a quarter of a second");
    for (_, picture) in &examples[0].1.pictures {
        let [width, height] = picture.size_px.map(|side| side as usize);
        let rgba = picture.rgba().unwrap();
        let is_badge = |at: &usize| {
            let [red, green, blue] = [0, 1, 2].map(|channel| i32::from(rgba[4 * at + channel]));
            (red - 230).abs() < 30 && (green - 159).abs() < 30 && blue < 60
        };
        let columns: Vec<usize> = (0..width * height).filter(is_badge).map(|at| at % width).collect();
        let (left, right): (Vec<usize>, Vec<usize>) = columns.into_iter().partition(|column| *column < width / 2);
        assert!(left.len() > 100 && right.len() > 100, "a badge in each half: {} and {}", left.len(), right.len());
        let middle = right.iter().sum::<usize>() as f64 / right.len() as f64;
        assert!((middle - 0.75 * width as f64).abs() < 0.05 * width as f64, "{middle} of {width}");
    }
}
