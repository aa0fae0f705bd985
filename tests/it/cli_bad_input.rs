//! Bad input: each case ends with an exit code and one sentence that names the thing; nothing is lost.
#![expect(clippy::unwrap_used, reason = "the helpers of a test fail as the test does")]

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::cli::{copied_recording, failure, json, run, small_recording, solved_project, text};

fn names(sentence: &str, things: &[&str]) {
    for thing in things {
        assert!(sentence.contains(thing), "\"{thing}\" is not in: {sentence}");
    }
}

fn replace_in(file: &Path, from: &str, to: &str) {
    let old = fs::read_to_string(file).unwrap();
    assert!(old.contains(from), "{from}");
    fs::write(file, old.replace(from, to)).unwrap();
}

/// What a command that goes on without a camera says, and that its exit code tells it.
fn partial_failure(arguments: &[&str]) -> (serde_json::Value, String) {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    (serde_json::from_slice(&output.stdout).unwrap(), errors)
}

#[test]
fn missing_and_unreadable_files() {
    let folder = TempDir::new().unwrap();
    let project = folder.path().join("p.bvlm");
    let project = text(&project);
    names(&failure(&["detect", project]), &["no project", project, "behaviorvlm new"]);
    names(&failure(&["new", "/nowhere/at/all", project]), &["/nowhere/at/all", "does not exist"]);
    assert!(!Path::new(project).exists(), "a project is made only for recordings that open");
    json(&["new", text(small_recording()), project, "--json"]);
    names(&failure(&["seeds", project, "--import", "no.csv"]), &["no.csv"]);
    names(&failure(&["seeds", project, "--import", text(folder.path())]), &[text(folder.path())]);
    names(&failure(&["eval", "pose", project, "--truth", "no.csv"]), &["no.csv"]);
    names(&failure(&["rank", project]), &["behaviorvlm pose"]);
    names(&failure(&["pose", project]), &["behaviorvlm detect"]);
    names(&failure(&["new", text(small_recording()), project, "--skeleton", "no.toml"]), &["no.toml"]);
    names(&failure(&["export", project, "--format", "points3d", "/nowhere/points.csv"]), &["/nowhere/points.csv"]);
    names(&failure(&["import", project, "--format", "xlsx", "a.xlsx"]), &["xlsx", "points2d"]);
    let bytes = folder.path().join("bytes.csv");
    fs::write(&bytes, [0xff, 0xfe, 0x00, 0x80, b'\n']).unwrap();
    names(&failure(&["seeds", project, "--import", text(&bytes)]), &["bytes.csv"]);
}

#[test]
fn a_camera_that_cannot_be_read_is_named_and_the_others_go_on() {
    let folder = TempDir::new().unwrap();
    let recording = copied_recording(folder.path());
    let project = folder.path().join("p.bvlm");
    let project = text(&project);
    json(&["new", text(&recording), project, "--json"]);
    // A picture of another size, an unreadable one, a missing one, each in a camera of its own.
    let picture = |camera: &str, frame: u32| recording.join(format!("{camera}/fluorescence/{frame:06}.png"));
    image::GrayImage::new(100, 80).save(picture("cam1", 3)).unwrap();
    fs::write(picture("cam2", 4), b"not a picture").unwrap();
    fs::remove_file(picture("cam3", 5)).unwrap();
    let (report, errors) = partial_failure(&["detect", project, "--json"]);
    let problems = report["problems"].to_string();
    names(&problems, &["cam1", "100×80", "cam2", "000004.png", "cam3", "000005.png"]);
    names(&errors, &["cam3"]);
    assert_eq!(report["frames_done"], 12);

    let seeds = recording.join("truth/seeds.csv");
    json(&["seeds", project, "--import", text(&seeds), "--json"]);
    assert_eq!(json(&["pose", project, "--json"])["frames_done"], 12);

    // The files come back, and the next call reads what was missing, and only that.
    for (camera, frame) in [("cam1", 3), ("cam2", 4), ("cam3", 5)] {
        let original = small_recording().join(format!("{camera}/fluorescence/{frame:06}.png"));
        fs::copy(original, picture(camera, frame)).unwrap();
    }
    let report = json(&["detect", project, "--json"]);
    assert_eq!(report["failed_views"], 0);
    assert_eq!(json(&["detect", project, "--json"])["frames_done"], 0);
    assert_eq!(json(&["pose", project, "--json"])["frames_done"], 12, "there is more to see than before");
    assert_eq!(json(&["pose", project, "--json"])["frames_done"], 0);
}

