//! Other models and prompts on some clips, and questions in plain words.

use super::*;

/// The short film with the captions of a model that errs, and what is true as people's labels.
fn judged(name: &str) -> PathBuf {
    let world = world();
    let project = world.copied(name);
    let server = FakeModel::start(FakeConfig::watching(Watcher { confused: 0.6, ..world.watcher.clone() }));
    asked(&project, &server, &["--through", "captions"]);
    let truth = world.folder.path().join(format!("{name}.csv"));
    fs::write(&truth, table_of(&world.watcher)).unwrap();
    run(&["import", text(&project), "--format", "behavior", text(&truth)]);
    project
}

#[test]
fn a_trial_shows_another_model_beside_what_is_kept_and_changes_nothing() {
    let (world, project) = (world(), judged("tried"));
    let before = Layers::of(&project);
    let prompt = world.folder.path().join("mine.md");
    let own = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/prompts/behavior/3_caption.md")).unwrap();
    fs::write(&prompt, own.replace("Describe {{ focal }}.", "Tell what {{ focal }} does.")).unwrap();
    let (server, address) = (world.server(), |server: &FakeModel| format!("caption={MODEL}@{}", server.url()));
    let model = address(&server);
    let tried = |further: &[&str]| {
        let options = ["behavior", "trial", text(&project), "--model", &model, "--pictures", "4", "--json"];
        json(&[&options[..], further].concat())
    };
    let report = tried(&["--prompt", text(&prompt), "--count", "12"]);
    assert_eq!(server.complaints(), Vec::<String>::new());
    assert_eq!(report["clips"].as_array().unwrap().len(), 12);
    assert_eq!((server.log().len(), &report["asked"]["calls"]), (12, &12.into()));
    assert!(server.log().iter().all(|request| request.words.contains("Tell what A")));
    assert_eq!((&report["tried"]["right"], &report["tried"]["f1_macro"]), (&report["tried"]["scored"], &1.0.into()));
    assert!(report["kept"]["f1_macro"].as_f64() < Some(0.9), "{report}");
    let alike = report["clips"].as_array().unwrap();
    let alike = alike.iter().filter(|clip| clip["kept"]["label"] == clip["tried"]["label"]).count();
    assert_eq!(report["alike"], alike);
    assert_eq!(Layers::of(&project), before);

    // The same trial asks nobody, nor does one of what the run asked; clips that are shown otherwise are other questions.
    assert_eq!(tried(&["--prompt", text(&prompt), "--count", "12"])["asked"]["calls"], 0);
    let known = tried(&["--clips", "c1,c0"]);
    assert_eq!(
        (&known["asked"]["calls"], &known["asked"]["known"], &known["alike"]),
        (&0.into(), &2.into(), &2.into())
    );
    assert_eq!(tried(&["--clips", "c1,c0", "--trail"])["asked"]["calls"], 2);
    let chases = tried(&["--label", "chase"]);
    let is_chase = |clip: &Value| clip["human"] == "chase" || clip["kept"]["label"] == "chase";
    assert!(chases["clips"].as_array().unwrap().iter().all(is_chase));

    let fails = |further: &[&str], said: &[&str]| {
        names(&failure(&[&["behavior", "trial", text(&project), "--model", &model], further].concat()), said);
    };
    fails(&["--clips", "c999"], &["no clip c999", "c0"]);
    fails(&["--label", "flying"], &["has that label"]);
    fs::write(&prompt, "# System\nWithout a user's turn.\n").unwrap();
    fails(&["--prompt", text(&prompt)], &["mine.md"]);
    names(&failure(&["behavior", "trial", text(&project)]), &["--model caption=NAME@URL"]);
}

#[test]
fn a_question_in_plain_words_becomes_a_query_that_is_shown() {
    let (world, project) = (world(), judged("questioned"));
    let filter = serde_json::json!({
        "label": ["locomotion"], "animal": null, "longer": "1 s",
        "relation": [{ "when": "after", "of": { "label": ["chase"] }, "within": "2 s" }],
    });
    let server = |filter: &Value| {
        FakeModel::start(FakeConfig::watching(Watcher { filter: filter.clone(), ..world.watcher.clone() }))
    };
    let search = |server: &FakeModel, question: &str| {
        let model = format!("merge={MODEL}@{}", server.url());
        let command = ["behavior", "search", text(&project), "--layer", "human", "--ask", "--model", &model, question];
        command.map(str::to_owned).to_vec()
    };
    let answering = server(&filter);
    let command = search(&answering, "who goes on walking after a chase?");
    let mut with_json: Vec<&str> = command.iter().map(String::as_str).collect();
    with_json.push("--json");
    let found = json(&with_json);
    let query = found["query"].as_str().unwrap();
    println!("{query}");
    let typed = json(&["behavior", "search", text(&project), "--layer", "human", query, "--json"]);
    assert_eq!((&found["segments"], &found["chips"]), (&typed["segments"], &typed["chips"]));
    assert!(found["segments"].as_array().is_some_and(|all| !all.is_empty()), "{found}");
    let asked = &answering.log()[0];
    names(&asked.words, &["who goes on walking after a chase?", "- chase: The animal runs after", "Animals: A0, A1"]);
    assert_eq!((asked.tag.as_str(), answering.complaints()), ("behavior.ask", Vec::new()));

    // Names that are not there are never searched for: it is asked once more, then said.
    let inventing = server(&serde_json::json!({ "label": ["levitation"] }));
    let command = search(&inventing, "who flies?");
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    names(&failure(&command), &["made no search", "levitation"]);
    assert_eq!(inventing.log().len(), 2);
}
