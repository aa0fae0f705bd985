//! Exemplars: completed frames as a model is shown them. Each picture is drawn once and shown for as long as the frame is among
//! the last three.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::basis::ShownFrame;
use super::{BoxInImage, Stages, ViewShot};
use crate::model::{FrameLabels, KeypointId, Point2, RegionId};
use crate::vlm::Picture;
use crate::vlm::canvas::Raster;
use crate::vlm::marks::{Mark, add_boxes, draw_boxes, draw_marks};
use crate::vlm::prompt::words::{self, ExemplarWords};
use crate::vlm::sent::Sent;

/// A completed frame, drawn for one kind of question.
#[derive(Clone, Debug, PartialEq)]
pub struct Exemplar {
    /// The frame.
    frame: u32,
    /// The picture.
    pub picture: Arc<Picture>,
    /// What is marked in it.
    shown: Vec<String>,
    /// What is not.
    hidden: Vec<String>,
    /// The right answer there, where a box was asked for.
    answer: String,
    /// The dots that it was drawn from.
    dots: Vec<(KeypointId, Point2)>,
}

impl Exemplar {
    /// Its words for a question about another frame.
    pub(super) fn words(&self, target: u32) -> ExemplarWords {
        ExemplarWords {
            when: words::when(self.frame, target),
            shown: self.shown.clone(),
            hidden: self.hidden.clone(),
            answer: self.answer.clone(),
        }
    }

    pub(super) fn basis(&self) -> ShownFrame {
        ShownFrame { frame: self.frame, dots: self.dots.clone() }
    }
}

impl Stages<'_> {
    /// For stage 1: the whole crop with the box of a region.
    pub fn exemplar_of_region(&self, view: &ViewShot<'_>, labels: &FrameLabels, region: RegionId) -> Exemplar {
        let sent = self.whole(view);
        self.boxed(view, labels, region, &sent, Raster::of(&view.shot, &sent))
    }

    /// [`Self::exemplar_of_region`] of all regions, by region.
    pub fn exemplar_of_each_region(&self, view: &ViewShot<'_>, labels: &FrameLabels) -> Vec<Exemplar> {
        let sent = self.whole(view);
        let plain = Raster::of(&view.shot, &sent);
        self.regions().map(|region| self.boxed(view, labels, region, &sent, plain.clone())).collect()
    }

    fn boxed(
        &self,
        view: &ViewShot<'_>,
        labels: &FrameLabels,
        region: RegionId,
        sent: &Sent,
        plain: Raster,
    ) -> Exemplar {
        let found = self.box_of(labels, view.camera, region);
        let name = self.skeleton.regions[region.index()].name.clone();
        let answer = json!({ "bbox_2d": found.map(|corners| self.numbers_of(corners, sent)) });
        let boxes: Vec<(BoxInImage, &str)> = found.iter().map(|corners| (*corners, name.as_str())).collect();
        let picture = Arc::new(add_boxes(plain, sent, &boxes).jpeg());
        let (shown, hidden) = if found.is_some() { (vec![name], Vec::new()) } else { (Vec::new(), vec![name]) };
        let dots = dots_of(view, labels, &self.skeleton.regions[region.index()].keypoints);
        Exemplar { frame: view.frame, picture, shown, hidden, answer: answer.to_string(), dots }
    }

    /// For stage 1 with all regions in one answer: the whole crop with all boxes.
    pub fn exemplar_of_regions(&self, view: &ViewShot<'_>, labels: &FrameLabels) -> Exemplar {
        let sent = self.whole(view);
        let (mut boxes, mut answer) = (Vec::new(), Map::new());
        let (mut shown, mut hidden) = (Vec::new(), Vec::new());
        for region in self.regions() {
            let name = &self.skeleton.regions[region.index()].name;
            let found = self.box_of(labels, view.camera, region);
            answer.insert(name.clone(), found.map_or(Value::Null, |corners| json!(self.numbers_of(corners, &sent))));
            match found {
                Some(corners) => {
                    boxes.push((corners, name.as_str()));
                    shown.push(name.clone());
                }
                None => hidden.push(name.clone()),
            }
        }
        let picture = Arc::new(draw_boxes(&view.shot, &sent, &boxes).jpeg());
        let answer = json!({ "regions": answer }).to_string();
        let all: Vec<KeypointId> = self.skeleton.ids().collect();
        Exemplar { frame: view.frame, picture, shown, hidden, answer, dots: dots_of(view, labels, &all) }
    }

    /// For stage 2: the surroundings of a region with its named dots; the whole crop where nothing of it is labelled.
    pub fn exemplar_of_parts(&self, view: &ViewShot<'_>, labels: &FrameLabels, region: RegionId) -> Exemplar {
        let sent = match self.box_of(labels, view.camera, region) {
            Some(corners) => self.around(view, corners),
            None => self.whole(view),
        };
        self.named(view, labels, &sent, &self.skeleton.regions[region.index()].keypoints)
    }

    /// For the plain question: the whole crop with all named dots.
    pub fn exemplar_of_all(&self, view: &ViewShot<'_>, labels: &FrameLabels) -> Exemplar {
        let all: Vec<KeypointId> = self.skeleton.ids().collect();
        self.named(view, labels, &self.whole(view), &all)
    }

    fn named(&self, view: &ViewShot<'_>, labels: &FrameLabels, sent: &Sent, keypoints: &[KeypointId]) -> Exemplar {
        let name = |keypoint: &KeypointId| self.skeleton.name_of(*keypoint).to_owned();
        let dots = dots_of(view, labels, keypoints);
        let named: Vec<(String, Point2)> = dots.iter().map(|(keypoint, point)| (name(keypoint), *point)).collect();
        let picture = Arc::new(draw_marks(&view.shot, sent, &Mark::named(&named)).jpeg());
        let is_hidden = |keypoint: &&KeypointId| dots.iter().all(|(shown, _)| shown != *keypoint);
        let hidden = keypoints.iter().filter(is_hidden).map(name).collect();
        let shown = named.into_iter().map(|(name, _)| name).collect();
        Exemplar { frame: view.frame, picture, shown, hidden, answer: String::new(), dots }
    }

    fn numbers_of(&self, corners: BoxInImage, sent: &Sent) -> [i32; 4] {
        words::box_numbers(corners, sent, self.convention)
    }
}

fn dots_of(view: &ViewShot<'_>, labels: &FrameLabels, keypoints: &[KeypointId]) -> Vec<(KeypointId, Point2)> {
    let point = |keypoint: &KeypointId| labels.point_in_image(view.camera, *keypoint);
    keypoints.iter().filter_map(|keypoint| Some((*keypoint, point(keypoint)?))).collect()
}
