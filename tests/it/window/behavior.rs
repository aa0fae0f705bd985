//! A timeline worked on by hand: edges dragged, segments cut, joined and renamed, all of it undone, done again, killed and read
//! back.

use std::path::Path;
use std::process::Command;

use behaviorvlm::model::PlacedSegment;
use behaviorvlm::store::Project;

use super::driver::{Screen, Tree, Window, shots};
use super::settings;
use crate::behavior::{exported, new_project, project_to_watch};

/// The mice, real or scripted.
const NAMES: [&str; 3] = ["A0", "A1", "A2"];

/// What people said, read beside the window.
fn human(path: &Path) -> Vec<PlacedSegment> {
    let project = Project::open_read_only(path).unwrap();
    let info = project.only_recording().unwrap();
    project.human_layer(info.id).unwrap()
}

fn undo_title(path: &Path) -> Option<String> {
    Project::open_read_only(path).unwrap().undo_title().unwrap()
}

/// The segments of a row, the widest first: their names and places.
fn segments(tree: &Tree, row: &str, animal: &str) -> Vec<(String, [f64; 4])> {
    let is_one = |text: &String| text.starts_with(row) && text.contains(&format!(" of {animal}, frames "));
    let placed = tree.texts().into_iter().filter(is_one).filter_map(|name| {
        let bounds = tree.bounds_of(&name)?;
        Some((name, bounds))
    });
    let mut found: Vec<_> = placed.collect();
    found.sort_by(|a, b| (b.1[2] - b.1[0]).total_cmp(&(a.1[2] - a.1[0])));
    found.dedup_by(|a, b| a.0 == b.0);
    found
}

/// Waits until the layer is another than before, and gives it.
fn changed(window: &mut Window<'_>, path: &Path, before: &[PlacedSegment], what: &str) -> Vec<PlacedSegment> {
    window.wait_until(what, |tree| {
        let now = human(path);
        (now != before && tree.has("Saved")).then_some(now)
    })
}

#[test]
#[ignore = "needs Xvfb, openbox, xdotool and imagemagick, and takes minutes"]
fn a_timeline_is_corrected_undone_killed_and_exported_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let path = project_to_watch(folder.path());
    let settings = settings(folder.path(), "dark");
    let screen = Screen::start([1600, 1000]);
    let mut window = Window::open(&screen, &["open", path.to_str().unwrap()], &settings);
    window.resize([1600, 1000]);

    // Clips and segments, without a model.
    window.key("ctrl+5");
    window.click("Cut and describe");
    let animal = window
        .wait_until("the lanes", |tree| NAMES.into_iter().find(|animal| segments(tree, "merged ", animal).len() >= 4));

    // Three edges; with the first the animal's layer becomes a person's.
    let mut layer = human(&path);
    assert_eq!(layer, []);
    for (round, row) in ["merged ", "human ", "human "].into_iter().enumerate() {
        let (name, [left, top, right, bottom]) =
            window.wait_until("a segment", |tree| segments(tree, row, animal).into_iter().nth(round));
        let middle = (top + bottom) / 2.0;
        let by = ((right - left) * 0.3).clamp(6.0, 40.0);
        window.drag([right - 2.0, middle], [right - 2.0 - by, middle]);
        layer = changed(&mut window, &path, &layer, &format!("the end of {name}"));
        assert!(undo_title(&path).unwrap().starts_with("Move end of "), "{:?}", undo_title(&path));
    }

    // Cut, join, rename, partner, words.
    let (name, _) = window.wait_until("a segment", |tree| segments(tree, "human ", animal).into_iter().next());
    window.click(&name);
    window.wait_until("its words", |tree| tree.has("Accept and next segment").then_some(()));
    // What an animal does alone has no partner: the last one needs one again.
    let steps: [(&str, &str); 4] = [("shift+s", "Split "), ("shift+m", "Merge "), ("e", ""), ("h", "")];
    for (key, title) in steps {
        window.key(key);
        layer = changed(&mut window, &path, &layer, key);
        assert!(undo_title(&path).unwrap().starts_with(title), "{:?}", undo_title(&path));
    }
    assert!(layer.iter().any(|placed| placed.segment.label == "huddle"));
    let partner = window.wait_until("the partner", |tree| tree.containing("Partner: "));
    let is_other = |name: &&str| *name != animal && !partner.ends_with(name);
    let other = NAMES.into_iter().find(is_other).unwrap();
    window.click(&partner);
    window.click(other);
    layer = changed(&mut window, &path, &layer, "the partner");
    window.click("Description");
    window.key("ctrl+a");
    window.write("Both lie in the corner.");
    window.wait_for("Draft, not saved yet");
    window.key("ctrl+Return");
    let edited = changed(&mut window, &path, &layer, "the description");
    assert!(edited.iter().any(|placed| placed.segment.description == "Both lie in the corner."));
    if let Some(shots) = shots() {
        window.shoot(&shots.join("behavior_edited.png"));
    }

    // All of it undone, and done again.
    window.key("Escape");
    let mut gestures = 0;
    layer = edited.clone();
    while !layer.is_empty() {
        window.key("ctrl+z");
        layer = changed(&mut window, &path, &layer, "an undo");
        gestures += 1;
    }
    assert_eq!(gestures, 9, "one gesture each");
    for _ in 0..gestures {
        window.key("ctrl+shift+z");
        layer = changed(&mut window, &path, &layer, "a redo");
    }
    assert_eq!(layer, edited);
    let title = undo_title(&path);

    // Killed, and all is there.
    window.kill();
    assert_eq!(human(&path), edited);
    let mut window = Window::open(&screen, &["open", path.to_str().unwrap()], &settings);
    window.resize([1600, 1000]);
    window.wait_until("the page as it was left", |tree| (segments(tree, "human ", animal).len() >= 3).then_some(()));
    assert_eq!(undo_title(&path), title);
    if let Some(shots) = shots() {
        window.shoot(&shots.join("behavior_reopened.png"));
    }
    window.close();

    // Out and in again.
    let table = exported(&path, "behavior", &["--layer", "human"]);
    let file = folder.path().join("table.csv");
    std::fs::write(&file, &table).unwrap();
    let project = Project::open_read_only(&path).unwrap();
    let recording = project.only_recording().unwrap().path;
    let second = folder.path().join("second.bvlm");
    new_project(&[&recording], &second);
    let arguments = ["import", "--format", "behavior", "--annotator", "Ann", "-q"];
    let done = Command::new(env!("CARGO_BIN_EXE_behaviorvlm")).args(arguments).args([&second, &file]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(exported(&second, "behavior", &["--layer", "human"]), table);
}
