//! How the recording is described: what stands there now, who is to say what clips show and who joins them, and what that would
//! ask.

use egui::{Align, Frame, Key, Label, Layout, Modifiers, Panel, RichText, ScrollArea, TextEdit, Ui, Vec2, vec2};

use crate::app::Command;
use crate::app::session::Session;
use crate::app::task::TaskKind;
use crate::app::timeline::{DescribeChoice, DescribeCommand, TimelineCommand};
use crate::jobs::behavior::{Asking, Standing, Told};
use crate::jobs::words::count;
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::{Icon, icon_button};
use crate::ui::model_form::{self, AskedAbout, ModelMemory};
use crate::ui::theme;
use crate::ui::widgets::{ActionButton, explained_choices, heading_row, slider};

/// The dialog is at most so large, points.
const MOST: Vec2 = vec2(860.0, 700.0);
/// And leaves so much of the window free, points.
const AROUND: Vec2 = vec2(80.0, 72.0);
/// Between the choices and the models, points.
const GAP: f32 = 24.0;
/// Width of the field for a number, points.
const NUMBER: f32 = 72.0;

/// Who may say what clips show.
const CAPTIONS: [(bool, &str, &str); 2] = [
    (false, "Captions by built-in rules", "From what is measured of the animals. Needs no model."),
    (true, "Captions by a vision-language model", "It looks at pictures of each clip, as in the paper."),
];

/// Who may join clips.
const MERGE: [(bool, &str, &str); 2] = [
    (false, "Joined by built-in rules", "Neighbours of one kind become one segment."),
    (true, "Joined by a language model", "It reads the captions, and says which clips belong together."),
];

/// Drafts of the fields.
#[derive(Default)]
pub(super) struct DescribeMemory {
    vision: ModelMemory,
    language: ModelMemory,
}

fn send(ctx: &ViewCtx<'_>, command: DescribeCommand) {
    ctx.send(Command::Timeline(TimelineCommand::Describe(command)));
}

/// Draws the dialog's content.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, memory: &mut DescribeMemory) {
    let Some(session) = ctx.session() else { return };
    let size = (ui.ctx().content_rect().size() - AROUND).min(MOST).max(vec2(320.0, 240.0));
    ui.set_min_size(size);
    ui.set_max_size(size);
    heading_row(ui, "Describe", &session.info.name, |ui| {
        if icon_button(ui, Icon::Close, "Close", "Esc").clicked() {
            ctx.send(Command::Show(None));
        }
    });
    let state = &session.timeline.describe;
    let mut choice = state.choice.clone();
    // The foot first: it takes what it needs, and the rest scrolls.
    Panel::bottom("describe foot").resizable(false).frame(Frame::NONE).show(ui, |ui| {
        ui.add_space(4.0);
        foot_ui(ui, ctx, session, &choice);
    });
    let room = ui.available_size();
    ui.allocate_ui_with_layout(room, Layout::left_to_right(Align::Min), |ui| {
        let width = (room.x - GAP) / 2.0;
        let column = |ui: &mut Ui, name: &str, body: &mut dyn FnMut(&mut Ui)| {
            ui.allocate_ui_with_layout(vec2(width, room.y), Layout::top_down(Align::Min), |ui| {
                ScrollArea::vertical().id_salt(name).auto_shrink(false).max_height(room.y).show(ui, |ui| {
                    // The bar stands beside what it scrolls.
                    ui.set_max_width(width - 12.0);
                    body(ui);
                });
            });
        };
        column(ui, "choices", &mut |ui| choices_ui(ui, ctx, session, &mut choice));
        ui.add_space(GAP - 2.0 * ui.spacing().item_spacing.x);
        column(ui, "models", &mut |ui| models_ui(ui, ctx, &choice, memory));
    });
    if choice != state.choice {
        send(ctx, DescribeCommand::Choose(Box::new(choice)));
    }
}

fn quiet(ui: &mut Ui, ctx: &ViewCtx<'_>, words: &str) {
    let colour = theme::palette(ui).text_tertiary;
    ui.add(Label::new(RichText::new(words).size(ctx.theme.font.caption).color(colour)).wrap());
}

fn plain(ui: &mut Ui, words: &str) {
    let colour = theme::palette(ui).text_secondary;
    ui.add(Label::new(RichText::new(words).color(colour)).wrap());
}

