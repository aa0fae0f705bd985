//! Real mice: three from above, and two whose encounters a person marked in BORIS.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use behaviorvlm::behavior::bodies::Bodies;
use behaviorvlm::behavior::evaluation::{
    Evaluation, EvaluationOptions, Interval, LabelMap, Lanes, RecordingPair, evaluate,
};
use behaviorvlm::behavior::features::KeypointFeatures;
use behaviorvlm::behavior::pairs::PairParts;
use behaviorvlm::formats::behavior_table::BehaviorRecording;
use behaviorvlm::formats::boris::read_boris;
use behaviorvlm::formats::tracks::{TrackReading, read_tracks};
use behaviorvlm::model::{AnimalId, AnimalTrack, Part, Tracks};
use serde_json::Value;
use tempfile::TempDir;

use super::script::Manifest;
use super::{Layers, behave, exported, names, new_project};
use crate::cli::{json, text};
use crate::fake_model::{Doing, FakeConfig, FakeModel, MODEL, Watcher};

fn data() -> PathBuf {
    PathBuf::from(std::env::var_os("BEHAVIORVLM_DATA").expect("BEHAVIORVLM_DATA names the folder of the data sets"))
}

fn only_file(folder: &Path, extension: &str) -> PathBuf {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let found: Vec<PathBuf> = files.filter(|file| file.extension().is_some_and(|it| it == extension)).collect();
    assert_eq!(found.len(), 1, "{}", folder.display());
    found[0].clone()
}

/// The tracks of a table of DeepLabCut.
fn tracks(file: &Path) -> Tracks {
    let table = read_tracks(file, &TrackReading { camera: "top", least_confidence: 0.0 }).unwrap();
    let animals = (0..table.individuals.len())
        .map(|at| AnimalTrack { points: table.points_of(at).to_vec(), heights: Vec::new() });
    Tracks {
        frame_count: table.frame_count,
        fps: 30.0,
        animals: animals.collect(),
        parts: table.parts.iter().map(|name| Part::named(name)).collect(),
        mm_per_unit: None,
    }
}

/// The recording of three mice, with or without their tracks.
pub(super) fn three_mice(folder: &Path, has_tracks: bool) -> PathBuf {
    let source = data().join("mice3_topview");
    let (video, table) = (only_file(&source, "mp4"), only_file(&source.join("derived"), "csv"));
    let camera = format!("video = \"{}\"", text(&video));
    let line = |name: &str| format!("tracks = \"{}\"\nindividual = \"{name}\"", text(&table));
    let animals = match has_tracks {
        true => [("A0", line("mouse1")), ("A1", line("mouse2")), ("A2", line("mouse3"))].into(),
        false => BTreeMap::new(),
    };
    Manifest { name: "mice3", camera: &camera, animals }.write(&folder.join("mice3"));
    let project = folder.join("mice3.bvlm");
    new_project(&[&folder.join("mice3")], &project);
    project
}

fn show(what: &str, report: &Value, layers: &Layers) {
    println!(
        "{what}: {} clips of {:.2} s in the mean, {} segments, {:.1} s; cost {}; labels {}; findings {}",
        layers.clips.len(),
        layers.mean_clip_secs(30.0),
        layers.merged.len(),
        report["wall_s"].as_f64().unwrap(),
        report["switch_cost"],
        report["labels"],
        report["findings"]
    );
}

#[test]
#[ignore = "needs BEHAVIORVLM_DATA"]
pub(super) fn three_mice_with_tracks() {
    let folder = TempDir::new().unwrap();
    let project = three_mice(folder.path(), true);
    let (report, said) = behave(&project, &[]);
    // The video has a frame more than the tracks.
    names(&said, &["1800 frames", "1801", "zeros"]);
    let layers = Layers::of(&project);
    layers.check();
    show("three mice", &report, &layers);
    assert_eq!(layers.frames, 1801);
    assert!((1.0..5.0).contains(&layers.mean_clip_secs(30.0)));
    let table = exported(&project, "behavior", &["--layer", "merged"]);
    let file = folder.path().join("table.csv");
    fs::write(&file, &table).unwrap();
    json(&["import", text(&project), "--format", "behavior", text(&file), "--annotator", "Ann", "--json"]);
    for layer in ["clips", "captions", "merged", "human"] {
        let vectors = exported(&project, "vectors", &["--layer", layer]);
        assert_eq!(vectors.lines().count(), 1 + 3 * 1801, "{layer}");
        assert!(exported(&project, "behavior", &["--layer", layer]).lines().count() > 10, "{layer}");
    }
    let (again, _) = behave(&project, &[]);
    assert_eq!(again["was_done"], true);
    assert_eq!(Layers::of(&project).shown(), layers.shown());
}

