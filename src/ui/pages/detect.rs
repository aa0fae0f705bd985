//! The detect page: settings with a live preview, dots to add and delete, regions to mask, and finding the dots of all frames.
//!
//! What is tried is painted over what is kept: a ring where the tried settings find a dot, a cross where they nearly do.

use egui::{CentralPanel, Frame, Label, Margin, RichText, ScrollArea, Stroke, TextEdit, Ui, vec2};

use super::Memory;
use crate::app::Command;
use crate::app::session::Session;
use crate::app::task::TaskKind;
use crate::jobs::labelling::Act;
use crate::model::{FrameRange, MaskKind, MaskRegion, MaskShape, Point2};
use crate::recording::detect::{DetectConfig, Rejection};
use crate::ui::ctx::ViewCtx;
use crate::ui::grid::{self, GridDrag, GridResponse, GridUse, PaneHook, PaneMap};
use crate::ui::icons::{Icon, icon_button};
use crate::ui::sides::{Side, Sides};
use crate::ui::theme::{self, Weight, mono};
use crate::ui::widgets::{ActionButton, heading_row, section, segmented, slider};
use crate::ui::{job_panel, time};

/// What clicks and drags in the pictures do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Tool {
    /// Add a dot, or delete one.
    #[default]
    Dots,
    /// Mask a disc.
    Reflection,
    /// Keep a rectangle.
    Arena,
}

/// What the page remembers between frames.
#[derive(Default)]
pub struct DetectMemory {
    tool: Tool,
    /// The settings as they are on the sliders.
    draft: Option<DetectConfig>,
    frames: String,
    again: bool,
    /// The frames that the next region holds over, as typed; empty for all.
    region_frames: String,
    /// What is being drawn.
    drag: Option<GridDrag>,
}

/// Draws the page.
pub fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, memory: &mut Memory) {
    let Some(session) = ctx.session() else { return };
    let palette = theme::palette(ui);
    time::ui(ui, ctx, &mut memory.time);
    let sides = Sides::new(ui.available_width(), [ctx.theme.size.panel.run_left, 0.0], memory.sides);
    sides.show(ui, &mut memory.sides, (Side::Left, "detector", "Dots"), |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            let margin = Frame::NONE.inner_margin(Margin::same(12));
            margin.show(ui, |ui| panel_ui(ui, ctx, session, &mut memory.detect));
        });
    });
    CentralPanel::default().frame(Frame::NONE.fill(palette.window)).show(ui, |ui| {
        let is_tried = session.trial.config.is_some();
        memory.grid.own_dots = is_tried;
        memory.grid.drags_draw = memory.detect.tool != Tool::Dots;
        let (tool, drag) = (memory.detect.tool, memory.detect.drag);
        let happened = grid::ui_with(ui, ctx, &mut memory.grid, GridUse::Detect, &mut |hook| {
            paint(ctx, session, hook);
            paint_drag(ctx, hook, tool, drag);
        });
        act(ctx, session, &memory.detect, &happened);
        memory.detect.drag = happened.drag.filter(|drag| !drag.is_done);
    });
}

fn panel_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, memory: &mut DetectMemory) {
    let palette = theme::palette(ui);
    let small = |text: &str| RichText::new(text.to_owned()).size(ctx.theme.font.caption).color(palette.text_tertiary);
    heading_row(ui, "Dots", "of every camera and frame", |_| {});
    let can_write = session.read_only.is_none();
    find_ui(ui, ctx, session, memory);
    ui.separator();
    ui.label("In the pictures");
    let tools = [(Tool::Dots, "Dots"), (Tool::Reflection, "Reflection"), (Tool::Arena, "Arena")];
    if let Some(tool) = segmented(ui, "In the pictures", memory.tool, &tools) {
        memory.tool = tool;
    }
    ui.add(
        Label::new(small(match memory.tool {
            Tool::Dots => "Click where a dot is missing to add it. Shift click deletes one.",
            Tool::Reflection => "Drag from the middle of a reflection outwards. Dots inside no longer count.",
            Tool::Arena => "Drag a rectangle around the arena. Dots outside no longer count.",
        }))
        .wrap(),
    );
    if memory.tool != Tool::Dots {
        let label = ui.label(small("Over these frames, as 0..600"));
        let hint = format!("all {} frames", session.info.frame_count);
        ui.add(TextEdit::singleline(&mut memory.region_frames).hint_text(hint)).labelled_by(label.id);
        if let Err(problem) = region_frames(memory, session) {
            ui.add(Label::new(RichText::new(problem).color(palette.error)).wrap());
        }
    }
    ui.add_space(8.0);
    ui.add_enabled_ui(can_write, |ui| regions_ui(ui, ctx, session));
    ui.separator();
    section(ui, "settings", "Settings", true, |ui| {
        ui.add_enabled_ui(can_write, |ui| settings_ui(ui, ctx, session, memory));
    });
    counts_ui(ui, ctx, session);
}

