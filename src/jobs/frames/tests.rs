//! The service over small image sequences: the right pixels of the right frame, nothing stale, nothing twice, within budget.
//!
//! Most tests run the shared state in one thread, step by step, so that every order of events can be brought about; the last
//! ones run the threads.

mod tiles;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tempfile::TempDir;

use super::*;
use crate::recording::sequence::SequencePattern;
use crate::recording::{ChannelSource, GrayFrame, GrayPixels, MediaPath};

const WIDTH: u32 = 64;
const HEIGHT: u32 = 48;

fn write(path: &Path, picture: &GrayFrame) {
    let (width, height) = (picture.width, picture.height);
    match &picture.pixels {
        GrayPixels::U8(levels) => image::save_buffer(path, levels, width, height, image::ColorType::L8).unwrap(),
        GrayPixels::U16(levels) => {
            let picture: image::ImageBuffer<image::Luma<u16>, _> =
                image::ImageBuffer::from_raw(width, height, levels.clone()).unwrap();
            picture.save(path).unwrap();
        }
    }
}

fn picture_8(level: impl Fn(u32, u32) -> u8) -> GrayFrame {
    let places = (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y)));
    let pixels = GrayPixels::U8(places.map(|(x, y)| level(x, y)).collect());
    GrayFrame { width: WIDTH, height: HEIGHT, pixels }
}

/// A frame that bears its camera and number as grey level.
fn numbered(camera: u8, frame: u32) -> GrayFrame {
    picture_8(|_, _| 20 + 100 * camera + frame as u8)
}

/// Writes a channel's pictures and names them.
fn sequence(folder: &Path, name: &str, frames: u32, picture: impl Fn(u32) -> GrayFrame) -> Option<ChannelSource> {
    let folder = folder.join(name);
    std::fs::create_dir_all(&folder).unwrap();
    for frame in 0..frames {
        write(&folder.join(format!("{frame:04}.png")), &picture(frame));
    }
    let pattern = SequencePattern::parse(&folder.join("%04d.png")).unwrap();
    Some(ChannelSource { path: MediaPath::Sequence(pattern), interleaved: None })
}

fn camera(name: &str, reflectance: Option<ChannelSource>, fluorescence: Option<ChannelSource>) -> CameraMedia {
    let zones = BTreeMap::new();
    CameraMedia { name: name.to_owned(), reflectance, fluorescence, mask: None, video: None, mm_per_px: None, zones }
}

/// Two cameras of numbered frames.
fn numbered_cameras(frames: u32) -> (TempDir, Vec<CameraMedia>) {
    let folder = tempfile::tempdir().unwrap();
    let of = |index: u8| {
        let name = format!("cam{index}");
        camera(&name, sequence(folder.path(), &name, frames, |frame| numbered(index, frame)), None)
    };
    let cameras = vec![of(0), of(1)];
    (folder, cameras)
}

fn spec(camera: u8, frame: u32) -> PictureSpec {
    let region = PixelRect::whole([WIDTH, HEIGHT]);
    PictureSpec { camera: CameraId(camera), frame, look: Look::default(), region, size_px: [32, 24] }
}

fn in_mode(mode: Mode, spec: PictureSpec) -> PictureSpec {
    PictureSpec { look: Look { mode, ..spec.look }, ..spec }
}

fn wanted(now: impl IntoIterator<Item = PictureSpec>) -> Wanted {
    Wanted { now: now.into_iter().collect(), soon: Vec::new() }
}

const PLENTY: usize = 1 << 30;

fn state(cameras: &[CameraMedia], budget_bytes: usize) -> State {
    state_with_store(cameras, budget_bytes, None)
}

fn state_with_store(cameras: &[CameraMedia], budget_bytes: usize, store_root: Option<PathBuf>) -> State {
    let mut channels = BTreeMap::new();
    for (index, camera) in (0u8..).zip(cameras) {
        for (channel, source) in camera.channels() {
            channels.insert((index, channel), ChannelState::new(source.clone()));
        }
    }
    State::new(channels, budget_bytes, store_root)
}

