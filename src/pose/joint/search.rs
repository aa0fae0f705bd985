//! The joint search: one candidate or none for every keypoint at once, so that the sum of all energies is lowest.
//!
//! A beam over keypoints, spine first. States are ranked by their energy plus, for every keypoint still open, the best
//! energy that it could have given what is decided: without that look-ahead a beam drops the true state early. Distances
//! and shared dots are pairwise tables; places in the body's frame and sides join as soon as the spine of a state stands.
//!
//! Energies are nats; "none" costs nothing, a candidate's evidence is negative.

use super::super::assignment::assign;
use super::candidates::{Candidate, NO_DOT};
use super::shape::{Body, ShapeModel};
use crate::model::Point3;

/// The option "this keypoint is not seen".
pub const NONE: u8 = u8::MAX;

/// A complete answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// Its energy, nats.
    pub energy: f32,
    /// By keypoint: a position in its option list, or [`NONE`].
    pub choice: Vec<u8>,
}

/// What is the same for all searches of a frame: options and the energies between them.
pub struct Tables<'a> {
    shape: &'a ShapeModel,
    pool: &'a [Candidate],
    /// By keypoint: positions in `pool`.
    pub options: Vec<Vec<u16>>,
    /// Where a keypoint's options begin in a row; the last of each is "none".
    offsets: Vec<usize>,
    row_length: usize,
    /// Energy between two options, row by row.
    between: Vec<f32>,
    order: Vec<usize>,
    spine_count: usize,
}

/// What sharing a dot costs on top of the support that one of the two loses, nats.
const SHARED_DOT: f32 = 2.0;
/// What being the same candidate costs: never.
const SAME_POINT: f32 = 1e4;

impl<'a> Tables<'a> {
    /// Prepares a frame. `options` is by keypoint, positions in `pool`.
    pub fn new(shape: &'a ShapeModel, pool: &'a [Candidate], options: Vec<Vec<u16>>) -> Self {
        let mut offsets = Vec::with_capacity(options.len() + 1);
        let mut row_length = 0;
        for list in &options {
            offsets.push(row_length);
            row_length += list.len() + 1;
        }
        offsets.push(row_length);
        let mut order: Vec<usize> = shape.spine().map(|keypoint| keypoint.index()).collect();
        let spine_count = order.len();
        let mut rest: Vec<usize> = (0..options.len()).filter(|keypoint| !order.contains(keypoint)).collect();
        // Keypoints with few options first: what is nearly certain narrows what is not.
        rest.sort_by_key(|keypoint| options[*keypoint].len());
        order.extend(rest);
        let mut tables = Self { shape, pool, options, offsets, row_length, between: Vec::new(), order, spine_count };
        tables.fill();
        tables
    }

    fn fill(&mut self) {
        let mut between = vec![0.0; self.row_length * self.row_length];
        let mut pool_pairs = PoolPairs::new(self.pool);
        for k in 0..self.options.len() {
            for l in k + 1..self.options.len() {
                let penalty = self.shape.distance_penalty(k, l);
                for (i, c) in self.options[k].iter().enumerate() {
                    let row = self.offsets[k] + i;
                    for (j, d) in self.options[l].iter().enumerate() {
                        let column = self.offsets[l] + j;
                        let (distance, conflict) = pool_pairs.of(*c, *d);
                        let energy = conflict + if penalty.is_known() { penalty.of(distance) } else { 0.0 };
                        between[row * self.row_length + column] = energy;
                        between[column * self.row_length + row] = energy;
                    }
                }
            }
        }
        self.between = between;
    }

    /// How many options there are in a row of unary energies, "none" of every keypoint included.
    pub fn row_length(&self) -> usize {
        self.row_length
    }

    /// Where an option's energy stands in a row.
    pub fn column(&self, keypoint: usize, choice: u8) -> usize {
        if choice == NONE { self.offsets[keypoint + 1] - 1 } else { self.offsets[keypoint] + usize::from(choice) }
    }

