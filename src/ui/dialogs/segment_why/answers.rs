//! The answers of a trial beside what is kept and what people say, clip by clip, those first that differ; and taking them over.

use egui::text::{LayoutJob, TextWrapping};
use egui::{Align, Frame, Label, Layout, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{button_ui, note_ui, send};
use crate::app::Command;
use crate::app::session::Session;
use crate::app::timeline::{Layers, TrialCommand, Tried};
use crate::jobs::behavior::trial::{Said, TrialScore, TriedClip};
use crate::model::vocabulary::in_words;
use crate::model::{BehaviorSource, ClipId};
use crate::ui::ctx::ViewCtx;
use crate::ui::theme::{self, Weight, sans};
use crate::ui::widgets::{ActionButton, empty_state, focus_ring_inside, heading_row, paint_row};

/// Left ends of the columns, shares of the width.
const COLUMNS: [(&str, f32); 6] =
    [("Clip", 0.0), ("Frames", 0.13), ("People", 0.27), ("Kept", 0.43), ("Trial", 0.62), ("", 0.81)];
/// Height of what is told about the chosen clip, points.
const DETAIL: f32 = 210.0;

/// What taking over does.
const WHAT_IT_DOES: &str = "Taking over lays the trial's label, partner and description over the clip's frames in the human lane, \
    as accepted. It is one act, which undo takes back; what machines said stays as it is.";

/// What is remembered between frames.
#[derive(Default)]
pub(super) struct AnswersMemory {
    /// The clip that is looked at.
    chosen: Option<ClipId>,
    table: Option<Table>,
}

/// The table in words, of a trial and of the layers as they were read.
struct Table {
    of: (u64, u64),
    rows: Vec<Row>,
    summary: Vec<String>,
    /// Those that differ, that nobody labelled and that are not taken over yet.
    open: Vec<ClipId>,
}

/// A clip.
struct Row {
    clip: ClipId,
    /// Where in the report.
    at: usize,
    cells: [String; 6],
    name: String,
    differs: bool,
    is_taken: bool,
}

/// Draws the answers.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, memory: &mut AnswersMemory) {
    let (Some(tried), Some(layers)) = (&session.timeline.trial.tried, &session.timeline.layers) else {
        let _ = empty_state(ui, "Nothing was tried yet.", None);
        return;
    };
    let of = (tried.number, session.timeline.revision);
    if memory.table.as_ref().is_none_or(|table| table.of != of) {
        memory.table = Some(Table::of(tried, layers, of));
    }
    let Some(table) = &memory.table else { return };
    let Some(first) = table.rows.first() else { return };
    let chosen = memory.chosen.and_then(|clip| table.rows.iter().find(|row| row.clip == clip)).unwrap_or(first);
    heading_row(ui, &tried.title, "", |_| {});
    for words in &table.summary {
        ui.add(Label::new(words).wrap());
    }
    ui.horizontal_wrapped(|ui| {
        let refused = session.read_only.as_ref().map(|reason| format!("Nothing can be written: {reason}"));
        let none = table.open.is_empty().then(|| "No clip is left that differs and that nobody labelled".to_owned());
        let words = match table.open.len() {
            0 => "Take over all that differ".to_owned(),
            1 => "Take over the one that differs".to_owned(),
            count => format!("Take over all {count} that differ"),
        };
        let hint = "Clips that people labelled are left out: take those over one by one";
        if button_ui(ui, ActionButton::new(&words), refused.or(none).as_deref(), hint) {
            send(ctx, TrialCommand::Take(table.open.clone()));
        }
        note_ui(ui, ctx, WHAT_IT_DOES);
    });
    ui.add_space(4.0);
    head_ui(ui, ctx);
    let room = (ui.available_height() - DETAIL).max(80.0);
    let mut clicked = None;
    let height = ctx.theme.size.table_row;
    let area = ScrollArea::vertical().id_salt("tried clips").max_height(room).auto_shrink(false);
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        area.show_rows(ui, height, table.rows.len(), |ui, visible| {
            for row in &table.rows[visible] {
                if row_ui(ui, ctx, row, row.clip == chosen.clip) {
                    clicked = Some(row);
                }
            }
        });
    });
    ui.separator();
    detail_ui(ui, ctx, session, &tried.report.clips[chosen.at], chosen);
    if let Some(row) = clicked {
        memory.chosen = Some(row.clip);
        ctx.send(Command::ShowFrame(tried.report.clips[row.at].start_frame));
    }
}

