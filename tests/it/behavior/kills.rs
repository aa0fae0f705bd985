//! The program killed (SIGKILL) while the pipeline runs: no layer is ever half there, and the next call ends with the same
//! result.
//!
//! By hand: `cargo test --test it behavior::kills -- --ignored --nocapture`.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::script::{Film, recording};
use super::{Layers, behave, is_healthy, new_project};
use crate::cli::{command, text};

const KILLS: u32 = 24;

#[test]
#[ignore = "kills the program 24 times, which takes a minute"]
fn behavior_killed_at_many_moments() {
    let folder = TempDir::new().unwrap();
    let fresh = folder.path().join("fresh.bvlm");
    new_project(&[&recording(folder.path(), "three", &Film::long())], &fresh);
    let options = ["--segmenter", "kmeans", "--clusters", "6"];
    let whole = folder.path().join("whole.bvlm");
    fs::copy(&fresh, &whole).unwrap();
    let started = Instant::now();
    behave(&whole, &options);
    let lasts = started.elapsed();
    let expected = Layers::of(&whole);
    expected.check();

    let (mut in_time, mut partly) = (0, 0);
    for kill in 0..KILLS {
        let project = folder.path().join(format!("killed{kill}.bvlm"));
        fs::copy(&fresh, &project).unwrap();
        // The last steps are short: more kills fall on the second half.
        let moment = lasts.mul_f64(f64::from(kill + 1) / f64::from(KILLS + 1)).max(Duration::from_millis(1));
        let arguments = [&["behavior", "run", text(&project), "-q"][..], &options].concat();
        let mut child = command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(moment);
        let was_running = child.try_wait().unwrap().is_none();
        child.kill().unwrap();
        child.wait().unwrap();
        let left = Layers::of(&project);
        left.check();
        is_healthy(&project);
        in_time += u32::from(was_running);
        partly += u32::from(was_running && left.model.is_some());
        println!(
            "killed after {:.2} of {:.2} s: model {}, {} clips, {} captions, {} segments",
            moment.as_secs_f64(),
            lasts.as_secs_f64(),
            left.model.is_some(),
            left.clips.len(),
            left.captions.len(),
            left.merged.len()
        );
        behave(&project, &options);
        assert_eq!(Layers::of(&project), expected, "killed after {moment:?}");
        // A second time there is nothing left to do.
        assert_eq!(behave(&project, &options).0["was_done"], true);
        fs::remove_file(project).unwrap();
    }
    println!("{in_time} of {KILLS} killed while running, {partly} of them with a model");
    assert!(in_time >= KILLS / 2, "most calls end before they are killed");
}