fn find_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, memory: &mut DetectMemory) {
    let palette = theme::palette(ui);
    if job_panel::ui(ui, ctx, TaskKind::Detect) {
        return;
    }
    let detected = session.overview.as_ref().map_or(0, |overview| overview.detected_len());
    let words = match detected {
        0 => "No frame was searched yet.".to_owned(),
        all if all == session.info.frame_count as usize => format!("All {all} frames were searched."),
        some => format!("{some} of {} frames were searched.", session.info.frame_count),
    };
    ui.label(RichText::new(words).color(palette.text_secondary));
    let label = ui.label("Frames");
    let hint = format!("all, or 0..{}", session.info.frame_count);
    ui.add(TextEdit::singleline(&mut memory.frames).hint_text(hint).desired_width(f32::INFINITY)).labelled_by(label.id);
    let problem = parse_frames(&memory.frames, session).err();
    if let Some(problem) = &problem {
        ui.add(Label::new(RichText::new(problem.as_str()).color(palette.error)).wrap());
    }
    ui.checkbox(&mut memory.again, "Search finished frames again");
    let reason = if let Some(reason) = &session.read_only {
        Some(format!("Reading only: {reason}."))
    } else if session.recording.is_none() {
        Some("The recording's files are not there.".to_owned())
    } else if ctx.state.job.is_some() {
        Some("Another job is under way.".to_owned())
    } else {
        problem.map(|_| "Mend the range first.".to_owned())
    };
    let button = ui.add_enabled_ui(reason.is_none(), |ui| ui.add(ActionButton::primary("Find the dots")));
    if button.inner.clicked() {
        ctx.send(Command::StartDetect { frames: memory.frames.clone(), again: memory.again });
        memory.again = false;
    }
    if let Some(reason) = reason {
        ui.add(Label::new(RichText::new(reason).color(palette.warn)).wrap());
    } else if let Some(last) = ctx.state.last_job_of(TaskKind::Detect) {
        let colour = if last.went_well { palette.text_secondary } else { palette.error };
        ui.add(Label::new(RichText::new(&last.words).color(colour)).wrap());
    }
}

fn parse_frames(text: &str, session: &Session) -> Result<std::ops::Range<u32>, String> {
    let range = if text.trim().is_empty() { Ok(FrameRange::default()) } else { text.trim().parse::<FrameRange>() };
    range.and_then(|range| range.within(session.info.frame_count)).map_err(|error| error.to_string())
}

fn region_frames(memory: &DetectMemory, session: &Session) -> Result<std::ops::Range<u32>, String> {
    parse_frames(&memory.region_frames, session)
}

fn regions_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session) {
    let palette = theme::palette(ui);
    for stored in &session.regions {
        let region = &stored.region;
        let camera = session.camera_name(region.camera);
        let what = match region.kind {
            MaskKind::Reflection => "reflection",
            MaskKind::Arena => "arena",
        };
        let words = format!("{what} in {camera}, frames {} to {}", region.frames.start, region.frames.end - 1);
        ui.horizontal(|ui| {
            if icon_button(ui, Icon::Close, &format!("Remove the {words}"), "").clicked() {
                ctx.send(Command::RemoveRegion(stored.id));
            }
            let label = Label::new(RichText::new(words.as_str()).color(palette.text_secondary)).truncate();
            ui.add(label).on_hover_text(format!("Drawn by {}", stored.annotator));
        });
    }
}

