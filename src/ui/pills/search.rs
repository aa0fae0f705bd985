//! The search for places: greedy over a fixed list of offsets, in a few orders of the pills.

use std::sync::OnceLock;

use egui::{Pos2, Rect, Vec2};

use super::geometry::{point_to_segment, rect_to_rect, segment_to_rect, segment_to_segment};
use super::{PillRequest, PlacedPill};
use crate::ui::theme::Theme;

const DIRECTIONS: usize = 24;
/// Orders of the pills that are always tried, and how often those that were left out get their turn first.
const ORDERS: usize = 4;
const RETRIES: usize = 2;
/// Dots nearer than this make a place crowded, in points.
const CROWDED: f32 = 60.0;
/// What the direction straight inward costs more than the one straight outward, in points of distance.
const INWARD_COST: f32 = 24.0;
/// What a leader over somebody else's dot costs.
const OVER_A_DOT_COST: f32 = 30.0;
/// What a pill that is left out costs, for each step of priority.
const LEFT_OUT_COST: f32 = 1000.0;
/// A pill leaves its old place for one that is cheaper by this much, leaders aside. More than the cost over a dot, so that a
/// leader that just begins to pass one shifts nothing.
const WORTH_A_MOVE: f32 = 40.0;

/// How much room is asked for beyond what is required.
#[derive(Clone, Copy)]
struct Slack {
    dot: f32,
    pill: f32,
    leader: f32,
    bounds: f32,
}

/// For a pill that stays where it was.
const KEEP: Slack = Slack { dot: 0.0, pill: 0.5, leader: 0.5, bounds: 0.0 };
/// For a fresh place: two dots that each move by one point come nearer by two.
const FRESH: Slack = Slack { dot: 2.1, pill: 2.6, leader: 2.6, bounds: 1.1 };
/// For leaving an old place: more than what two dots that each move by one point can have freed.
const BETTER: Slack = Slack { dot: 4.3, pill: 4.8, leader: 4.8, bounds: 2.3 };

/// Offsets to try, by the direction that is outward, cheapest first.
struct Candidates {
    by_outward: Vec<Vec<(Vec2, f32)>>,
    clearance: f32,
}

impl Candidates {
    fn get() -> &'static Self {
        static CANDIDATES: OnceLock<Candidates> = OnceLock::new();
        CANDIDATES.get_or_init(|| {
            let marker = &Theme::get().marker;
            Self::new(&marker.pill_distances, marker.pill_clearance)
        })
    }

    fn new(distances: &[f32], clearance: f32) -> Self {
        let step = std::f32::consts::TAU / DIRECTIONS as f32;
        let by_outward = (0..DIRECTIONS)
            .map(|outward| {
                let mut offsets: Vec<(Vec2, f32)> = Vec::new();
                for direction in 0..DIRECTIONS {
                    let turned = ((direction + DIRECTIONS - outward) % DIRECTIONS) as f32 * step;
                    let inward = INWARD_COST * (1.0 - turned.cos()) / 2.0;
                    let unit = Vec2::angled(direction as f32 * step);
                    offsets.extend(distances.iter().map(|distance| (unit * *distance, distance + inward)));
                }
                offsets.sort_by(|one, other| one.1.total_cmp(&other.1));
                offsets
            })
            .collect();
        Self { by_outward, clearance }
    }

    fn outward(&self, direction: Vec2) -> &[(Vec2, f32)] {
        // Upward where a dot has no side.
        let angle = if direction.length_sq() > 1.0 { direction.angle() } else { -std::f32::consts::FRAC_PI_2 };
        let step = std::f32::consts::TAU / DIRECTIONS as f32;
        let index = (angle / step).round().rem_euclid(DIRECTIONS as f32) as usize % DIRECTIONS;
        &self.by_outward[index]
    }
}

/// How far pills stay from dots.
pub(super) fn clearance() -> f32 {
    Candidates::get().clearance
}

/// A pill with what is asked of it again and again.
#[derive(Clone, Copy)]
pub(super) struct Body {
    pub(super) pill: PlacedPill,
    leader: [Pos2; 2],
    /// Round both.
    reach: Rect,
}

impl Body {
    fn new(pill: PlacedPill) -> Self {
        Self { pill, leader: pill.leader(), reach: pill.rect.union(Rect::from_pos(pill.dot)) }
    }
}

#[derive(Clone)]
pub(super) struct Layout {
    pub(super) bodies: Vec<Option<Body>>,
    pub(super) cost: f32,
}

impl Layout {
    fn has(&self, index: usize) -> bool {
        self.bodies[index].is_some()
    }
}

/// A place for a pill that is clear of dots and bounds.
#[derive(Clone, Copy)]
struct Place {
    body: Body,
    /// By distance and direction; places come in this order.
    cost: f32,
    /// With what the leader costs.
    whole_cost: f32,
}

/// What does not change between the orders that are tried.
pub(super) struct Search<'a> {
    dots: &'a [Pos2],
    requests: &'a [PillRequest],
    bounds: Rect,
    centre: Pos2,
    candidates: &'static Candidates,
    /// Per request, the candidates that are clear of dots and bounds, as far as they have been looked at.
    clear: Vec<Clear>,
}

