//! Searches and discovery from the command line, on the mice whose script is known.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

use super::names;
use super::script::{FPS, Film, recording};
use crate::cli::{failure, json, run, text};
use crate::fake_model::{FakeConfig, FakeModel, MODEL, Watcher};

/// What a person says of the two minutes, with a label that no vocabulary has.
const TOLD: &str = "video,animal,target,label,start_frame,stop_frame,description
three,A0,,locomotion,360,540,A0 runs to the middle.
three,A0,A1,chase,540,900,A0 runs after A1.
three,A0,A2,huddle,1050,1500,A0 rests against A2.
three,A0,A1,oral_genital_contact,1800,2040,A1 sniffs under its tail.
three,A1,A0,chase,540,900,A1 runs ahead of A0.
three,A1,,feeding,2250,2760,A1 eats; its nose is in the tray.
three,A1,A2,oral_oral_contact,3090,3360,Nose to nose.
three,A2,A0,huddle,1050,1500,A2 rests against A0.
three,A2,,tail_rattling,1500,1560,A2 shakes its tail and shakes it again.
three,A2,,tail_rattling,1600,1630,A2 shakes its tail.
";

/// A project of the three mice with a human timeline and no other. Nobody may change it.
fn told() -> &'static Path {
    static MADE: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = MADE.get_or_init(|| {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("told.bvlm");
        super::new_project(&[&recording(folder.path(), "three", &Film::long())], &path);
        // The tracks tell how long the recording is.
        super::behave(&path, &["--through", "features"]);
        let table = folder.path().join("told.csv");
        fs::write(&table, TOLD).unwrap();
        json(&["import", text(&path), "--format", "behavior", text(&table), "--annotator", "Ann", "--json"]);
        (folder, path)
    });
    path
}

fn search(query: &str) -> Value {
    json(&["behavior", "search", text(told()), query, "--json"])
}

/// Who and from which frame.
fn found(query: &str) -> Vec<(String, u64)> {
    let report = search(query);
    let segments = report["segments"].as_array().unwrap().iter();
    segments.map(|it| (it["animal"].as_str().unwrap().to_owned(), it["start_frame"].as_u64().unwrap())).collect()
}

#[test]
fn searches_find_what_the_table_says() {
    let known: [(&str, &[(&str, u64)]); 12] = [
        ("chase", &[("A0", 540), ("A1", 540)]),
        ("chase by A0", &[("A0", 540)]),
        ("chase after locomotion within 2 s", &[("A0", 540)]),
        ("huddle after chase within 5 s", &[("A0", 1050)]),
        ("huddle after chase within 4.9 s", &[]),
        ("oral genital contact or oral_oral_contact", &[("A0", 1800), ("A1", 3090)]),
        ("tail rattling after huddle within 0 frames", &[("A2", 1500)]),
        ("tail rattling longer 1.5 s", &[("A2", 1500)]),
        // The food is on the right, where A1 feeds and meets A2 later; A0 is never there.
        ("in food", &[("A1", 2250)]),
        ("\"nose\" partner:none", &[("A1", 2250)]),
        ("huddle during (huddle animal:partner)", &[("A0", 1050), ("A2", 1050)]),
        ("social not before (huddle animal:any)", &[("A0", 1050), ("A0", 1800), ("A1", 3090), ("A2", 1050)]),
    ];
    for (query, expected) in known {
        let expected: Vec<(String, u64)> =
            expected.iter().map(|(animal, start)| ((*animal).to_owned(), *start)).collect();
        assert_eq!(found(query), expected, "{query}");
    }
}

