//! Marks on pictures: the shapes round dots, rings, bones, epipolar curves, leaders; and the same shapes as glyphs in lists.
//!
//! Every mark lies on a dark halo, so it reads on bright fur as on black. Markers are hollow: the dot itself stays visible.
//! All sizes are points on screen, whatever the zoom of the picture.

use egui::{Color32, Painter, Pos2, Rect, Stroke, Ui, Vec2, vec2};

use super::theme::{Shape, Theme};

/// How a marker stands out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MarkerState {
    /// The keypoint is the one that is worked on: a white ring.
    pub selected: bool,
    /// The pointer is over it, here or in another view: larger.
    pub hovered: bool,
    /// It is proposed, not yet labelled: dashed.
    pub proposed: bool,
    /// It is not a dot but where the others say it should be: white, dashed, larger.
    pub ghost: bool,
}

/// The region's shape round a dot.
pub fn marker(painter: &Painter, centre: Pos2, shape: Shape, colour: Color32, state: MarkerState) {
    let theme = Theme::get();
    let tokens = &theme.marker;
    let scale = if state.hovered { tokens.hover_scale } else { 1.0 };
    let halo = theme.on_image.halo;
    if state.ghost {
        let outline = outline(shape, centre, tokens.ghost_radius * scale);
        painter.add(egui::Shape::closed_line(outline.clone(), Stroke::new(theme.stroke.bone_halo, halo)));
        dashed_outline(painter, outline, Stroke::new(theme.stroke.ghost, theme.on_image.ghost));
    } else {
        let outline = outline(shape, centre, tokens.radius * scale);
        painter.add(egui::Shape::closed_line(outline.clone(), Stroke::new(theme.stroke.marker_halo, halo)));
        let stroke = Stroke::new(theme.stroke.marker, colour);
        if state.proposed {
            dashed_outline(painter, outline, stroke);
        } else {
            painter.add(egui::Shape::closed_line(outline, stroke));
        }
    }
    if state.selected {
        ring(painter, centre, tokens.selected_ring_radius, theme.on_image.selected);
    }
}

/// The thin grey ring round a dot that no keypoint has.
pub fn free_dot(painter: &Painter, centre: Pos2, hovered: bool) {
    let theme = Theme::get();
    let scale = if hovered { theme.marker.hover_scale } else { 1.0 };
    let radius = theme.marker.ring_radius * scale;
    painter.circle_stroke(centre, radius, Stroke::new(theme.stroke.bone_halo, theme.on_image.halo));
    painter.circle_stroke(centre, radius, Stroke::new(theme.stroke.bone, theme.on_image.unassigned));
}

fn ring(painter: &Painter, centre: Pos2, radius: f32, colour: Color32) {
    let stroke = &Theme::get().stroke;
    painter.circle_stroke(centre, radius, Stroke::new(stroke.marker_halo, Theme::get().on_image.halo));
    painter.circle_stroke(centre, radius, Stroke::new(stroke.marker, colour));
}

/// A bone between two markers; it stops short of both, and is left out where nothing would be left of it.
pub fn bone(painter: &Painter, from: Pos2, to: Pos2, colour: Color32) {
    let theme = Theme::get();
    let along = to - from;
    let length = along.length();
    if !length.is_finite() || length <= 2.0 * theme.marker.bone_gap {
        return;
    }
    let gap = along * (theme.marker.bone_gap / length);
    let segment = [from + gap, to - gap];
    painter.line_segment(segment, Stroke::new(theme.stroke.bone_halo, theme.on_image.halo));
    painter.line_segment(segment, Stroke::new(theme.stroke.bone, colour));
}

/// Where a point of another view may lie in this one: white dashes along `curve`.
pub fn epipolar_curve(painter: &Painter, curve: &[Pos2]) {
    let theme = Theme::get();
    if curve.len() < 2 || curve.iter().any(|point| !point.is_finite()) {
        return;
    }
    painter.add(egui::Shape::line(
        curve.to_vec(),
        Stroke::new(theme.stroke.bone_halo, theme.on_image.halo.gamma_multiply(0.6)),
    ));
    let stroke = Stroke::new(theme.stroke.epipolar, theme.on_image.epipolar);
    let [dash, gap] = theme.stroke.epipolar_dash;
    painter.extend(egui::Shape::dashed_line(curve, stroke, dash, gap));
}

