//! Stages 1 to 3 (§2.2 to §2.4) as questions to a model and as what its answers mean.
//!
//! * Stage 1 asks, per view and region, for the box of the region: three exemplars with the box drawn, then the target.
//! * Stage 2 asks, per view and region, which numbered dot is which keypoint: three exemplars with named dots, then the target.
//! * Stage 3 asks, per view, for one complete assignment: the whole crop, what the regions gave, conflicts and gaps.
//! * The plain question asks for all keypoints of a view at once; it is what the stages are measured against.
//!
//! Pure: a question is made from pictures and labels, an answer is read from text. Who asks, how often, and what happens when
//! nothing usable comes back stands in `jobs`.

mod ask;

mod basis;

mod exemplar;

pub use ask::{AssignmentSoFar, BoxQuestion, NumberQuestion, Target};
pub use basis::{Basis, Reading, ShownFrame};
pub use exemplar::Exemplar;

use crate::model::{CameraId, Centroid, FrameLabels, Point2, RegionId, Skeleton};
use crate::vlm::canvas::Shot;
use crate::vlm::convention::Convention;
use crate::vlm::prompt::Prompts;
use crate::vlm::sent::{Area, Limits, NumberedPoint, Sent};

/// A region's box reaches beyond its labels by at least so many image pixels.
const BOX_PAD_PX: f64 = 24.0;
/// And by at least this share of the box.
const BOX_PAD_SHARE: f64 = 0.15;
/// The picture of a region reaches beyond its box by this share.
const REGION_CROP_SHARE: f64 = 0.10;

/// Low and high corner of a box, pixels of the camera's image.
pub type BoxInImage = [Point2; 2];

/// What all questions of a run share.
#[derive(Clone, Copy, Debug)]
pub struct Stages<'a> {
    /// The animal.
    pub skeleton: &'a Skeleton,
    /// The words.
    pub prompts: &'a Prompts,
    /// How the model writes places.
    pub convention: Convention,
    /// How large pictures are.
    pub limits: Limits,
    /// The recording's name, where tags have to tell it from others.
    pub recording: Option<&'a str>,
}

/// One camera at one frame.
#[derive(Clone, Copy, Debug)]
pub struct ViewShot<'a> {
    /// The camera.
    pub camera: CameraId,
    /// Its name.
    pub name: &'a str,
    /// The frame.
    pub frame: u32,
    /// The picture.
    pub shot: Shot<'a>,
    /// The part with the animal.
    pub crop: Area,
    /// Its dots.
    pub centroids: &'a [Centroid],
}

impl ViewShot<'_> {
    fn image_px(&self) -> [u32; 2] {
        [self.shot.frame.width, self.shot.frame.height]
    }

    /// The dots that a picture shows.
    fn numbered(&self, sent: &Sent) -> Vec<NumberedPoint> {
        let shown = self.centroids.iter().filter(|dot| sent.shows(dot.point_in_image));
        shown.map(|dot| NumberedPoint { number: dot.number, point_in_image: dot.point_in_image }).collect()
    }
}

impl Stages<'_> {
    /// The box of a region's labels in a view, padded; `None` where nothing of it is labelled.
    pub fn box_of(&self, labels: &FrameLabels, camera: CameraId, region: RegionId) -> Option<BoxInImage> {
        let keypoints = &self.skeleton.regions[region.index()].keypoints;
        let points = keypoints.iter().filter_map(|keypoint| labels.point_in_image(camera, *keypoint));
        let [low, high] = points.fold(None, |found: Option<BoxInImage>, point| {
            let [low, high] = found.unwrap_or([point; 2]);
            Some([low.inf(&point), high.sup(&point)])
        })?;
        let pad = (high - low).map(|side| (BOX_PAD_SHARE * side).max(BOX_PAD_PX));
        Some([low - pad, high + pad])
    }

    /// The picture of the whole crop.
    fn whole(&self, view: &ViewShot<'_>) -> Sent {
        Sent::plan(view.crop, view.image_px(), &self.limits)
    }

    /// The picture of a box and a little around it.
    fn around(&self, view: &ViewShot<'_>, [low, high]: BoxInImage) -> Sent {
        let size = high - low;
        let pad = size * REGION_CROP_SHARE;
        // From the first pixel's centre to the last one's is one pixel less than they cover.
        let area = Area {
            x: low.x - pad.x,
            y: low.y - pad.y,
            width: size.x + 2.0 * pad.x + 1.0,
            height: size.y + 2.0 * pad.y + 1.0,
        };
        Sent::plan(area, view.image_px(), &self.limits)
    }

    fn regions(&self) -> impl Iterator<Item = RegionId> + use<> {
        (0..self.skeleton.regions.len() as u8).map(RegionId)
    }
}

#[cfg(test)]
mod tests;
