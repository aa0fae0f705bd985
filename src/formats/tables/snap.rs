//! Seeds snap to centroids: a person clicks near a dot and means the dot.

use std::collections::BTreeMap;

use crate::model::{CameraId, Centroid, CentroidNumber, FrameLabels, KeypointId, Label, Placement};

/// How far a seed may be from a centroid and still mean it, px at 1024 px image width.
pub const SNAP_PX: f64 = 6.0;

/// A seed that stays a free point, since another keypoint is nearer to the centroid that it wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contested {
    /// The view.
    pub camera: CameraId,
    /// The centroid.
    pub number: CentroidNumber,
    /// The keypoint that got it.
    pub winner: KeypointId,
    /// The keypoint that did not.
    pub loser: KeypointId,
}

/// What became of a frame's seeds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SnapReport {
    /// Labels that became a centroid.
    pub snapped: usize,
    /// Labels that stay free points, those of `contested` included.
    pub free: usize,
    /// Centroids that two keypoints wanted.
    pub contested: Vec<Contested>,
}

/// Turns each free point into the nearest centroid of its view within [`SNAP_PX`], scaled to the image's width. A centroid
/// that a label names already stays with it; of two keypoints that want the same one the nearer gets it, the other stays
/// free.
///
/// `centroids` is by camera, and so is `image_widths_px`.
pub fn snap_to_centroids(labels: &mut FrameLabels, centroids: &[&[Centroid]], image_widths_px: &[u32]) -> SnapReport {
    let mut report = SnapReport::default();
    for (index, (centroids, width_px)) in centroids.iter().zip(image_widths_px).enumerate() {
        let Ok(camera) = u8::try_from(index).map(CameraId) else { break };
        if index < labels.camera_count() {
            snap_view(labels, camera, centroids, SNAP_PX * f64::from(*width_px) / 1024.0, &mut report);
        }
    }
    let is_free = |label: &Label| matches!(label.placement, Placement::Free { .. });
    report.free = labels.iter().filter(|(_, _, label)| is_free(label)).count();
    report
}

fn snap_view(
    labels: &mut FrameLabels,
    camera: CameraId,
    centroids: &[Centroid],
    reach_px: f64,
    report: &mut SnapReport,
) {
    let keypoints = (0..labels.keypoint_count()).filter_map(|index| u8::try_from(index).ok()).map(KeypointId);
    let mut wishes: BTreeMap<CentroidNumber, Vec<(f64, KeypointId)>> = BTreeMap::new();
    for keypoint in keypoints {
        let Some(Placement::Free { point_in_image }) = labels.get(camera, keypoint).map(|label| label.placement) else {
            continue;
        };
        let nearest = centroids
            .iter()
            .map(|centroid| ((centroid.point_in_image - point_in_image).norm(), centroid.number))
            .filter(|(distance_px, _)| *distance_px <= reach_px)
            .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        if let Some((distance_px, number)) = nearest {
            wishes.entry(number).or_default().push((distance_px, keypoint));
        }
    }
    for (number, mut wanted_by) in wishes {
        wanted_by.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        if let Some(winner) = labels.holder_of(camera, number) {
            report.contested.extend(wanted_by.iter().map(|(_, loser)| Contested {
                camera,
                number,
                winner,
                loser: *loser,
            }));
            continue;
        }
        let Some(((_, winner), losers)) = wanted_by.split_first() else { continue };
        let Some(centroid) = centroids.iter().find(|centroid| centroid.number == number) else { continue };
        if let Some(label) = labels.get(camera, *winner).cloned() {
            let placement = Placement::Centroid { number, point_in_image: centroid.point_in_image };
            labels.place(camera, *winner, Label { placement, ..label });
            report.snapped += 1;
        }
        report.contested.extend(losers.iter().map(|(_, loser)| Contested {
            camera,
            number,
            winner: *winner,
            loser: *loser,
        }));
    }
}
