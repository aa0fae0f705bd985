//! Measures of bodies made by hand, whose values are known, with points that are missing.

use super::*;
use crate::model::{AnimalTrack, Part, Tracks};

const FRAMES: u32 = 40;
const NAMES: [&str; 6] = ["nose", "left ear", "right ear", "neck", "center back", "tail base"];
const OFFSETS: [[f32; 2]; 6] = [[50.0, 0.0], [40.0, -8.0], [40.0, 8.0], [30.0, 0.0], [0.0, 0.0], [-50.0, 0.0]];

/// Animals 100 units long that head to +x: each moves from its place by so much in a frame. The second is not seen from frame 20
/// on, which is too long to be closed.
fn bodies(places: &[([f32; 2], f32)]) -> Bodies {
    let track = |(at, (place, by)): (usize, &([f32; 2], f32))| {
        let points = (0..FRAMES).flat_map(|frame| {
            let is_seen = at != 1 || frame < 20;
            OFFSETS.map(|[x, y]| match is_seen {
                true => [place[0] + x + frame as f32 * by, place[1] + y],
                false => [f32::NAN; 2],
            })
        });
        AnimalTrack { points: points.collect(), heights: Vec::new() }
    };
    let animals = places.iter().enumerate().map(track).collect();
    let parts = NAMES.map(Part::named).to_vec();
    Bodies::of(&Tracks { frame_count: FRAMES, fps: 30.0, parts, animals, mm_per_unit: None })
}

/// The values of a measure in a frame while all are seen, and after the second is gone.
fn values(bodies: &Bodies, zones: &[Zone], measure: Measure, animal: usize, partner: Option<usize>) -> [f32; 2] {
    let values = Measures::new(bodies, zones).values(&measure, animal, partner);
    assert_eq!(values.len(), FRAMES as usize);
    [values[10], values[30]]
}

fn is_near(found: f32, expected: f32) -> bool {
    (found - expected).abs() < 1e-3
}

#[test]
fn a_pair_is_measured_where_both_are_seen_and_has_a_gap_where_one_is_not() {
    // The second is 120 units ahead of the first and as fast.
    let two = bodies(&[([0.0, 0.0], 5.0), ([120.0, 0.0], 5.0)]);
    for (measure, expected) in [
        (Measure::Distance, 1.2),
        (Measure::NearestParts, 0.2),
        (Measure::NoseToNose, 1.2),
        (Measure::NoseToTailBase, 0.2),
        (Measure::NoseToBody, 0.2),
        (Measure::FacingAngle, 0.0),
        (Measure::HeadingDifference, 0.0),
        (Measure::Approach, 1.5),
    ] {
        for partner in [Some(1), None] {
            let [seen, gone] = values(&two, &[], measure.clone(), 0, partner);
            assert!(is_near(seen, expected), "{measure:?} {seen}");
            assert!(gone.is_nan(), "{measure:?} {gone}");
        }
        let [_, gone] = values(&two, &[], measure.clone(), 1, Some(0));
        assert!(gone.is_nan(), "{measure:?} {gone}");
    }
    let behind = values(&two, &[], Measure::FacingAngle, 1, Some(0));
    assert!(is_near(behind[0], 180.0), "{behind:?}");
    for (apart, expected) in [(102.0, 1.0), (190.0, 0.0)] {
        let [seen, gone] = values(&bodies(&[([0.0, 0.0], 0.0), ([apart, 0.0], 0.0)]), &[], Measure::Contact, 0, None);
        assert!(seen == expected && gone.is_nan(), "{seen} {gone}");
    }
}

#[test]
fn the_nearest_is_another_one_from_frame_to_frame_and_a_chosen_one_stays() {
    let three = bodies(&[([0.0, 0.0], 0.0), ([100.0, 60.0], 0.0), ([300.0, 0.0], 0.0)]);
    let nearest = values(&three, &[], Measure::Distance, 0, None);
    assert!(is_near(nearest[0], 1.1662) && is_near(nearest[1], 3.0), "{nearest:?}");
    let chosen = values(&three, &[], Measure::Distance, 0, Some(2));
    assert!(is_near(chosen[0], 3.0) && is_near(chosen[1], 3.0), "{chosen:?}");
    assert!(values(&three, &[], Measure::Distance, 0, Some(0))[0].is_nan(), "nobody is their own partner");
    assert!(values(&three, &[], Measure::Distance, 0, Some(7))[0].is_nan());
}

