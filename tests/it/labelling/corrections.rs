//! A person looks at what a run or the seeds got wrong: checks, alternatives, and re-runs from a corrected frame.

use behaviorvlm::demo::{DemoConfig, Difficulty};
use behaviorvlm::jobs::labelling::{Act, LabelSource};
use behaviorvlm::jobs::pose::preview;
use behaviorvlm::jobs::{CancelFlag, Job, JobError};
use behaviorvlm::model::{CameraId, FrameLabels, KeypointId, Placement, RecordingId, ViewSet};
use behaviorvlm::pose::assist::{CheckKind, SeedCheck};
use behaviorvlm::store::{FrameState, FrameSummary, MachineFrame};
use tempfile::TempDir;

use super::acts::solved;
use super::{Desk, quiet};

fn all() -> ViewSet {
    (0..6).map(CameraId).collect()
}

fn checked(desk: &Desk, kind: CheckKind) -> SeedCheck {
    desk.labelling.seed_checks(&desk.project).unwrap().into_iter().find(|check| check.kind == kind).unwrap()
}

#[test]
fn seeds_are_checked_before_a_run() {
    let folder = TempDir::new().unwrap();
    // An animal whose twelve dots are all seen in two views of each frame.
    let config = DemoConfig { frames: 3, seed: 1, difficulty: Difficulty::Easy, ..DemoConfig::default() };
    let (mut desk, truths) = super::demo(folder.path(), &config);
    assert_eq!(checked(&desk, CheckKind::Frames).words, "0 of 3 frames have labels.");
    assert!(!checked(&desk, CheckKind::Residuals).is_met);
    for (frame, truth) in (0..3).zip(&truths) {
        desk.label_by_hand(frame, truth);
    }
    for check in desk.labelling.seed_checks(&desk.project).unwrap() {
        assert!(check.is_met && check.place.is_none(), "{check:?}");
    }
    let skeleton = desk.project.skeleton().clone();
    let has = |camera: &CameraId, keypoint| truths[1].contains_key(&(*camera, keypoint));
    let views = |keypoint| all().iter().filter(|camera| has(camera, keypoint)).count();
    let is_seen = |pair: &[KeypointId; 2]| pair.iter().all(|keypoint| views(*keypoint) > 3);
    let [left, right] = skeleton.pairs().into_iter().find(is_seen).unwrap();
    let [name, other] = [left, right].map(|keypoint| skeleton.name_of(keypoint).to_owned());

    // One view exchanges a pair.
    let camera = all().iter().find(|camera| has(camera, left) && has(camera, right)).unwrap();
    desk.act(&Act::SwapPair { frames: 1..2, cameras: ViewSet::EMPTY.with(camera), keypoint: left });
    let check = checked(&desk, CheckKind::Residuals);
    assert_eq!((check.is_met, check.place.map(|place| place.frame)), (false, Some(1)), "{check:?}");
    let check = checked(&desk, CheckKind::Sides);
    assert_eq!(check.words, format!("{name} and {other} look exchanged in cam{} at frame 1.", camera.0));
    desk.labelling.undo(&mut desk.project).unwrap();
    // All views do: no picture contradicts, the body does.
    desk.act(&Act::SwapPair { frames: 1..2, cameras: all(), keypoint: left });
    assert!(checked(&desk, CheckKind::Residuals).is_met);
    let check = checked(&desk, CheckKind::Sides);
    assert_eq!(check.words, format!("{name} stands right of {other} at frame 1."));
    assert_eq!(check.place.and_then(|place| place.keypoint), Some(left));
    desk.labelling.undo(&mut desk.project).unwrap();

    let tail = skeleton.find("tail_tip").unwrap();
    desk.act(&Act::ClearKeypoint { frame: 2, keypoint: tail });
    assert_eq!(checked(&desk, CheckKind::Views).words, "Fewer than two views: tail_tip at frame 2 (0).");
    assert!(checked(&desk, CheckKind::Open).words.starts_with("6 of 216 labels are open"));
    desk.act(&Act::AbsentElsewhere { frame: 2, keypoint: tail });
    assert!(checked(&desk, CheckKind::Views).is_met && checked(&desk, CheckKind::Open).is_met);
}

