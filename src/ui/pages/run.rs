//! The run page: what is solved and how, how far it is, and the frame in work. Everything else can be used meanwhile.

pub(in crate::ui) mod counts;

use std::ops::Range;

use egui::{CentralPanel, ComboBox, Frame, Label, Margin, Panel, RichText, ScrollArea, TextEdit, Ui};

use super::Memory;
use crate::app::command::RunChoice;
use crate::app::model_choice::ModelField;
use crate::app::session::Session;
use crate::app::task::{TaskKind, TaskRequest};
use crate::app::{Command, Page};
use crate::jobs::pose::{Assigner, Unfinished};
use crate::jobs::words::duration;
use crate::model::{CameraId, FrameRange, FrameRangeError};
use crate::pose::stage4::Solver;
use crate::ui::ctx::ViewCtx;
use crate::ui::grid::{self, GridUse};
use crate::ui::icons::Icon;
use crate::ui::model_form::{self, AskedAbout, ModelMemory};
use crate::ui::sides::{Side, Sides};
use crate::ui::theme::{self, Weight, sans};
use crate::ui::widgets::{ActionButton, explained_choices, heading_row, labelled_figure};
use crate::ui::{job_panel, time};

/// What the page remembers between frames.
#[derive(Default)]
pub struct RunMemory {
    choice: RunChoice,
    model: ModelMemory,
    /// The unfinished run that was offered last.
    offered: Option<Unfinished>,
    /// Whether the newest finished frame is shown.
    is_following: Option<bool>,
    /// When it was shown last, seconds.
    followed_secs: f64,
    /// The frame that following showed.
    followed: Option<u32>,
}

/// So often following shows a newer frame, seconds.
const FOLLOW_SECS: f64 = 1.0;

/// Beside the figures stand words where there is so much room, points.
const ROOM_FOR_WORDS: f32 = 280.0;

/// The figures of asking stand beside those of the frames where there is so much room, points.
const ROOM_FOR_ASKING: f32 = 900.0;

/// Who says which dot is which: the name, and when to choose it.
const ASSIGNERS: [(Assigner, &str, &str); 4] = [
    (Assigner::Geometry, "Built-in geometry", "Needs no model and is the fastest. Start with it."),
    (Assigner::Hybrid, "Hybrid", "Geometry first; a model is asked where that is unsure. For hard recordings."),
    (Assigner::Vlm, "Model", "A vision-language model names every dot, as in the paper. Slow."),
    (Assigner::Labels, "Imported labels", "Made elsewhere; corrected over all views."),
];

/// What each solver is for.
const SOLVERS: [(Solver, &str, &str); 4] = [
    (Solver::Joint, "joint", "All keypoints at once, with body shape and motion. The best there is here."),
    (Solver::Consensus, "consensus", "The paper's: keeps the views that agree and corrects the others."),
    (Solver::Ransac, "ransac", "The largest set of views that agree. Changes no label."),
    (Solver::Dlt, "dlt", "Plain triangulation of all views, for comparison."),
];

/// Draws the page.
pub fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, memory: &mut Memory) {
    let Some(session) = ctx.session() else { return };
    let palette = theme::palette(ui);
    time::ui(ui, ctx, &mut memory.time);
    let sides = Sides::new(ui.available_width(), [ctx.theme.size.panel.run_left, 0.0], memory.sides);
    sides.show(ui, &mut memory.sides, (Side::Left, "run choices", "Run"), |ui| {
        if !is_under_way(ctx) {
            let margin = Frame::NONE.inner_margin(Margin::same(12));
            Panel::bottom("run foot").resizable(false).frame(margin).show(ui, |ui| {
                foot_ui(ui, ctx, session, &mut memory.run);
            });
        }
        ScrollArea::vertical().id_salt("run choices").auto_shrink(false).min_scrolled_height(0.0).show(ui, |ui| {
            let margin = Frame::NONE.inner_margin(Margin::same(12));
            margin.show(ui, |ui| choices_ui(ui, ctx, session, &mut memory.run));
        });
    });
    CentralPanel::default().frame(Frame::NONE.fill(palette.window)).show(ui, |ui| {
        figures_ui(ui, ctx, session, &mut memory.run);
        grid::ui(ui, ctx, &mut memory.grid, GridUse::Look);
    });
}

