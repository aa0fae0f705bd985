//! Searches whose answers were found by hand.

use super::*;

/// Three mice at 10 frames per second. Positions of segments are those in the answers below.
fn first() -> Vec<Segment> {
    let said = |segment: Segment, confidence: f32, description: &str| Segment {
        confidence: Some(confidence),
        description: description.to_owned(),
        ..segment
    };
    let social =
        |segment: Segment, partner: u8, role: SocialRole| Segment { partner: Some(AnimalId(partner)), role, ..segment };
    let judged = |segment: Segment, status: SegmentStatus| Segment { status, ..segment };
    vec![
        said(segment(0, 0, 20, "locomotion"), 0.9, "A0 runs to the food."),
        judged(said(segment(0, 20, 60, "feeding"), 0.7, "A0 eats; its\nNose is in the food."), SegmentStatus::Accepted),
        said(social(segment(0, 70, 90, "chase"), 2, SocialRole::Actor), 0.95, "A0 follows A2."),
        judged(
            said(social(segment(0, 90, 150, "huddle"), 1, SocialRole::Mutual), 0.6, "A0 rests against A1."),
            SegmentStatus::Edited,
        ),
        said(
            social(segment(0, 150, 155, "oral_genital_contact"), 1, SocialRole::Actor),
            0.8,
            "Its nose is at the tail base of A1.",
        ),
        segment(0, 155, 200, "stationary"),
        segment(1, 0, 90, "stationary"),
        said(social(segment(1, 90, 150, "huddle"), 0, SocialRole::Mutual), 0.5, "A1 rests against A0."),
        social(segment(1, 150, 155, "oral_genital_contact"), 0, SocialRole::Recipient),
        said(segment(1, 155, 185, "Eating"), 0.9, "A1 stays at the tray."),
        said(social(segment(1, 185, 200, "chase"), 0, SocialRole::Actor), 0.4, "A1 follows A0."),
        social(segment(2, 0, 70, "watching"), 0, SocialRole::Actor),
        social(segment(2, 70, 90, "chase"), 0, SocialRole::Recipient),
        social(segment(2, 90, 120, "withdrawal"), 0, SocialRole::Actor),
        segment(2, 120, 200, "not_seen"),
    ]
}

/// Two mice at 20 frames per second.
fn second() -> Vec<Segment> {
    let social =
        |segment: Segment, partner: u8, role: SocialRole| Segment { partner: Some(AnimalId(partner)), role, ..segment };
    vec![
        segment(0, 0, 40, "feeding"),
        social(segment(0, 100, 140, "chase"), 1, SocialRole::Actor),
        Segment { description: "A0 wipes its nose.".to_owned(), ..segment(0, 140, 200, "grooming_face") },
        segment(1, 0, 100, "locomotion"),
        social(segment(1, 100, 140, "chase"), 0, SocialRole::Recipient),
        segment(1, 140, 200, "feeding"),
    ]
}

/// Each query with the segments of the first recording that it means, and those of the second.
const ANSWERS: [(&str, &[usize], &[usize]); 30] = [
    ("chase", &[2, 10, 12], &[1, 4]),
    ("chase after feeding within 2 s", &[2, 10], &[]),
    ("chase after feeding", &[2, 10], &[1]),
    ("chase after feeding within 60 frames", &[2, 10], &[1]),
    ("chase not after feeding", &[12], &[4]),
    ("feeding before chase within 1 s", &[1, 9], &[]),
    ("feeding before chase within 0.9 s", &[9], &[]),
    ("label:chase animal:A0 partner:A2 longer 1 s", &[2], &[]),
    ("label:chase animal:A0 partner:A2 longer 1 s in food \"nose\"", &[], &[]),
    ("in food \"nose is in\"", &[1], &[]),
    ("oral genital contact", &[4, 8], &[]),
    ("oral-genital contact as actor", &[4], &[]),
    ("label:\"running after\" by A0", &[2], &[1]),
    ("eating", &[1, 9], &[0, 5]),
    ("social longer than 3 s", &[3, 7, 11, 13], &[]),
    ("huddle or chase with A1", &[3], &[1]),
    ("huddle during (huddle animal:any)", &[3, 7], &[]),
    ("chase during (feeding animal:any)", &[], &[]),
    ("stationary during (huddle animal:any)", &[], &[]),
    ("watching during (eating animal:partner)", &[11], &[]),
    ("oral genital contact after huddle by A1", &[4, 8], &[]),
    ("withdrawal after (chase animal:partner) within 0 s", &[13], &[]),
    ("chase or feeding before (withdrawal animal:any) within 500 ms", &[2, 12], &[]),
    ("chase after (feeding after locomotion within 1 s) within 2 s", &[2], &[]),
    ("in food", &[1, 8, 9], &[]),
    ("in \"nest box\" longer 5 s", &[11], &[]),
    ("confidence above 0.8 confidence below 0.9", &[0, 4, 9], &[]),
    ("reviewed", &[1, 3], &[]),
    ("recording:one partner:none shorter 30 frames", &[0, 9], &[]),
    ("group:\"treated \\\"B\\\"\" grooming_face \"wipes its nose\"", &[], &[2]),
];

#[test]
fn thirty_searches_find_what_was_found_by_hand() {
    let (one, two, lexicon) = (first(), second(), lexicon());
    let animals = ["A0", "A1", "A2"].map(str::to_owned);
    let mut places = visits(AnimalId(0), "food", (0..200).map(|frame| (15..60).contains(&frame)));
    places.extend(visits(AnimalId(1), "food", (0..200).map(|frame| (150..170).contains(&frame))));
    places.extend(visits(AnimalId(2), "nest box", (0..200).map(|frame| frame < 100)));
    assert_eq!(places.len(), 3);
    let timelines = [
        SearchedTimeline {
            recording: "one",
            group: Some("control"),
            fps: 10.0,
            animals: &animals,
            segments: &one,
            visits: &places,
        },
        SearchedTimeline {
            recording: "two",
            group: Some("treated \"B\""),
            fps: 20.0,
            animals: &animals[..2],
            segments: &two,
            visits: &[],
        },
    ];
    for (query, in_first, in_second) in ANSWERS {
        let filter = parse(query, &lexicon).unwrap_or_else(|error| panic!("{query}: {error}"));
        let of = |timeline: usize, segments: &[usize]| {
            segments.iter().map(|segment| Hit { timeline, segment: *segment }).collect::<Vec<_>>()
        };
        let expected = [of(0, in_first), of(1, in_second)].concat();
        assert_eq!(find(&filter, &timelines, &lexicon), expected, "{query}, shown as {filter}");
    }
}
