//! Where the pills with numbers and codes stand beside their dots. Plain geometry: nothing here paints.
//!
//! What always holds of the pills that are placed: none is nearer to any dot than the clearance, none overlaps another, no
//! leader touches a foreign pill or crosses another leader, and all are inside the bounds. A pill without room is left out and
//! appears on hover alone ([`place_alone`]). A pill keeps its place beside its dot as long as that is allowed; fresh places have
//! some slack over what is required, so moves of one point shift nothing.
//!
//! The search is greedy over a fixed list of offsets, nearest and outward first, in a few orders of the pills, of which the
//! cheapest wins. That is not the optimum, and need not be.

mod cache;
mod geometry;
mod paint;

use std::sync::OnceLock;

use egui::{Pos2, Rect, Vec2};

pub use cache::PillCache;
pub use paint::{PillLook, paint_pill, pill_size, pill_text};

use super::theme::Theme;
use geometry::{point_to_rect, point_to_segment, rect_to_rect, segment_to_rect, segment_to_segment};

/// A pill that is wanted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PillRequest {
    /// What it stands for, the same from frame to frame: a keypoint, or a free dot.
    pub key: u64,
    /// Its dot, as an index into the list of dots.
    pub owner: usize,
    /// Its size in points.
    pub size: Vec2,
    /// Higher ones get their place first.
    pub priority: u8,
    /// Where its middle was, from the dot, when it was last placed.
    pub previous: Option<Vec2>,
}

/// A pill that has a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlacedPill {
    /// The pill.
    pub rect: Rect,
    /// Its dot, where the leader comes from.
    pub dot: Pos2,
}

impl PlacedPill {
    fn at(dot: Pos2, offset: Vec2, size: Vec2) -> Self {
        Self { rect: Rect::from_center_size(dot + offset, size), dot }
    }

    /// The middle of the pill from its dot.
    pub fn offset(&self) -> Vec2 {
        self.rect.center() - self.dot
    }

    /// From the dot to the pill's nearest point.
    pub fn leader(&self) -> [Pos2; 2] {
        [self.dot, self.rect.clamp(self.dot)]
    }
}

const DIRECTIONS: usize = 24;
/// Orders of the pills that are always tried, and how often those that were left out get their turn first.
const ORDERS: usize = 4;
const RETRIES: usize = 4;
/// What the direction straight inward costs more than the one straight outward, in points of distance.
const INWARD_COST: f32 = 24.0;
/// What a leader over somebody else's dot costs.
const OVER_A_DOT_COST: f32 = 30.0;
/// What a pill that is left out costs, for each step of priority.
const LEFT_OUT_COST: f32 = 1000.0;
/// A pill leaves its old place for one that is cheaper by this much.
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
const KEEP: Slack = Slack { dot: 0.0, pill: 2.0, leader: 0.5, bounds: 0.0 };
/// For a fresh place: two dots that each move by one point come nearer by two.
const FRESH: Slack = Slack { dot: 2.1, pill: 4.1, leader: 2.6, bounds: 1.1 };
/// For leaving an old place: more than what two dots that each move by one point can have freed.
const BETTER: Slack = Slack { dot: 4.3, pill: 6.3, leader: 4.8, bounds: 2.3 };

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

/// Gives each request a place, or none. The result has the order of the requests and depends on nothing but the arguments.
///
/// `dots` are all dots of the picture, on screen; `bounds` is the picture's pane without its header. A pill whose dot is
/// outside the bounds has no place.
pub fn place_pills(dots: &[Pos2], requests: &[PillRequest], bounds: Rect) -> Vec<Option<PlacedPill>> {
    let mut search = Search::new(dots, requests, bounds);
    let mut best = search.best_layout(true);
    let kept_less_important = requests
        .iter()
        .zip(&best.pills)
        .filter_map(|(request, pill)| (pill.is_some() && request.previous.is_some()).then_some(request.priority))
        .min();
    let crowded_out = requests.iter().zip(&best.pills).any(|(request, pill)| {
        pill.is_none() && search.can_show(request) && kept_less_important.is_some_and(|kept| kept < request.priority)
    });
    if crowded_out {
        let fresh = search.best_layout(false);
        if fresh.cost < best.cost {
            best = fresh;
        }
    }
    best.pills
}

