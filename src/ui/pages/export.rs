//! The export page: what is written and what is left out, before it is written.

mod behavior;

use std::path::{Path, PathBuf};

use egui::{CentralPanel, Frame, Label, RichText, ScrollArea, TextEdit, Ui};

use super::Memory;
use crate::app::Command;
use crate::app::command::{Browse, ExportChoice};
use crate::app::session::Session;
use crate::app::task::TaskKind;
use crate::model::timeline::TimelineLayer;
use crate::store::FrameState;
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::{Icon, icon};
use crate::ui::job_panel;
use crate::ui::theme::{self, Ink, Weight, mono};
use crate::ui::widgets::{ActionButton, heading_row, segmented};

/// What the page remembers between frames.
pub struct ExportMemory {
    format: &'static str,
    /// Of timelines.
    layer: Option<TimelineLayer>,
    path: String,
    max_error: String,
    reviewed_only: bool,
    all_recordings: bool,
    /// The chosen path that was taken over into the field.
    taken: Option<PathBuf>,
    /// The project and recording that the path is for.
    path_of: Option<(PathBuf, String)>,
}

impl Default for ExportMemory {
    fn default() -> Self {
        Self {
            format: "points3d",
            layer: None,
            path: String::new(),
            max_error: String::new(),
            reviewed_only: false,
            all_recordings: false,
            taken: None,
            path_of: None,
        }
    }
}

/// A format: word, name, what is in it, its columns.
type FormatWords = (&'static str, &'static str, &'static str, &'static str);

/// The formats of poses.
const POSE_FORMATS: [FormatWords; 3] = [
    (
        "points3d",
        "3D points",
        "One row for each keypoint that has a place in space, in the calibration's unit.",
        "frame,keypoint,x,y,z,error_px,views,source",
    ),
    (
        "points2d",
        "2D labels",
        "One row for each label in a view, in image pixels.",
        "frame,camera,keypoint,x,y,visible",
    ),
    ("seeds", "Seed labels", "The labels of the seed frames, as they are imported.", "frame,camera,keypoint,x,y"),
];

/// The formats of timelines.
const BEHAVIOR_FORMATS: [FormatWords; 4] = [
    (
        "behavior",
        "Segments",
        "One row for each segment. It can be imported again.",
        "video,animal,target,label,start_frame,stop_frame,description",
    ),
    (
        "vectors",
        "Vectors",
        "One row for each frame and animal, with one label.",
        "video,subject,frame,label,confidence",
    ),
    (
        "vectors-multi",
        "Vectors, many labels",
        "One row for each frame and animal, with a column of 0 and 1 for each label.",
        "video,subject,frame,…,confidence",
    ),
    ("story", "Story", "Sentences about each animal, to be read.", "plain text"),
];

/// Draws the page.
pub fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, memory: &mut Memory) {
    let Some(session) = ctx.session() else { return };
    let palette = theme::palette(ui);
    let memory = &mut memory.export;
    let shown = (session.path.clone(), session.info.name.clone());
    if memory.path_of.as_ref() != Some(&shown) {
        memory.path_of = Some(shown);
        memory.path = default_path(session, memory.format).display().to_string();
    }
    if let Some(path) = ctx.state.export_path.as_ref().filter(|path| memory.taken.as_ref() != Some(path)) {
        memory.taken = Some(path.clone());
        memory.path = path.display().to_string();
    }
    CentralPanel::default().frame(Frame::NONE.fill(palette.window).inner_margin(24)).show(ui, |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.set_max_width(ui.available_width().min(720.0));
            page_ui(ui, ctx, session, memory);
        });
    });
}

