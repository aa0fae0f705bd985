//! Queries, what they mean, how they are shown, and what they find.

mod answers;

mod errors;

mod properties;

use super::*;
use crate::model::{AnimalId, BehaviorSource, Segment, SegmentKind, SegmentStatus, SocialRole, Vocabulary};

/// The built-in vocabulary with synonyms, and the names of two recordings.
fn lexicon() -> Lexicon {
    let mut vocabulary = Vocabulary::mouse();
    for label in &mut vocabulary.labels {
        match label.name.as_str() {
            "chase" => label.synonyms = vec!["following".to_owned(), "running after".to_owned()],
            "feeding" => label.synonyms = vec!["eating".to_owned()],
            _ => {}
        }
    }
    let mut lexicon = Lexicon::new(&vocabulary);
    let names = [
        (NameKind::Label, vec!["grooming_face", "Eating", "kick (hind leg)", "in", "any"]),
        (NameKind::Animal, vec!["A0", "A1", "A2", "white mouse", "any"]),
        (NameKind::Zone, vec!["food", "nest box", "within"]),
        (NameKind::Recording, vec!["one", "two"]),
        (NameKind::Group, vec!["control", "treated \"B\""]),
    ];
    for (kind, names) in names {
        names.into_iter().for_each(|name| lexicon.add(kind, name));
    }
    lexicon
}

fn segment(animal: u8, start_frame: u32, stop_frame: u32, label: &str) -> Segment {
    Segment {
        animal: AnimalId(animal),
        start_frame,
        stop_frame,
        kind: SegmentKind::State,
        label: label.to_owned(),
        description: String::new(),
        partner: None,
        role: SocialRole::None,
        confidence: None,
        status: SegmentStatus::Unreviewed,
        source: BehaviorSource::Rules,
        modifiers: Vec::new(),
        clips: Vec::new(),
    }
}

#[test]
fn one_meaning_can_be_written_in_many_ways() {
    let same: [&[&str]; 6] = [
        &[
            "oral_genital_contact",
            "oral genital contact",
            "Oral-Genital contact",
            "label:\"oral genital contact\"",
            "label:oral genital contact",
        ],
        &["chase longer 2 s", "chase longer than 2s", "following longer 2 seconds", "longer 2000 ms and chase"],
        &["huddle or chase with A1", "huddle, chase partner:A1", "label:huddle,chase with a1"],
        &["confidence above 0.8", "confidence >= 80 %", "confidence > 80%", "confidence at least 0.8"],
        &["reviewed", "status:accepted or edited", "accepted or edited"],
        &["chase after feeding by A1 within 60 frames", "chase after (feeding animal:A1) within 60 f"],
    ];
    let lexicon = lexicon();
    for ways in same {
        let first = parse(ways[0], &lexicon).unwrap();
        for way in ways {
            assert_eq!(parse(way, &lexicon).as_ref(), Ok(&first), "{way}");
        }
    }
}

#[test]
fn a_filter_is_shown_as_a_query_and_as_chips() {
    let lexicon = lexicon();
    let shown = [
        (
            "\"nose\" in food longer 1 s label:chase animal:A0 with a2",
            "chase animal:A0 partner:A2 longer 1 s in food \"nose\"",
        ),
        ("chase after feeding within 2 s", "chase after feeding within 2 s"),
        ("social by white mouse", "category:social animal:\"white mouse\""),
        ("in \"within\" before (label:\"kick (hind leg)\")", "before label:\"kick (hind leg)\" in \"within\""),
        ("during (animal:partner) group:\"treated \\\"B\\\"\"", "during (animal:partner) group:\"treated \\\"B\\\"\""),
    ];
    for (query, expected) in shown {
        assert_eq!(parse(query, &lexicon).unwrap().to_string(), expected, "{query}");
    }
    let filter = parse("chase or huddle after feeding within 2 s layer:merged", &lexicon).unwrap();
    let chips: Vec<(&str, String)> = filter.chips().into_iter().map(|chip| (chip.name, chip.value)).collect();
    let expected = [("label", "chase or huddle"), ("after", "feeding within 2 s"), ("layer", "merged")];
    assert_eq!(chips, expected.map(|(name, value)| (name, value.to_owned())));
    let without: Vec<String> =
        filter.chips().into_iter().filter(|chip| chip.name != "after").map(|chip| chip.query).collect();
    let without = parse(&without.join(" "), &lexicon).unwrap();
    assert_eq!(without, Filter { relation: Vec::new(), ..filter });
}

#[test]
fn a_models_answer_is_checked_like_a_query() {
    let lexicon = lexicon();
    let answer = "Sure:\n```json\n{\"label\": [\"Chase\"], \"animal\": null, \"relation\": [{\"when\": \"after\", \"within\": \"2 s\", \"of\": {\"label\": [\"eating\"]}}]}\n```";
    assert_eq!(read_answer(answer, &lexicon), Ok(parse("chase after feeding within 2 s", &lexicon).unwrap()));
    let refused = [
        ("I cannot", "no JSON object"),
        ("{\"label\": [\"chaze\"]}", "did you mean \"chase\""),
        ("{\"sql\": \"DROP TABLE segments\"}", "unknown field `sql`"),
        ("{\"longer\": \"long\"}", "no length of time"),
        ("{\"longer\": \"2 s\", \"shorter\": \"1 s\"}", "no segment can be"),
        ("{\"confidence_above\": 3}", "from 0 to 1"),
        ("{\"text\": [\" \"]}", "text to look for"),
        ("{}", "nothing is searched for"),
        ("{\"relation\": [{\"when\": \"after\", \"of\": {}}]}", "nothing is searched for"),
        ("{\"relation\": [{\"when\": \"after\", \"of\": {\"layer\": \"human\"}}]}", "outside of after"),
        ("{\"relation\": [{\"when\": \"while\", \"of\": {}}]}", "unknown variant `while`"),
        ("{\"label\": [\"chase\"], \"label\": [\"huddle\"]}", "stands twice"),
    ];
    for (answer, said) in refused {
        let problem = read_answer(answer, &lexicon).unwrap_err().to_string();
        assert!(problem.contains(said), "{answer}: {problem}");
    }
}

#[test]
fn the_schema_names_what_is_there() {
    let schema = schema(&lexicon());
    let properties = &schema["properties"];
    assert!(properties["label"]["items"]["enum"].as_array().unwrap().contains(&"grooming_face".into()));
    assert_eq!(properties["zone"]["items"]["enum"][0], "food");
    assert_eq!(properties["relation"]["items"]["properties"]["of"]["properties"]["longer"], properties["longer"]);
    // Each key of a filter is in it, and no other.
    let filled = "{\"label\":[\"x\"],\"category\":[\"x\"],\"animal\":[\"x\"],\"partner\":[\"x\"],\"role\":[\"actor\"],\"longer\":\"1 s\",\"shorter\":\"2 s\",\"relation\":[{\"when\":\"after\",\"of\":{}}],\"zone\":[\"x\"],\"text\":[\"x\"],\"layer\":\"human\",\"status\":[\"edited\"],\"confidence_above\":0.1,\"confidence_below\":0.2,\"recording\":[\"x\"],\"group\":[\"x\"]}";
    let filter: Filter = serde_json::from_str(filled).unwrap();
    let written = serde_json::to_value(&filter).unwrap();
    let [mut known, mut possible] =
        [&written, properties].map(|value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>());
    known.sort();
    possible.sort();
    assert_eq!(known, possible);
    let nameless = super::schema(&Lexicon::default());
    assert!(nameless["properties"].get("label").is_none(), "an empty list of choices would allow nothing");
}
