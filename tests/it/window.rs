//! The real window under Xvfb, worked with real clicks and keys; ignored, since it needs a screen and takes minutes.
//!
//! `cargo test --test it -- --ignored window::`. With `BEHAVIORVLM_DATA` the recording is a real one, without it the simulated
//! one. `BEHAVIORVLM_SHOTS` names a folder for pictures of every page.

mod driver;

mod model;

mod behavior;

mod describe;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use behaviorvlm::model::{CameraId, KeypointId, Placement};
use behaviorvlm::store::{FrameState, Project, RecordingInfo};

use driver::{Screen, Tree, Window, shots};

const SEED_FRAMES: u32 = 3;
/// Clicks and keys that a full seed frame may take with the help of geometry.
const MOST_INPUTS: usize = 30;

/// A recording with the seeds that a person made for it.
struct Given {
    recording: PathBuf,
    /// By frame, camera and keypoint: where the seed is; what is not there cannot be seen.
    seeds: BTreeMap<(u32, String, String), [f64; 2]>,
}

fn given(folder: &Path) -> Given {
    let recording = match std::env::var_os("BEHAVIORVLM_DATA") {
        // A link, so that what is made beside the recording is made in the test's own folder.
        Some(data) => {
            let link = folder.join("qd_ring");
            std::os::unix::fs::symlink(PathBuf::from(data).join("qd_ring"), &link).unwrap();
            link
        }
        None => {
            let demo = folder.join("demo");
            let arguments = ["demo", "--headless", "-q", "--frames", "24", "--dir", demo.to_str().unwrap()];
            let made = Command::new(env!("CARGO_BIN_EXE_behaviorvlm")).args(arguments).output().unwrap();
            assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
            demo.join("recording")
        }
    };
    let table = std::fs::read_to_string(recording.join("truth/seeds.csv")).unwrap();
    let mut seeds = BTreeMap::new();
    for row in table.lines().skip(1) {
        let cells: Vec<&str> = row.split(',').collect();
        let key = (cells[0].parse().unwrap(), cells[1].to_owned(), cells[2].to_owned());
        seeds.insert(key, [cells[3].parse().unwrap(), cells[4].parse().unwrap()]);
    }
    Given { recording, seeds }
}

fn settings(folder: &Path, appearance: &str) -> PathBuf {
    let path = folder.join("settings.json");
    std::fs::write(&path, format!("{{\"annotator\": \"Mira\", \"appearance\": \"{appearance}\"}}")).unwrap();
    path
}

/// What the project file holds, read beside the window.
struct Kept {
    project: Project,
    info: RecordingInfo,
}

impl Kept {
    fn open(path: &Path) -> Self {
        let project = Project::open_read_only(path).unwrap();
        let info = project.only_recording().unwrap();
        Self { project, info }
    }

    fn keypoints(&self) -> Vec<String> {
        self.project.skeleton().keypoints.iter().map(|keypoint| keypoint.name.clone()).collect()
    }

    /// The number of the dot at a seed, `None` where the keypoint cannot be seen.
    fn wanted(&self, given: &Given, frame: u32, camera: usize, keypoint: &str) -> Option<u16> {
        let seed = given.seeds.get(&(frame, self.info.cameras[camera].name.clone(), keypoint.to_owned()))?;
        let views = self.project.detection(self.info.id, frame).unwrap();
        let near = views[camera].as_ref().unwrap().centroids.iter().map(|dot| {
            let off = (dot.point_in_image.x - seed[0]).hypot(dot.point_in_image.y - seed[1]);
            (off, dot.number.0)
        });
        near.min_by(|a, b| a.0.total_cmp(&b.0)).filter(|(off, _)| *off < 6.0).map(|(_, number)| number)
    }

    /// The label of a keypoint in a view: a dot's number, 0 for "not visible", `None` without a label.
    fn label(&self, frame: u32, camera: usize, keypoint: usize) -> Option<u16> {
        let labels = self.project.labels(self.info.id, frame).unwrap();
        let label = labels.get(CameraId(camera as u8), KeypointId(keypoint as u8))?;
        match label.placement {
            Placement::Centroid { number, .. } => Some(number.0),
            Placement::Absent => Some(0),
            Placement::Free { .. } => Some(u16::MAX),
        }
    }

