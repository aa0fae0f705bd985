//! What must hold of every layout of pills, on random and on crowded pictures.

use egui::{pos2, vec2};
use proptest::prelude::*;

use super::geometry::segment_to_segment;
use super::*;

const PANE: Rect = Rect { min: pos2(0.0, 0.0), max: pos2(312.0, 344.0) };

fn request(index: usize, width: f32) -> PillRequest {
    PillRequest { key: index as u64, owner: index, size: vec2(width, 16.0), priority: 0, previous: None }
}

fn requests_for(dots: &[Pos2]) -> Vec<PillRequest> {
    (0..dots.len()).map(|index| request(index, [18.0, 38.0, 45.0, 59.0][index % 4])).collect()
}

/// The rules, judged from the result alone.
fn broken_rule(dots: &[Pos2], requests: &[PillRequest], bounds: Rect, pills: &[Option<PlacedPill>]) -> Option<String> {
    for (index, pill) in pills.iter().enumerate() {
        let Some(pill) = pill else { continue };
        if (pill.rect.size() - requests[index].size).length() > 1e-3 || pill.dot != dots[requests[index].owner] {
            return Some(format!("pill {index} is not the one that was asked for"));
        }
        if !bounds.expand(1e-3).contains_rect(pill.rect) {
            return Some(format!("pill {index} leaves the pane"));
        }
        if let Some(dot) = dots.iter().position(|dot| pill.rect.distance_to_pos(*dot) < 10.0 - 0.01) {
            return Some(format!("pill {index} is over dot {dot}"));
        }
        for (other_index, other) in pills.iter().enumerate().filter(|(other, _)| *other != index) {
            let Some(other) = other else { continue };
            if pill.rect.intersects(other.rect) {
                return Some(format!("pills {index} and {other_index} overlap"));
            }
            if pill.rect.intersects_segment(other.leader()) {
                return Some(format!("pill {index} is over the leader of {other_index}"));
            }
            if segment_to_segment(pill.leader(), other.leader()) <= 0.0 {
                return Some(format!("the leaders of {index} and {other_index} cross"));
            }
        }
    }
    None
}

trait IntersectsSegment {
    fn intersects_segment(&self, segment: [Pos2; 2]) -> bool;
}

impl IntersectsSegment for Rect {
    /// By sampling, so that it does not share the search's arithmetic.
    fn intersects_segment(&self, [a, b]: [Pos2; 2]) -> bool {
        (0..=200).any(|step| self.contains(a + (b - a) * (step as f32 / 200.0)))
    }
}

fn any_dots() -> impl Strategy<Value = Vec<Pos2>> {
    prop::collection::vec((4.0_f32..308.0, 4.0_f32..340.0).prop_map(|(x, y)| pos2(x, y)), 1..18)
}

/// Dots that a detector can tell apart on screen.
fn separate_dots() -> impl Strategy<Value = Vec<Pos2>> {
    any_dots().prop_map(|dots| {
        let mut kept: Vec<Pos2> = Vec::new();
        for dot in dots {
            if kept.iter().all(|other| other.distance(dot) >= 8.0) {
                kept.push(dot);
            }
        }
        kept
    })
}

proptest! {
    #[test]
    fn no_rule_is_ever_broken(
        dots in any_dots(),
        shift in (-300.0_f32..300.0, -300.0_f32..300.0),
        offsets in prop::collection::vec(prop::option::of((-90.0_f32..90.0, -90.0_f32..90.0)), 18),
        priorities in prop::collection::vec(0_u8..3, 18),
    ) {
        let dots: Vec<Pos2> = dots.iter().map(|dot| *dot + vec2(shift.0, shift.1) * 0.2).collect();
        let mut requests = requests_for(&dots);
        for (index, request) in requests.iter_mut().enumerate() {
            request.previous = offsets[index].map(|(x, y)| vec2(x, y));
            request.priority = priorities[index];
        }
        let pills = place_pills(&dots, &requests, PANE);
        prop_assert_eq!(broken_rule(&dots, &requests, PANE, &pills), None);
        prop_assert_eq!(&pills, &place_pills(&dots, &requests, PANE));
    }

    #[test]
    fn moves_of_one_point_shift_nothing(
        dots in separate_dots(),
        moves in prop::collection::vec((0.0_f32..std::f32::consts::TAU, 0.0_f32..=1.0), 18),
    ) {
        let mut cache = PillCache::default();
        let requests = requests_for(&dots);
        let before = cache.layout(&dots, &requests, PANE).to_vec();
        let moved: Vec<Pos2> =
            dots.iter().zip(&moves).map(|(dot, (angle, far))| *dot + Vec2::angled(*angle) * *far).collect();
        let after = cache.layout(&moved, &requests, PANE).to_vec();
        for (index, (before, after)) in before.iter().zip(&after).enumerate() {
            let (Some(before), true) = (before, PANE.contains(moved[index])) else { continue };
            let Some(after) = after else { return Err(TestCaseError::fail(format!("pill {index} vanished"))) };
            prop_assert!((before.offset() - after.offset()).length() < 1e-2, "pill {index} danced");
        }
        prop_assert_eq!(broken_rule(&moved, &requests, PANE, &after), None);
    }
}