/// Whether a run goes on or is paused.
fn is_under_way(ctx: &ViewCtx<'_>) -> bool {
    let job = ctx.state.job.as_ref().map(|job| &job.request);
    job.into_iter().chain(&ctx.state.paused).any(|request| request.kind() == TaskKind::Run)
}

fn choices_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, memory: &mut RunMemory) {
    heading_row(ui, "Run", "labels all other frames", |_| {});
    if job_panel::ui(ui, ctx, TaskKind::Run) {
        under_way_ui(ui, ctx, session, memory);
        return;
    }
    if let Some(report) = &ctx.state.last_report {
        counts::report_ui(ui, report);
    }
    unfinished_ui(ui, ctx, session, memory);
    assigner_ui(ui, memory);
    if memory.choice.assigner.asks_model() {
        separated(ui, |ui| model_ui(ui, ctx, session, memory.choice.assigner, &mut memory.model));
    }
    frames_ui(ui, ctx, session, memory);
    for check in session.seeds.checks.iter().filter(|check| !check.is_met) {
        caption_ui(ui, ctx, &check.words);
    }
    ui.add_space(8.0);
    job_panel::messages_ui(ui, ctx, ui.available_height());
}

/// A run that goes on or is paused: its messages, and the model where another can be chosen.
fn under_way_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, memory: &mut RunMemory) {
    let job = ctx.state.job.as_ref().filter(|job| job.request.kind() == TaskKind::Run);
    if let Some((tally, request)) = counts::asking_of(ctx.state, job, TaskKind::Run) {
        counts::budget_ui(ui, ctx, tally, request);
        counts::troubles_ui(ui, tally);
    }
    if let Some(TaskRequest::Run(choice, Some(_))) = ctx.state.paused.as_ref().filter(|_| job.is_none()) {
        separated(ui, |ui| {
            caption_ui(ui, ctx, "Address, key and the limits on calls may change. Anything else begins the run anew.");
            ui.add_space(4.0);
            model_ui(ui, ctx, session, choice.assigner, &mut memory.model);
        });
    }
    job_panel::messages_ui(ui, ctx, ui.available_height());
}

/// The model of a run with this assigner.
fn model_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, assigner: Assigner, memory: &mut ModelMemory) {
    let camera = session.selection.camera.unwrap_or(CameraId(0));
    let about = AskedAbout::Dots(assigner, session.skeleton.regions.len(), camera);
    model_form::ui(ui, ctx, about, &[], memory);
}

/// A part of the panel between two lines.
fn separated(ui: &mut Ui, body: impl FnOnce(&mut Ui)) {
    ui.add_space(4.0);
    ui.separator();
    ui.add_space(4.0);
    body(ui);
    ui.add_space(4.0);
    ui.separator();
    ui.add_space(4.0);
}

fn caption_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, words: &str) {
    let colour = theme::palette(ui).text_tertiary;
    ui.add(Label::new(RichText::new(words).size(ctx.theme.font.caption).color(colour)).wrap());
}

/// Who says which dot is which, with a word on when to choose it.
fn assigner_ui(ui: &mut Ui, memory: &mut RunMemory) {
    ui.label("Assigner");
    explained_choices(ui, &mut memory.choice.assigner, &ASSIGNERS);
    ui.add_space(4.0);
}

