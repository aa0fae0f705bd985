//! Tables out of a project and into another.

use std::fs;

use tempfile::TempDir;

use super::script::{Film, recording};
use super::{Layers, behave, exported, is_healthy, names, new_project, refused};
use crate::cli::{failure, json, text};

/// A table of segments that people made: A1 stands first.
const BY_PEOPLE: &str = "video,animal,target,label,start_frame,stop_frame,description\n\
                         short,A1,A0,chase,100,200,\"It runs, away.\"\nshort,A0,,grooming,300,420,\nshort,A0,,rearing,450,451,\n";

#[test]
fn a_timeline_goes_into_another_project_and_comes_out_the_same() {
    let folder = TempDir::new().unwrap();
    let project = super::found::copied(folder.path());
    let table = exported(&project, "behavior", &["--layer", "merged"]);
    let file = folder.path().join("table.csv");
    fs::write(&file, &table).unwrap();
    let other = folder.path().join("other.bvlm");
    new_project(&[&folder.path().join("three")], &other);
    let report = json(&["import", text(&other), "--format", "behavior", text(&file), "--annotator", "Ann", "--json"]);
    let merged = Layers::of(&project).merged;
    assert_eq!(report["segments"][0][1], merged.len());
    assert_eq!(exported(&other, "behavior", &[]), table);
    let human = Layers::of(&other).human;
    let same = |a: &behaviorvlm::model::Segment, b: &behaviorvlm::model::Segment| {
        (a.animal, a.start_frame, a.stop_frame, &a.label, &a.description, a.partner)
            == (b.animal, b.start_frame, b.stop_frame, &b.label, &b.description, b.partner)
    };
    assert!(human.len() == merged.len() && human.iter().zip(&merged).all(|(a, b)| same(a, b)));
    // The same segments agree with themselves.
    let judged = json(&["eval", "behavior", text(&project), "--truth", text(&file), "--layer", "merged", "--json"]);
    assert_eq!((&judged["kappa"], &judged["f1_macro"]), (&1.0.into(), &1.0.into()));
}

#[test]
fn vectors_have_a_row_per_frame_and_animal_and_stories_name_each() {
    let (project, _) = super::found::solved();
    let folder = TempDir::new().unwrap();
    let copy = super::found::copied(folder.path());
    let layers = Layers::of(project);
    let vectors = exported(&copy, "vectors", &[]);
    for (index, animal) in layers.animals.iter().enumerate() {
        let rows: Vec<&str> = vectors.lines().filter(|line| line.split(',').nth(1) == Some(animal)).collect();
        assert_eq!(rows.len(), 3600, "{animal}");
        for (frame, row) in rows.iter().enumerate() {
            let fields: Vec<&str> = row.split(',').collect();
            assert_eq!(fields[2].parse(), Ok(frame));
            let own = layers
                .merged
                .iter()
                .find(|it| it.animal.index() == index && (it.start_frame..it.stop_frame).contains(&(frame as u32)));
            assert_eq!(fields[3], own.unwrap().label);
        }
    }
    assert_eq!(vectors.lines().count(), 1 + 3 * 3600);
    let multi = exported(&copy, "vectors-multi", &[]);
    names(multi.lines().next().unwrap(), &["video", "subject", "frame", "chase", "huddle", "feeding"]);
    assert_eq!(multi.lines().count(), 1 + 3 * 3600);
    let story = exported(&copy, "story", &[]);
    names(&story, &["A0", "A1", "A2", "chase"]);
}

#[test]
fn what_people_said_is_not_imported_over() {
    let folder = TempDir::new().unwrap();
    let project = folder.path().join("short.bvlm");
    new_project(&[&recording(folder.path(), "short", &Film::short())], &project);
    let file = folder.path().join("people.csv");
    fs::write(&file, BY_PEOPLE).unwrap();
    let import = ["import", text(&project), "--format", "behavior", text(&file), "--annotator", "Ann", "--json"];
    json(&import);
    let before = Layers::of(&project);
    assert_eq!(before.human.len(), 3);
    let refused = failure(&import);
    names(&refused, &["3"]);
    assert_eq!(Layers::of(&project), before);
    is_healthy(&project);
}

