//! "Why is it there?": what a model was asked about a view, what it saw and said, question by question, and what stage 4 made of
//! it. A question can be asked again, and with other words; the answers stand side by side.

mod answers;

mod sheet;

mod words;

use egui::{Align, Label, Layout, RichText, Role, ScrollArea, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};

use crate::app::Command;
use crate::app::session::Session;
use crate::app::task::TaskKind;
use crate::app::why::{Asked, Chosen, WhyState};
use crate::jobs::pose::why::{Call, Step};
use crate::model::{FrameLabels, Skeleton, Source};
use crate::pose::stages::Reading;
use crate::ui::ctx::ViewCtx;
use crate::ui::job_panel;
use crate::ui::pages::review::{change_words, placement_words};
use crate::ui::theme::{self, Weight, sans};
use crate::ui::widgets::{ActionButton, chip, empty_state, heading_row, paint_row, segmented};
use crate::vlm::prompt::Prompt;

/// The dialog is at most so large, points.
const MOST: Vec2 = vec2(1240.0, 900.0);
/// And leaves so much of the window free, points.
const AROUND: Vec2 = vec2(80.0, 96.0);
/// Width of the list of questions, points.
const LIST: f32 = 236.0;
/// Height of a row of the list, points.
const ROW: f32 = 44.0;

/// What the dialog remembers between frames.
#[derive(Default)]
pub(super) struct WhyMemory {
    sheet: sheet::SheetMemory,
    words: words::WordsMemory,
}

/// Draws the dialog's content.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, memory: &mut WhyMemory) {
    let Some(session) = ctx.session() else { return };
    let Some(why) = &session.why else { return };
    let size = (ui.ctx().content_rect().size() - AROUND).min(MOST).max(vec2(320.0, 240.0));
    ui.set_min_size(size);
    ui.set_max_size(size);
    head_ui(ui, ctx, session, why);
    ui.separator();
    let asked = match &why.found {
        None => {
            let _ = empty_state(ui, "Reading what was asked.", None);
            return;
        }
        Some(Err(message)) => {
            let _ = empty_state(ui, message, None);
            return;
        }
        Some(Ok(asked)) => asked,
    };
    let steps = why.steps(asked, &session.skeleton);
    if steps.is_empty() {
        let reason = asked.why.nothing.as_deref().unwrap_or("nothing was asked about this keypoint");
        let words = format!("No model was asked about this view, and none could be: {reason}.");
        let _ = empty_state(ui, &words, None);
        return;
    }
    let height = ui.available_height();
    ui.horizontal_top(|ui| {
        ui.allocate_ui_with_layout(vec2(LIST, height), Layout::top_down(Align::Min), |ui| {
            ScrollArea::vertical().id_salt("why steps").auto_shrink([false, false]).show(ui, |ui| {
                list_ui(ui, ctx, session, why, asked, &steps);
            });
        });
        ui.separator();
        let rest = vec2(ui.available_width(), height);
        ui.allocate_ui_with_layout(rest, Layout::top_down(Align::Min), |ui| {
            ScrollArea::vertical().id_salt("why step").auto_shrink([false, false]).show(ui, |ui| {
                if let Some((step, call)) = why.chosen_step(asked) {
                    step_ui(ui, ctx, session, asked, (step, call), memory);
                }
            });
        });
    });
}

fn head_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, why: &WhyState) {
    let camera = session.camera_name(why.camera);
    let title = match why.keypoint {
        Some(keypoint) => format!("Why is {} there?", session.skeleton.name_of(keypoint)),
        None => "What a model sees".to_owned(),
    };
    heading_row(ui, &title, &format!("{camera}, frame {}", why.frame), |ui| {
        if ui.add(ActionButton::new("Close").key("Esc")).clicked() {
            ctx.send(Command::Show(None));
        }
    });
    ui.horizontal_wrapped(|ui| {
        let names: Vec<_> = session.cameras().map(|camera| (camera, session.camera_name(camera))).collect();
        if let Some(camera) = segmented(ui, "View", why.camera, &names) {
            ctx.send(Command::TurnWhy(camera, why.keypoint));
        }
        ui.add_space(8.0);
        let selected = session.selection.keypoint;
        let only = why.keypoint.unwrap_or(selected);
        if chip(ui, session.skeleton.name_of(only), why.keypoint.is_some()).clicked() {
            ctx.send(Command::TurnWhy(why.camera, Some(only)));
        }
        if chip(ui, "All keypoints", why.keypoint.is_none()).clicked() {
            ctx.send(Command::TurnWhy(why.camera, None));
        }
    });
}

