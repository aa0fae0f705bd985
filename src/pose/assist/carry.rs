//! The labels of one seed frame as proposals in the next.
//!
//! The joint solver learns the animal from the seeds so far and finds it again, by motion where the frames are near and by
//! shape alone where they are far. Where the seeds make no point, each dot goes to the nearest one of the other frame.

use crate::geometry::Rig;
use crate::model::{CameraId, FrameLabels, KeypointId, Label, Placement, Skeleton};

use super::super::assignment::assign;
use super::super::solve::{FrameInput, PoseConfig, PoseSolver, Stamp};
use super::faint::FaintLimit;
use super::proposals::{LabelledFrame, Proposal, ProposalReason, faint_dot};

/// Seeds so near tell where the animal was.
const NEAR_FRAMES: u32 = 3;
/// Without 3D, a dot moves at most so far between frames, px at 1024 px width.
const NEAREST_PX: f64 = 24.0;

/// What the seeds say of a frame that nobody has labelled, or only in part: what people said in it stays as it is.
/// `seeds` hold people's labels; nothing comes of none.
pub fn carry_over(rig: &Rig, skeleton: &Skeleton, seeds: &[FrameInput], target: &FrameInput) -> Vec<Proposal> {
    let seeds: Vec<FrameInput> = seeds.iter().filter(|seed| seed.frame != target.frame).cloned().collect();
    let found = solved(rig, skeleton, &seeds, target).or_else(|| nearest(rig, &seeds, target));
    let Some(labels) = found else { return Vec::new() };
    let is_open = |camera: CameraId, keypoint: KeypointId| {
        target.human.as_ref().is_none_or(|human| human.get(camera, keypoint).is_none())
    };
    let open = labels.iter().filter(|(camera, keypoint, _)| is_open(*camera, *keypoint));
    let frame = LabelledFrame { rig, centroids: &target.centroids, labels: &labels, tau_px: 0.0 };
    let faint = FaintLimit::of(frame.labelled_dots());
    let proposal = |(camera, keypoint, label): (CameraId, KeypointId, &Label)| {
        let number = label.placement.number();
        let dot = frame.dots(camera).iter().find(|dot| Some(dot.number) == number);
        let (placement, reason) = match dot.filter(|dot| faint.is_faint(dot)) {
            Some(dot) => (Placement::Absent, faint_dot(dot)),
            None => (label.placement, ProposalReason::CarriedOver),
        };
        Proposal { camera, keypoint, placement, distance_px: None, margin: label.margin, reason }
    };
    let mut proposals: Vec<Proposal> = open.map(proposal).collect();
    proposals.sort_by_key(|proposal| (proposal.keypoint, proposal.camera));
    proposals
}

fn solved(rig: &Rig, skeleton: &Skeleton, seeds: &[FrameInput], target: &FrameInput) -> Option<FrameLabels> {
    let solver = PoseSolver::new(rig.clone(), skeleton.clone(), PoseConfig::default(), seeds).ok()?;
    let mut near: Vec<&FrameInput> = seeds.iter().filter(|seed| is_near(seed.frame, target.frame)).collect();
    // Those of one side lead up to the frame, the farthest first.
    let side = near.iter().min_by_key(|seed| seed.frame.abs_diff(target.frame)).map(|seed| seed.frame < target.frame);
    near.retain(|seed| Some(seed.frame < target.frame) == side);
    near.sort_by_key(|seed| std::cmp::Reverse(seed.frame.abs_diff(target.frame)));
    let mut track = solver.track(seeds, &near).ok()?;
    let mut solved = solver.solve(&mut track, std::slice::from_ref(target), 1, Stamp::default());
    Some(solved.pop()?.labels)
}

fn is_near(a: u32, b: u32) -> bool {
    a.abs_diff(b) <= NEAR_FRAMES
}

/// Every dot of the nearest seed frame goes to the dot of its view that lies nearest, all of a view at once.
fn nearest(rig: &Rig, seeds: &[FrameInput], target: &FrameInput) -> Option<FrameLabels> {
    let seed = seeds.iter().filter(|seed| seed.human.is_some()).min_by_key(|seed| seed.frame.abs_diff(target.frame))?;
    let known = seed.human.as_ref().filter(|_| is_near(seed.frame, target.frame))?;
    let mut found = FrameLabels::empty(known.camera_count(), known.keypoint_count());
    for camera in rig.ids() {
        let dots = target.centroids.get(camera.index()).map_or(&[][..], Vec::as_slice);
        let reach_px = NEAREST_PX * f64::from(rig.camera(camera).size_px()[0]) / 1024.0;
        let rows: Vec<_> = known.iter().filter(|(at, _, _)| *at == camera).collect();
        let seen: Vec<_> = rows
            .iter()
            .filter_map(|(_, keypoint, label)| Some((*keypoint, *label, label.placement.point_in_image()?)))
            .collect();
        let columns = dots.len() + seen.len();
        let mut cost = vec![4.0 * reach_px * reach_px; seen.len() * columns];
        for (row, (_, _, point)) in seen.iter().enumerate() {
            for (column, dot) in dots.iter().enumerate() {
                cost[row * columns + column] =
                    (dot.point_in_image - point).norm_squared().min(4.0 * reach_px * reach_px);
            }
            cost[row * columns + dots.len() + row] = reach_px * reach_px;
        }
        let chosen = assign(&cost, seen.len(), columns).column_of;
        for ((keypoint, label, _), column) in seen.iter().zip(chosen) {
            if let Some(dot) = dots.get(column) {
                let placement = Placement::Centroid { number: dot.number, point_in_image: dot.point_in_image };
                found.place(camera, *keypoint, Label { placement, ..(*label).clone() });
            }
        }
    }
    Some(found)
}
