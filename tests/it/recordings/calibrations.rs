//! Both forms of calibration, their bad entries, and cameras that they lack.

use super::*;

#[test]
fn both_calibration_forms_are_told_apart_and_written_back() {
    let anipose = Calibration::parse(Path::new("c.toml"), ANIPOSE).unwrap();
    assert_eq!(anipose.form, CalibrationForm::Anipose);
    let cam1 = anipose.find("cam1").unwrap().camera([1, 1]).unwrap();
    assert_eq!((cam1.size_px(), cam1.matrix()[(0, 1)], cam1.distortion().len()), ([64, 48], 0.5, 5));
    let cam0 = anipose.find("cam0").unwrap().camera([1, 1]).unwrap();
    assert!(cam0.is_fisheye() && cam0.distortion().len() == 4);

    let markolab = Calibration::parse(Path::new("c.toml"), MARKOLAB).unwrap();
    assert_eq!(markolab.form, CalibrationForm::Markolab);
    assert_eq!(markolab.find("cam0").unwrap().size_px, None);
    let turned = markolab.find("cam1").unwrap().camera([64, 48]).unwrap();

    let cameras = [cam0, cam1, turned];
    let written = calibration::write_anipose(&cameras);
    let read = Calibration::parse(Path::new("c.toml"), &written).unwrap();
    // The last one has the second one's name.
    assert!(read.cameras[2].as_ref().unwrap_err().to_string().contains("two cameras named \"cam1\""));
    for (camera, read) in cameras[..2].iter().zip(read.sound()) {
        let read = read.camera([1, 1]).unwrap();
        assert_eq!((read.name(), read.size_px()), (camera.name(), camera.size_px()));
        assert_eq!((read.matrix(), read.distortion()), (camera.matrix(), camera.distortion()));
        assert_eq!((read.translation(), read.is_fisheye()), (camera.translation(), camera.is_fisheye()));
        assert!((read.rotation() - camera.rotation()).abs().max() < 1e-12);
    }
}

#[test]
fn single_bad_entries_of_a_calibration_are_named() {
    let entry = |text: &str| {
        let calibration =
            Calibration::parse(Path::new("c.toml"), &format!("{ANIPOSE}\n[extra]\nname = 'bad'\n{text}\n"));
        let calibration = calibration.unwrap();
        assert_eq!(calibration.sound().count(), 2);
        calibration.cameras.into_iter().find_map(Result::err).unwrap().to_string()
    };
    assert!(entry("matrix = [[1,2],[3,4]]").contains("camera \"bad\": matrix must be three rows of three numbers"));
    let rest = "matrix = [[1,0,0],[0,1,0],[0,0,1]]\ntranslation = [0,0,0]\n";
    assert!(entry(&format!("{rest}rotation = [0,0]")).contains("rotation must be a list of three"));
    assert!(entry(&format!("{rest}rotation = [0,0,0]\nsize = [0, 5]")).contains("size must be"));
    assert!(entry(&format!("{rest}rotation = [0,0,0]\nfisheye = 'yes'")).contains("fisheye must be true or false"));
    assert!(Calibration::parse(Path::new("c.toml"), "a = 1").unwrap_err().to_string().contains("is no calibration"));
    let syntax = Calibration::parse(Path::new("c.toml"), "[a]\nb = \n").unwrap_err().to_string();
    assert!(syntax.contains("line 2"), "{syntax}");
}

#[test]
fn distortions_of_any_legal_length_are_read() {
    for count in [0, 4, 5, 8, 12, 14] {
        let mut coefficients = vec!["0.01"; count.min(4)];
        coefficients.resize(count, "0.0");
        let text = ANIPOSE.replace("[ -0.1, 0.01, 0.001, 0.0, 0.002,]", &format!("[{}]", coefficients.join(",")));
        let calibration = Calibration::parse(Path::new("c.toml"), &text).unwrap();
        assert!(calibration.find("cam1").unwrap().camera([1, 1]).is_ok(), "{count}");
    }
    // numpy writes a row or a column of coefficients as nested lists.
    for nested in ["[[0.1, 0.2, 0.0, 0.0, 0.0]]", "[[0.1], [0.2], [0.0], [0.0], [0.0]]"] {
        let text = MARKOLAB.replace("[-0.1, 0.01, 0.0, 0.0, 0.0]", nested);
        let calibration = Calibration::parse(Path::new("c.toml"), &text).unwrap();
        assert_eq!(calibration.find("cam1").unwrap().distortion, [0.1, 0.2, 0.0, 0.0, 0.0]);
    }
}

#[test]
fn a_camera_without_calibration_stands_back_and_does_not_block() {
    let folder = small_recording();
    let renamed = ANIPOSE.replace("name = \"cam0\"", "name = \"other\"");
    std::fs::write(folder.path().join("calibration.toml"), renamed).unwrap();
    let recording = Recording::open(folder.path()).unwrap();
    let names: Vec<&str> = recording.cameras.iter().map(|camera| camera.name.as_str()).collect();
    assert_eq!(names, ["cam1", "cam0"]);
    assert_eq!(recording.rig.as_ref().unwrap().len(), 1);
    assert_eq!(recording.warnings.len(), 1);
    assert!(recording.warnings[0].contains("has no such camera, only \"other\", \"cam1\""), "{:?}", recording.warnings);
    let findings = doctor::examine(folder.path());
    assert_eq!(codes(&findings), ["camera_not_calibrated", "camera_not_recorded"]);
    assert_eq!(findings[0].severity, Severity::Error);
}
