//! What the file itself refuses, and what opening says about files that are not as they should be: tests that need SQL.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;
use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::model::{
    CameraId, CentroidNumber, Edit, FrameLabels, FramePose, KeypointId, Label, MaskKind, MaskRegion, MaskShape,
    Placement, Point2, Provenance, RecordingId, RunId, Skeleton, Source,
};
use crate::recording::detect::DetectConfig;

const ANN: Gesture<'static> = Gesture { title: "Test", annotator: "Ann", at_unix_ms: 1 };

fn folder_with_project() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("p.bvlm");
    let mut project = Project::create(&path, &Skeleton::qd12()).unwrap();
    let new = NewRecording {
        name: "day1".to_owned(),
        path: folder.path().join("day1"),
        fingerprint: "f".to_owned(),
        fps: 60.0,
        frame_count: 100,
        units: "mm".to_owned(),
        fluorescence_lag_frames: 0.0,
        subject: None,
        session: None,
        group: None,
        cameras: vec![CameraInfo { name: "cam0".to_owned(), size_px: [1024, 768] }],
    };
    let recording = project.add_recording(&new).unwrap();
    let edit = Edit { camera: CameraId(0), keypoint: KeypointId(0), before: None, after: Some(human_label()) };
    project.apply_edits(recording, 0, &ANN, &[edit]).unwrap();
    (folder, path)
}

fn human_label() -> Label {
    Label {
        placement: Placement::Centroid { number: CentroidNumber(3), point_in_image: Point2::new(1.5, 2.5) },
        provenance: Provenance { source: Source::Human, run: None, annotator: Some(Arc::from("Ann")), at_unix_ms: 1 },
        margin: None,
    }
}

#[test]
fn the_file_itself_refuses_machine_writes_over_human_labels() {
    let (_folder, path) = folder_with_project();
    let project = Project::open(&path).unwrap();
    let refused = |sql: &str| {
        let error = project.connection.execute_batch(sql).unwrap_err().to_string();
        assert!(error.contains("human label"), "{sql}: {error}");
    };
    let values = "(recording, frame, camera, keypoint, source, at) VALUES (1, 0, 0, 0";
    refused(&format!("INSERT OR REPLACE INTO label {values}, 5, 1)"));
    refused(&format!("REPLACE INTO label {values}, 6, 1)"));
    refused(&format!("INSERT INTO label {values}, 6, 1) ON CONFLICT DO UPDATE SET source = excluded.source"));
    refused("INSERT INTO label (recording, frame, camera, keypoint, source, at) VALUES (1, 1, 0, 0, 0, 1)");
    refused("UPDATE label SET source = 5");
    refused("UPDATE label SET x = 7.0");
    refused("UPDATE OR REPLACE label SET frame = 9");
    refused("DELETE FROM label");
    let labels = project.labels(RecordingId(1), 0).unwrap();
    assert_eq!(labels.get(CameraId(0), KeypointId(0)), Some(&human_label()));
    let open: i64 = project.connection.query_row("SELECT count(*) FROM open_gesture", [], |row| row.get(0)).unwrap();
    assert_eq!(open, 0, "no gesture stays open");
}

fn alter(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

fn problem(path: &Path) -> String {
    let opened = Project::open(path).unwrap_err().to_string();
    assert_eq!(Project::open_read_only(path).unwrap_err().to_string(), opened, "both ways of opening say the same");
    opened
}

#[test]
fn a_newer_project_is_refused_and_left_alone() {
    let (_folder, path) = folder_with_project();
    alter(&path, "PRAGMA journal_mode = DELETE; PRAGMA user_version = 99");
    let before = fs::read(&path).unwrap();
    let text = problem(&path);
    let known = format!("this program knows up to {}", schema::current_version());
    assert!(text.contains(&format!("newer behaviorvlm (project version 99, {known}); update")), "{text}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn files_that_are_no_project_are_named() {
    let folder = TempDir::new().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    assert!(problem(&folder.path().join("none.bvlm")).contains("there is no project at"));
    assert!(problem(&file("empty.bvlm", b"")).contains("it is empty"));
    assert!(problem(&file("text.bvlm", b"frame,camera,keypoint,x,y\n")).contains("no SQLite database"));
    assert!(problem(folder.path()).contains("it is a folder"));
    let other = folder.path().join("other.bvlm");
    alter(&other, "CREATE TABLE photos (x); PRAGMA user_version = 3");
    assert!(problem(&other).contains("a database of another program"));
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("-wal")), "{left:?}");
}

