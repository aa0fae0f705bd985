//! The program killed at random moments (SIGKILL): the project stays whole, and the next call ends with the same result.
//!
//! By hand: `cargo test --test it kill:: -- --ignored --nocapture`.
#![expect(clippy::unwrap_used, reason = "the helpers of a test fail as the test does")]

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use behaviorvlm::store::Project;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tempfile::TempDir;

use crate::cli::{command, json, run, small_recording, text};

const KILLS: usize = 20;

/// Copies a project that nobody has open.
fn copied(project: &Path, name: &str) -> std::path::PathBuf {
    let copy = project.with_file_name(name);
    fs::copy(project, &copy).unwrap();
    copy
}

/// How long a call takes, from its start to its end.
fn timed(arguments: &[&str]) -> Duration {
    let started = Instant::now();
    assert!(run(arguments).status.success());
    started.elapsed()
}

/// Starts a call and kills it after a while; says whether it was still running.
fn killed_after(arguments: &[&str], while_running: Duration) -> bool {
    let mut child = command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(while_running);
    let was_running = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    was_running
}

/// Kills `verb` at random moments, each time on a fresh copy of `project`, and compares `result` after the next call.
fn kill_often<T: PartialEq>(
    verb: &str,
    project: &Path,
    done_frames: impl Fn(&Path) -> usize,
    result: impl Fn(&Path) -> T,
) {
    let reference = copied(project, "reference.bvlm");
    let duration = timed(&[verb, text(&reference), "-q"]);
    let expected = result(&reference);
    let mut random = ChaCha8Rng::seed_from_u64(20);
    let (mut in_time, mut trials) = (0, 0);
    while in_time < KILLS {
        trials += 1;
        assert!(trials < 3 * KILLS, "most calls end before they are killed");
        let copy = copied(project, &format!("killed{trials}.bvlm"));
        let arguments = [verb, text(&copy), "-q"];
        let moment = duration.mul_f64(random.random_range(0.0..1.0));
        let was_running = killed_after(&arguments, moment);
        Project::open_read_only(&copy).unwrap().check().unwrap();
        let done = done_frames(&copy);
        if was_running {
            in_time += 1;
            println!(
                "{verb} killed after {:.2} of {:.2} s with {done} frames done",
                moment.as_secs_f64(),
                duration.as_secs_f64()
            );
        }
        assert!(run(&arguments).status.success());
        assert!(result(&copy) == expected, "{verb} killed after {moment:?} with {done} frames done");
        fs::remove_file(copy).unwrap();
    }
}

/// Labels and points as tables.
fn tables(project: &Path) -> [String; 2] {
    ["points2d", "points3d"].map(|format| {
        let table = project.with_extension("csv");
        json(&["export", text(project), "--format", format, text(&table), "--json"]);
        fs::read_to_string(table).unwrap()
    })
}

#[test]
#[ignore = "kills the program 20 times, which takes minutes"]
fn pose_killed_at_random_moments() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path().join("demo");
    json(&["demo", "--dir", text(&dir), "--no-images", "--frames", "400", "--json"]);
    let project = dir.join("unsolved.bvlm");
    let recording = dir.join("recording");
    fs::rename(dir.join("demo.bvlm"), &project).unwrap();
    {
        // What the demo solved is thrown away; dots and seeds stay.
        let mut project = Project::open(&project).unwrap();
        let info = project.only_recording().unwrap();
        project.clear_machine_frames(info.id, 0..info.frame_count).unwrap();
        project.begin_run(info.id, "pose", "{}", 0).unwrap();
    }
    assert!(recording.exists());
    let done = |project: &Path| {
        let project = Project::open_read_only(project).unwrap();
        let info = project.only_recording().unwrap();
        project.frame_summaries(info.id).unwrap().len()
    };
    kill_often("pose", &project, done, tables);
}

#[test]
#[ignore = "kills the program 20 times, which takes minutes"]
fn detect_killed_at_random_moments() {
    let folder = TempDir::new().unwrap();
    let project = folder.path().join("undetected.bvlm");
    json(&["new", text(small_recording()), text(&project), "--json"]);
    let done = |project: &Path| {
        let project = Project::open_read_only(project).unwrap();
        let info = project.only_recording().unwrap();
        project.detected_frames(info.id, None).unwrap().len()
    };
    let seeds = small_recording().join("truth/seeds.csv");
    let result = |project: &Path| {
        let dots = {
            let project = Project::open_read_only(project).unwrap();
            let info = project.only_recording().unwrap();
            let frames = (0..info.frame_count).map(|frame| project.detection(info.id, frame).unwrap());
            frames.collect::<Vec<_>>()
        };
        json(&["seeds", text(project), "--import", text(&seeds), "--json"]);
        json(&["pose", text(project), "--json"]);
        (dots, tables(project))
    };
    kill_often("detect", &project, done, result);
}