/// The line from a dot's marker to its pill; nothing where the two nearly touch.
pub fn leader(painter: &Painter, dot: Pos2, pill: Rect, colour: Color32) {
    let theme = Theme::get();
    let end = pill.clamp(dot);
    let along = end - dot;
    let start = theme.marker.radius + theme.stroke.marker;
    if along.length() <= start + theme.stroke.marker {
        return;
    }
    let segment = [dot + along.normalized() * start, end];
    painter.line_segment(segment, Stroke::new(theme.stroke.leader_halo, theme.on_image.halo));
    painter.line_segment(segment, Stroke::new(theme.stroke.leader, colour));
}

/// A region's shape in lists and tables: hollow or filled, without halo. `size` is the side of its place.
pub fn glyph(ui: &mut Ui, shape: Shape, colour: Color32, is_solid: bool, size: f32) -> egui::Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(size), egui::Sense::hover());
    paint_glyph(ui.painter(), rect.center(), size, shape, colour, is_solid);
    response
}

/// [`glyph`] at a given place.
pub fn paint_glyph(painter: &Painter, centre: Pos2, size: f32, shape: Shape, colour: Color32, is_solid: bool) {
    let stroke = Stroke::new(Theme::get().stroke.icon, colour);
    let outline = outline(shape, centre, size * 0.36);
    if is_solid {
        if shape == Shape::Cross {
            // The only shape that is not convex: two bars.
            for arm in cross_arms(centre, size * 0.36) {
                painter.rect_filled(arm, 0, colour);
            }
        } else {
            painter.add(egui::Shape::convex_polygon(outline.clone(), colour, Stroke::NONE));
        }
    }
    painter.add(egui::Shape::closed_line(outline, stroke));
}

const CIRCLE_STEPS: usize = 32;

/// The corners of a shape, of about the same visual weight for the same radius.
fn outline(shape: Shape, centre: Pos2, radius: f32) -> Vec<Pos2> {
    let regular = |corners: usize, scale: f32, turn: f32| -> Vec<Pos2> {
        (0..corners)
            .map(|corner| {
                let angle = turn + std::f32::consts::TAU * corner as f32 / corners as f32;
                centre + Vec2::angled(angle) * radius * scale
            })
            .collect()
    };
    let quarter = std::f32::consts::FRAC_PI_2;
    match shape {
        Shape::Circle => regular(CIRCLE_STEPS, 1.0, 0.0),
        Shape::Square => regular(4, 0.92 * std::f32::consts::SQRT_2, quarter / 2.0),
        Shape::Diamond => regular(4, 1.22, 0.0),
        Shape::Hexagon => regular(6, 1.08, 0.0),
        // Moved so that the dot is in the middle of what it encloses.
        Shape::Triangle => shifted(regular(3, 1.35, -quarter), vec2(0.0, 0.12 * radius)),
        Shape::TriangleDown => shifted(regular(3, 1.35, quarter), vec2(0.0, -0.12 * radius)),
        Shape::Bar => {
            let half = vec2(1.3, 0.62) * radius;
            [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]].map(|[x, y]| centre + vec2(x, y) * half).to_vec()
        }
        Shape::Cross => {
            let (long, short) = (1.15 * radius, 0.45 * radius);
            [
                [-short, -long],
                [short, -long],
                [short, -short],
                [long, -short],
                [long, short],
                [short, short],
                [short, long],
                [-short, long],
                [-short, short],
                [-long, short],
                [-long, -short],
                [-short, -short],
            ]
            .map(|[x, y]| centre + vec2(x, y))
            .to_vec()
        }
    }
}

fn shifted(points: Vec<Pos2>, by: Vec2) -> Vec<Pos2> {
    points.into_iter().map(|point| point + by).collect()
}

fn cross_arms(centre: Pos2, radius: f32) -> [Rect; 2] {
    let arm = vec2(2.3, 0.9) * radius;
    [Rect::from_center_size(centre, arm), Rect::from_center_size(centre, vec2(arm.y, arm.x))]
}

fn dashed_outline(painter: &Painter, mut outline: Vec<Pos2>, stroke: Stroke) {
    let [dash, gap] = Theme::get().stroke.ghost_dash;
    outline.extend(outline.first().copied());
    painter.extend(egui::Shape::dashed_line(&outline, stroke, dash, gap));
}