#[test]
fn a_camera_without_files_does_not_keep_a_project_from_being_made() {
    let folder = TempDir::new().unwrap();
    let recording = copied_recording(folder.path());
    fs::remove_dir_all(recording.join("cam5")).unwrap();
    let project = folder.path().join("p.bvlm");
    let project = text(&project);
    let output = run(&["new", text(&recording), project]);
    assert!(output.status.success());
    names(&String::from_utf8_lossy(&output.stderr), &["cam5"]);
    let (report, errors) = partial_failure(&["detect", project, "--json"]);
    names(&report["problems"].to_string(), &["cam5"]);
    names(&errors, &["cam5", "left out"]);
    assert_eq!(report["frames_done"], 12);
    // Without any camera there is nothing to go on with.
    for camera in ["cam0", "cam1", "cam2", "cam3", "cam4"] {
        fs::remove_dir_all(recording.join(camera)).unwrap();
    }
    names(&failure(&["detect", project, "--again"]), &["no camera", "cam0"]);
}

#[test]
fn an_export_onto_the_project_is_refused() {
    let folder = TempDir::new().unwrap();
    let project = solved_project(folder.path());
    let before = fs::read(&project).unwrap();
    names(&failure(&["export", text(&project), "--format", "points3d", text(&project)]), &["the project itself"]);
    assert_eq!(fs::read(&project).unwrap(), before);
    assert_eq!(
        run(&["export", text(&project), "--format", "points3d", "a.csv", "--max-error", "nan"]).status.code(),
        Some(2)
    );
}

#[test]
fn a_calibration_without_a_camera_of_the_manifest() {
    let folder = TempDir::new().unwrap();
    let recording = copied_recording(folder.path());
    replace_in(&recording.join("calibration.toml"), "name = \"cam4\"", "name = \"camera4\"");
    let project = folder.path().join("p.bvlm");
    let project = text(&project);
    let output = run(&["new", text(&recording), project]);
    names(&String::from_utf8_lossy(&output.stderr), &["cam4", "calibration.toml"]);
    // Five cameras are enough to go on with.
    json(&["detect", project, "--json"]);
    json(&["seeds", project, "--import", text(&recording.join("truth/seeds.csv")), "--json"]);
    let solved = json(&["pose", project, "--json"]);
    names(&solved["warnings"].to_string(), &["cam4"]);
    assert_eq!(solved["frames_done"], 12);
    // One is not.
    for camera in ["cam0", "cam1", "cam2", "cam3"] {
        replace_in(
            &recording.join("calibration.toml"),
            &format!("name = \"{camera}\""),
            &format!("name = \"x{camera}\""),
        );
    }
    names(&failure(&["pose", project]), &["calibrated cameras"]);
    // The calibration is mended: labels stay with their cameras, and the work goes on.
    fs::copy(small_recording().join("calibration.toml"), recording.join("calibration.toml")).unwrap();
    assert_eq!(json(&["pose", project, "--json"])["frames_done"], 12);
    let truth = recording.join("truth/points3d.csv");
    let eval = json(&["eval", "pose", project, "--truth", text(&truth), "--json"]);
    assert!(eval["mean_mm"].as_f64().unwrap() < 2.0 * eval["floor_mean_mm"].as_f64().unwrap(), "{eval}");
}

#[test]
fn tables_that_do_not_fit() {
    let folder = TempDir::new().unwrap();
    let project = folder.path().join("p.bvlm");
    let project = text(&project);
    json(&["new", text(small_recording()), project, "--json"]);
    let import = |rows: &str| {
        let file = folder.path().join("seeds.csv");
        fs::write(&file, format!("frame,camera,keypoint,x,y\n{rows}")).unwrap();
        failure(&["seeds", project, "--import", text(&file)])
    };
    names(&import("0,cam0,whisker,1,2\n"), &["whisker", "line 2", "ear_L"]);
    names(&import("0,cam9,ear_L,1,2\n"), &["cam9", "line 2"]);
    names(&import("12,cam0,ear_L,1,2\n"), &["12", "line 2"]);
    names(&import("0,cam0,ear_L,one,2\n"), &["one", "column x"]);
    let none = json(&["export", project, "--format", "seeds", text(&folder.path().join("none.csv")), "--json"]);
    assert_eq!(none["rows"], 0, "nothing of a refused table is kept");
}

