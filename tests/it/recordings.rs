//! Opening recordings: manifests, rig folders, calibrations, image sequences, what the doctor says, and bad input.

#![expect(clippy::unwrap_used, reason = "what fails in a helper fails its test")]

use std::io::Write;
use std::path::{Path, PathBuf};

use behaviorvlm::model::CameraId;
use behaviorvlm::recording::calibration::{self, Calibration, CalibrationForm};
use behaviorvlm::recording::doctor::{self, Finding, Severity};
use behaviorvlm::recording::{
    Channel, GrayPixels, MediaError, MediaPath, Recording, RecordingError, Units, content_fingerprints, fingerprint,
    open_channel,
};
use image::{DynamicImage, ImageBuffer, ImageFormat, Luma, Rgb};
use proptest::prelude::*;
use tempfile::TempDir;

mod calibrations;
mod doctor_words;
mod real;

const ANIPOSE: &str = r#"
[cam_1]
name = "cam1"
size = [ 64, 48,]
matrix = [ [ 80.0, 0.5, 31.0,], [ 0, 81.0, 23.0,], [ 0.0, 0.0, 1.0,],]
distortions = [ -0.1, 0.01, 0.001, 0.0, 0.002,]
rotation = [ 3.0, 0.4, -0.7,]
translation = [ 1.0, 2.0, 300.0,]

[cam_0]
name = "cam0"
size = [64, 48]
matrix = [[80.0, 0.0, 31.5], [0.0, 80.0, 23.5], [0.0, 0.0, 1.0]]
distortions = [0.01, 0.0, 0.0, 0.0]
rotation = [0.1, -0.2, 0.3]
translation = [1.0, 2.0, 300.0]
fisheye = true

[metadata]
adjusted = false
error = 0.5
"#;

const MARKOLAB: &str = r#"
[intrinsics]
cam0 = [[80.0, 0.0, 31.5], [0.0, 80.0, 23.5], [0.0, 0.0, 1.0]]
cam1 = [[80.0, 0.0, 31.0], [0.0, 81.0, 23.0], [0.0, 0.0, 1.0]]
[extrinsics]
cam0 = [[1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, 2.0], [0.0, 0.0, 1.0, 300.0]]
cam1 = [[0.0, 1.0, 0.0, 1.0], [0.0, 0.0, 1.0, 2.0], [1.0, 0.0, 0.0, 310.0]]
[distortion_coeffs]
cam0 = [-0.1, 0.01, 0.0, 0.0, 0.0]
cam1 = [-0.1, 0.01, 0.0, 0.0, 0.0]
"#;

const FULL_MANIFEST: &str = r##"
version = 1
name = "everything"
fps = 28.6
units = "cm"
calibration = "calibration.toml"
fluorescence_lag_frames = 0.25
cameras = [
    { name = "cam0", reflectance = "cam0/reflectance/%06d.png", fluorescence = "cam0/fluorescence.mp4", mask = "cam0/mask/%06d.png" },
    { name = "cam1", interleaved = "cam1.avi" },
    { name = "top", video = 'top\top.mp4', zones = { food = [[10,10],[60,10],[60,80.5]] } },
]
[[animals]]
name = "A0"
colour = "#e69f00"
tracks = "tracks.csv"
individual = "mouse1"
[[animals]]
name = "A1"
boxes = "boxes.csv"
"##;