fn page_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, memory: &mut ExportMemory) {
    let palette = theme::palette(ui);
    heading_row(ui, "Export", "nothing is left out silently", |_| {});
    let is_behavior = BEHAVIOR_FORMATS.iter().any(|format| format.0 == memory.format);
    let before = memory.format;
    if let Some(is_behavior) = segmented(ui, "What", is_behavior, &[(false, "Labels and points"), (true, "Timelines")])
    {
        memory.format = if is_behavior { BEHAVIOR_FORMATS[0].0 } else { POSE_FORMATS[0].0 };
    }
    ui.add_space(8.0);
    let is_behavior = BEHAVIOR_FORMATS.iter().any(|format| format.0 == memory.format);
    let formats: &[FormatWords] = if is_behavior { &BEHAVIOR_FORMATS } else { &POSE_FORMATS };
    let options: Vec<(&str, &str)> = formats.iter().map(|format| (format.0, format.1)).collect();
    if let Some(format) = segmented(ui, "Format", memory.format, &options) {
        memory.format = format;
    }
    if memory.format != before && memory.path == default_path(session, before).display().to_string() {
        memory.path = default_path(session, memory.format).display().to_string();
    }
    let (_, _, words, columns) = formats.iter().find(|format| format.0 == memory.format).copied().unwrap_or(formats[0]);
    ui.label(RichText::new(words).color(palette.text_secondary));
    ui.label(RichText::new(columns).font(mono(Weight::Medium, ctx.theme.font.caption)).color(palette.text_tertiary));
    ui.add_space(12.0);

    let label = ui.label("File");
    ui.horizontal(|ui| {
        let width = ui.available_width() - 110.0;
        ui.add(TextEdit::singleline(&mut memory.path).desired_width(width)).labelled_by(label.id);
        if ui.add(ActionButton::new("Save as…")).clicked() {
            ctx.send(Command::Browse(Browse::Export));
        }
    });
    let is_seeds = memory.format == "seeds";
    ui.add_space(12.0);
    if is_behavior {
        behavior::choices_ui(ui, memory);
    } else {
        ui.add_enabled_ui(!is_seeds, |ui| pose_choices_ui(ui, memory));
    }
    if session.recordings.len() > 1 {
        ui.checkbox(&mut memory.all_recordings, format!("All {} recordings, in one table", session.recordings.len()));
    }
    ui.add_space(16.0);
    let max_error_px = match memory.max_error.trim() {
        _ if is_behavior => Ok(None),
        "" => Ok(None),
        text => text.parse::<f64>().ok().filter(|value| value.is_finite() && *value > 0.0).map(Some).ok_or(()),
    };
    let what = if is_behavior { behavior::contents(ctx, session, memory) } else { contents(session, memory, is_seeds) };
    for (sign, ink, words) in &what.lines {
        ui.horizontal_top(|ui| {
            icon(ui, *sign, 16.0, palette.ink(*ink));
            ui.add(Label::new(words.as_str()).wrap());
        });
    }
    if max_error_px.is_err() {
        ui.label(RichText::new("The largest error is not a positive number.").color(palette.error));
    }
    ui.add_space(16.0);
    if job_panel::ui(ui, ctx, TaskKind::Export) {
        return;
    }
    // A file is replaced only after the person was told that it is there.
    let path = PathBuf::from(memory.path.trim());
    let replace = ctx.state.would_replace.as_ref() == Some(&path);
    let can = what.can && max_error_px.is_ok() && !memory.path.trim().is_empty() && ctx.state.job.is_none();
    let words = if replace { "Replace the file" } else { "Write the file" };
    if ui.add_enabled_ui(can, |ui| ui.add(ActionButton::primary(words))).inner.clicked() {
        ctx.send(Command::Export(ExportChoice {
            format: memory.format.to_owned(),
            path,
            replace,
            max_error_px: max_error_px.unwrap_or(None).filter(|_| !is_seeds),
            reviewed_only: memory.reviewed_only && !is_seeds,
            all_recordings: memory.all_recordings,
            layer: memory.layer.filter(|_| is_behavior),
        }));
    }
    if replace {
        ui.label(RichText::new("A file of that name is there. Nothing is written yet.").color(palette.warn));
    }
    if let Some(last) = ctx.state.last_job_of(TaskKind::Export) {
        let ink = if last.went_well { Ink::Ok } else { Ink::Error };
        ui.add(Label::new(RichText::new(&last.words).color(palette.ink(ink))).wrap().selectable(true));
    }
    if is_behavior {
        behavior::preview_ui(ui, ctx, session);
    }
}

fn pose_choices_ui(ui: &mut Ui, memory: &mut ExportMemory) {
    ui.checkbox(&mut memory.reviewed_only, "Reviewed frames only");
    ui.horizontal(|ui| {
        let label = ui.label("Leave out points with an error above, px");
        ui.add(TextEdit::singleline(&mut memory.max_error).hint_text("none").desired_width(64.0)).labelled_by(label.id);
    });
}

/// What a file will hold.
struct Contents {
    lines: Vec<(Icon, Ink, String)>,
    can: bool,
}

fn contents(session: &Session, memory: &ExportMemory, is_seeds: bool) -> Contents {
    let Some(overview) = &session.overview else {
        return Contents {
            lines: vec![(Icon::Question, Ink::TextSecondary, "Counting frames".to_owned())],
            can: false,
        };
    };
    if is_seeds {
        let seeds = overview.seed_frames().count();
        let line = format!("{seeds} seed frames will be written.");
        return Contents { lines: vec![(Icon::Check, Ink::Ok, line)], can: seeds > 0 };
    }
    let solved = overview.counts.solved;
    let [todo, fixed, accepted, skipped] =
        [FrameState::Todo, FrameState::Fixed, FrameState::Accepted, FrameState::Skipped]
            .map(|state| overview.counts.of(state));
    let mut lines = Vec::new();
    let missing = session.info.frame_count as usize - solved.min(session.info.frame_count as usize);
    // What people labelled as seeds nobody has to review.
    let is_open = |frame: u32| {
        overview.marks.get(frame as usize).is_some_and(|mark| {
            !mark.residual_px.is_nan() && !matches!(mark.state, FrameState::Fixed | FrameState::Accepted)
        })
    };
    let seeds = overview.seed_frames().filter(|frame| is_open(*frame)).count();
    let (reviewed, unreviewed) = (fixed + accepted + seeds, (todo + skipped).saturating_sub(seeds));
    if memory.reviewed_only {
        lines.push((
            Icon::Check,
            Ink::Ok,
            format!("{reviewed} reviewed frames will be written: {accepted} accepted, {fixed} fixed, {seeds} seeds."),
        ));
        lines.push((Icon::Skip, Ink::Warn, format!("{unreviewed} frames that nobody has reviewed are left out.")));
    } else {
        lines.push((Icon::Check, Ink::Ok, format!("{solved} solved frames will be written.")));
        if unreviewed > 0 {
            let words = format!("{unreviewed} of them nobody has reviewed; they are written too.");
            lines.push((Icon::Warning, Ink::Warn, words));
        }
    }
    if missing > 0 {
        lines.push((Icon::Warning, Ink::Warn, format!("{missing} frames are not solved and have no rows.")));
    }
    Contents { lines, can: if memory.reviewed_only { reviewed > 0 } else { solved > 0 } }
}

fn default_path(session: &Session, format: &str) -> PathBuf {
    let folder = session.path.parent().unwrap_or(Path::new(""));
    let ending = if format == "story" { "txt" } else { "csv" };
    folder.join(format!("{}_{format}.{ending}", session.info.name))
}

#[cfg(test)]
mod tests;