    /// The candidate that an option stands for.
    pub fn candidate(&self, keypoint: usize, choice: u8) -> Option<&'a Candidate> {
        (choice != NONE).then(|| &self.pool[usize::from(self.options[keypoint][usize::from(choice)])])
    }

    /// The places of a solution, by keypoint.
    pub fn positions(&self, choice: &[u8]) -> Vec<Option<Point3>> {
        choice
            .iter()
            .enumerate()
            .map(|(keypoint, choice)| self.candidate(keypoint, *choice).map(|candidate| candidate.position))
            .collect()
    }

    /// The energy of a complete answer with the given unary energies.
    pub fn energy(&self, unary: &[f32], choice: &[u8]) -> f32 {
        let columns: Vec<usize> =
            choice.iter().enumerate().map(|(keypoint, choice)| self.column(keypoint, *choice)).collect();
        let mut energy: f32 = columns.iter().map(|column| unary[*column]).sum();
        for (index, row) in columns.iter().enumerate() {
            for column in &columns[index + 1..] {
                energy += self.between[row * self.row_length + column];
            }
        }
        let positions = self.positions(choice);
        if let Some(body) = self.shape.body(&positions) {
            for (keypoint, position) in positions.iter().enumerate() {
                if let Some(position) = position {
                    energy += self.shape.place_penalty(&body, keypoint, position) as f32;
                }
            }
            for side in self.shape.sides() {
                if let (Some(left), Some(right)) = (positions[side.left.index()], positions[side.right.index()]) {
                    let hinge = side.hinge_in(&positions);
                    energy += self.shape.side_penalty(side, &body, [&left, &right], hinge) as f32;
                }
            }
        }
        energy
    }

    /// What each option's candidate is worth to the other keypoints that want it, nats: the dual prices of the assignment
    /// by unary energies alone. With them the outlook of a state no longer counts one candidate for several keypoints.
    fn prices(&self, unary: &[f32]) -> Vec<f32> {
        let (rows, pool) = (self.options.len(), self.pool.len());
        let columns = pool + rows;
        let mut cost = vec![f64::from(SAME_POINT); rows * columns];
        for (keypoint, options) in self.options.iter().enumerate() {
            for (index, candidate) in options.iter().enumerate() {
                let energy = unary[self.offsets[keypoint] + index];
                cost[keypoint * columns + usize::from(*candidate)] = f64::from(energy);
            }
            cost[keypoint * columns + pool + keypoint] = f64::from(unary[self.column(keypoint, NONE)]);
        }
        let assigned = assign(&cost, rows, columns);
        let mut prices = vec![0.0; self.row_length];
        for (keypoint, options) in self.options.iter().enumerate() {
            for (index, candidate) in options.iter().enumerate() {
                prices[self.offsets[keypoint] + index] = -assigned.column_price[usize::from(*candidate)] as f32;
            }
        }
        prices
    }

    /// The best answers, best first, no two alike. `unary` has an energy per option as [`Tables::column`] places them.
    pub fn solve(&self, unary: &[f32], width: usize) -> Vec<Solution> {
        let mut beam = Beam::start(self, unary, self.prices(unary));
        for step in 0..self.order.len() {
            beam.advance(self, step, width);
            if step + 1 == self.spine_count {
                beam.stand_up(self);
            }
        }
        beam.finish()
    }
}

/// Distances and shared dots between pool candidates, each computed once.
struct PoolPairs<'a> {
    pool: &'a [Candidate],
    known: Vec<(f32, f32)>,
}

impl<'a> PoolPairs<'a> {
    fn new(pool: &'a [Candidate]) -> Self {
        Self { pool, known: vec![(f32::NAN, 0.0); pool.len() * pool.len()] }
    }

    fn of(&mut self, c: u16, d: u16) -> (f32, f32) {
        let (c, d) = (usize::from(c.min(d)), usize::from(c.max(d)));
        let slot = c * self.pool.len() + d;
        if self.known[slot].0.is_nan() {
            self.known[slot] = between(&self.pool[c], &self.pool[d], c == d);
        }
        self.known[slot]
    }
}

