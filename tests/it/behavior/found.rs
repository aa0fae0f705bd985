//! What the pipeline finds of a script, how it repeats itself, what it does not do twice.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

use super::script::{FPS, Film, TRUTH, recording, truth_table};
use super::{Layers, behave, new_project};
use crate::cli::{json, text};

/// A project of the three mice, run with what is built in, and its report. Nobody may change it.
pub fn solved() -> (&'static Path, &'static Value) {
    static MADE: OnceLock<(TempDir, PathBuf, Value)> = OnceLock::new();
    let (_, path, report) = MADE.get_or_init(|| {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("three.bvlm");
        new_project(&[&recording(folder.path(), "three", &Film::long())], &path);
        let (report, _) = behave(&path, &[]);
        (folder, path, report)
    });
    (path, report)
}

/// A copy of it that may be changed, with its recording: for the project that one has moved.
pub fn copied(folder: &Path) -> PathBuf {
    let copy = folder.join("three.bvlm");
    fs::copy(solved().0, &copy).unwrap();
    recording(folder, "three", &Film::long());
    copy
}

#[test]
fn clips_tile_each_track_and_last_as_behaviors_do() {
    let (project, report) = solved();
    let layers = Layers::of(project);
    layers.check();
    assert!(layers.is_by_rules());
    assert_eq!((layers.frames, layers.animals.as_slice()), (3600, ["A0", "A1", "A2"].map(str::to_owned).as_slice()));
    assert!(!layers.clips.is_empty() && !layers.captions.is_empty() && !layers.merged.is_empty());
    let mean = layers.mean_clip_secs(FPS);
    println!("{} clips of {mean:.2} s in the mean, {} segments", layers.clips.len(), layers.merged.len());
    assert!((1.0..5.0).contains(&mean), "{mean}");
    assert_eq!(report["clips"]["count"], layers.clips.len());
    assert!((report["clips"]["mean_secs"].as_f64().unwrap() - mean).abs() < 1e-6);
    assert_eq!(report["segments"], layers.merged.len());
    let frames: u64 = report["labels"].as_array().unwrap().iter().map(|pair| pair[1].as_u64().unwrap()).sum();
    assert_eq!(frames, 3 * 3600);
    assert_eq!(report["was_done"], false);
    assert!(report["training"]["trained_rows"].as_u64().unwrap() > 10_000);
}

#[test]
fn what_the_script_says_is_found() {
    let folder = TempDir::new().unwrap();
    let (project, _) = solved();
    let truth = folder.path().join("truth.csv");
    fs::write(&truth, truth_table("three")).unwrap();
    let page = folder.path().join("report.html");
    // Labels of which the script says only some are left out.
    let map = "chase=chase,huddle=huddle,oral_genital_contact=oral_genital_contact,oral_oral_contact=oral_oral_contact,\
               feeding=feeding,*=";
    let judge = ["eval", "behavior", text(project), "--truth", text(&truth), "--html", text(&page), "--json"];
    let judged = json(&[&judge[..], &["--map", map]].concat());
    // What is measured, less a margin.
    let least = [
        ("chase", 0.85),
        ("huddle", 0.85),
        ("oral_genital_contact", 0.8),
        ("feeding", 0.8),
        ("oral_oral_contact", 0.8),
    ];
    for (label, figures) in judged["per_label"].as_object().unwrap() {
        println!("{label}: F1 {}, precision {}, recall {}", figures["f1"], figures["precision"], figures["recall"]);
    }
    println!("kappa {}, edit {}, boundaries {} ms", judged["kappa"], judged["edit_score"], judged["boundary_ms"]);
    for (label, least) in least {
        let f1 = judged["per_label"][label]["f1"].as_f64().unwrap_or(0.0);
        assert!(f1 >= least, "{label}: F1 {f1}");
    }
    assert!(judged["kappa"].as_f64().unwrap() >= 0.85 && judged["f1_macro"].as_f64().unwrap() >= 0.85, "{judged}");
    assert!(fs::read_to_string(&page).unwrap().contains("<html"));
    // The same from the layer itself: who did it, for how long.
    let layers = Layers::of(project);
    for (animal, label, from, to) in TRUTH {
        let (found, scripted) = (f64::from(layers.frames_of(animal, label)) / FPS, to - from);
        println!("{animal} {label}: {found:.1} s, in the script {scripted:.1} s");
        assert!(found > 0.5 * scripted, "{animal} {label}: {found:.1} s of {scripted:.1} s");
    }
}

#[test]
fn partners_and_roles_are_those_of_the_script() {
    let layers = Layers::of(solved().0);
    let at = |animal: usize, secs: f64| {
        let frame = (secs * FPS) as u32;
        let found = layers
            .merged
            .iter()
            .find(|it| it.animal.index() == animal && (it.start_frame..it.stop_frame).contains(&frame));
        let found = found.unwrap();
        (found.label.as_str(), found.partner.map(|partner| partner.index()), found.role.as_str())
    };
    assert_eq!(at(0, 24.0), ("chase", Some(1), "actor"));
    assert_eq!(at(1, 24.0), ("chase", Some(0), "recipient"));
    assert_eq!(at(0, 43.0), ("huddle", Some(2), "mutual"));
    assert_eq!(at(2, 43.0), ("huddle", Some(0), "mutual"));
    assert_eq!(at(1, 64.0), ("oral_genital_contact", Some(0), "actor"));
    assert_eq!(at(0, 64.0), ("oral_genital_contact", Some(1), "recipient"));
    assert_eq!(at(2, 108.0), ("oral_oral_contact", Some(1), "mutual"));
    let feeding = layers.merged.iter().find(|it| it.label == "feeding").unwrap();
    assert!(feeding.animal.index() == 1 && feeding.partner.is_none() && !feeding.description.is_empty());
}

