//! Cameras against an independent implementation, their own inverse and finite differences.

use nalgebra::{Matrix3, Vector2, Vector3};
use proptest::prelude::*;

use super::Camera;
use super::test_rigs::{LENSES, looking_at};
use crate::model::{Point2, Point3};

/// Computed once with OpenCV 5.0.0: `projectPoints` and `fisheye.projectPoints`, no skew, with the rotation vector
/// (0.3, −0.5, 0.2) and the translation (12, −8, 420).
const REFERENCE_ROTATION: [f64; 9] = [
    0.8595338985586632,
    -0.26022671404809444,
    -0.43986763295823095,
    0.11491695393636675,
    0.937032437284918,
    -0.3297943376922551,
    0.497991537002922,
    0.23292116428443663,
    0.8353156052067086,
];
const NARROW: [[f64; 3]; 4] = [[0.0, 0.0, 0.0], [60.0, -40.0, 20.0], [-90.0, 75.0, -35.0], [110.0, 95.0, 60.0]];
const WIDE: [[f64; 3]; 4] = [[0.0, 0.0, 0.0], [260.0, -140.0, 20.0], [-390.0, 275.0, -135.0], [610.0, 395.0, 60.0]];
/// Coefficients, whether they are a fisheye's, and the pixels of [`NARROW`] or [`WIDE`].
type Reference = (&'static [f64], bool, [[f64; 2]; 4]);
const REFERENCE_PIXELS: [Reference; 6] = [
    (
        &[-0.18, 0.06, 5e-4, -3e-4],
        false,
        [
            [660.0587644017814, 466.0685147490074],
            [852.4761059220114, 332.2146185215967],
            [290.19090435613174, 790.101743846601],
            [782.8993434442367, 725.3517103006066],
        ],
    ),
    (
        &[-0.16, 0.94, -1e-3, -4e-3, -2.7],
        false,
        [
            [660.0450584061064, 466.0696937801903],
            [852.4240758665278, 332.0438178970589],
            [288.022017072085, 791.5185003619795],
            [782.7316902325141, 725.2948795895659],
        ],
    ),
    (
        &[0.3, -0.1, 1e-3, 2e-3, 0.02, 0.5, -0.05, 0.01],
        false,
        [
            [660.0676872100559, 466.0666531138833],
            [852.5805333256894, 332.2491349437541],
            [291.13506864161855, 789.5390343450565],
            [783.0146588261603, 725.380907647655],
        ],
    ),
    (
        &[-0.2, 0.08, 1e-3, -5e-4, 0.01, 0.02, 0.01, -0.003, 1e-3, -5e-4, 8e-4, 3e-4],
        false,
        [
            [660.0565966522214, 466.0736046996458],
            [852.1901223752283, 332.5058974872542],
            [291.04612775319555, 789.5539735754369],
            [782.7593362341754, 725.1788352911224],
        ],
    ),
    (
        &[-0.01, 0.02, -0.015, 0.003],
        true,
        [
            [623.4951457835865, 490.1580365745647],
            [801.1866896081353, 413.69780940692084],
            [218.78104934368815, 793.7360374799724],
            [785.2429274319343, 676.3523194820548],
        ],
    ),
    (
        &[0.08, -0.03, 0.0, 0.0],
        true,
        [
            [623.4964169207393, 490.157179061406],
            [804.8356089095271, 412.0713161570918],
            [196.12489569118367, 810.7827754999431],
            [789.7408990854506, 680.9631499561161],
        ],
    ),
];

#[test]
fn pixels_are_those_of_an_independent_implementation() {
    let rotation = Matrix3::from_row_slice(&REFERENCE_ROTATION);
    let pose = (rotation, Vector3::new(12.0, -8.0, 420.0));
    for (lens, fisheye, pixels) in REFERENCE_PIXELS {
        let (fx, fy, points) = if fisheye { (420.0, 425.0, WIDE) } else { (1700.0, 1690.0, NARROW) };
        let matrix = Matrix3::new(fx, 0.0, 611.5, 0.0, fy, 498.25, 0.0, 0.0, 1.0);
        let camera = Camera::new("reference".to_owned(), [1224, 1024], matrix, lens, fisheye, pose).unwrap();
        for (world, pixel) in points.into_iter().zip(pixels) {
            let pixel = Point2::from(pixel);
            let world = Point3::from(world);
            let there = camera.project(world).unwrap();
            assert!((there - pixel).norm() < 1e-9, "{lens:?} {world}: {there} is not {pixel}");
            let in_camera = rotation * world.coords + pose.1;
            let ideal = camera.undistort(pixel).unwrap();
            assert!((ideal - in_camera.xy() / in_camera.z).norm() < 1e-9, "{lens:?} {world}");
        }
    }
}

#[test]
fn numbers_that_make_no_camera_are_named() {
    let matrix = Matrix3::new(1600.0, 2.0, 500.0, 0.0, 1600.0, 400.0, 0.0, 0.0, 1.0);
    let pose = (Matrix3::identity(), Vector3::zeros());
    let problem = |matrix, lens: &[f64], fisheye, pose| {
        Camera::new("left".to_owned(), [640, 480], matrix, lens, fisheye, pose).unwrap_err().to_string()
    };
    assert!(problem(matrix.transpose(), &[], false, pose).contains("transposed"));
    assert!(problem(Matrix3::zeros(), &[], false, pose).ends_with("positive focal lengths"));
    assert!(problem(matrix, &[0.1, 0.2], false, pose).contains("2 distortion coefficients"));
    assert!(problem(matrix, &[0.1; 5], true, pose).contains("fisheye lens has 4"));
    assert!(problem(matrix, &[f64::NAN; 4], false, pose).contains("finite"));
    assert!(problem(matrix, &[], false, (-Matrix3::identity(), Vector3::zeros())).contains("rotation"));
    assert!(problem(matrix, &[], false, (Matrix3::from_element(f64::NAN), Vector3::zeros())).contains("rotation"));
    assert!(problem(matrix, &[], false, (Matrix3::identity(), Vector3::repeat(f64::INFINITY))).contains("finite"));
    let empty = Camera::new("left".to_owned(), [0, 480], matrix, &[], false, pose).unwrap_err();
    assert!(empty.to_string().contains("0×480"));
}

#[test]
fn what_no_image_shows_has_no_pixel() {
    for lens in LENSES {
        let camera = looking_at("cam", Point3::new(0.0, -400.0, 0.0), Point3::origin(), 1600.0, lens);
        for point in [
            Point3::new(0.0, -500.0, 0.0),
            Point3::new(0.0, -400.0, 0.0),
            Point3::new(f64::NAN, 0.0, 0.0),
            Point3::new(f64::INFINITY, 0.0, 0.0),
            Point3::new(0.0, f64::INFINITY, 0.0),
        ] {
            assert_eq!(camera.project(point), None, "{lens:?} {point}");
            assert!(camera.project_with_jacobian(point).is_none());
        }
        for pixel in [[f64::NAN, 0.0], [f64::INFINITY, 0.0], [0.0, f64::NEG_INFINITY]] {
            assert_eq!(camera.undistort(Point2::from(pixel)), None, "{lens:?} {pixel:?}");
            assert!(camera.ray(Point2::from(pixel)).is_none());
        }
    }
}

#[test]
fn a_folded_lens_shows_nothing_beyond_the_fold() {
    // 1 − 0.3·r² turns back at r² = 1/0.9, where the distorted radius is 0.7027.
    let camera =
        looking_at("cam", Point3::new(0.0, -100.0, 0.0), Point3::origin(), 1000.0, (&[-0.3, 0.0, 0.0, 0.0], false));
    let fold = (1.0f64 / 0.9).sqrt();
    let at = |radius: f64| camera.project(Point3::new(100.0 * radius, 0.0, 0.0));
    assert!(at(fold * 0.999).is_some());
    assert_eq!(at(fold * 1.001), None);
    assert_eq!(at(fold * 3.0), None);
    let center = camera.distort(Vector2::zeros());
    assert!(camera.undistort(center + Vector2::new(702.0, 0.0)).is_some());
    assert_eq!(camera.undistort(center + Vector2::new(703.5, 0.0)), None);
}

fn lens() -> impl Strategy<Value = (Vec<f64>, bool)> {
    let k = -0.25..0.25f64;
    let p = -0.005..0.005f64;
    prop_oneof![
        (k.clone(), k.clone(), p.clone(), p.clone()).prop_map(|(a, b, c, d)| (vec![a, b, c, d], false)),
        (k.clone(), -1.0..1.0f64, p.clone(), p.clone(), -3.0..3.0f64)
            .prop_map(|(a, b, c, d, e)| (vec![a, b, c, d, e], false)),
        (proptest::array::uniform6(k.clone()), p.clone(), p.clone())
            .prop_map(|([a, b, e, f, g, h], c, d)| (vec![a, b, c, d, e, f, g, h], false)),
        (proptest::array::uniform6(k.clone()), proptest::array::uniform6(p)).prop_map(|(k, p)| {
            (vec![k[0], k[1], p[0], p[1], k[2], k[3], k[4], k[5], p[2], p[3], p[4], p[5]], false)
        }),
        proptest::array::uniform4(-0.1..0.1f64).prop_map(|k| (k.to_vec(), true)),
    ]
}

proptest! {
    #[test]
    fn projecting_and_undistorting_round_trip((k, fisheye) in lens(), x in -250.0..250.0f64, y in -250.0..250.0f64, z in -200.0..200.0f64) {
        let camera = looking_at("cam", Point3::new(100.0, -500.0, 300.0), Point3::origin(), 1300.0, (&k, fisheye));
        let world = Point3::new(x, y, z);
        if let Some(pixel) = camera.project(world) {
            let in_camera = camera.rotation() * world.coords + camera.translation();
            let true_ideal = in_camera.xy() / in_camera.z;
            let ideal = camera.undistort(pixel);
            prop_assert!(ideal.is_some(), "{pixel}");
            let ideal = ideal.unwrap();
            prop_assert!((camera.distort(ideal) - pixel).norm() < 1e-8);
            // Next to the fold the inverse is as steep as one likes; everywhere else it is exact.
            let (_, jacobian) = camera.project_with_jacobian(world).unwrap();
            if (jacobian * in_camera.z).svd(false, false).singular_values[1] > 100.0 {
                prop_assert!((ideal - true_ideal).norm() < 1e-9, "{ideal} {true_ideal}");
                let ray = camera.ray(pixel).unwrap();
                let along = (world - ray.origin).dot(&ray.direction);
                prop_assert!((ray.origin + ray.direction * along - world).norm() < 1e-6);
            }
        }
    }

    #[test]
    fn jacobians_are_slopes((k, fisheye) in lens(), x in -200.0..200.0f64, y in -200.0..200.0f64, z in -200.0..200.0f64) {
        let camera = looking_at("cam", Point3::new(100.0, -500.0, 300.0), Point3::origin(), 1300.0, (&k, fisheye));
        let world = Point3::new(x, y, z);
        prop_assert_eq!(camera.project(world).is_some(), camera.project_with_jacobian(world).is_some());
        if let Some((_, jacobian)) = camera.project_with_jacobian(world) {
            for axis in 0..3 {
                let mut step = Vector3::zeros();
                step[axis] = 1e-3;
                if let (Some(after), Some(before)) = (camera.project(world + step), camera.project(world - step)) {
                    let slope = (after - before) / 2e-3;
                    prop_assert!((slope - jacobian.column(axis)).norm() < 1e-4 * (1.0 + slope.norm()));
                }
            }
        }
    }
}
