//! The built program from end to end: every verb, its JSON, going on, tables there and back.
#![expect(clippy::unwrap_used, reason = "the helpers of a test fail as the test does")]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use behaviorvlm::demo::{DemoConfig, Scene, WriteOptions};
use serde_json::Value;
use tempfile::TempDir;

/// The program with arguments, ready to run.
pub fn command<S: AsRef<OsStr>>(arguments: &[S]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_behaviorvlm"));
    command.args(arguments).stdin(Stdio::null());
    // No test looks into the keyring of whoever runs it.
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
    command
}

/// Runs the program to its end.
pub fn run<S: AsRef<OsStr>>(arguments: &[S]) -> Output {
    command(arguments).output().unwrap()
}

/// Runs the program, which must succeed, and returns what it printed as JSON.
pub fn json<S: AsRef<OsStr>>(arguments: &[S]) -> Value {
    let output = run(arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs the program, which must fail with one sentence, and returns it.
pub fn failure<S: AsRef<OsStr>>(arguments: &[S]) -> String {
    let output = run(arguments);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let said: Vec<&str> = errors.lines().filter_map(|line| line.strip_prefix("error: ")).collect();
    assert_eq!(said.len(), 1, "one sentence: {errors}");
    assert!(!errors.contains("panicked"), "{errors}");
    said[0].to_owned()
}

/// A small recording: twelve frames, pictures of 512 × 350.
pub fn small_config() -> DemoConfig {
    DemoConfig { frames: 12, size_px: [512, 350], ..DemoConfig::default() }
}

/// The small recording, made once; nobody may change it.
pub fn small_recording() -> &'static Path {
    static MADE: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = MADE.get_or_init(|| {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("small");
        Scene::new(&small_config()).unwrap().write(&path, WriteOptions::default(), &|_| ()).unwrap();
        (folder, path)
    });
    path
}

/// A copy of the small recording that may be changed.
pub fn copied_recording(folder: &Path) -> PathBuf {
    let copy = folder.join("copy");
    copy_folder(small_recording(), &copy);
    copy
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A project of the small recording, solved.
pub fn solved_project(folder: &Path) -> PathBuf {
    let (recording, project) = (small_recording(), folder.join("small.bvlm"));
    let seeds = recording.join("truth/seeds.csv");
    json(&["new", text(recording), text(&project), "--json"]);
    json(&["detect", text(&project), "--json"]);
    json(&["seeds", text(&project), "--import", text(&seeds), "--annotator", "Ann", "--json"]);
    json(&["pose", text(&project), "--json"]);
    project
}

#[test]
fn without_a_screen_the_window_is_refused_in_one_sentence() {
    for arguments in [&[][..], &["open"], &["open", "missing.bvlm"]] {
        let mut command = command(arguments);
        let output = command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").env_remove("WAYLAND_SOCKET").output();
        let output = output.unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{errors}");
        assert_eq!(errors.lines().count(), 1, "{errors}");
        assert!(errors.starts_with("error: no window can be opened: there is no screen"), "{errors}");
        assert!(errors.contains("behaviorvlm --help"), "{errors}");
    }
    // A display that nobody serves: the window library says so, and does not panic.
    let output = command(&["open"]).env("DISPLAY", ":9999").env_remove("WAYLAND_DISPLAY").output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("error: no window can be opened: ") && !errors.contains("panicked"), "{errors}");
}

#[test]
fn every_verb_has_an_example() {
    let help = run(&["--help"]);
    assert!(String::from_utf8_lossy(&help.stdout).contains("Usage"));
    let verbs = [
        "open",
        "demo",
        "doctor",
        "new",
        "detect",
        "seeds",
        "pose",
        "gallery",
        "exchanges",
        "rank",
        "eval",
        "import",
        "export",
    ];
    for verb in verbs {
        let help = run(&[verb, "--help"]);
        assert!(String::from_utf8_lossy(&help.stdout).contains("Example: behaviorvlm"), "{verb}");
    }
    assert_eq!(run(&["pose", "--colour"]).status.code(), Some(2));
}

#[test]
fn the_demo_goes_all_the_way_and_then_has_nothing_to_do() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path().join("demo");
    let arguments =
        ["demo", "--dir", text(&dir), "--frames", "12", "--size", "512x350", "--headless", "--json"].map(str::to_owned);
    let report = json(&arguments);
    assert_eq!(report["pose"]["frames_done"], 12);
    let eval = &report["eval"];
    assert!(eval["mean_mm"].as_f64().unwrap() < 2.0 * eval["floor_mean_mm"].as_f64().unwrap(), "{eval}");
    assert_eq!(report["worst"].as_array().unwrap().len(), 5);
    let again = json(&arguments);
    assert_eq!(again["pose"]["frames_done"], 0);
    assert_eq!(again["detect"]["frames_done"], 0);
    assert_eq!(again["eval"], *eval);
    let words = run(&arguments[..arguments.len() - 1]);
    let words = String::from_utf8_lossy(&words.stdout).into_owned();
    assert!(words.contains("ear_L") && words.contains("look at first") && words.contains("Try next"), "{words}");
    let other = failure(&["demo", "--dir", text(&dir), "--frames", "13"]);
    assert!(other.contains("--dir"), "{other}");
}

