//! What a person does to labels, what follows from it, and that undo brings everything back.

use behaviorvlm::demo::DemoConfig;
use behaviorvlm::jobs::labelling::{Act, LabelSource};
use behaviorvlm::jobs::{JobError, demo};
use behaviorvlm::model::{CameraId, CentroidNumber, FrameLabels, KeypointId, Placement, Point2, Source, ViewSet};
use behaviorvlm::store::{FrameState, Project, StoreError};
use tempfile::TempDir;

use super::{Desk, Truth, quiet};

fn easy(folder: &TempDir) -> (Desk, Vec<Truth>) {
    super::demo(folder.path(), &DemoConfig { frames: 3, ..DemoConfig::default() })
}

/// A demo that a run has solved.
pub fn solved(folder: &TempDir, frames: u32) -> Desk {
    let config = DemoConfig { frames, ..DemoConfig::default() };
    quiet(|job| demo::run(job, folder.path(), &config, false)).unwrap();
    Desk::open(&folder.path().join("demo.bvlm"))
}

fn dot(desk: &Desk, frame: u32, camera: CameraId, keypoint: KeypointId) -> Option<CentroidNumber> {
    desk.view(frame).labels.get(camera, keypoint).and_then(|label| label.placement.number())
}

#[test]
fn a_dot_has_one_keypoint_and_taking_it_is_one_gesture() {
    let folder = TempDir::new().unwrap();
    let (mut desk, _) = easy(&folder);
    let (camera, number) = (CameraId(2), CentroidNumber(3));
    let skeleton = desk.project.skeleton().clone();
    let (ear, paw) = (skeleton.find("ear_L").unwrap(), skeleton.find("hindpaw_L").unwrap());
    desk.act(&Act::Assign { frame: 0, camera, keypoint: paw, number });
    let before = desk.view(0);
    let done = desk.act(&Act::Assign { frame: 0, camera, keypoint: ear, number });
    assert_eq!((done.title.as_str(), done.frames.as_slice()), ("Label ear_L in cam2", &[0][..]));
    assert_eq!(done.note.as_deref(), Some("Dot 3 was taken from hindpaw_L."));
    assert_eq!(done.place, Some((camera, ear)));
    let after = desk.view(0);
    assert_eq!((dot(&desk, 0, camera, ear), dot(&desk, 0, camera, paw)), (Some(number), None));
    assert!(after.is_seed && after.state == FrameState::Todo, "a seed is no correction");

    let again = desk.act(&Act::Assign { frame: 0, camera, keypoint: ear, number });
    assert_eq!(again.changed, 0);
    assert_eq!(desk.project.undo_title().unwrap().as_deref(), Some("Label ear_L in cam2"));
    let undone = desk.labelling.undo(&mut desk.project).unwrap().unwrap();
    assert_eq!((undone.frames, undone.place), (vec![0], Some((camera, paw))));
    assert_eq!(desk.view(0), before);
    assert_eq!(desk.project.redo_title().unwrap().as_deref(), Some("Label ear_L in cam2"));
    let redone = desk.labelling.redo(&mut desk.project).unwrap().unwrap();
    assert_eq!((redone.place, redone.conflicts.len()), (Some((camera, ear)), 0));
    assert_eq!(desk.view(0), after);
    assert_eq!(desk.project.redo_title().unwrap(), None);
}

#[test]
fn points_and_residuals_follow_at_once() {
    let folder = TempDir::new().unwrap();
    let (mut desk, truths) = easy(&folder);
    let keypoint = desk.project.skeleton().find("back_middle").unwrap();
    let seen: Vec<CameraId> = truths[0].keys().filter(|(_, of)| *of == keypoint).map(|(camera, _)| *camera).collect();
    let mut views = Vec::new();
    for camera in seen.iter().take(3) {
        let number = truths[0][&(*camera, keypoint)];
        desk.act(&Act::Assign { frame: 0, camera: *camera, keypoint, number });
        views.push(desk.view(0).pose.points[keypoint.index()].map(|point| (point.views, point.source)));
    }
    assert_eq!(views, [None, Some((2, Source::Seed)), Some((3, Source::Seed))]);
    let view = desk.view(0);
    assert!(view.residuals_px.worst_of(keypoint).unwrap() < 3.0);
    // A label that is off shows by how much, and does not drag the point along.
    let by_px = [12.0, 0.0];
    let nudged = desk.act(&Act::Nudge { frame: 0, camera: seen[0], keypoint, by_px });
    assert!(nudged.note.unwrap().starts_with("back_middle left dot "));
    let label = desk.view(0).labels.get(seen[0], keypoint).cloned().unwrap();
    assert!(matches!(label.placement, Placement::Free { .. }));
    let off_px = desk.view(0).residuals_px.get(seen[0], keypoint).unwrap();
    assert!((8.0..16.0).contains(&off_px), "{off_px}");
    desk.labelling.undo(&mut desk.project).unwrap();
    assert_eq!(desk.view(0), view);
    desk.act(&Act::ClearKeypoint { frame: 0, keypoint });
    assert_eq!(desk.view(0).pose.points[keypoint.index()], None);
}

