//! Visual features of drawn pictures: the same animal elsewhere and turned, one that walks, none at all.

use super::*;
use crate::model::tracks::{AnimalTrack, Part, Tracks};
use crate::recording::GrayPixels;

/// A dark body with a bright stripe near its head, on a grey floor.
fn picture(center: [f32; 2], heading_rad: f32) -> GrayFrame {
    let (sine, cosine) = heading_rad.sin_cos();
    let levels = (0..200 * 200).map(|at| {
        let (dx, dy) = ((at % 200) as f32 - center[0], (at / 200) as f32 - center[1]);
        let (along, across) = (dx * cosine + dy * sine, dy * cosine - dx * sine);
        let is_body = (along / 25.0).powi(2) + (across / 10.0).powi(2) <= 1.0;
        if is_body && (10.0..15.0).contains(&along) {
            220
        } else if is_body {
            40
        } else {
            150
        }
    });
    GrayFrame { width: 200, height: 200, pixels: GrayPixels::U8(levels.collect()) }
}

fn place(center: [f32; 2], heading_rad: f32) -> Option<Place> {
    Some(Place::around(center, Some(heading_rad), 50.0))
}

fn distance(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt()
}

#[test]
fn a_row_has_its_columns_and_nobody_has_none() {
    let mut features = VisualFeatures::new(80.0, 30.0);
    let rows = features.push(&picture([100.0, 100.0], 0.0), &[None, place([100.0, 100.0], 0.0)]);
    assert_eq!(rows.ncols(), VisualFeatures::columns().len());
    assert!(rows.row(0).iter().all(|value| value.is_nan()));
    let seen = rows.row(1);
    assert!(seen.iter().take(seen.len() - 1).all(|value| value.is_finite()), "the area alone is not known");
    assert!(VisualFeatures::columns()[VisualFeatures::change_columns()].iter().all(|name| name.starts_with("change_")));
    assert!(VisualFeatures::change_columns().all(|column| seen[column] == 0.0), "nothing was before");
    let nowhere = Place { center: [f32::NAN, 3.0], ..place([0.0; 2], 0.0).unwrap() };
    assert!(features.push(&picture([100.0; 2], 0.0), &[Some(nowhere)]).iter().all(|value| value.is_nan()));
}

#[test]
fn where_an_animal_is_and_heads_does_not_change_what_it_looks_like() {
    let edges = |center: [f32; 2], heading_rad: f32, taken_rad: f32| -> Vec<f32> {
        let mut features = VisualFeatures::new(80.0, 30.0);
        let rows = features.push(&picture(center, heading_rad), &[place(center, taken_rad)]);
        rows.row(0).iter().take(128).copied().collect()
    };
    let upright = edges([100.0, 100.0], 0.0, 0.0);
    for (center, heading) in [([80.5, 120.0], 0.0), ([110.0, 95.3], 2.1), ([100.0, 100.0], -1.0)] {
        assert!(distance(&upright, &edges(center, heading, heading)) < 0.25, "{center:?} {heading}");
    }
    assert!(distance(&upright, &edges([100.0, 100.0], 0.0, std::f32::consts::PI)) > 0.5, "head and tail differ");
}

#[test]
fn an_animal_that_walks_flows_along_itself() {
    let columns = VisualFeatures::columns();
    let mut features = VisualFeatures::new(80.0, 30.0);
    let heading = 0.7f32;
    let mut rows = Vec::new();
    for frame in 0..12 {
        let walked = if frame < 6 { 0.0 } else { (frame - 5) as f32 * 4.0 };
        let center = [90.0 + walked * heading.cos(), 90.0 + walked * heading.sin()];
        rows.push(features.push(&picture(center, heading), &[place(center, heading)]).row(0).to_owned());
    }
    let mean = |frame: usize, name: &str| {
        let values: Vec<f32> = (0..columns.len())
            .filter(|at| {
                columns[*at].starts_with(name)
                    && ["r1c1", "r1c2", "r2c1", "r2c2"].iter().any(|cell| columns[*at].ends_with(cell))
            })
            .map(|at| rows[frame][at])
            .collect();
        values.iter().sum::<f32>() / values.len() as f32
    };
    assert_eq!((mean(5, "change"), mean(5, "flow_along")), (0.0, 0.0));
    assert!(mean(6, "change") > 0.05, "{}", mean(6, "change"));
    assert!(mean(10, "slow_change") > 1.3 * mean(10, "change"), "{} {}", mean(10, "slow_change"), mean(10, "change"));
    // 4 of 80 pixels a frame.
    let expected = 4.0 / 80.0 * 30.0;
    assert!((mean(10, "flow_along") - expected).abs() < 0.4 * expected, "{}", mean(10, "flow_along"));
    assert!(mean(10, "flow_across").abs() < 0.2 * expected);
}

#[test]
fn places_follow_keypoints() {
    let parts = ["nose", "neck", "tail base", "tail tip"].map(Part::named).to_vec();
    let mut track = AnimalTrack::missing(2, 4);
    track.points[..4].copy_from_slice(&[[60.0, 50.0], [50.0, 50.0], [10.0, 50.0], [-90.0, 50.0]]);
    let tracks = Tracks { frame_count: 2, fps: 30.0, parts, animals: vec![track], mm_per_unit: None };
    let expected = Place { center: [40.0, 50.0], heading_rad: Some(0.0), size_px: [80.0; 2], area_px: None };
    assert_eq!(places_of_track(&tracks, 0), [Some(expected), None]);
    assert_eq!(Place::whole([512, 256]).center, [255.5, 127.5]);
}