#[test]
fn what_is_not_seen_has_no_value_and_is_not_zero() {
    let two = bodies(&[([0.0, 0.0], 5.0), ([400.0, 0.0], 5.0)]);
    let zones =
        [Zone { name: "food".to_owned(), corners: vec![[80.0, -50.0], [480.0, -50.0], [480.0, 50.0], [80.0, 50.0]] }];
    let food = Measure::Zone("food".to_owned());
    for (measure, expected) in [
        (Measure::Speed, 1.5),
        (Measure::TurningSpeed, 0.0),
        (Measure::MovementInPlace, 0.0),
        (Measure::Elongation, 1.0),
        // Its nose is 20 units from the border, inside.
        (food.clone(), -0.2),
    ] {
        let [seen, _] = values(&two, &zones, measure.clone(), 0, None);
        assert!(is_near(seen, expected), "{measure:?} {seen}");
        let [_, gone] = values(&two, &zones, measure.clone(), 1, None);
        assert!(gone.is_nan(), "{measure:?} {gone}");
    }
    let measures = Measures::new(&two, &[]);
    assert!(measures.why_not(&food).is_some() && measures.values(&food, 0, None).iter().all(|it| it.is_nan()));
}

#[test]
fn a_head_is_as_high_as_those_of_its_parts_that_are_known() {
    let flat = bodies(&[([0.0, 0.0], 1.0)]);
    assert!(Measures::new(&flat, &[]).why_not(&Measure::HeadHeight).is_some());
    assert!(values(&flat, &[], Measure::HeadHeight, 0, None)[0].is_nan());
    let mut tall = flat;
    let heights = |frame: u32| match frame {
        10 => [80.0, f32::NAN, 60.0, 70.0, 30.0, 10.0],
        _ => [f32::NAN; 6],
    };
    tall.animals[0].heights = (0..FRAMES).flat_map(heights).collect();
    let [known, unknown] = values(&tall, &[], Measure::HeadHeight, 0, None);
    assert!(is_near(known, 0.7) && unknown.is_nan());
    assert_eq!(Measures::new(&tall, &[]).why_not(&Measure::HeadHeight), None);
}

#[test]
fn what_cannot_be_measured_in_a_recording_says_why() {
    let alone = bodies(&[([0.0, 0.0], 1.0)]);
    let measures = Measures::new(&alone, &[]);
    assert!(Measure::all(&[]).iter().filter(|it| it.is_of_pair()).all(|it| measures.why_not(it).is_some()));
    assert_eq!(measures.why_not(&Measure::Speed), None);
    let points = (0..FRAMES).map(|frame| [frame as f32, 0.0]).collect::<Vec<_>>();
    let animals = vec![AnimalTrack { points: points.clone(), heights: Vec::new() }; 2];
    let parts = vec![Part::named("centroid")];
    let dots = Bodies::of(&Tracks { frame_count: FRAMES, fps: 30.0, parts, animals, mm_per_unit: None });
    let measures = Measures::new(&dots, &[]);
    let can = |measure: &Measure| measures.why_not(measure).is_none();
    assert!(can(&Measure::Speed) && can(&Measure::Distance) && can(&Measure::Approach));
    for measure in [Measure::FacingAngle, Measure::TurningSpeed, Measure::NoseToNose, Measure::MovementInPlace] {
        assert!(!can(&measure), "{measure:?}");
    }
}

#[test]
fn ids_are_unique_and_found_again_and_values_are_read_with_their_units() {
    let zones = [Zone { name: "water spout".to_owned(), corners: Vec::new() }];
    let all = Measure::all(&zones);
    let mut ids: Vec<String> = all.iter().map(Measure::id).collect();
    assert!(all.iter().all(|measure| Measure::of_id(&measure.id()).as_ref() == Some(measure)));
    assert!(all.iter().all(|measure| measure.words().definition.ends_with('.')));
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all.len());
    assert_eq!(Measure::of_id("no such"), None);
    assert_eq!(Measure::Speed.words().value(1.26), "1.3 body lengths/s");
    assert_eq!(Measure::FacingAngle.words().short_value(44.6), "45°");
    assert_eq!(Measure::Approach.words().short_value(-0.01), "0.0 BL/s");
    assert_eq!(Measure::Contact.words().value(1.0), "yes");
    assert_eq!(Measure::Contact.words().value(f32::NAN), "not measured");
}
