//! Examples of verified clips.

use super::*;

/// A bank of the long film, made from what a person said of it.
fn bank() -> &'static (World, PathBuf) {
    static MADE: OnceLock<(World, PathBuf)> = OnceLock::new();
    MADE.get_or_init(|| {
        let world = World::named("lesson", &Film::long(), &TRUTH);
        let truth = world.folder.path().join("truth.csv");
        fs::write(&truth, truth_table("lesson")).unwrap();
        run(&["import", text(&world.project), "--format", "behavior", text(&truth)]);
        let added = json(&["behavior", "examples", "add", text(&world.project), "--json"]);
        assert_eq!((&added["added"], &added["examples"]), (&TRUTH.len().into(), &TRUTH.len().into()));
        assert_eq!(added["labels"]["oral_oral_contact"], 2);
        let again = json(&["behavior", "examples", "add", text(&world.project), "--json"]);
        assert_eq!((&again["replaced"], &again["examples"]), (&TRUTH.len().into(), &TRUTH.len().into()));
        let file = world.folder.path().join("bank.json");
        run(&["behavior", "examples", "export", text(&world.project), text(&file)]);
        (world, file)
    })
}

#[test]
fn examples_reach_a_model_that_learns_from_them_and_its_f1_rises() {
    let (_, file) = bank();
    let world = world();
    let truth = world.folder.path().join("of_short.csv");
    fs::write(&truth, table_of(&world.watcher)).unwrap();
    let watcher = Watcher { confused: 0.6, learns: true, ..world.watcher.clone() };
    let f1 = |project: &Path, server: &FakeModel, further: &[&str]| {
        let report = asked(project, server, further);
        assert_eq!(server.complaints(), Vec::<String>::new());
        let judge = ["eval", "behavior", text(project), "--truth", text(&truth), "--layer", "captions", "--json"];
        (json(&judge)["f1_macro"].as_f64().unwrap(), report)
    };
    let alone = world.copied("alone");
    let server = FakeModel::start(FakeConfig::watching(watcher.clone()));
    let (without, _) = f1(&alone, &server, &[]);
    assert!(server.log().iter().all(|request| !request.words.contains("Example 1:")));

    let taught = world.copied("taught");
    run(&["behavior", "examples", "import", text(&taught), text(file)]);
    let server = FakeModel::start(FakeConfig::watching(watcher.clone()));
    let vectors = world.folder.path().join("vectors");
    let (with, report) = f1(&taught, &server, &["--examples", "--vectors", text(&vectors)]);
    println!("macro F1 without examples {without:.3}, with {with:.3}");
    assert!(with > without + 0.2, "{without} and {with}");
    let told = &report["asked"][0]["examples"];
    assert_eq!((&told["in_bank"], &told["left_out"]), (&TRUTH.len().into(), &0.into()));
    assert_eq!(told["clips"], Layers::of(&taught).clips.len());
    let mean = report["asked"][0]["real"]["prompt_tokens"].as_f64().unwrap();
    let expected = report["asked"][0]["estimated"]["prompt_tokens"].as_f64().unwrap();
    assert!((mean / expected - 1.0).abs() < 0.1, "estimated {expected}, sent {mean}");

    // Examples come first, each with its answer, and the clip's own pictures are the last.
    let asked_about = server.log().into_iter().find(|request| request.tag.contains("clip=")).unwrap();
    let at = |words: &str| asked_about.words.find(words).unwrap_or_else(|| panic!("{words} in {}", asked_about.words));
    assert!(at("Example 1:") < at("Example 2:") && at("Example 2:") < at("Now the clip itself"));
    assert!(asked_about.words.contains("\"role\":\"actor\"") || asked_about.words.contains("\"role\":\"none\""));

    // One table for the session, a row per frame and animal.
    let table = fs::read_to_string(vectors.join("film.csv")).unwrap();
    assert_eq!(table.lines().count(), 1 + 2 * Layers::of(&taught).frames as usize);

    // At a price: with few tokens fewer are shown.
    let cheap = world.copied("cheap");
    run(&["behavior", "examples", "import", text(&cheap), text(file)]);
    let estimate = asked(&cheap, &server, &["--examples", "--example-tokens", "2500", "--estimate"]);
    let shown = &estimate["asked"][0]["examples"];
    assert!(shown["mean_tokens_per_clip"].as_u64() <= Some(2500), "{shown}");
    assert!(shown["mean_per_clip"].as_f64() < told["mean_per_clip"].as_f64(), "{shown} and {told}");

    // A run with examples is done again from its answers in a project without a bank.
    let answers = world.folder.path().join("taught.jsonl");
    run(&["exchanges", "export", text(&taught), text(&answers)]);
    let fresh = world.folder.path().join("untaught.bvlm");
    new_project(&[&world.folder.path().join("film")], &fresh);
    let replayed = json(&["exchanges", "replay", text(&fresh), text(&answers), "--json"]);
    assert_eq!(replayed["behavior"]["asked"][0]["calls"], 0);
    assert_eq!(Layers::of(&fresh).shown(), Layers::of(&taught).shown());
}

