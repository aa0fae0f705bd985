//! Where the panes of the grid stand: plain rectangles.

use egui::{Rect, Vec2, pos2, vec2};

/// Height of the strip below a view that fills the grid, in points.
const STRIP_HEIGHT: f32 = 120.0;

/// Of a low grid, the strip takes no more than this share.
const STRIP_SHARE: f32 = 0.3;

/// The place of one view.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    /// The view's position in the recording.
    pub index: usize,
    /// The pane, with its header.
    pub rect: Rect,
    /// Whether it stands small below the view that fills the grid.
    pub is_strip: bool,
}

/// A view is not smaller than this, points; where all do not fit, the grid scrolls.
const LEAST: Vec2 = vec2(136.0, 96.0);

/// How large a grid must be for so many views, where `room` may be too small for it.
pub(super) fn size_for(room: Vec2, count: usize, is_large: bool) -> Vec2 {
    if is_large {
        return room;
    }
    let (_, rows) = columns_that_fit(room.x, count);
    vec2(room.x, room.y.max(rows as f32 * (LEAST.y + 1.0)))
}

/// Columns and rows for so many views in so wide a room.
fn columns_that_fit(width: f32, count: usize) -> (usize, usize) {
    let (columns, rows) = columns_and_rows(count);
    let most = (width / (LEAST.x + 1.0)).floor().max(1.0) as usize;
    if columns <= most { (columns, rows) } else { (most, count.div_ceil(most)) }
}

/// Columns and rows for so many views.
fn columns_and_rows(count: usize) -> (usize, usize) {
    match count {
        0..=3 => (count.max(1), 1),
        4 => (2, 2),
        5 | 6 => (3, 2),
        7 | 8 => (4, 2),
        9 => (3, 3),
        10..=12 => (4, 3),
        _ => (4, count.div_ceil(4)),
    }
}

/// Divides `room` among `count` views. One that is `maximised` fills it, and the others stand in a strip below.
///
/// Panes are a line apart and begin and end on device pixels, so that pictures are not resampled.
pub(super) fn arrange(room: Rect, count: usize, maximised: Option<usize>, pixels_per_point: f32) -> Vec<Place> {
    let Some(large) = maximised.filter(|index| *index < count) else {
        let (columns, rows) = columns_that_fit(room.width(), count);
        let cells = divide(room, columns, rows, pixels_per_point);
        return cells.take(count).enumerate().map(|(index, rect)| Place { index, rect, is_strip: false }).collect();
    };
    if count == 1 {
        return vec![Place { index: large, rect: room, is_strip: false }];
    }
    let strip_height = STRIP_HEIGHT.min(room.height() * STRIP_SHARE);
    let strip_top = on_pixel(room.bottom() - strip_height, pixels_per_point);
    let strip = Rect::from_min_max(pos2(room.left(), strip_top), room.max);
    let above = Rect::from_min_max(room.min, pos2(room.right(), strip_top - 1.0));
    let others = (0..count).filter(|index| *index != large);
    let small = others.zip(divide(strip, count - 1, 1, pixels_per_point));
    let small = small.map(|(index, rect)| Place { index, rect, is_strip: true });
    std::iter::once(Place { index: large, rect: above, is_strip: false }).chain(small).collect()
}

fn on_pixel(length: f32, pixels_per_point: f32) -> f32 {
    (length * pixels_per_point).round() / pixels_per_point
}

/// Cells of equal size, row by row, a line apart.
fn divide(room: Rect, columns: usize, rows: usize, pixels_per_point: f32) -> impl Iterator<Item = Rect> {
    let edge = move |from: f32, to: f32, parts: usize, part: usize| {
        on_pixel(from + (to - from + 1.0) * part as f32 / parts as f32, pixels_per_point)
    };
    (0..columns * rows).map(move |cell| {
        let (column, row) = (cell % columns, cell / columns);
        let x = |part: usize| edge(room.left(), room.right(), columns, part);
        let y = |part: usize| edge(room.top(), room.bottom(), rows, part);
        Rect::from_min_max(pos2(x(column), y(row)), pos2(x(column + 1) - 1.0, y(row + 1) - 1.0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room() -> Rect {
        Rect::from_min_size(pos2(268.0, 76.0), vec2(940.0, 690.0))
    }

    #[test]
    fn views_fill_the_room_without_overlap() {
        for (count, columns, rows) in
            [(1, 1, 1), (2, 2, 1), (3, 3, 1), (4, 2, 2), (5, 3, 2), (6, 3, 2), (7, 4, 2), (8, 4, 2), (16, 4, 4)]
        {
            let places = arrange(room(), count, None, 1.0);
            assert_eq!(places.len(), count);
            let mut lefts: Vec<i32> = places.iter().map(|place| place.rect.left() as i32).collect();
            lefts.sort_unstable();
            lefts.dedup();
            assert_eq!((lefts.len(), places.last().map(|last| last.index / columns + 1)), (columns, Some(rows)));
            for (index, one) in places.iter().enumerate() {
                assert!(room().expand(0.5).contains_rect(one.rect), "{one:?}");
                assert!(places[index + 1..].iter().all(|other| !one.rect.intersects(other.rect)), "{count}");
            }
        }
    }

    #[test]
    fn no_view_becomes_smaller_than_can_be_worked_in() {
        for width in [150, 256, 392, 445, 576, 940] {
            for height in [60, 142, 202, 320, 690] {
                for count in 1..=8 {
                    let room = vec2(width as f32, height as f32);
                    let whole = Rect::from_min_size(pos2(28.0, 112.0), size_for(room, count, false));
                    assert!(whole.width() == room.x && whole.height() >= room.y);
                    for place in arrange(whole, count, None, 1.5) {
                        let least = LEAST.min(vec2(room.x, f32::INFINITY)) - Vec2::splat(1.0);
                        assert!(place.rect.width() >= least.x && place.rect.height() >= least.y, "{place:?}");
                    }
                }
            }
        }
        assert_eq!(size_for(vec2(940.0, 690.0), 6, false), vec2(940.0, 690.0), "what fits does not scroll");
        assert_eq!(size_for(vec2(200.0, 100.0), 6, true), vec2(200.0, 100.0));
    }

    #[test]
    fn a_large_view_keeps_the_others_at_hand() {
        let places = arrange(room(), 6, Some(4), 1.0);
        assert_eq!(places[0].index, 4);
        assert!(!places[0].is_strip && places[0].rect.width() == 940.0);
        let strip: Vec<usize> = places[1..].iter().map(|place| place.index).collect();
        assert_eq!(strip, [0, 1, 2, 3, 5]);
        for place in &places[1..] {
            assert!(place.is_strip && place.rect.height() == 120.0 && place.rect.top() > places[0].rect.bottom());
        }
        assert_eq!(arrange(room(), 1, Some(0), 1.0).len(), 1);
        assert_eq!(arrange(room(), 3, Some(7), 1.0).len(), 3, "a view that is not there is not large");
    }

    #[test]
    fn panes_stand_on_device_pixels() {
        for pixels_per_point in [1.0, 1.25, 1.5, 2.0] {
            for place in arrange(room(), 6, None, pixels_per_point) {
                let edge = place.rect.left() * pixels_per_point;
                assert!((edge - edge.round()).abs() < 1e-3, "{edge} at {pixels_per_point}");
            }
        }
    }
}
