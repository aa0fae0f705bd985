//! Plans keep what they must, places come back, headers say all of it.

use proptest::prelude::*;

use super::*;

fn area() -> impl Strategy<Value = Area> {
    (-200.0..2000.0f64, -200.0..1500.0f64, 1.0..2500.0f64, 1.0..2500.0f64).prop_map(|(x, y, width, height)| Area {
        x,
        y,
        width,
        height,
    })
}

proptest! {
    #[test]
    fn places_come_back(area in area(), x in -500.0..3000.0f64, y in -500.0..3000.0f64) {
        let sent = Sent::plan(area, [1024, 700], &Limits::default());
        let point = Point2::new(x, y);
        prop_assert!((sent.to_image(sent.to_sent(point)) - point).norm() < 1e-6);
        let edge = sent.to_image(Point2::new(-0.5, -0.5));
        prop_assert!((edge.x - (sent.area_in_image.x - 0.5)).abs() < 1e-6);
    }

    #[test]
    fn a_plan_shows_all_that_was_wanted_in_square_pixels(area in area()) {
        let limits = Limits::default();
        let sent = Sent::plan(area, [1024, 700], &limits);
        let Area { x, y, width, height } = sent.area_in_image;
        prop_assert!(x <= area.x + 1e-3 && y <= area.y + 1e-3);
        prop_assert!(x + width >= area.x + area.width - 2e-3 && y + height >= area.y + area.height - 2e-3);
        let [across, down] = sent.scale();
        prop_assert!((across / down - 1.0).abs() < 1e-4, "{across} and {down}");
        prop_assert!(sent.size_px.iter().all(|side| side % SIDE_STEP_PX == 0 && *side <= limits.longest_side_px));
        let pixels = sent.size_px[0] * sent.size_px[1];
        prop_assert!((800_000..=limits.most_px).contains(&pixels), "{:?}", sent.size_px);
    }

    #[test]
    fn headers_come_back(area in area(), marks in prop::collection::vec((1u16..99, -20.0..2000.0f64, -20.0..2000.0f64), 0..30)) {
        let sent = Sent::plan(area, [1024, 700], &Limits::default());
        let marks: Vec<NumberedPoint> = marks
            .into_iter()
            .map(|(number, x, y)| NumberedPoint { number: CentroidNumber(number), point_in_image: Point2::new(x, y) })
            .collect();
        let read = ViewHeader::parse(&sent.header(&marks)).unwrap();
        prop_assert_eq!(read.sent, sent);
        let shown: Vec<_> = marks.iter().filter(|mark| sent.shows(mark.point_in_image)).collect();
        prop_assert_eq!(read.marks.len(), shown.len());
        for (read, mark) in read.marks.iter().zip(shown) {
            prop_assert_eq!(read.number, mark.number);
            prop_assert!((read.point_in_image - mark.point_in_image).norm() < 1e-3);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(crop|sent|marks|[-0-9.,;=|:einfa ]){0,40}") {
        let _ = ViewHeader::parse(&text);
    }
}

#[test]
fn the_mapping_is_that_of_the_design() {
    let sent = Sent { area_in_image: Area { x: 100.0, y: -20.5, width: 280.0, height: 224.0 }, size_px: [1120, 896] };
    let point = sent.to_sent(Point2::new(130.25, 40.0));
    assert!((point.x - ((130.25 - 100.0 + 0.5) * 1120.0 / 280.0 - 0.5)).abs() < 1e-12);
    assert!((point.y - ((40.0 + 20.5 + 0.5) * 896.0 / 224.0 - 0.5)).abs() < 1e-12);
}

#[test]
fn the_header_is_written_as_agreed() {
    let sent = Sent { area_in_image: Area { x: 100.0, y: -20.5, width: 280.0, height: 224.0 }, size_px: [1120, 896] };
    assert_eq!(sent.header(&[]), "crop=100,-20.5,280,224;sent=1120,896");
    let mark = |number, x, y| NumberedPoint { number: CentroidNumber(number), point_in_image: Point2::new(x, y) };
    assert_eq!(
        sent.header(&[mark(1, 120.5, 30.0), mark(7, 50.0, 30.0), mark(12, 200.12345, 31.0)]),
        "crop=100,-20.5,280,224;sent=1120,896;marks=1:120.5,30|12:200.123,31"
    );
}

#[test]
fn wrong_headers_are_named() {
    let problem = |text: &str| ViewHeader::parse(text).unwrap_err().to_string();
    assert!(problem("sent=1,2").contains("no \"crop\""));
    assert!(problem("crop=1,2,3,4").contains("no \"sent\""));
    assert!(problem("crop=1,2,3;sent=1,2").contains("\"crop\" is \"1,2,3\""));
    assert!(problem("crop=1,2,0,4;sent=1,2").contains("\"crop\""));
    assert!(problem("crop=1,2,NaN,4;sent=1,2").contains("\"crop\""));
    assert!(problem("crop=1,2,3,4;sent=1.5,2").contains("\"sent\""));
    assert!(problem("crop=1,2,3,4;sent=1,2;marks=1:2").contains("\"marks\""));
    assert!(problem("crop=1,2,3,4;sent=1,2;marks=70000:2,3").contains("\"marks\""));
    assert_eq!(ViewHeader::parse("crop=1,2,3,4;sent=1,2;marks=").unwrap().marks, []);
}

#[test]
fn shapes_get_the_sides_that_fit_them() {
    let size = |width: f64, height: f64| {
        Sent::plan(Area { x: 400.0, y: 300.0, width, height }, [1024, 700], &Limits::default()).size_px
    };
    assert_eq!(size(250.0, 200.0), [1120, 896]);
    assert_eq!(size(200.0, 250.0), [896, 1120]);
    assert_eq!(size(300.0, 200.0), [1344, 896]);
    assert_eq!(size(600.0, 30.0), [1568, 672]);
    let small = Limits { wanted_px: 300_000, most_px: 320_000, longest_side_px: 700 };
    let sent = Sent::plan(Area { x: 0.0, y: 0.0, width: 100.0, height: 100.0 }, [1024, 700], &small);
    assert_eq!(sent.size_px, [448, 448]);
    let least = Limits { wanted_px: 0, most_px: 0, longest_side_px: 0 };
    assert_eq!(Sent::plan(Area { x: 0.0, y: 0.0, width: 9.0, height: 90.0 }, [1024, 700], &least).size_px, [224, 224]);
}

#[test]
fn what_is_added_is_image_where_there_is_some() {
    let plan = |x: f64| Sent::plan(Area { x, y: 300.0, width: 40.0, height: 200.0 }, [1024, 700], &Limits::default());
    assert!(plan(0.0).area_in_image.x >= 0.0);
    let right = plan(984.0).area_in_image;
    assert!(right.x + right.width <= 1024.001);
    let outside = plan(-30.0).area_in_image;
    assert!((-30.001..=-29.999).contains(&outside.x), "what was wanted outside stays: {outside:?}");
    assert!(right.width > 80.0, "a narrow part is widened");
    let dot = Sent::plan(Area { x: 500.0, y: 300.0, width: 1.0, height: 1.0 }, [1024, 700], &Limits::default());
    assert!(dot.area_in_image.width >= 64.0 && dot.area_in_image.height >= 64.0);
}
