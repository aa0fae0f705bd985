//! What else the labels of a keypoint could be: another dot, none, exchanged with its mirror or with the keypoint that holds
//! the fitting dot, each with what it would cost.
//!
//! The cost is stage 4's: Σ min(e², τ²) over the labelled views of every keypoint that an alternative touches, in px², where
//! "not visible" costs 0.8 τ² if a free dot fits there, and a view that agrees with no other costs τ². A mirror exchanged in
//! all views costs the same in every picture; there the animal's shape decides, whose penalty is kept apart, in nats.

use crate::geometry;
use crate::model::{CameraId, FrameLabels, KeypointId, Label, Placement, Point3, Provenance, Skeleton, Source};

use super::super::joint::shape::ShapeModel;
use super::anchor::anchor;
use super::proposals::LabelledFrame;

/// One thing that the labels could be, or that they stay as they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothesis {
    /// What to place where; without a placement the label is taken away. Empty for "keep as it is".
    pub placements: Vec<(CameraId, KeypointId, Option<Placement>)>,
    /// What it is, in one sentence.
    pub words: String,
    /// The truncated cost of the keypoints touched as they are labelled now, px².
    pub cost_before: f64,
    /// The same afterwards, px².
    pub cost_after: f64,
    /// What the animal's shape says now and afterwards, nats; absent where no shape is known.
    pub strain: Option<[f64; 2]>,
    /// The largest residual of the keypoints touched afterwards, px.
    pub residual_after_px: Option<f64>,
}

impl Hypothesis {
    /// Whether it changes nothing.
    pub fn is_keep(&self) -> bool {
        self.placements.is_empty()
    }

    /// How much better it is than the labels as they are, px²: what it saves in pictures, and in shape at the usual noise.
    pub fn gain(&self, tau_px: f64) -> f64 {
        let per_nat = 2.0 * (tau_px / TAU_IN_DEVIATIONS).powi(2);
        let shape = self.strain.map_or(0.0, |[before, after]| before - after);
        self.cost_before - self.cost_after + per_nat * shape
    }
}

/// "Not visible" costs this share of τ² where a free dot fits.
const NONE_SHARE: f64 = 0.8;
/// τ is about so many deviations of a dot's place.
const TAU_IN_DEVIATIONS: f64 = 5.0;
/// How many alternatives are told, "keep as it is" included.
const MOST: usize = 5;
/// Dots of one view that are tried.
const DOTS_EACH: usize = 3;
/// Dots are tried within so many τ of where the point appears.
const REACH: f64 = 4.0;

/// A change of labels before it is priced.
struct Change {
    placements: Vec<(CameraId, KeypointId, Option<Placement>)>,
    words: String,
}

/// The best alternatives for a keypoint, best first, "keep as it is" among them; a handful. `shape` is what the seeds say.
pub fn hypotheses(
    frame: &LabelledFrame<'_>,
    skeleton: &Skeleton,
    shape: Option<&ShapeModel>,
    keypoint: KeypointId,
) -> Vec<Hypothesis> {
    let bench = Bench { frame, skeleton, shape, keypoint };
    let mut changes = vec![Change { placements: Vec::new(), words: "Keep as it is".to_owned() }];
    for camera in frame.rig.ids() {
        changes.extend(bench.in_view(camera));
    }
    changes.extend(bench.mirrored());
    changes.extend(bench.best_everywhere());
    let mut priced: Vec<Hypothesis> = Vec::new();
    for change in changes {
        let hypothesis = bench.price(change);
        if !priced.iter().any(|known| known.placements == hypothesis.placements) {
            priced.push(hypothesis);
        }
    }
    priced.sort_by(|a, b| b.gain(frame.tau_px).total_cmp(&a.gain(frame.tau_px)));
    let keep = priced.iter().position(Hypothesis::is_keep).unwrap_or(0);
    if keep >= MOST {
        let kept = priced.remove(keep);
        priced.insert(MOST - 1, kept);
    }
    priced.truncate(MOST);
    priced
}

struct Bench<'a> {
    frame: &'a LabelledFrame<'a>,
    skeleton: &'a Skeleton,
    shape: Option<&'a ShapeModel>,
    keypoint: KeypointId,
}

