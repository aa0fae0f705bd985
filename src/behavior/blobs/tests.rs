//! Blobs on drawn pictures: ellipses that move over a noisy ground, with known truth.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::recording::{GrayFrame, GrayPixels};

const SIZE: usize = 256;

/// An ellipse: middle, direction, half axes.
#[derive(Clone, Copy)]
struct Drawn {
    center: [f32; 2],
    heading_rad: f32,
    half: [f32; 2],
}

fn draw(animals: &[Drawn], animal_level: f32, ground_level: f32, random: &mut ChaCha8Rng) -> GrayFrame {
    let mut levels = vec![0u8; SIZE * SIZE];
    for (at, level) in levels.iter_mut().enumerate() {
        let (x, y) = ((at % SIZE) as f32, (at / SIZE) as f32);
        let inside = animals.iter().any(|animal| {
            let (dx, dy) = (x - animal.center[0], y - animal.center[1]);
            let (sine, cosine) = animal.heading_rad.sin_cos();
            let along = (dx * cosine + dy * sine) / animal.half[0];
            let across = (dy * cosine - dx * sine) / animal.half[1];
            along * along + across * across <= 1.0
        });
        let base = if inside { animal_level } else { ground_level + 20.0 * (x * 0.05).sin() };
        *level = (base + random.random_range(-6.0..6.0f32)).clamp(0.0, 255.0) as u8;
    }
    GrayFrame { width: SIZE as u32, height: SIZE as u32, pixels: GrayPixels::U8(levels) }
}

/// Animals that go round on circles of their own; those of a number below `resting` sleep for the first eight tenths.
fn circling(frame: usize, frames: usize, count: usize, resting: usize) -> Vec<Drawn> {
    let place = |animal: usize| {
        let moving = if animal < resting { frame.saturating_sub(frames * 8 / 10) } else { frame };
        let angle = moving as f32 * 0.12 + animal as f32;
        let middle = [[70.0, 70.0], [185.0, 80.0], [120.0, 190.0]][animal];
        let center = [middle[0] + 38.0 * angle.cos(), middle[1] + 38.0 * angle.sin()];
        Drawn { center, heading_rad: angle + std::f32::consts::FRAC_PI_2, half: [16.0, 8.0] }
    };
    (0..count).map(place).collect()
}

fn track(frames: &[GrayFrame], animal_count: Option<usize>) -> Option<BlobTracks> {
    let mut samples = BlobSamples::default();
    sample_frames(frames.len() as u32).into_iter().for_each(|frame| samples.push(&frames[frame as usize]));
    let mut tracker = BlobTracker::new(samples.learn(animal_count)?);
    frames.iter().for_each(|frame| tracker.push(frame));
    Some(tracker.finish())
}

/// The animal of the tracks that is nearest to a drawn one in a frame.
fn nearest(tracks: &BlobTracks, frame: u32, center: [f32; 2]) -> (usize, f32) {
    let far = |animal: usize| {
        let blob = tracks.blob(animal, frame).unwrap();
        ((blob.center[0] - center[0]).powi(2) + (blob.center[1] - center[1]).powi(2)).sqrt()
    };
    (0..tracks.animal_count).map(|animal| (animal, far(animal))).min_by(|a, b| a.1.total_cmp(&b.1)).unwrap()
}

#[test]
fn animals_are_followed_dark_or_light_also_where_they_sleep() {
    for (animal_level, ground_level) in [(40.0, 150.0), (200.0, 70.0)] {
        let mut random = ChaCha8Rng::seed_from_u64(4);
        let truth: Vec<Vec<Drawn>> = (0..150).map(|frame| circling(frame, 150, 3, 1)).collect();
        let frames: Vec<GrayFrame> =
            truth.iter().map(|animals| draw(animals, animal_level, ground_level, &mut random)).collect();
        let tracks = track(&frames, None).unwrap();
        assert_eq!((tracks.animal_count, tracks.frame_count), (3, 150));
        for (animal, start) in truth[0].iter().enumerate() {
            let (mine, _) = nearest(&tracks, 0, start.center);
            let headings = tracks.headings_rad(mine);
            for frame in 0..150 {
                let drawn = truth[frame][animal];
                assert_eq!(nearest(&tracks, frame as u32, drawn.center).0, mine, "frame {frame}");
                let blob = tracks.blob(mine, frame as u32).unwrap();
                let away = [blob.center[0] - drawn.center[0], blob.center[1] - drawn.center[1]];
                assert!(away[0].abs() < 1.0 && away[1].abs() < 1.0, "{away:?}");
                assert!((headings[frame].unwrap() - drawn.heading_rad).cos() > 0.95, "frame {frame}");
                assert!((blob.axes_px[0] - 32.0).abs() < 3.0 && (blob.axes_px[1] - 16.0).abs() < 3.0);
                assert!((blob.area_px / (std::f32::consts::PI * 16.0 * 8.0) - 1.0).abs() < 0.15);
                assert!(!blob.is_merged);
            }
        }
    }
}

