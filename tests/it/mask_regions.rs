//! Areas in which dots do not count, and dots that people add and delete: what is hidden, what comes back, what a run sees.
#![expect(clippy::unwrap_used, reason = "the helpers of a test fail as the test does")]

use std::sync::Arc;
use std::time::Instant;

use behaviorvlm::model::{
    CameraId, Centroid, CentroidNumber, CentroidOrigin, Edit, FrameLabels, FramePose, KeypointId, Label, MaskKind,
    MaskRegion, MaskShape, Placement, Point2, Provenance, RecordingId, RunId, Skeleton, Source,
};
use behaviorvlm::store::{
    CameraInfo, FrameSummary, Gesture, MachineFrame, NewRecording, Project, StoreError, StoredDetection,
};
use tempfile::TempDir;

const ANN: Gesture<'static> = Gesture { title: "Mask", annotator: "Ann", at_unix_ms: 7 };
const CAMERA: CameraId = CameraId(1);

/// Two cameras; three dots per view at x = 100, 200 and 300.
fn project(frames: u32) -> (TempDir, Project, RecordingId) {
    let folder = TempDir::new().unwrap();
    let mut project = Project::create(&folder.path().join("p.bvlm"), &Skeleton::qd12()).unwrap();
    let new = recording(&folder, frames);
    let id = project.add_recording(&new).unwrap();
    for frame in 0..frames {
        project.put_detection(id, frame, None, &[Some(view()), Some(view())]).unwrap();
    }
    (folder, project, id)
}

fn recording(folder: &TempDir, frame_count: u32) -> NewRecording {
    let camera = |name: &str| CameraInfo { name: name.to_owned(), size_px: [1024, 768] };
    NewRecording {
        name: "day1".to_owned(),
        path: folder.path().join("day1"),
        fingerprint: "f".to_owned(),
        fps: 60.0,
        frame_count,
        units: "mm".to_owned(),
        fluorescence_lag_frames: 0.0,
        subject: None,
        session: None,
        group: None,
        cameras: vec![camera("cam0"), camera("cam1")],
    }
}

fn dot(number: u16) -> Centroid {
    Centroid {
        number: CentroidNumber(number),
        point_in_image: Point2::new(f64::from(number) * 100.0 + 1.0 / 3.0, 50.1),
        sigma_px: 1.5,
        peak: 40.0,
        snr: 20.0,
        origin: CentroidOrigin::Detected,
    }
}

fn view() -> StoredDetection {
    StoredDetection { crop: None, centroids: (1..=3).map(dot).collect() }
}

fn label(number: u16, source: Source) -> Label {
    Label {
        placement: Placement::Centroid { number: CentroidNumber(number), point_in_image: dot(number).point_in_image },
        provenance: Provenance {
            source,
            run: None,
            annotator: source.is_human().then(|| Arc::from("Ann")),
            at_unix_ms: 1,
        },
        margin: None,
    }
}

/// Keypoint n − 1 is at dot n in both cameras, as a machine says.
fn put_machine_labels(project: &mut Project, id: RecordingId, run: RunId, frame: u32) {
    let mut labels = FrameLabels::empty(2, 12);
    for camera in [0, 1] {
        for number in 1..=3u16 {
            labels.place(CameraId(camera), KeypointId(number as u8 - 1), label(number, Source::Stage4));
        }
    }
    let (pose, summary) = (FramePose::missing(12), FrameSummary::default());
    let frame_of = MachineFrame { labels: &labels, pose: &pose, changes: &[], summary: &summary, checkpoints: &[] };
    project.put_machine_frame(id, frame, run, &frame_of).unwrap();
}

fn disc(x: f64, frames: std::ops::Range<u32>, kind: MaskKind) -> MaskRegion {
    let shape = MaskShape::Disc { center: Point2::new(x, 50.0), radius_px: 20.0 };
    MaskRegion { camera: CAMERA, frames, kind, shape }
}

