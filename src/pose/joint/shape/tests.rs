//! The shape of the demo's mouse, of mice turned and scaled, and of skeletons that say little.

use nalgebra::{Rotation3, Vector3};

use super::*;
use crate::pose::fixtures::scene;

type Frame = Vec<Option<Point3>>;

fn frames(count: u32) -> (Skeleton, Vec<Frame>) {
    let scene = scene(4);
    let frame = |frame| scene.points(frame).iter().map(|point| Some(*point)).collect();
    (scene.skeleton.clone(), (0..count).map(frame).collect())
}

fn swapped(frame: &Frame, skeleton: &Skeleton, names: [&str; 2]) -> Frame {
    let [a, b] = names.map(|name| skeleton.find(name).unwrap().index());
    let mut frame = frame.clone();
    frame.swap(a, b);
    frame
}

#[test]
fn body_axes_are_the_animals() {
    let (skeleton, frames) = frames(3);
    let model = ShapeModel::from_examples(&skeleton, &frames);
    let body = model.body(&frames[0]).unwrap().whole;
    let at = |name: &str| body.body_from_world(&frames[0][skeleton.find(name).unwrap().index()].unwrap());
    assert!(at("back_top").x > at("back_middle").x && at("back_middle").x > at("tail_base").x);
    assert!(at("hindpaw_L").y > 0.0 && at("hindpaw_R").y < 0.0);
    assert!(at("back_middle").z > at("hindpaw_L").z);
    assert!((body.forward.cross(&body.left) - body.up).norm() < 1e-9);
}

#[test]
fn exchanged_sides_cost_and_are_counted() {
    let (skeleton, frames) = frames(3);
    let model = ShapeModel::from_examples(&skeleton, &frames);
    assert_eq!(model.flipped_sides(&frames[0]), 0);
    let usual = model.strain(&frames[0]).sides;
    for pair in [["ear_L", "ear_R"], ["forepaw_L", "forepaw_R"], ["hindpaw_L", "hindpaw_R"]] {
        let swapped = swapped(&frames[0], &skeleton, pair);
        assert_eq!(model.flipped_sides(&swapped), 1, "{pair:?}");
        assert!(model.strain(&swapped).sides > usual + 4.0, "{pair:?}");
    }
}

#[test]
fn a_turned_head_is_no_exchange() {
    let (skeleton, frames) = frames(3);
    let model = ShapeModel::from_examples(&skeleton, &frames);
    let body = model.body(&frames[0]).unwrap().whole;
    let neck = frames[0][skeleton.find("back_top").unwrap().index()].unwrap();
    for degrees in [-90.0f64, 90.0] {
        let turn = Rotation3::new(body.up * degrees.to_radians());
        let mut turned = frames[0].clone();
        for name in ["ear_L", "ear_R"] {
            let ear = &mut turned[skeleton.find(name).unwrap().index()];
            *ear = ear.map(|ear| neck + turn * (ear - neck));
        }
        assert_eq!(model.flipped_sides(&turned), 0);
        assert!(model.strain(&turned).sides < 0.5);
    }
}

#[test]
fn what_no_example_shows_is_guessed_from_the_other_side() {
    let (skeleton, mut frames) = frames(3);
    let whole = frames[0].clone();
    let (left, right) = (skeleton.find("hindpaw_L").unwrap().index(), skeleton.find("hindpaw_R").unwrap().index());
    frames.iter_mut().for_each(|frame| frame[left] = None);
    // Up is known from the other pairs.
    let model = ShapeModel::from_examples(&skeleton, &frames);
    let body = model.body(&whole).unwrap();
    let right_place = whole[right].unwrap();
    let mut mirrored = body.whole.body_from_world(&right_place);
    mirrored.y = -mirrored.y;
    let axes = &body.whole;
    let guess = axes.origin + axes.forward * mirrored.x + axes.left * mirrored.y + axes.up * mirrored.z;
    let of = |place: &Point3| model.place_penalty(&body, left, place);
    assert!(of(&guess) + 1.5 < of(&right_place), "{} and {}", of(&guess), of(&right_place));
    assert!(model.distance_penalty(left, 3).is_known());
}

#[test]
fn the_unit_of_length_does_not_matter() {
    let (skeleton, frames) = frames(6);
    let metres: Vec<Frame> =
        frames.iter().map(|frame| frame.iter().map(|point| point.map(|point| point * 1e-3)).collect()).collect();
    let mm_strain = ShapeModel::from_examples(&skeleton, &frames[..3]).strain(&frames[5]);
    let m_strain = ShapeModel::from_examples(&skeleton, &metres[..3]).strain(&metres[5]);
    for (mm, m) in [
        (mm_strain.distances, m_strain.distances),
        (mm_strain.bones_z, m_strain.bones_z),
        (mm_strain.places, m_strain.places),
        (mm_strain.sides, m_strain.sides),
    ] {
        assert!((mm - m).abs() < 1e-3 * (1.0 + mm.abs()), "{mm} and {m}");
    }
}

#[test]
fn skeletons_that_say_little_have_a_shape_too() {
    let (qd12, frames) = frames(1);
    let empty = ShapeModel::from_examples(&qd12, &[]);
    assert!(empty.body(&frames[0]).is_none() && empty.strain(&frames[0]).distances == 0.0);
    for count in [1, 3] {
        let keypoints = (0..count).map(|index| format!("[[keypoints]]\nname = \"k{index}\"\ncolour = \"#ffffff\"\n"));
        let plain = Skeleton::from_toml(&format!("name = \"plain\"\n{}", keypoints.collect::<String>())).unwrap();
        let example: Frame = (0..count).map(|index| Some(Point3::from(Vector3::x() * index as f64))).collect();
        let mut model = ShapeModel::from_examples(&plain, std::slice::from_ref(&example));
        model.learn(&example);
        assert!(model.body(&example).is_none());
        assert_eq!((model.flipped_sides(&example), model.strain(&example).bone_count), (0, 0));
    }
}