#[test]
fn a_demo_without_pictures_needs_none() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path().join("demo");
    let arguments = ["demo", "--dir", text(&dir), "--frames", "20", "--no-images", "--layout", "floor", "--json"];
    let report = json(&arguments);
    assert_eq!(report["eval"]["frames"], 17);
    assert!(!dir.join("recording/cam0").exists());
    assert_eq!(json(&arguments)["pose"]["frames_done"], 0);
    let seeds_only = folder.path().join("three");
    let report = json(&["demo", "--dir", text(&seeds_only), "--frames", "3", "--no-images", "--json"]);
    assert!(report["eval"].is_null(), "three seeds leave nothing to judge");
}

#[test]
fn the_pipeline_verb_by_verb() {
    let folder = TempDir::new().unwrap();
    let (recording, project) = (small_recording(), folder.path().join("small.bvlm"));
    let project = text(&project);
    let seeds = recording.join("truth/seeds.csv");
    let made = json(&["new", text(recording), project, "--json"]);
    assert_eq!(made["recordings"][0]["frames"], 12);
    assert_eq!(json(&["new", text(recording), project, "--json"])["recordings"][0]["outcome"], "known");

    let detected = json(&["detect", project, "--frames", "..5", "--json"]);
    assert_eq!(detected["frames_done"], 5);
    let detected = json(&["detect", project, "--json"]);
    assert_eq!((&detected["frames_done"], &detected["frames_skipped"]), (&7.into(), &5.into()));
    assert_eq!(detected["failed_views"], 0);

    let unseeded = failure(&["pose", project]);
    assert!(unseeded.contains("seed"), "{unseeded}");
    let imported = json(&["seeds", project, "--import", text(&seeds), "--annotator", "Ann", "--json"]);
    assert_eq!(imported["recordings"][0]["frames"], serde_json::json!([0, 1, 2]));
    let again = json(&["seeds", project, "--import", text(&seeds), "--annotator", "Ann", "--json"]);
    assert_eq!(again["recordings"][0]["changed"], 0);

    let solved = json(&["pose", project, "--json"]);
    for key in ["frames_done", "calls", "retries", "failed_calls", "cpu_ms_per_frame", "wall_s", "changes", "warnings"]
    {
        assert!(!solved[key].is_null(), "{key}");
    }
    assert_eq!(solved["frames_done"], 12);
    assert_eq!(json(&["pose", project, "--json"])["frames_done"], 0);
    assert_eq!(json(&["pose", project, "--again", "--json"])["frames_done"], 12);
    assert_eq!(json(&["pose", project, "--solver", "consensus", "--json"])["frames_done"], 12);
    assert_eq!(json(&["pose", project, "--json"])["frames_done"], 12, "another run wrote over the first one");

    let queue = json(&["rank", project, "--top", "4", "--json"]);
    let frames = queue["frames"].as_array().unwrap();
    assert_eq!(frames.len(), 4);
    let scores: Vec<f64> = frames.iter().map(|frame| frame["score"].as_f64().unwrap()).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
    let reasons = [
        "residual_before",
        "residual_after",
        "jump",
        "bones",
        "unassigned",
        "two_views",
        "disagreement",
        "side",
        "margin",
    ];
    for reason in reasons {
        assert!(frames[0]["reasons"].get(reason).is_some(), "{reason}");
    }
    assert_eq!((&frames[0]["state"], &frames[0]["recording"]), (&"todo".into(), &made["recordings"][0]["recording"]));
    assert_eq!(json(&["rank", project, "--json"])["frames"].as_array().unwrap().len(), 12);

    let truth = recording.join("truth/points3d.csv");
    let eval = json(&["eval", "pose", project, "--truth", text(&truth), "--json"]);
    assert_eq!(eval["frames"], 9, "three seed frames are left out");
    let keys =
        ["mean_mm", "median_mm", "p95_mm", "floor_mean_mm", "identity_error_pct", "missing_pct", "floor_missing_pct"];
    for key in keys {
        assert!(eval[key].is_number(), "{key}");
    }
    assert_eq!(eval["per_keypoint"].as_object().unwrap().len(), 12);
    assert!(eval["per_keypoint"]["ear_L"]["mean_mm"].is_number());
}

