//! Remembers a picture's pills: nothing is searched while nothing moves, and what moves keeps its place where it can.

use std::collections::HashMap;

use egui::{Pos2, Rect, Vec2};

use super::{PillRequest, PlacedPill, place_pills};

/// The pills of one picture from frame to frame.
#[derive(Clone, Debug, Default)]
pub struct PillCache {
    inputs: Option<(Vec<Pos2>, Vec<PillRequest>, Rect)>,
    placed: Vec<Option<PlacedPill>>,
    offsets: HashMap<u64, Vec2>,
    searches: u64,
}

impl PillCache {
    /// [`place_pills`], searched only where an argument has changed. `previous` of the requests is filled in here where it
    /// is not given.
    pub fn layout(&mut self, dots: &[Pos2], requests: &[PillRequest], bounds: Rect) -> &[Option<PlacedPill>] {
        let is_same = self.inputs.as_ref().is_some_and(|(old_dots, old_requests, old_bounds)| {
            old_dots == dots && old_requests == requests && *old_bounds == bounds
        });
        if !is_same {
            let with_previous: Vec<PillRequest> = requests
                .iter()
                .map(|request| PillRequest {
                    previous: request.previous.or_else(|| self.offsets.get(&request.key).copied()),
                    ..*request
                })
                .collect();
            self.placed = place_pills(dots, &with_previous, bounds);
            self.offsets = requests
                .iter()
                .zip(&self.placed)
                .filter_map(|(request, pill)| pill.map(|pill| (request.key, pill.offset())))
                .collect();
            self.inputs = Some((dots.to_vec(), requests.to_vec(), bounds));
            self.searches += 1;
        }
        &self.placed
    }

    /// Forgets where pills were, as after a zoom that changes the whole picture.
    pub fn forget(&mut self) {
        *self = Self { searches: self.searches, ..Self::default() };
    }

    /// How many times places were searched for.
    pub fn searches(&self) -> u64 {
        self.searches
    }
}