/// The questions, one below the other, and what became of their answers.
fn list_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, why: &WhyState, asked: &Asked, steps: &[&Step]) {
    let palette = theme::palette(ui);
    let caption = |text: &str| RichText::new(text).size(ctx.theme.font.caption).color(palette.text_tertiary);
    if !asked.why.was_asked(why.camera) {
        let words = "No model was asked about this view. This is what one would be asked now.";
        ui.add(Label::new(RichText::new(words).color(palette.text_secondary)).wrap());
        ui.add_space(4.0);
    }
    let chosen = why.chosen.as_ref().map(|chosen| chosen.tag.as_str());
    ui.spacing_mut().item_spacing.y = 0.0;
    for step in steps {
        if row_ui(ui, ctx, session, step, chosen == Some(step.tag.as_str())) {
            ctx.send(Command::ChooseStep(Chosen { tag: step.tag.clone(), call: None }));
        }
    }
    ui.spacing_mut().item_spacing.y = ctx.theme.space.row_gap;
    ui.add_space(8.0);
    ui.label(
        RichText::new("4  All views together").font(sans(Weight::Strong, ctx.theme.font.body)).color(palette.text),
    );
    let is_meant = |keypoint| why.keypoint.is_none_or(|only| only == keypoint);
    let changes = asked.why.changes.iter().filter(|change| change.camera == why.camera && is_meant(change.keypoint));
    let mut is_changed = false;
    for change in changes {
        is_changed = true;
        let words = format!("{}: {}", session.skeleton.name_of(change.keypoint), change_words(change));
        ui.add(Label::new(RichText::new(words).color(palette.text_secondary)).wrap());
        if !change.reason.is_empty() {
            ui.add(Label::new(caption(&format!("It {}", change.reason))).wrap());
        }
    }
    if !is_changed {
        ui.label(RichText::new("Changed nothing here.").color(palette.text_secondary));
    }
    if let (Some(keypoint), Some(view)) = (why.keypoint, session.views.get(why.frame)) {
        ui.add_space(8.0);
        let words = match view.labels.get(why.camera, keypoint) {
            None => "No label now".to_owned(),
            Some(label) => format!("Now {}, {}", placement_words(Some(label.placement)), by_words(label.source())),
        };
        ui.label(RichText::new(words).color(palette.text));
    }
}

/// Who says it.
fn by_words(source: Source) -> &'static str {
    match source {
        Source::Human | Source::Seed => "as a person labelled it",
        Source::Stage1 | Source::Stage2 | Source::Stage3 => "as the model said",
        Source::Imported => "as it was imported",
        _ => "as the run found",
    }
}

/// What a question asks, in a few words.
fn title_of(step: &Step, skeleton: &Skeleton) -> String {
    let region = step.basis.region.and_then(|region| skeleton.regions.get(region.index()));
    let region = region.map_or("all regions", |region| region.name.as_str());
    match step.basis.prompt {
        Prompt::Regions => format!("1  Where: {region}"),
        Prompt::Assign => format!("2  Which dot: {region}"),
        Prompt::Reconcile => "3  The whole view".to_owned(),
        Prompt::Plain => "Plain question".to_owned(),
        Prompt::Caption | Prompt::Merge | Prompt::Ask => "Behaviour".to_owned(),
    }
}

/// What was said, in one line.
fn said_of(call: &Call, skeleton: &Skeleton) -> String {
    match call.reading.as_ref().map(|reading| &reading.value) {
        None => "No answer".to_owned(),
        Some(Reading::Boxes(boxes)) => match (boxes.len(), boxes.values().flatten().count()) {
            (0, _) => "Not usable".to_owned(),
            (1, 0) => "Cannot be seen".to_owned(),
            (1, _) => "A box".to_owned(),
            (_, seen) => format!("{seen} boxes"),
        },
        Some(Reading::Numbers(numbers)) if numbers.is_empty() => "Not usable".to_owned(),
        Some(Reading::Numbers(numbers)) => {
            let each = numbers.iter().map(|(keypoint, number)| {
                let number = number.map_or_else(|| "none".to_owned(), |number| number.0.to_string());
                format!("{} {number}", skeleton.name_of(*keypoint))
            });
            each.collect::<Vec<_>>().join(", ")
        }
    }
}

/// Draws a row of the list; says whether it was clicked.
fn row_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, step: &Step, is_chosen: bool) -> bool {
    let palette = theme::palette(ui);
    let (title, said) = (
        title_of(step, &session.skeleton),
        match (step.calls.last(), step.calls.len()) {
            (None, _) => "Not asked".to_owned(),
            (Some(call), 1) => said_of(call, &session.skeleton),
            (Some(call), count) => format!("{count} answers; {}", said_of(call, &session.skeleton)),
        },
    );
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let response = ui.interact(rect, ui.scope_id().with(("why row", &step.tag)), Sense::CLICK);
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, is_chosen, format!("{title}: {said}")));
    if ui.is_rect_visible(rect) {
        paint_row(ui, rect, is_chosen, response.hovered());
        let width = rect.width() - 16.0;
        let line = |text: &str, font, colour| {
            let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, colour);
            job.wrap = egui::text::TextWrapping::truncate_at_width(width);
            ui.painter().layout_job(job)
        };
        let title = line(&title, sans(Weight::Medium, ctx.theme.font.body), palette.text);
        let said = line(&said, sans(Weight::Regular, ctx.theme.font.caption), palette.text_secondary);
        let left = rect.left() + 8.0;
        ui.painter().galley(pos2(left, rect.top() + 5.0), title, palette.text);
        ui.painter().galley(pos2(left, rect.top() + 24.0), said, palette.text_secondary);
    }
    response.clicked()
}

/// A question: its answers, what can be done, and what the model saw.
fn step_ui(
    ui: &mut Ui,
    ctx: &ViewCtx<'_>,
    session: &Session,
    asked: &Asked,
    (step, call): (&Step, Option<&Call>),
    memory: &mut WhyMemory,
) {
    let labels: Option<&FrameLabels> = session.views.get(asked.why.frame).map(|view| &view.labels);
    answers::ui(ui, ctx, session, step, call, labels);
    if !job_panel::ui(ui, ctx, TaskKind::Ask) {
        words::ui(ui, ctx, asked, step, labels, &mut memory.words);
    }
    ui.add_space(8.0);
    let sheet = session.why.as_ref().and_then(|why| why.sheet.as_ref());
    sheet::ui(ui, ctx, sheet, call.is_some(), &mut memory.sheet);
}
