//! Networks whose output can be told by hand, on patches that are known.

use super::super::test_networks::{Node, Side, batch_of, network, network_of_kind};
use super::*;

/// Columns count 10 and rows 40 grey levels.
fn ramp(side: u32) -> GrayFrame {
    let levels = (0..side * side).map(|at| (at % side * 10 + at / side * 40) as u8).collect();
    GrayFrame { width: side, height: side, pixels: GrayPixels::U8(levels) }
}

fn encoder(bytes: &[u8], scale: &ChannelScale) -> Encoder {
    Encoder::from_bytes(bytes, scale, 4.0).unwrap()
}

fn row(bytes: &[u8], scale: &ChannelScale, frame: &GrayFrame, place: Place) -> Vec<f32> {
    let rows = encoder(bytes, scale).describe(frame, &[Some(place)]).unwrap();
    rows.row(0).to_vec()
}

#[track_caller]
fn assert_close(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    let is_close = found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-5);
    assert!(is_close, "{found:?} instead of {expected:?}");
}

fn refusal(bytes: &[u8]) -> String {
    Encoder::from_bytes(bytes, &ChannelScale::default(), 4.0).unwrap_err().to_string()
}

#[test]
fn a_network_gets_the_patch_as_it_is() {
    let seen = network(&batch_of([1, 4, 4]), &[Node::Flatten]);
    let whole = Place::whole([4, 4]);
    let levels: Vec<f32> = (0..16).map(|at| (at % 4 * 10 + at / 4 * 40) as f32 / 255.0).collect();
    assert_close(&row(&seen, &ChannelScale::default(), &ramp(4), whole), &levels);
    let turned = Place { heading_rad: Some(std::f32::consts::PI), ..whole };
    let backwards: Vec<f32> = levels.iter().rev().copied().collect();
    assert_close(&row(&seen, &ChannelScale::default(), &ramp(4), turned), &backwards);
    let scale = ChannelScale { mean: vec![0.5], sd: vec![0.25] };
    let scaled: Vec<f32> = levels.iter().map(|level| (level - 0.5) * 4.0).collect();
    assert_close(&row(&seen, &scale, &ramp(4), whole), &scaled);
}

#[test]
fn a_patch_has_the_size_that_the_network_wants() {
    // Two columns and one row over four by four pixels: the means of what lies between the middle columns and rows.
    let small = network(&batch_of([1, 1, 2]), &[Node::Flatten]);
    let rows = row(&small, &ChannelScale::default(), &ramp(4), Place::whole([4, 4]));
    assert_close(&rows, &[65.0 / 255.0, 85.0 / 255.0]);
    let large = network(&batch_of([1, 8, 8]), &[Node::Flatten]);
    assert_eq!(row(&large, &ChannelScale::default(), &ramp(4), Place::whole([4, 4])).len(), 64);
}

#[test]
fn deep_pictures_are_white_at_their_own_top() {
    let deep = GrayFrame { width: 2, height: 2, pixels: GrayPixels::U16(vec![65535; 4]) };
    let seen = network(&batch_of([1, 2, 2]), &[Node::Flatten]);
    assert_close(&row(&seen, &ChannelScale::default(), &deep, Place::whole([2, 2])), &[1.0; 4]);
}

#[test]
fn grey_is_repeated_over_three_channels_and_scaled_as_imagenet() {
    let white = GrayFrame { width: 4, height: 4, pixels: GrayPixels::U8(vec![255; 16]) };
    let expected = [(1.0 - 0.485) / 0.229, (1.0 - 0.456) / 0.224, (1.0 - 0.406) / 0.225];
    let pooled = network(&batch_of([3, 4, 4]), &[Node::AveragePool, Node::Flatten]);
    assert_close(&row(&pooled, &ChannelScale::default(), &white, Place::whole([4, 4])), &expected);
    let channels_last = network(&batch_of([2, 2, 3]), &[Node::Flatten]);
    assert_close(&row(&channels_last, &ChannelScale::default(), &white, Place::whole([4, 4])), &expected.repeat(4));
    let scale = ChannelScale { mean: vec![0.0; 3], ..ChannelScale::default() };
    let mean_is_zero = [1.0 / 0.229, 1.0 / 0.224, 1.0 / 0.225];
    assert_close(&row(&pooled, &scale, &white, Place::whole([4, 4])), &mean_is_zero);
}