/// What stands there now, and what is to come.
fn choices_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, choice: &mut DescribeChoice) {
    let state = &session.timeline.describe;
    match &state.standing {
        None => plain(ui, "Reading what is there."),
        Some(standing) => standing_ui(ui, ctx, session, standing),
    }
    for line in &state.report {
        plain(ui, line);
    }
    ui.add_space(10.0);
    explained_choices(ui, &mut choice.captions_by_model, &CAPTIONS);
    if choice.captions_by_model {
        ui.indent("captions", |ui| captions_ui(ui, ctx, state.standing.as_deref(), choice));
        ui.add_space(6.0);
    }
    ui.add_space(4.0);
    explained_choices(ui, &mut choice.merge_by_model, &MERGE);
    ui.add_space(4.0);
    let has_clips = state.standing.as_ref().is_some_and(|standing| standing.clips > 0);
    if has_clips {
        ui.checkbox(&mut choice.again, "Cut anew");
        quiet(
            ui,
            ctx,
            "Else clips stay where they are, unless tracks changed. Questions that were answered are never asked again.",
        );
    }
    if choice.asks() {
        ui.add_space(6.0);
        ui.horizontal(|ui| {
            let label = ui.label("Pause after so many calls");
            let field = TextEdit::singleline(&mut choice.budget).hint_text("no limit").desired_width(NUMBER);
            ui.add(field).labelled_by(label.id);
        });
    }
}

/// How a model is asked for captions.
fn captions_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, standing: Option<&Standing>, choice: &mut DescribeChoice) {
    slider(ui, "Answers per clip", &mut choice.asking.samples, 1..=Asking::MOST_SAMPLES, 0);
    quiet(ui, ctx, "Of several, most decide; how far they agree is kept.");
    ui.add_space(4.0);
    let (examples, own) = standing.map_or((0, 0), |standing| (standing.examples, standing.own_examples));
    let can_show = examples > own;
    let mut shows = choice.examples.is_some() && can_show;
    let words = match (examples, examples - own) {
        (0, _) => "The bank is empty. In the Grid, segments that people found right are kept as examples.".to_owned(),
        (_, 0) => {
            "All in the bank are of this recording, and none is shown beside clips of its own recording.".to_owned()
        }
        (all, others) if all == others => format!("{} in the bank.", count(all as u64)),
        (all, others) => {
            format!("{} in the bank, {} of them of other recordings: only those are shown.", all, count(others as u64))
        }
    };
    ui.add_enabled_ui(can_show, |ui| {
        let shown = ui.checkbox(&mut shows, "Show examples beside clips").on_disabled_hover_text(&words);
        if shown.changed() {
            choice.examples = shows.then(Default::default);
        }
    });
    quiet(ui, ctx, &words);
}

/// What is there, what becomes of it, and a run that did not come to its end.
fn standing_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, standing: &Standing) {
    plain(ui, &standing_words(standing));
    let human = match standing.human {
        0 => "What people say is never changed by this.".to_owned(),
        1 => "1 segment of a person stays as it is.".to_owned(),
        many => format!("{} segments of people stay as they are.", count(many as u64)),
    };
    let machine =
        if standing.clips > 0 { " Clips, captions and joined segments of machines are replaced." } else { "" };
    plain(ui, &format!("{human}{machine}"));
    let Some(run) = &standing.unfinished else { return };
    ui.add_space(6.0);
    let asked = run.told.as_ref().map(|told| format!(", asking {},", names_of(told))).unwrap_or_default();
    let warn = theme::palette(ui).warn;
    let words = format!("The last run{asked} did not come to its end. What it was answered is kept.");
    ui.add(Label::new(RichText::new(words).color(warn)).wrap());
    if run.is_usual {
        let can = session.read_only.is_none() && ctx.state.job.is_none();
        let button = ui.add_enabled_ui(can, |ui| ui.add(ActionButton::new("Go on with it").icon(Icon::Play))).inner;
        let button = button.on_disabled_hover_text("Another job is under way, or the project is for reading only");
        if button.on_hover_text("With the choices and the models that it was started with").clicked() {
            send(ctx, DescribeCommand::GoOn);
        }
    } else {
        quiet(ui, ctx, "It was asked for with other settings, on the command line: go on with it there.");
    }
}

fn names_of(told: &Told) -> String {
    let mut names: Vec<&str> = told.caption.iter().chain(&told.merge).map(|(name, _)| name.as_str()).collect();
    names.dedup();
    names.join(" and ")
}

