//! A clip as pictures for a model: some of its frames, each the whole scene beside the focal animal enlarged, with a badge that
//! names each animal.
//!
//! Frames go by even steps, ten a second unless that are too many. A badge lies beside its animal and not on it; its colour and
//! name are also in the prompt's words, so that nobody speaks of "the green mouse". Pure: whoever asks brings the frames.

mod prepared;

use std::ops::Range;

pub use self::prepared::{Backdrop, Preparation};

use serde::{Deserialize, Serialize};

use crate::recording::GrayFrame;
use crate::vlm::Picture;
use crate::vlm::canvas::{Levels, Raster, Rgb, Shot};
use crate::vlm::pen::{self, Pill};
use crate::vlm::sent::{Area, Sent};

/// Badges in colours that are told apart in words and by readers who see few hues (Okabe and Ito).
pub const BADGES: [(&str, Rgb); 7] = [
    ("orange", [230, 159, 0]),
    ("sky blue", [86, 180, 233]),
    ("green", [0, 158, 115]),
    ("yellow", [240, 228, 66]),
    ("blue", [0, 114, 178]),
    ("red", [213, 94, 0]),
    ("pink", [204, 121, 167]),
];

/// A square of this share of an animal's length is kept free of badges.
const BODY_SHARE: f32 = 0.6;

/// How a clip is shown.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClipView {
    /// Pictures per second of the clip.
    pub pictures_per_sec: f64,
    /// Pictures at most.
    pub most_pictures: usize,
    /// Pixels of a side of the scene, and of the enlarged animal beside it.
    pub side_px: u32,
    /// Sides of the enlarged part, body lengths of the focal animal.
    pub around_bl: f32,
    /// What is done to frames before.
    #[serde(default)]
    pub preparation: Preparation,
}

impl Default for ClipView {
    /// Ten a second, as the paper sends them, and 24 at most: the longest clip at half that pace. 448 pixels are a multiple of 28
    /// and of 32, so that no server resizes them.
    fn default() -> Self {
        Self {
            pictures_per_sec: 10.0,
            most_pictures: 24,
            side_px: 448,
            around_bl: 4.0,
            preparation: Preparation::default(),
        }
    }
}

/// Where an animal is in a frame, image pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Its middle.
    pub center: [f32; 2],
    /// Its length.
    pub length: f32,
}

/// Who is in a frame.
#[derive(Clone, Copy, Debug)]
pub struct Cast<'a> {
    /// Where each animal is, in the order of their names.
    pub places: &'a [Option<Place>],
    /// Whose clip it is, as a position in there.
    pub focal: usize,
    /// Where it was before, oldest first, image pixels; none where that is not shown.
    pub trail: &'a [[f32; 2]],
}

impl ClipView {
    /// Pixels across and down of each picture.
    pub fn size_px(&self) -> [u32; 2] {
        [2 * self.side_px, self.side_px]
    }

    /// The frames of a clip that are shown: evenly spread, the first and the last among them where there are two.
    pub fn frames(&self, clip: Range<u32>, fps: f64) -> Vec<u32> {
        let length = clip.len();
        if length == 0 {
            return Vec::new();
        }
        let wanted = (length as f64 / fps * self.pictures_per_sec).round() as usize;
        let count = wanted.clamp(2, self.most_pictures.max(2)).min(length);
        let step = (length - 1) as f64 / (count - 1).max(1) as f64;
        (0..count).map(|at| clip.start + (at as f64 * step).round() as u32).collect()
    }

