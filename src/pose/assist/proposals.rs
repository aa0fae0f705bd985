//! Which dot a keypoint is in the views that nobody has labelled yet, once two views say where it is in 3D.
//!
//! All keypoints are decided together, view by view, by optimal assignment, so that two of them never propose the same dot.
//! A proposed dot within τ joins the point, which then proposes anew: a point of two views that hardly cross is vague, and a
//! third view sharpens it. Where no dot fits, the proposal is "not visible".

use crate::geometry::{self, Rig};
use crate::model::{CameraId, Centroid, CentroidNumber, FrameLabels, KeypointId, Placement, Point2, Point3, ViewSet};

use super::super::assignment::assign;
use super::anchor::anchor;
use super::faint::FaintLimit;

/// A frame as it is labelled so far.
#[derive(Clone, Copy, Debug)]
pub struct LabelledFrame<'a> {
    /// The calibrated cameras.
    pub rig: &'a Rig,
    /// The dots by camera.
    pub centroids: &'a [Vec<Centroid>],
    /// The labels.
    pub labels: &'a FrameLabels,
    /// τ_reproj at the images' own width, px.
    pub tau_px: f64,
}

/// What a keypoint could be in a view, for a person to accept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Proposal {
    /// The view.
    pub camera: CameraId,
    /// The keypoint.
    pub keypoint: KeypointId,
    /// The dot, or that it cannot be seen.
    pub placement: Placement,
    /// Distance of the dot from where the point appears; absent where no dot is proposed, or by the shape alone.
    pub distance_px: Option<f64>,
    /// How much worse the second-best answer is, nats, where the animal's shape was asked.
    pub margin: Option<f32>,
    /// Why.
    pub reason: ProposalReason,
}

/// Why something is proposed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ProposalReason {
    /// This dot is where the other views say.
    Fits,
    /// No free dot is near enough.
    NoDot,
    /// The point lies outside this view's picture.
    OutsidePicture,
    /// A dot fits, but it is so faint that most people call the keypoint hidden.
    OnlyFaint {
        /// The faint dot.
        number: CentroidNumber,
        /// Its place.
        point_in_image: Point2,
    },
    /// Another frame's labels lead here.
    CarriedOver,
}

impl Proposal {
    /// The proposal for people who label faint dots too: the faint dot instead of "not visible", where there is one.
    #[must_use]
    pub fn with_faint_dot(self) -> Self {
        match self.reason {
            ProposalReason::OnlyFaint { number, point_in_image } => {
                Self { placement: Placement::Centroid { number, point_in_image }, ..self }
            }
            _ => self,
        }
    }
}

/// Of τ, how far a dot may be from where a vague point appears.
const FARTHEST: f64 = 2.0;
/// τ is about so many deviations of a dot's place.
const TAU_IN_DEVIATIONS: f64 = 5.0;
/// "Not visible" costs this share of what the farthest dot costs.
const NONE_SHARE: f64 = 0.8;
/// The points and the dots choose one another until nothing changes, at most so often.
const ROUNDS: usize = 5;

/// A keypoint whose place in 3D is known.
struct Known {
    keypoint: KeypointId,
    /// By camera: what counts as labelled.
    points: Vec<Option<Point2>>,
    /// The views to decide.
    open: ViewSet,
    /// The point of the labelled views.
    start: geometry::Triangulation,
    /// The point, proposals included.
    now: geometry::Triangulation,
    /// By camera: the dot proposed, by position.
    chosen: Vec<Option<usize>>,
    /// Keypoints that machines put where people put this one: their dots are this one's.
    rivals: Vec<KeypointId>,
}

/// Proposals for every keypoint that two views or more agree on, in the views that have no label of it, and in those whose
/// machine label contradicts what people said in two others. By keypoint, then camera.
pub fn frame_proposals(frame: &LabelledFrame<'_>) -> Vec<Proposal> {
    let mut known: Vec<Known> = keypoints(frame.labels).filter_map(|keypoint| Known::of(frame, keypoint)).collect();
    // Where people say that a machine took one keypoint for another, that other one's place is worth nothing.
    let rivals: Vec<KeypointId> = known.iter().flat_map(|known| known.rivals.iter().copied()).collect();
    known.retain(|known| !rivals.contains(&known.keypoint));
    for _ in 0..ROUNDS {
        let before: Vec<_> = known.iter().map(|known| known.chosen.clone()).collect();
        for camera in frame.rig.ids() {
            choose(frame, &mut known, camera);
        }
        known.iter_mut().for_each(|known| known.refit(frame));
        if known.iter().zip(&before).all(|(known, before)| known.chosen == *before) {
            break;
        }
    }
    let faint = FaintLimit::of(frame.labelled_dots());
    known.iter().flat_map(|known| known.open.iter().filter_map(|camera| known.proposal(frame, faint, camera))).collect()
}