fn numbers(project: &Project, id: RecordingId, frame: u32) -> [Vec<u16>; 2] {
    let views = project.detection(id, frame).unwrap();
    [0, 1].map(|camera| {
        views[camera].as_ref().unwrap().centroids.iter().map(|centroid| centroid.number.0).collect::<Vec<_>>()
    })
}

#[test]
fn reflections_and_arenas_hide_dots_over_their_frames_and_give_them_back() {
    let (_folder, mut project, id) = project(10);
    let all = || [vec![1, 2, 3], vec![1, 2, 3]];
    let reflection = project.add_mask_region(id, &disc(200.0, 2..5, MaskKind::Reflection), &ANN).unwrap();
    let hidden_at =
        |project: &Project| (0..10).filter(|frame| numbers(project, id, *frame) != all()).collect::<Vec<u32>>();
    assert_eq!(hidden_at(&project), [2, 3, 4]);
    assert_eq!(numbers(&project, id, 2), [vec![1, 2, 3], vec![1, 3]]);
    let walked: Vec<usize> = project
        .detections_in(id, 0..10)
        .unwrap()
        .map(|item| item.unwrap().1[1].as_ref().unwrap().centroids.len())
        .collect();
    assert_eq!(walked, [3, 3, 2, 2, 2, 3, 3, 3, 3, 3]);
    let hidden = project.hidden_centroids(id, 2).unwrap();
    assert_eq!(hidden, [vec![], vec![(dot(2), MaskKind::Reflection)]]);

    let arena = project.add_mask_region(id, &disc(200.0, 4..6, MaskKind::Arena), &ANN).unwrap();
    assert_eq!([4, 5].map(|frame| numbers(&project, id, frame)[1].clone()), [vec![], vec![2]]);
    project.change_mask_region(id, reflection, &disc(300.0, 2..4, MaskKind::Reflection), &ANN).unwrap();
    assert_eq!([2, 4].map(|frame| numbers(&project, id, frame)[1].clone()), [vec![1, 2], vec![2]]);
    project.remove_mask_region(id, arena, &ANN).unwrap();
    assert_eq!(hidden_at(&project), [2, 3]);

    // Taking everything back, and doing it again.
    for expected in [vec![2, 3, 4, 5], vec![2, 3, 4, 5], vec![2, 3, 4], vec![]] {
        assert_eq!(project.undo().unwrap().unwrap().conflicts, []);
        assert_eq!(hidden_at(&project), expected);
    }
    assert_eq!(project.mask_regions(id).unwrap(), []);
    while let Some(report) = project.redo().unwrap() {
        assert_eq!(report.conflicts, []);
    }
    assert_eq!(hidden_at(&project), [2, 3]);
    let stored = project.mask_regions(id).unwrap();
    assert_eq!((stored.len(), stored[0].id, stored[0].at_unix_ms), (1, reflection, 7));
    project.check().unwrap();
}

#[test]
fn detecting_again_keeps_numbers_under_a_mask() {
    let (_folder, mut project, id) = project(1);
    // A deleted dot pins the numbers of the view.
    project.delete_centroid(id, 0, CAMERA, CentroidNumber(1), &ANN).unwrap();
    let region = project.add_mask_region(id, &disc(200.0, 0..1, MaskKind::Reflection), &ANN).unwrap();
    let again = StoredDetection {
        crop: None,
        centroids: (1..=3)
            .map(|number| Centroid { number: CentroidNumber(4 - number), ..dot(number) })
            .chain([Centroid { number: CentroidNumber(4), ..dot(7) }])
            .collect(),
    };
    project.put_detection(id, 0, None, &[None, Some(again)]).unwrap();
    assert_eq!(numbers(&project, id, 0)[1], [3, 4]);
    assert_eq!(project.next_centroid_number(id, 0, CAMERA).unwrap(), CentroidNumber(5));
    project.remove_mask_region(id, region, &ANN).unwrap();
    let dots = project.detection(id, 0).unwrap()[1].clone().unwrap().centroids;
    assert_eq!(dots[0], dot(2));
    assert_eq!(dots.iter().map(|dot| dot.number.0).collect::<Vec<_>>(), [2, 3, 4]);
}

