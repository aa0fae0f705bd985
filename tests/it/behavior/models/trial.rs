//! Other models and prompts on some clips, and questions in plain words.

use std::sync::Arc;
use std::time::Duration;

use behaviorvlm::app::model_choice::ModelChoice;
use behaviorvlm::app::settings::Settings;
use behaviorvlm::app::timeline::{TimelineCommand, TrialCommand, TrialDraft, TrialScope, Tried};
use behaviorvlm::app::{App, Command, Dialog, Page};
use behaviorvlm::jobs::timeline::{MachineLayer, SegmentWhy, Target, Timeline};
use behaviorvlm::model::ClipId;

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

/// No answer takes longer, whatever else the machine does.
const PATIENCE: Duration = Duration::from_secs(300);

/// The app on a project, on the page of behavior, with a model that is chosen.
struct Window(App);

impl Window {
    fn on(project: &Path, server: &FakeModel) -> Self {
        let model = ModelChoice {
            name: MODEL.to_owned(),
            addresses: server.url(),
            at_once: "2".to_owned(),
            ..ModelChoice::default()
        };
        let settings = Settings { annotator: Some("Mira".to_owned()), model, ..Settings::default() };
        let mut window = Self(App::new(settings, None, Arc::new(|| ())));
        window.asks(Command::Open(project.to_owned()));
        window.asks(Command::GoTo(Page::Behavior));
        window
    }

    fn asks(&mut self, command: Command) {
        self.0.handle(command);
        assert!(self.0.settle(PATIENCE), "the threads answer");
    }

    fn tries(&mut self, command: TrialCommand) {
        self.asks(Command::Timeline(TimelineCommand::Trial(command)));
    }

    fn draft(&mut self, change: impl FnOnce(&mut TrialDraft)) {
        let mut draft = self.state().trial.draft.clone().unwrap();
        change(&mut draft);
        self.tries(TrialCommand::Draft(Box::new(draft)));
    }

    fn state(&self) -> &behaviorvlm::app::timeline::TimelineState {
        &self.0.state().session.as_ref().unwrap().timeline
    }

    fn timeline(&self) -> &Timeline {
        &self.state().layers.as_ref().unwrap().timeline
    }

    fn why(&self) -> Arc<SegmentWhy> {
        self.state().why.as_ref().unwrap().found.clone().unwrap().unwrap()
    }

    fn tried(&self) -> Arc<Tried> {
        self.state().trial.tried.clone().unwrap_or_else(|| panic!("{:?}", self.0.state().last_job))
    }
}

#[test]
fn from_the_window_a_clip_is_asked_about_again_and_another_prompt_is_tried_and_taken_over() {
    let (world, project) = (world(), judged("windowed"));
    let server = world.server();
    let mut window = Window::on(&project, &server);
    let before = window.timeline().clone();
    // A clip of which the model that erred said something wrong.
    let wrong = |(clip, caption): &(&Clip, &Option<behaviorvlm::model::Caption>)| {
        clip.cluster.is_some() && caption.as_ref().is_some_and(|it| it.label != world.usual(clip))
    };
    let (clip, _) = before.clips.iter().zip(&before.captions).find(wrong).unwrap();
    let (id, animal, start_frame) = (clip.id, clip.animal, clip.start_frame);
    let target = Target::Machine { layer: MachineLayer::Clips, animal, start_frame };
    window.asks(Command::Timeline(TimelineCommand::Why(target)));
    assert_eq!((window.why().asked.len(), window.state().trial.clips.as_slice()), (1, &[id][..]));

    // The very question is asked again, although the project has its answer.
    window.tries(TrialCommand::AskAgain(id));
    assert_eq!(server.complaints(), Vec::<String>::new());
    assert_eq!(server.log().len(), 1);
    let asked = window.why().asked.clone();
    assert_eq!(asked.len(), 2, "both answers stand there");
    assert_eq!(asked[0].exchange.key, asked[1].exchange.key, "the same question, pictures and all");
    let again = window.tried();
    assert_eq!((again.report.clips.len(), again.report.asked.counts.calls), (1, 1));
    assert_eq!(again.report.clips[0].tried.as_ref().unwrap().label, world.usual(clip));
    assert_eq!(window.timeline(), &before, "nothing of the timeline changes");

    // Another prompt, in words, on clips that chance draws.
    window.draft(|draft| {
        draft.prompt = draft.prompt.replace("Describe {{ focal }}.", "Tell what {{ focal }} does.");
        (draft.scope, draft.count) = (TrialScope::Recording, 12);
    });
    window.tries(TrialCommand::Start);
    assert_eq!(server.complaints(), Vec::<String>::new());
    let asked = server.log();
    assert_eq!(asked.len(), 13);
    assert!(asked[1..].iter().all(|request| request.words.contains("Tell what A")));
    let tried = window.tried();
    assert_eq!(tried.report.tried.right, tried.report.tried.scored);
    // The same trial asks nobody, unless it is to ask afresh.
    window.tries(TrialCommand::Start);
    assert_eq!((server.log().len(), window.tried().report.asked.counts.known), (13, 12));
    window.draft(|draft| draft.afresh = true);
    window.tries(TrialCommand::Start);
    assert_eq!((server.log().len(), window.tried().report.asked.counts.calls), (25, 12));
    assert_eq!(window.timeline(), &before);

    // What differs is taken over, in one act; what machines said stays as it is, to the byte.
    let machines = |timeline: &Timeline| {
        serde_json::to_string(&(&timeline.clips, &timeline.captions, &timeline.said, &timeline.merged)).unwrap()
    };
    let differ = tried.report.clips.iter().filter(|clip| clip.differs());
    let differ: Vec<ClipId> = differ.map(|clip| clip.id).collect();
    assert!(differ.len() > 1, "{:?}", tried.report);
    window.tries(TrialCommand::Take(differ.clone()));
    let after = window.timeline().clone();
    assert_eq!(machines(&after), machines(&before));
    for clip in tried.report.clips.iter().filter(|clip| differ.contains(&clip.id)) {
        let said = clip.tried.as_ref().unwrap();
        let laid = after.human.iter().map(|placed| &placed.segment).find(|it| it.clips == [clip.id]).unwrap();
        assert_eq!((laid.start_frame, laid.stop_frame), (clip.start_frame, clip.stop_frame));
        assert_eq!((&laid.label, &laid.description), (&said.label, &said.description));
    }
    assert_eq!(window.0.state().dialog, Some(Dialog::SegmentWhy));
    window.asks(Command::Undo);
    assert_eq!(window.timeline(), &before);
}
