//! Figures of timelines, as files.

use std::fs;

use tempfile::TempDir;

use super::script::{Film, recording};
use super::{behave, names, new_project};
use crate::cli::{failure, json, run, text};

/// Two mice for 20 s; much of it nobody reviewed.
const BY_PEOPLE: &str = "video,animal,target,label,start_frame,stop_frame,description\n\
                         short,A1,A0,chase,100,200,\nshort,A0,,huddle,300,420,\nshort,A0,,rearing,450,451,\n";

#[test]
fn figures_come_with_their_numbers_and_say_what_nobody_reviewed() {
    let folder = TempDir::new().unwrap();
    let short = recording(folder.path(), "short", &Film::short());
    let project = folder.path().join("short.bvlm");
    new_project(&[&short], &project);
    // Without pictures only the tracks say how long a recording is.
    behave(&project, &["--through", "features"]);
    let out = folder.path().join("figures");
    let nothing = failure(&["behavior", "figures", text(&project), "--out", text(&out)]);
    names(&nothing, &["short"]);
    assert!(!out.exists(), "nothing is made where there is nothing to draw");
    let table = folder.path().join("people.csv");
    fs::write(&table, BY_PEOPLE).unwrap();
    json(&["import", text(&project), "--format", "behavior", text(&table), "--annotator", "Ann", "--json"]);

    let command = ["behavior", "figures", text(&project), "--out", text(&out), "--json"];
    let report = json(&command);
    let files: Vec<&str> = report["files"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert_eq!(files.len(), 8 * 2 + 4, "each a drawing and a table, comparisons with their tests: {files:?}");
    assert!(files.iter().all(|file| fs::metadata(file).unwrap().len() > 0));
    assert_eq!((&report["segments"], &report["unreviewed"]), (&3.into(), &0.into()));
    // Of twice 20 s at 30 frames per second, 100 and 120 frames have a state; one moment is not in them.
    let missing = report["not_reviewed_s"].as_f64().unwrap();
    assert!((missing - (1200.0 - 221.0) / 30.0).abs() < 1e-6, "{missing}");
    let budget = fs::read_to_string(out.join("time_budget.csv")).unwrap();
    names(&budget, &["share_of_labelled_time_pct", "A0,short A0,,main,state,huddle,4,20,100,1,15,20"]);
    names(&budget, &["A0,short A0,,main,not_reviewed,,16,80,,2,,20", "A0,short A0,,main,point,rearing,,,,1,15,20"]);
    let svg = fs::read_to_string(out.join("ethogram.svg")).unwrap();
    names(&svg, &["<svg ", "short, human layer", "not yet reviewed", "</svg>"]);

    let output = run(&["behavior", "figures", text(&project), "--out", text(&out), "--format", "png"]);
    names(&String::from_utf8_lossy(&output.stderr), &["have no label; they are no part of any share"]);
    let picture = fs::read(out.join("time_budget.png")).unwrap();
    assert_eq!(&picture[..8], b"\x89PNG\r\n\x1a\n");
    names(
        &failure(&["behavior", "figures", text(&project), "--out", text(&out), "--format", "gif"]),
        &["gif", "svg, png"],
    );
}
