//! A run that asks a model, begun, watched and questioned by hand; the server is simulated.

use std::path::Path;
use std::time::Duration;

use super::driver::{Screen, Window, shots};
use super::{Kept, settings};
use crate::fake_model::{Confusion, FakeConfig, FakeModel, MODEL};
use crate::model_run::World;

#[test]
#[ignore = "needs Xvfb, openbox, xdotool and imagemagick, and takes minutes"]
fn a_model_is_asked_watched_and_questioned_by_hand() {
    let world = World::new();
    let confusion = Confusion { single: 0.1, ..Confusion::default() };
    let config = FakeConfig { delay: Duration::from_millis(20), ..FakeConfig::new(world.player(confusion)) };
    let server = FakeModel::start(config);
    let settings = settings(world.folder.path(), "dark");
    let screen = Screen::start([1600, 1200]);
    let mut window = Window::open(&screen, &["open", world.project.to_str().unwrap()], &settings);
    window.resize([1600, 1200]);

    // The model, its server, the test of both.
    window.key("ctrl+3");
    window.wait_until("the page", |tree| tree.is_on("Run").then_some(()));
    window.click("Model");
    window.wait_for("Test the connection");
    window.fill("Model", MODEL);
    window.fill("Address", &server.url());
    // All of it is typed, and nothing below the fields moves any more.
    let address = server.url();
    window.wait_until("the estimate", |tree| tree.has(&address).then(|| tree.containing("At most "))?);
    window.click("Test the connection");
    window.wait_until("what the test found", |tree| tree.containing("It can be used"));

    // The run, paused and gone on with.
    window.click("Start the run");
    window.wait_until("a few answers", |_| (server.log().len() > 40).then_some(()));
    window.key("p");
    window.wait_for("Paused. Nothing is lost.");
    keep_picture(&window, "model_paused.png");
    window.key("p");
    window.wait_until("the end of the run", |tree| tree.containing("Solved "));
    keep_picture(&window, "model_report.png");
    let kept = Kept::open(&world.project);
    let (last, calls) = (kept.info.frame_count - 1, server.log().len());
    assert!(kept.label(last, 1, 0).is_some(), "the last frame has no label");
    let asked = kept.project.exchanges_of_frame(kept.info.id, last).unwrap().len();
    assert!(asked >= 6, "{asked} questions about the last frame are kept");

    // Why a label is there, question by question.
    window.key("ctrl+4");
    window.wait_until("the frame", |tree| tree.is_enabled("Accept and next").then_some(()));
    window.key("End");
    window.wait_until("the last frame", |tree| tree.containing(&format!("Frame {last}")));
    window.choose_starting("ear_L in cam1: ");
    window.key("h");
    window.wait_for("Why is ear_L there?");
    window.wait_until("what the model saw", |tree| tree.containing("Picture 1, "));
    keep_picture(&window, "why.png");
    window.choose_starting("2  Which dot: ears: ");
    window.wait_until("its exemplars", |tree| tree.containing("Picture 4, "));
    keep_picture(&window, "why_stage_2.png");

    // The same again, then with other words in all views: the answers stand side by side, and no label changes.
    let before = kept.label(last, 1, 0);
    window.click("Ask this again");
    window.wait_for("Asked again, 1");
    assert_eq!(server.log().len(), calls + 1);
    window.choose_starting("3  The whole view: ");
    window.click("Other words…");
    window.wait_for("Prompt pose/3_reconcile.md");
    window.key("ctrl+End");
    window.write(" Look twice.");
    window.wait_until("a trial", |tree| tree.is_enabled("Try in all views").then_some(()));
    window.click("Try in all views");
    window.wait_until("both scores", |tree| {
        let scores =
            tree.texts().into_iter().filter(|text| text.starts_with("3_reconcile@") && text.contains(" of this frame"));
        (scores.count() == 2).then_some(())
    });
    assert_eq!(server.log().len(), calls + 1 + kept.info.cameras.len());
    keep_picture(&window, "why_tried.png");
    window.click("Use for all runs");
    let prompt = world.folder.path().join("prompts/pose/3_reconcile.md");
    window.wait_until("the prompt", |_| {
        std::fs::read_to_string(&prompt).ok().filter(|text| text.ends_with("Look twice."))
    });
    assert_eq!(kept.label(last, 1, 0), before, "asking again changed a label");
    window.key("Escape");
    window.wait_until("the page", |tree| (!tree.has("Why is ear_L there?")).then_some(()));
    assert_eq!(server.complaints(), Vec::<String>::new());

    // It folds into a small window, light too.
    window.resize([1280, 800]);
    window.key("ctrl+l");
    window.key("h");
    window.wait_until("what the model saw", |tree| tree.containing("Picture 1, "));
    keep_picture(&window, "why_small_light.png");
    window.key("Escape");
    window.wait_until("the page", |tree| (!tree.has("Why is ear_L there?")).then_some(()));
    window.close();
}

fn keep_picture(window: &Window<'_>, name: &str) {
    if let Some(shots) = shots() {
        // What was asked for is painted in the frame after.
        std::thread::sleep(Duration::from_millis(400));
        window.shoot(&Path::new(&shots).join(name));
    }
}