#[derive(Clone, Default)]
struct Clear {
    places: Vec<Place>,
    looked_at: usize,
}

impl<'a> Search<'a> {
    pub(super) fn new(dots: &'a [Pos2], requests: &'a [PillRequest], bounds: Rect) -> Self {
        let finite = dots.iter().filter(|dot| dot.is_finite());
        let count = finite.clone().count().max(1) as f32;
        let centre = (finite.fold(Vec2::ZERO, |sum, dot| sum + dot.to_vec2()) / count).to_pos2();
        let clear = vec![Clear::default(); requests.len()];
        Self { dots, requests, bounds, centre, candidates: Candidates::get(), clear }
    }

    pub(super) fn can_show(&self, request: &PillRequest) -> bool {
        self.dots.get(request.owner).is_some_and(|dot| dot.is_finite() && self.bounds.contains(*dot))
            && request.size.is_finite()
    }

    pub(super) fn best_layout(&mut self, keeps: bool) -> Layout {
        let requests = self.requests;
        let mut start = Layout { bodies: vec![None; requests.len()], cost: 0.0 };
        let mut open: Vec<usize> = (0..requests.len()).filter(|index| self.can_show(&requests[*index])).collect();
        open.sort_by_key(|index| (std::cmp::Reverse(requests[*index].priority), *index));
        if keeps {
            open.retain(|index| !self.keep(*index, &mut start));
            self.improve(&mut start);
        }
        let mut best: Option<Layout> = None;
        for order in 0..ORDERS + RETRIES {
            if order < ORDERS {
                self.sort(&mut open, order);
            } else if !self.bring_forward(&mut open, best.as_ref()) {
                break;
            }
            let limit = best.as_ref().map_or(f32::INFINITY, |best| best.cost);
            let Some((layout, is_ideal)) = self.fill(&open, start.clone(), limit) else { continue };
            best = Some(layout);
            if is_ideal {
                break;
            }
        }
        best.unwrap_or(start)
    }

    /// Puts a pill where it was, if that is allowed.
    fn keep(&self, index: usize, layout: &mut Layout) -> bool {
        let request = &self.requests[index];
        let Some(offset) = request.previous.filter(|offset| offset.is_finite()) else { return false };
        let body = Body::new(PlacedPill::at(self.dots[request.owner], offset, request.size));
        let is_allowed = self.clears_dots(&body.pill, request.owner, KEEP) && fits(&body, &layout.bodies, KEEP);
        if is_allowed {
            layout.bodies[index] = Some(body);
        }
        is_allowed
    }

    /// Lets pills that were kept far out come nearer where much room has become free.
    fn improve(&mut self, layout: &mut Layout) {
        for index in 0..self.requests.len() {
            let Some(kept) = layout.bodies[index] else { continue };
            let owner = self.requests[index].owner;
            let cost = self.cost_of(&kept);
            let mut at = 0;
            layout.bodies[index] = None;
            let mut better = kept;
            while let Some(place) = self.clear_place(index, at) {
                at += 1;
                if place.cost + WORTH_A_MOVE > cost {
                    break;
                }
                let is_allowed =
                    self.clears_dots(&place.body.pill, owner, BETTER) && fits(&place.body, &layout.bodies, BETTER);
                if is_allowed {
                    better = place.body;
                    break;
                }
            }
            layout.bodies[index] = Some(better);
        }
    }

    /// What a place costs by distance and direction that may not be one of the candidates.
    fn cost_of(&self, body: &Body) -> f32 {
        let offset = body.pill.offset();
        let outward = body.pill.dot - self.centre;
        let cosine = if outward.length_sq() > 1.0 { offset.normalized().dot(outward.normalized()) } else { 1.0 };
        offset.length() + INWARD_COST * (1.0 - cosine) / 2.0
    }

    fn cost_of_leader(&self, body: &Body, owner: usize) -> f32 {
        let clearance = self.candidates.clearance;
        let reach = Rect::from_two_pos(body.leader[0], body.leader[1]).expand(clearance);
        let near = |(index, dot): (usize, &Pos2)| {
            index != owner && reach.contains(*dot) && point_to_segment(*dot, body.leader) < clearance
        };
        if self.dots.iter().enumerate().any(near) { OVER_A_DOT_COST } else { 0.0 }
    }

    /// Adds the open pills in their order; none if that gets dearer than `limit`. Also says whether no order can do better.
    fn fill(&mut self, open: &[usize], mut layout: Layout, limit: f32) -> Option<(Layout, bool)> {
        let mut to_come: f32 = open.iter().map(|index| self.least_cost(*index)).sum();
        let least = to_come;
        for index in open {
            to_come -= self.least_cost(*index);
            match self.cheapest_fit(*index, &layout) {
                Some(place) => {
                    layout.bodies[*index] = Some(place.body);
                    layout.cost += place.whole_cost;
                }
                None => layout.cost += self.cost_left_out(*index),
            }
            if layout.cost + to_come >= limit {
                return None;
            }
        }
        let is_ideal = layout.cost <= least + 1e-3;
        Some((layout, is_ideal))
    }

