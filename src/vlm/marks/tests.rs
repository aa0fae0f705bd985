//! Rings are where the header says, labels are legible and hide nothing, also on dots that nobody would wish for.

use cpu_time::ThreadTime;
use proptest::prelude::*;
use std::path::PathBuf;

use super::*;
use crate::model::CentroidNumber;
use crate::recording::{Channel, GrayFrame, GrayPixels, Recording};
use crate::vlm::canvas::Levels;
use crate::vlm::sent::{Area, Limits, ViewHeader};

/// A bright oblong animal on a noisy dark ground.
fn mouse() -> GrayFrame {
    let (width, height) = (640u32, 480u32);
    let mut noise = 12345u32;
    let levels = (0..width * height).map(|index| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (x, y) = (f64::from(index % width), f64::from(index / width));
        let inside = ((x - 320.0) / 90.0).powi(2) + ((y - 240.0) / 45.0).powi(2) < 1.0;
        (if inside { 165 } else { 30 }) + (noise >> 28) as u8
    });
    GrayFrame { width, height, pixels: GrayPixels::U8(levels.collect()) }
}

fn shot(frame: &GrayFrame) -> Shot<'_> {
    Shot { frame, levels: Levels::EIGHT_BIT }
}

fn around_mouse() -> Sent {
    Sent::plan(Area { x: 200.0, y: 150.0, width: 250.0, height: 190.0 }, [640, 480], &Limits::default())
}

fn numbered(points: &[[f64; 2]]) -> Vec<NumberedPoint> {
    let number = |index: usize| CentroidNumber(index as u16 + 1);
    let point = |(index, [x, y]): (usize, &[f64; 2])| NumberedPoint {
        number: number(index),
        point_in_image: Point2::new(*x, *y),
    };
    points.iter().enumerate().map(point).collect()
}

/// What is wrong with where things are drawn.
fn faults(placed: &[Placed], size_px: [u32; 2]) -> Vec<String> {
    let mut faults = Vec::new();
    for (index, one) in placed.iter().enumerate() {
        let Some(pill) = &one.pill else {
            faults.push(format!("mark {index} has no label"));
            continue;
        };
        if !pill.is_within(size_px, 1.0) {
            faults.push(format!("label {index} reaches outside"));
        }
        for (other_index, other) in placed.iter().enumerate() {
            let near = pill.nearest(other.center);
            let gap = (near[0] - other.center[0]).hypot(near[1] - other.center[1]) - other.radius_px;
            if gap < 2.0 {
                faults.push(format!("label {index} covers dot {other_index}"));
            }
            if other_index > index && other.pill.is_some_and(|other| other.touches(pill, 1.0)) {
                faults.push(format!("labels {index} and {other_index} overlap"));
            }
        }
    }
    faults
}

/// Where a decoded picture has a ring of a colour near a place: the shift from there, pixels, and how good the ring is, 0 to 1.
fn ring_near(image: &image::RgbImage, [x, y]: [f32; 2], colour: Rgb) -> ([f32; 2], f32) {
    let likeness = |x: f32, y: f32| {
        let found = image.get_pixel_checked(x.round() as u32, y.round() as u32)?.0;
        let off: f32 = found.iter().zip(colour).map(|(a, b)| f32::from(a.abs_diff(b))).sum();
        Some((1.0 - off / 300.0).max(0.0))
    };
    let mut best = ([0.0, 0.0], 0.0);
    let steps = || (-10..=10).map(|step| step as f32 * 0.5);
    for (dx, dy) in steps().flat_map(|dy| steps().map(move |dx| (dx, dy))) {
        for radius in [5.0, 6.0, 7.0, 8.0, 9.0, 10.0] {
            let at = |angle: f32| likeness(x + dx + radius * angle.cos(), y + dy + radius * angle.sin());
            let seen: Vec<f32> = (0..32).filter_map(|step| at(step as f32 * std::f32::consts::TAU / 32.0)).collect();
            let mean = seen.iter().sum::<f32>() / seen.len() as f32;
            // Of a ring at the picture's edge a part is seen.
            if seen.len() >= 8 && mean > best.1 {
                best = ([dx, dy], mean);
            }
        }
    }
    best
}

