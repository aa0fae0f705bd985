//! How well the queue finds wrong frames, and where its weights come from.
//!
//! Solves simulated recordings, marks the frames with a wrong label, and fits the learnt chance by logistic regression on
//! half of the recordings; what each order finds in the worst 5 % and 10 % of the frames is counted on the other half, with
//! the weights that the program has and with those just fitted. `cargo bench --bench ranking`. All figures are of simulated recordings.

mod simulated;

use behaviorvlm::demo::{Difficulty, RigLayout};
use behaviorvlm::pose::ranking::{self, RankBy, Reasons, WEIGHTS};
use behaviorvlm::pose::stage4::Solver;
use nalgebra::{DMatrix, DVector};
use simulated::Case;

/// A frame with its reasons and whether a label is wrong.
type Judged = (Reasons, bool);

const ORDERS: [(&str, RankBy); 10] = [
    ("likely-wrong", RankBy::LikelyWrong),
    ("reprojection", RankBy::Reprojection),
    ("residual-after", RankBy::ResidualAfter),
    ("bones", RankBy::Bones),
    ("side", RankBy::Side),
    ("jump", RankBy::Jump),
    ("margin", RankBy::Margin),
    ("disagreement", RankBy::Disagreement),
    ("unassigned", RankBy::Unassigned),
    ("two-views", RankBy::TwoViews),
];

fn main() {
    let mut halves: [Vec<Vec<Judged>>; 2] = [Vec::new(), Vec::new()];
    for layout in [RigLayout::Ring, RigLayout::Floor] {
        for (difficulty, fps) in [(Difficulty::Normal, 10.0), (Difficulty::Hard, 20.0), (Difficulty::Hard, 10.0)] {
            for seed in 11..=16 {
                let outcome = simulated::solve(&Case { layout, difficulty, fps, seed, frames: 300 }, Solver::Joint);
                let wrong = |frame: u32| outcome.wrong_frames.iter().any(|(judged, wrong)| *judged == frame && *wrong);
                let judged = outcome.solved.iter().filter(|solved| solved.frame >= 3);
                let judged: Vec<Judged> = judged.map(|solved| (solved.reasons, wrong(solved.frame))).collect();
                halves[seed as usize % 2].push(judged);
            }
        }
    }
    let [learnt, held_out] = halves;
    let weights = fit(&learnt.concat());
    println!("fitted on {} frames, {} of them wrong", learnt.concat().len(), count(&learnt));
    println!("pub const WEIGHTS: [f64; {}] = {weights:.2?};", weights.len());
    println!(
        "held out: {} frames, {} of them wrong; share of the wrong ones found, mean over recordings",
        held_out.concat().len(),
        count(&held_out)
    );
    println!("{:16} {:>9} {:>9}", "order", "worst 5 %", "worst 10 %");
    for (name, by) in ORDERS {
        print_found(name, &held_out, |reasons| reasons.score(by));
    }
    print_found("just fitted", &held_out, |reasons| linear(&weights, reasons));
}

fn count(recordings: &[Vec<Judged>]) -> usize {
    recordings.iter().flatten().filter(|(_, wrong)| *wrong).count()
}

fn print_found(name: &str, recordings: &[Vec<Judged>], score: impl Fn(&Reasons) -> f64) {
    let mut sums = [0.0; 2];
    let mut counted = 0.0;
    for recording in recordings {
        let mut ranked = recording.clone();
        ranked.sort_by(|a, b| score(&b.0).total_cmp(&score(&a.0)));
        let wrong: Vec<bool> = ranked.iter().map(|(_, wrong)| *wrong).collect();
        if let (Some(five), Some(ten)) = (ranking::found_in_first(&wrong, 0.05), ranking::found_in_first(&wrong, 0.10))
        {
            sums[0] += five;
            sums[1] += ten;
            counted += 1.0;
        }
    }
    println!("{name:16} {:>8.0}% {:>8.0}%", 100.0 * sums[0] / counted, 100.0 * sums[1] / counted);
}

fn linear(weights: &[f64], reasons: &Reasons) -> f64 {
    weights[0] + ranking::features(reasons).iter().zip(&weights[1..]).map(|(value, weight)| value * weight).sum::<f64>()
}

/// Logistic regression by Newton's method with a small ridge; no reason may speak for a frame, so negative weights are 0.
fn fit(frames: &[Judged]) -> Vec<f64> {
    let size = WEIGHTS.len();
    let mut weights = DVector::zeros(size);
    for _ in 0..30 {
        let mut gradient = -0.5 * &weights;
        let mut hessian = DMatrix::identity(size, size) * 0.5;
        for (reasons, wrong) in frames {
            let row = DVector::from_iterator(size, std::iter::once(1.0).chain(ranking::features(reasons)));
            let chance = 1.0 / (1.0 + (-weights.dot(&row)).exp());
            gradient += &row * (f64::from(u8::from(*wrong)) - chance);
            hessian += &row * row.transpose() * (chance * (1.0 - chance));
        }
        let Some(step) = hessian.lu().solve(&gradient) else { break };
        weights += step;
        weights.iter_mut().skip(1).for_each(|weight: &mut f64| *weight = weight.max(0.0));
    }
    weights.iter().copied().collect()
}
