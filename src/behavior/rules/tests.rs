//! Scenes of known behaviour.

use super::*;
use crate::behavior::bodies::Bodies;
use crate::behavior::zones::Zone;
use crate::model::{AnimalId, AnimalTrack, Caption, Part, SocialRole, Tracks};

const FPS: f64 = 30.0;

/// An animal 100 units long whose middle and heading (degrees) are given by frame.
fn animal(frames: u32, place: impl Fn(f32) -> ([f32; 2], f32)) -> AnimalTrack {
    let offsets = [[50.0, 0.0], [40.0, -8.0], [40.0, 8.0], [30.0, 0.0], [0.0, 0.0], [-50.0, 0.0], [-90.0, 0.0]];
    let points = (0..frames).flat_map(|frame| {
        let ([x, y], degrees) = place(frame as f32 / FPS as f32);
        let (sin, cos) = degrees.to_radians().sin_cos();
        offsets.map(|[along, across]| [x + along * cos - across * sin, y + along * sin + across * cos])
    });
    AnimalTrack { points: points.collect(), heights: Vec::new() }
}

fn bodies(frames: u32, animals: Vec<AnimalTrack>, mm_per_unit: Option<f64>) -> Bodies {
    let names = ["nose", "left ear", "right ear", "neck", "center back", "tail base", "tail tip"];
    let parts = names.map(Part::named).to_vec();
    Bodies::of(&Tracks { frame_count: frames, fps: FPS, parts, animals, mm_per_unit })
}

fn said(bodies: &Bodies, zones: &[Zone], animal: u8, frames: std::ops::Range<u32>) -> Caption {
    let (rules, names) = (Rules::mouse(), ["A0", "A1", "A2"].map(str::to_owned));
    Describer::new(bodies, zones, &rules, &names).describe(AnimalId(animal), frames)
}

#[test]
fn a_chase_has_one_who_follows_and_one_who_is_followed() {
    // 200 units a second, and the other's tail base 20 before the nose.
    let bodies = bodies(
        90,
        vec![animal(90, |t| ([200.0 * t, 0.0], 0.0)), animal(90, |t| ([120.0 + 200.0 * t, 0.0], 0.0))],
        Some(0.8),
    );
    let chaser = said(&bodies, &[], 0, 10..60);
    assert_eq!((chaser.label.as_str(), chaser.partner, chaser.role), ("chase", Some(AnimalId(1)), SocialRole::Actor));
    assert_eq!(chaser.description, "A0 follows A1 at 0.2 body lengths for 1.7 s at 16 cm/s.");
    let chased = said(&bodies, &[], 1, 10..60);
    assert_eq!((chased.label.as_str(), chased.role), ("chase", SocialRole::Recipient));
    assert_eq!(chased.description, "A1 is followed by A0 at 0.2 body lengths for 1.7 s at 16 cm/s.");
}

#[test]
fn a_short_run_behind_another_is_no_chase() {
    let place = |start: f32| move |t: f32| ([start + 200.0 * t.clamp(1.0, 1.7), 0.0], 0.0);
    let bodies = bodies(90, vec![animal(90, place(0.0)), animal(90, place(180.0))], None);
    assert_ne!(said(&bodies, &[], 0, 30..50).label, "chase");
}

#[test]
fn two_that_rest_together_huddle_only_if_they_stay() {
    let rests = bodies(120, vec![animal(120, |_| ([0.0, 0.0], 0.0)), animal(120, |_| ([0.0, 40.0], 0.0))], None);
    let huddle = said(&rests, &[], 0, 30..60);
    assert_eq!((huddle.label.as_str(), huddle.role, huddle.confidence), ("huddle", SocialRole::Mutual, 1.0));
    let short = bodies(60, vec![animal(60, |_| ([0.0, 0.0], 0.0)), animal(60, |_| ([0.0, 40.0], 0.0))], None);
    assert_ne!(said(&short, &[], 0, 0..60).label, "huddle", "two seconds are too short");
}

