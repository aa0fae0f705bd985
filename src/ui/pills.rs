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
mod search;

use egui::{Pos2, Rect, Vec2};

pub use cache::PillCache;
pub use paint::{PillLook, paint_pill, pill_size, pill_text};

use search::Search;

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

/// Gives each request a place, or none. The result has the order of the requests and depends on nothing but the arguments.
///
/// `dots` are all dots of the picture, on screen; `bounds` is the picture's pane without its header. A pill whose dot is
/// outside the bounds has no place.
pub fn place_pills(dots: &[Pos2], requests: &[PillRequest], bounds: Rect) -> Vec<Option<PlacedPill>> {
    let mut search = Search::new(dots, requests, bounds);
    let mut best = search.best_layout(true);
    let kept_less_important = requests
        .iter()
        .zip(&best.bodies)
        .filter_map(|(request, body)| (body.is_some() && request.previous.is_some()).then_some(request.priority))
        .min();
    let crowded_out = requests.iter().zip(&best.bodies).any(|(request, body)| {
        body.is_none() && search.can_show(request) && kept_less_important.is_some_and(|kept| kept < request.priority)
    });
    if crowded_out {
        let fresh = search.best_layout(false);
        if fresh.cost < best.cost {
            best = fresh;
        }
    }
    best.bodies.into_iter().map(|body| body.map(|body| body.pill)).collect()
}

/// A place for one pill that is shown whatever lies below it, as under the pointer: clear of dots and bounds where that can
/// be, wherever other pills are.
pub fn place_alone(dots: &[Pos2], request: &PillRequest, bounds: Rect) -> Option<PlacedPill> {
    let placed = place_pills(dots, std::slice::from_ref(request), bounds)[0];
    let dot = *dots.get(request.owner).filter(|dot| bounds.contains(**dot))?;
    Some(placed.unwrap_or_else(|| {
        let mut pill = PlacedPill::at(dot, Vec2::new(0.0, -search::clearance() - request.size.y), request.size);
        pill.rect = pill.rect.translate((bounds.min - pill.rect.min).max(Vec2::ZERO));
        pill.rect = pill.rect.translate((bounds.max - pill.rect.max).min(Vec2::ZERO));
        pill
    }))
}

#[cfg(test)]
mod tests;