/// Which frames, with which solver.
fn frames_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, memory: &mut RunMemory) {
    let palette = theme::palette(ui);
    let label = ui.label("Frames");
    let hint = format!("all, or 0..{}", session.info.frame_count);
    ui.add(TextEdit::singleline(&mut memory.choice.frames).hint_text(hint).desired_width(f32::INFINITY))
        .labelled_by(label.id);
    match range_of(&memory.choice.frames, session.info.frame_count) {
        Ok(range) => caption_ui(ui, ctx, &range_words(&range, session)),
        Err(problem) => {
            ui.add(Label::new(RichText::new(problem).color(palette.error)).wrap());
        }
    }
    ui.add_space(8.0);
    let label = ui.label("Solver");
    let chosen = SOLVERS.iter().find(|(solver, ..)| *solver == memory.choice.solver).unwrap_or(&SOLVERS[0]);
    ComboBox::from_id_salt("solver")
        .selected_text(chosen.1)
        .width(ui.available_width())
        .show_ui(ui, |ui| {
            for (solver, name, words) in SOLVERS {
                ui.selectable_value(&mut memory.choice.solver, solver, name).on_hover_text(words);
            }
        })
        .response
        .labelled_by(label.id);
    caption_ui(ui, ctx, chosen.2);
    ui.add_space(8.0);
    ui.checkbox(&mut memory.choice.again, "Do finished frames again");
}

/// What the run will ask, the button that starts it, and why it cannot.
fn foot_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, memory: &mut RunMemory) {
    let palette = theme::palette(ui);
    let is_range = range_of(&memory.choice.frames, session.info.frame_count).is_ok();
    let reason = why_not(ctx, session, memory.choice.assigner);
    let can_start = reason.is_none() && is_range;
    if can_start && memory.choice.assigner.asks_model() {
        counts::estimate_ui(ui, ctx, session, &memory.choice);
        ui.add_space(4.0);
    }
    if let Some(reason) = reason {
        ui.add(Label::new(RichText::new(reason).color(palette.warn)).wrap());
        let lacks_seeds = session.overview.as_ref().is_some_and(|overview| overview.seed_frames().next().is_none());
        if lacks_seeds && ui.add(ActionButton::new("Go to Seeds")).clicked() {
            ctx.send(Command::GoTo(Page::Seeds));
        }
        ui.add_space(4.0);
    }
    let start = ui.add_enabled_ui(can_start, |ui| ui.add(ActionButton::primary("Start the run").key("Ctrl Enter")));
    let is_free = ctx.state.dialog.is_none();
    let by_key = is_free && ui.input_mut(|input| input.consume_key(egui::Modifiers::COMMAND, egui::Key::Enter));
    if can_start && (start.inner.clicked() || by_key) {
        ctx.send(Command::StartRun(memory.choice.clone()));
        memory.choice.again = false;
    }
}

/// A run that stopped early, perhaps before the app was started: one click goes on with it.
fn unfinished_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, memory: &mut RunMemory) {
    let Some(run) = &session.unfinished else { return };
    // The model that it asks is chosen below.
    if memory.offered.as_ref() != Some(run) {
        memory.offered = Some(run.clone());
        memory.choice.assigner = run.assigner;
    }
    // Another model, or one that is asked in another way, would begin the run anew.
    let model = run.model.as_ref().map(|model| (model, ctx.state.model.restored(model)));
    let wrong = model.as_ref().and_then(|(_, choice)| choice.problems(run.assigner).into_iter().next());
    let is_ablation = run.model.as_ref().is_some_and(|model| model.without_regions);
    let is_free = ctx.state.job.is_none() && session.read_only.is_none() && session.recording.is_some();
    let palette = theme::palette(ui);
    let name = ASSIGNERS.iter().find(|(assigner, ..)| *assigner == run.assigner).map_or("", |(_, name, _)| *name);
    let words = format!("The last run stopped after {} of {} frames.", run.done, run.frames.len());
    ui.add(Label::new(RichText::new(words).color(palette.text)).wrap());
    if run.assigner != Assigner::Geometry {
        let asked = model.as_ref().map(|(model, _)| format!(", asking {}", model.name)).unwrap_or_default();
        let what = match &wrong {
            _ if is_ablation => "; it left out regions. Go on with it on the command line, with --ablate regions",
            Some(wrong) if wrong.is_missing && wrong.field == ModelField::Addresses => {
                "; write the address of its server below first"
            }
            Some(_) => "; mend what is wrong with the model below first",
            None => "",
        };
        caption_ui(ui, ctx, &format!("Its assigner: {name}{asked}{what}."));
    }
    let can_go_on = is_free && wrong.is_none() && !is_ablation;
    let go_on = ui.add_enabled_ui(can_go_on, |ui| ui.add(ActionButton::new("Go on with it").icon(Icon::Play))).inner;
    if go_on.on_hover_text("With the settings that it was started with").clicked() {
        if let Some((_, choice)) = model {
            ctx.send(Command::ChooseModel(Box::new(choice)));
        }
        let is_all = run.frames == (0..session.info.frame_count);
        let frames = if is_all { String::new() } else { format!("{}..{}", run.frames.start, run.frames.end) };
        let choice = RunChoice { frames, solver: run.solver, assigner: run.assigner, again: false };
        ctx.send(Command::StartRun(choice));
    }
    ui.add_space(8.0);
    ui.separator();
}

