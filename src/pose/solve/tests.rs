//! Whole frames through the assigner and stage 4, on an easy simulated recording.

use super::*;
use crate::demo::Scene;
use crate::model::{CameraId, CentroidNumber, KeypointId, Placement};
use crate::pose::evaluation::{Evaluation, JudgedFrame};
use crate::pose::fixtures::{by_number, centroid, exact, label, on, recording, scene};

fn solver(scene: &Scene, seeds: &[FrameInput], solver: Solver) -> PoseSolver {
    let config = PoseConfig { solver, ..PoseConfig::default() };
    PoseSolver::new(scene.rig.clone(), scene.skeleton.clone(), config, seeds).unwrap()
}

/// Solves all frames after the seeds at once.
fn solve(scene: &Scene, inputs: &[FrameInput], stage4: Solver) -> Vec<SolvedFrame> {
    let pose = solver(scene, &inputs[..3], stage4);
    let mut track = pose.track(&inputs[..3], &inputs[..3].iter().collect::<Vec<_>>()).unwrap();
    pose.solve(&mut track, &inputs[3..], inputs.len() - 3, Stamp::default())
}

/// The share of labels that are far from where their keypoint is, percent.
fn identity_error_pct(scene: &Scene, solved: &[SolvedFrame]) -> Option<f64> {
    let mut evaluation = Evaluation::new(&scene.rig, &scene.skeleton, 3.0, 1.0);
    for SolvedFrame { frame, labels, pose, .. } in solved {
        let truth = scene.points(*frame).map(Some);
        evaluation.add(&JudgedFrame { frame: *frame, truth: &truth, labels, pose, centroids: None });
    }
    evaluation.overall().identity_error_pct
}

fn points(solved: &[SolvedFrame]) -> usize {
    solved.iter().flat_map(|frame| &frame.pose.points).flatten().count()
}

#[test]
fn an_easy_recording_is_solved_alike_twice_and_from_a_checkpoint() {
    let scene = scene(6);
    let (inputs, _) = recording(&scene, 18);
    let solved = solve(&scene, &inputs, Solver::Joint);
    assert_eq!((solved.len(), identity_error_pct(&scene, &solved)), (15, Some(0.0)));
    assert!(points(&solved) >= 15 * 9, "{} points", points(&solved));

    let pose = solver(&scene, &inputs[..3], Solver::Joint);
    let prelude: Vec<&FrameInput> = inputs[..3].iter().collect();
    let chunk = |track: &mut Track, from: usize| pose.solve(track, &inputs[from..from + 8], 5, Stamp::default());
    let mut straight = pose.track(&inputs[..3], &prelude).unwrap();
    let first = chunk(&mut straight, 3);
    let stored = serde_json::to_string(&straight).unwrap();
    let mut resumed: Track = serde_json::from_str(&stored).unwrap();
    assert_eq!(resumed, straight);
    assert_eq!(chunk(&mut resumed, 8), chunk(&mut straight, 8));
    assert_eq!(resumed, straight);
    let mut again = pose.track(&inputs[..3], &prelude).unwrap();
    assert_eq!(chunk(&mut again, 3), first);
}

#[test]
fn two_cameras_and_eight_do() {
    let eight = scene(8);
    let (inputs, _) = recording(&eight, 7);
    let solved = solve(&eight, &inputs, Solver::Joint);
    assert_eq!(identity_error_pct(&eight, &solved), Some(0.0));
    assert!(points(&solved) >= 4 * 9);

    let mut two = scene(4);
    two.rig = Rig::new(two.rig.cameras[..2].to_vec()).unwrap();
    let truth = two.points(5);
    let dots = exact(&two, &truth);
    let seed = by_number(&dots, 12, Source::Seed);
    let frame = |frame| resting(frame, &dots, &seed);
    let inputs: Vec<FrameInput> = (0..5).map(frame).collect();
    let solved = solve(&two, &inputs, Solver::Joint);
    for (place, truth) in solved[1].pose.points.iter().zip(truth) {
        assert!((place.unwrap().position_in_world - truth).norm() < 1e-3);
    }
    let one = Rig::new(two.rig.cameras[..1].to_vec()).unwrap();
    let refused = PoseSolver::new(one, two.skeleton.clone(), PoseConfig::default(), &[]);
    assert_eq!(refused.err(), Some(PoseError::TooFewCameras { count: 1 }));
}

