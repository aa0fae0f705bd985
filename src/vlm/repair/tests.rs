//! What models write around and instead of JSON, what is read in it, and what is left alone.

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// A text and the JSON in it with the repairs that it took.
#[track_caller]
fn check(text: &str, expected: Value, repairs: &[Repair]) {
    let found = json_in(text).unwrap_or_else(|why| panic!("{text}: {why}"));
    assert_eq!((found.value, found.repairs.as_slice()), (expected, repairs), "{text}");
}

#[track_caller]
fn refuse(text: &str, expected: &str) {
    assert_eq!(format!("{:?}", json_in(text).unwrap_err()).split(' ').next().unwrap(), expected, "{text}");
}

#[test]
fn strict_json_needs_no_repair() {
    check(" {\"nose\": 3, \"ear\": null}\n", json!({ "nose": 3, "ear": null }), &[]);
    check("\u{feff}{\"a\": \"b,} // c ```\"}", json!({ "a": "b,} // c ```" }), &[]);
    check("[10, 20, 30, 40]", json!([10, 20, 30, 40]), &[]);
    check("{}", json!({}), &[]);
}

#[test]
fn fences_and_prose() {
    let object = json!({ "nose": 3 });
    check("```json\n{\"nose\": 3}\n```", object.clone(), &[Repair::Fence]);
    check("```\n{\"nose\": 3}\n```", object.clone(), &[Repair::Fence]);
    check("```json\n{\"nose\": 3}", object.clone(), &[Repair::Fence]);
    check("Here it is: {\"nose\": 3} Done.", object.clone(), &[Repair::Prose]);
    check("Sure!\n```json\n{\"nose\": 3}\n```\nI hope so.", object.clone(), &[Repair::Fence, Repair::Prose]);
    check("The set {1, 2} and [1] and [the ears], see [1, 2 and 3]: {\"nose\": 3}", object.clone(), &[Repair::Prose]);
    check("{\"nose\": 3} {}", object.clone(), &[Repair::Prose]);
    check("\\boxed{{\"nose\": 3}}", object, &[Repair::Prose]);
    check(
        "```json\n[{\"bbox_2d\": [1, 2, 3, 4], \"label\": \"paw\"}]\n```",
        json!([{ "bbox_2d": [1, 2, 3, 4], "label": "paw" }]),
        &[Repair::Fence],
    );
    check("The box is [1, 2, 3, 4].", json!([1, 2, 3, 4]), &[Repair::Prose]);
}