impl<'a> LabelledFrame<'a> {
    /// The dots of a view.
    pub(super) fn dots(&self, camera: CameraId) -> &'a [Centroid] {
        self.centroids.get(camera.index()).map_or(&[][..], Vec::as_slice)
    }

    /// The dots that are a keypoint.
    pub(super) fn labelled_dots(&self) -> impl Iterator<Item = &'a Centroid> {
        let frame = *self;
        self.labels.iter().filter_map(move |(camera, _, label)| {
            let number = label.placement.number()?;
            frame.dots(camera).iter().find(|dot| dot.number == number)
        })
    }
}

fn keypoints(labels: &FrameLabels) -> impl Iterator<Item = KeypointId> + use<> {
    (0..labels.keypoint_count() as u8).map(KeypointId)
}

/// Of τ, what two views alone may be apart without any other view that bears them out: right pairs are far below.
const ALONE_SHARE: f64 = 0.5;

/// The point of a keypoint's labels. `None` also where two views alone make it, hardly agree, and no other view has a dot
/// where it should be: two wrong dots look like that, and "not visible" in all other views would be proposed of them.
pub(super) fn trusted_point(frame: &LabelledFrame<'_>, keypoint: KeypointId) -> Option<geometry::Triangulation> {
    let found = anchor(frame.rig, frame.labels, keypoint, frame.tau_px)?.found;
    let apart_px = found.inliers.iter().map(|camera| found.residuals_px[camera.index()]).fold(0.0, f64::max);
    if found.inliers.len() > 2 || apart_px <= ALONE_SHARE * frame.tau_px {
        return Some(found);
    }
    let is_near = |camera: CameraId| {
        let ghost = frame.rig.camera(camera).project(found.position_in_world);
        let near = |ghost: Point2| {
            frame.dots(camera).iter().any(|dot| (dot.point_in_image - ghost).norm() <= FARTHEST * frame.tau_px)
        };
        ghost.is_some_and(near)
    };
    frame.rig.ids().filter(|camera| !found.inliers.contains(*camera)).any(is_near).then_some(found)
}

impl Known {
    fn of(frame: &LabelledFrame<'_>, keypoint: KeypointId) -> Option<Self> {
        let start = trusted_point(frame, keypoint)?;
        let mut points = frame.labels.views_of(keypoint);
        let people = |camera: CameraId| {
            let label = frame.labels.get(camera, keypoint);
            label.is_some_and(|label| label.is_human() && start.inliers.contains(camera))
        };
        let is_by_people = frame.rig.ids().filter(|camera| people(*camera)).count() >= 2;
        let is_open = |camera: &CameraId| match frame.labels.get(*camera, keypoint) {
            None => true,
            Some(label) => is_by_people && !label.is_human() && !start.inliers.contains(*camera),
        };
        let open: ViewSet = frame.rig.ids().filter(is_open).collect();
        open.iter().for_each(|camera| points[camera.index()] = None);
        let chosen = vec![None; frame.rig.len()];
        let mut rivals: Vec<KeypointId> = keypoints(frame.labels).filter(|other| *other != keypoint).collect();
        rivals.retain(|rival| is_by_people && is_rival(frame, *rival, start.position_in_world));
        (!open.is_empty()).then_some(Self { keypoint, points, open, start, now: start, chosen, rivals })
    }

    /// How far a dot may be from the point's projection, px: more where the point is vague.
    fn gate_px(&self, frame: &LabelledFrame<'_>, camera: CameraId) -> f64 {
        let sigma_px = frame.tau_px / TAU_IN_DEVIATIONS;
        let vague_px = deviation_px(frame.rig, camera, &self.now) * sigma_px;
        (3.0 * vague_px.hypot(sigma_px)).clamp(frame.tau_px, FARTHEST * frame.tau_px)
    }

    fn refit(&mut self, frame: &LabelledFrame<'_>) {
        let mut points = self.points.clone();
        for (point, (chosen, dots)) in points.iter_mut().zip(self.chosen.iter().zip(frame.centroids)) {
            if let Some(dot) = chosen.and_then(|dot| dots.get(dot)) {
                *point = Some(dot.point_in_image);
            }
        }
        let mut views = self.start.inliers;
        views = frame.rig.ids().filter(|camera| self.chosen[camera.index()].is_some()).fold(views, ViewSet::with);
        let position = self.now.position_in_world;
        while let Some(found) = geometry::refine(frame.rig, &points, views, position) {
            // A proposed dot that the others do not bear out is none of this keypoint's.
            let worst = views
                .iter()
                .filter(|camera| !self.start.inliers.contains(*camera))
                .max_by(|a, b| found.residuals_px[a.index()].total_cmp(&found.residuals_px[b.index()]))
                .filter(|camera| found.residuals_px[camera.index()] > frame.tau_px);
            match worst {
                Some(worst) => {
                    views = views.without(worst);
                    self.chosen[worst.index()] = None;
                }
                None => {
                    self.now = found;
                    break;
                }
            }
        }
    }