#[test]
fn ranges_outside_the_recording() {
    let folder = TempDir::new().unwrap();
    let project = folder.path().join("p.bvlm");
    let project = text(&project);
    json(&["new", text(small_recording()), project, "--json"]);
    names(&failure(&["detect", project, "--frames", "10..13"]), &["10..13", "0..12"]);
    names(&failure(&["detect", project, "--frames", "5..5"]), &["empty"]);
    names(&failure(&["pose", project, "--frames", "40.."]), &["0..12"]);
    let output = run(&["pose", project, "--frames", "a..b"]);
    assert_eq!(output.status.code(), Some(2), "no range at all");
    names(&String::from_utf8_lossy(&output.stderr), &["a..b", "A..B"]);
}

#[test]
fn one_seed_frame_works_and_says_what_it_costs() {
    let folder = TempDir::new().unwrap();
    let project = folder.path().join("p.bvlm");
    let project = text(&project);
    json(&["new", text(small_recording()), project, "--json"]);
    json(&["detect", project, "--json"]);
    let table = fs::read_to_string(small_recording().join("truth/seeds.csv")).unwrap();
    let first: String = table
        .lines()
        .filter(|line| line.starts_with("frame") || line.starts_with("0,"))
        .map(|l| format!("{l}\n"))
        .collect();
    let seeds = folder.path().join("one.csv");
    fs::write(&seeds, first).unwrap();
    let output = run(&["seeds", project, "--import", text(&seeds)]);
    assert!(output.status.success());
    names(&String::from_utf8_lossy(&output.stderr), &["1 of 3 frames"]);
    let solved = json(&["pose", project, "--json"]);
    assert_eq!(solved["frames_done"], 12);
    names(&solved["warnings"].to_string(), &["1 of 3 frames"]);
    names(&json(&["doctor", project, "--json"])["findings"].to_string(), &["few_seeds"]);
}

#[test]
fn newer_damaged_and_foreign_projects() {
    let folder = TempDir::new().unwrap();
    let project = solved_project(folder.path());
    let bytes = fs::read(&project).unwrap();
    let with = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let path = folder.path().join(name);
        let mut changed = bytes.clone();
        change(&mut changed);
        fs::write(&path, changed).unwrap();
        path
    };
    // SQLite keeps user_version big-endian at byte 60 of the file.
    let newer = with("newer.bvlm", &|bytes| bytes[60..64].copy_from_slice(&999u32.to_be_bytes()));
    names(&failure(&["pose", text(&newer)]), &["newer behaviorvlm", "update"]);
    assert_eq!(fs::read(&newer).unwrap()[60..64], 999u32.to_be_bytes(), "the file is not touched");
    let damaged = with("damaged.bvlm", &|bytes| {
        let middle = bytes.len() / 2;
        bytes[4096..middle].fill(0x5a);
    });
    names(&failure(&["rank", text(&damaged)]), &["damaged", text(&damaged)]);
    names(&failure(&["pose", text(&damaged)]), &["damaged"]);
    let cut = with("cut.bvlm", &|bytes| bytes.truncate(bytes.len() / 3));
    names(&failure(&["rank", text(&cut)]), &["damaged"]);
    let foreign = with("foreign.bvlm", &|bytes| bytes[..16].copy_from_slice(b"GIF89a\0\0\0\0\0\0\0\0\0\0"));
    names(&failure(&["rank", text(&foreign)]), &["not a behaviorvlm project"]);
    let empty = with("empty.bvlm", &|bytes| bytes.clear());
    names(&failure(&["detect", text(&empty)]), &["empty"]);
    for (path, code) in [(newer, "project_newer"), (damaged, "project_damaged"), (foreign, "not_a_project")] {
        let output = run(&["doctor", text(&path), "--json"]);
        assert_eq!(output.status.code(), Some(1));
        names(&String::from_utf8_lossy(&output.stdout), &[code]);
    }
}

#[test]
fn a_recording_that_moved_is_found_again() {
    let folder = TempDir::new().unwrap();
    let recording = copied_recording(folder.path());
    let project = folder.path().join("p.bvlm");
    let project = text(&project);
    json(&["new", text(&recording), project, "--json"]);
    let moved = folder.path().join("elsewhere/there");
    fs::create_dir(folder.path().join("elsewhere")).unwrap();
    fs::rename(&recording, &moved).unwrap();
    names(&failure(&["detect", project]), &["no longer at", "behaviorvlm new"]);
    let output = run(&["doctor", project, "--json"]);
    assert_eq!(output.status.code(), Some(1));
    names(&String::from_utf8_lossy(&output.stdout), &["recording_moved", "there"]);
    let fixed = json(&["doctor", project, "--fix", "--json"]);
    names(&fixed["fixed"].to_string(), &["there"]);
    json(&["detect", project, "--frames", "..1", "--json"]);
    // Moved once more, and told where to.
    let again = folder.path().join("again");
    fs::rename(&moved, &again).unwrap();
    assert_eq!(json(&["new", text(&again), project, "--json"])["recordings"][0]["outcome"], "relocated");
    json(&["detect", project, "--json"]);
    // Another recording of that name is not taken for it.
    let other = folder.path().join("other");
    fs::rename(&again, &other).unwrap();
    replace_in(&other.join("recording.toml"), "fps = 60.0", "fps = 50.0");
    names(&failure(&["new", text(&other), project]), &["another name"]);
}