#[test]
fn a_damaged_project_is_named_with_what_to_do() {
    let (folder, path) = folder_with_project();
    alter(&path, "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE");
    let whole = fs::read(&path).unwrap();
    let damaged = folder.path().join("damaged.bvlm");
    let mut seen = 0;
    // Every page once overwritten, then the file cut off at every page.
    for page in 1..whole.len() / 4096 {
        let mut bytes = whole.clone();
        bytes[page * 4096..(page + 1) * 4096].fill(0xA5);
        fs::write(&damaged, &bytes).unwrap();
        match Project::open(&damaged) {
            Ok(project) => drop(project.check()),
            Err(error) => {
                assert!(matches!(error, StoreError::Corrupted { .. }), "page {page}: {error}");
                assert!(error.to_string().contains("restore a backup"), "{error}");
                seen += 1;
            }
        }
        fs::write(&damaged, &whole[..page * 4096]).unwrap();
        let error = Project::open(&damaged).unwrap_err();
        assert!(
            matches!(error, StoreError::Corrupted { .. } | StoreError::NotAProject { .. }),
            "cut at {page}: {error}"
        );
    }
    assert!(seen > whole.len() / 4096 / 2, "{seen} damaged pages were seen");
}

#[test]
fn values_that_no_version_writes_are_damage_not_a_crash() {
    for (sql, read) in [
        ("UPDATE recording SET frame_count = -1", 0),
        (
            "INSERT INTO frame_summary (recording, frame) VALUES (1, -5); INSERT INTO label (recording, frame, camera, keypoint, source, at) VALUES (1, 5, 200, 0, 5, 1)",
            1,
        ),
        ("INSERT INTO label (recording, frame, camera, keypoint, source, at) VALUES (1, 5, 0, 0, 77, 1)", 1),
        (
            "INSERT INTO label (recording, frame, camera, keypoint, number, x, y, source, at) VALUES (1, 5, 0, 0, 70000, 1.0, 1.0, 5, 1)",
            1,
        ),
        ("INSERT INTO detection (recording, frame, camera, centroids) VALUES (1, 5, 0, x'0102')", 2),
        ("INSERT INTO detection (recording, frame, camera, centroids) VALUES (1, 5, 9, x'01')", 2),
        (
            "INSERT INTO point3d (recording, frame, keypoint, x, y, z, views, source) VALUES (1, 5, 99, 1.0, 1.0, 1.0, 2, 5)",
            3,
        ),
        ("UPDATE edit SET after = '{'", 4),
        ("UPDATE edit SET target = 'state', before = 'perhaps'", 4),
        ("UPDATE edit SET target = 'mask_region', item = 1, after = '{\"camera\": 0}'", 4),
        (
            "INSERT INTO mask_region (recording, camera, start_frame, end_frame, kind, shape, annotator, at) VALUES (1, 0, 0, 9, 'arena', '{\"disc\": 3}', 1, 1)",
            2,
        ),
        ("INSERT INTO detector_settings (recording, config) VALUES (1, '{\"sensitivity\": 0}')", 5),
        ("INSERT INTO detector_settings (recording, config) VALUES (1, '{\"colour\": 1}')", 5),
        ("INSERT INTO frame_summary (recording, frame, worst_camera, worst_keypoint) VALUES (1, 5, 0, 12)", 6),
        ("INSERT INTO frame_summary (recording, frame, worst_camera, worst_keypoint) VALUES (1, 5, 700, 0)", 6),
    ] {
        let (_folder, path) = folder_with_project();
        let mut project = Project::open(&path).unwrap();
        project.connection.execute_batch(sql).unwrap();
        let recording = RecordingId(1);
        let error = match read {
            0 => project.recordings().map(drop),
            1 => project.labels(recording, 5).map(drop),
            2 => project.detection(recording, 5).map(drop),
            3 => project.pose(recording, 5).map(drop),
            5 => project.detect_config(recording).map(drop),
            6 => project.frame_summaries(recording).map(drop),
            _ => project.undo().map(drop),
        };
        assert!(matches!(error, Err(StoreError::Corrupted { .. })), "{sql}: {error:?}");
    }
}