#[test]
fn one_of_several_recordings_is_chosen_by_name() {
    let folder = TempDir::new().unwrap();
    let second = copied_recording(folder.path());
    let manifest = fs::read_to_string(second.join("recording.toml")).unwrap();
    let first_name =
        manifest.lines().find_map(|line| line.strip_prefix("name = ")).unwrap().trim_matches('"').to_owned();
    fs::write(second.join("recording.toml"), manifest.replacen(&first_name, "second", 1)).unwrap();
    let project = folder.path().join("two.bvlm");
    let project = text(&project);
    json(&["new", text(small_recording()), text(&second), project, "--json"]);
    let unnamed = failure(&["detect", project]);
    assert!(unnamed.contains("second") && unnamed.contains("--recording"), "{unnamed}");
    json(&["detect", project, "--frames", "..4", "--recording", "second", "--json"]);
    let seeds = small_recording().join("truth/seeds.csv");
    let unnamed = failure(&["seeds", project, "--import", text(&seeds)]);
    assert!(unnamed.contains("second") && unnamed.contains("--recording"), "{unnamed}");
    json(&["seeds", project, "--import", text(&seeds), "--recording", "second", "--json"]);
    let unnamed = failure(&["pose", project]);
    assert!(unnamed.contains("--recording"), "{unnamed}");
    json(&["pose", project, "--recording", "second", "--frames", "..4", "--json"]);
    let queue = json(&["rank", project, "--recording", "second", "--json"]);
    assert!(queue["frames"].as_array().unwrap().iter().all(|frame| frame["recording"] == "second"));
    let table = folder.path().join("points.csv");
    json(&["export", project, "--format", "points3d", text(&table), "--json"]);
    assert!(fs::read_to_string(&table).unwrap().starts_with("recording,frame,keypoint"));
}

/// Exports a format of a project and returns the table.
fn exported(project: &str, format: &str, folder: &Path) -> String {
    let table = folder.join(format!("{format}.csv"));
    json(&["export", project, "--format", format, text(&table), "--json"]);
    fs::read_to_string(table).unwrap()
}

/// A recording of a calibration alone, with the project of it.
fn recording_without_pictures(folder: &Path) -> String {
    let recording = folder.join("plain");
    let options = WriteOptions { pictures: false, ..WriteOptions::default() };
    Scene::new(&small_config()).unwrap().write(&recording, options, &|_| ()).unwrap();
    let project = folder.join("plain.bvlm");
    json(&["new", text(&recording), text(&project), "--json"]);
    text(&project).to_owned()
}

