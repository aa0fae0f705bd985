//! Figures of behavior against an independent implementation, `tests/reference/evaluation.py`: cases that it judged are kept
//! beside this file; more are written on demand for it to judge.

use std::collections::BTreeMap;
use std::ops::Range;

use behaviorvlm::behavior::evaluation::{EvaluationOptions, Interval, Lanes, RecordingPair, evaluate};
use behaviorvlm::behavior::statistics::{cliffs_delta, hedges_g, holm, mann_whitney, permutation_test};
use behaviorvlm::model::AnimalId;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// How far a figure may be from the reference's.
const SAME: f64 = 1e-9;

/// Where the cases for the reference are written to.
const CASES_VARIABLE: &str = "BEHAVIORVLM_EVALUATION_CASES";

fn intervals_of(value: &Value) -> Vec<Interval> {
    let number = |value: &Value| u32::try_from(value.as_u64().unwrap()).unwrap();
    let one = |row: &Value| Interval {
        animal: AnimalId(number(&row["animal"]) as u8),
        start_frame: number(&row["start_frame"]),
        stop_frame: number(&row["stop_frame"]),
        label: row["label"].as_str().unwrap().to_owned(),
        confidence: row["confidence"].as_f64().map(|confidence| confidence as f32),
    };
    value.as_array().unwrap().iter().map(one).collect()
}

fn pair_of(case: &Value) -> RecordingPair {
    let spans = |animal: &Value| -> Vec<Range<u32>> {
        let span = |span: &Value| span[0].as_u64().unwrap() as u32..span[1].as_u64().unwrap() as u32;
        animal.as_array().unwrap().iter().map(span).collect()
    };
    RecordingPair {
        name: "r".to_owned(),
        fps: case["fps"].as_f64().unwrap(),
        frame_count: case["frame_count"].as_u64().unwrap() as u32,
        animals: (0..case["animals"].as_u64().unwrap()).map(|animal| format!("A{animal}")).collect(),
        found: intervals_of(&case["found"]),
        truth: intervals_of(&case["truth"]),
        reviewed: case["reviewed"].as_array().map(|animals| animals.iter().map(spans).collect()),
        scores: Vec::new(),
    }
}

/// All figures of a case, under the names of the program's JSON.
fn figures_of(case: &Value) -> Value {
    let options = EvaluationOptions {
        union_of_animals: case["union_of_animals"].as_bool().unwrap(),
        boundary_overlap: case["boundary_overlap"].as_f64().unwrap(),
        ..EvaluationOptions::default()
    };
    serde_json::to_value(evaluate(&Lanes::of(&[pair_of(case)], &options), &options)).unwrap()
}

/// Compares what the reference gives with ours, key by key.
fn assert_same(ours: &Value, reference: &Value, path: &str) {
    match reference {
        Value::Object(keys) => {
            keys.iter().for_each(|(key, value)| assert_same(&ours[key], value, &format!("{path}.{key}")))
        }
        Value::Array(values) => {
            assert_eq!(ours.as_array().map(Vec::len), Some(values.len()), "{path}");
            values.iter().enumerate().for_each(|(at, value)| assert_same(&ours[at], value, &format!("{path}[{at}]")));
        }
        Value::Number(number) => {
            let (ours, reference) = (ours.as_f64(), number.as_f64().unwrap());
            assert!(ours.is_some_and(|ours| (ours - reference).abs() <= SAME), "{path}: {ours:?}, not {reference}");
        }
        other => assert_eq!(ours, other, "{path}"),
    }
}

#[test]
fn kept_cases_have_the_figures_of_the_reference() {
    let kept: Value = serde_json::from_str(include_str!("data/evaluation_reference.json")).unwrap();
    let kept = kept.as_array().unwrap();
    assert!(kept.len() >= 8);
    for (at, case) in kept.iter().enumerate() {
        let reference = &case["reference"];
        assert!(reference["per_label"].is_object() && reference["segment_f1"]["0.5"].is_number());
        assert_same(&figures_of(&case["case"]), reference, &format!("case {at}"));
    }
}

/// `BEHAVIORVLM_EVALUATION_CASES=cases.json cargo test --test it write_cases -- --ignored`, then
/// `python tests/reference/evaluation.py cases.json`.
#[test]
#[ignore = "writes cases for the reference in Python"]
fn write_cases_for_the_reference() {
    let Some(path) = std::env::var_os(CASES_VARIABLE) else {
        println!("{CASES_VARIABLE} names no file: nothing was written");
        return;
    };
    let mut rng = ChaCha8Rng::seed_from_u64(20);
    let evaluations: Vec<Value> = (0..600)
        .map(|at| {
            let case = random_case(at, &mut rng);
            let figures = figures_of(&case);
            json!({"case": case, "figures": figures})
        })
        .collect();
    let statistics: Vec<Value> = (0..400).map(|at| random_groups(at, &mut rng)).collect();
    let all = json!({"evaluations": evaluations, "statistics": statistics});
    std::fs::write(path, serde_json::to_string(&all).unwrap()).unwrap();
}

