//! Where labels go: near their dots, off the animal where that costs little, and never over a dot, a ring or another label.
//!
//! Each label tries places around its dot, nearest first; the cheapest is taken, and after all have one, each may move once
//! more now that it knows the others. A label that finds none near takes the nearest free place of the whole picture. All is
//! counted in pixels of the picture, and nothing depends on chance.

use super::{EDGE_PX, LEADER_WIDTH_PX, Mark, Pill, RING_WIDTH_PX};
use crate::vlm::canvas::Raster;
use crate::vlm::pen;
use crate::vlm::sent::Sent;

/// Em square of the text: 18 to 24 px is what models read well (FACTS-vlm).
pub(super) const TEXT_PX: f32 = 24.0;
/// Smaller ones, for pictures in which there is no room.
const SMALLER_TEXT_PX: [f32; 3] = [18.0, 13.0, 9.0];

/// Radius of a ring that has no neighbour near.
const RADIUS_PX: f32 = 10.0;
/// Radius of the smallest ring.
const LEAST_RADIUS_PX: f32 = 5.0;

/// Space between letters and the pill's edge.
const PADDING_PX: [f32; 2] = [8.0, 6.0];
/// Space between labels, between a label and a ring, and to the picture's edge.
const GAP_PX: f32 = 3.0;
/// Distances between a ring and its label that are tried.
const REACHES_PX: [f32; 8] = [9.0, 16.0, 26.0, 40.0, 58.0, 80.0, 110.0, 150.0];
/// Directions that are tried: cosine and sine of each sixteenth of a turn, written out because libraries differ in the last bit.
const DIRECTIONS: [[f32; 2]; 16] = {
    const A: f32 = 0.923_879_5;
    const B: f32 = std::f32::consts::FRAC_1_SQRT_2;
    const C: f32 = 0.382_683_43;
    [
        [1.0, 0.0],
        [A, C],
        [B, B],
        [C, A],
        [0.0, 1.0],
        [-C, A],
        [-B, B],
        [-A, C],
        [-1.0, 0.0],
        [-A, -C],
        [-B, -B],
        [-C, -A],
        [0.0, -1.0],
        [C, -A],
        [B, -B],
        [A, -C],
    ]
};

/// How near a neighbour crowds a dot.
const CROWD_PX: f32 = 60.0;

/// Side of the squares in which the picture's brightness is averaged.
const CELL_PX: usize = 16;

/// What a place costs, in pixels of distance that would be as bad.
mod cost {
    pub const LEADER_OVER_RING: f32 = 600.0;
    pub const LEADER_OVER_LABEL: f32 = 2000.0;
    pub const LEADERS_CROSS: f32 = 500.0;
    pub const INWARD: f32 = 12.0;
    pub const OVER_ANIMAL: f32 = 45.0;
}

/// Where a mark is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placed {
    /// The mark's position in the list.
    pub mark: usize,
    /// The ring's centre, pixels of the picture.
    pub center: [f32; 2],
    /// The ring's radius to the middle of its line, pixels of the picture.
    pub radius_px: f32,
    /// The label; `None` where there is no free place in the whole picture.
    pub pill: Option<Pill>,
    /// Em square of the text, pixels of the picture.
    pub text_px: f32,
}

impl Placed {
    /// The line from the ring to the label, where they do not touch.
    pub fn leader(&self) -> Option<[[f32; 2]; 2]> {
        leader(self.center, self.radius_px, &self.pill?)
    }
}

