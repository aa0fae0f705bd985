//! Questions in plain words from the window: the app asks the simulated model and searches for what comes back.

use std::sync::Arc;
use std::time::Duration;

use behaviorvlm::app::model_choice::ModelChoice;
use behaviorvlm::app::settings::Settings;
use behaviorvlm::app::timeline::{TimelineCommand, TimelineState};
use behaviorvlm::app::{App, Command, Page};
use serde_json::json as value;

use super::*;

const PATIENCE: Duration = Duration::from_secs(120);

fn server(filter: Value, delay: Duration) -> FakeModel {
    let watcher = Watcher { filter, ..Watcher::default() };
    FakeModel::start(FakeConfig { delay, ..FakeConfig::watching(watcher) })
}

fn model(server: &FakeModel) -> ModelChoice {
    ModelChoice { name: MODEL.to_owned(), addresses: server.url(), ..ModelChoice::default() }
}

fn timeline(app: &App) -> &TimelineState {
    &app.state().session.as_ref().unwrap().timeline
}

fn told_to(app: &mut App, command: TimelineCommand) {
    app.handle(Command::Timeline(command));
    assert!(app.settle(PATIENCE));
}

/// What is searched for and how many segments that are; nothing while nothing is.
fn found(app: &App) -> Option<(String, usize)> {
    let search = timeline(app).search.as_ref()?;
    let found = search.found.as_ref().unwrap().as_ref().unwrap();
    Some((search.query.clone(), found.targets.len()))
}

#[test]
fn a_question_is_searched_for_as_the_command_line_does() {
    let world = world();
    let project = world.copied("windowed");
    let truth = world.folder.path().join("windowed.csv");
    fs::write(&truth, table_of(&world.watcher)).unwrap();
    run(&["import", text(&project), "--format", "behavior", text(&truth), "--annotator", "Ann"]);
    let before = Layers::of(&project);
    let chases = value!({
        "label": ["locomotion"], "relation": [{ "when": "after", "of": { "label": ["chase"] }, "within": "2 s" }],
    });
    let inventing = server(value!({ "label": ["levitation"] }), Duration::ZERO);
    let answering = server(chases, Duration::ZERO);
    let settings = Settings { annotator: Some("Ann".to_owned()), model: model(&inventing), ..Settings::default() };
    let mut app = App::new(settings, None, Arc::new(|| ()));
    app.handle(Command::Open(project.clone()));
    assert!(app.settle(PATIENCE));
    app.handle(Command::GoTo(Page::Behavior));
    assert!(app.settle(PATIENCE));

    // A name that is not there: asked once more, then said; what was searched for before stays.
    told_to(&mut app, TimelineCommand::Search("chase".to_owned()));
    let chases_alone = found(&app);
    let question = "who walks on after a chase?";
    let ask = || TimelineCommand::AskSearch(question.to_owned());
    told_to(&mut app, ask());
    let asked = timeline(&app).asked.as_ref().unwrap();
    let why = asked.answer.as_ref().unwrap().as_ref().unwrap_err();
    names(&why.words, &["made no search", "levitation", "in other words"]);
    assert_eq!((inventing.log().len(), found(&app)), (2, chases_alone));
    // The same question is put once more, though the project has an answer to it, which is none.
    told_to(&mut app, ask());
    assert_eq!(inventing.log().len(), 4);

    // The model says more: the query is that of the command line, and so is what it finds.
    app.handle(Command::ChooseModel(Box::new(model(&answering))));
    told_to(&mut app, ask());
    let (query, count) = found(&app).unwrap();
    assert!(count > 0);
    assert_eq!(timeline(&app).asked.as_ref().unwrap().question, question);
    assert_eq!((answering.complaints(), inventing.complaints()), (Vec::new(), Vec::new()));

    // What comes after another search was typed is dropped, and so is what comes after the project was closed.
    let slow = server(value!({ "label": ["chase"] }), Duration::from_millis(300));
    app.handle(Command::ChooseModel(Box::new(model(&slow))));
    app.handle(Command::Timeline(TimelineCommand::AskSearch("who chases?".to_owned())));
    told_to(&mut app, TimelineCommand::Search("feeding".to_owned()));
    assert!(timeline(&app).asked.is_none());
    app.handle(Command::Timeline(TimelineCommand::AskSearch("who chases whom?".to_owned())));
    app.handle(Command::CloseProject);
    app.handle(Command::Open(project.clone()));
    assert!(app.settle(PATIENCE));
    // The server has said by then what it had to say.
    let gone = slow.url();
    drop(slow);
    assert!(app.settle(PATIENCE));
    assert!(timeline(&app).search.is_none() && timeline(&app).asked.is_none());

    // A server that is not there: what to do is said.
    app.handle(Command::GoTo(Page::Behavior));
    app.handle(Command::ChooseModel(Box::new(ModelChoice { addresses: gone, ..model(&answering) })));
    told_to(&mut app, TimelineCommand::AskSearch("who is not there?".to_owned()));
    let why = timeline(&app).asked.as_ref().unwrap().answer.as_ref().unwrap().as_ref().unwrap_err();
    names(&why.words, &["Ask again once that is mended"]);
    drop(app);
    let of_cli = format!("merge={MODEL}@{}", answering.url());
    let asked = answering.log().len();
    let report = json(&["behavior", "search", text(&project), "--ask", "--model", &of_cli, question, "--json"]);
    assert_eq!((report["query"].as_str(), report["segments"].as_array().unwrap().len()), (Some(query.as_str()), count));
    assert_eq!(answering.log().len(), asked, "the command line finds the answer in the project");
    assert_eq!(Layers::of(&project), before, "questions change nothing of the timeline");
}