#[test]
fn a_project_of_the_first_schema_opens_and_keeps_everything() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("v1.bvlm");
    alter(&path, include_str!("../../tests/it/data/project_v1.sql"));
    alter(&path, "INSERT INTO frame_summary (recording, frame, score) VALUES (1, 7, 0.5)");
    let mut project = Project::open(&path).unwrap();
    assert_eq!(schema::version_of(&project.connection).unwrap(), schema::current_version());
    let recording = project.only_recording().unwrap();
    let old = project.frame_summaries(recording.id).unwrap();
    assert_eq!((old.len(), old[0].frame, old[0].score, old[0].worst), (1, 7, Some(0.5), None));
    assert_eq!((recording.name.as_str(), recording.cameras.len(), recording.frame_count), ("day1", 1, 100));
    assert_eq!(project.labels(recording.id, 0).unwrap().get(CameraId(0), KeypointId(0)), Some(&human_label()));
    assert_eq!(project.frame_state(recording.id, 0).unwrap(), FrameState::Fixed);
    let report = project.undo().unwrap().unwrap();
    assert_eq!((report.title.as_str(), report.applied.len(), report.conflicts.len()), ("Test", 2, 0));
    project.redo().unwrap().unwrap();

    // What came later works too, and its edits stand beside the old ones.
    let tuned = DetectConfig { sensitivity: 1.5, ..DetectConfig::default() };
    project.set_detect_config(recording.id, &tuned).unwrap();
    let disc = MaskShape::Disc { center: Point2::new(5.0, 5.0), radius_px: 3.0 };
    let region = MaskRegion { camera: CameraId(0), frames: 0..100, kind: MaskKind::Reflection, shape: disc };
    let id = project.add_mask_region(recording.id, &region, &ANN).unwrap();
    drop(project);
    let mut project = Project::open(&path).unwrap();
    assert_eq!(project.detect_config(recording.id).unwrap(), Some(tuned));
    let stored = project.mask_regions(recording.id).unwrap();
    assert_eq!((stored[0].id, &stored[0].region, stored[0].annotator.as_str()), (id, &region, "Ann"));
    assert_eq!(project.undo().unwrap().unwrap().conflicts, []);
    assert_eq!(project.undo().unwrap().unwrap().applied.len(), 2);
    assert_eq!(project.labels(recording.id, 0).unwrap().iter().count(), 0);
    project.check().unwrap();
}

#[test]
fn a_project_can_move_to_a_worker_thread() {
    fn require_send<T: Send>() {}
    require_send::<Project>();
}

#[test]
fn seed_and_human_frames_come_from_the_small_index() {
    let (_folder, path) = folder_with_project();
    let project = Project::open(&path).unwrap();
    for condition in ["source = 0", "source IN (0, 1)"] {
        let sql = format!(
            "EXPLAIN QUERY PLAN SELECT DISTINCT frame FROM label WHERE recording = ?1 AND {condition} AND source IN (0, 1) ORDER BY frame"
        );
        let plan: String = project.connection.query_row(&sql, [1], |row| row.get(3)).unwrap();
        assert!(plan.contains("human_label"), "{plan}");
    }
}

/// Something that happens to a frame.
#[derive(Clone, Debug)]
enum Act {
    Place(u8, u16),
    Remove(u8),
    Machine(u16),
    Undo,
    Redo,
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0u8..4, 1u16..6).prop_map(|(keypoint, number)| Act::Place(keypoint, number)),
        1 => (0u8..4).prop_map(Act::Remove),
        1 => (0u16..4).prop_map(Act::Machine),
        2 => Just(Act::Undo),
        1 => Just(Act::Redo),
    ]
}

fn placed(number: u16, source: Source) -> Label {
    let point_in_image = Point2::new(f64::from(number) / 3.0, 1.0);
    let annotator = source.is_human().then(|| Arc::from("Ann"));
    let provenance = Provenance { source, run: None, annotator, at_unix_ms: 1 };
    let placement = Placement::Centroid { number: CentroidNumber(number), point_in_image };
    Label { placement, provenance, margin: None }
}

fn perform(project: &mut Project, recording: RecordingId, run: RunId, act: &Act) {
    let camera = CameraId(0);
    let labels = project.labels(recording, 1).unwrap();
    match *act {
        Act::Place(keypoint, number) => {
            let edits = Edit::placing(&labels, camera, KeypointId(keypoint), placed(number, Source::Human));
            project.apply_edits(recording, 1, &ANN, &edits).unwrap();
        }
        Act::Remove(keypoint) => {
            let keypoint = KeypointId(keypoint);
            let edit = Edit { camera, keypoint, before: labels.get(camera, keypoint).cloned(), after: None };
            project.apply_edits(recording, 1, &ANN, &[edit]).unwrap();
        }
        Act::Machine(shift) => {
            let mut proposed = FrameLabels::empty(1, 12);
            for keypoint in 0..4u8 {
                proposed.place(camera, KeypointId(keypoint), placed(u16::from(keypoint) + shift, Source::Stage4));
            }
            let (pose, summary) = (FramePose::missing(12), FrameSummary::default());
            let frame =
                MachineFrame { labels: &proposed, pose: &pose, changes: &[], summary: &summary, checkpoints: &[] };
            project.put_machine_frame(recording, 1, run, &frame).unwrap();
        }
        Act::Undo => drop(project.undo().unwrap()),
        Act::Redo => drop(project.redo().unwrap()),
    }
}