#[test]
fn the_answer_says_what_was_understood() {
    let report = search("label:chase animal:A0 partner:a1 longer than 1000ms");
    assert_eq!(report["query"], "chase animal:A0 partner:A1 longer 1 s");
    assert_eq!(report["chips"][3], serde_json::json!({ "name": "longer", "value": "1 s", "query": "longer 1 s" }));
    assert_eq!(report["filter"]["partner"], serde_json::json!(["A1"]));
    assert_eq!((report["layers"][0][1].as_str(), report["searched"].as_u64()), (Some("human"), Some(10)));
    let segment = &report["segments"][0];
    assert_eq!(segment["start_s"], 540.0 / FPS);
    assert_eq!((segment["partner"].as_str(), segment["description"].as_str()), (Some("A1"), Some("A0 runs after A1.")));
    // The words of a query need no quotes on the command line.
    let output = run(&["behavior", "search", text(told()), "chase", "by", "A0"]);
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(
        shown.starts_with("chase animal:A0: 1 of 10 segments\nA0 540..900 (18.0 s, 12.0 s long) chase with A1:"),
        "{shown}"
    );
}

#[test]
fn a_search_that_is_not_understood_says_where() {
    let project = text(told());
    // The words of the search stand below the sentence, with a mark under what is not understood.
    let marked = |query: &str| String::from_utf8(run(&["behavior", "search", project, query]).stderr).unwrap();
    names(&marked("chaze after feeding"), &["error: the search", "^^^^^", "did you mean \"chase\""]);
    names(&marked("chase A0"), &["      ^^", "by A0"]);
    names(&marked("in kitchen"), &["no place \"kitchen\"", "there are food"]);
    names(&failure(&["behavior", "search", project, "chase layer:merged"]), &["no merged yet", "behavior run"]);
    let twice = run(&["behavior", "search", project, "chase layer:merged", "--layer", "human"]);
    names(&String::from_utf8(twice.stderr).unwrap(), &["the layer is said twice"]);
}

#[test]
fn what_a_run_merges_can_be_searched() {
    let (project, _) = super::found::solved();
    let report = json(&["behavior", "search", text(project), "chase longer 5 s", "--json"]);
    let animals: Vec<&str> =
        report["segments"].as_array().unwrap().iter().map(|it| it["animal"].as_str().unwrap()).collect();
    assert!(animals.contains(&"A0") && animals.contains(&"A1") && !animals.contains(&"A2"), "{animals:?}");
    let feeding = json(&["behavior", "search", text(project), "feeding in food", "--json"]);
    assert!(!feeding["segments"].as_array().unwrap().is_empty());
    assert!(feeding["segments"].as_array().unwrap().iter().all(|it| it["animal"] == "A1"));
    let clips = json(&["behavior", "search", text(project), "layer:clips cluster 0 or cluster_1", "--json"]);
    assert!(clips["segments"].as_array().unwrap().iter().all(|it| it["label"] != "cluster_2"));
}

#[test]
fn what_the_vocabulary_lacks_is_discovered() {
    let report = json(&["behavior", "discover", text(told()), "--clusters", "4", "--json"]);
    let unknown = &report["uncovered_labels"];
    assert_eq!(unknown.as_array().unwrap().len(), 1);
    assert_eq!((unknown[0]["label"].as_str(), unknown[0]["count"].as_u64()), (Some("tail_rattling"), Some(2)));
    assert_eq!(unknown[0]["time_s"], 3.0);
    assert_eq!(unknown[0]["piece"]["start_frame"], 1500, "the longest piece");
    let words: Vec<&str> =
        report["uncovered_words"].as_array().unwrap().iter().map(|it| it["word"].as_str().unwrap()).collect();
    assert!(words.contains(&"shakes"), "{words:?}");
    let sizes: Vec<u64> =
        report["clusters"].as_array().unwrap().iter().map(|it| it["size"].as_u64().unwrap()).collect();
    assert_eq!(sizes.iter().sum::<u64>(), 10);
    let shaking = report["clusters"].as_array().unwrap().iter().find(|it| it["words"][0] == "shakes").unwrap();
    assert_eq!(shaking["labels"][0], serde_json::json!(["tail_rattling", 2]));
    assert_eq!(report["novel"].as_array().unwrap().len(), 10);
    assert!(report["novel"][0]["score"].as_f64() >= report["novel"][9]["score"].as_f64());
    assert_eq!(report["subjects"].as_array().unwrap().len(), 3);
    let shown = String::from_utf8(run(&["behavior", "discover", text(told())]).stdout).unwrap();
    names(&shown, &["tail_rattling (2 times, 3.0 s)", "Bouts unlike the others", "three A2 is seen for"]);
}