#[test]
fn every_act_is_taken_back_whole() {
    let folder = TempDir::new().unwrap();
    let mut desk = solved(&folder, 30);
    let skeleton = desk.project.skeleton().clone();
    let [left, right] = skeleton.pairs()[1];
    let (frame, camera) = (20, CameraId(1));
    let start = desk.view(frame);
    let held = start.labels.iter().find(|(at, _, label)| *at == camera && label.placement.number().is_some());
    let (holder, number) = held.map(|(_, keypoint, label)| (keypoint, label.placement.number().unwrap())).unwrap();
    let point_in_image = Point2::new(300.0, 200.0);
    let all: ViewSet = (0..6).map(CameraId).collect();
    let other = skeleton.ids().find(|keypoint| *keypoint != holder).unwrap();
    let acts = [
        Act::Assign { frame, camera, keypoint: other, number },
        Act::Free { frame, camera, keypoint: left, point_in_image },
        Act::Absent { frame, camera, keypoint: holder },
        Act::Clear { frame, camera, keypoint: holder },
        Act::ClearKeypoint { frame, keypoint: left },
        Act::Nudge { frame, camera, keypoint: holder, by_px: [0.0, -1.0] },
        Act::SwapPair { frames: frame..frame + 1, cameras: all, keypoint: right },
        Act::SwapPair { frames: 10..25, cameras: ViewSet::EMPTY.with(camera), keypoint: left },
        Act::SwapKeypoints { frame, camera, a: holder, b: other },
        Act::Place {
            frame,
            placements: vec![(camera, holder, None), (camera, other, Some(Placement::Absent))],
            title: "Two".into(),
        },
        Act::AddCentroid { frame, camera, point_in_image },
        Act::DeleteCentroid { frame, camera, number },
        Act::SetState { frame, state: FrameState::Accepted },
    ];
    for act in acts {
        let done = desk.labelling.act(&mut desk.project, "Ann", 1, LabelSource::Human, &act).unwrap();
        assert!(done.changed > 0 && !done.title.is_empty(), "{act:?}");
        let after = desk.view(frame);
        assert_ne!(after, start, "{act:?}");
        assert!(desk.project.stale_frames(start.recording).unwrap().is_empty(), "{act:?}");
        let undone = desk.labelling.undo(&mut desk.project).unwrap().unwrap();
        assert_eq!((undone.title, undone.conflicts.len()), (done.title, 0), "{act:?}");
        let back = desk.view(frame);
        assert_eq!((&back.labels, &back.views, back.state), (&start.labels, &start.views, start.state), "{act:?}");
        let (was, is) = (start.summary.as_ref().unwrap(), back.summary.as_ref().unwrap());
        for (was, is) in
            [(was.score, is.score), (was.bones, is.bones), (was.side, is.side), (was.two_views, is.two_views)]
        {
            assert!((was.unwrap() - is.unwrap()).abs() < 1e-3, "{act:?}: {was:?} {is:?}");
        }
        for (was, is) in start.pose.points.iter().zip(&back.pose.points) {
            let apart_mm = was.zip(*is).map(|(was, is)| (was.position_in_world - is.position_in_world).norm());
            assert!(was.is_some() == is.is_some() && apart_mm.is_none_or(|mm| mm < 0.05), "{act:?}: {apart_mm:?}");
        }
        desk.labelling.redo(&mut desk.project).unwrap();
        assert_eq!(desk.view(frame).labels, after.labels);
        desk.labelling.undo(&mut desk.project).unwrap();
    }
}