/// Where the marks that the picture shows are drawn; `raster` is the picture before, which tells where the animal is.
pub fn layout(raster: &Raster, sent: &Sent, marks: &[Mark]) -> Vec<Placed> {
    let mut placed = rings(sent, marks);
    let scene = Scene::new(raster, &placed);
    let sizes: Vec<[f32; 2]> = marks.iter().map(|mark| pill_size(&mark.label, TEXT_PX)).collect();
    // Those with near neighbours have the fewest places: they choose first.
    let mut order: Vec<usize> = (0..placed.len()).collect();
    let crowding: Vec<f32> = placed.iter().map(|one| crowding(one, &placed)).collect();
    order.sort_by(|a, b| crowding[*b].total_cmp(&crowding[*a]).then(a.cmp(b)));
    for _round in 0..2 {
        for index in &order {
            let size = sizes[placed[*index].mark];
            placed[*index].pill = None;
            placed[*index].pill = scene.best_near(*index, size, &placed);
        }
    }
    for index in order {
        if placed[index].pill.is_some() {
            continue;
        }
        for text_px in std::iter::once(TEXT_PX).chain(SMALLER_TEXT_PX) {
            let size = pill_size(&marks[placed[index].mark].label, text_px);
            placed[index].pill = scene.nearest_free(index, size, &placed);
            if placed[index].pill.is_some() {
                placed[index].text_px = text_px;
                break;
            }
        }
    }
    placed
}

/// Pixels across and down of a label with its edge.
pub(super) fn pill_size(text: &str, text_px: f32) -> [f32; 2] {
    let [width, height] = pen::text_size(text, text_px);
    let padding = PADDING_PX.map(|padding| padding * text_px / TEXT_PX);
    [(width + 2.0 * padding[0]).ceil(), (height + 2.0 * padding[1]).ceil()]
}

/// Where the name of a box goes: above it, else below, else inside, where no other name is.
pub(super) fn beside_box(edges: &Pill, [width, height]: [f32; 2], others: &[Pill], size_px: [u32; 2]) -> Pill {
    let gap = GAP_PX + EDGE_PX;
    let (left, right) = (edges.x, edges.x + edges.width - width);
    let (above, below) = (edges.y - gap - height, edges.y + edges.height + gap);
    let (top, bottom) = (edges.y + gap, edges.y + edges.height - gap - height);
    let places = [
        [left, above],
        [right, above],
        [left, below],
        [right, below],
        [left + gap, top],
        [right - gap, top],
        [left + gap, bottom],
        [right - gap, bottom],
    ];
    let pills = places.map(|[x, y]| Pill { x, y, width, height });
    let is_free = |pill: &Pill| others.iter().all(|other| !pill.touches(other, GAP_PX));
    let free = pills.iter().find(|pill| pill.is_within(size_px, 1.0) && is_free(pill));
    free.copied().unwrap_or_else(|| {
        let [across, down] = size_px.map(|side| side as f32);
        let x = left.clamp(0.0, (across - width).max(0.0));
        Pill { x, y: top.clamp(0.0, (down - height).max(0.0)), width, height }
    })
}

/// The rings of the dots that the picture shows, smaller where dots are near one another.
fn rings(sent: &Sent, marks: &[Mark]) -> Vec<Placed> {
    let shown = marks.iter().enumerate().filter(|(_, mark)| sent.shows(mark.point_in_image));
    let centers: Vec<(usize, [f32; 2])> = shown
        .map(|(index, mark)| (index, sent.to_sent(mark.point_in_image)))
        .map(|(index, point)| (index, [point.x as f32, point.y as f32]))
        .collect();
    let nearest = |index: usize, center: [f32; 2]| {
        let others = centers.iter().filter(|(other, _)| *other != index);
        others.map(|(_, other)| distance(center, *other)).fold(f32::INFINITY, f32::min)
    };
    let radius = |index, center| (nearest(index, center) / 2.0 - 2.0).clamp(LEAST_RADIUS_PX, RADIUS_PX);
    centers
        .iter()
        .map(|(mark, center)| Placed {
            mark: *mark,
            center: *center,
            radius_px: radius(*mark, *center),
            pill: None,
            text_px: TEXT_PX,
        })
        .collect()
}

fn crowding(one: &Placed, all: &[Placed]) -> f32 {
    all.iter().map(|other| 1.0 / (1.0 + (distance(one.center, other.center) / CROWD_PX).powi(2))).sum()
}

/// What labels must respect.
struct Scene {
    size_px: [u32; 2],
    middle: [f32; 2],
    /// How much each square differs from the picture's border, 0 to 1.
    animal: Vec<f32>,
    cells: [usize; 2],
}