fn human_labels(labels: &FrameLabels) -> Vec<(KeypointId, Label)> {
    let human = labels.iter().filter(|(_, _, label)| label.is_human());
    human.map(|(_, keypoint, label)| (keypoint, label.clone())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_happens_human_labels_stay_and_dots_have_one_keypoint(acts in prop::collection::vec(any_act(), 1..25)) {
        let (_folder, path) = folder_with_project();
        let mut project = Project::open(&path).unwrap();
        let recording = RecordingId(1);
        let run = project.begin_run(recording, "pose", "{}", 1).unwrap();
        for act in &acts {
            let before = project.labels(recording, 1).unwrap();
            perform(&mut project, recording, run, act);
            let after = project.labels(recording, 1).unwrap();
            if matches!(act, Act::Machine(_)) {
                prop_assert_eq!(human_labels(&before), human_labels(&after));
            }
            let doubled: i64 = project
                .connection
                .query_row("SELECT count(number) - count(DISTINCT number) FROM label WHERE frame = 1", [], |row| row.get(0))
                .unwrap();
            prop_assert_eq!(doubled, 0);
        }
    }

    #[test]
    fn what_people_did_comes_off_and_on_again_exactly(acts in prop::collection::vec(any_act(), 1..12)) {
        let (_folder, path) = folder_with_project();
        let mut project = Project::open(&path).unwrap();
        let recording = RecordingId(1);
        let run = project.begin_run(recording, "pose", "{}", 1).unwrap();
        perform(&mut project, recording, run, &Act::Machine(1));
        let start = project.labels(recording, 1).unwrap();
        for act in acts.iter().filter(|act| !matches!(act, Act::Machine(_))) {
            perform(&mut project, recording, run, act);
        }
        while project.redo().unwrap().is_some() {}
        let mut steps = 0;
        let top = project.labels(recording, 1).unwrap();
        while let Some(report) = project.undo().unwrap() {
            prop_assert_eq!(report.conflicts, []);
            steps += 1;
        }
        prop_assert_eq!(project.labels(recording, 1).unwrap(), start);
        prop_assert!(project.human_frames(recording).unwrap().is_empty());
        for _ in 0..steps {
            prop_assert_eq!(project.redo().unwrap().unwrap().conflicts, []);
        }
        prop_assert_eq!(project.labels(recording, 1).unwrap(), top);
    }
}

#[test]
fn a_full_disk_refuses_aloud_and_changes_nothing() {
    let (_folder, path) = folder_with_project();
    let mut project = Project::open(&path).unwrap();
    // The file may not grow: what a full disk answers.
    let pages: i64 = project.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    let limit = |project: &Project, most: i64| {
        project
            .connection
            .query_row(&format!("PRAGMA max_page_count = {most}"), [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    assert_eq!(limit(&project, pages), pages);
    let before: Vec<_> = (0..100).map(|frame| project.labels(RecordingId(1), frame).unwrap()).collect();
    let edits: Vec<FrameEdit> = (1..100)
        .flat_map(|frame| (0..12).map(move |keypoint| (frame, keypoint)))
        .map(|(frame, keypoint)| {
            let after = Some(Label { placement: Placement::Absent, ..human_label() });
            let edit = Edit { camera: CameraId(0), keypoint: KeypointId(keypoint), before: None, after };
            FrameEdit { recording: RecordingId(1), frame, item: ItemEdit::Label(edit) }
        })
        .collect();
    let error = project.apply_gesture(&ANN, &edits).unwrap_err();
    assert!(matches!(error, StoreError::DiskFull { .. }), "{error:?}");
    let told = error.to_string();
    assert!(told.contains("nothing was changed") && told.contains("free some space"), "{told}");
    let after: Vec<_> = (0..100).map(|frame| project.labels(RecordingId(1), frame).unwrap()).collect();
    assert_eq!(after, before);
    assert!(project.stale_frames(RecordingId(1)).unwrap() == [0], "of the gesture that was there before");
    project.check().unwrap();
    limit(&project, 1 << 30);
    project.apply_gesture(&ANN, &edits).unwrap();
    assert_eq!(project.undo_title().unwrap().as_deref(), Some("Test"));
}
