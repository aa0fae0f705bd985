//! Places in 3D that the dots of a frame support, made from scratch: every pair of views, every pair of dots whose rays
//! meet, completed by the dots of the other views. No identity, no memory.
//!
//! Energies are in nats and negative where a candidate is better explained as a point than as chance.

use std::collections::HashMap;

use nalgebra::{Matrix3, Vector3};

use super::evidence::{Dot, FrameEvidence, Lock, PinholeRig};
use crate::model::{Point3, ViewSet};

/// No dot of this view supports the candidate.
pub const NO_DOT: u8 = u8::MAX;

/// Dot positions by camera; [`NO_DOT`] where a view does not see the point.
pub type Support = [u8; ViewSet::CAPACITY];

/// A place that the dots of two views or more agree on.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The place.
    pub position: Point3,
    /// Its dots.
    pub support: Support,
    /// How many views support it.
    pub views: u8,
    /// Energy of its dots, nats.
    pub evidence: f32,
    /// What each supporting view adds to the evidence, nats, by camera.
    pub gains: [f32; ViewSet::CAPACITY],
}

/// How dots are matched and what they are worth.
#[derive(Clone, Debug, PartialEq)]
pub struct CandidateConfig {
    /// Largest residual of a supporting dot, px at 1024 px width (the paper's τ_reproj).
    pub tau_px: f64,
    /// Standard deviation of a dot's place, px at 1024 px width.
    pub sigma_px: f64,
    /// What one view's support is worth, nats: the odds of a detection against a stray at that very place.
    pub view_gain: f32,
    /// What a point must be worth before it is believed, nats; two perfect views then leave 2·gain − price.
    pub point_price: f32,
    /// How many candidates a frame may have.
    pub max_candidates: usize,
}

impl Default for CandidateConfig {
    fn default() -> Self {
        Self { tau_px: 3.0, sigma_px: 0.6, view_gain: 8.0, point_price: 10.0, max_candidates: 160 }
    }
}

/// Finds the candidates of a frame, best evidence first.
pub fn find(rig: &PinholeRig, evidence: &FrameEvidence, config: &CandidateConfig) -> Vec<Candidate> {
    let mut found: HashMap<Support, Candidate> = HashMap::new();
    for first in 0..rig.len() {
        for second in first + 1..rig.len() {
            meet(rig, evidence, config, [first, second], &mut found);
        }
    }
    let mut candidates: Vec<_> = found.into_values().collect();
    candidates.sort_by(|a, b| a.evidence.total_cmp(&b.evidence).then_with(|| a.support.cmp(&b.support)));
    let mut kept: Vec<Candidate> = Vec::new();
    for candidate in candidates {
        if kept.len() >= config.max_candidates {
            break;
        }
        if !kept.iter().any(|better| covers(&better.support, &candidate.support)) {
            kept.push(candidate);
        }
    }
    kept
}

/// Whether all dots of `part` are dots of `whole`.
fn covers(whole: &Support, part: &Support) -> bool {
    whole.iter().zip(part).all(|(whole, part)| *part == NO_DOT || whole == part)
}

/// Completes every meeting of rays of two views.
fn meet(
    rig: &PinholeRig,
    evidence: &FrameEvidence,
    config: &CandidateConfig,
    [first, second]: [usize; 2],
    found: &mut HashMap<Support, Candidate>,
) {
    let essential = essential(rig, first, second);
    let weight = 1.0 / (rig.focal_px[first] / rig.scale[first]).powi(2);
    let other_weight = 1.0 / (rig.focal_px[second] / rig.scale[second]).powi(2);
    let gate = (config.tau_px * 1.2).powi(2);
    for a in &evidence.views[first].dots {
        let line = essential * Vector3::new(a.normalized.x, a.normalized.y, 1.0);
        for b in &evidence.views[second].dots {
            let homogeneous = Vector3::new(b.normalized.x, b.normalized.y, 1.0);
            let value = homogeneous.dot(&line);
            let back = essential.tr_mul(&homogeneous);
            let spread =
                (line.x * line.x + line.y * line.y) * other_weight + (back.x * back.x + back.y * back.y) * weight;
            // Sampson's distance: how far both dots together must move for their rays to meet.
            if value * value > gate * spread {
                continue;
            }
            let Some(start) = rig.intersect([(first, a), (second, b)].into_iter()) else { continue };
            if let Some(candidate) = complete(rig, evidence, config, start) {
                found.entry(candidate.support).or_insert(candidate);
            }
        }
    }
}

