//! Two recordings in one project.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use super::script::{Film, recording};
use super::{Layers, behave_all, exported, names, new_project};
use crate::cli::{json, text};

const KMEANS: [&str; 4] = ["--segmenter", "kmeans", "--clusters", "5"];

#[test]
fn two_recordings_are_told_apart_and_share_a_model() {
    let folder = TempDir::new().unwrap();
    let first = recording(folder.path(), "first", &Film::short());
    let mut mirrored = Film::short();
    mirrored.animals.reverse();
    let second = recording(folder.path(), "second", &mirrored);
    let project = folder.path().join("two.bvlm");
    new_project(&[&first, &second], &project);

    let (reports, _) = behave_all(&project, &[&KMEANS[..], &["--recording", "first"]].concat());
    assert_eq!(reports.len(), 1);
    let run = |options: &[&str]| {
        let mut arguments = vec!["behavior", "run", text(&project)];
        arguments.extend(options);
        crate::cli::failure(&arguments)
    };
    names(&run(&["--recording", "second", "--model-of", "third"]), &["third", "first", "second"]);
    names(&run(&["--recording", "first", "--model-of", "second"]), &["second", "no model yet"]);
    let (reports, _) = behave_all(&project, &[&KMEANS[..], &["--recording", "second", "--model-of", "first"]].concat());
    assert!(reports[0]["training"].is_null(), "cut with the model of the first");
    let (one, two) = (Layers::of_recording(&project, Some("first")), Layers::of_recording(&project, Some("second")));
    assert!(one.model.is_some() && two.model.is_none());
    [&one, &two].into_iter().for_each(Layers::check);
    // The same mice under each other's names: what A0 does there, A1 does here.
    for label in ["chase", "locomotion"] {
        let found = [one.frames_of("A0", label), two.frames_of("A1", label)];
        assert!(found[0] > 0 && found[0].abs_diff(found[1]) <= 30, "{label}: {found:?}");
    }

    let (reports, _) = behave_all(&project, &KMEANS);
    let told: Vec<(&Value, &Value)> =
        reports.iter().map(|report| (&report["recording"], &report["was_done"])).collect();
    assert_eq!(told, [(&Value::from("first"), &Value::from(true)), (&Value::from("second"), &Value::from(false))]);

    let table = exported(&project, "behavior", &[]);
    assert!(table.starts_with("recording,video,animal,target,label"), "{table}");
    let vectors = exported(&project, "vectors", &[]);
    assert_eq!(vectors.lines().count(), 1 + 2 * 2 * 600);
    names(vectors.lines().next().unwrap(), &["recording,video,subject,frame"]);
    names(&exported(&project, "story", &[]), &["# first", "# second"]);
    let only = exported(&project, "vectors", &["--recording", "second"]);
    assert_eq!(only.lines().count(), 1 + 2 * 600);

    // There and back.
    let file = folder.path().join("table.csv");
    fs::write(&file, &table).unwrap();
    let other = folder.path().join("other.bvlm");
    new_project(&[&first, &second], &other);
    json(&["import", text(&other), "--format", "behavior", text(&file), "--annotator", "Ann", "--json"]);
    assert_eq!(exported(&other, "behavior", &[]), table);
    let judged = json(&["eval", "behavior", text(&project), "--truth", text(&file), "--json"]);
    assert_eq!(judged["kappa"], 1.0);
    assert_eq!(judged["frames"], 2 * 2 * 600);
    let stats = json(&["behavior", "stats", text(&project), "--json"]);
    names(&stats.to_string(), &["first A0", "second A1"]);
}