#[test]
fn animals_that_pass_by_touching_stay_who_they_are() {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let truth: Vec<[Drawn; 2]> = (0..120)
        .map(|frame| {
            let x = 40.0 + 1.5 * frame as f32;
            let one = |x, y| Drawn { center: [x, y], heading_rad: 0.0, half: [18.0, 8.0] };
            [one(x, 120.0), one(255.0 - x, 133.0)]
        })
        .collect();
    let frames: Vec<GrayFrame> = truth.iter().map(|animals| draw(animals, 30.0, 160.0, &mut random)).collect();
    let tracks = track(&frames, Some(2)).unwrap();
    let first = nearest(&tracks, 0, truth[0][0].center).0;
    let mut merged = 0;
    for (frame, animals) in truth.iter().enumerate() {
        let (mine, far) = nearest(&tracks, frame as u32, animals[0].center);
        assert_eq!(mine, first, "frame {frame}");
        assert!(far < 5.0, "frame {frame}: {far}");
        merged += usize::from(tracks.blob(mine, frame as u32).unwrap().is_merged);
    }
    assert!((10..60).contains(&merged), "they touch in the middle: {merged}");
}

#[test]
fn nothing_that_moves_or_no_count_to_agree_on_gives_nothing() {
    let mut random = ChaCha8Rng::seed_from_u64(6);
    let still: Vec<GrayFrame> = (0..40).map(|_| draw(&circling(0, 40, 2, 0), 40.0, 150.0, &mut random)).collect();
    assert!(track(&still, None).is_none(), "what never moves is ground");
    assert!(track(&still, Some(2)).is_none());
    // Another crowd in every picture.
    let crowds: Vec<GrayFrame> = (0..40)
        .map(|frame| {
            let crowd: Vec<Drawn> = (0..1 + frame % 12)
                .map(|_| Drawn {
                    center: [random.random_range(20.0..236.0), random.random_range(20.0..236.0)],
                    heading_rad: random.random_range(0.0..3.0),
                    half: [random.random_range(3.0..30.0), random.random_range(3.0..20.0)],
                })
                .collect();
            draw(&crowd, 40.0, 150.0, &mut random)
        })
        .collect();
    assert!(track(&crowds, None).is_none());
}

#[test]
fn an_animal_that_leaves_is_missing_and_found_again() {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let frames: Vec<GrayFrame> = (0..120)
        .map(|frame| {
            let mut animals = circling(frame, 120, 2, 0);
            if (50..70).contains(&frame) {
                animals.remove(0);
            }
            draw(&animals, 40.0, 150.0, &mut random)
        })
        .collect();
    let tracks = track(&frames, None).unwrap();
    let first = nearest(&tracks, 0, circling(0, 120, 2, 0)[0].center).0;
    for frame in 0..120u32 {
        assert_eq!(tracks.blob(first, frame).is_some(), !(50..70).contains(&frame), "frame {frame}");
        assert!(tracks.blob(1 - first, frame).is_some());
    }
    assert_eq!(nearest(&tracks, 119, circling(119, 120, 2, 0)[0].center).0, first);
}

#[test]
fn pictures_of_another_size_show_nobody_and_few_samples_teach_nothing() {
    let mut random = ChaCha8Rng::seed_from_u64(8);
    let mut frames: Vec<GrayFrame> =
        (0..60).map(|frame| draw(&circling(frame, 60, 1, 0), 40.0, 150.0, &mut random)).collect();
    assert!(track(&frames[..3], Some(1)).is_none());
    frames.push(GrayFrame { width: 4, height: 4, pixels: GrayPixels::U8(vec![0; 16]) });
    let mut samples = BlobSamples::default();
    frames.iter().for_each(|frame| samples.push(frame));
    let mut tracker = BlobTracker::new(samples.learn(None).unwrap());
    frames.iter().for_each(|frame| tracker.push(frame));
    let tracks = tracker.finish();
    assert!(tracks.blob(0, 59).is_some() && tracks.blob(0, 60).is_none() && tracks.blob(0, 61).is_none());
}