#[cfg(test)]
mod tests {
    use egui::pos2;

    use super::*;

    const SHAPES: [Shape; 8] = [
        Shape::Triangle,
        Shape::Square,
        Shape::Circle,
        Shape::Diamond,
        Shape::Hexagon,
        Shape::Cross,
        Shape::TriangleDown,
        Shape::Bar,
    ];

    /// What `paint` draws, as the boxes that its shapes cover.
    fn drawn(paint: impl Fn(&Painter)) -> Vec<Rect> {
        let context = egui::Context::default();
        let mut output = context.run_ui(egui::RawInput::default(), |ui| paint(ui.painter()));
        output.textures_delta.clear();
        output
            .shapes
            .iter()
            .map(|clipped| clipped.shape.visual_bounding_rect())
            .filter(|rect| rect.is_positive())
            .collect()
    }

    #[test]
    fn the_dot_stays_visible_inside_its_marker() {
        let theme = Theme::get();
        let inner = theme.marker.radius - theme.stroke.marker_halo / 2.0;
        for shape in SHAPES {
            let corners = outline(shape, Pos2::ZERO, theme.marker.radius);
            let edges = corners.iter().zip(corners.iter().cycle().skip(1));
            let nearest = edges.map(|(a, b)| distance_to_segment(Pos2::ZERO, *a, *b)).fold(f32::INFINITY, f32::min);
            let free = nearest - theme.stroke.marker / 2.0;
            assert!(free >= 1.9 && free <= inner + 2.0, "{shape:?} leaves {free} free");
        }
    }

    fn distance_to_segment(point: Pos2, a: Pos2, b: Pos2) -> f32 {
        let along = b - a;
        let share = ((point - a).dot(along) / along.length_sq()).clamp(0.0, 1.0);
        point.distance(a + along * share)
    }

    #[test]
    fn bones_stop_short_of_markers() {
        let boxes = drawn(|painter| bone(painter, pos2(100.0, 50.0), pos2(160.0, 50.0), Theme::get().on_image.ghost));
        assert_eq!(boxes.len(), 2);
        for drawn in boxes {
            assert!(drawn.left() >= 107.0 && drawn.right() <= 153.0, "{drawn:?}");
        }
        let short = drawn(|painter| bone(painter, pos2(100.0, 50.0), pos2(117.0, 50.0), Theme::get().on_image.ghost));
        assert!(short.is_empty());
        assert!(drawn(|painter| bone(painter, pos2(f32::NAN, 0.0), Pos2::ZERO, Color32::PLACEHOLDER)).is_empty());
    }

    #[test]
    fn leaders_run_from_the_marker_to_the_pill() {
        let pill = Rect::from_min_size(pos2(140.0, 92.0), vec2(40.0, 16.0));
        let boxes = drawn(|painter| leader(painter, pos2(100.0, 100.0), pill, Theme::get().on_image.ghost));
        assert_eq!(boxes.len(), 2);
        assert!(boxes.iter().all(|drawn| drawn.left() >= 106.0 && drawn.right() <= 142.0), "{boxes:?}");
        let near = Rect::from_min_size(pos2(110.0, 92.0), vec2(40.0, 16.0));
        assert!(drawn(|painter| leader(painter, pos2(100.0, 100.0), near, Color32::PLACEHOLDER)).is_empty());
    }

    #[test]
    fn hover_and_selection_are_seen() {
        let extent = |state| {
            let boxes = drawn(|painter| {
                marker(painter, pos2(50.0, 50.0), Shape::Circle, Theme::get().on_image.ghost, state);
            });
            boxes.into_iter().fold(Rect::NOTHING, Rect::union).width()
        };
        let plain = extent(MarkerState::default());
        assert!(extent(MarkerState { hovered: true, ..MarkerState::default() }) > plain);
        assert!(extent(MarkerState { ghost: true, ..MarkerState::default() }) > plain);
        assert!(extent(MarkerState { selected: true, ..MarkerState::default() }) >= 26.0);
        let dashes = drawn(|painter| {
            let state = MarkerState { proposed: true, ..MarkerState::default() };
            marker(painter, pos2(50.0, 50.0), Shape::Square, Theme::get().on_image.ghost, state);
        });
        assert!(dashes.len() > 6);
    }
}
