//! Answers as models give them: what can be used, which problems they have, and that nothing is made up.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::vlm::convention::{Convention, PixelBox};

const SENT: [u32; 2] = [1120, 896];

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Names of problems with a comma between, and a mark where asking again is not needed.
fn listed<T>(checked: &Checked<T>) -> String {
    let names: Vec<String> = checked
        .problems
        .iter()
        .map(|problem| format!("{}{}", if problem.needs_reask() { "" } else { "~" }, problem.name()))
        .collect();
    names.join(", ")
}

/// Numbers of `nose` and `left_ear` among 1, 2, 3 and 7: `name=number` each, then the problems.
#[track_caller]
fn check_numbers(text: &str, expected: &str, problems: &str) {
    let checked = numbers(text, &names(&["left_ear", "nose"]), &[1, 2, 3, 7]);
    let said: Vec<String> = checked
        .value
        .iter()
        .map(|(name, number)| format!("{name}={}", number.map_or("none".to_owned(), |number| number.to_string())))
        .collect();
    assert_eq!((said.join(" ").as_str(), listed(&checked).as_str()), (expected, problems), "{text}");
    assert_eq!(checked.is_usable(), checked.correction().is_none());
}

#[test]
fn numbers_as_asked_for() {
    check_numbers(r#"{"observation": "x", "left_ear": 2, "nose": 7}"#, "left_ear=2 nose=7", "");
    check_numbers(r#"{"left_ear": null, "nose": 3}"#, "left_ear=none nose=3", "");
    check_numbers(r##"{"left_ear": "none", "nose": "#3"}"##, "left_ear=none nose=3", "");
    check_numbers(r#"{"left_ear": 2.0, "nose": "3"}"#, "left_ear=2 nose=3", "");
    check_numbers("```json\n{'left_ear': None, 'nose': 3,}\n```", "left_ear=none nose=3", "");
    let reasons = numbers(r#"{"observation": " seen from above ", "nose": 1}"#, &names(&["nose"]), &[1]);
    assert_eq!(reasons.observation.as_deref(), Some("seen from above"));
}

#[test]
fn keys_spelt_and_wrapped_otherwise() {
    check_numbers(r#"{"Left Ear": 2, "nose": 3}"#, "left_ear=2 nose=3", "~respelled_key");
    check_numbers(r#"{"left_ear": 2, "nose": 3, "tail": 1}"#, "left_ear=2 nose=3", "~unknown_key");
    check_numbers(r#"{"answer": {"left_ear": 2, "nose": 3}}"#, "left_ear=2 nose=3", "");
    check_numbers(r#"[{"left_ear": 2, "nose": 3}]"#, "left_ear=2 nose=3", "");
    check_numbers(
        r#"{"a": {"nose": 3}, "b": {"nose": 2}}"#,
        "",
        "~unknown_key, ~unknown_key, missing_key, missing_key",
    );
    let wrapped = numbers(r#"{"observation": "o", "result": {"nose": 1}}"#, &names(&["nose"]), &[1]);
    assert_eq!((wrapped.observation.as_deref(), wrapped.is_usable()), (Some("o"), true));
    // Two names that differ in punctuation alone are told apart by it, or not at all.
    let close = numbers(r#"{"ear_1": 1, "ear-1": 2, "ear 1": 3}"#, &names(&["ear_1", "ear-1"]), &[1, 2, 3]);
    assert_eq!(close.value.into_values().collect::<Vec<_>>(), [Some(2), Some(1)]);
}

#[test]
fn numbers_that_cannot_be_used() {
    check_numbers(r#"{"left_ear": 2}"#, "left_ear=2", "missing_key");
    check_numbers(r#"{"left_ear": 2, "nose": 9}"#, "left_ear=2", "unknown_number");
    check_numbers(r#"{"left_ear": 2, "nose": 0}"#, "left_ear=2", "unknown_number");
    check_numbers(r#"{"left_ear": 2, "nose": -3}"#, "left_ear=2", "unknown_number");
    check_numbers(r#"{"left_ear": 2, "nose": 65539}"#, "left_ear=2", "unknown_number"); // 3 modulo 65536
    check_numbers(r#"{"left_ear": 2, "nose": 2.5}"#, "left_ear=2", "wrong_type");
    check_numbers(r#"{"left_ear": 2, "nose": [3]}"#, "left_ear=2", "wrong_type");
    check_numbers(r#"{"left_ear": 2, "nose": true}"#, "left_ear=2", "wrong_type");
    check_numbers(r#"{"left_ear": 2, "nose": "3 or 7"}"#, "left_ear=2", "wrong_type");
    check_numbers(r#"{"left_ear": 3, "nose": 3}"#, "", "same_number_twice");
    check_numbers(r#"{"left_ear": 1, "nose": 3, "nose": 7}"#, "left_ear=1", "duplicate_key");
    check_numbers(r#"{"left_ear": 1, "nose": 3, "nose": 3}"#, "left_ear=1 nose=3", "");
    check_numbers(r#"{"left_ear": 1, "nose": 3, "Nose": 7}"#, "left_ear=1", "duplicate_key");
    check_numbers(r#"{"left_ear": 1, "nose": 3"#, "", "cut_off");
    check_numbers("I see no dots.", "", "not_an_object");
    check_numbers("[1, 2]", "", "not_an_object");
    check_numbers("", "", "empty_answer");
    check_numbers(r#"{"left_ear": ?}"#, "", "broken_json");
}

#[test]
fn the_correction_quotes_what_is_wrong() {
    let checked = numbers(r#"{"left_ear": 9, "nose": "?", "x": 1}"#, &names(&["left_ear", "nose", "tail"]), &[1, 2]);
    assert_eq!(
        checked.correction().unwrap(),
        "Your answer cannot be used. \"left_ear\" has the number 9, which the picture does not show; it shows 1, 2. \"nose\" \
         must be a dot's number or null, not \"?\". The key \"tail\" is missing. Answer again with the JSON object alone, \
         nothing around it."
    );
    let twice = numbers(r#"{"a": 1, "b": 1}"#, &names(&["a", "b"]), &[1]);
    assert_eq!(
        twice.problems[0].to_string(),
        "The number 1 is given to \"a\" and \"b\"; a dot is one of them at most."
    );
}

/// A box over 1000 in a picture of 1000 × 500 pixels, as `left,top,right,bottom` rounded up to whole edges, or `none` or `-`.
#[track_caller]
fn check_box(convention: Convention, text: &str, expected: &str, problems: &str) {
    let checked = boxed(text, convention, [1000, 500]);
    let edges = |found: &PixelBox| {
        [found.min, found.max].concat().iter().map(|edge| (edge + 0.5).to_string()).collect::<Vec<_>>()
    };
    let said = match &checked.value {
        Some(found) => edges(found).join(","),
        None if checked.is_usable() => "none".to_owned(),
        None => "-".to_owned(),
    };
    assert_eq!((said.as_str(), listed(&checked).as_str()), (expected, problems), "{text}");
}

#[test]
fn boxes_in_all_forms() {
    for text in [
        r#"{"observation": "o", "bbox_2d": [100, 200, 300, 400]}"#,
        r#"[{"bbox_2d": [100, 200, 300, 400], "label": "paws"}]"#,
        "```json\n[\n\t{\"bbox_2d\": [100, 200, 300, 400], \"label\": \"paws\"}\n]\n```",
        "[100, 200, 300, 400]",
        "The box is [100, 200, 300, 400].",
        r#"{"bbox_2d": [[100, 200, 300, 400]]}"#,
        r#"{"bbox_2d": [[100, 200], [300, 400]]}"#,
        r#"{"bbox_2d": "100, 200, 300, 400"}"#,
        r#"{"bbox_2d": ["100", "200", "300", "400"]}"#,
        r#"{"bbox": (100, 200, 300, 400)}"#,
        r#"{"label": "paws", "box_2d": [100.0, 200, 300, 400]}"#,
        r#"{"result": {"bbox_2d": [100, 200, 300, 400]}}"#,
    ] {
        let checked = boxed(text, Convention::Thousand, [1000, 500]);
        assert_eq!(checked.value, Some(PixelBox { min: [99.5, 99.5], max: [299.5, 199.5] }), "{text}");
        assert!(checked.is_usable(), "{text}");
    }
    for text in [r#"{"bbox_2d": null}"#, "{'bbox_2d': None}", r#"{"bbox_2d": []}"#, "[]", r#"{"bbox_2d": "none"}"#] {
        check_box(Convention::Thousand, text, "none", "");
    }
}

#[test]
fn boxes_by_convention() {
    check_box(Convention::ThousandYx, r#"{"box_2d": [100, 200, 300, 400]}"#, "200,50,400,150", "");
    let pixels = boxed(r#"{"bbox_2d": [100, 200, 300, 400]}"#, Convention::Pixels, SENT);
    assert_eq!(pixels.value, Some(PixelBox { min: [100.0, 200.0], max: [300.0, 400.0] }));
}

#[test]
fn boxes_with_problems() {
    let over = Convention::Thousand;
    check_box(over, r#"{"bbox_2d": [300, 400, 100, 200]}"#, "100,100,300,200", "~swapped_corners");
    check_box(over, r#"{"bbox_2d": [-20, 0, 500, 1000]}"#, "0,0,500,500", "~box_clamped");
    check_box(over, r#"{"bbox_2d": [100, 100, 1120, 890]}"#, "-", "box_outside");
    check_box(over, r#"{"bbox_2d": [1100, 1100, 1200, 1200]}"#, "-", "box_outside");
    check_box(over, r#"{"bbox_2d": [1001, 1001, 1040, 1040]}"#, "-", "box_outside");
    check_box(over, r#"{"bbox_2d": [1e300, 0, 1, 900]}"#, "-", "box_outside");
    check_box(over, r#"{"bbox_2d": [0, 0, 0, 0]}"#, "-", "box_empty");
    check_box(over, r#"{"bbox_2d": [0.1, 0.2, 0.3, 0.4]}"#, "-", "box_empty");
    check_box(over, r#"{"bbox_2d": [100, 200, 300]}"#, "-", "wrong_type");
    check_box(over, r#"{"bbox_2d": "left of the nose"}"#, "-", "wrong_type");
    check_box(over, r#"{"bbox_2d": "nan, 1, 2, 3"}"#, "-", "wrong_type");
    check_box(over, r#"{"bbox_2d": {"x1": 100}}"#, "-", "wrong_type");
    check_box(over, r#"{"observation": "nothing there"}"#, "-", "missing_key");
    check_box(over, r#"{"bbox_2d": [1, 2, 3, 4], "bbox_2d": null}"#, "-", "duplicate_key");
    check_box(over, r#"[{"bbox_2d": [1, 2, 30, 40]}, {"bbox_2d": [5, 6, 70, 80]}]"#, "-", "several_boxes");
    check_box(over, r#"{"bbox_2d": [100, 200, 300, 400], "score": 1}"#, "100,100,300,200", "~unknown_key");
    check_box(over, r#"{"bbox_2d": [100, 200, 300, 4"#, "-", "cut_off");
    // In pixels of a wide picture, a box that fits only with its axes exchanged is seen.
    check_box(Convention::Pixels, r#"{"bbox_2d": [20, 700, 300, 950]}"#, "-", "swapped_axes");
}

#[test]
fn axes_are_judged_by_the_dots_too() {
    let found = PixelBox { min: [100.0, 700.0], max: [200.0, 800.0] };
    let dots = [[750.0, 150.0], [780.0, 120.0]];
    let problem = axes_look_swapped("paws", &found, Convention::Thousand, [1000, 1000], &dots).unwrap();
    assert_eq!(problem.name(), "swapped_axes");
    assert_eq!(axes_look_swapped("paws", &found, Convention::Thousand, [1000, 1000], &[[150.0, 750.0]]), None);
    assert_eq!(axes_look_swapped("paws", &found, Convention::Thousand, [1000, 1000], &[]), None);
}

#[test]
fn boxes_by_name() {
    let regions = names(&["ears", "paws", "tail"]);
    let nested = json!({ "observation": "o", "regions": { "ears": [100, 200, 300, 400], "paws": null, "tail": [0, 0, 50, 50] } });
    let flat = json!({ "observation": "o", "ears": [100, 200, 300, 400], "paws": null, "tail": { "bbox_2d": [0, 0, 50, 50] } });
    let ears = PixelBox { min: [99.5, 99.5], max: [299.5, 199.5] };
    let tail = PixelBox { min: [-0.5, -0.5], max: [49.5, 24.5] };
    for text in [nested.to_string(), flat.to_string(), format!("```json\n{nested}\n```")] {
        let checked = boxes(&text, &regions, Convention::Thousand, [1000, 500]);
        assert_eq!(checked.value.into_values().collect::<Vec<_>>(), [Some(ears), None, Some(tail)], "{text}");
        assert_eq!((checked.problems.len(), checked.observation.as_deref()), (0, Some("o")));
    }
    let listing =
        r#"[{"bbox_2d": [100, 200, 300, 400], "label": "ears"}, {"bbox_2d": [0, 0, 0, 50], "label": "tail"}]"#;
    let checked = boxes(listing, &regions, Convention::Thousand, [1000, 500]);
    assert_eq!(checked.value, BTreeMap::from([("ears".to_owned(), Some(ears))]));
    assert_eq!(listed(&checked), "missing_key, box_empty");
    let doubled = r#"[{"bbox_2d": [1, 2, 300, 400], "label": "ears"}, {"bbox_2d": [9, 2, 300, 400], "label": "ears"}]"#;
    let checked = boxes(doubled, &names(&["ears"]), Convention::Thousand, [1000, 500]);
    assert_eq!((listed(&checked).as_str(), checked.value.len()), ("duplicate_key", 0));
}

/// Pieces of answers, in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        "\"nose\"",
        "\"left_ear\"",
        "'Nose'",
        ":",
        ":",
        ",",
        ",",
        "1",
        "2",
        "3",
        "9",
        "-1",
        "2.0",
        "\"3\"",
        "null",
        "None",
        "\"bbox_2d\"",
        "[1, 2, 300, 400]",
        "\"observation\": \"x\",",
        "\"label\": \"nose\"",
        "```",
        " and ",
        "1e30",
        "\"#2\"",
    ]);
    prop::collection::vec(piece, 0..30).prop_map(|parts| parts.concat())
}

/// Answers that parse, with any values.
fn answers() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        (-5_i64..70_000).prop_map(|number| json!(number)),
        (-3.0..9.0).prop_map(|number: f64| json!(number)),
        Just(json!(null)),
        "[#0-9 ]{0,4}".prop_map(|text| json!(text)),
        prop::collection::vec(-2000.0..2000.0_f64, 0..6).prop_map(|list| json!(list)),
    ];
    let key = prop::sample::select(vec!["nose", "left_ear", "Nose", "left ear", "bbox_2d", "regions", "other"]);
    prop::collection::vec((key, value), 0..6).prop_map(|pairs| {
        let pairs: Vec<String> = pairs.iter().map(|(key, value)| format!("\"{key}\": {value}")).collect();
        format!("{{{}}}", pairs.join(", "))
    })
}

proptest! {
    #[test]
    fn no_number_comes_back_that_was_not_offered(
        text in prop_oneof![pieces(), answers(), ".{0,80}"], allowed in prop::collection::btree_set(1_u16..40, 0..8)
    ) {
        let allowed: Vec<u16> = allowed.into_iter().collect();
        let asked = names(&["nose", "left_ear"]);
        let checked = numbers(&text, &asked, &allowed);
        let held: Vec<u16> = checked.value.values().flatten().copied().collect();
        prop_assert!(held.iter().all(|number| allowed.contains(number)));
        prop_assert_eq!(held.iter().collect::<BTreeSet<_>>().len(), held.len());
        prop_assert!(checked.value.keys().all(|name| asked.contains(name)));
        prop_assert_eq!(checked.is_usable(), checked.value.len() == asked.len());
    }

    #[test]
    fn boxes_lie_in_the_picture(
        text in prop_oneof![pieces(), answers(), ".{0,80}"], across in 1_u32..3000, down in 1_u32..3000, which in 0_usize..3
    ) {
        let convention = [Convention::Pixels, Convention::Thousand, Convention::ThousandYx][which];
        let one = boxed(&text, convention, [across, down]);
        let several = boxes(&text, &names(&["nose", "left_ear"]), convention, [across, down]);
        prop_assert_eq!(several.is_usable(), several.value.len() == 2);
        for found in one.value.iter().chain(several.value.values().flatten()) {
            for axis in 0..2 {
                let edge = f64::from([across, down][axis]) - 0.5;
                prop_assert!(-0.5 <= found.min[axis] && found.min[axis] < found.max[axis] && found.max[axis] <= edge);
            }
        }
    }

    /// What a model writes for a box is the box that it meant.
    #[test]
    fn a_box_that_was_written_is_read(left in 0.0..900.0, top in 0.0..700.0, wide in 3.0..200.0, high in 3.0..190.0, which in 0_usize..3) {
        let convention = [Convention::Pixels, Convention::Thousand, Convention::ThousandYx][which];
        let meant = PixelBox { min: [left, top], max: [left + wide, top + high] };
        let text = json!({ "observation": "o", "bbox_2d": convention.from_sent(&meant, SENT) }).to_string();
        let found = boxed(&text, convention, SENT).value.unwrap();
        for axis in 0..2 {
            prop_assert!((found.min[axis] - meant.min[axis]).abs() < 1e-6 && (found.max[axis] - meant.max[axis]).abs() < 1e-6);
        }
    }
}