#[test]
fn no_example_is_shown_beside_clips_of_its_own_recording() {
    let (long, file) = bank();
    let server = long.server();
    let report = asked(&long.project, &server, &["--examples", "--estimate"]);
    let told = &report["asked"][0]["examples"];
    assert_eq!((&told["clips"], &told["left_out"]), (&0.into(), &TRUTH.len().into()));
    // Nor in a project in which the same pictures and tracks have another name.
    let copy = filmed(long.folder.path(), "renamed", &Film::long());
    let project = long.folder.path().join("renamed.bvlm");
    new_project(&[&copy], &project);
    run(&["behavior", "examples", "import", text(&project), text(file)]);
    let report = asked(&project, &server, &["--examples", "--estimate"]);
    assert_eq!(report["asked"][0]["examples"]["clips"], 0);
    assert!(server.log().is_empty());
}

#[test]
fn a_bank_that_cannot_be_used_is_said_to_be_so() {
    let world = world();
    let project = world.copied("bankless");
    let (server, before) = (world.server(), fs::read(&project).unwrap());
    let options = asking(&server, &["--examples"]);
    let mut command = vec!["behavior", "run", text(&project)];
    command.extend(options.iter().map(String::as_str));
    names(&failure(&command), &["has no such examples", "behavior examples add"]);
    names(&failure(&["behavior", "examples", "add", text(&project)]), &["nobody has accepted or edited a segment"]);
    names(&failure(&["behavior", "examples", "remove", text(&project), "--all"]), &["has no such examples"]);
    names(&failure(&["behavior", "run", text(&project), "--examples"]), &["--examples", "--model caption=NAME@URL"]);
    let file = world.folder.path().join("broken.json");
    fs::write(&file, "{\"behaviorvlm_examples\": 1}").unwrap();
    names(&failure(&["behavior", "examples", "import", text(&project), text(&file)]), &["broken.json", "examples"]);
    assert!(server.log().is_empty() && fs::read(&project).unwrap() == before);
}

#[test]
fn chosen_segments_become_examples_where_a_person_looked_at_them() {
    use behaviorvlm::jobs::behavior::examples::add_chosen;
    use behaviorvlm::jobs::{CancelFlag, Job};
    use behaviorvlm::model::SegmentStatus;
    let (long, _) = bank();
    let copy = long.copied("chosen");
    run(&["behavior", "examples", "remove", text(&copy), "--all"]);
    let mut project = Project::open(&copy).unwrap();
    let info = project.only_recording().unwrap();
    let cancel = CancelFlag::default();
    let job = Job::new(&cancel, &|_| ());
    let mut chosen = project.human_segments(info.id).unwrap()[..3].to_vec();
    chosen[2].status = SegmentStatus::Unreviewed;
    let report = add_chosen(&job, &mut project, &info, &chosen).unwrap();
    assert_eq!((report.added, report.examples, report.left_out.values().sum::<usize>()), (2, 2, 1));
    let kept: Vec<String> = project.examples().unwrap().into_iter().map(|(_, shown)| shown.example.label).collect();
    assert_eq!(kept, [chosen[0].label.clone(), chosen[1].label.clone()]);
    assert!(
        add_chosen(&job, &mut project, &info, &chosen[2..]).unwrap_err().to_string().contains("nobody has accepted")
    );
}