#[test]
fn tables_come_back_as_they_went() {
    let folder = TempDir::new().unwrap();
    let solved = solved_project(folder.path());
    let plain = recording_without_pictures(folder.path());
    let back = folder.path().join("back");
    fs::create_dir(&back).unwrap();
    for format in ["points2d", "points3d", "seeds"] {
        let table = exported(text(&solved), format, folder.path());
        assert!(table.lines().count() > 100, "{format}");
        let path = folder.path().join(format!("{format}.csv"));
        // Seeds are labels by people and stay where an import has others, so that each format gets a project of its own.
        let fresh = folder.path().join(format!("{format}.bvlm"));
        fs::copy(&plain, &fresh).unwrap();
        json(&["import", text(&fresh), "--format", format, text(&path), "--json"]);
        assert_eq!(exported(text(&fresh), format, &back), table, "{format}");
    }
}

#[test]
fn an_export_says_what_it_leaves_out() {
    let folder = TempDir::new().unwrap();
    let project = solved_project(folder.path());
    let (project, table) = (text(&project), folder.path().join("points.csv"));
    let whole = json(&["export", project, "--format", "points3d", text(&table), "--json"]);
    let arguments = ["export", project, "--format", "points3d", text(&table), "--max-error", "0.2"];
    let output = run(&arguments);
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("left out"));
    let part = json(&[&arguments[..], &["--json"]].concat());
    let count = |report: &Value, key: &str| report[key].as_u64().unwrap();
    assert_eq!(count(&part, "rows") + count(&part, "left_out_by_error"), count(&whole, "rows"));
    assert!(count(&part, "left_out_by_error") > 0);
    let reviewed = json(&["export", project, "--format", "points2d", text(&table), "--reviewed-only", "--json"]);
    let frames: std::collections::BTreeSet<String> = fs::read_to_string(&table)
        .unwrap()
        .lines()
        .skip(1)
        .map(|line| line.split(',').next().unwrap().to_owned())
        .collect();
    assert_eq!(frames.into_iter().collect::<Vec<_>>(), ["0", "1", "2"], "people labelled the seed frames alone");
    assert!(count(&reviewed, "left_out_unreviewed") > 0);
    let seeds = failure(&["export", project, "--format", "seeds", text(&table), "--reviewed-only"]);
    assert!(seeds.contains("--reviewed-only"), "{seeds}");
}

#[test]
fn labels_made_elsewhere_are_solved_without_pictures_and_without_seeds() {
    let folder = TempDir::new().unwrap();
    let project = recording_without_pictures(folder.path());
    let truth = folder.path().join("plain/truth");
    let visible: String = fs::read_to_string(truth.join("points2d.csv"))
        .unwrap()
        .lines()
        .enumerate()
        .filter(|(index, line)| *index == 0 || line.ends_with(",1"))
        .map(|(_, line)| format!("{line}\n"))
        .collect();
    let labels = folder.path().join("labels.csv");
    fs::write(&labels, visible).unwrap();
    let empty = failure(&["pose", &project, "--assigner", "labels"]);
    assert!(empty.contains("import"), "{empty}");
    json(&["import", &project, "--format", "points2d", text(&labels), "--json"]);
    for solver in ["dlt", "ransac", "consensus", "joint"] {
        let solved = json(&["pose", &project, "--assigner", "labels", "--solver", solver, "--json"]);
        assert_eq!(solved["frames_done"], 12, "{solver}");
        let eval = json(&["eval", "pose", &project, "--truth", text(&truth.join("points3d.csv")), "--json"]);
        assert!(eval["mean_mm"].as_f64().unwrap() < 0.01, "{solver}: {eval}");
        assert!(eval["floor_mean_mm"].is_null(), "no centroids, no floor");
        assert_eq!(eval["identity_error_pct"], 0.0, "{solver}");
    }
    let modelled = failure(&["pose", &project, "--assigner", "hybrid"]);
    assert!(modelled.contains("--model pose=NAME@URL"), "{modelled}");
    let ablated = failure(&["pose", &project, "--ablate", "regions"]);
    assert!(ablated.contains("--ablate regions has no meaning"), "{ablated}");
}
