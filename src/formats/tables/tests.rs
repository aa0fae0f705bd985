//! What the plain tables accept, refuse and write, on text in memory.

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::model::{
    CameraId, Centroid, CentroidNumber, CentroidOrigin, FrameLabels, KeypointId, Label, Placement, Point2, Point3,
    Provenance, Source,
};

fn recordings(names: &[&str]) -> Vec<TableRecording> {
    names
        .iter()
        .map(|name| TableRecording {
            name: (*name).to_owned(),
            cameras: vec!["cam0".to_owned(), "cam1".to_owned()],
            frame_count: Some(60),
        })
        .collect()
}

fn read2d(text: impl AsRef<[u8]>, names: &[&str]) -> Result<Vec<Point2dRow>, TableError> {
    let (skeleton, recordings) = (Skeleton::qd12(), recordings(names));
    points2d::read_from(Path::new("t.csv"), text.as_ref(), &TableContext::new(&skeleton, &recordings))
}

fn read3d(text: impl AsRef<[u8]>, names: &[&str]) -> Result<Vec<Point3dRow>, TableError> {
    let (skeleton, recordings) = (Skeleton::qd12(), recordings(names));
    points3d::read_from(Path::new("t.csv"), text.as_ref(), &TableContext::new(&skeleton, &recordings))
}

fn problem(text: &str) -> String {
    read2d(text, &["a"]).unwrap_err().to_string()
}

const HEADER: &str = "frame,camera,keypoint,x,y\n";

#[test]
fn columns_may_stand_anywhere_and_missing_is_missing() {
    let text = "\u{feff}note, y ,x,Keypoint,camera,frame,visible\r\n\
                hello,2.5,1,ear_L,cam1,3,1\r\n\
                ,,1,ear_R,cam1,3,\r\n\
                ,nan,NaN,ear_R,cam0,3,0\r\n\
                \r\n\
                ,4,3,foreleg_L,cam0,1.0,false\r\n";
    let rows = read2d(text, &["a"]).unwrap();
    let short: Vec<_> = rows.iter().map(|row| (row.frame, row.camera.0, row.keypoint.0, row.visible)).collect();
    assert_eq!(short, [(1, 0, 5, Some(false)), (3, 1, 0, Some(true))]);
    assert_eq!(rows[1].point_in_image, Point2::new(1.0, 2.5));
    assert_eq!(read2d(HEADER, &["a"]).unwrap(), []);
}

#[test]
fn what_does_not_fit_is_named_by_line_and_column() {
    let check =
        |row: &str, expected: &str| assert_eq!(problem(&format!("{HEADER}0,cam0,ear_L,1,2\n{row}\n")), expected);
    check(
        "0,cam0,whisker,1,2",
        "t.csv, line 3, column keypoint: \"whisker\" is not a keypoint of the skeleton; it has ear_L, ear_R, back_top, back_middle, back_bottom, forepaw_L, forepaw_R, hindpaw_L, hindpaw_R, tail_base, tail_middle, tail_tip",
    );
    check(
        "0,cam7,ear_L,1,2",
        "t.csv, line 3, column camera: \"cam7\" is not a camera of the recording; it has cam0, cam1",
    );
    check(
        "60,cam0,ear_L,1,2",
        "t.csv, line 3, column frame: \"60\" is not a frame of the recording, which has frames 0 to 59",
    );
    check(
        "-1,cam0,ear_L,1,2",
        "t.csv, line 3, column frame: \"-1\" is not a frame of the recording, which has frames 0 to 59",
    );
    check(
        "1.5,cam0,ear_L,1,2",
        "t.csv, line 3, column frame: \"1.5\" is not a frame of the recording, which has frames 0 to 59",
    );
    check(
        "1,cam0,ear_L,left,2",
        "t.csv, line 3, column x: \"left\" is not a number (with a point, not a comma); leave it empty where it is missing",
    );
    check(
        "1,cam0,ear_L,1,inf",
        "t.csv, line 3, column y: \"inf\" is not a number (with a point, not a comma); leave it empty where it is missing",
    );
    check("1,cam0,ear_L,1", "t.csv, line 3: 4 fields, where the first line has 5");
    check("0,cam0,ear_L,8,9", "t.csv, line 3: frame 0, cam0, ear_L stands in line 2 already; keep one of the two");
}

