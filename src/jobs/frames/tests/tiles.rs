//! Enlarged views of a frame store: the same pixels whether tiles or whole pictures are read, and no tile twice.

use super::*;
use crate::jobs::frames::store::testing::{damage, write};

/// The frame that is looked at; levels are measured in the first ones.
const SHOWN: u32 = 3;
const FUSED: Mode = Mode::Fused { mix: Mode::FUSED_MIX };

/// A camera of two channels whose videos do not decode, but have a store.
struct Stored {
    _folder: TempDir,
    root: TempDir,
    size_px: [u32; 2],
    cameras: [CameraMedia; 1],
}

impl Stored {
    fn new(size_px: [u32; 2], is_16_bit: bool) -> Self {
        let (folder, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut random = ChaCha8Rng::seed_from_u64(11);
        let mut channel = |name: &str, dots: u32| {
            let path = folder.path().join(name);
            std::fs::write(&path, name).unwrap();
            let source = ChannelSource { path: MediaPath::Video(path), interleaved: None };
            let frames: Vec<GrayFrame> = (0..=SHOWN).map(|_| speckled(size_px, is_16_bit, dots, &mut random)).collect();
            write(root.path(), &source, &frames);
            Some(source)
        };
        let (reflectance, fluorescence) = (channel("reflectance.mp4", 0), channel("fluorescence.mp4", 40));
        let cameras = [camera("cam0", reflectance, fluorescence)];
        Self { _folder: folder, root, size_px, cameras }
    }

    fn state(&self, budget_bytes: usize) -> State {
        state_with_store(&self.cameras, budget_bytes, Some(self.root.path().to_owned()))
    }

    /// A state that knows the size of the pictures, from small ones.
    fn begun(&self, budget_bytes: usize) -> State {
        let mut state = self.state(budget_bytes);
        let whole = PixelRect::whole(self.size_px);
        self.show(&mut state, [Mode::Reflectance, Mode::Fluorescence].map(|mode| part(mode, whole, [64, 64])));
        state
    }

    /// A state that holds all of the frame that is looked at, as recorded.
    fn whole(&self) -> State {
        let mut state = self.begun(PLENTY);
        let whole = PixelRect::whole(self.size_px);
        self.show(&mut state, [Mode::Reflectance, Mode::Fluorescence].map(|mode| part(mode, whole, self.size_px)));
        state
    }

    /// What is drawn, and how often something was read for it.
    fn show<const N: usize>(&self, state: &mut State, specs: [PictureSpec; N]) -> (Vec<Arc<Picture>>, usize) {
        state.want(wanted(specs));
        let decoded = work_off(state);
        (pictures(state.take_events()), decoded)
    }

    fn damage(&self, channel: Channel, frame: u32, tile: usize) {
        let (_, source) = self.cameras[0].channels().find(|(found, _)| *found == channel).unwrap();
        damage(self.root.path(), source, frame as usize, tile);
    }
}

/// Noise over a slope, with dots.
fn speckled(size_px: [u32; 2], is_16_bit: bool, dots: u32, random: &mut ChaCha8Rng) -> GrayFrame {
    let [width, height] = size_px;
    let slope = |x: u32, y: u32| 30.0 + 60.0 * f64::from(x) / f64::from(width) + f64::from(y % 50);
    let mut levels: Vec<f64> = (0..height).flat_map(|y| (0..width).map(move |x| slope(x, y))).collect();
    for level in &mut levels {
        *level += random.random_range(0.0..12.0);
    }
    for _ in 0..dots {
        let (x0, y0) = (random.random_range(0..width), random.random_range(0..height));
        for (x, y) in (y0..(y0 + 5).min(height)).flat_map(|y| (x0..(x0 + 5).min(width)).map(move |x| (x, y))) {
            levels[(y * width + x) as usize] += 90.0;
        }
    }
    let pixels = if is_16_bit {
        GrayPixels::U16(levels.iter().map(|level| 900 + (level * 40.0) as u16).collect())
    } else {
        GrayPixels::U8(levels.iter().map(|level| *level as u8).collect())
    };
    GrayFrame { width, height, pixels }
}

fn part(mode: Mode, region: PixelRect, size_px: [u32; 2]) -> PictureSpec {
    in_mode(mode, PictureSpec { region, size_px, ..spec(0, SHOWN) })
}

fn rect(x0: f64, y0: f64, width: f64, height: f64) -> PixelRect {
    PixelRect { x0, y0, x1: x0 + width, y1: y0 + height }
}

#[test]
fn parts_are_drawn_from_tiles_as_from_the_whole() {
    // The wider one is reduced twice for the store, so that its parts have reductions of their own.
    for (size_px, is_16_bit) in [([1301, 703], false), ([1301, 703], true), ([2603, 531], false)] {
        let stored = Stored::new(size_px, is_16_bit);
        let mut whole = stored.whole();
        let [right, bottom] = size_px.map(f64::from);
        let is_wide = size_px[0] > 2048;
        // Shrunk more than this, reductions are read, which have been through JPEG themselves.
        let most_shrunk = if is_wide { [160, 120] } else { [320, 240] };
        let specs = [
            ("in a tile", rect(100.3, 60.7, 200.0, 150.0), [320, 240]),
            ("from its first pixel to its last", rect(511.5, -0.5, 512.0, 512.0), [640, 640]),
            ("across the corner of four", rect(401.2, 430.9, 211.3, 92.1), [300, 131]),
            ("in squares", rect(505.1, 505.1, 20.0, 15.0), [640, 480]),
            ("shrunk", rect(333.3, 3.0, 700.0, 520.0), [480, 360]),
            ("shrunk by more", rect(522.7, 20.0, 480.0, 360.0), most_shrunk),
            ("beyond the right and the bottom", rect(right - 150.0, bottom - 100.0, 400.0, 300.0), [640, 480]),
            ("beyond the left and the top", rect(-120.0, -90.5, 400.0, 300.0), [640, 480]),
            ("outside", rect(right + 500.0, -900.0, 40.0, 30.0), [64, 48]),
        ];
        for (place, region, drawn_px) in specs {
            for mode in [Mode::Reflectance, Mode::Fluorescence, FUSED] {
                let spec = part(mode, region, drawn_px);
                let mut tiled = stored.begun(PLENTY);
                let ((expected, _), (found, decoded)) =
                    (stored.show(&mut whole, [spec]), stored.show(&mut tiled, [spec]));
                assert_eq!((expected.len(), found.len()), (1, 1));
                assert!(expected[0] == found[0], "{place}, {mode:?}, {size_px:?}, 16 bit: {is_16_bit}");
                assert!(decoded >= 1, "the whole was not there");
                assert!(expected[0].rgba.iter().any(|value| *value > 0) || place == "outside");
            }
        }
    }
}

#[test]
fn only_tiles_that_a_part_needs_are_read_and_none_twice() {
    let stored = Stored::new([1301, 703], false);
    let mut whole = stored.whole();
    let mut state = stored.begun(PLENTY);
    let before = state.bytes();
    // Three tiles across and two down; the reduction of a tile has half its side.
    let tile = |across: usize, down: usize| across * 512 * down * 512 * 5 / 4 + 256;
    let animal = |region| part(Mode::Reflectance, region, [320, 240]);
    let mut is_shown = |state: &mut State, spec: PictureSpec, decoded_expected: usize| {
        let ((expected, _), (found, decoded)) = (stored.show(&mut whole, [spec]), stored.show(state, [spec]));
        assert_eq!(decoded, decoded_expected, "{spec:?}");
        assert!(expected == found, "{spec:?}");
    };
    for tile in [1, 2, 3, 4, 5] {
        stored.damage(Channel::Reflectance, SHOWN, tile);
    }
    is_shown(&mut state, animal(rect(100.0, 60.0, 200.0, 150.0)), 1);
    assert_eq!(state.bytes(), before + tile(1, 1));
    is_shown(&mut state, animal(rect(290.0, 340.0, 200.0, 150.0)), 0);
    is_shown(&mut state, animal(rect(-50.0, -60.0, 200.0, 150.0)), 0);

    // Beyond them the others are read, and what is there is not.
    let stored_again = Stored::new([1301, 703], false);
    let mut state = stored_again.begun(PLENTY);
    is_shown(&mut state, animal(rect(100.0, 60.0, 200.0, 150.0)), 1);
    stored_again.damage(Channel::Reflectance, SHOWN, 0);
    is_shown(&mut state, animal(rect(450.0, 60.0, 200.0, 150.0)), 1);
    assert_eq!(state.bytes(), before + tile(2, 1), "one plane in place of the first");
    is_shown(&mut state, animal(rect(650.0, 60.0, 200.0, 150.0)), 0);
    is_shown(&mut state, animal(rect(100.0, 60.0, 200.0, 150.0)), 0);
    let all = part(Mode::Reflectance, PixelRect::whole([1301, 703]), [1301, 703]);
    is_shown(&mut state, all, 1);
    assert_eq!(state.bytes(), before + 1301 * 703, "one plane in place of all others, also of the reduction");
    for region in [rect(1000.0, 600.0, 200.0, 150.0), rect(5.0, 500.0, 20.0, 15.0)] {
        is_shown(&mut state, animal(region), 0);
    }
}

#[test]
fn a_damaged_tile_is_told_where_its_video_does_not_help() {
    let stored = Stored::new([1301, 703], false);
    let mut state = stored.begun(PLENTY);
    stored.damage(Channel::Reflectance, SHOWN, 0);
    let other_tile = part(Mode::Reflectance, rect(600.0, 60.0, 200.0, 150.0), [320, 240]);
    assert_eq!(stored.show(&mut state, [other_tile]).0.len(), 1);
    state.want(wanted([part(Mode::Reflectance, rect(400.0, 60.0, 200.0, 150.0), [320, 240])]));
    work_off(&mut state);
    assert!(matches!(&state.take_events()[..], [FrameEvent::Unreadable { frame: SHOWN, .. }]));
}

#[test]
fn levels_are_measured_over_whole_frames() {
    for is_16_bit in [false, true] {
        let stored = Stored::new([1301, 703], is_16_bit);
        for frame in 0..SHOWN {
            stored.damage(Channel::Reflectance, frame, 0);
            stored.damage(Channel::Fluorescence, frame, 0);
        }
        // The first frames cannot be had as recorded: the one that is looked at must do, and all of it.
        for mode in [Mode::Reflectance, Mode::Fluorescence, FUSED] {
            let spec = part(mode, rect(600.0, 60.0, 200.0, 150.0), [320, 240]);
            let expected = stored.show(&mut stored.whole(), [spec]).0;
            assert_eq!(expected.len(), 1);
            assert!(stored.show(&mut stored.begun(PLENTY), [spec]).0 == expected, "{mode:?}, 16 bit: {is_16_bit}");
            assert!(stored.show(&mut stored.state(PLENTY), [spec]).0 == expected, "{mode:?}, at once: {is_16_bit}");
        }
    }
}

#[test]
fn panning_and_zooming_stay_within_the_budget_and_show_the_same() {
    let stored = Stored::new([1301, 703], false);
    let mut whole = stored.whole();
    // Room for a whole frame of both channels, and little else.
    let budget_bytes = 2 * 1301 * 703 * 3 / 2;
    let mut state = stored.begun(budget_bytes);
    let mut random = ChaCha8Rng::seed_from_u64(7);
    for _ in 0..150 {
        let width = random.random_range(10.0..300.0);
        let (x0, y0) = (random.random_range(-100.0..1200.0), random.random_range(-100.0..650.0));
        let mode = [Mode::Reflectance, Mode::Fluorescence, FUSED][random.random_range(0..3)];
        let spec = part(mode, rect(x0, y0, width, width * 0.75), [160, 120]);
        let (expected, found) = (stored.show(&mut whole, [spec]).0, stored.show(&mut state, [spec]).0);
        assert!(found == expected && found.len() == 1, "{spec:?}");
        assert!(state.bytes() <= budget_bytes);
    }
    assert!(state.most_bytes() > budget_bytes / 2, "the budget is used");
}
