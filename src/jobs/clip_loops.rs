//! A segment as a small film: which of its frames are shown one after the other, and which part of the picture.
//!
//! The part stays where it is, so that a mouse that runs is seen to run. Pictures are made by
//! [`FrameService`](super::frames::FrameService).

use std::ops::Range;

use super::frames::PixelRect;
use crate::behavior::bodies::Body;
use crate::behavior::clip_pictures::ClipView;

/// Pictures are shown so often, per second of the screen's time.
pub const PICTURES_PER_SEC: f64 = 10.0;

/// The part reaches so far beyond the animal's way on each side, body lengths.
const AROUND_BL: f32 = 1.5;

/// A part is at least so wide, body lengths: where an animal rests, its neighbours are seen.
const LEAST_BL: f32 = 4.0;

/// What is shown of a segment.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipLoop {
    /// Its frames, evenly spread, the first and the last among them.
    pub frames: Vec<u32>,
    /// The part of the picture: a square, in pixels of the camera.
    pub region: PixelRect,
    /// How many times faster than life it is where all frames follow each other at [`PICTURES_PER_SEC`].
    pub speed: f64,
}

/// The film of a segment. `body` is its animal in pixels of the camera; without one the whole picture is shown.
pub fn clip_loop(segment: Range<u32>, fps: f64, body: Option<&Body>, image_px: [u32; 2]) -> ClipLoop {
    let view = ClipView { pictures_per_sec: PICTURES_PER_SEC, ..ClipView::default() };
    let length = segment.len();
    let frames = view.frames(segment.clone(), fps.max(1e-9));
    let lasts_secs = length as f64 / fps.max(1e-9);
    let speed = (lasts_secs * PICTURES_PER_SEC / frames.len().max(1) as f64).max(1.0);
    let region = body.and_then(|body| region_around(body, segment, image_px)).unwrap_or_else(|| whole(image_px));
    ClipLoop { frames, region, speed }
}

/// A square round all places of the animal; none where it is not seen.
fn region_around(body: &Body, segment: Range<u32>, image_px: [u32; 2]) -> Option<PixelRect> {
    let end = (segment.end as usize).min(body.centre.len());
    let places = body.centre.get(segment.start as usize..end)?.iter().filter(|place| place[0].is_finite());
    let (mut least, mut most) = ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
    for place in places {
        for axis in 0..2 {
            least[axis] = least[axis].min(place[axis]);
            most[axis] = most[axis].max(place[axis]);
        }
    }
    let length = body.length;
    if !least[0].is_finite() || !length.is_finite() || length <= 0.0 {
        return None;
    }
    let widest = (most[0] - least[0]).max(most[1] - least[1]) + 2.0 * AROUND_BL * length;
    let side = f64::from(widest.max(LEAST_BL * length)).min(f64::from(image_px[0].max(image_px[1])));
    // Inside the picture, as far as that is possible.
    let start = |axis: usize| {
        let middle = f64::from(f32::midpoint(least[axis], most[axis]));
        let last = f64::from(image_px[axis]) - 0.5 - side;
        if last < -0.5 {
            (f64::from(image_px[axis]) - 1.0 - side) / 2.0
        } else {
            (middle - side / 2.0).clamp(-0.5, last)
        }
    };
    let (x0, y0) = (start(0), start(1));
    Some(PixelRect { x0, y0, x1: x0 + side, y1: y0 + side })
}

/// A square round the whole picture.
fn whole(image_px: [u32; 2]) -> PixelRect {
    let [width, height] = image_px.map(f64::from);
    let side = width.max(height).max(1.0);
    let (x0, y0) = ((width - 1.0 - side) / 2.0, (height - 1.0 - side) / 2.0);
    PixelRect { x0, y0, x1: x0 + side, y1: y0 + side }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behavior::bodies::Bodies;
    use crate::model::{AnimalTrack, Part, Tracks};

    /// An animal of 20 px that goes right by 1 px a frame, from x = 100, y = 80.
    fn bodies(frames: u32) -> Bodies {
        let points = (0..frames).flat_map(|at| {
            let x = 100.0 + at as f32;
            [[x + 10.0, 80.0], [x - 10.0, 80.0]]
        });
        let tracks = Tracks {
            frame_count: frames,
            fps: 30.0,
            parts: vec![Part::named("nose"), Part::named("tail_base")],
            animals: vec![AnimalTrack { points: points.collect(), heights: Vec::new() }],
            mm_per_unit: None,
        };
        Bodies::of(&tracks)
    }

    #[test]
    fn a_short_segment_is_shown_at_lifes_pace_and_a_long_one_faster() {
        let short = clip_loop(30..60, 30.0, None, [640, 480]);
        assert_eq!((short.frames.len(), short.frames[0], short.frames[9]), (10, 30, 59));
        assert!((short.speed - 1.0).abs() < 1e-9, "{}", short.speed);
        let long = clip_loop(0..720, 30.0, None, [640, 480]);
        assert_eq!(long.frames.len(), 24);
        assert!((long.speed - 10.0).abs() < 1e-9, "{}", long.speed);
    }

    #[test]
    fn the_part_holds_the_animals_whole_way_and_stays_in_the_picture() {
        let bodies = bodies(100);
        let body = &bodies.animals[0];
        let found = clip_loop(0..100, 30.0, Some(body), [640, 480]).region;
        let around = f64::from(AROUND_BL * body.length);
        assert!((found.width() - found.height()).abs() < 1e-9);
        assert!((found.width() - (99.0 + 2.0 * around)).abs() < 1.0, "{found:?}");
        assert!(found.x0 <= 100.0 - around + 1.0 && found.x1 >= 199.0 + around - 1.0, "{found:?}");
        assert!(found.y0 >= -0.5, "{found:?}");
        let resting = clip_loop(0..1, 30.0, Some(body), [640, 480]).region;
        assert!((resting.width() - f64::from(LEAST_BL * body.length)).abs() < 1.0);
        assert!(resting.x0 < 100.0 && resting.x1 > 100.0);
    }

    #[test]
    fn without_a_place_the_whole_picture_is_shown() {
        let region = clip_loop(0..10, 30.0, None, [640, 480]).region;
        assert_eq!((region.x0, region.x1, region.y0, region.y1), (-0.5, 639.5, -80.5, 559.5));
    }
}