    fn cheapest_fit(&mut self, index: usize, layout: &Layout) -> Option<Place> {
        let mut found: Option<Place> = None;
        // Whoever stands in the way of one place mostly stands in the way of the next.
        let mut earlier: Option<Body> = None;
        for nth in 0.. {
            let Some(place) = self.clear_place(index, nth) else { break };
            if found.is_some_and(|found| place.cost >= found.whole_cost) {
                break;
            }
            let is_cheaper = found.is_none_or(|found| place.whole_cost < found.whole_cost);
            if !is_cheaper || earlier.is_some_and(|earlier| !keep_clear(&place.body, &earlier, FRESH)) {
                continue;
            }
            match blocker(&place.body, &layout.bodies, FRESH) {
                Some(other) => earlier = layout.bodies[other],
                None => found = Some(place),
            }
        }
        found
    }

    /// What a pill costs wherever it goes.
    fn least_cost(&mut self, index: usize) -> f32 {
        self.clear_place(index, 0).map_or_else(|| self.cost_left_out(index), |place| place.cost)
    }

    fn cost_left_out(&self, index: usize) -> f32 {
        LEFT_OUT_COST * (1.0 + f32::from(self.requests[index].priority))
    }

    /// The `nth` place of a pill that is clear of dots and bounds.
    fn clear_place(&mut self, index: usize, nth: usize) -> Option<Place> {
        let request = self.requests[index];
        let dot = self.dots[request.owner];
        let offsets = self.candidates.outward(dot - self.centre);
        while self.clear[index].places.len() <= nth {
            let (offset, cost) = *offsets.get(self.clear[index].looked_at)?;
            self.clear[index].looked_at += 1;
            let pill = PlacedPill::at(dot, offset, request.size);
            if self.clears_dots(&pill, request.owner, FRESH) {
                let body = Body::new(pill);
                let whole_cost = cost + self.cost_of_leader(&body, request.owner);
                self.clear[index].places.push(Place { body, cost, whole_cost });
            }
        }
        self.clear[index].places.get(nth).copied()
    }

    fn clears_dots(&self, pill: &PlacedPill, owner: usize, slack: Slack) -> bool {
        let clearance = self.candidates.clearance;
        self.bounds.shrink(slack.bounds).contains_rect(pill.rect)
            && self.dots.iter().enumerate().all(|(index, dot)| {
                // The own dot moves with its pill.
                let needed = clearance + if index == owner { -1e-3 } else { slack.dot };
                !dot.is_finite() || pill.rect.distance_sq_to_pos(*dot) >= needed * needed
            })
    }

    /// Puts those that were left out before those of the same priority that were not; says whether there were any.
    fn bring_forward(&self, open: &mut [usize], best: Option<&Layout>) -> bool {
        let is_left_out = |index: usize| best.is_some_and(|best| !best.has(index));
        open.sort_by_key(|index| (std::cmp::Reverse(self.requests[*index].priority), !is_left_out(*index)));
        open.iter().any(|index| is_left_out(*index))
    }

    fn sort(&self, open: &mut [usize], order: usize) {
        let rank = |index: &usize| {
            let dot = self.dots[self.requests[*index].owner];
            match order {
                0 => -(self.dots.iter().filter(|other| dot.distance_sq(**other) < CROWDED * CROWDED).count() as f32),
                1 => -dot.distance(self.centre),
                2 => dot.y,
                _ => dot.x,
            }
        };
        let mut ranked: Vec<(usize, f32)> = open.iter().map(|index| (*index, rank(index))).collect();
        ranked.sort_by(|(one, one_rank), (other, other_rank)| {
            let by_priority = self.requests[*other].priority.cmp(&self.requests[*one].priority);
            by_priority.then_with(|| one_rank.total_cmp(other_rank)).then_with(|| one.cmp(other))
        });
        for (place, (index, _)) in open.iter_mut().zip(ranked) {
            *place = index;
        }
    }
}

/// Whether a pill and its leader keep clear of those that are placed.
fn fits(body: &Body, placed: &[Option<Body>], slack: Slack) -> bool {
    blocker(body, placed, slack).is_none()
}

/// The first of those that are placed that a pill or its leader comes too near to.
fn blocker(body: &Body, placed: &[Option<Body>], slack: Slack) -> Option<usize> {
    let reach = body.reach.expand(slack.pill.max(slack.leader));
    placed.iter().position(|other| {
        other.as_ref().is_some_and(|other| reach.intersects(other.reach) && !keep_clear(body, other, slack))
    })
}

fn keep_clear(body: &Body, other: &Body, slack: Slack) -> bool {
    // Leaders of dots that nearly touch cannot keep much distance.
    let apart = slack.leader.min(body.pill.dot.distance(other.pill.dot) / 2.0).max(f32::MIN_POSITIVE);
    rect_to_rect(body.pill.rect, other.pill.rect) >= slack.pill
        && segment_to_rect(other.leader, body.pill.rect) >= slack.leader
        && segment_to_rect(body.leader, other.pill.rect) >= slack.leader
        && segment_to_segment(body.leader, other.leader) >= apart
}
