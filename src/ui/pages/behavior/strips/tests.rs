//! Strips by their accessible names, of two animals whose tracks were made by hand.

use std::fmt::Write as _;

use egui::Modifiers;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use super::super::tests::{described, press};
use crate::app::settings::Settings;
use crate::app::{Command, Page};
use crate::store::Project;
use crate::ui::shell::Shell;
use crate::ui::testing::{FRAMES, SmallProject, click, send, session};

/// Both are 100 units long and head to +x. A0 stands; A1 is 150 units ahead of it, and from frame 8 on nobody sees it.
fn tracked() -> SmallProject {
    let small = described();
    let project = Project::open(&small.path).unwrap();
    let info = project.only_recording().unwrap();
    let mut table = "frame,camera,animal,keypoint,x,y\n".to_owned();
    for frame in 0..FRAMES {
        for (animal, start) in [("A0", 200.0), ("A1", 350.0)] {
            if animal == "A1" && frame >= 8 {
                continue;
            }
            for (part, along) in [("nose", 50.0), ("neck", 25.0), ("center_back", 0.0), ("tail_base", -50.0)] {
                let camera = &info.cameras[0].name;
                writeln!(table, "{frame},{camera},{animal},{part},{},{}", start + along, 300.0).unwrap();
            }
        }
    }
    let folder = small.path.parent().unwrap().join("recording");
    std::fs::write(folder.join("tracks.csv"), table).unwrap();
    let manifest = folder.join("recording.toml");
    let mut text = std::fs::read_to_string(&manifest).unwrap();
    for animal in ["A0", "A1"] {
        writeln!(text, "\n[[animals]]\nname = \"{animal}\"\ntracks = \"tracks.csv\"").unwrap();
    }
    std::fs::write(&manifest, text).unwrap();
    small
}

fn has(harness: &Harness<'_, Shell>, words: &str) -> bool {
    harness.query_by_label(words).is_some()
}

#[test]
fn strips_tell_the_values_of_the_shown_frame_and_that_one_is_not_measured() {
    let small = tracked();
    let mut harness = small.window(Page::Behavior);
    assert!(has(&harness, "speed: A0 0.0 body lengths/s, A1 0.0 body lengths/s in frame 0"));
    assert!(has(&harness, "distance: A0 to its nearest 1.5 body lengths in frame 0"));
    send(&mut harness, Command::ShowFrame(10));
    assert!(has(&harness, "speed: A0 0.0 body lengths/s, A1 not measured in frame 10"));
    assert!(has(&harness, "distance: A0 to its nearest not measured in frame 10"));
    send(&mut harness, Command::ShowFrame(0));
    press(&mut harness, egui::Key::ArrowDown, Modifiers::NONE);
    assert!(has(&harness, "distance: A1 to its nearest 1.5 body lengths in frame 0"), "of the animal that is chosen");
}

#[test]
fn measures_are_chosen_in_a_menu_and_remembered() {
    let small = tracked();
    let mut harness = small.window(Page::Behavior);
    click(&mut harness, "Strips");
    click(&mut harness, "facing angle, degrees");
    click(&mut harness, "speed, body lengths/s");
    assert!(has(&harness, "facing angle: A0 to its nearest 0 degrees in frame 0"));
    assert!(harness.query_by_label_contains("speed: A0").is_none());
    let strips = harness.state().app().state().settings.strips.clone();
    assert_eq!(strips, ["distance", "facing_angle"]);
    let height = harness.get_by_label("head height, body lengths");
    assert!(egui_kittest::kittest::NodeT::accesskit_node(&height).is_disabled(), "there are no heights");
    drop(harness);
    let harness = small
        .window_with(Settings { strips, annotator: Some("Ann".to_owned()), ..Settings::default() }, Page::Behavior);
    assert!(has(&harness, "facing angle: A0 to its nearest 0 degrees in frame 0"));
    let none = Settings { strips: vec!["zone:gone".to_owned()], ..Settings::default() };
    let harness = small.window_with(none, Page::Behavior);
    assert!(harness.query_by_label_contains(" in frame 0").is_none());
}

#[test]
fn many_strips_leave_the_lanes_room_and_a_click_shows_a_frame() {
    let small = tracked();
    let all = crate::behavior::measures::Measure::all(&[]).iter().map(|measure| measure.id()).collect();
    let mut harness = small.window_with(Settings { strips: all, ..Settings::default() }, Page::Behavior);
    let lanes = harness.get_by_role_and_label(egui::accesskit::Role::Group, "Timeline").rect();
    let strip = harness.get_by_label("speed: A0 0.0 body lengths/s, A1 0.0 body lengths/s in frame 0").rect();
    assert!(strip.height() >= 40.0 && strip.top() > lanes.top() + 60.0, "{strip:?} {lanes:?}");
    let at = egui::pos2(strip.left() + strip.width() * 7.5 / FRAMES as f32, strip.center().y);
    harness.hover_at(at);
    harness.step();
    harness.drag_at(at);
    harness.step();
    harness.drop_at(at);
    crate::ui::testing::settle(&mut harness);
    assert_eq!(session(&harness).cursor.frame, 7);
    assert!(
        harness.query_by_label_contains("speed: A0 0.0 body lengths/s, A1 0.0 body lengths/s in frame 7").is_some()
    );
}

/// How long the window's thread works for a painted frame with all strips; without rasterising.
#[test]
#[ignore = "a figure, not a check"]
fn figure_of_a_painted_frame() {
    let small = tracked();
    let all = crate::behavior::measures::Measure::all(&[]).iter().map(|measure| measure.id()).collect();
    let mut harness = small.window_with(Settings { strips: all, ..Settings::default() }, Page::Behavior);
    let (frames, begun) = (100, cpu_time::ThreadTime::now());
    (0..frames).for_each(|_| harness.step());
    println!("all strips: {:.2} ms a painted frame", begun.elapsed().as_secs_f64() * 1e3 / f64::from(frames));
}