/// Works until nothing is left to do; returns how many frames were decoded.
fn work_off(state: &mut State) -> usize {
    let mut decoded = 0;
    loop {
        if let Some(job) = state.next_decode() {
            decoded += 1;
            state.finish_decode(work::decode(job));
        } else if let Some(job) = state.next_paint() {
            paint(state, job);
        } else {
            return decoded;
        }
    }
}

fn paint(state: &mut State, job: PaintJob) -> bool {
    match job {
        PaintJob::Paint { spec, layers } => state.finish_paint(work::paint(&spec, &layers)),
        PaintJob::Band(job) => {
            state.finish_band(job.key, work::band(&job));
            false
        }
    }
}

fn pictures(events: Vec<FrameEvent>) -> Vec<Arc<Picture>> {
    events
        .into_iter()
        .map(|event| match event {
            FrameEvent::Picture(picture) => picture,
            other => panic!("{other:?}"),
        })
        .collect()
}

/// The pixel in the middle.
fn middle(picture: &Picture) -> [u8; 4] {
    let index = (picture.size_px[1] / 2 * picture.size_px[0] + picture.size_px[0] / 2) as usize * 4;
    picture.rgba[index..index + 4].try_into().unwrap()
}

#[test]
fn every_picture_shows_its_own_camera_and_frame() {
    let (_folder, cameras) = numbered_cameras(9);
    let mut state = state(&cameras, PLENTY);
    let specs: Vec<PictureSpec> = [(1, 7), (0, 3), (0, 8), (1, 0)].map(|(camera, frame)| spec(camera, frame)).into();
    state.want(wanted(specs.clone()));
    work_off(&mut state);
    let found = pictures(state.take_events());
    assert_eq!(found.len(), 4);
    for picture in found {
        let level = 20 + 100 * picture.spec.camera.0 + picture.spec.frame as u8;
        assert!(specs.contains(&picture.spec));
        assert_eq!(middle(&picture), [level, level, level, 255]);
        assert_eq!((picture.size_px, picture.region), ([32, 24], PixelRect::whole([WIDTH, HEIGHT])));
    }
}

#[test]
fn what_is_finished_too_late_goes_nowhere() {
    let (_folder, cameras) = numbered_cameras(9);
    let mut state = state(&cameras, PLENTY);
    state.want(wanted([spec(0, 2)]));
    let decode = state.next_decode().unwrap();
    // Chosen while the first is being decoded: that is completed, kept, and not drawn.
    state.want(wanted([spec(0, 5)]));
    assert!(state.next_decode().is_none(), "a channel is read by one at a time");
    state.finish_decode(work::decode(decode));
    assert!(state.next_paint().is_none());
    assert!(state.is_ready((0, 2)) && !state.is_ready((0, 5)));

    // Chosen while the second is being drawn.
    let decode = state.next_decode().unwrap();
    state.finish_decode(work::decode(decode));
    let late = state.next_paint().unwrap();
    state.want(wanted([spec(0, 2)]));
    assert!(!paint(&mut state, late));
    assert_eq!(state.take_events(), []);

    // Chosen while one that is drawn was not taken yet.
    assert_eq!(work_off(&mut state), 0);
    state.want(wanted([spec(0, 5)]));
    assert_eq!(state.take_events(), []);
    work_off(&mut state);
    assert_eq!(pictures(state.take_events())[0].spec, spec(0, 5));
}

#[test]
fn pictures_are_delivered_once_while_they_stay_wanted() {
    let (_folder, cameras) = numbered_cameras(3);
    let mut state = state(&cameras, PLENTY);
    state.want(wanted([spec(0, 0), spec(1, 0), spec(0, 0)]));
    work_off(&mut state);
    assert_eq!(pictures(state.take_events()).len(), 2);
    state.want(wanted([spec(1, 0), spec(0, 0)]));
    work_off(&mut state);
    assert_eq!(state.take_events(), []);
    let brighter = PictureSpec { look: Look { brightness: 0.1, ..Look::default() }, ..spec(0, 0) };
    state.want(wanted([spec(1, 0), brighter]));
    assert_eq!(work_off(&mut state), 0, "another look needs no decoding");
    assert_eq!(pictures(state.take_events())[0].spec, brighter);
    state.want(wanted([spec(0, 0)]));
    work_off(&mut state);
    assert_eq!(pictures(state.take_events()).len(), 1, "wanted anew");
}