fn folder_with(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

/// Pictures 64 × 48 whose top-left pixel is the number.
fn write_pngs(folder: &Path, numbers: impl IntoIterator<Item = u32>) {
    std::fs::create_dir_all(folder).unwrap();
    for number in numbers {
        let picture = ImageBuffer::from_fn(64, 48, |x, y| Luma([(number + x + 64 * y) as u8]));
        picture.save(folder.join(format!("{number:06}.png"))).unwrap();
    }
}

/// A recording of two cameras with both channels as PNG.
fn small_recording() -> TempDir {
    let manifest = "version = 1\nname = 'small'\nfps = 30\ncalibration = 'calibration.toml'\ncameras = [\
        {name='cam0',reflectance='cam0/r/%06d.png',fluorescence='cam0/f/%06d.png'},\
        {name='cam1',reflectance='cam1/r/%06d.png',fluorescence='cam1/f/%06d.png'}]\n";
    let folder = folder_with(&[("recording.toml", manifest), ("calibration.toml", ANIPOSE)]);
    for channel in ["cam0/r", "cam0/f", "cam1/r", "cam1/f"] {
        write_pngs(&folder.path().join(channel), 3..8);
    }
    folder
}

fn problem(manifest: &str) -> String {
    let folder = folder_with(&[("recording.toml", manifest)]);
    Recording::open(folder.path()).unwrap_err().to_string()
}

fn codes(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn every_key_of_the_manifest_arrives() {
    let folder = folder_with(&[("recording.toml", FULL_MANIFEST), ("calibration.toml", ANIPOSE)]);
    let recording = Recording::open(&folder.path().join("recording.toml")).unwrap();
    assert_eq!((recording.name.as_str(), recording.fps, recording.units), ("everything", 28.6, Units::Cm));
    assert_eq!(recording.fluorescence_lag_frames, 0.25);
    let names: Vec<&str> = recording.cameras.iter().map(|camera| camera.name.as_str()).collect();
    assert_eq!(names, ["cam0", "cam1", "top"]);
    let cam0 = &recording.cameras[0];
    assert!(matches!(cam0.reflectance.as_ref().unwrap().path, MediaPath::Sequence(_)));
    assert_eq!(cam0.fluorescence.as_ref().unwrap().path, MediaPath::Video(folder.path().join("cam0/fluorescence.mp4")));
    assert!(cam0.mask.is_some());
    assert_eq!(recording.cameras[1].fluorescence.as_ref().unwrap().interleaved, Some(1));
    assert_eq!(recording.cameras[2].video.as_ref().unwrap().path.path(), folder.path().join("top/top.mp4"));
    assert_eq!(recording.cameras[2].zones["food"], [[10.0, 10.0], [60.0, 10.0], [60.0, 80.5]]);
    assert_eq!(recording.animals[0].tracks, Some(folder.path().join("tracks.csv")));
    assert_eq!(recording.animals[0].colour.as_deref(), Some("#e69f00"));
    assert_eq!(recording.animals[0].individual.as_deref(), Some("mouse1"));
    assert_eq!(recording.animals[1].boxes, Some(folder.path().join("boxes.csv")));
    let rig = recording.rig.unwrap();
    assert_eq!((rig.len(), rig.find("cam1")), (2, Some(CameraId(1))));
    assert_eq!(recording.warnings.len(), 1, "top has no calibration: {:?}", recording.warnings);
}

#[test]
fn a_calibration_and_labels_alone_are_a_recording() {
    let manifest = "version = 1\nname = 'labels'\nfps = 30\ncalibration = 'c.toml'\n[[cameras]]\nname = 'cam0'\n[[cameras]]\nname='cam1'\n";
    let folder = folder_with(&[("recording.toml", manifest), ("c.toml", ANIPOSE)]);
    let recording = Recording::open(folder.path()).unwrap();
    assert_eq!(recording.frame_count().unwrap(), 0);
    assert_eq!(recording.size_px(CameraId(1)), Some([64, 48]));
    assert_eq!(codes(&doctor::examine(folder.path())), ["no_pictures"]);
    fingerprint(&recording).unwrap();
}

#[test]
fn one_camera_and_sixteen_are_recordings_and_seventeen_are_not() {
    let manifest = |count: usize| {
        let cameras: String = (0..count).map(|index| format!("[[cameras]]\nname = 'c{index}'\n")).collect();
        format!("version = 1\nname = 'x'\nfps = 30\n{cameras}")
    };
    for count in [1, 4, 8, 16] {
        let folder = folder_with(&[("recording.toml", &manifest(count))]);
        assert_eq!(Recording::open(folder.path()).unwrap().cameras.len(), count);
    }
    assert!(problem(&manifest(17)).contains("at most 16"));
}

#[test]
fn what_is_wrong_in_a_manifest_is_named_with_its_line() {
    let start = "version = 1\nname = 'x'\nfps = 30\n";
    let with = |text: &str| problem(&format!("{start}{text}"));
    let unknown = with("[[cameras]]\nname = 'a'\nrefletance = 'a.mp4'\n");
    assert!(unknown.contains("recording.toml, line 6: unknown key \"refletance\""), "{unknown}");
    assert!(
        unknown
            .contains("the keys here are name, reflectance, fluorescence, interleaved, video, mask, mm_per_px, zones"),
        "{unknown}"
    );
    assert!(with("speed = 3\n").contains("line 4: unknown key \"speed\"; the keys here are version, name, fps"));
    assert!(with("cameras = [{name='a', blue='x'}]\n").contains("line 4: unknown key \"blue\""));
    assert!(with("[[cameras]]\nname='a'\n[[animals]]\nname='b'\ncolor='#ffffff'").contains("unknown key \"color\""));
    assert!(problem("name = 'x'\nfps = 30\n").contains("version is missing"));
    assert!(problem("version = 1\nfps = 30\n").contains("key name is missing"));
    assert!(problem("version = 2\nnovel = 1\n").contains("use a newer program"));
    assert!(problem("version = 1\nname = 'x'\nfps = 0\n").contains("line 3: fps must be a positive number"));
    assert!(problem("version = 1\nname = 'x'\nfps = nan\n").contains("fps must be"));
    assert!(with("").contains("there is no camera"));
    assert!(with("units = 'inch'\n[[cameras]]\nname='a'").contains("line 4: units must be"));
    assert!(
        with("[[cameras]]\nname='a'\n[[cameras]]\nname='a'\n").contains("line 7: there are two cameras named \"a\"")
    );
    assert!(
        with("[[cameras]]\nname='a'\ninterleaved='x.avi'\nreflectance='y.avi'\n")
            .contains("line 6: interleaved stands instead")
    );
    assert!(
        with("[[cameras]]\nname='a'\nvideo='x.avi'\nreflectance='y.avi'\n").contains("video is for a plain camera")
    );
    assert!(with("[[cameras]]\nname='a'\nreflectance='a/000001.png'\n").contains("%06d"));
    assert!(with("[[cameras]]\nname='a'\nzones={food=[[1,2]]}\n").contains("polygon of three"));
    assert!(with("[[cameras]]\nname='a'\n[[animals]]\nname='b'\ncolour='red'\n").contains("#rrggbb"));
    assert!(with("[[cameras]\n").contains("line 4"));
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(Recording::open(folder.path()), Err(RecordingError::NotARecording { .. })));
    assert!(matches!(Recording::open(&folder.path().join("x")), Err(RecordingError::NotFound { .. })));
}

#[test]
fn sequences_begin_with_the_first_number_that_exists() {
    let folder = small_recording();
    let recording = Recording::open(folder.path()).unwrap();
    assert_eq!(recording.frame_count().unwrap(), 5);
    let mut source = open_channel(&recording, CameraId(1), Channel::Fluorescence).unwrap();
    assert_eq!((source.frame_count().unwrap(), source.size_px()), (5, [64, 48]));
    for frame in [0, 4, 2, 2] {
        assert_eq!(source.read(frame).unwrap().level(0, 0), Some(3 + frame as u16));
    }
    assert!(matches!(source.read(5), Err(MediaError::OutOfRange { frame_count: 5, .. })));
    assert!(matches!(open_channel(&recording, CameraId(1), Channel::Mask), Err(MediaError::NoChannel { .. })));
    // Files that the pattern would not write so are no part of it.
    std::fs::write(folder.path().join("cam1/f/9.png"), "").unwrap();
    std::fs::write(folder.path().join("cam1/f/000009.png.tmp"), "").unwrap();
    assert_eq!(Recording::open(folder.path()).unwrap().frame_count().unwrap(), 5);
}

#[test]
fn a_hole_in_a_sequence_is_an_error_that_names_the_file() {
    let folder = small_recording();
    std::fs::remove_file(folder.path().join("cam1/f/000005.png")).unwrap();
    let recording = Recording::open(folder.path()).unwrap();
    let error = open_channel(&recording, CameraId(1), Channel::Fluorescence).err().unwrap().to_string();
    assert!(error.contains("000005.png is missing") && error.contains("000006.png"), "{error}");
    // The other camera is not held up.
    assert_eq!(recording.frame_count().unwrap(), 5);
    let findings = doctor::examine(folder.path());
    assert_eq!(codes(&findings), ["sequence_gap"]);
    assert_eq!(findings[0].camera.as_deref(), Some("cam1"));
}

#[test]
fn eight_and_sixteen_bits_and_colour_become_grey() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = |file: &str| format!("version=1\nname='x'\nfps=1\n[[cameras]]\nname='a'\nreflectance='{file}'\n");
    let gray8 = DynamicImage::from(ImageBuffer::from_fn(16, 8, |x, y| Luma([(x * 16 + y) as u8])));
    let gray16 = DynamicImage::from(ImageBuffer::from_fn(16, 8, |x, y| Luma([(x * 4096 + y * 7) as u16])));
    let equal = DynamicImage::from(ImageBuffer::from_fn(16, 8, |x, y| Rgb([(x * 16 + y) as u8; 3])));
    for (name, format) in
        [("a%02d.png", ImageFormat::Png), ("a%02d.tif", ImageFormat::Tiff), ("a%d.jpg", ImageFormat::Jpeg)]
    {
        for image in [&gray8, &gray16, &equal] {
            if format == ImageFormat::Jpeg && image == &gray16 {
                continue;
            }
            let file = name.replace("%02d", "07").replace("%d", "7");
            image.save_with_format(folder.path().join(file), format).unwrap();
            std::fs::write(folder.path().join("recording.toml"), manifest(name)).unwrap();
            let recording = Recording::open(folder.path()).unwrap();
            let frame = open_channel(&recording, CameraId(0), Channel::Reflectance).unwrap().read(0).unwrap();
            let tolerance = if format == ImageFormat::Jpeg { 16 } else { 0 };
            match frame.pixels {
                GrayPixels::U8(levels) => {
                    let expected = gray8.as_luma8().unwrap().as_raw();
                    assert!(levels.iter().zip(expected).all(|(a, b)| a.abs_diff(*b) <= tolerance), "{name}");
                }
                GrayPixels::U16(levels) => assert_eq!(&levels, gray16.as_luma16().unwrap().as_raw(), "{name}"),
            }
        }
    }
}