/// Distance and the cost of shared dots.
fn between(a: &Candidate, b: &Candidate, same: bool) -> (f32, f32) {
    if same {
        return (0.0, SAME_POINT);
    }
    let mut conflict = 0.0;
    for camera in 0..a.support.len() {
        if a.support[camera] != NO_DOT && a.support[camera] == b.support[camera] {
            conflict += a.gains[camera].min(b.gains[camera]) + SHARED_DOT;
        }
    }
    ((a.position - b.position).norm() as f32, conflict)
}

/// States of the beam, structure of arrays.
struct Beam {
    energy: Vec<f32>,
    choice: Vec<u8>,
    /// Per state and option: the option's energy given what is decided.
    open: Vec<f32>,
    bodies: Vec<Option<Body>>,
    is_open: Vec<bool>,
    /// Per option: its candidate's price.
    prices: Vec<f32>,
    /// Per state: the prices paid so far.
    paid: Vec<f32>,
}

/// A way to go on from a state.
struct Child {
    rank: f32,
    parent: u32,
    choice: u8,
}

impl Beam {
    fn start(tables: &Tables<'_>, unary: &[f32], prices: Vec<f32>) -> Self {
        let keypoint_count = tables.options.len();
        Self {
            energy: vec![0.0],
            choice: vec![NONE; keypoint_count],
            open: unary.to_vec(),
            bodies: vec![None],
            is_open: vec![true; keypoint_count],
            prices,
            paid: vec![0.0],
        }
    }

    fn row(&self, tables: &Tables<'_>, state: usize) -> &[f32] {
        &self.open[state * tables.row_length..(state + 1) * tables.row_length]
    }

    /// For every open keypoint the lowest energy it could add.
    fn outlook(&self, tables: &Tables<'_>, row: &[f32]) -> f32 {
        let lowest = |keypoint: usize| {
            let options = tables.offsets[keypoint]..tables.offsets[keypoint + 1];
            let priced = row[options.clone()].iter().zip(&self.prices[options]);
            priced.fold(f32::INFINITY, |lowest, (energy, price)| lowest.min(energy + price))
        };
        (0..self.is_open.len()).filter(|keypoint| self.is_open[*keypoint]).map(lowest).sum()
    }

    /// Decides one more keypoint in every state and keeps the `width` most promising.
    fn advance(&mut self, tables: &Tables<'_>, step: usize, width: usize) {
        let keypoint = tables.order[step];
        self.is_open[keypoint] = false;
        let mut children = Vec::new();
        for state in 0..self.energy.len() {
            let row = self.row(tables, state);
            let outlook = self.outlook(tables, row);
            let options = &row[tables.offsets[keypoint]..tables.offsets[keypoint + 1]];
            for (index, energy) in options.iter().enumerate() {
                let choice = if index + 1 == options.len() { NONE } else { index as u8 };
                let price = self.paid[state] + self.prices[tables.offsets[keypoint] + index];
                children.push(Child {
                    rank: self.energy[state] + energy + price + outlook,
                    parent: state as u32,
                    choice,
                });
            }
        }
        keep_lowest(&mut children, 2 * width);
        self.adopt(tables, keypoint, children, width);
    }

