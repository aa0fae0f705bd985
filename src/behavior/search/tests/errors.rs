//! What is said of queries that mean nothing.

use super::*;

/// Each query, the letters that are pointed at, and what is said.
const WRONG: [(&str, &str, &str); 31] = [
    ("", "", "nothing is searched for"),
    ("   ", "   ", "nothing is searched for"),
    ("chaze", "chaze", "there is no label or category \"chaze\"; did you mean \"chase\"?"),
    ("chase after feding", "feding", "did you mean \"feeding\"?"),
    ("oral genitl contact longer 1 s", "oral genitl contact", "did you mean \"oral_genital_contact\"?"),
    ("label:xylophone", "xylophone", "there is no label \"xylophone\"; there are stationary, locomotion,"),
    ("animal:A7", "A7", "did you mean \"A0\"?"),
    ("chase A2", "A2", "\"A2\" is the name of an animal; write by A2"),
    ("chase nest box", "nest box", "is the name of a place; write in \"nest box\""),
    ("animl:A0", "animl:", "did you mean \"animal:\"?"),
    ("colour:red", "colour:", "there are label, category, animal"),
    ("chase huddle", "huddle", "a label is said twice; join the names with \"or\""),
    ("longer 1 s longer 2 s", "longer 2 s", "longer is said twice"),
    ("chase longer", "", "here the query ends, and a length of time like 2 s or 30 frames is missing"),
    ("chase longer soon", "soon", "a length of time like 2 s or 30 frames belongs here, not \"soon\""),
    ("chase longer 2", "", "a unit, s or frames, is missing"),
    ("chase longer -2 s", "-2", "a length of time"),
    ("chase longer 1.5 frames", "1.5", "a length of time"),
    ("longer 3 s shorter 2 s", "longer 3 s shorter 2 s", "no segment can be"),
    ("chase after", "", "a label, or conditions in parentheses, is missing"),
    ("chase after (feeding", "(", "what opens with ( does not close"),
    ("chase )", ")", "belongs here, not \")\""),
    ("chase after ()", ")", "a label, or conditions in parentheses, belongs here"),
    ("\"nose", "\"nose", "what opens with \" does not close"),
    ("\" \"", "\" \"", "text to look for belongs here"),
    ("role:boss", "boss", "\"boss\" is no role; it is one of actor, recipient, mutual, none"),
    ("confidence 0.8", "0.8", "above or below belongs here"),
    ("confidence above 8", "8", "a number from 0 to 1"),
    ("chase after (feeding layer:human)", "layer:", "outside of after, before and during"),
    ("chase within 2 s", "within", "belongs here, not \"within\""),
    ("Ärger \u{201c}nose\u{201d} chaze", "Ärger", "there is no label or category \"Ärger\""),
];

#[test]
fn errors_say_where_and_what_is_possible() {
    let lexicon = lexicon();
    for (query, pointed_at, said) in WRONG {
        let error = parse(query, &lexicon).unwrap_err();
        let Place::Query { at, length } = error.place else { panic!("{query}: {error}") };
        let letters: String = query.chars().skip(at).take(length).collect();
        assert_eq!(letters, pointed_at, "{query}: {error}");
        assert!(error.to_string().contains(said), "{query}: {error}");
    }
}

#[test]
fn an_error_is_shown_under_the_query() {
    let query = "chase after feding";
    let shown = parse(query, &lexicon()).unwrap_err().pointed(query);
    assert!(shown.starts_with("chase after feding\n            ^^^^^^\nletter 13: "), "{shown}");
}

#[test]
fn parentheses_have_a_depth() {
    let query = format!("{}feeding{}", "after (".repeat(20), ")".repeat(20));
    assert_eq!(parse(&query, &lexicon()).unwrap_err().problem, Problem::TooDeep);
    let deep = format!("{}feeding{}", "after (".repeat(8), ")".repeat(8));
    assert!(parse(&deep, &lexicon()).is_ok());
}