#[test]
fn pictures_that_cannot_be_read_are_named_and_others_still_can() {
    let folder = small_recording();
    let recording = Recording::open(folder.path()).unwrap();
    let small = ImageBuffer::from_fn(32, 48, |_, _| Luma([0u8]));
    small.save(folder.path().join("cam0/r/000004.png")).unwrap();
    std::fs::write(folder.path().join("cam0/f/000005.png"), "no picture").unwrap();
    let mut reflectance = open_channel(&recording, CameraId(0), Channel::Reflectance).unwrap();
    let error = reflectance.read(1).unwrap_err().to_string();
    assert!(error.contains("000004.png is 32×48 pixels") && error.contains("64×48"), "{error}");
    assert!(reflectance.read(2).is_ok());
    let mut fluorescence = open_channel(&recording, CameraId(0), Channel::Fluorescence).unwrap();
    let error = fluorescence.read(2).unwrap_err().to_string();
    assert!(error.contains("000005.png cannot be read"), "{error}");
    assert!(fluorescence.read(3).is_ok());
    let findings = doctor::examine(folder.path());
    assert_eq!(codes(&findings), ["image_size_changes", "unreadable_file"]);
    assert!(findings.iter().all(|finding| finding.camera.as_deref() == Some("cam0") && !finding.remedy.is_empty()));
}

