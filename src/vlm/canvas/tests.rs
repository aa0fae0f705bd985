//! What resizing, stretching and encoding keep.

use super::*;
use crate::model::Point2;
use crate::vlm::sent::{Area, Limits};

fn frame(width: u32, height: u32, level: impl Fn(u32, u32) -> u8) -> GrayFrame {
    let levels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| level(x, y)).collect();
    GrayFrame { width, height, pixels: GrayPixels::U8(levels) }
}

fn shot(frame: &GrayFrame) -> Shot<'_> {
    Shot { frame, levels: Levels::EIGHT_BIT }
}

fn gray_at(raster: &Raster, x: u32, y: u32) -> u8 {
    raster.planes[0][(y * raster.size_px[0] + x) as usize]
}

fn sent(x: f64, y: f64, width: f64, height: f64, size_px: [u32; 2]) -> Sent {
    Sent { area_in_image: Area { x, y, width, height }, size_px }
}

#[test]
fn the_same_size_changes_nothing() {
    let image = frame(31, 23, |x, y| (x * 7 + y * 3) as u8);
    let raster = Raster::of(&shot(&image), &sent(4.0, 5.0, 20.0, 10.0, [20, 10]));
    for (x, y) in (0..10).flat_map(|y| (0..20).map(move |x| (x, y))) {
        assert_eq!(gray_at(&raster, x, y), ((x + 4) * 7 + (y + 5) * 3) as u8);
    }
}

#[test]
fn halving_takes_means() {
    let image = frame(8, 8, |x, y| (x * 16 + y * 4) as u8);
    let raster = Raster::of(&shot(&image), &sent(0.0, 0.0, 8.0, 8.0, [4, 4]));
    assert_eq!(gray_at(&raster, 0, 0), 10);
    assert_eq!(gray_at(&raster, 3, 3), (6.5 * 16.0 + 6.5 * 4.0) as u8);
}

#[test]
fn a_ramp_stays_a_ramp_at_its_place() {
    // A ramp is reproduced exactly by both filters, so each pixel shows where it was taken from.
    let image = frame(200, 160, |x, _| x as u8);
    for sent in [
        sent(20.25, 30.5, 80.0, 64.0, [1120, 896]),
        sent(10.0, 10.0, 150.0, 120.0, [100, 80]),
        sent(3.7, 8.0, 190.0, 150.0, [173, 131]),
    ] {
        let raster = Raster::of(&shot(&image), &sent);
        for x in (0..sent.size_px[0]).step_by(7) {
            let from = sent.to_image(Point2::new(f64::from(x), 20.0)).x;
            let found = f64::from(gray_at(&raster, x, 20));
            assert!((found - from).abs() <= 0.55, "{sent:?}: pixel {x} shows {found}, not {from}");
        }
    }
}

#[test]
fn a_dot_is_where_the_mapping_says() {
    let (x, y) = (61.3, 44.8);
    let image = frame(128, 96, |column, row| {
        let far = (f64::from(column) - x).powi(2) + (f64::from(row) - y).powi(2);
        (220.0 * (-far / 18.0).exp()) as u8
    });
    for area in
        [Area { x: 33.4, y: 20.0, width: 50.0, height: 40.0 }, Area { x: -40.0, y: -30.0, width: 250.0, height: 200.0 }]
    {
        let size_px = [if area.width > 200.0 { 224 } else { 1120 }, if area.width > 200.0 { 179 } else { 896 }];
        let sent = Sent { area_in_image: area, size_px };
        let raster = Raster::of(&shot(&image), &sent);
        let mut sums = [0.0; 3];
        for (column, row) in (0..size_px[1]).flat_map(|row| (0..size_px[0]).map(move |column| (column, row))) {
            let level = f64::from(gray_at(&raster, column, row));
            sums = [sums[0] + level, sums[1] + level * f64::from(column), sums[2] + level * f64::from(row)];
        }
        let expected = sent.to_sent(Point2::new(x, y));
        let [found_x, found_y] = [sums[1] / sums[0], sums[2] / sums[0]];
        let off = (found_x - expected.x).hypot(found_y - expected.y) / sent.scale()[0];
        assert!(off < 0.06, "{off} image pixels off at {size_px:?}");
    }
}

#[test]
fn outside_the_image_it_is_flat() {
    let image = frame(10, 10, |x, _| if x < 5 { 40 } else { 200 });
    let raster = Raster::of(&shot(&image), &sent(-10.0, -10.0, 30.0, 30.0, [60, 60]));
    for (x, y) in [(0, 0), (59, 59), (14, 30), (30, 45)] {
        assert_eq!(gray_at(&raster, x, y), 120, "{x} {y}");
    }
    assert_eq!((gray_at(&raster, 26, 30), gray_at(&raster, 34, 30)), (40, 200));
    let far = Raster::of(&shot(&image), &sent(500.0, -900.0, 30.0, 30.0, [8, 8]));
    assert!((0..8).all(|x| gray_at(&far, x, 3) == 120));
    let empty = GrayFrame { width: 0, height: 0, pixels: GrayPixels::U8(Vec::new()) };
    assert_eq!(Raster::of(&shot(&empty), &sent(0.0, 0.0, 4.0, 4.0, [8, 8])).planes.concat(), vec![0; 192]);
    let tiny = frame(1, 2, |_, _| 77);
    assert!(
        Raster::of(&shot(&tiny), &sent(-1.0, -1.0, 4.0, 4.0, [9, 9])).planes.concat().iter().all(|value| *value == 77)
    );
    assert!(
        Raster::of(&shot(&tiny), &sent(-9.0, -9.0, 40.0, 40.0, [9, 9]))
            .planes
            .concat()
            .iter()
            .all(|value| *value == 77)
    );
}