/// The rings that a decoded picture does not have within 1 px of where the header puts them.
fn rings_amiss(jpeg: &[u8], header: &str) -> Vec<String> {
    let image = image::load_from_memory_with_format(jpeg, image::ImageFormat::Jpeg).unwrap().to_rgb8();
    let view = ViewHeader::parse(header).unwrap();
    let colours: Vec<Rgb> = Mark::numbered(&view.marks).iter().map(|mark| mark.colour).collect();
    let amiss = |(mark, colour): (&NumberedPoint, &Rgb)| {
        let place = view.sent.to_sent(mark.point_in_image);
        let ([dx, dy], likeness) = ring_near(&image, [place.x as f32, place.y as f32], *colour);
        let is_there = dx.hypot(dy) <= 1.0 && likeness > 0.5;
        (!is_there).then(|| format!("ring {} is {dx} {dy} px off, likeness {likeness:.2}", mark.number.0))
    };
    view.marks.iter().zip(&colours).filter_map(amiss).collect()
}

fn apart(points: Vec<[f64; 2]>, sent: &Sent, least_px: f64) -> Vec<[f64; 2]> {
    let mut kept: Vec<[f64; 2]> = Vec::new();
    for point in points {
        let far = |other: &[f64; 2]| (other[0] - point[0]).hypot(other[1] - point[1]) * sent.scale()[0] >= least_px;
        if kept.iter().all(far) {
            kept.push(point);
        }
    }
    kept
}