    /// A frame as it is sent: the scene, and beside it the focal animal enlarged. Without a place of the focal animal the second
    /// is the scene once more.
    pub fn picture(&self, frame: &GrayFrame, levels: Levels, names: &[String], cast: &Cast<'_>) -> Picture {
        let Cast { places, focal, trail } = *cast;
        let [width, height] = [frame.width, frame.height].map(f64::from);
        let longest = width.max(height).max(1.0);
        // A square, so that both halves are alike; the rest is flat.
        let scene = Area { x: (width - longest) / 2.0, y: (height - longest) / 2.0, width: longest, height: longest };
        let near = places.get(focal).copied().flatten();
        let around = near.map_or(scene, |place| {
            let side = f64::from(place.length * self.around_bl).clamp(32.0, longest);
            let [x, y] = place.center.map(f64::from);
            Area { x: x - side / 2.0 + 0.5, y: y - side / 2.0 + 0.5, width: side, height: side }
        });
        let shot = Shot { frame, levels };
        let halves = [scene, around].map(|area_in_image| {
            let sent = Sent { area_in_image, size_px: [self.side_px; 2] };
            let mut raster = Raster::of(&shot, &sent);
            let colour = BADGES[focal % BADGES.len()].1;
            for pair in trail.windows(2) {
                let ends = [pair[0], pair[1]].map(|point| on_picture(&sent, point));
                if ends.iter().all(|end| self.is_inside(*end)) {
                    pen::line(&mut raster, ends, 2.0, colour, 0.7);
                }
            }
            self.badges(&mut raster, &sent, names, places);
            raster
        });
        beside(halves).jpeg()
    }

    fn is_inside(&self, point: [f32; 2]) -> bool {
        point.iter().all(|value| (0.0..self.side_px as f32).contains(value))
    }

    /// Writes a badge beside each animal that is in the picture.
    fn badges(&self, raster: &mut Raster, sent: &Sent, names: &[String], places: &[Option<Place>]) {
        let em_px = self.side_px as f32 / 24.0;
        let scale = scale_of(sent);
        // No badge lies on an animal where another place is free.
        let body = |place: &Place| {
            let ([x, y], side) = (on_picture(sent, place.center), place.length * scale as f32 * BODY_SHARE);
            Pill { x: x - side / 2.0, y: y - side / 2.0, width: side, height: side }
        };
        let seen = places.iter().flatten().filter(|place| place.center[0].is_finite());
        let mut taken: Vec<Pill> = seen.map(body).collect();
        for (at, (name, place)) in names.iter().zip(places).enumerate() {
            let Some(place) = place.filter(|place| place.center[0].is_finite()) else { continue };
            let [x, y] = on_picture(sent, place.center);
            if !self.is_inside([x, y]) {
                continue;
            }
            let [width, capitals] = pen::text_size(name, em_px);
            let (width, height) = (width + em_px * 0.8, capitals + em_px * 0.8);
            let reach = place.length * scale as f32 / 2.0 + em_px;
            let size = sent.size_px;
            let pill = spot([x, y], [width, height], reach, size, &taken);
            let colour = BADGES[at % BADGES.len()].1;
            pen::line(raster, [[x, y], pill.nearest([x, y])], 1.5, colour, 0.9);
            pen::fill(raster, &pill, em_px * 0.3, colour, 1.0);
            let dark = colour.iter().map(|value| u32::from(*value)).sum::<u32>() > 330;
            let ink = if dark { [0; 3] } else { [255; 3] };
            let baseline = pill.y + (height + capitals) / 2.0;
            pen::write(raster, name, [pill.x + em_px * 0.4, baseline], em_px, ink);
            taken.push(pill);
        }
    }
}

/// Pixels of a picture for each of the image.
fn scale_of(sent: &Sent) -> f64 {
    f64::from(sent.size_px[0]) / sent.area_in_image.width
}

/// Where a point of the image is on a picture.
fn on_picture(sent: &Sent, [x, y]: [f32; 2]) -> [f32; 2] {
    let (scale, area) = (scale_of(sent), &sent.area_in_image);
    [(x, area.x), (y, area.y)].map(|(value, start)| ((f64::from(value) - start + 0.5) * scale - 0.5) as f32)
}