#[test]
fn the_best_alternative_undoes_what_was_exchanged() {
    let folder = TempDir::new().unwrap();
    let mut desk = solved(&folder, 40);
    let skeleton = desk.project.skeleton().clone();
    let frame = 20;
    let truth = desk.view(frame).labels;
    let placements = |labels: &FrameLabels| -> Vec<_> {
        labels.iter().map(|(camera, keypoint, label)| (camera, keypoint, label.placement)).collect()
    };
    let seen = |camera: &CameraId, keypoint| truth.point_in_image(*camera, keypoint).is_some();
    let [left, right] = skeleton.pairs()[0];
    let one = (0..6).map(CameraId).find(|camera| seen(camera, left) && seen(camera, right)).unwrap();
    for cameras in [ViewSet::EMPTY.with(one), all()] {
        let swap = Act::SwapPair { frames: frame..frame + 1, cameras, keypoint: left };
        desk.labelling.act(&mut desk.project, "Ann", 1, LabelSource::Human, &swap).unwrap();
        let found = desk.labelling.hypotheses(&desk.project, &desk.view(frame), right).unwrap();
        assert!((2..=5).contains(&found.len()) && found.iter().filter(|found| found.is_keep()).count() == 1);
        let best = &found[0];
        let views = if cameras == all() { "all views".to_owned() } else { format!("cam{}", one.0) };
        assert_eq!(best.words, format!("Swap ear_L and ear_R in {views}"), "{found:#?}");
        assert!(best.gain(desk.labelling.tau_at_width_px()) > 0.0);
        assert!(cameras == all() || best.cost_after < best.cost_before);
        let apply = Act::Place { frame, placements: best.placements.clone(), title: best.words.clone() };
        desk.labelling.act(&mut desk.project, "Ann", 1, LabelSource::Human, &apply).unwrap();
        assert_eq!(placements(&desk.view(frame).labels), placements(&truth));
    }
    // A label on a wrong dot: the right one is the best alternative.
    let tail = skeleton.find("tail_base").unwrap();
    let camera = (0..6).map(CameraId).find(|camera| seen(camera, tail)).unwrap();
    let right_number = truth.get(camera, tail).unwrap().placement.number().unwrap();
    desk.labelling
        .act(&mut desk.project, "Ann", 1, LabelSource::Human, &Act::Absent { frame, camera, keypoint: tail })
        .unwrap();
    let found = desk.labelling.hypotheses(&desk.project, &desk.view(frame), tail).unwrap();
    assert_eq!(found[0].words, format!("Dot {} of cam{} is tail_base", right_number.0, camera.0), "{found:#?}");
    let all_right = desk.labelling.hypotheses(&desk.project, &desk.view(30), left).unwrap();
    assert!(all_right[0].is_keep(), "{all_right:#?}");
}

/// Two people's views outweigh four of a machine: the others are proposed at once.
#[test]
fn after_two_corrected_views_the_others_are_proposed() {
    let folder = TempDir::new().unwrap();
    let mut desk = solved(&folder, 30);
    let frame = 20;
    let truth = desk.view(frame).labels;
    let [left, right] = desk.project.skeleton().pairs()[0];
    exchange(&mut desk, frame..frame + 1, [left, right]);
    let seen = |camera: &CameraId| truth.point_in_image(*camera, left).is_some();
    let two: Vec<CameraId> = (0..6).map(CameraId).filter(seen).take(2).collect();
    assert!(desk.labelling.frame_proposals(&desk.view(frame)).is_empty());
    // One of the two is enough to propose its dots, which the machine gave to the other.
    for keypoint in [left, right] {
        for camera in &two {
            let placement = truth.get(*camera, keypoint).map(|label| label.placement);
            let act = Act::Place { frame, placements: vec![(*camera, keypoint, placement)], title: "Fix".into() };
            desk.labelling.act(&mut desk.project, "Ann", 1, LabelSource::Human, &act).unwrap();
        }
        let view = desk.view(frame);
        assert_eq!(view.state, FrameState::Fixed);
        let proposals = desk.labelling.frame_proposals(&view);
        let seen = proposals.iter().filter(|found| found.keypoint == keypoint && found.placement.number().is_some());
        assert!(seen.count() >= 2, "{proposals:?}");
        for proposal in &proposals {
            let wanted = truth.get(proposal.camera, proposal.keypoint).unwrap().placement;
            assert_eq!(proposal.with_faint_dot().placement, wanted, "{proposal:?}");
        }
    }
}

/// A machine that exchanges two keypoints in all views of some frames.
fn exchange(desk: &mut Desk, frames: std::ops::Range<u32>, [a, b]: [KeypointId; 2]) {
    let info = desk.labelling.info().clone();
    let run = desk.project.begin_run(info.id, "test", "{}", 1).unwrap();
    for frame in frames {
        let view = desk.view(frame);
        let mut labels = FrameLabels::empty(6, view.labels.keypoint_count());
        for (camera, keypoint, label) in view.labels.iter() {
            let other = if keypoint == a { b } else { a };
            let to = if [a, b].contains(&keypoint) { other } else { keypoint };
            labels.place(camera, to, label.clone());
        }
        let mut pose = view.pose.clone();
        pose.points.swap(a.index(), b.index());
        let summary = FrameSummary { score: Some(0.9), side: Some(1.0), ..view.summary.unwrap() };
        let found = MachineFrame { labels: &labels, pose: &pose, changes: &[], summary: &summary, checkpoints: &[] };
        desk.project.put_machine_frame(info.id, frame, run, &found).unwrap();
    }
}

