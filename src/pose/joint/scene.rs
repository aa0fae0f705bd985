//! A frame with its candidates, and which of them each keypoint may be.
//!
//! A keypoint's options are the candidates that cost it least once every candidate bears the price that the other keypoints
//! would pay for it: without prices the dots that everybody sees crowd out the faint ones that are a keypoint's own.

use super::super::assignment::assign;
use super::candidates::{self, Candidate};
use super::evidence::{FrameEvidence, Lock, PinholeRig};
use super::motion::{Memory, MotionModel};
use super::search::{NONE, Tables};
use super::shape::ShapeModel;
use super::tracker::{Track, TrackerConfig, TrackerInput};
use super::visibility::VisibilityModel;
use super::votes::Votes;

/// Candidates and options of one frame.
pub(super) struct FrameScene<'a> {
    pub(super) pool: Vec<Candidate>,
    pub(super) options: Vec<Vec<u16>>,
    /// By keypoint: the candidate that people's labels define.
    pub(super) locked: Vec<Option<u16>>,
    votes: Option<&'a Votes>,
}

/// What leaving out a keypoint costs that people labelled in two views, nats.
const LOCKED: f32 = 1e3;
/// What a candidate costs that a keypoint cannot be, nats.
const IMPOSSIBLE: f64 = 1e4;
/// A candidate that costs a keypoint so much more than its best one is no option, nats.
const HOPELESS: f64 = 30.0;

impl<'a> FrameScene<'a> {
    /// A frame after several answers to the frame before, whose memories are given.
    pub(super) fn new(
        config: &TrackerConfig,
        rig: &PinholeRig,
        track: &Track,
        input: &'a TrackerInput,
        memories: &[&[Memory]],
    ) -> Self {
        let pool = candidates::find(rig, &input.evidence, &config.candidates);
        let mut scene = Self::of(config, rig, track, input, pool);
        scene.choose(config, track, input, memories, config.options_by_evidence);
        scene
    }

    /// The same frame again around one answer: `choice` and the memories on both sides of it.
    pub(super) fn around(
        config: &TrackerConfig,
        rig: &PinholeRig,
        track: &Track,
        input: &'a TrackerInput,
        (pool, choice): (&[Candidate], &[Option<u16>]),
        memories: &[&[Memory]],
    ) -> Self {
        let mut scene = Self::of(config, rig, track, input, pool.to_vec());
        scene.choose(config, track, input, memories, 0);
        for (options, choice) in scene.options.iter_mut().zip(choice) {
            if let Some(choice) = choice.filter(|choice| !options.contains(choice)) {
                options.push(choice);
            }
        }
        scene
    }

    fn of(
        config: &TrackerConfig,
        rig: &PinholeRig,
        track: &Track,
        input: &'a TrackerInput,
        mut pool: Vec<Candidate>,
    ) -> Self {
        let locked = lock(config, rig, &input.evidence, track.memory.len(), &mut pool);
        Self { pool, options: Vec::new(), locked, votes: input.votes.as_ref() }
    }

    fn choose(
        &mut self,
        config: &TrackerConfig,
        track: &Track,
        input: &TrackerInput,
        memories: &[&[Memory]],
        by_evidence: usize,
    ) {
        let usable = self.usable(&input.evidence, track.memory.len());
        self.options = usable.iter().map(|usable| usable.iter().copied().take(by_evidence).collect()).collect();
        for memory in memories {
            let priced = self.priced(track, memory, &usable);
            for (keypoint, mut ranked) in priced.into_iter().enumerate() {
                ranked.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                let limit = ranked.first().map_or(0.0, |best| best.0) + HOPELESS;
                let worth = ranked.into_iter().take(config.options_per_answer).take_while(|(cost, _)| *cost <= limit);
                for (_, index) in worth {
                    if !self.options[keypoint].contains(&index) {
                        self.options[keypoint].push(index);
                    }
                }
            }
        }
        for options in &mut self.options {
            options.truncate(usize::from(NONE));
        }
    }

    /// By keypoint: the candidates that people's labels leave to it, best evidence first.
    fn usable(&self, evidence: &FrameEvidence, keypoint_count: usize) -> Vec<Vec<u16>> {
        let has_locks = evidence.has_locks();
        let of = |keypoint: usize| match self.locked[keypoint] {
            Some(locked) => vec![locked],
            None => (0..self.pool.len() as u16)
                .filter(|index| !has_locks || !self.locked.contains(&Some(*index)))
                .filter(|index| !has_locks || candidates::allowed(evidence, &self.pool[usize::from(*index)], keypoint))
                .collect(),
        };
        (0..keypoint_count).map(of).collect()
    }

    /// By keypoint: every usable candidate with its cost, the other keypoints' interest in it included.
    fn priced(&self, track: &Track, memory: &[Memory], usable: &[Vec<u16>]) -> Vec<Vec<(f64, u16)>> {
        let (rows, pool) = (usable.len(), self.pool.len());
        let columns = pool + rows;
        let mut cost = vec![IMPOSSIBLE; rows * columns];
        for (keypoint, usable) in usable.iter().enumerate() {
            let expected = track.motion.predict(keypoint, &memory[keypoint]);
            for index in usable {
                let candidate = &self.pool[usize::from(*index)];
                let motion = track.motion.penalty(expected, &candidate.position);
                let own = self.own(keypoint, candidate, &track.visibility);
                cost[keypoint * columns + usize::from(*index)] = f64::from(own) + motion;
            }
            cost[keypoint * columns + pool + keypoint] = f64::from(self.none(keypoint, &track.visibility));
        }
        let prices = assign(&cost, rows, columns).column_price;
        let of = |(keypoint, usable): (usize, &Vec<u16>)| {
            let priced = |index: &u16| {
                let column = usize::from(*index);
                (cost[keypoint * columns + column] - prices[column], *index)
            };
            usable.iter().map(priced).collect()
        };
        usable.iter().enumerate().map(of).collect()
    }