#[test]
#[ignore = "needs BEHAVIORVLM_DATA"]
pub(super) fn three_mice_without_tracks() {
    let folder = TempDir::new().unwrap();
    let project = three_mice(folder.path(), false);
    let (report, said) = behave(&project, &["--features", "auto"]);
    println!("{said}");
    let layers = Layers::of(&project);
    layers.check();
    show("three mice as blobs", &report, &layers);
    names(&said, &["moving blobs", "not verified"]);
    assert_eq!(layers.frames, 1801);
    assert!(!layers.merged.is_empty());
}

#[test]
#[ignore = "needs BEHAVIORVLM_DATA"]
fn features_of_three_mice() {
    let tracks = tracks(&only_file(&data().join("mice3_topview/derived"), "csv"));
    let started = Instant::now();
    let bodies = Bodies::of(&tracks);
    let features = KeypointFeatures::new(&bodies, &[]);
    let mut finite = 0;
    for animal in 0..3 {
        let rows = features.rows(animal, 0..tracks.frame_count);
        assert_eq!(rows.dim(), (1800, features.names().len()));
        finite += rows.iter().filter(|value| value.is_finite()).count();
    }
    let secs = started.elapsed().as_secs_f64();
    println!(
        "{} features of three mice: {:.0} frames/s on one core, {:.0} rows/s",
        features.names().len(),
        1800.0 / secs,
        5400.0 / secs
    );
    assert!(finite > 5400 * features.names().len() / 2);
}

/// Where the two mice are, and in which frames a person saw the adult interact.
fn two_mice() -> (Tracks, Vec<bool>) {
    let folder = data().join("mice2_boris");
    let tracks = tracks(&only_file(&folder.join("dlc"), "csv"));
    let table = fs::read_to_string(folder.join("derived/interact_per_frame.csv")).unwrap();
    let is_true: Vec<bool> = table.lines().skip(1).map(|line| line.ends_with(",1")).collect();
    assert_eq!((tracks.frame_count, is_true.len()), (5700, 5700));
    (tracks, is_true)
}

fn f1_of(scores: &[f32], is_true: &[bool], threshold: f32) -> f64 {
    let count = |found: bool, truth: bool| {
        scores
            .iter()
            .zip(is_true)
            .filter(|(score, is_true)| (**score >= threshold) == found && **is_true == truth)
            .count()
    };
    let (both, found_only, true_only) = (count(true, true), count(true, false), count(false, true));
    2.0 * both as f64 / (2 * both + found_only + true_only).max(1) as f64
}

/// Stretches of frames that hold.
fn intervals(holds: &[bool]) -> Vec<Interval> {
    let mut found: Vec<Interval> = Vec::new();
    for (frame, _) in holds.iter().enumerate().filter(|(_, holds)| **holds) {
        let frame = frame as u32;
        match found.last_mut().filter(|last| last.stop_frame == frame) {
            Some(last) => last.stop_frame = frame + 1,
            None => found.push(Interval {
                animal: AnimalId(0),
                start_frame: frame,
                stop_frame: frame + 1,
                label: "interact".to_owned(),
                confidence: None,
            }),
        }
    }
    found
}

