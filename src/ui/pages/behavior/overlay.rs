//! Over the picture: each animal's keypoints and trail, and a badge with its name and what it does now.

use egui::{Align2, Rect, Shape, Stroke, pos2, vec2};

use crate::app::session::Session;
use crate::app::timeline::{Layers, Scene};
use crate::model::vocabulary::in_words;
use crate::model::{AnimalId, Point2, SegmentKind, SegmentStatus};
use crate::ui::grid::PaneHook;
use crate::ui::marks;
use crate::ui::theme::behavior::AnimalLook;
use crate::ui::theme::{Theme, Weight, sans};

/// The trail goes back so far, seconds.
const TRAIL_SECS: f64 = 1.0;

/// Paints all animals of the picture's own frame.
pub(super) fn paint(pane: &PaneHook<'_>, session: &Session, layers: &Layers, scene: &Scene) {
    if !scene.is_in_pixels || pane.camera != scene.camera || pane.frame >= scene.tracks.frame_count {
        return;
    }
    let mut taken: Vec<Rect> = Vec::new();
    for at in 0..scene.tracks.animals.len().min(layers.names.len()) {
        let id = AnimalId(at as u8);
        let look = AnimalLook::of(&layers.timeline.animals, id);
        trail(pane, scene, at, look);
        keypoints(pane, scene, at, look);
        badge(pane, session, layers, scene, id, look, &mut taken);
    }
}

fn on_screen(pane: &PaneHook<'_>, [x, y]: [f32; 2]) -> Option<egui::Pos2> {
    (x.is_finite() && y.is_finite()).then(|| pane.map.screen_from_image(Point2::new(f64::from(x), f64::from(y))))
}

fn trail(pane: &PaneHook<'_>, scene: &Scene, animal: usize, look: AnimalLook) {
    let back = (TRAIL_SECS * scene.bodies.fps).round() as u32;
    let centres = &scene.bodies.animals[animal].centre;
    let frames = pane.frame.saturating_sub(back)..=pane.frame;
    let points: Vec<egui::Pos2> = frames.filter_map(|frame| on_screen(pane, centres[frame as usize])).collect();
    let stroke = Stroke::new(1.5, look.color);
    pane.painter.extend(Shape::dashed_line(&points, stroke, 3.0, 3.0));
}

fn keypoints(pane: &PaneHook<'_>, scene: &Scene, animal: usize, look: AnimalLook) {
    for point in scene.tracks.points(animal, pane.frame) {
        if let Some(at) = on_screen(pane, *point) {
            marks::paint_glyph(pane.painter, at, 9.0, look.shape, look.color, true);
        }
    }
}

/// A name and what the animal does, beside it where it hides no other badge. "?" says that nobody has looked.
fn badge(
    pane: &PaneHook<'_>,
    session: &Session,
    layers: &Layers,
    scene: &Scene,
    id: AnimalId,
    look: AnimalLook,
    taken: &mut Vec<Rect>,
) {
    let body = &scene.bodies.animals[id.index()];
    let Some(at) = on_screen(pane, body.centre[pane.frame as usize]) else { return };
    let lane = layers.lane(id);
    let now = lane
        .iter()
        .filter(|(_, it)| it.frames().contains(&pane.frame))
        .min_by_key(|(_, it)| (it.kind == SegmentKind::State, it.frames().len()));
    let name = &layers.names[id.index()];
    let text = match now {
        Some((_, segment)) => {
            let doubt = if segment.status == SegmentStatus::Unreviewed { "?" } else { "" };
            format!("{name} {}{doubt}", in_words(&segment.label))
        }
        None => name.clone(),
    };
    let tokens = Theme::get();
    let font = sans(Weight::Strong, tokens.font.caption);
    let galley = pane.painter.layout_no_wrap(text, font, tokens.on_image.badge_text);
    let size = galley.size() + vec2(22.0, 6.0);
    let away = (f64::from(body.length) * pane.map.viewport.points_per_px * 0.6) as f32 + 8.0;
    let places = [
        vec2(away, -0.5 * size.y),
        vec2(-away - size.x, -0.5 * size.y),
        vec2(-0.5 * size.x, away),
        vec2(-0.5 * size.x, -away - size.y),
    ];
    let inside = pane.map.rect;
    let rects = places.map(|by| Rect::from_min_size(at + by, size));
    let is_free = |rect: &&Rect| inside.contains_rect(**rect) && taken.iter().all(|other| !other.intersects(**rect));
    let rect = *rects.iter().find(is_free).unwrap_or(&rects[0]);
    taken.push(rect);
    let is_chosen = session.timeline.animal == id;
    let edge = if is_chosen { tokens.on_image.selected } else { look.color };
    pane.painter.line_segment([at, rect.center()], Stroke::new(1.0, look.color));
    pane.painter.rect(
        rect,
        4,
        tokens.on_image.pill,
        Stroke::new(if is_chosen { 2.0 } else { 1.0 }, edge),
        egui::StrokeKind::Inside,
    );
    marks::paint_glyph(pane.painter, pos2(rect.left() + 10.0, rect.center().y), 12.0, look.shape, look.color, true);
    let ink = tokens.on_image.badge_text;
    let words = pos2(rect.left() + 18.0, rect.center().y);
    pane.painter.galley(Align2::LEFT_CENTER.anchor_size(words, galley.size()).min, galley, ink);
}
