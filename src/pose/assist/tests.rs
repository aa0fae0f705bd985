//! Exact dots of the demo's animal, labelled in part: what is proposed, asked for next, and held against a label.

use super::*;
use crate::demo::Scene;
use crate::geometry::Rig;
use crate::model::{CameraId, Centroid, CentroidNumber, FrameLabels, KeypointId, Placement, Point3, Source};
use crate::pose::fixtures::{by_number, exact, label, on, scene};
use crate::pose::solve::FrameInput;

const TAU_PX: f64 = 3.0;
const A: KeypointId = KeypointId(0);
const B: KeypointId = KeypointId(1);

fn frame<'a>(rig: &'a Rig, centroids: &'a [Vec<Centroid>], labels: &'a FrameLabels) -> LabelledFrame<'a> {
    LabelledFrame { rig, centroids, labels, tau_px: TAU_PX }
}

fn cam(index: usize) -> CameraId {
    CameraId(index as u8)
}

/// A six-view rig, its dots and no label.
fn unlabelled(points: &[Point3]) -> (Scene, Vec<Vec<Centroid>>, FrameLabels) {
    let scene = scene(6);
    let dots = exact(&scene, points);
    let labels = FrameLabels::empty(6, scene.skeleton.len());
    (scene, dots, labels)
}

/// Gives a keypoint the dot with its number in some views.
fn give(labels: &mut FrameLabels, dots: &[Vec<Centroid>], keypoint: KeypointId, views: &[usize], source: Source) {
    for view in views {
        let dot = dots[*view].iter().find(|dot| dot.number.0 == u16::from(keypoint.0) + 1).unwrap();
        labels.place(cam(*view), keypoint, on(dot, source));
    }
}

fn found(proposals: &[Proposal], camera: usize, keypoint: KeypointId) -> Proposal {
    *proposals.iter().find(|found| found.camera == cam(camera) && found.keypoint == keypoint).unwrap()
}

#[test]
fn one_dot_is_proposed_to_one_keypoint() {
    let (scene, _, mut labels) = unlabelled(&[]);
    // Two places on one ray of view 5: one dot is all that it sees of them.
    let near = Point3::new(0.0, 0.0, 15.0);
    let ray = scene.rig.cameras[5].ray(scene.rig.cameras[5].project(near).unwrap()).unwrap();
    let mut dots = exact(&scene, &[near, near + ray.direction * 25.0]);
    dots[5].retain(|dot| dot.number.0 == 1);
    give(&mut labels, &dots, A, &[0, 1], Source::Seed);
    give(&mut labels, &dots, B, &[0, 2], Source::Seed);
    let proposals = frame_proposals(&frame(&scene.rig, &dots, &labels));
    assert_eq!(proposals.len(), 8);
    let [a, b] = [A, B].map(|keypoint| found(&proposals, 5, keypoint));
    let dotted = [a, b].iter().filter(|found| found.placement.number() == Some(CentroidNumber(1))).count();
    let absent = [a, b].iter().filter(|found| found.reason == ProposalReason::NoDot).count();
    assert_eq!((dotted, absent), (1, 1), "{a:?} {b:?}");
    let third = found(&proposals, 3, B);
    assert_eq!((third.placement.number(), third.reason), (Some(CentroidNumber(2)), ProposalReason::Fits));
    assert!(third.distance_px.unwrap() < 1e-6);
    // A dot that somebody holds is proposed to nobody.
    give(&mut labels, &dots, A, &[5], Source::Seed);
    let proposals = frame_proposals(&frame(&scene.rig, &dots, &labels));
    assert_eq!(found(&proposals, 5, B).placement, Placement::Absent);
}

#[test]
fn what_a_view_does_not_show_is_proposed_as_not_visible() {
    let (scene, mut dots, mut labels) = unlabelled(&scene(6).points(0));
    dots[4].retain(|dot| dot.number.0 != 1);
    give(&mut labels, &dots, A, &[0, 2], Source::Seed);
    let proposals = frame_proposals(&frame(&scene.rig, &dots, &labels));
    assert_eq!(found(&proposals, 4, A).reason, ProposalReason::NoDot);

    let far = Point3::new(0.0, 0.0, 400.0);
    let seen: Vec<usize> = (0..6).filter(|view| scene.rig.cameras[*view].project(far).is_some()).collect();
    let dots = exact(&scene, &[far]);
    let mut labels = FrameLabels::empty(6, 12);
    give(&mut labels, &dots, A, &seen[..2], Source::Seed);
    let proposals = frame_proposals(&frame(&scene.rig, &vec![Vec::new(); 6], &labels));
    assert!(proposals.iter().all(|found| found.reason == ProposalReason::OutsidePicture), "{proposals:?}");
}

