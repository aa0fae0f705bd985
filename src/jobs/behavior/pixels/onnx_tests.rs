//! An image encoder over a few drawn pictures, from its file to the rows on disk.

use super::*;
use crate::behavior::visual::EncoderError;
use crate::behavior::visual::test_networks::{Node, batch_of, network};
use crate::jobs::CancelFlag;

/// Picture n is of level n + 1 to the left, and ten times that to the right.
struct Drawn;

impl FrameSource for Drawn {
    fn frame_count(&mut self) -> Result<u32, MediaError> {
        Ok(5)
    }

    fn size_px(&self) -> [u32; 2] {
        [20, 10]
    }

    fn read(&mut self, frame: u32) -> Result<GrayFrame, MediaError> {
        let level = |at: u32| (frame as u8 + 1) * if at % 20 < 10 { 1 } else { 10 };
        Ok(GrayFrame { width: 20, height: 10, pixels: GrayPixels::U8((0..200).map(level).collect()) })
    }
}

#[test]
fn rows_are_what_the_network_says_of_each_animal_and_frame() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("encoder.onnx");
    let as_is = ChannelScale { mean: vec![0.0; 3], sd: vec![1.0; 3] };
    std::fs::write(&path, network(&batch_of([3, 6, 6]), &[Node::Mix(vec![vec![255.0, 0.0, 0.0], vec![255.0; 3]])]))
        .unwrap();
    let place = |x: f32| Some(Place::around([x, 4.5], None, 3.0));
    let mut places = vec![vec![place(4.5); 5], vec![place(14.5); 5]];
    places[1][2] = None;
    let mut describer = encoder(&path, &as_is, patch_px(&places)).unwrap();
    let listener = |_| {};
    let cancel = CancelFlag::default();
    let job = Job::new(&cancel, &listener);
    let near = folder.path().join("project.bvlm");
    let rows = PixelRows::measure(&job, &mut Drawn, describer.as_mut(), &places, &near).unwrap();
    assert_eq!(rows.names(), ["encoder_0", "encoder_1"]);
    for (animal, factor) in [(0, 1.0), (1, 10.0)] {
        let found = rows.rows(animal, 1..5).unwrap();
        for (at, row) in found.rows().into_iter().enumerate() {
            let level = factor * (at + 2) as f32;
            if animal == 1 && at == 1 {
                assert!(row.iter().all(|value| value.is_nan()), "animal 1 is not there in frame 2");
            } else {
                assert!((row[0] - level).abs() < 1e-3 && (row[1] - 3.0 * level).abs() < 1e-3, "{row} for {level}");
            }
        }
    }
}

#[test]
fn a_file_that_is_missing_or_no_network_is_named() {
    let refusal = |path: &Path| match encoder(path, &ChannelScale::default(), 48.0) {
        Ok(_) => panic!("{} is taken", path.display()),
        Err(error) => error,
    };
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("encoder.onnx");
    assert!(refusal(&missing).to_string().starts_with("cannot read "), "{}", refusal(&missing));
    std::fs::write(&missing, "no network").unwrap();
    let error = refusal(&missing);
    assert!(matches!(error, JobError::Behavior(BehaviorError::Encoder(EncoderError::NoNetwork { .. }))), "{error}");
}