/// A place for a badge beside a point: the first of sixteen directions, and then farther out, that is inside the picture and
/// free; the first inside where none is free.
fn spot([x, y]: [f32; 2], [width, height]: [f32; 2], reach: f32, size_px: [u32; 2], taken: &[Pill]) -> Pill {
    let at = |turn: usize, distance: f32| {
        // Upwards first.
        let angle = -std::f32::consts::FRAC_PI_2 + turn as f32 * std::f32::consts::TAU / 16.0;
        let middle = [x + angle.cos() * (distance + width / 2.0), y + angle.sin() * (distance + height / 2.0)];
        Pill { x: middle[0] - width / 2.0, y: middle[1] - height / 2.0, width, height }
    };
    let turns = [0, 1, 15, 2, 14, 3, 13, 4, 12, 5, 11, 6, 10, 7, 9, 8];
    let tried = [1.0, 1.6, 2.4].into_iter().flat_map(|far| turns.map(|turn| at(turn, reach * far)));
    let inside: Vec<Pill> = tried.filter(|pill| pill.is_within(size_px, 2.0)).collect();
    let free = inside.iter().find(|pill| taken.iter().all(|other| !pill.touches(other, 2.0)));
    free.or(inside.first()).copied().unwrap_or_else(|| {
        let [right, bottom] = size_px.map(|side| side as f32);
        Pill {
            x: (x - width / 2.0).clamp(2.0, (right - width - 3.0).max(2.0)),
            y: (y - reach - height).clamp(2.0, (bottom - height - 3.0).max(2.0)),
            width,
            height,
        }
    })
}

/// Two pictures of one height in one.
fn beside([left, right]: [Raster; 2]) -> Raster {
    let [a, b] = [left.size_px[0] as usize, right.size_px[0] as usize];
    let height = left.size_px[1];
    let planes = [0, 1, 2].map(|plane| {
        let rows = left.planes[plane].chunks_exact(a).zip(right.planes[plane].chunks_exact(b));
        rows.flat_map(|(left, right)| left.iter().chain(right)).copied().collect()
    });
    Raster { planes, size_px: [(a + b) as u32, height] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::GrayPixels;

    #[test]
    fn frames_are_spread_evenly_and_never_too_many() {
        let view = ClipView::default();
        assert_eq!(view.frames(30..60, 30.0), [30, 33, 36, 40, 43, 46, 49, 53, 56, 59]);
        let long = view.frames(0..150, 30.0);
        assert_eq!((long.len(), long[0], long[23]), (24, 0, 149));
        assert_eq!(view.frames(7..8, 30.0), [7]);
        assert!(view.frames(7..7, 30.0).is_empty());
    }

    #[test]
    fn each_animal_has_a_badge_in_its_colour_and_none_covers_an_animal() {
        let frame = GrayFrame { width: 512, height: 512, pixels: GrayPixels::U8(vec![128; 512 * 512]) };
        let places =
            [[100.0, 100.0], [300.0, 120.0], [480.0, 500.0]].map(|center| Some(Place { center, length: 40.0 }));
        let names = ["A0", "A1", "A2"].map(str::to_owned);
        let picture = {
            let cast = Cast { places: &places, focal: 1, trail: &[] };
            ClipView::default().picture(&frame, Levels::EIGHT_BIT, &names, &cast)
        };
        assert_eq!(picture.size_px, [896, 448]);
        let pixels = picture.rgba().unwrap();
        let at = |x: usize, y: usize| -> [u8; 3] { std::array::from_fn(|plane| pixels[(y * 896 + x) * 4 + plane]) };
        let near = |pixel: [u8; 3], colour: Rgb| pixel.iter().zip(colour).all(|(a, b)| a.abs_diff(b) < 40);
        for (_, colour) in &BADGES[..3] {
            let found = (0..448).flat_map(|y| (0..448).map(move |x| (x, y))).filter(|(x, y)| near(at(*x, *y), *colour));
            assert!(found.count() > 100, "{colour:?}");
        }
        // The scene is 0.875 times as large as the image.
        for place in places.iter().flatten() {
            let [x, y] = place.center.map(|value| (value * 0.875) as usize);
            assert!(near(at(x.saturating_sub(4), y + 4), [128; 3]) || near(at(x + 4, y + 4), [128; 3]), "{x} {y}");
        }
    }
}