#[test]
fn commas_comments_quotes_and_python() {
    check("{\"nose\": 3,}", json!({ "nose": 3 }), &[Repair::TrailingComma]);
    check("{\"box\": [1, 2, 3, 4, ], }", json!({ "box": [1, 2, 3, 4] }), &[Repair::TrailingComma]);
    check(
        "{'nose': 3, 'ear': None, 'seen': True, 'hid': False}",
        json!({ "nose": 3, "ear": null, "seen": true, "hid": false }),
        &[Repair::PythonLiteral, Repair::SingleQuotes],
    );
    check("{\"box\": (1, 2, 3, 4)}", json!({ "box": [1, 2, 3, 4] }), &[Repair::PythonLiteral]);
    check(r#"{'a': 'it\'s "so"'}"#, json!({ "a": "it's \"so\"" }), &[Repair::SingleQuotes]);
    check("{nose: 3, left_ear: null}", json!({ "nose": 3, "left_ear": null }), &[Repair::BareKey]);
    check(
        "{\"nose\": 3, // the tip\n \"ear\": /* hidden */ null}",
        json!({ "nose": 3, "ear": null }),
        &[Repair::Comment],
    );
    check("{\"a\": \"one\ntwo\tthree\"}", json!({ "a": "one\ntwo\tthree" }), &[Repair::RawString]);
    check(r#"{"a": "it\'s"}"#, json!({ "a": "it's" }), &[Repair::RawString]);
    check(r#""{\"nose\": 3}""#, json!({ "nose": 3 }), &[Repair::Quoted]);
    let all = "Sure: ```python\n{'nose': None, 'ear': 3,}\n```";
    let repairs = [Repair::Fence, Repair::Prose, Repair::TrailingComma, Repair::PythonLiteral, Repair::SingleQuotes];
    check(all, json!({ "nose": null, "ear": 3 }), &repairs);
}

#[test]
fn what_is_cut_off_is_not_completed() {
    let whole = r#"{"observation": "the ear", "regions": {"ears": [1, 2, 3, 4], "paws": null}, "nose": 12}"#;
    for end in 1..whole.len() {
        for text in [whole[..end].to_owned(), format!("```json\n{}", &whole[..end]), format!("So: {}", &whole[..end])] {
            assert!(matches!(json_in(&text), Err(NoJson::CutOff | NoJson::NoObject)), "{text}");
        }
    }
    refuse(r#"[{"bbox_2d": [1, 2, 3, 4], "label": "a"}, {"bbox_2d": [5,"#, "CutOff");
    refuse("[[1, 2, 3, 4], [5", "CutOff");
    refuse(r#"{"nose": 1} or rather {"nose": 2, "ear"#, "CutOff");
}

#[test]
fn what_is_broken_is_not_guessed() {
    refuse("", "Empty");
    refuse(" \n ", "Empty");
    refuse("I cannot see any dots.", "NoObject");
    refuse("3", "NoObject");
    refuse("null", "NoObject");
    refuse("{1, 2}", "NoObject");
    refuse("{\"nose\": 3 \"ear\": 4}", "Broken");
    refuse("{\"nose\": , \"ear\": 4}", "Broken");
    refuse("{\"nose\": 1e999}", "Broken");
    refuse("{\"nose\": 3,, \"ear\": 4}", "Broken");
    refuse("{\"nose\": NaN}", "Broken");
    refuse("{\"nose\": three, \"regions\": {\"ear\": 4}}", "Broken");
    refuse("{\"a\": \"he said \"no\" twice\", \"nose\": 3}", "Broken");
    refuse(&"[".repeat(100_000), "NoObject");
    refuse(&"{\"a\":".repeat(100_000), "Broken");
    assert_eq!(object_in("[1, 2]"), Err(NoJson::List));
    assert_eq!(
        json_in("{\"nose\": 3 \"ear\": 4}").unwrap_err().to_string(),
        "The answer is not valid JSON near `\"ear\": 4}`."
    );
}

#[test]
fn several_objects_and_doubled_keys() {
    check("{\"nose\": 1}\n{\"nose\": 2}", json!({ "nose": 2 }), &[Repair::Prose, Repair::SeveralObjects]);
    check("{\"nose\": 1}\n{\"nose\": 1}", json!({ "nose": 1 }), &[Repair::Prose]);
    check("Perhaps [5] or {\"nose\": 1}, [7].", json!({ "nose": 1 }), &[Repair::Prose]);
    let doubled = json_in("{\"nose\": 1, \"ear\": 2, \"nose\": 3}").unwrap();
    assert_eq!(doubled.duplicates, ["nose"]);
    let deep = json_in("so: {\"regions\": {\"ear\": 1, 'ear': 2}}").unwrap();
    assert_eq!(deep.duplicates, ["ear"]);
    let same = json_in("{\"nose\": 1, \"nose\": 1}").unwrap();
    assert_eq!((same.repairs, same.duplicates.len()), (vec![Repair::RepeatedKey], 0));
}

/// Any JSON value, not too deep.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "[\\\\\"'/*{}\\[\\]`,: \n]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::btree_map(".{0,6}", inner, 0..6).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// As Python's `repr` writes it.
fn python(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::String(text) => {
            let json = Value::from(text.as_str()).to_string();
            format!("'{}'", json[1..json.len() - 1].replace("\\\"", "\"").replace('\'', "\\'"))
        }
        Value::Array(list) => format!("[{}]", list.iter().map(|entry| python(entry) + ", ").collect::<String>()),
        Value::Object(map) => {
            let pairs =
                map.iter().map(|(key, value)| format!("{}: {}, ", python(&Value::from(key.as_str())), python(value)));
            format!("{{{}}}", pairs.collect::<String>())
        }
        number => number.to_string(),
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "[ -~\n'\"{}\\[\\],:é(]{0,200}", bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = json_in(&text);
        let _ = json_in(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn no_mixture_panics(parts in prop::collection::vec(prop::sample::select(vec![
        "{", "}", "[", "]", "(", ")", "\"a\"", "'b'", "\"", "'", "\\", ":", ",", "null", "None", "1", "-", "1e5", "```", "json", "//",
        "/*", "*/", "\n", "é", "key", "\\u12", "\\'"
    ]), 0..60)) {
        let _ = json_in(&parts.concat());
    }

    /// Strict JSON comes back as it is, without a repair, however it is laid out, and also from the reader of syntax.
    #[test]
    fn strict_json_is_never_changed(value in any_json(), is_pretty in any::<bool>()) {
        let text = if is_pretty { format!("{value:#}") } else { value.to_string() };
        let strict: Value = serde_json::from_str(&text).unwrap();
        let mut parser = Parser::new(&text);
        prop_assert_eq!(parser.value(), Ok(strict.clone()));
        prop_assert_eq!((parser.repairs(), parser.at()), (Vec::new(), text.len()));
        match json_in(&text) {
            Ok(found) if !strict.is_string() => {
                prop_assert_eq!((found.value, found.repairs, found.duplicates), (strict, Vec::new(), Vec::new()));
            }
            Ok(_) => {}
            Err(_) => prop_assert!(!strict.is_object() && !strict.is_array()),
        }
    }

    /// Whatever strict JSON says is said, also where the text is arbitrary.
    #[test]
    fn whatever_parses_strictly_is_kept(parts in prop::collection::vec(prop::sample::select(vec![
        "{", "}", "[", "]", "\"a\":", "\"b\":", "\"c\"", "1", "2", ",", "null", " "
    ]), 0..14)) {
        let text = parts.concat();
        if let Ok(strict @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str::<Value>(&text) {
            prop_assert_eq!(json_in(&text).unwrap().value, strict);
        }
    }

    #[test]
    fn python_says_the_same(map in prop::collection::btree_map("[a-z]{1,6}", any_json(), 1..5)) {
        let value = Value::Object(map.into_iter().collect());
        let strict: Value = serde_json::from_str(&value.to_string()).unwrap();
        prop_assert_eq!(json_in(&format!("```python\n{}\n```", python(&value))).map(|found| found.value), Ok(strict));
    }

    /// A part of an object is never taken for one: at each end, all of it or nothing.
    #[test]
    fn no_part_is_taken_for_the_whole(map in prop::collection::btree_map("[a-z]{1,6}", any_json(), 1..4), cut in 0.0..1.0) {
        let text = Value::Object(map.into_iter().collect()).to_string();
        let mut end = (text.len() as f64 * cut) as usize;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        prop_assert!(json_in(&text[..end]).is_err());
    }
}