#[test]
fn a_fingerprint_follows_the_content_and_not_the_place() {
    let (folder, elsewhere) = (small_recording(), small_recording());
    let print = |folder: &TempDir| fingerprint(&Recording::open(folder.path()).unwrap()).unwrap();
    assert_eq!(print(&folder), print(&elsewhere));
    let before = print(&folder);
    write_pngs(&folder.path().join("cam0/r"), 8..9);
    let longer = print(&folder);
    assert_ne!(before, longer);
    std::fs::write(folder.path().join("calibration.toml"), ANIPOSE.replace("0.4", "0.5")).unwrap();
    assert_ne!(longer, print(&folder));
}

/// What an example is never taken from: the recording that is asked about, whatever the manifest of a copy says.
#[test]
fn a_copy_under_another_name_shares_its_content() {
    let (folder, copy) = (small_recording(), small_recording());
    let open = |folder: &TempDir| Recording::open(folder.path()).unwrap();
    let manifest = copy.path().join("recording.toml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let mut renamed: Vec<String> = text.lines().map(str::to_owned).collect();
    renamed
        .iter_mut()
        .filter(|line| line.starts_with("name = "))
        .take(1)
        .for_each(|line| *line = "name = \"copy\"".to_owned());
    std::fs::write(&manifest, renamed.join("\n")).unwrap();
    assert_eq!(open(&copy).name, "copy");
    assert_ne!(fingerprint(&open(&folder)).unwrap(), fingerprint(&open(&copy)).unwrap());
    let prints = content_fingerprints(&open(&folder)).unwrap();
    assert!(!prints.is_empty());
    assert_eq!(prints, content_fingerprints(&open(&copy)).unwrap());
    write_pngs(&copy.path().join("cam0/r"), 8..9);
    let changed = content_fingerprints(&open(&copy)).unwrap();
    assert_ne!(prints, changed);
    // A copy that lacks a camera shares what is left.
    let mut without = open(&folder);
    without.cameras.truncate(1);
    let left = content_fingerprints(&without).unwrap();
    assert!(!left.is_empty() && left.iter().all(|print| prints.contains(print)));
}

/// A rig's folder with two cameras of three pictures, 64 × 48, FFV1 as the rig writes it.
fn rig_folder() -> TempDir {
    let folder =
        folder_with(&[("calibration of may.toml", MARKOLAB), ("settings.toml", "a = 1"), ("_proc/notes.txt", "")]);
    for (channel, format, bytes) in [("reflectance", "gray", 1), ("fluorescence", "gray16le", 2)] {
        for camera in ["cam0", "cam1"] {
            let path = folder.path().join(format!("_proc/{camera}-{channel}.avi"));
            let raw = ["-v", "error", "-f", "rawvideo", "-pix_fmt", format, "-s", "64x48", "-r", "25", "-i", "-"];
            let mut child = std::process::Command::new("ffmpeg")
                .args(raw)
                .args(["-c:v", "ffv1", "-pix_fmt", format, path.to_str().unwrap()])
                .stdin(std::process::Stdio::piped())
                .spawn()
                .expect("this test needs ffmpeg: apt install ffmpeg");
            child.stdin.take().unwrap().write_all(&vec![7; 64 * 48 * 3 * bytes]).unwrap();
            assert!(child.wait().unwrap().success());
        }
    }
    folder
}

#[test]
fn a_rig_folder_is_recognised_without_a_manifest() {
    let folder = rig_folder();
    let recording = Recording::open(folder.path()).unwrap();
    assert_eq!(recording.name, folder.path().file_name().unwrap().to_str().unwrap());
    assert_eq!((recording.fps, recording.subject.as_deref()), (25.0, None));
    assert_eq!(recording.frame_count().unwrap(), 3);
    let rig = recording.rig.as_ref().unwrap();
    assert_eq!((rig.len(), rig.cameras[1].name(), rig.cameras[1].size_px()), (2, "cam1", [64, 48]));
    let mut dots = open_channel(&recording, CameraId(1), Channel::Fluorescence).unwrap();
    assert_eq!(dots.read(2).unwrap().level(3, 3), Some(0x0707));
    assert_eq!(doctor::examine(folder.path()), []);

    let metadata = "fps = 30\nstart_time = 2024-06-10T10:00:00\n[user_input]\nsubject = \"m1\"\n";
    std::fs::write(folder.path().join("metadata.toml"), metadata).unwrap();
    let recording = Recording::open(&folder.path().join("_proc")).unwrap();
    assert_eq!((recording.fps, recording.subject.as_deref()), (30.0, Some("m1")));
    assert_eq!(recording.start_time.as_deref(), Some("2024-06-10T10:00:00"));
    assert_eq!(codes(&doctor::examine(folder.path())), ["rate_differs"]);

    std::fs::write(folder.path().join("second.toml"), ANIPOSE).unwrap();
    assert!(matches!(Recording::open(folder.path()), Err(RecordingError::SeveralCalibrations { .. })));
    assert_eq!(codes(&doctor::examine(folder.path())), ["several_calibrations"]);
    std::fs::remove_file(folder.path().join("second.toml")).unwrap();
    std::fs::remove_file(folder.path().join("calibration of may.toml")).unwrap();
    assert!(Recording::open(folder.path()).unwrap().rig.is_none());
    std::fs::remove_file(folder.path().join("_proc/cam0-fluorescence.avi")).unwrap();
    std::fs::write(folder.path().join("metadata.toml"), "fps = 25").unwrap();
    assert_eq!(codes(&doctor::examine(folder.path())), ["no_fluorescence", "no_calibration"]);
}

/// Runs one test of this binary again where no program can be found.
fn without_programs(test: &str) {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .env("PATH", "")
        .env("BEHAVIORVLM_TEST_WITHOUT_PROGRAMS", "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn pictures_need_no_ffmpeg() {
    without_programs("recordings::sequences_begin_with_the_first_number_that_exists");
    without_programs("recordings::doctor_words::the_doctor_is_silent_about_a_healthy_recording");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parsers_never_panic_on_any_text(text in "\\PC{0,200}|[\\[\\]{}a-z0-9=\"'.,\n %-]{0,200}") {
        let _ = Calibration::parse(Path::new("c.toml"), &text);
        let folder = folder_with(&[("recording.toml", &text)]);
        let _ = Recording::open(folder.path());
    }

    #[test]
    fn parsers_never_panic_on_damaged_files(
        which in 0..3usize,
        cut in any::<prop::sample::Index>(),
        length in 0..30usize,
        insert in "[\\[\\]{}a-z0-9=\"'.,\n %-]{0,12}|-?[0-9]{1,20}(e[0-9]{1,3})?|nan|inf|é",
    ) {
        let mut text: Vec<char> = [FULL_MANIFEST, ANIPOSE, MARKOLAB][which].chars().collect();
        let start = cut.index(text.len());
        text.splice(start..(start + length).min(text.len()), insert.chars());
        let text: String = text.into_iter().collect();
        let (manifest, calibration) = if which == 0 { (text.as_str(), ANIPOSE) } else { (FULL_MANIFEST, text.as_str()) };
        if let Ok(calibration) = Calibration::parse(Path::new("c.toml"), calibration) {
            for camera in calibration.sound() {
                let _ = camera.camera(camera.guessed_size_px());
            }
        }
        let folder = folder_with(&[("recording.toml", manifest), ("calibration.toml", calibration)]);
        if let Err(error) = Recording::open(folder.path()) {
            prop_assert!(!error.to_string().contains('\n'), "{error}");
        }
        let _ = doctor::examine(folder.path());
    }
}
