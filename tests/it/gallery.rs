//! What a model would see of a frame, written as files.
#![expect(clippy::unwrap_used, reason = "the helpers of a test fail as the test does")]

use std::fs;
use std::path::{Path, PathBuf};

use behaviorvlm::vlm::sent::ViewHeader;
use tempfile::TempDir;

use super::cli::{failure, json, run, small_recording};

/// A project of the small recording, detected and with its seeds.
pub fn seeded(folder: &Path) -> PathBuf {
    let project = folder.join("small.bvlm");
    let (recording, name) = (small_recording().to_str().unwrap(), project.to_str().unwrap());
    let seeds = small_recording().join("truth/seeds.csv");
    for arguments in [
        vec!["new", "-q", recording, name],
        vec!["detect", "-q", name],
        vec!["seeds", "-q", name, "--import", seeds.to_str().unwrap()],
    ] {
        let done = run(&arguments);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
    project
}

#[test]
fn every_question_of_a_frame_is_written_with_its_pictures() {
    let folder = TempDir::new().unwrap();
    let project = seeded(folder.path());
    let out = folder.path().join("gallery");
    let report =
        json(&["gallery", project.to_str().unwrap(), "--frame", "3", "--out", out.to_str().unwrap(), "--json"]);
    assert_eq!(report["exemplars"], serde_json::json!([0, 1, 2]));
    let files: Vec<String> =
        fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let count = |ending: &str| files.iter().filter(|file| file.ends_with(ending)).count() as u64;
    assert_eq!(
        (report["questions"].as_u64().unwrap(), report["pictures"].as_u64().unwrap()),
        (count(".txt"), count(".jpg"))
    );
    // Per view: four regions, the regions that show a dot, the whole view, the plain question.
    let of = |stage: &str| files.iter().filter(|file| file.starts_with(stage) && file.ends_with(".txt")).count();
    assert_eq!([of("pose.regions"), of("pose.reconcile"), of("pose.plain")], [24, 6, 6]);
    assert!((12..=24).contains(&of("pose.assign")), "{}", of("pose.assign"));

    let page = fs::read_to_string(out.join("index.html")).unwrap();
    let headers: Vec<ViewHeader> = page
        .split("<code>")
        .skip(1)
        .map(|rest| ViewHeader::parse(rest.split("</code>").next().unwrap()).unwrap())
        .collect();
    assert_eq!(headers.len() as u64, report["questions"].as_u64().unwrap());
    for file in files.iter().filter(|file| file.starts_with("pose.regions")).filter(|file| file.ends_with("_4.jpg")) {
        // Three exemplars, then the target, whose size the header has.
        let [width, height] = image::image_dimensions(out.join(file)).map(|(width, height)| [width, height]).unwrap();
        assert!(headers.iter().any(|header| header.sent.size_px == [width, height] && header.marks.is_empty()));
    }
}

#[test]
fn what_cannot_be_shown_is_said() {
    let folder = TempDir::new().unwrap();
    let project = folder.path().join("small.bvlm");
    let name = project.to_str().unwrap();
    assert!(run(&["new", "-q", small_recording().to_str().unwrap(), name]).status.success());
    let out = folder.path().join("gallery");
    let gallery = |frame: &str| failure(&["gallery", name, "--frame", frame, "--out", out.to_str().unwrap()]);
    assert!(gallery("3").contains("detect"), "{}", gallery("3"));
    assert!(run(&["detect", "-q", name]).status.success());
    assert!(gallery("3").contains("seed"), "{}", gallery("3"));
    assert!(gallery("99").contains("99"), "{}", gallery("99"));
    let prompts = folder.path().join("prompts/pose");
    fs::create_dir_all(&prompts).unwrap();
    fs::write(prompts.join("plain.md"), "# System\n# User\n{{ nothing_like_that }}\n").unwrap();
    let seeds = small_recording().join("truth/seeds.csv");
    assert!(run(&["seeds", "-q", name, "--import", seeds.to_str().unwrap()]).status.success());
    let said = gallery("3");
    assert!(said.contains("plain.md") && said.contains("line"), "{said}");
}