fn dots(most: usize) -> impl Strategy<Value = Vec<[f64; 2]>> {
    let wide = [200.0..449.0f64, 150.0..339.0f64];
    let dense = [300.0..340.0f64, 220.0..260.0f64];
    prop_oneof![prop::collection::vec(wide, 1..=most), prop::collection::vec(dense, 1..=most)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn labels_hide_nothing(points in dots(30)) {
        let (frame, sent) = (mouse(), around_mouse());
        let base = Raster::of(&shot(&frame), &sent);
        let points = apart(points, &sent, 12.0);
        let placed = layout(&base, &sent, &Mark::numbered(&numbered(&points)));
        prop_assert_eq!(placed.len(), points.len());
        prop_assert_eq!(faults(&placed, sent.size_px), Vec::<String>::new());
        prop_assert!(placed.iter().all(|one| one.text_px >= 18.0));
    }

    #[test]
    fn names_hide_nothing(points in dots(12)) {
        let (frame, sent) = (mouse(), around_mouse());
        let base = Raster::of(&shot(&frame), &sent);
        let names = ["ear_L", "back_middle", "forepaw_R", "hindpaw_L", "tail_tip"];
        let named = |(index, [x, y]): (usize, &[f64; 2])| (names[index % 5], Point2::new(*x, *y));
        let marks = Mark::named(&points.iter().enumerate().map(named).collect::<Vec<_>>());
        prop_assert_eq!(faults(&layout(&base, &sent, &marks), sent.size_px), Vec::<String>::new());
    }

    #[test]
    fn rings_are_where_the_header_says(points in dots(30)) {
        let (frame, sent) = (mouse(), around_mouse());
        let points = numbered(&apart(points, &sent, 14.0));
        let picture = draw_marks(&shot(&frame), &sent, &Mark::numbered(&points)).jpeg();
        prop_assert_eq!(rings_amiss(&picture.jpeg, &sent.header(&points)), Vec::<String>::new());
    }
}

#[test]
fn a_crop_said_wrongly_is_noticed() {
    let (frame, sent) = (mouse(), around_mouse());
    let points = numbered(&[[260.0, 230.0], [300.4, 251.7], [350.2, 222.9], [390.0, 280.0], [402.5, 199.1]]);
    let picture = draw_marks(&shot(&frame), &sent, &Mark::numbered(&points)).jpeg();
    assert_eq!(rings_amiss(&picture.jpeg, &sent.header(&points)), [""; 0]);
    let area = sent.area_in_image;
    for wrong in [
        Area { x: area.x + 0.4, ..area },
        Area { y: area.y - 0.4, ..area },
        Area { width: area.width * 1.02, ..area },
        Area { height: area.height * 0.98, ..area },
    ] {
        let said = Sent { area_in_image: wrong, ..sent }.header(&points);
        assert!(!rings_amiss(&picture.jpeg, &said).is_empty(), "{wrong:?} passes for {area:?}");
    }
}

#[test]
fn the_checks_see_bad_layouts() {
    let (frame, sent) = (mouse(), around_mouse());
    let points = numbered(&[[260.0, 230.0], [300.0, 250.0]]);
    let placed = layout(&Raster::of(&shot(&frame), &sent), &sent, &Mark::numbered(&points));
    let broken = |change: &dyn Fn(&mut [Placed])| {
        let mut placed = placed.clone();
        change(&mut placed);
        faults(&placed, sent.size_px).join("; ")
    };
    assert_eq!(broken(&|_| {}), "");
    assert!(broken(&|placed| placed[1].pill = placed[0].pill).contains("overlap"));
    assert!(broken(&|placed| placed[0].pill.as_mut().unwrap().x = -3.0).contains("outside"));
    let over = placed[1].center;
    assert!(
        broken(&|placed| placed[0].pill = Some(Pill { x: over[0] - 5.0, y: over[1] - 5.0, width: 30.0, height: 20.0 }))
            .contains("covers dot 1")
    );
}

#[test]
fn dots_outside_the_picture_are_left_out() {
    let (frame, sent) = (mouse(), around_mouse());
    let points = numbered(&[[260.0, 230.0], [20.0, 20.0]]);
    let placed = layout(&Raster::of(&shot(&frame), &sent), &sent, &Mark::numbered(&points));
    assert_eq!(placed.iter().map(|one| one.mark).collect::<Vec<_>>(), [0]);
}

#[test]
fn coinciding_dots_and_a_picture_without_room_are_no_trouble() {
    let frame = mouse();
    let limits = Limits { wanted_px: 1, most_px: 1, longest_side_px: 224 };
    let sent = Sent::plan(Area { x: 200.0, y: 150.0, width: 200.0, height: 200.0 }, [640, 480], &limits);
    let points = numbered(&[[300.0, 240.0]; 90]);
    let marks = Mark::numbered(&points);
    let placed = layout(&Raster::of(&shot(&frame), &sent), &sent, &marks);
    let lettered: Vec<Placed> = placed.iter().filter(|one| one.pill.is_some()).copied().collect();
    assert!(lettered.len() >= 20 && lettered.iter().any(|one| one.text_px < 24.0));
    assert_eq!(faults(&lettered, sent.size_px), [""; 0]);
    draw_marks(&shot(&frame), &sent, &marks);
}

#[test]
fn boxes_are_drawn_where_they_are() {
    let (frame, sent) = (mouse(), around_mouse());
    let corners = [Point2::new(270.0, 210.0), Point2::new(330.0, 260.0)];
    let picture = draw_boxes(&shot(&frame), &sent, &[(corners, "ears")]).jpeg();
    let image = image::load_from_memory(&picture.jpeg).unwrap().to_rgb8();
    let is_coloured = |point: Point2| {
        let found = image.get_pixel(point.x.round() as u32, point.y.round() as u32).0;
        found.iter().zip(COLOURS[0]).all(|(a, b)| a.abs_diff(b) < 70)
    };
    let [low, high] = corners.map(|corner| sent.to_sent(corner));
    let middle = nalgebra::center(&low, &high);
    for point in [
        Point2::new(low.x, middle.y),
        Point2::new(high.x, middle.y),
        Point2::new(middle.x, low.y),
        Point2::new(middle.x, high.y),
    ] {
        assert!(is_coloured(point), "{point} is {:?}", image.get_pixel(point.x as u32, point.y as u32));
    }
    assert!(!is_coloured(middle));
    let plain = Raster::of(&shot(&frame), &sent);
    let beyond = [Point2::new(-900.0, -900.0), Point2::new(2000.0, 2000.0)];
    assert_ne!(draw_boxes(&shot(&frame), &sent, &[(beyond, "tail")]), plain, "a box around all is still seen");
}

/// Where pictures to be looked at are written.
fn pictures() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/pictures");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
#[ignore = "writes a picture for a person to look at"]
fn thirty_dots_to_look_at() {
    let (frame, sent) = (mouse(), around_mouse());
    // A sunflower's seeds: as dense in the middle as anywhere, never in rows.
    let seed = |index: u32| {
        let (far, angle) = (5.5 * f64::from(index).sqrt(), f64::from(index) * 2.4);
        [325.0 + far * angle.cos() * 1.6, 245.0 + far * angle.sin()]
    };
    let points = numbered(&(0..30).map(seed).collect::<Vec<_>>());
    let raster = draw_marks(&shot(&frame), &sent, &Mark::numbered(&points));
    std::fs::write(pictures().join("thirty_dots.jpg"), raster.jpeg().jpeg).unwrap();
}

/// Real pictures, to be looked at, and what they cost.
#[test]
#[ignore = "writes pictures for a person to look at; needs BEHAVIORVLM_DATA"]
fn a_gallery_of_a_recording() {
    let data = PathBuf::from(std::env::var_os("BEHAVIORVLM_DATA").unwrap());
    let out = pictures();
    let recording = Recording::open(&data.join("qd_ring")).unwrap();
    let truth = std::fs::read_to_string(data.join("qd_ring/truth/points2d.csv")).unwrap();
    for (name, frame) in [("cam0", 0), ("cam2", 0), ("cam3", 30), ("cam5", 50)] {
        let camera = &recording.cameras[recording.find(name).unwrap().index()];
        let image = camera.channel(Channel::Reflectance).unwrap().open().unwrap().read(frame).unwrap();
        let rows = truth.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let rows = rows.filter(|row| row[0] == frame.to_string() && row[1] == name);
        let named: Vec<(String, [f64; 2])> =
            rows.map(|row| (row[2].to_owned(), [row[3].parse().unwrap(), row[4].parse().unwrap()])).collect();
        let mut points: Vec<[f64; 2]> = named.iter().map(|(_, point)| *point).collect();
        points.extend([0, 4, 9].map(|of: usize| [points[of][0] + 6.0, points[of][1] - 4.0]));
        let low = [0, 1].map(|axis| points.iter().map(|point| point[axis]).fold(f64::INFINITY, f64::min) - 24.0);
        let high = [0, 1].map(|axis| points.iter().map(|point| point[axis]).fold(0.0, f64::max) + 24.0);
        let area = Area { x: low[0], y: low[1], width: high[0] - low[0], height: high[1] - low[1] };
        let sent = Sent::plan(area, image.size_px(), &Limits::default());
        let levels = Levels::robust(&[&image]);
        let shot = Shot { frame: &image, levels };
        let points = numbered(&points);
        let marks = Mark::numbered(&points);

        let time = |label: &str, work: &dyn Fn()| {
            let spent = |_| {
                let start = ThreadTime::now();
                work();
                start.elapsed().as_secs_f64() * 1e3
            };
            let least = (0..15).map(spent).fold(f64::INFINITY, f64::min);
            println!("{name} {:?} {label}: {least:.2} ms of CPU time", sent.size_px);
        };
        let base = Raster::of(&shot, &sent);
        time("levels", &|| assert!(Levels::robust(&[&image]).white > 0.0));
        time("resize", &|| drop(Raster::of(&shot, &sent)));
        time("layout", &|| drop(layout(&base, &sent, &marks)));
        let placed = layout(&base, &sent, &marks);
        time("paint", &|| paint_marks(&mut base.clone(), &placed, &marks));
        time("jpeg without marks", &|| drop(base.jpeg()));
        let drawn = draw_marks(&shot, &sent, &marks);
        time("jpeg", &|| drop(drawn.jpeg()));
        time("all of it", &|| drop(draw_marks(&shot, &sent, &marks).jpeg()));

        let save = |kind: &str, raster: &Raster| {
            std::fs::write(out.join(format!("{name}_{kind}.jpg")), raster.jpeg().jpeg).unwrap();
        };
        save("target", &base);
        save("numbers", &draw_marks(&shot, &sent, &marks));
        let named: Vec<(String, Point2)> = named.into_iter().map(|(name, [x, y])| (name, Point2::new(x, y))).collect();
        let names = Mark::named(&named);
        save("names", &draw_marks(&shot, &sent, &names));
        let paws: Vec<Mark> = names.iter().filter(|mark| mark.label.contains("paw")).cloned().collect();
        let corners = |marks: &[Mark]| {
            let of = |pick: &dyn Fn(&Mark) -> f64, least: bool| {
                let values = marks.iter().map(pick);
                if least { values.fold(f64::INFINITY, f64::min) - 24.0 } else { values.fold(0.0, f64::max) + 24.0 }
            };
            let (x, y) = (|mark: &Mark| mark.point_in_image.x, |mark: &Mark| mark.point_in_image.y);
            [Point2::new(of(&x, true), of(&y, true)), Point2::new(of(&x, false), of(&y, false))]
        };
        let tail: Vec<Mark> = names.iter().filter(|mark| mark.label.contains("tail")).cloned().collect();
        save("box", &draw_boxes(&shot, &sent, &[(corners(&paws), "paws")]));
        save("boxes", &draw_boxes(&shot, &sent, &[(corners(&paws), "paws"), (corners(&tail), "tail")]));
        let [low, high] = corners(&paws);
        let area = Area { x: low.x, y: low.y, width: high.x - low.x, height: high.y - low.y };
        let close = Sent::plan(area, image.size_px(), &Limits::default());
        save("paws_names", &draw_marks(&shot, &close, &paws));
        save("paws_numbers", &draw_marks(&shot, &close, &marks));
        println!("{name}: {}", close.header(&points));
    }
}