#[test]
fn spare_time_goes_to_what_comes_soon_in_its_order_and_within_the_budget() {
    let (_folder, cameras) = numbered_cameras(9);
    let mut ample = state(&cameras, PLENTY);
    let soon: Vec<(CameraId, u32)> = [4, 2, 5, 6, 7].map(|frame| (CameraId(0), frame)).into();
    let all = Wanted { now: vec![spec(0, 3)], soon };
    ample.want(all.clone());
    assert_eq!(work_off(&mut ample), 6);
    assert!((2..=7).all(|frame| ample.is_ready((0, frame))) && !ample.is_ready((0, 8)));
    let bytes = ample.bytes() - 32 * 24 * 4;

    // Room for three frames: the wanted one and the two likeliest, and then it rests.
    let mut tight = state(&cameras, bytes / 2 + bytes / 12);
    tight.want(all.clone());
    assert!(work_off(&mut tight) <= 4);
    assert!([3, 4, 2].into_iter().all(|frame| tight.is_ready((0, frame))));
    assert!([5, 6, 7].into_iter().all(|frame| !tight.is_ready((0, frame))));
    tight.want(all);
    assert_eq!(work_off(&mut tight), 0);
}

#[test]
fn a_budget_too_small_for_a_frame_still_shows_it() {
    let (_folder, cameras) = numbered_cameras(4);
    let mut state = state(&cameras, 100);
    state.want(wanted([spec(0, 0), spec(1, 0), spec(0, 1), spec(1, 3)]));
    work_off(&mut state);
    assert_eq!(pictures(state.take_events()).len(), 4);
    assert_eq!(state.bytes(), 0);
}

#[test]
fn a_missing_channel_is_told_once_and_the_rest_works() {
    let (folder, mut cameras) = numbered_cameras(3);
    let gone = |name: &str| {
        let path = MediaPath::Video(folder.path().join(name));
        Some(ChannelSource { path, interleaved: None })
    };
    cameras.push(camera("cam2", gone("gone.mp4"), None));
    cameras.push(camera("cam3", gone("gone too.mp4"), cameras[0].reflectance.clone()));
    let mut state = state(&cameras, PLENTY);
    for frame in 0..3 {
        state.want(wanted((0..4).map(|camera| spec(camera, frame))));
        work_off(&mut state);
        let (missing, shown): (Vec<FrameEvent>, _) =
            state.take_events().into_iter().partition(|event| matches!(event, FrameEvent::CameraMissing { .. }));
        assert_eq!(missing.len(), if frame == 0 { 2 } else { 0 });
        for event in missing {
            let FrameEvent::CameraMissing { camera, channel, path, is_gone, reason } = event else { continue };
            assert!(is_gone);
            assert_eq!(channel, Channel::Reflectance);
            assert_eq!(path, folder.path().join(if camera.0 == 2 { "gone.mp4" } else { "gone too.mp4" }));
            assert!(reason.contains("does not exist") && reason.contains("recording.toml"), "{reason}");
        }
        let mut shown: Vec<u8> = pictures(shown).iter().map(|picture| picture.spec.camera.0).collect();
        shown.sort_unstable();
        assert_eq!(shown, [0, 1, 3], "the fluorescence of camera 3 stands in for its reflectance");
    }
}

#[test]
fn an_unreadable_frame_is_told_once_and_later_ones_work() {
    let (folder, cameras) = numbered_cameras(5);
    std::fs::write(folder.path().join("cam0/0002.png"), b"no picture").unwrap();
    let mut state = state(&cameras, PLENTY);
    for round in 0..2 {
        for frame in 0..5 {
            state.want(wanted([spec(0, frame), spec(1, frame)]));
            work_off(&mut state);
            let events = state.take_events();
            let told = events.iter().filter(|event| {
                matches!(event, FrameEvent::Unreadable { camera: CameraId(0), frame: 2, reason } if reason.contains("0002.png"))
            });
            assert_eq!(told.count(), usize::from(round == 0 && frame == 2));
            let shown = events.iter().filter(|event| matches!(event, FrameEvent::Picture(_))).count();
            assert_eq!(shown, if frame == 2 { 1 } else { 2 });
        }
    }
}

