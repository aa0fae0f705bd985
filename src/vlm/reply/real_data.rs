//! Replies captured from a real server, and what a person reads in each. Ignored unless asked for, with `BEHAVIORVLM_DATA` naming
//! the folder of the data sets.

use std::path::PathBuf;

use serde_json::Value;

use super::bodies::outcome;
use super::{models, read};
use crate::vlm::repair::object_in;

const FOUR: &str = r#"Stop: {"ears":[1,2,3,4]}"#;

/// Each case by its name, and what is in its body.
const READ_BY_A_PERSON: [(&str, &str); 42] = [
    ("models noauth", "Unauthorised fatal"),
    ("models", "Qwen/Qwen3.5-27B with 32768 tokens"),
    ("version", "Foreign fatal"),
    ("version noauth", "Foreign fatal"),
    ("think off + schema + 2 images", FOUR),
    ("think on", r#"Stop: {"ears":[1]}"#),
    ("think on truncated", "Length: "),
    ("think off but reply has <think>", r#"Stop: {"a":1}"#),
    ("include_reasoning false", "Stop: X"),
    ("reasoning_effort none", FOUR),
    ("thinking_token_budget", "Stop: b"),
    ("add_vision_id", FOUR),
    ("structured_outputs json", FOUR),
    ("both rf and so", "Unsupported fatal"),
    ("guided_json", FOUR),
    ("json_object", FOUR),
    ("bad schema", "Unsupported fatal"),
    ("too many images", "TooManyPictures fatal"),
    ("system image", "Unsupported fatal"),
    ("bad b64", "BadPicture"),
    ("not an image", "BadPicture"),
    ("raw base64 w/o data:", "BadPicture"),
    ("http url", "BadPicture"),
    ("image type extreme aspect", "BadPicture"),
    ("wrong model", "UnknownModel fatal"),
    ("ctx overflow text", "ContextTooSmall fatal"),
    ("ctx overflow maxtok", FOUR),
    ("mm_processor_kwargs", "Unsupported fatal"),
    ("media_io_kwargs", "Unsupported fatal"),
    ("n=2", "Unsupported fatal"),
    ("temp -1", "Unsupported fatal"),
    ("empty msgs", "Unsupported fatal"),
    ("image detail", FOUR),
    ("uuid", FOUR),
    ("garbage", "Unsupported fatal"),
    ("no auth", "Unauthorised fatal"),
    ("big body", "TooLarge fatal"),
    ("mp4 3s@10fps", FOUR),
    ("mp4 6s@10fps", FOUR),
    ("video/jpeg x40", "BadPicture"),
    ("2 videos", "Unsupported fatal"),
    ("old reasoning hist", FOUR),
];

#[test]
#[ignore = "needs BEHAVIORVLM_DATA"]
fn captured_replies_are_read_as_a_person_would() {
    let data = PathBuf::from(
        std::env::var_os("BEHAVIORVLM_DATA").expect("BEHAVIORVLM_DATA names the folder of the data sets"),
    );
    let files = std::fs::read_dir(data.join("vlm_replies")).unwrap().map(|entry| entry.unwrap().path());
    let lines: String = files.map(|file| std::fs::read_to_string(file).unwrap()).collect();
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in lines.lines() {
        let reply: Value = serde_json::from_str(line).unwrap();
        let (case, body) = (reply["case"].as_str().unwrap(), reply["body"].as_str().unwrap());
        let status = u16::try_from(reply["status"].as_u64().unwrap()).unwrap();
        count += 1;
        let said = match (case, models(status, body)) {
            ("models", Ok(served)) => format!("{} with {} tokens", served[0].id, served[0].context_tokens.unwrap()),
            _ => outcome(read(status, body)),
        };
        if let Err(error) = read(status, body) {
            println!("{case}: {error}");
        }
        let expected =
            READ_BY_A_PERSON.iter().find(|(name, _)| *name == case).map_or("not read yet", |(_, expected)| expected);
        if said != expected {
            wrong.push(format!("{case}: {said}, not {expected}"));
        }
        if let Some(object) = expected.strip_prefix("Stop: ").filter(|text| text.starts_with('{')) {
            let found = object_in(read(status, body).unwrap().answer_text()).unwrap();
            assert_eq!(
                (Value::Object(found.value), found.repairs),
                (serde_json::from_str(object).unwrap(), Vec::new())
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(count, READ_BY_A_PERSON.len());
}