fn settings_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, memory: &mut DetectMemory) {
    let palette = theme::palette(ui);
    let kept = session.trial.config.as_ref().unwrap_or(&session.detector);
    let draft = memory.draft.get_or_insert_with(|| kept.clone());
    let [least, most] = DetectConfig::SENSITIVITY_RANGE;
    let mut is_settled = false;
    let mut settle = |response: &egui::Response| {
        is_settled |= response.drag_stopped() || (response.changed() && !response.dragged());
    };
    settle(&slider(ui, "Sensitivity", &mut draft.sensitivity, least..=most, 2));
    settle(&slider(ui, "Spot size, px", &mut draft.narrow_sigma_px, 1.0..=8.0, 1));
    let limit = |ui: &mut Ui, name: &str, usual: f64, value: &mut Option<f64>| {
        let mut is_on = value.is_some();
        let toggled = ui.checkbox(&mut is_on, name);
        if toggled.changed() {
            *value = is_on.then_some(usual);
        }
        let mut settled = toggled.changed();
        if let Some(value) = value {
            let response = slider(ui, "px", value, 0.5..=20.0, 1);
            settled |= response.drag_stopped() || (response.changed() && !response.dragged());
        }
        settled
    };
    let smaller = limit(ui, "Leave out smaller spots", 1.5, &mut draft.smallest_sigma_px);
    let larger = limit(ui, "Leave out larger spots", 8.0, &mut draft.largest_sigma_px);
    let within = ui.checkbox(&mut draft.dots_within_crop, "Only near the animal").changed();
    ui.label(RichText::new("Sizes at 2048 px image width.").size(ctx.theme.font.caption).color(palette.text_tertiary));
    if is_settled || smaller || larger || within {
        ctx.send(Command::TryDetector(draft.clone()));
    }
    if session.trial.config.is_some() {
        let pending = session.trial.pending;
        let words =
            if pending > 0 { format!("Trying: {pending} views to go") } else { "Tried on this frame.".to_owned() };
        ui.label(RichText::new(words).color(palette.accent));
        ui.horizontal(|ui| {
            if ui.add(ActionButton::new("Keep the settings")).clicked() {
                ctx.send(Command::KeepDetector);
                memory.draft = None;
            }
            if ui.add(ActionButton::new("Forget them")).clicked() {
                ctx.send(Command::ForgetDetectorTrial);
                memory.draft = None;
            }
        });
        ui.label(RichText::new("Finding the dots keeps them.").color(palette.text_tertiary));
    } else if memory.draft.as_ref() != Some(&session.detector) && !ui.ctx().egui_is_using_pointer() {
        memory.draft = Some(session.detector.clone());
    }
}

/// Dots per view: as they are kept, and as they are tried.
fn counts_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session) {
    let palette = theme::palette(ui);
    let Some(view) = session.view() else { return };
    heading_row(ui, "This frame", "dots per view", |_| {});
    for camera in session.cameras() {
        let kept = view.views.get(camera.index()).and_then(Option::as_ref).map(|view| view.centroids.len());
        let kept = kept.map_or_else(|| "–".to_owned(), |count| count.to_string());
        let tried = match session.trial.found.get(&camera) {
            Some(Ok(found)) => format!("{kept} → {}", found.centroids.len()),
            Some(Err(problem)) => problem.clone(),
            None => kept,
        };
        ui.horizontal(|ui| {
            ui.label(RichText::new(session.camera_name(camera)).color(palette.text_secondary));
            let figure = RichText::new(tried).font(mono(Weight::Medium, ctx.theme.font.body)).color(palette.text);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| ui.label(figure));
        });
    }
}

/// What clicks and drags in the pictures ask for.
fn act(ctx: &ViewCtx<'_>, session: &Session, memory: &DetectMemory, happened: &GridResponse) {
    if session.read_only.is_some() {
        return;
    }
    let frame = session.cursor.frame;
    for click in happened.clicks.iter().filter(|_| memory.tool == Tool::Dots) {
        match click.dot {
            Some(number) if click.modifiers.shift => {
                ctx.send(Command::Edit(Act::DeleteCentroid { frame, camera: click.camera, number }));
            }
            Some(_) => {}
            None if !click.modifiers.any() => ctx.send(Command::AddDot(click.camera, click.point_in_image)),
            None => {}
        }
    }
    let drawn = happened.drag.filter(|drag| drag.is_done);
    if let (Some(drag), Ok(frames)) = (drawn, region_frames(memory, session)) {
        let shape = shape_of(memory.tool, drag.from_in_image, drag.to_in_image);
        if let Some((kind, shape)) = shape {
            ctx.send(Command::PutRegion(None, MaskRegion { camera: drag.camera, frames, kind, shape }));
        }
    }
}