impl Scene {
    fn new(raster: &Raster, placed: &[Placed]) -> Self {
        let count = placed.len().max(1) as f32;
        let middle = [0, 1].map(|axis| placed.iter().map(|mark| mark.center[axis]).sum::<f32>() / count);
        let cells = raster.size_px.map(|side| (side as usize / CELL_PX).max(1));
        let [across, down] = cells;
        let mut means: Vec<f32> = Vec::with_capacity(across * down);
        for row in 0..down {
            means.extend((0..across).map(|column| cell_mean(raster, column, row)));
        }
        let is_border = |index: &usize| {
            let (column, row) = (index % across, index / across);
            column == 0 || row == 0 || column + 1 == across || row + 1 == down
        };
        let mut border: Vec<f32> = (0..means.len()).filter(is_border).map(|index| means[index]).collect();
        border.sort_by(f32::total_cmp);
        let ground = border.get(border.len() / 2).copied().unwrap_or(0.0);
        let animal = means.iter().map(|mean| ((mean - ground).abs() / 128.0).min(1.0)).collect();
        Self { size_px: raster.size_px, middle, animal, cells }
    }

    /// The cheapest of the allowed places around a dot.
    fn best_near(&self, index: usize, size: [f32; 2], placed: &[Placed]) -> Option<Pill> {
        let mut best: Option<(f32, Pill)> = None;
        for reach in REACHES_PX {
            if best.is_some_and(|(cost, _)| cost <= reach) {
                break;
            }
            for toward in DIRECTIONS {
                let pill = pill_at(&placed[index], size, toward, reach);
                if !self.is_free(index, &pill, placed) {
                    continue;
                }
                let cost = self.cost(index, &pill, toward, reach, placed);
                if best.is_none_or(|(least, _)| cost < least) {
                    best = Some((cost, pill));
                }
            }
        }
        best.map(|(_, pill)| pill)
    }

    /// The allowed place of the whole picture that is nearest to a dot.
    fn nearest_free(&self, index: usize, [width, height]: [f32; 2], placed: &[Placed]) -> Option<Pill> {
        let [across, down] = self.size_px.map(|side| side as f32);
        let step = 7.0;
        let mut best: Option<(f32, Pill)> = None;
        for row in 0..((down - height) / step).max(0.0) as u32 {
            for column in 0..((across - width) / step).max(0.0) as u32 {
                let pill = Pill { x: GAP_PX + column as f32 * step, y: GAP_PX + row as f32 * step, width, height };
                let far = distance(pill.nearest(placed[index].center), placed[index].center);
                if best.is_none_or(|(least, _)| far < least) && self.is_free(index, &pill, placed) {
                    best = Some((far, pill));
                }
            }
        }
        best.map(|(_, pill)| pill)
    }

    /// Whether a label covers no ring and no label there, and lies in the picture.
    fn is_free(&self, index: usize, pill: &Pill, placed: &[Placed]) -> bool {
        pill.is_within(self.size_px, GAP_PX)
            && placed.iter().enumerate().all(|(other_index, other)| {
                let ring = other.radius_px + RING_WIDTH_PX / 2.0 + EDGE_PX + GAP_PX;
                distance(pill.nearest(other.center), other.center) >= ring
                    && (other_index == index || other.pill.is_none_or(|other| !pill.touches(&other, GAP_PX)))
            })
    }

    fn cost(&self, index: usize, pill: &Pill, toward: [f32; 2], reach: f32, placed: &[Placed]) -> f32 {
        let one = &placed[index];
        let line = leader(one.center, one.radius_px, pill);
        let mut cost = reach + cost::OVER_ANIMAL * self.animal_under(pill);
        let outward = [one.center[0] - self.middle[0], one.center[1] - self.middle[1]];
        let length = pen::length(outward[0], outward[1]);
        if length > 1.0 {
            let agreement = (outward[0] * toward[0] + outward[1] * toward[1]) / length;
            cost += cost::INWARD * (1.0 - agreement) / 2.0;
        }
        for (other_index, other) in placed.iter().enumerate() {
            if other_index == index {
                continue;
            }
            if let Some(line) = line
                && pen::distance_to(other.center, line) < other.radius_px + RING_WIDTH_PX + EDGE_PX
            {
                cost += cost::LEADER_OVER_RING;
            }
            let Some(other_pill) = &other.pill else { continue };
            if line.is_some_and(|line| crosses(line, other_pill)) {
                cost += cost::LEADER_OVER_LABEL;
            }
            let Some(other_line) = other.leader() else { continue };
            if crosses(other_line, pill) {
                cost += cost::LEADER_OVER_LABEL;
            }
            if line.is_some_and(|line| lines_cross(line, other_line)) {
                cost += cost::LEADERS_CROSS;
            }
        }
        cost
    }

