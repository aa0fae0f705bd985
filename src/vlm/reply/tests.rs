//! Streams in pieces of any size, runaways, and input that nobody thought of.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::bodies::outcome;
use super::*;

/// A stream whose events have these data, with a blank line after each.
fn stream_of(events: &[String]) -> String {
    events.iter().map(|data| format!("data: {data}\n\n")).collect()
}

fn piece(delta: Value) -> String {
    json!({ "choices": [{ "index": 0, "delta": delta, "finish_reason": null }] }).to_string()
}

fn last(finish: &str) -> String {
    json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": finish }] }).to_string()
}

fn usage() -> String {
    json!({ "choices": [], "usage": { "prompt_tokens": 7, "completion_tokens": 5 } }).to_string()
}

/// Reads a stream in pieces of so many bytes.
fn read_in(bytes: &[u8], size: usize) -> (Step, Result<Said, ServerError>) {
    let mut reader = StreamReader::new();
    let mut step = Step::More;
    for piece in bytes.chunks(size) {
        step = reader.push(piece);
        if step != Step::More {
            break;
        }
    }
    (step, reader.finish())
}

fn whole() -> Vec<String> {
    let pieces =
        [json!({ "role": "assistant", "content": "" }), json!({ "reasoning": "hm, é" }), json!({ "content": "{\"ea" })];
    let mut events: Vec<String> = pieces.into_iter().chain([json!({ "content": "rs\": 1}" })]).map(piece).collect();
    events.extend([last("stop"), usage(), "[DONE]".to_owned()]);
    events
}

#[test]
fn a_stream_is_the_same_in_pieces_of_any_size() {
    let stream = format!(": keep the line open\n\nevent: message\n{}", stream_of(&whole()));
    for stream in
        [stream.clone(), stream.replace('\n', "\r\n"), stream.replace("\n\n", "\n"), stream.replace("data: ", "data:")]
    {
        for size in 1..stream.len() {
            let (step, said) = read_in(stream.as_bytes(), size);
            let said = said.unwrap();
            assert_eq!((step, said.answer_text()), (Step::Done, "{\"ears\": 1}"), "{size} bytes of {stream:?}");
            assert_eq!(said.reasoning.as_deref(), Some("hm, é"));
            assert_eq!((said.finish, said.usage), (Finish::Stop, Usage { prompt_tokens: 7, answer_tokens: 5 }));
        }
    }
}

#[test]
fn how_streams_end() {
    let ends = |events: &[String]| outcome(read_in(stream_of(events).as_bytes(), 64).1);
    let word = piece(json!({ "content": "a" }));
    assert_eq!(ends(&whole()), "Stop: {\"ears\": 1}");
    assert_eq!(ends(&[word.clone(), last("length")]), "Length: a"); // no [DONE], but it said that it ended
    assert_eq!(ends(std::slice::from_ref(&word)), "BrokenOff retry");
    assert_eq!(ends(&[]), "BrokenOff retry");
    let error = json!({ "error": { "message": "Engine died", "code": 500 } }).to_string();
    assert_eq!(ends(&[word.clone(), error]), "Other");
    let flat = json!({ "object": "error", "message": "slow", "code": 429 }).to_string();
    assert_eq!(ends(&[flat]), "RateLimited retry");
    assert_eq!(ends(&[word.clone(), "{\"choices\": [".to_owned()]), "BrokenOff retry");
    // The last line without its end.
    let (_, said) = read_in(format!("data: {word}\n\ndata: [DONE]").as_bytes(), 9);
    assert_eq!(outcome(said), "Unsaid: a");
}

