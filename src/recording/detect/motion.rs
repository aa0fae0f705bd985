//! Which dots rest and which move between sampled pictures: fixed reflections and a resting animal do the former, a moving
//! animal the latter.

use crate::model::{Crop, Point2};

/// Dots of a sample that a moving animal needs at least to be placed by them.
const LEAST_MOVING: usize = 4;

/// How far the moving dots must travel over the samples, as a share of the image width, before they are taken for an
/// animal that leaves its place: an animal that moves its tail or grooms stays below.
const LEAST_TRAVEL: f64 = 0.25;

/// Padding around the moving dots, as a share of the image width: some dots of a moving animal rest, or are hidden.
const PADDING: f64 = 0.15;

/// For each sample and dot, whether it moves: whether fewer than half of the samples have a dot at its place.
pub(super) fn moving(dots: &[Vec<Point2>], same_place_px: f64) -> Vec<Vec<bool>> {
    let seen_at = |place: &Point2| {
        dots.iter().filter(|others| others.iter().any(|other| (other - place).norm() < same_place_px)).count()
    };
    dots.iter().map(|sample| sample.iter().map(|dot| 2 * seen_at(dot) < dots.len()).collect()).collect()
}

/// Whether a crop holds the animal, as far as the dots tell: half of all dots, or nearly all of enough moving ones.
pub(super) fn holds_animal(crop: &Crop, dots: &[Point2], moving: &[bool]) -> bool {
    let inside = dots.iter().filter(|dot| crop.contains(**dot)).count();
    if !dots.is_empty() && 2 * inside >= dots.len() {
        return true;
    }
    let movers = || dots.iter().zip(moving).filter(|(_, moves)| **moves);
    let movers_inside = movers().filter(|(dot, _)| crop.contains(**dot)).count();
    movers().count() >= LEAST_MOVING && 5 * movers_inside >= 4 * movers().count()
}

/// Where the animal is in each sample, from its moving dots alone; nothing where it does not leave its place.
pub(super) fn boxes_of_moving_dots(dots: &[Vec<Point2>], moving: &[Vec<bool>], width_px: u32) -> Vec<Option<Crop>> {
    let width = f64::from(width_px);
    let boxes: Vec<Option<[f64; 4]>> = dots
        .iter()
        .zip(moving)
        .map(|(dots, moving)| {
            let movers: Vec<&Point2> =
                dots.iter().zip(moving).filter(|(_, moves)| **moves).map(|(dot, _)| dot).collect();
            (movers.len() >= LEAST_MOVING).then(|| {
                let bounds = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
                movers.iter().fold(bounds, |[left, top, right, bottom], dot| {
                    [left.min(dot.x), top.min(dot.y), right.max(dot.x), bottom.max(dot.y)]
                })
            })
        })
        .collect();
    let centres =
        || boxes.iter().flatten().map(|[left, top, right, bottom]| [(left + right) / 2.0, (top + bottom) / 2.0]);
    let travels = centres()
        .any(|[x, y]| centres().any(|[other_x, other_y]| (x - other_x).hypot(y - other_y) >= LEAST_TRAVEL * width));
    if !travels {
        return vec![None; dots.len()];
    }
    let padded = |[left, top, right, bottom]: [f64; 4]| {
        let padding = PADDING * width;
        let (x, y) = ((left - padding).floor(), (top - padding).floor());
        let side = |from: f64, to: f64| (to + padding - from).ceil().max(0.0) as u32;
        Crop { x: x as i32, y: y as i32, width: side(x, right), height: side(y, bottom) }
    };
    boxes.into_iter().map(|bounds| bounds.map(padded)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples with a fixed reflection and an animal of five dots at the given places.
    fn samples(places: &[f64]) -> Vec<Vec<Point2>> {
        let animal = |x: f64| (0..5).map(move |dot| Point2::new(x + 12.0 * f64::from(dot), 200.0));
        places.iter().map(|x| animal(*x).chain([Point2::new(900.0, 600.0)]).collect()).collect()
    }

    #[test]
    fn a_walking_animal_moves_and_reflections_rest() {
        let dots = samples(&[100.0, 180.0, 260.0, 500.0, 640.0]);
        let moving = moving(&dots, 3.0);
        assert!(moving.iter().all(|sample| sample[..5].iter().all(|moves| *moves) && !sample[5]));
        let boxes = boxes_of_moving_dots(&dots, &moving, 1024);
        assert!(boxes.iter().zip(&dots).all(|(crop, dots)| {
            crop.is_some_and(|crop| crop.contains(dots[0]) && crop.contains(dots[4]) && !crop.contains(dots[5]))
        }));
    }

    #[test]
    fn an_animal_that_stays_has_no_box() {
        let resting = samples(&[100.0; 6]);
        assert!(boxes_of_moving_dots(&resting, &moving(&resting, 3.0), 1024).iter().all(Option::is_none));
        let fidgeting = samples(&[100.0, 105.0, 110.0, 116.0, 121.0, 127.0]);
        assert!(boxes_of_moving_dots(&fidgeting, &moving(&fidgeting, 3.0), 1024).iter().all(Option::is_none));
    }

    #[test]
    fn a_crop_beside_the_animal_does_not_hold_it() {
        let dots = samples(&[100.0, 300.0, 500.0]);
        let moving = moving(&dots, 3.0);
        let crop = Crop { x: 80, y: 150, width: 120, height: 100 };
        assert!(holds_animal(&crop, &dots[0], &moving[0]));
        assert!(!holds_animal(&crop, &dots[1], &moving[1]));
        assert!(!holds_animal(&crop, &[], &[]));
    }
}