#[test]
fn a_faint_dot_is_named_and_not_proposed() {
    let (scene, mut dots, mut labels) = unlabelled(&scene(6).points(0));
    for keypoint in scene.skeleton.ids() {
        give(&mut labels, &dots, keypoint, &[0, 2], Source::Seed);
    }
    let faint = dots[3].iter_mut().find(|dot| dot.number.0 == 1).unwrap();
    faint.snr *= 0.3;
    let point_in_image = faint.point_in_image;
    let proposals = frame_proposals(&frame(&scene.rig, &dots, &labels));
    let proposal = found(&proposals, 3, A);
    let number = CentroidNumber(1);
    assert_eq!(proposal.reason, ProposalReason::OnlyFaint { number, point_in_image });
    assert_eq!(proposal.placement, Placement::Absent);
    assert_eq!(proposal.with_faint_dot().placement, Placement::Centroid { number, point_in_image });
    assert_eq!(proposals.iter().filter(|found| found.placement == Placement::Absent).count(), 1);
}

#[test]
fn two_people_outweigh_four_machines() {
    let (scene, dots, mut labels) = unlabelled(&scene(6).points(0));
    give(&mut labels, &dots, A, &[0, 2], Source::Human);
    for view in [1, 3, 4, 5] {
        let wrong = dots[view].iter().find(|dot| dot.number.0 == 2).unwrap();
        labels.place(cam(view), A, on(wrong, Source::Geometry));
    }
    let anchor = anchor(&scene.rig, &labels, A, TAU_PX).unwrap();
    assert!(anchor.is_by_people);
    assert!((anchor.found.position_in_world - scene.points(0)[0]).norm() < 1e-6);
    let residuals = residuals(&scene.rig, &labels, TAU_PX);
    assert!(residuals.get(cam(0), A).unwrap() < 1e-6 && residuals.get(cam(1), A).unwrap() > TAU_PX);
    assert_eq!(residuals.get(cam(0), B), None);
    let proposals = frame_proposals(&frame(&scene.rig, &dots, &labels));
    assert_eq!(proposals.len(), 4);
    assert!(proposals.iter().all(|found| found.placement.number() == Some(CentroidNumber(1))));
    // One person against five machines is a question, not an answer.
    labels.take(cam(2), A);
    assert!(!super::anchor(&scene.rig, &labels, A, TAU_PX).unwrap().is_by_people);
}

#[test]
fn one_view_draws_curves_and_two_make_a_point() {
    let (scene, dots, mut labels) = unlabelled(&scene(6).points(0));
    let assist = |labels: &FrameLabels| keypoint_assist(&frame(&scene.rig, &dots, labels), A);
    assert_eq!(assist(&labels).place, KnownPlace::Nowhere);
    give(&mut labels, &dots, A, &[1], Source::Seed);
    let one = assist(&labels);
    assert_eq!(one.place, KnownPlace::Ray);
    assert!(one.views[1].curves.is_empty() && one.views.iter().all(|view| view.ghost.is_none()));
    let curve = &one.views[3].curves[0];
    assert_eq!(curve.from, cam(1));
    assert!(curve.near.iter().any(|(number, px)| *number == CentroidNumber(1) && *px < 0.1), "{:?}", curve.near);
    assert!(curve.near.len() < dots[3].len());
    give(&mut labels, &dots, A, &[3], Source::Seed);
    let two = assist(&labels);
    assert!(matches!(two.place, KnownPlace::Point { views: 2, .. }));
    let ghost = two.views[4].ghost.unwrap();
    assert!(ghost.is_inside && (ghost.point_in_image - dots[4][0].point_in_image).norm() < 1e-6);
    assert_eq!(two.views[4].proposal.unwrap().placement.number(), Some(CentroidNumber(1)));
    assert!(two.views[3].proposal.is_none() && two.views.iter().all(|view| view.curves.is_empty()));
    // Two views that contradict each other: curves again.
    labels.place(cam(3), A, on(&dots[3][7], Source::Seed));
    let against = assist(&labels);
    assert_eq!(against.place, KnownPlace::Disagreement);
    assert_eq!(against.views[0].curves.len(), 2);
}