    fn proposal(&self, frame: &LabelledFrame<'_>, faint: FaintLimit, camera: CameraId) -> Option<Proposal> {
        let (keypoint, target) = (self.keypoint, frame.rig.camera(camera));
        let ghost = target.project(self.start.position_in_world);
        let dot = self.chosen[camera.index()].and_then(|dot| frame.dots(camera).get(dot));
        let proposal = |placement, distance_px, reason| {
            let stands = frame.labels.get(camera, keypoint).map(|label| label.placement);
            (stands != Some(placement)).then_some(Proposal {
                camera,
                keypoint,
                placement,
                distance_px,
                margin: None,
                reason,
            })
        };
        match dot {
            Some(dot) if faint.is_faint(dot) => proposal(Placement::Absent, None, faint_dot(dot)),
            Some(dot) => {
                let point_in_image = dot.point_in_image;
                let placement = Placement::Centroid { number: dot.number, point_in_image };
                let distance_px = ghost.map(|ghost| (ghost - point_in_image).norm());
                proposal(placement, distance_px, ProposalReason::Fits)
            }
            None if ghost.is_some_and(|ghost| target.sees(ghost)) => {
                proposal(Placement::Absent, None, ProposalReason::NoDot)
            }
            None => proposal(Placement::Absent, None, ProposalReason::OutsidePicture),
        }
    }
}

/// The reason that names a faint dot.
pub(super) fn faint_dot(dot: &Centroid) -> ProposalReason {
    ProposalReason::OnlyFaint { number: dot.number, point_in_image: dot.point_in_image }
}

/// Whether machines alone put a keypoint at a place: no view tells the two apart.
fn is_rival(frame: &LabelledFrame<'_>, keypoint: KeypointId, place: Point3) -> bool {
    let Some(theirs) = anchor(frame.rig, frame.labels, keypoint, frame.tau_px) else { return false };
    let by_people = |camera: CameraId| frame.labels.get(camera, keypoint).is_some_and(|label| label.is_human());
    let is_near = |camera: CameraId| {
        let camera = frame.rig.camera(camera);
        let both = camera.project(place).zip(camera.project(theirs.found.position_in_world));
        both.is_none_or(|(one, other)| (one - other).norm() < frame.tau_px)
    };
    !theirs.found.inliers.iter().any(by_people) && frame.rig.ids().all(is_near)
}

/// How far the projection of a point moves for noise of 1 px in the views that made it, px.
pub(super) fn deviation_px(rig: &Rig, camera: CameraId, found: &geometry::Triangulation) -> f64 {
    let Some((_, jacobian)) = rig.camera(camera).project_with_jacobian(found.position_in_world) else { return 0.0 };
    let spread = jacobian * found.covariance * jacobian.transpose();
    let largest = 0.5 * spread.trace() + (0.25 * (spread.m11 - spread.m22).powi(2) + spread.m12.powi(2)).sqrt();
    largest.max(0.0).sqrt()
}

/// One view: every keypoint that is to be decided there chooses its dot, all at once.
fn choose(frame: &LabelledFrame<'_>, known: &mut [Known], camera: CameraId) {
    let dots = frame.dots(camera);
    let rows: Vec<usize> = (0..known.len()).filter(|index| known[*index].open.contains(camera)).collect();
    if rows.is_empty() {
        return;
    }
    let is_free = |dot: &Centroid, candidate: &Known| match frame.labels.holder_of(camera, dot.number) {
        None => true,
        Some(holder) => {
            // A machine's label that is itself to be decided anew holds nothing.
            let is_open = known.iter().any(|known| known.keypoint == holder && known.open.contains(camera));
            let is_human = || frame.labels.get(camera, holder).is_some_and(|label| label.is_human());
            is_open || (candidate.rivals.contains(&holder) && !is_human())
        }
    };
    let farthest = (FARTHEST * frame.tau_px).powi(2);
    let columns = dots.len() + rows.len();
    let mut cost = vec![2.0 * farthest; rows.len() * columns];
    for (row, index) in rows.iter().enumerate() {
        let candidate = &known[*index];
        let gate_px = candidate.gate_px(frame, camera);
        cost[row * columns + dots.len() + row] = NONE_SHARE * gate_px * gate_px;
        let Some(ghost) = frame.rig.camera(camera).project(candidate.now.position_in_world) else { continue };
        for (column, dot) in dots.iter().enumerate().filter(|(_, dot)| is_free(dot, candidate)) {
            let squared = (ghost - dot.point_in_image).norm_squared();
            if squared <= gate_px * gate_px {
                cost[row * columns + column] = squared.min(NONE_SHARE * gate_px * gate_px * 0.99);
            }
        }
    }
    let chosen = assign(&cost, rows.len(), columns).column_of;
    for (index, column) in rows.iter().zip(chosen) {
        known[*index].chosen[camera.index()] = (column < dots.len()).then_some(column);
    }
}
