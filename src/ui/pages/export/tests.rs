//! The export of timelines by label: what is said before, what is written.

use std::fs;

use egui_kittest::kittest::Queryable as _;

use crate::app::Page;
use crate::store::Project;
use crate::ui::pages::behavior::tests::described;
use crate::ui::testing::click;

#[test]
fn a_timeline_is_told_before_it_is_written_and_unreviewed_segments_are_never_silent() {
    let small = described();
    let mut harness = small.window(Page::Export);
    click(&mut harness, "Timelines");
    harness.get_by_label("4 segments of the merged layer will be written.");
    harness.get_by_label("4 of them nobody has reviewed; they are written too.");
    harness.get_by_label_contains(",A0,,huddle,0,6,It does huddle.");
    click(&mut harness, "Write the file");
    let name = Project::open_read_only(&small.path).unwrap().only_recording().unwrap().name;
    let file = small.path.with_file_name(format!("{name}_behavior.csv"));
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().count(), 5, "{text}");

    click(&mut harness, "Reviewed segments only");
    harness.get_by_label("4 segments that nobody has reviewed are left out.");
    harness.get_by_label("0 segments of the merged layer will be written.");
    click(&mut harness, "Write the file");
    assert_eq!(fs::read_to_string(&file).unwrap(), text, "there is nothing to write, so nothing is");
    click(&mut harness, "Reviewed segments only");
    click(&mut harness, "Human");
    harness.get_by_label_contains("human");
    assert!(harness.query_by_label_contains("will be written.").is_none(), "people said nothing");

    click(&mut harness, "Merged");
    click(&mut harness, "Vectors");
    harness.get_by_label_contains("A0,0,huddle");
    click(&mut harness, "Write the file");
    let vectors = fs::read_to_string(small.path.with_file_name(format!("{name}_vectors.csv"))).unwrap();
    assert_eq!(vectors.lines().count(), 1 + 2 * 12);
    click(&mut harness, "Story");
    harness.get_by_label_contains("Nobody reviewed this yet.");
    assert!(!small.path.with_file_name(format!("{name}_story.txt")).exists(), "shown, not written");
}