#[test]
fn nothing_seen_is_all_missing() {
    let scene = scene(4);
    let (mut inputs, _) = recording(&scene, 5);
    inputs[3].centroids = vec![Vec::new(); 4];
    inputs[4].centroids = Vec::new();
    for frame in solve(&scene, &inputs, Solver::Joint) {
        assert_eq!(frame.pose, FramePose::missing(12));
        assert!(frame.labels.iter().all(|(_, _, label)| label.placement == Placement::Absent));
    }
    let pose = solver(&scene, &[], Solver::Joint);
    assert_eq!(pose.track(&[], &[]).err(), Some(PoseError::NoSeeds));
}

#[test]
fn a_persons_labels_stay_and_pull_the_solution() {
    let scene = scene(6);
    let (mut inputs, _) = recording(&scene, 4);
    // A dot that exact projections make in mid-air, 15 mm above the left ear, is the ear if a person says so in two views.
    let above = scene.points(3)[0] + nalgebra::Vector3::new(0.0, 0.0, 15.0);
    let mut human = FrameLabels::empty(6, 12);
    for camera in 0..6u8 {
        let dot = centroid(90, scene.rig.camera(CameraId(camera)).project(above).unwrap());
        inputs[3].centroids[usize::from(camera)].push(dot);
        if camera < 2 {
            human.place(CameraId(camera), KeypointId(0), on(&dot, Source::Human));
        }
    }
    human.place(CameraId(5), KeypointId(4), label(Placement::Absent, Source::Human));
    inputs[3].human = Some(human.clone());
    let solved = &solve(&scene, &inputs, Solver::Joint)[0];
    for (camera, keypoint, label) in human.iter() {
        assert_eq!(solved.labels.get(camera, keypoint), Some(label));
    }
    assert!((solved.pose.position(KeypointId(0)).unwrap() - above).norm() < 0.1);
    assert_eq!(solved.labels.get(CameraId(4), KeypointId(0)).unwrap().placement.number(), Some(CentroidNumber(90)));
}

#[test]
fn a_dot_that_a_person_named_in_one_view_alone_goes_to_nobody_else() {
    let scene = scene(6);
    let (mut inputs, truths) = recording(&scene, 4);
    let (camera, back_middle, tail_tip) = (CameraId(2), KeypointId(3), KeypointId(11));
    let mut named = truths[3].get(camera, back_middle).unwrap().clone();
    named.provenance.source = Source::Human;
    let mut human = FrameLabels::empty(6, 12);
    human.place(camera, tail_tip, named.clone());
    inputs[3].human = Some(human);
    let solved = &solve(&scene, &inputs, Solver::Joint)[0];
    assert_eq!(solved.labels.get(camera, tail_tip), Some(&named));
    assert_eq!(solved.labels.holder_of(camera, named.placement.number().unwrap()), Some(tail_tip));
    assert!(solved.pose.position(back_middle).is_some());
}

/// A frame of an animal that rests; the first three are seeds.
fn resting(frame: u32, dots: &[Vec<Centroid>], seed: &FrameLabels) -> FrameInput {
    let human = (frame < 3).then(|| seed.clone());
    FrameInput { frame, centroids: dots.to_vec(), human, ..FrameInput::default() }
}