#[test]
fn the_next_click_finishes_what_is_begun() {
    let (scene, dots, mut labels) = unlabelled(&scene(6).points(0));
    let next = |labels: &FrameLabels, at| next_best_click(&frame(&scene.rig, &dots, labels), &scene.skeleton, at);
    assert_eq!(next(&labels, None).map(|click| click.keypoint), Some(A));
    assert_eq!(next(&labels, Some(KeypointId(7))).map(|click| click.keypoint), Some(KeypointId(7)));
    give(&mut labels, &dots, B, &[2], Source::Seed);
    let second = next(&labels, None).unwrap();
    assert!(second.keypoint == B && second.camera != cam(2), "{second:?}");
    let dot = dots[second.camera.index()].iter().find(|dot| dot.number == CentroidNumber(2));
    assert!(second.number.is_none_or(|number| Some(number) == dot.map(|dot| dot.number)), "{second:?}");
    give(&mut labels, &dots, B, &[second.camera.index()], Source::Seed);
    assert_eq!(next(&labels, Some(B)).map(|click| click.keypoint), Some(A), "two views are enough");
    for keypoint in scene.skeleton.ids() {
        for view in 0..6 {
            labels.place(cam(view), keypoint, label(Placement::Absent, Source::Seed));
        }
    }
    assert_eq!(next(&labels, None), None);
}

#[test]
fn without_a_point_dots_go_to_the_nearest() {
    let scene = scene(6);
    let input = |frame: u32, human| {
        let centroids = exact(&scene, &scene.points(frame));
        FrameInput { frame, centroids, human, proposal: None, votes: None }
    };
    let mut labels = FrameLabels::empty(6, 12);
    let dots = exact(&scene, &scene.points(4));
    give(&mut labels, &dots, A, &[0], Source::Seed);
    give(&mut labels, &dots, B, &[3], Source::Seed);
    let seeds = [input(4, Some(labels.clone()))];
    let near = carry_over(&scene.rig, &scene.skeleton, &seeds, &input(5, None));
    let told: Vec<_> = near.iter().map(|found| (found.camera, found.keypoint, found.placement.number())).collect();
    assert_eq!(told, [(cam(0), A, Some(CentroidNumber(1))), (cam(3), B, Some(CentroidNumber(2)))]);
    assert!(carry_over(&scene.rig, &scene.skeleton, &seeds, &input(30, None)).is_empty(), "too far to guess");
    // With points, the whole animal is found; what people said in the frame stays theirs.
    let all = by_number(&dots, 12, Source::Seed);
    let whole = carry_over(&scene.rig, &scene.skeleton, &[input(4, Some(all))], &input(5, Some(labels)));
    assert_eq!(whole.len(), 6 * 12 - 2);
    let right =
        whole.iter().filter(|found| found.placement.number().map(|n| n.0) == Some(u16::from(found.keypoint.0) + 1));
    assert_eq!(right.count(), whole.len());
}

#[test]
fn costs_are_truncated_and_hiding_a_fitting_dot_is_no_gain() {
    let (scene, dots, _) = unlabelled(&scene(6).points(0));
    let mut labels = by_number(&dots, 12, Source::Geometry);
    let squared = TAU_PX * TAU_PX;
    let best = |labels: &FrameLabels| hypotheses(&frame(&scene.rig, &dots, labels), &scene.skeleton, None, A);
    let right = best(&labels);
    assert!(right[0].is_keep() && right[0].cost_before < 1e-6, "{right:#?}");
    let hidden = right.iter().find(|found| found.words.contains("not visible in")).unwrap();
    assert!((hidden.cost_after - 0.8 * squared).abs() < 1e-6 && hidden.gain(TAU_PX) < 0.0);
    // A label 40 px off costs τ², no more; moving it to the free dot costs nothing.
    let wrong = Placement::Free { point_in_image: dots[2][0].point_in_image + nalgebra::Vector2::new(40.0, 0.0) };
    labels.place(cam(2), A, label(wrong, Source::Geometry));
    let found = best(&labels);
    assert_eq!(found[0].words, format!("Dot 1 of {} is ear_L", scene.rig.cameras[2].name()));
    assert!((found[0].cost_before - squared).abs() < 1e-6 && found[0].cost_after < 1e-6);
    assert_eq!(found[0].placements.len(), 1);
    assert!(found[0].residual_after_px.unwrap() < 1e-6);
}
