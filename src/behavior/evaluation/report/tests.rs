//! Pages are whole, safe and say what the figures say, also where there is nothing.

use super::super::{EvaluationOptions, Interval, RecordingPair, evaluate};
use super::*;
use crate::model::AnimalId;

fn texts(title: &str) -> ReportTexts {
    ReportTexts { title: title.to_owned(), found: "rules".to_owned(), truth: "a person".to_owned(), notes: Vec::new() }
}

fn piece(animal: u8, label: &str, start_frame: u32, stop_frame: u32) -> Interval {
    Interval { animal: AnimalId(animal), start_frame, stop_frame, label: label.to_owned(), confidence: None }
}

fn page(pair: RecordingPair) -> String {
    let options = EvaluationOptions::default();
    let lanes = Lanes::of(&[pair], &options);
    render(&lanes, &evaluate(&lanes, &options), &texts("A <script> & more"), &Vocabulary::mouse())
}

fn recording(found: Vec<Interval>, truth: Vec<Interval>) -> RecordingPair {
    RecordingPair {
        name: "r".to_owned(),
        fps: 30.0,
        frame_count: 300,
        animals: vec!["A0".to_owned(), "A1".to_owned()],
        found,
        truth,
        ..RecordingPair::default()
    }
}

/// Every tag that is opened is closed, in order.
fn assert_whole(page: &str) {
    const VOID: [&str; 3] = ["!doctype", "meta", "!--"];
    let mut open: Vec<&str> = Vec::new();
    for tag in page.split('<').skip(1) {
        let inner = tag.split('>').next().unwrap();
        let name = inner.trim_start_matches('/').split([' ', '\n']).next().unwrap();
        if inner.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "closed in the wrong order");
        } else if !inner.ends_with('/') && !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert_eq!(open, [] as [&str; 0]);
}

#[test]
fn a_page_is_whole_and_needs_nothing_from_elsewhere() {
    let page = page(recording(
        vec![piece(0, "chase", 0, 90), piece(0, "contact", 90, 200), piece(1, "huddle \"<b>\"", 10, 40)],
        vec![piece(0, "chase", 10, 100), piece(0, "contact", 100, 190), piece(1, "huddle \"<b>\"", 12, 44)],
    ));
    assert_whole(&page);
    for foreign in ["<script", "http://", "https://", "url(", "@import", "src="] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    assert!(page.contains("A &lt;script&gt; &amp; more") && page.contains("huddle &quot;&lt;b&gt;&quot;"));
    assert!(
        page.contains("prefers-color-scheme: dark") && page.contains("#d55e00"),
        "the vocabulary's colour of chase"
    );
    assert!(page.contains("<title>chase, 0.33 to 3.33 s</title>"), "the truth");
    assert!(!page.contains("NaN") && !page.contains("inf"), "numbers are numbers");
}

#[test]
fn empty_sides_are_said() {
    let nothing = page(recording(Vec::new(), Vec::new()));
    assert_whole(&nothing);
    assert!(nothing.contains("nothing labelled") && nothing.contains("Neither side has a label."));
    assert!(nothing.contains("Kappa is not defined") && nothing.contains("Neither side has a segment."));
    assert!(!nothing.contains("NaN"));
    let missed = page(recording(Vec::new(), vec![piece(0, "chase", 0, 90)]));
    assert!(missed.contains("No two segments of one label overlap enough"));
    let no_frames = page(RecordingPair { frame_count: 0, ..recording(Vec::new(), Vec::new()) });
    assert!(no_frames.contains("no frames") && no_frames.contains("There is no frame to show."));
    assert_whole(&render(
        &Lanes::default(),
        &evaluate(&Lanes::default(), &EvaluationOptions::default()),
        &texts(""),
        &Vocabulary::mouse(),
    ));
}

#[test]
fn several_labels_at_once_have_a_row_each() {
    let page = page(recording(
        vec![piece(0, "chase", 0, 90), piece(0, "contact", 50, 120)],
        vec![piece(0, "chase", 0, 90), piece(0, "contact", 60, 110)],
    ));
    assert_whole(&page);
    assert_eq!(page.matches("<span title=\"contact\">").count(), 1, "A1 does nothing and has strips");
    assert_eq!(page.matches("nothing labelled").count(), 2);
}

#[test]
fn frames_that_nobody_reviewed_are_shown_as_such() {
    let mut given = recording(vec![piece(0, "chase", 0, 90)], vec![piece(0, "chase", 0, 90)]);
    given.reviewed = Some(vec![vec![0..60, 100..300], Vec::new()]);
    let page = page(given);
    assert!(
        page.contains("<title>not reviewed, 2.00 to 3.33 s</title>") && page.contains("frames that nobody reviewed")
    );
}

#[test]
fn long_recordings_make_no_long_page() {
    let pieces: Vec<Interval> = (0..4_000).map(|at| piece(0, "chase", at * 25, at * 25 + 13)).collect();
    let given =
        RecordingPair { frame_count: 100_000, animals: vec!["A0".to_owned()], ..recording(pieces.clone(), pieces) };
    assert!(page(given).len() < 1_000_000);
}

#[test]
fn counts_fit_their_cells() {
    for (count, text) in
        [(7, "7"), (9_999, "9999"), (10_000, "10k"), (12_345, "12k"), (999_499, "999k"), (1_250_000, "1.2M")]
    {
        assert_eq!(confusion::short(count), text);
    }
    assert_eq!(grouped(1_234_567), "1\u{2009}234\u{2009}567");
    assert_eq!(escaped("a\u{7}b"), "a b");
}