    /// All labels by people, as a text to compare.
    fn human_labels(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for frame in self.project.human_frames(self.info.id).unwrap() {
            let labels = self.project.labels(self.info.id, frame).unwrap();
            for (camera, keypoint, label) in labels.iter().filter(|(_, _, label)| label.is_human()) {
                found.insert(format!("{frame} {} {} {:?}", camera.0, keypoint.0, label.placement));
            }
        }
        found
    }
}

fn dot_name(number: u16, camera: &str) -> String {
    format!("dot {number} in {camera}")
}

/// Labels a seed frame as an annotator would: two views of each keypoint where nothing is proposed yet, then one key for all that
/// is proposed, then what is still wrong.
fn label_seed_frame(window: &mut Window<'_>, given: &Given, kept: &Kept, frame: u32) -> usize {
    let keypoints = kept.keypoints();
    let cameras: Vec<String> = kept.info.cameras.iter().map(|camera| camera.name.clone()).collect();
    let before = window.inputs;
    if frame == 0 {
        for (index, keypoint) in keypoints.iter().enumerate() {
            let is_seen = |camera: &usize| kept.wanted(given, frame, *camera, keypoint).is_some();
            let mut open: Vec<usize> = (0..cameras.len()).filter(is_seen).collect();
            let is_point = open.len() >= 2;
            for _ in 0..open.len().min(2) {
                window.wait_until(keypoint, |tree| tree.is_on(keypoint).then_some(()));
                // Where the page says, if the keypoint can be seen there.
                let advised =
                    |tree: &Tree| open.iter().position(|camera| tree.has(&format!("in {}", cameras[*camera])));
                let camera = open.remove(advised(&window.tree()).unwrap_or(0));
                let number = kept.wanted(given, frame, camera, keypoint).unwrap();
                window.click_starting(&dot_name(number, &cameras[camera]));
                let cell = format!("{keypoint} in {}: dot {number}", cameras[camera]);
                window.wait_until(&cell, |tree| tree.containing(&cell));
            }
            if !is_point {
                window.key("shift+n");
                let last = format!("{keypoint} in {}: ", cameras[cameras.len() - 1]);
                window.wait_until(&last, |tree| tree.containing(&last).filter(|cell| !cell.ends_with("to do")));
            }
            if let Some(next) = keypoints.get(index + 1) {
                window.wait_until(next, |tree| tree.is_on(next).then_some(()));
            }
        }
    } else {
        window.wait_until("proposals from the first frame", |tree| tree.containing(" proposed"));
    }
    window.key("shift+a");
    window.wait_until("Undo: Accept", |tree| tree.containing("Undo: Accept"));
    for (index, keypoint) in keypoints.iter().enumerate() {
        for (camera, name) in cameras.iter().enumerate() {
            let wanted = kept.wanted(given, frame, camera, keypoint);
            if kept.label(frame, camera, index) == Some(wanted.unwrap_or(0)) {
                continue;
            }
            window.choose_starting(&format!("{keypoint} in {name}: "));
            match wanted {
                Some(number) => {
                    window.click_starting(&dot_name(number, name));
                    let cell = format!("{keypoint} in {name}: dot {number}");
                    window.wait_until(&cell, |tree| tree.containing(&cell));
                }
                None => {
                    window.key("n");
                    let cell = format!("{keypoint} in {name}: not visible");
                    window.wait_until(&cell, |tree| tree.containing(&cell));
                }
            }
        }
    }
    window.inputs - before
}

