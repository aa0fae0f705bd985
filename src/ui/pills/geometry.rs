//! Distances between points, segments and boxes, for pills and leaders.

use egui::{Pos2, Rect};

/// From a point to a box; 0 inside.
pub(super) fn point_to_rect(point: Pos2, rect: Rect) -> f32 {
    rect.distance_to_pos(point)
}

/// Between two boxes; 0 where they touch or overlap.
pub(super) fn rect_to_rect(one: Rect, other: Rect) -> f32 {
    let x = (one.left() - other.right()).max(other.left() - one.right()).max(0.0);
    let y = (one.top() - other.bottom()).max(other.top() - one.bottom()).max(0.0);
    x.hypot(y)
}

/// From a point to a segment.
pub(super) fn point_to_segment(point: Pos2, [a, b]: [Pos2; 2]) -> f32 {
    let along = b - a;
    let length_sq = along.length_sq();
    if length_sq <= f32::EPSILON {
        return point.distance(a);
    }
    let share = ((point - a).dot(along) / length_sq).clamp(0.0, 1.0);
    point.distance(a + along * share)
}

/// Between two segments; 0 where they cross.
pub(super) fn segment_to_segment(one: [Pos2; 2], other: [Pos2; 2]) -> f32 {
    if cross(one, other) {
        return 0.0;
    }
    let from_one = point_to_segment(one[0], other).min(point_to_segment(one[1], other));
    let from_other = point_to_segment(other[0], one).min(point_to_segment(other[1], one));
    from_one.min(from_other)
}

/// From a segment to a box; 0 where they touch or cross.
pub(super) fn segment_to_rect(segment: [Pos2; 2], rect: Rect) -> f32 {
    let ends = point_to_rect(segment[0], rect).min(point_to_rect(segment[1], rect));
    if ends == 0.0 {
        return 0.0;
    }
    // Far apart is the common case, and needs no more than the boxes.
    let apart = rect_to_rect(Rect::from_two_pos(segment[0], segment[1]), rect);
    if apart > 8.0 {
        return apart;
    }
    let corners = [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom()];
    let sides = (0..4).map(|side| [corners[side], corners[(side + 1) % 4]]);
    sides.map(|side| segment_to_segment(segment, side)).fold(ends, f32::min)
}

fn cross([a, b]: [Pos2; 2], [c, d]: [Pos2; 2]) -> bool {
    let turn = |p: Pos2, q: Pos2, r: Pos2| (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x);
    let (of_c, of_d) = (turn(a, b, c), turn(a, b, d));
    let (of_a, of_b) = (turn(c, d, a), turn(c, d, b));
    of_c * of_d < 0.0 && of_a * of_b < 0.0
}

#[cfg(test)]
mod tests {
    use egui::pos2;

    use super::*;

    #[test]
    fn distances_are_those_of_the_plane() {
        let rect = Rect::from_min_max(pos2(0.0, 0.0), pos2(10.0, 10.0));
        assert_eq!(point_to_rect(pos2(5.0, 5.0), rect), 0.0);
        assert_eq!(point_to_rect(pos2(13.0, 14.0), rect), 5.0);
        assert_eq!(rect_to_rect(rect, Rect::from_min_max(pos2(13.0, 14.0), pos2(20.0, 20.0))), 5.0);
        assert_eq!(rect_to_rect(rect, Rect::from_min_max(pos2(9.0, 2.0), pos2(20.0, 4.0))), 0.0);
        assert_eq!(segment_to_segment([pos2(0., 0.), pos2(4., 4.)], [pos2(0., 4.), pos2(4., 0.)]), 0.0);
        assert_eq!(segment_to_segment([pos2(0., 0.), pos2(4., 0.)], [pos2(1., 3.), pos2(2., 3.)]), 3.0);
        assert_eq!(segment_to_rect([pos2(-5.0, 5.0), pos2(15.0, 5.0)], rect), 0.0);
        assert_eq!(segment_to_rect([pos2(-5.0, 13.0), pos2(15.0, 13.0)], rect), 3.0);
        assert_eq!(point_to_segment(pos2(3.0, 4.0), [Pos2::ZERO, Pos2::ZERO]), 5.0);
    }
}
