//! A recording described by models, asked for by hand; the server is simulated.

use behaviorvlm::model::BehaviorSource;
use behaviorvlm::store::Project;

use super::driver::{Screen, Window, shots};
use super::settings;
use crate::behavior::film_to_describe;
use crate::fake_model::{FakeConfig, FakeModel, MODEL};

#[test]
#[ignore = "needs Xvfb, openbox, xdotool and imagemagick, and takes minutes"]
fn clips_are_captioned_and_joined_by_models_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let (path, watcher) = film_to_describe(folder.path());
    let server = FakeModel::start(FakeConfig::watching(watcher));
    let settings = settings(folder.path(), "dark");
    let screen = Screen::start([1280, 800]);
    let mut window = Window::open(&screen, &["open", path.to_str().unwrap()], &settings);
    window.resize([1280, 800]);

    // By rules, then by models.
    window.key("ctrl+5");
    window.click("Cut and describe");
    window.click("Describe again…");
    window.wait_until("what is there", |tree| tree.containing("captioned by the built-in rules"));
    window.click("Captions by a vision-language model");
    window.click("Joined by a language model");
    window.fill("Model", MODEL);
    window.fill("Address", &server.url());
    window.wait_until("the estimate", |tree| tree.containing("Captions: at most ").and(tree.containing("Joining: ")));
    assert!(server.log().is_empty(), "an estimate asks nothing");
    if let Some(shots) = shots() {
        window.shoot(&shots.join("describe.png"));
    }
    window.key("ctrl+Return");

    // Paused, and gone on with.
    window.wait_until("an answer", |_| (!server.log().is_empty()).then_some(()));
    window.click("Pause");
    window.wait_for("Paused. Nothing is lost.");
    if let Some(shots) = shots() {
        window.shoot(&shots.join("describe_paused.png"));
    }
    window.click("Go on");
    window.wait_until("the end", |tree| tree.containing(&format!("{MODEL} joined the clips.")));
    let project = Project::open_read_only(&path).unwrap();
    let info = project.only_recording().unwrap();
    let run = project.latest_run(info.id, "behavior").unwrap().unwrap().id;
    let captions = project.captions(run).unwrap();
    assert!(!captions.is_empty() && captions.iter().all(|(.., source)| *source == BehaviorSource::Model));
    assert!(project.merged_segments(run).unwrap().iter().all(|it| it.source == BehaviorSource::Model));
    assert_eq!(server.complaints(), Vec::<String>::new());
    window.close();
}
