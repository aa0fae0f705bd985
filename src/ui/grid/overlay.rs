//! Paints a [`Scene`]: curves and bones below, then rings and markers, then pills; what is selected and hovered on top.

use egui::{Painter, Pos2, Rect};

use super::scene::{Mark, Scene};
use crate::model::{CameraId, CentroidNumber, KeypointId};
use crate::ui::ctx::Hover;
use crate::ui::marks::{self, MarkerState};
use crate::ui::pills::{PillCache, PillLook, PillRequest, paint_pill, pill_size, pill_text, place_alone};
use crate::ui::theme::SkeletonLook;

/// How a scene is shown.
pub(super) struct Show<'a> {
    /// The view.
    pub camera: CameraId,
    /// How keypoints look.
    pub look: &'a SkeletonLook,
    /// The keypoint that is worked on; none where labels are not shown.
    pub selected: Option<KeypointId>,
    /// What the pointer is over, anywhere.
    pub hover: Hover,
    /// Whether human labels are marked.
    pub marks_human: bool,
    /// Whether there is room for pills.
    pub with_pills: bool,
}

impl Show<'_> {
    fn is_hovered(&self, mark: &Mark) -> bool {
        let here = self.hover.camera == Some(self.camera) && self.hover.dot.is_some() && self.hover.dot == mark.number;
        here || self.hover.keypoint.is_some_and(|keypoint| mark.is(keypoint) || is_proposed(mark, keypoint))
    }

    fn is_selected(&self, mark: &Mark) -> bool {
        self.selected.is_some_and(|keypoint| mark.is(keypoint))
    }
}

fn is_proposed(mark: &Mark, keypoint: KeypointId) -> bool {
    mark.proposed.is_some_and(|proposed| proposed.keypoint == keypoint)
}

/// Paints everything inside `bounds`, the picture's place on screen.
pub(super) fn paint(painter: &Painter, scene: &Scene, show: &Show<'_>, pills: &mut PillCache, bounds: Rect) {
    for curve in &scene.curves {
        inside(curve, bounds.expand(8.0)).iter().for_each(|part| marks::epipolar_curve(painter, part));
    }
    for (from, to, ends) in &scene.bones {
        let (from, to) = (scene.marks[*from].at, scene.marks[*to].at);
        let near = bounds.expand(bounds.size().max_elem());
        if near.contains(from) && near.contains(to) {
            marks::bone(painter, from, to, bone_look(show.look, *ends));
        }
    }
    let is_seen = |mark: &&Mark| bounds.expand(20.0).contains(mark.at);
    // The ring round the selected one lies under its neighbours' markers.
    for is_selected in [true, false] {
        for mark in scene.marks.iter().filter(is_seen).filter(|mark| show.is_selected(mark) == is_selected) {
            paint_mark(painter, mark, show);
        }
    }
    if let (Some(ghost), Some(keypoint)) = (scene.ghost, show.selected) {
        let state =
            MarkerState { ghost: true, hovered: show.hover.keypoint == Some(keypoint), ..MarkerState::default() };
        let region = &show.look.keypoint(keypoint).region;
        marks::marker(painter, ghost, region.shape, region.colour, state);
    }
    if show.with_pills {
        paint_pills(painter, scene, show, pills, bounds);
    }
}

/// The parts of a curve inside `bounds`: a curve that runs far out of the picture would be dashed all the way.
fn inside(curve: &[Pos2], bounds: Rect) -> Vec<Vec<Pos2>> {
    let mut parts: Vec<Vec<Pos2>> = Vec::new();
    for pair in curve.windows(2) {
        let Some([from, to]) = clipped([pair[0], pair[1]], bounds) else { continue };
        match parts.last_mut().filter(|part| part.last() == Some(&from)) {
            Some(part) => part.push(to),
            None => parts.push(vec![from, to]),
        }
    }
    parts
}

/// The part of a segment inside `bounds`.
fn clipped([from, to]: [Pos2; 2], bounds: Rect) -> Option<[Pos2; 2]> {
    let along = to - from;
    let (mut enter, mut leave) = (0.0_f32, 1.0_f32);
    let edges = [
        (along.x, bounds.left() - from.x, bounds.right() - from.x),
        (along.y, bounds.top() - from.y, bounds.bottom() - from.y),
    ];
    for (step, low, high) in edges {
        if step == 0.0 {
            if low > 0.0 || high < 0.0 {
                return None;
            }
            continue;
        }
        let (first, last) = if step > 0.0 { (low / step, high / step) } else { (high / step, low / step) };
        enter = enter.max(first);
        leave = leave.min(last);
    }
    let at = |share: f32| if share == 1.0 { to } else { from + along * share };
    (enter <= leave).then(|| [at(enter), at(leave)])
}

/// A bone has the colour of the end that lies farther from the head: the later region of the skeleton.
fn bone_look(look: &SkeletonLook, [one, other]: [KeypointId; 2]) -> egui::Color32 {
    look.keypoint(one.max(other)).on_image()
}