/// A place for one pill that is shown whatever lies below it, as under the pointer: clear of dots and bounds where that can
/// be, wherever other pills are.
pub fn place_alone(dots: &[Pos2], request: &PillRequest, bounds: Rect) -> Option<PlacedPill> {
    let placed = place_pills(dots, std::slice::from_ref(request), bounds)[0];
    let dot = *dots.get(request.owner).filter(|dot| bounds.contains(**dot))?;
    Some(placed.unwrap_or_else(|| {
        let mut pill = PlacedPill::at(dot, Vec2::new(0.0, -Candidates::get().clearance - request.size.y), request.size);
        pill.rect = pill.rect.translate((bounds.min - pill.rect.min).max(Vec2::ZERO));
        pill.rect = pill.rect.translate((bounds.max - pill.rect.max).min(Vec2::ZERO));
        pill
    }))
}

#[derive(Clone)]
struct Layout {
    pills: Vec<Option<PlacedPill>>,
    cost: f32,
}

/// What does not change between the orders that are tried.
struct Search<'a> {
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
    places: Vec<(PlacedPill, f32)>,
    looked_at: usize,
}

impl<'a> Search<'a> {
    fn new(dots: &'a [Pos2], requests: &'a [PillRequest], bounds: Rect) -> Self {
        let finite = dots.iter().filter(|dot| dot.is_finite());
        let count = finite.clone().count().max(1) as f32;
        let centre = (finite.fold(Vec2::ZERO, |sum, dot| sum + dot.to_vec2()) / count).to_pos2();
        let clear = vec![Clear::default(); requests.len()];
        Self { dots, requests, bounds, centre, candidates: Candidates::get(), clear }
    }

    fn can_show(&self, request: &PillRequest) -> bool {
        self.dots.get(request.owner).is_some_and(|dot| dot.is_finite() && self.bounds.contains(*dot))
            && request.size.is_finite()
    }

    fn best_layout(&mut self, keeps: bool) -> Layout {
        let requests = self.requests;
        let mut start = Layout { pills: vec![None; requests.len()], cost: 0.0 };
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
        let pill = PlacedPill::at(self.dots[request.owner], offset, request.size);
        let is_allowed = self.clears_dots(&pill, request.owner, KEEP) && fits(&pill, &layout.pills, KEEP);
        if is_allowed {
            layout.pills[index] = Some(pill);
        }
        is_allowed
    }

    /// Lets pills that were kept far out come nearer where much room has become free.
    fn improve(&mut self, layout: &mut Layout) {
        for index in 0..self.requests.len() {
            let Some(pill) = layout.pills[index] else { continue };
            let owner = self.requests[index].owner;
            let cost = self.cost_of(&pill, owner);
            let mut at = 0;
            while let Some((candidate, candidate_cost)) = self.clear_place(index, at) {
                at += 1;
                if candidate_cost + WORTH_A_MOVE > cost {
                    break;
                }
                layout.pills[index] = None;
                if self.clears_dots(&candidate, owner, BETTER) && fits(&candidate, &layout.pills, BETTER) {
                    layout.pills[index] = Some(candidate);
                    break;
                }
                layout.pills[index] = Some(pill);
            }
        }
    }

    /// What a place costs that may not be one of the candidates.
    fn cost_of(&self, pill: &PlacedPill, owner: usize) -> f32 {
        let offset = pill.offset();
        let outward = pill.dot - self.centre;
        let cosine = if outward.length_sq() > 1.0 { offset.normalized().dot(outward.normalized()) } else { 1.0 };
        offset.length() + INWARD_COST * (1.0 - cosine) / 2.0 + self.cost_of_leader(pill, owner)
    }

    fn cost_of_leader(&self, pill: &PlacedPill, owner: usize) -> f32 {
        let leader = pill.leader();
        let near = |(index, dot): (usize, &Pos2)| {
            index != owner && dot.is_finite() && point_to_segment(*dot, leader) < self.candidates.clearance
        };
        if self.dots.iter().enumerate().any(near) { OVER_A_DOT_COST } else { 0.0 }
    }

