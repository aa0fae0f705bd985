//! Many answers carried through time: each frame is solved given several answers to the frame before, and, every other
//! frame, from shape alone; what the following frames say decides between them.
//!
//! A chunk of frames is solved with a few frames more than it commits, so that the last committed frame has a future too.
//! Shape and motion are learnt from committed frames only: a chunk is a pure function of the [`Track`] before it, which is
//! what a run stores to resume.

use serde::{Deserialize, Serialize};

use super::candidates::{Candidate, CandidateConfig, NO_DOT, Support};
use super::evidence::{FrameEvidence, PinholeRig};
use super::motion::{MOTION_CAP, Memory, MotionModel};
use super::scene::FrameScene;
use super::search::{NONE, Solution, Tables};
use super::shape::ShapeModel;
use super::visibility::VisibilityModel;
use super::votes::Votes;
use crate::model::{CameraId, KeypointId, Point3, ViewSet};

/// Limits of the search. The defaults were set on simulated recordings (`cargo bench --bench pose_accuracy`), where twice
/// the beam's width, two more answers or another reacquisition in between changed less than another seed does.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackerConfig {
    /// How dots are matched.
    pub candidates: CandidateConfig,
    /// States of the beam: 48.
    pub beam_width: usize,
    /// Answers carried from frame to frame: 8.
    pub hypotheses: usize,
    /// Answers whose cost is so much above the best are dropped, nats: 40, two or three keypoints gone wrong.
    pub hypothesis_margin: f32,
    /// Candidates considered per keypoint and carried answer: 8.
    pub options_per_answer: usize,
    /// Candidates considered per keypoint by evidence alone: 24, twice the keypoints of a mouse.
    pub options_by_evidence: usize,
    /// Every so many frames the animal is found from shape alone: 2; never, for 0.
    pub reacquire_every: u32,
}

impl Default for TrackerConfig {
    fn default() -> Self {
        Self {
            candidates: CandidateConfig::default(),
            beam_width: 48,
            hypotheses: 8,
            hypothesis_margin: 40.0,
            options_per_answer: 8,
            options_by_evidence: 24,
            reacquire_every: 2,
        }
    }
}

/// Everything that the frames so far say about the next one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Track {
    /// What the animal looks like.
    pub shape: ShapeModel,
    /// How it moves.
    pub motion: MotionModel,
    /// How many views see each keypoint.
    pub visibility: VisibilityModel,
    /// Where its keypoints were, by keypoint.
    pub memory: Vec<Memory>,
}

/// A frame to solve.
#[derive(Clone, Debug, Default)]
pub struct TrackerInput {
    /// Its dots.
    pub evidence: FrameEvidence,
    /// What a model or a table says of it.
    pub votes: Option<Votes>,
}

/// A keypoint of a solved frame.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackedKeypoint {
    /// Its place, before the exact refit.
    pub position: Point3,
    /// Its dots by camera.
    pub support: Support,
}

/// A solved frame.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackedFrame {
    /// By keypoint: the answer when only the past was known.
    pub filtered: Vec<Option<Support>>,
    /// By keypoint: the answer that past and future support.
    pub keypoints: Vec<Option<TrackedKeypoint>>,
    /// By keypoint, seen or not: how much worse the best answer is in which it is elsewhere, nats.
    pub margins: Vec<f32>,
    /// Largest distance of a keypoint from where its past led, over its usual distance.
    pub jump: Option<f64>,
}

impl TrackedFrame {
    /// How much worse the best answer is in which a keypoint is elsewhere, nats.
    pub fn margin(&self, keypoint: KeypointId) -> f32 {
        self.margins[keypoint.index()]
    }
}

/// An answer to one frame, with the best way to it.
struct Node {
    cost: f32,
    parent: usize,
    choice: Vec<Option<u16>>,
    memory: Vec<Memory>,
    /// Frames since it came from shape alone; young ones are not dropped at once.
    since_reacquired: u8,
}