#[test]
fn sixteen_bits_keep_one_range_for_all_frames() {
    let folder = tempfile::tempdir().unwrap();
    // Black is 1000, white 3000 in the first frames; later ones are darker and must look so.
    let ramp = |frame: u32| {
        let white = if frame < 4 { 2000 } else { 1000 };
        let level = |x: u32| (1000 + x * white / (WIDTH - 1)) as u16;
        let pixels = GrayPixels::U16((0..WIDTH * HEIGHT).map(|index| level(index % WIDTH)).collect());
        GrayFrame { width: WIDTH, height: HEIGHT, pixels }
    };
    let cameras = [camera("cam0", sequence(folder.path(), "cam0", 6, ramp), None)];
    let mut state = state(&cameras, PLENTY);
    let own_size = |frame: u32| PictureSpec { size_px: [WIDTH, HEIGHT], ..spec(0, frame) };
    for (frame, white) in [(5, 128), (0, 255), (4, 128)] {
        state.want(wanted([own_size(frame)]));
        work_off(&mut state);
        let found = pictures(state.take_events());
        let row = found[0].rgba.as_chunks::<4>().0;
        assert!(row[0][0] <= 1 && row[WIDTH as usize - 1][0].abs_diff(white) <= 2, "{frame}: {:?}", row[63]);
    }
}

/// A recording with a dot in fluorescence at (40, 20) over a bright gradient.
fn dotted(folder: &Path) -> CameraMedia {
    let reflectance = sequence(folder, "reflectance", 3, |_| picture_8(|_, _| 120));
    let dot = |x: u32, y: u32| {
        let square = (f64::from(x) - 40.0).powi(2) + (f64::from(y) - 20.0).powi(2);
        (30.0 + f64::from(x) / 2.0 + 100.0 * (-square / 4.0).exp()) as u8
    };
    let fluorescence = sequence(folder, "fluorescence", 3, |_| picture_8(dot));
    camera("cam0", reflectance, fluorescence)
}

#[test]
fn fused_pictures_light_up_at_the_dots_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = state(&[dotted(folder.path())], PLENTY);
    let fused = Mode::Fused { mix: Mode::FUSED_MIX };
    let whole = PictureSpec { size_px: [WIDTH, HEIGHT], ..spec(0, 1) };
    // A part that begins off the dot's row of tiles, drawn twice as large.
    let region = PixelRect { x0: 29.5, y0: 9.5, x1: 50.5, y1: 30.5 };
    let part = PictureSpec { region, size_px: [42, 42], ..spec(0, 1) };
    state.want(wanted([in_mode(fused, whole), in_mode(fused, part), in_mode(Mode::Fluorescence, whole)]));
    work_off(&mut state);
    let found = pictures(state.take_events());
    assert_eq!(found.len(), 3);
    for picture in &found {
        let [width, height] = picture.size_px.map(f64::from);
        let at = |x: f64, y: f64| {
            let region = picture.region;
            let place = |value: f64, start: f64, length: f64, size: f64| ((value - start) / length * size) as usize;
            let (x, y) = (place(x, region.x0, region.width(), width), place(y, region.y0, region.height(), height));
            picture.rgba.as_chunks::<4>().0[y * picture.size_px[0] as usize + x]
        };
        let (dot, beside) = (at(40.0, 20.0), at(48.0, 28.0));
        match picture.spec.look.mode {
            Mode::Fused { .. } => {
                assert!(dot[0] > 2 * dot[2], "red or yellow at the dot: {dot:?}");
                let dark = look::turbo()[0].map(|value| f32::from(value) * 0.85 + 0.15 * 120.0);
                let far = beside.iter().zip(dark).map(|(found, wanted)| (f32::from(*found) - wanted).abs());
                assert!(far.fold(0.0, f32::max) < 8.0, "the gradient is filtered out: {beside:?}, not {dark:?}");
            }
            _ => assert!(dot[0] > beside[0] + 60 && dot[0] == dot[2]),
        }
    }
}