    /// Makes the children's states, ranks them by their own outlook, keeps the best.
    fn adopt(&mut self, tables: &Tables<'_>, keypoint: usize, mut children: Vec<Child>, width: usize) {
        let (length, keypoint_count) = (tables.row_length, self.is_open.len());
        let mut rows = vec![0.0; children.len() * length];
        for (index, child) in children.iter_mut().enumerate() {
            let parent = child.parent as usize;
            let column = tables.column(keypoint, child.choice);
            let row = &mut rows[index * length..(index + 1) * length];
            let between = &tables.between[column * length..(column + 1) * length];
            for ((value, parent), added) in row.iter_mut().zip(self.row(tables, parent)).zip(between) {
                *value = parent + added;
            }
            if let Some(body) = &self.bodies[parent] {
                self.add_side(tables, parent, keypoint, child.choice, body, row);
            }
            let energy = self.energy[parent] + self.row(tables, parent)[column];
            child.rank = energy + self.paid[parent] + self.prices[column] + self.outlook(tables, row);
        }
        let mut ranked: Vec<usize> = (0..children.len()).collect();
        ranked.sort_by(|a, b| children[*a].rank.total_cmp(&children[*b].rank).then(a.cmp(b)));
        ranked.truncate(width);

        let mut next = Self {
            energy: Vec::with_capacity(ranked.len()),
            choice: Vec::with_capacity(ranked.len() * keypoint_count),
            open: Vec::with_capacity(ranked.len() * length),
            bodies: Vec::with_capacity(ranked.len()),
            is_open: std::mem::take(&mut self.is_open),
            prices: std::mem::take(&mut self.prices),
            paid: Vec::with_capacity(ranked.len()),
        };
        for index in ranked {
            let child = &children[index];
            let parent = child.parent as usize;
            let column = tables.column(keypoint, child.choice);
            next.energy.push(self.energy[parent] + self.row(tables, parent)[column]);
            next.paid.push(self.paid[parent] + next.prices[column]);
            let start = next.choice.len();
            next.choice.extend_from_slice(&self.choice[parent * keypoint_count..(parent + 1) * keypoint_count]);
            next.choice[start + keypoint] = child.choice;
            next.open.extend_from_slice(&rows[index * length..(index + 1) * length]);
            next.bodies.push(self.bodies[parent]);
        }
        *self = next;
    }

    /// Adds to the options of an open keypoint what it costs to stand on the wrong side of the one just decided.
    fn add_side(&self, tables: &Tables<'_>, state: usize, keypoint: usize, choice: u8, body: &Body, row: &mut [f32]) {
        let Some(decided) = tables.candidate(keypoint, choice) else { return };
        for side in tables.shape.sides() {
            let (other, is_left) = match keypoint {
                k if k == side.left.index() => (side.right.index(), true),
                k if k == side.right.index() => (side.left.index(), false),
                _ => continue,
            };
            if !self.is_open[other] {
                continue;
            }
            let hinge = side.hinge().and_then(|hinge| {
                let choice = self.choice[state * self.is_open.len() + hinge.index()];
                tables.candidate(hinge.index(), choice).map(|candidate| candidate.position)
            });
            for (index, candidate) in tables.options[other].iter().enumerate() {
                let position = &tables.pool[usize::from(*candidate)].position;
                let pair = if is_left { [&decided.position, position] } else { [position, &decided.position] };
                row[tables.offsets[other] + index] += tables.shape.side_penalty(side, body, pair, hinge) as f32;
            }
        }
    }

    /// Once the spine is decided: adds the places of all keypoints in each state's body frame.
    fn stand_up(&mut self, tables: &Tables<'_>) {
        let keypoint_count = self.is_open.len();
        for state in 0..self.energy.len() {
            let choice = &self.choice[state * keypoint_count..(state + 1) * keypoint_count];
            let positions = tables.positions(choice);
            let Some(body) = tables.shape.body(&positions) else { continue };
            for (keypoint, position) in positions.iter().enumerate() {
                if let Some(position) = position {
                    self.energy[state] += tables.shape.place_penalty(&body, keypoint, position) as f32;
                }
            }
            for keypoint in (0..keypoint_count).filter(|keypoint| self.is_open[*keypoint]) {
                let start = state * tables.row_length + tables.offsets[keypoint];
                for (index, candidate) in tables.options[keypoint].iter().enumerate() {
                    let position = &tables.pool[usize::from(*candidate)].position;
                    self.open[start + index] += tables.shape.place_penalty(&body, keypoint, position) as f32;
                }
            }
            self.bodies[state] = Some(body);
        }
    }