/// A frame with its answers, best first as long as only its past is known.
struct Layer {
    pool: Vec<Candidate>,
    nodes: Vec<Node>,
}

/// New answers that one carried answer may lead to.
const ANSWERS_EACH: usize = 6;
/// New answers that shape alone may give.
const ANSWERS_FROM_SHAPE: usize = 4;
/// The largest margin that is told, nats: beyond, nothing speaks for another answer.
const LARGEST_MARGIN: f32 = 100.0;

/// Shape is learnt from keypoints with at least this margin, nats.
const SURE: f32 = 6.0;

/// Frames for which an answer from shape alone may prove itself.
const PROBATION: u8 = 6;

impl TrackerConfig {
    /// Solves `inputs`, frames that follow one another in the direction of the run, and commits the first `commit` of
    /// them: their answers are returned and `track` moves on behind them.
    pub fn solve(
        &self,
        rig: &PinholeRig,
        track: &mut Track,
        inputs: &[TrackerInput],
        commit: usize,
    ) -> Vec<TrackedFrame> {
        let mut layers: Vec<Layer> = Vec::with_capacity(inputs.len());
        for (index, input) in inputs.iter().enumerate() {
            let reacquire = self.reacquire_every > 0 && (index as u32).is_multiple_of(self.reacquire_every);
            let layer = self.step(rig, track, layers.last(), input, reacquire);
            layers.push(layer);
        }
        let path = best_path(&layers);
        let mut frames = Vec::with_capacity(commit);
        for index in 0..commit.min(layers.len()) {
            let future =
                layers.get(index + 1).map(|layer| positions(&layer.pool, &layer.nodes[path[index + 1]].choice));
            let frame = self.settle(rig, track, &inputs[index], &layers[index], path[index], future.as_deref());
            frames.push(frame);
        }
        frames
    }

    /// All answers worth carrying to one frame.
    fn step(
        &self,
        rig: &PinholeRig,
        track: &Track,
        before: Option<&Layer>,
        input: &TrackerInput,
        reacquire: bool,
    ) -> Layer {
        let start = [Node {
            cost: 0.0,
            parent: 0,
            choice: Vec::new(),
            memory: track.memory.clone(),
            since_reacquired: PROBATION,
        }];
        let parents = before.map_or(&start[..], |layer| &layer.nodes);
        let memories: Vec<&[Memory]> = parents.iter().map(|parent| &parent.memory[..]).collect();
        let scene = FrameScene::new(self, rig, track, input, &memories);
        let tables = scene.tables(&track.shape);

        let base = scene.base(&tables, &track.visibility);
        let moves: Vec<Vec<f32>> =
            parents.iter().map(|parent| scene.motion(&tables, &track.motion, &parent.memory)).collect();
        let solve = |motion: &[f32]| {
            let unary: Vec<f32> = base.iter().zip(motion).map(|(base, motion)| base + motion).collect();
            tables.solve(&unary, self.beam_width)
        };
        let mut answers: Vec<(Vec<u8>, bool)> = Vec::new();
        let mut add = |found: Vec<Solution>, keep: usize, from_shape: bool| {
            for solution in found.into_iter().take(keep) {
                if !answers.iter().any(|(known, _)| *known == solution.choice) {
                    answers.push((solution.choice, from_shape));
                }
            }
        };
        moves.iter().for_each(|motion| add(solve(motion), ANSWERS_EACH, false));
        if reacquire {
            let unexpected = scene.motion(&tables, &track.motion, &vec![Memory::default(); track.memory.len()]);
            add(solve(&unexpected), ANSWERS_FROM_SHAPE, true);
        }

        let node = |(choice, from_shape): (Vec<u8>, bool)| {
            let own = tables.energy(&base, &choice);
            let (parent, cost) = cheapest_way(&tables, parents, &moves, &choice);
            let choice = scene.pool_choice(&choice);
            let before = &parents[parent];
            let seen = positions(&scene.pool, &choice);
            let memory = before.memory.iter().zip(&seen).map(|(memory, position)| memory.next(*position)).collect();
            let since_reacquired = if from_shape { 0 } else { before.since_reacquired.saturating_add(1) };
            Node { cost: cost + own, parent, choice, memory, since_reacquired }
        };
        let mut nodes: Vec<Node> = answers.into_iter().map(node).collect();
        nodes.sort_by(|a, b| a.cost.total_cmp(&b.cost).then_with(|| a.choice.cmp(&b.choice)));
        self.prune(&mut nodes);
        let lowest = nodes.first().map_or(0.0, |node| node.cost);
        nodes.iter_mut().for_each(|node| node.cost -= lowest);
        Layer { pool: scene.pool, nodes }
    }