/// The first cases are small, since some of them are kept.
fn random_case(at: usize, rng: &mut ChaCha8Rng) -> Value {
    let frame_count = if at < 60 { rng.random_range(20..60) } else { rng.random_range(1..3000) };
    let animals = rng.random_range(1..4_u32);
    let labels: Vec<String> = (0..rng.random_range(1..6)).map(|label| format!("label {label}")).collect();
    let is_exclusive = rng.random_bool(0.6);
    let bout = if at < 60 { 12 } else { rng.random_range(2..200) };
    let mut truth = Vec::new();
    let mut found = Vec::new();
    for animal in 0..animals {
        let sides = random_sides(rng, (frame_count, bout), &labels, is_exclusive);
        let with_confidence = rng.random_range(0..3);
        for (side, pieces) in [&mut truth, &mut found].into_iter().zip(sides) {
            for (label, start_frame, stop_frame) in pieces {
                let mut row = json!({
                    "animal": animal, "label": label, "start_frame": start_frame, "stop_frame": stop_frame,
                });
                if rng.random_range(0..2) < with_confidence {
                    row["confidence"] = json!(f64::from((rng.random_range(1..=20_u8) as f32) / 20.0));
                }
                side.push(row);
            }
        }
    }
    let mut reviewed = || -> Vec<[u32; 2]> {
        let start = rng.random_range(0..=frame_count / 3);
        let stop = rng.random_range(frame_count / 2..=frame_count);
        vec![[start, (start + stop) / 2], [((start + stop) / 2 + 3).min(stop), stop]]
    };
    let reviewed: Vec<_> = (0..animals).map(|_| reviewed()).collect();
    json!({
        "fps": ([25.0, 30.0, 29.97][at % 3]), "frame_count": frame_count, "animals": animals,
        "union_of_animals": rng.random_bool(0.3), "boundary_overlap": ([0.1, 0.25, 0.5][at % 3]),
        "reviewed": if rng.random_bool(0.3) { json!(reviewed) } else { Value::Null },
        "truth": truth, "found": found,
    })
}

type LabelledSpan = (String, u32, u32);

/// Truth, and what was found: the truth with moved ends, other labels, pieces lost and pieces added. Sometimes nothing.
fn random_sides(
    rng: &mut ChaCha8Rng,
    (frame_count, bout): (u32, u32),
    labels: &[String],
    is_exclusive: bool,
) -> [Vec<LabelledSpan>; 2] {
    let mut sides = [Vec::new(), Vec::new()];
    let groups: Vec<&[String]> = if is_exclusive { vec![labels] } else { labels.chunks(1).collect() };
    for group in groups {
        let mut ends = [rng.random_range(0..=bout); 2];
        let mut add = |side: usize, label: &String, start: u32, stop: u32| {
            let start = start.max(ends[side]);
            let stop = stop.min(frame_count);
            if start < stop {
                sides[side].push((label.clone(), start, stop));
                ends[side] = stop;
            }
        };
        let mut start = 0;
        while start < frame_count {
            let stop = start + rng.random_range(1..=bout);
            let label = &group[rng.random_range(0..group.len())];
            if rng.random_bool(0.7) {
                add(0, label, start, stop);
            }
            if rng.random_bool(0.7) {
                let other = if rng.random_bool(0.2) { &group[rng.random_range(0..group.len())] } else { label };
                let shift = rng.random_range(0..=bout / 2 + 1);
                add(1, other, (start + shift).saturating_sub(bout / 4), stop + rng.random_range(0..=bout / 3));
            }
            start = stop;
        }
    }
    if rng.random_bool(0.05) {
        sides[rng.random_range(0..2)].clear();
    }
    sides
}

/// Two groups of numbers, some of them equal, and what the tests say of them.
fn random_groups(at: usize, rng: &mut ChaCha8Rng) -> Value {
    let steps = if at.is_multiple_of(2) { 1e6 } else { 8.0 };
    let mut group = |most: usize, shift: f64| -> Vec<f64> {
        (0..rng.random_range(1..=most)).map(|_| (rng.random::<f64>() * steps).floor() / steps + shift).collect()
    };
    let most = if at < 200 { 8 } else { 25 };
    let (one, other) = (group(most, 0.0), group(most, if at.is_multiple_of(3) { 0.5 } else { 0.0 }));
    let p_values = group(9, 0.0);
    let permutation = permutation_test(&one, &other, 1).unwrap();
    let figures = BTreeMap::from([
        ("mann_whitney", serde_json::to_value(mann_whitney(&one, &other)).unwrap()),
        ("permutation", serde_json::to_value(permutation).unwrap()),
        ("cliffs_delta", json!(cliffs_delta(&one, &other))),
        ("hedges_g", json!(hedges_g(&one, &other))),
        ("holm", json!(holm(&p_values))),
    ]);
    json!({"one": one, "other": other, "p_values": p_values, "figures": figures})
}