#[test]
fn the_same_seed_gives_the_same_and_nothing_is_done_twice() {
    let folder = TempDir::new().unwrap();
    let project = folder.path().join("three.bvlm");
    new_project(&[&recording(folder.path(), "three", &Film::long())], &project);
    let (report, _) = behave(&project, &["--seed", "1"]);
    let layers = Layers::of(&project);
    assert_eq!(layers, Layers::of(solved().0), "another project, the same seed");
    assert!(layers.model.is_some());
    let tables = ["behavior", "vectors", "story"].map(|format| super::exported(&project, format, &[]));

    let (again, _) = behave(&project, &[]);
    assert_eq!((&again["was_done"], &again["training"]), (&Value::Bool(true), &Value::Null));
    assert_eq!(
        (&again["clips"], &again["labels"], &again["findings"]),
        (&report["clips"], &report["labels"], &report["findings"])
    );
    assert_eq!(Layers::of(&project), layers);
    assert_eq!(["behavior", "vectors", "story"].map(|format| super::exported(&project, format, &[])), tables);

    // From the beginning, and the same.
    let (anew, _) = behave(&project, &["--again"]);
    assert_eq!(anew["was_done"], false);
    assert!(anew["training"].is_object());
    assert_eq!(Layers::of(&project), layers);
}

#[test]
fn another_price_cuts_anew_without_training() {
    let folder = TempDir::new().unwrap();
    let project = copied(folder.path());
    let before = Layers::of(&project);
    assert_eq!(behave(&project, &[]).0["was_done"], true, "a recording that moved is the same");
    let (fewer, _) = behave(&project, &["--switch-cost", "400"]);
    assert!(fewer["training"].is_null() && fewer["was_done"] == false, "{fewer}");
    assert_eq!(fewer["switch_cost"], 400.0);
    let dear = Layers::of(&project);
    dear.check();
    assert_eq!(dear.model, before.model);
    let (more, _) = behave(&project, &["--switch-cost", "0.5", "--shortest", "0.2"]);
    let cheap = Layers::of(&project);
    cheap.check();
    assert!(more["training"].is_null());
    assert!(cheap.clips.len() > before.clips.len() && before.clips.len() > dear.clips.len());
    let shortest = cheap.clips.iter().map(|clip| clip.frames().len()).min().unwrap();
    assert!(shortest >= (0.2 * FPS) as usize, "{shortest} frames");
    // Back to the first price: as it was.
    behave(&project, &[]);
    assert_eq!(Layers::of(&project).shown(), before.shown());
    // Another seed trains anew.
    let (other, _) = behave(&project, &["--seed", "2", "--segmenter", "kmeans"]);
    assert!(other["training"].is_object());
}

#[test]
fn step_by_step_ends_where_one_run_does() {
    let folder = TempDir::new().unwrap();
    let project = folder.path().join("short.bvlm");
    new_project(&[&recording(folder.path(), "short", &Film::short())], &project);
    let kmeans = ["--segmenter", "kmeans", "--clusters", "5"];
    let step = |through: &str| behave(&project, &[&kmeans[..], &["--through", through]].concat()).0;
    let report = step("features");
    assert!(report["training"].is_object() && report["clips"].is_null());
    assert!(Layers::of(&project).clips.is_empty());
    assert!(step("clips")["training"].is_null(), "the model is there");
    let layers = Layers::of(&project);
    layers.check();
    assert!(!layers.clips.is_empty() && layers.captions.is_empty() && layers.merged.is_empty());
    step("captions");
    let layers = Layers::of(&project);
    assert!(layers.captions.len() == layers.clips.len() && layers.merged.is_empty());
    assert_eq!(step("merge")["was_done"], false);
    let steps = Layers::of(&project);
    steps.check();
    // A step that is done already undoes nothing of what follows.
    step("clips");
    assert_eq!(Layers::of(&project), steps);
    assert_eq!(step("merge")["was_done"], true);

    let other = folder.path().join("once.bvlm");
    new_project(&[&folder.path().join("short")], &other);
    behave(&other, &kmeans);
    assert_eq!(Layers::of(&other), steps);
}

#[test]
fn statistics_count_what_the_layer_holds() {
    let (project, _) = solved();
    let stats = json(&["behavior", "stats", text(project), "--layer", "merged", "--json"]);
    let words = crate::cli::run(&["behavior", "stats", text(project), "--layer", "merged"]);
    let words = String::from_utf8_lossy(&words.stdout).into_owned();
    super::names(&words, &["chase", "huddle", "A0", "A1", "A2"]);
    super::names(&stats.to_string(), &["chase", "huddle"]);
    let missing = crate::cli::failure(&["behavior", "stats", text(project), "--layer", "human"]);
    super::names(&missing, &["three", "human"]);
}
