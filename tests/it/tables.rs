//! The plain tables: from a file into a project and back.
#![expect(clippy::unwrap_used, reason = "the helpers of a test fail as the test does")]

use std::fs;
use std::path::{Path, PathBuf};

use behaviorvlm::formats::tables::{
    Points2dWriter, Points3dWriter, TableContext, TableError, TableRecording, labels_of_rows, poses_of_rows,
    read_points2d, read_points3d, read_seeds, rows_of_labels, rows_of_pose, snap_to_centroids,
};
use behaviorvlm::model::{
    CameraId, Centroid, CentroidNumber, CentroidOrigin, KeypointId, Placement, Point2, Provenance, Skeleton, Source,
};
use behaviorvlm::store::{CameraInfo, Gesture, NewRecording, Project, StoredDetection};
use tempfile::TempDir;

const ANN: Gesture<'static> = Gesture { title: "Import seeds", annotator: "Ann", at_unix_ms: 1000 };

fn provenance(source: Source) -> Provenance {
    Provenance { source, run: None, annotator: None, at_unix_ms: 1000 }
}

fn project(folder: &Path) -> Project {
    let mut project = Project::create(&folder.join("p.bvlm"), &Skeleton::qd12()).unwrap();
    let cameras = ["left", "right"].map(|name| CameraInfo { name: name.to_owned(), size_px: [1024, 768] });
    let new = NewRecording {
        name: "day1".to_owned(),
        path: folder.join("day1"),
        fingerprint: String::new(),
        fps: 60.0,
        frame_count: 10,
        units: "mm".to_owned(),
        fluorescence_lag_frames: 0.0,
        subject: None,
        session: None,
        group: None,
        cameras: cameras.to_vec(),
    };
    project.add_recording(&new).unwrap();
    project
}

#[test]
fn seeds_go_from_a_table_to_centroids_and_back() {
    let folder = TempDir::new().unwrap();
    let mut project = project(folder.path());
    let recording = project.only_recording().unwrap();
    let point_in_image = Point2::new(100.0, 50.0);
    let centroid = Centroid {
        number: CentroidNumber(1),
        point_in_image,
        sigma_px: 1.0,
        peak: 9.0,
        snr: 9.0,
        origin: CentroidOrigin::Detected,
    };
    let view = Some(StoredDetection { crop: None, centroids: vec![centroid] });
    project.put_detection(recording.id, 4, None, &[None, view]).unwrap();
    let file = folder.path().join("seeds.csv");
    let text = "frame,camera,keypoint,x,y\n4,right,ear_L,102,51\n4,right,ear_R,10.5,11.25\n";
    fs::write(&file, text).unwrap();

    let known = [TableRecording::from(&recording)];
    let context = TableContext::new(project.skeleton(), &known);
    let rows = read_seeds(&file, &context).unwrap();
    let mut frames = labels_of_rows(&rows, &[2], 12, &provenance(Source::Seed));
    let labels = frames.get_mut(&(0, 4)).unwrap();
    let views = project.detection(recording.id, 4).unwrap();
    let centroids: Vec<_> = views.iter().map(|view| view.as_ref().map_or(&[][..], |view| &view.centroids)).collect();
    let report = snap_to_centroids(labels, &centroids, &[1024, 1024]);
    assert_eq!((report.snapped, report.free), (1, 1));
    let labels = labels.clone();
    project.import_seeds(recording.id, &ANN, &[(4, labels)]).unwrap();

    let stored = project.labels(recording.id, 4).unwrap();
    let label = stored.get(CameraId(1), KeypointId(0)).unwrap();
    assert_eq!(label.placement, Placement::Centroid { number: CentroidNumber(1), point_in_image });
    assert_eq!((label.source(), label.provenance.annotator.as_deref()), (Source::Seed, Some("Ann")));

    let context = TableContext::new(project.skeleton(), &known);
    let mut bytes = Vec::new();
    let mut table = Points2dWriter::seeds(&mut bytes, context).unwrap();
    for (frame, labels) in project.seed_labels(recording.id).unwrap() {
        rows_of_labels(0, frame, &labels).for_each(|row| table.write(&row).unwrap());
    }
    assert_eq!(table.finish().unwrap(), 2);
    let written = String::from_utf8(bytes).unwrap();
    assert_eq!(written, "frame,camera,keypoint,x,y\n4,right,ear_L,100,50\n4,right,ear_R,10.5,11.25\n");
}