#[test]
fn headers_that_do_not_fit_are_named() {
    assert_eq!(
        problem("frame;camera;keypoint;x;y\n"),
        "t.csv: there is no column \"frame\"; the first line must name the columns frame,camera,keypoint,x,y, and it is: frame;camera;keypoint;x;y"
    );
    assert!(problem("").contains("(the file is empty)"));
    assert!(problem("frame,camera,keypoint,x,y,x\n").contains("column \"x\" stands there twice"));
}

#[test]
fn lines_are_counted_as_an_editor_counts_them() {
    for newline in ["\n", "\r\n"] {
        let text = ["frame,camera,keypoint,x,y", "0,cam0,ear_L,1,2", "", "1,cam0,ear_L,1,2", "2,cam0,ear_L,1,oops"];
        let text = text.join(newline);
        assert!(problem(&text).starts_with("t.csv, line 5,"), "{newline:?}: {}", problem(&text));
    }
    let quoted = "frame,camera,keypoint,x,y,note\n0,cam0,ear_L,1,2,\"two\nlines\"\n9,cam9,ear_L,1,2,\n";
    assert!(problem(quoted).starts_with("t.csv, line 4,"), "{}", problem(quoted));
}

#[test]
fn several_recordings_have_to_be_told_apart() {
    let error = read2d(HEADER, &["a", "b"]).unwrap_err().to_string();
    assert!(error.ends_with("choose one with --recording: a, b"), "{error}");
    let text =
        "recording,frame,keypoint,x,y,z,source,views,error_px\nb,0,ear_L,1,2,3,stage4,4,0.5\na,0,ear_L,1,2,3,,,\n";
    let rows = read3d(text, &["a", "b"]).unwrap();
    assert_eq!(rows.iter().map(|row| row.recording).collect::<Vec<_>>(), [0, 1]);
    assert_eq!((rows[1].source, rows[1].views, rows[1].error_px), (Some(Source::Stage4), Some(4), Some(0.5)));
    let error = read3d(text.replace("b,0", "c,0"), &["a", "b"]).unwrap_err().to_string();
    assert!(error.contains("\"c\" is not a recording of the project; it holds a, b"), "{error}");
    let double = read3d(text.replace("a,0", "b,0"), &["a", "b"]).unwrap_err().to_string();
    assert!(double.contains("b, frame 0, ear_L stands in line 2 already"), "{double}");
}

fn centroid(number: u16, x: f64) -> Centroid {
    let point_in_image = Point2::new(x, 50.0);
    Centroid {
        number: CentroidNumber(number),
        point_in_image,
        sigma_px: 1.0,
        peak: 1.0,
        snr: 9.0,
        origin: CentroidOrigin::Detected,
    }
}

fn free_at(places: &[f64]) -> FrameLabels {
    let mut labels = FrameLabels::empty(1, 12);
    for (keypoint, x) in places.iter().enumerate() {
        let placement = Placement::Free { point_in_image: Point2::new(*x, 50.0) };
        let provenance = Provenance { source: Source::Seed, run: None, annotator: None, at_unix_ms: 0 };
        labels.place(CameraId(0), KeypointId(keypoint as u8), Label { placement, provenance, margin: None });
    }
    labels
}

#[test]
fn seeds_snap_to_the_nearest_centroid_in_reach() {
    let centroids = [centroid(1, 100.0), centroid(2, 110.0), centroid(3, 200.0)];
    let number = |labels: &FrameLabels, keypoint| {
        labels.get(CameraId(0), KeypointId(keypoint)).and_then(|label| label.placement.number()).map(|number| number.0)
    };
    let mut labels = free_at(&[104.0, 112.0, 101.0, 206.5, 300.0]);
    let report = snap_to_centroids(&mut labels, &[&centroids], &[1024]);
    let numbers: Vec<_> = (0..5).map(|keypoint| number(&labels, keypoint)).collect();
    assert_eq!(numbers, [None, Some(2), Some(1), None, None], "104 wanted 1, to which 101 is nearer");
    assert_eq!((report.snapped, report.free), (2, 3));
    let contested =
        Contested { camera: CameraId(0), number: CentroidNumber(1), winner: KeypointId(2), loser: KeypointId(0) };
    assert_eq!(report.contested, [contested]);
    assert_eq!(snap_to_centroids(&mut labels, &[&centroids], &[1024]).snapped, 0, "snapping again changes nothing");
    let mut wide = free_at(&[206.5]);
    assert_eq!(snap_to_centroids(&mut wide, &[&centroids], &[2048]).snapped, 1, "the reach grows with the image");
}

