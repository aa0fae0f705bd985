//! How close the geometry assigner comes to the floor on simulated recordings, and what a frame costs.
//!
//! `cargo bench --bench pose_accuracy -- [ring|floor]… [easy|normal|hard]… [FPS]… [seeds=N] [frames=N] [solver=NAME]`; without
//! arguments, both rigs at all difficulties, 60, 20 and 10 frames/s, three seeds of 500 frames each. Dots come straight from
//! the demo's imaging model. All figures are of simulated recordings.

mod simulated;

use behaviorvlm::demo::{Difficulty, RigLayout};
use behaviorvlm::pose::evaluation::Errors;
use behaviorvlm::pose::stage4::Solver;
use simulated::{Case, Outcome};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let has = |word: &str| words.iter().any(|given| given == word);
    let number = |key: &str| words.iter().find_map(|word| word.strip_prefix(key)?.parse::<u32>().ok());
    let pick = |names: &[&str]| names.iter().any(|name| has(name));

    let layouts = [("ring", RigLayout::Ring), ("floor", RigLayout::Floor)];
    let difficulties = [("easy", Difficulty::Easy), ("normal", Difficulty::Normal), ("hard", Difficulty::Hard)];
    let rates = [("60", 60.0), ("20", 20.0), ("10", 10.0)];
    let solver = words.iter().find_map(|word| word.strip_prefix("solver=")?.parse().ok()).unwrap_or(Solver::Joint);
    println!(
        "{:30} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>6} {:>8}",
        "simulated recording", "floor", "mean", "median", "p95", "ident%", "miss%", "floor%", "lost", "ms/frame"
    );
    for (layout_name, layout) in layouts {
        for (difficulty_name, difficulty) in difficulties {
            for (rate_name, fps) in rates {
                let wanted = (!pick(&["ring", "floor"]) || has(layout_name))
                    && (!pick(&["easy", "normal", "hard"]) || has(difficulty_name))
                    && (!pick(&["60", "20", "10"]) || has(rate_name));
                if !wanted {
                    continue;
                }
                for seed in 1..=number("seeds=").unwrap_or(3) {
                    let frames = number("frames=").unwrap_or(500);
                    let case = Case { layout, difficulty, fps, seed: u64::from(seed), frames };
                    let outcome = simulated::solve(&case, solver);
                    print_row(
                        &format!("{layout_name} {difficulty_name} {rate_name} seed {seed}"),
                        &outcome.errors,
                        &outcome,
                    );
                    if has("keypoints") {
                        for (name, errors) in &outcome.per_keypoint {
                            print_row(&format!("  {name}"), errors, &outcome);
                        }
                    }
                    if let Some(frame) = number("look=") {
                        let scene = simulated::scene(&case);
                        let truth = scene.points(frame);
                        let dots = scene.dots(frame);
                        let solved = outcome.solved.iter().find(|solved| solved.frame == frame).unwrap();
                        println!("{:?}", solved.reasons);
                        for keypoint in scene.skeleton.ids() {
                            let seen = dots
                                .iter()
                                .filter(|view| view.iter().any(|dot| dot.keypoint == Some(keypoint)))
                                .count();
                            let found = solved.pose.points[keypoint.index()];
                            let nearest = found.map(|found| {
                                (0..12)
                                    .min_by(|a, b| {
                                        (truth[*a] - found.position_in_world)
                                            .norm()
                                            .total_cmp(&(truth[*b] - found.position_in_world).norm())
                                    })
                                    .unwrap()
                            });
                            println!(
                                "  {:12} truth {:6.1} {:6.1} {:6.1} in {seen} views; found {:?} in {:?} views, nearest {:?} margin {:?}",
                                scene.skeleton.name_of(keypoint),
                                truth[keypoint.index()].x,
                                truth[keypoint.index()].y,
                                truth[keypoint.index()].z,
                                found.map(|found| (found.position_in_world - truth[keypoint.index()]).norm()),
                                found.map(|found| found.views),
                                nearest.map(|nearest| scene
                                    .skeleton
                                    .name_of(behaviorvlm::model::KeypointId(nearest as u8))),
                                solved
                                    .labels
                                    .get(behaviorvlm::model::CameraId(0), keypoint)
                                    .and_then(|label| label.margin)
                            );
                        }
                    }
                    if has("confusions") {
                        let scene = simulated::scene(&case);
                        let mut counts = std::collections::BTreeMap::new();
                        for solved in outcome.solved.iter().filter(|solved| solved.frame > 2) {
                            let dots = scene.dots(solved.frame);
                            let truth = scene.points(solved.frame);
                            for keypoint in scene.skeleton.ids() {
                                let seen = dots
                                    .iter()
                                    .filter(|view| view.iter().any(|dot| dot.keypoint == Some(keypoint)))
                                    .count();
                                let found = solved.pose.points[keypoint.index()];
                                let what = match found {
                                    None if seen < 2 => continue,
                                    None => format!("missing, truth in {seen}"),
                                    Some(found) if (found.position_in_world - truth[keypoint.index()]).norm() < 2.0 => {
                                        continue;
                                    }
                                    Some(found) => {
                                        let nearest = (0..12)
                                            .min_by(|a, b| {
                                                (truth[*a] - found.position_in_world)
                                                    .norm()
                                                    .total_cmp(&(truth[*b] - found.position_in_world).norm())
                                            })
                                            .unwrap();
                                        let distance = (truth[nearest] - found.position_in_world).norm();
                                        let name = if distance < 2.0 {
                                            scene
                                                .skeleton
                                                .name_of(behaviorvlm::model::KeypointId(nearest as u8))
                                                .to_owned()
                                        } else {
                                            "ghost".to_owned()
                                        };
                                        format!("is {name} in {} views, truth in {seen}", found.views)
                                    }
                                };
                                *counts.entry(format!("{} {what}", scene.skeleton.name_of(keypoint))).or_insert(0) += 1;
                            }
                        }
                        let mut counts: Vec<_> = counts.into_iter().collect();
                        counts.sort_by_key(|(_, count)| -*count);
                        for (what, count) in counts.iter().take(24) {
                            println!("    {count:4} {what}");
                        }
                    }
                    if has("missed") {
                        let scene = simulated::scene(&case);
                        for solved in &outcome.solved {
                            let dots = scene.dots(solved.frame);
                            for keypoint in scene.skeleton.ids() {
                                let seen = dots
                                    .iter()
                                    .filter(|view| view.iter().any(|dot| dot.keypoint == Some(keypoint)))
                                    .count();
                                if seen >= 2 && solved.pose.points[keypoint.index()].is_none() {
                                    print!("{}:{}/{} ", solved.frame, scene.skeleton.name_of(keypoint), seen);
                                }
                            }
                        }
                        println!();
                    }
                    if has("frames") {
                        let wrong: Vec<u32> =
                            outcome.wrong_frames.iter().filter(|(_, wrong)| *wrong).map(|(frame, _)| *frame).collect();
                        println!("  frames with a wrong label: {wrong:?}");
                    }
                }
            }
        }
    }
}

fn print_row(name: &str, all: &Errors, outcome: &Outcome) {
    let figure = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.3}"));
    println!(
        "{name:30} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>6} {:>8.2}",
        figure(all.floor_mean_mm),
        figure(all.mean_mm),
        figure(all.median_mm),
        figure(all.p95_mm),
        figure(all.identity_error_pct),
        figure(all.missing_pct),
        figure(all.floor_missing_pct),
        outcome.longest_lost,
        outcome.cpu_ms_per_frame,
    );
}
