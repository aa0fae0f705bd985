//! Figures: one at a time, of a layer, some animals and a stretch of time, and the buttons that save it.
//!
//! Figures are computed elsewhere; until the one that is asked for is there, the last one stays.

mod charts;

mod matrix;

mod rows;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use egui::{Align, CentralPanel, Frame, Label, Layout, Panel, RichText, ScrollArea, TextEdit, Ui};

use crate::app::Command;
use crate::app::command::Browse;
use crate::app::session::Session;
use crate::app::task::TaskKind;
use crate::app::timeline::{BehaviorView, FigureAsk, FigureChoice, FoundFigure, Layers, TimelineCommand};
use crate::behavior::figures::{Figure, FigureKind};
use crate::behavior::statistics::Measure;
use crate::jobs::behavior::figures::{FigureFormat, files_of};
use crate::model::timeline::TimelineLayer;
use crate::ui::ctx::ViewCtx;
use crate::ui::job_panel;
use crate::ui::theme::behavior::LabelLooks;
use crate::ui::theme::{self, Ink};
use crate::ui::widgets::{ActionButton, chip, empty_state, segmented};

/// What the view remembers between frames.
pub struct FiguresMemory {
    kind: FigureKind,
    layer: Option<TimelineLayer>,
    /// Animals that are left out, by name.
    left_out: BTreeSet<String>,
    all_recordings: bool,
    /// The first and the last frame of the stretch, as typed; empty for the ends.
    stretch: [String; 2],
    /// Where figures are saved, without the ending.
    path: String,
    /// The chosen path that was taken over into the field.
    taken: Option<PathBuf>,
    /// The project, recording and kind that the path is for.
    path_of: Option<(PathBuf, String, FigureKind)>,
    looks: LabelLooks,
}

impl Default for FiguresMemory {
    fn default() -> Self {
        Self {
            kind: FigureKind::Raster,
            layer: None,
            left_out: BTreeSet::new(),
            all_recordings: false,
            stretch: [String::new(), String::new()],
            path: String::new(),
            taken: None,
            path_of: None,
            looks: LabelLooks::default(),
        }
    }
}

const MEASURES: [(Measure, &str); 4] = [
    (Measure::PctOfSeen, "Share of time"),
    (Measure::BoutsPerMin, "Bouts per minute"),
    (Measure::MeanS, "Mean length"),
    (Measure::LatencyS, "Latency"),
];

const LAYERS: [(Option<TimelineLayer>, &str); 4] = [
    (None, "What counts"),
    (Some(TimelineLayer::Human), "Human"),
    (Some(TimelineLayer::Merged), "Merged"),
    (Some(TimelineLayer::Captions), "Clips"),
];

/// What painters of figures need.
pub(super) struct Painting<'a> {
    pub(super) ctx: &'a ViewCtx<'a>,
    pub(super) session: &'a Session,
    pub(super) looks: &'a LabelLooks,
}

impl Painting<'_> {
    /// Shows a frame of the open recording in the timeline.
    pub(super) fn jump(&self, frame: u32) {
        self.ctx.send(Command::ShowFrame(frame));
        self.ctx.send(Command::Timeline(TimelineCommand::View(BehaviorView::Timeline)));
    }
}

/// Draws the view.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, layers: &Layers, memory: &mut FiguresMemory) {
    let palette = theme::palette(ui);
    memory.follow(ctx, session);
    Panel::top("figure choices").frame(Frame::NONE.fill(palette.panel).inner_margin(12)).show(ui, |ui| {
        choices_ui(ui, session, layers, memory);
    });
    let ask = memory.ask(session);
    let shown = session.timeline.figure.clone();
    let is_current = shown.as_ref().is_some_and(|shown| ask.as_ref().is_ok_and(|ask| shown.ask == *ask));
    if let Ok(ask) = ask.clone()
        && !is_current
        && !session.timeline.is_computing()
    {
        ctx.send(Command::Timeline(TimelineCommand::ComputeFigure(Box::new(ask))));
    }
    let found = shown.as_ref().and_then(|shown| shown.found.as_ref().ok());
    Panel::bottom("figure saving").frame(Frame::NONE.fill(palette.panel).inner_margin(12)).show(ui, |ui| {
        save_ui(ui, ctx, found.filter(|_| is_current), memory);
    });
    memory.looks.refresh(&session.timeline.vocabulary, palette.panel);
    CentralPanel::default().frame(Frame::NONE.fill(palette.panel).inner_margin(16)).show(ui, |ui| {
        if let Err(problem) = &ask {
            let _ = empty_state(ui, problem, None);
            return;
        }
        match shown.as_ref().map(|shown| &shown.found) {
            None => drop(empty_state(ui, "Drawing the figure.", None)),
            Some(Err(problem)) => drop(empty_state(ui, problem, None)),
            Some(Ok(found)) => {
                let painting = Painting { ctx, session, looks: &memory.looks };
                figure_ui(ui, &painting, found);
            }
        }
    });
}