#[test]
fn a_camera_shows_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let mut plain = camera("cam0", None, None);
    plain.video = sequence(folder.path(), "video", 2, |frame| numbered(0, frame));
    let dots_alone = camera("cam1", None, sequence(folder.path(), "dots", 2, |frame| numbered(1, frame)));
    let mut state = state(&[plain, dots_alone, camera("cam2", None, None)], PLENTY);
    for mode in [Mode::Reflectance, Mode::Fluorescence, Mode::Fused { mix: 0.85 }] {
        state.want(wanted((0..3).map(|camera| in_mode(mode, spec(camera, 1)))));
        work_off(&mut state);
        let found = pictures(state.take_events());
        assert_eq!(found.iter().map(|picture| middle(picture)[1]).collect::<Vec<u8>>(), [21, 121], "{mode:?}");
    }
}

/// A running service, and a receiver that gets a message at each wake.
fn service(cameras: &[CameraMedia], budget_bytes: usize) -> (FrameService, Receiver<()>) {
    let (sender, woken) = channel();
    let wake: Wake = Arc::new(move || {
        // The test may be over.
        let _ = sender.send(());
    });
    let cameras: Vec<Option<&CameraMedia>> = cameras.iter().map(Some).collect();
    (FrameService::with_cameras(&cameras, budget_bytes, None, wake).unwrap(), woken)
}

/// Takes what has come; nothing but `specs` may come, and each once. Returns those of `open` that are still to come.
fn take(service: &FrameService, specs: &[PictureSpec], mut open: Vec<PictureSpec>) -> Vec<PictureSpec> {
    for picture in pictures(service.poll()) {
        assert!(specs.contains(&picture.spec), "stale: {:?}", picture.spec);
        let level = 20 + 100 * picture.spec.camera.0 + picture.spec.frame as u8;
        assert_eq!(middle(&picture)[0], level);
        let before = open.len();
        open.retain(|spec| *spec != picture.spec);
        assert_eq!(open.len() + 1, before, "twice: {:?}", picture.spec);
    }
    open
}

/// Takes what comes, each time it is woken, until nothing is open.
fn wait_for(service: &FrameService, woken: &Receiver<()>, specs: &[PictureSpec], mut open: Vec<PictureSpec>) {
    loop {
        open = take(service, specs, open);
        if open.is_empty() {
            return;
        }
        woken.recv_timeout(Duration::from_secs(60)).expect("the service brings nothing");
    }
}

#[test]
fn scrubbing_stays_within_the_budget_and_is_never_stale() {
    const FRAMES: u32 = 60;
    const STEPS: u32 = 10_000;
    let (_folder, cameras) = numbered_cameras(FRAMES);
    // Room for 20 frames of two cameras.
    let budget_bytes = 20 * 2 * (WIDTH * HEIGHT + 256) as usize;
    let (service, woken) = service(&cameras, budget_bytes);
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let mut frame = 0u32;
    let picture_bytes = 2 * 32 * 24 * 4;
    let mut specs = [spec(0, FRAMES), spec(1, FRAMES)];
    let mut open = Vec::new();
    for step in 0..STEPS {
        frame = match random.random_range(0..10u32) {
            0 => random.random_range(0..FRAMES),
            1..4 => frame.saturating_sub(1),
            _ => (frame + 1).min(FRAMES - 1),
        };
        let before = specs;
        specs = [spec(0, frame), spec(1, frame)];
        if specs != before {
            open = specs.to_vec();
        }
        let near = [frame + 1, frame.saturating_sub(1), frame + 2, frame + 3].map(|frame| frame.min(FRAMES - 1));
        let soon = near.iter().flat_map(|frame| [(CameraId(0), *frame), (CameraId(1), *frame)]).collect();
        service.want(Wanted { now: specs.to_vec(), soon });
        assert!(service.memory_bytes() <= budget_bytes + picture_bytes);
        if step % 3 == 0 {
            wait_for(&service, &woken, &specs, std::mem::take(&mut open));
        } else {
            open = take(&service, &specs, open);
        }
    }
    assert!(service.peak_cache_bytes() <= budget_bytes, "{} of {budget_bytes}", service.peak_cache_bytes());
    assert!(service.peak_cache_bytes() > budget_bytes / 2, "the budget is used");
}

#[test]
fn a_service_ends_while_work_is_waiting() {
    let (_folder, cameras) = numbered_cameras(50);
    for _ in 0..20 {
        let (service, _woken) = service(&cameras, PLENTY);
        service.want(wanted((0..50).map(|frame| spec(0, frame))));
        drop(service);
    }
}