#[test]
#[ignore = "needs Xvfb, openbox, xdotool and imagemagick, and takes minutes"]
fn a_recording_is_labelled_solved_reviewed_and_exported_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let given = given(folder.path());
    let project = folder.path().join("by-hand.bvlm");
    let settings = settings(folder.path(), "dark");
    let screen = Screen::start([1600, 1000]);

    // A recording without a project: the welcome page offers one.
    let mut window = Window::open(&screen, &["open", given.recording.to_str().unwrap()], &settings);
    window.resize([1600, 1000]);
    window.wait_until("Make the project", |tree| tree.is_enabled("Make the project").then_some(()));
    window.fill("Project file, which will hold your labels", project.to_str().unwrap());
    window.click("Make the project");

    // Its dots.
    window.wait_for("Find the dots");
    window.click("Find the dots");
    window.wait_until("the dots", |tree| tree.containing("Found "));
    let kept = Kept::open(&project);
    let detected = kept.project.detected_frames(kept.info.id, None).unwrap().len();
    assert_eq!(detected, kept.info.frame_count as usize);

    // Three seed frames.
    window.key("ctrl+2");
    for frame in 0..SEED_FRAMES {
        if frame > 0 {
            window.key("Right");
        }
        window.wait_until("the frame", |tree| {
            tree.containing(&format!("{frame} / ")).or(tree.containing(&format!("Frame {frame}")))
        });
        let inputs = label_seed_frame(&mut window, &given, &kept, frame);
        println!("frame {frame}: {inputs} clicks and keys");
        assert!(inputs <= MOST_INPUTS, "frame {frame} took {inputs} clicks and keys");
        for (index, keypoint) in kept.keypoints().iter().enumerate() {
            for camera in 0..kept.info.cameras.len() {
                let wanted = kept.wanted(&given, frame, camera, keypoint).unwrap_or(0);
                assert_eq!(
                    kept.label(frame, camera, index),
                    Some(wanted),
                    "{keypoint} in camera {camera}, frame {frame}"
                );
            }
        }
    }
    let labels = kept.project.labels(kept.info.id, 0).unwrap();
    let dots = labels.iter().filter(|(_, _, label)| label.placement.number().is_some()).count();
    println!("frame 0: {dots} dots, {} none", labels.iter().count() - dots);

    // The run.
    window.key("ctrl+3");
    window.wait_until("Start the run", |tree| tree.is_enabled("Start the run").then_some(()));
    window.click("Start the run");
    window.wait_until("the end of the run", |tree| tree.containing("Solved "));

    // The worst five.
    window.key("ctrl+4");
    window.wait_for("Accept and next");
    window.wait_until("the queue", |tree| tree.containing("Re-rank"));
    let decided = |kept: &Kept| {
        let all = kept.project.frame_summaries(kept.info.id).unwrap();
        all.iter().filter(|summary| summary.state != FrameState::Todo).count()
    };
    // A key that comes before the frame was seen decides nothing, so it is pressed like by a hand: once the button can be, and
    // again where it came too early after all.
    for _ in 0..50 {
        if decided(&kept) >= 5 {
            break;
        }
        window.wait_until("a frame to accept", |tree| tree.is_enabled("Accept and next").then_some(()));
        window.key("Return");
        window.tree();
    }
    assert!(decided(&kept) >= 5, "{} frames were accepted", decided(&kept));

    // One correction: a keypoint is not visible in a view. Undone, and done again.
    let human = kept.human_labels();
    window.hover("View cam1");
    window.choose_starting("ear_L in cam1: ");
    window.key("n");
    let mended = window.wait_until("Undo: ", |tree| tree.containing("Undo: ").filter(|title| title.contains("cam1")));
    window.wait_for("Saved");
    let corrected = kept.human_labels();
    assert_ne!(corrected, human, "the correction was not kept");
    window.key("ctrl+z");
    window.wait_until("Redo: ", |tree| tree.containing("Redo: "));
    assert_eq!(kept.human_labels(), human, "undo left something");
    window.key("ctrl+shift+z");
    window.wait_until("nothing to redo", |tree| tree.containing("Nothing to redo"));
    assert_eq!(kept.human_labels(), corrected, "redo left something");

    // After a restart everything is as it was left.
    let place = window.wait_until("the place", |tree| tree.texts().into_iter().find(|text| text.starts_with("Frame ")));
    window.close();
    let mut window = Window::open(&screen, &["open", project.to_str().unwrap()], &settings);
    window.resize([1600, 1000]);
    window.wait_until("the page", |tree| tree.is_on("Review").then_some(()));
    window.wait_until("the frame", |tree| tree.texts().contains(&place).then_some(()));
    window.wait_until("what undo would take", |tree| tree.has(&mended).then_some(()));
    assert_eq!(kept.human_labels(), corrected);

    // The result.
    let table = folder.path().join("points3d.csv");
    window.key("ctrl+6");
    window.fill("File", table.to_str().unwrap());
    window.click("Write the file");
    window.wait_until("the file", |tree| tree.containing("Wrote "));
    let rows = std::fs::read_to_string(&table).unwrap().lines().count();
    assert!(rows > kept.info.frame_count as usize * 6, "{rows} rows");
    window.close();

    if let Some(shots) = shots() {
        shoot_all(&shots, folder.path(), &project);
    }
}