#[test]
fn a_nose_at_a_tail_base_is_told_from_a_nose_at_a_nose() {
    // A1 stands across the end of A0's nose with its tail base.
    let circling = |t: f32| ([5.0 * (9.0 * t).sin(), 30.0 * t], 0.0);
    let genital = bodies(
        45,
        vec![
            animal(45, circling),
            animal(45, move |t| {
                let ([x, y], _) = circling(t);
                ([x + 60.0, y + 50.0], 90.0)
            }),
        ],
        None,
    );
    let sniffs = said(&genital, &[], 0, 5..40);
    assert_eq!((sniffs.label.as_str(), sniffs.role), ("oral_genital_contact", SocialRole::Actor));
    assert!(
        sniffs.description.starts_with("A0's nose is at A1's tail base, 0.1 body lengths away, for 1.2 s"),
        "{}",
        sniffs.description
    );
    let sniffed = said(&genital, &[], 1, 5..40);
    assert_eq!((sniffed.label.as_str(), sniffed.role), ("oral_genital_contact", SocialRole::Recipient));
    let facing =
        bodies(45, vec![animal(45, |t| ([0.0, 30.0 * t], 0.0)), animal(45, |t| ([110.0, 30.0 * t], 180.0))], None);
    assert_eq!(said(&facing, &[], 1, 5..40).label, "oral_oral_contact");
}

#[test]
fn going_to_another_is_an_approach_by_the_one_that_goes() {
    let bodies = bodies(60, vec![animal(60, |t| ([100.0 * t, 0.0], 0.0)), animal(60, |_| ([330.0, 0.0], 90.0))], None);
    let goes = said(&bodies, &[], 0, 0..60);
    assert_eq!((goes.label.as_str(), goes.partner), ("approach", Some(AnimalId(1))));
    assert_eq!(goes.description, "A0 goes towards A1, from 3.3 to 1.3 body lengths in 2.0 s at 1.0 body lengths/s.");
    assert_ne!(said(&bodies, &[], 1, 0..60).label, "approach");
}

#[test]
fn what_an_animal_does_alone() {
    let one = |place: fn(f32) -> ([f32; 2], f32)| bodies(60, vec![animal(60, place)], None);
    let label = |bodies: &Bodies| said(bodies, &[], 0, 0..60);
    let walks = label(&one(|t| ([150.0 * t, 0.0], 0.0)));
    assert_eq!(walks.description, "A0 goes 2.9 body lengths in 2.0 s at 1.5 body lengths/s.");
    assert_eq!(walks.label, "locomotion");
    assert_eq!(label(&one(|_| ([0.0, 0.0], 0.0))).label, "stationary");
    let turns = label(&one(|t| ([0.0, 0.0], 60.0 * t)));
    assert_eq!(turns.label, "turning");
    assert!(turns.description.contains("118° to its right"), "y grows downwards: {}", turns.description);
    let zones =
        [Zone { name: "food".to_owned(), corners: vec![[30.0, -30.0], [90.0, -30.0], [90.0, 30.0], [30.0, 30.0]] }];
    assert_eq!(said(&one(|_| ([0.0, 0.0], 0.0)), &zones, 0, 0..60).label, "feeding");
    let mut gone = one(|_| ([0.0, 0.0], 0.0));
    gone.animals[0].centre.iter_mut().skip(10).for_each(|centre| *centre = [f32::NAN; 2]);
    let unseen = said(&gone, &[], 0, 0..60);
    assert_eq!((unseen.label.as_str(), unseen.description.as_str()), ("not_seen", "A0 is not seen for 2.0 s."));
}

#[test]
fn an_animal_rears_where_it_is_higher_than_it_usually_is() {
    let mut track = animal(120, |_| ([0.0, 0.0], 0.0));
    // All parts are high above the floor, and the nose goes up by 40 units for a second.
    let height = |frame: usize, part: usize| if part == 0 && (60..90).contains(&frame) { 110.0 } else { 70.0 };
    track.heights = (0..120 * 7).map(|at| height(at / 7, at % 7)).collect();
    let bodies = bodies(120, vec![track], None);
    assert_eq!(said(&bodies, &[], 0, 60..90).label, "rearing");
    assert_eq!(said(&bodies, &[], 0, 0..60).label, "stationary");
}

#[test]
fn rules_that_cannot_be_read_name_the_line() {
    assert_eq!(Rules::mouse().share.chase, 0.5);
    let text = Rules::BUILT_IN.replace("contact_bl = 0.25 ", "contakt_bl = 0.25 ");
    let error = Rules::from_toml(&text).unwrap_err();
    assert!(error.reason.contains("contakt_bl"), "{error}");
    assert!(error.line > 1, "{error}");
}