impl Bench<'_> {
    fn name(&self, keypoint: KeypointId) -> &str {
        self.skeleton.name_of(keypoint)
    }

    fn camera(&self, camera: CameraId) -> &str {
        self.frame.rig.camera(camera).name()
    }

    fn placement(&self, camera: CameraId, keypoint: KeypointId) -> Option<Placement> {
        self.frame.labels.get(camera, keypoint).map(|label| label.placement)
    }

    /// The point of all views but one.
    fn without(&self, camera: CameraId) -> Option<Point3> {
        let mut labels = self.frame.labels.clone();
        labels.take(camera, self.keypoint);
        Some(anchor(self.frame.rig, &labels, self.keypoint, self.frame.tau_px)?.found.position_in_world)
    }

    /// Other dots, none, and an exchange with the mirror, in one view.
    fn in_view(&self, camera: CameraId) -> Vec<Change> {
        let (keypoint, now) = (self.keypoint, self.placement(camera, self.keypoint));
        let mut changes = Vec::new();
        if now.is_some_and(|now| now != Placement::Absent) {
            let words = format!("{} is not visible in {}", self.name(keypoint), self.camera(camera));
            changes.push(Change { placements: vec![(camera, keypoint, Some(Placement::Absent))], words });
        }
        if let Some(mirror) = self.skeleton.keypoints[keypoint.index()].pair {
            changes.extend(self.exchange(mirror, &[camera], self.camera(camera)));
        }
        let Some(ghost) = self.without(camera).and_then(|point| self.frame.rig.camera(camera).project(point)) else {
            return changes;
        };
        let reach_px = REACH * self.frame.tau_px;
        let mut near: Vec<_> = self
            .frame
            .dots(camera)
            .iter()
            .map(|dot| ((dot.point_in_image - ghost).norm(), dot))
            .filter(|(px, dot)| *px <= reach_px && now.and_then(|now| now.number()) != Some(dot.number))
            .collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (_, dot) in near.into_iter().take(DOTS_EACH) {
            let placement = Placement::Centroid { number: dot.number, point_in_image: dot.point_in_image };
            match self.frame.labels.holder_of(camera, dot.number) {
                Some(holder) => {
                    changes.extend(self.exchange(holder, &[camera], self.camera(camera)));
                    let words = format!(
                        "Dot {} of {} is {}, and {} is not visible",
                        dot.number.0,
                        self.camera(camera),
                        self.name(keypoint),
                        self.name(holder)
                    );
                    let placements =
                        vec![(camera, holder, Some(Placement::Absent)), (camera, keypoint, Some(placement))];
                    changes.push(Change { placements, words });
                }
                None => {
                    let words = format!("Dot {} of {} is {}", dot.number.0, self.camera(camera), self.name(keypoint));
                    changes.push(Change { placements: vec![(camera, keypoint, Some(placement))], words });
                }
            }
        }
        changes
    }

    /// The keypoint and another one change places in some views.
    fn exchange(&self, other: KeypointId, cameras: &[CameraId], views: &str) -> Option<Change> {
        let mut placements = Vec::new();
        for camera in cameras {
            let (mine, theirs) = (self.placement(*camera, self.keypoint), self.placement(*camera, other));
            if mine != theirs {
                placements.push((*camera, self.keypoint, theirs));
                placements.push((*camera, other, mine));
            }
        }
        let mut names = [self.keypoint, other];
        if self.skeleton.pairs().contains(&[other, self.keypoint]) {
            names.reverse();
        }
        let words = format!("Swap {} and {} in {views}", self.name(names[0]), self.name(names[1]));
        (!placements.is_empty()).then_some(Change { placements, words })
    }

    /// The mirror in all views, and in those that do not agree with the others.
    fn mirrored(&self) -> Vec<Change> {
        let Some(mirror) = self.skeleton.keypoints[self.keypoint.index()].pair else { return Vec::new() };
        let all: Vec<CameraId> = self.frame.rig.ids().collect();
        let mut changes: Vec<Change> = self.exchange(mirror, &all, "all views").into_iter().collect();
        let found = anchor(self.frame.rig, self.frame.labels, self.keypoint, self.frame.tau_px);
        if let Some(agreeing) = found.map(|anchor| anchor.found.inliers) {
            let is_seen = |camera: &CameraId| self.frame.labels.point_in_image(*camera, self.keypoint).is_some();
            let others = all.into_iter().filter(|camera| is_seen(camera) && !agreeing.contains(*camera));
            let others: Vec<CameraId> = others.collect();
            let views: Vec<&str> = others.iter().map(|camera| self.camera(*camera)).collect();
            if others.len() > 1 {
                changes.extend(self.exchange(mirror, &others, &views.join(", ")));
            }
        }
        changes
    }

    /// The free dot nearest to the point, or none, in every view that does not fit: all at once.
    fn best_everywhere(&self) -> Option<Change> {
        let found = anchor(self.frame.rig, self.frame.labels, self.keypoint, self.frame.tau_px)?.found;
        let mut placements = Vec::new();
        for camera in self.frame.rig.ids().filter(|camera| !found.inliers.contains(*camera)) {
            let ghost = self.frame.rig.camera(camera).project(found.position_in_world);
            let free = self.frame.dots(camera).iter().filter(|dot| {
                let holder = self.frame.labels.holder_of(camera, dot.number);
                holder.is_none_or(|holder| holder == self.keypoint)
            });
            let near = free
                .filter_map(|dot| Some(((dot.point_in_image - ghost?).norm(), dot)))
                .filter(|(px, _)| *px <= self.frame.tau_px)
                .min_by(|a, b| a.0.total_cmp(&b.0));
            let placement = near.map_or(Placement::Absent, |(_, dot)| Placement::Centroid {
                number: dot.number,
                point_in_image: dot.point_in_image,
            });
            if self.placement(camera, self.keypoint) != Some(placement) {
                placements.push((camera, self.keypoint, Some(placement)));
            }
        }
        let views: Vec<&str> = placements.iter().map(|(camera, _, _)| self.camera(*camera)).collect();
        let words = format!("{} as the other views say in {}", self.name(self.keypoint), views.join(", "));
        (placements.len() > 1).then_some(Change { placements, words })
    }

    fn price(&self, change: Change) -> Hypothesis {
        let mut touched: Vec<KeypointId> = change.placements.iter().map(|(_, keypoint, _)| *keypoint).collect();
        touched.push(self.keypoint);
        touched.sort_unstable();
        touched.dedup();
        let labels = changed(self.frame.labels, &change.placements);
        let (mut cost_before, mut cost_after, mut worst) = (0.0, 0.0, f64::NAN);
        for keypoint in &touched {
            cost_before += self.cost(self.frame.labels, *keypoint).0;
            let (cost, residual_px) = self.cost(&labels, *keypoint);
            cost_after += cost;
            worst = worst.max(residual_px);
        }
        let strain = self.shape.map(|shape| [self.frame.labels, &labels].map(|labels| self.strain(shape, labels)));
        Hypothesis {
            placements: change.placements,
            words: change.words,
            cost_before,
            cost_after,
            strain,
            residual_after_px: worst.is_finite().then_some(worst),
        }
    }

    /// The truncated cost of a keypoint, px², and its largest residual, px.
    fn cost(&self, labels: &FrameLabels, keypoint: KeypointId) -> (f64, f64) {
        let squared = self.frame.tau_px * self.frame.tau_px;
        let points = labels.views_of(keypoint);
        let found = geometry::ransac(self.frame.rig, &points, self.frame.tau_px);
        let Some(found) = found else { return (squared * points.iter().flatten().count() as f64, f64::NAN) };
        let cost = self.frame.rig.ids().map(|camera| {
            let residual_px = found.residuals_px[camera.index()];
            if !residual_px.is_nan() {
                return (residual_px * residual_px).min(squared);
            }
            let ghost = self.frame.rig.camera(camera).project(found.position_in_world);
            let mut free = self.frame.dots(camera).iter().filter(|dot| labels.holder_of(camera, dot.number).is_none());
            let fits =
                ghost.is_some_and(|ghost| free.any(|dot| (dot.point_in_image - ghost).norm() < self.frame.tau_px));
            if fits { NONE_SHARE * squared } else { 0.0 }
        });
        (cost.sum(), found.largest_residual_px())
    }

    fn strain(&self, shape: &ShapeModel, labels: &FrameLabels) -> f64 {
        let point = |keypoint| {
            let found = geometry::ransac(self.frame.rig, &labels.views_of(keypoint), self.frame.tau_px)?;
            Some(found.position_in_world)
        };
        let positions: Vec<Option<Point3>> = self.skeleton.ids().map(point).collect();
        let strain = shape.strain(&positions);
        strain.distances + strain.places + strain.sides
    }
}

/// The labels after a change. What it places counts as nobody's word yet.
fn changed(labels: &FrameLabels, placements: &[(CameraId, KeypointId, Option<Placement>)]) -> FrameLabels {
    let mut labels = labels.clone();
    for (camera, keypoint, _) in placements {
        labels.take(*camera, *keypoint);
    }
    for (camera, keypoint, placement) in placements {
        if let Some(placement) = *placement {
            let provenance = Provenance { source: Source::Geometry, run: None, annotator: None, at_unix_ms: 0 };
            labels.place(*camera, *keypoint, Label { placement, provenance, margin: None });
        }
    }
    labels
}