    /// Adds the open pills in their order; none if that gets dearer than `limit`. Also says whether no order can do better.
    fn fill(&mut self, open: &[usize], mut layout: Layout, limit: f32) -> Option<(Layout, bool)> {
        let mut is_ideal = true;
        for index in open {
            let mut at = 0;
            let mut found = None;
            while let Some((pill, cost)) = self.clear_place(*index, at) {
                let is_dearer = found.is_some_and(|(_, best)| cost >= best);
                if is_dearer {
                    break;
                }
                if fits(&pill, &layout.pills, FRESH) {
                    let cost = cost + self.cost_of_leader(&pill, self.requests[*index].owner);
                    if found.is_none_or(|(_, best)| cost < best) {
                        found = Some((pill, cost));
                    }
                }
                at += 1;
            }
            is_ideal &= at <= 1;
            match found {
                Some((pill, cost)) => {
                    layout.pills[*index] = Some(pill);
                    layout.cost += cost;
                }
                None => layout.cost += LEFT_OUT_COST * (1.0 + f32::from(self.requests[*index].priority)),
            }
            if layout.cost >= limit {
                return None;
            }
        }
        Some((layout, is_ideal))
    }

    /// The `nth` cheapest place of a pill that is clear of dots and bounds, with its cost without the leader's.
    fn clear_place(&mut self, index: usize, nth: usize) -> Option<(PlacedPill, f32)> {
        let request = self.requests[index];
        let dot = self.dots[request.owner];
        let offsets = self.candidates.outward(dot - self.centre);
        while self.clear[index].places.len() <= nth {
            let (offset, cost) = *offsets.get(self.clear[index].looked_at)?;
            self.clear[index].looked_at += 1;
            let pill = PlacedPill::at(dot, offset, request.size);
            if self.clears_dots(&pill, request.owner, FRESH) {
                self.clear[index].places.push((pill, cost));
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
                !dot.is_finite() || point_to_rect(*dot, pill.rect) >= needed
            })
    }

    /// Puts those that were left out before those of the same priority that were not; says whether there were any.
    fn bring_forward(&self, open: &mut [usize], best: Option<&Layout>) -> bool {
        let is_left_out = |index: usize| best.is_some_and(|best| best.pills[index].is_none());
        open.sort_by_key(|index| (std::cmp::Reverse(self.requests[*index].priority), !is_left_out(*index)));
        open.iter().any(|index| is_left_out(*index))
    }

    fn sort(&self, open: &mut [usize], order: usize) {
        let rank = |index: usize| {
            let dot = self.dots[self.requests[index].owner];
            match order {
                0 => self.dots.iter().map(|other| dot.distance(*other)).filter(|far| *far < 60.0).count() as f32 * -1.0,
                1 => -dot.distance(self.centre),
                2 => dot.y,
                _ => dot.x,
            }
        };
        open.sort_by(|one, other| {
            let by_priority = self.requests[*other].priority.cmp(&self.requests[*one].priority);
            by_priority.then_with(|| rank(*one).total_cmp(&rank(*other))).then_with(|| one.cmp(other))
        });
    }
}

/// Whether a pill and its leader keep clear of those that are placed.
fn fits(pill: &PlacedPill, placed: &[Option<PlacedPill>], slack: Slack) -> bool {
    let leader = pill.leader();
    placed.iter().flatten().all(|other| {
        let foreign = other.leader();
        // Leaders of dots that nearly touch cannot keep much distance.
        let apart = slack.leader.min(pill.dot.distance(other.dot) / 2.0).max(f32::MIN_POSITIVE);
        rect_to_rect(pill.rect, other.rect) >= slack.pill
            && segment_to_rect(foreign, pill.rect) >= slack.leader
            && segment_to_rect(leader, other.rect) >= slack.leader
            && segment_to_segment(leader, foreign) >= apart
    })
}

#[cfg(test)]
mod tests;
