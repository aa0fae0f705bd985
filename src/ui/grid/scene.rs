//! What is drawn over one picture, as plain marks on screen: dots with the keypoints that they are, labels without a dot,
//! bones, and what is proposed.
//!
//! Everything here belongs to one frame. What geometry says is left out where the picture is of another frame than that.

use egui::Pos2;

use super::sight::PaneMap;
use crate::app::session::Session;
use crate::jobs::labelling::FrameView;
use crate::model::{CameraId, CentroidNumber, KeypointId, Placement};
use crate::pose::assist::{KeypointAssist, Proposal};

/// From here on a pointer is at a dot, in points.
const REACH: f32 = 14.0;

/// A label without a dot that is this near to one shares its pill, in points.
const SAME_PLACE: f32 = 4.0;

/// A ghost is left out where the label or the proposed dot is this near, in points.
const GHOST_APART: f32 = 9.0;

/// A label in this view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// The keypoint.
    pub keypoint: KeypointId,
    /// Whether a person said so.
    pub is_human: bool,
}

/// Something proposed for a dot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Proposed {
    /// The keypoint that it would be.
    pub keypoint: KeypointId,
    /// How far it is from where the others say, px.
    pub distance_px: Option<f64>,
}

/// A dot, or a label where no dot is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mark {
    /// On screen.
    pub at: Pos2,
    /// The dot's number; a free label has none.
    pub number: Option<CentroidNumber>,
    /// The keypoints here: none on a free dot, seldom two.
    pub named: Vec<Named>,
    /// What is proposed for a free dot.
    pub proposed: Option<Proposed>,
}

impl Mark {
    /// Whether it is this keypoint.
    pub(super) fn is(&self, keypoint: KeypointId) -> bool {
        self.named.iter().any(|named| named.keypoint == keypoint)
    }

    /// The keypoint that gives the mark its look.
    pub(super) fn keypoint(&self) -> Option<KeypointId> {
        self.named.first().map(|named| named.keypoint)
    }
}

/// Everything over one picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Scene {
    /// Dots in the order of their numbers, then free labels.
    pub marks: Vec<Mark>,
    /// Bones as positions in `marks`, with the keypoints that they join.
    pub bones: Vec<(usize, usize, [KeypointId; 2])>,
    /// Where the selected keypoint may lie.
    pub curves: Vec<Vec<Pos2>>,
    /// Where the other views say that it is.
    pub ghost: Option<Pos2>,
}

impl Scene {
    /// The dots of a view without any label.
    pub(super) fn of_dots(view: &FrameView, camera: CameraId, map: &PaneMap) -> Self {
        let stored = view.views.get(camera.index()).and_then(Option::as_ref);
        let dots = stored.map_or(&[][..], |stored| &stored.centroids);
        let marks = dots.iter().map(|dot| Mark {
            at: map.screen_from_image(dot.point_in_image),
            number: Some(dot.number),
            named: Vec::new(),
            proposed: None,
        });
        Self { marks: marks.collect(), ..Self::default() }
    }

    /// Dots, labels and bones of a view.
    pub(super) fn of_labels(session: &Session, view: &FrameView, camera: CameraId, map: &PaneMap) -> Self {
        let mut scene = Self::of_dots(view, camera, map);
        let mut mark_of: Vec<Option<usize>> = vec![None; session.skeleton.len()];
        if camera.index() >= view.labels.camera_count() || view.labels.keypoint_count() != mark_of.len() {
            return scene;
        }
        // Labels on dots come first, so that a free label can share a dot's pill but never lends it its look.
        for on_dots in [true, false] {
            for keypoint in session.skeleton.ids() {
                let Some(label) = view.labels.get(camera, keypoint) else { continue };
                let named = Named { keypoint, is_human: label.is_human() };
                let index = match label.placement {
                    Placement::Centroid { number, point_in_image } if on_dots => {
                        scene.dot(number, map.screen_from_image(point_in_image))
                    }
                    Placement::Free { point_in_image } if !on_dots => scene.free(map.screen_from_image(point_in_image)),
                    _ => continue,
                };
                scene.marks[index].named.push(named);
                mark_of[keypoint.index()] = Some(index);
            }
        }
        for bone in &session.skeleton.bones {
            if let [Some(from), Some(to)] = bone.map(|keypoint| mark_of[keypoint.index()]) {
                scene.bones.push((from, to, *bone));
            }
        }
        scene
    }