#[test]
fn captions_are_put_together_by_the_vectors_of_a_model_where_one_is_named() {
    let server = FakeModel::start(FakeConfig::watching(Watcher::default()));
    let model = format!("embed={MODEL}@{}", server.url());
    let command = ["behavior", "discover", text(told()), "--clusters", "4", "--model", &model, "--json"];
    let report = json(&command);
    let asked = server.log();
    assert!(asked.iter().all(|request| request.tag == "behavior.embed" && request.request_id.len() >= 8));
    assert_eq!(asked.len(), 1, "ten texts are one question");
    let clusters = report["clusters"].as_array().unwrap();
    assert_eq!(clusters.iter().map(|it| it["size"].as_u64().unwrap()).sum::<u64>(), 10);
    let shaking = clusters.iter().find(|it| it["words"].as_array().unwrap().contains(&"shakes".into())).unwrap();
    assert_eq!(shaking["labels"][0], serde_json::json!(["tail_rattling", 2]));
    let refused = |model: &str| failure(&["behavior", "discover", text(told()), "--model", model]);
    names(&refused("embed=m@http://models.example"), &["models.example", "--allow-host"]);
    names(&refused(&format!("pose={MODEL}@{}", server.url())), &["pose", "embed"]);
    let closed = server.url();
    drop(server);
    let other =
        FakeModel::start(FakeConfig { key: Some("sesame-key".to_owned()), ..FakeConfig::watching(Watcher::default()) });
    assert_ne!(closed, other.url());
    names(&refused(&format!("embed={MODEL}@{}", other.url())), &["refuses the key"]);
}

/// In the middle of a rest a mouse shoots in circles a hand wide for two seconds: nothing else of the two minutes is like it.
#[test]
fn a_planted_behavior_is_at_the_top() {
    let folder = TempDir::new().unwrap();
    let mut film = Film::long();
    for (step, points) in film.animals[0][3000..3060].iter_mut().enumerate() {
        let angle = step as f32 * 0.9;
        let middle = points[4];
        let [sin, cos] = [angle.sin(), angle.cos()];
        for point in points {
            let [dx, dy] = [point[0] - middle[0], point[1] - middle[1]];
            *point = [middle[0] + 40.0 * cos + cos * dx - sin * dy, middle[1] + 40.0 * sin + sin * dx + cos * dy];
        }
    }
    let project = folder.path().join("planted.bvlm");
    super::new_project(&[&recording(folder.path(), "planted", &film)], &project);
    super::behave(&project, &["--segmenter", "kmeans", "--clusters", "6"]);
    for seed in ["1", "2", "3"] {
        let report = json(&["behavior", "discover", text(&project), "--top", "3", "--seed", seed, "--json"]);
        let top = &report["novel"][0];
        println!("seed {seed}: {}", report["novel"]);
        let frames = [&top["start_frame"], &top["stop_frame"]].map(|frame| frame.as_u64().unwrap());
        assert_eq!(top["animal"], "A0");
        assert!(frames[0] < 3060 && frames[1] > 3000, "{frames:?}");
    }
}

#[test]
fn bad_options_are_named() {
    names(&failure(&["behavior", "discover", text(told()), "--clusters", "0"]), &["--clusters must be 1 or more"]);
    names(&failure(&["behavior", "discover", text(told()), "--layer", "truth"]), &["--layer", "merged"]);
    names(&failure(&["behavior", "discover", text(told()), "--layer", "merged"]), &["no merged yet"]);
    names(&failure(&["behavior", "discover", text(told()), "--vocabulary", "/nowhere.toml"]), &["/nowhere.toml"]);
}