    /// What a candidate is worth to a keypoint in itself: evidence, votes, usual visibility.
    fn own(&self, keypoint: usize, candidate: &Candidate, visibility: &VisibilityModel) -> f32 {
        let vote = self.votes.map_or(0.0, |votes| votes.energy(keypoint, &candidate.support));
        candidate.evidence + vote + visibility.energy(keypoint, usize::from(candidate.views))
    }

    /// What it costs that a keypoint is not seen.
    fn none(&self, keypoint: usize, visibility: &VisibilityModel) -> f32 {
        if self.locked[keypoint].is_some() { LOCKED } else { visibility.energy(keypoint, 0) }
    }

    /// The energies between the options.
    pub(super) fn tables<'b>(&'b self, shape: &'b ShapeModel) -> Tables<'b> {
        Tables::new(shape, &self.pool, self.options.clone())
    }

    /// What every option is worth in itself, as [`Tables::column`] places it.
    pub(super) fn base(&self, tables: &Tables<'_>, visibility: &VisibilityModel) -> Vec<f32> {
        let mut unary = vec![0.0; tables.row_length()];
        for (keypoint, options) in self.options.iter().enumerate() {
            for (index, option) in options.iter().enumerate() {
                let candidate = &self.pool[usize::from(*option)];
                unary[tables.column(keypoint, index as u8)] = self.own(keypoint, candidate, visibility);
            }
            unary[tables.column(keypoint, NONE)] = self.none(keypoint, visibility);
        }
        unary
    }

    /// What motion says of every option, as [`Tables::column`] places it.
    pub(super) fn motion(&self, tables: &Tables<'_>, motion: &MotionModel, memory: &[Memory]) -> Vec<f32> {
        let mut unary = vec![0.0; tables.row_length()];
        for (keypoint, options) in self.options.iter().enumerate() {
            let expected = motion.predict(keypoint, &memory[keypoint]);
            for (index, option) in options.iter().enumerate() {
                let position = &self.pool[usize::from(*option)].position;
                unary[tables.column(keypoint, index as u8)] = motion.penalty(expected, position) as f32;
            }
        }
        unary
    }

    /// An answer in terms of the pool.
    pub(super) fn pool_choice(&self, choice: &[u8]) -> Vec<Option<u16>> {
        let pick =
            |(keypoint, choice): (usize, &u8)| (*choice != NONE).then(|| self.options[keypoint][usize::from(*choice)]);
        choice.iter().enumerate().map(pick).collect()
    }
}

/// Adds the candidates that people's labels define and says where they stand.
fn lock(
    config: &TrackerConfig,
    rig: &PinholeRig,
    evidence: &FrameEvidence,
    keypoint_count: usize,
    pool: &mut Vec<Candidate>,
) -> Vec<Option<u16>> {
    if !evidence.has_locks() {
        return vec![None; keypoint_count];
    }
    let locked: Vec<Option<u16>> = (0..keypoint_count)
        .map(|keypoint| {
            let candidate = candidates::locked(rig, evidence, &config.candidates, keypoint)?;
            Some(position_in(pool, candidate))
        })
        .collect();
    give_way(config, rig, evidence, &locked, pool);
    locked
}

/// Where a candidate stands in the pool, to which it is added if it is new.
fn position_in(pool: &mut Vec<Candidate>, candidate: Candidate) -> u16 {
    let known = pool.iter().position(|known| known.support == candidate.support);
    let index = known.unwrap_or_else(|| {
        pool.push(candidate);
        pool.len() - 1
    });
    index as u16
}

/// Adds what is left of the candidates without the dots that people gave to somebody, and for a keypoint that people said
/// cannot be seen in a view, without that view.
fn give_way(
    config: &TrackerConfig,
    rig: &PinholeRig,
    evidence: &FrameEvidence,
    locked: &[Option<u16>],
    pool: &mut Vec<Candidate>,
) {
    let absent_in = |keypoint: usize, camera: usize| evidence.lock(camera, keypoint) == Some(Lock::Absent);
    let hidden: Vec<usize> = (0..locked.len())
        .filter(|keypoint| locked[*keypoint].is_none())
        .filter(|keypoint| (0..rig.len()).any(|camera| absent_in(*keypoint, camera)))
        .collect();
    for index in 0..pool.len() {
        if locked.contains(&Some(index as u16)) {
            continue;
        }
        let candidate = pool[index].clone();
        let is_owned = |camera: usize, dot: u8| evidence.owner(camera, dot).is_some();
        let rest = |is_given_up: &dyn Fn(usize, u8) -> bool| {
            candidates::without(rig, evidence, &config.candidates, &candidate, is_given_up)
        };
        let mut found: Vec<Candidate> = rest(&is_owned).into_iter().collect();
        for keypoint in &hidden {
            found.extend(rest(&|camera, dot| is_owned(camera, dot) || absent_in(*keypoint, camera)));
        }
        for candidate in found {
            position_in(pool, candidate);
        }
    }
}