#[test]
fn a_server_that_does_not_stream_answers_at_once() {
    let body = json!({ "choices": [{ "message": { "content": "a" }, "finish_reason": "stop" }] });
    for body in [body.to_string(), format!("\n{body:#}\n")] {
        assert_eq!(outcome(read_in(body.as_bytes(), 5).1), "Stop: a");
    }
    assert_eq!(outcome(read_in(br#"{"error":{"message":"x","code":502}}"#, 5).1), "Unavailable retry");
    assert_eq!(outcome(read_in(b"<html>hello</html>", 5).1), "Foreign fatal");
}

#[test]
fn runaways_are_noticed_while_they_run() {
    let run = |start: &str, field: &str, word: &str| {
        let mut reader = StreamReader::new();
        reader.push(format!("data: {}\n\n", piece(json!({ field: start }))).as_bytes());
        for count in 1..4000 {
            let event = format!("data: {}\n\n", piece(json!({ field: word })));
            match reader.push(event.as_bytes()) {
                Step::More => {}
                Step::Runaway(runaway) => return (runaway, count * word.len()),
                other => panic!("{other:?}"),
            }
        }
        panic!("{word:?} was not noticed");
    };
    let start = "{\"observation\": \"the nose is left\"";
    for (field, word, expected) in [
        ("content", "\n", Runaway::Whitespace),
        ("content", " \t\r\n ", Runaway::Whitespace),
        ("reasoning", "Wait, let me look at the picture once more. ", Runaway::Loop),
        ("content", ", 1", Runaway::Loop),
        ("reasoning_content", "ха", Runaway::Loop),
    ] {
        let (found, bytes) = run(start, field, word);
        assert_eq!(found, expected, "{word:?}");
        assert!(bytes < 2000, "{word:?} took {bytes} bytes");
    }
    let paragraph = (0..150).map(|word| format!("word{word} ")).collect::<String>();
    assert!(run(start, "reasoning", &paragraph).1 < 6000);
}

#[test]
fn a_stream_that_ran_away_keeps_what_was_said() {
    let events: Vec<String> = (0..400).map(|_| piece(json!({ "content": " \n" }))).collect();
    let (step, said) = read_in(stream_of(&events).as_bytes(), 300);
    assert_eq!(step, Step::Runaway(Runaway::Whitespace));
    assert_eq!(said.unwrap().runaway(), Some(Runaway::Whitespace));
}

#[test]
fn nearly_the_same_without_end_is_a_loop_too() {
    let counting: String = (0..200).map(|dot| format!("Dot {dot} at ({}, 7) is not the nose. ", 3 * dot)).collect();
    assert_eq!(runaway_in(&counting), Some(Runaway::Loop));
    // The same sentences in no order.
    let sentences = [
        "Wait, the ear may be dot four after all. ",
        "Let me check the left side of it again. ",
        "No, that one is the paw. ",
    ];
    let mut state = 1_u32;
    let shuffled: String = (0..200)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            sentences[(state >> 16) as usize % sentences.len()]
        })
        .collect();
    assert_eq!(runaway_in(&shuffled), Some(Runaway::Loop));
}

#[test]
fn honest_answers_do_not_run_away() {
    let names = ["nose", "left ear", "right ear", "neck", "left forepaw", "right forepaw", "tail base", "left hip"];
    let objects: String = names.iter().map(|name| format!("  \"{name}\": null,\n")).collect();
    let dots: String =
        (1..=30).map(|dot| format!("{dot}: ({}, {}) near the {}\n", 31 * dot, 700 - dot, names[dot % 8])).collect();
    let layout = format!("{{\n{}\"a\": 1}}", " ".repeat(120));
    let boxes: String =
        (0..8).map(|index| format!("{{\"bbox_2d\": [{index}, 20, 300, 400], \"label\": \"paw\"}},\n")).collect();
    let table: String = (1..=30).map(|dot| format!("| {dot} | {} | {} |\n", 17 * dot % 700, 29 * dot % 900)).collect();
    let rule = "-".repeat(200);
    for text in [objects, dots, layout, boxes, table, rule] {
        assert_eq!(runaway_in(&text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn bytes_never_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..400), size in 1_usize..50, status in 0_u16..1000, text in ".{0,300}"
    ) {
        let _ = read_in(&bytes, size);
        let _ = read_in(format!("data: {text}\n\ndata: [DONE]\n\n").as_bytes(), size);
        let _ = read(status, &String::from_utf8_lossy(&bytes));
        let _ = models(status, &text);
        for error in [read(status, &text).err(), read(status, &json!({ "error": text }).to_string()).err()] {
            prop_assert!(error.is_none_or(|error| error.to_string().chars().count() < 500));
        }
        let _ = runaway_in(&text);
    }

    #[test]
    fn json_of_any_shape_never_panics(
        parts in prop::collection::vec(prop::sample::select(vec![
            "{", "}", "[", "]", "\"choices\":", "\"message\":", "\"content\":", "\"error\":", "\"delta\":", "\"usage\":", "null",
            "1", "\"a\"", ",", "\"finish_reason\":", "\"code\":", "</think>", "<think>", "-1", "1e9", "\\u00e9"
        ]), 0..40),
        status in prop::sample::select(vec![200_u16, 400, 500])
    ) {
        let text = parts.concat();
        let _ = read(status, &text).map(|said| said.answer_text().len());
        let _ = read_in(format!("data: {text}\n\n").as_bytes(), 7);
    }

    #[test]
    fn what_is_streamed_is_what_is_read(words in prop::collection::vec("[a-zé{}\":\n ]{0,12}", 0..20), size in 1_usize..40) {
        let mut events: Vec<String> = words.iter().map(|word| piece(json!({ "content": word }))).collect();
        events.extend([last("stop"), "[DONE]".to_owned()]);
        let (step, said) = read_in(stream_of(&events).as_bytes(), size);
        prop_assert_eq!(step, Step::Done);
        prop_assert_eq!(said.unwrap().text, words.concat());
    }

    #[test]
    fn a_long_key_is_never_shown(key in "[A-Za-z0-9]{20,60}") {
        prop_assume!(key.bytes().any(|byte| byte.is_ascii_digit()) && key.bytes().any(|byte| byte.is_ascii_alphabetic()));
        let shown = redact(&format!("key={key} and \"{key}\""));
        prop_assert!(!shown.contains(&key), "{}", shown);
    }
}
