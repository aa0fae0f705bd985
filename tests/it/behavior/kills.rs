//! The program killed (SIGKILL) while the pipeline runs: no layer is ever half there, and the next call ends with the same
//! result.
//!
//! By hand: `cargo test --test it behavior::kills -- --ignored --nocapture`.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use tempfile::TempDir;

use super::script::{Film, recording};
use super::{Layers, behave, is_healthy, new_project};
use crate::cli::{command, text};

const KMEANS: [&str; 4] = ["--segmenter", "kmeans", "--clusters", "6"];

/// Kills a run on copies of a project, at moments spread evenly over its length behind `share` of it. After each, every layer is `before`'s or
/// `expected`'s or empty, and the next call ends with `expected`. Returns how many calls were killed with new clips there.
fn kill_often(start: &Path, share: f64, kills: u32, expected: &Layers) -> u32 {
    let copied = |name: &str| {
        let copy = start.with_file_name(name);
        fs::copy(start, &copy).unwrap();
        copy
    };
    let before = Layers::of(start);
    let timed = copied("timed.bvlm");
    let started = Instant::now();
    behave(&timed, &KMEANS);
    let lasts = started.elapsed();
    let (mut in_time, mut partly) = (0, 0);
    for kill in 0..kills {
        let project = copied("killed.bvlm");
        let moment = lasts.mul_f64(share + (1.0 - share) * f64::from(kill + 1) / f64::from(kills + 1));
        let arguments = [&["behavior", "run", text(&project), "-q"][..], &KMEANS].concat();
        let mut child = command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(moment);
        let was_running = child.try_wait().unwrap().is_none();
        child.kill().unwrap();
        child.wait().unwrap();
        let left = Layers::of(&project);
        left.check();
        is_healthy(&project);
        let is_old = left.shown() == before.shown();
        assert!(is_old || left.clips.is_empty() || left.clips == expected.clips, "killed after {moment:?}");
        assert!(is_old || left.captions.is_empty() || left.captions == expected.captions, "killed after {moment:?}");
        assert!(is_old || left.merged.is_empty() || left.merged == expected.merged, "killed after {moment:?}");
        in_time += u32::from(was_running);
        partly += u32::from(was_running && !is_old);
        println!(
            "killed after {:.2} of {:.2} s: model {}, {} clips, {} captions, {} segments",
            moment.as_secs_f64(),
            lasts.as_secs_f64(),
            left.model.is_some(),
            left.clips.len(),
            left.captions.len(),
            left.merged.len()
        );
        behave(&project, &KMEANS);
        assert_eq!(&Layers::of(&project), expected, "killed after {moment:?}");
        fs::remove_file(project).unwrap();
    }
    println!("{in_time} of {kills} killed while running, {partly} of them with something new");
    assert!(4 * in_time >= kills, "most calls end before they are killed");
    partly
}

#[test]
#[ignore = "kills the program 40 times, which takes minutes"]
fn behavior_killed_at_many_moments() {
    let folder = TempDir::new().unwrap();
    let fresh = folder.path().join("fresh.bvlm");
    new_project(&[&recording(folder.path(), "three", &Film::long())], &fresh);
    let named = |name: &str, from: &Path| {
        let copy = folder.path().join(name);
        fs::copy(from, &copy).unwrap();
        copy
    };
    let whole = named("whole.bvlm", &fresh);
    behave(&whole, &KMEANS);
    let expected = Layers::of(&whole);
    expected.check();
    kill_often(&fresh, 0.0, 8, &expected);
    // What follows the training is short: there most kills are.
    let trained = named("trained.bvlm", &fresh);
    behave(&trained, &[&KMEANS[..], &["--through", "features"]].concat());
    let mut partly = kill_often(&trained, 0.5, 16, &expected);
    // Where an earlier run was cut at another price, its layers are there until the new ones are.
    let earlier = named("earlier.bvlm", &trained);
    behave(&earlier, &[&KMEANS[..], &["--switch-cost", "100"]].concat());
    partly += kill_often(&earlier, 0.5, 16, &expected);
    println!("{partly} kills with something new there");
}
