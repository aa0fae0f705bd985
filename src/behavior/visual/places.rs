//! Where the patch of each animal lies in each frame, from keypoints, boxes or blobs.

use crate::behavior::blobs::{Blob, BlobTracks};
use crate::behavior::bodies::median;
use crate::model::skeleton::Role;
use crate::model::tracks::Tracks;

/// Sides of a patch in body lengths: the animal, stretched, and what it touches.
const PATCH_BODY_LENGTHS: f32 = 1.6;

/// Parts that hang behind the body and do not say where it is.
const TAIL: [Role; 2] = [Role::TailMiddle, Role::TailTip];
/// What lies at the front and at the rear, the best first.
const FRONT: [Role; 4] = [Role::Nose, Role::EarLeft, Role::EarRight, Role::Head];
const REAR: [Role; 3] = [Role::TailBase, Role::BackRear, Role::BodyCentre];

/// Where a patch lies, in pixels of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Its middle.
    pub center: [f32; 2],
    /// Where the animal heads, from x towards y; `None` leaves the patch upright.
    pub heading_rad: Option<f32>,
    /// Its sides along and across the heading.
    pub size_px: [f32; 2],
    /// The area of the animal, where known.
    pub area_px: Option<f32>,
}

impl Place {
    /// The patch around an animal of a length.
    pub fn around(center: [f32; 2], heading_rad: Option<f32>, body_length_px: f32) -> Self {
        Self { center, heading_rad, size_px: [PATCH_BODY_LENGTHS * body_length_px; 2], area_px: None }
    }

    /// The whole picture as one patch, for a recording in which no animals are found.
    pub fn whole([width, height]: [u32; 2]) -> Self {
        let size_px = [width, height].map(|side| side as f32);
        Self { center: size_px.map(|side| (side - 1.0) / 2.0), heading_rad: None, size_px, area_px: None }
    }

    pub(super) fn is_finite(&self) -> bool {
        let heading = self.heading_rad.unwrap_or(0.0);
        self.center.iter().chain(&self.size_px).chain([&heading]).all(|value| value.is_finite())
    }
}

/// The places of an animal of which keypoints are tracked, in pixels of the video; `None` where nothing of its body is seen.
pub fn places_of_track(tracks: &Tracks, animal: usize) -> Vec<Option<Place>> {
    let is_body: Vec<bool> =
        tracks.parts.iter().map(|part| part.role.is_none_or(|role| !TAIL.contains(&role))).collect();
    let body = |frame: u32| -> Vec<[f32; 2]> {
        let points = tracks.points(animal, frame).iter().zip(&is_body);
        points.filter(|(point, is_body)| **is_body && is_seen(**point)).map(|(point, _)| *point).collect()
    };
    let mut lengths: Vec<f32> = (0..tracks.frame_count).filter_map(|frame| extent(&body(frame))).collect();
    let Some(length) = median(&mut lengths) else { return vec![None; tracks.frame_count as usize] };
    let place = |frame: u32| {
        let body = body(frame);
        let count = body.len() as f32;
        let sum = body.iter().fold([0.0; 2], |sum: [f32; 2], point| [sum[0] + point[0], sum[1] + point[1]]);
        let heading_rad = heading(tracks, tracks.points(animal, frame));
        (!body.is_empty()).then(|| Place::around(sum.map(|sum| sum / count), heading_rad, length))
    };
    (0..tracks.frame_count).map(place).collect()
}

/// The places of an animal that was followed as a blob.
pub fn places_of_blobs(tracks: &BlobTracks, animal: usize) -> Vec<Option<Place>> {
    let blobs: Vec<Option<&Blob>> = (0..tracks.frame_count).map(|frame| tracks.blob(animal, frame)).collect();
    let mut lengths: Vec<f32> = blobs.iter().flatten().map(|blob| blob.axes_px[0]).collect();
    let Some(length) = median(&mut lengths) else { return vec![None; blobs.len()] };
    let place = |(blob, heading_rad): (Option<&Blob>, Option<f32>)| {
        blob.map(|blob| Place { area_px: Some(blob.area_px), ..Place::around(blob.center, heading_rad, length) })
    };
    blobs.into_iter().zip(tracks.headings_rad(animal)).map(place).collect()
}

/// The direction from the rear of the body to its front, where parts of both are seen.
fn heading(tracks: &Tracks, points: &[[f32; 2]]) -> Option<f32> {
    let seen = |role: &Role| tracks.with_role(*role).map(|part| points[part]).filter(|point| is_seen(*point));
    let front = FRONT.iter().find_map(seen)?;
    let rear = REAR.iter().find_map(seen)?;
    let [along, down] = [front[0] - rear[0], front[1] - rear[1]];
    (along != 0.0 || down != 0.0).then(|| down.atan2(along))
}

/// The largest distance between two points.
fn extent(points: &[[f32; 2]]) -> Option<f32> {
    let far = |(at, a): (usize, &[f32; 2])| {
        points[at + 1..].iter().map(|b| ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)).sqrt()).max_by(f32::total_cmp)
    };
    points.iter().enumerate().filter_map(far).max_by(f32::total_cmp).filter(|extent| *extent > 0.0)
}

fn is_seen([x, y]: [f32; 2]) -> bool {
    x.is_finite() && y.is_finite()
}