/// E with x₂ᵀ E x₁ = 0 for the two views of a point.
fn essential(rig: &PinholeRig, first: usize, second: usize) -> Matrix3<f64> {
    let rotation = rig.rotation[second] * rig.rotation[first].transpose();
    let translation = rig.translation[second] - rotation * rig.translation[first];
    translation.cross_matrix() * rotation
}

/// The candidate around a first guess: the nearest dot of each view, refitted until it no longer changes.
fn complete(rig: &PinholeRig, evidence: &FrameEvidence, config: &CandidateConfig, start: Point3) -> Option<Candidate> {
    let mut position = start;
    let mut support = [NO_DOT; ViewSet::CAPACITY];
    for _ in 0..3 {
        let nearest = nearest(rig, evidence, config.tau_px, &position);
        if nearest == support {
            break;
        }
        support = nearest;
        position = rig.intersect(rays(evidence, &support))?;
    }
    weigh(rig, evidence, config, position, support)
}

/// The dots of a support with their cameras.
pub fn rays<'a>(evidence: &'a FrameEvidence, support: &'a Support) -> impl Iterator<Item = (usize, &'a Dot)> {
    evidence
        .views
        .iter()
        .enumerate()
        .filter(|(camera, _)| support[*camera] != NO_DOT)
        .map(|(camera, view)| (camera, &view.dots[usize::from(support[camera])]))
}

/// The nearest dot of each view within `tau_px` of a place.
pub fn nearest(rig: &PinholeRig, evidence: &FrameEvidence, tau_px: f64, position: &Point3) -> Support {
    let mut support = [NO_DOT; ViewSet::CAPACITY];
    for (camera, view) in evidence.views.iter().enumerate() {
        let Some(projected) = rig.project(camera, position) else { continue };
        let mut best = (tau_px * rig.scale[camera] / rig.focal_px[camera]).powi(2);
        for (index, dot) in view.dots.iter().enumerate() {
            let distance = (projected - dot.normalized).norm_squared();
            if distance < best {
                best = distance;
                support[camera] = index as u8;
            }
        }
    }
    support
}

/// Weighs a place and its dots; none with fewer than two views within τ.
fn weigh(
    rig: &PinholeRig,
    evidence: &FrameEvidence,
    config: &CandidateConfig,
    position: Point3,
    mut support: Support,
) -> Option<Candidate> {
    let mut gains = [0.0; ViewSet::CAPACITY];
    let mut views = 0;
    for (camera, view) in evidence.views.iter().enumerate() {
        if support[camera] == NO_DOT {
            continue;
        }
        let residual = rig.residual(camera, &view.dots[usize::from(support[camera])], &position);
        match residual.filter(|residual| *residual <= config.tau_px) {
            Some(residual) => {
                let strain = (0.5 * (residual / config.sigma_px).powi(2)) as f32;
                gains[camera] = config.view_gain - strain.min(config.view_gain);
                views += 1;
            }
            None => support[camera] = NO_DOT,
        }
    }
    let evidence = config.point_price - gains.iter().sum::<f32>();
    (views >= 2).then_some(Candidate { position, support, views, evidence, gains })
}