#[test]
fn machine_labels_follow_and_what_people_said_of_a_dot_stays() {
    let (_folder, mut project, id) = project(3);
    let run = project.begin_run(id, "pose", "{}", 1).unwrap();
    (0..3).for_each(|frame| put_machine_labels(&mut project, id, run, frame));
    // At frame 1 a person says so too; at frame 2 a person placed a dot inside.
    let human = Edit {
        camera: CAMERA,
        keypoint: KeypointId(1),
        before: project.labels(id, 1).unwrap().get(CAMERA, KeypointId(1)).cloned(),
        after: Some(label(2, Source::Human)),
    };
    project.apply_edits(id, 1, &ANN, &[human]).unwrap();
    let placed = Centroid { point_in_image: Point2::new(210.0, 55.0), ..dot(9) };
    let added = project.add_measured_centroid(id, 2, CAMERA, &placed, &ANN).unwrap();
    assert_eq!(added, CentroidNumber(4));
    let before: Vec<FrameLabels> = (0..3).map(|frame| project.labels(id, frame).unwrap()).collect();

    let region = project.add_mask_region(id, &disc(200.0, 0..3, MaskKind::Reflection), &ANN).unwrap();
    let seen = [0, 1, 2].map(|frame| numbers(&project, id, frame)[1].clone());
    assert_eq!(seen, [vec![1, 3], vec![1, 2, 3], vec![1, 3, 4]]);
    let place = |project: &Project, frame: u32, camera: CameraId, keypoint: u8| {
        project.labels(id, frame).unwrap().get(camera, KeypointId(keypoint)).unwrap().placement
    };
    let free = Placement::Free { point_in_image: dot(2).point_in_image };
    assert_eq!([0, 2].map(|frame| place(&project, frame, CAMERA, 1)), [free, free]);
    assert_eq!(place(&project, 1, CAMERA, 1), label(2, Source::Human).placement);
    assert_eq!(place(&project, 0, CAMERA, 0), label(1, Source::Stage4).placement);
    assert_eq!(place(&project, 0, CameraId(0), 1), label(2, Source::Stage4).placement, "the other camera");
    assert!(project.stale_frames(id).unwrap().contains(&0));

    project.remove_mask_region(id, region, &ANN).unwrap();
    let after: Vec<FrameLabels> = (0..3).map(|frame| project.labels(id, frame).unwrap()).collect();
    assert_eq!(after, before);
    project.undo().unwrap().unwrap();
    assert_eq!(place(&project, 0, CAMERA, 1), free);
    project.redo().unwrap().unwrap();
    assert_eq!(place(&project, 0, CAMERA, 1), label(2, Source::Stage4).placement);
    project.check().unwrap();
}

#[test]
fn regions_that_cannot_be_are_refused_and_leave_nothing() {
    let (_folder, mut project, id) = project(4);
    let good = disc(200.0, 0..4, MaskKind::Arena);
    let refused =
        |project: &mut Project, region: &MaskRegion| project.add_mask_region(id, region, &ANN).unwrap_err().to_string();
    let line = MaskShape::Polygon(vec![Point2::new(0.0, 0.0), Point2::new(9.0, 9.0)]);
    assert!(refused(&mut project, &MaskRegion { shape: line, ..good.clone() }).contains("2 corners"));
    let too_long = refused(&mut project, &MaskRegion { frames: 2..5, ..good.clone() });
    assert!(too_long.contains("frame 4 is outside recording \"day1\", which has 4"), "{too_long}");
    assert!(refused(&mut project, &MaskRegion { camera: CameraId(2), ..good.clone() }).contains("camera 2"));
    let nobody = Gesture { annotator: " ", ..ANN };
    assert!(matches!(project.add_mask_region(id, &good, &nobody), Err(StoreError::MissingAnnotator)));
    assert_eq!(project.mask_regions(id).unwrap(), []);
    let region = project.add_mask_region(id, &good, &ANN).unwrap();
    project.remove_mask_region(id, region, &ANN).unwrap();
    assert!(project.remove_mask_region(id, region, &ANN).unwrap_err().to_string().contains("no mask region 1"));
    let next = project.add_mask_region(id, &good, &ANN).unwrap();
    assert!(next > region, "an id is never given twice");
}

