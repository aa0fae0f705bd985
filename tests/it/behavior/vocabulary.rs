//! The vocabulary of a project: printed, read, written, and used by what runs.

use std::fs;
use std::path::{Path, PathBuf};

use behaviorvlm::jobs::vocabulary::{VocabularyAct, act};
use behaviorvlm::model::Vocabulary;
use behaviorvlm::store::Project;
use serde_json::Value;
use tempfile::TempDir;

use super::script::{Film, recording};
use super::{Layers, behave, exported, names, new_project};
use crate::cli::{failure, json, run, text};

const KMEANS: [&str; 4] = ["--segmenter", "kmeans", "--clusters", "5"];

const TOLD: &str = "video,animal,target,label,start_frame,stop_frame,description\n\
                    short,A0,A1,chase,100,200,A0 runs after A1.\nshort,A0,,tail_rattling,300,420,It shakes its tail.\n";

/// A project of two mice of which a person said two things, one with a label that no vocabulary has.
fn told(folder: &Path) -> PathBuf {
    let project = folder.join("short.bvlm");
    new_project(&[&recording(folder, "short", &Film::short())], &project);
    let table = folder.join("told.csv");
    fs::write(&table, TOLD).unwrap();
    let report =
        json(&["import", text(&project), "--format", "behavior", text(&table), "--annotator", "Ann", "--json"]);
    assert_eq!(report["unknown_labels"], serde_json::json!(["tail_rattling"]));
    project
}

fn shown(project: &Path, options: &[&str]) -> Value {
    json(&[&["behavior", "vocabulary", text(project), "--json"][..], options].concat())
}

fn labels(project: &Path) -> Vec<String> {
    Layers::of(project).human.into_iter().map(|segment| segment.label).collect()
}

fn rename(project: &Path, label: &str, name: &str) {
    let mut project = Project::open(project).unwrap();
    let rename = VocabularyAct::Rename { label: label.to_owned(), name: name.to_owned() };
    act(&mut project, ("Ann", 5), &rename).unwrap();
}

#[test]
fn a_vocabulary_goes_out_and_in_and_a_bad_one_changes_nothing() {
    let folder = TempDir::new().unwrap();
    let project = told(folder.path());
    let file = folder.path().join("own.toml");
    let report = shown(&project, &["--export", text(&file)]);
    assert_eq!((&report["built_in"], &report["name"]), (&true.into(), &"mouse".into()));
    assert_eq!(report["unknown_labels"][0]["label"], "tail_rattling");
    assert_eq!(report["unknown_labels"][0]["uses"]["human"], 1);
    let built_in = fs::read_to_string(&file).unwrap();
    assert_eq!(Vocabulary::from_toml(&built_in), Ok(Vocabulary::mouse()));

    for (slip, said) in [
        ("name = 3".to_owned(), &["own.toml", "line 1"][..]),
        (built_in.replace("key = \"c\"", "key = \"s\""), &["own.toml", "stationary", "chase"]),
    ] {
        fs::write(&file, slip).unwrap();
        names(&failure(&["behavior", "vocabulary", text(&project), "--import", text(&file)]), said);
        assert_eq!(shown(&project, &[]), {
            let mut same = report.clone();
            same["exported"] = Value::Null;
            same
        });
    }
    // Two states of one lane that lie over each other by a change of groups are no timeline.
    fs::write(
        &file,
        "name = \"own\"\n[[labels]]\nname = \"chase\"\nis_point = true\ndefinition = \"It runs after another.\"\n",
    )
    .unwrap();
    names(&failure(&["behavior", "vocabulary", text(&project), "--import", text(&file)]), &["chase", "moment"]);
    assert_eq!(shown(&project, &[])["built_in"], true);

    fs::write(&file, "name = \"own\"\n[[labels]]\nname = \"tail_rattling\"\ndefinition = \"The tail shakes.\"\n")
        .unwrap();
    let report = shown(&project, &["--import", text(&file), "--annotator", "Bo"]);
    assert_eq!((&report["built_in"], &report["imported"]), (&false.into(), &true.into()));
    assert_eq!(report["unknown_labels"][0]["label"], "chase");
    assert_eq!(labels(&project), ["chase", "tail_rattling"], "no segment lost its label");
    assert_eq!(shown(&project, &["--import", text(&file)])["imported"], false, "nothing to change");
    let said = String::from_utf8(run(&["behavior", "vocabulary", text(&project)]).stdout).unwrap();
    names(&said, &["vocabulary own: 1 labels", "The tail shakes.", "chase (1 times)"]);
    let mut open = Project::open(&project).unwrap();
    assert_eq!(open.undo().unwrap().unwrap().title, "Import the vocabulary own");
    assert_eq!(open.own_vocabulary().unwrap(), None);
}