    /// Adds what is proposed for free dots, and where the selected keypoint should be.
    pub(super) fn add_help(
        &mut self,
        proposals: &[Proposal],
        assist: &KeypointAssist,
        camera: CameraId,
        map: &PaneMap,
    ) {
        let selected = assist.keypoint;
        let here = proposals.iter().filter(|proposal| proposal.camera == camera);
        for proposal in here {
            let Some(number) = proposal.placement.number() else { continue };
            let is_selected = proposal.keypoint == selected;
            let free = |mark: &&mut Mark| {
                mark.number == Some(number) && mark.named.is_empty() && (mark.proposed.is_none() || is_selected)
            };
            if let Some(mark) = self.marks.iter_mut().find(free) {
                let distance_px = proposal.distance_px.filter(|_| is_selected);
                mark.proposed = Some(Proposed { keypoint: proposal.keypoint, distance_px });
            }
        }
        let Some(view) = assist.views.iter().find(|view| view.camera == camera) else { return };
        let is_labelled = self.marks.iter().any(|mark| mark.is(selected));
        if !is_labelled {
            let on_screen =
                |points: &[crate::model::Point2]| points.iter().map(|at| map.screen_from_image(*at)).collect();
            self.curves = view.curves.iter().map(|curve| on_screen(&curve.points_in_image)).collect();
        }
        let ghost = view.ghost.filter(|ghost| ghost.is_inside).map(|ghost| map.screen_from_image(ghost.point_in_image));
        let is_it = |mark: &Mark| mark.is(selected) || mark.proposed.is_some_and(|found| found.keypoint == selected);
        self.ghost =
            ghost.filter(|ghost| !self.marks.iter().any(|mark| is_it(mark) && mark.at.distance(*ghost) < GHOST_APART));
    }

    fn dot(&mut self, number: CentroidNumber, at: Pos2) -> usize {
        let found = self.marks.iter().position(|mark| mark.number == Some(number));
        found.unwrap_or_else(|| self.push(Mark { at, number: Some(number), named: Vec::new(), proposed: None }))
    }

    fn free(&mut self, at: Pos2) -> usize {
        let found = self.marks.iter().position(|mark| !mark.named.is_empty() && mark.at.distance(at) < SAME_PLACE);
        found.unwrap_or_else(|| self.push(Mark { at, number: None, named: Vec::new(), proposed: None }))
    }

    fn push(&mut self, mark: Mark) -> usize {
        self.marks.push(mark);
        self.marks.len() - 1
    }

    /// The mark that the pointer is at: the nearest within reach, dots before free labels at the same distance.
    pub(super) fn nearest(&self, pointer: Pos2) -> Option<&Mark> {
        let near = self.marks.iter().filter(|mark| mark.at.distance(pointer) <= REACH);
        near.min_by(|one, other| one.at.distance(pointer).total_cmp(&other.at.distance(pointer)))
    }
}

#[cfg(test)]
mod tests {
    use egui::pos2;

    use super::*;

    fn mark(x: f32, number: Option<u16>) -> Mark {
        Mark { at: pos2(x, 100.0), number: number.map(CentroidNumber), named: Vec::new(), proposed: None }
    }

    #[test]
    fn the_nearest_mark_within_reach_is_meant() {
        let scene =
            Scene { marks: vec![mark(100.0, Some(1)), mark(120.0, Some(2)), mark(121.0, None)], ..Scene::default() };
        let number = |x: f32| scene.nearest(pos2(x, 100.0)).map(|mark| mark.number);
        assert_eq!(number(85.0), None, "out of reach");
        assert_eq!(number(86.0), Some(Some(CentroidNumber(1))));
        assert_eq!(number(111.0), Some(Some(CentroidNumber(2))));
        assert_eq!(number(122.0), Some(None));
        assert!(Scene::default().nearest(pos2(0.0, 0.0)).is_none());
    }

    #[test]
    fn a_free_label_shares_the_pill_of_the_label_below_it() {
        let mut scene = Scene { marks: vec![mark(100.0, Some(8)), mark(140.0, Some(9))], ..Scene::default() };
        scene.marks[0].named.push(Named { keypoint: KeypointId(7), is_human: false });
        assert_eq!(scene.free(pos2(102.0, 101.0)), 0);
        assert_eq!(scene.free(pos2(110.0, 100.0)), 2, "too far");
        assert_eq!(scene.free(pos2(141.0, 100.0)), 3, "a free dot keeps its own number and may be taken");
        assert_eq!(scene.dot(CentroidNumber(9), pos2(0.0, 0.0)), 1);
    }
}