impl FiguresMemory {
    /// Takes over a path that was chosen, and proposes one where another figure is shown.
    fn follow(&mut self, ctx: &ViewCtx<'_>, session: &Session) {
        let of = (session.path.clone(), session.info.name.clone(), self.kind);
        if self.path_of.as_ref() != Some(&of) {
            let is_other_recording = self.path_of.as_ref().is_none_or(|it| (&it.0, &it.1) != (&of.0, &of.1));
            if is_other_recording {
                self.left_out.clear();
                self.stretch = [String::new(), String::new()];
            }
            let folder = session.path.parent().unwrap_or(Path::new(""));
            self.path = folder.join(format!("{}_{}", session.info.name, self.kind.word())).display().to_string();
            self.path_of = Some(of);
        }
        if let Some(path) = ctx.state.figure_path.as_ref().filter(|path| self.taken.as_ref() != Some(path)) {
            self.taken = Some(path.clone());
            self.path = without_ending(path).display().to_string();
        }
    }

    /// What is to be computed, or what is wrong with the stretch.
    fn ask(&self, session: &Session) -> Result<FigureAsk, String> {
        let count = session.info.frame_count;
        let number = |text: &str, other: u32| match text.trim() {
            "" => Ok(other),
            text => text.parse::<u32>().ok().filter(|frame| *frame < count).ok_or(()),
        };
        let ends = [number(&self.stretch[0], 0), number(&self.stretch[1], count.saturating_sub(1))];
        let frames = match ends {
            [Ok(first), Ok(last)] if first <= last => first..last + 1,
            _ => {
                return Err(format!(
                    "A stretch is two frames from 0 to {}, the first before the last.",
                    count.max(1) - 1
                ));
            }
        };
        let is_whole = self.all_recordings || frames == (0..count);
        Ok(FigureAsk {
            kind: self.kind,
            layer: self.layer,
            left_out: self.left_out.iter().filter(|_| !self.all_recordings).cloned().collect(),
            frames: (!is_whole).then_some(frames),
            all_recordings: self.all_recordings,
            revision: session.timeline.revision,
        })
    }
}

fn choices_ui(ui: &mut Ui, session: &Session, layers: &Layers, memory: &mut FiguresMemory) {
    let palette = theme::palette(ui);
    let measure = match memory.kind {
        FigureKind::Comparison(measure) => measure,
        _ => Measure::PctOfSeen,
    };
    let kinds = [
        (FigureKind::Raster, "Ethogram"),
        (FigureKind::Budget, "Time budget"),
        (FigureKind::Transitions, "Transitions"),
        (FigureKind::Lengths, "Bout lengths"),
        (FigureKind::Comparison(measure), "Groups"),
    ];
    ui.horizontal_wrapped(|ui| {
        if let Some(kind) = segmented(ui, "Figure", memory.kind, &kinds) {
            memory.kind = kind;
        }
        if let FigureKind::Comparison(measure) = memory.kind
            && let Some(measure) = segmented(ui, "Measure", measure, &MEASURES)
        {
            memory.kind = FigureKind::Comparison(measure);
        }
    });
    ui.add_space(8.0);
    ui.horizontal_wrapped(|ui| {
        if let Some(layer) = segmented(ui, "Layer", memory.layer, &LAYERS) {
            memory.layer = layer;
        }
        ui.add_space(12.0);
        if session.recordings.len() > 1 {
            ui.checkbox(&mut memory.all_recordings, format!("All {} recordings", session.recordings.len()));
        }
        if memory.all_recordings {
            return;
        }
        for name in &layers.names {
            let is_shown = !memory.left_out.contains(name);
            if chip(ui, name, is_shown).on_hover_text("Show or leave out this animal").clicked() {
                match is_shown {
                    true => drop(memory.left_out.insert(name.clone())),
                    false => drop(memory.left_out.remove(name)),
                }
            }
        }
        ui.add_space(12.0);
        let [first, last] = &mut memory.stretch;
        let label = ui.label(RichText::new("Frames").color(palette.text_secondary));
        ui.add(TextEdit::singleline(first).hint_text("0").desired_width(56.0)).labelled_by(label.id);
        let label = ui.label(RichText::new("to").color(palette.text_secondary));
        let end = session.info.frame_count.max(1) - 1;
        ui.add(TextEdit::singleline(last).hint_text(end.to_string()).desired_width(56.0)).labelled_by(label.id);
    });
}

