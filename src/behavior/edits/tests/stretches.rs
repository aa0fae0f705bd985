//! What is said of many stretches at once.

use super::*;

fn of(animal: u8, start_frame: u32, stop_frame: u32) -> Stretch {
    Stretch { animal: AnimalId(animal), partner: None, start_frame, stop_frame }
}

fn with(animal: u8, frames: [u32; 2], partner: u8) -> Stretch {
    Stretch { partner: Some((AnimalId(partner), SocialRole::Actor)), ..of(animal, frames[0], frames[1]) }
}

#[test]
fn stretches_of_several_animals_get_a_label_and_those_that_touch_are_one_bout() {
    check(
        &[
            "A0 0..5 stationary",
            "A0 5..30 rearing mine",
            "A0 30..40 locomotion",
            "A1 0..90 feeding",
            "A1 90..100 rearing mine",
        ],
        |t| t.paint_all(&[of(0, 20, 30), of(1, 90, 120), of(0, 5, 20)], "rearing"),
    );
    let title = |t: Timeline<'_>| t.paint_all(&[of(0, 0, 5), of(1, 0, 5)], "rearing").unwrap().title;
    let (layer, vocabulary, animals) = (layer(), vocabulary(), names());
    let timeline = Timeline {
        segments: &layer,
        vocabulary: &vocabulary,
        animals: &animals,
        frame_count: FRAMES,
        next_id: SegmentId(50),
        clips: &[],
    };
    assert_eq!(title(timeline), "Label 2 clips as rearing");
}

#[test]
fn what_says_so_already_is_accepted_where_it_was_seen_and_stays_unreviewed_beyond() {
    check(&["A0 0..20 stationary accepted"], |t| t.paint_all(&[of(0, 0, 20)], "stationary"));
    check(&["A0 0..5 stationary", "A0 5..10 stationary accepted", "A0 10..20 stationary"], |t| {
        t.paint_all(&[of(0, 5, 10)], "stationary")
    });
    // Of a bout that nobody has seen, the frames beyond the stretch are not said to be seen.
    check(&["A0 0..15 stationary", "A0 15..30 stationary mine", "A0 30..40 locomotion"], |t| {
        t.paint_all(&[of(0, 15, 30)], "stationary")
    });
    // One with somebody else is another behaviour.
    check(&["A0 50..60 chase accepted", "A0 60..70 chase"], |t| t.paint_all(&[with(0, [50, 60], 1)], "chase"));
    check(&["A0 50..60 chase mine", "A0 60..70 chase"], |t| t.paint_all(&[with(0, [50, 60], 2)], "chase"));
}

#[test]
fn what_a_person_has_seen_becomes_longer_where_the_same_is_said_beside_it() {
    let mut seen = layer();
    seen[0].segment.status = SegmentStatus::Accepted;
    let paint = |t: Timeline<'_>| t.paint_all(&[of(0, 20, 30)], "stationary");
    assert_eq!(after(&seen, paint), ["A0 0..30 stationary mine", "A0 30..40 locomotion"]);
    assert_eq!(after(&seen, |t| t.paint_all(&[of(0, 3, 20)], "stationary")), Vec::<String>::new());
}

#[test]
fn accepted_pieces_of_a_segment_become_whole_again() {
    let accept = |t: Timeline<'_>| t.accept_all(&[of(0, 0, 10), of(0, 30, 55)]);
    check(
        &[
            "A0 0..10 stationary accepted",
            "A0 10..20 stationary",
            "A0 20..30 locomotion",
            "A0 30..40 locomotion accepted",
            "A0 50..55 chase accepted",
            "A0 55..70 chase",
        ],
        accept,
    );
    let mut pieces = layer();
    pieces[0].segment.stop_frame = 10;
    pieces[0].segment.status = SegmentStatus::Accepted;
    pieces.push(PlacedSegment { id: SegmentId(6), segment: segment(0, [10, 20], "stationary") });
    assert_eq!(
        after(&pieces, |t| t.accept_all(&[of(0, 8, 25)])),
        ["A0 0..20 stationary accepted", "A0 20..25 locomotion accepted", "A0 25..40 locomotion", "row 1 gone"]
    );
}

#[test]
fn what_is_cleared_is_not_reviewed_and_what_makes_no_sense_is_refused() {
    check(&["A0 0..10 stationary", "A0 30..40 locomotion"], |t| t.clear_all(&[of(0, 10, 20), of(0, 20, 30)]));
    check(&["\"sneeze\" is a moment and does not last; insert it at a frame"], |t| {
        t.paint_all(&[of(0, 0, 5)], "sneeze")
    });
    check(&["no segment is chosen; choose at least one"], |t| t.accept_all(&[]));
    assert!(after(&layer(), |t| t.paint_all(&[of(0, 0, 5)], "flying"))[0].contains("flying"));
}