#[test]
fn a_run_keeps_the_vocabulary_that_it_is_given_and_looks_are_no_reason_to_run_again() {
    let folder = TempDir::new().unwrap();
    let project = told(folder.path());
    let file = folder.path().join("own.toml");
    let own = Vocabulary::mouse().to_toml().replace("name = \"mouse\"", "name = \"own\"");
    fs::write(&file, &own).unwrap();
    behave(&project, &[&KMEANS[..], &["--vocabulary", text(&file), "--annotator", "Bo"]].concat());
    assert_eq!(shown(&project, &[])["name"], "own");
    let (report, _) = behave(&project, &KMEANS);
    assert_eq!(report["was_done"], true, "the project's vocabulary is the one that was given");
    fs::write(&file, own.replace("key = \"c\"", "key = \"9\"").replace("#56b4e9", "#102030")).unwrap();
    shown(&project, &["--import", text(&file)]);
    assert_eq!(behave(&project, &KMEANS).0["was_done"], true, "keys and colours say nothing of behavior");
    fs::write(&file, own.replace("hardly moves its body", "moves nothing of its body")).unwrap();
    shown(&project, &["--import", text(&file)]);
    assert_eq!(behave(&project, &KMEANS).0["was_done"], false, "a definition does");
}

#[test]
fn a_label_that_was_renamed_is_found_counted_and_written_under_its_name() {
    let folder = TempDir::new().unwrap();
    let project = told(folder.path());
    behave(&project, &KMEANS);
    let merged = exported(&project, "behavior", &["--layer", "merged"]);
    assert!(merged.contains(",chase,"));
    rename(&project, "chase", "pursuit");
    assert_eq!(labels(&project), ["pursuit", "tail_rattling"]);
    assert!(Layers::of(&project).merged.iter().any(|it| it.label == "chase"), "what a machine said is kept as it was");
    assert_eq!(exported(&project, "behavior", &["--layer", "merged"]), merged.replace(",chase,", ",pursuit,"));
    let by_name = json(&["behavior", "search", text(&project), "pursuit layer:merged", "--json"]);
    assert!(!by_name["segments"].as_array().unwrap().is_empty());
    let by_old_name = json(&["behavior", "search", text(&project), "chase layer:merged", "--json"]);
    assert_eq!(by_old_name["segments"], by_name["segments"]);
    let stats = json(&["behavior", "stats", text(&project), "--layer", "merged", "--json"]).to_string();
    assert!(stats.contains("pursuit") && !stats.contains("chase"));
    let uses = shown(&project, &[]);
    let row = uses["labels"].as_array().unwrap().iter().find(|row| row["name"] == "pursuit").unwrap();
    assert!(row["uses"]["human"] == 1 && row["uses"]["merged"].as_u64().unwrap() > 0, "{row}");
    // The truth of before speaks of the same.
    let truth = folder.path().join("truth.csv");
    fs::write(&truth, merged).unwrap();
    let judged = json(&["eval", "behavior", text(&project), "--truth", text(&truth), "--layer", "merged", "--json"]);
    assert_eq!(judged["kappa"], 1.0);
}