#[test]
fn a_map_is_averaged_over_the_picture() {
    let as_is = ChannelScale { mean: vec![0.0; 3], sd: vec![1.0; 3] };
    let mixed = network(&batch_of([3, 4, 4]), &[Node::Mix(vec![vec![1.0, 2.0, 3.0], vec![0.0, -1.0, 0.5]])]);
    let mean = 75.0 / 255.0;
    let rows = row(&mixed, &as_is, &ramp(4), Place::whole([4, 4]));
    assert_close(&rows, &[6.0 * mean, -0.5 * mean]);
    assert_eq!(encoder(&mixed, &as_is).names(), ["encoder_0", "encoder_1"]);
}

#[test]
fn one_picture_goes_in_whatever_the_batch() {
    for batch in [Side::Open("N"), Side::Fixed(1), Side::Fixed(8)] {
        let sides = [batch, Side::Fixed(1), Side::Fixed(4), Side::Fixed(4)];
        let seen = network(&sides, &[Node::Flatten]);
        assert_eq!(row(&seen, &ChannelScale::default(), &ramp(4), Place::whole([4, 4])).len(), 16);
    }
}

#[test]
fn nobody_has_no_numbers() {
    let seen = network(&batch_of([1, 4, 4]), &[Node::Flatten]);
    let nowhere = Place { center: [f32::NAN, 1.0], ..Place::whole([4, 4]) };
    let places = [None, Some(Place::whole([4, 4])), Some(nowhere)];
    let rows = encoder(&seen, &ChannelScale::default()).describe(&ramp(4), &places).unwrap();
    let known: Vec<bool> = rows.rows().into_iter().map(|row| row.iter().all(|value| value.is_finite())).collect();
    assert_eq!(known, [false, true, false]);
    assert!(rows.row(0).iter().all(|value| value.is_nan()));
}

#[test]
fn what_is_no_encoder_is_named() {
    let fixed = Side::Fixed;
    assert!(refusal(b"").starts_with("the file holds no ONNX network ("), "{}", refusal(b""));
    let words = refusal(b"a page that says: not found");
    assert!(words.starts_with("the file holds no ONNX network ("), "{words}");
    let seen = network(&batch_of([1, 4, 4]), &[Node::Flatten]);
    // Behind the graph stand four bytes, the version of the operators.
    for length in 1..seen.len() - 4 {
        let words = refusal(&seen[..length]);
        assert!(!words.contains('\n') && words.len() < 300, "{words}");
    }
    let open = [Side::Open("N"), fixed(3), Side::Open("height"), Side::Open("width")];
    assert!(refusal(&network(&open, &[Node::Flatten])).contains("leaves height, width or channels open"));
    for shape in [vec![fixed(1), fixed(10)], vec![fixed(1), fixed(4), fixed(8), fixed(8)]] {
        let words = refusal(&network(&shape, &[Node::Flatten]));
        assert!(words.contains("is no picture"), "{words}");
    }
    assert!(refusal(&network_of_kind(2, &batch_of([1, 4, 4]), &[Node::Flatten])).contains("is no picture"));
    let words = refusal(&network(&batch_of([1, 4, 4]), &[Node::Unheard]));
    assert!(words.starts_with("it cannot be run (") && words.contains("Unheard"), "{words}");
    let words = refusal(&network(&batch_of([3, 64, 64]), &[Node::Flatten]));
    assert_eq!(words, "it gives 12288 numbers for a picture, where 1 to 4096 can be clustered");
}

#[test]
fn a_scale_fits_the_channels() {
    let seen = network(&batch_of([3, 4, 4]), &[Node::AveragePool]);
    for (mean, sd) in [(vec![0.5], vec![]), (vec![], vec![0.5; 2]), (vec![], vec![0.0; 3]), (vec![f32::NAN; 3], vec![])]
    {
        let scale = ChannelScale { mean, sd };
        let refused = Encoder::from_bytes(&seen, &scale, 4.0).unwrap_err();
        assert_eq!(refused, EncoderError::Scale { channels: 3 }, "{scale:?}");
    }
}