/// A picture of every page, dark and light, small and large.
fn shoot_all(shots: &Path, folder: &Path, project: &Path) {
    for size in [[1280, 800], [1920, 1080]] {
        for appearance in ["dark", "light"] {
            let settings = settings(folder, appearance);
            let screen = Screen::start(size);
            let mut window = Window::open(&screen, &["open", project.to_str().unwrap()], &settings);
            window.resize(size);
            for (index, page) in ["Detect", "Seeds", "Run", "Review", "Behaviour", "Export"].into_iter().enumerate() {
                window.key(&format!("ctrl+{}", index + 1));
                window.wait_until(page, |tree| tree.is_on(page).then_some(()));
                // Pictures come after the page.
                std::thread::sleep(Duration::from_millis(1500));
                window.shoot(&shots.join(format!("{}_{appearance}_{}.png", page.to_lowercase(), size[0])));
            }
            window.key("ctrl+w");
            window.wait_until("the welcome page", |tree| tree.containing("Recent projects"));
            std::thread::sleep(Duration::from_millis(500));
            window.shoot(&shots.join(format!("welcome_{appearance}_{}.png", size[0])));
        }
    }
}

/// Twenty times: labels, then a kill while the last edit is under way, each time a little later. What the window had said to be
/// saved is there.
#[test]
#[ignore = "needs Xvfb, openbox, xdotool and imagemagick, and takes minutes"]
fn a_label_that_was_accepted_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let given = given(folder.path());
    let project = folder.path().join("killed.bvlm");
    let run = |arguments: &[&str]| {
        let done = Command::new(env!("CARGO_BIN_EXE_behaviorvlm")).args(arguments).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    run(&["new", "-q", given.recording.to_str().unwrap(), project.to_str().unwrap()]);
    run(&["detect", "-q", project.to_str().unwrap(), "--frames", "..3"]);
    let settings = settings(folder.path(), "dark");
    let screen = Screen::start([1280, 800]);
    let keypoints = Kept::open(&project).keypoints();
    let mut accepted: BTreeMap<(usize, usize), Option<u16>> = BTreeMap::new();
    for round in 0..20_usize {
        let mut window = Window::open(&screen, &["open", project.to_str().unwrap()], &settings);
        window.resize([1280, 800]);
        window.key("ctrl+2");
        let edits = 1 + round % 3;
        for edit in 0..edits {
            let camera = (round + edit) % 6;
            let keypoint = (5 * round + edit) % keypoints.len();
            let cell = format!("{} in cam{camera}: ", keypoints[keypoint]);
            window.choose_starting(&cell);
            // "Not visible" and "no label" by turns, so that each is an edit.
            let (key, words, wanted) = match accepted.get(&(camera, keypoint)) {
                Some(Some(0)) => ("Delete", "to do", None),
                _ => ("n", "not visible", Some(0)),
            };
            window.key(key);
            if edit + 1 == edits {
                break;
            }
            let done = format!("{cell}{words}");
            window.wait_until(&done, |tree| (tree.containing(&done).is_some() && tree.has("Saved")).then_some(()));
            accepted.insert((camera, keypoint), wanted);
        }
        // Before the edit arrives, while it is being written, after.
        std::thread::sleep(Duration::from_millis((round as u64 * 7) % 40));
        window.kill();
        let kept = Kept::open(&project);
        kept.project.check().unwrap();
        // The edit in whose middle the kill came may be there or not; it must be whole, and all others must be there.
        let last = ((round + edits - 1) % 6, (5 * round + edits - 1) % keypoints.len());
        for ((camera, keypoint), wanted) in accepted.iter().filter(|(place, _)| **place != last) {
            let found = kept.label(0, *camera, *keypoint);
            assert_eq!(found, *wanted, "round {round}: {} in cam{camera}", keypoints[*keypoint]);
        }
        accepted.insert(last, kept.label(0, last.0, last.1));
    }
    let kept = accepted.values().filter(|label| label.is_some()).count();
    println!("20 kills, {kept} labels stand");
}
