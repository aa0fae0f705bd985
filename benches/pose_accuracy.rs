//! How close the geometry assigner comes to the floor on simulated recordings, and what a frame costs.
//!
//! `cargo bench --bench pose_accuracy -- [ring|floor]… [easy|normal|hard]… [60|20|10]… [seeds=N] [frames=N] [solver=NAME]
//! [keypoints] [confusions]`; without arguments, both rigs at all difficulties, 60, 20 and 10 frames/s, three seeds of 500
//! frames each. `keypoints` adds a row per keypoint, `confusions` what was taken for what. Dots come straight from the demo's
//! imaging model. All figures are of simulated recordings.

mod simulated;

use std::collections::BTreeMap;

use behaviorvlm::demo::{Difficulty, RigLayout};
use behaviorvlm::model::{KeypointId, Point3};
use behaviorvlm::pose::evaluation::Errors;
use behaviorvlm::pose::stage4::Solver;
use simulated::{Case, Outcome};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let has = |word: &str| words.iter().any(|given| given == word);
    let number = |key: &str| words.iter().find_map(|word| word.strip_prefix(key)?.parse::<u32>().ok());
    // A kind of which no member is named is wanted whole.
    let wants = |name: &str, all: &[&str]| has(name) || !all.iter().any(|other| has(other));

    let solver = words.iter().find_map(|word| word.strip_prefix("solver=")?.parse().ok()).unwrap_or(Solver::Joint);
    let columns = ["floor", "mean", "median", "p95", "ident%", "miss%", "floor%", "lost", "ms/frame"];
    println!("{:30} {}", "simulated recording", columns.map(|column| format!("{column:>8}")).join(" "));
    for (layout_name, layout) in [("ring", RigLayout::Ring), ("floor", RigLayout::Floor)] {
        for (difficulty_name, difficulty) in
            [("easy", Difficulty::Easy), ("normal", Difficulty::Normal), ("hard", Difficulty::Hard)]
        {
            for (rate_name, fps) in [("60", 60.0), ("20", 20.0), ("10", 10.0)] {
                if !wants(layout_name, &["ring", "floor"])
                    || !wants(difficulty_name, &["easy", "normal", "hard"])
                    || !wants(rate_name, &["60", "20", "10"])
                {
                    continue;
                }
                for seed in 1..=number("seeds=").unwrap_or(3) {
                    let frames = number("frames=").unwrap_or(500);
                    let case = Case { layout, difficulty, fps, seed: u64::from(seed), frames };
                    let outcome = simulated::solve(&case, solver);
                    let name = format!("{layout_name} {difficulty_name} {rate_name} seed {seed}");
                    print_row(&name, &outcome.errors, &outcome);
                    if has("keypoints") {
                        let rows = outcome.per_keypoint.iter();
                        rows.for_each(|(name, errors)| print_row(&format!("  {name}"), errors, &outcome));
                    }
                    if has("confusions") {
                        print_confusions(&case, &outcome);
                    }
                }
            }
        }
    }
}

fn print_row(name: &str, errors: &Errors, outcome: &Outcome) {
    let millimetres = [errors.floor_mean_mm, errors.mean_mm, errors.median_mm, errors.p95_mm];
    let shares = [errors.identity_error_pct, errors.missing_pct, errors.floor_missing_pct];
    let figures = millimetres.into_iter().chain(shares);
    let figures: Vec<String> =
        figures.map(|value| format!("{:>8}", value.map_or("-".to_owned(), |value| format!("{value:.3}")))).collect();
    println!("{name:30} {} {:>8} {:>8.2}", figures.join(" "), outcome.longest_lost, outcome.cpu_ms_per_frame);
}

/// Counts what stands where a keypoint should, most frequent first.
fn print_confusions(case: &Case, outcome: &Outcome) {
    let scene = simulated::scene(case);
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for solved in outcome.solved.iter().filter(|solved| solved.frame > 2) {
        let (dots, truth) = (scene.dots(solved.frame), scene.points(solved.frame));
        for keypoint in scene.skeleton.ids() {
            let is_seen =
                |view: &Vec<_>| view.iter().any(|dot: &behaviorvlm::demo::SimulatedDot| dot.keypoint == Some(keypoint));
            let views = dots.iter().filter(|view| is_seen(view)).count();
            let what = match solved.pose.position(keypoint) {
                None if views < 2 => continue,
                None => "missing".to_owned(),
                Some(found) if (found - truth[keypoint.index()]).norm() < FAR_MM => continue,
                Some(found) => {
                    format!("is {}", nearest(&found, &truth).map_or("a ghost", |near| scene.skeleton.name_of(near)))
                }
            };
            *counts
                .entry(format!("{} {what}, truth in {views} views", scene.skeleton.name_of(keypoint)))
                .or_default() += 1;
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.iter().take(24).for_each(|(what, count)| println!("    {count:4} {what}"));
}

/// Beyond, a point is not the keypoint, mm.
const FAR_MM: f64 = 2.0;

/// The keypoint that truly is where a point was found.
fn nearest(found: &Point3, truth: &[Point3]) -> Option<KeypointId> {
    let near = truth.iter().position(|truth| (truth - found).norm() < FAR_MM)?;
    Some(KeypointId(near as u8))
}