impl Table {
    fn of(tried: &Tried, layers: &Layers, of: (u64, u64)) -> Self {
        let report = &tried.report;
        let clips = report.clips.iter().enumerate();
        let mut rows: Vec<Row> = clips.map(|(at, clip)| Row::of(clip, at, layers)).collect();
        rows.sort_by_key(|row| (!row.differs, row.clip));
        let is_open = |row: &&Row| row.differs && !row.is_taken && report.clips[row.at].human.is_none();
        let open = rows.iter().filter(is_open).map(|row| row.clip).collect();
        let answered = report.clips.iter().filter(|clip| clip.tried.is_some()).count();
        let counts = &report.asked.counts;
        let again = match counts.reasks {
            0 => String::new(),
            count => format!(" ({count} once more, since the answer could not be used)"),
        };
        let mut summary = vec![format!(
            "The same label as before: {} of {answered} clips. Questions asked: {}{again}; answered before: {}.",
            report.alike, counts.calls, counts.known
        )];
        if answered < report.clips.len() {
            summary.push(format!("Without a usable answer: {} clips.", report.clips.len() - answered));
        }
        let unknown = &report.asked.unknown_labels;
        if !unknown.is_empty() {
            let each = unknown.iter().map(|(label, count)| format!("{} ({count})", in_words(label)));
            summary.push(format!("Labels that the vocabulary lacks: {}.", each.collect::<Vec<_>>().join(", ")));
        }
        summary.push(match (report.kept.scored, report.tried.scored) {
            (0, 0) => "People labelled none of these clips, so nothing says which is right.".to_owned(),
            _ => format!("As people say: kept {}, trial {}.", score(&report.kept), score(&report.tried)),
        });
        Self { of, rows, summary, open }
    }
}

/// "5 of 8 (macro F1 0.61)"
fn score(score: &TrialScore) -> String {
    let f1 = score.f1_macro.map(|f1| format!(" (macro F1 {f1:.2})")).unwrap_or_default();
    format!("{} of {}{f1}", score.right, score.scored)
}

/// "chase 0.75"
fn said(said: Option<&Said>) -> String {
    said.map_or_else(|| "–".to_owned(), |said| format!("{} {:.2}", in_words(&said.label), said.confidence))
}

impl Row {
    fn of(clip: &TriedClip, at: usize, layers: &Layers) -> Self {
        let is_taken = clip.segment.as_ref().is_some_and(|tried| {
            let mut own = layers.human_of(tried.animal).iter().map(|placed| &placed.segment);
            own.any(|own| {
                own.frames() == tried.frames()
                    && (&own.label, own.partner, &own.description) == (&tried.label, tried.partner, &tried.description)
            })
        });
        let differs = clip.differs();
        let state = match (&clip.tried, is_taken, differs) {
            (None, ..) => "no answer",
            (_, true, _) => "taken over",
            (_, _, true) => "differs",
            _ => "same label",
        };
        let people = clip.human.as_deref().map_or_else(|| "–".to_owned(), in_words);
        let (kept, tried) = (said(clip.kept.as_ref()), said(clip.tried.as_ref()));
        let (first, last) = (clip.start_frame, clip.stop_frame - 1);
        let name = format!(
            "{} of {}, frames {first} to {last}: kept {kept}, trial {tried}, people {people}; {state}",
            clip.clip, clip.animal
        );
        let cells = [
            format!("{}, {}", clip.clip, clip.animal),
            format!("{first}–{last}"),
            people,
            kept,
            tried,
            state.to_owned(),
        ];
        Self { clip: clip.id, at, cells, name, differs, is_taken }
    }
}

fn head_ui(ui: &mut Ui, ctx: &ViewCtx<'_>) {
    let palette = theme::palette(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ctx.theme.size.table_row), Sense::hover());
    let font = sans(Weight::Regular, ctx.theme.font.caption);
    for (name, left) in COLUMNS {
        let at = pos2(rect.left() + 8.0 + left * rect.width(), rect.center().y);
        ui.painter().text(at, egui::Align2::LEFT_CENTER, name, font.clone(), palette.text_tertiary);
    }
}