#[test]
fn swaps_reach_over_frames_and_keep_seeds() {
    let folder = TempDir::new().unwrap();
    let mut desk = solved(&folder, 40);
    let skeleton = desk.project.skeleton().clone();
    let [left, right] = skeleton.pairs()[2];
    let all: ViewSet = (0..6).map(CameraId).collect();
    let before: Vec<FrameLabels> = (0..40).map(|frame| desk.view(frame).labels).collect();
    let act = Act::SwapPair { frames: 0..30, cameras: all, keypoint: right };
    let done = desk.labelling.act(&mut desk.project, "Ann", 1, LabelSource::Human, &act).unwrap();
    assert_eq!(done.title, "Swap hindpaw_L and hindpaw_R in all views, frames 0 to 29");
    assert_eq!((done.frames.first(), done.frames.len()), (Some(&0), 30));
    let info = desk.project.only_recording().unwrap();
    assert_eq!(desk.project.seed_frames(info.id).unwrap(), [0, 1, 2]);
    for (frame, before) in (0..40).zip(&before) {
        let after = desk.view(frame).labels;
        let placement =
            |labels: &FrameLabels, camera, keypoint| labels.get(camera, keypoint).map(|label| label.placement);
        for camera in all.iter() {
            let (was, is) = (placement(before, camera, left), placement(&after, camera, right));
            assert_eq!(was == is, frame < 30 || was == placement(before, camera, right), "{frame}");
        }
    }
    desk.labelling.undo(&mut desk.project).unwrap();
    let back: Vec<FrameLabels> = (0..40).map(|frame| desk.view(frame).labels).collect();
    assert_eq!(back, before);
    let side = |desk: &Desk| desk.view(10).summary.unwrap().side.unwrap();
    let act = Act::SwapPair { frames: 5..30, cameras: all, keypoint: right };
    desk.labelling.act(&mut desk.project, "Ann", 1, LabelSource::Human, &act).unwrap();
    assert!(side(&desk) >= 1.0, "the wrong sides are seen at once");
    desk.labelling.undo(&mut desk.project).unwrap();
    assert_eq!(side(&desk), 0.0);
}

#[test]
fn what_is_not_there_is_named_and_changes_nothing() {
    let folder = TempDir::new().unwrap();
    let (mut desk, _) = easy(&folder);
    let (camera, keypoint) = (CameraId(1), KeypointId(0));
    let mut refused = |act: Act| {
        let error = desk.labelling.act(&mut desk.project, "Ann", 1, LabelSource::Seed, &act).unwrap_err();
        assert_eq!(desk.project.undo_title().unwrap(), None);
        error.to_string()
    };
    let number = CentroidNumber(99);
    let message = refused(Act::Assign { frame: 1, camera, keypoint, number });
    assert!(message.starts_with("cam1 has no dot 99 at frame 1; it has "), "{message}");
    assert!(refused(Act::Absent { frame: 3, camera, keypoint }).contains("frame 3 is outside"));
    assert!(refused(Act::Absent { frame: 1, camera: CameraId(6), keypoint }).contains("camera 6 is outside"));
    assert!(refused(Act::Absent { frame: 1, camera, keypoint: KeypointId(12) }).contains("keypoint 12 is outside"));
    let point_in_image = Point2::new(f64::NAN, 3.0);
    assert!(refused(Act::Free { frame: 1, camera, keypoint, point_in_image }).contains("not a finite number"));
    let act = Act::Absent { frame: 1, camera, keypoint };
    let unnamed = desk.labelling.act(&mut desk.project, " ", 1, LabelSource::Seed, &act).unwrap_err();
    assert!(matches!(unnamed, JobError::Store(StoreError::MissingAnnotator)));
    let tail = desk.project.skeleton().find("tail_tip").unwrap();
    let swap = Act::SwapPair { frames: 0..1, cameras: ViewSet::EMPTY.with(camera), keypoint: tail };
    let nothing = desk.act(&swap);
    assert_eq!((nothing.changed, nothing.note.as_deref()), (0, Some("tail_tip has no mirror to swap with.")));
}

#[test]
fn what_a_kill_left_undone_is_caught_up_with() {
    let folder = TempDir::new().unwrap();
    let (mut desk, truths) = easy(&folder);
    desk.click_two_views(0, &truths[0]);
    let wanted = desk.view(0);
    let id = desk.labelling.info().id;
    // As a program leaves it that dies between a gesture and what follows.
    desk.project.clear_machine_frames(id, 0..3).unwrap();
    assert_eq!(desk.project.stale_frames(id).unwrap(), [0]);
    assert_ne!(desk.view(0), wanted);
    assert_eq!(desk.labelling.catch_up(&mut desk.project).unwrap(), 1);
    assert_eq!(desk.view(0), wanted);
    assert_eq!(desk.labelling.catch_up(&mut desk.project).unwrap(), 0);
}

#[test]
fn two_connections_of_one_program_write_and_others_stay_out() {
    let folder = TempDir::new().unwrap();
    let (mut desk, truths) = easy(&folder);
    let mut other = desk.project.another().unwrap();
    assert!(!other.is_read_only());
    let id = desk.labelling.info().id;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for at in 0..40 {
                let run = other.begin_run(id, "pose", "{}", at).unwrap();
                other.finish_run(run, at).unwrap();
            }
        });
        desk.click_two_views(0, &truths[0]);
    });
    assert_eq!(other.labels(id, 0).unwrap(), desk.view(0).labels);
    let path = desk.project.path().to_owned();
    drop(desk);
    let still = Project::open(&path).unwrap_err();
    assert!(matches!(still, StoreError::Locked { .. }), "{still}");
    let reader = Project::open_read_only(&path).unwrap();
    assert!(reader.another().unwrap().is_read_only());
    drop(other);
    Project::open(&path).unwrap();
}