fn figure_ui(ui: &mut Ui, painting: &Painting<'_>, found: &FoundFigure) {
    let palette = theme::palette(ui);
    ui.horizontal(|ui| {
        ui.label(RichText::new(&found.title).strong().color(palette.text));
        let (open, all) = found.unreviewed;
        if open > 0 {
            let words = format!("{open} of {all} segments nobody has reviewed; they are shown too.");
            ui.label(RichText::new(words).color(palette.warn));
        }
    });
    ui.add_space(8.0);
    ScrollArea::both().id_salt("figure").auto_shrink(false).show(ui, |ui| match &*found.figure {
        Figure::Raster(raster) => rows::raster_ui(ui, painting, raster),
        Figure::Budget(budget) => rows::budget_ui(ui, painting, budget),
        Figure::Transitions(transitions) => matrix::ui(ui, painting, transitions),
        Figure::Lengths(lengths) => charts::lengths_ui(ui, painting, lengths),
        Figure::Comparison(comparison) => charts::comparison_ui(ui, painting, comparison),
    });
}

fn save_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, found: Option<&FoundFigure>, memory: &mut FiguresMemory) {
    let palette = theme::palette(ui);
    ui.horizontal(|ui| {
        let label = ui.label("File, without its ending");
        let width = (ui.available_width() - 470.0).max(160.0);
        ui.add(TextEdit::singleline(&mut memory.path).desired_width(width)).labelled_by(label.id);
        if ui.add(ActionButton::new("Save as…")).clicked() {
            ctx.send(Command::Browse(Browse::Figure));
        }
        let base = memory.path.trim().to_owned();
        let can = found.is_some() && !base.is_empty() && ctx.state.job.is_none();
        for (format, save, replace_words) in [
            (FigureFormat::Svg, "Save SVG", "Replace the SVG"),
            (FigureFormat::Png, "Save PNG", "Replace the PNG"),
            (FigureFormat::Csv, "Save numbers (CSV)", "Replace the numbers"),
        ] {
            let path = PathBuf::from(format!("{base}.{}", format.extension()));
            let files = found.map(|found| files_of(&found.figure, format, &path)).unwrap_or_default();
            // A file is replaced only after the person was told that it is there.
            let replace = ctx.state.would_replace.as_ref().is_some_and(|file| files.contains(file));
            let words = if replace { replace_words } else { save };
            let is_clicked = ui.add_enabled_ui(can, |ui| ui.add(ActionButton::new(words))).inner.clicked();
            if let Some(found) = found.filter(|_| is_clicked) {
                ctx.send(Command::SaveFigure(FigureChoice {
                    figure: found.figure.clone(),
                    title: found.title.clone(),
                    format,
                    path,
                    replace,
                }));
            }
        }
    });
    ui.with_layout(Layout::top_down(Align::Min), |ui| {
        if job_panel::ui(ui, ctx, TaskKind::Export) {
            return;
        }
        if ctx.state.would_replace.is_some() {
            let words = "A file of that name is there. Nothing is written yet.";
            ui.label(RichText::new(words).color(palette.warn));
        } else if let Some(last) = ctx.state.last_job_of(TaskKind::Export) {
            let ink = if last.went_well { Ink::Ok } else { Ink::Error };
            ui.add(Label::new(RichText::new(&last.words).color(palette.ink(ink))).wrap().selectable(true));
        }
    });
}

/// A path without the ending of a figure's file.
fn without_ending(path: &Path) -> PathBuf {
    let is_ours =
        path.extension().is_some_and(|it| ["svg", "png", "csv"].iter().any(|ours| it.eq_ignore_ascii_case(ours)));
    if is_ours { path.with_extension("") } else { path.to_owned() }
}

#[cfg(test)]
mod tests;