/// The typed range, or what is wrong with it.
fn range_of(text: &str, frame_count: u32) -> Result<Range<u32>, String> {
    let text = text.trim();
    let range = if text.is_empty() { Ok(FrameRange::default()) } else { text.parse::<FrameRange>() };
    let range = range.map_err(|_| format!("Write the first frame, two dots and the end, as 0..{frame_count}."))?;
    range.within(frame_count).map_err(|error| match error {
        FrameRangeError::Empty { .. } => "No frame is in this range: the end must be larger than the start.".to_owned(),
        _ => format!("The recording ends with frame {}.", frame_count.saturating_sub(1)),
    })
}

/// A range in words, with how much of it is solved.
fn range_words(range: &Range<u32>, session: &Session) -> String {
    let last = range.end.saturating_sub(1);
    let mut words = match range.len() {
        1 => format!("Frame {last} alone"),
        len if len == session.info.frame_count as usize => format!("All {len} frames"),
        len => format!("Frames {} to {last}: {len} frames", range.start),
    };
    if let Some(overview) = &session.overview {
        let is_solved =
            |frame: &u32| overview.marks.get(*frame as usize).is_some_and(|mark| !mark.residual_px.is_nan());
        let is_all = range.len() == overview.marks.len();
        let solved = if is_all { overview.solved_len() } else { range.clone().filter(is_solved).count() };
        words += &match solved {
            0 => ", none of them solved yet.".to_owned(),
            solved if solved == range.len() => ", solved already.".to_owned(),
            solved => format!(", {solved} of them solved already."),
        };
    }
    words
}

/// Why a run cannot start.
fn why_not(ctx: &ViewCtx<'_>, session: &Session, assigner: Assigner) -> Option<String> {
    if session.read_only.is_some() {
        return Some("The project is open for reading only.".to_owned());
    }
    if ctx.state.job.is_some() {
        return Some("Another job is under way.".to_owned());
    }
    if session.recording.is_none() {
        return Some("The recording's files are not there. Find them on the page Detect.".to_owned());
    }
    let overview = session.overview.as_ref()?;
    if assigner == Assigner::Labels {
        return None;
    }
    if overview.detected_len() == 0 {
        return Some("Find the dots first, on the page Detect.".to_owned());
    }
    if overview.seed_frames().next().is_none() {
        return Some("Label three frames first.".to_owned());
    }
    if assigner.asks_model() {
        return ctx.state.model.problems(assigner).into_iter().next().map(|wrong| wrong.words);
    }
    None
}

