//! The figures view by label and pointer.

use std::fs;

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use crate::app::Page;
use crate::app::timeline::BehaviorView;
use crate::behavior::figures::Figure;
use crate::store::Project;
use crate::ui::pages::behavior::tests::described;
use crate::ui::shell::Shell;
use crate::ui::testing::{FRAMES, SmallProject, click, session, settle};

/// The window on the figures of a project in which each of two animals does one thing until frame 6, another from there.
fn window(small: &SmallProject) -> Harness<'static, Shell> {
    let mut harness = small.window(Page::Behavior);
    click(&mut harness, "Figures");
    settle(&mut harness);
    harness
}

fn figure(harness: &Harness<'_, Shell>) -> Figure {
    let shown = session(harness).timeline.figure.clone().expect("a figure was computed");
    (*shown.found.as_ref().expect("there is a figure").figure).clone()
}

/// The animals of the ethogram and the labels of each.
fn rows(harness: &Harness<'_, Shell>) -> Vec<(String, Vec<String>)> {
    let Figure::Raster(raster) = figure(harness) else { panic!("no ethogram") };
    let labels = |row: &crate::behavior::figures::RasterRow| {
        row.pieces.iter().map(|piece| raster.labels[piece.label].name.clone()).collect()
    };
    raster.rows.iter().map(|row| (row.name.clone(), labels(row))).collect()
}

fn row(name: &str, labels: &[&str]) -> (String, Vec<String>) {
    (name.to_owned(), labels.iter().map(|label| (*label).to_owned()).collect())
}

fn type_into(harness: &mut Harness<'_, Shell>, label: &str, text: &str) {
    harness.get_by_role_and_label(egui::accesskit::Role::TextInput, label).focus();
    harness.run_steps(2);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    harness.key_press(egui::Key::Delete);
    harness.run_steps(2);
    if !text.is_empty() {
        harness.event(egui::Event::Text(text.to_owned()));
    }
    settle(harness);
}

#[test]
fn an_ethogram_shows_the_chosen_animals_layer_and_stretch_and_a_click_leads_to_the_timeline() {
    let small = described();
    let mut harness = window(&small);
    let both = [row("A0", &["chase", "huddle"]), row("A1", &["rearing", "feeding"])];
    let mut found = rows(&harness);
    found[0].1.sort();
    assert_eq!(found, both);
    harness.get_by_label("4 of 4 segments nobody has reviewed; they are shown too.");
    click(&mut harness, "Human");
    assert_eq!(rows(&harness), [row("A0", &[]), row("A1", &[])], "people said nothing yet");
    let Figure::Raster(raster) = figure(&harness) else { panic!("no ethogram") };
    assert_eq!(raster.rows[0].unreviewed.first(), Some(&(0..FRAMES)));
    click(&mut harness, "Merged");
    click(&mut harness, "A0");
    assert_eq!(rows(&harness), [row("A1", &["rearing", "feeding"])]);
    type_into(&mut harness, "Frames", "7");
    assert_eq!(rows(&harness), [row("A1", &["feeding"])]);
    type_into(&mut harness, "to", "3");
    harness.get_by_label("A stretch is two frames from 0 to 11, the first before the last.");
    type_into(&mut harness, "to", "");
    assert_eq!(session(&harness).timeline.view, BehaviorView::Figures);
    // The middle of the row is right of its names: a frame in the stretch.
    click(&mut harness, "Ethogram of A1");
    assert_eq!(session(&harness).timeline.view, BehaviorView::Timeline);
    let frame = session(&harness).cursor.frame;
    assert!((7..FRAMES).contains(&frame), "{frame}");
}

#[test]
fn a_cell_of_the_matrix_leads_to_where_one_follows_the_other() {
    let small = described();
    let mut harness = window(&small);
    click(&mut harness, "Transitions");
    let Figure::Transitions(found) = figure(&harness) else { panic!("no transitions") };
    assert_eq!(found.matrices[0].places.len(), 2);
    click(&mut harness, "huddle is followed by chase: 1×, share 1.000");
    assert_eq!((session(&harness).timeline.view, session(&harness).cursor.frame), (BehaviorView::Timeline, 6));
}

#[test]
fn every_kind_of_figure_is_shown() {
    let small = described();
    let mut harness = window(&small);
    click(&mut harness, "Time budget");
    harness.get_by_label("Time budget of A1");
    click(&mut harness, "Bout lengths");
    let Figure::Lengths(found) = figure(&harness) else { panic!("no lengths") };
    assert_eq!(found.panels.len(), 4);
    harness.get_by_label("feeding");
    click(&mut harness, "Groups");
    click(&mut harness, "Latency");
    let Figure::Comparison(found) = figure(&harness) else { panic!("no comparison") };
    assert_eq!(found.panels.len(), 4);
    harness.get_by_label_contains("The recordings name no two groups");
}

#[test]
fn figures_are_saved_and_replace_nothing_unasked() {
    let small = described();
    let mut harness = window(&small);
    let name = Project::open_read_only(&small.path).unwrap().only_recording().unwrap().name;
    let file = |kind: &str, ending: &str| small.path.with_file_name(format!("{name}_{kind}.{ending}"));
    fs::write(file("ethogram", "svg"), "mine").unwrap();
    click(&mut harness, "Save SVG");
    harness.get_by_label("A file of that name is there. Nothing is written yet.");
    assert_eq!(fs::read_to_string(file("ethogram", "svg")).unwrap(), "mine");
    click(&mut harness, "Replace the SVG");
    let svg = fs::read_to_string(file("ethogram", "svg")).unwrap();
    assert!(svg.starts_with("<svg ") && svg.contains("what counts"), "{svg}");
    click(&mut harness, "Save numbers (CSV)");
    assert_eq!(fs::read_to_string(file("ethogram", "csv")).unwrap(), figure(&harness).to_csv());
    click(&mut harness, "Save PNG");
    let picture = image::open(file("ethogram", "png")).unwrap();
    assert_eq!(picture.width(), 3000, "960 units at 300 pixels per inch");
    click(&mut harness, "Groups");
    click(&mut harness, "Save numbers (CSV)");
    assert!(file("groups_time", "csv").exists() && file("groups_time_tests", "csv").exists());
}