/// Draws a row; says whether it was clicked.
fn row_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, row: &Row, is_chosen: bool) -> bool {
    let palette = theme::palette(ui);
    let size = vec2(ui.available_width(), ctx.theme.size.table_row);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let response = ui.interact(rect, ui.scope_id().with(("tried", row.clip)), Sense::click());
    paint_row(ui, rect, is_chosen, response.hovered());
    for (at, cell) in row.cells.iter().enumerate() {
        let (left, right) = (COLUMNS[at].1, COLUMNS.get(at + 1).map_or(1.0, |next| next.1));
        let colour = match at {
            4 | 5 if row.is_taken => palette.ok,
            4 | 5 if row.differs => palette.warn,
            0 | 1 | 5 => palette.text_secondary,
            _ => palette.text,
        };
        let weight = if at == 4 && row.differs { Weight::Strong } else { Weight::Regular };
        let mut job = LayoutJob::simple_singleline(cell.clone(), sans(weight, ctx.theme.font.body), colour);
        job.wrap = TextWrapping::truncate_at_width((right - left) * rect.width() - 12.0);
        let galley = ui.painter().layout_job(job);
        let place = pos2(rect.left() + 8.0 + left * rect.width(), rect.center().y - galley.size().y / 2.0);
        ui.painter().galley(place, galley, colour);
    }
    focus_ring_inside(ui, rect, &response);
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, is_chosen, &row.name));
    response.clicked()
}

/// What is kept of the chosen clip and what the trial says, side by side.
fn detail_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, clip: &TriedClip, row: &Row) {
    ui.horizontal(|ui| {
        let people = clip.human.as_deref().map(|label| format!(", people say {}", in_words(label)));
        ui.label(format!("{}, frames {}{}", row.cells[0], row.cells[1], people.unwrap_or_default()));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let obstacle = if clip.tried.is_none() {
                Some("No usable answer came".to_owned())
            } else if row.is_taken {
                Some("It is taken over".to_owned())
            } else {
                session.read_only.as_ref().map(|reason| format!("Nothing can be written: {reason}"))
            };
            if button_ui(ui, ActionButton::new("Take over"), obstacle.as_deref(), WHAT_IT_DOES) {
                send(ctx, TrialCommand::Take(vec![row.clip]));
            }
            let look = ActionButton::new("Show in the timeline");
            if button_ui(ui, look, None, "Closes this; the answers stay, and are here again when it is opened") {
                send(ctx, TrialCommand::Look(row.clip));
            }
        });
    });
    let height = ui.available_height();
    ui.columns(2, |columns| {
        let by = match clip.kept.as_ref().map(|kept| kept.by) {
            Some(BehaviorSource::Rules) => "Kept, by the built-in rules",
            Some(BehaviorSource::Model) => "Kept, by a model",
            Some(_) => "Kept",
            None => "Nothing is kept",
        };
        card_ui(&mut columns[0], ctx, by, clip.kept.as_ref(), height);
        let title = if clip.tried.is_some() { "Trial" } else { "Trial: no usable answer" };
        card_ui(&mut columns[1], ctx, title, clip.tried.as_ref(), height);
    });
}

fn card_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, title: &str, said: Option<&Said>, height: f32) {
    let palette = theme::palette(ui);
    let frame = Frame::NONE.fill(palette.window).corner_radius(ctx.theme.radius.control).inner_margin(10.0);
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        note_ui(ui, ctx, title);
        let Some(said) = said else { return };
        let partner = said.partner.as_ref().map(|partner| format!(", with {partner}")).unwrap_or_default();
        let words = format!("{}{partner}, confidence {:.2}", in_words(&said.label), said.confidence);
        let words = RichText::new(words).font(sans(Weight::Medium, ctx.theme.font.body)).color(palette.text);
        ui.add(Label::new(words).wrap());
        let area = ScrollArea::vertical().id_salt(title).max_height((height - 70.0).max(24.0));
        area.auto_shrink([false, true]).show(ui, |ui| {
            let words = RichText::new(&said.description).color(palette.text_secondary);
            ui.add(Label::new(words).wrap().selectable(true));
        });
    });
}
