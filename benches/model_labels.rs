//! What stage 4 makes of a model's labels: a simulated model, right with probability 1 − p, in two kinds.
//!
//! *Independent*: every label errs on its own. *Correlated*: confusions last for frames, are shared by views and copied from
//! the frames before, as a model does that learns from its own exemplars. p is searched so that plain labels triangulate
//! (DLT, no rejection) to the two means that the paper reports without refinement, 9.16 and 14.29 mm.
//!
//! `cargo bench --bench model_labels -- [seeds=N] [frames=N] [fps=F]`. All figures are of simulated recordings and a simulated model.

mod simulated;

use behaviorvlm::demo::{Difficulty, RigLayout, Scene};
use behaviorvlm::model::{CameraId, Centroid, FrameLabels, KeypointId, Source};
use behaviorvlm::pose::solve::FrameInput;
use behaviorvlm::pose::stage4::Solver;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use simulated::Case;

/// A dot with the keypoint that it truly is.
type KnownDots = [Vec<(Centroid, Option<KeypointId>)>];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let number = |key: &str| words.iter().find_map(|word| word.strip_prefix(key)?.parse::<u32>().ok());
    println!("simulated model on simulated recordings (ring, normal, 20 frames/s); mean error mm / identity errors %");
    println!(
        "{:12} {:>6} {:>5} {:>16} {:>16} {:>16} {:>16}",
        "errors", "seed", "p", "dlt", "ransac", "consensus", "joint"
    );
    for kind in [Kind::Independent, Kind::Correlated] {
        for goal_mm in [9.16, 14.29] {
            for seed in 1..=number("seeds=").unwrap_or(2) {
                let case = Case {
                    layout: RigLayout::Ring,
                    difficulty: Difficulty::Normal,
                    fps: f64::from(number("fps=").unwrap_or(20)),
                    seed: u64::from(seed),
                    frames: number("frames=").unwrap_or(500),
                };
                row(&case, kind, goal_mm);
            }
        }
    }
}

fn row(case: &Case, kind: Kind, goal_mm: f64) {
    let scene = simulated::scene(case);
    let (mut low, mut high) = (0.0, 0.95);
    for _ in 0..9 {
        let p = 0.5 * (low + high);
        if plain_mean_mm(&scene, &labelled(&scene, kind, p, case.seed)) < goal_mm { low = p } else { high = p }
    }
    let p = 0.5 * (low + high);
    print!("{:12} {:>6} {p:>5.2}", kind.name(), case.seed);
    for solver in [Solver::Dlt, Solver::Ransac, Solver::Consensus, Solver::Joint] {
        let outcome = simulated::solve_inputs(&scene, labelled(&scene, kind, p, case.seed), solver);
        let figure = |value: Option<f64>| value.unwrap_or(f64::NAN);
        let (mean, wrong) = (figure(outcome.errors.mean_mm), figure(outcome.errors.identity_error_pct));
        print!(" {:>16}", format!("{mean:.2} / {wrong:.2}"));
    }
    println!();
}

/// How a simulated model errs.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Independent,
    Correlated,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Independent => "independent",
            Self::Correlated => "correlated",
        }
    }
}

fn labelled(scene: &Scene, kind: Kind, p: f64, seed: u64) -> Vec<FrameInput> {
    let mut model = Model::new(scene, kind, p, seed);
    simulated::inputs(scene, |_, dots| Some(model.label(dots)))
}

/// The mean error of plain labels, triangulated linearly over all labelled views.
fn plain_mean_mm(scene: &Scene, inputs: &[FrameInput]) -> f64 {
    let mut errors = Vec::new();
    for input in inputs {
        let Some(labels) = &input.proposal else { continue };
        let truth = scene.points(input.frame);
        for keypoint in scene.skeleton.ids() {
            if let Some(found) = behaviorvlm::geometry::dlt(&scene.rig, &labels.views_of(keypoint)) {
                errors.push((found - truth[keypoint.index()]).norm());
            }
        }
    }
    errors.iter().sum::<f64>() / errors.len().max(1) as f64
}

