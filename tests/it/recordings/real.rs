//! Recordings and calibrations that other programs wrote.

use super::*;

fn data(name: &str) -> PathBuf {
    PathBuf::from(std::env::var_os("BEHAVIORVLM_DATA").unwrap()).join(name)
}

/// Reads the first, the last and a middle frame of every channel.
fn read_some(recording: &Recording, frames: u32) {
    assert_eq!(recording.frame_count().unwrap(), frames);
    for (index, camera) in recording.cameras.iter().enumerate() {
        for (channel, _) in camera.channels() {
            let mut source = open_channel(recording, CameraId(index as u8), channel).unwrap();
            for frame in [0, frames - 1, frames / 2] {
                let picture = source.read(frame).unwrap();
                assert_eq!(Some(picture.size_px()), recording.size_px(CameraId(index as u8)));
            }
        }
    }
}

#[test]
#[ignore = "needs BEHAVIORVLM_DATA"]
fn the_simulated_recordings_open_and_are_healthy() {
    for (name, frames, fps) in [("qd_ring", 60, 60.0), ("qd_floor", 40, 60.0), ("qd_rig_layout", 6, 60.0)] {
        let recording = Recording::open(&data(name)).unwrap();
        assert_eq!((recording.name.as_str(), recording.fps, recording.cameras.len()), (name, fps, 6));
        assert_eq!(recording.rig.as_ref().unwrap().len(), 6);
        assert_eq!(recording.warnings, Vec::<String>::new());
        read_some(&recording, frames);
        assert_eq!(doctor::examine(&data(name)), [], "{name}");
        fingerprint(&recording).unwrap();
    }
    let rig_folder = Recording::open(&data("qd_rig_layout/_proc")).unwrap();
    assert_eq!(rig_folder.subject.as_deref(), Some("qd_demo_01"));
    assert_eq!(rig_folder.start_time.as_deref(), Some("2024-06-10T10:00:00"));
    assert_eq!(rig_folder.rig.as_ref().unwrap().cameras[0].size_px(), [640, 438]);
    let mut dots = open_channel(&rig_folder, CameraId(0), Channel::Fluorescence).unwrap();
    assert!(dots.read(3).unwrap().is_16_bit());
}

#[test]
#[ignore = "needs BEHAVIORVLM_DATA"]
fn real_videos_open_and_the_repeated_calibration_is_found() {
    let mouse4cam = data("mouse4cam");
    let mouse4cam = mouse4cam.display();
    let mut manifest =
        format!("version = 1\nname = 'mouse4cam'\nfps = 30\ncalibration = '{mouse4cam}/calibration.toml'\n");
    for view in ["back", "mid", "side", "top"] {
        manifest.push_str(&format!("[[cameras]]\nname = '{view}'\nvideo = '{mouse4cam}/{view}/minimal_{view}.mp4'\n"));
    }
    let folder = folder_with(&[("recording.toml", &manifest)]);
    read_some(&Recording::open(folder.path()).unwrap(), 120);
    assert_eq!(codes(&doctor::examine(folder.path())), ["cameras_identical"]);
    // The same pictures in any order as one after the other.
    let recording = Recording::open(folder.path()).unwrap();
    let mut forward = open_channel(&recording, CameraId(0), Channel::Video).unwrap();
    let pictures: Vec<_> = (0..120).map(|frame| forward.read(frame).unwrap()).collect();
    let mut at_random = open_channel(&recording, CameraId(0), Channel::Video).unwrap();
    for frame in [119, 3, 77, 76, 78, 31, 0, 118] {
        assert!(at_random.read(frame).unwrap() == pictures[frame as usize], "frame {frame}");
    }
    let recovered = manifest.replace("/calibration.toml", "/derived/calibration_recovered.toml");
    std::fs::write(folder.path().join("recording.toml"), recovered).unwrap();
    assert_eq!(doctor::examine(folder.path()), []);

    let video = data("mice3_topview/EGS8X2MN4SSUGFWAV976.mp4");
    let manifest =
        format!("version = 1\nname = 'm'\nfps = 30\n[[cameras]]\nname = 'top'\nvideo = '{}'\n", video.display());
    let folder = folder_with(&[("recording.toml", &manifest)]);
    read_some(&Recording::open(folder.path()).unwrap(), 1801);
    let findings = doctor::examine(folder.path());
    assert_eq!(codes(&findings), ["no_calibration"]);
    assert_eq!(findings[0].severity, Severity::Note);
}

#[test]
#[ignore = "needs BEHAVIORVLM_DATA"]
fn the_calibrations_of_other_programs_are_read() {
    let counts = [
        ("mouse6cam_labels/mouse1_calibration.toml", 6),
        ("formats/sleap_anipose_calibration.toml", 4),
        ("formats/calibration.toml", 2),
        ("mouse4cam/derived/calibration_recovered.toml", 4),
        ("qd_rig_layout/calibration.toml", 6),
    ];
    for (file, count) in counts {
        let cameras = calibration::read(&data(file)).unwrap();
        assert_eq!(cameras.len(), count, "{file}");
        let again = Calibration::parse(Path::new(file), &calibration::write_anipose(&cameras)).unwrap();
        for (camera, read) in cameras.iter().zip(again.sound()) {
            let read = read.camera([1, 1]).unwrap();
            assert!((read.rotation() - camera.rotation()).abs().max() < 1e-12, "{file}");
        }
    }
}