fn placed(desk: &Desk, frames: std::ops::Range<u32>) -> Vec<(CameraId, KeypointId, Placement)> {
    let labels = frames.map(|frame| desk.view(frame).labels);
    labels.flat_map(|labels| labels.iter().map(|(a, b, label)| (a, b, label.placement)).collect::<Vec<_>>()).collect()
}

#[test]
fn a_re_run_from_a_corrected_frame_is_seen_before_it_is_taken() {
    let folder = TempDir::new().unwrap();
    let mut desk = solved(&folder, 120);
    let [left, right] = desk.project.skeleton().pairs()[2];
    let truth = placed(&desk, 0..120);
    let right_labels = desk.view(60).labels;
    exchange(&mut desk, 50..80, [left, right]);
    let wrong = placed(&desk, 0..120);
    let act = Act::SwapPair { frames: 60..61, cameras: all(), keypoint: left };
    desk.labelling.act(&mut desk.project, "Ann", 1, LabelSource::Human, &act).unwrap();
    assert_eq!(placed(&desk, 60..61).len(), 72);

    let worker = desk.project.another().unwrap();
    let found = quiet(|job| preview::preview(job, &worker, None, 60)).unwrap();
    let changed: Vec<u32> = found.changed.iter().map(|change| change.frame).collect();
    let expected: Vec<u32> = (50..80).filter(|frame| *frame != 60).collect();
    assert!(expected.iter().all(|frame| changed.contains(frame)), "{changed:?}");
    assert!(changed.len() <= expected.len() + 2, "{changed:?}");
    assert_eq!(placed(&desk, 0..60), wrong[..60 * 72], "nothing is written yet");

    // A person goes on labelling meanwhile; those frames are theirs.
    desk.labelling
        .act(&mut desk.project, "Ann", 1, LabelSource::Human, &Act::SetState { frame: 70, state: FrameState::Accepted })
        .unwrap();
    let mut writer = worker;
    let before = placed(&desk, 0..120);
    let taken = preview::take(&mut writer, &found, "Ann").unwrap();
    assert_eq!((taken.frames, taken.left), (changed.len() - 1, 1));
    // It is a step of the person who took it, like any other.
    let all_after = placed(&desk, 0..120);
    let undone = desk.labelling.undo(&mut desk.project).unwrap().unwrap();
    assert_eq!(undone.title, format!("Take {} frames of the re-run from frame 60", taken.frames));
    assert_eq!(undone.frames.len(), taken.frames);
    assert!(undone.conflicts.is_empty() && undone.note.is_some(), "{undone:?}");
    assert_eq!(placed(&desk, 0..120), before);
    assert!(desk.project.stale_frames(RecordingId(1)).unwrap().is_empty());
    desk.labelling.redo(&mut desk.project).unwrap().unwrap();
    assert_eq!(placed(&desk, 0..120), all_after);
    assert_eq!(placed(&desk, 70..71), wrong[70 * 72..71 * 72]);
    let after = placed(&desk, 0..120);
    let differing = after.iter().zip(&truth).filter(|(after, truth)| after != truth).count();
    assert!(differing <= 8 + 12, "{differing} labels differ from before the exchange, those of frame 70 among them");
    let placements = |labels: &FrameLabels| -> Vec<_> { labels.iter().map(|(_, _, label)| label.placement).collect() };
    assert_eq!(placements(&desk.view(60).labels), placements(&right_labels));
}

#[test]
fn a_re_run_stops_when_it_is_asked_to_and_where_nothing_changes() {
    let folder = TempDir::new().unwrap();
    let mut desk = solved(&folder, 240);
    let act = Act::SetState { frame: 12, state: FrameState::Accepted };
    desk.labelling.act(&mut desk.project, "Ann", 1, LabelSource::Human, &act).unwrap();
    let found = quiet(|job| preview::preview(job, &desk.project, None, 20)).unwrap();
    assert_eq!(found.frames.start, 13, "an accepted frame is a person's");
    assert!(found.label_count() <= 2 && found.frames.end < 100, "{:?}", found.frames);
    let cancel = CancelFlag::default();
    cancel.cancel();
    let stopped = preview::preview(&Job::new(&cancel, &|_| ()), &desk.project, None, 20);
    assert!(matches!(stopped, Err(JobError::Stopped)));
}