/// A rule of one number, chosen on the first half of a recording that a person labelled, judged on the second.
#[test]
#[ignore = "needs BEHAVIORVLM_DATA"]
fn a_rule_agrees_with_a_person() {
    const HALF: usize = 2850;
    let (tracks, is_true) = two_mice();
    let bodies = Bodies::of(&tracks);
    let parts = PairParts::of(&bodies);
    let near: Vec<f32> = (0..5700).map(|frame| parts.measure(&bodies, 0, 1, frame).nose_body).collect();
    let scores: Vec<f32> = (0..5700_usize)
        .map(|frame| {
            let around = &near[frame.saturating_sub(7)..(frame + 8).min(5700)];
            let mut known: Vec<f32> = around.iter().copied().filter(|it| it.is_finite()).collect();
            known.sort_by(f32::total_cmp);
            // A score is from 0 to 1.
            known.get(known.len() / 2).map_or(0.0, |median| 1.0 / (1.0 + median))
        })
        .collect();
    let thresholds = (1..200).map(|step| 1.0 / (1.0 + 0.01 * step as f32));
    let best = thresholds.max_by(|a, b| {
        let [a, b] = [a, b].map(|threshold| f1_of(&scores[..HALF], &is_true[..HALF], *threshold));
        a.total_cmp(&b)
    });
    let best = best.unwrap();
    let found: Vec<bool> = scores.iter().map(|score| *score >= best).collect();
    let pair = RecordingPair {
        name: "mice2".to_owned(),
        fps: 30.0,
        frame_count: 5700,
        animals: vec!["adult".to_owned()],
        found: intervals(&found),
        truth: intervals(&is_true),
        reviewed: Some(vec![vec![HALF as u32..5700]]),
        scores: vec![[("interact".to_owned(), scores.clone())].into()],
    };
    let options = EvaluationOptions::default();
    let judged = evaluate(&Lanes::of(&[pair], &options), &options);
    let figures = &judged.per_label["interact"];
    let (f1, ap, kappa) = (figures.f1.unwrap(), figures.ap.unwrap(), judged.kappa.unwrap());
    println!(
        "nose within {:.2} body lengths, chosen on the first half (F1 {:.3} there): F1 {f1:.3}, AP {ap:.3}, kappa {kappa:.3} \
         ({:?}), boundaries {:?} ms on the second",
        1.0 / best - 1.0,
        f1_of(&scores[..HALF], &is_true[..HALF], best),
        judged.kappa_ci,
        judged.boundary_ms
    );
    assert!((f1 - f1_of(&scores[HALF..], &is_true[HALF..], best)).abs() < 1e-9);
    assert_eq!(judged.frames, 2850);
    assert!(f1 >= 0.78 && ap >= 0.78 && kappa >= 0.73, "F1 {f1}, AP {ap}, kappa {kappa}");
}

const MAP: &str = "investigation=interact,oral_oral_contact=interact,oral_ear_contact=interact,\
                   oral_genital_contact=interact,contact=interact,chase=interact,*=";

#[test]
#[ignore = "needs BEHAVIORVLM_DATA"]
fn the_pipeline_is_judged_against_a_person() {
    let folder = TempDir::new().unwrap();
    let source = data().join("mice2_boris");
    let table = only_file(&source.join("dlc"), "csv");
    let line = format!("tracks = \"{}\"", text(&table));
    let animals = [("adult", line.clone()), ("juvenile", line)].into();
    Manifest { name: "mice2", camera: "", animals }.write(&folder.path().join("mice2"));
    let project = folder.path().join("mice2.bvlm");
    new_project(&[&folder.path().join("mice2")], &project);
    let (report, _) = behave(&project, &[]);
    let layers = Layers::of(&project);
    layers.check();
    show("two mice", &report, &layers);
    assert_eq!(layers.animals, ["adult", "juvenile"]);
    let truth = source.join("boris/e3v813a-20210610T122332-122642_reencode.csv");
    for is_union in [false, true] {
        let mut arguments = vec!["eval", "behavior", text(&project), "--truth", text(&truth), "--map", MAP, "--json"];
        arguments.extend(is_union.then_some("--union"));
        let judged = json(&arguments);
        let figures = &judged["per_label"]["interact"];
        println!(
            "{}: F1 {}, precision {}, recall {}, kappa {} {}, segment F1 {}",
            if is_union { "the two as one" } else { "each for itself" },
            figures["f1"],
            figures["precision"],
            figures["recall"],
            judged["kappa"],
            judged["kappa_ci"],
            judged["segment_f1"]
        );
        let expected = computed(&layers, &truth, is_union);
        let near = |found: &Value, expected: Option<f64>| (found.as_f64().unwrap() - expected.unwrap()).abs() < 1e-9;
        assert!(near(&judged["kappa"], expected.kappa), "{expected:?}");
        assert!(near(&figures["f1"], expected.per_label["interact"].f1), "{expected:?}");
    }
}