#[test]
fn a_second_writer_is_refused() {
    let folder = TempDir::new().unwrap();
    let project = solved_project(folder.path());
    let _writer = behaviorvlm::store::Project::open(&project).unwrap();
    names(&failure(&["pose", text(&project)]), &["is being written by another program"]);
    json(&["rank", text(&project), "--json"]);
}

#[test]
fn a_video_that_is_cut_off() {
    let folder = TempDir::new().unwrap();
    let recording = copied_recording(folder.path());
    let video = recording.join("cam1.avi");
    let pictures = recording.join("cam1/fluorescence/%06d.png");
    let encoded = std::process::Command::new("ffmpeg")
        .args(["-v", "error", "-i", text(&pictures), "-c:v", "ffv1", "-pix_fmt", "gray", text(&video)])
        .status()
        .expect("this test needs ffmpeg: apt install ffmpeg");
    assert!(encoded.success());
    replace_in(&recording.join("recording.toml"), "\"cam1/fluorescence/%06d.png\"", "\"cam1.avi\"");
    let whole = fs::read(&video).unwrap();
    fs::write(&video, &whole[..whole.len() / 2]).unwrap();
    let project = folder.path().join("p.bvlm");
    let project = text(&project);
    assert_eq!(json(&["new", text(&recording), project, "--json"])["recordings"][0]["frames"], 12);
    let (report, _) = partial_failure(&["detect", project, "--json"]);
    names(&report["problems"].to_string(), &["cam1", "cut off"]);
    assert_eq!(report["frames_done"], 12);
    assert!(report["failed_views"].as_u64().unwrap() < 12, "what is there is used: {report}");
    let (again, _) = partial_failure(&["detect", project, "--json"]);
    assert_eq!(again["frames_done"], 0, "what cannot be read is not done twice: {again}");
    let doctor = run(&["doctor", project, "--json"]);
    names(&String::from_utf8_lossy(&doctor.stdout), &["video_cut_off", "cam1"]);
    // Copied again from its source, the video gives what was missing.
    fs::write(&video, whole).unwrap();
    assert_eq!(json(&["detect", project, "--json"])["failed_views"], 0);
}

#[test]
fn a_profile_that_cannot_be_used_is_named_with_what_is_wrong_in_it() {
    let folder = TempDir::new().unwrap();
    let project = solved_project(folder.path());
    let failure_with = |profile: &str| {
        let model = ["--assigner", "vlm", "--model", "pose=m@http://127.0.0.1:9", "--profile", profile];
        failure(&[&["pose", text(&project)][..], &model[..]].concat())
    };
    names(&failure_with("Qwen9"), &["\"Qwen9\" is no profile and no file", "Qwen3-VL", "Other"]);
    let profile = folder.path().join("mine.json");
    let path = text(&profile);
    names(&failure_with(path), &[path, "cannot be used"]);
    fs::write(&profile, r#"{"max_token": 512}"#).unwrap();
    names(&failure_with(path), &[path, "no key \"max_token\"", "max_tokens"]);
    fs::write(&profile, r#"{"thinking": 7}"#).unwrap();
    names(&failure_with(path), &[path, "\"thinking\" cannot be 7"]);
    names(&failure_with(text(folder.path())), &["is no file"]);
}

/// A machine without a keyring, as servers are.
#[cfg(target_os = "linux")]
#[test]
fn without_a_keyring_a_key_is_refused_in_one_sentence_that_does_not_show_it() {
    use std::io::Write as _;
    use std::process::Stdio;

    let mut child = crate::cli::command(&["key", "set", "--host", "api.example.org"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"sk-secret\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(said.starts_with("error: No keyring can be reached here ("), "{said}");
    assert!(said.contains("BEHAVIORVLM_API_KEY") && !said.contains("sk-secret"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(failure(&["key", "forget", "--host", "api.example.org"]).starts_with("No keyring can be reached here ("));
    assert!(failure(&["key", "set", "--host", "api.example.org"]).contains("no key came"));
}
