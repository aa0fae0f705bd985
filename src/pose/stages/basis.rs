//! What a question is made from beside the recording, small enough to be kept with each: so the question can be made again, with
//! its pictures, after the labels that it showed have changed, and with other words too.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ask::{BoxForm, NumberForm};
use super::{AssignmentSoFar, BoxInImage, Exemplar, Stages, ViewShot};
use crate::model::{
    CameraId, FrameLabels, KeypointId, Label, Placement, Point2, Provenance, RegionId, Skeleton, Source,
};
use crate::vlm::Question;
use crate::vlm::answer::Checked;
use crate::vlm::canvas::{Levels, Shot};
use crate::vlm::convention::Convention;
use crate::vlm::prompt::{Prompt, PromptError};
use crate::vlm::sent::ViewHeader;

/// What a question is made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Basis {
    /// Its prompt.
    pub prompt: Prompt,
    /// The camera, as the project counts.
    pub camera: CameraId,
    /// The region that it is about; `None` for all.
    pub region: Option<RegionId>,
    /// How the model writes places.
    pub convention: Convention,
    /// How bright its pictures are.
    pub levels: Levels,
    /// The completed frames that are shown before the target, in order.
    pub exemplars: Vec<ShownFrame>,
    /// The box whose dots are asked about: stage 2.
    pub corners: Option<BoxInImage>,
    /// What the regions gave: stage 3.
    pub so_far: AssignmentSoFar,
}

/// A completed frame with the dots that were named in it, or that its boxes were drawn around.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShownFrame {
    /// The frame.
    pub frame: u32,
    /// The dots, pixels of the camera's image.
    pub dots: Vec<(KeypointId, Point2)>,
}

/// What an answer says.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// Where regions are, or that they cannot be seen.
    Boxes(BTreeMap<RegionId, Option<BoxInImage>>),
    /// Which dot each keypoint is, or that it cannot be seen.
    Numbers(AssignmentSoFar),
}

impl Basis {
    /// What an exchange kept of it; `None` where that is no basis.
    pub fn from_json(kept: &Value) -> Option<Self> {
        Self::deserialize(kept).ok().filter(|basis| Prompt::POSE.contains(&basis.prompt))
    }

    /// Reads an answer to the question whose target lay at `view`, the question's header. Regions and keypoints with a problem are
    /// absent.
    pub fn read(&self, skeleton: &Skeleton, view: &ViewHeader, text: &str) -> Checked<Reading> {
        let all: Vec<RegionId> = (0..skeleton.regions.len() as u8).map(RegionId).collect();
        let regions: Vec<RegionId> =
            all.into_iter().filter(|region| self.region.is_none_or(|asked| asked == *region)).collect();
        match self.prompt {
            Prompt::Regions => {
                let named = regions.iter().map(|region| (*region, skeleton.regions[region.index()].name.clone()));
                let form = BoxForm {
                    regions: named.collect(),
                    all_at_once: self.region.is_none(),
                    sent: view.sent,
                    convention: self.convention,
                    dots_in_sent: Vec::new(),
                };
                form.read(text).map(Reading::Boxes)
            }
            Prompt::Assign | Prompt::Reconcile | Prompt::Plain | Prompt::Caption | Prompt::Merge | Prompt::Ask => {
                let keypoints: Vec<KeypointId> = match self.prompt {
                    Prompt::Assign => {
                        regions.iter().flat_map(|region| skeleton.regions[region.index()].keypoints.clone()).collect()
                    }
                    _ => skeleton.ids().collect(),
                };
                let allowed = view.marks.iter().map(|mark| mark.number.0).collect();
                NumberForm::new(skeleton, keypoints, allowed).read(text).map(Reading::Numbers)
            }
        }
    }

    pub(super) fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// A view as bright as it was.
    fn lit<'a>(&self, view: &ViewShot<'a>) -> ViewShot<'a> {
        ViewShot { shot: Shot { levels: self.levels, ..view.shot }, ..*view }
    }
}

impl Stages<'_> {
    pub(super) fn basis(&self, prompt: Prompt, view: &ViewShot<'_>, exemplars: &[&Exemplar]) -> Basis {
        Basis {
            prompt,
            camera: view.camera,
            region: None,
            convention: self.convention,
            levels: view.shot.levels,
            exemplars: exemplars.iter().map(|exemplar| exemplar.basis()).collect(),
            corners: None,
            so_far: AssignmentSoFar::new(),
        }
    }

    /// Makes a question again; `exemplars` are the views of [`Basis::exemplars`], in that order. With the same pictures, dots and
    /// prompts it is the same question to the byte. `None` where nothing would be asked: where the part that is shown has no dots
    /// now, or the basis lacks what its prompt needs.
    ///
    /// # Errors
    /// When the template cannot be used.
    pub fn again(
        &self,
        basis: &Basis,
        target: &ViewShot<'_>,
        exemplars: &[ViewShot<'_>],
    ) -> Result<Option<Question>, PromptError> {
        let stages = Stages { convention: basis.convention, ..*self };
        let target = &basis.lit(target);
        let is_known = |region: &RegionId| region.index() < self.skeleton.regions.len();
        let region = basis.region.filter(is_known);
        let drawn: Vec<Exemplar> = exemplars
            .iter()
            .zip(&basis.exemplars)
            .map(|(view, shown)| {
                let view = &basis.lit(view);
                let labels = shown.labels(view, self.skeleton.len());
                match (basis.prompt, region) {
                    (Prompt::Regions, Some(region)) => stages.exemplar_of_region(view, &labels, region),
                    (Prompt::Regions, None) => stages.exemplar_of_regions(view, &labels),
                    (Prompt::Assign, Some(region)) => stages.exemplar_of_parts(view, &labels, region),
                    _ => stages.exemplar_of_all(view, &labels),
                }
            })
            .collect();
        let drawn: Vec<&Exemplar> = drawn.iter().collect();
        Ok(match (basis.prompt, region, basis.corners) {
            (Prompt::Regions, Some(region), _) => {
                Some(stages.ask_region(target, &stages.target(target), region, &drawn)?.question)
            }
            (Prompt::Regions, None, _) => Some(stages.ask_regions(target, &stages.target(target), &drawn)?.question),
            (Prompt::Assign, Some(region), Some(corners)) => {
                stages.ask_parts(target, region, corners, &drawn)?.map(|asked| asked.question)
            }
            (Prompt::Assign | Prompt::Caption | Prompt::Merge | Prompt::Ask, ..) => None,
            (Prompt::Reconcile, ..) => stages.ask_whole(target, &basis.so_far)?.map(|asked| asked.question),
            (Prompt::Plain, ..) => stages.ask_plain(target, &drawn)?.map(|asked| asked.question),
        })
    }
}

impl ShownFrame {
    /// Labels at the dots, in this view alone.
    fn labels(&self, view: &ViewShot<'_>, keypoint_count: usize) -> FrameLabels {
        let mut labels = FrameLabels::empty(view.camera.index() + 1, keypoint_count);
        let known = self.dots.iter().filter(|(keypoint, _)| keypoint.index() < keypoint_count);
        for (keypoint, point_in_image) in known {
            let placement = Placement::Free { point_in_image: *point_in_image };
            let provenance = Provenance { source: Source::Seed, run: None, annotator: None, at_unix_ms: 0 };
            labels.place(view.camera, *keypoint, Label { placement, provenance, margin: None });
        }
        labels
    }
}
