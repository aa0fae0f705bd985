//! Which click helps most: a keypoint that is half known first, then those that nobody has labelled.
//!
//! The first click of a keypoint goes where most dots are still free to choose from, the second where the rays cross well
//! and one dot alone lies beside the curve. With two views a keypoint is a point, and the other views are proposals.

use crate::geometry::{Ray, Rig};
use crate::model::{CameraId, CentroidNumber, KeypointId, Skeleton, ViewSet};

use super::keypoint::curve;
use super::proposals::{LabelledFrame, trusted_point};

/// The next best click.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextClick {
    /// The keypoint to label.
    pub keypoint: KeypointId,
    /// The view to click in.
    pub camera: CameraId,
    /// The dot that it must be there, where only one can be.
    pub number: Option<CentroidNumber>,
    /// Why, in one sentence.
    pub reason: String,
}

/// The keypoint and view whose labelling helps most; `None` where every keypoint is a point, or cannot be one: what is left
/// are proposals. `selected` is the keypoint that the person is at: it comes first while it lacks a view.
pub fn next_best_click(
    frame: &LabelledFrame<'_>,
    skeleton: &Skeleton,
    selected: Option<KeypointId>,
) -> Option<NextClick> {
    let wanting = |keypoint: &KeypointId| !open_views(frame, *keypoint).is_empty() && !is_known(frame, *keypoint);
    let half = |keypoint: &KeypointId| !seen_views(frame, *keypoint).is_empty();
    let all = || skeleton.ids().filter(wanting);
    let keypoint = selected.filter(wanting).or_else(|| all().find(half)).or_else(|| all().next())?;
    let name = skeleton.name_of(keypoint);
    match seen_views(frame, keypoint).len() {
        0 => first_click(frame, keypoint, name),
        1 => second_click(frame, keypoint, name),
        _ => {
            let click = second_click(frame, keypoint, name)?;
            Some(NextClick { reason: format!("The views of {name} do not agree; another one decides."), ..click })
        }
    }
}

/// Whether two views agree on a keypoint, and nothing speaks against them.
fn is_known(frame: &LabelledFrame<'_>, keypoint: KeypointId) -> bool {
    trusted_point(frame, keypoint).is_some()
}

fn open_views(frame: &LabelledFrame<'_>, keypoint: KeypointId) -> ViewSet {
    frame.rig.ids().filter(|camera| frame.labels.get(*camera, keypoint).is_none()).collect()
}

fn seen_views(frame: &LabelledFrame<'_>, keypoint: KeypointId) -> ViewSet {
    frame.rig.ids().filter(|camera| frame.labels.point_in_image(*camera, keypoint).is_some()).collect()
}

fn free_dots(frame: &LabelledFrame<'_>, camera: CameraId) -> usize {
    let dots = frame.dots(camera);
    dots.iter().filter(|dot| frame.labels.holder_of(camera, dot.number).is_none()).count()
}

fn first_click(frame: &LabelledFrame<'_>, keypoint: KeypointId, name: &str) -> Option<NextClick> {
    let open = open_views(frame, keypoint);
    let most = open.iter().map(|camera| free_dots(frame, camera)).max()?;
    let camera = open.iter().find(|camera| free_dots(frame, *camera) == most)?;
    let reason = format!("No view shows {name} yet; {} has the most free dots.", frame.rig.camera(camera).name());
    Some(NextClick { keypoint, camera, number: None, reason })
}

fn second_click(frame: &LabelledFrame<'_>, keypoint: KeypointId, name: &str) -> Option<NextClick> {
    let seen = seen_views(frame, keypoint);
    let from = seen.iter().next()?;
    let point = frame.labels.point_in_image(from, keypoint)?;
    let mut choices = Vec::new();
    for camera in open_views(frame, keypoint).iter() {
        let near = curve(frame, from, point, camera).near;
        let across = near.first().map_or(0.0, |(number, _)| {
            let dot = frame.dots(camera).iter().find(|dot| dot.number == *number);
            let rays = frame.rig.camera(from).ray(point).zip(dot.and_then(|dot| ray_of(frame.rig, camera, dot)));
            rays.map_or(0.0, |(a, b)| a.direction.cross(&b.direction).norm())
        });
        // One dot beside the curve is sure, several are a choice, none says that the view does not show it.
        let doubt = match near.len() {
            1 => 0.0,
            0 => 3.0,
            count => 0.3 * (count as f64 - 1.0).min(5.0),
        };
        choices.push((doubt - across, camera, near));
    }
    choices.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (_, camera, near) = choices.into_iter().next()?;
    let there = frame.rig.camera(camera).name();
    let (number, reason) = match near[..] {
        [(number, _)] => (Some(number), format!("In {there} one dot alone fits {name}, and the rays cross well.")),
        [] => (None, format!("One more view makes {name} a point; no dot of {there} fits yet.")),
        _ => (None, format!("One more view makes {name} a point; {} dots fit in {there}.", near.len())),
    };
    Some(NextClick { keypoint, camera, number, reason })
}

fn ray_of(rig: &Rig, camera: CameraId, dot: &crate::model::Centroid) -> Option<Ray> {
    rig.camera(camera).ray(dot.point_in_image)
}
