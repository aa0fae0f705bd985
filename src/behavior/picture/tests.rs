//! The picture of a made-up run: which segments are shown, and that what it says stands where it should.

use super::page::wrapped;
use super::*;
use crate::model::timeline::{BehaviorSource, SegmentKind, SegmentStatus, SocialRole};
use crate::recording::GrayPixels;
use crate::vlm::pen::{Face, text_width};

fn segment(animal: u8, start_frame: u32, stop_frame: u32, label: &str) -> Segment {
    Segment {
        animal: AnimalId(animal),
        start_frame,
        stop_frame,
        kind: SegmentKind::State,
        label: label.to_owned(),
        description: "It goes along the wall.".to_owned(),
        partner: None,
        role: SocialRole::None,
        confidence: Some(0.5),
        status: SegmentStatus::Unreviewed,
        source: BehaviorSource::Rules,
        modifiers: Vec::new(),
        clips: Vec::new(),
    }
}

#[test]
fn every_label_and_animal_is_shown_before_any_again() {
    let segments = [
        segment(0, 0, 100, "locomotion"),
        segment(0, 100, 400, "stationary"),
        segment(0, 400, 401, "chase"),
        segment(1, 0, 90, "locomotion"),
        segment(1, 90, 400, "stationary"),
        segment(1, 400, 400, "rearing"),
    ];
    assert_eq!(chosen(&segments, 3), [0, 4, 2], "the longest of each label, then of the other animal");
    assert_eq!(chosen(&segments, 12), [0, 3, 4, 1, 2], "in the order of time; what lasts no frame is not shown");
    assert!(chosen(&[], 12).is_empty());
}

#[test]
fn the_picture_has_lanes_in_the_labels_colours_and_asks_for_middles() {
    let vocabulary = Vocabulary::mouse();
    let animals = ["A0".to_owned(), "A1".to_owned()];
    let segments = [segment(0, 0, 300, "locomotion"), segment(1, 100, 200, "unheard of"), segment(7, 0, 9, "chase")];
    let run = TimelinePicture {
        title: "A run",
        animals: &animals,
        segments: &segments,
        vocabulary: &vocabulary,
        frame_count: 300,
        fps: 30.0,
    };
    let mut asked = Vec::new();
    let image = run.render(|frame, animal| {
        asked.push((frame, animal.0));
        let focus = Some(([40.0, 30.0], if frame == 150 { f32::NAN } else { 20.0 }));
        let pixels = GrayPixels::U8((0..80 * 60).map(|at| (at % 251) as u8).collect());
        (animal.0 < 2).then_some(Scene { frame: GrayFrame { width: 80, height: 60, pixels }, focus })
    });
    assert_eq!(asked, [(150, 0), (4, 7), (150, 1)]);
    assert_eq!(image.width(), 1600);
    let locomotion = image::Rgb(rgb_of("#56b4e9").unwrap());
    let count = |color: image::Rgb<u8>| image.pixels().filter(|pixel| **pixel == color).count();
    // The lane is 46 pixels high and nearly as wide as the page; the name of the label is written on it.
    assert!((50_000..70_000).contains(&count(locomotion)), "{}", count(locomotion));
    let other = image::Rgb(run.colour_of("unheard of"));
    assert!((15_000..24_000).contains(&count(other)), "a third of a lane: {}", count(other));
}

#[test]
fn text_is_broken_where_it_fits() {
    let text = "The animal walks along the wall and then turns towards the other one, which rests.";
    let lines = wrapped(Face::Sans, text, 19.0, 300.0, 9);
    assert!(lines.len() > 1 && lines.iter().all(|line| text_width(Face::Sans, line, 19.0) <= 300.0));
    assert_eq!(lines.join(" "), text);
    let cut = wrapped(Face::Sans, text, 19.0, 300.0, 2);
    assert_eq!(cut.len(), 2);
    assert!(cut[1].ends_with('…') && text_width(Face::Sans, &cut[1], 19.0) <= 300.0);
    assert_eq!(wrapped(Face::Sans, "Donaudampfschifffahrt", 19.0, 50.0, 2).len(), 1, "too long a word is cut");
    assert_eq!(rgb_of("#0072b2"), Some([0, 114, 178]));
    assert_eq!([rgb_of("0072b2"), rgb_of("#00"), rgb_of("#00zz00")], [None; 3]);
}