/// A frame of exact dots whose labels for keypoint 0 in camera 2 are on keypoint 6's dot, number 7; its own is taken from
/// nobody.
fn one_wrong_view(scene: &Scene, source: Source) -> (Vec<FrameInput>, FrameLabels) {
    let dots = exact(scene, &scene.points(5));
    let seed = by_number(&dots, 12, Source::Seed);
    let mut proposal = by_number(&dots, 12, Source::Imported);
    proposal.place(CameraId(2), KeypointId(0), on(&dots[2][6], source));
    let frame = |frame| resting(frame, &dots, &seed);
    let mut inputs: Vec<FrameInput> = (0..4).map(frame).collect();
    inputs[3].proposal = Some(proposal.clone());
    (inputs, proposal)
}

#[test]
fn consensus_mends_one_wrong_view_and_says_so() {
    let scene = scene(6);
    let (inputs, _) = one_wrong_view(&scene, Source::Imported);
    let solved = &solve(&scene, &inputs, Solver::Consensus)[0];
    let mended = solved.labels.get(CameraId(2), KeypointId(0)).unwrap();
    assert_eq!((mended.placement.number(), mended.source()), (Some(CentroidNumber(1)), Source::Stage4));
    let told: Vec<String> = solved.changes.iter().map(|change| change.describe(&scene.skeleton, "cam2")).collect();
    let ear = told.iter().find(|told| told.starts_with("ear_L in cam2: 7 → 1, ")).unwrap();
    assert!(ear.ends_with(" → 0.0 px"), "{ear}");
    // The dot's rightful owner had lost the dot: "none" beside a fitting dot costs 0.8 τ², the dot nothing.
    assert!(told.iter().any(|told| told == "forepaw_R in cam2: none → 7, – → 0.0 px"), "{told:?}");
    assert_eq!(told.len(), 2);
}

#[test]
fn consensus_never_touches_a_persons_label() {
    let scene = scene(6);
    let (mut inputs, proposal) = one_wrong_view(&scene, Source::Human);
    let mut human = FrameLabels::empty(6, 12);
    let wrong = proposal.get(CameraId(2), KeypointId(0)).unwrap().clone();
    human.place(CameraId(2), KeypointId(0), wrong.clone());
    inputs[3].human = Some(human);
    let solved = &solve(&scene, &inputs, Solver::Consensus)[0];
    assert_eq!(solved.labels.get(CameraId(2), KeypointId(0)), Some(&wrong));
    assert!(solved.changes.iter().all(|change| (change.camera, change.keypoint) != (CameraId(2), KeypointId(0))));
}

#[test]
fn dlt_takes_all_views_and_ransac_those_that_agree() {
    let scene = scene(6);
    let (inputs, _) = one_wrong_view(&scene, Source::Imported);
    let truth = scene.points(5)[0];
    let of = |stage4| solve(&scene, &inputs, stage4)[0].clone();
    let (dlt, ransac) = (of(Solver::Dlt), of(Solver::Ransac));
    let error = |frame: &SolvedFrame| (frame.pose.position(KeypointId(0)).unwrap() - truth).norm();
    assert!(error(&dlt) > 1.0 && error(&ransac) < 1e-3);
    assert_eq!([&dlt, &ransac].map(|frame| frame.pose.points[0].unwrap().views), [6, 5]);
    assert!(dlt.changes.is_empty() && ransac.changes.is_empty());
}

#[test]
fn none_gives_way_only_to_a_dot_that_fits() {
    let scene = scene(6);
    let tau_px = 3.0;
    let none_at = |offset_px: f64| {
        let mut dots = exact(&scene, &scene.points(5)[..1]);
        dots[2][0].point_in_image.x += offset_px;
        let evidence = FrameEvidence::new(&scene.rig, &dots, 1, None);
        let mut labels = by_number(&dots, 1, Source::Imported);
        labels.take(CameraId(2), KeypointId(0));
        let start = stage4::assignment_of(&evidence, &labels);
        stage4::consensus::solve(&scene.rig, &evidence, &start, tau_px).0[0][2] == NO_DOT
    };
    assert!(!none_at(0.85 * tau_px), "0.72 τ² is less than 0.8 τ²");
    assert!(none_at(0.93 * tau_px), "0.86 τ² is more");
}