/// The dots of a mouse on a small view.
fn mouse() -> Vec<Pos2> {
    [
        (28., 158.),
        (45., 172.),
        (58., 156.),
        (30., 204.),
        (80., 182.),
        (140., 135.),
        (170., 158.),
        (236., 181.),
        (284., 216.),
        (165., 189.),
        (100., 240.),
        (120., 90.),
    ]
    .map(|(x, y)| pos2(x, y))
    .to_vec()
}

#[test]
fn a_mouse_on_a_small_view_gets_all_its_pills() {
    let dots = mouse();
    let requests: Vec<PillRequest> = (0..dots.len()).map(|index| request(index, 38.0)).collect();
    let pills = place_pills(&dots, &requests, PANE);
    assert_eq!(broken_rule(&dots, &requests, PANE, &pills), None);
    assert!(pills.iter().all(Option::is_some), "{pills:?}");
}

#[test]
fn a_lone_pill_stands_close_and_outward() {
    let dots = [pos2(100.0, 100.0), pos2(100.0, 200.0)];
    let pills = place_pills(&dots, &[request(0, 38.0), request(1, 38.0)], PANE);
    assert_eq!(pills[0].unwrap().offset(), vec2(0.0, -20.0).round_to(pills[0].unwrap().offset()));
    assert!(pills[1].unwrap().offset().y > 19.9);
}

trait RoundTo {
    fn round_to(self, near: Self) -> Self;
}

impl RoundTo for Vec2 {
    /// The other vector where both are the same but for rounding.
    fn round_to(self, near: Self) -> Self {
        if (self - near).length() < 1e-3 { near } else { self }
    }
}

#[test]
fn what_has_no_room_is_left_out_but_shown_alone() {
    let small = Rect::from_min_size(pos2(0.0, 0.0), vec2(40.0, 30.0));
    let dots = [pos2(20.0, 15.0)];
    assert_eq!(place_pills(&dots, &[request(0, 38.0)], small), [None]);
    let alone = place_alone(&dots, &request(0, 38.0), small).unwrap();
    assert!(small.contains_rect(alone.rect), "{alone:?}");
    assert_eq!(place_alone(&[pos2(60.0, 15.0)], &request(0, 38.0), small), None);
    assert_eq!(place_alone(&dots, &request(7, 38.0), small), None);
}

#[test]
fn dots_outside_or_without_a_place_have_no_pill() {
    let dots = [pos2(-5.0, 50.0), pos2(f32::NAN, 50.0), pos2(100.0, 100.0)];
    let pills = place_pills(&dots, &[request(0, 38.0), request(1, 38.0), request(2, 38.0), request(9, 38.0)], PANE);
    assert_eq!(pills.iter().map(Option::is_some).collect::<Vec<_>>(), [false, false, true, false]);
}

#[test]
fn the_more_important_pill_gets_the_room() {
    // Room for one pill only.
    let pane = Rect::from_min_size(pos2(0.0, 0.0), vec2(60.0, 62.0));
    let dots = [pos2(26.0, 44.0), pos2(34.0, 44.0)];
    for important in 0..2 {
        let mut requests = [request(0, 38.0), request(1, 38.0)];
        requests[important].priority = 1;
        let pills = place_pills(&dots, &requests, pane);
        assert!(pills[important].is_some() && pills[1 - important].is_none(), "{pills:?}");
        // Even where the other one is there already.
        let before = pills[important].unwrap();
        requests[important].previous = Some(before.offset());
        requests[important].priority = 0;
        requests[1 - important].priority = 1;
        let pills = place_pills(&dots, &requests, pane);
        assert!(pills[1 - important].is_some(), "{pills:?}");
    }
}

#[test]
fn a_pill_comes_back_when_room_is_free_again() {
    let crowd: Vec<Pos2> =
        (0..9).map(|index| pos2(100.0 + 14.0 * (index % 3) as f32, 100.0 + 14.0 * (index / 3) as f32)).collect();
    let mut cache = PillCache::default();
    let requests: Vec<PillRequest> = (0..9).map(|index| request(index, 38.0)).collect();
    cache.layout(&crowd, &requests, PANE);
    let spread: Vec<Pos2> = crowd.iter().map(|dot| pos2((dot.x - 60.0) * 2.4, (dot.y - 60.0) * 3.4)).collect();
    for dot in &spread {
        assert!(PANE.contains(*dot));
    }
    let pills = cache.layout(&spread, &requests, PANE).to_vec();
    assert_eq!(broken_rule(&spread, &requests, PANE, &pills), None);
    let far = pills.iter().flatten().filter(|pill| pill.offset().length() > 60.0).count();
    assert!(pills.iter().all(Option::is_some) && far == 0, "{pills:?}");
}

#[test]
fn nothing_is_searched_while_nothing_changes() {
    let dots = mouse();
    let requests = requests_for(&dots);
    let mut cache = PillCache::default();
    let first = cache.layout(&dots, &requests, PANE).to_vec();
    assert_eq!(cache.layout(&dots, &requests, PANE), first);
    assert_eq!(cache.searches(), 1);
    cache.layout(&dots, &requests, PANE.translate(vec2(0.0, 1.0)));
    assert_eq!(cache.searches(), 2);
    cache.forget();
    assert_eq!(cache.layout(&dots, &requests, PANE), first);
}