fn figures_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, memory: &mut RunMemory) {
    let palette = theme::palette(ui);
    let job = ctx.state.job.as_ref().filter(|job| job.request.kind() == TaskKind::Run);
    Frame::NONE.fill(palette.panel).inner_margin(Margin::symmetric(12, 8)).show(ui, |ui| {
        let asking = counts::asking_of(ctx.state, job, TaskKind::Run);
        let is_wide = ui.available_width() >= ROOM_FOR_ASKING;
        ui.horizontal(|ui| {
            let overview = session.overview.as_ref();
            let solved = overview.map_or(0, |overview| overview.solved_len());
            let all = format!("of {}", session.info.frame_count);
            match job {
                Some(job) => {
                    let elapsed_secs = (ctx.state.now_secs - job.started_secs).max(1e-3);
                    let rate = job.steps.0 as f64 / elapsed_secs;
                    let left = (job.steps.1.saturating_sub(job.steps.0)) as f64 / rate.max(1e-6);
                    labelled_figure(ui, "Frames done", &job.steps.0.to_string(), &format!("of {}", job.steps.1));
                    ui.add_space(24.0);
                    let known = job.steps.0 > 0;
                    labelled_figure(ui, "Time left", &if known { duration(left) } else { "–".to_owned() }, "");

                    if asking.is_none() {
                        ui.add_space(24.0);
                        labelled_figure(ui, "Speed", &format!("{rate:.1}"), "frames a second");
                    }
                }
                None => {
                    labelled_figure(ui, "Frames solved", &solved.to_string(), &all);
                }
            }
            ui.add_space(24.0);
            if let Some(median) = overview.and_then(|overview| overview.median_residual_px()) {
                labelled_figure(ui, "Median residual", &format!("{median:.1}"), "px, worst of each frame");
            }
            if let Some((tally, request)) = asking.filter(|_| is_wide) {
                ui.add_space(24.0);
                counts::asking_ui(ui, tally, request);
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if solved > 0 && ui.add(ActionButton::new("Open Review")).clicked() {
                    ctx.send(Command::GoTo(Page::Review));
                }
                let words = RichText::new("Finished frames can be reviewed meanwhile").color(palette.text_tertiary);
                if job.is_some() && ui.available_width() >= ROOM_FOR_WORDS {
                    ui.label(words);
                }
            });
        });
        if let Some((tally, request)) = asking.filter(|_| !is_wide) {
            ui.add_space(8.0);
            ui.horizontal(|ui| counts::asking_ui(ui, tally, request));
        }
    });
    follow(ctx, session, memory);
    ui.horizontal(|ui| {
        ui.add_space(12.0);
        let title =
            RichText::new(format!("Frame {}", session.cursor.frame)).font(sans(Weight::Strong, ctx.theme.font.body));
        ui.label(title);
        if job.is_some() {
            let mut is_following = memory.is_following.unwrap_or(true);
            if ui.checkbox(&mut is_following, "Follow the newest frame").changed() {
                memory.is_following = Some(is_following);
                memory.followed = None;
            }
        }
    });
}

/// Shows the newest finished frame now and then, until the person steps to another.
fn follow(ctx: &ViewCtx<'_>, session: &Session, memory: &mut RunMemory) {
    if ctx.state.job.as_ref().is_none_or(|job| job.request.kind() != TaskKind::Run) {
        memory.followed = None;
        memory.is_following = None;
        return;
    }
    if memory.followed.is_some_and(|frame| frame != session.cursor.frame) {
        memory.is_following = Some(false);
    }
    let is_due = ctx.state.now_secs - memory.followed_secs >= FOLLOW_SECS;
    let newest = session.overview.as_ref().and_then(|overview| overview.newest);
    if let Some(newest) = newest.filter(|_| memory.is_following.unwrap_or(true) && is_due) {
        memory.followed_secs = ctx.state.now_secs;
        if newest != session.cursor.frame {
            memory.followed = Some(newest);
            ctx.send(Command::ShowFrame(newest));
        }
    }
}

#[cfg(test)]
mod tests;