#[test]
fn dots_that_people_added_and_deleted_are_known_and_doubles_are_refused() {
    let (_folder, mut project, id) = project(3);
    assert_eq!(project.edited_views(id).unwrap(), []);
    let near = Centroid { point_in_image: Point2::new(202.0, 50.0), ..dot(9) };
    let error = project.add_measured_centroid(id, 1, CAMERA, &near, &ANN).unwrap_err();
    assert_eq!(error.to_string(), "frame 1: centroid 2 stands there already; use that one");
    let far = Centroid { point_in_image: Point2::new(250.0, 50.0), sigma_px: 1.75, ..dot(9) };
    let number = project.add_measured_centroid(id, 1, CAMERA, &far, &ANN).unwrap();
    project.delete_centroid(id, 2, CAMERA, CentroidNumber(3), &ANN).unwrap();
    let views = project.edited_views(id).unwrap();
    assert_eq!(views.len(), 2);
    assert_eq!(views[0].added, [Centroid { number, origin: CentroidOrigin::Added, ..far }]);
    assert_eq!((views[1].frame, &views[1].deleted), (2, &vec![(CentroidNumber(3), dot(3).point_in_image)]));
    project.undo().unwrap().unwrap();
    project.undo().unwrap().unwrap();
    assert_eq!(project.edited_views(id).unwrap(), []);
}

#[test]
fn a_mended_recording_is_taken_over_and_a_shorter_one_is_not() {
    let (folder, mut project, id) = project(4);
    let mut new = recording(&folder, 6);
    new.fingerprint = "mended".to_owned();
    new.cameras.insert(0, CameraInfo { name: "cam2".to_owned(), size_px: [640, 480] });
    new.cameras[1].size_px = [2048, 1400];
    project.refresh_recording(id, &new).unwrap();
    let info = project.recording_by_id(id).unwrap();
    assert_eq!((info.fingerprint.as_str(), info.frame_count), ("mended", 6));
    let cameras: Vec<_> = info.cameras.iter().map(|camera| (camera.name.as_str(), camera.size_px)).collect();
    assert_eq!(cameras, [("cam0", [2048, 1400]), ("cam1", [1024, 768]), ("cam2", [640, 480])]);

    let lost = recording(&folder, 6);
    let error = project.refresh_recording(id, &lost).unwrap_err().to_string();
    assert!(error.contains("\"day1\" has lost camera cam2"), "{error}");
    new.frame_count = 3;
    let error = project.refresh_recording(id, &new).unwrap_err().to_string();
    assert!(error.contains("has 3 frames by now and had something at frame 3"), "{error}");
    assert_eq!(project.recording_by_id(id).unwrap(), info);
}

/// How long a mask over all frames takes; the figure is told, and bounded far above it.
#[test]
#[ignore = "tells a time"]
fn a_mask_over_many_frames_is_quick() {
    let (_folder, mut project, id) = project(2000);
    let run = project.begin_run(id, "pose", "{}", 1).unwrap();
    (0..2000).for_each(|frame| put_machine_labels(&mut project, id, run, frame));
    let started = Instant::now();
    let region = project.add_mask_region(id, &disc(200.0, 0..2000, MaskKind::Reflection), &ANN).unwrap();
    let hidden = started.elapsed();
    project.remove_mask_region(id, region, &ANN).unwrap();
    println!("hide {hidden:?}, bring back {:?}", started.elapsed() - hidden);
    assert!(started.elapsed().as_secs_f64() < 5.0);
    assert_eq!(numbers(&project, id, 1999)[1], [1, 2, 3]);
}
