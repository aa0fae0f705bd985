//! Where pixels land, and what is made of those that fall together.

use super::super::look::Mode;
use super::super::picture::PixelRect;
use super::super::shades::Shades;
use super::*;
use crate::model::CameraId;

fn spec(region: PixelRect, size_px: [u32; 2]) -> PictureSpec {
    PictureSpec { camera: CameraId(0), frame: 0, look: Look::default(), region, size_px }
}

fn rect(x0: f64, y0: f64, x1: f64, y1: f64) -> PixelRect {
    PixelRect { x0, y0, x1, y1 }
}

fn drawn(frame: &GrayFrame, region: PixelRect, size_px: [u32; 2]) -> Picture {
    let shades = Shades::new(frame.clone()).unwrap();
    let spec = spec(region, size_px);
    let (plane, value_px) = shades.at(spec.shrinking());
    let layer = Layer { plane, origin_px: [0, 0], value_px, image_px: frame.size_px() };
    paint(&spec, &Content::Gray(layer, Range::EIGHT_BIT))
}

fn gray(width: u32, height: u32, level: impl Fn(u32, u32) -> u8) -> GrayFrame {
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| level(x, y)).collect();
    GrayFrame { width, height, pixels: GrayPixels::U8(pixels) }
}

fn red(picture: &Picture, x: u32, y: u32) -> Option<u8> {
    let index = (y * picture.size_px[0] + x) as usize * 4;
    (picture.rgba[index + 3] == 255).then(|| picture.rgba[index])
}

/// The centre of light, in device pixels by DESIGN's convention.
fn centroid(picture: &Picture) -> [f64; 2] {
    let (mut mass, mut x_sum, mut y_sum) = (0.0, 0.0, 0.0);
    for y in 0..picture.size_px[1] {
        for x in 0..picture.size_px[0] {
            let light = f64::from(red(picture, x, y).unwrap_or(0));
            mass += light;
            x_sum += light * f64::from(x);
            y_sum += light * f64::from(y);
        }
    }
    assert!(mass > 0.0, "the dot is not in the picture");
    [x_sum / mass, y_sum / mass]
}

#[test]
fn a_picture_at_its_own_size_is_itself() {
    let frame = gray(23, 17, |x, y| (x * 11 + y * 5) as u8);
    let picture = drawn(&frame, PixelRect::whole([23, 17]), [23, 17]);
    for y in 0..17 {
        for x in 0..23 {
            assert_eq!(red(&picture, x, y).map(u16::from), frame.level(x, y));
        }
    }
}

#[test]
fn a_dot_lands_where_the_mapping_says() {
    // A small square, so that every resolution sees it; its centre is (1203.5, 405.5).
    let frame = gray(2048, 1400, |x, y| if (1200..1208).contains(&x) && (402..410).contains(&y) { 250 } else { 0 });
    let regions = [
        (PixelRect::whole([2048, 1400]), [640, 438]),
        (PixelRect::whole([2048, 1400]), [300, 205]),
        (PixelRect::whole([2048, 1400]), [1500, 1025]),
        (rect(1000.3, 300.7, 1400.1, 573.9), [640, 438]),
        (rect(1180.25, 390.0, 1230.75, 425.5), [640, 450]),
        (rect(-400.0, -900.0, 2500.0, 1500.0), [700, 580]),
    ];
    for (region, size_px) in regions {
        let picture = drawn(&frame, region, size_px);
        let scale = [f64::from(size_px[0]) / region.width(), f64::from(size_px[1]) / region.height()];
        let wanted = [(1203.5 - region.x0) * scale[0] - 0.5, (405.5 - region.y0) * scale[1] - 0.5];
        let found = centroid(&picture);
        let off = (found[0] - wanted[0]).hypot(found[1] - wanted[1]);
        assert!(off < 0.5, "{region:?} at {size_px:?}: {found:?}, not {wanted:?}");
    }
}

#[test]
fn shrinking_takes_means_and_growing_goes_between() {
    let stripes = gray(8, 8, |x, _| if x % 2 == 0 { 0 } else { 200 });
    let small = drawn(&stripes, PixelRect::whole([8, 8]), [4, 4]);
    assert!((0..4).all(|x| red(&small, x, 1) == Some(100)));
    let edge = gray(2, 1, |x, _| if x == 0 { 0 } else { 200 });
    let double = drawn(&edge, PixelRect::whole([2, 1]), [4, 2]);
    assert_eq!([0, 1, 2, 3].map(|x| red(&double, x, 0)), [0, 50, 150, 200].map(Some));
    let squares = drawn(&edge, PixelRect::whole([2, 1]), [8, 4]);
    assert_eq!([0, 3, 4, 7].map(|x| red(&squares, x, 3)), [0, 0, 200, 200].map(Some));
}

#[test]
fn outside_of_the_picture_there_is_nothing() {
    let frame = gray(10, 10, |_, _| 90);
    let picture = drawn(&frame, rect(-10.5, -0.5, 19.5, 9.5), [30, 10]);
    for x in 0..30 {
        assert_eq!(red(&picture, x, 5), (10..20).contains(&x).then_some(90), "{x}");
    }
    let away = drawn(&frame, rect(100.0, 100.0, 120.0, 120.0), [5, 5]);
    assert!(away.rgba.iter().all(|byte| *byte == 0));
    for region in [rect(5.0, 5.0, 5.0, 9.0), rect(f64::NAN, 0.0, 9.0, 9.0), rect(9.0, 9.0, 1.0, 1.0)] {
        assert!(drawn(&frame, region, [4, 0]).rgba.iter().all(|byte| *byte == 0));
    }
}

#[test]
fn odd_sizes_and_reduced_planes_stay_inside() {
    for (width, height) in [(1, 1), (2049, 3), (1025, 1023), (3, 1100)] {
        let frame = gray(width, height, |_, _| 50);
        for size_px in [[1, 1], [7, 5], [640, 450]] {
            let picture = drawn(&frame, rect(-3.0, -3.0, f64::from(width) + 3.0, f64::from(height) + 3.0), size_px);
            assert!(
                picture.rgba.as_chunks::<4>().0.iter().all(|pixel| matches!(pixel, [50, 50, 50, 255] | [0, 0, 0, 0]))
            );
        }
    }
}

#[test]
fn fused_pictures_mix_colours_over_grey() {
    let base = gray(4, 4, |_, _| 200);
    let dots = gray(4, 4, |x, _| if x < 2 { 0 } else { 128 });
    let mut spec = spec(PixelRect::whole([4, 4]), [4, 4]);
    spec.look.mode = Mode::Fused { mix: 0.85 };
    let layer = |plane| Layer { plane, origin_px: [0, 0], value_px: 1, image_px: [4, 4] };
    let content = Content::Fused { base: layer(&base), range: Range::EIGHT_BIT, dots: layer(&dots), mix: 0.85 };
    let picture = paint(&spec, &content);
    let colours = turbo();
    for (x, level) in [(0, 0), (3, 128)] {
        for (found, colour) in picture.rgba[x * 4..].iter().zip(colours[level]) {
            let wanted = 0.15 * 200.0 + 0.85 * f64::from(colour);
            assert!((f64::from(*found) - wanted).abs() <= 1.5);
        }
    }
}