#[test]
fn points_go_from_a_table_into_a_project_and_back() {
    let folder = TempDir::new().unwrap();
    let mut project = project(folder.path());
    let recording = project.only_recording().unwrap();
    let file = folder.path().join("points3d.csv");
    let text = "frame,keypoint,x,y,z,error_px,views,source\n\
                0,ear_L,0.1,-2,3e-9,0.30000000000000004,4,stage4\n\
                9,tail_tip,1,2,3,,2,geometry\n";
    fs::write(&file, text).unwrap();
    let known = [TableRecording::from(&recording)];
    let skeleton = project.skeleton().clone();
    let context = TableContext::new(&skeleton, &known);
    let poses = poses_of_rows(&read_points3d(&file, &context).unwrap(), skeleton.len());
    project.put_poses(recording.id, poses.into_iter().map(|((_, frame), pose)| (frame, pose))).unwrap();

    let mut bytes = Vec::new();
    let mut table = Points3dWriter::new(&mut bytes, context).unwrap();
    for pose in project.poses_in(recording.id, 0..10) {
        let (frame, pose) = pose.unwrap();
        rows_of_pose(0, frame, &pose).for_each(|row| table.write(&row).unwrap());
    }
    table.finish().unwrap();
    assert_eq!(String::from_utf8(bytes).unwrap(), text);
}

#[test]
fn a_table_that_is_not_there_is_named() {
    let skeleton = Skeleton::qd12();
    let error = read_points3d(Path::new("/nowhere/points3d.csv"), &TableContext::new(&skeleton, &[])).unwrap_err();
    assert!(matches!(error, TableError::Read { .. }));
    assert!(error.to_string().starts_with("cannot read /nowhere/points3d.csv"), "{error}");
}

fn data() -> PathBuf {
    PathBuf::from(std::env::var_os("BEHAVIORVLM_DATA").expect("BEHAVIORVLM_DATA names the folder of recordings"))
}

#[test]
#[ignore = "needs BEHAVIORVLM_DATA"]
fn the_truth_of_the_recordings_reads_and_writes_back() {
    for name in ["qd_ring", "qd_floor", "qd_rig_layout"] {
        let truth = data().join(name).join("truth");
        let cameras = (0..6).map(|index| format!("cam{index}")).collect();
        let known = [TableRecording { name: name.to_owned(), cameras, frame_count: None }];
        let skeleton = Skeleton::qd12();
        let context = TableContext::new(&skeleton, &known);
        let rows2d = read_points2d(&truth.join("points2d.csv"), &context).unwrap();
        let rows3d = read_points3d(&truth.join("points3d.csv"), &context).unwrap();
        let seeds = read_seeds(&truth.join("seeds.csv"), &context).unwrap();
        assert!(rows2d.len() > 100 && rows3d.len() > 20 && seeds.len() > 50, "{name}");

        let folder = TempDir::new().unwrap();
        let (copy2d, copy3d) = (folder.path().join("points2d.csv"), folder.path().join("points3d.csv"));
        let mut table = Points2dWriter::points2d(fs::File::create(&copy2d).unwrap(), context).unwrap();
        rows2d.iter().for_each(|row| table.write(row).unwrap());
        table.finish().unwrap();
        let mut table = Points3dWriter::new(fs::File::create(&copy3d).unwrap(), context).unwrap();
        rows3d.iter().for_each(|row| table.write(row).unwrap());
        table.finish().unwrap();
        assert_eq!(read_points2d(&copy2d, &context).unwrap(), rows2d);
        assert_eq!(read_points3d(&copy3d, &context).unwrap(), rows3d);
    }
}