/// A confusion that lasts: two keypoints exchange names in some views.
struct Confusion {
    pair: [KeypointId; 2],
    /// By camera.
    views: Vec<bool>,
}

/// A vision-language model that errs.
struct Model<'a> {
    scene: &'a Scene,
    kind: Kind,
    p: f64,
    random: ChaCha8Rng,
    confusions: Vec<Confusion>,
}

/// The chance that a confusion is copied into the next frame.
const LASTING: f64 = 0.9;

impl<'a> Model<'a> {
    fn new(scene: &'a Scene, kind: Kind, p: f64, seed: u64) -> Self {
        Self { scene, kind, p, random: ChaCha8Rng::seed_from_u64(seed ^ 0x51ee), confusions: Vec::new() }
    }

    /// The labels of a frame.
    fn label(&mut self, dots: &KnownDots) -> FrameLabels {
        let keypoint_count = self.scene.skeleton.len();
        let mut said: Vec<Vec<Option<Centroid>>> = dots
            .iter()
            .map(|view| {
                let dot = |keypoint| view.iter().find(|(_, truth)| *truth == Some(keypoint)).map(|(dot, _)| *dot);
                self.scene.skeleton.ids().map(dot).collect()
            })
            .collect();
        match self.kind {
            Kind::Independent => self.err_alone(dots, &mut said, self.p),
            Kind::Correlated => {
                self.err_together(&mut said);
                self.err_alone(dots, &mut said, 0.2 * self.p);
            }
        }
        let mut labels = FrameLabels::empty(dots.len(), keypoint_count);
        for (camera, view) in said.iter().enumerate() {
            for (keypoint, dot) in view.iter().enumerate() {
                if let Some(dot) = dot {
                    let label = simulated::label(dot, Source::Stage3);
                    labels.place(CameraId(camera as u8), KeypointId(keypoint as u8), label);
                }
            }
        }
        labels
    }

    /// Each label by itself: another dot of the view, none, or an exchange of sides.
    fn err_alone(&mut self, dots: &KnownDots, said: &mut [Vec<Option<Centroid>>], p: f64) {
        for (camera, view) in said.iter_mut().enumerate() {
            for keypoint in 0..view.len() {
                if self.random.random::<f64>() >= p {
                    continue;
                }
                let pair = self.scene.skeleton.keypoints[keypoint].pair;
                match (self.random.random_range(0..4u32), pair) {
                    (0, Some(pair)) => view.swap(keypoint, pair.index()),
                    (1, _) => view[keypoint] = None,
                    _ if dots[camera].is_empty() => {}
                    _ => view[keypoint] = Some(dots[camera][self.random.random_range(0..dots[camera].len())].0),
                }
            }
        }
    }

    /// Confusions that began earlier or begin now: sides, or neighbours in a region, in all views or in some.
    fn err_together(&mut self, said: &mut [Vec<Option<Centroid>>]) {
        let random = &mut self.random;
        self.confusions.retain(|_| random.random::<f64>() < LASTING);
        let skeleton = &self.scene.skeleton;
        for keypoint in skeleton.ids() {
            if self.random.random::<f64>() >= self.p * (1.0 - LASTING) {
                continue;
            }
            let region = &skeleton.regions[skeleton.keypoints[keypoint.index()].region.index()].keypoints;
            let other = match skeleton.keypoints[keypoint.index()].pair {
                Some(pair) if self.random.random::<bool>() => pair,
                _ => region[self.random.random_range(0..region.len())],
            };
            let everywhere = self.random.random::<f64>() < 0.6;
            let views = said.iter().map(|_| everywhere || self.random.random::<bool>()).collect();
            self.confusions.push(Confusion { pair: [keypoint, other], views });
        }
        for confusion in &self.confusions {
            for (view, _) in said.iter_mut().zip(&confusion.views).filter(|(_, confused)| **confused) {
                view.swap(confusion.pair[0].index(), confusion.pair[1].index());
            }
        }
    }
}