fn paint_mark(painter: &Painter, mark: &Mark, show: &Show<'_>) {
    let hovered = show.is_hovered(mark);
    if let Some(keypoint) = mark.keypoint() {
        // The selected keypoint gives the look where two share a place.
        let keypoint = show.selected.filter(|selected| mark.is(*selected)).unwrap_or(keypoint);
        let region = &show.look.keypoint(keypoint).region;
        let state = MarkerState { selected: show.is_selected(mark), hovered, ..MarkerState::default() };
        marks::marker(painter, mark.at, region.shape, region.colour, state);
    } else if let Some(proposed) = mark.proposed {
        let region = &show.look.keypoint(proposed.keypoint).region;
        let state = MarkerState { proposed: true, hovered, ..MarkerState::default() };
        marks::marker(painter, mark.at, region.shape, region.colour, state);
    } else {
        marks::free_dot(painter, mark.at, hovered);
    }
}

/// What a mark's pill says and how.
fn pill_of(mark: &Mark, show: &Show<'_>) -> (String, PillLook) {
    let number = mark.number.map(|CentroidNumber(number)| number);
    if let Some(first) = mark.keypoint() {
        let codes: Vec<&str> =
            mark.named.iter().map(|named| show.look.keypoint(named.keypoint).code.as_str()).collect();
        let keypoint = show.look.keypoint(first);
        let look = PillLook {
            colour: keypoint.on_image(),
            is_solid: keypoint.side.is_solid(),
            is_selected: show.is_selected(mark),
            is_proposed: false,
            is_by_human: show.marks_human && mark.named.iter().any(|named| named.is_human),
        };
        return (pill_text(number, &codes, None), look);
    }
    if let Some(proposed) = mark.proposed {
        let keypoint = show.look.keypoint(proposed.keypoint);
        let colour = keypoint.on_image();
        let look = PillLook { colour, is_solid: keypoint.side.is_solid(), is_proposed: true, ..PillLook::free() };
        let text = match proposed.distance_px {
            Some(distance_px) => pill_text(number, &[&keypoint.code], Some(distance_px)),
            None => pill_text(number, &[&format!("{}?", keypoint.code)], None),
        };
        return (text, look);
    }
    (pill_text(number, &[], None), PillLook::free())
}

/// The same from frame to frame: the keypoint, or the number of a free dot.
fn pill_key(mark: &Mark) -> u64 {
    match (mark.keypoint(), mark.number) {
        (Some(keypoint), _) => u64::from(keypoint.0),
        (None, Some(number)) => 1_000 + u64::from(number.0),
        (None, None) => 0,
    }
}

fn paint_pills(painter: &Painter, scene: &Scene, show: &Show<'_>, cache: &mut PillCache, bounds: Rect) {
    let dots: Vec<Pos2> = scene.marks.iter().map(|mark| mark.at).collect();
    let words: Vec<(String, PillLook)> = scene.marks.iter().map(|mark| pill_of(mark, show)).collect();
    let requests: Vec<PillRequest> = scene
        .marks
        .iter()
        .zip(&words)
        .enumerate()
        .map(|(owner, (mark, (text, look)))| PillRequest {
            key: pill_key(mark),
            owner,
            size: pill_size(painter, text, look),
            priority: match (look.is_selected || look.is_proposed, mark.named.is_empty()) {
                (true, _) => 3,
                (false, false) => 2,
                (false, true) => 1,
            },
            previous: None,
        })
        .collect();
    let bounds = bounds.shrink(2.0);
    let places = cache.layout(&dots, &requests, bounds);
    // What is selected lies over the rest, and what is under the pointer over everything.
    for layer in 0..3 {
        for (index, mark) in scene.marks.iter().enumerate() {
            let (text, look) = &words[index];
            let hovered = show.is_hovered(mark);
            let own = if hovered { 2 } else { usize::from(look.is_selected || look.is_proposed) };
            if own != layer {
                continue;
            }
            let place = match places.get(index).copied().flatten() {
                None if hovered => place_alone(&dots, &requests[index], bounds),
                place => place,
            };
            if let Some(place) = place {
                paint_pill(painter, &place, text, look);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use egui::pos2;

    use super::*;

    #[test]
    fn curves_are_cut_to_the_picture() {
        let bounds = Rect::from_min_max(pos2(0.0, 0.0), pos2(100.0, 100.0));
        let through = inside(&[pos2(-5000.0, 50.0), pos2(50.0, 50.0), pos2(9000.0, 50.0)], bounds);
        assert_eq!(through, [vec![pos2(0.0, 50.0), pos2(50.0, 50.0), pos2(100.0, 50.0)]]);
        let twice = inside(&[pos2(10.0, 50.0), pos2(10.0, 300.0), pos2(60.0, 300.0), pos2(60.0, 20.0)], bounds);
        assert_eq!(twice.len(), 2);
        assert!(inside(&[pos2(-10.0, 50.0), pos2(5.0, -60.0)], bounds).is_empty());
        assert!(inside(&[pos2(-5.0, 0.0), pos2(-5.0, 90.0)], bounds).is_empty());
    }
}