/// The region that a drag draws; `None` where it is too small to be meant.
fn shape_of(tool: Tool, from: Point2, to: Point2) -> Option<(MaskKind, MaskShape)> {
    match tool {
        Tool::Dots => None,
        Tool::Reflection => {
            let radius_px = (to - from).norm();
            (radius_px >= 2.0).then_some((MaskKind::Reflection, MaskShape::Disc { center: from, radius_px }))
        }
        Tool::Arena => {
            let size = to - from;
            let corners = vec![from, Point2::new(to.x, from.y), to, Point2::new(from.x, to.y)];
            let is_meant = size.x.abs() >= 8.0 && size.y.abs() >= 8.0;
            is_meant.then_some((MaskKind::Arena, MaskShape::Polygon(corners)))
        }
    }
}

/// More spots that are no dots are not marked.
const MOST_CROSSES: usize = 60;

/// Regions, and what the tried settings find.
fn paint(ctx: &ViewCtx<'_>, session: &Session, hook: &PaneHook<'_>) {
    let look = &ctx.theme.on_image;
    let regions = session.regions.iter().map(|stored| &stored.region);
    for region in regions.filter(|region| region.camera == hook.camera && region.frames.contains(&hook.frame)) {
        let colour = match region.kind {
            MaskKind::Reflection => ctx.theme.dark.warn,
            MaskKind::Arena => ctx.theme.dark.ok,
        };
        paint_shape(hook, &hook.map, &region.shape, Stroke::new(1.5, colour));
    }
    let found = session.trial.found.get(&hook.camera).and_then(|found| found.as_ref().ok());
    let Some(found) = found.filter(|_| hook.is_current) else { return };
    for centroid in &found.centroids {
        let at = hook.map.screen_from_image(centroid.point_in_image);
        hook.painter.circle_stroke(at, ctx.theme.marker.ring_radius + 1.0, Stroke::new(3.0, look.halo));
        hook.painter.circle_stroke(at, ctx.theme.marker.ring_radius + 1.0, Stroke::new(1.5, ctx.theme.dark.accent));
    }
    // So many crosses would hide the picture.
    let rejected = if found.rejected.len() > MOST_CROSSES { &[][..] } else { &found.rejected[..] };
    for spot in rejected {
        let at = hook.map.screen_from_image(spot.point_in_image);
        let colour = if matches!(spot.reason, Rejection::Masked(_)) { ctx.theme.dark.warn } else { look.unassigned };
        let stroke = Stroke::new(1.0, colour.gamma_multiply(0.7));
        for (a, b) in [(vec2(-3.0, -3.0), vec2(3.0, 3.0)), (vec2(-3.0, 3.0), vec2(3.0, -3.0))] {
            hook.painter.line_segment([at + a, at + b], stroke);
        }
    }
}

/// What is being drawn, as it would be.
fn paint_drag(ctx: &ViewCtx<'_>, hook: &PaneHook<'_>, tool: Tool, drag: Option<GridDrag>) {
    let Some(drag) = drag.filter(|drag| drag.camera == hook.camera) else { return };
    if let Some((_, shape)) = shape_of(tool, drag.from_in_image, drag.to_in_image) {
        paint_shape(hook, &hook.map, &shape, Stroke::new(1.5, ctx.theme.dark.accent));
    }
}

fn paint_shape(hook: &PaneHook<'_>, map: &PaneMap, shape: &MaskShape, stroke: Stroke) {
    match shape {
        MaskShape::Disc { center, radius_px } => {
            let middle = map.screen_from_image(*center);
            let edge = map.screen_from_image(Point2::new(center.x + radius_px, center.y));
            hook.painter.circle_stroke(middle, middle.distance(edge), stroke);
        }
        MaskShape::Polygon(corners) => {
            let mut points: Vec<_> = corners.iter().map(|corner| map.screen_from_image(*corner)).collect();
            points.extend(points.first().copied());
            hook.painter.line(points, stroke);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drag_draws_what_the_tool_says() {
        let (from, to) = (Point2::new(10.0, 20.0), Point2::new(40.0, 60.0));
        assert_eq!(shape_of(Tool::Dots, from, to), None);
        let Some((MaskKind::Reflection, MaskShape::Disc { radius_px, .. })) = shape_of(Tool::Reflection, from, to)
        else {
            panic!("no disc");
        };
        assert_eq!(radius_px, 50.0);
        let Some((MaskKind::Arena, arena)) = shape_of(Tool::Arena, to, from) else { panic!("no rectangle") };
        assert!(arena.contains(Point2::new(25.0, 40.0)) && !arena.contains(Point2::new(5.0, 40.0)));
        assert_eq!(shape_of(Tool::Reflection, from, from), None);
        assert_eq!(shape_of(Tool::Arena, from, Point2::new(12.0, 90.0)), None);
    }
}