/// The same comparison by the library alone.
fn computed(layers: &Layers, truth: &Path, is_union: bool) -> Evaluation {
    let known = [BehaviorRecording { name: "mice2".to_owned(), frame_count: Some(layers.frames), fps: 30.0 }];
    let rows = read_boris(truth, &known).unwrap();
    assert_eq!(rows.len(), 10);
    let truth = rows.into_iter().map(|row| Interval {
        animal: AnimalId(layers.animals.iter().position(|name| *name == row.animal).unwrap() as u8),
        start_frame: row.start_frame,
        stop_frame: row.stop_frame,
        label: row.label,
        confidence: None,
    });
    let pair = RecordingPair {
        name: "mice2".to_owned(),
        fps: 30.0,
        frame_count: layers.frames,
        animals: layers.animals.clone(),
        found: layers.merged.iter().map(Interval::from).collect(),
        truth: truth.collect(),
        ..RecordingPair::default()
    };
    let options = EvaluationOptions {
        union_of_animals: is_union,
        map: LabelMap::parse(MAP).unwrap(),
        ..EvaluationOptions::default()
    };
    evaluate(&Lanes::of(&[pair], &options), &options)
}

/// What the rules say, as what a model knows.
fn watcher(layers: &Layers) -> Watcher {
    let by_rules = layers.clips.iter().zip(&layers.captions);
    let mut doing = vec![Vec::new(); layers.animals.len()];
    for (clip, (_, caption)) in by_rules {
        let one = Doing {
            label: caption.label.clone(),
            partner: caption.partner.map(|partner| layers.animals[partner.index()].clone()),
            role: caption.role.as_str(),
        };
        doing[clip.animal.index()].extend(clip.frames().map(|_| one.clone()));
    }
    Watcher { names: layers.animals.clone(), doing, seed: 5, ..Watcher::default() }
}

/// With `BEHAVIORVLM_PICTURES` the pictures of some clips are written to that folder.
#[test]
#[ignore = "needs BEHAVIORVLM_DATA"]
fn three_mice_described_by_a_model() {
    let folder = TempDir::new().unwrap();
    let project = three_mice(folder.path(), true);
    behave(&project, &["--through", "captions"]);
    let ruled = Layers::of(&project);
    let config = FakeConfig { keeps_pictures: true, ..FakeConfig::watching(watcher(&ruled)) };
    let server = FakeModel::start(config);
    let [caption, merge] = ["caption", "merge"].map(|role| format!("{role}={MODEL}@{}", server.url()));
    let models = ["--model", &caption, "--model", &merge];
    let further: Vec<String> =
        std::env::var("BEHAVIORVLM_OPTIONS").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    let further: Vec<&str> = further.iter().map(String::as_str).collect();
    let (report, said) = behave(&project, &[&models[..], &further].concat());
    assert_eq!(server.complaints(), Vec::<String>::new());
    let layers = Layers::of(&project);
    layers.check();
    show("three mice, by a model", &report, &layers);
    println!("{said}\n{}", serde_json::to_string_pretty(&report["asked"]).unwrap());
    let seen = layers.clips.iter().filter(|clip| clip.cluster.is_some()).count();
    assert_eq!(report["asked"][0]["calls"], seen);
    let labels =
        |layers: &Layers| -> Vec<String> { layers.captions.iter().map(|(_, caption)| caption.label.clone()).collect() };
    assert_eq!(labels(&layers), labels(&ruled));
    let Some(out) = std::env::var_os("BEHAVIORVLM_PICTURES").map(PathBuf::from) else { return };
    fs::create_dir_all(&out).unwrap();
    for request in server.log().iter().filter(|request| !request.pictures.is_empty()).step_by(7).take(12) {
        let name = request.tag.replace(['/', '='], "_");
        let middle = request.pictures.len() / 2;
        fs::write(out.join(format!("{name}.jpg")), &request.pictures[middle]).unwrap();
        fs::write(out.join(format!("{name}.txt")), &request.words).unwrap();
    }
}