#[test]
fn labels_and_poses_come_from_rows() {
    let text = "frame,camera,keypoint,x,y,visible\n2,cam1,ear_L,1,2,1\n2,cam1,ear_R,1,2,0\n";
    let rows = read2d(text, &["a"]).unwrap();
    let provenance = Provenance { source: Source::Imported, run: None, annotator: None, at_unix_ms: 7 };
    let frames: BTreeMap<_, _> = labels_of_rows(&rows, &[2], 12, &provenance);
    let labels = &frames[&(0, 2)];
    assert_eq!(labels.get(CameraId(1), KeypointId(1)).unwrap().placement, Placement::Absent);
    let back: Vec<_> = rows_of_labels(0, 2, labels).collect();
    assert_eq!(back, rows[..1]);
    let rows = read3d("frame,keypoint,x,y,z\n2,ear_R,1,2,3\n", &["a"]).unwrap();
    let pose = &poses_of_rows(&rows, 12)[&(0, 2)];
    assert_eq!(pose.position(KeypointId(1)), Some(Point3::new(1.0, 2.0, 3.0)));
    assert_eq!(rows_of_pose(0, 2, pose).next().unwrap().views, Some(0));
}

fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![-2000.0..2000.0f64, any::<f64>().prop_filter("finite", |value| value.is_finite()), Just(-0.0)]
}

proptest! {
    #[test]
    fn points2d_round_trip(cells in prop::collection::btree_map((0usize..2, 0u32..60, 0u8..2, 0u8..12), (any_number(), any_number(), any::<Option<bool>>()), 0..40)) {
        let rows: Vec<_> = cells.into_iter().map(|((recording, frame, camera, keypoint), (x, y, visible))| Point2dRow {
            recording, frame, camera: CameraId(camera), keypoint: KeypointId(keypoint), point_in_image: Point2::new(x, y), visible,
        }).collect();
        let (skeleton, recordings) = (Skeleton::qd12(), recordings(&["one, with comma", "b \"quoted\""]));
        let context = TableContext::new(&skeleton, &recordings);
        let mut bytes = Vec::new();
        let mut table = Points2dWriter::points2d(&mut bytes, context).unwrap();
        rows.iter().for_each(|row| table.write(row).unwrap());
        prop_assert_eq!(table.finish().unwrap(), rows.len());
        prop_assert_eq!(points2d::read_from(Path::new("t.csv"), &bytes[..], &context).unwrap(), rows);
    }

    #[test]
    fn points3d_round_trip(cells in prop::collection::btree_map((0u32..60, 0u8..12), (any_number(), any_number(), any_number(), any::<Option<u8>>()), 0..40)) {
        let rows: Vec<_> = cells.into_iter().map(|((frame, keypoint), (x, y, z, views))| Point3dRow {
            recording: 0, frame, keypoint: KeypointId(keypoint), position_in_world: Point3::new(x, y, z),
            error_px: views.map(|_| z), views, source: views.map(|_| Source::Propagated),
        }).collect();
        let (skeleton, recordings) = (Skeleton::qd12(), recordings(&["a"]));
        let context = TableContext::new(&skeleton, &recordings);
        let mut bytes = Vec::new();
        let mut table = Points3dWriter::new(&mut bytes, context).unwrap();
        rows.iter().for_each(|row| table.write(row).unwrap());
        table.finish().unwrap();
        prop_assert_eq!(points3d::read_from(Path::new("t.csv"), &bytes[..], &context).unwrap(), rows);
    }

    #[test]
    fn arbitrary_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read2d(&bytes, &["a"]);
        let mut table = b"frame,keypoint,x,y,z,views,source\n".to_vec();
        table.extend(bytes);
        let _ = read3d(&table, &["a"]);
    }

    #[test]
    fn arbitrary_fields_are_read_or_refused(fields in prop::collection::vec("[0-9a-zA-Z_.,\"\r\n-]{0,8}", 0..30)) {
        let _ = read3d(format!("frame,keypoint,x,y,z\n{}", fields.join(",")), &["a"]);
    }
}
