//! Recordings that were simulated apart from the demo, from the videos to figures beside the floor.
#![expect(clippy::unwrap_used, reason = "the helpers of a test fail as the test does")]

use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use crate::cli::{json, text};

/// Takes a recording all the way and returns its evaluation.
fn evaluated(name: &str) -> Value {
    let data = std::env::var_os("BEHAVIORVLM_DATA").expect("BEHAVIORVLM_DATA names the folder of the data sets");
    let recording = PathBuf::from(data).join(name);
    let folder = TempDir::new().unwrap();
    let project = folder.path().join("p.bvlm");
    let project = text(&project);
    let truth = recording.join("truth");
    json(&["new", text(&recording), project, "--json"]);
    let detected = json(&["detect", project, "--json"]);
    assert_eq!(detected["recordings"][0]["failed_views"], 0);
    json(&["seeds", project, "--import", text(&truth.join("seeds.csv")), "--json"]);
    let solved = json(&["pose", project, "--json"]);
    let queue = json(&["rank", project, "--json"]);
    assert_eq!(queue["frames"].as_array().unwrap().len() as u64, solved["frames_done"].as_u64().unwrap());
    let eval = json(&["eval", "pose", project, "--truth", text(&truth.join("points3d.csv")), "--json"]);
    println!("{name}: {eval:#}");
    eval
}

fn figure(eval: &Value, key: &str) -> f64 {
    eval[key].as_f64().unwrap_or_else(|| panic!("{key} is missing: {eval}"))
}

fn check(eval: &Value) {
    let (mean, floor) = (figure(eval, "mean_mm"), figure(eval, "floor_mean_mm"));
    assert!(mean <= 1.15 * floor, "mean {mean} mm beside a floor of {floor} mm");
    assert!(figure(eval, "identity_error_pct") <= 0.2, "{eval}");
    let (missing, floor) = (figure(eval, "missing_pct"), figure(eval, "floor_missing_pct"));
    assert!(missing <= floor + 0.2, "missing {missing} % beside a floor of {floor} %");
}

#[test]
#[ignore = "needs BEHAVIORVLM_DATA"]
fn cameras_around_the_arena() {
    check(&evaluated("qd_ring"));
}

#[test]
#[ignore = "needs BEHAVIORVLM_DATA"]
fn cameras_above_and_below_a_glass_floor() {
    check(&evaluated("qd_floor"));
}

#[test]
#[ignore = "needs BEHAVIORVLM_DATA"]
fn the_folder_of_a_rig_without_a_manifest() {
    let eval = evaluated("qd_rig_layout");
    assert_eq!(figure(&eval, "identity_error_pct"), 0.0, "{eval}");
    assert!(figure(&eval, "missing_pct") <= figure(&eval, "floor_missing_pct"), "{eval}");
}
