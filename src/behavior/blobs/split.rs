//! Parts a piece of foreground in which animals touch: a mixture of ellipses of an animal's size, which starts where the
//! animals were just before, so that each stays who it is.

use super::components::{Component, Moments};

const ROUNDS: usize = 10;
/// How far variances may be from those of an animal alone: animals curl up and stretch.
const LEAST_RATIO: f32 = 0.55;
const MOST_RATIO: f32 = 1.5;

/// One ellipse and the area that fell to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ellipse {
    pub(super) moments: Moments,
    pub(super) area: f32,
    /// Left, top, right and lower-most pixel of those that are more its than another's.
    pub(super) bounds: [f32; 4],
}

/// Parts a piece among the animals that start at `starts`, whose variances along and across are usually `variances`.
pub(super) fn split(piece: &Component, starts: &[Moments], variances: [f32; 2]) -> Vec<Ellipse> {
    let mut parts: Vec<Moments> = starts.to_vec();
    let mut weights = vec![0.0f32; piece.pixels.len() * parts.len()];
    for _ in 0..ROUNDS {
        share_out(piece, &parts, &mut weights);
        for (at, part) in parts.iter_mut().enumerate() {
            let mine = weights.iter().skip(at).step_by(starts.len()).copied();
            if mine.clone().sum::<f32>() < 1.0 {
                continue; // Another took all: it stays where it was.
            }
            let moments = Moments::of(piece.pixels.iter().copied().zip(mine));
            let (found, angle) = moments.axes();
            let held =
                [0, 1].map(|axis| found[axis].clamp(LEAST_RATIO * variances[axis], MOST_RATIO * variances[axis]));
            *part = Moments { covariance: Moments::covariance_of(held, angle), ..moments };
        }
    }
    share_out(piece, &parts, &mut weights);
    let count = parts.len();
    let most = |pixel: usize| {
        let mine = &weights[pixel * count..(pixel + 1) * count];
        (0..count).max_by(|a, b| mine[*a].total_cmp(&mine[*b])).unwrap_or(0)
    };
    let owners: Vec<usize> = (0..piece.pixels.len()).map(most).collect();
    let ellipse = |(at, moments): (usize, Moments)| {
        let mine = piece.pixels.iter().zip(&owners).filter(|(_, owner)| **owner == at).map(|(pixel, _)| *pixel);
        let area = weights.iter().skip(at).step_by(count).sum();
        Ellipse { moments, area, bounds: bounds_of(mine, moments.mean) }
    };
    parts.into_iter().enumerate().map(ellipse).collect()
}

/// Left, top, right and lower-most pixel; without pixels, a place.
pub(super) fn bounds_of(pixels: impl Iterator<Item = [f32; 2]>, [x, y]: [f32; 2]) -> [f32; 4] {
    let grown = pixels.fold(None, |bounds: Option<[f32; 4]>, [x, y]| {
        let [left, top, right, low] = bounds.unwrap_or([x, y, x, y]);
        Some([left.min(x), top.min(y), right.max(x), low.max(y)])
    });
    grown.unwrap_or([x, y, x, y])
}

/// Weights by pixel, then part, summing to 1 for each pixel.
fn share_out(piece: &Component, parts: &[Moments], weights: &mut [f32]) {
    let inverses: Vec<([f32; 3], f32)> = parts
        .iter()
        .map(|part| {
            let [xx, xy, yy] = part.covariance;
            let determinant = (xx * yy - xy * xy).max(1e-6);
            ([yy / determinant, -xy / determinant, xx / determinant], -0.5 * determinant.ln())
        })
        .collect();
    for (pixel, weights) in piece.pixels.iter().zip(weights.chunks_exact_mut(parts.len())) {
        for ((weight, part), ([xx, xy, yy], scale)) in weights.iter_mut().zip(parts).zip(&inverses) {
            let (x, y) = (pixel[0] - part.mean[0], pixel[1] - part.mean[1]);
            *weight = scale - 0.5 * (xx * x * x + 2.0 * xy * x * y + yy * y * y);
        }
        let most = weights.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        weights.iter_mut().for_each(|weight| *weight = (*weight - most).exp());
        let sum: f32 = weights.iter().sum();
        weights.iter_mut().for_each(|weight| *weight /= sum);
    }
}

/// Places for animals of which nothing is known, far from each other: the middle of the piece's farthest pixels.
pub(super) fn spread_starts(piece: &Component, count: usize, variances: [f32; 2]) -> Vec<Moments> {
    let middle = piece.moments().mean;
    let far = |a: [f32; 2], b: [f32; 2]| (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2);
    let mut chosen: Vec<[f32; 2]> = Vec::new();
    for _ in 0..count {
        let least = |pixel: &[f32; 2]| {
            if chosen.is_empty() {
                far(*pixel, middle)
            } else {
                chosen.iter().map(|other| far(*pixel, *other)).fold(f32::INFINITY, f32::min)
            }
        };
        let Some(next) = piece.pixels.iter().max_by(|a, b| least(a).total_cmp(&least(b))) else { break };
        chosen.push(*next);
    }
    let round = (variances[0] * variances[1]).sqrt();
    chosen.into_iter().map(|mean| Moments { mean, covariance: [round, 0.0, round] }).collect()
}