    fn finish(self) -> Vec<Solution> {
        let keypoint_count = self.is_open.len();
        let mut solutions: Vec<Solution> = self
            .energy
            .iter()
            .enumerate()
            .map(|(state, energy)| Solution {
                energy: *energy,
                choice: self.choice[state * keypoint_count..(state + 1) * keypoint_count].to_vec(),
            })
            .collect();
        solutions.sort_by(|a, b| a.energy.total_cmp(&b.energy).then_with(|| a.choice.cmp(&b.choice)));
        solutions
    }
}

/// Keeps the `count` children of lowest rank, in a fixed order.
fn keep_lowest(children: &mut Vec<Child>, count: usize) {
    let by_rank =
        |a: &Child, b: &Child| a.rank.total_cmp(&b.rank).then(a.parent.cmp(&b.parent)).then(a.choice.cmp(&b.choice));
    if children.len() > count {
        children.select_nth_unstable_by(count, by_rank);
        children.truncate(count);
    }
    children.sort_by(by_rank);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Skeleton, ViewSet};

    fn skeleton(count: usize) -> Skeleton {
        let keypoints = (0..count).map(|index| format!("[[keypoints]]\nname = \"k{index}\"\ncolour = \"#ffffff\"\n"));
        Skeleton::from_toml(&format!("name = \"plain\"\n{}", keypoints.collect::<String>())).unwrap()
    }

    fn all(options: &[Vec<u16>]) -> Vec<Vec<u8>> {
        options.iter().fold(vec![Vec::new()], |known, list| {
            let longer = |choice: Vec<u8>| {
                let ends = (0..list.len() as u8).chain([NONE]);
                ends.map(move |end| choice.iter().copied().chain([end]).collect::<Vec<u8>>()).collect::<Vec<_>>()
            };
            known.into_iter().flat_map(longer).collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_wide_beam_finds_what_trying_everything_finds(
            places in prop::collection::vec(prop::array::uniform3(0.0..50.0f64), 5),
            dots in prop::collection::vec(0u8..4, 10),
            energies in prop::collection::vec(-20.0..5.0f32, 18),
        ) {
            let example: Vec<_> =
                [[0.0, 0.0, 0.0], [20.0, 0.0, 0.0], [0.0, 30.0, 0.0]].map(|[x, y, z]| Some(Point3::new(x, y, z))).to_vec();
            let shape = ShapeModel::from_examples(&skeleton(3), &[example]);
            let pool: Vec<Candidate> = places.iter().zip(dots.chunks(2)).map(|([x, y, z], dots)| {
                let mut support = [NO_DOT; ViewSet::CAPACITY];
                support[..2].copy_from_slice(dots);
                let mut gains = [0.0; ViewSet::CAPACITY];
                gains[..2].fill(5.0);
                Candidate { position: Point3::new(*x, *y, *z), support, views: 2, evidence: 0.0, gains }
            }).collect();
            let tables = Tables::new(&shape, &pool, vec![(0..5).collect(); 3]);
            let solutions = tables.solve(&energies, 400);
            let best = all(&tables.options).iter().map(|choice| tables.energy(&energies, choice)).fold(f32::INFINITY, f32::min);
            prop_assert!((solutions[0].energy - best).abs() < 1e-3, "{} for {best}", solutions[0].energy);
            for (index, solution) in solutions.iter().enumerate() {
                prop_assert!((solution.energy - tables.energy(&energies, &solution.choice)).abs() < 2e-2 + 1e-5 * solution.energy.abs());
                prop_assert!(solutions[..index].iter().all(|other| other.choice != solution.choice));
            }
            let seen: Vec<u8> = solutions[0].choice.iter().copied().filter(|choice| *choice != NONE).collect();
            prop_assert!(seen.iter().enumerate().all(|(index, choice)| !seen[..index].contains(choice)), "a candidate is one keypoint");
        }
    }
}