    /// Drops answers that are far behind, but keeps the best young one that shape alone found.
    fn prune(&self, nodes: &mut Vec<Node>) {
        let limit = nodes.first().map_or(0.0, |node| node.cost) + self.hypothesis_margin;
        let kept = nodes.iter().take(self.hypotheses).filter(|node| node.cost <= limit).count();
        let young =
            nodes.iter().skip(kept).position(|node| node.since_reacquired < PROBATION).map(|index| index + kept);
        match young {
            Some(young) => {
                nodes.swap(kept, young);
                nodes.truncate(kept + 1);
            }
            None => nodes.truncate(kept),
        }
    }

    /// The answer of a frame with its margins, given both neighbours; `track` then stands behind it.
    fn settle(
        &self,
        rig: &PinholeRig,
        track: &mut Track,
        input: &TrackerInput,
        layer: &Layer,
        node: usize,
        future: Option<&[Option<Point3>]>,
    ) -> TrackedFrame {
        let node = &layer.nodes[node];
        let answer = (&layer.pool[..], &node.choice[..]);
        let scene = FrameScene::around(self, rig, track, input, answer, &[&track.memory, &node.memory]);
        let tables = scene.tables(&track.shape);
        let mut motion = scene.motion(&tables, &track.motion, &track.memory);
        if let Some(future) = future {
            let ahead: Vec<Memory> = future.iter().map(|position| Memory::default().next(*position)).collect();
            let back = scene.motion(&tables, &track.motion, &ahead);
            // Past and future together may say no more against a candidate than either alone.
            motion.iter_mut().zip(&back).for_each(|(past, back)| *past = (*past + back).min(MOTION_CAP as f32));
        }
        let base = scene.base(&tables, &track.visibility);
        let unary: Vec<f32> = base.iter().zip(&motion).map(|(base, motion)| base + motion).collect();
        let solutions = tables.solve(&unary, self.beam_width);
        let best = &solutions[0];
        let keypoints: Vec<Option<TrackedKeypoint>> = (0..best.choice.len())
            .map(|keypoint| {
                tables
                    .candidate(keypoint, best.choice[keypoint])
                    .map(|candidate| TrackedKeypoint { position: candidate.position, support: candidate.support })
            })
            .collect();
        let margins: Vec<f32> = (0..best.choice.len()).map(|k| margin(&tables, &unary, &solutions, k)).collect();
        let seen = tables.positions(&best.choice);
        let jump = jump(track, &seen);
        let locked: Vec<bool> = scene.locked.iter().map(Option::is_some).collect();
        drop(tables);
        learn(track, &keypoints, &margins, &locked);
        let filtered = &layer.nodes[0];
        let filtered = filtered.choice.iter().map(|c| c.map(|index| layer.pool[usize::from(index)].support)).collect();
        TrackedFrame { filtered, keypoints, margins, jump }
    }
}

/// The answer to the frame before from which motion leads to a choice at the lowest cost, and that cost.
fn cheapest_way(tables: &Tables<'_>, parents: &[Node], moves: &[Vec<f32>], choice: &[u8]) -> (usize, f32) {
    let columns: Vec<usize> = (0..choice.len()).map(|keypoint| tables.column(keypoint, choice[keypoint])).collect();
    let costs = parents
        .iter()
        .zip(moves)
        .map(|(parent, motion)| parent.cost + columns.iter().map(|column| motion[*column]).sum::<f32>());
    costs.enumerate().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((0, 0.0))
}

