//! The lower part of the page: for each chosen segment a picture of the video with the animal marked, and what is said.

use super::page::{
    EMPTY, FAINT_INK, HEADING_PX, INK, MARGIN_PX, PAPER, Page, RULE, SMALL_PX, TEXT_PX, WIDTH_PX, wrapped,
};
use super::{Scene, TimelinePicture, in_words};
use crate::model::timeline::{Segment, SocialRole};
use crate::vlm::canvas::{Levels, Raster, Rgb, Shot};
use crate::vlm::pen::{self, Face, Pill, text_width};
use crate::vlm::sent::{Area, Sent};

const COLUMNS: usize = 2;
const PICTURE_PX: u32 = 240;
const GAP_PX: f32 = 32.0;
const LINE_PX: f32 = 26.0;
/// Sides of what is shown around an animal, in body lengths: whom it meets is seen too.
const SHOWN_BODY_LENGTHS: f64 = 4.0;

/// Pixels down that so many cards take.
pub(super) fn height_px(count: usize) -> f32 {
    count.div_ceil(COLUMNS) as f32 * (PICTURE_PX as f32 + GAP_PX) + MARGIN_PX - GAP_PX
}

/// Draws the card of a segment, the one with number `at` + 1; cards go row by row.
pub(super) fn draw(
    run: &TimelinePicture<'_>,
    at: usize,
    segment: &Segment,
    scene: Option<&Scene>,
    top: f32,
    page: &mut Page,
) {
    let width = (WIDTH_PX as f32 - 2.0 * MARGIN_PX - GAP_PX) / COLUMNS as f32;
    let x = MARGIN_PX + (at % COLUMNS) as f32 * (width + GAP_PX);
    let y = (top + (at / COLUMNS) as f32 * (PICTURE_PX as f32 + GAP_PX)).round();
    let colour = run.colour_of(&segment.label);
    let side = PICTURE_PX as f32;
    match scene {
        Some(scene) => page.put(&shown(scene, &run.name_of(segment.animal), colour), [x as u32, y as u32]),
        None => {
            page.fill([x, y, side, side], 0.0, EMPTY);
            page.write_on(Face::Sans, "no picture", [x + side / 2.0, y + side / 2.0], SMALL_PX, EMPTY);
        }
    }
    let left = x + side + 20.0;
    let room = x + width - left;
    page.fill([left, y, room, 1.0], 0.0, RULE);
    page.fill([left, y + 13.0, 26.0, 26.0], 13.0, INK);
    page.write_on(Face::SansStrong, &(at + 1).to_string(), [left + 12.5, y + 25.5], 15.0, INK);
    page.fill([left + 36.0, y + 17.0, 18.0, 18.0], 4.0, colour);
    let heading = in_words(&segment.label);
    let heading = wrapped(Face::SansStrong, &heading, HEADING_PX, room - 62.0, 1).concat();
    page.write(Face::SansStrong, &heading, [left + 62.0, y + 34.0], HEADING_PX, INK);
    let when = format!("{:.1}–{:.1} s", run.secs(segment.start_frame), run.secs(segment.stop_frame));
    let lines = [format!("{when} · {}", who(run, segment)), sources(segment)];
    let mut baseline = y + 64.0;
    for line in &lines {
        let line = wrapped(Face::Sans, line, SMALL_PX, room, 1).concat();
        page.write(Face::Sans, &line, [left, baseline], SMALL_PX, FAINT_INK);
        baseline += LINE_PX - 2.0;
    }
    baseline += 6.0;
    let most_lines = ((y + side - baseline) / LINE_PX).floor().max(0.0) as usize + 1;
    for line in wrapped(Face::Sans, &segment.description, TEXT_PX, room, most_lines) {
        page.write(Face::Sans, &line, [left, baseline], TEXT_PX, INK);
        baseline += LINE_PX;
    }
}

/// Whose it is, and with whom.
fn who(run: &TimelinePicture<'_>, segment: &Segment) -> String {
    let name = run.name_of(segment.animal);
    match (segment.partner, segment.role) {
        (None, _) => name,
        (Some(partner), SocialRole::None) => format!("{name} with {}", run.name_of(partner)),
        (Some(partner), role) => format!("{name} with {} ({role})", run.name_of(partner)),
    }
}

/// Who says so, and how sure they are.
fn sources(segment: &Segment) -> String {
    let sure = segment.confidence.map_or(String::new(), |confidence| format!(" · confidence {confidence:.2}"));
    format!("{} · {}{sure}", segment.source.as_str(), segment.status.as_str())
}

/// The part of the picture around the animal, with a ring in the label's colour around it and its name in a corner.
fn shown(scene: &Scene, name: &str, colour: Rgb) -> Raster {
    let frame = &scene.frame;
    let [width, height] = frame.size_px().map(f64::from);
    let size_px = [PICTURE_PX; 2];
    let focus = scene.focus.filter(|(center, length)| center.iter().chain([length]).all(|value| value.is_finite()));
    let area = match focus {
        Some((center, length)) => {
            let side = (SHOWN_BODY_LENGTHS * f64::from(length)).clamp(16.0, width.max(height).max(16.0));
            // As far as the picture goes: beyond it nothing is to be seen.
            let start = |center: f32, whole: f64| (f64::from(center) - side / 2.0).clamp(0.0, (whole - side).max(0.0));
            Area { x: start(center[0], width), y: start(center[1], height), width: side, height: side }
        }
        None => {
            let side = width.max(height).max(1.0);
            Area { x: (width - side) / 2.0, y: (height - side) / 2.0, width: side, height: side }
        }
    };
    let sent = Sent { area_in_image: area, size_px };
    let mut raster = Raster::of(&Shot { frame, levels: Levels::robust(&[frame]) }, &sent);
    if let Some((center, length)) = focus {
        let scale = f64::from(PICTURE_PX) / area.width;
        let place = |at: f32, start: f64| ((f64::from(at) - start + 0.5) * scale - 0.5) as f32;
        let center = [place(center[0], area.x), place(center[1], area.y)];
        let radius = 0.62 * length * scale as f32;
        pen::ring(&mut raster, center, radius, 6.0, INK, 0.8);
        pen::ring(&mut raster, center, radius, 3.0, colour, 1.0);
    }
    let pill = Pill { x: 5.5, y: 5.5, width: text_width(Face::SansStrong, name, SMALL_PX) + 16.0, height: 26.0 };
    pen::fill(&mut raster, &pill, 6.0, INK, 0.85);
    pen::write_in(Face::SansStrong, &mut raster, name, [13.5, 24.5], SMALL_PX, PAPER);
    raster
}
