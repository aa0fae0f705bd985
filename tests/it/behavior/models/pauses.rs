//! Runs that stop on the way: budgets, kills, answers without a server. No question is asked twice.

use std::process::Stdio;
use std::time::Duration;

use super::*;
use crate::cli::command;

/// What a run without pauses comes to, and how many questions it takes.
fn whole() -> &'static (Layers, usize) {
    static MADE: OnceLock<(Layers, usize)> = OnceLock::new();
    MADE.get_or_init(|| {
        let (project, server) = (world().copied("whole"), world().server());
        asked(&project, &server, &["--concurrency", "4"]);
        (Layers::of(&project), server.log().len())
    })
}

#[test]
fn a_run_pauses_for_its_budget_and_asks_nothing_twice() {
    let (expected, needed) = whole();
    let (project, server) = (world().copied("budget"), world().server());
    let options = asking(&server, &["--budget", "5", "--concurrency", "1", "--json"]);
    let arguments: Vec<&str> =
        ["behavior", "run", text(&project)].into_iter().chain(options.iter().map(String::as_str)).collect();
    let mut pauses = 0;
    loop {
        let output = run(&arguments);
        if output.status.success() {
            break;
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        names(&said, &["5", "budget"]);
        pauses += 1;
        assert!(server.log().len() <= 5 * pauses, "the budget is for captions and merges together");
        assert!(pauses < 20, "{said}");
    }
    assert_eq!((pauses, server.log().len()), (*needed / 5, *needed));
    nothing_twice(&server);
    assert_eq!(&Layers::of(&project), expected);
}

#[test]
fn a_killed_run_goes_on_where_it_was() {
    const KILLS: usize = 4;
    let (expected, needed) = whole();
    let project = world().copied("killed");
    let slow = Duration::from_millis(40);
    let server = FakeModel::start(FakeConfig { delay: slow, ..FakeConfig::watching(world().watcher.clone()) });
    let options = asking(&server, &["--concurrency", "1", "-q"]);
    let arguments: Vec<&str> =
        ["behavior", "run", text(&project)].into_iter().chain(options.iter().map(String::as_str)).collect();
    for kill in 1..=KILLS {
        let mut child = command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let until = kill * needed / (KILLS + 1) + 1;
        while server.log().len() < until && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(2));
        }
        // SIGKILL
        child.kill().unwrap();
        child.wait().unwrap();
        Layers::of(&project).check();
        super::super::is_healthy(&project);
    }
    assert!(server.log().len() < *needed, "it was killed before it had all answers");
    assert!(run(&arguments).status.success());
    assert_eq!(&Layers::of(&project), expected);
    // The question that was under way when it was killed has no answer, and is asked once more; no other is.
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    server.log().into_iter().for_each(|request| *times.entry(request.tag).or_default() += 1);
    assert_eq!(times.len(), *needed);
    let again: usize = times.values().map(|times| times - 1).sum();
    println!("{needed} questions, {again} of them under way when the run was killed");
    assert!(again <= KILLS && times.values().all(|times| *times <= 2), "{times:?}");
}

#[test]
fn a_recorded_run_is_replayed_without_a_server() {
    let world = world();
    let project = world.copied("recorded");
    let server = FakeModel::start(FakeConfig {
        faults: vec![(crate::fake_model::Fault::CutOff, 0.3)],
        ..FakeConfig::watching(world.watcher.clone())
    });
    let report = asked(&project, &server, &["--samples", "2"]);
    let expected = Layers::of(&project);
    let asked_in_all = server.log().len();
    drop(server);
    let file = world.folder.path().join("answers.jsonl");
    let written = json(&["exchanges", "export", text(&project), text(&file), "--json"]);
    assert_eq!(written["exchanges"], asked_in_all);

    // Each line is an exchange, with its tag as the design writes it.
    let lines = fs::read_to_string(&file).unwrap();
    let exchanges: Vec<Value> = lines.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |tag: &str| exchanges.iter().find(|exchange| exchange["tag"] == tag);
    let first = of("behavior.caption/animal=A0/clip=0").unwrap();
    assert_eq!(first["frame"], 0);
    assert!(first["answer"].as_str().unwrap().contains("stationary"), "{first}");
    assert!(
        of("behavior.caption/animal=A0/clip=0/sample=1").is_some() && of("behavior.merge/animal=A1/epoch=0").is_some()
    );

    // In a project that was never cut: clips come from the file.
    let fresh = world.folder.path().join("fresh.bvlm");
    new_project(&[&world.folder.path().join("film")], &fresh);
    let replayed = json(&["exchanges", "replay", text(&fresh), text(&file), "--json"]);
    assert_eq!(replayed["read"]["exchanges"], asked_in_all);
    assert_eq!(replayed["behavior"]["asked"][0]["calls"], 0);
    assert_eq!(replayed["behavior"]["asked"][0]["failed"], report["asked"][0]["failed"]);
    let layers = Layers::of(&fresh);
    assert_eq!(layers.shown(), expected.shown());
    assert_eq!(details(&fresh), details(&project));

    // What was not recorded is not made up.
    let kept: Vec<&str> = lines.lines().take(9).collect();
    fs::write(&file, kept.join("\n")).unwrap();
    let another = world.folder.path().join("another.bvlm");
    new_project(&[&world.folder.path().join("film")], &another);
    names(&failure(&["exchanges", "replay", text(&another), text(&file)]), &["no answer to behavior.caption/"]);
    Layers::of(&another).check();
}
