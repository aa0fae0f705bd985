//! What the doctor says of a recording that was broken on purpose, one way at a time.

use super::*;
use crate::video::{encode, ffmpeg};

#[test]
fn the_doctor_is_silent_about_a_healthy_recording() {
    assert_eq!(doctor::examine(small_recording().path()), []);
}

#[test]
fn the_doctor_names_what_does_not_fit() {
    let check = |break_it: &dyn Fn(&Path), expected: &[&str]| {
        let folder = small_recording();
        break_it(folder.path());
        let findings = doctor::examine(folder.path());
        assert_eq!(codes(&findings), expected, "{findings:#?}");
        assert!(findings.iter().all(|finding| !finding.message.is_empty() && !finding.remedy.is_empty()));
    };
    let edit_manifest = |folder: &Path, from: &str, to: &str| {
        let text = std::fs::read_to_string(folder.join("recording.toml")).unwrap();
        std::fs::write(folder.join("recording.toml"), text.replace(from, to)).unwrap();
    };
    let calibrate = |folder: &Path, text: String| std::fs::write(folder.join("calibration.toml"), text).unwrap();
    check(&|folder| std::fs::remove_dir_all(folder.join("cam0/r")).unwrap(), &["missing_file"]);
    check(&|folder| write_pngs(&folder.join("cam0/r"), 8..9), &["frame_counts_differ"]);
    check(
        &|folder| {
            std::fs::remove_dir_all(folder.join("cam1/f")).unwrap();
            write_pngs(&folder.join("cam1/f"), 0..2);
        },
        &["frame_counts_differ"],
    );
    check(&|folder| calibrate(folder, ANIPOSE.replace("[64, 48]", "[640, 480]")), &["image_size_differs"]);
    check(&|folder| calibrate(folder, ANIPOSE.replace("81.0, 23.0", "81.0, 230.0")), &["principal_point_outside"]);
    check(
        &|folder| calibrate(folder, ANIPOSE.replace("[ 3.0, 0.4, -0.7,]", "[0.1, -0.2, 0.3]")),
        &["cameras_identical"],
    );
    check(&|folder| edit_manifest(folder, "fps = 30", "fps = 30\nunits = 'm'"), &["units_unlikely"]);
    check(&|folder| edit_manifest(folder, "cam1/r/", "cam0/r/"), &["file_named_twice"]);
    check(&|folder| edit_manifest(folder, "calibration = 'calibration.toml'\n", ""), &["no_calibration"]);
    check(&|folder| calibrate(folder, "nothing = 1".to_owned()), &["calibration_unreadable"]);
    check(&|folder| std::fs::remove_file(folder.join("calibration.toml")).unwrap(), &["calibration_unreadable"]);
    check(
        &|folder| calibrate(folder, MARKOLAB.replace("[0.0, 1.0, 0.0, 2.0]", "[0.0, 1.0003, 0.0, 2.0]")),
        &["rotation_not_orthonormal"],
    );
    check(
        &|folder| calibrate(folder, MARKOLAB.replace("[0.0, 1.0, 0.0, 2.0]", "[0.0, 1.3, 0.0, 2.0]")),
        &["calibration_invalid"],
    );
    check(&|folder| std::fs::write(folder.join("recording.toml"), "fps = 3").unwrap(), &["manifest_invalid"]);
    check(&|folder| std::fs::remove_file(folder.join("recording.toml")).unwrap(), &["not_a_recording"]);
}

#[test]
fn a_missing_ffmpeg_is_said_once_with_its_package() {
    if std::env::var_os("BEHAVIORVLM_TEST_WITHOUT_PROGRAMS").is_none() {
        return without_programs("recordings::doctor_words::a_missing_ffmpeg_is_said_once_with_its_package");
    }
    let folder = small_recording();
    let manifest = std::fs::read_to_string(folder.path().join("recording.toml")).unwrap();
    std::fs::write(folder.path().join("recording.toml"), manifest.replace("f/%06d.png", "f.mp4")).unwrap();
    for camera in ["cam0", "cam1"] {
        std::fs::write(folder.path().join(camera).join("f.mp4"), "a video").unwrap();
    }
    let recording = Recording::open(folder.path()).unwrap();
    let error = open_channel(&recording, CameraId(0), Channel::Fluorescence).err().unwrap().to_string();
    assert!(error.contains("ffprobe is needed") && error.contains("apt install ffmpeg"), "{error}");
    let findings = doctor::examine(folder.path());
    assert_eq!(codes(&findings), ["ffmpeg_missing"]);
    assert!(findings[0].remedy.contains("apt install ffmpeg"));
}

#[test]
fn what_is_wrong_with_videos_is_named() {
    let check = |file: &str, expected: &[&str], key: &str| {
        let folder = tempfile::tempdir().unwrap();
        let good = folder.path().join("good.mp4");
        encode(&good, 30, "-c:v libx264 -g 12 -bf 3 -pix_fmt yuv420p -movflags +faststart");
        let (from, path) = (good.to_str().unwrap(), folder.path().join(file));
        match file {
            "cut.mp4" => {
                let bytes = std::fs::read(&good).unwrap();
                std::fs::write(&path, &bytes[..bytes.len() * 3 / 4]).unwrap();
            }
            "edited.mp4" => ffmpeg(&["-ss", "0.5", "-i", from, "-c", "copy", path.to_str().unwrap()], &[]),
            "late.mkv" => {
                let drop = ["-c", "copy", "-bsf:v", "noise=drop=lt(n\\,5)", path.to_str().unwrap()];
                ffmpeg(&[&["-i", from], &drop[..]].concat(), &[]);
            }
            "untimed.avi" => encode(&path, 30, "-c:v libx264 -g 12 -bf 3 -pix_fmt yuv420p"),
            "text.mp4" => std::fs::write(&path, "no video").unwrap(),
            _ => {}
        }
        let manifest = format!("version = 1\nname = 'x'\nfps = 30\n[[cameras]]\nname = 'a'\n{key} = '{file}'\n");
        std::fs::write(folder.path().join("recording.toml"), manifest).unwrap();
        let findings = doctor::examine(folder.path());
        assert_eq!(codes(&findings), expected, "{findings:#?}");
        assert!(findings.iter().all(|finding| !finding.remedy.is_empty()));
    };
    check("good.mp4", &["no_calibration"], "video");
    check("cut.mp4", &["video_cut_off", "no_calibration"], "video");
    check("edited.mp4", &["no_calibration", "packets_differ"], "video");
    check("late.mkv", &["packets_differ", "no_calibration"], "video");
    check("untimed.avi", &["no_times", "no_calibration"], "video");
    check("text.mp4", &["unreadable_file", "no_calibration"], "video");
    check("none/none.mp4", &["missing_file", "no_calibration"], "video");
    check("good.mp4", &["no_calibration", "channels_swapped", "rate_differs"], "interleaved");
}