/// "312 clips: 300 captioned by M, 12 by the built-in rules; joined to 84 segments by the built-in rules."
fn standing_words(standing: &Standing) -> String {
    if standing.clips == 0 {
        return "Nothing is described yet: the recording is cut into clips first.".to_owned();
    }
    let told = standing.told.as_ref();
    let rules = "the built-in rules";
    let model = told.and_then(|told| told.caption.as_ref()).map_or("a model", |(name, _)| name.as_str());
    let said = match (standing.by_model, standing.by_rules) {
        (0, 0) => "not captioned yet".to_owned(),
        (0, _) => format!("captioned by {rules}"),
        (_, 0) => format!("captioned by {model}"),
        (by_model, by_rules) => {
            format!("{} captioned by {model}, {} by {rules}", count(by_model as u64), count(by_rules as u64))
        }
    };
    let joined = match standing.segments {
        0 => String::new(),
        segments => {
            let who = told.and_then(|told| told.merge.as_ref()).map_or(rules, |(name, _)| name.as_str());
            format!("; joined to {} segments by {who}", count(segments as u64))
        }
    };
    format!("There are {} clips: {said}{joined}.", count(standing.clips as u64))
}

/// The models that the choice asks.
fn models_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, choice: &DescribeChoice, memory: &mut DescribeMemory) {
    if !choice.asks() {
        plain(ui, "No model is asked: nothing is sent anywhere, and it takes seconds to minutes.");
        return;
    }
    if choice.captions_by_model {
        let others = if choice.merge_by_model { ctx.state.language_model.hosts() } else { Vec::new() };
        model_form::ui(ui, ctx, AskedAbout::Clips, &others, &mut memory.vision);
    }
    if choice.merge_by_model {
        if choice.captions_by_model {
            ui.add_space(4.0);
            ui.separator();
        }
        model_form::ui(ui, ctx, AskedAbout::Words(!choice.captions_by_model), &[], &mut memory.language);
    }
}

/// What it would ask, why it cannot begin, and the button that begins it.
fn foot_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, choice: &DescribeChoice) {
    let palette = theme::palette(ui);
    let state = &session.timeline.describe;
    let why_not = if session.read_only.is_some() {
        Some("The project is open for reading only.".to_owned())
    } else if ctx.state.job.is_some() {
        Some("Another job is under way.".to_owned())
    } else if session.recording.is_none() {
        Some("The recording's files are not there. Find them on the page Detect.".to_owned())
    } else {
        ctx.state.describe_problem(choice)
    };
    if let Some(reason) = &why_not {
        ui.add(Label::new(RichText::new(reason).color(palette.warn)).wrap());
    } else if choice.asks() {
        estimate_ui(ui, ctx, session);
    }
    let is_paused = ctx.state.paused.as_ref().is_some_and(|request| request.kind() == TaskKind::Behavior);
    if is_paused && why_not.is_none() {
        quiet(ui, ctx, "The same choices go on where it paused; others begin anew.");
    }
    ui.add_space(4.0);
    let by_key = ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::Enter));
    let start = ui.add_enabled_ui(why_not.is_none(), |ui| {
        ui.add(ActionButton::primary("Describe the recording").key("Ctrl Enter"))
    });
    let start = start.inner.on_disabled_hover_text(why_not.as_deref().unwrap_or_default());
    if why_not.is_none() && (start.clicked() || by_key) {
        let examples =
            choice.examples.filter(|_| state.standing.as_ref().is_none_or(|it| it.examples > it.own_examples));
        send(ctx, DescribeCommand::Start(Box::new(DescribeChoice { examples, ..choice.clone() })));
    }
}

/// What the choice would ask. Where clips are there it is counted at once, else when a person wants to know.
fn estimate_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session) {
    let palette = theme::palette(ui);
    let state = &session.timeline.describe;
    let Some(standing) = &state.standing else { return };
    let estimate = state.estimate.as_ref();
    if standing.clips > 0 || estimate.is_some() {
        if !ctx.state.is_describe_estimated() {
            send(ctx, DescribeCommand::Estimate);
        }
    } else {
        ui.horizontal(|ui| {
            if ui.add(ActionButton::new("Estimate what it asks")).clicked() {
                send(ctx, DescribeCommand::Estimate);
            }
            quiet(ui, ctx, "The recording is cut for that, which may take minutes; a run need not train again.");
        });
        return;
    }
    match estimate.and_then(|estimate| estimate.found.as_ref()) {
        None => plain(ui, "Counting what will be asked…"),
        Some(Err(words)) => {
            ui.add(Label::new(RichText::new(words).color(palette.warn)).wrap());
        }
        Some(Ok(lines)) => lines.iter().for_each(|line| plain(ui, line)),
    }
}

#[cfg(test)]
mod tests;