#[test]
fn segments_stay_with_their_animal_when_the_pipeline_runs_later() {
    let folder = TempDir::new().unwrap();
    let project = folder.path().join("short.bvlm");
    new_project(&[&recording(folder.path(), "short", &Film::short())], &project);
    let file = folder.path().join("people.csv");
    fs::write(&file, BY_PEOPLE).unwrap();
    json(&["import", text(&project), "--format", "behavior", text(&file), "--annotator", "Ann", "--json"]);
    let sorted = |table: &str| {
        let mut lines: Vec<String> = table.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let before = exported(&project, "behavior", &[]);
    assert_eq!(sorted(&before), sorted(BY_PEOPLE));
    behave(&project, &["--segmenter", "kmeans", "--clusters", "5"]);
    assert_eq!(sorted(&exported(&project, "behavior", &["--layer", "human"])), sorted(&before));

    // Where the manifest names its animals in another order, nothing is mixed up: that is refused.
    let manifest = folder.path().join("short/recording.toml");
    let text_before = fs::read_to_string(&manifest).unwrap();
    let swapped = text_before.replace("\"A0\"", "\"?\"").replace("\"A1\"", "\"A0\"").replace("\"?\"", "\"A1\"");
    fs::write(&manifest, swapped).unwrap();
    let sentence = refused(&project, &["--segmenter", "kmeans", "--clusters", "5"]);
    names(&sentence, &["A0, A1", "A1, A0", "recording.toml"]);
    assert_eq!(sorted(&exported(&project, "behavior", &["--layer", "human"])), sorted(&before));
}

#[test]
fn events_of_boris_become_segments() {
    let folder = TempDir::new().unwrap();
    let project = folder.path().join("short.bvlm");
    new_project(&[&recording(folder.path(), "short", &Film::short())], &project);
    let file = folder.path().join("events.csv");
    let head = "Observation id,Subject,Behavior,Behavior type,Time,Media file name,FPS (frame/s)";
    let events = "short,A0,sniff,START,1.0,short.mp4,30\nshort,A0,sniff,STOP,2.5,short.mp4,30\nshort,A1,jump,POINT,3.0,short.mp4,30\n";
    fs::write(&file, format!("{head}\n{events}")).unwrap();
    json(&["import", text(&project), "--format", "boris", text(&file), "--annotator", "Ann", "--json"]);
    let table = exported(&project, "behavior", &[]);
    names(&table, &["A0,,sniff,30,75", "A1,,jump,90,91"]);
    // One without an end is refused whole.
    let other = folder.path().join("other.bvlm");
    new_project(&[&folder.path().join("short")], &other);
    fs::write(&file, format!("{head}\n{events}short,A1,sniff,START,5.0,short.mp4,30\n")).unwrap();
    names(&failure(&["import", text(&other), "--format", "boris", text(&file)]), &["sniff", "never stops", "line 5"]);
    assert!(Layers::of(&other).human.is_empty());
}

#[test]
fn tables_that_do_not_fit_are_refused_whole() {
    let folder = TempDir::new().unwrap();
    let project = folder.path().join("short.bvlm");
    new_project(&[&recording(folder.path(), "short", &Film::short())], &project);
    behave(&project, &["--segmenter", "kmeans", "--clusters", "5"]);
    let before = Layers::of(&project);
    let file = folder.path().join("table.csv");
    let refused = |rows: &str| {
        fs::write(&file, format!("video,animal,target,label,start_frame,stop_frame\nshort,A0,,chase,1,2\n{rows}"))
            .unwrap();
        let sentence = failure(&["import", text(&project), "--format", "behavior", text(&file)]);
        assert_eq!(Layers::of(&project), before, "{rows}");
        sentence
    };
    names(&refused("short,A7,,chase,1,5\n"), &["A7", "A0, A1"]);
    names(&refused("short,A0,A7,chase,1,5\n"), &["A7", "A0, A1"]);
    names(&refused("short,A0,,chase,5,5\n"), &["line 3"]);
    names(&refused("short,A0,,chase,590,601\n"), &["line 3", "600"]);
    names(&refused("short,A0,,chase,one,5\n"), &["one", "line 3"]);
    // Of a project that knows no animal yet, the manifest's are asked for.
    let fresh = folder.path().join("fresh.bvlm");
    new_project(&[&folder.path().join("short")], &fresh);
    let unknown = failure(&["import", text(&fresh), "--format", "behavior", text(&file)]);
    names(&unknown, &["line 3"]);
    fs::write(&file, "video,animal,target,label,start_frame,stop_frame\nshort,A7,,chase,1,5\n").unwrap();
    names(&failure(&["import", text(&fresh), "--format", "behavior", text(&file)]), &["A7", "A0, A1"]);
    assert!(Layers::of(&fresh).animals.is_empty());
    names(&failure(&["import", text(&project), "--format", "story", text(&file)]), &["only written"]);
    names(&failure(&["export", text(&project), "--format", "boris", "x.csv"]), &["only read"]);
    names(
        &failure(&["export", text(&project), "--format", "behavior", "x.csv", "--layer", "human"]),
        &["human", "short"],
    );
    names(
        &failure(&["export", text(&project), "--format", "behavior", "x.csv", "--layer", "mine"]),
        &["mine", "clips, captions"],
    );
    names(&failure(&["export", text(&project), "--format", "behavior", text(&project)]), &["the project itself"]);
}