/// Largest distance of a keypoint from where its past led, over its usual distance.
fn jump(track: &Track, seen: &[Option<Point3>]) -> Option<f64> {
    let ratios = seen.iter().enumerate().filter_map(|(keypoint, position)| {
        let (expected, scale) = track.motion.predict(keypoint, &track.memory[keypoint])?;
        Some((position.as_ref()? - expected).norm() / scale)
    });
    ratios.reduce(f64::max)
}

/// Moves the track behind a settled frame and learns from it where it is beyond doubt.
fn learn(track: &mut Track, keypoints: &[Option<TrackedKeypoint>], margins: &[f32], locked: &[bool]) {
    let seen: Vec<Option<Point3>> =
        keypoints.iter().map(|keypoint| keypoint.as_ref().map(|found| found.position)).collect();
    let count = seen.iter().flatten().count();
    let strain = track.shape.strain(&seen);
    let per_keypoint = (strain.distances + strain.places + strain.sides) / count.max(1) as f64;
    let is_sure = |keypoint: usize| locked[keypoint] || margins[keypoint] > SURE;
    let sure = (0..seen.len()).filter(|keypoint| seen[*keypoint].is_some() && is_sure(*keypoint)).count();
    if count * 2 >= seen.len() && per_keypoint < 4.0 && sure * 4 >= count * 3 {
        let trusted: Vec<Option<Point3>> =
            seen.iter().enumerate().map(|(keypoint, position)| position.filter(|_| is_sure(keypoint))).collect();
        track.shape.learn(&trusted);
        for (keypoint, found) in keypoints.iter().enumerate().filter(|(keypoint, _)| is_sure(*keypoint)) {
            let views = found.as_ref().map_or(0, |found| views_of(&found.support).len());
            track.visibility.learn(keypoint, views, 1.0);
        }
    }
    for (keypoint, position) in seen.iter().enumerate() {
        if let Some(position) = position {
            track.motion.learn(keypoint, &track.memory[keypoint], position);
        }
        track.memory[keypoint] = track.memory[keypoint].next(*position);
    }
}

/// How much worse the best answer is in which a keypoint is elsewhere.
fn margin(tables: &Tables<'_>, unary: &[f32], solutions: &[Solution], keypoint: usize) -> f32 {
    let best = &solutions[0];
    let other = solutions.iter().find(|solution| solution.choice[keypoint] != best.choice[keypoint]);
    let mut margin = other.map_or(LARGEST_MARGIN, |solution| solution.energy - best.energy);
    let mut choice = best.choice.clone();
    let current = best.choice[keypoint];
    let all = (0..tables.options[keypoint].len() as u8).chain([NONE]);
    for alternative in all.filter(|alternative| *alternative != current) {
        choice[keypoint] = alternative;
        margin = margin.min(tables.energy(unary, &choice) - best.energy);
    }
    margin.clamp(0.0, LARGEST_MARGIN)
}

/// The answer of each layer on the way to the best last one.
fn best_path(layers: &[Layer]) -> Vec<usize> {
    let mut path = vec![0; layers.len()];
    let mut node = 0;
    for (index, layer) in layers.iter().enumerate().rev() {
        path[index] = node;
        node = layer.nodes[node].parent;
    }
    path
}

/// The places of an answer, by keypoint.
fn positions(pool: &[Candidate], choice: &[Option<u16>]) -> Vec<Option<Point3>> {
    choice.iter().map(|choice| choice.map(|index| pool[usize::from(index)].position)).collect()
}

/// The cameras of a support.
fn views_of(support: &Support) -> ViewSet {
    (0..ViewSet::CAPACITY as u8).filter(|camera| support[usize::from(*camera)] != NO_DOT).map(CameraId).collect()
}