#[test]
fn sixteen_bits_are_stretched_between_black_and_white() {
    let pixels = GrayPixels::U16((0..4096u16).map(|index| 1000 + index).collect());
    let image = GrayFrame { width: 64, height: 64, pixels };
    let levels = Levels::robust(&[&image]);
    assert!((1015.0..1025.0).contains(&levels.black) && (5550.0..5600.0).contains(&levels.white), "{levels:?}");
    let raster = Raster::of(&Shot { frame: &image, levels }, &sent(0.0, 0.0, 64.0, 64.0, [64, 64]));
    assert_eq!(gray_at(&raster, 0, 0), 0);
    assert!((225..=230).contains(&gray_at(&raster, 63, 63)));
    assert!((112..=116).contains(&gray_at(&raster, 32, 32)));
    assert_eq!(Levels::robust(&[]), Levels::EIGHT_BIT);
    let calm = frame(9, 9, |_, _| 100);
    let levels = Levels::robust(&[&calm]);
    assert!(levels.white >= levels.black + 11.0, "noise of an empty picture would be torn to black and white");
}

#[test]
fn a_jpeg_shows_what_was_drawn() {
    let image = frame(300, 200, |x, y| ((f64::from(x) / 9.0).sin() * 60.0 + 120.0 + f64::from(y) / 4.0) as u8);
    let sent = Sent::plan(Area { x: 50.0, y: 40.0, width: 120.0, height: 100.0 }, [300, 200], &Limits::default());
    let raster = Raster::of(&shot(&image), &sent);
    let picture = raster.jpeg();
    assert_eq!(picture.size_px, sent.size_px);
    let decoded = image::load_from_memory_with_format(&picture.jpeg, image::ImageFormat::Jpeg).unwrap().to_rgb8();
    assert_eq!([decoded.width(), decoded.height()], sent.size_px);
    let interleaved: Vec<u8> = raster.planes[0].iter().flat_map(|level| [*level; 3]).collect();
    let off: u64 = decoded.as_raw().iter().zip(&interleaved).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    let mean = off as f64 / interleaved.len() as f64;
    assert!(mean < 1.0, "decoded pixels are {mean} levels off on average");
    assert_eq!(picture, raster.jpeg());
}

#[test]
fn a_jpeg_keeps_colour_where_there_is_some() {
    let image = frame(40, 30, |x, y| (x * 4 + y) as u8);
    let mut raster = Raster::of(&shot(&image), &sent(0.0, 0.0, 40.0, 30.0, [401, 303]));
    let gray = raster.jpeg();
    for (x, y) in (80..140).flat_map(|y| (60..200).map(move |x| (x, y))).chain([(400, 302), (399, 301), (400, 301)]) {
        [255, 214, 10].into_iter().zip(&mut raster.planes).for_each(|(level, plane)| plane[y * 401 + x] = level);
    }
    let decoded = image::load_from_memory(&raster.jpeg().jpeg).unwrap().to_rgb8();
    assert_eq!([decoded.width(), decoded.height()], [401, 303]);
    let is_near = |x, y, [red, green, blue]: Rgb| {
        let found = decoded.get_pixel(x, y).0;
        let is_near = found.iter().zip([red, green, blue]).all(|(a, b)| a.abs_diff(b) < 16);
        assert!(is_near, "{x} {y} is {found:?}");
    };
    for (x, y) in [(70, 90), (100, 100), (190, 130)] {
        is_near(x, y, [255, 214, 10]);
    }
    for (x, y) in [(20, 20), (300, 200)] {
        is_near(x, y, [gray_at(&raster, x, y); 3]);
    }
    let plain = image::load_from_memory(&gray.jpeg).unwrap();
    assert_eq!(plain.color(), image::ColorType::L8, "without marks there is one component");
}

#[test]
fn the_files_of_known_pixels_are_known() {
    // Answers are found again by the bytes of the pictures that were asked about, also by later versions and on other machines.
    let image = frame(60, 40, |x, y| (x * x + 3 * y * y + ((x * 31) ^ (y * 17)) % 64) as u8);
    let mut raster = Raster::of(&shot(&image), &sent(1.5, 2.25, 50.0, 33.0, [211, 143]));
    let name = |raster: &Raster| raster.jpeg().hash()[..16].to_owned();
    assert_eq!(name(&raster), "f0ea7ce1fb0db14a");
    for (index, at) in (0..211 * 143).filter(|at| at % 211 > 50 && at % 211 < 140 && at % 7 < 4).enumerate() {
        [index, 3 * index, 7 * index]
            .into_iter()
            .zip(&mut raster.planes)
            .for_each(|(level, plane)| plane[at] = level as u8);
    }
    assert_eq!(name(&raster), "0a963156cd5f3783");
}