    /// How much of the animal a label hides, 0 to 1.
    fn animal_under(&self, pill: &Pill) -> f32 {
        let cell = |value: f32, count: usize| ((value.max(0.0) as usize) / CELL_PX).min(count - 1);
        let columns = cell(pill.x, self.cells[0])..=cell(pill.x + pill.width, self.cells[0]);
        let rows = cell(pill.y, self.cells[1])..=cell(pill.y + pill.height, self.cells[1]);
        let (mut sum, mut count) = (0.0, 0.0);
        for row in rows {
            for column in columns.clone() {
                sum += self.animal[row * self.cells[0] + column];
                count += 1.0;
            }
        }
        sum / count
    }
}

/// Mean brightness of a square, from every fourth pixel of every fourth row.
fn cell_mean(raster: &Raster, column: usize, row: usize) -> f32 {
    let width = raster.size_px[0] as usize;
    let mut sum = 0u32;
    for y in (row * CELL_PX..).step_by(4).take(4) {
        for x in (column * CELL_PX..).step_by(4).take(4) {
            sum += raster.planes[0].get(y * width + x).map_or(0, |value| u32::from(*value));
        }
    }
    sum as f32 / 16.0
}

/// The label whose nearest point lies `reach` from the ring in a direction: one of its corners, or the middle of a side where
/// the direction is level or upright.
fn pill_at(one: &Placed, size: [f32; 2], toward: [f32; 2], reach: f32) -> Pill {
    let far = one.radius_px + reach;
    let [x, y] = [0, 1].map(|axis| {
        let nearest = one.center[axis] + toward[axis] * far;
        let start = match toward[axis] {
            share if share > 0.1 => nearest,
            share if share < -0.1 => nearest - size[axis],
            _ => nearest - size[axis] / 2.0,
        };
        start.round()
    });
    Pill { x, y, width: size[0], height: size[1] }
}

fn leader(center: [f32; 2], radius_px: f32, pill: &Pill) -> Option<[[f32; 2]; 2]> {
    let end = pill.nearest(center);
    let length = distance(center, end);
    let start = radius_px + LEADER_WIDTH_PX / 2.0;
    let share = start / length;
    let along = [0, 1].map(|axis| center[axis] + (end[axis] - center[axis]) * share);
    (length > start).then_some([along, end])
}

fn distance(a: [f32; 2], b: [f32; 2]) -> f32 {
    pen::length(a[0] - b[0], a[1] - b[1])
}

/// Whether a line passes over a box, its edge included.
fn crosses(line: [[f32; 2]; 2], pill: &Pill) -> bool {
    let margin = LEADER_WIDTH_PX / 2.0 + EDGE_PX;
    let (mut from, mut to) = (0.0f32, 1.0f32);
    let (low, high) = ([pill.x, pill.y], [pill.x + pill.width, pill.y + pill.height]);
    for axis in 0..2 {
        let (start, step) = (line[0][axis], line[1][axis] - line[0][axis]);
        let (low, high) = (low[axis] - margin - start, high[axis] + margin - start);
        if step.abs() < 1e-6 {
            if low > 0.0 || high < 0.0 {
                return false;
            }
            continue;
        }
        let (enter, leave) = if step > 0.0 { (low / step, high / step) } else { (high / step, low / step) };
        from = from.max(enter);
        to = to.min(leave);
    }
    from <= to
}

fn lines_cross([a, b]: [[f32; 2]; 2], [c, d]: [[f32; 2]; 2]) -> bool {
    let side = |p: [f32; 2], q: [f32; 2], r: [f32; 2]| (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]);
    side(a, b, c) * side(a, b, d) < 0.0 && side(c, d, a) * side(c, d, b) < 0.0
}