/// The candidate that a person's labels of a keypoint define, completed by the dots of the other views that nobody owns;
/// none where fewer than two views are labelled.
pub fn locked(
    rig: &PinholeRig,
    evidence: &FrameEvidence,
    config: &CandidateConfig,
    keypoint: usize,
) -> Option<Candidate> {
    let mut support = [NO_DOT; ViewSet::CAPACITY];
    for (camera, slot) in support.iter_mut().enumerate().take(rig.len()) {
        if let Some(Lock::Dot(dot)) = evidence.lock(camera, keypoint) {
            *slot = dot;
        }
    }
    let position = rig.intersect(rays(evidence, &support))?;
    let near = nearest(rig, evidence, config.tau_px, &position);
    let mut gains = [0.0; ViewSet::CAPACITY];
    for camera in 0..rig.len() {
        match evidence.lock(camera, keypoint) {
            Some(Lock::Dot(_)) => gains[camera] = config.view_gain,
            Some(Lock::Absent) => {}
            None if near[camera] != NO_DOT && evidence.owner(camera, near[camera]).is_none() => {
                support[camera] = near[camera];
                gains[camera] = config.view_gain * 0.5;
            }
            None => {}
        }
    }
    let views = support.iter().filter(|dot| **dot != NO_DOT).count() as u8;
    let evidence = config.point_price - gains.iter().sum::<f32>();
    Some(Candidate { position, support, views, evidence, gains })
}

/// Whether a candidate may be a keypoint at all, given what people said of the frame.
pub fn allowed(evidence: &FrameEvidence, candidate: &Candidate, keypoint: usize) -> bool {
    (0..evidence.views.len()).all(|camera| {
        let dot = candidate.support[camera];
        match evidence.lock(camera, keypoint) {
            Some(Lock::Dot(locked)) => dot == locked,
            Some(Lock::Absent) => dot == NO_DOT,
            None => dot == NO_DOT || evidence.owner(camera, dot).is_none_or(|owner| owner == keypoint),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CameraId, Centroid, FrameLabels, KeypointId, Placement, Point2, Source};
    use crate::pose::fixtures::{centroid, exact, label, on, scene};

    fn found(dots: &[Vec<Centroid>]) -> Vec<Candidate> {
        let rig = scene(6).rig;
        let evidence = FrameEvidence::new(&rig, dots, 2, None);
        find(&PinholeRig::new(&rig), &evidence, &CandidateConfig::default())
    }

    #[test]
    fn exact_projections_make_one_candidate_of_all_views() {
        let scene = scene(6);
        let point = scene.points(0)[2];
        let mut dots = exact(&scene, &[point]);
        dots[3].push(centroid(2, Point2::new(900.0, 60.0)));
        let found = found(&dots);
        assert_eq!((found.len(), found[0].views), (1, 6), "a stray of one view makes none");
        assert!((found[0].position - point).norm() < 1e-3);
        let config = CandidateConfig::default();
        assert!((found[0].evidence - (config.point_price - 6.0 * config.view_gain)).abs() < 1e-2);
    }

    #[test]
    fn too_little_to_see_gives_none() {
        let scene = scene(6);
        let mut dots = exact(&scene, &[scene.points(0)[2]]);
        dots[1..].iter_mut().for_each(Vec::clear);
        assert!(found(&dots).is_empty() && found(&[]).is_empty());
        for view in &mut dots {
            view.push(centroid(9, Point2::new(f64::NAN, 1.0)));
        }
        assert!(found(&dots).is_empty());
    }

    #[test]
    fn locks_decide_who_may_be_what() {
        let scene = scene(6);
        let dots = exact(&scene, &scene.points(0)[2..4]);
        let mut labels = FrameLabels::empty(6, 2);
        labels.place(CameraId(0), KeypointId(0), on(&dots[0][0], Source::Human));
        let rig = PinholeRig::new(&scene.rig);
        let may = |labels: &FrameLabels| {
            let evidence = FrameEvidence::new(&scene.rig, &dots, 2, Some(labels));
            let pool = find(&rig, &evidence, &CandidateConfig::default());
            let of = |dot: u8| pool.iter().find(|found| found.support[..6] == [dot; 6]).unwrap();
            [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(dot, keypoint)| allowed(&evidence, of(dot), keypoint))
        };
        assert_eq!(may(&labels), [true, false, false, true]);
        labels.place(CameraId(1), KeypointId(1), label(Placement::Absent, Source::Human));
        assert_eq!(may(&labels), [true, false, false, false]);
    }
}
